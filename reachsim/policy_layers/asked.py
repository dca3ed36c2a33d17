"""A question's request as AWS would see it on a way: who signs it, on whose resource, with which context keys (`keys`).

AWS rules: facts 27, 32, 38. Which account owns a bucket its ARN does not tell: the one that lists it, or that has a
file about it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from reachsim import policy, services
from reachsim.errors import QuestionError
from reachsim.evidence import Assumption
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.policy.reference import has_resource_types
from reachsim.policy.stand_ins import (
    BUILD,
    CODEARTIFACT_ACCOUNT,
    CODEARTIFACT_SIGNER,
    ECR_ACCOUNT,
    ECR_SIGNER,
    OTHER_ACCOUNT,
)
from reachsim.policy_layers.callers import NOBODY, Asking, Choices, instance_of
from reachsim.policy_layers.identities import role_named, role_of
from reachsim.policy_layers.keys import OWNER_KEYS, absent_keys, address_key, choices, present_keys
from reachsim.policy_layers.ways import Way
from reachsim.scenarios import Scenario

_LAYER_BUCKET: Final = r"prod-[a-z]{2}(-[a-z]+)+-\d+-starport-layer-bucket"


class _Signer(Struct, frozen=True):
    """Who signs downloads from a service's own buckets, and what is then assumed."""

    code: str
    caller: policy.Principal
    detail: str


_ECR: Final = _Signer(
    "SYMBOLIC_SIGNER_ECR", policy.Principal(ECR_SIGNER, "role", ECR_ACCOUNT, "ecr"),
    "layer downloads are signed by an account of ECR's own, not by the caller",
)  # fmt: skip
_CODEARTIFACT: Final = _Signer(
    "SYMBOLIC_SIGNER_CODEARTIFACT",
    policy.Principal(CODEARTIFACT_SIGNER, "role", CODEARTIFACT_ACCOUNT, "codeartifact"),
    "downloads of assets were taken to be signed by an account of CodeArtifact's own, not by the caller",
)


class Asked(Struct, frozen=True):
    """A request on a way. ``role`` is the ARN whose identity policies count, None if nobody is known to call.
    ``addresses``: those that the key ``address_key`` may be, where it is one of several. ``choices``: further keys that
    have one of a few values. ``not_owners``: where it is not known who owns the resource, accounts that do not, and
    ``missing`` the files that would tell; None where it is known."""

    request: policy.Request
    role: str | None
    assumptions: tuple[Assumption, ...] = ()
    addresses: IntervalSet = EMPTY
    address_key: str = ""
    choices: Mapping[str, tuple[str | None, ...]] = {}
    not_owners: frozenset[str] | None = None
    missing: tuple[str, ...] = ()


class _Owner(Struct, frozen=True):
    """The account of a resource, "" if it is not known, then with accounts that it is not and files that would tell."""

    account: str
    others: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()


def read_request(network: Network, given: Mapping[str, Any], way: Way, one: Scenario) -> Asked:
    """The IAM request of a question's request on a way. Raises QuestionError."""
    action, resource = given.get("action"), given.get("resource", "*")
    if not isinstance(action, str) or not isinstance(resource, str):
        raise QuestionError('a request is {"action": "s3:GetObject", "resource": "arn:…"}', "BAD_REQUEST")
    typed = has_resource_types(action)
    wildcard = not typed if typed is not None else resource == "*"
    resource = "*" if wildcard else resource
    assumptions: tuple[Assumption, ...] = ()
    service = _signer_of(action, resource)
    account = one.source.home[0]
    signer: Any = given.get("principal")
    role = None
    if signer is None and service is not None:
        assumptions = (Assumption(service.code, resource, service.detail, "neither"),)
    elif signer is None:
        known = role_of(network, one)
        role = known or one.source.role  # the instance profile's, if its role is not in the snapshot
        signer = _session(known, one) if known else f"arn:aws:iam::{account}:role/{NOBODY}"
    try:
        caller = service.caller if signer is None and service is not None else policy.Principal.parse(signer)
    except ValueError as error:
        raise QuestionError(f"principal {signer!r} cannot be read: {error}", "BAD_REQUEST") from error
    if role is None and given.get("principal") is not None:
        role = _role_behind(network, caller)
    owner = _owner(network, resource, caller, account)
    by_source = (
        service is None if given.get("principal") is None else role is not None and role == role_of(network, one)
    )
    asking = Asking(caller, role, by_source, action, resource, owner.account)
    context = present_keys(network, way, one, asking)
    absent = absent_keys(network, way, one, asking)
    extra = given.get("context") or {}
    if not isinstance(extra, Mapping):
        raise QuestionError("context must be an object of keys and values", "BAD_REQUEST")
    spelt = {key.lower(): key for key in context}
    for key, value in extra.items():
        if (before := spelt.get(str(key).lower())) is not None:
            del context[before]
        spelt[str(key).lower()] = str(key)
        if not isinstance(value, policy.Unknown):  # which says that the key is there
            value = tuple(map(_text, value)) if isinstance(value, list) else _text(value)
        context[str(key)] = value
    # a bucket of which nothing is known is asked about as the source's own, whose file would tell
    whose = owner.account or (OTHER_ACCOUNT if account in owner.others else account)
    asked = policy.Request(caller, action, resource, whose, context, wildcard, absent)
    key = address_key(way)
    several = context.get(key) is policy.PRESENT
    settled = {key.lower() for key in context if context[key] is not policy.PRESENT}
    left: Choices = {key: values for key, values in choices(network, one, asking).items() if key.lower() not in settled}
    told = owner.account or OWNER_KEYS[0].lower() in settled
    return Asked(
        asked, role, assumptions, way.seen if several else EMPTY, key, left,
        None if told else owner.others, owner.missing,
    )  # fmt: skip


def is_service_download(action: str, resource: str) -> bool:
    """Whether a request fetches what a service keeps in a bucket of its own and hands out by signed URLs: an image
    layer of ECR (fact 27), an asset of CodeArtifact, for which AWS's policies for readers hold no permission of S3
    (``AWSCodeArtifactReadOnlyAccess``).
    """
    return _signer_of(action, resource) is not None


def _signer_of(action: str, resource: str) -> _Signer | None:
    if action.lower() != "s3:getobject":
        return None
    bucket = bucket_of(resource)
    if re.fullmatch(_LAYER_BUCKET, bucket):
        return _ECR
    return _CODEARTIFACT if services.is_codeartifact_bucket(bucket) else None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def bucket_of(arn: str) -> str:
    """The bucket that an ARN of S3 names, "" if it names none (access points have a Region and an account)."""
    parts = arn.split(":", 5)
    return parts[5].split("/")[0] if len(parts) == 6 and parts[2:5] == ["s3", "", ""] else ""


def _session(role: str, one: Scenario) -> str:
    """The session in which a source acts: a role's name without its path, and the name that the source's service gives
    a session ("View CodeBuild details in CloudTrail"; an instance's id; a function's name)."""
    parts = role.split(":")
    name, source = role.rsplit("/", 1)[-1], one.source.group
    build = f"AWSCodeBuild-{BUILD}" if source.startswith("codebuild:") else ""
    session = instance_of(one) or build or source.split(":", 1)[-1].replace("/", "-") or "session"
    return f"{':'.join(parts[:2])}:sts::{parts[4]}:assumed-role/{name}/{session}"


def _role_behind(network: Network, caller: policy.Principal) -> str | None:
    """The ARN whose identity policies count for a caller: a session has lost its role's path."""
    if caller.kind != "session":
        return caller.text if caller.has_identity else None
    known = role_named(network, caller.account, caller.name)
    return known or f"{':'.join(caller.text.split(':')[:2])}:iam::{caller.account}:role/{caller.name}"


def _owner(network: Network, resource: str, caller: policy.Principal, account: str) -> _Owner:
    parts = resource.split(":")
    if len(parts) > 5 and policy.is_account(parts[4]):
        return _Owner(parts[4])
    bucket = bucket_of(resource)
    if not bucket:
        return _Owner(caller.account or account)
    if re.fullmatch(_LAYER_BUCKET, bucket):
        return _Owner(ECR_ACCOUNT)
    if services.is_codeartifact_bucket(bucket):
        return _Owner(bucket.split("-")[1])
    return _Owner(account) if set(bucket) & set("*?") else owner_of_bucket(network, bucket, account)


def owner_of_bucket(network: Network, bucket: str, account: str) -> _Owner:
    """The account whose files name a bucket; else who does not own it, and which of ``account``'s files would tell."""
    others: set[str] = set()
    missing: list[str] = []
    for one in network.snapshot.accounts():
        policy_file = network.path((one, "global"), "s3api", "get-bucket-policy", bucket)
        listed = network.path((one, "global"), "s3api", "list-buckets")
        names = {held.name for held in network.read_collection(listed, "Buckets", aws.Bucket)}
        if bucket in names or network.snapshot.status(policy_file) != "missing":
            return _Owner(one)
        if network.lists_all(listed):
            others.add(one)
        elif one == account:
            missing.append(listed)
    return _Owner("", frozenset(others), tuple(missing))
