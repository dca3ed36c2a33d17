"""The docker server of a project: a machine of its own that pulls, builds and pushes images for the project's builds.

It stands in the project's VPC with security groups of its own, which have to admit the build on port 9876; what a
Docker build or container contacts goes its ways, not the build's. skopeo, kaniko, podman and the like ask no daemon.
Which of the project's subnets it stands in is not documented, and taken to be chance. **Source:** CloudFormation,
"AWS::CodeBuild::Project DockerServer"; CodeBuild User Guide, "Run builds on a Docker server image"; pipeline-services
fact sheet, P64.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from reachsim.check.needs import Need
from reachsim.forwarding import Ground
from reachsim.model import records as aws
from reachsim.model.places import Home
from reachsim.workloads import find_project

PORT: Final = 9876
MARK: Final = "#docker-server"
"""Stands behind a project's name where its docker server is meant."""
PLACED: Final = "the docker server was taken to stand in any of the project's subnets"
_OF_DAEMON: Final = ("pull", "push")


def has_docker_server(project: aws.Project) -> bool:
    """Whether a project's images are built by a docker server in its VPC."""
    config = project.vpc_config
    on_fleet = project.environment.fleet is not None and bool(project.environment.fleet.fleet_arn)
    return (
        project.environment.docker_server is not None and config is not None and bool(config.subnets) and not on_fleet
    )


def with_docker_server(ground: Ground, found: tuple[Home, aws.Project] | None) -> Ground:
    """The ground with the project's docker server as a project of its own; the same ground if it has none."""
    if found is None or not has_docker_server(found[1]):
        return ground
    home, project = found
    server, config = project.environment.docker_server, project.vpc_config
    assert server is not None
    assert config is not None
    placed = replace(config, security_group_ids=server.security_group_ids)
    name = f"{project.name}{MARK}"  # a "#" stands in no project's name
    network = copy.copy(ground.network)
    network.projects = {**network.projects, (home, name): replace(project, name=name, vpc_config=placed)}
    return Ground(network, ground.appliances)


def of_servers(ground: Ground, sources: Sequence[str]) -> tuple[Ground, tuple[str, ...]]:
    """The ground with the docker servers of these sources as projects of their own, and what these are called."""
    found: list[str] = []
    for source in sources:
        kind, _, name = source.partition(":")
        project = find_project(ground.network, name) if kind == "codebuild" and MARK not in name else None
        wider = with_docker_server(ground, project)
        if wider is not ground:
            ground, found = wider, [*found, f"{source}{MARK}"]
    return ground, tuple(found)


def parted(ground: Ground, source: str, needs: Sequence[Need]) -> tuple[Need, ...]:
    """The needs, those of the Docker daemon marked as the docker server's, and the way to it before them."""
    server = f"{source}{MARK}"
    if find_project(ground.network, server.partition(":")[2]) is None:
        return tuple(needs)
    moved = [replace(need, by=server) if _is_daemons(need) else need for need in needs]
    if not any(need.by for need in moved):
        return tuple(needs)
    place = "the build asks its docker server to pull, build and push"
    steps = dict.fromkeys(need.step for need in moved if need.by)
    return (*moved, *(Need(step, server, port=PORT, place=place) for step in steps))


def _is_daemons(need: Need) -> bool:
    """Whether the Docker daemon contacts it: an image's pull and push, what builds of images and containers contact."""
    return need.in_image or (need.step in _OF_DAEMON and not need.by_client)
