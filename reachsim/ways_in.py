"""Where traffic may come in from whom the snapshot does not hold: other accounts' VPCs, gateways that are not modelled.

What they send is not known. How it goes on from where it enters what is known is: it is walked like any other traffic,
with a gap from the beginning. So it is blocked where filters, or no way back, close every such way.

**Source:** "How VPC peering connections work" (fact N180), "How AWS Transit Gateway works" (N183 to N189), "Centralized
inbound inspection" (whitepaper "Building a Scalable and Secure Multi-VPC AWS Network Infrastructure": an appliance in a
VPC of its own forwards what the internet sends it), "How AWS Client VPN works".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from reachsim.addresses import EVERYWHERE, PUBLIC
from reachsim.evidence import Gap
from reachsim.forwarding.unmodelled import not_modelled
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.private_networks import PRIVATE_ATTACHMENTS, joined
from reachsim.routing import target_of


class WayIn(msgspec.Struct, frozen=True):
    """What is not known, and the places at which such traffic enters what is; no place if that is not known either."""

    gap: Gap
    addresses: IntervalSet = EMPTY
    vpc_id: str = ""
    places: tuple[tuple[str, ...], ...] = ()


def unseen_ways(network: Network, vpcs: Sequence[str], addresses: IntervalSet) -> list[WayIn]:
    """Ways by which addresses that are nobody's in the snapshot may come into VPCs (each listed once, in this order).

    Args:
        vpcs: ids of the VPCs.
        addresses: sources, IPv4 and IPv6.
    """
    return [
        *_unseen_peers(network, vpcs, addresses), *_unseen_attachments(network, vpcs, addresses),
        *_peerings_unread(network, vpcs, addresses), *_attachments_unread(network, vpcs, addresses),
        *by_gateways(network, vpcs, addresses, NOT_MODELLED),
        *(_client_vpns(network, vpcs) if addresses - PUBLIC else ()),
    ]  # fmt: skip


def carries_public(way: WayIn) -> bool:
    """Whether packets of others than its own VPC's may come by it, such as those of the internet: by transit gateways
    and core networks, not by peering connections (fact N180).
    """
    return way.places[0][0] != "local"


def _unseen_peers(network: Network, vpcs: Sequence[str], addresses: IntervalSet) -> Iterator[WayIn]:
    """Peering connections with VPCs that the snapshot does not hold."""
    for peering_id, peering in sorted(network.vpc_peering_connections.items()):
        ends = (peering.requester_vpc_info, peering.accepter_vpc_info)
        for near, far in (ends, ends[::-1]):
            if peering.status.code == "active" and near.vpc_id in vpcs and far.vpc_id not in network.vpcs:
                blocks = [one.cidr_block.block for one in far.cidr_block_set]
                blocks += [one.ipv6_cidr_block.block for one in far.ipv6_cidr_block_set]
                blocks += [far.cidr_block.block] if far.cidr_block else []
                mine = addresses & (IntervalSet.union_of(blocks) if blocks else EVERYWHERE - PUBLIC)
                if mine and near.vpc_id is not None:
                    detail = f"whether {far.vpc_id or 'the peer'} sends by {network.label(peering_id)} is not known"
                    gap = Gap("PEER_ACCOUNT_UNSEEN", peering_id, detail)
                    yield WayIn(gap, mine, near.vpc_id, (("local", near.vpc_id, ""),))


def _unseen_attachments(network: Network, vpcs: Sequence[str], addresses: IntervalSet) -> Iterator[WayIn]:
    """Attachments of VPCs, transit gateways and appliances that the snapshot does not hold, listed or not."""
    for vpc_id in vpcs:
        gateways = joined(network, vpc_id)
        for (gateway_id, attachment_id), attachment in sorted(network.transit_gateway_attachments.items()):
            known = network.vpcs.keys() if attachment.resource_type == "vpc" else network.transit_gateways.keys()
            joins = attachment.resource_type not in PRIVATE_ATTACHMENTS
            if gateway_id in gateways and joins and attachment.resource_id not in known:
                detail = f"what sends by {network.label(attachment_id)} is not in the snapshot"
                gap = Gap("PEER_ACCOUNT_UNSEEN", attachment_id, detail)
                yield WayIn(gap, addresses, vpc_id, (("transit", gateway_id, attachment_id),))
        own = {
            one.transit_gateway_id for one in network.transit_gateway_vpc_attachments.values() if one.vpc_id == vpc_id
        }
        for gateway_id in sorted(gateways & (own | network.transit_gateways.keys())):
            unlisted = _unlisted(network, gateway_id)
            if unlisted is not None:
                yield WayIn(unlisted, addresses, vpc_id, tuple(_out_of(network, gateway_id, vpc_id)))


def _unlisted(network: Network, gateway_id: str) -> Gap | None:
    """Why not all attachments of a transit gateway are known: of a shared one its owner alone sees what others attach
    (fact N189).
    """
    gateway = network.transit_gateways.get(gateway_id)
    owner = network.owner_home(gateway_id, gateway.owner_id if gateway is not None else None)
    calls = ["describe-transit-gateway-attachments"]
    lacking = network.lacks(owner, *calls if gateway is not None else ("describe-transit-gateways", *calls))
    label = network.label(gateway_id)
    if lacking and gateway is not None:
        detail = f"who else is attached to {label} is known to its owner, account {owner[0]}"
        return Gap("PEER_ACCOUNT_UNSEEN", gateway_id, detail, lacking)
    if gateway is None:
        detail = f"whose {label} is, and who else is attached to it, is not in the snapshot"
        return Gap("UNKNOWN_RESOURCE", gateway_id, detail, lacking)
    return None


def _out_of(network: Network, gateway_id: str, vpc_id: str) -> Iterator[tuple[str, ...]]:
    """Where what a transit gateway sends comes out: at its attachments of the VPC, and in those that are peered."""
    for attachment_id, attachment in sorted(network.transit_gateway_vpc_attachments.items()):
        if attachment.transit_gateway_id == gateway_id and attachment.vpc_id == vpc_id:
            yield "transit-out", gateway_id, attachment_id
    for (other, attachment_id), listed in sorted(network.transit_gateway_attachments.items()):
        if listed.resource_type == "peering" and listed.resource_id == gateway_id:
            yield "transit", other, attachment_id


def _peerings_unread(network: Network, vpcs: Sequence[str], addresses: IntervalSet) -> Iterator[WayIn]:
    """Peering connections that no file describes and by which the addresses may come: a route leads back to them."""
    for vpc_id in vpcs:
        home = network.home_of(vpc_id)
        lacking = network.lacks(home, "describe-vpc-peering-connections")
        if not lacking:
            continue
        back = (route for route in _routes_of(network, vpc_id) if route.vpc_peering_connection_id is not None)
        mine = addresses & IntervalSet.union_of(map(_leads_to, back))
        if mine:
            detail = f"what leads into {network.label(vpc_id)} by peering connections is not known"
            yield WayIn(Gap("UNKNOWN_RESOURCE", vpc_id, detail, lacking), mine, vpc_id, (("local", vpc_id, ""),))
        elif (untold := _routes_untold(network, vpc_id)) is not None:
            lacking += untold
            detail = f"whether {network.label(vpc_id)} routes to peering connections is not known"
            yield WayIn(Gap("UNKNOWN_RESOURCE", vpc_id, detail, lacking))


def _attachments_unread(network: Network, vpcs: Sequence[str], addresses: IntervalSet) -> Iterator[WayIn]:
    """Transit gateways that a route leads back to, of a VPC whose attachments no file tells: by any of its subnets."""
    for vpc_id in vpcs:
        lacking = network.lacks(network.home_of(vpc_id), "describe-transit-gateway-vpc-attachments")
        routes = _routes_of(network, vpc_id) if lacking else ()
        back = (route for route in routes if route.transit_gateway_id is not None)
        mine = addresses & IntervalSet.union_of(map(_leads_to, back))
        if mine:
            detail = f"what transit gateways send into {network.label(vpc_id)}, and by which subnets, is not known"
            places = tuple(("leave", subnet_id) for subnet_id in network.subnets_of(vpc_id))
            yield WayIn(Gap("UNKNOWN_RESOURCE", vpc_id, detail, lacking), mine, vpc_id, places)


def _routes_of(network: Network, vpc_id: str) -> Iterator[aws.Route]:
    return (route for table in network.route_tables.values() if table.vpc_id == vpc_id for route in table.routes)


def _leads_to(route: aws.Route) -> IntervalSet:
    block = route.destination_cidr_block or route.destination_ipv6_cidr_block
    return EVERYWHERE if block is None else block.block


OF_CARRIERS: Final = ("carrier-gateway", "unknown")
"""Kinds of route targets that may lead the internet in: also such as AWS did not have when this was written."""
NOT_MODELLED: Final = ("core-network", "local-gateway", "odb-network", *OF_CARRIERS)
"""Kinds of route targets behind which there may be anybody."""


def by_gateways(
    network: Network, vpcs: Iterable[str], addresses: IntervalSet, kinds: Sequence[str]
) -> list[WayIn]:  # fmt: skip
    """Core networks, gateways of Outposts and the like by which the addresses may come: a route leads back to them.

    By which subnets a core network's attachment enters is in no file that is read: by any.
    """
    found: dict[tuple[str, str], WayIn] = {}
    for vpc_id in vpcs:
        for route in _routes_of(network, vpc_id):
            target = target_of(route)
            if target.kind not in kinds or route.ip_address is not None or _leads_to(route).isdisjoint(addresses):
                continue
            gap = not_modelled(target.id, target.kind, network.label(target.id) or "a route target")
            places: tuple[tuple[str, ...], ...] = (("local", vpc_id, ""),)
            if target.kind == "core-network":
                places = tuple(("leave", subnet_id) for subnet_id in network.subnets_of(vpc_id))
            known = found.get((target.id, vpc_id))
            mine = addresses & _leads_to(route)
            found[target.id, vpc_id] = WayIn(gap, mine | known.addresses if known else mine, vpc_id, places)
    return [way for _, way in sorted(found.items(), key=lambda one: one[0])]


def routes_unread(network: Network, vpcs: Iterable[str], addresses: IntervalSet) -> Iterator[WayIn]:
    """VPCs whose routes no file tells: one may lead back by a gateway that is not modelled."""
    for vpc_id in vpcs:
        lacking = _routes_untold(network, vpc_id)
        if lacking is not None:
            detail = f"whether a route of {network.label(vpc_id)} leads back to the addresses is not known"
            gap = Gap("UNKNOWN_RESOURCE", vpc_id, detail, lacking)
            yield WayIn(gap, addresses, vpc_id, (("local", vpc_id, ""),))


def _routes_untold(network: Network, vpc_id: str) -> tuple[str, ...] | None:
    """The files that would tell the routes of a VPC, () where they are there and do not; None where all are told."""
    lacking = network.lacks(network.home_of(vpc_id), "describe-route-tables")
    tables = (one for one in network.route_tables.values() if one.vpc_id == vpc_id)
    return lacking if lacking or any(isinstance(one.routes, aws.NotThere) for one in tables) else None


def _client_vpns(network: Network, vpcs: Sequence[str]) -> Iterator[WayIn]:
    """Client VPN endpoints whose clients may have the addresses: in a VPC, and in those that are joined to it.

    What they send comes from the endpoint's interface in the VPC ("How AWS Client VPN works": source network address
    translation), so that no route leads back to them.
    """
    if not network.client_vpn_interfaces:
        return
    near = set(vpcs)
    for peering in network.vpc_peering_connections.values():
        ends = {peering.requester_vpc_info.vpc_id or "", peering.accepter_vpc_info.vpc_id or ""}
        near |= ends if ends & set(vpcs) else set()
    gateways = {gateway_id for vpc_id in vpcs for gateway_id in joined(network, vpc_id)}
    attachments = network.transit_gateway_vpc_attachments.values()
    near |= {one.vpc_id or "" for one in attachments if one.transit_gateway_id in gateways}
    for vpc_id in sorted(near):
        for name in network.client_vpn_interfaces.get(vpc_id, ())[:1]:
            yield WayIn(not_modelled(name, "client-vpn", f"what clients send by {network.label(name)}"))
