"""Security groups at an interface and the network ACL at a subnet's edge, applied to a flow.

**Source:** "Control traffic to your AWS resources using security groups", "Security group rules", "Control subnet
traffic with network access control lists" (VPC User Guide; facts N80 to N91, N105 to N113).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from reachsim.addresses import EVERYWHERE, V6
from reachsim.engine import split
from reachsim.evidence import Block, Direction, Gap
from reachsim.filters import Rule
from reachsim.forwarding import changing
from reachsim.forwarding.ground import (
    Context,
    Ground,
    Walk,
    assume,
    block,
    describe,
    describe_addresses,
    describe_services,
    hop,
    missing,
    unseen,
)
from reachsim.forwarding.group_references import (
    identity_survives,
    is_endpoint_over_transit,
    is_stale,
    loses_groups,
    losing,
    names_sender,
    stranger_may_carry,
    unsure_references,
)
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.packets import CLIENT_PORT, TCP, UDP, protocol_services

Doubt = tuple[Rule, Gap]
"""What a rule would admit if something that is not in the snapshot said so, and what is missing."""


def through_security_groups(ground: Ground, flow: Walk, interface: Interface, direction: Direction) -> list[Walk]:
    """Split a request by the rule of the interface's security groups that admits it; the rest goes on, blocked.

    All groups of an interface together decide (N81). An interface without any (a NAT gateway's) is not filtered.
    """
    network = ground.network
    if not interface.groups:
        return [flow]
    flow = flow.assuming(*changing.of_groups(ground, flow, interface.groups, direction))
    by_source = direction == "ingress"
    here, services = flow.sources if by_source else flow.destinations, flow.services
    rules: list[Rule] = []
    doubts: list[Doubt] = []
    for group in interface.groups:
        for rule in ground.group_rules(group, direction) if group in network.security_groups else ():
            resolved, doubtful = resolve(ground, flow.context, interface, rule, direction)
            if services <= resolved.services and here <= resolved.peers:
                return [_admitted(flow, interface, resolved)]
            rules.append(resolved)
            doubts += doubtful
    rest = [flow]
    ended: list[Walk] = []
    for rule in rules:
        still: list[Walk] = []
        for part in rest:
            inside, outside = split(part, rule.peers, rule.services, by_source=by_source)
            if inside is not None:
                ended.append(_admitted(inside, interface, rule))
            still += outside
        rest = still
    gaps = unknown_groups(ground, interface) if rest else []
    for part in rest:
        for left, why in _doubted(part, doubts, gaps, by_source=by_source):
            if why:
                ended.append(left.unknown(*why))
            else:
                parts = _by_references(ground, left, interface, direction)
                ended += [one.blocked(*_mismatch(ground, one, interface, direction)) for one in parts]
    return ended


def unknown_groups(ground: Ground, interface: Interface) -> list[Gap]:
    """A gap if some of the interface's security groups are not in the snapshot."""
    absent = tuple(group for group in interface.groups if group not in ground.network.security_groups)
    lacking = ground.lacks_for_vpc(interface.vpc_id, "describe-security-groups") if absent else ()
    if lacking:
        return [missing(lacking, interface.id, "what its security groups allow")]
    return [unseen(group, f"security group {group} of {interface.id} is not in the snapshot") for group in absent]


def _admitted(flow: Walk, interface: Interface, rule: Rule) -> Walk:
    detail = f"{interface.id}: {rule.text}"
    return flow.through(hop(flow, rule.owner, "security-group", detail, rule=rule.name, source=rule.source))


def _doubted(
    flow: Walk, doubts: list[Doubt], gaps: list[Gap], *, by_source: bool
) -> list[tuple[Walk, tuple[Gap, ...]]]:
    """Disjoint parts of what no rule surely admits, each with the gaps for which it might be admitted after all."""
    parts: list[tuple[Walk, tuple[Gap, ...]]] = [(flow, tuple(gaps))]
    for rule, gap in doubts:
        found: list[tuple[Walk, tuple[Gap, ...]]] = []
        for part, known in parts:
            inside, outside = split(part, rule.peers, rule.services, by_source=by_source)
            if inside is not None:
                found.append((inside, known if gap in known else (*known, gap)))
            found += [(one, known) for one in outside]
        parts = found
    return parts


def resolve(
    ground: Ground, context: Context, interface: Interface, rule: Rule, direction: Direction
) -> tuple[Rule, list[Doubt]]:
    """The rule with its peers as addresses, and the peers that it might have besides, each with the gap."""
    if rule.missing:
        gap = missing(rule.missing, rule.owner, f"the prefix list that {rule.owner} names")
        return rule, [(msgspec.structs.replace(rule, peers=EVERYWHERE), gap)]
    if rule.unread:
        gap = unseen(rule.owner, rule.unread)
        none = msgspec.structs.replace(rule, peers=EMPTY)
        return none, [(msgspec.structs.replace(rule, peers=EVERYWHERE), gap)]
    if rule.group is None or rule.group_peer is None:
        return rule, []
    if rule.group_peer.peering_stale:
        return rule, []  # a stale reference matches nothing (N90)
    if direction == "ingress":
        matches = context.sender is not None and rule.group in context.sender.groups
        matches = matches and identity_survives(ground, context, interface.vpc_id)
        doubts = _members_over_internet(ground, context, interface, rule, rule.group)
        doubts += _unseen_sender(ground, context, interface, rule, rule.group)
        if matches and context.links:
            matches = not is_endpoint_over_transit(context, interface)
            unsure = unsure_references(ground, context, interface) if matches else []
            doubts += [(msgspec.structs.replace(rule, peers=EVERYWHERE), gap) for gap in unsure]
            matches = matches and not unsure
        return msgspec.structs.replace(rule, peers=EVERYWHERE if matches else EMPTY), doubts
    near = ground.peered_vpcs(interface.vpc_id)
    peers = ground.network.members_in(rule.group, near)
    for one in context.receivers:
        if rule.group in one.groups and one.vpc_id in near:
            peers = peers | one.addresses
    members = msgspec.structs.replace(rule, peers=peers)
    return members, _unseen_members(ground, interface, rule, rule.group, near)


def _members_over_internet(
    ground: Ground, context: Context, interface: Interface, rule: Rule, group: str
) -> list[Doubt]:
    """IPv6 addresses of members that sent by an internet gateway: the gateway leaves them as they are (N36, N85)."""
    if context.sender is not None or "internet-gateway" not in context.crossed:
        return []
    near = ground.peered_vpcs(interface.vpc_id)
    members = ground.network.members_in(group, near)
    origin = context.origin.interface
    if origin is not None and group in origin.groups and origin.vpc_id in near:
        members = members | origin.addresses
    if members.isdisjoint(V6):
        return []
    detail = f"{rule.owner} names {group}, of which an interface sent IPv6 by an internet gateway"
    gap = unseen(rule.owner, detail, "SG_REFERENCE_OVER_INTERNET")
    return [(msgspec.structs.replace(rule, peers=members & V6), gap)]


def _unseen_sender(ground: Ground, context: Context, interface: Interface, rule: Rule, group: str) -> list[Doubt]:
    """Whom the snapshot does not hold may carry a group that it does not hold either (N88, N89)."""
    if not stranger_may_carry(ground, context, interface, rule):
        return []
    detail = f"{rule.owner} names {group}, whose members are not in the snapshot"
    gap = unseen(group, detail, "SECURITY_GROUP_UNSEEN")
    return [(msgspec.structs.replace(rule, peers=EVERYWHERE), gap)]


def _unseen_members(ground: Ground, interface: Interface, rule: Rule, group: str, near: frozenset[str]) -> list[Doubt]:
    """Who else could be a member: interfaces of near VPCs that no file lists, or of an account that is not there.

    The interfaces of a VPC whose file is there are all known, and so are the members of no group (N90, N91).
    """
    network = ground.network
    found: list[Doubt] = []
    seen = EMPTY
    for vpc_id in sorted(near & network.vpcs.keys()):
        addresses = network.vpc_addresses(vpc_id)
        seen = seen | addresses
        lacking = ground.lacks_for_vpc(vpc_id, "describe-network-interfaces")
        if lacking:
            gap = missing(lacking, group, f"which interfaces carry {group}")
            found.append((msgspec.structs.replace(rule, peers=addresses), gap))
    unpeered = ground.lacks_for_vpc(interface.vpc_id, "describe-vpc-peering-connections")
    far = network.members_in(group, frozenset(network.vpcs) - near) if unpeered else EMPTY
    if far:
        gap = missing(unpeered, group, f"whether the VPCs of the members of {group} are peered")
        found.append((msgspec.structs.replace(rule, peers=far), gap))
    account, region = network.home_of(interface.vpc_id)
    owner = (rule.group_peer.user_id if rule.group_peer else None) or account
    if group not in network.security_groups and network.lacks((owner, region), "describe-security-groups"):
        detail = f"{rule.owner} names {group}, whose members are not in the snapshot"
        gap = unseen(group, detail, "SECURITY_GROUP_UNSEEN")
        found.append((msgspec.structs.replace(rule, peers=EVERYWHERE - seen), gap))
    return found


def _mismatch(ground: Ground, flow: Walk, interface: Interface, direction: Direction) -> list[Block]:
    """One block per attached group (DESIGN, ``component``)."""
    peer = describe_addresses(flow.sources if direction == "ingress" else flow.destinations)
    wanted = f"{describe_services(flow.services)} {'from' if direction == 'ingress' else 'to'} {peer}"
    blocks: list[Block] = []
    for group in interface.groups:
        rules = ground.group_rules(group, direction) if group in ground.network.security_groups else ()
        label = ground.network.label(group)
        if not rules:
            code, detail = "SG_HAS_NO_RULES", f"{label} has no {direction} rule at all; wanted {wanted}"
        else:
            code, detail = "ENI_SG_RULES_MISMATCH", f"no {direction} rule of {label} admits {wanted}"
            detail += _hidden_sender(flow, rules, direction)
        naming = [rule for rule in rules if rule.group is not None]
        cause = "SG_REFERENCE_STALE" if any(is_stale(ground, rule) for rule in naming) else None
        lost = losing(ground, flow, naming, interface, direction)
        source = ground.network.source(group)
        if not lost:
            blocks.append(
                block(flow, code, group, detail, at=interface.id, direction=direction, cause=cause, source=source)
            )
        for one in lost:
            detail = f"{label} names a group of the sender, but {one.words}"
            blocks.append(
                block(flow, one.code, one.component, detail, at=interface.id, direction=direction, source=source)
            )
    return blocks


def _hidden_sender(flow: Walk, rules: Iterable[Rule], direction: Direction) -> str:
    """In words, that a rule names a group of who asked, whose address a gateway on the way has translated (N85)."""
    origin, crossed = flow.context.origin.interface, flow.context.crossed
    if direction != "ingress" or origin is None or flow.context.sender is origin or not crossed:
        return ""
    named = [one.group for one in rules if one.group in origin.groups and not flow.services.isdisjoint(one.services)]
    if not named:
        return ""
    how = crossed[-1].replace("nat", "NAT").replace("-", " ")
    return f"; it names {named[0]}, the sender's own, but past the {how} the sender's groups are not known"


def _by_references(ground: Ground, flow: Walk, interface: Interface, direction: Direction) -> list[Walk]:
    """What no rule admits, in parts: for each the rules that name one of the sender's groups fit all of it or none."""
    parts = [flow]
    if not loses_groups(ground, flow, interface, direction):
        return parts
    for group in interface.groups:
        for rule in ground.group_rules(group, direction) if group in ground.network.security_groups else ():
            if names_sender(rule, flow):
                halves = [split(part, part.sources, rule.services, by_source=True) for part in parts]
                parts = [one for inside, outside in halves for one in (inside, *outside) if one is not None]
    return parts


def through_network_acl(ground: Ground, flow: Walk, subnet_id: str, direction: Direction) -> list[Walk]:
    """Split a flow by the entry of the subnet's network ACL that decides; what is denied goes on, blocked."""
    network = ground.network
    acl = network.network_acl_of(subnet_id)
    if acl is None:
        subnet = network.subnets.get(subnet_id)
        lacking = ground.lacks_for_vpc(subnet.vpc_id if subnet else "", "describe-network-acls")
        what = f"the network ACL of {subnet_id}"
        return [
            flow.unknown(missing(lacking, subnet_id, what) if lacking else unseen(subnet_id, f"{what} is not known"))
        ]
    by_source = direction == "ingress"
    here, services = flow.sources if by_source else flow.destinations, flow.services
    rest = [flow]
    found: list[Walk] = []
    for rule in ground.acl_rules(acl.network_acl_id, direction):
        if rest[0] is flow and services <= rule.services and here <= rule.peers:
            return [_decided(ground, flow, subnet_id, rule, direction)]
        still: list[Walk] = []
        for part in rest:
            inside, outside = split(part, rule.peers, rule.services, by_source=by_source)
            still += outside
            if inside is not None:
                found.append(_decided(ground, inside, subnet_id, rule, direction))
        rest = still
        if not rest:
            break
    return found


_ANY_CLIENT_PORT: Final = IntervalSet.span(1024, 65535)


def _by_a_builds_ports(flow: Walk, rule: Rule) -> bool:
    """Whether an entry tells the ephemeral ports of a build, which a reply goes to, from others; which ones builds use
    is not documented (N113).
    """
    if flow.protocol not in (TCP, UDP) or flow.port != CLIENT_PORT or flow.context.session:
        return False
    origin = flow.context.origin.interface
    return (
        origin is not None
        and origin.is_build
        and not protocol_services(flow.protocol, _ANY_CLIENT_PORT) <= rule.services
    )


def _decided(ground: Ground, flow: Walk, subnet_id: str, rule: Rule, direction: Direction) -> Walk:
    if flow.leg == "response" and _by_a_builds_ports(flow, rule):
        detail = f"rule {rule.name} of {rule.owner} tells client ports apart: builds were taken to use their system's"
        flow = flow.assuming(assume("BUILD_EPHEMERAL_PORTS", rule.owner, detail, "block"))
    if rule.allow:
        detail = f"{subnet_id} {direction}: rule {rule.name} {rule.text}"
        return flow.through(hop(flow, rule.owner, "network-acl", detail, rule=rule.name, source=rule.source))
    is_reply = flow.leg == "response" and flow.protocol in (TCP, UDP)
    label = ground.network.label(rule.owner)
    name = "*" if rule.name == 32767 else rule.name
    detail = f"{direction} rule {name} of {label} denies {describe(flow)}"
    if is_reply:
        detail = f"{detail}: the reply to the client's ephemeral ports"
    return flow.blocked(
        block(
            flow,
            "SUBNET_ACL_RESTRICTION",
            rule.owner,
            detail,
            rule=rule.name,
            at=subnet_id,
            direction=direction,
            cause="RETURN_ACL_EPHEMERAL" if is_reply else None,
            source=rule.source or ground.network.source(rule.owner),
        )
    )
