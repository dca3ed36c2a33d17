"""The route map of a check, and of two snapshots as one.

On the map of two snapshots the dashes tell the outcome as on any other, and colour and a sign at the start of a line
what became of it: ``+`` new, a ring gone, a diamond the same way with other packets; what stays is thin and grey.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reachsim.diff import Diff
from reachsim.plot.canvas import DIM, LEAVING, LEAVING_DASHES, STYLES, Drawable, Labels, axes, frame, title, write
from reachsim.plot.fonts import drawable
from reachsim.report.diff import map_of_diff, overall
from reachsim.routemap import NESTED, ROW, Box, Line, RouteMap, cut, lay_out
from reachsim.verdict import Check

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

FRAMES: Final = {"vpc": ("#333333", "-", 1.3), "zone": ("#888888", ":", 0.8), "subnet": ("#bbbbbb", "-", 0.8)}
TURNS: Final = {
    "new": ("#0072B2", 2.2, "+"), "gone": ("#D55E00", 1.8, "o"), "changed": ("#E69F00", 1.8, "d"),
    "unchanged": ("#aaaaaa", 0.8, ""),
}  # fmt: skip
"""Colour, width and sign."""


def plot_routes(check: Check, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the routes; returns the Axes. Imports matplotlib, touches no global state.

    Args:
        check: What to draw: a line for each cell of its matrix and each place of its source, labelled
            ``source → destination: outcome``. Of sources with the same answers only the first is drawn, and where
            there are many lines, sources and destinations that fare alike share a box.
        ax: Where to draw; a figure of its own, large enough for its labels, unless given.
        network: Knows the names of resources and where they stand (a `reachsim.Reach` does).
    """
    return _drawn(lay_out(check, Drawable(network)), ax, f"overall: {check.overall}", "no source to judge")


def plot_diff(diff: Diff, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw both snapshots as one route map; returns the Axes.

    Args:
        diff: What to draw: the ways of every source that a change can touch, labelled
            ``source → destination: outcome, turn``.
        ax: Where to draw; a figure of its own, large enough for its labels, unless given.
        network: Knows other names than the diff itself.
    """
    found = map_of_diff(diff, Drawable(network or diff.known))
    return _drawn(found, ax, f"overall: {overall(diff)}", "nothing changed for any source", turns=True)


def _drawn(found: RouteMap, ax: Axes | None, heading: str, empty: str, *, turns: bool = False) -> Axes:
    height = max(found.height, 120.0) + 60
    if ax is None:
        ax = axes(max(found.width, 900.0), height + 30)
    size = frame(ax, max(found.width, 900.0), height)
    _draw(ax, found, size)
    if not found.lines:
        write(ax, max(found.width, 900.0) / 2, height / 2, empty, size, ha="center")
    ax.legend(handles=_turns() if turns else _outcomes(), loc="lower center", ncols=3, frameon=False, fontsize=size,
              handlelength=4)  # fmt: skip
    title(ax, heading, size)
    return ax


def _draw(ax: Axes, found: RouteMap, size: float) -> None:
    for box in sorted(found.boxes, key=lambda one: NESTED.index(one.kind) if one.kind in NESTED else 3):
        if box.kind in NESTED:
            _box(ax, box, size)
    for line in found.lines:
        _line(ax, line)
    for box in found.boxes:
        if box.kind not in NESTED:
            _box(ax, box, size)
    for x, text in found.headings:
        write(ax, x, ROW / 2 + 2, text, size, color=DIM)


def _box(ax: Axes, box: Box, size: float) -> None:
    from matplotlib.patches import FancyBboxPatch, Rectangle

    if box.kind in FRAMES:
        colour, style, width = FRAMES[box.kind]
        ax.add_patch(Rectangle((box.x, box.y), box.width, box.height, fill=box.kind == "subnet", facecolor="#f4f5f7",
                               edgecolor=colour, linestyle=style, linewidth=width, zorder=0))  # fmt: skip
    else:
        edge = STYLES["blocked"][0] if box.kind == "stop" else DIM
        ax.add_patch(FancyBboxPatch((box.x, box.y), box.width, box.height, boxstyle="round,pad=0,rounding_size=4",
                                    facecolor="white", edgecolor=edge, linestyle="--" if box.unreached else "-",
                                    linewidth=0.9, zorder=3))  # fmt: skip
    x, y, _, _ = box.text
    for number, text in enumerate(box.lines):
        write(ax, x, y + ROW * (number + 0.5), cut(drawable(text)), size, zorder=4)


def _line(ax: Axes, line: Line) -> None:
    colour, style, mark = STYLES[line.outcome]
    dashes: Any = style
    width = 2.0 if line.needed else 1.0
    if line.leaving:
        colour, dashes = LEAVING, LEAVING_DASHES if line.outcome == "allowed" else style
    if line.turn:
        colour, width, sign = TURNS[line.turn]
        x, y = line.points[0]
        if sign:
            ax.plot([x + 6], [y], marker=sign, color=colour, markersize=5 if sign == "o" else 7, markeredgewidth=1.6,
                    markerfacecolor="white", zorder=4, label=line.label)  # fmt: skip
    xs, ys = zip(*line.points, strict=True)
    ax.plot(xs, ys, linestyle=dashes, color=colour, linewidth=width, zorder=1, label=line.label)
    if mark:
        x, y = line.points[-1]
        ax.plot([x - 8], [y], marker=mark, color=colour, markersize=6, markeredgewidth=1.6, zorder=4, label=line.label)


def _outcomes() -> list[Artist]:
    entries: list[tuple[str, str, Any, str]] = [("allowed, private", *STYLES["allowed"])]
    entries.append(("allowed, takes the internet's way out", LEAVING, LEAVING_DASHES, ""))
    entries += [(name, *STYLES[name]) for name in ("intermittent", "blocked", "unknown")]
    return [
        *(_key(name, colour, style, mark, 1.5) for name, colour, style, mark in entries),
        _key("thick: a step of the pipeline needs it", DIM, "-", "", 2.0),
        _unreached(),
    ]


def _turns() -> list[Artist]:
    words = {"new": "new", "gone": "gone", "changed": "same way, other packets", "unchanged": "unchanged"}
    styles = [
        ("allowed", "-", ""),
        ("allowed, takes the internet's way out", LEAVING_DASHES, ""),
        ("intermittent", "-.", ""),
    ]
    styles += [("blocked", "--", "x"), ("unknown", ":", "$?$")]
    return [
        *(_key(word, TURNS[turn][0], "-", TURNS[turn][2], TURNS[turn][1]) for turn, word in words.items()),
        *(_key(name, DIM, style, mark, 1.0) for name, style, mark in styles),
        _unreached(),
    ]


def _unreached() -> Artist:
    from matplotlib.patches import Patch

    return Patch(
        facecolor="white", edgecolor=DIM, linestyle="--", linewidth=0.8, label="dashed box: nothing gets there"
    )


def _key(name: str, colour: str, style: Any, mark: str, width: float) -> Artist:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, linestyle=style, marker=mark or None, label=name, linewidth=width,
                  markerfacecolor="white")  # fmt: skip
