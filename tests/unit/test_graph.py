"""The graph of a network: AWS ids as nodes, and as edges just those hops that walks take."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import networkx
import pytest
from click.testing import CliRunner

from reachsim import Reach, load, load_files
from reachsim.classes import Classes
from reachsim.cli import group
from reachsim.evidence import Hop
from tests.benchmarks import organization
from tests.scenarios.lan import Lan

ROOT = Path(__file__).resolve().parent.parent.parent
SNAPSHOTS = ["private-pipeline", "leaky-pipeline", "broken-pipeline"]
NODE = re.compile(r"(eni|sg|acl|rtb|vpce|igw|eigw|nat|pcx|tgw|tgw-attach|vgw|subnet|vpc)-[0-9a-f]+")
OTHER = re.compile(r"codebuild:[\w-]+(@subnet-[0-9a-f]+)?|internet|aws|amazon-local")
"""What has no id of its own: builds (their interfaces exist only while they run) and the ends outside every VPC."""


@pytest.fixture(scope="module", params=SNAPSHOTS)
def reach(request: pytest.FixtureRequest) -> Reach:
    return load(ROOT / "snapshots" / request.param)


def steps(hops: Sequence[Hop]) -> Iterator[tuple[str, str, str]]:
    walked = [hop for hop in hops if hop.type != "dns"]
    for here, there in pairwise(walked):
        yield here.component, there.component, there.leg


def walked(reach: Reach) -> Iterable[tuple[Sequence[Hop], str]]:
    """The hops of walks from every interface and build to everywhere, and from the internet, with their fates."""
    network = reach.network
    sources = [*network.interfaces, *(f"codebuild:{name}" for _, name in network.projects)]
    questions = [(source, f"ip:{block}") for source in sources for block in ("0.0.0.0/0", "::/0")]
    for source, destination in [*questions, *(("internet", one) for one in network.interfaces)]:
        for scenario in reach.scenarios(source, destination):
            for flow in scenario.flows:
                yield flow.hops, flow.outcome


def test_it_is_networkxs_and_made_once(reach: Reach) -> None:
    assert type(reach.graph) is networkx.MultiDiGraph
    assert reach.graph is reach.graph


def test_nodes_are_aws_ids(reach: Reach) -> None:
    for name, data in reach.graph.nodes(data=True):
        assert NODE.fullmatch(name) or OTHER.fullmatch(name), name
        assert set(data) == {"type", "label"}
        assert data["label"] == reach.label(name)


def test_edges_are_those_of_the_walks(reach: Reach) -> None:
    expected: dict[tuple[str, str, str], bool] = {}
    for hops, outcome in walked(reach):
        for step in steps(hops):
            expected[step] = expected.get(step, False) or outcome == "allowed"
    found = {(start, end, key): data["passes"] for start, end, key, data in reach.graph.edges(keys=True, data=True)}
    assert found == expected
    assert all(data["leg"] == key and data["reason"] for *_, key, data in reach.graph.edges(keys=True, data=True))


def test_interfaces_that_nothing_tells_apart_take_each_others_hops(tmp_path: Path) -> None:
    """Walked from one of them, told of all: as if every interface had been walked from."""
    reach = load(organization.write(tmp_path / "organization", 1, 40))
    reasons: dict[tuple[str, str, str], set[str]] = {}
    passing: set[tuple[str, str, str]] = set()
    for hops, outcome in walked(reach):
        for here, there in pairwise(hops):
            key = (here.component, there.component, there.leg)
            reasons.setdefault(key, set()).add(there.detail)
            passing |= {key} if outcome == "allowed" else set()
    found = {(start, end, key): data for start, end, key, data in reach.graph.edges(keys=True, data=True)}
    assert found.keys() == reasons.keys()
    assert {key for key, data in found.items() if data["passes"]} == passing
    assert all(data["reason"] in reasons[key] for key, data in found.items())
    classes = Classes(reach.ground)
    known = [classes.of(one) for one in reach.network.interfaces.values()]
    assert len(known) - len(set(known)) > 10


def test_every_step_of_an_answer_is_an_edge(reach: Reach) -> None:
    for cell in reach.check().matrix:
        assert cell.verdict is not None
        for path in cell.verdict.paths:
            for start, end, leg in steps(path.hops):
                assert reach.graph.has_edge(start, end, leg), (cell.source, cell.destination, start, end, leg)
                assert path.outcome != "allowed" or reach.graph.edges[start, end, leg]["passes"]


def test_it_answers_questions_of_graphs() -> None:
    """In the private pipeline no open way leads to the internet, in the leaky one all go by the internet gateway."""
    passing = {}
    for name in ("private-pipeline", "leaky-pipeline"):
        graph = load(ROOT / "snapshots" / name).graph
        kept = [edge for edge in graph.edges(keys=True) if graph.edges[edge]["passes"] and edge[2] == "request"]
        passing[name] = graph.edge_subgraph(kept)
    assert "internet" not in passing["private-pipeline"]
    start, leaky = "codebuild:app-build@subnet-01a30c32d6a6d0c3f", passing["leaky-pipeline"]
    assert networkx.has_path(leaky, start, "internet")
    without = leaky.subgraph(set(leaky) - {"igw-00f991dd3f96058a7"})
    assert not networkx.has_path(without, start, "internet")


def test_the_same_snapshot_gives_the_same_graph() -> None:
    first, second = (load(ROOT / "snapshots/leaky-pipeline").graph for _ in range(2))
    assert list(first.nodes(data=True)) == list(second.nodes(data=True))
    assert list(first.edges(keys=True, data=True)) == list(second.edges(keys=True, data=True))


@pytest.mark.parametrize("operation", [
    "ec2/describe-route-tables", "ec2/describe-network-acls", "ec2/describe-security-groups",
    "ec2/describe-network-interfaces", "ec2/describe-vpcs", "ec2/describe-nat-gateways",
    "ec2/describe-internet-gateways", "codebuild/batch-get-projects",
])  # fmt: skip
def test_an_export_of_which_edges_may_be_missing_says_so(operation: str, tmp_path: Path) -> None:
    """What is not connected is not reachable, as far as the snapshot tells."""
    held = tmp_path / "held"
    shutil.copytree(ROOT / "snapshots/leaky-pipeline", held)
    (held / "snapshot.json").unlink(missing_ok=True)
    whole = CliRunner().invoke(group, ["export", str(held)])
    assert (whole.exit_code, whole.stderr) == (0, "")
    next(held.glob(f"*/*/{operation}.json")).unlink()
    less = CliRunner().invoke(group, ["export", str(held)])
    assert less.exit_code == 0
    assert "there may be more edges, the snapshot does not tell: " in less.stderr
    assert f"{operation}.json" in less.stderr


def test_what_a_plan_leaves_open_is_not_sure_to_be_crossed() -> None:
    net = Lan()
    note = {"component": "sg-open", "code": "PLANNED_VALUE_UNKNOWN", "detail": "its rules are not known yet"}
    files = net.files()
    crossed = {hides: _crossed(files, note | {"canHide": hides}) for hides in ("block", "leak")}
    assert crossed["leak"] == _crossed(files)
    assert ("eni-client", "sg-open", "request") in crossed["leak"]
    assert not crossed["block"]  # each way in this network goes by the group


def _crossed(files: dict[str, bytes], *notes: dict[str, str]) -> set[tuple[str, str, str]]:
    """What is surely crossed in the graph of a network with notes of a plan."""
    manifest = json.dumps({"formatVersion": 1, "planned": notes}).encode()
    edges = load_files(files | {"snapshot.json": manifest}).graph.edges(keys=True, data="passes")
    return {edge[:3] for edge in edges if edge[3]}
