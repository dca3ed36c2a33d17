"""``reachsim export``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from reachsim.cli import options


@click.command(name="export")
@options.snapshot
@click.option(
    "--of", "what", type=click.Choice(["graph", "matrix"]), default="graph", show_default=True,
    help="The hops that traffic may take, or sources × destinations with their outcomes.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["graphml", "dot", "mermaid", "json", "csv", "parquet"]), default="json",
    show_default=True, help="Form of the output; the matrix has json, csv and parquet. parquet takes -o.",
)  # fmt: skip
@options.output
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None, what: str, form: str, output: Path | None, overwrite: bool, assume_defaults: bool,
    settings: Path | None,
) -> None:  # fmt: skip
    """Hand the network of SNAPSHOT to other tools, as a graph or a table.

    \b
    Example:
      reachsim export snapshots/private-pipeline --format dot -o network.dot
    """
    if what == "matrix" and form not in ("json", "csv", "parquet"):
        raise click.UsageError("--of matrix takes --format json, csv or parquet")
    if form == "parquet" and output is None:
        raise click.UsageError("--format parquet takes -o FILE")
    from reachsim.export import csv_text, export_graph, parquet_bytes, rows_of_graph
    from reachsim.graph import graph_of

    reach = options.open_reach(snapshot, settings, assume_defaults)
    graph = graph_of(reach.ground, options.watched) if what == "graph" else None
    if graph is not None and (lacking := graph.graph["missing"]):
        told = f"reachsim: there may be more edges, the snapshot does not tell: {', '.join(lacking)}"
        click.echo(options.harmless(told), err=True)
    if graph is not None and form != "parquet":
        options.emit(export_graph(graph, form), output, overwrite)
        return
    from reachsim.report.frames import rows_of_check

    columns, rows = rows_of_graph(graph) if graph is not None else rows_of_check(reach.check())
    if form == "parquet" and output is not None:
        from reachsim.files import write_file

        write_file(output, parquet_bytes(columns, rows), overwrite=overwrite)
    elif form == "csv":
        options.emit(csv_text(columns, ([row[name] for name in columns] for row in rows)), output, overwrite)
    else:
        options.emit(json.dumps(rows, indent=1, ensure_ascii=False), output, overwrite)
