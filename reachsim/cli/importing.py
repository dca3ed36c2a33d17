"""``reachsim import``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reachsim.cli import options

if TYPE_CHECKING:
    from reachsim.importers import ImportReport

DECLARED = ("terraform", "cloudformation")


@click.command(name="import")
@click.argument("kind", type=click.Choice(["awscli", "batfish", "cloudformation", "config", "terraform"]))
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@options.overwrite
@click.option("--onto", type=click.Path(path_type=Path), metavar="SNAP", help="Lay a plan or template over SNAP.")
@click.option("--region", metavar="NAME", help="The Region, where a plan or template does not tell it.")
@click.option("--account", metavar="ID", help="The account, where a plan or template does not tell it.")
@click.option(
    "--prefix-lists",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="aws ec2 describe-prefix-lists: blocks of AWS's own prefix lists for a plan or template.",
)
@click.option(
    "--parameters",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Values of a template's parameters.",
)
@click.option(
    "--stack-resources",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="aws cloudformation describe-stack-resources: the ids of what a template has made already.",
)
@click.option(
    "--exports",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="aws cloudformation list-exports: what Fn::ImportValue gives.",
)
@click.option(
    "--template-root",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where templates of nested stacks are; without it, the template's own folder.",
)
def command(
    kind: str, source: Path, out: Path, overwrite: bool, onto: Path | None, region: str | None, account: str | None,
    prefix_lists: Path | None, parameters: Path | None, stack_resources: Path | None,
    exports: Path | None, template_root: Path | None,
) -> None:  # fmt: skip
    """Turn SOURCE into a snapshot OUT.

    \b
    KIND            SOURCE
    awscli          folder of loose answers of the AWS CLI: describe-vpcs.json, …
    batfish         folder that holds aws_configs/
    cloudformation  template, YAML or JSON; nested stacks are files beside it
    config          AWS Config's snapshot file, or an export of its advanced queries
    terraform       plan or state, as terraform show -json prints it

    Says on standard error what was left out, and which calls are missing for which verdicts.

    \b
    Examples:
      reachsim import batfish dumps/hybrid-cloud snapshots/hybrid-cloud
      reachsim import terraform plan.json planned --onto snapshots/prod
      reachsim import cloudformation pipeline.yaml planned --region eu-west-1
    """
    more = {"onto": onto, "region": region, "account": account, "prefix_lists": prefix_lists}
    if kind == "cloudformation":
        more |= {"parameters": parameters, "stack_resources": stack_resources, "exports": exports,
                 "template_root": template_root}  # fmt: skip
    elif any(one is not None for one in (parameters, stack_resources, exports, template_root)):
        named = "--parameters, --stack-resources, --exports and --template-root"
        raise click.UsageError(f"{named} go with cloudformation only")
    if kind not in DECLARED:
        for name, value in more.items():
            if value is not None:
                raise click.UsageError(f"--{name.replace('_', '-')} goes with {' and '.join(DECLARED)} only")
        more = {}
    from reachsim import importers

    report = getattr(importers, f"import_{kind}")(source, out, overwrite=overwrite, **more)
    click.echo(
        f"{out}: {len(report.files)} files, accounts {', '.join(report.accounts)}, Regions {', '.join(report.regions)}"
    )
    for warning in report.warnings:
        click.echo(options.harmless(f"warning: {warning}"), err=True)
    if kind != "batfish":
        for one in report.ignored:
            click.echo(options.harmless(f"ignored: {one.file}: {one.why}"), err=True)
    for line in _missing(report) if kind not in DECLARED else ():
        click.echo(line, err=True)
    click.echo(f"next: reachsim check {out}" if kind in DECLARED else f"next: reachsim trace {out} --from i-… --to i-…")


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
