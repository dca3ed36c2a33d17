"""A capture over HTTP, end to end: moto's server holds the private pipeline, boto3 asks it, reachsim judges the files.

moto is plumbing, not an oracle: `gaps` names what it lacks or shapes otherwise than AWS, and fills it in.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import reachsim
from reachsim.cli import group
from reachsim.collect import permissions
from reachsim.collect.validate import validate
from reachsim.snapshot import open_snapshot
from tests.unit.collect import gaps
from tests.unit.collect.conftest import SIGNED_IN
from tests.unit.collect.pipeline import PLANTED, REGION
from tests.unit.collect.server import Front, front, refusal

ACCOUNT = "123456789012"
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.usefixtures("signed_in")]


def snapshot(url: str, out: Path, *arguments: str) -> Result:
    result = CliRunner(env={"AWS_ENDPOINT_URL": url}).invoke(group, ["snapshot", "-o", str(out), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def filled(moto_server: tuple[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Front]]:
    """A capture of the pipeline with every gap of moto filled."""
    from tests.unit.collect.conftest import sign_in

    out = tmp_path_factory.mktemp("moto") / "filled"
    with pytest.MonkeyPatch.context() as patch, front(moto_server, gaps.answer, gaps.mend) as one:
        sign_in(patch)
        result = snapshot(one.url, out, "--region", REGION)
        assert result.exit_code == 0, result.output
        yield out, one


def read(out: Path, file: str) -> Any:
    return json.loads((out / ACCOUNT / file).read_text("utf-8"))


def test_the_captured_pipeline_is_private_and_works(filled: tuple[Path, Front]) -> None:
    found = reachsim.load(filled[0]).check()
    assert found.overall == "private-and-working"
    assert found.missing == ()


def test_no_gap_is_left(filled: tuple[Path, Front]) -> None:
    calls = json.loads((filled[0] / "snapshot.json").read_text())["calls"]
    lacking = [one["file"] for one in calls if one["outcome"] not in ("ok", "absent", "derived")]
    assert lacking == [], "moto does not know these calls: name the gaps and fill them in gaps.py"


def test_without_the_gaps_filled_nothing_is_called_private(moto_server: tuple[str, int], tmp_path: Path) -> None:
    with front(moto_server) as one:
        result = snapshot(one.url, tmp_path / "s", "--region", REGION, "--strict")
    assert result.exit_code == 3
    assert "route53resolver list-firewall-rule-group-associations" in result.stderr
    assert "every verdict about a name" in result.stderr
    groups = tmp_path / f"s/{ACCOUNT}/{REGION}/ec2/describe-security-groups.json"
    held = json.loads(groups.read_text())
    for one in held["SecurityGroups"]:  # moto's endpoints have another group than the build's lets out to
        one["IpPermissionsEgress"] = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    groups.write_text(json.dumps(held))
    found = reachsim.load(tmp_path / "s").check()
    assert found.overall == "undecided"
    assert f"{ACCOUNT}/{REGION}/route53profiles/list-profile-associations.json" in found.missing
    calls = {one["file"]: one for one in json.loads((tmp_path / "s/snapshot.json").read_text())["calls"]}
    unknown_to_moto = {
        "ec2/describe-vpc-block-public-access-options", "ec2/describe-vpc-block-public-access-exclusions",
        "ec2/describe-security-group-vpc-associations", "ec2/describe-vpc-endpoint-associations",
        "codebuild/list-fleets", "codecommit/list-repositories", "ecr/describe-pull-through-cache-rules",
        "route53resolver/list-firewall-rule-group-associations", "route53resolver/list-firewall-domain-lists",
        "route53profiles/list-profile-associations",
    }  # fmt: skip
    for call in unknown_to_moto:  # HTTP 500 with a page for people, or 404: not collected, and never an empty list
        file = f"{ACCOUNT}/{REGION}/{call}.json"
        assert calls[file]["outcome"] == "not-collected"
        assert json.loads((tmp_path / "s" / file).read_text()) == {"Error": {"Code": "NotCollected"}}
    assert calls[f"{ACCOUNT}/{REGION}/codebuild/batch-get-fleets.json"]["outcome"] == "not-asked"


def test_a_call_that_the_server_does_not_know_is_made_twice(filled: tuple[Path, Front], tmp_path: Path) -> None:
    behind = filled[1].behind
    with front(behind) as one:
        snapshot(one.url, tmp_path / "s", "--region", REGION, "--services", "ec2,codebuild")
        assert one.calls["ec2/DescribeVpcBlockPublicAccessOptions"] == 2
        assert one.calls["codebuild/ListFleets"] == 2


def test_every_call_made_is_permitted(filled: tuple[Path, Front]) -> None:
    listed = {action.split(":")[1].lower() for action in permissions.actions()}
    # Named after the HTTP request here, or in IAM by another name than the API's.
    others = {"listbuckets", "getbucketpolicy"}
    for call in filled[1].calls:
        service, action = call.split("/", 1)
        assert " " in action or action.lower() in listed | others, call
        assert service in {one.split(":")[0] for one in permissions.actions()} | {"elasticloadbalancing"}


def test_files_are_what_the_aws_cli_prints(filled: tuple[Path, Front]) -> None:
    out = filled[0]
    for file in (out / ACCOUNT).rglob("*.json"):
        document = json.loads(file.read_text("utf-8"))
        assert "ResponseMetadata" not in document
        assert not {"NextToken", "nextToken", "IsTruncated", "Marker"} & document.keys()
    assert read(out, f"{REGION}/ec2/describe-vpc-endpoints.json")["VpcEndpoints"][0]["CreationTimestamp"].endswith(
        "+00:00"
    )
    assert read(out, f"{REGION}/ecr/get-repository-policy/base%2Fgolang.json")["repositoryName"] == "base/golang"
    assert read(out, f"{REGION}/ecr/get-repository-policy/app.json") == {
        "Error": {"Code": "RepositoryPolicyNotFoundException"}
    }
    assert read(out, "global/s3api/get-bucket-policy/no-policy.json") == {"Error": {"Code": "NoSuchBucketPolicy"}}
    assert "SecureTransport" in read(out, "global/s3api/get-bucket-policy/app-artifacts.json")["Policy"]
    roles = read(out, "global/iam/get-account-authorization-details.json")["RoleDetailList"]
    assert roles[0]["AssumeRolePolicyDocument"]["Version"] == "2012-10-17"
    assert read(out, f"{REGION}/codebuild/batch-get-fleets.json") == {"fleets": []}
    vpcs = {one["VpcId"]: one["CidrBlock"] for one in read(out, f"{REGION}/ec2/describe-vpcs.json")["Vpcs"]}
    vpc = next(name for name, block in vpcs.items() if block == "10.10.0.0/16")
    assert read(out, f"{REGION}/ec2/describe-vpc-attribute/{vpc}.enableDnsSupport.json") == {
        "EnableDnsSupport": {"Value": True},
        "VpcId": vpc,
    }


def test_a_capture_is_valid(filled: tuple[Path, Front]) -> None:
    result = validate(open_snapshot(filled[0]))
    assert [str(one) for one in result.problems if one.level == "fault"] == []
    assert result.ignored == ()


def test_planted_secrets_are_nowhere(filled: tuple[Path, Front]) -> None:
    files = [file for file in filled[0].rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert PLANTED.encode() not in file.read_bytes(), file
        assert b"wJalrXUtnFEMI" not in file.read_bytes(), file
    variables = read(filled[0], f"{REGION}/codebuild/batch-get-projects.json")["projects"][0]["environment"]
    assert [(one["name"], one["value"]) for one in variables["environmentVariables"]] == [
        ("API_KEY", ""), ("NO_TYPE", ""), ("DB", "app/db"),
    ]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_only_the_owner_reads_the_files(filled: tuple[Path, Front]) -> None:
    for one in filled[0].rglob("*"):
        assert stat.S_IMODE(one.stat().st_mode) == (0o700 if one.is_dir() else 0o600), one


def test_several_regions_and_accounts_by_role(moto_server: tuple[str, int], tmp_path: Path) -> None:
    other = "arn:aws:iam::222222222222:role/audit"
    with front(moto_server, gaps.answer) as one:
        result = snapshot(
            one.url, tmp_path / "s", "--services", "codebuild",
            "--region", REGION, "--region", "eu-west-1", "--role-arn", other,
        )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == ["222222222222", "snapshot.json"]
    assert sorted(path.name for path in (tmp_path / "s/222222222222").iterdir()) == [REGION, "eu-west-1"]
    assert one.calls["sts/AssumeRole"] == 1


def test_the_organization(moto_server: tuple[str, int], tmp_path: Path) -> None:
    """Two member accounts: of the one whose role is refused nothing is known, and the table says so. Who is above an
    account, and which policies bind it, is asked with the caller's credentials: a member may not ask (Organizations
    API reference, ListParents and ListPoliciesForTarget).
    """
    import boto3

    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name=REGION)
    organizations = session.client("organizations", endpoint_url=f"http://{moto_server[0]}:{moto_server[1]}")
    organizations.create_organization(FeatureSet="ALL")  # and stays: moto lets nobody leave it
    account, denied = (
        organizations.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]["AccountId"]
        for name in "ab"
    )

    def rule(call: str, body: bytes) -> Any:
        return refusal(call, "AccessDenied", 403) if denied.encode() in body and "AssumeRole" in call else None

    with front(moto_server, lambda call, body: rule(call, body) or gaps.answer(call, body)) as one:
        result = snapshot(
            one.url, tmp_path / "s", "--org", "--services", "codebuild,organizations",
            "--role-arn", "arn:aws:iam::{account}:role/audit",
        )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "s").iterdir()} == {ACCOUNT, account, "snapshot.json"}
    targets = tmp_path / "s" / account / "global/organizations/list-policies-for-target"
    assert any(path.name.startswith("r-") for path in targets.iterdir())
    assert b"example.com" not in b"".join(file.read_bytes() for file in (tmp_path / "s").rglob("*.json"))
    assert one.callers["organizations/ListParents"] == {SIGNED_IN["AWS_ACCESS_KEY_ID"]}
    assert f"account {denied} is left out: cannot assume the role (role arn:aws:iam::{denied}:role/audit" in (
        result.stderr
    )
    (row,) = (row for row in result.stderr.splitlines() if row.startswith(denied))
    assert "every call" in row
    assert "refused AccessDenied (needs sts:AssumeRole)" in row
    assert f"everything in {denied}" in row


def test_all_regions_are_those_that_the_account_has(moto_server: tuple[str, int], tmp_path: Path) -> None:
    from tests.unit.collect.server import xml

    def two(call: str, body: bytes) -> Any:
        if call == "ec2/DescribeRegions":
            items = "".join(f"<item><regionName>{name}</regionName></item>" for name in (REGION, "eu-west-1"))
            return xml("DescribeRegions", f"<regionInfo>{items}</regionInfo>")
        return gaps.answer(call, body)

    with front(moto_server, two) as one:
        result = snapshot(one.url, tmp_path / "s", "--all-regions", "--services", "codebuild")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "s" / ACCOUNT).iterdir()) == [REGION, "eu-west-1"]
