"""Single values of a snapshot gone or made nonsense: only our own errors, and no answer that is better than before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from reachsim import Check, load_files
from reachsim.errors import ReachsimError
from tests.withheld.files import CLIENTS, shipped
from tests.withheld.surfaces import Files

GONE: Final = object()
ODD: Final = "\u202e\x00\U0001f4a9e\u0301"
KINDS: Final = ("gone", "null", "empty", "another type", "new word", "huge", "negative", "odd text")
LOSSES: Final = ("gone", "null")
"""Kinds after which a snapshot tells less than before."""
TELLS_NONE: Final = ("/Association", "/PublicIp")
"""Keys of interfaces that AWS leaves out where there is none of it: nobody can tell that they were taken away."""
RANK: Final = {"leaking": 0, "exposed": 0, "private-but-failing": 1, "private-and-working": 2}


def changed(value: Any, kind: str) -> Any:
    match kind:
        case "gone":
            return GONE
        case "null":
            return None
        case "empty":
            return {str: "", list: [], dict: {}}.get(type(value), "")
        case "another type":
            return {str: 7, list: {}, dict: []}.get(type(value), "x")
    return {"new word": "zzz-new", "huge": 10**30, "negative": -5, "odd text": ODD}[kind]


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value within a document, with the keys and indexes that lead to it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*at, key), one
        yield from places(one, (*at, key))


def with_change(document: Any, at: tuple[str | int, ...], value: Any) -> bytes:
    document = json.loads(json.dumps(document))
    holder = document
    for key in at[:-1]:
        holder = holder[key]
    if value is GONE:
        del holder[at[-1]]
    else:
        holder[at[-1]] = value
    return json.dumps(document).encode()


def trials(most: int = 3, kinds: Sequence[str] = KINDS) -> Iterator[tuple[str, str, Files]]:
    """(snapshot, what was done, its files). Of values at the same keys in several entries, only the first ones."""
    for name in CLIENTS:
        seen: Counter[tuple[object, ...]] = Counter()
        for path, data in shipped(name).items():
            if not path.endswith(".json") or path.startswith("code/"):
                continue
            document = json.loads(data)
            for at, value in places(document):
                alike = (path.split("/")[2:4], *("*" if isinstance(key, int) else key for key in at))
                key = tuple(map(str, alike))
                seen[key] += 1
                for kind in kinds if seen[key] <= most else ():
                    new = with_change(document, at, changed(value, kind))
                    yield name, f"{path}#/{'/'.join(map(str, at))} {kind}", {**shipped(name), path: new}


@cache
def whole(name: str) -> Check:
    return load_files(shipped(name)).check()


def complaints(name: str, what: str, files: Files) -> list[str]:
    """What a check says that it must not, now that a value is another."""
    before = whole(name)
    try:
        after = load_files(files).check()
    except ReachsimError:
        return []
    if not what.endswith(LOSSES):
        return []
    found = []
    ways = {(one.source, one.destination): one.outcome for one in after.matrix}
    for one in before.matrix:
        shut = "internet" in (one.source, one.destination) and one.outcome in ("allowed", "intermittent")
        if (
            shut
            and ways.get((one.source, one.destination)) == "blocked"
            and not what.split(" ")[0].endswith(TELLS_NONE)
        ):
            found.append(f"{one.source} → {one.destination}: {one.outcome} -> blocked")
    if after.overall != "undecided" and RANK[after.overall] > RANK[before.overall]:
        found.append(f"{before.overall} -> {after.overall}")
    return found
