"""Decides whether text matches an AWS wildcard pattern, and whether two patterns overlap or one covers the other.

AWS rule (facts 33, 35, 53; IAM User Guide, "Resource", "Action", "Condition operators", read in the 2026 text): ``*``
stands for any run of characters, also an empty one and also ``/`` and ``:``; ``?`` stands for exactly one. Everything
else is itself. A wildcard that came in through a policy variable, or is written ``${*}``, is an ordinary character
(facts 43, 44), which is why a pattern is built from pieces and not from one string.

No regular expressions: matching walks the text once and never backtracks, however many ``*`` a pattern has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Final, NamedTuple


class Wild(Enum):
    """The two wildcards."""

    ONE = "?"
    RUN = "*"


class Literal(NamedTuple):
    """Text in which ``*`` and ``?`` are ordinary characters."""

    text: str


Piece = str | Literal
Cell = str | Wild
"""One character of a pattern, or a wildcard."""

_WILDS: Final = {"*": Wild.RUN, "?": Wild.ONE}
_COVER_BUDGET: Final = 5_000


class _Segment(NamedTuple):
    """What stands between two ``*``: as many characters as it has cells. ``text`` is None if there is a ``?`` in it."""

    cells: tuple[Cell, ...]
    text: str | None

    @staticmethod
    def of(cells: Sequence[Cell]) -> _Segment:
        letters = [cell for cell in cells if isinstance(cell, str)]
        return _Segment(tuple(cells), "".join(letters) if len(letters) == len(cells) else None)

    def stands_at(self, text: str, at: int) -> bool:
        if self.text is not None:
            return text.startswith(self.text, at)
        return all(cell is Wild.ONE or text[at + i] == cell for i, cell in enumerate(self.cells))

    def find(self, text: str, start: int, stop: int) -> int:
        """The first place in ``text[start:stop]`` where the segment stands, or -1."""
        if self.text is not None:
            return text.find(self.text, start, stop)
        return self._shift_and(text, start, stop)

    def _shift_and(self, text: str, start: int, stop: int) -> int:
        # One bit per cell that is matched so far: a single pass, whatever the text (the "shift-and" search).
        anything = sum(1 << i for i, cell in enumerate(self.cells) if cell is Wild.ONE)
        masks: dict[str, int] = {}
        for i, cell in enumerate(self.cells):
            if isinstance(cell, str):
                masks[cell] = masks.get(cell, anything) | 1 << i
        full = 1 << (len(self.cells) - 1)
        state = 0
        for at in range(start, stop):
            state = (state << 1 | 1) & masks.get(text[at], anything)
            if state & full:
                return at - len(self.cells) + 1
        return -1


class Glob:
    """A pattern ready to match. Build it with `parse` or `of`; two globs that differ only in the order of adjacent
    wildcards are equal.

    ``matches`` tells whether a whole text fits the pattern; case counts (fold both sides for comparisons where it does
    not).

    >>> Glob.parse("arn:aws:s3:::b/*z").matches("arn:aws:s3:::b/x/y/z")
    True
    >>> Glob.of(["x", Literal("*")]).matches("xy")
    False
    """

    __slots__ = ("cells", "matches")

    def __init__(self, cells: tuple[Cell, ...], segments: tuple[_Segment, ...] = ()) -> None:
        """``segments``: those of the cells, where they are known."""
        self.cells = cells if segments else _normal(cells)
        self.matches = _matcher(segments or tuple(_segments(self.cells)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Glob) and self.cells == other.cells

    def __hash__(self) -> int:
        return hash(self.cells)

    def __repr__(self) -> str:
        return f"Glob({self.cells!r})"

    @staticmethod
    def parse(text: str) -> Glob:
        """The pattern that ``text`` spells."""
        if "?" in text or "**" in text:
            return Glob(tuple(_WILDS.get(char, char) for char in text))
        first, *others = text.split("*")
        cells: list[Cell] = [*first]
        for part in others:
            cells.append(Wild.RUN)
            cells.extend(part)
        return Glob(tuple(cells), tuple(_Segment(tuple(part), part) for part in (first, *others)))

    @staticmethod
    def of(pieces: Iterable[Piece]) -> Glob:
        """The pattern made of pieces, where those marked `Literal` hold no wildcards."""
        pieces = tuple(pieces)
        if not any(isinstance(piece, Literal) for piece in pieces):
            return Glob.parse("".join(pieces))  # type: ignore[arg-type]
        cells: list[Cell] = []
        for piece in pieces:
            if isinstance(piece, Literal):
                cells.extend(piece.text)
            else:
                cells.extend(_WILDS.get(char, char) for char in piece)
        return Glob(tuple(cells))

    @property
    def has_wildcard(self) -> bool:
        return any(isinstance(cell, Wild) for cell in self.cells)

    @property
    def begin(self) -> str | None:
        """How the texts that fit begin, if a ``*`` at the end is the only wildcard; else None.

        >>> Glob.parse("a/*").begin, Glob.parse("*").begin, Glob.parse("a/*b").begin, Glob.parse("a?*").begin
        ('a/', '', None, None)
        """
        if self.cells[-1:] != (Wild.RUN,):
            return None
        letters = [cell for cell in self.cells[:-1] if isinstance(cell, str)]
        return "".join(letters) if len(letters) == len(self.cells) - 1 else None

    @property
    def matches_all(self) -> bool:
        """Whether the pattern is ``*``."""
        return self.cells == (Wild.RUN,)

    def split(self, separator: str, limit: int) -> tuple[Glob, ...]:
        """The patterns between the first ``limit`` separators, like `str.split`; wildcards never contain one."""
        parts: list[list[Cell]] = [[]]
        for cell in self.cells:
            if cell == separator and len(parts) <= limit:
                parts.append([])
            else:
                parts[-1].append(cell)
        return tuple(Glob(tuple(part)) for part in parts)

    def overlaps(self, other: Glob) -> bool:
        """Whether some text fits both patterns.

        >>> Glob.parse("a*").overlaps(Glob.parse("*b")), Glob.parse("a*").overlaps(Glob.parse("b*"))
        (True, False)
        """
        if not other.has_wildcard:
            return self.matches("".join(cell for cell in other.cells if isinstance(cell, str)))
        if self.matches_all or other.matches_all:
            return True
        mine, theirs = self.cells, other.cells
        alike = _alike(mine, theirs)
        if alike is None or _alike(mine[::-1], theirs[::-1]) is None:
            return False
        reached = {(alike, alike)}
        waiting = [(alike, alike)]
        while waiting:
            i, j = waiting.pop()
            if i == len(mine) and j == len(theirs):
                return True
            for place in _joint_steps(mine, theirs, i, j):
                if place not in reached:
                    reached.add(place)
                    waiting.append(place)
        return False


def _matcher(segments: tuple[_Segment, ...]) -> Callable[[str], bool]:
    """The test of a whole text; the usual shapes (no wildcard, one ``*`` at the end) need no walk."""
    first, last = segments[0], segments[-1]
    if first.text is not None and len(segments) == 1:
        return first.text.__eq__
    if first.text is not None and len(segments) == 2 and not last.cells:
        prefix = first.text
        return lambda text: text.startswith(prefix)
    return lambda text: _walk(segments, text)


def _walk(segments: tuple[_Segment, ...], text: str) -> bool:
    first, last = segments[0], segments[-1]
    if len(segments) == 1:
        return len(text) == len(first.cells) and first.stands_at(text, 0)
    at, stop = len(first.cells), len(text) - len(last.cells)
    if stop < at or not first.stands_at(text, 0) or not last.stands_at(text, stop):
        return False
    for segment in segments[1:-1]:
        # The leftmost place is always a right choice: the next "*" may take up any slack.
        found = segment.find(text, at, stop)
        if found < 0:
            return False
        at = found + len(segment.cells)
    return True


def covers(patterns: Sequence[Glob], other: Glob) -> bool:
    """Whether every text that fits ``other`` fits at least one of ``patterns``.

    Exact, also where only several patterns together cover the other. Patterns made to defy this analysis use up a fixed
    budget; then the answer is False ("not shown to be covered").

    >>> covers([Glob.parse("a*")], Glob.parse("ab*")), covers([Glob.parse("*a?*")], Glob.parse("*a*b"))
    (True, True)
    """
    if not other.has_wildcard:
        text = "".join(cell for cell in other.cells if isinstance(cell, str))
        return any(pattern.matches(text) for pattern in patterns)
    if any(pattern.matches_all or pattern == other for pattern in patterns):
        return True
    return _includes(_Machine.of(patterns), _Machine.of([other]))


def _normal(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Each run of wildcards as all its ``?`` and then at most one ``*``: "*?" and "?*" mean the same."""
    if Wild.RUN not in cells:
        return cells
    out: list[Cell] = []
    pending = False
    for cell in cells:
        if cell is Wild.RUN:
            pending = True
            continue
        if pending and cell is not Wild.ONE:
            out.append(Wild.RUN)
            pending = False
        out.append(cell)
    return (*out, Wild.RUN) if pending else tuple(out)


def _segments(cells: tuple[Cell, ...]) -> Iterable[_Segment]:
    start = 0
    for at, cell in enumerate(cells):
        if cell is Wild.RUN:
            yield _Segment.of(cells[start:at])
            start = at + 1
    yield _Segment.of(cells[start:])


def _alike(mine: tuple[Cell, ...], theirs: tuple[Cell, ...]) -> int | None:
    """How many characters two patterns begin with alike before either has a wildcard; None if they differ there."""
    for place, (here, there) in enumerate(zip(mine, theirs, strict=False)):
        if isinstance(here, Wild) or isinstance(there, Wild):
            return place
        if here != there:
            return None
    return min(len(mine), len(theirs))


def _joint_steps(mine: tuple[Cell, ...], theirs: tuple[Cell, ...], i: int, j: int) -> Iterable[tuple[int, int]]:
    """The places reachable from (i, j) when one character, or none, is taken by both patterns."""
    here = mine[i] if i < len(mine) else None
    there = theirs[j] if j < len(theirs) else None
    if here is Wild.RUN or there is Wild.RUN:
        # A "*" ends here, or it takes in what the other pattern has next.
        if here is not None:
            yield i + 1, j
        if there is not None:
            yield i, j + 1
    elif here is not None and there is not None and (here == there or here is Wild.ONE or there is Wild.ONE):
        yield i + 1, j + 1


class _Machine(NamedTuple):
    """Several patterns as one automaton whose states are bits: bit i = "everything before place i is matched"."""

    start: int
    final: int
    loops: int
    wild: int
    letters: dict[str, int]

    @staticmethod
    def of(patterns: Sequence[Glob]) -> _Machine:
        start = final = loops = wild = 0
        letters: dict[str, int] = {}
        bit = 1
        for pattern in patterns:
            start |= bit
            for cell in pattern.cells:
                if cell is Wild.RUN:
                    loops |= bit
                    continue
                if isinstance(cell, str):
                    letters[cell] = letters.get(cell, 0) | bit
                else:
                    wild |= bit
                bit <<= 1
            final |= bit
            bit <<= 1
        return _Machine(start, final, loops, wild, letters)

    def after(self, state: int, char: str) -> int:
        """The states after one more character ("" = one that no pattern mentions)."""
        return (state & self.loops) | (state & (self.wild | self.letters.get(char, 0))) << 1


def _includes(union: _Machine, other: _Machine) -> bool:
    # Walk `other` one place at a time, together with the set of places the union can be in. A smaller set is harder to
    # cover, so a set is looked at only if no subset of it was seen at the same place.
    alphabet = sorted({"", *union.letters, *other.letters})
    seen: dict[int, list[int]] = {}
    waiting = [(other.start, union.start)]
    for _ in range(_COVER_BUDGET):
        if not waiting:
            return True
        place, state = waiting.pop()
        if place & other.final and not state & union.final:
            return False
        known = seen.setdefault(place, [])
        if any(smaller & ~state == 0 for smaller in known):
            continue
        known.append(state)
        for char in alphabet:
            after = union.after(state, char)
            if place & other.loops:
                waiting.append((place, after))
            if place & (other.wild | other.letters.get(char, 0)):
                waiting.append((place << 1, after))
    return False
