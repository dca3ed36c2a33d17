"""The output shown in the READMEs is what the commands print; ``REACHSIM_UPDATE_GOLDEN=1`` writes it anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from reachsim.cli import group

ROOT = Path(__file__).resolve().parent.parent
QUESTION = '{"id": "q1", "source": "codebuild:app-build", "destination": "internet", "protocol": "tcp", "port": 443}'
LINE = 'Connect timeout on endpoint URL: "https://api.ecr.ap-northeast-1.amazonaws.com/"'
COMMANDS: dict[str, tuple[str, list[str], str | None]] = {
    "check private-pipeline": (
        "reachsim check snapshots/private-pipeline",
        ["check", "snapshots/private-pipeline"],
        None,
    ),
    "check leaky-pipeline": ("reachsim check snapshots/leaky-pipeline", ["check", "snapshots/leaky-pipeline"], None),
    "contacts": (
        "reachsim contacts snapshots/leaky-pipeline/code/app-build/buildspec.yml",
        ["contacts", "snapshots/leaky-pipeline/code/app-build/buildspec.yml"],
        None,
    ),
    "diagnose": (
        f"echo '{LINE}' | reachsim diagnose snapshots/broken-pipeline --log -",
        ["diagnose", "snapshots/broken-pipeline", "--log", "-"],
        LINE,
    ),
    "trace broken-pipeline": (
        "reachsim trace snapshots/broken-pipeline --from codebuild:app-build --to git-codecommit",
        ["trace", "snapshots/broken-pipeline", "--from", "codebuild:app-build", "--to", "git-codecommit"],
        None,
    ),
    "query private-pipeline": (
        f"echo '{QUESTION}' | reachsim query snapshots/private-pipeline",
        ["query", "snapshots/private-pipeline"],
        QUESTION,
    ),
}
MOST_LINES = 45


def shown(name: str) -> str:
    line, arguments, stdin = COMMANDS[name]
    printed = CliRunner().invoke(group, arguments, input=stdin).stdout.rstrip("\n").split("\n")
    rows = [row if len(row) <= 400 else row[:400] + " …" for row in printed[:MOST_LINES]]
    rows += ["…"] if len(printed) > MOST_LINES else []
    return "\n".join(["```text", f"$ {line}", *(row.rstrip() for row in rows), "```"])


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_shows_what_the_command_prints(name: str, readme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    file = ROOT / readme
    pattern = re.compile(rf"(<!-- generated: {re.escape(name)} -->\n)(.*?)(\n<!-- end -->)", re.DOTALL)
    match = pattern.search(file.read_text(encoding="utf-8"))
    assert match is not None, f"{readme} has no block for {name}"
    if os.environ.get("REACHSIM_UPDATE_GOLDEN"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text[: match.start(2)] + shown(name) + text[match.end(2) :], encoding="utf-8")
        return
    assert match[2] == shown(name)
