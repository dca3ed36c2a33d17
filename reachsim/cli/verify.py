"""``reachsim verify``."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import click

from reachsim.cli import options

PLACES = click.Path(exists=True, path_type=Path)


@click.command(name="verify")
@options.snapshot
@click.option(
    "--flow-logs", "flow_logs", multiple=True, type=PLACES, metavar="FILE",
    help="VPC Flow Logs: a file (text, gzip, Parquet, JSON, CSV) or a folder of them (repeatable).",
)  # fmt: skip
@click.option(
    "--log-format", metavar="FORMAT", help="Format of records without a header line: '${version} ${vpc-id} …'."
)
@click.option(
    "--insights", multiple=True, type=PLACES, metavar="FILE",
    help="Answers about Reachability Analyzer (describe-network-insights-analyses, -paths) or Network Access Analyzer "
    "(get-network-insights-access-scope-analysis-findings; describe-…-analyses, get-…-content) (repeatable).",
)  # fmt: skip
@options.output_format
@options.output
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None, flow_logs: tuple[Path, ...], log_format: str | None, insights: tuple[Path, ...], form: str,
    output: Path | None, overwrite: bool, assume_defaults: bool, settings: Path | None,
) -> None:  # fmt: skip
    """Compare SNAPSHOT's verdicts with what was recorded: VPC Flow Logs, or the results of AWS's analyzers.

    Exit code: 0 all that can be compared agree, 1 something disagrees, 2 bad input, 3 nothing can be compared.

    \b
    Examples:
      reachsim verify snapshots/prod --flow-logs flow.log.gz
      reachsim verify snapshots/prod --insights findings.json
    """
    from reachsim.report.verify import render_verification
    from reachsim.verify import read_flow_logs, verify_flow_logs

    if bool(flow_logs) == bool(insights):
        raise click.UsageError("give --flow-logs or --insights, one of them")
    reach = options.open_reach(snapshot, settings, assume_defaults)
    if insights:
        found = reach.verify(insights=insights)
    else:
        watch = partial(options.watched, label="records")
        found = verify_flow_logs(reach.ground, read_flow_logs(flow_logs, log_format), watch)
    if form == "json":
        text = json.dumps(found.to_json(), indent=2, ensure_ascii=False)
    else:
        text = render_verification(found, reach, **options.look(output))
    options.emit(text, output, overwrite)
    sys.exit(found.exit_code)
