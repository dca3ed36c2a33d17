"""The plain part of YAML that most buildspecs keep to, read without the help of a library that takes longer to import
than all else that is to do.

Tables and lists by indentation, and texts that end with their line, in printable ASCII. Whatever else a document holds
(a block of lines, a list in brackets, an anchor, an escape, a value that is not there) makes it none of these, and
nothing is read of it: the caller turns to a whole parser. Nodes are named and marked as ruamel.yaml's are.

**Source:** YAML 1.2.2, sections 7.3 and 8.2.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final, Literal

from msgspec import Struct

_TEXT: Final = re.compile(r"[ -~\n]*")
_LINE: Final = re.compile(
    r"(?P<indent> {0,80}+)(?P<item>- ++)?(?:(?P<key>[A-Za-z_][\w.-]{0,60}):(?= |$) *+)?"
    r"(?:\"(?P<double>[^\"\\]*)\"|'(?P<single>[^']*)'"
    r"|(?P<plain>[\w./$](?:[!\"$-9;-~]|(?<! )#|:(?=[!-~])| ++(?=[!\"$-~]))*+))?"
    r" *+(?:(?<= )#.*)?",
    re.ASCII,
)
_NOTHING: Final = re.compile(r" *(?:#.*)?")
_PARTS: Final[tuple[tuple[Literal["item", "key", "text"], str, str], ...]] = (
    ("item", "item", ""), ("key", "key", ""), ("text", "plain", ""), ("text", "double", '"'), ("text", "single", "'"),
)  # fmt: skip
"""What a line can hold, in the order in which it stands there: its group in `_LINE`, and the quote around it."""


class Mark(Struct, frozen=True):
    """A place in the text; lines and characters are counted from zero."""

    line: int
    column: int
    index: int


class ScalarNode(Struct, frozen=True):
    """A text. ``style`` is the quote around it, if any."""

    value: str
    style: str | None
    start_mark: Mark
    end_mark: Mark


class SequenceNode(Struct, frozen=True):
    """A list. It ends where the next thing begins."""

    flow_style: ClassVar[bool] = False
    value: list[Node]
    start_mark: Mark
    end_mark: Mark


class MappingNode(Struct, frozen=True):
    """A table, in the order in which it is written."""

    flow_style: ClassVar[bool] = False
    value: list[tuple[ScalarNode, Node]]
    start_mark: Mark
    end_mark: Mark


Node = ScalarNode | SequenceNode | MappingNode


class _Token(Struct, frozen=True):
    kind: Literal["item", "key", "text", "end"]
    node: ScalarNode

    @property
    def start(self) -> Mark:
        return self.node.start_mark


class _NotPlain(Exception):
    """The document goes beyond what is read here."""


def compose(text: str) -> Node | None:
    """The node graph of a document; None for one that is not plain.

    >>> compose("phases:\\n  build:\\n    commands: [make]") is None
    True
    >>> root = compose("version: 0.2\\n")
    >>> [(key.value, value.value) for key, value in root.value]
    [('version', '0.2')]
    """
    try:
        tokens = _tokens(text)
        root, end = _block(tokens, 0)
    except _NotPlain:
        return None
    return root if tokens[end].kind == "end" else None


def _tokens(text: str) -> list[_Token]:
    if not _TEXT.fullmatch(text):
        raise _NotPlain
    found: list[_Token] = []
    index = 0
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not _NOTHING.fullmatch(line):
            found += _of_line(line, number, index)
        index += len(line) + 1
    end = Mark(len(lines) - 1, len(lines[-1]), len(text))
    return [*found, _Token("end", ScalarNode("", None, end, end))]


def _of_line(line: str, number: int, index: int) -> list[_Token]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise _NotPlain
    found = []
    for kind, group, style in _PARTS:
        if match[group] is not None:
            start, end = match.start(group) - len(style), match.end(group) + len(style)
            marks = [Mark(number, column, index + column) for column in (start, end)]
            found.append(_Token(kind, ScalarNode(match[group], style or None, *marks)))
    return found


def _block(tokens: list[_Token], at: int) -> tuple[Node, int]:
    """The list or table that begins with a token, and the place of the first token after it."""
    match tokens[at].kind:
        case "item":
            return _sequence(tokens, at)
        case "key":
            return _mapping(tokens, at)
        case _:
            raise _NotPlain


def _sequence(tokens: list[_Token], at: int) -> tuple[Node, int]:
    start = tokens[at].start
    items: list[Node] = []
    while tokens[at].kind == "item" and tokens[at].start.column == start.column:
        item, held = tokens[at], tokens[at + 1]
        if held.start.line != item.start.line:
            raise _NotPlain
        node, at = (held.node, at + 2) if held.kind == "text" else _block(tokens, at + 1)
        items.append(node)
    return SequenceNode(items, start, tokens[at].start), at


def _mapping(tokens: list[_Token], at: int) -> tuple[Node, int]:
    start = tokens[at].start
    entries: list[tuple[ScalarNode, Node]] = []
    while tokens[at].kind == "key" and tokens[at].start.column == start.column:
        key, held = tokens[at], tokens[at + 1]
        inside = held.start.column > start.column or (held.kind == "item" and held.start.column == start.column)
        if not inside or (held.kind == "text" and held.start.line != key.start.line):
            raise _NotPlain
        node, at = (held.node, at + 2) if held.kind == "text" else _block(tokens, at + 1)
        entries.append((key.node, node))
    return MappingNode(entries, start, tokens[at].start), at
