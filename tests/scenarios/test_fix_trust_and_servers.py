"""Fixes for a service role that CodeBuild may not assume, and for the ways of a project's docker server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.fix.awscli import render as as_commands
from reachsim.fix.cloudformation import render as as_template
from reachsim.fix.terraform import render as as_terraform
from tests.scenarios.pipelines import ACCOUNT, Pipeline
from tests.scenarios.test_fix import fixed, steps_of
from tests.scenarios.test_pipeline_ends import FROM_BUILD, LAYERS_TOO, docker_server
from tests.scenarios.test_role_trust import PROJECT, trust, with_trust

ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
SERVER = "codebuild:p1#docker-server"
ENDPOINTS_ONLY = [("tcp", 443, 443, "sg-ep"), LAYERS_TOO]


@pytest.mark.parametrize("statements", [
    [trust("codepipeline.amazonaws.com")],
    [trust(ArnLike={"aws:SourceArn": f"{PROJECT}-other"})],
])  # fmt: skip
def test_a_role_gets_to_trust_codebuild_for_this_project_alone(statements: list[dict[str, Any]]) -> None:
    net = with_trust(*statements)
    plan = load_files(net.files()).fix()
    assert (plan.status, plan.after, plan.left) == ("proven", "private-and-working", ())
    (step,) = plan.steps
    assert steps_of(plan)[0][0] == ROLE
    assert json.loads(step.statement)["Condition"] == {  # type: ignore[union-attr]
        "StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": PROJECT}
    }
    assert fixed(net.files(), plan).check().overall == "private-and-working"
    network = load_files(net.files()).network
    commands = as_commands(network, plan.steps, plan.policies)
    assert f"aws iam update-assume-role-policy --role-name {ROLE.rsplit('/', 1)[1]} " in commands
    whole = json.loads(plan.policies[f"{ROLE} AssumeRolePolicyDocument"])
    assert len(whole["Statement"]) == len(statements) + 1  # what was there stays there
    for text in (as_template(plan.steps, plan.policies), as_terraform(plan.steps, plan.policies)):
        assert "codebuild.amazonaws.com" in text
        assert "CodeBuildAssumesIt" in text


def test_a_deny_in_a_trust_policy_is_its_owners() -> None:
    plan = load_files(with_trust(trust(), trust(effect="Deny")).files()).fix()
    assert (plan.status, plan.steps) == ("partly", ())
    (left,) = plan.left
    assert left.code == "ROLE_DOES_NOT_TRUST_CODEBUILD"
    assert left.why == "a statement of the role's trust policy denies it: that is its owners' decision"


def test_a_role_without_its_trust_policy_is_let_be() -> None:
    assert load_files(Pipeline().files()).fix().status == "nothing to fix"


@pytest.mark.parametrize(("ingress", "egress", "build", "component", "says"), [
    ([FROM_BUILD], [("tcp", 443, 443, "sg-ep")], None, "sg-ds", "add egress rule: tcp 443 to pl-1"),
    ([], ENDPOINTS_ONLY, None, "sg-ds", "add ingress rule: tcp 9876 from sg-build"),
    ([FROM_BUILD], ENDPOINTS_ONLY, ENDPOINTS_ONLY, "sg-build", "add egress rule: tcp 9876 to sg-ds"),
])  # fmt: skip
def test_the_docker_servers_groups_get_the_one_rule_they_lack(
    ingress: list[Any], egress: list[Any], build: list[Any] | None, component: str, says: str
) -> None:
    files = docker_server(ingress, egress, build).files()
    assert load_files(files).check().overall == "private-but-failing"
    plan = load_files(files).fix()
    assert steps_of(plan) == [(component, says)]
    assert (plan.status, plan.after, plan.left) == ("proven", "private-and-working", ())
    assert fixed(files, plan).check().overall == "private-and-working"
    assert [one for one in plan.also_opens if SERVER not in one.source] == []


def test_a_way_out_of_the_docker_server_is_closed() -> None:
    net = docker_server(
        [FROM_BUILD], [("-1", None, None, "0.0.0.0/0")], [*ENDPOINTS_ONLY, ("tcp", 9876, 9876, "sg-ds")]
    )
    net.with_nat()
    plan = load_files(net.files()).fix()
    assert ("rtb-build", "delete route 0.0.0.0/0, which leads to nat-1") in steps_of(plan)
    assert (plan.status, plan.after) == ("proven", "private-and-working")
