"""Alias records answer queries of their own type: an A alias gives IPv4 addresses, an AAAA alias IPv6 ones.

**Source:** "Values specific for simple alias records" (Route 53 Developer Guide: to route IPv6 too, create an alias
record of type AAAA as well).
"""

from __future__ import annotations

import pytest

from tests.scenarios.lan import ask
from tests.scenarios.test_accounts_balancing import Dual
from tests.scenarios.test_facts_dns import answered

APP = "app.internal.example"


@pytest.mark.parametrize(
    ("types", "families"), [("A", {"ipv4"}), ("AAAA", {"ipv6"}), ("A AAAA", {"ipv4", "ipv6"})]
)  # fmt: skip
def test_the_type_of_an_alias_tells_the_family(types: str, families: set[str]) -> None:
    net = Dual()
    balancer = net[net.lb]["DNSName"]
    net.zone("internal.example", [net.vpc_id], [(APP, kind, balancer) for kind in types.split()])
    for family in ("ipv4", "ipv6"):
        expected = "allowed" if family in families else "blocked"
        assert ask(net, net.client, f"host:{APP}", family=family).outcome == expected
    both = {"ipv4": "10.0.1.200", "ipv6": "2600:1f10:0:101::200"}
    assert answered(net, net.client, APP) == {both[one] for one in families}


@pytest.mark.parametrize(("types", "six"), [("A", "blocked"), ("A AAAA", "allowed")])
def test_a_public_target_too(types: str, six: str) -> None:
    net = Dual()
    igw = net.igw(net.vpc_id)
    for block in ("0.0.0.0/0", "::/0"):
        net.route(net.ta, block, igw)
    target = "s3.dualstack.us-east-1.amazonaws.com"
    net.zone("internal.example", [net.vpc_id], [(APP, kind, target) for kind in types.split()])
    assert ask(net, net.client, f"host:{APP}", family="ipv6").outcome == six


def test_a_cname_leads_to_both_families() -> None:
    net = Dual()
    net.zone("internal.example", [net.vpc_id], [(APP, "CNAME", [net[net.lb]["DNSName"]])])
    assert answered(net, net.client, APP) == {"10.0.1.200", "2600:1f10:0:101::200"}
