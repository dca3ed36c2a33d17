"""The nightly command counts, goes on where it stopped, and tells of what disagrees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.deep.differential import KINDS, disagreement

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.deep", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_run_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    place = tmp_path / "state.json"
    assert run("--networks", "2", "--resume", str(place)).returncode == 0
    first = json.loads(place.read_text())
    again = run("--networks", "5", "--resume", str(place))
    second = json.loads(place.read_text())
    assert (first["networks"], second["networks"]) == (2, 5)
    assert second["packets"] > first["packets"] > 0
    assert sum(second["next"].values()) == sum(first["next"].values()) + 3
    assert "5 networks" in again.stdout
    assert again.returncode == 0


def test_every_kind_compares_packets() -> None:
    for kind in KINDS:
        compared, what = disagreement(kind, 9_999_999)
        assert what is None, what
        assert compared > 0, kind


def test_a_fault_is_told_with_its_network() -> None:
    compared, what = disagreement("network/nothing-of-that-name", 1)
    assert (compared, what) == (0, "KeyError: 'network/nothing-of-that-name'")
