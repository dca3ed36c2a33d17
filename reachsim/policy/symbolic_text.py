"""Finds, for some text patterns, texts that stand for all texts: one for every set of patterns that some text fits.

Patterns are regular, so all of them are walked at once as one automaton, breadth first: the first text that reaches a
set of accepting patterns is a shortest one. Complete and exact, without a solver. The cost can double with each
``*xx*``; past a fixed number of states `TooComplex` is raised.

One rule keeps it cheap: once a pattern has got as far as a later ``*``, its earlier places can be forgotten, since the
later one accepts whatever they do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from .glob import Glob, Wild

_MOST_STATES: Final = 20_000
_MOST_PLACES: Final = 25_000
_MOST_WORK: Final = 150_000_000
_DIGITS: Final = "0123456789"
_FRESH: Final = "xyzqwvkjhgfbu" + "".join(map(chr, range(0x3B1, 0x3CA)))


class TooComplex(ValueError):
    """The patterns defy the analysis within its budget."""


class Step(NamedTuple):
    """One place of a pattern: the characters it takes, and whether it takes any number of them ("many") or one."""

    takes: frozenset[str] | Literal["any", "part", "digit"]
    many: bool = False


Pattern = tuple[Step, ...]
ANYTHING: Final[Pattern] = (Step("any", True),)


def literal(text: str) -> Pattern:
    """The pattern of one text.

    >>> representatives([literal("a")], [ANYTHING])
    ('', 'a')
    """
    return tuple(Step(frozenset(char)) for char in text)


def of_glob(glob: Glob, *, fold: bool = False, within: bool = False) -> Pattern:
    """The pattern of a glob. ``fold``: case does not count; ``within``: its wildcards take no colon."""
    wild: Literal["any", "part"] = "part" if within else "any"
    return tuple(
        Step(wild, cell is Wild.RUN)
        if isinstance(cell, Wild)
        else Step(frozenset({cell.lower(), cell.upper()} if fold else {cell}))
        for cell in glob.cells
    )


def joined(parts: Iterable[Pattern], separator: str) -> Pattern:
    """The patterns one after the other with a separator between them."""
    steps: list[Step] = []
    for number, part in enumerate(parts):
        steps += (*literal(separator), *part) if number else part
    return tuple(steps)


def representatives(patterns: Sequence[Pattern], domain: Sequence[Pattern]) -> tuple[str, ...]:
    """Texts of a domain such that every text of the domain fits just the patterns that one of these fits.

    Args:
        patterns: the patterns to tell apart.
        domain: a text is looked at only if it fits one of these.

    Raises:
        TooComplex: the patterns defy the analysis.

    >>> ab = [of_glob(Glob.parse("a*")), of_glob(Glob.parse("*b"))]
    >>> representatives(ab, [of_glob(Glob.parse("?*"))])
    ('x', 'a', 'b', 'ab')
    """
    return _representatives(tuple(dict.fromkeys(patterns)), tuple(dict.fromkeys(domain)))


@lru_cache(maxsize=256)
def _representatives(unique: tuple[Pattern, ...], domain: tuple[Pattern, ...]) -> tuple[str, ...]:
    machine = _Machine([*unique, *domain])
    wanted = (1 << machine.ends[len(unique)]) - 1 if unique else 0
    inside = machine.final & ~wanted
    alphabet = machine.alphabet()
    start = machine.pruned(machine.start)
    found: dict[int, str] = {}
    texts: dict[int, str] = {start: ""}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        text = texts[state]
        if state & inside:
            found.setdefault(state & machine.final & wanted, text)
        for char in alphabet:
            after = machine.after(state, char)
            if after & machine.alive(inside) and after not in texts:
                if len(texts) >= _MOST_STATES or len(texts) * machine.size > _MOST_WORK:
                    raise TooComplex(f"more than {len(texts)} states for {len(unique)} patterns")
                texts[after] = text + char
                waiting.append(after)
    return tuple(found.values())


class _Machine:
    """Several patterns as one automaton whose states are bits: bit i = "everything before place i is matched"."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.start = self.final = 0
        self.loops = {"any": 0, "part": 0, "digit": 0}
        self.steps = {"any": 0, "part": 0, "digit": 0}
        self.letters: dict[str, int] = {}
        self.loop_letters: dict[str, int] = {}
        self.lower: dict[int, int] = {}
        self.ends: list[int] = []
        self._domain = 0
        place = 0
        for pattern in patterns:
            first = place
            self.ends.append(place)
            self.start |= 1 << place
            for cell in pattern:
                place = self._add(cell, place, first)
            self.final |= 1 << place
            place += 1
            if place > _MOST_PLACES:
                raise TooComplex(f"the patterns have more than {_MOST_PLACES} characters")
        self.ends.append(place)
        self.size = place

    def _add(self, cell: Step, place: int, first: int) -> int:
        bit = 1 << place
        if isinstance(cell.takes, frozenset):
            for char in cell.takes:
                table = self.loop_letters if cell.many else self.letters
                table[char] = table.get(char, 0) | bit
            return place if cell.many else place + 1
        if not cell.many:
            self.steps[cell.takes] |= bit
            return place + 1
        self.loops[cell.takes] |= bit
        if cell.takes == "any":
            self.lower[bit] = bit - (1 << first)
        return place

    def alphabet(self) -> tuple[str, ...]:
        """One character for each way in which characters are told apart; first one that no pattern spells out."""
        spelled = {*self.letters, *self.loop_letters}
        fresh = next((char for char in _FRESH if char not in spelled), None)
        if fresh is None:
            raise TooComplex("the patterns spell out every character that could stand for the others")
        kinds: dict[tuple[int, int, bool, bool], str] = {}
        for char in (fresh, *sorted(spelled | {":"}), *_DIGITS):
            kind = (self.letters.get(char, 0), self.loop_letters.get(char, 0), char == ":", char in _DIGITS)
            kinds.setdefault(kind, char)
        return tuple(kinds.values())

    def alive(self, inside: int) -> int:
        """The places of the domain: a text that has left it needs no further look."""
        if not self._domain:
            lowest = inside & -inside
            start = max((1 << end for end in self.ends if 1 << end <= lowest), default=1)
            self._domain = ((1 << self.size) - 1) & ~(start - 1)
        return self._domain

    def after(self, state: int, char: str) -> int:
        """The state after one more character."""
        stays = self.loops["any"] | self.loop_letters.get(char, 0)
        steps = self.steps["any"] | self.letters.get(char, 0)
        if char != ":":
            stays |= self.loops["part"]
            steps |= self.steps["part"]
        if char in _DIGITS:
            stays |= self.loops["digit"]
            steps |= self.steps["digit"]
        return self.pruned((state & stays) | (state & steps) << 1)

    def pruned(self, state: int) -> int:
        """The state without the places that a later ``*`` of the same pattern makes needless."""
        for bit in _bits(state & self.loops["any"]):
            if state & bit:
                state &= ~self.lower[bit]
        return state


def _bits(mask: int) -> Iterator[int]:
    """The single bits of a mask, highest first."""
    while mask:
        bit = 1 << (mask.bit_length() - 1)
        yield bit
        mask ^= bit
