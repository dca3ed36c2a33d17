"""Closing ways out and in: routes that lead out, projects outside every VPC, rules that let the internet in."""

from __future__ import annotations

from collections.abc import Iterator

from reachsim.fix.faults import Fault
from reachsim.fix.moving import move_into_vpc
from reachsim.fix.steps import DeleteRoute, RemoveGroupRule, Step
from reachsim.fix.taken import Steps
from reachsim.forwarding import Ground
from reachsim.model import records as aws
from reachsim.selectors import parse_selector


def is_outside(fault: Fault) -> bool:
    """Whether traffic leaves because its project runs outside every VPC."""
    paths = fault.verdict.paths if fault.verdict and fault.kind == "leaves" else ()
    return fault.source.startswith("codebuild:") and any(
        path.hops and path.hops[0].type == "codebuild-project" for path in paths if path.outcome == "allowed"
    )


def close_way_out(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """The routes of the source's own subnets that its way out takes; a project outside VPCs is moved into one."""
    verdict = fault.verdict
    assert verdict is not None
    if is_outside(fault):
        yield from move_into_vpc(ground.network, parse_selector(fault.source).value)
        return
    steps: dict[Step, None] = {}
    for path in verdict.paths:
        routes = [hop for hop in path.hops if hop.type == "route-table" and hop.leg == "request"]
        if path.outcome != "allowed" or path.route == "private" or not routes:
            continue
        first = routes[0]
        for target in _targets(ground.network.route_tables.get(first.component), first.rule):
            steps[DeleteRoute(first.component, str(first.rule), target)] = None
    if steps:
        yield tuple(steps)


def _targets(table: aws.RouteTable | None, destination: object) -> list[str]:
    """What the routes of a table to a destination lead to, local ones left out."""
    found = []
    for one in table.routes if table is not None else ():
        blocks = (one.destination_cidr_block, one.destination_ipv6_cidr_block, one.destination_prefix_list_id)
        if str(destination) in map(str, blocks):
            targets = (one.nat_gateway_id, one.gateway_id, one.egress_only_internet_gateway_id, one.transit_gateway_id,
                       one.vpc_peering_connection_id, one.network_interface_id)  # fmt: skip
            found += [target for target in targets if target and target != "local"][:1]
    return found


def close_way_in(fault: Fault) -> Iterator[Steps]:
    """The rules of security groups that let the internet in."""
    verdict = fault.verdict
    assert verdict is not None
    steps: dict[Step, None] = {}
    for path in verdict.paths:
        for hop in path.hops if path.outcome == "allowed" else ():
            if hop.type == "security-group" and hop.leg == "request" and hop.rule is not None:
                steps[RemoveGroupRule(hop.component, "ingress", str(hop.rule))] = None
    if steps:
        yield tuple(steps)
