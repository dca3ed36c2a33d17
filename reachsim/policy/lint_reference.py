"""What AWS's own tables of actions, resources and condition keys say against a policy.

AWS rules: fact 32 (Service Authorization Reference, as `reference` holds it: a statement counts for an action only
where it lists an ARN of a resource that the action has, or ``*`` if it has none) and "AWS global condition context
keys" (IAM User Guide). A service that is not known here is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from . import reference
from .glob import Glob
from .lint import Issue, Place, Subject

_SOURCE: Final = "Service Authorization Reference"
_KEYS: Final = "IAM User Guide, AWS global condition context keys; Service Authorization Reference"
_VARIABLE: Final = re.compile(r"\$\{[^{}]*\}")
_WILDCARD: Final = re.compile(r"[*?]")
_BUCKET: Final = "arn:*:s3:::*"
_COLONS: Final = 5
_SHOWN: Final = 3


def on_statement(subject: Subject) -> Iterator[Issue]:
    """What the tables say against one statement."""
    yield from _actions(subject)
    yield from _resources(subject)
    services = _services(subject)
    for written, key, values in subject.conditions():
        yield from _key(written, key, values, services)


def _actions(subject: Subject) -> Iterator[Issue]:
    """Actions that there are not, and those without resource types, which never match a statement with ARNs only."""
    arns = [one.value for one in subject.texts("Resource")]
    only_arns = bool(arns) and "*" not in arns and subject.kind != "resource"
    for one in subject.texts("Action"):
        fitting = _fitting(one.value)
        if fitting is None:
            prefix = one.value.partition(":")[0]
            if ":" in one.value and not set(prefix) & set("*?") and reference.is_complete():
                yield Issue("warning", "NO_SUCH_ACTION", one.pointer, f"AWS has no actions of {prefix}", _SOURCE)
            continue
        if not fitting:
            yield Issue("warning", "NO_SUCH_ACTION", one.pointer, f"AWS has no action {one.value}", _SOURCE)
        without = [name for name in fitting if (reference.action(name) or ("", True))[1] is False]
        if not only_arns or not without:
            continue
        if len(without) == len(fitting):
            message = f"{one.value} has no resource types, so it needs the Resource * and never matches these ARNs"
            yield Issue("finding", "NEEDS_RESOURCE_STAR", one.pointer, message, _SOURCE)
        else:
            shown = _listed(without)
            message = f"{one.value} takes in actions without resource types, which never match these ARNs: {shown}"
            yield Issue("warning", "PARTLY_NEEDS_RESOURCE_STAR", one.pointer, message, _SOURCE)


def _resources(subject: Subject) -> Iterator[Issue]:
    """Actions and ARNs of one statement that never meet, such as s3:GetObject and a bucket's ARN."""
    listed = list(subject.texts("Resource"))
    if not listed or any(":" not in one.value for one in listed):
        return
    wanted: list[frozenset[str] | None] = []
    for one in subject.texts("Action"):
        arns = _arns(one.value)
        wanted.append(arns)
        if arns and not any(_meets(other.value, arn) for other in listed for arn in arns):
            message = f"none of these resources is one that {one.value} acts on: {_listed(sorted(arns))}"
            yield Issue("finding", "RESOURCE_MISMATCH", one.pointer, message, _SOURCE)
    if not wanted or None in wanted or len(listed) == 1 or "NotAction" in subject.fields:
        return
    every = {arn for arns in wanted for arn in arns or ()}
    for other in listed:
        if every and not any(_meets(other.value, arn) for arn in every):
            message = f"none of these actions acts on {other.value}"
            yield Issue("finding", "RESOURCE_MISMATCH", other.pointer, message, _SOURCE)


@lru_cache(maxsize=4096)
def _fitting(pattern: str) -> tuple[str, ...] | None:
    """The actions that fit a pattern; None if their service is not known."""
    if pattern == "*" or "*" in pattern.partition(":")[0]:
        return None
    return reference.actions_like(pattern)


@lru_cache(maxsize=4096)
def _arns(pattern: str) -> frozenset[str] | None:
    """The ARNs of all resources of the actions that fit; None if those of one of them are not known."""
    fitting = _fitting(pattern)
    if not fitting:
        return None
    found = [(reference.arns_of(name), (reference.action(name) or ("", False))[1]) for name in fitting]
    if any(has_types and not arns for arns, has_types in found):
        return None
    return frozenset(arn for arns, _ in found for arn in arns)


@lru_cache(maxsize=4096)
def _meets(resource: str, arn: str) -> bool:
    """Whether a resource of the policy can be one of these ARNs."""
    if arn == _BUCKET and "/" in resource:
        return False  # no bucket has a slash in its name
    text = _VARIABLE.sub("*", resource)
    parts, others = text.split(":", _COLONS), arn.split(":", _COLONS)
    if any("*" in part for part in parts[:_COLONS]):
        return _overlap(text, arn)  # this star may reach over colons; those of the table stay in their part
    if len(parts) == len(others) and any(
        part == "" and other == "*" for part, other in zip(parts, others, strict=True)
    ):
        return False  # a Region or account that such ARNs have
    return len(parts) == len(others) and all(map(_overlap, parts, others))


def _overlap(mine: str, theirs: str) -> bool:
    """Whether some text fits both; most pairs differ before their first wildcard."""
    if theirs == "*" or mine == theirs:
        return True
    begin, other = _WILDCARD.split(mine, 1)[0], _WILDCARD.split(theirs, 1)[0]
    if not begin.startswith(other) and not other.startswith(begin):
        return False
    return Glob.parse(mine).overlaps(_parsed(theirs))


@lru_cache(maxsize=4096)
def _parsed(theirs: str) -> Glob:
    return Glob.parse(theirs)


def _services(subject: Subject) -> list[reference.Service] | None:
    """The services whose requests the statement is about; None if one of them is not known."""
    prefixes = {one.value.lower().partition(":")[0] for one in subject.texts("Action")}
    found = [reference.service(prefix) for prefix in sorted(prefixes)]
    known = [one for one in found if one is not None]
    return known if found and len(known) == len(found) else None


def _key(written: str, key: str, values: Place, services: list[reference.Service] | None) -> Iterator[Issue]:
    """A key that no request has, or none to these services: positive operators never hold, negated ones always do."""
    folded = key.lower()
    prefix, colon, _ = folded.partition(":")
    if not colon:
        message = f"{key!r} is no condition key: a key is written prefix:name, such as aws:SourceVpc"
        yield Issue("finding", "NO_SUCH_KEY", values.pointer, message, _KEYS)
        return
    if "." in prefix or folded in reference.CROSS_SERVICE_KEYS:
        return  # an identity provider's, or there on requests to all services
    known = reference.key_sort(key) is not None
    if not known and (prefix == "aws" or reference.service(prefix) is not None):
        if services is None or all(one.sort_of(folded) is None for one in services):
            message = f"AWS has no condition key {key}, so {written} sees a request without it"
            yield Issue("warning", "NO_SUCH_KEY", values.pointer, message, _KEYS)
    elif known and prefix != "aws" and services is not None and all(one.sort_of(folded) is None for one in services):
        message = f"requests for these actions have no {key}, so {written} sees a request without it"
        yield Issue("warning", "KEY_OF_ANOTHER_SERVICE", values.pointer, message, _KEYS)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
