"""Policy statements in words, and what happened to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reachsim.changes.tree import MISSING, Json


def statement_text(path: Sequence[str], before: Json, after: Json) -> str:
    """What happened to a statement: ``policy statement changed: Layers (…)``."""
    which, policy = _called(path), _policy(path)
    if MISSING in (before, after):
        verb = "added" if before is MISSING else "removed"
        return f"{policy} {verb}: {which} ({says(before if after is MISSING else after)})"
    old, new = says(before), says(after)
    return f"{policy} changed: {which} ({_fields(before, after) if old == new else f'{old} → {new}'})"


def renamed_statement(old: Sequence[str], new: Sequence[str], statement: Json) -> str:
    """That a statement says the same under another Sid."""
    return f"{_policy(old)} renamed: {_called(old)} is now {_called(new)} ({says(statement)})"


def _called(path: Sequence[str]) -> str:
    name = path[-1]
    return name if len(name) < 60 and not name.startswith("{") else "without a Sid"


def _policy(path: Sequence[str]) -> str:
    inside = path[-4] if "RolePolicyList" in path else ""
    policy = f"policy {inside} statement" if inside else "policy statement"
    return "trust policy statement" if "AssumeRolePolicyDocument" in path else policy


def _fields(before: Mapping[str, Json], after: Mapping[str, Json]) -> str:
    """The elements of a statement that differ."""
    differing = [key for key in dict.fromkeys((*before, *after)) if before.get(key) != after.get(key)]
    return "; ".join(f"{key}: {_written(before.get(key))} → {_written(after.get(key))}" for key in differing)


def _written(value: Json) -> str:
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def says(statement: Json) -> str:
    """A statement in few words."""
    if not isinstance(statement, Mapping):
        return _written(statement)
    parts = [str(statement.get("Effect"))]
    for key in ("Action", "NotAction", "Resource", "NotResource"):
        if key in statement:
            value = statement[key]
            shown = (
                ", ".join(map(str, value[:3])) + (" …" if len(value) > 3 else "")
                if isinstance(value, list)
                else str(value)
            )
            parts.append(shown if key in ("Action",) else f"{'on' if key == 'Resource' else key} {shown}")
    if isinstance(statement.get("Principal"), str | dict):
        parts.append(f"by {_who(statement['Principal'])}")
    if isinstance(statement.get("Condition"), Mapping):
        keys = [key for block in statement["Condition"].values() if isinstance(block, dict) for key in block]
        parts.append(f"if {', '.join(keys)}")
    return " ".join(parts)


def _who(principal: Any) -> str:
    if isinstance(principal, str):
        return "anyone" if principal == "*" else principal
    values = [one for value in principal.values() for one in (value if isinstance(value, list) else [value])]
    return ", ".join("anyone" if one == "*" else str(one) for one in values[:3]) + (" …" if len(values) > 3 else "")
