"""What each command answers about a snapshot, as words by key.

A word is what somebody acts on. With a file less, each may become the surface's word for "not known", or stay.
"""

from __future__ import annotations

import atexit
import html
import json
import re
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from reachsim import Reach, load_files
from reachsim.address_map import address_map
from reachsim.errors import QuestionError, SnapshotError
from reachsim.graph import graph_of
from reachsim.names import PIPELINE
from reachsim.pipeline.contacts import contacts_of
from reachsim.pipeline.own import own_knowledge
from reachsim.pipeline.project import find
from reachsim.report.facts import facts_of
from reachsim.report.html import render_report
from reachsim.report.languages import TEXTS
from reachsim.routemap import lay_out
from reachsim.slices.tiles import Tiles
from reachsim.verdict import Verdict

Files = dict[str, bytes]
Words = dict[str, str]
TCP = {"protocol": "tcp", "port": 443}


class Case(NamedTuple):
    """A shipped snapshot with what is asked of it."""

    name: str
    files: Files
    client: str
    log: bytes
    gone: str
    """What is deleted to see what that does: in the leaky one what lets it out."""

    @property
    def build(self) -> str:
        return "codebuild:app-build"


def words_of(verdict: Verdict, key: str) -> Words:
    found = {key: f"{verdict.outcome} {verdict.route}" if verdict.outcome != "unknown" else "unknown"}
    return found | {f"{key} [{layer}]": word for layer, word in verdict.layers.items()}


def trace(reach: Reach, case: Case) -> Words:
    """Questions of one line: what a build and a client need, what gets in and out, by any port and by one."""
    found: Words = {}
    services = ("git-codecommit", "ecr.api", "ecr.dkr", "s3", "logs", "sts")
    asked: list[tuple[str, str, dict[str, Any]]] = [
        (source, target, TCP) for source in (case.build, case.client) for target in services
    ]
    asked += [(source, "internet", {}) for source in (case.build, case.client)]
    asked += [("internet", case.build, {}), ("internet", case.client, {}), (case.client, case.build, TCP),
              (case.build, case.client, {"protocol": "tcp", "port": 22}), (case.build, "ip:10.0.0.0/8", {}),
              (case.build, "host:api.example.com", TCP), (case.client, "host:sts.amazonaws.com", TCP)]  # fmt: skip
    for source, target, more in asked:
        found |= words_of(reach.simulate(source, target, **more), f"{source} → {target}")
    return found


def query(reach: Reach, case: Case) -> Words:
    """Questions with the requests of what they name, and with requests of their own."""
    found: Words = {}
    account = next(iter(case.files)).split("/")[0]
    region = "ap-northeast-1"
    bucket = f"app-artifacts-{account}-{region}"
    named = ["ecr:app", f"s3:{bucket}/key", f"s3:{bucket}", "codecommit:app", "logs:/aws/codebuild/app-build"]
    for target in named:
        for source in (case.build, case.client):
            found |= words_of(reach.simulate(source, target, **TCP), f"{source} → {target}")
    requests = [{"action": "s3:PutObject", "resource": f"arn:aws:s3:::{bucket}/x"}]
    other = [{"action": "s3:GetObject", "resource": "arn:aws:s3:::somebody-elses/x"}]
    for name, some in (("put", requests), ("elsewhere", other)):
        verdict = reach.simulate(case.build, "s3", **TCP, requests=some)
        found |= words_of(verdict, f"{case.build} → s3 ({name})")
    return found


def matrix(reach: Reach, case: Case) -> Words:
    """All pairs of interfaces, endpoints and the internet at one port."""
    del case
    tiles = Tiles(reach.ground, 6, 443, memory=1 << 24, form="jsonl", blocked=True, pins=reach.pins)
    lines = [json.loads(line) for tile in tiles.plan for line in tiles.make(tile).data.decode().splitlines()]
    return {f"{one['source']} → {one['destination']}": "unknown" if one["outcome"] == "unknown" else
            f"{one['outcome']} {one['route']}" for one in lines}  # fmt: skip


def names(reach: Reach, case: Case) -> Words:
    """Where the names of AWS's services lead."""
    found: Words = {}
    for source in (case.build, case.client):
        for table in reach.names(source, (*PIPELINE, "ssm", "kms")).tables:
            found |= {f"{source} {row.host}": row.outcome for row in table.rows}
    return found


def check(reach: Reach, case: Case) -> Words:
    """The whole word. (`tests.property.test_metamorphic` asks cell by cell.)"""
    del case
    return {"overall": reach.check().overall}


def contacts(reach: Reach, case: Case) -> Words:
    """Every host that a build contacts. A host of which less is known is another one, with placeholders."""
    del case
    snapshot = reach.network.snapshot
    context = {path.removeprefix("code/app-build/"): snapshot.read(path) for path in snapshot.paths
               if path.startswith("code/app-build/")}  # fmt: skip
    if "buildspec.yml" not in context:
        return {}
    owned = find(snapshot, "app-build")
    found = contacts_of(context["buildspec.yml"], context, owned, "buildspec.yml", own_knowledge((), {}, {}))
    vague = bool(found.unresolved) or any("{" in one.host for one in found.contacts)
    words = {one.host: "contacted" for one in found.contacts}
    return words | {"somebody else": "unknown" if vague else "nobody"}


def diagnose(reach: Reach, case: Case) -> Words:
    """The questions behind a log's errors, with their answers."""
    found: Words = {}
    for one in reach.diagnose(case.log, "app-build").errors:
        if one.verdict is not None:
            found |= words_of(one.verdict, f"line {one.error.line}")
    return found


_WHOLE: dict[str, Reach] = {}


def _whole(case: Case) -> Reach:
    """The snapshot with nothing withheld."""
    if case.name not in _WHOLE:
        _WHOLE[case.name] = load_files(case.files)
    return _WHOLE[case.name]


@cache
def _closed(name: str, gone: str) -> Reach:
    return _WHOLE[name].what_if(remove=[gone])


def _without(case: Case) -> Reach:
    """The whole without what lets it out, or without one endpoint."""
    _whole(case)
    return _closed(case.name, case.gone)


def diff(reach: Reach, case: Case) -> Words:
    """The gate between what is told and the whole, and between these and the whole without one component."""
    whole = _whole(case)
    closed = _without(case)
    pairs = {"whole → told": (whole, reach), "told → whole": (reach, whole), "closed → told": (closed, reach),
             "told → closed": (reach, closed)}  # fmt: skip
    return {key: older.diff(newer).gate[0] for key, (older, newer) in pairs.items()}


def whatif(reach: Reach, case: Case) -> Words:
    """What gets through, and what the gate says, once a component is gone."""
    try:
        edited = reach.what_if(remove=[case.gone])
    except QuestionError:  # who is not told of it
        return {"edit": "unknown"}
    found: Words = {"edit": "made", "gate": reach.diff(edited).gate[0]}
    for source in (case.build, case.client):
        for target, more in (("internet", {}), ("ecr.dkr", TCP), ("s3", TCP)):
            found |= words_of(edited.simulate(source, target, **more), f"{source} → {target}")
    return found


def fix(reach: Reach, case: Case) -> Words:
    """Whether there is something to mend, and whether the mends, made in the whole snapshot, let anything out or in."""
    plan = reach.fix()
    faults = {"nothing to fix": "none", "undecided": "undecided"}.get(plan.status, "some")
    whole = _whole(case)
    try:
        gate = whole.diff(whole.what_if(patch=plan.patch.to_json())).gate[0] if plan.patch.edits else "pass"
    except (QuestionError, SnapshotError):  # of lists that were cut, the patch does not fit the whole ones
        gate = "undecided"
    return {"faults": faults, "gate of the mends": gate}


FLOW = "version account-id interface-id srcaddr dstaddr srcport dstport protocol action log-status flow-direction"
PEERS = ("198.51.100.9", "52.94.8.7", "10.0.0.5", "10.20.0.15")


@cache
def _recorded(name: str) -> dict[str, tuple[str, str]]:
    """Key → (kind of file, its path): what flow logs and AWS's analyzers might have said, a file for each."""
    folder = Path(tempfile.mkdtemp(prefix="recorded-"))
    atexit.register(shutil.rmtree, folder)
    network = _WHOLE[name].network
    found: dict[str, tuple[str, str]] = {}

    def keep(kind: str, key: str, text: str) -> None:
        place = folder / str(len(found))
        place.write_text(text, encoding="utf-8")
        found[key] = kind, str(place)

    for eni, one in network.network_interfaces.items():
        own = one.private_ip_address
        for peer, action, out in product(PEERS, ("ACCEPT", "REJECT"), (True, False)):
            ends = f"{own} {peer} 40000 443" if out else f"{peer} {own} 40000 {22 if peer == PEERS[0] else 443}"
            line = f"5 1 {eni} {ends} 6 {action} OK {'egress' if out else 'ingress'}"
            keep("flow_logs", f"{eni} {peer} {action} {'out' if out else 'in'}", f"{FLOW}\n{line}\n")
        for gateway, works in product(network.internet_gateways, (True, False)):
            ports = {"FromPort": 443, "ToPort": 443}
            aimed = {"DestinationAddress": PEERS[0], "DestinationPortRange": ports}
            path = {"NetworkInsightsPathId": "p", "Source": eni, "Destination": gateway, "Protocol": "tcp",
                    "FilterAtSource": aimed}  # fmt: skip
            analysis = {"NetworkInsightsAnalysisId": "a", "NetworkInsightsPathId": "p", "Status": "succeeded",
                        "NetworkPathFound": works}  # fmt: skip
            document = {"NetworkInsightsPaths": [path], "NetworkInsightsAnalyses": [analysis]}
            keep("insights", f"{eni} {gateway} {works}", json.dumps(document))
        for gateway, out in product(network.internet_gateways, (True, False)):
            far = {"DestinationAddresses" if out else "SourceAddresses": [f"{PEERS[0]}/32"]}
            header = {"Protocol": "6", "DestinationPortRanges": [{"From": 443, "To": 443}], **far}
            ends = (eni, gateway) if out else (gateway, eni)
            way: list[dict[str, Any]] = [{"Component": {"Id": one}} for one in ends]
            way[0]["OutboundHeader" if out else "InboundHeader"] = header
            keep(
                "insights", f"{' '.join(ends)} finding", json.dumps({"AnalysisFindings": [{"FindingComponents": way}]})
            )
            scan = {"NetworkInsightsAccessScopeAnalysisId": "s", "NetworkInsightsAccessScopeId": "n",
                    "Status": "succeeded", "FindingsFound": "false"}  # fmt: skip
            match = dict(zip(("Source", "Destination"), ({"ResourceStatement": {"Resources": [one]}} for one in ends),
                             strict=True))  # fmt: skip
            document = {"NetworkInsightsAccessScopeAnalyses": [scan], "NetworkInsightsAccessScopeContent": {
                "NetworkInsightsAccessScopeId": "n", "MatchPaths": [match]}}  # fmt: skip
            keep("insights", f"{' '.join(ends)} none found", json.dumps(document))
    return found


def verify(reach: Reach, case: Case) -> Words:
    """Whether records agree, one by one; what cannot be compared is not known."""
    _whole(case)
    words: Words = {}
    for key, (kind, place) in _recorded(case.name).items():
        compared = reach.verify(flow_logs=[place]) if kind == "flow_logs" else reach.verify(insights=[place])
        hides = [one.hides for one in compared.disagreements]
        words[key] = hides[0] if hides else "agreed" if compared.agreed else "unknown"
    return words


ENDS = re.compile(r'class="trace item (\w+)".*?<span class="ends">(.*?)</span>(.*?)</summary>', re.DOTALL)
STEPS = re.compile(r'<h3>([^<]*)</h3>\s*<ol class="steps">(.*?)</ol>', re.DOTALL)
STEP = re.compile(r'<li class="([\w-]+)"><span>([\w-]+)</span>')


def report(reach: Reach, case: Case) -> Words:
    """What the page says: the whole word, each trace's summary, each step."""
    del case
    page = render_report(reach.check(), reach, facts_of(reach.network.snapshot), version="0")
    overall = re.search(r'class="overall"><strong>([\w-]+)<', page)
    assert overall
    found = {"overall": overall[1]}
    if 'class="missing"' in page:
        found["what is missing"] = "told"
    for outcome, ends, rest in ENDS.findall(page):
        badges = [one for one in re.findall(r">([^<>]+)<", rest) if one.strip() and one != "needed"]
        found[_told(ends)] = "unknown" if outcome == "unknown" else " ".join([outcome, *badges[1:]])
    for source, steps in STEPS.findall(page):
        found |= {f"{_told(source)} {step}": outcome for outcome, step in STEP.findall(steps)}
    return found


def _told(text: str) -> str:
    """Ids only: with less in a snapshot what they are called may not be known."""
    return " → ".join(one.split(" (")[0] for one in html.unescape(text).split(" → "))


def plot(reach: Reach, case: Case) -> Words:
    """The lines of the route map, and what each bar of the address space covers."""
    del case
    found: dict[str, set[str]] = {}
    check = reach.check()
    for line in lay_out(check, reach, TEXTS["en"]).lines:
        word = f"{line.outcome} {line.leaving} {line.stopped}" if line.outcome != "unknown" else "unknown"
        found.setdefault(f"{line.source} → {line.destination}", set()).add(word)
    words = {key: "unknown" if "unknown" in some else ", ".join(sorted(some)) for key, some in found.items()}
    words["overall"] = check.overall
    if check.missing:
        words["what is missing"] = "told"
    for vpc in reach.network.vpcs:
        for drawn in address_map(reach.network, vpc).groups:
            for bar in drawn.bars:
                word = f"{bar.inside} {bar.outside} {bar.note}"
                key = f"{drawn.component} {drawn.what}: {bar.kind} {_told(bar.text)}"
                words[key] = "unknown" if bar.missing else word
    return words


def export(reach: Reach, case: Case) -> Words:
    """The graph's edges, and whether it is said that there may be more."""
    del case
    graph = graph_of(reach.ground)
    found = {f"{start} → {end} {leg}": "passes" if data["passes"] else "unknown"
             for start, end, leg, data in graph.edges(keys=True, data=True)}  # fmt: skip
    return found | {"further edges": "unknown" if graph.graph["missing"] else "none"}


PLAIN: dict[str, Callable[[Reach, Case], Words]] = {
    one.__name__: one
    for one in (check, contacts, diagnose, diff, export, fix, matrix, names, plot, query, report, trace, verify, whatif)
}
