"""Endpoints for services that no way leads to: one that is there put to use, or a new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from reachsim import services
from reachsim.fix.faults import Fault
from reachsim.fix.places import (
    Start,
    endpoints_for,
    free_address,
    interface_endpoints,
    one_per_zone,
    prefix_list_of,
    subnets_of_endpoint,
)
from reachsim.fix.steps import (
    AddGroupRule,
    AssociateEndpoint,
    CreateEndpoint,
    CreateGroup,
    SetPrivateDns,
    SetVpcAttribute,
    Step,
)
from reachsim.fix.taken import Steps, Taken
from reachsim.forwarding import Ground
from reachsim.model import records as aws
from reachsim.model.network import Network

GATEWAYS: Final = ("s3", "dynamodb")
"""Services with gateway endpoints, which cost nothing and need no names."""
WAITING: Final = ("pending", "pendingacceptance")
DEAD: Final = ("failed", "rejected", "expired")
"""States of an endpoint that never serves and keeps its names (API Reference, ``VpcEndpoint``)."""


def serve(ground: Ground, fault: Fault, start: Start, taken: Taken) -> Iterator[Steps]:
    """A service that no way leads to: by its endpoint, once there is one, it is in the table and its names are on."""
    network, service = ground.network, fault.destination
    found = endpoints_for(network, start.vpc, service, start.region)
    listed = prefix_list_of(network, service, start.region)
    for endpoint in found:
        if endpoint.vpc_endpoint_type == "Gateway" and listed is not None:
            tables = [table.route_table_id for subnet in start.subnets
                      if (table := network.route_table_of(subnet)) is not None]  # fmt: skip
            missing = [one for one in dict.fromkeys(tables) if one not in endpoint.route_table_ids]
            if missing:
                yield tuple(AssociateEndpoint(endpoint.vpc_endpoint_id, one, listed) for one in missing)
        elif endpoint.vpc_endpoint_type == "Interface":
            yield from _names_on(ground, endpoint, start)
    kind = "Gateway" if service in GATEWAYS else "Interface"
    there = any(one.state == "available" and one.vpc_endpoint_type == kind for one in found)
    if there or waiting_for(network, start.vpc, service, start.region):
        return
    dead = tuple(one.vpc_endpoint_id for one in found if one.state in DEAD)
    for steps in _new_endpoint(ground, service, start, listed, taken):
        yield tuple(replace(one, instead_of=dead) if isinstance(one, CreateEndpoint) else one for one in steps)


def waiting_for(network: Network, vpc: str, service: str, region: str) -> aws.VpcEndpoint | None:
    """The endpoint of a service that is not available yet, beside which there can be none with the same names."""
    return next((one for one in endpoints_for(network, vpc, service, region) if one.state in WAITING), None)


def _names_on(ground: Ground, endpoint: aws.VpcEndpoint, start: Start) -> Iterator[Steps]:
    off = [name for name in ("enableDnsSupport", "enableDnsHostnames")
           if ground.network.vpc_attribute(start.vpc, name)[0] is False]  # fmt: skip
    switches: list[Step] = [SetVpcAttribute(start.vpc, name) for name in off]
    if not endpoint.private_dns_enabled:
        switches.append(SetPrivateDns(endpoint.vpc_endpoint_id))
    if switches:
        yield tuple(switches)


def _new_endpoint(ground: Ground, service: str, start: Start, listed: str | None, taken: Taken) -> Iterator[Steps]:
    """A gateway endpoint where the service has one, else an interface endpoint beside the others."""
    network = ground.network
    if services.service(service) is None:
        return
    partition = "cn.com" if start.region.startswith("cn-") else "com"
    name = f"{partition}.amazonaws.{start.region}.{service}"
    made = taken.id_for(network, f"vpce-proposed-{service.replace('.', '-')}", start.vpc)
    if service in GATEWAYS:
        tables = dict.fromkeys(
            table.route_table_id for subnet in start.subnets if (table := network.route_table_of(subnet)) is not None
        )
        if listed is not None:
            yield (CreateEndpoint(made, start.vpc, service, name, tables=tuple(tables), prefix_list=listed),)
        return
    others = interface_endpoints(network, start.vpc)
    near = one_per_zone(network, [subnet for one in others for subnet in subnets_of_endpoint(network, one)])
    chosen = near or one_per_zone(network, start.subnets)
    places = [(subnet, free_address(network, subnet, taken.addresses)) for subnet in chosen]
    placed = tuple((subnet, address) for subnet, address in places if address is not None)
    groups = dict.fromkeys(one.group_id or "" for other in others for one in other.groups)
    if groups:
        yield (CreateEndpoint(made, start.vpc, service, name, placed, (next(iter(groups)),)),)
        return
    own_id = taken.id_for(network, "sg-proposed-endpoints", start.vpc)
    group = CreateGroup(own_id, start.vpc, "vpc-endpoints", "VPC endpoints of the pipeline")
    rules: list[Step] = [AddGroupRule(group.id, "ingress", "tcp", 443, 443, own) for own in start.groups]
    new: list[Step] = [] if group.id in network.security_groups else [group, *rules]
    yield (*new, CreateEndpoint(made, start.vpc, service, name, placed, (group.id,)))
