"""What a shell knows while it runs, one simple command, and what is known of its end.

**Source:** POSIX Shell Command Language, "Shell Execution Environment"; Bash Reference Manual, "Positional Parameters".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from reachsim.pipeline.records import Confidence, Gap
from reachsim.pipeline.variables import MAX_TEXT, OPEN, OTHERWISE

if TYPE_CHECKING:
    from tree_sitter import Node

    from reachsim.pipeline.context import Machine
    from reachsim.pipeline.shell.source import Source


Left = Literal["success", "failure"]


class Scope:
    """What a shell knows while it runs: variables, functions, its directory, its machine."""

    def __init__(self, machine: Machine, variables: dict[str, str], directory: str) -> None:
        self.machine = machine
        self.variables = variables
        self.directory = directory
        self.functions: dict[str, tuple[Node, Source, int, str]] = {}
        self.ended = False
        self.left: Left = "failure"
        self.doubted = False  # some run that does not fail has ended before
        self.broken = False  # by ``break`` or ``continue``

    def copy(self) -> Scope:
        """The scope of a subshell: what it sets is lost, what it writes to files stays."""
        twin = Scope(self.machine, dict(self.variables), self.directory)
        twin.functions = dict(self.functions)
        twin.doubted = self.doubted
        return twin

    def doubt(self, inner: Scope) -> None:
        """What follows a branch that only some runs take: less sure if it ends the shell, and that is no failure."""
        self.doubted = self.doubted or inner.doubted or (inner.ended and inner.left == "success")


class Command(Struct, frozen=True):
    """One simple command, its words expanded."""

    words: tuple[str, ...]
    assigned: dict[str, str]
    stdin: str | None
    confidence: Confidence
    line: int
    text: str
    scope: Scope
    file: str


class Result(Struct, frozen=True):
    """What is known of a command: its output (None: nothing) and whether it succeeds (None: either way)."""

    stdout: str | None = None
    status: bool | None = True


Perform = Callable[[Command], Result]
Note = Callable[[Gap, int, str], None]
DONE: Final = Result("", True)
NEVER: Final = "\ue002"
"""The output of ``true``, ``:`` and ``false``: their status is written in the text and no value changes it."""


def together(outputs: list[str]) -> str:
    """What several commands print; `NEVER` only where nothing but such commands run."""
    printed = [one for one in outputs if one != NEVER]
    return "".join(printed) if printed or not outputs else NEVER


def named(value: str, name: str) -> str:
    """A value whose unknown part is a command's output is unknown under the name of the variable that takes it; ECR's
    token and the text of a well-known script stay what they are.
    """
    return re.sub(f"{OPEN}!(?!ecr-token|installer )[^\ue001{OTHERWISE}]*", OPEN + name.replace("\\", ""), value)


def set_arguments(variables: dict[str, str], words: Sequence[str] | None) -> None:
    """Set ``$1``, ``$2`` …, ``$@``, ``$*`` and ``$#`` of a function or script; None: they are not known."""
    before = variables.get("#", "")
    for number in range(1, max(int(before) if before.isdecimal() else 0, 9) + 1):
        variables.pop(str(number), None)
    if words is None:
        for name in ("@", "*", "#"):
            variables.pop(name, None)
        return
    joined = " ".join(words)
    variables |= {str(number): "" for number in range(len(words) + 1, 10)}
    variables |= {str(number): word for number, word in enumerate(words, 1)}
    variables |= {"@": joined, "*": joined, "#": str(len(words))}


def arguments_of(variables: Mapping[str, str]) -> list[str] | None:
    """The words of ``"$@"``; None where they are not known."""
    count = variables.get("#", "")
    if count.isdecimal():
        return [variables[str(number)] for number in range(1, int(count) + 1)]
    return variables["@"].split() if "@" in variables else None


def absolute(path: str, directory: str) -> str:
    """A path as seen from a directory, both in the machine's own notation."""
    import posixpath

    if path.startswith("~/"):
        path = "/root/" + path[2:]
    return posixpath.normpath(posixpath.join(directory, path))


def write(machine: Machine, path: str, text: str | None, *, append: bool) -> None:
    """Keep what a command writes to a file."""
    if not append:
        machine.settings.pop(f"appended {path}", None)
    elif path not in machine.written:
        machine.settings[f"appended {path}"] = "yes"
    old = machine.read(path) if append else ""
    if append and old is None and path not in machine.written:
        old = ""
    whole = None if text is None or old is None else old + text
    machine.written[path] = whole if whole is None or len(whole) <= MAX_TEXT else None
    if text is None and append and old:
        machine.written[path] = old


def one_line(text: str) -> str:
    line = " ".join(text.replace("\\\n", " ").split())
    return line if len(line) <= 200 else line[:199] + "…"
