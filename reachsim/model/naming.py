"""The names of resources as people know them: Name tags and names of security groups, read when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

import msgspec


class Names(Mapping[str, str]):
    """Names by id, of the resources that have one. Of an id in several collections, the last one's."""

    def __init__(self, *collections: Mapping[str, msgspec.Struct]) -> None:
        self._collections, self._last_first = collections, collections[::-1]
        self._known: dict[str, str] = {}
        self.label: Callable[[str], str] = cache(self._label)

    def _name(self, resource_id: str) -> str:
        """The name; empty if there is none."""
        if resource_id not in self._known:
            held = [one[resource_id] for one in self._last_first if resource_id in one]
            self._known[resource_id] = next(filter(None, map(name_of, held)), "")
        return self._known[resource_id]

    def _label(self, resource_id: str) -> str:
        """The id with the name behind it."""
        name = self._name(resource_id)
        return f"{resource_id} ({name})" if name else resource_id

    def __getitem__(self, resource_id: str) -> str:
        name = self._name(resource_id)
        if not name:
            raise KeyError(resource_id)
        return name

    def __iter__(self) -> Iterator[str]:
        ids = dict.fromkeys(resource_id for one in self._collections for resource_id in one)
        return (resource_id for resource_id in ids if self._name(resource_id))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def name_of(record: msgspec.Struct) -> str:
    """The Name tag of a record, or else its own name, without what cannot be printed."""
    name: str = getattr(record, "group_name", None) or ""
    for tag in getattr(record, "tags", ()) or getattr(record, "tag_set", ()):
        if tag.key == "Name" and (tag.value or name):
            name = tag.value or name
            break
    return name if name.isprintable() else "".join(c for c in name if c.isprintable())
