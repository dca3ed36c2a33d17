"""``reachsim import``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reachsim.cli import options

if TYPE_CHECKING:
    from reachsim.importers import ImportReport

LATER = ("terraform", "cloudformation")


@click.command(name="import")
@click.argument("kind", type=click.Choice(["awscli", "batfish", "config", *LATER]))
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@options.overwrite
def command(kind: str, source: Path, out: Path, overwrite: bool) -> None:
    """Turn SOURCE into a snapshot OUT.

    \b
    KIND     SOURCE
    awscli   folder of loose answers of the AWS CLI: describe-vpcs.json, …
    batfish  folder that holds aws_configs/
    config   AWS Config's snapshot file, or an export of its advanced queries

    Says on standard error what was left out, and which calls are missing for which verdicts.

    \b
    Example:
      reachsim import batfish dumps/hybrid-cloud snapshots/hybrid-cloud
    """
    if kind in LATER:
        raise click.UsageError(f"import {kind} is not available yet; there are: awscli, batfish, config")
    from reachsim import importers

    report = getattr(importers, f"import_{kind}")(source, out, overwrite=overwrite)
    click.echo(
        f"{out}: {len(report.files)} files, accounts {', '.join(report.accounts)}, Regions {', '.join(report.regions)}"
    )
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)
    if kind != "batfish":
        for one in report.ignored:
            click.echo(f"ignored: {one.file}: {one.why}", err=True)
    for line in _missing(report):
        click.echo(line, err=True)
    click.echo(f"next: reachsim trace {out} --from i-… --to i-…")


def _missing(report: ImportReport) -> Iterator[str]:
    """The calls that no file answers, by what cannot be decided without them; a line for each account and Region."""
    from reachsim.calls import CALLS, path
    from reachsim.collect.consequences import consequence

    held = set(report.files)
    for account, region in sorted({tuple(file.split("/")[:2]) for file in held if file.count("/") > 2}):
        if region == "global":
            continue
        lacking: dict[str, list[str]] = {}
        for call in CALLS:
            what = consequence(call.service, call.operation)
            if call.per is None and what and path(account, region, call.service, call.operation) not in held:
                lacking.setdefault(what, []).append(f"{call.service} {call.operation}")
        for what, calls in lacking.items():
            yield f"missing: {account}/{region}: {', '.join(calls)}: needed for {what}"
