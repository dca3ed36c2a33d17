"""The walk: sets of packets through a graph of places, exact, both legs, past every drop.

A `Flow` is a product of integer sets, in the coordinates of the packet that was asked about, with a note of how the
header looks where it is now: an address of the header is either still one of the asked dimensions or one fixed
address that a translation put there. A place splits the flow into disjoint flows; nothing is lost, nothing is counted
twice. The engine knows places only as names: what happens at one is the caller's `Step`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Final, Generic, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from reachsim.evidence import Assumption, Block, Gap, Hop, Leg
from reachsim.intervals import IntervalSet
from reachsim.packets import (
    CHOICE,
    CLIENT_PORT,
    DESTINATION,
    ICMP,
    ICMPV6,
    SERVICE,
    SOURCE,
    TCP,
    UDP,
    Box,
    protocol_services,
)

Context = TypeVar("Context")


class Shifted(Struct, frozen=True, gc=False):
    """An asked dimension moved along the line of addresses, as NAT64 does with a destination."""

    dimension: int
    by: int


Header = int | Shifted | IntervalSet
"""An address of the header: an asked dimension, one that is shifted, or one fixed address (a set of one)."""

Place = tuple[str, ...]

ICMP_REPLIES: Final = {ICMP: {8: 0, 13: 14, 15: 16, 17: 18}, ICMPV6: {128: 129}}
"""ICMP request types and the types that answer them (RFC 792, RFC 950, RFC 4443). Other types are one-way messages."""


class Flow(Struct, Generic[Context], frozen=True, gc=False):
    """A product of packets with the same fate so far.

    ``box`` is in the asked coordinates and holds packets of one kind (TCP, UDP, ICMP, ICMPv6, or neither of them),
    see `kinds`. ``port`` is the dimension that is the client's port here; ``service`` is what a translation made of the
    asked service, a set of one. A flow with blocks or gaps walks on as if let through. ``end`` names where the walk
    ended; empty while it goes on.
    """

    box: Box
    place: Place
    context: Context
    source: Header = SOURCE
    destination: Header = DESTINATION
    port: int = CLIENT_PORT
    service: IntervalSet | None = None
    leg: Leg = "request"
    hops: tuple[Hop, ...] = ()
    blocks: tuple[Block, ...] = ()
    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    visited: frozenset[tuple[object, ...]] = frozenset()
    end: str = ""

    @property
    def sources(self) -> IntervalSet:
        """Source addresses of the header here."""
        header = self.source
        return self.box[header] if isinstance(header, int) else self._addresses(header)

    @property
    def destinations(self) -> IntervalSet:
        """Destination addresses of the header here."""
        header = self.destination
        return self.box[header] if isinstance(header, int) else self._addresses(header)

    def _addresses(self, header: Shifted | IntervalSet) -> IntervalSet:
        return self.box[header.dimension].shift(header.by) if isinstance(header, Shifted) else header

    @property
    def protocol(self) -> int:
        """The IP protocol; the least of them for a flow of other protocols than TCP, UDP and ICMP."""
        return self.box[SERVICE].spans[0][0] >> 16

    @property
    def services(self) -> IntervalSet:
        """What a filter on this leg matches: the asked service, or for a reply the client's port or the ICMP answer."""
        if self.leg == "request":
            return self.box[SERVICE] if self.service is None else self.service
        protocol = self.protocol
        if protocol in (TCP, UDP):
            return protocol_services(protocol, self.box[self.port])
        return _icmp_answers(protocol, self.box[SERVICE]) if protocol in ICMP_REPLIES else self.box[SERVICE]

    def with_sources(self, addresses: IntervalSet) -> Flow[Context] | None:
        """The part whose source is among the addresses, or None."""
        header = self.source
        return self.with_dimension(header, addresses) if isinstance(header, int) else self._fixed(header, addresses)

    def with_destinations(self, addresses: IntervalSet) -> Flow[Context] | None:
        """The part whose destination is among the addresses, or None."""
        header = self.destination
        return self.with_dimension(header, addresses) if isinstance(header, int) else self._fixed(header, addresses)

    def by_sources(self, addresses: IntervalSet) -> tuple[Flow[Context] | None, Flow[Context] | None]:
        """(the part whose source is among the addresses, the part whose source is not)."""
        here = self.sources
        inside = here & addresses
        if not inside.spans:
            return None, self
        if inside is here or inside == here:
            return self, None
        return self.with_sources(inside), self.with_sources(here - inside)

    def by_destinations(self, addresses: IntervalSet) -> tuple[Flow[Context] | None, Flow[Context] | None]:
        """(the part whose destination is among the addresses, the part whose destination is not)."""
        here = self.destinations
        inside = here & addresses
        if not inside.spans:
            return None, self
        if inside is here or inside == here:
            return self, None
        return self.with_destinations(inside), self.with_destinations(here - inside)

    def with_services(self, services: IntervalSet) -> Flow[Context] | None:
        """The part whose service, as a filter on this leg sees it, is among the services, or None."""
        protocol = self.protocol
        if self.leg == "request" and self.service is not None:
            return self if self.service <= services else None
        if self.leg == "request" or protocol not in (TCP, UDP, *ICMP_REPLIES):
            return self.with_dimension(SERVICE, services)
        if protocol in (TCP, UDP):
            ports = (services & protocol_services(protocol)).shift(-(protocol << 16))
            return self.with_dimension(self.port, ports)
        asked = IntervalSet.union_of(
            (services & asked_types.shift(answer)).shift(-answer) for asked_types, answer in _icmp_shifts(protocol)
        )
        return self.with_dimension(SERVICE, asked)

    def with_dimension(self, dimension: int, values: IntervalSet) -> Flow[Context] | None:
        """The part whose asked coordinate is among the values, or None."""
        here = self.box[dimension]
        kept = here & values
        if not kept.spans:
            return None
        if kept is here or kept == here:
            return self
        return replace(self, box=(*self.box[:dimension], kept, *self.box[dimension + 1 :]))

    def _fixed(self, header: Shifted | IntervalSet, addresses: IntervalSet) -> Flow[Context] | None:
        if isinstance(header, Shifted):
            return self.with_dimension(header.dimension, addresses.shift(-header.by))
        return self if header <= addresses else None

    def shifted(self, header: Header, by: int) -> Header:
        """An address of the header, moved along the line of addresses."""
        if isinstance(header, IntervalSet):
            return header.shift(by)
        return Shifted(header, by) if isinstance(header, int) else Shifted(header.dimension, header.by + by)

    def to(self, *place: str) -> Flow[Context]:
        """The flow, gone on to another place."""
        return replace(self, place=place)

    def through(self, *hops: Hop) -> Flow[Context]:
        return replace(self, hops=self.hops + hops)

    def blocked(self, *blocks: Block) -> Flow[Context]:
        new = tuple(block for block in blocks if block not in self.blocks)
        return replace(self, blocks=self.blocks + new)

    def unknown(self, *gaps: Gap) -> Flow[Context]:
        new = tuple(gap for gap in gaps if gap not in self.gaps)
        return replace(self, gaps=self.gaps + new)

    def assuming(self, *assumptions: Assumption) -> Flow[Context]:
        if not assumptions:
            return self
        new = tuple(one for one in assumptions if one not in self.assumptions)
        return replace(self, assumptions=self.assumptions + new)

    def ended(self, where: str) -> Flow[Context]:
        return replace(self, end=where)

    @property
    def outcome(self) -> Literal["allowed", "blocked", "unknown"]:
        """``blocked`` if anything blocks, else ``unknown`` if anything is not known, else ``allowed``."""
        return "blocked" if self.blocks else "unknown" if self.gaps else "allowed"


Step = Callable[[Flow[Context]], list[Flow[Context]]]


def walk(start: Iterable[Flow[Context]], step: Step[Context], loop: Step[Context]) -> tuple[Flow[Context], ...]:
    """Walk flows until each has ended. ``loop`` ends a flow that comes to a place again with the same header.

    The ended flows are disjoint and add up to those that started (DESIGN, the first invariant).
    """
    return tuple(ends(start, step, loop))


def ends(start: Iterable[Flow[Context]], step: Step[Context], loop: Step[Context]) -> Iterator[Flow[Context]]:
    """The flows of `walk`, each as soon as it has ended: who looks for one of a kind need not walk the others."""
    waiting = [(flow, flow.visited) for flow in start][::-1]
    while waiting:
        flow, visited = waiting.pop()
        if flow.end:
            yield replace(flow, visited=visited)
            continue
        here = (flow.leg, flow.place, flow.source, flow.destination)
        if here in visited:
            waiting += [(one, visited) for one in loop(flow)]
        else:
            seen = visited | {here}
            waiting += [(one, seen) for one in step(flow)[::-1]]


@lru_cache(maxsize=1024)
def kinds(services: IntervalSet) -> tuple[IntervalSet, ...]:
    """Split services into TCP, UDP, ICMP, ICMPv6 and all others, those that are not empty."""
    every = [protocol_services(protocol) for protocol in (TCP, UDP, ICMP, ICMPV6)]
    parts = [services & one for one in every] + [services - IntervalSet.union_of(every)]
    return tuple(part for part in parts if part)


def answered(flow: Flow[Context]) -> tuple[Flow[Context] | None, Flow[Context] | None]:
    """(the part that expects an answer, the part that is one-way: ICMP messages that answer nothing and ask
    nothing).
    """
    replies = ICMP_REPLIES.get(flow.protocol)
    if replies is None:
        return flow, None
    asking = IntervalSet.union_of(types for types, _ in _icmp_shifts(flow.protocol))
    return flow.with_dimension(SERVICE, asking), flow.with_dimension(SERVICE, flow.box[SERVICE] - asking)


def choose(flow: Flow[Context], options: int) -> list[Flow[Context]]:
    """One flow per option at a point where chance decides: the numbers of ``choice`` are split into nearly equal
    spans.
    """
    if options == 1:
        return [flow]
    low, high = flow.box[CHOICE].first, flow.box[CHOICE].spans[-1][1]
    width = high - low + 1
    bounds = [low + -(-index * width // options) for index in range(options + 1)]
    parts = (flow.with_dimension(CHOICE, IntervalSet.span(bounds[i], bounds[i + 1] - 1)) for i in range(options))
    return [part for part in parts if part is not None]


@cache
def _icmp_shifts(protocol: int) -> list[tuple[IntervalSet, int]]:
    """(services of a request type, how far its answer's services lie from them)."""
    codes = IntervalSet.span(0, 255)
    return [
        (protocol_services(protocol, codes.shift(asked << 8)), (answer - asked) << 8)
        for asked, answer in ICMP_REPLIES[protocol].items()
    ]


@lru_cache(maxsize=1024)
def _icmp_answers(protocol: int, services: IntervalSet) -> IntervalSet:
    """What answers ICMP messages of these services."""
    return IntervalSet.union_of((services & asked).shift(answer) for asked, answer in _icmp_shifts(protocol))


def split(
    flow: Flow[Context], peers: IntervalSet, services: IntervalSet, *, by_source: bool
) -> tuple[Flow[Context] | None, list[Flow[Context]]]:
    """(the part that a rule matches, disjoint parts that it does not).

    ``by_source`` says whether the rule's peer is the source (an ingress rule) or the destination (an egress rule).
    """
    wanted = flow.services
    every = wanted <= services
    if not every and wanted.isdisjoint(services):
        return None, [flow]
    matched, others = flow.by_sources(peers) if by_source else flow.by_destinations(peers)
    outside = [others] if others is not None else []
    if matched is None or every:
        return matched, outside
    inside, left = matched.with_services(services), matched.with_services(wanted - services)
    return inside, [*outside, left] if left is not None else outside
