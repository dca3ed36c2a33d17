"""Requests on several ways: chance picks the endpoint, so what one policy refuses is intermittent, not blocked."""

from __future__ import annotations

from typing import Any

from reachsim import Reach, load_files
from reachsim.verdict import Verdict
from tests.build import ANYWHERE, Build

DENY = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}
GET = {"action": "s3:GetObject", "resource": "arn:aws:s3:::data/key"}


def two_zones(first: dict[str, Any] | None, second: dict[str, Any] | None, shut: str | None = None) -> Reach:
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
    net.put("s3api/get-bucket-policy/data", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    return load_files(net.files())


def get(reach: Reach) -> Verdict:
    return reach.simulate("codebuild:app", "s3", protocol="tcp", port=443, requests=[GET])


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


def ecr(resource: str, policy: str | None) -> Verdict:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    group = net.group(vpc, ingress=ANYWHERE, egress=ANYWHERE)
    net.interface_endpoint(vpc, "ecr.api", {subnet: "10.0.1.9"}, [group], names=["api.ecr.us-east-1.amazonaws.com"])
    net.project("app", vpc, [subnet], [group])
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
