"""Text in columns of a terminal: full-width characters count two, control characters are taken out.

Names in a snapshot are chosen by other people. What a terminal would obey (escape sequences, line feeds, marks that
turn the writing direction) never reaches it.

**Source:** Unicode Standard Annex 11, "East Asian Width": wide and full-width characters take two columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

_JAPANESE_PARTS: Final = r"[（「『]?(?:[!-~]+ ?|[^!-~])[、。）」』ー]?"
WIDTH = 120
"""Columns that everything but single long words fits in."""


def clean(text: str) -> str:
    """The text on one line and without anything that a terminal would act upon.

    >>> clean("build\\x1b[31m\\nred")
    'build[31m red'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)


def width(text: str) -> int:
    """Columns that a text takes.

    >>> width("東京a")
    5
    """
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


@lru_cache(maxsize=4096)
def _columns_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):  # marks stand on the character before them
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int) -> str:
    """The text with spaces behind it, up to the width.

    >>> pad("東京", 6)
    '東京  '
    """
    return text + " " * (columns - width(text))


def wrap(text: str, columns: int = WIDTH, first: str = "", rest: str | None = None) -> list[str]:
    """The text in lines no wider than ``columns``, broken at spaces; words (ids, paths) stay whole.

    Args:
        text: One paragraph; it is cleaned.
        columns: The width, prefixes included.
        first: What the first line begins with.
        rest: What the others begin with; spaces as wide as ``first`` unless given.

    >>> wrap("one two three", 9, "- ")
    ['- one two', '  three']
    """
    return wrap_parts(clean(text).split(" "), columns, first, rest)


def wrap_japanese(text: str, columns: int = WIDTH, first: str = "") -> list[str]:
    """Like `wrap`, for text that is written without spaces: a line ends after any letter, but not before a full stop
    or a closing bracket, nor after an opening one; ids and other Latin words stay whole.

    >>> wrap_japanese("名前は VPC（東京）です。", 12)
    ['名前は VPC', '（東京）で', 'す。']
    """
    parts = re.findall(_JAPANESE_PARTS, clean(text))
    return [line.rstrip() for line in wrap_parts(parts, columns, first, between="")]


def wrap_parts(
    parts: Iterable[str], columns: int = WIDTH, first: str = "", rest: str | None = None, between: str = " "
) -> list[str]:
    """Like `wrap`, for parts that stay whole each: a line ends only where one part follows another.

    >>> wrap_parts(["push: works", "logs: works"], 20, between=" · ")
    ['push: works ·', 'logs: works']
    """
    rest = " " * width(first) if rest is None else rest
    columns -= width(between.rstrip())  # it ends the lines
    gap = width(between)
    lines, line, taken, empty = [], first, width(first), True
    for part in map(clean, parts):
        size = width(part)
        if empty:
            line, taken, empty = line + part, taken + size, False
        elif taken + gap + size <= columns:
            line, taken = line + between + part, taken + gap + size
        else:
            lines.append(line + between.rstrip())
            line, taken = rest + part, width(rest) + size
    return [*lines, line]


def table(header: Sequence[Sequence[str]], rows: Iterable[Sequence[Sequence[str]]], columns: int = WIDTH) -> list[str]:
    """A table whose cells have several lines. Columns that don't fit follow in a further block below.

    Args:
        header: The lines of each column's heading.
        rows: Per row, the lines of each column's cell; the first column is repeated in every block.
        columns: The width to stay within.
    """
    body = list(rows)
    sizes = [
        max((width(line) for lines in (header[i], *(row[i] for row in body)) for line in lines), default=0)
        for i in range(len(header))
    ]
    lines: list[str] = []
    for chosen in _blocks(sizes, columns):
        if lines:
            lines.append("")
        lines += _lines([header[i] for i in chosen], [sizes[i] for i in chosen])
        lines.append("  ".join("─" * sizes[i] for i in chosen))
        for number, row in enumerate(body):
            if number and any(len(cell) > 1 for cell in row):
                lines.append("")
            lines += _lines([row[i] for i in chosen], [sizes[i] for i in chosen])
    return lines


def _blocks(sizes: Sequence[int], columns: int) -> list[list[int]]:
    """The columns of each block: as few blocks as the width asks for, and of these the most even ones."""
    found = list(_filled(sizes, columns))
    while True:
        widest = max(sum(sizes[i] + 2 for i in chosen) - 2 for chosen in found)
        tighter = list(_filled(sizes, widest - 1))
        if len(tighter) > len(found) or tighter == found:
            return found
        found = tighter


def _filled(sizes: Sequence[int], columns: int) -> Iterator[list[int]]:
    """Blocks of columns: the first one, and as many of the others as fit."""
    chosen, taken = [0], sizes[0]
    for i in range(1, len(sizes)):
        if taken + 2 + sizes[i] > columns and len(chosen) > 1:
            yield chosen
            chosen, taken = [0], sizes[0]
        chosen.append(i)
        taken += 2 + sizes[i]
    yield chosen


def _lines(cells: Sequence[Sequence[str]], sizes: Sequence[int]) -> list[str]:
    height = max(map(len, cells))
    return [
        "  ".join(pad(cell[n] if n < len(cell) else "", size) for cell, size in zip(cells, sizes, strict=True)).rstrip()
        for n in range(height)
    ]
