"""Records as people write them by hand, from AWS's documentation: without empty lists, without what does not hold,
without tags, owners and the states of what works. They are read like those that AWS prints (DESIGN, "Snapshot format":
hand-made snapshots).
"""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from reachsim import load_files
from tests.deep.differential import KINDS
from tests.withheld.files import CLIENTS, shipped

OFTEN_LEFT_OUT: Final = ("Tags", "TagSet", "OwnerId", "MacAddress", "RequesterId", "RequesterManaged", "SubnetArn")
WORK: Final = {"State": ("available", "active"), "Status": ("available", "in-use", "active")}
DECIDE: Final = ("Egress", "PrivateDnsEnabled", "Groups")
"""Members that nobody leaves out, whatever they say."""


def by_hand(value: Any) -> Any:
    if isinstance(value, list):
        return [by_hand(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: by_hand(held) for key, held in value.items() if key in DECIDE or not _left_out(key, held)}


def _left_out(key: str, held: Any) -> bool:
    nothing = held is False or held in ([], {}, "", None)
    return nothing or key in OFTEN_LEFT_OUT or held in WORK.get(key, ())


def written(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files of a snapshot with the records of EC2, CodeBuild and load balancers written by hand."""
    found = {path: data for path, data in files.items() if path != "snapshot.json"}
    for path, data in found.items():
        if path.endswith(".json") and path.split("/")[2:3] in (["ec2"], ["codebuild"], ["elbv2"]):
            document = json.loads(data)
            if "Error" not in document:
                found[path] = json.dumps({key: by_hand(one) for key, one in document.items()}).encode()
    return found


@pytest.mark.parametrize("name", CLIENTS)
def test_a_pipeline_is_judged_alike(name: str) -> None:
    files = dict(shipped(name))
    printed, by_hand = load_files(files).check(), load_files(written(files)).check()
    assert by_hand.overall == printed.overall
    assert [one.id for one in by_hand.findings] == [one.id for one in printed.findings]


@pytest.mark.parametrize("kind", KINDS)
def test_no_record_of_a_network_is_refused(kind: str) -> None:
    draft, _ = KINDS[kind](540_000_000)
    load_files(written(draft.files()))
