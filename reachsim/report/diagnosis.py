"""The causes behind a log's errors, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reachsim.diagnose.records import Cause, Diagnosed, Diagnosis
from reachsim.report.columns import WIDTH, clean, wrap
from reachsim.report.paint import Paint
from reachsim.report.words import Labels, label, missing_lines, named, rule_name

KINDS = {
    "timeout": "timed out", "refused": "connection refused", "unreachable": "unreachable", "reset": "connection reset",
    "no-connection": "no connection", "name-not-found": "name not found", "forbidden": "403 forbidden",
    "access-denied": "access denied", "unauthorized": "not authorized", "certificate": "certificate not accepted",
    "rate-limited": "rate limited", "proxy": "proxy failed", "no-internet": "no internet",
    "network-interface": "no network interface for the build", "image-pull": "build image not pulled",
    "no-addresses": "no free address", "no-space": "disk full", "docker-daemon": "no Docker daemon",
    "configuration": "configuration not accepted", "no-repository": "no such repository",
    "dns-conflict": "conflicting DNS names", "dns-attributes": "DNS attributes of the VPC", "no-output": "empty log",
}  # fmt: skip
"""What the kinds of errors are called."""
NOTHING = "No error that concerns names, the network, permissions or the build's machine was recognized in the log."
MOST_CAUSES = 8


def render_diagnosis(found: Diagnosis, network: Labels, *, colour: bool = False, columns: int = WIDTH) -> str:
    """Each error with its place in the log, the snapshot's answer, and its causes by rank."""
    paint = Paint(colour, columns)
    length = f"{found.lines} line{'s' if found.lines != 1 else ''} of log"
    lines = [paint.bold(f"{label(network, found.source)}: {length}, {_count(found)}")]
    if not found.errors:
        return "\n".join([*lines, *wrap(NOTHING, columns, "  ")]) + "\n"
    for number, one in enumerate(found.errors, 1):
        lines += ["", *_error(number, one, found.source, network, paint)]
    if found.further:
        lines += ["", f"and {found.further} further errors of other hosts or kinds"]
    if len(found.errors) > 1:
        lines += ["", paint.bold("most likely"), *_causes(found.causes[:3], network, paint, "  ")]
    return "\n".join(lines) + "\n"


def _count(found: Diagnosis) -> str:
    number = len(found.errors) + found.further
    return "no error known to reachsim" if not number else f"{number} error{'s' if number > 1 else ''}"


def _error(number: int, one: Diagnosed, source: str, network: Labels, paint: Paint) -> Iterator[str]:
    error = one.error
    where = f"{error.host or error.address}:{error.port}" if error.host or error.address else ""
    request = " ".join(part for part in (error.action, error.resource) if part)
    head = ", ".join(part for part in (KINDS[error.kind], where, request) if part)
    yield from wrap(clean(head), paint.columns, f"{number}. ")
    times = f", {error.count} times" if error.count > 1 else ""
    survived = "" if error.fatal else ", the command went on"
    place = f"line {error.line}" + (f", phase {error.phase}" if error.phase else "") + times + survived
    yield from wrap(f"{place}: {error.text[:240]}", paint.columns, "   log:      ") if error.line else ()
    if error.command:
        yield from wrap(error.command[:200], paint.columns, "   command:  ")
    if one.verdict is not None:
        verdict = one.verdict
        route = f", route {verdict.route}" if verdict.route != "none" else ""
        yield f"   snapshot: {paint.outcome(verdict.outcome)}{route}"
        port = f" --protocol tcp --port {error.port}" if error.port != 443 else ""
        asked = f"--from {source} --to {verdict.question.destination}{port}"
        yield paint.dim(clean(f"             reachsim trace SNAPSHOT {asked}"))
    yield from _causes(one.causes[:MOST_CAUSES], network, paint, "   ")
    if len(one.causes) > MOST_CAUSES:
        yield f"   … and {len(one.causes) - MOST_CAUSES} more; --format json has all of them"
    if not one.causes:
        yield "   no cause known"
    if one.verdict is not None and one.verdict.missing:
        yield "   to decide, add"
        yield from (f"   {line}" for line in missing_lines(one.verdict.missing, paint))


def _causes(causes: Iterable[Cause], network: Labels, paint: Paint, indent: str) -> Iterator[str]:
    for cause in causes:
        code = cause.code + (f" ({cause.cause})" if cause.cause else "")
        rule = rule_name(cause.component, cause.rule)
        where = f"{named(network, cause.component)}{f', {rule}' if rule else ''}" if cause.component else ""
        yield from wrap(f"{cause.likelihood}: {code}{f' · {where}' if where else ''}", paint.columns, indent + "- ",
                        indent + "    ")  # fmt: skip
        yield from wrap(cause.detail, paint.columns, indent + "    ")
        if cause.remedy:
            yield from wrap(f"to mend: {cause.remedy}", paint.columns, indent + "    ")
