"""Steps of a build that rest on what a plan or template leaves open: where they lead is not known.

**Source:** importers of plans and templates, which note such steps in the manifest (``PLANNED_STEP_UNKNOWN``).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reachsim.check.needs import Need
from reachsim.check.provisioning import Start
from reachsim.evidence import Assumption
from reachsim.model.network import Network


def open_steps(network: Network, source: str) -> dict[str, tuple[Assumption, ...]]:
    """Steps of a source of which nothing tells what decides them, each with what that is."""
    found: dict[str, tuple[Assumption, ...]] = {}
    for note in network.snapshot.manifest.planned:
        if note.code == "PLANNED_STEP_UNKNOWN" and note.component.startswith(f"{source} "):
            step = note.component.removeprefix(f"{source} ")
            told = Assumption(note.code, note.component, note.detail, note.can_hide)
            found[step] = (*found.get(step, ()), told)
    return found


def with_open(needs: Sequence[Need], opened: dict[str, tuple[Assumption, ...]]) -> tuple[Need, ...]:
    """The needs, with one that nothing tells in place of those of each open step."""
    kept = [need for need in needs if need.step not in opened]
    steps = [step for step in opened if step != "provisioning"]
    return (*kept, *(Need(step, "", place=one.detail) for step in steps for one in opened[step]))


def with_open_start(start: Start, opened: dict[str, tuple[Assumption, ...]]) -> Start:
    """Whether a build starts, or that it is not known."""
    why = opened.get("provisioning", ())
    if not why:
        return start
    step = msgspec.structs.replace(start.step, outcome="unknown", blocked_by=())
    return Start(step, start.missing, (*start.assumptions, *why))
