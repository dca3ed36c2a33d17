"""Reads what the ``reachsim policy`` commands are given: documents from files and from answers of AWS, JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from reachsim.errors import Fault, SnapshotError
from reachsim.inputs import read_input

if TYPE_CHECKING:
    from reachsim.policy import Document


_DEEPEST: Final = 5
"""How deep an answer of AWS is looked into for a policy document."""


def no_number(text: str) -> NoReturn:
    """For `json.loads`: NaN and the like are no JSON. Raises ValueError."""
    raise ValueError(f"{text} is no JSON number")


def read(file: Path) -> str:
    """The text of a file, "-" being standard input. Raises SnapshotError if it is not UTF-8."""
    data = sys.stdin.buffer.read() if str(file) == "-" else read_input(file)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SnapshotError(Fault(str(file), "", "text in UTF-8", str(error))) from error


def unwrapped(text: str, file: Path) -> str:
    """The policy document in an answer of AWS that a file holds, else the text.

    Raises SnapshotError if the answer holds several.
    """
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(held, dict) or "Statement" in held:
        return text
    documents = dict(_documents(held, "", _DEEPEST))
    if len(documents) > 1:
        places = ", ".join(documents)
        raise SnapshotError(Fault(str(file), "", "one policy document", f"{len(documents)} of them, at {places}"))
    return next(iter(documents.values()), text)


def _documents(held: object, at: str, deep: int) -> Iterator[tuple[str, str]]:
    """The places of policy documents in an answer, and their texts."""
    if isinstance(held, str) and held.lstrip().startswith("{"):
        try:
            inner = json.loads(held)
        except (ValueError, RecursionError):
            return
        if isinstance(inner, dict) and "Statement" in inner:
            yield at, held
    elif isinstance(held, dict) and "Statement" in held:
        yield at, json.dumps(held)
    elif isinstance(held, dict | list) and deep:
        for key, one in held.items() if isinstance(held, dict) else enumerate(held):
            yield from _documents(one, f"{at}/{key}", deep - 1)


def parsed(file: Path) -> Document:
    """The policy document in a file. Raises SnapshotError if it cannot be judged."""
    from reachsim.policy import PolicyError, parse

    try:
        return parse(unwrapped(read(file), file))
    except PolicyError as error:
        expected, _, found = error.message.removeprefix("expected ").partition(", found ")
        if not found:
            expected, found = "a policy document", error.message
        raise SnapshotError(Fault(str(file), error.pointer, expected, found)) from error
