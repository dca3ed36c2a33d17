"""The graph in other tools' forms: readable by them, names quoted, the same each time."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path

import networkx
import pytest
from click.testing import CliRunner

from reachsim import Reach, load
from reachsim.cli import group
from reachsim.errors import UnsupportedError
from reachsim.export import FORMS, export_graph, parquet_bytes

ROOT = Path(__file__).resolve().parents[2]
EVIL = 'a"; } <script>\\\n[x] #quot; `b` & \x00\u202e=1'


@pytest.fixture(scope="module")
def reach() -> Reach:
    return load(ROOT / "snapshots/leaky-pipeline")


@pytest.fixture(scope="module")
def evil() -> networkx.MultiDiGraph[str]:
    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    graph.add_node(EVIL, type="vpc", label=EVIL)
    graph.add_node("b", type="subnet", label="東京")
    graph.add_edge(EVIL, "b", key="request", leg="request", reason=EVIL, passes=True)
    graph.add_edge("b", EVIL, key="response", leg="response", reason="=1+1", passes=False)
    return graph


def test_graphml_is_read_back(reach: Reach, evil: networkx.MultiDiGraph[str]) -> None:
    for graph in (reach.graph, evil):
        back = networkx.parse_graphml(export_graph(graph, "graphml"), force_multigraph=True)
        assert back.number_of_nodes() == graph.number_of_nodes()
        assert back.number_of_edges() == graph.number_of_edges()
        assert {data["passes"] for _, _, data in back.edges(data=True)} <= {True, False}


def test_json_is_read_back(reach: Reach) -> None:
    back = networkx.node_link_graph(json.loads(export_graph(reach.graph, "json")), edges="edges")
    assert set(back.nodes) == set(reach.graph.nodes)
    assert set(back.edges) == set(reach.graph.edges)


def test_dot_quotes_every_name(reach: Reach, evil: networkx.MultiDiGraph[str]) -> None:
    quoted = r'"(?:[^"\\\n]|\\.)*"'
    node = rf"  {quoted} \[label={quoted}, type={quoted}\];"
    edge = rf"  {quoted} -> {quoted} \[style=(?:solid|dashed), tooltip={quoted}\];"
    for graph in (reach.graph, evil):
        lines = export_graph(graph, "dot").splitlines()
        assert lines[0] == "digraph reachsim {"
        assert lines[-1] == "}"
        assert all(re.fullmatch(f"{node}|{edge}", line) for line in lines[3:-1])
        assert len(lines) == 4 + graph.number_of_nodes() + graph.number_of_edges()


def test_mermaid_quotes_every_name(reach: Reach, evil: networkx.MultiDiGraph[str]) -> None:
    for graph in (reach.graph, evil):
        lines = export_graph(graph, "mermaid").splitlines()
        assert lines[0] == "flowchart LR"
        assert all(re.fullmatch(r'  n\d+(\["[^"<>`\\]*"\]| (-->|-\.->) n\d+)', line) for line in lines[1:])
        assert sum("[" in line for line in lines) >= graph.number_of_nodes()


def test_csv_has_a_row_for_each_edge(reach: Reach, evil: networkx.MultiDiGraph[str]) -> None:
    for graph in (reach.graph, evil):
        rows = list(csv.DictReader(io.StringIO(export_graph(graph, "csv"))))
        assert len(rows) == graph.number_of_edges()
        assert set(rows[0]) == {"from", "to", "leg", "passes", "reason"}
        assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


@pytest.mark.parametrize("form", FORMS)
def test_the_same_snapshot_gives_the_same_text(form: str, reach: Reach) -> None:
    assert export_graph(reach.graph, form) == export_graph(load(ROOT / "snapshots/leaky-pipeline").graph, form)


@pytest.mark.parametrize("form", FORMS)
def test_the_command_writes_each_form(form: str, tmp_path: Path) -> None:
    target = tmp_path / "network"
    arguments = ["export", str(ROOT / "snapshots/private-pipeline"), "--format", form]
    printed = CliRunner().invoke(group, arguments)
    assert printed.exit_code == 0
    assert CliRunner().invoke(group, [*arguments, "-o", str(target)]).exit_code == 0
    assert target.read_text("utf-8").rstrip("\n") == printed.stdout.rstrip("\n")
    assert CliRunner().invoke(group, [*arguments, "-o", str(target)]).exit_code == 2


def test_the_matrix_is_a_table() -> None:
    arguments = ["export", str(ROOT / "snapshots/leaky-pipeline"), "--of", "matrix", "--format"]
    table = list(csv.DictReader(io.StringIO(CliRunner().invoke(group, [*arguments, "csv"]).stdout)))
    rows = json.loads(CliRunner().invoke(group, [*arguments, "json"]).stdout)
    assert len(table) == len(rows) == len(load(ROOT / "snapshots/leaky-pipeline").check().matrix)
    assert CliRunner().invoke(group, [*arguments, "dot"]).exit_code == 2


@pytest.mark.parametrize("what", ["graph", "matrix"])
def test_parquet_holds_what_csv_holds(what: str, tmp_path: Path) -> None:
    import pyarrow.parquet

    target = tmp_path / "table.parquet"
    arguments = ["export", str(ROOT / "snapshots/leaky-pipeline"), "--of", what, "--format"]
    assert CliRunner().invoke(group, [*arguments, "parquet"]).exit_code == 2
    run = CliRunner().invoke(group, [*arguments, "parquet", "-o", str(target)])
    assert run.exit_code == 0, run.output
    assert CliRunner().invoke(group, [*arguments, "parquet", "-o", str(target)]).exit_code == 2
    table = pyarrow.parquet.read_table(target)
    rows = list(csv.DictReader(io.StringIO(CliRunner().invoke(group, [*arguments, "csv"]).stdout)))
    assert table.column_names == list(rows[0])
    held = [{key: str(value).lower() if isinstance(value, bool) else value for key, value in row.items()}
            for row in table.to_pylist()]  # fmt: skip
    assert held == [{key: value.removeprefix("'") for key, value in row.items()} for row in rows]


def test_an_empty_table_is_a_parquet_file_too() -> None:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(io.BytesIO(parquet_bytes(("a", "b"), [])))
    assert (table.num_rows, table.column_names) == (0, ["a", "b"])


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UnsupportedError, match="reachsim\\[tables\\]"):
        parquet_bytes(("a",), [])
