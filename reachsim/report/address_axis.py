"""Where the addresses of a VPC stand on a line, and which bars stand below it: for the picture and for the page.

The axis is not to scale, as a VPC is mostly empty: all subnets are equally wide, and what lies between them is narrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reachsim.address_map import AddressMap, Bar, Group, Outside
from reachsim.addresses import Cidr
from reachsim.intervals import IntervalSet
from reachsim.routemap import COLUMN, GAP, cut

LONGEST: Final = 70
MOST_VPCS: Final = 20
"""VPCs that are drawn unless they are named; the others are told."""
MOST_BARS: Final = 64
"""Bars of a group that are shown."""
MANY: Final = 12
"""More rules than this are joined where they cover the same."""
SPACE: Final = 560.0
"""Width of a VPC's blocks together."""
WIDE: Final = 4
"""How much wider a subnet is than what lies between two."""
LEAST: Final = 2.0
"""Width of a single address."""
ELSEWHERE: Final = 44
"""Columns of the text beside the bars."""


def bars_of(group: Group, words: Mapping[str, str]) -> Iterator[tuple[str, Bar | None]]:
    """What stands below a group's title: texts with their bars, and how many more there are."""
    bars = list(_together(group.bars))
    for bar, like_it in bars[:MOST_BARS]:
        also = words["bars alike"].format(like_it) if like_it else ""
        yield cut(_text(bar, words), LONGEST - len(also)) + also, bar
    if len(bars) > MOST_BARS:
        yield words["bars more"].format(len(bars) - MOST_BARS), None
    if not bars:
        yield words["bars none"], None


def title_of(group: Group, words: Mapping[str, str]) -> str:
    """A group's title, and how many others it stands for."""
    more = words["groups alike"].format(len(group.alike)) if group.alike else ""
    if group.subnets is not None:
        number = {0: "none", 1: "one"}.get(group.subnets, "many")
        more += words[f"group of {number}"].format(group.subnets)
    return cut(words[f"group {group.what}"].format(group.name), LONGEST - len(more)) + more


def beside(bar: Bar, words: Mapping[str, str]) -> str:
    """What a bar covers outside of the VPC, or why that is not known."""
    if bar.missing:
        return cut(words["bar missing"], ELSEWHERE)
    outside = ", ".join(_outside(one, words) for one in bar.outside)
    return cut(outside or (words[f"bar {bar.note}"] if bar.note else ""), ELSEWHERE)


def _text(bar: Bar, words: Mapping[str, str]) -> str:
    if bar.missing and bar.kind == "route" and not bar.text:
        return words["bar list"].format(", ".join(bar.missing))
    return bar.text or words[f"bar {bar.kind}"]


def _outside(one: Outside, words: Mapping[str, str]) -> str:
    more = words["outside more"].format(one.more) if one.more else ""
    return words[f"outside {one.covers}"].format(one.text) + more


def _together(bars: Sequence[Bar]) -> Iterator[tuple[Bar, int]]:
    """Bars, and how many more are like each, where they are many."""
    found: dict[object, list[Bar]] = {}
    for bar in bars:
        key = bar.text if len(bars) <= MANY else (bar.kind, bar.inside, bar.outside, bar.missing, bar.note)
        found.setdefault(key, []).append(bar)
    return ((some[0], len(some) - 1) for some in found.values())


class Axis:
    """Where addresses of a VPC stand."""

    def __init__(self, one: AddressMap, left: float) -> None:
        self.blocks: list[tuple[Cidr, float, float]] = []
        self.pieces: list[tuple[IntervalSet, float, float]] = []
        parts = [(block, _cut(block.block, one.subnets)) for block in one.blocks]
        unit = SPACE / max(1, sum(_weight(some) for _, some in parts))
        self.end = left
        for block, some in parts:
            start = x = self.end + (GAP if self.blocks else 0)
            own = max(unit, (len(str(block)) + 2) * COLUMN / _weight(some))  # room for the block's name
            for piece, subnet in some:
                width = own * (WIDE if subnet else 1)
                self.pieces.append((piece, x, width))
                x += width
            self.blocks.append((block, start, x - start))
            self.end = x

    def spans(self, addresses: IntervalSet) -> Iterator[tuple[float, float]]:
        """Where a set begins and how wide it is, from left to right; neighbours together."""
        last: tuple[float, float] | None = None
        for piece, x, width in self.pieces:
            low, size = piece.first, piece.size
            for first, end in (addresses & piece).spans:
                wide = max(min(LEAST, width), (end - first + 1) / size * width)
                at = min(x + (first - low) / size * width, x + width - wide)
                if last is not None and abs(last[0] + last[1] - at) < 1e-6:
                    last = last[0], last[1] + wide
                    continue
                if last is not None:
                    yield last
                last = at, wide
        if last is not None:
            yield last


def _weight(pieces: Sequence[tuple[IntervalSet, bool]]) -> int:
    return sum(WIDE if subnet else 1 for _, subnet in pieces)


def _cut(block: IntervalSet, subnets: Sequence[IntervalSet]) -> list[tuple[IntervalSet, bool]]:
    """A block's addresses in order, in pieces: (a subnet's, True) and (what is between, False)."""
    inside = [subnet & block for subnet in subnets if subnet & block]
    free = block - IntervalSet.union_of(inside)
    pieces = [(one, True) for one in inside] + [(IntervalSet.span(*span), False) for span in free.spans]
    return sorted(pieces, key=lambda piece: piece[0].first)
