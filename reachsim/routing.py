"""Which route takes which destinations: longest prefix, then AWS's order among equals, as a disjoint split.

**Source:** "How route priority works" and "Subnet route tables" (VPC User Guide; facts N3 to N17), "How AWS Transit
Gateway works" (fact N185). Blackhole routes take part in the match and drop (N11).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from reachsim.addresses import Cidr
from reachsim.intervals import Index, IntervalSet, Span
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.model.records import NotThere, Route, RouteTable, TransitGatewayRoute, TransitGatewayRoutes

Item = TypeVar("Item")

STATIC, PREFIX_LIST, PROPAGATED = 0, 1, 2
FEW: Final = 8
"""So many parts are gone through for a set of addresses, more are looked up."""
ADVERTISED = "Advertisement"
"""Origin of the routes that VPC Route Server puts into a table."""


class Target(msgspec.Struct, frozen=True):
    """Where a route leads: the API's field in words, and the id."""

    kind: str
    id: str


class Candidate(msgspec.Struct, frozen=True):
    """One route for one block, with its place in the table."""

    target: Target
    route: Route
    destination: str
    index: int


class Part(msgspec.Struct, Generic[Item], frozen=True):
    """Destinations that one prefix decides, and the route (or the equally ranked routes) that it leads to."""

    destinations: IntervalSet
    winners: tuple[Item, ...]


class Parts(tuple[Part[Item], ...]):
    """A disjoint split of destinations, and which of its parts some destinations are in."""

    def meeting(self, destinations: IntervalSet) -> list[Part[Item]]:
        """The parts that hold some of the destinations, in the order of the split."""
        if len(self) <= FEW and not destinations.is_single:
            return [part for part in self if (part.destinations & destinations).spans]
        return [self[place] for place in self._index.meeting(destinations)]

    @cached_property
    def _index(self) -> Index:
        return Index(part.destinations for part in self)


class CompiledTable(Struct, frozen=True):
    """A route table as a disjoint split of destinations.

    ``missing`` names files of prefix lists whose entries are not known: any destination that no local route takes
    could be theirs. So it is with ``unread``: why not all routes could be read.
    """

    parts: Parts[Candidate]
    local: IntervalSet
    missing: tuple[str, ...]
    unread: str = ""


def target_of(route: Route) -> Target:
    """The route's target; kind ``unknown`` for a field that we do not know (facts N19, N20).

    >>> target_of(Route(gateway_id="igw-1"))
    Target(kind='internet-gateway', id='igw-1')
    """
    if route.nat_gateway_id:
        return Target("nat-gateway", route.nat_gateway_id)
    if route.transit_gateway_id:
        return Target("transit-gateway", route.transit_gateway_id)
    if route.vpc_peering_connection_id:
        return Target("vpc-peering-connection", route.vpc_peering_connection_id)
    if route.egress_only_internet_gateway_id:
        return Target("egress-only-internet-gateway", route.egress_only_internet_gateway_id)
    if route.network_interface_id:
        return Target("network-interface", route.network_interface_id)
    if route.gateway_id:
        return _gateway(route.gateway_id)
    for kind, name in (
        ("local-gateway", route.local_gateway_id),
        ("carrier-gateway", route.carrier_gateway_id),
        ("core-network", route.core_network_arn),
        ("odb-network", route.odb_network_arn),
        ("instance", route.instance_id),
    ):
        if name:
            return Target(kind, name)
    return Target("unknown", "")


def _gateway(gateway_id: str) -> Target:
    for prefix, kind in (
        ("local", "local"),
        ("igw-", "internet-gateway"),
        ("vgw-", "vpn-gateway"),
        ("vpce-", "vpc-endpoint"),
        ("nat-", "nat-gateway"),
        ("eigw-", "egress-only-internet-gateway"),
        ("lgw-", "local-gateway"),
        ("cagw-", "carrier-gateway"),
    ):
        if gateway_id.startswith(prefix):
            return Target(kind, gateway_id)
    return Target("unknown", gateway_id)


def compile_table(network: Network, table: RouteTable, home: Home) -> CompiledTable:
    """Split destinations by the route that takes them (facts N4 to N7, N14 to N17).

    Args:
        network: Knows the VPC's blocks and the prefix lists.
        table: A VPC's route table; its local routes may be left out.
        home: Account and Region whose prefix lists are meant first.
    """
    entries, missing, unread = _entries(network, table, home)
    inside = IntervalSet.union_of(block.block for block in network.vpc_blocks(table.vpc_id or ""))
    return CompiledTable(longest_prefix(entries), inside, missing, unread)


_ORIGINS: Final = ("CreateRouteTable", "CreateRoute", "EnableVgwRoutePropagation", ADVERTISED)
Entry = tuple[Cidr, int, Item]


def _entries(network: Network, table: RouteTable, home: Home) -> tuple[list[Entry[Candidate]], tuple[str, ...], str]:
    """(every block with its rank and route, files of prefix lists that are missing, why not all could be read)."""
    blocks = network.vpc_blocks(table.vpc_id or "")
    inside = IntervalSet.union_of(block.block for block in blocks)
    entries: list[Entry[Candidate]] = []
    missing: tuple[str, ...] = ()
    unread = ""
    if isinstance(table.routes, NotThere):
        unread = f"{table.route_table_id} has no Routes in the snapshot, not even an empty list"
    for index, route in enumerate(table.routes):
        found, lacking = _blocks_of(network, route, home)
        if not _says_where(route):
            unread = f"what destinations route {index} of {table.route_table_id} is for is not known"
        if route.origin not in _ORIGINS:
            unread = f"which routes of {table.route_table_id} route {index} goes before is not known: {route.origin!r}"
        missing += lacking
        rank = _rank(route)
        for block in found:
            if rank == PROPAGATED and block.block <= inside:
                if route.origin != ADVERTISED:
                    continue  # a propagated route within the VPC never beats local (N7)
                entries.append((block, rank, _local(block)))  # whether one of a route server does is not documented
            destination = route.destination_prefix_list_id or str(block)
            entries.append((block, rank, Candidate(_target(network, table, route), route, destination, index)))
    stated = {str(block) for block, rank, _ in entries if rank == STATIC}
    for block in blocks:
        if str(block) not in stated:  # AWS puts a local route for each block in every table (N4)
            entries.append((block, STATIC, _local(block)))
    return entries, tuple(dict.fromkeys(missing)), unread


class Behind(msgspec.Struct, Generic[Item], frozen=True):
    """The working route that would take the traffic if the one that won were gone; ``longer``: it won by its prefix."""

    item: Item
    longer: bool


def next_route(
    network: Network, table: RouteTable, home: Home, winner: Candidate, destinations: IntervalSet
) -> Behind[Candidate] | None:
    """What a route of a table goes before, for all of some destinations."""
    behind = _behind(_entries(network, table, home)[0], winner, destinations)
    return behind if behind is not None and behind.item.route.state == "active" else None


def next_transit_route(
    network: Network, table_id: str, home: Home, winner: TransitGatewayRoute, destinations: IntervalSet
) -> Behind[TransitGatewayRoute] | None:
    """What a route of a transit gateway route table goes before, for all of some destinations."""
    entries, _ = _transit_entries(network, network.transit_gateway_routes[table_id], home)
    behind = _behind(entries, winner, destinations)
    return behind if behind is not None and behind.item.state == "active" else None


def _behind(entries: Iterable[Entry[Item]], winner: Item, destinations: IntervalSet) -> Behind[Item] | None:
    covering = [(-block.length, rank, item) for block, rank, item in entries if destinations <= block.block]
    own = [length for length, _, item in covering if item == winner]
    others = sorted((one for one in covering if one[2] != winner), key=lambda one: one[:2])
    return Behind(others[0][2], min(own) < others[0][0]) if own and others else None


def _says_where(route: Route) -> bool:
    named = (route.destination_cidr_block, route.destination_ipv6_cidr_block, route.destination_prefix_list_id)
    return any(one is not None for one in named)


def _local(block: Cidr) -> Candidate:
    implied = Route(gateway_id="local", origin="CreateRouteTable")
    return Candidate(Target("local", "local"), implied, str(block), -1)


def _target(network: Network, table: RouteTable, route: Route) -> Target:
    """Like `target_of`; a route server's route names its next hop by address (EC2 API, Route: ``IpAddress``)."""
    target = target_of(route)
    if target.kind != "unknown" or route.ip_address is None:
        return target
    address = IntervalSet.single(route.ip_address.number)
    for subnet_id, _ in network.split_by_subnet(table.vpc_id or "", address):
        for interface in network.interfaces_at(subnet_id or "", address):
            if address <= interface.addresses:
                return Target("network-interface", interface.id)
    return Target("unknown", str(route.ip_address))


def _rank(route: Route) -> int:
    if route.origin in ("EnableVgwRoutePropagation", ADVERTISED):
        return PROPAGATED
    return PREFIX_LIST if route.destination_prefix_list_id else STATIC


def _blocks_of(network: Network, route: Route, home: Home) -> tuple[tuple[Cidr, ...], tuple[str, ...]]:
    if route.destination_cidr_block is not None:
        return (route.destination_cidr_block,), ()
    if route.destination_ipv6_cidr_block is not None:
        return (route.destination_ipv6_cidr_block,), ()
    if route.destination_prefix_list_id:
        _, blocks, missing = network.prefix_list(route.destination_prefix_list_id, home)
        return blocks, missing
    return (), ()


def compile_transit_table(network: Network, routes: TransitGatewayRoutes, home: Home) -> tuple[
    Parts[TransitGatewayRoute], tuple[str, ...]
]:  # fmt: skip
    """(split of destinations by transit gateway route, missing prefix list files): the longest prefix wins, then a
    static route, then a prefix list's, then a propagated one (fact N185).
    """
    entries, missing = _transit_entries(network, routes, home)
    return longest_prefix(entries), missing


def _transit_entries(
    network: Network, routes: TransitGatewayRoutes, home: Home
) -> tuple[list[Entry[TransitGatewayRoute]], tuple[str, ...]]:
    entries: list[Entry[TransitGatewayRoute]] = []
    missing: tuple[str, ...] = ()
    for route in routes.routes:
        if route.state == "deleted":
            continue
        if route.destination_cidr_block is not None:
            entries.append((route.destination_cidr_block, _transit_rank(route), route))
        elif route.prefix_list_id:
            _, blocks, lacking = network.prefix_list(route.prefix_list_id, home)
            missing += lacking
            entries += [(block, _transit_rank(route), route) for block in blocks]
    return entries, missing


_PROPAGATED_BY = ("vpc", "direct-connect-gateway", "connect", "vpn", "vpn-concentrator", "client-vpn", "peering")
"""Kinds of attachment whose propagated routes of one prefix come first, in AWS's order (fact N185)."""


def _transit_rank(route: TransitGatewayRoute) -> int:
    """The rank of a route; AWS shows each entry of a prefix list as a propagated one that names the list ("View prefix
    list references", Transit Gateway guide).
    """
    if route.prefix_list_id:
        return PREFIX_LIST
    if route.type != "propagated":
        return STATIC
    kinds = [one.resource_type for one in route.transit_gateway_attachments]
    known = [_PROPAGATED_BY.index(kind) for kind in kinds if kind in _PROPAGATED_BY]
    return PROPAGATED + min(known, default=len(_PROPAGATED_BY))


def longest_prefix(entries: Iterable[tuple[Cidr, int, Item]]) -> Parts[Item]:
    """Paint blocks over each other, longest prefix and then best rank first.

    Each part's winners are the items of one prefix and rank: more than one means that AWS picks (fact N14).

    Args:
        entries: (block, rank, item); of equal blocks the lowest rank wins.

    Returns:
        Disjoint parts, the longest prefix first; blocks that others cover whole have none.

    >>> entries = [(Cidr("10.0.0.0/8"), STATIC, "far"), (Cidr("10.0.0.0/9"), PROPAGATED, "near")]
    >>> [(part.winners, part.destinations.size) for part in longest_prefix(entries)]
    [(('near',), 8388608), (('far',), 8388608)]
    """
    groups: dict[tuple[int, int, Cidr], list[Item]] = {}
    for block, rank, item in entries:
        groups.setdefault((-block.length, rank, block), []).append(item)
    painted: list[Span] = []  # blocks, none within another
    parts: list[Part[Item]] = []
    for (_, _, block), items in sorted(groups.items(), key=lambda one: one[0]):
        low, high = block.block.spans[0]
        start = max(0, bisect_right(painted, (low, low)) - 1)
        start += start < len(painted) and painted[start][1] < low
        end = bisect_right(painted, (high, high))
        left = block.block - IntervalSet(tuple(painted[start:end]))
        if left:
            parts.append(Part(left, tuple(items)))
            painted[start:end] = [(low, high)]
    return Parts(parts)
