"""Network ACLs, their entries, and which subnet has which.

**Source:** Amazon VPC User Guide, "Network ACLs".
"""

from __future__ import annotations

from collections.abc import Iterable

from reachsim.importers.planned.defaults import default_of
from reachsim.importers.planned.resource import Home, Resource, Values, number_of, text_of
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}


def acl(world: World, one: Resource) -> None:
    default = one.kind == "aws_default_network_acl"
    record = world.get(one.text("default_network_acl_id") or one.id) if default else None
    if record is None and default:
        record = default_of(world, "ec2/describe-network-acls", one, "IsDefault")
    entries = [entry for name in ("ingress", "egress") for entry in _entries_of(one.blocks(name), name == "egress")]
    if record is None:
        record = new_acl(world, one.id, one.text("vpc_id"), one.home, entries, default=False)
    elif world.alone or one.new or "ingress" in one.values or "egress" in one.values:
        record["Entries"] = [*entries, *_closing()]
    record["Tags"] = one.tags()
    if one.open("ingress", "egress"):
        world.undecided(one, "part of the rules", str(record["NetworkAclId"]), ways=("leak", "block"))
    if one.open("subnet_ids"):
        world.undecided_any(one, "subnet_ids", "ec2/describe-network-acls", str(record["VpcId"]))
    for subnet_id in one.texts("subnet_ids"):
        associate_acl(world, record, subnet_id)


def new_acl(world: World, acl_id: str, vpc_id: str, home: Home, entries: list[Document], *, default: bool) -> Document:
    return world.add(home, "ec2/describe-network-acls", {
        "NetworkAclId": acl_id, "VpcId": vpc_id, "IsDefault": default, "Associations": [],
        "Entries": [*entries, *_closing()], "OwnerId": home[0], "Tags": [],
    })  # fmt: skip


def _closing() -> list[Document]:
    return [
        entry_of(number, egress, "deny", block)
        for egress in (True, False) for number, block in ((32767, "0.0.0.0/0"), (32768, "::/0"))
    ]  # fmt: skip


def entry_of(number: int, egress: bool, action: str, block: str) -> Document:
    key = "Ipv6CidrBlock" if ":" in block else "CidrBlock"
    return {"RuleNumber": number, "Egress": egress, "RuleAction": action, "Protocol": "-1", key: block}


def _entries_of(rules: Iterable[Values], egress: bool) -> Iterable[Document]:
    for rule in rules:
        entry = acl_entry(rule, egress)
        if entry is not None:
            yield entry


def acl_entry(rule: Values, egress: bool) -> Document | None:
    """One rule of a network ACL as AWS prints it; None if its number or blocks are not known."""
    number = number_of(rule, "rule_no")
    number = number if number is not None else number_of(rule, "rule_number")
    block, ipv6 = text_of(rule, "cidr_block"), text_of(rule, "ipv6_cidr_block")
    if number is None or not (block or ipv6):
        return None
    protocol = text_of(rule, "protocol").lower() or "-1"
    entry = entry_of(number, egress, (text_of(rule, "action", "rule_action") or "allow").lower(), block or ipv6)
    entry["Protocol"] = NUMBERS.get(protocol, protocol)
    low, high = number_of(rule, "from_port"), number_of(rule, "to_port")
    if entry["Protocol"] in ("6", "17"):
        if low is None or high is None:
            low, high = 0, 65535
        entry["PortRange"] = {"From": max(low, 0), "To": 65535 if high < 0 else high}
    if entry["Protocol"] in ("1", "58"):
        kind, code = number_of(rule, "icmp_type"), number_of(rule, "icmp_code")
        entry["IcmpTypeCode"] = {"Type": -1 if kind is None else kind, "Code": -1 if code is None else code}
    return entry


def acl_rule(world: World, one: Resource) -> None:
    record = world.get(one.text("network_acl_id"))
    if record is None:
        if one.action != "delete":  # else it went with its network ACL
            world.undecided_any(one, "the network ACL", "ec2/describe-network-acls", "")
        return
    egress = one.flag("egress")
    number = number_of(one.before or one.values, "rule_number")
    if one.action in ("update", "delete"):
        record["Entries"] = [
            entry for entry in record["Entries"] if (entry["RuleNumber"], entry["Egress"]) != (number, egress)
        ]
    if one.action == "delete":
        return
    entry = acl_entry(one.values, egress)
    opened = one.open("egress", "rule_action", "protocol", "from_port", "to_port", "icmp_type", "icmp_code")
    if entry is None or opened:
        what = " and ".join(opened) or "the rule's block"
        world.undecided(one, what, str(record["NetworkAclId"]), ways=("leak", "block"))
    elif entry not in record["Entries"]:
        record["Entries"].append(entry)
    record["Entries"].sort(key=lambda held: (not held["Egress"], held["RuleNumber"]))


def acl_association(world: World, one: Resource) -> None:
    record = world.get(one.text("network_acl_id"))
    subnet_id = one.text("subnet_id")
    if one.action == "delete":
        return
    if record is not None and subnet_id:
        associate_acl(world, record, subnet_id)
    else:
        vpc_id = str((record or world.get(subnet_id) or {}).get("VpcId", ""))
        world.undecided_any(one, "the subnet or network ACL", "ec2/describe-network-acls", vpc_id)


def associate_acl(world: World, record: Document, subnet_id: str) -> None:
    """A subnet has one network ACL: the association moves."""
    held = acls_of_subnets(world)
    other = held.get(subnet_id)
    if other is not None:
        other["Associations"] = [one for one in other["Associations"] if one.get("SubnetId") != subnet_id]
    held[subnet_id] = record
    record["Associations"].append({
        "NetworkAclAssociationId": f"aclassoc-{subnet_id}", "NetworkAclId": record["NetworkAclId"],
        "SubnetId": subnet_id,
    })  # fmt: skip


def acls_of_subnets(world: World) -> dict[str, Document]:
    """Each subnet's network ACL; kept as associations move."""
    if world.acls is None:
        world.acls = {
            str(one["SubnetId"]): record for _, record in world.each("ec2/describe-network-acls")
            for one in record.setdefault("Associations", [])
        }  # fmt: skip
    return world.acls


def default_acls(world: World) -> None:
    """Subnets that nothing associates use their VPC's default network ACL."""
    defaults = {
        str(record.get("VpcId")): record for _, record in world.each("ec2/describe-network-acls")
        if record.get("IsDefault")
    }  # fmt: skip
    for _, record in world.each("ec2/describe-subnets"):
        default = defaults.get(str(record["VpcId"]))
        if record["SubnetId"] not in acls_of_subnets(world) and default is not None:
            associate_acl(world, default, record["SubnetId"])
