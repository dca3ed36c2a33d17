"""One call of a program: its words, and what it can see of the build (variables, files, settings)."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from reachsim.pipeline.context import Machine
from reachsim.pipeline.records import Confidence, Found
from reachsim.pipeline.shell import Command, absolute
from reachsim.pipeline.variables import is_known, unknown


class Outcome(Struct, frozen=True):
    """What a program contacts or runs, what is known of its output, and whether it succeeds."""

    found: tuple[Found, ...] = ()
    stdout: str | None = None
    status: bool | None = True


class Arguments(Struct, frozen=True):
    """Words parted into options (by name without dashes; ``""`` for a flag) and the rest."""

    options: dict[str, list[str]]
    rest: list[str]

    def last(self, *names: str) -> str | None:
        """The value of the last of these options that is given."""
        values = [value for name in names for value in self.options.get(name, ())]
        return values[-1] if values else None

    def all(self, *names: str) -> list[str]:
        return [value for name in names for value in self.options.get(name, ())]

    def has(self, *names: str) -> bool:
        return any(name in self.options for name in names)


def arguments(words: Sequence[str], valued: Iterable[str] = (), *, stop: bool = False) -> Arguments:
    """Part words into options and the rest. ``valued`` names the options that take the next word as their value.

    With ``stop`` everything from the first word that is no option counts as the rest.

    >>> arguments(["-f", "x/Dockerfile", "--pull", "--tag=app", "."], ["f"])
    Arguments(options={'f': ['x/Dockerfile'], 'pull': [''], 'tag': ['app']}, rest=['.'])
    """
    takes = set(valued)
    options: dict[str, list[str]] = {}
    rest: list[str] = []
    queue = list(words)
    position = 0
    while position < len(queue):
        word = queue[position]
        position += 1
        if word == "--":
            rest += queue[position:]
            break
        if not word.startswith("-") or word == "-":
            rest.append(word)
            if stop:
                rest += queue[position:]
                break
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if not equals and not word.startswith("--") and len(name) > 1 and name not in takes:
            name, value, equals = _short(name, takes)
        if not equals and name in takes and position < len(queue):
            value = queue[position]
            position += 1
        options.setdefault(name, []).append(value)
        if not word.startswith("--") and not equals and name != word.lstrip("-"):
            for flag in word[1:-1]:
                options.setdefault(flag, []).append("")
    return Arguments(options, rest)


def quoted(word: str) -> str:
    """A word as the shell reads it back.

    >>> quoted("a/b"), quoted("two words")
    ('a/b', "'two words'")
    """
    return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else "'" + word.replace("'", "'\\''") + "'"


def _short(name: str, takes: set[str]) -> tuple[str, str, str]:
    """``-xVALUE`` and ``-abc``: the first letter that takes a value takes what follows."""
    for at, letter in enumerate(name):
        if letter in takes:
            return (letter, name[at + 1 :], "=") if at + 1 < len(name) else (letter, "", "")
    return name[-1], "", ""


class Call:
    """A command as the reader of one program sees it."""

    def __init__(self, command: Command, words: Sequence[str], extra: dict[str, str] | None = None) -> None:
        self.command = command
        self.name = words[0]
        self.program = posixpath.basename(words[0])
        self.words = tuple(words[1:])
        self.scope = command.scope
        self.machine: Machine = command.scope.machine
        self.stdin = command.stdin
        self.confidence: Confidence = command.confidence
        self.variables = command.scope.variables | command.assigned | (extra or {})

    def env(self, *names: str) -> str | None:
        """The value of the first of these variables that is set, None if none is."""
        return next((self.variables[name] for name in names if self.variables.get(name)), None)

    @property
    def region(self) -> str:
        """The Region that the AWS CLI takes: AWS_REGION, which CodeBuild sets, goes first; where it is not known, but
        the build's files set AWS_DEFAULT_REGION, they mean the build's own.
        """
        values = [self.variables.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION")]
        known = [value for value in values if value and is_known(value)]
        return known[0] if known else next(filter(None, values), None) or unknown("region")

    def path(self, name: str) -> str:
        return absolute(name, self.scope.directory)

    def files(self) -> list[tuple[str, str]]:
        """The files of the context in the working folder: path in the context, path from there; none outside of it."""
        root = self.machine.context_path(self.scope.directory)
        start = "" if root == "." else f"{root}/"
        held = self.machine.context if root is not None else ()
        return [(path, path.removeprefix(start)) for path in held if path.startswith(start)]

    def read(self, name: str) -> str | None:
        return self.machine.read(self.path(name)) if is_known(name) else None

    def exists(self, name: str) -> bool:
        return is_known(name) and self.machine.exists(self.path(name))

    def has_folder(self, name: str) -> bool:
        return self.machine.has_folder(self.path(name))

    def first(self, *names: str) -> str | None:
        """The text of the first of these files that is there."""
        return next((text for name in names if (text := self.read(name)) is not None), None)

    def json(self, name: str) -> dict[str, Any] | None:
        """A JSON object of the context; None if there is none that can be read."""
        text = self.read(name)
        try:
            value = json.loads(text) if text is not None else None
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def setting(self, name: str) -> str | None:
        """What an earlier command has configured."""
        return self.machine.settings.get(name)

    def configure(self, name: str, value: str) -> None:
        self.machine.settings[name] = value

    def cached(self, *places: str) -> bool:
        """Whether the buildspec keeps one of these folders between builds."""
        return any(place in kept for place in places for kept in self.machine.cached)
