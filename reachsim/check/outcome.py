"""The overall word of a pipeline, found in the order that DESIGN gives.

**Source:** DESIGN, "How ``overall`` is found".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reachsim.verdict import Cell, Outcome, Overall, Verdict

THROUGH: Final = ("allowed", "intermittent")
OUTWARD: Final = ("internet", "aws-public", "mixed", "on-premises")


def gets_out(verdict: Verdict) -> bool:
    """Whether traffic gets out by a way that leaves AWS's private network.

    What a policy then says to the source's own requests does not count: the way is there for whatever else is sent. Nor
    does what is not known of the rest.
    """
    if (verdict.outcome in THROUGH and verdict.route in OUTWARD) or any(way in OUTWARD for way in verdict.surely):
        return True
    open_way = verdict.layers.get("network") in THROUGH
    return open_way and any(path.outcome == "allowed" and path.route in OUTWARD for path in verdict.paths)


def leaks(cell: Cell) -> bool:
    """Whether traffic of a source gets out by a way that leaves AWS's private network."""
    told = cell.outcome in THROUGH and cell.route in OUTWARD
    return cell.source != "internet" and (told or (cell.verdict is not None and gets_out(cell.verdict)))


def exposes(cell: Cell) -> bool:
    """Whether the internet gets to a source, whatever else is not known of that."""
    sure = cell.outcome in THROUGH or (cell.verdict is not None and bool(cell.verdict.surely))
    return cell.source == "internet" and sure


def overall_of(
    cells: Sequence[Cell], beyond: Sequence[Verdict], steps: Sequence[Outcome], *, found: bool, lacking: bool,
    shared: bool, open_policies: bool, open_exits: bool = False,
) -> Overall:  # fmt: skip
    """The overall word.

    Args:
        cells: sources × destinations, and the internet in.
        beyond: ways to networks behind private gateways.
        steps: what becomes of every needed step.
        found: whether any source was found. lacking: whether a file is missing that could name more of them.
        shared: whether a policy lets someone outside use a resource; open_policies: whether that is not known.
        open_exits: whether something leads to where nobody knows, such as a proxy.
    """
    if any(leaks(cell) for cell in cells) or any(verdict.outcome in THROUGH for verdict in beyond):
        return "leaking"
    if shared or any(exposes(cell) for cell in cells):
        return "exposed"
    open_ways = any(could_leave(cell) for cell in cells)
    open_ways = open_ways or open_exits
    if not found or lacking or open_ways or open_policies or any(verdict.outcome == "unknown" for verdict in beyond):
        return "undecided"
    if any(outcome in ("blocked", "intermittent") for outcome in steps):
        return "private-but-failing"
    return "undecided" if "unknown" in steps else "private-and-working"


def could_leave(cell: Cell) -> bool:
    """Whether what is not known of a cell bears on privacy: the internet's cells, and services whose network way is not
    known. A set of addresses is allowed as soon as one of them is, by a private way say; the way of the others may be
    open all the same.
    """
    if cell.verdict is None:
        return cell.outcome == "unknown"
    if "internet" in (cell.source, cell.destination):
        return cell.outcome == "unknown" or any(path.outcome == "unknown" for path in cell.verdict.paths)
    return cell.outcome == "unknown" and cell.verdict.layers.get("network") == "unknown"
