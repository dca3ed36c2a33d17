"""Which configuration changes a finding of check came with, or went with: the least set that, undone, turns it back.

Tried are first the changes of what the finding names and the causes of changed answers, then every other change alone,
as long as they are few: check's question is put for each. A finding for which none of them is enough has no causes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from reachsim.changes import Change
from reachsim.check import check
from reachsim.config import Config
from reachsim.diff.causes import Chosen, Trials
from reachsim.diff.overall import Judged, Key, findings_of, key_of
from reachsim.errors import ReachsimError
from reachsim.verdict import Finding

MOST_CHECKS: Final = 40


def causes_of_findings(
    trials: Trials, config: Config, judged: Judged, units: Mapping[str, Sequence[Change]], known: Iterable[Chosen]
) -> dict[Key, tuple[str, ...]]:  # fmt: skip
    """Finding → ids of the changes that cause it.

    Args:
        trials: The newer snapshot with changes undone.
        config: Check's configuration.
        judged: What check finds before and after.
        units: Id → changes that are undone together.
        known: Causes of changed answers.
    """
    if not judged.sources:
        return {}
    tried: dict[Chosen, frozenset[Key] | None] = {}
    if judged.found is not None:
        tried = {frozenset(units): judged.found[0], frozenset(): judged.found[1]}
    known = list(known)

    def findings(undone: Chosen) -> frozenset[Key] | None:
        if undone not in tried and len(tried) < MOST_CHECKS:
            tried[undone] = _findings(trials, config, judged.sources, undone)
        return tried.get(undone)

    found: dict[Key, tuple[str, ...]] = {}
    for there, some in ((True, judged.appeared), (False, judged.gone)):
        for finding in some:
            key = key_of(finding)
            named = _named(finding, units)
            likely = [frozenset((one,)) for one in named]
            likely += [*known, *([frozenset(named)] if len(named) > 1 else ()), *(frozenset((one,)) for one in units)]
            likely += [frozenset(one for some in known for one in some)]

            def turned(undone: Chosen, key: Key = key, there: bool = there) -> bool:
                seen = findings(undone)
                return seen is not None and (key in seen) != there

            undone = next(filter(turned, dict.fromkeys(likely)), None)
            if undone is not None:
                for one in sorted(undone) if len(undone) > 1 else ():
                    undone = undone - {one} if len(undone) > 1 and turned(undone - {one}) else undone
                found[key] = tuple(one for one in units if one in undone)
    return found


def _named(finding: Finding, units: Mapping[str, Sequence[Change]]) -> list[str]:
    """The changes of what a finding is about, or names."""
    text = " ".join((finding.component, finding.title, *finding.evidence))
    return [name for name, some in units.items() if any(one.component in text for one in some)]


def _findings(trials: Trials, config: Config, near: Sequence[str], undone: Chosen) -> frozenset[Key] | None:
    ground = trials.ground(undone)
    if ground is None:
        return None
    try:
        return findings_of(check(ground, near, config))
    except ReachsimError:
        return None
