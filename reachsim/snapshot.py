"""Snapshots on disk: a directory (or the same tree in a ``.zip``) of AWS API responses exactly as the AWS CLI prints
them.

    <account id>/<region>/<service>/<operation>.json
    <account id>/<region>/<service>/<operation>/<name>.json     one file per resource, "/" in a name written %2F
    <account id>/global/<service>/...
    code/<project>/...                                          optional: the build's own files
    snapshot.json                                               manifest, optional

This module knows which files there are, hands out their bytes, and tells "known to be absent" (``{"Error": {"Code":
"NoSuch…"}}``) from "not known" (refused, or no such file). What is in them is `reachsim.model`'s business. Nothing is
ever written. **Source:** DESIGN, "Snapshot format".
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, NoReturn
from weakref import WeakKeyDictionary

import msgspec

from reachsim.errors import Fault, SnapshotError
from reachsim.pages import PageEnd

Status = Literal["ok", "partial", "absent", "refused", "missing"]

_NAMED = re.compile(
    r"(?P<account>\d{12})/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/(?P<rest>[^/]+(?:/[^/]+)?)\.json"
)
_THERE_IS_NONE = ("NotFound", "NotFoundException", "NotFoundError", "NotFoundFault", "DoesNotExist",
                  "DoesNotExistException", "AWSOrganizationsNotInUseException")  # fmt: skip
"""How AWS's error codes end that say that the thing asked for does not exist; others begin with ``NoSuch``."""
_SINGLE_ANSWERS = frozenset({
    "ecr/get-registry-policy",
    "organizations/describe-organization",
    "s3control/get-public-access-block",
})  # fmt: skip
"""Calls without a name whose answer is one thing that may not exist. Every other call without a name lists: AWS answers
"there is none" with an empty list, so an error in such a file never means that."""
ERROR_SIZE = 65536
"""Bytes that a file with an ``Error`` has at most; a larger one is an answer."""


LARGE = 1 << 20
"""Bytes from which on a file is not searched for the mark of one page of several before somebody decodes it."""


class UnreadableMemberError(Exception):
    """What a reader of a zip's member raises; the text says why."""


class ErrorCode(msgspec.Struct, frozen=True, rename="pascal"):
    code: str = ""


class ErrorFile(msgspec.Struct, frozen=True, rename="pascal"):
    """What stands in a file whose call AWS refused, or answered with "there is none"."""

    error: ErrorCode


WITHIN_VPCS: Final = "vpcs"
"""What a planned note may concern alone: addresses of VPCs, which those of ``internet`` are none of."""


class Planned(msgspec.Struct, frozen=True, rename="camel"):
    """Something about a component that stands in for what AWS has yet to tell, or that nothing tells.

    ``only_to``: the AWS service (``s3``) that it concerns ways to, and no other, or `WITHIN_VPCS`; "" if it concerns
    all.
    """

    component: str
    code: str
    detail: str
    can_hide: Literal["leak", "block", "neither"] = "neither"
    only_to: str = ""


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """What ``snapshot.json`` says that matters to a verdict.

    ``started`` is when a capture began, ``complete`` whether it came to its end, ``accounts`` and ``regions`` whom it
    asks. ``planned`` and ``declared`` come from
    importers of plans and templates; ``declared`` tells where (``FILE:LINE``) a resource is declared. ``alone`` says
    that the lists hold what one plan or template declares, and not what else the account has. ``exports`` are the
    values that templates export, by name.
    """

    format_version: int = 1
    assume_defaults: bool = False
    started: str | None = None
    complete: bool = True
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    planned: tuple[Planned, ...] = ()
    declared: dict[str, str] = {}
    alone: bool = False
    exports: dict[str, str] = {}


class Snapshot:
    """The files of one snapshot, read when asked for.

    Build one with `open_snapshot` (a path) or `Snapshot.of` (bytes in memory).
    """

    def __init__(self, label: str, readers: Mapping[str, Callable[[], bytes]]) -> None:
        self.label = label
        self._readers = dict(sorted(readers.items()))
        self._at_hand = ("", b"")  # read for its status: who has asked for that mostly reads the file next
        self._errors: dict[str, ErrorFile | None] = {}
        self._partial: dict[str, bool] = {}
        self._statuses: dict[str, Status] = {}
        self._alike: WeakKeyDictionary[Snapshot, dict[str, bool]] = WeakKeyDictionary()
        self.manifest = self._read_manifest()

    @staticmethod
    def of(files: Mapping[str, bytes], label: str = "snapshot") -> Snapshot:
        return Snapshot(label, {name: _constant(data) for name, data in files.items()})

    def edited(self, files: Mapping[str, bytes], gone: Iterable[str] = ()) -> Snapshot:
        """The snapshot with these files in place of its own, and without those that are gone."""
        gone = frozenset(gone)
        kept = {path: reader for path, reader in self._readers.items() if path not in gone}
        return Snapshot(self.label, kept | {path: _constant(data) for path, data in files.items()})

    @property
    def paths(self) -> Iterable[str]:
        """Every file of the snapshot, sorted; those that the format does not name included."""
        return self._readers.keys()

    def named(self) -> Iterable[tuple[str, re.Match[str]]]:
        """The files that the format names, with their parts (account, region, service, rest)."""
        for path in self._readers:
            match = _NAMED.fullmatch(path)
            if match:
                yield path, match

    def accounts(self) -> tuple[str, ...]:
        return self._accounts

    @cached_property
    def _accounts(self) -> tuple[str, ...]:
        return tuple(sorted({match["account"] for _, match in self.named()}))

    def homes(self) -> tuple[tuple[str, str], ...]:
        """(account, Region) pairs that hold files, without ``global``."""
        return tuple(sorted({(m["account"], m["region"]) for _, m in self.named() if m["region"] != "global"}))

    def read(self, path: str) -> bytes:
        """The bytes of a file, without a byte order mark (PowerShell writes one). Raises SnapshotError."""
        if path not in self._readers:
            self.fail(path, "", "a file", "none")
        at_hand, self._at_hand = self._at_hand, ("", b"")
        return at_hand[1] if path == at_hand[0] else self._read(path)

    def _read(self, path: str) -> bytes:
        try:
            data = self._readers[path]().removeprefix(codecs.BOM_UTF8)
        except OSError as error:
            self.fail(path, "", "a readable file", error.strerror or str(error))
        except MemoryError:
            self.fail(path, "", "a file that fits into memory", "a larger one")
        except UnreadableMemberError as error:
            self.fail(path, "", "a readable member of the zip", str(error))
        if path not in self._errors:  # so that nobody reads it again to see whether it is one
            self._errors[path] = _decode_error(data) if len(data) < ERROR_SIZE and b'"Error"' in data else None
        if path not in self._partial and len(data) < LARGE:
            self._partial[path] = path.endswith(".json") and _goes_on(data)
        return data

    def holds(self, path: str) -> bool:
        """Whether there is such a file, whatever is in it."""
        return path in self._readers

    def alike(self, other: Snapshot, path: str) -> bool:
        """Whether both hold a file, and the same one byte for byte. Raises SnapshotError if it cannot be read."""
        mine, its = self._readers.get(path), other._readers.get(path)
        if mine is None or its is None or mine is its:
            return mine is not None and mine is its
        known = self._alike.setdefault(other, {})
        if path not in known:
            known[path] = self.read(path) == other.read(path)
        return known[path]

    def status(self, path: str) -> Status:
        """``ok``, ``partial`` (one page of several: what it lacks cannot be told), ``absent`` (AWS said there is none),
        ``refused`` (AWS did not answer) or ``missing`` (no file).

        Only the error codes that say "there is none", of a call about one thing, count as ``absent``; all others
        (refusals, throttling, mistakes in the call, codes that we do not know) leave the question open.
        """
        if path not in self._statuses:
            self._statuses[path] = self._status(path)
        return self._statuses[path]

    def _status(self, path: str) -> Status:
        if path not in self._readers:
            return "missing"
        error = self._error(path)
        if error is None:
            return "partial" if self.partial(path) else "ok"
        return "absent" if _may_be_absent(path) and there_is_none(error.error.code) else "refused"

    def partial(self, path: str) -> bool:
        """Whether a file that is there holds one page of an answer that goes on (``NextToken`` and the like)."""
        if path not in self._partial:
            data = self.read(path)
            self._partial.setdefault(path, path.endswith(".json") and _goes_on(data))
        return self._partial[path]

    def seen_partial(self, path: str) -> bool:
        """Whether a file is known to be `partial`, from what has been read of it."""
        return self._partial.get(path, False)

    def note_like(self, other: Snapshot, path: str) -> None:
        """Take over what another snapshot knows of a file that is the same in both."""
        if path in other._errors:
            self._errors.setdefault(path, other._errors[path])
        if path in other._partial:
            self._partial.setdefault(path, other._partial[path])

    def note_partial(self, path: str, partial: bool) -> None:
        """Take from whoever decodes a file whether it is `partial`, so that it is not searched besides."""
        self._partial.setdefault(path, partial)

    def known(self, path: str) -> bool:
        """Whether the question behind the file was answered, if only by "there is none"."""
        return self.status(path) in ("ok", "absent")

    def children(self, account: str, region: str, service: str, operation: str) -> Iterable[tuple[str, str]]:
        """(name, path) of the per-resource files of an operation."""
        prefix = f"{account}/{region}/{service}/{operation}/"
        for path in self._readers:
            if path.startswith(prefix) and path.endswith(".json"):
                yield path[len(prefix) : -len(".json")].replace("%2F", "/"), path

    def fail(self, path: str, pointer: str, expected: str, found: str) -> NoReturn:
        raise SnapshotError(Fault(path, pointer, expected, found))

    def _error(self, path: str) -> ErrorFile | None:
        if path not in self._errors:
            data = self._read(path)
            self._at_hand = (path, data) if len(data) < LARGE else ("", b"")
        return self._errors[path]

    def _read_manifest(self) -> Manifest:
        if "snapshot.json" not in self._readers:
            return Manifest()
        try:
            manifest = msgspec.json.decode(self.read("snapshot.json"), type=Manifest)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self.fail("snapshot.json", "", "a reachsim manifest", str(error))
        if manifest.format_version != 1:
            self.fail("snapshot.json", "/formatVersion", "format version 1", str(manifest.format_version))
        return manifest


def _constant(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def _goes_on(data: bytes) -> bool:
    if not any(word in data for word in (b'extToken"', b'"NextMarker"', b'"IsTruncated"')):
        return False
    try:
        return msgspec.json.decode(data, type=PageEnd).goes_on
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # whoever decodes it says what is wrong
        return False


def _decode_error(data: bytes) -> ErrorFile | None:
    """The error that the file holds, without a code if that is no text; None if it is no such file."""
    try:
        return msgspec.json.decode(data, type=ErrorFile)
    except msgspec.ValidationError as error:
        return ErrorFile(ErrorCode()) if "$.Error" in str(error) else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def there_is_none(code: str) -> bool:
    """Whether an error code of AWS says that the thing asked for does not exist."""
    return code.startswith("NoSuch") or code.endswith(_THERE_IS_NONE)


def _may_be_absent(path: str) -> bool:
    match = _NAMED.fullmatch(path)
    return match is not None and ("/" in match["rest"] or f"{match['service']}/{match['rest']}" in _SINGLE_ANSWERS)


def open_snapshot(path: str | os.PathLike[str], *, manifest: bool = True) -> Snapshot:
    """Open a snapshot directory or zip file. Reads only names and the manifest, or, if told so, no manifest either.

    Raises SnapshotError if there is no such directory or zip, if it holds files, but neither a manifest nor one that
    the format names, if part of it cannot be read, or if a zip holds names that would leave it, twice the same name, or
    more than 4 GiB. Of an empty one nothing is known.
    """
    place = Path(path)
    if place.is_dir():
        return _opened(path, _directory(place), manifest)
    expected = "a snapshot directory or .zip file"
    if not place.exists():
        raise SnapshotError(Fault(str(path), "", expected, "nothing there"))
    if not place.is_file():
        raise SnapshotError(Fault(str(path), "", expected, "neither"))
    try:
        from reachsim.archive import members_of  # a directory needs no unpacking

        return _opened(path, members_of(place), manifest)
    except OSError as error:
        raise SnapshotError(Fault(str(path), "", "a readable file", error.strerror or str(error))) from error


def _opened(path: str | os.PathLike[str], readers: Mapping[str, Callable[[], bytes]], manifest: bool) -> Snapshot:
    if readers and "snapshot.json" not in readers and not any(map(_NAMED.fullmatch, readers)):
        expected = "a snapshot: files named ACCOUNT/REGION/SERVICE/CALL.json"
        raise SnapshotError(Fault(str(path), "", expected, _instead(readers)))
    kept = {name: reader for name, reader in readers.items() if manifest or name != "snapshot.json"}
    return Snapshot(str(path), kept)


def _instead(names: Iterable[str]) -> str:
    """What a folder holds that is no snapshot: other folders that are, it may be."""
    parts = (name.rsplit("/", count) for name in names for count in (4, 5))
    below = sorted({folder for folder, *rest in parts if _NAMED.fullmatch("/".join(rest))})
    if not below:
        return "no file with such a name"
    return f"snapshots below it: {', '.join(below[:3])}{', …' if len(below) > 3 else ''}"


def _directory(root: Path) -> dict[str, Callable[[], bytes]]:
    def unreadable(error: OSError) -> NoReturn:
        place = Path(error.filename or root).relative_to(root).as_posix()
        raise SnapshotError(Fault(place, "", "a readable folder", error.strerror or str(error)))

    readers: dict[str, Callable[[], bytes]] = {}
    identity = _identity(root)
    for folder, _, names in os.walk(root, onerror=unreadable):
        place = Path(folder)
        below = place.relative_to(root)
        for name in names:
            readers[f"{below.as_posix()}/{name}" if below.parts else name] = _file(place / name, root, identity)
    return readers


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino


def _file(file: Path, root: Path, identity: tuple[int, int]) -> Callable[[], bytes]:
    def read() -> bytes:
        found = file.lstat()
        if stat.S_ISLNK(found.st_mode):
            if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(root)):
                # a stranger's could cite any file of the reader's
                raise OSError("a symbolic link that leaves the snapshot")
            found = file.stat()
        if not stat.S_ISREG(found.st_mode):  # reading a pipe or device may never end
            raise OSError("a pipe, socket or device")
        data = file.read_bytes()
        if _identity(root) != identity:  # half of the old one and half of the new one would be neither
            raise OSError("of another snapshot, which took the place of this one while it was read")
        return data

    return read
