"""Route tables: targets by their fields, and the order among equal prefixes, one fact per test."""

from __future__ import annotations

import itertools
import json

import pytest

from reachsim import load_files
from reachsim.addresses import Cidr, parse_address
from reachsim.model.network import Network
from reachsim.model.records import Route, TransitGatewayRoute, TransitGatewayRouteAttachment, TransitGatewayRoutes
from reachsim.routing import (
    PREFIX_LIST,
    PROPAGATED,
    STATIC,
    CompiledTable,
    Target,
    _behind,
    compile_table,
    compile_transit_table,
    longest_prefix,
    next_route,
    next_transit_route,
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


def test_a_transit_gateways_route_that_is_being_deleted_is_none() -> None:
    block = Cidr("192.0.2.0/24")
    gone, wide = TransitGatewayRoute(block, state="deleted"), TransitGatewayRoute(Cidr("192.0.0.0/8"), state="active")
    assert transit(gone) == ([], ())
    assert transit(gone, wide) == (["active"], ())


def test_a_transit_gateways_prefix_list_is_looked_up() -> None:
    assert transit(TransitGatewayRoute(prefix_list_id="pl-1")) == (["active"], ())


def test_a_transit_gateways_unknown_prefix_list_is_named() -> None:
    _, missing = transit(TransitGatewayRoute(prefix_list_id="pl-gone"))
    assert missing == ("111111111111/us-east-1/ec2/get-managed-prefix-list-entries/pl-gone.json",)


# --- targets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gateway", "kind"),
    [("nat-1", "nat-gateway"), ("eigw-1", "egress-only-internet-gateway"), ("lgw-1", "local-gateway"),
     ("cagw-1", "carrier-gateway")],
)  # fmt: skip
def test_gateways_are_told_by_their_ids(gateway: str, kind: str) -> None:
    assert target_of(Route(gateway_id=gateway)) == Target(kind, gateway)


@pytest.mark.parametrize(("field", "kind"), [("odb_network_arn", "odb-network"), ("instance_id", "instance")])
def test_targets_that_few_routes_have(field: str, kind: str) -> None:
    assert target_of(Route(**{field: "x"})) == Target(kind, "x")  # type: ignore[arg-type]


def by_address(address: str, **more: str) -> list[str]:
    """Where a route server's route leads that names its next hop by address."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [net.group(vpc)], name="hop")
    net.interface(net.subnet(vpc, "10.0.2.0/24"), "10.0.2.5", [net.group(vpc)], name="other")
    table = net.table(vpc)
    route = {"DestinationCidrBlock": "192.0.2.0/24", "Origin": "Advertisement", "State": "active",
             "IpAddress": address, **more}  # fmt: skip
    net[table]["Routes"].append(route)
    network = load_files(net.files()).network
    parts = compile_table(network, network.route_tables[table], HOME).parts
    return [f"{one.target.kind} {one.target.id}" for part in parts
            if parse_address("192.0.2.1") in part.destinations for one in part.winners]  # fmt: skip


def test_a_next_hop_by_address_is_the_interface_that_has_it() -> None:
    assert by_address("10.0.1.5") == ["network-interface eni-hop"]
    assert by_address("10.0.1.5", GatewayId="igw-1") == ["internet-gateway igw-1"]


@pytest.mark.parametrize("address", ["10.0.1.6", "10.9.9.9"])
def test_a_next_hop_that_nobody_has_is_unknown(address: str) -> None:
    assert by_address(address) == [f"unknown {address}"]


# --- what is not known ----------------------------------------------------------------------------------------------


def test_a_table_that_is_read_whole_says_so() -> None:
    assert compiled(("0.0.0.0/0", "igw-1"), ("::/0", "igw-1"), ("pl-twelve", "nat-1")).unread == ""
    assert CompiledTable(longest_prefix([]), Cidr("10.0.0.0/8").block, ()).unread == ""


@pytest.mark.parametrize(
    ("routes", "why"),
    [(None, "{} has no Routes in the snapshot, not even an empty list"),
     ([{"GatewayId": "igw-1", "State": "active"}], "what destinations route 0 of {} is for is not known")],
)  # fmt: skip
def test_a_table_that_is_not_read_whole_says_why(routes: list[dict[str, str]] | None, why: str) -> None:
    net = Build()
    table = net.table(net.vpc("10.0.0.0/16"))
    del net[table]["Routes"]
    if routes is not None:
        net[table]["Routes"] = routes
    network = load_files(net.files()).network
    assert compile_table(network, network.route_tables[table], HOME).unread == why.format(table)


def test_the_vpc_s_own_blocks_are_told() -> None:
    assert compiled().local == Cidr("10.0.0.0/16").block


def test_the_local_route_that_stands_in_no_table_is_as_aws_writes_it() -> None:
    net = Build()
    table = net.table(net.vpc("10.0.0.0/16"))
    net[table]["Routes"] = []
    network = load_files(net.files()).network
    (part,) = compile_table(network, network.route_tables[table], HOME).parts
    (local,) = part.winners
    assert (local.route, local.target) == (
        Route(gateway_id="local", origin="CreateRouteTable"),
        Target("local", "local"),
    )


def test_a_propagated_route_within_the_vpc_hides_none_behind_it() -> None:
    table = compiled(("10.0.1.0/24", "vgw-1", "EnableVgwRoutePropagation"), ("192.0.2.0/24", "igw-1"))
    assert target(table, "192.0.2.1") == ["igw-1"]


def test_whether_a_route_server_s_route_within_the_vpc_beats_local_is_open() -> None:
    assert sorted(target(compiled(("10.0.1.0/24", "eni-1", "Advertisement")), "10.0.1.7")) == ["eni-1", "local"]


# --- the route behind -----------------------------------------------------------------------------------------------


def behind(destination: str, *routes: tuple[str, str]) -> tuple[str, bool] | None:
    """Of a table whose route to ``destination`` is gone: (what takes its traffic then, was that one longer)."""
    net = Build()
    table = net.table(net.vpc("10.0.0.0/16"))
    net.prefix_list(["192.0.2.0/24"], name="listed")
    for block, hop in routes:
        net.route(table, block, hop.removesuffix("!"), state="blackhole" if hop.endswith("!") else "active")
    network = load_files(net.files()).network
    record = network.route_tables[table]
    place = parse_address(destination.split("/")[0])
    (winner,) = next(part.winners for part in compile_table(network, record, HOME).parts if place in part.destinations)
    found = next_route(network, record, HOME, winner, Cidr(destination).block)
    return None if found is None else (found.item.target.id, found.longer)


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([("192.0.2.0/24", "nat-1")], None),
        ([("192.0.2.0/24", "nat-1"), ("0.0.0.0/0", "igw-1")], ("igw-1", True)),
        ([("192.0.2.0/24", "nat-1"), ("0.0.0.0/0", "igw-1"), ("192.0.0.0/8", "tgw-1")], ("tgw-1", True)),
        ([("192.0.2.0/24", "nat-1"), ("192.0.0.0/8", "tgw-1"), ("0.0.0.0/0", "igw-1")], ("tgw-1", True)),
        ([("192.0.2.0/24", "nat-1"), ("0.0.0.0/0", "igw-1!")], None),
        ([("192.0.2.0/24", "nat-1"), ("192.0.2.0/25", "igw-1")], None),
        ([("192.0.2.0/24", "nat-1"), ("198.51.100.0/24", "igw-1")], None),
        ([("192.0.2.0/24", "nat-1"), ("pl-listed", "igw-1")], ("igw-1", False)),
        ([("192.0.2.0/24", "nat-1"), ("pl-listed", "igw-1"), ("0.0.0.0/0", "tgw-1")], ("igw-1", False)),
    ],
)
def test_what_a_route_goes_before(routes: list[tuple[str, str]], expected: tuple[str, bool] | None) -> None:
    assert behind("192.0.2.128/25", *routes) == expected


def transit_behind(*routes: TransitGatewayRoute) -> tuple[str | None, bool] | None:
    """What takes the traffic of the first of a transit gateway's routes if that is gone."""
    network = load_files({}).network
    network.transit_gateway_routes["tgw-rtb-1"] = TransitGatewayRoutes(routes=routes)
    found = next_transit_route(network, "tgw-rtb-1", HOME, routes[0], Cidr("192.0.2.0/24").block)
    return None if found is None else (found.item.destination_cidr_block, found.longer)


def test_what_a_transit_gateway_s_route_goes_before() -> None:
    won, wide = TransitGatewayRoute(Cidr("192.0.2.0/24")), TransitGatewayRoute(Cidr("192.0.0.0/8"))
    assert transit_behind(won) is None
    assert transit_behind(won, wide) == ("192.0.0.0/8", True)
    assert transit_behind(won, TransitGatewayRoute(Cidr("192.0.0.0/8"), state="blackhole")) is None


# --- ranks of a transit gateway's propagated routes -----------------------------------------------------------------

KINDS = ["vpc", "direct-connect-gateway", "connect", "vpn", "vpn-concentrator", "client-vpn", "peering", "new"]


def propagated(*kinds: str) -> TransitGatewayRoute:
    attachments = tuple(TransitGatewayRouteAttachment(resource_type=kind) for kind in kinds)
    return TransitGatewayRoute(Cidr("192.0.2.0/24"), type="propagated", transit_gateway_attachments=attachments)


@pytest.mark.parametrize(("better", "worse"), list(itertools.pairwise(KINDS)))
def test_n185_the_kinds_of_attachments_have_an_order(better: str, worse: str) -> None:
    routes = TransitGatewayRoutes(routes=(propagated(worse), propagated(better)))
    (part,) = compile_transit_table(load_files({}).network, routes, HOME)[0]
    assert part.winners == (propagated(better),)


def test_of_several_attachments_the_best_counts() -> None:
    routes = TransitGatewayRoutes(routes=(propagated("connect"), propagated("peering", "vpc")))
    (part,) = compile_transit_table(load_files({}).network, routes, HOME)[0]
    assert part.winners == (propagated("peering", "vpc"),)


# --- the order behind a route, by itself ------------------------------------------------------------------------------

WON, FAR = Cidr("192.0.2.0/25"), Cidr("0.0.0.0/0")


def next_of(*entries: tuple[Cidr, int, str], destinations: Cidr = WON) -> tuple[str, bool] | None:
    found = _behind([(WON, STATIC, "won"), *entries], "won", destinations.block)
    return None if found is None else (found.item, found.longer)


def test_behind_a_route_the_better_rank_comes_first_and_else_the_order_of_the_table() -> None:
    assert next_of((FAR, PROPAGATED, "worse"), (FAR, STATIC, "better")) == ("better", True)
    assert next_of((FAR, STATIC, "one"), (FAR, STATIC, "another")) == ("one", True)


def test_a_route_that_takes_only_part_of_the_destinations_goes_before_nothing() -> None:
    assert next_of((FAR, STATIC, "far"), destinations=Cidr("192.0.2.0/24")) is None


def test_of_a_route_s_own_blocks_the_longest_won() -> None:
    own = (Cidr("192.0.0.0/16"), STATIC, "won")
    assert next_of(own, (Cidr("192.0.0.0/20"), STATIC, "between")) == ("between", True)


def test_a_target_of_a_new_kind_is_unknown() -> None:
    net = Build()
    table = net.table(net.vpc("10.0.0.0/16"))
    net[table]["Routes"].append({"DestinationCidrBlock": "192.0.2.0/24", "QuantumGatewayId": "q", "State": "active"})
    network = load_files(net.files()).network
    parts = compile_table(network, network.route_tables[table], HOME).parts
    assert [one.target for part in parts for one in part.winners if one.index > 0] == [Target("unknown", "")]
