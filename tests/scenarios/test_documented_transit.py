"""The worked examples of Amazon VPC Transit Gateways, each with the reachability that its page states.

"Example: Centralized router", "Isolated VPCs", "Isolated VPCs with shared services", "Peered transit gateways",
"Centralized outbound routing to the internet", "Appliance in a shared services VPC". Addresses and tables are the
pages' own; the networks are rebuilt.
"""

from __future__ import annotations

import pytest

from tests.build import Build
from tests.scenarios.documented import EVERYWHERE, OUT, PRIVATE, SHUT, SITE, Guide, rows, said
from tests.scenarios.lan import ANY, ask, assumed, codes, crossed, fate

CORPORATE = "ip:10.99.99.9"


def centralized_router() -> Guide:
    net = Guide()
    gateway, table = net.hub("a", "b", "c")
    net.attach(gateway, table, "a", "b", "c")
    net.propagate(table, "a", "b", "c")
    vpn = net.vpn(gateway, ["10.99.99.0/24"])
    net.associate(table, vpn)
    net.tgw_route(table, "10.99.99.0/24", vpn, "propagated")
    return net


@rows(
    ("eni-a", "eni-b", PRIVATE), ("eni-b", "eni-c", PRIVATE), ("eni-c", "eni-a", PRIVATE),
    ("eni-a", CORPORATE, SITE), (CORPORATE, "eni-b", SITE), ("eni-a", "internet", SHUT),
)  # fmt: skip
def test_centralized_router_all_attachments_route_to_each_other(
    source: str, target: str, expected: tuple[str, str]
) -> None:
    assert fate(ask(centralized_router(), source, target)) == expected


def isolated(*, shared: bool = False) -> Guide:
    net = Guide()
    names = ("a", "b", "c", "d") if shared else ("a", "b", "c")
    gateway, table = net.hub(*names)
    other = net.tgw_table(gateway, name="vpn")
    net.attach(gateway, table, "a", "b", "c")
    vpn = net.vpn(gateway, ["10.99.99.0/24"])
    net.associate(other, vpn)
    net.tgw_route(table, "10.99.99.0/24", vpn, "propagated")
    net.propagate(other, "a", "b", "c")
    if shared:
        net.attach(gateway, other, "d")
        net.propagate(table, "d")
        net.propagate(other, "d")
    return net


@rows(
    ("eni-a", "eni-b", SHUT), ("eni-b", "eni-a", SHUT), ("eni-c", "eni-b", SHUT), ("eni-a", CORPORATE, SITE),
    (CORPORATE, "eni-c", SITE),
)  # fmt: skip
def test_isolated_vpcs_reach_the_site_and_not_each_other(source: str, target: str, expected: tuple[str, str]) -> None:
    verdict = ask(isolated(), source, target)
    assert fate(verdict) == expected
    if expected == SHUT:
        assert codes(verdict) == {"TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"}


@rows(
    ("eni-a", "eni-b", SHUT), ("eni-c", "eni-a", SHUT), ("eni-a", "eni-d", PRIVATE), ("eni-d", "eni-b", PRIVATE),
    ("eni-d", "eni-c", PRIVATE), ("eni-b", CORPORATE, SITE), (CORPORATE, "eni-a", SITE),
)  # fmt: skip
def test_isolated_vpcs_with_shared_services(source: str, target: str, expected: tuple[str, str]) -> None:
    assert fate(ask(isolated(shared=True), source, target)) == expected


def peered_gateways() -> dict[str, bytes]:
    first, second = Guide(), Build(region="us-west-2", tag="w")
    gateway, other = first.tgw(name="1"), second.tgw(name="2")
    first.site("a", "10.0.0.0/16", [(EVERYWHERE, gateway)])
    first.site("b", "10.2.0.0/16", [(EVERYWHERE, gateway)])
    table, far = first.tgw_table(gateway), second.tgw_table(other)
    first.attach(gateway, table, "a", "b")
    first.propagate(table, "a", "b")
    link = first.tgw_peering(gateway, other, second)
    first.associate(table, link)
    second.associate(far, link)
    first.tgw_route(table, EVERYWHERE, link)
    vpn = second.vpn(other, ["172.31.0.0/16"])
    second.associate(far, vpn)
    second.tgw_route(far, "172.31.0.0/16", vpn, "propagated")
    for block in ("10.0.0.0/16", "10.2.0.0/16"):
        second.tgw_route(far, block, link)
    return first.files() | second.files()


@rows(
    ("eni-a", "ip:172.31.0.9", SITE), ("eni-b", "ip:172.31.0.9", SITE), ("eni-a", "eni-b", PRIVATE),
    ("ip:172.31.0.9", "eni-a", SITE), ("eni-a", "ip:172.32.0.9", SHUT),
)  # fmt: skip
def test_peered_transit_gateways_lead_to_the_site_behind_the_other(
    source: str, target: str, expected: tuple[str, str]
) -> None:
    assert fate(ask(peered_gateways(), source, target)) == expected


def test_what_is_attached_to_a_peered_gateway_may_send_though_nobody_describes_it() -> None:
    net, far = Guide(), Build(region="us-west-2", tag="w")
    gateway, table = net.hub("a")
    net.attach(gateway, table, "a")
    other = far.tgw(name="2")
    link = net.tgw_peering(gateway, other, far)
    net.associate(table, link)
    assert fate(ask(net.files() | far.files(), "ip:10.77.0.9", "eni-a")) == SHUT
    elsewhere = far.tgw_attachment(other, "vpc-elsewhere", [], name="far")
    theirs = far.tgw_table(other, name="2")
    for one in (elsewhere, link):
        far.associate(theirs, one)
    for build, at, block, way in (
        (far, theirs, "10.1.0.0/16", link), (net, table, "10.1.0.0/16", "tgw-attach-a"),
        (net, table, "10.77.0.0/16", link), (far, theirs, "10.77.0.0/16", elsewhere),
    ):  # fmt: skip
        build.tgw_route(at, block, way)
    for call in ("attachments", "vpc-attachments"):
        held = far._lists[f"ec2/describe-transit-gateway-{call}"]
        held[-1] |= {"ResourceOwnerId": "999999999999", "VpcOwnerId": "999999999999"}
    verdict = ask(net.files() | far.files(), "ip:10.77.0.9", "eni-a")
    assert fate(verdict) == ("unknown", "none")
    assert {code for code, _ in assumed(verdict)} == {"PEER_ACCOUNT_UNSEEN"}


def centralized_outbound() -> Guide:
    net = Guide()
    gateway, table = net.hub("a", "b")
    net.site("c", "192.168.0.0/16", subnet="192.168.1.0/24")
    igw = net.igw("vpc-c", name="c")
    net.tier("public", "c", "192.168.2.0/24", [(EVERYWHERE, igw), ("10.1.0.0/16", gateway), ("10.2.0.0/16", gateway)])
    net.route("rtb-c", EVERYWHERE, net.nat("subnet-public", "192.168.2.9", "203.0.113.9", name="c"))
    net.attach(gateway, table, "a", "b", "c")
    net.propagate(table, "a", "b", "c")
    net.tgw_route(table, EVERYWHERE, "tgw-attach-c")
    return net


@rows(
    ("eni-a", "internet", OUT), ("eni-b", "internet", OUT), ("internet", "eni-a", SHUT), ("eni-a", "eni-b", PRIVATE),
    ("eni-c", "internet", OUT), ("eni-a", "ip:140.82.112.3", OUT),
)  # fmt: skip
def test_centralized_outbound_routing_is_outbound_only(source: str, target: str, expected: tuple[str, str]) -> None:
    verdict = ask(centralized_outbound(), source, target)
    assert fate(verdict) == expected
    if expected == OUT:
        assert "nat-c" in crossed(verdict)


def shared_appliance(*, mode: bool = True, routed: bool = True) -> Guide:
    """VPCs a (10.0.0.0/16) and b (10.1.0.0/16); what goes between them passes an appliance in each zone of VPC c."""
    net = Guide()
    gateway = net.tgw(name="1")
    net.site("a", "10.0.0.0/16", [(EVERYWHERE, gateway)])
    net.site("b", "10.1.0.0/16", [(EVERYWHERE, gateway)], zone="b")
    net.vpc("192.168.0.0/16", name="c")
    net.group("vpc-c", [ANY], [ANY], name="c")
    for number, zone in enumerate("ab"):
        net.tier(f"fw{zone}", "c", f"192.168.{number}.0/24", [(EVERYWHERE, gateway)] if routed else [], zone)
        net[f"eni-fw{zone}"]["SourceDestCheck"] = False
        net.tier(f"in{zone}", "c", f"192.168.{number + 10}.0/24", [(EVERYWHERE, f"eni-fw{zone}")], zone)
    spokes, inspected = net.tgw_table(gateway, name="spokes"), net.tgw_table(gateway, name="inspected")
    for name, zone in (("a", "b"), ("b", "a")):  # a subnet in each zone, as the page has it
        net.subnet(
            f"vpc-{name}",
            net[f"vpc-{name}"]["CidrBlock"].replace(".0.0/16", ".2.0/24"),
            f"us-east-1{zone}",
            name=f"{name}2",
        )
        both = [f"subnet-{name}", f"subnet-{name}2"]
        net.associate(spokes, net.tgw_attachment(gateway, f"vpc-{name}", both, name=name))
    places = ["subnet-ina", "subnet-inb"]
    net.associate(inspected, net.tgw_attachment(gateway, "vpc-c", places, appliance_mode=mode, name="c"))
    net.tgw_route(spokes, EVERYWHERE, "tgw-attach-c")
    net.propagate(inspected, "a", "b")
    return net


FORWARDS = {"eni_fwa": "forward", "eni_fwb": "forward"}


@pytest.mark.parametrize(("source", "target"), [("eni-a", "eni-b"), ("eni-b", "eni-a")])
def test_appliance_mode_keeps_both_directions_on_one_appliance(source: str, target: str) -> None:
    assert said(shared_appliance(), source, target, **FORWARDS) == PRIVATE
    assert said(shared_appliance(mode=False), source, target, **FORWARDS) == SHUT  # the hosts are in different zones
    assert (
        said(shared_appliance(routed=False), source, target, **FORWARDS) == SHUT
    )  # nothing leads on from the appliance
    assert said(shared_appliance(), source, target) == ("unknown", "none")  # what it lets through is not in the files


# --- of AWS's Networking & Content Delivery blog ----------------------------------------------------------------------


def single_exit(*, blackholes: bool = True) -> Guide:
    """The post "Creating a single internet exit point from multiple VPCs Using AWS Transit Gateway": apps a and b,
    egress 192.168.0.0/16; blackholes for what is private keep the apps apart.
    """
    net = Guide()
    gateway = net.tgw(name="1")
    for number, name in enumerate("ab"):
        net.site(name, f"10.{number}.0.0/16", [(EVERYWHERE, gateway)])
    net.site("c", "192.168.0.0/16", subnet="192.168.1.0/24")
    net.tier("public", "c", "192.168.2.0/24", [(EVERYWHERE, net.igw("vpc-c", name="c")), ("10.0.0.0/8", gateway)])
    net.route("rtb-c", EVERYWHERE, net.nat("subnet-public", "192.168.2.9", "203.0.113.9", name="c"))
    apps, egress = net.tgw_table(gateway, name="apps"), net.tgw_table(gateway, name="egress")
    net.attach(gateway, apps, "a", "b")
    net.attach(gateway, egress, "c")
    net.propagate(egress, "a", "b")
    net.tgw_route(apps, EVERYWHERE, "tgw-attach-c")
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16") if blackholes else ():
        net.tgw_route(apps, block, "blackhole")
    return net


@rows(
    ("eni-a", "internet", OUT), ("eni-b", "ip:198.51.100.9", OUT), ("eni-a", "eni-b", SHUT), ("eni-b", "eni-a", SHUT),
    ("eni-a", "eni-c", SHUT), ("internet", "eni-b", SHUT),
)  # fmt: skip
def test_a_single_exit_for_vpcs_that_are_kept_apart(source: str, target: str, expected: tuple[str, str]) -> None:
    verdict = ask(single_exit(), source, target)
    assert fate(verdict) == expected
    if target in ("eni-a", "eni-b") and source != "internet":
        assert codes(verdict) == {"TGW_RTB_BAD_STATE_ROUTE"}


def test_without_the_blackholes_the_exits_nat_gateway_joins_them() -> None:
    """What they are for: the NAT gateway translates, and its subnet's table leads to every app."""
    verdict = ask(single_exit(blackholes=False), "eni-a", "eni-b")
    assert fate(verdict) == PRIVATE
    assert "nat-c" in crossed(verdict)


def central_inspection(*, back: bool = True) -> Guide:
    """The post "Deployment models for AWS Network Firewall", north-south and east-west by one inspection VPC: transit
    gateway, firewall, NAT gateway, internet gateway, and back the same way.
    """
    net = Guide()
    gateway = net.tgw(name="1")
    for number, name in enumerate("ab"):
        net.site(name, f"10.{number}.0.0/16", [(EVERYWHERE, gateway)])
    net.site("c", "100.64.0.0/16", subnet="100.64.0.0/24")
    igw = net.igw("vpc-c", name="c")
    net.tier("fw", "c", "100.64.1.0/24", [("10.0.0.0/8", gateway)])
    net.tier("nat", "c", "100.64.2.0/24", [(EVERYWHERE, igw)])
    net.route("rtb-fw", EVERYWHERE, net.nat("subnet-nat", "100.64.2.9", "203.0.113.9", name="c"))
    endpoint = net.appliance_endpoint("vpc-c", "subnet-fw", name="fw")
    net.route("rtb-c", EVERYWHERE, endpoint)
    net.route("rtb-nat", "10.0.0.0/8", endpoint if back else gateway)
    spokes, inspected = net.tgw_table(gateway, name="spokes"), net.tgw_table(gateway, name="inspected")
    net.attach(gateway, spokes, "a", "b")
    net.associate(inspected, net.tgw_attachment(gateway, "vpc-c", ["subnet-c"], appliance_mode=True, name="c"))
    net.tgw_route(spokes, EVERYWHERE, "tgw-attach-c")
    net.propagate(inspected, "a", "b")
    return net


def test_one_inspection_vpc_sees_what_goes_out_and_what_goes_between() -> None:
    net = central_inspection()
    for source, target, expected in (("eni-a", "ip:198.51.100.9", OUT), ("eni-a", "eni-b", PRIVATE)):
        assert said(net, source, target, vpce_fw="forward") == expected
        assert said(net, source, target) == ("unknown", "none")
    assert said(net, "internet", "eni-a", vpce_fw="forward") == SHUT
    past = central_inspection(back=False)
    assert said(past, "eni-a", "ip:198.51.100.9", vpce_fw="forward") == SHUT  # its replies pass the firewall by
    assert said(past, "eni-a", "eni-b", vpce_fw="forward") == PRIVATE
