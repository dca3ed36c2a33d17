"""Prefix lists that were being changed when the snapshot was taken: which of their entries hold is not sure.

**Source:** EC2 API, ManagedPrefixList (State); "Consolidate and manage network CIDR blocks with managed prefix lists"
(VPC User Guide: what names a list "always use the current (latest) version").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reachsim.evidence import Assumption, Direction
from reachsim.filters import permission_services
from reachsim.forwarding.ground import Ground, Walk, assume
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.model.records import ManagedPrefixList, RouteTable, TransitGatewayRoutes

SETTLED: Final = frozenset({
    "create-complete", "modify-complete", "modify-failed", "restore-complete", "restore-failed", "delete-failed",
})  # fmt: skip
"""States in which the entries are those of the last version that was made."""


def unsettled(network: Network) -> dict[str, str]:
    """State by prefix list, of those whose entries may not be what holds."""
    paths = (network.path(home, "ec2", "describe-managed-prefix-lists") for home in network.homes)
    lists = (one for path in paths for one in network.read_collection(path, "PrefixLists", ManagedPrefixList))
    return {one.prefix_list_id: one.state for one in lists if one.state and one.state not in SETTLED}


def _taken(ground: Ground, owner: str, names: Iterable[str | None]) -> tuple[Assumption, ...]:
    named = dict.fromkeys(name for name in names if name)
    states = ground.told(unsettled) if named else {}
    return tuple(
        assume("PREFIX_LIST_CHANGING", name, f"{name}, which {owner} names, is {states[name]}: the entries in the "
               "snapshot were taken to hold", "leak")
        for name in named if name in states
    )  # fmt: skip


def of_groups(ground: Ground, flow: Walk, groups: tuple[str, ...], direction: Direction) -> list[Assumption]:
    """What is assumed of the lists that rules of security groups name, as far as they concern a flow."""
    return [
        one for group in groups for services, assumed in ground.told(_rules_with_lists, group, direction)
        if not services.isdisjoint(flow.services) for one in _taken(ground, group, assumed)
    ]  # fmt: skip


def _rules_with_lists(
    network: Network, group_id: str, direction: Direction
) -> tuple[tuple[IntervalSet, tuple[str, ...]], ...]:
    group = network.security_groups.get(group_id)
    permissions = () if group is None else group.ip_permissions
    if group is not None and direction == "egress":
        permissions = group.ip_permissions_egress
    lists = ((one, tuple(named.prefix_list_id for named in one.prefix_list_ids)) for one in permissions)
    return tuple((permission_services(one), named) for one, named in lists if named)


def of_table(ground: Ground, table: RouteTable) -> tuple[Assumption, ...]:
    """What is assumed of the lists that a VPC's route table routes by."""
    names = (route.destination_prefix_list_id for route in table.routes)
    return ground.kept(("changing lists", table.route_table_id), lambda: _taken(ground, table.route_table_id, names))


def of_transit_table(ground: Ground, table_id: str, routes: TransitGatewayRoutes) -> tuple[Assumption, ...]:
    """What is assumed of the lists that a transit gateway's route table routes by."""
    names = (route.prefix_list_id for route in routes.routes)
    return ground.kept(("changing lists", table_id), lambda: _taken(ground, table_id, names))
