"""Engine against reference interpreter, one random network at a time, of every kind that the property tests know.

As many networks as possible in the time there is, so each is asked sparingly: most questions are about one protocol,
and of flows that fare alike only some are compared. Of faults planted in the walk as many are found by as many
networks, give or take a sixth, as by whole questions and four corners of every flow, in a third of the time.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from random import Random

from reachsim import forwarding, load_files
from tests.property.comparison import MOST_CORNERS, Sparing, assert_partition, compare, world_of
from tests.property.draft import Draft
from tests.property.networks import TOPICS, network
from tests.property.test_walk import questions
from tests.property.test_walk_load_balancers import TOPICS as BALANCED_TOPICS
from tests.property.test_walk_load_balancers import balanced
from tests.property.test_walk_load_balancers import questions as balanced_questions
from tests.property.test_walk_workloads import TOPICS as WORKLOAD_TOPICS
from tests.property.test_walk_workloads import with_workloads

Made = tuple[Draft, list[tuple[str, str]]]
"""A network and the (source, destination) selectors to ask it."""


def _plain(topic: str) -> Callable[[int], Made]:
    def make(seed: int) -> Made:
        draft = network(topic, seed)
        return draft, questions(draft)

    return make


def _balanced(topic: str) -> Callable[[int], Made]:
    def make(seed: int) -> Made:
        draft, nodes = balanced(topic, seed)
        return draft, balanced_questions(draft, nodes)

    return make


def _workloads(topic: str) -> Callable[[int], Made]:
    def make(seed: int) -> Made:
        draft = with_workloads(topic, seed)
        blocks = ["ip:0.0.0.0/0", *(["ip:::/0"] if any(one.ipv6 for one in draft.sites) else [])]
        return draft, [(source, block) for source in ("ecs:main/web", "lambda:f") for block in blocks]

    return make


KINDS: dict[str, Callable[[int], Made]] = {
    **{f"network/{topic}": _plain(topic) for topic in TOPICS},
    **{f"load-balancers/{topic}": _balanced(topic) for topic in BALANCED_TOPICS},
    **{f"workloads/{topic}": _workloads(topic) for topic in WORKLOAD_TOPICS},
}


PROTOCOLS = (None, None, None, "tcp", "tcp", "tcp", "tcp", "udp", "udp", "icmp", "icmp", 47)
"""What a question is about, as often as it stands here; None: all protocols."""


def protocol_for(destination: str, rng: Random) -> str | int | None:
    """The protocol of a question; of ICMP the one of the destination's family."""
    protocol = rng.choice(PROTOCOLS)
    return "icmpv6" if protocol == "icmp" and destination == "ip:::/0" else protocol


def disagreement(kind: str, seed: int, *, whole: bool = False) -> tuple[int, str | None]:
    """(packets compared, what the two disagree about or None) for one network. Any exception is a disagreement.

    ``whole``: questions of all protocols, and several corners of every flow.
    """
    compared = 0
    try:
        draft, asked = KINDS[kind](seed)
        files = draft.files()
        reach, world, most = load_files(files), world_of(files), MOST_CORNERS if whole else Sparing()
        for source, destination in asked:
            protocol = None if whole else protocol_for(destination, draft.rng)
            for scenario in reach.scenarios(source, destination, protocol):
                if scenario.flows:
                    assert_partition(scenario)
                    compared += compare(world, scenario, draft.rng, most)
    except Exception as error:
        return compared, f"{type(error).__name__}: {error}"
    return compared, None


def code_state() -> str:
    """A digest of the code that is compared and compares: engine, interpreter, generator.

    Of each module that comparing a network of every kind loads, and of all places where a walk may come to; so it is
    to be asked in a process that has loaded nothing else.
    """
    for module in iter_modules(forwarding.__path__, "reachsim.forwarding."):
        import_module(module.name)
    for kind in KINDS:
        disagreement(kind, 0)
    digest = hashlib.sha256()
    for name, loaded in sorted(sys.modules.items()):
        if name.partition(".")[0] in ("reachsim", "tests") and loaded.__file__:
            digest.update(name.encode() + Path(loaded.__file__).read_bytes())
    return digest.hexdigest()[:12]


def round_robin(first: dict[str, int]) -> Iterable[tuple[str, int]]:
    """(kind, seed) without end: every kind's next seed in turn."""
    seeds = dict(first)
    while True:
        for kind in KINDS:
            yield kind, seeds[kind]
            seeds[kind] += 1
