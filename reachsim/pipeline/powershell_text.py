"""Parts of a PowerShell text: its statements, the elements of a pipeline, the words of a command, bracketed groups.

**Source:** Microsoft, "about_Parsing", "about_Quoting_Rules", "about_Pipelines", "about_Comments".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_PAIRS: Final = {"(": ")", "{": "}", "[": "]"}
_HERE: Final = re.compile(r"@([\"'])[ \t]*(?=\n)")
_ENVIRONMENT: Final = re.compile(
    r"\[(?:System\.)?Environment\]::GetEnvironmentVariable\(\s*+(['\"])(\w++)\1\s*+(?:,[^()\n]{0,80})?\)", re.IGNORECASE
)
"""A variable of the environment, asked for by .NET's name of it."""
_GOES_ON: Final = re.compile(r"\s*(?:else|elseif|catch|finally|while|until)\b", re.IGNORECASE)


def statements(text: str) -> list[str]:
    """The statements of a text, comments left out; blocks stay within theirs.

    >>> statements("a; b | c  # d\\nif (x) { e; f }\\nelse { g }")
    ['a', 'b | c', 'if (x) { e; f }\\nelse { g }']
    """
    found: list[str] = []
    piece = ""
    text = _ENVIRONMENT.sub(r"$env:\2", text)
    text = _uncommented(re.sub(r"<#.*?(?:#>|\Z)", "", re.sub(r"`\r?\n", " ", text), flags=re.DOTALL))
    for part, at in _parts(text, ";\n"):
        piece += part
        sign = text[at : at + 1]
        last = piece.rstrip()[-1:] if sign == "\n" else ""
        if last and (last in "|,(+=" or (last == "}" and _GOES_ON.match(text, at + 1))):
            piece += "\n"
            continue
        if piece.strip():
            found.append(piece.strip())
        piece = ""
    return found


def elements(statement: str) -> list[str]:
    """The elements of a pipeline.

    >>> elements("aws x | docker login --password-stdin 'a|b'")
    ['aws x', "docker login --password-stdin 'a|b'"]
    """
    return [part.strip() for part, _ in _parts(statement, "|") if part.strip()]


def chained(statement: str) -> list[tuple[str, str]]:
    """The pipelines of a statement that ``&&`` and ``||`` join, each behind the sign before it.

    >>> chained("a '&&' || b")
    [('', "a '&&'"), ('||', 'b')]
    """
    if "&&" not in statement and "||" not in statement:
        return [("", statement)]
    found, start, before = [], 0, ""
    depth, skip = 0, -1
    for position, sign in _signs(statement, 0):
        depth += (sign in _PAIRS) - (sign in _PAIRS.values())
        if position != skip and not depth and sign in "&|" and statement[position : position + 2] == sign * 2:
            found.append((before, statement[start:position].strip()))
            start, before, skip = position + 2, sign * 2, position + 1
    return [*found, (before, statement[start:].strip())]


def listed(text: str) -> list[str]:
    """What stands between commas and on lines of its own: the elements of an array."""
    return [part.strip() for part, _ in _parts(text, ",;\n") if part.strip()]


def parted(text: str, sign: str) -> list[str]:
    """What stands between signs outside of quotes and groups.

    >>> parted("'a+b' + $c", "+")
    ["'a+b' ", ' $c']
    """
    return [part for part, _ in _parts(text, sign)]


def words(command: str) -> list[str]:
    """The words of a command, their quotes and groups whole.

    >>> words("& git @Clone $env:URL 'a b' $(x y)")
    ['&', 'git', '@Clone', '$env:URL', "'a b'", '$(x y)']
    """
    return [part for part, _ in _parts(command, " \t\n") if part]


def group(text: str, at: int) -> int:
    """The position behind the group that opens at ``at``; that of the end where it is not closed."""
    return next((end for end in _ends(text, at)), len(text)) if text else 0


def _ends(text: str, at: int) -> Iterator[int]:
    depth = 0
    for position, sign in _signs(text, at):
        if sign in _PAIRS:
            depth += 1
        elif sign in _PAIRS.values():
            depth -= 1
            if depth <= 0:
                yield position + 1
                return


def _parts(text: str, separators: str) -> Iterator[tuple[str, int]]:
    """What stands between separators outside of quotes and groups, each with the position of the separator."""
    depth, start = 0, 0
    for position, sign in _signs(text, 0):
        if sign in _PAIRS:
            depth += 1
        elif sign in _PAIRS.values():
            depth = max(depth - 1, 0)
        elif sign in separators and not depth:
            yield text[start:position], position
            start = position + 1
    yield text[start:], len(text)


def _uncommented(text: str) -> str:
    start, found = 0, []
    for position, sign in _signs(text, 0):
        if sign == "#" and position >= start and (not position or text[position - 1] in " \t\n;({"):
            end = text.find("\n", position)
            found.append(text[start:position])
            start = end if end >= 0 else len(text)
    return "".join([*found, text[start:]])


def _signs(text: str, at: int) -> Iterator[tuple[int, str]]:
    """The signs of a text outside of quotes and comments; of a comment only its ``#``."""
    unended: set[str] = set()  # the quotes of which no here-string ends any more
    while at < len(text):
        here = _HERE.match(text, at) if text[at] == "@" else None
        end = text.find(f"\n{here[1]}@", here.end() + 1) if here and here[1] not in unended else -1
        if here and end < 0:
            unended.add(here[1])
        if end >= 0:
            at = end + 3
        elif text[at] == "`":
            at += 2
        elif text[at] in "'\"":
            at = _closed(text, at)
        elif text[at] == "#" and (not at or text[at - 1] in " \t\n;({"):
            yield at, "#"
            end = text.find("\n", at)
            at = end if end >= 0 else len(text)
        else:
            yield at, text[at]
            at += 1


def _closed(text: str, at: int) -> int:
    """The position behind a quoted text."""
    quote, position = text[at], at + 1
    while position < len(text):
        if (text[position] == "`" and quote == '"') or (
            text[position] == quote and text[position + 1 : position + 2] == quote
        ):
            position += 2
        elif text[position] == quote:
            return position + 1
        else:
            position += 1
    return len(text)
