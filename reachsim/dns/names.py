"""Names that no hosted zone holds: endpoints' private and own names, instances' names, public names.

**Source:** "Access AWS services through AWS PrivateLink" (N142 to N147), "Amazon EC2 instance hostname types" (N170).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reachsim import services
from reachsim.addresses import PUBLIC, V4, V6, format_address, format_set, parse_address
from reachsim.dns.load_balancers import balancer_answer
from reachsim.dns.resolution import Resolution, Zone, answers, below, dns_hop
from reachsim.evidence import Assumption, Gap
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model import records as aws
from reachsim.model.network import Network

GATEWAY_SERVICES = ("s3", "dynamodb")
"""Services with gateway endpoints, which take every name of the service in their Region."""
EC2_PRIVATE = re.compile(r"ec2\.internal|[a-z0-9-]+\.compute\.internal")
EC2_PUBLIC = re.compile(r"compute-1\.amazonaws\.com|[a-z0-9-]+\.compute\.amazonaws\.com(\.cn)?")
"""The domains of instances' names, private and public."""


def private_names(network: Network, endpoint: aws.VpcEndpoint) -> tuple[tuple[str, ...], str | None]:
    """(names that the endpoint's private DNS answers, what they rest on if not on the snapshot's own DnsEntries).

    From the endpoint's ``DnsEntries``, else from describe-vpc-endpoint-services, else from our table (N144).
    """
    entries = [(entry.dns_name or "").rstrip(".").lower() for entry in endpoint.dns_entries]
    listed = [name for name in entries if name and ".vpce." not in f".{name}."]
    if listed:
        return tuple(dict.fromkeys(listed)), None
    service = network.endpoint_services.get(endpoint.service_name)
    if service is not None:
        names = [one.private_dns_name for one in service.private_dns_names] or [service.private_dns_name or ""]
        named = tuple(name.rstrip(".").lower() for name in names if name)
        if named:
            return named, None
    known = services.suffix_of_service_name(endpoint.service_name)
    if known is None:
        return (), None
    return services.private_dns_names(*known), "the table of private DNS names that reachsim ships"


def endpoint_zones(network: Network, vpc_id: str, name: str) -> list[Zone]:
    found = []
    for endpoint_id, endpoint in sorted(network.vpc_endpoints.items()):
        if endpoint.vpc_id != vpc_id or not _answers_privately(endpoint):
            continue
        for private in private_names(network, endpoint)[0]:
            if answers(private, name):
                found.append(Zone(private.removeprefix("*."), "endpoint", endpoint_id))
    return list(dict.fromkeys(found))


def _answers_privately(endpoint: aws.VpcEndpoint) -> bool:
    """Whether the endpoint's private DNS answers clients in the VPC (N142, N146)."""
    if endpoint.vpc_endpoint_type != "Interface" or not endpoint.private_dns_enabled:
        return False
    if endpoint.dns_options.private_dns_only_for_inbound_resolver_endpoint:
        return False
    return endpoint.state.lower() in ("available", "partial")


def endpoint_answer(network: Network, name: str, endpoint: aws.VpcEndpoint, how: str, zone: str = "") -> Resolution:
    """The addresses of an endpoint's interfaces (in one zone, if the name is zonal)."""
    endpoint_id = endpoint.vpc_endpoint_id
    interfaces = [network.network_interfaces.get(one) for one in endpoint.network_interface_ids]
    known = [network.interfaces[i.network_interface_id] for i in interfaces if i is not None]
    chosen = [i for i in known if not zone or _zone_name(network, i.subnet_id) == zone]
    families = {"ipv4": V4, "ipv6": V6}.get((endpoint.dns_options.dns_record_ip_type or "").lower(), V4 | V6)
    addresses = IntervalSet.union_of(interface.addresses for interface in chosen) & families
    if not addresses:
        path = network.path(network.home_of(endpoint_id), "ec2", "describe-network-interfaces")
        lacking = network.unknown(path)
        detail = f"the interfaces of {network.label(endpoint_id)} are not in the snapshot"
        return Resolution(name, gaps=(Gap("UNKNOWN_RESOURCE", endpoint_id, detail, lacking),))
    assumptions: tuple[Assumption, ...] = ()
    basis = private_names(network, endpoint)[1] if not zone and "private DNS" in how else None
    if basis is not None:
        detail = f"{network.label(endpoint_id)} answers {name} by {basis}"
        assumptions = (Assumption("PRIVATE_DNS_NAME_ASSUMED", endpoint_id, detail, "leak"),)
    hop = dns_hop(endpoint_id, name, f"{', '.join(format_set(addresses))}, {how}", source=network.source(endpoint_id))
    known_service = services.suffix_of_service_name(endpoint.service_name)
    suffix, region = known_service if known_service else (None, None)
    return Resolution(
        name, addresses, service=suffix, region=region, endpoint_id=endpoint_id, hops=(hop,), assumptions=assumptions
    )


def _zone_name(network: Network, subnet_id: str) -> str | None:
    subnet = network.subnets.get(subnet_id)
    return subnet.availability_zone if subnet else None


def vpce_name(network: Network, name: str) -> Resolution | None:
    """``vpce-…`` names resolve everywhere, to private addresses (N143)."""
    if not name.startswith("vpce-") and ".vpce-" not in name:
        return None
    for endpoint in network.vpc_endpoints.values():
        for entry in endpoint.dns_entries:
            listed = (entry.dns_name or "").rstrip(".").lower()
            base = listed.removeprefix("*.")
            if listed and (name == base or (listed != base and below(name, base))):
                return endpoint_answer(network, name, endpoint, "the endpoint's own name", _zone_of_name(base))
    detail = f"{name} names an endpoint that is not in the snapshot"
    return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, detail),))


def _zone_of_name(listed: str) -> str:
    """The zone in a zonal name: ``vpce-0ab-xyz-us-east-1a.…`` → ``us-east-1a``; nothing for the Regional name."""
    label = listed.split(".")[0]
    parts = label.split("-")
    return "-".join(parts[3:]) if len(parts) > 4 else ""


def ec2_answer(network: Network, vpc_id: str, name: str) -> Resolution | None:
    """The answer for an instance's own name; its public name is its private address within the VPC (N170)."""
    public = _ec2_address(name, "ec2", EC2_PUBLIC)
    if public is not None:
        interface, private = network.public_addresses.get(public, (None, 0))
        if interface is not None and interface.vpc_id == vpc_id:
            hop = dns_hop(vpc_id, name, f"{format_address(private)}, as an EC2 public name within the VPC")
            return Resolution(name, IntervalSet.single(private), hops=(hop,))
        if interface is not None and interface.vpc_id in linked_vpcs(network, vpc_id, peered=True):
            detail = f"whether the peering with {network.label(interface.vpc_id)} makes {name} private is not evaluated"
            return Resolution(name, gaps=(Gap("UNMODELLED_COMPONENT", interface.vpc_id, detail),))
        return None
    if not EC2_PRIVATE.fullmatch(name.partition(".")[2]):
        return None
    private_address = _ec2_address(name, "ip", EC2_PRIVATE)
    if private_address is not None:
        hop = dns_hop(vpc_id, name, "an EC2 private name")
        return Resolution(name, IntervalSet.single(private_address), hops=(hop,))
    instance = network.instances.get(name.partition(".")[0])
    first = instance.network_interfaces[0].network_interface_id if instance and instance.network_interfaces else None
    interface = network.interfaces.get(first or "")
    if interface is not None and interface.addresses & V4:
        address = interface.addresses.first
        hop = dns_hop(vpc_id, name, f"{format_address(address)}, the instance's resource name")
        return Resolution(name, IntervalSet.single(address), hops=(hop,))
    detail = f"{name} is an EC2 name, and no instance of the snapshot has it"
    return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, detail),))


def linked_vpcs(network: Network, vpc_id: str, *, peered: bool = False) -> set[str]:
    """Other VPCs that active peering, or a transit gateway too unless only ``peered`` ones count, joins to this one."""
    linked: set[str | None] = set()
    for connection in network.vpc_peering_connections.values():
        ends = {connection.requester_vpc_info.vpc_id, connection.accepter_vpc_info.vpc_id}
        if vpc_id in ends and connection.status.code == "active":
            linked |= ends
    attachments = () if peered else network.transit_gateway_vpc_attachments.values()
    gateways = {one.transit_gateway_id for one in attachments if one.vpc_id == vpc_id}
    linked |= {one.vpc_id for one in attachments if one.transit_gateway_id in gateways}
    return {name for name in linked if name and name != vpc_id}


def _ec2_address(name: str, prefix: str, domain: re.Pattern[str]) -> int | None:
    """The address in an EC2 name: ``ip-10-0-1-5.ec2.internal``, ``ec2-203-0-113-5.compute-1.amazonaws.com``."""
    label, _, rest = name.partition(".")
    if not label.startswith(f"{prefix}-") or not domain.fullmatch(rest):
        return None
    try:
        return parse_address(label.removeprefix(f"{prefix}-").replace("-", "."))
    except ValueError:
        return None


def public_answer(network: Network | None, name: str, pins: Mapping[str, IntervalSet]) -> Resolution:
    """A public name: a set of addresses, one of which is the answer (DESIGN, selector ``host:``; N166, N172)."""
    if name in pins:
        return Resolution(name, pins[name], hops=(dns_hop(name, name, "declared in reachsim.toml"),))
    address = _ec2_address(name, "ec2", EC2_PUBLIC)
    if address is not None:
        hop = dns_hop(name, name, f"{format_address(address)}, an EC2 public name")
        return Resolution(name, IntervalSet.single(address), hops=(hop,))
    balancer = balancer_answer(network, name) if network is not None else None
    if balancer is not None:
        return balancer
    suffix, region, is_aws = services.service_of_host(name)
    ours = network.all_vpc_addresses if network is not None else EMPTY
    listed = network.aws_addresses if network is not None else EMPTY
    if is_aws and suffix in GATEWAY_SERVICES and network is not None and region is not None:
        known = network.service_prefix_list(suffix, region)
        if known is not None:
            hop = dns_hop(name, name, f"public addresses of {suffix} in {region} (its prefix list)")
            return Resolution(name, known, True, suffix, region, hops=(hop,))
    own = network.own_public_addresses if network is not None else EMPTY
    addresses = PUBLIC - listed - ours - own
    if is_aws:
        where = f" in {region}" if region else ""
        hop = dns_hop(name, name, f"a public address of {suffix or 'an AWS service'}{where}")
        return Resolution(name, addresses & V4, True, suffix or "aws", region, hops=(hop,))
    hop = dns_hop(name, name, "some public address, not known offline")
    return Resolution(name, addresses, True, hops=(hop,))
