"""Questions to Batfish's test networks, beside what its own tests say of them (``tests/data/batfish-dumps``).

Its flows are single packets in one direction, of whatever protocol and port; here both legs count, over HTTPS or SSH.
Where the two differ, AWS's documentation decides; the test then says why.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reachsim import Reach, load
from reachsim.importers import import_batfish
from tests.scenarios.lan import blocks, crossed, fate

DUMPS = Path(__file__).resolve().parent.parent / "data" / "batfish-dumps"
A, A2, B, C = "i-06ba034d88c84ef07", "i-075e846ed41670385", "i-0b14080af811fda3d", "i-04a292ff83b3aa833"
BAT, BAT2, FISH = "i-08f3abb6471637c66", "i-05e25e43074216229", "i-0afb0a59f6bf36397"
PRIVATE, SHUT = ("allowed", "private"), ("blocked", "none")
Blocked = set[tuple[str, str]]


def dump(name: str, tmp_path: Path) -> Reach:
    import_batfish(DUMPS / name, tmp_path / "snapshot")
    return load(tmp_path / "snapshot")


def stopped(reach: Reach, source: str, target: str, port: int = 443) -> Blocked:
    """(code, component) of everything in the way."""
    verdict = reach.simulate(source, target, protocol="tcp", port=port)
    assert fate(verdict) == (SHUT if verdict.blocked_by else PRIVATE)
    return {(one.code, one.component) for one in verdict.blocked_by}


# --- peering: VPC A with B and C, which have the same block -----------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (A, "ip:192.168.1.106", {("ENI_SG_RULES_MISMATCH", "sg-065c26b39e45ae384")}),  # DENIED_IN at the instance of B
        (B, "ip:10.10.10.157", {("ENI_SG_RULES_MISMATCH", "sg-09606ce9642cac154")}),
        (A, "ip:192.168.2.229", {("ENI_SG_RULES_MISMATCH", "sg-0b3df494998412a48")}),  # at that of C
        (A, "ip:192.168.100.1", {("NO_ROUTE_TO_DESTINATION", "rtb-0891861fffaea6d52")}),  # NO_ROUTE at A's subnet
        (B, "ip:10.10.100.1", {("NO_POSSIBLE_DESTINATION", "vpc-0404e08ceddf7f650")}),  # NULL_ROUTED at VPC A
        (B, "ip:10.10.10.11", {("NO_POSSIBLE_DESTINATION", "subnet-006a19c846f047bd7")}),  # DELIVERED_TO_SUBNET A
        (B, "ip:8.8.8.8", {("BAD_STATE_ROUTE", "rtb-017c36290c9baf017")}),  # its gateway is gone: a blackhole
    ],
)
def test_vpc_peering(source: str, target: str, expected: Blocked, tmp_path: Path) -> None:
    assert stopped(dump("vpc-peering", tmp_path), source, target) == expected


@pytest.mark.parametrize(("source", "target"), [(A, B), (B, A), (A, C), (C, A)])
def test_vpc_peering_over_ssh(source: str, target: str, tmp_path: Path) -> None:
    assert stopped(dump("vpc-peering", tmp_path), source, target, port=22) == set()


def test_equal_blocks_behind_two_peerings_are_not_mixed_up(tmp_path: Path) -> None:
    """Where Batfish names the path: A's packets for 192.168.1.0/24 go to B, never to C."""
    verdict = dump("vpc-peering", tmp_path).simulate(A, "ip:192.168.1.106", protocol="tcp", port=22)
    assert "pcx-0b89b559e3319d6cf" in crossed(verdict)
    assert "pcx-0d5b836985ac8ca8c" not in [*crossed(verdict), *crossed(verdict, "response")]


# --- a transit gateway: VPC A is attached by one of its two zones -----------------------------------------------------


@pytest.mark.parametrize(("source", "target"), [(A, B), (B, A)])
def test_transit_gateway(source: str, target: str, tmp_path: Path) -> None:
    reach = dump("transit-gateway", tmp_path)
    assert {code for code, _ in stopped(reach, source, target)} == {"ENI_SG_RULES_MISMATCH"}  # DENIED_IN
    assert stopped(reach, source, target, port=22) == set()


NOT_IN_THE_ZONE = ("TGW_ROUTE_AZ_RESTRICTION", "tgw-attach-07f5ec59e9f540021")


def test_from_a_zone_that_is_not_attached_nothing_reaches_the_gateway(tmp_path: Path) -> None:
    """Batfish: NULL_ROUTED at the subnet."""
    assert stopped(dump("transit-gateway", tmp_path), A2, B, port=22) == {NOT_IN_THE_ZONE}


def test_to_a_zone_that_is_not_attached_the_request_goes_and_no_reply_comes(tmp_path: Path) -> None:
    """Batfish drops the request at the VPC. AWS lets traffic in by another zone where the attachment has no subnet in
    the sender's ("Appliance in a shared services VPC": "or if there are no subnets associated with a VPC attachment in
    that Availability Zone"); it is the reply that has no way out of its zone.
    """
    verdict = dump("transit-gateway", tmp_path).simulate(B, A2, protocol="tcp", port=22)
    subnet = "subnet-0b5b8ddd5a69fcfcd"
    assert blocks(verdict) == {(*NOT_IN_THE_ZONE, None, subnet, "response", "egress")}


# --- peered transit gateways in two accounts and Regions --------------------------------------------------------------

FROM_BAT, FROM_FISH = "tgw-rtb-05d2952671d1f460a", "tgw-rtb-00be87593fb2cd0ae"
NO_ROUTE = "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (BAT, FISH, {(NO_ROUTE, FROM_BAT)}),  # NO_ROUTE at bat's gateway
        (FISH, BAT, {(NO_ROUTE, FROM_FISH)}),  # NO_ROUTE at fish's gateway
        (FISH, BAT2, {(NO_ROUTE, FROM_BAT)}),  # NO_ROUTE at bat's gateway, across the peering
    ],
)
def test_peered_transit_gateways(source: str, target: str, expected: Blocked, tmp_path: Path) -> None:
    """No answer of ``describe-transit-gateway-peering-attachments``: the list of all attachments tells the far end."""
    assert stopped(dump("transit-gateway-peering", tmp_path), source, target, port=22) == expected


def test_a_request_across_peered_gateways_has_arrived_before_its_reply_is_lost(tmp_path: Path) -> None:
    """Batfish: DENIED_IN at the instance. It also tells that fish cannot reach bat2: nor, then, reply."""
    verdict = dump("transit-gateway-peering", tmp_path).simulate(BAT2, FISH, protocol="tcp", port=443)
    assert {(one.code, one.component, one.leg) for one in verdict.blocked_by} == {
        ("ENI_SG_RULES_MISMATCH", "sg-0365783e832fbf535", "request"), (NO_ROUTE, FROM_BAT, "response"),
    }  # fmt: skip


def test_the_propagation_that_it_lacks_completes_the_way(tmp_path: Path) -> None:
    """The line that the Terraform file has as a comment."""
    folder = tmp_path / "dump"
    place = Path("aws_configs/accounts/732168539940/us-east-1/TransitGatewayPropagations.json")
    for path in (DUMPS / "transit-gateway-peering").rglob("*.json"):
        target = folder / path.relative_to(DUMPS / "transit-gateway-peering")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    answer = json.loads((folder / place).read_text("utf-8"))
    alone, default = answer["TransitGatewayPropagations"]
    default["TransitGatewayRouteTablePropagations"] += alone["TransitGatewayRouteTablePropagations"]
    (folder / place).write_text(json.dumps(answer), encoding="utf-8")
    import_batfish(folder, tmp_path / "snapshot")
    reach = load(tmp_path / "snapshot")
    assert stopped(reach, BAT2, FISH, port=22) == set()
    assert stopped(reach, FISH, BAT2, port=22) == set()


# --- a load balancer --------------------------------------------------------------------------------------------------

CLIENT, FIRST, SECOND = "i-0c8ce8bbdd98cc4e8", "ip:10.1.1.237", "ip:10.1.20.123"


@pytest.mark.parametrize(("node", "own"), [(FIRST, "eni-0a4486d9ba39d5e3e"), (SECOND, "eni-02e730a1b02dbc756")])
def test_load_balancer(node: str, own: str, tmp_path: Path) -> None:
    """The answer is Batfish's, ACCEPTED. Its layout has no attributes of target groups; whether the group crosses zones
    or not, the target of the node's own zone takes what comes."""
    verdict = dump("load-balancer", tmp_path).simulate(CLIENT, node, protocol="tcp", port=80)
    assert fate(verdict) == PRIVATE
    assert {path.terminal for path in verdict.paths} == {own}


@pytest.mark.parametrize("node", [FIRST, SECOND])
def test_no_listener_takes_another_port(node: str, tmp_path: Path) -> None:
    codes = {code for code, _ in stopped(dump("load-balancer", tmp_path), CLIENT, node, port=81)}
    assert codes == {"ELBV2_LISTENER_PORT_RESTRICTION"}
