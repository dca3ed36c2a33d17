"""Texts of policies cut into what is written, what stands for itself, and variables; and what these are filled with."""

from __future__ import annotations

import pytest

from reachsim.policy.glob import Literal
from reachsim.policy.truth import PRESENT, UNKNOWN, NotBefore
from reachsim.policy.variables import Piece, Template, Variable, plain

NAME = Variable("aws:username", None)
TEXTS: list[tuple[str, tuple[Piece | Variable, ...]]] = [
    ("", ("",)),
    ("a*b", ("a*b",)),
    ("${", ("${",)),
    ("${aws:username}", (NAME,)),
    ("home/${AWS:UserName}/*", ("home/", NAME, "/*")),
    ("${ aws:username }${*}${?}${$}", (NAME, Literal("*"), Literal("?"), Literal("$"))),
    ("x${}y", ("x${}y",)),
    ("${,'x'}${aws:username}", ("${,'x'}", NAME)),
    ("a${}b${aws:username}c${}", ("a${}b", NAME, "c${}")),
    ("${a, 'x'}", (Variable("a", "x"),)),
    ("${a,''}", (Variable("a", ""),)),
    ("${a,'x,y'}", (Variable("a", "x,y"),)),
    ("${a,'}", ("${a,'}",)),
    ("${a,}", ("${a,}",)),
    ("${a,x}", ("${a,x}",)),
    ("${a,'x}", ("${a,'x}",)),
    ("${a,x'}", ("${a,x'}",)),
]


@pytest.mark.parametrize(("text", "parts"), TEXTS)
def test_a_text_is_cut_up_in_the_newer_version_alone(text: str, parts: tuple[Piece | Variable, ...]) -> None:
    assert Template.of(text, "2012-10-17").parts == parts
    assert Template.of(text, "2008-10-17").parts == (text,)


RESOURCES: list[tuple[str, tuple[Piece | Variable, ...]]] = [
    ("arn:aws:s3:::b/${aws:username}", ("arn:aws:s3:::", "b/", NAME)),
    ("arn:aws:${a}:::b/${aws:username}", ("arn:aws:${a}:::", "b/", NAME)),
    ("arn:aws:s3:::b:${aws:username}", ("arn:aws:s3:::", "b:", NAME)),
    ("a:b:c:d:e:${aws:username}", ("a:b:c:d:e:", NAME)),
    (":b:c:d:e:${aws:username}", (":b:c:d:e:", NAME)),
    ("b/${aws:username}", ("b/${aws:username}",)),
    ("arn:aws:s3:::", ("arn:aws:s3:::",)),
    ("a:b:c:${aws:username}", ("a:b:c:${aws:username}",)),
]


@pytest.mark.parametrize(("text", "parts"), RESOURCES)
def test_before_the_fifth_colon_of_a_resource_there_are_no_variables(
    text: str, parts: tuple[Piece | Variable, ...]
) -> None:
    assert Template.of_resource(text, "2012-10-17").parts == parts
    assert Template.of_resource(text, "2012-10-17").text == text
    assert plain(Template.of_resource(text, "2008-10-17").fixed or ()) == text


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("ann", ("a/", Literal("ann"), "/*")),
        ("*", ("a/", Literal("*"), "/*")),
        (("ann",), ("a/", Literal("ann"), "/*")),
        (("ann", "bob"), None),
        ((), None),
        (None, None),
        (UNKNOWN, UNKNOWN),
        (PRESENT, UNKNOWN),
        (NotBefore("2026-11-01"), UNKNOWN),
    ],
)
def test_a_variable_is_filled_with_the_one_value_of_its_key(value: object, filled: object) -> None:
    context = {} if value is None else {"aws:username": value}
    template = Template.of("a/${aws:username}/*", "2012-10-17")
    assert template.fill(context) == filled  # type: ignore[arg-type]
    assert template.fixed is None


def test_a_default_stands_in_for_no_value_and_for_several_but_not_for_one_that_is_not_known() -> None:
    template = Template.of("${a, 'x'}-", "2012-10-17")
    assert template.fill({}) == (Literal("x"), "-")
    assert template.fill({"a": ("y", "z")}) == (Literal("x"), "-")
    assert template.fill({"a": "y"}) == (Literal("y"), "-")
    assert template.fill({"a": UNKNOWN}) is UNKNOWN
    assert Template.of("${*}x", "2012-10-17").fixed == (Literal("*"), "x")


def test_one_variable_without_a_value_outweighs_another_that_is_not_known() -> None:
    template = Template.of("${a}${b}", "2012-10-17")
    assert template.fill({"a": UNKNOWN}) is None
    assert template.fill({"b": UNKNOWN}) is None
