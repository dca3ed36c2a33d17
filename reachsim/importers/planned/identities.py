"""IAM roles, users, instance profiles and their policies.

**Source:** IAM API Reference; Terraform's and CloudFormation's documentation of the attributes.
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.importers.planned.documents import document_of
from reachsim.importers.planned.resource import Resource, text_of, texts_of
from reachsim.importers.planned.symbols import arn
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.services import partition_of

_DETAILS: Final = "iam/get-account-authorization-details"


def role_arn_of(world: World, one: Resource, named: str) -> str:
    """A role's ARN; CodeBuild takes its name, too."""
    if not named or re.fullmatch(r"arn:[a-z-]+:iam::\d{12}:role/.+", named):
        return named
    if named.startswith("arn:"):
        world.warnings.append(f"{one.address}: {named!r} is no role's ARN: what the role may do is unknown")
        return ""
    name = named.rpartition("/")[2]
    for _, held in world.each(_DETAILS):
        if held["RoleName"] == name:
            return str(held["Arn"])
    return f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:role/{named.lstrip('/')}"


def role(world: World, one: Resource) -> None:
    record = world.add(one.home, _DETAILS, {
        "RoleName": one.id, "Path": one.text("path") or "/", "Arn": arn(one),
        "AssumeRolePolicyDocument": document_of(one.values.get("assume_role_policy")) or {"Statement": []},
    })  # fmt: skip
    for key in ("RolePolicyList", "AttachedManagedPolicies", "InstanceProfileList", "Tags"):
        record.setdefault(key, [])
    boundary = one.text("permissions_boundary")
    if boundary:
        record["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    for block in one.blocks("inline_policy"):
        if text_of(block, "name") or block.get("policy"):
            _inline(world, one, record, text_of(block, "name") or "inline", block.get("policy"))
    for policy in one.texts("managed_policy_arns"):
        _attach_policy(record, policy)
    if one.open("managed_policy_arns"):
        _unseen(world, one, record, "managed policies")
    if one.open("inline_policy"):
        _unseen(world, one, record, "inline policies")
    if one.open("permissions_boundary"):
        unseen = f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:policy/known-after-apply/boundary-of-{one.id}"
        record["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": unseen}
    if one.open("assume_role_policy"):
        world.note(record["Arn"], "PLANNED_POLICY_UNKNOWN",
                   f"the trust policy of {one.address} is known only after apply", "block")  # fmt: skip


def _role(world: World, named: str) -> Document | None:
    return world.get_in(_DETAILS, named.rpartition("/")[2]) if named else None


def _inline(world: World, one: Resource, record: Document, name: str, policy: object) -> None:
    document = document_of(policy)
    record["RolePolicyList"] = [held for held in record["RolePolicyList"] if held["PolicyName"] != name]
    if one.action == "delete":
        return
    if document is None:
        _unseen(world, one, record, name)
    else:
        record["RolePolicyList"].append({"PolicyName": name, "PolicyDocument": document})


def _unseen(world: World, one: Resource, record: Document, name: str) -> None:
    """A policy that nothing tells stands as an attached one that the answer does not hold: what it allows is open.

    Its name is the address that declares it, so that verdicts name it.
    """
    world.warnings.append(f"{one.address}: the policy is known only after apply: what it allows is unknown")
    declared = re.sub(r"[^0-9A-Za-z_.-]+", "-", one.address).strip("-")
    path = f"known-after-apply/{declared}" + (f"/{name}" if name not in ("", one.text("name")) else "")
    _attach_policy(record, f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:policy/{path.replace(' ', '-')}")


def _attach_policy(record: Document, policy: str) -> None:
    if all(held["PolicyArn"] != policy for held in record["AttachedManagedPolicies"]):
        record["AttachedManagedPolicies"].append({"PolicyName": policy.rpartition("/")[2], "PolicyArn": policy})


def user(world: World, one: Resource) -> None:
    details = world.document((one.home[0], "global"), _DETAILS)
    if details is not None:
        held = details.setdefault("UserDetailList", [])
        held[:] = [other for other in held if other.get("UserName") != one.id]
        held.append({
            "UserName": one.id, "Path": one.text("path") or "/", "UserPolicyList": [], "GroupList": [],
            "Arn": f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:user{one.text('path') or '/'}{one.id}",
            "AttachedManagedPolicies": [],
        })  # fmt: skip


def user_policy(world: World, one: Resource) -> None:
    """A policy of a user, attached or inline."""
    details = world.document((one.home[0], "global"), _DETAILS) or {}
    for held in details.get("UserDetailList", []):
        if held.get("UserName") not in one.texts("user", "users"):
            continue
        document = document_of(one.values.get("policy"))
        if one.text("policy_arn"):
            _attach_policy(held, one.text("policy_arn"))
        elif document is not None:
            name = one.text("name") or one.id
            held["UserPolicyList"].append({"PolicyName": name, "PolicyDocument": document})
        else:
            _unseen(world, one, held, one.text("name"))


def role_policy(world: World, one: Resource) -> None:
    for named in one.texts("role", "roles") or texts_of(one.before, "role"):
        record = _role(world, named)
        name = one.text("name", "name_prefix") or text_of(one.before, "name") or one.id
        if record is not None:
            _inline(world, one, record, name, one.values.get("policy"))


def role_attachment(world: World, one: Resource) -> None:
    policy = one.text("policy_arn") or text_of(one.before, "policy_arn")
    for named in one.texts("role", "roles") or texts_of(one.before, "role"):
        record = _role(world, named)
        if record is None:
            continue
        if one.action == "delete":
            record["AttachedManagedPolicies"] = [
                held for held in record["AttachedManagedPolicies"] if held["PolicyArn"] != policy
            ]
        elif policy:
            _attach_policy(record, policy)
        else:
            _unseen(world, one, record, "attached")


def managed_policy(world: World, one: Resource) -> None:
    document = document_of(one.values.get("policy"))
    held = world.document((one.home[0], "global"), _DETAILS)
    if held is None:
        return
    policies = held.setdefault("Policies", [])
    policies[:] = [other for other in policies if other.get("Arn") != arn(one)]
    if document is None:
        world.warnings.append(f"{one.address}: the policy is known only after apply: what it allows is unknown")
    else:
        policies.append({
            "PolicyName": one.id, "Arn": arn(one), "Path": one.text("path") or "/", "DefaultVersionId": "v1",
            "PolicyVersionList": [{"Document": document, "VersionId": "v1", "IsDefaultVersion": True}],
        })  # fmt: skip
    for named in one.texts("roles"):
        record = _role(world, named)
        if record is not None:
            _attach_policy(record, arn(one))


def instance_profile(world: World, one: Resource) -> None:
    for named in one.texts("role", "roles"):
        record = _role(world, named)
        if record is not None:
            listed = record["InstanceProfileList"]
            listed[:] = [held for held in listed if held.get("InstanceProfileName") != one.id]
            listed.append({
                "InstanceProfileName": one.id, "Path": one.text("path") or "/", "Arn": arn(one),
                "Roles": [{"RoleName": record["RoleName"], "Arn": record["Arn"]}],
            })  # fmt: skip
