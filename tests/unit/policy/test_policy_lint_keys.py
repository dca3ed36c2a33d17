"""Condition keys that requests for a statement's actions do not have, and operators for other sorts of values."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim.policy.lint import lint

AT = "/Statement/0/Condition"
ACCOUNT = "111122223333"


def told(action: Any, condition: dict[str, Any], kind: str = "identity", **fields: Any) -> set[tuple[str, str, str]]:
    """(severity, rule, end of the pointer) of what is found in the conditions."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition, **fields}
    found = lint({"Version": "2012-10-17", "Statement": [statement]}, kind)
    return {(one.severity, one.rule, one.pointer.removeprefix(AT)) for one in found if one.pointer.startswith(AT)}


NEVER = [
    ("s3:GetObject", {"StringLike": {"s3:prefix": "home/*"}}),
    ("codecommit:GitPull", {"StringEquals": {"codecommit:References": "refs/heads/main"}}),
    ("iam:GetRole", {"StringEquals": {"iam:PassedToService": "codebuild.amazonaws.com"}}),
    ("ecr:BatchGetImage", {"StringEquals": {"aws:RequestTag/team": "red"}}),
    ("kms:DescribeKey", {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}),
    (["s3:GetObject", "s3:GetObjectVersion"], {"StringEquals": {"s3:x-amz-acl": "private"}}),
    ("s3:GetObject", {"StringNotEquals": {"s3:x-amz-acl": "private"}}),
    ("s3:GetObject", {"Null": {"s3:x-amz-acl": "false"}}),
    ("s3:getobject*", {"StringLike": {"S3:Prefix": "home/*"}}),
]
THERE = [
    ("s3:ListBucket", {"StringLike": {"s3:prefix": "home/*"}}),
    ("s3:*", {"StringLike": {"s3:prefix": "home/*"}}),
    ("*", {"StringLike": {"s3:prefix": "home/*"}}),
    ("codecommit:GitPush", {"StringEquals": {"codecommit:References": "refs/heads/main"}}),
    ("s3:PutObject", {"StringEquals": {"s3:x-amz-acl": "private"}}),
    ("s3:GetObject", {"StringEqualsIfExists": {"s3:x-amz-acl": "private"}}),
    ("iam:PassRole", {"StringEquals": {"iam:PassedToService": "codebuild.amazonaws.com"}}),
    ("kms:Decrypt", {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::b"}}),
    ("secretsmanager:GetSecretValue", {"StringEquals": {"secretsmanager:ResourceTag/team": "red"}}),
    ("ecr:BatchGetImage", {"ArnEquals": {"codebuild:ProjectArn": f"arn:aws:codebuild:us-east-1:{ACCOUNT}:project/p"}}),
    ("s3:GetObject", {"StringEquals": {"aws:PrincipalTag/team": "red"}}),
]


@pytest.mark.parametrize(("action", "condition"), NEVER)
def test_a_key_that_no_request_for_the_actions_has(action: Any, condition: dict[str, Any]) -> None:
    """Service Authorization Reference, "Condition keys" of each action and of its resources."""
    (found,) = told(action, condition)
    assert found[:2] == ("finding", "KEY_NEVER_THERE")


@pytest.mark.parametrize(("action", "condition"), THERE)
def test_a_key_that_some_request_has(action: Any, condition: dict[str, Any]) -> None:
    assert told(action, condition) == set()


def test_a_key_that_only_some_of_the_actions_have() -> None:
    prefix = {"StringLike": {"s3:prefix": "home/*"}}
    expected = {("warning", "KEY_PARTLY_THERE", "/StringLike/s3:prefix")}
    assert told(["s3:ListBucket", "s3:GetObject"], prefix) == expected
    assert told(None, prefix, NotAction="s3:GetObject") == set()


def test_what_becomes_of_the_condition_is_told() -> None:
    def message(operator: str, value: str) -> str:
        actions = ["s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:GetObjectVersion"]
        statement = {
            "Effect": "Deny",
            "Action": actions,
            "Resource": "*",
            "Condition": {operator: {"s3:prefix": value}},
        }
        return next(one.message for one in lint({"Statement": statement}, "identity") if one.rule == "KEY_NEVER_THERE")

    start = "no request for s3:GetObject, s3:GetObjectAcl, s3:GetObjectTagging and 1 more has s3:prefix, so"
    assert message("StringEquals", "a") == f"{start} StringEquals never holds there"
    assert message("StringNotEquals", "a") == f"{start} StringNotEquals always holds there"
    assert message("Null", "true") == f"{start} Null always holds there"
    assert message("Null", "false") == f"{start} Null never holds there"


def test_of_services_that_are_not_covered_it_is_a_warning() -> None:
    """AWS's own policies ask for keys there that its reference does not list (aws-marketplace:ProductId)."""
    (found,) = told("ec2:DescribeSubnets", {"StringEquals": {"ec2:InstanceType": "t3.micro"}})
    assert found[:2] == ("warning", "KEY_NEVER_THERE")


@pytest.mark.parametrize(
    ("condition", "rule"),
    [
        ({"StringEquals": {"aws:SecureTransport": "true"}}, "OPERATOR_OF_ANOTHER_SORT"),
        ({"StringEquals": {"aws:CurrentTime": "2026-01-01"}}, "OPERATOR_OF_ANOTHER_SORT"),
        ({"Bool": {"aws:PrincipalOrgID": "true"}}, "OPERATOR_OF_ANOTHER_SORT"),
        ({"DateLessThan": {"aws:MultiFactorAuthAge": "3600"}}, "OPERATOR_OF_ANOTHER_SORT"),
        ({"IpAddress": {"aws:SourceVpce": "10.0.0.0/8"}}, "OPERATOR_OF_ANOTHER_SORT"),
        ({"StringLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:t"}}, "STRING_LIKE_ARN"),
        ({"StringLike": {"aws:PrincipalArn": "*role/admin"}}, "STRING_LIKE_ARN"),
        ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}, None),
        ({"StringLike": {"aws:PrincipalArn": "*"}}, None),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:t"}}, None),
        ({"DateLessThan": {"aws:EpochTime": "1767225600"}}, None),
        ({"NumericLessThan": {"aws:EpochTime": "1767225600"}}, None),
        ({"Bool": {"aws:PrincipalTag/admin": "true"}}, None),
        ({"ArnLike": {"aws:ResourceTag/owner": "arn:aws:iam::111122223333:role/*"}}, None),
        ({"Null": {"aws:SecureTransport": "false"}}, None),
    ],
)
def test_operators_for_another_sort_of_values(condition: dict[str, Any], rule: str | None) -> None:
    """IAM Access Analyzer, "Policy check reference": Type mismatch, String like operator with ARN condition keys."""
    rules = {found[1] for found in told("sqs:SendMessage", condition)}
    assert rules & {"OPERATOR_OF_ANOTHER_SORT", "STRING_LIKE_ARN"} == ({rule} if rule else set())
