"""Many ways made few: those that fare alike share a name, and it is remembered whom a name stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from reachsim.routemap.labels import WORDS
from reachsim.routemap.ways import Way

MOST_LINES: Final = 75
"""More lines than this are grouped."""
MOST_BOXES: Final = 40
_KINDS: Final = frozenset({
    "acl", "cagw", "eigw", "eni", "i", "igw", "lgw", "nat", "pcx", "rtb", "sg", "subnet", "tgw", "vgw", "vpc", "vpce",
})  # fmt: skip
"""What the ids begin with that stand for all of their kind; names that owners choose (a bucket's) have no kind."""


class Members(NamedTuple):
    """Whom a name on the map stands for besides itself, as a source and as a destination."""

    sources: dict[str, tuple[str, ...]]
    destinations: dict[str, tuple[str, ...]]


def grouped(ways: list[Way], words: Mapping[str, str] = WORDS) -> tuple[list[Way], Members]:
    """Ways whose sources and destinations with the same answers are one; and what each name stands for."""
    members = Members({}, {})
    if len(ways) <= MOST_LINES:
        return ways, members
    ways = _both(ways, members)
    if len(ways) > MOST_LINES:  # the zone and subnet go, and what stops or lets through counts by its kind only
        ways = [
            way._replace(place=(way.vpc, "", "") if way.place else None, middle=_kind_of(way, words)) for way in ways
        ]
        ways = _both(ways, members)
    if len({(one.source, one.place) for one in ways}) > MOST_BOXES:  # only what a whole VPC's sources have in common
        ways = _joined(way._replace(source=words["map all"].format(way.vpc or words["map others"])) for way in ways)
        ways = _alike(ways, members.destinations, "destination", lambda one: (one.source, one.middle, *_fate(one)))
    return ways, members


def _both(ways: Sequence[Way], members: Members) -> list[Way]:
    """Destinations that all sources reach alike made one, then sources that reach all destinations alike."""
    ways = _alike(
        ways, members.destinations, "destination", lambda one: (one.source, one.place, one.middle, *_fate(one))
    )
    return _alike(ways, members.sources, "source", lambda one: (one.place, one.destination, one.middle, *_fate(one)))


def _fate(way: Way) -> tuple[str, str]:
    return way.outcome, way.turn


def _kind_of(way: Way, words: Mapping[str, str]) -> str:
    """What a middle box is called that stands for all of its kind in a VPC."""
    prefix = way.middle.partition("-")[0]
    if "-" not in way.middle or prefix not in _KINDS or " " in way.middle:
        return way.middle
    return words["map kind"].format(f"{prefix}-…", way.vpc) if way.place else f"{prefix}-…"


def _alike(
    ways: Sequence[Way], members: dict[str, tuple[str, ...]], field: Literal["source", "destination"],
    key: Callable[[Way], object],
) -> list[Way]:  # fmt: skip
    """One name for those that have the same ways; ``members`` remembers whom it stands for."""
    shapes: dict[str, list[object]] = {}
    for way in ways:
        shapes.setdefault(getattr(way, field), []).append(key(way))
    first: dict[tuple[object, ...], str] = {}
    stands: dict[str, str] = {}
    for name, shape in shapes.items():
        stands[name] = name if name == "internet" else first.setdefault(tuple(sorted(set(map(repr, shape)))), name)
    for name, leader in stands.items():
        if name != leader:
            members[leader] = (*members.get(leader, ()), name, *members.get(name, ()))
    named = [(way, stands[getattr(way, field)]) for way in ways]
    return _joined(
        way._replace(source=name) if field == "source" else way._replace(destination=name) for way, name in named
    )


def _joined(ways: Iterable[Way]) -> list[Way]:
    """Ways that differ in their cells only, made one."""
    found: dict[Way, list[Way]] = {}
    for way in ways:
        found.setdefault(way._replace(cells=(), at=None, needed=False), []).append(way)
    return [
        some[0]._replace(cells=tuple(cell for one in some for cell in one.cells), needed=any(o.needed for o in some))
        for some in found.values()
    ]
