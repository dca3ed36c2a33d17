"""Makes layers of what policies say, and joins them with the network's verdict over all ways.

Which silence counts follows the rules of `reachsim.policy.evaluate` (facts 5 to 9): in the own account a resource
policy that names the caller makes up for its silent identity policies; another account's resource must allow. A layer
counts if the question names it. Else endpoint and resource policies do wherever there are requests, and identity
policies wherever it is known who calls; what the snapshot lacks of them makes the answer unknown (DESIGN).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from reachsim import policy
from reachsim.evidence import Assumption, Block
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.policy.evaluate import excused, must_trust
from reachsim.policy.statements import Kind
from reachsim.policy_layers import resources, said
from reachsim.policy_layers.asked import Asked, read_request
from reachsim.policy_layers.encryption import KeyUse, unseen_encryption, uses_of_keys
from reachsim.policy_layers.key_policies import KeySays, judge_use
from reachsim.policy_layers.moments import timed
from reachsim.policy_layers.said import Said
from reachsim.policy_layers.ways import Way, open_ways, routes_left, ways_of
from reachsim.scenarios import Scenario
from reachsim.verdict import Outcome, Verdict, worst

DEFAULT_LAYERS: Final = ("endpoint-policy", "identity-policy", "resource-policy")


class Answer(msgspec.Struct, frozen=True):
    """What one layer says."""

    outcome: Outcome = "allowed"
    blocks: tuple[Block, ...] = ()
    missing: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


Known = dict[tuple[Way, str], dict[str, Answer]]
"""What each layer says about a request on a way."""


def judge_requests(
    ground: Ground, verdict: Verdict, found: Sequence[Scenario], requests: Sequence[Mapping[str, Any]] | None,
    counted: Sequence[str], *, asked: bool, known: Known | None = None,
) -> Verdict:  # fmt: skip
    """The verdict with the policy layers added. Raises QuestionError for a request that cannot be judged.

    ``known`` remembers answers between calls that differ in their requests alone.
    """
    names = [layer for layer in (counted if asked else DEFAULT_LAYERS) if layer != "network"]
    if not requests or not names:
        return verdict
    layers = dict(verdict.layers)
    blocks, missing, assumptions = list(verdict.blocked_by), set(verdict.missing), list(verdict.assumptions)
    shut: set[Way] = set()
    ways = ways_of(ground.network, found)
    outcomes: dict[str, dict[Way, list[Outcome]]] = {name: {} for name in names}
    known = {} if known is None else known
    for way, one in ways.items():
        for request in requests:
            key = (way, repr(request))
            if key not in known:
                known[key] = judge_request(ground.network, request, way, one, names, asked=asked)
            for name, answer in known[key].items():
                outcomes[name].setdefault(way, []).append(answer.outcome)
                blocks += [b for b in answer.blocks if b not in blocks]
                assumptions += [a for a in answer.assumptions if a not in assumptions]
                missing |= set(answer.missing)
    for name, by_way in outcomes.items():
        told = {taken: worst(several) for taken, several in by_way.items()}
        shut |= {taken for taken, outcome in told.items() if outcome == "blocked"}
        if told:
            layers[name] = _over_ways(told)
    outcome = worst(layers.values())
    passes = verdict.layers.get("network") in ("allowed", "intermittent")
    if passes and outcome in ("intermittent", "unknown") and not open_ways(found) - shut:
        outcome = "blocked"  # what one layer lets through another stops
    route = verdict.route if outcome in ("allowed", "intermittent") else "none"
    if shut and route == "mixed":  # what a policy stops goes no way
        left = routes_left(found, shut)
        route = next(iter(left)) if len(left) == 1 else route
    if outcome != "unknown":
        missing = set()
    return msgspec.structs.replace(
        verdict, outcome=outcome, route=route, layers=layers, blocked_by=() if outcome == "allowed" else tuple(blocks),
        missing=tuple(sorted(missing)), assumptions=tuple(assumptions),
    )  # fmt: skip


# --- one request on one way -----------------------------------------------------------------------------------------


def judge_request(
    network: Network, given: Mapping[str, Any], way: Way, one: Scenario, names: Sequence[str], *, asked: bool
) -> dict[str, Answer]:
    """What the layers say about a request on a way. Raises QuestionError."""
    question = read_request(network, given, way, one)
    found: dict[str, Answer] = {}
    if "endpoint-policy" in names:
        found["endpoint-policy"] = _answer(
            [said.endpoint(network, question, way.endpoint)], frozenset(), question.assumptions
        )
    resource = resources.resource(network, question) if "resource-policy" in names else []
    own = question.request.same_account
    if "resource-policy" in names:
        optional: frozenset[Kind] = frozenset({"resource"}) if own and not must_trust(question.request) else frozenset()
        found["resource-policy"] = _answer(resource, optional)
    if "identity-policy" in names:
        if not asked and _nobody_known(question):
            detail = f"who calls {question.request.action} is not known"
            note = Assumption("IDENTITY_POLICY_NOT_COUNTED", one.source.group, detail, "block")
            found["resource-policy"] = _with_note(found["resource-policy"], note)
        else:
            found["identity-policy"] = _identity(said.identity(network, question), resource, own)
    uses = list(uses_of_keys(network, question, one))
    for use in uses:
        found = _with_key(found, judge_use(network, question, use))
    if "resource-policy" in found and not uses:
        for note in unseen_encryption(network, question):
            found["resource-policy"] = _with_note(found["resource-policy"], note)
    return found


def _with_key(found: Mapping[str, Answer], says: KeySays) -> dict[str, Answer]:
    """The layers with what is said to the key that the request needs, in whatever account the key is."""
    more = {"resource-policy": _answer(says.resource, frozenset()),
            "identity-policy": _identity(says.identity, says.resource, own=True)}  # fmt: skip
    return {layer: _both(answer, more[layer]) if layer in more else answer for layer, answer in found.items()}


def _both(one: Answer, other: Answer) -> Answer:
    return Answer(
        worst([one.outcome, other.outcome]), (*one.blocks, *other.blocks), (*one.missing, *other.missing),
        (*one.assumptions, *other.assumptions),
    )  # fmt: skip


def judge_elsewhere(
    network: Network, request: policy.Request, role: str | None, *, resource: bool = True, use: KeyUse | None = None
) -> Answer:
    """What identity and resource policies say about a request that takes no path of the snapshot.

    ``role`` is the ARN whose policies count; without ``resource`` the resource has no policy of its own; ``use`` is the
    KMS key that the request uses, if any.
    """
    question = Asked(timed(network, request), role)
    theirs = resources.resource(network, question) if resource else []
    own = request.same_account
    answers = (
        _answer(theirs, frozenset({"resource"}) if own and not must_trust(request) else frozenset()),
        _identity(said.identity(network, question), theirs, own),
    )
    if use is not None:
        says = judge_use(network, question, use)
        of_key = (_answer(says.resource, frozenset()), _identity(says.identity, says.resource, own=True))
        answers = (_both(answers[0], of_key[0]), _both(answers[1], of_key[1]))
    return _both(*answers)


def _nobody_known(question: Asked) -> bool:
    return question.role is None and question.request.principal.has_identity and not question.assumptions


def _identity(mine: Sequence[Said], resource: Sequence[Said], own: bool) -> Answer:
    """The identity layer, where a resource policy of the own account can make up for its silence."""
    theirs = next((one for one in resource if one.kind == "resource"), None)
    if theirs is None or not own:
        return _answer(mine, frozenset())
    if theirs.effect == "allow":
        return _answer(mine, excused(theirs.grants))
    if theirs.effect == "unknown":
        silent = [one for one in mine if one.effect == "none" and one.kind in ("identity", "boundary")]
        rest = [one for one in mine if one not in silent]
        answer = _answer(rest, frozenset())
        if silent and answer.outcome != "blocked":
            why = f"{silent[0].why}; whether the resource's own policy does is not known"
            note = Assumption("UNKNOWN_RESOURCE", silent[0].component, why, "block")
            missing = (*answer.missing, *theirs.missing)
            return Answer("unknown", answer.blocks, missing, (*answer.assumptions, note))
        return _answer(mine, frozenset())
    return _answer(mine, frozenset())


def _answer(heard: Sequence[Said], optional: frozenset[Kind], more: tuple[Assumption, ...] = ()) -> Answer:
    """The layer that some kinds of policy make together; the silence of optional kinds does not block, unless it may be
    a Deny."""
    outcome: Outcome = "allowed"
    blocks: list[Block] = []
    missing: list[str] = []
    assumptions: list[Assumption] = []
    for one in heard:
        missing += one.missing
        assumptions += one.assumptions
        if one.effect == "deny" or (one.effect == "none" and one.kind not in optional):
            outcome = "blocked"
            blocks.append(Block(one.code, one.component, one.rule or None, None, "request", "egress", "403", one.why))
        elif one.unsure and outcome != "blocked":
            outcome = "unknown"
            assumptions.append(Assumption("UNKNOWN_RESOURCE", one.component, one.unsure, "block"))
        elif one.effect == "unknown" and outcome != "blocked":
            outcome = "unknown"
    return Answer(outcome, tuple(blocks), tuple(missing), (*assumptions, *more))


def _with_note(answer: Answer, note: Assumption) -> Answer:
    return msgspec.structs.replace(answer, assumptions=(*answer.assumptions, note))


# --- ways -----------------------------------------------------------------------------------------------------------


def _over_ways(outcomes: Mapping[Way, Outcome]) -> Outcome:
    """Chance picks the way within a group, the asker picks the group (DESIGN, "Verdicts")."""
    groups: dict[str, set[Outcome]] = {}
    for way, outcome in outcomes.items():
        groups.setdefault(way.group, set()).add(outcome)
    settled = {_by_chance(found) for found in groups.values()}
    for best in _BEST_FIRST:
        if best in settled:
            return best
    return "blocked"


_BEST_FIRST: tuple[Outcome, ...] = ("allowed", "unknown", "intermittent")


def _by_chance(outcomes: set[Outcome]) -> Outcome:
    if len(outcomes) == 1:
        return next(iter(outcomes))
    return "intermittent" if {"allowed", "blocked"} <= outcomes else "unknown"
