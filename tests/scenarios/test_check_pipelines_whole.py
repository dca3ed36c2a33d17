"""Pipelines of which the snapshot lacks a part: a project that an action runs, or what a listed pipeline does.

**Source:** CodePipeline User Guide, "Add a cross-Region action to a pipeline", "Create a pipeline in CodePipeline that
uses resources from another AWS account".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Check
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, Pipeline, policy, statement
from tests.scenarios.test_check_service_plane import stage

OTHER = "222222222222"
REGION = "ap-northeast-1"


def running(*names: str, listed: tuple[str, ...] = (), **action: Any) -> Check:
    net = Pipeline()
    stages = [stage(name, "Build", "CodeBuild", ProjectName=name) for name in names]
    stages[-1]["actions"][0] |= action
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": stages}})
    if listed:
        net.put("codepipeline/list-pipelines", {"pipelines": [{"name": name} for name in listed]})
    return load_files(net.files()).check()


@pytest.mark.parametrize(
    ("action", "place"),
    [({}, f"{ACCOUNT}/{REGION}"), ({"region": "us-west-2"}, f"{ACCOUNT}/us-west-2"),
     ({"roleArn": f"arn:aws:iam::{OTHER}:role/build"}, f"{OTHER}/{REGION}")],
)  # fmt: skip
def test_a_project_that_is_not_told_leaves_the_pipeline_open(action: dict[str, str], place: str) -> None:
    check = running("p1", "elsewhere", **action)
    assert (check.overall, check.exit_code) == ("undecided", 3)
    assert f"{place}/codebuild/batch-get-projects.json" in check.missing


def test_one_of_the_same_name_in_another_region_is_another() -> None:
    assert running("p1", region="us-west-2").overall == "undecided"
    assert running("p1", region=REGION).overall == "private-and-working"
    assert running("p1", roleArn=f"arn:aws:iam::{ACCOUNT}:role/build").overall == "private-and-working"


@pytest.mark.parametrize("answer", [None, {"Error": {"Code": "AccessDenied"}}])
def test_a_pipeline_that_is_listed_alone_leaves_it_open(answer: dict[str, Any] | None) -> None:
    assert running("p1", listed=("rel",)).overall == "private-and-working"
    check = running("p1", listed=("rel", "nightly"))
    assert check.overall == "undecided"
    assert f"{ACCOUNT}/{REGION}/codepipeline/get-pipeline/nightly.json" in check.missing
    net = Pipeline()
    net.put("codepipeline/list-pipelines", {"pipelines": [{"name": "rel"}]})
    if answer:
        net.put("codepipeline/get-pipeline/rel", answer)
    assert json.dumps(load_files(net.files()).check().missing).count("get-pipeline/rel") == 1


@pytest.mark.parametrize(
    ("provider", "told"),
    [("CodeDeploy", True), ("EC2", True), ("CloudFormation", True), ("S3", False), ("CodeDeployToECS", True)],
)
def test_deployments_that_are_not_judged_are_told(provider: str, told: bool) -> None:
    net = Pipeline()
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": [stage("D", "Deploy", provider)]}})
    check = load_files(net.files()).check()
    found = [one.component for one in check.assumptions if one.code == "DEPLOYMENT_NOT_JUDGED"]
    assert found == (["rel/D/D"] if told else [])
    assert check.overall == "private-and-working"


@pytest.mark.parametrize(("kind", "told", "overall"), [
    ("EC2", False, "undecided"), ("EXTERNAL", True, "private-and-working"), ("FARGATE", False, "undecided"),
])  # fmt: skip
def test_so_are_services_that_run_outside_aws(kind: str, told: bool, overall: str) -> None:
    net = Pipeline()
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/prod"
    net.put("ecs/list-clusters", {"clusterArns": [arn]})
    service = {"serviceName": "web", "clusterArn": arn, "launchType": kind, "taskDefinition": "web:7"}
    net.put("ecs/describe-services/prod", {"services": [service]})
    stages = [stage("D", "Deploy", "ECS", ClusterName="prod", ServiceName="web")]
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": stages}})
    check = load_files(net.files()).check()
    assert (any(one.code == "DEPLOYMENT_NOT_JUDGED" for one in check.assumptions), check.overall) == (told, overall)


# --- the repository of a source stage ---------------------------------------------------------------------------------


def from_stage(client: Any = ("codecommit:GitPull", "codecommit:GitPush"), **user: Any) -> Check:
    """A pipeline that hands a project its source from CodeCommit, which the project itself does not name."""
    net = Pipeline(source=("CODEPIPELINE", ""))
    stages = [stage("Source", "Source", "CodeCommit", RepositoryName="app"),
              stage("p1", "Build", "CodeBuild", ProjectName="p1")]  # fmt: skip
    store = {"type": "S3", "location": "artifacts"}
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": stages, "artifactStore": store}})
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "artifacts"}]}, region="global")
    net.put("s3api/get-bucket-policy/artifacts", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    net.roles({"build": BUILD_ROLE, "dev": [statement(list(client))]})
    if user:
        net._more[f"{ACCOUNT}/global/iam/get-account-authorization-details.json"]["UserDetailList"] = [
            {"UserName": "ann", "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "GroupList": [],
             "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(statement("codecommit:*", **user))}],
             "AttachedManagedPolicies": []}]  # fmt: skip
    return load_files(net.files()).check()


def test_a_source_stages_repository_is_part_of_the_pipeline_though_no_project_names_it() -> None:
    assert from_stage().overall == "private-and-working"
    check = from_stage(Resource="*")
    assert check.overall == "exposed"
    assert [one.component for one in check.findings if one.id == "CODECOMMIT_USABLE_FROM_OUTSIDE"] == [
        f"arn:aws:iam::{ACCOUNT}:user/ann"
    ]


GUARD = statement("*", effect="Deny", Condition={"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}})
"""What data perimeters attach to every role of an account."""


@pytest.mark.parametrize(("more", "clients"), [
    ((), []), ((statement("s3:GetObject"),), []), ((statement("codecommit:GitPush"),), ["i-1"]),
])  # fmt: skip
def test_who_is_only_denied_is_no_client(more: tuple[Any, ...], clients: list[str]) -> None:
    net = Pipeline()
    net.roles({"build": BUILD_ROLE, "dev": [GUARD, *more]})
    check = load_files(net.files()).check()
    assert [one.project for one in check.steps if one.step == "git-push"] == clients
    assert check.overall == "private-and-working"


@pytest.mark.parametrize("scp", [False, True])
def test_a_user_whom_no_policy_allows_anything_is_no_stranger_to_fear(scp: bool) -> None:
    """Of a denial it may be open whether it hits: it allows nothing either way."""
    deny = statement("codecommit:*", effect="Deny", Condition={"StringEquals": {"aws:PrincipalTag/team": "x"}})
    allowing = [statement(["codecommit:Git*", "s3:*"])]
    net = Pipeline()
    if scp:  # AWS's own policy of full access is attached as well but for the root, where this one is alone
        net.with_rcp(deny, statement(["s3:*", "ecr:*", "ec2:*", "logs:*", "sts:*", "iam:*"]), own="SERVICE")
        net.put("organizations/list-policies-for-target/r-1.SERVICE_CONTROL_POLICY", {"Policies": [{"Id": "p-own"}]},
                region="global")  # fmt: skip
    held = net._more[f"{ACCOUNT}/global/iam/get-account-authorization-details.json"]
    held["UserDetailList"] = [
        {"UserName": "ann", "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "GroupList": [], "AttachedManagedPolicies": [],
         "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(deny, *(allowing if scp else []))}]}
    ]  # fmt: skip
    check = load_files(net.files()).check()
    assert not [one for one in check.findings if one.id == "CODECOMMIT_USABLE_FROM_OUTSIDE"]
    assert check.overall == ("private-but-failing" if scp else "private-and-working")


def test_a_client_may_push_to_one_of_the_pipelines_repositories() -> None:
    """Who works on one of two repositories needs no permission for the other."""
    two = [{"type": "CODECOMMIT", "location": f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/infra",
            "sourceIdentifier": "infra"}]  # fmt: skip
    for names, outcome in ((["infra"], "allowed"), (["app", "infra"], "allowed"), (["docs"], "blocked")):
        net = Pipeline(secondarySources=two)
        net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": [
            stage("Source", "Source", "CodeCommit", RepositoryName="infra")]}})  # fmt: skip
        arns = [f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{name}" for name in names]
        net.roles({"build": [*BUILD_ROLE, statement("codecommit:GitPull")],
                   "dev": [statement(["codecommit:GitPull", "codecommit:GitPush"], arns)]})  # fmt: skip
        assert [one.outcome for one in load_files(net.files()).check().steps if one.step == "git-push"] == [outcome]


def test_a_client_is_not_asked_to_push_to_another_accounts_repository() -> None:
    """CodeCommit has no resource policies: nobody from another account can but by a role there."""
    net = Pipeline(source=("CODEPIPELINE", ""))
    source = stage("Source", "Source", "CodeCommit", RepositoryName="app")
    source["actions"][0]["roleArn"] = f"arn:aws:iam::{OTHER}:role/source"
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": [source]}})
    assert [one.outcome for one in load_files(net.files()).check().steps if one.step == "git-push"] == ["allowed"]


def test_clients_push_to_a_source_stages_repository() -> None:
    check = from_stage(["codecommit:GitPull"])
    assert [one.outcome for one in check.steps if one.step == "git-push"] == ["blocked"]
    assert check.overall == "private-but-failing"
