"""The context keys that a request has on a way, and those that it is known not to have.

AWS rules (facts 17, 38, 62 to 73; IAM User Guide, "AWS global condition context keys"). What is neither present for
sure nor absent for sure is not known, and only matters where a policy asks for it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from reachsim import policy, services
from reachsim.addresses import format_address
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.packets import SERVICE, TCP
from reachsim.policy_layers.organizations import organization_of
from reachsim.policy_layers.ways import UNSEEN, Way
from reachsim.scenarios import Scenario

ECR_ACCOUNT: Final = "000000000000"
"""Stands for the account of ECR that signs layer downloads: no customer's (fact 27)."""
NOBODY: Final = "unknown"
"""The name of a role that stands for a caller of which only the account is known."""

_VPC_KEYS: Final = ("aws:SourceVpce", "aws:SourceVpc", "aws:SourceVpcArn", "aws:VpcSourceIp", "aws:VpceAccount",
                    "aws:VpceOrgID", "aws:VpceOrgPaths")  # fmt: skip
_VPCE_SERVICES: Final = frozenset({"ecr", "s3", "kms", "lambda", "iam", "ecs", "cloudformation"})
"""The services whose requests have aws:SourceVpcArn, aws:VpceAccount, … (facts 65, 66; read 2026-09)."""
_NO_VPCE_SERVICES: Final = frozenset({"logs", "codecommit", "codebuild", "sts"})
"""Those whose requests do not; of the others it is not known here."""
_INDIRECT_KEYS: Final = (
    "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID",
    "aws:SourceOrgPaths", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList",
)  # fmt: skip
_SESSION_KEYS: Final = ("codebuild:ProjectArn", "codebuild:BuildArn", "ec2:SourceInstanceArn", "ec2:RoleDelivery",
                        "aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4", "lambda:SourceFunctionArn",
                        "ecs:cluster")  # fmt: skip
_SESSIONS_OF: Final = {"ec2": ("ec2:", "aws:Ec2"), "codebuild": ("codebuild:",), "lambda": ("lambda:",),
                       "ecs": ("ecs:",)}  # fmt: skip
_UNSIGNED: Final = ("aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:userid", "aws:username",
                    "aws:TokenIssueTime")  # fmt: skip
_TYPES: Final = {"session": "AssumedRole", "role": "AssumedRole", "user": "User", "root": "Account",
                 "federated-user": "FederatedUser", "anonymous": "Anonymous"}  # fmt: skip
_TEMPORARY: Final = frozenset({"session", "role", "federated-user"})
_PLAIN_HTTP: Final = IntervalSet.single(TCP << 16 | 80)


class Asking(NamedTuple):
    """Who asks for what. ``by_source``: the caller acts in the role of the path's source, so that the keys count which
    the source's service adds to the session; ``owner`` is the account of the resource."""

    caller: policy.Principal
    role: str | None
    by_source: bool
    action: str
    resource: str
    owner: str

    @property
    def service(self) -> str:
        """The prefix of the action, in lower case."""
        return self.action.lower().partition(":")[0]


def address_key(way: Way) -> str:
    """The key that holds the client's address."""
    return "aws:VpcSourceIp" if way.endpoint else "aws:SourceIp"


def instance_of(one: Scenario) -> str:
    """The id of the instance that the source is, "" if it is none."""
    interface = one.source.origin.interface
    return interface.instance_id or "" if interface is not None else ""


def present_keys(network: Network, way: Way, one: Scenario, asking: Asking) -> dict[str, Any]:
    """The keys that the path, the caller and the resource fill in."""
    context: dict[str, Any] = {
        "aws:SecureTransport": _secure(one), "aws:ViaAWSService": "false",
        "aws:RequestedRegion": _region(one, asking), "aws:ResourceAccount": asking.owner,
        "aws:CurrentTime": policy.PRESENT, "aws:EpochTime": policy.PRESENT,
    }  # fmt: skip
    if asking.service == "s3":
        context["s3:ResourceAccount"] = asking.owner
    context |= _caller_keys(asking) | _network_keys(network, way, asking)
    if asking.by_source:
        context |= _session_keys(network, one)
    for key, whose in (("aws:PrincipalOrgID", asking.caller.account), ("aws:ResourceOrgID", asking.owner)):
        found = _organization(network, whose, one.source.home[0])
        if found is not None:
            context[key] = found
    return context


def absent_keys(network: Network, way: Way, one: Scenario, asking: Asking) -> frozenset[str]:
    """The keys that a direct request on this way is known not to have, unless the context holds them."""
    caller = asking.caller
    keys = [*_INDIRECT_KEYS]
    if way.endpoint != UNSEEN:
        keys += ["aws:SourceIp"] if way.endpoint else _VPC_KEYS
    if way.endpoint and asking.service in _NO_VPCE_SERVICES:
        keys += ["aws:SourceVpcArn", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"]
    if caller.kind in ("session", "role"):
        keys += ["aws:username", "aws:FederatedProvider", "aws:AssumedRoot"]
    if caller.kind in ("user", "root"):
        keys += ["aws:TokenIssueTime", "aws:FederatedProvider", "aws:AssumedRoot"]
    if caller.kind in ("anonymous", "service"):
        keys += _UNSIGNED
    if caller.kind == "anonymous":
        keys.append("aws:PrincipalIsAWSService")
    keys += _other_sessions(one, asking)
    for key, whose in (("aws:PrincipalOrgPaths", caller.account), ("aws:ResourceOrgPaths", asking.owner)):
        if _organization(network, whose, one.source.home[0]) is None:
            keys.append(key)
    return frozenset((*keys, "aws:PrincipalOrgID", "aws:ResourceOrgID", "aws:VpceOrgID"))


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


def _caller_keys(asking: Asking) -> dict[str, Any]:
    caller = asking.caller
    context: dict[str, Any] = {}
    if caller.kind != "anonymous":
        context["aws:PrincipalIsAWSService"] = "true" if caller.kind == "service" else "false"
    if caller.kind in _TYPES:
        context["aws:PrincipalType"] = _TYPES[caller.kind]
    if caller.kind == "anonymous":
        context["aws:PrincipalAccount"] = "anonymous"
    elif caller.kind == "service":
        context["aws:PrincipalServiceName"] = caller.text
    elif caller.has_identity:
        arn = asking.role or caller.text if caller.name != NOBODY else policy.PRESENT
        context |= {"aws:PrincipalArn": arn, "aws:PrincipalAccount": caller.account, "aws:userid": policy.PRESENT}
    if caller.kind == "user":
        context["aws:username"] = caller.name
    if caller.kind in _TEMPORARY:
        context["aws:TokenIssueTime"] = policy.PRESENT
    return context


def _session_keys(network: Network, one: Scenario) -> dict[str, Any]:
    """The keys that CodeBuild, EC2 or Lambda adds to the session of the role that it hands out (fact 73)."""
    kind, _, name = one.source.group.partition(":")
    account, region = one.source.home
    arn = f"arn:{services.partition_of(region)}:{{}}:{region}:{account}:{{}}"
    if kind == "codebuild":
        return {
            "codebuild:ProjectArn": arn.format("codebuild", f"project/{name}"),
            "codebuild:BuildArn": policy.PRESENT,
        }
    if kind == "lambda":
        return {"lambda:SourceFunctionArn": arn.format("lambda", f"function:{name}")}
    instance = instance_of(one)
    if not instance:
        return {}
    held = network.instances.get(instance)
    return {
        "ec2:SourceInstanceArn": arn.format("ec2", f"instance/{instance}"), "ec2:RoleDelivery": policy.PRESENT,
        "aws:Ec2InstanceSourceVpc": held.vpc_id if held is not None and held.vpc_id else policy.PRESENT,
        "aws:Ec2InstanceSourcePrivateIPv4": policy.PRESENT,
    }  # fmt: skip


def _other_sessions(one: Scenario, asking: Asking) -> list[str]:
    """The keys that services add to sessions of other kinds than the caller's; none if its kind is not known."""
    if asking.caller.kind not in ("session", "role"):
        return list(_SESSION_KEYS)
    kind = "ec2" if instance_of(one) else one.source.group.partition(":")[0]
    if not asking.by_source or kind not in _SESSIONS_OF:
        return []
    return [key for key in _SESSION_KEYS if not key.startswith(_SESSIONS_OF[kind])]


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
    if account == ECR_ACCOUNT:
        return "o-ecr"
    if account in network.snapshot.accounts():
        return organization_of(network, account)
    own = organization_of(network, home)
    return "o-other" if own is None else policy.UNKNOWN
