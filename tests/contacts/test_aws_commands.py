"""The table of the AWS CLI's commands against botocore, which the AWS CLI is made of."""

from __future__ import annotations

import csv
from pathlib import Path

import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.loaders import Loader

import reachsim.pipeline
from reachsim.pipeline import aws_commands

RENAMED = {"deploy": "codedeploy", "configservice": "config", "s3api": "s3"}
REGIONS = ("eu-west-1", "us-west-2", "cn-north-1", "us-gov-west-1")
# What the AWS CLI resolves by more than the Region, and services whose hosts differ between Regions of one partition.
SETTLED_BY_MORE = {
    "acm", "agent-discovery", "agent-registry", "agent-registry-control", "cloudfront-keyvaluestore", "ecr-public",
    "neptune-graph", "opensearchmemory", "pricing-plan-manager", "signin",
}  # fmt: skip


def commands() -> list[str]:
    path = Path(reachsim.pipeline.__file__).with_name("aws_commands.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return [row["command"] for row in csv.DictReader(lines)]


def test_every_command_has_the_host_that_botocore_resolves() -> None:
    loader: Loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    wrong, compared = [], 0
    services = set(loader.list_available_services("endpoint-rule-set-1"))
    for command in commands():
        name = RENAMED.get(command, command)
        if command in SETTLED_BY_MORE or name not in services:
            continue
        rules = loader.load_service_model(name, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        for region in REGIONS:
            given = {"Region": region, "UseFIPS": False, "UseDualStack": False}
            known = {key: value for key, value in given.items() if key in rules["parameters"]}
            host = provider.resolve_endpoint(**known).url.removeprefix("https://")
            compared += 1
            if aws_commands.host(command, region) != host:
                wrong.append((command, region, host, aws_commands.host(command, region)))
    assert not wrong, "\n".join(map(str, wrong))
    assert compared > 1000


@pytest.mark.parametrize(
    ("command", "operation", "action"),
    [
        ("apigatewayv2", "update-stage", "apigateway:PATCH"),
        ("elbv2", "describe-target-groups", "elasticloadbalancing:DescribeTargetGroups"),
        ("lambda", "invoke", "lambda:InvokeFunction"),
        ("bedrock-runtime", "invoke-model", "bedrock:InvokeModel"),
        ("deploy", "create-deployment", "codedeploy:CreateDeployment"),
    ],
)
def test_actions_bear_the_names_that_iam_knows(command: str, operation: str, action: str) -> None:
    (found,) = aws_commands.actions(command, operation)
    assert found.lower() == action.lower()


def test_an_operation_without_an_action_of_its_name_makes_no_request() -> None:
    assert aws_commands.actions("dynamodb", "execute-statement") == ()


def test_a_command_that_the_cli_lacks_has_no_row() -> None:
    assert aws_commands.row("no-such-command") is None
    assert aws_commands.row("s3") is not None
