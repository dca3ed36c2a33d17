"""The files that a build sees: those of its source, and those that its own commands write.

A context is a mapping of relative POSIX paths to bytes. `open_context` gives one over a directory that reads a file
when asked for it, never through a symbolic link that leaves the directory, and never more than `MAX_FILE` bytes.
`Machine` is one file system of the build: the build container itself, or the inside of an image while it is built.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reachsim.errors import QuestionError
from reachsim.pipeline.own import Own
from reachsim.pipeline.steering import Fork
from reachsim.pipeline.variables import ROOT, is_known

if TYPE_CHECKING:
    from reachsim.pipeline.builds import Built

MAX_FILE: Final = 8 << 20
"""Bytes of one file that are read at most; lock files may be large, anything beyond counts as unreadable."""
MAX_NAMES: Final = 200_000
LONGEST_PATH: Final = 4096
"""Characters; Linux opens no longer one (PATH_MAX)."""


class Folder(Mapping[str, bytes]):
    """The files below a directory, read when asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._real = root.resolve()
        self._names: list[str] | None = None

    def __getitem__(self, name: str) -> bytes:
        data = self._read(name)
        if data is None:
            raise KeyError(name)
        return data

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._place(name) is not None

    def __iter__(self) -> Iterator[str]:
        if self._names is None:
            self._names = sorted(self._walk())
        return iter(self._names)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _walk(self) -> Iterator[str]:
        left = MAX_NAMES
        for folder, folders, names in os.walk(self._root):
            folders[:] = sorted(name for name in folders if name not in (".git", "node_modules"))
            for name in names:
                left -= 1
                if left < 0:
                    return
                yield Path(folder, name).relative_to(self._root).as_posix()

    def _place(self, name: str) -> Path | None:
        if not name or "\0" in name or not is_known(name):
            return None
        try:
            place = (self._root / name).resolve()
            inside = place == self._real or place.is_relative_to(self._real)
            return place if inside and place.is_file() else None
        except (OSError, RuntimeError, ValueError):  # RuntimeError: a symbolic link that points to itself
            return None

    def _read(self, name: str) -> bytes | None:
        place = self._place(name)
        try:
            if place is None or not stat.S_ISREG(place.stat().st_mode) or place.stat().st_size > MAX_FILE:
                return None
            return place.read_bytes()
        except OSError:
            return None

    def leaves(self, name: str) -> bool:
        """Whether the name is there but leads out of the directory."""
        try:
            place = self._root / name
            return os.path.lexists(place) and not place.resolve().is_relative_to(self._real)
        except (OSError, RuntimeError, ValueError):
            return True


def open_context(path: str | os.PathLike[str]) -> Folder:
    """The files below a directory. Raises QuestionError if it is none."""
    place = Path(path)
    if not place.is_dir():
        found = "a file" if place.exists() else "none"
        raise QuestionError(f"{place}: expected a folder of the build's files, found {found}")
    return Folder(place)


def text_of(data: bytes) -> str | None:
    """The text of a file, whatever its line ends and byte order mark; None for a binary file.

    >>> text_of(b"\\xef\\xbb\\xbfFROM scratch\\r\\n")
    'FROM scratch\\n'
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16").replace("\r\n", "\n")
        except UnicodeDecodeError:
            return None
    if b"\0" in data:
        return None
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


# Folders that every Linux image has, and those of tools that are nothing else.
_FOLDERS: Final = frozenset(
    ("/", "/bin", "/etc", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/usr/bin", "/usr/local", "/usr/local/bin",
     "/usr/src", "/var", "/var/tmp", "/root/.m2", "/root/.gradle", "/root/.cargo")
)  # fmt: skip


class Mounts:
    """Places of a machine and the context's paths that lie there; of places within each other the latest counts."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, str]] = {}
        self._latest = self._lowest = self._deepest = 0

    def copy(self) -> Mounts:
        twin = Mounts()
        twin._held = dict(self._held)
        twin._latest, twin._lowest, twin._deepest = self._latest, self._lowest, self._deepest
        return twin

    def put(self, place: str, source: str, *, below: bool = False) -> None:
        """From now on the source lies there, over all that did, or ``below`` it."""
        place = place.rstrip("/")
        self._deepest = max(self._deepest, place.count("/"))
        if below:
            self._lowest -= 1
            self._held.setdefault(place, (self._lowest, source))
        else:
            self._latest += 1
            self._held[place] = (self._latest, source)

    def inside(self, folder: str) -> list[str]:
        """The places directly in a folder."""
        return [place for place in self._held if posixpath.dirname(place) == folder]

    def find(self, path: str) -> tuple[str, str] | None:
        """(the context's path of the place that the path is in, the rest of the path)."""
        parts = path.split("/")
        heads = ("/".join(parts[:number]) for number in range(1, min(len(parts), self._deepest + 1) + 1))
        found = max(((*self._held[head], len(head)) for head in heads if head in self._held), default=None)
        return None if found is None else (found[1], path[found[2] :].lstrip("/"))


class Machine:
    """A file system during the build. ``mounts`` map its paths to the context's.

    Paths are absolute within the machine. What commands have written lies over the rest; None stands for a file that
    was written with unknown content, and ``gone`` are lock files that were removed. ``folders`` are those that commands
    have made, ``settings`` what they have configured (registries, mirrors, remotes), ``forks`` what only some runs
    configure, ``cached`` the folders that are kept between builds, ``own`` what the user has added to the tables,
    ``images`` what is known of those that were built here. ``curated`` says that the machine is one of CodeBuild's own
    images, ``assumed`` that this is only taken for granted. ``architectures`` are Docker's names of what it runs on,
    several where an image is built for several.
    """

    def __init__(self, context: Mapping[str, bytes], mounts: Mounts | None = None) -> None:
        self.context = context
        self.mounts = mounts or Mounts()
        self.written: dict[str, str | None] = {}
        self.gone: set[str] = set()
        self.folders: set[str] = set()
        self.settings: dict[str, str] = {}
        self.forks: list[Fork] = []
        self.distribution: str | None = None
        self.image = ""
        self.curated = False
        self.assumed = False
        self.architectures: tuple[str, ...] = ("amd64",)
        self.cached: tuple[str, ...] = ()
        self.own = Own()
        self.images: dict[str, Built] = {}

    @classmethod
    def of_build(cls, context: Mapping[str, bytes]) -> Machine:
        machine = cls(context)
        machine.mounts.put(ROOT, "")
        return machine

    def copy(self) -> Machine:
        twin = Machine(self.context, self.mounts.copy())
        twin.written, twin.settings, twin.forks = dict(self.written), dict(self.settings), list(self.forks)
        twin.folders, twin.gone = set(self.folders), set(self.gone)
        twin.distribution, twin.image, twin.curated = self.distribution, self.image, self.curated
        twin.own, twin.architectures = self.own, self.architectures
        twin.images = dict(self.images)
        return twin

    def context_path(self, path: str) -> str | None:
        """The path within the context of a path of the machine; None if it does not come from the context."""
        found = self.mounts.find(path)
        if found is None:
            return None
        source, rest = found
        return posixpath.normpath(posixpath.join(source, rest)) if source or rest else "."

    def read(self, path: str) -> str | None:
        """The text of a file; None if there is no such file, or it is not text."""
        if path in self.written:
            return self.written[path]
        name = self.context_path(path)
        if name is None or name.startswith("..") or path in self.gone:
            return None
        data = self.context.get(name)
        return None if data is None else text_of(data)

    def exists(self, path: str) -> bool:
        if path in self.written:
            return True
        name = self.context_path(path) if path not in self.gone else None
        return name is not None and not name.startswith("..") and name in self.context

    def files_in(self, folder: str) -> list[str]:
        """The machine's paths of the context's files that lie directly in a folder."""
        found = [place for place in self.mounts.inside(folder) if self.exists(place)]
        name = self.context_path(folder)
        if name is not None and not name.startswith(".."):
            prefix = "" if name == "." else name + "/"
            listed = [one.removeprefix(prefix) for one in self.context if one.startswith(prefix)]
            found += [place for one in listed if "/" not in one and self.exists(place := posixpath.join(folder, one))]
        return list(dict.fromkeys(found))

    def has_folder(self, path: str) -> bool:
        """Whether the context holds some file below the path."""
        name = self.context_path(path)
        if name is None or name.startswith(".."):
            return False
        prefix = "" if name == "." else name + "/"
        return any(one.startswith(prefix) for one in self.context)

    def is_folder(self, path: str) -> bool:
        """Whether a file that is copied there without a slash lands inside."""
        return path in _FOLDERS or path in self.folders or self.has_folder(path)

    def matches(self, pattern: str) -> list[str]:
        """The machine's paths of files and folders of the context that match, folders alone if it ends with ``/``."""
        single = self._placed(pattern)
        name = self.context_path(pattern.rstrip("/"))
        if name is None or name.startswith("..") or len(name) > LONGEST_PATH:
            return single
        head = pattern.rstrip("/")[: len(pattern.rstrip("/")) - len(name)]
        depth, only = name.count("/"), pattern.endswith("/")
        fits = re.compile(fnmatch.translate(name)).match
        found: dict[str, None] = dict.fromkeys(single)
        for one in self.context:
            parts = one.split("/")
            if len(parts) <= depth or (only and len(parts) == depth + 1):
                continue
            start = "/".join(parts[: depth + 1])
            if (
                not any(part.startswith(".") for part in parts[: depth + 1])
                and start.count("/") == depth
                and fits(start)
            ):
                found[head + start + ("/" if only else "")] = None
        return list(found)

    def _placed(self, pattern: str) -> list[str]:
        """The places that match, of files and folders that were copied one by one."""
        plain, only = pattern.rstrip("/"), pattern.endswith("/")
        folder = posixpath.dirname(plain)
        if re.search(r"[*?\[]", folder) or len(plain) > LONGEST_PATH:
            return []
        fits = re.compile(fnmatch.translate(plain)).match
        places = [
            one for one in self.mounts.inside(folder) if fits(one) and not posixpath.basename(one).startswith(".")
        ]
        return [one + ("/" if only else "") for one in places
                if self.has_folder(one) or (not only and self.exists(one))]  # fmt: skip

    def glob(self, pattern: str) -> list[str]:
        """The machine's paths of context files that match, at the pattern's own depth."""
        single = [one for one in self._placed(pattern) if self.exists(one)]
        name = self.context_path(pattern)
        if name is None or len(name) > LONGEST_PATH:
            return single
        depth = name.count("/")
        head = pattern[: len(pattern) - len(name)]
        found = [head + one for one in self.context if one.count("/") == depth and fnmatch.fnmatchcase(one, name)]
        return list(dict.fromkeys([*found, *single]))
