"""The algebra of sets of integers, one law per test, against Python's own sets over tiny universes."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reachsim.intervals import EMPTY, Index, IntervalSet
from tests.property.strategies import UNIVERSE, interval_sets, spans

ALL = IntervalSet.span(0, UNIVERSE - 1)
a_set = interval_sets()


def members(found: IntervalSet) -> set[int]:
    return {value for value in range(-2, UNIVERSE + 2) if value in found}


@given(spans())
def test_a_set_of_spans_has_the_members_of_the_spans(drawn: list[tuple[int, int]]) -> None:
    assert members(IntervalSet.of(drawn)) == {n for low, high in drawn for n in range(low, high + 1)}


def apart(low: int, high: int, most: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Many spans in order with gaps between them; each as long as it happens to be."""
    steps = st.lists(st.tuples(st.integers(2, 4), st.integers(0, 5)), min_size=low, max_size=high)

    def laid(drawn: list[tuple[int, int]]) -> list[tuple[int, int]]:
        found, at = [], 0
        for gap, more in drawn:
            found.append((at + gap, at + gap + more))
            at = found[-1][1]
        return [span for span in found if span[1] < most]

    return steps.map(laid)


@given(apart(20, 60, 600), st.lists(st.tuples(st.integers(0, 600), st.integers(0, 60)), max_size=3))
def test_many_spans_with_few(many: list[tuple[int, int]], few: list[tuple[int, int]]) -> None:
    """Of sets of very different sizes, the parts that matter are looked up rather than gone through."""
    left, right = IntervalSet.of(many), IntervalSet.of((low, low + more) for low, more in few)
    scattered = {n for low, high in many for n in range(low, high + 1)}
    covered = {n for low, more in few for n in range(low, low + more + 1)}
    assert left & right == right & left == IntervalSet.of((one, one) for one in scattered & covered)
    assert left - right == IntervalSet.of((one, one) for one in scattered - covered)
    assert right - left == IntervalSet.of((one, one) for one in covered - scattered)
    assert {value for value in range(620) if value in left} == scattered


@given(st.lists(apart(0, 12, 120), max_size=4), st.one_of(apart(0, 60, 120), spans()), st.booleans())
def test_an_index_tells_which_sets_meet_another(
    drawn: list[list[tuple[int, int]]], asked: list[tuple[int, int]], disjoint: bool
) -> None:
    taken: set[int] = set()
    sets = []
    for mine in drawn:
        own = {n for low, high in mine for n in range(low, high + 1)} - (taken if disjoint else set())
        taken |= own
        sets.append(IntervalSet.of((n, n) for n in own))
    other = IntervalSet.of(asked)
    meeting = [place for place, one in enumerate(sets) if not one.isdisjoint(other)]
    assert Index(sets).meeting(other) == meeting


@given(a_set, a_set)
def test_union(a: IntervalSet, b: IntervalSet) -> None:
    assert members(a | b) == members(a) | members(b)


@given(a_set, a_set)
def test_intersection(a: IntervalSet, b: IntervalSet) -> None:
    assert members(a & b) == members(a) & members(b)


@given(a_set, a_set)
def test_difference(a: IntervalSet, b: IntervalSet) -> None:
    assert members(a - b) == members(a) - members(b)


@given(st.lists(a_set, max_size=4))
def test_union_of_many(sets: list[IntervalSet]) -> None:
    assert members(IntervalSet.union_of(sets)) == set().union(*map(members, sets))


@given(a_set, a_set)
def test_equal_means_the_same_members(a: IntervalSet, b: IntervalSet) -> None:
    assert (a == b) == (members(a) == members(b))


@given(spans(), st.randoms(use_true_random=False))
def test_the_form_does_not_depend_on_the_order_of_the_spans(drawn: list[tuple[int, int]], rng: random.Random) -> None:
    one, other = IntervalSet.of(drawn), IntervalSet.of(rng.sample(drawn, len(drawn)))
    assert (one, hash(one)) == (other, hash(other))


@pytest.mark.parametrize("operate", [IntervalSet.__or__, IntervalSet.__and__, IntervalSet.__sub__])
def test_every_operation_leaves_the_canonical_form(operate: object) -> None:
    @given(a_set, a_set)
    def law(a: IntervalSet, b: IntervalSet) -> None:
        found = operate(a, b).spans  # type: ignore[operator]
        assert all(low <= high for low, high in found)
        assert all(one[1] + 1 < other[0] for one, other in itertools.pairwise(found))

    law()


@given(a_set, a_set)
def test_de_morgan(a: IntervalSet, b: IntervalSet) -> None:
    assert ALL - (a | b) == (ALL - a) & (ALL - b)


@given(a_set)
def test_a_complement_is_disjoint_and_completes(a: IntervalSet) -> None:
    assert ((ALL - a) & a, (ALL - a) | a) == (EMPTY, ALL)


@given(a_set, a_set)
def test_difference_and_intersection_split_a_set(a: IntervalSet, b: IntervalSet) -> None:
    assert (a - b).isdisjoint(a & b)
    assert (a - b) | (a & b) == a


@given(a_set, a_set)
def test_subset_means_that_every_member_is_one(a: IntervalSet, b: IntervalSet) -> None:
    assert (a <= b) == (members(a) <= members(b))


@given(a_set, a_set)
def test_disjoint_means_no_common_member(a: IntervalSet, b: IntervalSet) -> None:
    assert a.isdisjoint(b) == members(a).isdisjoint(members(b))


@given(a_set, st.integers(-5, 5))
def test_shift_moves_every_member(a: IntervalSet, by: int) -> None:
    assert list(a.shift(by)) == [value + by for value in a]


@given(a_set)
def test_size_counts_the_members(a: IntervalSet) -> None:
    assert a.size == len(list(a)) == len(members(a))


@given(a_set)
def test_first_is_the_least(a: IntervalSet) -> None:
    assume(a)
    assert a.first == min(members(a))
