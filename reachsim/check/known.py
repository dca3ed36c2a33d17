"""Names and places of what a matrix speaks of, so that it can be shown without its snapshot."""

from __future__ import annotations

from collections.abc import Iterable

from reachsim.model.network import Network
from reachsim.verdict import Cell, Known


def known_of(network: Network, cells: Iterable[Cell]) -> Known:
    """The snapshot's names, and where the paths of these cells start."""
    starts = {cell.source for cell in cells} | {
        path.origin for cell in cells if cell.verdict is not None for path in cell.verdict.paths
    }
    places = {start: place for start in sorted(starts) if (place := network.standing(start)) is not None}
    return Known(network.names, places)
