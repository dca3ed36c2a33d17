"""A check taken apart into ways: each answer, seen from each place that its source stands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from reachsim.routemap.labels import Labels, Places
from reachsim.routemap.shapes import Place, Turn
from reachsim.verdict import Cell, Outcome, Path

OUTWARD: Final = ("internet", "aws-public", "mixed", "on-premises")
MIDDLE: Final = (
    "nat-gateway",
    "vpc-endpoint",
    "egress-only-internet-gateway",
    "internet-gateway",
    "vpn-gateway",
    "transit-gateway-attachment",
)


class Way(NamedTuple):
    """A cell seen from one of its source's places, or several that were joined."""

    cells: tuple[int, ...]
    at: Place | None
    """Where the source of the first cell stands."""
    source: str
    place: Place | None
    """The boxes that it stands in; joined ways leave out where they differ."""
    middle: str
    stop: str
    """The code of what stops it at ``middle``; "" if it goes on."""
    destination: str
    outcome: Outcome
    leaving: bool
    needed: bool
    turn: Turn = ""

    @property
    def vpc(self) -> str:
        return self.place[0] if self.place else ""


def ways_of(
    cells: Sequence[Cell], network: Labels | None, same_as: Mapping[str, tuple[str, ...]] | None = None
) -> list[Way]:
    """The ways of a matrix. Of sources with the same answers (``same_as``) only the first counts."""
    alike = {source for others in (same_as or {}).values() for source in others}
    found = []
    for number, cell in enumerate(cells):
        if {cell.source, cell.destination} & alike:
            continue
        places = _places(cell, network)
        for place, paths in places.items():
            outcome = _outcome_here(cell, paths)
            others = [path for one, some in places.items() if one != place for path in some]
            code, component = _stop(cell, paths, others) if outcome == "blocked" else ("", "")
            middle = component or _middle(cell, paths)
            leaving = outcome in ("allowed", "intermittent") and any(
                path.route in OUTWARD for path in paths if path.outcome in ("allowed", "intermittent")
            )
            leaving = leaving or (outcome == "allowed" and not paths and cell.route in OUTWARD)
            found.append(Way((number,), place, cell.source, place, middle, code, cell.destination, outcome, leaving,
                             cell.needed))  # fmt: skip
    return found


def paths_at(cell: Cell, place: Place | None, network: Labels | None) -> Sequence[Path]:
    """The paths of a cell that start in a place."""
    return _places(cell, network).get(place, [])


def _places(cell: Cell, network: Labels | None) -> dict[Place | None, list[Path]]:
    found: dict[Place | None, list[Path]] = {}
    for path in cell.verdict.paths if cell.verdict else ():
        found.setdefault(network.place(path.origin) if isinstance(network, Places) else None, []).append(path)
    if not found:
        found[network.place(cell.source) if isinstance(network, Places) else None] = []
    return found


def _middle(cell: Cell, paths: Sequence[Path]) -> str:
    """The endpoint or gateway of a cell's way, else the component that blocks it."""
    for path in sorted(paths, key=lambda one: one.outcome != "allowed"):
        by_kind = {hop.type: hop.component for hop in path.hops if hop.leg == "request"}
        for kind in MIDDLE:
            if kind in by_kind:
                return by_kind[kind]
    if any(hop.type == "codebuild-project" for path in paths for hop in path.hops):
        return "outside every VPC"
    stops = [block.component for block in cell.blocked_by if block.component not in ("", cell.source, cell.destination)]
    return stops[0] if stops else "not known" if cell.outcome == "unknown" else "no gateway"


def _outcome_here(cell: Cell, paths: Sequence[Path]) -> Outcome:
    """A cell's outcome; of an intermittent one that of this place, where all its paths fare alike."""
    fates = {path.outcome for path in paths}
    return fates.pop() if cell.outcome == "intermittent" and len(fates) == 1 else cell.outcome


def _stop(cell: Cell, paths: Sequence[Path], others: Sequence[Path]) -> tuple[str, str]:
    """Code and component of what stops the way first; a policy does where the network lets all of it through."""
    blocks = [block for path in paths for block in path.blocked_by]
    if not blocks:
        elsewhere = {(block.code, block.component) for path in others for block in path.blocked_by}
        blocks = [block for block in cell.blocked_by if (block.code, block.component) not in elsewhere]
    blocks = blocks or list(cell.blocked_by)
    if not blocks:
        return "NO_PATH", "no way"
    return blocks[0].code, blocks[0].component or "no way"
