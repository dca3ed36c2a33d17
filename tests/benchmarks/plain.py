"""A plain walker to measure against: pair by pair, packet rules in lists, tables looked up by bisection.

It knows what `tests.benchmarks.organization` makes and no more: security groups, network ACLs, local routes, one
transit gateway; anything else that a route names drops what is sent to a private address. Everything that depends on
the port alone is prepared beforehand, and interfaces that are alike are asked once, as for the slice path.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from reachsim.addresses import Cidr
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.model.records import IpPermission, Route

Spans = list[tuple[int, int]]
REPLIES = (1024, 65535)


class Groups(NamedTuple):
    spans: Spans
    groups: frozenset[str]


class Painted(NamedTuple):
    """Longest-prefix match as intervals: the target from each start on."""

    starts: list[int]
    targets: list[str]

    def at(self, address: int) -> str:
        return self.targets[bisect_right(self.starts, address) - 1]


class Plain:
    """Answers (every, some) for two interfaces at one TCP port."""

    def __init__(self, network: Network, port: int) -> None:
        self.network, self.port = network, port
        self.ingress = {name: self._rules(one.ip_permissions) for name, one in network.security_groups.items()}
        self.egress = {name: self._rules(one.ip_permissions_egress) for name, one in network.security_groups.items()}
        self.acls: dict[tuple[str, bool], list[tuple[int, int, int, int, bool]]] = {}
        for name, acl in network.network_acls.items():
            for egress in (False, True):
                self.acls[name, egress] = [
                    (*one.cidr_block.block.spans[0], *((one.port_range.from_, one.port_range.to) if one.port_range
                                                      else (0, 65535)), one.rule_action == "allow")
                    for one in sorted(acl.entries, key=lambda entry: entry.rule_number)
                    if one.egress == egress and one.cidr_block is not None
                ]  # fmt: skip
        self.acl_of: dict[str, str] = {}
        self.table_of: dict[str, Painted] = {}
        painted: dict[str, Painted] = {}
        for subnet in network.subnets:
            acl, table = network.network_acl_of(subnet), network.route_table_of(subnet)
            assert acl is not None
            assert table is not None
            self.acl_of[subnet] = acl.network_acl_id
            if table.route_table_id not in painted:
                painted[table.route_table_id] = _painted([
                    (one.destination_cidr_block, _target(one)) for one in table.routes if one.destination_cidr_block
                ])  # fmt: skip
            self.table_of[subnet] = painted[table.route_table_id]
        self.zone_of = {name: one.availability_zone for name, one in network.subnets.items()}
        self.attachments = {one.vpc_id: one for one in network.transit_gateway_vpc_attachments.values()}
        vpc_of = {one.transit_gateway_attachment_id: one.vpc_id for one in self.attachments.values()}
        self.gateway_tables = {
            name: _painted([(one.destination_cidr_block, vpc_of[one.transit_gateway_attachments[0].
                             transit_gateway_attachment_id] or "drop") for one in routes.routes])
            for name, routes in network.transit_gateway_routes.items()
        }  # fmt: skip
        associated = network.transit_gateway_associations  # one part in twenty is at fault, and has none
        self.associated = {
            one.vpc_id: associated.get(("tgw-1", one.transit_gateway_attachment_id), (None,))[0]
            for one in self.attachments.values()
        }
        self._out: dict[tuple[str, ...], Groups] = {}
        self._in: dict[tuple[str, ...], Groups] = {}

    def _rules(self, permissions: tuple[IpPermission, ...]) -> Groups:
        spans: Spans = []
        groups: set[str] = set()
        for one in permissions:
            low, high = one.from_port, one.to_port
            if one.ip_protocol == "-1" or (low is not None and high is not None and low <= self.port <= high):
                spans += [span for block in one.ip_ranges for span in block.cidr_ip.block.spans]
                for listed in one.prefix_list_ids:
                    addresses, _, _ = self.network.prefix_list(listed.prefix_list_id, self.network.homes[0])
                    assert addresses is not None
                    spans += addresses.spans
                groups |= {pair.group_id for pair in one.user_id_group_pairs if pair.group_id}
        return Groups(spans, frozenset(groups))

    def _merged(self, kept: dict[tuple[str, ...], Groups], rules: dict[str, Groups], names: tuple[str, ...]) -> Groups:
        if names not in kept:
            mine = [rules[name] for name in names]
            spans = list(dict.fromkeys(span for one in mine for span in one.spans))
            kept[names] = Groups(spans, frozenset(group for one in mine for group in one.groups))
        return kept[names]

    def answer(self, source: Interface, target: Interface) -> tuple[bool, bool]:
        """(every client port works, some does)."""
        if source.kind == "vpc_endpoint" or source.kind == "endpoint" or target.kind == "nat":
            return False, False
        ours, theirs = source.addresses.first, target.addresses.first
        same_vpc = source.vpc_id == target.vpc_id
        if source.groups:
            rules = self._merged(self._out, self.egress, source.groups)
            if not _within(theirs, rules.spans) and not (same_vpc and not rules.groups.isdisjoint(target.groups)):
                return False, False
        if not self._passes(source, target, ours, theirs):
            return False, False
        if target.groups:
            rules = self._merged(self._in, self.ingress, target.groups)
            if not _within(ours, rules.spans) and not (same_vpc and not rules.groups.isdisjoint(source.groups)):
                return False, False
        return self._replies(source, target, ours, theirs)

    def _passes(self, source: Interface, target: Interface, ours: int, theirs: int) -> bool:
        if source.subnet_id == target.subnet_id:
            return True
        port = (self.port, self.port)
        return all(
            self._ports(acl, egress, theirs if egress else ours, *port) != []
            for acl, egress in self._way(source, target.vpc_id, theirs, target.subnet_id)
        )

    def _replies(self, source: Interface, target: Interface, ours: int, theirs: int) -> tuple[bool, bool]:
        if source.subnet_id == target.subnet_id:
            return True, True
        ports: Spans = [REPLIES]
        for acl, egress in self._way(target, source.vpc_id, ours, source.subnet_id):
            peer = ours if egress else theirs
            ports = [span for low, high in ports for span in self._ports(acl, egress, peer, low, high)]
        return sum(high - low + 1 for low, high in ports) == REPLIES[1] - REPLIES[0] + 1, bool(ports)

    def _way(self, sender: Interface, vpc: str, address: int, subnet: str) -> list[tuple[str, bool]]:
        """The network ACLs on the way, each with its direction; one that denies all where there is no way."""
        hop = self.table_of[sender.subnet_id].at(address)
        found = [(self.acl_of[sender.subnet_id], True)]
        if hop == "local":
            return [*found, (self.acl_of[subnet], False)] if sender.vpc_id == vpc else NO_WAY
        attachment, table = self.attachments.get(sender.vpc_id), self.associated.get(sender.vpc_id)
        if hop == "drop" or attachment is None or table is None:
            return NO_WAY
        if self.gateway_tables[table].at(address) != vpc:
            return NO_WAY
        zone = self.zone_of[sender.subnet_id]
        entry = next(one for one in attachment.subnet_ids if self.zone_of[one] == zone)
        exit = next(one for one in self.attachments[vpc].subnet_ids if self.zone_of[one] == zone)
        if self.table_of[exit].at(address) != "local":
            return NO_WAY
        return [*found, (self.acl_of[entry], False), (self.acl_of[exit], True), (self.acl_of[subnet], False)]

    def _ports(self, acl: str, egress: bool, peer: int, low: int, high: int) -> Spans:
        """The ports from low to high that an ACL lets through, by the first entry that names each."""
        if not acl:
            return []
        found: Spans = []
        rest: Spans = [(low, high)]
        for start, end, first, last, allow in self.acls[acl, egress]:
            if not start <= peer <= end:
                continue
            still: Spans = []
            for one, other in rest:
                inside = (max(one, first), min(other, last))
                if inside[0] > inside[1]:
                    still.append((one, other))
                    continue
                if allow:
                    found.append(inside)
                still += [span for span in ((one, inside[0] - 1), (inside[1] + 1, other)) if span[0] <= span[1]]
            rest = still
            if not rest:
                break
        return found


NO_WAY = [("", True)]


def _within(address: int, spans: Spans) -> bool:
    return any(low <= address <= high for low, high in spans)


def _target(route: Route) -> str:
    target = "local" if route.gateway_id == "local" else route.transit_gateway_id or "drop"
    return target if route.state == "active" else "drop"


def _painted(routes: list[tuple[Cidr, str]]) -> Painted:
    edges = sorted({0, *(edge for block, _ in routes for low, high in block.block.spans for edge in (low, high + 1))})
    narrow = sorted(routes, key=lambda one: -one[0].length)
    spans = [(*block.block.spans[0], target) for block, target in narrow]
    return Painted(edges, [next((t for low, high, t in spans if low <= edge <= high), "drop") for edge in edges])
