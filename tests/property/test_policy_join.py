"""Policies joined with a path decide as the evaluator does that is given all keys of the request by hand.

The documents are spelled in all ways that AWS takes: one text for a list, NotAction and NotResource, stars in the
middle, other case, either Version or none, Sids twice, principals as accounts, ids of the deleted and stars.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reachsim import load_files, policy
from tests.build import ANYWHERE, Build

OWN, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{OWN}:role/build/app"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/i-1"
DETAILS = f"{OWN}/global/iam/get-account-authorization-details.json"
CONTEXT = {
    "aws:SourceVpce": "vpce-1", "aws:SourceVpc": "vpc-1", "aws:VpcSourceIp": "10.0.1.5", "aws:SecureTransport": "true",
    "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false", "aws:PrincipalArn": ROLE,
    "aws:PrincipalAccount": OWN, "aws:PrincipalType": "AssumedRole", "aws:userid": "AROAAPP:i-1",
    "aws:RequestedRegion": "us-east-1", "aws:PrincipalTag/チーム": "赤", "aws:PrincipalOrgID": "o-1",
    "aws:PrincipalOrgPaths": ["o-1/r-1/"], "ec2:SourceInstanceArn": f"arn:aws:ec2:us-east-1:{OWN}:instance/i-1",
}  # fmt: skip
ENTRIES = [ROLE, SESSION, OWN, OTHER, f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OWN}:user/app", "*", "AROAGONE",
           f"arn:aws:iam::{OWN}:role/app", f"arn:aws:sts::{OWN}:assumed-role/app/i-2"]  # fmt: skip


def _one_or_list(items: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.one_of(items, st.lists(items, min_size=1, max_size=3))


_actions = _one_or_list(st.sampled_from(
    ["*", "s3:*", "S3:getobject", "s3:Get*", "s3:*Object", "s3:G?tObject", "s3:PutObject", "ecr:*", "s3:GET*OBJ*"]
))  # fmt: skip
_resources = _one_or_list(st.sampled_from(
    ["*", "arn:aws:s3:::data/*", "arn:aws:s3:::data/報告/*.txt", "arn:aws:s3:::data", "arn:aws:s3:::*/2026/*",
     "arn:aws:s3:::d*a/*/k?y.txt", "arn:aws:s3:::data/${aws:PrincipalTag/チーム}/*", "arn:aws:s3:::${aws:userid}/*"]
))  # fmt: skip
_conditions = st.sampled_from([
    {"StringEquals": {"AWS:sourcevpce": "vpce-1"}}, {"StringNotEquals": {"aws:SourceVpce": ["vpce-2", "vpce-3"]}},
    {"IpAddress": {"aws:VpcSourceIp": ["10.0.1.0/24", "::/0"]}}, {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}}, {"Bool": {"aws:SecureTransport": True}},
    {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}}, {"Null": {"aws:SourceVpc": "false"}},
    {"StringLike": {"aws:userid": ["AROAAPP:*", "AROAX:*"]}}, {"StringEquals": {"aws:PrincipalTag/チーム": "青"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}}, {"StringNotLike": {"aws:PrincipalOrgID": "o"}},
    {"ForAllValues:StringEquals": {"aws:CalledVia": "x.amazonaws.com"}}, {"StringEquals": {"aws:SourceVpc": ["vpc"]}},
    {"StringEquals": {"aws:ResourceAccount": OWN}, "Null": {"aws:username": True}}, {},
    {"ArnNotEqualsIfExists": {"ec2:SourceInstanceArn": f"arn:aws:ec2:*:{OWN}:instance/i-*"}},
])  # fmt: skip


@st.composite
def documents(draw: st.DrawFn, named: bool) -> dict[str, Any]:
    statements = []
    for _ in range(draw(st.integers(0, 3))):
        one: dict[str, Any] = {
            "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
            draw(st.sampled_from(["Action", "Action", "Action", "NotAction"])): draw(_actions),
            draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"])): draw(_resources),
        }
        if draw(st.booleans()):
            one["Sid"] = draw(st.sampled_from(["a", "A", ""]))
        if draw(st.booleans()):
            one["Condition"] = draw(_conditions)
        if named:
            who = st.one_of(st.just("*"), st.builds(lambda aws: {"AWS": aws}, _one_or_list(st.sampled_from(ENTRIES))))
            one[draw(st.sampled_from(["Principal"] * 5 + ["NotPrincipal"]))] = draw(who)
        statements.append(one)
    broad: dict[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"} | ({"Principal": "*"} if named else {})
    if draw(st.sampled_from([True, True, False])):
        statements.append(broad)
    head = draw(st.sampled_from([{"Version": "2012-10-17"}, {"Version": "2008-10-17"}, {}, {"Id": "x"}]))
    return {**head, "Statement": statements[0] if len(statements) == 1 and draw(st.booleans()) else statements}


def network() -> dict[str, bytes]:
    """An instance with a role, and an interface endpoint for S3 whose policy is to be filled in."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    group = net.group(vpc, ingress=ANYWHERE, egress=ANYWHERE)
    net.interface_endpoint(vpc, "s3", {subnet: "10.0.1.9"}, [group], names=["s3.us-east-1.amazonaws.com"])
    net.instance(subnet, "10.0.1.5", groups=[group], name="1")
    profile = f"arn:aws:iam::{OWN}:instance-profile/app"
    net["i-1"]["IamInstanceProfile"] = {"Arn": profile}
    net.put("organizations/describe-organization", {"Organization": {"Id": "o-1", "MasterAccountId": "333333333333"}},
            region="global")  # fmt: skip
    net.put(f"organizations/list-parents/{OWN}", {"Parents": [{"Id": "r-1"}]}, region="global")
    for target in ("r-1", OWN):
        for kind, name in (("SERVICE", "p-scp"), ("RESOURCE", "p-RCPFullAWSAccess")):
            attached = {"Policies": [{"Id": name}]}
            net.put(f"organizations/list-policies-for-target/{target}.{kind}_CONTROL_POLICY", attached, region="global")
    return net.files()


FILES = network()
ENDPOINTS = f"{OWN}/us-east-1/ec2/describe-vpc-endpoints.json"


def simulated(case: dict[str, Any], action: str, arn: str) -> str:
    held = json.loads(FILES[ENDPOINTS])
    held["VpcEndpoints"][0]["PolicyDocument"] = json.dumps(case["endpoint"], ensure_ascii=False)
    role = {"Arn": ROLE, "RoleName": "app", "RoleId": "AROAAPP", "Tags": [{"Key": "チーム", "Value": "赤"}],
            "InstanceProfileList": [{"Arn": f"arn:aws:iam::{OWN}:instance-profile/app"}],
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": case["identity"]}],
            "AttachedManagedPolicies": []}  # fmt: skip
    policies = []
    if case["boundary"] is not None:
        limit = f"arn:aws:iam::{OWN}:policy/limit"
        role["PermissionsBoundary"] = {"PermissionsBoundaryArn": limit, "PermissionsBoundaryType": "Policy"}
        version = {"Document": case["boundary"], "IsDefaultVersion": True}
        policies = [{"Arn": limit, "PolicyVersionList": [version]}]
    answers = {
        ENDPOINTS: held, DETAILS: {"RoleDetailList": [role], "Policies": policies},
        f"{case['owner']}/global/s3api/get-bucket-policy/data.json":
            {"Policy": json.dumps(case["resource"])} if case["resource"] is not None
            else {"Error": {"Code": "NoSuchBucketPolicy"}},
        f"{OWN}/global/organizations/describe-policy/p-scp.json":
            {"Policy": {"Content": json.dumps(case["scp"])}},
        f"{case['owner']}/global/s3control/get-public-access-block.json":
            {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": case["blocked"]}},
        f"{case['owner']}/global/s3api/get-public-access-block/data.json":
            {"Error": {"Code": "NoSuchPublicAccessBlockConfiguration"}},
        f"{OTHER}/global/organizations/describe-organization.json":
            {"Error": {"Code": "AWSOrganizationsNotInUseException"}},
    }  # fmt: skip
    files = FILES | {path: json.dumps(answer).encode() for path, answer in answers.items()}
    request = {"action": action, "resource": arn}
    verdict = load_files(files).simulate("i-1", "s3", protocol="tcp", port=443, requests=[request])
    assert verdict.layers["network"] == "allowed"
    return verdict.outcome


def evaluated(case: dict[str, Any], action: str, arn: str) -> str:
    owner = case["owner"]
    request = {"principal": SESSION, "action": action, "resource": {"arn": arn, "accountId": owner},
               "context": {**CONTEXT, "aws:ResourceAccount": owner, "s3:ResourceAccount": owner}}  # fmt: skip
    answer = policy.evaluate_json({
        "name": "n", "request": request, "identityPolicies": [case["identity"]],
        "boundary": None if case["boundary"] is None else [case["boundary"]], "resourcePolicy": case["resource"],
        "vpcEndpointPolicies": [case["endpoint"]], "scps": [[case["scp"]], [case["scp"]]],
        "s3BlockPublicAccess": case["blocked"],
    })  # fmt: skip
    return "allowed" if answer["decision"] == "Allowed" else "blocked"


FULL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
cases = st.fixed_dictionaries({
    "endpoint": documents(True), "identity": documents(False), "owner": st.sampled_from([OWN, OTHER]),
    "boundary": st.one_of(st.none(), documents(False)), "resource": st.one_of(st.none(), documents(True)),
    "scp": st.one_of(st.just(FULL), st.just(FULL), documents(False)), "blocked": st.booleans(),
})  # fmt: skip


@given(
    cases,
    st.sampled_from(["s3:GetObject", "s3:putobject"]),
    st.sampled_from(["arn:aws:s3:::data/報告/x.txt", "arn:aws:s3:::data/赤/2026/key.txt"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_join_decides_as_the_evaluator(case: dict[str, Any], action: str, arn: str) -> None:
    assert simulated(case, action, arn) == evaluated(case, action, arn), case
