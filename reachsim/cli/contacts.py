"""``reachsim contacts``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reachsim.cli import options

if TYPE_CHECKING:
    from reachsim.pipeline.records import Contacts

LARGEST = 1 << 24
"""Bytes of a buildspec that are read at all."""


@click.command(name="contacts")
@click.argument("buildspec", type=click.Path(path_type=Path))
@click.option("--context", type=click.Path(path_type=Path), metavar="DIR",
              help="The source's folder. The buildspec's own unless given.")  # fmt: skip
@click.option("--project", metavar="NAME", help="The CodeBuild project that runs it; needs --snapshot.")
@click.option("--snapshot", metavar="SNAP", help="The snapshot that holds the project.")
@options.config
@options.output_format
@options.output
@options.overwrite
def command(
    buildspec: Path, context: Path | None, project: str | None, snapshot: str | None, settings: Path | None, form: str,
    output: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """Every network destination of a build, read from BUILDSPEC and the files that it uses.

    Nothing is run and nothing is fetched. What the files do not tell is listed too, with the reason. Tools and mirrors
    of your own, and values of the project's variables, are read from reachsim.toml.

    Exit code: 0 answered, 2 bad input.

    \b
    Example:
      reachsim contacts snapshots/leaky-pipeline/code/app-build/buildspec.yml
    """
    from reachsim.config import find_config, snapshot_of
    from reachsim.errors import QuestionError
    from reachsim.pipeline.contacts import contacts_of
    from reachsim.pipeline.own import own_knowledge
    from reachsim.pipeline.project import find
    from reachsim.snapshot import open_snapshot

    config = find_config(snapshot, settings)
    held = snapshot_of(config, snapshot) if project is not None else snapshot
    if (project is None) != (held is None):
        raise QuestionError("--project and --snapshot go together")
    if not buildspec.is_file():
        raise QuestionError(f"{buildspec}: expected a buildspec, found {'a folder' if buildspec.is_dir() else 'none'}")
    if (size := buildspec.stat().st_size) > LARGEST:
        raise QuestionError(f"{buildspec}: expected a buildspec, found a file of {size} bytes")
    folder = context if context is not None else buildspec.parent
    owned = find(open_snapshot(held), project) if project is not None and held is not None else None
    own = own_knowledge(config.tool, config.mirrors, config.variables_of(project))
    found = contacts_of(buildspec.read_bytes(), folder, owned, _name(buildspec, folder), own)
    if form == "json":
        text = json.dumps(found.to_json(), indent=2, ensure_ascii=False)
    else:
        text = render(found, options.look(output)["columns"])
    options.emit(text, output, overwrite)


def _name(buildspec: Path, folder: Path) -> str:
    """The buildspec's path within the context, as given if it lies elsewhere."""
    try:
        return Path(os.path.realpath(buildspec)).relative_to(os.path.realpath(folder)).as_posix()
    except ValueError:
        return str(buildspec)


def render(found: Contacts, columns: int) -> str:
    """The contacts phase by phase, one line per host with the place that causes it below; then what cannot be told."""
    from reachsim.report.columns import clean, pad, wrap

    lines = [] if found.contacts else ["no network destination found"]
    for phase, rows in found.by_phase().items():
        lines += ["", phase]
        cause = None
        for row in rows:
            place = f"{row.file}:{row.line}  {row.command}"
            if place != cause:
                lines += wrap(place, columns, "  ", "      ")
                cause = place
            service = f" ({row.service})" if row.service else ""
            lines.append(f"    {pad(row.confidence, 9)} {pad(row.kind, 9)} {clean(row.host)}:{row.port}{service}")
    if found.unresolved:
        lines += ["", "cannot be told from these files"]
    for gap in found.unresolved:
        lines += wrap(f"{gap.file}:{gap.line}  {gap.text}", columns, "  ", "      ")
        lines += wrap(gap.why, columns, "      ")
    return "\n".join(lines).lstrip("\n")
