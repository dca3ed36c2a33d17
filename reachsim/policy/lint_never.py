"""Statements that no request matches: conditions that contradict each other, values that no key ever has, resources
that there cannot be, and what a Deny of the same document takes back.

AWS pages: IAM User Guide, "AWS global condition context keys" (aws:SourceIp is there only where the VPC keys are not;
aws:PrincipalArn holds the role, not the session), "Conditions with multiple context keys or values" (all of them have
to hold); Organizations API Reference (ids of organizations); AWS Secrets Manager User Guide ("the complete ARN ends in
a hyphen and six characters"); AWS Systems Manager User Guide (a parameter's ARN has one slash before its path).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from . import reference
from .conditions import Condition, Quantifier, condition, holds, read_operator
from .glob import Glob, covers
from .lint import Issue, Place, Subject
from .operators import NULL
from .request import FOLDED_VPC_KEYS
from .statements import PRINCIPAL_KINDS

_KEYS: Final = "IAM User Guide, AWS global condition context keys"
_LOGIC: Final = "IAM User Guide, Policy evaluation logic"
_SEVERAL: Final = "IAM User Guide, Conditions with multiple context keys or values"
_ORGANIZATION: Final = (r"o-[a-z0-9]{10,32}", "an organization's id, such as o-a1b2c3d4e5")
_PATH: Final = (r"o-[a-z0-9]{10,32}/r-[a-z0-9]{4,32}/(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}/)*",
                "a path in an organization, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/")  # fmt: skip
_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "aws:sourcevpce": (r"vpce-[0-9a-zA-Z-]+", "a VPC endpoint's id, vpce-…"),
    "aws:sourcevpc": (r"vpc-[0-9a-zA-Z-]+", "a VPC's id, vpc-…"),
    **dict.fromkeys(("aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid", "aws:vpceorgid"), _ORGANIZATION),
    **dict.fromkeys(("aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"), _PATH),
}
"""By key in lower case: what its values look like, as a regular expression and in words."""
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9/-]+")
_SESSION: Final = re.compile(r"arn:[^:]*:sts:[^:]*:[^:]*:assumed-role/.*")
_SECRET: Final = re.compile(r"arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(?P<name>[^:]+)")
_VARIABLE: Final = re.compile(r"\$\{[^{}]*\}")
_MOST_PAIRS: Final = 2500
_SUFFIX: Final = re.compile(r".*-[A-Za-z0-9]{6}")


def on_statement(subject: Subject) -> Iterator[Issue]:
    """Why no request matches one statement."""
    for written, key, values in subject.conditions():
        yield from _forms(written, key, values)
    yield from _contradictions(subject)
    yield from _resources(subject)


def on_document(top: object, kind: str) -> Iterator[Issue]:
    """Allow statements that a Deny without conditions takes back whole; not looked for among very many."""
    statements = Place(top, "").child("Statement") if isinstance(top, dict) and "Statement" in top else None
    listed = [one for one in statements.items() if isinstance(one.value, dict)] if statements is not None else []
    denies = [one for one in listed if one.value.get("Effect") == "Deny" and not one.value.get("Condition")]
    allows = [one for one in listed if one.value.get("Effect") == "Allow"]
    for place in allows if len(allows) * len(denies) <= _MOST_PAIRS else ():
        for deny in denies:
            if all(_covers(deny.value, place.value, name, kind) for name in ("Action", "Resource", "Principal")):
                message = f"the Deny of {deny.pointer} takes back all that this allows"
                yield Issue(
                    "finding", "DENIED_WHOLE", place.pointer, message, "IAM User Guide, Policy evaluation logic"
                )
                break


def _covers(deny: Mapping[str, Any], allow: Mapping[str, Any], name: str, kind: str) -> bool:
    """Whether an element of a Deny takes in that of an Allow, as far as texts tell."""
    if name == "Principal":
        named = any(one in fields for one in ("Principal", "NotPrincipal") for fields in (deny, allow))
        return deny.get(name) in ("*", {"AWS": "*"}) or (not named and kind not in PRINCIPAL_KINDS)
    theirs, mine = _texts(deny, name), _texts(allow, name)
    if name == "Resource" and not any(one in fields for one in ("Resource", "NotResource") for fields in (deny, allow)):
        return True  # what the policy is attached to
    if not mine or len(mine) * len(theirs) > _MOST_PAIRS:
        return False
    fold = str.lower if name == "Action" else str
    globs = [Glob.parse(fold(one)) for one in theirs if "${" not in one]
    return all(any(covers((glob,), Glob.parse(_VARIABLE.sub("*", fold(one)))) for glob in globs) for one in mine)


def _texts(fields: Mapping[str, Any], name: str) -> list[str]:
    return [one.value for one in Place(fields[name], "").texts()] if name in fields else []


def _forms(written: str, key: str, values: Place) -> Iterator[Issue]:
    """Values that a key never has."""
    folded, found = key.lower(), read_operator(written)
    if found is None or found[0] is NULL:
        return
    for one in values.texts():
        pattern, words = _FORMS.get(folded, ("", ""))
        if pattern and _PLAIN_ID.fullmatch(one.value) and not re.fullmatch(pattern, one.value):
            message = f"{one.value!r} is not {words}, so no request has it as its {key}"
            yield Issue("finding", "VALUE_NEVER_THERE", one.pointer, message, _KEYS)
        if folded == "aws:principalarn" and _SESSION.fullmatch(one.value):
            message = f"{key} of a role's session is the role's ARN (arn:aws:iam::…:role/…), so no request has this one"
            yield Issue("finding", "VALUE_NEVER_THERE", one.pointer, message, _KEYS)
    is_bool = (reference.key_sort(key) or "") == "Bool" and found[0].name == "Bool"
    if is_bool and {str(one.value).lower() for one in values.items()} == {"true", "false"}:
        message = f"{written} {key} holds for every request that has the key: both of its values are listed"
        yield Issue("finding", "BOTH_VALUES", values.pointer, message, _SEVERAL)


def _contradictions(subject: Subject) -> Iterator[Issue]:
    """Conditions of which not all can hold."""
    asked: dict[str, list[tuple[Condition, Place]]] = defaultdict(list)
    for written, key, values in subject.conditions():
        texts = [one.value if isinstance(one.value, str) else str(one.value).lower() for one in values.items()]
        found = condition(written, key, texts, subject.version)
        if found is not None:
            asked[found.lookup].append((found, values))
    there = [(key, values) for key, several in asked.items() for one, values in several if _needs(one)]
    vpc = next((key for key, _ in there if key in FOLDED_VPC_KEYS), None)
    for key, values in there:
        if key == "aws:sourceip" and vpc is not None:
            message = f"no request has aws:SourceIp and {vpc}: the one comes by the internet, the other by an endpoint"
            yield Issue("finding", "NEVER_TOGETHER", values.pointer, message, _KEYS)
    for several in asked.values():
        yield from _never_all(several)


def _needs(one: Condition) -> bool:
    """Whether a condition holds only for requests that have its key."""
    return not holds(one, {})


def _never_all(several: list[tuple[Condition, Place]]) -> Iterator[Issue]:
    """Conditions on one key that no value fits, nor none."""
    if len(several) < 2 or any(one.quantifier is not Quantifier.ONE for one, _ in several):
        return
    if any(value.template.fixed is None for one, _ in several for value in one.values):
        return
    exact = next(
        (one for one, _ in several if one.operator.name in ("StringEquals", "Bool") and not one.if_exists), None
    )
    absent = all(holds(one, {}) for one, _ in several)
    if exact is not None:
        possible = any(
            all(holds(one, {one.lookup: value.template.text}) for one, _ in several) for value in exact.values
        )
    else:
        gone = any(one.operator is NULL and not holds(one, {one.lookup: "x"}) for one, _ in several)
        possible = not (gone and any(_needs(one) for one, _ in several))
    if not possible and not absent:
        one, values = several[-1]
        message = f"nothing fits all conditions on {one.key} here, so no request matches this statement"
        yield Issue("finding", "NEVER_TOGETHER", values.pointer, message, _SEVERAL)


def _resources(subject: Subject) -> Iterator[Issue]:
    """Resources that there cannot be."""
    for one in subject.texts("Resource"):
        if (secret := _SECRET.fullmatch(one.value)) and not _open_ended(secret["name"]):
            message = f"the ARN of a secret ends in a hyphen and six characters: write {one.value}-??????"
            yield Issue(
                "finding", "NO_SUCH_RESOURCE", one.pointer, message, "AWS Secrets Manager User Guide, Secret ARNs"
            )
        if ":parameter//" in one.value:
            message = "a parameter's ARN has one slash before its name, also where that begins with one"
            source = "AWS Systems Manager User Guide, Restricting access to parameters"
            yield Issue("finding", "NO_SUCH_RESOURCE", one.pointer, message, source)


def _open_ended(name: str) -> bool:
    return bool(_SUFFIX.fullmatch(name)) or name.endswith(("*", "?")) or "${" in name
