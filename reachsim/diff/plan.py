"""What a comparison asks: the pipeline's questions of every source that a change can touch, then everybody else's."""

from __future__ import annotations

from typing import NamedTuple

from reachsim.config import Config
from reachsim.diff.cells import Asked
from reachsim.diff.others import Others, others
from reachsim.diff.scope import questions, sources_of
from reachsim.diff.touching import Touching
from reachsim.forwarding import Ground

Names = tuple[str, ...]


class Plan(NamedTuple):
    """``needed`` holds the pipeline's questions and whether a step needs them, ``lacking`` the files without which the
    newer snapshot may have more sources than ``near`` and ``skipped``, ``unseen`` such files that neither has.
    """

    needed: dict[Asked, bool]
    others: Others
    near: Names
    skipped: Names
    lacking: Names
    unseen: Names

    @property
    def questions(self) -> tuple[Asked, ...]:
        return (*self.needed, *self.others.questions)


def plan_of(
    before: Ground, after: Ground, config: Config, touching: Touching, sources: Names, targets: Names
) -> Plan:  # fmt: skip
    """Who is asked about what.

    Args:
        before, after: The two snapshots.
        config: Who takes part.
        touching: Which changes can touch whom.
        sources, targets: Selectors in place of all others.
    """
    everyone = sources_of(before.network, after.network, sources or config.sources)
    near = tuple(one for one in everyone.sources if (touching.any and targets) or touching.end(one))
    needed = {
        asked: wanted for source in near
        for asked, wanted in questions(before.network, after.network, source, targets, config)
    }  # fmt: skip
    rest = Others() if sources or targets else others(before, after, touching, needed)
    return Plan(
        needed, rest, near, tuple(one for one in everyone.sources if one not in near),
        *((everyone.lacking, everyone.unseen) if touching.any else ((), ())),
    )  # fmt: skip
