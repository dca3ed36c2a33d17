"""check with the build's own files: what a Dockerfile's FROM, apk add and go get do to a private pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reachsim import QuestionError, load, load_files
from reachsim.cli import group as cli
from reachsim.config import Config
from reachsim.report.text import render_check
from reachsim.verdict import Check, PipelineStep
from tests.scenarios.pipelines import (
    ACCOUNT,
    BUILD,
    BUILD_ROLE,
    LAYERS,
    ORGANIZATION,
    REGION,
    REGISTRY,
    Pipeline,
    for_all,
    policy,
    statement,
)

SEED = """FROM golang:1.12-alpine AS build
RUN apk add --no-cache git
RUN go get github.com/golang/example/hello

FROM golang:1.12-alpine
COPY --from=build /go/bin/hello /usr/local/bin/hello
"""
OWN = f"FROM {REGISTRY}/base/golang:1.22\nRUN go build -mod=vendor ./...\n"
BUILDSPEC = f"""version: 0.2
phases:
  pre_build:
    commands:
      - aws ecr get-login-password | docker login --username AWS --password-stdin {REGISTRY}
  build:
    commands:
      - docker build -t {REGISTRY}/app .
  post_build:
    commands:
      - docker push {REGISTRY}/app
"""


def checked(net: Pipeline, dockerfile: str = OWN, **files: str) -> Check:
    code = {"buildspec.yml": BUILDSPEC, "Dockerfile": dockerfile, "go.mod": "module app\n"} | files
    held = {f"code/p1/{name}": text.encode() for name, text in code.items()}
    return load_files(net.files() | held).check()


def steps(check: Check) -> dict[str, PipelineStep]:
    return {step.step: step for step in check.steps if step.step != "git-push"}


def test_own_base_image_stays_private() -> None:
    check = checked(Pipeline())
    assert (check.overall, check.exit_code) == ("private-and-working", 0)
    assert list(steps(check)) == ["provisioning", "source", "login", "pull", "push", "logs"]
    assert {step.route for step in check.steps if step.step != "provisioning"} == {"private"}


def test_the_dockerfile_that_this_project_was_started_for_fails_in_a_private_vpc() -> None:
    check = checked(Pipeline(), SEED)
    assert (check.overall, check.exit_code) == ("private-but-failing", 1)
    found = steps(check)
    assert found["pull"].outcome == "blocked"
    assert (found["run"].outcome, found["run"].not_reached) == ("blocked", True)
    assert any("registry-1.docker.io (Dockerfile:1 FROM golang:1.12-alpine" in one for one in found["pull"].contacts)
    assert any("dl-cdn.alpinelinux.org (Dockerfile:2 apk add" in one for one in found["run"].contacts)
    evidence = " ".join(line for finding in check.findings for line in finding.evidence)
    assert "registry-1.docker.io" in evidence


def test_and_leaks_where_there_is_a_nat_gateway() -> None:
    net = Pipeline()
    net.with_nat()
    check = checked(net, SEED)
    assert (check.overall, check.exit_code) == ("leaking", 1)
    [egress] = [one for one in check.findings if one.id == "PUBLIC_EGRESS_POSSIBLE"]
    assert egress.severity == "high"
    assert any("by Dockerfile:3 go get github.com/golang/example/hello" in line for line in egress.evidence)
    assert steps(check)["run"].route == "internet"


def test_an_unused_way_out_is_of_less_weight() -> None:
    net = Pipeline()
    net.with_nat()
    [egress] = [one for one in checked(net).findings if one.id == "PUBLIC_EGRESS_POSSIBLE"]
    assert egress.severity == "medium"


@pytest.mark.parametrize(
    ("command", "overall"),
    [
        ("curl https://$SOME_HOST/x", "undecided"),
        ("git clone https://$SOME_HOST/x.git", "undecided"),
        ("test -f x || curl https://$SOME_HOST/x", "private-and-working"),
        ('if [ -n "$HOOK" ]; then curl $HOOK; fi', "private-and-working"),
    ],
)
def test_a_host_that_nobody_knows_is_asked_by_every_run_or_by_some(command: str, overall: str) -> None:
    check = checked(Pipeline(), f"FROM {REGISTRY}/app:latest\nRUN {command}\n")
    assert check.overall == overall
    assert "BUILD_CONTACTS_UNRESOLVED" in {one.id for one in check.findings}


@pytest.mark.parametrize(("command", "overall"), [
    ("curl -m 5 https://example.com/ping || true", "private-and-working"),
    ("curl https://example.com/ping || echo 'no ping'", "private-and-working"),
    ("curl https://example.com/a && curl https://example.org/b || :", "private-and-working"),
    ("docker pull nginx:1 || true", "private-and-working"),
    ("curl https://example.com/a || true && curl https://example.org/b", "private-but-failing"),
    ("curl https://example.com/a || exit 1", "private-but-failing"),
    ("curl https://example.com/a; true", "private-but-failing"),
    ("docker push registry.example.com/app:1 || true", "private-but-failing"),
    ("pip install requests || true", "private-but-failing"),
])  # fmt: skip
def test_a_build_goes_on_without_what_nobody_minds(command: str, overall: str) -> None:
    """Bash Reference Manual, "Lists": what follows ``||`` decides the status of what failed before it; a push that
    fails leaves no image all the same, and packages may be needed later."""
    held = BUILDSPEC.replace("    commands:\n", f"    commands:\n      - {command}\n", 1)
    check = checked(Pipeline(), **{"buildspec.yml": held})
    assert check.overall == overall


@pytest.mark.parametrize(("line", "command", "overall"), [
    ("RUN curl https://example.com/a || true", "true", "private-and-working"),
    ("RUN curl https://example.com/a", "true", "private-but-failing"),
    ("RUN true", "docker build -f Other . || true", "private-but-failing"),
])  # fmt: skip
def test_so_does_a_step_of_a_dockerfile(line: str, command: str, overall: str) -> None:
    """An image that nobody minds is not built is missed by what needs it later."""
    held = BUILDSPEC.replace("    commands:\n", f"    commands:\n      - {command}\n", 1)
    check = checked(Pipeline(), OWN + line + "\n", **{"buildspec.yml": held, "Other": "FROM golang:1\n"})
    assert check.overall == overall


def test_what_nobody_minds_leaves_all_the_same() -> None:
    net = Pipeline()
    net.with_nat()
    held = BUILDSPEC.replace("    commands:\n", "    commands:\n      - curl https://example.com/ping || true\n", 1)
    check = checked(net, **{"buildspec.yml": held})
    assert (check.overall, steps(check)["run"].outcome, steps(check)["run"].route) == ("leaking", "allowed", "internet")
    assert {one.severity for one in check.findings if one.id == "PUBLIC_EGRESS_POSSIBLE"} == {"high"}


def test_a_dockerfile_that_is_not_there_is_not_called_private_and_working() -> None:
    held = {"code/p1/buildspec.yml": BUILDSPEC.replace("build -t", "build -f Missing -t").encode()}
    check = load_files(Pipeline().files() | held).check()
    assert (check.overall, steps(check)["pull"].outcome) == ("undecided", "unknown")


def test_what_the_files_do_not_tell_is_not_said_to_work() -> None:
    net = Pipeline()
    told, untold = checked(net), checked(net, f"FROM {REGISTRY}/app:latest\nRUN ./own-tool\n")
    assert untold.overall == told.overall == "private-and-working"
    network = load_files(net.files()).network
    assert "every step works" in render_check(told, network)
    assert "every step that the build's files tell works" in " ".join(render_check(untold, network).split())


def test_base_image_that_no_file_tells_is_not_called_private_and_working() -> None:
    check = checked(Pipeline(), "ARG BASE\nFROM ${BASE}\n")
    assert (check.overall, check.exit_code) == ("undecided", 3)
    assert steps(check)["pull"].outcome == "unknown"
    assert "BUILD_CONTACTS_UNRESOLVED" in {one.id for one in check.findings}


def test_a_dockerfile_that_is_not_there_leaves_the_pull_open() -> None:
    held = {"code/p1/buildspec.yml": BUILDSPEC.encode()}
    assert load_files(Pipeline().files() | held).check().overall == "undecided"


def test_alternatives_of_a_registry_are_no_failure_while_one_gets_through() -> None:
    net = Pipeline()
    net.with_nat()
    check = checked(net, SEED)
    assert steps(check)["pull"].outcome == "allowed"


@pytest.mark.parametrize("code", [{}, {"code/p1/README": b""}])
def test_inline_buildspec_of_the_project(code: dict[str, bytes]) -> None:
    """It is the project's own, so it is read though no file of the build is at hand."""
    net = Pipeline()
    net["p1"]["source"]["buildspec"] = (
        "version: 0.2\nphases:\n  build:\n    commands:\n      - curl https://example.com/x\n"
    )
    check = load_files(net.files() | code).check()
    assert any("example.com" in one for one in steps(check)["run"].contacts)
    assert check.overall == "private-but-failing"


def test_a_buildspec_that_a_project_holds_and_that_is_none_leaves_its_build_untold() -> None:
    net = Pipeline()
    net["p1"]["source"]["buildspec"] = 'version: "0.2"\n'
    check = load_files(net.files()).check()
    assert check.overall == "undecided"
    (finding,) = [one for one in check.findings if one.id == "BUILD_CONTACTS_UNRESOLVED"]
    assert finding.evidence == ("buildspec of p1:1 : expected a buildspec with phases, found a table of version",)


def folder(place: Path, **files: str) -> Path:
    for name, text in {"buildspec.yml": BUILDSPEC, "Dockerfile": OWN, **files}.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    return place


def run(*arguments: object) -> Any:
    return CliRunner().invoke(cli, [str(one) for one in arguments])


def test_code_option_goes_before_the_snapshots_own(tmp_path: Path) -> None:
    snapshot = Pipeline().write(tmp_path / "snapshot")
    folder(snapshot / "code" / "p1")
    assert run("check", snapshot).exit_code == 0
    other = folder(tmp_path / "other", Dockerfile=SEED)
    result = run("check", snapshot, "--code", f"p1={other}", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["overall"] == "private-but-failing"
    assert load(snapshot).check(code={"p1": other}).overall == "private-but-failing"


def test_code_of_the_configuration(tmp_path: Path) -> None:
    snapshot = Pipeline().write(tmp_path / "snapshots" / "one")
    folder(tmp_path / "app", Dockerfile=SEED)
    settings = tmp_path / "reachsim.toml"
    settings.write_text('[code]\np1 = "app"\n', encoding="utf-8")
    assert json.loads(run("check", snapshot, "--config", settings, "--format", "json").stdout)["overall"] == (
        "private-but-failing"
    )


@pytest.mark.parametrize("word", ["p1", "=x", "p1="])
def test_code_option_of_another_form(tmp_path: Path, word: str) -> None:
    result = run("check", Pipeline().write(tmp_path / "s"), "--code", word)
    assert (result.exit_code, "PROJECT=DIR" in result.stderr) == (2, True)


def test_code_without_a_buildspec_or_with_a_broken_one_is_one_line(tmp_path: Path) -> None:
    snapshot = Pipeline().write(tmp_path / "s")
    empty = tmp_path / "empty"
    empty.mkdir()
    for place, word in ((empty, "buildspec.yml"), (folder(tmp_path / "bad", **{"buildspec.yml": "[1, 2"}), "p1")):
        result = run("check", snapshot, "--code", f"p1={place}")
        assert (result.exit_code, result.stdout) == (2, "")
        assert word in result.stderr
        assert result.stderr.count("\n") == 1


def test_code_of_a_project_that_is_not_there_is_not_read() -> None:
    net = Pipeline()
    with pytest.raises(QuestionError):
        load_files(net.files()).check(["codebuild:nobody"], code={"nobody": "."})


def test_source_of_the_steps() -> None:
    check = checked(Pipeline())
    assert {cell.destination for cell in check.matrix if cell.source == BUILD and cell.needed} == {
        "git-codecommit", "ecr.api", "ecr.dkr", "s3", "logs"
    }  # fmt: skip


OF_A_VARIABLE = BUILDSPEC.replace(REGISTRY, "$REGISTRY")


@pytest.mark.parametrize(
    ("variables", "overall"),
    [
        ({}, "undecided"),
        ({"REGISTRY": REGISTRY}, "private-and-working"),
        ({"p1": {"REGISTRY": REGISTRY}}, "private-and-working"),
        ({"REGISTRY": "docker.io/corp", "p1": {"REGISTRY": REGISTRY}}, "private-and-working"),
        ({"REGISTRY": REGISTRY, "p1": {"REGISTRY": "docker.io/corp"}}, "private-but-failing"),
        ({"p2": {"REGISTRY": REGISTRY}}, "undecided"),
    ],
)
def test_what_a_projects_variables_hold_is_told_by_the_configuration(
    variables: dict[str, str | dict[str, str]], overall: str
) -> None:
    """A snapshot keeps the names of a project's environment variables only (DESIGN, "Snapshot format")."""
    code = {"buildspec.yml": OF_A_VARIABLE, "Dockerfile": OWN, "go.mod": "module app\n"}
    files = Pipeline().files() | {f"code/p1/{name}": text.encode() for name, text in code.items()}
    assert load_files(files, config=Config(variables=variables)).check().overall == overall


@pytest.mark.parametrize(("key", "step"), [("buildspec", "source"), ("certificate", "environment")])
def test_a_file_that_codebuild_fetches_from_a_bucket_is_a_need(key: str, step: str) -> None:
    """P54: a buildspec by its ARN in S3, a certificate of the build environment (API_ProjectSource,
    API_ProjectEnvironment)."""
    arn = "arn:aws:s3:::specs/app/file"
    reading = [one for one in BUILD_ROLE if one["Action"] != "s3:GetObject"]
    for resource, outcome in ((arn, "allowed"), ("arn:aws:s3:::specs/other", "blocked")):
        net = Pipeline(build_role=[*reading, statement("s3:GetObject", resource)])
        net.put("s3api/get-bucket-policy/specs", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
        project = net._lists["codebuild/batch-get-projects"][0]
        project["source" if key == "buildspec" else "environment"][key] = arn
        check = load_files(net.files()).check()
        assert steps(check)[step].outcome == outcome
        assert check.overall == ("private-and-working" if outcome == "allowed" else "private-but-failing")


ASSETS = "arn:aws:s3:::assets-660291247815-ap-northeast-1/*"


@pytest.mark.parametrize(
    ("policy_", "outcome"),
    [
        (None, "allowed"),
        (policy(for_all("s3:*", Condition={"StringEquals": {"aws:ResourceAccount": [ACCOUNT, "660291247815"]}}),
                for_all("s3:GetObject", LAYERS)), "allowed"),
        (policy(for_all("s3:GetObject", [ASSETS, LAYERS])), "allowed"),
        (policy(for_all("s3:*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
                for_all("s3:GetObject", LAYERS)), "blocked"),
        (policy(for_all("s3:*", Condition={"StringEquals": {"aws:ResourceOrgID": ORGANIZATION}}),
                for_all("s3:GetObject", LAYERS)), "blocked"),
    ],
)  # fmt: skip
def test_assets_of_codeartifact_need_no_permission_of_s3_and_the_endpoints_policy_does_not_see_the_build(
    policy_: dict[str, Any] | None, outcome: str
) -> None:
    """CodeArtifact User Guide, "Create the Amazon S3 gateway endpoint"; its policy for readers."""
    role = [*(one for one in BUILD_ROLE if one["Action"] != "s3:GetObject"), statement("codeartifact:*"),
            statement("sts:GetServiceBearerToken")]  # fmt: skip
    net = Pipeline(build_role=role, s3_policy=policy_)
    for number, service in enumerate(("codeartifact.api", "codeartifact.repositories", "sts"), 30):
        net.add_endpoint(service, number)
    login = f"aws codeartifact login --tool npm --domain corp --domain-owner {ACCOUNT} --repository npm"
    spec = BUILDSPEC.replace("      - docker build", f"      - {login}\n      - npm install\n      - docker build")
    files = {"buildspec.yml": spec, "package.json": '{"dependencies": {"left-pad": "1.3.0"}}'}
    check = checked(net, **files)
    assert steps(check)["run"].outcome == outcome
    codes = {one.id for one in check.findings if one.severity == "high"}
    assert codes == ({"VPCE_POLICY_SERVICE_BUCKET_MISSING"} if outcome == "blocked" else set())
    assert ("SYMBOLIC_SIGNER_CODEARTIFACT" in {one.code for one in check.assumptions}) == (outcome == "allowed")


def with_submodules(*urls: str, files: bool = True) -> Check:
    """A project that has the submodules of its source fetched (API_GitSubmodulesConfig)."""
    net = Pipeline()
    net["p1"]["source"]["gitSubmodulesConfig"] = {"fetchSubmodules": True}
    if not files:
        return load_files(net.files()).check()
    listed = "".join(f'[submodule "{url}"]\n\tpath = lib\n\turl = {url}\n' for url in urls)
    return checked(net, **({".gitmodules": listed} if urls else {}))


@pytest.mark.parametrize(
    ("urls", "outcome"),
    [
        ((), "allowed"),
        (("../app.git",), "allowed"),
        (("../lib.git",), "blocked"),
        ((f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/app",), "allowed"),
        ((f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/lib",), "blocked"),  # the role may pull app alone
        (("https://github.com/acme/lib.git",), "blocked"),
    ],
)
def test_submodules_that_codebuild_fetches_are_part_of_the_source(urls: tuple[str, ...], outcome: str) -> None:
    assert steps(with_submodules(*urls))["source"].outcome == outcome


def test_submodules_of_a_source_that_is_not_at_hand_are_not_known() -> None:
    check = with_submodules(files=False)
    assert (steps(check)["source"].outcome, check.overall) == ("unknown", "undecided")


@pytest.mark.parametrize(("lacks", "outcome"), [
    ("", "allowed"), ("codeartifact:ReadFromRepository", "blocked"), ("sts:GetServiceBearerToken", "blocked"),
])  # fmt: skip
def test_packages_of_codeartifact_need_the_permission_to_read(lacks: str, outcome: str) -> None:
    """CodeArtifact User Guide, "Using pip with CodeArtifact", "Tokens created with the GetAuthorizationToken API"; the
    bearer token has a permission of its own, and no call that a VPC endpoint would see."""
    asks = {"codeartifact:GetAuthorizationToken", "codeartifact:GetRepositoryEndpoint",
            "codeartifact:ReadFromRepository", "sts:GetServiceBearerToken"}  # fmt: skip
    net = Pipeline(build_role=[*BUILD_ROLE, statement(sorted(asks - {lacks}))])
    own = policy(for_all("codeartifact:*"))
    for number, service in enumerate(("codeartifact.api", "codeartifact.repositories"), 60):
        net.add_endpoint(service, number, own)
    login = (
        f"aws codeartifact login --tool pip --domain corp --domain-owner {ACCOUNT} --repository py --region {REGION}"
    )
    spec = f"version: 0.2\nphases:\n  build:\n    commands:\n      - {login}\n      - pip install flask==3.0\n"
    check = load_files(net.files() | {"code/p1/buildspec.yml": spec.encode()}).check()
    assert steps(check)["run"].outcome == outcome


def test_the_policy_of_an_endpoint_binds_a_call_that_needs_no_permission() -> None:
    """STS API Reference, "GetCallerIdentity": no policy of the caller's counts, but the endpoint's does (see
    `reachsim.policy.exemptions`). The build was said to work."""
    for allowed, expected in (("sts:GetCallerIdentity", "allowed"), ("sts:AssumeRole", "blocked")):
        net = Pipeline()
        net.add_endpoint("sts", 9, policy(for_all(allowed)))
        net["p1"]["source"]["buildspec"] = (
            "version: 0.2\nphases:\n  build:\n    commands:\n      - aws sts get-caller-identity\n"
        )
        assert steps(load_files(net.files()).check())["run"].outcome == expected


@pytest.mark.parametrize(("env", "config", "overall"), [
    ("{type: LINUX_LAMBDA_CONTAINER}", {}, "undecided"), ("{fleet: macs}", {}, "undecided"),
    ("{compute-type: BUILD_GENERAL1_LARGE}", {}, "private-and-working"),
    ("{type: LINUX_LAMBDA_CONTAINER}", None, "private-and-working"),  # it has no batches
])  # fmt: skip
def test_builds_of_a_batch_may_run_elsewhere_than_the_project(
    env: str, config: dict[str, Any] | None, overall: str
) -> None:
    """CodeBuild User Guide, "Batch build buildspec reference": ``env`` of a build names its fleet or type, and Lambda
    is in no VPC."""
    net = Pipeline(**({"buildBatchConfig": config} if config is not None else {}))
    batch = f"batch:\n  build-list:\n    - identifier: one\n      env: {env}\n"
    check = checked(net, **{"buildspec.yml": BUILDSPEC + batch})
    assert check.overall == overall
    for matrix in ("static", "dynamic"):
        batch = f"batch:\n  build-matrix:\n    {matrix}:\n      env: {env}\n"
        assert checked(net, **{"buildspec.yml": BUILDSPEC + batch}).overall == overall


@pytest.mark.parametrize(("more", "outcome"), [
    ([], "blocked"), ([statement("sts:GetServiceBearerToken")], "allowed"),
    ([statement("sts:GetServiceBearerToken", Condition={"StringEquals": {"sts:AWSServiceName": "x"}})], "unknown"),
])  # fmt: skip
def test_a_login_at_ecr_public_needs_a_bearer_token(more: list[dict[str, Any]], outcome: str) -> None:
    """Amazon ECR Public User Guide, "Registry authentication": sts:GetServiceBearerToken besides; which service name
    it comes with is not documented."""
    net = Pipeline(build_role=[*BUILD_ROLE, statement("ecr-public:GetAuthorizationToken"), *more])
    net.with_nat()
    net["p1"]["source"]["buildspec"] = (
        "version: 0.2\nphases: {build: {commands: [aws ecr-public get-login-password --region us-east-1]}}\n"
    )
    check = load_files(net.files()).check()
    assert [one.outcome for one in check.steps if one.step == "login"] == [outcome]
