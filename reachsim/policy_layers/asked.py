"""A question's request as AWS would see it on a way: who signs it, on whose resource, with which context keys (`keys`).

AWS rules: facts 27, 32, 38.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from reachsim import policy
from reachsim.errors import QuestionError
from reachsim.evidence import Assumption
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.network import Network
from reachsim.policy.reference import has_resource_types
from reachsim.policy_layers.identities import role_named, role_of
from reachsim.policy_layers.keys import (
    ECR_ACCOUNT,
    NOBODY,
    Asking,
    absent_keys,
    address_key,
    instance_of,
    present_keys,
)
from reachsim.policy_layers.ways import Way
from reachsim.scenarios import Scenario

LAYER_BUCKET: Final = "prod-*-starport-layer-bucket"


class Asked(NamedTuple):
    """A request on a way. ``role`` is the ARN whose identity policies count, None if nobody is known to call.
    ``addresses``: those that the key ``address_key`` may be, where it is one of several."""

    request: policy.Request
    role: str | None
    assumptions: tuple[Assumption, ...] = ()
    addresses: IntervalSet = EMPTY
    address_key: str = ""


def read_request(network: Network, given: Mapping[str, Any], way: Way, one: Scenario) -> Asked:
    """The IAM request of a question's request on a way. Raises QuestionError."""
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
        signer = _session(known, one) if known else f"arn:aws:iam::{account}:role/{NOBODY}"
    try:
        caller = policy.Principal.parse(signer)
    except ValueError as error:
        raise QuestionError(f"principal {signer!r} cannot be read: {error}", "BAD_REQUEST") from error
    if role is None and given.get("principal") is not None:
        role = _role_behind(network, caller)
    owner = _owner(network, resource, caller, account, is_layer)
    by_source = not is_layer if given.get("principal") is None else role is not None and role == role_of(network, one)
    asking = Asking(caller, role, by_source, action, resource, owner)
    context = present_keys(network, way, one, asking)
    absent = absent_keys(network, way, one, asking)
    extra = given.get("context") or {}
    if not isinstance(extra, Mapping):
        raise QuestionError("context must be an object of keys and values", "BAD_REQUEST")
    for key, value in extra.items():
        context = {known: kept for known, kept in context.items() if known.lower() != str(key).lower()}
        context[str(key)] = tuple(map(_text, value)) if isinstance(value, list) else _text(value)
    asked = policy.Request(caller, action, resource, owner, context, wildcard, absent)
    key = address_key(way)
    several = context.get(key) is policy.PRESENT
    return Asked(asked, role, assumptions, way.seen if several else EMPTY, key)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def bucket_of(arn: str) -> str:
    """The bucket that an ARN of S3 names, "" if it names none."""
    return arn.split(":", 5)[-1].split("/")[0] if ":s3:" in arn else ""


def _session(role: str, one: Scenario) -> str:
    """The session in which a source acts: a role's name without its path, and a name that tells the source."""
    parts = role.split(":")
    name, source = role.rsplit("/", 1)[-1], one.source.group
    session = instance_of(one) or source.split(":", 1)[-1].replace("/", "-") or "session"
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
        if network.snapshot.status(network.path((known, "global"), "s3api", "get-bucket-policy", bucket)) != "missing":
            return known
    return account if bucket else caller.account or account
