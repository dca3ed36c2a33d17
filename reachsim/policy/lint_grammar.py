"""What AWS refuses to store, or what cannot be judged.

AWS rules (facts 24, 35, 37, 40, 61, 76; IAM User Guide, "Grammar of the IAM JSON policy language" and the pages of
the elements; AWS Organizations User Guide, "RCP syntax").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from .conditions import read_operator
from .exemptions import RCP_SERVICES
from .lint import GRAMMAR, Issue, Place, Subject
from .operators import OPERATORS
from .principals import SERVICE_SUFFIXES, is_known_entry
from .statements import PRINCIPAL_KINDS
from .variables import Template

_VERSIONS: Final = ("2012-10-17", "2008-10-17")
_DOCUMENT_KEYS: Final = ("Version", "Id", "Statement")
_STATEMENT_KEYS: Final = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip
_PRINCIPAL_TYPES: Final = ("AWS", "Service", "Federated", "CanonicalUser")
_ACTION: Final = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
_UNIQUE_ID: Final = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
"""As AWS shows principals that were deleted."""
_ACCOUNT_PART: Final = re.compile(r"(\d{12})?|[a-z][a-z-]*|.*[*?$].*")
_SID: Final = re.compile(r"[A-Za-z0-9]*")


def _fault(rule: str, pointer: str, message: str, source: str = GRAMMAR) -> Issue:
    return Issue("fault", rule, pointer, message, source)


def on_document(whole: Place) -> Iterator[Issue]:
    """The faults of the document as a whole."""
    top = whole.value
    if not isinstance(top, dict):
        yield _fault("WRONG_TYPE", "", f"expected an object, found {_sort(top)}")
        return
    for key in top:
        if key not in _DOCUMENT_KEYS:
            yield _fault("UNKNOWN_ELEMENT", whole.child(key).pointer, f"a policy has no element {key!r}{_case(key)}")
    if "Version" in top and top["Version"] not in _VERSIONS:
        message = f"Version is one of {' and '.join(_VERSIONS)}, not {top['Version']!r}"
        yield _fault("UNKNOWN_VERSION", "/Version", message)
    if "Statement" not in top:
        yield _fault("NO_STATEMENT", "", "the policy has no Statement")
    elif top["Statement"] == []:
        yield Issue("finding", "NO_STATEMENT", "/Statement", "no statement allows anything", GRAMMAR)
    yield from _repeated_sids(whole)


def _repeated_sids(whole: Place) -> Iterator[Issue]:
    seen: set[str] = set()
    if "Statement" in whole.value:
        for place in whole.child("Statement").items():
            sid = place.value.get("Sid") if isinstance(place.value, dict) else None
            if isinstance(sid, str) and sid:
                if sid in seen:
                    pointer = place.child("Sid").pointer
                    yield _fault("REPEATED_SID", pointer, f"the Sid {sid!r} stands in more than one statement")
                seen.add(sid)


def on_statement(subject: Subject) -> Iterator[Issue]:
    """The faults of one statement."""
    place = subject.place
    if not isinstance(place.value, dict):
        yield _fault("WRONG_TYPE", place.pointer, f"expected a statement, found {_sort(place.value)}")
        return
    for key in subject.fields:
        if key not in _STATEMENT_KEYS:
            message = f"a statement has no element {key!r}{_case(key)}"
            yield _fault("UNKNOWN_ELEMENT", place.child(key).pointer, message)
    yield from _effect(subject)
    yield from _one_of(subject, "Action", "NotAction", needed=True)
    yield from _one_of(subject, "Resource", "NotResource", needed=subject.kind != "resource")
    yield from _one_of(subject, "Principal", "NotPrincipal", needed=subject.kind in PRINCIPAL_KINDS)
    yield from _sid(subject)
    yield from _actions(subject)
    yield from _resources(subject)
    yield from _principals(subject)
    yield from _conditions(subject)
    if subject.trust:
        yield from _trust(subject)
    if subject.kind == "rcp":
        yield from _rcp(subject)


def _effect(subject: Subject) -> Iterator[Issue]:
    effect = subject.fields.get("Effect")
    if effect not in ("Allow", "Deny"):
        found = "nothing" if "Effect" not in subject.fields else repr(effect)
        pointer = f"{subject.place.pointer}/Effect" if "Effect" in subject.fields else subject.place.pointer
        yield _fault("NO_EFFECT", pointer, f'expected the Effect "Allow" or "Deny", found {found}')


def _one_of(subject: Subject, name: str, negated: str, needed: bool) -> Iterator[Issue]:
    there = [one for one in (name, negated) if one in subject.fields]
    if len(there) == 2:
        message = f"a statement has {name} or {negated}, not both"
        yield _fault("BOTH_ELEMENTS", f"{subject.place.pointer}/{negated}", message)
    elif not there and needed:
        where = " (the policy of an endpoint or resource says to whom it applies)" if name == "Principal" else ""
        rule = f"NO_{name.upper()}"
        yield _fault(rule, subject.place.pointer, f"expected {name} or {negated}, found neither{where}")
    for one in there:
        element = subject.place.child(one)
        if name == "Principal" and subject.kind not in PRINCIPAL_KINDS:
            yield _fault("MISPLACED_PRINCIPAL", element.pointer, f"a policy of this kind ({subject.kind}) has no {one}")
        elif name != "Principal":
            yield from _list_of_texts(element)


def _list_of_texts(element: Place) -> Iterator[Issue]:
    if element.value == []:
        yield _fault("EMPTY_ELEMENT", element.pointer, "the list is empty")
    for one in element.items():
        if not isinstance(one.value, str):
            yield _fault("WRONG_TYPE", one.pointer, f"expected text, found {_sort(one.value)}")


def _sid(subject: Subject) -> Iterator[Issue]:
    for sid in subject.under("Sid"):
        if not isinstance(sid.value, str):
            yield _fault("WRONG_TYPE", sid.pointer, f"expected text, found {_sort(sid.value)}")
        elif not _SID.fullmatch(sid.value) and subject.kind not in PRINCIPAL_KINDS:
            yield _fault("SID_CHARACTERS", sid.pointer, f"the Sid {sid.value!r} has more than letters and digits")


def _actions(subject: Subject) -> Iterator[Issue]:
    for one in subject.texts("Action", "NotAction"):
        if not _ACTION.fullmatch(one.value):
            message = f"{one.value!r} is no action: an action is written service:Name or *"
            yield _fault("NO_ACTION_NAME", one.pointer, message, "IAM User Guide, Action")


def _resources(subject: Subject) -> Iterator[Issue]:
    source = "IAM User Guide, Resource"
    for one in subject.texts("Resource", "NotResource"):
        parts = one.value.split(":", 5)
        if one.value != "*" and (len(parts) < 6 or not _like(parts[0], "arn")):
            yield _fault("NO_ARN", one.pointer, f"{one.value!r} is no ARN and not *", source)
        elif len(parts) == 6 and ("*" in parts[2] or "?" in parts[2]):
            message = "the service in an ARN takes no wildcard"
            yield _fault("WILDCARD_SERVICE", one.pointer, message, source)
        elif len(parts) == 6 and not set(parts[1]) & set("*?$") and parts[1] not in _PARTITIONS:
            message = f"there is no partition {parts[1]!r}, so {one.value} matches nothing"
            yield Issue("finding", "NO_PARTITION", one.pointer, message, source)
        elif len(parts) == 6 and not _ACCOUNT_PART.fullmatch(parts[4]):
            message = f"{parts[4]!r} is no account, which has 12 digits, so {one.value} matches nothing"
            yield Issue("finding", "NO_ACCOUNT", one.pointer, message, source)


def _like(text: str, wanted: str) -> bool:
    return text == wanted or "*" in text


def _principals(subject: Subject) -> Iterator[Issue]:
    source = "IAM User Guide, Principal"
    if subject.kind not in PRINCIPAL_KINDS:
        return
    for element in subject.under("Principal", "NotPrincipal"):
        if isinstance(element.value, str):
            if element.value != "*":
                message = f'{element.value!r}: a Principal that is a text can only be "*"; else write {{"AWS": …}}'
                yield _fault("PRINCIPAL_TEXT", element.pointer, message, source)
        elif not isinstance(element.value, dict):
            yield _fault("WRONG_TYPE", element.pointer, f"expected an object, found {_sort(element.value)}")
        else:
            if not element.value:
                yield Issue("finding", "NO_PRINCIPAL", element.pointer, "the Principal names nobody", source)
            for sort in element.value:
                entries = element.child(sort)
                if sort not in _PRINCIPAL_TYPES:
                    yield _fault("PRINCIPAL_TYPE", entries.pointer, f"there is no type of principal {sort!r}", source)
                yield from _list_of_texts(entries)
                for one in entries.texts() if sort == "AWS" else ():
                    yield from _principal(one, source)
                for one in entries.texts() if sort == "Service" else ():
                    if not one.value.endswith(SERVICE_SUFFIXES):
                        message = f"{one.value!r} is no service: it is written like codebuild.amazonaws.com"
                        yield _fault("NO_SERVICE_NAME", one.pointer, message, source)


def _principal(one: Place, source: str) -> Iterator[Issue]:
    text = one.value
    if is_known_entry(text) or _UNIQUE_ID.fullmatch(text):
        return
    if "*" in text or "?" in text:
        message = f"{text!r}: a principal takes no wildcard within its name; use * and a condition on aws:PrincipalArn"
        yield _fault("PRINCIPAL_WILDCARD", one.pointer, message, source)
    else:
        yield _fault("NO_PRINCIPAL_NAME", one.pointer, f"{text!r} names no caller", source)


def _conditions(subject: Subject) -> Iterator[Issue]:
    for block in subject.under("Condition"):
        if not isinstance(block.value, dict):
            yield _fault("WRONG_TYPE", block.pointer, f"expected an object, found {_sort(block.value)}")
            continue
        for written in block.value:
            keys = block.child(written)
            if read_operator(written) is None:
                message = f"there is no condition operator {written!r}{_operator_case(written)}"
                yield _fault("UNKNOWN_OPERATOR", keys.pointer, message, "IAM User Guide, Condition operators")
            if not isinstance(keys.value, dict):
                yield _fault("WRONG_TYPE", keys.pointer, f"expected an object of keys, found {_sort(keys.value)}")
    for written, key, values in subject.conditions():
        yield from _values(subject, written, key, values)


def _values(subject: Subject, written: str, key: str, values: Place) -> Iterator[Issue]:
    found = read_operator(written)
    if values.value == []:
        yield _fault("EMPTY_ELEMENT", values.pointer, f"{written} {key} has no values")
    for one in values.items():
        if not isinstance(one.value, str | bool | int | float):
            yield _fault("WRONG_TYPE", one.pointer, f"expected text, a number or a boolean, found {_sort(one.value)}")
        elif found is not None:
            text = one.value if isinstance(one.value, str) else str(one.value).lower()
            pieces = Template.of(text, subject.version if found[0].variables else "").fixed
            if pieces is not None and found[0].compile(pieces) is None:
                message = f"{text!r} is not {found[0].expects}, so {written} matches it with nothing"
                yield _fault("WRONG_VALUE", one.pointer, message, "IAM User Guide, Condition operators")


def _trust(subject: Subject) -> Iterator[Issue]:
    """A trust policy is about the role that it is attached to."""
    for element in subject.under("Resource", "NotResource"):
        name = element.pointer.rsplit("/", 1)[1]
        source = "IAM User Guide, Roles terms and concepts"
        yield _fault("MISPLACED_RESOURCE", element.pointer, f"a role's trust policy has no {name}", source)


def _rcp(subject: Subject) -> Iterator[Issue]:
    source = "AWS Organizations User Guide, RCP syntax"
    if subject.fields.get("Effect") == "Allow":
        message = "only AWS's own RCPFullAWSAccess may allow; a policy of yours has the Effect Deny"
        yield _fault("RCP_ALLOW", f"{subject.place.pointer}/Effect", message, source)
    for element in subject.under("Principal"):
        if element.value not in ("*", {"AWS": "*"}):
            yield _fault("RCP_PRINCIPAL", element.pointer, 'the Principal of an RCP is "*"; use conditions', source)
    for one in subject.texts("Action"):
        prefix = one.value.lower().partition(":")[0]
        if ":" in one.value and prefix not in RCP_SERVICES:
            message = f"RCPs do not act on {prefix} (as of 2026-10-27), so this denies nothing there"
            yield Issue("finding", "RCP_SERVICE", one.pointer, message, source)
    for element in subject.under("NotPrincipal", "NotAction"):
        name = element.pointer.rsplit("/", 1)[1]
        yield _fault("RCP_ELEMENT", element.pointer, f"an RCP has no {name}", source)


def _case(key: str) -> str:
    meant = next((name for name in (*_STATEMENT_KEYS, *_DOCUMENT_KEYS) if name.lower() == key.lower()), None)
    return f" (it is written {meant})" if meant else ""


def _operator_case(written: str) -> str:
    bare = written.split(":")[-1].removesuffix("IfExists").lower()
    meant = OPERATORS.get(bare) or OPERATORS.get(bare + "s")
    return f" (meant is perhaps {meant.name})" if meant else ""


def _sort(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", int: "a number", float: "a number"}
    found = next((name for kind, name in names.items() if isinstance(value, kind)), type(value).__name__)
    return "null" if value is None else found
