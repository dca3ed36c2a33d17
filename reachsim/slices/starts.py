"""What a way out of a subnet depends on: subnets for which that is the same share their ways.

Most tables of a VPC lead to other VPCs alike, however many there are: each zone's own NAT gateway takes only what is
for the internet. Zones lead on alike where every transit gateway attachment has subnets of the same kind in each.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import NamedTuple

from reachsim.addresses import RFC1918, RFC6598
from reachsim.forwarding import Ground
from reachsim.forwarding.internet_firewalls import internet_firewall
from reachsim.forwarding.transit import attachment_of, entry_zone
from reachsim.intervals import IntervalSet
from reachsim.model.records import NotThere, RouteTable
from reachsim.routing import Candidate, Target, target_of

Routes = tuple[tuple[IntervalSet, Target, str], ...]
"""Disjoint sets of addresses, each with the target and the state of the route there."""


class Start(NamedTuple):
    """What a way out of a subnet depends on, apart from its own filters.

    ``routes`` are those of its table to addresses of VPCs, ``zone`` what there is of its Availability Zone on them; the
    table's id and the zone's where something else may tell subnets apart. ``subnet_id`` is empty but for a subnet
    whose table or network ACL is not known, or from which a firewall at an internet gateway may be met: it treats each
    subnet its own way.
    """

    vpc_id: str
    routes: Hashable
    zone: Hashable
    subnet_id: str


class Starts:
    """The starts of a network's subnets.

    Args:
        every: the addresses of all VPCs.
        inhabited: the subnets with interfaces.
    """

    def __init__(self, ground: Ground, every: IntervalSet, inhabited: frozenset[str]) -> None:
        self.ground, self.every, self.inhabited = ground, every, inhabited
        self.zone_like = cache(self._first_zone_like)
        self._routes = cache(self._routes_of)
        self._exit = cache(self._exit_of)
        self._entry = cache(self._entry_of)
        self._inspected = cache(self._is_inspected)
        self._written: dict[Hashable, Routes | None] = {}
        self._first_zones: dict[Hashable, str | None] = {}

    def of(self, subnet_id: str) -> Start:
        """The start of a subnet."""
        network = self.ground.network
        table, (zone, gap) = network.route_table_of(subnet_id), entry_zone(self.ground, subnet_id)
        vpc_id = network.subnets[subnet_id].vpc_id
        if table is None or network.network_acl_of(subnet_id) is None or gap is not None:
            return Start(vpc_id, table.route_table_id if table else "", zone, subnet_id)
        routes = self._plain_routes(table.route_table_id, vpc_id)
        if routes is None:
            inspected = self._inspected(table.route_table_id, vpc_id)
            return Start(vpc_id, table.route_table_id, zone, subnet_id if inspected else "")
        gateways = sorted({target.id for _, target, _ in routes if target.kind == "transit-gateway"})
        entries = tuple((self.zone_like(zone), self._entry(gateway, vpc_id, zone)) for gateway in gateways)
        return Start(vpc_id, routes, entries, "")

    def plain_routes(self, subnet_id: str) -> Routes | None:
        """The routes of a subnet's table to addresses of VPCs: local ones, to transit gateways, and such as surely lead
        nowhere. None if there are any others, or if not all is known.
        """
        network = self.ground.network
        subnet = network.subnets.get(subnet_id)
        table, acl = network.route_table_of(subnet_id), network.network_acl_of(subnet_id)
        if subnet is None or table is None or acl is None:
            return None
        return self._plain_routes(table.route_table_id, subnet.vpc_id)

    def _plain_routes(self, table_id: str, vpc_id: str) -> Routes | None:
        if vpc_id not in self.ground.network.vpcs or self._inspected(table_id, vpc_id):
            return None
        return self._routes(table_id)

    def _is_inspected(self, table_id: str, vpc_id: str) -> bool:
        """Whether a route of a table leads to an internet gateway with a firewall, whose policy is not read."""
        if not self.ground.internet_firewalls:
            return False
        targets = map(target_of, self.ground.network.route_tables[table_id].routes)
        gateways = (target.id for target in targets if target.kind == "internet-gateway")
        return any(internet_firewall(self.ground, gateway, vpc_id) for gateway in gateways)

    def _routes_of(self, table_id: str) -> Routes | None:
        table = self.ground.network.route_tables[table_id]
        written = self._as_written(table)
        if written is None:
            return self._compiled(table_id)
        if written not in self._written:
            self._written[written] = self._compiled(table_id)
        return self._written[written]

    def _as_written(self, table: RouteTable) -> Hashable:
        """What the plain routes of a table depend on: which NAT gateway a route names is not among it."""
        if isinstance(table.routes, NotThere) or any(route.ip_address is not None for route in table.routes):
            return None
        routes = []
        for route in table.routes:
            target = target_of(route)
            named = (route.destination_cidr_block, route.destination_ipv6_cidr_block, route.destination_prefix_list_id)
            to = "" if target.kind == "nat-gateway" else target.id
            routes.append((*named, target.kind, to, route.state, route.origin))
        return table.vpc_id, self.ground.network.home_of(table.route_table_id), tuple(routes)

    def _compiled(self, table_id: str) -> Routes | None:
        table = self.ground.table(table_id)
        if table.missing or table.unread:
            return None
        found = []
        for part in table.parts:
            first, asked = part.winners[0], part.destinations & self.every
            if not asked.spans:
                continue
            plain = self._is_plain(first, asked) and first.route.state in ("active", "blackhole")
            if not plain or any(one.target != first.target for one in part.winners):
                return None
            found.append((asked, first.target, first.route.state))
        return tuple(found)

    def _is_plain(self, candidate: Candidate, asked: IntervalSet) -> bool:
        target = candidate.target
        if target.kind == "internet-gateway":  # which forwards to no private address, whatever else it does
            return target.id in self.ground.network.internet_gateways and asked <= RFC1918 | RFC6598
        return target.kind in ("local", "transit-gateway")

    def _entry_of(self, gateway_id: str, vpc_id: str, zone: str | None) -> str:
        """By which network ACL a subnet in a zone of a VPC enters a transit gateway."""
        attachment = attachment_of(self.ground, gateway_id, vpc_id)
        subnets = attachment.subnet_ids if attachment is not None else ()
        entry = next((one for one in subnets if self.ground.zone_of(one) == zone), "")
        acl = self.ground.network.network_acl_of(entry)
        return entry if acl is None else acl.network_acl_id

    def _first_zone_like(self, zone: str | None) -> str | None:
        """The first zone that was asked for of those in which every attachment leads into its VPC as in this one."""
        exits = []
        for attachment in self.ground.network.transit_gateway_vpc_attachments.values():
            subnets = sorted(attachment.subnet_ids)
            mine = [one for one in subnets if self.ground.zone_of(one) == zone][:1] or subnets
            exits.append(tuple(self._exit(one) for one in mine))
        return self._first_zones.setdefault(tuple(exits), zone)

    def _exit_of(self, subnet_id: str) -> Hashable:
        """What tells a subnet apart by which traffic comes out of a transit gateway, with nobody in it."""
        network = self.ground.network
        acl, routes = network.network_acl_of(subnet_id), self.plain_routes(subnet_id)
        if acl is None or routes is None or subnet_id in self.inhabited:
            return subnet_id
        if any(target.kind != "local" for _, target, _ in routes):
            return subnet_id
        return network.subnets[subnet_id].vpc_id, routes, acl.network_acl_id
