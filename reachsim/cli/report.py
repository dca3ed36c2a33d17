"""``reachsim report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reachsim.cli import options

if TYPE_CHECKING:
    from reachsim.report.languages import Lang


@click.command(name="report")
@options.snapshot
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Where to: one HTML file that needs nothing else.",
)
@click.option("--from", "sources", multiple=True, metavar="SELECTOR", help="Judge these sources only (repeatable).")
@options.lang
@click.option("--max-age", metavar="AGE", help="Make a snapshot older than this (12h, 7d, 2w) a finding.")
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None, output: Path, sources: tuple[str, ...], lang: Lang, max_age: str | None,
    overwrite: bool, assume_defaults: bool, settings: Path | None,
) -> None:  # fmt: skip
    """Write the verdict on SNAPSHOT as one HTML file: route map, address space, matrix, findings, every trace.

    The file makes no request of any kind, so it can be mailed, archived and opened offline.

    \b
    Example:
      reachsim report snapshots/leaky-pipeline -o report.html --max-age 7d
    """
    from datetime import UTC, datetime

    from reachsim import __version__
    from reachsim.address_map import address_map
    from reachsim.files import write_file
    from reachsim.report.facts import age_finding, facts_of, parse_age
    from reachsim.report.html import render_report, with_findings

    limit = parse_age(max_age) if max_age is not None else None
    reach = options.open_reach(snapshot, settings, assume_defaults)
    facts = facts_of(reach.network.snapshot)
    found = reach.check(sources or None)
    if limit is not None:
        found = with_findings(found, age_finding(facts, limit, max_age or "", datetime.now(UTC)))
    maps = [address_map(reach.network, vpc) for vpc in reach.network.vpcs]
    page = render_report(found, reach, facts, version=__version__, lang=lang, maps=maps)
    write_file(output, page.encode(), overwrite=overwrite)
    click.echo(str(output))
