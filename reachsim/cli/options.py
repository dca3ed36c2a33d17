"""Options and output that several commands share."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from reachsim.errors import printable

if TYPE_CHECKING:
    from reachsim.api import Reach

Command = TypeVar("Command", bound=Callable[..., Any])
Watched = TypeVar("Watched")

assume_defaults = click.option(
    "--assume-defaults", is_flag=True,
    help="Count missing DNS, Block Public Access and resolver files as AWS's defaults, and say so.",
)  # fmt: skip
snapshot = click.argument("snapshot", required=False)
config = click.option(
    "--config",
    "settings",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Go by this reachsim.toml. Else by the one beside the snapshot, or in the working directory.",
)
output_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the answer.",
)
output = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE instead of standard output.",
)
lang = click.option(
    "--lang", type=click.Choice(["en", "ja"]), default="en", show_default=True, help="Language of an HTML page."
)
overwrite = click.option("--overwrite", is_flag=True, help="Replace what exists already.")


def quiet() -> bool:
    """Whether nobody watches: progress is shown on a terminal only."""
    return not sys.stderr.isatty()


def watched(these: Collection[Watched], label: str = "sources") -> Iterator[Watched]:
    """The sources, or what else the work is about, one by one, with a bar that shows how far it is."""
    with click.progressbar(these, label=label, file=sys.stderr, hidden=quiet()) as bar:
        yield from bar


def leave_alone() -> None:
    """Have the collector of cycles look no more at what is loaded, and seldom at what is made of it: as large as that,
    it has no cycles either.
    """
    gc.freeze()
    gc.set_threshold(1_000_000, 50, 100)


def open_reach(
    snapshot: str | None, settings: Path | None, assume_defaults: bool, beside: Reach | None = None
) -> Reach:  # fmt: skip
    """The snapshot that was named, here or in the configuration, with the configuration that holds for it.

    ``beside``: one that is open already and mostly the same.

    Raises SnapshotError, and click's UsageError if no snapshot is named anywhere.
    """
    from reachsim.api import load
    from reachsim.config import find_config, snapshot_of
    from reachsim.model.decode import garbage_collector_paused

    config = find_config(snapshot, settings)
    place = snapshot_of(config, snapshot)
    if place is None:
        raise click.UsageError("Missing argument 'SNAPSHOT': no reachsim.toml names one either.")
    with garbage_collector_paused():
        reach = load(place, assume_defaults=assume_defaults, config=config, beside=beside)
        _KEPT[1:] = [reach]
        click.get_current_context().find_root().obj = reach
        leave_alone()
    if not reach.network.snapshot.manifest.complete:
        told = f"reachsim: {place} is a capture that did not come to its end: what is missing is unknown"
        click.echo(harmless(told), err=True)
    return reach


_KEPT: list[object] = []
"""What the process ends with: a list that holds itself is left to the system, which gives up the memory of a million
records at once.
"""
_KEPT.append(_KEPT)


class Look(TypedDict):
    """What the texts of `reachsim.report` are told about where they go."""

    colour: bool
    columns: int


def colour() -> bool:
    """Whether standard output takes colour."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def columns() -> int:
    """How wide text may be: the terminal's columns within reason, 120 wherever else it goes."""
    if not sys.stdout.isatty():
        return 120
    from shutil import get_terminal_size

    return min(max(get_terminal_size((120, 24)).columns, 60), 160)


_COLOUR = "\033\\[(?:[012]|3[1-6](?:;1)?)m"  # those of reachsim.report.paint


def harmless(text: str) -> str:
    """Text for a terminal or a file: of control characters only ends of lines and our own colours stay as they are.

    Ids and names come from the snapshot, and a terminal obeys what it is sent. The rest is spelled ``\\uXXXX``, which
    in JSON means the same as before.
    """
    if "\033" not in text:
        return _lines(text)
    colours = [*re.findall(_COLOUR, text), ""]
    parts = [_lines(part) for part in re.split(_COLOUR, text)]
    return "".join(part + colour for part, colour in zip(parts, colours, strict=True))


def _lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def look(place: Path | None) -> Look:
    """How a text is to look that goes to a file or, None, to standard output."""
    if place is not None:
        return {"colour": False, "columns": 120}
    return {"colour": colour(), "columns": columns()}


def emit(text: str, place: Path | None, replace: bool) -> None:
    """Print, or write to a file whole or not at all."""
    text = harmless(text)
    if place is None:
        click.echo(text.rstrip("\n"))
        return
    from reachsim.files import write_file

    write_file(place, (text.rstrip("\n") + "\n").encode(), overwrite=replace)
