"""Ways to private networks: what is left out of the question never lies behind a private gateway."""

from __future__ import annotations

import pytest

from reachsim import Verdict, load_files
from reachsim.check.exits import PRIVATE_BLOCKS, private_exits
from reachsim.model.network import Network
from reachsim.routing import target_of
from tests.build import ANYWHERE, Build
from tests.property.networks import network

SEEDS = range(7000, 7004)


@pytest.mark.parametrize("topic", ["vpn", "transit", "lists", "edge", "everything"])
def test_exits_are_those_of_whole_blocks(topic: str) -> None:
    for seed in SEEDS:
        reach = load_files(network(topic, seed).files())
        if not _targets(reach.network) & {"vpn-gateway", "transit-gateway", "network-interface", "instance"}:
            assert private_exits(reach.ground, list(reach.network.interfaces)) == []
            continue
        for source in list(reach.network.interfaces)[:3]:
            whole = [reach.simulate(source, f"ip:{block}") for block in PRIVATE_BLOCKS]
            led = {one.question.destination for one in whole if any(p.route == "on-premises" for p in one.paths)}
            unknown = {one.question.destination for one in whole if one.outcome == "unknown" and _untold(one)} - led
            found = private_exits(reach.ground, [source])
            assert {one.question.destination for one in found if one.outcome == "allowed"} == led
            assert unknown <= {one.question.destination for one in found if one.outcome == "unknown"}


def _untold(verdict: Verdict) -> bool:
    """Whether something else is not known than how a transit gateway translates: its routes tell where it leads."""
    gaps = [one for one in verdict.assumptions if one.code in ("UNMODELLED_COMPONENT", "UNKNOWN_RESOURCE")]
    return not gaps or any("NAT gateway support" not in one.detail for one in gaps)


def _targets(network: Network) -> set[str]:
    """The kinds of target that routes name."""
    return {target_of(route).kind for table in network.route_tables.values() for route in table.routes}


def organization(vpcs: int, leading: str, tables_known: bool = True) -> tuple[dict[str, bytes], str]:
    """VPCs on a transit gateway, all blocks of which its table sends into them but one, which goes ``leading``."""
    net = Build()
    tgw = net.tgw()
    rtb = net.tgw_table(tgw)
    home = ""
    for number in range(vpcs):
        vpc = net.vpc(f"10.{number}.0.0/16")
        subnet = net.subnet(vpc, f"10.{number}.0.0/24", table=net.table(vpc, [("10.0.0.0/8", tgw)]))
        group = net.group(vpc, ingress=ANYWHERE, egress=ANYWHERE)
        names = [net.interface(subnet, f"10.{number}.0.{host}", [group]) for host in range(10, 14)]
        home = home or names[0]
        attachment = net.tgw_attachment(tgw, vpc, [subnet])
        net.associate(rtb, attachment)
        net.tgw_route(rtb, f"10.{number}.0.0/16", attachment)
    private = net.direct_connect(tgw)
    net.associate(rtb, private)
    if leading:
        net.tgw_route(rtb, leading, private)
    files = net.files()
    kept = {path: data for path, data in files.items() if tables_known or "search-transit-gateway-routes" not in path}
    return kept, home


@pytest.mark.parametrize(
    ("leading", "tables_known", "expected"),
    [
        ("", True, []),
        ("10.99.0.0/16", True, [("ip:10.0.0.0/8", "allowed")]),
        ("10.1.128.0/17", True, [("ip:10.0.0.0/8", "allowed")]),  # within a VPC's own block, and stronger than it
        ("", False, [("ip:10.0.0.0/8", "unknown")]),
    ],
)
def test_exits_behind_a_transit_gateway(leading: str, tables_known: bool, expected: list[tuple[str, str]]) -> None:
    files, home = organization(3, leading, tables_known)
    reach = load_files(files)
    found = private_exits(reach.ground, [home])
    assert [(one.question.destination, one.outcome) for one in found] == expected


def test_other_vpcs_interfaces_are_not_walked_to() -> None:
    files, home = organization(8, "10.99.0.0/16")
    reach = load_files(files)
    assert sum(len(one.paths) for one in private_exits(reach.ground, [home])) < 5
