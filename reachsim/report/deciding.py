"""What decides each line of a route map, in words: the rules that let it through, what stops it, or what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from reachsim.report.columns import clean
from reachsim.report.ladder import groups, rung
from reachsim.report.ways import blocks_of, way_of
from reachsim.report.words import Labels, label, named, type_name
from reachsim.routemap import Line, paths_at
from reachsim.verdict import Cell, Path

MOST: Final = 8
"""Rules that a line names."""
MOST_PLACES: Final = 3


def lines_of(
    lines: Iterable[Line], cells: Sequence[Cell], network: Labels, links: Mapping[int, str] | None = None
) -> list[dict[str, Any]]:
    """An entry for each line, in their order. Where no link leads to its trace, the entry holds the trace.

    Args:
        lines: Lines of a map of ``cells``.
        cells: The matrix.
        network: Knows names and places.
        links: Place in the matrix → where its trace stands.
    """
    return [line_of(line, cells[line.cells[0]], network, links) for line in lines]


def line_of(line: Line, cell: Cell, network: Labels, links: Mapping[int, str] | None = None) -> dict[str, Any]:
    """The entry of one line; ``cell`` is the first that it stands for."""
    paths = paths_at(cell, line.at, network)
    link = (links or {}).get(line.cells[0], "")
    through = [path for path in paths if path.outcome == "allowed"]
    ways = [] if link else [way_of(group, network) for group in list(groups(through or paths))[:1]]
    return {
        "source": cell.source, "destination": cell.destination, "outcome": line.outcome,
        "route": cell.route if cell.route != "none" and line.outcome != "blocked" else "", "needed": line.needed,
        "turn": line.turn, "subnet": line.at[2] if line.at else "", "more": len(line.cells) - 1, "link": link,
        "deciding": list(deciding(cell, paths, line.outcome, network)),
        "legs": [leg for way in ways for leg in way["legs"]],
    }  # fmt: skip


def deciding(cell: Cell, paths: Sequence[Path], outcome: str, network: Labels) -> Iterator[str]:
    """The rules that decide a line, each in a sentence; what stops it begins with a cross."""
    blocks = [block for path in paths for block in path.blocked_by]
    walked = {block for path in (cell.verdict.paths if cell.verdict else ()) for block in path.blocked_by}
    blocks += [block for block in cell.blocked_by if block not in walked]  # policies stop what the network lets through
    stops = [_stop(one, network) for one in blocks_of(blocks)] if outcome != "allowed" else []
    passing = [path for path in paths if path.outcome == "allowed"] if outcome in ("allowed", "intermittent") else []
    missing = cell.verdict.missing if outcome == "unknown" and cell.verdict is not None else ()
    texts = [*stops, *_passes(passing[:1], network), *(f"? {clean(file)}" for file in missing)]
    yield from texts[:MOST]
    if len(texts) > MOST:
        yield f"… + {len(texts) - MOST}"


def _stop(entry: Mapping[str, Any], network: Labels) -> str:
    rule = f", {entry['rule']}" if entry["rule"] else ""
    places = [label(network, place) for place in entry["places"]]
    more = f" + {len(places) - MOST_PLACES}" if len(places) > MOST_PLACES else ""
    at = f" @ {', '.join(places[:MOST_PLACES])}{more}" if places else ""
    return clean(f"✗ {entry['code']}: {named(network, entry['component'])}{rule}{at}")


def _passes(paths: Sequence[Path], network: Labels) -> Iterator[str]:
    for path in paths:
        for hop in path.hops:
            if hop.rule is not None and hop.leg == "request":
                yield clean(f"✓ {type_name(hop.type)}: {rung(hop, network)}")
