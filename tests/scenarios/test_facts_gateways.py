"""Facts N30 to N60: internet gateways, egress-only gateways, public addresses, NAT gateways."""

from __future__ import annotations

import pytest

from reachsim import load_files
from tests.property.test_matrix import compare
from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, causes, codes, crossed, fate, natted, public

WORLD = "ip:198.51.100.7"
WORLD6 = "ip:2620:107:300f::1"
SIX = "2600:1f10:0:100::/56"


# --- internet gateway ---------------------------------------------------------------------------------------------


def test_n30_internet_needs_a_public_address_on_the_interface() -> None:
    assert fate(ask(public(), "eni-client", WORLD)) == ("allowed", "internet")
    net = public(address=None)
    code = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    assert blocks(ask(net, net.client, WORLD)) == {(code, "igw-1", None, net.client, "request", "egress")}
    code = "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
    assert blocks(ask(net, "internet", net.client)) == {(code, "igw-1", None, None, "request", "ingress")}


def test_n31_a_public_address_without_a_route_gives_nothing() -> None:
    net = Lan()
    net.give_public(net.client, "203.0.113.5")
    net.igw(net.vpc_id)
    outward = ask(net, net.client, WORLD)
    assert blocks(outward) == {("NO_ROUTE_TO_DESTINATION", net.ta, None, None, "request", "egress")}
    inward = ask(net, "internet", net.client)
    assert blocks(inward) == {("NO_ROUTE_TO_DESTINATION", net.ta, None, None, "response", "egress")}
    assert causes(inward) == {"RETURN_ROUTE_MISSING"}


def test_n32_codebuild_never_gets_a_public_address() -> None:
    net = public()
    net[net.a]["MapPublicIpOnLaunch"] = True
    net.project("app", net.vpc_id, [net.a], [net.open])
    verdict = ask(net, "codebuild:app", WORLD)
    at = f"codebuild:app@{net.a}"
    assert blocks(verdict) == {("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "igw-1", None, at, "request", "egress")}
    assert causes(verdict) == {"CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP"}
    net.route(net.ta, "0.0.0.0/0", net.with_nat())
    assert fate(ask(net, "codebuild:app", WORLD)) == ("allowed", "internet")


def test_n33_the_pair_of_private_and_public_address_counts() -> None:
    net = public(address=None)
    net.interface(net.a, "10.0.1.7", [net.open], secondary=[("10.0.1.8", "203.0.113.8")], name="two")
    assert codes(ask(net, "ip:10.0.1.7", WORLD)) == {"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"}
    verdict = ask(net, "ip:10.0.1.8", WORLD)
    assert fate(verdict) == ("allowed", "internet")
    inward = ask(net, "internet", "ip:203.0.113.8")
    assert fate(inward) == ("allowed", "internet")


@pytest.mark.parametrize("state", ["available", "attached"])
def test_n34_attached_is_written_in_two_ways(state: str) -> None:
    net = public()
    net["igw-1"]["Attachments"][0]["State"] = state
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")


def test_n34_a_gateway_works_for_its_own_vpc_only() -> None:
    net = public()
    net["igw-1"]["Attachments"][0]["VpcId"] = net.vpc("10.9.0.0/16")
    assert ("BAD_STATE", "igw-1", None, None, "request", "egress") in blocks(ask(net, net.client, WORLD))
    net["igw-1"]["Attachments"] = []
    assert ("BAD_STATE", "igw-1", None, None, "request", "egress") in blocks(ask(net, net.client, WORLD))


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("10.99.0.1", "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"),
        ("172.16.0.1", "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"),
        ("100.64.1.1", "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS"),
    ],
)
def test_n35_private_destinations_are_dropped(address: str, code: str) -> None:
    net = public()
    verdict = ask(net, net.client, f"ip:{address}")
    assert blocks(verdict) == {(code, "igw-1", None, None, "request", "egress")}


def test_n35_inbound_only_to_a_public_address_of_an_interface() -> None:
    net = public()
    verdict = ask(net, "internet", "ip:203.0.113.77")
    assert verdict.outcome == "blocked"
    assert codes(verdict) == {"IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"}


def test_n36_ipv6_is_public_by_nature() -> None:
    net = public(address=None, ipv6=SIX)
    assert fate(ask(net, net.client, WORLD6)) == ("allowed", "internet")
    assert fate(ask(net, "internet", net.client)) == ("allowed", "internet")
    web = net.group(net.vpc_id, [("tcp", 443, 443, "::/0")], [], name="web")
    net[net.client]["Groups"] = [{"GroupId": web, "GroupName": web}]
    assert fate(ask(net, "internet", net.client)) == ("allowed", "internet")
    assert codes(ask(net, "internet", net.client, "tcp", 22)) == {"ENI_SG_RULES_MISMATCH"}


def test_n37_egress_only_gateway_carries_what_the_vpc_starts() -> None:
    net = Lan(ipv6=SIX)
    eigw = net.eigw(net.vpc_id)
    net.route(net.ta, "::/0", eigw)
    verdict = ask(net, net.client, WORLD6)
    assert fate(verdict) == ("allowed", "internet")
    assert eigw in crossed(verdict)
    inward = ask(net, "internet", net.client)
    assert blocks(inward) == {("EIGW_INBOUND", eigw, None, None, "request", "ingress")}
    assert codes(ask(net, net.client, WORLD)) == {"NO_ROUTE_TO_DESTINATION"}


def test_n37_replies_do_not_leave_by_an_egress_only_gateway() -> None:
    net = Lan(ipv6=SIX)
    net.igw(net.vpc_id)
    eigw = net.eigw(net.vpc_id)
    net.route(net.ta, "::/0", eigw)
    inward = ask(net, "internet", net.client)
    assert blocks(inward) == {("EIGW_INBOUND", eigw, None, None, "response", "egress")}


def test_n38_interface_that_denies_internet_gateways() -> None:
    net = public(address=None, ipv6=SIX)
    peer = net.interface(net.a, "10.0.1.9", [net.open], ipv6="2600:1f10:0:101::9", name="v6")
    net[peer]["DenyAllIgwTraffic"] = True
    inward = ask(net, "internet", peer)
    assert ("ENI_DENIES_IGW_TRAFFIC", "igw-1", None, peer, "request", "ingress") in blocks(inward)
    assert codes(inward) == {"ENI_DENIES_IGW_TRAFFIC"}
    assert fate(ask(net, net.server, peer, family="ipv6")) == ("allowed", "private")


@pytest.mark.parametrize(
    ("block", "attribute"), [("fd00:1:2:300::/56", "private"), ("fd00:1:2:300::/56", None),
                             ("2600:1f18:2:300::/56", "private")],
)  # fmt: skip
def test_n39_private_ipv6_space_is_not_routed_to_the_internet(block: str, attribute: str | None) -> None:
    net = public(address=None, ipv6=block)
    if attribute:
        net[net.vpc_id]["Ipv6CidrBlockAssociationSet"][0]["Ipv6AddressAttribute"] = attribute
    verdict = ask(net, net.client, WORLD6)
    assert verdict.outcome == "blocked"
    assert ("IPV6_PRIVATE_SPACE", net.vpc_id) in assumed(verdict)
    assert ask(net, "internet", net.client).outcome == "blocked"


def test_n40_service_by_its_public_address_is_aws_public() -> None:
    net = natted()
    assert fate(ask(net, net.client, "logs")) == ("allowed", "aws-public")
    assert fate(ask(net, net.client, "internet")) == ("allowed", "internet")
    assert causes(ask(Lan(), "eni-client", "logs")) == {"VPCE_MISSING_FOR_SERVICE"}


def test_n41_internet_reachability_is_a_set_of_addresses() -> None:
    net = Lan()
    net.route(net.ta, "140.82.112.0/20", net.with_nat())
    assert fate(ask(net, net.client, "ip:140.82.112.3")) == ("allowed", "internet")
    assert codes(ask(net, net.client, "ip:44.205.64.79")) == {"NO_ROUTE_TO_DESTINATION"}
    verdict = ask(net, net.client, "internet")
    assert fate(verdict) == ("allowed", "internet")
    assert verdict.paths[0].traffic[0].destination == ("140.82.112.0/20",)


def test_own_public_addresses_are_not_the_internet() -> None:
    net = public()
    net.use_acl(net.a, net.acl(net.vpc_id, [(100, "out", "allow", "-1", None, "0.0.0.0/0")]))
    verdict = ask(net, "internet", net.client)
    assert codes(verdict) == {"SUBNET_ACL_RESTRICTION"}


# --- NAT gateways -------------------------------------------------------------------------------------------------


def test_n45_nat_carries_tcp_udp_and_icmp_only() -> None:
    net = natted()
    verdict = ask(net, net.client, WORLD, 47, None)
    assert blocks(verdict) == {("PROTOCOL_RESTRICTION", "nat-main", None, None, "request", "egress")}
    for protocol, port in (("tcp", 443), ("udp", 443), ("icmp", 8)):
        assert fate(ask(net, net.client, WORLD, protocol, port)) == ("allowed", "internet")


def test_n46_the_nat_gateways_own_subnet_needs_the_way_out() -> None:
    net = natted()
    net[net.tn]["Routes"] = [one for one in net[net.tn]["Routes"] if one["GatewayId"] == "local"]
    verdict = ask(net, net.client, WORLD)
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", net.tn, None, None, "request", "egress")}
    assert causes(verdict) == {"NAT_WITHOUT_INTERNET_GATEWAY"}


def test_n46_nat_gateway_in_a_private_subnet_is_named_as_such() -> None:
    net = Lan()
    net.igw(net.vpc_id)
    net.route(net.ta, "0.0.0.0/0", net.nat(net.a, "10.0.1.9", "203.0.113.9"))
    verdict = ask(net, net.client, WORLD)
    assert verdict.outcome == "blocked"
    assert causes(verdict) == {"NAT_WITHOUT_INTERNET_GATEWAY"}


@pytest.mark.parametrize("state", ["pending", "failed", "deleted"])
def test_n46_nat_gateway_must_be_available(state: str) -> None:
    net = natted()
    net["nat-main"]["State"] = state
    verdict = ask(net, net.client, WORLD)
    assert blocks(verdict) == {("BAD_STATE", "nat-main", None, None, "request", "egress")}


def test_n46_towards_a_private_gateway_even_a_public_nat_shows_its_private_address() -> None:
    net = natted()
    vgw = net.vgw(net.vpc_id)
    net.route(net.ta, "192.168.0.0/16", "nat-main")
    net.route(net.tn, "192.168.0.0/16", vgw)
    verdict = ask(net, net.client, "ip:192.168.1.1")
    assert fate(verdict) == ("allowed", "on-premises")
    assert net.igw_id not in crossed(verdict)


def test_n47_private_nat_has_no_internet() -> None:
    net = natted("private")
    verdict = ask(net, net.client, WORLD)
    code = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    assert blocks(verdict) == {(code, net.igw_id, None, "nat-main", "request", "egress")}


@pytest.mark.parametrize(
    ("admitted", "outcome"), [((1024, 65535), "allowed"), ((32768, 65535), "intermittent"), ((443, 443), "blocked")]
)
def test_n48_n49_replies_come_to_any_port_of_the_nat_gateway(admitted: tuple[int, int], outcome: str) -> None:
    net = natted()
    acl = net.acl(
        net.vpc_id,
        [
            (100, "in", "allow", "tcp", (443, 443), "10.0.0.0/16"),
            (110, "in", "allow", "tcp", admitted, "0.0.0.0/0"),
            (100, "out", "allow", "-1", None, "0.0.0.0/0"),
        ],
    )
    net.use_acl(net.n, acl)
    verdict = ask(net, net.client, WORLD)
    assert verdict.outcome == outcome
    expected = {("SUBNET_ACL_RESTRICTION", acl, 32767, net.n, "response", "ingress")}
    assert blocks(verdict) == (expected if outcome != "allowed" else set())
    assert causes(verdict) <= {"RETURN_ACL_EPHEMERAL"}


@pytest.mark.parametrize(
    ("entry", "leg", "direction"),
    [
        ((50, "in", "deny", "tcp", (443, 443), "10.0.1.0/24"), "request", "ingress"),
        ((50, "out", "deny", "tcp", (443, 443), "0.0.0.0/0"), "request", "egress"),
        ((50, "in", "deny", "tcp", (1024, 65535), "0.0.0.0/0"), "response", "ingress"),
        ((50, "out", "deny", "tcp", (1024, 65535), "10.0.1.0/24"), "response", "egress"),
    ],
)
def test_n49_the_nat_subnets_acl_is_crossed_four_times(
    entry: tuple[int, str, str, str, tuple[int, int], str], leg: str, direction: str
) -> None:
    net = natted()
    rest = [(100, way, "allow", "-1", None, "0.0.0.0/0") for way in ("in", "out")]
    acl = net.acl(net.vpc_id, [entry, *rest])
    net.use_acl(net.n, acl)
    verdict = ask(net, net.client, WORLD)
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 50, net.n, leg, direction)}


def test_n50_nat_cannot_be_entered_by_peering() -> None:
    net = natted()
    other = net.vpc("172.20.0.0/16", name="p")
    pcx = net.peering(other, net.vpc_id, name="1")
    subnet = net.subnet(other, "172.20.1.0/24", table=net.table(other, [("0.0.0.0/0", pcx)], name="p"))
    net.interface(subnet, "172.20.1.5", [net.group(other, [ANY], [ANY])], name="peer")
    verdict = ask(net, "eni-peer", WORLD)
    assert blocks(verdict) == {("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", pcx, None, None, "request", "egress")}


def nat_over_peering() -> Lan:
    net = natted()
    other = net.vpc("172.20.0.0/16", name="p")
    pcx = net.peering(net.vpc_id, other, name="1")
    subnet = net.subnet(other, "172.20.1.0/24", table=net.table(other, name="p"), name="p")
    net.interface(subnet, "172.20.1.5", [net.group(other, [ANY], [ANY])], name="peer")
    net.route(net.tn, "172.20.0.0/16", pcx)
    return net


def test_n51_reply_over_peering_returns_to_the_nat_gateway_without_a_route() -> None:
    net = nat_over_peering()
    assert fate(ask(net, net.client, "eni-peer")) == ("allowed", "private")
    acl = net.acl("vpc-p", [(100, "in", "allow", "-1", None, "0.0.0.0/0")])
    net.use_acl("subnet-p", acl)
    verdict = ask(net, net.client, "eni-peer")
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 32767, "subnet-p", "response", "egress")}


def test_n51_an_interface_instead_of_a_nat_gateway_needs_the_route() -> None:
    net = nat_over_peering()
    plain = net.interface(net.n, "10.0.9.5", [net.open], name="plain")
    verdict = ask(net, plain, "eni-peer")
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", "rtb-p", None, None, "response", "egress")}


def test_n52_nothing_comes_in_through_a_nat_gateway() -> None:
    net = natted()
    verdict = ask(net, "internet", "ip:203.0.113.99")
    assert blocks(verdict) == {("NO_POSSIBLE_DESTINATION", "nat-main", None, None, "request", "ingress")}
    assert ask(net, "internet", net.client).outcome == "blocked"


def test_n53_nat_gateway_serves_other_zones() -> None:
    net = Lan(zone_b="us-east-1c")
    net.route(net.tb, "0.0.0.0/0", net.with_nat())
    assert fate(ask(net, net.server, WORLD)) == ("allowed", "internet")


def regional(private: str | None = None) -> Lan:
    """A regional NAT gateway; AWS lists its public addresses by zone, and no interface of it."""
    net = Lan()
    own = {"PrivateIp": private} if private else {}
    net.igw(net.vpc_id, name="1")
    table = net.table(net.vpc_id, [("0.0.0.0/0", "igw-1")], name="r")
    net._add("ec2/describe-nat-gateways", "nat-r", {
        "NatGatewayId": "nat-r",
        "VpcId": net.vpc_id,
        "State": "available",
        "ConnectivityType": "public",
        "AvailabilityMode": "regional",
        "RouteTableId": table,
        "NatGatewayAddresses": [{"PublicIp": "203.0.113.50", "AvailabilityZone": "us-east-1a", **own}],
    })  # fmt: skip
    net.route(net.ta, "0.0.0.0/0", "nat-r")
    return net


@pytest.mark.parametrize("private", [None, "10.0.255.1"])
def test_n54_regional_nat_needs_no_public_subnet(private: str | None) -> None:
    net = regional(private)
    verdict = ask(net, net.client, WORLD)
    assert fate(verdict) == ("allowed", "internet")
    assert {"nat-r", "rtb-r"} <= set(crossed(verdict))


def test_n55_regional_nat_routes_by_a_table_of_its_own() -> None:
    net = regional("10.0.255.1")
    net["rtb-r"]["Routes"] = [one for one in net["rtb-r"]["Routes"] if one["GatewayId"] == "local"]
    verdict = ask(net, net.client, WORLD)
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", "rtb-r", None, None, "request", "egress")}


def test_n56_regional_nat_has_no_network_acl_of_its_own() -> None:
    net = regional("10.0.255.1")
    net.use_acl(net.b, net.acl(net.vpc_id, []))
    verdict = ask(net, net.client, WORLD)
    assert verdict.outcome == "allowed"
    assert ("REGIONAL_NAT_WITHOUT_SUBNET_ACL", "nat-r") in assumed(verdict)
    half = net.acl(net.vpc_id, [(100, "out", "allow", "-1", None, "0.0.0.0/0")])
    net.use_acl(net.a, half)
    verdict = ask(net, net.client, WORLD)
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", half, 32767, net.a, "response", "ingress")}


def test_n59_endpoint_route_behind_a_nat_gateway_is_marked() -> None:
    net = natted()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.tn])
    verdict = ask(net, net.client, "s3")
    assert verdict.outcome == "allowed"
    assert ("NAT_THEN_GATEWAY_ENDPOINT", endpoint) in assumed(verdict)


def test_n60_appliance_attached_to_a_nat_gateway_is_unknown() -> None:
    net = natted()
    net["nat-main"]["AttachedAppliances"] = [{"Type": "network-firewall-proxy", "ApplianceArn": "arn:aws:x"}]
    verdict = ask(net, net.client, WORLD)
    assert fate(verdict) == ("unknown", "none")
    assert ("NAT_ATTACHED_APPLIANCE", "nat-main") in assumed(verdict)


@pytest.mark.parametrize("four", [True, False])
def test_n148_a_public_name_of_unknown_families_needs_a_way_out_for_both(four: bool) -> None:
    """Whether it has AAAA records is not known offline, and with the answer the client's own address is chosen."""
    net = Lan(ipv6="2600:1f18:aa:bb00::/56")
    net.route(net.ta, "::/0", net.eigw(net.vpc_id))
    if four:
        net.route(net.ta, "0.0.0.0/0", net.with_nat())
    verdict = ask(net, net.client, "host:github.com")
    assert fate(verdict) == (("allowed", "internet") if four else ("unknown", "none"))
    assert ("PUBLIC_NAME_ADDRESSES_UNKNOWN" in {one.code for one in verdict.assumptions}) is not four


@pytest.mark.parametrize("made_up", [True, False])
def test_n58_without_dns64_a_public_name_may_have_no_address_for_a_client_without_ipv4(made_up: bool) -> None:
    net = Lan(ipv6="2600:1f18:aa:bb00::/56")
    net.route(net.ta, "::/0", net.eigw(net.vpc_id))
    net[net.client].update({"PrivateIpAddresses": [], "PrivateIpAddress": None})
    if made_up:
        net[net.a]["EnableDns64"] = True
        net.route(net.ta, "64:ff9b::/96", net.with_nat())
    verdict = ask(net, net.client, "host:github.com")
    assert fate(verdict) == (("allowed", "internet") if made_up else ("unknown", "none"))
    assert ("PUBLIC_NAME_ADDRESSES_UNKNOWN" in {one.code for one in verdict.assumptions}) is not made_up
    assert ask(net, net.client, "host:github.com", family="ipv6").outcome == "allowed"
    dual = "host:s3.dualstack.us-east-1.amazonaws.com"
    assert ask(net, net.client, dual).outcome == "allowed"
    net["rtb-a"]["Routes"] = [one for one in net["rtb-a"]["Routes"] if one.get("DestinationIpv6CidrBlock") != "::/0"]
    assert ask(net, net.client, "host:github.com").outcome == ("unknown" if made_up else "blocked")
    assert ask(net, net.client, dual).outcome == "blocked"  # it has addresses of its own: none is made up


NEXT = "2600:1f18:aa:bb01::6"


@pytest.mark.parametrize("kind", ["public", "private"])
def test_n57_what_has_ipv6_alone_leaves_for_the_internet_by_nat64(kind: str) -> None:
    """ "DNS64 and NAT64": a route for 64:ff9b::/96 to a NAT gateway leads to IPv4 hosts of the internet. None of these
    was asked for.
    """
    net = Lan(ipv6="2600:1f18:aa:bb00::/56")
    net[net.client].update({"PrivateIpAddresses": [], "PrivateIpAddress": None})
    other = net.interface(net.a, None, [net.group(net.vpc_id, [], [("-1", None, None, "2600::/12")])], ipv6=NEXT)
    before = load_files(net.files())
    assert before.simulate(net.client, "internet").outcome == "blocked"
    net.route(net.ta, "64:ff9b::/96", net.with_nat(kind))
    reach = load_files(net.files())
    verdict = reach.simulate(net.client, "internet", protocol="tcp")
    assert fate(verdict) == (("allowed", "internet") if kind == "public" else ("blocked", "none"))
    if kind == "public":
        assert reach.check(sources=[net.client]).overall == "leaking"
        assert before.diff(reach).gate[0] == "fail"
    assert ask(net, other, "internet").outcome == "blocked"
    assert ask(net, net.server, "internet").outcome == "blocked"
    compare(reach, 6, 443)


def test_a_nat_gateway_sends_and_gets_replies_whether_its_interface_is_listed_or_not() -> None:
    files = natted().files()
    for left_out in ("nothing", "describe-network-interfaces"):
        held = {path: data for path, data in files.items() if left_out not in path}
        verdict = load_files(held).simulate("nat-main", WORLD, protocol="tcp", port=443)
        assert fate(verdict) == ("allowed", "internet")
