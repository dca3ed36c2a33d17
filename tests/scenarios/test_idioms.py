"""Small networks as they are met, each with the answer that AWS's documentation gives, by topic."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reachsim.verdict import Verdict
from tests.scenarios.lan import ANY, ANY6, Lan, ask, natted, public
from tests.scenarios.test_facts_transit import Hub

WORLD = "ip:198.51.100.7"
V6 = "2600:1f18:aa:bb00::/56"
Case = Callable[[], Verdict]


class Routes:
    """Where a route leads."""

    @staticmethod
    def two_halves_are_a_default_route() -> Verdict:
        net = public()
        net["rtb-a"]["Routes"].pop()
        net.route(net.ta, "0.0.0.0/1", "igw-1")
        net.route(net.ta, "128.0.0.0/1", "igw-1")
        return ask(net, "eni-client", "internet")

    @staticmethod
    def entries_of_one_list_may_overlap() -> Verdict:
        net = public()
        net["rtb-a"]["Routes"].pop()
        net.route(net.ta, net.prefix_list(["198.51.100.0/24", "198.51.100.0/28"]), "igw-1")
        return ask(net, "eni-client", WORLD)

    @staticmethod
    def the_longer_entry_of_two_lists_wins() -> Verdict:
        net = public()
        net["rtb-a"]["Routes"].pop()
        net.route(net.ta, net.prefix_list(["198.51.0.0/16"]), "igw-1")
        net.route(net.ta, net.prefix_list(["198.51.100.0/24"]), net.peering(net.vpc_id, net.vpc("10.8.0.0/16")))
        return ask(net, "eni-client", WORLD)

    @staticmethod
    def a_static_blackhole_beats_what_a_vpn_propagates() -> Verdict:
        net = Lan()
        vgw = net.vgw(net.vpc_id)
        net.vpn(vgw, ["192.168.0.0/16"])
        net.route(net.ta, "192.168.0.0/16", "eni-gone", state="blackhole")
        net.route(net.ta, "192.168.0.0/16", vgw, origin="EnableVgwRoutePropagation")
        return ask(net, "eni-client", "ip:192.168.1.1")

    @staticmethod
    def an_ipv6_prefix_list_routes() -> Verdict:
        net = public(ipv6=V6)
        net["rtb-a"]["Routes"].pop()
        net.route(net.ta, net.prefix_list(["2a00::/12"]), "igw-1")
        return ask(net, "eni-client", "ip:2a00::1")

    @staticmethod
    def pods_of_a_secondary_block_go_out_by_nat() -> Verdict:
        net = Lan(secondary=("100.64.0.0/16",))
        table = net.table(net.vpc_id, [("0.0.0.0/0", net.with_nat())])
        net.interface(net.subnet(net.vpc_id, "100.64.1.0/24", table=table), "100.64.1.5", [net.open], name="pod")
        return ask(net, "eni-pod", WORLD)

    @staticmethod
    def an_address_of_a_delegated_prefix_has_no_public_one() -> Verdict:
        net = public()
        net["eni-client"]["Ipv4Prefixes"] = [{"Ipv4Prefix": "10.0.1.16/28"}]
        return ask(net, "ip:10.0.1.20", WORLD)

    @staticmethod
    def a_gateway_of_another_vpc_is_not_attached() -> Verdict:
        net = public()
        other = net.vpc("10.8.0.0/16", name="o")
        subnet = net.subnet(other, "10.8.1.0/24", table=net.table(other, [("0.0.0.0/0", "igw-1")]))
        net.interface(subnet, "10.8.1.5", [net.group(other)], public="203.0.113.44", name="far")
        return ask(net, "eni-far", WORLD)

    @staticmethod
    def a_transit_gateway_route_of_a_prefix_list() -> Verdict:
        net = Hub()
        for route in net.routes():
            if route["DestinationCidrBlock"] == "10.1.0.0/16":
                route.pop("DestinationCidrBlock")
                route |= {"PrefixListId": net.prefix_list(["10.1.0.0/16"]), "Type": "static"}
        return ask(net, "eni-x", "eni-y")

    @staticmethod
    def a_blackhole_of_a_longer_prefix_in_a_transit_gateway() -> Verdict:
        net = Hub()
        net.tgw_route(net.rt, "10.1.1.0/24", "blackhole")
        return ask(net, "eni-x", "eni-y")


class Filters:
    """What groups and network ACLs admit."""

    @staticmethod
    def ports_beside_all_protocols_mean_nothing_in_a_group() -> Verdict:
        net = Lan()
        net["sg-open"]["IpPermissions"] = [net._permission(("-1", 22, 22, "0.0.0.0/0"))]
        return ask(net, "eni-client", "eni-server")

    @staticmethod
    def two_halves_are_everybody() -> Verdict:
        net = public()
        halves = ("0.0.0.0/1", "128.0.0.0/1")
        net["sg-open"]["IpPermissions"] = [net._permission(("tcp", 22, 22, half)) for half in halves]
        return ask(net, "internet", "eni-client", "tcp", 22)

    @staticmethod
    def everybody_by_a_prefix_list() -> Verdict:
        net = public()
        net["sg-open"]["IpPermissions"] = [net._permission(("tcp", 22, 22, net.prefix_list(["0.0.0.0/0"])))]
        return ask(net, "internet", "eni-client", "tcp", 22)

    @staticmethod
    def entries_are_tried_by_number_not_by_place() -> Verdict:
        net = Lan()
        net.use_acl(net.b, net.acl(net.vpc_id, [
            (200, "in", "allow", "-1", None, "0.0.0.0/0"), (50, "in", "deny", "tcp", (443, 443), "10.0.1.5/32"),
            (100, "out", "allow", "-1", None, "0.0.0.0/0"),
        ]))  # fmt: skip
        return ask(net, "eni-client", "eni-server")

    @staticmethod
    def an_echo_needs_its_reply_admitted() -> Verdict:
        net = Lan()
        echo: list[tuple[int, str, str, str, tuple[int, int], str]] = [
            (100, way, "allow", "icmp", (8, -1), "0.0.0.0/0") for way in ("in", "out")
        ]
        net.use_acl(net.b, net.acl(net.vpc_id, echo))
        return ask(net, "eni-client", "eni-server", "icmp", 8)

    @staticmethod
    def ipv4_entries_do_not_admit_ipv6_replies() -> Verdict:
        net = Lan(ipv6=V6)
        net.route(net.ta, "::/0", net.eigw(net.vpc_id))
        net.use_acl(net.a, net.acl(net.vpc_id, [
            (100, "out", "allow", "-1", None, "::/0"), (100, "in", "allow", "tcp", (1024, 65535), "0.0.0.0/0"),
        ]))  # fmt: skip
        return ask(net, "eni-client", "ip:2a00::1")

    @staticmethod
    def a_server_behind_nat_sees_the_gateways_public_address() -> Verdict:
        net = natted()
        subnet = net.subnet(net.vpc_id, "10.0.30.0/24", table=net.table(net.vpc_id, [("0.0.0.0/0", net.igw_id)]))
        own = net.group(net.vpc_id, [("tcp", 443, 443, "10.0.0.0/16")])
        net.interface(subnet, "10.0.30.5", [own], public="203.0.113.30", name="web")
        return ask(net, "eni-client", "ip:203.0.113.30")

    @staticmethod
    def peered_ipv6_needs_its_own_route_back() -> Verdict:
        net = Lan(ipv6=V6)
        other = net.vpc("10.8.0.0/16", ipv6="2600:1f18:cc:dd00::/56", name="o")
        table = net.table(other)
        subnet = net.subnet(other, "10.8.1.0/24", ipv6="2600:1f18:cc:dd01::/64", table=table)
        group = net.group(other, [ANY, ANY6], [ANY, ANY6])
        net.interface(subnet, "10.8.1.5", [group], ipv6="2600:1f18:cc:dd01::5", name="far")
        pcx = net.peering(net.vpc_id, other)
        net.route(net.ta, "2600:1f18:cc:dd00::/56", pcx)
        net.route(table, "10.0.0.0/16", pcx)
        return ask(net, "eni-client", "eni-far", family="ipv6")


EXPECTED: dict[Case, tuple[str, set[str]]] = {
    Routes.two_halves_are_a_default_route: ("allowed", set()),
    Routes.entries_of_one_list_may_overlap: ("allowed", set()),
    Routes.the_longer_entry_of_two_lists_wins: ("blocked", {"PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"}),
    Routes.a_static_blackhole_beats_what_a_vpn_propagates: ("blocked", {"BAD_STATE_ROUTE"}),
    Routes.an_ipv6_prefix_list_routes: ("allowed", set()),
    Routes.pods_of_a_secondary_block_go_out_by_nat: ("allowed", set()),
    Routes.an_address_of_a_delegated_prefix_has_no_public_one: ("blocked", {"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"}),
    Routes.a_gateway_of_another_vpc_is_not_attached: ("blocked", {"BAD_STATE"}),
    Routes.a_transit_gateway_route_of_a_prefix_list: ("allowed", set()),
    Routes.a_blackhole_of_a_longer_prefix_in_a_transit_gateway: ("blocked", {"TGW_RTB_BAD_STATE_ROUTE"}),
    Filters.ports_beside_all_protocols_mean_nothing_in_a_group: ("allowed", set()),
    Filters.two_halves_are_everybody: ("allowed", set()),
    Filters.everybody_by_a_prefix_list: ("allowed", set()),
    Filters.entries_are_tried_by_number_not_by_place: ("blocked", {"SUBNET_ACL_RESTRICTION"}),
    Filters.an_echo_needs_its_reply_admitted: ("blocked", {"SUBNET_ACL_RESTRICTION"}),
    Filters.ipv4_entries_do_not_admit_ipv6_replies: ("blocked", {"SUBNET_ACL_RESTRICTION"}),
    Filters.a_server_behind_nat_sees_the_gateways_public_address: ("blocked", {"ENI_SG_RULES_MISMATCH"}),
    Filters.peered_ipv6_needs_its_own_route_back: ("blocked", {"NO_ROUTE_TO_DESTINATION"}),
}


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case.__name__)
def test_idiom(case: Case) -> None:
    verdict = case()
    assert (verdict.outcome, {block.code for block in verdict.blocked_by}) == EXPECTED[case]
