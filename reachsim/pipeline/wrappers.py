"""Programs that run the command behind them.

**Source:** sudo(8), env(1), timeout(1), flock(1), su(1), runuser(1), taskset(1), chrt(1), setpriv(1), and the
programs' own help.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from reachsim.pipeline.call import arguments

_WRAPPERS: Final[dict[str, list[str]]] = {
    "sudo": ["u", "g", "user", "group", "h", "p", "C", "r", "t"], "doas": ["u"], "nohup": [], "time": ["f", "o"],
    "nice": ["n"], "ionice": ["c", "n"], "stdbuf": ["i", "o", "e"], "command": [], "exec": ["a"], "builtin": [],
    "setsid": [], "unbuffer": [], "chronic": [], "env": ["u", "C"], "timeout": ["s", "k", "signal", "kill-after"],
    "gosu": [], "su-exec": [], "dumb-init": [], "tini": [], "flock": ["w", "E"], "caffeinate": [], "travis_retry": [],
    "retry": ["t", "s", "d", "n", "r", "attempts", "delay", "times"], "xvfb-run": ["s", "n", "e"], "dotenv": ["f", "e"],
    "env-cmd": ["f", "file", "e", "environments"], "ssh-agent": ["a", "t", "E", "P"], "dbus-run-session": [],
    "proxychains": ["f"], "proxychains4": ["f"], "with-contenv": [], "chroot": ["userspec", "groups"],
    "faketime": ["f"],
    "cross-env": [], "firejail": [], "coproc": [], "entr": [], "strace": ["e", "o"],
    "watch": ["n", "interval"], "taskset": [], "chrt": ["T", "P", "D"], "prlimit": [], "setarch": [], "linux32": [],
    "linux64": [], "fakeroot": ["i", "s", "l"], "eatmydata": [], "valgrind": [], "ltrace": ["e", "o", "s"],
    "setpriv": ["reuid", "regid", "groups", "inh-caps", "ambient-caps", "bounding-set"], "catchsegv": [],
    "cpulimit": ["l", "limit", "p", "e"], "unshare": ["S", "G", "R", "w"],
    "systemd-run": ["p", "u", "unit", "property"],
}  # fmt: skip
_POSITIONAL: Final = frozenset(["timeout", "gosu", "su-exec", "flock", "chroot", "faketime", "taskset", "chrt",
                                "setarch"])  # fmt: skip
"""Those that take a word of their own before the command: a user, a time, a file, a mask of processors."""


def unwrapped(words: list[str], extra: dict[str, str]) -> list[str] | None:
    """The words behind a wrapper such as ``sudo``; None if the first word is none."""
    program = posixpath.basename(words[0])
    if re.fullmatch(r"[A-Za-z_]\w*=.*", words[0], re.DOTALL):
        name, _, value = words[0].partition("=")
        extra[name] = value
        return words[1:]
    if program not in _WRAPPERS or (program == "command" and words[1:2] in (["-v"], ["-V"])):
        if program in ("su", "runuser"):
            given = arguments(words[1:], ["c", "command", "s", "shell"])
            text = given.last("c", "command")
            behind = arguments(words[1:], ["u", "g", "G", "s"], stop=True) if program == "runuser" else None
            if text is None and behind is not None and behind.has("u", "user"):
                return list(behind.rest)
            return ["sh", "-c", text] if text else None
        return None
    given = arguments(words[1:], _WRAPPERS[program], stop=True)
    rest = list(given.rest)
    if program in _POSITIONAL and len(rest) > 1:
        rest = list(arguments(rest[1:], stop=True).rest) if program == "setarch" else rest[1:]
    if program == "retry" and rest and rest[0].isdigit():
        rest = rest[1:]
    if program == "dotenv" and rest[:1] == ["run"]:
        rest = rest[2:] if rest[1:2] == ["--"] else rest[1:]
    while rest and program in ("env", "sudo", "cross-env") and re.match(r"[A-Za-z_]\w*=", rest[0]):
        name, _, value = rest.pop(0).partition("=")
        extra[name] = value
    return rest
