"""Sets of packets: services, boxes, and mistakes of the programmer."""

from __future__ import annotations

import socket

import pytest

from reachsim import packets
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.packets import (
    ALL_SERVICES,
    ICMP,
    ICMPV6,
    PORTS,
    TCP,
    UDP,
    PacketSet,
    Service,
    icmp_services,
    protocol_services,
)

ONE, TWO = IntervalSet.single(1), IntervalSet.single(2)


def square(*corners: int) -> PacketSet:
    return PacketSet.box(tuple(IntervalSet.span(0, corner) for corner in corners))


def test_protocols_have_iana_s_numbers_and_dimensions_the_names_of_their_places() -> None:
    known = socket.IPPROTO_ICMP, socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_ICMPV6
    assert known == (ICMP, TCP, UDP, ICMPV6)
    assert [getattr(packets, name.upper()) for name in packets.DIMENSIONS] == list(range(7))


@pytest.mark.parametrize("protocol", [0, ICMP, TCP, UDP, 50, ICMPV6, 255])
def test_a_protocol_is_one_span_of_services(protocol: int) -> None:
    assert protocol_services(protocol).spans == ((protocol << 16, protocol << 16 | 0xFFFF),)


def test_all_services_are_all_protocols_together() -> None:
    assert IntervalSet.union_of(map(protocol_services, range(256))) == ALL_SERVICES


@pytest.mark.parametrize(("protocol", "detail"), [(TCP, 443), (UDP, 0), (ICMP, 8 << 8), (255, 65535)])
def test_a_service_taken_apart_is_put_together_again(protocol: int, detail: int) -> None:
    (value,) = protocol_services(protocol, IntervalSet.single(detail))
    assert Service.of(value) == Service(protocol, detail)


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        (-1, -1, (0, 65535)),
        (8, -1, (8 << 8, (8 << 8) + 255)),
        (3, 4, ((3 << 8) + 4, (3 << 8) + 4)),
        (0, 0, (0, 0)),
        (255, 255, (65535, 65535)),
        (-1, 3, (0, 65535)),
    ],
)
def test_icmp_types_and_codes(kind: int, code: int, expected: tuple[int, int]) -> None:
    base = ICMP << 16
    assert icmp_services(ICMP, kind, code).spans == ((base + expected[0], base + expected[1]),)


def test_icmp_of_the_two_families_does_not_meet() -> None:
    assert icmp_services(ICMP, 8, -1).isdisjoint(icmp_services(ICMPV6, 8, -1))


def test_ports_of_two_protocols_do_not_meet() -> None:
    assert protocol_services(TCP, PORTS).isdisjoint(protocol_services(UDP, PORTS))


@pytest.mark.parametrize("box", [(EMPTY, ONE, TWO), (ONE, EMPTY, TWO), (ONE, TWO, EMPTY)])
def test_a_box_with_an_empty_factor_is_the_empty_set(box: tuple[IntervalSet, ...]) -> None:
    assert PacketSet.box(box) == PacketSet.empty(3)


@pytest.mark.parametrize("dimensions", [1, 2, 7])
def test_the_empty_set_is_empty_in_any_number_of_dimensions(dimensions: int) -> None:
    empty = PacketSet.empty(dimensions)
    assert (empty.is_empty, bool(empty), list(empty.boxes())) == (True, False, [])


def test_the_union_of_no_boxes_is_empty() -> None:
    assert PacketSet.union_of([], 3) == PacketSet.empty(3)


def test_empty_sets_of_different_dimensions_differ() -> None:
    assert PacketSet.empty(2) != PacketSet.empty(3)


def test_the_empty_set_has_no_witness() -> None:
    with pytest.raises(ValueError, match="no witness"):
        PacketSet.empty(2).witness()


def test_the_witness_is_the_first_packet() -> None:
    assert (square(3, 3) - square(0, 3)).witness() == (1, 0)


@pytest.mark.parametrize("operator", [PacketSet.__or__, PacketSet.__and__, PacketSet.__sub__, PacketSet.__le__])
@pytest.mark.parametrize(("one", "other"), [((1, 1), (1, 1, 1)), ((1,), (1, 1)), ((1, 1), (1,))])
def test_sets_of_different_dimensions_do_not_mix(
    operator: object, one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="do not mix"):
        operator(square(*one), square(*other))  # type: ignore[operator]


def test_the_only_dimension_cannot_be_dropped() -> None:
    with pytest.raises(ValueError, match="cannot be dropped"):
        square(3).project(0)


def test_touching_boxes_become_one() -> None:
    left = PacketSet.box((IntervalSet.span(0, 4), ONE))
    right = PacketSet.box((IntervalSet.span(5, 9), ONE))
    assert list((left | right).boxes()) == [(IntervalSet.span(0, 9), ONE)]


def test_boxes_come_in_order() -> None:
    drawn = [(IntervalSet.single(n), IntervalSet.single(9 - n)) for n in (5, 1, 3)]
    assert [box[0].first for box in PacketSet.union_of(drawn, 2).boxes()] == [1, 3, 5]


def test_a_hole_is_cut_exactly() -> None:
    holed = square(9, 9) - PacketSet.box((IntervalSet.single(4), IntervalSet.single(4)))
    assert ((4, 4) in holed, (4, 5) in holed, (5, 4) in holed) == (False, True, True)


def test_equality_is_for_packet_sets_only() -> None:
    assert square(1, 1) != "square"


def test_many_small_boxes_stay_one_canonical_set() -> None:
    boxes = [(IntervalSet.single(x), IntervalSet.single(y)) for x in range(40) for y in range(40)]
    assert list(PacketSet.union_of(boxes, 2).boxes()) == [(IntervalSet.span(0, 39), IntervalSet.span(0, 39))]


@pytest.mark.parametrize("corners", [(5,), (5, 7), (5, 7, 9)])
def test_nothing_added_taken_away_or_met(corners: tuple[int, ...]) -> None:
    some, nothing = square(*corners), PacketSet.empty(len(corners))
    assert some | nothing == nothing | some == some - nothing == some
    assert some & nothing == nothing & some == nothing - some == some - some == nothing
    assert nothing | nothing == nothing & nothing == nothing
    assert [one.dimensions for one in (some | nothing, some & nothing, some - nothing)] == [len(corners)] * 3


def test_what_remains_has_a_dimension_less() -> None:
    for dropped, left in enumerate([(7, 9), (5, 9), (5, 7)]):
        assert square(5, 7, 9).project(dropped) == square(*left)
        assert square(5, 7, 9).project(dropped).dimensions == 2


def test_what_remains_of_several_products() -> None:
    one, two = IntervalSet.single(1), IntervalSet.single(2)
    both = PacketSet.union_of([(one, one, two), (two, two, one)], 3)
    for dropped, left in enumerate([[(one, two), (two, one)], [(one, two), (two, one)], [(one, one), (two, two)]]):
        assert both.project(dropped) == PacketSet.union_of(left, 2)
    flat = PacketSet.union_of([(one, two), (two, one)], 2)
    assert flat.project(0) == flat.project(1) == PacketSet.box((one | two,))
    wide = PacketSet.union_of([(one, one), (two, one | two)], 2)
    assert wide.project(0) == PacketSet.box((one | two,))
