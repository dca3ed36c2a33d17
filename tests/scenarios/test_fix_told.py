"""What keeps a pipeline from being private and working is said, also where it is no fault that a change here mends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reachsim import load, load_files
from reachsim.fix import awscli, terraform
from reachsim.fix.steps import CreateEndpoint, ReplaceStatement, describe
from tests.build import AclEntry
from tests.scenarios.pipelines import ACCOUNT, BUILD_ROLE, REGION, Pipeline, for_all, policy, statement


def to_a_private_gateway() -> Pipeline:
    net = Pipeline()
    net.route("rtb-build", "10.99.0.0/16", net.vgw("vpc-1", name="v"))
    return net


def waiting() -> Pipeline:
    net = Pipeline()
    net["vpce-logs"]["State"] = "pending"
    return net


def two_answers() -> Pipeline:
    net = Pipeline()
    name = f"dkr.ecr.{REGION}.amazonaws.com"
    net.zone(name, [("vpc-1", REGION)], [(f"{ACCOUNT}.{name}", "A", ["10.10.99.9"])])
    return net


def shown() -> Pipeline:
    return Pipeline(projectVisibility="PUBLIC_READ")


@pytest.mark.parametrize(
    ("make", "status", "code", "why"),
    [
        (to_a_private_gateway, "partly", "PUBLIC_EGRESS_POSSIBLE", "vgw-v to a network behind it: whether that may be"),
        (waiting, "partly", None, "vpce-logs is pending: judge again once it is available"),
        (shown, "partly", "RESOURCE_SHARED_OUTSIDE", "aws codebuild update-project-visibility makes it private"),
        (two_answers, "undecided", "DNS_CONFLICTING_ZONES", "both answer for"),
    ],
)
def test_what_no_change_here_mends_is_said(
    make: Callable[[], Pipeline], status: str, code: str | None, why: str
) -> None:
    plan = load_files(make().files()).fix()
    assert (plan.status, plan.steps) == (status, ())
    assert plan.left
    assert all(code in (None, one.code) and why in one.why for one in plan.left)


@pytest.mark.parametrize("gone", ["vpce-09fc7db208a273e13", "vpce-0d95810861dfd68e5"])
def test_a_new_endpoint_takes_the_old_ones_place_in_the_policies_that_name_it(snapshots: Path, gone: str) -> None:
    edited = load(snapshots / "private-pipeline").what_if(remove=gone)
    plan = edited.fix()
    assert (plan.status, plan.after) == ("proven", "private-and-working")
    (made,) = (one for one in plan.steps if isinstance(one, CreateEndpoint))
    named = [one for one in plan.steps if isinstance(one, ReplaceStatement)]
    assert len(named) + 1 == len(plan.steps)
    assert all(made.id in one.statement and gone in one.statement for one in named)
    commands = awscli.render(edited.network, plan.steps, plan.policies)
    variable = made.id.replace("-", "_").upper()
    assert f"{variable}=$(aws ec2 create-vpc-endpoint " in commands
    assert commands.count(f'"\'"${variable}"\'"') == len(named)
    assert made.id not in commands


def test_an_acl_that_lacks_one_block_of_a_prefix_list_gets_that_one(snapshots: Path) -> None:
    edited = load(snapshots / "private-pipeline").what_if(remove="acl-07a8ac1be37cebdb1/outbound/120")
    assert edited.check().overall == "undecided"
    plan = edited.fix()
    assert (plan.status, plan.after) == ("proven", "private-and-working")
    assert [describe(one) for one in plan.steps] == ["add outbound rule 150: allow tcp 443 to 52.219.0.0/20"]


def blocked_twice() -> Pipeline:
    """A network ACL whose first rules leave no number free, before groups that refuse, too."""
    net = Pipeline()
    entries: list[AclEntry] = [(1, "in", "deny", "tcp", (443, 443), "10.10.0.0/16"),
                               (2, "in", "allow", "-1", None, "0.0.0.0/0"),
                               (1, "out", "allow", "-1", None, "0.0.0.0/0")]  # fmt: skip
    net.use_acl(net.acl("vpc-1", entries, name="x"), net.ep_a, net.ep_c)
    net["sg-build"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, "pl-1"))]
    return net


def test_of_two_faults_on_one_way_the_one_without_a_fix_is_told() -> None:
    plan = load_files(blocked_twice().files()).fix()
    assert (plan.status, plan.steps) == ("partly", ())
    assert {one.why for one in plan.left} == {
        "no number below rule 1 of acl-x, which denies it, is free: give that rule a higher one"
    }


@pytest.mark.parametrize(
    ("buckets", "statuses"), [(["site"], ["proven"]), ([], ["partly", "none"]), (None, ["undecided"])]
)
def test_a_bucket_whose_owner_nobody_knows_is_not_opened(buckets: list[str] | None, statuses: list[str]) -> None:
    """What a build writes to a bucket of another account's is data that leaves, whatever the bucket is called."""
    net = Pipeline(
        build_role=[*BUILD_ROLE, statement("s3:PutObject")], s3_policy=policy(for_all("s3:GetObject")),
    )  # fmt: skip
    net["p1"]["source"]["buildspec"] = (
        "version: 0.2\nphases:\n  build:\n    commands: ['aws s3 cp out s3://site/out']\n"
    )
    if buckets is not None:
        net.put("s3api/list-buckets", {"Buckets": [{"Name": one} for one in buckets]}, region="global")
    for one in buckets or ():
        net.put(f"s3api/get-bucket-policy/{one}", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    plan = load_files(net.files()).fix()
    assert plan.status in statuses
    assert all(f"aws:ResourceAccount StringEquals {ACCOUNT}" in describe(step) for step in plan.steps)
    assert bool(plan.steps) is (buckets != [])


@pytest.mark.parametrize("source", ["registry", "NotPrincipal"])
def test_policies_of_registries_and_those_for_all_but_some_are_narrowed(source: str) -> None:
    """Amazon ECR User Guide, "Private registry policies"; IAM User Guide, "NotPrincipal" (Allow: everyone else)."""
    net = Pipeline()
    net.put("ecr/describe-repositories", {"repositories": [{"repositoryName": "app"}]})
    if source == "registry":
        net.put("ecr/get-registry-policy", {"policyText": json.dumps(policy(for_all("ecr:BatchGetImage")))})
    else:
        others = {"Effect": "Allow", "NotPrincipal": {"AWS": "222222222222"}, "Action": "ecr:BatchGetImage"}
        net.put("ecr/get-repository-policy/app", {"policyText": json.dumps(policy(others))})
    reach = load_files(net.files())
    plan = reach.fix()
    assert (plan.status, plan.before, plan.after) == ("proven", "exposed", "private-and-working")
    (step,) = plan.steps
    assert "aws:PrincipalOrgID" in describe(step)
    assert not plan.also_opens
    if source == "registry":
        commands = awscli.render(reach.network, plan.steps, plan.policies)
        assert f"aws ecr put-registry-policy --region {REGION} --policy-text" in commands
        assert 'resource "aws_ecr_registry_policy"' in terraform.render(plan.steps, plan.policies)
