"""Where the two ends of a question stand: the source's subnets and groups, the endpoint that serves a destination."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

from reachsim import services
from reachsim.addresses import V4, format_address
from reachsim.errors import QuestionError
from reachsim.model import records as aws
from reachsim.model.network import Network, subnet_addresses
from reachsim.routing import Target, target_of
from reachsim.selectors import parse_selector
from reachsim.sources import Source, sources


class Start(NamedTuple):
    """A source's places in one VPC."""

    vpc: str
    region: str
    account: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    client_ports: tuple[int, int]
    role: str


def start_of(network: Network, source: str) -> Start | None:
    """Where a source stands; None if it does in no VPC, in several, or nobody knows."""
    try:
        found = [one for one in sources(network, parse_selector(source)) if one.origin.interface is not None]
    except QuestionError:
        return None
    vpcs = {one.vpc_id for one in found}
    if len(vpcs) != 1:
        return None
    first = found[0]
    subnets = dict.fromkeys(_subnet(one) for one in found)
    groups = dict.fromkeys(
        group for one in found for group in (one.origin.interface.groups if one.origin.interface else ())
    )
    spans = first.client_ports.spans
    account, region = first.home
    return Start(
        vpcs.pop(), region, account, tuple(subnets), tuple(groups), (spans[0][0], spans[-1][1]), first.role or ""
    )


def _subnet(source: Source) -> str:
    return source.origin.interface.subnet_id if source.origin.interface else ""


def endpoints_for(network: Network, vpc: str, service: str, region: str) -> list[aws.VpcEndpoint]:
    """The endpoints of a VPC for a service of its Region: gateway endpoints first, those that work before others."""
    found = [
        one for one in network.endpoints_by_vpc.get(vpc, ())
        if services.suffix_of_service_name(one.service_name) == (service, region)
        and one.vpc_endpoint_type in ("Gateway", "Interface")
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.state != "available", one.vpc_endpoint_type != "Gateway",
                                          one.vpc_endpoint_id))  # fmt: skip


def prefix_list_of(network: Network, service: str, region: str) -> str | None:
    """The id of AWS's own prefix list of a service."""
    name = f".{region}.{service}"
    return next((key for key, one in network.prefix_lists.items() if (one.prefix_list_name or "").endswith(name)), None)


def blocks_of(network: Network, subnets: Iterable[str], *, v6: bool = False) -> list[str]:
    """The blocks of subnets in one family."""
    found: list[object] = []
    for one in (network.subnets[each] for each in dict.fromkeys(subnets) if each in network.subnets):
        own = [each.ipv6_cidr_block for each in one.ipv6_cidr_block_association_set
               if not each.ipv6_cidr_block_state.state.gone]  # fmt: skip
        found += own if v6 else [one.cidr_block] if one.cidr_block is not None else []
    return [str(one) for one in found]


def routes_to(table: aws.RouteTable | None, destination: object) -> list[aws.Route]:
    """The routes of a table to a destination, spelled as AWS does."""
    return [
        one for one in (table.routes if table is not None else ())
        if str(destination) in map(str, (one.destination_cidr_block, one.destination_ipv6_cidr_block,
                                         one.destination_prefix_list_id))
    ]  # fmt: skip


def subnets_of_endpoint(network: Network, endpoint: aws.VpcEndpoint) -> list[str]:
    enis = (network.interfaces[one] for one in endpoint.network_interface_ids if one in network.interfaces)
    return list(dict.fromkeys(one.subnet_id for one in enis))


def free_address(network: Network, subnet: str, taken: Iterable[str] = ()) -> str | None:
    """An IPv4 address of a subnet that nobody holds; the first four and the last one are AWS's."""
    record = network.subnets[subnet]
    if record.cidr_block is None:
        return None
    held = {number for one in network.interfaces_in(subnet) for number in (one.addresses & V4)}
    held |= {int(ipaddress.IPv4Address(one)) for one in taken}
    every = subnet_addresses(record) & V4
    for number in range(every.first + 4, every.spans[-1][1]):
        if number not in held:
            return format_address(number)
    return None


def one_per_zone(network: Network, subnets: Iterable[str]) -> list[str]:
    """One subnet of each Availability Zone, the first ones."""
    by_zone: dict[str | None, str] = {}
    for subnet in subnets:
        if subnet in network.subnets:
            by_zone.setdefault(network.subnets[subnet].availability_zone, subnet)
    return list(by_zone.values())


def interface_endpoints(network: Network, vpc: str) -> list[aws.VpcEndpoint]:
    return [one for one in network.endpoints_by_vpc.get(vpc, ()) if one.vpc_endpoint_type == "Interface"]


def leads_out(network: Network, subnet: str) -> bool:
    """Whether a subnet's route table leads to the internet by a gateway, or by a NAT gateway whose own subnet does."""
    nats = (network.nat_gateways.get(target.id) for target in _targets(network, subnet))
    return _has_gateway(network, subnet) or any(
        one.subnet_id is None or _has_gateway(network, one.subnet_id) for one in nats if one is not None
    )


def _has_gateway(network: Network, subnet: str) -> bool:
    gateways = ("internet-gateway", "egress-only-internet-gateway")
    return any(one.kind in gateways for one in _targets(network, subnet))


def _targets(network: Network, subnet: str) -> list[Target]:
    table = network.route_table_of(subnet)
    return [target_of(one) for one in table.routes] if table is not None else []
