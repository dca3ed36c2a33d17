"""Options and output that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

assume_defaults = click.option(
    "--assume-defaults", is_flag=True,
    help="Count missing DNS, Block Public Access and resolver files as AWS's defaults, and say so.",
)  # fmt: skip
output_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the answer.",
)
output = click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write to FILE instead of standard output."
)
overwrite = click.option("--overwrite", is_flag=True, help="Replace an existing file.")


def colour() -> bool:
    """Whether standard output takes colour."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def emit(text: str, place: Path | None, replace: bool) -> None:
    """Print, or write to a file whole or not at all."""
    if place is None:
        click.echo(text.rstrip("\n"))
        return
    from reachsim.files import write_file

    write_file(place, (text.rstrip("\n") + "\n").encode(), overwrite=replace)
