"""Resources of which nothing tells whether they will be there, or what they choose: what rests on it is unknown.

They are made as if they were; what their being there could decide is noted: the target of a route, the group of a rule,
the tables of an association. **Source:** AWS CloudFormation User Guide, "Conditions".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from reachsim.importers.planned.resource import Resource
from reachsim.importers.planned.routes import TARGETS
from reachsim.importers.planned.world import World

SOURCES: Final = {
    "aws_codebuild_project": "codebuild:", "aws_instance": "", "aws_lambda_function": "lambda:",
    "aws_ecs_service": "ecs:",
}  # fmt: skip
"""What verdicts start from: whether it is there changes no verdict about it."""
POLICIES: Final = frozenset({
    "aws_iam_role_policy", "aws_iam_policy", "aws_s3_bucket_policy", "aws_ecr_repository_policy",
    "aws_ecr_registry_policy", "aws_vpc_endpoint_policy", "aws_iam_user_policy",
})  # fmt: skip
_OWNERS: Final = ("security_group_id", "network_acl_id", "vpc_endpoint_id", "internet_gateway_id", "vpn_gateway_id",
                  "transit_gateway_attachment_id", "transit_gateway_route_table_id", "vpc_peering_connection_id",
                  "prefix_list_id", "zone_id")  # fmt: skip


def hide_policies(resources: Iterable[Resource]) -> None:
    """A policy that may not be there is one that nothing tells."""
    for one in resources:
        if one.maybe and one.kind in POLICIES:
            one.values.pop("policy", None)
            one.unknown.add("policy")


def source_of(one: Resource) -> str:
    """The selector that a verdict about a source is asked with; the id of anything else."""
    cluster = f"{one.text('cluster').rpartition('/')[2] or 'default'}/" if one.kind == "aws_ecs_service" else ""
    return f"{SOURCES.get(one.kind, '')}{cluster}{one.id}"


def note(world: World, resources: Sequence[Resource]) -> None:
    """Say so of everything that a resource decides which may not be there."""
    apart = _with_parts_apart(resources)
    for one in resources:
        named = source_of(one)
        for what in one.choices:
            detail = f"{what} is known only after apply: all of them were considered"
            world.note(named, "PLANNED_VALUE_UNKNOWN", detail, "block" if "route_table_ids" in what else "neither")
            world.warnings.append(detail)
        for what in one.taken:
            world.note(named, "PLANNED_ALL_TAKEN", what, "block")
        if one.unseen and one.id not in apart:
            none = " and no ".join(sorted(one.unseen))
            detail = f"{one.address} shows no {none}: what a dynamic block makes of unknown values is not to be seen"
            world.note(one.id, "PLANNED_BLOCKS_UNSEEN", detail, "leak")
        for component, why in one.guesses.items():
            for met in (one.id, component):
                world.note(met, "PLANNED_VALUE", why)
        if not one.maybe or one.action == "delete":
            continue
        if one.kind in SOURCES:
            world.note(named, "PLANNED_VALUE", f"{one.address} is taken to be made: {one.maybe}")
            continue
        for component in _decided(world, one):
            for way in ("leak", "block"):
                world.note(
                    component, "PLANNED_VALUE_UNKNOWN", f"whether {one.address} is made is not known: {one.maybe}", way
                )


_CHANGED: Final = ("rtb-", "sg-", "acl-", "igw-", "vgw-", "tgw-rtb-", "pl-")
"""What another stack may add rules, routes or attachments to."""


def note_touched(world: World, touched: Mapping[str, str]) -> None:
    """Things handed to a stack, or to another resource, that nobody sees into: what it adds to them is open.

    A subnet may get another route table or network ACL, where nothing associates one with it so far; a VPC gets names
    and endpoints, which is told and decides nothing by itself.
    """
    for one, stack in sorted(touched.items()):
        opened = [one] if one.startswith(_CHANGED) and world.get(one) is not None else []
        if one.startswith("subnet-"):
            opened = list(_defaults_of(world, one))
        for component in opened:
            for way in ("leak",) if component.startswith("sg-") else ("leak", "block"):
                detail = f"what {stack} adds to {component} is not known: it is not read"
                world.note(component, "PLANNED_VALUE_UNKNOWN", detail, way)
        if one.startswith("vpc-") and world.get(one) is not None:
            world.note(one, "PLANNED_VALUE", f"what {stack} adds to {one} is left out: it is not read")


def _defaults_of(world: World, subnet: str) -> Iterable[str]:
    """The main route table and default network ACL, where the subnet uses them for want of others."""
    vpc_id = str((world.get(subnet) or {}).get("VpcId", ""))
    own = {
        held.get("SubnetId") for _, record in world.each("ec2/describe-route-tables")
        for held in record.get("Associations", [])
    }  # fmt: skip
    if subnet not in own:
        yield from _main_tables(world, vpc_id)
    for _, record in world.each("ec2/describe-network-acls"):
        held = [one.get("SubnetId") for one in record.get("Associations", [])]
        if record.get("IsDefault") and record.get("VpcId") == vpc_id and subnet in held:
            yield str(record["NetworkAclId"])


_APART: Final = {
    "aws_security_group_rule": "security_group_id", "aws_vpc_security_group_ingress_rule": "security_group_id",
    "aws_vpc_security_group_egress_rule": "security_group_id", "aws_route": "route_table_id",
    "aws_network_acl_rule": "network_acl_id",
}  # fmt: skip
"""Kinds that declare one rule or route, and the attribute that names its owner."""


def _with_parts_apart(resources: Iterable[Resource]) -> set[str]:
    """Owners of rules or routes that are declared as resources of their own: nobody mixes the two ways."""
    return {one.text(_APART[one.kind]) for one in resources if one.kind in _APART}


def _decided(world: World, one: Resource) -> Iterable[str]:
    if one.kind == "aws_route":
        yield from one.texts(*TARGETS)
        return
    yield one.id
    yield from one.texts(*_OWNERS)
    vpc_id = str((world.get(one.text("subnet_id")) or {}).get("VpcId", ""))
    if one.kind == "aws_route_table_association":
        yield from one.texts("route_table_id")
        yield from _main_tables(world, vpc_id)
    if one.kind == "aws_network_acl_association":
        yield from (
            str(record["NetworkAclId"]) for _, record in world.each("ec2/describe-network-acls")
            if record.get("IsDefault") and record.get("VpcId") == vpc_id
        )  # fmt: skip
    if one.kind == "aws_vpc_endpoint":
        yield from (world.get(one.id) or {}).get("NetworkInterfaceIds", [])


def _main_tables(world: World, vpc_id: str) -> Iterable[str]:
    """The table that a subnet without an association uses."""
    for _, record in world.each("ec2/describe-route-tables"):
        if record.get("VpcId") == vpc_id and any(held.get("Main") for held in record.get("Associations", [])):
            yield str(record["RouteTableId"])
