"""Answers for a comparison: many destinations of a source from one walk, and what each answer was worked out from.

Traffic to one destination fares as it does among traffic to many, so one walk to all of them is taken apart by
destination. A walk reads the rules of a security group in a direction, the entries of a network ACL and the routes of a
table as it comes past them. Where two snapshots differ only in some that an answer in the one did not read, the walk in
the other takes the same steps, and the answer is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Final

from reachsim.changes import Change
from reachsim.destinations import destination
from reachsim.diff.cells import Asked, State, signature, state_of, walked
from reachsim.diff.scope import matters_not
from reachsim.diff.touching import Place, places_of
from reachsim.engine import walk
from reachsim.errors import QuestionError
from reachsim.forwarding import Ground, loop, step
from reachsim.forwarding.ground import Forward, Found, Walk
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network
from reachsim.packets import ALL_SERVICES, DESTINATION
from reachsim.scenarios import starts_of
from reachsim.selectors import parse_selector
from reachsim.sources import sources

Reads = frozenset[Place]
_MOST_KEPT: Final = 2048
"""Walks, and questions, that are remembered at once."""
_READ_ELSEWHERE: Final = r"(?:vgw|pl|pcx)-[\w-]+|IgwFirewall"
_MOST_ADDRESSES: Final = 64
"""Addresses of a destination that are worth telling apart in a walk to many."""


class Answer:
    """An answer, and what was read for it. Its words are put together when they are asked for."""

    def __init__(self, signature: Hashable, reads: Reads, made: Callable[[], State]) -> None:
        self.signature, self.reads, self._made = signature, reads, made

    @cached_property
    def state(self) -> State:
        return self._made()

    def same_as(self, other: Answer) -> bool:
        """Whether both let the same packets through by the same kinds of ways."""
        known = self.signature is not None and self.signature == other.signature
        return self is other or known or self.state.same_as(other.state)

    def unread(self, *changes: Reads | None) -> bool:
        """Whether nothing was read of what these changes are about (`read_of`)."""
        return all(one is not None and one.isdisjoint(self.reads) for one in changes)


class Reader(Ground):
    """A network made ready for walking that notes what is read."""

    def __init__(
        self, network: Network, appliances: Mapping[str, str] | None = None, outer: Reader | None = None
    ) -> None:
        """``outer``: who notes what is read here, too."""
        super().__init__(network, appliances)
        self._outer = outer
        self._here: set[Place] = set()
        self._at: dict[object, set[Place]] = {}
        self._reads: set[Place] = set()
        self._walks: dict[Hashable, tuple[Any, Reads]] = {}
        self._questions: dict[Hashable, tuple[Any, Reads]] = {}
        self._wide: tuple[_Wide, ...] = ()
        self.group_rules = self._noting("security-group", self.group_rules)
        self.acl_rules = self._noting("network-acl", self.acl_rules, directed=False)
        self.table = self._noting("route-table", self.table)
        self.once = self._walked

    def answers(
        self, questions: Sequence[Asked], pins: Mapping[str, IntervalSet], without: IntervalSet = EMPTY,
        known: Callable[[Asked], Iterable[Answer]] | None = None,
    ) -> Iterator[tuple[Asked, Answer]]:  # fmt: skip
        """As `reachsim.diff.cells.evaluate`, which says what the arguments are. Raises QuestionError.

        ``known``: answers worth comparing with; then what differs from them is put in the words of a walk to many.
        """
        planned = bool(self.network.snapshot.manifest.planned)
        by_source: dict[str, list[Asked]] = {}
        for asked in questions:
            by_source.setdefault(asked.source, []).append(asked)
        for source, mine in by_source.items():
            self._wide = tuple(self._to_all(source, [one.destination for one in mine if one.packets_only]))
            for asked in mine:
                self._reads = set()
                found = walked(self, asked, pins)
                told = signature(found) if asked.packets_only and not planned else None
                reads = frozenset(self._reads)
                like = (one for one in known(asked) if told is not None and one.signature == told) if known else ()
                if (same := next(iter(like), None)) is not None:
                    yield asked, Answer(told, reads, partial(getattr, same, "state"))
                else:
                    yield asked, Answer(told, reads, partial(state_of, self, asked, found, without))
        self._wide = ()

    def _noting(self, kind: str, looked_up: Callable[..., Any], *, directed: bool = True) -> Callable[..., Any]:
        def noted(*names: str) -> Any:
            self._here.add((kind, *names) if directed else (kind, names[0]))
            return looked_up(*names)

        return noted

    def remembered(self, question: Hashable, asked: Callable[[], Found]) -> Found:
        """What a question comes to: the pipeline's judgement asks again what the comparison asked."""
        if self._wide:
            return asked()
        return self._noted(self._questions, question, asked)

    def with_files(self, files: Mapping[str, bytes]) -> Reader:
        key = ("with files", tuple(sorted(files.items())))
        return self.kept(key, lambda: Reader(self.network.with_files(files), self.appliances, self))

    def _walked(self, _: Forward, start: tuple[Walk, ...]) -> tuple[Walk, ...]:
        flows = self._of_wide(start)
        if flows is None:
            return self._noted(self._walks, start, lambda: self._read_by(self._forward(start)))
        return self._read_by(flows)

    def _noted(self, kept: dict[Hashable, tuple[Any, Reads]], key: Hashable, made: Callable[[], Found]) -> Found:
        """What was made before or is made now; what is read for it is noted either way."""
        if key not in kept:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            outer, self._reads = self._reads, set()
            kept[key] = made(), frozenset(self._reads)
            self._reads = outer
        found: Found = kept[key][0]
        self._note(kept[key][1])
        return found

    def _note(self, places: Iterable[Place]) -> None:
        self._reads.update(places)
        if self._outer is not None:
            self._outer._note(places)

    def _forward(self, start: Iterable[Walk]) -> tuple[Walk, ...]:
        def noted(flow: Walk) -> list[Walk]:
            self._here = self._at.setdefault((flow.leg, flow.place), set())
            return step(self, flow)

        return walk(start, noted, lambda flow: loop(self, flow))

    def _read_by(self, flows: tuple[Walk, ...]) -> tuple[Walk, ...]:
        """The flows; what was read where they came by is noted."""
        places = {here[:2] for flow in flows for here in flow.visited}
        self._note({read for one in places for read in self._at.get(one, ())})
        return flows

    # --- one walk to many ---------------------------------------------------------------------------------------------

    def _to_all(self, source: str, targets: Sequence[str]) -> Iterator[_Wide]:
        """Walks from each place that a source stands for to the addresses of all the targets that have some."""
        try:
            started = sources(self.network, parse_selector(source)) if len(targets) > 1 else ()
        except QuestionError:
            return
        for start in started:
            if not start.vpc_id or not start.place or start.blocks or start.gaps:
                continue
            found = [destination_addresses(self.network, target, start.home) for target in targets]
            for one in starts_of(start, IntervalSet.union_of(found), ALL_SERVICES):
                yield _Wide(one, self._forward((one,)))

    def _of_wide(self, start: tuple[Walk, ...]) -> tuple[Walk, ...] | None:
        found: list[Walk] = []
        for one in start:
            wide = next((wide for wide in self._wide if wide.holds(one)), None)
            if wide is None:
                return None
            found += wide.part(one.box[DESTINATION])
        return tuple(found)


class _Wide:
    """A walk to many addresses."""

    def __init__(self, start: Walk, flows: Iterable[Walk]) -> None:
        self._start = start
        self._by_address: dict[int, list[Walk]] = {}
        for flow in flows:
            for address in flow.box[DESTINATION]:
                self._by_address.setdefault(address, []).append(flow)

    def holds(self, other: Walk) -> bool:
        """Whether a walk from another start is a part of this."""
        mine = self._start
        rest = [one.box[:DESTINATION] + one.box[DESTINATION + 1 :] for one in (mine, other)]
        same = rest[0] == rest[1] and (mine.place, mine.context) == (other.place, other.context)
        return same and other.box[DESTINATION] <= mine.box[DESTINATION]

    def part(self, addresses: IntervalSet) -> Iterator[Walk]:
        flows = {id(flow): flow for address in addresses for flow in self._by_address[address]}
        for flow in flows.values():
            kept = flow.with_dimension(DESTINATION, addresses)
            if kept is not None:
                yield kept


def destination_addresses(network: Network, target: str, home: tuple[str, str]) -> IntervalSet:
    """The addresses that a destination stands for; none where it is asked for by a name, or they are many."""
    try:
        aimed = destination(network, parse_selector(target), home)
    except QuestionError:
        return EMPTY
    plain = not (aimed.name or aimed.via or aimed.receivers or aimed.blocks or aimed.gaps)
    return aimed.addresses if plain and aimed.addresses.size <= _MOST_ADDRESSES else EMPTY


def read_of(changes: Iterable[Change], *networks: Network) -> Reads | None:
    """What must have been read for changes to make a difference; None where that is not plain to see.

    Routes to private gateways, peering connections and firewalls and by prefix lists tell of other things, too: what
    is behind them, and which addresses are a service's where its list is in no file of one of the ``networks``.
    """
    found = [_read_of(one, networks) for one in changes if not matters_not(one)]
    return None if None in found else frozenset().union(*(one for one in found if one is not None))


def _read_of(change: Change, networks: Sequence[Network]) -> Reads | None:
    places = places_of(change)
    if places is None or any(kind == "vpc-endpoint" for kind, *_ in places):
        return None
    routes = [atom for atom in change.atoms if atom.path[0] == "RouteTables"]
    words = {word for atom in routes for word in re.findall(_READ_ELSEWHERE, str((atom.path, atom.before, atom.after)))}
    return None if any(words - one.prefix_lists.keys() for one in networks) else places
