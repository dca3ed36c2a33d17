"""What each command says about a network, as words by key: what somebody acts on.

``name`` gives the ids in a key other names, so that what is said of a snapshot can be laid beside what is said of the
same one renamed.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

from reachsim import Reach
from reachsim.graph import graph_of
from reachsim.names import PIPELINE
from reachsim.slices.tiles import Tiles
from reachsim.verdict import Verdict

Words = dict[str, str]
Name = Callable[[str], str]
Question = tuple[str, str, dict[str, Any]]
UNKNOWN: Final = "unknown"
PEERS: Final = ("198.51.100.9", "10.0.1.10", "192.168.7.7")
FLOW: Final = "version interface-id srcaddr dstaddr srcport dstport protocol action log-status tcp-flags flow-direction"


def renaming(new: Mapping[str, str]) -> Name:
    """A function that puts new names in place of old ones."""
    longest_first = sorted(new, key=len, reverse=True)
    pattern = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w-])")
    return lambda text: pattern.sub(lambda match: new[match[0]], text)


def word_of(verdict: Verdict) -> str:
    return UNKNOWN if verdict.outcome == UNKNOWN else f"{verdict.outcome} {verdict.route}"


def trace(reach: Reach, questions: Sequence[Question], name: Name) -> Words:
    del name
    found: Words = {}
    for number, (source, target, more) in enumerate(questions):
        verdict = reach.simulate(source, target, **more)
        found[f"question {number}"] = word_of(verdict)
        found |= {f"question {number} [{layer}]": word for layer, word in verdict.layers.items()}
    return found


def matrix(reach: Reach, questions: Sequence[Question], name: Name) -> Words:
    del questions
    tiles = Tiles(reach.ground, 6, 443, memory=1 << 24, form="jsonl", blocked=True, pins=reach.pins)
    lines = [json.loads(line) for tile in tiles.plan for line in tiles.make(tile).data.decode().splitlines()]
    return {name(f"{one['source']} → {one['destination']}"): UNKNOWN if one["outcome"] == UNKNOWN else
            f"{one['outcome']} {one['route']} {one['every']} {one['some']}" for one in lines}  # fmt: skip


def check(reach: Reach, questions: Sequence[Question], name: Name) -> Words:
    """Of the pipeline's own sources, and of the first one that is asked about."""
    found: Words = {}
    for whose, sources in (("own", None), ("one", [questions[0][0]])):
        said = reach.check(sources)
        found[f"{whose}: overall"] = UNKNOWN if said.overall == "undecided" else said.overall
        for cell in said.matrix:
            word = UNKNOWN if cell.outcome == UNKNOWN else f"{cell.outcome} {cell.route}"
            found[f"{whose}: {name(cell.source)} → {name(cell.destination)}"] = word
        found |= {f"{whose}: {name(one.project)} {one.step}": one.outcome for one in said.steps}
        found |= {f"{whose}: finding {one.id} {name(one.component)}": one.severity for one in said.findings}
    return found


def names(reach: Reach, questions: Sequence[Question], name: Name) -> Words:
    found: dict[str, set[str]] = {}
    for source in sorted({source for source, _, _ in questions if source.startswith(("eni-", "codebuild:"))}):
        for table in reach.names(source, (*PIPELINE, "kms")).tables:
            for number, row in enumerate(table.rows):
                found.setdefault(f"{name(source)} {row.service} {row.kind} {number}", set()).add(row.outcome)
    return {key: " or ".join(sorted(outcomes)) for key, outcomes in found.items()}


def verify(reach: Reach, questions: Sequence[Question], name: Name) -> Words:
    """Whether a flow log's records at the interfaces agree, one by one."""
    found: Words = {}
    ends = sorted({one for source, target, _ in questions for one in (source, target) if one.startswith("eni-")})
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "flows")
        for eni, peer, action, way in product(ends, PEERS, ("ACCEPT", "REJECT"), ("egress", "ingress")):
            record = reach.network.network_interfaces.get(eni)
            own = record.private_ip_address if record else None
            if own is None:
                continue
            packet = f"{own} {peer} 40000 443" if way == "egress" else f"{peer} {own} 40000 443"
            place.write_text(f"{FLOW}\n5 {eni} {packet} 6 {action} OK 2 {way}\n", encoding="utf-8")
            said = reach.verify(flow_logs=[place])
            hides = [one.hides for one in said.disagreements]
            found[f"{name(eni)} {peer} {action} {way}"] = hides[0] if hides else "agreed" if said.agreed else UNKNOWN
    return found


def export(reach: Reach, questions: Sequence[Question], name: Name) -> Words:
    """The graph's edges; not those of security groups, of which the first one that admits is cited."""
    del questions
    edges = graph_of(reach.ground).edges(keys=True, data=True)
    return {name(f"{start} → {end}") + f" {leg}": "passes" if data["passes"] else UNKNOWN
            for start, end, leg, data in edges if not {start[:3], end[:3]} & {"sg-"}}  # fmt: skip


SURFACES: Final[dict[str, Callable[[Reach, Sequence[Question], Name], Words]]] = {
    one.__name__: one for one in (trace, matrix, check, names, verify, export)
}
