"""What a walk notes: plain values, equal by content, not to be changed."""

from __future__ import annotations

import pytest

from reachsim.evidence import Assumption, Block, Gap, Hop


def block(**more: object) -> Block:
    fixed = {"code": "NO_ROUTE_TO_DESTINATION", "component": "rtb-1", "rule": None, "at": None, "leg": "request",
             "direction": "egress", "symptom": "timeout", "detail": "no route"}  # fmt: skip
    return Block(**(fixed | more))  # type: ignore[arg-type]


EVIDENCE = [
    Hop("sg-1", "security-group", "request", "sgr-1", "lets it through"),
    block(),
    Gap("UNKNOWN", "rtb-1", "not there", ("file.json",)),
    Assumption("ASSUMED_DEFAULT", "dopt-1", "as AWS has it"),
]


@pytest.mark.parametrize("one", EVIDENCE, ids=lambda one: type(one).__name__)
def test_evidence_cannot_be_changed(one: object) -> None:
    with pytest.raises(AttributeError):
        one.component = "other"  # type: ignore[attr-defined]


@pytest.mark.parametrize("one", EVIDENCE, ids=lambda one: type(one).__name__)
def test_evidence_serves_as_a_key(one: object) -> None:
    assert len({one, one}) == 1


@pytest.mark.parametrize(
    "change", [{"code": "BAD_STATE"}, {"rule": 100}, {"at": "subnet-1"}, {"leg": "response"}, {"cause": "X"}]
)
def test_blocks_that_differ_in_anything_are_two(change: dict[str, object]) -> None:
    assert block() != block(**change)


def test_what_is_not_known_may_hide_a_leak_unless_said_otherwise() -> None:
    assert Gap("UNKNOWN", "rtb-1", "not there").can_hide == "leak"


def test_what_is_taken_for_granted_hides_nothing_unless_said_otherwise() -> None:
    assert Assumption("ASSUMED_DEFAULT", "dopt-1", "as AWS has it").can_hide == "neither"
