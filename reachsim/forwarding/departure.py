"""Out of an interface, through the subnet's edge and by the route table.

**Source:** "Configure route tables" and "How route priority works" (VPC User Guide; facts N1 to N27), "Network ACL
basics" (N108: checked only at the subnet's boundary).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from reachsim.addresses import DOCKER_BRIDGE, PUBLIC, V4, V6, V6_BASE, VPC_LATTICE, Cidr
from reachsim.engine import choose
from reachsim.evidence import Assumption, Block, Gap, Hop
from reachsim.forwarding import amazon_local, changing
from reachsim.forwarding.block_public_access import past_block_public_access
from reachsim.forwarding.filtering import through_network_acl, through_security_groups
from reachsim.forwarding.ground import (
    Ground,
    Walk,
    assume,
    block,
    describe_addresses,
    hop,
    keeps_client,
    lost,
    missing,
    stopped,
    unseen,
    with_context,
)
from reachsim.forwarding.internet_firewalls import past_internet_firewall
from reachsim.intervals import IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.model.records import RouteTable
from reachsim.routing import ADVERTISED, Candidate, CompiledTable, next_route

TO_TARGETS = "targets"
"""Marks the place of what a load balancer's interface sends: to registered targets only."""


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
    own, foreign = flow.by_sources(interface.addresses)
    parts = [_foreign_source(ground, foreign, interface)] if foreign is not None else []
    if own is None:
        return parts
    amazon, rest = own.by_destinations(ground.told(amazon_local.addresses_of, interface.vpc_id))
    if amazon is not None:
        parts += amazon_local.reach(ground, amazon, interface)
    if rest is not None:
        detail = f"{ground.network.label(interface.id)} in {ground.network.label(interface.subnet_id)} sends"
        out = rest.through(
            hop(rest, interface.id, "network-interface", detail, source=ground.network.source(interface.id))
        )
        for part in through_security_groups(ground, out, interface, "egress"):
            for one in _past_docker(part, interface):
                parts += _on_its_way(ground, one, interface)
    return parts


def _past_docker(flow: Walk, interface: Interface) -> list[Walk]:
    """A build runs in a container on a host that runs Docker, whose default bridge takes addresses for itself: what is
    for them there never leaves the host. Which bridge CodeBuild's hosts have is not documented.

    **Source:** "VPC CIDR blocks" (VPC User Guide: services that use 172.17.0.0/16) and what it refers to.
    """
    if not interface.is_build or flow.destinations.isdisjoint(DOCKER_BRIDGE):
        return [flow]
    inside, outside = flow.by_destinations(DOCKER_BRIDGE)
    detail = "172.17.0.0/16 was taken not to be the bridge of Docker on the build's host"
    taken = assume("DOCKER_BRIDGE_ADDRESSES", interface.id.partition("@")[0], detail, "block")
    parts = [inside.assuming(taken)] if inside is not None else []
    return parts if outside is None else [*parts, outside]


def _on_its_way(ground: Ground, flow: Walk, interface: Interface) -> list[Walk]:
    """Past the interface's security groups: to VPC Lattice, which its own associations decide (N195), or elsewhere."""
    if flow.destinations.isdisjoint(VPC_LATTICE):
        return [flow.to("leave", interface.subnet_id)]
    lattice, onward = flow.by_destinations(VPC_LATTICE)
    parts = [onward.to("leave", interface.subnet_id)] if onward is not None else []
    if lattice is not None:
        detail = f"whether a service network of VPC Lattice is associated with {interface.vpc_id} is not modelled"
        gap = Gap("UNMODELLED_COMPONENT", "vpc-lattice", detail)
        inside = with_context(lattice, route="private")  # whatever it leads to, it is no way to the internet
        parts += [lost(part, gap) for part in _past_acl(ground, inside, interface.subnet_id)]
    return parts


def _foreign_source(ground: Ground, flow: Walk, interface: Interface) -> Walk:
    label = ground.network.label(interface.id)
    if interface.source_dest_check:
        detail = f"{describe_addresses(flow.sources)} is no address of {label}, whose source/destination check is on"
        return stopped(flow, block(flow, "ENI_ADDRESS_RESTRICTION", interface.id, detail))
    detail = f"{label} may send for others (source/destination check is off)"
    return lost(flow, Gap("APPLIANCE_MAY_FORWARD", interface.id, detail))


def leave(ground: Ground, flow: Walk) -> list[Walk]:
    """Out of a subnet: to a neighbour directly (N9), else by the route table and past the network ACL.

    So it is too for what a transit gateway's interface brings into its subnet: its table decides (N186), its ACL judges
    what leaves it (N117), and a neighbour is not checked at all (N118).
    """
    subnet_id = flow.place[1]
    subnet = ground.worked_out(_subnet, subnet_id)
    if subnet is None:
        return [_no_subnet(ground, flow, subnet_id)]
    if flow.context.zone != subnet.zone:
        flow = with_context(flow, zone=subnet.zone)
    if subnet.encrypted:
        flow = flow.assuming(*subnet.encrypted)
    inside, outside = flow.by_destinations(subnet.addresses)
    parts = [inside.to("deliver", subnet_id)] if inside is not None else []
    return parts if outside is None else parts + by_subnet_table(ground, outside, subnet_id, subnet.vpc_id)


class _Subnet(msgspec.Struct, frozen=True, gc=False):
    """What the configuration tells of leaving a subnet, whoever leaves it."""

    vpc_id: str
    zone: str | None
    addresses: IntervalSet
    encrypted: tuple[Assumption, ...]


def _subnet(ground: Ground, subnet_id: str) -> _Subnet | None:
    subnet = ground.network.subnets.get(subnet_id)
    if subnet is None:
        return None
    addresses, encrypted = ground.network.addresses_of_subnet[subnet_id], ground.told(_encrypted, subnet.vpc_id)
    return _Subnet(subnet.vpc_id, ground.zone_of(subnet_id), addresses, encrypted)


def _encrypted(network: Network, vpc_id: str) -> tuple[Assumption, ...]:
    """What is taken for granted in a VPC that enforces encryption in transit (N195)."""
    vpc = network.vpcs.get(vpc_id)
    control = vpc.encryption_control if vpc is not None else None
    if control is None or control.mode != "enforce" or control.state.standing() == "does-not":
        return ()
    detail = f"{network.label(vpc_id)} enforces encryption in transit, which was taken to stop nothing"
    return (assume("VPC_ENCRYPTION_ENFORCED", vpc_id, detail, "block"),)


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
    if subnets:
        flow = past_internet_firewall(ground, flow, gateway_id, vpc_id, subnets[0])
    table = ground.network.gateway_route_table(gateway_id)
    flow = flow.assuming(*ground.told(changing.associations).get(gateway_id, ()))
    parts = [flow.to("local", vpc_id, "")] if table is None else _routed(ground, flow, table, "", vpc_id)
    return [
        _redirected(ground, part, gateway_id, vpc_id, bool(subnets)) if not part.end and part.place[0] != "local"
        else _admitted(ground, part, gateway_id, vpc_id, subnets) for part in parts
    ]  # fmt: skip


def _admitted(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, subnets: list[str]) -> Walk:
    """Past VPC Block Public Access at the subnet that the traffic is for, if it is one that this applies to, and if
    nothing is open on the way there: a middlebox would have it apply elsewhere.
    """
    if flow.end == "unknown":
        return flow
    for subnet_id in filter(None, subnets):
        flow = past_block_public_access(ground, flow, gateway_id, vpc_id, subnet_id, "ingress")
    return flow


def _redirected(ground: Ground, flow: Walk, gateway_id: str, vpc_id: str, by_internet: bool) -> Walk:
    """On its way to a middlebox, whose subnet VPC Block Public Access goes by (N69); an interface needs a public
    address of its own, for IPv6 an IPv6 one, to be one of an internet gateway's ("Gateway route tables": "the target
    network interface must also have a public IP address").
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
    if flow.destinations <= V6 and interface.addresses & _public_ipv6(ground, vpc_id):
        return flow
    label = ground.network.label(interface.id)
    detail = f"{label} has no public address, which the middlebox of an internet gateway's route table needs"
    return flow.blocked(block(flow, "INGRESS_RTB_NO_PUBLIC_IP", interface.id, detail, direction="ingress"))


def _public_ipv6(ground: Ground, vpc_id: str) -> IntervalSet:
    """The VPC's IPv6 addresses that the internet may have routes to (N36, N39)."""
    vpc = ground.network.vpcs.get(vpc_id)
    blocks = vpc.ipv6_cidr_block_association_set if vpc else ()
    return PUBLIC & IntervalSet.union_of(
        one.ipv6_cidr_block.block for one in blocks if one.ipv6_address_attribute != "private"
    )


def by_subnet_table(ground: Ground, flow: Walk, subnet_id: str, vpc_id: str) -> list[Walk]:
    """By the subnet's route table, past its network ACL."""
    table = ground.network.route_table_of(subnet_id)
    assumed = changing.of_subnet(ground, flow, subnet_id, vpc_id)
    if assumed:
        flow = flow.assuming(*assumed)
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
    lists = changing.of_table(ground, table)
    if lists and not flow.destinations <= compiled.local:
        flow = flow.assuming(*lists)
    parts: list[Walk] = []
    routed: list[IntervalSet] = []
    for piece in compiled.parts.meeting(flow.destinations):
        part = flow.with_destinations(piece.destinations)
        if part is None:
            continue
        for candidate, chosen in _winners(part, piece.winners, table):
            parts += _taken(ground, chosen, table, compiled, candidate, subnet_id, vpc_id)
        if part is flow:
            return parts
        routed.append(piece.destinations)
    unrouted = flow.with_destinations(flow.destinations - IntervalSet.union_of(routed))
    if unrouted is not None:
        parts += [_no_route(ground, part, table, compiled) for part in _past_acl(ground, unrouted, subnet_id)]
    return parts


def _winners(flow: Walk, winners: tuple[Candidate, ...], table: RouteTable) -> list[tuple[Candidate, Walk]]:
    """The one route, or each of several equal ones as AWS may pick it (N14)."""
    by_target = {candidate.target: candidate for candidate in winners} if len(winners) > 1 else {}
    if len(by_target) < 2:
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
    kind, target = candidate.target.kind, candidate.target.id
    gap = _unread(table, compiled) if kind != "local" or not subnet_id else None  # routes of gateways go before local
    if gap is not None:
        return [lost(part, gap) for part in _past_acl(ground, flow, subnet_id)]
    route = candidate.route
    told = ground.kept(
        ("route", table.route_table_id, candidate.index, candidate.destination, vpc_id, flow.leg),
        lambda: _told_of(ground, flow, table, candidate, vpc_id),
    )
    found: list[Walk] = []
    if told.doubts:
        flow = flow.assuming(*told.doubts)
    if route.state == "blackhole":
        flow = flow.assuming(*_nothing_takes_over(flow, table, candidate))
    for part in _past_acl(ground, flow, "" if told.target_subnet == subnet_id else subnet_id):
        part = part.through(told.hop)
        if route.state == "blackhole":
            found.append(stopped(part, _blackhole(ground, part, table, candidate, told.hop.source, subnet_id, vpc_id)))
        elif route.state != "active":
            label = ground.network.label(table.route_table_id)
            detail = f"route {candidate.destination} of {label} is in state {route.state!r}, whose meaning is not known"
            found.append(lost(part, Gap("ROUTE_STATE_FILTERED", table.route_table_id, detail)))
        elif kind == "local":
            found += _by_local_route(ground, part, table, candidate, subnet_id, vpc_id)
        elif part.leg == "request" and keeps_client(part):
            detail = (
                f"a kept client address on its way over {ground.network.label(target)}: AWS supports only targets that "
                "the load balancer reaches directly"
            )
            found.append(lost(part, Gap("UNMODELLED_COMPONENT", target, detail)))
        else:
            found.append(part.to(kind, target, vpc_id, subnet_id, table.route_table_id))
    return found


def _blackhole(
    ground: Ground, flow: Walk, table: RouteTable, candidate: Candidate, source: str | None, subnet_id: str, vpc_id: str
) -> Block:
    """Why a blackhole stops a flow, and which route would take it if the blackhole did not go before."""
    network = ground.network
    to = network.label(candidate.target.id)
    detail = f"route {candidate.destination} → {to} of {network.label(table.route_table_id)} is a blackhole"
    cause = "RETURN_ROUTE_MISSING" if flow.leg == "response" else None
    behind = next_route(network, table, network.home_of(vpc_id), candidate, flow.destinations)
    if behind is not None and cause is None:
        cause = "MORE_SPECIFIC_ROUTE" if behind.longer else "HIGHER_PRIORITY_ROUTE"
        other = f"{behind.item.destination} → {network.label(behind.item.target.id)}"
        detail = f"{detail}, and goes before {other}"
    return block(
        flow, "BAD_STATE_ROUTE", table.route_table_id, detail, rule=candidate.destination, at=subnet_id or None,
        source=source, cause=cause,
    )  # fmt: skip


_INTO_THE_VPC = ("local", "nat-gateway", "network-interface", "vpc-endpoint", "local-gateway")
"""Kinds of target that AWS takes in a static route within the VPC's own range (N4, N8); the last one on Outposts."""


class _Told(msgspec.Struct, frozen=True, gc=False):
    """What is told of a route whoever takes it, and in which subnet its target is."""

    hop: Hop
    doubts: tuple[Assumption, ...]
    target_subnet: str | None


def _told_of(ground: Ground, flow: Walk, table: RouteTable, candidate: Candidate, vpc_id: str) -> _Told:
    network, target = ground.network, candidate.target
    crossed = hop(
        flow,
        table.route_table_id,
        "route-table",
        f"{network.label(table.route_table_id)}: {candidate.destination} → {network.label(target.id)}",
        rule=candidate.destination,
        source=network.source(table.route_table_id, f"/Routes/{candidate.index}" if candidate.index >= 0 else ""),
    )
    return _Told(crossed, _doubts(ground, table, candidate, vpc_id), _target_subnet(ground, target.kind, target.id))


def _doubts(ground: Ground, table: RouteTable, candidate: Candidate, vpc_id: str) -> tuple[Assumption, ...]:
    """What is taken for granted where this route is used."""
    found: list[Assumption] = []
    table_id, route = table.route_table_id, candidate.route
    named = route.destination_cidr_block or route.destination_ipv6_cidr_block
    made = named is not None and route.origin == "CreateRoute"
    whole = [block.block for block in ground.network.vpc_blocks(vpc_id)] if made else []
    if named is not None and any(named.block <= block for block in whole):
        subnets = (ground.network.addresses_of_subnet[one] for one in ground.network.subnets_of(vpc_id))
        known = named.block in whole or any(named.block == one & _family(named) for one in subnets)
        if not known or candidate.target.kind not in _INTO_THE_VPC:
            detail = f"route {named} of {table_id} lies within the VPC's own range: AWS would refuse it"
            found.append(assume("STATIC_LOCAL_ROUTE", table_id, detail, "leak"))
    endpoint = ground.network.vpc_endpoints.get(candidate.target.id)
    if route.destination_prefix_list_id and endpoint is not None and endpoint.vpc_endpoint_type != "Gateway":
        detail = f"route {candidate.destination} of {table_id} leads to {candidate.target.id}: AWS would refuse it"
        found.append(assume("PREFIX_LIST_ROUTE_TO_MIDDLEBOX", table_id, detail, "leak"))
    return tuple(found)


def _nothing_takes_over(flow: Walk, table: RouteTable, candidate: Candidate) -> Iterator[Assumption]:
    """That no other route serves what a blackhole takes."""
    route = candidate.route
    named = route.destination_cidr_block or route.destination_ipv6_cidr_block
    if any(
        one.state == "active" and block is not None and block != named and not block.block.isdisjoint(flow.destinations)
        for one in table.routes
        for block in (one.destination_cidr_block, one.destination_ipv6_cidr_block)
    ):
        detail = f"no wider route of {table.route_table_id} takes over from its blackhole {candidate.destination}"
        yield assume("BLACKHOLE_NO_FALLTHROUGH", table.route_table_id, detail, "leak")


def _family(block: Cidr) -> IntervalSet:
    """All addresses of the block's family."""
    return V4 if block.block.first < V6_BASE else V6


def _by_local_route(
    ground: Ground, flow: Walk, table: RouteTable, candidate: Candidate, subnet_id: str, vpc_id: str
) -> list[Walk]:
    """The local route serves the VPC's own blocks, whatever destination it is written with (N4)."""
    own = ground.network.vpc_addresses(vpc_id)
    inside, outside = flow.by_destinations(own)
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
    elsewhere = _routed_in_another_zone(ground, flow, table)
    if elsewhere:
        cause, detail = "TGW_ATTACH_VPC_AZ_RESTRICTION", f"{detail}; {elsewhere}"
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


def _routed_in_another_zone(ground: Ground, flow: Walk, table: RouteTable) -> str:
    """In words, where a transit gateway brings a flow into a VPC by a zone whose table has no route on, that another
    zone's has: the attachment's interface there is not for what comes from this zone (N188).
    """
    entries = flow.context.pinned
    if not entries or flow.context.links[-1:] != (entries[-1][0][0],):
        return ""
    (attachment_id, _), entered = entries[-1]
    network = ground.network
    attachment = network.transit_gateway_vpc_attachments.get(attachment_id)
    if attachment is None or attachment.options.appliance_mode_support == "enable":
        return ""
    for subnet_id in sorted(set(attachment.subnet_ids) - {entered}):
        other = network.route_table_of(subnet_id)
        if other is not None and other is not table and _covers(ground, flow, other):
            zone = network.subnets[subnet_id].availability_zone or "another zone"
            return (
                f"{network.label(other.route_table_id)} of {subnet_id} in {zone} has one, but {attachment_id} "
                f"brings what comes from this zone in by {entered}"
            )
    return ""


def _covers(ground: Ground, flow: Walk, table: RouteTable) -> bool:
    """Whether a table has a route for all that a flow is going to."""
    parts = ground.table(table.route_table_id).parts.meeting(flow.destinations)
    return flow.destinations <= IntervalSet.union_of(part.destinations for part in parts)


def _nat_reply_over_peering(ground: Ground, flow: Walk, vpc_id: str) -> Walk | None:
    """A reply to a NAT gateway that reached this VPC by peering goes back to it, with or without a route (fact N51)."""
    session = flow.context.session
    if flow.leg != "response" or not session or not session[-1].peering or session[-1].vpc_id == vpc_id:
        return None
    peering = session[-1].peering
    detail = f"{ground.network.label(peering)}: the reply returns to {session[-1].gateway} (no route needed)"
    return flow.through(hop(flow, peering, "vpc-peering-connection", detail)).to("local", session[-1].vpc_id, "")
