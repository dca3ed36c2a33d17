"""The order in which AWS lists things is no configuration: shuffled answers give the same verdicts."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reachsim import Reach, load, load_files
from reachsim.cli import group
from reachsim.evidence import Block

ROOT = Path(__file__).resolve().parent.parent.parent
SNAPSHOTS = ["private-pipeline", "leaky-pipeline", "broken-pipeline"]


def files(name: str) -> dict[str, bytes]:
    folder = ROOT / "snapshots" / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def shuffled(value: Any, luck: random.Random) -> Any:
    """The same JSON with every array and every object in another order."""
    if isinstance(value, list):
        kept = [shuffled(one, luck) for one in value]
        luck.shuffle(kept)
        return kept
    if isinstance(value, dict):
        keys = list(value)
        luck.shuffle(keys)
        return {key: shuffled(value[key], luck) for key in keys}
    return value


def facts(reach: Reach) -> Any:
    """What a check finds, without places in files and without order."""

    def rule(block: Block) -> tuple[object, ...]:
        return block.code, block.cause, block.component, block.rule, block.at, block.leg, block.direction

    found = reach.check()
    cells = {
        (cell.source, cell.destination): (cell.outcome, cell.route, cell.needed, frozenset(map(rule, cell.blocked_by)))
        for cell in found.matrix
    }
    steps = {(step.project, step.step): (step.outcome, step.route, step.not_reached) for step in found.steps}
    findings = {(one.id, one.severity, one.component) for one in found.findings}
    return found.overall, found.missing, cells, steps, findings


@pytest.mark.parametrize("name", SNAPSHOTS)
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_arrays_changes_no_outcome(name: str, seed: int) -> None:
    luck = random.Random(seed)
    other = {
        path: json.dumps(shuffled(json.loads(data), luck)).encode() if path.endswith(".json") else data
        for path, data in sorted(files(name).items())
    }
    assert facts(load_files(other)) == facts(load(ROOT / "snapshots" / name))


COMMANDS = (
    ("check",), ("check", "--format", "json"), ("check", "--format", "markdown"), ("check", "--format", "sarif"),
    ("matrix",), ("export", "--format", "graphml"), ("export", "--format", "mermaid"),
    ("export", "--of", "matrix", "--format", "csv"), ("names", "--from", "codebuild:app-build"),
    ("trace", "--from", "codebuild:app-build", "--to", "internet", "--format", "json"),
    ("trace", "--from", "internet", "--to", "codebuild:app-build"),
    ("trace", "--from", "codebuild:app-build", "--to", "ecr.dkr"),
)  # fmt: skip
PLACE = re.compile(r"#/[^\s\"),<&|]*|(?<=[\w]):\d+ |\"startLine\": \d+")
"""Where in a file something stands: another place when the file's arrays have another order."""


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_the_order_of_arrays_changes_no_output_but_places_in_files(name: str, tmp_path: Path) -> None:
    said: list[list[str]] = []
    for seed in (None, 4):
        place = tmp_path / "s"
        for path, data in files(name).items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            if seed is not None and path.endswith(".json"):
                data = json.dumps(shuffled(json.loads(data), random.Random(seed))).encode()
            (place / path).write_bytes(data)
        results = [CliRunner().invoke(group, [words[0], str(place), *words[1:]]) for words in COMMANDS]
        assert all(one.exit_code in (0, 1, 3) and one.output for one in results), results
        said.append([PLACE.sub("", one.output) for one in results])
    for words, first, second in zip(COMMANDS, *said, strict=True):
        assert first == second, words


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_the_order_of_files_changes_nothing(name: str) -> None:
    found = files(name)
    backward = dict(reversed(found.items()))
    first, second = load_files(found).check(), load_files(backward).check()
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())
    assert json.dumps(first.to_json()) == json.dumps(load(ROOT / "snapshots" / name).check().to_json())


def test_asking_twice_and_asking_in_another_order_gives_the_same() -> None:
    questions = [("codebuild:app-build", "s3"), ("internet", "i-08af6b8af30f51e3e"), ("codebuild:app-build", "logs")]
    reach, other = load(ROOT / "snapshots/leaky-pipeline"), load(ROOT / "snapshots/leaky-pipeline")
    first = {question: reach.simulate(*question).to_json() for question in questions}
    second = {question: other.simulate(*question).to_json() for question in reversed(questions)}
    assert first == second
    assert first == {question: reach.simulate(*question).to_json() for question in questions}
