"""The answers on disk while they come in: each file is written beside its place, a page at a time, and then renamed.

So memory holds one page, whatever the answer's size, and a file under its own name is whole. Files are readable by
their owner only (mode 0600, folders 0700). Their form is the AWS CLI's: one object, pages merged, here indented by
two.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

import msgspec

_CHUNK: Final = 1 << 16


@contextmanager
def held_alone(folder: Path) -> Iterator[bool]:
    """Whether nobody else holds a folder this way; if so it is held until the end, which the system sees to however a
    process ends. Where the system has no such locks (Windows), nobody is kept out.
    """
    try:
        import fcntl
    except ImportError:
        yield True
        return
    place, mine = os.open(folder, os.O_RDONLY), False
    try:
        with suppress(BlockingIOError):
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = True
        yield mine
    finally:
        os.close(place)


class Store:
    """A folder that files are written into, by path below it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> Any:
        """The decoded content of a file; None if there is no such file, or it holds an ``Error``."""
        file = self.root / path
        if not file.is_file():
            return None
        document = msgspec.json.decode(file.read_bytes())
        return None if isinstance(document, dict) and "Error" in document else document

    def _make(self, folder: Path) -> None:
        """Make a folder with its parents up to the root; ``mkdir(parents=True)`` gives only the last one its mode."""
        if folder != self.root:
            self._make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)

    def digest(self, path: str) -> str | None:
        """The SHA-256 of a file, None if there is none."""
        file = self.root / path
        if not file.is_file():
            return None
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()

    def write(self, path: str, document: Mapping[str, Any]) -> str:
        """Write one object; returns its SHA-256."""
        return self.write_pages(path, [document], ())

    def write_pages(self, path: str, pages: Iterable[Mapping[str, Any]], lists: Sequence[str]) -> str:
        """Write an answer that comes in pages, as one object; returns its SHA-256.

        Args:
            path: Place below the store's root.
            pages: Objects. Of the keys in ``lists`` the records of all pages are put together, and the key is written
                even where no page has it; of any other key the last page's value counts.
            lists: Keys whose values are lists.
        """
        arriving = iter(pages)
        first = list(islice(arriving, 1))  # nothing is on disk before there is something to write
        target = self.root / path
        self._make(target.parent)
        # Not target.name: a resource's name can be as long as a file's name may be.
        temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            with ExitStack() as stack:
                file = stack.enter_context(
                    os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
                )
                digest = _write(
                    _Hashed(file),
                    chain(first, arriving),
                    lists,
                    [stack.enter_context(TemporaryFile(dir=target.parent)) for _ in lists[1:]],
                )
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        return digest


class _Hashed:
    """A file that knows the hash of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.hash.update(data)
        self.file.write(data)


def _write(out: _Hashed, pages: Iterable[Mapping[str, Any]], lists: Sequence[str], later: Sequence[IO[bytes]]) -> str:
    """The first list goes straight to the file; the others wait in files of their own until it is closed."""
    rest: dict[str, Any] = {}
    counts = dict.fromkeys(lists, 0)
    spools: dict[str, _Hashed | IO[bytes]] = dict(zip(lists[1:], later, strict=True))
    if lists:
        spools[lists[0]] = out
    out.write(b"{")
    if lists:
        out.write(_key(lists[0]) + b"[")
    for page in pages:
        for key in lists:
            for record in page.get(key) or ():
                spools[key].write(b",\n    " if counts[key] else b"\n    ")
                spools[key].write(_json(record, b"\n    "))
                counts[key] += 1
        for key, value in page.items():
            if key not in counts:
                rest[key] = value
    for number, key in enumerate(lists):
        if number:
            out.write(b"," + _key(key) + b"[")
            _copy(later[number - 1], out)
        out.write(b"\n  ]" if counts[key] else b"]")
    for number, (key, value) in enumerate(rest.items()):
        out.write((b"," if lists or number else b"") + _key(key) + _json(value, b"\n  "))
    out.write(b"\n}\n" if lists or rest else b"}\n")
    return out.hash.hexdigest()


def _copy(source: IO[bytes], out: _Hashed) -> None:
    source.seek(0)
    while chunk := source.read(_CHUNK):
        out.write(chunk)


def _key(key: str) -> bytes:
    return b"\n  " + msgspec.json.encode(key) + b": "


def _json(value: Any, line: bytes) -> bytes:
    """Indented JSON with every line but the first moved right; JSON text itself never holds a line feed."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).replace(b"\n", line)
