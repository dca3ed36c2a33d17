"""What a figure is, and where the organizations that it is measured on lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, NamedTuple

from tests.benchmarks import organization
from tests.benchmarks.measuring import Measured

SHIPPED: Final = 0
"""The size of figures that are measured on the shipped snapshots."""
NO_NETWORK: Final = -1
"""The size of figures that need no network."""


class Place:
    """Where the generated organizations lie, one folder for each size."""

    def __init__(self, folder: Path, rounds: int | None) -> None:
        self.folder = folder
        self._rounds = rounds

    def rounds(self, usual: int) -> int:
        """How many rounds to measure: as many as usual, unless the caller chose."""
        return self._rounds or usual

    def organization(self, interfaces: int) -> Path:
        """An organization of so many interfaces, a hundred in each VPC; made if it is not there."""
        made = self.folder / f"organization-{interfaces}"
        if not made.exists():
            growing = made.with_suffix(".part")
            organization.write(growing, max(1, interfaces // 100), interfaces)
            growing.replace(made)
        return made


class Figure(NamedTuple):
    """A figure: ``size`` in interfaces (or `SHIPPED`, `NO_NETWORK`), ``better`` says which way the goals go."""

    name: str
    title: str
    size: int
    better: Literal["more", "less"]
    goal: float
    ambition: float
    unit: str
    measure: Callable[[Place, int], Measured]
    about: str = ""
    """What both sides do, where the title does not tell."""

    def met(self, value: float) -> str:
        """Which of the goals a value meets."""

        def reaches(goal: float) -> bool:
            return value >= goal if self.better == "more" else value <= goal

        return "ambition met" if reaches(self.ambition) else "goal met" if reaches(self.goal) else "missed"
