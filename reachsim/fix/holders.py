"""Policy documents in a snapshot being edited, by what holds them.

A holder is an endpoint's id, or the ARN of an ECR repository, a bucket, a KMS key, a role or user (whose inline
policies have names) or a managed policy of the account's own; an ECR registry, which has no ARN, is called like one
that ends in ``registry``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from reachsim.edits.draft import Draft, Record
from reachsim.errors import QuestionError

Document = dict[str, Any]
_KINDS: Final = {"ecr": "repository", "s3": "bucket", "kms": "key"}


def read(draft: Draft, holder: str, policy: str = "") -> Document:
    """A policy with its statements as a list; without any where there is none. Raises QuestionError if the holder is
    not in the snapshot.
    """
    held = _held(draft, holder, policy)
    document = dict(json.loads(held) if isinstance(held, str) else held or {"Version": "2012-10-17"})
    statements = document.get("Statement", [])
    return document | {"Statement": list(statements) if isinstance(statements, list) else [statements]}


def _held(draft: Draft, holder: str, policy: str) -> Any:
    kind = kind_of(holder)
    if kind == "endpoint":
        return draft.record(holder).get("PolicyDocument")
    if kind == "repository":
        return draft.document(repository_file(draft, holder)).get("policyText")
    if kind == "registry":
        return draft.document(_registry_file(draft, holder)).get("policyText")
    if kind == "bucket":
        return draft.document(_bucket_file(draft, holder)).get("Policy")
    if kind == "key":
        return draft.document(_key_file(draft, holder)).get("Policy")
    if kind == "managed":
        return _version(draft, holder)["Document"]
    return _inline(draft, holder, policy)["PolicyDocument"]


def write(draft: Draft, holder: str, document: Document, policy: str = "") -> None:
    """Put a policy in place of the one that is there."""
    text = json.dumps(document, ensure_ascii=False)
    kind = kind_of(holder)
    if kind == "endpoint":
        draft.record(holder)["PolicyDocument"] = text
    elif kind == "repository":
        draft.put(repository_file(draft, holder), {"policyText": text})
    elif kind == "registry":
        draft.put(_registry_file(draft, holder), {"registryId": holder.split(":")[4], "policyText": text})
    elif kind == "bucket":
        draft.put(_bucket_file(draft, holder), {"Policy": text})
    elif kind == "key":
        draft.put(_key_file(draft, holder), {"Policy": text, "PolicyName": "default"})
    elif kind == "managed":
        _version(draft, holder)["Document"] = document
    else:
        _inline(draft, holder, policy)["PolicyDocument"] = document


def read_trust(draft: Draft, role: str) -> Document:
    """A role's trust policy with its statements as a list. Raises QuestionError if the snapshot does not hold it."""
    held = _identity(draft, role)[0].get("AssumeRolePolicyDocument")
    if not held:
        raise QuestionError(f"the trust policy of {role} is not in the snapshot", "NO_SUCH_COMPONENT")
    document = dict(json.loads(held) if isinstance(held, str) else held)
    statements = document.get("Statement", [])
    return document | {"Statement": list(statements) if isinstance(statements, list) else [statements]}


def add_trust(draft: Draft, role: str, statement: Document) -> None:
    """A statement more in a role's trust policy."""
    document = read_trust(draft, role)
    document["Statement"].append(statement)
    _identity(draft, role)[0]["AssumeRolePolicyDocument"] = document


def add_inline(draft: Draft, principal: str, name: str, document: Document) -> None:
    """An inline policy more for a role or user."""
    record, key = _identity(draft, principal)
    record.setdefault(key, []).append({"PolicyName": name, "PolicyDocument": document})


def kind_of(holder: str) -> str:
    """
    >>> kind_of("vpce-1"), kind_of("arn:aws:ecr:us-east-1:111111111111:repository/app")
    ('endpoint', 'repository')
    >>> kind_of("arn:aws:iam::111111111111:policy/own"), kind_of("arn:aws:iam::111111111111:user/ann")
    ('managed', 'identity')
    """
    parts = holder.split(":", 5)
    if len(parts) < 6:
        return "endpoint"
    if parts[2] in _KINDS:
        return "registry" if parts[2:6:3] == ["ecr", "registry"] else _KINDS[parts[2]]
    return "managed" if parts[5].startswith("policy/") else "identity"


def repository_file(draft: Draft, arn: str) -> str:
    region, account, name = arn.split(":", 5)[3:]
    return draft.network.path((account, region), "ecr", "get-repository-policy", name.removeprefix("repository/"))


def _registry_file(draft: Draft, arn: str) -> str:
    region, account = arn.split(":")[3:5]
    return draft.network.path((account, region), "ecr", "get-registry-policy")


def _bucket_file(draft: Draft, arn: str) -> str:
    name = arn.rsplit(":", 1)[-1]
    paths = [draft.network.path((account, "global"), "s3api", "get-bucket-policy", name)
             for account in draft.network.snapshot.accounts()]  # fmt: skip
    return next((path for path in paths if draft.network.snapshot.holds(path)), paths[0])


def _key_file(draft: Draft, arn: str) -> str:
    region, account, name = arn.split(":", 5)[3:]
    return draft.network.path((account, region), "kms", "get-key-policy", name.removeprefix("key/"))


def _details(draft: Draft, arn: str) -> Record:
    account = arn.split(":")[4]
    found: Record = draft.document(draft.network.path((account, "global"), "iam", "get-account-authorization-details"))
    return found


def _identity(draft: Draft, arn: str) -> tuple[Record, str]:
    user = arn.split(":", 5)[5].startswith("user/")
    rows = _details(draft, arn).get("UserDetailList" if user else "RoleDetailList") or ()
    for one in rows:
        if one.get("Arn") == arn:
            return one, "UserPolicyList" if user else "RolePolicyList"
    raise QuestionError(f"{arn} is not in the snapshot", "NO_SUCH_COMPONENT")


def _inline(draft: Draft, arn: str, name: str) -> Record:
    record, key = _identity(draft, arn)
    for one in record.get(key) or ():
        if one.get("PolicyName") == name:
            found: Record = one
            return found
    raise QuestionError(f"{arn} has no inline policy {name}", "NO_SUCH_COMPONENT")


def _version(draft: Draft, arn: str) -> Record:
    for one in _details(draft, arn).get("Policies") or ():
        for version in one.get("PolicyVersionList") or () if one.get("Arn") == arn else ():
            if version.get("IsDefaultVersion"):
                found: Record = version
                return found
    raise QuestionError(f"{arn} is not in the snapshot", "NO_SUCH_COMPONENT")


def policies_of(draft: Draft, role: str) -> Iterator[tuple[str, str]]:
    """(holder, name) of the policies of a role that its account can change: inline ones, its own managed ones."""
    record, key = _identity(draft, role)
    yield from ((role, str(one.get("PolicyName"))) for one in record.get(key) or ())
    for one in record.get("AttachedManagedPolicies") or ():
        arn = str(one.get("PolicyArn"))
        if arn.split(":")[4:5] == role.split(":")[4:5]:
            yield arn, ""
