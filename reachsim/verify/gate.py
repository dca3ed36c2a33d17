"""What the filters at one network interface say of one recorded packet.

A flow log records at the interface what its security groups and the network ACL of its subnet do to a packet: ACCEPT
if both let it pass. What becomes of it elsewhere, on the way there or of its reply, is no part of the record.
**Source:** "Flow log record examples", Security group and network ACL rules (VPC User Guide).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reachsim.addresses import PUBLIC, V4, V6
from reachsim.evidence import Block, Direction, Gap
from reachsim.forwarding import Context, Ground, Walk
from reachsim.forwarding.filtering import through_network_acl, through_security_groups
from reachsim.forwarding.ground import Origin
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.packets import CHOICES, PORTS, protocol_services


class Gate(NamedTuple):
    """The fates of the packets that the record may be of, what blocks, what is not known, and the closed group.

    ``by_group``: a rule names a security group of which the peer may be a member, for all that the snapshot tells.
    """

    outcomes: frozenset[str]
    blocks: tuple[Block, ...]
    gaps: tuple[Gap, ...]
    by_group: bool


class Packet(NamedTuple):
    """A packet at an interface: who the other side is, protocol and destination port (0 where it has none)."""

    interface: Interface
    way: Direction
    peer: int
    protocol: int
    port: int


def gate(ground: Ground, packet: Packet, *, groups: bool) -> Gate | None:
    """What the filters do; None if the interface has no address of the packet's family.

    ``groups``: the security groups judge it too. They do not judge replies, for they keep the state of connections.
    """
    interface, way = packet.interface, packet.way
    peer = IntervalSet.single(packet.peer)
    own = interface.addresses & (V4 if peer <= V4 else V6)
    if not own:
        return None
    ports = IntervalSet.single(packet.port) if packet.protocol in (6, 17) else PORTS
    source, destination = (peer, own) if way == "ingress" else (own, peer)
    box = (source, destination, protocol_services(packet.protocol, ports), PORTS, PORTS, PORTS, CHOICES)
    sender = sender_at(ground.network, interface, packet.peer) if way == "ingress" else interface
    context = Context(Origin("interface", interface.id, interface, vpc_id=interface.vpc_id), sender)
    flow = Walk(box, ("gate", interface.id), context)
    parts = [flow]
    subnet = ground.network.split_by_subnet(interface.vpc_id, peer)[0][0]
    edge = subnet != interface.subnet_id
    if edge and way == "ingress":
        parts = [one for part in parts for one in through_network_acl(ground, part, interface.subnet_id, way)]
    if groups:
        parts = [one for part in parts for one in through_security_groups(ground, part, interface, way)]
    if edge and way == "egress":
        parts = [one for part in parts for one in through_network_acl(ground, part, interface.subnet_id, way)]
    return Gate(
        frozenset(part.outcome for part in parts),
        tuple(dict.fromkeys(block for part in parts for block in part.blocks)),
        tuple(dict.fromkeys(gap for part in parts for gap in part.gaps)),
        groups and not _surely_stopped(parts) and _may_be_member(ground, flow, packet, sender),
    )


def _surely_stopped(parts: Iterable[Walk]) -> bool:
    """Whether network ACLs alone stop it."""
    return all(any(block.code == "SUBNET_ACL_RESTRICTION" for block in part.blocks) for part in parts)


def sender_at(network: Network, interface: Interface, address: int) -> Interface | None:
    """The interface of the same VPC that has a private address."""
    single = IntervalSet.single(address)
    for subnet_id, _ in network.split_by_subnet(interface.vpc_id, single):
        for one in network.interfaces_at(subnet_id, single) if subnet_id else ():
            if single <= one.addresses:
                return one
    return None


def _may_be_member(ground: Ground, flow: Walk, packet: Packet, sender: Interface | None) -> bool:
    """Whether a rule names a group, and the peer is no known interface of this VPC but may be some private one."""
    network, peer = ground.network, IntervalSet.single(packet.peer)
    known = sender if packet.way == "ingress" else sender_at(network, packet.interface, packet.peer)
    inside = network.all_vpc_addresses
    if known is not None or (peer <= PUBLIC and not peer <= inside):
        return False
    rules = [
        rule
        for group in packet.interface.groups
        if group in network.security_groups
        for rule in ground.group_rules(group, packet.way)
    ]
    return any(rule.group is not None and (flow.services & rule.services) != EMPTY for rule in rules)
