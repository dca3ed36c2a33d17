"""What a changed policy now allows, or no longer does, with a request as proof.

**Source:** policy-symbolic fact sheet; `reachsim.policy.symbolic` decides over all requests at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from reachsim import policy
from reachsim.changes import Change, Comparison
from reachsim.diff.records import PolicyChange
from reachsim.policy.statements import Document
from reachsim.policy.symbolic import Difference, allows_more
from reachsim.policy.symbolic_space import Zone
from reachsim.snapshot import Snapshot

Kind = Literal["identity", "endpoint", "resource"]
Place = tuple[str, str]
"""(file, resource) that holds a policy."""
_KINDS: dict[str, Kind] = {
    "vpc-endpoint": "endpoint", "bucket": "resource", "repository": "resource", "iam-role": "identity",
}  # fmt: skip


def policy_changes(comparison: Comparison, changes: Iterable[Change]) -> tuple[PolicyChange, ...]:
    """Each resource whose policy changed, with what it allows more and less."""
    touched: dict[tuple[str, str, str], list[str]] = {}
    for change in changes:
        if change.is_policy and change.kind in _KINDS and not change.is_whole:
            touched.setdefault((change.kind, change.files[0], change.component), []).append(change.id)
    found = []
    for (kind, file, component), ids in touched.items():
        sides = [_documents(one, kind, file, component) for one in (comparison.before, comparison.after)]
        if None in sides:
            continue
        older, newer = (one or [] for one in sides)
        zone = Zone(file.split("/", 1)[0], _organization(comparison.after, file))
        gateway = kind == "vpc-endpoint" and _is_gateway(comparison.after, file, component)
        more = allows_more(newer, older, zone, kind=_KINDS[kind], gateway=gateway)
        less = allows_more(older, newer, zone, kind=_KINDS[kind], gateway=gateway)
        found.append(PolicyChange(component, tuple(ids), more.more, _words(more), less.more, _words(less)))
    return tuple(found)


def _words(answer: Difference) -> str:
    witness = answer.witness
    if witness is None:
        return "; ".join(answer.notes)
    who = getattr(witness.principal, "arn", None) or str(witness.context.get("aws:PrincipalArn", "anyone"))
    return f"{witness.action} on {witness.resource_arn} by {who}"


def _documents(snapshot: Snapshot, kind: str, file: str, component: str) -> list[Document] | None:
    """The policy documents of a resource; None where they cannot be read."""
    if not snapshot.holds(file):
        return None
    try:
        document = json.loads(snapshot.read(file))
        return [policy.parse(json.loads(one) if isinstance(one, str) else one)
                for one in _texts(document, kind, component)]  # fmt: skip
    except (policy.PolicyError, ValueError, AttributeError, TypeError, KeyError):
        return None


def _texts(document: Any, kind: str, component: str) -> Sequence[Any]:
    if kind == "vpc-endpoint":
        rows = [one for one in document["VpcEndpoints"] if one["VpcEndpointId"] == component]
        return [one["PolicyDocument"] for one in rows]
    if kind == "iam-role":
        (role,) = [one for one in document["RoleDetailList"] if one["Arn"] == component]
        return [one["PolicyDocument"] for one in role["RolePolicyList"]]
    return [document["Policy"] if "Policy" in document else document["policyText"]]


def _is_gateway(snapshot: Snapshot, file: str, component: str) -> bool:
    rows = json.loads(snapshot.read(file))["VpcEndpoints"]
    return any(one["VpcEndpointId"] == component and one.get("VpcEndpointType") == "Gateway" for one in rows)


def _organization(snapshot: Snapshot, file: str) -> str | None:
    path = f"{file.split('/', 1)[0]}/global/organizations/describe-organization.json"
    if snapshot.status(path) != "ok":
        return None
    found = json.loads(snapshot.read(path))
    return (found.get("Organization") or {}).get("Id") if isinstance(found, dict) else None
