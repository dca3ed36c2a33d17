"""IAM roles, instance profiles and the policies of roles; those of users and groups are in `users`.

**Source:** IAM API Reference; Terraform's and CloudFormation's documentation of the attributes.
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.importers.planned.attached import attach, attachment, boundary, inline, own_policies
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
    own_policies(world, one, record, "RolePolicyList")
    boundary(one, record)
    if one.open("assume_role_policy"):
        world.note(record["Arn"], "PLANNED_POLICY_UNKNOWN",
                   f"the trust policy of {one.address} is known only after apply", "block")  # fmt: skip


def _role(world: World, named: str) -> Document | None:
    return world.get_in(_DETAILS, named.rpartition("/")[2]) if named else None


def role_policy(world: World, one: Resource) -> None:
    for named in one.texts("role", "roles") or texts_of(one.before, "role"):
        record = _role(world, named)
        name = one.text("name", "name_prefix") or text_of(one.before, "name") or one.id
        if record is not None:
            inline(world, one, record, "RolePolicyList", name)


def role_attachment(world: World, one: Resource) -> None:
    for named in one.texts("role", "roles") or texts_of(one.before, "role"):
        record = _role(world, named)
        if record is not None:
            attachment(world, one, record)


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
            attach(record, arn(one))


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
