"""Cuts the space of all requests into cells in which no statement of some documents changes its mind.

A request has a caller, a target (action, resource, owner) and context keys. Each of the three is cut on its own: for
each a few values stand for all (`symbolic_text`, `symbolic_values`), and a value tells of every statement whether its
part of it may match and must match, as two bit masks. A statement matches if all parts do, so joining values is
joining masks; equal masks are kept once, with the request that first led there. So every cell comes with a concrete
request, and the cells are complete.

What is a request here (facts 62-72, 75): the caller's own keys follow from the caller (``aws:PrincipalArn``,
``PrincipalAccount``, ``PrincipalOrgID``, ``PrincipalType``, ``PrincipalIsAWSService``, ``PrincipalServiceName``), the
owner's from the target (``aws:ResourceAccount``, ``ResourceOrgID``, ``s3:ResourceAccount``), the resource belongs to
the service of the action, and what the asker fixes is fixed. All other keys are free, present or absent. Cut off from
each other although AWS ties them: ``aws:username``, ``aws:userid`` and ``aws:PrincipalTag`` from the caller's ARN
(anonymous callers have none of them), and the organization paths from the organization's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, Literal, NamedTuple

from . import reference
from .conditions import Condition, Value, holds
from .glob import Glob
from .glob import Literal as Text
from .judge import View, names
from .principals import Principal
from .request import Request
from .statements import PRINCIPAL_KINDS, Document, Element, Statement
from .symbolic_text import Pattern, Step, TooComplex, joined, literal, of_glob, representatives
from .symbolic_ties import (
    ACCOUNT_KEYS,
    ORGANIZATION_KEYS,
    Pair,
    account_globs,
    filled,
    is_tied,
    of_pair,
    open_templates,
    tied_keys,
)
from .symbolic_values import Bounds, KeyValue, bounds, has_variables, text_patterns, values_for
from .variables import ContextValue, Template, Variable

CallerClass = Literal["own account", "own organization", "another account", "anonymous", "AWS service"]
OwnerClass = Literal["own account", "own organization", "another account"]

_CALLER_KEYS: Final = frozenset(
    f"aws:principal{name}" for name in ("arn", "account", "orgid", "type", "isawsservice", "servicename")
)
_OWNER_KEYS: Final = frozenset({"aws:resourceaccount", "aws:resourceorgid", "s3:resourceaccount"})
SIGNED_KEYS: Final = ("aws:username", "aws:userid", "aws:principaltag/", "aws:principalorgpaths")
"""Keys, or beginnings of keys, of callers who sign and belong to an account."""
_ALWAYS: Final = frozenset({"aws:securetransport", "aws:requestedregion", "aws:currenttime", "aws:epochtime"})
_CLASSES: Final[tuple[CallerClass, ...]] = (
    "own account", "own organization", "another account", "anonymous", "AWS service"
)  # fmt: skip
_MOST_OPEN: Final = 8
_MOST_CELLS: Final = 5_000
_MOST_KEYS: Final = 200
_DIGITS: Final[Pattern] = (Step("digit"),) * 12
_SOME: Final[Pattern] = (Step("any"), Step("any", True))
_PART: Final[Pattern] = (Step("part", True),)
_ARN_SERVICES: Final = {"sts": ("iam", "sts"), "codestar-connections": ("codestar-connections", "codeconnections")}
_TYPES: Final = {"user": "User", "role": "AssumedRole", "session": "AssumedRole", "root": "Account",
                 "federated-user": "FederatedUser", "anonymous": "Anonymous"}  # fmt: skip


class Zone(NamedTuple):
    """Whom the asker trusts: the own account, further accounts of the own organization, and the organization's id.

    Without an id the organization is not known: then the own account may be in any or none.
    """

    account: str
    organization: str | None = None
    accounts: frozenset[str] = frozenset()
    partition: str = "aws"


class Caller(NamedTuple):
    """Somebody who calls, with the context keys that follow; None for a key that is absent."""

    of: CallerClass
    principal: Principal
    keys: Mapping[str, KeyValue]


class Target(NamedTuple):
    """What is asked for; ``real`` is whether AWS is known to have the action (or to be unknown altogether)."""

    of: OwnerClass
    action: str
    resource: str
    owner: str
    keys: Mapping[str, KeyValue]
    wildcard_only: bool = False
    real: bool = True


class Masks(NamedTuple):
    """Of every statement, as bits: whether it may match, and whether it must."""

    may: int
    must: int

    def __and__(self, other: Masks) -> Masks:
        return Masks(self.may & other.may, self.must & other.must)


class Cell(NamedTuple):
    """Requests that no statement tells apart, and one of them. ``taken``: the statements, as bits, of which action and
    resource must match, where that was asked for."""

    masks: Masks
    caller: Caller
    target: Target
    keys: Mapping[str, KeyValue]
    taken: int = 0


_Same = tuple[Masks, int, bool]
_Reached = dict[_Same, tuple[Caller, Target, dict[str, KeyValue]]]


class Group(NamedTuple):
    """The documents of one side of a question, as the bits of their statements."""

    allow: int
    deny: int

    def allows(self, masks: Masks) -> Bounds:
        """Whether the documents may allow the requests of a cell, and whether they must."""
        may = bool(masks.may & self.allow) and not masks.must & self.deny
        must = bool(masks.must & self.allow) and not masks.may & self.deny
        return Bounds(may, must)

    def more_than(self, other: Group, masks: Masks) -> Bounds:
        """Whether these documents may allow, and whether they must, what the others do not, in a cell."""
        open_ = [1 << i for i in range(masks.may.bit_length()) if (masks.may & ~masks.must) >> i & 1]
        if len(open_) > _MOST_OPEN:
            mine, theirs = self.allows(masks), other.allows(masks)
            return Bounds(mine.may and not theirs.must, mine.must and not theirs.may)
        found = {
            self._allows(true) and not other._allows(true)
            for true in (masks.must | sum(some) for n in range(len(open_) + 1) for some in combinations(open_, n))
        }
        return Bounds(True in found, False not in found)

    def _allows(self, matching: int) -> bool:
        return bool(matching & self.allow) and not matching & self.deny


class Space:
    """The requests about which some documents of one kind are asked."""

    def __init__(
        self, documents: Sequence[Document], zone: Zone, view: View, *,
        fixed: Mapping[str, KeyValue] | None = None, services: Iterable[str] = (), resources: Iterable[str] = (),
    ) -> None:  # fmt: skip
        self.zone = zone
        self.resources = tuple(resources)
        self.view = view
        self.fixed = {key.lower(): value for key, value in (fixed or {}).items()}
        self.written = {key.lower(): key for key in fixed or {}}
        self.statements: list[Statement] = []
        self.groups: list[Group] = []
        self.exact = True
        bits: dict[object, int] = {}
        for document in documents:
            allow = deny = 0
            mine: dict[object, int] = {}
            for statement in document.statements:
                bit = bits.get(_meaning(statement))
                if bit is None:
                    bit = mine[_meaning(statement)] = 1 << len(self.statements)
                    self.statements.append(self._with_fixed(statement))
                allow, deny = (allow | bit, deny) if statement.effect == "Allow" else (allow, deny | bit)
            bits |= mine  # what another document says too is the same statement, and as true
            self.groups.append(Group(allow, deny))
        self.all = (1 << len(self.statements)) - 1
        self.tied = tied_keys(self.statements)
        self.names_users = any("aws:username" in _variables_of(one) for one in self.statements)
        self.templates = [one for statement in self.statements for one in open_templates(statement)]
        self.settled = self._key_masks(self.fixed)
        given = dict.fromkeys(text.split(":")[2] for text in self.resources)
        self.services = tuple(services) or tuple(given) or tuple(self._services())
        self.free = self._free_keys()
        self._callers: dict[CallerClass, tuple[tuple[Masks, Caller], ...]] = {}
        self._targets: dict[OwnerClass, tuple[tuple[Masks, int, Target], ...]] = {}

    # --- the cells -------------------------------------------------------------------------------------------------

    def cells(
        self, callers: Iterable[CallerClass], owners: Iterable[OwnerClass], *, by_taken: bool = False
    ) -> Iterator[Cell]:
        """All cells of some callers and owners, each once for each way in which the statements match.

        ``by_taken``: cells also differ by the statements that take their targets, whatever conditions say.
        """
        owners = list(owners)
        for of in callers:
            reached: _Reached = {
                same: (caller, target, {}) for same, (caller, target) in self._joined(of, owners, by_taken).items()
            }
            for key, choices in self.free.items():
                absent_only = of in ("anonymous", "AWS service") and key.startswith(SIGNED_KEYS)
                after: _Reached = {}
                for (masks, taken, named), (caller, target, keys) in reached.items():
                    for theirs, value in choices:
                        if value is None or not absent_only:
                            same = (masks & theirs, taken, named)
                            after.setdefault(same, (caller, target, {**keys, key: value}))
                    if len(after) > _MOST_CELLS:
                        raise TooComplex(f"more than {_MOST_CELLS} ways in which {len(self.statements)} statements fit")
                reached = after
            for (masks, taken, _), (caller, target, keys) in reached.items():
                yield self._without_values(Cell(masks, caller, target, keys, taken))

    def _joined(
        self, of: CallerClass, owners: Sequence[OwnerClass], by_taken: bool
    ) -> dict[_Same, tuple[Caller, Target]]:
        """Callers with targets, each once for each way in which the statements match and, if asked for, are taken."""
        found: dict[_Same, tuple[Caller, Target]] = {}
        for mine, caller in self.callers(of):
            for owner in owners:
                for theirs, taken, target in self.targets(owner):
                    if target.wildcard_only and target.of != _owner_like(of):
                        continue
                    masks = mine & theirs & self.settled
                    if (self.tied or self.templates) and masks.may:
                        if self._impossible(caller, target):
                            continue
                        masks &= self._pair_masks(caller, target)
                    same = (masks, taken if by_taken else 0, self._has_name(caller))
                    found.setdefault(same, (caller, target))
        return found

    def request(self, cell: Cell) -> Request:
        """The concrete request that stands for a cell."""
        context: dict[str, ContextValue] = {}
        for source in (cell.caller.keys, cell.target.keys, cell.keys, self.fixed):
            for key, value in source.items():
                if value is not None:
                    context[self.written.get(key, _spelled(key))] = value
        target = cell.target
        owner = cell.caller.principal.account if target.wildcard_only else target.owner
        return Request(
            cell.caller.principal, target.action, target.resource, owner or target.owner, context, target.wildcard_only
        )

    # --- callers ---------------------------------------------------------------------------------------------------

    def callers(self, of: CallerClass) -> tuple[tuple[Masks, Caller], ...]:
        """The callers of a class, each once for each way in which the statements name them."""
        if of not in self._callers:
            found: dict[tuple[Masks, object], Caller] = {}
            for caller in self._all_callers(of):
                tied = tuple(caller.keys.get(key) for key in sorted(self.tied))
                found.setdefault((self._caller_masks(caller), (tied, self._has_name(caller))), caller)
            self._callers[of] = tuple((masks, caller) for (masks, _), caller in found.items())
        return self._callers[of]

    def _all_callers(self, of: CallerClass) -> Iterator[Caller]:
        if of == "anonymous":
            keys = {"aws:principalaccount": "anonymous", "aws:principaltype": "Anonymous"}
            yield self._caller(of, Principal.parse({"type": "Anonymous"}), keys)
            return
        if of == "AWS service":
            yield from self._services_that_call()
            return
        for account, principal, arn in self._signers(of):
            for organization in self._organizations(of, "aws:principalorgid"):
                keys_: dict[str, KeyValue] = {
                    "aws:principalarn": arn, "aws:principalaccount": account, "aws:principalorgid": organization,
                    "aws:principaltype": _TYPES[principal.kind], "aws:principalisawsservice": "false",
                }  # fmt: skip
                yield self._caller(of, principal, keys_)

    def _caller(self, of: CallerClass, principal: Principal, keys: Mapping[str, KeyValue]) -> Caller:
        return Caller(of, principal, {**dict.fromkeys(sorted(_CALLER_KEYS), None), **keys})

    def _services_that_call(self) -> Iterator[Caller]:
        named = {name for one in self.statements for element in one.principals for name in element.services}
        asked = self._conditions("aws:principalservicename")
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
        head = literal(f"arn:{self.zone.partition}:iam::")
        patterns = self._arn_patterns()
        mine = self._account_patterns(of)
        for tail in (":role/", ":user/", ":root"):
            end = () if tail == ":root" else _SOME
            domain = [(*head, *account, *literal(tail), *end) for account in mine]
            for arn in representatives([*patterns, *self._known_accounts(head, tail, end)], domain):
                account = arn.split(":")[4]
                if self._belongs(account, of):
                    yield from self._of_arn(account, arn)
        for principal in self._named():
            if self._belongs(principal.account, of):
                yield principal.account, principal, _principal_arn(principal)
                if principal.kind == "session":
                    yield from self._with_paths(principal, patterns)

    def _of_arn(self, account: str, arn: str) -> Iterator[tuple[str, Principal, str]]:
        try:
            principal = Principal.parse(arn)
        except ValueError:
            return  # a path or name that AWS does not allow
        if principal.kind == "role":
            session = f"arn:{self.zone.partition}:sts::{account}:assumed-role/{principal.name}/{self._session()}"
            yield account, Principal.parse(session), arn
        yield account, principal, arn

    def _session(self) -> str:
        """A session name that no statement names."""
        used = {one.text.rsplit("/", 1)[-1] for one in self._named() if one.kind == "session"}
        return next(name for name in map("s{}".format, range(len(used) + 1)) if name not in used)

    def _with_paths(self, session: Principal, patterns: Sequence[Pattern]) -> Iterator[tuple[str, Principal, str]]:
        """A named session, under every role ARN that its role may have: a session's ARN has lost the path."""
        head = literal(f"arn:{self.zone.partition}:iam::{session.account}:role/")
        domain = [(*head, *literal(session.name)), (*head, *_SOME, *literal(f"/{session.name}"))]
        for arn in representatives(patterns, domain):
            yield session.account, session, arn

    def _arn_patterns(self) -> list[Pattern]:
        """What tells ARNs of callers apart: conditions on them and on their accounts, and the names of principals."""
        head = literal(f"arn:{self.zone.partition}:iam::")
        found = list(text_patterns(self._conditions("aws:principalarn")))
        for pattern in text_patterns(self._conditions("aws:principalaccount")):
            found.append((*head, *pattern, *literal(":"), Step("any", True)))
        for principal in self._named():
            found.append(literal(principal.text))
            if principal.kind in ("role", "session"):
                role = literal(f"arn:{self.zone.partition}:iam::{principal.account}:role/")
                found += [(*role, *literal(principal.name)), (*role, *_SOME, *literal(f"/{principal.name}"))]
        accounts = {
            one for statement in self.statements for element in statement.principals for one in element.accounts
        }
        found += [(*head, *literal(one), *literal(":"), Step("any", True)) for one in sorted(accounts)]
        found += [(*head, *one, *literal(":"), Step("any", True)) for one in self._tied_accounts()]
        return found

    def _tied_accounts(self) -> list[Pattern]:
        """What tells accounts apart on either side, where a variable ties the accounts of callers and owners."""
        if self.tied.isdisjoint(ACCOUNT_KEYS):
            return []
        return [*text_patterns(self._conditions(*ACCOUNT_KEYS)), *map(of_glob, account_globs(self.statements))]

    def _owner_accounts(self) -> list[Pattern]:
        """What tells owners apart; where they are tied to callers, also whether they are the same."""
        found = [*text_patterns(self._conditions("aws:resourceaccount", "s3:resourceaccount")), *self._tied_accounts()]
        return [*found, *map(literal, self._values_of_callers("aws:principalaccount"))]

    def _values_of_callers(self, key: str) -> list[str]:
        if key not in self.tied:
            return []
        values = {caller.keys.get(key) for of in _CLASSES for _, caller in self.callers(of)}
        return sorted(value for value in values if isinstance(value, str))

    def _account_patterns(self, of: CallerClass | OwnerClass) -> list[Pattern]:
        if of == "own account":
            return [literal(self.zone.account)]
        return [_DIGITS]

    def _known_accounts(self, head: Pattern, tail: str, end: Pattern) -> list[Pattern]:
        """So that texts of accounts whose class is known are told from those of strangers."""
        known = sorted({self.zone.account, *self.zone.accounts})
        return [(*head, *literal(one), *literal(tail), *end) for one in known]

    def _belongs(self, account: str, of: CallerClass | OwnerClass) -> bool:
        """Whether an account can be one of a class; of an organization only some accounts may be known."""
        if of == "own account" or account == self.zone.account:
            return of == "own account" and account == self.zone.account
        if of == "own organization":
            return account in self.zone.accounts or (bool(account) and self.zone.organization is not None)
        return bool(account) and account not in self.zone.accounts

    def _named(self) -> list[Principal]:
        texts = sorted({name for one in self.statements for element in one.principals for name in element.names})
        return [Principal.parse(text) for text in texts]

    def _organizations(self, of: CallerClass | OwnerClass, key: str) -> list[KeyValue]:
        own = self.zone.organization
        if own is not None and of in ("own account", "own organization"):
            return [own]
        tied = not self.tied.isdisjoint(ORGANIZATION_KEYS)
        asked = self._conditions(*ORGANIZATION_KEYS) if tied else self._conditions(key)
        found = [value for value in values_for(asked, False).values if value != own and value != ""]
        if not tied:
            return found if asked else [None]
        again = [other for value in found if (other := _like(value, asked)) is not None and other != own]
        return list(dict.fromkeys([None, *found, *again]))

    # --- targets ---------------------------------------------------------------------------------------------------

    def targets(self, of: OwnerClass) -> tuple[tuple[Masks, int, Target], ...]:
        """The targets of a class of owner, each once for each way in which the statements take them; the second are the
        statements, as bits, of which action and resource must match, whatever their conditions say."""
        if of not in self._targets:
            found: dict[tuple[Masks, int, object], Target] = {}
            for target in self._all_targets(of):
                tied = tuple(target.keys.get(key) for key in sorted(self.tied))
                place = target.resource if self.templates and not target.wildcard_only else ""
                taken = self._takes(target)
                masks = taken & self._key_masks(target.keys)
                found.setdefault((masks, taken.must, (tied, place)), target)
            self._targets[of] = tuple((masks, taken, target) for (masks, taken, _), target in found.items())
        return self._targets[of]

    def _all_targets(self, of: OwnerClass) -> Iterator[Target]:
        resources = {prefix: self._resources(prefix, of) for prefix in self.services}
        for prefix in self.services:
            for action, typed, real in self._actions(prefix):
                if self.resources and not typed:
                    continue  # such an action is on no resource
                owners = self._owners(of) if self.tied else self._owners(of)[:1]
                places = resources[prefix] if typed else [(owner, "*") for owner in owners]
                for owner, resource in places:
                    for organization in self._organizations(of, "aws:resourceorgid"):
                        keys: dict[str, KeyValue] = dict.fromkeys(sorted(_OWNER_KEYS), None)
                        keys |= {"aws:resourceaccount": owner, "aws:resourceorgid": organization}
                        if prefix == "s3":
                            keys["s3:resourceaccount"] = owner
                        yield Target(of, action, resource, owner, keys, not typed, real)

    def _actions(self, prefix: str) -> list[tuple[str, bool, bool]]:
        """(action, whether it has resource types, whether AWS has it): one for each set of patterns it fits."""
        patterns = [p.glob for one in self.statements for element in one.actions for p in element.patterns if p.glob]
        found: dict[tuple[bool, ...], tuple[str, bool, bool]] = {}
        known = reference.service(prefix)
        for key, (name, typed) in sorted(known.actions.items(), key=_friendly) if known else ():
            vector = (typed, *(glob.matches(f"{prefix}:{key}") for glob in patterns))
            found.setdefault(vector, (name, typed, True))
        domain = [(*literal(f"{prefix}:"), *_SOME)]
        for text in representatives([of_glob(glob) for glob in patterns], domain):
            vector = (True, *(glob.matches(text) for glob in patterns))
            found.setdefault(vector, (text, True, known is None))
        return list(found.values())

    def _resources(self, prefix: str, of: OwnerClass) -> list[tuple[str, str]]:
        """(owner, ARN) of resources of a service: with the owner's account in the ARN, or with none."""
        patterns = list(self._resource_patterns())
        if self.resources:
            domain = [of_glob(Glob.parse(text)) for text in self.resources]
            return [(owner, arn) for arn in representatives(patterns, domain) for owner in self._owners(of)]
        found: list[tuple[str, str]] = []
        owned = [
            joined([literal("arn"), _PART, _PART, _PART, account, (Step("any", True),)], ":")
            for account in self._owner_accounts()
        ]
        known = [
            joined([literal("arn"), _PART, _PART, _PART, literal(one), (Step("any", True),)], ":")
            for one in sorted({self.zone.account, *self.zone.accounts})
        ]
        for service in _ARN_SERVICES.get(prefix, (prefix,)):
            start = [literal("arn"), literal(self.zone.partition), literal(service), _PART]
            nobody = [joined([*start, (), end], ":") for end in _ends(prefix)]
            for one in nobody:
                for arn in representatives(patterns, [one]):
                    found += [(owner, arn) for owner in self._owners(of)]
            for mine in self._account_patterns(of) if prefix != "s3" else ():
                for arn in representatives([*patterns, *owned, *known], [joined([*start, mine, _SOME], ":")]):
                    account = arn.split(":")[4]
                    if self._belongs(account, of):
                        found.append((account, arn))
        return found

    def _owners(self, of: OwnerClass) -> list[str]:
        """Accounts that stand for all owners of a class, where the ARN does not tell."""
        if of == "own account":
            return [self.zone.account]
        known = [literal(one) for one in sorted({self.zone.account, *self.zone.accounts})]
        asked = self._owner_accounts()
        return [one for one in representatives([*asked, *known], [_DIGITS]) if self._belongs(one, of)]

    def _resource_patterns(self) -> Iterator[Pattern]:
        for statement in self.statements:
            for element in statement.resources:
                for pattern in element.patterns:
                    glob = pattern.glob or Glob.of(
                        tuple("*" if isinstance(part, Variable) else part for part in pattern.template.parts)
                    )
                    yield of_glob(glob)
        accounts = {self.zone.account, *self._values_of_callers("aws:principalaccount")}
        for template in self.templates:
            for glob in filled(template, sorted(accounts), self._values_of_callers("aws:principalorgid")):
                yield of_glob(glob)

    def _services(self) -> Iterator[str]:
        """The service prefixes in play: those that actions and resources name, and one that none does."""
        named = set()
        for statement in self.statements:
            for element in statement.actions:
                for pattern in element.patterns:
                    named.add(pattern.template.text.lower().partition(":")[0])
            for element in statement.resources:
                for pattern in element.patterns:
                    parts = pattern.template.text.split(":")
                    named |= {parts[2].lower()} if len(parts) > 2 else set()
        plain = sorted(one for one in named if one and not set(one) & set("*?$"))
        yield from plain
        yield next(one for one in ("x", "xx", "xxx", "xxxx") if one not in plain)

    # --- keys ------------------------------------------------------------------------------------------------------

    def _free_keys(self) -> dict[str, tuple[tuple[Masks, KeyValue], ...]]:
        """Of every key that is neither the caller's, the owner's nor fixed: its values, each once for its masks."""
        lookups = {
            condition.lookup: condition.key for statement in self.statements for condition in statement.conditions
        }
        if len(lookups) > _MOST_KEYS:
            raise TooComplex(f"conditions on more than {_MOST_KEYS} keys")
        found = {}
        for lookup in sorted(lookups):
            if lookup in self.fixed or lookup in _CALLER_KEYS or lookup in _OWNER_KEYS:
                continue
            self.written[lookup] = lookups[lookup]
            many = (reference.key_sort(lookup) or "").startswith("Array")
            choices = values_for(self._conditions(lookup), many, lookup in _ALWAYS)
            self.exact = self.exact and choices.exact
            masks: dict[Masks, KeyValue] = {}
            for value in choices.values:
                masks.setdefault(self._key_masks({lookup: value}), value)
            found[lookup] = tuple(masks.items())
        return found

    def _conditions(self, *lookups: str) -> list[Condition]:
        return [one for statement in self.statements for one in statement.conditions if one.lookup in lookups]

    # --- masks -----------------------------------------------------------------------------------------------------

    def _impossible(self, caller: Caller, target: Target) -> bool:
        """An account is in one organization, whether it calls or owns; what is on no resource is the caller's own."""
        same = caller.keys.get("aws:principalaccount") == target.owner
        if target.wildcard_only and caller.principal.account and not same:
            return True
        mine, theirs = caller.keys.get("aws:principalorgid"), target.keys.get("aws:resourceorgid")
        return same and not self.tied.isdisjoint(ORGANIZATION_KEYS) and mine != theirs

    def _pair_masks(self, caller: Caller, target: Target) -> Masks:
        """What pairs of callers and targets tell besides (`symbolic_ties`)."""
        nobody = caller.of in ("anonymous", "AWS service")
        known = self.zone.organization is not None
        sole: set[str] = set(self.fixed)
        if nobody or caller.of == "own account":
            sole |= _CALLER_KEYS - {"aws:principalarn", "aws:principaltype", "aws:principalservicename"}
            sole -= set() if known or nobody else {"aws:principalorgid"}
        if target.of == "own account":
            sole |= _OWNER_KEYS - (set() if known else {"aws:resourceorgid"})
        keys = {**caller.keys, **target.keys, **self.fixed}
        resource = None if target.wildcard_only else target.resource
        absent = SIGNED_KEYS if nobody else () if caller.principal.kind == "user" else ("aws:username",)
        return Masks(*of_pair(self.statements, Pair(keys, absent, frozenset(sole), resource)))

    def _has_name(self, caller: Caller) -> bool:
        """Whether a caller has a user name that variables ask for."""
        return self.names_users and caller.principal.kind == "user"

    def _without_values(self, cell: Cell) -> Cell:
        """The cell with what is settled since its callers have none of the keys that variables stand for."""
        masks = cell.masks
        if masks.may == masks.must:
            return cell
        keys = {**cell.caller.keys, **cell.target.keys, **cell.keys, **self.fixed}
        context = {key: value for key, value in keys.items() if value is not None}
        may, must = masks
        for i, statement in enumerate(self.statements):
            if (may & ~must) >> i & 1 and _lacks_all(statement, cell.caller, self.fixed):
                if all(holds(one, context) for one in statement.conditions):
                    must |= 1 << i
                else:
                    may &= ~(1 << i)
        return cell._replace(masks=Masks(may, must))

    def within(self, resource: str) -> bool:
        """Whether a resource is one of those that the asker asks about."""
        return not self.resources or any(Glob.parse(text).matches(resource) for text in self.resources)

    def _caller_masks(self, caller: Caller) -> Masks:
        keys = {key: value for key, value in caller.keys.items() if key in _CALLER_KEYS}
        named = self._key_masks(keys)
        if self.view.kind not in PRINCIPAL_KINDS:
            return named
        request = Request(caller.principal, "x:x", "*", self.zone.account)
        bits = sum(1 << i for i, one in enumerate(self.statements) if names(one, request, self.view) is not None)
        return named & Masks(bits, bits)

    def _takes(self, target: Target) -> Masks:
        """Of which statements action and resource match a target."""
        may = must = 0
        for i, statement in enumerate(self.statements):
            part = _takes(statement, target)
            may |= part.may << i
            must |= part.must << i
        return Masks(may, must)

    def _key_masks(self, keys: Mapping[str, KeyValue]) -> Masks:
        """Which statements' conditions on these keys hold; the other keys are left out of account."""
        context = {key: value for key, value in keys.items() if value is not None}
        may = must = self.all
        for i, statement in enumerate(self.statements):
            for condition in statement.conditions:
                if condition.lookup in keys and not is_tied(condition):
                    truth = bounds(condition, context)
                    may &= ~(0 if truth.may else 1 << i)
                    must &= ~(0 if truth.must else 1 << i)
        return Masks(may, must)

    def _with_fixed(self, statement: Statement) -> Statement:
        """The statement with the variables that fixed keys settle replaced, and conditions on fixed keys left in."""
        if not self.fixed:
            return statement
        conditions = tuple(self._filled(condition) for condition in statement.conditions)
        return Statement(
            statement.index, statement.sid, statement.effect, principals=statement.principals,
            actions=statement.actions, resources=statement.resources, conditions=conditions,
        )  # fmt: skip

    def _filled(self, condition: Condition) -> Condition:
        values = []
        for value in condition.values:
            parts = tuple(self._fill(part) for part in value.template.parts)
            template = Template(value.template.text, parts)  # type: ignore[arg-type]
            test = value.test
            if template.fixed is not None and value.template.fixed is None:
                test = condition.operator.compile(template.fixed)
            values.append(Value(template, test))
        return condition._replace(values=tuple(values), quick=None)

    def _fill(self, part: object) -> object:
        if isinstance(part, Variable) and part.key in self.fixed:
            value = self.fixed[part.key]
            if isinstance(value, str):
                return Text(value)
        return part


def _variables_of(statement: Statement) -> set[str]:
    """The keys that variables of a statement stand for."""
    templates = [*open_templates(statement), *(value.template for c in statement.conditions for value in c.values)]
    return {part.key for one in templates for part in one.parts if isinstance(part, Variable)}


def _lacks_all(statement: Statement, caller: Caller, fixed: Mapping[str, KeyValue]) -> bool:
    """Whether no caller of a cell has any of the keys that the statement's variables stand for.

    Not where two conditions on one key have variables, since cells do not tell them apart.
    """
    open_ = [one for one in statement.conditions if not is_tied(one) and has_variables(one)]
    if not open_ or len({one.lookup for one in open_}) < len(open_):
        return False
    templates = [*open_templates(statement), *(value.template for one in open_ for value in one.values)]
    variables = [part for one in templates for part in one.parts if isinstance(part, Variable)]
    if any(one.default is not None or fixed.get(one.key) is not None for one in variables):
        return False
    if caller.of in ("anonymous", "AWS service"):
        return all(one.key.startswith(SIGNED_KEYS) for one in variables)
    return caller.principal.kind != "user" and all(one.key == "aws:username" for one in variables)


def _meaning(statement: Statement) -> object:
    """The same for statements that say the same, whatever their names."""
    elements = tuple(
        (one.name, tuple(pattern.template for pattern in one.patterns))
        for one in (*statement.actions, *statement.resources)
    )
    conditions = tuple(
        (one.written, one.lookup, tuple(value.template for value in one.values)) for one in statement.conditions
    )
    return statement.effect, statement.principals, elements, conditions


def _takes(statement: Statement, target: Target) -> Bounds:
    """Whether action and resource of a statement match a target."""
    if not all(element.fits(target.action.lower()) for element in statement.actions):
        return Bounds(False, False)
    may = must = True
    for element in statement.resources:
        part = _takes_resource(element, target)
        may, must = may and part.may, must and part.must
    return Bounds(may, must)


def _takes_resource(element: Element, target: Target) -> Bounds:
    if target.wildcard_only:
        found = any(pattern.template.text == "*" for pattern in element.patterns) is not element.negated
        return Bounds(found, found)
    if not element.fixed:
        return Bounds(True, True)  # pairs of callers and targets tell more
    found = element.fits(target.resource)
    return Bounds(found, found)


def _principal_arn(principal: Principal) -> str:
    if principal.kind != "session":
        return principal.text
    partition = principal.text.split(":")[1]
    return f"arn:{partition}:iam::{principal.account}:role/{principal.name}"


def _like(value: KeyValue, conditions: Sequence[Condition]) -> str | None:
    """Another organization that the conditions take for the same."""
    if not isinstance(value, str):
        return None
    for other in (f"{value}0", f"{value}1", f"0{value}"):
        if all(bounds(one, {one.lookup: value}) == bounds(one, {one.lookup: other}) for one in conditions):
            return other
    return None


def _owner_like(of: CallerClass) -> OwnerClass:
    return "own account" if of in ("own account", "anonymous", "AWS service") else of  # type: ignore[return-value]


def _ends(prefix: str) -> list[Pattern]:
    """The last part of an ARN; for S3 first keys in a bucket, which make the better examples."""
    if prefix != "s3":
        return [_SOME]
    return [(*_SOME, *literal("/"), *_SOME), _SOME]


def _friendly(item: tuple[str, tuple[str, bool]]) -> tuple[int, str]:
    """Actions that readers know come first."""
    order = {"getobject": 0, "putobject": 1, "batchgetimage": 0, "putimage": 1, "gitpull": 0, "gitpush": 1}
    return order.get(item[0], 2), item[0]


def _spelled(key: str) -> str:
    """A key as AWS writes it, where it is known."""
    prefix, _, name = key.partition(":")
    if prefix == "aws":
        return next((f"aws:{one}" for one in reference.GLOBAL_KEYS if one.lower() == name), key)
    return "s3:ResourceAccount" if key == "s3:resourceaccount" else key
