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

METADATA: Final[dict[str, tuple[str, str]]] = {
    "png": ("Description", "Software"),
    "svg": ("Description", "Date"),
    "pdf": ("Subject", "CreationDate"),
}
"""Where a picture's text goes, and what is left out because it varies."""


def save_plot(check: Check, path: Path, network: Labels | None = None, *, overwrite: bool = True) -> None:
    """Write the route map, whole or not at all; the suffix of ``path`` chooses PNG, SVG or PDF.

    The same check gives the same bytes: no date is written, and ids in an SVG do not vary.
    """
    save_axes(plot_routes(check, network=network), path, overwrite=overwrite)


def save_axes(ax: Axes, path: Path, *, overwrite: bool = True) -> None:
    """Write the picture that an Axes belongs to, in the form that the suffix names.

    The file also says in words what the picture shows, for who cannot see it and for tools.
    """
    from matplotlib import rc_context

    from reachsim.files import write_file

    data = io.BytesIO()
    form = path.suffix.lstrip(".").lower()
    with rc_context({"svg.hashsalt": "reachsim"}):
        ax.get_figure(root=True).savefig(data, format=form, dpi=120, metadata=_metadata(ax, form))  # type: ignore[union-attr]
    write_file(path, data.getvalue(), overwrite=overwrite)


def description_of(ax: Axes) -> str:
    """What a picture shows, in words: its title, and a line for each line or bar of it, else its texts."""
    labels = [str(one.get_label()) for one in (*ax.lines, *ax.patches)]
    told = [label for label in labels if label and not label.startswith("_")]
    return "\n".join([ax.get_title(), *dict.fromkeys(told or [text.get_text() for text in ax.texts])])


def _metadata(ax: Axes, form: str) -> dict[str, str | None] | None:
    if form not in METADATA:
        return None
    told, varying = METADATA[form]
    return {told: description_of(ax), varying: None}
