"""Denies that hit the pipeline itself, narrowed so that they spare what it needs and nobody else.

A deny for all that does not come by certain endpoints hits two kinds of requests that cannot: those of a service (the
interfaces that CodeBuild makes with the project's role, its pull of the environment's image), and those that come by
another endpoint of the same VPC. The first are exempted by action or as a service's, the second by naming the endpoint.

**Source:** IAM User Guide, "AWS global condition context keys" (aws:SourceVpce, aws:PrincipalIsAWSService), "NotAction
with Deny"; pipeline-services fact sheet, P4, P6, P47.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from reachsim import policy
from reachsim.check.provisioning import DESCRIBE, INTERFACE
from reachsim.edits.draft import Draft
from reachsim.errors import ReachsimError
from reachsim.fix import holders
from reachsim.fix.allowing import environment_repository, refused
from reachsim.fix.faults import Fault
from reachsim.fix.steps import ReplaceStatement, Step
from reachsim.fix.taken import Steps
from reachsim.forwarding import Ground

Statement = dict[str, Any]

_STARTING = (*DESCRIBE, *INTERFACE)


def spare_interfaces(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """Denies of a service role that keep CodeBuild from making interfaces, without the actions for that."""
    assert fault.block is not None
    role = fault.block.component
    steps: list[Step] = []
    for holder, name, number, statement in _denies(ground, role):
        changed = _without_actions(statement, _STARTING)
        if changed is not None and any(_hits(statement, role, action) for action in _STARTING):
            why = "it spares what CodeBuild does itself to place a build in the VPC, which comes by no endpoint"
            steps.append(_replaced(holder, name, number, statement, changed, why))
    if steps:
        yield tuple(steps)


def _without_actions(statement: Statement, spared: Sequence[str]) -> Statement | None:
    """A deny without some actions, where it can be said exactly."""
    changed = copy.deepcopy(statement)
    actions = statement.get("Action")
    if actions in ("*", ["*"]):
        del changed["Action"]
        return changed | {"NotAction": sorted(spared)}
    if "NotAction" in statement:
        held = statement["NotAction"]
        return changed | {"NotAction": sorted({*([held] if isinstance(held, str) else held), *spared})}
    listed = [actions] if isinstance(actions, str) else list(actions or ())
    kept = [one for one in listed if one not in spared]
    return changed | {"Action": kept} if kept and len(kept) < len(listed) else None


def name_endpoint(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """Denies of a role for requests that do not come by listed endpoints, with the one that they come by."""
    block = fault.block
    assert block is not None
    if not block.component.startswith("arn:") or fault.verdict is None:
        return
    ends = sorted({path.terminal for path in fault.verdict.paths} & ground.network.vpc_endpoints.keys())
    asked = refused(ground, fault, "identity-policy")
    steps: list[Step] = []
    for holder, name, number, statement in _denies(ground, block.component):
        changed = _naming(statement, ends)
        if changed is not None and any(_hits(statement, block.component, str(one["action"])) for one in asked):
            why = f"it spares what comes by {', '.join(ends)}"
            steps.append(_replaced(holder, name, number, statement, changed, why))
    if ends and steps:
        yield tuple(steps)


def _naming(statement: Statement, ends: Sequence[str]) -> Statement | None:
    changed = copy.deepcopy(statement)
    found = False
    for operator, block in changed.get("Condition", {}).items():
        for key, value in block.items():
            if key.lower() == "aws:sourcevpce" and operator.lower().startswith("stringnotequals"):
                block[key] = list(dict.fromkeys([*([value] if isinstance(value, str) else value), *ends]))
                found = found or block[key] != value
    return changed if found else None


def spare_service(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """Denies of a repository that hit CodeBuild's own pull of a project's image, but for AWS services."""
    repository = environment_repository(ground, fault.source)
    if repository is None:
        return
    steps: list[Step] = []
    try:
        statements = holders.read(Draft(ground.network), repository.arn)["Statement"]
    except (ReachsimError, ValueError):
        return
    for number, statement in enumerate(statements):
        conditions = statement.get("Condition", {})
        if statement.get("Effect") == "Deny" and conditions and "aws:PrincipalIsAWSService" not in str(conditions):
            changed = copy.deepcopy(statement)
            changed["Condition"].setdefault("BoolIfExists", {})["aws:PrincipalIsAWSService"] = "false"
            why = "it spares AWS services, as CodeBuild pulls the image of a build environment by itself"
            steps.append(_replaced(repository.arn, "", number, statement, changed, why))
    if steps:
        yield tuple(steps)


def _denies(ground: Ground, role: str) -> Iterator[tuple[str, str, int, Statement]]:
    """(holder, policy, number, statement) of the denies in a role's policies that its account can change."""
    draft = Draft(ground.network)
    try:
        places = list(holders.policies_of(draft, role))
    except ReachsimError:
        return
    for holder, name in places:
        try:
            statements = holders.read(draft, holder, name)["Statement"]
        except ReachsimError:
            continue
        yield from ((holder, name, number, one) for number, one in enumerate(statements) if one.get("Effect") == "Deny")


def _hits(statement: Statement, role: str, action: str) -> bool:
    """Whether a deny may hit an action, on whatever resource."""
    bare = {key: value for key, value in statement.items() if key in ("Effect", "Action", "NotAction")}
    request = policy.Request(policy.Principal.parse(role), action, "*", role.split(":")[4], {})
    document = policy.parse({"Statement": [bare | {"Resource": "*"}]})
    return policy.judge(document, request, "identity").effect == "deny"


def _replaced(
    holder: str, name: str, number: int, old: Statement, new: Statement, why: str
) -> ReplaceStatement:  # fmt: skip
    return ReplaceStatement(holder, name, number, str(old.get("Sid", number)), json.dumps(new), why)
