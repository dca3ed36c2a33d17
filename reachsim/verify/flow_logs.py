"""VPC Flow Logs as text: records of the default format, and of any other that has a header line.

Read are files as Amazon S3 gets them (text with a header line, gzip or plain, or Parquet), lines as CloudWatch Logs
exports them (a time stamp before each record) and prints them (``aws logs tail``), and the JSON of
``aws logs get-log-events``, ``filter-log-events`` and ``get-query-results``. **Source:** "Flow log records", "Flow log
record examples", "Flow log files", "Flow log limitations" (VPC User Guide).
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from reachsim.addresses import parse_address
from reachsim.errors import Fault, SnapshotError

DEFAULT_FORMAT = (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
    "start", "end", "action", "log-status",
)  # fmt: skip
FIELDS = frozenset(DEFAULT_FORMAT) | {
    "vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr", "region", "az-id",
    "sublocation-type", "sublocation-id", "pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction",
    "traffic-path", "ecs-cluster-arn", "ecs-cluster-name", "ecs-container-instance-arn", "ecs-container-instance-id",
    "ecs-container-id", "ecs-second-container-id", "ecs-service-name", "ecs-task-definition-arn", "ecs-task-arn",
    "ecs-task-id", "reject-reason", "resource-id", "encryption-status",
}  # fmt: skip
"""The fields of versions 2 to 8."""
NEEDED = ("interface-id", "srcaddr", "dstaddr", "protocol", "action")
LONGEST_LINE = 1 << 16
LARGEST_JSON = 1 << 30
PORTED = (6, 17)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")

Reading = Literal["request", "reply"]
Way = Literal["ingress", "egress", ""]


class FlowRecord(NamedTuple):
    """What a record tells, without what differs from packet to packet of the same kind (the client's port, counts).

    ``readings``: whether it may be of requests, of replies, or of either. ``opening``: its packets opened a connection.
    """

    interface: str
    source: int
    destination: int
    packet_source: int
    packet_destination: int
    protocol: int
    port: int
    readings: tuple[Reading, ...]
    opening: bool
    accepted: bool
    way: Way
    reason: str


class Line(NamedTuple):
    """One record, or None where a line says that there was nothing to record, with its place and times."""

    record: FlowRecord | None
    place: str
    start: int | None
    end: int | None


def read_flow_logs(paths: Iterable[Path], form: str | None = None) -> Iterator[Line]:
    """The records of files, and of all files below folders, one after the other.

    Args:
        paths: Files (text, gzip, Parquet or JSON) or folders.
        form: The log format as AWS writes it (``${version} ${vpc-id} …``), for records without a header line.

    Raises:
        SnapshotError: Something is no flow log record; names file and line.
        UnsupportedError: A file is Parquet, and pyarrow is not installed.
    """
    for path in paths:
        files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        if not files:
            raise SnapshotError(Fault(str(path), "", "flow log files in the folder", "none"))
        for file in files:
            try:
                with file.open("rb") as opened:
                    yield from read_lines(_texts(opened, str(file)), str(file), form)
            except (OSError, EOFError, zlib.error) as error:
                why = getattr(error, "strerror", None) or str(error)
                raise SnapshotError(Fault(str(file), "", "a readable flow log file", why)) from error


def read_lines(lines: Iterable[str], label: str, form: str | None = None) -> Iterator[Line]:
    """The records of lines of one file. Raises SnapshotError."""
    names = _names(form, "--log-format") if form else None
    for number, text in enumerate(lines, 1):
        words = text.split()
        if not words:
            continue
        place = f"{label}:{number}"
        if all(word.replace("_", "-") in FIELDS for word in words):
            names = _names(text, place)
            continue
        known = names or DEFAULT_FORMAT
        words = _without_stamp(words, len(known))
        if len(words) != len(known):
            what = "of the default format, or a header line" if names is None else "as the header says"
            expected = f"{len(known)} fields {what}"
            raise SnapshotError(Fault(place, "", expected, f"{len(words)} fields"))
        yield _line(dict(zip(known, words, strict=True)), place)


def _names(text: str, place: str) -> tuple[str, ...]:
    names = tuple(word.removeprefix("${").removesuffix("}").replace("_", "-") for word in text.split())
    unknown = [name for name in names if name not in FIELDS]
    if unknown:
        raise SnapshotError(Fault(place, "", "fields of VPC Flow Logs", unknown[0][:80]))
    lacking = [name for name in NEEDED if name not in names and f"pkt-{name}" not in names]
    if lacking:
        raise SnapshotError(Fault(place, "", f"a format with the field {lacking[0]}", "one without it"))
    return names


def _without_stamp(words: list[str], wanted: int) -> list[str]:
    """Without the time stamp, and the log stream's name, that CloudWatch Logs puts before a message."""
    if len(words) > wanted and _TIME.fullmatch(words[0]):
        words = words[1:]
        if len(words) == wanted + 1 and words[0].startswith("eni-"):
            words = words[1:]
    return words


def _line(fields: Mapping[str, str], place: str) -> Line:
    start, end = (_number(fields, key, place, 1 << 40) for key in ("start", "end"))
    if fields.get("log-status", "OK") in ("NODATA", "SKIPDATA") or fields["action"] == "-":
        return Line(None, place, start, end)
    if fields["action"] not in ("ACCEPT", "REJECT"):
        raise SnapshotError(Fault(place, "", "the action ACCEPT or REJECT", fields["action"][:80]))
    source, packet_source = _addresses(fields, "srcaddr", place)
    destination, packet_destination = _addresses(fields, "dstaddr", place)
    protocol = _number(fields, "protocol", place, 255)
    if protocol is None:
        raise SnapshotError(Fault(place, "", "a protocol number", "-"))
    client, port = (_number(fields, key, place, 65535) for key in ("srcport", "dstport"))
    if protocol in PORTED and port is None:
        raise SnapshotError(Fault(place, "", "a format with the field dstport", "one without it"))
    flags = _number(fields, "tcp-flags", place, 255) if protocol == 6 else None
    way: Way = "ingress" if fields.get("flow-direction") == "ingress" else ""
    if fields.get("flow-direction") == "egress":
        way = "egress"
    record = FlowRecord(
        fields["interface-id"], source, destination, packet_source, packet_destination, protocol,
        port or 0 if protocol in PORTED else 0, _readings(protocol, client, port or 0, flags),
        flags is not None and bool(flags & 2) and not flags & 16, fields["action"] == "ACCEPT",
        way, fields.get("reject-reason", "-"),
    )  # fmt: skip
    return Line(record, place, start, end)


def _addresses(fields: Mapping[str, str], name: str, place: str) -> tuple[int, int]:
    """The address that the interface saw, and the packet's own, each standing in for the other."""
    found = []
    for key in (name, f"pkt-{name}"):
        text = fields.get(key, "-")
        try:
            found.append(None if text == "-" else parse_address(text))
        except ValueError as error:
            raise SnapshotError(Fault(place, "", f"an IP address as {key}", text[:80])) from error
    own, packet = found
    if own is None and packet is None:
        raise SnapshotError(Fault(place, "", f"an IP address as {name}", "-"))
    first = own if own is not None else packet
    second = packet if packet is not None else own
    assert first is not None
    assert second is not None
    return first, second


def _number(fields: Mapping[str, str], name: str, place: str, most: int) -> int | None:
    text = fields.get(name, "-")
    if text == "-":
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) <= most):
        raise SnapshotError(Fault(place, "", f"a number up to {most} as {name}", text[:80]))
    return int(text)


def _readings(protocol: int, client: int | None, port: int, flags: int | None) -> tuple[Reading, ...]:
    """Who opened the connection: told by the flags of the first packets, else by the ports, else not at all.

    A service's port is a known one, or lower than those that Linux gives to clients.
    """
    if flags is not None and flags & 2:
        return ("reply",) if flags & 16 else ("request",)
    if protocol not in PORTED or client is None:
        return ("request", "reply")
    for edge in (1024, 32768):
        if port < edge <= client:
            return ("request",)
        if client < edge <= port:
            return ("reply",)
    return ("request", "reply")


# --- files ------------------------------------------------------------------------------------------------------------


def _texts(opened: Any, label: str) -> Iterator[str]:
    """The lines of a file, whatever it is packed in."""
    head = opened.read(4)
    opened.seek(0)
    if head[:2] == b"\x1f\x8b":
        opened = gzip.GzipFile(fileobj=opened)
    elif head == b"PAR1":
        from reachsim.verify.parquet import parquet_lines  # few need it

        yield from parquet_lines(opened, label, FIELDS)
        return
    stream = io.BufferedReader(opened) if isinstance(opened, gzip.GzipFile) else opened
    if stream.peek(1)[:1] in (b"{", b"["):
        yield from _messages(_json(stream, label), label)
        return
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise SnapshotError(Fault(f"{label}:{number}", "", "lines of flow log records", "a line without an end"))
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise SnapshotError(Fault(f"{label}:{number}", "", "text in UTF-8", "other bytes")) from error


def _json(stream: Any, label: str) -> Any:
    data = stream.read(LARGEST_JSON + 1)
    if len(data) > LARGEST_JSON:
        raise SnapshotError(Fault(label, "", "at most 1 GiB of JSON", "more"))
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SnapshotError(Fault(label, "", "complete JSON in UTF-8", str(error))) from error


def _messages(document: Any, label: str) -> Iterator[str]:
    """The messages in the answers of get-log-events, filter-log-events and get-query-results."""
    if isinstance(document, dict):
        document = document.get("events", document.get("results"))
    if not isinstance(document, list):
        raise SnapshotError(Fault(label, "", "the events of CloudWatch Logs, or its query results", "other JSON"))
    for index, one in enumerate(document):
        message = one.get("message") if isinstance(one, dict) else None
        if isinstance(one, list):
            cells = [cell for cell in one if isinstance(cell, dict)]
            message = next((cell.get("value") for cell in cells if cell.get("field") == "@message"), None)
        if not isinstance(message, str) or "\n" in message.strip():
            raise SnapshotError(Fault(label, f"/{index}", "an event with one record as its message", "another"))
        yield message
