"""What AWS's analyzers say, read and held against the verdicts; here Reachability Analyzer's results.

**Source:** the EC2 API's NetworkInsightsPath and NetworkInsightsAnalysis; "Reachability Analyzer explanation codes".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from reachsim.errors import Fault, SnapshotError
from reachsim.forwarding import Ground
from reachsim.inputs import read_input
from reachsim.model.decode import decode, fault
from reachsim.model.records import Ec2
from reachsim.verdict import Verdict
from reachsim.verify.access import AccessAnalysis, AccessFinding, ScopeContent, judge_finding, judge_none_found
from reachsim.verify.asked import (
    PARTLY,
    PROTOCOLS,
    PathComponent,
    Question,
    answered,
    one_port,
    only_replies,
    question,
    sent,
)
from reachsim.verify.records import Disagreement, Verification

BLIND = frozenset({"UNKNOWN_RESOURCE", "UNKNOWN_PEERED_SGS", "TGW_RTB_ROUTES_ARE_UNKNOWN", "NO_SOURCE_OR_DESTINATION",
                   "UNSUPPORTED_COMPONENT", "UNKNOWN_DESTINATION", "IGW_NAT_REFLECTION"})  # fmt: skip
"""Explanations by which the analyzer says that it did not see all, or does not look there."""
ONE_WAY = frozenset({"UNIDIRECTIONAL_PATH_ANALYSIS_ONLY", "RESPONSE_RTB_HAS_NO_ROUTE_TO_TRANSIT_GATEWAY"})
"""Additional details by which it says that the way back is not part of the result."""
SEARCHED = ("FILTER_AT_SOURCE_", "FILTER_AT_DESTINATION_", "COMPONENT_FILTER_RESTRICTION")
"""How explanations begin that name a filter of the path or the analysis, not the network."""
WHOLE = (0, 65535)


class PortRange(Ec2, frozen=True):
    from_port: int = 0
    to_port: int = 65535


class Filter(Ec2, frozen=True):
    source_address: str | None = None
    source_port_range: PortRange | None = None
    destination_address: str | None = None
    destination_port_range: PortRange | None = None


class InsightsPath(Ec2, frozen=True):
    network_insights_path_id: str
    source: str | None = None
    destination: str | None = None
    source_ip: str | None = None
    destination_ip: str | None = None
    protocol: str | None = None
    destination_port: int | None = None
    filter_at_source: Filter | None = None
    filter_at_destination: Filter | None = None


class Explanation(Ec2, frozen=True):
    explanation_code: str | None = None


class Analysis(Ec2, frozen=True):
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


class Document(Ec2, frozen=True):
    """Any of the answers that are read, told by its keys."""

    network_insights_analyses: tuple[Analysis, ...] | None = None
    network_insights_paths: tuple[InsightsPath, ...] | None = None
    analysis_findings: tuple[AccessFinding, ...] | None = None
    network_insights_access_scope_analysis_id: str | None = None
    network_insights_access_scope_analyses: tuple[AccessAnalysis, ...] | None = None
    network_insights_access_scope_analysis: AccessAnalysis | None = None
    network_insights_access_scope_content: ScopeContent | None = None


KEYS = ("NetworkInsightsAnalyses", "NetworkInsightsPaths", "AnalysisFindings", "NetworkInsightsAccessScopeAnalyses",
        "NetworkInsightsAccessScopeAnalysis", "NetworkInsightsAccessScopeContent")  # fmt: skip


class Read(NamedTuple):
    """Results with the file that each stands in; paths and scopes by id."""

    analyses: list[tuple[str, Analysis]]
    paths: dict[str, InsightsPath]
    findings: list[tuple[str, AccessFinding]]
    scans: dict[str, tuple[str, AccessAnalysis]]
    scopes: dict[str, ScopeContent]


def read_insights(files: Iterable[Path]) -> Read:
    """Answers about Reachability Analyzer (describe-network-insights-analyses and -paths) and Network Access Analyzer
    (get-network-insights-access-scope-analysis-findings and -content, describe-… and start-…-analyses), in any order.

    Raises SnapshotError.
    """
    read = Read([], {}, [], {}, {})
    for file in files:
        try:
            found = decode(read_input(file), Document)
        except msgspec.MsgspecError as error:
            raise SnapshotError(fault(str(file), error)) from error
        if all(getattr(found, name) is None for name in Document.__struct_fields__ if not name.endswith("analysis_id")):
            raise SnapshotError(Fault(str(file), "", f"one of the keys {', '.join(KEYS)}", "none of them"))
        _add(read, str(file), found)
    return read


def _add(read: Read, file: str, found: Document) -> None:
    read.analyses.extend(
        (f"{file}#/NetworkInsightsAnalyses/{n}", one) for n, one in enumerate(found.network_insights_analyses or ())
    )
    read.paths.update((one.network_insights_path_id, one) for one in found.network_insights_paths or ())
    read.findings.extend((f"{file}#/AnalysisFindings/{n}", one) for n, one in enumerate(found.analysis_findings or ()))
    scan = found.network_insights_access_scope_analysis_id
    if scan is not None and found.analysis_findings == ():
        read.scans.setdefault(scan, (file, AccessAnalysis(scan, None, "succeeded", "false")))
    scans = [(f"{file}#/NetworkInsightsAccessScopeAnalyses/{n}", one)
             for n, one in enumerate(found.network_insights_access_scope_analyses or ())]  # fmt: skip
    if found.network_insights_access_scope_analysis is not None:
        scans.append((f"{file}#/NetworkInsightsAccessScopeAnalysis", found.network_insights_access_scope_analysis))
    for place, one in scans:
        before = read.scans.get(one.network_insights_access_scope_analysis_id)
        if before is None or before[1].status != "succeeded" or before[1].network_insights_access_scope_id is None:
            read.scans[one.network_insights_access_scope_analysis_id] = (place, one)  # one that started has ended since
    if (scope := found.network_insights_access_scope_content) is not None:
        read.scopes[scope.network_insights_access_scope_id] = scope


def verify_insights(ground: Ground, read: Read) -> Verification:
    """Every result against the verdict on the same question; Reachability Analyzer's with the replies."""
    judged = [_judge(ground, place, one, read.paths.get(one.network_insights_path_id or ""))
              for place, one in read.analyses]  # fmt: skip
    judged += [judge_finding(ground, place, one) for place, one in read.findings]
    told = {one.network_insights_access_scope_analysis_id for _, one in read.findings}
    for scan, (place, one) in read.scans.items():
        if scan not in told:
            judged += judge_none_found(ground, place, one, read.scopes.get(one.network_insights_access_scope_id or ""))
    found = [one for one in judged if isinstance(one, Disagreement)]
    found.sort(key=lambda one: (one.hides != "leak", one.place))
    skipped = Counter(one for one in judged if isinstance(one, str) and one)
    return Verification(len(judged), judged.count(""), tuple(found), dict(sorted(skipped.items())))


def _judge(ground: Ground, place: str, analysis: Analysis, path: InsightsPath | None) -> Disagreement | str:
    """A disagreement, why it is not compared, or "" where they agree."""
    if analysis.status != "succeeded" or analysis.network_path_found is None:
        return "not-finished"
    if analysis.filter_in_arns or analysis.filter_out_arns:
        return "filters-not-asked"
    asked = _from_components(analysis) if path is None else _from_path(path)
    if isinstance(asked, str):
        return asked
    verdict = answered(ground, asked)
    if verdict is None:
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
    return "one-way" if only_replies(verdict) and ONE_WAY & details else ""


def _disagreement(
    ground: Ground, place: str, analysis: Analysis, asked: Question, verdict: Verdict, codes: tuple[str, ...]
) -> Disagreement:
    what = f"{analysis.network_insights_analysis_id}: {asked.in_words(ground)}"
    if analysis.network_path_found:
        why = tuple(dict.fromkeys(block.detail for block in verdict.blocked_by))
        return Disagreement(what, "reachable", verdict.outcome, "leak", why, 1, place, verdict)
    why = tuple(f"Reachability Analyzer says {code}" for code in codes)
    return Disagreement(what, "not reachable", verdict.outcome, "block", why, 1, place, verdict)


def _from_path(path: InsightsPath) -> Question | str:
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
    return question(path.source, source_ip, path.destination, target_ip, path.protocol, port)


def _is_whole(ports: PortRange | None) -> bool:
    return ports is None or (ports.from_port, ports.to_port) == WHOLE


def _from_components(analysis: Analysis) -> Question | str:
    """The question that an analysis answers, as far as the path that it found tells: its two ends and the packet.

    The components of a path that was not found end where it stops, not at the destination. **Source:** "Getting
    started with Reachability Analyzer using the AWS CLI", the two examples of Step 3.
    """
    named = [one for one in analysis.forward_path_components if one.component is not None and one.component.id]
    if len(named) < 2 or not analysis.network_path_found:
        return "ends-untold"
    header = sent(named[0])
    protocol = PROTOCOLS.get(header.protocol or "", (header.protocol or "tcp").lower())
    start, end = named[0].component, named[-1].component
    assert start is not None
    assert end is not None
    return question(start.id, None, end.id, None, protocol, one_port(header.destination_port_ranges))
