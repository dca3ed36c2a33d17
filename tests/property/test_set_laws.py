"""The algebra of sets of packets and addresses, one law per test, against Python's own sets over tiny universes."""

from __future__ import annotations

import ipaddress
import itertools
import random

from hypothesis import assume, given
from hypothesis import strategies as st

from reachsim.addresses import EVERYWHERE, V4, V6, Cidr, format_address, format_set, parse_address, parse_block
from reachsim.engine import Flow, answered, choose, kinds, split
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.packets import (
    ALL_SERVICES,
    CHOICE,
    CHOICES,
    CLIENT_PORT,
    ICMP,
    ICMPV6,
    PORTS,
    TCP,
    UDP,
    Box,
    PacketSet,
    protocol_services,
)
from tests.property.strategies import (
    SIDE,
    UNIVERSE,
    addresses,
    blocks,
    boxes,
    interval_sets,
    packet_sets,
)

ALL = IntervalSet.span(0, UNIVERSE - 1)
DIMENSIONS = 3
POINTS = list(itertools.product(range(SIDE), repeat=DIMENSIONS))
EVERY_PACKET = PacketSet.box((IntervalSet.span(0, SIDE - 1),) * DIMENSIONS)

a_packet_set = packet_sets(DIMENSIONS)


def packets(found: PacketSet) -> set[tuple[int, ...]]:
    return {point for point in POINTS if point in found}


# --- addresses ------------------------------------------------------------------------------------------------------


@given(addresses())
def test_an_address_survives_the_line(text: str) -> None:
    assert format_address(parse_address(text)) == text


@given(st.lists(blocks(), max_size=5))
def test_blocks_that_a_set_is_written_in_are_exactly_the_set(texts: list[str]) -> None:
    drawn = IntervalSet.union_of(map(parse_block, texts))
    assert IntervalSet.union_of(parse_block(text) for text in format_set(drawn)) == drawn


@given(st.lists(blocks(), max_size=5))
def test_blocks_that_a_set_is_written_in_do_not_overlap(texts: list[str]) -> None:
    written = [parse_block(text) for text in format_set(IntervalSet.union_of(map(parse_block, texts)))]
    assert all(one.isdisjoint(other) for one, other in itertools.combinations(written, 2))


@given(blocks())
def test_a_block_has_as_many_addresses_as_its_length_says(text: str) -> None:
    bits = 128 if ":" in text else 32
    assert Cidr(text).length == int(text.split("/")[1])
    assert Cidr(text).block.size == 1 << (bits - Cidr(text).length)


@given(blocks())
def test_a_block_is_of_one_family(text: str) -> None:
    assert Cidr(text).block <= (V6 if ":" in text else V4)


@given(blocks(), addresses())
def test_an_address_is_in_a_block_as_the_standard_library_says(block: str, address: str) -> None:
    inside = ipaddress.ip_address(address) in ipaddress.ip_network(block)
    assert (parse_address(address) in parse_block(block)) == inside


# --- packets --------------------------------------------------------------------------------------------------------


@given(st.lists(boxes(DIMENSIONS), max_size=4))
def test_a_packet_set_holds_the_packets_of_its_boxes(drawn: list[Box]) -> None:
    expected = {p for p in POINTS if any(all(p[i] in box[i] for i in range(DIMENSIONS)) for box in drawn)}
    assert packets(PacketSet.union_of(drawn, DIMENSIONS)) == expected


@given(a_packet_set, a_packet_set)
def test_union_of_packets(a: PacketSet, b: PacketSet) -> None:
    assert packets(a | b) == packets(a) | packets(b)


@given(a_packet_set, a_packet_set)
def test_intersection_of_packets(a: PacketSet, b: PacketSet) -> None:
    assert packets(a & b) == packets(a) & packets(b)


@given(a_packet_set, a_packet_set)
def test_difference_of_packets(a: PacketSet, b: PacketSet) -> None:
    assert packets(a - b) == packets(a) - packets(b)


@given(a_packet_set, a_packet_set)
def test_equal_packet_sets_hold_the_same_packets(a: PacketSet, b: PacketSet) -> None:
    assert (a == b) == (packets(a) == packets(b))


@given(a_packet_set)
def test_a_packet_set_rebuilt_from_its_packets_is_equal_and_hashes_alike(a: PacketSet) -> None:
    points = [tuple(IntervalSet.single(value) for value in point) for point in sorted(packets(a), reverse=True)]
    rebuilt = PacketSet.union_of(points, DIMENSIONS)
    assert (rebuilt, hash(rebuilt)) == (a, hash(a))


@given(st.lists(boxes(DIMENSIONS), max_size=5), st.randoms(use_true_random=False))
def test_union_of_boxes_does_not_depend_on_their_order(drawn: list[Box], rng: random.Random) -> None:
    shuffled = rng.sample(drawn, len(drawn))
    assert PacketSet.union_of(drawn, DIMENSIONS) == PacketSet.union_of(shuffled, DIMENSIONS)


@given(a_packet_set)
def test_boxes_are_disjoint(a: PacketSet) -> None:
    for one, other in itertools.combinations(a.boxes(), 2):
        assert any(left.isdisjoint(right) for left, right in zip(one, other, strict=True))


@given(a_packet_set)
def test_boxes_add_up_to_the_set(a: PacketSet) -> None:
    assert PacketSet.union_of(a.boxes(), DIMENSIONS) == a


@given(a_packet_set)
def test_boxes_have_no_empty_factor(a: PacketSet) -> None:
    assert all(all(box) for box in a.boxes())


@given(a_packet_set)
def test_the_complement_completes(a: PacketSet) -> None:
    rest = EVERY_PACKET - a
    assert (rest & a).is_empty
    assert rest | a == EVERY_PACKET


@given(a_packet_set, a_packet_set)
def test_de_morgan_for_packets(a: PacketSet, b: PacketSet) -> None:
    assert EVERY_PACKET - (a & b) == (EVERY_PACKET - a) | (EVERY_PACKET - b)


@given(a_packet_set, a_packet_set, a_packet_set)
def test_intersection_distributes_over_union(a: PacketSet, b: PacketSet, c: PacketSet) -> None:
    assert a & (b | c) == (a & b) | (a & c)


@given(a_packet_set, a_packet_set)
def test_subset_of_packets(a: PacketSet, b: PacketSet) -> None:
    assert (a <= b) == (packets(a) <= packets(b))


@given(a_packet_set, st.integers(0, DIMENSIONS - 1))
def test_project_forgets_one_dimension(a: PacketSet, dropped: int) -> None:
    expected = {point[:dropped] + point[dropped + 1 :] for point in packets(a)}
    found = a.project(dropped)
    assert {p for p in itertools.product(range(SIDE), repeat=DIMENSIONS - 1) if p in found} == expected


@given(a_packet_set)
def test_the_witness_is_a_packet_of_the_set(a: PacketSet) -> None:
    assume(a)
    assert a.witness() in a


@given(packet_sets(1), packet_sets(1))
def test_one_dimension_is_an_interval_set(a: PacketSet, b: PacketSet) -> None:
    def values(found: PacketSet) -> set[int]:
        return {value for value in range(SIDE) if (value,) in found}

    assert values(a - b) == values(a) - values(b)


# --- the engine's splits --------------------------------------------------------------------------------------------

TINY = IntervalSet.span(0, SIDE - 1)
tiny_sets = interval_sets(SIDE).filter(bool)


def flow_of(sources: IntervalSet, destinations: IntervalSet, services: IntervalSet, **more: object) -> Flow[None]:
    box = (sources, destinations, services, PORTS, PORTS, PORTS, CHOICES)
    return Flow(box=box, place=("here",), context=None, **more)  # type: ignore[arg-type]


def asked(*flows: Flow[None] | None) -> PacketSet:
    return PacketSet.union_of([flow.box for flow in flows if flow is not None], 7)


def disjoint(*flows: Flow[None] | None) -> bool:
    found = [asked(flow) for flow in flows if flow is not None]
    return all((one & other).is_empty for one, other in itertools.combinations(found, 2))


def tcp(ports: IntervalSet) -> IntervalSet:
    return protocol_services(TCP, ports)


@given(tiny_sets, tiny_sets, tiny_sets, interval_sets(SIDE), interval_sets(SIDE), st.booleans())
def test_split_is_disjoint_and_loses_nothing(
    sources: IntervalSet, destinations: IntervalSet, ports: IntervalSet, peers: IntervalSet, open_ports: IntervalSet,
    by_source: bool,
) -> None:  # fmt: skip
    flow = flow_of(sources, destinations, tcp(ports))
    inside, outside = split(flow, peers, tcp(open_ports), by_source=by_source)
    assert disjoint(inside, *outside)
    assert asked(inside, *outside) == asked(flow)


@given(tiny_sets, tiny_sets, tiny_sets, interval_sets(SIDE), interval_sets(SIDE), st.booleans())
def test_split_takes_exactly_what_the_rule_matches(
    sources: IntervalSet, destinations: IntervalSet, ports: IntervalSet, peers: IntervalSet, open_ports: IntervalSet,
    by_source: bool,
) -> None:  # fmt: skip
    inside, _ = split(flow_of(sources, destinations, tcp(ports)), peers, tcp(open_ports), by_source=by_source)
    near, far = (sources & peers, destinations) if by_source else (sources, destinations & peers)
    expected = PacketSet.box((near, far, tcp(ports & open_ports), PORTS, PORTS, PORTS, CHOICES))
    assert asked(inside) == expected


@given(tiny_sets, tiny_sets, interval_sets(SIDE), interval_sets(SIDE))
def test_split_of_a_reply_matches_the_clients_port(
    sources: IntervalSet, client_ports: IntervalSet, peers: IntervalSet, open_ports: IntervalSet
) -> None:
    box = (sources, TINY, tcp(IntervalSet.single(443)), client_ports, PORTS, PORTS, CHOICES)
    reply: Flow[None] = Flow(box=box, place=("here",), context=None, source=1, destination=0, leg="response")
    inside, outside = split(reply, peers, tcp(open_ports), by_source=False)
    expected = (sources & peers, TINY, box[2], client_ports & open_ports, PORTS, PORTS, CHOICES)
    assert asked(inside) == PacketSet.box(expected)
    assert asked(inside, *outside) == asked(reply)


@given(tiny_sets, tiny_sets, interval_sets(SIDE), st.integers(0, SIDE - 1))
def test_split_by_a_translated_address_takes_all_or_nothing(
    sources: IntervalSet, ports: IntervalSet, peers: IntervalSet, fixed: int
) -> None:
    flow = flow_of(sources, TINY, tcp(ports), source=IntervalSet.single(fixed))
    inside, outside = split(flow, peers, ALL_SERVICES, by_source=True)
    assert (asked(inside) == asked(flow)) == (fixed in peers)
    assert (outside == [flow]) == (fixed not in peers)


@given(st.lists(st.sampled_from([1, 6, 17, 47, 58, 132, 255]), unique=True))
def test_kinds_are_disjoint_and_add_up(protocols: list[int]) -> None:
    services = IntervalSet.union_of(protocol_services(protocol) for protocol in protocols)
    parts = list(kinds(services))
    assert IntervalSet.union_of(parts) == services
    assert all(one.isdisjoint(other) for one, other in itertools.combinations(parts, 2))


@given(st.lists(st.sampled_from([1, 6, 17, 47, 58, 132, 255]), unique=True))
def test_kinds_hold_one_protocol_each_or_none_that_has_ports(protocols: list[int]) -> None:
    services = IntervalSet.union_of(protocol_services(protocol) for protocol in protocols)
    special = [protocol_services(one) for one in (TCP, UDP, ICMP, ICMPV6)]
    for part in kinds(services):
        assert sum(not part.isdisjoint(one) for one in special) <= 1


@given(st.sampled_from([ICMP, ICMPV6]), interval_sets(20).filter(bool), st.integers(1, 8))
def test_answered_is_disjoint_and_loses_nothing(protocol: int, types: IntervalSet, shift: int) -> None:
    details = IntervalSet.of((low << shift, high << shift) for low, high in types.spans)
    flow = flow_of(TINY, TINY, protocol_services(protocol, details))
    parts = answered(flow)
    assert disjoint(*parts)
    assert asked(*parts) == asked(flow)


@given(st.integers(1, 9), st.integers(0, 65535), st.integers(0, 65535))
def test_a_choice_gives_every_option_a_part_of_its_own(options: int, one: int, other: int) -> None:
    flow = flow_of(TINY, TINY, tcp(TINY)).with_dimension(CHOICE, IntervalSet.span(min(one, other), max(one, other)))
    assert flow is not None
    parts = choose(flow, options)
    assert disjoint(*parts)
    assert asked(*parts) == asked(flow)


@given(st.integers(1, 9))
def test_a_choice_is_nearly_even(options: int) -> None:
    parts = choose(flow_of(TINY, TINY, tcp(TINY)), options)
    sizes = [part.box[CHOICE].size for part in parts]
    assert len(parts) == options
    assert max(sizes) - min(sizes) <= 1


@given(tiny_sets, interval_sets(SIDE))
def test_with_dimension_keeps_exactly_the_values(ports: IntervalSet, values: IntervalSet) -> None:
    flow = flow_of(TINY, TINY, tcp(TINY)).with_dimension(CLIENT_PORT, ports)
    assert flow is not None
    kept = flow.with_dimension(CLIENT_PORT, values)
    assert (EMPTY if kept is None else kept.box[CLIENT_PORT]) == ports & values


def test_the_address_line_holds_both_families_apart() -> None:
    assert V4 | V6 == EVERYWHERE
    assert V4.isdisjoint(V6)
