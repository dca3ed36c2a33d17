"""Decisions on IAM policies, compiled once, against moto's engine: as it runs, reading its policy for each request, and
with its policy read once. Both answer the three requests of `test_policy_speed` on its policy of ten statements."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal

from reachsim import policy
from tests.benchmarks.figure import NO_NETWORK, Figure, Place
from tests.benchmarks.measuring import Measured, Value, profile_of, timed
from tests.benchmarks.test_policy_speed import ACCOUNT, ASKED, CONTEXT, ten_statements

CALLS = 2_000


def _against_moto(place: Place, ours: Literal["decide", "evaluate"]) -> Measured:
    from moto.iam.access_control import IAMPolicy, PermissionResult

    text = json.dumps(ten_statements())
    once = IAMPolicy({"policy_document": text})
    ready = policy.Compiled(policy.Policies(identity=(policy.parse(text),)))
    answer: Callable[[policy.Request], object] = getattr(ready, ours)
    caller = policy.Principal.parse(f"arn:aws:iam::{ACCOUNT}:role/build")
    requests = [policy.Request(caller, *asked, ACCOUNT, CONTEXT) for asked in ASKED.values()]
    for one in requests:
        permitted = once.is_action_permitted(one.action, one.resource_arn, None, CONTEXT) is PermissionResult.PERMITTED
        assert (ready.evaluate(one).decision == "Allowed") == permitted == (ready.decide(one) == "Allowed")

    def mine() -> None:
        for _ in range(CALLS):
            for one in requests:
                answer(one)

    def theirs(engine: Callable[[], IAMPolicy]) -> Callable[[], None]:
        def calls() -> None:
            for _ in range(CALLS):
                for one in requests:
                    engine().is_action_permitted(one.action, one.resource_arn, None, CONTEXT)

        return calls

    as_it_runs, read_once = [], []
    for _ in range(place.rounds(15)):
        taken = timed(mine)
        as_it_runs.append(timed(theirs(lambda: IAMPolicy({"policy_document": text}))) / taken)
        read_once.append(timed(theirs(lambda: once)) / taken)
    return Measured(
        (
            Value(f"moto's engine, as it runs / `Compiled.{ours}`", tuple(as_it_runs)),
            Value(f"moto's engine, its policy read once / `Compiled.{ours}`", tuple(read_once)),
        ),
        "the three answers, equal to moto's",
        profile_of(mine),
    )  # fmt: skip


def _decide(place: Place, _size: int) -> Measured:
    return _against_moto(place, "decide")


def _explain(place: Place, _size: int) -> Measured:
    return _against_moto(place, "evaluate")


FIGURES = (
    Figure("policy-decide", "Decisions under a policy of ten statements, against moto's", NO_NETWORK, "more", 20, 40,
           "×", _decide),
    Figure("policy-explain", "The same with all reasons, against moto's decisions", NO_NETWORK, "more", 5, 10,
           "×", _explain),
)  # fmt: skip
