"""``reachsim.toml``: found, read, refused when wrong, and gone by (DESIGN, "reachsim.toml")."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reachsim import SnapshotError, load
from reachsim.cli import group as cli
from reachsim.config import Config, find_config, read_config

ROOT = Path(__file__).resolve().parent.parent.parent
PRIVATE, LEAKY = (str(ROOT / "snapshots" / f"{name}-pipeline") for name in ("private", "leaky"))


def written(folder: Path, text: str) -> Path:
    path = folder / "reachsim.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def check(folder: Path, text: str, snapshot: str = PRIVATE) -> tuple[int, dict[str, Any]]:
    path = written(folder, text)
    code, out, err = run("check", snapshot, "--config", str(path), "--format", "json")
    assert not err
    return code, json.loads(out)


EXPECT = '[[expect]]\nfrom = "codebuild:app-build"\nto = "internet"\n'


def test_met_expectation_changes_nothing(tmp_path: Path) -> None:
    code, found = check(tmp_path, EXPECT + 'outcome = "blocked"\n')
    assert (code, [one for one in found["findings"] if one["severity"] != "info"]) == (0, [])


def test_unmet_expectation_is_a_finding_and_exit_code_1(tmp_path: Path) -> None:
    code, found = check(tmp_path, EXPECT + 'outcome = "allowed"\nroute = "private"\n')
    assert code == 1
    [finding] = [one for one in found["findings"] if one["severity"] != "info"]
    assert (finding["id"], finding["severity"]) == ("EXPECTATION_NOT_MET", "high")
    assert finding["title"] == (
        "codebuild:app-build → internet: outcome blocked, expected allowed; route none, expected private"
    )


def test_expectation_that_cannot_be_decided_is_exit_code_3(tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot"
    shutil.copytree(PRIVATE, snapshot)
    for path in snapshot.rglob("describe-managed-prefix-lists*"):
        path.unlink()
    config = (
        '[[expect]]\nfrom = "codebuild:app-build"\nto = "host:files.corp.example"\nport = 443\noutcome = "allowed"\n'
    )
    for path in snapshot.rglob("list-resolver-rules.json"):
        path.unlink()
    code, found = check(tmp_path, config, str(snapshot))
    assert code == 3
    assert any("list-resolver-rules" in path for path in found["missing"])


def test_protocol_and_port_of_an_expectation(tmp_path: Path) -> None:
    text = (
        '[[expect]]\nfrom = "codebuild:app-build"\nto = "ecr.api"\nprotocol = "tcp"\nport = {}\noutcome = "allowed"\n'
    )
    assert check(tmp_path, text.format(443))[0] == 0
    assert check(tmp_path, text.format(22))[0] == 1


def test_accepted_finding_is_named_as_such(tmp_path: Path) -> None:
    text = '[[accept]]\nid = "EXPECTATION_NOT_MET"\nreason = "until we move"\nuntil = 2999-01-01\n'
    code, found = check(tmp_path, EXPECT + 'outcome = "allowed"\n' + text)
    assert code == 0
    assert found["accepted"] == [
        {
            "id": "EXPECTATION_NOT_MET",
            "component": "codebuild:app-build",
            "reason": "until we move",
            "until": "2999-01-01",
        }
    ]
    text = run("check", PRIVATE, "--config", str(tmp_path / "reachsim.toml"))[1]
    assert "in reachsim.toml until 2999-01-01: until we move" in text


def test_acceptance_ends(tmp_path: Path) -> None:
    text = '[[accept]]\nid = "EXPECTATION_NOT_MET"\nreason = "was"\nuntil = 2020-01-01\n'
    code, found = check(tmp_path, EXPECT + 'outcome = "allowed"\n' + text)
    assert (code, found.get("accepted")) == (1, None)


def test_acceptance_of_another_component(tmp_path: Path) -> None:
    text = '[[accept]]\nid = "EXPECTATION_NOT_MET"\ncomponent = "nat-1"\nreason = "x"\n'
    assert check(tmp_path, EXPECT + 'outcome = "allowed"\n' + text)[0] == 1


def test_an_accepted_leak_is_still_no_private_pipeline(tmp_path: Path) -> None:
    assert check(tmp_path, '[[accept]]\nid = "PUBLIC_EGRESS_POSSIBLE"\nreason = "known"\n', LEAKY)[0] == 1


def test_projects_and_clients_override_what_is_found(tmp_path: Path) -> None:
    found = check(tmp_path, '[pipeline]\nprojects = ["app-build"]\n', LEAKY)[1]
    assert {cell["source"] for cell in found["matrix"]} == {"codebuild:app-build", "internet"}


def test_pinned_name_stands_for_its_addresses(tmp_path: Path) -> None:
    path = written(tmp_path, '[hosts]\n"Mirror.example.com" = ["10.0.3.9"]\n')
    verdict = load(PRIVATE, config=path).simulate(
        "codebuild:app-build", "host:mirror.example.com", protocol="tcp", port=443
    )
    assert {text for one in verdict.paths for t in one.traffic for text in t.destination} == {"10.0.3.9"}


def test_pinned_name_leads_the_internet_to_the_interface_that_has_its_address(tmp_path: Path) -> None:
    path = written(tmp_path, '[hosts]\n"bastion.example.com" = ["198.51.100.24"]\n')
    question = ("--from", "internet", "--to", "host:bastion.example.com", "--protocol", "tcp", "--port")
    assert run("trace", LEAKY, *question, "22", "--config", str(path))[0] == 0
    assert run("trace", LEAKY, *question, "443", "--config", str(path))[0] == 1
    assert run("trace", LEAKY, *question, "22")[0] == 3


def test_snapshot_named_in_the_file_beside_which_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(PRIVATE, tmp_path / "snapshots" / "prod")
    written(tmp_path, 'snapshot = "snapshots/prod"\n' + EXPECT + 'outcome = "allowed"\n')
    monkeypatch.chdir(tmp_path)
    assert run("check")[0] == 1
    written(tmp_path / "snapshots", EXPECT + 'outcome = "blocked"\n')
    assert run("check", "snapshots/prod")[0] == 0  # the one beside the snapshot goes first
    assert run("trace", "--from", "codebuild:app-build", "--to", "ecr.api")[0] == 0


def test_no_snapshot_named_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run("check")
    assert (code, out) == (2, "")
    assert "SNAPSHOT" in err


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("snapshot = 3", "/snapshot"),
        ("[pipeline]\nproject = []", "/pipeline"),
        ("[[expect]]\nfrom = 'a'", "/expect/0"),
        ("[[expect]]\nfrom = 'a'\nto = 'b'\noutcome = 'open'", "/expect/0/outcome"),
        ("[[accept]]\nid = 'X'\nreason = 'r'\nuntil = 'soon'", "/accept/0/until"),
        ("[hosts]\n'a.example' = ['10.0.0.300']", "/hosts/a.example/0"),
        ("[hosts]\n'a.example' = '10.0.0.3'", "/hosts"),
        ("folder = '/'", "/folder"),
        ("= broken", ""),
        ("[[appliance]]\ncomponent = 'eni-1'\ndoes = 'magic'", "/appliance/0/does"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SnapshotError) as caught:
        read_config(path)
    assert str(caught.value).startswith(f"{path}#{place}" if place else f"{path}: ")
    code, out, err = run("check", PRIVATE, "--config", str(path))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_none_is_found_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config(str(tmp_path / "snapshot")) == Config()


@pytest.mark.parametrize("what", ["a symbolic link to nothing", "a folder", "a pipe, socket or device"])
def test_something_else_of_that_name_is_not_passed_over(what: str, tmp_path: Path) -> None:
    """What it should say (who takes part, what must hold) would be left out of the answer without a word."""
    place = tmp_path / "reachsim.toml"
    match what.split()[1]:
        case "symbolic":
            place.symlink_to("nowhere.toml")
        case "folder":
            place.mkdir()
        case _:
            os.mkfifo(place)
    with pytest.raises(SnapshotError) as caught:
        find_config(str(tmp_path / "snapshot"))
    assert str(caught.value) == f"{place}: expected a file of settings, found {what}"


def test_an_acceptance_names_a_code(tmp_path: Path) -> None:
    """One that is misspelt would accept nothing without a word."""
    (tmp_path / "reachsim.toml").write_text('[[accept]]\nid = "PUBLIC_EGRES_POSSIBLE"\nreason = "known"\n')
    with pytest.raises(SnapshotError, match=r"/accept/0/id.*'PUBLIC_EGRES_POSSIBLE' \(PUBLIC_EGRESS_POSSIBLE\?\)"):
        read_config(tmp_path / "reachsim.toml")
