"""What a check takes for granted is said, also where the answer is "blocked" and only the assumption keeps it so."""

from __future__ import annotations

import pytest

from reachsim import load_files
from tests.property.test_matrix import compare
from tests.scenarios.pipelines import ANYWHERE, BUILD, Checked, Pipeline, ask, fate


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
