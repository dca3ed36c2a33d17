"""What is wrong with a pipeline, question by question: needed ways that fail, ways out, ways in, missing files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from reachsim.check import STARTERS, Need, check, needs_of, pipeline_sources
from reachsim.check.code import contacts_of_project
from reachsim.check.needs import SERVICES
from reachsim.check.outcome import OUTWARD, THROUGH
from reachsim.check.steps import provisioning, really_needed
from reachsim.config import Config
from reachsim.errors import QuestionError
from reachsim.evidence import Block
from reachsim.forwarding import Ground
from reachsim.selectors import parse_selector, sources
from reachsim.simulate import simulate
from reachsim.verdict import Check, Verdict


class Fault(NamedTuple):
    """One thing wrong. ``kind``: ``blocked`` (a needed way fails, by ``block``), ``leaves``, ``exposed`` or
    ``refused`` (the role may not start builds). ``requests``: what goes that way.
    """

    kind: str
    source: str
    destination: str
    verdict: Verdict | None = None
    block: Block | None = None
    requests: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.source} → {self.destination}"


class Judged(NamedTuple):
    """A snapshot judged: check's answer, and its faults."""

    check: Check
    faults: tuple[Fault, ...]
    sources: tuple[str, ...]


def judge(ground: Ground, config: Config, chosen: Sequence[str] = ()) -> Judged:
    """Judge a snapshot."""
    chosen = tuple(chosen or config.sources)
    found = chosen or pipeline_sources(ground.network)[0]
    faults = tuple(fault for source in found for fault in faults_of(ground, config, source))
    return Judged(check(ground, chosen or None, config), faults, tuple(found))


def faults_of(ground: Ground, config: Config, source: str) -> list[Fault]:
    """What is wrong with one source."""
    who = parse_selector(source)
    if who.kind not in STARTERS or not _is_there(ground, source):
        return []
    found: list[Fault] = []
    for way in _ways(ground, config, source):
        verdict = way.verdict
        if verdict.outcome in THROUGH and verdict.route in OUTWARD:
            found.append(Fault("leaves", source, way.destination, verdict, None, way.requests))
        if way.needed and verdict.outcome in ("blocked", "intermittent"):
            found += [
                Fault("blocked", source, way.destination, verdict, one, way.requests) for one in verdict.blocked_by
            ]
    out = simulate(ground, source, "internet", pins=config.pins)
    if out.outcome in THROUGH:
        found.append(Fault("leaves", source, "internet", out))
    inward = simulate(ground, "internet", source, pins=config.pins)
    if inward.outcome in THROUGH:
        found.append(Fault("exposed", "internet", source, inward))
    if who.kind == "codebuild":
        first = provisioning(ground.network, who.value)
        found += [Fault("refused", source, "provisioning", None, block) for block in first.blocked_by]
    return found


class Way(NamedTuple):
    """One destination of a source, what goes there, and whether it has to."""

    destination: str
    verdict: Verdict
    requests: tuple[Mapping[str, Any], ...]
    needed: bool


def needed_ways(
    ground: Ground, config: Config, source: str
) -> list[tuple[str, Verdict, tuple[Mapping[str, Any], ...]]]:
    """(destination, verdict, requests) of what a source needs."""
    if not _is_there(ground, source):
        return []
    return [(one.destination, one.verdict, one.requests) for one in _ways(ground, config, source) if one.needed]


def _ways(ground: Ground, config: Config, source: str) -> list[Way]:
    who = parse_selector(source)
    folders = {name: config.folder / place for name, place in config.code.items()}
    contacts = contacts_of_project(ground.network, who.value, folders) if who.kind == "codebuild" else None
    needs = [need for need in needs_of(ground.network, source, contacts) if need.destination]
    asked: dict[tuple[str, str, int], list[Need]] = {(name, "tcp", 443): [] for name in SERVICES}
    for need in needs:
        asked.setdefault(need.asked, []).append(need)
    verdicts = {key: _ask(ground, config, source, key, mine) for key, mine in asked.items()}
    return [
        Way(key[0], verdicts[key], _requests(mine), any(really_needed(need, needs, verdicts) for need in mine))
        for key, mine in asked.items()
    ]


def _ask(ground: Ground, config: Config, source: str, key: tuple[str, str, int], needs: Sequence[Need]) -> Verdict:
    destination, protocol, port = key
    return simulate(
        ground, source, destination, protocol=protocol, port=port, requests=_requests(needs), pins=config.pins
    )  # fmt: skip


def _requests(needs: Sequence[Need]) -> tuple[Mapping[str, Any], ...]:
    return tuple({str(request): request for need in needs for request in need.requests}.values())


def _is_there(ground: Ground, source: str) -> bool:
    try:
        return bool(sources(ground.network, parse_selector(source)))
    except QuestionError:
        return False
