"""A selector that names nothing: the error says what may have been meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from reachsim.api import load_files
from reachsim.cli import group
from reachsim.errors import QuestionError
from tests.build import Build

PRIVATE = str(Path(__file__).resolve().parents[2] / "snapshots/private-pipeline")
CLIENT = "i-08c6c51c9a0f8ac94"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("codebuild:app-buil", "codebuild:app-build"),
        ("app-build", "codebuild:app-build"),
        ("git-client", CLIENT),
        ("GIT-CLIENT", CLIENT),
        ("i-08c6c51c9a0f8ac95", CLIENT),
        ("i-1", CLIENT),
        ("intrnet", "internet"),
        ("vpc-1", "vpc-09ed60a9387753c86"),
        ("edr.dkr", "ecr.dkr"),
    ],
)
def test_what_was_meant(given: str, meant: str) -> None:
    for line in (["trace", PRIVATE, "--from", given, "--to", "s3"], ["names", PRIVATE, "--from", given]):
        run = CliRunner().invoke(group, line)
        assert run.exit_code == 2
        assert run.stderr.count("\n") == 1
        assert "did you mean" in run.stderr
        assert meant in run.stderr.split("did you mean")[1]


@pytest.mark.parametrize("line", [["--from", "codebuild:nope"], ["--code", "nope=snapshots"]])
def test_another_project_is_meant_not_the_service(line: list[str]) -> None:
    """A folder for a project that is not there was passed over."""
    run = CliRunner().invoke(group, ["check", PRIVATE, *line])
    assert (run.exit_code, run.stderr) == (
        2, "reachsim: error: codebuild:nope is not in the snapshot; did you mean codebuild:app-build?\n",
    )  # fmt: skip


@pytest.mark.parametrize(("given", "end"), [("chekc", ". Did you mean 'check'?\n"), ("diff-it-all", ".\n")])
def test_a_mistyped_command(given: str, end: str) -> None:
    run = CliRunner().invoke(group, [given])
    assert run.exit_code == 2
    assert run.stderr.endswith(f"No such command '{given}'{end}")


def test_a_folder_of_a_build_that_is_none_is_named_as_it_was_given() -> None:
    run = CliRunner().invoke(group, ["check", PRIVATE, "--code", "app-build=nowhere"])
    assert run.stderr == (
        "reachsim: error: codebuild:app-build: nowhere: expected a folder of the build's files, found none\n"
    )


def test_nothing_is_suggested_where_nothing_is_alike() -> None:
    run = CliRunner().invoke(group, ["trace", PRIVATE, "--from", CLIENT, "--to", "qqqqqqqqqqqq"])
    assert run.exit_code == 2
    assert "did you mean" not in run.stderr


def test_a_service_that_only_an_endpoint_names_is_asked_by_its_name() -> None:
    name = "data.iotnew.us-east-1.amazonaws.com"
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    net.instance(subnet, "10.0.1.9", [net.group(vpc)], name="1")
    net.interface_endpoint(vpc, "iotnew.data", {subnet: "10.0.1.5"}, [net.group(vpc)], names=[name])
    reach = load_files(net.files())
    assert reach.simulate("i-1", "iotnew.data").names[0].detail.startswith(name)
    with pytest.raises(QuestionError, match="no AWS service"):
        reach.simulate("i-1", "iotnew.other")


def test_names_of_very_many_interfaces_are_counted_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each name against all others would take a minute and more."""
    reach = load_files({})
    names = {f"eni-{number}": f"name {number // 2}" for number in range(100_000)}
    monkeypatch.setattr(reach.network, "names", names)
    assert len(reach._named("network interface", names)) == 100_000  # no name is the only one of its kind
