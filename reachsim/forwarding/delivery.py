"""Within a VPC: out of an interface, through the subnet's edge and the route table, and into an interface.

**Source:** "Configure route tables" and "How route priority works" (VPC User Guide; facts N1 to N27), "Network ACL
basics" (N108: checked only at the subnet's boundary).
"""

from __future__ import annotations

from typing import Final

import msgspec

from reachsim.addresses import AMAZON_LOCAL, V4, V6, V6_BASE, VPC_LATTICE, Cidr
from reachsim.engine import answered, choose
from reachsim.evidence import Assumption, Gap
from reachsim.forwarding.appliances import symmetric
from reachsim.forwarding.block_public_access import past_block_public_access
from reachsim.forwarding.filtering import through_network_acl, through_security_groups
from reachsim.forwarding.ground import (
    Ground,
    Route,
    Walk,
    assume,
    block,
    describe,
    describe_addresses,
    hop,
    lost,
    missing,
    past_state,
    stopped,
    unseen,
    with_context,
)
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.network import own_address, subnet_addresses
from reachsim.model.records import NatGateway, RouteTable, VpcEndpoint
from reachsim.packets import DESTINATION, SERVICE, TCP, protocol_services
from reachsim.routing import ADVERTISED, Candidate, CompiledTable, next_route

INTERFACE_FILES = ("describe-network-interfaces",)
TO_TARGETS = "targets"
"""Marks the place of what a load balancer's interface sends: to registered targets only."""

_UNFILTERED: Final = AMAZON_LOCAL - VPC_LATTICE
_AWS_OWN: Final = frozenset({
    "api_gateway_managed", "aws_codestar_connections_managed", "ec2_instance_connect_endpoint",
    "global_accelerator_managed", "iot_rules_managed", "quicksight", "transit_gateway",
})  # fmt: skip
"""Types of interfaces by which AWS's services come into a VPC; nobody documents what asks them (EC2 API,
NetworkInterfaceType)."""
SSH: Final = protocol_services(TCP, IntervalSet.single(22))


def send(ground: Ground, flow: Walk) -> list[Walk]:
    """A request leaves its interface: own addresses only, then the security groups' egress rules (N24, N83)."""
    interface = flow.context.sender
    assert interface is not None
    if interface.kind == "endpoint":
        label = ground.network.label(interface.id)
        return [
            stopped(flow, block(flow, "VPCE_INTRA_VPC_TRAFFIC", interface.id, f"{label} never starts a connection"))
        ]
    if interface.kind == "load-balancer" and flow.place[2:] != (TO_TARGETS,):
        return [flow.to("load-balancer-send", interface.id)]
    parts: list[Walk] = []
    foreign = flow.with_sources(flow.sources - interface.addresses)
    if foreign is not None:
        parts.append(_foreign_source(ground, foreign, interface))
    own = flow.with_sources(interface.addresses)
    if own is None:
        return parts
    local = _amazon_local(ground, interface)
    rest = own.with_destinations(own.destinations - local)
    amazon = own.with_destinations(local)
    if amazon is not None:
        detail = "an Amazon service on a link-local or reserved address: never routed nor filtered (N10, N94)"
        reached = amazon.through(hop(amazon, "amazon-local", "service", detail))
        parts.append(
            with_context(reached, terminal="amazon-local", terminal_kind="service", route="private").ended("ok")
        )
    if rest is not None:
        detail = f"{ground.network.label(interface.id)} in {ground.network.label(interface.subnet_id)} sends"
        out = rest.through(
            hop(rest, interface.id, "network-interface", detail, source=ground.network.source(interface.id))
        )
        for part in through_security_groups(ground, out, interface, "egress"):
            parts += _on_its_way(ground, part, interface)
    return parts


def _on_its_way(ground: Ground, flow: Walk, interface: Interface) -> list[Walk]:
    """Past the interface's security groups: to VPC Lattice, which its own associations decide (N195), or elsewhere."""
    if flow.destinations.isdisjoint(VPC_LATTICE):
        return [flow.to("leave", interface.subnet_id)]
    onward = flow.with_destinations(flow.destinations - VPC_LATTICE)
    parts = [onward.to("leave", interface.subnet_id)] if onward is not None else []
    lattice = flow.with_destinations(VPC_LATTICE)
    if lattice is not None:
        detail = f"whether a service network of VPC Lattice is associated with {interface.vpc_id} is not modelled"
        gap = Gap("UNMODELLED_COMPONENT", "vpc-lattice", detail)
        parts += [lost(part, gap) for part in _past_acl(ground, lattice, interface.subnet_id)]
    return parts


def _foreign_source(ground: Ground, flow: Walk, interface: Interface) -> Walk:
    label = ground.network.label(interface.id)
    if interface.source_dest_check:
        detail = f"{describe_addresses(flow.sources)} is no address of {label}, whose source/destination check is on"
        return stopped(flow, block(flow, "ENI_ADDRESS_RESTRICTION", interface.id, detail))
    detail = f"{label} may send for others (source/destination check is off)"
    return lost(flow, Gap("APPLIANCE_MAY_FORWARD", interface.id, detail))


def _amazon_local(ground: Ground, interface: Interface) -> IntervalSet:
    """Addresses of the VPC resolver, instance metadata and the like, as the interface sees them."""
    blocks = [block.block for block in ground.network.vpc_blocks(interface.vpc_id) if block.block.first < V6_BASE]
    resolver = IntervalSet.single(blocks[0].first + 2) if blocks else EMPTY
    return _UNFILTERED | resolver


def leave(ground: Ground, flow: Walk) -> list[Walk]:
    """Out of a subnet: to a neighbour directly (N9), else by the route table and past the network ACL.

    So it is too for what a transit gateway's interface brings into its subnet: its table decides (N186), its ACL judges
    what leaves it (N117), and a neighbour is not checked at all (N118).
    """
    subnet_id = flow.place[1]
    subnet = ground.network.subnets.get(subnet_id)
    if subnet is None:
        return [_no_subnet(ground, flow, subnet_id)]
    flow = with_context(flow, zone=ground.zone_of(subnet_id))
    parts: list[Walk] = []
    here = EMPTY
    for owner, addresses in ground.network.split_by_subnet(subnet.vpc_id, flow.destinations):
        if owner == subnet_id:
            here = addresses
    inside = flow.with_destinations(here)
    if inside is not None:
        parts.append(inside.to("deliver", subnet_id))
    outside = flow.with_destinations(flow.destinations - here)
    if outside is not None:
        parts += by_subnet_table(ground, outside, subnet_id, subnet.vpc_id)
    return parts


def _no_subnet(ground: Ground, flow: Walk, subnet_id: str) -> Walk:
    home = ground.network.home_of(flow.context.sender.id if flow.context.sender else subnet_id)
    lacking = ground.network.lacks(home, "describe-subnets")
    what = f"subnet {subnet_id}"
    return lost(
        flow, missing(lacking, subnet_id, what) if lacking else unseen(subnet_id, f"{what} is not in the snapshot")
    )


def route_by_table(ground: Ground, flow: Walk) -> list[Walk]:
    """By a table that belongs to no subnet (a regional NAT gateway's): no network ACL."""
    _, table_id, vpc_id = flow.place
    table = ground.network.route_tables.get(table_id)
    if table is None:
        lacking = ground.lacks_for_vpc(vpc_id, "describe-route-tables")
        what = f"route table {table_id}"
        gap = missing(lacking, table_id, what) if lacking else unseen(table_id, f"{what} is not in the snapshot")
        return [lost(flow, gap)]
    return _routed(ground, flow, table, "", vpc_id)


def by_gateway_table(ground: Ground, flow: Walk) -> list[Walk]:
    """In from an internet or virtual private gateway: by its own route table where it has one (N21, N22)."""
    gateway_id, vpc_id, *subnets = flow.place[1:]
    table = ground.network.gateway_route_table(gateway_id)
    parts = [flow.to("local", vpc_id, "")] if table is None else _routed(ground, flow, table, "", vpc_id)
    return [
        _redirected(ground, part, gateway_id, vpc_id, bool(subnets)) if not part.end and part.place[0] != "local"
        else _admitted(ground, part, gateway_id, vpc_id, subnets) for part in parts
    ]  # fmt: skip


def _admitted(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, subnets: list[str]) -> Walk:
    """Past VPC Block Public Access at the subnet that the traffic is for, if it is one that this applies to."""
    for subnet_id in filter(None, subnets):
        flow = past_block_public_access(ground, flow, gateway_id, vpc_id, subnet_id, "ingress")
    return flow


def _redirected(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, by_internet: bool) -> Walk:
    """On its way to a middlebox, whose subnet VPC Block Public Access goes by (N69); an interface needs a public
    address of its own to be one of an internet gateway's.
    """
    kind, target = flow.place[:2]
    if by_internet:
        subnet_id = _target_subnet(ground, kind, target) or ""
        firewall = target if target in ground.firewalls else ""
        flow = past_block_public_access(ground, flow, gateway_id, vpc_id, subnet_id, "ingress", firewall)
    flow = with_context(flow, redirected=True)
    if flow.place[0] != "network-interface" or not gateway_id.startswith("igw-"):
        return flow
    interface = ground.network.interfaces.get(flow.place[1])
    if interface is None or interface.public:
        return flow
    label = ground.network.label(interface.id)
    detail = f"{label} has no public address, which the middlebox of an internet gateway's route table needs"
    return flow.blocked(block(flow, "INGRESS_RTB_NO_PUBLIC_IP", interface.id, detail, direction="ingress"))


def by_subnet_table(ground: Ground, flow: Walk, subnet_id: str, vpc_id: str) -> list[Walk]:
    """By the subnet's route table, past its network ACL."""
    table = ground.network.route_table_of(subnet_id)
    if table is None or vpc_id not in ground.network.vpcs:
        lacking = ground.lacks_for_vpc(vpc_id, "describe-vpcs", "describe-route-tables")
        parts = _past_acl(ground, flow, subnet_id)
        what = f"the route table of {subnet_id}"
        gap = missing(lacking, subnet_id, what) if lacking else unseen(subnet_id, f"{what} is not in the snapshot")
        return [lost(part, gap) for part in parts]
    return _routed(ground, flow, table, subnet_id, vpc_id)


def _routed(ground: Ground, flow: Walk, table: RouteTable, subnet_id: str, vpc_id: str) -> list[Walk]:
    compiled = ground.table(table.route_table_id)
    reply_to_nat = _nat_reply_over_peering(ground, flow, vpc_id)
    if reply_to_nat is not None:
        return _past_acl(ground, reply_to_nat, subnet_id)
    parts: list[Walk] = []
    rest = flow.destinations
    for piece in compiled.parts.meeting(rest):
        part = flow.with_destinations(piece.destinations & flow.destinations) if rest & piece.destinations else None
        if part is None:
            continue
        rest = rest - piece.destinations
        for candidate, chosen in _winners(part, piece.winners, table):
            parts += _taken(ground, chosen, table, compiled, candidate, subnet_id, vpc_id)
    unrouted = flow.with_destinations(rest)
    if unrouted is not None:
        parts += [_no_route(ground, part, table, compiled) for part in _past_acl(ground, unrouted, subnet_id)]
    return parts


def _winners(flow: Walk, winners: tuple[Candidate, ...], table: RouteTable) -> list[tuple[Candidate, Walk]]:
    """The one route, or each of several equal ones as AWS may pick it (N14)."""
    by_target = {candidate.target: candidate for candidate in winners}
    if len(by_target) == 1:
        return [(winners[0], flow)]
    options = [by_target[target] for target in sorted(by_target, key=lambda one: (one.id, one.kind))]
    between = ", ".join(option.target.id for option in options)
    code, detail = "PREFIX_LISTS_OVERLAP", f"{table.route_table_id} holds equal routes to {between}: AWS picks one"
    if any(option.route.origin == ADVERTISED for option in options):
        code = "ROUTE_SERVER_PRIORITY_UNKNOWN"
        detail = f"which of the routes of {table.route_table_id} to {between} goes first is not documented: either"
    assumed = flow.assuming(assume(code, table.route_table_id, detail, "neither"))
    return list(zip(options, choose(assumed, len(options)), strict=True))


def _taken(
    ground: Ground,
    flow: Walk,
    table: RouteTable,
    compiled: CompiledTable,
    candidate: Candidate,
    subnet_id: str,
    vpc_id: str,
) -> list[Walk]:
    gap = _unread(table, compiled) if candidate.target.kind != "local" else None
    if gap is not None:
        return [lost(part, gap) for part in _past_acl(ground, flow, subnet_id)]
    kind, target = candidate.target.kind, candidate.target.id
    route = candidate.route
    source = ground.network.source(table.route_table_id, f"/Routes/{candidate.index}" if candidate.index >= 0 else "")
    label = ground.network.label(table.route_table_id)
    crossed = hop(
        flow,
        table.route_table_id,
        "route-table",
        f"{label}: {candidate.destination} → {ground.network.label(target)}",
        rule=candidate.destination,
        source=source,
    )
    same_subnet = subnet_id != "" and _target_subnet(ground, kind, target) == subnet_id
    found: list[Walk] = []
    flow = flow.assuming(*_doubts(ground, flow, table, candidate, vpc_id))
    for part in _past_acl(ground, flow, "" if same_subnet else subnet_id):
        part = part.through(crossed)
        if route.state == "blackhole":
            detail = f"route {candidate.destination} → {ground.network.label(target)} of {label} is a blackhole"
            cause = "RETURN_ROUTE_MISSING" if part.leg == "response" else None
            behind = next_route(ground.network, table, ground.network.home_of(vpc_id), candidate, part.destinations)
            if behind is not None and cause is None:
                better = "MORE_SPECIFIC_ROUTE" if behind.longer else "HIGHER_PRIORITY_ROUTE"
                to = f"{behind.item.destination} → {ground.network.label(behind.item.target.id)}"
                cause, detail = better, f"{detail}, and goes before {to}"
            bad = block(
                part, "BAD_STATE_ROUTE", table.route_table_id, detail, rule=candidate.destination, at=subnet_id or None,
                source=source, cause=cause,
            )  # fmt: skip
            found.append(stopped(part, bad))
        elif route.state != "active":
            detail = f"route {candidate.destination} of {label} is in state {route.state!r}, whose meaning is not known"
            found.append(lost(part, Gap("ROUTE_STATE_FILTERED", table.route_table_id, detail)))
        elif kind == "local":
            found += _by_local_route(ground, part, table, candidate, subnet_id, vpc_id)
        elif part.leg == "request" and _keeps_client(part):
            detail = f"a kept client address on its way over {ground.network.label(target)}: AWS supports only targets"
            found.append(
                lost(part, Gap("UNMODELLED_COMPONENT", target, f"{detail} that the load balancer reaches directly"))
            )
        else:
            found.append(part.to(kind, target, vpc_id, subnet_id, table.route_table_id))
    return found


_INTO_THE_VPC = ("local", "nat-gateway", "network-interface", "vpc-endpoint")
"""Kinds of target that AWS takes in a static route within the VPC's own range (N4, N8)."""


def _doubts(ground: Ground, flow: Walk, table: RouteTable, candidate: Candidate, vpc_id: str) -> tuple[Assumption, ...]:
    """What is taken for granted where this route is used."""
    found: list[Assumption] = []
    table_id, route = table.route_table_id, candidate.route
    named = route.destination_cidr_block or route.destination_ipv6_cidr_block
    made = named is not None and route.origin == "CreateRoute"
    whole = [block.block for block in ground.network.vpc_blocks(vpc_id)] if made else []
    if named is not None and any(named.block <= block for block in whole):
        subnets = (subnet_addresses(ground.network.subnets[one]) for one in ground.network.subnets_of(vpc_id))
        known = named.block in whole or any(named.block == one & _family(named) for one in subnets)
        if not known or candidate.target.kind not in _INTO_THE_VPC:
            detail = f"route {named} of {table_id} lies within the VPC's own range: AWS would refuse it"
            found.append(assume("STATIC_LOCAL_ROUTE", table_id, detail, "leak"))
    endpoint = ground.network.vpc_endpoints.get(candidate.target.id)
    if route.destination_prefix_list_id and endpoint is not None and endpoint.vpc_endpoint_type != "Gateway":
        detail = f"route {candidate.destination} of {table_id} leads to {candidate.target.id}: AWS would refuse it"
        found.append(assume("PREFIX_LIST_ROUTE_TO_MIDDLEBOX", table_id, detail, "leak"))
    if route.state == "blackhole" and any(
        one.state == "active" and block is not None and block != named and not block.block.isdisjoint(flow.destinations)
        for one in table.routes
        for block in (one.destination_cidr_block, one.destination_ipv6_cidr_block)
    ):
        detail = f"no wider route of {table_id} takes over from its blackhole {candidate.destination}"
        found.append(assume("BLACKHOLE_NO_FALLTHROUGH", table_id, detail, "leak"))
    return tuple(found)


def _family(block: Cidr) -> IntervalSet:
    """All addresses of the block's family."""
    return V4 if block.block.first < V6_BASE else V6


def _by_local_route(
    ground: Ground, flow: Walk, table: RouteTable, candidate: Candidate, subnet_id: str, vpc_id: str
) -> list[Walk]:
    """The local route serves the VPC's own blocks, whatever destination it is written with (N4)."""
    own = ground.network.vpc_addresses(vpc_id)
    inside, outside = flow.with_destinations(own), flow.with_destinations(flow.destinations - own)
    parts = [inside.to("local", vpc_id, subnet_id)] if inside is not None else []
    if outside is not None:
        detail = f"{describe_addresses(outside.destinations)} is outside the blocks of {ground.network.label(vpc_id)}"
        code, at = "VPC_LOCAL_ROUTE_CIDR_RESTRICTION", subnet_id or None
        why = block(outside, code, table.route_table_id, detail, rule=candidate.destination, at=at)
        parts.append(stopped(outside, why))
    return parts


def _target_subnet(ground: Ground, kind: str, target: str) -> str | None:
    """The subnet in which a route's target has its interface, for targets that live in one."""
    if kind == "nat-gateway":
        gateway = ground.network.nat_gateways.get(target)
        return gateway.subnet_id if gateway else None
    if kind == "network-interface":
        interface = ground.network.interfaces.get(target)
        return interface.subnet_id if interface else None
    if kind == "vpc-endpoint":
        endpoint = ground.network.vpc_endpoints.get(target)
        return next(iter(endpoint.subnet_ids), None) if endpoint else None
    return None


def _past_acl(ground: Ground, flow: Walk, subnet_id: str) -> list[Walk]:
    """Past the egress rules of the subnet's network ACL; of none if the flow leaves no subnet."""
    return through_network_acl(ground, flow, subnet_id, "egress") if subnet_id else [flow]


def _unread(table: RouteTable, compiled: CompiledTable) -> Gap | None:
    """What keeps a table from being known whole."""
    if compiled.unread:
        return unseen(table.route_table_id, compiled.unread)
    if compiled.missing:
        return missing(compiled.missing, table.route_table_id, f"a prefix list that {table.route_table_id} routes by")
    return None


def _no_route(ground: Ground, flow: Walk, table: RouteTable, compiled: CompiledTable) -> Walk:
    gap = _unread(table, compiled)
    if gap is not None:
        return lost(flow, gap)
    cause = None
    if flow.leg == "response":
        cause = "RETURN_ROUTE_MISSING"
    elif flow.context.session and flow.context.session[-1].balancer is None:
        cause = "NAT_WITHOUT_INTERNET_GATEWAY"
    label = ground.network.label(table.route_table_id)
    detail = f"{label} has no route to {describe_addresses(flow.destinations)}"
    return stopped(
        flow,
        block(
            flow,
            "NO_ROUTE_TO_DESTINATION",
            table.route_table_id,
            detail,
            cause=cause,
            source=ground.network.source(table.route_table_id),
        ),
    )


def _nat_reply_over_peering(ground: Ground, flow: Walk, vpc_id: str) -> Walk | None:
    """A reply to a NAT gateway that reached this VPC by peering goes back to it, with or without a route (fact N51)."""
    session = flow.context.session
    if flow.leg != "response" or not session or not session[-1].peering or session[-1].vpc_id == vpc_id:
        return None
    peering = session[-1].peering
    detail = f"{ground.network.label(peering)}: the reply returns to {session[-1].gateway} (no route needed)"
    return flow.through(hop(flow, peering, "vpc-peering-connection", detail)).to("local", session[-1].vpc_id, "")


def local(ground: Ground, flow: Walk) -> list[Walk]:
    """By the local route: to the subnet that holds the destination, past its network ACL unless the flow is in it
    already.
    """
    _, vpc_id, from_subnet = flow.place
    lacking = ground.lacks_for_vpc(vpc_id, "describe-subnets")
    parts: list[Walk] = []
    for subnet_id, addresses in ground.network.split_by_subnet(vpc_id, flow.destinations):
        part = flow.with_destinations(addresses)
        if part is None:
            continue
        nat = _awaiting_nat(ground, part, part.destinations) if subnet_id is None else None
        if nat is not None:
            parts.append(_at_nat(ground, part, nat))  # a regional one is in no subnet (N54)
        elif subnet_id is None and lacking:
            parts.append(lost(part, missing(lacking, vpc_id, f"the subnets of {vpc_id}")))
        elif subnet_id is None:
            parts.append(_nobody(ground, part, vpc_id))
        elif subnet_id == from_subnet:
            parts.append(part.to("deliver", subnet_id))
        else:
            parts.append(part.to("enter", subnet_id))
    return parts


def _nobody(ground: Ground, flow: Walk, at: str) -> Walk:
    label = ground.network.label(at)
    detail = f"{describe_addresses(flow.destinations)} in {label} belongs to no network interface"
    context = flow.context
    if flow.leg == "request" and context.origin.gateway.startswith("vgw-") and context.sender is None:
        at = context.origin.gateway
        return stopped(flow, block(flow, "VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", at, detail, direction="ingress"))
    return stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", at, detail, direction="ingress"))


def enter(ground: Ground, flow: Walk) -> list[Walk]:
    """Over a subnet's edge: the network ACL's ingress rules."""
    subnet_id = flow.place[1]
    return [part.to("deliver", subnet_id) for part in through_network_acl(ground, flow, subnet_id, "ingress")]


def deliver(ground: Ground, flow: Walk) -> list[Walk]:
    """To the interface in the subnet that has the destination address."""
    subnet_id = flow.place[1]
    network = ground.network
    subnet = network.subnets.get(subnet_id)
    vpc_id = subnet.vpc_id if subnet else ""
    parts: list[Walk] = []
    origin = flow.context.origin.interface
    rest: IntervalSet = flow.destinations
    if flow.leg == "response" and origin is not None and origin.kind in ("virtual", "public", "any"):
        mine = flow.with_destinations(origin.addresses) if origin.subnet_id == subnet_id else None
        if mine is not None and mine.destination == 0:  # still the asked source: the origin itself
            parts.append(mine.to("receive", origin.id))
            rest = rest - mine.destinations
    for receiver in _receivers(flow, subnet_id):
        asked = flow.with_destinations(receiver.addresses & rest)
        if asked is not None:
            parts.append(asked.to("receive", receiver.id))
            rest = rest - receiver.addresses
    for interface in network.interfaces_at(subnet_id, rest):
        addresses = interface.addresses & rest
        part = flow.with_destinations(addresses) if addresses else None
        if part is not None:
            parts.append(part.to("receive", interface.id))
            rest = rest - addresses
    back = _awaiting_nat(ground, flow, rest)
    if back is not None:
        parts.append(_at_nat(ground, flow, back))
        rest = EMPTY
    for number, gateway in network.nats_of_vpc.get(vpc_id, ()):
        if number in rest:
            part = flow.with_destinations(IntervalSet.single(number))
            if part is not None:
                parts.append(_at_nat(ground, part, gateway))
                rest = rest - IntervalSet.single(number)
    left = flow.with_destinations(rest) if rest else None
    if left is None:
        return parts
    lacking = ground.lacks_for_vpc(vpc_id, *INTERFACE_FILES)
    if lacking:
        return [*parts, lost(left, missing(lacking, subnet_id, f"the interfaces in {subnet_id}"))]
    return [*parts, _nobody(ground, left, subnet_id)]


def _awaiting_nat(ground: Ground, flow: Walk, addresses: IntervalSet) -> NatGateway | None:
    """The NAT gateway that a reply goes back to, working or not: what became of the request is judged there."""
    session = flow.context.session
    gateway = ground.network.nat_gateways.get(session[-1].gateway) if flow.leg == "response" and session else None
    if gateway is None or isinstance(flow.destination, int):
        return None
    own = (own_address(one) for one in gateway.nat_gateway_addresses)
    return gateway if any(number is not None and number in addresses for number in own) else None


def nat_gateway_back(ground: Ground, flow: Walk) -> list[Walk]:
    """At a NAT gateway that stands in no subnet (N54)."""
    return [_at_nat(ground, flow, ground.network.nat_gateways[flow.place[1]])]


def _receivers(flow: Walk, subnet_id: str) -> list[Interface]:
    """Virtual interfaces in the subnet that the request was sent to, while it still goes to who was asked for."""
    if flow.leg != "request" or flow.destination != DESTINATION:
        return []
    return [one for one in flow.context.receivers if one.subnet_id == subnet_id]


def receive(ground: Ground, flow: Walk) -> list[Walk]:
    """Into an interface: the security groups' ingress rules for a request; a reply must have found its sender."""
    name = flow.place[1]
    origin = flow.context.origin
    if origin.interface is not None and origin.interface.id == name and flow.leg == "response":
        return [_came_back(ground, flow, origin.interface)]
    virtual = next((one for one in flow.context.receivers if one.id == name), None)
    interface = virtual or ground.network.interfaces[name]
    if interface.kind == "nat":
        gateway = _awaiting_nat(ground, flow, interface.addresses) or next(
            (one for number, one in ground.network.nats_of_vpc.get(interface.vpc_id, ())
             if number in interface.addresses), None)  # fmt: skip
        return [_at_nat(ground, flow, gateway) if gateway is not None else _nobody(ground, flow, name)]
    if flow.leg == "response" and interface.kind == "load-balancer":
        return [flow.to("load-balancer-back", name)]
    if flow.leg == "response":
        if flow.context.session and flow.context.session[-1].gateway == name:
            return [_from_nat_instance(ground, flow, interface)]
        return [lost_reply(ground, flow, name)]
    return [_arrived(ground, part, interface) for part in through_security_groups(ground, flow, interface, "ingress")]


def _came_back(ground: Ground, flow: Walk, interface: Interface) -> Walk:
    if flow.context.session:
        return lost_reply(ground, flow, interface.id)
    detail = f"the reply reaches {ground.network.label(interface.id)}"
    if flow.context.route == "private" and "internet-gateway" in flow.context.crossed:
        flow = with_context(flow, route="internet")  # asked by a private way, answered by way of the internet (IPv6)
    flow = symmetric(ground, flow)
    return flow.through(hop(flow, interface.id, "network-interface", detail)).ended("ok")


def lost_reply(ground: Ground, flow: Walk, at: str) -> Walk:
    detail = f"the reply {describe(flow)} ends at {ground.network.label(at)}, not where the request came from"
    cause = "RETURN_ROUTE_MISSING"
    return stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", at, detail, direction="ingress", cause=cause))


def _at_nat(ground: Ground, flow: Walk, gateway: NatGateway) -> Walk:
    """At a NAT gateway's own address: a reply to a flow it translated goes on to the client, nothing else does
    (N52).
    """
    session = flow.context.session
    if flow.leg != "response" or not session or session[-1].gateway != gateway.nat_gateway_id:
        detail = f"{ground.network.label(gateway.nat_gateway_id)} accepts nothing but replies"
        at = gateway.nat_gateway_id
        return stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", at, detail, direction="ingress"))
    last = session[-1]
    detail = f"{ground.network.label(last.gateway)} sends the reply on to the client"
    back = flow.through(hop(flow, last.gateway, "nat-gateway", detail))
    back = msgspec.structs.replace(back, destination=last.source, port=last.port)
    if last.destination is not None:
        back = msgspec.structs.replace(back, source=last.destination)
    back = with_context(back, session=session[:-1], zone=last.zone)
    return back.to("leave", last.subnet_id) if last.subnet_id else back.to(*by_own_table(gateway))


def by_own_table(gateway: NatGateway) -> tuple[str, ...]:
    """Where what a regional NAT gateway sends goes: by its own route table, which may lead to a transit gateway."""
    return "table", gateway.route_table_id or "", gateway.vpc_id or ""


def _from_nat_instance(ground: Ground, flow: Walk, interface: Interface) -> Walk:
    """A reply to a flow that a NAT instance translated goes on to the client."""
    last = flow.context.session[-1]
    detail = f"{ground.network.label(interface.id)} sends the reply on to the client"
    back = flow.through(hop(flow, interface.id, "network-interface", detail))
    back = msgspec.structs.replace(back, destination=last.source, port=last.port)
    return with_context(back, session=flow.context.session[:-1]).to("leave", interface.subnet_id)


def _arrived(ground: Ground, flow: Walk, interface: Interface) -> Walk:
    """A request has reached its interface; what kind of interface decides whether there is an answer."""
    network = ground.network
    label = network.label(interface.id)
    source = network.source(interface.id)
    reached = flow.through(hop(flow, interface.id, "network-interface", f"{label} receives", source=source))
    endpoint = network.endpoint_of_interface.get(interface.id)
    if interface.kind == "load-balancer":
        return reached.to("load-balancer", interface.id)
    if interface.kind == "gateway-load-balancer":
        return stopped(
            reached, block(reached, "NO_POSSIBLE_DESTINATION", interface.id, f"{label} is a route target only")
        )
    record = network.network_interfaces.get(interface.id)
    if record is not None and record.interface_type == "lambda":
        detail = f"{label} is an interface of Lambda functions, which take no connections"
        why = block(reached, "NO_POSSIBLE_DESTINATION", interface.id, detail, direction="ingress")
        return stopped(reached, why)
    if record is not None and record.interface_type in _AWS_OWN:
        detail = f"what answers at {label}, an interface of AWS's own ({record.interface_type}), is not modelled"
        reached = reached.unknown(Gap("UNMODELLED_COMPONENT", interface.id, detail, can_hide="block"))
    if interface.kind == "endpoint" and endpoint is None:
        lacking = ground.lacks_for_vpc(interface.vpc_id, "describe-vpc-endpoints")
        what = f"the endpoint of {interface.id}"
        reached = reached.unknown(
            missing(lacking, interface.id, what) if lacking else unseen(interface.id, f"{what} is unknown")
        )
    if endpoint is not None:
        reached = _at_endpoint(ground, reached, endpoint)
        if endpoint.vpc_endpoint_type == "Interface":
            reached = _offered_in_zone(ground, reached, endpoint, interface)
            if ".vpce-svc-" in endpoint.service_name:
                label = network.label(endpoint.vpc_endpoint_id)
                detail = f"what stands behind {label} ({endpoint.service_name}) was taken to answer"
                unseen_service = assume("ENDPOINT_SERVICE_UNSEEN", endpoint.vpc_endpoint_id, detail, "block")
                reached = reached.assuming(unseen_service)
        reached = reached.through(
            hop(reached, endpoint.vpc_endpoint_id, "vpc-endpoint", f"{network.label(endpoint.vpc_endpoint_id)}: "
                f"{endpoint.service_name}", source=network.source(endpoint.vpc_endpoint_id))
        )  # fmt: skip
        if endpoint.vpc_endpoint_type != "Interface":
            label = network.label(endpoint.vpc_endpoint_id)
            detail = f"what is behind {label} ({endpoint.vpc_endpoint_type}) is not modelled"
            reached = reached.unknown(Gap("UNMODELLED_COMPONENT", endpoint.vpc_endpoint_id, detail))
        return finish(reached, endpoint.vpc_endpoint_id, "vpc-endpoint", route_to_interface(flow), interface)
    instance = network.instances.get(interface.instance_id or "")
    if instance is not None and instance.state.name != "running":
        detail = f"{network.label(instance.instance_id)} is {instance.state.name}; judged as if it ran"
        reached = reached.assuming(assume("INSTANCE_STOPPED", instance.instance_id, detail, "block"))
    return finish(reached, interface.id, "network-interface", route_to_interface(flow), interface)


def _at_endpoint(ground: Ground, flow: Walk, endpoint: VpcEndpoint) -> Walk:
    endpoint_id, state = endpoint.vpc_endpoint_id, endpoint.state
    label = ground.network.label(endpoint_id)
    if flow.protocol != TCP:
        flow = flow.blocked(
            block(flow, "PROTOCOL_RESTRICTION", endpoint_id, f"{label} takes TCP only", direction="ingress")
        )
    if flow.box[SERVICE] <= SSH and carries_git(endpoint):
        detail = f"whether {label} carries SSH is not documented"
        flow = flow.unknown(Gap("GIT_SSH_NOT_VIA_ENDPOINT", endpoint_id, detail, can_hide="block"))
    if state == "partial":
        return flow.unknown(Gap("ENDPOINT_PARTIAL", endpoint_id, f"{label} is only partly available", can_hide="block"))
    why = block(flow, "BAD_STATE", endpoint_id, f"{label} is {state}", direction="ingress")
    return past_state(flow, endpoint_id, state, ("available",), why)


def _offered_in_zone(ground: Ground, flow: Walk, endpoint: VpcEndpoint, interface: Interface) -> Walk:
    """Blocked if the endpoint's service is not offered in the zone of its interface.

    Zones are compared by id; by name only where the snapshot holds one account, as accounts name them differently.
    """
    network, endpoint_id = ground.network, endpoint.vpc_endpoint_id
    service, subnet = network.endpoint_services.get(endpoint.service_name), network.subnets.get(interface.subnet_id)
    here = network.home_of(endpoint_id)
    if service is None or subnet is None or endpoint.service_region not in (None, here[1]):
        return flow
    offered, zone = service.availability_zone_ids, subnet.availability_zone_id
    if not offered or zone is None:
        one_account = len({account for account, _ in network.homes}) == 1
        offered, zone = service.availability_zones if one_account else (), subnet.availability_zone
    if not offered or zone is None or zone in offered:
        return flow
    detail = f"{endpoint.service_name} is not offered in {zone}, where {interface.id} is, but in {', '.join(offered)}"
    code = "VPCE_SERVICE_NOT_INSTALLED_IN_AZ"
    return flow.blocked(block(flow, code, endpoint_id, detail, at=interface.id, direction="ingress"))


def carries_git(endpoint: VpcEndpoint) -> bool:
    """Whether it is an endpoint for Git connections to CodeCommit, of which AWS names HTTPS alone (fact P33)."""
    return endpoint.service_name.endswith((".git-codecommit", ".git-codecommit-fips"))


def route_to_interface(flow: Walk) -> Route:
    crossed = flow.context.crossed
    if "internet-gateway" in crossed or flow.context.origin.kind == "internet":
        return "internet"
    return "on-premises" if flow.context.origin.kind == "on-premises" else "private"


def finish(
    flow: Walk,
    terminal: str,
    kind: str,
    route: Route,
    receiver: Interface | None,
    *back: str,
) -> Walk:
    """The request has ended; turn the header round and send the reply on its way.

    ``receiver`` is the interface that answers, else ``back`` is the place where the reply enters.
    """
    flow = with_context(flow, terminal=terminal, terminal_kind=kind, route=route)
    asking, one_way = answered(flow)
    if asking is None:
        assert one_way is not None
        return one_way.ended("ok")
    if one_way is not None:
        raise ValueError("a walk starts with one-way messages apart from those that ask for an answer")
    reply = msgspec.structs.replace(asking, leg="response", source=asking.destination, destination=asking.source)
    reply = with_context(reply, sender=None, links=())
    if receiver is not None:
        return homeward(reply, receiver.subnet_id)
    return reply.to(*back)


def homeward(reply: Walk, subnet_id: str) -> Walk:
    """A reply on its way out of its sender's subnet; what a load balancer gave the client's address returns to it."""
    return reply.to("load-balancer-reply" if _keeps_client(reply) else "leave", subnet_id)


def _keeps_client(flow: Walk) -> bool:
    """Whether a Network Load Balancer sent it on with the client's address."""
    last = flow.context.session[-1].balancer if flow.context.session else None
    return last is not None and last.preserves
