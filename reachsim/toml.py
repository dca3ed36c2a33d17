"""TOML, bounded: the standard library's reader takes time by the square of how deep keys are nested.

**Source:** TOML 1.0.0, "Keys" (dotted keys).
"""

from __future__ import annotations

import re
from typing import Any, Final

MOST_PARTS: Final = 100
"""Parts of a dotted key; no tool's settings come near."""
_PART: Final = r"[^\s.=\[\]{},\"'#]"
_DEEP: Final = rf"(?<!{_PART})(?:{_PART}++\s*+\.\s*+){{{MOST_PARTS}}}"


def loads(text: str) -> dict[str, Any]:
    """The document's tables. Raises ValueError for what is no TOML, or nests its keys deeper than `MOST_PARTS`."""
    import tomllib  # costs its import only where there is such a file

    if re.search(_DEEP, text):
        raise ValueError(f"a key of more than {MOST_PARTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("tables or lists nested too deeply") from None
