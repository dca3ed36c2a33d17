"""File systems that builds mount: NFS to the mount target in the build's own Availability Zone.

**Source:** Amazon EFS User Guide, "Mounting on Amazon EC2 with a DNS name", "Using VPC security groups", "Using IAM to
control access to file systems"; CodeBuild User Guide, "Amazon Elastic File System sample for AWS CodeBuild".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.build import GroupRule
from tests.scenarios.pipelines import ACCOUNT, ANYWHERE, REGION, Checked, Pipeline

SYSTEM = "fs-0123456789abcdef0"
NONE: dict[str, Any] = {"Error": {"Code": "PolicyNotFound"}}
POLICY: dict[str, Any] = {"FileSystemId": SYSTEM, "Policy": "{}"}


def nfs(block: str) -> GroupRule:
    return ("tcp", 2049, 2049, block)


def mounting(
    rules: list[GroupRule], zones: str = "ac", policy: dict[str, Any] | None = NONE, *, listed: bool = True,
    location: str = f"{SYSTEM}.efs.{REGION}.amazonaws.com:/cache", last: dict[str, Any] | None = None,
) -> Pipeline:  # fmt: skip
    """The pipeline whose build mounts a file system with mount targets in these zones; of the last one that differs."""
    net = Pipeline(fileSystemLocations=[{"type": "EFS", "location": location, "mountPoint": "/mnt"}])
    group = net.group("vpc-1", rules, [ANYWHERE], name="efs")
    targets = []
    for zone in zones:
        subnet, address = (net.build_a, "10.10.1.99") if zone == "a" else (net.build_c, "10.10.2.99")
        interface = net.interface(subnet, address, [group], name=f"efs-{zone}")
        targets.append({"MountTargetId": f"fsmt-{zone}", "FileSystemId": SYSTEM, "SubnetId": subnet,
                        "NetworkInterfaceId": interface, "LifeCycleState": "available"})  # fmt: skip
    targets[-1].update(last or {})
    if listed:
        net.put(f"efs/describe-mount-targets/{SYSTEM}", {"MountTargets": targets})
    if policy is not None:
        net.put(f"efs/describe-file-system-policy/{SYSTEM}", policy)
    return net


@pytest.mark.parametrize(("rules", "outcome", "overall"), [
    ([nfs("10.10.0.0/16")], "allowed", "private-and-working"),
    ([nfs("10.10.1.0/24")], "intermittent", "private-but-failing"),  # chance puts builds into the other zone
    ([("tcp", 443, 443, "10.10.0.0/16")], "blocked", "private-but-failing"),
])  # fmt: skip
def test_a_build_mounts_by_the_target_of_its_own_zone(rules: list[GroupRule], outcome: str, overall: str) -> None:
    found = Checked(mounting(rules))
    assert (found.step("environment").outcome, found.overall) == (outcome, overall)


def test_the_target_of_another_zone_does_not_count() -> None:
    """Each admits its own zone alone: no build asks the other's."""
    net = mounting([nfs("10.10.1.0/24")], "a")
    group = net.group("vpc-1", [nfs("10.10.2.0/24")], [ANYWHERE], name="efs-of-c")
    interface = net.interface(net.build_c, "10.10.2.99", [group], name="efs-c")
    targets = [{"MountTargetId": f"fsmt-{zone}", "FileSystemId": SYSTEM, "SubnetId": subnet,
                "NetworkInterfaceId": one, "LifeCycleState": "available"}
               for zone, subnet, one in (("a", net.build_a, "eni-efs-a"), ("c", net.build_c, interface))]  # fmt: skip
    net.put(f"efs/describe-mount-targets/{SYSTEM}", {"MountTargets": targets})
    assert Checked(net).overall == "private-and-working"


@pytest.mark.parametrize(("more", "lacking"), [
    ({"listed": False}, f"efs/describe-mount-targets/{SYSTEM}"),
    ({"policy": None}, f"efs/describe-file-system-policy/{SYSTEM}"),
    ({"policy": POLICY}, ""),  # which asks for IAM, or for TLS
    ({"zones": "a"}, ""),  # in the other zone the name does not resolve
    ({"location": f"{SYSTEM}.efs.us-west-2.amazonaws.com:/"}, ""),
    ({"location": "10.10.1.99:/"}, ""),
])  # fmt: skip
def test_what_is_not_told_of_a_file_system_leaves_the_step_open(more: dict[str, Any], lacking: str) -> None:
    found = Checked(mounting([nfs("10.10.0.0/16")], **more))
    assert (found.step("environment").outcome, found.overall) == ("unknown", "undecided")
    assert [path for path in found.check.missing if "/efs/" in path] == (
        [f"{ACCOUNT}/{REGION}/{lacking}.json"] if lacking else []
    )


OF_C = "of which the mount target in the zone of subnet-build-c is not known"


@pytest.mark.parametrize(("last", "told"), [
    ({"LifeCycleState": "creating"}, OF_C),
    ({"FileSystemId": "fs-0fedcba9876543210"}, OF_C),
    ({"NetworkInterfaceId": "eni-nowhere"}, OF_C),
    ({"SubnetId": "subnet-nowhere"}, OF_C),
    ({"SubnetId": "subnet-build-a"}, "of which the mount target in the zone of subnet-build-a is not known"),
])  # fmt: skip
def test_of_which_zone_no_mount_target_is_known(last: dict[str, Any], told: str) -> None:
    """EFS API, MountTargetDescription: a file system has at most one in a zone, and it works once it is available."""
    step = Checked(mounting([nfs("10.10.0.0/16")], last=last)).step("environment")
    assert step.outcome == "unknown"
    assert [one for one in step.contacts if told in one] != []


def test_the_zone_of_a_subnet_that_nothing_tells_is_that_of_no_target() -> None:
    net = mounting([nfs("10.10.0.0/16")], "a")
    for subnet in (net.build_a, net.build_c):
        del net[subnet]["AvailabilityZone"]
    step = Checked(net).step("environment")
    assert [one for one in step.contacts if "in the zone of subnet-build-a, subnet-build-c is not known" in one] != []


def test_a_mount_target_of_another_vpc_is_not_a_builds() -> None:
    """EFS User Guide, "Mounting on Amazon EC2 with a DNS name": the name is for the VPC of the mount targets."""
    net = mounting([nfs("10.10.0.0/16")])
    far = net.subnet(net.vpc("10.30.0.0/16", name="f"), "10.30.1.0/24", f"{REGION}c", name="f")
    (listed,) = (one for path, one in net.files().items() if path.endswith(f"describe-mount-targets/{SYSTEM}.json"))
    targets = json.loads(listed)["MountTargets"]
    targets[-1]["SubnetId"] = far
    net.put(f"efs/describe-mount-targets/{SYSTEM}", {"MountTargets": targets})
    step = Checked(net).step("environment")
    assert [one for one in step.contacts if OF_C in one] != []


def test_a_name_does_not_surely_resolve_without_host_names() -> None:
    """EFS User Guide, "Mounting on Amazon EC2 with a DNS name": the VPC has DNS hostnames enabled."""
    net = mounting([nfs("10.10.0.0/16")])
    net.put("ec2/describe-vpc-attribute/vpc-1.enableDnsHostnames", {"EnableDnsHostnames": {"Value": False}})
    step = Checked(net).step("environment")
    assert [one for one in step.contacts if "the VPC has enableDnsHostnames off" in one] != []
    assert step.outcome == "unknown"


@pytest.mark.parametrize("change", [
    {"environment": {"fleet": {"fleetArn": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:fleet/f:1"}}},
    {"fileSystemLocations": [{"type": "NEW", "location": f"{SYSTEM}.efs.{REGION}.amazonaws.com:/"}]},
    {"vpcConfig": {}},
])  # fmt: skip
def test_what_mounts_are_not_judged(change: dict[str, Any]) -> None:
    net = mounting([nfs("10.10.0.0/16")])
    (project,) = net._lists["codebuild/batch-get-projects"]
    project.update({**change, "environment": {**project["environment"], **change.get("environment", {})}})
    steps = [one for one in Checked(net).check.steps if one.step == "environment"]
    assert [one for step in steps for one in step.contacts if f"{SYSTEM}.efs" in one and "not judged" in one] != []


@pytest.mark.parametrize(("policy", "told"), [
    (POLICY, "has a policy, which is not judged ("), (None, "may have a policy (")
])  # fmt: skip
def test_a_policy_is_told_of(policy: dict[str, Any] | None, told: str) -> None:
    step = Checked(mounting([nfs("10.10.0.0/16")], policy=policy)).step("environment")
    assert [one for one in step.contacts if f"/cache, which {told}" in one] != []
