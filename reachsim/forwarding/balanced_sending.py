"""What a load balancer's interface sends by itself: connections to its registered targets, and nothing else. Those
that only rules of its listeners send to are among them.

**Source:** "Reachability Analyzer explanation codes" (TARGET_ADDRESS_RESTRICTION, TARGET_PORT_RESTRICTION,
ELB_NOT_CROSSZONE, ELB_INSTALLED_AZ_RESTRICTION, GWLB_PROTOCOL_RESTRICTION and its kin). Health checks to ports of
their own are not counted.
"""

from __future__ import annotations

from typing import Final

import msgspec

from reachsim.addresses import V4, V6
from reachsim.engine import split
from reachsim.evidence import Gap
from reachsim.forwarding.departure import TO_TARGETS
from reachsim.forwarding.ground import Ground, Walk, block, describe, missing
from reachsim.forwarding.load_balancers import (
    At,
    addresses_of,
    eligible,
    enabled,
    label_of,
    owner,
    unread_listener,
    unread_pool,
)
from reachsim.intervals import IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.load_balancing import Balancer, is_gateway_load_balancer, listeners_of, members_of, ruled_pools
from reachsim.packets import TCP, UDP, protocol_services

GENEVE_PORT: Final = 6081
_FORWARDED: Final = protocol_services(TCP) | protocol_services(UDP)


def send(ground: Ground, flow: Walk) -> list[Walk]:
    """A load balancer's interface as the source: it sends to the registered addresses and ports of its targets only."""
    node = ground.network.interfaces[flow.place[1]]
    balancer, gap = owner(ground, node)
    if balancer is None and is_gateway_load_balancer(ground.network, node.id):
        return _by_geneve(ground, flow, node, gap)
    if balancer is None:
        return _resumed([flow.unknown(gap)], node)
    listeners, lacking = listeners_of(ground.network, balancer)
    if lacking:
        return _resumed([flow.unknown(missing(lacking, balancer.id, f"where {label_of(balancer)} listens"))], node)
    doors: list[Door] = []
    for listener in listeners:
        if listener.unread:
            doors.append(Door(V4 | V6, _FORWARDED, unread_listener(balancer, listener)))
        for pool in () if listener.unread else listener.pools:
            doors += _doors(ground, At(node, balancer, listener, pool, node))
    for pool in ruled_pools(ground.network, balancer) if listeners else ():
        doors += _doors(ground, At(node, balancer, listeners[0], pool, node))
    found: list[Walk] = []
    rest = [flow]
    for door in sorted(doors, key=lambda one: one.rank):
        still: list[Walk] = []
        for part in rest:
            inside, outside = split(part, door.target, door.services, by_source=False)
            still += outside
            if inside is not None:
                found += _through(inside, node, door)
        rest = still
    for part in rest:
        parts = [_not_to_a_target(one, node, balancer, reached) for one, reached in _by_target(part, doors)]
        found += _resumed(parts, node)
    return found


def _by_geneve(ground: Ground, flow: Walk, node: Interface, gap: Gap) -> list[Walk]:
    """A Gateway Load Balancer sends nothing but GENEVE over UDP; to whom is not modelled."""
    label = ground.network.label(node.id)
    if flow.protocol != UDP:
        detail = f"{label} is a Gateway Load Balancer's, which sends GENEVE over UDP only; wanted {describe(flow)}"
        return _resumed([flow.blocked(block(flow, "GWLB_PROTOCOL_RESTRICTION", node.id, detail))], node)
    geneve = protocol_services(UDP, IntervalSet.single(GENEVE_PORT))
    inside, outside = flow.with_services(geneve), flow.with_services(flow.services - geneve)
    parts = _resumed([inside.unknown(gap)], node) if inside is not None else []
    if outside is not None:
        detail = f"{label} is a Gateway Load Balancer's, which sends to port {GENEVE_PORT} only; "
        why = block(outside, "GWLB_DESTINATION_PORT_RESTRICTION", node.id, f"{detail}wanted {describe(outside)}")
        parts += _resumed([outside.blocked(why)], node)
    return parts


class Door(msgspec.Struct, frozen=True):
    """A target of a load balancer: its addresses and services, and why the interface may not or will not send there."""

    target: IntervalSet
    services: IntervalSet
    gap: Gap | None = None
    code: str = ""
    detail: str = ""

    @property
    def rank(self) -> int:
        """What is sure goes before what is not known, and that before what is refused."""
        return 2 if self.code else 1 if self.gap is not None else 0


def _doors(ground: Ground, at: At) -> list[Door]:
    if at.pool.target_type == "lambda":
        return []
    members, lacking = members_of(ground.network, at.balancer, at.pool)
    everything = IntervalSet.union_of(protocol_services(one) for one in at.pool.protocols)
    unread = unread_pool(at.balancer, at.pool)
    if lacking and unread is None:
        unread = missing(lacking, at.pool.id, f"what is registered in {at.pool.name}")
    if unread is not None:
        return [Door(V4 | V6, everything, unread)]
    sure, unsure, why = eligible(ground, at, members)
    found: list[Door] = []
    for member in members:
        addresses, unknown = addresses_of(ground, at.pool, member)
        target = IntervalSet.of((one, one) for one in addresses)
        port = IntervalSet.single(member.port)
        services = IntervalSet.union_of(protocol_services(one, port) for one in at.pool.protocols)
        if not addresses:
            found.append(Door(V4 | V6, services, unknown))
        elif member in sure:
            found.append(Door(target, services))
        elif member in unsure:
            found.append(Door(target, services, why))
        else:
            code = "ELB_NOT_CROSSZONE" if enabled(at, member) else "ELB_INSTALLED_AZ_RESTRICTION"
            detail = f"{member.id} is in {member.zone}, where {at.node.id} of {label_of(at.balancer)} does not send"
            found.append(Door(target, services, None, code, detail))
    return found


def _through(flow: Walk, node: Interface, door: Door) -> list[Walk]:
    if door.code:
        flow = flow.blocked(block(flow, door.code, node.id, door.detail))
    return _resumed([flow.unknown(door.gap) if door.gap is not None else flow], node)


def _resumed(parts: list[Walk], node: Interface) -> list[Walk]:
    return [part.to("send", node.id, TO_TARGETS) for part in parts]


def _by_target(flow: Walk, doors: list[Door]) -> list[tuple[Walk, bool]]:
    """The parts to a target's address (on another port) and to other addresses."""
    targets = IntervalSet.union_of(one.target for one in doors)
    parts = zip(flow.by_destinations(targets), (True, False), strict=True)
    return [(part, reached) for part, reached in parts if part is not None]


def _not_to_a_target(flow: Walk, node: Interface, balancer: Balancer, reached: bool) -> Walk:
    wanted = describe(flow)
    if reached:
        detail = f"{label_of(balancer)} sends to the registered ports of its targets only; wanted {wanted}"
        return flow.blocked(block(flow, "TARGET_PORT_RESTRICTION", balancer.id, detail, at=node.id))
    detail = f"{label_of(balancer)} sends to its registered targets only; wanted {wanted}"
    return flow.blocked(block(flow, "TARGET_ADDRESS_RESTRICTION", balancer.id, detail, at=node.id))
