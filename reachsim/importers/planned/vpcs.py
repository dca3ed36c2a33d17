"""VPCs and subnets with their blocks and DHCP options, and what AWS makes with them.

With a VPC come its main route table, default network ACL and default security group; with every route table the local
routes.

**Source:** Amazon VPC User Guide, "Create a VPC", "Default network ACL", "Default security groups".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from reachsim.errors import Fault, SnapshotError
from reachsim.importers.planned.acls import entry_of, new_acl
from reachsim.importers.planned.defaults import default_groups, default_vpc
from reachsim.importers.planned.groups import EVERYTHING, everything, new_group, permissions
from reachsim.importers.planned.resource import Home, Resource
from reachsim.importers.planned.routes import local_routes, new_table
from reachsim.importers.planned.symbols import attribute
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.snapshot import WITHIN_VPCS


def vpc(world: World, one: Resource) -> None:
    cidr = one.text("cidr_block")
    if not cidr and one.kind == "aws_default_vpc":
        cidr = "172.31.0.0/16"
    if not cidr:
        cidr = "10.255.0.0/16"
        world.undecided(one, "cidr_block")
        world.undecided_any(one, "cidr_block", "ec2/describe-route-tables", one.id, only_to=WITHIN_VPCS)
        for call in ("vpc-peering-connections", "transit-gateway-route-tables"):
            world.undecided_any(one, "cidr_block", f"ec2/describe-{call}", "", only_to=WITHIN_VPCS)
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
        allow = [entry_of(number, egress, "allow", block) for egress in (True, False) for number, block in (
            (100, "0.0.0.0/0"), (101, "::/0"))]  # fmt: skip
        new_acl(world, acl, one.id, one.home, allow, default=True)
    if world.get(group) is None:
        new_group(world, group, "default", one.id, one.home, [])
        own = {"protocol": "-1", "self": True}
        record = world.get(group)
        if record is not None:
            record["IpPermissions"] = permissions(world, group, one.home, [own])
            record["IpPermissionsEgress"] = permissions(world, group, one.home, [everything(world, one.id)])


def existing_defaults(world: World, resources: Sequence[Resource]) -> None:
    """Note that nothing tells how the main route table, default network ACL and default group of VPCs that exist
    already were changed since AWS made them, and which endpoints others made there; what is declared is told.
    """
    told = {one.id for one in resources if one.kind.removeprefix("aws_default_") in _DEFAULTS}
    for one in resources if world.alone else ():
        if one.kind not in ("aws_vpc", "aws_default_vpc") or one.new:
            continue
        others = f"endpoints of {one.address}, which exists already, that are not declared are taken not to exist"
        for way in ("leak", "block"):
            world.note(one.id, "PLANNED_TAKEN", others, way)
        for what, words in _DEFAULTS.items():
            made = str(attribute(one, f"default_{what}_id"))
            detail = f"how the {words} of {one.address}, which exists already, was changed is not told"
            if made not in told and what == "route_table":
                world.note(made, "PLANNED_VALUE_UNKNOWN", detail, "leak")
            elif made not in told:
                world.note(made, "PLANNED_TAKEN", f"{detail}: taken to be as AWS made it", "block")


_DEFAULTS: Final = {
    "route_table": "main route table", "network_acl": "default network ACL", "security_group": "default security group",
}  # fmt: skip
"""What AWS makes with a VPC."""


def vpc_cidr(world: World, one: Resource) -> None:
    """A further block of a VPC, before its route tables are made."""
    record = world.get(one.text("vpc_id"))
    block, ipv6 = one.text("cidr_block"), one.text("ipv6_cidr_block")
    if record is None:
        return
    if not block and one.kind == "aws_vpc_ipv4_cidr_block_association" and one.text("ipv4_ipam_pool_id"):
        tables = "ec2/describe-route-tables"
        world.undecided_any(one, "cidr_block", tables, str(record["VpcId"]), only_to=WITHIN_VPCS)
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
        world.note(f"{one.id} zone", "PLANNED_VALUE_UNKNOWN", f"AWS picks the Availability Zone of {one.address}")
    cidr = one.text("cidr_block")
    if not cidr and not one.flag("ipv6_native"):
        cidr = _free_block(world, vpc_id, one)
    ipv6 = one.text("ipv6_cidr_block")
    if not ipv6 and "ipv6_cidr_block" in one.unknown:
        ipv6 = _free_ipv6(world, vpc_id)
    zones = {"AvailabilityZone": zone, "AvailabilityZoneId": one.text("availability_zone_id")}
    record = world.add(one.home, "ec2/describe-subnets", {
        "SubnetId": one.id, "VpcId": vpc_id, **{key: text for key, text in zones.items() if text}, "State": "available",
        "MapPublicIpOnLaunch": one.flag("map_public_ip_on_launch", one.kind == "aws_default_subnet"),
        "AssignIpv6AddressOnCreation": one.flag("assign_ipv6_address_on_creation"),
        "EnableDns64": one.flag("enable_dns64"), "Ipv6Native": one.flag("ipv6_native"),
        "OwnerId": one.home[0], "Tags": one.tags(),
    })  # fmt: skip
    if one.open("map_public_ip_on_launch"):
        world.open_subnets[one.id] = one
        world.undecided(one, "map_public_ip_on_launch", ways=("leak", "block"))
    if cidr:
        record["CidrBlock"] = cidr
    record.setdefault("Ipv6CidrBlockAssociationSet", [])
    if ipv6:
        state = {"Ipv6CidrBlock": ipv6, "Ipv6CidrBlockState": {"State": "associated"}}
        _merge_blocks(record, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", [state])


def check_subnets(world: World, resources: Iterable[Resource]) -> None:
    """Raise SnapshotError for declared subnets that AWS refuses: they overlap another one of their VPC, or their block
    is none of its.
    """
    resources = list(resources)
    declared = {one.id: one for one in resources if one.kind in ("aws_subnet", "aws_default_subnet")}
    _check_range(world, resources, declared)
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


def _check_range(world: World, resources: Iterable[Resource], declared: Mapping[str, Resource]) -> None:
    """Raise SnapshotError for subnets outside the blocks of their VPC, where all of these are told."""
    open_ = {
        one.id if one.kind == "aws_vpc" else one.text("vpc_id") for one in resources
        if one.kind in ("aws_vpc", "aws_vpc_ipv4_cidr_block_association") and not one.text("cidr_block")
    }  # fmt: skip
    faults = []
    for one in declared.values() if "" not in open_ else ():
        vpc_id = str((world.get(one.id) or {}).get("VpcId"))
        held = [state["CidrBlock"] for state in (world.get(vpc_id) or {}).get("CidrBlockAssociationSet", [])]
        cidr = one.text("cidr_block")
        if not cidr or not held or vpc_id in open_ or one.action in ("keep", "delete"):
            continue
        if not any(IPv4Network(cidr).subnet_of(IPv4Network(block)) for block in held):
            expected = f"a block within {', '.join(held)} of {vpc_id}"
            faults.append(Fault(one.place, f"{one.address}.cidr_block", expected, cidr))
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
