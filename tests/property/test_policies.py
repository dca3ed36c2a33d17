"""The evaluator of policies agrees with the one in tests/reference on random cases, however it is asked."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reachsim import policy
from reachsim.policy.conditions import condition, holds
from reachsim.policy.lint import lint
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


_moments = st.sampled_from(
    [
        "2025-12-31",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "2026-01-01T09:00:00+09:00",
        "1767225599",
        "1767225601",
        "2030",
    ]
)
_timed = _operators(*(f"{kind}{one}" for kind in ("Date", "Numeric") for one in _ORDERS), "StringEquals", "Null")


@given(_timed, st.lists(_moments, min_size=1, max_size=2), _moments, st.lists(_moments, min_size=1))
@settings(max_examples=300, deadline=None)
def test_what_is_known_of_a_moment_and_all_after_it_is_so_of_each(
    operator: str, values: list[str], begin: str, later: list[str]
) -> None:
    wanted = condition(operator, "aws:CurrentTime", values, "2012-10-17")
    if wanted is None:
        return  # NullIfExists
    known = holds(wanted, {wanted.lookup: policy.NotBefore(begin)})
    after = condition("DateGreaterThanEquals", "aws:CurrentTime", [begin], "2012-10-17")
    assert after is not None
    for text in (begin, *later):
        if "Numeric" in operator and text.isdigit() != begin.isdigit():
            continue  # a key holds epoch seconds, or dates
        if known is not None and holds(after, {wanted.lookup: text}):
            assert holds(wanted, {wanted.lookup: text}) == known


_VALUES = {
    "aws:SourceIp": ["203.0.113.7", "198.51.100.1"], "aws:SourceVpce": ["vpce-1", "vpce-2"],
    "aws:SourceVpc": ["vpc-1", "vpc-2"], "aws:PrincipalTag/a": ["x", "xy", "X"],
    "aws:SecureTransport": ["true", "false"],
}  # fmt: skip
_several = st.lists(
    st.one_of(
        *(st.tuples(_strings, st.just(key), _some_of(*values, "x*", "v*")) for key, values in _VALUES.items()),
        st.tuples(_operators("Bool"), st.just("aws:SecureTransport"), _some_of(True, "false")),
        st.tuples(_operators("IpAddress", "NotIpAddress"), st.just("aws:SourceIp"), _some_of("203.0.113.0/24", "::/0")),
        st.tuples(st.just("Null"), st.sampled_from(list(_VALUES)), _some_of(True, False)),
    ),
    min_size=2, max_size=4,
)  # fmt: skip
_requests = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in _VALUES.items()}).map(
    lambda keys: {key: one for key, one in keys.items() if "aws:SourceIp" not in keys or "Vpc" not in key}
)


@given(_several, st.lists(_requests, min_size=5, max_size=20))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_lint_says_never_of_what_never_matches_alone(
    conditions: list[tuple[str, str, Any]], requests: list[dict[str, Any]]
) -> None:
    asked: dict[str, dict[str, Any]] = {}
    for operator, key, value in conditions:
        asked.setdefault(operator, {})[key] = value
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", "Condition": asked}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    if not any(one.rule == "NEVER_TOGETHER" for one in lint(document, "resource")):
        return
    held = policy.parse(document)
    for keys in requests:
        caller = policy.Principal.parse(f"arn:aws:iam::{OWN}:role/a")
        request = policy.Request(caller, "s3:GetObject", "arn:aws:s3:::b/k", OWN, keys)
        assert policy.judge(held, request, "resource").effect == "none", (asked, keys)


_parts = st.builds(
    lambda effect, action, resource, principal: {
        "Effect": effect, "Principal": principal, "Action": action, "Resource": resource
    },
    st.sampled_from(["Allow", "Deny"]), _some_of("s3:*", "s3:Get*", "S3:GetObject", "*"),
    _some_of("*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::?/*", "arn:aws:s3:::b/${aws:username}"),
    st.sampled_from(["*", {"AWS": "*"}, {"AWS": OWN}]),
)  # fmt: skip


@given(st.lists(_parts, min_size=2, max_size=4), st.sampled_from(["b/k", "b/x", "c/k"]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_lint_says_that_a_denial_takes_back_only_what_it_does(
    parts: list[dict[str, Any]], name: str, anonymous: bool
) -> None:
    """Without the statements of which lint says so the policy allows the same."""
    document = {"Version": "2012-10-17", "Statement": parts}
    told = {one.pointer for one in lint(document, "resource") if one.rule == "DENIED_WHOLE"}
    kept = [one for number, one in enumerate(parts) if f"/Statement/{number}" not in told]
    who: Any = {"type": "Anonymous"} if anonymous else f"arn:aws:iam::{OWN}:user/k"
    request = policy.Request(
        policy.Principal.parse(who),
        "s3:GetObject",
        f"arn:aws:s3:::{name}",
        OWN,
        {} if anonymous else {"aws:username": "k"},
    )
    before = policy.judge(policy.parse(document), request, "resource").effect
    after = policy.judge(policy.parse({**document, "Statement": kept}), request, "resource").effect
    assert (before == "allow") == (after == "allow")
