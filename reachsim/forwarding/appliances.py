"""Middleboxes on the way: interfaces and Gateway Load Balancer endpoints that a route names, and their firewalls.

What an appliance does is not in the configuration, so the answer beyond one is unknown, unless it is an AWS Network
Firewall, whose rules are, or the user has said what it does. Through a middlebox security group references are lost
(N87), and the reply must come back through it (N23, N201).

**Source:** "Gateway route tables", "Example routing options" (VPC User Guide; facts N8, N21 to N26, N87), "Access an
inspection system using a Gateway Load Balancer endpoint" (N149), "Avoiding asymmetric routing" (Network Firewall).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from reachsim.evidence import Gap
from reachsim.forwarding.filtering import through_network_acl, through_security_groups
from reachsim.forwarding.ground import (
    Ground,
    Translation,
    Walk,
    assume,
    block,
    describe,
    hop,
    lost,
    next_port,
    not_there,
    past_state,
    stopped,
    with_context,
)
from reachsim.intervals import IntervalSet
from reachsim.model.firewalls import unread_firewalls
from reachsim.model.interfaces import Interface
from reachsim.model.records import VpcEndpoint

Does = Literal["forward", "nat"]
"""What the user says that an appliance does: pass packets on, or translate their source to its own address."""


def network_interface(ground: Ground, flow: Walk) -> list[Walk]:
    """To an interface that a route names: its filters are judged; what it does is known only if the user said so
    (N24, N25).
    """
    interface_id, vpc_id, subnet_id = flow.place[1:4]
    interface = ground.network.interfaces.get(interface_id)
    if interface is None:
        return [not_there(ground, flow, interface_id, vpc_id, "describe-network-interfaces")]
    parts = [flow]
    if interface.subnet_id != subnet_id:
        parts = through_network_acl(ground, flow, interface.subnet_id, "ingress")
    found: list[Walk] = []
    for part in parts:
        own, foreign = part.by_destinations(interface.addresses)
        if own is not None:  # it is not asked to forward what is for itself
            found.append(own.to("receive", interface_id))
        if foreign is not None:
            found += _at_interface(ground, foreign, interface)
    return found


def _at_interface(ground: Ground, flow: Walk, interface: Interface) -> list[Walk]:
    label = ground.network.label(interface.id)
    if interface.source_dest_check:
        detail = f"{label} drops what is not addressed to it: its source/destination check is on"
        code = "ENI_SOURCE_DEST_CHECK_RESTRICTION"
        return [stopped(flow, block(flow, code, interface.id, detail, direction="ingress"))]
    if interface.kind in ("endpoint", "load-balancer"):
        detail = f"{label} takes only what is addressed to it, and forwards nothing"
        return [stopped(flow, block(flow, "ENI_ADDRESS_RESTRICTION", interface.id, detail, direction="ingress"))]
    admitted = [flow] if flow.leg == "response" else through_security_groups(ground, flow, interface, "ingress")
    does = ground.appliances.get(interface.id) or ground.appliances.get(interface.instance_id or "")
    if does is None:
        detail = f"{label} may forward, translate or drop: what runs on it is not in the snapshot"
        return [lost(part, Gap("APPLIANCE_MAY_FORWARD", interface.id, detail)) for part in admitted]
    found: list[Walk] = []
    for part in admitted:
        detail = f"{label} is said to {'translate' if does == 'nat' else does} (reachsim.toml)"
        part = part.assuming(assume("APPLIANCE_AS_SAID", interface.id, detail, "leak"))
        part = part.through(hop(part, interface.id, "network-interface", detail))
        moved = _translated(ground, part, interface) if does == "nat" else _crossed(part, interface.id)
        if part.leg == "request":
            found += [one.to("leave", interface.subnet_id) if not one.end else one
                      for one in through_security_groups(ground, moved, interface, "egress")]  # fmt: skip
        else:
            found.append(moved.to("leave", interface.subnet_id) if not moved.end else moved)
    return found


def _translated(ground: Ground, flow: Walk, interface: Interface) -> Walk:
    """A NAT instance: the source becomes the interface's own first address and a port of its own choice."""
    label = ground.network.label(interface.id)
    if flow.leg == "response":
        detail = f"the reply is routed to {label}, which would send it from another address"
        return stopped(flow, block(flow, "NO_POSSIBLE_DESTINATION", interface.id, detail, cause="RETURN_ROUTE_MISSING"))
    port = next_port(flow)
    if port is None or any(one.gateway == interface.id for one in flow.context.session):
        detail = f"{describe(flow)} is translated again by {label}: not followed"
        return lost(flow, Gap("UNMODELLED_COMPONENT", interface.id, detail))
    own = IntervalSet.single(interface.addresses.first)
    memory = Translation(
        interface.id, flow.source, flow.port, flow.context.sender, interface.subnet_id, interface.vpc_id
    )
    flow = msgspec.structs.replace(flow, source=own, port=port)
    session = (*flow.context.session, memory)
    return with_context(flow, sender=interface, links=(), session=session)


def _crossed(flow: Walk, component: str) -> Walk:
    """Note a middlebox on this leg; links make the receiver forget the sender's security groups."""
    context = flow.context
    links, crossing = (*context.links, component), (component, len(context.session))
    if flow.leg == "response":
        return with_context(flow, links=links, crossings_back=(*context.crossings_back, crossing))
    inspected, crossings = (*context.inspected, component), (*context.crossings, crossing)
    return with_context(flow, links=links, inspected=inspected, crossings=crossings)


def inspection(ground: Ground, flow: Walk, endpoint: VpcEndpoint, subnet_id: str) -> list[Walk]:
    """Through a Gateway Load Balancer endpoint: to its appliances or firewall and back, then on from its own subnet."""
    network, endpoint_id = ground.network, endpoint.vpc_endpoint_id
    label = network.label(endpoint_id)
    own = next(iter(endpoint.subnet_ids), None)
    owned = ground.firewalls.get(endpoint_id)
    if endpoint.vpc_endpoint_type != "GatewayLoadBalancer":
        detail = f"{label} ({endpoint.vpc_endpoint_type}) as the target of a route is not modelled"
        return [lost(flow, Gap("UNMODELLED_COMPONENT", endpoint_id, detail))]
    parts = [flow] if own in (None, subnet_id) else through_network_acl(ground, flow, own or "", "ingress")
    parts = [past_state(part, endpoint_id, endpoint.state, ("available",), label) for part in parts]
    known = owned is not None or ground.appliances.get(endpoint_id) == "forward"
    if not known or own is None:
        detail = f"{label} hands the traffic to appliances; what they let through is not known"
        gap = Gap("INSPECTED_BY_APPLIANCE", endpoint_id, detail, ground.told(unread_firewalls))
        return [lost(part, gap) for part in parts]
    found: list[Walk] = []
    for part in parts:
        what = "appliances said to pass it on" if owned is None else f"firewall {owned.firewall.firewall_name}"
        source = network.source(endpoint_id) if owned is None else owned.path
        crossed = part.through(hop(part, endpoint_id, "vpc-endpoint", f"{label}: {what}", source=source))
        if owned is None:
            crossed = crossed.assuming(assume("APPLIANCE_AS_SAID", endpoint_id, f"{label}: {what}", "leak"))
            inspected = [crossed]
        else:
            from reachsim.forwarding.network_firewall import inspect  # few networks have a firewall

            inspected = inspect(ground, crossed, endpoint_id, owned)
        found += [_crossed(one, endpoint_id).to("leave", own) for one in inspected]
    return found


def symmetric(ground: Ground, flow: Walk, behind: int = 0) -> Walk:
    """A reply at its end: it must have crossed the middleboxes of the request, and no others (N23, N187, N201), between
    the same two translations: to a middlebox, what is before one and behind it are different flows.

    The end may be that of a connection of its own, ``behind`` so many translations.
    """
    there, back = (
        [one for one in crossings if one[1] >= behind]
        for crossings in (flow.context.crossings, flow.context.crossings_back)
    )
    if sorted(there) == sorted(back):
        return flow
    odd, _ = next(iter([one for one in (*there, *back) if one not in there or one not in back] or there))
    label = ground.network.label(odd)
    detail = f"request and reply do not both pass {label}: a stateful middlebox drops what it sees only half of"
    if flow.context.redirected:
        why = block(flow, "INGRESS_RTB_TRAFFIC_REDIRECTION", odd, detail, cause="RETURN_ROUTE_MISSING")
        return flow.blocked(why)
    parted = _parted_by_zones(ground, flow)
    cause = "TGW_ATTACH_VPC_AZ_RESTRICTION" if parted else None
    return flow.blocked(block(flow, "MIDDLEBOX_ASYMMETRIC", odd, f"{detail}{parted}", cause=cause))


def _parted_by_zones(ground: Ground, flow: Walk) -> str:
    """The attachment without appliance mode that brings request and reply in by different zones, in words (N187)."""
    by_entry: dict[tuple[str, int], list[str]] = {}
    for entry, subnet_id in flow.context.pinned:
        by_entry.setdefault(entry, []).append(subnet_id)
    for (attachment_id, _), subnets in by_entry.items():
        attachment = ground.network.transit_gateway_vpc_attachments.get(attachment_id)
        off = attachment is not None and attachment.options.appliance_mode_support != "enable"
        if off and len(set(subnets)) > 1:
            mine = ground.network.label(attachment_id)
            return f"; {mine}, whose appliance mode is off, brings one in by {subnets[0]}, the other by {subnets[-1]}"
    return ""
