"""What IAM Access Analyzer says of a policy besides, under its own issue codes: what is redundant, empty or rounded,
and service-linked roles and identity providers that nothing narrows.

A code of Access Analyzer's names the check; where another rule here says the same, that rule stands for it. Ceilings
(boundaries, SCPs, endpoint policies) grant nothing, so what is risky to grant is told of identity policies alone.

**Source:** IAM User Guide, "IAM policy validation check reference".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from .glob import Glob
from .lint import Issue, Place, Severity, Subject
from .principals import is_account

_CHECKS: Final = "IAM User Guide, IAM policy validation check reference"
_CREATE_SLR: Final = "iam:createservicelinkedrole"
_PASS_ROLE: Final = "iam:passrole"
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
_DELETED: Final = {"AROA": "role", "AIDA": "user"}
_TAG_KEYS: Final = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")
_FEDERATED: Final = re.compile(r"arn:[a-z-]+:iam::\d{12}:(saml-provider|oidc-provider)/.+")
_BY_AUDIENCE: Final = (
    "cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com",
)  # fmt: skip
"""Identity providers that roles name without one of their own in IAM: whose app it is, a key such as ``aud`` says."""
_ANYWHERE: Final = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")


def _issue(severity: Severity, rule: str, pointer: str, message: str) -> Issue:
    return Issue(severity, rule, pointer, message, _CHECKS)


def on_document(top: object) -> Iterator[Issue]:
    """What the whole document shows."""
    if not isinstance(top, dict):
        return
    if "Version" not in top:
        told = "without a Version this is one of 2008-10-17, which has no policy variables: write 2012-10-17"
        yield _issue("warning", "MISSING_VERSION", "", told)
    seen: list[object] = []
    for place in Place(top, "").child("Statement").items() if "Statement" in top else ():
        bare = {key: one for key, one in place.value.items() if key != "Sid"} if isinstance(place.value, dict) else None
        if bare in seen:
            yield _issue("warning", "REDUNDANT_STATEMENT", place.pointer, "an earlier statement says the same")
        elif bare:
            seen.append(bare)


def on_statement(subject: Subject) -> Iterator[Issue]:
    """What one statement shows."""
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        for element in subject.under(name):
            yield from _redundant(element, "REDUNDANT_ACTION" if "Action" in name else "REDUNDANT_RESOURCE")
    for element in subject.under("Sid", "Condition"):
        if element.value in ("", {}):
            rule = "EMPTY_SID_VALUE" if element.value == "" else "EMPTY_OBJECT_CONDITION"
            yield _issue("warning", rule, element.pointer, "this says nothing: leave it out")
    for one in subject.texts("Resource", "NotResource"):
        parts = one.value.split(":", 5)
        if len(parts) == 6 and parts[3] and not _may_be_region(parts[3]):
            told = f"{parts[3]!r} is no Region, so {one.value} matches nothing"
            yield _issue("finding", "INVALID_ARN_REGION", one.pointer, told)
    for written, key, values in subject.conditions():
        yield from _condition(written, key, values)
    yield from _principals(subject)
    if subject.kind == "identity" and subject.fields.get("Effect") == "Allow":
        yield from _granted(subject)


def _redundant(element: Place, rule: str) -> Iterator[Issue]:
    """Patterns that another of the list covers; of several equal ones the first stands."""
    texts = list(element.texts())
    if not 1 < len(texts) <= _MOST:
        return
    fold = rule == "REDUNDANT_ACTION"
    globs = [Glob.parse(one.value.lower() if fold else one.value) for one in texts]
    for index, one in enumerate(texts):
        text = one.value.lower() if fold else one.value
        if "${" in text:
            continue
        wider = (
            other.value for number, other in enumerate(texts)
            if number != index and "${" not in other.value and globs[number].matches(text)
            and (number < index or not globs[index].matches(other.value.lower() if fold else other.value))
        )  # fmt: skip
        if (cover := next(wider, None)) is not None:
            yield _issue("warning", rule, one.pointer, f"{cover!r} covers {one.value!r}")


_MOST: Final = 200
"""Of a list, whose entries are compared each with each."""


def _condition(written: str, key: str, values: Place) -> Iterator[Issue]:
    if key.lower() in _TAG_KEYS:
        told = f"{key} names no tag, so no request has it: write {key}KEY"
        yield _issue("finding", "MISSING_TAG_CONDITION_KEY", values.pointer, told)
    for one in values.texts():
        if "ipaddress" in written.lower() and (block := _rounded(one.value)):
            told = f"{one.value} has bits of a host that do not count: it means {block}"
            yield _issue("warning", "IMPROVE_IP_RANGE", one.pointer, told)
        elif key.lower() == "aws:requestedregion" and not _may_be_region(one.value):
            told = f"{one.value!r} is no Region, so no request has it as its {key}"
            yield _issue("finding", "INVALID_REGION", one.pointer, told)


def _may_be_region(text: str) -> bool:
    """Whether a text is a Region's, one of which nobody here knows too, or a pattern."""
    return bool(set(text) & set("*?$")) or text == "aws-global" or _REGION.fullmatch(text) is not None


def _rounded(text: str) -> str:
    """The block that is meant by one with bits of a host; "" for others."""
    try:
        block = ipaddress.ip_interface(text)
    except ValueError:
        return ""
    return str(block.network) if block.ip != block.network.network_address else ""


def _principals(subject: Subject) -> Iterator[Issue]:
    for element in subject.under("Principal", "NotPrincipal"):
        if not isinstance(element.value, dict):
            continue
        for one in element.child("AWS").texts() if "AWS" in element.value else ():
            kind = _DELETED.get(one.value[:4])
            if kind and one.value.isalnum() and not is_account(one.value):
                told = f"AWS writes {one.value} for a {kind} that was deleted: it names nobody"
                yield _issue("warning", f"INVALID_{kind.upper()}_REFERENCE", one.pointer, told)
        federated = element.child("Federated") if "Federated" in element.value else None
        if federated is not None and subject.kind == "resource" and not subject.trust:
            told = "no request to a resource comes from an identity provider: roles alone are assumed through one"
            yield _issue("finding", "FEDERATED_PRINCIPAL_NOT_SUPPORTED", federated.pointer, told)
        elif federated is not None and subject.trust:
            yield from _providers(subject, federated)
        if subject.trust and subject.fields.get("Effect") == "Allow" and "Service" in element.value:
            yield from _anywhere(subject, element.child("Service"))


def _providers(subject: Subject, federated: Place) -> Iterator[Issue]:
    """Providers that are none, and those that nothing narrows."""
    keys = [key.lower() for _, key, _ in subject.conditions()]
    for one in federated.texts():
        host = one.value.partition("oidc-provider/")[2] or one.value
        if one.value not in _BY_AUDIENCE and not _FEDERATED.fullmatch(one.value):
            told = f"{one.value!r} is no identity provider: name one by its ARN, or {', '.join(_BY_AUDIENCE)}"
            yield _issue("fault", "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY", one.pointer, told)
        elif ":saml-provider/" in one.value or any(key.startswith(f"{host.lower()}:") for key in keys):
            continue
        elif subject.fields.get("Effect") == "Allow":
            shared = one.value in _BY_AUDIENCE
            told = f"no condition asks for a key of {host}, such as {host}:aud: whoever it signs in may assume the role"
            rule = "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL"
            yield _issue("finding" if shared else "warning", rule, one.pointer, told)


def _anywhere(subject: Subject, services: Place) -> Iterator[Issue]:
    patterns = [Glob.parse(one.value.lower()) for one in subject.texts("Action")]
    lacking = [one for one in _ANYWHERE if not any(pattern.matches(one.lower()) for pattern in patterns)]
    for one in services.texts():
        if one.value == "rolesanywhere.amazonaws.com" and patterns and lacking:
            told = f"IAM Roles Anywhere asks for {' and '.join(lacking)}, too"
            yield _issue("finding", "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY", one.pointer, told)


def _granted(subject: Subject) -> Iterator[Issue]:
    """Service-linked roles of any service, and roles passed by what is not excepted."""
    keys = {key.lower() for _, key, _ in subject.conditions()}
    anything = [one for one in subject.texts("Resource") if _any_service(one.value)]
    of = "WITH_NOT_RESOURCE" if "NotResource" in subject.fields else ""
    place = anything[0] if anything else next(iter(subject.under("NotResource")), None)
    if place is None:
        return
    excepted = [one.value.lower() for one in subject.texts("NotAction")]
    for action, key, name in ((_CREATE_SLR, "iam:awsservicename", "CREATE_SLR"), (_PASS_ROLE, "iam:passedtoservice",
                                                                                  "PASS_ROLE")):  # fmt: skip
        if key in keys or (action == _PASS_ROLE and place.value != "*" and not of):
            continue
        named = [one.value.lower() for one in subject.texts("Action") if Glob.parse(one.value.lower()).matches(action)]
        star = bool(named) and action not in named
        allbut = "NotAction" in subject.fields and not any(Glob.parse(one).matches(action) for one in excepted)
        if not (named or allbut) or (action == _PASS_ROLE and any(one.startswith("iam:") for one in named)):
            continue  # of iam:PassRole itself ANY_ROLE_PASSED tells
        if of:
            rule = f"{name}_WITH_{'NOT_ACTION_AND_' if allbut else 'STAR_IN_ACTION_AND_' if star else ''}NOT_RESOURCE"
        elif allbut:
            rule = f"{name}_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"
        else:
            rule = f"{name}_WITH_STAR_IN_{'ACTION_AND_' if star else ''}RESOURCE"
        what = "service-linked roles of any service may be made" if action == _CREATE_SLR else "any role may be passed"
        yield _issue("warning", rule, place.pointer, f"{what}: name the resources, or ask for {key}")


def _any_service(resource: str) -> bool:
    """Whether a resource takes in service-linked roles of any service."""
    path = resource.partition(":role/")[2]
    return resource == "*" or path == "*" or path.startswith("aws-service-role/*")
