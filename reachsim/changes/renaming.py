"""A snapshot under other names: the ids of re-created resources, another account's id, another Region's name.

Names are exchanged one for one, so what comes out says the same as what went in: where an account or Region takes the
other's name, the other's name, if it occurs, takes its.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from reachsim.snapshot import Snapshot

Names = Mapping[str, str]

_WORD: Final = re.compile(rb"[\w-]+")
_OWN_NAME: Final = re.compile(rb"vpce-[0-9a-z]+-[0-9a-z]+")
_ID: Final = re.compile(rb"((?:[a-z]+-){1,8})([0-9a-f]{8,17})(?![0-9a-z])")
_ACCOUNT: Final = re.compile(rb"(?<!\d)\d{12}(?!\d)")


@dataclass(frozen=True)
class Renaming:
    """Old name → new name.

    Attributes:
        ids: Of resources.
        own_names: ``vpce-ID-SUFFIX``, with which the DNS names of an endpoint begin.
        accounts: Of accounts.
        regions: Of Regions; the names of their Availability Zones follow.
    """

    ids: Names = field(default_factory=dict)
    own_names: Names = field(default_factory=dict)
    accounts: Names = field(default_factory=dict)
    regions: Names = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.ids or self.accounts or self.regions)

    def text(self, value: str) -> str:
        """A text, such as a name or a path, under the new names."""
        return self.data(value.encode()).decode()

    def data(self, data: bytes) -> bytes:
        """A file's contents under the new names."""
        return _WORD.sub(lambda match: self._word(match[0]), data)

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with names replaced in its files and their paths."""
        if not self:
            return snapshot
        changed: dict[str, bytes] = {}
        gone: list[str] = []
        for path in snapshot.paths:
            name, data = self.text(path), snapshot.read(path)
            text = self.data(data)
            if name != path:
                gone.append(path)
            if name != path or text != data:
                changed[name] = text
        return snapshot.edited(changed, gone)

    def _word(self, word: bytes) -> bytes:
        if word in self._exact:
            return self._exact[word]
        own = _OWN_NAME.match(word)
        if own is not None and own[0] in self._own:
            return self._own[own[0]] + self._inside(word[own.end() :])
        return self._inside(word)

    def _inside(self, word: bytes) -> bytes:
        """A word of several names, such as a bucket's with account and Region in it."""
        if self.ids and b"-" in word:
            word = _ID.sub(self._id, word)
        if self.accounts:
            word = _ACCOUNT.sub(lambda match: self._exact.get(match[0], match[0]), word)
        return self._region.sub(lambda match: self._exact[match[0]], word) if self.regions else word

    def _id(self, match: re.Match[bytes]) -> bytes:
        parts = match[1].split(b"-")[:-1]
        for at in range(len(parts) - 1, -1, -1):
            name = b"-".join((*parts[at:], match[2]))
            if name in self._exact:
                return b"".join((*(part + b"-" for part in parts[:at]), self._exact[name]))
        return match[0]

    @cached_property
    def _exact(self) -> dict[bytes, bytes]:
        both = _encoded({**self.accounts, **self.regions})
        return _encoded(self.ids) | {new: old for old, new in both.items()} | both

    @cached_property
    def _own(self) -> dict[bytes, bytes]:
        return _encoded(self.own_names)

    @cached_property
    def _region(self) -> re.Pattern[bytes]:
        either = b"|".join(re.escape(one.encode()) for pair in self.regions.items() for one in pair)
        return re.compile(rb"(?<![0-9a-z])(?:" + either + rb")(?![0-9])")


def own_name(dns_names: Iterable[str]) -> str:
    """``vpce-ID-SUFFIX`` of an endpoint's DNS names, or nothing.

    >>> own_name(["vpce-0a-1b.logs.us-east-1.vpce.amazonaws.com"])
    'vpce-0a-1b'
    """
    starts = (_OWN_NAME.match(one.encode()) for one in dns_names)
    return next((match[0].decode() for match in starts if match), "")


def _encoded(names: Names) -> dict[bytes, bytes]:
    return {old.encode(): new.encode() for old, new in names.items()}
