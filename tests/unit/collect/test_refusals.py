"""Each call refused alone: the table names the permission and what stays undecided, and the next run completes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reachsim.calls import CALLS, NAMES
from reachsim.cli.lacking import rows_of
from reachsim.collect.consequences import consequence
from reachsim.role_calls import FALLBACK
from tests.unit.collect.fake import Fake, run

PACKAGE = Path(__file__).resolve().parents[3] / "reachsim"
# What reads the files of a snapshot to come to a verdict; the rest writes, lists, compares or edits them.
READERS = (
    "check",
    "dns",
    "forwarding",
    "model",
    "pipeline",
    "policy_layers",
    "selectors.py",
    "destinations.py",
    "filters.py",
)
ACTIONS = {f"{call.service}/{call.operation}": call.iam for call in (*CALLS, *FALLBACK)}


@pytest.mark.parametrize("call", sorted({f"{one.service}/{one.operation}" for one in CALLS}))
def test_one_refusal_is_named_and_made_up_for(call: str, tmp_path: Path) -> None:
    denied = Fake(errors={call: (403, "AccessDenied", "")})
    record = run(tmp_path / "s", denied)
    refused = [one for one in record.calls if one.outcome == "refused"]
    assert {(one.code, one.permission) for one in refused} == {("AccessDenied", ACTIONS[call])}
    assert {tuple(one.file.removesuffix(".json").split("/")[2:4]) for one in refused} == {tuple(call.split("/"))}
    rows = rows_of(record.calls)
    (row,) = [one for one in rows if one[2].startswith("refused")]
    assert f"(needs {ACTIONS[call]})" in row[2]
    assert row[3] == (consequence(*call.split("/")) or "nothing, no verdict needs it")
    for one in refused:
        assert (tmp_path / "s" / one.file).read_text() == '{\n  "Error": {\n    "Code": "AccessDenied"\n  }\n}\n'


def test_what_verdicts_read_has_its_consequence() -> None:
    """An operation that the code which comes to verdicts names is no operation that no verdict needs."""
    files = [
        file
        for part in READERS
        for file in ([PACKAGE / part] if part.endswith(".py") else (PACKAGE / part).rglob("*.py"))
    ]
    text = "".join(file.read_text("utf-8") for file in files)
    named = set(re.findall(r"\"((?:describe|get|list|search|batch)-[a-z0-9-]+)\"", text))
    assert len(named) > 40
    silent = [call for call in CALLS if call.operation in named and not consequence(call.service, call.operation)]
    assert sorted({f"{call.service} {call.operation}" for call in silent} - {"sts get-caller-identity"}) == []


def test_what_no_verdict_reads_has_none() -> None:
    """The table calls nothing undecidable for lack of an answer that the code never looks at, itself or for names."""
    writers = ("calls.py", "changes", "cli", "collect", "diff", "edits", "importers", "role_calls.py")
    files = [file for file in PACKAGE.rglob("*.py") if file.relative_to(PACKAGE).parts[0] not in writers]
    text = "".join(file.read_text("utf-8") for file in files)
    lists = {f"{source.service}/{source.operation}" for source in NAMES.values()}
    told = [
        call
        for call in CALLS
        if consequence(call.service, call.operation)
        and call.operation not in text
        and f"{call.service}/{call.operation}" not in lists
    ]
    assert {f"{call.service} {call.operation}" for call in told} == {
        "ec2 get-transit-gateway-route-table-propagations"  # which routes come from where, for those who read the files
    }
