"""What keeps a pipeline from being private and working is said, also where it is no fault that a change here mends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reachsim import load_files
from tests.scenarios.pipelines import ACCOUNT, REGION, Pipeline


def to_a_private_gateway() -> Pipeline:
    net = Pipeline()
    net.route("rtb-build", "0.0.0.0/0", net.vgw("vpc-1", name="v"))
    return net


def two_answers() -> Pipeline:
    net = Pipeline()
    name = f"dkr.ecr.{REGION}.amazonaws.com"
    net.zone(name, [("vpc-1", REGION)], [(f"{ACCOUNT}.{name}", "A", ["10.10.99.9"])])
    return net


@pytest.mark.parametrize(
    ("make", "status", "code", "why"),
    [
        (to_a_private_gateway, "partly", "PUBLIC_EGRESS_POSSIBLE", "vgw-v: whether that may be"),
        (two_answers, "undecided", "DNS_CONFLICTING_ZONES", "both answer for"),
    ],
)
def test_what_no_change_here_mends_is_said(make: Callable[[], Pipeline], status: str, code: str, why: str) -> None:
    plan = load_files(make().files()).fix()
    assert (plan.status, plan.steps) == (status, ())
    assert plan.left
    assert all(one.code == code and why in one.why for one in plan.left)
