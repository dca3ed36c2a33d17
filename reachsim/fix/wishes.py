"""What a team wishes in ``reachsim.toml`` and a private and working pipeline does not give: said, with the reason.

A wish may contradict what a fix is for: a way out of a private pipeline, or a way that is to be shut and that a step
needs. Two wishes may contradict each other; then one of them shows here, whatever is done.
"""

from __future__ import annotations

from collections.abc import Iterator

from reachsim.addresses import PUBLIC, parse_block
from reachsim.check.answers import answer_to_wish
from reachsim.check.findings import code_of_unmet, falls_short
from reachsim.check.outcome import OUTWARD, THROUGH
from reachsim.config import Config, Expect
from reachsim.fix.records import Left
from reachsim.forwarding import Ground
from reachsim.verdict import Check, Verdict


def not_given(ground: Ground, config: Config, answer: Check) -> Iterator[Left]:
    """Wishes that do not hold, and findings that stand though the pipeline is private and works."""
    for wish in config.expect:
        verdict = answer_to_wish(ground, wish, config.pins)
        if falls_short(wish, verdict):
            yield Left(f"{wish.source} → {wish.to}", code_of_unmet(verdict), _why(wish, verdict, answer))
    accepted = {(one.id, one.component) for one in answer.accepted}
    for finding in answer.findings if answer.overall == "private-and-working" else ():
        standing = finding.severity in ("high", "medium") and (finding.id, finding.component) not in accepted
        if standing and not finding.id.startswith("EXPECTATION_"):
            yield Left(finding.component, finding.id, f"{finding.title}: {finding.remedy}")


def _why(wish: Expect, verdict: Verdict, answer: Check) -> str:
    wanted = " by route ".join(filter(None, (wish.outcome, wish.route)))
    found = f"reachsim.toml expects {wanted}, and it is {verdict.outcome}, route {verdict.route}"
    if verdict.outcome == "unknown":
        return found
    if wish.route in OUTWARD or (wish.outcome in THROUGH and _is_public(verdict)):
        return f"{found}: a private pipeline has no way out, so the two contradict each other"
    needed = any((one.source, one.destination) == (wish.source, wish.to) and one.needed for one in answer.matrix)
    if wish.outcome == "blocked" and needed:
        return f"{found}: a step of the pipeline needs it, so the wish and a working pipeline contradict each other"
    return f"{found}: what is proposed makes the pipeline private and working, and grants no wish beyond that"


def _is_public(verdict: Verdict) -> bool:
    """Whether what a wish leads to has public addresses."""
    return verdict.question.destination == "internet" or any(
        parse_block(text) & PUBLIC for path in verdict.paths for traffic in path.traffic for text in traffic.destination
    )  # fmt: skip
