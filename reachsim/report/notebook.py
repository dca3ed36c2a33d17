"""What a notebook shows of an answer: its HTML, every name in it escaped. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reachsim.report.facts import Facts
from reachsim.report.html import blocks_of, environment, matrix_of, way_of
from reachsim.report.ladder import MOST_WAYS, groups
from reachsim.report.text import OVERALL, describe, render_check, render_trace
from reachsim.report.words import Labels
from reachsim.verdict import Check, Finding, Verdict


class Ids:
    """Knows no names: an answer by itself holds ids only."""

    def label(self, resource_id: str) -> str:
        return resource_id


def show(value: Check | Verdict | Finding, network: Labels | None = None) -> str:
    """A value as HTML. ``network`` knows the names of resources."""
    network = network or Ids()
    match value:
        case Check():
            return _render(network, kind="check", check=value, meaning=OVERALL[value.overall],
                           matrix=matrix_of(value, {}))  # fmt: skip
        case Verdict():
            ways = list(groups(value.paths))
            return _render(network, kind="verdict", verdict=value, asked=describe(value.question),
                           blocks=list(blocks_of(value.blocked_by)), hidden=max(0, len(ways) - MOST_WAYS),
                           ways=[way_of(group, network) for group in ways[:MOST_WAYS]])  # fmt: skip
        case Finding():
            return _render(network, kind="finding", one=value)


def bundle(value: Check | Verdict) -> dict[str, str]:
    """A value as notebooks want it: HTML, and text where there is none."""
    text = render_check(value, Ids()) if isinstance(value, Check) else render_trace(value, Ids())
    return {"text/html": show(value), "text/plain": text}


def show_snapshot(facts: Facts, counts: Iterable[tuple[str, int]], network: Labels) -> str:
    """A snapshot: when it was captured, and how much there is of what."""
    return _render(network, kind="snapshot", facts=facts, counts=[pair for pair in counts if pair[1]])


def _render(network: Labels, **values: Any) -> str:
    page: str = environment(network).get_template("notebook.html.j2").render(**values)
    return page
