"""Decides whether one condition of a statement holds for a request: true, false, or not known.

AWS rules (facts 45-51, 60; IAM User Guide, "Condition", "Condition operators", "Conditions with multiple context keys
or values", read in the 2026 text):

- Operators and keys are joined by AND, the values of one key by OR; for a negated operator the values act as NOR.
- Key missing: a positive operator is false, a negated one **true**, ``...IfExists`` true, ``ForAllValues`` true,
  ``ForAnyValue`` false; ``Null`` asks for just that.
- ``ForAllValues`` and ``ForAnyValue`` take a value that is empty text for no value at all.
- A single-valued operator on a key with several values: AWS only says not to; here the condition does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final, NamedTuple

from .glob import Glob, Wild
from .operators import NULL, OPERATORS, Operator, Test
from .stand_ins import plain
from .truth import PRESENT, Begun, NotBefore, Truth, Unknown, either, every, opposite
from .variables import Context, Template
from .variables import plain as plain_text

_IF_EXISTS: Final = "ifexists"
_EQUALS: Final = OPERATORS["stringequals"].compile
_LIKE: Final = (OPERATORS["stringlike"].compile, OPERATORS["arnlike"].compile)


class Quantifier(Enum):
    """How the values of a key in the request are joined."""

    ONE = "one"
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


_PREFIXES: Final = {"": Quantifier.ONE, "forallvalues:": Quantifier.ALL, "foranyvalue:": Quantifier.ANY}


class Value(NamedTuple):
    """One value of the policy: as written, and its test if no variable has to be replaced first."""

    template: Template
    test: Test | None


class Condition(NamedTuple):
    """One operator on one key. ``written`` is the operator as the policy spells it, ``key`` the key likewise.
    ``quick`` is the whole condition for a request that has one value of the key, where no variable is in it."""

    written: str
    operator: Operator
    quantifier: Quantifier
    if_exists: bool
    key: str
    lookup: str
    values: tuple[Value, ...]
    quick: Test | None = None

    def __str__(self) -> str:
        return f"{self.written} {self.key} {' or '.join(value.template.text for value in self.values)}"


def condition(written: str, key: str, texts: Iterable[str], version: str) -> Condition | None:
    """The condition that a policy writes down, ready for `holds`; None if its operator is unknown."""
    found = read_operator(written)
    if found is None:
        return None
    operator, quantifier, if_exists = found
    values = read_values(operator, texts, version)
    quick = _quick(operator, values) if operator is not NULL and quantifier is Quantifier.ONE else None
    return Condition(written, operator, quantifier, if_exists, key, key.lower(), values, quick)


def read_operator(text: str) -> tuple[Operator, Quantifier, bool] | None:
    """The operator that a policy spells, how it joins values, and whether it ends in IfExists; None if unknown."""
    prefix, colon, name = text.lower().rpartition(":")
    quantifier = _PREFIXES.get(prefix + colon)
    operator = OPERATORS.get(name.removesuffix(_IF_EXISTS))
    if_exists = name.endswith(_IF_EXISTS)
    if operator is None or quantifier is None or (operator is NULL and if_exists):
        return None  # "any condition operator name except the Null condition" takes IfExists
    return operator, quantifier, if_exists


def read_values(operator: Operator, texts: Iterable[str], version: str) -> tuple[Value, ...]:
    """The policy's values made ready for `holds`."""
    language = version if operator.variables else ""
    values = []
    for text in texts:
        template = Template.of(text, language)
        values.append(Value(template, None if template.fixed is None else operator.compile(template.fixed)))
    return tuple(values)


def _quick(operator: Operator, values: tuple[Value, ...]) -> Test | None:
    if any(value.template.fixed is None for value in values):
        return None
    tests = tuple(value.test for value in values if value.test is not None)
    negated = operator.negated
    if len(tests) == 1 and not negated:
        return tests[0]

    def test(text: str) -> bool:
        for one in tests:
            if one(text):
                return not negated
        return negated

    return test


def holds(condition: Condition, context: Context) -> Truth:
    """Whether the condition holds in a context (keys in lower case); None if that hangs on something not known."""
    found = context.get(condition.lookup)
    if condition.quick is not None and isinstance(found, str):
        return condition.quick(found)
    if isinstance(found, NotBefore):
        return _from_then_on(condition, found.moment, context)
    if isinstance(found, Begun):
        return _of_all_that_begin(condition, found.text, context)
    if isinstance(found, Unknown):
        if condition.operator is not NULL or found is not PRESENT:
            return None
        found = ("present",)
    found = (found,) if isinstance(found, str) else found or ()
    if condition.operator is NULL:
        return any(value.test is not None and value.test("false" if found else "true") for value in condition.values)
    if condition.quantifier is not Quantifier.ONE:
        found = tuple(text for text in found if text)
    if not found:
        return _when_missing(condition)
    if condition.quantifier is Quantifier.ALL:
        return every(_matches(condition, text, context) for text in found)
    if condition.quantifier is Quantifier.ANY:
        return either(_matches(condition, text, context) for text in found)
    return _matches(condition, found[0], context) if len(found) == 1 else False


def in_words(condition: Condition, context: Context) -> str:
    """A condition and what the request has of its key, which is why it holds, does not, or is not known to."""
    found = context.get(condition.lookup)
    if isinstance(found, Unknown):
        had = f"whether the request has {condition.key}, and which value, is not known"
        if found is PRESENT:
            had = f"which {condition.key} the request has is not known"
    elif isinstance(found, NotBefore):
        had = f"the request has one not before {found.moment}"
    elif isinstance(found, Begun):
        had = f"the request has one that begins with {found.text}"
    elif not found and found != "":
        had = f"the request has no {condition.key}"
    elif isinstance(found, tuple) and len(found) > 1 and condition.quantifier is Quantifier.ONE:
        had = f"the request has several values of {condition.key} and the operator takes one"
    else:
        had = f"the request has {', '.join(map(plain, [found] if isinstance(found, str) else found)) or 'empty text'}"
    return f"condition {condition}: {had}{_without_value(condition, context)}"


def _from_then_on(condition: Condition, moment: str, context: Context) -> Truth:
    """Whether the condition holds at a moment and ever after."""
    if condition.operator is NULL:
        return holds(condition, {condition.lookup: PRESENT})
    if condition.operator.greater is None:
        return None
    truth = either(_fits(condition, value, moment, context) for value in condition.values)
    return truth if truth is condition.operator.greater else None


def _of_all_that_begin(condition: Condition, begin: str, context: Context) -> Truth:
    """Whether the condition holds for every text that begins so, or for none."""
    if condition.operator is NULL:
        return holds(condition, {condition.lookup: PRESENT})
    truth = either(_fits_all(condition, value, begin, context) for value in condition.values)
    return opposite(truth) if condition.operator.negated else truth


def _fits_all(condition: Condition, value: Value, begin: str, context: Context) -> Truth:
    """Whether every text that begins so fits a value: a pattern that ends in ``*`` and fits the beginning; or none."""
    pieces = value.template.fill(context)
    if pieces is None or isinstance(pieces, Unknown):
        return None if pieces else False
    compiled = condition.operator.compile
    if compiled is _EQUALS:
        return None if plain_text(pieces).startswith(begin) else False
    if compiled not in _LIKE:
        return None
    wanted, test = Glob.of(pieces), compiled(pieces)
    if test is None or not wanted.overlaps(Glob.parse(begin + "*")):
        return False
    return True if wanted.cells[-1:] == (Wild.RUN,) and test(begin) else None


def _when_missing(condition: Condition) -> bool:
    if condition.if_exists or condition.quantifier is Quantifier.ALL:
        return True
    return condition.quantifier is Quantifier.ONE and condition.operator.negated


def _matches(condition: Condition, text: str, context: Context) -> Truth:
    truth = either(_fits(condition, value, text, context) for value in condition.values)
    return opposite(truth) if condition.operator.negated else truth


def _fits(condition: Condition, value: Value, text: str, context: Context) -> Truth:
    test = value.test
    if test is None:
        if value.template.fixed is not None:
            return False  # a value of the wrong sort
        pieces = value.template.fill(context)
        if isinstance(pieces, Unknown):
            return None
        test = None if pieces is None else condition.operator.compile(pieces)
    return test is not None and test(text)


def _without_value(condition: Condition, context: Context) -> str:
    empty = [value.template.text for value in condition.values if value.template.fill(context) is None]
    return f" (no value for the variable in {', '.join(empty)})" if empty else ""
