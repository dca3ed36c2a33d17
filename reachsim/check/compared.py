"""What the conditions of statements compare keys with, each with something in place of its wildcards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from reachsim import policy
from reachsim.policy.statements import Statement
from reachsim.policy.variables import Variable

ANY: Final = "any"
"""What stands in place of ``*``."""
STRANGER: Final = "999999999999"
"""Stands for an account that is neither the snapshot's nor of its organization."""


def keys_of(statements: Iterable[Statement]) -> frozenset[str]:
    """The keys (in lower case) that conditions ask for, also as variables."""
    asked = [one for statement in statements for one in statement.conditions]
    parts = (part for one in asked for value in one.values for part in value.template.parts)
    return frozenset((*(one.lookup for one in asked), *(part.key for part in parts if isinstance(part, Variable))))


def values(statements: Iterable[Statement], *keys: str) -> Iterator[str]:
    """The values without variables that conditions compare keys (in lower case) with, as written."""
    found = (
        value.template.text
        for statement in statements for one in statement.conditions if one.lookup in keys
        for value in one.values
    )  # fmt: skip
    yield from dict.fromkeys(text for text in found if "${" not in text)


def filled_values(statements: Iterable[Statement], key: str) -> Iterator[str]:
    """The same of one key, filled."""
    yield from map(filled, values(statements, key))


def filled(pattern: str) -> str:
    return pattern.replace("*", ANY).replace("?", "a")


def account_of(pattern: str) -> Iterator[str]:
    """An account that fits a pattern, a stranger's if the pattern leaves it the choice; none if no account does."""
    digits = pattern.replace("?", "9")
    lacking = len(STRANGER) - len(digits.replace("*", ""))
    account = digits.replace("*", "9" * max(lacking, 0), 1).replace("*", "")
    if policy.is_account(account):
        yield account
