"""Writing files so that nothing half-written is ever found under its final name.

Everything goes to a temporary name beside the target first and is renamed at the end; a failure on the way leaves
the target as it was. Commands that write refuse an existing target unless told to overwrite it. **Source:** DESIGN,
"Exit codes"; a rename within one folder is atomic (POSIX ``rename``, Windows ``MoveFileEx``). A folder cannot be
swapped in one step: between the two renames of an overwrite it is missing for a moment, and comes back if the second
one fails.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from reachsim.errors import QuestionError


def write_tree(out: Path, files: Mapping[str, bytes], *, overwrite: bool) -> None:
    """Write a folder of files as a whole: all of them, or nothing.

    Args:
        out: The folder to make; missing parents are made too. With a symbolic link, what it points to is replaced.
        files: Content by path below ``out``, "/" between the parts, neither absolute nor with "..".
        overwrite: Replace an existing folder and everything in it. A plain file is never replaced by a folder.

    Raises:
        QuestionError: The target exists and may not be replaced, or cannot be written.
        ValueError: A path in ``files`` leaves ``out`` (a programmer's mistake).

    >>> folder = Path(tempfile.mkdtemp())
    >>> write_tree(folder / "new", {"a/b.txt": b"1"}, overwrite=False)
    >>> (folder / "new" / "a" / "b.txt").read_bytes()
    b'1'
    """
    for name in files:
        _check_inside(name)
    with writing(out):
        target = out.resolve()
        _refuse_existing_folder(out, target, overwrite)
        _make_folder(target.parent)
        # mkdtemp's own folder is private to the user; "new" inside it gets the permissions that any new folder gets.
        prefix = f".{target.name[:40]}."
        with tempfile.TemporaryDirectory(prefix=prefix, dir=target.parent, ignore_cleanup_errors=True) as temporary:
            new = Path(temporary, "new")
            new.mkdir()
            for name, data in files.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            _refuse_existing_folder(out, target, overwrite)
            _swap(new, target)


def replace_folder(new: Path, out: Path, *, overwrite: bool) -> None:
    """Give a finished folder its final name; it must lie beside ``out``.

    Args:
        new: The folder, complete.
        out: Its place. With a symbolic link, what it points to is replaced.
        overwrite: Replace an existing folder and everything in it. A plain file is never replaced by a folder.

    Raises:
        QuestionError: The target exists and may not be replaced, or cannot be written; ``new`` stays where it is.
    """
    with writing(out):
        target = out.resolve()
        _refuse_existing_folder(out, target, overwrite)
        _swap(new, target)


def write_file(path: Path, data: bytes, *, overwrite: bool = True) -> None:
    """Write one file as a whole; an existing one keeps its permissions. Missing parents are made.

    A device or a pipe (``/dev/stdout``, ``/dev/null``) is written to and stays what it is.

    Raises:
        QuestionError: The target exists and ``overwrite`` is false, is a folder, or cannot be written.

    >>> target = Path(tempfile.mkdtemp()) / "answer.json"
    >>> write_file(target, b"{}")
    >>> target.read_bytes()
    b'{}'
    """
    with writing(path):
        target = path.resolve()
        if target.is_dir():
            raise QuestionError(f"{_shown(path)} is a folder, not a file", "TARGET_EXISTS")
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        if target.exists() and not overwrite:
            raise _exists(path)
        _make_folder(target.parent)
        temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.tmp")
        try:
            with temporary.open("xb") as file:
                file.write(data)
            if target.exists():
                shutil.copymode(target, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def _swap(new: Path, target: Path) -> None:
    """Put ``new`` in the place of ``target``, then delete the old folder; if that fails the old one is back."""
    if not target.exists():
        new.rename(target)
        return
    # Not inside the temporary folder, which is deleted in any case: should the way back fail too, the old one survives.
    aside = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.old")
    target.rename(aside)
    try:
        new.rename(target)
    except BaseException:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _refuse_existing_folder(out: Path, target: Path, overwrite: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise QuestionError(f"{_shown(out)} is a file, not a folder", "TARGET_EXISTS")
    if not overwrite:
        raise _exists(out)
    # Whoever says --overwrite with "." or "/" has mistyped: all that lies in there would be deleted.
    if Path.cwd().is_relative_to(target):
        raise QuestionError(f"{_shown(out)} holds the working directory and is not overwritten", "TARGET_EXISTS")


def _make_folder(folder: Path) -> None:
    """Make a folder with its parents; a file in the way is said to be one (``mkdir`` says "File exists")."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from error


def _check_inside(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or "\\" in name or "\0" in name:
        raise ValueError(f"not a path below the target: {name!r}")


def _exists(path: Path) -> QuestionError:
    return QuestionError(f"{_shown(path)} exists already; --overwrite replaces it", "TARGET_EXISTS")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the operating system refuses into one line that names the target."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # RuntimeError: a symbolic link that points to itself
        why = getattr(error, "strerror", None) or str(error)
        raise QuestionError(f"cannot write {_shown(path)}: {why}", "CANNOT_WRITE") from error


def _shown(path: Path) -> str:
    """The path on one line, whatever characters it holds."""
    text = str(path)
    return text if text.isprintable() else ascii(text)
