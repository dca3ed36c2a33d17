"""The policies that roles, users and groups have: inline ones, attached ones, and the boundary. Live records may lack
lists of what they have none of.

**Source:** IAM API Reference, "GetAccountAuthorizationDetails"; Terraform's and CloudFormation's documentation of the
attributes.
"""

from __future__ import annotations

import re
from typing import Literal

from reachsim.importers.planned.documents import document_of
from reachsim.importers.planned.resource import Resource, text_of
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.services import partition_of

Inline = Literal["RolePolicyList", "UserPolicyList", "GroupPolicyList"]
"""The key of the inline policies of a role, user or group."""


def own_policies(world: World, one: Resource, record: Document, key: Inline) -> None:
    """The policies that a role, user or group declares itself."""
    for block in one.blocks("inline_policy"):
        if text_of(block, "name") or block.get("policy"):
            _put(world, one, record, key, text_of(block, "name") or "inline", block.get("policy"))
    for policy in one.texts("managed_policy_arns"):
        attach(record, policy)
    if one.open("managed_policy_arns"):
        unseen(world, one, record, "managed policies")
    if one.open("inline_policy"):
        unseen(world, one, record, "inline policies")


def inline(world: World, one: Resource, record: Document, key: Inline, name: str) -> None:
    """An inline policy that is a resource of its own comes or goes."""
    if one.action == "delete":
        record[key] = [held for held in record.get(key) or () if held["PolicyName"] != name]
    else:
        _put(world, one, record, key, name, one.values.get("policy"))


def _put(world: World, one: Resource, record: Document, key: Inline, name: str, policy: object) -> None:
    document = document_of(policy)
    record[key] = [held for held in record.get(key) or () if held["PolicyName"] != name]
    if document is None:
        unseen(world, one, record, name)
    else:
        record[key].append({"PolicyName": name, "PolicyDocument": document})


def attachment(world: World, one: Resource, record: Document) -> None:
    """A managed policy is attached or detached by a resource of its own."""
    policy = one.text("policy_arn") or text_of(one.before, "policy_arn")
    if one.action == "delete":
        record["AttachedManagedPolicies"] = [
            held for held in record.get("AttachedManagedPolicies") or () if held["PolicyArn"] != policy
        ]
    elif policy:
        attach(record, policy)
    else:
        unseen(world, one, record, "attached")


def attach(record: Document, policy: str) -> None:
    attached = record.setdefault("AttachedManagedPolicies", [])
    if all(held["PolicyArn"] != policy for held in attached):
        attached.append({"PolicyName": policy.rpartition("/")[2], "PolicyArn": policy})


def unseen(world: World, one: Resource, record: Document, name: str) -> None:
    """A policy that nothing tells stands as an attached one that the answer does not hold: what it allows is open.

    Its name is the address that declares it, so that verdicts name it.
    """
    world.warnings.append(f"{one.address}: the policy is known only after apply: what it allows is unknown")
    declared = re.sub(r"[^0-9A-Za-z_.-]+", "-", one.address).strip("-")
    path = f"known-after-apply/{declared}" + (f"/{name}" if name not in ("", one.text("name")) else "")
    attach(record, f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:policy/{path.replace(' ', '-')}")


def boundary(one: Resource, record: Document) -> None:
    """The permissions boundary; one that nothing tells is one that the answer does not hold."""
    arn = one.text("permissions_boundary")
    if one.open("permissions_boundary"):
        arn = f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:policy/known-after-apply/boundary-of-{one.id}"
    if arn:
        record["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
