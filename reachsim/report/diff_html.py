"""What changed between two snapshots as one HTML file that needs nothing else, for a reviewer who was not there.

Built like the report of a check: everything is escaped, and the page forbids itself every request.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reachsim.diff import Diff
from reachsim.report.diff import (
    GATES,
    answer,
    matters,
    overall,
    policy_words,
    reasons,
    summary,
    together,
    traffic_lines,
)
from reachsim.report.pages import environment, part, policy
from reachsim.report.words import Labels, label


def render_diff_html(diff: Diff, network: Labels, *, before: str, after: str, version: str) -> str:
    """The whole page. Imports jinja2; the same values give the same text.

    Args:
        diff: What to show.
        network: Knows the names of resources of both snapshots.
        before, after: What the snapshots are called.
        version: reachsim's version.
    """
    from markupsafe import Markup

    style = part("report.css")
    word, because = diff.gate
    page: str = environment(network, {}).get_template("diff.html.j2").render(
        diff=diff, gate=word, gate_text=GATES[word], because=[_labelled(one, network) for one in reasons(because)],
        summary=summary(diff), overall=overall(diff), words=answer, rows=list(_rows(diff, network)),
        changes=list(_changes(diff, network)),
        policies=[line for one in diff.policies for line in policy_words(one, network)],
        skipped=[label(network, one) for one in diff.skipped], before=before, after=after, version=version,
        policy=policy(style, ""), style=Markup(style),
    )  # fmt: skip
    return page


def _rows(diff: Diff, network: Labels) -> Iterator[dict[str, Any]]:
    for cells in together(diff.cells):
        first = cells[0]
        yield {
            "source": label(network, first.source),
            "targets": [label(network, one.destination) + ("*" if one.needed else "") for one in cells],
            "before": first.before, "after": first.after, "traffic": traffic_lines(cells),
            "exits": [label(network, one) for one in first.exits], "causes": first.causes,
        }  # fmt: skip


def _changes(diff: Diff, network: Labels) -> Iterator[dict[str, str]]:
    for one in diff.changes:
        change = one.change
        resource = f"{change.kind.replace('-', ' ')} {label(network, change.component)}"
        yield {"id": change.id, "resource": resource, "text": change.text, "matters": matters(one, network)}


def _labelled(text: str, network: Labels) -> str:
    return " ".join(label(network, word) if "-" in word else word for word in text.split(" "))
