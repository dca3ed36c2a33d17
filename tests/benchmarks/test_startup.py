"""How long whole processes take, as a multiple of a Python that does nothing.

    pytest tests/benchmarks/test_startup.py -s

Goals: `reachsim --help` within 5 times, `reachsim check` on a shipped snapshot within 15 times. The processes are
started in turn, round by round, so that a busy machine slows all of them alike. They may keep compiled modules, as an
installed package does. Nothing timed is asserted.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS = 11
HELP_GOAL, CHECK_GOAL = 5, 15


def seconds(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    run = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    taken = time.perf_counter() - start
    assert b"Traceback" not in run.stderr, run.stderr.decode()
    return taken


def test_start_up(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(tmp_path)
    reachsim = [sys.executable, "-m", "reachsim"]
    commands = {"reachsim --help": ([*reachsim, "--help"], HELP_GOAL)}
    for snapshot in sorted(path.relative_to(ROOT) for path in (ROOT / "snapshots").glob("*") if path.is_dir()):
        commands[f"reachsim check {snapshot}"] = ([*reachsim, "check", str(snapshot)], CHECK_GOAL)

    bare = [sys.executable, "-c", "pass"]
    taken: dict[str, list[float]] = {name: [] for name in ("python -c pass", *commands)}
    for command in (bare, *(command for command, _ in commands.values())):
        seconds(command, environment)  # once to fill the caches
    for _ in range(ROUNDS):
        taken["python -c pass"].append(seconds(bare, environment))
        for name, (command, _) in commands.items():
            taken[name].append(seconds(command, environment))

    unit = statistics.median(taken["python -c pass"])
    print(f"\npython -c pass: median of {ROUNDS} is {unit * 1000:.0f} ms")
    for name, (_, goal) in commands.items():
        median = statistics.median(taken[name])
        print(f"{name}: {median * 1000:.0f} ms, {median / unit:.1f} times (goal {goal})")
