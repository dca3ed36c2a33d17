"""The keys of every JSON answer: those that the contract names, and no others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reachsim import load
from tests.contract.conftest import BROKEN, CLIENT, DUMP, LEAKY, PRIVATE, Run

OUTCOMES = {"allowed", "blocked", "intermittent", "unknown"}
ROUTES = {"private", "aws-public", "internet", "on-premises", "mixed", "none"}
LAYERS = {"network", "endpoint-policy", "identity-policy", "resource-policy"}
BLOCK = {"code", "component", "rule", "at", "leg", "direction", "symptom", "detail"}
STEPS = {
    "git-push", "provisioning", "environment", "source", "login", "pull", "run", "push", "logs", "artifacts", "cache",
    "reports", "deploy",
}  # fmt: skip
LAYER_BUCKET = "arn:aws:s3:::prod-ap-northeast-1-starport-layer-bucket/*"


def check_block(block: Mapping[str, Any]) -> None:
    assert set(block) - {"cause"} == BLOCK
    assert block.get("cause", "") is not None
    assert block["leg"] in {"request", "response"}
    assert block["direction"] in {"ingress", "egress"}
    assert block["symptom"] in {"timeout", "refused", "name-not-found", "403"}
    assert isinstance(block["rule"], str | int | None)
    assert all(isinstance(block[key], str) for key in ("code", "component", "detail"))


def check_assumptions(assumptions: Iterable[Mapping[str, Any]]) -> None:
    for one in assumptions:
        assert set(one) == {"code", "component", "detail", "can_hide"}
        assert one["can_hide"] in {"leak", "block", "neither"}


def check_verdict(found: Mapping[str, Any]) -> None:
    assert list(found) == ["id", "outcome", "route", "layers", "blocked_by", "paths", "missing", "assumptions"]
    assert found["outcome"] in OUTCOMES
    assert found["route"] in ROUTES
    assert set(found["layers"]) <= LAYERS
    assert set(found["layers"].values()) <= OUTCOMES
    for block in found["blocked_by"]:
        check_block(block)
    for path in found["paths"]:
        assert list(path) == ["outcome", "route", "traffic", "hops"]
        assert path["outcome"] in OUTCOMES
        assert path["route"] in ROUTES
        for one in path["traffic"]:
            assert list(one) == ["source", "destination", "protocol", "ports", "client_ports"]
            assert all(len(span) == 2 and span[0] <= span[1] for span in one["ports"] + one["client_ports"])
        for hop in path["hops"]:
            assert list(hop) == ["component", "type", "leg", "rule", "detail", "source"]
            assert hop["leg"] in {"request", "response"}
            assert hop["source"] is None or hop["source"].endswith(".json") or ".json#/" in hop["source"]
    assert all(path.endswith(".json") for path in found["missing"])
    check_assumptions(found["assumptions"])
    if found["outcome"] == "allowed":
        assert found["blocked_by"] == []
    else:
        assert found["route"] == "none" or found["outcome"] == "intermittent"


@pytest.mark.parametrize(
    ("snapshot", "source", "destination"),
    [
        (PRIVATE, "codebuild:app-build", "s3"),
        (PRIVATE, "codebuild:app-build", "internet"),
        (PRIVATE, "internet", CLIENT),
        (LEAKY, "codebuild:app-build", "ecr.dkr"),
        (LEAKY, "codebuild:legacy-build", "internet"),
        (BROKEN, "codebuild:app-build", "s3"),
        (BROKEN, "codebuild:app-build", "logs"),
    ],
)
def test_trace(run: Run, snapshot: str, source: str, destination: str) -> None:
    result = run("trace", snapshot, "--from", source, "--to", destination, "--format", "json")
    check_verdict(json.loads(result.stdout))


def test_query_with_requests(run: Run) -> None:
    request = {"action": "s3:GetObject", "resource": LAYER_BUCKET}
    question = {"id": 7, "source": "codebuild:app-build", "destination": "s3", "requests": [request]}
    found = json.loads(run("query", BROKEN, stdin=json.dumps(question)).stdout)
    check_verdict(found)
    assert {"network", "endpoint-policy"} <= set(found["layers"])


def test_query_error(run: Run) -> None:
    found = json.loads(run("query", PRIVATE, stdin='{"id": [1], "source": "s3", "destination": "s3"}').stdout)
    assert set(found) == {"id", "error"}
    assert set(found["error"]) == {"code", "message"}
    assert found["id"] == [1]


@pytest.mark.parametrize("snapshot", [PRIVATE, LEAKY, BROKEN])
def test_check(run: Run, snapshot: str) -> None:
    found = json.loads(run("check", snapshot, "--format", "json").stdout)
    assert list(found) == ["overall", "matrix", "steps", "findings", "missing", "assumptions"]
    for cell in found["matrix"]:
        assert list(cell) == ["source", "destination", "outcome", "route", "needed", "blocked_by"]
        for block in cell["blocked_by"]:
            check_block(block)
    sources = {cell["source"] for cell in found["matrix"]}
    assert {"source": "internet", "destination": "codebuild:app-build"}.items() <= next(
        cell for cell in found["matrix"] if cell["source"] == "internet"
    ).items()
    for step in found["steps"]:
        who = "client" if step["step"] == "git-push" else "project"
        assert list(step) == [
            who, "step", "outcome", "route", "service_side", "not_reached", "blocked_by", "contacts",
        ]  # fmt: skip
        assert (step[who] if who == "client" else f"codebuild:{step[who]}") in sources
        assert step["step"] in STEPS
        for block in step["blocked_by"]:
            check_block(block)
    for finding in found["findings"]:
        assert list(finding) == ["id", "severity", "title", "component", "evidence", "remedy"]
        assert finding["severity"] in {"high", "medium", "low", "info"}
    check_assumptions(found["assumptions"])


def test_every_code_of_an_answer_can_be_explained(run: Run) -> None:
    codes = set()
    for snapshot in (PRIVATE, LEAKY, BROKEN):
        found = json.loads(run("check", snapshot, "--format", "json").stdout)
        codes |= {finding["id"] for finding in found["findings"]} | {one["code"] for one in found["assumptions"]}
        for block in (block for cell in found["matrix"] for block in cell["blocked_by"]):
            codes |= {block["code"], *([block["cause"]] if "cause" in block else [])}
    assert len(codes) > 8
    for code in codes:
        result = run("explain", code.lower())
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith(f"{code}\n")


def test_what_is_missing_is_named_with_its_call(run: Run, tmp_path: Path) -> None:
    assert run("import", "batfish", DUMP, tmp_path / "s").exit_code == 0
    (path,) = tmp_path.glob("s/*/*/ec2/describe-network-acls.json")
    path.unlink()
    arguments = ["trace", tmp_path / "s", "--from", "i-094a9e5b545a4fde4", "--to", "internet"]
    result = run(*arguments, "--format", "json")
    found = json.loads(result.stdout)
    check_verdict(found)
    assert result.exit_code == 3
    assert found["missing"] == ["554773406868/us-east-2/ec2/describe-network-acls.json"]
    assert "aws ec2 describe-network-acls --region us-east-2" in run(*arguments).stdout


QUESTIONS: list[dict[str, Any]] = [
    {"source": "codebuild:app-build", "destination": "s3", "protocol": "tcp", "port": 443},
    {"source": "codebuild:app-build", "destination": "internet"},
    {"source": CLIENT, "destination": "host:example.com", "protocol": "tcp", "port": 443, "family": "ipv4"},
    {"source": CLIENT, "destination": "ip:10.10.1.0/24", "protocol": 6, "port": 22},
    {"source": "ip:10.10.1.5", "destination": CLIENT, "protocol": "icmp", "port": 8},
    {
        "source": "codebuild:app-build",
        "destination": "s3",
        "protocol": "tcp",
        "port": 443,
        "requests": [{"action": "s3:GetObject", "resource": LAYER_BUCKET}],
        "layers": ["network", "endpoint-policy"],
    },
]


def test_query_and_python_agree(run: Run) -> None:
    """What a line gets is what `Reach.simulate` says, to the last key."""
    reach = load(PRIVATE)
    lines = "".join(json.dumps({"id": number, **question}) + "\n" for number, question in enumerate(QUESTIONS))
    result = run("query", PRIVATE, stdin=lines)
    assert result.exit_code == 0
    for number, (question, line) in enumerate(zip(QUESTIONS, result.stdout.splitlines(), strict=True)):
        arguments = dict(question)
        verdict = reach.simulate(arguments.pop("source"), arguments.pop("destination"), **arguments)
        assert json.loads(line) == json.loads(json.dumps(verdict.to_json(number)))


def test_trace_and_python_agree(run: Run) -> None:
    result = run("trace", PRIVATE, "--from", CLIENT, "--to", "logs", "--format", "json")
    expected = load(PRIVATE).simulate(CLIENT, "logs", protocol="tcp", port=443)
    assert json.loads(result.stdout) == json.loads(json.dumps(expected.to_json()))


def test_check_and_python_agree(run: Run) -> None:
    result = run("check", BROKEN, "--format", "json")
    found = load(BROKEN).check()
    assert json.loads(result.stdout) == json.loads(json.dumps(found.to_json()))
    assert result.exit_code == found.exit_code
