"""Whether CodeBuild may assume the service role of a project: its trust policy counts for every build."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from tests.scenarios.pipelines import ACCOUNT, REGION, Pipeline, policy
from tests.scenarios.test_provisioning import details, judged

PROJECT = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/p1"


def trust(service: Any = "codebuild.amazonaws.com", effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    more = {"Condition": condition} if condition else {}
    return {"Effect": effect, "Principal": {"Service": service}, "Action": "sts:AssumeRole", **more}


def with_trust(*statements: dict[str, Any]) -> Pipeline:
    net = Pipeline()
    held = details(net)
    held["RoleDetailList"][0]["AssumeRolePolicyDocument"] = policy(*statements)
    net.put("iam/get-account-authorization-details", held, region="global")
    return net


@pytest.mark.parametrize(("statements", "outcome"), [
    ([trust()], "allowed"),
    ([trust(["ec2.amazonaws.com", "codebuild.amazonaws.com"])], "allowed"),
    ([trust("codepipeline.amazonaws.com")], "blocked"),
    ([{**trust(), "Action": "sts:TagSession"}], "blocked"),
    ([trust(StringEquals={"aws:SourceAccount": ACCOUNT}, ArnLike={"aws:SourceArn": PROJECT})], "allowed"),
    ([trust(StringEquals={"aws:SourceAccount": "222222222222"})], "blocked"),
    ([trust(ArnLike={"aws:SourceArn": f"{PROJECT}-other"})], "blocked"),
    ([trust(ArnLike={"aws:SourceArn": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/*"})], "allowed"),
    ([trust(StringEquals={"sts:ExternalId": "x"})], "blocked"),
    ([trust(), trust(effect="Deny", StringNotEquals={"aws:SourceArn": PROJECT})], "allowed"),
    ([trust(), trust(effect="Deny")], "blocked"),
    ([{**trust(), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}], "blocked"),
    ([{**trust(), "Principal": "*"}], "allowed"),
])  # fmt: skip
def test_the_role_has_to_trust_codebuild_for_this_project(statements: list[dict[str, Any]], outcome: str) -> None:
    check, found, codes, detail = judged(with_trust(*statements))
    assert found == outcome
    assert codes == (["ROLE_DOES_NOT_TRUST_CODEBUILD"] if outcome == "blocked" else [])
    told = [one for one in check.findings if one.id == "ROLE_DOES_NOT_TRUST_CODEBUILD"]
    assert bool(told) is (outcome == "blocked")
    if told:
        assert (check.overall, told[0].severity) == ("private-but-failing", "high")
        assert "codebuild.amazonaws.com" in detail
        assert "role's trust policy" in told[0].remedy


def test_a_listed_role_without_its_trust_policy_is_an_assumption() -> None:
    check, outcome, _, _ = judged(Pipeline())
    assert outcome == "allowed"
    assert any(one.code == "UNKNOWN_RESOURCE" and "trust policy" in one.detail for one in check.assumptions)


@pytest.mark.parametrize(("condition", "trusted"), [
    ({"StringNotEqualsIfExists": {"aws:VpceOrgID": "o-1"}}, True),
    ({"StringEquals": {"aws:VpceAccount": ACCOUNT}}, False),
    ({"Null": {"aws:VpceOrgPaths": "true"}}, True),
    ({"Bool": {"aws:ViaAWSService": "false"}}, True),
    ({"Bool": {"aws:ViaAWSService": "true"}}, False),
    ({"Null": {"aws:CalledVia": "true"}}, True),
])  # fmt: skip
def test_a_service_comes_by_nobodys_endpoint_and_on_nobodys_behalf(condition: dict[str, Any], trusted: bool) -> None:
    """IAM User Guide, "AWS global condition context keys": aws:ViaAWSService is in every request, false but for forward
    access sessions; the keys of endpoints are in requests by an endpoint alone."""
    check = load_files(with_trust(trust(**condition)).files()).check()
    step = next(one for one in check.steps if one.step == "provisioning")
    assert (step.outcome, check.overall) == (
        ("allowed", "private-and-working") if trusted else ("blocked", "private-but-failing")
    )


def test_without_identities_the_call_is_named() -> None:
    files = dict(with_trust(trust()).files())
    files.pop(f"{ACCOUNT}/global/iam/get-account-authorization-details.json")
    check = load_files(files).check()
    step = next(one for one in check.steps if one.step == "provisioning")
    assert step.outcome == "unknown"
    assert f"{ACCOUNT}/global/iam/get-account-authorization-details.json" in check.missing


def test_a_project_without_a_vpc_needs_the_trust_as_well() -> None:
    net = with_trust(trust("ecs-tasks.amazonaws.com"))
    path = f"{ACCOUNT}/{REGION}/codebuild/batch-get-projects.json"
    files = dict(net.files())
    held = json.loads(files[path])
    held["projects"][0].pop("vpcConfig")
    files[path] = json.dumps(held).encode()
    step = next(one for one in load_files(files).check().steps if one.step == "provisioning")
    assert [block.code for block in step.blocked_by] == ["ROLE_DOES_NOT_TRUST_CODEBUILD"]
