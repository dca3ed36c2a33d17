"""Assumed roles, as AWS STS documents them: sessions of an hour at most that are renewed with the caller's credentials,
trust policies that ask for an external id, roles that assume roles, and no way from one partition into another.

**Source:** STS API reference, AssumeRole; IAM user guide, "Access to AWS accounts owned by third parties" (external
id), "Terms and concepts" (role chaining); AWS Fault Isolation Boundaries, "Partitions".
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reachsim.cli import group
from reachsim.collect.errors import ExpiredError
from reachsim.collect.failures import FailedCall, failures
from tests.unit.collect import gaps
from tests.unit.collect.conftest import SIGNED_IN
from tests.unit.collect.pipeline import REGION
from tests.unit.collect.server import Answer, front, refusal

MINE = SIGNED_IN["AWS_ACCESS_KEY_ID"]
ROLE = "arn:aws:iam::222222222222:role/audit"
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.usefixtures("signed_in")]


def snapshot(url: str, out: Path, *arguments: str, **env: str) -> Result:
    result = CliRunner(env={"AWS_ENDPOINT_URL": url, **env}).invoke(
        group, ["snapshot", "-o", str(out), "--region", REGION, "--services", "ec2,ecr", *arguments]
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def short(call: str, body: bytes) -> bytes:
    """Sessions that end in two seconds; botocore renews those that end within ten minutes before every call."""
    if call != "sts/AssumeRole":
        return gaps.mend(call, body)
    end = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return re.sub(rb"<Expiration>[^<]*", b"<Expiration>" + end.encode(), body)


def test_a_session_that_ends_midway_is_renewed(moto_server: tuple[str, int], tmp_path: Path) -> None:
    with front(moto_server, gaps.answer, short) as one:
        result = snapshot(one.url, tmp_path / "s", "--role-arn", ROLE)
    assert result.exit_code == 0, result.output
    assert "could not be read" not in result.stderr
    assert one.calls["sts/AssumeRole"] > 5
    assert one.callers["sts/AssumeRole"] == {MINE}
    keys = set().union(*(keys for call, keys in one.callers.items() if call.startswith("ec2/")))
    assert len(keys) > 5
    assert MINE not in keys


def test_a_session_that_cannot_be_renewed_ends_the_capture(moto_server: tuple[str, int], tmp_path: Path) -> None:
    """The caller's own credentials have expired when the role's are to be renewed."""
    asked = [0]

    def rule(call: str, body: bytes) -> Answer | None:
        if call == "sts/AssumeRole":
            asked[0] += 1
            return refusal(call, "ExpiredToken", 403) if asked[0] > 25 else None
        return gaps.answer(call, body)

    with front(moto_server, rule, short) as one:
        result = snapshot(one.url, tmp_path / "s", "--role-arn", ROLE)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert f"the credentials have expired (role {ROLE}, profile default" in line
    assert not (tmp_path / "s").exists()
    manifest = json.loads((tmp_path / "s.partial/snapshot.json").read_text())
    assert {one["outcome"] for one in manifest["calls"]} <= {"ok", "derived"}
    with front(moto_server, gaps.answer, gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s", "--role-arn", ROLE)
    assert result.exit_code == 0, result.output
    assert "going on with" in result.stderr
    assert "could not be read" not in result.stderr


def test_a_trust_policy_that_asks_for_an_external_id(moto_server: tuple[str, int], tmp_path: Path) -> None:
    with front(moto_server, lambda call, _: refusal(call, "AccessDenied", 403) if "Assume" in call else None) as one:
        result = snapshot(one.url, tmp_path / "s", "--role-arn", ROLE)
    assert result.exit_code == 2
    assert "a profile of the AWS CLI with role_arn, external_id, mfa_serial, and --profile" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_profile_with_an_external_id_is_the_way_there(moto_server: tuple[str, int], tmp_path: Path) -> None:
    asked: list[bytes] = []

    def rule(call: str, body: bytes) -> Answer | None:
        if call == "sts/AssumeRole":
            asked.append(body)
        return gaps.answer(call, body)

    config = tmp_path / "config"
    lines = ["[profile audit]", f"role_arn = {ROLE}", "external_id = e-4711", "credential_source = Environment"]
    config.write_text("\n".join(lines), encoding="utf-8")
    with front(moto_server, rule, gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s", "--profile", "audit", AWS_CONFIG_FILE=str(config))
    assert result.exit_code == 0, result.output
    assert b"ExternalId=e-4711" in asked[0]
    assert (tmp_path / "s/222222222222").is_dir()


def test_a_role_that_assumes_roles(moto_server: tuple[str, int], tmp_path: Path) -> None:
    config = tmp_path / "config"
    lines = ["[profile first]", f"role_arn = {ROLE}", "credential_source = Environment"]
    config.write_text("\n".join(lines), encoding="utf-8")
    second = "arn:aws:iam::333333333333:role/audit"
    with front(moto_server, gaps.answer, gaps.mend) as one:
        result = snapshot(
            one.url, tmp_path / "s", "--profile", "first", "--role-arn", second, AWS_CONFIG_FILE=str(config)
        )
    assert result.exit_code == 0, result.output
    assert [path.name for path in sorted((tmp_path / "s").iterdir())] == ["333333333333", "snapshot.json"]
    assert one.calls["sts/AssumeRole"] == 2
    assert MINE in one.callers["sts/AssumeRole"]
    assert len(one.callers["sts/AssumeRole"]) == 2
    assert not one.callers["sts/AssumeRole"] & one.callers["ec2/DescribeVpcs"]


def test_the_settings_of_a_profile_hold_for_the_roles_too(moto_server: tuple[str, int], tmp_path: Path) -> None:
    config = tmp_path / "config"
    with front(moto_server, gaps.answer, gaps.mend) as one:
        keys = [f"{name.lower()} = {SIGNED_IN[name]}" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
        lines = ["[profile behind]", f"endpoint_url = {one.url}", *keys]
        config.write_text("\n".join(lines), encoding="utf-8")
        result = CliRunner(env={"AWS_CONFIG_FILE": str(config)}).invoke(
            group, ["snapshot", "-o", str(tmp_path / "s"), "--profile", "behind", "--services", "codebuild",
                    "--role-arn", ROLE],
        )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "codebuild/ListProjects" in one.calls


def test_no_role_is_assumed_in_another_partition(moto_server: tuple[str, int], tmp_path: Path) -> None:
    with front(moto_server, gaps.answer, gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s", "--role-arn", "arn:aws-us-gov:iam::222222222222:role/audit")
    assert result.exit_code == 2
    assert (
        "is of another partition than the credentials (profile default, Region ap-northeast-1), which are of aws"
        in (result.stderr)
    )
    assert "sts/AssumeRole" not in one.calls


def test_of_several_roles_in_one_account_the_first_that_can_be_had_counts(
    moto_server: tuple[str, int], tmp_path: Path
) -> None:
    def rule(call: str, body: bytes) -> Answer | None:
        return refusal(call, "AccessDenied", 403) if b"role%2Fone" in body else gaps.answer(call, body)

    arns = [f"arn:aws:iam::222222222222:role/{name}" for name in ("one", "two", "three")]
    with front(moto_server, rule, gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s", *(word for arn in arns for word in ("--role-arn", arn)))
    assert result.exit_code == 0, result.output
    assert one.calls["sts/AssumeRole"] == 2


def test_outside_of_its_partition_ecr_public_is_not_asked(moto_server: tuple[str, int], tmp_path: Path) -> None:
    """It has its API in us-east-1 alone, which knows no credentials of China or GovCloud (US)."""
    with front(moto_server, gaps.answer, gaps.mend) as one:
        result = CliRunner(env={"AWS_ENDPOINT_URL": one.url}).invoke(
            group, ["snapshot", "-o", str(tmp_path / "s"), "--region", "cn-north-1", "--services", "ecr-public,ecr"]
        )
    assert result.exit_code == 0, result.output
    assert not [call for call in one.calls if call.startswith("ecr-public/")]
    manifest = json.loads((tmp_path / "s/snapshot.json").read_text())
    outcomes = {call["file"].split("/", 2)[2]: call["outcome"] for call in manifest["calls"]}
    assert outcomes["ecr-public/describe-repositories.json"] == "not-collected"


@pytest.mark.parametrize(
    "name", ["LoginRefreshRequired", "RefreshWithMFAUnsupportedError", "UnauthorizedSSOTokenError"]
)
def test_a_sign_in_that_has_ended_is_no_refusal_of_a_call(name: str) -> None:
    """``aws login``, a role with MFA, IAM Identity Center: what botocore raises when it is to renew them."""
    exceptions = pytest.importorskip("botocore.exceptions")
    with pytest.raises(ExpiredError, match="have expired \\(profile a\\)"), failures("", "profile a"):
        raise getattr(exceptions, name)()


def test_credentials_that_are_renewed_too_late() -> None:
    """A process or a role may hand out credentials that have expired already; botocore raises a RuntimeError."""
    credentials = pytest.importorskip("botocore.credentials")
    past = {"access_key": "a", "secret_key": "b", "token": "c", "expiry_time": "2020-01-01T00:00:00Z"}
    held = credentials.RefreshableCredentials.create_from_metadata(past, lambda: past, "test")
    with pytest.raises(ExpiredError), failures("", "profile a"):
        held.get_frozen_credentials()


def test_a_connection_that_is_lost_while_credentials_are_renewed_is_no_end_of_them() -> None:
    credentials = pytest.importorskip("botocore.credentials")
    exceptions = pytest.importorskip("botocore.exceptions")

    def renew() -> dict[str, str]:
        raise exceptions.EndpointConnectionError(endpoint_url="https://sts.example", error="no such host")

    past = {"access_key": "a", "secret_key": "b", "token": "c", "expiry_time": "2020-01-01T00:00:00Z"}
    held = credentials.RefreshableCredentials.create_from_metadata(past, renew, "test")
    with pytest.raises(FailedCall) as failed, failures("", "profile a"):
        held.get_frozen_credentials()
    assert failed.value.unreachable
