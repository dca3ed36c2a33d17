"""Whole pipelines as CloudFormation templates, with the verdict that each must give.

``one-stack.yaml`` is written as public samples are, with conditions, mappings and parameters that choose how open it
is; ``cdk.json`` has the shape of what the CDK synthesizes; ``nested.yaml`` splits network and builds into stacks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import reachsim
from reachsim.importers.cloudformation import import_cloudformation

DATA = Path(__file__).parents[1] / "data/cloudformation/pipelines"


def load(name: str, tmp_path: Path, parameters: Mapping[str, str]) -> reachsim.Reach:
    values = tmp_path / "parameters.json"
    values.write_text(json.dumps(parameters), encoding="utf-8")
    import_cloudformation(
        DATA / name, tmp_path / "out", region="eu-west-1", account="111111111111", parameters=values
    )  # fmt: skip
    return reachsim.load(tmp_path / "out")


ONE_STACK = {
    "private": ({}, "private-and-working", ()),
    "a NAT gateway": ({"Egress": "nat"}, "leaking", ("PUBLIC_EGRESS_POSSIBLE",)),
    "IPv6 by an egress-only gateway": ({"Egress": "ipv6"}, "leaking", ("PUBLIC_EGRESS_POSSIBLE",)),
    "out by a Network Firewall": ({"Egress": "firewall"}, "leaking", ("PUBLIC_EGRESS_POSSIBLE",)),
    "no endpoint for image layers": ({"Endpoints": "no-dkr"}, "private-but-failing", ("NO_ROUTE_TO_DESTINATION",)),
    "a bucket policy that names what is needed": ({"BucketPolicy": "named"}, "private-and-working", ()),
    "a bucket policy that forgets ECR's": (
        {"BucketPolicy": "own-bucket-only"}, "private-but-failing", ("VPCE_POLICY_SERVICE_BUCKET_MISSING",),
    ),
    "a tight network ACL": ({"Acl": "tight"}, "private-and-working", ()),
    "a network ACL without replies": ({"Acl": "no-replies"}, "private-but-failing", ("SUBNET_ACL_RESTRICTION",)),
    "builds outside the VPC": ({"BuildInVpc": "false"}, "leaking", ("CODEBUILD_NOT_IN_VPC",)),
    "a git client": ({"Client": "private"}, "private-and-working", ()),
    "DNS Firewall": ({"Names": "aws-only"}, "private-and-working", ()),
}  # fmt: skip


@pytest.mark.parametrize("what", ONE_STACK)
def test_one_stack(what: str, tmp_path: Path) -> None:
    parameters, overall, codes = ONE_STACK[what]
    found = load("one-stack.yaml", tmp_path, parameters).check()
    assert found.overall == overall
    assert {one.id for one in found.findings if one.severity in ("high", "medium")} >= set(codes)
    assert not found.missing


def test_a_network_firewall_lets_out_what_its_list_names(tmp_path: Path) -> None:
    reach = load("one-stack.yaml", tmp_path, {"Egress": "firewall"})
    answers = {
        name: reach.simulate("codebuild:app-build", f"host:{name}", protocol="tcp", port=443)
        for name in ("www.example.com", "github.com")
    }
    assert answers["github.com"].outcome == "blocked"
    assert answers["github.com"].blocked_by[0].code == "FIREWALL_DOMAIN_DENY"
    assert "vpce-stack-fw-1" in {hop.component for path in answers["www.example.com"].paths for hop in path.hops}


def test_dns_firewall_answers_aws_names_only(tmp_path: Path) -> None:
    reach = load("one-stack.yaml", tmp_path, {"Names": "aws-only"})
    verdict = reach.simulate("codebuild:app-build", "host:github.com", protocol="tcp", port=443)
    assert (verdict.outcome, verdict.blocked_by[0].code) == ("blocked", "DNS_FIREWALL_BLOCK")


def test_a_load_balancer_leads_to_its_targets(tmp_path: Path) -> None:
    reach = load("one-stack.yaml", tmp_path, {"Client": "behind-load-balancer"})
    verdict = reach.simulate("internet", "eni-Front-1", protocol="tcp", port=80)
    assert verdict.outcome == "allowed"
    assert any(path.terminal == "eni-i-GitClient" for path in verdict.paths)
    assert reach.simulate("internet", "eni-Front-1", protocol="tcp", port=22).outcome == "blocked"
