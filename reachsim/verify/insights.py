"""Reachability Analyzer's results against the verdicts on the same questions.

**Source:** the EC2 API's NetworkInsightsPath and NetworkInsightsAnalysis; "Reachability Analyzer explanation codes".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from reachsim.errors import Fault, QuestionError, SnapshotError
from reachsim.forwarding import Ground
from reachsim.inputs import read_input
from reachsim.model.decode import decode, fault
from reachsim.simulate import simulate
from reachsim.verdict import Verdict
from reachsim.verify.records import Disagreement, Verification

ASKABLE = re.compile(r"(?:eni|i|igw|vpce|nat)-[0-9a-zA-Z]+")
BLIND = frozenset({"UNKNOWN_RESOURCE", "UNKNOWN_PEERED_SGS", "TGW_RTB_ROUTES_ARE_UNKNOWN", "NO_SOURCE_OR_DESTINATION",
                   "UNSUPPORTED_COMPONENT", "UNKNOWN_DESTINATION", "IGW_NAT_REFLECTION"})  # fmt: skip
"""Explanations by which the analyzer says that it did not see all, or does not look there."""
PARTLY = frozenset({"PATH_THROUGH_GWLB_NOT_CHECKED", "FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULE_GROUP_TYPE",
                    "FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULES", "FIREWALL_UNSUPPORTED_RULE_OPTIONS",
                    "MISSING_TARGET_GROUP_ATTRIBUTES", "ASSUMPTION_PRESERVE_CLIENT_IP_IS_DISABLED",
                    "ASSUMPTION_PRESERVE_CLIENT_IP_IS_ENABLED"})  # fmt: skip
"""Additional details by which it says so of a path that it found."""
ONE_WAY = frozenset({"UNIDIRECTIONAL_PATH_ANALYSIS_ONLY", "RESPONSE_RTB_HAS_NO_ROUTE_TO_TRANSIT_GATEWAY"})
"""Additional details by which it says that the way back is not part of the result."""
SEARCHED = ("FILTER_AT_SOURCE_", "FILTER_AT_DESTINATION_", "COMPONENT_FILTER_RESTRICTION")
"""How explanations begin that name a filter of the path or the analysis, not the network."""
WHOLE = (0, 65535)


class _Ec2(msgspec.Struct, frozen=True, rename="pascal"):
    pass


class PortRange(_Ec2, frozen=True):
    from_port: int = 0
    to_port: int = 65535


class Filter(_Ec2, frozen=True):
    source_address: str | None = None
    source_port_range: PortRange | None = None
    destination_address: str | None = None
    destination_port_range: PortRange | None = None


class InsightsPath(_Ec2, frozen=True):
    network_insights_path_id: str
    source: str | None = None
    destination: str | None = None
    source_ip: str | None = None
    destination_ip: str | None = None
    protocol: str | None = None
    destination_port: int | None = None
    filter_at_source: Filter | None = None
    filter_at_destination: Filter | None = None


class Component(_Ec2, frozen=True):
    id: str | None = None


class Header(_Ec2, frozen=True):
    protocol: str | None = None
    destination_port_ranges: tuple[dict[str, int], ...] = ()


class Detail(_Ec2, frozen=True):
    additional_detail_type: str | None = None


class PathComponent(_Ec2, frozen=True):
    component: Component | None = None
    inbound_header: Header | None = None
    outbound_header: Header | None = None
    additional_details: tuple[Detail, ...] = ()


class Explanation(_Ec2, frozen=True):
    explanation_code: str | None = None


class Analysis(_Ec2, frozen=True):
    network_insights_analysis_id: str
    network_insights_path_id: str | None = None
    status: str | None = None
    network_path_found: bool | None = None
    filter_in_arns: tuple[str, ...] = ()
    filter_out_arns: tuple[str, ...] = ()
    forward_path_components: tuple[PathComponent, ...] = ()
    return_path_components: tuple[PathComponent, ...] = ()
    suggested_accounts: tuple[str, ...] = ()
    explanations: tuple[Explanation, ...] = ()


class Document(_Ec2, frozen=True):
    network_insights_analyses: tuple[Analysis, ...] | None = None
    network_insights_paths: tuple[InsightsPath, ...] | None = None


class Read(NamedTuple):
    """Analyses with the file that each stands in, and paths by id."""

    analyses: tuple[tuple[str, Analysis], ...]
    paths: dict[str, InsightsPath]


def read_insights(files: Iterable[Path]) -> Read:
    """Answers of describe-network-insights-analyses and -paths, in any order. Raises SnapshotError."""
    analyses: list[tuple[str, Analysis]] = []
    paths: dict[str, InsightsPath] = {}
    for file in files:
        try:
            found = decode(read_input(file), Document)
        except msgspec.MsgspecError as error:
            raise SnapshotError(fault(str(file), error)) from error
        if found.network_insights_analyses is None and found.network_insights_paths is None:
            expected = "the key NetworkInsightsAnalyses or NetworkInsightsPaths"
            raise SnapshotError(Fault(str(file), "", expected, "neither"))
        places = ((f"{file}#/NetworkInsightsAnalyses/{n}", one)
                  for n, one in enumerate(found.network_insights_analyses or ()))  # fmt: skip
        analyses += places
        paths |= {one.network_insights_path_id: one for one in found.network_insights_paths or ()}
    return Read(tuple(analyses), paths)


def verify_insights(ground: Ground, read: Read) -> Verification:
    """Every analysis that has ended against the verdict on its path, replies included."""
    skipped: dict[str, int] = {}
    found: list[Disagreement] = []
    agreed = 0
    for place, analysis in read.analyses:
        judged = _judge(ground, place, analysis, read.paths.get(analysis.network_insights_path_id or ""))
        if isinstance(judged, Disagreement):
            found.append(judged)
        elif judged:
            skipped[judged] = skipped.get(judged, 0) + 1
        else:
            agreed += 1
    found.sort(key=lambda one: (one.hides != "leak", one.place))
    return Verification(len(read.analyses), agreed, tuple(found), dict(sorted(skipped.items())))


class _Question(NamedTuple):
    source: str
    target: str
    protocol: str | None
    port: int | None


def _judge(ground: Ground, place: str, analysis: Analysis, path: InsightsPath | None) -> Disagreement | str:
    """A disagreement, why it is not compared, or "" where they agree."""
    if analysis.status != "succeeded" or analysis.network_path_found is None:
        return "not-finished"
    if analysis.filter_in_arns or analysis.filter_out_arns:
        return "filters-not-asked"
    asked = _from_components(analysis) if path is None else _from_path(path)
    if isinstance(asked, str):
        return asked
    try:
        verdict = simulate(ground, asked.source, asked.target, protocol=asked.protocol, port=asked.port)
    except QuestionError:
        return "snapshot-lacks"
    if verdict.outcome == "unknown":
        return "snapshot-lacks"
    theirs = analysis.network_path_found
    if theirs == (verdict.outcome in ("allowed", "intermittent")):
        return ""
    codes = tuple(dict.fromkeys(one.explanation_code for one in analysis.explanations if one.explanation_code))
    not_told = _not_told_by_path(analysis, verdict) if theirs else _not_told_by_codes(analysis, codes)
    return not_told or _disagreement(ground, place, analysis, asked, verdict, codes)


def _not_told_by_codes(analysis: Analysis, codes: tuple[str, ...]) -> str:
    """Why a path that was not found does not say that the network stops the traffic; "" if it does."""
    if analysis.suggested_accounts or BLIND & set(codes):
        return "not-seen-by-analyzer"
    return "filters-not-asked" if codes and all(code.startswith(SEARCHED) for code in codes) else ""


def _not_told_by_path(analysis: Analysis, verdict: Verdict) -> str:
    """Why a path that was found does not say that the traffic gets through, and its reply back; "" if it does."""
    components = analysis.forward_path_components + analysis.return_path_components
    details = {detail.additional_detail_type for one in components for detail in one.additional_details}
    if PARTLY & details:
        return "not-seen-by-analyzer"
    replies = verdict.blocked_by and all(block.leg == "response" for block in verdict.blocked_by)
    return "one-way" if replies and ONE_WAY & details else ""


def _disagreement(
    ground: Ground, place: str, analysis: Analysis, asked: _Question, verdict: Verdict, codes: tuple[str, ...]
) -> Disagreement:
    network = ground.network
    service = asked.protocol or "any protocol"
    service += "" if asked.port is None else f" port {asked.port}"
    what = (f"{analysis.network_insights_analysis_id}: {network.label(asked.source)} to {network.label(asked.target)}, "
            f"{service}")  # fmt: skip
    if analysis.network_path_found:
        why = tuple(dict.fromkeys(block.detail for block in verdict.blocked_by))
        return Disagreement(what, "reachable", verdict.outcome, "leak", why, 1, place, verdict)
    why = tuple(f"Reachability Analyzer says {code}" for code in codes)
    return Disagreement(what, "not reachable", verdict.outcome, "block", why, 1, place, verdict)


def _from_path(path: InsightsPath) -> _Question | str:
    """The question that a path asks, or why none can be asked."""
    before, behind = path.filter_at_source or Filter(), path.filter_at_destination or Filter()
    if behind != Filter() or not _is_whole(before.source_port_range):
        return "filters-not-asked"
    source_ip = path.source_ip or before.source_address
    target_ip = path.destination_ip or before.destination_address
    port = path.destination_port
    ports = before.destination_port_range
    if port is None and not _is_whole(ports):
        assert ports is not None
        if ports.from_port != ports.to_port:
            return "filters-not-asked"
        port = ports.from_port
    return _question(path.source, source_ip, path.destination, target_ip, path.protocol, port)


def _is_whole(ports: PortRange | None) -> bool:
    return ports is None or (ports.from_port, ports.to_port) == WHOLE


def _from_components(analysis: Analysis) -> _Question | str:
    """The question that an analysis answers, as far as the path that it found tells: its two ends and the packet.

    The components of a path that was not found end where it stops, not at the destination. An internet gateway tells
    the packet as it comes in, and of what it sends on only the address that it translates to. **Source:**
    "Getting started with Reachability Analyzer using the AWS CLI", the two examples of Step 3.
    """
    named = [one for one in analysis.forward_path_components if one.component is not None and one.component.id]
    if len(named) < 2 or not analysis.network_path_found:
        return "ends-untold"
    headers = (named[0].outbound_header, named[0].inbound_header)
    header = next((one for one in headers if one and (one.protocol or one.destination_port_ranges)), Header())
    spans = {(one.get("From"), one.get("To")) for one in header.destination_port_ranges}
    first = next(iter(spans)) if len(spans) == 1 else (None, None)
    port = first[0] if first[0] is not None and first[0] == first[1] else None
    protocols = {"6": "tcp", "17": "udp"}
    protocol = protocols.get(header.protocol or "", (header.protocol or "tcp").lower())
    start, end = named[0].component, named[-1].component
    assert start is not None
    assert end is not None
    return _question(start.id, None, end.id, None, protocol, port)


def _question(
    source: str | None, source_ip: str | None, target: str | None, target_ip: str | None, protocol: str | None,
    port: int | None,
) -> _Question | str:  # fmt: skip
    start, end = _id(source), _id(target)
    if not (start or source_ip) or not (end or target_ip):
        return "ends-untold"
    if not ASKABLE.fullmatch(start) and not (start == "" and source_ip):
        return "ends-not-asked"
    if end and not ASKABLE.fullmatch(end):
        return "ends-not-asked"
    if source_ip and not start.startswith("igw-"):
        return "filters-not-asked"
    from_ip = f"ip:{source_ip}" if source_ip else start
    to_ip = f"ip:{target_ip}" if target_ip and not end.startswith("igw-") else end
    if target_ip and end.startswith("igw-"):
        to_ip = f"ip:{target_ip}"
    return _Question(from_ip, to_ip, protocol, port)


def _id(text: str | None) -> str:
    """The id at the end of an ARN, or the id."""
    return (text or "").rpartition("/")[2]
