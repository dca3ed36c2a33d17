"""No command but ``snapshot`` opens a socket; none starts a program, or writes anywhere but where it was told to."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
import pytest

from reachsim.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
BUILD = "codebuild:app-build"
LEAKY, PRIVATE = "snapshots/leaky-pipeline", "snapshots/private-pipeline"
ENDPOINT = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
PLANNED = {"address": "aws_vpc.v", "mode": "managed", "type": "aws_vpc", "name": "v", "values": {
    "cidr_block": "10.0.0.0/16"}, "provider_name": "registry.terraform.io/hashicorp/aws"}  # fmt: skip
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.9.0",
    "planned_values": {"root_module": {"resources": [PLANNED]}},
}
QUESTION = json.dumps({"id": 1, "source": BUILD, "destination": "s3", "protocol": "tcp", "port": 443})
REQUEST = json.dumps({"name": "n", "request": {"principal": {"type": "Anonymous"}, "action": "s3:GetObject",
                      "resource": {"arn": "arn:aws:s3:::b/k", "accountId": "111122223333"}, "context": {}},
                      "resourcePolicy": ENDPOINT})  # fmt: skip
FLOW = "2 111111111111 eni-1 10.0.0.1 10.0.0.2 40000 443 6 1 1 1 2 ACCEPT OK\n"


def commands(folder: Path) -> dict[str, tuple[list[str], str | None]]:
    """Every command, as a test calls it: (arguments, standard input)."""
    policy, plan, flows = folder / "policy.json", folder / "plan.json", folder / "flows.log"
    for place, value in ((policy, ENDPOINT), (plan, PLAN)):
        place.write_text(json.dumps(value), encoding="utf-8")
    flows.write_text(FLOW, encoding="utf-8")
    log = folder / "build.log"
    log.write_text("dial tcp 10.0.0.5:443: i/o timeout\n", encoding="utf-8")
    written = ("anonymous", "batfish", "plot.svg", "plot.png", "report.html", "ja.html", "answer.json", "edited", "tf")
    out = {name: str(folder / name) for name in written}
    dump = "tests/data/aws-cli-dumps/public-private-subnet"
    account = ["--account", "111122223333"]
    return {
        "anonymize": (["anonymize", PRIVATE, out["anonymous"], "--key", "k"], None),
        "check": (["check", LEAKY], None),
        "check json": (["check", LEAKY, "--format", "json", "-o", out["answer.json"]], None),
        "contacts": (["contacts", f"{LEAKY}/code/app-build/buildspec.yml"], None),
        "diff": (["diff", "snapshots/broken-pipeline", LEAKY, "--format", "markdown"], None),
        "explain": (["explain", "PUBLIC_EGRESS_POSSIBLE"], None),
        "diagnose": (["diagnose", PRIVATE, "--log", str(log), "--from", BUILD], None),
        "export": (["export", LEAKY, "--format", "graphml"], None),
        "export csv": (["export", LEAKY, "--of", "matrix", "--format", "csv"], None),
        "fix": (["fix", LEAKY], None),
        "import batfish": (["import", "batfish", dump, out["batfish"]], None),
        "import terraform": (["import", "terraform", str(plan), out["tf"], "--region", "eu-west-1", *account], None),
        "matrix": (["matrix", LEAKY], None),
        "matrix parquet": (["matrix", LEAKY, "-o", str(folder / "pairs.parquet")], None),
        "names": (["names", PRIVATE, "--from", BUILD], None),
        "permissions": (["permissions"], None),
        "plot": (["plot", LEAKY, "-o", out["plot.svg"]], None),
        "plot png": (["plot", LEAKY, "-o", out["plot.png"]], None),
        "policy allows": (["policy", "allows", str(policy), *account, "--service", "s3"], None),
        "policy compare": (["policy", "compare", str(policy), str(policy), *account], None),
        "policy evaluate": (["policy", "evaluate"], REQUEST),
        "policy lint": (["policy", "lint", str(policy)], None),
        "policy narrow": (["policy", "narrow", "--gateway"], REQUEST),
        "query": (["query", PRIVATE], QUESTION),
        "report": (["report", LEAKY, "-o", out["report.html"]], None),
        "report ja": (["report", LEAKY, "-o", out["ja.html"], "--lang", "ja"], None),
        "trace": (["trace", PRIVATE, "--from", BUILD, "--to", "host:proxy.golang.org"], None),
        "validate": (["validate", PRIVATE], None),
        "verify": (["verify", PRIVATE, "--flow-logs", str(flows)], None),
        "whatif": (["whatif", LEAKY, "--remove", "nat-0fe4076b67f4c4eb8", "--write", out["edited"]], None),
    }  # fmt: skip


CALLS_AWS = {"snapshot"}
"""What may call out, when its user asks for it."""


def leaves() -> set[str]:
    """Every command, those of groups as ``policy lint``."""
    found: set[str] = set()
    for name, module in COMMANDS.items():
        command = importlib.import_module(module).command
        more = command.commands if isinstance(command, click.Group) else {}
        found |= {f"{name} {one}" for one in more} or {name}
    return found - CALLS_AWS


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, dict[str, Any], dict[str, str]]]:
    """Every command, without a socket, in two processes whose sets have different orders."""
    place = tmp_path_factory.mktemp("commands")
    folders = place / "a", place / "b"
    with ThreadPoolExecutor(2) as pool:
        return [(folder, *found) for folder, found in zip(folders, pool.map(ran, folders, ("1", "2")), strict=True)]


def test_every_command_without_a_socket(runs: list[tuple[Path, dict[str, Any], dict[str, str]]]) -> None:
    _, answers, _ = runs[0]
    for leaf in leaves():
        assert any(name == leaf or name.startswith(f"{leaf} ") for name in answers), f"try {leaf}, too"
    for name, answer in answers.items():
        assert answer["exit_code"] in (0, 1, 3), (name, answer["output"])
        assert "not offline" not in answer["output"], name


def test_every_command_gives_the_same_bytes(runs: list[tuple[Path, dict[str, Any], dict[str, str]]]) -> None:
    (folder, one, files), (other_folder, other, other_files) = runs
    for name, answer in one.items():
        assert answer["output"].replace(str(folder), str(other_folder)) == other[name]["output"], name
    assert len(files) > 100
    assert files == other_files


def ran(folder: Path, seed: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Every command without a socket: answer by name, and the digests of the files that they wrote."""
    folder.mkdir(exist_ok=True)
    settings = folder.parent / f"settings-{seed}"
    settings.mkdir()
    wanted = commands(folder)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "MPLCONFIGDIR": str(settings), "TMPDIR": str(folder),
                   "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}  # fmt: skip
    run = subprocess.run(
        [sys.executable, "tests/security/offline.py", str(folder)], input=json.dumps(list(wanted.values())), cwd=ROOT,
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    *answers, files = [json.loads(line) for line in run.stdout.splitlines()] or [{}]
    assert len(answers) == len(wanted), run.stderr
    return dict(zip(wanted, answers, strict=True)), files


@pytest.mark.parametrize("code", [
    "import socket; socket.socket()", "import os; os.system('true')", "open('outside', 'w')",
    "import pickle; pickle.loads(b'cos\\nsystem\\n.')", "import socket; socket.getaddrinfo('example.com', 443)",
])  # fmt: skip
def test_the_denial_denies(code: str, tmp_path: Path) -> None:
    setup = "import sys; sys.path.insert(0, 'tests/security'); import offline, pathlib"
    deny = "offline.deny(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-B", "-c", f"{setup}\n{deny}\n{code}", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "RuntimeError" in run.stderr
    assert not (ROOT / "outside").exists()
