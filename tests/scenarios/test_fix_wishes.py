"""Fixes of keys' policies, and what no fix gives: contradictory wishes, others' denies, names that are blocked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reachsim import load, load_files
from reachsim.config import Config, Expect
from reachsim.fix import awscli, terraform
from reachsim.report.fix import render_fix
from tests.build import Record
from tests.resolvers import firewall
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, ORGANIZATION, REGION, Pipeline, for_all, policy, statement
from tests.scenarios.test_check_code import BUILDSPEC, OWN
from tests.scenarios.test_encryption import DELEGATES, KEY, MAY_USE_KEYS, OTHER, ROLE, named
from tests.scenarios.test_encryption import pipeline as keyed
from tests.scenarios.test_fix import Files, building, fixed, steps_of

ARTIFACTS = (BUILDSPEC + "artifacts:\n  files: [out]\n").encode()
THROUGH_S3 = f"if kms:ViaService StringEquals s3.{REGION}.amazonaws.com"


def encrypted(*key: Record, **more: Any) -> Files:
    return building(keyed(*key, **more), OWN) | {"code/p1/buildspec.yml": ARTIFACTS}


@pytest.mark.parametrize(
    ("key", "role", "expected"),
    [
        (DELEGATES, None, (ROLE, f"add inline policy reachsim-kms: Allow kms:GenerateDataKey on {KEY} {THROUGH_S3}")),
        (named(OTHER), MAY_USE_KEYS, (KEY, f"add policy statement: Allow kms:GenerateDataKey on * by {ROLE} "
                                      f"{THROUGH_S3}")),
        (named(OTHER), None, (KEY, f"add policy statement: Allow kms:GenerateDataKey on * by {ROLE} {THROUGH_S3}")),
    ],
)  # fmt: skip
def test_a_key_is_opened_for_the_role_and_its_service_alone(
    key: Record, role: Record | None, expected: tuple[str, str]
) -> None:
    files = encrypted(key, role=role)
    plan = load_files(files).fix()
    assert steps_of(plan) == [expected]
    assert (plan.status, plan.also_opens) == ("proven", ())
    assert fixed(files, plan).check().overall == "private-and-working"


def test_forms_of_a_keys_policy() -> None:
    files = encrypted(named(OTHER))
    reach = load_files(files)
    plan = reach.fix()
    commands = awscli.render(reach.network, plan.steps, plan.policies)
    assert f"aws kms put-key-policy --region {REGION} --key-id {KEY} --policy-name default --policy" in commands
    assert 'resource "aws_kms_key_policy"' in terraform.render(plan.steps, plan.policies)


def listed(*policies: Record, held: Record | None = None) -> Files:
    """The project's bucket ``out``, whose access control list lets everyone read, and its policy."""
    net = Pipeline(build_role=[*BUILD_ROLE, statement("s3:*")], artifacts={"type": "S3", "location": "out"})
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "out"}]}, region="global")
    none = {"Error": {"Code": "NoSuchBucketPolicy"}}
    own = {"Policy": json.dumps(policy(*policies))} if policies else none
    net.put("s3api/get-bucket-policy/out", own, region="global")
    everyone = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    acl = {"Owner": {"ID": "79a5"}, "Grants": [{"Grantee": everyone, "Permission": "READ"}]}
    net.put("s3api/get-bucket-acl/out", acl, region="global")
    absent = {"Error": {"Code": "NoSuchPublicAccessBlockConfiguration"}}
    net.put("s3api/get-public-access-block/out", held or absent, region="global")
    net.put("s3control/get-public-access-block", absent, region="global")
    return building(net, OWN) | {"code/p1/buildspec.yml": ARTIFACTS}


BLOCKS_ACLS = {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "IgnorePublicAcls": False}}
IGNORES = ("out", "switch IgnorePublicAcls of S3 Block Public Access on")


@pytest.mark.parametrize(("policies", "held", "also", "settings"), [
    ((), None, 0, "BlockPublicAcls=false,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false"),
    ((), BLOCKS_ACLS, 0,
     "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false"),
    ((for_all("s3:GetObject", "arn:aws:s3:::out/*"),), None, 1, "IgnorePublicAcls=true"),
])  # fmt: skip
def test_a_bucket_that_its_list_makes_public_is_shut(
    policies: tuple[Record, ...], held: Record | None, also: int, settings: str
) -> None:
    """S3 User Guide, "Blocking public access to your Amazon S3 storage" (IgnorePublicAcls)."""
    files = listed(*policies, held=held)
    reach = load_files(files)
    assert reach.check().overall == "exposed"
    plan = reach.fix()
    assert (plan.status, plan.after, plan.left) == ("proven", "private-and-working", ())
    assert IGNORES in steps_of(plan)
    assert len(plan.steps) == 1 + also
    assert fixed(files, plan).check().overall == "private-and-working"
    assert settings in awscli.render(reach.network, plan.steps, plan.policies)
    told = terraform.render(plan.steps, plan.policies)
    assert 'resource "aws_s3_bucket_public_access_block"' in told
    assert re.search(r"ignore_public_acls +\= true", told)


def in_organization(kind: str, denied: Record) -> Pipeline:
    """A pipeline whose account's unit has a service or resource control policy that denies."""
    net = Pipeline()
    net.put("organizations/describe-organization", {"Organization": {"Id": ORGANIZATION}}, region="global")
    for child, parent in ((ACCOUNT, "ou-1"), ("ou-1", "r-1")):
        net.put(f"organizations/list-parents/{child}", {"Parents": [{"Id": parent}]}, region="global")
    for target in (ACCOUNT, "ou-1", "r-1"):
        for each, full in (("SERVICE", "p-FullAWSAccess"), ("RESOURCE", "p-RCPFullAWSAccess")):
            listed = [{"Id": full}, *([{"Id": "p-own"}] if (each, target) == (kind, "ou-1") else [])]
            path = f"organizations/list-policies-for-target/{target}.{each}_CONTROL_POLICY"
            net.put(path, {"Policies": listed}, region="global")
    content = {"Policy": {"Content": json.dumps(policy(denied))}}
    net.put("organizations/describe-policy/p-own", content, region="global")
    return net


def bounded() -> Pipeline:
    net = Pipeline()
    bound = f"arn:aws:iam::{ACCOUNT}:policy/bound"
    details = net._more[f"{ACCOUNT}/global/iam/get-account-authorization-details.json"]
    role = next(one for one in details["RoleDetailList"] if one["RoleName"] == "build")
    role["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": bound}
    document = policy(statement(["codecommit:*", "logs:*", "s3:*", "ec2:*"]))
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document}
    details["Policies"] = [{"PolicyName": "bound", "Arn": bound, "PolicyVersionList": [version]}]
    return net


def denied_at_endpoint() -> Pipeline:
    net = Pipeline()
    denied = for_all("ecr:PutImage", effect="Deny")
    net["vpce-ecr-dkr"]["PolicyDocument"] = json.dumps(policy(for_all("*"), denied))
    return net


def firewalled() -> Pipeline:
    net = Pipeline()
    firewall(net, "vpc-1", {"Action": "BLOCK", "BlockResponse": "NXDOMAIN", "domains": ("*.amazonaws.com",)})
    return net


def six_alone() -> Pipeline:
    net = Pipeline()
    block = {"Ipv6CidrBlockState": {"State": "associated"}}
    net["vpc-1"]["Ipv6CidrBlockAssociationSet"] = [block | {"Ipv6CidrBlock": "2001:db8:10::/56"}]
    for number, subnet in enumerate((net.build_a, net.build_c)):
        net[subnet].pop("CidrBlock")
        net[subnet].update(Ipv6Native=True, Ipv6CidrBlockAssociationSet=[
            block | {"Ipv6CidrBlock": f"2001:db8:10:{number}::/64"}])  # fmt: skip
    return net


DENY_LOGIN = statement("ecr:GetAuthorizationToken", effect="Deny")


@pytest.mark.parametrize(
    ("make", "code", "why"),
    [
        (lambda: in_organization("SERVICE", DENY_LOGIN).files(), "SCP_DENY", "whoever governs the organization"),
        (lambda: in_organization("RESOURCE", DENY_LOGIN | {"Principal": "*"}).files(), "RCP_DENY",
         "whoever governs the organization"),
        (lambda: bounded().files(), "BOUNDARY_DENY", "whoever set the role's permissions boundary"),
        (lambda: denied_at_endpoint().files(), "VPCE_POLICY_EXPLICIT_DENY", "whoever owns the endpoint's policy"),
        (lambda: firewalled().files(), "DNS_FIREWALL_BLOCK", "let a rule before it allow the name"),
        (lambda: six_alone().files(), "NO_POSSIBLE_DESTINATION", "has no IPv4 address to send from"),
        (lambda: encrypted(DELEGATES, for_all("kms:*", effect="Deny"), role=MAY_USE_KEYS), "RESOURCE_POLICY_DENY",
         "denies kms:GenerateDataKey"),
        (lambda: encrypted(DELEGATES, role=MAY_USE_KEYS, state="Disabled"), "KMS_KEY_UNUSABLE", "is Disabled"),
    ],
)  # fmt: skip
def test_what_is_beyond_a_fix_is_said_with_who_decides_it(make: Callable[[], Files], code: str, why: str) -> None:
    plan = load_files(make()).fix()
    assert (plan.status, plan.steps, plan.exit_code) == ("partly", (), 1)
    assert {one.code for one in plan.left} == {code}
    assert all(why in one.why for one in plan.left)


def wish(to: str, **wanted: str) -> Expect:
    return Expect(**{"source": "codebuild:app-build", "to": to} | wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ([wish("internet", outcome="allowed")], ["has no way out, so the two contradict each other"]),
        ([wish("host:github.com", route="internet")], ["has no way out, so the two contradict each other"]),
        ([wish("ecr.api", outcome="blocked")], ["a step of the pipeline needs it, so the wish and a working pipeline"]),
        ([wish("internet", outcome="blocked"), wish("host:github.com", outcome="allowed")], ["has no way out"]),
        ([wish("i-08c6c51c9a0f8ac94", outcome="allowed")], ["grants no wish beyond that"]),
        ([wish("ecr.api", outcome="allowed", route="private")], []),
    ],
)  # fmt: skip
def test_wishes_that_a_private_and_working_pipeline_does_not_give(
    snapshots: Path, wishes: list[Expect], told: list[str]
) -> None:
    reach = load(snapshots / "private-pipeline", config=Config(expect=tuple(wishes)))
    plan = reach.fix()
    assert plan.after == "private-and-working"
    assert [one.code for one in plan.left] == ["EXPECTATION_NOT_MET"] * len(told)
    assert all(text in one.why for text, one in zip(told, plan.left, strict=True))
    assert plan.exit_code == (1 if told else 0)


def test_wishes_are_told_beside_the_changes(snapshots: Path) -> None:
    wanted = Config(expect=(wish("host:github.com", outcome="allowed"),))
    plan = load(snapshots / "broken-pipeline", config=wanted).fix()
    assert (plan.status, plan.after, len(plan.steps)) == ("partly", "private-and-working", 6)
    assert [one.code for one in plan.left] == ["EXPECTATION_NOT_MET"]


def test_nothing_to_propose_is_said_so(snapshots: Path) -> None:
    reach = load(snapshots / "private-pipeline", config=Config(expect=(wish("internet", outcome="allowed"),)))
    assert "Nothing that reachsim can propose mends what is wrong." in render_fix(reach.fix(), reach)


def test_a_wish_that_cannot_be_decided_leaves_it_undecided() -> None:
    files = {path: data for path, data in Pipeline().files().items() if "describe-nat" not in path}
    wanted = Expect(source="codebuild:p1", to="nat-1", outcome="blocked")
    plan = load_files(files, config=Config(expect=(wanted,))).fix()
    assert (plan.status, plan.exit_code) == ("undecided", 3)
    assert [one.code for one in plan.left] == ["EXPECTATION_UNDECIDED"]
