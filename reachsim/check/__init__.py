"""The whole pipeline's verdict: sources × destinations, the steps that its configuration and its builds' files imply,
findings, the overall word.

**Source:** DESIGN, "check": what counts as leaking, exposed, undecided and failing, and in which order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from reachsim.check.answers import Answers, answer_to_wish, answers_to
from reachsim.check.assumed import assumed, left_out, untold
from reachsim.check.code import contacts_of_project
from reachsim.check.data_out import endpoint_findings
from reachsim.check.deploying import judge_deployments
from reachsim.check.docker_server import MARK, PLACED, parted, with_docker_server
from reachsim.check.entrances import entrances
from reachsim.check.exits import private_exits, unseen_accounts
from reachsim.check.failures import failures
from reachsim.check.file_systems import mounts
from reachsim.check.findings import finding_of, network_findings, unmet
from reachsim.check.judged import Judged, cell_of, wants_of
from reachsim.check.known import known_of
from reachsim.check.managed_compute import invoked_functions, judged_inside, with_managed_compute
from reachsim.check.needs import SERVICES, Need, codecommit_repositories, needs_of
from reachsim.check.neighbours import exposed_neighbours
from reachsim.check.open_steps import open_steps, with_open, with_open_start
from reachsim.check.outcome import overall_of
from reachsim.check.outsiders import outsiders
from reachsim.check.participants import pipeline_sources
from reachsim.check.pipeline_roles import pipeline_roles
from reachsim.check.provisioning import provisioning, refused_start
from reachsim.check.resolvers import resolver_findings
from reachsim.check.resources import public_repositories, shared_resources
from reachsim.check.service_plane import environment_image, no_docker, pipeline_findings, pulled_through
from reachsim.check.steps import really_needed, settled, steps_of
from reachsim.check.tunnels import tunnels
from reachsim.config import Config
from reachsim.errors import QuestionError
from reachsim.evidence import Assumption
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate
from reachsim.sources import not_found
from reachsim.verdict import Acceptance, Cell, Check, Finding, Verdict
from reachsim.workloads import find_project

__all__ = ["Need", "check", "needs_of", "open_policies", "pipeline_sources"]

STARTERS: Final = ("codebuild", "ecs", "lambda", "i", "eni", "subnet", "vpc")
"""Kinds of selectors that a source of the pipeline can be."""


def check(
    ground: Ground, chosen: Sequence[str] | None = None, config: Config | None = None,
    code: Mapping[str, str | Path] | None = None,
) -> Check:  # fmt: skip
    """Judge the pipeline.

    Args:
        ground: the network to judge.
        chosen: selectors that replace the sources found by themselves; else the configuration's do.
        config: ``reachsim.toml``.
        code: folder of the build's files by project; the configuration's and the snapshot's own count besides.

    Raises QuestionError (of a project in ``code`` too that is not in the snapshot), and SnapshotError for a file that
    cannot be decoded.
    """
    network = ground.network
    config = config or Config()
    folders = config.folders | {name: Path(place) for name, place in (code or {}).items()}
    for name in code or ():
        if find_project(network, name) is None:
            not_found(network, parse_selector(f"codebuild:{name}"), "batch-get-projects", "codebuild")
    found, lacking = _sources(network, tuple(chosen or config.sources))
    judged = [_judge(ground, source, config, folders) for source in found]
    wider, managed = with_managed_compute(ground)
    needs = [need for one in judged for need in one.needs]
    inside = judged_inside(wider, managed)
    deployed = judge_deployments(ground, needs, config.pins)
    cells = [cell for one in judged for cell in one.cells]
    further = [*(cell for one in judged for cell in one.further), *entrances(ground, found),
               *(cell for one in managed for cell in _to_and_from_internet(wider, one, config.pins)),
               *(cell for one in deployed for cell in one.further)]  # fmt: skip
    beyond = [*private_exits(ground, found), *private_exits(wider, managed),
              *(verdict for one in judged for verdict in one.exits)]  # fmt: skip
    judged += [*deployed, _pipelines_themselves(network)]
    shared = shared_resources(network, needs)
    outside = outsiders(network, codecommit_repositories(network, needs), found, needs)
    expected = [(one, answer_to_wish(ground, one, config.pins)) for one in config.expect]
    overall = overall_of(
        (*cells, *further), beyond,
        [*(outcome for one in judged for outcome in one.settled), *(step.outcome for step in inside)],
        found=bool(found or managed),
        lacking=bool(lacking), shared=shared.exposed or bool(outside.findings),
        open_policies=bool(shared.missing or outside.missing), open_exits=any(need.leads_out for need in needs),
    )  # fmt: skip
    findings = (
        *network_findings(wider.network, (*cells, *further), beyond, _places(judged, found)),
        *failures(network, (want for one in judged for want in one.wants)),
        *shared.findings, *outside.findings, *endpoint_findings(network, found), *pipeline_findings(network),
        *public_repositories(network, needs), *resolver_findings(ground, found),
        *exposed_neighbours(ground, found), *tunnels(ground, found, config.pins),
        *unseen_accounts(wider, (*found, *managed)),
        *invoked_functions(network),
        *(finding for one in judged for finding in one.findings), *(one for pair in expected for one in unmet(*pair)),
    )  # fmt: skip
    held = [cell.verdict for cell in (*cells, *further) if cell.verdict]
    open_exits = [verdict for verdict in beyond if verdict.outcome == "unknown"]
    of_policies = (*shared.missing, *outside.missing)
    missing = _missing(network, judged, [*held, *beyond, *(verdict for _, verdict in expected)],
                       (*lacking, *of_policies))  # fmt: skip
    assumptions = dict.fromkeys(
        (*(one for verdict in (*held, *open_exits) for one in _weighty(verdict)),
         *(one for each in judged for one in each.assumptions), *shared.assumptions, *outside.assumptions,
         *left_out(network))
    )  # fmt: skip
    steps = (*(step for one in judged for step in one.steps), *inside)
    return Check(
        overall, tuple(cells), steps, findings, missing, tuple(assumptions), _alike(found, cells),
        _accepted(config, findings), known_of(network, cells),
        tuple(path for one in open_exits for path in one.missing), of_policies,
    )  # fmt: skip


def _missing(
    network: Network, judged: Sequence[Judged], verdicts: Sequence[Verdict], files: Sequence[str]
) -> tuple[str, ...]:
    """The files that leave something open, by name; the projects' last where no account is known at all."""
    found = sorted({
        *files, *(path for verdict in verdicts for path in verdict.missing),
        *(path for one in judged for path in one.missing),
    })  # fmt: skip
    nobody = [] if network.homes else [network.path(("*", "*"), "codebuild", "batch-get-projects")]
    return (*found, *nobody)


def _sources(network: Network, chosen: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the chosen selectors, else those of the pipeline; files that could name more). Raises QuestionError."""
    for selector in chosen:
        if parse_selector(selector).kind not in STARTERS:
            raise QuestionError(
                f"{selector} takes no part in a pipeline: {', '.join(STARTERS)} can", "BAD_SOURCE", selector
            )
    return (chosen, ()) if chosen else pipeline_sources(network)


def _accepted(config: Config, findings: Sequence[Finding]) -> tuple[Acceptance, ...]:
    return tuple(
        Acceptance(finding.id, finding.component, one.reason, one.until)
        for finding in findings if (one := config.accepted(finding.id, finding.component, date.today())) is not None
    )  # fmt: skip


def open_policies(ground: Ground, sources: Sequence[str], config: Config) -> tuple[str, ...]:
    """Files that leave it open whether a policy lets somebody outside use a resource of these sources' pipelines."""
    network = ground.network
    folders = config.folders
    needs: list[Need] = []
    for source in sources:
        who = parse_selector(source)
        contacts = contacts_of_project(network, who.value, folders, config) if who.kind == "codebuild" else None
        needs += needs_of(network, source, contacts) if who.kind in STARTERS else ()
    outside = outsiders(network, codecommit_repositories(network, needs), sources, needs)
    return (*shared_resources(network, needs).missing, *outside.missing)


def _judge(ground: Ground, source: str, config: Config, folders: Mapping[str, Path]) -> Judged:
    network, who, pins = ground.network, parse_selector(source), config.pins
    contacts = contacts_of_project(network, who.value, folders, config) if who.kind == "codebuild" else None
    opened = open_steps(network, source)
    needs = with_open(needs_of(network, source, contacts), opened)
    cached = pulled_through(network, source, needs, contacts)
    needs = (*needs, *cached.needs)
    found = find_project(network, who.value) if who.kind == "codebuild" else None
    ground = with_docker_server(ground, found)
    needs = parted(ground, source, needs)
    answers = answers_to(ground, source, [need for need in needs if not need.by], pins, SERVICES)
    cells: list[Cell] = []
    further: list[Cell] = []
    exits: tuple[Verdict, ...] = ()
    placed: list[Assumption] = []
    if any(need.by for need in needs):
        server = f"{source}{MARK}"
        more = answers_to(ground, server, [need for need in needs if need.by], pins)
        answers = Answers(answers.cells, answers.own | more.own, answers.apart)
        for key, verdict in more.all_cells:
            counts = any(really_needed(need, needs, answers) for need in needs if need.by and need.asked == key)
            further.append(cell_of(server, key[0], verdict, needed=counts))
        further += _to_and_from_internet(ground, server, pins)
        exits = tuple(private_exits(ground, [server]))
        placed.append(Assumption("DOCKER_SERVER_PLACED", server, PLACED, "neither"))
    for key, verdict in answers.all_cells:
        counts = any(really_needed(need, needs, answers) for need in needs if not need.by and need.asked == key)
        in_matrix = answers.cells[key] is verdict and not key[0].startswith("host:") and key[1:] == ("tcp", 443)
        (cells if in_matrix else further).append(cell_of(source, key[0], verdict, needed=counts))
    cells += _to_and_from_internet(ground, source, pins)
    start = with_open_start(provisioning(network, *found), opened) if found is not None else None
    steps = steps_of(source, needs, answers, start.step if start is not None else None)
    by_step = dict.fromkeys(need.step for need in needs)
    outcomes = [settled([need for need in needs if need.step == step], answers) for step in by_step]
    findings = [*cached.findings]
    if found is not None and start is not None:
        outcomes.append(start.step.outcome)
        findings += [*environment_image(found[1]), *refused_start(network, start)]
        if contacts is not None:
            findings += no_docker(found[1], contacts)
    told = {one.detail for some in opened.values() for one in some}
    if contacts is not None and contacts.unresolved:
        many = len(contacts.unresolved)
        title = f"what {many} {'commands' if many > 1 else 'command'} of {source} may contact is not told by its files"
        lines = [f"{one.file}:{one.line} {one.text}: {one.why}" for one in contacts.unresolved]
        told.update(lines)
        findings.append(finding_of("BUILD_CONTACTS_UNRESOLVED", "info", source, title, lines))
    missing, assumptions = (start.missing, start.assumptions) if start is not None else ((), ())
    if found is not None:
        missing += tuple(one.missing for one in mounts(network, *found) if one.missing)
    return Judged(
        cells, further, steps, needs, outcomes, findings, wants_of(source, needs, answers),
        (*missing, *answers.missing), (*assumptions, *placed, *cached.assumptions,
         *(one for step, some in opened.items() if step != "provisioning" for one in some),
         *answers.assumptions, *assumed(network, source, steps, cells), *untold(source, needs, told)), exits,
    )  # fmt: skip


def _to_and_from_internet(ground: Ground, source: str, pins: Mapping[str, IntervalSet]) -> tuple[Cell, Cell]:
    out, inward = (simulate(ground, *ends, pins=pins) for ends in ((source, "internet"), ("internet", source)))
    return cell_of(source, "internet", out, needed=False), cell_of("internet", source, inward, needed=False)


def _pipelines_themselves(network: Network) -> Judged:
    """What CodePipeline does by itself, in the name of its roles."""
    roles = pipeline_roles(network)
    outcomes = [step.outcome for step in roles.steps]
    return Judged([], [], roles.steps, (), outcomes, roles.findings, (), roles.missing, roles.assumptions)


def _places(judged: Sequence[Judged], sources: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for source, one in zip(sources, judged, strict=False):  # behind the sources stand services that are deployed
        for need in one.needs:
            known = found.setdefault((need.by or source, need.destination), [])
            if need.place and need.place not in known:
                known.append(need.place)
    return found


def _alike(sources: Sequence[str], cells: Sequence[Cell]) -> dict[str, tuple[str, ...]]:
    answers: dict[tuple[object, ...], str] = {}
    same: dict[str, tuple[str, ...]] = {}
    for source in sources:
        mine = tuple(
            (cell.destination if cell.source == source else "in", cell.outcome, cell.route, cell.needed,
             tuple((b.code, b.component, b.rule) for b in cell.blocked_by))
            for cell in cells if source in (cell.source, cell.destination)
        )  # fmt: skip
        first = answers.setdefault(mine, source)
        if first != source:
            same[first] = (*same.get(first, ()), source)
    return same


def _weighty(verdict: Verdict) -> Iterable[Assumption]:
    """Assumptions that a verdict rests on: of one that says blocked, those that could hide that something leaves."""
    return (one for one in verdict.assumptions if verdict.outcome != "blocked" or one.can_hide == "leak")
