"""``reachsim import``."""

from __future__ import annotations

from pathlib import Path

import click

from reachsim.cli import options

LATER = ("awscli", "config", "terraform", "cloudformation")


@click.command(name="import")
@click.argument("kind", type=click.Choice(["batfish", *LATER]))
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@options.overwrite
def command(kind: str, source: Path, out: Path, overwrite: bool) -> None:
    """Turn SOURCE into a snapshot OUT. KIND is batfish for now: the folder that holds aws_configs/.

    \b
    Example:
      reachsim import batfish dumps/hybrid-cloud snapshots/hybrid-cloud
    """
    if kind != "batfish":
        raise click.UsageError(f"import {kind} is not available yet; there is: batfish")
    from reachsim.importers.batfish import import_batfish

    report = import_batfish(source, out, overwrite=overwrite)
    click.echo(
        f"{out}: {len(report.files)} files, accounts {', '.join(report.accounts)}, Regions {', '.join(report.regions)}"
    )
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"next: reachsim trace {out} --from i-… --to i-…")
