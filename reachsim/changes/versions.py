"""The trees of a file's two versions, of which next to nothing differs in the large ones.

A file's records are told apart by their ids without decoding them. Those that both versions list just so, byte for byte
or under other white space, stand in both trees as they are, the same on both sides: no difference is within.
"""

from __future__ import annotations

from typing import Any

import msgspec

from reachsim.changes.tree import BY_FIELD, Keyed, Node, grow


def trees(before: bytes, after: bytes, operation: str) -> tuple[Node, Node]:
    """The trees of two JSON objects. Raises msgspec.DecodeError, UnicodeDecodeError or RecursionError if one is none.

    ``operation`` is the file's service and call, ``ec2/describe-vpcs``, whose lists are no orders of precedence.
    """
    older, newer = (msgspec.json.decode(one, type=dict[str, msgspec.Raw]) for one in (before, after))
    both = older.keys() & newer.keys() if ("Error" in older) == ("Error" in newer) else ()  # else all of it differs
    lists = {name: found for name in both
             if (found := _records(name, older[name], newer[name])) is not None}  # fmt: skip
    rests = [{name: msgspec.json.decode(one) for name, one in side.items() if name not in lists}
             for side in (older, newer)]  # fmt: skip
    old = grow(rests[0], operation, rests[1]) | {name: found[0] for name, found in lists.items()}
    new = grow(rests[1], operation, rests[0]) | {name: found[1] for name, found in lists.items()}
    return {name: old[name] for name in older}, {name: new[name] for name in newer}


def _records(name: str, before: msgspec.Raw, after: msgspec.Raw) -> tuple[Keyed, Keyed] | None:
    """A list of records on both sides; None if it is not one of records that a field tells apart."""
    older, newer = (_by_id(one, BY_FIELD[name]) if name in BY_FIELD else None for one in (before, after))
    if older is None or newer is None:
        return None
    alike = {key: one for key, one in newer.items() if key in older and _same(older[key], one)}
    old, new = (
        Keyed((key, alike[key] if key in alike else grow(msgspec.json.decode(one), "")) for key, one in side.items())
        for side in (older, newer)
    )
    return old, new


def _same(one: msgspec.Raw, other: msgspec.Raw) -> bool:
    """Whether two records are the same: of files of which every byte moved, one record at a time is decoded."""
    return one == other or bool(msgspec.json.decode(one) == msgspec.json.decode(other))


def _by_id(data: msgspec.Raw, field: str) -> dict[str, msgspec.Raw] | None:
    """The records of a list by a field; None unless each of them has it, with a text of its own."""
    named: Any = msgspec.defstruct("Named", [("id", Any, None)], rename={"id": field})
    try:
        records = msgspec.json.decode(data, type=list[msgspec.Raw])
        ids = [one.id for one in msgspec.json.decode(data, type=list[named])]
    except msgspec.ValidationError:
        return None
    found = {key: one for key, one in zip(ids, records, strict=True) if isinstance(key, str)}
    return found if len(found) == len(records) else None
