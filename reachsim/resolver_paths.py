"""How DNS queries travel: from a resolver endpoint's interface, or from a client, to another name server.

Kept apart from `reachsim.dns`, which knows names only, and from the questions, which know nothing of resolvers: here a
query is walked as any other traffic is.

**Source:** fact N169 (resolver endpoints are ordinary network interfaces with security groups).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from reachsim.addresses import V4, V6
from reachsim.dns import Resolution, resolve
from reachsim.dns.resolution import Carried, Carries
from reachsim.engine import Flow
from reachsim.evidence import Gap
from reachsim.forwarding import Context, Ground, Origin, forward
from reachsim.forwarding.ground import Walk
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.packets import CHOICES, Box, protocol_services
from reachsim.sources import Source
from reachsim.workloads import ANY_CLIENT_PORTS

MOST_RESOLUTIONS: Final = 20_000
"""Answers of VPCs to names that are remembered at once."""


def resolved(ground: Ground, start: Source, name: str, pins: Mapping[str, IntervalSet]) -> Resolution:
    """A name as the source's VPC resolves it."""
    found = _in_vpc(ground, start, name, pins)
    near, lacking = _in_own_zone(ground, start, found.addresses)
    if lacking and near and near != found.addresses:
        detail = f"whether {name} is answered with the node in the client's zone is not known"
        return msgspec.structs.replace(found, untold=(Gap("UNKNOWN_RESOURCE", name, detail, lacking),))
    return msgspec.structs.replace(found, addresses=near) if near and not lacking else found


def _in_vpc(ground: Ground, start: Source, name: str, pins: Mapping[str, IntervalSet]) -> Resolution:
    """The answer that every client in the VPC gets, remembered; a client's own where queries are sent on."""
    key = (start.vpc_id, name, frozenset(pins.items()))
    known: Resolution | None = ground.resolutions.get(key)
    if known is not None:
        return known
    sent: list[str] = []
    carried = carries(ground, start)

    def noted(sender: str, address: int, protocol: int, port: int) -> Carried:
        sent.append(sender)
        return carried(sender, address, protocol, port)

    found = resolve(ground.network, start.vpc_id, name, pins, noted)
    if not sent and len(ground.resolutions) < MOST_RESOLUTIONS:
        ground.resolutions[key] = found
    return found


def _in_own_zone(ground: Ground, start: Source, addresses: IntervalSet) -> tuple[IntervalSet, tuple[str, ...]]:
    """(those of a load balancer's nodes in an answer that are in the client's zone, files that would tell whether its
    name keeps to zones): "Availability Zone DNS affinity", other zones' only if there are none.
    """
    client = start.origin.interface
    nodes = [
        (node, lacking) for node, lacking in ground.zonal_nodes
        if not addresses.isdisjoint(node.addresses | node.public_addresses)
    ]  # fmt: skip
    if client is None or not nodes:
        return EMPTY, ()
    zone = ground.zone_of(client.subnet_id)
    near = (node.addresses | node.public_addresses for node, _ in nodes if ground.zone_of(node.subnet_id) == zone)
    return addresses & IntervalSet.union_of(near), tuple(sorted({path for _, lacking in nodes for path in lacking}))


def carries(ground: Ground, start: Source) -> Carries:
    """Who can tell what becomes of a query sent by an interface, or ("") by the source itself."""

    def carried(sender: str, address: int, protocol: int, port: int) -> Carried:
        if sender:
            interface = ground.network.interfaces[sender]
            origin = Origin("interface", sender, interface, vpc_id=interface.vpc_id)
            place: tuple[str, ...] = ("send", sender)
            mine = interface.addresses
        else:
            origin, place, mine = start.origin, start.place, start.addresses
        target = IntervalSet.single(address)
        box: Box = (
            mine & (V4 if target <= V4 else V6), target, protocol_services(protocol, IntervalSet.single(port)),
            ANY_CLIENT_PORTS, ANY_CLIENT_PORTS, ANY_CLIENT_PORTS, CHOICES,
        )  # fmt: skip
        if not box[0] or (not sender and target <= mine):  # a server that asks itself sends nothing
            return Carried("unknown")
        return _summed(forward(ground, [Flow(box, place, Context(origin, origin.interface))]))

    return carried


def _summed(flows: tuple[Walk, ...]) -> Carried:
    """What became of the parts of a query, in one word."""
    outcomes = {flow.outcome for flow in flows}
    terminals = {flow.context.terminal for flow in flows}
    blocks = tuple(dict.fromkeys(block for flow in flows for block in flow.blocks))
    gaps = tuple(dict.fromkeys(gap for flow in flows for gap in flow.gaps))
    assumptions = tuple(dict.fromkeys(one for flow in flows for one in flow.assumptions))
    terminal = terminals.pop() if len(terminals) == 1 else ""
    if outcomes == {"allowed"}:
        return Carried("allowed", terminal, assumptions=assumptions)
    if outcomes == {"blocked"}:
        return Carried("blocked", terminal, blocks, assumptions=assumptions)
    return Carried("unknown" if "unknown" in outcomes else "partly", terminal, blocks, gaps, assumptions)
