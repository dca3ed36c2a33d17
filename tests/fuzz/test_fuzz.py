"""A share of the fuzzing of every parser: the same inputs each time, and those that once broke one."""

from __future__ import annotations

import json

import pytest

from tests.fuzz.run import Failure, failures, kept, trial
from tests.fuzz.targets import TARGETS

COUNT = 25


@pytest.mark.parametrize("target", TARGETS)
def test_broken_input_gets_an_answer_or_one_of_our_errors(target: str) -> None:
    found = [one for one in failures(target, 1, COUNT, None) if isinstance(one, Failure)]
    assert not found, "\n".join(f"{one.name} --seed {one.seed}: {one.what}" for one in found)


def test_what_once_broke_a_parser_does_not_any_more() -> None:
    for target, place in kept():
        name, _, data = place.read_bytes().partition(b"\n")
        assert trial(target, name.decode(), data) is None, place


def test_the_watch_tells_what_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = TARGETS["patch"]._replace(run=lambda *_: 1 / 0)
    monkeypatch.setitem(TARGETS, "patch", broken)
    assert (trial("patch", "", b"{}") or "").startswith("ZeroDivisionError")


def test_a_name_of_thousands_of_labels_costs_no_more_than_its_length() -> None:
    for name in ("1." * 50_000 + "s3", "host:" + "a." * 50_000 + "dkr.ecr.ap-northeast-1.amazonaws.com"):
        asked = {"source": "codebuild:app-build", "destination": name, "protocol": "tcp", "port": 443}
        assert trial("query", "", json.dumps(asked).encode()) is None


def test_a_request_of_thousands_of_keys_costs_no_more_than_its_length() -> None:
    context = {f"a{number}": ["b"] for number in range(5_000)} | {"AWS:sourcevpce": "vpce-1", "a1": "c"}
    requests = [{"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "context": context}]
    asked = {"source": "codebuild:app-build", "destination": "s3", "protocol": "tcp", "port": 443, "requests": requests}
    assert trial("query", "", json.dumps(asked).encode()) is None


def test_a_dockerfile_that_copies_hundreds_of_times_costs_no_more_than_its_length() -> None:
    name, _ = TARGETS["dockerfile"].seeds()[0]
    data = b"FROM node:22\n" + b"COPY package*.json ./\nRUN npm ci --omit=dev\n" * 650
    assert trial("dockerfile", name, data) is None
