"""What cannot be judged is refused with a pointer; what AWS would not store but can be judged gets a note."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import policy

GOOD = {"Effect": "Allow", "Action": "*", "Resource": "*"}
REQUEST = {
    "principal": "arn:aws:iam::111122223333:user/ann",
    "action": "s3:GetObject",
    "resource": {"arn": "arn:aws:s3:::b/k", "accountId": "111122223333"},
    "context": {},
}


def without(*names: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key not in names}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (None, ""),
        ([], ""),
        ("not json", ""),
        ("[" * 100_000, ""),
        ("[1]", ""),
        ({"Version": 2012}, "/Version"),
        ({"Statement": "x"}, "/Statement"),
        ({"Statement": None}, "/Statement"),
        ({"Statement": [GOOD, 1]}, "/Statement/1"),
        ({"Statement": [without("Effect")]}, "/Statement/0/Effect"),
        ({"Statement": [{**GOOD, "Effect": "allow"}]}, "/Statement/0/Effect"),
        ({"Statement": [{**GOOD, "Effect": ["Allow"]}]}, "/Statement/0/Effect"),
        ({"Statement": [without("Action")]}, "/Statement/0"),
        ({"Statement": [{**GOOD, "Action": None}]}, "/Statement/0/Action"),
        ({"Statement": [{**GOOD, "Action": ["s3:*", 1]}]}, "/Statement/0/Action/1"),
        ({"Statement": [{**GOOD, "Resource": {}}]}, "/Statement/0/Resource"),
        ({"Statement": [{**GOOD, "Sid": 1}]}, "/Statement/0/Sid"),
        ({"Statement": [{**GOOD, "Principal": ["*"]}]}, "/Statement/0/Principal"),
        ({"Statement": [{**GOOD, "Principal": {"AWS": 111122223333}}]}, "/Statement/0/Principal/AWS"),
        ({"Statement": [{**GOOD, "Condition": []}]}, "/Statement/0/Condition"),
        ({"Statement": [{**GOOD, "Condition": {"StringIs": {}}}]}, "/Statement/0/Condition/StringIs"),
        ({"Statement": [{**GOOD, "Condition": {"Bool": "true"}}]}, "/Statement/0/Condition/Bool"),
        ({"Statement": [{**GOOD, "Condition": {"Bool": {"a/b": None}}}]}, "/Statement/0/Condition/Bool/a~1b"),
        ({"Statement": [{**GOOD, "Condition": {"Bool": {"k": [[]]}}}]}, "/Statement/0/Condition/Bool/k"),
        ({"Statement": {**GOOD, "Effect": "allow"}}, "/Statement/Effect"),
        ({"Statement": {**GOOD, "Condition": {"StringIs": {}}}}, "/Statement/Condition/StringIs"),
        ('{"Statement": [], "Statement": []}', "/Statement"),
        ('{"Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "*"}]}', "/Statement/0/Effect"),
        (
            '{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"a/b": true, "a/b": false}}}}',
            "/Statement/Condition/Bool/a~1b",
        ),
        (
            '{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"NumericEquals": {"k": NaN}}}}',
            "",
        ),
    ],
)
def test_refused(document: Any, pointer: str) -> None:
    with pytest.raises(policy.PolicyError) as caught:
        policy.parse(document)
    assert caught.value.pointer == pointer
    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == f"{pointer or '/'}: {caught.value.message}"


@pytest.mark.parametrize(
    ("document", "kind", "note"),
    [
        ({}, "identity", "no Statement"),
        ({"Version": "2020-01-01", "Statement": GOOD}, "identity", "unknown Version 2020-01-01"),
        ({"Statement": GOOD, "Extra": 1}, "identity", "unknown element Extra"),
        ({"Statement": {**GOOD, "action": "x"}}, "identity", "statement 0: unknown element action"),
        ({"Statement": without("Resource")}, "endpoint", "no Resource"),
        ({"Statement": GOOD}, "resource", "no Principal"),
        ({"Statement": {**GOOD, "NotAction": "iam:*"}}, "identity", "both Action and NotAction"),
        ({"Statement": {**GOOD, "Action": []}}, "identity", "empty Action"),
        ({"Statement": [{**GOOD, "Sid": "A"}] * 2}, "identity", "Sid A occurs more than once"),
        ({"Statement": {**GOOD, "Principal": "111122223333"}}, "resource", 'text other than "*"'),
        ({"Statement": {**GOOD, "Principal": {"AWS": "AIDAEXAMPLE"}}}, "resource", "AIDAEXAMPLE names no caller"),
        ({"Statement": {**GOOD, "Principal": {"CanonicalUser": "1"}}}, "resource", "CanonicalUser is not modelled"),
        (
            {"Statement": {**GOOD, "Condition": {"NumericEquals": {"k": "x"}}}},
            "identity",
            "'x' is not a number, so NumericEquals",
        ),
    ],
)
def test_noted(document: Any, kind: Any, note: str) -> None:
    notes = policy.parse(document).notes_for(kind)
    assert any(note in text for text in notes), notes


def test_a_clean_document_has_no_notes() -> None:
    document = policy.parse({"Version": "2012-10-17", "Id": "x", "Statement": {**GOOD, "Sid": "A"}})
    assert document.notes_for("identity") == ()


@pytest.mark.parametrize(
    "given",
    [
        "ann",
        "111122223333",
        "*",
        "arn:aws:iam::1:user/a",
        "arn:aws:iam::111122223333:group/g",
        "arn:aws:iam::111122223333:user/*",
        "arn:aws:sts::111122223333:assumed-role/x",
        {},
        {"type": "User"},
    ],
)
def test_no_principal(given: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|wildcards"):
        policy.Principal.parse(given)


@pytest.mark.parametrize(
    ("case", "pointer"),
    [
        ([], "/"),
        ({"request": None}, "/request"),
        ({"request": {**REQUEST, "principal": 1}}, "/request/principal"),
        ({"request": {**REQUEST, "principal": "nobody"}}, "/request/principal"),
        ({"request": {**REQUEST, "action": None}}, "/request/action"),
        ({"request": {**REQUEST, "resource": {}}}, "/request/resource/arn"),
        ({"request": {**REQUEST, "context": {"k": None}}}, "/request/context/k"),
        ({"request": {**REQUEST, "context": {"k": ["a", {}]}}}, "/request/context/k/1"),
        ({"request": {**REQUEST, "wildcardOnlyAction": "no"}}, "/request/wildcardOnlyAction"),
        ({"request": REQUEST, "identityPolicies": {}}, "/identityPolicies"),
        ({"request": REQUEST, "identityPolicies": [{"Statement": {}}]}, "/identityPolicies/0/Statement/Effect"),
        ({"request": REQUEST, "scps": [{}]}, "/scps/0"),
        ({"request": REQUEST, "rcps": [[{"Version": 1}]]}, "/rcps/0/0/Version"),
        ({"request": REQUEST, "sessionPolicy": "{}"}, "/sessionPolicy"),
        ({"request": REQUEST, "s3BlockPublicAccess": 1}, "/s3BlockPublicAccess"),
    ],
)
def test_case_that_cannot_be_judged(case: Any, pointer: str) -> None:
    answer = policy.evaluate_json({"name": "n", **case} if isinstance(case, dict) else case)
    assert set(answer) == {"name", "error"}
    assert str(answer["error"]).startswith(f"{pointer}: expected")


def test_unknown_keys_of_a_case_are_ignored_and_absent_means_none() -> None:
    answer = policy.evaluate_json({"name": "n", "surprise": 1, "request": REQUEST})
    assert answer == {
        "name": "n",
        "decision": "ImplicitlyDenied",
        "blockedBy": ["identity"],
        "decidedBy": [{"policy": "identity", "statement": "", "effect": "none", "why": "no identity policy"}],
        "notes": [],
    }


@pytest.mark.parametrize(
    ("arn", "blocked"),
    [("arn:aws:s3:::b/k", ["identity"]), ("arn:aws:ecr:us-east-1:444455556666:repository/r", ["identity", "resource"])],
)
def test_owner_left_out_is_taken_from_the_arn_or_the_caller(arn: str, blocked: list[str]) -> None:
    answer = policy.evaluate_json({"request": {**REQUEST, "resource": {"arn": arn}}})
    assert answer["blockedBy"] == blocked


def test_context_values_may_be_unquoted() -> None:
    request = policy.read_request({"request": {**REQUEST, "context": {"B": True, "n": 5, "l": ["x", 1.5]}}})
    assert request.keys == {"b": "true", "n": "5", "l": ("x", "1.5")}


def test_a_key_that_stands_again_is_found_among_many_in_one_go() -> None:
    """150,000 keys are 2 MB: a look at all earlier ones for each would take minutes."""
    keys = ", ".join(f'"k{number}": 1' for number in range(150_000))
    with pytest.raises(policy.PolicyError, match="/k149999: this key stands here more than once"):
        policy.parse(f'{{"Statement": [], {keys}, "k149999": 2}}')
