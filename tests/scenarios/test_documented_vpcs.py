"""Worked examples of the VPC User Guide and the Network Firewall Developer Guide, with what their pages state.

"VPC with public and private subnets (NAT)" (Scenario 2) with its recommended security groups and network ACLs.
Addresses and tables are the pages' own; the networks are rebuilt.
"""

from __future__ import annotations

import pytest

from tests.build import Build
from tests.scenarios.documented import EVERYWHERE, OUT, PRIVATE, SHUT, rows
from tests.scenarios.lan import ask, crossed, fate

HOME = "203.0.113.0/24"


def scenario2(*, acls: bool = False) -> Build:
    """Web servers and databases with the recommended security groups and, if asked for, network ACLs."""
    net = Build()
    net.vpc("10.0.0.0/16", "2001:db8:1234:1a00::/56", name="v")
    igw, eigw = net.igw("vpc-v", name="1"), net.eigw("vpc-v", name="1")
    custom = net.table("vpc-v", [(EVERYWHERE, igw), ("::/0", igw)], name="custom")
    public = private = None
    if acls:
        public = net.acl("vpc-v", [
            *((number, "in", "allow", "tcp", (port, port), block) for number, port, block in (
                (100, 80, EVERYWHERE), (110, 443, EVERYWHERE), (120, 22, HOME), (130, 3389, HOME))),
            (140, "in", "allow", "tcp", (1024, 65535), EVERYWHERE),
            *((number, "out", "allow", "tcp", (port, port), block) for number, port, block in (
                (100, 80, EVERYWHERE), (110, 443, EVERYWHERE), (120, 1433, "10.0.1.0/24"), (150, 22, "10.0.1.0/24"))),
            (140, "out", "allow", "tcp", (32768, 65535), EVERYWHERE),
        ], name="public")  # fmt: skip
        private = net.acl("vpc-v", [
            *((number, "in", "allow", "tcp", (port, port), "10.0.0.0/24") for number, port in (
                (100, 1433), (120, 22), (130, 3389))),
            (140, "in", "allow", "tcp", (1024, 65535), EVERYWHERE),
            (100, "out", "allow", "tcp", (80, 80), EVERYWHERE), (110, "out", "allow", "tcp", (443, 443), EVERYWHERE),
            (120, "out", "allow", "tcp", (32768, 65535), "10.0.0.0/24"),
        ], name="private")  # fmt: skip
    net.subnet("vpc-v", "10.0.0.0/24", ipv6="2001:db8:1234:1a00::/64", table=custom, acl=public, name="public")
    net.subnet("vpc-v", "10.0.1.0/24", ipv6="2001:db8:1234:1a01::/64", acl=private, name="private")
    net.route(net.main_table("vpc-v"), EVERYWHERE, net.nat("subnet-public", "10.0.0.9", "198.51.100.9", name="1"))
    net.route(net.main_table("vpc-v"), "::/0", eigw)
    web = net.group("vpc-v", egress=[], name="web")
    db = net.group("vpc-v", [("tcp", port, port, web) for port in (1433, 3306)],
                   [("tcp", port, port, block) for port in (80, 443) for block in (EVERYWHERE, "::/0")],
                   name="db")  # fmt: skip
    for port in (80, 443):
        for way in ("in", "out"):
            for block in (EVERYWHERE, "::/0"):
                net.permit(web, way, ("tcp", port, port, block))
    net.permit(web, "in", ("tcp", 22, 22, HOME))
    for port in (1433, 3306):
        net.permit(web, "out", ("tcp", port, port, db))
    net.instance("subnet-public", "10.0.0.5", [web], "198.51.100.1", ipv6="2001:db8:1234:1a00::1a", name="web")
    net.instance("subnet-private", "10.0.1.5", [db], ipv6="2001:db8:1234:1a01::1a", name="db")
    return net


@pytest.mark.parametrize(
    ("source", "target", "port", "open_acls", "recommended"),
    [
        ("internet", "i-web", 443, OUT, ("intermittent", "internet")),  # replies to ports from 32768 on only
        ("ip:203.0.113.7", "i-web", 22, OUT, ("intermittent", "internet")),
        ("ip:198.51.101.7", "i-web", 22, SHUT, SHUT),
        ("internet", "i-db", 443, SHUT, SHUT),
        ("internet", "i-db", 1433, SHUT, SHUT),
        ("i-web", "i-db", 1433, PRIVATE, PRIVATE),
        ("i-web", "i-db", 3306, PRIVATE, SHUT),  # the page's network ACL has 1433 as its example
        ("i-web", "internet", 443, OUT, OUT),
        ("i-web", "internet", 8080, SHUT, SHUT),
        ("i-db", "internet", 443, OUT, OUT),
        ("i-db", "internet", 22, SHUT, SHUT),
        ("i-db", "i-web", 443, PRIVATE, PRIVATE),
    ],
)
def test_scenario_2_by_its_groups_and_by_its_recommended_acls(
    source: str, target: str, port: int, open_acls: tuple[str, str], recommended: tuple[str, str]
) -> None:
    """The page calls the ports of replies an example: clients on the internet use others too (N106)."""
    assert fate(ask(scenario2(), source, target, port=port, family="ipv4")) == open_acls
    assert fate(ask(scenario2(acls=True), source, target, port=port, family="ipv4")) == recommended


@rows(("internet", "i-web", OUT), ("i-db", "internet", OUT), ("internet", "i-db", SHUT))
def test_scenario_2_over_ipv6(source: str, target: str, expected: tuple[str, str]) -> None:
    verdict = ask(scenario2(), source, target, family="ipv6")
    assert fate(verdict) == expected
    if source == "i-db":
        assert "eigw-1" in crossed(verdict)
