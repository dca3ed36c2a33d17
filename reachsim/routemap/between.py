"""Two snapshots as one route map: ways that are new, ways that are gone, and those that stay.

A way is the same where it starts, ends, passes the same gateway, or is stopped by the same component for the same code.
One that stays and lets other packets through, or fares otherwise in a policy, is "changed".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from reachsim.routemap.grouping import grouped
from reachsim.routemap.labels import WORDS, Labels
from reachsim.routemap.layout import place_all
from reachsim.routemap.shapes import RouteMap, Turn
from reachsim.routemap.ways import Way, paths_at, ways_of
from reachsim.verdict import Cell, Side

Asked = tuple[str, str, str | None, int | None]
"""Source, destination, protocol and port."""
_Key = tuple[Asked, Way]
_ORDER: Final[tuple[Turn, ...]] = ("unchanged", "gone", "changed", "new")


def lay_out_between(
    before: Side, after: Side, changed: Collection[Asked], network: Labels | None = None,
    words: Mapping[str, str] = WORDS,
) -> RouteMap:  # fmt: skip
    """Place the ways of both sides. A line's cells are those of ``after``, of a line that is gone those of ``before``.

    Args:
        before, after: The answers of the older and the newer snapshot.
        changed: What is asked in the cells whose answers differ in any way.
        network: Knows the names of both sides.
        words: The map's own, in another language.
    """
    ways, members = grouped(ways_between(before, after, changed), words)
    ways.sort(key=lambda way: _ORDER.index(way.turn))
    return place_all(ways, members, network, {}, words)


def ways_between(before: Side, after: Side, changed: Collection[Asked]) -> list[Way]:
    """The ways of both sides, each with its turn."""
    old, new = _ways(before), _ways(after)
    shared = {key for key in new if key in old}
    other = {key for key in shared if key[0] in changed and _traffic(old[key], before) != _traffic(new[key], after)}
    seen = {key[0] for key in (*(old.keys() ^ new.keys()), *other)}
    other |= {key for key in shared if key[0] in changed and key[0] not in seen}  # a policy, say: no one place differs
    turns: dict[_Key, Turn] = {key: "changed" if key in other else "unchanged" for key in shared}
    found = [way._replace(turn=turns.get(key, "new")) for key, way in new.items()]
    return found + [way._replace(turn="gone") for key, way in old.items() if key not in new]


def asked_of(cell: Cell) -> Asked:
    """What a cell answers."""
    if cell.verdict is None:
        return cell.source, cell.destination, None, None
    question = cell.verdict.question
    port = question.port
    return cell.source, cell.destination, None if question.protocol is None else str(question.protocol), port


def _ways(side: Side) -> Mapping[_Key, Way]:
    ways = ways_of(side.cells, side.known)
    return {(asked_of(side.cells[way.cells[0]]), way._replace(cells=(), at=None, needed=False)): way for way in ways}


def _traffic(way: Way, side: Side) -> frozenset[object]:
    paths = paths_at(side.cells[way.cells[0]], way.at, side.known)
    return frozenset((path.outcome, path.route, path.traffic) for path in paths)
