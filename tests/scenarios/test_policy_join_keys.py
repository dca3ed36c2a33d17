"""What the snapshot tells of a request's keys beyond the path: tags and ids of roles, organization paths, whose a
bucket is, and keys that have one of a few values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.policy import stand_ins
from reachsim.verdict import Verdict
from tests.build import Build
from tests.scenarios.test_policy_join import ACCOUNT, ALL, BUILD, GET, OTHER, document, get, only_if, private

ROLE_ID, USER = "AROAEXAMPLEROLEID", f"arn:aws:iam::{ACCOUNT}:user/ann"
DENY_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"}
DETAILS = "iam/get-account-authorization-details"


def unless(operator: str, key: str, value: Any) -> dict[str, Any]:
    """An endpoint policy that allows all and denies where a condition holds."""
    return document({**ALL, "Principal": "*"}, {**DENY_ALL, "Condition": {operator: {key: value}}})


def known(net: Build, trust: dict[str, Any] | None = None, role: str = BUILD, **more: Any) -> Build:
    """The network with a role, and a user, of which the account's IAM details tell id and tags."""
    found = {"Arn": role, "RoleName": role.rsplit("/", 1)[-1], "RoleId": ROLE_ID, "InstanceProfileList": [],
             "AttachedManagedPolicies": [],
             "Tags": [{"Key": "Team", "Value": "red"}], **more}  # fmt: skip
    found["RolePolicyList"] = [{"PolicyName": "p", "PolicyDocument": document(ALL)}]
    if trust is not None:
        found["AssumeRolePolicyDocument"] = trust
    user = {"Arn": USER, "UserName": "ann", "UserId": "AIDAEXAMPLE", "Tags": [{"Key": "team", "Value": "blue"}]}
    net.put(DETAILS, {"RoleDetailList": [found], "UserDetailList": [user], "Policies": []}, region="global")
    return net


def by_endpoint(policy: dict[str, Any], request: dict[str, Any] = GET, **more: Any) -> str:
    return get(known(private(policy), **more), request).layers["endpoint-policy"]


# --- tags and ids ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "key", "value", "outcome"),
    [
        ("StringEquals", "aws:PrincipalTag/team", "red", "allowed"),
        ("StringEquals", "aws:principaltag/TEAM", "Red", "blocked"),
        ("StringEquals", "aws:PrincipalTag/cost", "1", "blocked"),
        ("Null", "aws:PrincipalTag/cost", "true", "allowed"),
        ("StringNotEquals", "aws:PrincipalTag/cost", "1", "allowed"),
        ("StringLike", "aws:userid", f"{ROLE_ID}:*", "allowed"),
        ("StringLike", "aws:userid", [f"{ROLE_ID}:AWSCodeBuild-*", ACCOUNT], "allowed"),
        ("StringLike", "aws:userid", "AROAOTHER:*", "blocked"),
        ("StringNotLike", "aws:userid", [f"{ROLE_ID}:*", ACCOUNT], "blocked"),
        ("StringLike", "aws:userid", f"{ROLE_ID}:AWSCodeBuild-0*", "unknown"),
        ("Null", "aws:SourceIdentity", "true", "allowed"),
        ("Bool", "aws:MultiFactorAuthPresent", "true", "blocked"),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "true", "unknown"),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "3600", "blocked"),
    ],
)
def test_fact_68_keys_of_a_build(operator: str, key: str, value: Any, outcome: str) -> None:
    assert by_endpoint(only_if(operator, key, value)) == outcome


def test_tags_that_the_snapshot_does_not_tell_are_not_known() -> None:
    assert by_endpoint(only_if("StringEquals", "aws:PrincipalTag/team", "red"), Tags=None) == "unknown"
    tags: list[Any] = []
    assert by_endpoint(only_if("StringEquals", "aws:PrincipalTag/team", "red"), Tags=tags) == "blocked"


@pytest.mark.parametrize(
    ("principal", "key", "value", "outcome"),
    [
        (USER, "aws:PrincipalTag/team", "blue", "allowed"),
        (USER, "aws:PrincipalTag/cost", "1", "blocked"),
        (USER, "aws:userid", "AIDAEXAMPLE", "allowed"),
        (f"arn:aws:iam::{ACCOUNT}:root", "aws:userid", ACCOUNT, "allowed"),
        (f"arn:aws:iam::{ACCOUNT}:root", "aws:PrincipalTag/team", "blue", "blocked"),
        ({"type": "Anonymous"}, "aws:PrincipalTag/team", "red", "blocked"),
        ({"type": "Anonymous"}, "aws:userid", ["anonymous", "x"], "unknown"),
        ({"type": "Anonymous"}, "aws:userid", "x", "blocked"),
        ("logs.amazonaws.com", "aws:PrincipalTag/team", "red", "blocked"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/other/s", "aws:PrincipalTag/team", "red", "unknown"),
    ],
)
def test_fact_68_keys_of_other_callers(principal: Any, key: str, value: Any, outcome: str) -> None:
    assert by_endpoint(only_if("StringEquals", key, value), {**GET, "principal": principal}) == outcome


def test_a_tag_as_a_policy_variable() -> None:
    ours = {**ALL, "Principal": "*", "Resource": "arn:aws:s3:::data/${aws:PrincipalTag/Team}/*"}
    assert by_endpoint(document(ours), {**GET, "resource": "arn:aws:s3:::data/red/k"}) == "allowed"
    assert by_endpoint(document(ours), {**GET, "resource": "arn:aws:s3:::data/blue/k"}) == "blocked"


# --- keys of Amazon S3 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (unless("NumericLessThan", "s3:TlsVersion", "1.2"), "allowed"),
        (unless("NumericLessThan", "s3:TlsVersion", "1.3"), "unknown"),
        (only_if("StringEquals", "s3:authType", ["REST-HEADER", "REST-QUERY-STRING", "POST"]), "allowed"),
        (only_if("StringEquals", "s3:authType", "REST-HEADER"), "unknown"),
        (unless("StringNotEquals", "s3:signatureversion", ["AWS4-HMAC-SHA256", "AWS"]), "allowed"),
        (only_if("StringEquals", "s3:DataAccessPointAccount", ACCOUNT), "blocked"),
    ],
)
def test_fact_74_keys_of_a_request_to_a_bucket(policy: dict[str, Any], outcome: str) -> None:
    assert by_endpoint(policy) == outcome


# --- whose a bucket is ----------------------------------------------------------------------------------------------

THEIRS = {"action": "s3:PutObject", "resource": "arn:aws:s3:::elsewhere/k"}


def with_buckets(policy: dict[str, Any], *names: str, listed: bool = True) -> Verdict:
    net = known(private(policy))
    if listed:
        net.put("s3api/list-buckets", {"Buckets": [{"Name": name} for name in names]}, region="global")
    return get(net, THEIRS)


@pytest.mark.parametrize(
    ("operator", "value", "listed", "other"),
    [
        ("StringEquals", ACCOUNT, "allowed", "blocked"),
        ("StringNotEquals", ACCOUNT, "blocked", "allowed"),
        ("StringEquals", [ACCOUNT, OTHER], "allowed", "unknown"),
        ("StringEquals", "333333333333", "blocked", "unknown"),
        ("StringLike", "11111111111?", "allowed", "unknown"),
        ("Null", "false", "allowed", "allowed"),
    ],
)
def test_a_bucket_that_no_account_lists_is_a_stranger_s(operator: str, value: Any, listed: str, other: str) -> None:
    for key in ("aws:ResourceAccount", "s3:ResourceAccount"):
        policy = only_if(operator, key, value)
        assert with_buckets(policy, "elsewhere").layers["endpoint-policy"] == listed
        assert with_buckets(policy, "data").layers["endpoint-policy"] == other


def test_a_stranger_s_bucket_is_not_taken_to_let_the_caller_in() -> None:
    verdict = with_buckets(document({**ALL, "Principal": "*"}), "data")
    assert (verdict.outcome, verdict.layers["resource-policy"]) == ("unknown", "unknown")


def test_without_the_list_of_buckets_it_is_not_known_whose_one_is() -> None:
    verdict = with_buckets(only_if("StringEquals", "aws:ResourceAccount", ACCOUNT), listed=False)
    assert verdict.layers["endpoint-policy"] == "unknown"
    assert f"{ACCOUNT}/global/s3api/list-buckets.json" in verdict.missing


def test_the_owner_can_be_told() -> None:
    net = known(private(only_if("StringEquals", "aws:ResourceAccount", ACCOUNT)))
    told = {**THEIRS, "context": {"AWS:resourceaccount": OTHER}}
    assert get(net, told).layers["endpoint-policy"] == "blocked"


def test_an_access_point_is_no_bucket() -> None:
    request = {**GET, "resource": f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/ap/object/k"}
    verdict = get(known(private(document({**ALL, "Principal": "*"}))), request)
    assert not any("accesspoint" in path for path in verdict.missing)


# --- layers of ECR --------------------------------------------------------------------------------------------------

LAYERS = {**ALL, "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}}


@pytest.mark.parametrize(
    ("action", "bucket", "outcome"),
    [
        ("s3:GetObject", "prod-us-east-1-starport-layer-bucket", "blocked"),
        ("s3:getobject", "prod-ap-northeast-1-starport-layer-bucket", "blocked"),
        ("s3:PutObject", "prod-us-east-1-starport-layer-bucket", "allowed"),
        ("s3:GetObject", "prod-evil-starport-layer-bucket", "allowed"),
    ],
)
def test_fact_27_ecr_signs_downloads_of_its_layers_alone(action: str, bucket: str, outcome: str) -> None:
    request = {"action": action, "resource": f"arn:aws:s3:::{bucket}/x"}
    verdict = get(known(private(document(LAYERS))), request)
    assert verdict.layers["endpoint-policy"] == outcome
    assert verdict.outcome != "allowed"


# --- organizations --------------------------------------------------------------------------------------------------

PATH = "o-1/r-1/ou-1/"


@pytest.mark.parametrize(
    ("key", "value", "outcome"),
    [
        ("aws:PrincipalOrgPaths", [PATH], "allowed"),
        ("aws:PrincipalOrgPaths", ["o-1/r-1/*"], "allowed"),
        ("aws:PrincipalOrgPaths", ["o-1/r-1/ou-2/*"], "blocked"),
        ("aws:ResourceOrgPaths", [PATH], "allowed"),
    ],
)
@pytest.mark.parametrize("parents", [True, False])
def test_fact_68_organization_paths(key: str, value: Any, outcome: str, parents: bool) -> None:
    net = known(private(only_if("ForAnyValue:StringLike", key, value)))
    organization = {"Id": "o-1", "MasterAccountId": OTHER}
    net.put("organizations/describe-organization", {"Organization": organization}, region="global")
    if parents:
        net.put(f"organizations/list-parents/{ACCOUNT}", {"Parents": [{"Id": "ou-1"}]}, region="global")
        net.put("organizations/list-parents/ou-1", {"Parents": [{"Id": "r-1"}]}, region="global")
    assert get(net).layers["endpoint-policy"] == (outcome if parents else "unknown")


# --- roles to be assumed --------------------------------------------------------------------------------------------

DEPLOY = f"arn:aws:iam::{ACCOUNT}:role/deploy"


def assume(trust: dict[str, Any] | None, role: str = DEPLOY, **more: Any) -> Verdict:
    build = {"Arn": BUILD, "RoleName": "build", "InstanceProfileList": [], "AttachedManagedPolicies": [],
             "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": document(more.pop("own", ALL))}]}  # fmt: skip
    deploy = {"Arn": DEPLOY, "RoleName": "deploy", "InstanceProfileList": [], "RolePolicyList": []}
    if trust is not None:
        deploy["AssumeRolePolicyDocument"] = trust
    net = private()
    net.put(DETAILS, {"UserDetailList": [], "RoleDetailList": [build, deploy], "Policies": []}, region="global")
    return get(net, {"action": "sts:AssumeRole", "resource": role}, **more)


def trusting(principal: Any, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}


NOTHING = {**ALL, "Action": "iam:GetUser"}


@pytest.mark.parametrize(
    ("trust", "own", "outcome"),
    [
        (trusting({"AWS": ACCOUNT}), ALL, "allowed"),
        (trusting({"AWS": ACCOUNT}), NOTHING, "blocked"),
        (trusting({"AWS": BUILD}), NOTHING, "allowed"),
        (trusting({"Service": "codebuild.amazonaws.com"}), ALL, "blocked"),
        (trusting({"AWS": "AROADELETED00000"}), ALL, "blocked"),
        (trusting({"AWS": ACCOUNT}, StringEquals={"aws:SourceVpc": "vpc-1"}), ALL, "allowed"),
        (trusting({"AWS": ACCOUNT}, StringEquals={"sts:ExternalId": "x"}), ALL, "unknown"),
        (None, ALL, "unknown"),
    ],
)
def test_fact_15_a_role_is_assumed_as_its_trust_policy_says(trust: Any, own: Any, outcome: str) -> None:
    assert assume(trust, own=own).outcome == outcome


def test_fact_15_a_role_that_is_not_there_cannot_be_assumed() -> None:
    verdict = assume(trusting("*"), role=f"arn:aws:iam::{ACCOUNT}:role/gone")
    assert [block.component for block in verdict.blocked_by] == [f"arn:aws:iam::{ACCOUNT}:role/gone"]


def test_fact_15_a_role_of_another_account_names_the_file() -> None:
    verdict = assume(None, role=f"arn:aws:iam::{OTHER}:role/deploy")
    assert verdict.outcome == "unknown"
    assert verdict.missing == (f"{OTHER}/global/{DETAILS}.json",)


def test_a_trust_policy_of_a_role_s_own_file() -> None:
    net = private()
    files = net.files()
    del files[f"{ACCOUNT}/global/{DETAILS}.json"]
    role = {"Role": {"Arn": BUILD, "RoleName": "build", "RoleId": ROLE_ID, "Tags": []}}
    role["Role"]["AssumeRolePolicyDocument"] = trusting({"AWS": BUILD})
    for name, answer in {
        "get-role/build": role, "list-role-policies/build": {"PolicyNames": []},
        "list-attached-role-policies/build": {"AttachedPolicies": []},
    }.items():  # fmt: skip
        files[f"{ACCOUNT}/global/iam/{name}.json"] = json.dumps(answer).encode()
    verdict = get(load_files(files), {"action": "sts:AssumeRole", "resource": BUILD})
    assert (verdict.outcome, verdict.layers["resource-policy"]) == ("allowed", "allowed")


# --- what is not worked out -----------------------------------------------------------------------------------------


def test_fact_19_an_access_point_is_not_worked_out() -> None:
    request = {**GET, "resource": f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/ap/object/k"}
    verdict = get(known(private(document({**ALL, "Principal": "*"}))), request)
    assert (verdict.outcome, verdict.layers["resource-policy"]) == ("unknown", "unknown")


def test_a_policy_that_no_snapshot_holds_is_an_assumption() -> None:
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:s"
    verdict = get(known(private()), {"action": "secretsmanager:GetSecretValue", "resource": secret})
    assert verdict.outcome == "allowed"
    assert [(one.code, one.can_hide) for one in verdict.assumptions if one.component == secret] == [
        ("UNKNOWN_RESOURCE", "block"),  # its resource policy
        ("UNKNOWN_RESOURCE", "block"),  # the key that encrypts it
    ]


@pytest.mark.parametrize("limited", [True, False, None])
def test_fact_39_not_principal_hits_whoever_has_a_boundary(limited: bool | None) -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/AWSCodeBuild-{stand_ins.BUILD}"
    spared = {"Effect": "Deny", "NotPrincipal": {"AWS": [ACCOUNT, BUILD, session]}, "Action": "*", "Resource": "*"}
    net = private(document({**ALL, "Principal": "*"}, spared))
    arn = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    limit = {"PermissionsBoundary": {"PermissionsBoundaryArn": arn, "PermissionsBoundaryType": "Policy"}}
    files = known(net, **(limit if limited else {})).files()
    if limited is None:
        del files[f"{ACCOUNT}/global/{DETAILS}.json"]
    outcome = {True: "blocked", False: "allowed", None: "unknown"}[limited]
    assert get(load_files(files)).layers["endpoint-policy"] == outcome
