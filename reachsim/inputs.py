"""Reading a file that the user names, within bounds: a device that never ends is an error, not a full memory."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from reachsim.errors import Fault, SnapshotError

MOST: Final = 1 << 30
_PART: Final = 1 << 20


def read_input(path: Path, most: int = MOST, name: str | None = None) -> bytes:
    """The bytes of a file; pipes are read to their end.

    Args:
        path: The file.
        most: How many bytes it may have.
        name: What it is called in errors, if not by its path.

    Raises SnapshotError: it cannot be read, or is larger.
    """
    name = str(path) if name is None else name
    parts: list[bytes] = []
    size = 0
    try:
        with path.open("rb") as opened:
            while part := opened.read(_PART):
                parts.append(part)
                size += len(part)
                if size > most:
                    raise SnapshotError(Fault(name, "", f"at most {most} bytes", "more"))
    except OSError as error:
        raise SnapshotError(Fault(name, "", "a readable file", error.strerror or str(error))) from error
    return b"".join(parts)
