"""What changed between two snapshots as Markdown, for a comment on a review."""

from __future__ import annotations

from collections.abc import Sequence

from reachsim.diff import CellChange, Diff
from reachsim.report.diff import (
    ENGLISH,
    answer,
    because_of,
    labelled,
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
from reachsim.report.markdown import plain
from reachsim.report.words import Labels, label


def render_markdown(diff: Diff, network: Labels) -> str:
    """The comparison as Markdown, for a comment on a review."""
    word, because = diff.gate
    lines = [
        f"**{plain(summary(diff))}**",
        "",
        f"- overall: {plain(overall(diff))}",
        f"- gate: {ENGLISH[f'gate {word}']}",
    ]
    lines += [f"  - {plain(labelled(one, network))}" for one in reasons(because)]
    if diff.cells:
        lines += ["", "| from | to | before | after | traffic | because of |", "| --- | --- | --- | --- | --- | --- |"]
        lines += [_row(cells, network) for cells in together(diff.cells)]
    if diff.changes:
        lines += ["", "| change | resource | what | matters |", "| --- | --- | --- | --- |"]
        for one in diff.changes:
            change = one.change
            cells = (change.id, f"{change.kind} {label(network, change.component)}", change.text, matters(one, network))
            lines.append(f"| {' | '.join(map(plain, cells))} |")
    for policy in diff.policies:
        lines += ["", *(f"- {plain(text)}" for text in policy_words(policy, network))]
    if diff.appeared or diff.gone:
        lines += ["", "| | finding | | because of |", "| --- | --- | --- | --- |"]
        for sign, findings in (("new", diff.appeared), ("gone", diff.gone)):
            lines += [
                f"| {sign} | {one.severity} {plain(one.id)} | {plain(one.title)} | {', '.join(diff.causes_of(one))} |"
                for one in findings
            ]
    lines += [line for remark in remarks(diff, network) for line in ("", plain(remark))]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[CellChange], network: Labels) -> str:
    first = cells[0]
    shown = traffic_lines(cells)
    more = [f"and {len(shown) - 3} more"] if len(shown) > 3 else []
    columns = (
        source_of(cells, network), ", ".join(targets_of(cells, network)), answer(first.before), answer(first.after),
        "; ".join(shown[:3] + more), because_of(first),
    )  # fmt: skip
    return f"| {' | '.join(map(plain, columns))} |"
