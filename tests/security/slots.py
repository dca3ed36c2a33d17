"""Every place of every command that takes a file or folder: the command line, ``{}`` in the place, and what belongs
there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.fuzz import targets

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = str(ROOT / "snapshots/broken-pipeline")
BUILD = "codebuild:app-build"
TEMPLATE = str(ROOT / "tests/data/cloudformation/network.yaml")
FLOWS = "FLOWS"
ACCOUNT = ("--account", "111122223333")
PLACED = ("--region", "eu-west-1", *ACCOUNT)


class Slot(NamedTuple):
    """A command line whose ``{}`` is put in place of by a path, the path's usual name, and what usually is there."""

    line: tuple[str, ...]
    name: str
    data: Callable[[], bytes] | None
    """None: a folder."""


def _first(target: str) -> Callable[[], bytes]:
    return lambda: targets.TARGETS[target].seeds()[0][1]


def _answers(name: str) -> Callable[[], bytes]:
    return lambda: next(data for path, data in targets.snapshot().items() if path.endswith(name))


ASKED = ("--from", BUILD, "--to", "internet")
POLICY = "policy.json"
SLOTS: dict[str, Slot] = {
    **{
        f"{line[0]} SNAPSHOT": Slot((line[0], "{}", *line[1:]), "snapshot", None)
        for line in (
            ("check",), ("trace", *ASKED), ("query",), ("names", "--from", BUILD), ("matrix",), ("export",),
            ("plot", "-o", "OUT.svg"),
            ("report", "-o", "OUT.html"), ("fix",), ("validate",), ("whatif", "--remove", "vpce-0fb6de72b0b3f3043"),
            ("anonymize", "OUT", "--key", "k"), ("verify", "--flow-logs", FLOWS), ("diagnose", "--log", __file__),
        )
    },
    "diff BEFORE": Slot(("diff", "{}", SNAPSHOT), "snapshot", None),
    "diff AFTER": Slot(("diff", SNAPSHOT, "{}"), "snapshot", None),
    "check --config": Slot(("check", SNAPSHOT, "--config", "{}"), "reachsim.toml", lambda: targets.CONFIG),
    "check --code": Slot(("check", SNAPSHOT, "--from", BUILD, "--code", "app-build={}"), "code", None),
    "query --input": Slot(("query", SNAPSHOT, "--input", "{}"), "questions.jsonl", _first("query")),
    "whatif PATCH": Slot(("whatif", SNAPSHOT, "{}"), "patch.json", lambda: b'{"format": 1, "edits": []}'),
    "diagnose --log": Slot(("diagnose", SNAPSHOT, "--from", BUILD, "--log", "{}"), "build.log", _first("log")),
    "verify --flow-logs": Slot(("verify", SNAPSHOT, "--flow-logs", "{}"), "flows.log", _first("flow-logs")),
    "verify --insights": Slot(("verify", SNAPSHOT, "--insights", "{}"), "insights.json", _first("insights")),
    "contacts BUILDSPEC": Slot(("contacts", "{}"), "buildspec.yml", _first("buildspec")),
    "contacts --context": Slot(("contacts", f"{SNAPSHOT}/code/app-build/buildspec.yml", "--context", "{}"), "c", None),
    "contacts --snapshot": Slot(("contacts", f"{SNAPSHOT}/code/app-build/buildspec.yml", "--project", "app-build",
                                 "--snapshot", "{}"), "snapshot", None),
    "policy lint": Slot(("policy", "lint", "{}"), POLICY, _first("policy")),
    "policy allows": Slot(("policy", "allows", "{}", *ACCOUNT, "--service", "s3"), POLICY, _first("policy")),
    "policy compare": Slot(("policy", "compare", "{}", "{}", *ACCOUNT), POLICY, _first("policy")),
    "import batfish": Slot(("import", "batfish", "{}", "OUT"), "aws_configs", None),
    "import awscli": Slot(("import", "awscli", "{}", "OUT"), "describe-subnets.json",
                         _answers("describe-subnets.json")),
    "import config": Slot(("import", "config", "{}", "OUT"), "items.json", _first("aws-config")),
    "import terraform": Slot(("import", "terraform", "{}", "OUT", *PLACED), "plan.json", _first("terraform")),
    "import cloudformation": Slot(("import", "cloudformation", "{}", "OUT", *PLACED), "t.yaml",
                                  _first("cloudformation")),
    "import --parameters": Slot(("import", "cloudformation", TEMPLATE, "OUT", *PLACED,
                                 "--parameters", "{}"), "parameters.json", lambda: b"[]"),
    "import --prefix-lists": Slot(("import", "terraform", "PLAN", "OUT", *PLACED, "--prefix-lists", "{}"), "lists.json",
                                  _answers("describe-prefix-lists.json")),
}  # fmt: skip


def arguments(slot: Slot, place: Path, folder: Path) -> list[str]:
    """The command line with a path in its place; ``OUT``, ``PLAN`` and ``FLOWS`` are in the folder."""
    plan, flows = folder / "plan.json", folder / "recorded.log"
    if FLOWS in slot.line:
        flows.write_bytes(_first("flow-logs")())
    if "PLAN" in slot.line and not plan.exists():
        plan.write_bytes(_first("terraform")())
    named = {"OUT": str(folder / "out"), "PLAN": str(plan), FLOWS: str(flows)}
    return [named.get(one, one.replace("{}", str(place)).replace("OUT.", f"{folder / 'out'}.")) for one in slot.line]


def usual(slot: Slot, folder: Path) -> Path:
    """What usually is in a slot's place."""
    place = folder / slot.name
    if slot.data is not None:
        place.write_bytes(slot.data())
    elif slot.name == "snapshot":
        shutil.copytree(SNAPSHOT, place)
    elif slot.name == "aws_configs":
        shutil.copytree(ROOT / "tests/data/aws-cli-dumps/public-private-subnet", place)
    else:
        shutil.copytree(f"{SNAPSHOT}/code/app-build", place)
    return place
