"""What the header of a Network Firewall rule matches, and flows split by it."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from reachsim.addresses import EVERYWHERE
from reachsim.forwarding.ground import Walk
from reachsim.intervals import IntervalSet
from reachsim.packets import ALL_SERVICES, PORTS, SERVICE, TCP, UDP, protocol_services


class Pattern(Struct, frozen=True):
    """What a rule matches: addresses, the protocol with the destination port, and the source port."""

    sources: IntervalSet = EVERYWHERE
    destinations: IntervalSet = EVERYWHERE
    services: IntervalSet = ALL_SERVICES
    source_ports: IntervalSet = PORTS


def both(one: Pattern, other: Pattern) -> Pattern:
    """What two patterns match that differ in addresses only."""
    return replace(one, sources=one.sources & other.sources, destinations=one.destinations & other.destinations)


def matching(flow: Walk, pattern: Pattern) -> tuple[Walk | None, list[Walk]]:
    """(the part of a flow that a pattern matches on this leg, disjoint parts that it does not)."""
    outside: list[Walk | None] = []
    inside, other = flow.by_sources(pattern.sources)
    outside.append(other)
    if inside is not None:
        inside, other = inside.by_destinations(pattern.destinations)
        outside.append(other)
    if inside is not None:
        outside.append(inside.with_services(inside.services - pattern.services))
        inside = inside.with_services(pattern.services)
    if inside is not None and inside.protocol in (TCP, UDP) and pattern.source_ports != PORTS:
        narrowed = inside
        if inside.leg == "request":
            ports, dimension = pattern.source_ports, inside.port
        else:
            ports, dimension = protocol_services(inside.protocol, pattern.source_ports), SERVICE
        outside.append(narrowed.with_dimension(dimension, narrowed.box[dimension] - ports))
        inside = narrowed.with_dimension(dimension, ports)
    return inside, [part for part in outside if part is not None]
