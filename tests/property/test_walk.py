"""The engine against the reference interpreter: random small networks, and packets from the corners of every class.

The corners (first and last value in each dimension) of every flow that the engine makes are asked of the interpreter,
which was written apart from the facts; so every class of every network is compared, not a sample of random pairs.
"""

from __future__ import annotations

import itertools
import json
import random
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest

from reachsim import Reach, load_files
from reachsim.addresses import V6_BASE
from reachsim.forwarding.ground import Walk
from reachsim.packets import Box, PacketSet
from reachsim.scenarios import Scenario
from tests.property.networks import TOPICS, Draft, network
from tests.reference.interpreter import Origin, Packet, judge
from tests.reference.world import World

NETWORKS_PER_TOPIC = 60
MOST_CORNERS = 10
KINDS = {"delivered": "allowed", "dropped": "blocked", "unknown": "unknown"}
NOT_ROUTED = ip_network("127.0.0.0/8")
"""What never leaves the host: the interpreter has no say in it."""


def questions(draft: Draft) -> list[tuple[str, str]]:
    """(source, destination) selectors: out of an interface, in from the internet and from on-premises."""
    rng = draft.rng
    source, target = rng.choice(draft.interfaces), rng.choice(draft.interfaces)
    found = [(source, "ip:0.0.0.0/0")]
    if any(one.ipv6 for one in draft.sites):
        found.append((source, "ip:::/0"))
    found.append(("internet", target))
    if rng.random() < 0.2:
        found.append(("internet", "ip:0.0.0.0/0"))
    if any(target.startswith(("vgw-", "tgw-")) for one in draft.sites for target in one.targets):
        found.append(("ip:192.168.7.0/24", target))
    return found


def corners(box: Box, rng: random.Random) -> list[tuple[int, ...]]:
    """Points of a class with the first or last value in each dimension: all, or a sample where there are many."""
    ends = [sorted({factor.first, factor.spans[-1][1]}) for factor in box]
    every = list(itertools.product(*ends))
    return every if len(every) <= MOST_CORNERS else rng.sample(every, MOST_CORNERS)


def ip_of(number: int) -> IPv4Address | IPv6Address:
    return IPv4Address(number) if number < V6_BASE else IPv6Address(number - V6_BASE)


def packet_of(point: tuple[int, ...]) -> Packet:
    source, destination, service, client, nat, second, choice = point
    protocol, detail = service >> 16, service & 0xFFFF
    what: int | tuple[int, int] | None = None
    if protocol in (6, 17):
        what = detail
    elif protocol in (1, 58):
        what = (detail >> 8, detail & 0xFF)
    return Packet(ip_of(source), ip_of(destination), protocol, what, client, (nat, second), choice)


def origin_of(scenario: Scenario) -> Origin:
    """Where a scenario's packets start, in the interpreter's words."""
    origin = scenario.source.origin
    return (origin.kind, origin.gateway or origin.id)


def assert_partition(scenario: Scenario) -> None:
    """Flows are disjoint and add up to what was asked."""
    assert PacketSet.union_of([flow.box for flow in scenario.flows], 7) == scenario.asked
    sizes = [size(flow.box) for flow in scenario.flows]
    assert sum(sizes) == sum(size(box) for box in scenario.asked.boxes()), "flows overlap"


def size(box: Box) -> int:
    product = 1
    for factor in box:
        product *= factor.size
    return product


def compare(world: World, scenario: Scenario, rng: random.Random) -> int:
    """Ask the interpreter for the corners of each flow; returns how many it was asked for."""
    compared = 0
    for flow in scenario.flows:
        for point in corners(flow.box, rng):
            packet = packet_of(point)
            if packet.destination in NOT_ROUTED:
                continue
            result = judge(world, origin_of(scenario), packet)
            assert flow.outcome == KINDS[result.kind], told(flow, origin_of(scenario), packet, result)
            compared += 1
    return compared


def told(flow: Walk, origin: Origin, packet: Packet, result: object) -> str:
    blocks = [(one.code, one.component, one.leg) for one in flow.blocks]
    gaps = [(one.code, one.component) for one in flow.gaps]
    hops = [(one.component, one.leg) for one in flow.hops]
    return f"{origin} {packet}\ninterpreter: {result}\nengine: {flow.outcome} {blocks} {gaps}\nby {hops}"


def compare_network(draft: Draft) -> int:
    files = draft.files()
    reach: Reach = load_files(files)
    world = World({path: json.loads(data) for path, data in files.items()})
    compared = 0
    for source, destination in questions(draft):
        for scenario in reach.scenarios(source, destination):
            assert_partition(scenario)
            compared += compare(world, scenario, draft.rng)
    return compared


@pytest.mark.parametrize("topic", TOPICS)
def test_engine_and_interpreter_agree_on_every_class(topic: str) -> None:
    compared = sum(compare_network(network(topic, seed)) for seed in range(NETWORKS_PER_TOPIC))
    print(f"{topic}: {NETWORKS_PER_TOPIC} networks, {compared} packets compared")
    assert compared > NETWORKS_PER_TOPIC * 500
