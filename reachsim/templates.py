"""Texts in which names stand, to be told of others: cut at the names once, and filled with those of the others.

Only those that are alike in which of their names are the same (`pattern`) can take each other's places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple


class Template(NamedTuple):
    """A text, cut where a name stood; ``gaps`` says which of the names follows each piece."""

    pieces: tuple[str, ...]
    gaps: tuple[int, ...]

    def filled(self, names: Sequence[str]) -> str:
        """The text with these names in the places of those it was cut at, in the same order.

        >>> cut("eni-1 in subnet-1", ("eni-1", "subnet-1")).filled(("eni-2", "subnet-9"))
        'eni-2 in subnet-9'
        """
        parts = [self.pieces[0]]
        for gap, piece in zip(self.gaps, self.pieces[1:], strict=True):
            parts += (names[gap], piece)
        return "".join(parts)


def cut(text: str, names: Sequence[str]) -> Template:
    """Cut a text at every place where one of the names stands by itself."""
    pieces: list[str] = []
    gaps: list[int] = []
    start = 0
    places = [(place, -len(name), name) for name in set(names) if name for place in _places(text, name)]
    for place, shorter, name in sorted(places):  # of names that begin together, the longest
        if place >= start:
            pieces.append(text[start:place])
            gaps.append(names.index(name))
            start = place - shorter
    return Template((*pieces, text[start:]), tuple(gaps))


def pattern(names: Sequence[str]) -> tuple[int, ...]:
    """Which of the names are the same: the first place of each.

    >>> pattern(("eni-1", "eni-1", "10.0.0.4"))
    (0, 0, 2)
    """
    return tuple(map(names.index, names))


def _places(text: str, name: str) -> Iterator[int]:
    """Where a name stands by itself, not as a part of a longer one."""
    place = text.find(name)
    while place >= 0:
        if _BEFORE.match(text, place) and _AFTER.match(text, place + len(name)):
            yield place
        place = text.find(name, place + 1)


_BEFORE: Final = re.compile(r"(?<![\w.:/#-])")
_AFTER: Final = re.compile(r"(?![\w/-]|[.:]\w)")
