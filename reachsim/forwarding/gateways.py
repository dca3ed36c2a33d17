"""Where a route leads out of the subnets: gateways, endpoints, peering, other interfaces.

**Source:** VPC User Guide pages on internet gateways, NAT gateways, egress-only internet gateways and VPC Block
Public Access (facts N30 to N74), PrivateLink guide "Gateway endpoints" (N135 to N138), "How VPC peering connections
work" (N180, N181), and Site-to-Site VPN "Route tables and route priority" (N190).
"""

from __future__ import annotations

import msgspec

from reachsim.addresses import EVERYWHERE, NAT64, PUBLIC, RFC1918, RFC6598, V4, V6
from reachsim.engine import choose
from reachsim.evidence import Block, Direction, Gap, Hop
from reachsim.forwarding.appliances import inspection, symmetric
from reachsim.forwarding.block_public_access import past_block_public_access
from reachsim.forwarding.delivery import by_own_table, finish
from reachsim.forwarding.filtering import through_network_acl
from reachsim.forwarding.ground import (
    Ground,
    Route,
    Translation,
    Walk,
    assume,
    block,
    describe,
    describe_addresses,
    hop,
    lost,
    missing,
    next_port,
    not_there,
    past_state,
    stopped,
    unseen,
    with_context,
)
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network, own_address, sending_addresses
from reachsim.model.private_networks import led_to
from reachsim.model.records import GatewayAttachment, NatGateway, NatGatewayAddress, NotThere, VpcEndpoint
from reachsim.model.states import Standing
from reachsim.packets import ICMP, ICMPV6, SERVICE, SOURCE, TCP, UDP, icmp_services

_ATTACHED = ("available", "attached")
_NOWHERE = EVERYWHERE - PUBLIC - RFC1918 - RFC6598
"""What nobody on the internet has: loopback, link-local, multicast and unique local addresses and the like."""


def attached(attachments: tuple[GatewayAttachment, ...], vpc_id: str) -> bool:
    """Whether a gateway is attached to the VPC; AWS answers ``available`` where its model says ``attached`` (N34)."""
    return attachment(attachments, vpc_id) == "works"


def attachment(attachments: tuple[GatewayAttachment, ...], vpc_id: str) -> Standing:
    """Like `attached`; a state that nobody knows tells neither, nor does what the file lacks."""
    found = {one.state.standing(*_ATTACHED) for one in attachments if one.vpc_id == vpc_id}
    if isinstance(attachments, NotThere) or any(one.vpc_id is None for one in attachments):
        found.add("unknown")
    return "works" if "works" in found else "unknown" if "unknown" in found else "does-not"


def _past_attachment(flow: Walk, attachments: tuple[GatewayAttachment, ...], vpc_id: str, why: Block) -> Walk:
    match attachment(attachments, vpc_id):
        case "works":
            return flow
        case "does-not":
            return flow.blocked(why)
        case "unknown":
            detail = f"whether {why.component} is attached to {vpc_id} is not known"
            return flow.unknown(Gap("UNMODELLED_COMPONENT", why.component, detail))


# --- internet gateway -----------------------------------------------------------------------------------------------


def internet_gateway(ground: Ground, flow: Walk) -> list[Walk]:
    """Out by an internet gateway: attached, not blocked, and from a public address (N30 to N36, N66 to N69)."""
    gateway_id, vpc_id, subnet_id = flow.place[1:4]
    gateway = ground.network.internet_gateways.get(gateway_id)
    if gateway is None:
        return [not_there(ground, flow, gateway_id, vpc_id, "describe-internet-gateways")]
    label = ground.network.label(gateway_id)
    loose = block(flow, "BAD_STATE", gateway_id, f"{label} is not attached to {vpc_id}")
    flow = _past_attachment(flow, gateway.attachments, vpc_id, loose)
    last = flow.context.links[-1] if flow.context.links else ""
    firewall = last if last in ground.firewalls else ""
    flow = past_block_public_access(ground, flow, gateway_id, vpc_id, subnet_id, firewall=firewall)
    return [part for family in (V4, V6) for part in _out_by_family(ground, flow, gateway_id, vpc_id, family)]


def _out_by_family(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, family: IntervalSet) -> list[Walk]:
    part = flow.with_destinations(family)
    if part is None:
        return []
    found: list[Walk] = []
    private = {
        "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS": RFC1918,
        "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS": RFC6598,
        "NO_POSSIBLE_DESTINATION": _NOWHERE,
    }
    for code, block_of_addresses in private.items():
        inside = part.with_destinations(block_of_addresses) if part is not None else None
        if inside is not None and part is not None:
            to = describe_addresses(inside.destinations)
            detail, cause = f"{ground.network.label(gateway_id)} does not forward to {to}", None
            if flow.leg == "response":
                cause, table_id = "RETURN_ROUTE_MISSING", flow.place[-1]
                detail = f"{ground.network.label(table_id)} has no route of its own for the reply to {to}; {detail}"
            found.append(stopped(inside, block(inside, code, gateway_id, detail, cause=cause)))
            part = part.with_destinations(part.destinations - block_of_addresses)
    if part is None:
        return found
    translate = _translated if family is V4 else _untranslated
    return found + translate(ground, part, gateway_id, vpc_id)


def _translated(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str) -> list[Walk]:
    """IPv4: each private address becomes its public one; one without cannot leave."""
    sender = _sender(ground, flow, vpc_id)
    pairs = () if sender is None else sender.public
    found: list[Walk] = []
    rest = flow.sources
    for private, public in pairs:
        part = flow.with_sources(IntervalSet.single(private)) if private in rest else None
        if part is None:
            continue
        rest = rest - IntervalSet.single(private)
        detail = f"{ground.network.label(gateway_id)} translates the source to {_address(public)}"
        part = part.through(_gateway_hop(ground, part, gateway_id, detail))
        part = msgspec.structs.replace(part, source=IntervalSet.single(public))
        found.append(_outside(part, gateway_id, vpc_id, part.sources))
    left = flow.with_sources(rest) if rest else None
    if left is not None and sender is not None and sender.kind in ("any", "public"):
        detail = f"{ground.network.label(gateway_id)} translates the source, if the interface has a public address"
        found.append(_outside(left.through(_gateway_hop(ground, left, gateway_id, detail)), gateway_id, vpc_id))
    elif left is not None and sender is None and left.leg == "request":
        detail = f"{describe_addresses(left.sources)} comes from outside {ground.network.label(vpc_id)}, and "
        detail += f"{ground.network.label(gateway_id)} serves public addresses of its interfaces only"
        found.append(stopped(left, block(left, "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", gateway_id, detail)))
    elif left is not None:
        found.append(_outside(_no_public_address(ground, left, gateway_id, sender), gateway_id, vpc_id))
    return found


def _sender(ground: Ground, flow: Walk, vpc_id: str) -> Interface | None:
    """The interface of the VPC behind the source address: the sender, or on a reply the interface that answers.

    None for what only comes through the VPC: its gateway knows the interfaces of its own VPC, no others.
    """
    if flow.context.sender is not None:
        return flow.context.sender if flow.context.sender.vpc_id == vpc_id else None
    for receiver in flow.context.receivers:
        if flow.sources <= receiver.addresses and receiver.vpc_id == vpc_id:
            return receiver
    for subnet_id, addresses in ground.network.split_by_subnet(vpc_id, flow.sources):
        for interface in ground.network.interfaces_at(subnet_id or "", addresses):
            if not interface.addresses.isdisjoint(addresses):
                return interface
    return None


def _no_public_address(ground: Ground, flow: Walk, gateway_id: str, sender: Interface | None) -> Walk:
    who = ground.network.label(sender.id) if sender else describe_addresses(flow.sources)
    is_build = sender is not None and sender.kind == "virtual" and sender.id.startswith("codebuild:")
    detail = f"{who} has no public IPv4 address, so {ground.network.label(gateway_id)} cannot forward for it"
    if is_build:
        detail = f"{detail}; the interfaces of CodeBuild never get one"
    cause = "CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP" if is_build else None
    at = sender.id if sender else None
    return flow.blocked(block(flow, "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", gateway_id, detail, at=at, cause=cause))


def _untranslated(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str) -> list[Walk]:
    """IPv6 is public by nature (N36), unless the interface or the address space says otherwise (N38, N39)."""
    sender = _sender(ground, flow, vpc_id)
    if sender is None:
        who = f"{describe_addresses(flow.sources)} is no address of an interface in {ground.network.label(vpc_id)}"
        return [stopped(flow, block(flow, "GATEWAY_REJECTS_SPOOFED_TRAFFIC", gateway_id, who))]
    unread = _denial_unread(ground, sender)
    if unread is not None:
        flow = flow.unknown(unread)
    if sender.deny_all_igw_traffic:
        detail = f"{ground.network.label(sender.id)} denies all traffic of internet gateways (DenyAllIgwTraffic)"
        flow = flow.blocked(block(flow, "ENI_DENIES_IGW_TRAFFIC", gateway_id, detail, at=sender.id))
    flow = _private_ipv6(ground, flow, gateway_id, vpc_id, "egress")
    detail = f"{ground.network.label(gateway_id)} forwards IPv6 as it is"
    return [_outside(flow.through(_gateway_hop(ground, flow, gateway_id, detail)), gateway_id, vpc_id, flow.sources)]


def _denial_unread(ground: Ground, interface: Interface) -> Gap | None:
    """A gap where DenyAllIgwTraffic is not known: of an interface that only describe-instances lists."""
    lacking = ground.lacks_for_vpc(interface.vpc_id, "describe-network-interfaces")
    if not lacking or interface.id not in ground.network.interfaces:
        return None
    return missing(lacking, interface.id, f"whether {interface.id} denies internet gateways")


def _private_ipv6(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, direction: Direction) -> Walk:
    """Blocked if our end of it, the source on the way out, lies in private IPv6 space (N39)."""
    ours, code = flow.sources, "GATEWAY_REJECTS_SPOOFED_TRAFFIC"
    if direction == "ingress":
        ours, code = flow.destinations, "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
    vpc = ground.network.vpcs.get(vpc_id)
    blocks = vpc.ipv6_cidr_block_association_set if vpc else ()
    for one in blocks:
        if one.ipv6_address_attribute == "private" and not one.ipv6_cidr_block.block.isdisjoint(ours):
            detail = f"{one.ipv6_cidr_block} is private IPv6 space, taken as never routed to the internet (N39)"
            flow = flow.assuming(assume("IPV6_PRIVATE_SPACE", vpc_id, detail, "leak"))
            flow = flow.blocked(block(flow, code, gateway_id, detail, direction=direction))
    return flow


def _gateway_hop(ground: Ground, flow: Walk, gateway_id: str, detail: str) -> Hop:
    kind = "egress-only-internet-gateway" if gateway_id.startswith("eigw-") else "internet-gateway"
    return hop(flow, gateway_id, kind, detail, source=ground.network.source(gateway_id))


def _outside(flow: Walk, gateway_id: str, vpc_id: str, seen: IntervalSet = EMPTY) -> Walk:
    crossed = (*flow.context.crossed, "internet-gateway")
    if flow.leg == "request":
        flow = with_context(flow, exit=gateway_id, outside=seen)
    return with_context(flow, sender=None, links=(), crossed=crossed).to("internet", gateway_id, vpc_id)


def _address(number: int) -> str:
    return describe_addresses(IntervalSet.single(number))


# --- the internet, and back in --------------------------------------------------------------------------------------


def internet(ground: Ground, flow: Walk) -> list[Walk]:
    """Beyond a gateway: to somebody on the internet, to AWS's public addresses, or back in at a public address of
    ours.
    """
    gateway_id, vpc_id = flow.place[1:3]
    network = ground.network
    ours = network.own_public_addresses
    parts: list[Walk] = []
    rest = flow.destinations
    closed = network.regional_nat_addresses
    for other_vpc, addresses in _owners(ground, rest & (ours | (network.all_vpc_addresses & V6))):
        for piece in (addresses & closed, addresses - closed):
            part = flow.with_destinations(piece)
            if part is not None:
                parts.append(_hairpin(ground, part, other_vpc))
        rest = rest - addresses
    outside = flow.with_destinations(rest)
    if outside is None:
        return parts
    if flow.leg == "response":
        return [*parts, _reply_outside(ground, outside, gateway_id)]
    for kind, addresses in (
        ("service", network.aws_addresses),
        ("internet", outside.destinations - network.aws_addresses),
    ):
        part = outside.with_destinations(addresses)
        if part is not None:
            name = "aws" if kind == "service" else "internet"
            route: Route = "aws-public" if kind == "service" else "internet"
            what = "an AWS service's public address" if kind == "service" else "the internet"
            part = part.through(hop(part, name, kind, f"{what}: {describe_addresses(part.destinations)}"))
            back = "egress-only-in" if gateway_id.startswith("eigw-") else "internet-gateway-in"
            parts.append(finish(part, name, kind, route, None, back, gateway_id, vpc_id))
    return parts


def _owners(ground: Ground, addresses: IntervalSet) -> list[tuple[str, IntervalSet]]:
    """Public addresses that the snapshot owns, by the VPC they lead into."""
    found: dict[str, IntervalSet] = {}
    for public, interface, _ in ground.network.public_among(addresses):
        known = found.get(interface.vpc_id, IntervalSet(()))
        found[interface.vpc_id] = known | IntervalSet.single(public)
    for vpc_id in ground.network.vpcs_with_ipv6:
        part = addresses & ground.network.vpc_addresses(vpc_id) & V6
        if part:
            found[vpc_id] = found.get(vpc_id, IntervalSet(())) | part
    return sorted(found.items(), key=lambda one: one[0])


def _hairpin(ground: Ground, flow: Walk, vpc_id: str) -> Walk:
    exit = ground.network.egress_only_internet_gateways.get(flow.context.exit)
    if flow.leg == "response" and exit is not None and attached(exit.attachments, vpc_id):
        return flow.to("egress-only-in", flow.context.exit, vpc_id)  # stateful: replies return by it (N37)
    origin = flow.context.origin.interface
    own = flow.leg == "request" and origin is not None and origin.kind == "public" and flow.source == SOURCE
    if own and origin is not None and not flow.destinations <= ground.network.regional_nat_addresses:
        detail = f"what lets in {ground.network.label(origin.id)} is not known, as its public address is not"
        return lost(flow, Gap("UNKNOWN_RESOURCE", origin.id, detail))
    gateway = gateway_of(ground.network, vpc_id)
    if gateway is None:
        lacking = ground.lacks_for_vpc(vpc_id, "describe-internet-gateways")
        if lacking:
            return lost(flow, missing(lacking, vpc_id, f"the internet gateway of {vpc_id}"))
        detail = f"{describe_addresses(flow.destinations)} belongs to {vpc_id}, which has no internet gateway"
        return stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", vpc_id, detail, direction="ingress"))
    return flow.to("internet-gateway-in", gateway, vpc_id)


def gateway_of(network: Network, vpc_id: str) -> str | None:
    """The internet gateway attached to a VPC."""
    for gateway_id, gateway in sorted(network.internet_gateways.items()):
        if attachment(gateway.attachments, vpc_id) != "does-not":
            return gateway_id
    return None


def _reply_outside(ground: Ground, flow: Walk, gateway_id: str) -> Walk:
    origin = flow.context.origin
    if origin.kind == "internet" and origin.gateway == gateway_id:
        flow = symmetric(ground, flow)
        return flow.through(hop(flow, "internet", "internet", "the reply reaches the internet")).ended("ok")
    detail = f"the reply leaves by {ground.network.label(gateway_id)}, not the way the request came"
    at = gateway_id
    return stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", at, detail, cause="RETURN_ROUTE_MISSING"))


def internet_gateway_in(ground: Ground, flow: Walk) -> list[Walk]:
    """In by an internet gateway: to the private address behind a public one, or to an IPv6 address (N35, N36)."""
    gateway_id, vpc_id = flow.place[1:3]
    network = ground.network
    gateway = network.internet_gateways.get(gateway_id)
    if gateway is None:
        return [not_there(ground, flow, gateway_id, vpc_id, "describe-internet-gateways")]
    detail = f"{network.label(gateway_id)} is not attached to {vpc_id}"
    loose = block(flow, "BAD_STATE", gateway_id, detail, direction="ingress")
    flow = _past_attachment(flow, gateway.attachments, vpc_id, loose)
    crossed = (*flow.context.crossed, "internet-gateway")
    flow = with_context(flow, crossed=crossed)
    parts: list[Walk] = []
    rest = flow.destinations
    for public, interface, private in network.public_among(rest):
        if interface.vpc_id != vpc_id:
            continue
        part = flow.with_destinations(IntervalSet.single(public))
        if part is not None:
            rest = rest - IntervalSet.single(public)
            detail = f"{network.label(gateway_id)} translates {_address(public)} to {_address(private)}"
            part = part.through(_gateway_hop(ground, part, gateway_id, detail))
            part = msgspec.structs.replace(part, destination=IntervalSet.single(private))
            if interface.kind == "nat" and not interface.subnet_id:  # a regional NAT gateway's: in no subnet
                if part.leg == "response":
                    part = past_block_public_access(ground, part, gateway_id, vpc_id, "", "ingress")
                parts.append(part.to("nat-gateway-back", interface.id))
            elif interface.kind == "nat" and part.leg == "request":  # nothing but replies is accepted there anyway
                parts.append(part.to("gateway-table", gateway_id, vpc_id, ""))
            else:
                parts.append(part.to("gateway-table", gateway_id, vpc_id, interface.subnet_id))
    for receiver in _public_receivers(flow, vpc_id):
        part = flow.with_destinations(receiver.addresses & V4 & rest)
        if part is not None:
            rest = rest - receiver.addresses
            detail = f"{network.label(gateway_id)} translates the task's public address to its private one"
            part = part.through(_gateway_hop(ground, part, gateway_id, detail))
            parts.append(part.to("gateway-table", gateway_id, vpc_id, receiver.subnet_id))
    for subnet_id, addresses in network.split_by_subnet(vpc_id, rest & V6):
        part = flow.with_destinations(addresses) if subnet_id else None
        if part is not None and subnet_id:
            rest = rest - addresses
            parts += _in_ipv6(ground, part, gateway_id, vpc_id, subnet_id)
    left = flow.with_destinations(rest)
    if left is None:
        return parts
    if left.leg == "response" and (
        left.blocks or _from_any(left)
    ):  # the source was never translated: as if it had been
        return [*parts, left.to("gateway-table", gateway_id, vpc_id, _origin_subnet(left))]
    lacking = ground.lacks_for_vpc(vpc_id, "describe-network-interfaces", "describe-subnets")
    if lacking:
        return [*parts, lost(left, missing(lacking, vpc_id, f"who has {describe_addresses(left.destinations)}"))]
    detail = f"{describe_addresses(left.destinations)} is no public address of an interface in {network.label(vpc_id)}"
    code = "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
    return [*parts, stopped(left, block(left, code, gateway_id, detail, direction="ingress"))]


def _public_receivers(flow: Walk, vpc_id: str) -> list[Interface]:
    """Tasks that get a public address: asked for from outside, their private ones stand for it."""
    if flow.leg != "request" or flow.context.origin.kind != "internet":
        return []
    return [one for one in flow.context.receivers if one.kind == "public" and one.vpc_id == vpc_id]


def _from_any(flow: Walk) -> bool:
    interface = flow.context.origin.interface
    return interface is not None and interface.kind in ("any", "public")


def _origin_subnet(flow: Walk) -> str:
    interface = flow.context.origin.interface
    if flow.context.session:
        return flow.context.session[-1].subnet_id
    return interface.subnet_id if interface else ""


def _in_ipv6(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, subnet_id: str) -> list[Walk]:
    detail = f"{ground.network.label(gateway_id)} forwards IPv6 as it is"
    flow = flow.through(_gateway_hop(ground, flow, gateway_id, detail))
    if flow.leg == "request" or not flow.context.exit:  # on its way out by a gateway the request met this rule already
        flow = _private_ipv6(ground, flow, gateway_id, vpc_id, "ingress")
    parts: list[Walk] = []
    rest = flow.destinations
    started = flow.context.origin.interface
    # A build, task or function never gets an address that another interface holds: what answers it is its own.
    own = started.addresses if flow.leg == "response" and started and started.kind != "interface" else EMPTY
    for interface in ground.network.interfaces_in(subnet_id):
        held = interface.addresses & rest - own
        denied = flow.with_destinations(held) if interface.deny_all_igw_traffic else None
        if denied is not None:
            rest = rest - held
            detail = f"{ground.network.label(interface.id)} denies all traffic of internet gateways (DenyAllIgwTraffic)"
            why = block(denied, "ENI_DENIES_IGW_TRAFFIC", gateway_id, detail, at=interface.id, direction="ingress")
            parts.append(denied.blocked(why).to("gateway-table", gateway_id, vpc_id, subnet_id))
        unread = _denial_unread(ground, interface)
        open_ = flow.with_destinations(held) if unread is not None else None
        if unread is not None and open_ is not None:
            rest = rest - held
            parts.append(open_.unknown(unread).to("gateway-table", gateway_id, vpc_id, subnet_id))
    left = flow.with_destinations(rest)
    return [*parts, left.to("gateway-table", gateway_id, vpc_id, subnet_id)] if left is not None else parts


def egress_only_gateway(ground: Ground, flow: Walk) -> list[Walk]:
    """Out by an egress-only internet gateway: IPv6, started in the VPC (N37)."""
    gateway_id, vpc_id, subnet_id = flow.place[1:4]
    gateway = ground.network.egress_only_internet_gateways.get(gateway_id)
    if gateway is None:
        return [not_there(ground, flow, gateway_id, vpc_id, "describe-egress-only-internet-gateways")]
    label = ground.network.label(gateway_id)
    loose = block(flow, "BAD_STATE", gateway_id, f"{label} is not attached to {vpc_id}")
    flow = _past_attachment(flow, gateway.attachments, vpc_id, loose)
    if flow.leg == "response":
        return [
            stopped(flow, block(flow, "EIGW_INBOUND", gateway_id, f"{label} carries only flows that the VPC starts"))
        ]
    flow = past_block_public_access(ground, flow, gateway_id, vpc_id, subnet_id)
    parts: list[Walk] = []
    old = flow.with_destinations(V4)
    if old is not None:
        parts.append(stopped(old, block(old, "PROTOCOL_RESTRICTION", gateway_id, f"{label} carries IPv6 only")))
    new = flow.with_destinations(V6)
    if new is not None:
        parts += _out_by_family(ground, new, gateway_id, vpc_id, V6)
    return parts


def egress_only_in(ground: Ground, flow: Walk) -> list[Walk]:
    """A reply comes back in by the egress-only gateway."""
    gateway_id, vpc_id = flow.place[1:3]
    flow = past_block_public_access(ground, flow, gateway_id, vpc_id, _origin_subnet(flow))
    return [flow.to("local", vpc_id, "")]


# --- NAT gateway ----------------------------------------------------------------------------------------------------


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
    why = block(flow, "BAD_STATE", gateway_id, f"{label} is {gateway.state}")
    flow = past_state(flow, gateway_id, gateway.state, ("available",), why)
    if gateway.attached_appliances:
        detail = f"{label} has an appliance attached that may filter"
        flow = flow.unknown(Gap("NAT_ATTACHED_APPLIANCE", gateway_id, detail, can_hide="block"))
    flow = _past_zone(ground, flow, gateway)
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
    by_transit = context.sender is None and context.origin.gateway.startswith("tgw-")
    return not by_transit and flow.sources.isdisjoint(ground.network.vpc_addresses(vpc_id))


def _protocols_of_nat(flow: Walk) -> tuple[list[Walk], Walk | None]:
    """(what it translates, the rest): of IPv6 packets, TCP and UDP to what stands for an IPv4 address (N45, N57)."""
    protocol = flow.box[SERVICE].first >> 16
    if protocol not in (ICMP, TCP, UDP):
        return [], flow
    six = NAT64 if protocol != ICMP else EMPTY
    takes = [flow.with_destinations(V4), flow.with_destinations(six)]
    return [part for part in takes if part is not None], flow.with_destinations(V6 - six)


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
    nat_subnet = _home_of_nat(gateway)
    parts = _to_nat(ground, flow, gateway, subnet_id)
    addresses = _sending(ground, gateway, flow.context.zone)
    label = ground.network.label(gateway.nat_gateway_id)
    if any(one.gateway == gateway.nat_gateway_id for one in flow.context.session):
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
    found: list[Walk] = []
    for part in parts:
        for address, chosen in zip(addresses, choose(part, len(addresses)), strict=True):
            number = own_address(address)
            assert number is not None
            if address.public_ip is None and gateway.connectivity_type != "private":
                gap = unseen(gateway.nat_gateway_id, f"{label} is a public one, and its public address is not told")
                found.append(lost(chosen, gap))
                continue
            pairs = ((number, address.public_ip.number),) if address.public_ip else ()
            if gateway.connectivity_type == "private":
                pairs = ()
            own = IntervalSet.single(number)
            sender = Interface(gateway.nat_gateway_id, vpc_id, nat_subnet, (), own, pairs, kind="nat")
            memory = Translation(
                gateway.nat_gateway_id, chosen.source, chosen.port, chosen.context.sender, nat_subnet, vpc_id,
                zone=chosen.context.zone,
            )  # fmt: skip
            detail = f"{label} translates the source to {_address(number)} and a port of its own, 1024 to 65535"
            source = ground.network.source(gateway.nat_gateway_id)
            after = chosen.through(hop(chosen, gateway.nat_gateway_id, "nat-gateway", detail, source=source))
            after = msgspec.structs.replace(after, source=own, port=port)
            if not chosen.destinations.isdisjoint(V6):  # NAT64: the last 32 bits are the IPv4 address (N57)
                memory = msgspec.structs.replace(memory, destination=chosen.destination)
                after = msgspec.structs.replace(after, destination=after.shifted(chosen.destination, -NAT64.first))
            session = (*after.context.session, memory)
            crossed = (*after.context.crossed, "nat-gateway")
            after = with_context(after, sender=sender, links=(), session=session, crossed=crossed)
            if not nat_subnet:
                detail = f"{label} is a regional NAT gateway: no network ACL of its own is applied (N56)"
                after = after.assuming(
                    assume("REGIONAL_NAT_WITHOUT_SUBNET_ACL", gateway.nat_gateway_id, detail, "block")
                )
                found.append(after.to(*by_own_table(gateway)))
            else:
                found.append(after.to("leave", nat_subnet))
    return found


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


# --- endpoints ------------------------------------------------------------------------------------------------------


def vpc_endpoint(ground: Ground, flow: Walk) -> list[Walk]:
    """To an endpoint that a route names: a gateway endpoint's service, or an inspection that is not followed."""
    endpoint_id, vpc_id = flow.place[1:3]
    endpoint = ground.network.vpc_endpoints.get(endpoint_id)
    if endpoint is None:
        return [not_there(ground, flow, endpoint_id, vpc_id, "describe-vpc-endpoints")]
    label = ground.network.label(endpoint_id)
    if endpoint.vpc_endpoint_type != "Gateway":
        return inspection(ground, flow, endpoint, flow.place[3])
    why = block(flow, "BAD_STATE", endpoint_id, f"{label} is {endpoint.state}")
    flow = past_state(flow, endpoint_id, endpoint.state, ("available",), why)
    if flow.context.sender is None or any(link not in flow.context.inspected for link in flow.context.links):
        own, foreign = _from_own_addresses(flow, ground.network.vpc_addresses(vpc_id))
        parts = []
        if own is not None:
            detail = f"whether {label} serves what left {vpc_id} and came back into it is not documented"
            parts.append(lost(own, Gap("UNMODELLED_COMPONENT", endpoint_id, detail)))
        if foreign is not None:
            detail = f"{label} serves only interfaces of {vpc_id}, not what comes in from elsewhere (N137)"
            parts.append(stopped(foreign, block(foreign, "GATEWAY_REJECTS_SPOOFED_TRAFFIC", endpoint_id, detail)))
        return parts
    if flow.context.session:
        detail = f"{label} takes the traffic of {flow.context.session[-1].gateway}: not confirmed by AWS's pages (N59)"
        flow = flow.assuming(assume("NAT_THEN_GATEWAY_ENDPOINT", endpoint_id, detail, "leak"))
    return _into_service(ground, flow, endpoint, vpc_id)


def _into_service(ground: Ground, flow: Walk, endpoint: VpcEndpoint, vpc_id: str) -> list[Walk]:
    """Gateway endpoints carry TCP and ICMP echo (N136)."""
    endpoint_id = endpoint.vpc_endpoint_id
    takes: list[Walk] = []
    others: list[Walk | None] = [flow]
    if flow.protocol == TCP:
        takes, others = [flow], []
    elif flow.protocol == ICMP:
        echo = icmp_services(ICMP, 8, -1)
        inside = flow.with_dimension(SERVICE, echo)
        takes = [inside] if inside is not None else []
        others = [flow.with_dimension(SERVICE, flow.box[SERVICE] - echo)]
    label = ground.network.label(endpoint_id)
    detail = f"{label} carries TCP and ICMP echo only"
    code = "VPCE_GATEWAY_PROTOCOL_RESTRICTION"
    parts = [stopped(part, block(part, code, endpoint_id, detail)) for part in others if part is not None]
    for part in takes:
        text = f"{label}: {endpoint.service_name}, {describe_addresses(part.destinations)}"
        crossed = hop(part, endpoint_id, "vpc-endpoint", text, source=ground.network.source(endpoint_id))
        parts.append(finish(part.through(crossed), endpoint_id, "vpc-endpoint", "private", None, "local", vpc_id, ""))
    return parts


# --- peering, on-premises, interfaces, the rest ----------------------------------------------------------------------


def peering(ground: Ground, flow: Walk) -> list[Walk]:
    """Over a peering connection, into the other VPC and no further (N180, N181)."""
    peering_id, vpc_id = flow.place[1:3]
    network = ground.network
    connection = network.vpc_peering_connections.get(peering_id)
    if connection is None:
        return [not_there(ground, flow, peering_id, vpc_id, "describe-vpc-peering-connections")]
    label = network.label(peering_id)
    ends = (connection.requester_vpc_info, connection.accepter_vpc_info)
    there = next((end for end in ends if end.vpc_id != vpc_id), None)
    if there is None or not any(end.vpc_id == vpc_id for end in ends):
        detail = f"{label} does not connect {vpc_id}"
        return [stopped(flow, block(flow, "BAD_STATE_ATTACHMENT", peering_id, detail))]
    why = block(flow, "BAD_STATE", peering_id, f"{label} is {connection.status.code}")
    flow = past_state(flow, peering_id, connection.status.code, ("active",), why)
    blocks = [one.cidr_block.block for one in there.cidr_block_set]
    blocks += [one.ipv6_cidr_block.block for one in there.ipv6_cidr_block_set]
    if there.cidr_block is not None:
        blocks.append(there.cidr_block.block)
    peer_addresses = IntervalSet.union_of(blocks) | network.vpc_addresses(there.vpc_id or "")
    parts: list[Walk] = []
    outside = flow.with_destinations(flow.destinations - peer_addresses)
    if outside is not None:
        where = f"outside the peer VPC {there.vpc_id}"
        detail = f"{describe_addresses(outside.destinations)} is {where}: peering carries no transit"
        parts.append(stopped(outside, block(outside, "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", peering_id, detail)))
    inside = flow.with_destinations(peer_addresses)
    if inside is None:
        return parts
    inside, foreign = _from_own_addresses(inside, network.vpc_addresses(vpc_id))
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
        detail = f"the peer VPC {there.vpc_id} of account {there.owner_id} is not in the snapshot"
        home = (there.owner_id or "unknown", there.region or network.home_of(vpc_id)[1])
        lacking = network.lacks(home, "describe-vpcs")
        return [*parts, lost(inside, Gap("PEER_ACCOUNT_UNSEEN", peering_id, detail, lacking))]
    return [*parts, _over(inside, peering_id).to("local", there.vpc_id, "")]


def _from_own_addresses(flow: Walk, own: IntervalSet) -> tuple[Walk | None, Walk | None]:
    return flow.with_sources(own), flow.with_sources(flow.sources - own)


def _over(flow: Walk, peering_id: str) -> Walk:
    """Note the crossing; a NAT gateway behind the flow remembers it (N51)."""
    context = flow.context
    session = context.session
    if flow.leg == "request" and session and session[-1].balancer is None:
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
    if gateway.state in _ATTACHED:
        loose = block(flow, "BAD_STATE_ATTACHMENT", gateway_id, f"{label} is not attached to {vpc_id}")
        flow = _past_attachment(flow, gateway.vpc_attachments, vpc_id, loose)
    else:
        why = block(flow, "BAD_STATE", gateway_id, f"{label} is {gateway.state}")
        flow = past_state(flow, gateway_id, gateway.state, _ATTACHED, why)
    flow = _past_vpn(ground, flow, gateway_id)
    parts: list[Walk] = []
    inside, foreign = _from_own_addresses(flow, network.vpc_addresses(vpc_id))
    if foreign is not None:
        detail = f"{describe_addresses(foreign.sources)} is no private address of an interface in {vpc_id}"
        parts.append(stopped(foreign, block(foreign, "VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS", gateway_id, detail)))
    if inside is not None:
        crossed = hop(
            inside, gateway_id, "vpn-gateway", f"{label} to the networks behind it", source=network.source(gateway_id)
        )
        inside = inside.through(crossed)
        known = led_to(network, gateway_id)
        for part in (inside.with_destinations(known), inside.with_destinations(inside.destinations - known)):
            if part is not None and part.destinations.isdisjoint(known) and part.leg == "request":
                detail = f"the static routes of the VPN connections of {label} do not lead to " + describe_addresses(
                    part.destinations
                )
                part = part.unknown(Gap("ON_PREMISES_UNSEEN", gateway_id, f"{detail}; only Direct Connect could"))
            if part is not None:
                parts.append(on_premises(ground, part, gateway_id, "vpn-gateway-in", gateway_id, vpc_id))
    return parts


def _past_vpn(ground: Ground, flow: Walk, gateway_id: str) -> Walk:
    """Blocked if the gateway has VPN connections and none of them works (Direct Connect leaves no trace of its own)."""
    mine = [one for one in ground.network.vpn_connections.values() if one.vpn_gateway_id == gateway_id]
    if not mine or any(one.state in ("available", "modifying") for one in mine):
        return flow
    worst = min(mine, key=lambda one: (one.state.standing() != "unknown", one.vpn_connection_id))
    detail = f"{ground.network.label(worst.vpn_connection_id)} of {ground.network.label(gateway_id)} is {worst.state}"
    why = block(flow, "BAD_STATE_VPN", worst.vpn_connection_id, detail)
    return past_state(flow, worst.vpn_connection_id, worst.state, ("available", "modifying"), why)


def on_premises(ground: Ground, flow: Walk, gateway_id: str, *back: str) -> Walk:
    """Behind a private gateway. Its networks are taken to answer the way they were asked."""
    origin = flow.context.origin
    if flow.leg == "response":
        if origin.kind == "on-premises" and origin.gateway == gateway_id:
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
    own = ground.network.vpc_addresses(vpc_id)
    outside = flow.with_destinations(flow.destinations - own)
    lacking = ground.lacks_for_vpc(vpc_id, "describe-vpcs") if outside is not None else ()
    if outside is not None and lacking:
        return [lost(flow, missing(lacking, vpc_id, f"the addresses of {vpc_id}"))]
    if outside is not None:
        detail = f"{describe_addresses(outside.destinations)} is no private address of an interface in {vpc_id}"
        why = block(outside, "VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", gateway_id, detail, direction="ingress")
        parts.append(stopped(outside, why))
    inside = flow.with_destinations(own)
    return [*parts, inside.to("gateway-table", gateway_id, vpc_id)] if inside is not None else parts


def unmodelled(ground: Ground, flow: Walk) -> list[Walk]:
    """To a target that is not modelled: never "blocked", never "private" (N20, N195)."""
    kind, target = flow.place[:2]
    detail = f"{ground.network.label(target) or 'a route target'} ({kind}) is not modelled"
    vpc_id = flow.place[2] if len(flow.place) > 2 else ""
    lacking = ground.lacks_for_vpc(vpc_id, "describe-network-interfaces") if kind == "unknown" and target else ()
    if lacking:
        return [lost(flow, missing(lacking, target, f"the interface that has {target}, the target of a route,"))]
    return [lost(flow, Gap("UNMODELLED_COMPONENT", target, detail))]
