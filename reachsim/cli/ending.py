"""What ends a command before its answer: Ctrl-C, SIGTERM (a pipeline is cancelled), SIGHUP (a terminal closes).

All three unwind the command the same way, so that temporary files go and what was there stays. **Source:** POSIX shell,
"Exit Status for Commands": 128 and the signal's number; Python documentation, "signal".
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGTERM", "SIGHUP")


class Ended(KeyboardInterrupt):
    """Raised in the main thread when a signal ends the command."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def told(error: KeyboardInterrupt) -> tuple[str, int]:
    """What to say of it, and the exit code.

    >>> told(Ended(signal.SIGTERM)), told(KeyboardInterrupt())
    (('ended by SIGTERM', 143), ('interrupted', 130))
    """
    return (f"ended by {error}", 128 + error.number) if isinstance(error, Ended) else ("interrupted", 130)


@contextmanager
def ended_like_control_c() -> Iterator[None]:
    """Have the signals raise `Ended` once, and be ignored from then on: some senders send twice, and what is cleaned up
    then is not to be left half done.

    A signal that something else handles, or that is ignored (``nohup``), stays as it is.
    """
    if threading.current_thread() is not threading.main_thread():  # no other thread may set handlers
        yield
        return
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    ours = [one for one in numbers if signal.getsignal(one) == signal.SIG_DFL]

    def end(number: int, _: FrameType | None) -> None:
        for one in ours:
            signal.signal(one, signal.SIG_IGN)
        raise Ended(number)

    for one in ours:
        signal.signal(one, end)
    try:
        yield
    finally:
        for one in ours:
            if signal.getsignal(one) is end:
                signal.signal(one, signal.SIG_DFL)
