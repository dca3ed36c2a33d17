"""What lets a role use the KMS key that a service needs for its requests: in its own policies, or in the key's.

Both say for which service (``kms:ViaService``), so that nobody uses the key by it otherwise.

**Source:** KMS Developer Guide, "Key policies in AWS KMS", "AWS KMS condition keys" (kms:ViaService).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reachsim import services
from reachsim.fix.faults import Fault
from reachsim.fix.steps import AddInlinePolicy, AddPolicyStatement, Step
from reachsim.fix.taken import Steps
from reachsim.forwarding import Ground
from reachsim.policy_layers.asked import read_request
from reachsim.policy_layers.encryption import uses_of_keys
from reachsim.policy_layers.key_policies import customer_key
from reachsim.policy_layers.ways import ways_of
from reachsim.simulate import ask

Statement = dict[str, Any]


def may_use_keys(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """An inline policy for the role that lacks permission for keys of its requests."""
    block = fault.block
    if block is None or block.rule is not None or not block.component.startswith("arn:"):
        return
    statements = [_statement(key, action, service) for key, action, service, _ in _uses(ground, fault)]
    if statements:
        document = {"Version": "2012-10-17", "Statement": statements}
        yield (AddInlinePolicy(block.component, "reachsim-kms", json.dumps(document)),)


def admitted_by_keys(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """A statement in the policy of a key that refuses the role."""
    role = next((role for *_, role in _uses(ground, fault)), "")
    steps: list[Step] = []
    for key, action, service, _ in _uses(ground, fault):
        if fault.block is not None and key == fault.block.component and role:
            statement = _statement("*", action, service)
            more = {"Sid": "Pipeline", "Principal": {"AWS": role}}
            steps.append(AddPolicyStatement(key, json.dumps(more | statement)))
    if steps:
        yield tuple(steps)


def _statement(key: str, action: str, service: str) -> Statement:
    limit = {"StringEquals": {"kms:ViaService": service}}
    return {"Effect": "Allow", "Action": action, "Resource": key, "Condition": limit}


def _uses(ground: Ground, fault: Fault) -> list[tuple[str, str, str, str]]:
    """(ARN of a customer's key, action, service, role) of the keys that a fault's requests need with their caller's
    permissions.
    """
    network, question = ground.network, fault.verdict.question if fault.verdict else None
    found: dict[tuple[str, str, str, str], None] = {}
    if question is None or not fault.requests:
        return []
    scenarios = ask(ground, question.source, question.destination, protocol=question.protocol, port=question.port)
    for way, one in ways_of(network, scenarios).items():
        for request in fault.requests:
            asked = read_request(network, request, way, one)
            for use in uses_of_keys(network, asked, one):
                key = customer_key(network, use) if use.signer == "caller" else None
                if key is not None and asked.role:
                    region = key.split(":")[3]
                    service = f"{use.service}.{region}.{services.dns_suffix(region)}"
                    found[key, use.action, service, asked.role] = None
    return list(found)
