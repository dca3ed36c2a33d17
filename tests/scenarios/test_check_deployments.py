"""What a Fargate task needs before its containers run: image, token, log stream, secrets, environment files.

**Source:** Amazon ECS Developer Guide, "Task execution IAM role", "Using the awslogs log driver", "Use private registry
authentication", "Use task-level or container environment files"; API_TaskSet.
"""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Check
from tests.build import Record
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, CLIENT_ROLE, REGION, Pipeline, statement
from tests.scenarios.test_check_service_plane import EXECUTION, check_of, step, with_service

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:registry-AbCdEf"
FILE = "arn:aws:s3:::settings/app.env"
GROUPS = "logs/describe-log-groups"


def awslogs(**options: str) -> Record:
    return {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/api", **options}}}


def deployed(container: Record | None = None, *role: Record, endpoints: tuple[str, ...] = ()) -> Pipeline:
    """BASE with a service whose container has these keys, run by an execution role with these statements."""
    net = with_service()
    task = net._more[f"{net._home}/ecs/describe-task-definition/api:1.json"]["taskDefinition"]
    task["containerDefinitions"][0] |= container or {}
    net.roles({"build": BUILD_ROLE, "dev": CLIENT_ROLE, "exec": list(role or [EXECUTION])})
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "settings"}]}, region="global")
    net.put("s3api/get-bucket-policy/settings", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    for number, service in enumerate(endpoints, 30):
        net.add_endpoint(service, number)
    return net


def told(check: Check) -> tuple[str, set[str]]:
    """What becomes of the step, and the faults that are told."""
    return step(check, "deploy").outcome, {one.id for one in check.findings if one.severity == "high"}


PULLS = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
STREAM = ["logs:CreateLogStream", "logs:PutLogEvents"]
READS = statement("secretsmanager:GetSecretValue")
REGISTRY_SECRET = {"repositoryCredentials": {"credentialsParameter": SECRET}}


@pytest.mark.parametrize(
    ("container", "role", "endpoints", "expected"),
    [
        ({}, [statement(PULLS), statement(STREAM)], (), ("blocked", {"IDENTITY_POLICY_DENY"})),
        ({}, [statement(["ecr:GetAuthorizationToken", *PULLS]), statement("logs:PutLogEvents")], (),
         ("blocked", {"IDENTITY_POLICY_DENY"})),
        ({}, [statement(["ecr:GetAuthorizationToken", *PULLS]), statement(STREAM)], (), ("allowed", set())),
        (REGISTRY_SECRET, [EXECUTION, READS], (), ("blocked", {"NO_ROUTE_TO_DESTINATION"})),
        (REGISTRY_SECRET, [EXECUTION], ("secretsmanager",), ("blocked", {"IDENTITY_POLICY_DENY"})),
        (REGISTRY_SECRET, [EXECUTION, READS], ("secretsmanager",), ("allowed", set())),
        ({"repositoryCredentials": {"credentialsParameter": "registry"}}, [EXECUTION, READS], ("secretsmanager",),
         ("allowed", set())),
        ({"environmentFiles": [{"type": "s3", "value": FILE}]}, [EXECUTION], (), ("blocked", {"IDENTITY_POLICY_DENY"})),
        ({"environmentFiles": [{"type": "s3", "value": FILE}]}, [EXECUTION, statement("s3:GetBucketLocation")], (),
         ("allowed", set())),
        (awslogs(**{"awslogs-region": "us-east-1"}), [EXECUTION], (), ("blocked", {"CROSS_REGION_NOT_VIA_ENDPOINT"})),
        ({"logConfiguration": {"logDriver": "splunk", "secretOptions": [{"name": "token", "valueFrom": SECRET}]}},
         [EXECUTION, READS], (), ("blocked", {"NO_ROUTE_TO_DESTINATION"})),
    ],
)  # fmt: skip
def test_what_a_task_needs_besides_its_image(
    container: Record, role: list[Record], endpoints: tuple[str, ...], expected: tuple[str, set[str]]
) -> None:
    check = check_of(deployed(container, *role, endpoints=endpoints))
    assert told(check) == expected
    assert check.overall == ("private-and-working" if expected[0] == "allowed" else "private-but-failing")


def test_the_token_is_not_asked_for_by_way_of_the_vpc() -> None:
    """A condition on aws:SourceVpce cannot hold: an interface of Fargate's own asks ("Task execution IAM role")."""
    bound = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    rest = [statement(PULLS, Condition=bound), statement(STREAM)]
    token = "ecr:GetAuthorizationToken"
    assert told(check_of(deployed(None, statement(token), *rest)))[0] == "allowed"
    assert told(check_of(deployed(None, statement(token, Condition=bound), *rest)))[0] == "blocked"


def trusting(net: Pipeline, role: str, *who: str, **condition: Any) -> Pipeline:
    """The network with a trust policy for one of its roles."""
    details = net._more[f"{ACCOUNT}/global/iam/get-account-authorization-details.json"]["RoleDetailList"]
    (found,) = [one for one in details if one["RoleName"] == role]
    allow = {"Effect": "Allow", "Principal": {"Service": list(who)}, "Action": "sts:AssumeRole"}
    found["AssumeRolePolicyDocument"] = {"Statement": [allow | ({"Condition": condition} if condition else {})]}
    return net


@pytest.mark.parametrize(
    ("who", "condition", "outcome"),
    [
        ("ecs-tasks.amazonaws.com", {}, "allowed"),
        ("ecs-tasks.amazonaws.com", {"StringEquals": {"aws:SourceAccount": ACCOUNT},
                                     "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:*"}}, "allowed"),
        ("ecs-tasks.amazonaws.com", {"StringEquals": {"aws:SourceAccount": "222222222222"}}, "blocked"),
        ("ecs.amazonaws.com", {}, "blocked"),
        ("ec2.amazonaws.com", {}, "blocked"),
    ],
)  # fmt: skip
def test_a_role_of_a_task_has_to_trust_ecs(who: str, condition: dict[str, Any], outcome: str) -> None:
    """Amazon ECS Developer Guide, "Task execution IAM role": its trust policy, and the keys that it may ask for."""
    check = check_of(trusting(deployed(), "exec", who, **condition))
    assert told(check) == (outcome, {"RESOURCE_POLICY_DENY"} if outcome == "blocked" else set())
    assert any("does not let ecs-tasks" in one.title for one in check.findings) == (outcome == "blocked")


def test_what_ecs_says_of_a_role_that_it_cannot_assume_is_diagnosed() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/exec"
    line = (
        f"ECS was unable to assume the role '{arn}' that was provided for this task. Please verify that the role being "
        "passed has the proper trust relationship and permissions."
    )
    for who, likelihood in (("ec2.amazonaws.com", "certain"), ("ecs-tasks.amazonaws.com", "likely")):
        reach = load_files(trusting(deployed(), "exec", who).files())
        (one,) = reach.diagnose(line.encode()).errors
        found = [(cause.likelihood, cause.code, cause.component) for cause in one.causes]
        assert found == [(likelihood, "RESOURCE_POLICY_DENY", arn)]


@pytest.mark.parametrize(
    ("options", "listed", "may_make", "outcome"),
    [
        ({}, ["/ecs/api"], False, "allowed"),
        ({}, [], False, "unknown"),
        ({"awslogs-create-group": "true"}, [], False, "blocked"),
        ({"awslogs-create-group": "true"}, [], True, "allowed"),
        ({"awslogs-create-group": "true"}, ["/ecs/api"], False, "allowed"),
    ],
)
def test_a_log_group_that_is_not_there_is_made_only_if_the_task_says_so(
    options: dict[str, str], listed: list[str], may_make: bool, outcome: str
) -> None:
    role = [statement("ecr:*"), statement([*STREAM, *(["logs:CreateLogGroup"] if may_make else [])])]
    net = deployed(awslogs(**options), *role)
    net.put(GROUPS, {"logGroups": [{"logGroupName": one} for one in (*listed, "/aws/codebuild/p1")]})
    assert step(check_of(net), "deploy").outcome == outcome


@pytest.mark.parametrize(
    ("image", "contact"),
    [
        ("nginx:1", "host:registry-1.docker.io (image nginx:1)"),
        ("corp.example:5000/web:1", "host:corp.example tcp/5000 (image corp.example:5000/web:1)"),
        ("public.ecr.aws/nginx/nginx:1", "host:public.ecr.aws (image public.ecr.aws/nginx/nginx:1)"),
    ],
)  # fmt: skip
def test_an_image_is_asked_for_at_its_registry_and_port(image: str, contact: str) -> None:
    assert contact in step(check_of(with_service(image)), "deploy").contacts


def task_set(subnet: str, **more: Any) -> Record:
    network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": ["sg-client"]}}
    return {
        "taskDefinition": "api:1",
        "launchType": "FARGATE",
        "networkConfiguration": network,
        "runningCount": 1,
    } | more


def test_of_a_service_that_codedeploy_deploys_the_task_sets_tell() -> None:
    net = with_service()
    [service] = net._more[f"{net._home}/ecs/describe-services/web.json"]["services"]
    for key in ("launchType", "taskDefinition", "networkConfiguration"):
        del service[key]
    service["taskSets"] = [task_set(net.client_a)]
    assert told(check_of(net)) == ("allowed", set())
    service["taskSets"] = [task_set(net.ep_a)]  # its route table has no route to the layers
    assert told(check_of(net)) == ("blocked", {"NO_ROUTE_TO_DESTINATION"})
    service["taskSets"] = [task_set(net.ep_a, launchType="EC2")]
    assert step(check_of(net), "deploy").outcome == "unknown"  # on which instances is not told


def test_a_service_that_names_no_task_definition_asks_for_no_nameless_file() -> None:
    net = with_service()
    [service] = net._more[f"{net._home}/ecs/describe-services/web.json"]["services"]
    del service["taskDefinition"]
    check = check_of(net)
    assert (step(check, "deploy").outcome, check.overall) == ("unknown", "undecided")
    assert not any(path.endswith("/.json") for path in check.missing)
