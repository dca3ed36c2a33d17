"""Policy variables that tie caller and target together, such as ``aws:ResourceAccount`` = ``${aws:PrincipalAccount}``.

`symbolic_space` cuts callers and targets each on their own, where such a variable would leave things open. Here they
are looked at in pairs, each side having as many representatives as are needed for "the same" and "another":

- A condition is *tied* if it compares an account or organization of the one side with a variable for one and nothing
  but it; then pairs settle it for all.
- A resource that holds a variable is settled by pairs where a class of callers has one account, or where the variable
  has no value; else a pair that fits proves that some do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from .conditions import Condition, Quantifier, holds
from .glob import Glob
from .statements import Element, Pattern, Statement
from .symbolic_values import Bounds, KeyValue
from .variables import Context, Template, Variable

ACCOUNT_KEYS: Final = ("aws:principalaccount", "aws:resourceaccount", "s3:resourceaccount")
ORGANIZATION_KEYS: Final = ("aws:principalorgid", "aws:resourceorgid")
_TIED_KEYS: Final = frozenset((*ACCOUNT_KEYS, *ORGANIZATION_KEYS))
_OPERATORS: Final = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")


def is_tied(condition: Condition) -> bool:
    """Whether pairs of callers and targets settle the condition."""
    open_values = [value.template for value in condition.values if value.template.fixed is None]
    return (
        bool(open_values)
        and condition.lookup in _TIED_KEYS
        and condition.operator.name in _OPERATORS
        and condition.quantifier is Quantifier.ONE
        and all(len(one.parts) == 1 and _variables(one) <= _TIED_KEYS for one in open_values)
        and all(part.default is None for one in open_values for part in one.parts if isinstance(part, Variable))
    )


def tied_keys(statements: Iterable[Statement]) -> frozenset[str]:
    """The keys of accounts and organizations by which pairs of callers and targets have to be told apart."""
    found: set[str] = set()
    for statement in statements:
        for condition in statement.conditions:
            if is_tied(condition):
                found |= {condition.lookup, *(key for one in condition.values for key in _variables(one.template))}
        for template in open_templates(statement):
            found |= _variables(template) & _TIED_KEYS
    if not found.isdisjoint(ORGANIZATION_KEYS):
        found |= {"aws:principalaccount", "aws:resourceaccount"}  # an account is in one organization at most
    return frozenset(found)


def open_templates(statement: Statement) -> Iterator[Template]:
    """The resources of a statement that hold variables."""
    for element in statement.resources:
        yield from (pattern.template for pattern in element.patterns if pattern.glob is None)


def account_globs(statements: Iterable[Statement]) -> Iterator[Glob]:
    """What statements say of accounts: in ARNs of resources, and as principals."""
    for statement in statements:
        for element in statement.resources:
            for pattern in element.patterns:
                parts = pattern.template.text.split(":")
                if len(parts) > 4 and "$" not in parts[4]:
                    yield Glob.parse(parts[4])
        for named in statement.principals:
            yield from map(Glob.parse, sorted(named.accounts | {name.split(":")[4] for name in named.names}))


def filled(template: Template, accounts: Iterable[str], organizations: Iterable[str]) -> Iterator[Glob]:
    """A resource for each of these accounts and organizations that its variables may stand for."""
    organizations = list(organizations) or [""]
    for account in accounts:
        for organization in organizations:
            context = {**dict.fromkeys(ACCOUNT_KEYS, account), **dict.fromkeys(ORGANIZATION_KEYS, organization)}
            pieces = template.fill(context)
            if isinstance(pieces, tuple):
                yield Glob.of(pieces)


class Pair(NamedTuple):
    """A caller and a target that stand for all callers and targets of their classes.

    ``keys``: the values of their context keys, None for a key that this caller or target lacks. ``absent``: keys, or
    beginnings of keys, that no caller of the class has. ``sole``: keys of which all in the class have the same value.
    ``resource``: the target's ARN, None if the action has no resource types.
    """

    keys: Mapping[str, KeyValue]
    absent: tuple[str, ...]
    sole: frozenset[str]
    resource: str | None

    def has_none(self, key: str) -> bool:
        """Whether no request of the class has the key."""
        return key.startswith(self.absent) or (key in self.sole and self.keys.get(key) is None)


def of_pair(statements: Sequence[Statement], pair: Pair) -> tuple[int, int]:
    """Of every statement, as bits, whether its tied conditions and its resources may and must match a pair."""
    context = {key: value for key, value in pair.keys.items() if value is not None}
    may = must = (1 << len(statements)) - 1
    for i, statement in enumerate(statements):
        parts = [_known(condition, context) for condition in statement.conditions if is_tied(condition)]
        if pair.resource is not None:
            open_ = [element for element in statement.resources if not element.fixed]
            parts += [_element(element, pair, pair.resource, context) for element in open_]
        may &= ~(0 if all(part.may for part in parts) else 1 << i)
        must &= ~(0 if all(part.must for part in parts) else 1 << i)
    return may, must


def _known(condition: Condition, context: Context) -> Bounds:
    truth = bool(holds(condition, context))
    return Bounds(truth, truth)


def _element(element: Element, pair: Pair, resource: str, context: Context) -> Bounds:
    least = most = False
    for pattern in element.patterns:
        part = _pattern(pattern, pair, resource, context)
        least, most = least or part.must, most or part.may
    return Bounds(not least, not most) if element.negated else Bounds(most, least)


def _pattern(pattern: Pattern, pair: Pair, resource: str, context: Context) -> Bounds:
    if pattern.glob is not None:
        fits = pattern.glob.matches(resource)
        return Bounds(fits, fits)
    variables = [part for part in pattern.template.parts if isinstance(part, Variable)]
    if any(one.default is None and pair.has_none(one.key) for one in variables):
        return Bounds(False, False)
    wide = Glob.of(tuple("*" if isinstance(part, Variable) else part for part in pattern.template.parts))
    may = wide.matches(resource)
    if not may or not all(one.key in pair.keys or pair.has_none(one.key) for one in variables):
        return Bounds(may, False)
    pieces = pattern.template.fill(context)
    fits = isinstance(pieces, tuple) and Glob.of(pieces).matches(resource)
    return Bounds(fits or not all(one.key in pair.sole or pair.has_none(one.key) for one in variables), fits)


def _variables(template: Template) -> set[str]:
    return {part.key for part in template.parts if isinstance(part, Variable)}
