"""Every place that takes a file, with something else in it: an error that names the place, nothing half-written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reachsim.config import read_config
from reachsim.errors import SnapshotError
from reachsim.inputs import read_input
from tests.security.slots import SLOTS, SNAPSHOT, arguments, usual
from tests.security.test_hostile import run, steering

Bytes = Callable[[bytes], bytes]
CONTENTS: dict[str, Bytes] = {
    "nothing": lambda _: b"", "UTF-16": lambda data: data.decode("utf-8", "replace").encode("utf-16"),
    "the first half": lambda data: data[: len(data) // 2], "a NUL": lambda data: data[:10] + b"\0" + data[10:],
    "half a pair": lambda data: data[:10] + b"\xed\xa0\x80" + data[10:], "deep arrays": lambda _: b"[" * 100_000,
    "deep objects": lambda _: b'{"a":' * 50_000, "a long number": lambda _: b"9" * 10_000,
    "null": lambda _: b"null", "a list of lists": lambda _: b"[[]]", "numbers": lambda _: b"[1, 2]",
    "no number": lambda _: b"[NaN]", "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
}  # fmt: skip
FILES = {name: slot for name, slot in SLOTS.items() if slot.data is not None}
ODD = "a\x1b[2J\nb\u202e"


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_something_else_is_answered_or_refused_by_name(name: str, tmp_path: Path) -> None:
    slot = FILES[name]
    assert slot.data is not None
    refused = 0
    for number, (kind, changed) in enumerate(CONTENTS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        place = folder / slot.name
        place.write_bytes(changed(slot.data()))
        ran = run(*arguments(slot, place, folder))
        assert ran.exit_code in (0, 1, 2, 3), (kind, ran.output)
        assert steering(ran.output) == [], kind
        if ran.exit_code == 2 and name not in LINE_BY_LINE:
            refused += 1
            assert slot.name in ran.output or name in ONE_FILE, (kind, ran.output)
            assert not list(folder.glob("out*")), kind
    assert refused or name in LINE_BY_LINE


LINE_BY_LINE = ("query --input",)
"""Each line gets an error of its own."""
ONE_FILE = ("policy lint", "diagnose --log")
"""Which lists faults by their place in the one file that it is about."""


@pytest.mark.parametrize("name", SLOTS)
def test_a_place_without_what_belongs_there_is_refused_by_name(name: str, tmp_path: Path) -> None:
    slot = SLOTS[name]
    for kind in ("gone", "loop", "/dev/null" if slot.data is None else "folder"):
        place = Path(kind) if kind.startswith("/") else tmp_path / kind
        if kind == "loop":
            place.symlink_to(place)
        elif kind == "folder":
            place.mkdir()
        ran = run(*arguments(slot, place, tmp_path))
        assert ran.exit_code == 2, (kind, ran.output)
        assert place.name in ran.stderr.replace("\n", ""), (kind, ran.stderr)
        assert not list(tmp_path.glob("out*")), kind


@pytest.mark.parametrize("name", FILES)
def test_a_file_may_have_any_name(name: str, tmp_path: Path) -> None:
    place = usual(FILES[name], tmp_path)
    odd = place.rename(tmp_path / f"{ODD}{place.suffix}")
    ran = run(*arguments(FILES[name], odd, tmp_path))
    assert steering(ran.output) == []


def test_what_never_ends_is_not_read_for_ever() -> None:
    endless = Path("/dev/zero")
    with pytest.raises(SnapshotError, match="at most 1048576 bytes"):
        read_input(endless, 1 << 20)
    with pytest.raises(SnapshotError, match="/dev/zero"):
        read_config(endless)
    ran = run("query", SNAPSHOT, "--input", endless)
    assert (ran.exit_code, "more than" in ran.stderr) == (2, True)


@pytest.mark.parametrize("name", [name for name, slot in SLOTS.items() if "OUT" in slot.line])
def test_a_target_that_is_a_link_to_itself_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("out")
    ran = run(*arguments(SLOTS[name], usual(SLOTS[name], tmp_path), tmp_path))
    assert (ran.exit_code, "out" in ran.stderr) == (2, True)
    assert (tmp_path / "out").is_symlink()
