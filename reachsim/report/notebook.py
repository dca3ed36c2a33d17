"""What a notebook shows of an answer: its HTML, every name in it escaped. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reachsim.diagnose import Diagnosis
from reachsim.diff import Diff
from reachsim.fix import Plan
from reachsim.names import Names
from reachsim.report.diagnosis import render_diagnosis
from reachsim.report.diff import render_diff
from reachsim.report.diff_html import entries
from reachsim.report.facts import Facts
from reachsim.report.fix import STATUS, entries_of, left_of, render_fix
from reachsim.report.html import map_of, matrix_of
from reachsim.report.ladder import MOST_WAYS, groups
from reachsim.report.languages import TEXTS
from reachsim.report.names import render_names
from reachsim.report.pages import environment, part
from reachsim.report.text import describe, overall_sentence, render_check, render_trace
from reachsim.report.verify import render_verification
from reachsim.report.ways import blocks_of, way_of
from reachsim.report.words import Labels
from reachsim.routemap import lay_out
from reachsim.verdict import Check, Finding, Known, Verdict
from reachsim.verify import Verification

Shown = Check | Verdict | Finding | Diff | Plan | Names | Diagnosis | Verification


def show(value: Shown, network: Labels | None = None) -> str:
    """A value as HTML. ``network`` knows other names and places than the value itself."""
    network = network or known_of(value)
    match value:
        case Check():
            found = map_of(lay_out(value, network), value.matrix, network, TEXTS["en"])
            return _render(network, kind="check", check=value, meaning=overall_sentence(value),
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
        case Plan():
            return _render(network, kind="fix", plan=value, meaning=STATUS[value.status],
                           fixes=entries_of(value, network), left=list(left_of(value, network)),
                           **entries(value.diff, network, TEXTS["en"]))  # fmt: skip
        case Names() | Diagnosis() | Verification():
            return _render(network, kind="text", text=text_of(value, network).split("\n"))


def bundle(value: Shown) -> dict[str, str]:
    """A value as notebooks want it: HTML, and text where there is none."""
    return {"text/html": show(value), "text/plain": text_of(value, known_of(value))}


def plain(value: Shown) -> str:
    """A value as a terminal shows it, with the names that it knows."""
    return text_of(value, known_of(value)).rstrip("\n")


def known_of(value: Shown) -> Known:
    """The names and places that a value knows."""
    match value:
        case Check() | Diff():
            return value.known
        case Plan():
            return value.diff.known
    return Known()


def text_of(value: Shown, network: Labels) -> str:
    """A value as a terminal shows it."""
    match value:
        case Check():
            return render_check(value, network)
        case Verdict():
            return render_trace(value, network)
        case Finding():
            return f"{value.severity.upper()} {value.id}: {value.title}\n"
        case Diff():
            return render_diff(value, network)
        case Plan():
            return render_fix(value, network)
        case Names():
            return render_names(value, network)
        case Diagnosis():
            return render_diagnosis(value, network)
        case Verification():
            return render_verification(value, network)


def show_names(kind: str, selectors: Mapping[str, str]) -> str:
    """Selectors by name, as a table."""
    return _render(Known(), kind="names", what=kind, selectors=selectors)


def show_snapshot(facts: Facts, counts: Iterable[tuple[str, int]], network: Labels) -> str:
    """A snapshot: when it was captured, and how much there is of what."""
    return _render(network, kind="snapshot", facts=facts, counts=[pair for pair in counts if pair[1]])


def _render(network: Labels, **values: Any) -> str:
    from markupsafe import Markup

    style, script = part("notebook.css") + part("map.css"), part("map.js")
    template = environment(network, TEXTS["en"]).get_template("notebook.html.j2")
    page: str = template.render(style=Markup(style), script=Markup(script), **values)
    return page
