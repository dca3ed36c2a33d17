"""Which configuration changes make an answer differ: the least set that, undone, gives the old answer back.

Changes are undone in the newer snapshot's files and the question is put again; sets of changes are narrowed down by
delta debugging, so a cause is 1-minimal: undo all of it and the answer is as before, leave any one of it in place and
it is not. A change that does it alone comes before sets of several, where there are not too many to try. Sets that make
no valid snapshot (a subnet without its VPC) decide nothing and are passed over.

**Source:** A. Zeller, R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002), algorithm ddmin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from reachsim.changes import Comparison
from reachsim.diff.bundles import bundles
from reachsim.diff.cells import Asked, State, evaluate
from reachsim.diff.records import Matters
from reachsim.errors import ReachsimError
from reachsim.forwarding import Ground
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network

Chosen = frozenset[str]
"""Ids of changes, each standing for its bundle."""

MOST_ANSWERS: Final = 500
"""Answers to work out for changes that cause nothing, each tried by itself; where it would be more, they are tried
together and only those of a group with an effect by themselves.
"""


MOST_SINGLES: Final = 500
"""Answers to work out for single changes that may be causes."""


class Trials:
    """The newer snapshot with some changes undone, and the answers there. Both are kept."""

    def __init__(
        self, comparison: Comparison, appliances: Mapping[str, str], pins: Mapping[str, IntervalSet],
        *, assume_defaults: bool = False, without: IntervalSet = EMPTY,
    ) -> None:  # fmt: skip
        self._bundles = bundles(comparison.changes)
        self._comparison, self._appliances, self._pins = comparison, appliances, pins
        self._assume_defaults, self._without = assume_defaults, without
        self._grounds: dict[Chosen, Ground | None] = {}
        self._states: dict[tuple[Chosen, object], State | None] = {}

    def know(self, undone: Chosen, ground: Ground, states: Mapping[Asked, State]) -> None:
        """Take in what is worked out already."""
        self._grounds[undone] = ground
        self._states |= {(undone, asked.key): state for asked, state in states.items()}

    def state(self, undone: Chosen, asked: Asked) -> State | None:
        """The answer with these changes undone; None if that makes no valid snapshot."""
        key = (undone, asked.key)
        if key not in self._states:
            ground = self.ground(undone)
            self._states[key] = None if ground is None else self._evaluate(ground, asked)
        return self._states[key]

    def _evaluate(self, ground: Ground, asked: Asked) -> State | None:
        try:
            return evaluate(ground, asked, self._pins, self._without)
        except ReachsimError:
            return None

    def ground(self, undone: Chosen) -> Ground | None:
        """The newer snapshot with these changes undone; None if that makes no valid one."""
        if undone not in self._grounds:
            if len(self._grounds) > 64:
                self._grounds = dict(list(self._grounds.items())[:2])
            try:
                snapshot = self._comparison.without([one for name in sorted(undone) for one in self._bundles[name]])
                network = Network(snapshot, assume_defaults=self._assume_defaults)
                self._grounds[undone] = Ground(network, self._appliances)
            except ReachsimError:
                self._grounds[undone] = None
        return self._grounds[undone]


def cause_of(
    trials: Trials, asked: Asked, before: State, relevant: Sequence[str], known: Iterable[Chosen]
) -> tuple[str, ...]:
    """The ids of the least changes to undo for the old answer. ``known``: causes of other answers, tried first."""
    every = frozenset(relevant)

    def gone(undone: Chosen) -> bool:
        if undone == every:
            return True
        state = trials.state(undone, asked)
        return state is not None and state.same_as(before)

    for likely in known:
        if likely <= every and gone(likely) and not any(gone(likely - {one}) for one in likely):
            return _in_order(relevant, likely)
    return _in_order(relevant, _ddmin(relevant, gone))


def alone(trials: Trials, asked: Asked, before: State, relevant: Sequence[str]) -> tuple[str, ...]:
    """The ids of all changes of which each, undone alone, gives the old answer back."""
    if len(relevant) == 1:
        return tuple(relevant)
    states = ((one, trials.state(frozenset((one,)), asked)) for one in relevant)
    return tuple(one for one, state in states if state is not None and state.same_as(before))


def _in_order(relevant: Sequence[str], chosen: Chosen) -> tuple[str, ...]:
    return tuple(one for one in relevant if one in chosen)


def _ddmin(items: Sequence[str], holds: Callable[[Chosen], bool]) -> Chosen:
    """A 1-minimal part of the items for which it still holds."""
    parts = 2
    here = list(items)
    while len(here) > 1:
        chunks = [here[len(here) * n // parts : len(here) * (n + 1) // parts] for n in range(parts)]
        rests = [[one for one in here if one not in chunk] for chunk in chunks]
        smaller = next((one for one in chunks if holds(frozenset(one))), None)
        if smaller is not None:
            here, parts = smaller, 2
            continue
        fewer = next((one for one in rests if one and holds(frozenset(one))), None) if parts > 2 else None
        if fewer is not None:
            here, parts = fewer, max(parts - 1, 2)
        elif parts < len(here):
            parts = min(len(here), parts * 2)
        else:
            break
    return frozenset(here)


def effect(
    trials: Trials, changes: Sequence[str], causing: Chosen, states: Mapping[Asked, tuple[State, State]]
) -> dict[str, Matters]:
    """Whether each change matters at all: it causes something, it would by itself (other changes make up for it), or
    nothing depends on it.

    Args:
        trials: The snapshots to try on.
        changes: Ids of those that are worth trying.
        causing: Ids of those that are causes.
        states: Every question with its answers before and after.
    """
    found: dict[str, Matters] = dict.fromkeys(causing, "causes")
    idle = [one for one in changes if one not in causing]
    every = frozenset(changes)
    singly = 2 * len(idle) * len(states) <= MOST_ANSWERS
    groups = [[one] for one in idle] if singly else [idle]
    while groups:
        group = groups.pop()
        undone = frozenset(group)
        acts = any(
            _differs(trials.state(undone, asked), after) or _differs(trials.state(every - undone, asked), before)
            for asked, (before, after) in states.items()
        )
        if acts and len(group) > 1:
            groups += [group[: len(group) // 2], group[len(group) // 2 :]]
        else:
            found |= dict.fromkeys(group, "indirectly" if acts else "nothing")
    return found


def _differs(state: State | None, other: State) -> bool:
    return state is not None and not state.same_as(other)
