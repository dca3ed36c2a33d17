"""The table of condition operators: for each, how one policy value is compared with one value of the request.

AWS rule (facts 52-59, 61; IAM User Guide, "Condition operators", read in the 2026 text). A row holds a function that
turns the policy's value into a test of a request's value, or None if the policy's value is of the wrong sort (such a
value matches nothing). The negated operators share the row of what they negate. Missing keys, several values and the
prefixes and suffix of an operator are not decided here but in `conditions`.

Operator names are looked up without regard to case; whether AWS does so too is not in its text, but policies spelled
so are stored.
"""

from __future__ import annotations

import ipaddress
import operator as compare
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

from .glob import Glob
from .variables import Pieces, plain

Test = Callable[[str], bool]
"""Whether one value of the request matches."""
Compile = Callable[[Pieces], Test | None]

_Number = TypeVar("_Number")

_NUMBER: Final = r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?"
_BLOCK: Final = r"[0-9A-Fa-f:.]+(/\d{1,3})?"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ARN_COLONS: Final = 5


class Operator(NamedTuple):
    """One condition operator.

    ``expects`` names the sort of value it takes, ``variables`` says whether policy variables are replaced in it.
    ``greater``: True if what holds for one value of a request holds for all greater ones, False if it holds for all
    smaller ones.
    """

    name: str
    compile: Compile
    expects: str
    negated: bool = False
    variables: bool = False
    greater: bool | None = None


def _string_equals(pieces: Pieces) -> Test:
    return plain(pieces).__eq__


def _string_equals_ignore_case(pieces: Pieces) -> Test:
    wanted = without_case(plain(pieces))
    return lambda value: without_case(value) == wanted


def without_case(text: str) -> str:
    """The text without regard to case, letter by letter: one letter never stands for two, as "ß" for "ss"."""
    return text.lower() if text.isascii() else "".join(one.upper().lower() if len(one.upper()) == 1 else one.lower()
                                                       for one in text)  # fmt: skip


def _string_like(pieces: Pieces) -> Test:
    return Glob.of(pieces).matches


def _bool(pieces: Pieces) -> Test | None:
    wanted = plain(pieces).lower()
    return (lambda value: value.lower() == wanted) if wanted in ("true", "false") else None


def _binary_equals(pieces: Pieces) -> Test | None:
    wanted = _bytes(plain(pieces))
    return None if wanted is None else lambda value: _bytes(value) == wanted


def _ip_address(pieces: Pieces) -> Test | None:
    """A CIDR block; a bare address is a block of one. The two address families never match each other."""
    text = plain(pieces)
    if not re.fullmatch(_BLOCK, text):
        return None  # a mask of four numbers is none of AWS's forms
    try:
        block = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None

    def test(value: str) -> bool:
        try:
            return ipaddress.ip_address(value) in block
        except ValueError:
            return False

    return test


def _arn_like(pieces: Pieces) -> Test | None:
    """Six parts compared one by one: a wildcard stays in its part, and the last part may itself hold colons."""
    wanted = Glob.of(pieces).split(":", _ARN_COLONS)
    if len(wanted) <= _ARN_COLONS:
        return None

    def test(value: str) -> bool:
        parts = value.split(":", _ARN_COLONS)
        return len(parts) == len(wanted) and all(glob.matches(part) for glob, part in zip(wanted, parts, strict=True))

    return test


def _ordered(read: Callable[[str], _Number | None], holds: Callable[[_Number, _Number], bool]) -> Compile:
    """A comparison of the request's value with the policy's, once both are read as numbers or moments."""

    def compile_value(pieces: Pieces) -> Test | None:
        wanted = read(plain(pieces))
        if wanted is None:
            return None

        def test(value: str) -> bool:
            found = read(value)
            return found is not None and holds(found, wanted)

        return test

    return compile_value


def _bytes(text: str) -> bytes | None:
    import base64  # few policies compare bytes

    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(_NUMBER, text) else None


def moment(text: str) -> Decimal | None:
    """Seconds since 1970: epoch seconds, or a W3C date or date and time (no zone = UTC); four digits are a year."""
    if len(text) != len("2026") and re.fullmatch(_NUMBER, text):
        return Decimal(text)
    short = {len("2026"): "-01-01", len("2026-01"): "-01"}.get(len(text), "")
    try:
        found = datetime.fromisoformat(text + short)
    except ValueError:
        return None
    since = (found if found.tzinfo else found.replace(tzinfo=UTC)) - _EPOCH
    return Decimal(since.days * 86400 + since.seconds) + Decimal(since.microseconds) / 1_000_000


def _pair(name: str, negated: str, compile_value: Compile, expects: str, variables: bool = False) -> list[Operator]:
    return [
        Operator(name, compile_value, expects, variables=variables),
        Operator(negated, compile_value, expects, negated=True, variables=variables),
    ]


def _orders(kind: str, read: Callable[[str], Decimal | None], expects: str) -> list[Operator]:
    return [
        *_pair(f"{kind}Equals", f"{kind}NotEquals", _ordered(read, compare.eq), expects),
        Operator(f"{kind}LessThan", _ordered(read, compare.lt), expects, greater=False),
        Operator(f"{kind}LessThanEquals", _ordered(read, compare.le), expects, greater=False),
        Operator(f"{kind}GreaterThan", _ordered(read, compare.gt), expects, greater=True),
        Operator(f"{kind}GreaterThanEquals", _ordered(read, compare.ge), expects, greater=True),
    ]


# The two pages disagree on variables with Bool: "Condition operators" (the page of the operator itself) allows them.
_ROWS: Final = [
    *_pair("StringEquals", "StringNotEquals", _string_equals, "text", variables=True),
    *_pair("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", _string_equals_ignore_case, "text", variables=True),
    *_pair("StringLike", "StringNotLike", _string_like, "text", variables=True),
    *_orders("Numeric", number, "a number"),
    *_orders("Date", moment, "a date or epoch seconds"),
    Operator("Bool", _bool, '"true" or "false"', variables=True),
    Operator("BinaryEquals", _binary_equals, "base-64 text"),
    *_pair("IpAddress", "NotIpAddress", _ip_address, "an address or CIDR block"),
    *_pair("ArnEquals", "ArnNotEquals", _arn_like, "an ARN of six parts", variables=True),
    *_pair("ArnLike", "ArnNotLike", _arn_like, "an ARN of six parts", variables=True),
    Operator("Null", _bool, '"true" or "false"'),
]

OPERATORS: Final = {row.name.lower(): row for row in _ROWS}
"""Every operator by its name in lower case."""
NULL: Final = OPERATORS["null"]
