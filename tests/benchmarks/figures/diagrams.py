"""All pairs against prebuilt binary decision diagrams."""

from __future__ import annotations

from reachsim import load
from tests.benchmarks.bdd import Diagrams
from tests.benchmarks.figure import Figure, Place
from tests.benchmarks.figures.pairs import Both
from tests.benchmarks.measuring import Measured, Value, profile_of, timed


def _diagrams(place: Place, size: int) -> Measured:
    both = Both(load(place.organization(size)))
    made: list[Diagrams] = []
    building = timed(lambda: made.append(Diagrams(both.plain, both.first)))
    diagrams = made[0]
    connected = diagrams.connected()
    ends = range(len(both.first))
    answers = dict(zip(both.slices.sources, both.run(both.slices.sources), strict=True))
    pairs = 0
    for source in ends:
        reached = {target for target in connected[source] if diagrams.open(source, target)}
        for target in ends:
            if source != target:  # of a class with itself, a diagram cannot tell two members apart
                pairs += 1
                assert bool(answers[source].some[target]) == (target in reached), (source, target)

    def walk() -> None:
        for source in ends:
            for target in connected[source]:
                diagrams.open(source, target)

    ours, theirs = [], []
    for _ in range(place.rounds(9)):
        ours.append(timed(lambda: both.run(both.slices.sources)))
        theirs.append(timed(walk))
    values = (
        Value(f"{diagrams.engine}, one AND a pair that has a way / slice path, both prepared",
              tuple(t / o for t, o in zip(theirs, ours, strict=True))),
        Value("building the diagrams / preparing the slice path", (building / both.preparing,)),
    )  # fmt: skip
    return Measured(values, f"{pairs:,} pairs of classes, all equal",
                    profile_of(lambda: both.run(both.slices.sources)))  # fmt: skip


FIGURES = (
    Figure("all-pairs-bdd", "All pairs at one port against prebuilt decision diagrams", 1_000, "more", 10, 30, "×",
           _diagrams),
)  # fmt: skip
