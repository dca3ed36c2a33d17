"""What a connection that is cut off means, pulls and pushes that ECR refuses in few words, addresses that a log tells.

Reports: aws/aws-cli#7231, GoogleContainerTools/kaniko#1455 and #1935 (a push that ECR does not permit ends in EOF);
CodeArtifact User Guide, "Repository policies"; CodeBuild User Guide, "Troubleshooting".
"""

from __future__ import annotations

import json

import pytest

from reachsim import load_files
from reachsim.diagnose import Diagnosed
from tests.build import Build
from tests.scenarios.pipelines import (
    ACCOUNT,
    BUILD_ROLE,
    REGION,
    REGISTRY,
    Pipeline,
    for_all,
    policy,
    statement,
)  # fmt: skip

STAMP = "[Container] 2026/03/02 10:01:02.123456 "


def told(net: Build, command: str, *lines: str) -> Diagnosed:
    log = "\n".join((f"{STAMP}Running command {command}", *lines))
    (one,) = load_files(net.files()).diagnose(log.encode()).errors
    return one


def ranks(one: Diagnosed) -> set[tuple[str, str]]:
    return {(cause.likelihood, cause.code) for cause in one.causes}


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (
            "curl -sS https://github.com/a",
            "curl: (35) OpenSSL SSL_connect: Connection reset by peer in connection to github.com:443",
        ),
        ("npm ci", "npm ERR! network request to https://github.com/a failed, reason: read ECONNRESET"),
    ],
)  # fmt: skip
def test_a_connection_that_was_reset_was_there_so_a_missing_route_is_no_certain_cause(command: str, line: str) -> None:
    one = told(Pipeline(), command, line)
    assert (one.error.kind, one.verdict and one.verdict.outcome) == ("reset", "blocked")
    assert ranks(one) == {("possible", "NO_ROUTE_TO_DESTINATION")}


@pytest.mark.parametrize(("may_push", "cause"), [
    (False, ("likely", "VPCE_POLICY_IMPLICIT_DENY")), (True, ("possible", "NOT_EXPLAINED_BY_SNAPSHOT")),
])  # fmt: skip
def test_a_push_that_ends_in_eof_may_be_one_that_a_policy_refuses(may_push: bool, cause: tuple[str, str]) -> None:
    net = Pipeline(endpoints=("git-codecommit", "ecr.api", "logs"))
    pulls = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
    net.add_endpoint("ecr.dkr", policy=policy(for_all("ecr:*" if may_push else pulls)))
    pushed = (f"The push refers to repository [{REGISTRY}/app]", "845237c43dbf: Retrying in 1 second", "EOF")
    assert cause in ranks(told(net, f"docker push {REGISTRY}/app:1", *pushed))


def test_a_refused_package_of_codeartifact_is_asked_for_as_its_reader_asks() -> None:
    net = Pipeline(endpoints=("git-codecommit", "ecr.api", "ecr.dkr", "logs", "codeartifact.repositories"))
    host = f"acme-{ACCOUNT}.d.codeartifact.{REGION}.amazonaws.com"
    line = f"ERROR: HTTP error 403 while getting https://{host}/pypi/py/simple/requests/"
    one = told(net, "pip install requests", line)
    assert ranks(one) == {("certain", "IDENTITY_POLICY_DENY")}
    assert one.requests == ({"action": "codeartifact:ReadFromRepository",
                             "resource": f"arn:aws:codeartifact:{REGION}:{ACCOUNT}:repository/acme/py"},)  # fmt: skip
    reads = statement("codeartifact:ReadFromRepository", f"arn:aws:codeartifact:{REGION}:{ACCOUNT}:repository/acme/py")
    net.roles({"build": [*BUILD_ROLE, reads], "dev": []})
    assert ("certain", "IDENTITY_POLICY_DENY") not in ranks(told(net, "pip install requests", line))


def test_what_refuses_the_pull_of_the_builds_own_image_is_told() -> None:
    image = f"{REGISTRY}/ci:1"
    net = Pipeline(environment={"type": "LINUX_CONTAINER", "image": image, "imagePullCredentialsType": "CODEBUILD"})
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "ecr:*"}
    net.put("ecr/get-repository-policy/ci", {"policyText": json.dumps(policy(own))})
    line = (
        "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: Unable to pull customer's container image. CannotPullContainerError: "
        f"Error response from daemon: pull access denied for {image}, repository does not exist or may require 'docker "
        "login'"
    )
    assert ("certain", "RESOURCE_POLICY_DENY") in ranks(told(net, "", line))


@pytest.mark.parametrize(
    ("address", "outcome"),
    [("52.216.17.10", "allowed"), ("16.15.1.1", "blocked"), ("10.9.9.9", "unknown")],
)
def test_the_address_that_a_log_tells_of_a_name_without_a_region_decides(address: str, outcome: str) -> None:
    """The S3 endpoint of the Region serves the addresses of its prefix list, whatever the bucket's Region is."""
    line = f'Get "https://somewhere.s3.amazonaws.com/x": dial tcp {address}:443: i/o timeout'
    one = told(Pipeline(), "./fetch", line)
    assert one.verdict is not None
    assert one.verdict.outcome == outcome


@pytest.mark.parametrize("line", [
    "curl: (56) Received HTTP code 403 from proxy after CONNECT",
    'go: reading https://github.com/a: Get "https://github.com/a": Forbidden',
])  # fmt: skip
def test_what_a_proxy_answers_is_no_sign_of_what_is_in_the_clients_own_way(line: str) -> None:
    one = told(Pipeline(), "curl https://github.com/a", line)
    assert one.error.kind == "proxy"
    assert ranks(one) == {("likely", "PROXY_NOT_USABLE"), ("possible", "NO_ROUTE_TO_DESTINATION")}
