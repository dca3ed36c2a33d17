"""Decides what a policy variable such as ``${aws:username}`` stands for in one request.

AWS rule (facts 40-44; IAM User Guide, "Variables and tags", read in the 2026 text): variables count only in documents
of ``Version`` 2012-10-17, else they are literal text; in ``Resource`` only after the fifth colon; ``${key, 'text'}``
has a default; ``${*}``, ``${?}``, ``${$}`` are those characters; a key with several values cannot be one; a variable
without a value equals nothing and is like nothing. That a wildcard inside a value is an ordinary character is a
convention (fact 44), not AWS's word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from .glob import Literal, Piece
from .truth import UNKNOWN, Begun, NotBefore, Unknown

ContextValue = str | tuple[str, ...] | Unknown | NotBefore | Begun
"""The value of one context key: one text, the texts of a multivalued key, or what is known of it."""
Context = Mapping[str, ContextValue]
"""The context of a request, by lower-case key."""

Pieces = tuple[Piece, ...]

_VARIABLE: Final = r"\$\{([^{}]*)\}"
_COLONS_BEFORE_RESOURCE: Final = 5


class Variable(NamedTuple):
    """A variable: its key in lower case and its default, if it has one."""

    key: str
    default: str | None


class Template(NamedTuple):
    """A text of a policy as written, and cut into plain text, literal text and variables."""

    text: str
    parts: tuple[Piece | Variable, ...]

    @staticmethod
    def of(text: str, version: str) -> Template:
        """Cut up a condition value. Raises nothing: what is no well-formed variable is text."""
        return Template(text, tuple(_parts(text)) if version == "2012-10-17" else (text,))

    @staticmethod
    def of_resource(text: str, version: str) -> Template:
        """The same for a resource pattern, where variables before the fifth colon are plain text."""
        head, tail = _split_arn(text)
        if head == text:
            return Template(text, (text,))
        return Template(text, (head, *Template.of(tail, version).parts))

    @property
    def fixed(self) -> Pieces | None:
        """The pieces, if there is no variable among them."""
        pieces = tuple(part for part in self.parts if not isinstance(part, Variable))
        return pieces if len(pieces) == len(self.parts) else None

    def fill(self, context: Context) -> Pieces | Unknown | None:
        """The text with its variables replaced.

        Returns the pieces, None if a variable has no value, or `UNKNOWN` if the value of one is not known.
        """
        pieces: list[Piece] = []
        answer: Unknown | None = None
        for part in self.parts:
            value = _value(part, context) if isinstance(part, Variable) else part
            if value is None:
                return None
            if isinstance(value, Unknown):
                answer = UNKNOWN
            else:
                pieces.append(value)
        return answer or tuple(pieces)


def plain(pieces: Pieces) -> str:
    """The text of the pieces, wildcards taken as ordinary characters."""
    return "".join(piece.text if isinstance(piece, Literal) else piece for piece in pieces)


def _parts(text: str) -> Iterator[Piece | Variable]:
    if "${" not in text:
        yield text
        return
    at = 0
    for found in re.finditer(_VARIABLE, text):
        part = _part(found[1])
        if part is None:
            continue
        if found.start() > at:
            yield text[at : found.start()]
        yield part
        at = found.end()
    if at < len(text):
        yield text[at:]


def _part(inside: str) -> Literal | Variable | None:
    if inside in ("*", "?", "$"):
        return Literal(inside)
    key, comma, default = inside.partition(",")
    key, default = key.strip(), default.strip()
    if not key:
        return None
    if not comma:
        return Variable(key.lower(), None)
    if len(default) < 2 or default[0] != "'" or default[-1] != "'":
        return None
    return Variable(key.lower(), default[1:-1])


def _value(variable: Variable, context: Context) -> Literal | Unknown | None:
    value = context.get(variable.key)
    if isinstance(value, tuple):
        value = value[0] if len(value) == 1 else None
    if isinstance(value, Unknown | NotBefore | Begun):
        return UNKNOWN
    text = variable.default if value is None else value
    return None if text is None else Literal(text)


def _split_arn(text: str) -> tuple[str, str]:
    """The text up to and with the fifth colon, and the rest; all of it and "" if there is no fifth colon."""
    at = -1
    for _ in range(_COLONS_BEFORE_RESOURCE):
        at = text.find(":", at + 1)
        if at < 0:
            return text, ""
    return text[: at + 1], text[at + 1 :]
