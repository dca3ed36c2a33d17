"""The cases in tests/policy_cases: one JSON line each, in the form that ``reachsim policy evaluate`` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachsim import policy

CASES = Path(__file__).parents[2] / "policy_cases" / "cases.jsonl"


def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_decision(case: dict[str, Any]) -> None:
    answer = policy.evaluate_json(case)
    assert answer.get("error") is None
    assert answer["decision"] == case["expected"], answer
    assert bool(answer["blockedBy"]) == (case["expected"] != "Allowed")
    assert answer["decidedBy"]


def test_adding_a_deny_never_allows_more() -> None:
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
    for case in cases():
        if isinstance(case["request"]["principal"], str) and ":" in case["request"]["principal"]:
            stricter = {**case, "identityPolicies": [*case["identityPolicies"], deny]}
            assert policy.evaluate_json(stricter)["decision"] == "ExplicitlyDenied"


def test_splitting_a_document_into_its_statements_changes_nothing() -> None:
    for case in cases():
        split = [
            {**document, "Statement": [statement]}
            for document in case["identityPolicies"]
            for statement in document["Statement"]
        ]
        assert policy.evaluate_json({**case, "identityPolicies": split})["decision"] == case["expected"]
