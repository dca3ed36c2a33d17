"""What IAM Access Analyzer's validation tells besides, under its own issue codes.

**Source:** IAM User Guide, "IAM policy validation check reference".
"""

from __future__ import annotations

from typing import Any

import pytest

from reachsim.policy.lint import lint

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
PUBLIC = {**READ, "Principal": "*"}
OIDC = "arn:aws:iam::111111111111:oidc-provider/"
SLR = "arn:aws:iam::*:role/aws-service-role/"


def codes(kind: str, *statements: dict[str, Any], version: str = "2012-10-17") -> set[tuple[str, str]]:
    """(severity, rule) of what is told of a document."""
    document = {"Version": version} if version else {}
    return {(one.severity, one.rule) for one in lint({**document, "Statement": list(statements)}, kind)}


def web(host: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": host}, **more}


def granted(action: Any, **more: Any) -> dict[str, Any]:
    held = {"Effect": "Allow", "Action": action, "Resource": "*", **more}
    return {key: one for key, one in held.items() if one is not None}


@pytest.mark.parametrize(("kind", "statement", "expected"), [
    ("identity", {**READ, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:euwest1:111111111111:q"},
     ("finding", "INVALID_ARN_REGION")),
    ("identity", {**READ, "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "Ireland"]}}},
     ("finding", "INVALID_REGION")),
    ("identity", {**READ, "Condition": {"StringEquals": {"aws:PrincipalTag/": "a"}}},
     ("finding", "MISSING_TAG_CONDITION_KEY")),
    ("identity", {**READ, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7/24"}}},
     ("warning", "IMPROVE_IP_RANGE")),
    ("identity", {**READ, "Action": ["s3:GetObject", "S3:Get*"]}, ("warning", "REDUNDANT_ACTION")),
    ("identity", {**READ, "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/x"]}, ("warning", "REDUNDANT_RESOURCE")),
    ("identity", {**READ, "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/*"]}, ("warning", "REDUNDANT_RESOURCE")),
    ("identity", {**READ, "Sid": ""}, ("warning", "EMPTY_SID_VALUE")),
    ("identity", {**READ, "Condition": {}}, ("warning", "EMPTY_OBJECT_CONDITION")),
    ("resource", {**READ, "Principal": {"AWS": "AROAEXAMPLEID12345678"}}, ("warning", "INVALID_ROLE_REFERENCE")),
    ("resource", {**READ, "Principal": {"AWS": "AIDAEXAMPLEID12345678"}}, ("warning", "INVALID_USER_REFERENCE")),
    ("resource", {**READ, "Principal": {"Federated": "accounts.google.com"}},
     ("finding", "FEDERATED_PRINCIPAL_NOT_SUPPORTED")),
    ("trust", web("token.actions.githubusercontent.com"),
     ("fault", "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY")),
    ("trust", web("cognito-identity.amazonaws.com"), ("finding", "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL")),
    ("trust", web(f"{OIDC}oidc.eks.eu-west-1.amazonaws.com/id/E"),
     ("warning", "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL")),
    ("trust", {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "rolesanywhere.amazonaws.com"}},
     ("finding", "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY")),
    ("trust", web(f"{OIDC}token.actions.githubusercontent.com", Condition={"StringLike": {
        "token.actions.githubusercontent.com:sub": "repo:acme/*"}}),
     ("warning", "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED")),
    ("identity", granted("iam:CreateServiceLinkedRole"), ("warning", "CREATE_SLR_WITH_STAR_IN_RESOURCE")),
    ("identity", granted("iam:CreateServiceLinkedRole", Resource=f"{SLR}*"),
     ("warning", "CREATE_SLR_WITH_STAR_IN_RESOURCE")),
    ("identity", granted("iam:*"), ("warning", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE")),
    ("identity", granted("*"), ("warning", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE")),
    ("identity", granted(None, NotAction="s3:*"), ("warning", "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION")),
    ("identity", granted(None, NotAction="s3:*"), ("warning", "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION")),
    ("identity", granted(None, NotAction="s3:*", Resource=None, NotResource="arn:aws:iam::111111111111:role/a"),
     ("warning", "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE")),
    ("identity", granted("*", Resource=None, NotResource="arn:aws:iam::111111111111:role/a"),
     ("warning", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE")),
])  # fmt: skip
def test_what_access_analyzer_tells(kind: str, statement: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in codes(kind, statement)


@pytest.mark.parametrize(("kind", "statement"), [
    ("identity", {**READ, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-9:111111111111:q"}),
    ("identity", {**READ, "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-gov-west-1", "mx-central-1"]}}}),
    ("identity", {**READ, "Condition": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "203.0.113.7"]}}}),
    ("identity", {**READ, "Action": ["s3:GetObject", "s3:GetObjectTagging"]}),
    ("identity", {**READ, "Resource": ["arn:aws:s3:::b/${aws:userid}", "arn:aws:s3:::b/x"]}),
    ("identity", granted("iam:CreateServiceLinkedRole", Resource=f"{SLR}ecs.amazonaws.com/*")),
    ("identity", granted("iam:CreateServiceLinkedRole",
                         Condition={"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}})),
    ("identity", granted(None, NotAction="iam:*")),
    ("boundary", granted("*")), ("scp", granted("*")),
    ("trust", web("cognito-identity.amazonaws.com",
                  Condition={"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:pool"}})),
    ("trust", {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
               "Principal": {"Service": "rolesanywhere.amazonaws.com"}}),
    ("trust", {"Effect": "Allow", "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
               "Principal": {"Federated": "arn:aws:iam::111111111111:saml-provider/corp"}}),
])  # fmt: skip
def test_what_it_does_not_tell(kind: str, statement: dict[str, Any]) -> None:
    said = {rule for _, rule in codes(kind, statement)}
    assert not {one for one in said if one.startswith(("INVALID_", "MISSING_", "IMPROVE_", "REDUNDANT_", "CREATE_SLR",
                                                       "PASS_ROLE"))}  # fmt: skip


def test_documents_as_a_whole() -> None:
    assert codes("identity", READ, version="") == {("warning", "MISSING_VERSION")}
    assert codes("identity", {**READ, "Sid": "A"}, {**READ, "Sid": "B"}) == {("warning", "REDUNDANT_STATEMENT")}
    assert codes("resource", PUBLIC, {**PUBLIC, "Effect": "Deny", "Action": "s3:PutObject"}) == set()
