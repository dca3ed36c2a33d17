"""What is behind a missing route to another VPC: nothing that connects the two, or a route there for other addresses.

**Source:** codes DISCONNECTED_VPCS, CANNOT_ROUTE and TGW_RTB_CANNOT_ROUTE of "Reachability Analyzer explanation codes";
facts N180 to N195.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from reachsim.evidence import Block
from reachsim.forwarding import Ground, Walk
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.model.records import NotThere
from reachsim.routing import target_of

_NO_WAY_OVER: Final = (
    "NO_ROUTE_TO_DESTINATION",
    "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS",
    "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS",
)
_CONNECTIONS: Final = (
    "describe-vpc-peering-connections",
    "describe-transit-gateway-vpc-attachments",
    "describe-vpn-gateways",
    "describe-route-tables",
)
_GONE: Final = ("deleted", "deleting", "rejected", "expired", "failed")
_NOT_COVERED: Final = {
    "NO_ROUTE_TO_DESTINATION": "CANNOT_ROUTE",
    "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT": "TGW_RTB_CANNOT_ROUTE",
}
_TOLD_MORE_OF: Final = frozenset((*_NO_WAY_OVER, *_NOT_COVERED))


VpcsAt = Callable[[IntervalSet], set[str]]
"""The VPCs of the interfaces that are asked for and have one of the addresses."""


def told_apart(ground: Ground, flows: Iterable[Walk], vpc_id: str, asked: VpcsAt) -> tuple[Walk, ...]:
    """The flows, with the cause behind each missing route from a VPC to interfaces of other VPCs."""
    return tuple([_told(ground, flow, vpc_id, asked) for flow in flows] if vpc_id else flows)


def _told(ground: Ground, flow: Walk, vpc_id: str, asked: VpcsAt) -> Walk:
    if _TOLD_MORE_OF.isdisjoint([block.code for block in flow.blocks]):
        return flow
    there = asked(flow.destinations)
    if not there or vpc_id in there:
        return flow
    if any(connected(ground, vpc_id, other) is not False for other in there):
        return msgspec.structs.replace(flow, blocks=tuple(_nearly_routed(ground, one, there) for one in flow.blocks))
    network = ground.network
    others = ", ".join(network.label(one) for one in sorted(there))
    detail = f"no peering connection and no transit gateway connects {network.label(vpc_id)} with {others}"
    blocks = tuple(
        msgspec.structs.replace(block, cause="DISCONNECTED_VPCS", detail=f"{block.detail}; {detail}")
        if block.code in _NO_WAY_OVER and block.leg == "request" and block.cause is None
        else block
        for block in flow.blocks
    )
    return msgspec.structs.replace(flow, blocks=blocks)


def _nearly_routed(ground: Ground, block: Block, there: set[str]) -> Block:
    """The block, with the route of its table that leads to those VPCs and does not cover what was asked for."""
    if block.code not in _NOT_COVERED or block.leg != "request" or block.cause is not None:
        return block
    if block.code == "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT":
        routes = ground.told(_transit_routes, block.component).get(min(there), [])
    else:
        routes = ground.told(_routes, block.component)
    near = next((shown for shown, ends in routes if there <= ends), None)
    if near is None:
        return block
    detail = f"{block.detail}; {near} leads there, but not for this address"
    return msgspec.structs.replace(block, cause=_NOT_COVERED[block.code], detail=detail)


def _routes(network: Network, table_id: str) -> list[tuple[str, set[str]]]:
    """(a working route of a VPC's table in words, the VPCs that its target joins)."""
    found = []
    table = network.route_tables.get(table_id)
    for route in table.routes if table is not None else ():
        target = target_of(route)
        if route.state == "active" and target.kind in ("vpc-peering-connection", "transit-gateway"):
            destination = route.destination_cidr_block or route.destination_ipv6_cidr_block
            shown = f"{destination or route.destination_prefix_list_id} → {network.label(target.id)}"
            found.append((shown, _joined_by(network, target.id)))
    return found


def _joined_by(network: Network, target: str) -> set[str]:
    connection = network.vpc_peering_connections.get(target)
    if connection is not None:
        return {end.vpc_id for end in (connection.requester_vpc_info, connection.accepter_vpc_info) if end.vpc_id}
    attachments = network.transit_gateway_vpc_attachments.values()
    return {one.vpc_id for one in attachments if one.transit_gateway_id == target and one.vpc_id}


def _transit_routes(network: Network, table_id: str) -> dict[str, list[tuple[str, set[str]]]]:
    """By VPC: (a working route of a transit gateway's table that leads there, in words, the VPCs that it leads to)."""
    from reachsim.forwarding.transit import route_in_words

    found: dict[str, list[tuple[str, set[str]]]] = {}
    known = network.transit_gateway_routes.get(table_id)
    for route in known.routes if known is not None else ():
        ends = {
            one.resource_id
            for one in route.transit_gateway_attachments
            if one.resource_type == "vpc" and one.resource_id
        }
        if route.state == "active" and ends:
            shown = route_in_words(route)
            for end in ends:
                found.setdefault(end, []).append((shown, ends))
    return found


def connected(ground: Ground, one: str, other: str) -> bool | None:
    """Whether a peering connection, transit gateways, private gateways or a core network may connect two VPCs.

    None where the snapshot lacks what tells.
    """
    if ground.lacks_for_vpc(one, *_CONNECTIONS) or ground.lacks_for_vpc(other, *_CONNECTIONS):
        return None
    if other in ground.told(_peers, one):
        return True
    return not ground.told(_ways_out, one).isdisjoint(ground.told(_ways_out, other))


def _peers(network: Network, vpc_id: str) -> set[str | None]:
    """The VPCs that a peering connection connects with one, or may yet."""
    found: set[str | None] = set()
    for peering in network.vpc_peering_connections.values():
        ends = {peering.requester_vpc_info.vpc_id, peering.accepter_vpc_info.vpc_id}
        if vpc_id in ends and str(peering.status.code) not in _GONE:
            found |= ends - {vpc_id}
    return found


def _ways_out(network: Network, vpc_id: str) -> set[str]:
    """The kinds of network that a VPC is joined to; two VPCs on one kind may reach one another by it."""
    found: set[str] = set()
    if any(one.vpc_id == vpc_id for one in network.transit_gateway_vpc_attachments.values()):
        found.add("transit gateway")
    held = [gateway.vpc_attachments for gateway in network.vpn_gateways.values()]
    if any(isinstance(some, NotThere) or any(one.vpc_id in (vpc_id, None) for one in some) for some in held):
        found.add("virtual private gateway")
    tables = (table for table in network.route_tables.values() if table.vpc_id == vpc_id)
    if any(route.core_network_arn for table in tables for route in table.routes):
        found.add("core network")
    return found
