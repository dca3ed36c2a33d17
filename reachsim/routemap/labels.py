"""What is written on the map: how wide a text is, and what of it is kept."""

from __future__ import annotations

import unicodedata
from typing import Final, Protocol, runtime_checkable

FONT: Final = 11.0
"""Height of the letters; all lengths are in the same unit, which a screen takes as pixels."""
COLUMN: Final = 0.62 * FONT
"""Width of a letter of a monospaced face, a little more than any of them takes; wide characters take two."""
LONGEST: Final = 48
WORDS: Final = {
    "map alike": "{} and {} alike", "map more": "{} and {} more", "map all": "all {}", "map others": "others",
    "map kind": "{} of {}", "map outside every VPC": "outside every VPC", "map not known": "not known",
    "map no gateway": "no gateway", "map no way": "no way",
}  # fmt: skip
"""What the map itself says, in English: of what stands for others, and where no component has a name."""


@runtime_checkable
class Places(Protocol):
    """What knows names, and where a network interface stands."""

    def label(self, resource_id: str) -> str: ...

    def place(self, origin: str) -> tuple[str, str, str] | None:
        """VPC, zone and subnet; None outside of every VPC."""


class Labels(Protocol):
    def label(self, resource_id: str) -> str: ...


def columns_of(text: str) -> int:
    """Columns of a monospaced face that a text takes.

    >>> columns_of("a東")
    3
    """
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def shortest(arn: str, columns: int = LONGEST) -> str:
    """An ARN that is too long without its beginning, as its end tells it from others; any other text as it is.

    >>> shortest("arn:aws:iam::111122223333:role/service-role/build", 30)
    '…333:role/service-role/build'
    """
    if not arn.startswith("arn:") or columns_of(arn) <= columns:
        return arn
    return f"…{arn[-(columns - 3) :]}"


def cut(text: str, columns: int = LONGEST) -> str:
    """The text without what cannot be drawn, and no longer than that.

    >>> cut("a" * 50, 5)
    'aaaa…'
    """
    text = "".join(c if c.isprintable() else " " for c in text[: columns + 1])  # each takes a column at least
    if columns_of(text) <= columns:
        return text
    while columns_of(text) > columns - (1 if text.isascii() else 2):
        text = text[:-1]
    return f"{text}…"
