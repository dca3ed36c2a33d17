"""Symbolic answers against every request of a small space: callers, actions, resources and context keys listed here.

Where an answer says that nothing (more) passes, no request of the space does; each witness is what it claims.
"""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest

from reachsim import policy
from reachsim.policy.symbolic import Zone, allows_more, lets_through

OWN, OTHER = "111122223333", "444455556666"
ZONE = Zone(OWN, "o-own")
PRINCIPALS: list[Any] = [
    "*", {"AWS": OWN}, {"AWS": OTHER}, {"AWS": f"arn:aws:iam::{OWN}:role/a"},
    {"AWS": f"arn:aws:sts::{OWN}:assumed-role/a/s1"}, {"AWS": f"arn:aws:iam::{OTHER}:user/u"},
    {"Service": "logs.amazonaws.com"},
]  # fmt: skip
ACTIONS = ["s3:*", "s3:GetObject", "s3:Put*", "*", "s3:G?tObject", ["s3:GetObject", "s3:PutObject"]]
RESOURCES = ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::?/k", "arn:aws:s3:::${aws:PrincipalAccount}/*",
             "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::${aws:username}/k*",
             "arn:aws:s3:::${aws:username, 'c'}/*"]  # fmt: skip
CONDITIONS: list[dict[str, Any]] = [
    {"StringEquals": {"aws:PrincipalOrgID": "o-own"}},
    {"StringNotEquals": {"aws:PrincipalAccount": OWN}},
    {"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}},
    {"Null": {"aws:SourceVpce": "true"}},
    {"ForAllValues:StringEquals": {"aws:CalledVia": ["a"]}},
    {"ForAnyValue:StringLike": {"aws:CalledVia": ["a*"]}},
    {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
    {"Null": {"aws:SourceIp": "false"}},
    {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
    {"IpAddressIfExists": {"aws:VpcSourceIp": "10.1.0.0/16"}},
    {"Null": {"aws:VpcSourceIp": "false", "aws:SourceIp": "true"}},
    {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
    {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}},
    {"StringLike": {"s3:prefix": ["${aws:username}/*", "x"]}},
    {"StringNotLike": {"s3:prefix": ["${aws:username}*"]}},
    {"StringEqualsIfExists": {"s3:prefix": ["${aws:username}"]}},
    {"Null": {"s3:prefix": "true"}},
]


def signed(account: str, kind: str, arn: str, **more: str) -> dict[str, str]:
    return {"aws:PrincipalArn": arn, "aws:PrincipalAccount": account, "aws:PrincipalType": kind,
            "aws:PrincipalIsAWSService": "false", **more}  # fmt: skip


MEMBER = {"aws:PrincipalOrgID": "o-own"}
CALLERS: list[tuple[Any, str, dict[str, str]]] = [
    *(
        (f"arn:aws:sts::{OWN}:assumed-role/{role}/s1", "own account",
         signed(OWN, "AssumedRole", f"arn:aws:iam::{OWN}:role/{role}") | MEMBER)
        for role in "ab"
    ),
    (f"arn:aws:iam::{OTHER}:user/u", "another account",
     signed(OTHER, "User", f"arn:aws:iam::{OTHER}:user/u") | {"aws:username": "u"}),
    ({"type": "Anonymous"}, "anonymous", {"aws:PrincipalAccount": "anonymous", "aws:PrincipalType": "Anonymous"}),
]  # fmt: skip
BY_ENDPOINT = (
    {"aws:SourceVpce": "vpce-1", "aws:SourceVpc": "vpc-1", "aws:VpcSourceIp": "10.1.1.1"},
    {"aws:SourceVpce": "vpce-2", "aws:SourceVpc": "vpc-2", "aws:VpcSourceIp": "10.2.1.1"},
)
NETWORKS: tuple[dict[str, str], ...] = (
    *BY_ENDPOINT, {"aws:SourceIp": "10.1.1.1"}, {"aws:SourceIp": "192.0.2.1"}, {}
)  # fmt: skip
OBJECTS = (("b/k", OWN), ("c/k", OWN), ("b/z", OTHER), ("u/k", OTHER), (f"{OTHER}/k", OTHER))


def space(networks: tuple[dict[str, str], ...]) -> list[tuple[tuple[str, str], policy.Request]]:
    """(class of the caller and of the owner, request) of all requests by some networks."""
    found = []
    rest = product(
        ("s3:GetObject", "s3:PutObject"), OBJECTS, networks, (None, ("a",), ("a", "b")), (None, "u/x", "u", "x")
    )
    for (who, of, keys), (action, (name, owner), network, via, prefix) in product(CALLERS, list(rest)):
        context: dict[str, Any] = keys | network | {"aws:ResourceAccount": owner}
        context |= {"aws:ResourceOrgID": "o-own"} if owner == OWN else {}
        context |= {"aws:CalledVia": via} if via else {}
        context |= {"s3:prefix": prefix} if prefix else {}
        request = policy.Request(policy.Principal.parse(who), action, f"arn:aws:s3:::{name}", owner, context)
        found.append(((of, "own account" if owner == OWN else "another account"), request))
    return found


SPACES: dict[str, list[tuple[tuple[str, str], policy.Request]]] = {
    "endpoint": space(BY_ENDPOINT), "resource": space(NETWORKS)
}  # fmt: skip


def statement(draw: random.Random) -> dict[str, Any]:
    def element(name: str, values: list[Any]) -> dict[str, Any]:
        return {draw.choice([name] * 5 + [f"Not{name}"]): draw.choice(values)}

    conditions = {
        key: value for one in draw.sample(CONDITIONS, draw.choice([0, 1, 1, 2])) for key, value in one.items()
    }
    return {
        "Effect": draw.choice(["Allow", "Allow", "Deny"]), "Condition": conditions,
        **element("Principal", PRINCIPALS), **element("Action", ACTIONS), **element("Resource", RESOURCES),
    }  # fmt: skip


def document(draw: random.Random) -> policy.Document:
    statements = [statement(draw) for _ in range(draw.randint(1, 3))]
    return policy.parse({"Version": "2012-10-17", "Statement": statements})


def both_ways(request: policy.Request | None) -> bool:
    """Whether a request has the keys of the internet and those of an endpoint, as none has."""
    keys = {key.lower() for key in request.context} if request is not None else set()
    return "aws:sourceip" in keys and not keys.isdisjoint({"aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip"})


@pytest.mark.parametrize("kind", ["endpoint", "resource"])
@pytest.mark.parametrize("seed", range(30))
def test_no_request_of_a_small_space_contradicts_a_symbolic_answer(seed: int, kind: Any) -> None:
    draw = random.Random(seed)
    newer, older = document(draw), document(draw)

    def passes(held: policy.Document, request: policy.Request) -> bool:
        return policy.judge(held, request, kind).effect == "allow"

    allowed = [(pair, request) for pair, request in SPACES[kind] if passes(newer, request)]
    table = lets_through(newer, ZONE, kind=kind, services=["s3"])
    told = {pair for row in table.rows for pair in product(row.callers, row.owners)}
    assert table.exact
    assert not [request for pair, request in allowed if pair not in told]
    assert all(passes(newer, row.witness) for row in table.rows if row.extent != "perhaps")
    difference = allows_more(newer, older, ZONE, kind=kind, services=["s3"])
    assert not any(map(both_ways, (*(row.witness for row in table.rows), difference.witness)))
    if difference.more is False:
        assert not [request for _, request in allowed if not passes(older, request)]
    elif difference.more:
        assert difference.witness is not None
        assert passes(newer, difference.witness)
        assert not passes(older, difference.witness)
