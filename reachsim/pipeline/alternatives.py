"""Values that depend on which branch of a build runs: ``if …; then BUCKET=a; else BUCKET=b; fi``.

Such a value is an unknown one (`variables.unknown`) whose mark also carries what the branches set. Everything that
needs a value to be known treats it as unknown; what a command contacts is worked out for every value in turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from reachsim.pipeline.variables import CLOSE, OPEN, OTHERWISE, is_known, unknown

MAX_VALUES: Final = 6
MAX_CHOICES: Final = 12
_MARK: Final = f"{OPEN}([^{OPEN}{CLOSE}{OTHERWISE}]*){OTHERWISE}([^{OPEN}{CLOSE}]*){CLOSE}"
_OWN: Final = r"[A-Za-z_]\w*"
_NEVER_MERGED: Final = ("PWD", "OLDPWD")


def either(name: str, values: Iterable[str]) -> str:
    """The value that is one of these; plainly unknown where none of them is known.

    >>> options(either("BUCKET", ["a", "b"]))
    ('a', 'b')
    """
    known: dict[str, None] = {}
    whole = True
    for value in values:
        listed = options(value)
        whole = whole and (is_known(value) or bool(listed))
        known |= dict.fromkeys(listed or ([value] if is_known(value) else []))
    if whole and len(known) == 1:
        return next(iter(known))
    if not known or len(known) > MAX_VALUES or any(OTHERWISE in one for one in known):
        return unknown(name)
    return f"{OPEN}{name}{OTHERWISE}{OTHERWISE.join(known)}{CLOSE}"


def options(value: str) -> tuple[str, ...]:
    """What a value may be, if it is nothing but one mark of this kind; else nothing."""
    match = re.fullmatch(_MARK, value)
    return tuple(match[2].split(OTHERWISE)) if match else ()


def merged(before: Mapping[str, str], ends: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The variables after branches of which one has run, each with its variables at its end.

    What only some of them set, and nothing before, counts as set: that a later command uses it says so.
    """
    found = dict(before)
    for name in dict.fromkeys(name for end in ends for name in end):
        values = list(dict.fromkeys(end[name] for end in ends if name in end))
        if len(values) == 1:
            found[name] = values[0]
        elif re.fullmatch(_OWN, name) and name not in _NEVER_MERGED:
            found[name] = either(name, values)
    return found


def choices(texts: Iterable[str]) -> list[dict[str, str]]:
    """Every way to fill in the marks that stand in these texts, as mark -> value; none if there are none or too many.

    >>> [sorted(one.values()) for one in choices([either("A", ["x", "y"]) + "/z"])]
    [['x'], ['y']]
    """
    marks: dict[str, tuple[str, ...]] = {}
    for text in texts:
        if OTHERWISE in text:
            marks |= {match[0]: tuple(match[2].split(OTHERWISE)) for match in re.finditer(_MARK, text)}
    found: list[dict[str, str]] = [{}] if marks else []
    for mark, values in marks.items():
        found = [{**one, mark: value} for one in found for value in values]
        if len(found) > MAX_CHOICES:
            return []
    return found


def filled(text: str, choice: Mapping[str, str]) -> str:
    """A text with the marks of a choice filled in."""
    for mark, value in choice.items():
        text = text.replace(mark, value)
    return text
