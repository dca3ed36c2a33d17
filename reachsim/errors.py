"""The errors a caller can catch.

    ReachsimError
    ├── SnapshotError      a snapshot (or what is imported as one) cannot be read
    ├── QuestionError      what was asked makes no sense: selector, protocol, port, layer
    └── UnsupportedError   understood, but reachsim cannot do it

"Blocked" and "unknown" are answers, never exceptions. ``ValueError`` is kept for programmer mistakes. Every message
is one line that says what, where, and what was expected; the command line prints it and exits with 2. Text that comes
from the input is shown with `printable`, so that it can neither break the line nor steer a terminal.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_ORDER: Final = r"#(?=#\w*\[)|(?<![^\s]):(?=:[A-Za-z][\w-]*( .*?)?::)"
"""How a line begins that a CI system takes for a command: ``##vso[`` of Azure Pipelines, ``##[`` of it and of GitHub's
runner, ``##teamcity[``, and ``::name::`` of GitHub's runner. **Source:** "Logging commands" of each.
"""


def printable(text: str) -> str:
    """The text with control, format and surrogate characters spelled out as JSON does: ``\\uXXXX``; so is the first
    character of what a CI system would obey if it stood in a log.

    >>> print(printable("eni-\\x1b[2J 東京"))
    eni-\\u001b[2J 東京
    >>> print(printable("##vso[task.setvariable variable=A]b"))
    \\u0023#vso[task.setvariable variable=A]b
    """
    if "##" in text or ("::" in text and any(word.startswith("::") for word in text.split())):
        text = re.sub(_ORDER, lambda match: f"\\u{ord(match[0]):04x}", text)
    return text if text.isprintable() else "".join(_spelled(character) for character in text)


def _spelled(character: str) -> str:
    if character.isprintable() or character in "\u3000\u00a0":
        return character
    number = ord(character)
    if number <= 0xFFFF:
        return f"\\u{number:04x}"
    return f"\\u{0xD800 + (number - 0x10000 >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"


class ReachsimError(Exception):
    """Base of all errors that reachsim raises on purpose."""

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))


LONGEST: Final = 500
"""Characters of a place or of what was found there that a message holds."""


class Fault(NamedTuple):
    """One thing wrong with one file.

    ``pointer`` is an RFC 6901 JSON pointer ("" = the whole document); ``expected`` and ``found`` are short phrases.
    """

    file: str
    pointer: str
    expected: str
    found: str

    def __str__(self) -> str:
        place = f"{self.file}#{_short(self.pointer)}" if self.pointer else self.file
        return printable(f"{place}: expected {self.expected}, found {_short(self.found)}")


def _short(text: str) -> str:
    """What a stranger's file holds may be of any length; a message is read by people."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


class SnapshotError(ReachsimError):
    """A snapshot cannot be read; ``faults`` holds the first fault of each faulty file."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(str(fault) for fault in faults))


class QuestionError(ReachsimError):
    """The question cannot be asked of this snapshot; ``code`` is a stable machine word.

    ``selector`` is the one that names nothing, where that is why.
    """

    def __init__(self, message: str, code: str = "BAD_QUESTION", selector: str = "") -> None:
        self.code = code
        self.selector = selector
        super().__init__(message)


class UnsupportedError(ReachsimError):
    """The input is understood, but reachsim does not handle it."""


def missing_package(error: BaseException) -> str | None:
    """The package of others whose absence an error tells; None if it tells something else.

    >>> missing_package(ModuleNotFoundError("No module named 'msgspec.json'", name="msgspec.json"))
    'msgspec'
    >>> missing_package(ModuleNotFoundError("No module named 'reachsim.nothing'", name="reachsim.nothing")) is None
    True
    """
    name = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return name if name and name != "reachsim" else None


def not_installed(package: str) -> str:
    """One line that says so, and where it is told what brings the package."""
    return f"the package {package} is not installed; README.md tells how to install what reachsim needs"
