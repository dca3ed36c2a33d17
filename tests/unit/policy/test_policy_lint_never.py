"""Statements that no request matches, and what else is written in vain or lets in anybody."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim.policy.lint import lint

ACCOUNT = "111122223333"
GET = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
SHARED = {**GET, "Principal": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole"}


def rules(*statements: dict[str, Any], kind: str = "identity") -> set[str]:
    return {one.rule for one in lint({"Version": "2012-10-17", "Statement": list(statements)}, kind)}


def asked(**condition: dict[str, Any]) -> set[str]:
    return rules({**SHARED, "Condition": condition}, kind="resource")


@pytest.mark.parametrize(
    ("condition", "never"),
    [
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}, "Null": {"aws:SourceIp": "false"}}, True),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}, "IpAddressIfExists": {"aws:SourceIp": "192.0.2.1"}}, False),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}, "Null": {"aws:SourceVpce": "true"}}, True),
        ({"StringLike": {"aws:PrincipalTag/a": "x*"}, "Null": {"aws:principaltag/A": "true"}}, True),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}, "StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/a": ["x", "y"]}, "StringNotEquals": {"aws:PrincipalTag/a": "x"}}, False),
        ({"StringEquals": {"aws:PrincipalTag/a": "x"}, "StringLike": {"aws:PrincipalTag/a": "y*"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/a": "xy"}, "StringLike": {"aws:PrincipalTag/a": "x*"}}, False),
        ({"StringEqualsIfExists": {"aws:PrincipalTag/a": "x"}, "StringLike": {"aws:PrincipalTag/a": "y*"}}, False),
        ({"StringNotEquals": {"aws:PrincipalTag/a": "x"}, "Null": {"aws:PrincipalTag/a": "true"}}, False),
        ({"StringEquals": {"aws:PrincipalTag/a": "${x:y}"}, "StringNotEquals": {"aws:PrincipalTag/a": "x"}}, False),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}, "ForAllValues:StringLike": {"aws:TagKeys": "b"}}, False),
    ],
)  # fmt: skip
def test_conditions_of_which_not_all_can_hold(condition: dict[str, Any], never: bool) -> None:
    """IAM User Guide, "Conditions with multiple context keys or values": all have to; "AWS global condition context
    keys": requests have aws:SourceIp or the VPC keys."""
    assert ("NEVER_TOGETHER" in asked(**condition)) is never


@pytest.mark.parametrize(
    ("key", "value", "never"),
    [
        ("aws:SourceVpce", "vpc-0123456789abcdef0", True),
        ("aws:SourceVpce", "vpce-0123456789abcdef0", False),
        ("aws:SourceVpc", "vpce-0123456789abcdef0", True),
        ("aws:PrincipalOrgID", "r-ab12", True),
        ("aws:PrincipalOrgID", "o-a1b2c3d4e5", False),
        ("aws:PrincipalOrgID", "${aws:ResourceOrgID}", False),
        ("aws:PrincipalOrgID", "<my-org-id>", False),
        ("aws:PrincipalArn", f"arn:aws:sts::{ACCOUNT}:assumed-role/build/*", True),
        ("aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/build", False),
    ],
)
def test_values_that_a_key_never_has(key: str, value: str, never: bool) -> None:
    assert ("VALUE_NEVER_THERE" in asked(StringLike={key: value})) is never


def test_paths_in_an_organization_end_in_a_slash_or_wildcard() -> None:
    def of(path: str) -> bool:
        return "VALUE_NEVER_THERE" in asked(**{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": path}})

    assert of("o-a1b2c3d4e5/ou-ab12-11111111/")
    assert of("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111")
    assert not of("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/")
    assert not of("o-a1b2c3d4e5/r-ab12/*")
    assert "VALUE_NEVER_THERE" not in asked(Null={"aws:PrincipalOrgPaths": "false"})


def test_both_values_of_a_boolean() -> None:
    """IAM Access Analyzer, "Policy check reference": Invalid condition multiple Boolean."""
    assert "BOTH_VALUES" in asked(Bool={"aws:SecureTransport": ["true", "false"]})
    assert "BOTH_VALUES" not in asked(Bool={"aws:SecureTransport": "true"})
    assert "BOTH_VALUES" not in asked(Bool={"aws:PrincipalTag/t": ["true", "false"]})
    assert "BOTH_VALUES" not in asked(Null={"aws:SecureTransport": ["true", "false"]})


@pytest.mark.parametrize(
    ("deny", "whole"),
    [
        ({}, True),
        ({"Action": "*", "Resource": "*"}, True),
        ({"Action": "S3:get*"}, True),
        ({"Action": "s3:PutObject"}, False),
        ({"Resource": "arn:aws:s3:::b/public/*"}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
        ({"Resource": "arn:aws:s3:::b/${aws:username}"}, False),
    ],
)
def test_what_a_denial_takes_back_whole(deny: dict[str, Any], whole: bool) -> None:
    assert ("DENIED_WHOLE" in rules(GET, {**GET, "Effect": "Deny", **deny})) is whole
    assert ("DENIED_WHOLE" in rules(SHARED, {**SHARED, "Effect": "Deny", **deny}, kind="resource")) is whole


def test_a_denial_for_somebody_else_or_all_but_some_actions_takes_nothing_back() -> None:
    other = {**SHARED, "Effect": "Deny", "Principal": {"AWS": ACCOUNT}}
    assert "DENIED_WHOLE" not in rules(SHARED, other, kind="resource")
    but = {"Effect": "Deny", "NotAction": "s3:PutObject", "Resource": "*"}
    assert "DENIED_WHOLE" not in rules(GET, but)
    mine = {**GET, "Resource": "arn:aws:s3:::b/${aws:username}/*"}
    assert "DENIED_WHOLE" in rules(mine, {**GET, "Effect": "Deny"})
    attached = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "ecr:BatchGetImage"}
    all_of_it = {"Effect": "Deny", "Principal": "*", "Action": "ecr:*"}
    assert "DENIED_WHOLE" in rules(attached, all_of_it, kind="resource")


@pytest.mark.parametrize(
    ("action", "resource", "never"),
    [
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:token", True),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:token-??????", False),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:token-Ab12Cd", False),
        ("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter//build/x", True),
        ("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/build/x", False),
    ],
)  # fmt: skip
def test_resources_that_there_cannot_be(action: str, resource: str, never: bool) -> None:
    given = {"Effect": "Allow", "Action": action, "Resource": resource}
    assert ("NO_SUCH_RESOURCE" in rules(given)) is never


@pytest.mark.parametrize(
    ("resource", "rule"),
    [
        (f"arn:aws:ecr::{ACCOUNT}:repository/app", "RESOURCE_MISMATCH"),
        ("arn:aws:ecr:us-east-1::repository/app", "RESOURCE_MISMATCH"),
        (f"arn:awss:ecr:us-east-1:{ACCOUNT}:repository/app", "NO_PARTITION"),
        (f"arn:aws-cn:ecr:cn-north-1:{ACCOUNT}:repository/app", None),
        (f"arn:*:ecr:*:{ACCOUNT}:repository/app", None),
        ("arn:${Partition}:ecr:us-east-1:*:repository/app", None),
    ],
)
def test_parts_of_arns_that_are_missing_or_unknown(resource: str, rule: str | None) -> None:
    found = rules({"Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": resource})
    assert found & {"RESOURCE_MISMATCH", "NO_PARTITION"} == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("${aws:username", "VARIABLE_FORM"),
        ("${}", "VARIABLE_FORM"),
        ("${aws: username}", "VARIABLE_FORM"),
        ("${aws:username, x}", "VARIABLE_FORM"),
        ("${aws:userame}", "NO_SUCH_KEY"),
        ("${aws:username}", None),
        ("${aws:PrincipalTag/my team, 'x y'}", None),
        ("${aws:username,'x'}", None),
        ("${*}${?}${$}", None),
        ("${saml:sub}", None),
        ("$HOME", None),
    ],
)
def test_what_begins_like_a_variable(text: str, rule: str | None) -> None:
    """IAM Access Analyzer, "Policy check reference": Missing brace in variable, Missing quote, Unsupported space."""
    found = rules({**GET, "Resource": f"arn:aws:s3:::b/{text}/*"})
    assert found & {"VARIABLE_FORM", "NO_SUCH_KEY"} == ({rule} if rule else set())


def test_services_that_act_for_anybody() -> None:
    """IAM User Guide, "The confused deputy problem"."""
    given = {**SHARED, "Principal": {"Service": ["cloudtrail.amazonaws.com"]}}
    bound = {"Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT}}}
    assert "SERVICE_FOR_ANYBODY" in rules(given, kind="resource")
    assert "SERVICE_FOR_ANYBODY" not in rules({**given, **bound}, kind="resource")
    assert "SERVICE_FOR_ANYBODY" not in rules({**given, "Effect": "Deny"}, kind="resource")
    trust = {**TRUST, "Principal": {"Service": "codebuild.amazonaws.com"}}
    assert "SERVICE_FOR_ANYBODY" not in rules(trust, kind="trust")


@pytest.mark.parametrize(
    ("principal", "condition", "everyone"),
    [
        ("*", {}, True),
        ({"AWS": ["*", ACCOUNT]}, {}, True),
        ({"AWS": ACCOUNT}, {}, False),
        ({"Service": "ec2.amazonaws.com"}, {}, False),
        ("*", {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}, False),
    ],
)
def test_roles_that_everybody_may_assume(principal: Any, condition: dict[str, Any], everyone: bool) -> None:
    given = {**TRUST, "Principal": principal, **condition}
    assert ("EVERYONE_MAY_ASSUME" in rules(given, kind="trust")) is everyone
    assert "EVERYONE_MAY_ASSUME" not in rules({**given, "Effect": "Deny"}, kind="trust")
    assert "EVERYONE_MAY_ASSUME" not in rules({**given, "Action": "sts:TagSession"}, kind="trust")


@pytest.mark.parametrize(
    ("statement", "warned"),
    [
        ({"Action": "iam:PassRole", "Resource": "*"}, True),
        ({"Action": "iam:*", "Resource": "*"}, True),
        ({"Action": "iam:PassRole", "NotResource": f"arn:aws:iam::{ACCOUNT}:role/admin"}, True),
        ({"Action": "iam:PassRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/build"}, False),
        ({"Action": "iam:Get*", "Resource": "*"}, False),
        ({"Action": "iam:PassRole", "Resource": "*",
          "Condition": {"StringEquals": {"iam:PassedToService": "codebuild.amazonaws.com"}}}, False),
    ],
)  # fmt: skip
def test_roles_that_may_be_passed_to_anything(statement: dict[str, Any], warned: bool) -> None:
    """IAM Access Analyzer, "Policy check reference": Pass role with star in resource, …"""
    assert ("ANY_ROLE_PASSED" in rules({"Effect": "Allow", **statement})) is warned
    assert "ANY_ROLE_PASSED" not in rules({"Effect": "Deny", **statement})


def test_what_says_nothing() -> None:
    assert rules() == {"NO_STATEMENT"}
    assert "NO_PRINCIPAL" in rules({**GET, "Principal": {}}, kind="resource")


def test_what_kinds_of_policies_do_not_act_on() -> None:
    """AWS Organizations User Guide, "Resource control policies (RCPs)"; AWS PrivateLink Guide, "Gateway endpoints"."""
    deny = {"Effect": "Deny", "Principal": "*", "Resource": "*"}
    assert "RCP_SERVICE" in rules({**deny, "Action": "ec2:*"}, kind="rcp")
    assert "RCP_SERVICE" not in rules({**deny, "Action": ["s3:*", "ECR:*"]}, kind="rcp")
    pull = {**SHARED, "Action": "ecr:BatchGetImage", "Resource": "*"}
    assert "ACTION_OF_ANOTHER_SERVICE" in rules(pull, kind="gateway-endpoint")
    assert "ACTION_OF_ANOTHER_SERVICE" not in rules(pull, kind="interface-endpoint")
    assert "ACTION_OF_ANOTHER_SERVICE" not in rules(SHARED, kind="gateway-endpoint")
