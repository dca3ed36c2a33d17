"""Three-valued truth: yes, no, or not known. It decides nothing about AWS; it only keeps "not known" honest.

`UNKNOWN` is the value of a context key of which neither presence nor value is known (a caller that joins policies
with simulated network paths meets such keys). A condition on it is neither true nor false, unless the rest of the
statement settles the matter. `NotBefore` is the value of a key that holds a moment of which only the earliest is known:
all that came before is past. `Begun` is that of a key with a text of which only the beginning is known. ``None`` stands
for "not known" in a `Truth`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final


class Unknown(Enum):
    """The type of `UNKNOWN` and `PRESENT`."""

    UNKNOWN = "unknown"
    PRESENT = "present"

    def __repr__(self) -> str:
        return self.name


UNKNOWN: Final = Unknown.UNKNOWN
PRESENT: Final = Unknown.PRESENT
"""The value of a key that is there, but of which no more is known."""


class NotBefore:
    """The value of a key that is there and holds a moment, this one (a date or epoch seconds, as text) or later.

    >>> NotBefore("2026-10-27T00:00:00Z") == NotBefore("2026-10-27T00:00:00Z")
    True
    """

    __slots__ = ("moment",)

    def __init__(self, moment: str) -> None:
        self.moment = moment

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NotBefore) and other.moment == self.moment

    def __hash__(self) -> int:
        return hash(self.moment)

    def __repr__(self) -> str:
        return f"NotBefore({self.moment!r})"


class Begun:
    """The value of a key that is there and holds a text that begins so, whatever follows.

    >>> Begun("arn:aws:s3:::artifacts/") == Begun("arn:aws:s3:::artifacts/")
    True
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Begun) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Begun({self.text!r})"


Truth = bool | None


def either(truths: Iterable[Truth]) -> Truth:
    """Whether any holds: True as soon as one does, else None if one is not known.

    >>> either([False, None, True]), either([False, None]), either([])
    (True, None, False)
    """
    answer: Truth = False
    for truth in truths:
        if truth:
            return True
        if truth is None:
            answer = None
    return answer


def every(truths: Iterable[Truth]) -> Truth:
    """Whether all hold: False as soon as one does not, else None if one is not known.

    >>> every([True, None, False]), every([True, None]), every([])
    (False, None, True)
    """
    answer: Truth = True
    for truth in truths:
        if truth is None:
            answer = None
        elif not truth:
            return False
    return answer


def opposite(truth: Truth) -> Truth:
    """Not; what is not known stays so."""
    return None if truth is None else not truth
