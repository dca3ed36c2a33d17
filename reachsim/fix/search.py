"""Finding the smallest changes that make a pipeline private and working, and proving them.

Faults are mended one after the other, each by the candidate that opens least; the edited snapshot is judged again,
which may show what stood behind them; at last every step that is not needed is taken out. What remains is proven by
judging the edited snapshot once more: nothing is proposed on the strength of a rule of thumb.

**Source:** DESIGN, "fix"; issue "Two snapshots".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import msgspec

from reachsim.check import check
from reachsim.config import Config
from reachsim.diff import diff
from reachsim.diff.records import EXPOSURES
from reachsim.edits.draft import Draft
from reachsim.errors import ReachsimError
from reachsim.fix import holders
from reachsim.fix.candidates import NO_CHANGE, candidates, why_not
from reachsim.fix.closing import is_outside
from reachsim.fix.edited import Edits
from reachsim.fix.faults import Fault, Judged, faults_of, judge, open_to_strangers, refused_roles
from reachsim.fix.proof import also_closed, also_opened, left_out, opening
from reachsim.fix.records import Left, Mend, Plan, Status
from reachsim.fix.steps import (
    TRUST,
    AddAclEntry,
    AddPolicyStatement,
    AddTrustStatement,
    ReplaceStatement,
    SetEndpointPolicy,
    SetFleetVpc,
    Step,
    component_of,
    describe,
    policy_key,
)
from reachsim.fix.taken import Steps, Taken
from reachsim.fix.unjudged import unjudged
from reachsim.fix.wishes import not_given
from reachsim.forwarding import Ground
from reachsim.patch import Patch

ROUNDS = 8
"""How often the edited snapshot is judged to find what stood behind other faults."""
MOST_ALTERNATIVES = 2
_BETTER = ("leaking", "exposed", "undecided", "private-but-failing", "private-and-working")


def propose(ground: Ground, config: Config | None = None, chosen: Sequence[str] = ()) -> Plan:
    """The smallest proven changes that make a pipeline private and working, and what they leave.

    Args:
        ground: The snapshot.
        config: Who takes part; what names stand for.
        chosen: Sources to make so, in place of the pipeline's.
    """
    config = config or Config()
    edits = Edits(ground, config, chosen)
    first = edits.judged(edits.ground)
    found = _mend_all(edits, config, first)
    found = _without_idle(edits, config, chosen, found)
    edited, patch = edits.by(step for steps in found for step in steps)
    last = edits.judged(edited)
    mends = tuple(
        _with_alternatives(edits, edited, config, chosen, last, found, steps, names) for steps, names in found.items()
    )
    edited, patch = edits.by(step for one in mends for step in one.steps)
    return finish(edits.ground, edited, config, patch, mends, first, edits.judged(edited))


def finish(
    ground: Ground, edited: Ground, config: Config, patch: Patch, mends: Sequence[Mend], first: Judged, last: Judged
) -> Plan:
    """The plan with its proof: the edited snapshot as it was judged, and all that differs."""
    left = (*_left(edited, last), *not_given(edited, config, last.check))
    proof = diff(ground, edited, config, sources=first.sources, causes=False, edited=True)
    return Plan(
        _status(first, last, left), first.check.overall, last.check.overall,
        tuple(sorted(mends, key=lambda one: one.opens)), left or _beyond(last), patch, proof,
        also_opened(ground, edited, first.sources, config, proof),
        also_closed(ground, edited, first.sources, config), left_out(ground, edited, first.sources),
        (*unjudged(edited, config, last.sources), *_of_fleets(mends)), _policies(edited, mends),
        last.check.missing if last.check.overall == "undecided" else (),
    )  # fmt: skip


def _of_fleets(mends: Iterable[Mend]) -> Iterable[str]:
    """What a fleet needs in a VPC and a snapshot does not tell: a service role of its own that may make interfaces."""
    for fleet in dict.fromkeys(one.fleet for mend in mends for one in mend.steps if isinstance(one, SetFleetVpc)):
        yield f"whether {fleet} has a service role that may create network interfaces, which it needs in a VPC"


def _policies(edited: Ground, mends: Iterable[Mend]) -> dict[str, str]:
    """The whole text of each policy that a step changes."""
    draft = Draft(edited.network)
    found = {}
    for step in (step for mend in mends for step in mend.steps):
        if isinstance(step, AddPolicyStatement | SetEndpointPolicy | ReplaceStatement):
            name = step.policy if isinstance(step, ReplaceStatement) else ""
            holder = component_of(step)
            found[policy_key(holder, name)] = json.dumps(holders.read(draft, holder, name), ensure_ascii=False)
        elif isinstance(step, AddTrustStatement):
            trust = holders.read_trust(draft, step.role)
            found[policy_key(step.role, TRUST)] = json.dumps(trust, ensure_ascii=False)
    return found


def _status(first: Judged, last: Judged, left: Sequence[Left]) -> Status:
    if (left or last.check.overall == "undecided") and all(one.code in UNDECIDED for one in left):
        return "undecided"
    if left or last.check.overall != "private-and-working":
        return "partly"
    return "proven" if first.check.overall != "private-and-working" else "nothing to fix"


def _same_effect(step: Step) -> Step:
    """A step without what may differ between two that do the same."""
    return msgspec.structs.replace(step, number=0) if isinstance(step, AddAclEntry) else step


def _mend_all(edits: Edits, config: Config, judged: Judged) -> dict[Steps, list[str]]:
    found: dict[Steps, list[str]] = {}
    here, faults = edits.ground, judged.faults
    for _ in range(ROUNDS):
        before = len(found)
        for outside in (False, True):  # where a project may move to shows once the ways out are closed
            if not outside or len(found) == before:
                for fault in (one for one in faults if is_outside(one) == outside):
                    _mend(here, fault, found)
        if len(found) == before:
            break
        here, found = _usable(edits, found)
        again = edits.judged(here)
        if again.sources != judged.sources:  # an edit made somebody else a part of the pipeline
            again = judge(here, config, judged.sources)
        faults = again.faults
    return found


def _mend(ground: Ground, fault: Fault, found: dict[Steps, list[str]]) -> None:
    """Choose the first candidate of which something is not done yet."""
    made = [step for steps in found for step in steps]
    done = {_same_effect(step) for step in made}
    options = candidates(ground, fault, Taken.by(made))
    name = fault.name + (f" ({fault.block.code})" if fault.block else "")
    for option in options:
        new = tuple(step for step in option if _same_effect(step) not in done)
        if not new:
            for steps, names in found.items():  # another fault's steps mend this one, too
                if name not in names and {_same_effect(one) for one in option} & {_same_effect(one) for one in steps}:
                    names.append(name)
            if len(options) == 1 or fault.kind in ("leaves", "exposed"):
                return
            continue
        found.setdefault(new, []).append(name)
        return


def _usable(edits: Edits, found: dict[Steps, list[str]]) -> tuple[Ground, dict[Steps, list[str]]]:
    """The snapshot edited, without those steps that make no valid one."""
    kept: dict[Steps, list[str]] = {}
    here = edits.ground
    for steps, names in found.items():
        try:
            here, _ = edits.by(step for some in (*kept, steps) for step in some)
        except ReachsimError:
            continue
        kept[steps] = names
    return here, kept


# --- the smallest ---------------------------------------------------------------------------------------------------


def _as_good(
    edits: Edits, config: Config, chosen: Sequence[str], steps: Iterable[Step], best: Judged
) -> Ground | None:  # fmt: skip
    """The snapshot with the steps made, if it is no worse than the best one: no fault more, and no worse word."""
    try:
        edited, _ = edits.by(steps)
        for source in best.sources:
            if not _names(faults_of(edited, config, source)) <= _names(best.faults):
                return None
        answer = check(edited, tuple(chosen or config.sources) or None, config)
    except ReachsimError:
        return None
    if not _names([*open_to_strangers(answer), *refused_roles(edited)]) <= _names(best.faults):
        return None
    return edited if _BETTER.index(answer.overall) >= _BETTER.index(best.check.overall) else None


def _names(faults: Iterable[Fault]) -> set[tuple[str, str, str]]:
    return {(fault.kind, fault.source, fault.destination) for fault in faults}


def _without_idle(
    edits: Edits, config: Config, chosen: Sequence[str], found: dict[Steps, list[str]]
) -> dict[Steps, list[str]]:
    """Only steps without which something would stay wrong."""
    steps = list(dict.fromkeys(step for some in found for step in some))
    if not steps:
        return {}
    best = edits.judged(edits.by(steps)[0])
    for step in reversed(steps[:]):
        fewer = [one for one in steps if one != step]
        if _as_good(edits, config, chosen, fewer, best) is not None:
            steps = fewer
    kept: dict[Steps, list[str]] = {}
    for some, names in found.items():
        rest = tuple(step for step in some if step in steps)
        if rest:
            kept.setdefault(rest, []).extend(names)
    return kept


def _with_alternatives(
    edits: Edits, whole: Ground, config: Config, chosen: Sequence[str], last: Judged, found: dict[Steps, list[str]],
    steps: Steps, names: list[str],
) -> Mend:  # fmt: skip
    """The steps, or what does the same and opens less; and what else would do. ``whole``: with all steps made."""
    rest = [step for some in found if some != steps for step in some]
    try:
        around, _ = edits.by(rest)
    except ReachsimError:  # others build on these steps
        return Mend(steps, tuple(dict.fromkeys(names)), opening(edits.ground, whole, last.sources, config))
    tried = [(steps, opening(around, whole, last.sources, config))]
    for option in _others(around, config, last.sources, steps, rest):
        edited = _as_good(edits, config, chosen, [*rest, *option], last)
        if edited is not None:
            tried.append((option, opening(around, edited, last.sources, config)))
        if len(tried) > MOST_ALTERNATIVES:
            break
    best, *others = sorted(tried, key=lambda one: one[1])
    return Mend(best[0], tuple(dict.fromkeys(names)), best[1], tuple(others))


def _others(around: Ground, config: Config, who: Sequence[str], steps: Steps, rest: Sequence[Step]) -> Iterable[Steps]:
    """Candidates for the faults that are there without the steps."""
    seen = {frozenset(steps)}
    for fault in (fault for source in who for fault in faults_of(around, config, source)):
        options = candidates(around, fault, Taken.by(rest))
        own = {_same_effect(one) for one in steps}
        if own & {_same_effect(one) for option in options for one in option}:
            for option in options:
                if frozenset(option) not in seen and not own <= {_same_effect(one) for one in option}:
                    seen.add(frozenset(option))
                    yield option


def _left(ground: Ground, judged: Judged) -> tuple[Left, ...]:
    found: dict[tuple[str, str], Left] = {}
    mends = [candidates(ground, fault, Taken.by(())) if fault.block else () for fault in judged.faults]
    barred = {fault.name for fault, options in zip(judged.faults, mends, strict=True) if fault.block and not options}
    for fault, options in zip(judged.faults, mends, strict=True):
        if fault.verdict is not None and fault.verdict.outcome == "unknown":
            continue  # which is told as what is not decided
        if options and fault.name in barred:
            continue  # what else stands in the way has no fix, so this one is not worth making
        code = fault.block.code if fault.block else {
            "leaves": "PUBLIC_EGRESS_POSSIBLE", "exposed": "INTERFACE_EXPOSED"
        }.get(fault.kind, fault.destination)  # fmt: skip
        why = why_not(ground, fault) or (_not_enough(options[0]) if options else NO_CHANGE)
        found.setdefault((fault.name, code), Left(fault.name, code, why, fault.places))
    told = {(block.code, block.component) for fault in judged.faults for block in [fault.block] if block}
    for step in judged.check.steps:
        unseen = [one for one in step.blocked_by if (one.code, one.component) not in told]
        for block in unseen if step.outcome in ("blocked", "intermittent") else ():
            name = f"{step.project} {step.step}"
            found.setdefault((name, block.code), Left(name, block.code, block.detail))
    if judged.check.overall == "undecided" and not judged.check.missing:
        for finding in judged.check.findings:
            if finding.id == "BUILD_CONTACTS_UNRESOLVED":
                found[finding.component, finding.id] = Left(
                    finding.component, finding.id, finding.title, tuple(finding.evidence)
                )  # fmt: skip
    return tuple(found.values())


def _not_enough(steps: Steps) -> str:
    """That the change known for a fault does not get its traffic through."""
    told = "; ".join(f"{component_of(step)}: {describe(step)}" for step in steps)
    return f"it would not get through with this change either: {told}"


def _beyond(judged: Judged) -> tuple[Left, ...]:
    """What keeps a pipeline from being private and working though it is no fault that a change here is known for: a
    network behind a private gateway, or something that no file of a snapshot tells.
    """
    answer = judged.check
    if answer.overall in ("leaking", "exposed"):
        return tuple(
            Left(one.component, one.id, f"{one.title}: {_OWNERS}", tuple(one.evidence))
            for one in answer.findings if one.id in EXPOSURES
        )  # fmt: skip
    if answer.overall != "undecided" or answer.missing:
        return ()
    found = []
    for step in (one for one in answer.steps if one.outcome == "unknown"):
        code = step.blocked_by[0].code if step.blocked_by else "UNKNOWN_RESOURCE"
        why = step.blocked_by[0].detail if step.blocked_by else "what decides it is in no file of a snapshot"
        found.append(Left(f"{step.project} {step.step}", code, why, tuple(step.contacts)))
    return tuple(found)


_OWNERS = (
    "whether that may be is its owners' decision: take the route or the permission away, or accept it in reachsim.toml"
)


UNDECIDED = frozenset({"BUILD_CONTACTS_UNRESOLVED", "EXPECTATION_UNDECIDED"})
"""Findings that leave it open what a pipeline needs, or whether it has it."""
