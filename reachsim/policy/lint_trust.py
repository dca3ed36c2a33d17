"""Whom a role's trust policy means and cannot let in, and whom it lets in without meaning to.

AWS rules: identity providers are trusted for sts:AssumeRoleWithSAML or sts:AssumeRoleWithWebIdentity, everybody else
for sts:AssumeRole (AWS Security Token Service API Reference; IAM User Guide, "Create a role for OpenID Connect
federation (console)"). Providers whose host many customers share have to be bound to one's own by a key such as ``sub``
("Identity-provider controls for shared OIDC providers" there).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .conditions import read_operator
from .glob import Glob
from .lint import Issue, Place, Subject

_STS: Final = "AWS Security Token Service API Reference, AssumeRole, AssumeRoleWithSAML, AssumeRoleWithWebIdentity"
_WHOM: Final = "IAM User Guide, AWS JSON policy elements: Principal"
_ASSUME: Final = Glob.parse("sts:assumerole")
_SHARED_SOURCE: Final = "IAM User Guide, Identity-provider controls for shared OIDC providers"
_SHARED: Final = (
    "token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "agent.buildkite.com", "oidc.vercel.com",
)  # fmt: skip
"""Hosts of OIDC providers that all of their customers share."""
_GITHUB: Final = "token.actions.githubusercontent.com"


def on_statement(subject: Subject) -> Iterator[Issue]:
    """What is wrong with whom one statement of a trust policy names."""
    for element in subject.under("Principal"):
        if subject.fields.get("Effect") == "Allow" and not subject.fields.get("Condition"):
            everyone = element.value == "*" or (isinstance(element.value, dict) and _names_everyone(element))
            if everyone and any(_ASSUME.overlaps(Glob.parse(one.value.lower())) for one in subject.texts("Action")):
                message = "anybody with an AWS account may assume the role: nothing says whom it is for"
                yield Issue("finding", "EVERYONE_MAY_ASSUME", element.pointer, message, _WHOM)
        if isinstance(element.value, dict) and subject.fields.get("Effect") == "Allow":
            yield from _never(subject, element)
            if "Federated" in element.value:
                yield from _open(subject, element.child("Federated"))


def _names_everyone(element: Place) -> bool:
    return "AWS" in element.value and any(one.value == "*" for one in element.child("AWS").texts())


def _never(subject: Subject, element: Place) -> Iterator[Issue]:
    """Principals that cannot ask for any of the actions."""
    patterns = [Glob.parse(one.value.lower()) for one in subject.texts("Action")]
    if not patterns or not isinstance(element.value, dict):
        return
    for sort in element.value:
        for one in element.child(sort).texts():
            needed = _action_of(sort, one.value)
            if needed and not any(pattern.matches(needed.lower()) for pattern in patterns):
                message = f"{one.value} asks for {needed}, which no Action here is"
                yield Issue("finding", "TRUST_ACTION", one.pointer, message, _STS)


def _action_of(sort: str, name: str) -> str:
    if sort in ("AWS", "Service"):
        return "sts:AssumeRole"
    if sort != "Federated" or name == "*":
        return ""
    return "sts:AssumeRoleWithSAML" if ":saml-provider/" in name else "sts:AssumeRoleWithWebIdentity"


def _open(subject: Subject, federated: Place) -> Iterator[Issue]:
    """Shared providers that nothing binds to one's own."""
    for one in federated.texts():
        host = next((host for host in _SHARED if one.value == host or one.value.endswith(f"oidc-provider/{host}")), "")
        if not host:
            continue
        keys = [one for one in subject.conditions() if one[1].lower().startswith(f"{host}:")]
        bound = [one for one in keys if not one[1].lower().endswith(":aud") and _binds(one[0])]
        if not bound:
            message = f"no condition says which of {host}'s customers is meant: whoever uses it may assume the role"
            yield Issue("finding", "PROVIDER_OPEN", one.pointer, message, _SHARED_SOURCE)
        for written, key, values in bound:
            yield from _loose(written, key, values)


def _binds(written: str) -> bool:
    found = read_operator(written)
    return found is not None and not found[0].negated and not found[2] and found[0].name.startswith("String")


def _loose(written: str, key: str, values: Place) -> Iterator[Issue]:
    """A subject of GitHub whose wildcard reaches over the organization's name: strangers choose a name that fits."""
    if "like" not in written.lower() or key.lower() != f"{_GITHUB}:sub":
        return
    for one in values.texts():
        owner, slash, rest = one.value.removeprefix("repo:").partition("/")
        if set(owner) & set("*?") or not (slash or set(one.value) - set("*?")):
            message = f"{one.value!r} takes in organizations of strangers, whose names fit as well"
            yield Issue("finding", "PROVIDER_OPEN", one.pointer, message, _SHARED_SOURCE)
        elif set(rest.partition(":")[0]) & set("*?"):
            message = f"{one.value!r} takes in every repository of {owner}: name the repository and the branch"
            rule = "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED"
            yield Issue("warning", rule, one.pointer, message, _SHARED_SOURCE)
