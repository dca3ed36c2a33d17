"""Branches of which one runs, and what the scope knows behind them.

**Source:** Bash Reference Manual, "Conditional Constructs".
"""

from __future__ import annotations

from collections.abc import Callable

from reachsim.pipeline import steering
from reachsim.pipeline.alternatives import either, merged
from reachsim.pipeline.ledger import Branch, Ledger
from reachsim.pipeline.shell.scope import NEVER, Left, Result, Scope


class Branches:
    """Branches of which one runs: one that surely does changes the scope, the others a copy of it."""

    def __init__(self, scope: Scope, ledger: Ledger) -> None:
        self.scope = scope
        self.ledger = ledger
        self.before = dict(scope.variables)
        self.open = True  # whether every run comes to the next condition
        self.closed = False  # whether some branch is surely taken
        self._ends: list[dict[str, str]] = []
        self._unlikely: list[dict[str, str]] = []
        self._forks: list[steering.Fork | None] = []
        self._rows: list[Branch] = []
        self._goes_on = False  # whether some run comes to what follows
        self._printed: list[str | None] = []  # by the branches that a run which goes on may take
        self._left: Left = "failure"

    def run(self, status: bool | None, walk: Callable[[Scope], Result], *, fails: bool) -> None:
        """Walk a branch; ``status``: whether its condition holds, ``fails``: whether it ends the build in failure."""
        if status is True and self.open and not self.closed:
            self.closed, self.open = True, False
            self._printed.append(walk(self.scope).stdout)
            self._goes_on = not self.scope.ended
            return
        inner = self.scope.copy()
        before = steering.values(inner)
        even = status is not False and not self.closed
        outputs: list[str | None] = []
        self._rows.append(self.ledger.branch(lambda: outputs.append(walk(inner).stdout), alive=even and not fails))
        self._printed += outputs if even and not fails else []
        self.scope.functions |= inner.functions
        if even:
            self.scope.doubt(inner)
            self._left = inner.left if inner.ended and inner.left == "success" else self._left
        fork = steering.keep(inner, before, "likely" if even else "certain")
        if not inner.ended:
            (self._ends if even else self._unlikely).append(inner.variables)
        if even and not inner.ended:
            self._forks.append(fork)
        elif fork is not None and inner.ended:
            self.scope.machine.forks.remove(fork)
        self.open = self.open and status is False
        self.closed = self.closed or status is True

    def printed(self) -> str | None:
        """What the branches print: the one that runs, or each what it prints where none but the values that are not
        known decide; None where that is not known.
        """
        texts = [one for one in self._printed if one is not None] + ([] if self.closed else [""])
        if len(texts) < len(self._printed) or not texts:
            return None
        if len(set(texts)) == 1:
            return texts[0]
        ends = [one.rstrip("\n") for one in texts]
        return either("!case", ends) + "\n" if all(ends) and not any(NEVER in one for one in ends) else None

    def join(self) -> None:
        """Let the scope know what the branches have set, and the ledger what they contact."""
        self.ledger.join(self._rows, whole=self.closed)
        if self.closed and not self._ends and not self._goes_on and not self.scope.ended:
            self.scope.ended, self.scope.left = True, self._left
        if self._ends:
            ends = self._ends if self.closed else [self.before, *self._ends]
            self.scope.variables |= merged(self.before, ends)
            if self.closed:
                steering.settle(self.scope, self._forks)
        for variables in self._unlikely:
            for name, value in variables.items():  # what such a branch sets counts where nothing else has set it
                if name not in self.before:
                    self.scope.variables.setdefault(name, value)
