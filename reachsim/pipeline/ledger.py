"""The rows of a walk: contacts and gaps, and what is contacted whichever branch runs.

A row that is found twice is kept once, with the surer word. Of branches of which one runs, what a single one contacts
is possible; a place that all of them contact, but for those that end in failure, is as sure as in the least sure of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reachsim.pipeline.records import ORDER, Confidence, Contact, Contacts, Gap, Unresolved, weaker
from reachsim.pipeline.variables import shown


class Branch(Struct):
    """The rows of one branch, as sure as if it ran. ``alive``: a build that does not fail may take it."""

    rows: dict[tuple[object, ...], Contact]
    gaps: dict[tuple[object, ...], Unresolved]
    alive: bool

    def places(self) -> dict[tuple[str, int], Confidence]:
        """The places that the branch contacts, each with the surest word of its rows."""
        found: dict[tuple[str, int], Confidence] = {}
        for row in sorted(self.rows.values(), key=lambda one: -ORDER[one.confidence]):
            found[row.host, row.port] = row.confidence
        return found


class Ledger:
    """What a walk has found so far."""

    def __init__(self) -> None:
        self.tolerant = 0
        """How many lists the walk stands in of which nobody minds that they fail."""
        self._rows: dict[tuple[object, ...], Contact] = {}
        self._gaps: dict[tuple[object, ...], Unresolved] = {}

    def contacts(self) -> Contacts:
        return Contacts(tuple(self._rows.values()), tuple(self._gaps.values()))

    def add(self, row: Contact) -> None:
        key = (row.host, row.port, row.file, row.line, row.command, row.kind, row.step, row.phase)
        old = self._rows.get(key)
        if old is not None:
            sure = row.confidence if ORDER[row.confidence] < ORDER[old.confidence] else old.confidence
            requests = tuple(dict.fromkeys([*old.requests, *row.requests]))
            others = tuple(dict.fromkeys([*old.others, *row.others]))
            spared = old.tolerated and row.tolerated
            row = replace(row, confidence=sure, requests=requests, others=others, tolerated=spared)
        self._rows[key] = row

    def note(self, gap: Gap, line: int, file: str, *, surely: bool = False) -> None:
        """Keep a gap; ``surely``: a normal run contacts something there."""
        row = Unresolved(file, line, shown(gap.text), shown(gap.why), surely=surely)
        self._keep((row.why,) if gap.once else (file, line, row.text, row.why), row)

    def _keep(self, key: tuple[object, ...], row: Unresolved) -> None:
        old = self._gaps.get(key)
        self._gaps[key] = row if old is None else replace(old, surely=old.surely or row.surely)

    def branch(self, walk: Callable[[], object], *, alive: bool) -> Branch:
        """The rows that a branch's walk adds, kept apart until `join`."""
        kept = self._rows, self._gaps
        mine = Branch({}, {}, alive)
        self._rows, self._gaps = mine.rows, mine.gaps
        try:
            walk()
        finally:
            self._rows, self._gaps = kept
        return mine

    def join(self, branches: Sequence[Branch], *, whole: bool) -> None:
        """Add the rows of branches; ``whole``: one of those that are alive surely runs."""
        alive = [one.places() for one in branches if one.alive] if whole else []
        shared = {
            place: max((one[place] for one in alive), key=lambda word: ORDER[word])
            for place in (alive[0] if alive else ())
            if all(place in one for one in alive)
        }
        for branch in branches:
            for row in branch.rows.values():
                level = shared.get((row.host, row.port), "possible") if branch.alive else "possible"
                self.add(replace(row, confidence=weaker(row.confidence, level)))
            for key, gap in branch.gaps.items():
                self._keep(key, replace(gap, surely=False))
