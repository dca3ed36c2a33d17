"""The cases in tests/policy_cases: one JSON line each, in the form that ``reachsim policy evaluate`` reads.

``cases.jsonl`` has one or more for each numbered fact; ``documented.jsonl``, ``hostile.jsonl`` and
``further.jsonl`` rest on AWS's documentation, each line naming its page, with the decision that the page gives or
implies; those of the latter two were written down before the first run, to catch this evaluator out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachsim import policy

FOLDER = Path(__file__).parents[2] / "policy_cases"


def cases(name: str = "*.jsonl") -> list[dict[str, Any]]:
    lines = (line for file in sorted(FOLDER.glob(name)) for line in file.read_text(encoding="utf-8").splitlines())
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_decision(case: dict[str, Any]) -> None:
    answer = policy.evaluate_json(case)
    assert answer.get("error") is None
    assert answer["decision"] == case["expected"], answer
    assert bool(answer["blockedBy"]) == (case["expected"] != "Allowed")
    assert answer["decidedBy"]
    ready = policy.Compiled(policy.read_policies(case))
    assert ready.decide(policy.read_request(case)) == case["expected"], "the quick way decides otherwise"


def test_documented_cases_name_their_pages() -> None:
    documented = [*cases("documented.jsonl"), *cases("hostile.jsonl"), *cases("further.jsonl")]
    assert len(documented) >= 2000
    assert len({case["name"] for case in documented}) == len(documented)
    assert all(case["page"].startswith("https://docs.aws.amazon.com/") for case in documented)


def test_adding_a_deny_never_allows_more() -> None:
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
    for case in cases("cases.jsonl"):
        if isinstance(case["request"]["principal"], str) and ":" in case["request"]["principal"]:
            stricter = {**case, "identityPolicies": [*case["identityPolicies"], deny]}
            assert policy.evaluate_json(stricter)["decision"] == "ExplicitlyDenied"


def test_splitting_a_document_into_its_statements_changes_nothing() -> None:
    for case in cases("cases.jsonl"):
        split = [
            {**document, "Statement": [statement]}
            for document in case["identityPolicies"]
            for statement in document["Statement"]
        ]
        assert policy.evaluate_json({**case, "identityPolicies": split})["decision"] == case["expected"]
