"""Checks and verdicts as plain text for a terminal.

A stranger must understand it without the documentation: every answer is followed by what it means, what stands in the
way, and what would mend it. **Source:** DESIGN, "Verdicts" and "check".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reachsim.codes import CODES
from reachsim.evidence import Assumption, Block
from reachsim.report.columns import WIDTH, clean, pad, width, wrap, wrap_parts
from reachsim.report.matrix import render_matrix
from reachsim.report.paint import Paint
from reachsim.report.words import (
    ROUTES,
    Labels,
    assumption_lines,
    code_name,
    label,
    leaves_open,
    missing_lines,
    named,
    remedy,
    rule_name,
    short_source,
)
from reachsim.verdict import Acceptance, Check, Finding, PipelineStep, Question, Verdict

OVERALL = {
    "private-and-working": "Nothing leaves for the internet, nothing gets in from it, and every step works.",
    "private-but-failing": "Nothing leaves for the internet and nothing gets in from it, but a step that the pipeline "
    "needs does not work.",
    "leaking": "Traffic can leave for the internet, or take the internet's way out to AWS.",
    "exposed": "The internet, or someone outside the account or organization, can get in.",
    "undecided": "The snapshot lacks what decides it, so neither private nor working is claimed.",
    "untold": "Nothing leaves for the internet, nothing gets in from it, and every step that the build's files tell "
    "works.",
    "flawed": "Nothing leaves for the internet, nothing gets in from it, and every step gets all that it asks for; "
    "what is wrong all the same is among the findings.",
}
ANSWERS = {
    "allowed": "it gets through, and the reply gets back",
    "blocked": "it does not get through",
    "intermittent": "it works at times: for some subnets, endpoint interfaces or client ports and not for others",
    "unknown": "the snapshot lacks what decides it",
}
BY_ADDRESS = "which of its addresses the name resolves to decides it, and that is not known offline"
SEVERITIES = ("high", "medium", "low", "info")
_COLOURS = {"private-and-working": "allowed", "undecided": "unknown"}
MOST_EVIDENCE = 6
_STEP = {"allowed": "works", "blocked": "FAILS", "intermittent": "FAILS AT TIMES", "unknown": "unknown"}
_FAMILIES = {"ipv4": "IPv4", "ipv6": "IPv6"}


def render_check(check: Check, network: Labels, *, colour: bool = False, columns: int = WIDTH) -> str:
    """The whole pipeline's verdict.

    Args:
        check: What to show.
        network: Knows the names of resources.
        colour: Use ANSI colours.
        columns: The width to fill.
    """
    paint = Paint(colour, columns)
    word = paint.outcome(_COLOURS.get(check.overall, "blocked"), check.overall)
    lines = [paint.bold("overall: ") + word, *wrap(overall_sentence(check), columns, "  ")]
    lines += ["", *render_matrix(check, network, paint)]
    if check.steps:
        lines += ["", paint.bold("steps"), *_steps(check.steps, check.same_as, network, paint)]
    accepted = {(one.id, one.component): one for one in check.accepted}
    for finding in sorted(check.findings, key=lambda one: SEVERITIES.index(one.severity)):
        lines += ["", *_finding(finding, accepted.get((finding.id, finding.component)), network, paint)]
    lines += _gaps(check.missing, paint)
    lines += _premises(check.assumptions, network, paint)
    return "\n".join(lines) + "\n"


def overall_sentence(check: Check) -> str:
    """The verdict in a sentence."""
    return OVERALL[meaning_of(check)]


def meaning_of(check: Check) -> str:
    """The overall word; of "private-and-working" what it cannot speak for: ``flawed`` where a finding fails the check,
    ``untold`` where the build's files do not tell what some commands contact.
    """
    if check.overall != "private-and-working":
        return check.overall
    if check.exit_code == 1:
        return "flawed"
    return "untold" if any(one.id == "BUILD_CONTACTS_UNRESOLVED" for one in check.findings) else check.overall


def render_trace(verdict: Verdict, network: Labels, *, colour: bool = False, columns: int = WIDTH) -> str:
    """One question's answer, hop by hop.

    Args:
        verdict: What to show.
        network: Knows the names of resources.
        colour: Use ANSI colours.
        columns: The width to fill.
    """
    from reachsim.report.ladder import render_names, render_paths

    paint = Paint(colour, columns)
    lines = [paint.bold(_question(verdict.question, network)), _answer(verdict, paint)]
    split = verdict.outcome == "unknown" and any(
        one.code == "PUBLIC_NAME_ADDRESSES_UNKNOWN" for one in verdict.assumptions
    )
    lines += wrap(BY_ADDRESS if split else ANSWERS[verdict.outcome], columns, "  ")
    if verdict.route in ROUTES:
        lines += wrap(f"{verdict.route}: {ROUTES[verdict.route]}", columns, "  ")
    if len(verdict.layers) > 1:
        lines.append("  " + " · ".join(f"{layer}: {outcome}" for layer, outcome in sorted(verdict.layers.items())))
    if verdict.names:
        refused = any(one.code.startswith("DNS_") and one.symptom == "name-not-found" for one in verdict.blocked_by)
        lines += ["", paint.bold("the name, if it were answered" if refused else "the name")]
        lines += render_names(verdict.names, paint)
    open_ = [one for one in verdict.assumptions if verdict.outcome == "unknown" and leaves_open(one)]
    said = {(one.code, one.component) for one in open_}
    blocks = [one for one in verdict.blocked_by if (one.code, one.component) not in said]
    if blocks:
        part = split or verdict.outcome == "intermittent"
        lines += ["", paint.bold("what stops the failing part" if part else "blocked by")]
        lines += _blocks(blocks, network, paint)
    lines += _open(open_, network, paint)
    lines += render_paths(verdict, network, paint)
    lines += _gaps(verdict.missing, paint)
    lines += _premises([one for one in verdict.assumptions if one not in open_], network, paint)
    return "\n".join(lines) + "\n"


def describe(question: Question) -> str:
    """What the question is about, besides its two ends.

    >>> describe(Question("i-0a", "internet"))
    'any protocol, any port'
    """
    protocol = question.protocol or "any protocol"
    if question.port is not None:
        port = f" {'type' if protocol.startswith('icmp') else 'port'} {question.port}"
    else:
        port = ", any port" if protocol in ("any protocol", "tcp", "udp") else ""
    family = f", {_FAMILIES.get(question.family, question.family)}" if question.family else ""
    return f"{protocol}{port}{family}"


def _question(question: Question, network: Labels) -> str:
    source, destination = label(network, question.source), label(network, question.destination)
    return clean(f"{source} → {destination}, {describe(question)}")


def _answer(verdict: Verdict, paint: Paint) -> str:
    parts = [paint.outcome(verdict.outcome), *([] if verdict.route == "none" else [f"route {verdict.route}"])]
    symptoms = dict.fromkeys(block.symptom for block in verdict.blocked_by if block.symptom)
    if symptoms and verdict.outcome != "unknown":
        parts.append(f"the user sees: {clean(next(iter(symptoms)))}")
    return " · ".join(parts)


def _steps(
    steps: Sequence[PipelineStep], same_as: Mapping[str, Sequence[str]], network: Labels, paint: Paint
) -> Iterator[str]:
    """One line per project: its steps in order. On a narrow terminal they stand below its name."""
    alike = {source for others in same_as.values() for source in others}
    names: dict[str, list[str]] = {}
    for step in steps:
        source = step.project if step.step == "git-push" else f"codebuild:{step.project}"
        if source not in alike:
            more = f" and {len(same_as[source])} more" if source in same_as else ""
            names.setdefault(label(network, step.project) + more, []).append(_step(step))
    columns = max(map(width, names))
    for name, shown in names.items():
        first = f"  {pad(name, columns)}  "
        if width(first) > paint.columns // 2 or width(first) + max(map(width, shown)) > paint.columns:
            yield f"  {name}"
            first = " " * 4
        for line in wrap_parts(shown, paint.columns, first, between=" · "):
            yield line.replace("FAILS", paint.outcome("blocked", "FAILS"))


def _step(step: PipelineStep) -> str:
    outcome = _STEP[step.outcome]
    return f"{step.step}: {outcome}{' (not reached)' if step.not_reached else ''}"


def _finding(finding: Finding, accepted: Acceptance | None, network: Labels, paint: Paint) -> Iterator[str]:
    yield f"{paint.severity(finding.severity)}  {paint.bold(finding.id)}"
    yield from wrap(finding.title, paint.columns, "  ")
    if finding.component:
        yield from _field("component", named(network, finding.component), paint)
    evidence: dict[str, str] = {}
    for line in finding.evidence:
        evidence.setdefault(line.partition("; ")[0], _unsaid(line, finding.title))
    lines = list(evidence.values())
    for number, line in enumerate(lines[:MOST_EVIDENCE]):
        yield from _field("evidence" if number == 0 else "", line, paint)
    if len(lines) > MOST_EVIDENCE:
        yield from _field("", f"… and {len(lines) - MOST_EVIDENCE} more; --format json has all of them", paint)
    if finding.remedy:
        yield from _field("to mend", finding.remedy, paint)
    if accepted is not None:
        until = f" until {accepted.until}" if accepted.until else ""
        yield from _field("accepted", f"in reachsim.toml{until}: {accepted.reason}", paint)


def _unsaid(evidence: str, title: str) -> str:
    """A piece of evidence without its reason if the title names the same rule."""
    what, _, reason = evidence.partition("; ")
    return what if reason and " ".join(reason.split(" ")[:5]) in title else evidence


def _field(name: str, text: str, paint: Paint) -> list[str]:
    return wrap(text, paint.columns, f"  {pad(f'{name}:' if name else '', 11)}")


def _blocks(blocks: Iterable[Block], network: Labels, paint: Paint) -> Iterator[str]:
    """One entry per rule that would have to change; places where the same rule blocks stand together."""
    entries: dict[tuple[object, ...], list[Block]] = {}
    for block in blocks:
        key = (block.code, block.cause, block.component, block.rule, block.leg, block.direction)
        entries.setdefault(key, []).append(block)
    for number, same in enumerate(entries.values(), 1):
        yield from _block(number, same, network, paint)


def _block(number: int, same: Sequence[Block], network: Labels, paint: Paint) -> Iterator[str]:
    block = same[0]
    yield f"  {number}. " + paint.outcome("blocked", code_name(block))
    places = dict.fromkeys(one.at for one in same if one.at and one.at != one.component)
    at = f", at {', '.join(label(network, place) for place in places)}" if places else ""
    rule = rule_name(block.component, block.rule)
    yield from _item("where", f"{named(network, block.component)}{f', {rule}' if rule else ''}{at}", paint)
    leg = "the request" if block.leg == "request" else "the reply"
    yield from _item("stops", f"{leg}, {block.direction}", paint)
    for number, detail in enumerate(dict.fromkeys(one.detail for one in same)):
        yield from _item("why" if number == 0 else "", detail, paint)
    if block.symptom:
        yield from _item("seen as", block.symptom, paint)
    if remedy(block):
        yield from _item("to mend", remedy(block), paint)
    if block.source:
        yield paint.dim(f"     {pad('see:', 9)}{short_source(block.source)}")


def _item(name: str, text: str, paint: Paint) -> list[str]:
    return wrap(text, paint.columns, f"     {pad(f'{name}:' if name else '', 9)}")


def _open(gaps: Sequence[Assumption], network: Labels, paint: Paint) -> Iterator[str]:
    """What is not known and decides: where, what of it, and how to come to know it."""
    if gaps:
        yield ""
        yield paint.bold("what leaves it open")
    alike: dict[tuple[str, str], list[str]] = {}
    for one in gaps:
        alike.setdefault((one.code, one.component), []).append(one.detail)
    for number, ((code, component), details) in enumerate(alike.items(), 1):
        yield f"  {number}. " + paint.outcome("unknown", code)
        if component:
            yield from _item("where", named(network, component), paint)
        for place, detail in enumerate(dict.fromkeys(details)):
            yield from _item("why" if place == 0 else "", detail, paint)
        if CODES[code].remedy:
            yield from _item("to know", CODES[code].remedy, paint)


def _premises(assumptions: Sequence[Assumption], network: Labels, paint: Paint) -> list[str]:
    if not assumptions:
        return []
    not_known = any(one.code in ("UNKNOWN_RESOURCE", "PUBLIC_NAME_ADDRESSES_UNKNOWN") for one in assumptions)
    heading = "taken for granted, or not known" if not_known else "taken for granted"
    return ["", paint.bold(heading), *assumption_lines(network, assumptions, paint.columns)]


def _gaps(missing: Sequence[str], paint: Paint) -> list[str]:
    return ["", paint.bold("to decide, add"), *missing_lines(missing, paint)] if missing else []
