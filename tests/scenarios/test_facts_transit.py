"""Facts N117, N118, N183 to N191: transit gateways, VPN and Direct Connect."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files
from reachsim.forwarding import Ground
from reachsim.verdict import Verdict
from tests.build import AclEntry, Build, _ipv6_blocks
from tests.property.test_matrix import compare
from tests.property.test_walk_regressions import host, hub, outcomes
from tests.scenarios.lan import ANY, ANY6, Lan, ask, assumed, blocks, causes, codes, crossed, fate

WORLD = "ip:198.51.100.7"
OUT: AclEntry = (100, "out", "allow", "-1", None, "0.0.0.0/0")
IN: AclEntry = (100, "in", "allow", "-1", None, "0.0.0.0/0")


class Hub(Lan):
    """VPCs x (10.0.0.0/16, client 10.0.1.5) and y (10.1.0.0/16, server 10.1.1.5) on one transit gateway.

    Each is attached by a subnet of its own, and one transit gateway route table serves both.
    """

    def __init__(self, references: tuple[bool, bool, bool] = (False, False, False), zones: str = "aa") -> None:
        Build.__init__(self)
        self.tgw_id = self.tgw(references[0], name="1")
        self.rt = self.tgw_table(self.tgw_id, name="1")
        for name, block, on, zone in (("x", "10.0", references[1], zones[0]), ("y", "10.1", references[2], zones[1])):
            vpc = self.vpc(f"{block}.0.0/16", name=name)
            table = self.table(vpc, [("10.0.0.0/8", self.tgw_id)], name=name)
            zone_name = f"us-east-1{zone}"
            work = self.subnet(vpc, f"{block}.1.0/24", zone_name, table=table, name=name)
            entry = self.subnet(
                vpc, f"{block}.9.0/24", zone_name, table=self.table(vpc, name=f"{name}t"), name=f"{name}t"
            )
            group = self.group(vpc, [ANY], [ANY], name=name)
            self.interface(work, f"{block}.1.5", [group], name=name)
            attachment = self.tgw_attachment(self.tgw_id, vpc, [entry], on, name=name)
            self.associate(self.rt, attachment)
            self.tgw_route(self.rt, f"{block}.0.0/16", attachment, "propagated")

    def routes(self, table: str | None = None) -> list[dict[str, Any]]:
        path = f"{self._home}/ec2/search-transit-gateway-routes/{table or self.rt}.json"
        return self._more[path]["Routes"]


# --- transit gateway ----------------------------------------------------------------------------------------------


def test_n183_by_the_attachments_and_the_table() -> None:
    net = Hub()
    verdict = ask(net, "eni-x", "eni-y")
    assert fate(verdict) == ("allowed", "private")
    assert {"rtb-x", "tgw-attach-x", "tgw-rtb-1", "tgw-attach-y", "eni-y"} <= set(crossed(verdict))
    assert {"tgw-attach-y", "tgw-attach-x"} <= set(crossed(verdict, "response"))
    zones = {("TGW_ZONE_RULE", "tgw-attach-x"), ("TGW_ZONE_RULE", "tgw-attach-y")}
    assert assumed(verdict) == zones  # both hosts are in subnets beside their attachment's
    for record in net._lists["ec2/describe-transit-gateway-vpc-attachments"]:
        record["SubnetIds"] = [f"subnet-{record['VpcId'].removeprefix('vpc-')}"]
    assert assumed(ask(net, "eni-x", "eni-y")) == set()


def test_n183_attachment_must_be_available() -> None:
    net = Hub()
    for record in net._lists["ec2/describe-transit-gateway-vpc-attachments"]:
        record["State"] = "pendingAcceptance" if record["VpcId"] == "vpc-x" else "available"
    verdict = ask(net, "eni-x", "eni-y")
    assert ("BAD_STATE_ATTACHMENT", "tgw-attach-x", None, None, "request", "egress") in blocks(verdict)
    assert codes(verdict) == {"BAD_STATE_ATTACHMENT"}


def test_n183_attachment_needs_a_subnet_in_the_sources_zone() -> None:
    net = Hub()
    net["subnet-x"].update({"AvailabilityZone": "us-east-1c", "AvailabilityZoneId": "id-us-east-1c"})
    verdict = ask(net, "eni-x", "eni-y")
    assert blocks(verdict) == {("TGW_ROUTE_AZ_RESTRICTION", "tgw-attach-x", None, "subnet-x", "request", "egress")}


def test_n184_the_reply_needs_a_route_in_the_associated_table_too() -> None:
    net = Hub()
    net.routes()[:] = [one for one in net.routes() if one["DestinationCidrBlock"] != "10.0.0.0/16"]
    verdict = ask(net, "eni-x", "eni-y")
    code = "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"
    assert blocks(verdict) == {(code, "tgw-rtb-1", None, None, "response", "egress")}
    assert causes(verdict) == {"RETURN_ROUTE_MISSING"}


def test_n184_the_associated_table_routes_not_the_one_propagated_to() -> None:
    net = Hub()
    other = net.tgw_table(net.tgw_id, name="2")
    net.tgw_route(other, "10.1.0.0/16", "tgw-attach-y", "propagated")
    net.routes()[:] = [one for one in net.routes() if one["DestinationCidrBlock"] != "10.1.0.0/16"]
    verdict = ask(net, "eni-x", "eni-y")
    code = "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"
    assert blocks(verdict) == {(code, "tgw-rtb-1", None, None, "request", "egress")}


def test_n184_no_association_drops() -> None:
    net = Hub()
    files = net.files()
    path = f"{net._home}/ec2/get-transit-gateway-route-table-associations/{net.rt}"
    del net["tgw-attach-x"]["Association"]
    net._more[f"{path}.json"]["Associations"].pop(0)
    verdict = ask(net, "eni-x", "eni-y")
    code = "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION"
    assert blocks(verdict) == {(code, "tgw-attach-x", None, None, "request", "egress")}
    assert ask(files, "eni-x", "eni-y").outcome == "allowed"


@pytest.mark.parametrize("off", ["tgw-attach-0", "tgw-attach-1"])
def test_n183_an_attachment_without_ipv6_support_carries_ipv4_only(off: str) -> None:
    net = Build()
    source, server = host(net, 0), host(net, 1)
    tgw, _ = hub(net, 0, 1)
    for block in ("0.0.0.0/0", "::/0"):
        net.route("rtb-1-main", block, tgw)
    assert ask(net, source, server, family="ipv6").outcome == "allowed"
    for record in net._lists["ec2/describe-transit-gateway-vpc-attachments"]:
        if record["TransitGatewayAttachmentId"] == off:
            record["Options"]["Ipv6Support"] = "disable"
    verdict = ask(net, source, server, family="ipv6")
    assert {(one.code, one.component) for one in verdict.blocked_by} == {("PROTOCOL_RESTRICTION", off)}
    assert ask(net, source, server, family="ipv4").outcome == "allowed"
    assert "blocked" in outcomes(net, source, "ip:::/0")  # as the reference interpreter says
    compare(load_files(net.files()), 6, 443)


def test_n190_no_vpn_of_a_virtual_private_gateway_carries_ipv6() -> None:
    net = Lan(ipv6="2600:1f10:0:100::/56")
    vgw = net.vgw(net.vpc_id)
    for block in ("2001:db8:99::/48", "192.168.0.0/16"):
        net.route(net.ta, block, vgw)
    assert fate(ask(net, net.client, "ip:2001:db8:99::1")) == ("allowed", "on-premises")  # by Direct Connect
    net.vpn(vgw, ["192.168.0.0/16"])
    verdict = ask(net, net.client, "ip:2001:db8:99::1")
    assert fate(verdict) == ("unknown", "none")
    assert ("ON_PREMISES_UNSEEN", vgw) in assumed(verdict)
    assert fate(ask(net, net.client, "ip:192.168.0.1")) == ("allowed", "on-premises")
    assert fate(ask(net, "ip:192.168.0.1", net.client)) == ("allowed", "on-premises")
    assert fate(ask(net, "ip:2001:db8:99::1", net.client)) == ("unknown", "none")


def test_n185_longest_prefix_then_static_and_blackhole_drops() -> None:
    net = Hub()
    net.tgw_route(net.rt, "10.1.0.0/16", "blackhole")
    verdict = ask(net, "eni-x", "eni-y")
    assert blocks(verdict) == {("TGW_RTB_BAD_STATE_ROUTE", "tgw-rtb-1", "10.1.0.0/16", None, "request", "egress")}
    net.tgw_route(net.rt, "10.1.1.0/24", "tgw-attach-y", "propagated")
    assert fate(ask(net, "eni-x", "eni-y")) == ("allowed", "private")


def test_n185_propagated_by_vpc_before_vpn() -> None:
    net = Hub()
    vpn = net.vpn(net.tgw_id)
    net.associate(net.rt, vpn)
    net.tgw_route(net.rt, "10.1.0.0/16", vpn, "propagated")
    assert fate(ask(net, "eni-x", "eni-y")) == ("allowed", "private")


def egress_hub() -> Hub:
    """VPC x goes out by the NAT gateway of VPC y (central egress)."""
    net = Hub()
    net.route("rtb-x", "0.0.0.0/0", net.tgw_id)
    public = net.subnet("vpc-y", "10.1.8.0/24", table=net.table("vpc-y", [("0.0.0.0/0", net.igw("vpc-y"))], name="n"))
    net.route("rtb-n", "10.0.0.0/8", net.tgw_id)
    net.route("rtb-yt", "0.0.0.0/0", net.nat(public, "10.1.8.9", "203.0.113.99", name="y"))
    net.tgw_route(net.rt, "0.0.0.0/0", "tgw-attach-y")
    return net


def test_n50_n186_central_egress_by_the_attachment_subnets_table() -> None:
    net = egress_hub()
    verdict = ask(net, "eni-x", WORLD)
    assert fate(verdict) == ("allowed", "internet")
    assert {"rtb-yt", "nat-y"} <= set(crossed(verdict))


def test_n54_central_egress_by_a_regional_nat_gateway() -> None:
    net = Hub()
    net.route("rtb-x", "0.0.0.0/0", net.tgw_id)
    table = net.table("vpc-y", [("0.0.0.0/0", net.igw("vpc-y"))], name="r")
    net._add("ec2/describe-nat-gateways", "nat-r", {
        "NatGatewayId": "nat-r", "VpcId": "vpc-y", "State": "available", "ConnectivityType": "public",
        "AvailabilityMode": "regional", "RouteTableId": table, "NatGatewayAddresses": [{"PublicIp": "203.0.113.50"}],
    })  # fmt: skip
    net.route("rtb-yt", "0.0.0.0/0", "nat-r")
    net.tgw_route(net.rt, "0.0.0.0/0", "tgw-attach-y")
    verdict = ask(net, "eni-x", WORLD)
    no_way_back = ("IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS", "igw-1", None, None, "response", "egress")
    assert blocks(verdict) == {no_way_back}  # its own table has to lead back to the transit gateway
    net.route(table, "10.0.0.0/16", net.tgw_id)
    assert fate(ask(net, "eni-x", WORLD)) == ("allowed", "internet")


def test_n186_attachment_subnet_without_the_route_blocks_central_egress() -> None:
    net = egress_hub()
    net["rtb-yt"]["Routes"] = [one for one in net["rtb-yt"]["Routes"] if "NatGatewayId" not in one]
    verdict = ask(net, "eni-x", WORLD)
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", "rtb-yt", None, None, "request", "egress")}


def test_n188_destination_attachment_in_another_zone_is_taken() -> None:
    net = Hub(zones="ca")
    assert fate(ask(net, "eni-x", "eni-y")) == ("allowed", "private")


def test_n188_two_regions_by_peered_transit_gateways() -> None:
    near, far = Hub(), Build(region="eu-west-1", tag="f")
    peer = far.tgw(name="2")
    table = far.tgw_table(peer, name="2")
    vpc = far.vpc("10.7.0.0/16", name="z")
    routes = far.table(vpc, [("10.0.0.0/8", peer)], name="z")
    subnet = far.subnet(vpc, "10.7.1.0/24", "eu-west-1a", table=routes)
    far.interface(subnet, "10.7.1.5", [far.group(vpc, [ANY], [ANY])], name="z")
    attachment = far.tgw_attachment(peer, vpc, [subnet], name="z")
    link = near.tgw_peering(near.tgw_id, peer, far, name="link")
    for build, one, at in ((near, near.rt, link), (far, table, attachment)):
        build.associate(one, at)
    far._more[f"{far._home}/ec2/get-transit-gateway-route-table-associations/{table}.json"]["Associations"].append(
        {"TransitGatewayAttachmentId": link, "ResourceType": "peering", "State": "associated"}
    )
    near.tgw_route(near.rt, "10.7.0.0/16", link)
    far.tgw_route(table, "10.7.0.0/16", attachment, "propagated")
    target = {"TransitGatewayAttachmentId": link, "ResourceType": "peering", "ResourceId": near.tgw_id}
    far._more[f"{far._home}/ec2/search-transit-gateway-routes/{table}.json"]["Routes"].append(
        {"DestinationCidrBlock": "10.0.0.0/16", "Type": "static", "State": "active",
         "TransitGatewayAttachments": [target]}
    )  # fmt: skip
    assert fate(ask(near.files() | far.files(), "eni-x", "eni-fz")) == ("allowed", "private")


def test_n189_table_of_another_account_is_unknown() -> None:
    net = Hub()
    files = net.files()
    path = f"{net._home}/ec2/search-transit-gateway-routes/{net.rt}.json"
    del files[path]
    verdict = ask(files, "eni-x", "eni-y")
    assert (verdict.outcome, verdict.missing) == ("unknown", (path,))
    assert ("TGW_RTB_ROUTES_ARE_UNKNOWN", net.rt) in assumed(verdict)


@pytest.mark.parametrize("destination", ["ip:10.200.0.1", "eni-y"])
def test_n189_incomplete_list_of_routes_is_unknown_whether_one_matches_or_not(destination: str) -> None:
    """A route that is not listed may be more specific than the one that is."""
    net = Hub()
    net._more[f"{net._home}/ec2/search-transit-gateway-routes/{net.rt}.json"]["AdditionalRoutesAvailable"] = True
    verdict = ask(net, "eni-x", destination)
    assert verdict.outcome == "unknown"
    assert ("TGW_RTB_ROUTES_ARE_UNKNOWN", net.rt) in assumed(verdict)


@pytest.mark.parametrize(
    ("references", "code"),
    [
        ((True, True, True), None),
        ((False, True, True), "SG_REFERENCING_SUPPORT"),
        ((True, False, True), "SG_REFERENCING_SUPPORT"),
        ((True, True, False), "SG_REFERENCING_SUPPORT"),
    ],
)
def test_n89_group_references_over_a_transit_gateway(references: tuple[bool, bool, bool], code: str | None) -> None:
    net = Hub(references)
    server = net.group("vpc-y", [("tcp", 443, 443, "sg-x")], name="s")
    net["eni-y"]["Groups"] = [{"GroupId": server, "GroupName": server}]
    verdict = ask(net, "eni-x", "eni-y")
    assert verdict.outcome == ("blocked" if code else "allowed")
    assert codes(verdict) == ({code} if code else set())
    off = [one for one, on in zip((net.tgw_id, "tgw-attach-x", "tgw-attach-y"), references, strict=True) if not on]
    assert {(one.component, one.at) for one in verdict.blocked_by} == {(one, "eni-y") for one in off}
    assert all(one.detail.startswith(server) for one in verdict.blocked_by)


def test_n89_everything_that_has_references_off_is_named() -> None:
    net = Hub((False, False, False))
    server = net.group("vpc-y", [("tcp", 443, 443, "sg-x")], name="s")
    net["eni-y"]["Groups"] = [{"GroupId": server, "GroupName": server}]
    verdict = ask(net, "eni-x", "eni-y")
    assert codes(verdict) == {"SG_REFERENCING_SUPPORT"}
    assert {one.component for one in verdict.blocked_by} == {net.tgw_id, "tgw-attach-x", "tgw-attach-y"}


def test_n90_a_reference_by_a_deleted_connection_is_stale_over_a_transit_gateway_too() -> None:
    """No switch of the transit gateway would revive it: it is the rule that has to be written anew."""
    net = Hub((False, False, False))
    server = net.group("vpc-y", [("tcp", 443, 443, "sg-x")], name="s")
    (pair,) = net[server]["IpPermissions"][0]["UserIdGroupPairs"]
    pair.update(VpcId="vpc-x", VpcPeeringConnectionId="pcx-gone", PeeringStatus="deleted")
    net["eni-y"]["Groups"] = [{"GroupId": server, "GroupName": server}]
    verdict = ask(net, "eni-x", "eni-y")
    assert (codes(verdict), causes(verdict)) == ({"ENI_SG_RULES_MISMATCH"}, {"SG_REFERENCE_STALE"})


def test_n89_endpoints_are_told_of_no_groups_over_a_transit_gateway() -> None:
    net = Hub((True, True, True))
    guard = net.group("vpc-y", [("tcp", 443, 443, "sg-x"), ("tcp", 443, 443, "sg-y")], name="e")
    endpoint = net.interface_endpoint("vpc-y", "logs", {"subnet-y": "10.1.1.20"}, [guard], name="logs")
    verdict = ask(net, "eni-x", endpoint)
    assert {(one.code, one.at) for one in verdict.blocked_by} == {("SG_REFERENCING_SUPPORT", verdict.blocked_by[0].at)}
    assert "endpoint" in verdict.blocked_by[0].detail
    assert ask(net, "eni-y", endpoint).outcome == "allowed"
    net.permit(guard, "in", ("tcp", 443, 443, "10.0.0.0/16"))
    assert ask(net, "eni-x", endpoint).outcome == "allowed"


def test_n89_only_ingress_rules_may_refer_over_a_transit_gateway() -> None:
    net = Hub((True, True, True))
    client = net.group("vpc-x", [], [("tcp", 443, 443, "sg-y")], name="c")
    net["eni-x"]["Groups"] = [{"GroupId": client, "GroupName": client}]
    verdict = ask(net, "eni-x", "eni-y")
    assert blocks(verdict) == {("ENI_SG_RULES_MISMATCH", client, None, "eni-x", "request", "egress")}


@pytest.mark.parametrize(
    ("subnet", "entry", "leg", "direction"),
    [
        ("subnet-xt", (50, "in", "deny", "-1", None, "10.0.1.0/24"), "request", "ingress"),
        ("subnet-xt", (50, "out", "deny", "-1", None, "10.0.1.0/24"), "response", "egress"),
        ("subnet-yt", (50, "out", "deny", "-1", None, "10.1.1.0/24"), "request", "egress"),
        ("subnet-yt", (50, "in", "deny", "-1", None, "10.1.1.0/24"), "response", "ingress"),
        ("subnet-x", (50, "out", "deny", "-1", None, "10.1.0.0/16"), "request", "egress"),
        ("subnet-x", (50, "in", "deny", "-1", None, "10.1.0.0/16"), "response", "ingress"),
        ("subnet-y", (50, "in", "deny", "-1", None, "10.0.0.0/16"), "request", "ingress"),
    ],
)
def test_n117_acls_of_attachment_and_workload_subnets(subnet: str, entry: AclEntry, leg: str, direction: str) -> None:
    net = Hub()
    acl = net.acl(net[subnet]["VpcId"], [entry, IN, OUT], name="x")
    net.use_acl(subnet, acl)
    verdict = ask(net, "eni-x", "eni-y")
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 50, subnet, leg, direction)}


def shared_subnet() -> Hub:
    """The server stands in VPC y's attachment subnet itself."""
    net = Hub()
    net.route("rtb-yt", "10.0.0.0/8", net.tgw_id)
    net.interface("subnet-yt", "10.1.9.5", ["sg-y"], name="near")
    return net


def test_n118_from_a_transit_gateway_to_a_neighbour_is_not_checked() -> None:
    net = shared_subnet()
    net.use_acl("subnet-yt", net.acl("vpc-y", [OUT, (50, "in", "deny", "-1", None, "10.0.0.0/16"), IN]))
    assert fate(ask(net, "eni-x", "eni-near")) == ("allowed", "private")


def test_n118_from_a_neighbour_to_a_transit_gateway_is_checked_both_ways() -> None:
    net = shared_subnet()
    acl = net.acl("vpc-y", [], name="x")
    net.use_acl("subnet-yt", acl)
    verdict = ask(net, "eni-near", "eni-x")
    assert {block[3:] for block in blocks(verdict)} == {
        ("subnet-yt", "request", "egress"), ("subnet-yt", "request", "ingress")
    }  # fmt: skip


# --- on-premises --------------------------------------------------------------------------------------------------


def test_n190_behind_a_virtual_private_gateway_is_on_premises() -> None:
    net = Lan()
    vgw = net.vgw(net.vpc_id)
    net.route(net.ta, "192.168.0.0/16", vgw, origin="EnableVgwRoutePropagation")
    verdict = ask(net, net.client, "ip:192.168.1.1")
    assert fate(verdict) == ("allowed", "on-premises")
    assert ("ON_PREMISES_RETURN_ASSUMED", vgw) in assumed(verdict)
    assert fate(ask(net, "ip:192.168.1.1", net.client)) == ("allowed", "on-premises")


def test_n190_a_gateway_that_is_not_attached_is_no_way() -> None:
    net = Lan()
    vgw = net.vgw(None)
    net.route(net.ta, "192.168.0.0/16", vgw)
    assert "BAD_STATE_ATTACHMENT" in codes(ask(net, net.client, "ip:192.168.1.1"))


def test_n190_only_private_addresses_of_the_vpc_pass() -> None:
    net = Lan()
    net.vgw(net.vpc_id)
    for table in (net.ta, net.tb):
        net.route(table, "192.168.0.0/16", "vgw-1")
    verdict = ask(net, "ip:192.168.1.1", net.server)
    assert fate(verdict) == ("allowed", "on-premises")
    assert ask(net, "ip:192.168.1.1", "ip:10.200.0.1").outcome == "blocked"


def test_n190_the_internet_behind_a_private_gateway_is_unknown() -> None:
    net = Lan()
    vgw = net.vgw(net.vpc_id)
    net.route(net.ta, "0.0.0.0/0", vgw)
    for destination in ("internet", "host:github.com", "logs"):
        verdict = ask(net, net.client, destination)
        assert fate(verdict) == ("unknown", "none")
        assert ("ON_PREMISES_UNSEEN", vgw) in assumed(verdict)


def test_n190_a_static_default_route_of_a_vpn_leads_everywhere() -> None:
    """Site-to-Site VPN, "Route tables and route priority": traffic goes to the prefixes that the gateway knows."""
    net = by_static_vpn()
    net["vpn-1"]["Routes"][0]["DestinationCidrBlock"] = "0.0.0.0/0"
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "on-premises")


def test_n190_halves_of_a_default_route_are_one() -> None:
    """What is behind a private gateway to which everything goes is the internet, however the routes are written."""
    answers = []
    for halves in (["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"]):
        net = Lan()
        vgw = net.vgw(net.vpc_id)
        for block in halves:
            net.route(net.ta, block, vgw)
        answers.append((codes(ask(net, WORLD, net.client)), fate(ask(net, WORLD, net.client))))
    assert answers[0] == answers[1]


def by_static_vpn(destination: str = "0.0.0.0/0") -> Lan:
    """The client's subnet routed at a virtual private gateway whose VPN connection has one static route."""
    net = Lan()
    vgw = net.vgw(net.vpc_id)
    net[net.vpn(vgw, ["192.0.2.0/24"])]["Options"] = {"StaticRoutesOnly": True}
    net.route(net.ta, destination, vgw)
    return net


def test_n190_a_private_gateway_sends_to_the_prefixes_it_knows() -> None:
    net = by_static_vpn()
    assert fate(ask(net, net.client, "ip:192.0.2.1")) == ("allowed", "on-premises")
    verdict = ask(net, net.client, WORLD)
    assert fate(verdict) == ("unknown", "none")
    assert ("ON_PREMISES_UNSEEN", "vgw-1") in assumed(verdict)
    net["vpn-1"]["Options"]["StaticRoutesOnly"] = False  # what it learns by BGP is nowhere written
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "on-premises")


def test_n190_that_direct_connect_leads_on_where_no_vpn_is_listed_is_told() -> None:
    """Direct Connect leaves no trace at a virtual private gateway, which may as well lead nowhere."""
    for listed in (True, False):
        net = Lan()
        gateway = net.vgw(net.vpc_id, name="1")
        if listed:
            net.vpn(gateway, ["192.168.0.0/16"])
        net.route(net.ta, "192.168.0.0/16", gateway)
        verdict = ask(net, net.client, "ip:192.168.1.1")
        assert fate(verdict) == ("allowed", "on-premises")
        assert any("Direct Connect was taken" in one.detail for one in verdict.assumptions) is not listed


def test_n190_without_the_list_of_vpn_connections_a_private_gateway_leads_on() -> None:
    """DESIGN, "What a verdict needs": a route to a virtual private gateway needs the list of gateways alone."""
    net = Lan()
    net.route(net.ta, "192.168.0.0/16", net.vgw(net.vpc_id, name="1"))
    less = {path: data for path, data in net.files().items() if "describe-vpn-connections" not in path}
    for source, destination in ((net.client, "ip:192.168.1.1"), ("ip:192.168.1.1", net.client)):
        verdict = ask(less, source, destination)
        assert verdict.outcome == "allowed"
        assert any("describe-vpn-connections.json is missing" in one.detail for one in verdict.assumptions)


def test_n190_what_a_deleted_vpn_connection_led_to_is_led_to_no_more() -> None:
    """AWS lists a deleted connection for a while (EC2 API, VpnConnection, State)."""
    net = by_static_vpn()
    net.vpn("vgw-1", [WORLD.removeprefix("ip:") + "/32"], state="deleted")
    assert fate(ask(net, net.client, "ip:192.0.2.1")) == ("allowed", "on-premises")
    assert fate(ask(net, net.client, WORLD)) == ("unknown", "none")
    assert codes(ask(net, WORLD, net.client)) == {"IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"}


def test_n190_public_addresses_that_a_private_network_uses_come_in_by_its_gateway() -> None:
    net = by_static_vpn()
    assert fate(ask(net, "ip:192.0.2.1", net.client)) == ("allowed", "on-premises")
    assert codes(ask(net, WORLD, net.client)) == {"IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"}
    net["sg-open"]["IpPermissions"] = []
    assert codes(ask(net, "ip:192.0.2.1", net.client)) == {"SG_HAS_NO_RULES"}


@pytest.mark.parametrize(
    ("inside", "four", "six"),
    [
        ("ipv4", "allowed", "blocked"), ("ipv6", "blocked", "allowed"), (None, "allowed", "unknown"),
        ("ipv9", "unknown", "unknown"), ("no file", "allowed", "unknown"),
    ],
)  # fmt: skip
def test_the_tunnels_of_a_vpn_connection_process_one_family(inside: str | None, four: str, six: str) -> None:
    """EC2 API, VpnConnectionOptions (TunnelInsideIpVersion): "whether the VPN tunnels process IPv4 or IPv6 traffic"."""
    net = Hub()
    net["vpc-x"]["Ipv6CidrBlockAssociationSet"] = _ipv6_blocks("2600:1f10:0:100::/56")
    net["subnet-x"]["Ipv6CidrBlockAssociationSet"] = _ipv6_blocks("2600:1f10:0:101::/64")
    net["eni-x"]["Ipv6Addresses"] = [{"Ipv6Address": "2600:1f10:0:101::5"}]
    net.permit("sg-x", "out", ANY6)
    net.permit("sg-x", "in", ANY6)
    net.route("rtb-x", "fd12:3456::/32", net.tgw_id)
    site = net.vpn(net.tgw_id, name="1")
    net.associate(net.rt, site)
    for block, attachment in (
        ("10.9.0.0/16", site), ("fd12:3456::/32", site), ("2600:1f10:0:100::/56", "tgw-attach-x")
    ):  # fmt: skip
        net.tgw_route(net.rt, block, attachment)
    net["vpn-1"]["Options"] = {"StaticRoutesOnly": False} | ({"TunnelInsideIpVersion": inside} if inside else {})
    files = net.files()
    if inside == "no file":
        path = next(one for one in files if one.endswith("/describe-vpn-connections.json"))
        del files[path]
    for target, outcome in (("ip:10.9.0.1", four), ("ip:fd12:3456::1", six)):
        for source, destination in (("eni-x", target), (target, "eni-x")):
            verdict = ask(files, source, destination, family="ipv6" if target.endswith("::1") else "ipv4")
            assert verdict.outcome == outcome
            if outcome == "blocked":
                assert blocks(verdict) >= {
                    ("PROTOCOL_RESTRICTION", "vpn-1", None, None, verdict.blocked_by[0].leg, "egress")
                }
            if outcome == "unknown":
                assert verdict.missing == ((path,) if inside == "no file" else ())


@pytest.mark.parametrize("kind", ["vpn", "direct-connect"])
def test_n190_vpn_and_direct_connect_on_a_transit_gateway(kind: str) -> None:
    net = Hub()
    attachment = net.vpn(net.tgw_id) if kind == "vpn" else net.direct_connect(net.tgw_id)
    net.associate(net.rt, attachment)
    net.tgw_route(net.rt, "192.168.0.0/16", attachment)
    net.route("rtb-x", "192.168.0.0/16", net.tgw_id)
    verdict = ask(net, "eni-x", "ip:192.168.1.1")
    assert fate(verdict) == ("allowed", "on-premises")
    assert attachment in crossed(verdict)


def test_n137_interface_endpoint_is_reached_from_on_premises_and_from_another_vpc() -> None:
    net = Hub()
    attachment = net.vpn(net.tgw_id)
    net.associate(net.rt, attachment)
    net.tgw_route(net.rt, "192.168.0.0/16", attachment)
    net.route("rtb-y", "192.168.0.0/16", net.tgw_id)
    net.interface_endpoint("vpc-y", "logs", {"subnet-y": "10.1.1.20"}, ["sg-y"], name="logs")
    assert fate(ask(net, "ip:192.168.1.1", "vpce-logs")) == ("allowed", "on-premises")
    assert fate(ask(net, "eni-x", "vpce-logs")) == ("allowed", "private")


def test_n191_default_route_to_an_unseen_network_is_a_possible_exit() -> None:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", "tgw-unseen")
    files = net.files()
    for name in list(files):
        if "transit-gateway" in name:
            del files[name]
    verdict = ask(files, net.client, "internet")
    assert fate(verdict) == ("unknown", "none")
    assert any("transit-gateway" in name for name in verdict.missing)
    assert causes(verdict) == set()


class Inspected(Hub):
    """VPC i between x (zone a) and y (zone b), attached in both zones, with an appliance that forwards in each."""

    def __init__(self, *, appliance_mode: bool) -> None:
        super().__init__(zones="ab")
        vpc = self.vpc("10.2.0.0/16", name="i")
        group = self.group(vpc, [ANY], [ANY], name="i")
        entries = []
        for number, zone in enumerate("ab", start=1):
            back = self.table(vpc, [("10.0.0.0/8", self.tgw_id)], name=f"back{zone}")
            inside = self.subnet(vpc, f"10.2.{number}.0/24", f"us-east-1{zone}", table=back, name=f"in{zone}")
            box = self.interface(inside, f"10.2.{number}.5", [group], source_dest_check=False, name=f"box{zone}")
            entry = self.table(vpc, [("10.0.0.0/8", box)], name=f"entry{zone}")
            cidr = f"10.2.{number + 10}.0/24"
            entries.append(self.subnet(vpc, cidr, f"us-east-1{zone}", table=entry, name=f"entry{zone}"))
        inspection = self.tgw_attachment(self.tgw_id, vpc, entries, appliance_mode=appliance_mode, name="i")
        spokes = self.tgw_table(self.tgw_id, name="spokes")
        for attachment in ("tgw-attach-x", "tgw-attach-y"):
            self.associate(spokes, attachment)
        path = f"{self._home}/ec2/get-transit-gateway-route-table-associations/{self.rt}.json"
        self._more[path]["Associations"] = []
        self.tgw_route(spokes, "10.0.0.0/8", inspection)
        self.associate(self.rt, inspection)

    def simulate(self) -> Verdict:
        reach = load_files(self.files())
        reach.ground = Ground(reach.network, {"eni-boxa": "forward", "eni-boxb": "forward"})
        return reach.simulate("eni-x", "eni-y", protocol="tcp", port=443)


def test_n187_without_appliance_mode_the_reply_may_cross_another_zones_appliance() -> None:
    verdict = Inspected(appliance_mode=False).simulate()
    assert verdict.outcome == "blocked"
    assert {(one.leg, one.cause) for one in verdict.blocked_by} == {("response", "TGW_ATTACH_VPC_AZ_RESTRICTION")}
    assert "tgw-attach-i, whose appliance mode is off" in verdict.blocked_by[0].detail


def test_n187_appliance_mode_holds_both_legs_to_one_zone() -> None:
    verdict = Inspected(appliance_mode=True).simulate()
    assert fate(verdict) == ("allowed", "private")
    for path in verdict.paths:
        boxes = {hop.component for hop in path.hops if hop.component.startswith("eni-box")}
        assert len(boxes) == 1


def in_local_zone(parent: str | None = "us-east-1a", kind: str = "local-zone") -> Hub:
    """The client's subnet is in a Local Zone; its VPC is attached in zone a, as no subnet of a Local Zone can be."""
    net = Hub()
    net["subnet-x"].update(AvailabilityZone="us-east-1-bos-1a", AvailabilityZoneId="use1-bos1-az1")
    if parent:
        row = {"ZoneName": "us-east-1-bos-1a", "ZoneId": "use1-bos1-az1", "ZoneType": kind, "ParentZoneName": parent,
               "ParentZoneId": f"id-{parent}"}  # fmt: skip
        net.put("ec2/describe-availability-zones", {"AvailabilityZones": [row]})
    return net


@pytest.mark.parametrize("ends", [("eni-x", "eni-y"), ("eni-y", "eni-x")])
def test_n183_a_local_zone_uses_the_attachment_of_its_parent_zone(ends: tuple[str, str]) -> None:
    """AWS Local Zones User Guide, "Transit gateway connection between Local Zones"."""
    assert fate(ask(in_local_zone(), *ends)) == ("allowed", "private")
    assert codes(ask(in_local_zone("us-east-1b"), *ends)) == {"TGW_ROUTE_AZ_RESTRICTION"}
    verdict = ask(in_local_zone(None), *ends)
    assert (verdict.outcome, list(verdict.missing)) == (
        "unknown", ["111111111111/us-east-1/ec2/describe-availability-zones.json"]
    )  # fmt: skip
    assert ask(in_local_zone(kind="wavelength-zone"), *ends).outcome == "unknown"


def test_n183_what_a_filter_stops_in_a_local_zone_stays_blocked() -> None:
    net = in_local_zone(None)
    net["sg-x"]["IpPermissionsEgress"] = []
    assert codes(ask(net, "eni-x", "eni-y")) == {"SG_HAS_NO_RULES"}


NOT_MODELLED = {
    "arn:aws:networkmanager::111111111111:core-network/core-network-1": "get-core-network-policy",
    "lgw-1": "search-local-gateway-routes",
    "cagw-1": "describe-carrier-gateways",
}


@pytest.mark.parametrize(("target", "call"), NOT_MODELLED.items())
def test_n195_what_is_behind_a_route_is_unknown_by_the_call_that_would_tell_in_both_directions(
    target: str, call: str
) -> None:
    net = Lan()
    assert codes(ask(net, "ip:172.16.5.5", net.client)) == {"NO_PATH"}
    net.route(net.ta, "172.16.0.0/16", target)
    for source, destination in ((net.client, "ip:172.16.5.5"), ("ip:172.16.5.5", net.client)):
        verdict = ask(net, source, destination)
        assert fate(verdict) == ("unknown", "none")
        (told,) = [one for one in verdict.assumptions if one.code == "UNMODELLED_COMPONENT"]
        assert told.component == target
        assert call in told.detail
    assert ask(net, "ip:172.17.5.5", net.client).outcome == "blocked"  # no route leads back there


def test_n195_a_carrier_gateway_may_let_the_internet_in() -> None:
    net = Lan()
    assert ask(net, "internet", net.client).outcome == "blocked"
    net.route(net.ta, "0.0.0.0/0", "cagw-1")
    assert fate(ask(net, "internet", net.client)) == ("unknown", "none")


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        ("connect", "describe-transit-gateway-connect-peers"),
        ("network-function", "describe-transit-gateway-attachments"),
        ("tgw-peering", "describe-transit-gateway-peering-attachments"),
        ("new-kind", "not modelled"),
    ],
)
def test_n195_what_is_behind_an_attachment_is_unknown_in_both_directions(kind: str, call: str) -> None:
    net = Hub()
    made = net._tgw_attachment(net.tgw_id, kind, "x-1", "other")
    net.associate(net.rt, made)
    net.tgw_route(net.rt, "172.16.0.0/16", made)
    net.route("rtb-x", "172.16.0.0/16", net.tgw_id)
    for source, destination in (("eni-x", "ip:172.16.5.5"), ("ip:172.16.5.5", "eni-x")):
        verdict = ask(net, source, destination)
        assert fate(verdict) == ("unknown", "none")
        assert made in {one.component for one in verdict.assumptions}
    assert any(call in one.detail for one in ask(net, "eni-x", "ip:172.16.5.5").assumptions)


@pytest.mark.parametrize(("state", "outcome"), [("available", "allowed"), ("deleted", "intermittent")])
def test_n185_the_attachments_of_one_route_share_its_flows(state: str, outcome: str) -> None:
    """Equal-cost multipath over VPN attachments: chance picks one, and no prefix lists overlap."""
    net = Hub()
    first, second = (net.vpn(net.tgw_id, name=name) for name in ("1", "2"))
    net.tgw_route(net.rt, "192.168.0.0/16", first)
    net.routes()[-1]["TransitGatewayAttachments"] += [
        {"TransitGatewayAttachmentId": second, "ResourceId": "vpn-2", "ResourceType": "vpn"}
    ]
    net.route("rtb-x", "192.168.0.0/16", net.tgw_id)
    for attachment in (first, second):
        net.associate(net.rt, attachment)
    net["vpn-2"]["State"] = state
    verdict = ask(net, "eni-x", "ip:192.168.1.1")
    assert fate(verdict) == (outcome, "on-premises")
    assert codes(verdict) == (set() if outcome == "allowed" else {"TGW_BAD_STATE_VPN"})
    assert "PREFIX_LISTS_OVERLAP" not in {code for code, _ in assumed(verdict)}


def test_a_change_of_a_transit_gateways_route_names_the_attachments() -> None:
    net = Hub()
    before = net.files()
    for row in net.routes():
        if row["DestinationCidrBlock"] == "10.1.0.0/16":
            row["State"] = "blackhole"
    changes = load_files(before).diff(load_files(net.files()), sources=["eni-x"], targets=["eni-y"]).changes
    (told,) = [one.change.text for one in changes]
    assert told == "route 10.1.0.0/16 (propagated) replaced: tgw-attach-y → tgw-attach-y (blackhole)"


@pytest.mark.parametrize(("zone", "named", "outcome"), [
    ("id-us-east-1a", True, "allowed"), ("id-us-east-1b", True, "blocked"), ("id-us-east-1a", False, "unknown"),
])  # fmt: skip
def test_a_planned_subnet_whose_zone_is_known_by_id_alone(zone: str, named: bool, outcome: str) -> None:
    """Where what stands is known by names alone (as another plan has it), nothing tells whose id it is."""
    net = Hub()
    vpc = net["subnet-x"]["VpcId"]
    planned = net.subnet(vpc, "10.0.77.0/24", name="new")
    for row in net._lists["ec2/describe-subnets"] if not named else ():
        del row["AvailabilityZoneId"]
    net.interface(planned, "10.0.77.5", [net["eni-x"]["Groups"][0]["GroupId"]], name="new")
    net[planned].pop("AvailabilityZone")
    net[planned]["AvailabilityZoneId"] = zone
    net.route(net.main_table(vpc), "10.0.0.0/8", net.tgw_id)
    assert ask(net, "eni-new", "eni-y").outcome == outcome


@pytest.mark.parametrize("zone", ["us-east-1a", "us-east-1b"])
def test_a_planned_subnet_whose_zone_is_known_by_name_alone_is_in_that_zone(zone: str) -> None:
    """A plan tells no AvailabilityZoneId; what stands already has both (AWS RAM, "Availability Zone IDs")."""
    net = Hub()
    vpc = net["subnet-x"]["VpcId"]
    planned = net.subnet(vpc, "10.0.77.0/24", zone, name="new")
    del net[planned]["AvailabilityZoneId"]
    net.interface(planned, "10.0.77.5", [net["eni-x"]["Groups"][0]["GroupId"]], name="new")
    net.route(net.main_table(vpc), "10.0.0.0/8", net.tgw_id)
    verdict = ask(net, "eni-new", "eni-y")
    assert verdict.outcome == ("allowed" if zone == "us-east-1a" else "blocked")
    assert codes(verdict) == (set() if zone == "us-east-1a" else {"TGW_ROUTE_AZ_RESTRICTION"})
