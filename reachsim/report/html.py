"""A check as one HTML file that needs nothing else: no request goes out, names stay text, and it prints.

Everything that comes from the snapshot passes through Jinja's autoescape and `reachsim.report.columns.clean`. The page
forbids itself every request by its Content-Security-Policy, which names its one style and its one script by their sums.

**Source:** W3C, "Content Security Policy Level 3" (hash sources); DESIGN, "Verdicts" and "check".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from reachsim.address_map import AddressMap
from reachsim.codes import CODES
from reachsim.evidence import Assumption
from reachsim.report.address_axis import MOST_VPCS
from reachsim.report.address_svg import address_tables
from reachsim.report.columns import clean
from reachsim.report.commands import command_for
from reachsim.report.deciding import lines_of
from reachsim.report.facts import Facts
from reachsim.report.ladder import MOST_WAYS, groups
from reachsim.report.languages import TEXTS, Lang, japanese
from reachsim.report.matrix import IN, OUT, grid
from reachsim.report.pages import environment, part, policy
from reachsim.report.svg import render_map
from reachsim.report.text import SEVERITIES, describe, meaning_of
from reachsim.report.ways import blocks_of, way_of
from reachsim.report.words import Labels, short_source
from reachsim.routemap import RouteMap, lay_out
from reachsim.verdict import Acceptance, Cell, Check, Finding, PipelineStep, Verdict

MOST_FULL: Final = 1_800_000
"""Characters of hops; once they are used up, a trace names what blocks it and the command that prints the rest."""
MOST_EVIDENCE: Final = 12
MOST_ASSUMED: Final = 5
"""What else a code was assumed of folds."""


def render_report(
    check: Check, network: Labels, facts: Facts, *, version: str, lang: Lang = "en", maps: Sequence[AddressMap] = ()
) -> str:
    """The whole page. Imports jinja2; the same values give the same text.

    Args:
        check: What to show, with every cell's verdict.
        network: Knows the names of resources.
        facts: What is known about the snapshot.
        version: reachsim's version.
        lang: Language of the page; ids, codes and details stay as they are.
        maps: The address space of its VPCs.
    """
    from markupsafe import Markup

    words = TEXTS[lang]
    style, script = part("report.css") + part("map.css"), part("map.js") + part("report.js")
    found = lay_out(check, network, words)
    traces = _traces(check, network)
    links = {i: f"#{trace['id']}" for i, trace in traces.items()}
    page: str = environment(network, words).get_template("report.html.j2").render(
        lang=lang, check=check, meaning=meaning_of(check), facts=facts, version=version,
        policy=policy(style, script),
        style=Markup(style), script=Markup(script),
        map=map_of(found, check.matrix, network, words, links),
        matrix=matrix_of(check, links), findings=list(_findings(check, lang)), steps=_steps(check, network),
        missing=[(file, command_for(file)) for file in check.missing], assumptions=_assumptions(check, lang),
        addresses=address_tables(maps, words), further=[one.vpc for one in maps[MOST_VPCS:]],
        traces=list(traces.values()), accounts=", ".join(facts.accounts), regions=", ".join(facts.regions),
    )  # fmt: skip
    return page


def map_of(
    found: RouteMap, cells: Sequence[Cell], network: Labels, words: Mapping[str, str],
    links: Mapping[int, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The route map as ``map.html.j2`` takes it: the picture, and each of its lines in words."""
    from markupsafe import Markup

    picture = render_map(found, title=words["route map"], links=links, words=words)
    return {"svg": Markup(picture), "lines": lines_of(found.lines, cells, network, links)}


def matrix_of(check: Check, links: Mapping[int, str]) -> dict[str, Any]:
    """Rows and columns of the matrix; ``links`` tells where each cell leads."""
    sources, columns, cells = grid(check)
    numbers = {(cell.source, cell.destination): i for i, cell in enumerate(check.matrix)}
    rows = []
    for source in sources:
        row = []
        for column in columns:
            cell = cells.get((source, column))
            link = links.get(numbers[cell.source, cell.destination], "") if cell else ""
            wanted = cell is not None and column in (OUT, IN) and cell.outcome == "blocked"
            row.append({"cell": cell, "link": link, "leaves": cell is not None and leaves(cell), "wanted": wanted})
        rows.append({"source": source, "cells": row, "alike": check.same_as.get(source, ())})
    return {"columns": columns, "rows": rows, "names": {OUT: "out", IN: "in"}}


def leaves(cell: Cell) -> bool:
    """Whether a cell's way leads out to the internet, or in from it."""
    through = cell.outcome in ("allowed", "intermittent")
    return through and (cell.route not in ("private", "none") or "internet" in (cell.source, cell.destination))


def _findings(check: Check, lang: Lang) -> Iterator[dict[str, Any]]:
    accepted: dict[tuple[str, str], Acceptance] = {(one.id, one.component): one for one in check.accepted}
    for number, finding in enumerate(sorted(check.findings, key=lambda one: SEVERITIES.index(one.severity))):
        texts = japanese().get(finding.id, {}) if lang == "ja" else {}
        code = CODES.get(finding.id)
        yield {
            "id": f"f{number}", "finding": finding, "accepted": accepted.get((finding.id, finding.component)),
            "about": texts.get("text") or (code.text if code else ""), "translated": bool(texts),
            "remedy": _remedy(finding, lang), "docs": code.docs if code else "",
            "evidence": finding.evidence[:MOST_EVIDENCE], "more": max(0, len(finding.evidence) - MOST_EVIDENCE),
        }  # fmt: skip


def _remedy(finding: Finding, lang: Lang) -> str:
    """The remedy in the page's language where every sentence of it has a translation."""
    if lang == "ja":
        by_text = {CODES[code].remedy: texts["remedy"] for code, texts in japanese().items() if code in CODES}
        if finding.remedy in by_text:
            return by_text[finding.remedy]
    return finding.remedy


def _steps(check: Check, network: Labels) -> list[tuple[str, list[PipelineStep]]]:
    alike = {source for others in check.same_as.values() for source in others}
    found: dict[str, list[PipelineStep]] = {}
    for step in check.steps:
        source = step.project if step.step == "git-push" else f"codebuild:{step.project}"
        if source not in alike:
            found.setdefault(clean(network.label(source)), []).append(step)
    return list(found.items())


def _assumptions(check: Check, lang: Lang) -> list[dict[str, Any]]:
    """An entry per code and what it can hide, with all that it was assumed of."""
    found: dict[tuple[str, str], list[Assumption]] = {}
    for one in check.assumptions:
        found.setdefault((one.code, one.can_hide), []).append(one)
    entries = []
    for (code, hides), some in found.items():
        texts = japanese().get(code, {}) if lang == "ja" else {}
        known = CODES.get(code)
        about = texts.get("text") or (known.text if known else "")
        hides = "undecided" if known and known.can_hide == "undecided" else hides
        entries.append({"code": code, "hides": hides, "about": about, "some": some[:MOST_ASSUMED],
                        "more": some[MOST_ASSUMED:]})  # fmt: skip
    return entries


def _traces(check: Check, network: Labels) -> dict[int, dict[str, Any]]:
    """The trace of every cell, by its place in the matrix; needed ones first get the room that there is."""
    alike = {source for others in check.same_as.values() for source in others}
    shown = {i: cell for i, cell in enumerate(check.matrix) if not {cell.source, cell.destination} & alike}
    room = MOST_FULL
    full: dict[int, list[dict[str, Any]]] = {}
    for i, cell in sorted(shown.items(), key=lambda one: (not one[1].needed, not leaves(one[1]), one[0])):
        if cell.verdict is None or room <= 0:
            continue
        full[i] = [way_of(group, network) for group in list(groups(cell.verdict.paths))[:MOST_WAYS]]
        room -= len(str(full[i]))
    return {i: _trace(i, cell, full.get(i)) for i, cell in shown.items()}


def _trace(number: int, cell: Cell, ways: list[dict[str, Any]] | None) -> dict[str, Any]:
    verdict = cell.verdict
    kinds = len(list(groups(verdict.paths))) if verdict is not None else 0
    return {
        "id": f"t{number}", "cell": cell, "leaves": leaves(cell),
        "asked": describe(verdict.question) if verdict is not None else "",
        "layers": sorted(verdict.layers.items()) if verdict is not None and len(verdict.layers) > 1 else [],
        "names": [_named_hop(hop.detail or hop.component, hop.source) for hop in verdict.names] if verdict else [],
        "blocks": list(blocks_of(cell.blocked_by)),
        "ways": ways or [], "hidden": kinds - len(ways or []), "command": _command(verdict),
        "missing": verdict.missing if verdict is not None else (),
    }  # fmt: skip


def _named_hop(text: str, source: str | None) -> tuple[str, str]:
    return text, short_source(source) if source else ""


def _command(verdict: Verdict | None) -> str:
    """The command that prints a trace in full."""
    import shlex

    if verdict is None:
        return ""
    asked = verdict.question
    words = ["reachsim", "trace", "SNAPSHOT", "--from", asked.source, "--to", asked.destination]
    words += ["--protocol", asked.protocol] if asked.protocol else []
    words += ["--port", str(asked.port)] if asked.port is not None else []
    return " ".join(map(shlex.quote, words))


def with_findings(check: Check, *more: Finding | None) -> Check:
    """The check with further findings behind its own."""
    added = tuple(one for one in more if one is not None)
    return msgspec.structs.replace(check, findings=(*check.findings, *added))
