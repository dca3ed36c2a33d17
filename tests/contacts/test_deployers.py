"""What programs that deploy ask of IAM: requests that every run of theirs makes, and no other."""

from __future__ import annotations

import json

import pytest

from reachsim.pipeline.contacts import contacts_of

SERVERLESS = b"service: shop\nprovider:\n  name: aws\n  region: eu-west-1\n"


def requests(command: str, **files: bytes) -> set[tuple[str, str]]:
    spec = json.dumps({"version": 0.2, "phases": {"build": {"commands": [command]}}}).encode()
    found = contacts_of(spec, {"buildspec.yml": spec, "serverless.yml": SERVERLESS, **files}).contacts
    return {(one.action, one.resource) for row in found for one in row.requests}


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        (
            "sam deploy --stack-name app --region eu-west-1",
            {
                (f"cloudformation:{one}", "arn:aws:cloudformation:eu-west-1:*:stack/app/*")
                for one in ("DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet")
            },
        ),
        ("sam deploy --stack-name app --profile other", set()),
        (
            "serverless deploy --stage prod",
            {("cloudformation:DescribeStacks", "arn:aws:cloudformation:eu-west-1:*:stack/shop-prod/*")},
        ),
        ("serverless deploy --aws-profile other", set()),
        (
            "cdk bootstrap aws://111122223333/eu-west-3",
            {("cloudformation:DescribeStacks", "arn:aws:cloudformation:eu-west-3:*:stack/CDKToolkit/*")},
        ),
        ("cdk deploy --all", set()),
        (
            "eb deploy --region eu-west-1",
            {("elasticbeanstalk:DescribeEnvironments", "*"), ("elasticbeanstalk:UpdateEnvironment", "*")},
        ),
        (
            "AWS_REGION=eu-west-1 copilot svc deploy --name api",
            {("ssm:GetParameter", "arn:aws:ssm:eu-west-1:*:parameter/copilot/applications/*")},
        ),
    ],
)
def test_requests_of_a_deployment(command: str, wanted: set[tuple[str, str]]) -> None:
    assert requests(command) == wanted


def test_a_change_set_that_is_not_executed() -> None:
    asked = {action for action, _ in requests("sam deploy --stack-name app --no-execute-changeset")}
    assert "cloudformation:CreateChangeSet" in asked
    assert "cloudformation:ExecuteChangeSet" not in asked
