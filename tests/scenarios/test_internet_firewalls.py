"""Automated Internet Firewalls: they inspect what crosses an internet gateway, without a route that leads to them.

Expectations from the EC2 API reference (Route, IgwFirewall; Vpc, NetworkFirewallAssociations; Subnet,
NetworkFirewallConnectivityType) and the Network Firewall API reference (IgwFirewallConfiguration).
"""

from __future__ import annotations

import json

import pytest

from reachsim import load_files
from reachsim.answers import Answers
from reachsim.errors import SnapshotError
from tests.scenarios.lan import Lan, ask, assumed, fate, natted, public

WORLD = "ip:198.51.100.7"
FIREWALL = "arn:aws:network-firewall:us-east-1:111111111111:firewall/igw-1"


def inspected(net: Lan, table: str = "rtb-a", by: str = "route") -> Lan:
    for route in net[table]["Routes"] if by == "route" else ():
        if route.get("GatewayId", "").startswith("igw-") or "EgressOnlyInternetGatewayId" in route:
            route["IgwFirewall"] = {"FirewallArn": FIREWALL, "Status": "active"}
    if by == "vpc":
        net[net.vpc_id]["NetworkFirewallAssociations"] = [
            {"FirewallArn": FIREWALL, "FirewallOnboardingStatus": "active", "FirewallMode": "enforce"}
        ]
    return net


@pytest.mark.parametrize("by", ["route", "vpc"])
def test_what_it_lets_out_is_not_known(by: str) -> None:
    verdict = ask(inspected(public(), by=by), "eni-client", WORLD)
    assert fate(verdict) == ("unknown", "none")
    assert assumed(verdict) == {("FIREWALL_RULE_NOT_READ", FIREWALL)}
    net = natted()
    assert ask(inspected(net, net.tn, by), net.client, WORLD).outcome == "unknown"


@pytest.mark.parametrize("by", ["route", "vpc"])
def test_one_that_is_not_told_by_its_arn_is_not_passed_over(by: str) -> None:
    """ "Nothing inspects it" was taken to be meant."""
    net = inspected(public(), by=by)
    holders = [one["IgwFirewall"] for one in net["rtb-a"]["Routes"] if "IgwFirewall" in one]
    for holder in holders or net[net.vpc_id]["NetworkFirewallAssociations"]:
        del holder["FirewallArn"]
    with pytest.raises(SnapshotError, match="the key FirewallArn"):
        ask(net, net.client, WORLD)


@pytest.mark.parametrize(
    ("connectivity", "outcome"),
    [("flexible", "unknown"), ("outbound-only", "unknown"), (None, "unknown"), ("bidirectional", "blocked"),
     ("exclude", "blocked"), ("az-unsupported", "blocked")],
)  # fmt: skip
def test_it_may_translate_for_what_has_no_public_address(connectivity: str | None, outcome: str) -> None:
    net = inspected(public(address=None))
    if connectivity:
        net[net.a]["NetworkFirewallConnectivityType"] = connectivity
    net.project("app", net.vpc_id, [net.a], [net.open])
    for source in (net.client, "codebuild:app"):
        assert ask(net, source, WORLD).outcome == outcome


@pytest.mark.parametrize("connectivity", ["exclude", "az-unsupported"])
def test_it_inspects_no_subnet_that_it_leaves_out(connectivity: str) -> None:
    net = inspected(public())
    net[net.a]["NetworkFirewallConnectivityType"] = connectivity
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")
    assert fate(ask(net, "internet", net.client)) == ("allowed", "internet")


@pytest.mark.parametrize(
    ("connectivity", "outcome"), [("flexible", "unknown"), ("bidirectional", "unknown"), ("exclude", "allowed")]
)
@pytest.mark.parametrize(("gateway", "to"), [("igw", WORLD), ("igw", "ip:2a00::1"), ("eigw", "ip:2a00::1")])
def test_what_comes_back_goes_by_the_subnet_that_it_is_for(
    gateway: str, to: str, connectivity: str, outcome: str
) -> None:
    net = Lan(ipv6="2600:1f18:aa:bb00::/56", zone_b="us-east-1a")
    net.give_public(net.client, "203.0.113.5")
    tgw = net.tgw()
    attachment, table = net.tgw_attachment(tgw, net.vpc_id, [net.b]), net.tgw_table(tgw)
    net.associate(table, attachment)
    way_out = net.igw(net.vpc_id) if gateway == "igw" else net.eigw(net.vpc_id)
    for everywhere in ("0.0.0.0/0", "::/0") if gateway == "igw" else ("::/0",):
        net.tgw_route(table, everywhere, attachment)
        net.route(net.ta, everywhere, tgw)
        net.route(net.tb, everywhere, way_out)
    assert ask(net, net.client, to).outcome == "allowed"
    inspected(net, net.tb)
    net[net.b]["NetworkFirewallConnectivityType"] = "exclude"
    net[net.a]["NetworkFirewallConnectivityType"] = connectivity
    assert ask(net, net.client, to).outcome == outcome


def test_subnets_that_it_treats_differently_share_no_answers_though_their_table_is_one() -> None:
    net = inspected(public(address=None), by="vpc")
    senders = []
    for number, connectivity in enumerate(("flexible", "exclude", "bidirectional")):
        subnet = net.subnet(net.vpc_id, f"10.0.{100 + number}.0/24", table=net.ta)
        net[subnet]["NetworkFirewallConnectivityType"] = connectivity
        senders.append(net.interface(subnet, f"10.0.{100 + number}.10", [net.open]))
    answers = Answers(load_files(net.files()))
    found = [json.loads(answers.answer(1, one, "internet", {"protocol": "tcp", "port": 443})) for one in senders]
    assert [one["outcome"] for one in found] == ["unknown", "blocked", "blocked"]


def test_what_it_lets_in_is_not_known_either_though_another_route_tells_of_it() -> None:
    net = inspected(public())
    net.give_public(net.server, "203.0.113.8")
    net.route(net.tb, "0.0.0.0/0", "igw-1")
    assert ask(net, "internet", net.server).outcome == "unknown"
    assert ask(net, net.client, net.server).outcome == "allowed"


def test_nor_what_passes_an_egress_only_gateway() -> None:
    net = Lan(ipv6="2600:1f18:aa:bb00::/56")
    net.route(net.ta, "::/0", net.eigw(net.vpc_id))
    assert ask(net, net.client, "ip:2a00::1").outcome == "allowed"
    assert ask(inspected(net), net.client, "ip:2a00::1").outcome == "unknown"


def test_what_is_blocked_before_it_stays_blocked() -> None:
    net = inspected(public())
    net["sg-open"]["IpPermissionsEgress"] = []
    assert ask(net, net.client, WORLD).outcome == "blocked"
    net = inspected(public())
    net.bpa("block-bidirectional")
    assert ask(net, net.client, WORLD).outcome == "blocked"


@pytest.mark.parametrize("protocol", ["tcp", "47"])
@pytest.mark.parametrize("address", [None, "203.0.113.5"])
@pytest.mark.parametrize(
    ("own", "outcome"),
    [("flexible", "unknown"), (None, "unknown"), ("bidirectional", None), ("exclude", None)],
)
def test_whose_subnet_decides_is_not_known_where_a_transit_gateway_leads_to_another(
    protocol: str, address: str | None, own: str | None, outcome: str | None
) -> None:
    """The interface is in a subnet that the firewall inspects, and leaves by one that it does not."""
    net = Lan(zone_b="us-east-1a")
    if address:
        net.give_public(net.client, address)
    tgw = net.tgw()
    attachment, table = net.tgw_attachment(tgw, net.vpc_id, [net.b]), net.tgw_table(tgw)
    net.associate(table, attachment)
    net.tgw_route(table, "0.0.0.0/0", attachment)
    net.route(net.ta, "0.0.0.0/0", tgw)
    net.route(net.tb, "0.0.0.0/0", net.igw(net.vpc_id))
    inspected(net, net.tb)
    net[net.b]["NetworkFirewallConnectivityType"] = "exclude"
    if own:
        net[net.a]["NetworkFirewallConnectivityType"] = own
    without = "unknown" if own == "bidirectional" and address else "allowed" if address else "blocked"
    assert ask(net, net.client, WORLD, protocol, 443 if protocol == "tcp" else None).outcome == (outcome or without)
