"""The record of a capture: what was asked, when, with which outcome, and the SHA-256 of every file.

It is written anew while the capture runs, whole each time, so that what is on disk after a crash says what is known. A
file that it does not list, or lists with another sum, is asked for again. Messages of AWS are not kept: they may quote
anything. **Source:** DESIGN, "Snapshot format".
"""

from __future__ import annotations

from typing import Any

import msgspec

from reachsim.collect.outcome import KNOWN, Kind

FORMAT_VERSION = 1


class Entry(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One call (or one list of names that was lacking), by the file that it is for."""

    file: str
    outcome: Kind
    code: str = ""
    permission: str = ""
    at: str = ""

    @property
    def known(self) -> bool:
        return self.outcome in KNOWN


class Asked(msgspec.Struct, frozen=True, rename="camel"):
    """What decides the content of the files; a capture goes on only where these are the same."""

    vpcs: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()


class Record(msgspec.Struct, rename="camel"):
    """``snapshot.json`` of a capture."""

    tool: str
    started: str
    format_version: int = FORMAT_VERSION
    complete: bool = False
    finished: str | None = None
    asked: Asked = Asked()
    services: list[str] = []
    accounts: list[str] = []
    regions: list[str] = []
    calls: list[Entry] = []
    files: dict[str, str] = {}

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found
