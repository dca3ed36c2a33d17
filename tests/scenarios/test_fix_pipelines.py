"""What `fix` proposes where CodePipeline may not do what a pipeline's actions ask, and for file systems that a build
does not reach.

**Source:** CodePipeline User Guide, "Manage the CodePipeline service role", "Cross-service confused deputy prevention";
CodeBuild User Guide, "Amazon Elastic File System sample for AWS CodeBuild".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.fix.steps import AddGroupRule, AddInlinePolicy, AddTrustStatement
from tests.scenarios.pipelines import ACCOUNT, REGION, Pipeline, statement
from tests.scenarios.test_check_file_systems import mounting
from tests.scenarios.test_check_pipeline_roles import (
    ALL,
    BUILDS,
    COMMIT,
    KEEPS,
    ROLE,
    SOURCE,
    TOPIC,
    action,
    pipeline,
    trust,
)


def test_a_policy_of_the_roles_own_allows_what_none_does() -> None:
    plan = load_files(pipeline(KEEPS, SOURCE).files()).fix()
    assert (plan.status, plan.before, plan.after) == ("proven", "private-but-failing", "private-and-working")
    (step,) = plan.steps
    assert isinstance(step, AddInlinePolicy)
    assert (step.principal, step.name) == (ROLE, "reachsim-rel")
    (allows,) = json.loads(step.document)["Statement"]
    assert allows["Action"] == ["codebuild:StartBuild", "codebuild:BatchGetBuilds"]
    assert allows["Resource"] == f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/p1"


def test_codepipeline_is_trusted_for_this_pipeline_alone() -> None:
    plan = load_files(pipeline(*ALL, trusts=trust("codebuild.amazonaws.com")).files()).fix()
    assert (plan.status, plan.after) == ("proven", "private-and-working")
    (step,) = plan.steps
    assert isinstance(step, AddTrustStatement)
    added = json.loads(step.statement)
    assert added["Principal"] == {"Service": "codepipeline.amazonaws.com"}
    assert added["Condition"]["StringEquals"] == {
        "aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:rel",
    }  # fmt: skip


def _gone() -> Pipeline:
    net = pipeline(*ALL)
    held = net._more[f"{ACCOUNT}/{REGION}/codepipeline/get-pipeline/rel.json"]
    held["pipeline"]["roleArn"] = f"arn:aws:iam::{ACCOUNT}:role/gone"
    return net


@pytest.mark.parametrize("net", [
    pipeline(*ALL, statement("codebuild:*", effect="Deny")),
    pipeline(*ALL, statement("sns:*", effect="Deny"),
             stages=(COMMIT, BUILDS, action("Approval", "Manual", {"NotificationArn": TOPIC}))),
    _gone(),
])  # fmt: skip
def test_a_denial_and_a_role_that_is_not_there_are_for_their_owners(net: Pipeline) -> None:
    plan = load_files(net.files()).fix()
    assert (plan.steps, plan.status) == ((), "partly")
    (left,) = plan.left
    assert "to decide" in left.why


def test_rules_for_a_file_system_name_the_groups_of_the_mount_target() -> None:
    rules: list[Any] = []
    net = mounting(rules)
    net["sg-build"]["IpPermissionsEgress"] = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                                               "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]  # fmt: skip
    plan = load_files(net.files()).fix()
    assert (plan.before, plan.after) == ("private-but-failing", "private-and-working")
    assert {(one.group, one.direction, one.peer) for one in plan.steps if isinstance(one, AddGroupRule)} == {
        ("sg-build", "egress", "sg-efs"), ("sg-efs", "ingress", "sg-build"),
    }  # fmt: skip
