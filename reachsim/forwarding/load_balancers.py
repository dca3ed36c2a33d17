"""Load balancers on the way: from a listener to a target, and the replies back through the same interface.

What reaches an interface of a load balancer ends there, and the load balancer opens a connection of its own from that
interface to a target that it picks. A Network Load Balancer with client IP preservation keeps the client's address
and port; the target's replies return through the load balancer all the same. Which target group and target it picks
is chance. A target's health is told and does not decide, as it changes by itself; what a listener's rules say of hosts
and paths is not looked at.

**Source:** Elastic Load Balancing guides: "Listeners", "Target groups", "Register targets", "Edit target group
attributes" (client IP preservation, cross-zone load balancing), "Update the security groups for your Network Load
Balancer", "Security groups for your Application Load Balancer" (ping is answered and not forwarded), "Troubleshoot
your Network Load Balancer" (no loopback with client IP preservation; network ACLs of both subnets); "Reachability
Analyzer explanation codes" (ELB_ACL_RESTRICTION and its kin, fact N120).
"""

from __future__ import annotations

import msgspec

from reachsim.addresses import V4, V6
from reachsim.engine import answered, choose
from reachsim.evidence import Assumption, Block, Gap
from reachsim.forwarding.appliances import symmetric
from reachsim.forwarding.delivery import finish, homeward, lost_reply, route_to_interface
from reachsim.forwarding.filtering import through_network_acl, through_security_groups
from reachsim.forwarding.ground import (
    Balanced,
    Ground,
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
    past_state,
    stopped,
    unseen,
    with_context,
)
from reachsim.intervals import IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.load_balancing import (
    ANYWHERE,
    Balancer,
    Listening,
    Member,
    Pool,
    address_of,
    balancer_of,
    crosses_zones,
    first_address,
    listeners_of,
    members_of,
    nodes_behind,
    nodes_of,
    preserves_client,
    zone_of,
)
from reachsim.packets import ICMP, ICMPV6, icmp_services, protocol_services

_WORKING = ("active", "active_impaired")


class At(msgspec.Struct, frozen=True):
    """Where on a load balancer a request is: the interface that took it, and the listener and pool it goes to.

    ``entrance`` is where the client's connection ends: that interface, or the endpoint's that leads to it.
    """

    node: Interface
    balancer: Balancer
    listener: Listening
    pool: Pool
    entrance: Interface


# --- in -------------------------------------------------------------------------------------------------------------


def private_link(ground: Ground, flow: Walk) -> list[Walk]:
    """From an endpoint's interface to a Network Load Balancer behind it, one in the interface's zone.

    Its security groups see the client's own address, not its groups, unless their inbound rules are not enforced for
    PrivateLink. **Source:** "Create a service powered by AWS PrivateLink" (considerations: the load balancer in the
    zone of the endpoint's interface, picked at random; targets see the load balancer's private addresses).
    """
    entrance, endpoint = ground.network.interfaces[flow.place[1]], ground.network.vpc_endpoints[flow.place[2]]
    nodes = nodes_behind(ground.network, endpoint) or ()
    far = endpoint.service_region not in (None, ground.network.home_of(endpoint.vpc_endpoint_id)[1])
    zone = ground.zone_of(entrance.subnet_id)
    alike = {one.id: ground.network.same_zone(entrance.subnet_id, one.subnet_id) for one in nodes}
    near = [one for one in nodes if far or (zone and alike[one.id])]
    unplaced = next((one for one in (entrance, *nodes) if not ground.zone_of(one.subnet_id)), None)
    unplaced = unplaced or next((one for one in nodes if alike[one.id] is None), None)
    if not near and unplaced is not None:
        lacking, what = ground.lacks_for_vpc(unplaced.vpc_id, "describe-subnets"), f"the zone of {unplaced.id}"
        gap = missing(lacking, unplaced.id, what) if lacking else unseen(unplaced.id, f"{what} is not known")
        return [lost(flow, gap)]
    if not near:
        detail = f"no load balancer of {endpoint.service_name} is in {zone}, where {entrance.id} is"
        code, at = "VPCE_SERVICE_NOT_INSTALLED_IN_AZ", entrance.id
        return [stopped(flow, block(flow, code, endpoint.vpc_endpoint_id, detail, at=at, direction="ingress"))]
    found: list[Walk] = []
    for node, part in zip(near, choose(flow, len(near)), strict=False):
        found += [one.to("load-balancer", node.id, entrance.id) for one in _past_enforced_groups(ground, part, node)]
    return found


def _past_enforced_groups(ground: Ground, flow: Walk, node: Interface) -> list[Walk]:
    balancer, _ = balancer_of(ground.network, node.id)
    record = ground.network.load_balancers[balancer.id] if balancer is not None else None
    if record is None or record.enforce_security_group_inbound_rules_on_private_link_traffic == "off":
        return [flow]
    parts = through_security_groups(ground, with_context(flow, sender=None), node, "ingress")
    return [with_context(part, sender=flow.context.sender) for part in parts]


def load_balancer(ground: Ground, flow: Walk) -> list[Walk]:
    """At a load balancer's interface, past its security groups: to the listeners that take the request."""
    node, entrance = (ground.network.interfaces[name] for name in (flow.place[1], flow.place[-1]))
    balancer, gap = owner(ground, node)
    if balancer is None:
        return [_answered(flow.unknown(gap), node, entrance)]
    flow = past_state(flow, balancer.id, balancer.state, _WORKING, label_of(balancer), direction="ingress")
    if flow.protocol in (ICMP, ICMPV6):
        return _pinged(flow, node, balancer)  # no endpoint carries it
    listeners, lacking = listeners_of(ground.network, balancer)
    if lacking:
        gap = missing(lacking, balancer.id, f"where {label_of(balancer)} listens")
        return [_answered(flow.unknown(gap), node, entrance)]
    found: list[Walk] = []
    rest: Walk | None = flow
    for listener in listeners:
        inside = rest.with_services(_services(listener)) if rest is not None and _takes(listener, flow) else None
        if inside is not None and rest is not None:
            found += _listened(ground, inside, node, balancer, listener, entrance)
            rest = rest.with_services(rest.services - _services(listener))
    if rest is not None:
        found.append(_answered(rest.blocked(_mismatch(rest, balancer, listeners)), node, entrance))
    return found


def owner(ground: Ground, node: Interface) -> tuple[Balancer | None, Gap]:
    """The load balancer behind an interface, and what is not known if there is none."""
    balancer, lacking = balancer_of(ground.network, node.id)
    label = ground.network.label(node.id)
    if lacking:
        return balancer, missing(lacking, node.id, f"the load balancer of {label}")
    detail = f"{label} belongs to a load balancer that is not in the snapshot or of a kind that is not modelled"
    return balancer, Gap("UNMODELLED_COMPONENT", node.id, detail, can_hide="block")


def label_of(balancer: Balancer) -> str:
    return f"{balancer.kind} load balancer {balancer.name}"


def _answered(flow: Walk, node: Interface, entrance: Interface) -> Walk:
    """The load balancer itself answers, or is as far as the snapshot tells."""
    return finish(flow, node.id, "load-balancer", route_to_interface(flow), entrance)


def _services(listener: Listening) -> IntervalSet:
    port = IntervalSet.single(listener.port)
    return IntervalSet.union_of(protocol_services(protocol, port) for protocol in listener.protocols)


def _takes(listener: Listening, flow: Walk) -> bool:
    return flow.protocol in listener.protocols


def _pinged(flow: Walk, node: Interface, balancer: Balancer) -> list[Walk]:
    """Application and Classic Load Balancers answer ping if their security groups admit it; nobody forwards it. What
    asks for no answer (path MTU discovery) has arrived.
    """
    if answered(flow)[0] is None:
        return [_answered(flow, node, node)]
    echo = icmp_services(flow.protocol, 8 if flow.protocol == ICMP else 128, -1)
    inside = flow.with_services(echo) if balancer.kind != "network" else None
    outside = flow if inside is None else flow.with_services(flow.services - echo)
    parts = [] if inside is None else [_answered(inside, node, node)]
    return [*parts, stopped(outside, _mismatch(outside, balancer, ()))] if outside is not None else parts


def _mismatch(flow: Walk, balancer: Balancer, listeners: tuple[Listening, ...]) -> Block:
    """No listener takes it; where there is only one, and of the protocol, the code says that its port is another."""
    wanted = describe(flow)
    if balancer.kind == "classic":
        code, rule = ("ELB_LISTENERS_MISMATCH", None)
        if len(listeners) == 1 and _takes(listeners[0], flow):
            code, rule = "ELB_LISTENER_PORT_RESTRICTION", listeners[0].port
    elif len(listeners) == 1 and _takes(listeners[0], flow):
        code, rule = "ELBV2_LISTENER_PORT_RESTRICTION", listeners[0].port
    else:
        code, rule = "ELBV2_LISTENERS_MISMATCH", None
    ports = ", ".join(f"{one.protocol} {one.port}" for one in listeners) or "nothing of the kind"
    detail = f"{label_of(balancer)} listens on {ports}; wanted {wanted}"
    return block(flow, code, balancer.id, detail, rule=rule, direction="ingress")


# --- to a pool ------------------------------------------------------------------------------------------------------


def _listened(
    ground: Ground, flow: Walk, node: Interface, balancer: Balancer, listener: Listening, entrance: Interface
) -> list[Walk]:
    detail = f"{label_of(balancer)} listens on {listener.protocol} {listener.port}"
    source = ground.network.source(balancer.id)
    flow = flow.through(hop(flow, balancer.id, "load-balancer", detail, rule=listener.port, source=source))
    if balancer.kind == "application":
        detail = f"{label_of(balancer)}: only the default action of {listener.protocol} {listener.port} was followed"
        flow = flow.assuming(assume("LB_RULES_NOT_FOLLOWED", balancer.id, detail, "leak"))
    if listener.unread:
        flow = flow.unknown(unread_listener(balancer, listener))
    if listener.answers or listener.unread:
        return [_answered(flow, node, entrance)]
    if not listener.pools:
        detail = f"{listener.protocol} {listener.port} of {label_of(balancer)} forwards to no target group"
        why = block(flow, "ELBV2_LISTENER_HAS_NO_TG", listener.id, detail, at=balancer.id)
        return [_answered(flow.blocked(why), node, entrance)]
    found: list[Walk] = []
    for pool, part in zip(listener.pools, choose(flow, len(listener.pools)), strict=False):
        found += _to_pool(ground, part, At(node, balancer, listener, pool, entrance))
    return found


def _of_no_known_kind(component: str, what: str) -> Gap:
    return Gap("UNMODELLED_COMPONENT", component, f"{what}, which is not known", can_hide="block")


def unread_listener(balancer: Balancer, listener: Listening) -> Gap:
    """That it is not known what a listener does."""
    return _of_no_known_kind(balancer.id, f"port {listener.port} of {label_of(balancer)} has {listener.unread}")


def unread_pool(balancer: Balancer, pool: Pool) -> Gap | None:
    """Why it is not known what a target group takes, if it is not."""
    what = f"target group {pool.name} of {label_of(balancer)}"
    if pool.target_type not in ("instance", "ip", "lambda", "alb"):
        return _of_no_known_kind(pool.id, f"{what} has targets of type {pool.target_type!r}")
    if pool.is_known:
        return None
    if not pool.protocol:
        return unseen(pool.id, f"{what} is not in the snapshot")
    return _of_no_known_kind(pool.id, f"{what} has the protocol {pool.protocol!r}")


def _to_pool(ground: Ground, flow: Walk, at: At) -> list[Walk]:
    unread = unread_pool(at.balancer, at.pool)
    if unread is not None:
        return [_answered(flow.unknown(unread), at.node, at.entrance)]
    if flow.protocol not in at.pool.protocols:
        detail = f"target group {at.pool.name} ({at.pool.protocol or 'no protocol'}) does not take {describe(flow)}"
        refused = block(flow, "ELBV2_LISTENER_REQUIRES_TG_ACCEPT", at.listener.id, detail, at=at.pool.id)
        return [_answered(flow.blocked(refused), at.node, at.entrance)]
    members, lacking = members_of(ground.network, at.balancer, at.pool)
    if lacking:
        gap = missing(lacking, at.pool.id, f"what is registered in {at.pool.name}")
        return [_answered(flow.unknown(gap), at.node, at.entrance)]
    sure, unsure, why = eligible(ground, at, members)
    options = sorted((*sure, *unsure))
    if not options:
        return [_answered(flow.blocked(_nowhere(flow, at, members)), at.node, at.entrance)]
    flow = flow.assuming(*_taken_as_healthy(at, options))
    found: list[Walk] = []
    for member, part in zip(options, choose(flow, len(options)), strict=False):
        if member in unsure:
            found.append(_answered(part.unknown(why), at.node, at.entrance))
        else:
            found += _to_member(ground, part, at, member)
    return found


def _taken_as_healthy(at: At, members: list[Member]) -> tuple[Assumption, ...]:
    """Targets that got nothing when the snapshot was taken, or of which that is not known: health changes by itself."""
    untold = [one for one in members if not one.health]
    told = [f"{one.id} is {one.health}" for one in members if one.health and not one.serves]
    if untold:
        told.append("the health of targets is not known")
    if not told:
        return ()
    detail = f"{at.pool.name}: {', '.join(told)}; every registered target was taken to be healthy"
    return (assume("LB_TARGET_HEALTH_IGNORED", at.pool.id, detail, "block"),)


def eligible(ground: Ground, at: At, members: tuple[Member, ...]) -> tuple[list[Member], list[Member], Gap]:
    """(targets that the interface sends to, those of which that is not known, and what is not known)."""
    near = [one for one in members if _near(ground, at, one)]
    far = [one for one in members if one not in near and enabled(at, one)]
    crosses, lacking = crosses_zones(ground.network, at.balancer, at.pool) if far else (False, ())
    gap = missing(lacking, at.pool.id, f"whether {label_of(at.balancer)} balances across zones")
    if lacking:
        return near, far, gap
    return ([*near, *far] if crosses else near), [], gap


def _near(ground: Ground, at: At, member: Member) -> bool:
    return member.zone in (ANYWHERE, "", zone_of(ground.network, at.node.subnet_id))


def enabled(at: At, member: Member) -> bool:
    return member.zone in at.balancer.zones


def _nowhere(flow: Walk, at: At, members: tuple[Member, ...]) -> Block:
    """Why a pool has nothing to send to."""
    at_id = at.pool.id if at.balancer.kind != "classic" else None
    label, pool = label_of(at.balancer), at.pool.name
    if not members and at.balancer.kind == "classic":
        return block(flow, "NO_POSSIBLE_DESTINATION", at.balancer.id, f"{label} has no registered instance")
    if not members:
        code, detail = "ELBV2_LISTENER_HAS_NO_TG", f"{pool} has no registered target"
        return block(flow, code, at.listener.id, detail, at=at_id)
    if not any(enabled(at, one) for one in members):
        detail = f"the targets of {pool} are in Availability Zones that {label} is not enabled in"
        return block(flow, "ELB_INSTALLED_AZ_RESTRICTION", at.balancer.id, detail, at=at_id)
    code = "ELB_NOT_CROSSZONE" if at.balancer.kind == "classic" else "ELBV2_NO_TARGETS_IN_AZ"
    detail = f"{pool} has no target in the zone of {at.node.id}, and {label} does not balance across zones"
    return block(flow, code, at.balancer.id, detail, at=at.node.subnet_id)


# --- to a member ----------------------------------------------------------------------------------------------------


def _to_member(ground: Ground, flow: Walk, at: At, member: Member) -> list[Walk]:
    kind = at.pool.target_type
    if kind == "lambda":
        invoked = flow.through(hop(flow, member.id, "lambda-function", f"{at.pool.name} invokes {member.id}"))
        return [finish(invoked, member.id, "lambda-function", route_to_interface(flow), at.entrance)]
    addresses, gap = addresses_of(ground, at.pool, member)
    if not addresses:
        return [lost(flow, gap)]
    found: list[Walk] = []
    for address, part in zip(addresses, choose(flow, len(addresses)), strict=False):
        found += _connect(ground, part, at, address, member)
    return found


def addresses_of(ground: Ground, pool: Pool, member: Member) -> tuple[list[int], Gap]:
    """Addresses of a target, and what is not known if there is none: an instance's primary interface, an address, or
    any interface of an Application Load Balancer.
    """
    network = ground.network
    unknown = unseen(member.id, f"target {member.id} of {pool.name} has no address in the snapshot")
    if pool.target_type == "ip":
        address = address_of(member.id)
        return [] if address is None else [address], unknown
    if pool.target_type == "alb":
        lacking = network.lacks(network.home_of(pool.id), "describe-network-interfaces")
        found = [first_address(network, one, V4) for one in nodes_of(network, member.id)]
    else:
        lacking = network.lacks(network.home_of(pool.id), "describe-instances", "describe-network-interfaces")
        interface = network.primary_interfaces.get(member.id)
        found = [first_address(network, interface, pool.family)] if interface is not None else []
    gap = missing(lacking, member.id, f"the address of target {member.id}") if lacking else unknown
    return [one for one in found if one is not None], gap


def _connect(ground: Ground, flow: Walk, at: At, address: int, member: Member) -> list[Walk]:
    """Open the connection to a target's address, or pass on the client's."""
    preserves, lacking = preserves_client(ground.network, at.balancer, at.pool)
    if at.entrance != at.node:  # targets behind PrivateLink never see the client's address
        preserves, lacking = False, ()
    target = IntervalSet.single(address)
    family = V4 if target <= V4 else V6
    if lacking:
        gap = missing(lacking, at.pool.id, f"whether {at.pool.name} preserves client addresses")
        return [_answered(flow.unknown(gap), at.node, at.entrance)]
    if not preserves or flow.sources.isdisjoint(family):
        return _from_node(ground, flow, at, target, member)
    if not target <= ground.network.vpc_addresses(at.node.vpc_id):
        detail = (
            f"{describe_addresses(target)} is outside {at.node.vpc_id}: client addresses kept so far are not followed"
        )
        return [lost(flow, Gap("UNMODELLED_COMPONENT", at.balancer.id, detail))]
    refusal = _needs_own_source(ground, at, target)
    if refusal:
        code, detail = "NLB_TARGET_REFUSES_KEPT_CLIENT", f"{describe_addresses(target)} is {refusal}"
        return [
            stopped(
                flow, block(flow, code, at.balancer.id, f"{detail}, which takes no kept client address", at=at.pool.id)
            )
        ]
    found: list[Walk] = []
    itself, others = flow.by_sources(target)
    if itself is not None:
        detail = f"{describe_addresses(target)} is the client itself; {label_of(at.balancer)} keeps its address"
        found.append(stopped(itself, block(itself, "NLB_TARGET_IS_CLIENT", at.balancer.id, detail, at=at.pool.id)))
    if others is not None:
        detail = f"{label_of(at.balancer)} passes the client's address on to {_in_words(target, member)}"
        code = "ELBV2_SOURCE_ADDRESS_PRESERVATION"
        kept = others.through(hop(others, at.pool.id, "target-group", detail, rule=code))
        found += _onward(ground, _translated(kept, at, target, member.port, preserves=True), at)
    return found


def _needs_own_source(ground: Ground, at: At, target: IntervalSet) -> str:
    """What the target is, if AWS does not support kept client addresses there: behind PrivateLink, or of the kind."""
    for subnet_id, addresses in ground.network.split_by_subnet(at.node.vpc_id, target):
        for interface in ground.network.interfaces_at(subnet_id or "", addresses):
            if interface.kind == "endpoint":
                return f"the endpoint interface {ground.network.label(interface.id)}"
            other = balancer_of(ground.network, interface.id)[0] if interface.kind == "load-balancer" else None
            if other is not None and other.kind == "network":
                return f"an interface of {label_of(other)}"
    return ""


def _in_words(target: IntervalSet, member: Member) -> str:
    health = f", {member.health} when the snapshot was taken" if member.health and not member.serves else ""
    return f"{describe_addresses(target)} port {member.port}{health}"


def _from_node(ground: Ground, flow: Walk, at: At, target: IntervalSet, member: Member) -> list[Walk]:
    """From the interface's own address and an ephemeral port."""
    own = first_address(ground.network, at.node, V4 if target <= V4 else V6)
    dimension = next_port(flow)
    if own is None:
        detail = f"{at.node.id} of {label_of(at.balancer)} has no address of the family of {describe_addresses(target)}"
        why = block(flow, "TARGET_ADDRESS_RESTRICTION", at.balancer.id, detail, at=at.pool.id)
        return [stopped(flow, why)]
    if dimension is None:
        detail = "more than two translations in a row are not followed"
        return [lost(flow, Gap("UNMODELLED_COMPONENT", at.balancer.id, detail))]
    source = IntervalSet.single(own)
    detail = f"{label_of(at.balancer)} connects from {describe_addresses(source)} to {_in_words(target, member)}"
    flow = flow.through(hop(flow, at.pool.id, "target-group", detail))
    opened = _translated(flow, at, target, member.port, preserves=False)
    return _onward(ground, msgspec.structs.replace(opened, source=source, port=dimension), at)


def _translated(flow: Walk, at: At, target: IntervalSet, port: int, *, preserves: bool) -> Walk:
    """The header as the target will see it; what it was is remembered."""
    balanced = Balanced(at.node.id, flow.destination, flow.service, preserves)
    memory = Translation(
        at.balancer.id,
        flow.source,
        flow.port,
        flow.context.sender,
        at.entrance.subnet_id,
        at.entrance.vpc_id,
        balancer=balanced,
    )
    service = protocol_services(flow.protocol, IntervalSet.single(port))
    crossed = (*flow.context.crossed, "load-balancer")
    flow = with_context(flow, sender=at.node, links=(), session=(*flow.context.session, memory), crossed=crossed)
    return msgspec.structs.replace(flow, destination=target, service=service)


def _onward(ground: Ground, flow: Walk, at: At) -> list[Walk]:
    """Out of the load balancer's interface: its security groups, and for a Classic one the network ACL even towards a
    target in its own subnet.
    """
    parts = through_security_groups(ground, flow, at.node, "egress")
    if at.balancer.kind == "classic" and _in_subnet(ground, flow, at.node):
        parts = [one for part in parts for one in _past_own_acl(ground, part, at.node.subnet_id)]
    return [part.to("leave", at.node.subnet_id) for part in parts]


def _in_subnet(ground: Ground, flow: Walk, node: Interface) -> bool:
    owners = ground.network.split_by_subnet(node.vpc_id, flow.destinations)
    return [subnet for subnet, _ in owners] == [node.subnet_id]


def _past_own_acl(ground: Ground, flow: Walk, subnet_id: str) -> list[Walk]:
    def renamed(one: Block) -> Block:
        return msgspec.structs.replace(one, code="ELB_ACL_RESTRICTION")

    known = len(flow.blocks)
    return [
        msgspec.structs.replace(part, blocks=part.blocks[:known] + tuple(map(renamed, part.blocks[known:])))
        for part in through_network_acl(ground, flow, subnet_id, "egress")
    ]


# --- back -----------------------------------------------------------------------------------------------------------


def back(ground: Ground, flow: Walk) -> list[Walk]:
    """A target's reply at the load balancer's interface goes on to the client, from the address it asked."""
    node = ground.network.interfaces[flow.place[1]]
    last = flow.context.session[-1] if flow.context.session else None
    if last is None or last.balancer is None or last.balancer.interface_id != node.id:
        return [lost_reply(ground, flow, node.id)]
    detail = f"{ground.network.label(node.id)} sends the reply on to the client"
    flow = symmetric(ground, flow, behind=len(flow.context.session))  # the connection to the target ends here
    flow = flow.through(hop(flow, last.gateway, "load-balancer", detail))
    flow = msgspec.structs.replace(
        flow, source=last.balancer.destination, destination=last.source, port=last.port, service=last.balancer.service
    )
    return [homeward(with_context(flow, session=flow.context.session[:-1]), last.subnet_id)]


def reply(ground: Ground, flow: Walk) -> list[Walk]:
    """A reply to a client whose address was kept: past the network ACLs of both subnets, by no route table.

    Targets need no route to the client: the load balancer takes the reply back. AWS documents the network ACLs of the
    load balancer's and the targets' subnets; that they see the client's address on this leg too is our reading.
    """
    subnet_id = flow.place[1]
    last = flow.context.session[-1].balancer
    assert last is not None
    node = ground.network.interfaces[last.interface_id]
    detail = f"the reply to a kept client address was taken to return through {ground.network.label(node.id)}"
    parts = [flow.assuming(assume("NLB_RETURN_PATH_ASSUMED", node.id, detail, "block"))]
    if subnet_id != node.subnet_id:
        parts = [one for part in parts for one in through_network_acl(ground, part, subnet_id, "egress")]
        parts = [one for part in parts for one in through_network_acl(ground, part, node.subnet_id, "ingress")]
    return [part.to("load-balancer-back", node.id) for part in parts]
