"""Names, order and halves of blocks are no configuration for `fix` and `whatif` either.

The same network written otherwise gets the same fixes up to renaming, each proven there too; and what is left once a
component is removed says the same.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from functools import cache
from typing import Any

import msgspec
import pytest

from reachsim import Reach, load_files
from reachsim.collect import aliases
from reachsim.errors import ReachsimError
from reachsim.fix.records import Plan
from tests.property.networks import TOPICS, network
from tests.property.said import Name, Question, Words, renaming, trace
from tests.property.test_metamorphic import Files, halved, ids, questions, renamed, shipped, shuffled
from tests.property.test_metamorphic_words import otherwise
from tests.renamed import PREFIXES

ID = re.compile(r'"((?:vpc|subnet|rtb|acl|sg|eni|igw|nat|vpce|pl|dopt|i)-[0-9a-f]{8,17})"')
HOW = ("renamed", "shuffled", "describe-security-groups", "describe-network-acls")
TRIED = [("leaky-pipeline", "renamed"), *(("broken-pipeline", how) for how in HOW)]
OF_WRITING = ("number", "id")
"""The number of an entry, which goes by its neighbours, and the id that something new gets in the snapshot."""


@cache
def planned(name: str) -> tuple[Reach, Plan]:
    reach = load_files(shipped(name))
    return reach, reach.fix()


def steps(plan: Plan, name: Name) -> Counter[str]:
    """What is to be done, in the words of the other writing."""
    found = Counter[str]()
    for mend in plan.mends:
        for step in mend.steps:
            fields: dict[str, Any] = msgspec.to_builtins(step)
            kept = {key: value for key, value in fields.items() if key not in OF_WRITING}
            found[name(json.dumps(kept, sort_keys=True))] += 1
    return found


def rewritten(files: Files, how: str) -> tuple[Files, Name]:
    """The snapshot with other ids, in another order, or with blocks in halves; its code stays as it is."""
    told = {path: data for path, data in files.items() if path.count("/") > 1 and not path.startswith("code/")}
    rest = {path: data for path, data in files.items() if path not in told}
    if how == "renamed":
        text = "\n".join(data.decode() for data in told.values())
        other, new = renamed(told, ID.findall(text))
        return {**rest, **other}, renaming(new)
    if how == "shuffled":
        luck = random.Random(how)
        mixed = {path: json.dumps(shuffled(json.loads(data), luck)).encode() for path, data in reversed(told.items())}
        return {**rest, **mixed}, str
    return {**rest, **halved(told, how)}, str


@pytest.mark.parametrize(("name", "how"), TRIED)
def test_what_is_written_otherwise_gets_the_same_fixes_proven(name: str, how: str) -> None:
    _, plan = planned(name)
    files, new = rewritten(shipped(name), how)
    reach = load_files(files)
    again = reach.fix()
    assert (again.status, again.before, again.after) == (plan.status, plan.before, plan.after)
    assert steps(again, str) == steps(plan, new)
    assert len(again.left) == len(plan.left)
    assert (len(again.also_opens), len(again.also_closes)) == (len(plan.also_opens), len(plan.also_closes))
    assert reach.what_if(patch=again.patch.to_json()).check().overall == plan.after


def test_a_fix_that_is_proven_stays_proven_under_other_ids() -> None:
    reach, plan = planned("broken-pipeline")
    files, new = rewritten(shipped("broken-pipeline"), "renamed")
    patch = json.loads(new(json.dumps(plan.patch.to_json())))
    assert load_files(files).what_if(patch=patch).check().overall == plan.after == "private-and-working"
    assert reach.check().overall == plan.before


REMOVED = ("igw-", "nat-", "vpce-", "pcx-", "tgw-attach-", "rtb-", "sg-", "acl-", "eni-", "subnet-", "vpc-")


def once_gone(reach: Reach, gone: str, asked: list[Question]) -> Words:
    try:
        edited = reach.what_if(remove=[gone])
        return trace(edited, [one for one in asked if gone not in one[:2]], str)
    except ReachsimError as error:  # what else needs it, or who is asked about went with it
        return {"refused": type(error).__name__}


@pytest.mark.parametrize("topic", TOPICS)
def test_a_component_that_goes_leaves_the_same_however_it_is_written(
    topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliases, "_WORDS", aliases._WORDS | PREFIXES)
    draft = network(topic, 7_300_000)
    files, asked, named = draft.files(), questions(draft), sorted(set(ids(draft)))
    luck, reach, answered = random.Random(topic), load_files(files), 0
    gone = [luck.choice(some) for kind in REMOVED if (some := [one for one in named if one.startswith(kind)])]
    before = {one: once_gone(reach, one, asked) for one in gone}
    for what, other, again, name in otherwise(files, asked, named, random.Random(topic)):
        told = load_files(other)
        for one in gone:
            said = once_gone(told, name(one), again)
            assert said == before[one], (what, one)
            answered += "refused" not in said
    assert answered > 0
