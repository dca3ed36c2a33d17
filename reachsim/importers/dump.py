"""Finding and reading the files of a dump: folders of JSON that somebody else wrote, so nothing in them is trusted.

Not followed: symbolic links that lead out of the source folder. Not read: what isn't a regular file, hidden files,
names that don't end in ``.json``. **Source:** Batfish's documented layout (``aws_configs/[region/]``,
``aws_configs/accounts/``).
"""

from __future__ import annotations

import codecs
import json
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from reachsim.errors import Fault, QuestionError, SnapshotError
from reachsim.importers.places import is_region, named_in
from reachsim.importers.tree import Ignored
from reachsim.inputs import read_input

TOP = "aws_configs"
MAX_BYTES = 1 << 30
"""Larger files are refused: decoding takes several times their size in memory."""


@dataclass(frozen=True, slots=True)
class Found:
    """One JSON file of the dump. ``scope`` is the name of its account folder ("" without one)."""

    path: Path
    name: str
    scope: str
    region: str | None


def shown(text: str) -> str:
    """A file's name on one line, whatever characters it holds.

    >>> shown("us-east-1/Vpcs.json"), shown("a\\nb.json")
    ('us-east-1/Vpcs.json', 'a\\\\nb.json')
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def find_files(source: Path) -> tuple[list[Found], list[Ignored]]:
    """The JSON files of a dump, sorted, and what lies beside them unused.

    Args:
        source: The folder that holds ``aws_configs/``, or that folder itself.

    Raises:
        SnapshotError: There is no such folder.
    """
    where, top = _top(source)
    found: list[Found] = []
    ignored: list[Ignored] = []
    for entry in _entries(top, where, ignored):
        if not entry.is_dir():
            _add(found, ignored, entry, where, "", None)
        elif is_region(entry.name):
            _add_files(found, ignored, entry, where, "", entry.name)
        elif entry.name == "accounts":
            _add_accounts(found, ignored, entry, where)
        else:
            ignored.append(Ignored(_name(entry, where), "this folder is neither a Region nor accounts/"))
    return found, ignored


def find_loose(source: Path, endings: Collection[str] = (".json",)) -> tuple[list[Found], list[Ignored]]:
    """Every JSON file below a folder, sorted, whatever the folders are called, and what lies beside them unused.

    Args:
        source: A folder, or one file. An account and a Region in the names of folders on the way count as such.
        endings: How the names of such files end, in small letters; "" is a name without an ending.

    Raises:
        SnapshotError: There is no such file or folder.
    """
    try:
        where = source.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise SnapshotError(Fault(shown(str(source)), "", "a folder of .json files", "nothing there")) from error
    found: list[Found] = []
    ignored: list[Ignored] = []
    if where.is_dir():
        _add_below(found, ignored, where, where, endings)
    else:
        _add(found, ignored, where, where.parent, "", None, endings)
    return found, ignored


def read_json(file: Found) -> dict[str, Any] | list[Any]:
    """The decoded content of one file: an object or a list.

    Raises:
        SnapshotError: It cannot be read, is too large, or is no such JSON.
    """
    values = read_values(file)
    if len(values) > 1:
        raise SnapshotError(Fault(file.name, "", "one JSON value", f"{len(values)}, one behind the other"))
    if isinstance(values[0], dict | list):
        return values[0]
    raise SnapshotError(Fault(file.name, "", "a JSON object or list", kind_of(values[0])))


def read_values(file: Found) -> list[Any]:
    """The JSON values of one file, of which several may stand one behind the other, as pages and lines do.

    Raises:
        SnapshotError: It cannot be read, is too large, or is no JSON.
    """
    return values_of(file.name, read_bytes(file))


def keep_apart(source: Path, out: Path) -> None:
    """Raise QuestionError if what is to be written would take the place of its source."""
    if Path(os.path.realpath(source)).is_relative_to(os.path.realpath(out)):
        raise QuestionError(f"{shown(str(out))} holds the source: write the snapshot elsewhere", "TARGET_EXISTS")


def read_bytes(file: Found) -> bytes:
    """The bytes of one file.

    Raises:
        SnapshotError: It cannot be read, or is too large.
    """
    try:
        return read_input(file.path, MAX_BYTES, file.name)
    except MemoryError as error:
        raise SnapshotError(Fault(file.name, "", "a file that fits into memory", "a larger one")) from error


def values_of(name: str, data: bytes) -> list[Any]:
    """The JSON values in the bytes of a file, at least one; UTF-8, or UTF-16 as PowerShell and ``cmd /u`` write it.

    Raises:
        SnapshotError: They are no JSON.

    >>> values_of("a.json", b'{"Vpcs": []}'), values_of("a.json", b'{"a": 1}\\n[2]')
    ([{'Vpcs': []}], [{'a': 1}, [2]])
    """
    expected = "a JSON object in UTF-8"
    try:
        data = in_utf8(data)
        try:
            return [msgspec.json.decode(data)]
        except msgspec.DecodeError as error:
            if "trailing characters" not in str(error):
                raise
            return _one_behind_the_other(data.decode(), error)
    except RecursionError as error:
        raise SnapshotError(Fault(name, "", expected, "too deep a nesting")) from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise SnapshotError(Fault(name, "", expected, shown(str(error)))) from error


def in_utf8(data: bytes) -> bytes:
    """Text in UTF-8 without a mark; UTF-16 is told by its mark or, as texts here begin with ASCII, by a zero byte.

    Raises UnicodeError.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16").encode()
    if len(data) > 1 and not len(data) % 2 and (data[0] == 0) != (data[1] == 0):
        return data.decode("utf-16-be" if data[0] == 0 else "utf-16-le").encode()
    return data.removeprefix(codecs.BOM_UTF8)


def _one_behind_the_other(text: str, error: msgspec.DecodeError) -> list[Any]:
    values: list[Any] = []
    decoder = json.JSONDecoder(parse_constant=_no_number)
    at = 0
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            raise error from None  # it tells where the first value ends, and the next one is none
        values.append(value)
        at = next((index for index in range(at, len(text)) if not text[index].isspace()), len(text))
    return values


def _no_number(word: str) -> Any:
    raise ValueError(word)


def kind_of(value: object) -> str:
    """A JSON value's type, for messages."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return "a string"
        case bool():
            return "a boolean"
        case None:
            return "null"
        case _:
            return "a number"


def _top(source: Path) -> tuple[Path, Path]:
    """The real path of the source, out of which no link may lead, and its ``aws_configs`` folder."""
    try:
        where = source.resolve(strict=True)
        top = where if where.name == TOP and not (where / TOP).exists() else (where / TOP).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        found = "no such folder" if not source.is_dir() else f"a folder without {TOP}/"
        raise SnapshotError(Fault(shown(str(source)), "", f"a folder that holds {TOP}/", found)) from error
    if not top.is_dir() or not top.is_relative_to(where):
        found = "a file" if not top.is_dir() else "a symbolic link out of the folder"
        raise SnapshotError(Fault(shown(str(source / TOP)), "", "a folder", found))
    return where, top


def _add_accounts(found: list[Found], ignored: list[Ignored], folder: Path, where: Path) -> None:
    for account in _entries(folder, where, ignored):
        if not account.is_dir():
            ignored.append(Ignored(_name(account, where), "a file where accounts/ holds one folder per account"))
            continue
        for entry in _entries(account, where, ignored):
            if not entry.is_dir():
                _add(found, ignored, entry, where, account.name, None)
            elif is_region(entry.name):
                _add_files(found, ignored, entry, where, account.name, entry.name)
            else:
                ignored.append(Ignored(_name(entry, where), "this folder is not a Region"))


def _add_below(found: list[Found], ignored: list[Ignored], folder: Path, where: Path, endings: Collection[str]) -> None:
    for entry in _entries(folder, where, ignored):
        if entry.is_dir():
            _add_below(found, ignored, entry, where, endings)
            continue
        told = [named_in(part) for part in reversed(entry.relative_to(where).parts[:-1])]
        account = next((account for account, _ in told if account), "")
        region = next((region for _, region in told if region), None)
        _add(found, ignored, entry, where, account, region, endings)


def _add_files(found: list[Found], ignored: list[Ignored], folder: Path, where: Path, scope: str, region: str) -> None:
    for entry in _entries(folder, where, ignored):
        _add(found, ignored, entry, where, scope, region)


def _add(
    found: list[Found], ignored: list[Ignored], entry: Path, where: Path, scope: str, region: str | None,
    endings: Collection[str] = (".json",),
) -> None:  # fmt: skip
    name = _name(entry, where)
    if entry.is_dir():
        ignored.append(Ignored(name, "the layout has no folder here"))
    elif not stat.S_ISREG(entry.stat().st_mode):
        ignored.append(Ignored(name, "not a regular file"))
    elif entry.name.startswith(".") or entry.suffix.lower() not in endings:
        ignored.append(Ignored(name, "not a .json file"))
    else:
        found.append(Found(entry, name, scope, region))


def _entries(folder: Path, where: Path, ignored: list[Ignored]) -> Iterator[Path]:
    """What a folder holds, sorted, less the links that lead nowhere or out of the source."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        found = error.strerror or str(error)
        raise SnapshotError(Fault(_name(folder, where), "", "a readable folder", found)) from error
    for entry in entries:
        try:
            inside = entry.resolve(strict=True).is_relative_to(where)
        except (OSError, RuntimeError):
            ignored.append(Ignored(_name(entry, where), "a symbolic link that leads nowhere"))
            continue
        if inside:
            yield entry
        else:
            ignored.append(Ignored(_name(entry, where), "a symbolic link out of the source folder"))


def _name(path: Path, where: Path) -> str:
    return shown(path.relative_to(where).as_posix())
