"""Threads that make calls side by side and that nobody has to wait for: Ctrl-C ends a capture at once.

`concurrent.futures.ThreadPoolExecutor` waits for its threads when the program ends, and a call may take a minute.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

Result = TypeVar("Result")


class Pool:
    """A number of threads that take what is submitted, in order, for as long as the ``with`` block lasts."""

    def __init__(self, workers: int) -> None:
        self._work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(workers)]

    def __enter__(self) -> Pool:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _ in self._threads:
            self._work.put(None)

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Have something done; the future gets its result or its exception."""
        future: Future[Result] = Future()
        self._work.put((future, work))
        return future

    def _run(self) -> None:
        while (taken := self._work.get()) is not None:
            future, work = taken
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
