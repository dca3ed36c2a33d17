"""Ports, indexes and counts that are none: digits of other scripts, thousands of digits, our own marks."""

from __future__ import annotations

import json

import pytest

from reachsim.pipeline.contacts import contacts_of

NUMBERS = ("²", "٣", "9" * 5000, "99999", "0", "-0", "\ue000!installer 99\ue001")
COMMANDS = (
    "nc -z example.com {}", "telnet example.com {}", "ssh -p {} a@example.com", "ssh-keyscan -p {} example.com",
    "scp -P {} a b@example.com:/x", "psql -h example.com -p {}", "psql postgres://example.com:{}/x",
    "curl http://example.com:{}/x", "git clone ssh://git@example.com:{}/a/b", "curl https://e$(seq 1 {}).example.com",
    "curl https://$(echo a b | cut -d' ' -f{}).example.com", "[ {} -gt 3 ] && curl https://example.com",
    "redis-cli -h example.com -p {}", "docker pull example.com:{}/x", "go get example.com:{}/x", "echo '{}' | sh",
    "HTTPS_PROXY=http://example.com:{} curl https://example.org", "pip install -i http://example.com:{}/simple x",
    "docker build --target {} .",
)  # fmt: skip
DOCKERFILES = ("FROM alpine AS a\nFROM b\nCOPY --from={} /x /y\n", "FROM x:{}/y\nRUN a\n",
               "FROM golang:1.{}\nRUN go get example.com/a\n")  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_a_number_that_is_none_stops_no_reading(number: str) -> None:
    lines = [one.replace("{}", number) for one in COMMANDS]
    buildspec = f"version: 0.2\nphases: {{build: {{commands: {json.dumps([*lines, 'curl https://end.example.com'])}}}}}"
    for dockerfile in DOCKERFILES:
        files = {"buildspec.yml": buildspec.encode(), "Dockerfile": dockerfile.replace("{}", number).encode()}
        found = contacts_of(files["buildspec.yml"], files).contacts
        assert "end.example.com" in {one.host for one in found}
        assert all(0 < one.port < 65536 for one in found)
