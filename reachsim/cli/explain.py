"""``reachsim explain``."""

from __future__ import annotations

import click


@click.command(name="explain")
@click.argument("code", required=False)
@click.option("--list", "everything", is_flag=True, help="List all codes.")
def command(code: str | None, everything: bool) -> None:
    """Say what CODE means and what mends it.

    Example: reachsim explain SUBNET_ACL_RESTRICTION
    """
    from reachsim.codes import CODES, explain

    if everything or code is None:
        for name, one in CODES.items():
            click.echo(f"{name:55} {one.kind}")
        return
    found = explain(code)
    click.echo(f"{found.code} ({found.kind}, {found.layer}, by {found.origin})\n\n{found.text}")
    if found.remedy:
        click.echo(f"\nTo mend: {found.remedy}")
    if found.docs:
        click.echo(f"\n{found.docs}")
