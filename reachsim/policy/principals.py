"""Decides who calls, and whether a ``Principal`` or ``NotPrincipal`` element names the caller, and how closely.

AWS rules (facts 16-18, 24-26, 37-39; IAM User Guide, "Principal" and "NotPrincipal"; AWS PrivateLink Guide, "Control
access to VPC endpoints using endpoint policies"):

- Names are exact; there are no partial wildcards. ``"*"`` and ``{"AWS": "*"}`` are everyone, also anonymous callers
  and (an assumption, fact 16) AWS services.
- A 12-digit id or a ``:root`` ARN is the whole account. In the policy of a *gateway* endpoint it is the root user
  alone.
- The ARN of a role also names the role's sessions. A session's ARN has lost the role's path, so account and role name
  are compared; role names are unique in an account.
- ``{"Federated": "*"}`` is every identity provider, as AWS's own policies for STS endpoints have it.
- ``NotPrincipal`` with Deny spares a caller only if it lists every level: account, then user or role, then session.
  It spares no user or role that has a permissions boundary.

CloudFront's origin access identities are AWS's own, so they count like an AWS service (CloudFront Developer Guide, "Use
an origin access identity"). Canonical user ids (S3) and unique ids (``AIDA...``) name nobody here: a request does not
carry them. Which canonical user ids there are is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final, Literal, NamedTuple

CallerKind = Literal["user", "role", "session", "federated-user", "root", "service", "provider", "anonymous"]

_ACCOUNT_DIGITS: Final = 12
_ACCESS_IDENTITY: Final = r"arn:aws[a-z-]*:iam::cloudfront:user/[^*?]+"
_HOST: Final = r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/\S*)?"
SERVICE_SUFFIXES: Final = (".amazonaws.com", ".amazonaws.com.cn", ".aws.internal")
"""How the names of AWS services end."""
_SERVICE_ROLE_PATH: Final = "aws-service-role/"
_SERVICE_ROLE_NAME: Final = "AWSServiceRoleFor"


class Via(Enum):
    """How a policy names a caller."""

    EVERYONE = "everyone"
    ACCOUNT = "account"
    ROLE = "role"
    USER = "user"
    SESSION = "session"
    SERVICE = "service"


class Principal(NamedTuple):
    """Who signed a request. ``account`` is "" and ``name`` is "" where the kind has none.

    ``name`` is the user, role or federated user name without its path.
    """

    text: str
    kind: CallerKind
    account: str = ""
    name: str = ""

    @staticmethod
    def parse(given: str | Mapping[str, object]) -> Principal:
        """The caller that an ARN, a service name or ``{"type": "Anonymous"}`` stands for.

        Raises ValueError for anything else, also for a bare account id (no account calls; its root user does).

        >>> Principal.parse("arn:aws:sts::111122223333:assumed-role/build/run1").kind
        'session'
        """
        if isinstance(given, str):
            return _from_arn(given) if given.startswith("arn:") else _from_host(given)
        kind = given.get("type")
        if isinstance(kind, str) and kind.lower() == "anonymous":
            return Principal("anonymous", "anonymous")
        raise ValueError(f'expected an ARN, a service name or {{"type": "Anonymous"}}, found {given!r}')

    @property
    def has_identity(self) -> bool:
        """Whether the caller belongs to an account, so that identity policies and SCPs can bind it."""
        return self.account != "" and self.kind != "provider"

    @property
    def is_service_linked_role(self) -> bool:
        """Whether SCPs and RCPs leave the caller alone: told by the role's path or, for a session, by its name."""
        if self.kind == "role":
            return f":role/{_SERVICE_ROLE_PATH}" in self.text
        return self.kind == "session" and self.name.startswith(_SERVICE_ROLE_NAME)


class PrincipalElement(NamedTuple):
    """A ``Principal`` or ``NotPrincipal`` element, sorted by how its entries are compared.

    ``names`` holds full ARNs, ``roles`` pairs of account and role name, ``providers`` identity providers,
    ``canonical`` canonical user ids, which name nobody here.
    """

    name: Literal["Principal", "NotPrincipal"]
    everyone: bool
    accounts: frozenset[str]
    names: frozenset[str]
    roles: frozenset[tuple[str, str]]
    services: frozenset[str]
    providers: frozenset[str]
    canonical: frozenset[str] = frozenset()

    @staticmethod
    def of(name: Literal["Principal", "NotPrincipal"], entries: Mapping[str, tuple[str, ...]]) -> PrincipalElement:
        """The element whose entries are listed by type ("AWS", "Service", "Federated", "CanonicalUser"); other
        types are ignored."""
        aws = entries.get("AWS", ())
        callers = [caller for caller in map(_caller, aws) if caller]
        accounts = {text for text in aws if is_account(text)}
        return PrincipalElement(
            name=name,
            everyone="*" in aws,
            accounts=frozenset(accounts | {caller.account for caller in callers if caller.kind == "root"}),
            names=frozenset(caller.text for caller in callers if caller.kind != "root"),
            roles=frozenset((caller.account, caller.name) for caller in callers if caller.kind == "role"),
            services=frozenset(entries.get("Service", ())),
            providers=frozenset(entries.get("Federated", ())),
            canonical=frozenset(entries.get("CanonicalUser", ())),
        )

    def closest(self, caller: Principal, gateway: bool = False) -> Via | None:
        """The most direct way in which the element names the caller, or None if it does not."""
        if caller.text in self.names:
            direct = {"user": Via.USER, "role": Via.ROLE, "session": Via.SESSION, "federated-user": Via.SESSION}
            return direct.get(caller.kind, Via.SERVICE)
        if self.everyone:
            return Via.EVERYONE
        if caller.kind in ("service", "provider", "anonymous"):
            listed = caller.text in self.services or caller.text in self.providers
            return Via.SERVICE if listed or (caller.kind == "provider" and "*" in self.providers) else None
        if caller.kind == "session" and (caller.account, caller.name) in self.roles:
            return Via.ROLE
        if caller.account in self.accounts and (caller.kind == "root" or not gateway):
            return Via.ACCOUNT
        return None

    def missing_level(self, caller: Principal) -> str | None:
        """What a ``NotPrincipal`` with Deny would have to list besides to spare the caller; None if it spares it."""
        if self.everyone or (not caller.has_identity and self.closest(caller)):
            return None
        if not caller.has_identity:
            return "caller"
        levels = {
            "account": caller.account in self.accounts,
            "role": caller.kind != "session" or (caller.account, caller.name) in self.roles,
            caller.kind: caller.kind == "root" or caller.text in self.names,
        }
        return next((level for level, listed in levels.items() if not listed), None)


def is_account(text: str) -> bool:
    """Whether the text is a 12-digit account id."""
    return len(text) == _ACCOUNT_DIGITS and text.isascii() and text.isdigit()


def is_known_entry(text: str) -> bool:
    """Whether an entry under "AWS" is of a form that can name a caller."""
    return text == "*" or is_account(text) or _caller(text) is not None


def _caller(text: str) -> Principal | None:
    try:
        return _from_arn(text)
    except ValueError:
        return None


def _from_arn(text: str) -> Principal:
    if ":cloudfront:" in text and re.fullmatch(_ACCESS_IDENTITY, text):
        return Principal(text, "service")
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not is_account(parts[4]):
        raise ValueError(f"expected the ARN of a principal, found {text!r}")
    _, _, service, _, account, rest = parts
    kind, _, path = rest.partition("/")
    if "*" in rest or "?" in rest:
        raise ValueError(f"the ARN of a principal has no wildcards: {text!r}")
    if (service, rest) == ("iam", "root"):
        return Principal(text, "root", account)
    if path and service == "iam" and kind in ("user", "role"):
        return Principal(text, "user" if kind == "user" else "role", account, path.rpartition("/")[2])
    if path and service == "iam" and kind in ("oidc-provider", "saml-provider"):
        return Principal(text, "provider", account)
    if "/" in path and (service, kind) == ("sts", "assumed-role"):
        return Principal(text, "session", account, path.partition("/")[0])
    if path and (service, kind) == ("sts", "federated-user"):
        return Principal(text, "federated-user", account, path)
    raise ValueError(f"expected the ARN of a user, role, session, federated user or root, found {text!r}")


def _from_host(text: str) -> Principal:
    if not re.fullmatch(_HOST, text):
        raise ValueError(f"expected the ARN of a principal or a service name, found {text!r}")
    return Principal(text, "service" if text.endswith(SERVICE_SUFFIXES) else "provider")
