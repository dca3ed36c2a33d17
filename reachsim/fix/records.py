"""A proposed fix and its proof, as plain frozen values (`reachsim.report.fix` and the other forms render them)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from reachsim.diff import Diff
from reachsim.fix.steps import Step, component_of, describe, in_order, to_json
from reachsim.patch import Patch
from reachsim.shown import Shown
from reachsim.verdict import Traffic

Status = Literal["nothing to fix", "proven", "partly", "undecided"]


class Mend(msgspec.Struct, frozen=True):
    """Steps that belong together, what they mend, and how much they open: packets counted by source, destination and
    port. ``alternatives`` mend the same, were proven too, and open as much or more.
    """

    steps: tuple[Step, ...]
    mends: tuple[str, ...]
    opens: int
    alternatives: tuple[tuple[tuple[Step, ...], int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        others = [{"steps": [_step(one) for one in some], "opens": opens} for some, opens in self.alternatives]
        return {
            "steps": [_step(one) for one in self.steps],
            "mends": list(self.mends),
            "opens": self.opens,
            "alternatives": others,
        }


class Left(msgspec.Struct, frozen=True):
    """Something wrong that no proposal mends, and why; ``places``: where the build's files ask for it."""

    what: str
    code: str
    why: str
    places: tuple[str, ...] = ()


class Opened(msgspec.Struct, frozen=True):
    """Traffic from one source that the fix lets through besides what the pipeline needs, or that it stops."""

    source: str
    traffic: tuple[Traffic, ...]


class Plan(Shown, frozen=True):
    """The smallest changes found, proven: the snapshot with ``patch`` applied was judged again.

    ``before`` and ``after`` are check's words, ``diff`` is all that the patch changes, ``also_opens`` what passes newly
    and is no part of what the pipeline needs, ``also_closes`` what others in its VPCs lose; ``left_out`` of these were
    not asked, as they are many. ``missing`` are files without which it isn't decided what is wrong.
    """

    status: Status
    before: str
    after: str
    mends: tuple[Mend, ...]
    left: tuple[Left, ...]
    patch: Patch
    diff: Diff
    also_opens: tuple[Opened, ...]
    also_closes: tuple[Opened, ...] = ()
    left_out: int = 0
    unjudged: tuple[str, ...] = ()
    """What may be refused to a build and is not known to be asked for, in words."""
    policies: dict[str, str] = msgspec.field(default_factory=dict)
    """Holder (and name) → a policy's whole text after the fix, of those that it changes."""
    missing: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Plan {self.status}: {self.before} → {self.after}, {len(self.steps)} steps>"

    @property
    def steps(self) -> tuple[Step, ...]:
        return in_order(step for one in self.mends for step in one.steps)

    @property
    def exit_code(self) -> int:
        """0 nothing to do, or every fault has a proven fix; 1 some fault has none; 3 undecided (DESIGN)."""
        return {"nothing to fix": 0, "proven": 0, "partly": 1, "undecided": 3}[self.status]

    def to_json(self) -> dict[str, Any]:
        """The object that ``reachsim fix --format json`` prints."""
        return {
            "status": self.status,
            "overall": {"before": self.before, "after": self.after},
            "fixes": [one.to_json() for one in self.mends],
            "left": [msgspec.to_builtins(one) for one in self.left],
            "also_opens": [msgspec.to_builtins(one) for one in self.also_opens],
            "also_closes": [msgspec.to_builtins(one) for one in self.also_closes],
            "left_out": self.left_out,
            "unjudged": list(self.unjudged),
            "missing": list(self.missing),
            "patch": self.patch.to_json(),
            "proof": self.diff.to_json(),
        }


def _step(step: Step) -> dict[str, Any]:
    return {"component": component_of(step), "text": describe(step), **to_json(step)}
