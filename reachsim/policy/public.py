"""Decides whether a bucket policy is "public", and so whom S3 Block Public Access turns away.

AWS rule (fact 17; S3 User Guide, "Blocking public access to your Amazon S3 storage", section "The meaning of public",
the text in awsdocs/amazon-s3-userguide): a bucket policy is public unless every Allow grants access only to fixed
values (no wildcard, no policy variable) of a principal or of one of some listed condition keys.
``RestrictPublicBuckets`` then leaves a bucket with a public policy to AWS services and to the owner's account, even
where another statement names somebody else. Access control lists and access points are not modelled.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from .conditions import Condition, Quantifier
from .principals import is_account
from .request import Request
from .statements import Document, Statement

_FIXING_KEYS: Final = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalservicename",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    }
)
_TEXT_OPERATORS: Final = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"})
_WIDEST: Final = {4: 8, 6: 32}


def is_public(document: Document) -> bool:
    """Whether S3 calls the bucket policy public."""
    return any(statement.effect == "Allow" and not _is_fixed(statement) for statement in document.statements)


def turns_away(document: Document, request: Request) -> bool:
    """Whether Block Public Access refuses the request to a bucket that has this policy."""
    if request.service != "s3" or request.principal.kind == "service" or request.same_account:
        return False
    return is_public(document)


def _is_fixed(statement: Statement) -> bool:
    names_somebody = any(
        element.name == "Principal" and not element.everyone and not element.providers
        for element in statement.principals
    )
    return names_somebody or any(_fixes(condition) for condition in statement.conditions)


def _fixes(condition: Condition) -> bool:
    if condition.if_exists or condition.quantifier is Quantifier.ALL:
        return False
    texts = [value.template.text for value in condition.values]
    if condition.lookup == "aws:sourceip":
        return condition.operator.name == "IpAddress" and all(_is_narrow(text) for text in texts)
    if condition.lookup not in _FIXING_KEYS or condition.operator.name not in _TEXT_OPERATORS:
        return False
    if condition.lookup == "s3:dataaccesspointarn":
        return all(_has_account(text) for text in texts)
    return not any(set(text) & set("*?") or "${" in text for text in texts)


def _is_narrow(text: str) -> bool:
    try:
        block = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return True  # matches nobody
    return block.prefixlen >= _WIDEST[block.version] or block.is_private


def _has_account(text: str) -> bool:
    parts = text.split(":", 5)
    return len(parts) == 6 and is_account(parts[4])
