"""What the steps of a pipeline take for granted where AWS does not document what a build contacts, or when it fails.

**Source:** pipeline-services fact sheet, P7 (a push of layers that are at hand), P61c (logs), P61e (test reports).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from reachsim.check.needs import Need
from reachsim.check.outcome import THROUGH
from reachsim.evidence import Assumption, CanHide
from reachsim.model.network import Network
from reachsim.selectors import parse_selector
from reachsim.verdict import Cell, PipelineStep
from reachsim.workloads import find_project


def assumed(
    network: Network, source: str, steps: Iterable[PipelineStep], cells: Iterable[Cell]
) -> Iterator[Assumption]:
    """What the answers on a source's steps rest on, where it matters."""
    reaches_s3 = any(one.source == source and one.destination == "s3" and one.outcome == "allowed" for one in cells)
    for step in steps:
        if step.step == "push" and step.outcome in THROUGH and not reaches_s3:
            detail = "its push counts as working although it does not surely reach s3"
            yield Assumption("PUSH_NEEDS_NO_S3", source, detail, "block")
        elif step.step == "logs" and step.outcome != "allowed":
            detail = "the build may succeed all the same, without its logs"
            yield Assumption("LOGS_LOSS_EFFECT_UNKNOWN", source, detail, "neither")
        elif step.step == "reports":
            detail = "its test reports go to CodeBuild's API"
            found = find_project(network, parse_selector(source).value)
            path = network.path(found[0], "codebuild", "batch-get-report-groups") if found is not None else ""
            if path and not network.snapshot.known(path):
                detail += f", and are exported to no bucket: {path} is not in the snapshot"
            yield Assumption("REPORTS_DESTINATION_ASSUMED", source, detail, "block")


def untold(source: str, needs: Iterable[Need], told: Container[str] = ()) -> Iterator[Assumption]:
    """What needs lead to that nothing tells, but for what has been ``told`` in these words."""
    for need in needs:
        if not need.destination and need.place not in told:
            can_hide: CanHide = "leak" if need.leads_out else "block"
            yield Assumption("UNKNOWN_RESOURCE", source, f"{need.step}: {need.place}", can_hide)
        if need.others:
            detail = f"{need.step}: {need.place}: whether the credentials that it sets may do so is not known"
            yield Assumption("UNKNOWN_RESOURCE", source, detail, "block")


def left_out(network: Network) -> Iterator[Assumption]:
    """What the import of a plan or template left out or took for granted, whatever the question."""
    for note in network.snapshot.manifest.planned:
        if note.code in ("PLANNED_LEFT_OUT", "PLANNED_TAKEN"):
            yield Assumption(note.code, note.component, note.detail, note.can_hide)
