"""RFC 6902 on snapshot files: what applies, what is refused and how it is told, and patches made from two documents."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachsim.errors import SnapshotError
from reachsim.patch import Operation, apply, operate, operations_between, patch_between, read_patch
from reachsim.snapshot import Snapshot

FILE = "111111111111/us-east-1/ec2/describe-vpcs.json"
DEEP: list[Any] = []
for _ in range(900):
    DEEP = [DEEP]
DOCUMENT = {"Vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-2"}], "a/b": {"m~n": 1}}


def patch(*operations: dict[str, Any], file: str = FILE, **more: Any) -> dict[str, Any]:
    return {"format": 1, "why": "", "edits": [{"file": file, "patch": list(operations)}], **more}


def applied(*operations: dict[str, Any]) -> Any:
    snapshot = apply(Snapshot.of({FILE: json.dumps(DOCUMENT).encode()}), read_patch(patch(*operations)))
    return json.loads(snapshot.read(FILE))


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/Vpcs/-", "value": 3}, {**DOCUMENT, "Vpcs": [*DOCUMENT["Vpcs"], 3]}),
        ({"op": "add", "path": "/Vpcs/0", "value": 3}, {**DOCUMENT, "Vpcs": [3, *DOCUMENT["Vpcs"]]}),
        ({"op": "add", "path": "/x", "value": None}, {**DOCUMENT, "x": None}),
        ({"op": "remove", "path": "/Vpcs/0"}, {**DOCUMENT, "Vpcs": DOCUMENT["Vpcs"][1:]}),
        ({"op": "replace", "path": "/a~1b/m~0n", "value": 2}, {**DOCUMENT, "a/b": {"m~n": 2}}),
        ({"op": "move", "from": "/Vpcs/0", "path": "/first"},
         {**DOCUMENT, "Vpcs": DOCUMENT["Vpcs"][1:], "first": DOCUMENT["Vpcs"][0]}),
        ({"op": "copy", "from": "/a~1b", "path": "/c"}, {**DOCUMENT, "c": {"m~n": 1}}),
        ({"op": "test", "path": "/Vpcs/1/VpcId", "value": "vpc-2"}, DOCUMENT),
    ],
    ids=lambda one: one.get("op") if isinstance(one, dict) else None,
)  # fmt: skip
def test_operations(operation: dict[str, Any], expected: Any) -> None:
    assert applied(operation) == expected


@pytest.mark.parametrize(
    ("operation", "pointer"),
    [
        ({"op": "add", "path": "/Vpcs/3", "value": 3}, "/Vpcs/3"),
        ({"op": "add", "path": "/no/where", "value": 3}, "/no/where"),
        ({"op": "remove", "path": "/Vpcs/2"}, "/Vpcs/2"),
        ({"op": "remove", "path": "/Vpcs/01"}, "/Vpcs/01"),
        ({"op": "replace", "path": "/x", "value": 1}, "/x"),
        ({"op": "move", "from": "/x", "path": "/y"}, "/x"),
        ({"op": "test", "path": "/Vpcs/1/VpcId", "value": "vpc-1"}, "/Vpcs/1/VpcId"),
        ({"op": "test", "path": "/a~1b/m~0n", "value": True}, "/a~1b/m~0n"),
    ],
)
def test_what_does_not_apply_names_file_and_pointer(operation: dict[str, Any], pointer: str) -> None:
    with pytest.raises(SnapshotError) as caught:
        applied(operation)
    (fault,) = caught.value.faults
    assert (fault.file, fault.pointer) == (FILE, pointer)


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ("no json", ""),
        ('{"format": 1, "edits": [], "x": NaN}', ""),
        (patch({"op": "add", "path": "/x", "value": DEEP}), "/edits/0/patch/0/value"),
        ("[]", ""),
        ({"edits": []}, "/format"),
        ({"format": True, "edits": []}, "/format"),
        ({"format": 2, "edits": []}, "/format"),
        ({"format": 1}, "/edits"),
        ({"format": 1, "edits": {}}, "/edits"),
        ({"format": 1, "edits": [], "why": 1}, "/why"),
        ({"format": 1, "edits": [1]}, "/edits/0"),
        (patch(file="../x"), "/edits/0/file"),
        *(
            (patch(file=one), "/edits/0/file")
            for one in ("/x", "./x", "a//x", "a/./x", "a/", "a\\x", "C:/x", "c:x", "a\0x", "a\nx", f"a/{'x' * 256}", "")
        ),
        ('{"format": 1, "edits": [], "x": 1e999}', ""),
        ({"format": 1, "edits": [{"file": "x"}]}, "/edits/0/patch"),
        (patch({"op": "delete", "path": ""}), "/edits/0/patch/0/op"),
        (patch({"op": "remove", "path": "x"}), "/edits/0/patch/0/path"),
        (patch({"op": "remove", "path": "/~2"}), "/edits/0/patch/0/path"),
        (patch({"op": "remove"}), "/edits/0/patch/0/path"),
        (patch({"op": "add", "path": "/x"}), "/edits/0/patch/0/value"),
        (patch({"op": "copy", "path": "/x"}), "/edits/0/patch/0/from"),
        (patch({"op": "move", "path": "/x/y", "from": "/x"}), "/edits/0/patch/0/path"),
    ],
)
def test_a_faulty_patch_file_is_told_by_pointer(document: Any, pointer: str) -> None:
    with pytest.raises(SnapshotError) as caught:
        read_patch(document, "fix.json")
    assert (caught.value.faults[0].file, caught.value.faults[0].pointer) == ("fix.json", pointer)


@pytest.mark.parametrize("file", ["111111111111", "111111111111/us-east-1/ec2", f"{FILE}/x.json"])
def test_no_file_takes_a_folders_place_nor_a_folder_a_files(file: str) -> None:
    made = read_patch(patch({"op": "add", "path": "", "value": {}}, file=file))
    with pytest.raises(SnapshotError) as caught:
        apply(Snapshot.of({FILE: b"{}"}), made)
    assert caught.value.faults[0].file == file
    below = patch({"op": "add", "path": "", "value": {}}, file=f"{FILE}/x.json")
    moved = {"format": 1, "edits": [*patch({"op": "remove", "path": ""})["edits"], *below["edits"]]}
    assert list(apply(Snapshot.of({FILE: b"{}"}), read_patch(moved)).paths) == [f"{FILE}/x.json"]


def test_files_are_made_and_taken_away_as_a_whole() -> None:
    snapshot = Snapshot.of({FILE: b"{}"})
    other = FILE.replace("vpcs", "subnets")
    made = apply(snapshot, read_patch(patch({"op": "add", "path": "", "value": {"Subnets": []}}, file=other)))
    assert list(made.paths) == [other, FILE]
    assert not apply(made, read_patch(patch({"op": "remove", "path": ""}, file=other))).holds(other)
    with pytest.raises(SnapshotError, match="expected a file, found none"):
        apply(snapshot, read_patch(patch({"op": "remove", "path": ""}, file=other)))
    assert list(snapshot.paths) == [FILE]


def test_the_manifest_keeps_the_sums_of_what_was_edited() -> None:
    manifest = {"formatVersion": 1, "files": {FILE: "old", "x": "same"}}
    snapshot = Snapshot.of({FILE: b'{"Vpcs": []}', "snapshot.json": json.dumps(manifest).encode()})
    made = apply(snapshot, read_patch(patch({"op": "add", "path": "/Vpcs/0", "value": {"VpcId": "vpc-1"}})))
    sums = json.loads(made.read("snapshot.json"))["files"]
    assert sums == {FILE: hashlib.sha256(made.read(FILE)).hexdigest(), "x": "same"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(("", "a", "a/b", "m~n")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(("a", "b/c", "~")), inner, max_size=3),
    max_leaves=12,
)


@given(JSON, JSON)
def test_a_patch_between_two_documents_leads_from_one_to_the_other(before: Any, after: Any) -> None:
    found = before
    for operation in operations_between(before, after):
        found = operate(found, operation)
    assert json.dumps(found, sort_keys=True) == json.dumps(after, sort_keys=True)


def test_a_patch_between_documents_is_as_small_as_the_change() -> None:
    rows = [{"Id": str(n), "Rules": [1, 2]} for n in range(5)]
    snapshot = Snapshot.of({FILE: json.dumps({"Vpcs": rows}).encode()})
    after = {"Vpcs": [*rows[:2], {"Id": "2", "Rules": [1, 3, 2]}, rows[4]]}
    (edit,) = patch_between(snapshot, {FILE: after}).edits
    assert set(edit.operations) == {
        Operation("remove", "/Vpcs/3"),
        Operation("add", "/Vpcs/2/Rules/1", 3),
    }


def test_half_a_surrogate_pair_is_one_error() -> None:
    with pytest.raises(SnapshotError, match=r"expected characters of Unicode, found half a surrogate pair, U\+D800"):
        applied({"op": "add", "path": "/name", "value": "\ud800"})
