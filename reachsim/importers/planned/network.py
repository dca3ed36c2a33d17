"""VPCs, subnets, security groups, network ACLs, and what AWS makes with them.

With a VPC come its main route table, default network ACL and default security group; with every route table the local
routes. A security group of CloudFormation keeps AWS's rule that lets everything out until a rule of its own replaces
it; Terraform removes that rule (its documentation of ``aws_security_group``).

**Source:** Amazon VPC User Guide, "Create a VPC", "Default network ACL", "Default security groups".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from reachsim.errors import Fault, SnapshotError
from reachsim.importers.planned.resource import Home, Resource, Values, blocks_of, flag_of, number_of, text_of, texts_of
from reachsim.importers.planned.symbols import attribute
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}
UNSEEN_GROUP: Final = "sg-unknown"
"""Stands for security groups that nothing tells: no file holds it."""
PEERS: Final = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
EVERYTHING: Values = {"protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}


def everything(world: World, vpc_id: str) -> Values:
    """The rule that lets everything out of a new group: IPv6 too, in a VPC that has an IPv6 block."""
    six = (world.get(vpc_id) or {}).get("Ipv6CidrBlockAssociationSet")
    return {"protocol": "-1", "cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": ["::/0"] if six else []}


def vpc(world: World, one: Resource) -> None:
    cidr = one.text("cidr_block")
    if not cidr and one.kind == "aws_default_vpc":
        cidr = "172.31.0.0/16"
    if not cidr:
        cidr = "10.255.0.0/16"
        world.undecided(one, "cidr_block")
        world.undecided_any(one, "cidr_block", "ec2/describe-route-tables", one.id)
        for call in ("vpc-peering-connections", "transit-gateway-route-tables"):
            world.undecided_any(one, "cidr_block", f"ec2/describe-{call}", "")
    states = [{"CidrBlock": cidr, "CidrBlockState": {"State": "associated"}}]
    ipv6 = one.text("ipv6_cidr_block")
    if not ipv6 and (one.flag("assign_generated_ipv6_cidr_block") or one.text("ipv6_ipam_pool_id")):
        ipv6 = f"2001:db8:{sum(1 for _ in world.each('ec2/describe-vpcs')):x}00::/56"
        world.note(one.id, "PLANNED_ADDRESS", f"AWS has yet to give {one.address} its IPv6 block: {ipv6} stands for it")
    dhcp = one.text("dhcp_options_id") or f"dopt-default-{one.home[1]}"
    record = world.add(one.home, "ec2/describe-vpcs", {
        "VpcId": one.id, "CidrBlock": cidr, "State": "available", "DhcpOptionsId": dhcp, "OwnerId": one.home[0],
        "InstanceTenancy": "default", "IsDefault": one.kind == "aws_default_vpc", "Tags": one.tags(),
    })  # fmt: skip
    _merge_blocks(record, "CidrBlockAssociationSet", "CidrBlock", states)
    if ipv6:
        state = {"Ipv6CidrBlock": ipv6, "Ipv6CidrBlockState": {"State": "associated"}}
        _merge_blocks(record, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", [state])
    if world.alone or one.new:
        _dns(world, one)
        _default_resources(world, one)
    elif "enable_dns_support" in one.values or "enable_dns_hostnames" in one.values:
        _dns(world, one)
    if dhcp.startswith("dopt-default-"):
        default_dhcp(world, one.home)
    if one.kind == "aws_default_vpc" and (world.alone or one.new):
        _default_way_out(world, one)


def _default_way_out(world: World, one: Resource) -> None:
    """A default VPC has an internet gateway, and its main route table leads there ("Default VPC components")."""
    gateway = f"igw-{one.id.removeprefix('vpc-')}-default"
    world.add(one.home, "ec2/describe-internet-gateways", {
        "InternetGatewayId": gateway, "OwnerId": one.home[0], "Tags": [],
        "Attachments": [{"VpcId": one.id, "State": "available"}],
    })  # fmt: skip
    main = world.get(str(attribute(one, "main_route_table_id")))
    if main is not None:
        main["Routes"].append({
            "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway, "Origin": "CreateRoute", "State": "active",
        })  # fmt: skip


def default_dhcp(world: World, home: Home) -> str:
    """The id of a Region's default DHCP options, which name Amazon's resolver."""
    dhcp = f"dopt-default-{home[1]}"
    world.add(home, "ec2/describe-dhcp-options", {
        "DhcpOptionsId": dhcp, "OwnerId": home[0],
        "DhcpConfigurations": [{"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]}],
    })  # fmt: skip
    return dhcp


def _merge_blocks(record: Document, key: str, block: str, states: Iterable[Document]) -> None:
    held = record.setdefault(key, [])
    held.extend(state for state in states if all(one.get(block) != state[block] for one in held))


def _dns(world: World, one: Resource) -> None:
    default = one.kind == "aws_default_vpc"
    for name in one.open("enable_dns_support", "enable_dns_hostnames"):
        world.undecided_names(one, name, one.id)
    for attribute_, name, value in (
        ("enableDnsSupport", "EnableDnsSupport", one.flag("enable_dns_support", True)),
        ("enableDnsHostnames", "EnableDnsHostnames", one.flag("enable_dns_hostnames", default)),
    ):
        call = f"ec2/describe-vpc-attribute/{one.id}.{attribute_}"
        world.put(one.home, call, {"VpcId": one.id, name: {"Value": value}})


def _default_resources(world: World, one: Resource) -> None:
    main, acl, group = (str(attribute(one, f"default_{what}_id")) for what in (
        "route_table", "network_acl", "security_group"
    ))  # fmt: skip
    if world.get(main) is None:
        table = new_table(world, main, one.id, one.home)
        table["Associations"].append({
            "Main": True, "RouteTableId": main, "RouteTableAssociationId": f"rtbassoc-{main}",
            "AssociationState": {"State": "associated"},
        })  # fmt: skip
    if world.get(acl) is None:
        allow = [_entry(number, egress, "allow", block) for egress in (True, False) for number, block in (
            (100, "0.0.0.0/0"), (101, "::/0"))]  # fmt: skip
        new_acl(world, acl, one.id, one.home, allow, default=True)
    if world.get(group) is None:
        new_group(world, group, "default", one.id, one.home, [])
        own = {"protocol": "-1", "self": True}
        record = world.get(group)
        if record is not None:
            record["IpPermissions"] = permissions(world, group, one.home, [own])
            record["IpPermissionsEgress"] = permissions(world, group, one.home, [everything(world, one.id)])


def vpc_cidr(world: World, one: Resource) -> None:
    """A further block of a VPC, before its route tables are made."""
    record = world.get(one.text("vpc_id"))
    block, ipv6 = one.text("cidr_block"), one.text("ipv6_cidr_block")
    if record is None:
        return
    if block:
        state = {"CidrBlock": block, "CidrBlockState": {"State": "associated"}}
        _merge_blocks(record, "CidrBlockAssociationSet", "CidrBlock", [state])
    if one.flag("assign_generated_ipv6_cidr_block") and not ipv6:
        ipv6 = "2001:db8:ff00::/56"
        world.note(record["VpcId"], "PLANNED_ADDRESS", f"{ipv6} stands for the IPv6 block that AWS has yet to give")
    if ipv6:
        state = {"Ipv6CidrBlock": ipv6, "Ipv6CidrBlockState": {"State": "associated"}}
        _merge_blocks(record, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", [state])
        for own in default_groups(world, record["VpcId"]) if world.alone or one.new else []:
            held = world.get(own) or {}
            if held.get("IpPermissionsEgress") == permissions(world, own, one.home, [EVERYTHING]):
                held["IpPermissionsEgress"] = permissions(world, own, one.home, [everything(world, record["VpcId"])])
    for _, table in world.each("ec2/describe-route-tables"):
        if table.get("VpcId") == record["VpcId"]:
            local_routes(table, record)


def subnet(world: World, one: Resource) -> None:
    vpc_id = one.text("vpc_id")
    if not vpc_id and one.kind == "aws_default_subnet":
        vpc_id = default_vpc(world, one)
    if not vpc_id:
        world.undecided(one, "vpc_id")  # no record: what is in a subnet that no file holds is unknown
        return
    number = world.next_subnet(vpc_id)
    zone = one.text("availability_zone")
    if not zone and not one.text("availability_zone_id"):
        zone = f"{one.home[1]}{'abc'[number % 3]}"
        world.note(one.id, "PLANNED_VALUE", f"AWS picks the Availability Zone of {one.address}: {zone} stands for it")
    cidr = one.text("cidr_block")
    if not cidr and not one.flag("ipv6_native"):
        cidr = _free_block(world, vpc_id, one)
    ipv6 = one.text("ipv6_cidr_block")
    if not ipv6 and "ipv6_cidr_block" in one.unknown:
        ipv6 = _free_ipv6(world, vpc_id)
    record = world.add(one.home, "ec2/describe-subnets", {
        "SubnetId": one.id, "VpcId": vpc_id, "AvailabilityZone": zone, "State": "available",
        "MapPublicIpOnLaunch": one.flag("map_public_ip_on_launch", one.kind == "aws_default_subnet"),
        "AssignIpv6AddressOnCreation": one.flag("assign_ipv6_address_on_creation"),
        "EnableDns64": one.flag("enable_dns64"), "Ipv6Native": one.flag("ipv6_native"),
        "OwnerId": one.home[0], "Tags": one.tags(),
    })  # fmt: skip
    if cidr:
        record["CidrBlock"] = cidr
    record.setdefault("Ipv6CidrBlockAssociationSet", [])
    if ipv6:
        state = {"Ipv6CidrBlock": ipv6, "Ipv6CidrBlockState": {"State": "associated"}}
        _merge_blocks(record, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", [state])


def check_subnets(world: World, resources: Iterable[Resource]) -> None:
    """Raise SnapshotError for declared subnets that overlap another one of their VPC, which AWS refuses."""
    declared = {one.id: one for one in resources if one.kind in ("aws_subnet", "aws_default_subnet")}
    blocks: dict[str, list[tuple[IPv4Network, str]]] = {}
    for _, record in world.each("ec2/describe-subnets"):
        if record.get("CidrBlock"):
            net = IPv4Network(record["CidrBlock"], strict=False)
            blocks.setdefault(str(record.get("VpcId")), []).append((net, str(record["SubnetId"])))
    faults = []
    for held in blocks.values():
        for (net, name), (following, other) in itertools.pairwise(sorted(held)):
            one = declared.get(other) or declared.get(name)
            if one is not None and net.overlaps(following):
                found = f"{following} of {other} within {net} of {name}"
                faults.append(Fault(one.place, f"{one.address}.cidr_block", "subnets that do not overlap", found))
    if faults:
        raise SnapshotError(*faults)


def subnet_cidr(world: World, one: Resource) -> None:
    """An IPv6 block that a resource of its own gives a subnet."""
    record = world.get(one.text("subnet_id"))
    if record is not None:
        block = one.text("ipv6_cidr_block") or _free_ipv6(world, str(record["VpcId"]))
        state = {"Ipv6CidrBlock": block, "Ipv6CidrBlockState": {"State": "associated"}}
        _merge_blocks(record, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", [state] if block else [])


def _free_block(world: World, vpc_id: str, one: Resource) -> str:
    """A block for a subnet whose own is not known: the first free /24 (or smaller) of the VPC."""
    record = world.get(vpc_id) or {"CidrBlock": "10.255.0.0/16"}
    whole = ip_network(record["CidrBlock"], strict=False)
    used = [
        ip_network(held["CidrBlock"], strict=False)
        for _, held in world.each("ec2/describe-subnets") if held.get("VpcId") == vpc_id and held.get("CidrBlock")
    ]  # fmt: skip
    prefix = 20 if one.kind == "aws_default_subnet" else min(max(24, whole.prefixlen + 2), 28)
    for block in whole.subnets(new_prefix=prefix):
        if not any(block.overlaps(other) for other in used):
            world.note(one.id, "PLANNED_ADDRESS", f"the CIDR block of {one.address} is known only after apply: "
                       f"{block} of the VPC stands for it", "leak")  # fmt: skip
            return str(block)
    return str(whole)


def _free_ipv6(world: World, vpc_id: str) -> str:
    record = world.get(vpc_id) or {}
    blocks = [one["Ipv6CidrBlock"] for one in record.get("Ipv6CidrBlockAssociationSet", [])]
    if not blocks:
        return ""
    used = sum(
        bool(held.get("Ipv6CidrBlockAssociationSet"))
        for _, held in world.each("ec2/describe-subnets") if held.get("VpcId") == vpc_id
    )  # fmt: skip
    whole = IPv6Network(blocks[0], strict=False)
    return f"{whole.network_address + (used << 64)}/64"


# --- route tables: see routes.py; the record is made here, because a VPC comes with one ------------------------------


def new_table(world: World, table: str, vpc_id: str, home: Home) -> Document:
    record: Document = {
        "RouteTableId": table, "VpcId": vpc_id, "Associations": [], "PropagatingVgws": [], "Routes": [],
        "OwnerId": home[0], "Tags": [],
    }  # fmt: skip
    local_routes(record, world.get(vpc_id) or {})
    return world.add(home, "ec2/describe-route-tables", record)


def local_routes(table: Document, vpc_record: Document) -> None:
    for key, destination in (("CidrBlock", "DestinationCidrBlock"), ("Ipv6CidrBlock", "DestinationIpv6CidrBlock")):
        for state in vpc_record.get(f"{key}AssociationSet", []):
            block = state.get(key)
            if block and all(route.get(destination) != block for route in table["Routes"]):
                table["Routes"].append(
                    {destination: block, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
                )


# --- security groups --------------------------------------------------------------------------------------------------


def group(world: World, one: Resource) -> None:
    vpc_id = one.text("vpc_id")
    if not vpc_id:
        vpc_id = default_vpc(world, one)
    record = new_group(world, one.id, one.text("name") or one.id, vpc_id, one.home, one.tags())
    if world.alone or one.new or "ingress" in one.values:
        _replace(world, record, "IpPermissions", one, "ingress")
    if world.alone or one.new or "egress" in one.values:
        _replace(world, record, "IpPermissionsEgress", one, "egress")


def _replace(world: World, record: Document, key: str, one: Resource, name: str) -> None:
    for rule in one.blocks(name):
        if rule.get("default"):
            rule.update(everything(world, record["VpcId"]))
    changes = one.action == "update" and name in one.before
    old = permissions(world, one.id, one.home, blocks_of(one.before, name)) if changes else []
    kept = [rule for rule in record.get(key, []) if rule not in old] if changes else []
    record[key] = together([*kept, *permissions(world, one.id, one.home, one.blocks(name))])
    unknown = [at for at in one.unknown if at.split(".")[0] == name]
    if unknown or any(not is_whole(rule) for rule in one.blocks(name)):
        world.undecided(one, name if name in unknown else f"part of {name}")


def default_vpc(world: World, one: Resource) -> str:
    """The default VPC's id where a resource names none."""
    for home, held in world.each("ec2/describe-vpcs"):
        if held.get("IsDefault") and home == one.home:
            return str(held["VpcId"])
    world.undecided(one, "the VPC (the default one, which the source does not hold)")
    return f"vpc-default-{one.home[1]}"


def default_group(world: World, one: Resource) -> None:
    record = world.get(one.text("id")) or _default_of(world, "ec2/describe-security-groups", one, "GroupName")
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


def default_groups(world: World, vpc_id: str) -> list[str]:
    """The VPC's default security group, which AWS takes where none is named."""
    found = [
        str(held["GroupId"]) for _, held in world.each("ec2/describe-security-groups")
        if held.get("VpcId") == vpc_id and held.get("GroupName") == "default"
    ]  # fmt: skip
    return found or [UNSEEN_GROUP]


def _default_of(world: World, call: str, one: Resource, key: str) -> Document | None:
    for _, held in world.each(call):
        if held.get("VpcId") == one.text("vpc_id") and held.get(key) in ("default", True):
            return held
    return None


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
    if not is_whole(one.values):
        world.undecided(one, "the protocol or the ports", group_id)
        return
    rule = _permission(world, group_id, one.home, one.values)
    if one.open(*_RULE_PEERS) or not any(rule[name] for name in PEERS):
        world.undecided(one, "the peer of the rule", group_id)
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


# --- network ACLs -----------------------------------------------------------------------------------------------------


def acl(world: World, one: Resource) -> None:
    default = one.kind == "aws_default_network_acl"
    record = world.get(one.text("default_network_acl_id") or one.id) if default else None
    if record is None and default:
        record = _default_of(world, "ec2/describe-network-acls", one, "IsDefault")
    entries = [entry for name in ("ingress", "egress") for entry in _inline(one.blocks(name), name == "egress")]
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
        _entry(number, egress, "deny", block)
        for egress in (True, False) for number, block in ((32767, "0.0.0.0/0"), (32768, "::/0"))
    ]  # fmt: skip


def _entry(number: int, egress: bool, action: str, block: str) -> Document:
    key = "Ipv6CidrBlock" if ":" in block else "CidrBlock"
    return {"RuleNumber": number, "Egress": egress, "RuleAction": action, "Protocol": "-1", key: block}


def _inline(rules: Iterable[Values], egress: bool) -> Iterable[Document]:
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
    entry = _entry(number, egress, (text_of(rule, "action", "rule_action") or "allow").lower(), block or ipv6)
    entry["Protocol"] = NUMBERS.get(protocol, protocol)
    low, high = number_of(rule, "from_port"), number_of(rule, "to_port")
    if entry["Protocol"] in ("6", "17") and low is not None and high is not None:
        entry["PortRange"] = {"From": max(low, 0), "To": 65535 if high < 0 else high}
    if entry["Protocol"] in ("1", "58"):
        kind, code = number_of(rule, "icmp_type"), number_of(rule, "icmp_code")
        entry["IcmpTypeCode"] = {"Type": -1 if kind is None else kind, "Code": -1 if code is None else code}
    return entry


def acl_rule(world: World, one: Resource) -> None:
    record = world.get(one.text("network_acl_id"))
    if record is None:
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


def dhcp_options(world: World, one: Resource) -> None:
    configurations = [
        {"Key": key, "Values": [{"Value": value} for value in one.texts(name)]}
        for key, name in (("domain-name-servers", "domain_name_servers"), ("domain-name", "domain_name"))
        if one.texts(name)
    ]
    if "domain_name_servers" in one.unknown:
        world.undecided(one, "domain_name_servers")
    record = {"DhcpOptionsId": one.id, "OwnerId": one.home[0], "DhcpConfigurations": configurations}
    world.add(one.home, "ec2/describe-dhcp-options", record | {"Tags": one.tags()})


def dhcp_association(world: World, one: Resource) -> None:
    record = world.get(one.text("vpc_id"))
    if record is not None:
        record["DhcpOptionsId"] = one.text("dhcp_options_id")
        if one.open("dhcp_options_id"):
            world.undecided_names(one, "dhcp_options_id", one.text("vpc_id"))
