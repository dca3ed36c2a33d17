"""The matrix's routes as one plain picture: sources left, endpoints and gateways in the middle, destinations right.

Allowed is solid, intermittent dash-dotted, blocked dashed with a cross, unknown dotted with a question mark; colours
are Okabe and Ito's, and never alone. Past a gateway each source and outcome has a lane of its own, so that no line
hides another. Takes finished values and computes no verdict.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Final, Literal, Protocol

from reachsim.verdict import Cell, Check

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES: Final[dict[str, tuple[str, Literal["-", "--", "-.", ":"], str]]] = {
    "allowed": ("#009E73", "-", ""),
    "intermittent": ("#E69F00", "-.", ""),
    "blocked": ("#D55E00", "--", "x"),
    "unknown": ("#56B4E9", ":", "$?$"),
}
OUTWARD = ("internet", "aws-public", "mixed", "on-premises")
LEAVING = "#CC79A7"
MIDDLE = (
    "nat-gateway",
    "vpc-endpoint",
    "egress-only-internet-gateway",
    "internet-gateway",
    "vpn-gateway",
    "transit-gateway-attachment",
)
PORT = 0.31
"""How far from the middle column's centre a line leaves the height of its gateway; boxes are narrower."""
LONGEST = 40
HEADINGS = ("from", "by way of, or stopped at", "to")
TALLEST = 200
"""Inches; a picture of more than 65 536 pixels cannot be written."""


class Labels(Protocol):
    def label(self, resource_id: str) -> str: ...


def middle_of(cell: Cell) -> str:
    """The endpoint or gateway of a cell's way, else the component that blocks it."""
    paths = cell.verdict.paths if cell.verdict else ()
    for path in paths:
        by_kind = {hop.type: hop.component for hop in path.hops if hop.leg == "request"}
        for kind in MIDDLE:
            if kind in by_kind:
                return by_kind[kind]
    if any(hop.type == "codebuild-project" for path in paths for hop in path.hops):
        return "outside every VPC"
    stops = [block.component for block in cell.blocked_by if block.component not in ("", cell.source, cell.destination)]
    return stops[0] if stops else "no gateway"


def _text(network: Labels | None, name: str) -> str:
    """Id and name in what every font has; a name in other letters is left out, and what is too long is cut."""
    found = network.label(name) if network is not None else name
    if not (found.isascii() and found.isprintable()):
        found = name.encode("ascii", "backslashreplace").decode()
        found = "".join(c if c.isprintable() else "?" for c in found)
    return found if len(found) <= LONGEST else f"{found[: LONGEST - 1]}…"


def plot_routes(check: Check, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the routes; returns the Axes. Imports matplotlib, touches no global state.

    Args:
        check: What to draw: one line per cell of its matrix, labelled ``source → destination: outcome``. Of sources
            with the same answers only the first is drawn.
        ax: Where to draw; a figure of its own unless given.
        network: Knows the names of resources.
    """
    alike = {source for others in check.same_as.values() for source in others}
    cells = [cell for cell in check.matrix if not {cell.source, cell.destination} & alike]
    lines = [(cell.source, middle_of(cell), cell.destination) for cell in cells]
    columns: list[list[str]] = [list(dict.fromkeys(line[k] for line in lines)) for k in range(3)]
    height = max((len(column) for column in columns), default=1) or 1
    if ax is None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(14, min(1.8 + 0.55 * max(6, height), TALLEST)), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
    places = [{name: height - (i + 0.5) * height / len(column) for i, name in enumerate(column)} for column in columns]
    lanes = [_lanes((line[k], cell) for line, cell in zip(lines, cells, strict=True)) for k in (1, 2)]
    for (left, centre, right), cell in zip(lines, cells, strict=True):
        middle = places[1][centre] + lanes[0][centre, cell.source, cell.outcome]
        end = places[2][right] + lanes[1][right, cell.source, cell.outcome]
        _line(ax, cell, places[0][left], middle, end)
    for x, column in enumerate(places):
        ax.text(x, height + 0.45, HEADINGS[x], ha=ALIGNED[x], va="center", fontsize=9, color="#555555")
        for name, y in column.items():
            box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": "#555555"}
            more = len(check.same_as.get(name, ()))
            text = f"{_text(None, name)} and {more} alike" if more else _text(network, name)
            ax.text(x, y, text, ha=ALIGNED[x], va="center", fontsize=8, bbox=box, zorder=3, parse_math=False)
    if not cells:
        ax.text(1, height / 2, "no source to judge", ha="center", va="center", fontsize=9)
    _legend(ax)
    ax.set_xlim(-0.6, 2.6)
    ax.set_ylim(-0.1, height + 0.7)
    ax.set_axis_off()
    ax.set_title(f"overall: {check.overall}")
    return ax


ALIGNED: Final[tuple[Literal["right", "center", "left"], ...]] = ("right", "center", "left")


def _lanes(cells: Iterable[tuple[str, Cell]]) -> dict[tuple[str, str, str], float]:
    """How far above or below a box's centre a line passes it: by box, source and outcome."""
    lanes: dict[str, list[tuple[str, str, str]]] = {}
    for name, cell in cells:
        mine = lanes.setdefault(name, [])
        key = (name, cell.source, cell.outcome)
        if key not in mine:
            mine.append(key)
    gaps = {name: min(0.14, 0.28 / len(mine)) for name, mine in lanes.items()}
    return {key: ((len(mine) - 1) / 2 - i) * gaps[name] for name, mine in lanes.items() for i, key in enumerate(mine)}


def _line(ax: Axes, cell: Cell, start: float, middle: float, end: float) -> None:
    """From a source, past its gateway's box, to a destination; the mark stands well before the box."""
    colour, style, mark = STYLES[cell.outcome]
    if cell.outcome == "allowed" and cell.route in OUTWARD:
        colour = LEAVING
    name = f"{cell.source} → {cell.destination}: {cell.outcome}"
    xs, ys = (0, 1 - PORT, 1 + PORT, 2), (start, middle, middle, end)
    ax.plot(xs, ys, linestyle=style, color=colour, linewidth=2.2 if cell.needed else 1, zorder=1, label=name)
    if mark:
        x, y = 0.85 * (1 - PORT), start + 0.85 * (middle - start)
        ax.plot([x], [y], marker=mark, color=colour, markersize=8, markeredgewidth=1.8, zorder=4, label=name)


def _legend(ax: Axes) -> None:
    from matplotlib.lines import Line2D

    entries: list[tuple[str, tuple[str, Literal["-", "--", "-.", ":"], str]]]
    entries = [("allowed, private", STYLES["allowed"]), ("allowed, takes a way out", (LEAVING, "-", ""))]
    entries += [(name, STYLES[name]) for name in ("intermittent", "blocked", "unknown")]
    handles = [
        Line2D([], [], color=colour, linestyle=style, marker=mark or None, label=name)
        for name, (colour, style, mark) in entries
    ]
    handles.append(Line2D([], [], color="#555555", linewidth=2.2, label="thick: a step of the pipeline needs it"))
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=6, frameon=False, fontsize=8)


UNDATED: Final[dict[str, dict[str, None]]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}


def save_plot(check: Check, path: FilePath, network: Labels | None = None, *, overwrite: bool = True) -> None:
    """Write the picture, whole or not at all; the suffix of ``path`` chooses PNG, SVG or PDF.

    The same check gives the same bytes: no date is written, and ids in an SVG do not vary.
    """
    from matplotlib import rc_context

    from reachsim.files import write_file

    ax = plot_routes(check, network=network)
    data = io.BytesIO()
    form = path.suffix.lstrip(".").lower()
    with rc_context({"svg.hashsalt": "reachsim"}):
        ax.get_figure(root=True).savefig(data, format=form, dpi=120, metadata=UNDATED.get(form))  # type: ignore[union-attr]
    write_file(path, data.getvalue(), overwrite=overwrite)
