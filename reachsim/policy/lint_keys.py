"""Condition keys that requests for a statement's actions do not have, and operators that are for other sorts of values.

AWS pages: Service Authorization Reference (the condition keys of each action and of its resources, as `reference` holds
them: a key that none has is a finding for the services of a pipeline, and a warning for others, of which some gaps are
known), IAM User Guide, "Condition operators" and "IAM JSON policy elements: Condition" (a key that is not in the
request never matches, but for negated operators and ``...IfExists``); IAM Access Analyzer, "Policy check reference"
(Type mismatch, String like operator with ARN condition keys).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from . import reference
from .conditions import Quantifier, read_operator
from .lint import Issue, Place, Subject
from .operators import NULL

_SOURCE: Final = "Service Authorization Reference"
_CHECKS: Final = "IAM User Guide, Condition operators; IAM Access Analyzer, Policy check reference"
_TAGS: Final = ("aws:requesttag/", "aws:resourcetag/", "aws:tagkeys")
_SHOWN: Final = 3
_FITTING: Final = {
    "String": ("String", "Arn", "Numeric", "Date", "Binary"), "ARN": ("Arn", "String"),
    "Bool": ("Bool",), "Date": ("Date",),
    "Numeric": ("Numeric", "Date"), "IPAddress": ("IpAddress", "NotIpAddress", "String"),
}  # fmt: skip
"""By sort of a key's values: how the names of the operators begin that compare such; addresses as texts are told in
`lint_risks`."""
_OPEN: Final = re.compile("tag/|encryptioncontext:", re.IGNORECASE)
"""In keys that may hold any sort of value."""
_EPOCH: Final = "aws:epochtime"


def on_statement(subject: Subject) -> Iterator[Issue]:
    """What the keys of one statement say against it."""
    for written, key, values in subject.conditions():
        yield from _actions_without(subject, written, key, values)
        yield from _operator(written, key, values)


def _actions_without(subject: Subject, written: str, key: str, values: Place) -> Iterator[Issue]:
    """The statement's actions whose requests do not have a key: all of them, or some."""
    found = read_operator(written)
    if found is None or "NotAction" in subject.fields:
        return
    operator, quantifier, if_exists = found
    if if_exists or quantifier is Quantifier.ALL or (operator is NULL and quantifier is not Quantifier.ONE):
        return  # made for requests that lack the key
    if key.lower() in reference.CROSS_SERVICE_KEYS or reference.key_sort(key) is None:
        return
    actions = [one.value for one in subject.texts("Action")]
    lacking = [one for one in actions if _lacks(one, key.lower())]
    if not lacking:
        return
    holds = operator.negated or (operator is NULL and all(str(one.value).lower() == "true" for one in values.items()))
    what = "always holds" if holds else "never holds"
    more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
    shown = ", ".join(lacking[:_SHOWN]) + more
    message = f"no request for {shown} has {key}, so {written} {what} there"
    if len(lacking) < len(actions):
        yield Issue("warning", "KEY_PARTLY_THERE", values.pointer, message, _SOURCE)
        return
    covered = all(reference.is_covered(one.partition(":")[0]) for one in lacking)
    yield Issue("finding" if covered else "warning", "KEY_NEVER_THERE", values.pointer, message, _SOURCE)


@lru_cache(maxsize=4096)
def _lacks(pattern: str, key: str) -> bool:
    """Whether the actions that fit a pattern are known and none of them has the key, which is their service's own or a
    tag's."""
    prefix = pattern.lower().partition(":")[0]
    if not key.startswith((f"{prefix}:", *_TAGS)):
        return False
    fitting = reference.actions_like(pattern) if "*" not in prefix else None
    return bool(fitting) and all(reference.has_key(one, key) is False for one in fitting or ())


def _operator(written: str, key: str, values: Place) -> Iterator[Issue]:
    """Operators for another sort of values than the key has."""
    found = read_operator(written)
    sort = (reference.key_sort(key) or "").removeprefix("ArrayOf")
    if found is None or found[0] is NULL or sort not in _FITTING or (sort == "String" and _OPEN.search(key)):
        return
    name = found[0].name
    if not name.startswith(_FITTING[sort]) or (sort == "Numeric" and name.startswith("Date") and key.lower() != _EPOCH):
        message = f"{key} holds a value of the sort {sort}, which {written} is not for"
        yield Issue("warning", "OPERATOR_OF_ANOTHER_SORT", values.pointer, message, _CHECKS)
    elif sort == "ARN" and name in ("StringLike", "StringNotLike"):
        for one in values.texts():
            parts = one.value.split(":", 5)
            if re.fullmatch(r"\*+", one.value) is None and (len(parts) < 6 or any("*" in part for part in parts[:5])):
                message = f"* in {one.value!r} reaches over colons, into other parts of {key}; use ArnLike"
                yield Issue("warning", "STRING_LIKE_ARN", one.pointer, message, _CHECKS)
