"""Why cells are not known: which files are missing, as numbers that fit into rows."""

from __future__ import annotations

from collections.abc import Iterable

from reachsim.evidence import Gap


class Doubts:
    """Sets of missing files by number. 0 is no doubt at all; a doubt that no file would settle has an empty set."""

    def __init__(self) -> None:
        self._files: list[tuple[str, ...]] = [(), ()]
        self._numbers: dict[tuple[str, ...], int] = {(): 1}

    def number(self, gaps: Iterable[Gap]) -> int:
        """The number of these gaps together."""
        gaps = tuple(gaps)
        return self._number({path for gap in gaps for path in gap.missing}) if gaps else 0

    def files(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """The files behind several doubts, sorted."""
        return tuple(sorted({path for number in numbers for path in self._files[number]}))

    def _number(self, files: set[str]) -> int:
        key = tuple(sorted(files))
        if key not in self._numbers:
            self._numbers[key] = len(self._files)
            self._files.append(key)
        return self._numbers[key]
