"""``reachsim trace``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from reachsim.cli import options

EXIT_CODES = {"allowed": 0, "blocked": 1, "intermittent": 1, "unknown": 3}


@click.command(name="trace")
@options.snapshot
@click.option(
    "--from", "source", required=True, metavar="SELECTOR", help="Who sends: codebuild:NAME, i-…, ip:CIDR, internet …"
)
@click.option(
    "--to", "target", required=True, metavar="SELECTOR", help="Who is asked: ecr.dkr, host:NAME, i-…, internet …"
)
@click.option(
    "--protocol",
    help="tcp, udp, icmp (over IPv6: ICMPv6), icmpv6 or a number. Services and names are asked by tcp/443 unless you "
    "say else.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Destination port, for icmp the type.")
@click.option("--family", type=click.Choice(["ipv4", "ipv6"]), help="Only this address family.")
@options.output_format
@options.output
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None, source: str, target: str, protocol: str | None, port: int | None, family: str | None,
    form: str, output: Path | None, overwrite: bool, assume_defaults: bool, settings: Path | None,
) -> None:  # fmt: skip
    """Follow one question through SNAPSHOT hop by hop, the request and its response.

    Exit code: 0 allowed, 1 blocked or intermittent, 2 bad input, 3 unknown.

    \b
    Example:
      reachsim trace snapshots/broken-pipeline --from codebuild:app-build --to ecr.dkr
    """
    from reachsim.report.text import render_trace
    from reachsim.selectors import parse_selector

    reach = options.open_reach(snapshot, settings, assume_defaults)
    named = parse_selector(target).kind in ("service", "host", "ecr", "s3", "codecommit", "logs")
    if named and protocol is None and port is None:
        protocol, port = "tcp", 443
    verdict = reach.simulate(source, target, protocol=protocol, port=port, family=family)
    if form == "json":
        text = json.dumps(verdict.to_json(), indent=2, ensure_ascii=False)
    else:
        text = render_trace(verdict, reach, **options.look(output))
    options.emit(text, output, overwrite)
    sys.exit(EXIT_CODES[verdict.outcome])
