"""Snapshots in a zip: its members by their names within the snapshot, nothing unpacked to disk."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from reachsim.errors import Fault, SnapshotError
from reachsim.snapshot import UnreadableMemberError

MAX_UNPACKED = 4 << 30
"""Bytes that a zip may unpack to in all."""


def members_of(file: Path) -> dict[str, Callable[[], bytes]]:
    """Readers of the members, by path within the snapshot.

    Raises SnapshotError for a file that is no zip, and for one that `reachsim.snapshot.open_snapshot` refuses; readers
    raise UnreadableMemberError.
    """
    if not zipfile.is_zipfile(file):
        raise SnapshotError(Fault(str(file), "", "a snapshot directory or .zip file", "a file that is no zip"))
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise SnapshotError(Fault(str(file), "", "a readable zip", str(error))) from error
    members = [member for member in archive.infolist() if not member.filename.endswith("/")]
    names: set[str] = set()
    for member in members:
        _check_member(file, member)
        if member.filename in names:
            raise SnapshotError(Fault(str(file), "", "each name once in the zip", f"{member.filename!a} twice"))
        names.add(member.filename)
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise SnapshotError(Fault(str(file), "", "a zip that unpacks to at most 4 GiB", "a larger one"))
    prefix = _common_folder([member.filename for member in members])
    return {member.filename[len(prefix) :]: _member(archive, member) for member in members}


def _check_member(file: Path, member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    path = PurePosixPath(name)
    hostile = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name.split("/")[0] or "\0" in name
    if hostile:
        raise SnapshotError(Fault(str(file), "", "names inside the zip that stay in it", ascii(name)))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise SnapshotError(Fault(str(file), "", "plain files in the zip", f"the symbolic link {name!a}"))


def _common_folder(names: list[str]) -> str:
    """``NAME/`` if every member lies in one folder that is no account id, else nothing."""
    tops = {name.split("/")[0] for name in names}
    if len(tops) != 1 or any("/" not in name for name in names):
        return ""
    top = tops.pop()
    return "" if re.fullmatch(r"\d{12}", top) else f"{top}/"


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with archive.open(member) as opened:
                data = opened.read(member.file_size)  # never more than it says to be: a liar cannot fill the memory
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise UnreadableMemberError(str(error)) from error
        if len(data) < member.file_size:
            raise UnreadableMemberError(f"{len(data)} bytes instead of {member.file_size}")
        return data

    return read
