"""Scenarios SC01 to SC19 from end to end: the build's own files, every step's word, and the overall word.

The pipeline is BASE with the changes of each scenario; steps that no change touches are as in SC01.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from reachsim import load_files
from tests.build import Build, Record
from tests.scenarios.pipelines import (
    ACCOUNT,
    BUILD_ROLE,
    LAYERS,
    PUSH_AND_PULL,
    REGION,
    REGISTRY,
    Pipeline,
    for_all,
    policy,
    statement,
)
from tests.scenarios.test_check_code import BUILDSPEC, OWN, SEED
from tests.scenarios.test_pipeline import FORGETFUL, MAY_READ, ONE_WAY, ORG_ONLY, SECRET
from tests.scenarios.test_pipeline_policies import ONLY_ENDPOINTS, demands, repository_policy

THEIRS = "222222222222"
FAR = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
LOGS_IN_FAR = BUILDSPEC.replace(
    "      - aws ecr",
    "      - aws ecr get-login-password --region us-east-1 | docker login --username AWS --password-stdin "
    f"{FAR}\n      - aws ecr",
)
USUAL = {
    "git-push": "private", "source": "private", "login": "private", "pull": "private", "push": "private",
    "logs": "private",
}  # fmt: skip


class Case(NamedTuple):
    """``steps``: what differs from SC01, a route or a word; ``-`` before it: an earlier step fails. ``why``: component
    of what stops a step."""

    net: Callable[[], Build]
    overall: str
    steps: Mapping[str, str] = MappingProxyType({})
    why: Mapping[str, set[str]] = MappingProxyType({})
    dockerfile: str = OWN
    buildspec: str = BUILDSPEC
    others: Callable[[], Build] | None = None


def nat(**more: Any) -> Build:
    net = Pipeline(**more)
    net.with_nat()
    return net


def gateway() -> Build:
    net = Pipeline()
    net.route("rtb-build", "0.0.0.0/0", net.igw("vpc-1", name="1"))
    return net


def one_zone() -> Build:
    net = Pipeline()
    net["sg-ep"]["IpPermissions"] = [
        net._permission(("tcp", 443, 443, block)) for block in ("10.10.1.0/24", "10.10.21.0/24")
    ]
    return net


def with_acl(entries: list[Any], *where: str) -> Build:
    net = Pipeline()
    net.use_acl(net.acl("vpc-1", entries, name=where[0]), *(getattr(net, one) for one in where[1:]))
    return net


def no_private_dns(net: Build) -> Build:
    net["vpce-ecr-dkr"]["PrivateDnsEnabled"] = False
    return net


def secret(endpoint: Record | None, *, may_read: bool) -> Build:
    net = Pipeline(build_role=[*BUILD_ROLE, *([MAY_READ] if may_read else [])], environment=SECRET)
    if endpoint is not None:
        net.add_endpoint("secretsmanager", policy=endpoint)
    return net


def from_codepipeline(*statements: Record) -> Build:
    net = Pipeline(endpoints=["ecr.api", "ecr.dkr", "logs"], source=("CODEPIPELINE", ""),
                   build_role=[*BUILD_ROLE, *statements])  # fmt: skip
    action = {"name": "b", "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild"},
              "configuration": {"ProjectName": "p1"}}  # fmt: skip
    pipeline = {"name": "main", "artifactStore": {"type": "S3", "location": "pipe-b"},
                "stages": [{"name": "Build", "actions": [action]}]}  # fmt: skip
    net.put("codepipeline/get-pipeline/main", {"pipeline": pipeline})
    net.put("s3api/get-bucket-policy/pipe-b", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    return net


RESTRICTED = statement(["ecr:*", "logs:*", "codecommit:*", "s3:*"], effect="Deny", Condition=ONLY_ENDPOINTS)


def demanding() -> Build:
    net = Pipeline()
    repository_policy(net, "app", demands("vpce-ecr-dkr"))
    return net


def any_ecr(role: list[Record] | None = None, endpoint: str = "") -> Build:
    net = Pipeline(build_role=[*BUILD_ROLE, statement("ecr:*")] if role is None else role)
    if endpoint:
        net["vpce-ecr-dkr"]["PolicyDocument"] = json.dumps(policy(for_all("*", endpoint)))
    return net


def their_base(*, admits: bool) -> Build:
    other = Build(THEIRS, REGION, tag="x")
    if admits:
        own = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        repository_policy(other, "base", {"Effect": "Allow", "Principal": own, "Action": PUSH_AND_PULL})
    else:
        other.put("ecr/get-repository-policy/base", {"Error": {"Code": "RepositoryPolicyNotFoundException"}})
    return other


def far_endpoints() -> Build:
    net = Pipeline()
    for number, (service, name) in enumerate((("ecr.api", "api.ecr"), ("ecr.dkr", "*.dkr.ecr"))):
        net.interface_endpoint(
            "vpc-1", f"com.amazonaws.us-east-1.{service}", {net.ep_a: f"10.10.11.{40 + number}"}, ["sg-ep"],
            names=[f"{name}.us-east-1.amazonaws.com"], name=f"far{number}",
        )  # fmt: skip
        net[f"vpce-far{number}"]["ServiceRegion"] = "us-east-1"
    return net


def far_repository() -> Build:
    other = Build(ACCOUNT, "us-east-1", tag="y")
    other.put("ecr/get-repository-policy/base", {"Error": {"Code": "RepositoryPolicyNotFoundException"}})
    return other


FAILS = "private-but-failing"
WORKS = "private-and-working"
STUCK = {"pull": "blocked", "push": "-private"}
FROM_THEIRS = f"FROM {THEIRS}.dkr.ecr.{REGION}.amazonaws.com/base:1\n"
LEGACY_BUILDER = BUILDSPEC.replace("- docker build", "- DOCKER_BUILDKIT=0 docker build")
FRONTEND = "# syntax=docker/dockerfile:1\n"
CASES = {
    "01": Case(Pipeline, WORKS),
    "02a": Case(Pipeline, FAILS, {**STUCK, "run": "-blocked"}, {"pull": {"rtb-build"}, "run": {"rtb-build"}}, SEED),
    "02b": Case(gateway, FAILS, {**STUCK, "run": "-blocked"}, {"pull": {"igw-1"}}, SEED),
    "03": Case(lambda: Pipeline(in_vpc=False), "leaking",
               {"source": "aws-public", "login": "aws-public", "pull": "internet", "run": "internet",
                "push": "aws-public", "logs": "aws-public"}, {}, SEED),
    "04": Case(nat, "leaking", {"pull": "internet", "run": "internet"}, {}, SEED),
    "04 own image": Case(nat, "leaking"),
    "05": Case(lambda: Pipeline(s3_tables=["client"]), FAILS, STUCK, {"pull": {"rtb-build"}}),
    "06a": Case(lambda: Pipeline(s3_policy=policy(ORG_ONLY)), FAILS, STUCK, {"pull": {"vpce-s3"}}),
    "06b": Case(lambda: Pipeline(s3_policy=policy(ORG_ONLY, for_all("s3:GetObject", LAYERS))), WORKS),
    "06c": Case(lambda: Pipeline(s3_policy=policy(
        ORG_ONLY, for_all("s3:GetObject", LAYERS.replace(REGION, "us-east-1")))), FAILS, STUCK, {"pull": {"vpce-s3"}}),
    "07": Case(one_zone, FAILS, dict.fromkeys(("source", "login", "pull", "push", "logs"), "intermittent"),
               {"source": {"sg-ep"}}),
    "08": Case(lambda: with_acl(ONE_WAY, "ep", "ep_a", "ep_c"), FAILS,
               {"git-push": "blocked", "source": "blocked", "login": "-blocked", "pull": "-blocked",
                "push": "-blocked", "logs": "blocked"}, {"source": {"acl-ep"}, "logs": {"acl-ep"}}),
    "09": Case(lambda: with_acl(FORGETFUL, "build", "build_a", "build_c"), FAILS, STUCK, {"pull": {"acl-build"}}),
    "10a": Case(lambda: no_private_dns(Pipeline()), FAILS,
                {"login": "blocked", "pull": "-blocked", "push": "-blocked"}, {"login": {"rtb-build"}}),
    "10b": Case(lambda: Pipeline(dns_support=False), FAILS,
                {"git-push": "blocked", "source": "blocked", "login": "-blocked", "pull": "-blocked",
                 "push": "-blocked", "logs": "blocked"}, {"source": {"vpc-1"}}),
    "10c": Case(lambda: Pipeline(dns_hostnames=False), FAILS,
                {"git-push": "blocked", "source": "blocked", "login": "-blocked", "pull": "-blocked",
                 "push": "-blocked", "logs": "blocked"}, {"source": {"rtb-build"}}),
    "10d": Case(lambda: no_private_dns(nat()), "leaking",
                {"login": "mixed", "pull": "mixed", "push": "aws-public"}),
    "11": Case(lambda: secret(None, may_read=True), FAILS,
               {"environment": "blocked", "source": "-private", "login": "-private", "pull": "-private",
                "push": "-private"}, {"environment": {"rtb-build"}}),
    "11b": Case(lambda: secret(policy(for_all(
        "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:app/other*")),
        may_read=True), FAILS,
        {"environment": "blocked", "source": "-private", "login": "-private", "pull": "-private", "push": "-private"},
        {"environment": {"vpce-secretsmanager"}}),
    "11c": Case(lambda: secret(policy(for_all("*")), may_read=False), FAILS,
                {"environment": "blocked", "source": "-private", "login": "-private", "pull": "-private",
                 "push": "-private"}, {"environment": {f"arn:aws:iam::{ACCOUNT}:role/build"}}),
    "12a": Case(lambda: Pipeline(endpoints=["ecr.api", "ecr.dkr", "logs"]), FAILS,
                {"git-push": "blocked", "source": "blocked", "login": "-private", "pull": "-private",
                 "push": "-private"}, {"git-push": {"rtb-client"}, "source": {"rtb-build"}}),
    "12b": Case(from_codepipeline, FAILS, {"git-push": "blocked"}, {"git-push": {"rtb-client"}}),
    "14": Case(lambda: Pipeline(build_role=[*BUILD_ROLE, statement("*", effect="Deny", Condition=ONLY_ENDPOINTS)]),
               FAILS, {name: f"-{USUAL[name]}" for name in ("source", "login", "pull", "push")}),
    "14b": Case(lambda: Pipeline(build_role=[*BUILD_ROLE, RESTRICTED]), WORKS),
    "14b from CodePipeline": Case(lambda: from_codepipeline(RESTRICTED), FAILS,
                                  {"git-push": "blocked", "source": "blocked", "login": "-private",
                                   "pull": "-private", "push": "-private"},
                                  {"source": {f"arn:aws:iam::{ACCOUNT}:role/build"}}),
    "15": Case(demanding, WORKS),
    "16a": Case(any_ecr, WORKS, {}, {}, FROM_THEIRS, others=lambda: their_base(admits=True)),
    "16b": Case(lambda: any_ecr(endpoint=f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"), FAILS, STUCK,
                {"pull": {"vpce-ecr-dkr"}}, FROM_THEIRS, others=lambda: their_base(admits=True)),
    "16c": Case(lambda: any_ecr(BUILD_ROLE), FAILS, STUCK, {"pull": {f"arn:aws:iam::{ACCOUNT}:role/build"}},
                FROM_THEIRS, others=lambda: their_base(admits=True)),
    "16d": Case(any_ecr, FAILS, STUCK, {"pull": {"base"}}, FROM_THEIRS, others=lambda: their_base(admits=False)),
    "17a": Case(Pipeline, FAILS, {"login": "blocked", "pull": "-blocked", "push": "-private"}, {},
                f"FROM {FAR}/base:1\n", LOGS_IN_FAR, far_repository),
    "17b": Case(lambda: nat(build_role=[*BUILD_ROLE, statement("ecr:*")]), "leaking",
                {"login": "mixed", "pull": "aws-public"}, {}, f"FROM {FAR}/base:1\n", LOGS_IN_FAR, far_repository),
    "17c": Case(far_endpoints, FAILS, STUCK, {}, f"FROM {FAR}/base:1\n", LOGS_IN_FAR, far_repository),
    "18a": Case(Pipeline, FAILS, STUCK, {"pull": {"rtb-build", "vpc-1"}},
                "FROM public.ecr.aws/docker/library/golang:1.22\n"),
    "19a": Case(Pipeline, FAILS, STUCK, {"pull": {"rtb-build"}}, FRONTEND + OWN),
    "19b": Case(Pipeline, WORKS, {}, {}, f"# syntax={REGISTRY}/base/golang:1\n{OWN}"),
    "19c": Case(Pipeline, WORKS, {}, {}, FRONTEND + OWN, LEGACY_BUILDER),
    "19d": Case(Pipeline, "undecided", {"pull": "unknown"}, {}, "ARG BASE\nFROM ${BASE}\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_scenario_from_end_to_end(name: str) -> None:
    case = CASES[name]
    code = {"buildspec.yml": case.buildspec, "Dockerfile": case.dockerfile, "go.mod": "module app\n"}
    held = {f"code/p1/{path}": text.encode() for path, text in code.items()}
    others = case.others().files() if case.others is not None else {}
    found = load_files(others | case.net().files() | held).check()
    words: dict[str, str] = {}
    stopped: dict[str, set[str]] = {}
    for step in found.steps:
        if step.step == "provisioning":
            assert step.service_side
            assert step.outcome == ("blocked" if name == "14" else "allowed")
            continue
        word = step.route if step.outcome == "allowed" else step.outcome
        words[step.step] = ("-" if step.not_reached else "") + word
        stopped[step.step] = {one.component for one in step.blocked_by}
    assert words == USUAL | dict(case.steps)
    assert found.overall == case.overall
    assert {step: stopped[step] for step in case.why} == dict(case.why)


FROM_BUILD = ("tcp", 9876, 9876, "10.10.0.0/16")
LAYERS_TOO = ("tcp", 443, 443, "pl-1")


@pytest.mark.parametrize(("ingress", "egress", "words", "components", "overall"), [
    ([FROM_BUILD], [("tcp", 443, 443, "sg-ep")], ("blocked", "allowed"), {"sg-ds"}, "private-but-failing"),
    ([FROM_BUILD], [("tcp", 443, 443, "sg-ep"), LAYERS_TOO], ("allowed", "allowed"), set(), "private-and-working"),
    ([], [("tcp", 443, 443, "sg-ep"), LAYERS_TOO], ("blocked", "blocked"), {"sg-ds"}, "private-but-failing"),
])  # fmt: skip
def test_sc20_the_docker_servers_groups_decide_what_it_pulls_and_pushes(
    ingress: list[Any], egress: list[Any], words: tuple[str, str], components: set[str], overall: str
) -> None:
    net = docker_server(ingress, egress)
    code = {"buildspec.yml": BUILDSPEC, "Dockerfile": OWN, "go.mod": "module app\n"}
    held = {f"code/p1/{path}": text.encode() for path, text in code.items()}
    for files in (net.files(), net.files() | held):
        found = load_files(files).check()
        steps = {step.step: step for step in found.steps}
        assert steps["login"].outcome == "allowed"
        assert (steps["pull"].outcome, steps["push"].outcome) == words
        assert {block.component for block in steps["pull"].blocked_by} == components
        assert found.overall == overall


def docker_server(ingress: list[Any], egress: list[Any], build: list[Any] | None = None) -> Pipeline:
    server = {"computeType": "BUILD_GENERAL1_SMALL", "securityGroupIds": ["sg-ds"]}
    net = Pipeline(
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "dockerServer": server}
    )
    net.group("vpc-1", ingress, egress, name="ds")
    if build is not None:
        net["sg-build"]["IpPermissionsEgress"] = [net._permission(one) for one in build]
    return net


def test_sc20c_the_builds_own_group_has_to_let_it_reach_the_docker_server() -> None:
    net = docker_server([FROM_BUILD], [("tcp", 443, 443, "0.0.0.0/0")], [("tcp", 443, 443, "0.0.0.0/0")])
    steps = {step.step: step for step in load_files(net.files()).check().steps}
    assert {block.component for block in steps["push"].blocked_by} == {"sg-build"}
    assert steps["logs"].outcome == "allowed"


def test_what_a_docker_build_downloads_leaves_by_the_docker_servers_way() -> None:
    within = [("tcp", port, port, "10.10.0.0/16") for port in (443, 9876)]
    net = docker_server([FROM_BUILD], [("-1", None, None, "0.0.0.0/0")], within)
    net.with_nat()
    code = {"buildspec.yml": BUILDSPEC, "Dockerfile": "FROM alpine:3.20\nRUN apk add git\n"}
    found = load_files(net.files() | {f"code/p1/{path}": text.encode() for path, text in code.items()}).check()
    assert found.overall == "leaking"
    told = [line for one in found.findings if one.id == "PUBLIC_EGRESS_POSSIBLE" for line in one.evidence]
    assert any("docker-server" in line and "by Dockerfile:2" in line for line in told)


def test_a_container_goes_the_docker_servers_way_and_skopeo_the_builds() -> None:
    within = [("tcp", port, port, "10.10.0.0/16") for port in (443, 9876)]
    net = docker_server([FROM_BUILD], [("-1", None, None, "0.0.0.0/0")], within)
    net.with_nat()
    spec = (
        "version: 0.2\nphases:\n  build:\n    commands:\n"
        "      - docker run --rm alpine:3.20 apk add git\n"
        "      - skopeo copy docker://quay.io/acme/app:1 dir:app\n"
    )
    found = load_files(net.files() | {"code/p1/buildspec.yml": spec.encode()}).check()
    ends = {(cell.source, cell.destination): cell.outcome for cell in found.matrix}
    told = [line for one in found.findings if one.id == "PUBLIC_EGRESS_POSSIBLE" for line in one.evidence]
    assert any("docker-server" in line and "docker run" in line for line in told), (told, ends)
    pulls = next(step for step in found.steps if step.step == "pull")
    assert (pulls.outcome, pulls.blocked_by[0].component) == ("blocked", "sg-build")  # quay.io, asked by the build
