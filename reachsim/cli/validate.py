"""``reachsim validate``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from reachsim.cli import options


@click.command(name="validate")
@click.argument("snapshot")
@options.output_format
@options.output
@options.overwrite
def command(snapshot: str, form: str, output: Path | None, overwrite: bool) -> None:
    """Check every file of SNAPSHOT against AWS's service models, its policies, and its manifest's sums.

    Lists every problem with file, JSON pointer, what was expected and what was found, and the files that are ignored.

    Exit code: 0 clean (warnings allowed), 2 faults.

    \b
    Example:
      reachsim validate snapshots/private-pipeline
    """
    from reachsim.collect.progress import naming
    from reachsim.collect.validate import validate_at

    with naming() as told:
        found = validate_at(snapshot, told)
    if form == "json":
        problems = [
            {"level": one.level, "file": one.file, "pointer": one.pointer, "expected": one.expected, "found": one.found}
            for one in found.problems
        ]
        answer = {"checked": found.checked, "problems": problems, "ignored": found.ignored}
        text = json.dumps(answer, indent=2, ensure_ascii=False)
    else:
        counts = (found.checked, "file"), (found.faults, "fault"), (len(found.problems) - found.faults, "warning")
        lines = [*map(str, found.problems), *(f"ignored: {path}" for path in found.ignored)]
        text = "\n".join((*lines, ", ".join(f"{number} {word}{'s' if number != 1 else ''}" for number, word in counts)))
    options.emit(text, output, overwrite)
    sys.exit(found.exit_code)
