"""The whole pipeline's verdict: sources × destinations, the steps that its configuration implies, findings, the
overall word.

**Source:** DESIGN, "check": what counts as leaking, exposed, undecided and failing, and in which order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from reachsim import policy, services
from reachsim.codes import CODES
from reachsim.config import Config, Expect
from reachsim.errors import QuestionError
from reachsim.evidence import Assumption, Block
from reachsim.filters import DEFAULT_ACL_RULE
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model import records as aws
from reachsim.model.network import Home, Network
from reachsim.policy_layers import iam_details, role_documents
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate
from reachsim.verdict import (
    Acceptance,
    Cell,
    Check,
    Finding,
    Outcome,
    Overall,
    PipelineStep,
    RouteWord,
    Severity,
    Verdict,
)
from reachsim.workloads import find_project, leaves_vpc_on_overflow, project

SERVICES: Final = ("git-codecommit", "codecommit", "ecr.api", "ecr.dkr", "s3", "logs", "sts")
THROUGH: Final = ("allowed", "intermittent")
STARTERS: Final = ("codebuild", "ecs", "lambda", "i", "eni", "subnet", "vpc")
"""Kinds of selectors that a source of the pipeline can be."""
OUTWARD: Final = ("internet", "aws-public", "mixed", "on-premises")
GIT_HOSTS: Final = {"GITHUB": "github.com", "GITLAB": "gitlab.com", "BITBUCKET": "bitbucket.org"}
PRIVATE_BLOCKS: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")


class Need(NamedTuple):
    """One thing that a step needs: a destination and the IAM requests that go there."""

    step: str
    destination: str
    requests: tuple[dict[str, Any], ...] = ()


def check(ground: Ground, chosen: Sequence[str] | None = None, config: Config | None = None) -> Check:
    """Judge the pipeline. ``chosen`` selectors, else the configuration's, replace the sources found by themselves.

    Raises QuestionError.
    """
    network = ground.network
    config = config or Config()
    chosen = tuple(chosen or config.sources)
    for selector in chosen:
        if parse_selector(selector).kind not in STARTERS:
            raise QuestionError(f"{selector} takes no part in a pipeline: {', '.join(STARTERS)} can", "BAD_SOURCE")
    found, lacking = pipeline_sources(network) if not chosen else (chosen, ())
    cells: list[Cell] = []
    steps: list[PipelineStep] = []
    beyond: list[Verdict] = []
    for source in found:
        needs = needs_of(network, source)
        mine = _row(ground, source, needs, config.pins)
        cells += mine
        steps += _steps(network, source, needs, mine)
        beyond += _private_exits(ground, source)
    expected = [(one, _ask(ground, one, config.pins)) for one in config.expect]
    asked = [verdict for _, verdict in expected]
    missing = sorted({*lacking, *(path for cell in cells if cell.verdict for path in cell.verdict.missing),
                      *(path for verdict in (*beyond, *asked) for path in verdict.missing)})  # fmt: skip
    if not found and not lacking:
        homes = network.homes or [("*", "*")]
        missing += [network.path(home, "codebuild", "batch-get-projects") for home in homes]
    overall = _overall(cells, beyond, bool(found), bool(lacking))
    findings = (*_findings(network, cells, beyond), *(one for pair in expected for one in _unmet(*pair)))
    accepted = tuple(
        Acceptance(finding.id, finding.component, one.reason, one.until)
        for finding in findings if (one := config.accepted(finding.id, finding.component, date.today())) is not None
    )  # fmt: skip
    assumptions = tuple(dict.fromkeys(one for cell in cells if cell.verdict for one in _weighty(cell.verdict)))
    return Check(overall, tuple(cells), tuple(steps), findings, tuple(missing), assumptions, _alike(found, cells),
                 accepted)  # fmt: skip


def _weighty(verdict: Verdict) -> Iterable[Assumption]:
    """Assumptions that a verdict rests on, without those of ways that are blocked anyhow."""
    return verdict.assumptions if verdict.outcome != "blocked" else ()


# --- who takes part -------------------------------------------------------------------------------------------------


def pipeline_sources(network: Network) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(selectors of every project and client, files without which more there may be).

    Where one Region's projects are known, another's are asked for only if the snapshot holds VPCs of it.
    """
    projects = [f"codebuild:{name}" for _, name in sorted(network.projects)]
    lacking = [
        path
        for home in network.homes
        for path in network.unknown(network.path(home, "codebuild", "batch-get-projects"))
        if not projects or not network.lacks(home, "describe-vpcs")
    ]
    lacking += [
        path
        for home in network.homes
        for path in network.lacks(home, "describe-instances")  # who pushes is an instance
        if not network.lacks(home, "describe-vpcs")
    ]
    return (*dict.fromkeys(projects), *_clients(network)), tuple(lacking)


def _clients(network: Network) -> list[str]:
    """Instances whose role may use Git on CodeCommit; without IAM in the snapshot those that stand near the
    pipeline.
    """
    found = []
    for instance_id, instance in sorted(network.instances.items()):
        account = network.home_of(instance_id)[0]
        details, path = iam_details(network, account)
        if details is None:
            if instance.state.name == "running" and _near_pipeline(network, instance):
                found.append(instance_id)
        elif _may_use_git(details, instance, account, path):
            found.append(instance_id)
    return found


def _near_pipeline(network: Network, instance: aws.Instance) -> bool:
    for endpoint in network.vpc_endpoints.values():
        known = services.suffix_of_service_name(endpoint.service_name)
        if endpoint.vpc_id == instance.vpc_id and known is not None and known[0] == "git-codecommit":
            return True
    subnets = {s for project in network.projects.values() if project.vpc_config for s in project.vpc_config.subnets}
    return instance.subnet_id in subnets


def _may_use_git(details: aws.AccountAuthorizationDetails, instance: aws.Instance, account: str, path: str) -> bool:
    profile = instance.iam_instance_profile.arn if instance.iam_instance_profile else None
    for role in details.role_detail_list:
        if not any(one.arn == profile for one in role.instance_profile_list):
            continue
        documents, _ = role_documents(details, role, path)
        attached = [one.policy_arn or "" for one in role.attached_managed_policies]
        if any(arn.startswith("arn:aws:iam::aws:") and "CodeCommit" in arn for arn in attached):
            return True
        return any(_allows_git(document, role.arn, account) for document in documents)
    return False


def _allows_git(document: policy.Document, role: str, account: str) -> bool:
    open_keys = dict.fromkeys(("aws:SourceVpce", "aws:SourceVpc", "aws:SourceIp", "aws:VpcSourceIp"), policy.UNKNOWN)
    for action in ("codecommit:GitPush", "codecommit:GitPull"):
        request = policy.Request(
            policy.Principal.parse(role), action, f"arn:aws:codecommit:*:{account}:*", account, dict(open_keys)
        )
        if policy.judge(document, request, "identity").effect in ("allow", "unknown"):
            return True
    return False


# --- what is needed -------------------------------------------------------------------------------------------------


def needs_of(network: Network, source: str) -> tuple[Need, ...]:
    """The steps that a source's configuration implies (DESIGN, "Needed"), without reading its buildspec."""
    selector = parse_selector(source)
    if selector.kind != "codebuild":
        requests = tuple(_request("codecommit:GitPush", arn) for arn in _repositories(network)[:1])
        return (Need("git-push", "git-codecommit", requests),)
    found = find_project(network, selector.value)
    if found is None:
        return ()
    home, project = found
    needs = [*_environment_needs(home, project), *_source_needs(home, project)]
    registry = _arn(home, "ecr", "repository/*")
    partition = services.partition_of(home[1])
    layers = f"arn:{partition}:s3:::prod-{home[1]}-starport-layer-bucket/*"
    needs += [
        Need("login", "ecr.api", (_request("ecr:GetAuthorizationToken", "*"),)),
        Need("pull", "ecr.dkr", (_request("ecr:BatchGetImage", registry),)),
        Need("pull", "s3", (_request("s3:GetObject", layers),)),
        Need("push", "ecr.dkr", (_request("ecr:PutImage", registry),)),
    ]
    logs = project.logs_config.cloud_watch_logs if project.logs_config else None
    if logs is None or logs.status != "DISABLED":
        group = (logs.group_name if logs else None) or f"/aws/codebuild/{project.name}"
        needs.append(Need("logs", "logs", (_request("logs:PutLogEvents", _arn(home, "logs", f"log-group:{group}:*")),)))
    return tuple(needs)


def _request(action: str, resource: str) -> dict[str, Any]:
    return {"action": action, "resource": resource}


def _arn(home: Home, service: str, rest: str) -> str:
    return f"arn:{services.partition_of(home[1])}:{service}:{home[1]}:{home[0]}:{rest}"


def _repositories(network: Network) -> list[str]:
    return [
        _arn(home, "codecommit", (project.source.location or "").rsplit("/", 1)[-1])
        for (home, _), project in sorted(network.projects.items(), key=lambda one: one[0])
        if project.source.type == "CODECOMMIT" and project.source.location
    ]


def _source_needs(home: Home, project: aws.Project) -> list[Need]:
    needs = []
    for one in (project.source, *project.secondary_sources):
        if one.type == "CODECOMMIT":
            repository = (one.location or "*").rsplit("/", 1)[-1]
            request = _request("codecommit:GitPull", _arn(home, "codecommit", repository))
            needs.append(Need("source", "git-codecommit", (request,)))
        elif one.type in ("S3", "CODEPIPELINE"):
            bucket = (
                f"arn:{services.partition_of(home[1])}:s3:::{one.location}" if one.type == "S3" and one.location else ""
            )
            needs.append(Need("source", "s3", (_request("s3:GetObject", bucket),) if bucket else ()))
        elif one.type in GIT_HOSTS:
            needs.append(Need("source", f"host:{GIT_HOSTS[one.type]}"))
    return needs


def _environment_needs(home: Home, project: aws.Project) -> list[Need]:
    """Parameters and secrets that environment variables name; which ones is not decoded, so any of the account's."""
    kinds = {one.type for one in project.environment.environment_variables}
    found = {
        "PARAMETER_STORE": ("ssm", _request("ssm:GetParameters", _arn(home, "ssm", "parameter/*"))),
        "SECRETS_MANAGER": (
            "secretsmanager",
            _request("secretsmanager:GetSecretValue", _arn(home, "secretsmanager", "secret:*")),
        ),
    }
    return [Need("environment", service, (request,)) for kind, (service, request) in found.items() if kind in kinds]


# --- the matrix -----------------------------------------------------------------------------------------------------


def _row(ground: Ground, source: str, needs: Sequence[Need], pins: Mapping[str, IntervalSet]) -> list[Cell]:
    wanted = list(dict.fromkeys([*SERVICES, *(need.destination for need in needs)]))
    cells = []
    for destination in wanted:
        mine = [need for need in needs if need.destination == destination]
        requests = [request for need in mine for request in need.requests]
        verdict = simulate(ground, source, destination, protocol="tcp", port=443, requests=requests, pins=pins)
        cells.append(_cell(source, destination, verdict, bool(mine)))
    cells.append(_cell(source, "internet", simulate(ground, source, "internet"), False))
    inward = simulate(ground, "internet", source)
    cells.append(_cell("internet", source, inward, False))
    return cells


def _cell(source: str, destination: str, verdict: Verdict, needed: bool) -> Cell:
    return Cell(source, destination, verdict.outcome, verdict.route, needed, verdict.blocked_by, verdict)


def _ask(ground: Ground, expected: Expect, pins: Mapping[str, IntervalSet]) -> Verdict:
    return simulate(
        ground, expected.source, expected.to, protocol=expected.protocol, port=expected.port, pins=pins
    )  # fmt: skip


def _unmet(expected: Expect, verdict: Verdict) -> Iterable[Finding]:
    """What must hold (``[[expect]]``) and does not, or is not known to."""
    wanted = {"outcome": expected.outcome, "route": expected.route}
    found = {"outcome": verdict.outcome, "route": verdict.route}
    wrong = [f"{key} {found[key]}, expected {word}" for key, word in wanted.items() if word not in (None, found[key])]
    if not wrong:
        return
    code = "EXPECTATION_UNDECIDED" if verdict.outcome == "unknown" else "EXPECTATION_NOT_MET"
    title = f"{expected.source} → {expected.to}: {'; '.join(wrong)}"
    evidence = [f"{block.code}: {block.detail}" for block in verdict.blocked_by[:4]]
    yield _finding(code, "info" if verdict.outcome == "unknown" else "high", expected.source, title, evidence)


def _private_exits(ground: Ground, source: str) -> list[Verdict]:
    """Ways to networks behind private gateways: an exit unless it is listed. Peering carries no transit (N181)."""
    network = ground.network
    targets = {candidate.route.transit_gateway_id or candidate.route.gateway_id or "" for table in network.route_tables
               for part in ground.table(table).parts for candidate in part.winners}  # fmt: skip
    if not any(target.startswith(("vgw-", "tgw-")) for target in targets):
        return []
    found = []
    for block in PRIVATE_BLOCKS:
        verdict = simulate(ground, source, f"ip:{block}")
        leads = any(path.route == "on-premises" for path in verdict.paths)
        unseen = verdict.outcome == "unknown"
        if leads:
            found.append(msgspec.structs.replace(verdict, outcome="allowed", route="on-premises"))
        elif unseen:
            found.append(verdict)
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


# --- steps ----------------------------------------------------------------------------------------------------------


ORDER: Final = ("git-push", "environment", "source", "login", "pull", "push", "logs")


def _steps(network: Network, source: str, needs: Sequence[Need], cells: Sequence[Cell]) -> list[PipelineStep]:
    by_destination = {cell.destination: cell for cell in cells if cell.source == source}
    who = parse_selector(source)
    name = who.value if who.kind == "codebuild" else source
    made: list[PipelineStep] = []
    stuck = False
    if who.kind == "codebuild" and find_project(network, who.value) is not None:
        made.append(PipelineStep(name, "provisioning", "allowed", "none", service_side=True))
    for step in ORDER:
        mine = list(dict.fromkeys(need.destination for need in needs if need.step == step))
        if not mine:
            continue
        involved = [by_destination[one] for one in mine]
        outcome = _worst([cell.outcome for cell in involved])
        routes = {cell.route for cell in involved}
        route: RouteWord = "none"
        if outcome in THROUGH:
            route = routes.pop() if len(routes) == 1 else "mixed"
        blocked_by = tuple(dict.fromkeys(block for cell in involved for block in cell.blocked_by))
        not_reached = stuck and step not in ("logs", "git-push")
        made.append(PipelineStep(name, step, outcome, route, False, not_reached, blocked_by, tuple(mine)))
        stuck = stuck or (outcome == "blocked" and step != "logs")
    return made


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    order: tuple[Outcome, ...] = ("blocked", "unknown", "intermittent", "allowed")
    return next(outcome for outcome in order if outcome in outcomes)


# --- overall --------------------------------------------------------------------------------------------------------


def _leaks(cell: Cell) -> bool:
    return cell.source != "internet" and cell.outcome in THROUGH and cell.route in OUTWARD


def _exposes(cell: Cell) -> bool:
    return cell.source == "internet" and cell.outcome in THROUGH


def _overall(cells: Sequence[Cell], beyond: Sequence[Verdict], any_source: bool, lacking: bool) -> Overall:
    if any(_leaks(cell) for cell in cells) or any(verdict.outcome in THROUGH for verdict in beyond):
        return "leaking"
    if any(_exposes(cell) for cell in cells):
        return "exposed"
    open_ways = any(cell.outcome == "unknown" and _could_leave(cell) for cell in cells)
    if not any_source or lacking or open_ways or any(verdict.outcome == "unknown" for verdict in beyond):
        return "undecided"
    if any(cell.needed and cell.outcome in ("blocked", "intermittent") for cell in cells):
        return "private-but-failing"
    if any(cell.needed and cell.outcome == "unknown" for cell in cells):
        return "undecided"
    return "private-and-working"


def _could_leave(cell: Cell) -> bool:
    """Whether an open cell bears on privacy: the internet's cells, and services whose network way is not known."""
    if "internet" in (cell.source, cell.destination) or cell.verdict is None:
        return True
    return cell.verdict.layers.get("network") == "unknown"


# --- findings -------------------------------------------------------------------------------------------------------


def _findings(network: Network, cells: Sequence[Cell], beyond: Sequence[Verdict]) -> Iterable[Finding]:
    yield from _outside_vpc(network, cells)
    yield from _exits(network, cells, beyond)
    yield from _exposures(network, cells)
    yield from _failures(network, cells)
    yield from _detours(network, cells)
    yield from _stale_routes(network, cells)


def _finding(
    code: str, severity: Severity, component: str, title: str, evidence: Iterable[str], remedy: str = ""
) -> Finding:
    known = CODES.get(code)
    return Finding(
        code, severity, title, component, tuple(dict.fromkeys(evidence)), remedy or (known.remedy if known else "")
    )


def _outside_vpc(network: Network, cells: Sequence[Cell]) -> Iterable[Finding]:
    """Builds on AWS's own network: of projects without a VPC, or when they overflow a fleet that is in one."""
    for cell in cells:
        paths = cell.verdict.paths if cell.verdict and cell.destination == "internet" else ()
        outside = [path for path in paths if path.hops and path.hops[0].type == "codebuild-project"]
        if not outside:
            continue
        found = find_project(network, parse_selector(cell.source).value)
        if found is not None and leaves_vpc_on_overflow(network, found[1]):
            title = f"builds of {cell.source} that overflow its fleet run outside every VPC, with open internet access"
            yield _finding("FLEET_OVERFLOW_LEAVES_VPC", "high", cell.source, title, [outside[0].hops[0].detail])
            continue
        free = any(path.outcome == "allowed" for path in outside)
        how = "with open internet access" if free else "behind its fleet's managed proxy"
        title = f"{cell.source} runs outside every VPC, {how}"
        severity: Severity = "high" if free else "low"
        yield _finding("CODEBUILD_NOT_IN_VPC", severity, cell.source, title, [outside[0].hops[0].detail])


def _gateways_out(verdict: Verdict) -> list[str]:
    """The component that lets traffic out, per path that does: the NAT gateway if there is one, else the gateway."""
    kinds = (
        "nat-gateway",
        "egress-only-internet-gateway",
        "internet-gateway",
        "vpn-gateway",
        "transit-gateway-attachment",
    )
    found = []
    for path in verdict.paths:
        if path.outcome == "allowed" and path.route in OUTWARD:
            by_kind = {hop.type: hop.component for hop in reversed(path.hops) if hop.leg == "request"}
            found += [by_kind[kind] for kind in kinds if kind in by_kind][:1]
    return list(dict.fromkeys(found))


def _exits(network: Network, cells: Sequence[Cell], beyond: Sequence[Verdict]) -> Iterable[Finding]:
    evidence: dict[str, list[str]] = {}
    used: set[str] = set()
    for cell in cells:
        if _leaks(cell) and cell.verdict is not None:
            for gateway in _gateways_out(cell.verdict):
                evidence.setdefault(gateway, []).append(
                    f"{cell.source} → {cell.destination}: {cell.outcome} {cell.route}"
                )
                if cell.needed:
                    used.add(gateway)
    for verdict in beyond:
        if verdict.outcome in THROUGH:
            for gateway in _gateways_out(verdict):
                text = f"{verdict.question.source} → {verdict.question.destination}: {verdict.route}"
                evidence.setdefault(gateway, []).append(text)
    for gateway, lines in evidence.items():
        title = f"traffic can leave by {network.label(gateway)}"
        severity: Severity = "high" if gateway in used else "medium"
        yield _finding("PUBLIC_EGRESS_POSSIBLE", severity, gateway, title, lines)


def _exposures(network: Network, cells: Sequence[Cell]) -> Iterable[Finding]:
    for cell in cells:
        if not _exposes(cell) or cell.verdict is None:
            continue
        ports = sorted({
            f"{one.protocol} {low}" if low == high else f"{one.protocol} {low}-{high}"
            for path in cell.verdict.paths if path.outcome == "allowed" for one in path.traffic for low, high in one.ports  # noqa: E501
        })  # fmt: skip
        title = f"the internet reaches {network.label(cell.destination)}"
        lines = [f"open: {', '.join(ports) or 'all protocols'}"]
        lines += [
            f"{hop.type} {network.label(hop.component)}: {hop.detail}"
            for path in cell.verdict.paths if path.outcome == "allowed"
            for hop in path.hops if hop.leg == "request" and hop.type == "security-group"
        ][:4]  # fmt: skip
        yield _finding("INTERFACE_EXPOSED", "high", cell.destination, title, lines)


def _failures(network: Network, cells: Sequence[Cell]) -> Iterable[Finding]:
    """One finding per rule or component that stops a needed step."""
    blocks: dict[tuple[str, str, object], tuple[Block, list[str]]] = {}
    for cell in cells:
        if cell.needed and cell.outcome in ("blocked", "intermittent"):
            for block in cell.blocked_by:
                known = blocks.setdefault((block.code, block.component, block.rule), (block, []))
                known[1].append(f"{cell.source} → {cell.destination}: {cell.outcome}; {block.detail}")
    for block, lines in blocks.values():
        remedy = " ".join(
            part for part in (_remedy(block.cause), _remedy(block.code) if block.cause is None else "") if part
        )
        cause = f" ({block.cause})" if block.cause else ""
        where = f", rule {'*' if block.rule == DEFAULT_ACL_RULE else block.rule}" if block.rule is not None else ""
        title = f"{network.label(block.component)}{where} stops what the pipeline needs{cause}: {block.detail}"
        yield _finding(block.code, "high", block.component, title, lines, remedy)


def _remedy(code: str | None) -> str:
    known = CODES.get(code or "")
    return known.remedy if known else ""


def _detours(network: Network, cells: Sequence[Cell]) -> Iterable[Finding]:
    """Services that a VPC reaches by their public addresses although an endpoint could serve them."""
    seen: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        reason = cell.verdict.names[0].rule if cell.verdict and cell.verdict.names else None
        if cell.outcome in THROUGH and cell.route == "aws-public" and isinstance(reason, str):
            component = cell.verdict.names[0].component if cell.verdict else cell.source
            seen.setdefault((reason, component), []).append(
                f"{cell.source} → {cell.destination}: {cell.verdict.names[0].detail if cell.verdict else ''}"
            )
    for (code, component), lines in seen.items():
        title = f"a service is reached by its public address, not by an endpoint ({network.label(component)})"
        yield _finding(code, "medium", component, title, lines)


def _stale_routes(network: Network, cells: Sequence[Cell]) -> Iterable[Finding]:
    """Routes without a target in the sources' route tables, and builds routed at an internet gateway that cannot
    help.
    """
    subnets = dict.fromkeys(
        hop_subnet for cell in cells if cell.source != "internet" for hop_subnet in _subnets_of(network, cell.source)
    )
    tables = dict.fromkeys(t.route_table_id for s in subnets if (t := network.route_table_of(s)) is not None)
    for table_id in tables:
        for route in network.route_tables[table_id].routes:
            if route.state == "blackhole":
                to = (
                    route.destination_cidr_block
                    or route.destination_ipv6_cidr_block
                    or route.destination_prefix_list_id
                )
                title = f"route {to} of {network.label(table_id)} is a blackhole: its target is gone"
                yield _finding("BAD_STATE_ROUTE", "low", table_id, title, [f"{table_id}: {to}, state blackhole"])
    for cell in cells:
        cause = "CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP"
        block = next((b for b in cell.blocked_by if b.cause == cause), None)
        if cell.destination == "internet" and block is not None:
            title = f"{cell.source} is routed to {network.label(block.component)}, which cannot forward for a build"
            yield _finding(cause, "low", block.component, title, [block.detail])


def _subnets_of(network: Network, source: str) -> tuple[str, ...]:
    selector = parse_selector(source)
    if selector.kind == "codebuild":
        found = project(network, selector.value)
        placed = (one.interface for one in found.placements) if found is not None else ()
        return tuple(one.subnet_id for one in placed if one is not None)
    return tuple(one.subnet_id for one in network.interfaces.values() if selector.value in (one.instance_id, one.id))
