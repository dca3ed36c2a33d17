"""One source × destination of a snapshot, exactly: which packets get through by which kind of way, and which may.

The sets are those of the walk (`reachsim.scenarios`), in all its dimensions: what chance decides, such as the client's
port, counts too. **Source:** DESIGN, "Verdicts", "The engine".
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from reachsim.engine import ICMP_REPLIES, kinds
from reachsim.errors import QuestionError
from reachsim.evidence import Block, Gap
from reachsim.forwarding import Ground, Walk, one_by_one
from reachsim.forwarding.ground import Forward
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.packets import (
    CHOICE,
    DESTINATION,
    DIMENSIONS,
    NAT_PORT,
    SECOND_NAT_PORT,
    SERVICE,
    SOURCE,
    Box,
    PacketSet,
)
from reachsim.policy_layers import judge_requests
from reachsim.readings import Agreed
from reachsim.scenarios import Scenario, route_of
from reachsim.selectors import parse_selector
from reachsim.simulate import LAYERS, ask_each, read_protocol, weigh, with_planned
from reachsim.verdict import Question, RouteWord, Traffic, Verdict, traffic_of

OUTWARD: Final = ("internet", "aws-public", "on-premises", "mixed")
"""Ways that leave: past a gateway to somebody else, or to AWS as anybody else goes there."""
_EXITS: Final = (
    "nat-gateway", "egress-only-internet-gateway", "internet-gateway", "vpn-gateway", "transit-gateway-attachment",
    "codebuild-project",
)  # fmt: skip
NOTHING: Final = PacketSet.empty(len(DIMENSIONS))


class Doubt(NamedTuple):
    """What decides about some packets and is not known: of which place of start, and ``gaps`` as (code, component,
    files that would tell); ``route`` is the kind of way that they would take.
    """

    origin: str
    route: RouteWord
    gaps: tuple[tuple[str, str, tuple[str, ...]], ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The files that would tell."""
        return tuple(dict.fromkeys(path for _, _, files in self.gaps for path in files))


Way = tuple[str, RouteWord]
"""Where traffic starts (an interface, the internet by a gateway) and the kind of way it takes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put to both snapshots. ``requests`` are the IAM requests that a step of the pipeline makes there;
    ``packets_only`` says that packets alone are asked about, so that nobody being there is as good as being blocked.
    """

    source: str
    destination: str
    protocol: str | None = None
    port: int | None = None
    requests: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)
    packets_only: bool = field(default=False, compare=False)


class State(msgspec.Struct, frozen=True):
    """The answer to a question: ``passes`` by way, ``open`` (not decided) by place of start, and the verdict's words.

    ``outcome`` is ``absent`` where the source or destination does not exist.
    """

    outcome: str
    route: RouteWord
    layers: tuple[tuple[str, str], ...]
    passes: dict[Way, PacketSet]
    open: dict[str, PacketSet]
    blocked_by: tuple[Block, ...] = ()
    exits: tuple[tuple[str, PacketSet], ...] = ()
    """(component that traffic leaves by, which traffic)."""
    verdict: Verdict | None = None
    """The whole answer, for whoever shows it."""
    cut_off: bool = False
    """Whether some of it could not even be walked: who or where is not known, so nothing is surely blocked."""
    packets_only: bool = False
    doubts: dict[Doubt, PacketSet] = {}
    """What is not decided, by what would decide it; no packets where not even these are known."""

    @property
    def lets_nothing(self) -> bool:
        """Whether surely nothing gets through."""
        return not (self.passes or self.open or self.cut_off)

    def same_as(self, other: State) -> bool:
        """Whether both let the same packets through by the same kinds of ways, with the same words."""
        if self.packets_only and self.lets_nothing and other.lets_nothing:
            return True
        mine = (self.outcome, self.route, self.layers, self.passes, self.open, self.cut_off)
        return mine == (other.outcome, other.route, other.layers, other.passes, other.open, other.cut_off)

    def passing(self, routes: Sequence[str] | None = None) -> dict[str, PacketSet]:
        """What gets through by place of start, by any kind of way or by these."""
        return _by_origin({way: packets for way, packets in self.passes.items() if routes is None or way[1] in routes})


def _by_origin(passes: Mapping[Way, PacketSet]) -> dict[str, PacketSet]:
    found: dict[str, PacketSet] = {}
    for (origin, _), packets in passes.items():
        found[origin] = found.get(origin, NOTHING) | packets
    return found


def evaluate(
    ground: Ground, asked: Asked, pins: Mapping[str, IntervalSet], without: IntervalSet = EMPTY
) -> State:  # fmt: skip
    """Answer a question, with its sets. ``without``: public addresses that the sets leave out where the question is
    about the internet or a public name.
    """
    return state_of(ground, asked, walked(ground, asked, pins), without)


class Passing(Ground):
    """The network of another ground, walked no further than to what first stops a flow: the same gets through."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground.network, ground.appliances)
        self.table, self.transit_table = ground.table, ground.transit_table
        self.group_rules, self.acl_rules = ground.group_rules, ground.acl_rules

    def _walked(self, walk: Forward, start: tuple[Walk, ...]) -> tuple[Walk, ...]:  # noqa: ARG002
        return tuple(one_by_one(self, start, until_stopped=True))


def passing(ground: Ground, asked: Asked, pins: Mapping[str, IntervalSet]) -> dict[str, PacketSet]:
    """What gets through by place of start, as `State.passing`; of packets alone, without a verdict's words."""
    walks = walked(ground.kept(Passing, lambda: Passing(ground)), asked, pins)
    return {} if walks is None else _by_origin(_passes(walks, _Kept(asked, EMPTY))[0])


def walked(ground: Ground, asked: Asked, pins: Mapping[str, IntervalSet]) -> Agreed | None:
    """The walks of a question; None where its source or destination does not exist."""
    try:
        return ask_each(ground, asked.source, asked.destination, protocol=asked.protocol, port=asked.port, pins=pins)
    except QuestionError as error:
        if error.code == "NO_SOURCE_OR_DESTINATION":
            return None
        raise


def signature(found: Agreed | None) -> Hashable:
    """What a question's answer rests on, for packets alone: where it is equal the answers are, but for their words."""
    return found if found is None else tuple(_rests_on(one) for one in (found.found, *found.readings))


def _rests_on(found: Sequence[Scenario]) -> Hashable:
    return tuple(
        (one.group, one.origin, one.asked, one.chance_source, one.chance_destination, one.symbolic, one.blocks,
         one.gaps, frozenset((flow.outcome, route_of(one, flow), flow.box) for flow in one.flows))
        for one in found
    )  # fmt: skip


def state_of(ground: Ground, asked: Asked, walks: Agreed | None, without: IntervalSet) -> State:
    """The answer to a question that was walked."""
    if walks is None:
        return State("absent", "none", (), {}, {}, packets_only=asked.packets_only)
    found = walks.found
    protocol = read_protocol(asked.protocol)
    question = Question(asked.source, asked.destination, asked.protocol, asked.port)
    verdict = weigh(question, found, explicit_icmp=protocol in ICMP_REPLIES and asked.port is not None)
    verdict = judge_requests(ground, verdict, found, asked.requests, LAYERS, asked=False)
    known, verdict = verdict, with_planned(verdict, ground.network.snapshot.manifest.planned)
    kept = _Kept(asked, without)
    passes, unknown = _passes(walks, kept)
    doubts = _doubts(found, kept)
    if verdict.outcome != known.outcome:  # a value that a plan does not tell decides
        doubts |= _planned_doubts(found, verdict)
    return State(
        verdict.outcome, verdict.route, tuple(sorted(verdict.layers.items())), passes, unknown, verdict.blocked_by,
        tuple(_exits(found, kept)), verdict, any(one.gaps for read in walks.readings for one in read),
        asked.packets_only, doubts,
    )  # fmt: skip


class _Kept:
    """The part of a class of packets that counts."""

    def __init__(self, asked: Asked, without: IntervalSet) -> None:
        outward = parse_selector(asked.destination).kind in ("internet", "service", "host")
        self._dimension = SOURCE if asked.source == "internet" else DESTINATION if outward else None
        self._without = without

    def part(self, box: Box) -> list[Box]:
        """The part as a list of one box or none."""
        if self._dimension is None or box[self._dimension].isdisjoint(self._without):
            return [box]
        left = box[self._dimension] - self._without
        return [(*box[: self._dimension], left, *box[self._dimension + 1 :])] if left else []


_Sets = tuple[dict[Way, PacketSet], dict[str, PacketSet]]


def _passes(walks: Agreed, kept: _Kept) -> _Sets:
    return _of_all([_sets(one, kept) for one in walks.readings])


def _sets(found: Sequence[Scenario], kept: _Kept) -> _Sets:
    passing: dict[Way, list[Any]] = {}
    unknown: dict[str, list[Any]] = {}
    for one in found:
        for flow in one.flows:
            if flow.outcome == "allowed":
                passing.setdefault((one.origin, route_of(one, flow)), []).extend(kept.part(flow.box))
            elif flow.outcome == "unknown":
                unknown.setdefault(one.origin, []).extend(kept.part(flow.box))
    return (
        {way: PacketSet.union_of(boxes, len(DIMENSIONS)) for way, boxes in sorted(passing.items()) if boxes},
        {origin: PacketSet.union_of(boxes, len(DIMENSIONS)) for origin, boxes in sorted(unknown.items()) if boxes},
    )


def _of_all(readings: Sequence[_Sets]) -> _Sets:
    """What passes by every reading, and what may by some."""
    if len(readings) == 1:
        return readings[0]
    every = {
        way: functools.reduce(operator.and_, (passes.get(way, NOTHING) for passes, _ in readings))
        for way in readings[0][0]
    }
    sure = {way: packets for way, packets in every.items() if packets}
    may: dict[str, PacketSet] = {}
    for passes, unknown in readings:
        for origin, packets in (*((way[0], packets) for way, packets in passes.items()), *unknown.items()):
            may[origin] = may.get(origin, NOTHING) | packets
    known: dict[str, PacketSet] = {}
    for (origin, _), packets in sure.items():
        known[origin] = known.get(origin, NOTHING) | packets
    return sure, minus(may, known)


def _doubts(found: Sequence[Scenario], kept: _Kept) -> dict[Doubt, PacketSet]:
    boxes: dict[Doubt, list[Any]] = {Doubt(one.origin, "none", _names(one.gaps)): [] for one in found if one.gaps}
    for one in found:
        for flow in one.flows:
            if flow.outcome == "unknown":
                doubt = Doubt(one.origin, route_of(one, flow), _names(flow.gaps))
                boxes.setdefault(doubt, []).extend(kept.part(flow.box))
    sets = {doubt: PacketSet.union_of(some, len(DIMENSIONS)) for doubt, some in boxes.items()}
    return {doubt: packets for doubt, packets in sets.items() if packets or not boxes[doubt]}


def _planned_doubts(found: Sequence[Scenario], verdict: Verdict) -> dict[Doubt, PacketSet]:
    """A doubt about everything, for the values of a plan that nothing tells."""
    untold = tuple((one.code, one.component, ()) for one in verdict.assumptions if one.code == "PLANNED_VALUE_UNKNOWN")
    return {Doubt(one.origin, "none", untold): NOTHING for one in found}


def _names(gaps: Iterable[Gap]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    return tuple(sorted((one.code, one.component, one.missing) for one in gaps))


def _exits(found: Sequence[Scenario], kept: _Kept) -> Iterable[tuple[str, PacketSet]]:
    boxes: dict[str, list[Any]] = {}
    for one in found:
        for flow in one.flows:
            leaves = route_of(one, flow) in OUTWARD or one.source.origin.kind == "internet"
            if flow.outcome == "allowed" and leaves:
                by_kind = {hop.type: hop.component for hop in reversed(flow.hops) if hop.leg == "request"}
                for component in [by_kind[kind] for kind in _EXITS if kind in by_kind][:1]:
                    boxes.setdefault(component, []).extend(kept.part(flow.box))
    return [(component, PacketSet.union_of(some, len(DIMENSIONS))) for component, some in sorted(boxes.items())]


# --- differences ----------------------------------------------------------------------------------------------------


class Shift(NamedTuple):
    """Traffic of one place of start, by what became of it."""

    gained: dict[str, PacketSet]
    lost: dict[str, PacketSet]
    moved: dict[tuple[str, RouteWord, RouteWord], PacketSet]
    opened: dict[str, PacketSet]
    """Not decided any more: was decided before."""


def shift(before: State, after: State) -> Shift:
    """The exact set differences of two answers: what passes now and did not, what did and surely does not, what takes
    another kind of way, and what is not decided any more.
    """
    old, new = before.passing(), after.passing()
    moved = {}
    for (origin, was), left in before.passes.items():
        for (other, now), right in after.passes.items():
            if origin == other and was != now and (shared := left & right):
                moved[origin, was, now] = shared
    gone, opened = minus(old, new), minus(after.open, before.open)
    if after.cut_off:
        return Shift(minus(new, old), {}, moved, {key: union((gone.get(key, NOTHING), opened.get(key, NOTHING)))
                                                  for key in (*gone, *opened)})  # fmt: skip
    return Shift(minus(new, old), minus(gone, after.open), moved, opened)


def minus(left: Mapping[str, PacketSet], right: Mapping[str, PacketSet]) -> dict[str, PacketSet]:
    """The set difference, for each place of start."""
    found = {origin: packets - right.get(origin, NOTHING) for origin, packets in left.items()}
    return {origin: packets for origin, packets in found.items() if packets}


def union(sets: Iterable[PacketSet]) -> PacketSet:
    found = NOTHING
    for one in sets:
        found = found | one
    return found


def words(packets: PacketSet) -> tuple[Traffic, ...]:
    """A set as products of addresses, ports and client ports; the other choices of chance are forgotten."""
    for dimension in (CHOICE, SECOND_NAT_PORT, NAT_PORT):
        packets = packets.project(dimension)
    return tuple(
        traffic_of((*box[:SERVICE], part, *box[SERVICE + 1 :]))
        for box in packets.boxes()
        for part in kinds(box[SERVICE])
    )
