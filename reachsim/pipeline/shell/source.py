"""A shell text as its parser gets it: texts that are refused, and what the grammar would misread.

**Source:** the grammar is tree-sitter-bash's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from reachsim.pipeline.variables import MAX_TEXT

MAX_PIPES: Final = 500
"""Commands in one pipeline: the parser's memory grows with the square of it."""
MAX_HERE_DOCUMENTS: Final = 1000
"""In one text: the parser's time grows with the square of those that never end."""


def refused(text: str) -> str | None:
    """Why a text is not read at all, if it isn't."""
    if len(text) > MAX_TEXT:
        return f"longer than {MAX_TEXT >> 20} MiB"
    if "\0" in text:
        return "not a text"
    if max(map(_pipes, re.split(r";|(?<![|\\])\n", text))) > MAX_PIPES:
        return f"a pipeline of more than {MAX_PIPES} commands"
    if text.count("<<") > MAX_HERE_DOCUMENTS:
        return f"more than {MAX_HERE_DOCUMENTS} here-documents"
    return None


def _pipes(text: str) -> int:
    return text.count("|")


class Source:
    """A text as the parser gets it, and as it was written.

    The grammar takes the ``$B.c`` of ``$A.x.$B.c`` for a dollar and a word, and drops the ``-`` of ``build - <<EOF``:
    ``$NAME`` becomes ``${NAME}`` and that ``-`` is quoted.
    """

    def __init__(self, text: str) -> None:
        self.written = text.encode("utf-8", "replace")
        self._places: list[int] = []  # where, in the parsed text, characters have been put in
        parts: list[bytes] = []
        position = 0
        for match in re.finditer(_REPAIRED, self.written) if "$" in text or "<" in text else ():
            dollar, inner = (b"$", match[1]) if match[1] else (b"", b"-")
            before, after = (b"{", b"}") if dollar else (b'"', b'"')
            parts += [self.written[position : match.start()], dollar, before, inner, after]
            position = match.end()
            self._places += [match.start() + len(dollar) + len(self._places), match.end() + 1 + len(self._places)]
        self.parsed = b"".join([*parts, self.written[position:]])

    def original(self, start: int, end: int) -> str:
        """The text as written that lies between two places of the parsed one."""
        first, last = (place - bisect_left(self._places, place) for place in (start, end))
        return self.written[first:last].decode("utf-8", "replace")


_REPAIRED: Final = rb"(?<![\\$])\$([A-Za-z_][A-Za-z0-9_]*|[0-9])|(?<=[ \t])-(?=[ \t]*<)"
