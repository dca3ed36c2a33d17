"""A VPC's address space: what each subnet, route and rule covers of it, as bars, and what of all other addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from reachsim.address_map import AddressMap, Bar, Group, Kind
from reachsim.plot.canvas import DIM, Labels, axes, frame, name_of, title, write
from reachsim.plot.fonts import drawable
from reachsim.report.address_axis import ELSEWHERE, LONGEST, SPACE, Axis, bars_of, beside, title_of
from reachsim.report.languages import TEXTS
from reachsim.routemap import COLUMN, GAP, ROW, columns_of, cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILLS: Final[dict[Kind, tuple[str, str]]] = {
    "subnet": ("#56B4E9", ""), "free": ("#eeeeee", ".."), "route": ("#CC79A7", ""), "allow": ("#009E73", ""),
    "deny": ("#D55E00", "////"),
}  # fmt: skip
"""Colour and hatching."""
STEP: Final = ROW * 1.15
WORDS: Final = TEXTS["en"]


def plot_addresses(maps: Sequence[AddressMap], ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the address space of VPCs below one another; returns the Axes.

    Args:
        maps: What to draw, as `reachsim.address_map.address_map` gives it.
        ax: Where to draw; a figure of its own, large enough for its labels, unless given.
        network: Knows the names of the VPCs.
    """
    rows = [row for one in maps for row in _rows(one, network)]
    left = max((columns_of(text) for text, _ in rows), default=20) * COLUMN + 2 * GAP
    places = {one.vpc: Axis(one, left) for one in maps}
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
        yield drawable(title_of(group, WORDS)), group
        for text, bar in bars_of(group, WORDS):
            yield f"  {drawable(text)}", bar or group


def _scale(ax: Axes, axis: Axis, y: float, size: float) -> None:
    for block, x, width in axis.blocks:
        write(ax, x + width / 2, y + ROW / 2, str(block), size, ha="center", color=DIM)
    write(ax, axis.end + 2 * GAP, y + ROW / 2, WORDS["elsewhere"], size, color=DIM)


def _bar(ax: Axes, axis: Axis, bar: Bar, y: float, size: float) -> None:
    from matplotlib.patches import Rectangle

    colour, hatch = FILLS[bar.kind]
    look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": "#ffffff", "linewidth": 0.0}
    for _, x, width in axis.blocks:
        ax.add_patch(Rectangle((x, y + 2), width, ROW - 2, facecolor="none", edgecolor="#dddddd", linewidth=0.6))
    for x, width in axis.spans(bar.inside):
        ax.add_patch(Rectangle((x, y + 2), width, ROW - 2, label=bar.text or WORDS[f"bar {bar.kind}"], **look))
    x = axis.end + 2 * GAP
    if bar.outside or bar.missing:
        ax.add_patch(
            Rectangle(
                (x, y + 2), GAP, ROW - 2, **(look if not bar.missing else {**look, "edgecolor": DIM, "fill": False})
            )
        )
    write(ax, x + 1.5 * GAP, y + ROW / 2, beside(bar, WORDS), size, color=DIM)


def _legend(ax: Axes, size: float) -> None:
    from matplotlib.patches import Patch

    entries = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="#ffffff", label=WORDS[f"bar {kind}"])
        for kind, (colour, hatch) in FILLS.items()
    ]
    ax.legend(handles=entries, loc="lower center", ncols=5, frameon=False, fontsize=size)
