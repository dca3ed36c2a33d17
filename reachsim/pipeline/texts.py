"""Pieces of texts that are not trusted, found in time that grows with their length.

A pattern such as ``<a>.*?</a>`` looks to the end of the text once for every ``<a>`` that is not closed; these functions
give up at the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator


def between(text: str, opening: str | re.Pattern[str], closing: str) -> Iterator[str]:
    """What stands between each opening and the next closing.

    >>> list(between("<a>1</a> <a>2</a> <a>3", "<a>", "</a>"))
    ['1', '2']
    """
    pattern = re.compile(re.escape(opening)) if isinstance(opening, str) else opening
    match = pattern.search(text)
    while match is not None:
        end = text.find(closing, match.end())
        if end < 0:
            return
        yield text[match.end() : end]
        match = pattern.search(text, end + len(closing))


def first_between(text: str, opening: str, closing: str) -> str | None:
    return next(between(text, opening, closing), None)


def without(text: str, opening: str, closing: str) -> str:
    """The text without comments; one that is not closed reaches to the end.

    >>> without("a/*b*/c/*d", "/*", "*/")
    'ac'
    """
    kept = []
    position = 0
    while (start := text.find(opening, position)) >= 0:
        kept.append(text[position:start])
        end = text.find(closing, start + len(opening))
        if end < 0:
            return "".join(kept)
        position = end + len(closing)
    return "".join([*kept, text[position:]])
