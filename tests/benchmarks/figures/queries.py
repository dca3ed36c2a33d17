"""Answers a second of `reachsim query`, with the network loaded."""

from __future__ import annotations

import json
import random

from reachsim import Reach, load
from reachsim.answers import Answers
from reachsim.cli.options import leave_alone
from reachsim.cli.query import answer
from tests.benchmarks.figure import Figure, Place
from tests.benchmarks.measuring import Measured, Value, profile_of, timed

QUESTIONS = 3_000
NAMES = ("s3", "logs", "ecr.api", "internet", "host:github.com")


def questions(reach: Reach, seed: int) -> list[bytes]:
    """Half from interface to interface, half to a name; both ends drawn at random from all interfaces."""
    rng, names = random.Random(seed), list(reach.network.interfaces)
    return [
        json.dumps({
            "id": number, "source": rng.choice(names),
            "destination": rng.choice(names) if number % 2 else rng.choice(NAMES), "protocol": "tcp",
            "port": rng.choice([443, 5432]),
        }).encode()
        for number in range(QUESTIONS)
    ]  # fmt: skip


def _queries(place: Place, size: int) -> Measured:
    reach = load(place.organization(size))
    leave_alone()  # as the command does
    asked = questions(reach, 0)
    kept = Answers(reach)
    for line in asked[::30]:
        one = json.loads(line)
        said = json.loads(answer(kept, line)[0])
        true = reach.simulate(one["source"], one["destination"], protocol="tcp", port=one["port"]).to_json()
        assert said == json.loads(json.dumps({**true, "id": one["id"]})), line
    rates = []
    for number in range(place.rounds(3)):
        lines, fresh = questions(reach, number + 1), Answers(reach)
        rates.append(QUESTIONS / timed(lambda: [answer(fresh, line) for line in lines]))  # noqa: B023 (at once)
    fresh = Answers(reach)
    return Measured(
        (Value(f"answers a processor second, {QUESTIONS:,} questions drawn anew each round", tuple(rates)),),
        f"{len(asked[::30])} answers equal to those of the point path",
        profile_of(lambda: [answer(fresh, line) for line in asked[:1000]]),
    )  # fmt: skip


FIGURES = (
    Figure("query", "`reachsim query`, the network loaded", 10_000, "more", 5_000, 20_000, "/s", _queries),
)  # fmt: skip
