"""The mutants of a few lines, and that the tests of a module notice a change in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.mutation.__main__ import EQUIVALENT, equivalent, wanted
from tests.mutation.modules import REPOSITORY, TESTS
from tests.mutation.mutants import mutants

SOURCE = '''
def between(low: int, value: int = 1) -> bool:
    """Words."""
    assert low is not None
    if low < value and not value == 9:
        return True
    raise ValueError("words")
'''


def test_what_is_changed_and_what_is_left_alone() -> None:
    changes = {(one.function, one.now) for one in mutants(SOURCE)}
    assert changes == {
        ("", "def between(low: int, value: int = (2)) -> bool:"),
        ("", "def between(low: int, value: int = (0)) -> bool:"),
        *(("between", f"if {now}:") for now in (
            "(not (low < value and (not value == 9)))", "(low < value or not value == 9)", "(not value == 9)",
            "(low < value)", "(low <= value) and not value == 9", "(low >= value) and not value == 9",
            "low < value and (value == 9)", "low < value and not (value != 9)", "low < value and not value == (10)",
            "low < value and not value == (8)")),
        ("between", "return (False)"),
    }  # fmt: skip


def test_a_mutant_is_the_module_with_one_line_changed() -> None:
    for one in mutants(SOURCE):
        lines = zip(SOURCE.splitlines(), one.source.splitlines(), strict=True)
        assert [now.strip() for was, now in lines if was != now] == [one.now]


def test_mutants_are_told_apart_by_their_keys() -> None:
    for module in TESTS:
        keys = [one.key for one in wanted(module, 1)]
        assert len(set(keys)) == len(keys)


def test_what_is_listed_as_equivalent_is_a_mutant() -> None:
    assert EQUIVALENT.exists()
    for module in TESTS:
        keys = {one.key for one in wanted(module, 1)}
        assert equivalent(module).keys() - keys == set()
        assert all(equivalent(module).values())


def test_a_share_of_the_mutants_is_killed(tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    command = [sys.executable, "-m", "tests.mutation", "addresses", "--each", "50", "--resume", str(state)]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    results = [json.loads(line)[-1] for line in state.read_text().splitlines()]
    assert len(results) >= 3, run.stderr
    assert "killed" in results
    assert f"addresses: {len(wanted('addresses', 50))} of {len(wanted('addresses', 1))} mutants" in run.stdout
    assert run.returncode == int("\n+ " in run.stdout)
