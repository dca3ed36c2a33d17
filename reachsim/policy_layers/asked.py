"""A question's request as AWS would see it on a way: who signs it, on whose resource, with which context keys.

AWS rules (facts 27, 32, 38, 62 to 75; IAM User Guide, "AWS global condition context keys"): the path decides which
network keys are present and which are absent; a session's ``aws:PrincipalArn`` is its role. What is neither present for
sure nor absent for sure is not known, and only matters where a policy asks for it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from reachsim import policy
from reachsim.addresses import format_address
from reachsim.errors import QuestionError
from reachsim.evidence import Assumption
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network
from reachsim.policy.reference import has_resource_types
from reachsim.policy_layers.identities import role_named, role_of
from reachsim.policy_layers.organizations import organization_of
from reachsim.scenarios import Scenario

LAYER_BUCKET: Final = "prod-*-starport-layer-bucket"
ECR_ACCOUNT: Final = "000000000000"
"""Stands for the account of ECR that signs layer downloads: no customer's (fact 27)."""

UNSEEN: Final = "?"
"""The way of traffic of which it is not known by which endpoint it goes, if by any."""
_NOBODY: Final = "unknown"
"""The name of a role that stands for a caller of which only the account is known."""
_VPC_KEYS: Final = ("aws:SourceVpce", "aws:SourceVpc", "aws:SourceVpcArn", "aws:VpcSourceIp", "aws:VpceAccount",
                    "aws:VpceOrgID", "aws:VpceOrgPaths")  # fmt: skip
_VPCE_SERVICES: Final = frozenset({"ecr", "s3", "kms", "lambda", "iam", "ecs", "cloudformation"})
"""The services whose requests have aws:SourceVpcArn, aws:VpceAccount, … (facts 65, 66; read 2026-09)."""
_INDIRECT_KEYS: Final = (
    "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID",
    "aws:SourceOrgPaths", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList",
)  # fmt: skip
_ROLE_KEYS: Final = ("aws:username", "aws:FederatedProvider", "aws:AssumedRoot")
_SESSION_KEYS: Final = ("codebuild:ProjectArn", "codebuild:BuildArn", "ec2:SourceInstanceArn", "ec2:RoleDelivery",
                        "aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4", "lambda:SourceFunctionArn",
                        "ecs:cluster")  # fmt: skip


class Asked(NamedTuple):
    """A request on a way. ``role`` is the ARN whose identity policies count, None if nobody is known to call.
    ``addresses``: those that ``aws:VpcSourceIp`` may be, where it is one of several."""

    request: policy.Request
    role: str | None
    assumptions: tuple[Assumption, ...] = ()
    addresses: IntervalSet = EMPTY


def read_request(network: Network, given: Mapping[str, Any], way: str, one: Scenario) -> Asked:
    """The IAM request of a question's request on a way ("" = public, "?" = not known). Raises QuestionError."""
    action, resource = given.get("action"), given.get("resource", "*")
    if not isinstance(action, str) or not isinstance(resource, str):
        raise QuestionError('a request is {"action": "s3:GetObject", "resource": "arn:…"}', "BAD_REQUEST")
    typed = has_resource_types(action)
    wildcard = not typed if typed is not None else resource == "*"
    resource = "*" if wildcard else resource
    assumptions: tuple[Assumption, ...] = ()
    is_layer = fnmatch.fnmatch(bucket_of(resource), LAYER_BUCKET)
    account = one.source.home[0]
    signer, role = given.get("principal"), None
    if signer is None and is_layer:
        signer = f"arn:aws:iam::{ECR_ACCOUNT}:role/ecr"
        detail = "layer downloads are signed by an account of ECR's own, not by the caller"
        assumptions = (Assumption("SYMBOLIC_SIGNER_ECR", resource, detail, "neither"),)
    elif signer is None:
        known = role_of(network, one)
        role = known or one.source.role  # the instance profile's, if its role is not in the snapshot
        signer = _session(known, one) if known else f"arn:aws:iam::{account}:role/{_NOBODY}"
    try:
        caller = policy.Principal.parse(signer)
    except ValueError as error:
        raise QuestionError(f"principal {signer!r} cannot be read: {error}", "BAD_REQUEST") from error
    if role is None and given.get("principal") is not None:
        role = _role_behind(network, caller)
    owner = _owner(network, resource, caller, account, is_layer)
    context = _context(network, one, way, caller, role, owner, action)
    absent = _absent(one, way, caller, action)
    extra = given.get("context") or {}
    if not isinstance(extra, Mapping):
        raise QuestionError("context must be an object of keys and values", "BAD_REQUEST")
    for key, value in extra.items():
        context = {known: kept for known, kept in context.items() if known.lower() != str(key).lower()}
        context[str(key)] = tuple(map(_text, value)) if isinstance(value, list) else _text(value)
    asked = policy.Request(caller, action, resource, owner, context, wildcard, absent)
    interface = one.source.origin.interface
    several = way and interface is not None and context.get("aws:VpcSourceIp") is policy.PRESENT
    return Asked(asked, role, assumptions, interface.addresses if several and interface is not None else EMPTY)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def bucket_of(arn: str) -> str:
    """The bucket that an ARN of S3 names, "" if it names none."""
    return arn.split(":", 5)[-1].split("/")[0] if ":s3:" in arn else ""


def _session(role: str, one: Scenario) -> str:
    """The session in which a source acts: a role's name without its path, and a name that tells the source."""
    parts = role.split(":")
    name, source = role.rsplit("/", 1)[-1], one.source.group
    session = source if source.startswith("i-") else source.split(":", 1)[-1].replace("/", "-") or "session"
    return f"{':'.join(parts[:2])}:sts::{parts[4]}:assumed-role/{name}/{session}"


def _role_behind(network: Network, caller: policy.Principal) -> str | None:
    """The ARN whose identity policies count for a caller: a session has lost its role's path."""
    if caller.kind != "session":
        return caller.text if caller.has_identity else None
    known = role_named(network, caller.account, caller.name)
    return known or f"{':'.join(caller.text.split(':')[:2])}:iam::{caller.account}:role/{caller.name}"


def _owner(network: Network, resource: str, caller: policy.Principal, account: str, is_layer: bool) -> str:
    if is_layer:
        return ECR_ACCOUNT
    parts = resource.split(":")
    if len(parts) > 5 and parts[4]:
        return parts[4]
    bucket = bucket_of(resource)
    for known in network.snapshot.accounts() if bucket else ():
        if network.snapshot.known(network.path((known, "global"), "s3api", "get-bucket-policy", bucket)):
            return known
    return account if bucket else caller.account or account


def _context(
    network: Network, one: Scenario, way: str, caller: policy.Principal, role: str | None, owner: str, action: str
) -> dict[str, Any]:
    """The keys that the path and the caller fill in (facts 62 to 72)."""
    service = caller.kind == "service"
    context: dict[str, Any] = {
        "aws:SecureTransport": "true", "aws:ViaAWSService": "false", "aws:RequestedRegion": one.source.home[1],
        "aws:ResourceAccount": owner, "aws:PrincipalIsAWSService": "true" if service else "false",
        "aws:CurrentTime": policy.PRESENT, "aws:EpochTime": policy.PRESENT,
    }  # fmt: skip
    if action.lower().startswith("s3:"):
        context["s3:ResourceAccount"] = owner
    if caller.kind == "anonymous":
        del context["aws:PrincipalIsAWSService"]
        context |= {"aws:PrincipalAccount": "anonymous", "aws:PrincipalType": "Anonymous"}
    elif caller.has_identity:
        arn = role or caller.text if caller.name != _NOBODY else policy.PRESENT
        context |= {"aws:PrincipalArn": arn, "aws:PrincipalAccount": caller.account}
        if caller.kind in ("session", "role"):
            context["aws:PrincipalType"] = "AssumedRole"
    if service:
        context["aws:PrincipalServiceName"] = caller.text
    if one.source.group.startswith("codebuild:") and caller.account not in (ECR_ACCOUNT, ""):
        account, region = one.source.home
        name = one.source.group.split(":", 1)[1]
        context["codebuild:ProjectArn"] = f"arn:aws:codebuild:{region}:{account}:project/{name}"
    context |= _network_keys(network, one, way, action)
    for key, whose in (("aws:PrincipalOrgID", caller.account), ("aws:ResourceOrgID", owner)):
        found = _organization(network, whose, one.source.home[0])
        if found is not None:
            context[key] = found
    return context


def _network_keys(network: Network, one: Scenario, way: str, action: str) -> dict[str, Any]:
    if way == UNSEEN:
        return {}
    if not way:
        return {"aws:SourceIp": policy.PRESENT}
    endpoint = network.vpc_endpoints[way]
    interface = one.source.origin.interface
    single = interface is not None and interface.addresses.size == 1
    address = format_address(interface.addresses.first) if interface and single else policy.PRESENT
    found: dict[str, Any] = {"aws:SourceVpce": way, "aws:SourceVpc": endpoint.vpc_id or "", "aws:VpcSourceIp": address}
    if action.lower().partition(":")[0] in _VPCE_SERVICES:
        account, region = network.home_of(way)
        found["aws:SourceVpcArn"] = f"arn:aws:ec2:{region}:{account}:vpc/{endpoint.vpc_id}"
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
    if account == ECR_ACCOUNT:
        return "o-ecr"
    if account in network.snapshot.accounts():
        return organization_of(network, account)
    own = organization_of(network, home)
    return "o-other" if own is None else policy.UNKNOWN


def _absent(one: Scenario, way: str, caller: policy.Principal, action: str) -> frozenset[str]:
    """The keys that a direct request on this way is known not to have, unless the context holds them."""
    keys = [*_INDIRECT_KEYS]
    if way != UNSEEN:
        keys += ["aws:SourceIp"] if way else _VPC_KEYS
    if way and action.lower().partition(":")[0] not in _VPCE_SERVICES:
        keys += ["aws:SourceVpcArn", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"]
    if caller.kind in ("session", "role"):
        keys += _ROLE_KEYS
    kind = one.source.group.split(":", 1)[0] if not one.source.group.startswith("i-") else "i"
    own = {"codebuild": "codebuild:", "lambda": "lambda:", "ecs": "ecs:"}.get(kind, "ec2:" if kind == "i" else "")
    for key in _SESSION_KEYS:
        of_instance = key.startswith(("ec2:", "aws:Ec2"))
        if not (own and key.startswith(own)) and not (own == "ec2:" and of_instance):
            keys.append(key)
    if caller.kind in ("anonymous", "service"):
        keys += ["aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:userid"]
    return frozenset((*keys, "aws:PrincipalOrgID", "aws:ResourceOrgID", "aws:VpceOrgID"))
