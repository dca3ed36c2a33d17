"""What only a process of its own shows: pipes, signals, terminals, encodings, and the same bytes every time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.contract.conftest import CLIENT, ROOT, command_line, process

PRIVATE, LEAKY = "snapshots/private-pipeline", "snapshots/leaky-pipeline"
QUESTION = json.dumps({"source": CLIENT, "destination": "ip:10.10.1.5", "protocol": "tcp", "port": 443}) + "\n"
posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals as POSIX has them")


@posix
@pytest.mark.parametrize("arguments", [["check", LEAKY], ["explain", "--list"], ["query", PRIVATE]], ids=" ".join)
def test_a_reader_that_leaves_early_gets_no_traceback(arguments: list[str]) -> None:
    """As in ``reachsim query … | head -1``: the code is a shell's for a broken pipe, and never an answer's."""
    readable, writable = os.pipe()
    os.close(readable)
    with os.fdopen(writable, "wb") as closed:
        found = subprocess.run(
            command_line(arguments), cwd=ROOT, input=QUESTION.encode(), stdout=closed, stderr=subprocess.PIPE,
            check=False, timeout=120,
        )  # fmt: skip
    assert (found.returncode, found.stderr) == (141, b"")


@posix
def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        found = subprocess.run(
            command_line(["check", PRIVATE]), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False, timeout=120
        )
    assert (found.returncode, found.stderr) == (2, b"reachsim: error: No space left on device\n")


@posix
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_like_the_null_device(closed: str) -> None:
    """As jobs of cron and services may be started: the exit code is still the answer."""
    for command, code in ((["check", LEAKY], 1), (["check", PRIVATE], 0), (["query", PRIVATE], 0)):
        line = ["sh", "-c", f'"$@" {closed}', "sh", *command_line(command)]
        found = subprocess.run(line, cwd=ROOT, input=b"", capture_output=True, check=False, timeout=120)
        assert (found.returncode, found.stdout, found.stderr) == (code, b"", b""), command


@posix
def test_ctrl_c_is_no_answer() -> None:
    """`query` waits for its next line; what it was asked before has been answered already."""
    running = subprocess.Popen(
        command_line(["query", PRIVATE]), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(QUESTION.encode())
    running.stdin.flush()
    assert json.loads(running.stdout.readline())["outcome"] == "blocked"
    time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (130, b"", b"reachsim: interrupted\n")


def on_a_terminal(columns: int, *arguments: str, **environment: str) -> str:
    """What a terminal of that width is sent."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    running = subprocess.Popen(
        command_line(arguments), cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs,
        env=inherited | {"TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(theirs)
    found = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not part:
            break
        found += part
    running.wait(timeout=60)
    os.close(ours)
    return found.decode().replace("\r\n", "\n")


@posix
@pytest.mark.parametrize("columns", [60, 80, 100, 160])
def test_lines_fit_the_terminal(columns: int) -> None:
    from reachsim.report.columns import width

    for arguments in (["check", LEAKY], ["trace", LEAKY, "--from", "codebuild:app-build", "--to", "ecr.dkr"]):
        text = on_a_terminal(columns, *arguments, NO_COLOR="1")
        assert "\033" not in text
        assert "Traceback" not in text
        for line in text.splitlines():
            assert width(line) <= columns or max(map(width, line.split())) > columns - 30, line


@posix
def test_colour_only_on_a_terminal_that_wants_it() -> None:
    piped = process("check", LEAKY).stdout.decode()
    painted = on_a_terminal(120, "check", LEAKY)
    plain = on_a_terminal(120, "check", LEAKY, NO_COLOR="")
    assert "\033[31m" in painted
    assert "\033" not in piped
    assert plain == piped
    import re

    assert re.sub(r"\033\[[0-9;]*m", "", painted) == piped


@posix
def test_a_file_is_never_painted_nor_narrow(tmp_path: Path) -> None:
    target = tmp_path / "answer.txt"
    assert on_a_terminal(60, "check", LEAKY, "-o", str(target)) == ""
    assert target.read_bytes() == process("check", LEAKY).stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp932", "latin-1", "utf-16"])
def test_output_is_utf_8_wherever_it_goes(encoding: str) -> None:
    found = process("check", LEAKY, env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    assert (found.returncode, found.stderr) == (1, b"")
    assert found.stdout == process("check", LEAKY).stdout
    assert "踏み台" in found.stdout.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", LEAKY],
        ["check", LEAKY, "--format", "json"],
        ["trace", LEAKY, "--from", "internet", "--to", "i-08af6b8af30f51e3e", "--format", "json"],
    ],
    ids=" ".join,
)
def test_the_same_snapshot_gives_the_same_bytes(arguments: list[str]) -> None:
    """Whatever order Python's sets and hashes happen to have."""
    first, second = (process(*arguments, env={**os.environ, "PYTHONHASHSEED": seed}).stdout for seed in ("1", "2"))
    assert first == second
    assert first


def test_help_needs_no_heavy_package() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from reachsim.cli import group; "
        "run = CliRunner().invoke(group, ['check', '--help']); assert run.exit_code == 0; "
        "print(sorted({'boto3', 'botocore', 'matplotlib', 'networkx', 'numpy', 'rich'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert found.stdout == b"[]\n"
