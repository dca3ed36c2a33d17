"""Ways between subnets: walked by the point path's own steps, past filters that let all through and leave a mark.

A way holds for destinations (on the response: for those who asked) and says which network ACLs it crosses, in which
direction, and where it comes out. Two levels: from a subnet's route table up to the first transit gateway, and from a
transit gateway on. The second does not depend on who sends, so it is walked once per transit gateway route table and
Availability Zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from reachsim.addresses import EVERYWHERE, V4, V6
from reachsim.engine import walk
from reachsim.evidence import Direction, Gap, Leg
from reachsim.filters import Rule
from reachsim.forwarding import Context, Ground, Walk, step_at
from reachsim.forwarding.departure import by_subnet_table
from reachsim.forwarding.ground import Origin, block, stopped, with_context
from reachsim.forwarding.group_references import identity_survives, tgw_references, unread_references
from reachsim.forwarding.transit import associated_table, translation_at
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
from reachsim.slices.starts import Starts

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
        self.starts = Starts(self.ground, self.every, self.inhabited)
        self._parted = cache(self._parting)

    def out_of(self, subnet_id: str, leg: Leg) -> Ways:
        """The ways by a subnet's route table, up to the first transit gateway; its own network ACL is left out."""
        parts = self._parted(subnet_id)
        if parts is None:
            return self.walked_out_of(subnet_id, leg, self.every)
        near, far, rest = parts
        local = Way(State.OPEN, vpc=self.ground.network.subnets[subnet_id].vpc_id, known=leg == "request")
        ways: Ways = [(near, local), (rest, BLOCKED)]
        return [*ways, *self.walked_out_of(subnet_id, leg, far)] if far else ways

    def _parting(self, subnet_id: str) -> tuple[IntervalSet, IntervalSet, IntervalSet] | None:
        """What plain routes lead to: (in the VPC, by transit gateways, nowhere); None where routes are not plain."""
        routes = self.starts.plain_routes(subnet_id)
        if routes is None:
            return None
        own = self.ground.network.vpc_addresses(self.ground.network.subnets[subnet_id].vpc_id)
        near = far = EMPTY
        for asked, target, state in routes:
            if target.kind == "local" and state == "active":
                near |= asked & own
            if target.kind == "transit-gateway" and state == "active":
                far |= asked
        return near, far, self.every - near - far

    def walked_out_of(self, subnet_id: str, leg: Leg, addresses: IntervalSet) -> Ways:
        """The ways to some addresses, walked whatever the routes are."""
        vpc_id = self.ground.network.subnets[subnet_id].vpc_id
        own = self.ground.network.vpc_addresses(vpc_id)
        ended: list[Walk] = []
        for family in (V4, V6):
            mine, asked = own & family, addresses & family
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
        if any(unread_references(self.ground, link) for link in flow.context.links):
            return OTHER
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
        if table is not None and translation_at(self.ground, gateway_id, attachment_id) is None:
            # attachments of one table are alike
            attachment_id = self._representatives.setdefault((gateway_id, table), attachment_id)
        return Gate(gateway_id, table or "", attachment_id, self.starts.zone_like(flow.context.zone))

    def _pinned(self, flow: Walk) -> bool:
        """Whether an attachment in appliance mode holds the flow to one of several subnets, for the reply too."""
        attachments = self.ground.network.transit_gateway_vpc_attachments
        return any(
            attachments[name].options.appliance_mode_support == "enable" and len(attachments[name].subnet_ids) > 1
            for (name, _), _ in flow.context.pinned
        )
