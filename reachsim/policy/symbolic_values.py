"""Finds, for the conditions on one context key, values that stand for all values: absent, single, several.

AWS rules are those of `conditions` and `operators`; here only the places are found at which an operator can change its
mind: the texts that patterns tell apart, the borders of CIDR blocks, the constants of numbers and dates. A key that can
have several values gets, besides each value alone, the sets that set operators tell apart.

A condition that holds a policy variable has no single truth here; `bounds` says when it may hold and when it must.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from .conditions import Condition, Quantifier, Value, holds
from .glob import Glob, Literal, Piece
from .operators import NULL, Test, moment, number, without_case
from .symbolic_text import ANYTHING, Pattern, joined, of_glob, representatives
from .variables import Context, Pieces, Template, Variable, plain

_SOME_TEXT: Final = "x"
_MOST_SETS: Final = 2_000

KeyValue = str | tuple[str, ...] | None
"""A value of a key, several, or None for a key that is absent."""


class Bounds(NamedTuple):
    """Whether something may hold and whether it must; both are the same where that is known exactly."""

    may: bool
    must: bool


class KeyValues(NamedTuple):
    """Values that stand for all of a key's, and whether they surely do."""

    values: tuple[KeyValue, ...]
    exact: bool


def has_variables(condition: Condition) -> bool:
    """Whether the condition holds a policy variable."""
    return any(value.template.fixed is None for value in condition.values)


def bounds(condition: Condition, context: Context) -> Bounds:
    """When a condition may hold, and when it must, whatever its variables stand for."""
    if not has_variables(condition):
        truth = bool(holds(condition, context))
        return Bounds(truth, truth)
    fixed = tuple(value for value in condition.values if value.template.fixed is not None)
    wide = tuple(
        value if value.template.fixed is not None else Value(_plain_template(value), _wide(condition, value))
        for value in condition.values
    )
    most = bool(holds(condition._replace(values=wide, quick=None), context))
    least = bool(holds(condition._replace(values=fixed, quick=None), context))
    return Bounds(most or least, most and least)


def values_for(conditions: Sequence[Condition], many: bool, always: bool = False) -> KeyValues:
    """The values that the conditions on one key tell apart.

    Args:
        conditions: all of them are on the same key.
        many: the key can have several values.
        always: the key is never absent.
    """
    singles, exact = _single_values(conditions)
    values: list[KeyValue] = [*singles] if always else [None, *singles]
    if many or any(one.quantifier is not Quantifier.ONE for one in conditions):
        sets, complete = _sets(conditions, singles)
        values += sets
        exact = exact and complete
    return KeyValues(tuple(dict.fromkeys(values)), exact)


def text_patterns(conditions: Iterable[Condition]) -> Iterator[Pattern]:
    """The patterns of the operators on texts and ARNs; those with variables are widened."""
    for condition in conditions:
        for value in condition.values:
            pattern = _pattern(condition, value.template)
            if pattern is not None:
                yield pattern


def _pattern(condition: Condition, template: Template) -> Pattern | None:
    name = condition.operator.name
    glob = Glob.of(_widened(template, literal="Equals" in name and not name.startswith("Arn")))
    if name.startswith("Arn"):
        parts = glob.split(":", 5)
        if template.fixed is None:
            return of_glob(glob)
        if len(parts) < 6:
            return None
        return joined([*(of_glob(part, within=True) for part in parts[:5]), of_glob(parts[5])], ":")
    return of_glob(glob, fold="IgnoreCase" in name) if name.startswith("String") else None


def _single_values(conditions: Sequence[Condition]) -> tuple[list[str], bool]:
    families = {_family(one.operator.name) for one in conditions if one.operator is not NULL}
    found: dict[str, None] = {}
    for family in sorted(families):
        mine = [one for one in conditions if _family(one.operator.name) == family]
        found |= dict.fromkeys(_FAMILIES[family](mine))
    found |= dict.fromkeys((_SOME_TEXT, ""))
    exact = len(families) <= 1 and all(_plain_letters(one) for one in conditions)
    return list(found), exact


def _plain_letters(condition: Condition) -> bool:
    """Beyond ASCII, "the same but for case" is more than a pair of letters."""
    ignores = "IgnoreCase" in condition.operator.name
    return not ignores or all(value.template.text.isascii() for value in condition.values)


def _family(name: str) -> str:
    starts = ("String", "Arn", "Numeric", "Date", "Bool", "Binary", "IpAddress", "NotIpAddress")
    start = next(one for one in starts if name.startswith(one)) if name != "Null" else "Null"
    return {"Arn": "String", "NotIpAddress": "IpAddress"}.get(start, start)


def _texts(conditions: Sequence[Condition]) -> Iterator[str]:
    yield from representatives(list(text_patterns(conditions)), [ANYTHING])


def _fixed(conditions: Sequence[Condition]) -> Iterator[str]:
    for condition in conditions:
        for value in condition.values:
            if value.template.fixed is not None:
                yield plain(value.template.fixed)


def _booleans(conditions: Sequence[Condition]) -> Iterator[str]:  # noqa: ARG001 (all families are asked alike)
    yield from ("true", "false")


def _numbers(conditions: Sequence[Condition]) -> Iterator[str]:
    yield from _around({one for one in map(number, _fixed(conditions)) if one is not None})


def _moments(conditions: Sequence[Condition]) -> Iterator[str]:
    yield from _around({one for one in map(moment, _fixed(conditions)) if one is not None})


def _around(constants: set[Decimal]) -> Iterator[str]:
    """The constants, and one number in each gap; with decimals, since four digits alone are a year."""
    ordered = sorted(constants) or [Decimal(0)]
    between = [(low + high) / 2 for low, high in pairwise(ordered)]
    for one in (ordered[0] - 1, *ordered, *between, ordered[-1] + 1):
        text = format(one.normalize(), "f")
        yield text if "." in text and len(text) != 4 else f"{text}.00" if "." not in text else f"{text}00"


def _bytes(conditions: Sequence[Condition]) -> Iterator[str]:
    constants = list(_fixed(conditions))
    yield from constants
    yield next(text for text in ("QQ==", "Qg==", "Qw==", "RA==") if text not in constants[:3])


def _addresses(conditions: Sequence[Condition]) -> Iterator[str]:
    """The first address of each piece into which the blocks' borders cut the address space."""
    yield from ("0.0.0.0", "::")
    for text in _fixed(conditions):
        try:
            block = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue
        yield str(block.network_address)
        top = (1 << block.max_prefixlen) - 1
        if int(block.broadcast_address) < top:
            yield str(block.broadcast_address + 1)


_FAMILIES: Final = {
    "String": _texts,
    "Numeric": _numbers,
    "Date": _moments,
    "Bool": _booleans,
    "Binary": _bytes,
    "IpAddress": _addresses,
    "Null": _booleans,
}


def _sets(conditions: Sequence[Condition], singles: Sequence[str]) -> tuple[list[KeyValue], bool]:
    """Sets of values, one for each way in which the conditions take a set; the empty one too.

    The truths of a set follow from those of its members, so sets grow by one member at a time until nothing new comes.
    """
    lookup = conditions[0].lookup if conditions else ""

    def truths(value: tuple[str, ...]) -> tuple[tuple[Bounds, ...], bool]:
        return tuple(bounds(one, {lookup: value}) for one in conditions), len(value) > 1

    found: dict[tuple[tuple[Bounds, ...], bool], tuple[str, ...]] = {}
    waiting: list[tuple[str, ...]] = [(), *((one,) for one in singles)]
    while waiting:
        value = waiting.pop(0)
        vector = truths(value)
        if vector in found:
            continue
        if len(found) >= _MOST_SETS:
            return [*found.values()], False
        found[vector] = value
        waiting += [(*value, one) for one in singles if one not in value]
    return [*found.values()], True


def _widened(template: Template, literal: bool) -> Pieces:
    """The pieces with ``*`` for every variable; ``literal``: all other wildcards are ordinary characters."""
    pieces: list[Piece] = []
    for part in template.parts:
        if isinstance(part, Variable):
            pieces.append("*")
        elif literal and isinstance(part, str):
            pieces.append(Literal(part))
        else:
            pieces.append(part)
    return tuple(pieces)


def _plain_template(value: Value) -> Template:
    return Template(value.template.text, (value.template.text,))


def _wide(condition: Condition, value: Value) -> Test:
    """A test that holds at least wherever the value does, whatever its variables stand for."""
    name = condition.operator.name
    if not name.startswith(("String", "Arn")):
        return lambda text: True  # noqa: ARG005
    glob = Glob.of(_widened(value.template, literal="Equals" in name and not name.startswith("Arn")))
    if "IgnoreCase" not in name:
        return glob.matches
    folded = Glob.of(_folded(value.template))
    return lambda text: folded.matches(without_case(text))


def _folded(template: Template) -> Pieces:
    pieces = _widened(template, literal=True)
    return tuple(Literal(without_case(one.text)) if isinstance(one, Literal) else one for one in pieces)
