"""One input to one parser, within bounds of time; how an input is found again."""

from __future__ import annotations

import random
import resource
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.mutate import broken
from tests.fuzz.targets import CORPUS, EXPECTED, TARGETS, Seed

SECONDS_PER_100_KB = 1.0
HUNG = 20.0
MOST_MEMORY = 3 << 30
"""Bytes of address space of a process of `python -m tests.fuzz`: who wants more gets a MemoryError."""


class Failure(NamedTuple):
    target: str
    seed: int
    name: str
    data: bytes
    what: str


class TooSlowError(Exception):
    """Not an `Exception` that a parser may expect: nothing of reachsim catches it."""


@contextmanager
def watched() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlowError(f"more than {HUNG:.0f} s of processor time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, HUNG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def trial(target: str, name: str, data: bytes) -> str | None:
    """What is wrong with how the target takes the data: an exception that is not ours, or three times too much time."""
    allowed = max(TARGETS[target].seconds, SECONDS_PER_100_KB * len(data) / 100_000)
    for _ in range(3):  # what is read once only, or collected as garbage meanwhile, is no input's fault
        started = time.process_time()
        try:
            with warnings.catch_warnings(), watched():
                warnings.simplefilter("error")
                TARGETS[target].run(name, data)
        except EXPECTED:
            pass
        except Exception as error:
            return f"{type(error).__name__}: {error} at {_place(error)}"[:600]
        took = time.process_time() - started
        if took <= allowed:
            return None
    return f"{took:.1f} s for {len(data)} bytes"


def _place(error: BaseException) -> str:
    """The last line of reachsim that the error came by."""
    found, trace = "?", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "/reachsim/" in file:
            found = f"{file.rpartition('/reachsim/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def made(target: str, seed: int, seeds: list[Seed]) -> Seed:
    luck = random.Random(f"{target} {seed}")
    name, data = luck.choice(seeds)
    return name, broken(data, [one for _, one in seeds], luck)


def failures(target: str, first: int, count: int | None, seconds: float | None) -> Iterator[Failure | int]:
    """Failures as they are found; a number is how many inputs have been tried."""
    seeds = TARGETS[target].seeds()
    assert seeds, target
    until = None if seconds is None else time.monotonic() + seconds
    tried = 0
    while (count is None or tried < count) and (until is None or time.monotonic() < until):
        name, data = made(target, first + tried, seeds)
        what = trial(target, name, data)
        if what is not None:
            yield Failure(target, first + tried, name, data, what)
        tried += 1
        if tried % 100 == 0:
            yield tried
    yield tried


def memory() -> int:
    """The most bytes that the process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def bounded() -> None:
    """No more memory for this process than `MOST_MEMORY`."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def kept() -> list[tuple[str, Path]]:
    """What once broke a parser: the file's first line is the input's name."""
    return [(one.parent.name, one) for one in sorted(CORPUS.glob("*/*"))]
