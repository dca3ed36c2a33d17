"""The matrix's routes as one plain picture: sources left, endpoints and gateways in the middle, destinations right.

Allowed is solid, intermittent dash-dotted, blocked dashed with a cross, unknown dotted with a question mark; colours
are Okabe and Ito's, and never alone. Takes finished values and computes no verdict.
"""

from __future__ import annotations

import io
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
    return cell.blocked_by[0].component if cell.blocked_by else "no gateway"


def _text(network: Labels | None, name: str) -> str:
    found = network.label(name) if network is not None else name
    return (found if found.isascii() else name).replace("$", r"\$")


def plot_routes(check: Check, ax: Axes | None = None, *, network: Labels | None = None) -> Axes:
    """Draw the routes; returns the Axes. Imports matplotlib, touches no global state."""
    if ax is None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        rows = max(6, len({cell.destination for cell in check.matrix}), len({middle_of(cell) for cell in check.matrix}))
        figure = Figure(figsize=(14, 1.5 + 0.55 * rows), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
    lines = [(cell.source, middle_of(cell), cell.destination, cell) for cell in check.matrix]
    columns: list[list[str]] = [list(dict.fromkeys(str(line[k]) for line in lines)) for k in range(3)]
    height = max((len(column) for column in columns), default=1)
    places = [{name: height - (i + 0.5) * height / len(column) for i, name in enumerate(column)} for column in columns]
    for left, centre, right, cell in lines:
        colour, style, mark = STYLES[cell.outcome]
        if cell.outcome == "allowed" and cell.route in OUTWARD:
            colour = LEAVING
        ys = (places[0][left], places[1][centre], places[2][right])
        ax.plot((0, 1, 2), ys, linestyle=style, color=colour, linewidth=2 if cell.needed else 1, zorder=1)
        if mark:
            ax.plot([1], [ys[1]], marker=mark, color=colour, markersize=10, zorder=4)
    for x, column in enumerate(places):
        for name, y in column.items():
            box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": "#555555"}
            ax.text(
                x,
                y + (0.28 if x == 1 else 0),
                _text(network, name),
                ha=("right", "center", "left")[x],
                va="center",
                fontsize=8,
                bbox=box,
                zorder=3,
            )
    _legend(ax)
    ax.set_xlim(-0.6, 2.6)
    ax.set_ylim(0, height + 0.6)
    ax.set_axis_off()
    ax.set_title(f"overall: {check.overall}")
    return ax


def _legend(ax: Axes) -> None:
    from matplotlib.lines import Line2D

    entries: list[tuple[str, tuple[str, Literal["-", "--", "-.", ":"], str]]]
    entries = [("allowed, private", STYLES["allowed"]), ("allowed, leaves the VPC's private ways", (LEAVING, "-", ""))]
    entries += [(name, STYLES[name]) for name in ("intermittent", "blocked", "unknown")]
    handles = [
        Line2D([], [], color=colour, linestyle=style, marker=mark or None, label=name)
        for name, (colour, style, mark) in entries
    ]
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=5, frameon=False, fontsize=8)


def save_plot(check: Check, path: FilePath, network: Labels | None = None, *, overwrite: bool = True) -> None:
    """Write the picture, whole or not at all; the suffix of ``path`` chooses PNG, SVG or PDF."""
    from reachsim.files import write_file

    ax = plot_routes(check, network=network)
    data = io.BytesIO()
    ax.get_figure(root=True).savefig(data, format=path.suffix.lstrip(".").lower(), dpi=120)  # type: ignore[union-attr]
    write_file(path, data.getvalue(), overwrite=overwrite)
