"""``reachsim permissions``."""

from __future__ import annotations

from pathlib import Path

import click

from reachsim.cli import options


@click.command(name="permissions")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "terraform", "cloudformation"]),
    default="json",
    show_default=True,
    help="Form of the policy.",
)
@options.output
@options.overwrite
def command(form: str, output: Path | None, overwrite: bool) -> None:
    """Print the least IAM policy that `reachsim snapshot` needs: read-only calls.

    To capture several accounts, allow sts:AssumeRole on their roles besides.

    \b
    Example:
      reachsim permissions --format terraform -o reachsim.tf
    """
    from reachsim.collect import permissions

    forms = {
        "json": permissions.as_json,
        "terraform": permissions.as_terraform,
        "cloudformation": permissions.as_cloudformation,
    }
    options.emit(forms[form](), output, overwrite)
