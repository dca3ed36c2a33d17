"""What a comparison of two snapshots found, as plain frozen values (`reachsim.report.diff` renders them)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from reachsim.changes import Change
from reachsim.evidence import Block
from reachsim.services import SERVICES
from reachsim.shown import Shown
from reachsim.verdict import Finding, Known, RouteWord, Side, Traffic, block_json

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Matters = Literal["causes", "indirectly", "nothing"]


class Answer(msgspec.Struct, frozen=True):
    """A cell's words on one side; ``absent`` where its source or destination is not in that snapshot."""

    outcome: str
    route: RouteWord
    layers: dict[str, str]
    blocked_by: tuple[Block, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome, "route": self.route, "layers": self.layers,
            "blocked_by": [block_json(one) for one in self.blocked_by],
        }  # fmt: skip


class Moved(msgspec.Struct, frozen=True):
    """Traffic that gets through on both sides, by different kinds of ways."""

    before: RouteWord
    after: RouteWord
    traffic: tuple[Traffic, ...]


class CellChange(msgspec.Struct, frozen=True):
    """A source × destination whose answer changed.

    ``allowed`` is newly allowed, ``blocked`` newly blocked, ``undecided`` not decided any more. ``leaves`` says that
    some of it newly leaves the VPC by a public way, ``exposes`` that the internet newly gets in, both by the components
    in ``exits``. ``causes`` are ids of changes: undo them all and this is as before; undo fewer and it is not.
    ``alternatives`` are ids of other changes of which each, undone alone, would do the same. Any two of ``source`` and
    ``like_source``, ``destination`` and ``like_destination`` get the same answer, by their own addresses.
    """

    source: str
    destination: str
    protocol: str | None
    port: int | None
    needed: bool
    before: Answer
    after: Answer
    allowed: tuple[Traffic, ...] = ()
    blocked: tuple[Traffic, ...] = ()
    moved: tuple[Moved, ...] = ()
    undecided: tuple[Traffic, ...] = ()
    leaves: bool = False
    exposes: bool = False
    exits: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    like_source: tuple[str, ...] = ()
    like_destination: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        plain = msgspec.to_builtins
        return {
            "source": self.source, "destination": self.destination, "protocol": self.protocol, "port": self.port,
            "needed": self.needed, "before": self.before.to_json(), "after": self.after.to_json(),
            "newly_allowed": [plain(one) for one in self.allowed],
            "newly_blocked": [plain(one) for one in self.blocked],
            "moved": [plain(one) for one in self.moved],
            "newly_undecided": [plain(one) for one in self.undecided],
            "leaves": self.leaves, "exposes": self.exposes, "exits": list(self.exits), "causes": list(self.causes),
            "alternatives": list(self.alternatives),
            "like_source": list(self.like_source), "like_destination": list(self.like_destination),
        }  # fmt: skip


class Impact(msgspec.Struct, frozen=True):
    """What a change does: it ``causes`` reachability changes (of ``cells``, source and destination), matters
    ``indirectly`` (undone, or made, all alone it would change an answer; with the other changes it changes none), or
    ``nothing`` depends on it. ``findings`` of check came or went with it; ``part_of`` is the id of the change that it
    cannot be undone without.
    """

    change: Change
    matters: Matters
    cells: tuple[tuple[str, str], ...] = ()
    findings: tuple[str, ...] = ()
    part_of: str | None = None

    def to_json(self) -> dict[str, Any]:
        cells = [{"source": source, "destination": destination} for source, destination in self.cells]
        return {
            **self.change.to_json(), "matters": self.matters, "cells": cells, "findings": list(self.findings),
            "part_of": self.part_of,
        }  # fmt: skip


class Besides(msgspec.Struct, frozen=True):
    """Who was asked about besides the pipeline: how many ends (interfaces, functions, services) that a change can
    touch, how many that none can, and in words what was left out as too much to ask one by one. ``unseen`` are files
    that would show who takes part in pipelines and are in neither snapshot.
    """

    compared: int = 0
    skipped: int = 0
    left_out: str = ""
    unseen: tuple[str, ...] = ()


class PolicyChange(msgspec.Struct, frozen=True):
    """What a changed policy now allows, or no longer does: yes with a request as proof, no, or None (not decided).

    ``exposes``: it lets somebody outside the snapshots' accounts be a build's role, or do more with a resource that
    such may use already.
    """

    component: str
    changes: tuple[str, ...]
    allows_more: bool | None
    more: str
    allows_less: bool | None
    less: str
    exposes: bool = False


class Diff(Shown, frozen=True):
    """What changed between two snapshots, and what it means.

    ``overall`` holds check's word before and after, of the sources compared; both None where check's answer for them is
    the same. ``compared`` are the sources whose answers were worked out, ``skipped`` those that no change can touch.
    """

    changes: tuple[Impact, ...]
    cells: tuple[CellChange, ...]
    policies: tuple[PolicyChange, ...]
    overall: tuple[str | None, str | None]
    appeared: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    renamed: dict[str, str]
    compared: tuple[str, ...]
    skipped: tuple[str, ...]
    because: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Finding, as ``id component`` → ids of the changes that it came or went with, as far as that was found."""
    doubtful: frozenset[str] = frozenset()
    """Findings that appeared, as ``id component``, and may have been there before."""
    undecided: tuple[str, ...] = ()
    """What leaves it open whether something newly leaves or gets in: answers that are not known, in words, and the
    files that would tell.
    """
    before: Side = Side()
    """The answers of the sources compared, changed or not, in the older snapshot, by the ids of the newer one."""
    after: Side = Side()
    besides: Besides = Besides()
    limits: tuple[str, ...] = ()
    """What of the causes was not looked for, in words."""

    def __repr__(self) -> str:
        return f"<Diff: {len(self.changes)} changes, {len(self.cells)} answers changed>"

    @property
    def known(self) -> Known:
        """Names of both snapshots, the newer one's where they differ."""
        older, newer = self.before.known, self.after.known
        return Known({**older.names, **newer.names}, {**older.places, **newer.places})

    @property
    def nothing_changed(self) -> bool:
        return not (self.changes or self.cells)

    @property
    def gate(self) -> tuple[Literal["pass", "fail", "undecided"], tuple[str, ...]]:
        """Whether something newly leaves or is newly exposed (DESIGN, ``--gate``), and what."""
        found = [
            f"{cell.source} → {cell.destination}" + (f" by {', '.join(cell.exits)}" if cell.exits else "")
            for cell in self.cells if cell.leaves or cell.exposes
        ]  # fmt: skip
        exposures = (one for one in self.appeared if one.id in EXPOSURES and not self._was_for_all(one))
        news = {f"{one.id} {one.component}": one for one in exposures}
        found += [name.rstrip() for name in news if name not in self.doubtful]
        found += [f"{one.component} now allows {one.more}" for one in self.policies if one.exposes]
        if found:
            return "fail", tuple(dict.fromkeys(found))
        cells = (cell for cell in self.cells if not _left_already(cell))
        open_cells = [f"{cell.source} → {cell.destination}" for cell in cells if cell.undecided or _open(cell)]
        if open_cells or self.undecided:
            return "undecided", tuple(dict.fromkeys((*open_cells, *self.undecided)))
        return "pass", ()

    def _was_for_all(self, one: Finding) -> bool:
        """Whether everybody had before what is now told of somebody: the resource's policy alone brought the finding,
        and it allows nothing more.
        """
        public = any(other.id in FOR_ALL and other.component == one.component for other in self.gone)
        causes = set(self.causes_of(one))
        return public and any(
            each.component == one.component and each.allows_more is False and causes and causes <= set(each.changes)
            for each in self.policies
        )

    def exit_code(self, *, gate: bool) -> int:
        """0 compared; with a gate 1 if something newly leaves or is newly exposed, 3 if that is not decided."""
        return {"pass": 0, "fail": 1, "undecided": 3}[self.gate[0]] if gate else 0

    def plot(self, ax: Axes | None = None, *, network: object = None) -> Axes:
        """Draw both snapshots as one route map: new, gone, changed and unchanged ways. Returns the Axes."""
        axes: Axes = import_module("reachsim.plot").plot_diff(self, ax, network=network or self.known)
        return axes

    def to_json(self) -> dict[str, Any]:
        """The object that ``reachsim diff --format json`` prints."""
        word, why = self.gate
        return {
            "overall": {"before": self.overall[0], "after": self.overall[1], "of": "some" if self.skipped else "all"},
            "gate": {"result": word, "because": list(why)},
            "changes": [one.to_json() for one in self.changes],
            "cells": [one.to_json() for one in self.cells],
            "policies": [msgspec.to_builtins(one) for one in self.policies],
            "findings": {
                "appeared": [self._finding(one) for one in self.appeared],
                "gone": [self._finding(one) for one in self.gone],
            },
            "renamed": self.renamed,
            "compared": list(self.compared),
            "skipped": list(self.skipped),
            "besides": msgspec.to_builtins(self.besides),
            "limits": list(self.limits),
        }

    def _finding(self, one: Finding) -> dict[str, Any]:
        return {**msgspec.to_builtins(one), "causes": list(self.causes_of(one))}

    def causes_of(self, one: Finding) -> tuple[str, ...]:
        """The ids of the changes that a finding came or went with."""
        return self.because.get(f"{one.id} {one.component}", ())


OF_PACKETS = frozenset({
    "PUBLIC_EGRESS_POSSIBLE", "CODEBUILD_NOT_IN_VPC", "EGRESS_TO_UNSEEN_ACCOUNT", "FLEET_OVERFLOW_LEAVES_VPC",
    "INSTANCE_CONNECT_LEADS_IN", "INTERFACE_EXPOSED", "PIPELINE_COMPUTE_NOT_IN_VPC",
})  # fmt: skip
"""Findings that say that packets can leave or get in."""
EXPOSURES = OF_PACKETS | frozenset({
    "ECR_REPOSITORY_PUBLIC", "ECR_PUBLIC_REPOSITORY", "BUCKET_PUBLIC", "RESOURCE_SHARED_OUTSIDE",
    "CODECOMMIT_USABLE_FROM_OUTSIDE",
})  # fmt: skip
"""Those, and findings that say that a policy lets somebody in."""
FOR_ALL: Final = frozenset({"ECR_REPOSITORY_PUBLIC", "BUCKET_PUBLIC"})


def _open(cell: CellChange) -> bool:
    """Whether a changed answer is open on the network, so that something may newly pass."""
    return cell.after.layers.get("network") == "unknown"


def _left_already(cell: CellChange) -> bool:
    """Whether all that a name stands for was reached by a public way before: nothing of it can newly leave."""
    named = cell.destination.startswith("host:") or cell.destination in SERVICES
    return named and cell.before.outcome == "allowed" and cell.before.route in ("internet", "aws-public")
