"""The live snapshot that a plan or template is laid over."""

from __future__ import annotations

from pathlib import Path

from reachsim.model.network import Network
from reachsim.snapshot import Snapshot, open_snapshot


def open_live(place: Path | None) -> Snapshot | None:
    """Open it, if there is one. Raises SnapshotError that names each of its files that cannot be decoded."""
    return Network(open_snapshot(place)).snapshot if place is not None else None
