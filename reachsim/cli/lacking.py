"""What a capture could not read: a table where it fits, on narrower terminals two lines for each call."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from reachsim.collect.consequences import consequence
from reachsim.collect.manifest import Entry
from reachsim.collect.outcome import NOT_COLLECTED, UNKNOWN_CREDENTIALS
from reachsim.errors import printable
from reachsim.report import columns

MOST_ROWS: Final = 40
HEADER: Final = ("where", "call", "outcome", "undecidable without it")
Row = tuple[str, str, str, str]
"""Where, which call, its outcome, and what is undecidable without it."""


def lines(calls: Sequence[Entry]) -> list[str]:
    """The calls that brought no answer, those that matter first, in lines as wide as the terminal at most.

    Where nobody looks (a file, a pipe), a call stays on one line, however long.
    """
    rows = [*unanswering(calls), *rows_of(calls)]
    shown = [tuple(printable(cell) for cell in row) for row in rows[:MOST_ROWS]]
    found = columns.table([[name] for name in HEADER], ([[cell] for cell in row] for row in shown), sys.maxsize)
    wide = os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else sys.maxsize
    if max(map(columns.width, found)) > wide:
        found = [*_below_one_another(shown, wide)]
    if len(rows) > MOST_ROWS:
        found.append(f"and {len(rows) - MOST_ROWS} more: see calls in snapshot.json")
    return found


def _below_one_another(rows: Iterable[Sequence[str]], wide: int) -> Iterator[str]:
    before = ""
    for where, call, outcome, undecidable in rows:
        if where != before:
            yield f"not read in {where}:"
            before = where
        yield from columns.wrap(f"{call}: {outcome}", wide, "  ", "      ")
        yield from columns.wrap(f"undecidable: {undecidable}", wide, "    ", "      ")


def unanswering(calls: Iterable[Entry]) -> list[Row]:
    """One row for each account, or Region of an account, that answered nothing at all."""
    rows: list[Row] = []
    for place, entries in _places(calls).items():
        if not any(entry.known for entry in entries):
            why = sorted({_outcome(entry) for entry in entries if entry.outcome != "not-asked"})
            if any(entry.code in UNKNOWN_CREDENTIALS for entry in entries):
                why.append("(is the Region enabled for the account?)")
            rows.append((place, "every call", " ".join(why), f"everything in {place}"))
    return rows


def _places(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The calls of each account, and of each of the Regions of those that answered anything."""
    accounts: dict[str, list[Entry]] = {}
    regions: dict[str, list[Entry]] = {}
    for entry in entries:
        account, region, _ = entry.file.split("/", 2)
        accounts.setdefault(account, []).append(entry)
        if region != "global":
            regions.setdefault(f"{account}/{region}", []).append(entry)
    silent = {account: found for account, found in accounts.items() if not any(entry.known for entry in found)}
    return silent | {place: found for place, found in regions.items() if place.split("/")[0] not in silent}


def rows_of(calls: Sequence[Entry]) -> list[Row]:
    """One row per call and outcome, however many things, Regions and accounts it was asked about; those that matter
    first.
    """
    told = [row[0] for row in unanswering(calls)]
    found: dict[tuple[str, str, str], Counter[tuple[str, str]]] = {}
    for entry in calls:
        account, region, service, rest = entry.file.split("/", 3)
        if entry.known or account in told or f"{account}/{region}" in told:
            continue
        operation = rest.removesuffix(".json").split("/")[0]
        key = (f"{service} {operation}", _outcome(entry), consequence(service, operation))
        found.setdefault(key, Counter())[account, region] += 1
    rows = [
        (_where(counts), f"{call} ×{count}" if (count := counts.total()) > 1 else call, why, what)
        for (call, why, what), counts in found.items()
    ]
    return [
        (where, call, why, what or "nothing, no verdict needs it")
        for where, call, why, what in sorted(rows, key=lambda row: (not row[3], row))
    ]


def _where(places: Iterable[tuple[str, str]]) -> str:
    """The accounts and their Regions; of more than three, how many there are."""
    accounts, regions = (sorted({one[at] for one in places}) for at in (0, 1))
    return "/".join(
        ",".join(one) if len(one) < 4 else f"{len(one)} {what}"
        for one, what in ((accounts, "accounts"), (regions, "Regions"))
    )


def _outcome(entry: Entry) -> str:
    code = entry.code if entry.code != NOT_COLLECTED else ""
    return " ".join(filter(None, (entry.outcome, code, entry.permission and f"(needs {entry.permission})")))
