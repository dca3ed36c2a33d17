"""What a notebook shows of an answer: its HTML, every name in it escaped. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reachsim.diff import Diff
from reachsim.report.diff import render_diff
from reachsim.report.diff_html import entries
from reachsim.report.facts import Facts
from reachsim.report.html import map_of, matrix_of
from reachsim.report.ladder import MOST_WAYS, groups
from reachsim.report.languages import TEXTS
from reachsim.report.pages import environment, part
from reachsim.report.text import OVERALL, describe, render_check, render_trace
from reachsim.report.ways import blocks_of, way_of
from reachsim.report.words import Labels
from reachsim.routemap import lay_out
from reachsim.verdict import Check, Finding, Known, Verdict


def show(value: Check | Verdict | Finding | Diff, network: Labels | None = None) -> str:
    """A value as HTML. ``network`` knows other names and places than the value itself."""
    network = network or (value.known if isinstance(value, Check | Diff) else Known())
    match value:
        case Check():
            found = map_of(lay_out(value, network), value.matrix, network, TEXTS["en"])
            return _render(network, kind="check", check=value, meaning=OVERALL[value.overall],
                           matrix=matrix_of(value, {}), map=found)  # fmt: skip
        case Verdict():
            ways = list(groups(value.paths))
            return _render(network, kind="verdict", verdict=value, asked=describe(value.question),
                           blocks=list(blocks_of(value.blocked_by)), hidden=max(0, len(ways) - MOST_WAYS),
                           ways=[way_of(group, network) for group in ways[:MOST_WAYS]])  # fmt: skip
        case Diff():
            return _render(network, kind="diff", **entries(value, network, TEXTS["en"]))
        case Finding():
            return _render(network, kind="finding", one=value)


def bundle(value: Check | Verdict | Diff) -> dict[str, str]:
    """A value as notebooks want it: HTML, and text where there is none."""
    match value:
        case Check():
            text = render_check(value, value.known)
        case Diff():
            text = render_diff(value, value.known)
        case Verdict():
            text = render_trace(value, Known())
    return {"text/html": show(value), "text/plain": text}


def show_snapshot(facts: Facts, counts: Iterable[tuple[str, int]], network: Labels) -> str:
    """A snapshot: when it was captured, and how much there is of what."""
    return _render(network, kind="snapshot", facts=facts, counts=[pair for pair in counts if pair[1]])


def _render(network: Labels, **values: Any) -> str:
    from markupsafe import Markup

    style, script = part("notebook.css") + part("map.css"), part("map.js")
    template = environment(network, TEXTS["en"]).get_template("notebook.html.j2")
    page: str = template.render(style=Markup(style), script=Markup(script), **values)
    return page
