"""Running the command line, in this process and in one of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reachsim.cli import group

ROOT = Path(__file__).resolve().parent.parent.parent
PRIVATE, LEAKY, BROKEN = (str(ROOT / f"snapshots/{name}-pipeline") for name in ("private", "leaky", "broken"))
DUMP = ROOT / "tests/data/aws-cli-dumps/public-private-subnet"
CLIENT = "i-08c6c51c9a0f8ac94"
"""The private pipeline's."""

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """``run("check", PRIVATE)``; no exception but ``SystemExit`` may get out of a command."""

    def invoke(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(group, list(map(str, arguments)), input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.stderr
        return result

    return invoke


def command_line(arguments: Sequence[str]) -> list[str]:
    """The same as a process of its own."""
    return [sys.executable, "-m", "reachsim", *arguments]


def process(*arguments: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command_line(arguments), cwd=ROOT, capture_output=True, check=False, timeout=120, **more)  # type: ignore[call-overload,no-any-return]
