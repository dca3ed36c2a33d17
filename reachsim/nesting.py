"""How deep a text of YAML or JSON nests, told before a parser finds out by itself, which takes it seconds."""

from __future__ import annotations

import re
from typing import Final

MAX_NESTING: Final = 400


def nests_too_deeply(text: str) -> bool:
    """Whether brackets and braces nest more than `MAX_NESTING` deep, quoted ones counted as well.

    >>> nests_too_deeply("[" * 401), nests_too_deeply("[]" * 401)
    (True, False)
    """
    depth = 0
    for mark in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if mark in "[{" else max(depth - 1, 0)
        if depth > MAX_NESTING:
            return True
    return False
