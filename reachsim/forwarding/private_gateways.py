"""Ways to other private networks: peering connections, and virtual private gateways to one's own premises.

**Source:** "How VPC peering connections work" (facts N180, N181), Site-to-Site VPN "Route tables and route priority"
(N190).
"""

from __future__ import annotations

import msgspec

from reachsim.addresses import V6
from reachsim.evidence import Assumption, Gap
from reachsim.forwarding.appliances import symmetric
from reachsim.forwarding.delivery import finish
from reachsim.forwarding.ground import (
    ATTACHED,
    Ground,
    Walk,
    assume,
    block,
    describe_addresses,
    hop,
    lost,
    missing,
    not_there,
    past_attachment,
    past_state,
    stopped,
    unseen,
    with_context,
)
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.model.private_networks import led_to
from reachsim.model.records import VpcPeeringConnectionVpcInfo, VpnConnection


def peering(ground: Ground, flow: Walk) -> list[Walk]:
    """Over a peering connection, into the other VPC and no further (N180, N181)."""
    peering_id, vpc_id = flow.place[1:3]
    network = ground.network
    connection = network.vpc_peering_connections.get(peering_id)
    if connection is None:
        return [not_there(ground, flow, peering_id, vpc_id, "describe-vpc-peering-connections")]
    label = network.label(peering_id)
    ends = (connection.requester_vpc_info, connection.accepter_vpc_info)
    if any(end.vpc_id is None for end in ends):
        return [lost(flow, unseen(peering_id, f"which VPCs {label} connects is not known"))]
    there = next((end for end in ends if end.vpc_id != vpc_id), None)
    if there is None or not any(end.vpc_id == vpc_id for end in ends):
        detail = f"{label} does not connect {vpc_id}"
        return [stopped(flow, block(flow, "BAD_STATE_ATTACHMENT", peering_id, detail))]
    flow = past_state(flow, peering_id, connection.status.code, ("active",), label)
    blocks = [one.cidr_block.block for one in there.cidr_block_set]
    blocks += [one.ipv6_cidr_block.block for one in there.ipv6_cidr_block_set]
    if there.cidr_block is not None:
        blocks.append(there.cidr_block.block)
    if not blocks and there.vpc_id not in network.vpcs:  # a connection tells them unless its other end is yet to accept
        return [lost(flow, _peer_unseen(network, peering_id, vpc_id, there))]
    peer_addresses = IntervalSet.union_of(blocks) | network.vpc_addresses(there.vpc_id or "")
    parts: list[Walk] = []
    inside, outside = flow.by_destinations(peer_addresses)
    if outside is not None:
        where = f"outside the peer VPC {there.vpc_id}"
        detail = f"{describe_addresses(outside.destinations)} is {where}: peering carries no transit"
        parts.append(stopped(outside, block(outside, "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", peering_id, detail)))
    if inside is None:
        return parts
    inside, foreign = inside.by_sources(network.vpc_addresses(vpc_id))
    if foreign is not None:
        detail = f"{describe_addresses(foreign.sources)} is outside {vpc_id}: peering carries no transit"
        parts.append(stopped(foreign, block(foreign, "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", peering_id, detail)))
    if inside is None:
        return parts
    crossed = hop(
        inside, peering_id, "vpc-peering-connection", f"{label} to {network.label(there.vpc_id or '')}",
        source=network.source(peering_id),
    )  # fmt: skip
    inside = inside.through(crossed)
    if there.vpc_id not in network.vpcs:
        inside = inside if inside.leg == "response" else with_context(inside, route="private")
        return [*parts, lost(inside, _peer_unseen(network, peering_id, vpc_id, there))]
    return [*parts, _over(inside, peering_id).to("local", there.vpc_id, "")]


def _peer_unseen(network: Network, peering_id: str, vpc_id: str, there: VpcPeeringConnectionVpcInfo) -> Gap:
    home = (there.owner_id or "unknown", there.region or network.home_of(vpc_id)[1])
    detail = f"the peer VPC {there.vpc_id} of account {there.owner_id} is not in the snapshot"
    return Gap("PEER_ACCOUNT_UNSEEN", peering_id, detail, network.lacks(home, "describe-vpcs"))


def _over(flow: Walk, peering_id: str) -> Walk:
    """Note the crossing; a NAT gateway behind the flow remembers it (N51), unless a middlebox stands between them."""
    context = flow.context
    session = context.session
    between = any(translations == len(session) for _, translations in context.crossings)
    if flow.leg == "request" and session and session[-1].balancer is None and not between:
        session = (*session[:-1], msgspec.structs.replace(session[-1], peering=peering_id))
    return with_context(flow, links=(*context.links, peering_id), session=session)


def vpn_gateway(ground: Ground, flow: Walk) -> list[Walk]:
    """To the networks behind a virtual private gateway (VPN or Direct Connect), which nobody describes (N190)."""
    gateway_id, vpc_id = flow.place[1:3]
    network = ground.network
    gateway = network.vpn_gateways.get(gateway_id)
    if gateway is None:
        return [not_there(ground, flow, gateway_id, vpc_id, "describe-vpn-gateways")]
    label = network.label(gateway_id)
    flow = past_state(flow, gateway_id, gateway.state, ATTACHED, label)
    if gateway.state.standing(*ATTACHED) != "does-not":
        loose = block(flow, "BAD_STATE_ATTACHMENT", gateway_id, f"{label} is not attached to {vpc_id}")
        flow = past_attachment(flow, gateway.vpc_attachments, vpc_id, loose)
    flow = _past_vpn(ground, flow, gateway_id)
    parts: list[Walk] = []
    inside, foreign = flow.by_sources(_senders(ground, flow, vpc_id))
    if foreign is not None:
        detail = f"{describe_addresses(foreign.sources)} is no private address of an interface in {vpc_id}"
        parts.append(stopped(foreign, block(foreign, "VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS", gateway_id, detail)))
    if inside is not None:
        crossed = hop(
            inside, gateway_id, "vpn-gateway", f"{label} to the networks behind it", source=network.source(gateway_id)
        )
        inside = inside.through(crossed)
        known = led_to(network, gateway_id)
        for part in inside.by_destinations(known):
            if part is not None and part.destinations.isdisjoint(known) and part.leg == "request":
                detail = f"the VPN connections of {label} do not lead to {describe_addresses(part.destinations)}"
                part = part.unknown(Gap("ON_PREMISES_UNSEEN", gateway_id, f"{detail}; only Direct Connect could"))
            if part is not None:
                parts.append(on_premises(ground, part, gateway_id, "vpn-gateway-in", gateway_id, vpc_id))
    return parts


def _senders(ground: Ground, flow: Walk, vpc_id: str) -> IntervalSet:
    """The addresses that the VPC's own virtual private gateway takes traffic from.

    What another VPC sends with addresses of this one, its block being the same, counts as an interface's if there is
    one that has them.
    """
    network, sender = ground.network, flow.context.sender
    away = sender is not None and sender.vpc_id != vpc_id
    if not away or ground.lacks_for_vpc(vpc_id, "describe-network-interfaces"):
        return network.vpc_addresses(vpc_id)
    return IntervalSet.union_of(one.addresses for one in network.interfaces.values() if one.vpc_id == vpc_id)


def _past_vpn(ground: Ground, flow: Walk, gateway_id: str) -> Walk:
    """Blocked if the gateway has VPN connections and none of them works; Direct Connect, of which it leaves no trace,
    is assumed to be there only if there are none.
    """
    mine = [one for one in ground.network.vpn_connections.values() if one.vpn_gateway_id == gateway_id]
    working = [one for one in mine if one.state in ("available", "modifying")]
    if not mine:
        detail = f"no VPN connection of {ground.network.label(gateway_id)} is listed"
        lacking = ground.network.lacks(ground.network.home_of(gateway_id), "describe-vpn-connections")
        told = f"{detail} ({', '.join(lacking)} is missing)" if lacking else detail
        taken = f"{told}: Direct Connect was taken to lead on"
        return flow.assuming(assume("ON_PREMISES_RETURN_ASSUMED", gateway_id, taken, "block"))
    if working:
        return flow.assuming(*tunnels_down(ground, gateway_id, *working))
    worst = min(mine, key=lambda one: (one.state.standing() != "unknown", one.vpn_connection_id))
    label = f"{ground.network.label(worst.vpn_connection_id)} of {ground.network.label(gateway_id)}"
    if worst.state.standing() == "does-not":
        detail = f"Direct Connect was taken not to lead on from {ground.network.label(gateway_id)}: no file tells of it"
        flow = flow.assuming(assume("ON_PREMISES_UNSEEN", gateway_id, detail, "leak"))
    return past_state(flow, worst.vpn_connection_id, worst.state, (), label, code="BAD_STATE_VPN")


def tunnels_down(ground: Ground, gateway_id: str, *connections: VpnConnection) -> tuple[Assumption, ...]:
    """What is assumed of VPN connections of which no tunnel was up when the snapshot was taken (EC2 API, VgwTelemetry):
    that one comes up, as nothing in the configuration keeps it down.
    """
    if not connections or not all(one.is_down for one in connections):
        return ()
    names = ", ".join(sorted(ground.network.label(one.vpn_connection_id) for one in connections))
    detail = f"no tunnel of {names} was up when the snapshot was taken; one was taken to be"
    return (assume("VPN_TUNNELS_DOWN", gateway_id, detail, "block"),)


def on_premises(ground: Ground, flow: Walk, gateway_id: str, *back: str) -> Walk:
    """Behind a private gateway. Its networks are taken to answer the way they were asked."""
    origin = flow.context.origin
    if flow.leg == "response":
        if origin.kind in ("on-premises", "unseen") and origin.gateway == gateway_id:
            flow = symmetric(ground, flow)
            return flow.through(hop(flow, gateway_id, "on-premises", "the reply leaves to where it came from")).ended(
                "ok"
            )
        detail = f"the reply leaves by {ground.network.label(gateway_id)}, not the way the request came"
        why = block(flow, "NO_POSSIBLE_DESTINATION", gateway_id, detail, cause="RETURN_ROUTE_MISSING")
        return stopped(flow, why)
    detail = f"what is behind {ground.network.label(gateway_id)} is taken to answer the way it was asked"
    flow = flow.assuming(assume("ON_PREMISES_RETURN_ASSUMED", gateway_id, detail, "block"))
    # The answer comes from no Availability Zone of the VPC's, whatever zone the request came from (N187, N188).
    return finish(with_context(flow, zone=None), gateway_id, "on-premises", "on-premises", None, *back)


def vpn_gateway_in(ground: Ground, flow: Walk) -> list[Walk]:
    """In from behind a virtual private gateway: to private addresses of interfaces of its VPC."""
    gateway_id, vpc_id = flow.place[1:3]
    parts: list[Walk] = []
    if flow.leg == "request" and led_to(ground.network, gateway_id).isdisjoint(V6) and flow.sources <= V6:
        detail = f"no VPN connection of {ground.network.label(gateway_id)} carries IPv6; only Direct Connect could"
        flow = flow.unknown(Gap("ON_PREMISES_UNSEEN", gateway_id, detail))
    own = ground.network.vpc_addresses(vpc_id)
    inside, outside = flow.by_destinations(own)
    lacking = ground.lacks_for_vpc(vpc_id, "describe-vpcs") if outside is not None else ()
    if outside is not None and lacking:
        return [lost(flow, missing(lacking, vpc_id, f"the addresses of {vpc_id}"))]
    if outside is not None:
        detail = f"{describe_addresses(outside.destinations)} is no private address of an interface in {vpc_id}"
        why = block(outside, "VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", gateway_id, detail, direction="ingress")
        parts.append(stopped(outside, why))
    return [*parts, inside.to("gateway-table", gateway_id, vpc_id)] if inside is not None else parts
