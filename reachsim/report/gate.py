"""What a comparison says about leaks and exposures, as findings for the formats of CI systems (SARIF, JUnit).

A changed answer that newly leaves or lets the internet in becomes a finding under check's own code and component, so
that ``[[accept]]`` entries for check mark it here, too; as with check, an accepted leak is a leak all the same, and the
gate fails. **Source:** DESIGN, ``--gate``.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

import msgspec

from reachsim.codes import CODES
from reachsim.config import Config
from reachsim.diff import CellChange, Diff
from reachsim.report.words import traffic
from reachsim.verdict import Acceptance, Finding, PipelineStep

MOST_EVIDENCE = 5


class Judged(Protocol):
    """What the formats show: a `Check`, or a comparison's `Gate`."""

    @property
    def overall(self) -> str: ...
    @property
    def steps(self) -> tuple[PipelineStep, ...]: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def missing(self) -> tuple[str, ...]: ...
    @property
    def accepted(self) -> tuple[Acceptance, ...]: ...
    @property
    def exit_code(self) -> int: ...


class Gate(msgspec.Struct, frozen=True):
    """A comparison's findings. ``overall``: pass, fail or undecided; ``missing``: what keeps it from being decided."""

    overall: str
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    accepted: tuple[Acceptance, ...]
    exit_code: int
    steps: tuple[PipelineStep, ...] = ()


def gate_of(diff: Diff, config: Config, *, gate: bool) -> Gate:
    """The findings of a comparison: those that appeared, and every answer that newly leaves or exposes.

    Args:
        diff: The comparison.
        config: Its ``[[accept]]`` entries.
        gate: Whether the exit code is the gate's.
    """
    word, because = diff.gate
    findings = {(one.id, one.component): one for one in diff.appeared}
    for cell in diff.cells:
        if cell.leaves or cell.exposes:
            code = "PUBLIC_EGRESS_POSSIBLE" if cell.leaves else "INTERFACE_EXPOSED"
            for component in cell.exits or (cell.source,) if cell.leaves else (cell.destination,):
                held = findings.get((code, component))
                findings[code, component] = _with(held or _finding(code, component, cell), _evidence(cell))
    accepted = tuple(
        Acceptance(one.id, one.component, entry.reason, entry.until)
        for one in findings.values()
        if (entry := config.accepted(one.id, one.component, date.today())) is not None
    )
    missing = because if word == "undecided" else diff.undecided
    return Gate(word, tuple(findings.values()), tuple(missing), accepted, diff.exit_code(gate=gate))


def _finding(code: str, component: str, cell: CellChange) -> Finding:
    way = f"{cell.source} newly reaches {cell.destination} by {component}"
    title = way if cell.leaves else f"the internet newly reaches {component}"
    return Finding(code, "high", title, component, (), CODES[code].remedy)


def _evidence(cell: CellChange) -> list[str]:
    gained = [*cell.allowed, *(one for moved in cell.moved for one in moved.traffic)]
    caused = f" (because of {', '.join(cell.causes)})" if cell.causes else ""
    return [f"new: {cell.source} → {cell.destination}: {traffic([one])}{caused}" for one in gained[:MOST_EVIDENCE]]


def _with(finding: Finding, evidence: list[str]) -> Finding:
    return msgspec.structs.replace(finding, evidence=tuple(dict.fromkeys((*finding.evidence, *evidence))))
