"""Transit gateways: attachment, association, route table, attachment; then back into a VPC or out to a private
network.

**Source:** "How AWS Transit Gateway works", "Amazon VPC attachments in AWS Transit Gateway", "Network ACLs for
transit gateways" (facts N117, N118, N183 to N189); AWS Local Zones User Guide, "Transit gateway connection between
Local Zones"; VPC User Guide, "Subnets in AWS Wavelength".
"""

from __future__ import annotations

import msgspec

from reachsim.addresses import V6
from reachsim.engine import choose
from reachsim.evidence import Assumption, Direction, Gap
from reachsim.forwarding import changing
from reachsim.forwarding.filtering import through_network_acl
from reachsim.forwarding.ground import (
    Ground,
    Walk,
    assume,
    block,
    describe_addresses,
    hop,
    in_change,
    lost,
    missing,
    not_there,
    past_state,
    stopped,
    unseen,
    with_context,
)
from reachsim.forwarding.private_gateways import on_premises, tunnels_down
from reachsim.forwarding.unmodelled import not_modelled
from reachsim.intervals import IntervalSet
from reachsim.model.edges import edges
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.model.private_networks import PRIVATE_ATTACHMENTS
from reachsim.model.records import (
    AvailabilityZone,
    TransitGatewayInfo,
    TransitGatewayRoute,
    TransitGatewayVpcAttachment,
)
from reachsim.model.states import State
from reachsim.routing import Part, Parts, next_transit_route

_WORKING = ("available", "modifying")


def transit_gateway(ground: Ground, flow: Walk) -> list[Walk]:
    """From a VPC's route to its attachment: working, with a subnet in the sender's zone, past that subnet's ACL.

    Only a blackhole says that there is no attachment: a route in the state ``active`` whose attachment no file lists
    contradicts the lists, so what becomes of the traffic is not known.
    """
    gateway_id, vpc_id, subnet_id = flow.place[1:4]
    lacking = ground.lacks_for_vpc(
        vpc_id,
        "describe-transit-gateways",
        "describe-transit-gateway-attachments",
        "describe-transit-gateway-vpc-attachments",
    )
    if lacking:
        return [lost(flow, missing(lacking, gateway_id, f"how {gateway_id} is attached"))]
    way = ground.worked_out(_entry, gateway_id, vpc_id, subnet_id)
    if way is None and gateway_id not in ground.network.transit_gateways and ground.network.snapshot.manifest.alone:
        return [not_there(ground, flow, gateway_id, vpc_id, "describe-transit-gateways")]
    if way is None:
        label = ground.network.label(gateway_id)
        detail = f"the route to {label} is active, and no attachment to {ground.network.label(vpc_id)} is listed"
        return [lost(flow, unseen(gateway_id, detail))]
    attachment, attachment_id = way.attachment, way.attachment.transit_gateway_attachment_id
    flow = past_state(flow, attachment_id, attachment.state, _WORKING, way.words, code="BAD_STATE_ATTACHMENT")
    flow = _past_family(ground, flow, attachment, "egress")
    if way.gap is not None:
        return [lost(flow, way.gap)]
    if not attachment.subnet_ids:
        return [lost(flow, unseen(attachment_id, f"{way.words} has no subnets in the snapshot"))]
    zone = way.zone if subnet_id else flow.context.zone
    entry = next(iter(ground.worked_out(_subnets_in, attachment_id, zone)), None)
    if entry is None:
        detail = f"{way.words} has no subnet in {_zone_in_words(ground, zone, subnet_id)}"
        flow = flow.blocked(block(flow, "TGW_ROUTE_AZ_RESTRICTION", attachment_id, detail, at=subnet_id or None))
        parts = [flow]
    else:
        if subnet_id and subnet_id not in attachment.subnet_ids:
            detail = f"{subnet_id} uses {attachment_id} by {entry}, a subnet of its zone: AWS's pages differ on this"
            flow = flow.assuming(assume("TGW_ZONE_RULE", attachment_id, detail, "block"))
        parts = through_network_acl(ground, flow, entry, "ingress")
    moved = []
    for part in parts:
        part = part.through(hop(part, attachment_id, "transit-gateway-attachment", way.words, source=way.source))
        moved.append(with_context(part, zone=zone, links=(*part.context.links, attachment_id)).to(
            "transit", gateway_id, attachment_id
        ))  # fmt: skip
    return moved


class _Entry(msgspec.Struct, frozen=True, gc=False):
    """What the configuration tells of the way from a subnet to a transit gateway: the attachment of its VPC, the zone
    to enter it in, and what is not known of it.
    """

    attachment: TransitGatewayVpcAttachment
    words: str
    source: str | None
    zone: str | None
    gap: Gap | None


def _entry(ground: Ground, gateway_id: str, vpc_id: str, subnet_id: str) -> _Entry | None:
    attachment = attachment_of(ground, gateway_id, vpc_id)
    if attachment is None:
        return None
    attachment_id = attachment.transit_gateway_attachment_id
    words = f"{attachment_id} of {ground.network.label(gateway_id)}"
    zone, gap = entry_zone(ground, subnet_id) if subnet_id else (None, None)
    unpicked = _unpicked_zone(ground, subnet_id, attachment)
    if gap is None and unpicked:
        gap = unseen(attachment_id, f"{words} may have no subnet in the zone of {subnet_id}: {unpicked}")
    elif gap is None and subnet_id and zone == ground.zone_of(subnet_id) and _incomparable(
        ground.network, subnet_id, attachment
    ):  # fmt: skip
        detail = f"{words} may have a subnet in the zone of {subnet_id}: one is known by name, the other by id"
        gap = unseen(attachment_id, detail)
    return _Entry(attachment, words, ground.network.source(attachment_id), zone, gap)


def _incomparable(network: Network, subnet_id: str, attachment: TransitGatewayVpcAttachment) -> bool:
    """Whether nothing tells if an attachment has a subnet in another one's zone (`Network.same_zone`)."""
    found = {network.same_zone(subnet_id, one) for one in attachment.subnet_ids if one in network.subnets}
    return True not in found and None in found


def _zone_in_words(ground: Ground, zone: str | None, subnet_id: str) -> str:
    """The zone in which a subnet would need the attachment to have one; for a Local Zone its parent (`entry_zone`)."""
    subnet = ground.network.subnets.get(subnet_id)
    if subnet is None or zone is None:
        return "the zone of what sends"
    if zone != ground.zone_of(subnet_id):
        return f"{zone}, the parent zone of {subnet_id}"
    return f"{subnet.availability_zone or zone}, the zone of {subnet_id}"


def _past_family(ground: Ground, flow: Walk, attachment: TransitGatewayVpcAttachment, direction: Direction) -> Walk:
    """Blocked if it is IPv6 that the attachment does not support: "the elastic network interfaces used by the
    attachments need to have IPv6 addresses" ("Amazon VPC connectivity options for IPv6", IPv6 on AWS).
    """
    support = attachment.options.ipv6_support
    if support == "enable" or flow.destinations.isdisjoint(V6):
        return flow
    attachment_id = attachment.transit_gateway_attachment_id
    if support != "disable":
        detail = f"whether {ground.network.label(attachment_id)} carries IPv6 is not known (Ipv6Support {support!r})"
        return flow.unknown(Gap("UNMODELLED_COMPONENT", attachment_id, detail))
    detail = f"{ground.network.label(attachment_id)} has IPv6 support off (Ipv6Support): it carries IPv4 only"
    return flow.blocked(block(flow, "PROTOCOL_RESTRICTION", attachment_id, detail, direction=direction))


def _unpicked_zone(ground: Ground, subnet_id: str, attachment: TransitGatewayVpcAttachment) -> str:
    """Which zone AWS has yet to pick, so that nothing tells whether the attachment has a subnet in the sender's; "" if
    it tells: the sender's subnet may be the attachment's own."""
    if not subnet_id or subnet_id in attachment.subnet_ids:
        return ""
    open_ = (
        ground.network.planned("PLANNED_VALUE_UNKNOWN", f"{one} zone") for one in (subnet_id, *attachment.subnet_ids)
    )
    return next((details[0] for details in open_ if details), "")


def entry_zone(ground: Ground, subnet_id: str) -> tuple[str | None, Gap | None]:
    """(the zone by whose attachment a subnet reaches transit gateways, why that is not known).

    A subnet of a Local Zone or Wavelength Zone, which cannot be attached itself, uses the one in the parent zone.
    """
    network = ground.network
    subnet = network.subnets.get(subnet_id)
    edge = ground.told(edges).get(subnet_id)
    if subnet is None or edge is None or edge.kind == "outpost":
        return ground.zone_of(subnet_id), None
    path = network.path(network.home_of(subnet_id), "ec2", "describe-availability-zones")
    for one in network.read_collection(path, "AvailabilityZones", AvailabilityZone):
        known = network.zone_ids.get((network.home_of(subnet_id), one.parent_zone_name or ""))
        parent = known or one.parent_zone_name or one.parent_zone_id
        is_its = one.zone_name == subnet.availability_zone or one.zone_id == (subnet.availability_zone_id or "")
        if is_its and one.zone_type == edge.kind and parent:
            return parent, None
    detail = f"the zone by which {subnet_id} in {subnet.availability_zone} reaches transit gateways is not known"
    return None, Gap("UNKNOWN_RESOURCE", subnet_id, detail, network.unknown(path))


def attachment_of(ground: Ground, gateway_id: str, vpc_id: str) -> TransitGatewayVpcAttachment | None:
    """The attachment by which a VPC reaches a transit gateway: one that works, if there is one."""
    candidates = ground.attachments.get((gateway_id, vpc_id), ())
    usable = [one for one in candidates if one.state in _WORKING]
    return min(usable or candidates, key=lambda one: one.transit_gateway_attachment_id, default=None)


def transit(ground: Ground, flow: Walk) -> list[Walk]:
    """In a transit gateway: the table associated with the attachment that the flow came by decides (N184, N185)."""
    gateway_id, attachment_id = flow.place[1:3]
    network = ground.network
    gateway = network.transit_gateways.get(gateway_id)
    if gateway is not None:
        flow = past_state(flow, gateway_id, gateway.state, _WORKING, network.label(gateway_id))
    table_id, gap = ground.worked_out(_table_at, gateway_id, attachment_id)
    if gap is not None:
        return [lost(flow, gap)]
    if table_id is None:
        detail = f"{attachment_id} is associated with no route table of {network.label(gateway_id)}"
        ended = association_of(network, gateway_id, attachment_id)
        if ended is not None:
            flow = flow.assuming(*in_change(attachment_id, f"the association of {attachment_id}", ended[1]))
        return [stopped(flow, block(flow, "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION", attachment_id, detail))]
    listed = network.transit_gateway_route_tables.get(table_id)
    if listed is not None:
        flow = past_state(flow, table_id, listed.state, ("available",), network.label(table_id))
    table = ground.worked_out(_table, gateway_id, table_id)
    if isinstance(table, Gap):
        return [lost(flow, table)]
    if table.assumed:
        flow = flow.assuming(*table.assumed)
    parts: list[Walk] = []
    taken: list[IntervalSet] = []
    for piece in table.parts.meeting(flow.destinations):
        part = flow.with_destinations(piece.destinations)
        if part is not None:
            taken.append(piece.destinations)
            parts += _by_route(ground, part, piece.winners[0], gateway_id, table)
        if part is flow:
            return parts
    left = flow.with_destinations(flow.destinations - IntervalSet.union_of(taken))
    if left is None:
        return parts
    detail = f"{table.label} has no route to {describe_addresses(left.destinations)}"
    cause = "RETURN_ROUTE_MISSING" if left.leg == "response" else None
    why = block(left, "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT", table.id, detail, cause=cause)
    return [*parts, stopped(left, why)]


class _Routed(msgspec.Struct, frozen=True, gc=False):
    """Where a prefix of a table leads: by a route that does not work (``dead``, None among the ``ways``), or to one of
    some (attachment, kind, resource).
    """

    destination: str
    ways: tuple[tuple[str, str, str] | None, ...]
    dead: TransitGatewayRoute | None
    assumed: tuple[Assumption, ...]


class _Table(msgspec.Struct, frozen=True, gc=False):
    """A transit gateway route table, and where it leads."""

    id: str
    label: str
    source: str
    parts: Parts[_Routed]
    assumed: tuple[Assumption, ...]


def _table_at(ground: Ground, gateway_id: str, attachment_id: str) -> tuple[str | None, Gap | None]:
    """(the table that is associated with an attachment, why it is not known which routes its traffic takes)."""
    table_id, gap = associated_table(ground, gateway_id, attachment_id, _home(ground, gateway_id))
    return table_id, translation_at(ground, gateway_id, attachment_id) or gap


def _table(ground: Ground, gateway_id: str, table_id: str) -> _Table | Gap:
    """A table, or why its routes are not known."""
    network, home = ground.network, _home(ground, gateway_id)
    label, routes = network.label(table_id), network.transit_gateway_routes.get(table_id)
    path = network.path(home, "ec2", "search-transit-gateway-routes", table_id)
    if routes is None:
        detail = f"the routes of {label} are not in the snapshot"
        return Gap("TGW_RTB_ROUTES_ARE_UNKNOWN", table_id, detail, (path,))
    if routes.additional_routes_available:  # one that is not listed may be more specific than any that is (N189)
        detail = f"the snapshot holds only some of the routes of {label}"
        return Gap("TGW_RTB_ROUTES_ARE_UNKNOWN", table_id, detail)
    unread = next((words for one in routes.routes if one.state != "deleted" and (words := _unread(one))), "")
    if unread:
        return Gap("TGW_RTB_ROUTES_ARE_UNKNOWN", table_id, f"{unread} of {label} is not known")
    compiled, lacking = ground.transit_table(table_id, gateway_id)
    if lacking:
        return missing(lacking, table_id, f"a prefix list that {table_id} routes by")
    parts = Parts(Part(piece.destinations, (_routed(table_id, label, piece.winners),)) for piece in compiled)
    return _Table(table_id, label, f"{path}#/Routes", parts, changing.of_transit_table(ground, table_id, routes))


def _unread(route: TransitGatewayRoute) -> str:
    """What keeps a route from being read, in words."""
    if route.destination_cidr_block is None and not route.prefix_list_id:
        return "what destinations a route"
    return "" if route.type in ("static", "propagated", "system") else f"the rank of a route of type {route.type!r}"


def _routed(table_id: str, label: str, routes: tuple[TransitGatewayRoute, ...]) -> _Routed:
    """Where equally ranked routes for one prefix lead."""
    first, dead = routes[0], next((one for one in routes if one.state != "active"), None)
    destination = str(first.destination_cidr_block or first.prefix_list_id)
    ways = (*_targets(routes), *([None] if dead is not None else []))
    assumed: tuple[Assumption, ...] = ()
    if len(ways) > 1 and len(routes) > 1:  # the attachments of one route share its flows (ECMP)
        detail = f"{label} sends {destination} by any of {', '.join(way[0] if way else 'a blackhole' for way in ways)}"
        assumed = (assume("PREFIX_LISTS_OVERLAP", table_id, detail, "neither"),)
    return _Routed(destination, ways, dead, assumed)


def translation_at(ground: Ground, gateway_id: str, attachment_id: str) -> Gap | None:
    """A gap where the transit gateway translates addresses at an attachment (EC2 API,
    ModifyTransitGatewayAttachmentNatConfiguration): the rules are not read.
    """
    attachment = ground.network.transit_gateway_attachments.get((gateway_id, attachment_id))
    if attachment is None or attachment.nat_gateway_support == "disabled":
        return None
    detail = f"{attachment_id} has NAT gateway support, whose rules are not modelled"
    return Gap("UNMODELLED_COMPONENT", attachment_id, detail)


def _home(ground: Ground, gateway_id: str) -> Home:
    return ground.network.home_of(gateway_id)


def associated_table(ground: Ground, gateway_id: str, attachment_id: str, home: Home) -> tuple[str | None, Gap | None]:
    """(the route table that an attachment is associated with, why that is not known)."""
    network = ground.network
    known = association_of(network, gateway_id, attachment_id)
    if known is not None:
        table_id, state = known
        standing = state.standing("associated")
        if standing == "unknown":
            detail = f"the association of {attachment_id} is in state {str(state)!r}, which is not known"
            return None, Gap("UNMODELLED_COMPONENT", attachment_id, detail)
        return (table_id if standing == "works" else None), None
    gateway = network.transit_gateways.get(gateway_id)
    owner = network.owner_home(gateway_id, gateway.owner_id) if gateway is not None else home
    if owner != home:
        detail = f"{network.label(gateway_id)} belongs to account {owner[0]}, which is not in the snapshot"
        lacking = network.lacks(owner, "describe-transit-gateway-route-tables")
        return None, Gap("TGW_RTB_ROUTES_ARE_UNKNOWN", gateway_id, detail, lacking)
    if gateway is None:
        return None, unseen(gateway_id, f"transit gateway {gateway_id} is not in the snapshot")
    lacking = network.lacks(home, "describe-transit-gateway-route-tables")
    tables = [t for t, one in network.transit_gateway_route_tables.items() if one.transit_gateway_id == gateway_id]
    paths = (network.path(home, "ec2", "get-transit-gateway-route-table-associations", table) for table in tables)
    lacking += network.unknown(*paths)
    if lacking:
        return None, missing(lacking, attachment_id, f"the route table association of {attachment_id}")
    return None, None


def association_of(network: Network, gateway_id: str, attachment_id: str) -> tuple[str, State] | None:
    """The route table that an attachment is, was or will be associated with, and the association's state."""
    known = network.transit_gateway_associations.get((gateway_id, attachment_id))
    attachment = network.transit_gateway_attachments.get((gateway_id, attachment_id))
    association = attachment.association if attachment else None
    if association is None or not association.transit_gateway_route_table_id or (known and known[1] == "associated"):
        return known
    return association.transit_gateway_route_table_id, association.state


def route_in_words(route: TransitGatewayRoute) -> str:
    """What a route is for, and the attachments that it leads to."""
    attachments = ", ".join(one.transit_gateway_attachment_id or "?" for one in route.transit_gateway_attachments)
    return f"{route.destination_cidr_block or route.prefix_list_id} → {attachments}"


def _by_route(ground: Ground, flow: Walk, routed: _Routed, gateway_id: str, table: _Table) -> list[Walk]:
    destination, ways, label = routed.destination, routed.ways, table.label
    if not ways:
        detail = f"route {destination} of {label} names no attachment"
        return [lost(flow, unseen(table.id, detail))]
    if routed.assumed:
        flow = flow.assuming(*routed.assumed)
    parts: list[Walk] = []
    for way, part in zip(ways, choose(flow, len(ways)), strict=True):
        if way is not None:
            detail = f"{label}: {destination} → {way[0]} ({way[1]})"
            crossed = hop(part, table.id, "transit-gateway-route-table", detail, rule=destination, source=table.source)
            parts += _into(ground, part.through(crossed), gateway_id, *way)
        elif routed.dead is not None:
            parts.append(_by_dead_route(ground, part, routed.dead, gateway_id, table.id))
    return parts


def _targets(routes: tuple[TransitGatewayRoute, ...]) -> list[tuple[str, str, str]]:
    """(attachment, kind, resource) that the working ones of some routes lead to, in order."""
    working = (route for route in routes if route.state == "active")
    return sorted({
        (one.transit_gateway_attachment_id, one.resource_type or "", one.resource_id or "")
        for route in working
        for one in route.transit_gateway_attachments
        if one.transit_gateway_attachment_id
    })  # fmt: skip


def _by_dead_route(ground: Ground, flow: Walk, route: TransitGatewayRoute, gateway_id: str, table_id: str) -> Walk:
    """By a blackhole, or a route of which it is not known whether it is in force."""
    network = ground.network
    destination = str(route.destination_cidr_block or route.prefix_list_id)
    state = "a blackhole" if route.state == "blackhole" else route.state
    detail = f"route {destination} of {network.label(table_id)} is {state}"
    if route.state != "blackhole":
        return lost(flow, Gap("UNMODELLED_COMPONENT", table_id, f"{detail}: whether it is in force is not known"))
    cause = "RETURN_ROUTE_MISSING" if flow.leg == "response" else None
    behind = next_transit_route(network, table_id, network.home_of(gateway_id), route, flow.destinations)
    if behind is not None and cause is None:
        cause = "TGW_RTB_MORE_SPECIFIC_ROUTE" if behind.longer else "TGW_RTB_HIGHER_PRIORITY_ROUTE"
        detail = f"{detail}, and goes before {route_in_words(behind.item)}"
    why = block(flow, "TGW_RTB_BAD_STATE_ROUTE", table_id, detail, rule=destination, cause=cause)
    return stopped(flow, why)


def transit_out(ground: Ground, flow: Walk) -> list[Walk]:
    """Out of a transit gateway whose routes are not known, at an attachment of a VPC."""
    gateway_id, attachment_id = flow.place[1:3]
    return _into(ground, flow, gateway_id, attachment_id, "vpc", "")


def _into(ground: Ground, flow: Walk, gateway_id: str, attachment_id: str, kind: str, resource: str) -> list[Walk]:
    network = ground.network
    translation = translation_at(ground, gateway_id, attachment_id)
    if translation is not None:
        return [lost(flow, translation)]
    attachment = network.transit_gateway_vpc_attachments.get(attachment_id)
    if attachment is not None or kind == "vpc":
        return _into_vpc(ground, flow, attachment, attachment_id, resource)
    if kind in PRIVATE_ATTACHMENTS:
        label = f"{attachment_id} ({kind} {resource})".strip()
        flow = _past_state(ground, flow, gateway_id, attachment_id, resource)
        if kind == "vpn":
            flow = _past_tunnels(ground, flow, gateway_id, resource)
        crossed = hop(flow, attachment_id, "transit-gateway-attachment", label)
        return [on_premises(ground, flow.through(crossed), attachment_id, "transit", gateway_id, attachment_id)]
    if kind == "peering":
        return [_into_peer(ground, flow, gateway_id, attachment_id)]
    return [lost(flow, not_modelled(attachment_id, kind or "kind not known", attachment_id))]


def _past_state(ground: Ground, flow: Walk, gateway_id: str, attachment_id: str, resource: str) -> Walk:
    """Past an attachment to a private network, blocked if it or its VPN connection does not work."""
    network = ground.network
    attachment = network.transit_gateway_attachments.get((gateway_id, attachment_id))
    if attachment is not None:
        flow = past_state(flow, attachment_id, attachment.state, _WORKING, attachment_id, code="BAD_STATE_ATTACHMENT")
    connection = network.vpn_connections.get(resource)
    if connection is not None:
        mine = f"{network.label(resource)} of {attachment_id}"
        flow = past_state(flow, resource, connection.state, _WORKING, mine, code="TGW_BAD_STATE_VPN")
        flow = flow.assuming(*tunnels_down(ground, resource, connection))
    return flow


def _past_tunnels(ground: Ground, flow: Walk, gateway_id: str, connection_id: str) -> Walk:
    """Past a VPN connection's tunnels, which process traffic of one family, IPv4 unless the connection says otherwise
    (EC2 API, VpnConnectionOptions; "IPv4 and IPv6 traffic in AWS Site-to-Site VPN").
    """
    network, connection = ground.network, ground.network.vpn_connections.get(connection_id)
    inside = connection.options.tunnel_inside_ip_version if connection is not None else None
    family, other = ("ipv4", "ipv6") if flow.destinations.isdisjoint(V6) else ("ipv6", "ipv4")
    if inside == family or (inside is None and family == "ipv4"):
        return flow
    label = network.label(connection_id)
    if inside == other:
        detail = f"the tunnels of {label} process {other.replace('ip', 'IP')} traffic only (TunnelInsideIpVersion)"
        return flow.blocked(block(flow, "PROTOCOL_RESTRICTION", connection_id, detail))
    lacking = () if connection is not None else network.lacks(_home(ground, gateway_id), "describe-vpn-connections")
    detail = f"whether the tunnels of {label} process {family.replace('ip', 'IP')} traffic is not in the snapshot"
    return flow.unknown(Gap("UNKNOWN_RESOURCE", connection_id, detail, lacking))


def _into_vpc(
    ground: Ground, flow: Walk, attachment: TransitGatewayVpcAttachment | None, attachment_id: str, vpc: str
) -> list[Walk]:
    """Into the attachment's subnet in the flow's zone, or in any where it has none there (N188)."""
    network = ground.network
    if attachment is None or attachment.vpc_id not in network.vpcs:
        known = network.transit_gateway_attachments.values()
        owner = next((a.resource_owner_id for a in known if a.transit_gateway_attachment_id == attachment_id), None)
        detail = (
            f"{attachment_id} leads to {vpc or 'a VPC'} of account {owner or 'unknown'}, which is not in the snapshot"
        )
        lacking = network.lacks(_home(ground, attachment_id), "describe-vpcs")
        return [lost(flow, Gap("PEER_ACCOUNT_UNSEEN", attachment_id, detail, lacking))]
    label = f"{attachment_id} into {network.label(attachment.vpc_id or '')}"
    source = network.source(attachment_id)
    flow = past_state(
        flow, attachment_id, attachment.state, _WORKING, attachment_id, code="BAD_STATE_ATTACHMENT", direction="ingress"
    )
    flow = _past_family(ground, flow, attachment, "ingress")
    mode = attachment.options.appliance_mode_support
    if mode not in (None, "enable", "disable") and len(attachment.subnet_ids) > 1:
        detail = f"by which subnet {attachment_id} leads in is not known (ApplianceModeSupport {mode!r})"
        flow = flow.unknown(Gap("UNMODELLED_COMPONENT", attachment_id, detail))
    options = _options(ground, flow, attachment)
    if not options:
        return [lost(flow, unseen(attachment_id, f"{attachment_id} has no subnets in the snapshot"))]
    parts: list[Walk] = []
    for subnet_id, part in zip(options, choose(flow, len(options)), strict=True):
        part = part.through(hop(part, attachment_id, "transit-gateway-attachment", label, source=source))
        pinned = (*part.context.pinned, (_entered(part, attachment_id), subnet_id))
        links = (*part.context.links, attachment_id)
        part = with_context(part, links=links, zone=ground.zone_of(subnet_id), pinned=pinned)
        parts.append(part.to("leave", subnet_id))
    return parts


def _options(ground: Ground, flow: Walk, attachment: TransitGatewayVpcAttachment) -> list[str]:
    """The attachment's subnets that traffic may enter by: the one in its zone, else any (N188); with appliance mode any
    one, and the same whenever the flow comes back, its reply included (N187).
    """
    if attachment.options.appliance_mode_support == "enable":
        held = dict(flow.context.pinned).get(_entered(flow, attachment.transit_gateway_attachment_id))
        return [held] if held is not None else sorted(attachment.subnet_ids)
    near = ground.worked_out(_subnets_in, attachment.transit_gateway_attachment_id, flow.context.zone)
    return [min(near)] if near else sorted(attachment.subnet_ids)


def _subnets_in(ground: Ground, attachment_id: str, zone: str | None) -> list[str]:
    """A VPC attachment's subnets in a zone."""
    attachment = ground.network.transit_gateway_vpc_attachments[attachment_id]
    return [one for one in attachment.subnet_ids if ground.zone_of(one) == zone]


def _entered(flow: Walk, attachment_id: str) -> tuple[str, int]:
    """An attachment, and which of the flows that translations make of one: the gateway holds each by its own header."""
    return attachment_id, len(flow.context.session)


def _into_peer(ground: Ground, flow: Walk, gateway_id: str, attachment_id: str) -> Walk:
    network = ground.network
    lacking = network.lacks(_home(ground, gateway_id), "describe-transit-gateway-peering-attachments")
    found = _other_end(network, gateway_id, attachment_id, described=not lacking)
    if found is None:
        what = f"peering attachment {attachment_id}"
        return lost(
            flow, missing(lacking, attachment_id, what) if lacking else unseen(attachment_id, f"{what} is unknown")
        )
    other, owner, state = found
    flow = past_state(flow, attachment_id, state, _WORKING, attachment_id, code="BAD_STATE_ATTACHMENT")
    if other not in network.transit_gateways:
        detail = f"{attachment_id} leads to a transit gateway of account {owner} that is not in the snapshot"
        theirs = [home for home in network.homes if home[0] == owner]
        files = tuple(path for home in theirs for path in network.lacks(home, "describe-transit-gateways"))
        return lost(flow, Gap("PEER_ACCOUNT_UNSEEN", attachment_id, detail, files))
    label = f"{attachment_id} to {network.label(other)}"
    crossed = hop(flow, attachment_id, "transit-gateway-attachment", label, source=network.source(attachment_id))
    links = (*flow.context.links, attachment_id)
    return with_context(flow.through(crossed), links=links, zone=None).to("transit", other, attachment_id)


def _other_end(
    network: Network, gateway_id: str, attachment_id: str, *, described: bool
) -> tuple[str, str, State] | None:
    """(the transit gateway that a peering attachment leads to, its account, the attachment's state): by its own
    record or, where nothing is described, by the list of all attachments, which has the other gateway as its resource.
    """
    peering = network.transit_gateway_peering_attachments.get(attachment_id)
    if peering is not None:
        ends = (peering.requester_tgw_info, peering.accepter_tgw_info)
        other = next((end for end in ends if end.transit_gateway_id != gateway_id), TransitGatewayInfo())
        return other.transit_gateway_id or "", other.owner_id or "unknown", peering.state
    listed = network.transit_gateway_attachments.get((gateway_id, attachment_id))
    if described or listed is None or listed.resource_type != "peering" or not listed.resource_id:
        return None
    return listed.resource_id, listed.resource_owner_id or "unknown", listed.state
