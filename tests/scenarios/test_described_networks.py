"""Networks that other projects describe, rebuilt, with the reachability that they state.

Of batfish/batfish: the test networks of NAT gateways, of two transit gateways with a direction each, of Direct Connect,
of a VPN and of a public subnet; of batfish/pybatfish the hybrid network of the notebook "Analyzing public and hybrid
cloud networks". Of mikemowgli/terraform-aws-transit-gateway: three environments on one transit gateway.
"""

from __future__ import annotations

import pytest

from tests.scenarios.documented import EVERYWHERE, OUT, PRIVATE, SHUT, SITE, Guide, rows
from tests.scenarios.lan import ask, codes, crossed, fate

SSH = ("tcp", 22, 22, EVERYWHERE)


# --- a NAT gateway ----------------------------------------------------------------------------------------------------


def natted() -> Guide:
    net = Guide()
    net.site("v", "10.1.0.0/16")
    acl = net.acl("vpc-v", [
        (100, "in", "allow", "-1", None, "10.1.1.0/24"), (200, "in", "allow", "-1", None, EVERYWHERE),
        (100, "out", "allow", "-1", None, EVERYWHERE),
    ], name="public")  # fmt: skip
    table = net.table("vpc-v", [(EVERYWHERE, net.igw("vpc-v", name="1"))], name="public")
    net.subnet("vpc-v", "10.1.250.0/24", table=table, acl=acl, name="public")
    net.route("rtb-v", EVERYWHERE, net.nat("subnet-public", "10.1.250.210", "3.135.127.225", name="1"))
    jump = net.group("vpc-v", [SSH, ("icmp", 8, -1, EVERYWHERE)], name="jump")
    net.instance("subnet-v", "10.1.1.9", [jump], name="s1")
    net.instance("subnet-public", "10.1.250.9", [jump], "3.4.5.6", name="jump")
    return net


def test_an_instance_reaches_the_internet_by_the_nat_gateway_and_back() -> None:
    verdict = ask(natted(), "i-s1", "ip:8.8.8.8", port=80)
    assert fate(verdict) == OUT
    assert [one for one in crossed(verdict) if one in ("nat-1", "igw-1")] == ["nat-1", "igw-1"]
    assert [one for one in crossed(verdict, "response") if one in ("nat-1", "igw-1")] == ["igw-1", "nat-1"]


@pytest.mark.parametrize(
    ("source", "target", "protocol", "code"),
    [
        ("i-s1", "ip:8.8.8.8", 107, "PROTOCOL_RESTRICTION"),  # DENIED_IN: no protocol of a NAT gateway
        ("ip:8.8.8.8", "ip:3.135.127.225", "tcp", "NO_POSSIBLE_DESTINATION"),  # DENIED_IN: no session
        ("i-jump", "ip:10.1.250.210", "tcp", "NO_POSSIBLE_DESTINATION"),  # DENIED_IN: from within its subnet
    ],
)
def test_what_a_nat_gateway_does_not_take(source: str, target: str, protocol: str | int, code: str) -> None:
    verdict = ask(natted(), source, target, protocol, 80 if protocol == "tcp" else None)
    assert {(one.code, one.component) for one in verdict.blocked_by} == {(code, "nat-1")}


# --- two transit gateways, one for each direction ---------------------------------------------------------------------


def one_way_each() -> Guide:
    net = Guide()
    there, back = net.tgw(name="bat"), net.tgw(name="fish")
    net.site("bat", "10.1.0.0/16", [("10.2.0.0/16", there)])
    net.site("fish", "10.2.0.0/16", [("10.1.0.0/16", back)])
    for gateway, sender, receiver in ((there, "bat", "fish"), (back, "fish", "bat")):
        table = net.tgw_table(gateway, name=sender)
        for name in (sender, receiver):
            net.tgw_attachment(gateway, f"vpc-{name}", [f"subnet-{name}"], name=f"{name}-{sender}")
        net.associate(table, f"tgw-attach-{sender}-{sender}")
        block = net[f"vpc-{receiver}"]["CidrBlock"]
        net.tgw_route(table, block, f"tgw-attach-{receiver}-{sender}", "propagated")
    return net


@pytest.mark.parametrize(("source", "target"), [("bat", "fish"), ("fish", "bat")])
def test_replies_may_take_the_other_transit_gateway(source: str, target: str) -> None:
    verdict = ask(one_way_each(), f"eni-{source}", f"eni-{target}")
    assert fate(verdict) == PRIVATE
    assert f"tgw-rtb-{source}" in crossed(verdict)
    assert f"tgw-rtb-{target}" in crossed(verdict, "response")


# --- Direct Connect, VPN, a public subnet -----------------------------------------------------------------------------


def direct_connect() -> Guide:
    net = Guide()
    gateway = net.tgw(name="1")
    net.site("v", "10.100.0.0/16", [(EVERYWHERE, gateway)])
    table = net.tgw_table(gateway, name="1")
    net.attach(gateway, table, "v")
    net.propagate(table, "v")
    link = net.direct_connect(gateway, name="dx")
    net.associate(table, link)
    net.tgw_route(table, "10.10.0.0/16", link, "propagated")
    return net


@rows(("ip:10.10.0.1", "eni-v", SITE), ("eni-v", "ip:10.10.0.1", SITE), ("eni-v", "ip:10.11.0.1", SHUT))
def test_direct_connect_gateway(source: str, target: str, expected: tuple[str, str]) -> None:
    assert fate(ask(direct_connect(), source, target)) == expected


def behind_a_vpn() -> Guide:
    """The customer's router announces a default route."""
    net = Guide()
    net.site("v", "10.0.0.0/16")
    gateway = net.vgw("vpc-v", name="1")
    net[net.vpn(gateway, name="1")]["Options"] = {"StaticRoutesOnly": False}
    net.route("rtb-v", EVERYWHERE, gateway, origin="EnableVgwRoutePropagation")
    return net


@rows(
    ("eni-v", "ip:8.8.8.8", SITE), ("ip:172.16.0.9", "eni-v", SITE),
    ("eni-v", "internet", ("unknown", "none")), ("internet", "eni-v", ("unknown", "none")),  # what the site leads on
    ("ip:172.16.0.9", "ip:10.0.1.205", SHUT), ("ip:172.16.0.9", "ip:10.0.2.1", SHUT),
    ("eni-v", "ip:18.217.248.9", SITE),  # the outside address of the tunnel: not at the gateway either
)  # fmt: skip
def test_vpn_gateway_with_a_default_route(source: str, target: str, expected: tuple[str, str]) -> None:
    assert fate(ask(behind_a_vpn(), source, target)) == expected


def public_subnet() -> Guide:
    net = Guide()
    net.site("v", "10.0.0.0/16", subnet="10.0.0.0/24")
    net.route("rtb-v", EVERYWHERE, net.igw("vpc-v", name="1"))
    net.interface("subnet-v", "10.0.0.91", ["sg-v"], "18.216.80.133", name="public")
    return net


@rows(
    ("internet", "ip:18.216.80.133", OUT), ("internet", "ip:54.191.107.23", SHUT), ("internet", "ip:10.0.0.91", SHUT),
    ("eni-public", "ip:8.8.8.8", OUT), ("eni-v", "ip:8.8.8.8", SHUT),
)  # fmt: skip
def test_public_subnet(source: str, target: str, expected: tuple[str, str]) -> None:
    assert fate(ask(public_subnet(), source, target)) == expected


# --- the hybrid network of the notebook -------------------------------------------------------------------------------

PORTAL = ("tcp", 3306, 3306, EVERYWHERE)  # "Connectivity test", forgotten


def region(name: str, tag: str, first: int, *, forgotten: bool) -> Guide:
    """A public VPC with an internet gateway, a private one, and the transit gateway that joins them and has a VPN."""
    net = Guide(region=name, tag=tag)
    gateway = net.tgw(name="1")
    table = net.tgw_table(gateway, name="1")
    for number, kind in ((first, "public"), (first + 10, "private")):
        vpc = net.vpc(f"10.{number}.0.0/16", name=kind)
        routes = [("10.0.0.0/8", gateway)] if kind == "public" else [(EVERYWHERE, gateway)]
        rtb = net.table(vpc, routes, name=kind)
        subnet = net.subnet(vpc, f"10.{number}.1.0/24", f"{name}a", table=rtb, name=kind)
        group = net.group(vpc, [SSH, *([PORTAL] if forgotten and kind == "public" else [])], name=kind)
        net.instance(
            subnet, f"10.{number}.1.5", [group], f"203.0.113.{number}" if kind == "public" else None, name=kind
        )
        attachment = net.tgw_attachment(gateway, vpc, [subnet], name=kind)
        net.associate(table, attachment)
        net.tgw_route(table, f"10.{number}.0.0/16", attachment, "propagated")
        if kind == "public":
            net.route(rtb, EVERYWHERE, net.igw(vpc, name=kind))
    vpn = net.vpn(gateway, name="1")
    net.associate(table, vpn)
    for block in ("10.100.0.0/16", "10.40.0.0/16" if first == 20 else "10.20.0.0/16"):
        net.tgw_route(table, block, vpn, "propagated")
    return net


def hybrid() -> dict[str, bytes]:
    east, west = region("us-east-2", "e", 20, forgotten=True), region("us-west-2", "w", 40, forgotten=False)
    return east.files() | west.files()


@rows(
    ("i-eprivate", "i-epublic", PRIVATE),  # within a Region, by its transit gateway
    ("i-wpublic", "i-wprivate", PRIVATE),
    ("i-eprivate", "ip:10.100.0.9", SITE),  # to the datacenter, by the VPN
    ("ip:10.100.0.9", "i-wprivate", SITE),
    ("i-epublic", "ip:203.0.113.40", OUT),  # across Regions, by the internet
    ("internet", "i-eprivate", SHUT),
    ("internet", "i-wprivate", SHUT),
    ("internet", "i-epublic", OUT),
)
def test_hybrid_network_over_ssh(source: str, target: str, expected: tuple[str, str]) -> None:
    assert fate(ask(hybrid(), source, target, port=22)) == expected


@pytest.mark.parametrize(("host", "ports"), [("i-epublic", {22, 3306}), ("i-wpublic", {22})])
def test_what_the_internet_may_ask_of_the_public_hosts_is_told_exactly(host: str, ports: set[int]) -> None:
    """Batfish finds the port that was forgotten by asking for any that is not SSH's."""
    verdict = ask(hybrid(), "internet", host, port=None)
    assert fate(verdict) == OUT
    told = [traffic for path in verdict.paths if path.outcome == "allowed" for traffic in path.traffic]
    assert {low for one in told for low, high in one.ports if low == high} == ports
    assert all(low == high for one in told for low, high in one.ports)


# --- three environments on a transit gateway --------------------------------------------------------------------------


def environments() -> Guide:
    """VPCs 1 and 2 (dev), 3 (shared), 4 (prod); dev may reach dev and shared, prod only shared, shared everybody."""
    net = Guide()
    gateway = net.tgw(name="1")
    groups = {"dev": ("1", "2"), "shared": ("3",), "prod": ("4",)}
    for name in "1234":
        net.site(name, f"10.1{name}.0.0/16", [("10.0.0.0/8", gateway)])
    reach = {"dev": "123", "shared": "1234", "prod": "34"}
    for environment, names in groups.items():
        net.attach(gateway, net.tgw_table(gateway, name=environment), *names)
    for environment, names in reach.items():
        net.propagate(f"tgw-rtb-{environment}", *names)
    return net


@pytest.mark.parametrize("source", "1234")
@pytest.mark.parametrize("target", "1234")
def test_environments_are_kept_apart(source: str, target: str) -> None:
    apart = {source, target} in ({"1", "4"}, {"2", "4"})
    verdict = ask(environments(), f"eni-{source}", f"ip:10.1{target}.1.5")
    assert fate(verdict) == (SHUT if apart else PRIVATE)
    if apart:
        assert codes(verdict) == {"TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"}
