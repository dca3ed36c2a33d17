"""How quickly requests are decided, side by side with moto's IAM engine, and that no policy takes more than its share.

    pytest tests/benchmarks/test_policy_speed.py -s

Goals: 20 times as many decisions as moto's engine on a policy of ten statements, two conditions in one of them; 5 times
as many with all reasons. moto reads its policy anew for every request ("as it runs"); "read once" leaves that out.
The contenders take turns, so that a busy machine slows all of them alike. Nothing timed is asserted, except that what
should be linear is far from quadratic.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from reachsim import policy
from reachsim.policy.glob import Glob
from reachsim.policy.lint import lint

ROUNDS, CALLS = 60, 200
ACCOUNT = "111122223333"
SERVICES = ("s3", "ecr", "logs", "codecommit", "kms", "sqs", "sns", "ssm", "sts")
ACTIONS = ("GetObject", "BatchGetImage", "PutLogEvents", "GitPull", "Decrypt", "SendMessage", "Publish", "GetParameter",
           "AssumeRole")  # fmt: skip
TWO = {"StringEquals": {"sts:ExternalId": "x"}, "StringLike": {"sts:RoleSessionName": "a*"}}
CONTEXT = {"sts:ExternalId": "x", "sts:RoleSessionName": "abc"}
ASKED = {
    "two conditions, last statement": ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t"),
    "first statement": ("s3:GetObject", f"arn:aws:s3:us-east-1:{ACCOUNT}:thing-0/k"),
    "nothing allows": ("ec2:RunInstances", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i"),
}


def ten_statements() -> dict[str, Any]:
    """Ten statements that Allow; the last has the two conditions (moto knows the keys of role trust only)."""
    found: list[dict[str, Any]] = [
        {"Sid": f"S{i}", "Effect": "Allow", "Action": [f"{service}:{action}", f"{service}:List*"],
         "Resource": f"arn:aws:{service}:us-east-1:{ACCOUNT}:thing-{i}/*"}
        for i, (service, action) in enumerate(zip(SERVICES, ACTIONS, strict=True))
    ]  # fmt: skip
    last = {"Sid": "Last", "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"]}
    found.append({**last, "Resource": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/*", "Condition": TWO})
    return {"Version": "2012-10-17", "Statement": found}


def best(contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds per call, the best of all rounds, the contenders taking turns."""
    taken = dict.fromkeys(contenders, float("inf"))
    for _ in range(ROUNDS):
        for name, call in contenders.items():
            start = time.perf_counter()
            for _ in range(CALLS):
                call()
            taken[name] = min(taken[name], (time.perf_counter() - start) / CALLS * 1e6)
    return taken


@pytest.mark.parametrize("name", ASKED)
def test_side_by_side_with_moto(name: str) -> None:
    from moto.iam.access_control import IAMPolicy, PermissionResult

    action, resource = ASKED[name]
    text = json.dumps(ten_statements())
    theirs = IAMPolicy({"policy_document": text})
    ready = policy.Compiled(policy.Policies(identity=(policy.parse(text),)))
    caller = policy.Principal.parse(f"arn:aws:iam::{ACCOUNT}:role/build")
    request = policy.Request(caller, action, resource, ACCOUNT, CONTEXT)
    permitted = theirs.is_action_permitted(action, resource, None, CONTEXT) is PermissionResult.PERMITTED
    assert (ready.decide(request) == "Allowed") == permitted == (ready.evaluate(request).decision == "Allowed")

    def as_it_runs() -> object:
        return IAMPolicy({"policy_document": text}).is_action_permitted(action, resource, None, CONTEXT)

    def anew() -> object:
        return ready.decide(policy.Request(caller, action, resource, ACCOUNT, CONTEXT))

    taken = best(
        {
            "moto, as it runs": as_it_runs,
            "moto, read once": lambda: theirs.is_action_permitted(action, resource, None, CONTEXT),
            "decide": lambda: ready.decide(request),
            "decide, with the request made anew": anew,
            "evaluate, with all reasons": lambda: ready.evaluate(request),
        }
    )
    print(f"\n{name}")
    runs, once = taken["moto, as it runs"], taken["moto, read once"]
    for label, micros in taken.items():
        print(
            f"  {label:36}{micros:7.2f} µs   {runs / micros:5.1f} times moto as it runs, {once / micros:5.1f} read once"
        )


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize("pattern", ["*a" * 40 + "b*", "*ab" * 20 + "*", "*a?b" * 20 + "*", "*" + "a?" * 20 + "b*"])
def test_wildcards_take_linear_time(pattern: str) -> None:
    glob = Glob.parse(pattern)
    short, long = (min(seconds(partial(glob.matches, "a" * size)) for _ in range(5)) for size in (20_000, 80_000))
    print(f"\n{pattern[:12]}…: {short * 1000:.2f} ms for 20,000 characters, {long * 1000:.2f} ms for 80,000")
    assert long < 10 * short + 0.01


def test_a_policy_of_a_megabyte() -> None:
    statement = ten_statements()["Statement"]
    count = 1_000_000 // len(json.dumps(statement))
    text = json.dumps({"Version": "2012-10-17", "Statement": statement * count})
    document: list[policy.Document] = []
    read = seconds(lambda: document.append(policy.parse(text)))
    caller = policy.Principal.parse(f"arn:aws:iam::{ACCOUNT}:role/build")
    request = policy.Request(caller, *ASKED["nothing allows"], ACCOUNT, CONTEXT)
    first = seconds(lambda: policy.judge(document[0], request, "identity"))
    again = seconds(lambda: policy.judge(document[0], request, "identity"))
    checked = seconds(lambda: lint(text, "identity"))
    print(
        f"\n{len(text):,} characters, {len(document[0].statements):,} statements: read in {read * 1000:.0f} ms, "
        f"first request {first * 1000:.1f} ms, next {again * 1e6:.0f} µs, lint {checked * 1000:.0f} ms"
    )


@pytest.mark.parametrize(
    "text", ["[" * 500_000, '{"a":' * 200_000, '{"Statement":' + "[" * 100_000 + "]" * 100_000 + "}"]
)
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(policy.PolicyError):
        policy.parse(text)
    assert lint(text)[0].severity == "fault"
