"""VPC Flow Logs: records of the default format, and of any other that has a header line.

Read are files as Amazon S3 gets them (text with a header line, gzip or plain, or Parquet), lines as CloudWatch Logs
exports them (a time stamp before each record) and prints them (``aws logs tail``), and what `reachsim.verify.forms`
unpacks. **Source:** "Flow log records", "Flow log record examples", "Flow log limitations" (VPC User Guide).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from reachsim.addresses import parse_address
from reachsim.errors import Fault, SnapshotError
from reachsim.verify.forms import lines_of

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
_SPELLINGS: Final = {name.replace("-", ""): name for name in FIELDS} | {
    "starttime": "start", "endtime": "end", "account": "account-id", "sourceaddress": "srcaddr",
    "destinationaddress": "dstaddr", "sourceport": "srcport", "destinationport": "dstport", "numpackets": "packets",
    "numbytes": "bytes", "packetsourceaddress": "pkt-srcaddr", "packetdestinationaddress": "pkt-dstaddr",
    "traffictype": "type",
}  # fmt: skip
"""Fields as they are spelt in files and by Athena's and CloudWatch Logs Insights' own columns, without - and _."""
_TELLING: Final = frozenset({"interface-id", "srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr", "log-status"})
"""Fields whose names stand in no record: the line is a header line."""
PORTED = (6, 17)
LATEST = 253_402_300_799
"""The last second of the year 9999."""
NOT_LOGS = ("aws-logs-write-test", "_SUCCESS")
"""Files that CloudWatch Logs and Spark put beside what they export."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")

Reading = Literal["request", "reply"]
Way = Literal["ingress", "egress", ""]
End = Literal["source", "destination", ""]
EITHER: Final[tuple[Reading, ...]] = ("request", "reply")


class FlowRecord(NamedTuple):
    """What a record tells, without what differs from packet to packet of the same kind (the client's port, counts).

    ``readings``: whether it may be of requests, of replies, or of either. ``lower``: the end whose port is lower than
    those that Linux gives to clients, where nothing else tells who serves whom: it tells that only where that end takes
    its own from there. ``opening``: whether its packets opened a connection; None if the record does not tell.
    ``path``: traffic-path, 0 where it is not told.
    """

    interface: str
    source: int
    destination: int
    packet_source: int
    packet_destination: int
    protocol: int
    port: int
    readings: tuple[Reading, ...]
    lower: End
    opening: bool | None
    accepted: bool
    way: Way
    reason: str
    path: int


class Line(NamedTuple):
    """One record with its place and times, or None and why nothing can be compared with the line."""

    record: FlowRecord | None
    place: str
    start: int | None
    end: int | None
    why: Literal["", "no-data", "fields-lack"] = ""


def field_of(text: str) -> str:
    """The field that a column's name is, however it is spelt; "" if it is none."""
    return _SPELLINGS.get(text.replace("-", "").replace("_", "").lower(), "")


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
        files = _files(path) if path.is_dir() else [path]
        if not files:
            raise SnapshotError(Fault(str(path), "", "flow log files in the folder", "none"))
        for file in files:
            try:
                with file.open("rb") as opened:
                    yield from read_lines(lines_of(opened, str(file), field_of), str(file), form)
            except (OSError, EOFError, zlib.error) as error:
                why = getattr(error, "strerror", None) or str(error)
                raise SnapshotError(Fault(str(file), "", "a readable flow log file", why)) from error


def _files(folder: Path) -> list[Path]:
    found = (one for one in folder.rglob("*") if one.is_file() and one.name not in NOT_LOGS)
    return sorted(one for one in found if not one.name.endswith(".metadata"))  # of Athena's results


def read_lines(lines: Iterable[str], label: str, form: str | None = None) -> Iterator[Line]:
    """The records of lines of one file. Raises SnapshotError."""
    names = _format(form) if form else None
    for number, text in enumerate(lines, 1):
        words = text.split()
        if not words:
            continue
        place = f"{label}:{number}"
        if not words[0][0].isdigit() and _TELLING & {field_of(word) for word in words}:
            names = tuple(field_of(word) or word for word in words)
            continue
        known = names or DEFAULT_FORMAT
        words = _without_stamp(words, len(known))
        if len(words) != len(known):
            what = "of the default format, or a header line" if names is None else "as the header says"
            expected = f"{len(known)} fields {what}"
            raise SnapshotError(Fault(place, "", expected, f"{len(words)} fields"))
        yield _line(dict(zip(known, words, strict=True)), place)


def _format(text: str) -> tuple[str, ...]:
    words = [word.removeprefix("${").removesuffix("}") for word in text.split()]
    unknown = [word for word in words if not field_of(word)]
    if unknown:
        raise SnapshotError(Fault("--log-format", "", "fields of VPC Flow Logs", unknown[0][:80]))
    names = tuple(map(field_of, words))
    lacking = [name for name in NEEDED if name not in names and f"pkt-{name}" not in names]
    if lacking:
        raise SnapshotError(Fault("--log-format", "", f"a format with the field {lacking[0]}", "one without it"))
    return names


def _without_stamp(words: list[str], wanted: int) -> list[str]:
    """Without the time stamp, and the log stream's name, that CloudWatch Logs puts before a message."""
    if len(words) > wanted and _TIME.fullmatch(words[0]):
        words = words[1:]
        if len(words) == wanted + 1 and words[0].startswith("eni-"):
            words = words[1:]
    return words


def _line(fields: Mapping[str, str], place: str) -> Line:
    start, end = (_number(fields, key, place, LATEST) for key in ("start", "end"))
    if fields.get("log-status", "OK") in ("NODATA", "SKIPDATA"):
        return Line(None, place, start, end, "no-data")
    action = fields.get("action", "-")
    if action not in ("ACCEPT", "REJECT", "-"):
        raise SnapshotError(Fault(place, "", "the action ACCEPT or REJECT", action[:80]))
    ends = _ends(fields, place)
    protocol = _number(fields, "protocol", place, 255)
    client, port = (_number(fields, key, place, 65535) for key in ("srcport", "dstport"))
    flags = _number(fields, "tcp-flags", place, 255) if protocol == 6 else None
    if action == "-" or ends is None or protocol is None or (protocol in PORTED and port is None):
        return Line(None, place, start, end, "fields-lack")
    way: Way = "ingress" if fields.get("flow-direction") == "ingress" else ""
    if fields.get("flow-direction") == "egress":
        way = "egress"
    opening = None if flags is None else flags & 18 == 2
    record = FlowRecord(
        fields.get("interface-id", "-"), *ends, protocol,
        port or 0 if protocol in PORTED else 0, *_readings(protocol, client, port or 0, flags), opening,
        action == "ACCEPT", way, fields.get("reject-reason", "-"), _number(fields, "traffic-path", place, 255) or 0,
    )  # fmt: skip
    return Line(record, place, start, end)


def _ends(fields: Mapping[str, str], place: str) -> tuple[int, int, int, int] | None:
    """The source and destination that the interface saw, and the packet's own; None if an end is not told at all."""
    source, destination = (_addresses(fields, name, place) for name in ("srcaddr", "dstaddr"))
    if source is None or destination is None:
        return None
    return source[0], destination[0], source[1], destination[1]


def _addresses(fields: Mapping[str, str], name: str, place: str) -> tuple[int, int] | None:
    """The address that the interface saw, and the packet's own, each standing in for the other."""
    found = []
    for key in (name, f"pkt-{name}"):
        text = fields.get(key, "-")
        try:
            found.append(None if text == "-" else parse_address(text))
        except ValueError as error:
            raise SnapshotError(Fault(place, "", f"an IP address as {key}", text[:80])) from error
    own, packet = found
    if own is None:
        return None if packet is None else (packet, packet)
    return own, own if packet is None else packet


def _number(fields: Mapping[str, str], name: str, place: str, most: int) -> int | None:
    text = fields.get(name, "-")
    if text == "-":
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) <= most):
        raise SnapshotError(Fault(place, "", f"a number up to {most} as {name}", text[:80]))
    return int(text)


def _readings(protocol: int, client: int | None, port: int, flags: int | None) -> tuple[tuple[Reading, ...], End]:
    """Who opened the connection: told by the flags of the first packets, else by the ports, else not at all.

    A service's port is a known one, or lower than those that Linux gives to clients; the latter goes by which end it is
    (`FlowRecord`).
    """
    if flags is not None and flags & 2:
        return (("reply",) if flags & 16 else ("request",)), ""
    if protocol not in PORTED or client is None:
        return EITHER, ""
    for edge in (1024, 32768):
        if port < edge <= client:
            return ("request",), "" if edge == 1024 else "destination"
        if client < edge <= port:
            return ("reply",), "" if edge == 1024 else "source"
    return EITHER, ""
