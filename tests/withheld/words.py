"""Every word of an enumeration replaced in turn by one that AWS did not have when this was written: no answer turns.

Which members hold such words tell botocore's service models. `NAMES` are those whose words are names: with another one
it is another Region, or another record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from reachsim.collect.shapes import output_shape
from tests.withheld import files, generated
from tests.withheld.surfaces import Files
from tests.withheld.values import with_change

NEW: Final = "zzz-new"
NAMES: Final = (("s3api", "get-bucket-location"), ("s3api", "list-buckets"), ("route53", "list-resource-record-sets"))
SURFACES: Final = ("trace", "query", "matrix", "names", "report")
Place = tuple[str | int, ...]


def words(value: Any, shape: Any, at: Place = ()) -> Iterator[tuple[Place, str]]:
    """(the keys and indexes that lead to a word, the word) for each member that the model gives an enumeration."""
    if shape.type_name == "string" and shape.enum and isinstance(value, str):
        yield at, value
    elif shape.type_name == "structure" and isinstance(value, dict):
        for key in value.keys() & shape.members.keys():
            yield from words(value[key], shape.members[key], (*at, key))
    elif shape.type_name == "list" and isinstance(value, list):
        for index, one in enumerate(value):
            yield from words(one, shape.member, (*at, index))
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, one in value.items():
            yield from words(one, shape.value, (*at, key))


def changed(held: Files) -> Iterator[tuple[str, str, Files]]:
    """(file, field and word, the snapshot with another word there): each word of a field of each call once."""
    seen = set()
    for path, data in sorted(held.items()):
        parts = path.removesuffix(".json").split("/")
        shape = output_shape(*parts[2:4]) if path.endswith(".json") and len(parts) > 3 else None
        if shape is None or path.startswith("code/") or tuple(parts[2:4]) in NAMES:
            continue
        document = json.loads(data)
        for at, word in sorted(words(document, shape), key=repr):
            field = "/".join("*" if isinstance(key, int) else key for key in at)
            if (*parts[2:4], field, word) not in seen:
                seen.add((*parts[2:4], field, word))
                yield path, f"{field} {word}", {**held, path: with_change(document, at, NEW)}


def trials() -> Iterator[tuple[str, str, str, Files]]:
    """(snapshot, file, field and word, the snapshot with another word there) of those that are shipped."""
    for name in files.CLIENTS:
        for path, what, held in changed(files.shipped(name)):
            yield name, path, what, held


def complaints(name: str, path: str, held: Files) -> list[str]:
    """What any surface says now that it must not."""
    return [f"{surface}: {one}" for surface in SURFACES for one in files.complaints(name, path, held, surface)]


def of_generated(topic: str, seed: int) -> Iterator[tuple[str, Files]]:
    """(what was changed in a network of all features, its files)."""
    for path, what, held in changed(generated.network(topic, seed).files()):
        yield f"{path} {what}", held
