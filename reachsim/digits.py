"""Numbers in texts that anybody may have written: ports, indexes, counts."""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 15
"""More digits than any port, index or count has; ``int`` refuses thousands of them, and digits of other scripts."""


def number(text: str | None) -> int | None:
    """The number that a text of ASCII digits says; None where it is no such text, or a longer one than any number here.

    >>> number("443"), number("²"), number("-1"), number("9" * 5000), number(None)
    (443, None, None, None, None)
    """
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _LONGEST else None


def port(text: str | None, default: int) -> int:
    """The port that a text says, or the default where it says none between 1 and 65535.

    >>> port("8443", 443), port("70000", 443), port("", 443)
    (8443, 443, 443)
    """
    found = number(text)
    return found if found is not None and 0 < found < 65536 else default
