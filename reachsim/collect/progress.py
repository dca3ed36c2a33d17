"""How far a capture is: a bar per service on a terminal, nothing where standard error is a file or ``CI`` is set."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from reachsim.errors import printable


class Progress(Protocol):
    """What a capture tells about its way."""

    def more(self, services: Iterable[str]) -> None:
        """These calls are to be made (a service's name for each)."""

    def done(self, service: str) -> None:
        """One call of a service has been made."""

    def close(self) -> None:
        """The capture is over."""


class Silent:
    """Progress that nobody watches."""

    def more(self, services: Iterable[str]) -> None: ...
    def done(self, service: str) -> None: ...
    def close(self) -> None: ...


class Bars:
    """A bar per service with the calls made and to be made, under one for all of them.

    Where a terminal has fewer lines than that, services whose calls are all made give way to the others.
    """

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._rich = RichProgress(
            TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TextColumn("calls"),
            TimeElapsedColumn(), console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._bars: dict[str, Any] = {}
        self._all = self._rich.add_task("all", total=None)
        self._rich.start()

    def more(self, services: Iterable[str]) -> None:
        for service, count in Counter(services).items():
            if service not in self._bars:
                self._bars[service] = self._rich.add_task(service, total=0)
            for bar in (self._bars[service], self._all):
                self._rich.update(bar, total=(self._task(bar).total or 0) + count)
        self._make_room()

    def done(self, service: str) -> None:
        bar = self._bars[service]
        for one in (bar, self._all):
            self._rich.advance(one)
        if self._task(bar).finished:
            self._make_room()

    def close(self) -> None:
        self._rich.stop()

    def _task(self, bar: Any) -> Any:
        return next(task for task in self._rich.tasks if task.id == bar)

    def _make_room(self) -> None:
        """Show as many bars as there are lines, those with calls to be made first."""
        room = max(self._rich.console.height - 3, 1)  # the bar for all, and the line of the cursor
        waiting = sorted(self._bars.values(), key=lambda bar: self._task(bar).finished)
        for place, bar in enumerate(waiting):
            self._rich.update(bar, visible=place < room)


def watched() -> Progress:
    """Bars if somebody looks, else silence."""
    return Bars() if _somebody_looks() else Silent()


@contextmanager
def naming() -> Iterator[Callable[[str], None]]:
    """Shows, if somebody looks, what it is given: the file that is read just now."""
    if not _somebody_looks():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:
        yield lambda text: status.update(Text(printable(text)))


def _somebody_looks() -> bool:
    return sys.stderr.isatty() and not {"NO_COLOR", "CI"} & os.environ.keys()
