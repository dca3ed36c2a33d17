"""The context keys that a request has on a way, and those that it is known not to have.

AWS rules (facts 17, 38, 62 to 73; IAM User Guide, "AWS global condition context keys"). What is neither present for
sure nor absent for sure is not known, and only matters where a policy asks for it. The caller's own are in `callers`.
"""

from __future__ import annotations

from typing import Any, Final

from reachsim import policy, services
from reachsim.addresses import format_address
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.packets import SERVICE, TCP
from reachsim.policy.request import VPC_KEYS
from reachsim.policy.stand_ins import (
    CODEARTIFACT_ACCOUNT,
    CODEARTIFACT_ORGANIZATION,
    CODEARTIFACT_PATH,
    ECR_ACCOUNT,
    ECR_ORGANIZATION,
    ECR_PATH,
    OTHER_ORGANIZATION,
)
from reachsim.policy_layers.callers import Asking, Choices, caller_keys, callers_choices, callers_lack
from reachsim.policy_layers.moments import moments
from reachsim.policy_layers.organizations import organization_of, organization_path
from reachsim.policy_layers.ways import UNSEEN, Way
from reachsim.scenarios import Scenario

_VPCE_SERVICES: Final = frozenset({"ecr", "s3", "kms", "lambda", "iam", "ecs", "cloudformation"})
"""The services whose requests have aws:SourceVpcArn, aws:VpceAccount, … (facts 65, 66; read 2026-09)."""
_NO_VPCE_SERVICES: Final = frozenset({"logs", "codecommit", "codebuild", "sts"})
"""Those whose requests do not; of the others it is not known here."""
_INDIRECT_KEYS: Final = (
    "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID",
    "aws:SourceOrgPaths", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList",
)  # fmt: skip
OWNER_KEYS: Final = ("aws:ResourceAccount", "s3:ResourceAccount")
"""The keys that hold the account of the resource."""
_ORGANIZATIONS: Final = {
    ECR_ACCOUNT: (ECR_ORGANIZATION, ECR_PATH),
    **dict.fromkeys(
        (CODEARTIFACT_ACCOUNT, *services.CODEARTIFACT_ACCOUNTS.values()), (CODEARTIFACT_ORGANIZATION, CODEARTIFACT_PATH)
    ),
}
"""By account of a service's own: its organization, which is no customer's, and the path there."""
_PLAIN_HTTP: Final = IntervalSet.single(TCP << 16 | 80)


def address_key(way: Way) -> str:
    """The key that holds the client's address."""
    return "aws:VpcSourceIp" if way.endpoint else "aws:SourceIp"


def present_keys(network: Network, way: Way, one: Scenario, asking: Asking) -> dict[str, Any]:
    """The keys that the path, the caller and the resource fill in."""
    context: dict[str, Any] = {
        "aws:SecureTransport": _secure(one), "aws:ViaAWSService": "false", "aws:RequestedRegion": _region(one, asking),
        **moments(network),
    }  # fmt: skip
    for key in OWNER_KEYS if asking.service == "s3" else OWNER_KEYS[:1]:
        context[key] = asking.owner or policy.PRESENT
    context |= caller_keys(network, one, asking) | _network_keys(network, way, asking)
    for kind, whose in (("Principal", asking.caller.account), ("Resource", asking.owner)):
        found = _organization(network, whose, one.source.home[0])
        if found is not None:
            context[f"aws:{kind}OrgID"] = found
        path = organization_path(network, whose) if whose in network.snapshot.accounts() else None
        if whose in _ORGANIZATIONS:
            path = _ORGANIZATIONS[whose][1]
        if path is not None:
            context[f"aws:{kind}OrgPaths"] = (path,)
    if asking.owner == "":
        context["aws:ResourceOrgID"] = policy.UNKNOWN
    return context


def absent_keys(network: Network, way: Way, one: Scenario, asking: Asking) -> frozenset[str]:
    """The keys that a direct request on this way is known not to have, unless the context holds them."""
    keys = [*_INDIRECT_KEYS, *callers_lack(network, one, asking)]
    if way.endpoint != UNSEEN:
        keys += ["aws:SourceIp"] if way.endpoint else VPC_KEYS
    if way.endpoint and asking.service in _NO_VPCE_SERVICES:
        keys += ["aws:SourceVpcArn", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"]
    if asking.service == "s3" and not asking.resource.split(":", 5)[-1].startswith("accesspoint/"):
        keys += ["s3:DataAccessPointArn", "s3:DataAccessPointAccount", "s3:AccessPointNetworkOrigin"]
    for key, whose in (("aws:PrincipalOrgPaths", asking.caller.account), ("aws:ResourceOrgPaths", asking.owner)):
        if (whose or key == "aws:PrincipalOrgPaths") and _organization(network, whose, one.source.home[0]) is None:
            keys.append(key)
    return frozenset((*keys, "aws:PrincipalOrgID", "aws:ResourceOrgID", "aws:VpceOrgID"))


def choices(network: Network, one: Scenario, asking: Asking) -> Choices:
    """Keys that have one of a few values, where it is not known which.

    Amazon S3 takes TLS 1.2 and later only, and knows the listed ways to sign.
    """
    found = callers_choices(network, one, asking)
    if asking.service == "s3" and _secure(one) == "true":
        found["s3:TlsVersion"] = ("1.2", "1.3")
    if asking.service == "s3" and asking.caller.kind != "anonymous":
        found["s3:signatureversion"] = ("AWS4-HMAC-SHA256", "AWS")
        found["s3:authType"] = ("REST-HEADER", "REST-QUERY-STRING", "POST")
    return found


def _secure(one: Scenario) -> str | policy.Unknown:
    """Whether the request comes by TLS: not if the question asks about plain HTTP alone; if nothing can be asked, as
    where the name's answer is not known, that is not known either."""
    boxes = list(one.asked.boxes())
    if not boxes:
        return policy.UNKNOWN
    return "false" if all(box[SERVICE] == _PLAIN_HTTP for box in boxes) else "true"


def _region(one: Scenario, asking: Asking) -> str:
    """The Region of the resource, which is asked at its own endpoint, else that of the source."""
    parts = asking.resource.split(":", 5)
    named = parts[3] if len(parts) > 5 else ""
    return named if named and not set(named) & set("*?") else one.source.home[1]


def _network_keys(network: Network, way: Way, asking: Asking) -> dict[str, Any]:
    if way.endpoint == UNSEEN:
        return {}
    address = format_address(way.seen.first) if way.seen.size == 1 else policy.PRESENT
    found: dict[str, Any] = {address_key(way): address}
    if not way.endpoint:
        return found
    endpoint = network.vpc_endpoints[way.endpoint]
    found |= {"aws:SourceVpce": way.endpoint, "aws:SourceVpc": endpoint.vpc_id or ""}
    if asking.service in _VPCE_SERVICES:
        account, region = network.home_of(way.endpoint)
        partition = services.partition_of(region)
        found["aws:SourceVpcArn"] = f"arn:{partition}:ec2:{region}:{account}:vpc/{endpoint.vpc_id}"
        found["aws:VpceAccount"] = account
        organization = organization_of(network, account)
        if organization is not None:
            found["aws:VpceOrgID"] = organization
    return found


def _organization(network: Network, account: str, home: str) -> str | policy.Unknown | None:
    """The organization of an account; of one that the snapshot does not hold it is not known, unless the source's own
    account is in none and so cannot share one with it."""
    if not account:
        return None
    if account in _ORGANIZATIONS:
        return _ORGANIZATIONS[account][0]
    if account in network.snapshot.accounts():
        return organization_of(network, account)
    own = organization_of(network, home)
    return OTHER_ORGANIZATION if own is None else policy.UNKNOWN
