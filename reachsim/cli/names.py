"""``reachsim names``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from reachsim.cli import options


@click.command(name="names")
@options.snapshot
@click.option("--from", "source", required=True, metavar="SELECTOR", help="Who asks: codebuild:NAME, i-…, subnet-… …")
@click.option(
    "--service",
    "services",
    multiple=True,
    metavar="SUFFIX",
    help="An endpoint service suffix: ecr.dkr, s3 … (repeatable). Else the pipeline's and those with an endpoint.",
)
@options.output_format
@options.output
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None,
    source: str,
    services: tuple[str, ...],
    form: str,
    output: Path | None,
    overwrite: bool,
    assume_defaults: bool,
    settings: Path | None,
) -> None:
    """Resolve the host names of AWS services as a source of SNAPSHOT does: every form of each name, and what answers.

    Exit code: 0 answered, whatever the answers, 2 bad input.

    \b
    Example:
      reachsim names snapshots/broken-pipeline --from codebuild:app-build --service s3
    """
    from reachsim.report.names import render_names

    reach = options.open_reach(snapshot, settings, assume_defaults)
    found = reach.names(source, services or None)
    if form == "json":
        text = json.dumps(found.to_json(), indent=2, ensure_ascii=False)
    else:
        text = render_names(found, reach, **options.look(output))
    options.emit(text, output, overwrite)
