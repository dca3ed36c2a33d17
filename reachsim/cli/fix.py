"""``reachsim fix``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reachsim.cli import options

if TYPE_CHECKING:
    from reachsim.api import Reach
    from reachsim.fix import Plan

FORMS = ("text", "json", "patch", "awscli", "terraform", "cloudformation")


@click.command(name="fix")
@options.snapshot
@click.option("--from", "sources", multiple=True, metavar="SELECTOR", help="Mend these sources only (repeatable).")
@click.option("--endpoint-policies", is_flag=True, help="Instead: the narrowest policy of every endpoint that is used.")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True,
              help="Form of the answer; patch is what whatif takes.")  # fmt: skip
@options.output
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None, sources: tuple[str, ...], endpoint_policies: bool, form: str, output: Path | None,
    overwrite: bool, assume_defaults: bool, settings: Path | None,
) -> None:  # fmt: skip
    """Propose the smallest changes that make the pipeline of SNAPSHOT private and working, each proven.

    Exit code: 0 nothing to do, or every fault has a proven fix; 1 some fault has none; 2 bad input; 3 undecided.

    \b
    Example:
      reachsim fix snapshots/broken-pipeline
    """
    reach = options.open_reach(snapshot, settings, assume_defaults)
    plan = reach.fix(sources, endpoint_policies=endpoint_policies)
    options.emit(_shown(plan, reach, form, output), output, overwrite)
    sys.exit(plan.exit_code)


def _shown(plan: Plan, reach: Reach, form: str, output: Path | None) -> str:
    if form == "json":
        return json.dumps(plan.to_json(), indent=2, ensure_ascii=False)
    if form == "patch":
        return json.dumps(plan.patch.to_json(), indent=2, ensure_ascii=False)
    if form == "text":
        from reachsim.report.fix import render_fix

        return render_fix(plan, reach, **options.look(output))
    from reachsim.fix import awscli, cloudformation, terraform

    policies = plan.policies
    if form == "awscli":
        return awscli.render(reach.network, plan.steps, policies)
    return (
        terraform.render(plan.steps, policies) if form == "terraform" else cloudformation.render(plan.steps, policies)
    )
