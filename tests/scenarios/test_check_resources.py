"""Whom the policies of repositories and buckets let in, what endpoints let out, what a role may not do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Check
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, ORGANIZATION, Checked, Pipeline, for_all, policy, statement

PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
PARTNER = "222222222222"


def shared(document: dict[str, Any] | None, **more: Any) -> Check:
    net = Pipeline(**more)
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    if document is not None:
        net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(document)})
    return load_files(net.files()).check()


def found(check: Check) -> dict[str, str]:
    by_the_way = ("ENDPOINT_POLICY_LETS_DATA_OUT", "DNS_QUERIES_LEAVE_BY_RESOLVER")
    return {one.id: one.severity for one in check.findings if one.id not in by_the_way}


def test_public_repository_exposes() -> None:
    check = shared(policy(for_all(PULL)))
    assert (check.overall, check.exit_code) == ("exposed", 1)
    assert found(check) == {"ECR_REPOSITORY_PUBLIC": "high"}


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
        {"StringEquals": {"aws:SourceVpce": "vpce-s3"}},
        {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
    ],
)
def test_condition_that_binds_keeps_strangers_out(condition: dict[str, Any]) -> None:
    check = shared(policy(for_all(PULL, Condition=condition)))
    assert (check.overall, found(check)) == ("private-and-working", {})


@pytest.mark.parametrize(("visibility", "overall"), [("PRIVATE", "private-and-working"), ("PUBLIC_READ", "exposed")])
def test_a_public_project_shows_its_builds_to_everyone(visibility: str, overall: str) -> None:
    """CodeBuild API Reference, "UpdateProjectVisibility": results, logs and artifacts of all of its builds."""
    check = shared(None, projectVisibility=visibility)
    assert check.overall == overall
    assert found(check) == ({"RESOURCE_SHARED_OUTSIDE": "high"} if overall == "exposed" else {})
    assert [one.component for one in check.findings if one.severity == "high"] == ["codebuild:p1"] * (
        overall == "exposed"
    )


def test_account_outside_the_snapshot_exposes() -> None:
    principal = {"AWS": f"arn:aws:iam::{PARTNER}:root"}
    check = shared(policy(statement(PULL, Principal=principal)))
    assert check.overall == "exposed"
    assert found(check) == {"RESOURCE_SHARED_OUTSIDE": "medium"}


@pytest.mark.parametrize("who", ["role/deploy", "user/ann"])
def test_role_or_user_of_an_account_outside_the_snapshot_exposes(who: str) -> None:
    check = shared(policy(statement(PULL, Principal={"AWS": f"arn:aws:iam::{PARTNER}:{who}"})))
    assert (check.overall, found(check)) == ("exposed", {"RESOURCE_SHARED_OUTSIDE": "medium"})


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalAccount": PARTNER}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci-*"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-partner"}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-partner/*"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"ArnLike": {"codebuild:ProjectArn": f"arn:aws:codebuild:*:{PARTNER}:project/*"}},
        {"ArnLike": {"lambda:SourceFunctionArn": f"arn:aws:lambda:*:{PARTNER}:function:*"}},
        {"ArnLike": {"ecs:TaskArn": f"arn:aws:ecs:*:{PARTNER}:task/*"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-partner", "aws:PrincipalAccount": PARTNER}},
        {
            "StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION},
            "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/ci"},
        },
        {
            "Null": {"aws:PrincipalOrgID": "true"},
            "ArnLike": {"codebuild:ProjectArn": f"arn:aws:codebuild:*:{PARTNER}:*"},
        },
        {"StringEquals": {"aws:PrincipalOrgID": "o-partner", "aws:PrincipalType": "User"}},
    ],
)
def test_condition_that_binds_to_somebody_else_lets_them_in(condition: dict[str, Any]) -> None:
    check = shared(policy(for_all(PULL, Condition=condition)))
    assert (check.overall, found(check)) == ("exposed", {"RESOURCE_SHARED_OUTSIDE": "medium"})


@pytest.mark.parametrize(
    "condition",
    [
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/*"}},
        {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}},
        {"StringLike": {"aws:userid": "AROAEXAMPLE:*"}},
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        {"ArnLike": {"codebuild:ProjectArn": f"arn:aws:codebuild:*:{ACCOUNT}:project/*"}},
        {"StringEquals": {"aws:Ec2InstanceSourceVpc": "vpc-1"}},
        {"StringEqualsIgnoreCase": {"aws:PrincipalOrgID": ORGANIZATION.upper()}},
    ],
)
def test_condition_that_binds_to_ones_own_keeps_strangers_out(condition: dict[str, Any]) -> None:
    check = shared(policy(for_all(PULL, Condition=condition)))
    assert (check.overall, found(check)) == ("private-and-working", {})


def unless(condition: dict[str, Any]) -> dict[str, Any]:
    return for_all(PULL, effect="Deny", Condition=condition)


@pytest.mark.parametrize(
    ("condition", "how"),
    [
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}, "of no organization"),
        ({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/*"}}, "of no organization"),
        ({"Null": {"aws:PrincipalOrgID": "true"}}, "of no organization"),
        ({"StringLike": {"aws:SourceVpce": "vpce-*"}}, "by a VPC endpoint of its own"),
        ({"Null": {"aws:SourceVpc": "false"}}, "by a VPC endpoint of its own"),
        ({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}, "by a VPC endpoint of its own"),
        ({"Bool": {"aws:ViaAWSService": "true"}}, "through an AWS service"),
        ({"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}, "through an AWS service"),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, "as an IAM user"),
        ({"StringLike": {"codebuild:ProjectArn": "*:project/app"}}, "in a build of its own"),
        ({"Null": {"ec2:SourceInstanceARN": "false"}}, "on an instance of its own"),
        (
            {"StringEquals": {"aws:Ec2InstanceSourceVpc": "${aws:SourceVpc}"}},
            "on an instance of its own, by a VPC endpoint of its own",
        ),
        ({"IpAddress": {"aws:SourceIp": "128.0.0.0/1"}}, ""),
        ({"StringEquals": {"aws:PrincipalType": "User", "aws:username": "build"}}, "as an IAM user"),
        ({"StringLike": {"aws:userid": "*:build"}}, "in a session named build"),
        ({"StringLike": {"aws:PrincipalArn": "*:role/build"}}, ""),
        ({"StringLike": {"aws:PrincipalArn": "*build*"}}, ""),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/ci-*"}}, ""),
    ],
)
def test_condition_that_strangers_can_meet_binds_nobody(condition: dict[str, Any], how: str) -> None:
    (finding,) = (one for one in shared(policy(for_all(PULL, Condition=condition))).findings if one.severity == "high")
    assert finding.id == "ECR_REPOSITORY_PUBLIC"
    assert finding.evidence[0].endswith(f"to any account, {how}" if how else "to any account")


@pytest.mark.parametrize(
    "condition",
    [
        {"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}, "Null": {"aws:PrincipalOrgID": "false"}},
        {"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/*"}},
        {"Null": {"aws:SourceVpce": "true"}},
        {"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}, "Bool": {"aws:ViaAWSService": "false"}},
    ],
)
def test_denial_that_strangers_can_go_round_keeps_nobody_out(condition: dict[str, Any]) -> None:
    check = shared(policy(for_all(PULL), unless(condition)))
    assert (check.overall, found(check)) == ("exposed", {"ECR_REPOSITORY_PUBLIC": "high"})


@pytest.mark.parametrize(
    "condition",
    [
        {"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
        {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}},
        {"StringNotEquals": {"aws:VpceAccount": ACCOUNT}},
        {"StringNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}},
    ],
)
def test_denial_that_strangers_cannot_go_round_keeps_them_out(condition: dict[str, Any]) -> None:
    check = shared(policy(for_all(PULL), unless(condition)))
    assert (check.overall, found(check)) == ("private-and-working", {})


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::2222*:role/build"}},
        {"StringLike": {"aws:PrincipalAccount": "2222????????"}},
    ],
)
def test_an_account_with_a_wildcard_is_many(condition: dict[str, Any]) -> None:
    check = shared(policy(for_all(PULL, Condition=condition)))
    assert (check.overall, found(check)) == ("exposed", {"RESOURCE_SHARED_OUTSIDE": "medium"})


def test_requests_without_a_signature_are_anybodys_too() -> None:
    everything = ["arn:aws:s3:::artifacts", "arn:aws:s3:::artifacts/*"]
    signed = {"StringNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:*"}, "Null": {"aws:PrincipalArn": "false"}}
    deny = for_all("s3:*", everything, effect="Deny", Condition=signed)
    check = bucket(policy(for_all("s3:*", everything), deny))
    (finding,) = (one for one in check.findings if one.id == "BUCKET_PUBLIC")
    assert finding.evidence[0].endswith("to any account, without a signature")


def test_what_a_caller_chooses_binds_nobody() -> None:
    check = shared(policy(for_all(PULL, Condition={"StringEquals": {"aws:Referer": "secret"}})))
    assert found(check) == {"ECR_REPOSITORY_PUBLIC": "high"}


@pytest.mark.parametrize(
    ("condition", "whose"),
    [
        ({"StringEquals": {"aws:SourceVpce": "vpce-0partner"}}, "VPC endpoint vpce-0partner"),
        ({"StringEquals": {"aws:SourceVpce": ["vpce-s3", "vpce-0partner"]}}, "VPC endpoint vpce-0partner"),
        ({"StringEquals": {"aws:SourceVpc": "vpc-0partner"}}, "VPC vpc-0partner"),
        ({"StringEquals": {"aws:VpceAccount": PARTNER}}, f"a VPC endpoint of account {PARTNER}"),
        ({"StringEquals": {"aws:VpceOrgID": "o-partner"}}, "a VPC endpoint of organization o-partner"),
        ({"ForAnyValue:StringLike": {"aws:VpceOrgPaths": "o-partner/*"}}, "a VPC endpoint of organization o-partner"),
        ({"ArnLike": {"aws:SourceVpcArn": f"arn:aws:ec2:*:{PARTNER}:vpc/*"}},
         f"VPC arn:aws:ec2:any:{PARTNER}:vpc/any"),
        ({"StringEquals": {"aws:SourceVpce": "vpce-0partner", "aws:VpceAccount": PARTNER}},
         f"VPC endpoint vpce-0partner and a VPC endpoint of account {PARTNER}"),
    ],
)  # fmt: skip
def test_an_endpoint_that_the_snapshot_does_not_hold_is_somebody_elses(condition: dict[str, Any], whose: str) -> None:
    """IAM User Guide, "AWS global condition context keys": whoever comes by the endpoint has these keys."""
    check = shared(policy(for_all(PULL, Condition=condition)))
    assert (check.overall, found(check)) == ("exposed", {"RESOURCE_SHARED_OUTSIDE": "medium"})
    (title,) = [one.title for one in check.findings if one.id == "RESOURCE_SHARED_OUTSIDE"]
    assert title == f"the policy of app lets whoever comes by {whose} use it, which is not in the snapshot"


def test_whose_a_named_endpoint_is_stays_open_without_the_list_of_endpoints() -> None:
    net = Pipeline()
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    document = policy(for_all(PULL, Condition={"StringEquals": {"aws:SourceVpce": "vpce-0partner"}}))
    net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(document)})
    check = without(net.files(), "describe-vpc-endpoints")
    assert "RESOURCE_SHARED_OUTSIDE" not in found(check)
    assert f"{ACCOUNT}/ap-northeast-1/ec2/describe-vpc-endpoints.json" in check.missing


def test_an_account_may_be_of_the_organization_that_a_policy_names_beside_it() -> None:
    """It was asked for as of another organization, and so said to be kept out."""
    bound = {"StringEquals": {"aws:PrincipalOrgID": "o-partner"}}
    check = shared(policy(statement(PULL, Principal={"AWS": PARTNER}, Condition=bound)))
    assert (check.overall, found(check)) == ("exposed", {"RESOURCE_SHARED_OUTSIDE": "medium"})


def test_whom_a_denial_with_not_principal_spares_is_let_in() -> None:
    """IAM User Guide, "NotPrincipal": the account, the role and the session are listed."""
    session = f"arn:aws:sts::{PARTNER}:assumed-role/ci/run"
    names = [f"arn:aws:iam::{PARTNER}:root", f"arn:aws:iam::{PARTNER}:role/ci", session]
    deny = {"Effect": "Deny", "NotPrincipal": {"AWS": names}, "Action": "ecr:*"}
    allow = statement(PULL, Principal={"AWS": PARTNER})
    assert found(shared(policy(allow, deny))) == {"RESOURCE_SHARED_OUTSIDE": "medium"}
    deny["NotPrincipal"] = {"AWS": names[:2]}
    assert found(shared(policy(allow, deny))) == {}


def test_a_session_of_another_account_has_the_arn_of_its_role() -> None:
    session = {"AWS": f"arn:aws:sts::{PARTNER}:assumed-role/ci/run"}
    for name, expected in (("ci", "exposed"), ("other", "private-and-working")):
        role = {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/{name}"}}
        assert shared(policy(statement(PULL, Principal=session, Condition=role))).overall == expected


@pytest.mark.parametrize(
    ("condition", "whose"),
    [
        (None, "anybody's CloudFront distribution"),
        ({"StringLike": {"AWS:SourceArn": "arn:aws:cloudfront::*"}}, "anybody's CloudFront distribution"),
        ({"StringEquals": {"AWS:SourceArn": f"arn:aws:cloudfront::{PARTNER}:distribution/E1"}},
         f"a CloudFront distribution of account {PARTNER}"),
        ({"StringEquals": {"aws:SourceAccount": PARTNER}}, f"a CloudFront distribution of account {PARTNER}"),
        ({"StringEquals": {"AWS:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"}}, ""),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, ""),
    ],
)  # fmt: skip
def test_distributions_of_cloudfront_are_anybodys_where_nothing_says_whose(
    condition: dict[str, Any] | None, whose: str
) -> None:
    """CloudFront Developer Guide, "Restrict access to an Amazon S3 origin". What one's own show is assumed."""
    more = {"Condition": condition} if condition else {}
    service = {"Service": "cloudfront.amazonaws.com"}
    check = bucket(policy(statement("s3:GetObject", "arn:aws:s3:::artifacts/*", Principal=service, **more)))
    titles = [one.title for one in check.findings if one.id == "RESOURCE_SHARED_OUTSIDE"]
    assert titles == ([f"the policy of artifacts lets {whose} use it"] if whose else [])
    assert whose or any("what CloudFront shows" in one for one in unseen(check))


@pytest.mark.parametrize(
    "condition",
    [{}, {"Condition": {"StringEquals": {"aws:SourceAccount": PARTNER}}}],
)
def test_codebuild_itself_pulls_no_image_for_projects_of_other_accounts(condition: dict[str, Any]) -> None:
    """CodeBuild API Reference, "ProjectEnvironment": a cross-account image takes SERVICE_ROLE credentials."""
    check = shared(policy(statement(PULL, Principal={"Service": "codebuild.amazonaws.com"}, **condition)))
    assert check.overall == "private-and-working"


def test_strangers_may_ask_a_bucket_without_tls() -> None:
    """Amazon S3 answers plain HTTP: a policy that lets everybody read by it was said to keep strangers out."""
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    document = policy(statement("s3:GetObject", "arn:aws:s3:::artifacts/*", Principal="*", Condition=plain))
    (finding,) = [one for one in bucket(document).findings if one.id == "BUCKET_PUBLIC"]
    assert finding.evidence[0].endswith("by plain HTTP")
    repository = policy(for_all(PULL, Condition=plain))
    assert found(shared(repository)) == {}  # Amazon ECR does not


def test_an_origin_access_identity_is_no_account() -> None:
    """It was said that "account " may use the bucket."""
    identity = {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2"}
    check = bucket(policy(statement("s3:GetObject", "arn:aws:s3:::artifacts/*", Principal=identity)))
    assert "RESOURCE_SHARED_OUTSIDE" not in found(check)
    assert any("what CloudFront shows" in one for one in unseen(check))


def test_a_registrys_policy_is_asked_of_each_repository() -> None:
    """It was asked of one that there is not, and a statement for one repository was passed over."""
    net = Pipeline()
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    start = f"arn:aws:ecr:ap-northeast-1:{ACCOUNT}:repository"
    for name, expected in (("app", "exposed"), ("ap?", "exposed"), ("other", "private-and-working")):
        text = json.dumps(policy(for_all(PULL, f"{start}/{name}")))
        net.put("ecr/get-registry-policy", {"registryId": ACCOUNT, "policyText": text})
        assert load_files(net.files()).check().overall == expected, name


def test_an_endpoint_policy_lets_out_what_a_role_that_it_names_writes() -> None:
    """It was asked for some role of the account, which such a policy does not name."""
    for principal, condition in (
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/build"}, {}),
        ("*", {"Condition": {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/build"}}}),
    ):
        net = Pipeline(endpoints=())
        net.add_endpoint("logs", 3, policy(statement("logs:*", "*", Principal=principal, **condition)))
        told = {one.component for one in load_files(net.files()).check().findings
                if one.id == "ENDPOINT_POLICY_LETS_DATA_OUT"}  # fmt: skip
        assert "vpce-logs" in told


@pytest.mark.parametrize(("action", "out"), [("ecr:UploadLayerPart", True), ("ecr:BatchGetImage", False)])
def test_layers_leave_without_a_manifest(action: str, out: bool) -> None:
    net = Pipeline(endpoints=())
    net.add_endpoint("ecr.dkr", 3, policy(for_all(action)))
    told = {one.component for one in load_files(net.files()).check().findings
            if one.id == "ENDPOINT_POLICY_LETS_DATA_OUT"}  # fmt: skip
    assert ("vpce-ecr-dkr" in told) is out


@pytest.mark.parametrize("actions", [
    ["ecr:BatchDeleteImage"], ["ecr:SetRepositoryPolicy"], ["ecr:ListImages"], ["ecr:GetDownloadUrlForLayer"],
    ["ecr:InitiateLayerUpload", "ecr:UploadLayerPart"],
])  # fmt: skip
def test_whatever_a_repositorys_policy_lets_others_do_shares_it(actions: list[str]) -> None:
    check = shared(policy(statement(actions, Principal={"AWS": PARTNER})))
    assert (check.overall, found(check)) == ("exposed", {"RESOURCE_SHARED_OUTSIDE": "medium"})


@pytest.mark.parametrize(
    ("action", "resource"),
    [("s3:ListBucket", ""), ("s3:PutBucketPolicy", ""), ("s3:GetObjectVersion", "/*"), ("s3:DeleteObject", "/*"),
     ("s3:PutObjectAcl", "/logs/*")],
)  # fmt: skip
def test_whatever_a_buckets_policy_lets_others_do_shares_it(action: str, resource: str) -> None:
    to_all = for_all(action, f"arn:aws:s3:::artifacts{resource}")
    assert found(bucket(policy(to_all))).get("BUCKET_PUBLIC") == "high"
    to_one = statement(action, f"arn:aws:s3:::artifacts{resource}", Principal={"AWS": PARTNER})
    assert found(bucket(policy(to_one))).get("RESOURCE_SHARED_OUTSIDE") == "medium"


PERIMETER = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION, "aws:PrincipalAccount": ["333333333333"]},
             "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}  # fmt: skip


@pytest.mark.parametrize(
    ("allowed", "action", "condition", "overall"),
    [
        ("*", "*", {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}, "private-and-working"),
        ("*", "*", PERIMETER, "exposed"),
        ({"AWS": PARTNER}, "ecr:*", PERIMETER, "private-and-working"),
        ({"AWS": "333333333333"}, "ecr:*", PERIMETER, "exposed"),
        ("*", "s3:*", PERIMETER, "exposed"),
        ("*", "*", {"Bool": {"aws:SecureTransport": "false"}}, "exposed"),
        ("*", "*", {"NotIpAddressIfExists": {"aws:SourceIp": "198.51.100.0/24"},
                    "StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, "exposed"),
        ("*", "*", {"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, "private-and-working"),
    ],
)  # fmt: skip
def test_fact_12_rcps_keep_strangers_out_but_for_what_they_except(
    allowed: Any, action: str, condition: dict[str, Any], overall: str
) -> None:
    """The perimeters of aws-samples/data-perimeter-policy-examples, in other words."""
    net = Pipeline()
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(policy(statement(PULL, Principal=allowed)))})
    net.with_rcp(for_all(action, "*", "Deny", Condition=condition))
    assert load_files(net.files()).check().overall == overall


def unseen(check: Check) -> list[str]:
    return [one.detail for one in check.assumptions if one.code == "FURTHER_ACCESS_UNSEEN"]


def test_access_points_let_others_in_by_policies_of_their_own() -> None:
    """S3 User Guide, "Configuring IAM policies for using access points": a bucket that leaves it to them."""

    def delegating(account: str) -> Check:
        where = ["arn:aws:s3:::artifacts", "arn:aws:s3:::artifacts/*"]
        return bucket(policy(for_all("*", where, Condition={"StringEquals": {"s3:DataAccessPointAccount": account}})))

    own, theirs = delegating(ACCOUNT), delegating(PARTNER)
    assert "RESOURCE_SHARED_OUTSIDE" not in found(own)
    assert any("access points of account" in one for one in unseen(own))
    assert found(theirs)["RESOURCE_SHARED_OUTSIDE"] == "medium"


def test_canonical_user_ids_are_told_where_they_are_not_ones_own() -> None:
    document = policy(statement("s3:GetObject", "arn:aws:s3:::artifacts/*", Principal={"CanonicalUser": "79a5"}))
    files = with_bucket(document)
    assert any("79a5" in one for one in unseen(load_files(files).check()))
    owned = json.dumps({"Buckets": [{"Name": "artifacts"}], "Owner": {"ID": "79a5"}}).encode()
    check = load_files(files | {f"{ACCOUNT}/global/s3api/list-buckets.json": owned}).check()
    assert not any("79a5" in one for one in unseen(check))


@pytest.mark.parametrize(
    ("grantee", "shared"),
    [("79a5", False), ("beef", True), ("c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0", False)],
)
def test_access_control_list_that_lets_another_account_in(grantee: str, shared: bool) -> None:
    """S3 User Guide, "Access control list (ACL) overview"; Block Public Access is no matter of other accounts."""
    grants = [{"Grantee": {"Type": "CanonicalUser", "ID": one}, "Permission": "READ"} for one in ("79a5", grantee)]
    home = f"{ACCOUNT}/global/s3api"
    files = with_bucket(policy()) | {
        f"{home}/get-bucket-acl/artifacts.json": json.dumps({"Owner": {"ID": "79a5"}, "Grants": grants}).encode(),
        f"{home}/get-public-access-block/artifacts.json": json.dumps(
            {"PublicAccessBlockConfiguration": {"IgnorePublicAcls": True, "RestrictPublicBuckets": True}}
        ).encode(),
    }
    check = load_files(files).check()
    assert ("RESOURCE_SHARED_OUTSIDE" in found(check), check.overall == "exposed") == (shared, shared)


def test_organization_that_may_be_ones_own_leaves_it_open() -> None:
    net = Pipeline()
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    document = policy(for_all(PULL, Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}))
    net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(document)})
    files = {path: data for path, data in net.files().items() if "describe-organization" not in path}
    check = load_files(files).check()
    assert check.overall == "undecided"
    assert any(path.endswith("organizations/describe-organization.json") for path in check.missing)


def test_own_account_is_nobody_from_outside() -> None:
    check = shared(policy(statement(PULL, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})))
    assert check.overall == "private-and-working"


def test_policy_that_was_refused_leaves_it_open() -> None:
    net = Pipeline()
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    net.put("ecr/get-repository-policy/app", {"Error": {"Code": "AccessDeniedException"}})
    check = load_files(net.files()).check()
    assert (check.overall, check.exit_code) == ("undecided", 3)
    assert any(path.endswith("get-repository-policy/app.json") for path in check.missing)


def bucket(document: dict[str, Any], restrict: bool | None = None) -> Check:
    return load_files(with_bucket(document, restrict)).check()


def with_bucket(
    document: dict[str, Any], restrict: bool | None = None, name: str = "artifacts"
) -> dict[str, bytes]:  # fmt: skip
    net = Pipeline(artifacts={"type": "S3", "location": name})
    net.put("s3api/list-buckets", {"Buckets": [{"Name": name}]}, region="global")
    net.put(f"s3api/get-bucket-policy/{name}", {"Policy": json.dumps(document)}, region="global")
    none = {"Error": {"Code": "NoSuchPublicAccessBlockConfiguration"}}
    block = none if restrict is None else {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": restrict}}
    net.put(f"s3api/get-public-access-block/{name}", block, region="global")
    net.put("s3control/get-public-access-block", none, region="global")
    net.put(f"s3api/get-bucket-acl/{name}", {"Owner": {"ID": "79a5"}, "Grants": []}, region="global")
    spec = b"version: 0.2\nphases:\n  build:\n    commands:\n      - make\nartifacts:\n  files: [app]\n"
    return net.files() | {"code/p1/buildspec.yml": spec}


def test_other_partitions_are_judged_alike() -> None:
    document = policy(for_all("s3:*", ["arn:aws:s3:::artifacts", "arn:aws:s3:::artifacts/*"]))
    files = with_bucket(document)
    moved = {
        path.replace("ap-northeast-1", "us-gov-west-1"):
        data.replace(b"ap-northeast-1", b"us-gov-west-1").replace(b"arn:aws:", b"arn:aws-us-gov:")
        for path, data in files.items()
    }  # fmt: skip
    here, there = load_files(files).check(), load_files(moved).check()
    assert (found(there), there.overall) == (found(here), here.overall)
    assert found(there)["BUCKET_PUBLIC"] == "high"
    assert {one.source for one in there.matrix} == {one.source for one in here.matrix}
    assert [(one.step, one.outcome) for one in there.steps] == [(one.step, one.outcome) for one in here.steps]


def test_public_bucket_exposes_unless_public_access_is_blocked() -> None:
    document = policy(for_all("s3:*", ["arn:aws:s3:::artifacts", "arn:aws:s3:::artifacts/*"]))
    assert bucket(document).overall == "exposed"
    assert "BUCKET_PUBLIC" in found(bucket(document, restrict=False))
    assert bucket(document, restrict=True).overall != "exposed"


@pytest.mark.parametrize(
    ("group", "ignored", "public"),
    [("AllUsers", False, True), ("AuthenticatedUsers", False, True), ("AllUsers", True, False),
     ("s3/LogDelivery", False, False)],
)  # fmt: skip
def test_access_control_list_that_lets_everyone_in_exposes(group: str, ignored: bool, public: bool) -> None:
    uri = "http://acs.amazonaws.com/groups/" + (group if "/" in group else f"global/{group}")
    grants = [
        {"Grantee": {"Type": "CanonicalUser", "ID": "79a5"}, "Permission": "FULL_CONTROL"},
        {"Grantee": {"Type": "Group", "URI": uri}, "Permission": "WRITE"},
    ]
    home = f"{ACCOUNT}/global/s3api"
    files = with_bucket(policy()) | {
        f"{home}/get-bucket-acl/artifacts.json": json.dumps({"Owner": {"ID": "79a5"}, "Grants": grants}).encode(),
        f"{home}/get-public-access-block/artifacts.json": json.dumps(
            {"PublicAccessBlockConfiguration": {"IgnorePublicAcls": ignored}}
        ).encode(),
    }
    check = load_files(files).check()
    assert ("BUCKET_PUBLIC" in found(check)) is public
    assert (check.overall == "exposed") is public


def test_public_bucket_is_undecided_where_block_public_access_is_not_known() -> None:
    files = with_bucket(policy(for_all("s3:*", ["arn:aws:s3:::artifacts", "arn:aws:s3:::artifacts/*"])))
    for lacking in ("s3api/get-public-access-block/artifacts", "s3control/get-public-access-block"):
        check = without(files, lacking)
        assert (check.overall, "BUCKET_PUBLIC" in found(check)) == ("undecided", False)
        assert any(path.endswith(f"{lacking}.json") for path in check.missing)


REFUSED, GOES_ON = b'{"Error": {"Code": "AccessDenied"}}', b'{"Grants": [], "policyText": "{}", "NextToken": "x"}'


@pytest.mark.parametrize("answer", [None, REFUSED, GOES_ON])
@pytest.mark.parametrize(
    "path",
    ["global/s3api/get-bucket-acl/artifacts", "ap-northeast-1/ecr/get-registry-policy",
     "ap-northeast-1/ecr/describe-registry"],
)  # fmt: skip
def test_what_else_may_let_somebody_in_is_assumed_not_to_and_open_where_aws_did_not_answer(
    path: str, answer: bytes | None
) -> None:
    place = f"{ACCOUNT}/{path}.json"
    files = with_bucket(policy()) | {f"{ACCOUNT}/ap-northeast-1/ecr/get-repository-policy/app.json":
                                     b'{"Error": {"Code": "RepositoryPolicyNotFoundException"}}'}  # fmt: skip
    files.pop(place, None)
    check = load_files(files | ({place: answer} if answer else {})).check()
    unseen = [one.detail for one in check.assumptions if one.code == "FURTHER_ACCESS_UNSEEN" and place in one.detail]
    assert (place in check.missing, bool(unseen)) == (answer is not None, answer is None)
    assert check.overall == "undecided" if answer else check.overall != "undecided"


@pytest.mark.parametrize(
    ("provider", "configuration", "store", "counts"),
    [
        ("S3", {"BucketName": "site", "Extract": "true"}, "kept", True),
        ("S3", {"S3Bucket": "site", "S3ObjectKey": "a.zip"}, "kept", True),
        ("Manual", {}, "site", True),
        ("ElasticBeanstalk", {"BucketName": "site"}, "kept", False),
        ("S3", {"BucketName": "#{variables.site}"}, "kept", False),
    ],
)
def test_buckets_that_a_pipeline_deploys_to_and_keeps_artifacts_in_count(
    provider: str, configuration: dict[str, str], store: str, counts: bool
) -> None:
    files = with_bucket(policy(for_all("s3:GetObject", "arn:aws:s3:::site/*")), name="site")
    projects = f"{ACCOUNT}/ap-northeast-1/codebuild/batch-get-projects.json"
    files[projects] = files[projects].replace(b'"site"', b'"elsewhere"')
    kind = {"category": "Deploy", "owner": "AWS", "provider": provider, "version": "1"}
    action = {"name": "D", "actionTypeId": kind, "configuration": configuration}
    pipeline = {"name": "rel", "artifactStore": {"type": "S3", "location": store},
                "stages": [{"name": "D", "actions": [action]}]}  # fmt: skip
    files[f"{ACCOUNT}/ap-northeast-1/codepipeline/get-pipeline/rel.json"] = json.dumps({"pipeline": pipeline}).encode()
    assert ("BUCKET_PUBLIC" in found(load_files(files).check())) is counts


def test_a_bucket_of_artifacts_counts_though_the_buildspec_makes_none() -> None:
    """What earlier builds left is there."""
    files = with_bucket(policy(for_all("s3:*", "*")))
    files["code/p1/buildspec.yml"] = b"version: 0.2\nphases:\n  build:\n    commands:\n      - make\n"
    assert "BUCKET_PUBLIC" in found(load_files(files).check())
    path = f"{ACCOUNT}/global/s3api/get-bucket-policy/artifacts.json"
    check = load_files({one: text for one, text in files.items() if one != path}).check()
    assert path not in check.missing
    assert any(path in one for one in unseen(check))


def test_policy_that_is_cut_off_is_not_none() -> None:
    net = Pipeline()
    net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(policy()), "NextToken": "x"})
    check = load_files(net.files()).check()
    assert check.overall == "undecided"
    assert f"{ACCOUNT}/ap-northeast-1/ecr/get-repository-policy/app.json" in check.missing


def without(files: dict[str, bytes], *parts: str) -> Check:
    return load_files({path: data for path, data in files.items() if not any(part in path for part in parts)}).check()


def test_bucket_is_judged_whatever_its_name_and_whether_or_not_it_is_listed() -> None:
    files = with_bucket(policy(for_all("s3:*", "*")), name="prod-artifacts")
    assert "BUCKET_PUBLIC" in found(load_files(files).check())
    assert "BUCKET_PUBLIC" in found(without(files, "list-buckets"))
    check = without(files, "list-buckets", "get-bucket-policy")
    assert check.overall == "undecided"
    assert any(path.endswith("get-bucket-policy/prod-artifacts.json") for path in check.missing)
    listed = with_bucket(policy(), name="other") | {path: data for path, data in files.items() if "list-b" not in path}
    assert "BUCKET_PUBLIC" not in found(load_files(listed).check())  # somebody else's


def test_of_a_bucket_that_one_account_lists_no_other_account_is_asked() -> None:
    """S3 User Guide, "Bucket naming rules": a bucket has one owner in its partition."""
    files = with_bucket(policy())
    other = {f"{PARTNER}/ap-northeast-1/ecr/describe-repositories.json": b'{"repositories": []}'}
    alone, both = load_files(files).check(), load_files(files | other).check()
    assert not any("get-bucket-policy" in path for path in (*alone.missing, *both.missing))
    unlisted = without(files | other, "list-buckets", "get-bucket-policy")
    assert any(path.endswith("get-bucket-policy/artifacts.json") for path in unlisted.missing)


def test_repository_is_judged_where_no_list_names_it() -> None:
    net = Pipeline()
    net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(policy(for_all(PULL)))})
    assert found(load_files(net.files()).check()) == {"ECR_REPOSITORY_PUBLIC": "high"}


def test_policy_of_a_repository_that_a_build_pushes_to_is_asked_for_where_no_list_names_it() -> None:
    push = f"docker push {ACCOUNT}.dkr.ecr.ap-northeast-1.amazonaws.com/own:1"
    spec = f"version: 0.2\nphases:\n  build:\n    commands:\n      - {push}\n".encode()
    check = load_files(Pipeline().files() | {"code/p1/buildspec.yml": spec}).check()
    assert check.overall == "undecided"
    assert any(path.endswith("ecr/get-repository-policy/own.json") for path in check.missing)


@pytest.mark.parametrize(
    ("kind", "key", "kind_of_arn"),
    [("Resource", "ResourceConfigurationArn", "resourceconfiguration/rcfg-1"),
     ("ServiceNetwork", "ServiceNetworkArn", "servicenetwork/sn-1")],
)  # fmt: skip
def test_an_endpoint_to_what_others_share_by_vpc_lattice_is_told(kind: str, key: str, kind_of_arn: str) -> None:
    """PrivateLink Guide, "Access VPC resources through AWS PrivateLink", "Access service networks"."""
    net = Pipeline()
    net.interface_endpoint("vpc-1", "com.amazonaws.vpce.x", {net.ep_a: "10.10.11.40"}, ["sg-ep"], name="shared")
    arn = f"arn:aws:vpc-lattice:ap-northeast-1:{PARTNER}:{kind_of_arn}"
    del net["vpce-shared"]["ServiceName"]
    net["vpce-shared"].update({"VpcEndpointType": kind, key: arn})
    check = load_files(net.files()).check()
    (told,) = [one for one in check.findings if one.id == "ENDPOINT_TO_THIRD_PARTY"]
    assert (told.severity, told.component, told.evidence) == ("low", "vpce-shared", (arn,))


def test_default_policy_of_the_s3_endpoint_lets_data_out() -> None:
    assert Checked(Pipeline()).findings() == {"ENDPOINT_POLICY_LETS_DATA_OUT": "low"}
    narrow = policy(for_all("s3:*", "*", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}}),
                    for_all("s3:GetObject", "arn:aws:s3:::prod-ap-northeast-1-starport-layer-bucket/*"))  # fmt: skip
    assert (
        Checked(Pipeline(s3_policy=narrow, endpoints=()))
        .findings()
        .keys()
        .isdisjoint({"ENDPOINT_POLICY_LETS_DATA_OUT"})
    )


def test_endpoint_to_a_third_party() -> None:
    net = Pipeline()
    net.add_endpoint("com.amazonaws.vpce.ap-northeast-1.vpce-svc-0123456789abcdef0", 30)
    assert Checked(net).findings()["ENDPOINT_TO_THIRD_PARTY"] == "low"


def test_s24_role_that_cannot_make_interfaces_starts_no_build() -> None:
    role = [one for one in BUILD_ROLE if "ec2:CreateNetworkInterface" not in one["Action"]]
    check = Checked(Pipeline(build_role=role))
    assert check.overall == "private-but-failing"
    step = check.step("provisioning")
    assert (step.outcome, step.service_side) == ("blocked", True)
    assert [block.code for block in step.blocked_by] == ["ROLE_CANNOT_CREATE_ENI"]
    assert check.steps()["source"][0] == "not reached"


@pytest.mark.parametrize(
    ("action", "scope", "overall"),
    [
        ("ecr:*", "V2", "exposed"),
        ("ecr:*", None, "exposed"),
        ("ecr:*", "V1", "exposed"),
        ("ecr:ReplicateImage", "V1", "exposed"),
        (PULL, "V1", "private-and-working"),
        (PULL, "V2", "exposed"),
    ],
)
def test_the_registrys_policy_counts_for_every_repository(action: Any, scope: str | None, overall: str) -> None:
    """Amazon ECR User Guide, "Private registry permissions": scope V1 is about replication into the registry and about
    making repositories, which was passed over."""
    net = Pipeline()
    net.put("ecr/get-registry-policy", {"registryId": ACCOUNT, "policyText": json.dumps(policy(for_all(action)))})
    if scope is not None:
        net.put("ecr/get-account-setting/REGISTRY_POLICY_SCOPE", {"name": "REGISTRY_POLICY_SCOPE", "value": scope})
    assert load_files(net.files()).check().overall == overall


OWN_ONLY = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}}


def test_endpoint_policies_that_let_data_out_are_told_apart() -> None:
    net = Pipeline(endpoints=())
    net.add_endpoint("git-codecommit", 1, policy(for_all("*", Condition=OWN_ONLY)))
    net.add_endpoint("ecr.dkr", 2)
    net.add_endpoint(
        "logs", 3, policy(for_all("logs:*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}))
    )
    code = "ENDPOINT_POLICY_LETS_DATA_OUT"
    told = {one.component: one.evidence for one in load_files(net.files()).check().findings if one.id == code}
    assert set(told) == {"vpce-ecr-dkr", "vpce-logs", "vpce-s3"}
    assert told["vpce-logs"] == (
        "logs:PutLogEvents on another account's resource passes with a role of the own account",
    )


@pytest.mark.parametrize(
    "service", ["execute-api", "events", "kinesis-firehose", "states", "codeartifact.repositories"]
)
def test_endpoints_of_other_services_that_take_data_let_it_out_too(service: str) -> None:
    own = policy(for_all("*", "*", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT,
                                                              "aws:PrincipalAccount": ACCOUNT}}))  # fmt: skip
    for held, expected in ((None, True), (own, False)):
        net = Pipeline()
        net.add_endpoint(service, 40, held)
        check = load_files(net.files()).check()
        told = {one.component for one in check.findings if one.id == "ENDPOINT_POLICY_LETS_DATA_OUT"}
        assert (f"vpce-{service.replace('.', '-')}" in told) is expected


def test_an_endpoint_policy_lets_data_out_to_accounts_of_no_organization() -> None:
    net = Pipeline(endpoints=())
    mine = {"StringEqualsIfExists": {"aws:ResourceOrgID": ORGANIZATION}}
    net.add_endpoint("logs", 1, policy(for_all("logs:*", Condition=mine)))
    net.add_endpoint(
        "ecr.dkr", 2, policy(for_all("*", Condition={"StringEquals": {"aws:ResourceOrgID": ORGANIZATION}}))
    )
    code = "ENDPOINT_POLICY_LETS_DATA_OUT"
    told = {one.component for one in load_files(net.files()).check().findings if one.id == code}
    assert told == {"vpce-logs", "vpce-s3"}


def test_what_stands_open_beside_the_pipeline_is_named() -> None:
    net = Pipeline()
    igw = net.igw("vpc-1")
    net.group("vpc-1", [("tcp", 80, 80, "0.0.0.0/0")], [], name="web")
    public = net.subnet("vpc-1", "10.10.40.0/24", table=net.table("vpc-1", [("0.0.0.0/0", igw)]), name="web")
    open_ = net.interface(public, "10.10.40.5", ["sg-web"], public="203.0.113.7")
    net.interface(public, "10.10.40.6", ["sg-build"], public="203.0.113.8")
    check = load_files(net.files()).check()
    exposed = [(one.component, one.severity, one.evidence) for one in check.findings if one.id == "INTERFACE_EXPOSED"]
    assert exposed == [(open_, "low", ("open: tcp 80",))]
    assert check.overall == "private-and-working"


KEY = f"arn:aws:kms:ap-northeast-1:{ACCOUNT}:key/k-1"
OWN_KEY = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})


def encrypted(*further: dict[str, Any], grantee: str = "", **project: Any) -> Check:
    """A pipeline whose artifacts a key encrypts."""
    keyed = {"artifacts": {"type": "S3", "location": "out"}, "encryptionKey": KEY}
    net = Pipeline(build_role=[*BUILD_ROLE, statement(["kms:*", "s3:*"])], **(keyed | project))
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "out"}]}, region="global")
    net.put("s3api/get-bucket-policy/out", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    net.put("kms/get-key-policy/k-1", {"Policy": json.dumps(policy(OWN_KEY, *further))})
    net.put("kms/list-aliases", {"Aliases": [{"AliasName": "alias/art", "TargetKeyId": "k-1"}]})
    grants = [{"GranteePrincipal": grantee, "Operations": ["Decrypt"]}] if grantee else []
    net.put("kms/list-grants/k-1", {"Grants": grants})
    return load_files(net.files()).check()


@pytest.mark.parametrize(
    ("principal", "condition", "severity"),
    [
        ({"AWS": PARTNER}, {}, "medium"),
        ("*", {}, "high"),
        ("*", {"kms:ViaService": "s3.ap-northeast-1.amazonaws.com"}, "high"),
        ("*", {"kms:CallerAccount": [ACCOUNT, PARTNER]}, "medium"),
        ("*", {"kms:CallerAccount": ACCOUNT, "kms:ViaService": "s3.ap-northeast-1.amazonaws.com"}, None),
        ("*", {"aws:PrincipalOrgID": ORGANIZATION}, None),
        ({"Service": "logs.ap-northeast-1.amazonaws.com"}, {}, None),
    ],
)  # fmt: skip
def test_keys_of_the_pipeline_that_others_may_use_are_shared(
    principal: Any, condition: dict[str, Any], severity: str | None
) -> None:
    """IAM Access Analyzer, "AWS Key Management Service keys"; KMS keys were not looked at."""
    more = {"Condition": {"StringEquals": condition}} if condition else {}
    for check in (
        encrypted(statement("kms:Decrypt", Principal=principal, **more)),
        encrypted(statement("kms:Decrypt", Principal=principal, **more), encryptionKey="alias/art"),
    ):
        assert found(check) == ({"RESOURCE_SHARED_OUTSIDE": severity} if severity else {})
        assert (check.overall == "exposed") is bool(severity)


def test_keys_that_the_pipeline_does_not_use_are_nobodys_matter() -> None:
    assert found(encrypted(statement("kms:*", Principal="*"), encryptionKey="alias/aws/s3")) == {}


@pytest.mark.parametrize(
    ("grantee", "shared"),
    [(f"arn:aws:iam::{PARTNER}:role/x", True), (f"arn:aws:iam::{ACCOUNT}:role/build", False),
     ("ecr.ap-northeast-1.amazonaws.com", False), ("AROAEXAMPLEDELETED1", False)],
)  # fmt: skip
def test_a_grant_of_a_key_to_another_account_shares_it(grantee: str, shared: bool) -> None:
    check = encrypted(grantee=grantee)
    assert found(check) == ({"RESOURCE_SHARED_OUTSIDE": "medium"} if shared else {})


@pytest.mark.parametrize("path", [
    ("ecr/describe-repositories", {"repositories": [{"repositoryName": "app",
                                                     "encryptionConfiguration": {"kmsKey": KEY}}]}),
    ("codecommit/batch-get-repositories", {"repositories": [{"repositoryName": "app", "kmsKeyId": KEY}]}),
    ("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": [], "artifactStore": {
        "type": "S3", "location": "out", "encryptionKey": {"id": KEY, "type": "KMS"}}}}),
])  # fmt: skip
def test_keys_of_repositories_and_artifact_stores_count(path: tuple[str, dict[str, Any]]) -> None:
    net = Pipeline()
    net.put(*path)
    shared_key = policy(OWN_KEY, statement("kms:Decrypt", Principal={"AWS": PARTNER}))
    net.put("kms/get-key-policy/k-1", {"Policy": json.dumps(shared_key)})
    check = load_files(net.files()).check()
    assert [one.component for one in check.findings if one.id == "RESOURCE_SHARED_OUTSIDE"] == ["key/k-1"]


def test_an_endpoint_policy_lets_out_what_a_role_of_another_account_that_it_names_writes() -> None:
    net = Pipeline(endpoints=())
    theirs = {"AWS": f"arn:aws:iam::{PARTNER}:role/x"}
    net.add_endpoint("ecr.dkr", 3, policy(statement("ecr:*", "*", Principal=theirs)))
    told = {one.component: one.evidence for one in load_files(net.files()).check().findings
            if one.id == "ENDPOINT_POLICY_LETS_DATA_OUT"}  # fmt: skip
    line = f"ecr:PutImage on another account's resource passes with credentials of account {PARTNER}"
    assert told["vpce-ecr-dkr"] == (line,)


def test_policies_of_secrets_are_taken_to_let_nobody_in() -> None:
    """AWS Secrets Manager User Guide, "Resource-based policies": no snapshot holds them."""
    secret = f"arn:aws:secretsmanager:ap-northeast-1:{ACCOUNT}:secret:db-AbCdEf"
    variable = {"name": "DB", "type": "SECRETS_MANAGER", "value": secret}
    net = Pipeline(environment={"type": "LINUX_CONTAINER", "environmentVariables": [variable]})
    (one,) = [one for one in load_files(net.files()).check().assumptions
              if one.code == "FURTHER_ACCESS_UNSEEN" and "secret" in one.component]  # fmt: skip
    assert (one.component, one.can_hide) == (secret, "leak")
