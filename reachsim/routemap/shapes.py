"""A finished map in plain numbers: its boxes and lines. y grows downwards."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from reachsim.routemap.labels import COLUMN, columns_of
from reachsim.verdict import Outcome

Kind = Literal["source", "gateway", "stop", "destination", "vpc", "zone", "subnet"]
Place = tuple[str, str, str]
"""VPC, zone and subnet."""
Turn = Literal["", "new", "gone", "changed", "unchanged"]
"""What became of a way from one snapshot to a newer one; "changed" takes the same way with other packets."""
NESTED: Final = ("vpc", "zone", "subnet")
ROW: Final = 15.0
PAD: Final = 7.0


class Box(msgspec.Struct, frozen=True):
    """A box with its label. Of ``vpc``, ``zone`` and ``subnet`` the label is the heading, else it fills the box."""

    kind: Kind
    name: str
    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    unreached: bool = False
    """A destination that no line comes to."""

    @property
    def text(self) -> tuple[float, float, float, float]:
        """x, y, width and height of what is written."""
        columns = max((columns_of(line) for line in self.lines), default=0) * COLUMN
        rows = ROW * len(self.lines)
        return self.x + PAD, self.y + (3 if self.kind in NESTED else (self.height - rows) / 2), columns, rows


class Line(msgspec.Struct, frozen=True):
    """A way of one cell from one of the source's places. ``stopped`` lines end at the box of what stops them."""

    cells: tuple[int, ...]
    """Places in the check's matrix of all cells that the line stands for."""
    at: Place | None
    """Where the source of the first of them stands."""
    source: str
    destination: str
    outcome: Outcome
    leaving: bool
    needed: bool
    points: tuple[tuple[float, float], ...]
    stopped: bool = False
    turn: Turn = ""

    @property
    def label(self) -> str:
        return f"{self.source} → {self.destination}: {self.outcome}{f', {self.turn}' if self.turn else ''}"


class RouteMap(msgspec.Struct, frozen=True):
    """The finished layout."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    headings: tuple[tuple[float, str], ...]
