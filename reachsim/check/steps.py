"""The steps of the pipeline in their order, each with what it needs and whether it gets it.

**Source:** DESIGN, "check": ``steps``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reachsim.check.answers import Answers
from reachsim.check.needs import Need
from reachsim.check.outcome import THROUGH
from reachsim.evidence import Block
from reachsim.verdict import Outcome, PipelineStep, RouteWord, worst

ORDER: Final = (
    "git-push", "environment", "source", "login", "pull", "run", "push", "logs", "artifacts", "cache", "reports",
    "deploy",
)  # fmt: skip
UNTIL_LATE: Final = ("git-push", "logs")
"""Steps that no earlier one keeps from being tried."""


def steps_of(
    source: str, needs: Sequence[Need], answers: Answers, first: PipelineStep | None = None
) -> list[PipelineStep]:
    """The steps of a source. ``answers``: what becomes of each need; ``first``: the step before all others."""
    name = source.removeprefix("codebuild:")
    made = [first] if first is not None else []
    stuck = first is not None and first.outcome == "blocked"
    for step in ORDER:
        mine = [need for need in needs if need.step == step]
        if mine:
            not_reached = stuck and step not in UNTIL_LATE
            made.append(_step(name, step, mine, answers, not_reached=not_reached))
            stuck = stuck or (made[-1].outcome == "blocked" and step != "logs")
    return made


def _step(name: str, step: str, needs: Sequence[Need], answers: Answers, *, not_reached: bool) -> PipelineStep:
    own = [answers.of(need) for need in needs if not _spared(need, answers)]
    outcome = settled(needs, answers)
    routes = {verdict.route for verdict in own if verdict is not None and verdict.outcome in THROUGH}
    route: RouteWord = "none"
    if outcome in THROUGH:
        route = routes.pop() if len(routes) == 1 else "mixed" if routes else "none"
    blocked_by: tuple[Block, ...] = ()
    if outcome != "allowed":
        blocked_by = tuple(dict.fromkeys(block for one in own if one is not None for block in one.blocked_by))
    contacts = tuple(dict.fromkeys(contact_of(need) for need in needs))
    return PipelineStep(name, step, outcome, route, False, not_reached, blocked_by, contacts)


def settled(needs: Sequence[Need], answers: Answers) -> Outcome:
    """What becomes of a step: all that every run needs has to get through, one of each set of alternatives, and what
    chance picks by the subnet."""
    found: list[Outcome] = []
    choices: dict[str, list[Outcome]] = {}
    chances: dict[str, list[Outcome]] = {}
    for need in needs:
        verdict = answers.of(need)
        outcome: Outcome = verdict.outcome if verdict is not None else "unknown"
        if _spared(need, answers):
            continue
        if need.within:
            chances.setdefault(need.host, []).append(outcome)
        elif need.instead:
            choices.setdefault(need.instead, []).append(outcome)
        else:
            found.append(outcome)
    best: tuple[Outcome, ...] = ("allowed", "intermittent", "unknown", "blocked")
    found += [next(one for one in best if one in outcomes) for outcomes in choices.values()]
    found += ["intermittent" if {"allowed", "blocked"} <= set(each) else worst(each) for each in chances.values()]
    return worst(found)


def _spared(need: Need, answers: Answers) -> bool:
    """Whether a build goes on without what it does not surely get."""
    verdict = answers.of(need)
    return need.tolerated and (verdict is None or verdict.outcome != "allowed")


def really_needed(need: Need, needs: Sequence[Need], answers: Answers) -> bool:
    """Whether a need counts: of alternatives those that get through, or all of them if none surely does; not what a
    build goes on without."""
    if _spared(need, answers):
        return False
    if not need.instead:
        return True
    others = [answers.of(one) for one in needs if (one.step, one.instead) == (need.step, need.instead)]
    mine = answers.of(need)
    through = mine is not None and mine.outcome in THROUGH
    return through or not any(one is not None and one.outcome == "allowed" for one in others)


def contact_of(need: Need) -> str:
    """A need as ``steps[].contacts`` lists it."""
    if not need.destination:
        return f"unknown ({need.place})"
    port = "" if (need.protocol, need.port) == ("tcp", 443) else f" {need.protocol}/{need.port}"
    return f"{need.destination}{port}" + (f" ({need.place})" if need.place else "")
