"""What may go wrong while a capture runs: nothing half-written is found under its own name, and the next run completes
it.
"""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

import reachsim
from reachsim.cli import group
from reachsim.collect import failures, store
from tests.unit.collect import gaps
from tests.unit.collect.conftest import sign_in
from tests.unit.collect.pipeline import REGION
from tests.unit.collect.server import RESET, Answer, Rule, front, refusal

ACCOUNT = "123456789012"
CAPTURE = ["--region", REGION, "--services", "ec2,codebuild,codecommit,ecr,s3api"]
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.usefixtures("signed_in")]


def snapshot(url: str, out: Path, *arguments: str) -> Result:
    result = CliRunner(env={"AWS_ENDPOINT_URL": url}).invoke(group, ["snapshot", "-o", str(out), *CAPTURE, *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def whole(out: Path) -> dict[str, str]:
    """File → outcome, once every file has been found whole and listed with its sum."""
    manifest = json.loads((out / "snapshot.json").read_text("utf-8"))
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {"snapshot.json", *manifest["files"]}
    for file in files:
        json.loads((out / file).read_bytes())
    assert manifest["complete"]
    return {one["file"]: one["outcome"] for one in manifest["calls"]}


@pytest.fixture(scope="module")
def healthy(moto_server: tuple[str, int], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The outcomes of a capture to which nothing happens."""
    out = tmp_path_factory.mktemp("healthy") / "s"
    with pytest.MonkeyPatch.context() as patch, front(moto_server, gaps.answer, gaps.mend) as one:
        sign_in(patch)
        assert snapshot(one.url, out).exit_code == 0
    found = whole(out)
    assert set(found.values()) <= {"ok", "absent", "derived"}
    return found


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience without waiting: pauses take no time, and the adaptive limit never falls to a call in two seconds."""
    from botocore.retries import bucket

    class Fast(bucket.TokenBucket):  # type: ignore[misc]
        def __init__(self, max_rate: float, clock: Any) -> None:
            super().__init__(max_rate, clock, min_rate=500)

    monkeypatch.setattr(bucket, "TokenBucket", Fast)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))


def spoiled(part: float, how: Any) -> Rule:
    """Spoils a part of all calls, at random but the same in every run; the others are answered as ever."""
    dice, lock = random.Random(7), threading.Lock()

    def rule(call: str, body: bytes) -> Answer | None:
        with lock:
            unlucky = dice.random() < part
        found: Answer | None = how(call) if unlucky else gaps.answer(call, body)
        return found

    return rule


def throttled(call: str) -> Answer:
    ec2 = call.startswith("ec2/")
    return refusal(call, "RequestLimitExceeded" if ec2 else "ThrottlingException", 503 if ec2 else 400)


@pytest.mark.usefixtures("hasty")
def test_throttling_of_three_calls_in_ten(
    moto_server: tuple[str, int], healthy: dict[str, str], tmp_path: Path
) -> None:
    with front(moto_server, spoiled(0.3, throttled), gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s")
    assert result.exit_code == 0, result.output
    assert whole(tmp_path / "s") == healthy


@pytest.mark.usefixtures("hasty")
def test_connection_resets(moto_server: tuple[str, int], healthy: dict[str, str], tmp_path: Path) -> None:
    with front(moto_server, spoiled(0.2, lambda _: RESET), gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s")
    assert result.exit_code == 0, result.output
    assert whole(tmp_path / "s") == healthy


@pytest.mark.usefixtures("hasty")
def test_throttling_without_end_is_no_answer(moto_server: tuple[str, int], tmp_path: Path) -> None:
    def rule(call: str, body: bytes) -> Answer | None:
        return throttled(call) if call == "ec2/DescribeSubnets" else gaps.answer(call, body)

    with front(moto_server, rule, gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s", "--strict")
        assert one.calls["ec2/DescribeSubnets"] == failures.MOST_ATTEMPTS
    assert result.exit_code == 3
    file = f"{ACCOUNT}/{REGION}/ec2/describe-subnets.json"
    assert whole(tmp_path / "s")[file] == "not-collected"
    assert json.loads((tmp_path / "s" / file).read_text()) == {"Error": {"Code": "RequestLimitExceeded"}}


def test_a_refusal_names_the_permission(moto_server: tuple[str, int], tmp_path: Path) -> None:
    def rule(call: str, body: bytes) -> Answer | None:
        codes = {"ec2/DescribeNatGateways": "UnauthorizedOperation", "codebuild/ListProjects": "AccessDeniedException"}
        return refusal(call, codes[call], 403) if call in codes else gaps.answer(call, body)

    with front(moto_server, rule, gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s")
    assert result.exit_code == 0
    rows = result.stderr.splitlines()
    (nat,) = (row for row in rows if "describe-nat-gateways" in row)
    assert "needs ec2:DescribeNatGateways" in nat
    assert "routes to NAT gateways" in nat
    assert any("codebuild batch-get-projects" in row and "not-asked" in row for row in rows)
    assert reachsim.load(tmp_path / "s").check().overall == "undecided"


def test_credentials_that_expire_midway(moto_server: tuple[str, int], healthy: dict[str, str], tmp_path: Path) -> None:
    counted = [0]

    def rule(call: str, body: bytes) -> Answer | None:
        counted[0] += 1
        return refusal(call, "ExpiredToken", 403) if counted[0] > 25 else gaps.answer(call, body)

    with front(moto_server, rule, gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "the credentials have expired (profile default, Region ap-northeast-1)" in line
    assert not (tmp_path / "s").exists()
    completes(moto_server, tmp_path / "s", healthy, at_least=10)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("comes_back", [True, False])
def test_a_connection_that_is_lost_midway(
    comes_back: bool, moto_server: tuple[str, int], healthy: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """No such host, where there was one: not a Region without the service, but nothing to ask through any more."""
    exceptions = pytest.importorskip("botocore.exceptions")
    sessions = pytest.importorskip("botocore.httpsession")
    send, refused, lock = sessions.URLLib3Session.send, [0], threading.Lock()

    def lost(self: Any, request: Any) -> Any:
        with lock:  # the second round of calls has begun: each service has answered one of the first
            refused[0] += bool(refused[0]) or "DescribeVpcAttribute" in str(request.body)
        if refused[0] and not (comes_back and refused[0] > 30):
            raise exceptions.EndpointConnectionError(endpoint_url=request.url, error="no such host")
        return send(self, request)

    monkeypatch.setattr("reachsim.collect.capture._PAUSES", (0.1,) * (60 if comes_back else 3))
    with front(moto_server, gaps.answer, gaps.mend) as one, monkeypatch.context() as patch:
        patch.setattr(sessions.URLLib3Session, "send", lost)
        result = snapshot(one.url, tmp_path / "s")
    if comes_back:
        assert result.exit_code == 0, result.output
        outcomes = whole(tmp_path / "s").items()
        assert {what for file, what in outcomes if "s3api" not in file} <= {"ok", "absent", "derived"}
        return
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "the connection is lost: " in line
    assert "does not answer any more; give the same command again to go on" in line
    assert not (tmp_path / "s").exists()
    completes(moto_server, tmp_path / "s", healthy, at_least=10)


def completes(behind: tuple[str, int], out: Path, healthy: dict[str, str], *, at_least: int) -> None:
    """The partial capture is readable, and the next run asks only for what it lacks."""
    partial = out.with_name(out.name + ".partial")
    assert reachsim.load(partial).check().overall == "undecided"
    manifest = json.loads((partial / "snapshot.json").read_text())
    assert not manifest["complete"]
    known = {one["file"] for one in manifest["calls"] if one["outcome"] in ("ok", "absent", "derived")}
    assert len(known) >= at_least
    with front(behind, gaps.answer, gaps.mend) as one:
        result = snapshot(one.url, out)
    assert result.exit_code == 0, result.output
    assert f"{len(known)} answers are there" in result.stderr
    assert whole(out) == healthy
    assert not partial.exists()
    assert sum(one.calls.values()) <= len(healthy) - len(known) + 2


def test_a_full_disk(
    moto_server: tuple[str, int], healthy: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = [60_000]
    write = store._Hashed.write

    def until_full(self: Any, data: bytes) -> None:
        room[0] -= len(data)
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(self, data)

    with front(moto_server, gaps.answer, gaps.mend) as one, monkeypatch.context() as patch:
        patch.setattr(store._Hashed, "write", until_full)
        patch.setattr("reachsim.collect.capture._SAVE_EVERY", 0.0)
        result = snapshot(one.url, tmp_path / "s")
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not list(tmp_path.rglob("*.tmp"))
    completes(moto_server, tmp_path / "s", healthy, at_least=1)


@pytest.fixture
def stuck(moto_server: tuple[str, int], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A capture in a process of its own that has most answers and waits for one."""
    held = threading.Event()

    def rule(call: str, body: bytes) -> Answer | None:
        if call == "ec2/DescribeSubnets":
            held.wait(60)
        return gaps.answer(call, body)

    out = tmp_path / "s"
    with front(moto_server, rule, gaps.mend) as one:
        process = subprocess.Popen(
            [sys.executable, "-m", "reachsim", "snapshot", "-o", str(out), *CAPTURE],
            env={**os.environ, "AWS_ENDPOINT_URL": one.url}, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        manifest = out.with_name("s.partial") / "snapshot.json"
        end = time.monotonic() + 40
        while time.monotonic() < end and process.poll() is None:
            if manifest.is_file() and manifest.read_text().count('"ok"') > 20:
                break
            time.sleep(0.05)
        assert process.poll() is None
        try:
            yield process, out
        finally:
            held.set()
            process.kill()
            process.communicate()


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_killed_process(
    stuck: tuple[subprocess.Popen[str], Path], moto_server: tuple[str, int], healthy: dict[str, str]
) -> None:
    process, out = stuck
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert not out.exists()
    completes(moto_server, out, healthy, at_least=20)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_control_c(
    sent: signal.Signals, stuck: tuple[subprocess.Popen[str], Path], moto_server: tuple[str, int],
    healthy: dict[str, str],
) -> None:  # fmt: skip
    process, out = stuck
    process.send_signal(sent)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + sent
    assert "s.partial holds what came so far" in said
    assert "Traceback" not in said
    manifest = json.loads((out.with_name("s.partial") / "snapshot.json").read_text())
    assert len(manifest["files"]) >= 20
    assert {one["outcome"] for one in manifest["calls"]} <= set(healthy.values())
    assert not list(out.with_name("s.partial").rglob("*.tmp"))
    for arguments in (["check"], ["trace", "--from", "codebuild:app-build", "--to", "internet"]):
        read = CliRunner().invoke(group, [arguments[0], f"{out}.partial", *arguments[1:]])
        assert read.exit_code in (1, 3), read.output
        assert f"{out}.partial is a capture that did not come to its end" in read.stderr
    completes(moto_server, out, healthy, at_least=20)


@pytest.mark.usefixtures("hasty")
def test_what_is_no_answer_of_the_service_is_no_empty_list(moto_server: tuple[str, int], tmp_path: Path) -> None:
    """HTTP 200 with what a portal sends, or what is left of an answer; botocore reads all of these as no records."""
    kind = "application/x-amz-json-1.1"
    spoilt = {
        "ec2/DescribeVpcs": Answer(200, b"<html><body><form>Sign in</form></body></html>", "text/html"),
        "ec2/DescribeSubnets": Answer(200, b"\n<!DOCTYPE HTML><html></html>", "text/html"),
        "ec2/DescribeRouteTables": Answer(200, b""),
        "codebuild/ListProjects": Answer(200, b'{"projects": ', kind),
        "codecommit/ListRepositories": Answer(200, b"\xff\xfe", kind),
        "ecr/DescribeRepositories": Answer(200, b"[1]", kind),
        "ecr/DescribePullThroughCacheRules": Answer(200, b'{"pullThroughCacheRules": [1]}', kind),
        "s3/GET /": Answer(200, b"<html></html>", "text/html"),
    }
    with front(moto_server, lambda call, body: spoilt.get(call) or gaps.answer(call, body), gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s")
        assert one.calls["ec2/DescribeVpcs"] == 2
    assert result.exit_code == 0, result.output
    assert {file.rpartition(".json")[0].split("/", 2)[2] for file, outcome in whole(tmp_path / "s").items()
            if outcome == "not-collected"} == {
        "ec2/describe-vpcs", "ec2/describe-subnets", "ec2/describe-route-tables", "codebuild/list-projects",
        "codecommit/list-repositories", "ecr/describe-repositories", "ecr/describe-pull-through-cache-rules",
        "s3api/list-buckets",
    }  # fmt: skip


def test_a_region_that_answers_nothing_is_one_row(moto_server: tuple[str, int], tmp_path: Path) -> None:
    def rule(call: str, body: bytes) -> Answer | None:
        return refusal(call, "AuthFailure", 401) if not call.startswith(("sts/", "s3/")) else gaps.answer(call, body)

    with front(moto_server, rule, gaps.mend) as one:
        result = snapshot(one.url, tmp_path / "s", "--services", "sts")
    assert result.exit_code == 0
    (row,) = (row for row in result.stderr.splitlines() if REGION in row and "every call" in row)
    assert "refused AuthFailure (is the Region enabled for the account?)" in row
    assert f"everything in {ACCOUNT}/{REGION}" in row


@pytest.mark.parametrize(
    ("unset", "arguments", "message"),
    [
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ["--region", "eu-west-1"],
         "no AWS credentials (profile default, Region eu-west-1): sign in"),
        (("AWS_REGION",), [], "no Region (profile default): give --region, or set AWS_REGION"),
        ((), ["--profile", "nobody", "--region", "eu-west-1"],
         "no AWS credentials (profile nobody, Region eu-west-1): The config profile (nobody) could not be found: sign"),
        ((), ["--services", ","], "--services '' is not known"),
        ((), ["-o", "."], ". has no name"),
        ((), ["--region", "../../etc"], "'../../etc' is no Region, such as eu-west-1"),
        ((), ["--services", "ec3"], "--services ec3 is not known"),
        ((), ["--vpc", "main"], "--vpc main is no VPC's id"),
        ((), ["--role-arn", "audit"], "--role-arn audit is no role's ARN"),
        ((), ["--role-arn", "arn:aws:iam::{account}:role/audit"], "needs --org"),
    ],
)  # fmt: skip
def test_what_cannot_begin_is_one_line_and_exit_code_2(
    unset: tuple[str, ...], arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in unset:
        monkeypatch.delenv(name)
    result = CliRunner(env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}).invoke(
        group, ["snapshot", "-o", str(tmp_path / "s"), *arguments]
    )
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("hasty")
def test_nobody_answers(tmp_path: Path) -> None:
    result = snapshot("http://127.0.0.1:9", tmp_path / "s")
    assert result.exit_code == 2
    assert "no answer from AWS (profile default, Region ap-northeast-1)" in result.stderr
    assert list(tmp_path.iterdir()) == []
