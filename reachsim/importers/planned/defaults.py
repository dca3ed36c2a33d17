"""What AWS takes where a resource names no VPC or no security group, and what stands for groups that nothing tells.

**Source:** Amazon VPC User Guide, "Default VPCs", "Default security groups".
"""

from __future__ import annotations

from typing import Final

from reachsim.importers.planned.resource import Resource
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

UNSEEN_GROUP: Final = "sg-unknown"
"""Stands for security groups that nothing tells: no file holds it."""
UNSEEN_VPC: Final = "vpc-unknown"


def default_vpc(world: World, one: Resource) -> str:
    """The default VPC's id where a resource names none, an id that no file holds where nothing tells what it names."""
    if one.open("vpc_id"):
        world.undecided(one, "vpc_id")
        return UNSEEN_VPC
    for home, held in world.each("ec2/describe-vpcs"):
        if held.get("IsDefault") and home == one.home:
            return str(held["VpcId"])
    world.undecided(one, "the VPC (the default one, which the source does not hold)")
    return f"vpc-default-{one.home[1]}"


def default_groups(world: World, vpc_id: str) -> list[str]:
    """The VPC's default security group, which AWS takes where none is named."""
    found = [
        str(held["GroupId"]) for _, held in world.each("ec2/describe-security-groups")
        if held.get("VpcId") == vpc_id and held.get("GroupName") == "default"
    ]  # fmt: skip
    return found or [UNSEEN_GROUP]


def default_of(world: World, call: str, one: Resource, key: str) -> Document | None:
    """The record that AWS made with the VPC of a resource."""
    for _, held in world.each(call):
        if held.get("VpcId") == one.text("vpc_id") and held.get(key) in ("default", True):
            return held
    return None


def given_groups(world: World, one: Resource, held: list[str], name: str) -> list[str]:
    """The security groups that a resource gives, with one that nothing tells where some are unknown."""
    if one.unknown & {name, f"{name}.0"} or any(at.startswith(f"{name}.") for at in one.unknown):
        world.undecided(one, name, one.id)
        return [*held, UNSEEN_GROUP]
    return held
