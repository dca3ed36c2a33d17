"""Errors: one harmless line each."""

from __future__ import annotations

import pytest

from reachsim.cli.options import harmless
from reachsim.errors import Fault, QuestionError, ReachsimError, SnapshotError, UnsupportedError, printable

HOSTILE = "a\x1b[2J\nb\r\x07\x9b\u202e\u2028\ud800"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, 東京 …", "plain text, 東京 …"),
        ("全角\u3000空白", "全角\u3000空白"),
        ("\x1b[31m", r"\u001b[31m"),
        ("a\nb\tc", r"a\u000ab\u0009c"),
        ("\u202e\u200b", r"\u202e\u200b"),
        ("\U000e0001", r"\udb40\udc01"),
        ("\ud800", r"\ud800"),
        ("", ""),
    ],
)
def test_printable(text: str, expected: str) -> None:
    assert printable(text) == expected


@pytest.mark.parametrize("error", [ReachsimError(HOSTILE), QuestionError(HOSTILE), UnsupportedError(HOSTILE),
                                   SnapshotError(Fault(HOSTILE, HOSTILE, HOSTILE, HOSTILE))])  # fmt: skip
def test_every_message_is_one_line_that_steers_no_terminal(error: ReachsimError) -> None:
    assert str(error).isprintable()


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [("", "f.json: expected a list, found 3"), ("/Vpcs/0", "f.json#/Vpcs/0: expected a list, found 3")],
)
def test_a_fault_says_where_and_what(pointer: str, expected: str) -> None:
    assert str(Fault("f.json", pointer, "a list", "3")) == expected


def test_a_snapshot_error_holds_all_its_faults() -> None:
    faults = [Fault("a.json", "", "x", "y"), Fault("b.json", "", "x", "y")]
    error = SnapshotError(*faults)
    assert error.faults == tuple(faults)
    assert str(error) == "a.json: expected x, found y; b.json: expected x, found y"


@pytest.mark.parametrize("kind", [SnapshotError, QuestionError, UnsupportedError])
def test_every_error_is_caught_as_reachsims(kind: type[Exception]) -> None:
    assert issubclass(kind, ReachsimError)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\nlines", "two\nlines"),
        ("\x1b[31;1mred\x1b[0m", "\x1b[31;1mred\x1b[0m"),
        ("\x1b[2J\x1b[32mgreen\x1b[0m\x07", "\\u001b[2J\x1b[32mgreen\x1b[0m\\u0007"),
        ("\x1b[8mhidden", "\\u001b[8mhidden"),
        ("a\rb\x9b", "a\\u000db\\u009b"),
    ],
)
def test_output_keeps_its_lines_and_its_own_colours_only(text: str, expected: str) -> None:
    assert harmless(text) == expected
