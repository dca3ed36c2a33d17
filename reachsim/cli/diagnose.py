"""``reachsim diagnose``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from reachsim.cli import options


@click.command(name="diagnose")
@options.snapshot
@click.option(
    "--log", required=True, metavar="FILE", help="The build log: text, or the AWS CLI's JSON; - = standard input."
)
@click.option(
    "--project", metavar="NAME", help="Whose build it is. Else the project that the log names, or the only one."
)
@click.option(
    "--from", "source", metavar="SELECTOR", help="Ask from here in place of a project: i-…, ecs:CLUSTER/SERVICE …"
)
@options.output_format
@options.output
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None, log: str, project: str | None, source: str | None, form: str, output: Path | None,
    overwrite: bool, assume_defaults: bool, settings: Path | None,
) -> None:  # fmt: skip
    """Find the errors in a build log, and in SNAPSHOT the rules that caused them.

    Of each error: the host or request it is about, the phase and command it comes from, what the snapshot says to it,
    and the likely causes by rank. The log is only read, never stored.

    Exit code: 0 answered, whatever the answers, 2 bad input.

    \b
    Example:
      reachsim diagnose snapshots/broken-pipeline --log build.log
    """
    from reachsim.errors import QuestionError
    from reachsim.report.diagnosis import render_diagnosis

    if project is not None and source is not None:
        raise click.UsageError("--project and --from exclude each other")
    reach = options.open_reach(snapshot, settings, assume_defaults)
    if log == "-":
        data = sys.stdin.buffer.read()
    else:
        if not Path(log).is_file():
            found = "a folder" if Path(log).is_dir() else "none"
            raise QuestionError(f"--log {log}: expected a build log, found {found}", "BAD_LOG")
        data = Path(log).read_bytes()
    found_errors = reach.diagnose(data, project, source=source)
    if form == "json":
        text = json.dumps(found_errors.to_json(), indent=2, ensure_ascii=False)
    else:
        text = render_diagnosis(found_errors, reach, **options.look(output))
    options.emit(text, output, overwrite)
