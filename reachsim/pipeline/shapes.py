"""Parts of documents that other people write: a table where one is expected, else an empty one.

A manifest may hold anything anywhere. What has the wrong shape counts as not there, as it does for the tools.
"""

from __future__ import annotations

from typing import Any


def table(value: object, *keys: str) -> dict[str, Any]:
    """The table at the end of a path of keys.

    >>> table({"tool": {"poetry": {"name": "x"}}}, "tool", "poetry"), table({"tool": 3}, "tool", "poetry")
    ({'name': 'x'}, {})
    """
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def listing(value: object) -> list[Any]:
    """The list, or no entries.

    >>> listing([1]), listing("text")
    ([1], [])
    """
    return value if isinstance(value, list) else []
