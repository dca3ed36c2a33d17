"""``reachsim matrix``."""

from __future__ import annotations

import gc
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reachsim.cli import options

if TYPE_CHECKING:
    from collections import Counter

    from reachsim.model.network import Network

SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Memory(click.ParamType[int]):
    """An amount of memory: bytes, or with K, M or G behind it."""

    name = "memory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"(\d{1,15})([KMG]?)", str(value).upper())
        if match is None:
            self.fail(f"{value!r} is no amount of memory, such as 512M or 2G", param, ctx)
        return int(match[1]) * SIZES[match[2]]


@click.command(name="matrix")
@options.snapshot
@click.option("--port", type=click.IntRange(0, 65535), default=443, show_default=True, help="The port asked for.")
@click.option("--protocol", type=click.Choice(["tcp", "udp"]), default="tcp", show_default=True, help="Its protocol.")
@click.option(
    "--to", "kinds", type=click.Choice(["interface", "endpoint", "internet"]), multiple=True,
    help="Only these kinds of targets (repeatable); all of them unless given.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
    help="Write the pairs to FILE.parquet (extra: tables) or FILE.jsonl; a run that was cut off goes on.",
)  # fmt: skip
@click.option("--blocked", is_flag=True, help="Write blocked pairs too; else a pair that is not there is blocked.")
@click.option(
    "--memory", type=Memory(), default="256M", show_default=True, metavar="SIZE",
    help="Memory for the rows being made; the network itself comes on top.",
)  # fmt: skip
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N",
    help="Spread the work over N processes of this machine (extra: cluster).",
)  # fmt: skip
@click.option(
    "--scheduler", metavar="ADDRESS",
    help="Spread the work over the workers of a Dask scheduler, such as tcp://10.0.0.5:8786 (extra: cluster).",
)  # fmt: skip
@options.output_format
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None,
    port: int,
    protocol: str,
    kinds: tuple[str, ...],
    output: Path | None,
    blocked: bool,
    memory: int,
    jobs: int | None,
    scheduler: str | None,
    form: str,
    overwrite: bool,
    assume_defaults: bool,
    settings: Path | None,
) -> None:
    """All pairs of SNAPSHOT at one port: every interface to every interface, endpoint and the internet.

    Prints how many pairs are allowed, intermittent, unknown and blocked; -o writes them. `every` and `some` tell
    whether each or any of the client's ports gets through.

    Exit code: 0 answered, 2 bad input.

    \b
    Examples:
      reachsim matrix snapshots/private-pipeline --port 443
      reachsim matrix snapshots/private-pipeline -o pairs.parquet
      reachsim matrix snapshots/private-pipeline -o pairs.parquet --jobs 4
    """
    from reachsim.model.decode import garbage_collector_paused
    from reachsim.slices import output as parts
    from reachsim.slices.tiles import Tiles

    kind = _form(output)
    if jobs is not None and scheduler is not None:
        raise click.UsageError("--jobs runs workers here, --scheduler elsewhere: one of them")
    reach = options.open_reach(snapshot, settings, assume_defaults)
    number = {"tcp": 6, "udp": 17}[protocol]
    kinds = kinds or ("interface", "endpoint", "internet")
    with garbage_collector_paused():  # what is made here stays
        tiles = Tiles(
            reach.ground, number, port, memory=memory, form=kind, blocked=blocked, pins=reach.pins, kinds=kinds
        )  # fmt: skip
        gc.freeze()
    run: parts.Runner = parts.one_by_one
    cluster = None
    if scheduler is not None or (jobs or 1) > 1:
        from reachsim.slices.cluster import Cluster, job_of

        cluster = Cluster(scheduler or "", jobs or 0)
        run = cluster.runner(job_of(tiles))
    with click.progressbar(length=tiles.matrix.ends, label="pairs", file=sys.stderr, hidden=options.quiet()) as bar:
        if output is None:
            counts = parts.count(tiles, run, bar.update)
        else:
            mark = parts.mark_of(
                reach.network.snapshot, number, port, kinds, blocked, memory, kind, assume_defaults, reach.config
            )
            counts = parts.write(tiles, run, output, mark, bar.update, overwrite=overwrite)
    if lacking := _unseen(reach.network, kinds):
        told = f"reachsim: there may be more pairs, the snapshot does not tell: {', '.join(lacking)}"
        click.echo(options.harmless(told), err=True)
    if cluster is not None:
        click.echo(cluster.moved.told(sum(counts.values())), err=True)
    click.echo(_as_json(counts, kinds) if form == "json" else _as_text(counts, kinds, f"{protocol}/{port}"))


def _unseen(network: Network, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The files that would show further interfaces and endpoints, of accounts and Regions with files of EC2."""
    homes = {(match["account"], match["region"]) for _, match in network.snapshot.named() if match["service"] == "ec2"}
    asked = ("describe-network-interfaces", *(("describe-vpc-endpoints",) if "endpoint" in kinds else ()))
    return tuple(sorted(path for home in homes for path in network.lacks(home, *asked)))


def _form(output: Path | None) -> Any:
    if output is None:
        return ""
    ending = output.suffix.removeprefix(".")
    if ending not in ("parquet", "jsonl"):
        raise click.UsageError(f"-o takes a name that ends in .parquet or .jsonl, not {output.name!r}")
    return ending


def _as_json(counts: Counter[tuple[str, str]], kinds: tuple[str, ...]) -> str:
    from reachsim.slices.matrix import OUTCOMES

    return json.dumps({kind: {outcome: counts[kind, outcome] for outcome in OUTCOMES} for kind in kinds}, indent=2)


def _as_text(counts: Counter[tuple[str, str]], kinds: tuple[str, ...], service: str) -> str:
    from reachsim.slices.matrix import OUTCOMES

    lines = [f"{service:<14}" + "".join(f"{outcome:>16}" for outcome in reversed(OUTCOMES))]
    for kind in kinds:
        numbers = "".join(f"{counts[kind, outcome]:>16,}" for outcome in reversed(OUTCOMES))
        lines.append(f"to {kind:<11}{numbers}")
    return "\n".join(lines)
