"""A proposed fix as plain text for a terminal: what to change, what it mends, what it opens, what it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reachsim.fix import Mend, Plan
from reachsim.fix.steps import (
    AddInlinePolicy,
    AddPolicyStatement,
    AddTrustStatement,
    ReplaceStatement,
    Step,
    component_of,
    describe,
)
from reachsim.report.columns import WIDTH, wrap
from reachsim.report.paint import Paint
from reachsim.report.words import Labels, by_ends, label, named, traffic
from reachsim.verdict import Traffic

STATUS = {
    "nothing to fix": "The pipeline is private and works as it is: there is nothing to fix.",
    "proven": "With these changes the pipeline is private and works: judged again with all of them applied.",
    "partly": "These changes mend what this snapshot has the power to mend; something stays wrong.",
    "undecided": "What is wrong is not decided: what that depends on is not known.",
}
NO_MENDS = "Nothing that reachsim can propose mends what is wrong."
MOST_NAMES = 4
MOST_TRAFFIC = 4


def render_fix(plan: Plan, network: Labels, *, colour: bool = False, columns: int = WIDTH) -> str:
    """The proposal as text.

    Args:
        plan: What to show.
        network: Knows the names of resources.
        colour: Use ANSI colours.
        columns: The width to fill.
    """
    paint = Paint(colour, columns)
    word = paint.outcome("allowed" if plan.after == "private-and-working" else "blocked", plan.after)
    told = STATUS[plan.status] if plan.mends or plan.status != "partly" else NO_MENDS
    lines = [paint.bold("overall: ") + f"{plan.before} → {word}", *wrap(told, columns, "  ")]
    for number, mend in enumerate(plan.mends, 1):
        lines += ["", *_mend(number, mend, network, paint)]
    if plan.left:
        lines += ["", paint.bold("what stays wrong")]
        lines += [line for text in left_of(plan, network) for line in wrap(text, columns, "  - ", "    ")]
    if plan.mends:
        lines += ["", paint.bold("proof"), *_proof(plan, network, paint)]
    if plan.unjudged:
        lines += ["", paint.bold("not judged")]
        lines += [line for text in plan.unjudged for line in wrap(text, columns, "  - ", "    ")]
    if plan.missing:
        lines += ["", paint.bold("to decide, add"), *(f"  {one}" for one in plan.missing)]
    if plan.mends:
        lines += ["", *wrap("Proposals only: reachsim changes nothing. --format patch, awscli, terraform or "
                            "cloudformation prints them to be applied.", columns)]  # fmt: skip
    return "\n".join(lines) + "\n"


def entries_of(plan: Plan, network: Labels) -> list[dict[str, Any]]:
    """Each mend in words: its steps, what they mend and open, and what would do instead."""
    return [
        {
            "steps": [_told(step, network) for step in mend.steps], "mends": list(_mended(mend, network)),
            "opens": _count(mend.steps, mend.opens),
            "others": [f"{' and '.join(_told(step, network) for step in steps)} (opens {_count(steps, opens)})"
                       for steps, opens in mend.alternatives],
        }
        for mend in plan.mends
    ]  # fmt: skip


def left_of(plan: Plan, network: Labels) -> Iterator[str]:
    """What stays wrong, by reason and source: ``source → destinations: why``."""
    reasons: dict[tuple[str, str], dict[str, str]] = {}
    for one in plan.left:
        source, arrow, destination = one.what.partition(" → ")
        targets = reasons.setdefault((one.why, label(network, source) + arrow), {})
        targets.setdefault(label(network, destination) if arrow else "", one.places[0] if one.places else one.code)
    for (why, source), targets in reasons.items():
        told = ", ".join(f"{name} ({because})".lstrip() for name, because in targets.items())
        yield f"{source}{told if source.endswith('→ ') else f' {told}'}: {why}"


def _mend(number: int, mend: Mend, network: Labels, paint: Paint) -> Iterator[str]:
    for first, step in zip((f"{number}. ", *["   "] * len(mend.steps)), mend.steps, strict=False):
        yield from (paint.bold(line) for line in wrap(_told(step, network), paint.columns, first, "     "))
    yield from wrap(f"mends: {'; '.join(_mended(mend, network))}", paint.columns, "   ", "     ")
    yield f"   opens: {_count(mend.steps, mend.opens)}"
    for steps, opens in mend.alternatives:
        told = " and ".join(_told(step, network) for step in steps)
        yield from wrap(f"or: {told} (opens {_count(steps, opens)})", paint.columns, "   ", "     ")


def _mended(mend: Mend, network: Labels) -> Iterator[str]:
    """What steps mend, by source: ``source → destinations (codes)``."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for one in mend.mends:
        source, _, rest = one.partition(" → ")
        destination, _, code = rest.partition(" (")
        targets, codes = found.setdefault(source, ([], []))
        targets += [destination] if destination and destination not in targets else []
        codes += [code.removesuffix(")")] if code and code.removesuffix(")") not in codes else []
    for source, (targets, codes) in found.items():
        more = f" and {len(targets) - MOST_NAMES} more" if len(targets) > MOST_NAMES else ""
        shown = f" → {', '.join(label(network, each) for each in targets[:MOST_NAMES])}{more}" if targets else ""
        yield f"{label(network, source)}{shown}" + (f" ({', '.join(codes)})" if codes else "")


def _told(step: Step, network: Labels) -> str:
    text = " ".join(label(network, word) if "-" in word else word for word in describe(step).split(" "))
    return f"{named(network, component_of(step))}: {text}"


def _count(steps: Sequence[Step], opens: int) -> str:
    if not opens:
        return "no new traffic, only requests that the policy names" if any(map(_grants, steps)) else "nothing new"
    return f"{opens:,} combination{'s' if opens != 1 else ''} of source, destination and port"


def _grants(step: Step) -> bool:
    """Whether a step lets requests through that policies refused."""
    if isinstance(step, AddInlinePolicy):
        return '"Allow"' in step.document
    if isinstance(step, ReplaceStatement):
        return '"Deny"' in step.statement
    return isinstance(step, AddPolicyStatement | AddTrustStatement)


def _proof(plan: Plan, network: Labels, paint: Paint) -> Iterator[str]:
    newly = [cell for cell in plan.diff.cells
             if cell.needed and cell.after.outcome == "allowed" != cell.before.outcome]  # fmt: skip
    yield f"  judged again with all of it applied: {plan.after}"
    if newly:
        yield f"  needed ways that get through and did not: {len(newly)}"
    verdict, reasons = plan.diff.gate
    text = "nothing newly leaves or is newly exposed" if verdict == "pass" else f"{verdict}: {', '.join(reasons)}"
    yield from wrap(text, paint.columns, "  ")
    if plan.also_opens:
        yield "  opened besides what the pipeline needs, as the same rules apply to it:"
    for one in plan.also_opens:
        yield from _also(one.source, by_ends(one.traffic), network, paint)
    if plan.also_closes:
        yield "  taken from others in the same VPCs, as they go the same ways:"
    for one in plan.also_closes:
        yield from _also(one.source, by_ends(one.traffic), network, paint)
    if not (plan.also_opens or plan.also_closes):
        yield "  nothing else is opened, and nothing taken from others"
    if plan.left_out:
        many = "interfaces" if plan.left_out > 1 else "interface"
        yield f"  not asked, as they are many: {plan.left_out} other {many} in the same VPCs"


def _also(source: str, groups: Sequence[list[Traffic]], network: Labels, paint: Paint) -> Iterator[str]:
    for group in groups[:MOST_TRAFFIC]:
        yield from wrap(f"{label(network, source)}: {traffic(group)}", paint.columns, "    ", "      ")
    if len(groups) > MOST_TRAFFIC:
        yield f"    {label(network, source)}: and {len(groups) - MOST_TRAFFIC} more; --format json has all of it"
