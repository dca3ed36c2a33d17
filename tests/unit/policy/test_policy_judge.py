"""One document at a time: reasons in words, what is not known, and resources that are patterns."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import policy
from reachsim.policy import UNKNOWN

ENDPOINT = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
NOT_ENDPOINT = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"Action": "s3:Put*"}, "Action s3:Put* does not match s3:GetObject"),
        ({"NotAction": ["iam:*", "s3:*"]}, "NotAction iam:*, s3:* excepts s3:GetObject"),
        ({"Resource": "arn:aws:s3:::b"}, "Resource arn:aws:s3:::b does not match arn:aws:s3:::b/k"),
        ({"NotResource": "*"}, "NotResource * excepts arn:aws:s3:::b/k"),
        ({"Principal": {"AWS": "444455556666"}}, "Principal does not name arn:aws:iam::111122223333:user/ann"),
        (
            {"Condition": ENDPOINT},
            "condition StringEquals aws:SourceVpce vpce-1: the request has no aws:SourceVpce",
        ),
        (
            {"Condition": {"StringEquals": {"k:a": ["x", "y"]}}},
            "condition StringEquals k:a x or y: the request has z",
        ),
        (
            {"Condition": {"StringEquals": {"k:m": "x"}}},
            "condition StringEquals k:m x: the request has several values of k:m and the operator takes one",
        ),
        (
            {"Condition": {"StringEquals": {"k:a": "${k:none}"}}},
            "condition StringEquals k:a ${k:none}: the request has z (no value for the variable in ${k:none})",
        ),
    ],
)
def test_why_nothing_matched(make: Any, fields: dict[str, Any], why: str) -> None:
    document = make.document(**{"Principal": "*", "Sid": "Here", **fields})
    judgement = policy.judge(document, make.request(context={"k:a": "z", "k:m": ("x", "y")}), "endpoint")
    assert judgement == policy.Judgement("none", "Here", f"nearest is statement Here: {why}")


def test_nearest_is_the_statement_that_got_furthest(make: Any) -> None:
    statements = [
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": ENDPOINT},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::c"},
    ]
    assert policy.judge(policy.parse({"Statement": statements}), make.request(), "identity").statement == "1"


def test_why_with_no_allow_at_all(make: Any) -> None:
    judgement = policy.judge(policy.parse({}), make.request(), "identity")
    assert judgement == policy.Judgement("none", "", "no statement allows anything")


def test_deny_names_its_statement(make: Any) -> None:
    judgement = policy.judge(make.document("Deny", Sid="No"), make.request(), "identity")
    assert judgement == policy.Judgement("deny", "No", "statement No denies s3:GetObject on arn:aws:s3:::b/k")


def test_deny_tells_what_its_conditions_met(make: Any) -> None:
    conditions = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "Bool": {"aws:ViaAWSService": "false"}}
    denial = make.document("Deny", Condition=conditions)
    assert policy.judge(denial, make.request(context={"aws:ViaAWSService": "false"}), "resource").why == (
        "statement 0 denies s3:GetObject on arn:aws:s3:::b/k, condition StringNotEquals aws:SourceVpce vpce-1: the "
        "request has no aws:SourceVpce and condition Bool aws:ViaAWSService false: the request has false"
    )


@pytest.mark.parametrize(
    ("statements", "kind", "effect"),
    [
        ([("Allow", ENDPOINT)], "resource", "unknown"),
        ([("Allow", {}), ("Deny", NOT_ENDPOINT)], "resource", "unknown"),
        ([("Allow", {}), ("Allow", ENDPOINT)], "resource", "allow"),
        ([("Deny", {}), ("Allow", ENDPOINT)], "resource", "deny"),
        ([("Deny", NOT_ENDPOINT)], "resource", "unknown"),
        ([("Deny", NOT_ENDPOINT)], "endpoint", "none"),
        ([("Allow", {**ENDPOINT, "Bool": {"aws:SecureTransport": "false"}})], "resource", "none"),
        ([("Allow", {"Null": {"aws:SourceVpce": "true"}})], "resource", "unknown"),
        ([("Allow", {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})], "resource", "unknown"),
        ([("Allow", {"StringEquals": {"k:k": "${aws:SourceVpce}"}})], "resource", "unknown"),
    ],
)
def test_unknown_key(make: Any, statements: list[tuple[str, Any]], kind: Any, effect: str) -> None:
    body = [
        {"Effect": word, "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}
        for word, condition in statements
    ]
    document = policy.parse({"Version": "2012-10-17", "Statement": body})
    request = make.request(context={"aws:SourceVpce": UNKNOWN, "aws:SecureTransport": "true", "k:k": "x"})
    judgement = policy.judge(document, request, kind)
    assert judgement.effect == effect
    assert effect != "unknown" or "is not known" in judgement.why or "aws:SourceVpce" in judgement.why


def test_unknown_variable_in_a_resource(make: Any) -> None:
    document = make.document(Resource="arn:aws:s3:::b/${aws:username}")
    judgement = policy.judge(document, make.request(context={"aws:username": UNKNOWN}), "identity")
    assert judgement.effect == "unknown"
    assert "variable whose value is not known" in judgement.why


def test_evaluate_refuses_what_is_not_known(make: Any) -> None:
    document = make.document(Condition=ENDPOINT)
    with pytest.raises(ValueError, match="UNKNOWN"):
        make.decide(make.request(context={"aws:SourceVpce": UNKNOWN}), identity=(document,))


@pytest.mark.parametrize(
    ("element", "listed", "asked", "allow", "deny"),
    [
        ("Resource", "arn:aws:s3:::b/x*", "arn:aws:s3:::b/*", True, False),
        ("Resource", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x*", True, True),
        ("Resource", "arn:aws:s3:::c/*", "arn:aws:s3:::b/*", False, False),
        ("Resource", "*", "*", True, True),
        ("Resource", "arn:aws:s3:::b/x", "*", True, False),
        ("NotResource", "arn:aws:s3:::b/x*", "arn:aws:s3:::b/*", True, False),
        ("NotResource", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x*", False, False),
        ("NotResource", "arn:aws:s3:::c/*", "arn:aws:s3:::b/*", True, True),
    ],
)
def test_resource_that_is_a_pattern(make: Any, element: str, listed: str, asked: str, allow: bool, deny: bool) -> None:
    request = make.request(arn=asked)
    assert make.effect(make.document("Allow", **{element: listed}), request) == ("allow" if allow else "none")
    assert make.effect(make.document("Deny", **{element: listed}), request) == ("deny" if deny else "none")


def test_action_without_resource_types_needs_a_literal_star(make: Any) -> None:
    request = make.request(action="ecr:GetAuthorizationToken", arn="*", wildcard_only=True)
    assert make.effect(make.document(Resource="*"), request) == "allow"
    assert make.effect(make.document(Resource="arn:aws:ecr:*"), request) == "none"
    assert make.effect(make.document("Deny", Resource=["**", "arn:*"]), request) == "none"
    assert make.effect(make.document("Deny", NotResource="arn:aws:ecr:*"), request) == "deny"
    assert make.effect(make.document(NotResource="*"), request) == "none"


def test_principal_counts_only_where_it_belongs(make: Any) -> None:
    document = make.document(Principal={"AWS": "444455556666"})
    for kind in ("identity", "boundary", "session", "scp"):
        assert make.effect(document, make.request(), kind) == "allow"
        assert "ignored" in document.notes_for(kind)[0]
    for kind in ("resource", "endpoint", "rcp"):
        assert make.effect(document, make.request(), kind) == "none"


def test_statement_without_principal_applies_to_everyone_with_a_note(make: Any) -> None:
    document = make.document()
    decision = make.decide(make.request(), identity=(document,), endpoint=(document,))
    assert decision.decision == "Allowed"
    assert decision.notes == ("endpoint[0]: statement 0 has no Principal: taken to apply to everyone",)
