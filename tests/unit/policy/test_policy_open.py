"""Differences between policies whose statements hang on the same policy variables: told exactly where one takes in the
other whatever the variable stands for."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import policy
from reachsim.policy.symbolic import Zone, allows_more, lets_through

ZONE = Zone("111122223333", "o-own")
TAG, MINE = "aws:ResourceTag/team", "${aws:PrincipalTag/team}"
NAME = "${aws:username}"


def at(resource: str, **fields: Any) -> dict[str, Any]:
    return {"Resource": f"arn:aws:s3:::{resource}", **fields}


def where(operator: str, key: str, value: Any, **fields: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}, **fields}


def below(prefix: str) -> dict[str, Any]:
    return where("StringLike", "s3:prefix", prefix)


def document(*statements: dict[str, Any]) -> policy.Document:
    usual = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    whole = [{**usual, **({} if "NotResource" in one else {"Resource": "*"}), **one} for one in statements]
    return policy.parse({"Version": "2012-10-17", "Statement": whole})


EQUAL = where("StringEquals", TAG, MINE)
NOT_EQUAL = where("StringNotEquals", TAG, MINE, Effect="Deny")
ANY_TAG = {"ForAnyValue:StringEquals": {"aws:TagKeys": MINE}}
VPCE = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}


@pytest.mark.parametrize(
    ("newer", "older", "more"),
    [
        ([at(f"home/{NAME}/*")], [at("home/*")], False),
        ([at("home/*")], [at(f"home/{NAME}/*")], True),
        ([at(f"home/{NAME}/a*")], [at(f"home/{NAME}/*")], False),
        ([at(f"home/{NAME}/*")], [at(f"home/{NAME}/a*")], True),
        ([at(f"home/{NAME}/a?c")], [at(f"home/{NAME}/*c")], False),
        ([at(f"home/{NAME}")], [at("home/?")], True),
        ([at(f"home/{NAME}/*")], [at(f"home/{NAME}/*", Action="s3:Get*")], False),
        ([at(f"home/{NAME}/*", Action="s3:Get*")], [at(f"home/{NAME}/*")], True),
        ([at(f"home/{NAME}/*", Condition=VPCE)], [at(f"home/{NAME}/*")], False),
        ([at(f"home/{NAME}/*")], [at(f"home/{NAME}/*", Condition=VPCE)], True),
        ([at(f"home/{NAME}/*")], [at("home/${aws:PrincipalTag/team}/*")], True),
        ([at(f"home/{NAME}/*"), at(f"home/{NAME}/*", Effect="Deny")], [at("none")], False),
        ([at(f"home/{NAME}/*"), at(f"home/{NAME}/secret", Effect="Deny")], [at("none")], True),
        ([at(f"home/{NAME}/*", Condition={"Null": {"aws:username": "true"}})], [at("none")], False),
        ([at("b/${aws:PrincipalTag/team, 'x'}/*")], [at("b/*")], False),
        ([at("b/${aws:PrincipalTag/team, 'x'}/*")], [at("b/${aws:PrincipalTag/team, 'x'}*")], False),
        ([at("b/${aws:PrincipalTag/team}/*")], [at("b/${aws:PrincipalTag/team, 'x'}/*")], False),
        ([at("b/${aws:PrincipalTag/team, 'x'}/*")], [at("b/${aws:PrincipalTag/team}/*")], True),
        ([{"NotResource": f"arn:aws:s3:::home/{NAME}/*"}], [{"NotResource": f"arn:aws:s3:::home/{NAME}/a*"}], False),
        ([EQUAL], [where("StringEquals", TAG, [MINE, "shared"])], False),
        ([where("StringEquals", TAG, [MINE, "shared"])], [EQUAL], True),
        ([EQUAL], [where("StringLike", TAG, MINE)], False),
        ([EQUAL], [where("StringLike", TAG, f"{MINE}*")], False),
        ([EQUAL], [where("StringEqualsIfExists", TAG, MINE)], False),
        ([where("StringEqualsIfExists", TAG, MINE)], [EQUAL], True),
        ([{}, NOT_EQUAL], [EQUAL], False),
        ([EQUAL], [{}, NOT_EQUAL], False),
        ([{}], [{}, NOT_EQUAL], True),
        ([below(f"home/{NAME}/*")], [below(f"home/{NAME}*")], False),
        ([below(f"home/{NAME}*")], [below(f"home/{NAME}/*")], True),
        ([{"Condition": {**VPCE, **ANY_TAG}}], [{"Condition": ANY_TAG}], False),
        ([{"Condition": ANY_TAG}], [{"Condition": {**VPCE, **ANY_TAG}}], True),
    ],
)  # fmt: skip
def test_what_hangs_on_the_same_variable(newer: list[dict[str, Any]], older: list[dict[str, Any]], more: bool) -> None:
    mine, theirs = document(*newer), document(*older)
    answer = allows_more(mine, theirs, ZONE)
    assert answer.more is more
    if answer.witness is not None:
        effects = [policy.judge(one, answer.witness, "endpoint").effect for one in (mine, theirs)]
        assert effects[0] == "allow" != effects[1]


def test_what_a_deny_on_the_same_variable_takes_away_is_no_row() -> None:
    held = document(at(f"home/{NAME}/a"), at(f"home/{NAME}/*", Effect="Deny"))
    assert lets_through(held, ZONE, services=["s3"]) == ((), True, ())
    kept = lets_through(document(at(f"home/{NAME}/*"), at(f"home/{NAME}/a", Effect="Deny")), ZONE, services=["s3"])
    assert {row.extent for row in kept.rows} == {"some"}


def test_more_questions_than_can_be_tried_stay_open() -> None:
    """What is not shown to be impossible counts as possible."""
    many = [at(f"b{i}/${{aws:PrincipalTag/t{i}}}/*") for i in range(12)]
    answer = allows_more(document(*many[:1]), document(*many), ZONE)
    assert answer.more is False
    assert allows_more(document(*many), document(*many[:1]), ZONE).more is True


def test_a_witness_is_judged_once_more() -> None:
    """A request whose resource holds a star stands for several, so it proves nothing of the object that is named so."""
    kept = {"NotResource": ["arn:aws:s3:::bx", "arn:aws:s3:::${*}x"]}
    gone = at("a${*}${aws:PrincipalTag/t, 'x'}", Effect="Deny")
    answer = allows_more(document(kept), document(kept, gone), ZONE)
    assert answer.more is not False
    if answer.more:
        assert answer.witness is not None
        assert policy.judge(document(kept), answer.witness, "endpoint").effect == "allow"
        assert policy.judge(document(kept, gone), answer.witness, "endpoint").effect != "allow"
