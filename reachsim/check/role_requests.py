"""What a request has that a service makes by itself, from its own network: as itself, or in the name of a role that it
assumed.

Such a request comes by no VPC endpoint of the customer's, and ``aws:ViaAWSService`` is false: the service does not
forward somebody's request, it makes one of its own. From which address it comes is not documented.

**Source:** IAM User Guide, "AWS global condition context keys" (aws:ViaAWSService, aws:PrincipalIsAWSService,
aws:SourceVpc, aws:SourceOrgID), "Cross-service confused deputy prevention", "Passing session tags in AWS STS" (a
session has its role's tags).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from reachsim import policy
from reachsim.evidence import Block
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy.request import VPC_KEYS
from reachsim.policy.stand_ins import OTHER_ACCOUNT
from reachsim.policy_layers import described, organization_of, organization_path
from reachsim.policy_layers.moments import issued, moments

_BY_ITSELF: Final = frozenset({*VPC_KEYS, "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"})
"""The keys of an endpoint or VPC and of forwarded calls, which what a service sends by itself does not have."""
_DIRECT: Final = frozenset({
    "aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList", "aws:username", "aws:FederatedProvider",
})  # fmt: skip
"""The keys of callers of other kinds, and of calls that a service makes as itself."""
_TAGS: Final = "aws:PrincipalTag/"
_OF_IDENTITIES: Final = frozenset({
    "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:username", "aws:TokenIssueTime",
    "aws:SourceIdentity", "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", _TAGS,
})  # fmt: skip
"""The keys of users and roles, which a service itself does not have."""


def role_request(
    network: Network, role: str, action: str, resource: str, owner: str, region: str,
    more: Mapping[str, Any] | None = None, *, wildcard: bool = False,
) -> policy.Request:  # fmt: skip
    """The request of a service that acts as ``role`` (its ARN) for a resource of account ``owner`` in a Region.

    Raises ValueError for a text that is no ARN of a principal.
    """
    caller = policy.Principal.parse(role)
    context: dict[str, Any] = {
        "aws:SecureTransport": "true", "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalArn": role, "aws:PrincipalAccount": caller.account, "aws:PrincipalType": "AssumedRole",
        "aws:RequestedRegion": region, "aws:TokenIssueTime": issued(network),
        "aws:userid": policy.PRESENT, **moments(network),
    }  # fmt: skip
    if owner != OTHER_ACCOUNT:
        context["aws:ResourceAccount"] = owner
    organizations, absent = _organizations(network, {"Principal": caller.account, "Resource": owner})
    context |= organizations
    absent |= _BY_ITSELF | _DIRECT
    told = described(network, caller.account, role)
    if told is not None and told.unique_id:  # behind it stands the session's name, which the service chooses
        context["aws:userid"] = policy.Begun(f"{told.unique_id}:")
    if told is not None and told.tags is not None:
        context |= {f"{_TAGS}{key}": value for key, value in told.tags}
        absent.add(_TAGS)
    return policy.Request(caller, action, resource, owner, {**context, **(more or {})}, wildcard, frozenset(absent))


def service_request(
    network: Network, service: str, action: str, resource: str, owner: str, home: Home, source: str,
    region: str = "",
) -> policy.Request:  # fmt: skip
    """The request of a service as itself (``codebuild.amazonaws.com``), on behalf of a resource ``source`` (its ARN, ""
    if that is not documented) of an account and Region, for a resource of account ``owner``.
    """
    account = home[0]
    context: dict[str, Any] = {
        "aws:SecureTransport": "true", "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": service, "aws:SourceAccount": account, "aws:ResourceAccount": owner,
        "aws:RequestedRegion": region or home[1], **({"aws:SourceArn": source} if source else {}), **moments(network),
    }  # fmt: skip
    organizations, absent = _organizations(network, {"Source": account, "Resource": owner})
    context |= organizations
    absent |= _BY_ITSELF | _OF_IDENTITIES
    if action == "sts:AssumeRole":
        absent.add("sts:ExternalId")  # which services do not send
    return policy.Request(policy.Principal.parse(service), action, resource, owner, context, absent=frozenset(absent))


def _organizations(network: Network, accounts: Mapping[str, str]) -> tuple[dict[str, Any], set[str]]:
    """The keys of the organizations of accounts, by whose they are (``Principal``, ``Resource``, ``Source``), and those
    that are not there because an account is in none.
    """
    context: dict[str, Any] = {}
    absent: set[str] = set()
    for kind, account in accounts.items():
        held = account in network.snapshot.accounts()
        known = organization_of(network, account) if held else policy.UNKNOWN
        path = organization_path(network, account) if held else None
        if known is None:
            absent |= {f"aws:{kind}OrgID", f"aws:{kind}OrgPaths"}
        else:
            context[f"aws:{kind}OrgID"] = known
        if path is not None:
            context[f"aws:{kind}OrgPaths"] = (path,)
    return context, absent


def not_assumed(network: Network, block: Block, role: str, service: str, rest: str = "") -> Block:
    """What keeps a service from assuming a role, in words: a trust policy that does not let it, or that there is no
    such role; other rules speak for themselves."""
    if block.code != "RESOURCE_POLICY_DENY" or block.component != role:
        return block
    if described(network, role.split(":")[4], role) is None:
        return replace(block, detail=f"IAM lists no role {role}, which {service} is to assume{rest}")
    return replace(block, detail=f"the trust policy of {role} does not let {service} assume it{rest}")
