"""Exit codes, order of answers, where output goes, and what a failure leaves behind."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest

from reachsim.cli import COMMANDS, group
from tests.contract.conftest import BROKEN, CLIENT, DUMP, LEAKY, PRIVATE, Run

BUILD = ("--from", "codebuild:app-build")
QUESTION = {"source": "codebuild:app-build", "destination": "s3", "protocol": "tcp", "port": 443}


def question(**more: object) -> str:
    return json.dumps({**QUESTION, **more})


@pytest.fixture
def gap(tmp_path: Path) -> Path:
    """The private pipeline without its network ACLs: nothing that passes a subnet's border is decided."""
    place = tmp_path / "gap"
    shutil.copytree(PRIVATE, place)
    for path in place.glob("*/*/ec2/describe-network-acls.json"):
        path.unlink()
    return place


# Exit codes


@pytest.mark.parametrize(("snapshot", "code"), [(PRIVATE, 0), (LEAKY, 1), (BROKEN, 1)])
def test_check_exits_with_its_answer(run: Run, snapshot: str, code: int) -> None:
    for form in ("text", "json"):
        result = run("check", snapshot, "--format", form)
        assert (result.exit_code, result.stderr) == (code, "")


def test_check_undecided(run: Run, gap: Path) -> None:
    result = run("check", gap)
    assert result.exit_code == 3
    assert result.stdout.startswith("overall: undecided\n")


@pytest.mark.parametrize(
    ("snapshot", "destination", "outcome", "code"),
    [
        (PRIVATE, "s3", "allowed", 0),
        (BROKEN, "ecr.dkr", "blocked", 1),
        (BROKEN, "s3", "intermittent", 1),
    ],
)
def test_trace_exits_with_its_answer(run: Run, snapshot: str, destination: str, outcome: str, code: int) -> None:
    result = run("trace", snapshot, *BUILD, "--to", destination)
    assert (result.exit_code, result.stderr) == (code, "")
    assert result.stdout.splitlines()[1].split(" ")[0] == outcome


def test_trace_unknown(run: Run, gap: Path) -> None:
    result = run("trace", gap, *BUILD, "--to", "s3")
    assert result.exit_code == 3
    assert "describe-network-acls.json" in result.stdout


def test_query_answers_whatever_the_answers(run: Run, gap: Path) -> None:
    for snapshot in (PRIVATE, BROKEN, gap):
        assert run("query", snapshot, stdin=question()).exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "nowhere"],
        ["check", PRIVATE, "--from", "i-0"],
        ["check", PRIVATE, "--from", "nonsense"],
        ["check", PRIVATE, "--format", "yaml"],
        ["check"],
        ["check", PRIVATE, "--no-such-option"],
        ["trace", PRIVATE, "--to", "s3"],
        ["trace", PRIVATE, *BUILD, "--to", "nonsense"],
        ["trace", PRIVATE, *BUILD, "--to", "s3", "--protocol", "tpc"],
        ["trace", PRIVATE, *BUILD, "--to", "s3", "--port", "65536"],
        ["trace", PRIVATE, *BUILD, "--to", "s3", "--protocol", "icmp", "--port", "256"],
        ["trace", PRIVATE, *BUILD, "--to", "s3", "--family", "ipv5"],
        ["query", "nowhere"],
        ["query", PRIVATE, "--input", "nowhere"],
        ["query", PRIVATE, "--input", PRIVATE],
        ["plot", PRIVATE],
        ["plot", PRIVATE, "-o", "routes.gif"],
        ["plot", "nowhere", "-o", "routes.png"],
        ["import", "batfish", "nowhere", "out"],
        ["import", "terraform", "nowhere", "out"],
        ["import", "nonsense", "nowhere", "out"],
        ["explain", "NO_SUCH_CODE"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_bad_usage_and_bad_input_exit_with_2_and_print_nothing(
    run: Run, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith(("reachsim: error: ", "Error: "))
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_our_own_does_not_look_like_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr("reachsim.api.Reach.check", fail)
    result = click.testing.CliRunner().invoke(group, ["check", PRIVATE])
    assert result.exit_code == 2
    assert "RuntimeError: oops" in result.stderr
    assert result.stderr.endswith("reachsim: error: this is a fault of reachsim itself\n")


def test_a_package_that_is_not_installed_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'tree_sitter.x'", name="tree_sitter.x")

    monkeypatch.setattr("reachsim.api.Reach.check", fail)
    result = click.testing.CliRunner().invoke(group, ["check", PRIVATE])
    assert result.exit_code == 2
    assert result.stderr.startswith("reachsim: error: the package tree_sitter is not installed")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("package", ["click", "msgspec"])
def test_it_is_so_too_before_a_command_has_begun(package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None; sys.argv[1:] = ['contacts', 'buildspec.yml']\n"
        "from reachsim.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"reachsim: error: the package {package} is not installed")
    assert done.stderr.count("\n") == 1


# query


def test_query_keeps_the_order_and_answers_bad_lines_in_their_place(run: Run) -> None:
    lines = [
        question(id="first"),
        "no json",
        '"text"',
        question(id=2, source=None),
        question(id={"any": ["thing"]}, port="443"),
        question(id=None, destination="codebuild:nobody"),
        "",
        question(id="layers", layers=["nonsense"]),
        question(id="last", destination="logs"),
    ]
    result = run("query", PRIVATE, stdin="\n".join(lines))
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 2
    assert result.stderr == ""
    assert [one["id"] for one in found] == ["first", None, None, 2, {"any": ["thing"]}, None, "layers", "last"]
    codes = [one["error"]["code"] if "error" in one else one["outcome"] for one in found]
    assert codes == [
        "allowed", "BAD_JSON", "BAD_JSON", "BAD_QUESTION", "BAD_QUESTION", "NO_SOURCE_OR_DESTINATION", "BAD_LAYER",
        "allowed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"source": "' + b"a" * 100_000 + b'", "destination": "s3"}',
        b'{"port": ' + b"9" * 5000 + b"}",
        b'{"id": NaN}',
        question(requests=[{}]).encode(),
        question(requests=[{"action": "s3:GetObject", "resource": "arn:aws:s3:::a", "principal": 3}]).encode(),
        question(requests=[{"action": "s3:GetObject", "resource": "arn:aws:s3:::a", "context": 3}]).encode(),
        question(protocol=True).encode(),
        question(port=-1).encode(),
        question(protocol="gre").encode(),
        question(layers=[1]).encode(),
        question(source="host:example.com").encode(),
        question(destination="ip:10.0.0.0/33").encode(),
        question(destination="ip:").encode(),
        question(source="\x1b[31m").encode(),
    ],
)
def test_any_bad_line_gets_an_error_and_stops_nothing(run: Run, line: bytes) -> None:
    result = run("query", PRIVATE, stdin=line + b"\n" + question(id=1).encode() + b"\n")
    first, second = (json.loads(row) for row in result.stdout.splitlines())
    assert result.exit_code == 2
    assert set(first) == {"id", "error"}
    assert "\n" not in first["error"]["message"]
    assert len(first["error"]["message"]) < 100_100
    assert (second["id"], second["outcome"]) == (1, "allowed")


def test_an_id_comes_back_as_it_was_and_harmless(run: Run) -> None:
    for value in ("\ud800", "\x1b[31mred\x9b", "東京", "a\u202eb", "\U0001f600", 1.5, [None, True]):
        result = run("query", PRIVATE, stdin=question(id=value))
        assert json.loads(result.stdout)["id"] == value
        assert result.stdout.rstrip("\n").isprintable()


def test_query_reads_a_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + question(id=1).encode() + b"\r\n\r\n" + question(id=2).encode())
    result = run("query", PRIVATE, "--input", file, stdin="not read")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [1, 2]


def test_query_without_questions(run: Run) -> None:
    result = run("query", PRIVATE, stdin="\n\n")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


# Where output goes

WRITERS = {
    "check": (["check", PRIVATE], 0),
    "check json": (["check", LEAKY, "--format", "json"], 1),
    "trace": (["trace", BROKEN, *BUILD, "--to", "s3"], 1),
    "trace json": (["trace", PRIVATE, *BUILD, "--to", "s3", "--format", "json"], 0),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_gets_what_standard_output_would(run: Run, name: str, tmp_path: Path) -> None:
    arguments, code = WRITERS[name]
    target = tmp_path / "new" / "answer"
    printed = run(*arguments)
    written = run(*arguments, "-o", target)
    assert (written.exit_code, written.stdout, written.stderr) == (code, "", "")
    assert target.read_bytes() == printed.stdout_bytes
    assert [path.name for path in target.parent.iterdir()] == ["answer"]


@pytest.mark.parametrize("option", ["-o", "--output"])
@pytest.mark.parametrize("command", ["check", "trace", "plot"])
def test_an_existing_target_is_refused_unless_told(run: Run, command: str, option: str, tmp_path: Path) -> None:
    target = tmp_path / "answer.png"
    target.write_bytes(b"precious")
    arguments = [command, PRIVATE, *(() if command == "plot" else ("--format", "json")), option, target]
    arguments += ["--from", CLIENT, "--to", "s3"] if command == "trace" else []
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert refused.stderr == f"reachsim: error: {target} exists already; --overwrite replaces it\n"
    assert target.read_bytes() == b"precious"
    assert run(*arguments, "--overwrite").exit_code == 0
    assert target.read_bytes() != b"precious"
    assert [path.name for path in tmp_path.iterdir()] == ["answer.png"]


def test_a_failed_write_leaves_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    for arguments in (["check", PRIVATE], ["trace", PRIVATE, "--from", CLIENT, "--to", "s3"], ["plot", PRIVATE]):
        target = tmp_path / "answer.svg"
        result = run(*arguments, "-o", target)
        assert result.exit_code == 2
        assert result.stderr == f"reachsim: error: cannot write {target}: No space left on device\n"
        assert list(tmp_path.iterdir()) == []


def test_a_failed_question_writes_nothing(run: Run, tmp_path: Path) -> None:
    for command in (["check", PRIVATE, "--from", "i-0"], ["trace", PRIVATE, "--from", "i-0", "--to", "s3"]):
        assert run(*command, "-o", tmp_path / "answer").exit_code == 2
        assert list(tmp_path.iterdir()) == []


# import


def test_import_says_what_it_wrote_and_warns_on_standard_error(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("import", "batfish", DUMP, out)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{out}: ")
    assert (out / "snapshot.json").exists()
    assert run("check", out).exit_code == 3
    before = sorted(out.rglob("*"))
    refused = run("import", "batfish", DUMP, out)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == f"reachsim: error: {out} exists already; --overwrite replaces it\n"
    assert sorted(out.rglob("*")) == before
    assert run("import", "batfish", DUMP / "aws_configs", out, "--overwrite").exit_code == 0
    assert sorted(out.rglob("*")) == before


def test_import_warnings_stay_off_standard_output(run: Run, tmp_path: Path) -> None:
    result = run("import", "batfish", DUMP.parent / "hybrid-cloud", tmp_path / "out")
    assert result.stderr.startswith("warning: ")
    assert "warning:" not in result.stdout


def test_a_snapshot_may_be_a_zip(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "snapshot.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for path in sorted(Path(LEAKY).rglob("*")):
            archive.write(path, path.relative_to(LEAKY))
    assert run("check", place).stdout == run("check", LEAKY).stdout


# --assume-defaults


@pytest.mark.parametrize("command", ["check", "trace", "query"])
def test_assumed_defaults_are_named(run: Run, command: str, tmp_path: Path) -> None:
    place = tmp_path / "s"
    shutil.copytree(PRIVATE, place)
    for path in place.glob("*/*/ec2/describe-dhcp-options.json"):
        path.unlink()
    arguments = {
        "check": ["check", place, "--format", "json"],
        "trace": ["trace", place, *BUILD, "--to", "s3", "--format", "json"],
        "query": ["query", place],
    }[command]
    stdin = question() if command == "query" else None
    plain = json.loads(run(*arguments, stdin=stdin).stdout)
    assert plain.get("outcome", plain.get("overall")) in ("unknown", "undecided")
    assert [name.rsplit("/", 1)[1] for name in plain["missing"]] == ["describe-dhcp-options.json"]
    assumed = json.loads(run(*arguments, "--assume-defaults", stdin=stdin).stdout)
    assert assumed.get("outcome", assumed.get("overall")) in ("allowed", "private-and-working")
    assert assumed["missing"] == []
    (one,) = [one for one in assumed["assumptions"] if one["code"] == "ASSUMED_DEFAULT"]
    assert "describe-dhcp-options.json" in one["detail"]


# --help and explain


@pytest.mark.parametrize("name", [*COMMANDS, ""])
def test_help_names_every_option_and_the_exit_codes(run: Run, name: str) -> None:
    result = run(*([name] if name else []), "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == run(*([name] if name else []), "-h").stdout
    if not name:
        assert all(f"  {command} " in result.stdout for command in COMMANDS)
        return
    command = importlib.import_module(COMMANDS[name]).command
    assert isinstance(command, click.Command)
    for parameter in command.params:
        names = parameter.opts if isinstance(parameter, click.Option) else [(parameter.name or "").upper()]
        if name == "import" and names == ["KIND"]:
            names = ["batfish"]
        assert all(one in result.stdout for one in names), names
        if isinstance(parameter, click.Option):
            assert parameter.help
    assert "Example:\n  " in result.stdout or "Examples:\n  " in result.stdout
    assert all(len(line) <= 90 for line in result.stdout.splitlines())
    _, _, listed = result.stdout.partition("\nCommands:\n")
    assert "..." not in listed  # what click makes of a sentence that is too long for a list


def test_explain_lists_every_code_once(run: Run) -> None:
    from reachsim.codes import CODES

    for arguments in (["explain"], ["explain", "--list"]):
        result = run(*arguments)
        assert [line.split()[0] for line in result.stdout.splitlines()] == sorted(CODES)


def test_explain_suggests_near_codes(run: Run) -> None:
    result = run("explain", "SUBNET_ACL_RESTRICTON")
    assert result.exit_code == 2
    assert "SUBNET_ACL_RESTRICTION" in result.stderr
