"""Closing ways out and in: routes that lead out, projects outside every VPC, rules that let the internet in."""

from __future__ import annotations

from collections.abc import Iterator

from reachsim.addresses import PUBLIC
from reachsim.edits.draft import PROPAGATED, ports_of
from reachsim.filters import describe_permission
from reachsim.fix.faults import Fault
from reachsim.fix.moving import move_into_vpc
from reachsim.fix.places import routes_to
from reachsim.fix.steps import DeleteRoute, DisablePropagation, RemoveGroupRule, Step, as_record
from reachsim.fix.taken import Steps
from reachsim.forwarding import Ground
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.routing import target_of
from reachsim.selectors import parse_selector


def is_outside(fault: Fault) -> bool:
    """Whether traffic leaves because its project runs outside every VPC."""
    paths = fault.verdict.paths if fault.verdict and fault.kind == "leaves" else ()
    return fault.source.startswith("codebuild:") and any(
        any(hop.type == "codebuild-project" for hop in path.hops) for path in paths if path.outcome == "allowed"
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
        table = ground.network.route_tables.get(routes[0].component)
        if path.route == "on-premises" and not _covers_public(ground.network, table, routes[0].rule):
            continue  # a way to one's own network, and no other
        for step in _closing(table, routes[0].rule):
            steps[step] = None
    if steps:
        yield tuple(steps)


def _covers_public(network: Network, table: aws.RouteTable | None, destination: object) -> bool:
    """Whether a route's destination holds public addresses besides private ones."""
    for one in routes_to(table, destination):
        block = one.destination_cidr_block or one.destination_ipv6_cidr_block
        addresses = block.block if block is not None else None
        if one.destination_prefix_list_id and table is not None:
            addresses, _, _ = network.prefix_list(
                one.destination_prefix_list_id, network.home_of(table.route_table_id)
            )  # fmt: skip
        if addresses is not None and addresses & PUBLIC:
            return True
    return False


def _closing(table: aws.RouteTable | None, destination: object) -> list[Step]:
    """What takes away the routes of a table to a destination, local ones left out."""
    found: list[Step] = []
    for one in routes_to(table, destination):
        target = target_of(one)
        if table is not None and target.id and target.kind != "local":
            if one.origin == PROPAGATED:
                found.append(DisablePropagation(table.route_table_id, target.id, str(destination)))
            else:
                found.append(DeleteRoute(table.route_table_id, str(destination), target.id))
    return found


def close_way_in(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """The rules of security groups that let the internet in."""
    verdict = fault.verdict
    assert verdict is not None
    steps: dict[Step, None] = {}
    for path in verdict.paths:
        for hop in path.hops if path.outcome == "allowed" else ():
            if hop.type == "security-group" and hop.leg == "request" and hop.rule is not None:
                rule = _as_edits_say(ground.network, hop.component, str(hop.rule))
                steps[RemoveGroupRule(hop.component, "ingress", rule)] = None
    if steps:
        yield tuple(steps)


def _as_edits_say(network: Network, group: str, rule: str) -> str:
    """How an edit names a rule that a trace names by its traffic and peer, for want of an id."""
    traffic, _, peer = rule.rpartition(" ")
    found = network.security_groups[group].ip_permissions
    held = () if isinstance(found, aws.NotThere) else found
    return next((f"{ports_of(as_record(one))} {peer}" for one in held if describe_permission(one) == traffic), rule)
