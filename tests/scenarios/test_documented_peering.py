"""The worked examples of the VPC Peering Guide, each with the reachability that its page states.

"VPC peering configurations with specific routes" and "Unsupported VPC peering configurations". Addresses and tables are
the pages' own; the networks are rebuilt.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.scenarios.documented import EVERYWHERE, PRIVATE, SHUT, Guide, rows
from tests.scenarios.lan import ask, codes, crossed, fate


def peered(*pairs: str, tables: dict[str, Sequence[tuple[str, str]]], net: Guide) -> Guide:
    """Peer VPCs ``ab``: ``pcx-ab``; and give tables their routes."""
    for pair in pairs:
        net.peering(f"vpc-{pair[0]}", f"vpc-{pair[1]}", name=pair)
    for table, routes in tables.items():
        for block, pair in routes:
            net.route(f"rtb-{table}", block, f"pcx-{pair}")
    return net


def two_vpcs_for_two_subnets_of_one() -> Guide:
    net = Guide()
    net.site("a", "172.16.0.0/16", subnet="172.16.0.0/24")
    net.tier("a2", "a", "172.16.1.0/24")
    net.site("b", "10.0.0.0/16")
    net.site("c", "10.0.0.0/16", subnet="10.0.2.0/24")
    return peered("ab", "ac", net=net, tables={
        "a": [("10.0.0.0/16", "ab")], "a2": [("10.0.0.0/16", "ac")], "b": [("172.16.0.0/24", "ab")],
        "c": [("172.16.1.0/24", "ac")],
    })  # fmt: skip


@rows(
    ("eni-b", "eni-a", PRIVATE), ("eni-b", "eni-a2", SHUT), ("eni-c", "eni-a2", PRIVATE), ("eni-c", "eni-a", SHUT),
    ("eni-a", "eni-b", PRIVATE), ("eni-a2", "eni-c", PRIVATE), ("eni-a", "eni-c", SHUT), ("eni-b", "eni-c", SHUT),
)  # fmt: skip
def test_two_vpcs_that_access_specific_subnets_in_one(source: str, target: str, expected: tuple[str, str]) -> None:
    assert fate(ask(two_vpcs_for_two_subnets_of_one(), source, target)) == expected


def active_directory(*more: tuple[str, str]) -> Guide:
    """VPC a (172.16.0.0/16) peered with b and c, both 10.0.0.0/16 with subnets 10.0.0.0/24 and 10.0.1.0/24."""
    net = Guide()
    net.site("a", "172.16.0.0/16", subnet="172.16.0.0/24")
    for name in "bc":
        net.site(name, "10.0.0.0/16", subnet="10.0.0.0/24")
        net.tier(f"{name}2", name, "10.0.1.0/24")
        net.interface(f"subnet-{name}2", "10.0.1.66", [f"sg-{name}"], name=f"{name}66")
        for table in (name, f"{name}2"):
            net.route(f"rtb-{table}", "172.16.0.0/24", f"pcx-a{name}")
    return peered("ab", "ac", net=net, tables={"a": more})


WRONG_ANSWERS = [("10.0.0.0/16", "ac")]


@pytest.mark.parametrize(
    ("tables", "source", "expected"),
    [
        (WRONG_ANSWERS, "eni-b66", SHUT),  # the response goes to VPC C
        (WRONG_ANSWERS, "eni-c66", PRIVATE),
        ([*WRONG_ANSWERS, ("10.0.1.0/24", "ab")], "eni-b66", PRIVATE),
        ([*WRONG_ANSWERS, ("10.0.1.0/24", "ab")], "eni-c66", SHUT),
        ([*WRONG_ANSWERS, ("10.0.1.0/24", "ab")], "eni-c", PRIVATE),
        ([("10.0.1.0/24", "ab"), ("10.0.0.0/24", "ac")], "eni-b2", PRIVATE),
        ([("10.0.1.0/24", "ab"), ("10.0.0.0/24", "ac")], "eni-b", SHUT),
        ([("10.0.1.0/24", "ab"), ("10.0.0.0/24", "ac")], "eni-c", PRIVATE),
        ([("10.0.1.66/32", "ab"), ("10.0.0.0/16", "ac")], "eni-b66", PRIVATE),
        ([("10.0.1.66/32", "ab"), ("10.0.0.0/16", "ac")], "eni-b2", SHUT),
        ([("10.0.1.66/32", "ab"), ("10.0.0.0/16", "ac")], "eni-c2", PRIVATE),
    ],
)
def test_response_traffic_goes_where_the_answerer_routes_it(
    tables: list[tuple[str, str]], source: str, expected: tuple[str, str]
) -> None:
    """ "Routing for response traffic": nothing looks at where the request came from."""
    verdict = ask(active_directory(*tables), source, "eni-a")
    assert fate(verdict) == expected


@pytest.mark.parametrize(
    ("target", "via"), [("ip:10.0.1.66", "pcx-ab"), ("ip:10.0.1.5", "pcx-ac"), ("ip:10.0.0.5", "pcx-ac")]
)
def test_one_vpc_that_accesses_two_by_the_longest_prefix(target: str, via: str) -> None:
    verdict = ask(active_directory(("10.0.1.66/32", "ab"), ("10.0.0.0/16", "ac")), "eni-a", target)
    assert fate(verdict) == PRIVATE
    assert via in crossed(verdict)


def edge_to_edge(kind: str) -> tuple[Guide, str]:
    """VPC b is peered with a, which has the connection; and what lies behind it."""
    net = Guide()
    net.site("a", "10.0.0.0/16")
    net.site("b", "172.16.0.0/16")
    peered("ab", net=net, tables={"a": [("172.16.0.0/16", "ab")], "b": [("10.0.0.0/16", "ab"), (EVERYWHERE, "ab")]})
    if kind == "vpn":
        gateway = net.vgw("vpc-a")
        net.vpn(gateway, ["192.168.0.0/16"])
        net.route("rtb-a", "192.168.0.0/16", gateway)
        return net, "ip:192.168.0.9"
    igw = net.igw("vpc-a", name="a")
    net.tier("pub", "a", "10.0.2.0/24", [(EVERYWHERE, igw), ("172.16.0.0/16", "pcx-ab")])
    nat = net.nat("subnet-pub", "10.0.2.9", "203.0.113.9")
    net.route("rtb-a", EVERYWHERE, igw if kind == "igw" else nat)
    if kind == "s3":
        net.gateway_endpoint("vpc-a", "s3", ["rtb-a"])
        return net, "s3"
    return net, "ip:198.51.100.9"


@pytest.mark.parametrize("kind", ["vpn", "igw", "nat", "s3"])
def test_edge_to_edge_routing_is_not_supported(kind: str) -> None:
    net, behind = edge_to_edge(kind)
    assert fate(ask(net, "eni-b", "eni-a")) == PRIVATE
    assert fate(ask(net, "eni-b", behind)) == SHUT
    assert fate(ask(net, behind if behind != "s3" else "internet", "eni-b")) == SHUT


def test_transitive_peering_is_not_supported() -> None:
    net = Guide()
    for name, block in (("a", "10.0.0.0/16"), ("b", "172.16.0.0/16"), ("c", "192.168.0.0/16")):
        net.site(name, block)
    peered("ab", "ac", net=net, tables={
        "a": [("172.16.0.0/16", "ab"), ("192.168.0.0/16", "ac")],
        "b": [("10.0.0.0/16", "ab"), ("192.168.0.0/16", "ab")],
        "c": [("10.0.0.0/16", "ac"), ("172.16.0.0/16", "ac")],
    })  # fmt: skip
    assert fate(ask(net, "eni-b", "eni-c")) == SHUT
    assert codes(ask(net, "eni-b", "eni-c")) == {"PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"}
    assert fate(ask(net, "eni-a", "eni-c")) == PRIVATE
