"""``reachsim diff``."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reachsim.cli import options

if TYPE_CHECKING:
    from reachsim.api import Reach
    from reachsim.diff import Diff
    from reachsim.report.languages import Lang

diff_format = click.option(
    "--format", "form", type=click.Choice(["text", "json", "html", "markdown", "sarif", "junit"]), default="text",
    show_default=True, help="Form of the answer; html is one file that needs nothing else.",
)  # fmt: skip


@click.command(name="diff")
@click.argument("before")
@click.argument("after")
@click.option("--from", "sources", multiple=True, metavar="SELECTOR", help="Compare these sources only (repeatable).")
@click.option("--to", "targets", multiple=True, metavar="SELECTOR", help="Compare these destinations (repeatable).")
@click.option("--gate", is_flag=True, help="Exit with 1 if something newly leaves or is newly exposed, 3 if undecided.")
@diff_format
@options.lang
@options.output
@options.overwrite
@options.assume_defaults
@options.config
def command(
    before: str, after: str, sources: tuple[str, ...], targets: tuple[str, ...], gate: bool, form: str,
    lang: Lang, output: Path | None, overwrite: bool, assume_defaults: bool, settings: Path | None,
) -> None:  # fmt: skip
    """Compare two snapshots: what changed in the configuration, and what that does to who reaches whom.

    Compared are the pipeline's sources with all they need, and everything else that has a network interface with the
    internet and each other.

    Exit code: 0 compared; with --gate 0 if nothing newly leaves or is newly exposed, 1 if something is or does, 3 if
    that is undecided; 2 bad input.

    \b
    Example:
      reachsim whatif snapshots/leaky-pipeline --remove nat-0fe4076b67f4c4eb8 --write gone
      reachsim diff snapshots/leaky-pipeline gone --gate
    """
    agree(form, lang)
    older = options.open_reach(before, settings, assume_defaults)
    newer = options.open_reach(after, settings, assume_defaults, beside=older)
    found = older.diff(newer, sources=sources, targets=targets)
    options.emit(shown(found, older, newer, form, output, (before, after), lang, gate=gate), output, overwrite)
    sys.exit(found.exit_code(gate=gate))


def agree(form: str, lang: Lang) -> None:
    """Raise UsageError if the form has no such language."""
    if lang != "en" and form != "html":
        raise click.UsageError("--lang goes with --format html")


def shown(
    found: Diff, older: Reach, newer: Reach, form: str, output: Path | None, called: tuple[str, str], lang: Lang, *,
    gate: bool = False,
) -> str:  # fmt: skip
    """A comparison in one of its forms.

    Args:
        found: The comparison.
        older, newer: The snapshots.
        form: Which form.
        output: Where it goes.
        called: What the two snapshots are called.
        lang: A page's language.
        gate: Whether the exit code is the gate's.
    """
    if form in ("sarif", "junit"):
        from reachsim.report.gate import gate_of

        render = getattr(import_module(f"reachsim.report.{form}"), f"render_{form}")
        text: str = render(gate_of(found, newer.config, gate=gate), newer.network)
        return text
    if form == "json":
        return json.dumps(found.to_json(), indent=2, ensure_ascii=False)
    names = _BothNames(older, newer)
    if form == "html":
        from reachsim import __version__
        from reachsim.report.diff_html import render_diff_html

        return render_diff_html(found, names, before=called[0], after=called[1], version=__version__, lang=lang)
    if form == "markdown":
        from reachsim.report.diff_markdown import render_markdown

        return render_markdown(found, names)
    from reachsim.report.diff import render_diff

    return render_diff(found, names, **options.look(output))


class _BothNames:
    """Names of resources of two snapshots."""

    def __init__(self, older: Reach, newer: Reach) -> None:
        self._older, self._newer = older, newer

    def label(self, resource_id: str) -> str:
        """The id with its Name tag."""
        found = self._newer.label(resource_id)
        return found if found != resource_id else self._older.label(resource_id)
