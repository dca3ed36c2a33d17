"""What the commands print, byte for byte; ``REACHSIM_UPDATE_GOLDEN=1`` writes it anew, and the diff is to be read.

The files beside this module are what a person sees who asks for a security decision: read them as that person.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from reachsim.cli import group

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = Path(__file__).resolve().parent
DUMP = "tests/data/aws-cli-dumps/vpc-endpoint-interface"
PRIVATE, LEAKY, BROKEN = (f"snapshots/{name}-pipeline" for name in ("private", "leaky", "broken"))
BUILD = ["--from", "codebuild:app-build"]
QUESTIONS = """\
{"id": "to git", "source": "%s", "destination": "git-codecommit", "protocol": "tcp", "port": 443}
{"id": "a wrong port", "source": "%s", "destination": "git-codecommit", "protocol": "tcp", "port": 70000}
{"id": "unknown", "source": "codebuild:nobody", "destination": "s3"}
"""

CASES: dict[str, tuple[list[str], int]] = {
    "check-private.txt": (["check", PRIVATE], 0),
    "check-leaky.txt": (["check", LEAKY], 1),
    "check-broken.txt": (["check", BROKEN], 1),
    "check-private.json": (["check", PRIVATE, "--format", "json"], 0),
    "check-leaky.json": (["check", LEAKY, "--format", "json"], 1),
    "check-broken-client.json": (["check", BROKEN, "--from", "i-0ed50ba52b83a463f", "--format", "json"], 1),
    "trace-private-s3.txt": (["trace", PRIVATE, *BUILD, "--to", "s3"], 0),
    "trace-private-internet.txt": (["trace", PRIVATE, *BUILD, "--to", "internet"], 1),
    "trace-leaky-ecr.dkr.txt": (["trace", LEAKY, *BUILD, "--to", "ecr.dkr"], 0),
    "trace-leaky-exposed.txt": (["trace", LEAKY, "--from", "internet", "--to", "i-08af6b8af30f51e3e"], 0),
    "trace-broken-git.txt": (["trace", BROKEN, *BUILD, "--to", "git-codecommit"], 1),
    "trace-broken-s3.txt": (["trace", BROKEN, *BUILD, "--to", "s3"], 1),
    "trace-private-git.json": (
        ["trace", PRIVATE, "--from", "i-08c6c51c9a0f8ac94", "--to", "git-codecommit", "--format", "json"],
        0,
    ),
    "trace-broken-git.json": (
        ["trace", BROKEN, "--from", "i-0ed50ba52b83a463f", "--to", "git-codecommit", "--format", "json"],
        1,
    ),
    "query-private.jsonl": (["query", PRIVATE], 2),
    "query-leaky.jsonl": (["query", LEAKY], 2),
    "query-broken.jsonl": (["query", BROKEN], 2),
    "explain-block.txt": (["explain", "SUBNET_ACL_RESTRICTION"], 0),
    "explain-cause.txt": (["explain", "DNS_PRIVATE_DNS_DISABLED"], 0),
    "imported-check.txt": (["check", "imported"], 3),
    "imported-trace.txt": (["trace", "imported", "--from", "i-0a0fbd0cfa774970f", "--to", "sts"], 1),
    "imported-trace.json": (
        [
            "trace", "imported", "--from", "i-0a0fbd0cfa774970f", "--to", "i-0eb6eb395a0d09117",
            "--protocol", "tcp", "--port", "22", "--format", "json",
        ],
        0,
    ),
}  # fmt: skip
CLIENTS = {PRIVATE: "i-08c6c51c9a0f8ac94", LEAKY: "i-08af6b8af30f51e3e", BROKEN: "i-0ed50ba52b83a463f"}


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot made from a public dump of Batfish's."""
    place = tmp_path_factory.mktemp("golden") / "imported"
    run = CliRunner().invoke(group, ["import", "batfish", str(ROOT / DUMP), str(place)])
    assert run.exit_code == 0, run.output
    return place


def printed(name: str, imported: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    arguments, exit_code = CASES[name]
    monkeypatch.chdir(imported.parent if "imported" in arguments else ROOT)
    source = CLIENTS.get(arguments[1], "")
    stdin = QUESTIONS % (source, source) if arguments[0] == "query" else None
    run = CliRunner().invoke(group, arguments, input=stdin)
    assert run.exit_code == exit_code, run.stderr
    assert run.stderr == ""
    return run.stdout


@pytest.mark.parametrize("name", CASES)
def test_output_is_as_agreed(name: str, imported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = printed(name, imported, monkeypatch)
    file = FILES / name
    if os.environ.get("REACHSIM_UPDATE_GOLDEN"):
        file.write_bytes(found.encode())
    assert file.exists(), f"{file} is missing: run with REACHSIM_UPDATE_GOLDEN=1 and read it"
    assert found.encode() == file.read_bytes()


def test_no_file_is_left_over() -> None:
    assert {file.name for file in FILES.iterdir() if file.suffix in (".txt", ".json", ".jsonl")} == set(CASES)


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith(".txt")])
def test_text_fits_its_width(name: str) -> None:
    """Only a single long word (an id, an ARN, a path) may stand out."""
    from reachsim.report.columns import width

    for line in (FILES / name).read_text("utf-8").splitlines():
        assert line == line.rstrip()
        assert width(line) <= 120 or max(map(width, line.split())) > 60, line
