"""Calls by boto3 with canned answers: botocore's Stubber checks arguments and answers against AWS's own service
models.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import PaginationError
from botocore.stub import Stubber

from reachsim.calls import CALLS
from reachsim.collect.aws import Aws, connect
from reachsim.collect.clients import Clients
from reachsim.collect.errors import CollectError, ExpiredError
from reachsim.collect.failures import FailedCall
from reachsim.collect.outcome import Outcome
from reachsim.collect.paging import plain
from tests.unit.collect.pipeline import REGION

pytestmark = pytest.mark.usefixtures("signed_in")


class Stubbed:
    """An `Aws` whose clients answer from a list."""

    def __init__(self) -> None:
        self.aws = Aws(boto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name=REGION), REGION, "somebody")

    def stub(self, service: str, region: str = REGION) -> Stubber:
        stubber = Stubber(self.aws._client(service, region))
        stubber.activate()
        return stubber

    def ask(self, service: str, operation: str, *options: str, path: str = "") -> tuple[list[Any], tuple[str, ...]]:
        answer = self.aws.ask(service, operation, options, REGION, path)
        return list(answer.pages), answer.lists


@pytest.fixture
def stubbed() -> Stubbed:
    return Stubbed()


def test_pages_of_a_paginator(stubbed: Stubbed) -> None:
    stub = stubbed.stub("ec2")
    first = {"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1"}], "NextToken": "more"}
    stub.add_response("describe_network_interfaces", first, {"IncludeManagedResources": True, "MaxResults": 500})
    stub.add_response(
        "describe_network_interfaces",
        {"NetworkInterfaces": [{"NetworkInterfaceId": "eni-2"}]},
        {"IncludeManagedResources": True, "MaxResults": 500, "NextToken": "more"},
    )
    pages, lists = stubbed.ask("ec2", "describe-network-interfaces", "--include-managed-resources")
    assert lists == ("NetworkInterfaces",)
    assert [one["NetworkInterfaces"][0]["NetworkInterfaceId"] for one in pages] == ["eni-1", "eni-2"]
    assert [set(page) for page in pages] == [{"NetworkInterfaces"}] * 2
    stub.assert_no_pending_responses()


def test_pages_of_a_call_without_a_paginator(stubbed: Stubbed) -> None:
    """Gap of moto, and of botocore, which has no paginator for it: VPC Block Public Access exclusions."""
    stub = stubbed.stub("ec2")
    operation, key = "describe_vpc_block_public_access_exclusions", "VpcBlockPublicAccessExclusions"
    for number, token in enumerate((None, "a", "b")):
        answer: dict[str, Any] = {key: [{"ExclusionId": f"vpcbpa-exclude-{number}"}]}
        if number < 2:
            answer["NextToken"] = "ab"[number]
        stub.add_response(operation, answer, {"NextToken": token} if token else {})
    pages, lists = stubbed.ask("ec2", "describe-vpc-block-public-access-exclusions")
    assert lists == (key,)
    assert [page[key][0]["ExclusionId"][-1] for page in pages] == ["0", "1", "2"]
    assert not any("NextToken" in page for page in pages)


def test_a_token_that_repeats_is_no_end(stubbed: Stubbed) -> None:
    stub = stubbed.stub("codebuild")
    for _ in range(2):
        stub.add_response("list_fleets", {"fleets": ["a"], "nextToken": "same"})
    with pytest.raises(FailedCall) as error:
        stubbed.ask("codebuild", "list-fleets")
    assert error.value.outcome.kind == "not-collected"


@pytest.mark.parametrize("tokens", ["aba", "abca"])
@pytest.mark.parametrize(
    ("service", "operation", "key", "token"),
    [("ec2", "describe-vpcs", "Vpcs", "NextToken"), ("codebuild", "list-projects", "projects", "nextToken")],
)
def test_tokens_that_go_in_a_circle_are_no_end(
    service: str, operation: str, key: str, token: str, tokens: str, stubbed: Stubbed
) -> None:
    """botocore's paginators compare a token with the one before it alone: they would ask for ever."""
    stub = stubbed.stub(service)
    for one in tokens:
        stub.add_response(operation.replace("-", "_"), {key: [{}] if service == "ec2" else ["a"], token: one})
    with pytest.raises(FailedCall) as error:
        stubbed.ask(service, operation)
    assert error.value.outcome.kind == "not-collected"
    assert isinstance(error.value.__cause__, PaginationError)


def test_options_become_arguments(stubbed: Stubbed) -> None:
    ec2 = stubbed.stub("ec2")
    ec2.add_response(
        "search_transit_gateway_routes",
        {"Routes": [], "AdditionalRoutesAvailable": False},
        {
            "TransitGatewayRouteTableId": "tgw-rtb-1",
            "Filters": [{"Name": "state", "Values": ["active", "blackhole"]}],
        },
    )
    table = next(call for call in CALLS if call.operation == "search-transit-gateway-routes")
    options = table.args.format(name="tgw-rtb-1").split()
    assert stubbed.ask("ec2", "search-transit-gateway-routes", *options)[0][0]["AdditionalRoutesAvailable"] is False
    builds = stubbed.stub("codebuild")
    builds.add_response("batch_get_projects", {"projects": []}, {"names": ["a", "b"]})
    stubbed.ask("codebuild", "batch-get-projects", "--names", "a", "b")
    zones = stubbed.stub("route53")
    zones.add_response(
        "list_hosted_zones_by_vpc",
        {"HostedZoneSummaries": [], "MaxItems": "100"},
        {"VPCId": "vpc-1", "VPCRegion": REGION},
    )
    stubbed.ask("route53", "list-hosted-zones-by-vpc", "--vpc-region", REGION, "--vpc-id", "vpc-1")


def test_an_option_that_boto3_is_too_old_for_is_named(stubbed: Stubbed) -> None:
    stubbed.stub("ec2")
    with pytest.raises(CollectError, match="has no --include-what-is-new; install a newer one"):
        stubbed.ask("ec2", "describe-network-interfaces", "--include-what-is-new")
    with pytest.raises(CollectError, match="does not know ec2 describe-what-is-new; install a newer one"):
        stubbed.ask("ec2", "describe-what-is-new")


def test_ecr_public_is_asked_in_its_own_region(stubbed: Stubbed) -> None:
    stub = stubbed.stub("ecr-public", "us-east-1")
    stub.add_response("describe_repositories", {"repositories": []})
    assert stubbed.ask("ecr-public", "describe-repositories", "--region", "us-east-1")[0] == [{"repositories": []}]


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        ("AccessDenied", 403, Outcome("refused", "AccessDenied")),
        ("NoSuchBucketPolicy", 404, Outcome("absent", "NoSuchBucketPolicy")),
        ("SlowDown", 503, Outcome("not-collected", "SlowDown")),
        ("InternalError", 500, Outcome("not-collected", "InternalError")),
    ],
)
def test_errors(code: str, status: int, outcome: Outcome, stubbed: Stubbed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    stubbed.stub("s3").add_client_error("get_bucket_policy", code, http_status_code=status)
    with pytest.raises(FailedCall) as error:
        stubbed.ask(
            "s3api", "get-bucket-policy", "--bucket", "b", path="1" * 12 + "/global/s3api/get-bucket-policy/b.json"
        )
    assert error.value.outcome == outcome


def test_expired_credentials(stubbed: Stubbed) -> None:
    stubbed.stub("ec2").add_client_error("describe_vpcs", "RequestExpired", http_status_code=400)
    with pytest.raises(ExpiredError, match=r"have expired \(somebody\)"):
        stubbed.ask("ec2", "describe-vpcs")


def test_values_are_printed_as_the_aws_cli_does() -> None:
    moment = datetime(2026, 3, 2, 9, 55, 11, tzinfo=UTC)
    answer = {
        "ResponseMetadata": {"HTTPStatusCode": 200},
        "created": moment.astimezone(timezone(timedelta(hours=9))),
        "blob": b"ab",
        "list": [(1, None)],
    }
    assert plain(answer) == {"created": "2026-03-02T09:55:11+00:00", "blob": "YWI=", "list": [[1, None]]}


def test_the_region_of_the_aws_cli_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-central-1\n[profile audit]\nregion = eu-north-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert connect(None, None).region == REGION
    assert connect(None, "us-west-2").region == "us-west-2"
    monkeypatch.delenv("AWS_REGION")
    assert connect(None, None).region == "eu-central-1"
    assert connect("audit", None).who == "profile audit, Region eu-north-1"


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        ("role_arn = arn:aws:iam::111111111111:role/a\nsource_profile = gone", 'source_profile "gone"'),
        ("role_arn = arn:aws:iam::111111111111:role/a\nweb_identity_token_file = /nonexistent", "'/nonexistent'"),
        ("sso_start_url = https://a\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = a", "SSO Token"),
        ("credential_process = false", "custom-process"),
        ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "missing: aws_secret_access_key"),
    ],
)  # fmt: skip
def test_credentials_that_cannot_be_had(
    profile: str, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(f"[profile a]\n{profile}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(CollectError) as error:
        connect("a", "eu-west-1").identity()
    assert str(error.value).startswith("no AWS credentials (profile a, Region eu-west-1): ")
    assert why in str(error.value)
    assert "reachsim import" in str(error.value)


def test_an_mfa_code_that_nobody_can_be_asked_for() -> None:
    class Asking:
        def get_credentials(self) -> None:
            raise EOFError  # what boto3's question for the code ends with

    with pytest.raises(CollectError, match=r"no AWS credentials \(somebody\): the role needs an MFA code"):
        Aws(Asking(), REGION, "somebody").identity()


def test_credentials_that_aws_does_not_know(stubbed: Stubbed) -> None:
    stubbed.stub("sts").add_client_error("get_caller_identity", "InvalidClientTokenId", http_status_code=403)
    with pytest.raises(CollectError, match=r"does not accept the credentials \(somebody\): InvalidClientTokenId"):
        stubbed.aws.identity()


def test_clients_make_way_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """An organization of a hundred accounts does not hold a client of each service for each."""
    monkeypatch.setattr("reachsim.collect.clients.MOST", 2)
    made: list[str] = []
    clients = Clients()

    def get(name: str) -> Any:
        return clients.get(name, lambda: made.append(name) or name)

    assert [get(one) for one in "abacab"] == list("abacab")
    assert made == ["a", "b", "c", "b"]  # a was in use when c came
