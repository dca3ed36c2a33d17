"""A VPC's address space: what each subnet, route and rule covers of it, as bars, and what of all other addresses.

The axis is not to scale, as a VPC is mostly empty: all subnets are equally wide, and what lies between them is narrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from reachsim.address_map import AddressMap, Bar, Group, Kind
from reachsim.addresses import Cidr
from reachsim.intervals import IntervalSet
from reachsim.plot.canvas import DIM, Labels, axes, frame, name_of, title, write
from reachsim.plot.fonts import drawable
from reachsim.report.words import KINDS_OF_BARS
from reachsim.routemap import COLUMN, GAP, ROW, columns_of, cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILLS: Final[dict[Kind, tuple[str, str]]] = {
    "subnet": ("#56B4E9", ""), "free": ("#eeeeee", ".."), "route": ("#CC79A7", ""), "allow": ("#009E73", ""),
    "deny": ("#D55E00", "////"),
}  # fmt: skip
"""Colour and hatching."""
LONGEST: Final = 70
MOST_BARS: Final = 64
"""Bars of a group that are shown."""
MANY: Final = 12
"""More rules than this are joined where they cover the same."""
SPACE: Final = 560.0
"""Width of a VPC's blocks together."""
WIDE: Final = 4
"""How much wider a subnet is than what lies between two."""
STEP: Final = ROW * 1.15
LEAST: Final = 2.0
"""Width of a single address."""
ELSEWHERE: Final = 44


def plot_addresses(maps: Sequence[AddressMap], ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the address space of VPCs below one another; returns the Axes.

    Args:
        maps: What to draw, as `reachsim.address_map.address_map` gives it.
        ax: Where to draw; a figure of its own, large enough for its labels, unless given.
        network: Knows the names of the VPCs.
    """
    rows = [row for one in maps for row in _rows(one, network)]
    left = max((columns_of(text) for text, _ in rows), default=20) * COLUMN + 2 * GAP
    places = {one.vpc: _Axis(one, left) for one in maps}
    width = max((one.end for one in places.values()), default=left + SPACE) + ELSEWHERE * COLUMN + 5 * GAP
    height = (len(rows) + 5) * STEP
    if ax is None:
        ax = axes(width, height + 30)
    size = frame(ax, width, height)
    vpc = ""
    for number, (text, entry) in enumerate(rows):
        y = ROW + number * STEP
        write(ax, GAP, y + ROW / 2, text, size, weight="normal" if isinstance(entry, Bar) else "bold")
        if isinstance(entry, AddressMap):
            vpc = entry.vpc
            _scale(ax, places[vpc], y, size)
        elif isinstance(entry, Bar):
            _bar(ax, places[vpc], entry, y, size)
    if not maps:
        write(ax, width / 2, height / 2, "no VPC in the snapshot", size, ha="center")
    _legend(ax, size)
    title(ax, "address space: what each covers (not to scale: all subnets are equally wide)", size)
    return ax


def _rows(one: AddressMap, network: Labels | None) -> Iterator[tuple[str, AddressMap | Group | Bar]]:
    yield cut(drawable(name_of(network, one.vpc)), LONGEST), one
    for group in one.groups:
        more = f" and {len(group.alike)} alike" if group.alike else ""
        yield cut(drawable(group.title), LONGEST - len(more)) + more, group
        bars = list(_together(group.bars))
        for bar, like_it in bars[:MOST_BARS]:
            also = f" and {like_it} more that cover the same" if like_it else ""
            yield cut(f"  {drawable(bar.text)}", LONGEST - len(also)) + also, bar
        if len(bars) > MOST_BARS:
            yield f"  … and {len(bars) - MOST_BARS} more", group
        if not group.bars:
            yield "  none", group


def _together(bars: Sequence[Bar]) -> Iterator[tuple[Bar, int]]:
    """Bars, and how many more are like each, where they are many."""
    found: dict[object, list[Bar]] = {}
    for bar in bars:
        key = bar.text if len(bars) <= MANY else (bar.kind, bar.inside, bar.outside, bar.missing, bar.note)
        found.setdefault(key, []).append(bar)
    return ((some[0], len(some) - 1) for some in found.values())


class _Axis:
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


def _scale(ax: Axes, axis: _Axis, y: float, size: float) -> None:
    for block, x, width in axis.blocks:
        write(ax, x + width / 2, y + ROW / 2, str(block), size, ha="center", color=DIM)
    write(ax, axis.end + 2 * GAP, y + ROW / 2, "elsewhere", size, color=DIM)


def _bar(ax: Axes, axis: _Axis, bar: Bar, y: float, size: float) -> None:
    from matplotlib.patches import Rectangle

    colour, hatch = FILLS[bar.kind]
    look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": "#ffffff", "linewidth": 0.0}
    for _, x, width in axis.blocks:
        ax.add_patch(Rectangle((x, y + 2), width, ROW - 2, facecolor="none", edgecolor="#dddddd", linewidth=0.6))
    for x, width in axis.spans(bar.inside):
        ax.add_patch(Rectangle((x, y + 2), width, ROW - 2, label=bar.text, **look))
    x = axis.end + 2 * GAP
    if bar.outside or bar.missing:
        ax.add_patch(
            Rectangle(
                (x, y + 2), GAP, ROW - 2, **(look if not bar.missing else {**look, "edgecolor": DIM, "fill": False})
            )
        )
    text = "not known: a file is missing" if bar.missing else bar.outside or bar.note
    write(ax, x + 1.5 * GAP, y + ROW / 2, cut(text, ELSEWHERE), size, color=DIM)


def _legend(ax: Axes, size: float) -> None:
    from matplotlib.patches import Patch

    entries = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="#ffffff", label=KINDS_OF_BARS[kind])
        for kind, (colour, hatch) in FILLS.items()
    ]
    ax.legend(handles=entries, loc="lower center", ncols=5, frameon=False, fontsize=size)
