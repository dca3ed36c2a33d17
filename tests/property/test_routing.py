"""Route tables against a router that takes one address and reads AWS's records as they are.

The router is written from AWS's rules alone: the longest prefix wins; among equal prefixes a route to a block beats one
to a prefix list, and both beat a propagated one; a propagated route within the VPC never beats the local route; a
blackhole takes part in the match. It uses none of reachsim's types.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import random

from hypothesis import given
from hypothesis import strategies as st

from reachsim import load_files
from reachsim.addresses import EVERYWHERE, Cidr, parse_address
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.routing import (
    PREFIX_LIST,
    PROPAGATED,
    STATIC,
    CompiledTable,
    Part,
    Parts,
    compile_table,
    compile_transit_table,
    longest_prefix,
)
from tests.property.strategies import PREFIX_LISTS, Record, addresses, blocks, cidrs, route_lists

HOME = ("111111111111", "us-east-1")
EC2 = "111111111111/us-east-1/ec2"
VPC_BLOCKS = ("10.0.0.0/16", "192.168.0.0/24", "2001:db8::/56")
several_addresses = st.lists(addresses(), min_size=1, max_size=20)


# --- the router -----------------------------------------------------------------------------------------------------


def covers(outer: str, inner: str) -> bool:
    one, other = ipaddress.ip_network(outer), ipaddress.ip_network(inner)
    return one.version == other.version and other.subnet_of(one)  # type: ignore[arg-type]


def inside(address: str, block: str) -> bool:
    return covers(block, address)


def destinations(route: Record) -> tuple[str, ...]:
    if "DestinationPrefixListId" in route or "PrefixListId" in route:
        return PREFIX_LISTS[route.get("DestinationPrefixListId") or route["PrefixListId"]]
    return (route.get("DestinationCidrBlock") or route["DestinationIpv6CidrBlock"],)


def precedence(route: Record) -> int:
    if route.get("Origin") == "EnableVgwRoutePropagation" or route.get("Type") == "propagated":
        return 3
    return 2 if "DestinationPrefixListId" in route or "PrefixListId" in route else 1


def takes(address: str, routes: list[Record], vpc_blocks: tuple[str, ...] = ()) -> list[int]:
    """The numbers of the routes that take an address: more than one where AWS picks."""
    found: list[tuple[int, int, int]] = []
    for number, route in enumerate(routes):
        for block in destinations(route):
            if precedence(route) == 3 and any(covers(own, block) for own in vpc_blocks):
                continue
            if inside(address, block):
                found.append((-ipaddress.ip_network(block).prefixlen, precedence(route), number))
    best = min(found, default=None)
    return sorted({number for *rank, number in found if best is not None and tuple(rank) == best[:2]})


# --- reachsim's answer ----------------------------------------------------------------------------------------------


def with_local(routes: list[Record]) -> list[Record]:
    """The routes with AWS's local ones, unless one has the same destination."""
    taken = {block for route in routes if precedence(route) == 1 for block in destinations(route)}
    local = [
        {"DestinationIpv6CidrBlock" if ":" in block else "DestinationCidrBlock": block, "GatewayId": "local",
         "Origin": "CreateRouteTable", "State": "active"}
        for block in VPC_BLOCKS
        if block not in taken
    ]  # fmt: skip
    return [*local, *routes]


def network_of(routes: list[Record], lists: dict[str, tuple[str, ...]] = PREFIX_LISTS) -> Network:
    vpc = {
        "VpcId": "vpc-1",
        "CidrBlock": VPC_BLOCKS[0],
        "CidrBlockAssociationSet": [{"CidrBlock": one} for one in VPC_BLOCKS[:2]],
        "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": VPC_BLOCKS[2]}],
    }
    table = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [], "Routes": routes}
    files = {
        f"{EC2}/describe-vpcs.json": {"Vpcs": [vpc]},
        f"{EC2}/describe-route-tables.json": {"RouteTables": [table]},
    }
    for name, held in lists.items():
        files[f"{EC2}/get-managed-prefix-list-entries/{name}.json"] = {"Entries": [{"Cidr": one} for one in held]}
    return load_files({path: json.dumps(value).encode() for path, value in files.items()}).network


def compiled(routes: list[Record], lists: dict[str, tuple[str, ...]] = PREFIX_LISTS) -> CompiledTable:
    network = network_of(routes, lists)
    return compile_table(network, network.route_tables["rtb-1"], HOME)


def transit_parts(routes: list[Record]) -> tuple[Part[object], ...]:
    network = network_of([])
    path = f"{EC2}/search-transit-gateway-routes/tgw-rtb-1.json"
    files = {name: network.snapshot.read(name) for name in network.snapshot.paths}
    network = load_files(files | {path: json.dumps({"Routes": routes}).encode()}).network
    parts, missing = compile_transit_table(network, network.transit_gateway_routes["tgw-rtb-1"], HOME)
    assert missing == ()
    return parts  # type: ignore[return-value]


def part_of(parts: tuple[Part[object], ...], address: str) -> Part[object] | None:
    found = [part for part in parts if parse_address(address) in part.destinations]
    assert len(found) <= 1
    return found[0] if found else None


def as_transit(routes: list[Record]) -> list[Record]:
    """The drawn routes in the words of a transit gateway route table."""
    made: list[Record] = []
    for number, route in enumerate(routes):
        attachment = {"TransitGatewayAttachmentId": f"tgw-attach-{number}", "ResourceType": "vpc"}
        kind = "propagated" if precedence(route) == 3 else "static"
        record: Record = {"Type": kind, "State": route["State"], "TransitGatewayAttachments": [attachment]}
        if "DestinationPrefixListId" in route:
            record["PrefixListId"] = route["DestinationPrefixListId"]
        else:
            record["DestinationCidrBlock"] = destinations(route)[0]
        made.append(record)
    return made


# --- laws -----------------------------------------------------------------------------------------------------------


@given(route_lists(), several_addresses)
def test_each_address_goes_by_the_routes_that_the_router_takes(routes: list[Record], asked: list[str]) -> None:
    held = with_local(routes)
    table = compiled(held)
    for address in asked:
        part = part_of(table.parts, address)
        winners = [] if part is None else sorted(winner.index for winner in part.winners)
        assert winners == takes(address, held, VPC_BLOCKS)


@given(route_lists(), several_addresses)
def test_winners_are_the_records_that_they_say_they_are(routes: list[Record], asked: list[str]) -> None:
    held = with_local(routes)
    table = compiled(held)
    for address in asked:
        for winner in (part_of(table.parts, address) or Part(EVERYWHERE, ())).winners:
            record = held[winner.index]
            assert winner.route.state == record["State"]
            assert winner.target.id in record.values()
            assert winner.destination == (record.get("DestinationPrefixListId") or destinations(record)[0])


@given(route_lists())
def test_parts_are_disjoint(routes: list[Record]) -> None:
    parts = compiled(with_local(routes)).parts
    assert all(one.destinations.isdisjoint(other.destinations) for one, other in itertools.combinations(parts, 2))


@given(route_lists())
def test_parts_cover_what_the_routes_name_and_no_more(routes: list[Record]) -> None:
    held = with_local(routes)
    named = IntervalSet.union_of(cidr.block for cidr in map(Cidr, itertools.chain(*map(destinations, held))))
    assert IntervalSet.union_of(part.destinations for part in compiled(held).parts) == named


@given(route_lists())
def test_no_part_is_empty_or_without_a_winner(routes: list[Record]) -> None:
    assert all(part.destinations and part.winners for part in compiled(with_local(routes)).parts)


@given(route_lists(), several_addresses)
def test_without_local_routes_in_the_file_the_vpcs_own_blocks_are_local_all_the_same(
    routes: list[Record], asked: list[str]
) -> None:
    routes = [route for route in routes if not set(VPC_BLOCKS) & set(listed(route))]
    held = with_local(routes)
    table = compiled(routes)
    for address in asked:
        part = part_of(table.parts, address)
        local = len(held) - len(routes)
        winners = [] if part is None else sorted(winner.index for winner in part.winners)
        expected = takes(address, held, VPC_BLOCKS)
        assert winners == [max(number - local, -1) for number in expected]


def listed(route: Record) -> tuple[str, ...]:
    return destinations(route) if "DestinationPrefixListId" in route else ()


def test_a_prefix_list_with_the_vpcs_own_block_does_not_replace_an_unstated_local_route() -> None:
    route = {"DestinationPrefixListId": "pl-1", "GatewayId": "igw-1", "Origin": "CreateRoute", "State": "active"}
    part = part_of(compiled([route], {"pl-1": VPC_BLOCKS}).parts, "10.0.0.9")
    assert part is not None
    assert [winner.target.kind for winner in part.winners] == ["local"]


@given(route_lists(), several_addresses, st.randoms(use_true_random=False))
def test_the_order_of_the_routes_does_not_matter(routes: list[Record], asked: list[str], rng: random.Random) -> None:
    shuffled = rng.sample(routes, len(routes))
    for address in asked:
        found = [
            {(winner.destination, winner.target, winner.route.state) for winner in part.winners}
            for held in (routes, shuffled)
            if (part := part_of(compiled(held).parts, address)) is not None
        ]
        assert found in ([], [found[0], found[0]] if found else [])


@given(route_lists())
def test_a_prefix_list_without_entries_is_named_once(routes: list[Record]) -> None:
    missing = compiled(with_local(routes), lists={}).missing
    named = {route["DestinationPrefixListId"] for route in routes if "DestinationPrefixListId" in route}
    assert sorted(missing) == sorted(f"{EC2}/get-managed-prefix-list-entries/{name}.json" for name in named)


@given(route_lists())
def test_with_all_prefix_lists_nothing_is_missing(routes: list[Record]) -> None:
    assert compiled(with_local(routes)).missing == ()


@given(route_lists(), several_addresses)
def test_a_transit_gateways_table_takes_the_longest_prefix_too(routes: list[Record], asked: list[str]) -> None:
    held = as_transit(routes)
    parts = transit_parts(held)
    for address in asked:
        part = part_of(parts, address)
        winners = () if part is None else part.winners
        found = [one.transit_gateway_attachments[0].transit_gateway_attachment_id for one in winners]  # type: ignore[attr-defined]
        assert sorted(found) == sorted(f"tgw-attach-{number}" for number in takes(address, held))


@given(st.lists(st.tuples(cidrs(), st.sampled_from([STATIC, PREFIX_LIST, PROPAGATED])), max_size=8))
def test_longest_prefix_puts_equal_ranks_side_by_side(drawn: list[tuple[object, int]]) -> None:
    entries = [(block, rank, number) for number, (block, rank) in enumerate(drawn)]
    for part in longest_prefix(entries):  # type: ignore[arg-type]
        assert len({drawn[number] for number in part.winners}) == 1


@given(blocks())
def test_a_more_specific_blackhole_takes_its_part_from_an_active_route(block: str) -> None:
    active = {"GatewayId": "igw-1", "Origin": "CreateRoute", "State": "active"}
    key = "DestinationIpv6CidrBlock" if ":" in block else "DestinationCidrBlock"
    everything = "::/0" if ":" in block else "0.0.0.0/0"
    held = [active | {key: everything}, active | {key: block, "State": "blackhole"}]
    dropped = IntervalSet.union_of(
        part.destinations
        for part in compiled(held).parts
        if any(winner.route.state == "blackhole" for winner in part.winners)
    )
    local = IntervalSet.union_of(Cidr(one).block for one in VPC_BLOCKS if not covers(one, block) and covers(block, one))
    if not block.endswith("/0"):
        assert dropped == Cidr(block).block - local


@given(st.lists(st.sampled_from(range(40)), unique=True, max_size=20), st.integers(0, 119), st.integers(0, 40))
def test_the_parts_that_meet_addresses_are_those_that_share_some(starts: list[int], first: int, width: int) -> None:
    """Of few parts as of many, and of one address as of several."""
    parts = Parts(Part(IntervalSet.span(3 * one, 3 * one + one % 3), ()) for one in starts)
    wanted = IntervalSet.span(first, first + width)
    assert parts.meeting(wanted) == [one for one in parts if not one.destinations.isdisjoint(wanted)]
