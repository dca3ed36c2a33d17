"""What is judged of one source of the pipeline, or of one who carries out its deployments."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from reachsim.check.answers import Answers
from reachsim.check.failures import Wanted
from reachsim.check.needs import Need
from reachsim.check.steps import really_needed
from reachsim.evidence import Assumption
from reachsim.verdict import Cell, Finding, Outcome, PipelineStep, Verdict


class Judged(Struct, frozen=True):
    """One source: its cells of the matrix, further destinations that its build needs, its steps and needs."""

    cells: list[Cell]
    further: list[Cell]
    steps: list[PipelineStep]
    needs: tuple[Need, ...]
    settled: list[Outcome]
    findings: list[Finding]
    wants: tuple[Wanted, ...]
    missing: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    exits: tuple[Verdict, ...] = ()
    """Ways of its docker server to private networks."""


def wants_of(source: str, needs: Sequence[Need], answers: Answers) -> tuple[Wanted, ...]:
    """The needs that count, with what they get, where their destinations are told."""
    told = ((need, answers.of(need)) for need in needs if really_needed(need, needs, answers))
    return tuple(Wanted(need.by or source, need, verdict) for need, verdict in told if verdict is not None)


def cell_of(source: str, destination: str, verdict: Verdict, *, needed: bool) -> Cell:
    return Cell(source, destination, verdict.outcome, verdict.route, needed, verdict.blocked_by, verdict)
