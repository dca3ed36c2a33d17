"""The reference interpreter against the facts, by hand: each test builds the fact's own example."""

from __future__ import annotations

import json
from ipaddress import ip_address

from tests.build import Build
from tests.reference.interpreter import Origin, Packet, Result, judge

ALL = ("-1", None, None, "0.0.0.0/0")
ALL_V6 = ("-1", None, None, "::/0")
INTERNET = "198.51.100.7"


def ask(
    net: Build,
    origin: str | Origin,
    source: str,
    destination: str,
    protocol: int = 6,
    detail: int | tuple[int, int] | None = 443,
    others: tuple[Build, ...] = (),
    **chance: object,
) -> Result:
    files = net.files()
    for other in others:
        files |= other.files()
    parsed = {path: json.loads(data) for path, data in files.items()}
    packet = Packet(ip_address(source), ip_address(destination), protocol, detail, **chance)  # type: ignore[arg-type]
    return judge(parsed, ("interface", origin) if isinstance(origin, str) else origin, packet)


def dropped(result: Result) -> tuple[str, str | None, str | None]:
    assert result.kind == "dropped", result
    return result.code or "", result.component, result.leg


def two_subnets(acl_a: str | None = None, acl_b: str | None = None) -> tuple[Build, str, str, str, str]:
    """A VPC 10.0.0.0/16 with open interfaces eni-a at 10.0.1.5 and eni-b at 10.0.2.5, in subnets of their own."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16", name="v")
    subnet_a = net.subnet(vpc, "10.0.1.0/24", acl=acl_a, name="a")
    subnet_b = net.subnet(vpc, "10.0.2.0/24", acl=acl_b, name="b")
    group = net.group(vpc, ingress=[ALL], name="open")
    net.interface(subnet_a, "10.0.1.5", [group], name="a")
    net.interface(subnet_b, "10.0.2.5", [group], name="b")
    return net, vpc, subnet_a, subnet_b, group


def use_acl(net: Build, subnet: str, acl: str) -> None:
    """Move a subnet to another network ACL."""
    for one in ("acl-v-default", "acl-w-default"):
        if one in net._records:
            rows = net[one]["Associations"]
            rows[:] = [row for row in rows if row["SubnetId"] != subnet]
    net[acl]["Associations"].append({"NetworkAclId": acl, "SubnetId": subnet})


def with_internet() -> tuple[Build, str, str, str]:
    """10.0.1.5 with a public address and 10.0.2.5 behind a NAT gateway at 10.0.1.9."""
    net, vpc, subnet_a, _, _ = two_subnets()
    igw = net.igw(vpc, name="x")
    net["eni-a"]["PrivateIpAddresses"][0]["Association"] = {"PublicIp": "203.0.113.5"}
    public = net.table(vpc, [("0.0.0.0/0", igw)], name="public")
    net._associate(public, {"Main": False, "SubnetId": subnet_a})
    nat = net.nat(subnet_a, "10.0.1.9", public="203.0.113.9", name="n")
    net.route(net.main_table(vpc), "0.0.0.0/0", nat)
    return net, vpc, igw, nat


# --- Route tables -----------------------------------------------------------------------------------------------------


def test_within_a_vpc_everything_is_local() -> None:  # N4
    net, *_ = two_subnets()
    assert ask(net, "eni-a", "10.0.1.5", "10.0.2.5") == Result("delivered", terminal="eni-b")


def test_a_failed_association_falls_back_to_the_main_table() -> None:  # N2
    net, vpc, _, _ = with_internet()
    assert ask(net, "eni-a", "10.0.1.5", INTERNET).kind == "delivered"
    net["rtb-public"]["Associations"][0]["AssociationState"]["State"] = "failed"
    net[net.main_table(vpc)]["Routes"] = [
        one for one in net[net.main_table(vpc)]["Routes"] if "NatGatewayId" not in one
    ]
    assert dropped(ask(net, "eni-a", "10.0.1.5", INTERNET))[:2] == ("NO_ROUTE_TO_DESTINATION", "rtb-v-main")


def test_the_longest_prefix_wins_whatever_its_origin() -> None:  # N5
    net, vpc, *_ = two_subnets()
    tgw, vgw = net.tgw(), net.vgw(vpc)
    net.route(net.main_table(vpc), "10.10.2.0/24", tgw)
    net.route(net.main_table(vpc), "10.10.2.15/32", vgw, origin="EnableVgwRoutePropagation")
    assert ask(net, "eni-a", "10.0.1.5", "10.10.2.15") == Result("delivered", terminal=vgw)
    assert ask(net, "eni-a", "10.0.1.5", "10.10.2.16").kind == "unknown"  # nobody lists the attachment


def test_a_static_route_beats_a_propagated_one_of_the_same_prefix() -> None:  # N6
    net, _, igw, _ = with_internet()
    vgw = net.vgw("vpc-v")
    net.route("rtb-public", "203.0.112.0/24", igw)
    net.route("rtb-public", "203.0.112.0/24", vgw, origin="EnableVgwRoutePropagation")
    assert ask(net, "eni-a", "10.0.1.5", "203.0.112.1") == Result("delivered", terminal=igw)


def test_a_propagated_route_inside_the_vpc_never_beats_local() -> None:  # N7
    net, vpc, *_ = two_subnets()
    net.route(net.main_table(vpc), "10.0.2.0/28", net.vgw(vpc), origin="EnableVgwRoutePropagation")
    assert ask(net, "eni-a", "10.0.1.5", "10.0.2.5") == Result("delivered", terminal="eni-b")


def test_within_a_subnet_neither_routes_nor_acls_count() -> None:  # N9, N108
    net, vpc, subnet_a, _, group = two_subnets()
    net.interface(subnet_a, "10.0.1.6", [group], name="c")
    use_acl(net, subnet_a, net.acl(vpc, []))
    assert ask(net, "eni-a", "10.0.1.5", "10.0.1.6") == Result("delivered", terminal="eni-c")


def test_a_blackhole_route_drops_what_it_matches() -> None:  # N11
    net, *_ = with_internet()
    net.route("rtb-public", "198.51.100.0/24", "pcx-gone", state="blackhole")
    assert dropped(ask(net, "eni-a", "10.0.1.5", INTERNET)) == ("BAD_STATE_ROUTE", "rtb-public", "request")


def test_equal_prefix_list_routes_are_chosen_between() -> None:  # N14
    net, vpc, *_ = two_subnets()
    lists = [net.prefix_list(["10.8.0.0/16"]) for _ in range(2)]
    vgw = net.vgw(vpc)
    net.route(net.main_table(vpc), lists[0], vgw)
    net.route(net.main_table(vpc), lists[1], net.eigw(vpc))  # sorts first: "eigw-…" < "vgw-…"
    assert ask(net, "eni-a", "10.0.1.5", "10.8.0.1", choice=32767).kind == "dropped"
    assert ask(net, "eni-a", "10.0.1.5", "10.8.0.1", choice=32768) == Result("delivered", terminal=vgw)


def test_a_static_route_beats_the_gateway_endpoints_of_the_same_block() -> None:  # N17
    net, vpc, igw, _ = with_internet()
    endpoint = net.gateway_endpoint(vpc, "s3", ["rtb-public"])
    assert ask(net, "eni-a", "10.0.1.5", "52.216.1.1") == Result("delivered", terminal=endpoint)
    net.route("rtb-public", "52.216.0.0/15", igw)
    assert ask(net, "eni-a", "10.0.1.5", "52.216.1.1") == Result("delivered", terminal=igw)


def test_an_unknown_kind_of_target_is_unknown() -> None:  # N20
    net, vpc, *_ = two_subnets()
    net.route(net.main_table(vpc), "0.0.0.0/0", "arn:aws:networkmanager::111111111111:core-network/core-1")
    assert ask(net, "eni-a", "10.0.1.5", INTERNET).kind == "unknown"


def test_an_edge_route_table_leads_what_enters() -> None:  # N21, N22
    net, vpc, igw, _ = with_internet()
    net["eni-a"]["Groups"] = []
    table = net.table(vpc)
    net.edge_table(table, igw)
    assert ask(net, ("internet", igw), INTERNET, "203.0.113.5") == Result("delivered", terminal="eni-a")
    net.route(table, "10.0.1.0/24", "eni-b")
    assert dropped(ask(net, ("internet", igw), INTERNET, "203.0.113.5"))[:2] == ("INGRESS_RTB_NO_PUBLIC_IP", "eni-b")
    net["eni-b"]["PrivateIpAddresses"][0]["Association"] = {"PublicIp": "203.0.113.6"}
    code = "ENI_SOURCE_DEST_CHECK_RESTRICTION"
    assert dropped(ask(net, ("internet", igw), INTERNET, "203.0.113.5"))[:2] == (code, "eni-b")
    net.route(table, "10.0.1.0/24", "eni-a")  # the interface itself is the destination
    assert ask(net, ("internet", igw), INTERNET, "203.0.113.5") == Result("delivered", terminal="eni-a")


def test_a_route_server_names_the_next_hop_by_address() -> None:  # N13
    net, vpc, *_ = two_subnets()
    advertised = {"DestinationCidrBlock": "198.51.100.0/24", "Origin": "Advertisement", "State": "active"}
    net[net.main_table(vpc)]["Routes"].append(advertised | {"IpAddress": "10.0.2.5"})
    assert dropped(ask(net, "eni-a", "10.0.1.5", INTERNET))[:2] == ("ENI_SOURCE_DEST_CHECK_RESTRICTION", "eni-b")
    advertised = {"DestinationCidrBlock": "192.0.2.0/24", "Origin": "Advertisement", "State": "active"}
    net[net.main_table(vpc)]["Routes"].append(advertised | {"IpAddress": "10.0.2.77"})
    assert ask(net, "eni-a", "10.0.1.5", "192.0.2.1").kind == "unknown"


def test_an_appliance_with_the_source_dest_check_blocks_else_it_is_unknown() -> None:  # N24, N25
    net, vpc, *_ = two_subnets()
    net.route(net.main_table(vpc), "0.0.0.0/0", "eni-b")
    assert dropped(ask(net, "eni-a", "10.0.1.5", INTERNET))[:2] == ("ENI_SOURCE_DEST_CHECK_RESTRICTION", "eni-b")
    net["eni-b"]["SourceDestCheck"] = False
    assert ask(net, "eni-a", "10.0.1.5", INTERNET).kind == "unknown"


def test_an_interface_sends_from_its_own_addresses_only() -> None:  # N24
    net, *_ = two_subnets()
    assert dropped(ask(net, "eni-a", "10.0.1.77", "10.0.2.5"))[:2] == ("ENI_ADDRESS_RESTRICTION", "eni-a")


# --- Internet gateways ------------------------------------------------------------------------------------------------


def test_a_public_address_belongs_to_one_private_address() -> None:  # N30, N33
    net, _, igw, _ = with_internet()
    private = net["eni-a"]["PrivateIpAddresses"]
    private.append({"PrivateIpAddress": "10.0.1.6", "Primary": False})
    assert ask(net, "eni-a", "10.0.1.5", INTERNET) == Result("delivered", terminal=igw)
    assert dropped(ask(net, "eni-a", "10.0.1.6", INTERNET))[:2] == ("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", igw)


def test_a_build_in_a_public_subnet_has_no_internet_but_one_behind_nat_has() -> None:  # N32
    net, _, igw, _ = with_internet()
    net.group("vpc-v", name="build")
    in_public = ask(net, ("virtual", "subnet-a", ("sg-build",)), "10.0.1.50", INTERNET)
    assert dropped(in_public)[:2] == ("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", igw)
    assert ask(net, ("virtual", "subnet-b", ("sg-build",)), "10.0.2.50", INTERNET).kind == "delivered"


def test_an_internet_gateway_must_be_attached_to_this_vpc() -> None:  # N34
    net, _, igw, _ = with_internet()
    net[igw]["Attachments"] = [{"VpcId": "vpc-other", "State": "available"}]
    assert dropped(ask(net, "eni-a", "10.0.1.5", INTERNET))[:2] == ("BAD_STATE", igw)


def test_private_destinations_end_at_the_internet_gateway() -> None:  # N35
    net, _, igw, _ = with_internet()
    code = "IGW_DESTINATION_ADDRESS_NOT_IN_{}_EGRESS"
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.99.0.1"))[:2] == (code.format("RFC1918"), igw)
    assert dropped(ask(net, "eni-a", "10.0.1.5", "100.64.1.1"))[:2] == (code.format("RFC6598"), igw)


def test_the_internet_reaches_public_addresses_only() -> None:  # N30, N31, N35
    net, _, igw, _ = with_internet()
    assert ask(net, ("internet", igw), INTERNET, "203.0.113.5") == Result("delivered", terminal="eni-a")
    nobody = ask(net, ("internet", igw), INTERNET, "203.0.113.77")
    assert dropped(nobody)[:2] == ("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", igw)
    net["rtb-public"]["Routes"].pop()
    assert dropped(ask(net, ("internet", igw), INTERNET, "203.0.113.5")) == (
        "NO_ROUTE_TO_DESTINATION", "rtb-public", "response",
    )  # fmt: skip


def dual_stack() -> tuple[Build, str, str]:
    net = Build()
    vpc = net.vpc("10.0.0.0/16", ipv6="2001:db8:1::/56", name="v")
    igw = net.igw(vpc)
    table = net.table(vpc, [("::/0", igw)], name="t")
    subnet = net.subnet(vpc, "10.0.1.0/24", ipv6="2001:db8:1::/64", table=table)
    group = net.group(vpc, [ALL_V6], [ALL_V6])
    net.interface(subnet, "10.0.1.5", [group], ipv6="2001:db8:1::5", name="a")
    return net, vpc, igw


def test_ipv6_is_public_both_ways() -> None:  # N36
    net, _, igw = dual_stack()
    assert ask(net, "eni-a", "2001:db8:1::5", "2600::1") == Result("delivered", terminal=igw)
    assert ask(net, ("internet", igw), "2600::1", "2001:db8:1::5") == Result("delivered", terminal="eni-a")


def test_an_egress_only_gateway_lets_out_not_in() -> None:  # N37
    net, vpc, igw = dual_stack()
    eigw = net.eigw(vpc)
    net.route("rtb-t", "::/0", eigw)
    assert ask(net, "eni-a", "2001:db8:1::5", "2600::1") == Result("delivered", terminal=eigw)
    assert dropped(ask(net, ("internet", igw), "2600::1", "2001:db8:1::5"))[2] == "response"


def test_an_interface_can_deny_all_gateway_traffic() -> None:  # N38
    net, _, igw = dual_stack()
    net["eni-a"]["DenyAllIgwTraffic"] = True
    assert ask(net, ("internet", igw), "2600::1", "2001:db8:1::5").kind == "dropped"


def test_a_public_address_of_the_snapshot_is_reached_through_the_gateway() -> None:  # N85: the source is public by then
    net, vpc, igw, _ = with_internet()
    inside = net.group(vpc, [("tcp", 443, 443, "sg-open")], name="inside")
    net["eni-b"]["Groups"] = [{"GroupId": inside}]
    net["eni-b"]["PrivateIpAddresses"][0]["Association"] = {"PublicIp": "203.0.113.6"}
    assert ask(net, "eni-a", "10.0.1.5", "10.0.2.5").kind == "delivered"
    assert dropped(ask(net, "eni-a", "10.0.1.5", "203.0.113.6"))[:2] == ("ENI_SG_RULES_MISMATCH", inside)
    net.permit(inside, "in", ("tcp", 443, 443, "203.0.113.5/32"))
    net.route(net.main_table(vpc), "0.0.0.0/0", igw)
    net[net.main_table(vpc)]["Routes"] = [one for one in net["rtb-v-main"]["Routes"] if "NatGatewayId" not in one]
    assert ask(net, "eni-a", "10.0.1.5", "203.0.113.6") == Result("delivered", terminal="eni-b")


# --- NAT gateways -----------------------------------------------------------------------------------------------------


def test_a_nat_gateway_takes_tcp_udp_and_icmp() -> None:  # N45
    net, *_ = with_internet()
    assert ask(net, "eni-b", "10.0.2.5", INTERNET, 17, 53).kind == "delivered"
    assert ask(net, "eni-b", "10.0.2.5", INTERNET, 1, (8, 0)).kind == "delivered"
    assert dropped(ask(net, "eni-b", "10.0.2.5", INTERNET, 47, None))[:2] == ("PROTOCOL_RESTRICTION", "nat-n")


def test_a_nat_gateway_needs_a_way_out_of_its_own() -> None:  # N46
    net, *_ = with_internet()
    net["rtb-public"]["Routes"].pop()
    assert dropped(ask(net, "eni-b", "10.0.2.5", INTERNET))[:2] == ("NO_ROUTE_TO_DESTINATION", "rtb-public")


def test_a_private_nat_gateway_has_no_internet() -> None:  # N47
    net, vpc, igw, _ = with_internet()
    net.route(net.main_table(vpc), "0.0.0.0/0", net.nat("subnet-a", "10.0.1.8", kind="private"))
    assert dropped(ask(net, "eni-b", "10.0.2.5", INTERNET))[:2] == ("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", igw)


def test_the_nat_subnets_acl_sees_the_port_that_the_gateway_picked() -> None:  # N48, N49
    net, vpc, *_ = with_internet()
    entries = [
        (100, "in", "allow", "tcp", (443, 443), "10.0.0.0/16"),
        (110, "in", "allow", "tcp", (32768, 65535), "0.0.0.0/0"),
        (100, "out", "allow", "-1", None, "0.0.0.0/0"),
    ]
    use_acl(net, "subnet-a", net.acl(vpc, entries, name="nat"))
    failed = ask(net, "eni-b", "10.0.2.5", INTERNET, nat_ports=(32767,))
    assert dropped(failed) == ("SUBNET_ACL_RESTRICTION", "acl-nat", "response")
    assert ask(net, "eni-b", "10.0.2.5", INTERNET, nat_ports=(32768,)).kind == "delivered"


def test_a_nat_gateway_gets_answers_over_peering_without_a_return_route() -> None:  # N51
    net, vpc, subnet_a, *_ = two_subnets()
    other = net.vpc("10.1.0.0/16", name="w")
    far = net.subnet(other, "10.1.1.0/24")
    net.interface(far, "10.1.1.5", [net.group(other, [ALL])], name="far")
    pcx, nat = net.peering(vpc, other), net.nat(subnet_a, "10.0.1.9", kind="private")
    table = net.table(vpc, [("10.1.0.0/16", pcx)])
    net._associate(table, {"Main": False, "SubnetId": subnet_a})
    net.route(net.main_table(vpc), "10.1.0.0/16", nat)
    assert ask(net, "eni-b", "10.0.2.5", "10.1.1.5") == Result("delivered", terminal="eni-far")
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.1.1.5"))[::2] == ("NO_ROUTE_TO_DESTINATION", "response")


def test_nothing_comes_in_through_a_nat_gateway() -> None:  # N52
    net, _, igw, _ = with_internet()
    assert ask(net, ("internet", igw), INTERNET, "203.0.113.9").kind == "dropped"


# --- Block Public Access ----------------------------------------------------------------------------------------------


def test_block_public_access_as_in_the_published_walk_through() -> None:  # N66 to N69, N74
    cases = [
        ("off", {}, True, True),
        ("block-bidirectional", {}, False, False),
        ("block-ingress", {}, False, True),
        ("block-ingress", {"subnet-a": "allow-bidirectional"}, True, True),
        ("block-ingress", {"subnet-a": "allow-egress"}, False, True),
        ("block-bidirectional", {"subnet-a": "allow-egress"}, False, True),
        ("block-bidirectional", {"subnet-b": "allow-bidirectional"}, False, False),
    ]
    for mode, exclusions, direct, by_nat in cases:
        for states in (True, False):
            net, *_ = with_internet()
            net.bpa(mode, exclusions, states=states)
            assert (ask(net, "eni-a", "10.0.1.5", INTERNET).kind == "delivered") is direct
            assert (ask(net, ("internet", "igw-x"), INTERNET, "203.0.113.5").kind == "delivered") is direct
            assert (ask(net, "eni-b", "10.0.2.5", INTERNET).kind == "delivered") is by_nat


# --- Security groups --------------------------------------------------------------------------------------------------


def test_groups_are_a_union_and_an_empty_one_lets_nothing_leave() -> None:  # N80, N81
    net, vpc, *_ = two_subnets()
    shut = net.group(vpc, egress=[])
    net["eni-a"]["Groups"] = [{"GroupId": shut}]
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.0.2.5"))[:2] == ("SG_HAS_NO_RULES", shut)
    net["eni-a"]["Groups"].append({"GroupId": net.group(vpc, egress=[("tcp", 443, 443, "0.0.0.0/0")])})
    assert ask(net, "eni-a", "10.0.1.5", "10.0.2.5").kind == "delivered"


def test_answers_pass_security_groups() -> None:  # N82
    net, vpc, *_ = two_subnets()
    net["eni-b"]["Groups"] = [{"GroupId": net.group(vpc, [("tcp", 443, 443, "0.0.0.0/0")], [])}]
    assert ask(net, "eni-a", "10.0.1.5", "10.0.2.5").kind == "delivered"


def test_the_default_group_lets_only_its_own_members_in() -> None:  # N86
    net, *_ = two_subnets()
    net["eni-b"]["Groups"] = [{"GroupId": "sg-v-default"}]
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.0.2.5"))[:2] == ("ENI_SG_RULES_MISMATCH", "sg-v-default")
    virtual = ("virtual", "subnet-a", ("sg-open", "sg-v-default"))
    assert ask(net, virtual, "10.0.1.50", "10.0.2.5").kind == "delivered"


def test_group_references_need_an_active_peering_in_the_same_region() -> None:  # N88
    for region, status, kind in (
        ("us-east-1", "active", "delivered"),
        ("us-west-2", "active", "dropped"),
        ("us-east-1", "deleted", "dropped"),
    ):
        net, vpc, *_ = two_subnets()
        other = net.vpc("10.1.0.0/16", name="w")
        far = net.subnet(other, "10.1.1.0/24")
        net.interface(far, "10.1.1.5", [net.group(other, [("tcp", 443, 443, "sg-open")])], name="far")
        pcx = net.peering(vpc, other, status)
        net[pcx]["AccepterVpcInfo"]["Region"] = region
        net.route(net.main_table(vpc), "10.1.0.0/16", pcx)
        net.route(net.main_table(other), "10.0.0.0/16", pcx)
        assert ask(net, "eni-a", "10.0.1.5", "10.1.1.5").kind == kind


def test_a_group_of_an_unseen_account_is_unknown_a_deleted_one_matches_nothing() -> None:  # N90, N91
    for group, kind in (("999999999999/sg-theirs", "unknown"), ("sg-deleted", "dropped")):
        net, vpc, igw, _ = with_internet()
        net["eni-a"]["Groups"] = [{"GroupId": net.group(vpc, egress=[("tcp", 443, 443, group)])}]
        assert ask(net, "eni-a", "10.0.1.5", INTERNET) == (
            Result("unknown", terminal=igw)
            if kind == "unknown"
            else Result(kind, "ENI_SG_RULES_MISMATCH", "sg-1", "request")
        )


def test_who_sends_within_the_snapshot_is_known_not_to_be_in_an_unseen_group() -> None:  # N91
    net, vpc, *_ = two_subnets()
    net["eni-b"]["Groups"] = [{"GroupId": net.group(vpc, [("tcp", 443, 443, "999999999999/sg-theirs")])}]
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.0.2.5"))[0] == "ENI_SG_RULES_MISMATCH"


def test_icmp_rules_name_type_and_code() -> None:  # N92
    net, vpc, *_ = two_subnets()
    net["eni-b"]["Groups"] = [{"GroupId": net.group(vpc, [("icmp", 8, -1, "0.0.0.0/0"), ("icmp", 3, 4, "0.0.0.0/0")])}]
    kinds = [ask(net, "eni-a", "10.0.1.5", "10.0.2.5", 1, one).kind for one in ((8, 0), (3, 4), (3, 3), (13, 0))]
    assert kinds == ["delivered", "delivered", "dropped", "dropped"]


# --- Network ACLs -----------------------------------------------------------------------------------------------------


def test_the_lowest_matching_number_decides() -> None:  # N106
    net, vpc, _, subnet_b, _ = two_subnets()
    acl = net.acl(vpc, [
        (100, "in", "allow", "-1", None, "0.0.0.0/0"),
        (90, "in", "deny", "tcp", (443, 443), "10.0.1.0/24"),
        (100, "out", "allow", "-1", None, "0.0.0.0/0"),
    ])  # fmt: skip
    use_acl(net, subnet_b, acl)
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.0.2.5")) == ("SUBNET_ACL_RESTRICTION", acl, "request")
    assert ask(net, "eni-a", "10.0.1.5", "10.0.2.5", detail=80).kind == "delivered"


def test_an_answer_needs_an_entry_for_the_clients_port() -> None:  # N107, N111, N113
    net, vpc, subnet_a, *_ = two_subnets()
    acl = net.acl(vpc, [
        (100, "out", "allow", "tcp", (443, 443), "0.0.0.0/0"),
        (100, "in", "allow", "tcp", (49152, 65535), "0.0.0.0/0"),
    ])  # fmt: skip
    use_acl(net, subnet_a, acl)
    low = ask(net, "eni-a", "10.0.1.5", "10.0.2.5", client_port=49151)
    assert dropped(low) == ("SUBNET_ACL_RESTRICTION", acl, "response")
    assert ask(net, "eni-a", "10.0.1.5", "10.0.2.5", client_port=49152).kind == "delivered"


def test_icmp_answers_have_their_own_type_and_one_way_messages_none() -> None:  # N107, N110
    net, vpc, subnet_a, *_ = two_subnets()
    entries = [(100, "out", "allow", "-1", None, "0.0.0.0/0"), (100, "in", "allow", "icmp", (8, -1), "0.0.0.0/0")]
    use_acl(net, subnet_a, net.acl(vpc, entries))
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.0.2.5", 1, (8, 0)))[2] == "response"
    assert ask(net, "eni-a", "10.0.1.5", "10.0.2.5", 1, (3, 4)).kind == "delivered"


# --- Endpoints --------------------------------------------------------------------------------------------------------


def test_an_interface_endpoint_takes_tcp_and_never_initiates() -> None:  # N133, N134
    net, _, _, subnet_b, group = two_subnets()
    endpoint = net.interface_endpoint("vpc-v", "logs", {subnet_b: "10.0.2.20"}, [group])
    eni = net.interface_of(endpoint)
    assert ask(net, "eni-a", "10.0.1.5", "10.0.2.20") == Result("delivered", terminal=eni)
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.0.2.20", 1, (8, 0)))[:2] == ("PROTOCOL_RESTRICTION", endpoint)
    assert dropped(ask(net, eni, "10.0.2.20", "10.0.1.5"))[0] == "VPCE_INTRA_VPC_TRAFFIC"


def test_an_unavailable_endpoint_carries_nothing() -> None:  # N130
    net, _, _, subnet_b, group = two_subnets()
    endpoint = net.interface_endpoint("vpc-v", "logs", {subnet_b: "10.0.2.20"}, [group])
    net[endpoint]["State"] = "pendingAcceptance"
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.0.2.20"))[:2] == ("BAD_STATE", endpoint)
    net[endpoint]["State"] = "Available"
    assert ask(net, "eni-a", "10.0.1.5", "10.0.2.20").kind == "delivered"


def test_a_gateway_endpoint_crosses_the_clients_acl_only() -> None:  # N116, N135, N136
    net, vpc, subnet_a, *_ = two_subnets()
    endpoint = net.gateway_endpoint(vpc, "s3", [net.main_table(vpc)])
    assert ask(net, "eni-a", "10.0.1.5", "52.216.1.1") == Result("delivered", terminal=endpoint)
    assert ask(net, "eni-a", "10.0.1.5", "52.216.1.1", 1, (8, 0)).kind == "delivered"
    quic = ask(net, "eni-a", "10.0.1.5", "52.216.1.1", 17, 443)
    assert dropped(quic)[:2] == ("VPCE_GATEWAY_PROTOCOL_RESTRICTION", endpoint)
    acl = net.acl(vpc, [(1, "in", "allow", "-1", None, "10.0.0.0/8"), (1, "out", "allow", "-1", None, "0.0.0.0/0")])
    use_acl(net, subnet_a, acl)
    assert dropped(ask(net, "eni-a", "10.0.1.5", "52.216.1.1")) == ("SUBNET_ACL_RESTRICTION", acl, "response")


# --- Peering, transit gateways, VPN -----------------------------------------------------------------------------------


def peered() -> tuple[Build, str, str, str]:
    """Like `two_subnets`, and eni-far at 10.1.1.5 in a peered VPC, routed both ways."""
    net, vpc, *_ = two_subnets()
    other = net.vpc("10.1.0.0/16", name="w")
    far = net.subnet(other, "10.1.1.0/24", name="far")
    net.interface(far, "10.1.1.5", [net.group(other, [ALL])], name="far")
    pcx = net.peering(vpc, other, name="p")
    net.route(net.main_table(vpc), "10.1.0.0/16", pcx)
    net.route(net.main_table(other), "10.0.0.0/16", pcx)
    return net, vpc, other, pcx


def test_peering_must_be_active_and_reaches_only_the_peers_own_addresses() -> None:  # N180, N181
    net, vpc, _, pcx = peered()
    assert ask(net, "eni-a", "10.0.1.5", "10.1.1.5") == Result("delivered", terminal="eni-far")
    net.route(net.main_table(vpc), "0.0.0.0/0", pcx)
    assert dropped(ask(net, "eni-a", "10.0.1.5", INTERNET))[:2] == ("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", pcx)
    net[pcx]["Status"]["Code"] = "pending-acceptance"
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.1.1.5"))[:2] == ("BAD_STATE", pcx)


def test_an_answer_is_routed_by_the_responders_own_table() -> None:  # N182, N200
    net, _, other, _ = peered()
    net._associate(net.table(other, name="k"), {"Main": False, "SubnetId": "subnet-far"})
    answer = ask(net, "eni-a", "10.0.1.5", "10.1.1.5")
    assert dropped(answer) == ("NO_ROUTE_TO_DESTINATION", "rtb-k", "response")


def test_a_gateway_endpoint_cannot_be_used_over_peering() -> None:  # N137
    net, vpc, other, pcx = peered()
    net.gateway_endpoint(other, "s3", [net.main_table(other)])
    net.route(net.main_table(vpc), "52.216.0.0/15", pcx)
    assert dropped(ask(net, "eni-a", "10.0.1.5", "52.216.1.1"))[:2] == ("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", pcx)


def transit() -> tuple[Build, str]:
    """eni-a (zone a) and eni-far (zone b), their VPCs joined by a transit gateway with one table."""
    net, vpc, subnet_a, *_ = two_subnets()
    other = net.vpc("10.1.0.0/16", name="w")
    far = net.subnet(other, "10.1.1.0/24", az="us-east-1b", name="far")
    net.interface(far, "10.1.1.5", [net.group(other, [ALL])], name="far")
    tgw = net.tgw()
    here = net.tgw_attachment(tgw, vpc, [subnet_a], name="here")
    there = net.tgw_attachment(tgw, other, [far], name="there")
    table = net.tgw_table(tgw, name="t")
    for attachment, block in ((here, "10.0.0.0/16"), (there, "10.1.0.0/16")):
        net.associate(table, attachment)
        net.tgw_route(table, block, attachment, "propagated")
    net.route(net.main_table(vpc), "10.1.0.0/16", tgw)
    net.route(net.main_table(other), "10.0.0.0/16", tgw)
    return net, tgw


def test_a_transit_gateway_joins_vpcs_across_zones() -> None:  # N183, N188
    net, _ = transit()
    assert ask(net, "eni-a", "10.0.1.5", "10.1.1.5") == Result("delivered", terminal="eni-far")


def test_an_attachment_serves_only_its_own_zones() -> None:  # N183
    net, _ = transit()
    net["subnet-b"]["AvailabilityZone"] = "us-east-1c"
    assert dropped(ask(net, "eni-b", "10.0.2.5", "10.1.1.5"))[0] == "TGW_ROUTE_AZ_RESTRICTION"


def test_an_attachment_without_association_is_a_dead_end() -> None:  # N184
    net, _ = transit()
    net._more["111111111111/us-east-1/ec2/get-transit-gateway-route-table-associations/tgw-rtb-t.json"] = {
        "Associations": []
    }
    code = dropped(ask(net, "eni-a", "10.0.1.5", "10.1.1.5"))[:2]
    assert code == ("TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION", "tgw-attach-here")


def test_a_static_blackhole_hides_the_propagated_route() -> None:  # N185
    net, _ = transit()
    net.tgw_route("tgw-rtb-t", "10.1.0.0/16", "blackhole")
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.1.1.5"))[:2] == ("TGW_RTB_BAD_STATE_ROUTE", "tgw-rtb-t")


def test_a_vpc_reaches_the_internet_through_anothers_nat_by_the_attachment_subnets_table() -> None:  # N50, N186
    net, tgw = transit()
    vpc, other = "vpc-v", "vpc-w"
    egress = net.subnet(other, "10.1.9.0/24", az="us-east-1b", table=net.table(other, name="egress"))
    igw, nat = net.igw(other), net.nat(egress, "10.1.9.9", public="203.0.113.9")
    net.route("rtb-egress", "0.0.0.0/0", igw)
    net.route("rtb-egress", "10.0.0.0/16", tgw)
    net.route(net.main_table(vpc), "0.0.0.0/0", tgw)
    net.tgw_route("tgw-rtb-t", "0.0.0.0/0", "tgw-attach-there")
    assert dropped(ask(net, "eni-a", "10.0.1.5", INTERNET))[:2] == ("NO_ROUTE_TO_DESTINATION", "rtb-w-main")
    net.route(net.main_table(other), "0.0.0.0/0", nat)
    assert ask(net, "eni-a", "10.0.1.5", INTERNET) == Result("delivered", terminal=igw)


def test_the_attachment_subnets_acl_is_crossed_by_source_then_by_destination() -> None:  # N117
    net, _ = transit()
    attach = net.subnet("vpc-v", "10.0.8.0/24", name="attach")
    net._lists["ec2/describe-transit-gateway-vpc-attachments"][0]["SubnetIds"] = [attach]
    both = [(100, way, "allow", "-1", None, "0.0.0.0/0") for way in ("in", "out")]
    acl = net.acl("vpc-v", [(90, "in", "deny", "-1", None, "10.0.1.0/24"), *both])
    use_acl(net, attach, acl)
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.1.1.5")) == ("SUBNET_ACL_RESTRICTION", acl, "request")
    assert ask(net, "eni-b", "10.0.2.5", "10.1.1.5").kind == "delivered"


def test_within_the_attachments_own_subnet_only_the_way_in_is_checked() -> None:  # N118
    net, _ = transit()
    acl = net.acl("vpc-w", [(100, "in", "allow", "tcp", (1024, 65535), "10.0.0.0/8"), (100, "out", "allow", "tcp", (1024, 65535), "10.0.0.0/8")])  # fmt: skip  # noqa: E501
    use_acl(net, "subnet-far", acl)
    assert ask(net, "eni-a", "10.0.1.5", "10.1.1.5").kind == "delivered"  # port 443 in: not checked
    net[acl]["Entries"] = [one for one in net[acl]["Entries"] if one["Egress"] or one["RuleAction"] == "deny"]
    # The answer leaves to the transit gateway: checked outbound by destination, and inbound by source.
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.1.1.5")) == ("SUBNET_ACL_RESTRICTION", acl, "response")


def test_transit_gateways_peer_across_regions() -> None:  # N188
    net, tgw = transit()
    west = Build(region="us-west-2", tag="west")
    vpc = west.vpc("10.2.0.0/16")
    subnet = west.subnet(vpc, "10.2.1.0/24", az="us-west-2a")
    west.interface(subnet, "10.2.1.5", [west.group(vpc, [ALL])], name="a")
    west_tgw = west.tgw()
    own, peering = west.tgw_attachment(west_tgw, vpc, [subnet]), net.tgw_peering(tgw, west_tgw, west)
    table = west.tgw_table(west_tgw)
    for attachment in (own, peering):
        west.associate(table, attachment)
    west.tgw_route(table, "10.2.0.0/16", own, "propagated")
    west.tgw_route(table, "10.0.0.0/16", peering)
    west.route(west.main_table(vpc), "10.0.0.0/16", west_tgw)
    net.associate("tgw-rtb-t", peering)
    net.tgw_route("tgw-rtb-t", "10.2.0.0/16", peering)
    net.route(net.main_table("vpc-v"), "10.2.0.0/16", tgw)
    result = ask(net, "eni-a", "10.0.1.5", "10.2.1.5", others=(west,))
    assert result == Result("delivered", terminal="eni-westa")


def test_a_vpn_gateway_is_on_premises_both_ways() -> None:  # N190
    net, vpc, *_ = two_subnets()
    vgw = net.vgw(vpc)
    net.route(net.main_table(vpc), "192.168.0.0/16", vgw, origin="EnableVgwRoutePropagation")
    assert ask(net, "eni-a", "10.0.1.5", "192.168.0.9") == Result("delivered", terminal=vgw)
    assert ask(net, ("on-premises", vgw), "192.168.0.9", "10.0.1.5") == Result("delivered", terminal="eni-a")
    nobody = ask(net, ("on-premises", vgw), "192.168.0.9", "10.0.1.77")
    assert dropped(nobody)[:2] == ("VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", vgw)


def test_a_vpn_attachment_is_on_premises_and_answers_through_its_own_table() -> None:  # N184, N190
    net, tgw = transit()
    vpn = net.vpn(tgw, name="x")
    net.tgw_route("tgw-rtb-t", "192.168.0.0/16", vpn)
    net.route("rtb-v-main", "192.168.0.0/16", tgw)
    no_way_back = ask(net, "eni-a", "10.0.1.5", "192.168.0.9")
    assert dropped(no_way_back) == ("TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION", vpn, "response")
    net.associate("tgw-rtb-t", vpn)
    assert ask(net, "eni-a", "10.0.1.5", "192.168.0.9") == Result("delivered", terminal=vpn)


def test_an_address_that_nobody_has_is_a_dead_end() -> None:  # N204
    net, *_ = two_subnets()
    assert dropped(ask(net, "eni-a", "10.0.1.5", "10.0.2.77"))[0] == "NO_POSSIBLE_DESTINATION"
