"""VPC Block Public Access and its exclusions.

**Source:** Amazon VPC User Guide, "Block public access to VPCs and subnets".
"""

from __future__ import annotations

from reachsim.importers.planned.resource import Resource
from reachsim.importers.planned.world import World


def public_access_exclusion(world: World, one: Resource) -> None:
    """An exclusion from VPC Block Public Access."""
    call = "ec2/describe-vpc-block-public-access-exclusions"
    target, kind = one.text("vpc_id"), "vpc"
    if one.text("subnet_id"):
        target, kind = one.text("subnet_id"), "subnet"
    record = {
        "ExclusionId": one.id, "State": "create-complete",
        "InternetGatewayExclusionMode": one.text("internet_gateway_exclusion_mode"),
        "ResourceArn": f"arn:aws:ec2:{one.home[1]}:{one.home[0]}:{kind}/{target}",
    }  # fmt: skip
    held = world.document(one.home, call) or {"VpcBlockPublicAccessExclusions": []}
    held["VpcBlockPublicAccessExclusions"].append(record)
    world.put(one.home, call, held)


def public_access_options(world: World, one: Resource) -> None:
    mode = one.text("internet_gateway_block_mode")
    world.put(one.home, "ec2/describe-vpc-block-public-access-options", {
        "VpcBlockPublicAccessOptions": {
            "AwsAccountId": one.home[0], "AwsRegion": one.home[1], "State": "update-complete",
            "InternetGatewayBlockMode": mode, "ManagedBy": "account", "ExclusionsAllowed": "allowed",
        }
    })  # fmt: skip
    call = "ec2/describe-vpc-block-public-access-exclusions"
    if world.document(one.home, call) is None:
        world.put(one.home, call, {"VpcBlockPublicAccessExclusions": []})
