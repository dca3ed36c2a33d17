"""Commands that are told to end, as processes of their own: what was there stays, and nothing half-written is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.conftest import LEAKY, PRIVATE, ROOT, command_line
from tests.contract.test_disk_full import FILES, FOLDERS, command, left, sources

__all__ = ["sources"]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")

ENDS_ITSELF = """
import os, signal, sys
event, number, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
seen = 0
def hook(name, arguments):
    global seen
    if name == event and str(arguments[0]).startswith(folder):
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)  # as timeout(1) does, to the process and to its group
sys.addaudithook(hook)
sys.argv[:] = ["reachsim", *sys.argv[4:]]
from reachsim.cli import main
main()
"""
"""reachsim, sent SIGTERM just before it opens, makes or renames something in a folder for the n-th time."""
SAMPLES = ["check text", "plot png", "export parquet", "whatif --write", "import awscli"]


def ended(event: str, number: int, folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    given = [sys.executable, "-c", ENDS_ITSELF, event, str(number), str(folder), *arguments]
    return subprocess.run(
        given, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL
    )


def overwriting(name: str, sources: dict[str, str], folder: Path) -> tuple[list[str], Path, dict[str, bytes]]:
    """The arguments, the target, and the old content that has to stay."""
    arguments, target = command(name, sources, folder)
    if name in FOLDERS:
        target.mkdir()
        (target / "old.json").write_bytes(b"old")
    else:
        target.write_bytes(b"old")
    return [*arguments, "--overwrite"], target, left(folder)


def stays(found: subprocess.CompletedProcess[str], folder: Path, target: Path, old: dict[str, bytes]) -> None:
    assert found.returncode == 143, found.stderr
    assert found.stderr.splitlines()[-1] == "reachsim: ended by SIGTERM"
    assert "Traceback" not in found.stderr
    assert left(folder) == old
    assert [*folder.iterdir()] == [target]


@pytest.mark.parametrize("name", [name for name in FILES | FOLDERS if not name.startswith("matrix")])
def test_sigterm_before_the_last_step_leaves_what_was_there(name: str, tmp_path: Path, sources: dict[str, str]) -> None:
    """The new file or folder is complete then, under its temporary name."""
    arguments, target, old = overwriting(name, sources, tmp_path)
    stays(ended("os.rename", 1, tmp_path, arguments), tmp_path, target, old)


@pytest.mark.parametrize("name", SAMPLES)
def test_sigterm_while_writing_leaves_what_was_there(name: str, tmp_path: Path, sources: dict[str, str]) -> None:
    arguments, target, old = overwriting(name, sources, tmp_path)
    stays(ended("open", 2 if name in FOLDERS else 1, tmp_path, arguments), tmp_path, target, old)


def test_sigterm_between_the_two_renames_of_a_folder_brings_the_old_one_back(
    tmp_path: Path, sources: dict[str, str]
) -> None:
    arguments, target, old = overwriting("anonymize", sources, tmp_path)
    stays(ended("os.rename", 2, tmp_path, arguments), tmp_path, target, old)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_matrix_that_is_ended_goes_on(form: str, tmp_path: Path, sources: dict[str, str]) -> None:
    arguments, target, _ = overwriting(f"matrix {form}", sources, tmp_path)
    found = ended("os.rename", 2, tmp_path, arguments)
    assert (found.returncode, found.stderr.splitlines()[-1]) == (143, "reachsim: ended by SIGTERM")
    assert target.read_bytes() == b"old"
    assert not [*tmp_path.rglob("*.tmp")]
    again = subprocess.run(command_line(arguments), cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    assert again.stderr == ""
    assert [*tmp_path.iterdir()] == [target]
    assert target.read_bytes() != b"old"


LONG = [["query", PRIVATE], ["policy", "evaluate"], ["diagnose", PRIVATE, "--log", "-"]]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("arguments", LONG, ids=lambda one: one[0])
def test_a_command_that_waits_ends_at_once(arguments: list[str], sent: signal.Signals) -> None:
    """It reads standard input, of which nothing comes."""
    running = subprocess.Popen(
        [sys.executable, "-c", WAITS, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(sent, signal.SIG_DFL),  # tests under nohup
    )  # fmt: skip
    assert running.stderr is not None
    assert running.stderr.readline() == "reads\n"
    running.send_signal(sent)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (128 + sent, "", f"reachsim: ended by {sent.name}\n")


WAITS = """
import io, sys
class Told(io.RawIOBase):
    def readable(self): return True
    def readinto(self, into):
        print("reads", file=sys.stderr, flush=True)
        return real.readinto(into)
real = sys.stdin.buffer.raw
sys.stdin = io.TextIOWrapper(io.BufferedReader(Told()), encoding="utf-8")
sys.argv[0] = "reachsim"
from reachsim.cli import main
main()
"""


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """As under ``nohup``: the terminal closes, and the command goes on."""
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + ENDS_ITSELF.replace("SIGTERM", "SIGHUP")
    target = tmp_path / "answer.txt"
    given = [sys.executable, "-c", code, "os.rename", "1", str(tmp_path), "check", LEAKY, "-o", str(target)]
    found = subprocess.run(given, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (found.returncode, found.stderr) == (1, "")
    assert target.read_text(encoding="utf-8").startswith("overall: leaking")
