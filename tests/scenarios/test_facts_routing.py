"""Facts N1 to N27 and N200 to N205: route tables, and both directions of a flow."""

from __future__ import annotations

import pytest

from tests.build import Build
from tests.scenarios.lan import ANY, Lan, ask, assumed, blocks, causes, codes, crossed, fate

WORLD = "ip:198.51.100.7"


def peered(*, back: bool = True) -> tuple[Lan, str]:
    """The network peered with VPC p (172.20.0.0/16), which has a server 172.20.1.5."""
    net = Lan()
    peer = net.vpc("172.20.0.0/16", name="p")
    subnet = net.subnet(peer, "172.20.1.0/24", table=net.table(peer, name="p"), name="p")
    net.interface(subnet, "172.20.1.5", [net.group(peer, [ANY], [ANY], name="p")], name="peer")
    pcx = net.peering(net.vpc_id, peer, name="1")
    if back:
        net.route("rtb-p", "10.0.0.0/16", pcx)
    return net, pcx


def test_n01_explicit_association_replaces_the_main_table() -> None:
    net = Lan()
    net.route(net.main_table(net.vpc_id), "0.0.0.0/0", net.igw(net.vpc_id))
    net[net.ta]["Associations"] = []
    net.give_public(net.client, "203.0.113.5")
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")
    net._associate(net.ta, {"Main": False, "SubnetId": net.a})
    verdict = ask(net, net.client, WORLD)
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", net.ta, None, None, "request", "egress")}


def test_n02_failed_association_falls_back_to_the_main_table() -> None:
    net = Lan()
    net[net.ta]["Associations"][0]["AssociationState"]["State"] = "failed"
    verdict = ask(net, net.client, WORLD)
    assert {block.component for block in verdict.blocked_by} == {net.main_table(net.vpc_id)}


def test_n03_ipv4_default_route_does_not_cover_ipv6() -> None:
    net = Lan(ipv6="2600:1f10:0:100::/56")
    net.route(net.ta, "0.0.0.0/0", net.igw(net.vpc_id))
    verdict = ask(net, net.client, "ip:2620:107:300f::1")
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", net.ta, None, None, "request", "egress")}


def test_n04_each_block_of_the_vpc_is_local() -> None:
    net = Lan(secondary=["10.1.0.0/16"])
    far = net.subnet(net.vpc_id, "10.1.5.0/24", name="far")
    net.interface(far, "10.1.5.5", [net.open], name="far")
    for source, destination in ((net.client, "eni-far"), ("eni-far", net.client)):
        assert fate(ask(net, source, destination)) == ("allowed", "private")


def test_n04_replaced_local_route_leads_to_the_interface() -> None:
    net = Lan()
    firewall = net.interface(net.b, "10.0.2.9", [net.open], source_dest_check=False, name="fw")
    net.route(net.ta, "10.0.0.0/16", firewall)
    verdict = ask(net, net.client, net.server)
    assert verdict.outcome == "unknown"
    assert ("APPLIANCE_MAY_FORWARD", firewall) in assumed(verdict)


def test_n05_longest_prefix_wins_whatever_the_origin() -> None:
    net, pcx = peered()
    net.route(net.ta, "172.20.0.0/16", pcx)
    net.route(net.ta, "172.20.1.15/32", net.vgw(net.vpc_id), origin="EnableVgwRoutePropagation")
    assert fate(ask(net, net.client, "ip:172.20.1.5")) == ("allowed", "private")
    verdict = ask(net, net.client, "ip:172.20.1.15")
    assert fate(verdict) == ("allowed", "on-premises")
    assert "vgw-1" in crossed(verdict)


def test_n06_static_beats_prefix_list_beats_propagated() -> None:
    net = Lan()
    net.give_public(net.client, "203.0.113.5")
    net.route(net.ta, "198.51.100.0/24", net.vgw(net.vpc_id), origin="EnableVgwRoutePropagation")
    assert "vgw-1" in crossed(ask(net, net.client, WORLD))
    net.route(net.ta, net.prefix_list(["198.51.100.0/24"], name="x"), net.igw(net.vpc_id))
    verdict = ask(net, net.client, WORLD)
    assert fate(verdict) == ("allowed", "internet")
    assert [hop.rule for hop in verdict.paths[0].hops if hop.component == net.ta] == ["pl-x"]
    net.route(net.ta, "198.51.100.0/24", net.peering(net.vpc_id, net.vpc("10.9.0.0/16")))
    assert codes(ask(net, net.client, WORLD)) == {"PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"}


def test_n07_propagated_route_within_the_vpc_never_beats_local() -> None:
    net = Lan()
    net.route(net.ta, "10.0.2.0/25", net.vgw(net.vpc_id), origin="EnableVgwRoutePropagation")
    assert fate(ask(net, net.client, net.server)) == ("allowed", "private")


def test_n08_static_route_for_a_whole_subnet_beats_local() -> None:
    net = Lan()
    other = net.subnet(net.vpc_id, "10.0.3.0/24", name="fw")
    firewall = net.interface(other, "10.0.3.9", [net.open], source_dest_check=False, name="fw")
    net.route(net.ta, "10.0.2.0/24", firewall)
    verdict = ask(net, net.client, net.server)
    assert verdict.outcome == "unknown"
    assert [hop.rule for hop in verdict.paths[0].hops if hop.component == net.ta] == ["10.0.2.0/24"]
    assert ("APPLIANCE_MAY_FORWARD", firewall) in assumed(verdict)


@pytest.mark.parametrize(
    ("destination", "target", "refused"),
    [
        ("10.0.2.0/24", "eni-fw", False),
        ("10.0.0.0/16", "eni-fw", False),
        ("10.0.2.0/25", "eni-fw", True),
        ("10.0.2.0/24", "igw-1", True),
    ],
)
def test_n08_a_route_into_the_vpc_that_aws_would_refuse_is_marked(destination: str, target: str, refused: bool) -> None:
    net = Lan()
    net.igw(net.vpc_id)
    net.interface(net.b, "10.0.2.9", [net.open], source_dest_check=False, name="fw")
    net.route(net.ta, destination, target)
    verdict = ask(net, net.client, net.server)
    assert (("STATIC_LOCAL_ROUTE", net.ta) in assumed(verdict)) is refused


def test_n09_neighbours_in_a_subnet_need_no_route() -> None:
    net = Lan()
    near = net.interface(net.a, "10.0.1.6", [net.open], name="near")
    firewall = net.interface(net.b, "10.0.2.9", [net.open], name="fw")
    net.route(net.ta, "10.0.1.0/24", firewall)
    verdict = ask(net, net.client, near)
    assert fate(verdict) == ("allowed", "private")
    assert net.ta not in crossed(verdict)


AMAZONS_OWN = {
    "169.254.169.253": ("udp/53", "tcp/53"), "10.0.0.2": ("udp/53", "tcp/53"), "fd00:ec2::253": ("udp/53", "tcp/53"),
    "169.254.169.254": ("tcp/80",), "fd00:ec2::254": ("tcp/80",),
    "169.254.169.123": ("udp/123",), "fd00:ec2::123": ("udp/123",),
    "169.254.169.250": ("tcp/1688",), "169.254.169.251": ("tcp/1688",), "fd00:ec2::250": ("tcp/1688",),
    "169.254.170.2": ("tcp/80",), "169.254.170.23": ("tcp/80", "tcp/2703"), "fd00:ec2::23": ("tcp/80", "tcp/2703"),
}  # fmt: skip
EVERYWHERE = {"169.254.169.253", "10.0.0.2", "169.254.169.123", "169.254.169.250", "169.254.169.251"}


@pytest.mark.parametrize("asked", ["udp/53", "tcp/53", "tcp/80", "udp/123", "tcp/1688", "tcp/2703", "tcp/443"])
@pytest.mark.parametrize("address", AMAZONS_OWN)
def test_n10_reserved_addresses_are_never_forwarded_and_take_what_they_are_for(address: str, asked: str) -> None:
    net = Lan(ipv6="2600:1f10:0:100::/56")
    net.route(net.ta, "0.0.0.0/0", net.with_nat())
    protocol, _, port = asked.partition("/")
    verdict = ask(net, net.client, f"ip:{address}", protocol, int(port))
    assert "nat-main" not in crossed(verdict)
    if asked in AMAZONS_OWN[address]:
        assert fate(verdict) == ("allowed", "private")
        told = ("AMAZON_LOCAL_SERVICE_ASSUMED", net.client) in assumed(verdict)
        assert told is (address not in EVERYWHERE)
    else:
        assert fate(verdict) == ("blocked", "none")
        assert codes(verdict) == {"PROTOCOL_RESTRICTION"}
    assert (("AMAZON_LOCAL_OTHER_PORTS", "amazon-local") in assumed(verdict)) is (verdict.outcome == "blocked")


@pytest.mark.parametrize("address", ["169.254.169.1", "169.254.168.4", "fd00:ec2::1", "fd00:ec2::251"])
def test_n10_what_amazon_has_elsewhere_in_its_range_is_not_documented(address: str) -> None:
    net = Lan(ipv6="2600:1f10:0:100::/56")
    verdict = ask(net, net.client, f"ip:{address}", "tcp", 80)
    assert fate(verdict) == ("unknown", "none")
    assert ("UNMODELLED_COMPONENT", "amazon-local") in assumed(verdict)


def test_n161_an_address_of_the_resolver_answers_only_with_dns_support() -> None:
    for address in ("ip:10.0.0.2", "ip:169.254.169.253"):
        net = Lan(dns_support=False)
        assert blocks(ask(net, net.client, address, "udp", 53)) == {
            ("DNS_SUPPORT_DISABLED", net.vpc_id, None, None, "request", "ingress")
        }
        files = net.files()
        path = f"{net._home}/ec2/describe-vpc-attribute/{net.vpc_id}.enableDnsSupport.json"
        del files[path]
        assert ask(files, net.client, address, "udp", 53).missing == (path,)
        assert fate(ask(files, net.client, address, "tcp", 443)) == ("blocked", "none")


@pytest.mark.parametrize(("options", "v4", "v6"), [
    ({"HttpEndpoint": "enabled", "HttpProtocolIpv6": "enabled"}, "allowed", "allowed"),
    ({"HttpEndpoint": "enabled", "HttpProtocolIpv6": "disabled"}, "allowed", "blocked"),
    ({"HttpEndpoint": "disabled", "HttpProtocolIpv6": "enabled"}, "blocked", "blocked"),
])  # fmt: skip
def test_n94_instance_metadata_is_there_where_the_instances_options_say_so(
    options: dict[str, str], v4: str, v6: str
) -> None:
    net = Lan(ipv6="2600:1f10:0:100::/56")
    instance = net.instance(net.a, "10.0.1.9", [net.open], ipv6="2600:1f10:0:101::9")
    net[instance]["MetadataOptions"] = options
    for address, expected in (("169.254.169.254", v4), ("fd00:ec2::254", v6)):
        verdict = ask(net, instance, f"ip:{address}", "tcp", 80)
        assert verdict.outcome == expected
        if expected == "blocked":
            assert {(one.code, one.component) for one in verdict.blocked_by} == {("BAD_STATE", instance)}
        assert (address == "fd00:ec2::254" and expected == "allowed") == bool(assumed(verdict))


def test_n11_blackhole_takes_the_match_and_drops() -> None:
    net = Lan()
    net.give_public(net.client, "203.0.113.5")
    net.route(net.ta, "0.0.0.0/0", net.igw(net.vpc_id))
    net.route(net.ta, "198.51.100.0/24", "pcx-gone", state="blackhole")
    verdict = ask(net, net.client, WORLD)
    assert blocks(verdict) == {("BAD_STATE_ROUTE", net.ta, "198.51.100.0/24", net.a, "request", "egress")}
    assert fate(ask(net, net.client, "ip:192.0.2.1")) == ("allowed", "internet")
    assert assumed(verdict) == {("BLACKHOLE_NO_FALLTHROUGH", net.ta)}
    net[net.ta]["Routes"] = [one for one in net[net.ta]["Routes"] if one.get("DestinationCidrBlock") != "0.0.0.0/0"]
    assert assumed(ask(net, net.client, WORLD)) == set()


def test_n12_state_of_unknown_meaning_is_unknown() -> None:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.igw(net.vpc_id), state="filtered")
    verdict = ask(net, net.client, WORLD)
    assert verdict.outcome == "unknown"
    assert ("ROUTE_STATE_FILTERED", net.ta) in assumed(verdict)


def test_n13_route_server_routes_rank_as_propagated() -> None:
    net = Lan()
    net.give_public(net.client, "203.0.113.5")
    net.route(net.ta, "198.51.100.0/24", net.igw(net.vpc_id), origin="Advertisement")
    net.route(net.ta, "198.51.100.0/24", net.vgw(net.vpc_id), origin="EnableVgwRoutePropagation")
    verdict = ask(net, net.client, WORLD)
    assert fate(verdict) == ("allowed", "mixed")
    assert ("ROUTE_SERVER_PRIORITY_UNKNOWN", net.ta) in assumed(verdict)
    net.route(net.ta, "198.51.100.0/24", "pcx-gone", state="blackhole")
    assert codes(ask(net, net.client, WORLD)) == {"BAD_STATE_ROUTE"}


def advertised(net: Lan, destination: str, next_hop: str) -> None:
    """A route that VPC Route Server put into the client's table."""
    net[net.ta]["Routes"].append(
        {"DestinationCidrBlock": destination, "IpAddress": next_hop, "Origin": "Advertisement", "State": "active"}
    )


def test_n13_route_server_names_the_next_hop_by_its_address() -> None:
    net = Lan()
    firewall = net.interface(net.b, "10.0.2.9", [net.open], source_dest_check=False, name="fw")
    advertised(net, "198.51.100.0/24", "10.0.2.9")
    assert assumed(ask(net, net.client, WORLD)) == {("APPLIANCE_MAY_FORWARD", firewall)}
    net[firewall]["SourceDestCheck"] = True
    assert codes(ask(net, net.client, WORLD)) == {"ENI_SOURCE_DEST_CHECK_RESTRICTION"}
    advertised(net, "192.0.2.0/24", "10.0.2.77")
    verdict = ask(net, net.client, "ip:192.0.2.1")
    assert (verdict.outcome, assumed(verdict)) == ("unknown", {("UNMODELLED_COMPONENT", "10.0.2.77")})


def test_n13_whether_a_route_server_beats_the_local_route_is_not_known() -> None:
    net = Lan()
    firewall = net.interface(net.b, "10.0.2.9", [net.open], name="fw")
    advertised(net, "10.0.2.0/25", "10.0.2.9")
    verdict = ask(net, net.client, net.server)
    assert fate(verdict) == ("intermittent", "private")
    assert blocks(verdict) == {("ENI_SOURCE_DEST_CHECK_RESTRICTION", firewall, None, None, "request", "ingress")}
    assert ("ROUTE_SERVER_PRIORITY_UNKNOWN", net.ta) in assumed(verdict)


def test_n14_overlapping_prefix_lists_are_either() -> None:
    net, pcx = peered()
    net.route(net.ta, net.prefix_list(["172.20.0.0/16"], name="x"), pcx)
    net.route(net.ta, net.prefix_list(["172.20.0.0/16"], name="y"), "pcx-gone", state="blackhole")
    verdict = ask(net, net.client, "eni-peer")
    assert fate(verdict) == ("intermittent", "private")
    assert codes(verdict) == {"BAD_STATE_ROUTE"}
    assert ("PREFIX_LISTS_OVERLAP", net.ta) in assumed(verdict)
    for route in net[net.ta]["Routes"]:
        route["State"] = "blackhole" if "DestinationPrefixListId" in route else "active"
    assert ask(net, net.client, "eni-peer").outcome == "blocked"


def test_n15_gateway_endpoint_serves_its_route_tables_only() -> None:
    net = Lan()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    assert fate(ask(net, net.client, "s3")) == ("allowed", "private")
    verdict = ask(net, net.server, "s3")
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", net.tb, None, None, "request", "egress")}
    assert causes(verdict) == {"VPCE_ROUTE_TABLE_NOT_ASSOCIATED"}
    net.route(net.tb, "0.0.0.0/0", net.with_nat())
    assert fate(ask(net, net.server, "s3")) == ("allowed", "aws-public")
    assert endpoint not in crossed(ask(net, net.server, "s3"))


def test_n16_gateway_endpoint_serves_its_region_only() -> None:
    net = Lan()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    elsewhere = "host:s3.eu-west-1.amazonaws.com"
    assert ask(net, net.client, elsewhere).outcome == "blocked"
    net.route(net.ta, "0.0.0.0/0", net.with_nat())
    assert endpoint in crossed(ask(net, net.client, "s3"))
    verdict = ask(net, net.client, elsewhere)
    assert fate(verdict) == ("allowed", "aws-public")
    assert "nat-main" in crossed(verdict)


def test_n17_static_route_of_the_same_block_beats_the_endpoint() -> None:
    net = Lan()
    net.give_public(net.client, "203.0.113.5")
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    igw = net.igw(net.vpc_id)
    net.route(net.ta, "0.0.0.0/0", igw)
    assert endpoint in crossed(ask(net, net.client, "s3"))
    net.route(net.ta, "52.216.0.0/15", igw)
    assert fate(ask(net, net.client, "s3")) == ("allowed", "aws-public")


def test_n19_instance_and_interface_of_a_route_are_one_target() -> None:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.interface(net.b, "10.0.2.9", [net.open], source_dest_check=False, name="fw"))
    net[net.ta]["Routes"][-1] |= {"InstanceId": "i-fw", "InstanceOwnerId": net.account}
    verdict = ask(net, net.client, WORLD)
    assert assumed(verdict) == {("APPLIANCE_MAY_FORWARD", "eni-fw")}


@pytest.mark.parametrize("target", ["lgw-1", "cagw-1", "arn:aws:networkmanager::111111111111:core-network/c-1"])
def test_n20_unmodelled_target_is_unknown(target: str) -> None:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", target)
    verdict = ask(net, net.client, WORLD)
    assert fate(verdict) == ("unknown", "none")
    assert assumed(verdict) == {("UNMODELLED_COMPONENT", target)}


def test_n20_target_field_that_nobody_knows_is_unknown() -> None:
    net = Lan()
    route = {"DestinationCidrBlock": "0.0.0.0/0", "TimeTravelGatewayId": "ttg-1", "Origin": "CreateRoute"}
    net[net.ta]["Routes"].append(route | {"State": "active"})
    assert fate(ask(net, net.client, WORLD)) == ("unknown", "none")
    for outside in ("internet", "ip:198.51.100.7", "ip:192.168.7.7"):  # and may let them in
        assert fate(ask(net, outside, net.client)) == ("unknown", "none")
    net[net.client]["Groups"] = [{"GroupId": net.group(net.vpc_id, [], [ANY], name="shut")}]
    assert fate(ask(net, "ip:192.168.7.7", net.client)) == ("blocked", "none")


def test_n24_interface_forwards_for_others_only_without_the_check() -> None:
    net = Lan()
    appliance = net.interface(net.b, "10.0.2.9", [net.open], name="nat")
    net.route(net.ta, "0.0.0.0/0", appliance)
    verdict = ask(net, net.client, WORLD)
    code = "ENI_SOURCE_DEST_CHECK_RESTRICTION"
    assert blocks(verdict) == {(code, appliance, None, None, "request", "ingress")}


@pytest.mark.parametrize("check", [True, False])
def test_n24_what_is_for_the_interface_itself_is_not_forwarded_but_received(*, check: bool) -> None:
    net = Lan()
    other = net.subnet(net.vpc_id, "10.0.3.0/24", name="fw")
    firewall = net.interface(other, "10.0.3.9", [net.open], source_dest_check=check, name="fw")
    net.route(net.ta, "10.0.3.0/24", firewall)
    assert fate(ask(net, net.client, firewall)) == ("allowed", "private")
    shut = net.group(net.vpc_id, [], [], name="shut")
    net[firewall]["Groups"] = [{"GroupId": shut, "GroupName": shut}]
    assert blocks(ask(net, net.client, firewall)) == {("SG_HAS_NO_RULES", shut, None, firewall, "request", "ingress")}


def test_n24_source_must_be_an_address_of_its_own() -> None:
    net = Lan()
    source = net.subnet(net.vpc_id, "10.0.7.0/24", name="c")
    net.interface(source, "10.0.7.5", [net.open], name="c")
    verdict = ask(net, "ip:10.0.7.5", net.server)
    assert fate(verdict) == ("allowed", "private")


def test_n25_what_an_appliance_does_is_possible_not_impossible() -> None:
    net = Lan()
    appliance = net.interface(net.b, "10.0.2.9", [net.open], "203.0.113.9", source_dest_check=False, name="nat")
    net.route(net.ta, "0.0.0.0/0", appliance)
    net.route(net.tb, "0.0.0.0/0", net.igw(net.vpc_id))
    verdict = ask(net, net.client, WORLD)
    assert fate(verdict) == ("unknown", "none")
    assert assumed(verdict) == {("APPLIANCE_MAY_FORWARD", appliance)}
    assert all(one.can_hide == "leak" for one in verdict.assumptions)


def test_n25_appliance_is_judged_by_its_own_filters_first() -> None:
    net = Lan()
    closed = net.group(net.vpc_id, [], name="closed")
    appliance = net.interface(net.b, "10.0.2.9", [closed], source_dest_check=False, name="nat")
    net.route(net.ta, "0.0.0.0/0", appliance)
    verdict = ask(net, net.client, WORLD)
    assert blocks(verdict) == {("SG_HAS_NO_RULES", closed, None, appliance, "request", "ingress")}


def test_n27_no_matching_route_names_the_table() -> None:
    net = Lan()
    verdict = ask(net, net.client, "ip:140.82.112.3")
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", net.ta, None, None, "request", "egress")}
    assert verdict.blocked_by[0].symptom == "timeout"


def test_n200_the_reply_needs_a_route_too() -> None:
    net, pcx = peered(back=False)
    net.route(net.ta, "172.20.0.0/16", pcx)
    verdict = ask(net, net.client, "eni-peer")
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", "rtb-p", None, None, "response", "egress")}
    assert causes(verdict) == {"RETURN_ROUTE_MISSING"}


def test_n201_reply_by_another_nat_gateway_is_blocked() -> None:
    net, pcx = peered(back=False)
    net.route(net.ta, "172.20.0.0/16", pcx)
    other = net.nat("subnet-p", "172.20.1.9", "203.0.113.98", name="b")
    net.route("rtb-p", "10.0.0.0/16", other)
    verdict = ask(net, net.client, "eni-peer")
    assert verdict.outcome == "blocked"
    assert {(block.leg, block.cause) for block in verdict.blocked_by} == {("response", "RETURN_ROUTE_MISSING")}


def test_n202_reply_follows_its_table_into_the_wrong_vpc() -> None:
    net = Build()
    central = net.vpc("10.9.0.0/16", name="c")
    table = net.table(central, name="c")
    shared = net.interface(
        net.subnet(central, "10.9.1.0/24", table=table), "10.9.1.5", [net.group(central, [ANY], [ANY])], name="c"
    )
    for name in ("x", "y"):
        vpc = net.vpc("10.0.0.0/16", name=name)
        pcx = net.peering(vpc, central, name=name)
        subnet = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [("10.9.0.0/16", pcx)]), name=name)
        net.interface(subnet, "10.0.1.5", [net.group(vpc, [ANY], [ANY])], name=name)
        net.route(table, "10.0.0.0/16", pcx)
    verdict = ask(net, "eni-x", shared)
    assert verdict.outcome == "blocked"
    assert {(b.code, b.leg, b.cause) for b in verdict.blocked_by} == {
        ("NO_POSSIBLE_DESTINATION", "response", "RETURN_ROUTE_MISSING")
    }
    assert fate(ask(net, "eni-y", shared)) == ("allowed", "private")


def test_n204_a_block_before_an_unknown_hop_stays_a_block() -> None:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", "lgw-1")
    assert ask(net, net.client, WORLD).outcome == "unknown"
    shut = net.group(net.vpc_id, [], [], name="shut")
    net[net.client]["Groups"] = [{"GroupId": shut, "GroupName": shut}]
    verdict = ask(net, net.client, WORLD)
    assert blocks(verdict) == {("SG_HAS_NO_RULES", shut, None, net.client, "request", "egress")}


def test_n205_one_of_two_subnets_with_a_way_out() -> None:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.with_nat())
    net.project("app", net.vpc_id, [net.a, net.b], [net.open])
    verdict = ask(net, "codebuild:app", WORLD)
    assert fate(verdict) == ("intermittent", "internet")
    assert blocks(verdict) == {("NO_ROUTE_TO_DESTINATION", net.tb, None, None, "request", "egress")}
