"""Interfaces of one class share their answers; those that anything but their names tells apart are of two."""

from __future__ import annotations

import json

import pytest

from reachsim import load_files
from reachsim.answers import Answers
from tests.scenarios.lan import Lan


@pytest.mark.parametrize(
    ("key", "value", "outcome"),
    [
        ("InterfaceType", "lambda", "blocked"),
        ("InterfaceType", "quicksight", "unknown"),
        ("Status", "available", "allowed"),
    ],
)
def test_an_interface_of_another_type_or_state_gets_an_answer_of_its_own(key: str, value: str, outcome: str) -> None:
    net = Lan()
    like, other = (net.interface(net.b, f"10.0.2.{host}", [net.open]) for host in (20, 21))
    net[other][key] = value
    assert outcomes(net.files(), net.client, like, other) == ["allowed", outcome]


def test_an_interface_that_a_plan_leaves_open_gets_an_answer_of_its_own() -> None:
    net = Lan()
    like, other = (net.interface(net.b, f"10.0.2.{host}", [net.open]) for host in (20, 21))
    note = {"component": other, "code": "PLANNED_VALUE_UNKNOWN", "detail": "its groups are not known yet"}
    manifest = {"formatVersion": 1, "planned": [{**note, "canHide": "block"}]}
    files = net.files() | {"snapshot.json": json.dumps(manifest).encode()}
    assert outcomes(files, net.client, like, other) == ["allowed", "unknown"]


def test_what_finds_no_room_is_answered_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Lan()
    others = [net.interface(net.b, f"10.0.2.{host}", [net.open]) for host in (20, 21, 22)]
    monkeypatch.setattr("reachsim.answers.MOST_CHARACTERS", 0)
    assert outcomes(net.files(), net.client, *others) == ["allowed"] * 3
    reach = load_files(net.files())
    answers = Answers(reach)
    answers.answer(1, net.client, others[0], {"protocol": "tcp", "port": 443})
    assert not answers._kept


def outcomes(files: dict[str, bytes], source: str, *targets: str) -> list[str]:
    """What is answered one after the other, each as if asked alone."""
    reach = load_files(files)
    answers = Answers(reach)
    found = []
    for target in targets:
        answer = json.loads(answers.answer(1, source, target, {"protocol": "tcp", "port": 443}))
        assert answer == json.loads(json.dumps(reach.simulate(source, target, protocol="tcp", port=443).to_json(1)))
        found.append(answer["outcome"])
    return found
