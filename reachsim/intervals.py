"""An immutable set of integers, kept as sorted inclusive spans; the algebra that everything else stands on.

Canonical by construction: spans are sorted, disjoint and not adjacent, so ``==`` and ``hash`` mean "the same set".
Knows nothing of addresses, ports or AWS.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter
from typing import Final

Span = tuple[int, int]
_LOPSIDED: Final = 8
"""From how many times more spans on looking up is quicker than going through."""
_NOWHERE: Final = (1 << 256, -(1 << 256))
"""Bounds of the empty set, which no other set reaches."""
_MANY: Final = 64
"""From how many spans on results are kept."""
_low, _high = itemgetter(0), itemgetter(1)


class IntervalSet:
    """A set of integers. Build one with `of`, `single`, `span` or the operators ``| & -``.

    >>> ports = IntervalSet.of([(1, 5), (6, 9), (20, 20)])
    >>> ports.spans
    ((1, 9), (20, 20))
    >>> (ports - IntervalSet.single(5)).spans
    ((1, 4), (6, 9), (20, 20))
    """

    __slots__ = ("_hash", "_high", "_low", "spans")

    spans: tuple[Span, ...]

    def __init__(self, spans: tuple[Span, ...]) -> None:
        # Canonical spans only: the named constructors and operators see to it.
        self.spans = spans
        self._hash = hash(spans)
        self._low, self._high = (spans[0][0], spans[-1][1]) if spans else _NOWHERE

    @staticmethod
    def of(spans: Iterable[Span]) -> IntervalSet:
        """The union of inclusive spans in any order. Raises ValueError for a span that ends before it starts.

        >>> IntervalSet.of([(80, 90), (22, 22), (91, 95)])
        IntervalSet([(22, 22), (80, 95)])
        """
        return IntervalSet(_canonical(sorted(spans)))

    @staticmethod
    def single(value: int) -> IntervalSet:
        """The set of one integer."""
        return IntervalSet(((value, value),))

    @staticmethod
    def span(low: int, high: int) -> IntervalSet:
        """All integers from ``low`` to ``high``, both included; empty if ``low > high``.

        >>> IntervalSet.span(1024, 65535).size
        64512
        """
        return IntervalSet(((low, high),)) if low <= high else EMPTY

    @staticmethod
    def union_of(sets: Iterable[IntervalSet]) -> IntervalSet:
        """The union of any number of sets, sorted once."""
        return IntervalSet.of(span for one in sets for span in one.spans)

    def __or__(self, other: IntervalSet) -> IntervalSet:
        if not self.spans or self is other:
            return other
        if not other.spans:
            return self
        return IntervalSet(_canonical(sorted(self.spans + other.spans)))

    def __and__(self, other: IntervalSet) -> IntervalSet:
        if self._high < other._low or other._high < self._low:
            return EMPTY
        left, right = self.spans, other.spans
        if self is other or (len(right) == 1 and other._low <= self._low and self._high <= other._high):
            return self
        if len(left) == 1 and self._low <= other._low and other._high <= self._high:
            return other
        if self._low == self._high:
            return self if self._low in other else EMPTY
        if len(left) + len(right) > _MANY:
            return _kept_intersection(self, other)
        return _intersection(self, other)

    def __sub__(self, other: IntervalSet) -> IntervalSet:
        if self._high < other._low or other._high < self._low:
            return self
        left, right = self.spans, other.spans
        if self is other or (len(right) == 1 and other._low <= self._low and self._high <= other._high):
            return EMPTY
        return _kept_difference(self, other) if len(left) + len(right) > _MANY else _difference(self, other)

    def shift(self, by: int) -> IntervalSet:
        """Every member plus ``by``.

        >>> IntervalSet.span(0, 5).shift(10)
        IntervalSet([(10, 15)])
        """
        return IntervalSet(tuple((low + by, high + by) for low, high in self.spans))

    def isdisjoint(self, other: IntervalSet) -> bool:
        """Whether no integer is in both."""
        return not (self & other).spans

    def __le__(self, other: IntervalSet) -> bool:
        """Whether every member is one of ``other``."""
        if len(other.spans) == 1:
            return other._low <= self._low and self._high <= other._high
        return not (self - other).spans

    def __contains__(self, value: int) -> bool:
        place = bisect_right(self.spans, value, key=_low)
        return place > 0 and value <= self.spans[place - 1][1]

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __len__(self) -> int:
        """Number of spans. For the number of members see `size` (it may exceed what ``len`` can return)."""
        return len(self.spans)

    @property
    def size(self) -> int:
        """Number of members."""
        if len(self.spans) == 1:
            low, high = self.spans[0]
            return high - low + 1
        return sum(high - low + 1 for low, high in self.spans)

    @property
    def is_single(self) -> bool:
        """Whether it has exactly one member."""
        return self._low == self._high

    @property
    def first(self) -> int:
        """The least member. Raises ValueError for the empty set."""
        if not self.spans:
            raise ValueError("the empty set has no first member")
        return self._low

    def __iter__(self) -> Iterator[int]:
        """Members in order (think before iterating over an address block)."""
        for low, high in self.spans:
            yield from range(low, high + 1)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, IntervalSet) and self._hash == other._hash and self.spans == other.spans

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"IntervalSet({list(self.spans)})"


class Index:
    """Sets by what they hold: which of them meet another set. Quickest where they are disjoint.

    >>> index = Index([IntervalSet.span(1, 5), IntervalSet.of([(8, 9), (20, 30)])])
    >>> index.meeting(IntervalSet.span(6, 21)), index.meeting(IntervalSet.single(6))
    ([1], [])
    """

    def __init__(self, sets: Iterable[IntervalSet]) -> None:
        spans = sorted((low, high, place) for place, one in enumerate(sets) for low, high in one.spans)
        self._lows = [low for low, _, _ in spans]
        self._highs = [high for _, high, _ in spans]
        self._highest = [*accumulate(self._highs, max)]
        self._in_order = self._highest == self._highs  # as those of disjoint sets are
        self._places = [place for _, _, place in spans]

    def meeting(self, other: IntervalSet) -> list[int]:
        """The places of the sets that have a member in common with another set, in order."""
        lows, highs, places, spans = self._lows, self._highs, self._places, other.spans
        if len(spans) == 1:
            low, high = spans[0]
            first = bisect_left(self._highest, low)
            if first == len(lows) or high < lows[first]:
                return []
            if first + 1 == len(lows) or high < lows[first + 1]:
                return [places[first]]
        found: set[int] = set()
        if len(spans) > len(lows):  # as many look-ups as the shorter of the two has spans
            for low, high, place in zip(lows, highs, places, strict=True):
                first = bisect_left(spans, low, key=_high)
                if first < len(spans) and spans[first][0] <= high:
                    found.add(place)
            return sorted(found)
        for low, high in spans:
            first = bisect_left(self._highest, low)
            last = bisect_right(lows, high, first)
            if self._in_order:
                found.update(places[first:last])
            else:
                found.update(places[at] for at in range(first, last) if highs[at] >= low)
        return sorted(found)


def _intersection(one: IntervalSet, other: IntervalSet) -> IntervalSet:
    left, right = one.spans, other.spans
    if len(left) > _LOPSIDED * len(right):
        return _cut(left, right)
    if len(right) > _LOPSIDED * len(left):
        return _cut(right, left)
    found: list[Span] = []
    i, j, lefts, rights = 0, 0, len(left), len(right)
    while i < lefts and j < rights:
        (low, high), (start, end) = left[i], right[j]
        if high < end:
            i += 1
        else:
            high = end
            j += 1
        if start > low:
            low = start
        if low <= high:
            found.append((low, high))
    return IntervalSet(tuple(found)) if found else EMPTY


def _difference(one: IntervalSet, other: IntervalSet) -> IntervalSet:
    kept: list[Span] = []
    right = other.spans
    if len(right) > _LOPSIDED * len(one.spans):
        right = _near(right, one.spans[0][0], one.spans[-1][1])
    j, rights = 0, len(right)
    for low, high in one.spans:
        while j < rights and right[j][1] < low:
            j += 1
        k = j
        while k < rights and right[k][0] <= high:
            if right[k][0] > low:
                kept.append((low, right[k][0] - 1))
            low = right[k][1] + 1
            k += 1
        if low <= high:
            kept.append((low, high))
    return IntervalSet(tuple(kept)) if kept else EMPTY


# Wide sets (the internet without what is ours) meet the same others in one question after another.
_kept_intersection = lru_cache(maxsize=4096)(_intersection)
_kept_difference = lru_cache(maxsize=4096)(_difference)


def _near(spans: tuple[Span, ...], low: int, high: int) -> tuple[Span, ...]:
    """The spans that reach into ``low`` to ``high``."""
    return spans[bisect_left(spans, low, key=_high) : bisect_right(spans, high, key=_low)]


def _cut(many: tuple[Span, ...], few: tuple[Span, ...]) -> IntervalSet:
    found: list[Span] = []
    for low, high in few:
        inside = _near(many, low, high)
        if inside:
            first, last = inside[0], inside[-1]
            if first[0] >= low and last[1] <= high:
                found += inside
            else:
                found += [(max(low, start), min(high, end)) for start, end in inside]
    return IntervalSet(tuple(found)) if found else EMPTY


def _canonical(ordered: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for low, high in ordered:
        if low > high:
            raise ValueError(f"span ends before it starts: {low}..{high}")
        if merged and low <= merged[-1][1] + 1:
            if high > merged[-1][1]:
                merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return tuple(merged)


EMPTY: Final = IntervalSet(())
