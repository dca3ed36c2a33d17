"""What is wrong with a pipeline, question by question: needed ways that fail, ways out, ways in, policies that let
strangers in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from reachsim.addresses import parse_block
from reachsim.check import STARTERS, Need, check, needs_of, pipeline_sources
from reachsim.check.answers import Answers, answers_to
from reachsim.check.code import contacts_of_project
from reachsim.check.deployments import deployments
from reachsim.check.docker_server import of_servers, parted
from reachsim.check.exits import private_exits
from reachsim.check.needs import SERVICES
from reachsim.check.outcome import THROUGH, gets_out
from reachsim.check.pipeline_roles import refusals
from reachsim.check.provisioning import provisioning
from reachsim.check.service_plane import pulled_through
from reachsim.check.steps import really_needed
from reachsim.config import Config
from reachsim.errors import QuestionError
from reachsim.evidence import Block
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate
from reachsim.sources import sources
from reachsim.verdict import Check, Verdict
from reachsim.workloads import find_project


class Fault(NamedTuple):
    """One thing wrong. ``kind``: ``blocked`` (a needed way fails, by ``block``), ``leaves``, ``exposed``, ``refused``
    (no build starts), ``role`` (a pipeline ``source`` is refused something by its role ``destination``) or ``open``
    (``source`` is used by strangers: the finding ``destination``). ``requests``: what goes that way; ``places``: where
    the build's files say so.
    """

    kind: str
    source: str
    destination: str
    verdict: Verdict | None = None
    block: Block | None = None
    requests: tuple[Mapping[str, Any], ...] = ()
    places: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.source if self.kind == "open" else f"{self.source} → {self.destination}"

    @property
    def aims(self) -> IntervalSet:
        """The destinations of what ``block`` stops."""
        return IntervalSet.union_of(
            parse_block(text)
            for path in (self.verdict.paths if self.verdict else ()) if self.block in path.blocked_by
            for traffic in path.traffic for text in traffic.destination
        )  # fmt: skip


class Judged(NamedTuple):
    """A snapshot judged: check's answer, and its faults."""

    check: Check
    faults: tuple[Fault, ...]
    sources: tuple[str, ...]


OPEN: Final = frozenset({
    "ECR_REPOSITORY_PUBLIC", "ECR_PUBLIC_REPOSITORY", "BUCKET_PUBLIC", "RESOURCE_SHARED_OUTSIDE",
    "CODECOMMIT_USABLE_FROM_OUTSIDE",
})  # fmt: skip
"""Findings about who may use a resource."""

_PARTIAL: Final = ("SUBNET_ACL_RESTRICTION", "ENI_SG_RULES_MISMATCH", "BAD_STATE_ROUTE")
"""What may stop some addresses of a name and let others pass, so that it is unknown whether the way is open."""


def judge(ground: Ground, config: Config, chosen: Sequence[str] = ()) -> Judged:
    """Judge a snapshot."""
    chosen = tuple(chosen or config.sources)
    found = chosen or pipeline_sources(ground.network)[0]
    answer = check(ground, chosen or None, config)
    faults = [fault for source in found for fault in faults_of(ground, config, source)]
    needs = [need for source in found for need in _needs(ground, config, source)]
    for one in deployments(ground.network, needs):
        if any(need.destination for need in one.needs):
            faults += _blocked(_ways(ground, config, one.source, one.needs))
    faults += refused_roles(ground)
    faults += open_to_strangers(answer)
    return Judged(answer, tuple(faults), tuple(found))


def open_to_strangers(answer: Check) -> list[Fault]:
    """Who may use a resource and should not, by check's findings."""
    return [
        Fault("open", one.component, one.id)
        for one in answer.findings if one.id in OPEN and one.severity in ("high", "medium")
    ]  # fmt: skip


def refused_roles(ground: Ground) -> list[Fault]:
    """What CodePipeline may not do by the roles of its pipelines, rule by rule."""
    return [
        Fault("role", one.pipeline, one.role, None, one.block, tuple(
            {"action": wish.action, "resource": wish.resource, "context": wish.context} for wish in one.wishes
        )) for one in refusals(ground.network)
    ]  # fmt: skip


def faults_of(ground: Ground, config: Config, source: str) -> list[Fault]:
    """What is wrong with one source."""
    who = parse_selector(source)
    if who.kind not in STARTERS or not _is_there(ground, source):
        return []
    ways = _ways(ground, config, source, _needs(ground, config, source))
    wider, servers = of_servers(ground, [source])
    found = [
        Fault("leaves", way.source, way.destination, way.verdict, None, way.requests, way.places)
        for way in ways if gets_out(way.verdict)
    ]  # fmt: skip
    found += _blocked(ways)
    for one in (source, *servers):
        out = simulate(wider, one, "internet", pins=config.pins)
        if gets_out(out):
            found.append(Fault("leaves", one, "internet", out))
        found += [
            Fault("leaves", one, way.question.destination, way)
            for way in private_exits(wider, [one]) if way.outcome in THROUGH
        ]  # fmt: skip
        inward = simulate(wider, "internet", one, pins=config.pins)
        if inward.outcome in THROUGH:
            found.append(Fault("exposed", "internet", one, inward))
    project = find_project(ground.network, who.value) if who.kind == "codebuild" else None
    if project is not None:
        first = provisioning(ground.network, *project).step
        found += [Fault("refused", source, "provisioning", None, block) for block in first.blocked_by]
    return found


class Way(NamedTuple):
    """One destination of a source or of its docker server, what goes there, whether it has to, and where the build's
    files say so.
    """

    source: str
    destination: str
    verdict: Verdict
    requests: tuple[Mapping[str, Any], ...]
    needed: bool
    places: tuple[str, ...]
    own: tuple[tuple[str, Verdict], ...] = ()
    """What each need gets on its own, with its place in the build's files or ""."""

    def stopped_by(self, block: Block) -> tuple[str, ...]:
        """Where the build's files contact what a block keeps from them."""
        stopped = [place for place, verdict in self.own if any(_alike(one, block) for one in verdict.blocked_by)]
        return tuple(dict.fromkeys(place for place in stopped if place)) if stopped else self.places


def _alike(one: Block, other: Block) -> bool:
    """Whether two blocks are one rule's; of the rules of names, of one name."""
    same = (one.code, one.cause, one.component, one.rule) == (other.code, other.cause, other.component, other.rule)
    return same and (one.detail == other.detail or not one.code.startswith("DNS_"))


def _blocked(ways: Iterable[Way]) -> list[Fault]:
    return [
        Fault("blocked", way.source, way.destination, way.verdict, block, way.requests, way.stopped_by(block))
        for way in ways if way.needed and way.verdict.outcome in ("blocked", "intermittent", "unknown")
        for block in way.verdict.blocked_by
        if way.verdict.outcome != "unknown" or (block.code in _PARTIAL and not way.verdict.missing)
    ]  # fmt: skip


def needed_ways(
    ground: Ground, config: Config, source: str
) -> list[tuple[str, Verdict, tuple[Mapping[str, Any], ...]]]:
    """(destination, verdict, requests) of what a source needs."""
    if not _is_there(ground, source):
        return []
    ways = _ways(ground, config, source, _needs(ground, config, source))
    return [(one.destination, one.verdict, one.requests) for one in ways if one.needed]


def _needs(ground: Ground, config: Config, source: str) -> tuple[Need, ...]:
    who = parse_selector(source)
    if who.kind not in STARTERS or not _is_there(ground, source):
        return ()
    folders = {name: config.folder / place for name, place in config.code.items()}
    contacts = contacts_of_project(ground.network, who.value, folders, config) if who.kind == "codebuild" else None
    needs = needs_of(ground.network, source, contacts)
    return (*needs, *pulled_through(ground.network, source, needs, contacts).needs)


def _ways(ground: Ground, config: Config, source: str, needs: Sequence[Need]) -> list[Way]:
    ground, servers = of_servers(ground, [source])
    needs = parted(ground, source, needs)
    by_end = {end: [need for need in needs if (need.by or source) == end] for end in (source, *servers)}
    answers = {
        end: answers_to(ground, end, mine, config.pins, SERVICES if end == source else ())
        for end, mine in by_end.items()
    }  # fmt: skip
    every = Answers({}, {key: one for each in answers.values() for key, one in each.own.items()})
    found: list[Way] = []
    for end, each in answers.items():
        for key, verdict in each.all_cells:
            mine = [need for need in by_end[end] if need.asked == key]
            found.append(Way(
                end, key[0], verdict, _requests([need for need in mine if not need.open]),
                any(really_needed(need, needs, every) for need in mine),
                tuple(dict.fromkeys(need.place for need in mine if need.place)),
                tuple((need.place, own) for need in mine if (own := each.of(need)) is not None),
            ))  # fmt: skip
    return found


def _requests(needs: Sequence[Need]) -> tuple[Mapping[str, Any], ...]:
    return tuple({str(request): request for need in needs for request in need.requests}.values())


def _is_there(ground: Ground, source: str) -> bool:
    try:
        return bool(sources(ground.network, parse_selector(source)))
    except QuestionError:
        return False
