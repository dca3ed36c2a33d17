"""The frozen records that a policy document is read into. They decide nothing; `document` fills and `judge` uses
them.

AWS rule (facts 76, 77; IAM User Guide, "Grammar of the IAM JSON policy language"). Wildcards are compiled once, here,
so that a document can be judged many times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from .conditions import Condition
from .glob import Glob
from .principals import PrincipalElement, Via
from .variables import Template

Effect = Literal["Allow", "Deny"]
Word = Literal["allow", "deny", "none", "unknown"]
ElementName = Literal["Action", "NotAction", "Resource", "NotResource"]
Kind = Literal["identity", "boundary", "session", "scp", "rcp", "resource", "endpoint"]
KINDS: Final[tuple[Kind, ...]] = ("identity", "boundary", "session", "scp", "rcp", "resource", "endpoint")
PRINCIPAL_KINDS: Final[frozenset[Kind]] = frozenset({"rcp", "resource", "endpoint"})
"""The kinds of policy in which ``Principal`` counts; the others are attached to the caller."""
_REMEMBERED_ACTIONS: Final = 4096


class Pattern(NamedTuple):
    """One entry of an Action or Resource element; ``glob`` is None if a variable has to be replaced first."""

    template: Template
    glob: Glob | None


class Element:
    """An ``Action``, ``NotAction``, ``Resource`` or ``NotResource`` element. ``fixed``: no pattern holds a variable."""

    __slots__ = ("fits", "fixed", "name", "negated", "patterns", "text")

    def __init__(self, name: ElementName, patterns: tuple[Pattern, ...]) -> None:
        self.name = name
        self.patterns = patterns
        self.negated = name in ("NotAction", "NotResource")
        self.fixed = all(pattern.glob is not None for pattern in patterns)
        self.text = f"{name} {', '.join(pattern.template.text for pattern in patterns)}"
        self.fits = _taker(tuple(pattern.glob for pattern in patterns if pattern.glob is not None), self.negated)
        """Whether the element takes a text in (for actions: in lower case); patterns with variables take nothing."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and (self.name, self.patterns) == (other.name, other.patterns)

    def __hash__(self) -> int:
        return hash((self.name, self.patterns))

    def __str__(self) -> str:
        return self.text


def _taker(globs: tuple[Glob, ...], negated: bool) -> Callable[[str], bool]:
    tests = tuple(glob.matches for glob in globs)
    if len(tests) == 1 and not negated:
        return tests[0]

    def takes(text: str) -> bool:
        for test in tests:
            if test(text):
                return not negated
        return negated

    return takes


def _begins(element: Element) -> tuple[str, ...] | None:
    """How texts begin that the element takes, if that is all there is to it."""
    begins = [pattern.glob.begin for pattern in element.patterns if pattern.glob is not None]
    found = tuple(one for one in begins if one is not None)
    return found if not element.negated and len(found) == len(begins) else None


class Statement:
    """One statement. An absent element is an empty tuple and restricts nothing; where AWS would store only one of
    ``Action`` and ``NotAction`` (and the like) but both are given, both must match.

    ``label`` is the Sid, or the index as a text if there is none. ``takes`` tells whether a resource fits that is no
    pattern; it is None where that needs a look at variables or at two elements. ``begins`` says the same by how the
    resource begins, where every pattern ends in its only wildcard. ``quick`` holds the conditions' keys and tests for
    requests with one value of each; it is None where a condition needs more.
    """

    __slots__ = (
        "actions",
        "begins",
        "conditions",
        "effect",
        "index",
        "label",
        "principals",
        "quick",
        "resources",
        "sid",
        "takes",
    )

    def __init__(
        self, index: int, sid: str, effect: Effect, *, principals: tuple[PrincipalElement, ...] = (),
        actions: tuple[Element, ...] = (), resources: tuple[Element, ...] = (), conditions: tuple[Condition, ...] = (),
    ) -> None:  # fmt: skip
        self.index = index
        self.sid = sid
        self.label = sid or str(index)
        self.effect = effect
        self.principals = principals
        self.actions = actions
        self.resources = resources
        self.conditions = conditions
        self.takes = resources[0].fits if len(resources) == 1 and resources[0].fixed else None
        self.begins = _begins(resources[0]) if self.takes is not None else None
        quick = [(condition.lookup, condition.quick) for condition in conditions if condition.quick is not None]
        self.quick = tuple(quick) if len(quick) == len(conditions) else None

    def _fields(self) -> tuple[object, ...]:
        conditions = tuple(map(str, self.conditions))
        return self.index, self.sid, self.effect, self.principals, self.actions, self.resources, conditions

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Statement) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((self.index, self.sid, self.effect))


class Note(NamedTuple):
    """What AWS would not store, or does not settle, and how it is judged here; it counts for the listed kinds only."""

    text: str
    kinds: frozenset[Kind] = frozenset(KINDS)
    gateway_only: bool = False


class Finding(NamedTuple):
    """What a document says, and the statement that decides (without meaning for "none"). ``grants`` tells how the
    Allow statements name the caller, in the kinds of policy where ``Principal`` counts."""

    effect: Word
    statement: Statement
    grants: frozenset[Via] = frozenset()


class Relevant(NamedTuple):
    """The statements of a document whose ``Action`` or ``NotAction`` fits one action, each as what it says if the rest
    of it matches too."""

    denies: tuple[Finding, ...]
    allows: tuple[Finding, ...]


class Document:
    """A policy document, ready to be judged. Build it with `parse`. Nothing but ``known``, the memory of `relevant`,
    changes."""

    __slots__ = ("first_allow", "known", "notes", "statements", "version")

    def __init__(self, version: str, statements: tuple[Statement, ...], notes: tuple[Note, ...]) -> None:
        self.version = version
        self.statements = statements
        self.notes = notes
        self.first_allow = next((one for one in statements if one.effect == "Allow"), None)
        self.known: dict[str, Relevant] = {}

    def relevant(self, action: str) -> Relevant:
        """The statements that fit an action in lower case; found once per action, since a document meets few."""
        found = self.known.get(action)
        if found is None:
            fitting = [one for one in self.statements if all(element.fits(action) for element in one.actions)]
            found = Relevant(
                tuple(Finding("deny", one) for one in fitting if one.effect == "Deny"),
                tuple(Finding("allow", one) for one in fitting if one.effect == "Allow"),
            )
            if len(self.known) >= _REMEMBERED_ACTIONS:
                self.known.clear()
            self.known[action] = found
        return found

    def notes_for(self, kind: Kind, gateway: bool = False) -> tuple[str, ...]:
        """The notes that count when the document is used as a policy of this kind."""
        return tuple(note.text for note in self.notes if kind in note.kinds and (gateway or not note.gateway_only))
