"""Amazon's own services on every host: the VPC's resolver, the clock, instance metadata and agents.

No route leads to their addresses and no filter is in the way (facts N10, N94, N114); each takes what it is for.

**Source:** "Understanding Amazon DNS", "Subnet route tables" (VPC User Guide); "Amazon Time Sync Service", "Access
instance metadata", "Windows activation" (EC2 User Guide); "Task metadata" (ECS Developer Guide); "Learn how EKS Pod
Identity grants pods access to AWS services" (EKS User Guide). By IPv6 they answer on the Nitro System only.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from reachsim.addresses import AMAZON_LOCAL, V6_BASE, VPC_LATTICE, parse_address
from reachsim.evidence import Gap
from reachsim.forwarding.ground import (
    Ground,
    Walk,
    assume,
    block,
    describe_addresses,
    describe_services,
    hop,
    lost,
    missing,
    stopped,
    with_context,
)
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.packets import TCP, UDP, protocol_services

TERMINAL: Final = "amazon-local"


class _Service(Struct, frozen=True):
    """A service, its addresses and what it takes; ``needs`` is what a host must have for it, if not all have it."""

    name: str
    addresses: IntervalSet
    services: IntervalSet
    needs: str = ""


def _made(name: str, addresses: str, protocols: tuple[int, ...], ports: tuple[int, ...], needs: str = "") -> _Service:
    numbers = [parse_address(one) for one in addresses.split()]
    wanted = IntervalSet.of((port, port) for port in ports)
    services = IntervalSet.union_of(protocol_services(protocol, wanted) for protocol in protocols)
    return _Service(name, IntervalSet.of((one, one) for one in numbers), services, needs)


_RESOLVER: Final = _made("the VPC's resolver", "169.254.169.253 fd00:ec2::253", (TCP, UDP), (53,))
_METADATA: Final = _made("instance metadata", "169.254.169.254 fd00:ec2::254", (TCP,), (80,))
_SERVICES: Final = (
    _METADATA,
    _made("the Amazon Time Sync Service", "169.254.169.123 fd00:ec2::123", (UDP,), (123,)),
    _made("Windows activation", "169.254.169.250 169.254.169.251 fd00:ec2::250", (TCP,), (1688,)),
    _made("the task metadata endpoint", "169.254.170.2", (TCP,), (80,), "an ECS task or a build"),
    _made("the EKS Pod Identity Agent", "169.254.170.23 fd00:ec2::23", (TCP,), (80, 2703), "the agent, on an EKS node"),
)


UNDOCUMENTED: Final = (
    AMAZON_LOCAL - VPC_LATTICE - IntervalSet.union_of(one.addresses for one in (_RESOLVER, *_SERVICES))
)
"""The rest of Amazon's own ranges, which no name leads to."""


def addresses_of(network: Network, vpc_id: str) -> IntervalSet:
    """The addresses of these services, as the interfaces of a VPC see them."""
    return AMAZON_LOCAL - VPC_LATTICE | _within(network, vpc_id)


def _within(network: Network, vpc_id: str) -> IntervalSet:
    address = network.resolver_address(vpc_id)
    return EMPTY if address is None else IntervalSet.single(address)


def _services_in(network: Network, vpc_id: str) -> tuple[_Service, ...]:
    at = _RESOLVER.addresses | _within(network, vpc_id)
    return (msgspec.structs.replace(_RESOLVER, addresses=at), *_SERVICES)


def reach(ground: Ground, flow: Walk, interface: Interface) -> list[Walk]:
    """From an interface to these services: each takes what it is for, and no more."""
    rest: Walk | None = flow
    parts: list[Walk] = []
    for service in ground.told(_services_in, interface.vpc_id):
        mine, rest = rest.by_destinations(service.addresses) if rest is not None else (None, None)
        if mine is not None:
            parts += _at(ground, mine, service, interface)
    if rest is not None:
        detail = f"what Amazon has at {describe_addresses(rest.destinations)}, in a range of its own, is not documented"
        gap = Gap("UNMODELLED_COMPONENT", TERMINAL, detail, can_hide="block")
        parts.append(lost(with_context(rest, route="private"), gap))
    return parts


def _at(ground: Ground, flow: Walk, service: _Service, interface: Interface) -> list[Walk]:
    asked, other = flow.with_services(service.services), flow.with_services(flow.services - service.services)
    parts: list[Walk] = []
    if other is not None:
        takes = describe_services(service.services)
        detail = f"{service.name} at {describe_addresses(flow.destinations)} takes {takes} only"
        said = f"{service.name} was taken to take nothing but {takes}: no page says what its address does with the rest"
        other = other.assuming(assume("AMAZON_LOCAL_OTHER_PORTS", TERMINAL, said, "leak"))
        parts.append(stopped(other, block(other, "PROTOCOL_RESTRICTION", TERMINAL, detail, direction="ingress")))
    if asked is not None:
        detail = f"{service.name}, an Amazon service on the host: never routed nor filtered (N10, N94)"
        reached = with_context(
            asked.through(hop(asked, TERMINAL, "service", detail)),
            terminal=TERMINAL, terminal_kind="service", route="private",
        )  # fmt: skip
        parts.append(_where_it_is(ground, reached, service, interface).ended("ok"))
    return parts


def _where_it_is(ground: Ground, flow: Walk, service: _Service, interface: Interface) -> Walk:
    """Blocked where the service is switched off, and assumed to be there where nothing tells."""
    needs = [service.needs] if service.needs else []
    if service.name == _RESOLVER.name:
        flow = _past_dns_support(ground, flow, interface.vpc_id)
    elif service is _METADATA:
        told, flow = _past_metadata_options(ground, flow, interface)
        needs += [] if told else ["an instance whose metadata options allow it"]
    if flow.destinations.first >= V6_BASE:
        needs.append("the Nitro System")
    if flow.blocks or not needs:
        return flow
    detail = f"{service.name} was taken to be there for {ground.network.label(interface.id)}: needs {', '.join(needs)}"
    return flow.assuming(assume("AMAZON_LOCAL_SERVICE_ASSUMED", interface.id, detail, "block"))


def _past_dns_support(ground: Ground, flow: Walk, vpc_id: str) -> Walk:
    """A VPC's resolver answers nothing without DNS support (N161)."""
    support, path = ground.network.vpc_attribute(vpc_id, "enableDnsSupport")
    if support is False:
        detail = f"{ground.network.label(vpc_id)} has enableDnsSupport off: its resolver answers nothing"
        return flow.blocked(block(flow, "DNS_SUPPORT_DISABLED", vpc_id, detail, direction="ingress", source=path))
    if support is None and ground.network.assume_defaults:
        detail = f"enableDnsSupport is true ({path} is not in the snapshot)"
        return flow.assuming(assume("ASSUMED_DEFAULT", vpc_id, detail, "leak"))
    what = f"whether {vpc_id} has DNS support"
    return flow if support else flow.unknown(missing((path,), vpc_id, what))


def _past_metadata_options(ground: Ground, flow: Walk, interface: Interface) -> tuple[bool, Walk]:
    """(whether the snapshot tells, the flow, blocked if the instance's metadata is off).

    API_InstanceMetadataOptionsResponse: HttpEndpoint for both families, HttpProtocolIpv6 for IPv6 besides.
    """
    instance = ground.network.instances.get(interface.instance_id or "")
    options = instance.metadata_options if instance is not None else None
    if instance is None or options is None:
        return False, flow
    six = flow.destinations.first >= V6_BASE
    for name, value in (("HttpEndpoint", options.http_endpoint), ("HttpProtocolIpv6", options.http_protocol_ipv6)):
        if value == "disabled" and (six or name == "HttpEndpoint"):
            detail = f"{ground.network.label(instance.instance_id)} has {name} disabled in its metadata options"
            return True, flow.blocked(block(flow, "BAD_STATE", instance.instance_id, detail, direction="ingress"))
        if value not in (None, "enabled", "disabled") and (six or name == "HttpEndpoint"):
            detail = (
                f"whether {ground.network.label(instance.instance_id)} has metadata is not known ({name} {value!r})"
            )
            return True, flow.unknown(Gap("UNMODELLED_COMPONENT", instance.instance_id, detail))
    return True, flow
