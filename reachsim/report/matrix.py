"""The table of a check: one row per source, one column per destination, and its legend.

The internet's two columns stand first, so that they are seen on a terminal of any width.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reachsim.report.columns import table, wrap, wrap_parts
from reachsim.report.paint import Paint
from reachsim.report.words import ROUTES, Labels, label
from reachsim.verdict import Cell, Check

COLUMNS = ("git-codecommit", "codecommit", "ecr.api", "ecr.dkr", "s3", "logs", "sts")
"""Services in the order in which the pipeline meets them; others follow in the check's order."""
OUT, IN = "internet (out)", "internet (in)"
MOST_ALIKE = 3
LONGEST_NAME = 45
"""Columns of a source, which is broken behind its hyphens where it takes more."""
NO_SOURCES = (
    "No source to judge: the snapshot names no CodeBuild project and no instance that pushes to CodeCommit. "
    "Name one with --from SELECTOR."
)


def column_of(cell: Cell) -> tuple[str, str]:
    """The row and the column of a cell: the internet's own row is the sources' last column.

    >>> column_of(Cell("internet", "i-0a", "blocked", "none", False))
    ('i-0a', 'internet (in)')
    """
    if cell.source == "internet":
        return cell.destination, IN
    return cell.source, OUT if cell.destination == "internet" else cell.destination


def grid(check: Check) -> tuple[list[str], list[str], dict[tuple[str, str], Cell]]:
    """Sources, columns, and the cell at each place. Of sources with the same answers only the first has a row."""
    alike = {source for others in check.same_as.values() for source in others}
    cells = {place: cell for cell in check.matrix if (place := column_of(cell))[0] not in alike}
    sources = list(dict.fromkeys(source for source, _ in cells))
    found = dict.fromkeys(column for _, column in cells)
    others = [name for name in found if name not in (*COLUMNS, OUT, IN)]
    columns = [name for name in (OUT, IN, *COLUMNS, *others) if name in found]
    return sources, columns, cells


def render_matrix(check: Check, network: Labels, paint: Paint) -> list[str]:
    """The table and what its marks mean."""
    if not check.matrix:
        return wrap(NO_SOURCES, paint.columns)
    sources, columns, cells = grid(check)
    header = [["from"], *(_heading(name) for name in columns)]
    rows = [
        [
            _source(check, network, source),
            *(_cell(cells.get((source, name)), name in (OUT, IN)) for name in columns),
        ]
        for source in sources
    ]
    lines = [_painted(line, paint) for line in table(header, rows, paint.columns)]
    return [*lines, "", *_legend([cells[place] for place in sorted(cells)], paint)]


def _heading(name: str) -> list[str]:
    """A heading on two lines where it has two parts."""
    if name in (OUT, IN):
        return name.split(" ")
    head, dash, tail = name.partition("-")
    return [head + dash, tail] if tail and len(name) > 11 else [name]


def _source(check: Check, network: Labels, source: str) -> list[str]:
    shown = label(network, source)
    lines = [source, shown[len(source) + 1 :]] if shown.startswith(f"{source} (") else [shown]
    alike = check.same_as.get(source, ())
    lines += [f"= {label(network, one)}" for one in alike[:MOST_ALIKE]]
    if len(alike) > MOST_ALIKE:
        lines.append(f"= {len(alike) - MOST_ALIKE} more")
    return [part for line in lines for part in wrap_parts(re.split(r"(?<=[-_/])", line), LONGEST_NAME, between="")]


def _cell(cell: Cell | None, is_internet: bool) -> list[str]:
    """Outcome and route. What is wanted of the internet is a blocked way, and the cell says so."""
    if cell is None:
        return ["–"]
    outcome = cell.outcome + ("*" if cell.needed else "") + ("!" if _opens(cell) else "")
    if is_internet and cell.outcome == "blocked":
        return [outcome, "as wanted"]
    return [outcome] if cell.route == "none" else [outcome, cell.route]


def _opens(cell: Cell) -> bool:
    """Whether a cell's way leads out to the internet, or in from it."""
    through = cell.outcome in ("allowed", "intermittent")
    return through and (cell.route not in ("private", "none") or "internet" in (cell.source, cell.destination))


def _painted(line: str, paint: Paint) -> str:
    """Colour for the outcomes in a line of the finished table (its width is settled by now)."""
    if not paint.on:
        return line
    line = re.sub(r"(?<=  )(?:allowed|intermittent)\*?!", lambda found: paint.outcome("blocked", found[0]), line)
    return re.sub(
        r"(?<=  )(allowed|intermittent|unknown|blocked\*)(?=[\s*]|$)",
        lambda found: paint.outcome(found[1].rstrip("*"), found[0]),
        line,
    )


def _legend(cells: Sequence[Cell], paint: Paint) -> list[str]:
    notes = []
    if any(cell.needed for cell in cells):
        notes.append("* a step of the pipeline needs it")
    ways = [cell for cell in cells if "internet" in (cell.source, cell.destination)]
    if any(map(_opens, cells)):
        notes.append("! leaves the private ways: out to the internet or by its way out, or in from it")
    if any(cell.outcome == "blocked" for cell in ways):
        notes.append("as wanted: no traffic at all gets through there")
    if any(cell.outcome == "intermittent" for cell in cells):
        notes.append("intermittent: works for some subnets, endpoint interfaces or client ports and not for others")
    if any(cell.outcome == "unknown" for cell in cells):
        notes.append("unknown: the snapshot lacks what decides it")
    notes += [f"{route}: {text}" for route, text in ROUTES.items() if any(cell.route == route for cell in cells)]
    return [paint.dim(line) for note in notes for line in wrap(note, paint.columns, "  ", "    ")]
