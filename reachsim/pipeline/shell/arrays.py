"""Arrays, indexed and associative, kept among a shell's plain variables.

The elements of ``A`` are the variables ``A[KEY]``, in the order in which they were set, ``A[@]`` all of them at once.
``A`` itself has them all too, so that ``$A`` hides none.
**Source:** Bash Reference Manual, "Arrays".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from reachsim.pipeline.variables import is_known


def elements(variables: Mapping[str, str], name: str) -> dict[str, str]:
    """The elements of an array by key.

    >>> elements({"A": "x y", "A[0]": "x", "A[1]": "y", "A[@]": "x y"}, "A")
    {'0': 'x', '1': 'y'}
    """
    if f"{name}[@]" not in variables:
        return {}
    start = f"{name}["
    return {key[len(start) : -1]: value for key, value in variables.items() if key.startswith(start)
            and key != f"{name}[@]"}  # fmt: skip


def store(variables: dict[str, str], name: str, items: Iterable[tuple[str | None, str]], *, append: bool) -> None:
    """Set an array's elements; one without a key comes behind the last."""
    kept = elements(variables, name) if append else {}
    for old in [one for one in variables if one.startswith(f"{name}[")]:
        del variables[old]
    numbers = [int(one) for one in kept if re.fullmatch(r"\d{1,9}", one)]
    place = max(numbers, default=-1) + 1
    for given, value in items:
        key = str(place) if given is None else given
        kept[key] = value
        place = int(key) + 1 if re.fullmatch(r"\d{1,9}", key) else place
    whole = " ".join(kept.values())
    variables |= {f"{name}[{key}]": value for key, value in kept.items()} | {f"{name}[@]": whole, name: whole}


def keyed(word: str) -> tuple[str | None, str]:
    """One word of ``A=(…)``: ``[KEY]=VALUE``, or a value alone.

    >>> keyed("[a]=x"), keyed("x")
    (('a', 'x'), (None, 'x'))
    """
    match = re.fullmatch(r"\[([^\]]*)\]=(.*)", word, re.DOTALL)
    return (match[1], match[2]) if match and is_known(match[1]) else (None, word)
