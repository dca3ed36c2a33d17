"""NAT gateways, zonal and regional, public and private.

**Source:** VPC User Guide, "NAT gateways" (facts N50 to N59).
"""

from __future__ import annotations

import msgspec

from reachsim.addresses import NAT64, V4, V6, format_address
from reachsim.engine import choose
from reachsim.evidence import Gap
from reachsim.forwarding import changing
from reachsim.forwarding.delivery import by_own_table
from reachsim.forwarding.filtering import through_network_acl
from reachsim.forwarding.ground import (
    Ground,
    Translation,
    Walk,
    assume,
    block,
    describe,
    describe_addresses,
    hop,
    lost,
    next_port,
    not_there,
    past_state,
    stopped,
    unseen,
    with_context,
)
from reachsim.intervals import IntervalSet
from reachsim.model.edges import edges
from reachsim.model.interfaces import Interface
from reachsim.model.network import own_address, sending_addresses
from reachsim.model.records import NatGateway, NatGatewayAddress
from reachsim.packets import ICMP, ICMPV6, SERVICE, TCP, UDP


def nat_gateway(ground: Ground, flow: Walk) -> list[Walk]:
    """Through a NAT gateway: a new source address and port, then on from the gateway's own subnet (N45 to N53)."""
    gateway_id, vpc_id, subnet_id = flow.place[1:4]
    gateway = ground.network.nat_gateways.get(gateway_id)
    if gateway is None:
        return [not_there(ground, flow, gateway_id, vpc_id, "describe-nat-gateways")]
    label = ground.network.label(gateway_id)
    if flow.leg == "response":
        by = ground.network.label(flow.place[-1])
        detail = f"{by} routes the reply to {label}, which would send it from another address"
        why = block(flow, "NO_POSSIBLE_DESTINATION", gateway_id, detail, cause="RETURN_ROUTE_MISSING")
        return [stopped(flow, why)]
    if gateway.state == "deleting":  # "may still be processing traffic" (EC2 API, NatGateway)
        detail = f"{label} is being deleted and may still carry traffic"
        flow = flow.unknown(Gap("UNMODELLED_COMPONENT", gateway_id, detail))
    else:
        flow = past_state(flow, gateway_id, gateway.state, ("available",), label)
    if any(one.attachment_state not in ("detached", "attach-failed") for one in gateway.attached_appliances):
        detail = f"{label} has an appliance attached that may filter"
        flow = flow.unknown(Gap("NAT_ATTACHED_APPLIANCE", gateway_id, detail, can_hide="block"))
    flow = _past_zone(ground, _from_an_edge(ground, flow, gateway, subnet_id), gateway)
    flow = flow.assuming(*changing.of_nat_gateway(gateway))
    parts: list[Walk] = []
    foreign = _foreign_to_nat(ground, flow, vpc_id)
    if foreign:
        detail = f"{label} serves only interfaces of {vpc_id}, not {describe_addresses(flow.sources)}"
        return [
            stopped(part, block(part, "NGW_REQUIRES_SOURCE_IN_VPC", gateway_id, detail))
            for part in _to_nat(ground, flow, gateway, subnet_id)
        ]
    takes, others = _protocols_of_nat(flow)
    if others is not None and others.protocol == ICMPV6:
        left = others.with_destinations(NAT64)
        if left is not None:
            detail = f"whether {label} translates ICMPv6 is not documented"
            gap = Gap("UNMODELLED_COMPONENT", gateway_id, detail)
            parts += [lost(part, gap) for part in _to_nat(ground, left, gateway, subnet_id)]
        others = others.with_destinations(others.destinations - NAT64)
    if others is not None:
        detail = f"{label} carries TCP, UDP and ICMP over IPv4 only"
        parts.append(stopped(others, block(others, "PROTOCOL_RESTRICTION", gateway_id, detail)))
    for part in takes:
        parts += _translate_nat(ground, part, gateway, vpc_id, subnet_id)
    return parts


def _foreign_to_nat(ground: Ground, flow: Walk, vpc_id: str) -> bool:
    """Whether a flow came into the VPC otherwise than by a transit gateway: a NAT gateway takes none such (N50)."""
    context = flow.context
    links = [link for link in context.links if link not in context.inspected]
    if (context.sender is not None and not links) or any(link.startswith("tgw-") for link in links):
        return False
    by_transit = context.sender is None and context.origin.gateway.startswith(("tgw-", "arn:"))  # core networks, too
    return not by_transit and flow.sources.isdisjoint(ground.network.vpc_addresses(vpc_id))


def _protocols_of_nat(flow: Walk) -> tuple[list[Walk], Walk | None]:
    """(what it translates, the rest): of IPv6 packets, TCP and UDP to what stands for an IPv4 address (N45, N57)."""
    protocol = flow.box[SERVICE].first >> 16
    if protocol not in (ICMP, TCP, UDP):
        return [], flow
    takes = [flow.with_destinations(V4), flow.with_destinations(NAT64)]
    return [part for part in takes if part is not None], flow.with_destinations(V6 - NAT64)


def _home_of_nat(gateway: NatGateway) -> str:
    """The subnet of a NAT gateway; a regional one has none (N54)."""
    return "" if gateway.availability_mode == "regional" else gateway.subnet_id or ""


def _to_nat(ground: Ground, flow: Walk, gateway: NatGateway, subnet_id: str) -> list[Walk]:
    """Into the gateway's subnet, past its network ACL if the flow comes from another one (N49)."""
    nat_subnet = _home_of_nat(gateway)
    if not nat_subnet or nat_subnet == subnet_id:
        return [flow]
    return through_network_acl(ground, flow, nat_subnet, "ingress")


def _translate_nat(ground: Ground, flow: Walk, gateway: NatGateway, vpc_id: str, subnet_id: str) -> list[Walk]:
    parts = _to_nat(ground, flow, gateway, subnet_id)
    addresses = _sending(ground, gateway, flow.context.zone)
    label = ground.network.label(gateway.nat_gateway_id)
    if any(one.gateway == gateway.nat_gateway_id for one in _of_this_connection(flow.context.session)):
        detail = f"{describe(flow)} comes back to {label}, which translated it already: the routes form a loop"
        at, cause = gateway.nat_gateway_id, "NAT_WITHOUT_INTERNET_GATEWAY"
        return [stopped(part, block(part, "NO_POSSIBLE_DESTINATION", at, detail, cause=cause)) for part in parts]
    if not addresses:
        gap = unseen(gateway.nat_gateway_id, f"{label} has no address in the snapshot")
        return [lost(part, gap) for part in parts]
    port = next_port(flow)
    if port is None:
        detail = "more than two NAT gateways in a row are not followed"
        return [lost(part, Gap("UNMODELLED_COMPONENT", gateway.nat_gateway_id, detail)) for part in parts]
    return [
        _translated(ground, chosen, gateway, address, port, vpc_id)
        for part in parts
        for address, chosen in zip(addresses, choose(part, len(addresses)), strict=True)
    ]


def _of_this_connection(session: tuple[Translation, ...]) -> tuple[Translation, ...]:
    """The translations since a load balancer opened a connection of its own, if one did: it is new to a gateway."""
    opened = [place for place, one in enumerate(session) if one.balancer is not None and not one.balancer.preserves]
    return session[opened[-1] + 1 :] if opened else session


def _translated(
    ground: Ground, flow: Walk, gateway: NatGateway, address: NatGatewayAddress, port: int, vpc_id: str
) -> Walk:
    """What the gateway sends on from one of its addresses, with the memory of how its replies come back."""
    gateway_id, nat_subnet = gateway.nat_gateway_id, _home_of_nat(gateway)
    label, number = ground.network.label(gateway_id), own_address(address)
    assert number is not None
    is_private = gateway.connectivity_type == "private"
    if address.public_ip is None and not is_private:
        return lost(flow, unseen(gateway_id, f"{label} is a public one, and its public address is not told"))
    if address.private_ip is None and nat_subnet:
        return lost(flow, unseen(gateway_id, f"the address of {label} in {nat_subnet} is not told"))
    own = IntervalSet.single(number)
    pairs = ((number, address.public_ip.number),) if address.public_ip and not is_private else ()
    sender = Interface(gateway_id, vpc_id, nat_subnet, (), own, pairs, kind="nat")
    memory = Translation(
        gateway_id, flow.source, flow.port, flow.context.sender, nat_subnet, vpc_id, zone=flow.context.zone
    )
    detail = f"{label} translates the source to {format_address(number)} and a port of its own, 1024 to 65535"
    after = flow.through(hop(flow, gateway_id, "nat-gateway", detail, source=ground.network.source(gateway_id)))
    after = msgspec.structs.replace(after, source=own, port=port)
    if not flow.destinations.isdisjoint(V6):  # NAT64: the last 32 bits are the IPv4 address (N57)
        memory = msgspec.structs.replace(memory, destination=flow.destination)
        after = msgspec.structs.replace(after, destination=after.shifted(flow.destination, -NAT64.first))
    session = (*after.context.session, memory)
    crossed = (*after.context.crossed, "nat-gateway")
    after = with_context(after, sender=sender, links=(), session=session, crossed=crossed)
    if nat_subnet:
        return after.to("leave", nat_subnet)
    detail = f"{label} is a regional NAT gateway: no network ACL of its own is applied (N56)"
    after = after.assuming(assume("REGIONAL_NAT_WITHOUT_SUBNET_ACL", gateway_id, detail, "block"))
    return after.to(*by_own_table(gateway))


def _sending(ground: Ground, gateway: NatGateway, zone: str | None) -> tuple[NatGatewayAddress, ...]:
    """The addresses that a NAT gateway sends a flow from: any of them, of a regional one those of the flow's zone.

    A regional gateway that has none there serves the zone from another one (N54; API_AvailabilityZoneAddress: "Each AZ
    in a regional NAT gateway has its own configuration to handle outbound NAT traffic from that AZ").
    """
    usable = sending_addresses(gateway)
    if gateway.availability_mode != "regional" or zone is None:
        return usable
    names = _names_of_zone(ground, gateway.vpc_id or "", zone)
    near = tuple(one for one in usable if {one.availability_zone_id, one.availability_zone} & names)
    return near or usable


def _names_of_zone(ground: Ground, vpc_id: str, zone: str) -> set[str]:
    """The id and the name of an Availability Zone, as the subnets of a VPC tell them."""
    subnets = (ground.network.subnets[one] for one in ground.network.subnets_of(vpc_id))
    both = ((one.availability_zone_id, one.availability_zone) for one in subnets)
    return {zone} | {name for pair in both if zone in pair for name in pair if name}


def _from_an_edge(ground: Ground, flow: Walk, gateway: NatGateway, subnet_id: str) -> Walk:
    """A regional NAT gateway expands across Availability Zones; whether it serves other places is not documented."""
    edge = ground.told(edges).get(subnet_id)
    if gateway.availability_mode != "regional" or edge is None:
        return flow
    label = ground.network.label(gateway.nat_gateway_id)
    detail = (
        f"whether {label}, a regional NAT gateway, serves {subnet_id} in {edge.name} ({edge.kind}) is not documented"
    )
    return flow.unknown(Gap("UNMODELLED_COMPONENT", gateway.nat_gateway_id, detail))


def _past_zone(ground: Ground, flow: Walk, gateway: NatGateway) -> Walk:
    """Blocked if a regional NAT gateway that does not expand by itself does not support the flow's zone.

    API_NatGateway, AutoProvisionZones: "When disabled, you must manually manage which AZs the NAT gateway supports".
    """
    zone, vpc_id = flow.context.zone, gateway.vpc_id or ""
    by_hand = gateway.availability_mode == "regional" and gateway.auto_provision_zones == "disabled"
    if not by_hand or zone is None:
        return flow
    supported = [{one.availability_zone_id, one.availability_zone} - {None} for one in sending_addresses(gateway)]
    names = _names_of_zone(ground, vpc_id, zone)
    if not all(supported) or any(one & names for one in supported):
        return flow
    label = ground.network.label(gateway.nat_gateway_id)
    detail = f"{label} does not support {' or '.join(sorted(names))}, and expands to no zone by itself"
    return flow.blocked(block(flow, "REGIONAL_NGW_ROUTE_AZ_RESTRICTION", gateway.nat_gateway_id, detail))
