"""Sources × destinations with the outcome's letter in each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reachsim.plot.canvas import DIM, Labels, axes, frame, name_of, title, write
from reachsim.plot.fonts import drawable
from reachsim.report.matrix import grid
from reachsim.routemap import COLUMN, GAP, ROW, cut
from reachsim.verdict import Cell, Check

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILLS: Final = {
    "allowed": ("#b8e6d5", ""), "leaving": ("#efcfe0", "xx"), "intermittent": ("#fbe3b0", ".."),
    "blocked": ("#f5c9ab", "//"), "wanted": ("#f4f4f4", ""), "unknown": ("#cfe6f7", "--"),
}  # fmt: skip
LETTERS: Final = {"allowed": "A", "intermittent": "I", "blocked": "B", "unknown": "U"}
KEY: Final = (
    "A allowed  B blocked (grey: as wanted)  I intermittent  U unknown",
    "* a step needs it  ! leaves the private ways",
)


def plot_matrix(check: Check, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw sources × destinations with the outcome's letter in each cell; returns the Axes.

    A allowed, B blocked, I intermittent, U unknown; ``*`` a step needs it, ``!`` it leaves the private ways. Hatching
    says the same as the colours.
    """
    from matplotlib.patches import Rectangle

    sources, columns, cells = grid(check)
    names = [cut(drawable(_name(network, source, check))) for source in sources]
    left = max((len(name) for name in names), default=10) * COLUMN + 3 * GAP
    top = max((len(cut(column)) for column in columns), default=4) * COLUMN * 0.72 + 3 * GAP
    side = 3.2 * ROW
    width = max(left + side * len(columns) + top * 0.8, max(map(len, KEY)) * COLUMN) + GAP
    height = top + 2 * ROW * max(1, len(sources)) + 5 * ROW
    if ax is None:
        ax = axes(width, height + 30)
    size = frame(ax, width, height)
    for k, column in enumerate(columns):
        write(ax, left + (k + 0.4) * side, top - 4, cut(column), size, rotation=45, ha="left",
               rotation_mode="anchor")  # fmt: skip
    for i, source in enumerate(sources):
        y = top + i * 2 * ROW
        write(ax, left - GAP, y + ROW, names[i], size, ha="right")
        for k, column in enumerate(columns):
            cell = cells.get((source, column))
            if cell is None:
                continue
            kind = _kind(cell)
            colour, hatch = FILLS[kind]
            ax.add_patch(Rectangle((left + k * side, y), side - 2, 2 * ROW - 2, facecolor=colour, hatch=hatch,
                                   edgecolor="#ffffff" if hatch else "#bbbbbb", linewidth=0.6,
                                   label=f"{cell.source} → {cell.destination}: {cell.outcome}"))  # fmt: skip
            letter = LETTERS[cell.outcome] + ("*" if cell.needed else "") + ("!" if kind == "leaving" else "")
            write(ax, left + (k + 0.5) * side, y + ROW, letter, size * 1.1, ha="center", weight="bold")
    if not sources:
        write(ax, width / 2, height / 2, "no source to judge", size, ha="center")
    for number, text in enumerate(KEY):
        write(ax, GAP, height - (2.6 - number * 1.2) * ROW, text, size, color=DIM)
    title(ax, f"overall: {check.overall}", size)
    return ax


def _name(network: Labels | None, source: str, check: Check) -> str:
    more = len(check.same_as.get(source, ()))
    text = name_of(network, source)
    return f"{cut(text, 30)} and {more} alike" if more else text


def _kind(cell: Cell) -> str:
    through = cell.outcome in ("allowed", "intermittent")
    internet = "internet" in (cell.source, cell.destination)
    if through and (cell.route not in ("private", "none") or internet):
        return "leaving"
    return "wanted" if internet and cell.outcome == "blocked" else cell.outcome
