"""How ``reachsim query`` reads a line: the quick way and the careful way agree."""

from __future__ import annotations

import pytest

from reachsim.cli.query import _read, _usual

ENDS = b'"source":"eni-1","destination":"s3"'


@pytest.mark.parametrize(
    "line",
    [
        b"{%b}" % ENDS,
        b'  {"id": -0, "protocol": 6, "port": 443, %b}\r\n' % ENDS,
        b'{"id":"\\ud83d\\ude00 \\u0000","family":"ipv4",%b,"destination":"logs"}' % ENDS,
        b'{"id":123456789012345678901234567890,"port":18446744073709551616,%b}' % ENDS,
        b'{"id":null,"protocol":null,"port":null,"family":null,%b}' % ENDS,
    ],
)
def test_a_usual_question_is_read_as_any_other_is(line: bytes) -> None:
    question_id, asked = _read(line)
    none_said = dict.fromkeys(("protocol", "port", "family"))
    assert _usual(line) == (question_id, none_said | asked)


@pytest.mark.parametrize(
    "more",
    [
        b'"id":true', b'"id":1.0', b'"id":"\\ud800"', b'"id":"\xff"', b'"id":"\xed\xa0\x80"', b'"id":NaN',
        b'"id":[[[]]]', b'"id":' + b"9" * 5000, b'"id":' + b"[" * 100_000, b'"', b'"port":443.0', b'"port":"443"',
        b'"port":01', b'"prot":"tcp"', b'"requests":[]', b'"layers":[]', b'"source":3',
    ],
)  # fmt: skip
def test_what_is_not_usual_is_left_to_the_careful_way(more: bytes) -> None:
    assert _usual(b"{%b,%b}" % (ENDS, more)) is None
