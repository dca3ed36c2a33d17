"""``reachsim policy evaluate``: JSON lines in, JSON lines out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from reachsim.cli import group

CASE = {
    "name": "n",
    "request": {
        "principal": "arn:aws:iam::111122223333:user/ann",
        "action": "s3:GetObject",
        "resource": {"arn": "arn:aws:s3:::b/k", "accountId": "111122223333"},
        "context": {},
    },
    "identityPolicies": [{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}],
}


def answers(text: str) -> tuple[int, list[dict[str, Any]]]:
    result = CliRunner().invoke(group, ["policy", "evaluate"], input=text)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_one_line_one_answer() -> None:
    code, found = answers(json.dumps(CASE) + "\n\n" + json.dumps({**CASE, "name": "m"}))
    assert code == 0
    assert [answer["name"] for answer in found] == ["n", "m"]
    assert found[0]["decidedBy"] == [
        {"policy": "identity[0]", "statement": "0", "effect": "allow", "why": "statement 0 allows s3:GetObject on arn:aws:s3:::b/k"}  # noqa: E501
    ]  # fmt: skip
    assert set(found[0]) == {"name", "decision", "blockedBy", "decidedBy", "notes"}


def test_a_bad_line_gets_an_error_and_the_others_are_answered() -> None:
    bad = {**CASE, "name": "bad", "identityPolicies": [{"Statement": {"Effect": "allow"}}]}
    code, found = answers("\n".join(["{", "[]", '{"x": NaN}', json.dumps(bad), "1" * 5000, json.dumps(CASE)]))
    assert code == 2
    assert ["error" in answer for answer in found] == [True] * 5 + [False]
    assert found[3] == {
        "name": "bad",
        "error": '/identityPolicies/0/Statement/Effect: expected "Allow" or "Deny", found \'allow\'',
    }


def test_keys_that_stand_twice_are_noted() -> None:
    text = json.dumps(CASE).replace('"Effect": "Allow"', '"Effect": "Deny", "Effect": "Allow"')
    _, (found,) = answers(text)
    assert found["decision"] == "Allowed"
    assert found["notes"] == ["the key 'Effect' stands more than once in one object; only the last one counts"]


def test_a_key_that_is_ignored_but_looks_like_another_is_noted() -> None:
    line = {**CASE, "identityPolicy": [], "vpcendpointpolicies": [], "page": "p", "expected": "Allowed"}
    notes = answers(json.dumps(line))[1][0]["notes"]
    assert [note for note in notes if "ignored" in note] == [
        "the key 'identityPolicy' is ignored; perhaps identityPolicies is meant",
        "the key 'vpcendpointpolicies' is ignored; perhaps vpcEndpointPolicies is meant",
    ]


def test_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(CASE), encoding="utf-8")
    result = CliRunner().invoke(group, ["policy", "evaluate", "--input", str(file)])
    assert json.loads(result.stdout)["decision"] == "Allowed"


def test_every_blocking_kind_and_the_nearest_statement() -> None:
    only = {"Sid": "Own", "Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*",
            "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}  # fmt: skip
    case = {**CASE, "scps": [[]], "boundary": [], "vpcEndpointPolicies": [{"Statement": only}]}
    _, found = answers(json.dumps(case))
    assert (found[0]["decision"], found[0]["blockedBy"]) == ("ImplicitlyDenied", ["boundary", "scp", "endpoint"])
    assert found[0]["decidedBy"][-1] == {
        "policy": "endpoint[0]",
        "statement": "Own",
        "effect": "none",
        "why": "nearest is statement Own: condition StringEquals aws:SourceVpce vpce-1: "
        "the request has no aws:SourceVpce",
    }


def test_an_action_without_resource_types_is_known_for_one() -> None:
    """The Service Authorization Reference tells it where the case does not."""
    only_arns = {"Effect": "Allow", "Action": "ecr:*", "Resource": "arn:aws:ecr:us-east-1:111122223333:repository/*"}
    request = {**CASE["request"], "action": "ecr:GetAuthorizationToken", "resource": {"arn": "*"}}
    case = {**CASE, "request": request, "identityPolicies": [{"Statement": only_arns}]}
    told = {**case, "request": {**request, "wildcardOnlyAction": False}}
    listed = {**case, "request": {**request, "action": "ecr:BatchGetImage"}}
    _, found = answers("\n".join(map(json.dumps, (case, told, listed))))
    assert [one["decision"] for one in found] == ["ImplicitlyDenied", "Allowed", "Allowed"]
