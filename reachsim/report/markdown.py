"""A check as Markdown, for a comment on a review or a job's summary. **Source:** GitHub Flavored Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from reachsim.model.network import Network
from reachsim.report.columns import clean
from reachsim.report.places import Places
from reachsim.report.text import overall_sentence
from reachsim.report.words import label
from reachsim.verdict import Check, Finding

SIGNS: Final = {"private-and-working": "✅", "undecided": "❔"}
WORDS: Final = {
    "private-but-failing": "Nothing leaves for the internet and nothing gets in from it, but a step fails.",
    "leaking": "Traffic can leave for the internet, or take the internet's way out to AWS.",
    "exposed": "The internet, or somebody else's account, gets in.",
    "undecided": "The snapshot lacks what decides.",
}
_STEPS: Final = {"allowed": "works", "blocked": "**fails**", "intermittent": "**fails at times**", "unknown": "unknown"}


def render_markdown(check: Check, network: Network, code: Mapping[str, str] | None = None) -> str:
    """The check as Markdown; arguments as for `reachsim.report.sarif.render_sarif`."""
    places = Places(network, code)
    accepted = {(one.id, one.component): one.reason for one in check.accepted}
    lines = [f"## {SIGNS.get(check.overall, '❌')} reachsim: {check.overall}", "", _sentence(check), ""]
    standing = [one for one in check.findings if (one.id, one.component) not in accepted]
    if standing:
        lines += _table(("severity", "finding", "component", "what", "where"), (
            _row(one, network, places) for one in standing))  # fmt: skip
    lines += _matrix(check, network)
    if check.steps:
        lines += ["### Steps", ""]
        lines += _table(("project", "step", "outcome", "route", "blocked by"), (
            (plain(one.project), one.step, _STEPS[one.outcome], one.route,
             plain(", ".join(f"{block.code} {block.component}" for block in one.blocked_by)))
            for one in check.steps))  # fmt: skip
    if accepted:
        lines += ["### Accepted", ""]
        lines += [f"- {plain(one.id)} {plain(one.component)}: {plain(one.reason)}" for one in check.accepted] + [""]
    if check.missing:
        lines += ["### Missing", "", *(f"- {plain(one)}" for one in check.missing), ""]
    if check.assumptions:
        lines += ["<details><summary>Taken for granted</summary>", ""]
        lines += [f"- {plain(one.code)} {plain(one.component)}: {plain(one.detail)}" for one in check.assumptions]
        lines += ["", "</details>", ""]
    return "\n".join(lines)


def _sentence(check: Check) -> str:
    return overall_sentence(check) if check.overall == "private-and-working" else WORDS[check.overall]


def _row(finding: Finding, network: Network, places: Places) -> Sequence[str]:
    place = places.of(finding)[0]
    what = plain(finding.title) + (f"<br>{plain(finding.remedy)}" if finding.remedy else "")
    where = f"{plain(place.uri)}:{place.line}"
    return (finding.severity, plain(finding.id), plain(label(network, finding.component)), what, where)


def _matrix(check: Check, network: Network) -> list[str]:
    cells = [one for one in check.matrix if one.needed or "internet" in (one.source, one.destination)]
    if not cells:
        return []
    return ["### Who reaches what", "", *_table(("from", "to", "outcome", "route", "needed"), (
        (plain(label(network, one.source)), plain(label(network, one.destination)), one.outcome, one.route,
         "yes" if one.needed else "") for one in cells))]  # fmt: skip


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def plain(text: str) -> str:
    """Text that Markdown takes as it is, on one line: no formatting, no entity, no link, and nobody is mentioned.

    >>> print(plain("a|b <i> [x](y) `z`"))
    a\\|b \\<i\\> \\[x\\](y) \\`z\\`
    >>> print(plain("&#8238; https://a.example @team"))
    &amp;\\#8238; https:\\//a.example @<!-- -->team
    """
    text = clean(text).replace("&", "&amp;")
    for sign in "\\`*_{}[]<>|#~":
        text = text.replace(sign, f"\\{sign}")
    text = re.sub(r"(?<!\w)@(?=\w)", "@<!-- -->", text.replace("://", ":\\//"))
    return " ".join(re.sub(r"(?i)\b(www)\.", r"\1\\.", text).split())
