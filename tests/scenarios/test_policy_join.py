"""Requests on the ways that a path can take: which policies count, which keys a way has, and what chance picks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import Reach, load_files
from reachsim.verdict import Verdict
from tests.build import ANYWHERE, Build

ACCOUNT, OTHER = "111111111111", "222222222222"
BUILD = f"arn:aws:iam::{ACCOUNT}:role/build"
IAM = f"{ACCOUNT}/global/iam/get-account-authorization-details.json"
DENY = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
GET = {"action": "s3:GetObject", "resource": "arn:aws:s3:::data/key"}
NONE = {"Error": {"Code": "NoSuchBucketPolicy"}}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def iam(net: Build, *statements: dict[str, Any], boundary: dict[str, Any] | None = None, role: str = BUILD) -> None:
    """The account's IAM details, in which the build's role has these statements."""
    name = role.rsplit("/", 1)[-1]
    found: dict[str, Any] = {"Arn": role, "RoleName": name, "InstanceProfileList": [], "AttachedManagedPolicies": []}
    found["RolePolicyList"] = [{"PolicyName": "p", "PolicyDocument": document(*statements)}]
    policies = []
    if boundary is not None:
        arn = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
        found["PermissionsBoundary"] = {"PermissionsBoundaryArn": arn, "PermissionsBoundaryType": "Policy"}
        policies = [{"Arn": arn, "PolicyVersionList": [{"Document": document(boundary), "IsDefaultVersion": True}]}]
    details = {"UserDetailList": [], "RoleDetailList": [found], "Policies": policies}
    net.put("iam/get-account-authorization-details", details, region="global")


def two_zones(first: dict[str, Any] | None, second: dict[str, Any] | None, shut: str | None = None) -> Build:
    """A project in two subnets, each with a gateway endpoint of its own; the ACL of ``shut`` lets nothing by."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnets = []
    for number, policy in (("1", first), ("2", second)):
        table = net.table(vpc)
        net.gateway_endpoint(vpc, "s3", [table], policy=policy, name=number)
        acl = net.acl(vpc, []) if shut == number else None
        subnets.append(net.subnet(vpc, f"10.0.{number}.0/24", table=table, acl=acl))
    net.project("app", vpc, subnets, [net.group(vpc, ingress=[], egress=ANYWHERE)])
    net["app"]["serviceRole"] = BUILD
    net.put("s3api/get-bucket-policy/data", NONE, region="global")
    net.put(
        "organizations/describe-organization", {"Error": {"Code": "AWSOrganizationsNotInUseException"}}, region="global"
    )
    iam(net, ALL)
    return net


def private(policy: dict[str, Any] | None = None) -> Build:
    return two_zones(policy, policy)


def get(net: Build | Reach, request: dict[str, Any] = GET, **more: Any) -> Verdict:
    reach = load_files(net.files()) if isinstance(net, Build) else net
    return reach.simulate("codebuild:app", "s3", protocol="tcp", port=443, requests=[request], **more)


def why(verdict: Verdict) -> set[tuple[str, str]]:
    return {(block.code, block.component) for block in verdict.blocked_by}


def without(net: Build, *paths: str) -> Reach:
    files = net.files()
    for path in paths:
        del files[path]
    return load_files(files)


# --- ways -----------------------------------------------------------------------------------------------------------


def test_both_endpoints_let_it_through() -> None:
    assert get(two_zones(None, None)).outcome == "allowed"


def test_both_endpoints_refuse() -> None:
    assert get(two_zones(DENY, DENY)).outcome == "blocked"


def test_one_endpoint_refuses_and_chance_picks() -> None:
    verdict = get(two_zones(None, DENY))
    assert (verdict.outcome, verdict.layers["endpoint-policy"]) == ("intermittent", "intermittent")
    assert [(block.code, block.component) for block in verdict.blocked_by] == [("VPCE_POLICY_EXPLICIT_DENY", "vpce-2")]


def test_the_way_that_the_policy_lets_through_is_shut_by_the_network() -> None:
    verdict = get(two_zones(None, DENY, shut="1"))
    assert (verdict.layers["network"], verdict.layers["endpoint-policy"]) == ("intermittent", "intermittent")
    assert verdict.outcome == "blocked"


def test_the_way_that_the_policy_refuses_is_shut_by_the_network_too() -> None:
    assert get(two_zones(None, DENY, shut="2")).outcome == "intermittent"


# --- repositories ---------------------------------------------------------------------------------------------------


def ecr(resource: str, policy: str | None) -> Verdict:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    group = net.group(vpc, ingress=ANYWHERE, egress=ANYWHERE)
    net.interface_endpoint(vpc, "ecr.api", {subnet: "10.0.1.9"}, [group], names=["api.ecr.us-east-1.amazonaws.com"])
    net.project("app", vpc, [subnet], [group])
    net["app"]["serviceRole"] = BUILD
    iam(net, ALL)
    files = net.files()
    if policy is not None:
        path = "222222222222/us-east-1/ecr/get-repository-policy/shared.json"
        files[path] = b'{"policyText": ' + policy.encode() + b"}"
    request = {"action": "ecr:BatchGetImage", "resource": resource}
    return load_files(files).simulate("codebuild:app", "ecr.api", protocol="tcp", port=443, requests=[request])


def test_pattern_of_a_foreign_account_is_not_known() -> None:
    verdict = ecr("arn:aws:ecr:us-east-1:222222222222:repository/*", None)
    assert (verdict.outcome, verdict.layers["resource-policy"]) == ("unknown", "unknown")
    assert "*" in {one.component for one in verdict.assumptions}


def test_pattern_of_the_own_account_needs_no_repository_policy() -> None:
    assert ecr("arn:aws:ecr:us-east-1:111111111111:repository/*", None).outcome == "allowed"


def test_foreign_repository_without_its_policy_names_the_file() -> None:
    verdict = ecr("arn:aws:ecr:us-east-1:222222222222:repository/shared", None)
    assert verdict.outcome == "unknown"
    assert verdict.missing == ("222222222222/us-east-1/ecr/get-repository-policy/shared.json",)


def test_foreign_repository_that_lets_nobody_in() -> None:
    empty = '"{\\"Version\\": \\"2012-10-17\\", \\"Statement\\": []}"'
    assert ecr("arn:aws:ecr:us-east-1:222222222222:repository/shared", empty).outcome == "blocked"


# --- identity policies ----------------------------------------------------------------------------------------------


def test_identity_policies_count_by_default() -> None:
    net = private()
    iam(net, {**ALL, "Action": "s3:PutObject"})
    verdict = get(net)
    assert (verdict.outcome, verdict.layers["identity-policy"]) == ("blocked", "blocked")
    assert why(verdict) == {("IDENTITY_POLICY_DENY", BUILD)}
    assert get(net, layers=["network", "endpoint-policy", "resource-policy"]).outcome == "allowed"


def test_missing_iam_details_are_named() -> None:
    verdict = get(without(private(), IAM))
    assert (verdict.outcome, verdict.missing) == ("unknown", (IAM,))
    assert get(without(private(DENY), IAM)).outcome == "blocked"


UNSEEN_KEY = {"StringEquals": {"s3:ExistingObjectTag/team": "red"}}
MAYBE_DENIES = {**ALL, "Effect": "Deny", "Condition": UNSEEN_KEY}
PUTS = {**ALL, "Action": "s3:PutObject"}


@pytest.mark.parametrize(
    ("identity", "bucket", "outcome"),
    [
        ([PUTS, MAYBE_DENIES], None, "blocked"),  # nothing allows, whatever the Deny says
        ([MAYBE_DENIES], None, "blocked"),
        ([ALL, MAYBE_DENIES], None, "unknown"),
        ([PUTS, {**ALL, "Condition": UNSEEN_KEY}], None, "unknown"),
        (
            [PUTS, MAYBE_DENIES],
            {**ALL, "Principal": {"AWS": BUILD}},
            "unknown",
        ),  # only a Deny could block
        ([PUTS, MAYBE_DENIES], {**ALL, "Principal": {"AWS": ACCOUNT}}, "blocked"),
        ([PUTS], {**MAYBE_DENIES, "Principal": "*"}, "blocked"),
        ([ALL], {**MAYBE_DENIES, "Principal": "*"}, "unknown"),
        ([PUTS], {**ALL, "Principal": {"AWS": BUILD}, "Condition": UNSEEN_KEY}, "unknown"),
    ],
)
def test_a_deny_that_may_match_changes_nothing_where_nobody_allows(
    identity: list[dict[str, Any]], bucket: dict[str, Any] | None, outcome: str
) -> None:
    net = private()
    iam(net, *identity)
    if bucket is not None:
        net.put("s3api/get-bucket-policy/data", {"Policy": json.dumps(document(bucket))}, region="global")
    assert get(net).outcome == outcome


@pytest.mark.parametrize(("effect", "outcome"), [("Deny", "blocked"), ("Allow", "unknown")])
def test_a_foreign_repository_whose_deny_may_match_still_does_not_allow(effect: str, outcome: str) -> None:
    unseen = {"StringEquals": {"ecr:ResourceTag/team": "red"}}
    held = document({"Effect": effect, "Principal": "*", "Action": "*", "Condition": unseen})
    verdict = ecr("arn:aws:ecr:us-east-1:222222222222:repository/shared", json.dumps(json.dumps(held)))
    assert verdict.outcome == outcome


def test_nobody_known_to_call_is_an_assumption() -> None:
    net = private()
    del net["app"]["serviceRole"]
    verdict = get(net)
    assert verdict.outcome == "allowed"
    assert "IDENTITY_POLICY_NOT_COUNTED" in {one.code for one in verdict.assumptions}
    assert get(net, layers=["identity-policy"]).outcome == "unknown"


def test_boundary_and_identity_both_block() -> None:
    net = private()
    iam(net, {**ALL, "Action": "iam:*"}, boundary={**ALL, "Action": "iam:*"})
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    assert why(get(net)) == {("IDENTITY_POLICY_DENY", BUILD), ("BOUNDARY_DENY", boundary)}


@pytest.mark.parametrize(
    ("named", "boundary", "outcome"),
    [
        (BUILD, None, "allowed"),
        (BUILD, {**ALL, "Action": "iam:*"}, "blocked"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/build/app", {**ALL, "Action": "iam:*"}, "blocked"),  # not a build's name
        (ACCOUNT, None, "blocked"),
        ("*", {**ALL, "Action": "iam:*"}, "allowed"),
    ],
)
def test_facts_5_to_9_a_bucket_policy_makes_up_for_silence(named: str, boundary: Any, outcome: str) -> None:
    net = private()
    iam(net, {**ALL, "Action": "iam:*"}, boundary=boundary)
    text = json.dumps(document({**ALL, "Principal": {"AWS": named}}))
    net.put("s3api/get-bucket-policy/data", {"Policy": text}, region="global")
    assert get(net).outcome == outcome


def test_silence_is_open_while_the_bucket_policy_is_not_known() -> None:
    net = private()
    iam(net, {**ALL, "Action": "iam:*"})
    path = f"{ACCOUNT}/global/s3api/get-bucket-policy/data.json"
    verdict = get(without(net, path))
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))


def test_the_principal_can_be_given() -> None:
    net = private()
    other = f"arn:aws:iam::{ACCOUNT}:role/path/other"
    iam(net, ALL, role=other)
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/other/s"
    for principal in (other, session):
        assert get(net, {**GET, "principal": principal}).outcome == "allowed"
    only = document({**ALL, "Principal": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": other}}})
    net = private(only)
    iam(net, ALL, role=other)
    assert get(net, {**GET, "principal": session}).outcome == "allowed"
    anonymous = {**GET, "principal": {"type": "Anonymous"}}
    assert get(net, anonymous).layers["endpoint-policy"] == "blocked"


# --- context keys ---------------------------------------------------------------------------------------------------


def only_if(operator: str, key: str, value: Any) -> dict[str, Any]:
    return document({**ALL, "Principal": "*", "Condition": {operator: {key: value}}})


@pytest.mark.parametrize(
    ("operator", "key", "value", "outcome"),
    [
        ("StringEquals", "aws:SourceVpce", ["vpce-1", "vpce-2"], "allowed"),
        ("StringEquals", "aws:SourceVpc", "vpc-1", "allowed"),
        ("StringEquals", "aws:SourceVpc", "vpc-9", "blocked"),
        ("IpAddress", "aws:VpcSourceIp", "10.0.0.0/16", "allowed"),
        ("NotIpAddress", "aws:VpcSourceIp", ["10.0.0.0/17", "10.0.128.0/17"], "blocked"),
        ("IpAddress", "aws:VpcSourceIp", "10.0.1.128/25", "unknown"),
        ("IpAddress", "aws:SourceIp", "0.0.0.0/0", "blocked"),
        ("Null", "aws:SourceIp", "true", "allowed"),
        ("Null", "aws:VpcSourceIp", "false", "allowed"),
        ("Bool", "aws:SecureTransport", "true", "allowed"),
        ("Bool", "aws:ViaAWSService", "false", "allowed"),
        ("StringEquals", "aws:RequestedRegion", "us-east-1", "allowed"),
        ("ArnEquals", "aws:PrincipalArn", BUILD, "allowed"),
        ("StringEquals", "aws:PrincipalAccount", ACCOUNT, "allowed"),
        ("StringEquals", "aws:PrincipalType", "AssumedRole", "allowed"),
        ("StringEquals", "aws:ResourceAccount", ACCOUNT, "allowed"),
        ("StringEquals", "s3:ResourceAccount", ACCOUNT, "allowed"),
        ("StringEquals", "aws:PrincipalOrgID", "o-1", "blocked"),
        ("StringEquals", "aws:VpceAccount", ACCOUNT, "allowed"),
        ("ArnEquals", "aws:SourceVpcArn", f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-1", "allowed"),
        ("StringEquals", "aws:VpceOrgID", "o-1", "blocked"),
        ("ArnEquals", "codebuild:ProjectArn", f"arn:aws:codebuild:us-east-1:{ACCOUNT}:project/app", "allowed"),
        ("ArnLike", "ec2:SourceInstanceArn", "arn:aws:ec2:*:*:instance/*", "blocked"),
        ("Null", "aws:CalledVia", "true", "allowed"),
        ("Null", "aws:TokenIssueTime", "false", "allowed"),
        ("Null", "codebuild:BuildArn", "false", "allowed"),
        ("Null", "aws:PrincipalOrgPaths", "true", "allowed"),
        ("Null", "aws:username", "true", "allowed"),
        ("StringEquals", "aws:PrincipalTag/team", "red", "unknown"),
        ("StringEquals", "s3:ExistingObjectTag/team", "red", "unknown"),
        ("DateGreaterThan", "aws:CurrentTime", "2020-01-01", "allowed"),
        ("DateGreaterThanEquals", "aws:CurrentTime", "2099-01-01", "unknown"),
        ("DateLessThan", "aws:CurrentTime", "2020-01-01", "blocked"),
        ("DateLessThanEquals", "aws:CurrentTime", "2099-01-01", "unknown"),
        ("DateEquals", "aws:CurrentTime", "2099-01-01", "unknown"),
        ("NumericLessThan", "aws:EpochTime", "1577836800", "blocked"),
        ("DateGreaterThan", "aws:EpochTime", "1577836800", "allowed"),
        ("Null", "aws:CurrentTime", "false", "allowed"),
    ],
)
def test_facts_62_to_75_keys_on_the_way_by_an_endpoint(operator: str, key: str, value: Any, outcome: str) -> None:
    assert get(private(only_if(operator, key, value))).layers["endpoint-policy"] == outcome


def revoked(before: str) -> dict[str, Any]:
    """What "Revoke active sessions" attaches to a role (IAM User Guide, "Revoke IAM role temporary security
    credentials")."""
    issued = {"DateLessThan": {"aws:TokenIssueTime": before}}
    return {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": issued}


@pytest.mark.parametrize(
    ("before", "started", "outcome"),
    [
        ("2026-10-20T00:00:00.000Z", None, "allowed"),
        ("2026-10-26T23:00:00.000Z", None, "unknown"),
        ("2027-03-01T00:00:00.000Z", "2027-03-02T12:00:00+00:00", "allowed"),
        ("2027-03-02T00:00:00.000Z", "2027-03-02T12:00:00+00:00", "unknown"),
        ("2026-10-20T00:00:00.000Z", "yesterday", "allowed"),
        ("2026-03-01T00:00:00.000Z", "2026-03-02T09:00:00+09:00", "unknown"),
    ],
)
def test_sessions_that_were_revoked_before_the_capture_are_no_builds_of_today(
    before: str, started: str | None, outcome: str
) -> None:
    """No credentials live longer than 36 hours. It was not known what the role may do."""
    net = private()
    iam(net, ALL, revoked(before))
    manifest = {"formatVersion": 1} | ({"started": started} if started else {})
    reach = load_files(net.files() | {"snapshot.json": json.dumps(manifest).encode()})
    assert get(reach).layers["identity-policy"] == outcome


def test_context_of_the_request_overrides() -> None:
    tagged = {**GET, "context": {"AWS:principaltag/team": "red", "aws:TagKeys": ["a"], "aws:SecureTransport": False}}
    assert get(private(only_if("StringEquals", "aws:PrincipalTag/team", "red")), tagged).outcome == "allowed"
    assert get(private(only_if("ForAnyValue:StringEquals", "aws:TagKeys", "a")), tagged).outcome == "allowed"
    assert get(private(only_if("Bool", "aws:SecureTransport", "false")), tagged).outcome == "allowed"
    then = {**GET, "context": {"aws:CurrentTime": "2019-12-31T00:00:00Z"}}
    assert get(private(only_if("DateLessThan", "aws:CurrentTime", "2020-01-01")), then).outcome == "allowed"


def test_fact_32_an_action_without_resource_types_is_checked_against_the_star() -> None:
    net = private()
    iam(net, {**ALL, "Resource": "arn:aws:s3:::*"})
    assert get(net, {"action": "s3:ListAllMyBuckets", "resource": "arn:aws:s3:::data"}).outcome == "blocked"
    assert get(net, GET).outcome == "allowed"


USER = f"arn:aws:iam::{ACCOUNT}:user/team/ann"


@pytest.mark.parametrize(
    ("principal", "operator", "key", "value", "outcome"),
    [
        (USER, "StringEquals", "aws:username", "ann", "allowed"),
        (USER, "StringEquals", "aws:PrincipalType", "User", "allowed"),
        (USER, "Null", "aws:TokenIssueTime", "true", "allowed"),
        (USER, "Null", "codebuild:ProjectArn", "true", "allowed"),
        (f"arn:aws:iam::{ACCOUNT}:root", "StringEquals", "aws:PrincipalType", "Account", "allowed"),
        (f"arn:aws:iam::{ACCOUNT}:role/other", "Null", "codebuild:ProjectArn", "true", "unknown"),
        (BUILD, "Null", "codebuild:ProjectArn", "false", "allowed"),
        ({"type": "Anonymous"}, "Null", "aws:PrincipalIsAWSService", "true", "allowed"),
        ("codebuild.amazonaws.com", "StringEquals", "aws:PrincipalServiceName", "codebuild.amazonaws.com", "allowed"),
    ],
)
def test_facts_68_and_73_keys_of_callers(principal: Any, operator: str, key: str, value: str, outcome: str) -> None:
    request = {**GET, "principal": principal}
    assert get(private(only_if(operator, key, value)), request).layers["endpoint-policy"] == outcome


@pytest.mark.parametrize(("port", "value"), [(443, "true"), (80, "false")])
def test_fact_67_plain_http_has_no_secure_transport(port: int, value: str) -> None:
    reach = load_files(private(only_if("Bool", "aws:SecureTransport", value)).files())
    verdict = reach.simulate("codebuild:app", "s3", protocol="tcp", port=port, requests=[GET])
    assert verdict.layers["endpoint-policy"] == "allowed"


def test_fact_72_the_resource_s_region_is_asked() -> None:
    policy = only_if("StringEquals", "aws:RequestedRegion", "eu-west-1")
    request = {"action": "ecr:BatchGetImage", "resource": f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/r"}
    assert get(private(policy), request).layers["endpoint-policy"] == "allowed"


def test_fact_73_keys_of_an_instance() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    table = net.table(vpc)
    subnet = net.subnet(vpc, "10.0.1.0/24", table=table)
    conditions = {"ArnEquals": {"ec2:SourceInstanceArn": f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"},
                  "StringEquals": {"aws:Ec2InstanceSourceVpc": vpc}, "IpAddress": {"aws:VpcSourceIp": "10.0.1.4/32"},
                  "Null": {"codebuild:ProjectArn": "true"}}  # fmt: skip
    policy = document({**ALL, "Principal": "*", "Condition": conditions})
    net.gateway_endpoint(vpc, "s3", [table], policy=policy, name="1")
    profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/p"
    group = net.group(vpc, ingress=[], egress=ANYWHERE)
    net.instance(subnet, "10.0.1.4", [group], profile=profile, name="1")
    verdict = load_files(net.files()).simulate("i-1", "s3", protocol="tcp", port=443, requests=[GET])
    assert verdict.layers["endpoint-policy"] == "allowed"


def test_fact_73_whose_session_is_not_known_has_keys_that_are_not_known() -> None:
    net = private(only_if("Null", "ec2:SourceInstanceArn", "true"))
    verdict = load_files(net.files()).simulate("subnet-1", "s3", protocol="tcp", port=443, requests=[GET])
    assert verdict.layers["endpoint-policy"] == "unknown"


def test_facts_65_and_66_keys_of_the_endpoint_s_owner_by_service() -> None:
    """On CloudWatch Logs they are documented as missing; of services that the list does not name it is not known."""
    policy = only_if("StringEquals", "aws:VpceAccount", ACCOUNT)
    answers = {
        action: get(private(policy), {"action": action}).layers["endpoint-policy"]
        for action in ("s3:ListAllMyBuckets", "logs:DescribeLogGroups", "secretsmanager:ListSecrets")
    }
    assert list(answers.values()) == ["allowed", "blocked", "unknown"]


def test_get_caller_identity_needs_no_permission() -> None:
    net = private()
    iam(net, {**ALL, "Effect": "Deny"})
    request = {"action": "sts:GetCallerIdentity"}
    assert get(net, request).layers["identity-policy"] == "allowed"
    assert get(private(DENY), request).layers["endpoint-policy"] == "blocked"


# --- the client's address -------------------------------------------------------------------------------------------


def addressed(policy: dict[str, Any] | None) -> Build:
    """A project in two subnets that share one endpoint."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    table = net.table(vpc)
    subnets = [net.subnet(vpc, f"10.0.{number}.0/24", table=table) for number in (1, 2)]
    net.gateway_endpoint(vpc, "s3", [table], policy=policy, name="1")
    return with_project(net, vpc, subnets, NONE)


def with_project(net: Build, vpc: str, subnets: list[str], bucket: dict[str, Any]) -> Build:
    net.project("app", vpc, subnets, [net.group(vpc, ingress=[], egress=ANYWHERE)])
    net["app"]["serviceRole"] = BUILD
    net.put("s3api/get-bucket-policy/data", bucket, region="global")
    net.put(
        "organizations/describe-organization", {"Error": {"Code": "AWSOrganizationsNotInUseException"}}, region="global"
    )
    iam(net, ALL)
    return net


@pytest.mark.parametrize(
    ("operator", "value", "outcome"),
    [
        ("IpAddress", "10.0.0.0/16", "allowed"),
        ("IpAddress", "10.0.1.0/24", "intermittent"),
        ("IpAddress", "10.0.2.0/24", "intermittent"),
        ("NotIpAddress", "10.0.2.0/24", "intermittent"),
        ("IpAddress", "10.0.3.0/24", "blocked"),
        ("StringLike", "10.0.1.*", "unknown"),
    ],
)
def test_fact_64_chance_picks_the_subnet_and_so_the_address(operator: str, value: str, outcome: str) -> None:
    assert get(addressed(only_if(operator, "aws:VpcSourceIp", value))).outcome == outcome


def by_nat(bucket: dict[str, Any], *publics: str) -> Build:
    """A project in a subnet for each public address, with a NAT gateway of its own that has it."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    front = net.table(vpc)
    net.route(front, "0.0.0.0/0", net.igw(vpc))
    subnets = []
    for number, public in enumerate(publics, 1):
        outer = net.subnet(vpc, f"10.0.{100 + number}.0/24", table=front)
        table = net.table(vpc)
        net.route(table, "0.0.0.0/0", net.nat(outer, f"10.0.{100 + number}.9", public))
        subnets.append(net.subnet(vpc, f"10.0.{number}.0/24", table=table))
    return with_project(net, vpc, subnets, {"Policy": json.dumps(bucket)})


def deny_from(operator: str, value: Any) -> dict[str, Any]:
    return document({**ALL, "Effect": "Deny", "Principal": "*", "Condition": {operator: {"aws:SourceIp": value}}})


@pytest.mark.parametrize(
    ("value", "publics", "outcome"),
    [
        ("203.0.113.5/32", ["203.0.113.5"], "allowed"),
        ("203.0.113.6/32", ["203.0.113.5"], "blocked"),
        (["203.0.113.5/32", "198.51.100.9/32"], ["203.0.113.5", "198.51.100.9"], "allowed"),
        ("203.0.113.5/32", ["203.0.113.5", "198.51.100.9"], "intermittent"),
        ("10.0.0.0/8", ["203.0.113.5"], "blocked"),
    ],
)
def test_fact_62_a_nat_gateway_s_public_address_is_the_source(value: Any, publics: list[str], outcome: str) -> None:
    assert get(by_nat(deny_from("NotIpAddress", value), *publics)).outcome == outcome


def test_fact_62_a_nat_gateway_of_several_addresses() -> None:
    net = by_nat(deny_from("IpAddress", "198.51.100.9"), "203.0.113.5")
    addresses = net["nat-1"]["NatGatewayAddresses"]
    addresses.append({**addresses[0], "PublicIp": "198.51.100.9", "PrivateIp": "10.0.101.10", "IsPrimary": False})
    assert get(net).layers["resource-policy"] == "intermittent"


# --- the organization -----------------------------------------------------------------------------------------------

ORGANIZATION = {"Organization": {"Id": "o-1", "MasterAccountId": OTHER}}
TYPES = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}


def organized(kind: str, **levels: list[dict[str, Any]]) -> Build:
    """The account in an organization whose root, OU and account have these statements in policies of a kind."""
    net = private()
    net.put("organizations/describe-organization", ORGANIZATION, region="global")
    for child, parent in ((ACCOUNT, "ou-1"), ("ou-1", "r-1")):
        net.put(f"organizations/list-parents/{child}", {"Parents": [{"Id": parent}]}, region="global")
    names = {"r-1": "root", "ou-1": "unit", ACCOUNT: "account"}
    full = {"scp": "p-FullAWSAccess", "rcp": "p-RCPFullAWSAccess"}[kind]
    for target, name in names.items():
        for one, type_ in TYPES.items():
            listed = (
                []
                if one == kind and name in levels and kind == "scp"
                else [{"Id": full if one == kind else _full(one)}]
            )
            if one == kind and name in levels:
                listed.append({"Id": f"p-{name}"})
            net.put(f"organizations/list-policies-for-target/{target}.{type_}", {"Policies": listed}, region="global")
    for name, statements in levels.items():
        content = json.dumps(document(*statements))
        net.put(f"organizations/describe-policy/p-{name}", {"Policy": {"Content": content}}, region="global")
    return net


def _full(kind: str) -> str:
    return {"scp": "p-FullAWSAccess", "rcp": "p-RCPFullAWSAccess"}[kind]


def test_fact_11_scps_by_level() -> None:
    assert get(organized("scp")).outcome == "allowed"
    verdict = get(organized("scp", unit=[{**ALL, "Action": "ec2:*"}]))
    assert (verdict.layers["identity-policy"], why(verdict)) == ("blocked", {("SCP_DENY", ACCOUNT)})
    assert get(organized("scp", unit=[{**ALL, "Action": "s3:*"}], account=[ALL])).outcome == "allowed"
    denied = organized("scp", root=[ALL, {**ALL, "Effect": "Deny", "Action": "s3:*"}])
    assert why(get(denied)) == {("SCP_DENY", ACCOUNT)}
    outside = {**ALL, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}
    assert get(organized("scp", root=[ALL, outside])).outcome == "allowed"


def test_fact_12_rcps_deny() -> None:
    deny = {**ALL, "Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    verdict = get(organized("rcp", root=[deny]))
    assert (verdict.layers["resource-policy"], why(verdict)) == ("blocked", {("RCP_DENY", ACCOUNT)})
    foreign = {**deny, "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}}
    assert get(organized("rcp", root=[foreign])).outcome == "allowed"


def test_a_policy_of_denials_alone_that_may_hit_is_not_silent() -> None:
    """Beside it stands one that allows everything, as AWS's own does at every level: what the document says by itself
    is no more than half (fact 12). Which tags an object has no snapshot tells."""
    tagged = {"Condition": {"StringEquals": {"s3:ExistingObjectTag/secret": "yes"}}}
    deny = {**ALL, "Effect": "Deny", "Principal": "*", "Action": "s3:*", **tagged}
    verdict = get(organized("rcp", root=[deny]))
    assert (verdict.layers["resource-policy"], verdict.outcome) == ("unknown", "unknown")
    alone = {**ALL, "Effect": "Deny", "Action": "s3:*", **tagged}
    assert why(get(organized("scp", unit=[alone, {**ALL, "Action": "ec2:*"}]))) == {("SCP_DENY", ACCOUNT)}
    assert get(organized("scp", unit=[alone, ALL])).outcome == "unknown"


@pytest.mark.parametrize("kind", ["scp", "rcp"])
def test_a_type_of_policy_that_is_attached_nowhere_is_disabled(kind: str) -> None:
    """AWS Organizations User Guide, "Disabling a policy type": that detaches all policies of the type."""
    net = organized(kind)
    for target in ("r-1", "ou-1", ACCOUNT):
        net.put(f"organizations/list-policies-for-target/{target}.{TYPES[kind]}", {"Policies": []}, region="global")
    verdict = get(net)
    assert (verdict.outcome, why(verdict)) == ("allowed", set())


def test_the_management_account_is_exempt() -> None:
    net = organized("scp", root=[{**ALL, "Effect": "Deny"}])
    net.put(
        "organizations/describe-organization",
        {"Organization": {"Id": "o-1", "MasterAccountId": ACCOUNT}},
        region="global",
    )
    assert get(net).outcome == "allowed"


def test_scps_that_the_snapshot_lacks_are_an_assumption() -> None:
    path = f"{ACCOUNT}/global/organizations/list-parents/ou-1.json"
    verdict = get(without(organized("scp"), path))
    assert verdict.outcome == "allowed"
    assert any(one.component == ACCOUNT and path in one.detail for one in verdict.assumptions)
    denied = organized("scp", account=[{**ALL, "Effect": "Deny"}])
    assert get(without(denied, path)).outcome == "blocked"


# --- other accounts' buckets ----------------------------------------------------------------------------------------


def foreign(policy: dict[str, Any], **files: Any) -> Verdict:
    contents = private().files()
    held = {"s3api/get-bucket-policy/theirs": {"Policy": json.dumps(document(policy))}, **files}
    for path, answer in held.items():
        contents[f"{OTHER}/global/{path}.json"] = json.dumps(answer).encode()
    return get(load_files(contents), {"action": "s3:GetObject", "resource": "arn:aws:s3:::theirs/k"})


def block(on: bool) -> dict[str, Any]:
    return {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": on}}


def test_fact_6_another_accounts_bucket_must_allow() -> None:
    assert foreign({**ALL, "Principal": {"AWS": ACCOUNT}}).outcome == "allowed"
    assert foreign({**ALL, "Principal": {"AWS": "333333333333"}}).layers["resource-policy"] == "blocked"


@pytest.mark.parametrize(
    ("action", "arn", "outcome"),
    [
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{OTHER}:secret:s", "unknown"),
        ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OTHER}:q", "unknown"),
        ("codecommit:GitPull", f"arn:aws:codecommit:us-east-1:{OTHER}:r", "blocked"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:s", "allowed"),
        ("codecommit:GitPull", f"arn:aws:codecommit:us-east-1:{ACCOUNT}:r", "allowed"),
    ],
)
def test_fact_6_policies_that_no_snapshot_holds(action: str, arn: str, outcome: str) -> None:
    assert get(private(), {"action": action, "resource": arn}).layers["resource-policy"] == outcome


def test_fact_17_block_public_access() -> None:
    public = {**ALL, "Principal": "*"}
    bucket, account = "s3api/get-public-access-block/theirs", "s3control/get-public-access-block"
    assert foreign(public).outcome == "unknown"
    assert foreign(public, **{bucket: block(False), account: block(True)}).outcome == "blocked"
    assert foreign(public, **{bucket: block(True)}).outcome == "blocked"
    assert foreign(public, **{bucket: block(False), account: block(False)}).outcome == "allowed"
