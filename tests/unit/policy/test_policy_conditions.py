"""Operators and the joining of their values, beyond what the cases hold."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim.policy.conditions import Condition, condition, in_words, read_operator
from reachsim.policy.conditions import holds as is_true
from reachsim.policy.operators import OPERATORS
from reachsim.policy.truth import PRESENT, UNKNOWN, NotBefore


@pytest.mark.parametrize(
    ("operator", "wanted", "found", "holds"),
    [
        ("BinaryEquals", "QQ==", "QQ==", True),
        ("BinaryEquals", "QQ==", "Qg==", False),
        ("BinaryEquals", "QQ==", "no base64!", False),
        ("NumericEquals", 10, "1e1", True),
        ("NumericEquals", "10", "ten", False),
        ("NumericNotEquals", "10", "ten", True),
        ("NumericEquals", "NaN", "NaN", False),
        ("NumericLessThan", "10", "9.99", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericGreaterThan", "10", "10.5", True),
        ("NumericGreaterThanEquals", "10", "10", True),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026", "2026-01-01T01:00:00+01:00", True),
        ("DateEquals", "2026-01", "1767225600", True),
        ("DateNotEquals", "2026-01-01", "2026-01-02", True),
        ("DateLessThanEquals", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.25Z", True),
        ("DateGreaterThan", "2026-01-01", "no date", False),
        ("DateGreaterThanEquals", "2026-01-01", "2026-01-01", True),
        ("DateLessThan", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.25Z", True),
        ("DateEquals", "2026-01-01T00:00:00.5Z", "1767225600.5", True),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z", True),
        ("StringEqualsIgnoreCase", "Straße Ærø", "sTRAßE æRØ", True),
        ("StringEqualsIgnoreCase", "Straße", "STRASSE", False),
        ("StringEqualsIgnoreCase", "éab", "ÉAB", True),
        ("StringEqualsIgnoreCase", "ß", "ẞ", True),
        ("StringEqualsIgnoreCase", "ak", "a\u212a", True),
        ("StringEqualsIgnoreCase", "οδος", "οδοσ", True),
        ("BinaryEquals", "QQ==", "Q!Q==", False),
        ("Bool", True, "True", True),
        ("Bool", "maybe", "maybe", False),
        ("IpAddress", "10.0.0.0/33", "10.0.0.0", False),
        ("IpAddress", "10.0.0.0/8", "no address", False),
        ("IpAddress", ["192.0.2.0/24", "10.0.0.0/8"], "10.9.9.9", True),
        ("NotIpAddress", ["192.0.2.0/24", "10.0.0.0/8"], "10.9.9.9", False),
        ("NotIpAddress", "10.0.0.0/8", "2001:db8::1", True),
        ("IpAddress", "2001:db8::1", "2001:db8::1", True),
        ("ArnEquals", "arn:aws:s3:::b*", "arn:aws:s3:::b:c", True),
        ("ArnLike", "*", "arn:aws:s3:::b", False),
        ("ArnLike", "arn:aws:s3::b", "arn:aws:s3::b", False),
        ("ArnLike", "arn:aws:s3:::b", "b", False),
        ("ArnLike", "arn:aws:s3:::b", "arn:aws:s3", False),
        ("ArnNotEquals", "arn:aws:s3:::b", "b", True),
        ("ArnLike", "arn:aws:s3:::B", "arn:aws:s3:::b", False),
        ("StringEquals", "a", "A", False),
        ("stringequals", "a", "a", True),
        ("StringEquals", [], "a", False),
        ("StringNotEquals", [], "a", True),
        ("StringEquals", "", "", True),
        ("StringNotEqualsIgnoreCase", "a", "A", False),
        ("StringNotLike", "a*", "abc", False),
        ("StringEquals", "a", ["a"], True),
        ("StringEquals", "a", ["a", "a"], False),
        ("StringNotEquals", "a", ["b", "c"], False),
        ("ForAnyValue:StringNotEquals", "a", ["a", "b"], True),
        ("ForAnyValue:StringNotEquals", "a", ["a"], False),
        ("ForAllValues:StringEquals", "a", "", True),
        ("ForAnyValue:StringEquals", "", "", False),
        ("ForAllValues:StringEquals", "a", "a", True),
        ("ForAnyValue:NumericEquals", "ten", ["10"], False),
        ("ForAllValues:NumericNotEquals", "ten", ["10"], True),
        ("ForAllValues:StringLikeIfExists", "a*", ["ab", "b"], False),
        ("Null", ["true", "false"], "x", True),
        ("Null", False, "", True),
        ("Null", True, [], True),
    ],
)
def test_operator(make: Any, operator: str, wanted: Any, found: Any, holds: bool) -> None:
    document = make.document(Condition={operator: {"k:k": wanted}})
    value = tuple(found) if isinstance(found, list) else found
    assert make.effect(document, make.request(context={"K:K": value})) == ("allow" if holds else "none")


@pytest.mark.parametrize("name", sorted(row.name for row in OPERATORS.values()))
def test_missing_key(make: Any, name: str) -> None:
    row = OPERATORS[name.lower()]
    request = make.request()
    values = ["true", "1", "2026-01-01", "10.0.0.0/8", "arn:aws:s3:::b"]
    missing = name == "Null"
    expected = {name: row.negated or missing, f"ForAnyValue:{name}": missing, f"ForAllValues:{name}": True}
    if name != "Null":
        expected |= {f"{name}IfExists": True, f"ForAnyValue:{name}IfExists": True, f"ForAllValues:{name}IfExists": True}
    for operator, holds in expected.items():
        if read_operator(operator):
            document = make.document(Condition={operator: {"k:k": values}})
            assert make.effect(document, request) == ("allow" if holds else "none"), operator


@pytest.mark.parametrize("text", ["", "StringEqual", "IfExists", "NullIfExists", "For:StringLike", "Not"])
def test_unknown_operator(text: str) -> None:
    assert read_operator(text) is None


def test_variables_in_conditions(make: Any) -> None:
    def effect(operator: str, wanted: str, **context: Any) -> Any:
        document = make.document(Condition={operator: {"k:k": wanted}})
        return make.effect(document, make.request(context={name.replace("_", ":"): v for name, v in context.items()}))

    assert effect("ArnEquals", "${aws:arn}", k_k="arn:aws:s3:::b", aws_arn="arn:aws:s3:::b") == "allow"
    assert effect("ArnLike", "arn:aws:s3:::${AWS:Name}*", k_k="arn:aws:s3:::bc", aws_name="b") == "allow"
    assert effect("StringLike", "${aws:name}", k_k="b", aws_name="*") == "none"
    assert effect("StringEquals", "${aws:name}", k_k="b", aws_name=("b", "c")) == "none"
    assert effect("StringEquals", "${aws:name, 'd'}-${$}", k_k="d-$") == "allow"
    assert effect("StringEquals", "${aws:name, d}", k_k="${aws:name, d}") == "allow"
    assert effect("StringEquals", "${}${", k_k="${}${") == "allow"
    assert effect("Bool", "${aws:flag}", k_k="true", aws_flag="true") == "allow"
    assert effect("NumericEquals", "${aws:n}", k_k="1", aws_n="1") == "none"
    assert effect("StringNotEquals", "${aws:name}", k_k="b") == "allow"


# --- one condition by itself ------------------------------------------------------------------------------------------


def one(operator: str, key: str, *values: str) -> Condition:
    made = condition(operator, key, values, "2012-10-17")
    assert made is not None
    return made


def test_of_several_values_one_may_be_a_variable() -> None:
    wanted = one("StringEquals", "k", "${aws:username}", "b")
    assert [is_true(wanted, {"k": text, "aws:username": "ann"}) for text in ("ann", "b", "c")] == [True, True, False]


def test_a_key_that_is_there_with_a_value_that_nobody_knows() -> None:
    assert is_true(one("StringEquals", "k", "present"), {"k": PRESENT}) is None
    assert [is_true(one("Null", "k", text), {"k": PRESENT}) for text in ("true", "false")] == [False, True]
    assert is_true(one("Null", "k", "true"), {"k": UNKNOWN}) is None


@pytest.mark.parametrize(
    ("operator", "wanted", "holds"),
    [
        ("DateLessThan", "2026-11-01", False),
        ("DateLessThan", "2026-11-02", None),
        ("DateLessThanEquals", "2026-10-31", False),
        ("DateLessThanEquals", "2026-11-01", None),
        ("DateGreaterThan", "2026-10-31", True),
        ("DateGreaterThan", "2026-11-01", None),
        ("DateGreaterThanEquals", "2026-11-01", True),
        ("ForAnyValue:DateGreaterThan", "2026-10-31", True),
        ("DateLessThanIfExists", "2026-10-31", False),
        ("DateLessThan", ["2026-10-31", "2099-01-01"], None),
        ("DateGreaterThan", ["2026-10-31", "2099-01-01"], True),
        ("DateLessThan", "no date", False),
        ("DateEquals", "2099-01-01", None),
        ("DateNotEquals", "2026-11-01", None),
        ("StringLike", "*", None),
        ("Null", "false", True),
        ("Null", "true", False),
    ],
)
def test_of_a_moment_and_all_after_it_what_is_past_stays_past(operator: str, wanted: Any, holds: bool | None) -> None:
    values = wanted if isinstance(wanted, list) else [wanted]
    assert is_true(one(operator, "k", *values), {"k": NotBefore("2026-11-01")}) is holds
    assert {NotBefore("2026"): 1} == {NotBefore("2026"): 1} != {NotBefore("2027"): 1}


def test_null_of_what_is_neither_true_nor_false_never_is_true() -> None:
    assert [is_true(one("Null", "k", "maybe"), context) for context in ({}, {"k": "x"})] == [False, False]


@pytest.mark.parametrize(
    ("operator", "found", "words"),
    [
        ("StringEquals", None, "the request has no k"),
        ("StringEquals", "", "the request has empty text"),
        ("StringEquals", "ab", "the request has ab"),
        ("StringEquals", ("ab",), "the request has ab"),
        ("StringEquals", ("a", "b"), "the request has several values of k and the operator takes one"),
        ("ForAnyValue:StringEquals", ("a", "b"), "the request has a, b"),
        ("StringEquals", PRESENT, "which k the request has is not known"),
        ("DateEquals", NotBefore("2026-11-01"), "the request has one not before 2026-11-01"),
        ("StringEquals", UNKNOWN, "whether the request has k, and which value, is not known"),
    ],
)
def test_what_the_request_has_in_words(operator: str, found: Any, words: str) -> None:
    context = {} if found is None else {"k": found}
    assert in_words(one(operator, "k", "x"), context) == f"condition {operator} k x: {words}"


def test_a_variable_without_a_value_is_told() -> None:
    told = in_words(one("StringEquals", "k", "${aws:username}", "b"), {"k": "a"})
    assert told.endswith("k ${aws:username} or b: the request has a (no value for the variable in ${aws:username})")


def test_what_each_operator_expects_in_words() -> None:
    expected = {
        "String": "text", "Numeric": "a number", "Date": "a date or epoch seconds", "Bool": '"true" or "false"',
        "Null": '"true" or "false"', "Binary": "base-64 text", "IpAddress": "an address or CIDR block",
        "NotIpAddress": "an address or CIDR block", "Arn": "an ARN of six parts",
    }  # fmt: skip
    for operator in OPERATORS.values():
        family = next(one for one in expected if operator.name.startswith(one))
        assert operator.expects == expected[family]


def test_numbers_dates_bytes_and_addresses_take_no_variables() -> None:
    kinds = ("Numeric", "Date", "Binary", "IpAddress", "NotIpAddress", "Null")
    assert [one.name for one in OPERATORS.values() if one.variables and one.name.startswith(kinds)] == []
