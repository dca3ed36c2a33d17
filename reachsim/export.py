"""The network's graph for other tools: GraphML, Graphviz DOT, Mermaid, JSON, CSV; tables as CSV and Parquet.

Names are quoted as each form wants.

**Source:** Graphviz, "The DOT Language"; Mermaid, "Flowcharts - Basic Syntax" (entity codes); networkx for GraphML and
node-link JSON; RFC 4180 for CSV; Apache Parquet by pyarrow.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from reachsim.errors import UnsupportedError
from reachsim.report.columns import clean

if TYPE_CHECKING:
    import networkx

FORMS: Final = ("graphml", "dot", "mermaid", "json", "csv")
EDGE_COLUMNS: Final = ("from", "to", "leg", "passes", "reason")
_MERMAID: Final = {'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "\\": "#92;", "`": "#96;"}


def export_graph(graph: networkx.MultiDiGraph[str], form: str) -> str:
    """The graph of `reachsim.Reach.graph` as text; nodes and edges are sorted. Imports networkx.

    Args:
        graph: Nodes with ``type`` and ``label``; edges with ``leg``, ``reason`` and ``passes``.
        form: graphml, dot, mermaid, json (node-link) or csv (an edge a row).
    """
    writers = {"graphml": _graphml, "dot": _dot, "mermaid": _mermaid, "json": _json, "csv": _csv}
    return writers[form](_sorted(graph))


def _sorted(graph: networkx.MultiDiGraph[str]) -> networkx.MultiDiGraph[str]:
    """The same graph in a fixed order, with names that every form can hold."""
    import networkx

    found: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    for node, data in sorted(graph.nodes(data=True)):
        found.add_node(clean(node), **{key: clean(str(value)) for key, value in sorted(data.items())})
    for start, end, key, data in sorted(graph.edges(keys=True, data=True), key=lambda edge: edge[:3]):
        found.add_edge(clean(start), clean(end), key=key, leg=data["leg"], passes=bool(data["passes"]),
                       reason=clean(str(data["reason"])))  # fmt: skip
    return found


def _graphml(graph: networkx.MultiDiGraph[str]) -> str:
    import networkx

    return "\n".join(networkx.generate_graphml(graph)) + "\n"


def dot_quoted(text: str) -> str:
    r"""A DOT string.

    >>> print(dot_quoted('a "b" \\'))
    "a \"b\" \\"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _dot(graph: networkx.MultiDiGraph[str]) -> str:
    lines = ["digraph reachsim {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [
        f"  {dot_quoted(node)} [label={dot_quoted(data['label'])}, type={dot_quoted(data['type'])}];"
        for node, data in graph.nodes(data=True)
    ]
    for start, end, data in graph.edges(data=True):
        style = "solid" if data["passes"] else "dashed"
        label = dot_quoted(f"{data['leg']}: {data['reason']}")
        lines.append(f"  {dot_quoted(start)} -> {dot_quoted(end)} [style={style}, tooltip={label}];")
    return "\n".join([*lines, "}"]) + "\n"


def mermaid_quoted(text: str) -> str:
    """A Mermaid label, markup in it turned into entity codes.

    >>> mermaid_quoted('<b> "x"')
    '"#lt;b#gt; #quot;x#quot;"'
    """
    return '"' + "".join(_MERMAID.get(c, c) for c in text) + '"'


def _mermaid(graph: networkx.MultiDiGraph[str]) -> str:
    numbers = {node: f"n{i}" for i, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    lines += [f"  {numbers[node]}[{mermaid_quoted(data['label'])}]" for node, data in graph.nodes(data=True)]
    seen: dict[tuple[str, str], bool] = {}
    for start, end, data in graph.edges(data=True):
        seen[start, end] = seen.get((start, end), False) or data["passes"]
    lines += [f"  {numbers[a]} {'-->' if passes else '-.->'} {numbers[b]}" for (a, b), passes in seen.items()]
    return "\n".join(lines) + "\n"


def _json(graph: networkx.MultiDiGraph[str]) -> str:
    import networkx

    return json.dumps(networkx.node_link_data(graph, edges="edges"), indent=1, ensure_ascii=False) + "\n"


def _csv(graph: networkx.MultiDiGraph[str]) -> str:
    return csv_text(EDGE_COLUMNS, ([row[name] for name in EDGE_COLUMNS] for row in _edges(graph)))


def rows_of_graph(graph: networkx.MultiDiGraph[str]) -> tuple[tuple[str, ...], list[dict[str, object]]]:
    """The columns and rows of the graph as a table, an edge a row, in order."""
    return EDGE_COLUMNS, list(_edges(_sorted(graph)))


def _edges(graph: networkx.MultiDiGraph[str]) -> Iterator[dict[str, object]]:
    for start, end, data in graph.edges(data=True):
        yield dict(zip(EDGE_COLUMNS, (start, end, data["leg"], data["passes"], data["reason"]), strict=True))


def parquet_bytes(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    """A table as a Parquet file. Raises UnsupportedError without pyarrow.

    Args:
        columns: Their names, in order; one whose first value is a bool is a bool, every other one is text.
        rows: The cells by column.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise UnsupportedError(
            "Parquet needs pyarrow: pip install 'reachsim[tables]', or choose --format csv instead"
        ) from error
    kinds = {name: pa.bool_() if rows and isinstance(rows[0][name], bool) else pa.string() for name in columns}
    arrays = [pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()]
    data = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, list(columns)), data, compression="zstd")
    return data.getvalue()


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV. A cell that a spreadsheet would take for a formula gets an apostrophe before it.

    >>> csv_text(["a"], [["=1+1"], [True]]).split()
    ['a', "'=1+1", 'true']
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_plain(value) for value in row] for row in rows])
    return text.getvalue()


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = clean(str(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
