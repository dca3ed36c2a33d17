"""``data.aws_iam_policy_document`` that Terraform reads only during apply, put together here where all of it is known.

**Source:** hashicorp/aws, "Data Source: aws_iam_policy_document".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final


def document_of(values: Mapping[str, Any], unknown: Any) -> str | None:
    """The policy as JSON; None if a part of it is not known."""
    if values.get("source_policy_documents") or values.get("override_policy_documents"):
        return None
    statements = []
    for number, held in enumerate(values.get("statement") or []):
        if not isinstance(held, dict) or _part_unknown(held, unknown, number):
            return None
        statements.append(_statement(held))
    if not statements:
        return None
    return json.dumps({"Version": values.get("version") or "2012-10-17", "Statement": statements})


def _part_unknown(held: Mapping[str, Any], unknown: Any, number: int) -> bool:
    """Whether an element of a statement is said to be unknown: it is put together from parts."""
    listed = unknown.get("statement") if isinstance(unknown, dict) else None
    if listed is True:
        return True
    open_ = listed[number] if isinstance(listed, list) and number < len(listed) else {}
    if open_ is True or not isinstance(open_, dict):
        return True
    if open_.get("effect"):
        return True
    for name in ("actions", "not_actions", "resources", "not_resources"):
        if _any(open_.get(name)) and not _whole(held.get(name)):  # the resolver fills in lists of whole ARNs
            return True
    for name, inner in _BLOCKS.items():
        if _any(open_.get(name)) and not all(_told(block, inner) for block in held.get(name) or [{}]):
            return True
    return False


_BLOCKS: Final[Mapping[str, str]] = {
    "principals": "identifiers", "not_principals": "identifiers", "condition": "values",
}  # fmt: skip
"""Blocks of a statement, and the list that each holds; the attributes beside it are texts."""


def _told(block: Mapping[str, Any], listed: str) -> bool:
    beside = ("test", "variable") if listed == "values" else ("type",)
    return _whole(block.get(listed)) and all(block.get(name) for name in beside)


def _whole(listed: Any) -> bool:
    """Whether a list is told element by element: Terraform prints null for one that is known only after apply."""
    return bool(listed) and None not in listed


def _any(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_any(one) for one in value.values())
    if isinstance(value, list):
        return any(_any(one) for one in value)
    return value is True


def _statement(held: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": held.get("effect") or "Allow"}
    if held.get("sid"):
        made["Sid"] = held["sid"]
    for name, key in (("actions", "Action"), ("not_actions", "NotAction"), ("resources", "Resource"),
                      ("not_resources", "NotResource")):  # fmt: skip
        if held.get(name):
            made[key] = held[name]
    for name, key in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        blocks = held.get(name) or []
        if blocks:
            made[key] = _principals(blocks)
    for block in held.get("condition") or []:
        made.setdefault("Condition", {}).setdefault(block["test"], {})[block["variable"]] = block.get("values") or []
    return made


def _principals(blocks: list[Mapping[str, Any]]) -> Any:
    if any(block.get("type") == "*" or (block.get("type") == "AWS" and block.get("identifiers") == ["*"])
           for block in blocks):  # fmt: skip
        return "*"
    found: dict[str, list[Any]] = {}
    for block in blocks:
        found.setdefault(block["type"], []).extend(block.get("identifiers") or [])
    return found
