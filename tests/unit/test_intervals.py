"""Sets of integers: construction, canonical form, and the corners that a law does not name."""

from __future__ import annotations

from itertools import product

import pytest

from reachsim.intervals import EMPTY, Index, IntervalSet


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], ()),
        ([(5, 5)], ((5, 5),)),
        ([(1, 3), (4, 6)], ((1, 6),)),
        ([(1, 3), (5, 6)], ((1, 3), (5, 6))),
        ([(5, 6), (1, 3)], ((1, 3), (5, 6))),
        ([(1, 9), (2, 3)], ((1, 9),)),
        ([(1, 4), (3, 9), (1, 4)], ((1, 9),)),
        ([(-5, -1), (0, 0)], ((-5, 0),)),
    ],
)
def test_spans_are_sorted_and_merged(spans: list[tuple[int, int]], expected: object) -> None:
    assert IntervalSet.of(spans).spans == expected


def test_a_span_that_ends_before_it_starts_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"span ends before it starts: 2\.\.1"):
        IntervalSet.of([(2, 1)])


def test_span_of_a_backward_range_is_empty() -> None:
    assert IntervalSet.span(2, 1) is EMPTY


@pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 65535), (0, (1 << 128) - 1)])
def test_size_of_a_span(low: int, high: int) -> None:
    assert IntervalSet.span(low, high).size == high - low + 1


def test_size_does_not_count_members_one_by_one() -> None:
    assert IntervalSet.of([(0, 1 << 128), (1 << 130, 1 << 131)]).size > 1 << 128


@pytest.mark.parametrize(("value", "inside"), [(0, False), (1, True), (3, True), (4, False), (7, True), (8, False)])
def test_membership_at_the_ends(value: int, inside: bool) -> None:
    assert (value in IntervalSet.of([(1, 3), (7, 7)])) is inside


def test_the_empty_set_has_no_first_member() -> None:
    with pytest.raises(ValueError, match="no first member"):
        _ = EMPTY.first


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([(1, 9)], [(4, 5)], ((1, 3), (6, 9))),
        ([(1, 9)], [(1, 9)], ()),
        ([(1, 9)], [(0, 1), (9, 12)], ((2, 8),)),
        ([(1, 2), (4, 5), (7, 8)], [(2, 7)], ((1, 1), (8, 8))),
        ([(1, 2)], [], ((1, 2),)),
        ([], [(1, 2)], ()),
        ([(1, 20)], [(2, 3), (5, 6), (19, 30)], ((1, 1), (4, 4), (7, 18))),
    ],
)
def test_difference(left: list[tuple[int, int]], right: list[tuple[int, int]], expected: object) -> None:
    assert (IntervalSet.of(left) - IntervalSet.of(right)).spans == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([(1, 9)], [(4, 5)], ((4, 5),)),
        ([(1, 5)], [(5, 9)], ((5, 5),)),
        ([(1, 4)], [(5, 9)], ()),
        ([(1, 3), (5, 9)], [(2, 6), (8, 8)], ((2, 3), (5, 6), (8, 8))),
        ([], [(1, 2)], ()),
    ],
)
def test_intersection_both_ways_round(
    left: list[tuple[int, int]], right: list[tuple[int, int]], expected: object
) -> None:
    one, other = IntervalSet.of(left), IntervalSet.of(right)
    assert (one & other).spans == (other & one).spans == expected


def test_truth_is_having_a_member() -> None:
    assert (bool(EMPTY), bool(IntervalSet.single(0))) == (False, True)


def test_length_counts_spans() -> None:
    assert len(IntervalSet.of([(1, 100), (200, 300)])) == 2


def test_a_set_is_not_equal_to_its_spans() -> None:
    assert IntervalSet.single(1) != ((1, 1),)


def test_sets_are_values_and_serve_as_keys() -> None:
    assert {IntervalSet.of([(1, 2), (3, 4)]): "found"}[IntervalSet.span(1, 4)] == "found"


def test_operators_leave_their_operands_alone() -> None:
    one, other = IntervalSet.span(1, 5), IntervalSet.span(3, 9)
    _ = (one | other, one & other, one - other, one.shift(3))
    assert (one.spans, other.spans) == (((1, 5),), ((3, 9),))


def test_the_text_of_a_set_names_its_spans() -> None:
    assert repr(IntervalSet.of([(1, 2), (4, 4)])) == "IntervalSet([(1, 2), (4, 4)])"


@pytest.mark.parametrize(
    ("sets", "asked", "places"),
    [
        ([[(100, 100)]], [(1, 1), (3, 3)], []),  # all that is asked lies below, and there is more of it
        ([[(1, 5)]], [(5, 5), (9, 9)], [0]),
        ([[(1, 5)]], [(0, 1), (9, 9)], [0]),
        ([[(1, 1)], [(3, 3)]], [(9, 9)], []),  # above
        ([[(1, 1)], [(3, 3)]], [(3, 9)], [1]),
        ([[(1, 1)], [(3, 3)], [(5, 5)]], [(1, 5)], [0, 1, 2]),
        ([[(1, 1), (5, 5)], [(3, 3)]], [(2, 4)], [1]),
        ([[(1, 5)]], [(7, 8), (10, 10)], []),
        ([[(1, 5)]], [(4, 8), (10, 10)], [0]),
        ([[(1, 9)], [(2, 3)]], [(4, 4)], [0]),  # one within another
        ([[(1, 9)], [(2, 3)]], [(3, 3)], [0, 1]),
        ([[(2, 3)], [(1, 9)], [(5, 6)]], [(4, 5), (20, 20)], [1, 2]),
        ([[(2, 3)], [(2, 3)]], [(3, 7)], [0, 1]),
    ],
)
def test_which_sets_of_an_index_meet_another_at_the_edges(
    sets: list[list[tuple[int, int]]], asked: list[tuple[int, int]], places: list[int]
) -> None:
    assert Index(map(IntervalSet.of, sets)).meeting(IntervalSet.of(asked)) == places


@pytest.mark.parametrize(
    ("spans", "single"), [([(3, 3)], True), ([(3, 4)], False), ([(3, 3), (5, 5)], False), ([(3, 3), (5, 9)], False)]
)
def test_a_set_of_one_number(spans: list[tuple[int, int]], single: bool) -> None:
    assert IntervalSet.of(spans).is_single == single


def test_no_number_is_not_one() -> None:
    assert not EMPTY.is_single


def test_sets_that_hash_alike_are_apart() -> None:
    one, other = IntervalSet.single(-1), IntervalSet.single(-2)
    assert (hash(one) == hash(other), one == other) == (True, False)


def test_a_span_within_the_last_of_several_changes_nothing() -> None:
    assert IntervalSet.of([(1, 2), (5, 20), (6, 7)]).spans == ((1, 2), (5, 20))


def test_all_small_sets_against_each_other() -> None:
    small = [frozenset(n for n in range(6) if bits >> n & 1) for bits in range(64)]
    sets = {one: IntervalSet.of((n, n) for n in one) for one in small}
    for (left, mine), (right, other) in product(sets.items(), repeat=2):
        assert (mine <= other) == (left <= right)
        assert mine & other == sets[left & right]
        assert mine | other == sets[left | right]
        assert mine - other == sets[left - right]
        assert mine.isdisjoint(other) == left.isdisjoint(right)


@pytest.mark.parametrize(
    "other", [EMPTY, IntervalSet.single(0), IntervalSet.span(-5, -3), IntervalSet.of([(-9, -8), (4, 5)])]
)
def test_the_empty_set_is_within_every_set_and_meets_none(other: IntervalSet) -> None:
    assert EMPTY <= other  # noqa: SIM300 (the order is the point)
    assert (EMPTY & other, other & EMPTY, EMPTY - other, other - EMPTY) == (EMPTY, EMPTY, EMPTY, other)
