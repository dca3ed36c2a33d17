"""What the roles of pipelines lack: permissions for what CodePipeline asks in their name, and trust in CodePipeline.

**Source:** CodePipeline User Guide, "Manage the CodePipeline service role", "Cross-service confused deputy prevention"
(the conditions of the trust policy); IAM User Guide, "Grant a user permissions to pass a role to an AWS service"
(``iam:PassedToService``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reachsim import services
from reachsim.fix.allowing import trust_in
from reachsim.fix.faults import Fault
from reachsim.fix.steps import AddInlinePolicy, AddTrustStatement
from reachsim.fix.taken import Steps
from reachsim.forwarding import Ground
from reachsim.policy.reference import has_resource_types
from reachsim.policy_layers import described


def let_the_pipeline(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """A policy of the role's own for what none allows, or trust for this pipeline alone; against a denial these do
    nothing, which shows."""
    block, role = fault.block, fault.destination
    if block is None or described(ground.network, role.split(":")[4], role) is None:
        return
    if block.code == "RESOURCE_POLICY_DENY" and block.component == role and not fault.requests:
        yield from _trust(ground, fault)
    if block.code == "IDENTITY_POLICY_DENY" and block.component == role and block.rule is None:
        document = {"Version": "2012-10-17", "Statement": _statements(fault)}
        yield (AddInlinePolicy(role, f"reachsim-{fault.source}", json.dumps(document)),)


def _trust(ground: Ground, fault: Fault) -> Iterator[Steps]:
    for account, region in (home for home, one in ground.network.pipelines if one.name == fault.source):
        pipeline = f"arn:{services.partition_of(region)}:codepipeline:{region}:{account}:{fault.source}"
        yield (AddTrustStatement(fault.destination, trust_in("CodePipeline", account, pipeline)),)


def _statements(fault: Fault) -> list[dict[str, Any]]:
    """One statement for each resource, roles that are passed with the service that they are passed to."""
    found: dict[tuple[str, str], list[str]] = {}
    for request in fault.requests:
        action = str(request["action"])
        resource = str(request["resource"]) if has_resource_types(action) is not False else "*"
        passed = request["context"].get("iam:PassedToService", "") if action == "iam:PassRole" else ""
        found.setdefault((resource, str(passed)), []).append(action)
    return [
        {"Effect": "Allow", "Action": actions[0] if len(actions) == 1 else actions, "Resource": resource,
         **({"Condition": {"StringEquals": {"iam:PassedToService": passed}}} if passed else {})}
        for (resource, passed), actions in found.items()
    ]  # fmt: skip
