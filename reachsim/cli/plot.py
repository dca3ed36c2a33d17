"""``reachsim plot``."""

from __future__ import annotations

from pathlib import Path

import click

from reachsim.cli import options

NAMED = ("service", "host", "ecr", "s3", "codecommit", "logs")
"""Kinds of destinations that are asked by tcp/443 unless one says else."""


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
@click.option("--to", "target", metavar="SELECTOR", help="Draw one question hop by hop; takes one --from.")
@click.option(
    "--kind",
    type=click.Choice(["routes", "matrix", "addresses"]),
    default="routes",
    show_default=True,
    help="What to draw; addresses: what each subnet, route and rule covers, of those named by --from or 20 VPCs.",
)
@click.option("--against", metavar="SNAPSHOT", help="Draw what changes from SNAPSHOT to this newer one, as one map.")
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None,
    output: Path,
    sources: tuple[str, ...],
    target: str | None,
    kind: str,
    against: str | None,
    overwrite: bool,
    assume_defaults: bool,
    settings: Path | None,
) -> None:
    """Draw the routes of SNAPSHOT: sources in their VPC, zone and subnet, endpoints and gateways, destinations.

    With --to one question's hops, the request and its reply; with --against the ways that are new, gone and unchanged.

    \b
    Example:
      reachsim plot snapshots/leaky-pipeline -o routes.png
      reachsim plot snapshots/leaky-pipeline --kind addresses -o addresses.png
      reachsim plot snapshots/leaky-pipeline --against gone -o diff.svg
    """
    if output.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise click.UsageError("-o takes a file that ends in .png, .svg or .pdf")
    if target is not None and len(sources) != 1:
        raise click.UsageError("--to takes exactly one --from")
    if against is not None and (target is not None or kind != "routes"):
        raise click.UsageError("--against draws routes: it goes with neither --to nor --kind")
    if target is not None and kind != "routes":
        raise click.UsageError("--to goes without --kind")
    from reachsim.plot import plot_diff, plot_ladder, plot_matrix, plot_routes, save_axes
    from reachsim.report.address_axis import MOST_VPCS
    from reachsim.selectors import parse_selector

    reach = options.open_reach(snapshot, settings, assume_defaults)
    if against is not None:
        found = reach.diff(options.open_reach(against, settings, assume_defaults, reach), sources=sources)
        ax = plot_diff(found)
    elif target is not None:
        protocol, port = ("tcp", 443) if parse_selector(target).kind in NAMED else (None, None)
        ax = plot_ladder(reach.simulate(sources[0], target, protocol=protocol, port=port), network=reach)
    elif kind == "addresses":
        drawn = sources or list(reach.network.vpcs)[:MOST_VPCS]
        ax = reach.plot_addresses(*drawn)
        further = 0 if sources else len(reach.network.vpcs) - len(drawn)
        if further:
            told = f"reachsim: not drawn, as they are many: {further} more VPCs; --from names those to draw"
            click.echo(told, err=True)
    else:
        draw = plot_matrix if kind == "matrix" else plot_routes
        ax = draw(reach.check(sources or None), network=reach)
    save_axes(ax, output, overwrite=overwrite)
    click.echo(str(output))
