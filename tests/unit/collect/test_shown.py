"""What a person sees of a capture: bars that fit the terminal, and what could not be read, whole at any width."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from reachsim.calls import CALLS
from reachsim.cli import lacking
from reachsim.collect.manifest import Entry
from reachsim.collect.progress import Bars
from reachsim.report.columns import width

HERE = "111122223333/ap-northeast-1"
CODE = "UnauthorizedOperation"
REFUSED = [
    Entry(f"{HERE}/ec2/describe-vpc-block-public-access-options.json", "refused", CODE,
          "ec2:DescribeVpcBlockPublicAccessOptions"),
    Entry(f"{HERE}/ec2/describe-vpc-endpoints.json", "refused", CODE, "ec2:DescribeVpcEndpoints"),
    Entry(f"{HERE}/ec2/describe-vpcs.json", "ok"),
    Entry("111122223333/global/iam/get-account-authorization-details.json", "refused", "AccessDenied",
          "iam:GetAccountAuthorizationDetails"),
]  # fmt: skip
TOLD = (
    "ec2 describe-vpc-block-public-access-options",
    "ec2:DescribeVpcBlockPublicAccessOptions",
    "routes to internet and egress-only gateways",
    "iam:GetAccountAuthorizationDetails",
    "identity policies; which instances are clients of CodeCommit",
    HERE,
)


@pytest.mark.parametrize("columns", [60, 80, 120, 250])
def test_what_could_not_be_read_is_whole_at_any_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stderr, "fileno", lambda: 2, raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((columns, 24)))
    lines = lacking.lines(REFUSED)
    assert max(map(width, lines)) <= columns
    text = " ".join(" ".join(lines).split())
    assert [one for one in TOLD if one not in text] == []


def test_in_a_file_a_call_is_one_line() -> None:
    lines = lacking.lines(REFUSED)
    assert len(lines) == 2 + 3
    assert all(line == line.rstrip() for line in lines)
    (options,) = (line for line in lines if "describe-vpc-block-public-access-options" in line)
    assert all(one in options for one in (*TOLD[:3], HERE))


def test_the_same_refusal_in_many_places_is_one_row() -> None:
    def refused(account: str, region: str) -> Entry:
        return Entry(f"{account}/{region}/ec2/describe-vpcs.json", "refused", CODE, "ec2:DescribeVpcs")

    def known(account: str, region: str) -> Entry:
        return Entry(f"{account}/{region}/ec2/describe-subnets.json", "ok")

    two, many = ("eu-west-1", "us-east-1"), [f"us-east-{number}" for number in range(9)]
    for regions, where in ((two, "111122223333/eu-west-1,us-east-1"), (many, "111122223333/9 Regions")):
        calls = [make("111122223333", region) for region in regions for make in (refused, known)]
        ((found, call, why, what),) = lacking.rows_of(calls)
        assert (found, call) == (where, f"ec2 describe-vpcs ×{len(regions)}")
        assert why == f"refused {CODE} (needs ec2:DescribeVpcs)"
        assert what == "every verdict about a VPC"
    calls = [make(f"11112222333{one}", "eu-west-1") for one in range(5) for make in (refused, known)]
    assert [row[0] for row in lacking.rows_of(calls)] == ["5 accounts/eu-west-1"]


def test_bars_fit_the_terminal_and_those_at_work_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "10")
    services = list(dict.fromkeys(call.service for call in CALLS))
    assert len(services) > 20

    def shown() -> list[str]:
        return [task.description for task in bars._rich.tasks if task.visible]

    bars: Any = Bars()
    try:
        bars.more([*services, "ec2"])
        assert shown() == ["all", *services[:7]]
        for service in services[:5]:
            bars.done(service)
        assert shown() == ["all", "ec2", *services[5:11]]  # of ec2 one call is still to be made
        bars.more([services[1]])
        assert shown() == ["all", "ec2", services[1], *services[5:10]]
        counts = {task.description: (task.completed, task.total) for task in bars._rich.tasks}
        assert counts["all"] == (5, len(services) + 2)
        assert counts["ec2"] == (1, 2)
    finally:
        bars.close()
