"""Security groups and their rules.

A security group of CloudFormation keeps AWS's rule that lets everything out until a rule of its own replaces it;
Terraform removes that rule (its documentation of ``aws_security_group``).

**Source:** Amazon VPC User Guide, "Security group rules", "Default security groups".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from reachsim.importers.planned.defaults import default_of, default_vpc
from reachsim.importers.planned.resource import Home, Resource, Values, blocks_of, flag_of, number_of, text_of, texts_of
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
PEERS: Final = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
EVERYTHING: Values = {"protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}


def everything(world: World, vpc_id: str) -> Values:
    """The rule that lets everything out of a new group: IPv6 too, in a VPC that has an IPv6 block."""
    six = (world.get(vpc_id) or {}).get("Ipv6CidrBlockAssociationSet")
    return {"protocol": "-1", "cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": ["::/0"] if six else []}


def group(world: World, one: Resource) -> None:
    vpc_id = one.text("vpc_id")
    if not vpc_id:
        vpc_id = default_vpc(world, one)
    record = new_group(world, one.id, one.text("name") or one.id, vpc_id, one.home, one.tags())
    if flag_of(one.values, "without_default"):
        told = (
            f"the egress rules of {one.address} that are resources of their own are taken to replace AWS's default rule"
        )
        world.presume(one.id, told)
    if world.alone or one.new or "ingress" in one.values:
        _replace(world, record, "IpPermissions", one, "ingress")
    if world.alone or one.new or "egress" in one.values:
        _replace(world, record, "IpPermissionsEgress", one, "egress")


def _replace(world: World, record: Document, key: str, one: Resource, name: str) -> None:
    for rule in one.blocks(name):
        if rule.get("default"):
            rule.update(everything(world, record["VpcId"]))
    changes = one.action == "update" and name in one.before
    if one.action == "update" and not one.before and not world.alone:
        world.replaced.append((one, name, {key: list(record.get(key, []))}))
    old = permissions(world, one.id, one.home, blocks_of(one.before, name)) if changes else []
    kept = [rule for rule in record.get(key, []) if rule not in old] if changes else []
    record[key] = together([*kept, *permissions(world, one.id, one.home, one.blocks(name))])
    unknown = [at for at in one.unknown if at.split(".")[0] == name]
    if unknown or any(not is_whole(rule) or _named(rule) for rule in one.blocks(name)):
        world.undecided(one, name if name in unknown else f"part of {name}", f"{one.id} {name}")


def tell_others(world: World) -> None:
    """Rules that a live group has and its template does not declare are taken to go: the template may have had them
    before. Those of other stacks, or made by hand, stay; which is which no template tells.
    """
    for one, name, held in world.replaced:
        for key, left in held.items():
            for rule in (world.get(one.id) or {}).get(key, []):
                left = without(left, rule)
            if left:
                told = ", ".join(f"{rule['IpProtocol']} {rule.get('FromPort', '')}".strip() for rule in left)
                world.presume(one.id, f"rules of {name} that {one.id} has and {one.address} does not declare are taken "
                              f"to go: {told} (those of other stacks stay)")  # fmt: skip


def _named(rule: Values) -> bool:
    """Whether a rule names its peer by the group's name, as in default VPCs (SourceSecurityGroupName)."""
    return bool(text_of(rule, "source_security_group_name"))


def default_group(world: World, one: Resource) -> None:
    record = world.get(one.text("id")) or default_of(world, "ec2/describe-security-groups", one, "GroupName")
    if record is not None:
        world.call_also(one.id, str(record["GroupId"]))
        record["IpPermissions"] = permissions(world, record["GroupId"], one.home, one.blocks("ingress"))
        record["IpPermissionsEgress"] = permissions(world, record["GroupId"], one.home, one.blocks("egress"))
        record["Tags"] = one.tags()


def restricted_group(world: World, one: Resource) -> None:
    """The CDK's custom resource that takes AWS's own two rules from a default group: the one that lets everything out
    by IPv4, and the one for the group itself (``restrictDefaultSecurityGroup``; its handler as of CDK 2).
    """
    record = world.get(one.text("default_security_group_id"))
    if record is None:
        world.leave_out(one.address, one.kind, "not modelled")
        return
    group_id = str(record["GroupId"])
    for key, rule in (("IpPermissions", {"protocol": "-1", "self": True}), ("IpPermissionsEgress", EVERYTHING)):
        record[key] = without(record.get(key, []), _permission(world, group_id, one.home, rule))
    world.presume(group_id, f"{one.address} is taken to be the CDK's: it revokes the default rules of {group_id}")


def new_group(world: World, group_id: str, name: str, vpc_id: str, home: Home, tags: list[dict[str, str]]) -> Document:
    record: Document = {
        "GroupId": group_id, "GroupName": name, "Description": name, "VpcId": vpc_id, "OwnerId": home[0], "Tags": tags,
    }  # fmt: skip
    held = world.add(home, "ec2/describe-security-groups", record)
    held.setdefault("IpPermissions", [])
    held.setdefault("IpPermissionsEgress", [])
    return held


def permissions(world: World, group_id: str, home: Home, rules: Iterable[Values]) -> list[Document]:
    """Inline rules as AWS prints them; without those of which a part is not known."""
    return together([_permission(world, group_id, home, rule) for rule in rules if is_whole(rule)])


def is_whole(rule: Values) -> bool:
    """Whether a rule tells its protocol and ports."""
    protocol = text_of(rule, "protocol", "ip_protocol").lower()
    ports = (number_of(rule, "from_port"), number_of(rule, "to_port"))
    return bool(protocol) and (PROTOCOLS.get(protocol, protocol) not in ("tcp", "udp") or None not in ports)


def together(rules: Iterable[Document]) -> list[Document]:
    """Rules of one protocol and port range as one entry, none twice."""
    found: dict[tuple[Any, ...], Document] = {}
    for rule in rules:
        key = (rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"))
        held = found.setdefault(key, {**{k: v for k, v in rule.items() if not isinstance(v, list)}})
        for name in PEERS:
            kept = held.setdefault(name, [])
            kept.extend(one for one in rule.get(name, []) if one not in kept)
    return list(found.values())


def _permission(world: World, group_id: str, home: Home, rule: Values) -> Document:
    protocol = PROTOCOLS.get(text_of(rule, "protocol", "ip_protocol").lower(), text_of(rule, "protocol", "ip_protocol"))
    protocol = protocol.lower() or "-1"
    low, high = number_of(rule, "from_port"), number_of(rule, "to_port")
    made: Document = {"IpProtocol": protocol}
    if protocol in ("tcp", "udp") and (low is None or high is None):
        low, high = 0, 65535
    if protocol != "-1" and low is not None and high is not None:
        icmp = protocol in ("icmp", "icmpv6")
        made |= (
            {"FromPort": low, "ToPort": high} if icmp or (low, high) != (-1, -1) else {"FromPort": 0, "ToPort": 65535}
        )
    made["IpRanges"] = [{"CidrIp": block} for block in texts_of(rule, "cidr_blocks", "cidr_ipv4")]
    made["Ipv6Ranges"] = [{"CidrIpv6": block} for block in texts_of(rule, "ipv6_cidr_blocks", "cidr_ipv6")]
    made["PrefixListIds"] = [
        {"PrefixListId": world.service_lists.get((home[1], one), one)}
        for one in texts_of(rule, "prefix_list_ids", "prefix_list_id")
    ]
    peers = texts_of(rule, "security_groups", "source_security_group_id", "referenced_security_group_id")
    if flag_of(rule, "self"):
        peers.append(group_id)
    made["UserIdGroupPairs"] = [_peer(peer, home) for peer in peers]
    return made


def _peer(peer: str, home: Home) -> Document:
    account, slash, group_id = peer.rpartition("/")
    return {"GroupId": group_id, "UserId": account if slash else home[0]}


_RULE_PEERS: Final = (
    "cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "source_security_group_id", "cidr_ipv4", "cidr_ipv6",
    "prefix_list_id", "referenced_security_group_id",
)  # fmt: skip


def group_rule(world: World, one: Resource) -> None:
    """A separate rule: ``aws_security_group_rule`` or ``aws_vpc_security_group_ingress_rule`` and its like."""
    group_id = one.text("security_group_id")
    record = world.get(group_id)
    egress = "egress" in one.kind or one.text("type") == "egress"
    key = "IpPermissionsEgress" if egress else "IpPermissions"
    if record is None:
        if not group_id:
            world.undecided_any(one, "the security group", "ec2/describe-security-groups", "", "leak")
        elif one.new:
            world.undecided(one, f"{group_id}, which the source does not hold,")
        return
    old = _permission(world, group_id, one.home, one.before) if one.action in ("update", "delete") else None
    if old is not None:
        record[key] = without(record.get(key, []), old)
    if one.action == "delete":
        return
    if one.open("type"):
        world.undecided(one, "the direction", group_id, ways=("leak", "block"))
        return
    way = f"{group_id} {'egress' if egress else 'ingress'}"
    if not is_whole(one.values):
        world.undecided(one, "the protocol or the ports", way)
        return
    rule = _permission(world, group_id, one.home, one.values)
    if one.open(*_RULE_PEERS) or not any(rule[name] for name in PEERS):
        world.undecided(one, "the peer of the rule", way)
    if not any(rule[name] for name in PEERS):
        return
    _join(record.setdefault(key, []), rule)


def _join(rules: list[Document], rule: Document) -> None:
    """Add a rule to the entry of its protocol and ports, if there is one."""
    ports = ("IpProtocol", "FromPort", "ToPort")
    for held in rules:
        if all(held.get(name) == rule.get(name) for name in ports):
            rules[rules.index(held)] = together([held, rule])[0]
            return
    rules.append(rule)


def without(rules: Iterable[Document], old: Document) -> list[Document]:
    """Rules less the peers of one that goes."""
    kept = []
    for rule in rules:
        if all(rule.get(name) == old.get(name) for name in ("IpProtocol", "FromPort", "ToPort")):
            rule = {
                name: [one for one in value if not _among(one, old.get(name, []))] if isinstance(value, list) else value
                for name, value in rule.items()
            }
            if not any(isinstance(value, list) and value for value in rule.values()):
                continue
        kept.append(rule)
    return kept


def _among(one: Document, gone: Iterable[Document]) -> bool:
    names = ("CidrIp", "CidrIpv6", "PrefixListId", "GroupId")
    return any(any(name in one and one[name] == other.get(name) for name in names) for other in gone)
