"""What is to know or to mend in the network: ways out and in, detours, stale routes.

**Source:** DESIGN, "check": ``findings``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from reachsim.check.outcome import OUTWARD, THROUGH, exposes, leaks
from reachsim.codes import CODES
from reachsim.config import Expect
from reachsim.model.network import Network
from reachsim.selectors import parse_selector
from reachsim.verdict import Cell, Finding, Severity, Verdict
from reachsim.workloads import find_project, leaves_vpc_on_overflow, project

Places = Mapping[tuple[str, str], Sequence[str]]
"""(source, destination) → the lines of the build's files that contact it."""


OF_PIPELINE: Final = "#"
"""Stands between a pipeline's name and that of its action in a selector of managed compute: no project is called so."""


def network_findings(
    network: Network, cells: Sequence[Cell], beyond: Sequence[Verdict], places: Places
) -> Iterable[Finding]:
    """The findings of the cells of the matrix and of further destinations that builds need."""
    yield from _outside_vpc(network, cells)
    yield from _exits(network, cells, beyond, places)
    yield from _exposures(network, cells)
    yield from _detours(network, cells)
    yield from _stale_routes(network, cells)


def finding_of(
    code: str, severity: Severity, component: str, title: str, evidence: Iterable[str], remedy: str = ""
) -> Finding:
    """A finding; the remedy is the code's own unless said otherwise."""
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
        action = managed_action(cell.source)
        if action:
            title = f"the action {action} runs on compute that CodePipeline manages, outside every VPC"
            yield finding_of("PIPELINE_COMPUTE_NOT_IN_VPC", "high", action, title, [outside[0].hops[0].detail])
            continue
        found = find_project(network, parse_selector(cell.source).value)
        if found is not None and leaves_vpc_on_overflow(network, found[1]):
            title = f"builds of {cell.source} that overflow its fleet run outside every VPC, with open internet access"
            yield finding_of("FLEET_OVERFLOW_LEAVES_VPC", "high", cell.source, title, [outside[0].hops[0].detail])
            continue
        free = any(path.outcome == "allowed" for path in outside)
        how = "with open internet access" if free else "behind its fleet's managed proxy"
        title = f"{cell.source} runs outside every VPC, {how}"
        severity: Severity = "high" if free else "low"
        remedy = ""
        if found is not None and "LAMBDA" in (found[1].environment.type or ""):
            remedy = "Run the builds on EC2 compute: builds on Lambda compute cannot be in a VPC."
        yield finding_of("CODEBUILD_NOT_IN_VPC", severity, cell.source, title, [outside[0].hops[0].detail], remedy)


def managed_action(source: str) -> str:
    """The pipeline, stage and action on compute that CodePipeline manages which a selector stands for, else "".

    >>> managed_action("codebuild:release#Build/Image"), managed_action("codebuild:release")
    ('release/Build/Image', '')
    """
    pipeline, mark, action = source.removeprefix("codebuild:").partition(OF_PIPELINE)
    return f"{pipeline}/{action}" if mark and "/" in action else ""


def _gateways_out(verdict: Verdict) -> list[str]:
    """The component that lets traffic out, per path that does: the NAT gateway if there is one, else the gateway; a
    build outside every VPC itself."""
    kinds = (
        "nat-gateway",
        "egress-only-internet-gateway",
        "internet-gateway",
        "vpn-gateway",
        "transit-gateway-attachment",
        "codebuild-project",
    )
    found = []
    for path in verdict.paths:
        if path.outcome == "allowed" and path.route in OUTWARD:
            by_kind = {hop.type: hop.component for hop in reversed(path.hops) if hop.leg == "request"}
            found += [by_kind[kind] for kind in kinds if kind in by_kind][:1]
    return list(dict.fromkeys(found))


def _exits(network: Network, cells: Sequence[Cell], beyond: Sequence[Verdict], places: Places) -> Iterable[Finding]:
    evidence: dict[str, list[str]] = {}
    used: set[str] = set()
    for cell in cells:
        if leaks(cell) and cell.verdict is not None:
            for gateway in _gateways_out(cell.verdict):
                lines = _contacts(cell, places, _how_it_gets_out(cell, cell.verdict))
                evidence.setdefault(gateway, []).extend(lines)
                if cell.needed:
                    used.add(gateway)
    for verdict in beyond:
        if verdict.outcome in THROUGH:
            for gateway in _gateways_out(verdict):
                text = f"{verdict.question.source} → {verdict.question.destination}: {verdict.route}"
                evidence.setdefault(gateway, []).append(text)
    for gateway, found in evidence.items():
        lines = sorted(found, key=lambda line: " by " not in line)  # what the build's own files say comes first
        title, remedy = f"traffic can leave by {network.label(gateway)}", ""
        if gateway.startswith("codebuild:"):
            title = f"traffic can leave from {gateway}, whose builds run outside every VPC"
            remedy = CODES["CODEBUILD_NOT_IN_VPC"].remedy
        severity: Severity = "high" if gateway in used else "medium"
        yield finding_of("PUBLIC_EGRESS_POSSIBLE", severity, gateway, title, lines, remedy)


def _how_it_gets_out(cell: Cell, verdict: Verdict) -> str:
    """The answer, or where a policy refuses the source's own requests the way that stays for others'."""
    if cell.route in OUTWARD:
        return f"{cell.outcome} {cell.route}"
    if verdict.surely:
        return f"some of it gets through {', '.join(verdict.surely)}, what becomes of the rest is not known"
    routes = dict.fromkeys(path.route for path in verdict.paths if path.outcome == "allowed" and path.route in OUTWARD)
    said = "may refuse" if cell.outcome == "unknown" else "refuses"
    return f"the network lets it through {', '.join(routes)}, though a policy {said} these requests"


def _contacts(cell: Cell, places: Places, what: str) -> list[str]:
    """A cell as evidence, once for each line of the build's files that contacts its destination."""
    line = f"{cell.source} → {cell.destination.removeprefix('host:')}: {what}"
    return [f"{line}, by {place}" for place in places.get((cell.source, cell.destination), ())] or [line]


def open_ports(verdict: Verdict) -> str:
    """The protocols and ports of what gets through, in words."""
    open_ = {
        f"{one.protocol} {low}" if low == high else f"{one.protocol} {low}-{high}"
        for path in verdict.paths if path.outcome == "allowed" for one in path.traffic for low, high in one.ports
    }  # fmt: skip
    return ", ".join(sorted(open_)) or "all protocols"


def _exposures(network: Network, cells: Sequence[Cell]) -> Iterable[Finding]:
    for cell in cells:
        if not exposes(cell) or cell.verdict is None:
            continue
        title = f"the internet reaches {network.label(cell.destination)}"
        lines = [f"open: {open_ports(cell.verdict)}"]
        lines += [
            f"{hop.type} {network.label(hop.component)}: {hop.detail}"
            for path in cell.verdict.paths if path.outcome == "allowed"
            for hop in path.hops if hop.leg == "request" and hop.type in ("load-balancer", "security-group")
        ][:4]  # fmt: skip
        yield finding_of("INTERFACE_EXPOSED", "high", cell.destination, title, lines)


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
        yield finding_of(code, "medium", component, title, lines)


def _stale_routes(network: Network, cells: Sequence[Cell]) -> Iterable[Finding]:
    """Routes without a target in the sources' route tables, and builds routed at an internet gateway that cannot
    help.
    """
    sources = dict.fromkeys(cell.source for cell in cells if cell.source != "internet")
    subnets = dict.fromkeys(subnet_id for source in sources for subnet_id in _subnets_of(network, source))
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
                yield finding_of("BAD_STATE_ROUTE", "low", table_id, title, [f"{table_id}: {to}, state blackhole"])
    for cell in cells:
        cause = "CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP"
        block = next((b for b in cell.blocked_by if b.cause == cause), None)
        if cell.destination == "internet" and block is not None:
            title = f"{cell.source} is routed to {network.label(block.component)}, which cannot forward for a build"
            yield finding_of(cause, "low", block.component, title, [block.detail])


def _subnets_of(network: Network, source: str) -> tuple[str, ...]:
    selector = parse_selector(source)
    if selector.kind == "codebuild":
        found = project(network, selector.value)
        placed = (one.interface for one in found.placements) if found is not None else ()
        return tuple(one.subnet_id for one in placed if one is not None)
    return tuple(one.subnet_id for one in network.interfaces_known_as(selector.value))


def unmet(wish: Expect, verdict: Verdict) -> Iterable[Finding]:
    """What must hold (``[[expect]]``) and does not, or is not known to."""
    wrong = falls_short(wish, verdict)
    if wrong:
        title = f"{wish.source} → {wish.to}: {'; '.join(wrong)}"
        evidence = [f"{block.code}: {block.detail}" for block in verdict.blocked_by[:4]]
        severity: Severity = "info" if verdict.outcome == "unknown" else "high"
        yield finding_of(code_of_unmet(verdict), severity, wish.source, title, evidence)


def falls_short(wish: Expect, verdict: Verdict) -> list[str]:
    """Where a verdict is not what is wished, in words."""
    pairs = (("outcome", wish.outcome, verdict.outcome), ("route", wish.route, verdict.route))
    return [f"{key} {found}, expected {wanted}" for key, wanted, found in pairs if wanted not in (None, found)]


def code_of_unmet(verdict: Verdict) -> str:
    return "EXPECTATION_UNDECIDED" if verdict.outcome == "unknown" else "EXPECTATION_NOT_MET"
