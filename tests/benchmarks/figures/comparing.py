"""The difference of two snapshots, against working out everything in both.

What is compared are the questions of `reachsim diff --from … --to …`: each sender's to the services of a pipeline, the
internet, and two interfaces in the block of the new rule. Full means that each question is answered and every sender
judged in both snapshots, by the same means as diff does it for the senders that the change can touch.

For all senders that would take an hour. So full works out everything for some of them only, those that the change can
touch included, while diff is asked about all, and has to find out whom it can touch: everything is at the least so many
times as much. Beside that stands what both take for the same few senders. The newer snapshot is loaded beside the older
one, as the command does it. The search for causes is left out: it has no counterpart.
"""

from __future__ import annotations

import gc
import json
import random
from pathlib import Path
from typing import NamedTuple

from reachsim import Reach, load_files
from reachsim.addresses import parse_block
from reachsim.check.needs import SERVICES
from reachsim.config import Config
from reachsim.diff import Diff, diff
from reachsim.diff.cells import Asked, State
from reachsim.diff.overall import judge
from reachsim.diff.reading import Reader
from reachsim.diff.scope import questions
from tests.benchmarks.figure import Figure, Place
from tests.benchmarks.measuring import Measured, Value, profile_of, timed

GROUP = "sg-2-batch"
SAMPLE = 2000
"""Senders for whom everything is worked out."""
Files = dict[str, bytes]
Names = tuple[str, ...]


def changed(files: Files, block: str) -> Files:
    """The snapshot with one more rule: the group's members may ask a block at more ports. No file is the same bytes."""
    (path,) = (one for one in files if one.endswith("describe-security-groups.json"))
    document = json.loads(files[path])
    (group,) = (one for one in document["SecurityGroups"] if one["GroupId"] == GROUP)
    group["IpPermissionsEgress"].append({
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 443, "PrefixListIds": [], "IpRanges": [{"CidrIp": block}],
        "Ipv6Ranges": [], "UserIdGroupPairs": [],
    })  # fmt: skip
    copied = {one: bytes(bytearray(data)) for one, data in files.items()}
    return {**copied, path: json.dumps(document).encode()}


class Wanted(NamedTuple):
    """Whom to ask about: all senders, those for whom everything is worked out, a few, and what they ask for."""

    senders: Names
    sample: Names
    few: Names
    targets: Names


def wanted(reach: Reach, block: str, few: int) -> Wanted:
    """All of the changed group are in the sample, two of them in the few; the others are drawn at random."""
    network, inside = reach.network, parse_block(block)
    senders = tuple(one.id for one in network.interfaces.values() if one.kind == "interface")
    touched = tuple(one for one in senders if GROUP in network.interfaces[one].groups)
    drawn = random.Random(1).sample(senders, min(SAMPLE, len(senders)))
    open_ones = (one for one in network.interfaces.values()
                 if one.addresses <= inside and any(group.endswith("-legacy") for group in one.groups))  # fmt: skip
    return Wanted(
        senders, tuple(dict.fromkeys((*touched, *drawn)))[:SAMPLE], tuple(dict.fromkeys((*touched[:2], *drawn)))[:few],
        (*SERVICES, "internet", *(one.id for one, _ in zip(open_ones, range(2), strict=False))),
    )  # fmt: skip


def full(before: Reach, after: Reach, sources: Names, targets: Names) -> list[tuple[Asked, State, State]]:
    """Every question's answer in both, and both pipelines judged: what diff tells, worked out for everyone."""
    older, newer = (Reader(one.network, one.ground.appliances) for one in (before, after))
    asked = [one for source in sources
             for one, _ in questions(before.network, after.network, source, targets, Config())]  # fmt: skip
    states = [{one: answer.state for one, answer in each.answers(asked, {})} for each in (older, newer)]
    judge(older, newer, Config(), sources)
    return [(one, states[0][one], states[1][one]) for one in asked]


def told(before: Reach, after: Reach, sources: Names, targets: Names) -> Diff:
    return diff(before.ground, after.ground, sources=sources, targets=targets, causes=False, edited=True)


class Taken(NamedTuple):
    """Processor seconds of a round: loading both, everything for the sample, diff for all; both for the few."""

    loading: float
    everything: float
    difference: float
    few_everything: float
    few_difference: float
    checked: str


def _loaded(files: Files, newer: Files) -> tuple[Reach, Reach]:
    before = load_files(files)
    after = load_files(newer, beside=before)
    gc.freeze()  # as the command does
    return before, after


def _measured(files: Files, newer: Files, block: str, few: int) -> Taken:
    pairs: list[tuple[Reach, Reach]] = []
    loading = timed(lambda: pairs.append(_loaded(files, newer)))
    one = wanted(pairs[0][1], block, few)
    found: list[Diff] = []
    states: list[tuple[Asked, State, State]] = []

    def diff_of(sources: Names) -> float:
        before, after = _loaded(files, newer)  # nothing kept from before
        return timed(lambda: found.append(told(before, after, sources, one.targets)))

    def everything_of(sources: Names) -> float:
        before, after = _loaded(files, newer)
        return timed(lambda: states.extend(full(before, after, sources, one.targets)))

    difference, everything = diff_of(one.senders), everything_of(one.sample)
    checked = _checked(found[0], states, one)
    return Taken(loading, everything, difference, everything_of(one.few), diff_of(one.few), checked)


def _checked(found: Diff, states: list[tuple[Asked, State, State]], one: Wanted) -> str:
    """Which answers differ is the same by both, and diff skipped nobody whose answers do."""
    differing = {(asked.source, asked.destination) for asked, old, new in states if not old.same_as(new)}
    assert differing == {(cell.source, cell.destination) for cell in found.cells}
    assert set(found.compared) <= set(one.sample)
    return (f"{len(states):,} questions of {len(one.sample):,} senders in both snapshots: {len(differing)} answers "
            f"differ, those that diff tells of; of all {len(one.senders):,} senders it compared "
            f"{len(found.compared)}")  # fmt: skip


def _compare(place: Place, size: int, block: str, few: int) -> Measured:
    folder = place.organization(size)
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(folder).rglob("*.json"))}
    newer = changed(files, block)
    rounds = [_measured(files, newer, block, few) for _ in range(place.rounds(2))]
    before, after = _loaded(files, newer)
    one = wanted(after, block, few)
    return Measured(
        (
            Value(f"full of {len(one.sample):,} senders / diff of all {len(one.senders):,}, both loaded",
                  tuple(one.everything / one.difference for one in rounds)),
            Value("the same, loading counted in both",
                  tuple((one.everything + one.loading) / (one.difference + one.loading) for one in rounds)),
            Value(f"full / diff, both of the same {len(one.few)} senders, two of them touched",
                  tuple(one.few_everything / one.few_difference for one in rounds)),
            Value("the same, loading counted in both",
                  tuple((one.few_everything + one.loading) / (one.few_difference + one.loading) for one in rounds)),
        ),
        rounds[0].checked,
        profile_of(lambda: told(before, after, one.senders, one.targets)),
    )  # fmt: skip


ABOUT = (
    "Each sender asks for the services of a pipeline, the internet and two interfaces in the rule's block, and is "
    "judged as `check` does it. Full works that out in both snapshots for some senders, those that the rule touches "
    "included; diff is asked about all, finds out whom the rule touches, and works it out for these, without causes. "
    "Full for all senders would take many times as long as what was measured: by the first two numbers diff is "
    "quicker at the least, and they grow with the senders that full does. The other two are of the same few senders "
    "on both sides."
)


def _figure(name: str, size: int, block: str, goals: tuple[float, float], few: int) -> Figure:
    title = f"Difference of one rule for {block} over everything in both, at the least"
    return Figure(name, title, size, "more", *goals, "×", lambda place, size: _compare(place, size, block, few), ABOUT)


FIGURES = (
    _figure("diff-wide", 10_000, "0.0.0.0/0", (1.5, 10), 60),
    _figure("diff-narrow", 100_000, "10.0.64.0/18", (50, 500), 200),
)
