"""Engine against reference interpreter, one random network at a time, of every kind that the property tests know."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reachsim import load_files
from tests.property.comparison import assert_partition, compare, world_of
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


def disagreement(kind: str, seed: int) -> tuple[int, str | None]:
    """(packets compared, what the two disagree about or None) for one network. Any exception is a disagreement."""
    compared = 0
    try:
        draft, asked = KINDS[kind](seed)
        files = draft.files()
        reach, world = load_files(files), world_of(files)
        for source, destination in asked:
            for scenario in reach.scenarios(source, destination):
                if scenario.flows:
                    assert_partition(scenario)
                    compared += compare(world, scenario, draft.rng)
    except Exception as error:
        return compared, f"{type(error).__name__}: {error}"
    return compared, None


def round_robin(first: dict[str, int]) -> Iterable[tuple[str, int]]:
    """(kind, seed) without end: every kind's next seed in turn."""
    seeds = dict(first)
    while True:
        for kind in KINDS:
            yield kind, seeds[kind]
            seeds[kind] += 1
