"""Pictures written to files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reachsim.plot.canvas import Labels
from reachsim.plot.routes import plot_routes
from reachsim.verdict import Check

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNDATED: Final[dict[str, dict[str, None]]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}


def save_plot(check: Check, path: Path, network: Labels | None = None, *, overwrite: bool = True) -> None:
    """Write the route map, whole or not at all; the suffix of ``path`` chooses PNG, SVG or PDF.

    The same check gives the same bytes: no date is written, and ids in an SVG do not vary.
    """
    save_axes(plot_routes(check, network=network), path, overwrite=overwrite)


def save_axes(ax: Axes, path: Path, *, overwrite: bool = True) -> None:
    """Write the picture that an Axes belongs to, in the form that the suffix names."""
    from matplotlib import rc_context

    from reachsim.files import write_file

    data = io.BytesIO()
    form = path.suffix.lstrip(".").lower()
    with rc_context({"svg.hashsalt": "reachsim"}):
        ax.get_figure(root=True).savefig(data, format=form, dpi=120, metadata=UNDATED.get(form))  # type: ignore[union-attr]
    write_file(path, data.getvalue(), overwrite=overwrite)
