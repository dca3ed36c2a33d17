"""Snapshots with steps made: each is made once, and asked and judged once, however many of a fix's questions need it.

What is proven is compared with what was found, and what is taken out again was put in before: the same few snapshots
come up over and over, and within one the same walks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from typing import Final

from reachsim.config import Config
from reachsim.edits.draft import Draft
from reachsim.errors import UnsupportedError
from reachsim.fix.faults import Judged, judge
from reachsim.fix.making import apply_step
from reachsim.fix.quotas import past_quota
from reachsim.fix.steps import Step, in_order
from reachsim.forwarding import Ground
from reachsim.forwarding.ground import Found
from reachsim.model.network import Network
from reachsim.patch import Patch, apply

_MOST_KEPT: Final = 8
"""Edited snapshots kept at once: those of a fix of some steps; of an organization each takes much memory."""


class Asking(Ground):
    """A network made ready for walking that remembers what its questions come to. All are asked by one configuration:
    what it says of names is no part of a question.
    """

    def remembered(self, question: Hashable, asked: Callable[[], Found]) -> Found:
        """What the question comes to, worked out the first time."""
        return self.kept(("question", question), asked)


class Edits:
    """A snapshot and what becomes of it by steps."""

    def __init__(self, ground: Ground, config: Config, chosen: Sequence[str]) -> None:
        self.ground: Ground = Asking(ground.network, ground.appliances)
        self._config, self._chosen = config, tuple(chosen)
        self._made = lru_cache(maxsize=_MOST_KEPT)(self._make)

    def by(self, steps: Iterable[Step]) -> tuple[Ground, Patch]:
        """The snapshot with steps made. Raises ReachsimError if that makes no valid one, or one past AWS's quotas."""
        return self._made(in_order(steps))

    def judged(self, ground: Ground) -> Judged:
        """The snapshot, or an edited one, judged."""
        return ground.kept("judged", lambda: judge(ground, self._config, self._chosen))

    def _make(self, steps: tuple[Step, ...]) -> tuple[Ground, Patch]:
        ground = self.ground
        draft = Draft(ground.network)
        for step in steps:
            apply_step(draft, step)
        patch = draft.patch()
        if not steps:
            return ground, patch
        network = Network(apply(ground.network.snapshot, patch), assume_defaults=ground.network.assume_defaults,
                          beside=ground.network)  # fmt: skip
        refused = past_quota(ground.network, network)
        if refused:
            raise UnsupportedError(refused)
        return Asking(network, ground.appliances), patch
