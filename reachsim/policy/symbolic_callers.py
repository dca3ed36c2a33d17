"""Finds the callers that statements can tell apart: for each class a few stand for all.

Their keys follow from who they are (``aws:PrincipalArn``, ``PrincipalAccount``, ``PrincipalOrgID``, ``PrincipalType``,
``PrincipalIsAWSService``, ``PrincipalServiceName``; facts 38, 68, 69). Cut off from each other although AWS ties them:
``aws:username``, ``aws:userid`` and ``aws:PrincipalTag`` from the caller's ARN (anonymous callers have none of them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from .judge import names
from .principals import Principal
from .request import Request
from .statements import PRINCIPAL_KINDS
from .symbolic_asked import SOME, Asked
from .symbolic_cells import CALLER_KEYS, Caller, CallerClass, Masks
from .symbolic_text import Pattern, Step, literal, representatives
from .symbolic_values import KeyValue, text_patterns, values_for

_CLASSES: Final[tuple[CallerClass, ...]] = (
    "own account", "own organization", "another account", "anonymous", "AWS service"
)  # fmt: skip
_TYPES: Final = {"user": "User", "role": "AssumedRole", "session": "AssumedRole", "root": "Account",
                 "federated-user": "FederatedUser", "anonymous": "Anonymous"}  # fmt: skip


class Callers:
    """The callers that the statements of a question can tell apart."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._found: dict[CallerClass, tuple[tuple[Masks, Caller], ...]] = {}

    def of(self, of: CallerClass) -> tuple[tuple[Masks, Caller], ...]:
        """The callers of a class, each once for each way in which the statements name them."""
        if of not in self._found:
            found: dict[tuple[Masks, object], Caller] = {}
            for caller in self._all_callers(of):
                tied = tuple(caller.keys.get(key) for key in sorted(self._asked.tied))
                found.setdefault((self._caller_masks(caller), (tied, self.has_name(caller))), caller)
            self._found[of] = tuple((masks, caller) for (masks, _), caller in found.items())
        return self._found[of]

    def has_name(self, caller: Caller) -> bool:
        """Whether a caller has a user name that variables ask for."""
        return self._asked.names_users and caller.principal.kind == "user"

    def values(self, key: str) -> list[str]:
        """The values of a key that ties callers to owners; none if it does not."""
        if key not in self._asked.tied:
            return []
        values = {caller.keys.get(key) for of in _CLASSES for _, caller in self.of(of)}
        return sorted(value for value in values if isinstance(value, str))

    def _all_callers(self, of: CallerClass) -> Iterator[Caller]:
        if of == "anonymous":
            keys = {"aws:principalaccount": "anonymous", "aws:principaltype": "Anonymous"}
            yield self._caller(of, Principal.parse({"type": "Anonymous"}), keys)
            return
        if of == "AWS service":
            yield from self._services_that_call()
            return
        for account, principal, arn in self._signers(of):
            for organization in self._asked.organizations(of, "aws:principalorgid"):
                keys_: dict[str, KeyValue] = {
                    "aws:principalarn": arn, "aws:principalaccount": account, "aws:principalorgid": organization,
                    "aws:principaltype": _TYPES[principal.kind], "aws:principalisawsservice": "false",
                }  # fmt: skip
                yield self._caller(of, principal, keys_)

    def _caller(self, of: CallerClass, principal: Principal, keys: Mapping[str, KeyValue]) -> Caller:
        return Caller(of, principal, {**dict.fromkeys(sorted(CALLER_KEYS), None), **keys})

    def _services_that_call(self) -> Iterator[Caller]:
        named = {name for one in self._asked.statements for element in one.principals for name in element.services}
        asked = self._asked.conditions("aws:principalservicename")
        others = {value for value in values_for(asked, False).values if isinstance(value, str)}
        for name in sorted({*named, *(one for one in others if one.endswith(".amazonaws.com")), "x.amazonaws.com"}):
            keys: dict[str, KeyValue] = {"aws:principalisawsservice": "true", "aws:principalservicename": name}
            try:
                principal = Principal.parse(name)
            except ValueError:
                continue
            if principal.kind == "service":
                yield self._caller("AWS service", principal, keys)

    def _signers(self, of: CallerClass) -> Iterator[tuple[str, Principal, str]]:
        """(account, caller, ``aws:PrincipalArn``) of those who sign: roles by their sessions, users, root users."""
        head = literal(f"arn:{self._asked.zone.partition}:iam::")
        patterns = self._arn_patterns()
        mine = self._asked.account_patterns(of)
        for tail in (":role/", ":user/", ":root"):
            end = () if tail == ":root" else SOME
            domain = [(*head, *account, *literal(tail), *end) for account in mine]
            for arn in representatives([*patterns, *self._known_accounts(head, tail, end)], domain):
                account = arn.split(":")[4]
                if self._asked.belongs(account, of):
                    yield from self._of_arn(account, arn)
        for principal in self._asked.named():
            if self._asked.belongs(principal.account, of):
                yield principal.account, principal, _principal_arn(principal)
                if principal.kind == "session":
                    yield from self._with_paths(principal, patterns)

    def _of_arn(self, account: str, arn: str) -> Iterator[tuple[str, Principal, str]]:
        try:
            principal = Principal.parse(arn)
        except ValueError:
            return  # a path or name that AWS does not allow
        if principal.kind == "role":
            session = f"arn:{self._asked.zone.partition}:sts::{account}:assumed-role/{principal.name}/{self._session()}"
            yield account, Principal.parse(session), arn
        yield account, principal, arn

    def _session(self) -> str:
        """A session name that no statement names."""
        used = {one.text.rsplit("/", 1)[-1] for one in self._asked.named() if one.kind == "session"}
        return next(name for name in map("s{}".format, range(len(used) + 1)) if name not in used)

    def _with_paths(self, session: Principal, patterns: Sequence[Pattern]) -> Iterator[tuple[str, Principal, str]]:
        """A named session, under every role ARN that its role may have: a session's ARN has lost the path."""
        head = literal(f"arn:{self._asked.zone.partition}:iam::{session.account}:role/")
        domain = [(*head, *literal(session.name)), (*head, *SOME, *literal(f"/{session.name}"))]
        for arn in representatives(patterns, domain):
            yield session.account, session, arn

    def _arn_patterns(self) -> list[Pattern]:
        """What tells ARNs of callers apart: conditions on them and on their accounts, and the names of principals."""
        head = literal(f"arn:{self._asked.zone.partition}:iam::")
        found = list(text_patterns(self._asked.conditions("aws:principalarn")))
        for pattern in text_patterns(self._asked.conditions("aws:principalaccount")):
            found.append((*head, *pattern, *literal(":"), Step("any", True)))
        for principal in self._asked.named():
            found.append(literal(principal.text))
            if principal.kind in ("role", "session"):
                role = literal(f"arn:{self._asked.zone.partition}:iam::{principal.account}:role/")
                found += [(*role, *literal(principal.name)), (*role, *SOME, *literal(f"/{principal.name}"))]
        accounts = {
            one for statement in self._asked.statements for element in statement.principals for one in element.accounts
        }
        found += [(*head, *literal(one), *literal(":"), Step("any", True)) for one in sorted(accounts)]
        found += [(*head, *one, *literal(":"), Step("any", True)) for one in self._asked.tied_accounts()]
        return found

    def _known_accounts(self, head: Pattern, tail: str, end: Pattern) -> list[Pattern]:
        """So that texts of accounts whose class is known are told from those of strangers."""
        known = sorted({self._asked.zone.account, *self._asked.zone.accounts})
        return [(*head, *literal(one), *literal(tail), *end) for one in known]

    def _caller_masks(self, caller: Caller) -> Masks:
        keys = {key: value for key, value in caller.keys.items() if key in CALLER_KEYS}
        named = self._asked.key_masks(keys)
        if self._asked.view.kind not in PRINCIPAL_KINDS:
            return named
        request = Request(caller.principal, "x:x", "*", self._asked.zone.account)
        bits = sum(
            1 << i for i, one in enumerate(self._asked.statements) if names(one, request, self._asked.view) is not None
        )
        return named & Masks(bits, bits)


def _principal_arn(principal: Principal) -> str:
    if principal.kind != "session":
        return principal.text
    partition = principal.text.split(":")[1]
    return f"arn:{partition}:iam::{principal.account}:role/{principal.name}"
