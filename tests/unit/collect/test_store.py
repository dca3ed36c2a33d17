"""Answers on disk: pages put together, whole or not there, private."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reachsim.collect.store import Store


@pytest.mark.parametrize(
    ("pages", "lists", "expected"),
    [
        ([{"A": [1, 2], "B": "x"}, {"A": [3], "B": "y"}], ("A",), {"A": [1, 2, 3], "B": "y"}),
        ([{"A": [{"a": [1]}], "B": [1]}, {"B": [2]}], ("A", "B", "C"), {"A": [{"a": [1]}], "B": [1, 2], "C": []}),
        ([{}], ("A",), {"A": []}),
        ([], ("A",), {"A": []}),
        ([{"A": None}], ("A",), {"A": []}),
        ([{"A": [1]}], (), {"A": [1]}),
        ([{}], (), {}),
        ([{"A": "東京\n\u2028", "B": {"c": {}}}], (), {"A": "東京\n\u2028", "B": {"c": {}}}),
        ([{'"': [{'"\n': "]"}]}], ('"',), {'"': [{'"\n': "]"}]}),
    ],
)
def test_pages_are_put_together(pages: Any, lists: tuple[str, ...], expected: Any, tmp_path: Path) -> None:
    digest = Store(tmp_path).write_pages("a/b.json", pages, lists)
    data = (tmp_path / "a/b.json").read_bytes()
    assert json.loads(data) == expected
    assert data.endswith(b"}\n")
    assert digest == hashlib.sha256(data).hexdigest() == Store(tmp_path).digest("a/b.json")


def test_the_form_is_indented_by_two(tmp_path: Path) -> None:
    Store(tmp_path).write_pages("a.json", [{"Vpcs": [{"VpcId": "vpc-1", "Tags": []}], "Owner": {"ID": "x"}}], ("Vpcs",))
    expected = {"Vpcs": [{"VpcId": "vpc-1", "Tags": []}], "Owner": {"ID": "x"}}
    assert (tmp_path / "a.json").read_text() == json.dumps(expected, indent=2) + "\n"


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a.json", {"old": True})

    def pages() -> Iterator[dict[str, Any]]:
        yield {"A": [1]}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write_pages("a.json", pages(), ("A", "B"))
    assert store.read("a.json") == {"old": True}
    assert os.listdir(tmp_path) == ["a.json"]  # noqa: PTH208


def test_what_an_error_file_holds_is_no_answer(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a.json", {"Error": {"Code": "AccessDenied"}})
    assert store.read("a.json") is None
    assert store.read("b.json") is None
    assert store.digest("b.json") is None


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_files_and_folders_are_private(tmp_path: Path) -> None:
    Store(tmp_path / "s").write("a/b/c.json", {})
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "s").rglob("*")}
    assert modes == {"a": 0o700, "b": 0o700, "c.json": 0o600}


def test_a_name_as_long_as_a_file_system_allows(tmp_path: Path) -> None:
    name = "x" * 250 + ".json"
    Store(tmp_path).write(name, {})
    assert (tmp_path / name).is_file()
