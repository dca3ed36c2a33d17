"""Statements and documents as values: what is equal, what is remembered, what each is called."""

from __future__ import annotations

from typing import Any

from reachsim import policy
from reachsim.policy.statements import Document, Note, Statement

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}
CONDITION = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}


def document(*statements: dict[str, Any]) -> Document:
    return policy.parse({"Version": "2012-10-17", "Statement": list(statements)})


def statement(**more: Any) -> Statement:
    return document({**ALLOW, **more}).statements[0]


def test_statements_are_equal_that_say_the_same() -> None:
    assert statement() == statement()
    assert hash(statement()) == hash(statement())
    assert statement(Condition=CONDITION) == statement(Condition=CONDITION)
    others = [
        statement(Effect="Deny"), statement(Action="s3:Put*"), statement(Resource="*"), statement(Sid="X"),
        statement(Condition=CONDITION), document({**ALLOW, "Sid": "Y"}, ALLOW).statements[1], "Allow", None,
    ]  # fmt: skip
    assert [one for one in others if one == statement()] == []


def test_elements_are_equal_that_say_the_same() -> None:
    (mine,), (same,) = statement().actions, statement().actions
    assert mine == same
    assert hash(mine) == hash(same)
    negated = dict(ALLOW)
    negated["NotAction"] = negated.pop("Action")
    (other,) = document(negated).statements[0].actions
    assert [one for one in (other, *statement(Action="s3:Put*").actions, "Action s3:Get*", None) if one == mine] == []
    assert (str(mine), str(other)) == ("Action s3:Get*", "NotAction s3:Get*")
    assert (mine.fits("s3:getobject"), other.fits("s3:getobject")) == (True, False)


def test_a_statement_is_called_by_its_sid_else_by_its_place() -> None:
    found = document(ALLOW, {**ALLOW, "Sid": "Read"})
    assert [one.label for one in found.statements] == ["0", "Read"]


def test_of_many_actions_a_document_remembers_some() -> None:
    found = document(ALLOW, {**ALLOW, "Effect": "Deny", "Action": "s3:PutObject"})
    for number in range(4096):
        found.relevant(f"s3:get{number}")
    assert len(found.known) == 4096
    assert [one.statement.label for one in found.relevant("s3:get1").allows] == ["0"]
    assert [one.statement.label for one in found.relevant("s3:putobject").denies] == ["1"]
    assert len(found.known) == 1


def test_of_action_and_not_action_both_must_fit() -> None:
    found = document({**ALLOW, "Action": "s3:*", "NotAction": "s3:Put*"})
    assert len(found.relevant("s3:getobject").allows) == 1
    assert found.relevant("s3:putobject").allows == found.relevant("ecr:getobject").allows == ()


def test_an_element_with_a_variable_among_its_patterns_is_not_fixed() -> None:
    found = statement(Resource=["arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::c/*"])
    assert (found.resources[0].fixed, found.takes, found.begins) == (False, None, None)
    assert statement(Resource=["arn:aws:s3:::b", "arn:aws:s3:::c/*"]).resources[0].fixed


def test_how_resources_begin_is_told_where_that_is_all() -> None:
    assert statement(Resource=["a/*", "b/*"]).begins == ("a/", "b/")
    assert [statement(Resource=some).begins for some in (["a/*", "b"], ["a/*", "b?"], "a*b")] == [None] * 3
    negated = {key: value for key, value in ALLOW.items() if key != "Resource"}
    assert document({**negated, "NotResource": "a/*"}).statements[0].begins is None


def test_the_first_that_allows() -> None:
    deny = {**ALLOW, "Effect": "Deny"}
    first = document(deny, ALLOW, ALLOW).first_allow
    assert first is not None
    assert first.label == "1"
    assert document(deny).first_allow is None


def test_notes_count_for_their_kinds_and_some_for_gateways_alone() -> None:
    notes = (Note("every"), Note("scp", frozenset({"scp"})), Note("gateway", gateway_only=True))
    found = Document("2012-10-17", (), notes)
    assert found.notes_for("identity") == ("every",)
    assert found.notes_for("scp") == ("every", "scp")
    assert found.notes_for("endpoint", gateway=True) == ("every", "gateway")
