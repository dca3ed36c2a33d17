"""Run commands where nothing may open a socket, start a program or write outside one folder.

``python tests/security/offline.py FOLDER < commands.json``: one JSON list of arguments per command, ``[arguments,
standard input]``; prints ``{"exit_code", "output"}`` for each, and last the digest of every file
that there is then, but for where the folder is.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
DENIED = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "pickle.",
          "marshal.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "pty.")  # fmt: skip
WRITES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.move")


def deny(folder: Path) -> None:
    """From now on the process fails at once when it does what it must not."""
    inside = str(folder.resolve())

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(DENIED) and not (event.startswith("marshal.") and importing()):
            raise RuntimeError(f"not offline: {event} {arguments!r}")
        if event == "open" and isinstance(arguments[0], str | bytes) and arguments[0] != os.devnull:
            flags = arguments[2]
            if isinstance(flags, int) and flags & WRITING and not within(inside, arguments[0]):
                raise RuntimeError(f"writes outside its folder: {arguments[0]!r}")
        if event in WRITES and not within(inside, arguments[0]):
            raise RuntimeError(f"writes outside its folder: {event} {arguments[0]!r}")

    sys.addaudithook(hook)


def importing() -> bool:
    """Whether Python loads compiled modules just now (it reads them with marshal)."""
    frame = sys._getframe()
    while frame is not None:
        if "importlib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def within(inside: str, path: object) -> bool:
    if not isinstance(path, str | bytes):
        return True  # a file descriptor: opened before, or refused then
    place = os.path.realpath(os.fsdecode(path))
    return place == inside or place.startswith(inside + os.sep)


def main() -> None:
    commands = json.load(sys.stdin)
    import matplotlib.font_manager  # looks for the system's fonts once and keeps the list
    from click.testing import CliRunner

    from reachsim.cli import group

    assert matplotlib.font_manager.fontManager

    deny(Path(sys.argv[1]))
    for arguments, stdin in commands:
        result = CliRunner().invoke(group, arguments, input=stdin)
        print(json.dumps({"exit_code": result.exit_code, "output": result.output}))
    folder = Path(sys.argv[1])
    files = {one.relative_to(folder).as_posix(): one for one in sorted(folder.rglob("*")) if one.is_file()}
    read = {name: one.read_bytes().replace(str(folder).encode(), b"FOLDER") for name, one in files.items()}
    print(json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in read.items()}))


if __name__ == "__main__":
    main()
