"""The commands of a text that Windows' ``cmd`` runs, one after another.

It is no reader of the language: blocks, ``for`` and ``if`` are left to a gap. **Source:** Microsoft, "cmd" (``&&``,
``||``, ``&``), "set" (``%NAME%``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from reachsim.pipeline.call import quoted

_PARTS: Final = re.compile(r"\s*(\&\&|\|\||\&)\s*")
_BLOCK: Final = re.compile(r"(?:for|if|goto|call|:)\b|\(|:", re.IGNORECASE)


class Part(NamedTuple):
    """One command as a POSIX shell would take it; of one that is not read "". ``text`` is as written."""

    text: str
    command: str
    sure: bool


def read(text: str, variables: Mapping[str, str]) -> Iterator[Part]:
    """The commands of a text, and whether each runs whenever the text does.

    >>> [one.command for one in read("curl.exe -o x https://a.example.com && echo 1", {})]
    ['curl -o x https://a.example.com', 'echo 1']
    """
    sure = True
    for piece, sign in _pieces(re.sub(r"(?:\^|\\)\r?\n", " ", text)):
        plain = re.sub(r"%(\w+)%", lambda one: variables.get(one[1], one[0]), piece.strip().lstrip("@"))
        if plain and not plain.lower().startswith(("rem ", "::")):
            words = re.findall(r"(?:\"[^\"]*\"|[^\s\"])+", plain)
            name = re.sub(r"\.exe$", "", words[0].strip('"'), flags=re.IGNORECASE)
            powershell = name.lower().rsplit("\\", 1)[-1] in ("powershell", "pwsh")
            known = not _BLOCK.match(plain) and "%" not in words[0]
            rest = [quoted(word.replace('"', "")) for word in words[1:]]
            command = plain if powershell else " ".join([quoted(name.replace("\\", "/")), *rest])
            yield Part(plain, command if known else "", sure)
        sure = sure and sign != "||"


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The commands between ``&&``, ``||`` and ``&`` outside of quotes, each with the sign behind it."""
    piece, quote, at = "", False, 0
    while at < len(text):
        sign = _PARTS.match(text, at) if not quote and text[at] in "&|" else None
        if sign:
            yield piece, sign[1]
            piece, at = "", sign.end()
            continue
        quote = quote != (text[at] == '"')
        piece += text[at]
        at += 1
    yield piece, ""
