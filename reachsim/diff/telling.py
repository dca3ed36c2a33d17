"""From the states of a question on both sides to what is told of it."""

from __future__ import annotations

from collections.abc import Mapping

from reachsim.diff.causes import Causes
from reachsim.diff.cells import Asked, State, shift, union, words
from reachsim.diff.others import Alike
from reachsim.diff.records import Answer, CellChange, Moved
from reachsim.diff.unseen import Listed, news
from reachsim.packets import PacketSet
from reachsim.verdict import RouteWord

Turn = tuple[RouteWord, RouteWord]
"""The kinds of ways that traffic took before and takes now."""


def cell_change(
    asked: Asked, needed: bool, states: tuple[State, State], causes: Causes, listed: Listed, alike: Alike | None = None
) -> CellChange:  # fmt: skip
    """What changed of a question whose two answers differ.

    Args:
        asked: The question.
        needed: Whether a step of the pipeline needs it.
        states: The answers before and after.
        causes: Ids of the least changes that cause it, and of others that do by themselves.
        listed: Addresses about which the snapshots differ whose they are.
        alike: Other sources and destinations with the same answers.
    """
    before, after = states
    found = shift(before, after)
    out = news(asked, before, after, listed)
    return CellChange(
        asked.source,
        asked.destination,
        asked.protocol,
        asked.port,
        needed,
        _answer(before),
        _answer(after),
        allowed=words(union(found.gained.values())),
        blocked=words(union(found.lost.values())),
        moved=tuple(Moved(was, now, words(packets)) for (was, now), packets in _by_way(found.moved).items()),
        undecided=words(union(found.opened.values())),
        leaves=bool(out) and asked.source != "internet",
        exposes=bool(out) and asked.source == "internet",
        exits=tuple(component for component, packets in after.exits if packets & out),
        causes=causes[0],
        alternatives=causes[1],
        like_source=alike[0] if alike else (),
        like_destination=alike[1] if alike else (),
    )


def _by_way(moved: Mapping[tuple[str, RouteWord, RouteWord], PacketSet]) -> dict[Turn, PacketSet]:
    ways: dict[Turn, list[PacketSet]] = {}
    for (_, was, now), packets in moved.items():
        ways.setdefault((was, now), []).append(packets)
    return {way: union(packets) for way, packets in ways.items()}


def _answer(state: State) -> Answer:
    return Answer(state.outcome, state.route, dict(state.layers), state.blocked_by)
