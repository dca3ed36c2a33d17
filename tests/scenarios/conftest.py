"""Of every scenario a share is asked again of the anonymized snapshot: other names never change a verdict."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from reachsim import Reach
from reachsim.collect import aliases
from reachsim.verdict import Verdict
from tests.renamed import PREFIXES, answered_alike

ONE_IN = 12
"""Of so many tests one has its first question asked again; 1 asks all."""


@pytest.fixture(autouse=True)
def anonymized(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the first question of a test of the anonymized snapshot, too."""
    if zlib.crc32(request.node.nodeid.encode()) % ONE_IN:
        return
    simulate = Reach.simulate
    monkeypatch.setattr(aliases, "_WORDS", aliases._WORDS | PREFIXES)

    def simulated(self: Reach, source: str, destination: str, **more: Any) -> Verdict:
        verdict = simulate(self, source, destination, **more)
        monkeypatch.setattr(Reach, "simulate", simulate)
        if not self.config.appliances and not any(one.code == "APPLIANCE_AS_SAID" for one in verdict.assumptions):
            answered_alike(self, verdict, source, destination, **more)
        return verdict

    monkeypatch.setattr(Reach, "simulate", simulated)
