"""Flow log files in all their forms, and what is wrong with one that is none."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reachsim import SnapshotError
from reachsim.addresses import format_address
from reachsim.verify.flow_logs import DEFAULT_FORMAT, FlowRecord, Line, read_flow_logs

RECORD = "2 111111111111 eni-web 198.51.100.9 10.0.1.5 50000 443 6 10 800 1700000000 1700000060 ACCEPT OK"
"""Of the default format."""


def read(tmp_path: Path, data: str | bytes, form: str | None = None, name: str = "flow.log") -> list[Line]:
    file = tmp_path / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(read_flow_logs([file], form))


def only(lines: list[Line]) -> FlowRecord:
    assert len(lines) == 1
    assert lines[0].record is not None
    return lines[0].record


def test_a_record_of_the_default_format(tmp_path: Path) -> None:
    (line,) = read(tmp_path, RECORD)
    record = only([line])
    assert (line.start, line.end, line.place) == (1700000000, 1700000060, f"{tmp_path}/flow.log:1")
    assert (record.interface, record.protocol, record.port, record.accepted) == ("eni-web", 6, 443, True)
    assert [format_address(one) for one in (record.source, record.destination)] == ["198.51.100.9", "10.0.1.5"]
    assert (record.readings, record.way, record.opening) == (("request",), "", None)


DISCOVERED = [
    "version", "accountId", "interfaceId", "srcAddr", "dstAddr", "srcPort", "dstPort", "protocol", "packets", "bytes",
    "startTime", "endTime", "action", "logStatus",
]  # fmt: skip
BY_FIELD = dict(zip(DISCOVERED, RECORD.split(), strict=True))
ATHENA = [name.replace("-", "_") for name in DEFAULT_FORMAT]
FORMS = {
    "gzip": gzip.compress(RECORD.encode()),
    "CloudWatch's export": f"2023-11-14T22:13:20.000Z {RECORD}",
    "aws logs tail": f"2023-11-14T22:13:20+00:00 eni-web-all {RECORD}",
    "get-log-events": json.dumps({"events": [{"timestamp": 1, "message": RECORD}], "nextForwardToken": "f/1"}),
    "get-query-results": json.dumps({"results": [[{"field": "@ptr", "value": "x"}, {"field": "@message", "value": RECORD}]]}),  # noqa: E501
    "get-query-results by field": json.dumps({"results": [[{"field": name, "value": value} for name, value in BY_FIELD.items()]]}),  # noqa: E501
    "Logs Insights' JSON": json.dumps([{**BY_FIELD, "@timestamp": "2023-11-14 22:13:20.000"}]),
    "Logs Insights' CSV": f'@timestamp,@message\n2023-11-14 22:13:20.000,"{RECORD}"\n',
    "Logs Insights' CSV by field": ",".join(["@timestamp", *BY_FIELD]) + "\r\n" + ",".join(["2023-11-14 22:13:20.000", *BY_FIELD.values()]) + "\r\n",  # noqa: E501
    "Athena's CSV": "\n".join(",".join(f'"{one}"' for one in line) for line in (["date", *ATHENA], ["2023-11-14", *RECORD.split()])),  # noqa: E501
    "a subscription's records": json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 1, "message": RECORD}]}),  # noqa: E501
    "Firehose's records": '{"messageType": "CONTROL_MESSAGE", "logEvents": []}' + json.dumps({"message": RECORD}),
    "Windows's line ends": f"{RECORD}\r\n\r\n",
    "a byte order mark": b"\xef\xbb\xbf" + RECORD.encode(),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same_record(form: str, tmp_path: Path) -> None:
    assert only(read(tmp_path, FORMS[form])) == only(read(tmp_path, RECORD))


@pytest.mark.parametrize("spelling", ["-", "_"])
def test_a_header_line_names_the_fields(spelling: str, tmp_path: Path) -> None:
    header = "flow-direction tcp-flags interface-id pkt-srcaddr srcaddr dstaddr dstport srcport protocol action az-id"
    values = "ingress 2 eni-web 192.0.2.1 198.51.100.9 10.0.1.5 443 50000 6 REJECT use1-az1"
    record = only(read(tmp_path, f"{header.replace('-', spelling)}\n{values}\n"))
    assert (record.way, record.opening, record.accepted, record.readings) == ("ingress", True, False, ("request",))
    assert format_address(record.packet_source) == "192.0.2.1"
    assert record.packet_destination == record.destination


def test_without_a_header_line_the_format_can_be_told(tmp_path: Path) -> None:
    form = "${interface-id} ${pkt-srcaddr} ${pkt-dstaddr} ${srcport} ${dstport} ${protocol} ${action} ${reject-reason}"
    record = only(read(tmp_path, "eni-1 10.0.0.1 10.0.0.2 50000 53 17 REJECT BPA", form))
    assert (record.interface, record.protocol, record.port, record.reason) == ("eni-1", 17, 53, "BPA")


@pytest.mark.parametrize("status", ["NODATA", "SKIPDATA"])
def test_a_line_without_traffic_is_a_line_without_a_record(status: str, tmp_path: Path) -> None:
    (line,) = read(tmp_path, f"2 111111111111 eni-web - - - - - - - 1700000000 1700000060 - {status}")
    assert (line.record, line.why) == (None, "no-data")


HEAD = "interface-id srcaddr dstaddr dstport protocol action"
LACKING = [
    RECORD.replace("198.51.100.9", "-"),
    RECORD.replace("10.0.1.5", "-"),
    RECORD.replace(" 6 10", " - 10"),
    RECORD.replace("ACCEPT", "-"),
    RECORD.replace(" 443 ", " - "),
    "interface-id srcaddr dstaddr protocol action\neni-1 10.0.0.1 10.0.0.2 6 ACCEPT",
    "interface-id srcaddr dstaddr dstport protocol\neni-1 10.0.0.1 10.0.0.2 443 6",
    # AWS's example of a NAT gateway ("Flow log record examples")
    "instance-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr\n"
    "- eni-1 10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5",
]


@pytest.mark.parametrize("text", LACKING)
def test_a_record_that_lacks_what_is_compared_is_counted(text: str, tmp_path: Path) -> None:
    """ "If a field is not applicable or could not be computed for a specific record, the record displays '-'"."""
    (line,) = read(tmp_path, text)
    assert (line.record, line.why) == (None, "fields-lack")


def test_a_header_may_name_fields_that_came_later_and_lack_the_interface(tmp_path: Path) -> None:
    """Of a NAT gateway that is in no subnet the interface is ``-``."""
    record = only(read(tmp_path, f"{HEAD} a-field-of-version-12\n- 10.0.0.1 10.0.0.2 443 6 ACCEPT x"))
    assert (record.interface, record.port) == ("-", 443)
    record = only(read(tmp_path, f"{HEAD.removeprefix('interface-id ')}\n10.0.0.1 10.0.0.2 443 6 ACCEPT"))
    assert (record.interface, record.port) == ("-", 443)


def test_fields_of_ecs_and_of_later_versions_are_read_over(tmp_path: Path) -> None:
    more = ("ecs-cluster-arn ecs-cluster-name ecs-container-id ecs-second-container-id ecs-service-name ecs-task-id "
            "reject-reason traffic-path resource-id encryption-status")  # fmt: skip
    values = "arn:aws:ecs:us-east-1:111111111111:cluster/app app 0f1e-1 - web 9c3f BPA - nat-1 0"
    record = only(read(tmp_path, f"version {HEAD} {more}\n8 eni-1 10.0.0.1 10.0.0.2 443 6 REJECT {values}"))
    assert (record.port, record.reason, record.path) == (443, "BPA", 0)


def test_a_folder_is_all_its_files_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "2023"
    folder.mkdir(parents=True)
    (folder / "b.log.gz").write_bytes(gzip.compress(RECORD.encode()))
    (folder / "a.log").write_text(RECORD.replace("443", "80"))
    (folder / "c.csv.metadata").write_bytes(b"\x08\x07")
    (tmp_path / "logs" / "aws-logs-write-test").write_text("Permission Check Successful")
    found = [line.record for line in read_flow_logs([tmp_path / "logs"])]
    assert [record.port for record in found if record] == [80, 443]


TYPES = {"version": "int32", "srcport": "int32", "dstport": "int32", "protocol": "int32", "packets": "int64",
         "bytes": "int64", "start": "int64", "end": "int64"}  # fmt: skip


def parquet(names: list[str], *records: str) -> bytes:
    """Records as AWS writes them to Parquet: whole numbers in columns of their own types, ``-`` is nothing."""
    rows = [record.split() for record in records]
    arrays = {}
    for place, name in enumerate(names):
        kind = TYPES.get(name, "string")
        column = [None if row[place] == "-" and kind != "string" else row[place] for row in rows]
        values = column if kind == "string" else [None if one is None else int(one) for one in column]
        arrays[name.replace("-", "_")] = pa.array(values, pa.type_for_alias(kind))
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays), sink, compression="gzip")
    return sink.getvalue()


def test_parquet_holds_the_same_records(tmp_path: Path) -> None:
    """ "Flow log records": NODATA has no values; a further column is none of the fields that we know."""
    nothing = "2 111111111111 eni-web - - - - - - - 1700000000 1700000060 - NODATA"
    data = parquet([*DEFAULT_FORMAT, "a-new-field"], f"{RECORD} x", f"{nothing} x", f"{RECORD} x")
    assert read(tmp_path, data, name="a.log.parquet") == [
        line._replace(place=f"{tmp_path}/a.log.parquet:{number}")
        for number, line in enumerate(read(tmp_path, f"{RECORD}\n{nothing}\n{RECORD}"), 2)
    ]


def test_parquet_of_something_else_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="columns that are fields of VPC Flow Logs, found others"):
        read(tmp_path, parquet(["tgw-id"], "tgw-1"))
    (line,) = read(tmp_path, parquet(["interface-id", "action"], "eni-1 ACCEPT"))
    assert line.why == "fields-lack"


@pytest.mark.parametrize("cut", [10, -9])
def test_parquet_that_is_cut_off_is_named(cut: int, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="a readable Parquet file"):
        read(tmp_path, parquet(list(DEFAULT_FORMAT), RECORD)[:cut])


READINGS = [
    (50000, 443, None, ("request",)),
    (443, 50000, None, ("reply",)),
    (40000, 8080, None, ("request",)),
    (8080, 40000, None, ("reply",)),
    (5000, 8080, None, ("request", "reply")),
    (123, 123, None, ("request", "reply")),
    (443, 50000, 2, ("request",)),
    (50000, 443, 18, ("reply",)),
    (50000, 443, 19, ("reply",)),
    (50000, 443, 3, ("request",)),
    (50000, 443, 4, ("request",)),
]


@pytest.mark.parametrize(("client", "port", "flags", "readings"), READINGS)
def test_flags_then_ports_tell_requests_from_replies(
    client: int, port: int, flags: int | None, readings: tuple[str, ...], tmp_path: Path
) -> None:
    header = "interface-id srcaddr dstaddr srcport dstport protocol action tcp-flags"
    values = f"eni-1 10.0.0.1 10.0.0.2 {client} {port} 6 ACCEPT {'-' if flags is None else flags}"
    assert only(read(tmp_path, f"{header}\n{values}")).readings == readings


def test_icmp_records_do_not_tell_who_asked(tmp_path: Path) -> None:
    line = RECORD.replace(" 50000 443 6 ", " 0 0 1 ")
    assert only(read(tmp_path, line)).readings == ("request", "reply")


FAULTS = {
    "2 111111111111 eni-web": ("flow.log:1", "14 fields of the default format, or a header line", "3 fields"),
    RECORD.replace("198.51.100.9", "198.51.100.999"): ("flow.log:1", "an IP address as srcaddr", "198.51.100.999"),
    RECORD.replace(" 443 ", " 70000 "): ("flow.log:1", "a number up to 65535 as dstport", "70000"),
    RECORD.replace(" 6 10", " tcp 10"): ("flow.log:1", "a number up to 255 as protocol", "tcp"),
    RECORD.replace("ACCEPT", "MAYBE"): ("flow.log:1", "the action ACCEPT or REJECT", "MAYBE"),
    RECORD.replace("1700000000", "1700000000000"): ("flow.log:1", "a number up to 253402300799 as start", "17000000"),
    f"{RECORD}\n{RECORD} more": ("flow.log:2", "14 fields of the default format, or a header line", "15 fields"),
    "PAR1....": ("flow.log", "a readable Parquet file", ""),
    '{"events": 7}': ("flow.log", "the events of CloudWatch Logs, its query results, or Firehose's records", ""),
    '{"message": "x"} 7': ("flow.log:1", "14 fields of the default format, or a header line", "1 fields"),
    '{"events": [{"message": 7}]}': ("flow.log#/0", "an event with one record", "another"),
    '{"events": []} {"events": ["x"]}': ("flow.log#/1/0", "an event with one record", "another"),
    '{"events": [{"message": "a\\nb"}]}': ("flow.log#/0", "an event with one record", "another"),
    "a,b\n1,2": ("flow.log:1", "columns that are fields of VPC Flow Logs", "a,b"),
    '"srcaddr","dstaddr"\n"10.0.0.1"\n': ("flow.log:2", "2 cells as in the header line", "1"),
    '"srcaddr","dstaddr"\n"10.0.0.1" x\n': ("flow.log:2", "rows of CSV", ""),
    '{"events": [': ("flow.log", "complete JSON in UTF-8", ""),
    "x" * 70_000: ("flow.log:1", "lines of flow log records", "a line without an end"),
}  # fmt: skip


@pytest.mark.parametrize("data", FAULTS, ids=range(len(FAULTS)))
def test_what_is_no_record_is_named_with_its_line(data: str, tmp_path: Path) -> None:
    place, expected, found = FAULTS[data]
    with pytest.raises(SnapshotError) as caught:
        read(tmp_path, data)
    assert f"{tmp_path}/{place}: expected {expected}, found {found}" in str(caught.value)


def test_a_broken_gzip_a_folder_without_files_and_a_wrong_format_are_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"a readable flow log file"):
        read(tmp_path, gzip.compress(RECORD.encode())[:-12])
    (tmp_path / "empty").mkdir()
    with pytest.raises(SnapshotError, match=r"flow log files in the folder, found none"):
        list(read_flow_logs([tmp_path / "empty"]))
    with pytest.raises(SnapshotError, match=r"--log-format: expected fields of VPC Flow Logs, found nonsense"):
        read(tmp_path, RECORD, "${version} ${nonsense}")
    with pytest.raises(
        SnapshotError, match=r"--log-format: expected a format with the field srcaddr, found one without"
    ):
        read(tmp_path, RECORD, "${version} ${interface-id}")


# --- AWS's own examples ("Flow log record examples", VPC User Guide) --------------------------------------------------

FLAGS = """\
version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr srcport dstport pkt-srcaddr \
pkt-dstaddr protocol bytes packets start end action tcp-flags log-status
3 vpc-a subnet-a i-0 eni-1 123456789010 IPv4 52.213.180.42 10.0.0.62 43416 5001 52.213.180.42 10.0.0.62 6 568 8 \
1566848875 1566848933 ACCEPT 2 OK
3 vpc-a subnet-a i-0 eni-1 123456789010 IPv4 10.0.0.62 52.213.180.42 5001 43416 10.0.0.62 52.213.180.42 6 376 7 \
1566848875 1566848933 ACCEPT 18 OK
3 vpc-a subnet-a i-0 eni-1 123456789010 IPv4 10.0.0.62 52.213.180.42 5001 43418 10.0.0.62 52.213.180.42 6 63388 1219 \
1566848933 1566849113 ACCEPT 1 OK
3 vpc-a subnet-a i-0 eni-1 123456789010 IPv4 52.213.180.42 10.0.0.62 43638 5001 52.213.180.42 10.0.0.62 6 1260 17 \
1566933133 1566933193 ACCEPT 3 OK
3 vpc-a subnet-a i-0 eni-1 123456789010 IPv4 10.0.0.62 52.213.180.42 5001 43638  10.0.0.62 52.213.180.42 6 967 14 \
1566933133 1566933193 ACCEPT 19 OK
"""
TRANSIT = """\
version interface-id account-id vpc-id subnet-id instance-id srcaddr dstaddr srcport dstport protocol tcp-flags type \
pkt-srcaddr pkt-dstaddr action log-status
3 eni-1 123456789010 vpc-a subnet-1 - 10.40.1.175 10.40.2.236 39812 80 6 3 IPv4 10.20.33.164 10.40.2.236 ACCEPT OK
3 eni-2 123456789010 vpc-a subnet-2 - 10.40.2.236 10.40.2.31 80 39812 6 19 IPv4 10.40.2.236 10.20.33.164 ACCEPT OK
"""
SERVICES = """\
version srcaddr dstaddr srcport dstport protocol start end type packets bytes account-id vpc-id subnet-id instance-id \
interface-id region az-id sublocation-type sublocation-id action tcp-flags pkt-srcaddr pkt-dstaddr \
pkt-src-aws-service pkt-dst-aws-service traffic-path flow-direction log-status
5 52.95.128.179 10.0.0.71 80 34210 6 1616729292 1616729349 IPv4 14 15044 123456789012 vpc-a subnet-a i-0 eni-1 \
ap-southeast-2 apse2-az3 - - ACCEPT 19 52.95.128.179 10.0.0.71 S3 - - ingress OK
5 10.0.0.71 52.95.128.179 34210 80 6 1616729292 1616729349 IPv4 7 471 123456789012 vpc-a subnet-a i-0 eni-1 \
ap-southeast-2 apse2-az3 - - ACCEPT 3 10.0.0.71 52.95.128.179 - S3 8 egress OK
"""


def told(record: FlowRecord) -> tuple[str, int, tuple[str, ...], bool]:
    """(who to whom, as the packets themselves say; the port they go to; what it may be; whether it opens)."""
    ends = f"{format_address(record.packet_source)} → {format_address(record.packet_destination)}"
    return ends, record.port, record.readings, record.opening


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (FLAGS, [
            ("52.213.180.42 → 10.0.0.62", 5001, ("request",), True),
            ("10.0.0.62 → 52.213.180.42", 43416, ("reply",), False),
            ("10.0.0.62 → 52.213.180.42", 43418, ("reply",), False),
            ("52.213.180.42 → 10.0.0.62", 5001, ("request",), True),
            ("10.0.0.62 → 52.213.180.42", 43638, ("reply",), False),
        ]),
        (TRANSIT, [
            ("10.20.33.164 → 10.40.2.236", 80, ("request",), True),
            ("10.40.2.236 → 10.20.33.164", 39812, ("reply",), False),
        ]),
        (SERVICES, [
            ("52.95.128.179 → 10.0.0.71", 34210, ("reply",), False),
            ("10.0.0.71 → 52.95.128.179", 80, ("request",), True),
        ]),
    ],
    ids=["tcp-flags", "transit gateway", "services"],
)  # fmt: skip
def test_aws_s_own_examples_of_versions_3_and_5(data: str, expected: list[Any], tmp_path: Path) -> None:
    found = [line.record for line in read(tmp_path, data)]
    assert [told(one) for one in found if one is not None] == expected
    if data is SERVICES:
        assert [one.way for one in found if one is not None] == ["ingress", "egress"]
