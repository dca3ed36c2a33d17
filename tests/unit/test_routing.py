"""Route tables: targets by their fields, and the order among equal prefixes, one fact per test."""

from __future__ import annotations

import json

import pytest

from reachsim import load_files
from reachsim.addresses import Cidr, parse_address
from reachsim.model.network import Network
from reachsim.model.records import Route, TransitGatewayRoute, TransitGatewayRoutes
from reachsim.routing import (
    PREFIX_LIST,
    PROPAGATED,
    STATIC,
    CompiledTable,
    Target,
    compile_table,
    compile_transit_table,
    longest_prefix,
    target_of,
)
from tests.build import Build

HOME = ("111111111111", "us-east-1")


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ({"gateway_id": "local"}, "local"),
        ({"gateway_id": "igw-1"}, "internet-gateway"),
        ({"gateway_id": "vgw-1"}, "vpn-gateway"),
        ({"gateway_id": "vpce-1"}, "vpc-endpoint"),
        ({"nat_gateway_id": "nat-1"}, "nat-gateway"),
        ({"transit_gateway_id": "tgw-1"}, "transit-gateway"),
        ({"vpc_peering_connection_id": "pcx-1"}, "vpc-peering-connection"),
        ({"egress_only_internet_gateway_id": "eigw-1"}, "egress-only-internet-gateway"),
        ({"network_interface_id": "eni-1"}, "network-interface"),
        ({"network_interface_id": "eni-1", "instance_id": "i-1"}, "network-interface"),
        ({"local_gateway_id": "lgw-1"}, "local-gateway"),
        ({"carrier_gateway_id": "cagw-1"}, "carrier-gateway"),
        ({"core_network_arn": "arn:aws:networkmanager::1:core-network/x"}, "core-network"),
        ({"gateway_id": "xyz-1"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_the_target_of_a_route(field: dict[str, str], kind: str) -> None:
    assert target_of(Route(**field)) == Target(kind, next(iter(field.values()), ""))  # type: ignore[arg-type]


def compiled(*routes: tuple[str, str] | tuple[str, str, str]) -> CompiledTable:
    """A table with these (destination, target[, origin]) and its local route."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    net.prefix_list(["172.16.0.0/12"], name="twelve")
    table = net.table(vpc)
    for destination, target, *origin in routes:
        net.route(table, destination, target, origin=origin[0] if origin else "CreateRoute")
    network = load_files(net.files()).network
    return compile_table(network, network.route_tables[table], HOME)


def target(table: CompiledTable, address: str) -> list[str]:
    place = parse_address(address)
    return [winner.target.id for part in table.parts if place in part.destinations for winner in part.winners]


def test_n4_the_vpc_is_local() -> None:
    assert target(compiled(("0.0.0.0/0", "igw-1")), "10.0.9.9") == ["local"]


def test_n5_the_longest_prefix_wins() -> None:
    table = compiled(("0.0.0.0/0", "igw-1"), ("192.0.2.0/24", "nat-1"), ("192.0.2.8/29", "tgw-1"))
    assert [target(table, one) for one in ("192.0.2.8", "192.0.2.1", "192.0.3.1")] == [["tgw-1"], ["nat-1"], ["igw-1"]]


def test_n6_a_static_route_beats_a_propagated_one_to_the_same_block() -> None:
    table = compiled(("192.0.2.0/24", "vgw-1", "EnableVgwRoutePropagation"), ("192.0.2.0/24", "igw-1"))
    assert target(table, "192.0.2.1") == ["igw-1"]


def test_n6_a_longer_propagated_route_beats_a_static_one() -> None:
    table = compiled(("192.0.2.0/24", "igw-1"), ("192.0.2.0/25", "vgw-1", "EnableVgwRoutePropagation"))
    assert target(table, "192.0.2.1") == ["vgw-1"]


@pytest.mark.parametrize("block", ["10.0.0.0/16", "10.0.1.0/24", "10.0.1.7/32", "10.0.0.0/8"])
def test_n7_a_propagated_route_never_beats_local(block: str) -> None:
    assert target(compiled((block, "vgw-1", "EnableVgwRoutePropagation")), "10.0.1.7") == ["local"]


def test_a_longer_static_route_within_the_vpc_beats_local() -> None:
    table = compiled(("10.0.1.0/24", "eni-1"))
    assert (target(table, "10.0.1.7"), target(table, "10.0.2.7")) == (["eni-1"], ["local"])


@pytest.mark.parametrize(
    ("block", "origin", "winner"),
    [
        ("172.16.0.0/12", "CreateRoute", "igw-1"),
        ("172.16.0.0/12", "EnableVgwRoutePropagation", "nat-1"),
        ("172.16.0.0/13", "CreateRoute", "igw-1"),
        ("172.16.0.0/11", "CreateRoute", "nat-1"),
    ],
)
def test_n17_a_prefix_list_stands_between_static_and_propagated(block: str, origin: str, winner: str) -> None:
    other = "vgw-1" if origin == "EnableVgwRoutePropagation" else "igw-1"
    assert target(compiled(("pl-twelve", "nat-1"), (block, other, origin)), "172.16.0.1") == [winner]


def test_a_prefix_lists_route_is_named_by_the_list() -> None:
    table = compiled(("pl-twelve", "nat-1"))
    names = {winner.destination for part in table.parts for winner in part.winners}
    assert names == {"10.0.0.0/16", "pl-twelve"}


def test_an_unknown_prefix_list_is_named_by_its_file() -> None:
    table = compiled(("pl-gone", "nat-1"))
    assert table.missing == ("111111111111/us-east-1/ec2/get-managed-prefix-list-entries/pl-gone.json",)


def test_what_no_route_names_is_in_no_part() -> None:
    assert target(compiled(), "8.8.8.8") == []


@pytest.mark.parametrize(("one", "other"), [("0.0.0.0/0", "::/0"), ("::/0", "0.0.0.0/0")])
def test_n3_a_route_of_one_family_takes_nothing_of_the_other(one: str, other: str) -> None:
    address = {"0.0.0.0/0": "8.8.8.8", "::/0": "2600::1"}
    table = compiled((one, "igw-1"))
    assert (target(table, address[one]), target(table, address[other])) == (["igw-1"], [])


def test_equal_routes_stand_side_by_side_for_aws_to_pick() -> None:
    block = Cidr("192.0.2.0/24")
    (part,) = longest_prefix([(block, PROPAGATED, "one"), (block, PROPAGATED, "two")])
    assert part.winners == ("one", "two")


@pytest.mark.parametrize(("better", "worse"), [(STATIC, PREFIX_LIST), (PREFIX_LIST, PROPAGATED), (STATIC, PROPAGATED)])
def test_the_better_rank_takes_all_of_an_equal_block(better: int, worse: int) -> None:
    block = Cidr("192.0.2.0/24")
    (part,) = longest_prefix([(block, worse, "worse"), (block, better, "better")])
    assert part.winners == ("better",)


def test_a_block_that_others_cover_whole_is_no_part() -> None:
    halves = [(Cidr(one), STATIC, one) for one in ("10.0.0.0/25", "10.0.0.128/25")]
    parts = longest_prefix([*halves, (Cidr("10.0.0.0/24"), STATIC, "whole")])
    assert [part.winners for part in parts] == [("10.0.0.0/25",), ("10.0.0.128/25",)]


def test_no_routes_make_no_parts() -> None:
    assert longest_prefix([]) == ()


# --- transit gateways -----------------------------------------------------------------------------------------------


def transit(*routes: TransitGatewayRoute) -> tuple[list[str | None], tuple[str, ...]]:
    files = {
        "111111111111/us-east-1/ec2/get-managed-prefix-list-entries/pl-1.json": json.dumps(
            {"Entries": [{"Cidr": "192.0.2.0/24"}]}
        ).encode()
    }
    network: Network = load_files(files).network
    parts, missing = compile_transit_table(network, TransitGatewayRoutes(routes=routes), HOME)
    place = parse_address("192.0.2.1")
    return [one.state for part in parts if place in part.destinations for one in part.winners], missing


def test_n185_a_transit_gateways_static_route_beats_a_propagated_one() -> None:
    block = Cidr("192.0.2.0/24")
    routes = (TransitGatewayRoute(block, type="propagated"), TransitGatewayRoute(block, state="blackhole"))
    assert transit(*routes) == (["blackhole"], ())


def test_a_transit_gateways_prefix_list_is_looked_up() -> None:
    assert transit(TransitGatewayRoute(prefix_list_id="pl-1")) == (["active"], ())


def test_a_transit_gateways_unknown_prefix_list_is_named() -> None:
    _, missing = transit(TransitGatewayRoute(prefix_list_id="pl-gone"))
    assert missing == ("111111111111/us-east-1/ec2/get-managed-prefix-list-entries/pl-gone.json",)
