"""Actions of pipelines on compute that CodePipeline manages: outside every VPC unless the action says otherwise.

**Source:** CodePipeline User Guide, action structure references "Commands", "EKS", "ECRBuildAndPublish",
"InspectorScan".
"""

from __future__ import annotations

import pytest

from reachsim import load_files
from reachsim.verdict import Check
from tests.scenarios.pipelines import Pipeline
from tests.scenarios.test_check_service_plane import stage

INSIDE = {"Subnets": "subnet-build-a,subnet-build-c", "SecurityGroupIds": "sg-build"}


def running(category: str, provider: str, *, nat: bool = False, **configuration: str) -> Check:
    net = Pipeline()
    if nat:
        net.with_nat()
    stages = [stage("Act", category, provider, **configuration)]
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": stages}})
    return load_files(net.files()).check()


def told(check: Check) -> set[str]:
    return {one.id for one in check.findings if one.severity in ("high", "medium")}


@pytest.mark.parametrize(
    ("category", "provider"),
    [("Build", "ECRBuildAndPublish"), ("Compute", "Commands"), ("Invoke", "InspectorScan")],
)
def test_an_action_without_subnets_runs_outside_every_vpc(category: str, provider: str) -> None:
    check = running(category, provider)
    assert (check.overall, check.exit_code) == ("leaking", 1)
    (found,) = [one for one in check.findings if one.id == "PIPELINE_COMPUTE_NOT_IN_VPC"]
    assert (found.severity, found.component) == ("high", "rel/Act/Act")
    assert "CODEBUILD_NOT_IN_VPC" not in told(check)
    assert {cell.source for cell in check.matrix} == {"codebuild:p1", "i-1", "internet"}


@pytest.mark.parametrize("side", ["beforeEntry", "onSuccess", "onFailure"])
def test_so_does_a_rule_of_a_stage_s_condition(side: str) -> None:
    """CodePipeline User Guide, rule structure reference, "Commands"; API reference, "StageDeclaration"."""
    net = Pipeline()
    rule = {"name": "ask", "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "Commands", "version": "1"}}
    stages = [{"name": "Act", "actions": [], side: {"conditions": [{"result": "FAIL", "rules": [rule]}]}}]
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": stages}})
    check = load_files(net.files()).check()
    assert (check.overall, check.exit_code) == ("leaking", 1)
    assert [one.component for one in check.findings if one.id == "PIPELINE_COMPUTE_NOT_IN_VPC"] == ["rel/Act/ask"]


@pytest.mark.parametrize(("provider", "category"), [("Commands", "Compute"), ("EKS", "Deploy")])
@pytest.mark.parametrize(("nat", "overall"), [(False, "undecided"), (True, "leaking")])
def test_one_with_subnets_is_asked_how_it_stands_to_the_internet(
    provider: str, category: str, nat: bool, overall: str
) -> None:
    """What its commands need is not judged, so that it is not said to work."""
    check = running(category, provider, nat=nat, VpcId="vpc-1", **INSIDE)
    assert check.overall == overall
    assert "PIPELINE_COMPUTE_NOT_IN_VPC" not in told(check)
    assert [(one.step, one.outcome) for one in check.steps if one.project == "rel#Act/Act"] == [("run", "unknown")]
    if nat:
        lines = [line for one in check.findings if one.id == "PUBLIC_EGRESS_POSSIBLE" for line in one.evidence]
        assert any(line.startswith("codebuild:rel#Act/Act → internet") for line in lines)


@pytest.mark.parametrize("configuration", [{}, {"Subnets": "subnet-build-a"}])
def test_where_an_eks_action_runs_that_names_no_group_is_not_known(configuration: dict[str, str]) -> None:
    check = running("Deploy", "EKS", ClusterName="prod", **configuration)
    assert (check.overall, check.exit_code) == ("undecided", 3)
    assert any("rel#Act/Act" in one.component for one in check.assumptions)


@pytest.mark.parametrize(("category", "provider"), [("Deploy", "S3"), ("Approval", "Manual"), ("Build", "CodeBuild")])
def test_other_actions_have_no_compute_of_codepipelines(category: str, provider: str) -> None:
    assert running(category, provider).overall == "private-and-working"


@pytest.mark.parametrize("name", ["hook", "arn:aws:lambda:ap-northeast-1:111111111111:function:hook:live"])
@pytest.mark.parametrize("inside", [True, False])
def test_a_function_that_a_pipeline_invokes_outside_every_vpc_is_told(name: str, inside: bool) -> None:
    net = Pipeline()
    config = {"SubnetIds": ["subnet-build-a"], "SecurityGroupIds": ["sg-build"], "VpcId": "vpc-1"} if inside else {}
    net._lists["lambda/list-functions"].append({"FunctionName": "hook", "VpcConfig": config})
    stages = [stage("Act", "Invoke", "Lambda", FunctionName=name)]
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": stages}})
    check = load_files(net.files()).check()
    found = [(one.severity, one.component) for one in check.findings if one.id == "PIPELINE_COMPUTE_NOT_IN_VPC"]
    assert found == ([] if inside else [("low", "rel/Act/Act")])
    assert (check.overall, check.exit_code) == ("private-and-working", 0)


def test_an_action_that_comes_fails_the_gate() -> None:
    net = Pipeline()
    before = load_files(net.files())
    stages = [stage("Act", "Build", "ECRBuildAndPublish")]
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": stages}})
    word, why = before.diff(load_files(net.files())).gate
    assert word == "fail"
    assert any("PIPELINE_COMPUTE_NOT_IN_VPC" in one for one in why)


@pytest.mark.parametrize(
    ("owner", "category", "told"),
    [("ThirdParty", "Test", True), ("Custom", "Build", True), ("AWS", "Test", False), ("ThirdParty", "Source", False)],
)
def test_an_action_that_workers_elsewhere_do_is_told(owner: str, category: str, told: bool) -> None:
    net = Pipeline()
    made = stage("Act", category, "Checks")
    made["actions"][0]["actionTypeId"]["owner"] = owner
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": [made]}})
    found = [one for one in load_files(net.files()).check().findings if one.id == "PIPELINE_ACTION_BY_OTHERS"]
    assert [(one.severity, one.component) for one in found] == ([("low", "rel/Act/Act")] if told else [])
