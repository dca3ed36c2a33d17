"""Addresses in order, cut where any rule names an address.

Between two bounds (ends of the blocks that anything names) no rule tells addresses apart: an *atom*.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from reachsim.addresses import V6_BASE
from reachsim.intervals import IntervalSet

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Small = npt.NDArray[np.uint8]


class Atoms:
    """The atoms that somebody's addresses are in.

    Args:
        sets: what is named.
        v4: addresses in use, of IPv4.
        v6: the others, which are too large for an array.
    """

    def __init__(self, sets: Iterable[IntervalSet], v4: Numbers, v6: Iterable[int]) -> None:
        spans = {span for one in set(sets) for span in one.spans}
        self._bounds = sorted({edge for low, high in spans for edge in (low, high + 1)})
        self._v4_bounds: Numbers = np.array(self._bounds[: bisect_left(self._bounds, V6_BASE)], np.int64)
        beyond: Numbers = np.array([bisect_right(self._bounds, number) for number in v6], np.int64)
        self._places = np.unique(np.concatenate([self._between(v4), beyond]))
        self._index = {place: index for index, place in enumerate(self._places.tolist())}
        self.lows = [self._bounds[place - 1] if place else 0 for place in self._index]
        self.count = len(self.lows)

    def of(self, address: int) -> int:
        """The atom of an address in use."""
        return self._index[bisect_right(self._bounds, address)]

    def of_v4(self, addresses: Numbers) -> Numbers:
        """The atoms of IPv4 addresses in use."""
        return np.searchsorted(self._places, self._between(addresses))

    def slices(self, addresses: IntervalSet) -> list[tuple[int, int]]:
        """The atoms in a set whose edges are bounds, as half-open ranges."""
        lows = self.lows
        found = []
        for low, high in addresses.spans:
            start, end = bisect_left(lows, low), bisect_right(lows, high)
            if start < end:
                found.append((start, end))
        return found

    def cut(self, addresses: IntervalSet) -> list[int]:
        """The atoms that a set holds only part of."""
        edges = [edge for low, high in addresses.spans for edge in (low, high + 1)]
        places = (bisect_right(self._bounds, edge) for edge in edges if not self._is_bound(edge))
        return [self._index[place] for place in places if place in self._index]

    def row(self, addresses: IntervalSet) -> Bools:
        """The atoms in a set, as a row."""
        row = np.zeros(self.count, np.bool_)
        for start, end in self.slices(addresses):
            row[start:end] = True
        return row

    def _is_bound(self, edge: int) -> bool:
        place = bisect_left(self._bounds, edge)
        return place < len(self._bounds) and self._bounds[place] == edge

    def _between(self, addresses: Numbers) -> Numbers:
        """Between which bounds IPv4 addresses lie: how many bounds are no greater than each."""
        return np.searchsorted(self._v4_bounds, addresses, side="right")
