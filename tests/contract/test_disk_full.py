"""Every command that writes, on a disk that takes no more and at places that take nothing: one clear error, exit code
2, what was there stays, and nothing half-written is left.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from reachsim.cli import COMMANDS, group
from tests.contract.conftest import BROKEN, DUMP, LEAKY, PRIVATE, ROOT, Run

BUILD = ["--from", "codebuild:app-build"]
CLIENT = ["--from", "i-0ed50ba52b83a463f"]
"""One source, for which a fix is found sooner."""
TRACE = [*BUILD, "--to", "s3"]
BUILDSPEC = f"{LEAKY}/code/app-build/buildspec.yml"
FILES: dict[str, list[str]] = {
    **{f"check {form}": ["check", PRIVATE, *BUILD, "--format", form] for form in ("text", "sarif")},
    "trace": ["trace", PRIVATE, *TRACE],
    "names": ["names", PRIVATE, *BUILD],
    "contacts": ["contacts", BUILDSPEC],
    "diagnose": ["diagnose", BROKEN, "--log", "LOG"],
    "verify": ["verify", PRIVATE, "--flow-logs", "FLOWS"],
    "validate": ["validate", PRIVATE],
    "fix": ["fix", BROKEN, *CLIENT, "--format", "patch"],
    "whatif": ["whatif", LEAKY, "--remove", "nat-0fe4076b67f4c4eb8"],
    "diff html": ["diff", PRIVATE, BROKEN, "--format", "html", "--from", "codebuild:app-build"],
    "whatif html": ["whatif", LEAKY, "--remove", "nat-0fe4076b67f4c4eb8", "--format", "html", *TRACE],
    **{f"fix {form}": ["fix", BROKEN, *CLIENT, "--format", form] for form in ("terraform", "awscli", "cloudformation")},
    "report": ["report", PRIVATE],
    "permissions": ["permissions", "--format", "terraform"],
    **{f"plot {form}": ["plot", PRIVATE, "OUT." + form] for form in ("png", "svg")},
    **{f"export {form}": ["export", PRIVATE, "--format", form] for form in ("graphml", "csv", "parquet")},
    **{f"matrix {form}": ["matrix", PRIVATE, "--blocked", "OUT." + form] for form in ("jsonl", "parquet")},
}  # fmt: skip
FOLDERS: dict[str, list[str]] = {
    "whatif --write": ["whatif", LEAKY, "--remove", "nat-0fe4076b67f4c4eb8", "--write"],
    "anonymize": ["anonymize", PRIVATE],
    "import awscli": ["import", "awscli", PRIVATE],
    "import batfish": ["import", "batfish", str(DUMP)],
    "import cloudformation": ["import", "cloudformation", str(ROOT / "tests/data/cloudformation/private.yaml"),
                              "--region", "eu-west-1"],
    "import config": ["import", "config", "items.json"],
    "import terraform": ["import", "terraform", "PLAN", "--region", "eu-west-1"],
}  # fmt: skip
ITEM = {"configurationItemStatus": "OK", "awsAccountId": "111122223333", "awsRegion": "eu-west-1",
        "resourceType": "AWS::EC2::VPC", "resourceId": "vpc-1", "configuration": {
            "vpcId": "vpc-1", "cidrBlock": "10.0.0.0/16", "state": "available", "ownerId": "111122223333",
            "cidrBlockAssociationSet": [], "ipv6CidrBlockAssociationSet": [], "tags": []}}  # fmt: skip
PLAN = {"format_version": "1.2", "planned_values": {"root_module": {"resources": [
    {"address": "aws_vpc.a", "mode": "managed", "type": "aws_vpc", "name": "a",
     "provider_name": "registry.terraform.io/hashicorp/aws", "values": {"cidr_block": "10.0.0.0/16"}}]}}}  # fmt: skip
FLOW = "2 111122223333 eni-0 10.0.0.1 10.0.0.2 50000 443 6 1 60 1700000000 1700000060 ACCEPT OK\n"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("sources")
    texts = {
        "LOG": 'Connect timeout on endpoint URL: "https://api.ecr.ap-northeast-1.amazonaws.com/"\n', "FLOWS": FLOW,
        "items.json": json.dumps({"fileVersion": "1.0", "configurationItems": [ITEM]}), "PLAN": json.dumps(PLAN),
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: str(folder / name) for name in texts}


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file of this process may grow past some bytes (``ulimit -f``): writing fails on the way, as on a full disk.

    Python is kept from writing modules' bytecode meanwhile, of which it would leave the first bytes.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    writes = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = writes


def command(name: str, sources: dict[str, str], folder: Path) -> tuple[list[str], Path]:
    """The arguments, and what they write: ``folder/answer``, with a suffix if the command goes by it."""
    given = [sources.get(one, one) for one in (FILES | FOLDERS)[name]]
    target = folder / "answer"
    if given[-1].startswith("OUT"):
        target = folder / f"answer{given.pop()[3:]}"
    return [*given, *(["-o"] if name in FILES else []), str(target)], target


def left(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_command_that_writes_is_tried() -> None:
    """What a capture writes on a full disk is in tests/unit/collect/test_faults.py."""
    writing = set()
    for name in COMMANDS:
        found = group.get_command(click.Context(group), name)
        assert found is not None
        if any("-o" in one.opts or one.name == "out" for one in found.params):
            writing.add(name)
    assert {one.split()[0] for one in FILES | FOLDERS} == writing - {"snapshot"}


@pytest.mark.parametrize("name", FILES)
def test_a_full_disk_leaves_the_old_file(run: Run, name: str, tmp_path: Path, sources: dict[str, str]) -> None:
    arguments, target = command(name, sources, tmp_path)
    target.write_bytes(b"old")
    with full_disk(20):
        result = run(*arguments, "--overwrite")
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert result.stderr.splitlines()[-1].startswith("reachsim: error: cannot write ")
    assert "File too large" in result.stderr
    assert left(tmp_path) == {target.name: b"old"}
    assert [*tmp_path.iterdir()] == [target]


@pytest.mark.parametrize("name", FOLDERS)
def test_a_full_disk_leaves_the_old_folder(run: Run, name: str, tmp_path: Path, sources: dict[str, str]) -> None:
    arguments, target = command(name, sources, tmp_path)
    target.mkdir()
    (target / "old.json").write_bytes(b"old")
    with full_disk(20):
        result = run(*arguments, "--overwrite")
    assert result.exit_code == 2, result.output
    assert result.stderr.splitlines()[-1] == f"reachsim: error: cannot write {target}: File too large"
    assert left(tmp_path) == {"answer/old.json": b"old"}
    assert [*tmp_path.iterdir()] == [target]


@pytest.mark.parametrize("name", ["trace", "report", "plot svg", "export parquet", "matrix jsonl", *FOLDERS])
def test_a_place_that_takes_nothing(run: Run, name: str, tmp_path: Path, sources: dict[str, str]) -> None:
    (tmp_path / "file").write_bytes(b"precious")
    arguments, _ = command(name, sources, tmp_path / "file")
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    last = result.stderr.splitlines()[-1]
    assert last.startswith(f"reachsim: error: cannot write {tmp_path / 'file'}/")
    assert last.endswith(": Not a directory")
    assert left(tmp_path) == {"file": b"precious"}


def test_a_matrix_that_was_cut_off_by_a_full_disk_goes_on(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "pairs.jsonl"
    whole = tmp_path / "whole.jsonl"
    assert run("matrix", PRIVATE, "--blocked", "-o", whole).exit_code == 0
    with full_disk(whole.stat().st_size - 1):
        assert run("matrix", PRIVATE, "--blocked", "-o", target).exit_code == 2
    assert not target.exists()
    assert run("matrix", PRIVATE, "--blocked", "-o", target).exit_code == 0
    assert target.read_bytes() == whole.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"pairs.jsonl", "whole.jsonl"}


def test_a_device_is_written_to_and_stays_one(run: Run) -> None:
    for more in ((), ("--overwrite",)):
        assert run("check", PRIVATE, "-o", "/dev/null", *more).exit_code == 0
        assert Path("/dev/null").is_char_device()
    full = run("check", PRIVATE, "-o", "/dev/full")
    assert (full.exit_code, full.stderr) == (2, "reachsim: error: cannot write /dev/full: No space left on device\n")
