"""What all pictures share: Axes of their own, letters, colours and line styles.

Allowed is solid, what takes the internet's way out long-dashed, intermittent dash-dotted, blocked dashed with a cross,
unknown dotted with a question mark; colours are Okabe and Ito's, and never alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from reachsim.plot.fonts import drawable, families
from reachsim.routemap import FONT, Places

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
DPI: Final = 96.0
"""Units of the layout in an inch."""
DIM: Final = "#555555"


class Labels(Protocol):
    def label(self, resource_id: str) -> str: ...


class Drawable:
    """Knows the names that ``network`` knows, in letters that can be drawn, and the places."""

    def __init__(self, network: Labels | None) -> None:
        self.network = network

    def label(self, resource_id: str) -> str:
        return drawable(self.network.label(resource_id) if self.network is not None else resource_id)

    def place(self, origin: str) -> tuple[str, str, str] | None:
        return self.network.place(origin) if isinstance(self.network, Places) else None


def axes(width: float, height: float) -> Axes:
    """Axes of their own, one unit to a ninety-sixth of an inch, without pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / DPI, height / DPI))
    FigureCanvasAgg(figure)
    return figure.add_axes((0.0, 0.0, 1.0, 1.0 - 30.0 / height))


def frame(ax: Axes, width: float, height: float) -> float:
    """Set the limits, y downwards; returns the size of the letters in points."""
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_axis_off()
    box = ax.get_window_extent()
    scale = min(box.width / width, box.height / height) if box.width > 1 and box.height > 1 else 1.0
    figure = ax.get_figure(root=True)
    return FONT * scale * 72 / (figure.dpi if figure is not None else 72)


def write(ax: Axes, x: float, y: float, text: str, size: float, **more: Any) -> None:
    ax.text(x, y, drawable(text), va="center", fontsize=size, family=families(text), parse_math=False, **more)


def name_of(network: Labels | None, resource_id: str) -> str:
    """A resource's id and name where names are known."""
    return network.label(resource_id) if network is not None else resource_id


def title(ax: Axes, text: str, size: float) -> None:
    """The picture's heading."""
    ax.set_title(drawable(text), fontsize=size * 1.2, family=families(text), parse_math=False)
