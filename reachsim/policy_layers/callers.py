"""The context keys of a caller: who it is, its tags, and what a service adds to the session that it hands out.

AWS rules (facts 17, 38, 68, 73; IAM User Guide, "AWS global condition context keys", "IAM policy elements: Variables
and tags", "Passing session tags in AWS STS"): a session has its role's tags, which the tags of a session may replace;
the services that hand out sessions to builds, instances and functions set none.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from reachsim import policy, services
from reachsim.model.network import Network
from reachsim.policy.stand_ins import BUILD
from reachsim.policy_layers.identities import described
from reachsim.policy_layers.moments import issued
from reachsim.policy_layers.roles import Described
from reachsim.scenarios import Scenario

NOBODY: Final = "unknown"
"""The name of a role that stands for a caller of which only the account is known."""
Choices = dict[str, tuple[str | None, ...]]
"""Keys that have one of a few values, None for their absence, where it is not known which."""

_TAGS: Final = "aws:PrincipalTag/"
_SESSION_KEYS: Final = ("codebuild:ProjectArn", "codebuild:BuildArn", "ec2:SourceInstanceArn", "ec2:RoleDelivery",
                        "aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4", "lambda:SourceFunctionArn",
                        "ecs:cluster")  # fmt: skip
_SESSIONS_OF: Final = {"ec2": ("ec2:", "aws:Ec2"), "codebuild": ("codebuild:",), "lambda": ("lambda:",),
                       "ecs": ("ecs:",)}  # fmt: skip
_UNSIGNED: Final = ("aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:username",
                    "aws:TokenIssueTime", "aws:SourceIdentity", "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge",
                    _TAGS)  # fmt: skip
_TYPES: Final = {"session": "AssumedRole", "role": "AssumedRole", "user": "User", "root": "Account",
                 "federated-user": "FederatedUser", "anonymous": "Anonymous"}  # fmt: skip
_TEMPORARY: Final = frozenset({"session", "role", "federated-user"})
_BUILDS: Final = (BUILD, BUILD.replace("0", "f"))
"""Two ids of builds, as far apart as can be."""


class Asking(Struct, frozen=True):
    """Who asks for what. ``by_source``: the caller acts in the role of the path's source, so that the keys count which
    the source's service adds to the session; ``owner`` is the account of the resource, "" if it is not known."""

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


def instance_of(one: Scenario) -> str:
    """The id of the instance that the source is, "" if it is none."""
    interface = one.source.origin.interface
    return interface.instance_id or "" if interface is not None else ""


def caller_keys(network: Network, one: Scenario, asking: Asking) -> dict[str, Any]:
    """The keys that the caller has, as far as they are known."""
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
        context["aws:TokenIssueTime"] = issued(network)
    if asking.by_source:
        context |= _session_keys(network, one)
    return context | _described_keys(network, one, asking)


def callers_lack(network: Network, one: Scenario, asking: Asking) -> list[str]:
    """The keys that the caller is known not to have, unless they are present; one that ends in "/" stands for all that
    begin so."""
    caller = asking.caller
    keys = _other_sessions(one, asking)
    if caller.kind in ("session", "role"):
        keys += ["aws:username", "aws:FederatedProvider", "aws:AssumedRoot"]
    if caller.kind in ("user", "root"):
        keys += ["aws:TokenIssueTime", "aws:FederatedProvider", "aws:AssumedRoot", "aws:SourceIdentity"]
    if caller.kind in ("anonymous", "service"):
        keys += _UNSIGNED
    if caller.kind == "anonymous":
        keys.append("aws:PrincipalIsAWSService")
    if asking.by_source:
        keys += ["aws:SourceIdentity", "aws:MultiFactorAuthAge"]
    held = _described(network, asking)
    if caller.kind == "root" or (_tags_are_told(asking) and held is not None and held.tags is not None):
        keys.append(_TAGS)
    return keys


def callers_choices(network: Network, one: Scenario, asking: Asking) -> Choices:
    """The caller's keys of which a few values are known, one of which they have.

    A build's session and ARN are named after the build, whose id nobody knows beforehand; whether a session without
    multi-factor authentication has ``aws:MultiFactorAuthPresent``, and an unsigned request ``aws:userid``, AWS's text
    leaves open.
    """
    if asking.caller.kind == "anonymous":
        return {"aws:userid": (None, "anonymous")}
    found: Choices = {}
    if asking.by_source:
        found["aws:MultiFactorAuthPresent"] = (None, "false")
        held, arn = _described(network, asking), _session_keys(network, one).get("codebuild:ProjectArn", "")
        if arn:
            found["codebuild:BuildArn"] = tuple(f"{arn.replace(':project/', ':build/')}:{build}" for build in _BUILDS)
        if held is not None and held.unique_id and arn:
            found["aws:userid"] = tuple(f"{held.unique_id}:AWSCodeBuild-{build}" for build in _BUILDS)
    return found


def _described(network: Network, asking: Asking) -> Described | None:
    caller = asking.caller
    if not caller.has_identity or caller.name == NOBODY:
        return None
    return described(network, caller.account, asking.role or caller.text)


def _tags_are_told(asking: Asking) -> bool:
    """Whether the caller has the tags of its user or role and no others."""
    return asking.by_source or asking.caller.kind == "user"


def _described_keys(network: Network, one: Scenario, asking: Asking) -> dict[str, Any]:
    """What the snapshot tells of the caller's user or role: its tags and unique id."""
    held = _described(network, asking)
    if held is None:
        return {"aws:userid": asking.caller.account} if asking.caller.kind == "root" else {}
    told = _tags_are_told(asking)
    context: dict[str, Any] = {f"{_TAGS}{key}": value if told else policy.PRESENT for key, value in held.tags or ()}
    instance = instance_of(one)
    if held.unique_id and asking.caller.kind == "user":
        context["aws:userid"] = held.unique_id
    elif held.unique_id and asking.by_source and instance:
        context["aws:userid"] = f"{held.unique_id}:{instance}"
    return context


def _session_keys(network: Network, one: Scenario) -> dict[str, Any]:
    """The keys that CodeBuild, EC2 or Lambda adds to the session of the role that it hands out (fact 73)."""
    kind, _, name = one.source.group.partition("#")[0].partition(":")  # behind "#" stands the docker server
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
        "aws:Ec2InstanceSourcePrivateIPv4": (held.private_ip_address if held is not None else None) or policy.PRESENT,
    }  # fmt: skip


def _other_sessions(one: Scenario, asking: Asking) -> list[str]:
    """The keys that services add to sessions of other kinds than the caller's; none if its kind is not known."""
    if asking.caller.kind not in ("session", "role"):
        return list(_SESSION_KEYS)
    kind = "ec2" if instance_of(one) else one.source.group.partition(":")[0]
    if not asking.by_source or kind not in _SESSIONS_OF:
        return []
    return [key for key in _SESSION_KEYS if not key.startswith(_SESSIONS_OF[kind])]
