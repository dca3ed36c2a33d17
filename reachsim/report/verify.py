"""A comparison with reality as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from reachsim.report.columns import WIDTH, clean, wrap
from reachsim.report.paint import Paint
from reachsim.report.text import render_trace
from reachsim.report.words import Labels
from reachsim.verify import REASONS, Disagreement, Verification

MOST_TRACES = 20
HIDES = {
    "leak": "reachsim says blocked what got through",
    "block": "reachsim says allowed what did not get through",
}


def render_verification(found: Verification, network: Labels, *, colour: bool = False, columns: int = WIDTH) -> str:
    """What agrees, what does not and by which trace, and what could not be compared and why.

    Args:
        found: What to show.
        network: Knows the names of resources.
        colour: Use ANSI colours.
        columns: The width to fill.
    """
    paint = Paint(colour, columns)
    word = "blocked" if found.disagreements else "allowed" if found.agreed else "unknown"
    rest = sum(found.not_compared.values())
    compared = paint.outcome(word, f"{found.agreed} agree, {found.disagreed} disagree")
    lines = [paint.bold(f"{found.records} recorded: ") + f"{compared}, {rest} not compared"]
    if found.first is not None and found.last is not None:
        lines.append(f"  recorded from {_time(found.first)} to {_time(found.last)} UTC")
    for number, one in enumerate(found.disagreements, 1):
        lines += ["", *_disagreement(number, one, network, paint)]
    if found.disagreements:
        text = "The snapshot shows one moment: rules that were changed between it and a record make them disagree too."
        lines += ["", *wrap(text, columns)]
    if found.not_compared:
        lines += ["", paint.bold("not compared")]
        for reason, count in found.not_compared.items():
            lines += wrap(f"{count} {REASONS[reason]}", columns, "  ")
    return "\n".join(lines) + "\n"


def _disagreement(number: int, one: Disagreement, network: Labels, paint: Paint) -> Iterator[str]:
    yield f"{number}. " + paint.bold(clean(one.what))
    times = "" if one.records == 1 else f", {one.records} records, the first"
    yield from wrap(f"recorded: {one.recorded}{times} at {clean(one.place)}", paint.columns, "   ")
    yield from wrap(f"reachsim: {one.said}; {HIDES[one.hides]}", paint.columns, "   ")
    for text in one.why:
        yield from wrap(clean(text), paint.columns, "   why:      ")
    if number <= MOST_TRACES:
        trace = render_trace(one.verdict, network, colour=paint.on, columns=max(60, paint.columns - 6))
        yield from (f"      {line}".rstrip() for line in trace.rstrip("\n").split("\n"))
    else:
        yield "   --format json has the trace"


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
