"""The evaluator of policies agrees with the one in tests/reference on random cases, however it is asked."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reachsim import policy
from tests.reference.iam import decide

OWN, OTHER = "111122223333", "444455556666"
CALLERS = [
    f"arn:aws:iam::{OWN}:user/a", f"arn:aws:iam::{OWN}:user/p/b", f"arn:aws:iam::{OWN}:role/a",
    f"arn:aws:sts::{OWN}:assumed-role/a/s", f"arn:aws:sts::{OWN}:assumed-role/b/t", f"arn:aws:iam::{OWN}:root",
    f"arn:aws:sts::{OWN}:federated-user/a", f"arn:aws:iam::{OTHER}:user/a", f"arn:aws:iam::{OTHER}:root",
    f"arn:aws:sts::{OTHER}:assumed-role/a/s", f"arn:aws:sts::{OWN}:assumed-role/AWSServiceRoleForX/s",
    "codebuild.amazonaws.com", {"type": "Anonymous"}, f"arn:aws:iam::{OWN}:saml-provider/p", "accounts.google.com",
]  # fmt: skip
_NAMES = [one for one in CALLERS if isinstance(one, str) and one.startswith("arn:") and "provider" not in one]


def _some_of(*values: Any) -> st.SearchStrategy[Any]:
    """One of them, or a list of one or two."""
    one = st.sampled_from(values)
    return st.one_of(one, st.lists(one, min_size=1, max_size=2))


_aws = st.lists(
    st.sampled_from([*_NAMES, OWN, OTHER, "*", f"arn:aws:iam::{OWN}:role/p/b", f"arn:aws:iam::{OWN}:role/b"]),
    min_size=1, max_size=4,
)  # fmt: skip
_principals = st.one_of(
    st.just("*"),
    st.fixed_dictionaries({"AWS": _aws}),
    st.fixed_dictionaries({"AWS": _aws, "Service": st.just("codebuild.amazonaws.com")}),
    st.fixed_dictionaries({"Service": st.sampled_from(["codebuild.amazonaws.com", "x.amazonaws.com"])}),
    st.fixed_dictionaries(
        {"Federated": _some_of(f"arn:aws:iam::{OWN}:saml-provider/p", "accounts.google.com", "x.example.com", "*")}
    ),
    st.fixed_dictionaries({"AWS": _aws, "CanonicalUser": st.just("79a5")}),
)
_text = st.sampled_from(["a", "b", "ab", "A", "*", "a:b", "x/y"])
_globs = st.sampled_from(["*", "a*", "*b", "a", "?", "ab*", "a?b", "A", "", "${k:b}", "${k:b}*", "${*}", "${k:c, 'a'}"])
_KEYS = ["k:a", "K:B", "aws:TagKeys", "aws:PrincipalArn", "aws:SourceIp", "k:n", "k:t"]
_strings = st.builds(
    lambda prefix, name, tail: prefix + name + tail,
    st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
                     "StringNotEqualsIgnoreCase"]),
    st.sampled_from(["", "", "IfExists"]),
)  # fmt: skip
_ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")


def _operators(*names: str) -> st.SearchStrategy[str]:
    prefixes, tails = st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:"]), st.sampled_from(["", "IfExists"])
    return st.builds(lambda prefix, name, tail: prefix + name + tail, prefixes, st.sampled_from(names), tails)


_conditions = st.one_of(
    st.tuples(_strings, st.sampled_from(_KEYS[:4]), st.lists(_globs, min_size=1, max_size=2)),
    st.tuples(_operators("ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"), st.just("aws:PrincipalArn"),
              _some_of(f"arn:aws:iam::{OWN}:*", "arn:aws:iam::*:user/*", "arn:*:iam::*:role/${k:b}", "arn:aws:*")),
    st.tuples(_operators("IpAddress", "NotIpAddress"), st.just("aws:SourceIp"),
              _some_of("203.0.113.0/24", "203.0.113.7", "2001:db8::/32", "2001:0DB8:0::1", "0.0.0.0/0", "::/0")),
    st.tuples(_operators(*(f"Numeric{one}" for one in _ORDERS)), st.just("k:n"), _some_of("1", 5, "5.0", "-2", 7.5)),
    st.tuples(_operators(*(f"Date{one}" for one in _ORDERS)), st.just("k:d"),
              _some_of("2026-01-01", "2026-01-01T00:00:00Z", "2025-12-31T22:00:00-02:00", "1767225600", 1767225601)),
    st.tuples(_operators("Bool"), st.just("k:t"), _some_of(True, "false", "True", "${k:t}")),
    st.tuples(_operators("BinaryEquals"), st.just("k:y"), _some_of("QQ==", "QUI=", "")),
    st.tuples(st.just("Null"), st.sampled_from([*_KEYS, "k:d", "k:y"]), _some_of(True, "true", False)),
)  # fmt: skip


@st.composite
def statements(draw: st.DrawFn, named: bool) -> dict[str, Any]:
    action = draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))
    resource = draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))
    conditions: dict[str, dict[str, Any]] = {}
    for operator, key, value in draw(st.lists(_conditions, max_size=2)):
        conditions.setdefault(operator, {})[key] = value
    arn = st.builds(lambda tail: f"arn:aws:svc:r:{OWN}:{tail}", _globs)
    found = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"])),
        action: draw(st.one_of(st.just("*"), st.lists(st.sampled_from(["svc:Get", "SVC:g*", "svc:Put", "kms:*",
                                                                      "sts:*", "s?c:*"]), min_size=1, max_size=2))),
        resource: draw(st.one_of(st.just("*"), st.just("*"), st.lists(arn, min_size=1, max_size=2))),
    }  # fmt: skip
    if conditions:
        found["Condition"] = conditions
    if named:
        found[draw(st.sampled_from(["Principal"] * 4 + ["NotPrincipal"]))] = draw(_principals)
    return found


def _documents(named: bool) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda version, found: {**version, "Statement": found},
        st.sampled_from([{"Version": "2012-10-17"}] * 3 + [{}]),
        st.one_of(statements(named), st.lists(statements(named), min_size=1, max_size=3)),
    )


_full = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}}
_plain = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def _some(named: bool) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(st.just(_full if named else _plain), _documents(named))


_contexts = st.fixed_dictionaries({}, optional={
    "K:a": st.sampled_from(["", "a", "b", "ab", "A", "*", ["a"], ["a", "b"], []]),
    "k:b": st.sampled_from(["", "a", "b", "ab", "*", ["a"], ["a", "b"]]),
    "aws:TagKeys": st.sampled_from(["a", [], ["a"], ["a", "b"], ["x", ""], [""], ["ab", "A"]]),
    "aws:PrincipalArn": st.sampled_from([*_NAMES, "x"]),
    "aws:SourceIp": st.sampled_from(["203.0.113.7", "203.0.113.8", "198.51.100.1", "2001:db8::1"]),
    "k:n": st.sampled_from(["1", "4", "5", "-2", "7.5", ["1", "5"], []]),
    "k:t": st.sampled_from(["true", "false", ["true"]]),
    "k:d": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "1767225599", "2025-12-31", []]),
    "k:y": st.sampled_from(["QQ==", "QUI=", ["QQ==", "QUI="], ""]),
})  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    wild = draw(st.sampled_from([False] * 7 + [True]))
    arn, action = draw(st.sampled_from(
        [(f"arn:aws:svc:r:{OWN}:", "svc:Get"), (f"arn:aws:svc:r:{OWN}:", "svc:get"),
         (f"arn:aws:kms:r:{OWN}:key/", "kms:Decrypt"), (f"arn:aws:iam::{OWN}:role/", "sts:TagSession")]
    ))  # fmt: skip
    request = {
        "principal": draw(st.sampled_from(CALLERS)), "action": action,
        "resource": {"arn": "*" if wild else arn + draw(_text.filter(lambda text: "*" not in text)), "accountId": OWN},
        "context": draw(_contexts), "wildcardOnlyAction": wild,
    }  # fmt: skip
    rare = draw(st.integers(0, 3))
    rcps = st.lists(st.lists(_some(True), max_size=2), max_size=2) if not arn.startswith("arn:aws:svc") else st.none()
    return {
        "name": "n", "request": request,
        "identityPolicies": draw(st.lists(_some(False), max_size=2)),
        "boundary": draw(st.one_of(st.none(), st.lists(_some(False), max_size=2))),
        "sessionPolicy": draw(st.one_of(st.none(), _some(False))),
        "scps": draw(st.lists(st.lists(_some(False), max_size=2), max_size=2)) if rare == 1 else None,
        "rcps": draw(rcps) if rare == 2 else None,
        "resourcePolicy": draw(st.one_of(st.none(), _some(True), _documents(True))),
        "vpcEndpointPolicies": draw(st.lists(_some(True), max_size=2)) if rare == 3 else None,
    }  # fmt: skip


@given(cases())
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_two_evaluators_agree(case: dict[str, Any]) -> None:
    answer = policy.evaluate_json(case)
    assert answer.get("decision") == decide(case), (case, answer)
    ready = policy.Compiled(policy.read_policies(case))
    assert ready.decide(policy.read_request(case)) == answer["decision"]
