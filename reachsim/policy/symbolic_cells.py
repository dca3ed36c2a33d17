"""The values of symbolic questions: callers, targets, and cells of requests that no statement tells apart.

A statement matches if all its parts do, so of each part it is noted, as bits, which statements may match and which
must, and joining parts is joining masks (`Masks`). `Group` reads from such masks what documents say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from .principals import Principal
from .symbolic_values import Bounds, KeyValue

CallerClass = Literal["own account", "own organization", "another account", "anonymous", "AWS service"]
OwnerClass = Literal["own account", "own organization", "another account"]

CALLER_KEYS: Final = frozenset(
    f"aws:principal{name}" for name in ("arn", "account", "orgid", "type", "isawsservice", "servicename")
)
OWNER_KEYS: Final = frozenset({"aws:resourceaccount", "aws:resourceorgid", "s3:resourceaccount"})
SIGNED_KEYS: Final = ("aws:username", "aws:userid", "aws:principaltag/", "aws:principalorgpaths")
"""Keys, or beginnings of keys, of callers who sign and belong to an account."""


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
    """What is asked for; ``real`` is whether AWS is known to have the action (or to be unknown altogether), ``suits``
    whether the action is not known to be on other resources than this."""

    of: OwnerClass
    action: str
    resource: str
    owner: str
    keys: Mapping[str, KeyValue]
    wildcard_only: bool = False
    real: bool = True
    suits: bool = True


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


class Group(NamedTuple):
    """The documents of one side of a question, as the bits of their statements."""

    allow: int
    deny: int

    def allows(self, masks: Masks) -> Bounds:
        """Whether the documents may allow the requests of a cell, and whether they must."""
        may = bool(masks.may & self.allow) and not masks.must & self.deny
        must = bool(masks.must & self.allow) and not masks.may & self.deny
        return Bounds(may, must)

    def allows_with(self, matching: int) -> bool:
        """Whether the documents allow where just these statements, as bits, match."""
        return bool(matching & self.allow) and not matching & self.deny
