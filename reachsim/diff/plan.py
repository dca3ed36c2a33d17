"""What a comparison asks: the pipeline's questions of every source that a change can touch, then everybody else's."""

from __future__ import annotations

from typing import NamedTuple

from reachsim.config import Config
from reachsim.diff.blind import blind
from reachsim.diff.cells import Asked
from reachsim.diff.others import Others, others
from reachsim.diff.scope import questions, sources_of
from reachsim.diff.touching import Touching
from reachsim.forwarding import Ground
from reachsim.model.network import Network

Names = tuple[str, ...]


class Plan(NamedTuple):
    """``needed`` holds the pipeline's questions and whether a step needs them, ``lacking`` the files without which the
    newer snapshot may have more sources than ``near`` and ``skipped``, or more interfaces than are known; ``unseen``
    are those of them that neither snapshot has.
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
    before: Ground, after: Ground, config: Config, touching: Touching, sources: Names, targets: Names, *, edited: bool
) -> Plan:  # fmt: skip
    """Who is asked about what.

    Args:
        before, after: The two snapshots.
        config: Who takes part.
        touching: Which changes can touch whom.
        sources, targets: Selectors in place of all others.
        edited: Whether the newer snapshot is an edited copy of the older one, so that what both lack is the same.
            Else it may have changed: nobody is skipped whom it may touch.
    """
    everyone = sources_of(before.network, after.network, sources or config.sources)
    unsure = not edited and blind(after.network, names=True)
    aimed = any(touching.end(one) for one in targets)
    touched = touching.any_of(everyone.sources)
    near = tuple(one for one in everyone.sources if unsure or aimed or one in touched)
    needed = {
        asked: wanted for source in near
        for asked, wanted in questions(before.network, after.network, source, targets, config)
    }  # fmt: skip
    chosen = bool(sources or targets)
    every = not edited and blind(after.network, names=False)
    rest = Others() if chosen else others(before, after, touching, needed, every=every)
    lacking, unseen = (everyone.lacking, everyone.unseen) if touching.any or not edited else ((), ())
    if not chosen and (touching.any or not edited):
        lacking = tuple(dict.fromkeys((*lacking, *_interfaces(after.network))))
        unseen = tuple(dict.fromkeys((*unseen, *(one for one in lacking if one in _interfaces(before.network)))))
    compared = frozenset(near)
    skipped = tuple(one for one in everyone.sources if one not in compared)
    return Plan(needed, rest, near, skipped, tuple(dict.fromkeys((*lacking, *unseen))), unseen)


def _interfaces(network: Network) -> Names:
    """The files without which there may be more interfaces than are known."""
    return tuple(
        path for home in network.homes if not network.lacks(home, "describe-vpcs")
        for path in network.lacks(home, "describe-network-interfaces")
    )  # fmt: skip
