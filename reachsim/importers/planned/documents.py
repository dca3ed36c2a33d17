"""Policies and file names as a plan writes them."""

from __future__ import annotations

import json
from typing import Any


def named_file(name: str) -> str:
    """A name as part of a snapshot's path."""
    return name.replace("/", "%2F")


def document_of(value: object) -> Any | None:
    """A policy as JSON, whether it comes as a text or as an object."""
    if isinstance(value, str) and value.strip():
        try:
            return json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) else None
