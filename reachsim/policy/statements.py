"""The frozen records that a policy document is read into. They decide nothing; `document` fills and `judge` uses
them.

AWS rule (facts 76, 77; IAM User Guide, "Grammar of the IAM JSON policy language"). Wildcards are compiled once, here,
so that a document can be judged many times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from .conditions import Condition
from .glob import Glob
from .principals import PrincipalElement
from .variables import Template

Effect = Literal["Allow", "Deny"]
Kind = Literal["identity", "boundary", "session", "scp", "rcp", "resource", "endpoint"]
KINDS: Final[tuple[Kind, ...]] = ("identity", "boundary", "session", "scp", "rcp", "resource", "endpoint")
PRINCIPAL_KINDS: Final[frozenset[Kind]] = frozenset({"rcp", "resource", "endpoint"})
"""The kinds of policy in which ``Principal`` counts; the others are attached to the caller."""


class Pattern(NamedTuple):
    """One entry of an Action or Resource element; ``glob`` is None if a variable has to be replaced first."""

    template: Template
    glob: Glob | None


class Element(NamedTuple):
    """An ``Action``, ``NotAction``, ``Resource`` or ``NotResource`` element."""

    name: Literal["Action", "NotAction", "Resource", "NotResource"]
    patterns: tuple[Pattern, ...]

    @property
    def negated(self) -> bool:
        return self.name in ("NotAction", "NotResource")

    def __str__(self) -> str:
        return f"{self.name} {', '.join(pattern.template.text for pattern in self.patterns)}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. An absent element is an empty tuple and restricts nothing; where AWS would store only one of
    ``Action`` and ``NotAction`` (and the like) but both are given, both must match."""

    index: int
    sid: str
    effect: Effect
    principals: tuple[PrincipalElement, ...]
    actions: tuple[Element, ...]
    resources: tuple[Element, ...]
    conditions: tuple[Condition, ...]

    @property
    def label(self) -> str:
        """The Sid, or the index as a text if there is none."""
        return self.sid or str(self.index)


class Note(NamedTuple):
    """What AWS would not store, or does not settle, and how it is judged here; it counts for the listed kinds only."""

    text: str
    kinds: frozenset[Kind] = frozenset(KINDS)
    gateway_only: bool = False


class Document(NamedTuple):
    """A policy document, ready to be judged. Build it with `parse`."""

    version: str
    statements: tuple[Statement, ...]
    notes: tuple[Note, ...]

    def notes_for(self, kind: Kind, gateway: bool = False) -> tuple[str, ...]:
        """The notes that count when the document is used as a policy of this kind."""
        return tuple(note.text for note in self.notes if kind in note.kinds and (gateway or not note.gateway_only))
