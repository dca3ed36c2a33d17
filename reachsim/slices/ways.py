"""Ways between subnets: walked by the point path's own steps, past filters that let all through and leave a mark.

A way holds for destinations (on the response: for those who asked) and says which network ACLs it crosses, in which
direction, and where it comes out. Two levels: from a subnet's route table up to the first transit gateway, and from a
transit gateway on. The second does not depend on who sends, so it is walked once per transit gateway route table and
Availability Zone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from reachsim.addresses import EVERYWHERE, RFC1918, RFC6598, V4, V6
from reachsim.engine import walk
from reachsim.evidence import Direction, Gap, Leg
from reachsim.filters import Rule
from reachsim.forwarding import Context, Ground, Walk, step_at
from reachsim.forwarding.departure import by_subnet_table
from reachsim.forwarding.filtering import identity_survives, tgw_references
from reachsim.forwarding.ground import Origin, block, stopped, with_context
from reachsim.forwarding.transit import associated_table, attachment_of
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.packets import (
    ALL_SERVICES,
    CHOICE,
    CHOICES,
    DESTINATION,
    PORTS,
    SERVICE,
    SOURCE,
    Box,
    PacketSet,
)
from reachsim.routing import Candidate, Target

PLAIN_HOPS = frozenset((
    "route-table", "network-acl", "transit-gateway-attachment", "transit-gateway-route-table", "vpc-peering-connection",
))  # fmt: skip
"""Hops whose effect on a packet is known without knowing its sender."""
DEPENDS_ON_SENDER = frozenset((
    "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "ENI_DENIES_IGW_TRAFFIC", "GATEWAY_REJECTS_SPOOFED_TRAFFIC",
    "VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
))  # fmt: skip


class State(IntEnum):
    """How a way ends."""

    BLOCKED = 0
    OPEN = 1
    LOST = 2
    OTHER = 3
    ONWARD = 4


class Gate(NamedTuple):
    """Where a way enters a transit gateway: by which of its route tables it goes on, or else by which attachment, and
    in which zone; of zones that lead on alike the first stands for all.
    """

    gateway: str
    table: str
    attachment: str
    zone: str | None


class Way(NamedTuple):
    """``exempt`` is the subnet that the way is in already, whose network ACL is not asked. Filters are ids of network
    ACLs; ``known`` says that the sender's security groups are known on the far side.
    """

    state: State
    vpc: str = ""
    exempt: str = ""
    ingress: tuple[str, ...] = ()
    egress: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    known: bool = False
    gate: Gate | None = None


BLOCKED, OTHER, STRAIGHT = Way(State.BLOCKED), Way(State.OTHER), Way(State.OPEN, known=True)
Ways = list[tuple[IntervalSet, Way]]
"""Disjoint sets of addresses, each with the way there. What is in none of them was not asked for."""


class BareGround(Ground):
    """The network without its filters: each lets all through, and its hop names it and the direction."""

    def _acl_rules(self, acl_id: str, direction: Direction) -> tuple[Rule, ...]:
        return (Rule(acl_id, direction, EVERYWHERE, ALL_SERVICES, True, ""),)

    def _group_rules(self, group_id: str, direction: Direction) -> tuple[Rule, ...]:
        return (Rule(group_id, direction, EVERYWHERE, ALL_SERVICES, True, ""),)


class Start(NamedTuple):
    """What a way out of a subnet depends on, apart from its own filters.

    ``routes`` are those of its table to addresses of VPCs, ``zone`` what there is of its Availability Zone on them; by
    the table's id and the zone's where something else may tell subnets apart.
    """

    vpc_id: str
    routes: Hashable
    zone: Hashable
    subnet_id: str
    """A subnet that stands for its like; of itself alone where its table or network ACL is not known."""


class Walker:
    """Walks ways for one service."""

    def __init__(
        self, ground: Ground, service: IntervalSet, client_ports: IntervalSet, inhabited: Iterable[str]
    ) -> None:
        """``inhabited`` are the subnets with interfaces; of others it does not matter whether a way ends in them."""
        self.inhabited = frozenset(inhabited)
        self.ground = BareGround(ground.network, ground.appliances)
        self.ground.table, self.ground.transit_table = ground.table, ground.transit_table
        self.service, self.client_ports = service, client_ports
        self.every = ground.network.all_vpc_addresses
        self._kept: dict[tuple[Gate, Leg], Ways] = {}
        self._representatives: dict[tuple[str, str], str] = {}
        self._routes = cache(self._routes_of)
        self._exit = cache(self._exit_of)
        self._zone_like = cache(self._first_zone_like)
        self._first_zones: dict[Hashable, str | None] = {}

    def start_of(self, subnet_id: str) -> Start:
        network = self.ground.network
        table, acl = network.route_table_of(subnet_id), network.network_acl_of(subnet_id)
        vpc_id = network.subnets[subnet_id].vpc_id
        zone = self.ground.zone_of(subnet_id)
        if table is None or acl is None:
            return Start(vpc_id, table.route_table_id if table else "", zone, subnet_id)
        routes = self._routes(table.route_table_id)
        if isinstance(routes, str):
            return Start(vpc_id, routes, zone, "")
        gateways = sorted({target.id for _, target, _ in routes if target.kind == "transit-gateway"})
        entries = tuple((self._zone_like(zone), self._entry(gateway, vpc_id, zone)) for gateway in gateways)
        return Start(vpc_id, routes, entries, "")

    def _routes_of(self, table_id: str) -> tuple[tuple[IntervalSet, Target, str], ...] | str:
        """The routes of a table to addresses of VPCs, if tables that have the same lead the same way; else its id."""
        table = self.ground.table(table_id)
        if table.missing or table.unread:
            return table_id
        found = []
        for part in table.parts.meeting(self.every):
            first, asked = part.winners[0], part.destinations & self.every
            plain = self._is_plain(first, asked) and first.route.state in ("active", "blackhole")
            if not plain or any(one.target != first.target for one in part.winners):
                return table_id
            found.append((asked, first.target, first.route.state))
        return tuple(found)

    def _is_plain(self, candidate: Candidate, asked: IntervalSet) -> bool:
        """Whether a route's target leads all subnets of a VPC, or of one zone of it, the same way."""
        target = candidate.target
        if target.kind == "internet-gateway":  # which forwards to no private address, whatever else it does
            return target.id in self.ground.network.internet_gateways and asked <= RFC1918 | RFC6598
        return target.kind in ("local", "transit-gateway")

    def _entry(self, gateway_id: str, vpc_id: str, zone: str | None) -> str:
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
        table, acl = network.route_table_of(subnet_id), network.network_acl_of(subnet_id)
        if table is None or acl is None or subnet_id in self.inhabited:
            return subnet_id
        routes = self._routes(table.route_table_id)
        if isinstance(routes, str) or any(target.kind != "local" for _, target, _ in routes):
            return subnet_id
        return network.subnets[subnet_id].vpc_id, table.route_table_id, acl.network_acl_id

    def out_of(self, subnet_id: str, leg: Leg) -> Ways:
        """The ways by a subnet's route table, up to the first transit gateway; its own network ACL is left out."""
        vpc_id = self.ground.network.subnets[subnet_id].vpc_id
        own = self.ground.network.vpc_addresses(vpc_id)
        ended: list[Walk] = []
        for family in (V4, V6):
            mine, asked = own & family, self.every & family
            if not mine or not asked:
                continue
            flow = self._flow(mine, asked, leg, ("leave", subnet_id), vpc_id)
            flow = with_context(flow, zone=self.ground.zone_of(subnet_id))
            parts = by_subnet_table(self.ground, flow, subnet_id, vpc_id)
            ended += self._walked(parts, first=True)
        return self._sorted(ended, leg, subnet_id)

    def beyond(self, gate: Gate, leg: Leg) -> Ways:
        """The ways from a transit gateway on."""
        if (gate, leg) not in self._kept:
            ended: list[Walk] = []
            for family in (V4, V6):
                asked = self.every & family
                if asked:
                    flow = self._flow(asked, asked, leg, ("transit", gate.gateway, gate.attachment), "")
                    ended += self._walked([with_context(flow, zone=gate.zone)], first=False)
            self._kept[gate, leg] = self._sorted(ended, leg, "")
        return self._kept[gate, leg]

    def _flow(self, mine: IntervalSet, asked: IntervalSet, leg: Leg, place: tuple[str, ...], vpc_id: str) -> Walk:
        sender = Interface("a sender", vpc_id, "", (), mine) if leg == "request" else None
        context = Context(Origin("interface", "a sender", None, vpc_id=vpc_id), sender)
        box: Box
        if leg == "request":
            box = (mine, asked, self.service, self.client_ports, PORTS, PORTS, CHOICES)
            return Walk(box, place, context)
        box = (asked, mine, self.service, self.client_ports, PORTS, PORTS, CHOICES)
        return Walk(box, place, context, source=DESTINATION, destination=SOURCE, leg="response")

    def _walked(self, flows: Iterable[Walk], *, first: bool) -> tuple[Walk, ...]:
        stops = ("local", "deliver", "transit") if first else ("local", "deliver")

        def step(flow: Walk) -> list[Walk]:
            if flow.place[0] in stops:
                return [flow.ended(flow.place[0])]
            return step_at(flow.place[0])(self.ground, flow)

        def loop(flow: Walk) -> list[Walk]:
            return [stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", flow.place[-1], "the routes form a loop"))]

        return walk(flows, step, loop)

    def _sorted(self, flows: Iterable[Walk], leg: Leg, subnet_id: str) -> Ways:
        """Ended flows as ways; those that chance splits are one way where all choices lead the same way."""
        there, mine = (DESTINATION, SOURCE) if leg == "request" else (SOURCE, DESTINATION)
        found: Ways = []
        chances: dict[Way, list[tuple[IntervalSet, IntervalSet]]] = {}
        for flow in flows:
            way = self._way(flow, mine, subnet_id)
            if flow.box[CHOICE] == CHOICES:
                found.append((flow.box[there], way))
            else:
                chances.setdefault(way, []).append((flow.box[there], flow.box[CHOICE]))
        split = EMPTY
        for way, boxes in chances.items():
            for addresses, choice in PacketSet.union_of(boxes, 2).boxes():
                if choice == CHOICES:
                    found.append((addresses, way))
                else:
                    split = split | addresses
        return [*found, (split, OTHER)] if split else found

    def _way(self, flow: Walk, mine: int, subnet_id: str) -> Way:
        if flow.blocks:
            sure = any(one.code not in DEPENDS_ON_SENDER for one in flow.blocks)
            return BLOCKED if sure else OTHER
        family = V4 if flow.box[mine].first < V6.first else V6
        whole = self.every & family if flow.context.origin.vpc_id == "" else (
            self.ground.network.vpc_addresses(flow.context.origin.vpc_id) & family
        )  # fmt: skip
        plain = all(hop.type in PLAIN_HOPS for hop in flow.hops) and flow.box[mine] == whole
        plain = plain and flow.box[SERVICE] == self.service and not self._pinned(flow)
        if not plain or flow.end not in ("local", "deliver", "transit", "unknown"):
            return OTHER
        marks = [(hop.component, hop.rule) for hop in flow.hops if hop.type == "network-acl"]
        ingress = tuple(sorted({name for name, direction in marks if direction == "ingress"}))
        acl = self.ground.network.network_acl_of(subnet_id) if subnet_id else None
        if acl is not None and marks[:1] == [(acl.network_acl_id, "egress")]:
            del marks[0]  # asked of everything that leaves, for the caller to ask
        egress = tuple(sorted({name for name, direction in marks if direction == "egress"}))
        common = Way(State.LOST, "", "", ingress, egress, flow.gaps)
        if flow.end == "unknown":
            return common
        by_transit = all(tgw_references(self.ground, link) for link in flow.context.links)
        if flow.end == "transit":
            return common._replace(state=State.ONWARD, known=by_transit, gate=self._gate(flow))
        vpc_id, exempt = flow.place[1], flow.place[2] if len(flow.place) > 2 else ""
        if flow.end == "deliver":
            vpc_id, exempt = self.ground.network.subnets[flow.place[1]].vpc_id, flow.place[1]
        elif not flow.context.links and exempt == subnet_id:
            exempt = ""  # by the local route, to any other subnet
        if exempt not in self.inhabited:
            exempt = ""  # nobody is there, so that it makes no difference
        known = identity_survives(self.ground, flow.context, vpc_id) if flow.context.origin.vpc_id else by_transit
        return common._replace(state=State.OPEN, vpc=vpc_id, exempt=exempt, known=known)

    def _gate(self, flow: Walk) -> Gate:
        gateway_id, attachment_id = flow.place[1:3]
        table, _ = associated_table(self.ground, gateway_id, attachment_id, self.ground.network.home_of(gateway_id))
        if table is not None:  # attachments of one table are alike
            attachment_id = self._representatives.setdefault((gateway_id, table), attachment_id)
        return Gate(gateway_id, table or "", attachment_id, self._zone_like(flow.context.zone))

    def _pinned(self, flow: Walk) -> bool:
        """Whether an attachment in appliance mode holds the flow to one of several subnets, for the reply too."""
        attachments = self.ground.network.transit_gateway_vpc_attachments
        return any(
            attachments[name].options.appliance_mode_support == "enable" and len(attachments[name].subnet_ids) > 1
            for (name, _), _ in flow.context.pinned
        )
