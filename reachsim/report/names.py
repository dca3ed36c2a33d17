"""What the names of AWS services lead to, as plain text. Decides nothing: every word is a value of `reachsim.names`."""

from __future__ import annotations

from collections.abc import Iterator

from reachsim.names import NameRow, Names, NameTable
from reachsim.report.columns import WIDTH, pad, wrap
from reachsim.report.paint import Paint
from reachsim.report.words import Labels, label

COLOURS = {
    "private": "allowed", "gateway": "allowed", "public": "intermittent", "no-answer": "blocked", "unknown": "unknown",
}  # fmt: skip
ADDRESSES_SHOWN = 4


def render_names(names: Names, network: Labels, *, colour: bool = False, columns: int = WIDTH) -> str:
    """The names by resolver and service.

    Args:
        names: What to show.
        network: Knows the names of resources.
        colour: Use ANSI colours.
        columns: The width to fill.
    """
    paint = Paint(colour, columns)
    lines: list[str] = []
    for table in names.tables:
        lines += [*([""] if lines else []), *_table(names.source, table, network, paint)]
    return "\n".join(lines)


def _table(source: str, table: NameTable, network: Labels, paint: Paint) -> Iterator[str]:
    where = label(network, table.vpc) if table.vpc else "outside every VPC"
    yield paint.bold(f"names from {source}, {where}")
    if table.sources != (source,):
        yield from wrap(", ".join(table.sources), paint.columns, "  ")
    services = dict.fromkeys(row.service for row in table.rows)
    word_width = max((len(row.outcome) for row in table.rows), default=0)
    kind_width = max((len(row.kind) for row in table.rows), default=0)
    for service in services:
        yield f"  {paint.bold(service)}"
        for row in table.rows:
            if row.service == service:
                yield from _row(row, network, paint, word_width, kind_width)


def _row(row: NameRow, network: Labels, paint: Paint, word_width: int, kind_width: int) -> Iterator[str]:
    word = paint.outcome(COLOURS[row.outcome], pad(row.outcome, word_width))
    doubt = "" if row.sure else " (by the SDKs' pattern)"
    yield f"    {word}  {pad(row.kind, kind_width)}  {row.host}{doubt}"
    indent = " " * (8 + word_width + kind_width)
    if row.through is not None:
        shown = ", ".join(row.addresses[:ADDRESSES_SHOWN])
        more = " and others" if len(row.addresses) > ADDRESSES_SHOWN else ""
        yield from wrap(f"by {label(network, row.through)}: {shown}{more}".rstrip(": "), paint.columns, indent)
    for note in (*([row.why] if row.why else []), *row.blocked_by, *row.assumptions):
        yield from wrap(f"{note.code}: {note.detail}", paint.columns, indent)
    for path in row.missing:
        yield from wrap(f"missing: {path}", paint.columns, indent)
