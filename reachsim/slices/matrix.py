"""The matrix of a network at one port: every interface to every interface, endpoint and the internet.

Interfaces that nothing tells apart share an *end*, and so their answers. An answer says whether every client port
works, whether some does, which way the traffic takes, and which files are missing where that is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.simulate import answer_of, ask, left_open
from reachsim.slices.atoms import Bools, Numbers, Small
from reachsim.slices.columns import Cell, Columns, Senders
from reachsim.slices.counting import Tally, bit_of
from reachsim.slices.gateways import Found, Gateways
from reachsim.slices.rows import Bits, Cells, Rows

ANSWERS: Final = ("no", "unknown", "yes")
OUTCOMES: Final = ("blocked", "unknown", "intermittent", "allowed")
"""By number."""
CELLS_AT_ONCE: Final = 1 << 20
"""Cells whose rows are computed together: enough to make numpy's calls cheap, few enough to stay in the cache."""
BITS_AT_ONCE: Final = 1 << 23
"""The same of cells that take a bit each."""
KINDS: Final = ("interface", "endpoint", "internet")


_OUTCOME: Final = np.array([0, 1, 2, 1, 1, 1, 3, 3, 3], np.uint8)
"""By ``3 * every + some``."""


class Answers(NamedTuple):
    """From the interfaces of one end to each target: numbers in `ANSWERS`, `Matrix.routes` and `Matrix.missing`."""

    every: Small
    some: Small
    route: Small
    missing: npt.NDArray[np.int32]

    @property
    def outcomes(self) -> Small:
        """Numbers in `OUTCOMES`."""
        return outcome_of(self.every, self.some)


def outcome_of(every: Small, some: Small) -> Small:
    """Numbers in `OUTCOMES` of what each and any of the client's ports get."""
    found: Small = _OUTCOME[every * np.uint8(3) + some]
    return found


class Matrix:
    """Answers end by end. ``sources`` are numbers of ends, in an order in which neighbours share most work.

    Targets are the ends, then ``columns``: the snapshot's endpoints and the internet, as selectors.
    """

    def __init__(
        self, ground: Ground, protocol: int, port: int, pins: Mapping[str, IntervalSet] | None = None,
        kinds: Collection[str] = KINDS,
    ) -> None:  # fmt: skip
        self.ground, self.protocol, self.port, self.pins = ground, protocol, port, pins or {}
        self.rows = Rows(ground, protocol, port)
        axes = self.rows.axes
        self.names = axes.names
        self.members: Sequence[Sequence[int]] = axes.members
        self.ends = len(axes.members)
        endpoints = tuple(ground.network.vpc_endpoints) if "endpoint" in kinds else ()
        self.columns = (*endpoints, *(("internet",) if "internet" in kinds else ()))
        self.routes = ["none", "private"]
        self.missing: list[tuple[str, ...]] = [()]
        self._missing_numbers: dict[tuple[str, ...], int] = {(): 0}
        self._asking = -1
        self._asked: dict[tuple[int, int], Cell] = {}
        self._doubted: dict[tuple[int, ...], int] = {}
        self._first: Numbers = np.array([mine[0] for mine in axes.classes_of], np.int64)
        self._several = [(end, mine) for end, mine in enumerate(axes.classes_of) if len(mine) > 1]
        self._moved = bool(self._several or (self._first != np.arange(self.ends)).any())

    def __getstate__(self) -> dict[str, Any]:
        """All but what asks the point path, which is made anew."""
        return {name: value for name, value in self.__dict__.items() if name != "_columns"}

    @cached_property
    def sources(self) -> list[int]:
        place = np.argsort(self.rows.order())
        found: list[int] = np.argsort(place[self._first], kind="stable").tolist()
        return found

    @cached_property
    def end_of(self) -> Numbers:
        """The end of each interface."""
        found = np.zeros(len(self.names), np.int64)
        for end, members in enumerate(self.members):
            found[list(members)] = end
        return found

    def answers(self, ends: Sequence[int]) -> Iterator[tuple[int, Answers]]:
        """The answers of ends' interfaces, end by end in the order given."""
        for batch in self._batches(ends, CELLS_AT_ONCE):
            yield from zip(batch, self._answers(batch), strict=True)

    def counts(self, ends: Sequence[int]) -> Numbers:
        """By outcome, the pairs of ends' interfaces and all others: interfaces, not columns."""
        total = np.zeros(len(OUTCOMES), np.int64)
        for batch in self._batches(ends, BITS_AT_ONCE):
            plain = len(batch) > 1 or self._kinds[batch[0]] >= 0
            bits = self.rows.bits(self._first[batch].tolist()) if plain else None
            total += self._counted_cells(batch) if bits is None else self._counted_bits(batch, bits)
        return total

    def _counted_bits(self, ends: Sequence[int], bits: Bits) -> Numbers:
        """Counts of plain senders of which nothing is in doubt."""
        own = self._first[ends]

        def others(rows: Small) -> Numbers:
            return self.tally.of(rows)[bits.place] - bit_of(rows, bits.place, own)  # none asks itself

        every = others(bits.every)
        some = every if bits.some is bits.every else others(bits.some)
        return np.array([len(self.names) - 1 - some, np.zeros_like(some), some - every, every]) @ self.tally.sizes[ends]

    def _counted_cells(self, ends: Sequence[int]) -> Numbers:
        total = np.zeros(len(OUTCOMES), np.int64)
        for end, answers in self.answers(ends):
            outcomes = answers.outcomes[: self.ends]
            found = np.bincount(outcomes, self.tally.sizes, len(OUTCOMES)).astype(np.int64)
            found[outcomes[end]] -= 1
            total += found * self.tally.sizes[end]
        return total

    @cached_property
    def tally(self) -> Tally:
        sizes: Numbers = np.array([len(members) for members in self.members], np.int64)
        return Tally(self.rows.axes.classes_of, sizes, self.rows.axes.count)

    def _batches(self, ends: Sequence[int], most: int) -> Iterator[list[int]]:
        """Neighbours that can be computed together, ``most`` cells of them: of one class each, with the same client
        ports.
        """
        rows = max(1, most // max(self.rows.axes.count, 1))
        waiting: list[int] = []
        alike = -1
        for end in ends:
            kind = self._kinds[end]
            if waiting and (kind < 0 or kind != alike or len(waiting) >= rows):
                yield waiting
                waiting = []
            waiting.append(end)
            alike = kind
        if waiting:
            yield waiting

    @cached_property
    def _kinds(self) -> list[int]:
        """By end: a number for its client's ports; -1 if it is no plain sender of one class."""
        numbers: dict[IntervalSet, int] = {}
        ports = self.rows.axes.of_traits(lambda one: numbers.setdefault(one.client_ports, len(numbers)), np.int64)
        kinds: list[int] = np.where(self.rows.silent | self.rows.beyond, -1, ports)[self._first].tolist()
        for end, _ in self._several:
            kinds[end] = -1
        return kinds

    def _answers(self, ends: Sequence[int]) -> Iterator[Answers]:
        cells = self._cells(ends)
        some_sure = self._of_ends(cells.some)
        some = self._answer(some_sure, None if cells.clean else cells.some_perhaps)
        every = some
        if cells.every is not cells.some:
            every = self._answer(self._of_ends(cells.every), None if cells.clean else cells.every_perhaps)
        route = some_sure.view(np.uint8)
        other = None if cells.other is None else self._of_ends(cells.other)
        nothing = np.zeros(self.ends, np.int32)
        for number, end in enumerate(ends):
            found = Answers(every[number], some[number], route[number], nothing)
            if other is not None or not cells.clean:
                mine = np.zeros(self.ends, np.bool_) if other is None else other[number]
                found = self._completed(end, found, mine, clean=cells.clean)
            yield self._with_columns(end, found) if self.columns else found

    def _cells(self, ends: Sequence[int]) -> Cells:
        positions = [position for end in ends for position in self.rows.axes.classes_of[end]]
        if len(ends) > 1 or self._kinds[ends[0]] >= 0:
            return self.rows.cells(positions)
        nothing = np.zeros((1, self.rows.axes.count), np.bool_)
        if self.rows.silent[positions].any():
            return Cells(nothing, nothing, nothing, nothing, None)
        if self.rows.beyond[positions].any():
            return Cells(nothing, nothing, nothing, nothing, ~nothing)
        return self.rows.cells(positions).best()

    def _completed(self, end: int, found: Answers, other: Bools, *, clean: bool) -> Answers:
        """With what the point path says, and with the files that are missing."""
        every, some, route = found.every.copy(), found.some.copy(), found.route.copy()
        missing = np.zeros(self.ends, np.int32)
        positions = self.rows.axes.classes_of[end]
        if not clean:
            unknown = (every == 1) | ((some == 1) & (every == 0))
            several = slice(None) if len(positions) > 1 else [target for target, _ in self._several]
            other[several] |= unknown[several]  # each of several addresses may lack something else
            unknown &= ~other
            route[unknown] = 0
            if unknown.any():
                self._why(positions[0], np.nonzero(unknown)[0], missing)
        for target in np.nonzero(other)[0]:
            every[target], some[target], route[target], missing[target] = self._ask(end, int(target))
        return Answers(every, some, route, missing)

    # --- from classes to ends ---------------------------------------------------------------------------------------

    def _of_ends(self, rows: Bools) -> Bools:
        found = rows[:, self._first] if self._moved else rows
        for end, mine in self._several:
            found[:, end] = rows[:, list(mine)].any(axis=1)
        return found

    def _answer(self, sure: Bools, perhaps: Bools | None) -> Small:
        """2 where it is sure, 1 where it is perhaps so, else 0; perhaps by class, None if it is no more than sure."""
        if perhaps is None:
            return np.left_shift(sure.view(np.uint8), 1, dtype=np.uint8)
        return sure.view(np.uint8) + self._of_ends(perhaps).view(np.uint8)

    def _why(self, position: int, targets: Numbers, missing: npt.NDArray[np.int32]) -> None:
        """Fill in the missing files of cells that are not known."""
        doubts = np.stack([doubt[self._first[targets]] for doubt in self.rows.why(position)])
        kinds, place = np.unique(doubts, axis=1, return_inverse=True)
        numbers = [self._doubt(tuple(int(one) for one in kind)) for kind in kinds.T]
        missing[targets] = np.array(numbers, np.int32)[place.reshape(-1)]

    def _doubt(self, numbers: tuple[int, ...]) -> int:
        if numbers not in self._doubted:
            self._doubted[numbers] = self._missing(self.rows.doubts.files(numbers))
        return self._doubted[numbers]

    def _missing(self, files: tuple[str, ...]) -> int:
        if files not in self._missing_numbers:
            self._missing_numbers[files] = len(self.missing)
            self.missing.append(files)
        return self._missing_numbers[files]

    # --- the point path, endpoints and the internet ------------------------------------------------------------------

    def _ask(self, end: int, target: int) -> Cell:
        """What the point path says of an end and a target (an end, or a column behind them); one end's is kept."""
        if end != self._asking:
            self._asking = end
            self._asked.clear()
        if (end, target) not in self._asked:
            source = self.names[self.members[end][0]]
            # of one end with itself: two different interfaces, if there are two
            name = self.names[self.members[target][-1]] if target < self.ends else self.columns[target - self.ends]
            found = ask(self.ground, source, name, protocol=self.protocol, port=self.port, pins=self.pins)
            planned = self.ground.network.snapshot.manifest.planned
            left = left_open(found, source, name, planned) if planned else None
            self._asked[end, target] = self._numbered(answer_of(found) if left is None else left)
        return self._asked[end, target]

    def _numbered(self, found: Found) -> Cell:
        every, some, route, missing = found
        if route not in self.routes:
            self.routes.append(route)
        return ANSWERS.index(every), ANSWERS.index(some), self.routes.index(route), self._missing(missing)

    def _together(self, numbers: Iterable[int]) -> int:
        return self._missing(tuple(sorted({path for number in numbers for path in self.missing[number]})))

    @cached_property
    def _columns(self) -> Columns:
        ends = dict(zip(self.names, self.end_of.tolist(), strict=True))
        return Columns(
            self.ground, self.columns, ends, Gateways(self.ground, self.protocol, self.port),
            Senders(self.ground, self.rows.axes, self.rows.groups),
            lambda end, number: self._ask(end, self.ends + number), self._numbered, self._together,
        )  # fmt: skip

    def _with_columns(self, end: int, found: Answers) -> Answers:
        first = self.members[end][0]
        only_v4 = first not in self.rows.axes.with_ipv6
        every, some, route, missing = self._columns.of(end, self.names[first], found, only_v4=only_v4)
        return Answers(
            np.concatenate([found.every, every.astype(np.uint8)]), np.concatenate([found.some, some.astype(np.uint8)]),
            np.concatenate([found.route, route.astype(np.uint8)]),
            np.concatenate([found.missing, missing.astype(np.int32)]),
        )  # fmt: skip
