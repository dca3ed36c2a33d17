"""The walk on random small networks: it agrees with the reference interpreter, and keeps its laws.

Which networks: `tests.property.networks`. How the two are compared: `tests.property.comparison`.
"""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reachsim import Reach, load_files
from reachsim.forwarding import Walk
from reachsim.packets import DIMENSIONS, PacketSet
from reachsim.scenarios import Scenario
from tests.property.comparison import assert_partition, compare, corners, ip_of, world_of
from tests.property.draft import Draft
from tests.property.networks import TOPICS, network

NETWORKS_PER_TOPIC, AT_ONCE = 108, 27
"""2,052 networks in all; `tests.property.test_walk_states` and its like compare further ones."""
BATCHES = [
    (topic, first)
    for topic in TOPICS
    for first in range(0, NETWORKS_PER_TOPIC * (2 if topic == "inspection" else 1), AT_ONCE)
]
TINY_PER_TOPIC, EVERY_CORNER = 2, 128
FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)
"""For the laws, each of which asks a network some dozens of questions or one large one."""
drafts = st.builds(network, st.sampled_from(sorted(TOPICS)), st.integers(1000, 1_000_000))


def questions(draft: Draft) -> list[tuple[str, str]]:
    """(source, destination) selectors: out of an interface or a build, in from the internet and from on-premises."""
    rng = draft.rng
    source, target = rng.choice(draft.interfaces), rng.choice(draft.interfaces)
    senders = [source, "codebuild:app"] if draft.has_project and rng.random() < 0.5 else [source]
    everywhere = ["ip:0.0.0.0/0", *(["ip:::/0"] if any(one.ipv6 for one in draft.sites) else [])]
    found = [(sender, block) for sender in senders for block in everywhere]
    found.append(("internet", target))
    if rng.random() < 0.2:
        found.append(("internet", "ip:0.0.0.0/0"))
    if any(target.startswith(("vgw-", "tgw-")) for one in draft.sites for target in one.targets):
        found.append(("ip:192.168.7.0/24", target))
        if rng.random() < 0.3:
            found.append(("ip:192.168.7.0/24", "ip:0.0.0.0/0"))
    return found


@pytest.mark.parametrize(("topic", "first"), BATCHES)
def test_engine_and_interpreter_agree_on_every_class(topic: str, first: int) -> None:
    compared = 0
    for seed in range(first, first + AT_ONCE):
        draft = network(topic, seed)
        files = draft.files()
        reach, world = load_files(files), world_of(files)
        for source, destination in questions(draft):
            for scenario in reach.scenarios(source, destination):
                assert_partition(scenario)
                compared += compare(world, scenario, draft.rng)
    print(f"{topic}: {AT_ONCE} networks, {compared} packets compared")
    assert compared > AT_ONCE * 200


def tiny(topic: str) -> list[Draft]:
    """The first networks of a topic with one or two interfaces."""
    made = (network(topic, seed) for seed in itertools.count(2000))
    return list(itertools.islice((draft for draft in made if len(draft.interfaces) <= 2), TINY_PER_TOPIC))


LARGE = ("regions", "accounts", "foreign hub")
"""Topics none of whose networks are tiny."""


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic not in LARGE])
def test_every_pair_of_classes_of_tiny_networks(topic: str) -> None:
    """From each interface, build and gateway to every address there is, every corner of every class."""
    for draft in tiny(topic):
        files = draft.files()
        reach, world = load_files(files), world_of(files)
        sources = [*draft.interfaces, *(["codebuild:app"] if draft.has_project else [])]
        asked = [(source, block) for source in sources for block in ("ip:0.0.0.0/0", "ip:::/0")]
        asked += [(source, target) for source in ("internet", "ip:192.168.7.0/24") for target in draft.interfaces]
        for source, destination in asked:
            for scenario in reach.scenarios(source, destination):
                assert_partition(scenario)
                assert compare(world, scenario, draft.rng, EVERY_CORNER) or not scenario.flows


@FEW
@given(drafts)
def test_flows_are_disjoint_and_add_up_to_what_was_asked(draft: Draft) -> None:
    reach = load_files(draft.files())
    place = draft.rng.choice(draft.rng.choice(draft.sites).places)
    for source in (place.id, draft.sites[0].id, "internet", draft.rng.choice(draft.interfaces)):
        for destination in (draft.rng.choice(draft.interfaces), "ip:10.0.0.0/8", "internet"):
            if source != destination:
                for scenario in reach.scenarios(source, destination):
                    assert_partition(scenario)


@FEW
@given(drafts)
def test_a_narrow_question_is_answered_as_within_a_wide_one(draft: Draft) -> None:
    reach = load_files(draft.files())
    source = draft.rng.choice(draft.interfaces)
    (wide,) = reach.scenarios(source, "ip:0.0.0.0/0", protocol="tcp")
    for flow in draft.rng.sample(wide.flows, min(len(wide.flows), 12)):
        point = corners(flow.box, draft.rng)[0]
        (narrow,) = reach.scenarios(source, f"ip:{ip_of(point[1])}", protocol="tcp", port=point[2] & 0xFFFF)
        (holding,) = (one for one in narrow.flows if all(map(lambda f, v: v in f, one.box, point)))
        assert (holding.outcome, causes(holding)) == (flow.outcome, causes(flow))


def causes(flow: Walk) -> list[tuple[str, ...]]:
    blocks = [(one.code, one.component, str(one.rule), one.leg) for one in flow.blocks]
    return blocks + [(one.code, one.component) for one in flow.gaps]


@FEW
@given(drafts)
def test_a_further_rule_of_a_security_group_takes_nothing_away(draft: Draft) -> None:
    source = draft.rng.choice(draft.interfaces)
    before = allowed(load_files(draft.files()), source)
    open_one_group(draft)
    assert before <= allowed(load_files(draft.files()), source)


def allowed(reach: Reach, source: str) -> PacketSet:
    scenarios: tuple[Scenario, ...] = reach.scenarios(source, "ip:0.0.0.0/0")
    passing = [flow.box for scenario in scenarios for flow in scenario.flows if flow.outcome == "allowed"]
    return PacketSet.union_of(passing, len(DIMENSIONS))


def open_one_group(draft: Draft) -> None:
    site = draft.rng.choice(draft.sites)
    direction = random.Random(site.id).choice(("in", "out"))
    site.net.permit(draft.rng.choice(site.groups), direction, ("-1", None, None, "0.0.0.0/0"))
