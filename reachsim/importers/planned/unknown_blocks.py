"""Rules and routes that may or may not be about a subnet whose CIDR block nothing tells.

A block of the VPC stands for such a subnet's own. Where a rule or route names but a part of what the subnet's block can
be, another block would be decided otherwise: verdicts that meet it are left open.

**Source:** Amazon VPC User Guide, "Subnet CIDR blocks": a subnet's block is a part of its VPC's blocks and overlaps no
other subnet's. That a VPC of which no block is told has private ones (RFC 1918, RFC 6598) is taken for granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from reachsim.addresses import parse_block
from reachsim.importers.planned.resource import Resource
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.intervals import EMPTY, IntervalSet

_PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
_OF_VPCS: Final = ("aws_vpc", "aws_vpc_ipv4_cidr_block_association")
_OF_SUBNETS: Final = ("aws_subnet", "aws_default_subnet")


def leave_open(world: World, resources: Sequence[Resource]) -> None:
    """Note the groups, network ACLs and route tables whose rules may tell the subnets of unknown block apart."""
    guessed = [one for one in resources if one.kind in _OF_SUBNETS and _is_guessed(world, one)]
    open_vpcs = {
        one.id if one.kind == "aws_vpc" else one.text("vpc_id")
        for one in resources if one.kind in _OF_VPCS and not one.text("cidr_block")
    }  # fmt: skip
    for one in guessed:
        free = _free(world, str((world.get(one.id) or {})["VpcId"]), {held.id for held in guessed}, open_vpcs)
        parted = [component for component, blocks in _named(world) if any(_parts(block, free) for block in blocks)]
        if parted:
            world.undecided(one, "cidr_block", *parted, ways=("leak", "block"))


def _is_guessed(world: World, one: Resource) -> bool:
    held = world.get(one.id)
    return held is not None and bool(held.get("CidrBlock")) and one.action != "delete" and not one.text("cidr_block")


def _free(world: World, vpc_id: str, guessed: set[str], open_vpcs: set[str]) -> IntervalSet:
    """The addresses that a subnet of unknown block can have."""
    states = (world.get(vpc_id) or {}).get("CidrBlockAssociationSet") or ()
    blocks = [str(state["CidrBlock"]) for state in states]
    taken = [
        str(held["CidrBlock"]) for _, held in world.each("ec2/describe-subnets")
        if held.get("VpcId") == vpc_id and held.get("CidrBlock") and held["SubnetId"] not in guessed
    ]  # fmt: skip
    return _union(_PRIVATE if vpc_id in open_vpcs or not blocks else blocks) - _union(taken)


def _union(blocks: Iterable[str]) -> IntervalSet:
    found = EMPTY
    for block in blocks:
        found |= parse_block(block)
    return found


def _parts(block: str, free: IntervalSet) -> bool:
    """Whether a block holds some of these addresses and not others."""
    with suppress(ValueError):
        inside = parse_block(block) & free
        return bool(inside) and inside != free
    return False


def _named(world: World) -> Iterator[tuple[str, list[str]]]:
    """Every security group, network ACL and route table with the IPv4 blocks that it names."""
    for home, group in world.each("ec2/describe-security-groups"):
        rules = [*group.get("IpPermissions", ()), *group.get("IpPermissionsEgress", ())]
        blocks = [str(held["CidrIp"]) for rule in rules for held in rule.get("IpRanges", ())]
        for rule in rules:
            for held in rule.get("PrefixListIds", ()):
                blocks += _entries(world.document(home, f"ec2/get-managed-prefix-list-entries/{held['PrefixListId']}"))
        yield str(group["GroupId"]), blocks
    for _, acl in world.each("ec2/describe-network-acls"):
        yield str(acl["NetworkAclId"]), [str(held["CidrBlock"]) for held in acl["Entries"] if held.get("CidrBlock")]
    for _, table in world.each("ec2/describe-route-tables"):
        routes = [held for held in table["Routes"] if held.get("GatewayId") != "local"]
        yield str(table["RouteTableId"]), [str(held["DestinationCidrBlock"]) for held in routes
                                           if held.get("DestinationCidrBlock")]  # fmt: skip


def _entries(document: Document | None) -> list[str]:
    return [str(held["Cidr"]) for held in (document or {}).get("Entries", ())]
