"""Which configuration changes make an answer differ: the least set that, undone, gives the old answer back.

Changes are undone in the newer snapshot's files and the question is put again; sets of changes are narrowed down by
delta debugging, so a cause is 1-minimal: undo all of it and the answer is as before, leave any one of it in place and
it is not. Changes that do it alone come before sets of several. Where there are too many to try for every answer, they
are tried for one answer of each source and kind, and what is found there for the others; the comparison then says so.
Sets that make no valid snapshot (a subnet without its VPC) decide nothing and are passed over.

**Source:** A. Zeller, R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002), algorithm ddmin.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Final

from reachsim.changes import Comparison
from reachsim.diff.bundles import bundles
from reachsim.diff.cells import Asked
from reachsim.diff.reading import Answer, Reader, read_of
from reachsim.diff.records import Matters
from reachsim.diff.touching import Touching
from reachsim.errors import ReachsimError
from reachsim.forwarding import Ground
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network

Chosen = frozenset[str]
"""Ids of changes, each standing for its bundle."""
Causes = tuple[tuple[str, ...], tuple[str, ...]]
"""(ids of the least changes to undo for the old answer, others of which each does it alone)."""
Pair = tuple[Answer, Answer]
"""The answers before and after."""
_NONE: Final[Chosen] = frozenset()

MOST_TRIALS: Final = 3000
"""Answers worth working out for single changes that may be causes, and again for changes that cause nothing."""
FIRST_ONLY: Final = (
    "of answers that changed alike for one source, causes that suffice alone were looked for in the first one only"
)
TOGETHER: Final = "changes that cause nothing were tried together, not each by itself"


class Trials:
    """The newer snapshot with some changes undone, and the answers there. Both are kept.

    Args:
        comparison: The two snapshots.
        touching: Which changes can touch which question; the others need not be undone for it.
        after: The newer one.
        pins: Names with addresses of the user's.
        answers: Those before and after.
        without: Addresses that are no news.
    """

    def __init__(
        self, comparison: Comparison, touching: Touching, after: Ground, pins: Mapping[str, IntervalSet],
        answers: Mapping[Asked, Pair], without: IntervalSet = EMPTY,
    ) -> None:  # fmt: skip
        self._bundles = bundles(comparison.changes)
        self._comparison, self._touching, self._after, self._pins = comparison, touching, after, pins
        self._without = without
        self.answers = answers
        self._known = {asked: {touching.question(asked): pair[0], _NONE: pair[1]} for asked, pair in answers.items()}
        self._of_source: dict[str, list[Asked]] = {}
        for asked in answers:
            if asked.packets_only:
                self._of_source.setdefault(asked.source, []).append(asked)
        self._invalid: set[tuple[Chosen, Asked]] = set()
        self._reads = {name: read_of(some, *touching.networks) for name, some in self._bundles.items()}
        self._grounds: dict[Chosen, Reader | None] = {}
        self._limits: dict[str, None] = {}

    @property
    def limits(self) -> tuple[str, ...]:
        """What was not tried, in words."""
        return tuple(self._limits)

    def limited(self, words: str) -> None:
        """Note what was not tried."""
        self._limits[words] = None

    def touching(self, asked: Asked) -> Chosen:
        """The changes that can make a difference to an answer."""
        return self._touching.question(asked)

    def answer(self, undone: Chosen, asked: Asked, among: Container[Asked] = ()) -> Answer | None:
        """The answer with these changes undone; None if that makes no valid snapshot.

        ``among`` are questions that will be put, too: those of the same source are answered by the same walk.
        """
        chosen = undone & self.touching(asked)
        if self._open(chosen, asked):
            alike = [
                one for one in self._of_source.get(asked.source, ()) if one != asked and one in among
                and undone & self.touching(one) == chosen and self._open(chosen, one)
            ]  # fmt: skip
            self._work_out(chosen, [asked, *alike])
        return self._known[asked].get(chosen)

    def is_back(self, undone: Chosen, asked: Asked, among: Container[Asked] = ()) -> bool:
        """Whether the old answer is back with these changes undone."""
        found = self.answer(undone, asked, among)
        return found is not None and found.same_as(self.answers[asked][0])

    def _open(self, chosen: Chosen, asked: Asked) -> bool:
        """Whether an answer has yet to be worked out: one that read none of what differs is the same."""
        known = self._known[asked]
        if chosen in known or (chosen, asked) in self._invalid:
            return False
        like = next((one for other, one in known.items() if one.unread(*map(self._reads.get, chosen ^ other))), None)
        if like is not None:
            known[chosen] = like
        return like is None

    def _work_out(self, chosen: Chosen, questions: Sequence[Asked]) -> None:
        ground = self.ground(chosen)
        try:
            given = ground.answers(questions, self._pins, self._without, self._known_of) if ground is not None else ()
            found = dict(given)
        except ReachsimError:
            for one in questions if len(questions) > 1 else ():
                self._work_out(chosen, [one])
            found = {}
        for asked in questions:
            if asked in found:
                self._known[asked][chosen] = found[asked]
            elif chosen not in self._known[asked]:
                self._invalid.add((chosen, asked))

    def _known_of(self, asked: Asked) -> Iterable[Answer]:
        return self._known[asked].values()

    def ground(self, undone: Chosen) -> Reader | None:
        """The newer snapshot with these changes undone; None if that makes no valid one."""
        if undone not in self._grounds:
            if len(self._grounds) > 64:
                self._grounds.clear()
            try:
                snapshot = self._comparison.without([one for name in sorted(undone) for one in self._bundles[name]])
                after = self._after.network
                network = Network(snapshot, assume_defaults=after.assume_defaults, beside=after)
                self._grounds[undone] = Reader(network, self._after.appliances)
            except ReachsimError:
                self._grounds[undone] = None
        return self._grounds[undone]


def causes_of(trials: Trials, changed: Iterable[Asked], units: Sequence[str]) -> dict[Asked, Causes]:
    """The causes of each changed answer. ``units``: ids of the changes, in order of preference."""
    relevant = {asked: [one for one in units if one in trials.touching(asked)] for asked in changed}
    firsts = list(relevant)
    if sum(map(len, relevant.values())) > MOST_TRIALS:
        firsts = list({_kind(trials, asked): asked for asked in reversed(relevant)}.values())
        trials.limited(FIRST_ONLY)
    singles = _alone(trials, {asked: relevant[asked] for asked in firsts})
    of_kind = {_kind(trials, asked): singles[asked] for asked in firsts}
    known: dict[Chosen, None] = {}
    found: dict[Asked, Causes] = {}
    for asked, mine in relevant.items():
        each = singles[asked] if asked in singles else [
            one for one in of_kind[_kind(trials, asked)] if trials.is_back(frozenset((one,)), asked)
        ]  # fmt: skip
        cause = tuple(each[:1]) or _least(trials, asked, mine, known)
        found[asked] = cause, tuple(each[1:])
        known[frozenset(cause)] = None
    return found


def _kind(trials: Trials, asked: Asked) -> object:
    before, after = (one.state for one in trials.answers[asked])
    inward = asked.destination if asked.source == "internet" else asked.source
    return inward, trials.touching(asked), before.outcome, before.route, after.outcome, after.route, after.layers


def _alone(trials: Trials, relevant: Mapping[Asked, Sequence[str]]) -> dict[Asked, list[str]]:
    """All changes of which each, undone alone, gives the old answer back; one snapshot after the other."""
    found: dict[Asked, list[str]] = {asked: [] for asked in relevant}
    for one in dict.fromkeys(one for mine in relevant.values() for one in mine):
        for asked, mine in relevant.items():
            if one in mine and trials.is_back(frozenset((one,)), asked, relevant):
                found[asked].append(one)
    return {asked: [one for one in relevant[asked] if one in each] for asked, each in found.items()}


def _least(trials: Trials, asked: Asked, relevant: Sequence[str], known: Iterable[Chosen]) -> tuple[str, ...]:
    """The least changes to undo for the old answer. ``known``: causes of other answers, tried first."""
    every = frozenset(relevant)

    def gone(undone: Chosen) -> bool:
        return trials.is_back(undone, asked)

    for likely in known:
        if likely <= every and gone(likely) and not any(gone(likely - {one}) for one in likely):
            return _in_order(relevant, likely)
    return _in_order(relevant, _ddmin(relevant, gone))


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


def effect(trials: Trials, changes: Sequence[str], causing: Chosen) -> dict[str, Matters]:
    """Whether each change matters at all: it causes something, it would by itself (other changes make up for it), or
    nothing depends on it.

    Args:
        trials: The snapshots to try on.
        changes: Ids of those that are worth trying.
        causing: Ids of those that are causes.
    """
    found: dict[str, Matters] = dict.fromkeys(causing, "causes")
    idle = [one for one in changes if one not in causing]
    every = frozenset(changes)
    effort = sum(len(trials.touching(asked) - causing) for asked in trials.answers)
    if idle and 2 * effort > MOST_TRIALS:
        trials.limited(TOGETHER)
    groups = [[one] for one in idle] if 2 * effort <= MOST_TRIALS else [idle]
    while groups:
        group = groups.pop()
        undone = frozenset(group)
        acts = any(
            _differs(trials.answer(undone, asked, trials.answers), after)
            or _differs(trials.answer(every - undone, asked, trials.answers), before)
            for asked, (before, after) in trials.answers.items() if not undone.isdisjoint(trials.touching(asked))
        )  # fmt: skip
        if acts and len(group) > 1:
            groups += [group[: len(group) // 2], group[len(group) // 2 :]]
        else:
            found |= dict.fromkeys(group, "indirectly" if acts else "nothing")
    return found


def _differs(answer: Answer | None, other: Answer) -> bool:
    return answer is not None and not answer.same_as(other)
