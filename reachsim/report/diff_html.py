"""What changed between two snapshots as one HTML file that needs nothing else, for a reviewer who was not there.

Built like the report of a check: everything is escaped, and the page forbids itself every request.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from reachsim.diff import Diff
from reachsim.report.deciding import line_of
from reachsim.report.diff import (
    Words,
    answer,
    labelled,
    map_of_diff,
    matters,
    overall,
    policy_words,
    reasons,
    remarks,
    source_of,
    summary,
    targets_of,
    together,
    traffic_lines,
)
from reachsim.report.languages import TEXTS, Lang
from reachsim.report.pages import environment, part, policy
from reachsim.report.svg import SIGNS, render_map
from reachsim.report.words import Labels, label


def render_diff_html(
    diff: Diff, network: Labels, *, before: str, after: str, version: str, lang: Lang = "en"
) -> str:  # fmt: skip
    """The whole page. Imports jinja2; the same values give the same text.

    Args:
        diff: What to show.
        network: Knows the names of resources of both snapshots.
        before, after: What the snapshots are called.
        version: reachsim's version.
        lang: Language of the page; ids, codes and what changed in a resource stay as they are.
    """
    from markupsafe import Markup

    words = TEXTS[lang]
    style, script = part("report.css") + part("map.css"), part("map.js")
    page: str = environment(network, words).get_template("diff.html.j2").render(
        **entries(diff, network, words), before=before, after=after, version=version, lang=lang,
        policy=policy(style, script), style=Markup(style), script=Markup(script),
    )  # fmt: skip
    return page


def entries(diff: Diff, network: Labels, words: Words) -> dict[str, Any]:
    """The comparison as ``diff_parts.html.j2`` takes it."""
    word, because = diff.gate
    return {
        "diff": diff, "gate": word, "because": [labelled(one, network) for one in reasons(because, words)],
        "summary": summary(diff, words), "overall": overall(diff, words), "answered": partial(answer, words=words),
        "rows": list(_rows(diff, network, words)), "changes": list(_changes(diff, network, words)),
        "policies": [line for one in diff.policies for line in policy_words(one, network, words)],
        "remarks": remarks(diff, network, words), "signs": _signs(),
        "map": _map(diff, network, words),
    }  # fmt: skip


def _map(diff: Diff, network: Labels, words: Words) -> dict[str, Any]:
    """Both snapshots as one route map, as ``map.html.j2`` takes it; a line that is gone tells what decided before."""
    from markupsafe import Markup

    found = map_of_diff(diff, network, words)
    lines = []
    for line in found.lines:
        side = diff.before if line.turn == "gone" else diff.after
        lines.append(line_of(line, side.cells[line.cells[0]], side.known))
    return {"svg": Markup(render_map(found, title=words["route map"], words=words)), "lines": lines}


def _signs() -> dict[str, object]:
    """What stands at the start of a line, drawn for a legend."""
    from markupsafe import Markup

    return {turn: Markup(f'<path class="sign turn-{turn}" d="M8 6{path}"/>') for turn, path in SIGNS.items()}


def _rows(diff: Diff, network: Labels, words: Words) -> Iterator[dict[str, Any]]:
    for cells in together(diff.cells):
        first = cells[0]
        yield {
            "source": source_of(cells, network), "targets": targets_of(cells, network),
            "before": first.before, "after": first.after, "traffic": traffic_lines(cells, words),
            "exits": [label(network, one) for one in first.exits], "causes": first.causes,
            "alternatives": first.alternatives,
        }  # fmt: skip


def _changes(diff: Diff, network: Labels, words: Words) -> Iterator[dict[str, str]]:
    for one in diff.changes:
        change = one.change
        resource = f"{change.kind.replace('-', ' ')} {label(network, change.component)}"
        yield {"id": change.id, "resource": resource, "text": change.text, "matters": matters(one, network, words)}
