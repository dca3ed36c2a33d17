"""What a check takes for granted is said, also where the answer is "blocked" and only the assumption keeps it so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from tests.property.test_matrix import compare
from tests.scenarios.pipelines import (
    ACCOUNT,
    ANYWHERE,
    BUILD,
    BUILD_ROLE,
    REGION,
    Checked,
    Pipeline,
    ask,
    fate,
    for_all,
    policy,
    statement,
)


def codes(net: Pipeline) -> dict[str, str]:
    return {one.code: one.can_hide for one in Checked(net).check.assumptions}


def test_a_way_out_that_only_an_assumption_closes_is_told() -> None:
    net = Pipeline()
    igw = net.igw("vpc-1", name="1")
    net.route("rtb-build", "0.0.0.0/0", igw)
    assert "BLACKHOLE_NO_FALLTHROUGH" not in codes(net)
    net.route("rtb-build", "192.0.2.0/24", "pcx-gone", state="blackhole")
    assert Checked(net).fate("internet")[0] == "blocked"
    assert codes(net)["BLACKHOLE_NO_FALLTHROUGH"] == "leak"


def test_a_push_that_does_not_reach_s3_works_by_an_assumption() -> None:
    assert "PUSH_NEEDS_NO_S3" not in codes(Pipeline())
    net = Pipeline(s3_tables=())
    assert Checked(net).steps()["pull"][0] == "blocked"
    assert codes(net)["PUSH_NEEDS_NO_S3"] == "block"


def test_whether_a_build_fails_without_its_logs_is_not_known() -> None:
    assert "LOGS_LOSS_EFFECT_UNKNOWN" not in codes(Pipeline())
    net = Pipeline(endpoints=("git-codecommit", "ecr.api", "ecr.dkr"))
    assert codes(net)["LOGS_LOSS_EFFECT_UNKNOWN"] == "neither"


@pytest.mark.parametrize(("service", "port", "expected"), [
    ("git-codecommit", 22, "unknown"), ("git-codecommit-fips", 22, "unknown"), ("git-codecommit", 443, "allowed"),
    ("codecommit", 22, "allowed"),
])  # fmt: skip
def test_whether_an_endpoint_carries_git_by_ssh_is_not_known(service: str, port: int, expected: str) -> None:
    net = Pipeline(endpoints=())
    net.permit("sg-ep", "in", ANYWHERE)
    net.add_endpoint(service)
    verdict = ask(net, BUILD, "ip:10.10.11.29", port)
    assert fate(verdict)[0] == expected
    assert ("GIT_SSH_NOT_VIA_ENDPOINT" in {one.code for one in verdict.assumptions}) is (expected == "unknown")
    assert compare(load_files(net.files()), 6, port)[expected] > 0


def test_where_test_reports_go_is_taken_for_granted() -> None:
    spec = "version: 0.2\nphases: {build: {commands: [make]}}\nreports: {r: {files: ['*.xml']}}\n"
    files = Pipeline().files()
    plain = spec.partition("reports")[0]
    for text, told in ((plain, None), (spec, "block")):
        check = load_files(files | {"code/p1/buildspec.yml": text.encode(), "code/p1/Makefile": b"all:\n"}).check()
        assert {one.code: one.can_hide for one in check.assumptions}.get("REPORTS_DESTINATION_ASSUMED") == told


GROUP = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:report-group/p1-r"
PUTS = statement("s3:PutObject", "arn:aws:s3:::raw-reports/*")
EXPORT = {"exportConfigType": "S3", "s3Destination": {"bucket": "raw-reports", "path": "x", "packaging": "NONE"}}


@pytest.mark.parametrize(("export", "may", "outcome"), [
    ({"exportConfigType": "NO_EXPORT"}, False, "allowed"), (EXPORT, True, "allowed"), (EXPORT, False, "blocked"),
    ({"exportConfigType": "OF-TOMORROW"}, True, "unknown"),
])  # fmt: skip
def test_test_reports_are_exported_to_their_groups_bucket(export: dict[str, Any], may: bool, outcome: str) -> None:
    """CodeBuild API Reference, "ReportExportConfig"."""
    net = Pipeline(endpoints=("git-codecommit", "ecr.api", "ecr.dkr", "logs", "codebuild"), build_role=[
        *BUILD_ROLE, statement("codebuild:*"), *([PUTS] if may else [])
    ])  # fmt: skip
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "raw-reports"}]}, region="global")
    net.put("s3api/get-bucket-policy/raw-reports", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    spec = b"version: 0.2\nphases: {build: {commands: [make]}}\nreports: {r: {files: ['*.xml']}}\n"
    code = {"code/p1/buildspec.yml": spec, "code/p1/Makefile": b"all:\n"}
    before = load_files(net.files() | code).check()
    (told,) = [one.detail for one in before.assumptions if one.code == "REPORTS_DESTINATION_ASSUMED"]
    assert "exported to no bucket" in told
    net.put("codebuild/batch-get-report-groups", {"reportGroups": [
        {"arn": GROUP, "name": "p1-r", "exportConfig": export},
        {"arn": f"{GROUP}-other", "exportConfig": {"exportConfigType": "S3", "s3Destination": {"bucket": "else"}}},
    ]})  # fmt: skip
    check = load_files(net.files() | code).check()
    assert [one.outcome for one in check.steps if one.step == "reports"] == [outcome]
    (told,) = [one.detail for one in check.assumptions if one.code == "REPORTS_DESTINATION_ASSUMED"]
    assert "exported" not in told


def test_the_order_of_a_fleets_proxy_rules_is_taken_for_granted() -> None:
    net = Pipeline(in_vpc=False)
    arn = f"arn:aws:codebuild:{net.region}:{net.account}:fleet/f:1"
    proxy = {"defaultBehavior": "ALLOW_ALL", "orderedProxyRules": []}
    net["p1"]["environment"]["fleet"] = {"fleetArn": arn}
    fleet = {"arn": arn, "name": "f", "overflowBehavior": "QUEUE", "proxyConfiguration": proxy}
    net._lists["codebuild/batch-get-fleets"].append(fleet)
    for rules, told in (([], None), ([{"type": "IP", "effect": "DENY", "entities": ["198.51.100.0/24"]}], "leak")):
        proxy["orderedProxyRules"] = rules
        for target in ("ip:198.51.100.7", "ip:203.0.113.9"):
            held = {one.code: one.can_hide for one in ask(net, BUILD, target, 443).assumptions}
            assert held.get("FLEET_PROXY_FIRST_MATCH") == told


def test_where_a_docker_server_stands_is_told() -> None:
    server = {"computeType": "BUILD_GENERAL1_SMALL", "securityGroupIds": ["sg-build"]}
    net = Pipeline()
    assert "DOCKER_SERVER_PLACED" not in codes(net)
    net["p1"]["environment"]["dockerServer"] = server
    assert codes(net)["DOCKER_SERVER_PLACED"] == "neither"


@pytest.mark.parametrize(("keys", "outcome"), [("", "blocked"), ("export AWS_ACCESS_KEY_ID=$(jq -r .Id c)", "allowed")])
def test_permissions_of_others_credentials_are_taken_for_granted(keys: str, outcome: str) -> None:
    """AWS CLI User Guide, "Configuration and credential file settings", precedence: the environment comes before the
    role that CodeBuild hands on. What such credentials may do is not asked of the build's role."""
    net = Pipeline(s3_policy=policy(for_all("s3:*")))
    net.put("s3api/list-buckets", {"Buckets": [{"Name": "site"}]}, region="global")
    shared = statement("s3:GetObject", "arn:aws:s3:::site/*", Principal={"AWS": "444455556666"})
    net.put("s3api/get-bucket-policy/site", {"Policy": json.dumps(policy(shared))}, region="global")
    spec = f"version: 0.2\nphases: {{build: {{commands: [{json.dumps(keys or 'true')}, aws s3 cp a s3://site/a]}}}}\n"
    check = load_files(net.files() | {"code/p1/buildspec.yml": spec.encode(), "code/p1/c": b"{}"}).check()
    assert [one.outcome for one in check.steps if one.step == "run"] == [outcome]
    told = [one.detail for one in check.assumptions if "credentials that it sets" in one.detail]
    assert len(told) == (1 if keys else 0)
    assert [one.component for one in check.findings if one.id == "RESOURCE_SHARED_OUTSIDE"] == ["site"]
