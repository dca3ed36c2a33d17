"""What is gone with a resource that is not told by an id of EC2's: hosted zones, resolver rules, transit gateway route
tables, roles, users, managed policies, repositories, buckets and functions.

**Source:** the lists of each call in the snapshot format (DESIGN); IAM User Guide, "Deleting policies": a managed
policy is detached from all that it is attached to first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from reachsim.edits.draft import Draft
from reachsim.errors import QuestionError


class Listed(NamedTuple):
    """Where resources of a kind are listed: the call, the key of its list, the field that names one."""

    service: str
    operation: str
    key: str
    field: str
    is_global: bool = False


_IAM: Final = ("iam", "get-account-authorization-details")
_LISTED: Final[tuple[tuple[str, Listed], ...]] = (
    ("/hostedzone/", Listed("route53", "list-hosted-zones", "HostedZones", "Id", True)),
    ("rslvr-rr-", Listed("route53resolver", "list-resolver-rules", "ResolverRules", "Id")),
    ("tgw-rtb-", Listed("ec2", "describe-transit-gateway-route-tables", "TransitGatewayRouteTables",
                        "TransitGatewayRouteTableId")),
    (":role/", Listed(*_IAM, "RoleDetailList", "Arn", True)),
    (":user/", Listed(*_IAM, "UserDetailList", "Arn", True)),
    (":policy/", Listed(*_IAM, "Policies", "Arn", True)),
    ("ecr:", Listed("ecr", "describe-repositories", "repositories", "repositoryName")),
    ("s3:", Listed("s3api", "list-buckets", "Buckets", "Name", True)),
    ("lambda:", Listed("lambda", "list-functions", "Functions", "FunctionName")),
)  # fmt: skip


def is_named(component: str) -> bool:
    """Whether a component is one of these by its name."""
    return _listed(_spelled(component)) is not None


def remove_named(draft: Draft, component: str) -> None:
    """Delete one of these. Raises QuestionError if it is not in the snapshot."""
    spelled = _spelled(component)
    listed = _listed(spelled)
    assert listed is not None
    name = spelled.partition(":")[2] if spelled.startswith(("ecr:", "s3:", "lambda:")) else spelled
    found = False
    for rows in _rows(draft, listed):
        kept = [one for one in rows if one.get(listed.field) != name]
        found = found or len(kept) < len(rows)
        rows[:] = kept
    if not found:
        raise QuestionError(f"{component} is not in the snapshot", "NO_SUCH_COMPONENT")
    _drop_files(draft, listed, name.rpartition("/hostedzone/")[2])
    for mark, also in _ALSO.items():
        if mark in spelled:
            also(draft, name)


def _spelled(component: str) -> str:
    """A repository's or bucket's ARN as its selector, a zone's id as Route 53 lists it."""
    if component.startswith("arn:") and ":ecr:" in component and ":repository/" in component:
        return f"ecr:{component.partition(':repository/')[2]}"
    if component.startswith("arn:") and ":s3:::" in component:
        return f"s3:{component.partition(':s3:::')[2]}"
    return f"/hostedzone/{component}" if component.startswith("Z") and component.isalnum() else component


def _listed(spelled: str) -> Listed | None:
    return next((listed for mark, listed in _LISTED
                 if spelled.startswith(mark) or (spelled.startswith("arn:") and mark in spelled)), None)  # fmt: skip


def _rows(draft: Draft, listed: Listed) -> Iterator[list[Any]]:
    for path in draft.network.snapshot.paths:
        account, _, rest = path.partition("/")
        region, _, rest = rest.partition("/")
        here = rest == f"{listed.service}/{listed.operation}.json" and (region == "global") == listed.is_global
        rows = draft.document(path).get(listed.key) if account and here else None
        if isinstance(rows, list):
            yield rows


def _drop_files(draft: Draft, listed: Listed, name: str) -> None:
    """The files of the resource itself."""
    for path in draft.network.snapshot.paths:
        parts = path.split("/")
        named = parts[-1].removesuffix(".json") == name.replace("/", "%2F")
        if len(parts) == 5 and parts[2] == listed.service and named and listed.service != "iam":
            draft.put(path, None)


def _detached(draft: Draft, policy: str) -> None:
    for key in ("RoleDetailList", "UserDetailList", "GroupDetailList"):
        for rows in _rows(draft, Listed(*_IAM, key, "Arn", True)):
            for one in rows:
                held = one.get("AttachedManagedPolicies") or []
                held[:] = [each for each in held if each.get("PolicyArn") != policy]


def _dissociated(draft: Draft, rule: str) -> None:
    for rows in _rows(draft, Listed("route53resolver", "list-resolver-rule-associations", "ResolverRuleAssociations",
                                    "Id")):  # fmt: skip
        rows[:] = [one for one in rows if one.get("ResolverRuleId") != rule]


def _without_table(draft: Draft, table: str) -> None:
    for one in draft.rows("describe-transit-gateway-attachments", "TransitGatewayAttachments"):
        if (one.get("Association") or {}).get("TransitGatewayRouteTableId") == table:
            del one["Association"]


_ALSO: Final[dict[str, Callable[[Draft, str], None]]] = {
    ":policy/": _detached, "rslvr-rr-": _dissociated, "tgw-rtb-": _without_table,
}  # fmt: skip
