"""The file systems that a project's builds mount: NFS to the mount target in the build's own Availability Zone.

A file system's name stands for the mount target in the client's zone. Clients that sign nothing, as NFS clients do, may
use a file system that has no policy.

**Source:** CodeBuild User Guide, "Amazon Elastic File System sample for AWS CodeBuild"; Amazon EFS User Guide,
"Mounting on Amazon EC2 with a DNS name", "Using VPC security groups" (TCP port 2049), "Using IAM to control access to
file systems" (the default policy); EFS API Reference, "MountTargetDescription".
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from reachsim.forwarding import Ground
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.workloads import find_project

NFS: Final = 2049
_NAME: Final = r"(fs-[0-9a-f]{1,40})\.efs\.([a-z0-9-]{1,40})\.amazonaws\.com(?:\.cn)?:"


class Mount(Struct, frozen=True):
    """A mount target (its interface) that builds in some subnets find by a name; without a target ``place`` tells why
    it is not known, and ``missing`` names the file that would tell."""

    place: str
    target: str = ""
    name: str = ""
    subnets: tuple[str, ...] = ()
    missing: str = ""


def mounts(network: Network, home: Home, project: aws.Project) -> Iterator[Mount]:
    """What builds of a project mount."""
    for one in project.file_system_locations or ():
        yield from _of_one(network, home, project, one)


def _of_one(network: Network, home: Home, project: aws.Project, one: aws.ProjectFileSystem) -> Iterator[Mount]:
    named = re.match(_NAME, one.location)
    place = f"the build mounts {one.location}"
    on_fleet = project.environment.fleet is not None and bool(project.environment.fleet.fleet_arn)
    subnets = project.vpc_config.subnets if project.vpc_config is not None else ()
    if named is None or one.type != "EFS" or named[2] != home[1] or not subnets or on_fleet:
        yield Mount(f"{place}, which is not judged")
        return
    system, name = named[1], named[0].rstrip(":")
    rules = network.path(home, "efs", "describe-file-system-policy", system)
    if network.snapshot.status(rules) != "absent":
        told = "has a policy, which is not judged" if network.snapshot.status(rules) == "ok" else "may have a policy"
        yield Mount(f"{place}, which {told} ({rules})", missing=rules if told.startswith("may") else "")
    listed = network.path(home, "efs", "describe-mount-targets", system)
    held = [target for target in network.read_collection(listed, "MountTargets", aws.MountTarget)
            if target.life_cycle_state == "available" and target.file_system_id == system]  # fmt: skip
    if not network.lists_all(listed):
        yield Mount(f"{place}, whose mount targets are not known ({listed})", missing=listed)
        return
    zones: dict[str, list[str]] = {}
    for subnet in subnets:
        zones.setdefault(_zone(network, subnet), []).append(subnet)
    for zone, asking in zones.items():
        own = [target for target in held if zone and _zone(network, target.subnet_id) == zone]
        vpcs = {network.subnets[subnet].vpc_id for subnet in (*asking, *(target.subnet_id for target in own))
                if subnet in network.subnets}  # fmt: skip
        if len(own) != 1 or own[0].network_interface_id not in network.interfaces or len(vpcs) != 1:
            yield Mount(
                f"{place}, of which the mount target in the zone of {', '.join(asking)} is not known ({listed})"
            )
        elif network.vpc_attribute(vpcs.pop(), "enableDnsHostnames")[0] is False:
            yield Mount(f"{place}, whose name does not surely resolve: the VPC has enableDnsHostnames off")
        else:
            target = own[0]
            yield Mount(f"{place} by {target.mount_target_id}", target.network_interface_id, name, tuple(asking))


def _zone(network: Network, subnet_id: str) -> str:
    subnet = network.subnets.get(subnet_id)
    return (subnet.availability_zone or "") if subnet is not None else ""


def within(ground: Ground, source: str, subnets: tuple[str, ...]) -> Ground:
    """The ground with a project's builds in some of its subnets alone; the same ground for ()."""
    found = find_project(ground.network, source.partition(":")[2]) if subnets else None
    if found is None or found[1].vpc_config is None:
        return ground
    home, project = found
    narrowed = replace(project, vpc_config=replace(found[1].vpc_config, subnets=subnets))
    network = copy.copy(ground.network)
    network.projects = {**network.projects, (home, project.name): narrowed}
    return Ground(network, ground.appliances)
