"""SARIF, JUnit and Markdown of a check: valid, pointing at the line that is meant, whatever the names hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import jsonschema
import pytest
from click.testing import CliRunner

from reachsim.api import load, load_files
from reachsim.cli import group
from reachsim.config import Config
from reachsim.importers import import_cloudformation
from reachsim.report.junit import render_junit
from reachsim.report.markdown import render_markdown
from reachsim.report.places import line_of
from reachsim.report.sarif import render_sarif
from reachsim.verdict import Acceptance, Check, Finding, PipelineStep
from tests.build import Build

ROOT = Path(__file__).resolve().parent.parent.parent.parent
LEAKY = "snapshots/leaky-pipeline"
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string", "pattern": "^[^ \\\\]+$"}},
                },
                "region": {"required": ["startLine"], "properties": {"startLine": {"type": "integer", "minimum": 1}}},
            },
        },
    },
}
# What SARIF 2.1.0 demands of the parts that we write.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "properties": {"type": "object"},
                    "invocations": {"items": {"required": ["executionSuccessful"]}},
                    "tool": {
                        "required": ["driver"],
                        "properties": {"driver": {"required": ["name"], "properties": {"rules": {"items": {
                            "required": ["id"],
                            "properties": {"shortDescription": TEXT, "fullDescription": TEXT, "help": TEXT,
                                           "helpUri": {"pattern": "^https://"}},
                        }}}}},
                    },
                    "results": {"items": {
                        "required": ["message", "ruleId", "locations"],
                        "additionalProperties": False,
                        "properties": {
                            "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0},
                            "level": {"enum": ["none", "note", "warning", "error"]}, "message": TEXT,
                            "locations": {"type": "array", "maxItems": 1, "minItems": 1, "items": LOCATION},
                            "relatedLocations": {"type": "array", "items": LOCATION},
                            "partialFingerprints": {"additionalProperties": {"type": "string"}},
                            "properties": {"type": "object"},
                            "suppressions": {"items": {"required": ["kind"], "properties": {
                                "kind": {"enum": ["inSource", "external"]},
                                "status": {"enum": ["accepted", "underReview", "rejected"]},
                            }}},
                        },
                    }},
                },
            },
        },
    },
}  # fmt: skip


def invoke(*words: str, command: str = "check") -> tuple[str, int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        found = CliRunner().invoke(group, [command, *words])
    return found.stdout, found.exit_code


@pytest.mark.parametrize("name", ["private", "leaky", "broken"])
def test_sarif_is_valid_and_its_places_exist(name: str) -> None:
    text, code = invoke(f"snapshots/{name}-pipeline", "--format", "sarif")
    log = json.loads(text)
    jsonschema.validate(log, SCHEMA)
    run = log["runs"][0]
    assert code == run["invocations"][0]["exitCode"] == (name != "private")
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for place in (*result["locations"], *result.get("relatedLocations", ())):
            held = place["physicalLocation"]
            lines = (ROOT / held["artifactLocation"]["uri"]).read_text(encoding="utf-8").splitlines()
            assert held["region"]["startLine"] <= len(lines)


def test_sarif_points_at_the_line_of_the_build() -> None:
    log = json.loads(invoke(LEAKY, "--format", "sarif")[0])
    (egress,) = [one for one in log["runs"][0]["results"] if one["properties"]["component"].startswith("nat-")]
    places = [
        (one["physicalLocation"]["artifactLocation"]["uri"], one["physicalLocation"]["region"]["startLine"])
        for one in (*egress["locations"], *egress["relatedLocations"])
    ]
    assert (f"{LEAKY}/code/app-build/Dockerfile", 1) in places
    assert places[0] == (f"{LEAKY}/code/app-build/buildspec.yml", 11)


def test_sarif_points_at_the_files_that_the_configuration_names(tmp_path: Path) -> None:
    """``[code]`` of reachsim.toml, as ``--code`` gives them."""
    folder = tmp_path / "app"
    folder.mkdir()
    for name in ("buildspec.yml", "Dockerfile"):
        text = (ROOT / LEAKY / "code" / "app-build" / name).read_text(encoding="utf-8")
        (folder / name).write_text("# moved\n" + text, encoding="utf-8")
    (tmp_path / "reachsim.toml").write_text('[code]\napp-build = "app"\n', encoding="utf-8")
    given = ["check", str(ROOT / LEAKY), "--config", str(tmp_path / "reachsim.toml"), "--format", "sarif"]
    document = json.loads(CliRunner().invoke(group, given).stdout)
    found = [one["locations"][0]["physicalLocation"] for one in document["runs"][0]["results"]]
    places = {(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in found}
    assert (f"{folder}/buildspec.yml", 12) in places


def test_sarif_points_at_the_line_of_the_record() -> None:
    log = json.loads(invoke(LEAKY, "--format", "sarif")[0])
    (one,) = [one for one in log["runs"][0]["results"] if one["ruleId"] == "DNS_PRIVATE_DNS_DISABLED"]
    held = one["locations"][0]["physicalLocation"]
    lines = (ROOT / held["artifactLocation"]["uri"]).read_text(encoding="utf-8").splitlines()
    start = held["region"]["startLine"]
    assert "vpce-037364002ea7d5f22" in "".join(lines[start - 1 : start + 3])


def test_sarif_points_at_the_line_of_the_template(tmp_path: Path) -> None:
    source = ROOT / "tests/data/cloudformation/private.yaml"
    parameters = tmp_path / "p.json"
    parameters.write_text('{"WithNat": "yes"}')
    import_cloudformation(source, tmp_path / "out", region="us-east-1", parameters=parameters)
    reach = load(tmp_path / "out")
    log = json.loads(render_sarif(reach.check(), reach.network))
    (egress,) = [one for one in log["runs"][0]["results"] if one["ruleId"] == "PUBLIC_EGRESS_POSSIBLE"]
    held = egress["locations"][0]["physicalLocation"]
    line = source.read_text(encoding="utf-8").splitlines()[held["region"]["startLine"] - 1]
    assert held["artifactLocation"]["uri"].endswith("private.yaml")
    assert line.strip() == "NatGateway:"


def test_sarif_points_at_the_template_of_a_pipeline_and_at_its_file(tmp_path: Path) -> None:
    source = ROOT / "tests/data/cloudformation/pipelines/one-stack.yaml"
    import_cloudformation(source, tmp_path / "out", region="eu-west-1", account="111111111111")
    reach = load(tmp_path / "out")
    log = json.loads(render_sarif(reach.check(), reach.network))
    places = {
        one["physicalLocation"]["artifactLocation"]["uri"].rpartition("/")[2]
        for held in log["runs"][0]["results"] if held["ruleId"].startswith("SERVICE_PLANE_")
        for one in (*held["locations"], *held.get("relatedLocations", []))
    }  # fmt: skip
    assert places == {"one-stack.yaml", "Pipeline.json"}


@pytest.mark.parametrize(
    ("pointer", "line"), [("", 1), ("/a", 2), ("/a/1", 4), ("/a/1/b", 4), ("/c~1d", 6), ("/nothing", 1), ("/a/9", 2)]
)
def test_the_line_of_a_pointer(pointer: str, line: int) -> None:
    assert line_of('{\n"a": [\n1,\n{"b": 2}\n],\n"c/d": "}"}', pointer) == line


HOSTILE = "\x1b[31m<b>&\"']]>|`\u202e\ud83d\n東京"


def hostile() -> Check:
    finding = Finding("INTERFACE_EXPOSED", "high", HOSTILE, HOSTILE, (HOSTILE,), HOSTILE)
    step = PipelineStep(HOSTILE, "login", "blocked", "none")
    accepted = (Acceptance("INTERFACE_EXPOSED", HOSTILE, HOSTILE),)
    return Check("exposed", (), (step,), (finding,), (HOSTILE,), (), accepted=accepted)


def test_names_that_mean_harm_stay_text() -> None:
    network = load_files(Build().files()).network
    tree = Xml.fromstring(render_junit(hostile(), network))
    assert [one.tag for one in tree.iter("testcase")] == ["testcase"] * 3
    assert not list(tree.iter("b"))
    jsonschema.validate(json.loads(render_sarif(hostile(), network)), SCHEMA)
    text = render_markdown(hostile(), network)
    assert "<b>" not in text
    assert all(line.count("|") - line.count("\\|") in (0, 6) for line in text.splitlines() if line.startswith("|"))


def test_accepted_findings_are_suppressed_and_skipped() -> None:
    network = load_files(Build().files()).network
    (result,) = json.loads(render_sarif(hostile(), network))["runs"][0]["results"]
    assert result["suppressions"][0]["status"] == "accepted"
    tree = Xml.fromstring(render_junit(hostile(), network))
    assert tree.find(".//testsuite[@name='findings']").get("skipped") == "1"  # type: ignore[union-attr]
    assert "### Accepted" in render_markdown(hostile(), network)
    assert Config().expect == ()


@pytest.mark.parametrize("name", ["private", "leaky", "broken"])
def test_junit_counts_what_it_holds(name: str) -> None:
    text, code = invoke(f"snapshots/{name}-pipeline", "--format", "junit")
    root = Xml.fromstring(text.encode())
    assert int(root.get("tests", "")) == len(list(root.iter("testcase")))
    assert int(root.get("failures", "")) == len(list(root.iter("failure")))
    assert (int(root.get("failures", "")) > 0) == (code == 1)


def test_markdown_tells_the_word_and_every_standing_finding() -> None:
    text, _ = invoke(LEAKY, "--format", "markdown")
    assert text.startswith("## ❌ reachsim: leaking\n")
    assert "PUBLIC\\_EGRESS\\_POSSIBLE" in text
    assert "buildspec.yml:11" in text


def test_a_comparison_is_told_as_what_newly_leaves_and_gets_in() -> None:
    narrow = ("snapshots/private-pipeline", LEAKY, "--gate", "--to", "internet", "--format")
    text, code = invoke(*narrow, "sarif", command="diff")
    log = json.loads(text)
    jsonschema.validate(log, SCHEMA)
    (run,) = log["runs"]
    assert code == run["invocations"][0]["exitCode"] == 1
    assert run["properties"]["overall"] == "fail"
    leaks = {one["properties"]["component"] for one in run["results"] if one["ruleId"] == "PUBLIC_EGRESS_POSSIBLE"}
    assert any(one.startswith("nat-") for one in leaks)
    text, code = invoke(*narrow, "junit", command="diff")
    root = Xml.fromstring(text.encode())
    failed = {one.get("name") for one in root.iter("testcase") if one.find("failure") is not None}
    assert leaks < failed
    assert (code, root.get("name")) == (1, "reachsim diff")


def test_a_comparison_that_closes_passes() -> None:
    narrow = (LEAKY, "snapshots/private-pipeline", "--gate", "--to", "internet", "--format")
    log = json.loads(invoke(*narrow, "sarif", command="diff")[0])
    assert log["runs"][0]["invocations"][0]["exitCode"] == 0
    text, code = invoke(*narrow, "junit", command="diff")
    root = Xml.fromstring(text.encode())
    assert (code, root.get("failures"), root.get("errors")) == (0, "0", "0")


def test_what_is_accepted_of_a_comparison_is_marked(tmp_path: Path) -> None:
    config = tmp_path / "reachsim.toml"
    config.write_text('[[accept]]\nid = "PUBLIC_EGRESS_POSSIBLE"\nreason = "until March"\n', encoding="utf-8")
    text, code = invoke(
        "snapshots/private-pipeline", LEAKY, "--to", "internet", "--config", str(config), "--format", "sarif",
        command="diff",
    )  # fmt: skip
    (run,) = json.loads(text)["runs"]
    assert (code, run["invocations"][0]["exitCode"]) == (0, 0)
    for one in run["results"]:
        assert ("suppressions" in one) == (one["ruleId"] == "PUBLIC_EGRESS_POSSIBLE")
