"""How the figures are measured: contenders take turns, and what counts is the processor time that each was given.

Processor time (of a process and the system on its behalf) leaves out waiting for a processor that others hold, which
on a shared machine is most of the time that passes. It still moves when others empty the caches, so every figure is
the median of several ratios, each of two runs that followed each other, with the range of those ratios.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent


class Value(NamedTuple):
    """One number of a figure: what it is, and its value in each round."""

    label: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


class Measured(NamedTuple):
    """What measuring a figure found. The first value is the one that the goal is about."""

    values: tuple[Value, ...]
    checked: str
    """What was compared for equality before anything was timed."""
    profile: tuple[tuple[str, float], ...]
    """Where our side spends its time: (function, share), the largest first."""


class Ran(NamedTuple):
    """A process that has ended: processor seconds, the most memory that it held, in bytes, and what it printed."""

    seconds: float
    memory: int
    said: str


def timed(call: Callable[[], object]) -> float:
    """Processor seconds that a call takes in this process."""
    start = time.process_time()
    call()
    return time.process_time() - start


def ran(command: Sequence[str], codes: Iterable[int] = (0,)) -> Ran:
    """Run a process to its end. Raises RuntimeError if it ends with another code."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read().decode()
        if process.returncode not in codes:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {said}")
    return Ran(used.ru_utime + used.ru_stime, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024), said)


def _environment() -> dict[str, str]:
    """This process's, in which compiled modules are kept, as of an installed package."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "reachsim-benchmarks-compiled")}


def in_turn(contenders: Mapping[str, Callable[[], Ran]], rounds: int) -> dict[str, list[Ran]]:
    """Run each contender once a round."""
    found: dict[str, list[Ran]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            found[name].append(run())
    return found


def ratios(label: str, over: Iterable[float], under: Iterable[float]) -> Value:
    return Value(label, tuple(one / other for one, other in zip(over, under, strict=True)))


def profile_of(call: Callable[[], object], most: int = 4) -> tuple[tuple[str, float], ...]:
    """The functions that a call spends most of its time in, without what they call."""
    profile = cProfile.Profile(time.process_time)
    profile.runcall(call)
    return _largest(pstats.Stats(profile), most)


def profile_of_command(arguments: Sequence[str], most: int = 4) -> tuple[tuple[str, float], ...]:
    """The same of ``reachsim`` with these arguments, a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile"
        ran([sys.executable, "-m", "tests.benchmarks.profiled", str(file), *arguments], codes=(0, 1, 2, 3))
        return _largest(pstats.Stats(str(file)), most)


def _largest(stats: pstats.Stats, most: int) -> tuple[tuple[str, float], ...]:
    whole: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = stats.stats  # type: ignore[attr-defined]
    total = sum(one[2] for one in whole.values()) or 1.0
    largest = sorted(whole.items(), key=lambda one: -one[1][2])[:most]
    return tuple((_name(*key), round(one[2] / total, 3)) for key, one in largest)


def _name(file: str, line: int, name: str) -> str:
    if file == "~":
        return name.strip("<>")
    path = Path(file)
    inside = "reachsim" in path.parts
    place = ".".join(path.with_suffix("").parts[-2 if inside else -1 :])
    return f"{place}.{name}" if line else name
