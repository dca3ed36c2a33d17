"""The address space of VPCs for a page: a table per VPC whose bars are inline SVG, so that its texts stay texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from reachsim.address_map import AddressMap, Bar
from reachsim.report.address_axis import MOST_VPCS, Axis, bars_of, beside, title_of
from reachsim.report.columns import clean

HEIGHT: Final = 12
MOST_ROWS: Final = 400
"""Bars of a VPC that are drawn: most of its space goes to its first route tables, groups and lists."""


def address_tables(maps: Sequence[AddressMap], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """What ``report.html.j2`` shows of each VPC: its scale, and its groups with a text, a bar and a text per row.

    Imports markupsafe.
    """
    return [_table(one, words) for one in maps[:MOST_VPCS]]


def _table(one: AddressMap, words: Mapping[str, str]) -> dict[str, Any]:
    axis = Axis(one, 0.0)
    groups, left, hidden = [], MOST_ROWS, 0
    for group in one.groups:
        rows = list(bars_of(group, words))
        if left < len(rows):
            hidden += 1
            continue
        left -= len(rows)
        groups.append({"title": clean(title_of(group, words)), "rows": list(_rows(axis, rows, words))})
    return {"vpc": one.vpc, "scale": _scale(axis), "groups": groups, "hidden": hidden}


def _rows(axis: Axis, rows: Sequence[tuple[str, Bar | None]], words: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for text, bar in rows:
        if bar is None:
            yield {"text": clean(text), "svg": "", "beside": ""}
        else:
            yield {"text": clean(text), "svg": _bar(axis, bar), "beside": clean(beside(bar, words))}


def _scale(axis: Axis) -> Any:
    names = (
        f'<text x="{x + width / 2:.1f}" y="{HEIGHT - 2}" text-anchor="middle">{escape(str(block))}</text>'
        for block, x, width in axis.blocks
    )
    return _svg(axis, names)


def _bar(axis: Axis, bar: Bar) -> Any:
    frames = (
        f'<rect class="frame" x="{x:.1f}" y="1" width="{width:.1f}" height="{HEIGHT - 2}"/>'
        for _, x, width in axis.blocks
    )
    spans = (
        f'<rect class="{bar.kind}" x="{x:.2f}" y="1" width="{width:.2f}" height="{HEIGHT - 2}"/>'
        for x, width in axis.spans(bar.inside)
    )
    return _svg(axis, (*frames, *spans))


def _svg(axis: Axis, parts: Iterator[str] | Sequence[str]) -> Any:
    from markupsafe import Markup

    size = f'width="{axis.end:.0f}" height="{HEIGHT}" viewBox="0 0 {axis.end:.1f} {HEIGHT}"'
    return Markup(f'<svg class="addresses" {size} aria-hidden="true">{"".join(parts)}</svg>')
