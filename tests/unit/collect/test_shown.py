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
