"""Worked examples of the VPC User Guide and the Network Firewall Developer Guide, with what their pages state.

"VPC with public and private subnets (NAT)" (Scenario 2) with its recommended security groups and network ACLs,
"Middlebox scenarios", "Network Firewall example architectures with routing".
Addresses and tables are the pages' own; the networks are rebuilt.
"""

from __future__ import annotations

import pytest

from tests.build import Build
from tests.scenarios.documented import EVERYWHERE, OUT, PRIVATE, SHUT, Guide, rows, said
from tests.scenarios.lan import ask, crossed, fate

HOME = "203.0.113.0/24"
OPEN = ("unknown", "none")
"""What an appliance lets through is not in the files."""


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


# --- middleboxes ------------------------------------------------------------------------------------------------------


def between_subnets(*, back: bool = True) -> Guide:
    """Subnets a and b (10.0.1.0/24, 10.0.2.0/24), an appliance in c; more specific routes lead through it."""
    net = Guide()
    net.site("a", "10.0.0.0/16")
    net.tier("c", "a", "10.0.3.0/24")
    net["eni-c"]["SourceDestCheck"] = False
    net.tier("b", "a", "10.0.2.0/24", [("10.0.1.0/24", "eni-c")] if back else [])
    net.route("rtb-a", "10.0.2.0/24", "eni-c")
    return net


def test_traffic_between_subnets_passes_the_appliance_both_ways() -> None:
    """The page "Inspect traffic between subnets"; "Asymmetric routing is not supported" (gateway route tables)."""
    for source, target in (("eni-a", "eni-b"), ("eni-b", "eni-a")):
        assert said(between_subnets(), source, target, eni_c="forward") == PRIVATE
        assert said(between_subnets(), source, target) == OPEN
        assert said(between_subnets(back=False), source, target, eni_c="forward") == SHUT
    assert said(between_subnets(), "eni-a", "eni-c") == PRIVATE  # the local route


def before_a_subnet(*, edge: bool = True) -> Guide:
    """The page "Inspect traffic destined for a subnet": subnet b, an appliance in c, the gateway's own table."""
    net = Guide()
    net.site("b", "10.0.0.0/16", subnet="10.0.2.0/24")
    igw = net.igw("vpc-b", name="1")
    net.tier("c", "b", "10.0.3.0/24", [(EVERYWHERE, igw)])
    net["eni-c"]["SourceDestCheck"] = False
    for name, address in (("b", "203.0.113.2"), ("c", "203.0.113.3")):
        association = {"IpOwnerId": net.account, "PublicIp": address}
        net[f"eni-{name}"]["Association"] = association
        net[f"eni-{name}"]["PrivateIpAddresses"][0]["Association"] = association
    net.route("rtb-b", EVERYWHERE, "eni-c")
    net.edge_table(net.table("vpc-b", [("10.0.2.0/24", "eni-c")] if edge else [], name="edge"), igw)
    return net


@pytest.mark.parametrize(("source", "target"), [("internet", "eni-b"), ("eni-b", "ip:198.51.100.9")])
def test_traffic_destined_for_a_subnet_passes_the_appliance(source: str, target: str) -> None:
    assert said(before_a_subnet(), source, target, eni_c="forward") == OUT
    assert said(before_a_subnet(), source, target) == OPEN
    assert said(before_a_subnet(edge=False), source, target, eni_c="forward") == SHUT


# --- Network Firewall architectures -----------------------------------------------------------------------------------


def two_zones() -> Guide:
    """The page "Multi zone architecture with an internet gateway": a firewall before a customer subnet in each zone."""
    net = Guide()
    igw = ""
    edge: list[tuple[str, str]] = []
    for number, zone in enumerate("ab", 1):
        block = f"10.0.{number}0.0/24"
        if number == 1:
            net.site(zone, "10.0.0.0/16", subnet=block, zone=zone)
            igw = net.igw("vpc-a", name="1")
        else:
            net.tier(zone, "a", block, zone=zone)
        net.tier(f"fw{zone}", "a", f"10.0.{number}.0/24", [(EVERYWHERE, igw)], zone)
        endpoint = net.appliance_endpoint("vpc-a", f"subnet-fw{zone}", name=f"fw{zone}")
        net.route(f"rtb-{zone}", EVERYWHERE, endpoint)
        edge.append((block, endpoint))
        association = {"IpOwnerId": net.account, "PublicIp": f"203.0.113.{number}"}
        net[f"eni-{zone}"]["Association"] = association
        net[f"eni-{zone}"]["PrivateIpAddresses"][0]["Association"] = association
    net.edge_table(net.table("vpc-a", edge, name="edge"), igw)
    return net


@pytest.mark.parametrize("zone", "ab")
def test_each_zone_has_its_firewall_both_ways(zone: str) -> None:
    net = two_zones()
    for source, target in (("internet", f"eni-{zone}"), (f"eni-{zone}", "ip:198.51.100.9")):
        assert said(net, source, target, **{f"vpce_fw{zone}": "forward"}) == OUT
        other = "b" if zone == "a" else "a"
        assert said(net, source, target, **{f"vpce_fw{other}": "forward"}) == OPEN
    assert said(net, "eni-a", "eni-b") == PRIVATE  # the local route


def firewall_before_nat(*, back: bool = True) -> Guide:
    """The page "Architecture with an internet gateway and a NAT gateway": the firewall stands before the latter."""
    net = Guide()
    net.site("v", "10.0.0.0/16", subnet="10.0.3.0/24")
    igw = net.igw("vpc-v", name="1")
    net.tier("nat", "v", "10.0.1.0/24", [(EVERYWHERE, igw)])
    nat = net.nat("subnet-nat", "10.0.1.9", "203.0.113.9", name="1")
    net.tier("fw", "v", "10.0.2.0/24", [(EVERYWHERE, nat)])
    endpoint = net.appliance_endpoint("vpc-v", "subnet-fw", name="fw")
    net.route("rtb-v", EVERYWHERE, endpoint)
    if back:
        net.route("rtb-nat", "10.0.3.0/24", endpoint)
    return net


def test_the_nat_gateways_subnet_sends_replies_through_the_firewall() -> None:
    net = firewall_before_nat()
    assert said(net, "eni-v", "ip:198.51.100.9", vpce_fw="forward") == OUT
    assert said(net, "eni-v", "ip:198.51.100.9") == OPEN
    assert said(net, "internet", "eni-v", vpce_fw="forward") == SHUT
    past = said(firewall_before_nat(back=False), "eni-v", "ip:198.51.100.9", vpce_fw="forward")
    assert past == SHUT  # replies must pass the firewall of their requests
