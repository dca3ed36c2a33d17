"""What ``sed -i``, ``rm`` and new files leave of the repositories that a yum distribution's image lists.

``repository_lines.csv`` has the lines that decide, those of a remark too: old images are turned from a list of mirrors
that no longer answers to an archive by taking the ``#`` from one line and putting it before the other.
**Source:** the column ``source``; GNU sed manual, "The "s" Command", "Overview of basic regular expression syntax";
yum.conf(5), ``baseurl``, ``mirrorlist``, ``metalink``.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from msgspec import Struct

from reachsim.pipeline import knowledge
from reachsim.pipeline.variables import is_known

BETWEEN: Final = "\x1e"
"""Parts the expressions that `edit` collects."""
MAX_EDITS: Final = 100
_WHERE: Final = re.compile(r"\s*+(?:/(?P<where>(?:\\.|[^/\\\n])++)/(?P<flags>I?)\s*+)?(?P<block>\{)?")
_ACTION: Final = re.compile(
    r"\s*+(?:(?P<delete>d)|s([^\w\s\\])(?P<old>(?:\\.|(?!\2)[^\\\n])++)\2"
    r"(?P<new>(?:\\.|(?!\2)[^\\\n])*+)\2(?P<flags>[gIi\d]*+))\s*+(?:;|\n|$|(?=\}))"
)
_END: Final = re.compile(r"\s*+\}\s*+(?:;|\n|$)")
_SPACE: Final = r"\\s|\[\[:(?:space|blank):\]\]"
_BASIC: Final = re.compile(
    rf"(?P<space>{_SPACE})|\\(?P<open>\()|\\(?P<close>\))|\\(?P<some>[?+])|\\(?P<sign>[^\w{{}}<>'`|])"
    r"|(?P<star>\*)|(?P<any>\.)|(?P<end>\$$)|(?P<class>\[\^?[\w./#: -]+\])|(?P<plain>[^\\\[])"
)
_EXTENDED: Final = re.compile(
    rf"(?P<space>{_SPACE})|(?P<open>\()|(?P<close>\))|(?P<some>[?+])|\\(?P<sign>[^\w<>'`])"
    r"|(?P<star>\*)|(?P<any>\.)|(?P<end>\$$)|(?P<class>\[\^?[\w./#: -]+\])|(?P<plain>[^\\\[{}|])"
)
_MOST_REPEATED: Final = 3
_SET: Final = re.compile(r"\s*+(?:baseurl|mirrorlist|metalink)\s*+=\s*+(?P<url>\S++)")


@cache
def _lines() -> tuple[tuple[str, re.Pattern[str], str, str], ...]:
    return tuple(
        (row["distribution"], re.compile(row["tag"]), row["file"], row["line"])
        for row in knowledge.rows("repository_lines.csv")
    )


def kept(name: str, tag: str, edits: str, files: Mapping[str, str | None]) -> tuple[list[str], list[str]] | None:
    """What the repositories of a distribution ask: (lists of mirrors, mirrors by their own URL). None where nothing
    has changed them, where their lines are not in the table, and where an edit is more than is read here.

    Args:
        name: the package index.
        tag: the tag of the image.
        edits: expressions of sed, each behind "E" or "B" for its kind of patterns, joined by `BETWEEN`.
        files: what the build wrote to files, by path or by a pattern of removed ones ("").

    >>> kept("centos", "7", "Bs/^mirrorlist/#&/\x1eBs|^#baseurl=http://mirror|baseurl=http://vault|", {})
    ([], ['http://vault.centos.org/centos/$releasever/os/$basearch/'])
    >>> kept("centos", "7", "", {"/etc/yum.repos.d/*.repo": ""})
    ([], [])
    >>> kept("centos", "7", "", {})
    """
    rows = [row for row in _lines() if row[0] == name and row[1].fullmatch(tag)]
    rows = [row for row in rows if row[2] == rows[0][2]]  # the first version that fits
    left = [line for _, _, file, line in rows if not _replaced(file, files)]
    if not rows or (len(left) == len(rows) and not edits):
        return None
    changed = _edited(left, [one for one in edits.split(BETWEEN) if one])
    if changed is None:
        return None
    lists: list[str] = []
    mirrors: list[str] = []
    for line in changed:
        match = _SET.match(line)
        if match:
            (mirrors if line.lstrip().startswith("baseurl") else lists).append(match["url"])
    return lists, mirrors


def _replaced(file: str, files: Mapping[str, str | None]) -> bool:
    """Whether a file is removed, or written anew."""
    return any(file == path or (text == "" and fnmatch.fnmatchcase(file, path)) for path, text in files.items())


def _edited(lines: Iterable[str], edits: list[str]) -> list[str] | None:
    """The lines after ``s/OLD/NEW/`` and ``d``, with or without an address or in a block; None for anything else."""
    result = list(lines)
    if len(edits) > MAX_EDITS:
        return None
    for one in edits:
        for where, actions in _commands(one):
            if actions is None:
                return None
            chosen = [where is None or where.search(line) is not None for line in result]
            changed = [_changed(line, actions) if hit else line for line, hit in zip(result, chosen, strict=True)]
            result = [line for line in changed if line is not None]
    return result


class _Action(Struct, frozen=True):
    """A substitution, of the first match of a line or of every one; without a pattern the line is deleted."""

    old: re.Pattern[str] | None
    new: str = ""
    count: int = 0


def _changed(line: str, actions: list[_Action]) -> str | None:
    for one in actions:
        if one.old is None:
            return None
        line = one.old.sub(_filled(one.new), line, one.count)
    return line


def _commands(edit: str) -> Iterator[tuple[re.Pattern[str] | None, list[_Action] | None]]:
    """The commands of an expression, each with its address; None in place of what is not read."""
    extended, text, position = edit[0] == "E", edit[1:].rstrip(), 0
    while position < len(text):
        head = _WHERE.match(text, position)
        where = _pattern(head["where"], extended, head["flags"]) if head and head["where"] else None
        if head is None or (head["where"] and where is None):
            yield None, None
            return
        position, actions = head.end(), []
        while (match := _ACTION.match(text, position)) is not None:
            old = None if match["delete"] else _pattern(match["old"], extended, match["flags"])
            if old is None and not match["delete"]:
                break
            position = match.end()
            actions.append(_Action(old, match["new"] or "", 0 if "g" in (match["flags"] or "") else 1))
            if not head["block"]:
                break
        end = _END.match(text, position) if head["block"] else None
        if not actions or (head["block"] and end is None):
            yield None, None
            return
        position = end.end() if end else position
        yield where, actions


def _pattern(text: str, extended: bool, flags: str) -> re.Pattern[str] | None:
    """A pattern of sed as one of Python; None if there is more to it than is read here."""
    if not is_known(text) or len(text) > 300 or re.search(r"\d", flags):
        return None
    parts = ["^"] if text.startswith("^") else []
    position, repeated, opened = len(parts), 0, 0
    while position < len(text):
        match = (_EXTENDED if extended else _BASIC).match(text, position)
        if match is None:
            return None
        repeats = match["star"] or match["some"]
        if repeats and (not parts or parts[-1] in ("^", "(", ")", "*", "?", "+")):
            return None
        repeated, position = repeated + bool(repeats), match.end()
        opened += bool(match["open"]) - bool(match["close"])
        kind = match.lastgroup
        parts.append(r"\s" if kind == "space" else re.escape(match[0]) if kind == "plain"
                     else re.escape(match["sign"]) if kind == "sign" else match[0].lstrip("\\"))  # fmt: skip
    if repeated > _MOST_REPEATED or opened:
        return None
    try:
        return re.compile("".join(parts), re.IGNORECASE if "i" in flags.lower() else 0)
    except re.error:
        return None


def _filled(text: str) -> Callable[[re.Match[str]], str]:
    """The new text of a match: ``&`` and ``\\1`` filled in."""

    def fill(match: re.Match[str]) -> str:
        def one(part: re.Match[str]) -> str:
            if part[0] != "&" and not part[1].isdecimal():
                return part[1]
            number = 0 if part[0] == "&" else int(part[1])
            return (match[number] or "") if number <= match.re.groups else ""

        return re.sub(r"&|\\(.)", one, text)

    return fill
