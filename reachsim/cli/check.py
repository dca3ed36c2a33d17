"""``reachsim check``."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import click

from reachsim.cli import options


@click.command(name="check")
@options.snapshot
@click.option("--from", "sources", multiple=True, metavar="SELECTOR", help="Judge these sources only (repeatable).")
@click.option(
    "--code",
    "code",
    multiple=True,
    metavar="PROJECT=DIR",
    help="Where a project's buildspec and source are (repeatable). The snapshot's own code/ is used by itself.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif", "junit", "markdown"]), default="text",
    show_default=True, help="Form of the answer.",
)  # fmt: skip
@options.output
@options.overwrite
@options.assume_defaults
@options.config
def command(
    snapshot: str | None,
    sources: tuple[str, ...],
    code: tuple[str, ...],
    form: str,
    output: Path | None,
    overwrite: bool,
    assume_defaults: bool,
    settings: Path | None,
) -> None:
    """Judge the whole pipeline of SNAPSHOT (a directory or .zip).

    Exit code: 0 private and working, 1 proven otherwise, 2 bad input, 3 undecided.

    \b
    Example:
      reachsim check snapshots/private-pipeline
    """
    from reachsim.report.text import render_check

    reach = options.open_reach(snapshot, settings, assume_defaults)
    given = folders(code)
    found = reach.check(sources or None, given)
    files = {name: str(place) for name, place in reach.config.folders.items()} | given
    if form == "json":
        text = json.dumps(found.to_json(), indent=2, ensure_ascii=False)
    elif form != "text":
        text = getattr(import_module(f"reachsim.report.{form}"), f"render_{form}")(found, reach.network, files)
    else:
        text = render_check(found, reach, **options.look(output))
    options.emit(text, output, overwrite)
    sys.exit(found.exit_code)


def folders(given: tuple[str, ...]) -> dict[str, str]:
    """Folders by project, from ``PROJECT=DIR`` words. Raises click's UsageError for another form."""
    found = {}
    for word in given:
        name, equals, place = word.partition("=")
        if not name or not equals or not place:
            raise click.UsageError(f"--code takes PROJECT=DIR, not {word!r}")
        found[name] = place
    return found
