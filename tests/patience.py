"""How long something may take in a test: a bound on hangs and blow-ups, no measure of speed (see tests/benchmarks).

The seconds are what a quiet machine may need. One that others share is several times slower for moments, also in the
process's own time, so the test fails at `SHARED` times as much: what grows with the square of its input, or worse,
goes far beyond it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

SHARED = 5


@contextmanager
def within(seconds: float, what: object = "") -> Iterator[None]:
    """Fails if the block takes more of this process's time than a shared machine needs for so many quiet seconds."""
    started = time.process_time()
    yield
    took = time.process_time() - started
    assert took < SHARED * seconds, f"{took:.1f} s: {what}"
