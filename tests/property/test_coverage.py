"""Each feature of `tests.property.coverage` is crossed by packets of the networks that CI compares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reachsim import load_files
from tests.deep.differential import KINDS
from tests.property import test_walk, test_walk_load_balancers, test_walk_workloads
from tests.property.comparison import world_of
from tests.property.coverage import FEATURES, Way

SHARES = {
    "network": test_walk.NETWORKS_PER_TOPIC,
    "load-balancers": test_walk_load_balancers.NETWORKS_PER_TOPIC,
    "workloads": test_walk_workloads.NETWORKS_PER_TOPIC,
}
"""How many networks of a topic CI compares, from seed 0 on."""


def ways(kind: str) -> Iterator[Way]:
    """The ways of all classes of packets that CI compares on networks of a kind."""
    for seed in range(SHARES[kind.partition("/")[0]]):
        draft, asked = KINDS[kind](seed)
        files = draft.files()
        reach, world = load_files(files), world_of(files)
        for source, destination in asked:
            for scenario in reach.scenarios(source, destination):
                yield from (Way(world, scenario, flow) for flow in scenario.flows)


@pytest.mark.parametrize("kind", sorted({home for home, _ in FEATURES.values()}))
def test_networks_of_a_kind_cross_its_features(kind: str) -> None:
    left = {name: crosses for name, (home, crosses) in FEATURES.items() if home == kind}
    for way in ways(kind):
        left = {name: crosses for name, crosses in left.items() if not crosses(way)}
        if not left:
            return
    raise AssertionError(f"no packet of {SHARES[kind.partition('/')[0]]} networks crosses: {', '.join(left)}")


def test_every_kind_of_feature_has_a_home() -> None:
    assert {home for home, _ in FEATURES.values()} <= KINDS.keys()
