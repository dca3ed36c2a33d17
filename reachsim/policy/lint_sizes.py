"""Whether a policy is longer than AWS stores, or has characters that AWS does not take.

AWS pages: "IAM and AWS STS quotas" (IAM counts no white space; characters up to U+00FF), "Quotas and service limits for
AWS Organizations", AWS PrivateLink Guide, "Control access to VPC endpoints using endpoint policies" (fact 20), and for
the policies of resources the quotas and API references of their services; their pages leave open whether white space
between the parts counts, so here it does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from .lint import Issue, Place

_QUOTAS: Final = "IAM User Guide, IAM and AWS STS quotas"
_ORGANIZATIONS: Final = "AWS Organizations User Guide, Quotas and service limits"
_NOT_TAKEN: Final = re.compile("[^\t\n\r\x20-\xff]")
_OF_IAM: Final = ("identity", "boundary", "session", "trust")


class Limit(NamedTuple):
    """Most characters of a kind of policy. ``usual`` is the lower limit that holds unless ``but`` says so."""

    most: int
    what: str
    source: str
    spaces: bool = True
    usual: int = 0
    but: str = ""


_PRIVATELINK: Final = Limit(20_480, "an endpoint policy", "AWS PrivateLink Guide, Endpoint policies")
_LIMITS: Final = {
    "identity": Limit(
        10_240,
        "an identity policy",
        _QUOTAS,
        spaces=False,
        usual=6_144,
        but="the inline policies of a role together may have more",
    ),
    "boundary": Limit(6_144, "a managed policy", _QUOTAS, spaces=False),
    "session": Limit(2_048, "a session policy", _QUOTAS),
    "trust": Limit(
        4_096, "a trust policy", _QUOTAS, spaces=False, usual=2_048, but="a higher quota has to be asked for"
    ),
    "scp": Limit(5_120, "an SCP", _ORGANIZATIONS),
    "rcp": Limit(5_120, "an RCP", _ORGANIZATIONS),
    "endpoint": _PRIVATELINK,
    "gateway-endpoint": _PRIVATELINK,
    "interface-endpoint": _PRIVATELINK,
}
_OF_RESOURCES: Final = {
    "s3": Limit(20_480, "a bucket policy", "Amazon S3 User Guide, Bucket policies", spaces=False),
    "ecr": Limit(
        10_240, "a repository's or registry's policy", "Amazon ECR API Reference, SetRepositoryPolicy", spaces=False
    ),
    "kms": Limit(32_768, "a key policy", "AWS KMS Developer Guide, Resource quotas", spaces=False),
    "secretsmanager": Limit(
        20_480, "a secret's policy", "AWS Secrets Manager API Reference, PutResourcePolicy", spaces=False
    ),
    "lambda": Limit(20_480, "a function's policy", "AWS Lambda Developer Guide, Lambda quotas", spaces=False),
    "dynamodb": Limit(20_480, "a table's policy", "Amazon DynamoDB Developer Guide, Quotas", spaces=False),
}


def on_document(top: object, text: str, kind: str) -> Iterator[Issue]:
    """What is wrong with the size and the characters of a document that was given as ``text``."""
    if kind in _LIMITS:
        limit = _LIMITS[kind]
        yield from _on_size(text if limit.spaces else "".join(text.split()), limit)
    elif kind == "resource" and (of_it := _OF_RESOURCES.get(_only_service(top))):
        yield from _on_size(json.dumps(top, separators=(",", ":"), ensure_ascii=False, default=str), of_it)
    strange = _NOT_TAKEN.search(text) if kind in _OF_IAM else None
    if strange:
        message = f"IAM takes no {strange[0]!r} in a policy: only characters up to U+00FF"
        yield Issue("fault", "CHARACTERS", "", message, _QUOTAS)


def _on_size(text: str, limit: Limit) -> Iterator[Issue]:
    size = len(text)
    counted = "white space included" if limit.spaces else "white space not counted"
    if size > limit.most:
        message = f"{size:,} characters; {limit.what} has at most {limit.most:,}, {counted}"
        yield Issue("fault", "TOO_LONG", "", message, limit.source)
    elif limit.usual and size > limit.usual:
        message = f"{size:,} characters; {limit.what} has at most {limit.usual:,}, {counted}: {limit.but}"
        yield Issue("warning", "LONG", "", message, limit.source)


def _only_service(top: object) -> str:
    """The prefix of all actions of a document, "" if there are several or none."""
    prefixes: set[str] = set()
    for statement in Place(top, "").child("Statement").items() if _has_statements(top) else ():
        if isinstance(statement.value, dict) and "Action" in statement.value:
            prefixes |= {one.value.lower().partition(":")[0] for one in statement.child("Action").texts()}
    return prefixes.pop() if len(prefixes) == 1 else ""


def _has_statements(top: Any) -> bool:
    return isinstance(top, dict) and "Statement" in top
