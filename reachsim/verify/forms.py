"""What flow log files are packed in, as lines of text: gzip, Parquet, the JSON of CloudWatch Logs and of Firehose, CSV.

Tables (Parquet, the CSV of Amazon Athena and of CloudWatch Logs Insights, Insights' results) become a header line with
lines of values below it; a value that is not there is ``-``. **Source:** "Publish flow logs to Amazon S3", "… to Amazon
Data Firehose", "Flow log files" (VPC User Guide); "Work with query results and recent queries" (Athena User Guide);
"Supported logs and discovered fields", "Subscription filters" (CloudWatch Logs User Guide); GetLogEvents,
FilterLogEvents and GetQueryResults (CloudWatch Logs API Reference).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reachsim.errors import Fault, SnapshotError

LONGEST_LINE = 1 << 16
LARGEST_JSON = 1 << 30
_LISTS = ("events", "results", "logEvents")
"""The keys of what holds messages: answers of the API, and what a subscription delivers."""


def lines_of(opened: Any, label: str, field: Callable[[str], str]) -> Iterator[str]:
    """The lines of a file, whatever it is packed in.

    Args:
        opened: The file, open for reading bytes.
        label: What the file is called.
        field: Gives the flow log field that a column is, or "".

    Raises:
        SnapshotError: The file holds something else, or is broken; names the place.
        UnsupportedError: The file is Parquet, and pyarrow is not installed.
    """
    head = opened.read(4)
    opened.seek(0)
    if head == b"PAR1":
        from reachsim.verify.parquet import parquet_lines  # few need it

        yield from parquet_lines(opened, label, field)
        return
    stream = io.BufferedReader(gzip.GzipFile(fileobj=opened)) if head[:2] == b"\x1f\x8b" else opened
    start = stream.peek(1).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in (b"{", b"["):
        yield from _messages(_documents(stream, label), label, field)
        return
    lines = _decoded(stream, label)
    first = next(lines, "")
    if "," in first:
        yield from _cells(first, lines, label, field)
        return
    yield first
    yield from lines


def _decoded(stream: Any, label: str) -> Iterator[str]:
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise SnapshotError(Fault(f"{label}:{number}", "", "lines of flow log records", "a line without an end"))
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise SnapshotError(Fault(f"{label}:{number}", "", "text in UTF-8", "other bytes")) from error


def table_line(values: Iterable[object]) -> str:
    """A line of values as flow logs have them: nothing is ``-``, and no value has a space within it."""
    return " ".join("_".join(str("" if one is None else one).split()) or "-" for one in values)


# --- CSV --------------------------------------------------------------------------------------------------------------


def _cells(first: str, lines: Iterator[str], label: str, field: Callable[[str], str]) -> Iterator[str]:
    """The records of a CSV file with a header line: in columns of their own, or each in one column ``@message``."""
    rows = csv.reader([first], strict=True)
    try:
        header = next(rows)
        message = header.index("@message") if "@message" in header else None
        columns = [place for place, name in enumerate(header) if field(name)]
        if message is None and not columns:
            raise SnapshotError(Fault(f"{label}:1", "", "columns that are fields of VPC Flow Logs", first.strip()[:80]))
        yield "\n" if message is not None else table_line(header[place] for place in columns)
        rows = csv.reader(lines, strict=True)
        for cells in rows:
            if cells and len(cells) != len(header):
                place = f"{label}:{rows.line_num + 1}"
                raise SnapshotError(Fault(place, "", f"{len(header)} cells as in the header line", str(len(cells))))
            if not cells:
                yield "\n"
            else:
                yield cells[message] if message is not None else table_line(cells[place] for place in columns)
    except csv.Error as error:
        raise SnapshotError(Fault(f"{label}:{rows.line_num + 1}", "", "rows of CSV", str(error))) from error


# --- JSON -------------------------------------------------------------------------------------------------------------


def _documents(stream: Any, label: str) -> Iterator[Any]:
    """The documents of a file, one after another, as Firehose delivers them."""
    data = stream.read(LARGEST_JSON + 1)
    if len(data) > LARGEST_JSON:
        raise SnapshotError(Fault(label, "", "at most 1 GiB of JSON", "more"))
    decoder, at = json.JSONDecoder(), 0
    try:
        text = data.decode("utf-8-sig")
        while (at := _past_space(text, at)) < len(text):
            document, at = decoder.raw_decode(text, at)
            yield document
    except (ValueError, RecursionError) as error:
        raise SnapshotError(Fault(label, "", "complete JSON in UTF-8", str(error))) from error


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _messages(documents: Iterable[Any], label: str, field: Callable[[str], str]) -> Iterator[str]:
    """The records in documents; where fields stand by themselves, each record below a header line of its own."""
    for number, document in enumerate(documents):
        at = f"/{number}" if number else ""
        if isinstance(document, dict):
            held = next((document[key] for key in _LISTS if key in document), [document] if _is_one(document) else None)
        else:
            held = document
        if not isinstance(held, list):
            expected = "the events of CloudWatch Logs, its query results, or Firehose's records"
            raise SnapshotError(Fault(label, at, expected, "other JSON"))
        for index, one in enumerate(held):
            yield from _record(_named(one), Fault(label, f"{at}/{index}", "an event with one record", "another"), field)


def _is_one(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("message"), str)


def _named(event: Any) -> Mapping[str, Any]:
    """An event by key; the query results of the API are lists of fields with values."""
    if isinstance(event, list):
        return {str(one["field"]): one.get("value") for one in event if isinstance(one, dict) and "field" in one}
    return event if isinstance(event, dict) else {}


def _record(event: Mapping[str, Any], fault: Fault, field: Callable[[str], str]) -> Iterator[str]:
    message = event.get("message", event.get("@message"))
    if isinstance(message, str):
        if "\n" in message.strip():
            raise SnapshotError(fault)
        yield message
        return
    names = [name for name in event if field(name)]
    if not names:
        raise SnapshotError(fault)
    yield table_line(names)
    yield table_line(event[name] for name in names)
