"""What a changed policy now allows, or no longer does, with a request as proof.

**Source:** policy-symbolic fact sheet; `reachsim.policy.symbolic` decides over all requests at once.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Sequence
from typing import Any, Final, Literal

from reachsim import policy
from reachsim.changes import Change, Comparison
from reachsim.changes.tree import Atom
from reachsim.changes.words import POLICY_FILES, is_policy, operation_of, subject
from reachsim.diff.proofs import Proof, Real
from reachsim.diff.records import PolicyChange
from reachsim.model.network import Network
from reachsim.policy.judge import View
from reachsim.policy.statements import Document
from reachsim.policy.symbolic_cells import Zone
from reachsim.snapshot import Snapshot

Kind = Literal["identity", "endpoint", "resource"]
TRUST: Final = "AssumeRolePolicyDocument"
_SHUT: Final = ", which S3 Block Public Access refuses all the same"
_EXAMPLE: Final = " (an example, not in the snapshot)"
_KINDS: dict[str, Kind] = {
    TRUST: "resource",
    "vpc-endpoint": "endpoint", "bucket": "resource", "repository": "resource", "iam-role": "identity",
    "iam-user": "identity", "iam-group": "identity", "iam-policy": "identity",
}  # fmt: skip


def policy_changes(
    comparison: Comparison, changes: Iterable[Change], networks: Sequence[Network], shared: Container[str] = ()
) -> tuple[PolicyChange, ...]:
    """Each resource whose policy changed, with what it allows more and less.

    Args:
        comparison: The two snapshots.
        changes: Those that matter.
        networks: The newer and the older one, whose resources and roles are named in a proof if that can be.
        shared: Resources that strangers may use before and after.
    """
    real = Real(networks)
    touched: dict[tuple[str, str, str], dict[str, None]] = {}
    for change in changes:
        for atom in change.atoms:
            kind, key = subject(atom)
            if key == change.component and kind in _KINDS and _is_about_a_policy(kind, change, atom):
                kind = TRUST if TRUST in atom.path else kind
                touched.setdefault((kind, atom.file, key), {})[change.id] = None
    return tuple(
        _compared(comparison, real, kind, file, component, tuple(ids), shared)
        for (kind, file, component), ids in touched.items()
    )


def _is_about_a_policy(kind: str, change: Change, atom: Atom) -> bool:
    if kind in ("bucket", "repository"):
        return operation_of(atom.file)[0] in POLICY_FILES
    return (is_policy(atom) or "AttachedManagedPolicies" in atom.path) and not change.is_whole


def _compared(
    comparison: Comparison, real: Real, kind: str, file: str, component: str, ids: tuple[str, ...],
    shared: Container[str],
) -> PolicyChange:  # fmt: skip
    older, newer = (_documents(one, kind, file, component) for one in (comparison.before, comparison.after))
    named = f"{component} (trust policy)" if kind == TRUST else component
    if older is None or newer is None:
        which = "older" if older is None else "newer"
        unread = f"the {which} snapshot does not tell the policy"
        return PolicyChange(named, ids, None, unread, None, unread)
    zone = Zone(file.split("/", 1)[0], _organization(comparison.after, file))
    gateway = kind == "vpc-endpoint" and _is_gateway(comparison.after, file, component)
    own = real.own(file) if kind in ("bucket", "repository") else ()
    view = View(_KINDS[kind], gateway)
    service = real.service(component) if kind == "vpc-endpoint" else None
    more = real.proof(newer, older, zone, view, own, service)
    less = real.proof(older, newer, zone, view, own, service)
    keys = _keys(older, newer)
    account = file.split("/", 1)[0]
    told = [
        _words(answer, kind, keys) + (_SHUT if kind == "bucket" and answer.witness is not None
                                      and real.is_shut(place, account, component, held, answer.witness) else "")
        for place, held, answer in ((0, newer, more), (1, older, less))
    ]  # fmt: skip
    exposes = more.witness is not None and real.is_foreign(more.witness) and (
        real.is_builds(component) if kind == TRUST
        else kind in ("bucket", "repository") and component in shared
        and not real.is_kept_out(more.witness, zone) and _SHUT not in told[0]
    )  # fmt: skip
    return PolicyChange(named, ids, more.more, told[0], less.more, told[1], exposes)


def _keys(*sides: Sequence[Document]) -> frozenset[str]:
    """The condition keys that the policies ask for."""
    return frozenset(
        condition.key.lower() for side in sides for one in side for each in one.statements
        for condition in each.conditions
    )  # fmt: skip


def _words(answer: Proof, kind: str, keys: frozenset[str]) -> str:
    witness = answer.witness
    if witness is None:
        return "; ".join(answer.notes)
    service = witness.principal.text if witness.principal.kind == "service" else "anyone"
    who = str(witness.context.get("aws:PrincipalArn", service)) + (_EXAMPLE if answer.example_caller else "")
    by = "" if _KINDS[kind] == "identity" else f" by {who}"
    told = [f"{key} = {_value(value)}" for key, value in witness.context.items() if key.lower() in keys]
    what = witness.resource_arn + (_EXAMPLE if answer.example_resource else "")
    on = "" if kind == TRUST else f" on {what}"
    return f"{witness.action}{on}{by}" + (f" with {', '.join(told)}" if told else "")


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _documents(snapshot: Snapshot, kind: str, file: str, component: str) -> list[Document] | None:
    """The policy documents of a resource; None where they cannot be read."""
    if snapshot.status(file) == "absent":
        return []
    if not snapshot.holds(file):
        return None
    try:
        document = json.loads(snapshot.read(file))
        return [policy.parse(json.loads(one) if isinstance(one, str) else one)
                for one in _texts(document, kind, component)]  # fmt: skip
    except (policy.PolicyError, ValueError, AttributeError, TypeError, KeyError):
        return None


_LISTS = {
    "iam-role": ("RoleDetailList", "RolePolicyList"), "iam-user": ("UserDetailList", "UserPolicyList"),
    "iam-group": ("GroupDetailList", "GroupPolicyList"),
}  # fmt: skip


def _texts(document: Any, kind: str, component: str) -> Sequence[Any]:
    if kind == "vpc-endpoint":
        rows = [one for one in document["VpcEndpoints"] if one["VpcEndpointId"] == component]
        return [one["PolicyDocument"] for one in rows]
    if kind == "iam-policy":
        return _versions(document, component)
    if kind == TRUST:
        return [one[TRUST] for one in document["RoleDetailList"] if one["Arn"] == component]
    if kind in _LISTS:
        rows_key, policies_key = _LISTS[kind]
        (record,) = [one for one in document[rows_key] if one["Arn"] == component]
        own = [one["PolicyDocument"] for one in record.get(policies_key) or ()]
        attached = [one["PolicyArn"] for one in record.get("AttachedManagedPolicies") or ()]
        return [*own, *(text for arn in attached for text in _versions(document, arn))]
    return [document["Policy"] if "Policy" in document else document["policyText"]]


def _versions(document: Any, arn: str) -> list[Any]:
    """The default version of a managed policy. Raises KeyError if the file does not hold it."""
    for one in document.get("Policies") or ():
        if one["Arn"] == arn:
            return [each["Document"] for each in one["PolicyVersionList"] if each["IsDefaultVersion"]]
    raise KeyError(arn)


def _is_gateway(snapshot: Snapshot, file: str, component: str) -> bool:
    rows = json.loads(snapshot.read(file))["VpcEndpoints"]
    return any(one["VpcEndpointId"] == component and one.get("VpcEndpointType") == "Gateway" for one in rows)


def _organization(snapshot: Snapshot, file: str) -> str | None:
    path = f"{file.split('/', 1)[0]}/global/organizations/describe-organization.json"
    if snapshot.status(path) != "ok":
        return None
    found = json.loads(snapshot.read(path))
    return (found.get("Organization") or {}).get("Id") if isinstance(found, dict) else None
