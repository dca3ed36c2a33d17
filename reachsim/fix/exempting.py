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
    """Statements of a role that hold for listed endpoints alone, with the one that the requests come by."""
    block = fault.block
    if block is None or not block.component.startswith("arn:"):
        return
    ends = _crossed(ground, fault)
    steps: list[Step] = [
        _replaced(holder, name, number, statement, changed, f"it {told} what comes by {', '.join(ends)}")
        for holder, name, number, statement, told in bound_to_endpoints(ground, fault)
        if (changed := _naming(statement, ends)) is not None
    ]  # fmt: skip
    if ends and steps:
        yield tuple(steps)


def _crossed(ground: Ground, fault: Fault) -> list[str]:
    """The endpoints that a fault's requests come by."""
    paths = fault.verdict.paths if fault.verdict else ()
    return sorted({path.terminal for path in paths} & ground.network.vpc_endpoints.keys())


def bound_to_endpoints(ground: Ground, fault: Fault) -> list[tuple[str, str, int, Statement, str]]:
    """(holder, policy, number, statement, what naming an endpoint does) of a role's statements about refused requests
    that hold for listed endpoints alone.
    """
    role = fault.block.component if fault.block else ""
    asked = refused(ground, fault, "identity-policy")
    return [
        (holder, name, number, one, "spares" if one.get("Effect") == "Deny" else "allows")
        for holder, name, number, one in _statements(ground, role)
        if _naming(one, ["vpce-"]) is not None and any(_hits(one, role, str(each["action"])) for each in asked)
    ]  # fmt: skip


def name_endpoint_for(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """Denies of a bucket or repository for what does not come by listed endpoints, with the one of the requests."""
    ends = _crossed(ground, fault)
    steps: list[Step] = []
    for resource in {str(one["resource"]) for one in refused(ground, fault, "resource-policy")} if ends else ():
        holder = resource.split("/")[0] if ":s3:" in resource else resource
        if holders.kind_of(holder) not in ("bucket", "repository") or "*" in holder:
            continue
        try:
            statements = holders.read(Draft(ground.network), holder)["Statement"]
        except (ReachsimError, ValueError):
            continue
        for number, statement in enumerate(statements):
            changed = _naming(statement, ends) if statement.get("Effect") == "Deny" else None
            if changed is not None:
                why = f"it spares what comes by {', '.join(ends)}"
                steps.append(_replaced(holder, "", number, statement, changed, why))
    if steps:
        yield tuple(dict.fromkeys(steps))


_NAMING = {"Deny": "stringnotequals", "Allow": "stringequals"}


def _naming(statement: Statement, ends: Sequence[str]) -> Statement | None:
    """A statement with endpoints more in its condition on them; None if it has none."""
    changed = copy.deepcopy(statement)
    found = False
    wanted = _NAMING.get(str(statement.get("Effect")), "-")
    for operator, block in changed.get("Condition", {}).items():
        for key, value in block.items():
            if key.lower() == "aws:sourcevpce" and operator.lower().rpartition(":")[2].startswith(wanted):
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
    return (one for one in _statements(ground, role) if one[3].get("Effect") == "Deny")


def _statements(ground: Ground, role: str) -> Iterator[tuple[str, str, int, Statement]]:
    """(holder, policy, number, statement) of a role's policies that its account can change."""
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
        yield from ((holder, name, number, one) for number, one in enumerate(statements))


def _hits(statement: Statement, role: str, action: str) -> bool:
    """Whether a statement may be about an action, on whatever resource."""
    bare = {key: value for key, value in statement.items() if key in ("Effect", "Action", "NotAction")}
    request = policy.Request(policy.Principal.parse(role), action, "*", role.split(":")[4], {})
    document = policy.parse({"Statement": [bare | {"Resource": "*"}]})
    return policy.judge(document, request, "identity").effect != "none"


def _replaced(
    holder: str, name: str, number: int, old: Statement, new: Statement, why: str
) -> ReplaceStatement:  # fmt: skip
    return ReplaceStatement(holder, name, number, str(old.get("Sid", number)), json.dumps(new), why)
