"""Reads what the ``reachsim policy`` commands are given: documents from files and from answers of AWS, JSON lines."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from reachsim.errors import Fault, SnapshotError

if TYPE_CHECKING:
    from reachsim.policy import Document


def no_number(text: str) -> NoReturn:
    """For `json.loads`: NaN and the like are no JSON. Raises ValueError."""
    raise ValueError(f"{text} is no JSON number")


def read(file: Path) -> str:
    """The text of a file, "-" being standard input. Raises SnapshotError if it is not UTF-8."""
    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SnapshotError(Fault(str(file), "", "text in UTF-8", str(error))) from error


def unwrapped(text: str) -> str:
    """The policy document in an answer of AWS (``Policy``, ``policyText``, ``PolicyDocument``), else the text."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(held, dict) and "Statement" not in held:
        for key in ("Policy", "policyText", "PolicyDocument"):
            if isinstance(held.get(key), str):
                return str(held[key])
            if isinstance(held.get(key), dict):
                return json.dumps(held[key])
    return text


def parsed(file: Path) -> Document:
    """The policy document in a file. Raises SnapshotError if it cannot be judged."""
    from reachsim.policy import PolicyError, parse

    try:
        return parse(unwrapped(read(file)))
    except PolicyError as error:
        expected, _, found = error.message.removeprefix("expected ").partition(", found ")
        if not found:
            expected, found = "a policy document", error.message
        raise SnapshotError(Fault(str(file), error.pointer, expected, found)) from error
