"""The functions of makefiles that only move text about, and ``$(shell …)``, which stays for the recipe's shell.

What depends on files (``wildcard``) or stays unknown is marked so.
**Source:** GNU Make Manual, "Functions for Transforming Text", "The shell Function".
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Final

from reachsim.pipeline.variables import is_known, unknown

_CALL: Final = re.compile(r"(?<!\$)\$[({]([a-z-]++)[ \t]++")
_NAME: Final = re.compile(r"(?<!\$)\$[({]([\w.-]++)[)}]")
_DEEP: Final = 12
_ROUNDS: Final = 4
_LONGEST: Final = 3000
"""Characters of a text that is worked out; longer ones stay as they are written."""
_MOST: Final = 2000
"""Functions and variables of one makefile that are worked out; the rest stays as it is written."""
_MAX_WORDS: Final = 100
"""Of a ``foreach``."""


def has_function(text: str) -> bool:
    return "$" in text and _CALL.search(text) is not None


class Functions:
    """The functions of one makefile: its variables, those in them worked out; ``$(shell …)`` is left in place.

    >>> Functions({"A": "$(strip  x )", "B": "$(addprefix r/,$(A) b)"}).variables
    {'A': 'x', 'B': 'r/x r/b'}
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)
        self.left = _MOST
        self.open: list[str] = []  # the variables that are being worked out; none is part of itself
        self.deep = 0
        wanted = [name for name, value in variables.items() if "$" in value and "\n" not in value]
        for _ in range(_ROUNDS if any(map(has_function, variables.values())) else 0):
            before = dict(self.variables)
            for name in wanted:  # again, as a value may need a shell because of another's
                self.open = [name]
                self.variables[name] = self.worked_out(self.variables[name])
            if self.variables == before:
                break
        self.open = []

    def worked_out(self, text: str) -> str:
        """A text with its functions worked out, and the variables whose values need a shell written out."""
        if "$" not in text or len(text) > _LONGEST or self.left <= 0 or self.deep > _DEEP:
            return text
        self.deep += 1
        parts: list[str] = []
        at = 0
        while self.left > 0:
            match = _CALL.search(text, at)
            end = _closing(text, match.start() + 1) if match else -1
            if match is None or end < 0:
                break
            self.left -= 1
            parts += [text[at : match.start()], self._function(match[1], text[match.end() : end])]
            at = end + 1
        parts.append(text[at:])
        made = _NAME.sub(self._of_shell, "".join(parts))
        self.deep -= 1
        return made if len(made) <= _LONGEST else unknown("value")

    def _of_shell(self, match: re.Match[str]) -> str:
        """A variable's value where it has a shell's command in it; else the variable."""
        value = self.variables.get(match[1], "")
        return self._value(match[1], value) if "$(shell" in value and "\n" not in value else match[0]

    def _value(self, name: str, value: str) -> str:
        if name in self.open or len(self.open) > _DEEP or self.left <= 0:
            return unknown(name)
        self.left -= 1
        self.open.append(name)
        made = self.worked_out(value)
        self.open.pop()
        return made if len(made) <= _LONGEST else unknown(name)

    def _filled(self, text: str) -> str:
        """A text with the variables and functions in it worked out as far as they are known."""

        def value(match: re.Match[str]) -> str:
            known = self.variables.get(match[1])
            return match[0] if known is None else self._value(match[1], known)

        made = self.worked_out(text)
        for _ in range(_DEEP):
            before, made = made, _NAME.sub(value, made)
            if made == before or len(made) > _LONGEST:
                break
        return made if len(made) <= _LONGEST else unknown("value")

    def _function(self, name: str, inside: str) -> str:
        if name == "shell":
            return f"$(shell {self.worked_out(inside)})"
        if name in ("info", "warning", "error", "eval"):
            return ""
        if name in ("or", "and", "if", "foreach"):
            return {"or": self._or, "and": self._and, "if": self._if, "foreach": self._each}[name](inside)
        if name in ("abspath", "realpath", "strip"):
            words = self._filled(inside).split()  # realpath drops what is no file, such as an option
            return " ".join(one for one in words if name != "realpath" or not one.startswith("-"))
        if name in ("wildcard", "file", "value", "origin", "flavor"):
            return unknown("value")
        if name not in _WORDS:
            return f"$({name} {inside})"
        count, function = _WORDS[name]
        values = [self._filled(one) for one in _arguments(inside, count)]
        if len(values) < count or any("$" in one or not is_known(one) for one in values):
            return unknown("value")
        return function(*(one.lstrip() if at == 0 else one for at, one in enumerate(values)))

    def _or(self, inside: str) -> str:
        """The first that is not empty; the shell decides where that is a variable which no file sets."""
        values = [self._filled(one).strip() for one in _arguments(inside, 20)]
        for at, value in enumerate(values):
            unset = _NAME.fullmatch(value)
            rest = values[at + 1 :]
            if unset and len(rest) == 1 and "$" not in rest[0]:
                return "${" + f"{unset[1]}:-{rest[0]}" + "}"
            if "$" in value or value:
                return unknown("value") if "$" in value else value
        return ""

    def _and(self, inside: str) -> str:
        values = [self._filled(one).strip() for one in _arguments(inside, 20)]
        return unknown("value") if any("$" in one for one in values) else "" if "" in values else values[-1]

    def _if(self, inside: str) -> str:
        condition, *branches = _arguments(inside, 3)
        decided = self._filled(condition).strip()
        chosen = branches[0 if decided else 1 :][:1]
        return unknown("value") if "$" in decided else self.worked_out(chosen[0]) if chosen else ""

    def _each(self, inside: str) -> str:
        parts = _arguments(inside, 3)
        words = self._filled(parts[1]).split() if len(parts) == 3 else []
        if any("$" in one for one in words):
            return unknown("value")
        own = re.compile(rf"\$[({{]{re.escape(parts[0].strip())}[)}}]")
        return " ".join(self.worked_out(own.sub(lambda _, one=one: one, parts[2])) for one in words[:_MAX_WORDS])  # type: ignore[misc]


def _closing(text: str, start: int) -> int:
    """Where the bracket at ``start`` is closed; -1 if nowhere."""
    opening = text[start]
    closing = ")" if opening == "(" else "}"
    depth = 0
    for at in range(start, len(text)):
        if text[at] == opening:
            depth += 1
        elif text[at] == closing:
            depth -= 1
            if not depth:
                return at
    return -1


def _arguments(text: str, most: int) -> list[str]:
    """The arguments of a function, parted at commas outside of brackets; the last one keeps its commas."""
    found: list[str] = []
    depth = start = 0
    for at, letter in enumerate(text):
        depth += (letter in "({") - (letter in ")}")
        if letter == "," and not depth and len(found) < most - 1:
            found.append(text[start:at])
            start = at + 1
    return [*found, text[start:]]


def _patsubst(pattern: str, instead: str, text: str) -> str:
    start, percent, end = pattern.strip().partition("%")
    found = []
    for word in text.split():
        fits = word.startswith(start) and word.endswith(end) and len(word) >= len(start) + len(end)
        stem = word[len(start) : len(word) - len(end)] if fits else ""
        whole = fits if percent else word == pattern.strip()
        found.append(instead.replace("%", stem) if whole else word)
    return " ".join(found)


def _filter(patterns: str, text: str, *, keep: bool = True) -> str:
    wanted = [one.replace("%", "*") for one in patterns.split()]
    return " ".join(one for one in text.split() if any(fnmatch.fnmatchcase(one, each) for each in wanted) == keep)


def _word(number: str, text: str) -> str:
    words = text.split()
    at = int(number) if number.strip().isdecimal() else 0
    return words[at - 1] if 0 < at <= len(words) else ""


def _of_each(function: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: " ".join(map(function, text.split()))


_WORDS: Final[Mapping[str, tuple[int, Callable[..., str]]]] = {
    "subst": (3, lambda old, new, text: text.replace(old, new) if old else text + new),
    "patsubst": (3, _patsubst),
    "filter": (2, _filter),
    "filter-out": (2, lambda patterns, text: _filter(patterns, text, keep=False)),
    "addprefix": (2, lambda prefix, text: " ".join(prefix + one for one in text.split())),
    "addsuffix": (2, lambda suffix, text: " ".join(one + suffix.lstrip() for one in text.split())),
    "word": (2, _word),
    "firstword": (1, lambda text: _word("1", text)),
    "lastword": (1, lambda text: _word(str(len(text.split())), text)),
    "sort": (1, lambda text: " ".join(sorted(set(text.split())))),
    "dir": (1, _of_each(lambda one: (posixpath.dirname(one) or ".") + "/")),
    "notdir": (1, _of_each(posixpath.basename)),
    "basename": (1, _of_each(lambda one: posixpath.splitext(one)[0])),
    "suffix": (1, _of_each(lambda one: posixpath.splitext(one)[1])),
    "findstring": (2, lambda one, text: one if one in text else ""),
    "words": (1, lambda text: str(len(text.split()))),
}
"""How many arguments a function takes, and what it makes of them."""
