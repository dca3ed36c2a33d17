"""Finds the targets (action, resource, owner) that statements can tell apart: for each class a few stand for all.

The resource belongs to the service of the action; the owner's keys follow from the owner (``aws:ResourceAccount``,
``ResourceOrgID``, ``s3:ResourceAccount``; fact 70).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from . import reference
from .glob import Glob
from .statements import Element, Statement
from .symbolic_asked import DIGITS, SOME, Asked
from .symbolic_callers import Callers
from .symbolic_cells import OWNER_KEYS, Masks, OwnerClass, Target
from .symbolic_text import Pattern, Step, joined, literal, of_glob, representatives
from .symbolic_ties import filled
from .symbolic_values import Bounds, KeyValue, text_patterns
from .variables import Variable

_BUCKETS: Final = "arn:*:s3:::*"
_OBJECTS: Final = "arn:*:s3:::*/*"
"""As `reference` has the ARNs of Amazon S3, where nothing but a slash tells an object from a bucket."""
_PART: Final[Pattern] = (Step("part", True),)
_ARN_SERVICES: Final = {"sts": ("iam", "sts"), "codestar-connections": ("codestar-connections", "codeconnections")}


class Targets:
    """The targets that the statements of a question can tell apart: of some services, or some resources alone."""

    def __init__(self, asked: Asked, callers: Callers, services: Iterable[str], resources: tuple[str, ...]) -> None:
        self._asked = asked
        self._callers = callers
        self._only = resources
        given = dict.fromkeys(text.split(":")[2] for text in resources)
        self._prefixes = tuple(one.lower() for one in services) or tuple(given) or tuple(self._services())
        self._found: dict[OwnerClass, tuple[tuple[Masks, int, Target], ...]] = {}

    def of(self, of: OwnerClass) -> tuple[tuple[Masks, int, Target], ...]:
        """The targets of a class of owner, each once for each way in which the statements take them; the second are the
        statements, as bits, of which action and resource must match, whatever their conditions say."""
        if of not in self._found:
            found: dict[tuple[Masks, int, object], Target] = {}
            for target in sorted(self._all_targets(of), key=lambda one: not one.suits):
                tied = tuple(target.keys.get(key) for key in sorted(self._asked.tied))
                place = target.resource if self._asked.templates and not target.wildcard_only else ""
                taken = self._takes(target)
                masks = taken & self._asked.key_masks(target.keys)
                found.setdefault((masks, taken.must, (tied, place)), target)
            self._found[of] = tuple((masks, taken, target) for (masks, taken, _), target in found.items())
        return self._found[of]

    def _all_targets(self, of: OwnerClass) -> Iterator[Target]:
        resources = {prefix: self._resources(prefix, of) for prefix in self._prefixes}
        for prefix in self._prefixes:
            for action, typed, real in self._actions(prefix):
                if self._only and not typed:
                    continue  # such an action is on no resource
                owners = self._owners(of) if self._asked.tied else self._owners(of)[:1]
                places = resources[prefix] if typed else [(owner, "*") for owner in owners]
                for owner, resource in places:
                    for organization in self._asked.organizations(of, "aws:resourceorgid"):
                        keys: dict[str, KeyValue] = dict.fromkeys(sorted(OWNER_KEYS), None)
                        keys |= {"aws:resourceaccount": owner, "aws:resourceorgid": organization}
                        if prefix == "s3":
                            keys["s3:resourceaccount"] = owner
                        yield Target(of, action, resource, owner, keys, not typed, real, _suits(action, resource))

    def _actions(self, prefix: str) -> list[tuple[str, bool, bool]]:
        """(action, whether it has resource types, whether AWS has it): one for each set of patterns it fits and, for
        Amazon S3, for buckets and objects."""
        patterns = [
            p.glob for one in self._asked.statements for element in one.actions for p in element.patterns if p.glob
        ]
        found: dict[tuple[bool, ...], tuple[str, bool, bool]] = {}
        known = reference.service(prefix)
        for key, (name, typed) in sorted(known.actions.items(), key=_friendly) if known else ():
            vector = (typed, *(glob.matches(f"{prefix}:{key}") for glob in patterns), *_of_s3(name))
            found.setdefault(vector, (name, typed, True))
        domain = [(*literal(f"{prefix}:"), *SOME)]
        for text in representatives([of_glob(glob) for glob in patterns], domain):
            vector = (True, *(glob.matches(text) for glob in patterns))
            found.setdefault(vector, (text, True, known is None))
        return list(found.values())

    def _resources(self, prefix: str, of: OwnerClass) -> list[tuple[str, str]]:
        """(owner, ARN) of resources of a service: with the owner's account in the ARN, or with none."""
        patterns = list(self._resource_patterns())
        if prefix == "s3":
            patterns.append(of_glob(Glob.parse(_OBJECTS)))
        if self._only:
            domain = [of_glob(Glob.parse(text)) for text in self._only]
            return [(owner, arn) for arn in representatives(patterns, domain) for owner in self._owners(of)]
        found: list[tuple[str, str]] = []
        owned = [
            joined([literal("arn"), _PART, _PART, _PART, account, (Step("any", True),)], ":")
            for account in self._owner_accounts()
        ]
        known = [
            joined([literal("arn"), _PART, _PART, _PART, literal(one), (Step("any", True),)], ":")
            for one in sorted({self._asked.zone.account, *self._asked.zone.accounts})
        ]
        for service in _ARN_SERVICES.get(prefix, (prefix,)):
            start = [literal("arn"), literal(self._asked.zone.partition), literal(service), _PART]
            nobody = [joined([*start, (), end], ":") for end in _ends(prefix)]
            for one in nobody:
                for arn in representatives(patterns, [one]):
                    found += [(owner, arn) for owner in self._owners(of)]
            for mine in self._asked.account_patterns(of) if prefix != "s3" else ():
                for arn in representatives([*patterns, *owned, *known], [joined([*start, mine, SOME], ":")]):
                    account = arn.split(":")[4]
                    if self._asked.belongs(account, of):
                        found.append((account, arn))
        return found

    def _owners(self, of: OwnerClass) -> list[str]:
        """Accounts that stand for all owners of a class, where the ARN does not tell."""
        if of == "own account":
            return [self._asked.zone.account]
        known = [literal(one) for one in sorted({self._asked.zone.account, *self._asked.zone.accounts})]
        asked = self._owner_accounts()
        return [one for one in representatives([*asked, *known], [DIGITS]) if self._asked.belongs(one, of)]

    def _owner_accounts(self) -> list[Pattern]:
        """What tells owners apart; where they are tied to callers, also whether they are the same."""
        found = [
            *text_patterns(self._asked.conditions("aws:resourceaccount", "s3:resourceaccount")),
            *self._asked.tied_accounts(),
        ]
        return [*found, *map(literal, self._callers.values("aws:principalaccount"))]

    def _resource_patterns(self) -> Iterator[Pattern]:
        for statement in self._asked.statements:
            for element in statement.resources:
                for pattern in element.patterns:
                    glob = pattern.glob or Glob.of(
                        tuple("*" if isinstance(part, Variable) else part for part in pattern.template.parts)
                    )
                    yield of_glob(glob)
        accounts = {self._asked.zone.account, *self._callers.values("aws:principalaccount")}
        for template in self._asked.templates:
            for glob in filled(template, sorted(accounts), self._callers.values("aws:principalorgid")):
                yield of_glob(glob)

    def _services(self) -> Iterator[str]:
        """The service prefixes in play: those that actions and resources name, and one that none does."""
        named = set()
        for statement in self._asked.statements:
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

    def _takes(self, target: Target) -> Masks:
        """Of which statements action and resource match a target."""
        may = must = 0
        for i, statement in enumerate(self._asked.statements):
            part = _takes(statement, target)
            may |= part.may << i
            must |= part.must << i
        return Masks(may, must)


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


def _of_s3(action: str) -> tuple[bool, ...]:
    """Whether an action of Amazon S3 is on buckets, and on objects; both where neither is known; () of others."""
    if not action.startswith("s3:"):
        return ()
    arns = reference.arns_of(action)
    known = _BUCKETS in arns, _OBJECTS in arns
    return known if any(known) else (True, True)


def _suits(action: str, resource: str) -> bool:
    """Whether an action is not known to be on other resources; told for buckets and objects alone."""
    parts = resource.split(":", 5)
    if len(parts) < 6 or parts[2:5] != ["s3", "", ""] or not action.startswith("s3:"):
        return True
    buckets, objects = _of_s3(action)
    return objects if "/" in parts[5] else buckets


def _ends(prefix: str) -> list[Pattern]:
    """The last part of an ARN; for S3 first keys in a bucket, which make the better examples."""
    if prefix != "s3":
        return [SOME]
    return [(*SOME, *literal("/"), *SOME), SOME]


def _friendly(item: tuple[str, tuple[str, bool]]) -> tuple[int, str]:
    """Actions that readers know come first."""
    known = ("getobject", "putobject", "listbucket", "batchgetimage", "putimage", "gitpull", "gitpush")
    return known.index(item[0]) if item[0] in known else len(known), item[0]
