"""A question asked of the engine and, packet by packet, of the reference interpreter.

The corners (first and last value in each dimension) of every flow that the engine makes are asked of the interpreter,
which was written apart from the facts; so every class of packets is compared, not a sample of random pairs. What is
missing between corners (a listener's port that the engine did not tell from the others) shows in one packet more, whose
addresses and ports are those that the snapshot names, or any. A long run asks fewer of flows that fare alike, see
`Sparing`.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_network
from operator import le

from reachsim.addresses import V6_BASE
from reachsim.forwarding import Walk
from reachsim.intervals import IntervalSet
from reachsim.packets import DIMENSIONS, ICMP, ICMPV6, TCP, UDP, Box, PacketSet
from reachsim.scenarios import Scenario
from tests.reference.interpreter import ANSWERS, Origin, Packet, Result, judge, permission_covers
from tests.reference.world import Json, World

MOST_CORNERS = 4
OF_GROUPS = ("ENI_SG_RULES_MISMATCH", "SG_HAS_NO_RULES")
NOT_ROUTED = ip_network("127.0.0.0/8")
"""What never leaves the host: the interpreter has no say in it."""


class Named(World):
    """The interpreter's world, and the values that its files name."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__({path: json.loads(data) for path, data in files.items()})
        self.marks = Marks.of(files)


def world_of(files: Mapping[str, bytes]) -> Named:
    return Named(files)


class Sparing:
    """How many packets to ask of a flow of one network: a corner and one within of the first that fares so; of the
    second, fourth, eighth … that fares alike one of the two, of the others none. Nearly all that differs between such
    flows is their addresses and ports.
    """

    def __init__(self) -> None:
        self.met: Counter[object] = Counter()

    def __call__(self, origin: Origin, flow: Walk, rng: random.Random) -> tuple[int, int]:
        hops = tuple([(one.component, one.leg) for one in flow.hops])
        blocks = tuple([(one.code, one.component, one.leg) for one in flow.blocks])
        fate = (origin, hops, blocks, tuple([(one.code, one.component) for one in flow.gaps]), flow.context.terminal)
        self.met[fate] += 1
        number = self.met[fate]
        if number == 1:
            return 1, 1
        if number & (number - 1):
            return 0, 0
        return (1, 0) if rng.random() < 0.5 else (0, 1)


_ADDRESS = re.compile(r'"([0-9a-f:.]+(?:/[0-9]+)?)"')
_PORT = re.compile(r'"(?:[A-Za-z]*[Pp]ort|From|To)": ?"?([0-9]{1,5})\b')
_MESSAGES = [(ICMP << 16) + (kind << 8) + code for kind in (0, 3, 8, 13) for code in (0, 4)]
_MESSAGES += [(ICMPV6 << 16) + (kind << 8) for kind in (1, 2, 128, 129)]


@dataclass(frozen=True)
class Marks:
    """The values of each dimension that a snapshot names: what is told apart there, if the engine does so or not."""

    values: tuple[Sequence[int], ...]

    @staticmethod
    def of(files: Mapping[str, bytes]) -> Marks:
        text = b"\n".join(files.values()).decode()
        addresses = sorted({one for named in set(_ADDRESS.findall(text)) for one in _ends_of(named)})
        named = {int(port) for port in _PORT.findall(text)} | {22, 53, 80, 443, 1024, 32768, 40000, 60999}
        ports = sorted({port + by for port in named for by in (-1, 0, 1) if 0 <= port + by <= 65535})
        services = sorted([(protocol << 16) + port for protocol in (TCP, UDP) for port in ports] + _MESSAGES)
        return Marks((addresses, addresses, services, ports, ports, ports, ()))

    def within(self, box: Box, rng: random.Random) -> tuple[int, ...]:
        """A point of a class: mostly of values that the snapshot names, else any, or an end of the class."""
        return tuple(self._one(factor, named, rng) for factor, named in zip(box, self.values, strict=True))

    def _one(self, factor: IntervalSet, named: Sequence[int], rng: random.Random) -> int:
        low, high = rng.choice(factor.spans)
        if low != high and rng.random() < 0.75:
            first = bisect_left(named, low)
            last = bisect_right(named, high, first)
            if first < last:
                return named[rng.randrange(first, last)]
        return rng.choice((low, high, rng.randint(low, high)))


@lru_cache(maxsize=65536)
def _ends_of(text: str) -> tuple[int, ...]:
    """The first and last address of a block, or an address and the one beyond it; none of what is neither."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return ()
    base = V6_BASE if network.version == 6 else 0
    first, last = (base + int(one) for one in (network[0], network[-1]))
    return (first, last) if "/" in text else (first, first + 1)


def corners(box: Box, rng: random.Random, most: int = MOST_CORNERS) -> list[tuple[int, ...]]:
    """Points of a class with the first or last value in each dimension: all, or a sample where there are many."""
    every = list(itertools.product(*(sorted({factor.first, factor.spans[-1][1]}) for factor in box)))
    return every if len(every) <= most else rng.sample(every, most)


def packet_of(point: tuple[int, ...]) -> Packet:
    source, destination, service, client, nat, second, choice = point
    protocol, detail = service >> 16, service & 0xFFFF
    what: int | tuple[int, int] | None = None
    if protocol in (6, 17):
        what = detail
    elif protocol in (1, 58):
        what = (detail >> 8, detail & 0xFF)
    return Packet(ip_of(source), ip_of(destination), protocol, what, client, (nat, second), choice)


@lru_cache(maxsize=4096)
def ip_of(number: int) -> IPv4Address | IPv6Address:
    return IPv4Address(number) if number < V6_BASE else IPv6Address(number - V6_BASE)


def origin_of(scenario: Scenario) -> Origin:
    """Where a scenario's packets start, in the interpreter's words."""
    origin = scenario.source.origin
    if origin.interface is not None and origin.interface.kind == "virtual":
        return ("virtual", origin.interface.subnet_id, origin.interface.groups)
    if origin.interface is not None and origin.interface.kind == "public":
        return ("virtual", origin.interface.subnet_id, origin.interface.groups, "public")
    if origin.kind == "unseen":
        return (origin.kind, " ".join(scenario.source.place))
    return (origin.kind, origin.gateway or origin.id)


def assert_partition(scenario: Scenario) -> None:
    """Flows are disjoint and add up to what was asked."""
    boxes, asked = [flow.box for flow in scenario.flows], list(scenario.asked.boxes())
    assert sum(map(size, boxes)) == sum(map(size, asked))
    for box in boxes:
        within = any(all(map(le, box, one)) for one in asked)
        assert within or PacketSet.box(box) <= scenario.asked, "a flow is not of what was asked"
    assert are_disjoint(boxes), "two flows hold the same packets"


def are_disjoint(boxes: list[Box]) -> bool:
    """Whether no two products have a point in common. Sets of products are kept as the bits of a number."""
    meeting = [_meeting([box[dimension] for box in boxes]) for dimension in range(len(DIMENSIONS))]
    for place, box in enumerate(boxes):
        together = -1
        for factor, met in zip(box, meeting, strict=True):
            together &= met[factor]
        if together != 1 << place:
            return False
    return True


def _meeting(factors: list[IntervalSet]) -> dict[IntervalSet, int]:
    """For each factor of some products those products whose factor has a number in common with it."""
    held: dict[IntervalSet, int] = {}
    for place, factor in enumerate(factors):
        held[factor] = held.get(factor, 0) | 1 << place
    found = dict(held)
    begun: list[tuple[int, IntervalSet]] = []
    for low, high, factor in sorted(((*span, one) for one in held for span in one.spans), key=lambda one: one[:2]):
        begun = [one for one in begun if one[0] >= low]
        for _, other in begun:
            found[factor] |= held[other]
            found[other] |= held[factor]
        begun.append((high, factor))
    return found


def size(box: Box) -> int:
    return math.prod(factor.size for factor in box)


def compare(world: Named, scenario: Scenario, rng: random.Random, most: int | Sparing = MOST_CORNERS) -> int:
    """Ask the interpreter for corners of each flow, and for a packet within; returns how many it was asked for."""
    origin, compared = origin_of(scenario), 0
    for flow in scenario.flows:
        corner, inside = (most, 1) if isinstance(most, int) else most(origin, flow, rng)
        points = corners(flow.box, rng, corner) if corner else []
        for point in [*points, *(world.marks.within(flow.box, rng) for _ in range(inside))]:
            packet = packet_of(point)
            if packet.destination not in NOT_ROUTED and not _held_by_another(world, origin, packet):
                result = judge(world, origin, packet)
                if scenario.source.unseen and result.kind == "delivered":
                    result = Result("unknown")  # whether anything is sent there at all
                assert agree(world, flow, result) or _refused(world, flow, packet, result), told(
                    flow, origin, packet, result
                )
                compared += 1
    return compared


def _held_by_another(world: World, origin: Origin, packet: Packet) -> bool:
    """Whether a build would have an address that is an interface's now: the interpreter takes it for that one."""
    return origin[0] == "virtual" and world.interface_at(world.vpc_of(origin[1]), packet.source) is not None


def agree(world: World, flow: Walk, result: Result) -> bool:
    """Whether both say the same: what passes arrives at the same end, what is dropped is so on the same leg first."""
    if result.kind == "delivered":
        if flow.gaps and all(gap.code == "ON_PREMISES_UNSEEN" for gap in flow.gaps):  # not who was asked for
            return not flow.blocks and result.terminal in [gap.component for gap in flow.gaps]
        return flow.outcome == "allowed" and flow.context.terminal in ends(world, result.terminal or "")
    if result.kind == "dropped":
        return flow.outcome == "blocked" and flow.blocks[0].leg == result.leg
    return flow.outcome == "unknown"


def _refused(world: World, flow: Walk, packet: Packet, result: Result) -> bool:
    """Whether the way is unknown and the engine says that who was asked for takes the packet from nobody: none of the
    groups of those interfaces has a rule for it, their network ACLs let nothing of it through, or it is not theirs.
    """
    beyond = bool(flow.gaps) and all(gap.code == "ON_PREMISES_UNSEEN" for gap in flow.gaps)  # as `agree` has it
    is_open = result.kind == "unknown" or (result.kind == "delivered" and beyond)
    is_open = is_open or (result.kind == "dropped" and result.leg == "response" and bool(flow.gaps))
    if not is_open or not flow.blocks:
        return False
    return all(
        (block.code, block.component) == ("NO_POSSIBLE_DESTINATION", result.terminal)  # another holds the address there
        or _closes(world, block.code, block.component, block.leg, packet)
        for block in flow.blocks
    )


def _has_peers(permission: Json) -> bool:
    """Whether a rule may admit anybody: a group that it names by a connection that is gone is nobody (N90)."""
    named = [one for one in permission.get("UserIdGroupPairs", []) if one.get("PeeringStatus") != "deleted"]
    return any((named, *(permission.get(key) for key in ("IpRanges", "Ipv6Ranges", "PrefixListIds"))))


def _closes(world: World, code: str, component: str, leg: str, packet: Packet) -> bool:
    """Whether a filter has no rule for a packet, or for an answer to it, whoever is the peer."""
    if code in OF_GROUPS:
        permissions = world.groups[component].get("IpPermissions", [])
        return not any(
            permission_covers(one, packet.protocol, packet.detail) and _has_peers(one) for one in permissions
        )
    if code != "SUBNET_ACL_RESTRICTION":
        return False
    entries = [one for one in world.acls[component]["Entries"] if one["Egress"] == (leg == "response")]
    peers = {str(one.get("CidrBlock") or one.get("Ipv6CidrBlock")) for one in entries}
    networks = [network for network in map(ip_network, peers) if network.version == packet.source.version]
    ends_of = {end for network in networks for end in (network[0], network[-1])}
    details = [packet.detail]
    if leg == "response" and packet.protocol in (6, 17):
        details = [*range(1024, 65536, 500), 65535]
    elif leg == "response" and isinstance(packet.detail, tuple):
        if (packet.protocol, packet.detail[0]) not in ANSWERS:
            return False  # nothing answers it
        details = [(ANSWERS[packet.protocol, packet.detail[0]], packet.detail[1])]
    return not any(
        world.acl_allows(component, leg == "response", peer, packet.protocol, detail)
        for peer in ends_of for detail in details
    )  # fmt: skip


def ends(world: World, terminal: str) -> tuple[str, ...]:
    """The engine's names for where the interpreter says that a request ended."""
    if terminal.startswith(("igw-", "eigw-")):
        return ("internet", "aws")
    return tuple(id for id, row in world.endpoints.items() if terminal in row["NetworkInterfaceIds"]) or (terminal,)


def told(flow: Walk, origin: Origin, packet: Packet, result: Result) -> str:
    blocks = [(one.code, one.component, one.leg) for one in flow.blocks]
    gaps = [(one.code, one.component) for one in flow.gaps]
    hops = [(one.component, one.leg) for one in flow.hops]
    return f"{origin} {packet}\ninterpreter: {result}\nengine: {flow.outcome} {blocks} {gaps}\nby {hops}"
