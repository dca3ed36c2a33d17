"""The networks behind private gateways, as far as routes name them: nobody describes them otherwise.

**Source:** Site-to-Site VPN, "Route tables and route priority" (fact N190): a virtual private gateway sends to the
prefixes that it knows, by BGP or by static routes.
"""

from __future__ import annotations

from reachsim.addresses import EVERYWHERE, V4, Cidr
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network

PRIVATE_ATTACHMENTS = ("vpn", "direct-connect-gateway", "vpn-concentrator", "client-vpn")
"""Kinds of transit gateway attachments that lead to private networks."""


def led_to(network: Network, gateway_id: str) -> IntervalSet:
    """Where a virtual private gateway's VPN connections lead: where their static routes that are in force do, if they
    have those only.

    Everywhere within IPv4 if one may learn its routes by BGP ("a virtual private gateway does not support IPv6 for
    Site-to-Site VPN connections", "How AWS Site-to-Site VPN works"), everywhere if there is none (Direct Connect).
    """
    listed = [one for one in network.vpn_connections.values() if one.vpn_gateway_id == gateway_id]
    mine = [one for one in listed if one.state != "deleted"] or listed  # AWS lists deleted ones for a while
    if not mine:
        return EVERYWHERE
    if not all(one.options.static_routes_only for one in mine):
        return V4
    blocks = (route.destination_cidr_block for one in mine for route in one.routes if route.state == "available")
    return V4 & IntervalSet.union_of(one.block for one in blocks if one is not None)


def announced(network: Network, vpc_id: str) -> IntervalSet:
    """Addresses that routes place behind private gateways of a VPC, default routes and the halves of such left out."""
    gateways = {
        name for name, one in network.vpn_gateways.items() if any(a.vpc_id == vpc_id for a in one.vpc_attachments)
    }
    blocks: list[Cidr | None] = []
    for connection in network.vpn_connections.values():
        if connection.vpn_gateway_id in gateways and connection.state != "deleted":
            blocks += [route.destination_cidr_block for route in connection.routes]
    for table in network.route_tables.values():
        for route in table.routes:
            if route.gateway_id in gateways:
                blocks += [route.destination_cidr_block, route.destination_ipv6_cidr_block]
    transit = joined(network, vpc_id)
    for table_id, routes in network.transit_gateway_routes.items():
        if network.transit_gateway_of_table(table_id) in transit:
            blocks += [
                route.destination_cidr_block
                for route in routes.routes
                if any(one.resource_type in PRIVATE_ATTACHMENTS for one in route.transit_gateway_attachments)
            ]
    return IntervalSet.union_of(one.block for one in blocks if one is not None and one.length > 1)


def joined(network: Network, vpc_id: str | None) -> set[str]:
    """The transit gateways that a VPC (any VPC, if None) is attached to, and those that peering joins to them.

    **Source:** Amazon VPC Transit Gateways, "Example: Peered transit gateways": behind the other one may be a VPN.
    """
    attachments = network.transit_gateway_vpc_attachments.values()
    found = {one.transit_gateway_id for one in attachments if vpc_id in (None, one.vpc_id) and one.transit_gateway_id}
    links = [
        {gateway_id, one.resource_id}
        for (gateway_id, _), one in network.transit_gateway_attachments.items()
        if one.resource_type == "peering" and one.resource_id
    ]
    while more := {one for link in links if link & found for one in link} - found:
        found |= more
    return found
