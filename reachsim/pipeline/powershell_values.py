"""What words of PowerShell stand for, and what runs around a text.

**Source:** Microsoft, "about_Quoting_Rules", "about_Variables", "about_Special_Characters".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol

from reachsim.pipeline.records import Confidence, Found
from reachsim.pipeline.variables import look_up, unknown

Value = str | tuple[str, ...]
Ended = Literal["success", "failure", "perhaps"]
"""How a text has been left before its end, or may have been."""
Session = dict[str, Value]
"""What a session has set: variables, ``env:NAME`` those of the environment, and ``function:NAME``."""


class Host(Protocol):
    """What runs around a text: it takes what the text contacts, and runs its programs."""

    variables: dict[str, str]

    def contact(self, found: Found, sure: Confidence) -> None: ...

    def run(self, command: str, sure: Confidence) -> str | None:
        """Run a command of the POSIX shell; its output as far as it is known."""

    def script(self, path: str, sure: Confidence, arguments: tuple[str, ...] = ()) -> None:
        """Run a script of PowerShell or ``cmd``."""

    def batch(self, text: str, sure: Confidence) -> None:
        """Run a text of ``cmd``."""

    def keep(self, path: str, url: str) -> None:
        """Take note of a file that is downloaded."""

    def exists(self, path: str) -> bool: ...

    def gap(self, text: str, why: str | None = None) -> None:
        """Tell of a statement that is not read, and why unless it is for its form."""

    def branches(self, walks: Sequence[tuple[Callable[[], object], bool]], *, whole: bool) -> None:
        """Walk branches of which one runs, each with whether a build that does not fail may take it; ``whole``: one
        of those surely runs. What all of them contact is as sure as their walks take it for.
        """


VALUE: Final = r"(?:'[^'\n]*'|\"[^\"\n]*\"|\$\{?(?i:env:|script:|global:|local:)?\w+\}?|https?://[^\s;|)'\"]+)"
MEMBER: Final = re.compile(r"\$\{?(?:env:)?(\w+)\}?(?:\.\w+(?:\([^()]*\))?)+", re.IGNORECASE)
_TRIMMED: Final = re.compile(r"(\$\{?(?:env:)?\w+\}?)(?:\.(?:Trim|ToString)\(\))+", re.IGNORECASE)
MAX_DEPTH: Final = 40
MAX_STATEMENTS: Final = 20_000
MAX_STATEMENT: Final = 20_000
MAX_TEXT: Final = 1 << 19
MAX_WALKED: Final = 1 << 20
"""Characters of all texts that one walk reads, each as often as a loop or branch reads it."""
"""Characters of a statement, its blocks included, and of a text; what is longer is not read."""


class Values:
    """The words of the texts of a session."""

    def __init__(self, host: Host, session: Session) -> None:
        self.host, self.own = host, session
        self.depth, self.left, self.unread = 0, MAX_STATEMENTS, MAX_WALKED
        self.ended: Ended | None = None

    def value(self, word: str) -> str:
        """What a word stands for: a text, or a text with variables in double quotes."""
        here = re.fullmatch(r"@([\"'])[ \t]*\n(.*)\n\1@", word, re.DOTALL)
        word = f"{here[1]}{here[2]}{here[1]}" if here else word
        bare = not word.startswith('"')
        if len(word) > 1 and word[0] == word[-1] == "'":
            return word[1:-1].replace("''", "'")
        if len(word) > 1 and word[0] == word[-1] == '"':
            word = word[1:-1].replace('""', '"')
        word = re.sub(r"\$\((\$\{?(?:env:)?\w+\}?)\)", r"\1", word, flags=re.IGNORECASE)
        word = re.sub(r"\$\([^)]*(?:\)|\Z)", unknown("expression"), word)
        word = re.sub(r"\$(?:null|false)\b", "", word, flags=re.IGNORECASE)
        if bare and (member := MEMBER.fullmatch(word)) is not None:
            trimmed = _TRIMMED.fullmatch(word)
            return self.value(trimmed[1]).strip() if trimmed else unknown(member[1])
        word = re.sub(r"(?<!`)\$(?:\{((?:env:)?\w+)\}|((?:env:)?\w+))", self._variable, word, flags=re.IGNORECASE)
        return re.sub(r"`(.)", r"\1", word)

    def expression(self, text: str, sure: Confidence) -> Value | None:
        """The value of an expression; that of a word alone, unless a reader knows more."""
        del sure
        return self.value(text)

    def _variable(self, match: re.Match[str]) -> str:
        name = match[1] or match[2]
        value = self.own.get(name.lower())
        if value is None:
            return look_up(name.split(":")[-1], self.host.variables) if ":" in name else unknown(name)
        return value if isinstance(value, str) else " ".join(value)


def place(path: str) -> str:
    """A path of Windows as the machine's own: without its drive, with slashes.

    >>> place("C:\\\\tools\\\\x.ps1"), place("./build.ps1")
    ('/tools/x.ps1', './build.ps1')
    """
    return re.sub(r"^[A-Za-z]:", "", path).replace("\\", "/")
