"""Brace expansion: ``a{b,c}`` and ``{1..3}``.

**Source:** Bash Reference Manual, "Brace Expansion". Not modelled: braces within braces.
"""

from __future__ import annotations

import re
from typing import Final

MAX_BRACED: Final = 100
"""Words that one word expands to at most; beyond that it stays as it is."""
_GROUP: Final = r"(?<![\\$])\{([^{}\s'\"]*(?:,|\.\.)[^{}\s'\"]*)\}"


def _group(text: str) -> re.Match[str] | None:
    return re.search(_GROUP, text) if "{" in text and ("," in text or ".." in text) else None


def has_braces(text: str) -> bool:
    return _group(text) is not None


def braced(text: str) -> list[str]:
    """The words that a word expands to.

    >>> braced("https://{a,b}.example.com/{1..2}")
    ['https://a.example.com/1', 'https://a.example.com/2', 'https://b.example.com/1', 'https://b.example.com/2']
    """
    found = [text]
    for _ in range(4):
        whole = [one for text in found for one in _first(text)]
        if whole == found or len(whole) > MAX_BRACED:
            break
        found = whole
    return found


def _first(text: str) -> list[str]:
    match = _group(text)
    values = _values(match[1]) if match else None
    if match is None or values is None:
        return [text]
    return [text[: match.start()] + one + text[match.end() :] for one in values]


def _values(inner: str) -> list[str] | None:
    if "," in inner:
        return inner.split(",")
    match = re.fullmatch(r"(-?\d{1,6}|[A-Za-z])\.\.(-?\d{1,6}|[A-Za-z])(?:\.\.(-?\d{1,4}))?", inner)
    if match is None or match[1].isalpha() != match[2].isalpha():
        return None
    letters = match[1].isalpha()
    first, last = (ord(one) if letters else int(one) for one in match.groups()[:2])
    step = max(abs(int(match[3] or 1)), 1)
    numbers = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    if len(numbers) > MAX_BRACED:
        return None
    width = max(len(match[1]), len(match[2])) if re.match(r"-?0\d", match[1]) else 0
    return [chr(one) if letters else str(one).zfill(width) for one in numbers]
