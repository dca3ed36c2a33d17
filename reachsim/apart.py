"""Whether anything connects two VPCs: behind a missing route it tells a route to add from a connection to make.

**Source:** code DISCONNECTED_VPCS of "Reachability Analyzer explanation codes"; facts N180 to N195.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from reachsim.forwarding import Walk
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network

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


def told_apart(network: Network, flow: Walk, vpc_id: str, aimed: Sequence[Interface]) -> Walk:
    """The flow, the cause DISCONNECTED_VPCS behind a missing route to interfaces of VPCs that nothing connects."""
    if not vpc_id or not any(block.code in _NO_WAY_OVER for block in flow.blocks):
        return flow
    there = {one.vpc_id for one in aimed if not one.addresses.isdisjoint(flow.destinations)}
    if not there or vpc_id in there or any(connected(network, vpc_id, other) is not False for other in there):
        return flow
    others = ", ".join(network.label(one) for one in sorted(there))
    detail = f"no peering connection and no transit gateway connects {network.label(vpc_id)} with {others}"
    blocks = tuple(
        msgspec.structs.replace(block, cause="DISCONNECTED_VPCS", detail=f"{block.detail}; {detail}")
        if block.code in _NO_WAY_OVER and block.leg == "request" and block.cause is None
        else block
        for block in flow.blocks
    )
    return msgspec.structs.replace(flow, blocks=blocks)


def connected(network: Network, one: str, other: str) -> bool | None:
    """Whether a peering connection, transit gateways, private gateways or a core network may connect two VPCs.

    None where the snapshot lacks what tells.
    """
    if any(network.lacks(network.home_of(vpc_id), *_CONNECTIONS) for vpc_id in (one, other)):
        return None
    for peering in network.vpc_peering_connections.values():
        ends = {peering.requester_vpc_info.vpc_id, peering.accepter_vpc_info.vpc_id}
        if ends == {one, other} and str(peering.status.code) not in _GONE:
            return True
    return not _ways_out(network, one).isdisjoint(_ways_out(network, other))


def _ways_out(network: Network, vpc_id: str) -> set[str]:
    """The kinds of network that a VPC is joined to; two VPCs on one kind may reach one another by it."""
    found: set[str] = set()
    if any(one.vpc_id == vpc_id for one in network.transit_gateway_vpc_attachments.values()):
        found.add("transit gateway")
    attachments = (one for gateway in network.vpn_gateways.values() for one in gateway.vpc_attachments)
    if any(one.vpc_id == vpc_id for one in attachments):
        found.add("virtual private gateway")
    tables = (table for table in network.route_tables.values() if table.vpc_id == vpc_id)
    if any(route.core_network_arn for table in tables for route in table.routes):
        found.add("core network")
    return found
