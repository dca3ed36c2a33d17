"""``reachsim anonymize``."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from reachsim.cli import options


@click.command(name="anonymize")
@click.argument("snapshot")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--key", metavar="TEXT", help="Rename as with the same key before; keep it to yourself. [default: random]"
)
@options.overwrite
def command(snapshot: str, out: Path, key: str | None, overwrite: bool) -> None:
    """Rename all that tells whose SNAPSHOT it is, and write it to OUT.

    Account ids, resource ids, names, tags and public addresses get others, the same for the same, so that the verdicts
    stay as they are, but for what code/ and buildspecs inside projects say: these are left out. Patterns of policies
    with ? or with * before a letter may match otherwise: their number is printed. Look at the result before you share
    it.

    \b
    Example:
      reachsim anonymize snapshots/prod shared/prod
    """
    from reachsim.collect.anonymize import anonymize
    from reachsim.files import write_tree
    from reachsim.snapshot import open_snapshot

    files, left_out, patterns = anonymize(open_snapshot(snapshot), key.encode() if key else secrets.token_bytes(32))
    write_tree(out, files, overwrite=overwrite)
    click.echo(f"{out}: {len(files)} files")
    for what, count in left_out.items():
        click.echo(f"left out: {what} ({count})")
    if patterns:
        click.echo(
            "may match otherwise: patterns with ? or with * before a letter, and tags that are numbers, in policies "
            f"({patterns})"
        )
    click.echo("renamed: account and resource ids, names, tags, public addresses; private addresses stay")
    click.echo(f"next: reachsim check {out}")
