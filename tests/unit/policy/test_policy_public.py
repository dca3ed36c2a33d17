"""Which bucket policies S3 calls public, and whom Block Public Access turns away."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import policy


@pytest.mark.parametrize(
    ("fields", "public"),
    [
        ({"Principal": "*"}, True),
        ({}, True),
        ({"Principal": {"AWS": "444455556666"}}, False),
        ({"Principal": {"Service": "logs.amazonaws.com"}}, False),
        ({"Principal": {"Federated": "graph.facebook.com"}}, True),
        ({"NotPrincipal": {"AWS": "444455556666"}}, True),
        ({"Principal": "*", "Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}}, True),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}}, False),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "${aws:PrincipalTag/vpc}"}}}, True),
        ({"Principal": "*", "Condition": {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}}, True),
        ({"Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}, True),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:UserAgent": "x"}}}, True),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, False),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.1", "0.0.0.0/1"]}}}, True),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "2001::/16"}}}, True),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "nonsense"}}}, False),
        (
            {"Principal": "*", "Condition": {"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:111122223333:a/*"}}},
            False,
        ),
        ({"Principal": "*", "Condition": {"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:*:a/*"}}}, True),
    ],
)
def test_public(make: Any, fields: dict[str, Any], public: bool) -> None:
    assert policy.is_public(make.document(**fields)) is public
    assert not policy.is_public(make.document("Deny", **fields))


@pytest.mark.parametrize(
    ("principal", "decision"),
    [
        ({"type": "Anonymous"}, "ExplicitlyDenied"),
        ("arn:aws:iam::444455556666:user/eve", "ExplicitlyDenied"),
        ("arn:aws:iam::111122223333:user/ann", "Allowed"),
        ("logs.amazonaws.com", "Allowed"),
    ],
)
def test_who_is_turned_away(make: Any, principal: Any, decision: str) -> None:
    public = make.document(Principal="*")
    policies = {"identity": (make.document(),), "resource": public}
    answer = make.decide(make.request(principal), s3_block_public_access=True, **policies)
    assert answer.decision == decision
    assert make.decide(make.request(principal), s3_block_public_access=False, **policies).decision == "Allowed"
    if decision != "Allowed":
        assert answer.blocked_by == ("resource",)
        assert answer.decided_by[0].policy == "s3-block-public-access"


def test_a_fixed_endpoint_is_not_public(make: Any) -> None:
    bucket = make.document(Principal="*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    request = make.request({"type": "Anonymous"}, context={"aws:SourceVpce": "vpce-1"})
    assert make.decide(request, resource=bucket, s3_block_public_access=True).decision == "Allowed"


def test_nothing_granted_is_nothing_refused(make: Any) -> None:
    bucket = make.document(Principal={"AWS": "444455556666"})
    answer = make.decide(make.request({"type": "Anonymous"}), resource=bucket, s3_block_public_access=True)
    assert answer.decision == "ImplicitlyDenied"


def test_only_s3(make: Any) -> None:
    request = make.request({"type": "Anonymous"}, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q")
    answer = make.decide(request, resource=make.document(Principal="*"), s3_block_public_access=True)
    assert answer.decision == "Allowed"
