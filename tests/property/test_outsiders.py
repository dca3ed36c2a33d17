"""Whom random policies of repositories, buckets and roles let in from outside, by what they say of one request, check
tells."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reachsim import load_files, policy
from reachsim.check.outsiders import outsiders
from reachsim.check.resources import shared_resources
from tests.scenarios.pipelines import ACCOUNT, ORGANIZATION, REGION, Pipeline

PARTNER, STRANGER = "222222222222", "888888888888"
ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
IAM = f"{ACCOUNT}/global/iam/get-account-authorization-details.json"
FILE = f"{ACCOUNT}/{REGION}/ecr/get-repository-policy/app.json"
_STRINGS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists",
            "StringNotEqualsIfExists", "StringEqualsIgnoreCase"]  # fmt: skip
_ARNS = ["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEqualsIfExists", "ArnLikeIfExists", "StringLike"]
_VALUES: dict[str, list[str]] = {
    "aws:PrincipalOrgID": [ORGANIZATION, "o-partner", "o-*", "${aws:ResourceOrgID}"],
    "aws:PrincipalAccount": [ACCOUNT, PARTNER, "2222*", "${aws:ResourceAccount}"],
    "aws:PrincipalType": ["User", "AssumedRole", "Anonymous"],
    "aws:SourceVpce": ["vpce-ecr-api", "vpce-partner", "vpce-*"],
    "aws:SourceVpc": ["vpc-1", "vpc-partner", "vpc-*"],
    "aws:VpceAccount": [ACCOUNT, PARTNER],
    "aws:PrincipalTag/team": ["ci"],
    "aws:UserAgent": ["docker*", "docker"],
    "aws:Ec2InstanceSourceVpc": ["vpc-1", "vpc-partner", "${aws:SourceVpc}"],
}
_ARN_VALUES: dict[str, list[str]] = {
    "aws:PrincipalArn": [f"arn:aws:iam::{ACCOUNT}:role/*", f"arn:aws:iam::{PARTNER}:role/ci", "arn:aws:iam::*:role/ci",
                         "arn:aws:iam::*:user/*", "*:role/ci"],
    "codebuild:ProjectArn": [f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/*", f"arn:aws:codebuild:*:{PARTNER}:*",
                             "arn:aws:codebuild:*:*:project/p"],
    "ec2:SourceInstanceARN": [f"arn:aws:ec2:*:{PARTNER}:instance/*"],
}  # fmt: skip
_BLOCKS = [
    "203.0.113.0/24",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "2001:db8::/32",
    "::/0",
    "16.0.0.0/4",
]


def _one_or_two(values: list[str]) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(values), st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))


def _about(operators: list[str], table: dict[str, list[str]]) -> st.SearchStrategy[tuple[str, str, Any]]:
    return st.sampled_from(sorted(table)).flatmap(
        lambda key: st.tuples(st.sampled_from(operators), st.just(key), _one_or_two(table[key]))
    )


_conditions = st.one_of(
    _about(_STRINGS, _VALUES),
    _about(_ARNS, _ARN_VALUES),
    st.tuples(st.sampled_from(["IpAddress", "NotIpAddress", "IpAddressIfExists"]), st.just("aws:SourceIp"),
              _one_or_two(_BLOCKS)),
    st.tuples(st.sampled_from(["ForAnyValue:StringLike", "ForAllValues:StringLike", "ForAnyValue:StringNotLike"]),
              st.just("aws:PrincipalOrgPaths"), st.sampled_from([f"{ORGANIZATION}/*", "o-partner/r-1/*", "*/ou-1/*"])),
    st.tuples(st.sampled_from(["Bool", "BoolIfExists"]),
              st.sampled_from(["aws:ViaAWSService", "aws:PrincipalIsAWSService", "aws:MultiFactorAuthPresent",
                               "aws:SecureTransport"]), st.sampled_from(["true", "false"])),
    st.tuples(st.just("Null"), st.sampled_from([*_VALUES, *_ARN_VALUES, "aws:SourceIp", "aws:PrincipalOrgPaths"]),
              st.sampled_from(["true", "false"])),
)  # fmt: skip
_names = st.lists(
    st.sampled_from([ACCOUNT, PARTNER, f"arn:aws:iam::{PARTNER}:root", f"arn:aws:iam::{PARTNER}:role/ci",
                     f"arn:aws:iam::{PARTNER}:user/ann", f"arn:aws:sts::{PARTNER}:assumed-role/ci/s", "*"]),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip


@st.composite
def _statements(draw: st.DrawFn, effect: str) -> dict[str, Any]:
    conditions: dict[str, dict[str, Any]] = {}
    for operator, key, value in draw(st.lists(_conditions, max_size=2)):
        conditions.setdefault(operator, {})[key] = value
    element = draw(st.sampled_from(["Principal"] * 6 + (["NotPrincipal"] if effect == "Deny" else [])))
    found = {"Effect": effect, element: draw(st.one_of(st.just("*"), _names.map(lambda names: {"AWS": names}))),
             "Action": draw(st.sampled_from(["ecr:*", "ecr:BatchGetImage", "ecr:Batch*"]))}  # fmt: skip
    return found | ({"Condition": conditions} if conditions else {})


@st.composite
def _callers(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A caller of another account and what its request says, as such requests are."""
    account = draw(st.sampled_from([PARTNER, STRANGER]))
    kind = draw(st.sampled_from(["session", "session", "user"]))
    name = draw(st.sampled_from(["ci", "ann", "x"]))
    role = f"arn:aws:iam::{account}:role/{name}"
    if kind == "user":
        caller = role.replace(":role/", ":user/")
        keys: dict[str, Any] = {"aws:PrincipalArn": caller, "aws:PrincipalType": "User", "aws:username": name}
    else:
        caller = f"arn:aws:sts::{account}:assumed-role/{name}/s"
        keys = {"aws:PrincipalArn": role, "aws:PrincipalType": "AssumedRole"}
        keys |= draw(st.sampled_from([
            {}, {}, {"codebuild:ProjectArn": f"arn:aws:codebuild:{REGION}:{account}:project/p"},
            {"ec2:SourceInstanceARN": f"arn:aws:ec2:{REGION}:{account}:instance/i-5",
             "aws:Ec2InstanceSourceVpc": "vpc-theirs"},
        ]))  # fmt: skip
    organization = draw(st.sampled_from(["o-partner", "o-other", ""]))
    if organization:
        keys |= {"aws:PrincipalOrgID": organization, "aws:PrincipalOrgPaths": [f"{organization}/r-1/ou-1/"]}
    keys |= draw(st.sampled_from([
        {"aws:SourceIp": "203.0.113.9"}, {"aws:SourceIp": "52.1.2.3"}, {"aws:SourceIp": "198.51.100.9"},
        {"aws:SourceIp": "2600:1f18::9"},
        {"aws:SourceVpce": "vpce-theirs", "aws:SourceVpc": "vpc-theirs", "aws:VpcSourceIp": "10.1.1.1",
         "aws:VpceAccount": account},
    ]))  # fmt: skip
    keys |= draw(st.sampled_from([{}, {"aws:PrincipalTag/team": "ci"}, {"aws:UserAgent": "docker"},
                                  {"aws:MultiFactorAuthPresent": "true"}]))  # fmt: skip
    return caller, keys | {
        "aws:PrincipalAccount": account, "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false",
        "aws:SecureTransport": "true", "aws:ResourceAccount": ACCOUNT, "aws:ResourceOrgID": ORGANIZATION,
    }  # fmt: skip


@cache
def _files() -> dict[str, bytes]:
    net = Pipeline()
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    return net.files()


_policies = st.tuples(
    st.lists(_statements("Allow"), min_size=1, max_size=2), st.lists(_statements("Deny"), max_size=2)
).map(lambda both: {"Version": "2012-10-17", "Statement": [*both[0], *both[1]]})
_EVERYTHING = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def _lets_in(document: dict[str, Any], asking: tuple[Any, dict[str, Any]], action: str, arn: str) -> bool:
    request = {
        "principal": asking[0],
        "action": action,
        "resource": {"arn": arn, "accountId": ACCOUNT},
        "context": asking[1],
    }
    case = {"name": "n", "resourcePolicy": document, "identityPolicies": [_EVERYTHING], "request": request}
    return policy.evaluate_json(case)["decision"] == "Allowed"


@given(_policies, _callers())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_whom_a_repositorys_policy_lets_in_is_told(
    document: dict[str, Any], asking: tuple[str, dict[str, Any]]
) -> None:  # fmt: skip
    if _lets_in(document, asking, "ecr:BatchGetImage", ARN):
        text = json.dumps({"policyText": json.dumps(document)}).encode()
        told = shared_resources(load_files(_files() | {FILE: text}).network, ())
        assert told.findings or told.missing, (document, asking)


@given(_policies, _callers())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_whom_a_builds_role_trusts_is_told(document: dict[str, Any], asking: tuple[str, dict[str, Any]]) -> None:
    trust = json.loads(json.dumps(document).replace("ecr:BatchGetImage", "sts:AssumeRole").replace("ecr:", "sts:")
                       .replace("sts:Batch*", "sts:Assume*"))  # fmt: skip
    if _lets_in(trust, asking, "sts:AssumeRole", ROLE):
        roles = json.loads(_files()[IAM])
        (build,) = [one for one in roles["RoleDetailList"] if one["Arn"] == ROLE]
        build["AssumeRolePolicyDocument"] = trust
        network = load_files(_files() | {IAM: json.dumps(roles).encode()}).network
        told = outsiders(network, (), ("codebuild:p1",), ())
        assert told.findings or told.missing, (trust, asking)


OBJECT = "arn:aws:s3:::artifacts/k"
BUCKET = f"{ACCOUNT}/global/s3api/get-bucket-policy/artifacts.json"
_ANYBODY: dict[str, Any] = {
    "aws:PrincipalAccount": "anonymous", "aws:PrincipalType": "Anonymous", "aws:SourceIp": "52.1.2.3",
    "aws:SecureTransport": "true", "aws:ViaAWSService": "false", "aws:ResourceAccount": ACCOUNT,
    "aws:ResourceOrgID": ORGANIZATION,
}  # fmt: skip


@cache
def _bucket_files() -> dict[str, bytes]:
    net = Pipeline(artifacts={"type": "S3", "location": "artifacts"})
    none = {"Error": {"Code": "NoSuchPublicAccessBlockConfiguration"}}
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "artifacts"}]}, region="global")
    net.put("s3api/get-public-access-block/artifacts", none, region="global")
    net.put("s3control/get-public-access-block", none, region="global")
    net.put("s3api/get-bucket-acl/artifacts", {"Owner": {"ID": "79a5"}, "Grants": []}, region="global")
    return net.files()


@given(_policies, st.one_of(_callers(), st.just(({"type": "Anonymous"}, _ANYBODY))), st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_whom_a_buckets_policy_lets_in_is_told(
    document: dict[str, Any], asking: tuple[Any, dict[str, Any]], secure: bool
) -> None:  # fmt: skip
    """By TLS or without, signed or not."""
    text = json.dumps(document).replace("ecr:BatchGetImage", "s3:GetObject").replace("ecr:Batch", "s3:Get")
    held = json.loads(text.replace("ecr:", "s3:"))
    held["Statement"] = [
        {**one, "Resource": ["arn:aws:s3:::artifacts", f"{OBJECT[:-1]}*"]} for one in held["Statement"]
    ]
    who, keys = asking
    if _lets_in(held, (who, keys | {"aws:SecureTransport": str(secure).lower()}), "s3:GetObject", OBJECT):
        policy_text = json.dumps({"Policy": json.dumps(held)}).encode()
        told = shared_resources(load_files(_bucket_files() | {BUCKET: policy_text}).network, ())
        assert told.findings or told.missing, (held, asking, secure)


_OWN_ALONE = [
    {"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}, {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}},
    {"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}},
    {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:*"}},
]  # fmt: skip


@given(_policies, st.sampled_from(_OWN_ALONE))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_nobody_is_told_where_a_denial_keeps_everybody_else_out(
    document: dict[str, Any], condition: dict[str, Any]
) -> None:  # fmt: skip
    deny = {"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Condition": condition}
    text = json.dumps({"policyText": json.dumps({**document, "Statement": [*document["Statement"], deny]})}).encode()
    assert shared_resources(load_files(_files() | {FILE: text}).network, ()).findings == ()
