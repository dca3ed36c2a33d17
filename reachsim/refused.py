"""What the ends of a question refuse whatever is between them: with that the way may be unknown, and the answer is not.

The end that is asked for takes nothing that no rule of its security groups or of its network ACL names, whoever it is
from; the sender gets no answer that its network ACL keeps out. What an appliance, another account's network or one on
premises would have made of the traffic makes no difference. Load balancers are left out: what PrivateLink brings them
may pass by their groups. So are network ACLs of subnets in which something stands that may pass traffic on: what comes
from the same subnet crosses none.

**Source:** "Security group rules", "Network ACL basics" (VPC User Guide; facts N80, N81, N106 to N108: nothing comes in
that no rule allows), "Network ACLs for transit gateways" (N118); DESIGN, "What a verdict needs": a path blocked by a
filter stays blocked whatever else is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from reachsim.addresses import EVERYWHERE, V4, V6
from reachsim.engine import ICMP_REPLIES, answered, kinds
from reachsim.evidence import Block, Direction, Leg
from reachsim.filters import Rule
from reachsim.forwarding import Ground, Walk
from reachsim.forwarding.filtering import through_network_acl
from reachsim.forwarding.ground import describe_services
from reachsim.intervals import IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.records import NotThere
from reachsim.packets import (
    CLIENT_PORT,
    DESTINATION,
    SERVICE,
    SOURCE,
    TCP,
    UDP,
    PacketSet,
    icmp_services,
    protocol_services,
)
from reachsim.routing import target_of
from reachsim.workloads import ANY_CLIENT_PORTS

KINDS = ("interface", "virtual", "public", "endpoint")


def kept_out(ground: Ground, flow: Walk, ends: Sequence[Interface]) -> Walk:
    """The flow, blocked if it is not known to get to where it is for, and nothing there takes it from anybody."""
    if flow.blocks or not flow.gaps:
        return flow
    names = {one.id for one in ends}
    if any(hop.component in names and hop.leg == "request" for hop in flow.hops[1:]):
        return flow
    family = V4 if flow.box[DESTINATION] <= V4 else V6
    return flow.blocked(*refusals(ground, ends, flow.box[SERVICE], family))


def refusals(
    ground: Ground, ends: Sequence[Interface], services: IntervalSet, family: IntervalSet = EVERYWHERE
) -> tuple[Block, ...]:  # fmt: skip
    """What each of the interfaces refuses the services by; none if one of them may take some from somebody."""
    each = [[*_by_groups(ground, one, services), *_by_acl(ground, one, services, family)] for one in ends]
    return tuple(block for blocks in each for block in blocks) if all(each) else ()


def _by_groups(ground: Ground, interface: Interface, services: IntervalSet) -> Iterator[Block]:
    """A block for each of its security groups, if none of them has a rule for the services."""
    if not interface.groups or interface.kind not in KINDS:
        return
    known = ground.network.security_groups
    if all(
        group in known and all(
            rule.services.isdisjoint(services) or (rule.group_peer is not None and rule.group_peer.peering_stale)
            for rule in ground.group_rules(group, "ingress")
        )
        for group in interface.groups
    ):  # fmt: skip
        yield from (_at_group(ground, interface, group, services) for group in interface.groups)


def _at_group(ground: Ground, interface: Interface, group: str, services: IntervalSet) -> Block:
    label = ground.network.label(group)
    code, detail = (
        "ENI_SG_RULES_MISMATCH",
        f"no ingress rule of {label} admits {describe_services(services)} from anybody",
    )
    if not ground.group_rules(group, "ingress"):
        code, detail = "SG_HAS_NO_RULES", f"{label} has no ingress rule at all"
    source = ground.network.source(group)
    return Block(code, group, None, interface.id, "request", "ingress", "timeout", detail, None, source)


# --- network ACLs -----------------------------------------------------------------------------------------------------


def _by_acl(
    ground: Ground, interface: Interface, services: IntervalSet, family: IntervalSet
) -> Iterator[Block]:  # fmt: skip
    if interface.kind in KINDS:
        has = IntervalSet.union_of(one for one in (V4, V6) if not interface.addresses.isdisjoint(one))
        yield from at_subnet(ground, interface.subnet_id, services, family & has)


def at_subnet(ground: Ground, subnet_id: str, services: IntervalSet, family: IntervalSet) -> Iterator[Block]:
    """A block for each direction in which a subnet's network ACL lets services, or answers to them, through to nobody.

    ``family``: the addresses of IPv4, of IPv6 or of both.
    """
    acl = ground.network.network_acl_of(subnet_id)
    if acl is None or ground.worked_out(may_pass_on, subnet_id):
        return
    answers = IntervalSet.union_of(_answers(part) for part in kinds(services))
    ways: tuple[tuple[Leg, Direction, IntervalSet], ...] = (
        ("request", "ingress", services), ("response", "egress", answers),
    )  # fmt: skip
    for leg, direction, wanted in ways:
        rules = ground.acl_rules(acl.network_acl_id, direction)
        if wanted and not _lets_through(rules, family, wanted):
            label, what = ground.network.label(acl.network_acl_id), describe_services(services)
            who = "from" if leg == "request" else "in answer to"
            detail = f"{direction}, {label} lets no {what} through {who} anybody"
            cause = "RETURN_ACL_EPHEMERAL" if leg == "response" and answers.first >> 16 in (TCP, UDP) else None
            source = ground.network.source(acl.network_acl_id)
            rule = _denying(rules, family, wanted)
            yield Block(
                "SUBNET_ACL_RESTRICTION", acl.network_acl_id, rule, subnet_id, leg, direction, "timeout",
                detail, cause, source,
            )  # fmt: skip


def _answers(services: IntervalSet) -> IntervalSet:
    """What answers services of one kind, to whichever ports; nothing if they ask for no answer."""
    protocol = services.first >> 16
    if protocol in (TCP, UDP):
        return protocol_services(protocol, ANY_CLIENT_PORTS)
    if protocol not in ICMP_REPLIES:
        return services
    return IntervalSet.union_of(
        (services & icmp_services(protocol, asked, -1)).shift((answer - asked) << 8)
        for asked, answer in ICMP_REPLIES[protocol].items()
    )


def may_send(
    ground: Ground, groups: Sequence[str], subnet_id: str, services: IntervalSet, family: IntervalSet
) -> bool:  # fmt: skip
    """Whether security groups let some of the services out to somebody (no groups at all let everything out), and the
    network ACL of a subnet lets that out and an answer in. What is not known lets it through.
    """
    known = ground.network.security_groups
    rules = (rule for group in groups if group in known for rule in ground.group_rules(group, "egress"))
    told = bool(groups) and all(group in known for group in groups)
    if told and all(rule.services.isdisjoint(services) for rule in rules):
        return False
    acl = ground.network.network_acl_of(subnet_id)
    if acl is None:
        return True
    out, in_ = (ground.acl_rules(acl.network_acl_id, direction) for direction in ("egress", "ingress"))
    return any(
        _lets_through(out, family, part) and (not (answers := _answers(part)) or _lets_through(in_, family, answers))
        for part in kinds(services)
    )


def _lets_through(rules: Sequence[Rule], peers: IntervalSet, services: IntervalSet) -> bool:
    """Whether some entry allows some of it that none before denies."""
    denied = PacketSet.empty(2)
    for rule in rules:
        part = PacketSet.box((rule.peers & peers, rule.services & services))
        if rule.allow and part - denied:
            return True
        denied = denied if rule.allow else denied | part
    return False


def _denying(rules: Sequence[Rule], peers: IntervalSet, services: IntervalSet) -> str | int:
    """The entry that denies all of it, else the last, which denies the rest."""
    every = (rule.name for rule in rules if not rule.allow and peers <= rule.peers and services <= rule.services)
    return next(every, rules[-1].name)


def unanswered(ground: Ground, flow: Walk) -> list[Walk]:
    """The flow, blocked as far as it is not known to get to where it is for, and no answer from there would pass the
    network ACL of the sender's subnet.
    """
    sender = flow.context.origin.interface
    if flow.blocks or not flow.gaps or flow.end != "unknown" or sender is None or answered(flow)[0] is None:
        return [flow]
    if any(gap.component == "amazon-local" for gap in flow.gaps):
        return [flow]  # no network ACL filters what is on the host ("Network ACLs", N10)
    own = ground.network.addresses_of_subnet.get(sender.subnet_id, EVERYWHERE)
    if not own.isdisjoint(flow.box[DESTINATION]) or ground.worked_out(may_pass_on, sender.subnet_id):
        return [flow]
    context = replace(flow.context, session=())
    answer = replace(
        flow, leg="response", source=DESTINATION, destination=SOURCE, port=CLIENT_PORT, service=None, context=context
    )
    parts = through_network_acl(ground, answer, sender.subnet_id, "ingress")
    if not any(part.blocks for part in parts):
        return [flow]
    return [replace(flow, box=part.box).blocked(*part.blocks) for part in parts]


_PASSES_ON: Final = frozenset({"nat_gateway", "transit_gateway", "gateway_load_balancer_endpoint"})
"""Types of the interfaces that such components have in their subnets (EC2 API, NetworkInterfaceType)."""


def may_pass_on(ground: Ground, subnet_id: str) -> bool:
    """Whether something in a subnet may hand traffic of others to its neighbours there, past no network ACL."""
    network = ground.network
    subnet = network.subnets.get(subnet_id)
    if subnet is None or ground.lacks_for_vpc(subnet.vpc_id, "describe-network-interfaces", "describe-route-tables"):
        return True
    tables = [table for table in network.route_tables.values() if table.vpc_id == subnet.vpc_id]
    if any(isinstance(table.routes, NotThere) for table in tables):
        return True
    if any(target_of(route).kind == "core-network" for table in tables for route in table.routes):
        return True
    if any(subnet_id in one.subnet_ids for one in network.transit_gateway_vpc_attachments.values()):
        return True
    if any(one.subnet_id == subnet_id for one in network.nat_gateways.values()):
        return True
    endpoints = (one for one in network.vpc_endpoints.values() if one.vpc_endpoint_type == "GatewayLoadBalancer")
    if any(subnet_id in one.subnet_ids for one in endpoints):
        return True
    vpn = network.client_vpn_interfaces.get(subnet.vpc_id, ())
    return any(
        one.id in vpn or not one.source_dest_check or _kind(ground, one) in _PASSES_ON
        for one in network.interfaces_in(subnet_id)
    )


def _kind(ground: Ground, interface: Interface) -> str | None:
    record = ground.network.network_interfaces.get(interface.id)
    return record.interface_type if record is not None else None
