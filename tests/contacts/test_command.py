"""`reachsim contacts` as it is called, and tools and mirrors of ``reachsim.toml`` as far as the verdict of `check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reachsim.cli import group as cli

LEAKY = Path(__file__).parents[2] / "snapshots/leaky-pipeline"
LEGACY = LEAKY / "code/legacy-build/buildspec.yml"
OWN = """
[[tool]]
program = "fetch-tools"
hosts = ["tools.corp.example:8443", "crates"]
arguments = "^sync"

[mirrors]
npm = "https://npm.corp.example/"
"""


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, [str(one) for one in arguments])
    return result.exit_code, result.stdout, result.stderr


def answer(*arguments: object) -> dict[str, Any]:
    code, out, error = run(*arguments, "--format", "json")
    assert code in (0, 1, 3), error
    found: dict[str, Any] = json.loads(out)
    return found


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def spec(path: Path, *commands: str) -> Path:
    return write(path, json.dumps({"version": 0.2, "phases": {"build": {"commands": commands}}}))


def test_a_tool_of_ones_own_and_a_mirror(tmp_path: Path) -> None:
    build = spec(tmp_path / "code/buildspec.yml", "fetch-tools sync", "fetch-tools list", "npm install x")
    settings = write(tmp_path / "reachsim.toml", OWN)
    code, plain, _ = run("contacts", build)
    assert code == 0
    assert "tools.corp.example" not in plain
    assert "registry.npmjs.org" in plain
    found = answer("contacts", build, "--config", settings)
    hosts = {(one["host"], one["port"], one["command"]) for one in found["contacts"]}
    assert ("tools.corp.example", 8443, "fetch-tools sync") in hosts
    assert ("index.crates.io", 443, "fetch-tools sync") in hosts
    assert ("npm.corp.example", 443, "npm install x") in hosts
    assert not {one for one in hosts if one[2] == "fetch-tools list" or "npmjs" in one[0]}
    assert found["unresolved"] == []


def test_the_configuration_beside_the_snapshot_and_the_one_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = spec(tmp_path / "code/buildspec.yml", "npm install x")
    write(tmp_path / "reachsim.toml", f'snapshot = "{LEAKY.as_posix()}"\n{OWN}')
    monkeypatch.chdir(tmp_path)
    assert "npm.corp.example" in run("contacts", build)[1]
    assert run("contacts", build, "--project", "app-build")[0] == 0, "the snapshot is the configuration's"
    monkeypatch.chdir(tmp_path / "code")
    assert "npmjs" in run("contacts", build)[1]
    assert run("contacts", build, "--project", "app-build")[0] == 2
    assert run("contacts", build, "--snapshot", LEAKY)[0] == 2


def test_the_verdict_counts_them(tmp_path: Path) -> None:
    settings = write(tmp_path / "reachsim.toml", OWN + f'[code]\nlegacy-build = "{LEGACY.parent.as_posix()}"\n')
    asked = ("check", LEAKY, "--from", "codebuild:legacy-build")
    plain = json.dumps(answer(*asked))
    mirrored = json.dumps(answer(*asked, "--config", settings))
    assert "registry.npmjs.org" in plain
    assert "npm.corp.example" not in plain
    assert "npm.corp.example" in mirrored


@pytest.mark.parametrize(("text", "told"), [
    ('[mirrors]\nnmp = "https://a.example.com"\n', "npm"),
    ('[mirrors]\nnpm = "https://"\n', "is no URL or host name"),
    ('[mirrors]\nnpm = "a.example.com:99999"\n', "is no URL or host name"),
    ('[mirrors]\nnpm = 3\n', "/mirrors"),
    ('[[tool]]\nprogram = "a"\nhosts = ["not a host"]\n', "neither a host name nor a package index"),
    ('[[tool]]\nprogram = "a"\nhosts = ["a.example.com"]\narguments = "("\n', "no regular expression"),
    ('[[tool]]\nprogram = "a"\n', "hosts"),
    ('[[tool]]\nprogram = "a"\nhosts = []\nport = 3\n', "port"),
    ('[[tool]]\nprogram = "a"\nhosts = []\nconfidence = "sure"\n', "sure"),
])  # fmt: skip
def test_what_it_cannot_use_is_one_line_and_exit_code_2(tmp_path: Path, text: str, told: str) -> None:
    settings = write(tmp_path / "reachsim.toml", text)
    build = spec(tmp_path / "code/buildspec.yml", "npm install x")
    for asked in (("contacts", build), ("check", LEAKY)):
        code, out, error = run(*asked, "--config", settings)
        assert (code, out) == (2, ""), asked
        assert told in error
        assert len(error.splitlines()) == 1
        assert "Traceback" not in error


def test_files_outside_the_context_are_not_read(tmp_path: Path) -> None:
    outside = write(tmp_path / "secret/Dockerfile", "FROM registry.corp.example/secret:1\n")
    script = write(tmp_path / "secret/run.sh", "curl https://leaked.example.com/\n")
    build = spec(tmp_path / "code/buildspec.yml", "docker build .", "sh run.sh", "sh ../secret/run.sh", "make")
    (build.parent / "Dockerfile").symlink_to(outside)
    (build.parent / "run.sh").symlink_to(script)
    (build.parent / "Makefile").symlink_to(build.parent / "Makefile")
    found = answer("contacts", build)
    assert found["contacts"] == []
    assert {one["line"] for one in found["unresolved"]} == {1}
    assert len(found["unresolved"]) == 4


def test_what_is_no_buildspec(tmp_path: Path) -> None:
    for name, content in (
        ("empty.yml", b""), ("binary.yml", bytes(range(256))), ("list.yml", b"- a\n"), ("old.yml", b"version: 3\n"),
        ("tabs.yml", b"version: 0.2\nphases:\n\tbuild: x\n"), ("docker.yml", b"services: {web: {image: x}}\n"),
    ):  # fmt: skip
        path = tmp_path / name
        path.write_bytes(content)
        code, out, error = run("contacts", path)
        assert (code, out) == (2, ""), name
        assert name in error
        assert len(error.splitlines()) == 1
    assert run("contacts", tmp_path)[0] == 2
    assert run("contacts", tmp_path / "none.yml")[0] == 2
    assert run("contacts", tmp_path / "old.yml", "--context", tmp_path / "none")[0] == 2


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    place = tmp_path / "buildspec.yml"
    with place.open("wb") as file:
        file.truncate(1 << 40)
    code, _, error = run("contacts", place)
    assert code == 2
    assert error.count("\n") == 1
    assert "expected a buildspec, found a file of 1099511627776 bytes" in error
