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
    "--format", "form", type=click.Choice(["graphml", "dot", "mermaid", "json", "csv"]), default="json",
    show_default=True, help="Form of the output; the matrix has json and csv.",
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
    from reachsim.export import csv_text, export_graph

    if what == "matrix" and form not in ("json", "csv"):
        raise click.UsageError("--of matrix takes --format json or csv")
    reach = options.open_reach(snapshot, settings, assume_defaults)
    if what == "graph":
        text = export_graph(reach.graph, form)
    else:
        from reachsim.report.frames import rows_of_check

        columns, rows = rows_of_check(reach.check())
        text = json.dumps(rows, indent=1, ensure_ascii=False)
        if form == "csv":
            text = csv_text(columns, ([row[name] for name in columns] for row in rows))
    options.emit(text, output, overwrite)
