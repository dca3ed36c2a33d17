"""Internet gateways and egress-only ones: out to the internet, through it, and back in.

**Source:** VPC User Guide pages on internet gateways, egress-only internet gateways and VPC Block Public Access (facts
N30 to N49, N60 to N74).
"""

from __future__ import annotations

import msgspec

from reachsim.addresses import EVERYWHERE, NAT64, PUBLIC, RFC1918, RFC6598, ULA, V4, V6, format_address
from reachsim.evidence import Direction, Gap, Hop
from reachsim.forwarding.appliances import symmetric
from reachsim.forwarding.block_public_access import past_block_public_access
from reachsim.forwarding.delivery import finish
from reachsim.forwarding.ground import (
    Ground,
    Route,
    Walk,
    assume,
    attached,
    attachment,
    block,
    describe_addresses,
    hop,
    lost,
    missing,
    not_there,
    past_attachment,
    stopped,
    with_context,
)
from reachsim.forwarding.internet_firewalls import internet_firewall, past_internet_firewall
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.model.records import EgressOnlyInternetGateway, InternetGateway
from reachsim.packets import SOURCE

_NOWHERE = EVERYWHERE - PUBLIC - RFC1918 - RFC6598
"""What nobody on the internet has: loopback, link-local, multicast and unique local addresses and the like."""


def internet_gateway(ground: Ground, flow: Walk) -> list[Walk]:
    """Out by an internet gateway: attached, not blocked, and from a public address (N30 to N36, N66 to N69)."""
    gateway_id, vpc_id, subnet_id = flow.place[1:4]
    gateway = ground.network.internet_gateways.get(gateway_id)
    if gateway is None:
        return _not_told(ground, flow, "describe-internet-gateways")
    flow = _attached(ground, flow, gateway, "egress")
    flow = past_block_public_access(ground, flow, gateway_id, vpc_id, subnet_id, firewall=_firewall(ground, flow))
    inspected = _left_from(ground, flow, gateway_id, vpc_id, subnet_id)
    flow = past_internet_firewall(ground, flow, gateway_id, vpc_id, *inspected)
    if flow.end:
        return [flow]
    return [part for family in (V4, V6) for part in _out_by_family(ground, flow, gateway_id, vpc_id, family)]


def _not_told(ground: Ground, flow: Walk, operation: str) -> list[Walk]:
    """Lost at a gateway that no file describes; where the file is missing, what Block Public Access stops there, or
    comes over IPv4 from an interface without a public address, is stopped whatever it is.
    """
    gateway_id, vpc_id, subnet_id = flow.place[1:4]
    if not ground.lacks_for_vpc(vpc_id, operation):
        return [not_there(ground, flow, gateway_id, vpc_id, operation)]
    held = past_block_public_access(ground, flow, gateway_id, vpc_id, subnet_id, firewall=_firewall(ground, flow))
    found: list[Walk] = []
    for part in (held if held.blocks else flow).by_destinations(V4):
        if part is not None:
            sender = _sender(ground, part, vpc_id) if part.destinations <= V4 else None
            if sender is not None and sender.kind not in ("any", "public") and not _has_public(sender, part.sources):
                part = _no_public_address(ground, part, gateway_id, sender)
            found.append(not_there(ground, part, gateway_id, vpc_id, operation))
    return found


def _has_public(sender: Interface, sources: IntervalSet) -> bool:
    return any(private in sources for private, _ in sender.public)


def _attached(
    ground: Ground, flow: Walk, gateway: InternetGateway | EgressOnlyInternetGateway, direction: Direction
) -> Walk:
    """The flow at a gateway, past whether that is attached to the VPC (N34)."""
    gateway_id, vpc_id = flow.place[1:3]
    detail = f"{ground.network.label(gateway_id)} is not attached to {vpc_id}"
    loose = block(flow, "BAD_STATE", gateway_id, detail, direction=direction)
    return past_attachment(flow, gateway.attachments, vpc_id, loose)


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
        inside, part = part.by_destinations(block_of_addresses) if part is not None else (None, None)
        if inside is not None:
            to = describe_addresses(inside.destinations)
            detail, cause = f"{ground.network.label(gateway_id)} does not forward to {to}", None
            if inside.destinations <= NAT64:
                detail = f"{detail}: 64:ff9b::/96 is for NAT64, and needs a route of its own to a NAT gateway"
            if flow.leg == "response":
                cause, table_id = "RETURN_ROUTE_MISSING", flow.place[-1]
                detail = f"{ground.network.label(table_id)} has no route of its own for the reply to {to}; {detail}"
            found.append(stopped(inside, block(inside, code, gateway_id, detail, cause=cause)))
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
        detail = f"{ground.network.label(gateway_id)} translates the source to {format_address(public)}"
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


def _firewall(ground: Ground, flow: Walk) -> str:
    """The endpoint of the Network Firewall that hands the flow to the gateway, if one does (N70)."""
    last = flow.context.links[-1] if flow.context.links else ""
    return last if last in ground.firewalls else ""


def _left_from(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, subnet_id: str) -> tuple[str, ...]:
    """The subnet whose table leads to the gateway, and that of the interface behind the source, if it is another."""
    sender = _sender(ground, flow, vpc_id) if internet_firewall(ground, gateway_id, vpc_id) else None
    return (subnet_id,) if sender is None or not sender.subnet_id else (subnet_id, sender.subnet_id)


def _no_public_address(ground: Ground, flow: Walk, gateway_id: str, sender: Interface | None) -> Walk:
    who = ground.network.label(sender.id) if sender else describe_addresses(flow.sources)
    is_build = sender is not None and sender.is_build
    detail = f"{who} has no public IPv4 address, so {ground.network.label(gateway_id)} cannot forward for it"
    if is_build:
        detail = f"{detail}; the interfaces of CodeBuild never get one"
    elif sender is not None and sender.id.startswith("lambda:"):
        detail = f"{detail}; the interfaces of Lambda functions never get one"
    elif sender is not None and sender.kind == "nat":
        detail = f"{detail}: it is a private NAT gateway"
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
    """Blocked if our end of it, the source on the way out, lies in private IPv6 space (N39); not known if it lies in
    space of a kind that nobody knows.
    """
    ours, code = flow.sources, "GATEWAY_REJECTS_SPOOFED_TRAFFIC"
    if direction == "ingress":
        ours, code = flow.destinations, "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
    vpc = ground.network.vpcs.get(vpc_id)
    blocks = vpc.ipv6_cidr_block_association_set if vpc else ()
    for one in blocks:
        kind, space = one.ipv6_address_attribute, one.ipv6_cidr_block.block
        if space.isdisjoint(ours):
            continue
        if kind == "private" or space <= ULA:
            detail = f"{one.ipv6_cidr_block} is private IPv6 space, taken as never routed to the internet (N39)"
            flow = flow.assuming(assume("IPV6_PRIVATE_SPACE", vpc_id, detail, "leak"))
            flow = flow.blocked(block(flow, code, gateway_id, detail, direction=direction))
        elif kind not in (None, "public"):
            detail = f"whether the internet has routes to {one.ipv6_cidr_block} ({kind}) is not known"
            flow = flow.unknown(Gap("UNMODELLED_COMPONENT", vpc_id, detail))
    return flow


def _gateway_hop(ground: Ground, flow: Walk, gateway_id: str, detail: str) -> Hop:
    kind = "egress-only-internet-gateway" if gateway_id.startswith("eigw-") else "internet-gateway"
    return hop(flow, gateway_id, kind, detail, source=ground.network.source(gateway_id))


def _outside(flow: Walk, gateway_id: str, vpc_id: str, seen: IntervalSet = EMPTY) -> Walk:
    crossed = (*flow.context.crossed, "internet-gateway")
    if flow.leg == "request":
        flow = with_context(flow, exit=gateway_id, outside=seen)
    return with_context(flow, sender=None, links=(), crossed=crossed).to("internet", gateway_id, vpc_id)


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
    own = own and flow.sources <= V4  # an IPv6 address is its own public one
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
    """The internet gateway attached to a VPC, which has one at most; else one of which that is not known."""
    found = {name: attachment(one.attachments, vpc_id) for name, one in sorted(network.internet_gateways.items())}
    return next((name for word in ("works", "unknown") for name, one in found.items() if one == word), None)


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
    flow = _attached(ground, flow, gateway, "ingress")
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
            detail = f"{network.label(gateway_id)} translates {format_address(public)} to {format_address(private)}"
            part = part.through(_gateway_hop(ground, part, gateway_id, detail))
            part = msgspec.structs.replace(part, destination=IntervalSet.single(private))
            parts.append(_to_interface(ground, part, gateway_id, interface))
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
    ):  # its source was never translated: as if it had been
        return [*parts, left.to("gateway-table", gateway_id, vpc_id, _origin_subnet(left))]
    lacking = ground.lacks_for_vpc(vpc_id, "describe-network-interfaces", "describe-subnets")
    if lacking:
        return [*parts, lost(left, missing(lacking, vpc_id, f"who has {describe_addresses(left.destinations)}"))]
    return [*parts, *_for_nobody_here(ground, left, gateway_id, vpc_id)]


def _for_nobody_here(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str) -> list[Walk]:
    """What is for no interface of the VPC; an IPv6 address is its own, so one outside of the VPC's blocks tells why."""
    label = ground.network.label(vpc_id)
    elsewhere, unassociated = flow.by_destinations(V6 - ground.network.vpc_addresses(vpc_id))
    parts: list[Walk] = []
    if elsewhere is not None:
        detail = f"{describe_addresses(elsewhere.destinations)} is outside the blocks of {label}"
        why = block(elsewhere, "IGW_DESTINATION_ADDRESS_IN_VPC_CIDRS", gateway_id, detail, direction="ingress")
        parts.append(stopped(elsewhere, why))
    if unassociated is not None:
        detail = f"{describe_addresses(unassociated.destinations)} is no public address of an interface in {label}"
        why = block(unassociated, "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", gateway_id, detail, direction="ingress")
        parts.append(stopped(unassociated, why))
    return parts


def _to_interface(ground: Ground, flow: Walk, gateway_id: str, interface: Interface) -> Walk:
    """On from an internet gateway to the interface whose public address it has translated."""
    vpc_id = interface.vpc_id
    if interface.kind == "nat" and not interface.subnet_id:  # a regional NAT gateway's: in no subnet
        if flow.leg == "response":
            flow = past_block_public_access(ground, flow, gateway_id, vpc_id, "", "ingress")
        return flow.to("nat-gateway-back", interface.id)
    if interface.kind == "nat" and flow.leg == "request":  # nothing but replies is accepted there anyway
        return flow.to("gateway-table", gateway_id, vpc_id, "")
    return flow.to("gateway-table", gateway_id, vpc_id, interface.subnet_id)


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
        return _not_told(ground, flow, "describe-egress-only-internet-gateways")
    flow = _attached(ground, flow, gateway, "egress")
    label = ground.network.label(gateway_id)
    if flow.leg == "response":
        return [
            stopped(flow, block(flow, "EIGW_INBOUND", gateway_id, f"{label} carries only flows that the VPC starts"))
        ]
    flow = past_block_public_access(ground, flow, gateway_id, vpc_id, subnet_id, firewall=_firewall(ground, flow))
    inspected = _left_from(ground, flow, gateway_id, vpc_id, subnet_id)
    flow = past_internet_firewall(ground, flow, gateway_id, vpc_id, *inspected)
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
    subnet_id = _origin_subnet(flow)
    flow = past_block_public_access(ground, flow, gateway_id, vpc_id, subnet_id)
    flow = past_internet_firewall(ground, flow, gateway_id, vpc_id, subnet_id)
    return [flow.to("local", vpc_id, "")]
