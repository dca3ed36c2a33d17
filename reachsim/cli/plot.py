"""``reachsim plot``."""

from __future__ import annotations

from pathlib import Path

import click

from reachsim.cli import options


@click.command(name="plot")
@options.snapshot
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Where to: a .png, .svg or .pdf.",
)
@click.option("--from", "sources", multiple=True, metavar="SELECTOR", help="Draw these sources only (repeatable).")
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None,
    output: Path,
    sources: tuple[str, ...],
    overwrite: bool,
    assume_defaults: bool,
    settings: Path | None,
) -> None:
    """Draw the routes of SNAPSHOT: sources, endpoints and gateways, destinations.

    \b
    Example:
      reachsim plot snapshots/leaky-pipeline -o routes.png
    """
    if output.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise click.UsageError("-o takes a file that ends in .png, .svg or .pdf")
    from reachsim.plot import save_plot

    reach = options.open_reach(snapshot, settings, assume_defaults)
    save_plot(reach.check(sources or None), output, reach, overwrite=overwrite)
    click.echo(str(output))
