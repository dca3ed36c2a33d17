"""Pictures of answers: the route map, the matrix, and one question's ladder of hops.

Allowed is solid, what takes the internet's way out long-dashed, intermittent dash-dotted, blocked dashed with a cross,
unknown dotted with a question mark; colours are Okabe and Ito's, and never alone. Every function takes a finished value
and an Axes (or makes one), returns the Axes, touches no global state and computes no verdict. Where things stand on the
route map is settled by `reachsim.routemap`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Final, Protocol

from reachsim.evidence import Block, Hop
from reachsim.report.ladder import groups
from reachsim.report.matrix import grid
from reachsim.report.words import rule_name, type_name
from reachsim.routemap import COLUMN, FONT, GAP, LONGEST, ROW, Box, Line, Places, RouteMap, cut, lay_out, middle_of
from reachsim.verdict import Cell, Check, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES: Final[Mapping[str, tuple[str, str, str]]] = {
    "allowed": ("#009E73", "-", ""),
    "intermittent": ("#E69F00", "-.", ""),
    "blocked": ("#D55E00", "--", "x"),
    "unknown": ("#56B4E9", ":", "$?$"),
}
LEAVING: Final = "#CC79A7"
LEAVING_DASHES: Final = (0, (9.0, 1.5))
FILLS: Final = {
    "allowed": ("#b8e6d5", ""), "leaving": ("#efcfe0", "xx"), "intermittent": ("#fbe3b0", ".."),
    "blocked": ("#f5c9ab", "//"), "wanted": ("#f4f4f4", ""), "unknown": ("#cfe6f7", "--"),
}  # fmt: skip
LETTERS: Final = {"allowed": "A", "intermittent": "I", "blocked": "B", "unknown": "U"}
DPI: Final = 96.0
"""Units of the layout in an inch."""
FRAMES: Final = {"vpc": ("#333333", "-", 1.3), "zone": ("#888888", ":", 0.8), "subnet": ("#bbbbbb", "-", 0.8)}
CJK_FONTS: Final = ("Noto Sans CJK JP", "Noto Sans Mono CJK JP", "IPAexGothic", "IPAGothic", "Hiragino Sans",
                    "Yu Gothic", "MS Gothic", "Source Han Sans JP")  # fmt: skip
MOST_HOPS: Final = 60

__all__ = ["LONGEST", "middle_of", "plot_ladder", "plot_matrix", "plot_routes", "save_plot"]


class Labels(Protocol):
    def label(self, resource_id: str) -> str: ...


@cache
def _fonts() -> tuple[tuple[str, ...], frozenset[int]]:
    """Families to write with, a Japanese one behind the Latin one where there is one, and the letters they have."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    families = ("DejaVu Sans Mono", *[name for name in CJK_FONTS if name in known][:1])
    letters: set[int] = set()
    for name in families:
        letters |= set(FT2Font(str(font_manager.findfont(name))).get_charmap())
    return families, frozenset(letters)


def drawable(text: str) -> str:
    """The text with what no font here can draw spelled out."""
    letters = _fonts()[1]
    return "".join(c if ord(c) in letters and c.isprintable() else c.encode("ascii", "backslashreplace").decode()
                   if c.isprintable() else "?" for c in text)  # fmt: skip


class _Drawable:
    """Knows the names that ``network`` knows, in letters that can be drawn, and the places."""

    def __init__(self, network: Labels | None) -> None:
        self.network = network

    def label(self, resource_id: str) -> str:
        return drawable(self.network.label(resource_id) if self.network is not None else resource_id)

    def place(self, origin: str) -> tuple[str, str, str] | None:
        return self.network.place(origin) if isinstance(self.network, Places) else None


def _axes(width: float, height: float) -> Axes:
    """Axes of their own, one unit to a ninety-sixth of an inch, without pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / DPI, height / DPI))
    FigureCanvasAgg(figure)
    return figure.add_axes((0.0, 0.0, 1.0, 1.0 - 30.0 / height))


def _frame(ax: Axes, width: float, height: float) -> float:
    """Set the limits, y downwards; returns the size of the letters in points."""
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_axis_off()
    box = ax.get_window_extent()
    scale = min(box.width / width, box.height / height) if box.width > 1 and box.height > 1 else 1.0
    figure = ax.get_figure(root=True)
    return FONT * scale * 72 / (figure.dpi if figure is not None else 72)


def _write(ax: Axes, x: float, y: float, text: str, size: float, **more: Any) -> None:
    ax.text(x, y, drawable(text), va="center", fontsize=size, family=list(_fonts()[0]), parse_math=False, **more)


# --- the route map --------------------------------------------------------------------------------------------------


def plot_routes(check: Check, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the routes; returns the Axes. Imports matplotlib, touches no global state.

    Args:
        check: What to draw: a line for each cell of its matrix and each place of its source, labelled
            ``source → destination: outcome``. Of sources with the same answers only the first is drawn, and where
            there are many lines, sources and destinations that fare alike share a box.
        ax: Where to draw; a figure of its own, large enough for its labels, unless given.
        network: Knows the names of resources and where they stand (a `reachsim.Reach` does).
    """
    found = lay_out(check, _Drawable(network))
    height = max(found.height, 120.0) + 60
    if ax is None:
        ax = _axes(found.width, height + 30)
    size = _frame(ax, found.width, height)
    _draw(ax, found, size)
    if not found.lines:
        _write(ax, found.width / 2, height / 2, "no source to judge", size, ha="center")
    _legend(ax, size)
    ax.set_title(f"overall: {check.overall}", fontsize=size * 1.2)
    return ax


def _draw(ax: Axes, found: RouteMap, size: float) -> None:
    nested = ("vpc", "zone", "subnet")
    for box in sorted(found.boxes, key=lambda one: nested.index(one.kind) if one.kind in nested else 3):
        if box.kind in nested:
            _box(ax, box, size)
    for line in found.lines:
        _line(ax, line)
    for box in found.boxes:
        if box.kind not in nested:
            _box(ax, box, size)
    for x, text in found.headings:
        _write(ax, x, ROW / 2 + 2, text, size, color="#555555")


def _box(ax: Axes, box: Box, size: float) -> None:
    from matplotlib.patches import FancyBboxPatch, Rectangle

    if box.kind in FRAMES:
        colour, style, width = FRAMES[box.kind]
        ax.add_patch(Rectangle((box.x, box.y), box.width, box.height, fill=box.kind == "subnet", facecolor="#f4f5f7",
                               edgecolor=colour, linestyle=style, linewidth=width, zorder=0))  # fmt: skip
    else:
        edge = STYLES["blocked"][0] if box.kind == "stop" else "#555555"
        ax.add_patch(FancyBboxPatch((box.x, box.y), box.width, box.height, boxstyle="round,pad=0,rounding_size=4",
                                    facecolor="white", edgecolor=edge, linestyle="--" if box.unreached else "-",
                                    linewidth=0.9, zorder=3))  # fmt: skip
    x, y, _, _ = box.text
    for number, text in enumerate(box.lines):
        _write(ax, x, y + ROW * (number + 0.5), cut(drawable(text)), size, zorder=4)


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
    handles.append(Line2D([], [], color="#555555", linewidth=2.0, label="thick: a step of the pipeline needs it"))
    ax.legend(handles=handles, loc="lower center", ncols=3, frameon=False, fontsize=size, handlelength=4)


# --- the matrix -----------------------------------------------------------------------------------------------------


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
    width = left + side * len(columns) + top * 0.8 + GAP
    height = top + 2 * ROW * max(1, len(sources)) + 5 * ROW
    if ax is None:
        ax = _axes(width, height + 30)
    size = _frame(ax, width, height)
    for k, column in enumerate(columns):
        _write(ax, left + (k + 0.4) * side, top - 4, cut(column), size, rotation=45, ha="left",
               rotation_mode="anchor")  # fmt: skip
    for i, source in enumerate(sources):
        y = top + i * 2 * ROW
        _write(ax, left - GAP, y + ROW, names[i], size, ha="right")
        for k, column in enumerate(columns):
            cell = cells.get((source, column))
            if cell is None:
                continue
            kind = _kind(cell)
            colour, hatch = FILLS[kind]
            ax.add_patch(Rectangle((left + k * side, y), side - 2, 2 * ROW - 2, facecolor=colour, hatch=hatch,
                                   edgecolor="#ffffff" if hatch else "#bbbbbb", linewidth=0.6))  # fmt: skip
            letter = LETTERS[cell.outcome] + ("*" if cell.needed else "") + ("!" if kind == "leaving" else "")
            _write(ax, left + (k + 0.5) * side, y + ROW, letter, size * 1.1, ha="center", weight="bold")
    if not sources:
        _write(ax, width / 2, height / 2, "no source to judge", size, ha="center")
    for number, text in enumerate((
        "A allowed  B blocked  I intermittent  U unknown", "* a step needs it  ! leaves the private ways"
    )):  # fmt: skip
        _write(ax, GAP, height - (2.6 - number * 1.2) * ROW, text, size, color="#555555")
    ax.set_title(f"overall: {check.overall}", fontsize=size * 1.2)
    return ax


def _name(network: Labels | None, source: str, check: Check) -> str:
    more = len(check.same_as.get(source, ()))
    text = network.label(source) if network is not None else source
    return f"{cut(text, 30)} and {more} alike" if more else text


def _kind(cell: Cell) -> str:
    through = cell.outcome in ("allowed", "intermittent")
    internet = "internet" in (cell.source, cell.destination)
    if through and (cell.route not in ("private", "none") or internet):
        return "leaving"
    return "wanted" if internet and cell.outcome == "blocked" else cell.outcome


# --- one question ---------------------------------------------------------------------------------------------------


def plot_ladder(verdict: Verdict, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the first way of an answer hop by hop, the request on the left and the reply on the right.

    Every rung names the component and the rule that let it pass; a cross marks what stops it. Returns the Axes.
    """
    ways = list(groups(verdict.paths))
    first = ways[0][0] if ways else None
    legs: list[tuple[str, Sequence[Hop], Sequence[Block]]] = []
    for leg, heading in (("request", "the request"), ("response", "the reply")):
        hops: Sequence[Hop] = [hop for hop in (first.hops if first else ()) if hop.leg == leg and hop.type != "dns"][
            :MOST_HOPS
        ]
        blocks: Sequence[Block] = [
            block for block in (first.blocked_by if first else verdict.blocked_by) if block.leg == leg
        ]
        legs.append((heading, hops, blocks))
    column = (LONGEST + 4) * COLUMN
    rungs = max((len(hops) + len(blocks) for _, hops, blocks in legs), default=1) or 1
    width, height = 2 * column + 4 * GAP, (rungs * 2.6 + 3) * ROW
    if ax is None:
        ax = _axes(width, height + 30)
    size = _frame(ax, width, height)
    for number, (heading, some, stops) in enumerate(legs):
        _leg(ax, GAP + number * (column + 2 * GAP), heading, some, stops, network, size)
    asked = verdict.question
    more = len(verdict.paths) - 1
    also = f" (and {more} more)" if more > 0 else ""
    route = "" if verdict.route == "none" else f", {verdict.route}"
    title = drawable(f"{asked.source} → {asked.destination}: {verdict.outcome}{route}{also}")
    ax.set_title(title, fontsize=size * 1.2, family=list(_fonts()[0]), parse_math=False)
    return ax


def _leg(
    ax: Axes, x: float, heading: str, hops: Sequence[Hop], blocks: Sequence[Block], network: Labels | None, size: float
) -> None:
    _write(ax, x, ROW, heading, size, color="#555555")
    rungs: list[tuple[bool, str, str]] = [(False, *_rung(hop, network)) for hop in hops]
    rungs += [
        (True, block.code + (f" ({block.cause})" if block.cause else ""), _label(network, block.component))
        for block in blocks
    ]
    step = 2.6 * ROW
    ys = [2.6 * ROW + i * step for i in range(len(rungs))]
    good = sum(1 for stop, _, _ in rungs if not stop)
    if good > 1:
        ax.plot([x + 6] * 2, [ys[0], ys[good - 1]], color="#555555", linewidth=1, zorder=1)
    if blocks and hops:
        ax.plot([x + 6] * 2, [ys[good - 1], ys[-1]], color=STYLES["blocked"][0], linestyle="--", linewidth=1, zorder=1)
    for (stop, upper, lower), y in zip(rungs, ys, strict=True):
        colour, mark = (STYLES["blocked"][0], "x") if stop else ("#009E73", "o")
        ax.plot([x + 6], [y], marker=mark, color=colour, markersize=7, markeredgewidth=1.8, zorder=3)
        _write(ax, x + 20, y - ROW / 2, cut(drawable(upper)), size, color=colour if stop else "#000000")
        _write(ax, x + 20, y + ROW / 2, cut(drawable(lower)), size, color="#555555")
    if not rungs:
        _write(ax, x + 20, 2.6 * ROW, "nothing known", size, color="#555555")


def _label(network: Labels | None, name: str) -> str:
    return network.label(name) if network is not None else name


def _rung(hop: Hop, network: Labels | None) -> tuple[str, str]:
    rule = rule_name(hop.component, hop.rule)
    return f"{type_name(hop.type)} {_label(network, hop.component)}", rule or hop.detail


# --- files ----------------------------------------------------------------------------------------------------------


UNDATED: Final[dict[str, dict[str, None]]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}


def save_plot(check: Check, path: FilePath, network: Labels | None = None, *, overwrite: bool = True) -> None:
    """Write the route map, whole or not at all; the suffix of ``path`` chooses PNG, SVG or PDF.

    The same check gives the same bytes: no date is written, and ids in an SVG do not vary.
    """
    save_axes(plot_routes(check, network=network), path, overwrite=overwrite)


def save_axes(ax: Axes, path: FilePath, *, overwrite: bool = True) -> None:
    """Write the picture that an Axes belongs to, in the form that the suffix names."""
    from matplotlib import rc_context

    from reachsim.files import write_file

    data = io.BytesIO()
    form = path.suffix.lstrip(".").lower()
    with rc_context({"svg.hashsalt": "reachsim"}):
        ax.get_figure(root=True).savefig(data, format=form, dpi=120, metadata=UNDATED.get(form))  # type: ignore[union-attr]
    write_file(path, data.getvalue(), overwrite=overwrite)
