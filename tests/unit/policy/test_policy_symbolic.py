"""Symbolic answers hold for every request: random ones never contradict them, and every witness is what it claims."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reachsim import policy
from reachsim.policy.glob import Glob
from reachsim.policy.statements import Kind
from reachsim.policy.symbolic import (
    Table,
    Zone,
    allows_more,
    lets_through,
    narrowest,
    reachable_from_outside,
)
from reachsim.policy.symbolic_text import TooComplex, of_glob, representatives

OWN, MATE, OTHER = "111122223333", "222233334444", "444455556666"
ZONE = Zone(OWN, "o-own", frozenset({MATE}))
ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
BUCKET = ["arn:aws:s3:::b", "arn:aws:s3:::b/?*"]


def document(*statements: dict[str, Any]) -> policy.Document:
    return policy.parse({"Version": "2012-10-17", "Statement": [{**ALLOW, **one} for one in statements]})


def effect(held: policy.Document, request: policy.Request, kind: Any = "endpoint") -> str:
    return policy.judge(held, request, kind).effect


# --- representatives ------------------------------------------------------------------------------------------------

TEXTS = ["".join(letters) for size in range(6) for letters in product("abx", repeat=size)]


@given(st.lists(st.text("ab*?", max_size=4), max_size=4))
@settings(max_examples=150, deadline=None)
def test_representatives_tell_all_texts_apart(written: list[str]) -> None:
    globs = [Glob.parse(text) for text in written]
    found = representatives([of_glob(glob) for glob in globs], [of_glob(Glob.parse("*"))])
    vectors = [tuple(glob.matches(text) for glob in globs) for text in found]
    assert len(set(vectors)) == len(vectors)
    assert {tuple(glob.matches(text) for glob in globs) for text in TEXTS} <= set(vectors)


def test_representatives_give_up_on_time() -> None:
    patterns = [of_glob(Glob.parse(f"*{a}{b}*{b}{a}*{a}*")) for a, b in product("abcdef", repeat=2)]
    with pytest.raises(TooComplex):
        representatives(patterns, [of_glob(Glob.parse("*"))])
    crossing = [{"Resource": f"arn:aws:s3:::*{a}{b}*{b}{a}*{a}*"} for a, b in product("abcdef", repeat=2)]
    table = lets_through(document(*crossing), ZONE, services=["s3"])
    assert (table.rows, table.exact) == ((), False)
    assert "not worked out" in table.notes[0]
    assert allows_more(document(*crossing), document(), ZONE, services=["s3"]).more is None


@pytest.mark.parametrize(
    ("statements", "note"),
    [
        ([{"Resource": f"arn:aws:s3:::{'${' * 20_000}"}], "more than 25000 characters"),
        ([{"Condition": {"StringEquals": {f"k:{number}": "a"}}} for number in range(25)], "ways in which"),
        ([{"Condition": {"StringEquals": {f"k:{number}": "a" for number in range(300)}}}], "more than 200 keys"),
    ],
)
def test_what_would_take_too_long_is_said_at_once(statements: list[dict[str, Any]], note: str) -> None:
    table = lets_through(document(*statements), ZONE, services=["s3"])
    assert (table.rows, table.exact) == ((), False)
    assert note in table.notes[0]
    assert note in allows_more(document(*statements), document(), ZONE, services=["s3"]).notes[0]


# --- what a policy lets through -------------------------------------------------------------------------------------


def rows(table: Table) -> list[tuple[int, int, str, str]]:
    assert table.exact, table.notes
    return [(len(row.callers), len(row.owners), row.statement, row.extent) for row in table.rows]


def test_default_policy_is_one_row_and_an_exfiltration_path() -> None:
    """Fact 31: any caller, also an anonymous one, any action, any bucket of any account."""
    table = lets_through(document({}), ZONE, services=["s3"])
    assert rows(table) == [(4, 3, "0", "all")]
    witness = table.rows[0].witness
    assert witness.principal.kind == "anonymous"
    assert witness.action.startswith("s3:")
    assert witness.resource_account not in (OWN, MATE)


def test_perimeter_policy() -> None:
    own = {"aws:PrincipalOrgID": "o-own", "aws:ResourceOrgID": "o-own"}
    perimeter = document(
        {"Sid": "Own", "Condition": {"StringEquals": own}},
        {"Sid": "Layers", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"},
    )
    table = lets_through(perimeter, ZONE, services=["s3"])
    assert rows(table) == [(2, 2, "Own", "all"), (4, 3, "Layers", "all")]
    assert table.rows[0].callers == table.rows[0].owners == ("own account", "own organization")


def test_without_an_organization_nobody_is_in_it() -> None:
    table = lets_through(document({}), Zone(OWN), services=["s3"])
    assert table.rows[0].callers == ("own account", "another account", "anonymous")


def test_gateway_endpoint_that_names_the_account_lets_its_root_user_through() -> None:
    held = document({"Principal": {"AWS": OWN}})
    table = lets_through(held, ZONE, gateway=True, services=["s3"])
    assert [(row.callers, row.extent, row.witness.principal.kind) for row in table.rows] == [
        (("own account",), "some", "root")
    ]
    assert lets_through(held, ZONE, services=["s3"]).rows[0].extent == "all"


def test_a_named_session_is_not_every_session_of_its_role() -> None:
    named = f"arn:aws:sts::{OWN}:assumed-role/a/s0"
    for name in (named, named.replace("s0", "s")):
        role = f"arn:aws:iam::{OWN}:role/a"
        assert allows_more(document({"Principal": {"AWS": role}}), document({"Principal": {"AWS": name}}), ZONE).more
        assert not allows_more(
            document({"Principal": {"AWS": name}}), document({"Principal": {"AWS": role}}), ZONE
        ).more


def test_every_piece_of_the_address_space_is_tried() -> None:
    rest = {"Condition": {"NotIpAddress": {"aws:VpcSourceIp": ["0.0.0.0/1", "192.0.0.0/2", "::/0"]}}}
    held = document(rest)
    within = document({"Condition": {"IpAddress": {"aws:VpcSourceIp": "128.0.0.0/2"}}})
    assert allows_more(within, held, ZONE).more is False
    answer = allows_more(held, within, ZONE)
    assert answer.more
    assert answer.witness is not None
    assert answer.witness.keys.get("aws:vpcsourceip") is None
    present = {"Null": {"aws:VpcSourceIp": "false"}, **rest["Condition"]}
    assert allows_more(document({"Condition": present}), within, ZONE).more is True  # what is no address at all


def test_deny_leaves_some() -> None:
    held = document({}, {"Effect": "Deny", "Condition": {"StringNotEquals": {"aws:ResourceAccount": OWN}}})
    assert [(row.owners, row.extent) for row in lets_through(held, ZONE, services=["s3"]).rows] == [
        (("own account",), "all")
    ]
    held = document({}, {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    assert rows(lets_through(held, ZONE, services=["s3"])) == [(4, 3, "0", "some")]
    assert rows(lets_through(held, ZONE, services=["s3"], fixed={"aws:SecureTransport": "true"})) == [
        (4, 3, "0", "all")
    ]
    assert rows(lets_through(held, ZONE, services=["s3"], fixed={"aws:SecureTransport": "false"})) == []


def test_what_a_condition_keeps_out_is_told_from_what_a_resource_does() -> None:
    """Owners whose account does not fit are among those that the statement takes, so only some of them pass."""
    condition = {"StringLikeIfExists": {"aws:ResourceAccount": "4444*"}}
    held = policy.parse({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "svc:*",
                                       "NotResource": "arn:aws:svc:::*", "Condition": condition}})  # fmt: skip
    table = lets_through(held, ZONE, services=["svc"])
    assert [(row.owners, row.extent) for row in table.rows] == [(("own organization", "another account"), "some")]


def test_actions_without_resource_types_need_a_star() -> None:
    held = document({"Resource": f"arn:aws:ecr:us-east-1:{OWN}:repository/*"})
    token = document({"Action": "ecr:GetAuthorizationToken", "Resource": "*"})
    assert allows_more(token, held, ZONE, services=["ecr"]).more
    assert not any(row.witness.wildcard_only_action for row in lets_through(held, ZONE, services=["ecr"]).rows)


OUTSIDERS = ("own organization", "another account")
SAME_ACCOUNT = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
SAME_ORGANIZATION = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}


def ties(*statements: dict[str, Any]) -> dict[tuple[str, str], str]:
    table = lets_through(document(*statements), ZONE, services=["s3"])
    assert table.exact, table.notes
    return {(caller, owner): row.extent for row in table.rows for caller in row.callers for owner in row.owners}


def test_a_variable_that_ties_caller_and_owner_is_exact() -> None:
    """An account owns what is its own: nobody is in "another" account and in the own one."""
    strangers = {(one, other): "some" for one in OUTSIDERS for other in OUTSIDERS}
    assert ties({"Condition": SAME_ACCOUNT}) == {("own account", "own account"): "all", **strangers}
    unless = {"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
    assert ties({}, {"Effect": "Deny", "Condition": unless}) == ties({"Condition": SAME_ACCOUNT})
    inside = ("own account", "own organization")
    assert ties({"Condition": SAME_ORGANIZATION}) == {
        **{(one, other): "all" for one in inside for other in inside},
        ("another account", "another account"): "some",
    }


@pytest.mark.parametrize(
    ("newer", "older", "more"),
    [
        (SAME_ACCOUNT, SAME_ORGANIZATION, True),  # an account may be in no organization
        ({"StringEquals": {**SAME_ACCOUNT["StringEquals"], "aws:PrincipalOrgID": "o-own"}}, SAME_ORGANIZATION, False),
        (SAME_ORGANIZATION, SAME_ACCOUNT, True),
        (
            {"StringEquals": {**SAME_ACCOUNT["StringEquals"], "aws:PrincipalAccount": OWN}},
            {"StringEquals": {"aws:ResourceAccount": OWN}},
            False,
        ),
        (
            {"StringEquals": {"aws:ResourceAccount": OWN}},
            {"StringEquals": {**SAME_ACCOUNT["StringEquals"], "aws:PrincipalAccount": OWN}},
            True,
        ),
    ],
)
def test_differences_between_ties(newer: dict[str, Any], older: dict[str, Any], more: bool) -> None:
    new, old = document({"Condition": newer}), document({"Condition": older})
    answer = allows_more(new, old, ZONE, services=["s3"])
    assert answer.more is more
    if more:
        assert answer.witness is not None
        assert (effect(new, answer.witness), effect(old, answer.witness)) == ("allow", "none")


# --- the difference -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newer", "older", "more"),
    [
        ([{}], [{}], False),
        ([{}], [{"Action": "s3:*"}], True),
        ([{"Action": "s3:GetObject"}], [{"Action": "s3:Get*"}], False),
        ([{"Resource": "arn:aws:s3:::b*"}], [{"Resource": "arn:aws:s3:::b"}, {"Resource": "arn:aws:s3:::b?*"}], False),
        ([{"Resource": "arn:aws:s3:::b*"}], [{"Resource": "arn:aws:s3:::b"}, {"Resource": "arn:aws:s3:::b/*"}], True),
        ([{"Principal": {"AWS": OWN}}], [{"Condition": {"StringEquals": {"aws:PrincipalAccount": OWN}}}], False),
        ([{"Condition": {"StringEquals": {"aws:PrincipalAccount": OWN}}}], [{"Principal": {"AWS": OWN}}], False),
        ([{"Principal": {"AWS": OTHER}}], [{"Principal": {"AWS": OWN}}], True),
        (
            [{"Condition": {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}}],
            [{"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}],
            True,
        ),
        (
            [{"Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.1.0/24"}}}],
            [{"Condition": {"IpAddress": {"aws:VpcSourceIp": ["10.0.1.0/25", "10.0.1.128/25"]}}}],
            False,
        ),
        (
            [{"Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/23"}}}],
            [{"Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.1.0/24"}}}],
            True,
        ),
        (
            [{"Condition": {"NumericLessThan": {"s3:max-keys": "10"}}}],
            [{"Condition": {"NumericLessThanEquals": {"s3:max-keys": "9"}}}],
            True,
        ),
        (
            [{"Condition": {"NumericLessThanEquals": {"s3:max-keys": "9"}}}],
            [{"Condition": {"NumericLessThan": {"s3:max-keys": "10"}}}],
            False,
        ),
        (
            [{"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-02T00:00:00Z"}}}],
            [{"Condition": {"DateLessThan": {"aws:CurrentTime": "1767225600"}}}],
            True,
        ),
        (
            [{"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}}],
            [{"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}},
             {"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "b"}}}],
            False,
        ),
        (
            [{"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}}],
            [{"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}},
             {"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "b"}}}],
            True,
        ),
        (
            [{"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/b*"}}}],
            [{"Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/b*"}}}],
            False,
        ),
        ([{"Resource": "arn:aws:s3:::b/${aws:username}/*"}], [{"Resource": "arn:aws:s3:::b/*"}], False),
        ([{"Resource": "arn:aws:s3:::b/${aws:username}/*"}], [{"Resource": "arn:aws:s3:::b/ann/*"}], True),
        ([{"Resource": "arn:aws:s3:::b/${aws:username}/*"}], [{"Resource": "arn:aws:s3:::b/${aws:username}/*"}], False),
        (
            [{"Resource": "arn:aws:s3:::b/${aws:PrincipalTag/t}"}, {"Resource": "arn:aws:s3:::c/*"}],
            [{"Resource": "arn:aws:s3:::b/${aws:PrincipalTag/t}"}],
            True,
        ),
        (
            [{"Condition": {"StringEquals": {"s3:prefix": "${aws:username}"}}}],
            [{"Condition": {"Null": {"s3:prefix": "false"}}}],
            False,
        ),
        ([{"Resource": "arn:aws:s3:::b/*"}], [{"Resource": "arn:aws:s3:::b/${aws:username}/*"}], True),
        (
            [{}],
            [{}, {"Effect": "Deny", "Condition": {"StringNotEquals": {"s3:prefix": "${aws:username}"}}}],
            True,
        ),
    ],
)  # fmt: skip
def test_difference(newer: list[dict[str, Any]], older: list[dict[str, Any]], more: bool | None) -> None:
    new, old = document(*newer), document(*older)
    answer = allows_more(new, old, ZONE)
    assert answer.more is more, answer
    if more:
        assert answer.witness is not None
        assert (effect(new, answer.witness), effect(old, answer.witness) == "allow") == ("allow", False)


def test_undecided_says_why() -> None:
    with_default, alone, fixed = ("arn:aws:s3:::" + key for key in ("${k:a, 'x'}/*", "${k:a}/*", "x/*"))
    answer = allows_more(document({"Resource": with_default}), document({"Resource": alone}, {"Resource": fixed}), ZONE)
    assert (answer.more, answer.witness is None) == (None, False)
    assert "variable" in answer.notes[0]
    mixed = {"Condition": {"IpAddress": {"k:k": "10.0.0.0/8"}, "StringLike": {"k:k": "10.*"}}}
    only = {"Condition": {"StringLike": {"k:k": "10.*"}}}
    answer = allows_more(document(mixed), document(only), ZONE)
    assert (answer.more, answer.notes[0].startswith("a context key is tested")) == (None, True)


def test_a_fixed_key_settles_a_variable() -> None:
    held = document({"Condition": {"StringEquals": {"s3:prefix": "${aws:username}"}}})
    ann = document({"Condition": {"StringEquals": {"s3:prefix": "ann"}}})
    assert allows_more(held, ann, ZONE).more is True
    assert allows_more(held, ann, ZONE, fixed={"aws:username": "ann"}).more is False


def test_identity_policies_together() -> None:
    parts = [document({"Action": "s3:Get*"}), document({"Action": "s3:Put*"})]
    assert allows_more(document({"Action": ["s3:Get*", "s3:Put*"]}), parts, ZONE, kind="identity").more is False
    assert allows_more(document({"Action": "s3:*"}), parts, ZONE, kind="identity").more


# --- variables ------------------------------------------------------------------------------------------------------

SIGNERS = ("own account", "own organization", "another account")


@pytest.mark.parametrize(
    "statement",
    [
        {"Resource": "arn:aws:s3:::home/${aws:username}/*"},
        {"Condition": {"StringLike": {"s3:prefix": "${aws:username}/*"}}},
        {"Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}},
        {"Resource": "arn:aws:s3:::${aws:PrincipalTag/bucket}", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_some_of_those_who_have_the_key_get_through_and_nobody_else(statement: dict[str, Any]) -> None:
    held = document(statement)
    table = lets_through(held, ZONE, services=["s3"])
    assert [(row.callers, row.extent) for row in table.rows] == [(SIGNERS, "some")]
    assert effect(held, table.rows[0].witness) == "allow"


def test_only_users_have_names() -> None:
    held = document(
        {"Resource": "arn:aws:s3:::home/${aws:username}/*", "Principal": {"AWS": f"arn:aws:iam::{OWN}:role/a"}}
    )
    assert lets_through(held, ZONE, services=["s3"]).rows == ()
    unless = {"Condition": {"StringNotEquals": {"s3:prefix": "${aws:username}"}}}
    table = lets_through(document(unless), ZONE, services=["s3"])
    assert {caller: row.extent for row in table.rows for caller in row.callers}["anonymous"] == "all"


# --- from outside ---------------------------------------------------------------------------------------------------


def outside(*statements: dict[str, Any]) -> list[tuple[tuple[str, ...], str, str]]:
    table = reachable_from_outside(document(*statements) if statements else None, ZONE, BUCKET)
    assert table.exact, table.notes
    return [(row.callers, row.statement, row.extent) for row in table.rows]


def test_who_reaches_a_bucket_from_outside() -> None:
    own = (("own account",), "", "some")
    assert outside() == [own]
    only = {"Effect": "Deny", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}
    assert outside(only) == []
    assert outside({"Principal": {"AWS": OTHER}, "Sid": "Them"}, only) == []
    assert outside({"Principal": {"AWS": OTHER}, "Sid": "Them"}) == [
        (("own organization", "another account"), "Them", "some"),
        own,
    ]
    assert outside({"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}) == [own]
    everyone = ("own account", "own organization", "another account", "anonymous", "AWS service")
    assert outside({"Sid": "All"}) == [(everyone, "All", "all"), own]
    address = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    assert outside({"Sid": "All", **address}) == [(everyone, "All", "some"), own]


def test_actions_on_objects_are_not_asked_of_buckets() -> None:
    """Service Authorization Reference, Amazon S3: s3:PutObject is on objects, s3:ListBucket on buckets."""
    away = {"Effect": "Deny", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}
    objects = {**away, "Resource": "arn:aws:s3:::b/*"}
    row = reachable_from_outside(document(objects), ZONE, BUCKET).rows[0]
    assert (row.extent, row.witness.action, row.witness.resource_arn) == ("some", "s3:ListBucket", BUCKET[0])
    rest = policy.parse({"Version": "2012-10-17", "Statement": [
        {"Principal": "*", "Action": "s3:PutObject", **objects},
        {"Principal": "*", "NotAction": "s3:PutObject", **away, "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]},
    ]})  # fmt: skip
    assert [row.extent for row in reachable_from_outside(rest, ZONE, BUCKET).rows] == ["perhaps"]
    put = {"Action": "s3:PutObject"}
    answer = allows_more(
        document({**put, "Resource": "arn:aws:s3:::b*"}), document({**put, "Resource": BUCKET[1]}), ZONE
    )
    assert answer.more is True
    assert answer.witness is not None
    assert "/" in answer.witness.resource_arn
    bucket = document({**put, "Resource": "arn:aws:s3:::b"})
    assert allows_more(bucket, document(), ZONE).notes == (
        "s3:PutObject is not known to be an action on arn:aws:s3:::b",
    )


# --- the narrowest policy -------------------------------------------------------------------------------------------


def ask(principal: Any, action: str, arn: str, wildcard: bool = False) -> policy.Request:
    caller = policy.Principal.parse(principal)
    context = {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/build"} if caller.kind == "session" else {}
    return policy.Request(caller, action, arn, OWN, context, wildcard)


@pytest.mark.parametrize("gateway", [False, True])
def test_narrowest_policy_lets_just_these_requests_through(gateway: bool) -> None:
    session, other = f"arn:aws:sts::{OWN}:assumed-role/build/s", f"arn:aws:sts::{OWN}:assumed-role/test/s"
    needed = [
        ask(session, "s3:GetObject", "arn:aws:s3:::b/k"),
        ask(session, "s3:PutObject", "arn:aws:s3:::b/k"),
        ask(session, "s3:GetObject", "arn:aws:s3:::c/k"),
        ask(session, "ecr:GetAuthorizationToken", "*", True),
        ask({"type": "Anonymous"}, "s3:GetObject", "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/x"),
    ]
    written = narrowest(needed, gateway=gateway)
    held = policy.parse(written)
    assert {policy.judge(held, one, "endpoint", gateway=gateway).effect for one in needed} == {"allow"}
    for one in (
        ask(session, "s3:PutObject", "arn:aws:s3:::c/k"),
        ask(session, "s3:GetObject", "arn:aws:s3:::d/k"),
        policy.Request(policy.Principal.parse(other), "s3:GetObject", "arn:aws:s3:::b/k", OWN),
        ask({"type": "Anonymous"}, "s3:GetObject", "arn:aws:s3:::b/k"),
    ):
        assert policy.judge(held, one, "endpoint", gateway=gateway).effect == "none"
    assert not allows_more(held, document({}), ZONE, gateway=gateway).more
    assert len(written["Statement"]) == 4


# --- at random ------------------------------------------------------------------------------------------------------

ROLE = f"arn:aws:iam::{OWN}:role/"
_text = st.sampled_from(["a", "b", "ab", "x"])
_globs = st.sampled_from(["*", "a*", "*b", "a", "?", "ab*", "b?*"])
_principals = st.sampled_from(
    ["*", {"AWS": "*"}, {"AWS": OWN}, {"AWS": [OTHER, f"{ROLE}a"]}, {"AWS": f"arn:aws:sts::{OWN}:assumed-role/a/s"},
     {"AWS": f"arn:aws:iam::{OTHER}:user/a"}, {"Service": "codebuild.amazonaws.com"}]
)  # fmt: skip
_conditions = st.one_of(
    st.tuples(
        st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
                         "StringEqualsIfExists", "StringNotLikeIfExists"]),
        st.sampled_from(["k:a", "aws:SourceVpce"]), st.lists(_globs, min_size=1, max_size=2)),
    st.tuples(
        st.sampled_from(["ForAllValues:StringLike", "ForAnyValue:StringLike", "ForAnyValue:StringNotLike",
                         "ForAllValues:StringNotEquals"]),
        st.just("aws:TagKeys"), st.lists(_globs, min_size=1, max_size=2)),
    st.tuples(st.sampled_from(["IpAddress", "NotIpAddress"]), st.just("aws:VpcSourceIp"),
              st.lists(st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "10.1.0.1", "::/0"]), min_size=1, max_size=2)),
    st.tuples(st.sampled_from(["NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"]),
              st.just("s3:max-keys"), st.sampled_from(["1", "5", "10"])),
    st.tuples(st.just("Bool"), st.just("aws:SecureTransport"), st.sampled_from(["true", "false"])),
    st.tuples(st.just("Null"), st.sampled_from(["k:a", "aws:TagKeys", "aws:PrincipalOrgID"]), st.booleans()),
    st.tuples(st.sampled_from(["StringEquals", "StringNotEquals"]),
              st.sampled_from(["aws:PrincipalAccount", "aws:ResourceAccount"]), st.sampled_from([OWN, MATE, OTHER])),
    st.tuples(st.sampled_from(["StringEquals", "StringNotEqualsIfExists"]),
              st.sampled_from(["aws:PrincipalOrgID", "aws:ResourceOrgID"]), st.sampled_from(["o-own", "o-other"])),
    st.tuples(st.sampled_from(["ArnLike", "ArnNotEquals", "StringLike"]), st.just("aws:PrincipalArn"),
              st.sampled_from([f"{ROLE}a*", "arn:aws:iam::*:user/*", f"arn:aws:iam::{OTHER}:root"])),
    st.tuples(st.sampled_from(["StringEquals", "StringNotLike"]), st.just("k:a"),
              st.sampled_from(["${k:b}", "a${k:b}", "${aws:username}", "${aws:username, 'a'}"])),
    st.tuples(st.sampled_from(["StringEquals", "StringNotEquals", "StringLikeIfExists", "StringNotEqualsIfExists"]),
              st.just("aws:ResourceAccount"), st.sampled_from(["${aws:PrincipalAccount}", "4444*"])),
    st.tuples(st.sampled_from(["StringEquals", "StringNotEquals", "StringNotEqualsIfExists"]),
              st.just("aws:ResourceOrgID"), st.sampled_from(["${aws:PrincipalOrgID}", "o-*"])),
)  # fmt: skip


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    action = draw(st.sampled_from(["Action", "NotAction"]))
    resource = draw(st.sampled_from(["Resource", "Resource", "NotResource"]))
    principal = draw(st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"]))
    conditions: dict[str, dict[str, Any]] = {}
    for operator, key, value in draw(st.lists(_conditions, max_size=2)):
        conditions.setdefault(operator, {})[key] = value
    accounts = st.sampled_from([OWN, OTHER, "*", "4444*"])
    arns = st.builds(lambda account, tail: f"arn:aws:svc:r:{account}:{tail}", accounts, _globs)
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        action: draw(st.lists(st.builds("svc:{}".format, _globs), min_size=1, max_size=2)),
        resource: draw(st.one_of(st.just("*"), st.lists(arns, min_size=1, max_size=2),
                                 st.builds(lambda tail: f"arn:aws:svc:::{tail}", _globs),
                                 st.just(f"arn:aws:svc:r:{OWN}:" "${k:b}"),
                                 st.sampled_from(["arn:aws:svc:::a${aws:PrincipalAccount}",
                                                  "arn:aws:svc:::${aws:username}*"]))),
        principal: draw(_principals),
        "Condition": conditions,
    }  # fmt: skip


documents = st.lists(statements(), min_size=1, max_size=3).map(
    lambda found: policy.parse({"Version": "2012-10-17", "Statement": found})
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, policy.Request]:
    """(class of the caller, class of the owner, a request)."""
    classes = {
        OWN: "own account",
        MATE: "own organization",
        OTHER: "another account",
        "999988887777": "another account",
    }
    organizations = {OWN: ["o-own"], MATE: ["o-own"], OTHER: ["o-other", None, "o-x"]}
    account, owner = draw(st.sampled_from(sorted(classes))), draw(st.sampled_from(sorted(classes)))
    name = draw(_text)
    kind = draw(st.sampled_from(["role", "session", "user", "root", "anonymous", "service"]))
    context: dict[str, Any] = {"aws:ResourceAccount": owner}
    of = classes[account]
    if kind == "anonymous":
        of, caller = "anonymous", policy.Principal.parse({"type": "Anonymous"})
        context |= {"aws:PrincipalAccount": "anonymous", "aws:PrincipalType": "Anonymous"}
    elif kind == "service":
        of, caller = "AWS service", policy.Principal.parse(f"{draw(st.sampled_from(['codebuild', 'x']))}.amazonaws.com")
        context |= {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": caller.text}
    else:
        arn = f"arn:aws:iam::{account}:root" if kind == "root" else f"arn:aws:iam::{account}:role/{name}"
        arn = f"arn:aws:iam::{account}:user/{name}" if kind == "user" else arn
        session = draw(st.sampled_from(["s", "t"]))
        text = f"arn:aws:sts::{account}:assumed-role/{name}/{session}" if kind == "session" else arn
        caller = policy.Principal.parse(text)
        context |= {"aws:PrincipalArn": arn, "aws:PrincipalAccount": account, "aws:PrincipalIsAWSService": "false"}
        context |= {"aws:username": name} if kind == "user" else {}
        context["aws:PrincipalOrgID"] = draw(st.sampled_from(organizations.get(account, ["o-other", None])))
    context["aws:ResourceOrgID"] = draw(st.sampled_from(organizations.get(owner, ["o-other", None])))
    if owner == account and kind not in ("anonymous", "service"):
        context["aws:ResourceOrgID"] = context["aws:PrincipalOrgID"]
    choices: dict[str, list[Any]] = {
        "k:a": [None, "", "a", "b", "ab", "A"], "k:b": [None, "", "a", "b"], "aws:SourceVpce": [None, "a", "b", "xb"],
        "aws:TagKeys": [None, (), ("a",), ("a", "b"), ("x", "b"), ("ab", "x", "a")],
        "aws:VpcSourceIp": [None, "10.1.0.1", "10.1.0.2", "10.2.0.1", "192.0.2.1", "2001:db8::1"],
        "s3:max-keys": [None, "0", "1", "3", "5", "7", "10", "11"], "aws:SecureTransport": ["true", "false"],
    }  # fmt: skip
    context |= {key: draw(st.sampled_from(values)) for key, values in choices.items()}
    tails = ["a", "b", "ab", "x", f"a{account}", f"a{owner}"]
    arn = draw(st.sampled_from([f"arn:aws:svc:r:{owner}:", "arn:aws:svc:::"])) + draw(st.sampled_from(tails))
    kept = {key: value for key, value in context.items() if value is not None}
    return of, classes[owner], policy.Request(caller, f"svc:{draw(_text)}", arn, owner, kept)


_slow = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@given(documents, st.lists(requests(), min_size=20, max_size=60), st.sampled_from(["resource", "endpoint", "gateway"]))
@_slow
def test_no_request_passes_that_is_in_no_row(
    held: policy.Document, drawn: list[tuple[str, str, policy.Request]], used: str
) -> None:
    kind: Kind = "resource" if used == "resource" else "endpoint"
    gateway = used == "gateway"
    table = lets_through(held, ZONE, services=["svc"], kind=kind, gateway=gateway)
    assert table.exact, table.notes
    for row in table.rows:
        if row.extent != "perhaps":
            assert policy.judge(held, row.witness, kind, gateway=gateway).effect == "allow", row
    for of, owner, request in drawn:
        if kind == "endpoint" and of == "AWS service":
            continue  # no service calls by somebody's endpoint
        judged = policy.judge(held, request, kind, gateway=gateway)
        mine = [row for row in table.rows if of in row.callers and owner in row.owners]
        if judged.effect == "allow":
            assert judged.statement in {row.statement for row in mine}, (request, table.rows)
        for row in mine:
            if row.extent == "all" and row.statement in _fitting(held, request):
                assert judged.effect == "allow", (row, request)


def _fitting(held: policy.Document, request: policy.Request) -> set[str]:
    """The Allow statements whose action and resource surely fit a request."""
    return {
        one.statement.label
        for one in held.relevant(request.folded_action).allows
        if all(element.fixed and element.fits(request.resource_arn) for element in one.statement.resources)
    }


@given(documents, documents, st.lists(requests(), min_size=20, max_size=60))
@_slow
def test_no_request_contradicts_a_difference(
    newer: policy.Document, older: policy.Document, drawn: list[tuple[str, str, policy.Request]]
) -> None:
    answer = allows_more(newer, older, ZONE, services=["svc"], kind="resource")
    if answer.more:
        assert answer.witness is not None
        assert effect(newer, answer.witness, "resource") == "allow"
        assert effect(older, answer.witness, "resource") != "allow"
    if answer.more is False:
        for _, _, request in drawn:
            more = effect(newer, request, "resource") == "allow" and effect(older, request, "resource") != "allow"
            assert not more, request


@given(documents)
@_slow
def test_a_policy_allows_no_more_than_itself_and_a_deny_never_adds(held: policy.Document) -> None:
    assert allows_more(held, held, ZONE, services=["svc"], kind="resource").more is not True
    deny = policy.parse({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "svc:a*", "Resource": "*"}})
    assert allows_more([held, deny], held, ZONE, services=["svc"], kind="resource").more is not True


NETWORK = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}


@pytest.mark.parametrize(
    ("condition", "kind", "more"),
    [
        (NETWORK, "endpoint", False),
        (NETWORK, "resource", True),
        (NETWORK | {"StringEquals": {"aws:SourceVpce": "vpce-1"}}, "resource", False),
        (NETWORK | {"Null": {"aws:VpcSourceIp": "false"}}, "resource", False),
        (NETWORK | {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, "resource", True),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "endpoint", True),
    ],
)
def test_facts_62_and_63_no_request_has_the_keys_of_both_ways(condition: Any, kind: Any, more: bool) -> None:
    """A request that cannot be was shown as proof that a policy allows more."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
    nothing = policy.parse({"Version": "2012-10-17", "Statement": []})
    newer = policy.parse({"Version": "2012-10-17", "Statement": [allow]})
    assert allows_more(newer, nothing, Zone("111122223333"), kind=kind, services=["s3"]).more is more
