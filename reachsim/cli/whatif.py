"""``reachsim whatif``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reachsim.cli import options
from reachsim.cli.diff import agree, diff_format, shown

if TYPE_CHECKING:
    from reachsim.report.languages import Lang


@click.command(name="whatif")
@click.argument("snapshot")
@click.argument("patch", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--remove", multiple=True, metavar="COMPONENT",
              help="Delete an id, a rule (acl-…/inbound/100) or a route (rtb-…/0.0.0.0/0). Repeatable.")  # fmt: skip
@click.option("--from", "sources", multiple=True, metavar="SELECTOR", help="Compare these sources only (repeatable).")
@click.option("--to", "targets", multiple=True, metavar="SELECTOR", help="Compare these destinations (repeatable).")
@click.option("--gate", is_flag=True, help="Exit with 1 if something newly leaves or is newly exposed, 3 if undecided.")
@click.option("--write", type=click.Path(path_type=Path), metavar="DIRECTORY", help="Write the edited snapshot, too.")
@diff_format
@options.lang
@options.output
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str, patch: Path | None, remove: tuple[str, ...], sources: tuple[str, ...], targets: tuple[str, ...],
    gate: bool, write: Path | None, form: str, lang: Lang, output: Path | None, overwrite: bool, assume_defaults: bool,
    settings: Path | None,
) -> None:  # fmt: skip
    """Show what an edit of SNAPSHOT would do: a patch file, or something deleted.

    Exit codes are those of ``diff``. The edited snapshot is checked like any other, and is written nowhere unless told.

    \b
    Example:
      reachsim whatif snapshots/leaky-pipeline --remove nat-0fe4076b67f4c4eb8
    """
    if patch is None and not remove:
        raise click.UsageError("Give a patch file, or --remove COMPONENT.")
    agree(form, lang)
    before = options.open_reach(snapshot, settings, assume_defaults)
    after = before.what_if(patch=patch) if patch is not None else before
    if remove:
        after = after.what_if(remove=remove)
    found = before.diff(after, sources=sources, targets=targets)
    if write is not None:
        from reachsim.files import write_tree

        held = after.network.snapshot
        write_tree(write, {path: held.read(path) for path in held.paths}, overwrite=overwrite)
    edits = [*([f"with {patch}"] if patch is not None else []), *(f"without {one}" for one in remove)]
    called = (snapshot, f"{snapshot} {', '.join(edits)}")
    options.emit(shown(found, before, after, form, output, called, lang, gate=gate), output, overwrite)
    sys.exit(found.exit_code(gate=gate))
