"""Whether a build starts: the service role's part in making network interfaces, whatever kind of policy decides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Check
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, REGION, Pipeline, for_all, policy, statement

EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
DESCRIBE = ["ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets", "ec2:DescribeVpcs"]  # fmt: skip
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/ci:1"


def role(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    return [*BUILD_ROLE[:-1], *statements]


def permission(*subnets: str, service: str = "codebuild.amazonaws.com", **more: Any) -> dict[str, Any]:
    """The statement of AWS's guide: interfaces for one service, in these subnets."""
    condition = {
        "StringEquals": {"ec2:AuthorizedService": service, "ec2:Subnet": [f"{EC2}:subnet/{s}" for s in subnets]}
    }
    return statement("ec2:CreateNetworkInterfacePermission", f"{EC2}:network-interface/*", Condition=condition, **more)


MAKE = statement(["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", *DESCRIBE])
BOTH = ("subnet-build-a", "subnet-build-c")


def judged(net: Pipeline) -> tuple[Check, str, list[str], str]:
    """(check, outcome, codes and details of what stops the step)."""
    check = load_files(net.files()).check()
    step = next(one for one in check.steps if one.step == "provisioning")
    return check, step.outcome, [one.code for one in step.blocked_by], " ".join(one.detail for one in step.blocked_by)


def test_the_guides_own_policy_is_enough() -> None:
    net = Pipeline(build_role=role(MAKE, permission(*BOTH)))
    assert set(BOTH) == {net.build_a, net.build_c}
    assert judged(net)[1] == "allowed"


def test_a_permission_for_one_of_two_subnets_starts_the_builds_that_chance_puts_there() -> None:
    """What neither side chooses makes it intermittent as soon as some of it fails (DESIGN, "Verdicts")."""
    check, outcome, codes, detail = judged(Pipeline(build_role=role(MAKE, permission("subnet-build-a"))))
    assert (outcome, codes, check.overall) == ("intermittent", ["ROLE_CANNOT_CREATE_ENI"], "private-but-failing")
    assert "no build of p1 starts in subnet-build-c" in detail
    assert not any(step.not_reached for step in check.steps)
    (told,) = [one for one in check.findings if one.id == "ROLE_CANNOT_CREATE_ENI"]
    assert "keeps some builds of p1 from starting" in told.title


@pytest.mark.parametrize("wrong", [
    permission(*BOTH, service="codepipeline.amazonaws.com"),
    statement("ec2:CreateNetworkInterfacePermission", f"arn:aws:ec2:us-west-2:{ACCOUNT}:network-interface/*"),
])  # fmt: skip
def test_a_permission_for_something_else_starts_nothing(wrong: dict[str, Any]) -> None:
    check, outcome, codes, detail = judged(Pipeline(build_role=role(MAKE, wrong)))
    assert (outcome, codes, check.overall) == ("blocked", ["ROLE_CANNOT_CREATE_ENI"], "private-but-failing")
    assert "ec2:CreateNetworkInterfacePermission" in detail
    assert "ec2:DescribeVpcs" not in detail


@pytest.mark.parametrize(("resources", "outcome"), [
    ([f"{EC2}:subnet/*", f"{EC2}:network-interface/*", f"{EC2}:security-group/*"], "allowed"),
    ([f"{EC2}:subnet/*", f"{EC2}:network-interface/*"], "blocked"),
    ([f"{EC2}:subnet/subnet-build-a", f"{EC2}:network-interface/*", f"{EC2}:security-group/*"], "intermittent"),
    ([f"{EC2}:subnet/subnet-other", f"{EC2}:network-interface/*", f"{EC2}:security-group/*"], "blocked"),
    ([f"{EC2}:*/*"], "allowed"),
])  # fmt: skip
def test_an_interface_needs_its_subnet_and_groups_allowed_too(resources: list[str], outcome: str) -> None:
    make = statement(["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"], resources)
    assert judged(Pipeline(build_role=role(make, statement(DESCRIBE), permission(*BOTH))))[1] == outcome


def details(net: Pipeline) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(net.files()[f"{ACCOUNT}/global/iam/get-account-authorization-details.json"])
    return held


def test_a_boundary_that_forgets_ec2_starts_nothing() -> None:
    net = Pipeline()
    held = details(net)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    limit = policy(statement(["codecommit:*", "ecr:*", "logs:*", "s3:*"]))
    held["RoleDetailList"][0]["PermissionsBoundary"] = {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": arn,
    }
    held["Policies"] = [{"Arn": arn, "PolicyVersionList": [{"Document": limit, "IsDefaultVersion": True}]}]
    net.put("iam/get-account-authorization-details", held, region="global")
    _, outcome, codes, detail = judged(net)
    assert (outcome, codes) == ("blocked", ["BOUNDARY_DENY"])
    assert "no build of p1 starts" in detail


@pytest.mark.parametrize(("condition", "outcome"), [
    (None, "blocked"),
    ({"StringNotEquals": {"aws:RequestedRegion": REGION}}, "allowed"),
    ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, "allowed"),
    ({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, "blocked"),
    ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "unknown"),
])  # fmt: skip
def test_a_deny_counts_for_what_the_request_is(condition: dict[str, Any] | None, outcome: str) -> None:
    deny = statement("ec2:CreateNetworkInterface", "*", "Deny", **({"Condition": condition} if condition else {}))
    check, found, codes, _ = judged(Pipeline(build_role=[*BUILD_ROLE, deny]))
    assert found == outcome
    assert codes == (["ROLE_CANNOT_CREATE_ENI"] if outcome == "blocked" else [])
    if outcome == "unknown":
        assert check.overall == "undecided"
        assert any("ec2:CreateNetworkInterface" in one.detail for one in check.assumptions)


@pytest.mark.parametrize(
    ("key", "moment", "outcome"),
    [
        ("aws:TokenIssueTime", "2024-01-01T00:00:00Z", "allowed"),
        ("aws:CurrentTime", "2024-01-01T00:00:00Z", "allowed"),
        ("aws:CurrentTime", "2199-01-01T00:00:00Z", "unknown"),  # until then
        ("aws:TokenIssueTime", "2199-01-01T00:00:00Z", "unknown"),  # so far, not for ever
    ],
)
def test_sessions_that_were_revoked_long_ago_keep_no_build_from_starting(key: str, moment: str, outcome: str) -> None:
    """IAM User Guide, "Revoke IAM role temporary security credentials"."""
    revoked = statement("*", "*", "Deny", Condition={"DateLessThan": {key: moment}})
    assert judged(Pipeline(build_role=[*BUILD_ROLE, revoked]))[1] == outcome


def test_without_the_roles_policies_it_is_not_known() -> None:
    net = Pipeline()
    files = {name: data for name, data in net.files().items() if "get-account-authorization-details" not in name}
    check = load_files(files).check()
    step = next(one for one in check.steps if one.step == "provisioning")
    assert (step.outcome, check.overall) == ("unknown", "undecided")
    assert f"{ACCOUNT}/global/iam/get-account-authorization-details.json" in check.missing


@pytest.mark.parametrize("credentials", ["CODEBUILD", "SERVICE_ROLE"])
def test_without_the_repositorys_policy_the_images_pull_is_not_known(credentials: str) -> None:
    environment = {"type": "LINUX_CONTAINER", "image": IMAGE, "imagePullCredentialsType": credentials}
    check, outcome, _, _ = judged(Pipeline(environment=environment))
    assert (outcome, check.overall) == ("unknown", "undecided")
    assert f"{ACCOUNT}/{REGION}/ecr/get-repository-policy/ci.json" in check.missing


# --- roles of batches and fleets ------------------------------------------------------------------------------------

STARTS = statement("codebuild:StartBuild", f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/p1")
FLEET = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:fleet/f:1"


def with_role(net: Pipeline, name: str, service: str, *statements: dict[str, Any]) -> Pipeline:
    """A further role, which a service may assume."""
    held = details(net)
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    held["RoleDetailList"].append({
        "RoleName": name, "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "AttachedManagedPolicies": [],
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(*statements)}],
        "InstanceProfileList": [], "AssumeRolePolicyDocument": policy(trust),
    })  # fmt: skip
    net.put("iam/get-account-authorization-details", held, region="global")
    return net


@pytest.mark.parametrize(("statements", "service", "more", "codes"), [
    ([STARTS], "codebuild.amazonaws.com", {}, []),
    ([], "codebuild.amazonaws.com", {}, ["IDENTITY_POLICY_DENY"]),
    ([STARTS], "ec2.amazonaws.com", {}, ["ROLE_DOES_NOT_TRUST_CODEBUILD"]),
    ([], "codebuild.amazonaws.com", {"webhook": {"buildType": "BUILD"}}, []),
    ([], "codebuild.amazonaws.com", {"webhook": {"buildType": "BUILD_BATCH"}}, ["IDENTITY_POLICY_DENY"]),
    ([], "codebuild.amazonaws.com", {"source": ("CODEPIPELINE", "")}, []),
])  # fmt: skip
def test_a_batch_is_started_by_a_role_of_its_own(
    statements: list[dict[str, Any]], service: str, more: dict[str, Any], codes: list[str]
) -> None:
    """CodeBuild User Guide, "Batch builds in AWS CodeBuild": the batch role starts the builds."""
    batch = {"serviceRole": f"arn:aws:iam::{ACCOUNT}:role/batch"}
    net = with_role(Pipeline(buildBatchConfig=batch, **more), "batch", service, *statements)
    check, outcome, found, _ = judged(net)
    assert (outcome, found) == ("blocked" if codes else "allowed", codes)
    assert {one.id for one in check.findings if one.severity == "high"} >= set(codes)


@pytest.mark.parametrize(("statements", "service", "codes"), [
    ([MAKE, permission("subnet-build-a")], "codebuild.amazonaws.com", []),
    ([], "codebuild.amazonaws.com", ["ROLE_CANNOT_CREATE_ENI"]),
    ([MAKE, permission("subnet-build-a")], "ec2.amazonaws.com", ["ROLE_DOES_NOT_TRUST_CODEBUILD"]),
])  # fmt: skip
def test_a_fleet_in_a_vpc_makes_its_interfaces_by_a_role_of_its_own(
    statements: list[dict[str, Any]], service: str, codes: list[str]
) -> None:
    """CodeBuild User Guide, "Run builds on reserved capacity fleets": the fleet service role."""
    environment = {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "fleet": {"fleetArn": FLEET}}
    net = Pipeline(in_vpc=False, environment=environment)
    where = {"vpcId": "vpc-1", "subnets": ["subnet-build-a"], "securityGroupIds": ["sg-build"]}
    net.put("codebuild/batch-get-fleets", {"fleets": [
        {"arn": FLEET, "name": "f", "vpcConfig": where, "fleetServiceRole": f"arn:aws:iam::{ACCOUNT}:role/fleet"},
    ]})  # fmt: skip
    _, outcome, found, detail = judged(with_role(net, "fleet", service, *statements))
    assert (outcome, found) == ("blocked" if codes else "allowed", codes)
    assert "role/fleet" in detail or not codes


@pytest.mark.parametrize("via", [{}, {"BoolIfExists": {"aws:ViaAWSService": "false"}},
                                 {"Bool": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}},
                                 {"StringNotEqualsIfExists": {"aws:PrincipalTag/exempt": "true"}}])  # fmt: skip
def test_the_network_perimeter_of_an_scp_stops_what_codebuild_does_in_the_roles_name(via: dict[str, Any]) -> None:
    """What a service asks as a role it assumed is not forwarded (IAM User Guide, "AWS global condition context keys",
    aws:ViaAWSService)."""
    net = Pipeline()
    condition = {"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}
    for operator, keys in via.items():
        condition[operator] = {**condition.get(operator, {}), **keys}
    net.with_rcp(statement("ec2:*", effect="Deny", Condition=condition), own="SERVICE")
    files = net.files()
    path = f"{ACCOUNT}/global/iam/get-account-authorization-details.json"
    held = json.loads(files[path])
    held["RoleDetailList"] = [{**one, "Tags": []} for one in held["RoleDetailList"]]
    check = load_files({**files, path: json.dumps(held).encode()}).check()
    (step,) = [one for one in check.steps if one.step == "provisioning"]
    outcome, codes = step.outcome, [one.code for one in step.blocked_by]
    assert (outcome, set(codes), check.overall) == ("blocked", {"SCP_DENY"}, "private-but-failing")


def test_an_scp_that_asks_what_nobody_knows_leaves_the_step_open() -> None:
    """From which address CodeBuild asks is not documented: another policy of the level allows, the Deny may hit."""
    net = Pipeline()
    abroad = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    net.with_rcp(statement("ec2:*", effect="Deny", Condition=abroad), own="SERVICE")
    check, outcome, _, _ = judged(net)
    assert (outcome, check.overall) == ("unknown", "undecided")


@pytest.mark.parametrize(("organization", "outcome"), [("o-aaaa", "allowed"), ("o-zzzz", "blocked")])
def test_an_rcp_against_confused_deputies_knows_on_whose_behalf_codebuild_asks(organization: str, outcome: str) -> None:
    """AWS Organizations User Guide, "Resource control policy examples": cross-service confused deputy protection."""
    net = Pipeline()
    condition = {"StringNotEqualsIfExists": {"aws:SourceOrgID": organization}, "Null": {"aws:SourceAccount": "false"},
                 "Bool": {"aws:PrincipalIsAWSService": "true"}}  # fmt: skip
    net.with_rcp(for_all("sts:*", effect="Deny", Condition=condition))
    files = net.files()
    path = f"{ACCOUNT}/global/iam/get-account-authorization-details.json"
    held = json.loads(files[path])
    trust = policy({"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"})
    held["RoleDetailList"] = [{**one, "AssumeRolePolicyDocument": trust} for one in held["RoleDetailList"]]
    check = load_files({**files, path: json.dumps(held).encode()}).check()
    assert [one.outcome for one in check.steps if one.step == "provisioning"] == [outcome]
