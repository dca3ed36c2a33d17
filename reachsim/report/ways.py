"""Blocks and ways as the templates take them: plain entries, those of one kind together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from reachsim.evidence import Block
from reachsim.report.ladder import MOST_TRAFFIC, MOST_WAYS, likewise, rung
from reachsim.report.paint import Paint
from reachsim.report.words import Labels, by_ends, code_name, remedy, rule_name, short_source, traffic, type_name
from reachsim.verdict import Path

_PLAIN: Final = Paint(False, 100_000)


def blocks_of(blocks: Iterable[Block]) -> Iterator[dict[str, Any]]:
    """One entry per rule that would have to change; places where the same rule blocks stand together."""
    entries: dict[tuple[object, ...], list[Block]] = {}
    for block in blocks:
        key = (block.code, block.cause, block.component, block.rule, block.leg, block.direction)
        entries.setdefault(key, []).append(block)
    for same in entries.values():
        block = same[0]
        yield {
            "code": code_name(block), "component": block.component, "rule": rule_name(block.component, block.rule),
            "places": [at for at in dict.fromkeys(one.at for one in same) if at and at != block.component],
            "leg": block.leg, "direction": block.direction, "symptom": block.symptom, "remedy": remedy(block),
            "details": list(dict.fromkeys(one.detail for one in same))[:MOST_WAYS],
            "source": short_source(block.source) if block.source else "",
        }  # fmt: skip


def way_of(group: Sequence[Path], network: Labels) -> dict[str, Any]:
    """Ways of one kind: the first one's traffic and hops, and how the others differ."""
    first = group[0]
    ends = by_ends(first.traffic)
    legs = []
    for leg in ("request", "response"):
        hops = [
            {"type": type_name(hop.type), "text": rung(hop, network),
             "source": short_source(hop.source) if hop.source and hop.rule is not None else ""}
            for hop in first.hops if hop.leg == leg and hop.type != "dns"
        ]  # fmt: skip
        stops = [
            {"code": code_name(block), "component": block.component, "detail": block.detail}
            for block in first.blocked_by
            if block.leg == leg
        ]
        if hops or stops:
            legs.append({"leg": leg, "hops": hops, "stops": stops})
    return {
        "outcome": first.outcome, "route": first.route, "alike": len(group) - 1, "legs": legs,
        "traffic": [traffic(same) for same in ends[:MOST_TRAFFIC]], "pairs": max(0, len(ends) - MOST_TRAFFIC),
        "likewise": [re.sub(r"\s+", " ", line).strip() for line in likewise(group, network, _PLAIN)],
    }  # fmt: skip
