"""Hostile names and ids in a snapshot, under every command in every form that it writes."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet as pq
import pytest

from reachsim.cli import COMMANDS, group
from tests.patience import within
from tests.security.test_hostile import NAME, ROOT, page_of, run, steering

ODD = NAME + " \0 \u2066x\u2069 \ufeff \u2028 \x85 東京 " + "L" * 5000
"""What no name should be: besides the others a NUL, directions of text, line ends that are none to Unix, and length."""
IDS = re.compile(r'(?<=["/])((?:sg|acl|rtb)-)([0-9a-f]{17})(?=["/])')
FORMS = {"sg": "<b>'`$(id)`\"", "acl": "<img src=x onerror=1>", "rtb": "=1+1 ::add-mask::|a|"}
"""What stands at the end of ids; of what questions are asked about, such an id is refused with the question."""
NAMED = ("Value", "Description", "GroupName", "Sid", "RoleName", "Comment")
BUILD = "codebuild:app-build"


def renamed(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: ODD if key in NAMED and isinstance(one, str) else renamed(one) for key, one in document.items()}
    return [renamed(one) for one in document] if isinstance(document, list) else document


def spoilt(name: str, folder: Path) -> None:
    """A shipped snapshot with names and ids, everywhere alike, that no AWS would give."""
    source = ROOT / "snapshots" / name
    for path in source.rglob("*.json"):
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        text = IDS.sub(lambda found: found[1] + found[2][:6] + json.dumps(FORMS[found[1][:-1]])[1:-1], text)
        target.write_text(json.dumps(renamed(json.loads(text))), encoding="utf-8")
    shutil.copytree(source / "code", folder / "code", dirs_exist_ok=True)


def commands(folder: Path) -> dict[str, list[str]]:
    """Every command that answers about a snapshot, without its form."""
    plain, place = str(ROOT / "snapshots/leaky-pipeline"), str(folder / "s")
    nat, eni = (one_id(folder / "s", key) for key in ("NatGatewayId", "NetworkInterfaceId"))
    log, flows, insights = folder / "build.log", folder / "flows.csv", folder / "insights.json"
    said = ODD.replace("\0", "")  # with it a log is no text
    log.write_text(f'{said}\nConnect timeout on endpoint URL: "https://{said}.amazonaws.com/"\n', encoding="utf-8")
    fields = {"interface_id": eni, "srcaddr": "198.51.100.9", "dstaddr": "10.2.0.5", "dstport": "22", "protocol": "6",
              "action": "ACCEPT", "tcp_flags": "2", "flow_direction": "ingress", "reject_reason": ODD}  # fmt: skip
    with flows.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([fields.keys(), fields.values()])
    path = {"NetworkInsightsPathId": "p", "Source": ODD, "Destination": eni, "Protocol": ODD}
    result = {"NetworkInsightsAnalysisId": ODD, "NetworkInsightsPathId": "p", "Status": "succeeded",
              "NetworkPathFound": True, "Explanations": [{"ExplanationCode": ODD}]}  # fmt: skip
    insights.write_text(json.dumps({"NetworkInsightsPaths": [path], "NetworkInsightsAnalyses": [result]}))
    return {
        "check": ["check", place], "contacts": ["contacts", f"{plain}/code/app-build/buildspec.yml"],
        "diagnose": ["diagnose", place, "--log", str(log), "--from", BUILD],
        "diff": ["diff", plain, place, "--from", BUILD, "--to", "internet"], "export": ["export", place],
        "export matrix": ["export", place, "--of", "matrix"], "fix": ["fix", place, "--from", BUILD],
        "matrix": ["matrix", place, "--blocked"], "names": ["names", place, "--from", BUILD], "plot": ["plot", place],
        "report": ["report", place], "trace": ["trace", place, "--from", BUILD, "--to", "internet"],
        "validate": ["validate", place], "verify": ["verify", place, "--flow-logs", str(flows)],
        "verify insights": ["verify", place, "--insights", str(insights)],
        "whatif": ["whatif", place, "--remove", nat, "--from", BUILD, "--to", "internet"],
    }  # fmt: skip


def one_id(place: Path, key: str) -> str:
    told = re.compile(rf'"{key}": ("(?:[^"\\]|\\.)+")')
    found = (told.search(path.read_text(encoding="utf-8")) for path in sorted(place.rglob("*.json")))
    return str(next(json.loads(one[1]) for one in found if one))


NAMES = ("check", "contacts", "diagnose", "diff", "export", "export matrix", "fix", "matrix", "names", "plot", "report",
         "trace", "validate", "verify", "verify insights", "whatif")  # fmt: skip
ELSEWHERE = {"anonymize", "explain", "import", "permissions", "policy", "query", "snapshot"}
"""Commands that write no form of what a snapshot holds, or that `tests.security.test_hostile` asks."""
SUFFIXES = {"plot": (".svg", ".png"), "matrix": (".jsonl", ".parquet"), "report": (".html",)}


def forms(name: str) -> list[str]:
    """The forms of a command's answer; one that begins with a dot is told by the file's name."""
    command = group.get_command(click.Context(group), name.split()[0])
    assert command is not None
    told = [one.type.choices for one in command.params if "--format" in one.opts and isinstance(one.type, click.Choice)]
    found = [*SUFFIXES.get(name, ()), *(form for choices in told for form in choices)]
    return [one for one in found if (name, one) not in UNFIT]


UNFIT = {("export", "parquet"), ("export", "csv"), *(("export matrix", one) for one in ("graphml", "dot", "mermaid"))}
"""A graph is no table, and a table no graph."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    spoilt("leaky-pipeline", folder / "s")
    return folder


def test_every_command_is_asked() -> None:
    assert {name.split()[0] for name in NAMES} | ELSEWHERE == set(COMMANDS)


@pytest.mark.parametrize(("name", "form"), [(name, form) for name in NAMES for form in forms(name)])
def test_names_and_ids_do_nothing_in_any_form(name: str, form: str, place: Path, tmp_path: Path) -> None:
    out = tmp_path / f"out{form if form.startswith('.') else ''}"
    to_file = form.startswith(".") or name != "matrix"  # whose words are about the file that it writes
    given = [*commands(place)[name], *(["-o", str(out)] if to_file else []),
             *([] if form.startswith(".") else ["--format", form])]  # fmt: skip
    with within(4):
        ran = run(*given)
    assert steering(ran.stdout + ran.stderr) == []
    assert ran.exit_code in ((2,) if name == "validate" else (0, 1, 3)), ran.stderr
    CHECKS.get(form, text)(out.read_bytes() if to_file else ran.stdout.encode())


def text(data: bytes) -> None:
    assert steering(data.decode()) == []


def as_json(data: bytes) -> None:
    text(data)
    for line in data.decode().splitlines() if data.startswith(b'{"') and data.count(b"\n{") else [data.decode()]:
        json.loads(line)


def as_page(data: bytes) -> None:
    """No element, and nothing that runs, by a name."""
    text(data)
    page = page_of(data.decode())
    assert not [one for one, _ in page.found if one in ("iframe", "object", "embed", "base")]
    for tag, attributes in page.found:
        assert not any(key.startswith("on") for key in attributes), tag
        assert tag != "img" or (attributes.get("src") or "").startswith("data:image/"), attributes
        assert not (attributes.get("href") or "").startswith("javascript"), attributes


def as_xml(data: bytes) -> None:
    text(data)
    ET.fromstring(data)


def as_csv(data: bytes) -> None:
    text(data)
    rows = list(csv.reader(io.StringIO(data.decode())))
    assert len({len(row) for row in rows}) == 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def as_parquet(data: bytes) -> None:
    for column in pq.read_table(io.BytesIO(data)).to_pydict().values():
        assert not [one for one in column if isinstance(one, str) and steering(one)]


CHECKS: dict[str, Callable[[bytes], None]] = {
    "json": as_json, "sarif": as_json, ".jsonl": as_json, "patch": as_json, "html": as_page, ".html": as_page,
    ".svg": as_page, "junit": as_xml, "graphml": as_xml, "csv": as_csv, "parquet": as_parquet, ".parquet": as_parquet,
    ".png": lambda data: None if data.startswith(b"\x89PNG") else pytest.fail("no picture"),
}  # fmt: skip
