"""What every importer ends with: answers by place, turned into the files of a snapshot with its manifest, and a report.

**Source:** DESIGN, "Snapshot format".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import msgspec

Document = dict[str, Any]
Place = tuple[str, str]
"""Account id and Region."""
Answers = dict[Place, dict[str, Document]]
"""Per place: answer by ``service/operation`` or ``service/operation/name``."""

FORMAT_VERSION = 1
TOOL = "reachsim 0.1.0"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file (or a part of one, as ``FILE#/pointer``) that was not imported, and why."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    ``files`` are the paths written, below ``out``; ``derived`` those among them that hold records which the source only
    implies; ``warnings`` are full sentences for a person.
    """

    out: Path
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    files: tuple[str, ...]
    derived: tuple[str, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    warnings: tuple[str, ...] = ()


def json_bytes(value: object) -> bytes:
    """JSON as our files have it: two spaces, UTF-8, keys in the order given, a line feed at the end.

    >>> json_bytes({"Vpcs": [], "Name": "東京"}).decode()
    '{\\n  "Vpcs": [],\\n  "Name": "東京"\\n}\\n'
    """
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def is_name(value: object) -> TypeGuard[str]:
    """Whether an id or a resource's name may stand in a path as it is: no "/", nothing that a file system minds.

    >>> is_name("tgw-rtb-0ab"), is_name("../../etc/passwd"), is_name(None)
    (True, False, False)
    """
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._-]{1,128}", value) is not None


def path_of(place: Place, call: str) -> str:
    """The path of one answer within a snapshot.

    >>> path_of(("123456789012", "eu-west-1"), "ec2/describe-vpcs")
    '123456789012/eu-west-1/ec2/describe-vpcs.json'
    """
    return "/".join((*place, f"{call}.json"))


def merge(into: Document, more: Document) -> None:
    """Add an answer to another: records that it doesn't have yet, keys that it lacks (or has as false, null, empty)."""
    for key, value in more.items():
        if isinstance(value, list) and isinstance(into.get(key), list):
            seen = {msgspec.json.encode(one) for one in into[key]}
            into[key] = into[key] + [one for one in value if msgspec.json.encode(one) not in seen]
        else:
            into[key] = into.get(key) or value


def snapshot_files(
    answers: Answers, *, imported_from: str, derived: Collection[str], assume_defaults: bool = True
) -> Mapping[str, bytes]:
    """The files of a snapshot, the manifest first.

    The manifest has no time in it: the same source gives the same bytes. ``assume_defaults``: the source cannot hold
    DNS attributes and the like, so AWS's defaults count; see "What a verdict needs" in DESIGN.
    """
    files = {
        path_of(place, call): json_bytes(document)
        for place, documents in sorted(answers.items())
        for call, document in sorted(documents.items())
    }
    manifest = {
        "formatVersion": FORMAT_VERSION,
        "tool": TOOL,
        "importedFrom": imported_from,
        "assumeDefaults": assume_defaults,
        "accounts": sorted({account for account, _ in answers}),
        "regions": sorted({region for _, region in answers}),
        "calls": [{"file": path, "outcome": "derived" if path in derived else "ok"} for path in files],
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in files.items()},
    }
    return {"snapshot.json": json_bytes(manifest)} | files
