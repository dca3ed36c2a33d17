"""How many lines of reachsim run for an answer: as many on every machine, however busy it is, unlike seconds.

The bounds are half as much again as what was counted, so that a rule may cost what it has to; what looks at everything
there is for each question costs a hundred times as much. Figures by the clock: tests/benchmarks.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from reachsim import Reach, load, load_files
from reachsim.answers import Answers
from reachsim.cli.query import answer
from reachsim.diff.cells import Asked, passing
from reachsim.graph import graph_of
from tests.benchmarks.organization import write
from tests.scenarios.test_fix import FAILING

PACKAGE = str(Path(__file__).resolve().parent.parent / "reachsim")
SMALL, LARGE = (10, 500), (20, 2000)
"""VPCs and interfaces of organizations: four times as many, twice as many in each VPC."""


class Steps:
    """Lines that ran while they were counted; a loop on one line counts each time around."""

    def __init__(self) -> None:
        self.count = 0

    def entered(self, frame: FrameType, _event: str, _given: Any) -> Callable[..., Any] | None:
        return self.ran if frame.f_code.co_filename.startswith(PACKAGE) else None

    def ran(self, _frame: FrameType, _event: str, _given: Any) -> Callable[..., Any]:
        self.count += 1
        return self.ran


@contextmanager
def counted() -> Iterator[Steps]:
    steps, before = Steps(), sys.gettrace()
    sys.settrace(steps.entered)
    try:
        yield steps
    finally:
        sys.settrace(before)


def steps_of(call: Callable[[], object]) -> int:
    with counted() as steps:
        call()
    return steps.count


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, int], Path]:
    return {size: write(tmp_path_factory.mktemp("organization"), *size) for size in (SMALL, LARGE)}


@pytest.fixture
def reach(folders: dict[tuple[int, int], Path], size: tuple[int, int]) -> Reach:
    return load(folders[size])


def questions(reach: Reach, number: int) -> list[bytes]:
    """Half from interface to interface, half to a name."""
    rng, names = random.Random(1), list(reach.network.interfaces)
    asked = ("s3", "logs", "internet", "host:github.com")
    return [
        json.dumps({
            "id": place, "source": rng.choice(names), "destination": rng.choice(names if place % 2 else asked),
            "protocol": "tcp", "port": 443,
        }).encode()
        for place in range(number)
    ]  # fmt: skip


def sender_of(reach: Reach) -> str:
    return next(name for name in reach.network.interfaces if "-app-" in name)


def receiver_of(reach: Reach) -> str:
    """In another VPC than the sender."""
    return [name for name in reach.network.interfaces if "-web-" in name][-1]


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_loading(folders: dict[tuple[int, int], Path], size: tuple[int, int]) -> None:
    assert steps_of(lambda: load(folders[size])) < 150 * size[1]


@pytest.mark.parametrize(("size", "most_first", "most_then"), [(SMALL, 6_900, 5_100), (LARGE, 5_300, 2_750)])
def test_query(reach: Reach, most_first: int, most_then: int) -> None:
    """For each of the first questions, which have tables and filters compiled, and for each that follows.

    In a VPC with few interfaces (`reachsim.scenarios.MOST_NEAR`) more is asked about a name that is not known.
    """
    answers, lines = Answers(reach), questions(reach, 400)
    assert steps_of(lambda: [answer(answers, line) for line in lines[:200]]) < 200 * most_first
    assert steps_of(lambda: [answer(answers, line) for line in lines[200:]]) < 200 * most_then


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize(
    ("source", "target", "most_first", "most_then"),
    [
        ("sender", "receiver", 65_000, 4_300), ("sender", "internet", 114_000, 7_500), ("sender", "s3", 41_000, 5_600),
        ("sender", "host:github.com", 41_000, 5_600), ("internet", "receiver", 92_000, 4_900),
    ],
)  # fmt: skip
def test_trace(reach: Reach, source: str, target: str, most_first: int, most_then: int) -> None:
    """The first question to a network, for which it is indexed, and one that follows."""
    source = sender_of(reach) if source == "sender" else source
    target = receiver_of(reach) if target == "receiver" else target
    assert steps_of(lambda: reach.simulate(source, target)) < most_first
    assert steps_of(lambda: reach.simulate(source, target, protocol="tcp", port=22)) < most_then


@pytest.mark.parametrize(("size", "most"), [(SMALL, 245_000), (LARGE, 410_000)])
def test_check_of_one_interface(reach: Reach, most: int) -> None:
    assert steps_of(lambda: reach.check([sender_of(reach)])) < most


@pytest.mark.parametrize(("name", "most"), [("leaky", 525_000), ("broken", 495_000), ("private", 440_000)])
def test_check_of_a_shipped_snapshot(snapshots: Path, name: str, most: int) -> None:
    assert steps_of(lambda: load(snapshots / f"{name}-pipeline").check()) < most


def test_fix_makes_and_judges_each_edited_snapshot_once() -> None:
    """What is asked of the same few snapshots again and again cost three million lines and a half."""
    files = FAILING["SC09b the way out alone"][0]().files()
    assert steps_of(lambda: load_files(files).fix()) < 3_000_000


@pytest.mark.parametrize(("size", "role", "most"), [
    (SMALL, "database", 128_000), (LARGE, "database", 306_000), (SMALL, "app", 2_470_000), (LARGE, "app", 8_000_000),
])  # fmt: skip
def test_what_gets_through_is_walked_no_further_than_to_what_stops_it(reach: Reach, role: str, most: int) -> None:
    """A fix asks it of everybody beside the sources. What a sender's own groups stop never comes to the receivers, and
    what a receiver's groups stop is not answered; to tell all that stops each cost 14 and 11 million lines.
    """
    sender = next(name for name in reach.network.interfaces if f"-{role}-" in name and "eni-0-" not in name)
    assert steps_of(lambda: passing(reach.ground, Asked(sender, "ip:0.0.0.0/0"), {})) < most


def test_the_graph_grows_with_the_kinds_of_interfaces(tmp_path: Path) -> None:
    """Each of a few kinds is walked from and to: four times the interfaces took 13 and 84 million lines."""
    reaches = [load(write(tmp_path / str(number), 1, number)) for number in (60, 240)]
    few, many = (steps_of(lambda reach=reach: graph_of(reach.ground)) for reach in reaches)  # type: ignore[misc]
    assert few < 13_200_000
    assert many < 37_000_000
    assert many < 4 * few


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_names_of_one_interface(reach: Reach) -> None:
    assert steps_of(lambda: reach.names(sender_of(reach))) < 14_000
