"""``reachsim permissions``."""

from __future__ import annotations

from pathlib import Path

import click

from reachsim.cli import options


@click.command(name="permissions")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "terraform", "cloudformation", "sh"]),
    default="json",
    show_default=True,
    help="Form of the policy; sh: a script that makes the calls with the AWS CLI alone.",
)
@options.output
@options.overwrite
def command(form: str, output: Path | None, overwrite: bool) -> None:
    """Print the least IAM policy that `reachsim snapshot` needs: read-only calls.

    To capture several accounts, allow sts:AssumeRole on their roles besides. With --format sh it prints a script that
    fills a snapshot where boto3 is not allowed: it needs the AWS CLI, sh and awk.

    \b
    Examples:
      reachsim permissions --format terraform -o reachsim.tf
      reachsim permissions --format sh -o capture.sh && sh capture.sh snapshots/mine
    """
    from reachsim.calls import shell_loop
    from reachsim.collect import permissions

    forms = {
        "json": permissions.as_json,
        "terraform": permissions.as_terraform,
        "cloudformation": permissions.as_cloudformation,
        "sh": shell_loop,
    }
    options.emit(forms[form](), output, overwrite)
