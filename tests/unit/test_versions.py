"""A file's two versions, mostly undecoded, have the differences that they have when all of both is decoded."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from reachsim.changes import Comparison
from reachsim.changes.renaming import Renaming
from reachsim.changes.tree import MISSING, Atom, canonical, differences, grow, put, restore
from reachsim.changes.versions import trees
from reachsim.patch import to_bytes
from reachsim.snapshot import Snapshot
from tests.property.networks import TOPICS, network
from tests.property.test_diff import EDITS, MORE_EDITS, edited

FILE = "111111111111/us-east-1/ec2/describe-x.json"


def spoilt(document: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A document that lacks an id, holds a record twice or elsewhere, or something else than records."""
    key = rng.choice(sorted(document))
    records = document[key]
    if not isinstance(records, list) or not records:
        return document
    how = rng.randrange(6)
    if how == 0:
        records[rng.randrange(len(records))] = rng.choice([None, 7, "x", [], {}])
    elif how == 1:
        records.insert(rng.randrange(len(records)), rng.choice(records))
    elif how == 2:
        rng.shuffle(records)
    elif how == 3:
        records.pop(rng.randrange(len(records)))
    elif how == 4 and isinstance(records[0], dict):
        records[0] = dict(reversed(records[0].items()))
    else:
        document = {**document, "More": [1], key: rng.choice([records, {}, None])}
    return document


def written(document: Any, rng: random.Random) -> bytes:
    return json.dumps(document, indent=rng.choice([None, None, None, 4]), ensure_ascii=rng.random() < 0.5).encode()


def told(atoms: list[Atom]) -> list[Any]:
    sides = [[one if one is MISSING else canonical(one) for one in (atom.before, atom.after)] for atom in atoms]
    return sorted([repr((atom.file, atom.path)), *map(str, side)] for atom, side in zip(atoms, sides, strict=True))


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_differences_are_those_of_the_documents(topic: str) -> None:
    rng, differing = random.Random(topic), 0
    files = network(topic, 1).files()
    for _ in range(40):
        after = files
        for name in rng.choices(sorted(EDITS | MORE_EDITS), k=3):
            after = edited(after, name, rng) or after
        changed = [path for path in files if files[path] != after[path]]
        for path in [*changed, *rng.sample(sorted(files), 3)]:
            documents = [json.loads(one[path]) for one in (files, after)]
            documents = [spoilt(one, rng) if rng.random() < 0.3 else one for one in documents]
            data = [written(one, rng) for one in documents]
            operation = "/".join(path.split("/")[2:4]).removesuffix(".json")
            whole = [grow(msgspec.json.decode(one), operation) for one in data]
            found = trees(data[0], data[1], operation)
            expected, atoms = (list(differences(FILE, *pair)) for pair in (whole, found))
            assert told(atoms) == told(expected)
            assert [list(one) for one in found] == [list(one) for one in whole]
            undone = found[1]
            for atom in atoms:
                undone = put(undone, atom.path, atom.before)
            again = grow(msgspec.json.decode(msgspec.json.encode(restore(undone))), operation)
            assert not list(differences(FILE, whole[0], again))
            differing += bool(atoms)
    assert differing


@pytest.mark.parametrize("data", [b"", b"[]", b"7", b'{"Vpcs": [{]}', b'{"Vpcs": [', b"\xff\xfe{}"])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"malformed|truncated|Expected|utf-8"):
        trees(b'{"Vpcs": []}', data, "ec2/describe-vpcs")


def test_an_error_beside_records_differs_from_records_as_a_whole() -> None:
    records = {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}
    path = "111111111111/us-east-1/ec2/describe-vpcs.json"
    sides = [Snapshot.of({path: json.dumps(one).encode()}) for one in (records, {**records, "Error": {"Code": "X"}})]
    (change,) = Comparison(*sides, Renaming()).changes
    assert change.files == (path,)
    assert canonical(change.atoms[0].before) == canonical(grow(records, "ec2/describe-vpcs"))


def peak_of(call: Callable[[], object]) -> int:
    """Bytes that were held at once while it ran."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_edited_file_is_held_neither_as_text_nor_as_two_documents() -> None:
    """It is written anew, so every byte of it moved; what whatif held of it was six times the file, twice."""
    tags = [{"Key": f"key-{number}", "Value": "v"} for number in range(30)]
    document = {"Vpcs": [{"VpcId": f"vpc-{number}", "Tags": tags} for number in range(500)]}
    before, after = json.dumps(document).encode(), to_bytes(document)
    assert peak_of(lambda: to_bytes(document)) < 1.5 * len(after)
    assert peak_of(lambda: trees(before, after, "ec2/describe-vpcs")) < len(after)
