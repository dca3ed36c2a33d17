"""Repositories, buckets and log groups as destinations: the requests that their use implies are judged too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reachsim import QuestionError, load
from reachsim.verdict import Verdict
from tests.scenarios.pipelines import ACCOUNT, BUILD, BUILD_ROLE, Pipeline, ask, fate, for_all, policy, statement

SHIPPED = Path(__file__).resolve().parents[2] / "snapshots" / "private-pipeline"


def codes(verdict: Verdict) -> set[str]:
    return {one.code for one in verdict.blocked_by}


@pytest.mark.parametrize(
    "target",
    [
        "ecr:app",
        "codecommit:app",
        "logs:/aws/codebuild/app-build",
        "s3:app-artifacts-111111111111-ap-northeast-1/a.zip",
    ],
)
def test_own_resources_of_the_shipped_pipeline(target: str) -> None:
    verdict = load(SHIPPED).simulate("codebuild:app-build", target, port=443, protocol="tcp")
    assert fate(verdict) == ("allowed", "private")
    assert set(verdict.layers) == {"network", "endpoint-policy", "identity-policy", "resource-policy"}


def test_a_strangers_bucket_is_stopped_by_the_endpoints_policy() -> None:
    verdict = load(SHIPPED).simulate("codebuild:app-build", "s3:strangers", port=443, protocol="tcp")
    assert verdict.outcome == "blocked"
    assert "VPCE_POLICY_IMPLICIT_DENY" in codes(verdict)


def test_a_role_that_may_not_pull_is_stopped() -> None:
    without = [one for one in BUILD_ROLE if "ecr:BatchGetImage" not in one["Action"]]
    assert codes(ask(Pipeline(build_role=without), BUILD, "ecr:app")) == {"IDENTITY_POLICY_DENY"}
    assert fate(ask(Pipeline(build_role=without), BUILD, "ecr:app", layers=["network"])) == ("allowed", "private")
    assert fate(ask(Pipeline(build_role=without), BUILD, "ecr:app", requests=[])) == ("allowed", "private")


def test_the_repositorys_policy_counts() -> None:
    net = Pipeline()
    denied = for_all("ecr:BatchGetImage", effect="Deny")
    del denied["Resource"]
    net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(policy(denied))})
    assert codes(ask(net, BUILD, "ecr:app")) == {"RESOURCE_POLICY_DENY"}


@pytest.mark.parametrize("target", ["ecr:none", "codecommit:none", "logs:none"])
def test_what_the_lists_lack_is_an_error(target: str) -> None:
    with pytest.raises(QuestionError, match=f"{target} is not in the snapshot"):
        load(SHIPPED).simulate("codebuild:app-build", target)


@pytest.mark.parametrize(
    ("effect", "scope", "stopped"), [("Deny", None, True), ("Deny", "V1", False), ("Allow", None, False)]
)
def test_the_registrys_policy_counts_for_all_repositories(effect: str, scope: str | None, stopped: bool) -> None:
    net = Pipeline()
    text = json.dumps(policy(for_all("ecr:*", effect=effect)))
    net.put("ecr/get-registry-policy", {"registryId": ACCOUNT, "policyText": text})
    if scope is not None:
        net.put("ecr/get-account-setting/REGISTRY_POLICY_SCOPE", {"name": "REGISTRY_POLICY_SCOPE", "value": scope})
    assert codes(ask(net, BUILD, "ecr:app")) == ({"RESOURCE_POLICY_DENY"} if stopped else set())


def test_the_registrys_policy_grants_what_the_role_is_not_given() -> None:
    without = [one for one in BUILD_ROLE if "ecr:BatchGetImage" not in one["Action"]]
    net = Pipeline(build_role=without)
    caller = f"arn:aws:iam::{ACCOUNT}:role/build"
    granted = statement("ecr:*", Principal={"AWS": caller})
    net.put("ecr/get-registry-policy", {"policyText": json.dumps(policy(granted))})
    assert fate(ask(net, BUILD, "ecr:app")) == ("allowed", "private")
