"""Deployments that instances carry out: tasks of Amazon ECS on container instances, the agent of CodeDeploy.

**Source:** Amazon ECR User Guide, "Using Amazon ECR images with Amazon ECS" (the role by launch type); Amazon ECS
Developer Guide, "Amazon ECS interface VPC endpoints", "Amazon ECS container instance IAM role"; CodeDeploy User Guide,
"Use CodeDeploy with Amazon Virtual Private Cloud", "Create an IAM instance profile for your Amazon EC2 instances",
"Tagging instances for deployment groups in CodeDeploy"; API_DeploymentGroupInfo, API_TagFilter.
"""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Check
from tests.build import Record
from tests.scenarios.pipelines import ACCOUNT, ANYWHERE, BUILD_ROLE, CLIENT_ROLE, REGION, REGISTRY, Pipeline, statement
from tests.scenarios.test_check_service_plane import SOURCE, stage

CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/web"
PULL = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
STREAM = ["logs:CreateLogStream", "logs:PutLogEvents"]
AGENT = ["ecs:DiscoverPollEndpoint", "ecs:Poll"]
EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/exec"
ECS_ENDPOINTS = ("ecs", "ecs-agent", "ecs-telemetry")
DEPLOY_ENDPOINTS = ("codedeploy", "codedeploy-commands-secure")
COMMANDS = "codedeploy-commands-secure:*"


def pipeline(*stages: Record, endpoints: tuple[str, ...] = (), host: Any = (), more: dict[str, Any] | None = None,
             **instance: Any) -> Pipeline:  # fmt: skip
    """BASE with a pipeline, and an instance i-host in a subnet of its own, whose role has these permissions."""
    net = Pipeline()
    store = {"type": "S3", "location": "artifacts"}
    net.put("codepipeline/get-pipeline/p", {"pipeline": {"name": "p", "stages": [SOURCE, *stages],
                                                         "artifactStore": store}})  # fmt: skip
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "artifacts"}]}, region="global")
    net.put("s3api/get-bucket-policy/artifacts", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    net.group("vpc-1", [], [ANYWHERE], name="host")
    net.instance(net.client_a, "10.10.21.9", ["sg-host"], name="host",
                 profile=f"arn:aws:iam::{ACCOUNT}:instance-profile/host")  # fmt: skip
    net["i-host"].update(instance)
    net.roles({"build": BUILD_ROLE, "dev": CLIENT_ROLE, "host": [statement(list(host))], **(more or {})})
    for number, service in enumerate(endpoints, 30):
        net.add_endpoint(service, number)
    return net


def on_instances(
    host: Any = (*PULL, *STREAM, *AGENT), endpoints: tuple[str, ...] = ECS_ENDPOINTS, instances: Any = ("i-host",),
    execution: Any = None, action: Record | None = None, **service: Any,
) -> Pipeline:  # fmt: skip
    deploy = action or stage("Deploy", "Deploy", "ECS", ClusterName="web", ServiceName="api")
    more = {} if execution is None else {"exec": [statement(list(execution))]}
    net = pipeline(deploy, endpoints=endpoints, host=host, more=more)
    net.put("ecs/list-clusters", {"clusterArns": [CLUSTER]})
    record = {"serviceName": "api", "clusterArn": CLUSTER, "launchType": "EC2", "taskDefinition": "api:1", **service}
    net.put("ecs/describe-services/web", {"services": [record]})
    logs = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/api"}}
    task = {"containerDefinitions": [{"name": "api", "image": f"{REGISTRY}/app:1", "logConfiguration": logs}]}
    if execution is not None:
        task["executionRoleArn"] = EXECUTION_ROLE  # type: ignore[assignment]
    net.put("ecs/describe-task-definition/api:1", {"taskDefinition": task})
    if instances is not None:
        held = [{"ec2InstanceId": one, "status": "ACTIVE"} for one in instances]
        net.put("ecs/describe-container-instances/web", {"containerInstances": held})
    return net


def check_of(net: Pipeline) -> Check:
    return load_files(net.files()).check()


def deployed(check: Check) -> list[tuple[str, str, str]]:
    return [(one.project, one.outcome, one.route) for one in check.steps if one.step == "deploy"]


def faults(check: Check) -> set[str]:
    return {one.id for one in check.findings if one.severity == "high"}


def not_judged(check: Check) -> list[str]:
    return [one.component for one in check.assumptions if one.code == "DEPLOYMENT_NOT_JUDGED"]


# --- Amazon ECS on instances ------------------------------------------------------------------------------------------


def test_the_container_instance_pulls_by_its_own_interface_and_role() -> None:
    check = check_of(on_instances())
    assert deployed(check) == [("i-host", "allowed", "private")]
    assert (check.overall, not_judged(check)) == ("private-and-working", [])


def test_so_it_does_for_tasks_in_awsvpc_mode() -> None:
    network = {"awsvpcConfiguration": {"subnets": ["subnet-build-a"], "securityGroups": ["sg-build"]}}
    assert deployed(check_of(on_instances(networkConfiguration=network))) == [("i-host", "allowed", "private")]


@pytest.mark.parametrize(("change", "fault"), [
    ({"host": (*PULL[1:], *STREAM, *AGENT)}, "IDENTITY_POLICY_DENY"),
    ({"host": (*PULL, *AGENT)}, "IDENTITY_POLICY_DENY"),
    ({"host": (*PULL, *STREAM)}, "IDENTITY_POLICY_DENY"),
    ({"endpoints": ("ecs", "ecs-telemetry")}, "NO_ROUTE_TO_DESTINATION"),
    ({"endpoints": ()}, "NO_ROUTE_TO_DESTINATION"),
])  # fmt: skip
def test_what_the_container_instance_lacks_keeps_the_task_from_starting(change: dict[str, Any], fault: str) -> None:
    check = check_of(on_instances(**change))
    assert [one[:2] for one in deployed(check)] == [("i-host", "blocked")]
    assert (check.overall, faults(check)) == ("private-but-failing", {fault})


@pytest.mark.parametrize(("host", "execution", "outcome"), [
    ((*PULL, *STREAM, *AGENT), (*PULL, *STREAM), "allowed"),
    (AGENT, ("s3:GetObject",), "blocked"),
    ((*PULL, *STREAM, *AGENT), ("s3:GetObject",), "unknown"),
    (AGENT, (*PULL, *STREAM), "unknown"),
])  # fmt: skip
def test_which_role_pulls_where_a_task_has_an_execution_role_is_not_documented(
    host: Any, execution: Any, outcome: str
) -> None:
    """The ECR guide names the instance's role for tasks on instances, the agent has both."""
    check = check_of(on_instances(host, execution=execution))
    assert [one[1] for one in deployed(check)] == [outcome]
    assert check.overall == {"allowed": "private-and-working", "blocked": "private-but-failing"}.get(
        outcome, "undecided"
    )


def test_an_instance_with_a_way_by_a_nat_gateway_pulls_by_it() -> None:
    net = on_instances(endpoints=())
    net.with_nat(["rtb-client"])
    assert ("i-host", "allowed", "mixed") in deployed(check_of(net))


@pytest.mark.parametrize(("instances", "missing"), [
    (None, f"{ACCOUNT}/{REGION}/ecs/describe-container-instances/web.json"),
    (("i-elsewhere",), f"{ACCOUNT}/{REGION}/ec2/describe-instances.json"),
    ((), ""),
])  # fmt: skip
def test_container_instances_that_are_not_told_leave_it_open(instances: Any, missing: str) -> None:
    net = on_instances(instances=instances)
    if missing.endswith("describe-instances.json"):
        net.put("ec2/describe-instances", {"Error": {"Code": "UnauthorizedOperation"}})
        net.roles({"build": BUILD_ROLE})
    check = check_of(net)
    assert check.overall == "undecided"
    assert missing in (*check.missing, "")


def test_an_instance_without_a_role_asks_in_nobody_knows_whose_name() -> None:
    """Amazon ECS Developer Guide, "Amazon ECS container instance IAM role"; it was said to work."""
    for net in (on_instances(), tagged_network({"ec2TagFilters": [BLUE]}, TAGS)):
        del net["i-host"]["IamInstanceProfile"]
        check = check_of(net)
        assert (check.overall, [one[:2] for one in deployed(check)]) == ("undecided", [("i-host", "unknown")])
        assert any("no instance profile" in one.detail for one in check.assumptions)


def test_each_kind_of_container_instance_is_judged() -> None:
    net = on_instances(instances=("i-host", "i-twin", "i-far", "i-gone"))
    profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/host"
    net.instance(net.client_a, "10.10.21.10", ["sg-host"], name="twin", profile=profile)
    net.instance(net.ep_a, "10.10.11.9", ["sg-host"], name="far", profile=profile)  # without a route to S3
    net.instance(net.ep_a, "10.10.11.8", ["sg-host"], name="gone", profile=profile, state="stopped")
    assert deployed(check_of(net)) == [
        ("i-far", "blocked", "none"), ("i-host", "allowed", "private"), ("i-twin", "allowed", "private"),
    ]  # fmt: skip


# --- CodeDeploy -------------------------------------------------------------------------------------------------------


def by_codedeploy(provider: str = "CodeDeploy", group: Record | None = None, **more: Any) -> Pipeline:
    names = {"ApplicationName": "shop", "DeploymentGroupName": "blue"}
    net = on_instances(action=stage("Deploy", "Deploy", provider, **names), **more)
    if group is not None:
        record = {"applicationName": "shop", "deploymentGroupName": "blue", **group}
        net.put("codedeploy/batch-get-deployment-groups/shop", {"deploymentGroupsInfo": [record]})
    return net


def test_a_group_of_a_blue_green_deployment_names_the_service() -> None:
    group = {"computePlatform": "ECS", "ecsServices": [{"serviceName": "api", "clusterName": "web"}]}
    assert deployed(check_of(by_codedeploy("CodeDeployToECS", group))) == [("i-host", "allowed", "private")]
    blocked = check_of(by_codedeploy("CodeDeployToECS", group, endpoints=()))
    assert (blocked.overall, not_judged(blocked)) == ("private-but-failing", [])


@pytest.mark.parametrize("provider", ["CodeDeploy", "CodeDeployToECS"])
def test_a_group_that_is_not_told_leaves_the_deployment_open(provider: str) -> None:
    check = check_of(by_codedeploy(provider))
    assert check.overall == "undecided"
    assert f"{ACCOUNT}/{REGION}/codedeploy/batch-get-deployment-groups/shop.json" in check.missing


def tagged(filters: Record, tags: dict[str, str], **more: Any) -> Check:
    return check_of(tagged_network(filters, tags, **more))


def tagged_network(filters: Record, tags: dict[str, str], host: Any = (COMMANDS, "s3:GetObject"),
                   endpoints: tuple[str, ...] = DEPLOY_ENDPOINTS, state: str = "running") -> Pipeline:  # fmt: skip
    """A deployment to the instances that filters match, one of which has these tags."""
    deploy = stage("Deploy", "Deploy", "CodeDeploy", ApplicationName="shop", DeploymentGroupName="blue")
    net = pipeline(deploy, endpoints=endpoints, host=host, State={"Code": 16, "Name": state},
                   Tags=[{"Key": key, "Value": value} for key, value in tags.items()])  # fmt: skip
    record = {"applicationName": "shop", "deploymentGroupName": "blue", "computePlatform": "Server", **filters}
    net.put("codedeploy/batch-get-deployment-groups/shop", {"deploymentGroupsInfo": [record]})
    return net


def one(key: str | None, value: str | None, kind: str) -> Record:
    return {"Type": kind, **({"Key": key} if key else {}), **({"Value": value} if value else {})}


BLUE = one("fleet", "blue", "KEY_AND_VALUE")
TAGS = {"fleet": "blue", "env": "prod"}


@pytest.mark.parametrize(("filters", "hit"), [
    ({"ec2TagFilters": [BLUE]}, True),
    ({"ec2TagFilters": [one("fleet", "red", "KEY_AND_VALUE"), one("env", None, "KEY_ONLY")]}, True),
    ({"ec2TagFilters": [one(None, "blue", "VALUE_ONLY")]}, True),
    ({"ec2TagFilters": [one("fleet", "red", "KEY_AND_VALUE")]}, False),
    ({"ec2TagSet": {"ec2TagSetList": [[BLUE], [one("env", None, "KEY_ONLY")]]}}, True),
    ({"ec2TagSet": {"ec2TagSetList": [[BLUE], [one("team", None, "KEY_ONLY")]]}}, False),
    ({"autoScalingGroups": [{"name": "shop-asg"}]}, False),
])  # fmt: skip
def test_the_instances_that_the_filters_match_reach_codedeploy_and_the_artifacts(filters: Record, hit: bool) -> None:
    check = tagged(filters, TAGS)
    assert deployed(check) == ([("i-host", "allowed", "private")] if hit else [("p#Deploy/Deploy", "unknown", "none")])
    assert check.overall == ("private-and-working" if hit else "undecided")


def test_instances_of_an_auto_scaling_group_carry_its_name() -> None:
    check = tagged({"autoScalingGroups": [{"name": "shop-asg"}]}, {"aws:autoscaling:groupName": "shop-asg"})
    assert deployed(check) == [("i-host", "allowed", "private")]


@pytest.mark.parametrize(("change", "fault"), [
    ({"endpoints": ("codedeploy",)}, "NO_ROUTE_TO_DESTINATION"),
    ({"endpoints": ("codedeploy-commands-secure",)}, "NO_ROUTE_TO_DESTINATION"),
    ({"host": (COMMANDS,)}, "IDENTITY_POLICY_DENY"),
    ({"host": ("s3:GetObject",)}, "IDENTITY_POLICY_DENY"),
])  # fmt: skip
def test_what_the_agent_lacks_keeps_it_from_the_deployment(change: dict[str, Any], fault: str) -> None:
    check = tagged({"ec2TagFilters": [BLUE]}, TAGS, **change)
    assert (check.overall, faults(check)) == ("private-but-failing", {fault})


@pytest.mark.parametrize("group", [
    {"computePlatform": "Lambda"},
    {"computePlatform": "Server", "onPremisesInstanceTagFilters": [BLUE]},
    {"computePlatform": "Server", "onPremisesTagSet": {"onPremisesTagSetList": [[BLUE]]}},
])  # fmt: skip
def test_what_is_no_instance_of_the_account_is_not_judged(group: Record) -> None:
    assert not_judged(tagged(group, TAGS)) == ["p/Deploy/Deploy"]
