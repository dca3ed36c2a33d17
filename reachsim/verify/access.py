"""Network Access Analyzer's findings, and analyses that found nothing, against the verdicts on the same questions.

A finding says that a packet of its header can get from its first component to its last; the way back is not looked at,
nor are the rules of network firewalls, and appliances behind Gateway Load Balancers are taken to change nothing. Only
IPv4, TCP and UDP. An analysis that found nothing says so of every path of its scope, as far as the analyzer sees: in
one account and Region, and between the kinds of components that it knows.

**Source:** Network Access Analyzer guide, "How Network Access Analyzer works" (supported resources, limitations) and
"Getting started with Network Access Analyzer using the AWS CLI"; the EC2 API's AccessScopeAnalysisFinding,
NetworkInsightsAccessScopeAnalysis and NetworkInsightsAccessScopeContent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reachsim.addresses import PUBLIC, format_address, parse_block
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model.records import Ec2
from reachsim.verdict import Traffic, Verdict
from reachsim.verify.asked import (
    PARTLY,
    PROTOCOLS,
    Header,
    PathComponent,
    Question,
    Span,
    answered,
    id_of,
    one_port,
    only_replies,
    question,
    sent,
)
from reachsim.verify.records import Disagreement

EPHEMERAL: Final = (1024, 65535)
GATEWAYS: Final = "AWS::EC2::InternetGateway"
PAIRS: Final = 1000
"""Most questions that one path of a scope is asked as."""
SEEN: Final = frozenset({"instance", "internet", "internet-gateway", "nat-gateway", "network-acl", "network-interface",
                         "route-table", "security-group", "transit-gateway", "transit-gateway-attachment",
                         "vpc-endpoint", "vpc-peering-connection"})  # fmt: skip
"""Kinds of components on a way of ours that the analyzer would see, of those that it supports without reserve."""
NO_ENDS: Final = frozenset({"nat_gateway", "network_load_balancer"})
"""Kinds of network interfaces at which no finding starts or ends."""


class AccessFinding(Ec2, frozen=True):
    finding_id: str | None = None
    network_insights_access_scope_analysis_id: str | None = None
    finding_components: tuple[PathComponent, ...] = ()


class AccessAnalysis(Ec2, frozen=True):
    network_insights_access_scope_analysis_id: str
    network_insights_access_scope_id: str | None = None
    status: str | None = None
    findings_found: str | None = None


class ResourceStatement(Ec2, frozen=True):
    resources: tuple[str, ...] = ()
    resource_types: tuple[str, ...] = ()


class HeaderStatement(Ec2, frozen=True):
    source_addresses: tuple[str, ...] = ()
    destination_addresses: tuple[str, ...] = ()
    source_ports: tuple[str, ...] = ()
    destination_ports: tuple[str, ...] = ()
    source_prefix_lists: tuple[str, ...] = ()
    destination_prefix_lists: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()


class PathStatement(Ec2, frozen=True):
    packet_header_statement: HeaderStatement | None = None
    resource_statement: ResourceStatement | None = None


class ScopePath(Ec2, frozen=True):
    source: PathStatement | None = None
    destination: PathStatement | None = None
    through_resources: tuple[PathStatement, ...] = ()


class ScopeContent(Ec2, frozen=True):
    network_insights_access_scope_id: str
    match_paths: tuple[ScopePath, ...] = ()
    exclude_paths: tuple[ScopePath, ...] = ()


def judge_finding(ground: Ground, place: str, finding: AccessFinding) -> Disagreement | str:
    """A disagreement, why it is not compared, or "" where they agree."""
    way = [one for one in sorted(finding.finding_components, key=lambda one: one.sequence_number)
           if one.component is not None and (one.component.id or one.component.arn)]  # fmt: skip
    if len(way) < 2:
        return "ends-untold"
    header = sent(way[0])
    start, end = _id(way[0]), _id(way[-1])
    protocol = PROTOCOLS.get(header.protocol or "", header.protocol and header.protocol.lower())
    asked = question(start, None, end, None, protocol, one_port(header.destination_port_ranges))
    if isinstance(asked, str):
        return asked
    ephemeral = IntervalSet.span(*EPHEMERAL)
    if header.source_port_ranges and not _ports(header.source_port_ranges) & ephemeral:
        return "filters-not-asked"
    verdict = answered(ground, asked, "ipv4")
    if verdict is not None and _some_gets_through(verdict, asked, header):
        return ""
    narrow = _one_packet(asked, header)  # the broad answer is about more than the header: hold one packet of it
    if narrow is None:
        return "filters-not-asked"
    verdict = answered(ground, narrow, "ipv4")
    if verdict is None:
        return "snapshot-lacks"
    if verdict.outcome in ("allowed", "intermittent"):
        return ""
    if only_replies(verdict):
        return "one-way"
    if _partly_seen(way):
        return "not-seen-by-analyzer"
    name = f"{finding.network_insights_access_scope_analysis_id or 'finding'} {finding.finding_id or ''}".strip()
    why = tuple(dict.fromkeys(block.detail for block in verdict.blocked_by))
    what = f"{name}: {narrow.in_words(ground)}"
    return Disagreement(what, "a path exists", verdict.outcome, "leak", why, 1, place, verdict)


def _id(one: PathComponent) -> str:
    assert one.component is not None
    return one.component.id or id_of(one.component.arn)


def _ports(spans: tuple[Span, ...]) -> IntervalSet:
    return IntervalSet.of((one.from_, one.to) for one in spans if one.from_ <= one.to)


def _far(asked: Question, header: Header) -> tuple[str, IntervalSet] | None:
    """The side that is the internet, and the addresses that the header tells of it."""
    for side, end, blocks in (("source", asked.source, header.source_addresses),
                              ("destination", asked.target, header.destination_addresses)):  # fmt: skip
        if end.startswith("igw-") and blocks:
            return side, IntervalSet.union_of(one.block for one in blocks)
    return None


def _some_gets_through(verdict: Verdict, asked: Question, header: Header) -> bool:
    """Whether packets of the header are among those that get through."""
    ports, far = _ports(header.destination_port_ranges), _far(asked, header)

    def within(traffic: Traffic) -> bool:
        if ports and not any(ports & IntervalSet.span(*span) for span in traffic.ports):
            return False
        return far is None or any(far[1] & parse_block(one) for one in getattr(traffic, far[0]))

    through = (path for path in verdict.paths if path.outcome in ("allowed", "intermittent"))
    return any(within(traffic) for path in through for traffic in path.traffic)


def _one_packet(asked: Question, header: Header) -> Question | None:
    """The question about one packet of the header; None if none of its addresses on the internet can be asked about."""
    ports, far = _ports(header.destination_port_ranges), _far(asked, header)
    if asked.port is None and ports:
        asked = asked._replace(port=ports.first)
    if far is None:
        return asked
    public = far[1] & PUBLIC
    if not public:
        return None
    address = f"ip:{format_address(public.first)}"
    return asked._replace(source=address) if far[0] == "source" else asked._replace(target=address)


def _partly_seen(way: list[PathComponent]) -> bool:
    """Whether the path leads by what the analyzer does not look into: network firewalls, Gateway Load Balancers'
    endpoints.
    """
    arns = (one.component.arn or "" for one in way if one.component is not None)
    details = {detail.additional_detail_type for one in way for detail in one.additional_details}
    middle = any(_id(one).startswith("vpce-") for one in way[1:-1])
    return middle or bool(PARTLY & details) or any(":network-firewall:" in arn for arn in arns)


# --- nothing found --------------------------------------------------------------------------------------------------


def judge_none_found(
    ground: Ground, place: str, analysis: AccessAnalysis, scope: ScopeContent | None
) -> list[Disagreement | str]:
    """Of an analysis without findings, one word or disagreement for each path of its scope, as `judge_finding`."""
    if analysis.status != "succeeded" or analysis.findings_found not in ("true", "false"):
        return ["not-finished"]
    if analysis.findings_found == "true":
        return ["findings-untold"]
    if scope is None or not scope.match_paths:
        return ["scope-untold"]
    if scope.exclude_paths:
        return ["filters-not-asked"]
    return [_judge_path(ground, place, analysis, one) for one in scope.match_paths]


def _judge_path(ground: Ground, place: str, analysis: AccessAnalysis, path: ScopePath) -> Disagreement | str:
    headers = [one.packet_header_statement for one in (path.source, path.destination) if one is not None]
    if path.through_resources or any(one not in (None, HeaderStatement()) for one in headers):
        return "filters-not-asked"
    starts, ends = list(_ends(ground, path.source)), list(_ends(ground, path.destination))
    if not starts or not ends or "" in starts + ends or len(starts) * len(ends) > PAIRS:
        return "ends-not-asked"
    reason = ""
    for start, end in ((start, end) for start in starts for end in ends):
        for protocol in ("tcp", "udp"):
            asked = Question(start, end, protocol, None)
            verdict = answered(ground, asked, "ipv4")
            if verdict is None:
                reason = reason or "snapshot-lacks"
            elif verdict.outcome != "blocked":
                if not _all_seen(verdict):
                    reason = "not-seen-by-analyzer"
                    continue
                what = f"{analysis.network_insights_access_scope_analysis_id}: {asked.in_words(ground)}"
                return Disagreement(what, "no path", verdict.outcome, "block", (), 1, place, verdict)
            elif only_replies(verdict):
                reason = reason or "one-way"
    return reason


def _ends(ground: Ground, statement: PathStatement | None) -> Iterator[str]:
    """The selectors that a statement stands for, "" for what cannot be asked about."""
    said = statement.resource_statement if statement is not None else None
    for one in said.resources if said is not None else ():
        name = id_of(one)
        interface = ground.network.network_interfaces.get(name)
        owned = interface is not None and interface.interface_type in NO_ENDS
        yield name if name.startswith(("eni-", "i-", "igw-")) and not owned else ""
    for kind in said.resource_types if said is not None else ():
        yield from sorted(ground.network.internet_gateways) if kind == GATEWAYS else [""]


def _all_seen(verdict: Verdict) -> bool:
    """Whether some way that gets through leads by nothing that the analyzer may not see."""
    through = [path for path in verdict.paths if path.outcome in ("allowed", "intermittent")]
    return any(all(hop.type in SEEN for hop in path.hops if hop.leg == "request") for path in through)
