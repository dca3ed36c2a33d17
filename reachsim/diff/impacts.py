"""What each change of the configuration does: the answers and findings it causes, or whether it matters at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reachsim.changes import Change
from reachsim.diff.causes import Causes, Trials, effect
from reachsim.diff.cells import Asked
from reachsim.diff.overall import Key
from reachsim.diff.records import Impact, Matters


def impacts(
    trials: Trials, changes: Iterable[Change], units: Mapping[str, Sequence[Change]], causes: Mapping[Asked, Causes],
    because: Mapping[Key, tuple[str, ...]], worked_out: bool,
) -> tuple[Impact, ...]:  # fmt: skip
    """What each change does.

    Args:
        trials: The newer snapshot with changes undone.
        changes: All of them.
        units: Id → changes that are made and undone together.
        causes: Of changed answers.
        because: Finding → the changes that it came or went with.
        worked_out: Whether causes were, or every change counts as one.
    """
    of_cell = {asked: frozenset((*cause, *others)) for asked, (cause, others) in causes.items()}
    causing = frozenset(one for ids in of_cell.values() for one in ids)
    matters: dict[str, Matters] = dict.fromkeys(causing, "causes")
    if worked_out:
        matters = effect(trials, tuple(units), causing)
    unit_of = {change.id: name for name, some in units.items() for change in some}
    found = []
    for change in changes:
        unit = unit_of.get(change.id, "")
        cells = tuple((asked.source, asked.destination) for asked, ids in of_cell.items() if unit in ids)
        findings = tuple(
            dict.fromkeys(f"{code} {component}" for (code, component, _), ids in because.items() if unit in ids)
        )
        word: Matters = "causes" if findings else matters.get(unit, "nothing")
        found.append(Impact(change, word, cells, findings, unit if unit not in ("", change.id) else None))
    return tuple(found)
