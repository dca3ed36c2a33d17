"""Where the records of a snapshot stand: by id, worked out when asked for, as a large file holds very many."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import count, repeat

from msgspec import Struct

Home = tuple[str, str]
"""Account and Region whose files a resource was found in."""


class Place(Struct, frozen=True):
    """Where a record stands in the snapshot."""

    home: Home
    file: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.file}#{self.pointer}"


class Places(Mapping[str, Place]):
    """The places of records by their ids; what is said of an id last holds."""

    def __init__(self) -> None:
        self._listed: dict[str, tuple[tuple[Home, str, str], int]] = {}
        self._made: dict[str, Place] = {}

    def listed(self, names: Collection[str], home: Home, file: str, key: str) -> None:
        """The records of a file, which stand in a list under a key, in this order."""
        self._listed.update(zip(names, zip(repeat((home, file, key)), count()), strict=False))
        for name in [name for name in self._made if name in names]:
            del self._made[name]

    def __setitem__(self, name: str, place: Place) -> None:
        self._listed.setdefault(name, ((place.home, place.file, ""), 0))
        self._made[name] = place

    def __getitem__(self, name: str) -> Place:
        made = self._made.get(name)
        if made is None:
            (home, file, key), index = self._listed[name]
            made = self._made[name] = Place(home, file, f"/{key}/{index}")
        return made

    def home(self, name: str) -> Home:
        """Account and Region of a record. Raises KeyError for an id that stands nowhere."""
        made = self._made.get(name)
        return made.home if made is not None else self._listed[name][0][0]

    def known_home(self, name: str) -> Home | None:
        """Like `home`; None for an id that stands nowhere."""
        return self.home(name) if name in self._listed else None

    def __contains__(self, name: object) -> bool:
        return name in self._listed

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)
