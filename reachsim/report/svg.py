"""The route map as inline SVG for a page: classes instead of colours, so that the page's style decides, every line in a
group of its own that a pointer can find, and a link from it to its trace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from reachsim.report.columns import clean
from reachsim.routemap import FONT, NESTED, ROW, Box, Line, RouteMap

SIGNS: Final[Mapping[str, str]] = {
    "new": "m-4 0h8m-4 -4v8", "gone": "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z", "changed": "m-4 0l4 -4l4 4l-4 4z",
}  # fmt: skip
"""What stands at the start of a line that is not the same on both sides, drawn from the middle."""


def render_map(
    route_map: RouteMap, *, title: str, links: Mapping[int, str] | None = None, words: Mapping[str, str] | None = None
) -> str:
    """A whole ``<svg>`` element; every name in it is escaped.

    Args:
        route_map: The layout.
        title: What a screen reader calls the picture.
        links: Place in the check's matrix → where a click on its line leads.
        words: Headings in another language.
    """
    size = f'width="{route_map.width:.0f}" height="{route_map.height:.0f}"'
    view = f'viewBox="0 0 {route_map.width:.0f} {route_map.height:.0f}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" class="map" role="group" {size} {view} '
             f"aria-label={quoteattr(clean(title))}>"]  # fmt: skip
    parts += [_box(box) for box in route_map.boxes if box.kind in NESTED]
    parts += [_line(line, links or {}) for line in route_map.lines]
    parts += [_box(box) for box in route_map.boxes if box.kind not in NESTED]
    headings = [(x, (words or {}).get(text, text)) for x, text in route_map.headings]
    parts += [f'<text class="heading" x="{x:.1f}" y="{ROW:.0f}">{escape(text)}</text>' for x, text in headings]
    return "\n".join([*parts, "</svg>"])


def _box(box: Box) -> str:
    x, y, _, _ = box.text
    lines = [f'<tspan x="{x:.1f}" y="{y + ROW * i + FONT:.1f}">{escape(clean(line))}</tspan>'
             for i, line in enumerate(box.lines)]  # fmt: skip
    rounded = ' rx="5"' if box.kind not in NESTED else ""
    kinds = f"{box.kind} unreached" if box.unreached else box.kind
    return (
        f'<g class="{kinds}"><rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}"{rounded}/><text>{"".join(lines)}</text></g>'
    )


def classes_of(line: Line) -> str:
    """The classes of a line: its outcome, whether it leaves the private ways, whether a step needs it, its turn."""
    more = {"leaving": line.leaving, "needed": line.needed and not line.turn, f"turn-{line.turn}": bool(line.turn)}
    return " ".join(["line", line.outcome, *(word for word, holds in more.items() if holds)])


def _line(line: Line, links: Mapping[int, str]) -> str:
    path = " ".join(f"{'ML'[i > 0]}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(line.points))
    shown = f'<title>{escape(clean(line.label))}</title><path class="hit" d="{path}"/>'
    shown += f'<path class="{classes_of(line)}" d="{path}"/>'
    x, y = line.points[0]
    if line.turn in SIGNS:
        shown += f'<path class="sign turn-{line.turn}" d="M{x + 7:.1f} {y:.1f}{SIGNS[line.turn]}"/>'
    x, y = line.points[-1]
    if line.stopped:
        shown += f'<path class="mark" d="M{x - 12:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"/>'
    elif line.outcome == "unknown":
        shown += f'<text class="mark" x="{x - 11:.1f}" y="{y + 4:.1f}">?</text>'
    link = next((links[cell] for cell in line.cells if cell in links), None)
    return f'<g class="way">{shown}</g>' if link is None else f'<a class="way" href={quoteattr(link)}>{shown}</a>'
