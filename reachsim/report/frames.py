"""Answers as rows of a table, and as a pandas.DataFrame where pandas is installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from reachsim.errors import QuestionError, UnsupportedError
from reachsim.verdict import Check, Verdict

if TYPE_CHECKING:
    import pandas

Row = dict[str, Any]
TABLES: Final = ("matrix", "steps", "findings", "assumptions", "missing")


def rows_of_check(check: Check, table: str = "matrix") -> tuple[tuple[str, ...], list[Row]]:
    """The columns and rows of one of a check's tables. Raises QuestionError."""
    if table == "matrix":
        columns: tuple[str, ...] = ("source", "destination", "outcome", "route", "needed", "blocked_by")
        return columns, [
            {**{name: getattr(cell, name) for name in columns[:-1]},
             "blocked_by": " ".join(dict.fromkeys(block.code for block in cell.blocked_by))}
            for cell in check.matrix
        ]  # fmt: skip
    if table == "missing":
        return ("file",), [{"file": file} for file in check.missing]
    named: dict[str, tuple[tuple[str, ...], Iterable[object]]] = {
        "steps": (("project", "step", "outcome", "route", "service_side", "not_reached"), check.steps),
        "findings": (("id", "severity", "component", "title", "remedy"), check.findings),
        "assumptions": (("code", "component", "detail", "can_hide"), check.assumptions),
    }
    if table not in named:
        raise QuestionError(f"no table {table!r}: {', '.join(TABLES)}", "UNKNOWN_TABLE")
    columns, values = named[table]
    return columns, [{name: getattr(one, name) for name in columns} for one in values]


def rows_of_verdict(verdict: Verdict) -> tuple[tuple[str, ...], list[Row]]:
    """Every hop of every way: a row each."""
    columns = ("way", "outcome", "route", "leg", "type", "component", "rule", "detail", "source")
    return columns, [
        {"way": number, "outcome": path.outcome, "route": path.route, "leg": hop.leg, "type": hop.type,
         "component": hop.component, "rule": hop.rule, "detail": hop.detail, "source": hop.source}
        for number, path in enumerate(verdict.paths, 1) for hop in path.hops
    ]  # fmt: skip


def to_frame(value: Check | Verdict, table: str = "matrix") -> pandas.DataFrame:
    """The rows as a DataFrame. Raises UnsupportedError where pandas is not installed."""
    try:
        import pandas
    except ImportError as error:
        raise UnsupportedError("to_frame() needs pandas, which is not installed: pip install pandas") from error
    columns, rows = rows_of_check(value, table) if isinstance(value, Check) else rows_of_verdict(value)
    return pandas.DataFrame(rows, columns=list(columns))
