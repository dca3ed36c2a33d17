"""The route map of a check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reachsim.plot.canvas import DIM, LEAVING, LEAVING_DASHES, STYLES, Drawable, Labels, axes, frame, title, write
from reachsim.plot.fonts import drawable
from reachsim.routemap import NESTED, ROW, Box, Line, RouteMap, cut, lay_out
from reachsim.verdict import Check

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FRAMES: Final = {"vpc": ("#333333", "-", 1.3), "zone": ("#888888", ":", 0.8), "subnet": ("#bbbbbb", "-", 0.8)}


def plot_routes(check: Check, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the routes; returns the Axes. Imports matplotlib, touches no global state.

    Args:
        check: What to draw: a line for each cell of its matrix and each place of its source, labelled
            ``source → destination: outcome``. Of sources with the same answers only the first is drawn, and where
            there are many lines, sources and destinations that fare alike share a box.
        ax: Where to draw; a figure of its own, large enough for its labels, unless given.
        network: Knows the names of resources and where they stand (a `reachsim.Reach` does).
    """
    found = lay_out(check, Drawable(network))
    height = max(found.height, 120.0) + 60
    if ax is None:
        ax = axes(found.width, height + 30)
    size = frame(ax, found.width, height)
    _draw(ax, found, size)
    if not found.lines:
        write(ax, found.width / 2, height / 2, "no source to judge", size, ha="center")
    _legend(ax, size)
    title(ax, f"overall: {check.overall}", size)
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
    if line.leaving:
        colour, dashes = LEAVING, LEAVING_DASHES if line.outcome == "allowed" else style
    xs, ys = zip(*line.points, strict=True)
    ax.plot(xs, ys, linestyle=dashes, color=colour, linewidth=2.0 if line.needed else 1, zorder=1, label=line.label)
    if mark:
        x, y = line.points[-1]
        ax.plot([x - 8], [y], marker=mark, color=colour, markersize=6, markeredgewidth=1.6, zorder=4, label=line.label)


def _legend(ax: Axes, size: float) -> None:
    from matplotlib.lines import Line2D

    entries: list[tuple[str, str, Any, str]] = [("allowed, private", *STYLES["allowed"])]
    entries.append(("allowed, takes a way out", LEAVING, LEAVING_DASHES, ""))
    entries += [(name, *STYLES[name]) for name in ("intermittent", "blocked", "unknown")]
    handles = [
        Line2D([], [], color=colour, linestyle=style, marker=mark or None, label=name)
        for name, colour, style, mark in entries
    ]
    handles.append(Line2D([], [], color=DIM, linewidth=2.0, label="thick: a step of the pipeline needs it"))
    ax.legend(handles=handles, loc="lower center", ncols=3, frameon=False, fontsize=size, handlelength=4)
