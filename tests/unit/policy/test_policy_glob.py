"""Wildcards: against brute force over short texts of a small alphabet, and on patterns meant to be slow."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reachsim.policy import glob
from reachsim.policy.glob import Glob, Literal, covers
from tests.patience import within

TEXTS = ["".join(letters) for size in range(7) for letters in product("abc", repeat=size)]
# Short enough that a text up to the longest in TEXTS tells any two of them apart; "c" is in no pattern.
patterns = st.text("ab*?", max_size=4)


def fits(pattern: str, text: str) -> bool:
    """The plain meaning of a pattern (regular expressions are safe on texts this short)."""
    body = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(body, text) is not None


def language(pattern: str) -> set[str]:
    return {text for text in TEXTS if fits(pattern, text)}


@given(st.text("ab*?", max_size=12), st.text("abc", max_size=14))
def test_matches_as_a_regular_expression_does(pattern: str, text: str) -> None:
    assert Glob.parse(pattern).matches(text) == fits(pattern, text)


LONG = ("*a?*b?*", "*?a*?b*", "*a?*?b", "a?*b?*a", "*ab?*a*?", "?*a?b*a?")


def test_every_short_pattern_and_long_ones_match_as_regular_expressions_do() -> None:
    short = ["".join(some) for size in range(5) for some in product("ab*?", repeat=size)]
    texts = ["".join(some) for size in range(7) for some in product("ab", repeat=size)]
    for chosen, tried in ((short, texts[:31]), (LONG, texts)):
        for pattern in chosen:
            parsed = Glob.parse(pattern)
            assert [text for text in tried if parsed.matches(text)] == [text for text in tried if fits(pattern, text)]


@given(st.text("ab*?", max_size=8))
def test_literal_pieces_hold_no_wildcards(text: str) -> None:
    literal = Glob.of([Literal(text)])
    assert literal.matches(text)
    assert not literal.has_wildcard


def test_pieces_of_a_pattern_stand_one_after_the_other() -> None:
    assert Glob.of(["a", "*", "b"]) == Glob.parse("a*b")


def test_only_a_star_at_the_end_leaves_how_texts_begin() -> None:
    begins = {"ab*": "ab", "*": "", "ab": None, "ab?": None, "a?*": None, "a*b*": None, "": None}
    assert {pattern: Glob.parse(pattern).begin for pattern in begins} == begins


def test_what_ends_alike_overlaps_wherever_the_star_stands() -> None:
    assert Glob.parse("*cab").overlaps(Glob.parse("*ab"))
    assert Glob.parse("*ab").overlaps(Glob.parse("*cab"))
    assert not Glob.parse("*cb").overlaps(Glob.parse("*ab"))


@given(patterns, patterns)
@settings(max_examples=150, deadline=None)
def test_overlap_is_a_common_text(left: str, right: str) -> None:
    expected = bool(language(left) & language(right))
    assert Glob.parse(left).overlaps(Glob.parse(right)) == expected
    assert Glob.parse(right).overlaps(Glob.parse(left)) == expected


@given(st.lists(patterns, max_size=3), patterns)
@settings(max_examples=150, deadline=None)
def test_cover_is_inclusion(union: list[str], other: str) -> None:
    joined = set().union(*map(language, union))
    assert covers([Glob.parse(text) for text in union], Glob.parse(other)) == (language(other) <= joined)


def test_several_patterns_cover_together() -> None:
    assert covers([Glob.parse(text) for text in ("", "?", "??*")], Glob.parse("*"))
    assert not covers([Glob.parse(text) for text in ("", "??*")], Glob.parse("*"))


def test_order_of_wildcards_does_not_matter() -> None:
    assert Glob.parse("a*?*") == Glob.parse("a?*") == Glob.parse("a*?")
    assert Glob.parse("a**b") == Glob.parse("a*b")


def test_split_keeps_literal_characters() -> None:
    parts = Glob.of(["a:*", Literal(":*"), ":b:c"]).split(":", 3)
    assert parts == (Glob.parse("a"), Glob.parse("*"), Glob.of([Literal("*")]), Glob.parse("b:c"))


def test_many_stars_stay_linear() -> None:
    for pattern in ("*a*a*a*b", "*a" * 500 + "*b", "*a?" * 500 + "*?b", "*" + "a" * 500 + "?b*"):
        with within(2, pattern):
            assert not Glob.parse(pattern).matches("a" * 200_000)


def test_overlap_and_cover_of_long_patterns_end() -> None:
    long = Glob.parse("*a?" * 60 + "*b")
    with within(2):
        assert long.overlaps(Glob.parse("*a" * 100 + "*"))  # both fit some long text
        covers([long], Glob.parse("*ab" * 60))


def test_places_that_were_searched_are_not_searched_again() -> None:
    with within(1):
        assert not Glob.parse("*a" * 6 + "*ab*").overlaps(Glob.parse("?c" * 40))


def test_what_is_not_shown_within_the_budget_is_not_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert covers([Glob.parse("*a?*")], Glob.parse("*a*b"))
    monkeypatch.setattr(glob, "_COVER_BUDGET", 2)
    assert not covers([Glob.parse("*a?*")], Glob.parse("*a*b"))


def test_a_pattern_of_any_length_is_covered_by_itself_and_by_the_star() -> None:
    text = "a?" * 3000 + "*"
    assert covers([Glob.parse(text)], Glob.parse(text))
    assert covers([Glob.parse("*")], Glob.parse(text))


def test_a_text_and_what_begins_like_it() -> None:
    assert Glob.parse("ab").overlaps(Glob.parse("ab*"))
    assert not Glob.parse("ab").overlaps(Glob.parse("abc*"))
    assert Glob.parse("ab") != "ab"


def test_a_letter_that_no_pattern_mentions_is_not_covered() -> None:
    assert not covers([Glob.parse("X")], Glob.parse("?"))
