"""Answers as values: exit codes, and how packets are put into words."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from reachsim.addresses import parse_block
from reachsim.evidence import Block
from reachsim.intervals import IntervalSet
from reachsim.packets import CLIENT_PORT, DESTINATION, DIMENSIONS, SERVICE, SOURCE
from reachsim.verdict import Cell, Check, Finding, Overall, PipelineStep, Severity, block_json, step_json, traffic_of


def check(overall: Overall, *severities: Severity) -> Check:
    findings = tuple(Finding("X", severity, "", "", (), "") for severity in severities)
    return Check(overall, (), (), findings, (), ())


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (check("private-and-working"), 0),
        (check("private-and-working", "low", "info"), 0),
        (check("private-and-working", "medium"), 1),
        (check("private-and-working", "info", "high"), 1),
        (check("private-but-failing"), 1),
        (check("leaking"), 1),
        (check("exposed"), 1),
        (check("undecided"), 3),
    ],
)
def test_exit_codes(found: Check, code: int) -> None:
    assert found.exit_code == code
    assert found.overall in get_args(Overall)


BLOCK = Block(
    "SUBNET_ACL_RESTRICTION", "acl-1", 100, "subnet-1", "request", "egress", "timeout", "d", None, "f.json#/0"
)


def test_a_cause_is_only_written_where_there_is_one() -> None:
    assert list(block_json(BLOCK)) == ["code", "component", "rule", "at", "leg", "direction", "symptom", "detail"]
    caused = msgspec.structs.replace(BLOCK, cause="RETURN_ACL_EPHEMERAL")
    assert list(block_json(caused))[:2] == ["code", "cause"]


def test_a_step_names_its_project_or_its_client() -> None:
    assert step_json(PipelineStep("app", "pull", "allowed", "private", contacts=("s3",)))["project"] == "app"
    push = step_json(PipelineStep("i-1", "git-push", "blocked", "none", blocked_by=(BLOCK,)))
    assert push["client"] == "i-1"
    assert "project" not in push
    assert push["blocked_by"] == [block_json(BLOCK)]


def test_values_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        BLOCK.code = "X"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Cell("a", "b", "allowed", "private", True).outcome = "blocked"  # type: ignore[misc]


def test_packets_in_words() -> None:
    def words(protocol: int, low: int, high: int, last: int | None = None) -> tuple[str, tuple[tuple[int, int], ...]]:
        box = [IntervalSet.single(0)] * len(DIMENSIONS)
        box[SOURCE], box[DESTINATION] = parse_block("10.0.0.0/30"), parse_block("2001:db8::/64")
        box[SERVICE] = IntervalSet.span(protocol << 16 | low, (last or protocol) << 16 | high)
        box[CLIENT_PORT] = IntervalSet.span(1024, 65535)
        found = traffic_of(tuple(box))
        assert (found.source, found.destination) == (("10.0.0.0/30",), ("2001:db8::/64",))
        assert found.client_ports == (((1024, 65535),) if protocol in (6, 17) else ())
        return found.protocol, found.ports

    assert words(6, 443, 443) == ("tcp", ((443, 443),))
    assert words(17, 0, 65535) == ("udp", ((0, 65535),))
    assert words(1, 8 << 8, 8 << 8 | 255) == ("icmp", ((8, 8),))
    assert words(58, 128 << 8, 129 << 8 | 255) == ("icmpv6", ((128, 129),))
    assert words(47, 0, 65535) == ("47", ())
    assert words(60, 0, 65535, last=255) == ("other", ())
