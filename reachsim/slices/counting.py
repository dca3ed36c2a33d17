"""How many interfaces stand behind the bits of rows: each bit is a class, and counts for the members of its end.

A class counts for 1 to some dozens of interfaces. Written in binary that is a few masks over the row: the ones in the
row under each mask, times the mask's power of two, add up to the interfaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from reachsim.slices.atoms import Numbers, Small

BITS: Final[Small] = np.array([128 >> bit for bit in range(8)], np.uint8)
"""By place in a byte, as `numpy.packbits` has them."""
_WORD: Final = 8
"""Bytes that are counted at once."""


class Tally:
    """Counts the interfaces behind rows of bits.

    Args:
        classes_of: the classes of each end.
        sizes: the interfaces of each end.
        classes: how many there are.
    """

    def __init__(self, classes_of: Sequence[tuple[int, ...]], sizes: Numbers, classes: int) -> None:
        self.sizes = sizes
        single = np.array([len(mine) == 1 for mine in classes_of], np.bool_)
        weights = np.zeros(classes, np.int64)
        weights[np.array([mine[0] for mine in classes_of if len(mine) == 1], np.int64)] = sizes[single]
        self._masks = [
            (power, _words(np.packbits(weights >> power & 1)[None])) for power in range(int(weights.max()).bit_length())
        ]
        self._sizes_of_several = sizes[~single]
        self._of_several: Numbers = np.array([one for mine in classes_of if len(mine) > 1 for one in mine], np.int64)
        lengths = [len(mine) for mine in classes_of if len(mine) > 1]
        self._starts = np.cumsum([0, *lengths], dtype=np.int64)[:-1]

    def of(self, rows: Small) -> Numbers:
        """The interfaces behind each row: of an end with several classes where any of them is in the row."""
        words = _words(rows)
        found = np.zeros(len(rows), np.int64)
        for power, mask in self._masks:
            found += np.bitwise_count(words & mask).sum(axis=1, dtype=np.int64) << power
        if len(self._starts):
            held = rows[:, self._of_several >> 3] & BITS[self._of_several & 7]
            found += np.logical_or.reduceat(held != 0, self._starts, axis=1) @ self._sizes_of_several
        return found


def bit_of(rows: Small, place: Numbers, positions: Numbers) -> Numbers:
    """One bit of each row that ``place`` names, each at a position of its own."""
    found: Numbers = rows[place, positions >> 3].astype(np.int64) >> (7 - (positions & 7)) & 1
    return found


def _words(rows: Small) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    """Rows of bytes as rows of words, filled up with zeros."""
    wide = np.zeros((rows.shape[0], -(-rows.shape[1] // _WORD) * _WORD), np.uint8)
    wide[:, : rows.shape[1]] = rows
    return wide.view(np.uint64)
