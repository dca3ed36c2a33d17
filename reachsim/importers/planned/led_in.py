"""Services of AWS that lead the internet to what has no public address: Global Accelerator, CloudFront's VPC origins.

They come by interfaces that they make in the subnets of the instances and load balancers which they lead to.

**Source:** AWS Global Accelerator Developer Guide, "Preserve client IP addresses"; Amazon CloudFront Developer Guide,
"Restrict access with VPC origins".
"""

from __future__ import annotations

from reachsim.importers.planned.balancers import BALANCERS
from reachsim.importers.planned.interfaces import interface_record
from reachsim.importers.planned.resource import Resource, text_of
from reachsim.importers.planned.world import UNDECIDED, World
from reachsim.importers.tree import Document


def endpoint_group(world: World, one: Resource) -> None:
    """The endpoints of an accelerator's listener in a Region."""
    blocks = [*one.blocks("endpoint_configuration"), *one.blocks("endpoint_configurations")]
    for block in blocks:
        _lead(world, one, text_of(block, "endpoint_id"), {"InterfaceType": "global_accelerator_managed"})
    if not blocks and any(at.startswith("endpoint_configuration") for at in one.unknown):
        _lead(world, one, "", {})


def vpc_origin(world: World, one: Resource) -> None:
    """An instance or load balancer that distributions of CloudFront have as their origin."""
    tags = {"TagSet": [{"Key": "aws.cloudfront.vpcorigin", "Value": "enabled"}]}
    configs = one.blocks("vpc_origin_endpoint_config")
    for named in [text_of(block, "arn") for block in configs] or [""]:
        _lead(world, one, named, tags)


def _lead(world: World, one: Resource, named: str, more: Document) -> None:
    if named.startswith("eipalloc-"):
        return  # the internet reaches it anyway
    balancer = world.get_in(BALANCERS, named)
    instance = world.get(named.rpartition("/")[2])
    subnets = [str(zone["SubnetId"]) for zone in (balancer or {}).get("AvailabilityZones", [])]
    subnets += [text_of(instance, "SubnetId")] if instance is not None else []
    if not any(subnets):
        world.leave_out(one.address, one.kind, f"{UNDECIDED}to what it leads the internet")
    for subnet in filter(None, subnets):
        eni, address = f"eni-{one.id}-{subnet}", world.draw(subnet)
        if world.get(eni) is None and address is not None:
            interface_record(world, world.home_of(subnet, one.home), eni, subnet, [(address, None)], [], {
                "RequesterManaged": True, "Description": one.address, **more,
            })  # fmt: skip
            detail = f"AWS has yet to pick the address of {one.address} in {subnet}: {address} stands for it"
            world.note(eni, "PLANNED_ADDRESS", detail)
