"""The difference of two snapshots, against working out everything in both.

What is compared are the questions of `reachsim diff`: each chosen source to each service, the internet and back. Full
means that every one of them is answered and every source judged in both snapshots; diff does so for the sources that
the change can touch. The search for causes is left out: it has no counterpart.
"""

from __future__ import annotations

import gc
import json
import random
from pathlib import Path
from typing import NamedTuple

from reachsim import Reach, load_files
from reachsim.config import Config
from reachsim.diff import Diff, diff
from reachsim.diff.cells import Asked, State, evaluate
from reachsim.diff.overall import judge
from reachsim.diff.scope import questions
from tests.benchmarks.figure import Figure, Place
from tests.benchmarks.measuring import Measured, Value, profile_of, timed

GROUP = "sg-1-batch"


def changed(files: dict[str, bytes], block: str) -> dict[str, bytes]:
    """The snapshot with one more rule: the group's members may ask a block at one more port."""
    (path,) = (one for one in files if one.endswith("describe-security-groups.json"))
    document = json.loads(files[path])
    (group,) = (one for one in document["SecurityGroups"] if one["GroupId"] == GROUP)
    group["IpPermissionsEgress"].append({
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 443, "PrefixListIds": [], "IpRanges": [{"CidrIp": block}],
        "Ipv6Ranges": [], "UserIdGroupPairs": [],
    })  # fmt: skip
    return {**files, path: json.dumps(document).encode()}


def chosen(reach: Reach, count: int) -> tuple[str, ...]:
    """Senders drawn at random, and two of the changed group."""
    senders = [one for one in reach.network.interfaces.values() if one.kind == "interface"]
    touched = [one.id for one in senders if GROUP in one.groups][:2]
    return (*touched, *(one.id for one in random.Random(1).sample(senders, count - len(touched))))


def full(before: Reach, after: Reach, sources: tuple[str, ...]) -> list[tuple[Asked, State, State]]:
    """Every question's answer in both, and both pipelines judged: what diff tells, worked out for everyone."""
    judge(before.ground, after.ground, Config(), sources)
    return [
        (asked, evaluate(before.ground, asked, {}), evaluate(after.ground, asked, {}))
        for source in dict.fromkeys(sources)
        for asked, _ in questions(before.network, after.network, source, (), Config())
    ]


def _compare(place: Place, size: int, block: str, count: int) -> Measured:
    folder = place.organization(size)
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(folder).rglob("*.json"))}
    newer = changed(files, block)
    rounds = [_round(files, newer, count) for _ in range(place.rounds(2))]
    before, after = _loaded(files, newer)
    sources = chosen(after, count)
    return Measured(
        (
            Value("full / diff without causes, both loaded", tuple(one.full / one.told for one in rounds)),
            Value("full / diff without causes, loading counted in both",
                  tuple((one.full + one.loading) / (one.told + one.loading) for one in rounds)),
        ),
        rounds[0].checked,
        profile_of(lambda: diff(before.ground, after.ground, sources=sources, causes=False, edited=True)),
    )  # fmt: skip


class Round(NamedTuple):
    """Processor seconds of a round, and what was compared."""

    loading: float
    told: float
    full: float
    checked: str


def _loaded(files: dict[str, bytes], newer: dict[str, bytes]) -> tuple[Reach, Reach]:
    found = load_files(files), load_files(newer)
    gc.freeze()  # as the command does
    return found


def _round(files: dict[str, bytes], newer: dict[str, bytes], count: int) -> Round:
    pairs: list[tuple[Reach, Reach]] = []
    loading = timed(lambda: pairs.append(_loaded(files, newer)))
    before, after = pairs[0]
    sources = chosen(after, count)
    found: list[Diff] = []
    told = timed(lambda: found.append(diff(before.ground, after.ground, sources=sources, causes=False, edited=True)))
    before, after = _loaded(files, newer)  # nothing kept from before
    states: list[tuple[Asked, State, State]] = []
    whole = timed(lambda: states.extend(full(before, after, sources)))
    compared = set(found[0].compared)
    differing = 0
    for asked, old, new in states:
        if not old.same_as(new):
            differing += 1
            assert {asked.source, asked.destination} & compared, f"{asked} differs, and diff did not look at it"
    checked = (f"{len(states):,} questions in both snapshots: {differing} answers differ, all of the "
               f"{len(compared)} sources that diff compared")  # fmt: skip
    return Round(loading, told, whole, checked)


FIGURES = (
    Figure("diff-wide", "Difference of one rule for 0.0.0.0/0 over everything in both", 10_000, "more", 1.5, 10, "×",
           lambda place, size: _compare(place, size, "0.0.0.0/0", 60)),
    Figure("diff-narrow", "Difference of one rule for a /18 over everything in both", 100_000, "more", 50, 500, "×",
           lambda place, size: _compare(place, size, "10.0.64.0/18", 200)),
)  # fmt: skip
