"""The nightly command counts, goes on where it stopped, and tells of what disagrees."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

from reachsim.intervals import IntervalSet
from reachsim.packets import DIMENSIONS, PacketSet
from tests.deep.differential import KINDS, disagreement
from tests.property.comparison import are_disjoint, size

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
    (code,) = first["states"]
    assert second["states"].keys() == {code}
    before, after = first["states"][code], second["states"][code]
    assert (before["networks"], after["networks"]) == (2, 5)
    assert after["packets"] > before["packets"] > 0
    assert sum(second["next"].values()) == sum(first["next"].values()) + 3
    assert f"code {code}: 2 networks" in again.stdout
    assert f"code {code}: 5 networks" in again.stdout
    assert again.returncode == 0


def test_another_state_of_the_code_counts_anew_and_meets_other_networks(tmp_path: Path) -> None:
    place = tmp_path / "state.json"
    seen = {"networks": 7, "packets": 9, "disagreements": [{"kind": "k", "seed": 1, "what": "w"}]}
    place.write_text(json.dumps({"next": dict.fromkeys(KINDS, 4_000_000), "states": {"before": seen}}))
    told = run("--networks", "1", "--resume", str(place))
    file = json.loads(place.read_text())
    assert file["states"].pop("before") == seen
    assert [one["networks"] for one in file["states"].values()] == [1]
    assert sorted(file["next"].values())[-1] == 4_000_001
    assert "on other states of the code: 7 networks" in told.stdout
    assert told.returncode == 0


def test_every_kind_compares_packets() -> None:
    for kind in KINDS:
        compared, what = disagreement(kind, 9_999_999)
        assert what is None, what
        assert compared > 0, kind


def test_a_fault_is_told_with_its_network() -> None:
    compared, what = disagreement("network/nothing-of-that-name", 1)
    assert (compared, what) == (0, "KeyError: 'network/nothing-of-that-name'")


def test_products_are_disjoint_if_together_they_are_as_large_as_each_by_itself() -> None:
    said = set()
    for seed in range(300):
        luck = random.Random(seed)
        spans = [[(low, low + luck.randrange(2)) for low in luck.sample(range(9), 2)] for _ in range(28)]
        factors = [IntervalSet.of(one) for one in spans]
        boxes = [tuple(factors[first : first + 7]) for first in range(0, 28, 7)][: luck.randint(1, 4)]
        whole = sum(map(size, PacketSet.union_of(boxes, len(DIMENSIONS)).boxes()))
        assert are_disjoint(boxes) == (whole == sum(map(size, boxes)))
        said.add(are_disjoint(boxes))
    assert said == {True, False}
