"""All pairs and one row of them, against the plain walker, and how they grow."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from pathlib import Path

from reachsim import Reach, load
from reachsim.forwarding import Ground
from reachsim.model.decode import garbage_collector_paused
from reachsim.model.interfaces import Interface
from reachsim.packets import TCP
from reachsim.slices.axes import Axes
from reachsim.slices.bounds import group_sets, net_sets
from reachsim.slices.matrix import Answers, Matrix
from tests.benchmarks.figure import Figure, Place
from tests.benchmarks.measuring import Measured, Value, profile_of, timed
from tests.benchmarks.plain import Plain

PORT = 443


class Both:
    """The slice path and the plain walker over one network, asked about the same ends."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.slices: Matrix
        self.plain: Plain
        self.interfaces = tuple(reach.network.interfaces.values())  # made when first asked for, by either
        with garbage_collector_paused():  # as the command does
            self.preparing = timed(self._prepare)
            self.plain_preparing = timed(self._prepare_plain)
        self.first = [self.interfaces[members[0]] for members in self.slices.members]
        self.last = [self.interfaces[members[-1]] for members in self.slices.members]

    def _prepare(self) -> None:
        self.slices = Matrix(self.reach.ground, 6, PORT, kinds=("interface",))

    def _prepare_plain(self) -> None:
        self.plain = Plain(self.reach.network, PORT)

    def run(self, ends: Sequence[int]) -> list[Answers]:
        return [answers for _, answers in self.slices.answers(ends)]

    def run_plain(self, ends: Sequence[int]) -> list[list[tuple[bool, bool]]]:
        answer, last = self.plain.answer, self.last
        return [[answer(source, target) for target in last] for source in (self.first[end] for end in ends)]

    def run_whole(self, source: Interface) -> list[tuple[bool, bool]]:
        """A row of the plain walker with nothing given: it knows of no interfaces that are alike."""
        answer = self.plain.answer
        return [answer(source, target) for target in self.interfaces]

    def agree(self, ends: Sequence[int], ours: list[Answers], theirs: list[list[tuple[bool, bool]]]) -> int:
        """How many cells agree. Raises AssertionError for one that does not."""
        for end, mine, row in zip(ends, ours, theirs, strict=True):
            for target, (every, some) in enumerate(row):
                if len(self.slices.members[end]) == 1 and target == end:
                    continue  # of an interface with itself nobody asks
                said = bool(mine.every[target] == 2), bool(mine.some[target] == 2)
                assert said == (every, some), f"{self.first[end].id} to {self.last[target].id}: {said}"
        return len(ends) * len(self.last)


def _all_pairs(place: Place, size: int) -> Measured:
    """Twenty parts of the matrix in the order in which `reachsim matrix` makes it, each by both."""
    both = Both(load(place.organization(size)))
    sources = both.slices.sources
    step = -(-len(sources) // 20)
    blocks = [sources[start : start + step] for start in range(0, len(sources), step)][: place.rounds(20)]
    ours, theirs, cells = [], [], 0
    for block in blocks:
        found: list[list[Answers]] = []
        plain: list[list[list[tuple[bool, bool]]]] = []
        ours.append(timed(lambda: found.append(both.run(block))))  # noqa: B023 (called at once)
        theirs.append(timed(lambda: plain.append(both.run_plain(block))))  # noqa: B023
        cells += both.agree(block, found[0], plain[0])
    whole = len(blocks) * step / len(sources)
    with_preparing = (sum(theirs) + both.plain_preparing * whole) / (sum(ours) + both.preparing * whole)
    values = (
        Value("plain walker / slice path, both prepared", tuple(t / o for t, o in zip(theirs, ours, strict=True))),
        Value("the same, preparing both counted", (with_preparing,)),
    )
    return Measured(values, f"{cells:,} pairs of classes, all equal", profile_of(lambda: both.run(sources)))


def classes_of_receivers(ground: Ground) -> Axes:
    """The part of preparing that any row needs: a row has a cell for each class."""
    service = TCP << 16 | PORT
    return Axes(ground, service, group_sets(ground, service), net_sets(ground))


_ABOUT = (
    "Preparing sorts all interfaces into classes by what filters and routes tell apart, and works out the ways out of "
    "and into every VPC; a single row pays for all of it and uses a small part. The walker prepares next to nothing. "
    "The last number tells how far a single row can come: a row has a cell for each class of receivers, and below 1 "
    "these classes alone take longer than the walker needs for all interfaces, however few ways are worked out."
)


def _one_source(place: Place, size: int) -> Measured:
    both = Both(load(place.organization(size)))
    rng = random.Random(1)
    ends = [rng.choice([end for end, one in enumerate(both.first) if one.kind == "interface"])
            for _ in range(place.rounds(9) + 1)]  # fmt: skip
    both.agree(ends, both.run(ends), both.run_plain(ends))
    ours, theirs, alone = [], [], []
    for end in ends[1:]:
        ours.append(timed(lambda: both.run([end])))  # noqa: B023 (called at once)
        theirs.append(timed(lambda: both.run_plain([end])))  # noqa: B023
        alone.append(timed(lambda: both.run_whole(both.first[end])))  # noqa: B023
    grounds = [load(place.organization(size)).ground for _ in range(place.rounds(3))]
    with garbage_collector_paused():
        receivers = [timed(lambda: classes_of_receivers(ground)) for ground in grounds]  # noqa: B023
    whole = statistics.median(alone) + both.plain_preparing
    more = both.preparing - both.plain_preparing
    values = (
        Value("plain walker / slice path, both prepared", tuple(t / o for t, o in zip(theirs, ours, strict=True))),
        Value("the same for a single row, preparing counted; the walker, without classes, asks every interface",
              tuple((a + both.plain_preparing) / (o + both.preparing) for a, o in zip(alone, ours, strict=True))),
        Value("rows after which preparing the slice path has paid, against that",
              tuple(more / (a - o) for a, o in zip(alone, ours, strict=True))),
        Value("the most that a single row could come to if nothing but the receivers' classes were prepared",
              tuple(whole / one for one in receivers)),
    )  # fmt: skip
    checked = f"{len(ends) * len(both.last):,} pairs of classes, all equal"
    return Measured(values, checked, profile_of(lambda: both.run(ends)))


def _growth(place: Place, size: int) -> Measured:
    """Of loading, preparing and counting all pairs, as `reachsim matrix` does."""
    rounds = [tuple(_stages(place.organization(one)) for one in (size // 10, size)) for _ in range(place.rounds(2))]
    return Measured(
        tuple(Value(f"{name}, ten times as many interfaces", tuple(big[name] / small[name] for small, big in rounds))
              for name in ("all pairs", "load", "prepare")),
        "the pairs counted are those of `reachsim matrix`", (),
    )  # fmt: skip


def _stages(folder: Path) -> dict[str, float]:
    with garbage_collector_paused():  # as the command does
        reaches: list[Reach] = []
        loading = timed(lambda: reaches.append(load(folder)))
        matrices: list[Matrix] = []
        preparing = timed(lambda: matrices.append(Matrix(reaches[0].ground, 6, PORT, kinds=("interface",))))
        counting = timed(lambda: matrices[0].counts(matrices[0].sources))
    return {"load": loading, "prepare": preparing, "all pairs": counting}


FIGURES = (
    Figure("all-pairs", "All pairs at one port against the plain walker", 10_000, "more", 300, 1000, "×", _all_pairs),
    Figure(
        "one-source", "One source to all against the plain walker", 100_000, "more", 1, 10, "×", _one_source, _ABOUT
    ),
    Figure("growth", "Growth of all pairs from a tenth of the interfaces", 100_000, "less", 40, 14, "×", _growth),
)
