"""Names that no hosted zone holds: endpoints' private and own names, instances' names, public names.

**Source:** "Access AWS services through AWS PrivateLink" (N142 to N147), "Amazon EC2 instance hostname types" (N170).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from reachsim import services
from reachsim.addresses import PUBLIC, V4, V6, format_address, format_set, parse_address
from reachsim.dns.customers import customers_answer
from reachsim.dns.joined import everywhere
from reachsim.dns.load_balancers import balancer_answer
from reachsim.dns.resolution import Asking, Noted, Resolution, Zone, answers, below, dns_hop, plain
from reachsim.dns.special import special_answer
from reachsim.evidence import Assumption, Gap
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model import records as aws
from reachsim.model.network import Network

GATEWAY_SERVICES = ("s3", "dynamodb", "s3express")
"""Services with gateway endpoints, which take every name of the service in their Region."""
LATTICE_TYPES = ("Resource", "ServiceNetwork")
"""Types of endpoints that lead to resources and services of VPC Lattice (N150)."""
ENDPOINT_TYPES = ("Gateway", "Interface", "GatewayLoadBalancer", *LATTICE_TYPES)
VPC_LATTICE_NAME = r"\.vpc-lattice-(svcs|rsc)\.[a-z0-9-]+\.on\.aws$"
"""Names of VPC Lattice's services and resources: link-local addresses in the VPCs of a service network (N195)."""

_PRIVATE_API = r"[a-z0-9]+-(?P<endpoint>vpce-[0-9a-z]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?"


def private_names(network: Network, endpoint: aws.VpcEndpoint) -> tuple[tuple[str, ...], str | None]:
    """(names that the endpoint's private DNS answers, what they rest on if not on the snapshot's own DnsEntries).

    From the endpoint's ``DnsEntries``, else from describe-vpc-endpoint-services, else from our table (N144). Of
    resource and service-network endpoints: from describe-vpc-endpoint-associations.
    """
    entries = [plain(entry.dns_name) for entry in endpoint.dns_entries]
    listed = [name for name in entries if name and ".vpce." not in f".{name}."]
    if endpoint.vpc_endpoint_type in LATTICE_TYPES:
        private = (one.private_dns_entry for one in associations_of(network, endpoint.vpc_endpoint_id))
        return tuple(dict.fromkeys(plain(one.dns_name or "") for one in private if one and one.dns_name)), None
    if listed:
        return tuple(sorted(set(listed), key=lambda name: (name.startswith("*"), name))), None
    service = network.endpoint_services.get(endpoint.service_name)
    if service is not None and (service.private_dns_name_verification_state or "verified").lower() == "verified":
        names = [one.private_dns_name for one in service.private_dns_names] or [service.private_dns_name or ""]
        named = tuple(plain(name) for name in names if name)
        if named:
            return named, None
    known = services.suffix_of_service_name(endpoint.service_name)
    if known is None:
        return (), None
    return services.private_dns_names(*known), "the table of private DNS names that reachsim ships"


def associations_of(network: Network, endpoint_id: str) -> list[aws.VpcEndpointAssociation]:
    """What a resource or service-network endpoint leads to."""
    found = everywhere(
        network, "ec2", "describe-vpc-endpoint-associations", "VpcEndpointAssociations", aws.VpcEndpointAssociation
    )
    return [one for _, one in found if one.vpc_endpoint_id == endpoint_id]


def endpoint_zones(asking: Asking, name: str, profiles: Mapping[str, int], noted: Noted) -> list[Zone]:
    """Zones of endpoints that answer the name: those in the VPC, and those that its profiles bring (by rank)."""
    network = asking.network
    found = []
    for endpoint_id in sorted(set(profiles) - set(network.vpc_endpoints)):
        noted.lack("DNS_PROFILE_UNSEEN", endpoint_id, f"{endpoint_id}, which a Route 53 Profile brings, is not known")
    near = {one.vpc_endpoint_id: one for one in network.endpoints_by_vpc.get(asking.vpc_id, ())}
    brought = {one: network.vpc_endpoints[one] for one in profiles if one in network.vpc_endpoints}
    for endpoint_id, endpoint in sorted((near | brought).items()):
        rank = 0 if endpoint_id in near else profiles[endpoint_id]
        told = [one for one in private_names(network, endpoint)[0] if answers(one, name)]
        if not told:
            continue
        if rank and not endpoint.private_dns_enabled:
            detail = f"whether a Route 53 Profile shares the names of {endpoint_id}, whose private DNS is off, is open"
            noted.lack("DNS_PROFILE_UNSEEN", endpoint_id, detail)
        elif endpoint.vpc_endpoint_type not in ENDPOINT_TYPES and endpoint.private_dns_enabled:
            detail = f"what private DNS of {endpoint_id} answers, an endpoint of type {endpoint.vpc_endpoint_type!r}, "
            noted.lack("UNMODELLED_COMPONENT", endpoint_id, f"{detail}is not known")
        elif not _would_answer(endpoint, inbound=asking.inbound):
            continue
        elif endpoint.state.standing("available", "partial") == "unknown":
            detail = f"{endpoint_id} is in state {str(endpoint.state)!r}, whose meaning is not known"
            noted.lack("UNMODELLED_COMPONENT", endpoint_id, detail)
        elif endpoint.state.changing:
            detail = f"{endpoint_id} is {endpoint.state}: its private DNS was taken not to answer {name}"
            noted.take("STATE_CHANGING", endpoint_id, detail, "block")
        elif endpoint.state in ("available", "partial"):
            found += [Zone(private.removeprefix("*."), "endpoint", endpoint_id, rank) for private in told]
    return list(dict.fromkeys(found))


def names_unseen(asking: Asking, name: str, noted: Noted) -> None:
    """Endpoints of the VPC whose private names are not in the snapshot, and may be the name asked for."""
    network = asking.network
    path = network.path(asking.home, "ec2", "describe-vpc-endpoint-associations")
    for endpoint in network.endpoints_by_vpc.get(asking.vpc_id, ()):
        endpoint_id = endpoint.vpc_endpoint_id
        if not endpoint.private_dns_enabled:
            continue
        detail = f"the private names of {network.label(endpoint_id)} are not in the snapshot"
        if endpoint.vpc_endpoint_type in LATTICE_TYPES:
            options = endpoint.dns_options
            only = options.private_dns_preference == "SPECIFIED_DOMAINS_ONLY"
            domains = [plain(one).removeprefix("*.") for one in options.private_dns_specified_domains]
            possible = not only or any(below(name, one) for one in domains)
            if possible and network.unknown(path):
                noted.lack("UNKNOWN_RESOURCE", endpoint_id, f"{detail} ({path})", (path,))
        elif endpoint.vpc_endpoint_type not in ENDPOINT_TYPES and not private_names(network, endpoint)[0]:
            noted.lack("UNMODELLED_COMPONENT", endpoint_id, f"{detail}, and its type is not known")
        elif (
            endpoint.vpc_endpoint_type == "Interface"
            and not endpoint.dns_entries
            and not private_names(network, endpoint)[0]
            and not services.service_of_host(name)[2]
        ):
            listed = network.unknown(network.path(asking.home, "ec2", "describe-vpc-endpoint-services"))
            noted.lack("UNKNOWN_RESOURCE", endpoint_id, detail, listed)


def _would_answer(endpoint: aws.VpcEndpoint, *, inbound: bool) -> bool:
    """Whether the endpoint's private DNS answers clients in the VPC, or ``inbound`` resolvers, while it works (N142,
    N146).
    """
    if endpoint.vpc_endpoint_type not in ("Interface", *LATTICE_TYPES) or not endpoint.private_dns_enabled:
        return False
    return inbound or not endpoint.dns_options.private_dns_only_for_inbound_resolver_endpoint


def endpoint_answer(network: Network, name: str, endpoint: aws.VpcEndpoint, how: str, zone: str = "") -> Resolution:
    """The addresses of an endpoint's interfaces (in one zone, if the name is zonal)."""
    endpoint_id = endpoint.vpc_endpoint_id
    interfaces = [network.network_interfaces.get(one) for one in endpoint.network_interface_ids]
    known = [network.interfaces[i.network_interface_id] for i in interfaces if i is not None]
    chosen = [i for i in known if not zone or _zone_name(network, i.subnet_id) == zone]
    addresses = IntervalSet.union_of(interface.addresses for interface in chosen) & _families(endpoint, name)
    if not addresses:
        path = network.path(network.home_of(endpoint_id), "ec2", "describe-network-interfaces")
        lacking = network.unknown(path)
        detail = f"the interfaces of {network.label(endpoint_id)} are not in the snapshot"
        return Resolution(name, gaps=(Gap("UNKNOWN_RESOURCE", endpoint_id, detail, lacking),))
    gaps: tuple[Gap, ...] = ()
    kind = (endpoint.dns_options.dns_record_ip_type or "").lower()
    if kind not in ("", "ipv4", "ipv6", "dualstack", "service-defined"):
        detail = f"which addresses names of {network.label(endpoint_id)} have is not known (DnsRecordIpType {kind!r})"
        gaps = (Gap("UNMODELLED_COMPONENT", endpoint_id, detail),)
    unseen = [one for one in endpoint.network_interface_ids if one not in network.network_interfaces]
    if unseen and not (zone and chosen):
        detail = (
            f"{unseen[0]} of {network.label(endpoint_id)} is not in the snapshot, and its address may be the answer"
        )
        gaps = (*gaps, Gap("UNKNOWN_RESOURCE", endpoint_id, detail))
    assumptions: tuple[Assumption, ...] = ()
    basis = private_names(network, endpoint)[1] if not zone and "private DNS" in how else None
    if basis is not None:
        detail = f"{network.label(endpoint_id)} answers {name} by {basis}"
        assumptions = (Assumption("PRIVATE_DNS_NAME_ASSUMED", endpoint_id, detail, "leak"),)
    hop = dns_hop(endpoint_id, name, f"{', '.join(format_set(addresses))}, {how}", source=network.source(endpoint_id))
    known_service = services.suffix_of_service_name(endpoint.service_name)
    suffix, region = known_service if known_service else (None, None)
    return Resolution(
        name, addresses, service=suffix, region=region, endpoint_id=endpoint_id, hops=(hop,), gaps=gaps,
        assumptions=assumptions,
    )  # fmt: skip


def _families(endpoint: aws.VpcEndpoint, name: str) -> IntervalSet:
    """The addresses that a name of the endpoint can have, by its DNS record IP type (N147): defined by the service, its
    private names have IPv4 ones only.
    """
    kind = (endpoint.dns_options.dns_record_ip_type or "").lower()
    if kind == "service-defined":
        return V4 | V6 if ".vpce." in name else V4
    return {"ipv4": V4, "ipv6": V6}.get(kind, V4 | V6)


def _zone_name(network: Network, subnet_id: str) -> str | None:
    subnet = network.subnets.get(subnet_id)
    return subnet.availability_zone if subnet else None


def vpce_name(network: Network, name: str) -> Resolution | None:
    """``vpce-…`` names resolve everywhere, to private addresses (N143); so do those of private APIs.

    **Source:** API Gateway Developer Guide, "Invoke a private API" (Route 53 alias ``API-vpce-…``).
    """
    private_api = re.fullmatch(_PRIVATE_API, name) if ".execute-api." in name else None
    if private_api is not None and (own := network.vpc_endpoints.get(private_api["endpoint"])) is not None:
        return endpoint_answer(network, name, own, "the name of a private API")
    if not name.startswith("vpce-") and ".vpce-" not in name and private_api is None:
        return None
    for endpoint in network.vpc_endpoints.values():
        entries = [one.dns_name for one in endpoint.dns_entries]
        if endpoint.vpc_endpoint_type in LATTICE_TYPES:
            told = [one.dns_entry for one in associations_of(network, endpoint.vpc_endpoint_id) if one.dns_entry]
            entries += [one.dns_name or "" for one in told]
        for entry in entries:
            listed = plain(entry)
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
    public = _ec2_address(name, "ec2", is_ec2_public)
    if public is not None:
        interface, private = network.public_addresses.get(public, (None, 0))
        if interface is not None and interface.vpc_id == vpc_id:
            hop = dns_hop(vpc_id, name, f"{format_address(private)}, as an EC2 public name within the VPC")
            return Resolution(name, IntervalSet.single(private), hops=(hop,))
        shares = None if interface is None else private_across(network, vpc_id, interface.vpc_id)
        if interface is not None and shares is None:
            other = network.label(interface.vpc_id)
            detail = f"whether {name} is a private address for this VPC, linked with {other}, is not in the snapshot"
            return Resolution(name, gaps=(Gap("UNKNOWN_RESOURCE", interface.vpc_id, detail),))
        if interface is not None and shares:
            how = f"{format_address(private)}, by the DNS option of the VPCs' connection"
            hop = dns_hop(interface.vpc_id, name, how)
            return Resolution(name, IntervalSet.single(private), hops=(hop,))
        return None
    if not is_ec2_private(name.partition(".")[2]):
        return None
    private_address = _ec2_address(name, "ip", is_ec2_private)
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


def private_across(network: Network, vpc_id: str, owner: str) -> bool | None:
    """Whether public names of a VPC's instances are private addresses for clients in another one; None: not known.

    By the DNS option of a peering connection on the owner's side, or DNS support of a transit gateway and of both
    attachments. Both VPCs must have DNS support and DNS hostnames. **Source:** "Enable DNS resolution for a VPC peering
    connection", "Transit gateways: DNS support" (N170).
    """
    words: list[bool | None] = []
    for connection in network.vpc_peering_connections.values():
        sides = {one.vpc_id: one for one in (connection.requester_vpc_info, connection.accepter_vpc_info)}
        if {vpc_id, owner} != set(sides):
            continue
        standing = connection.status.code.standing("active")
        if standing == "unknown":
            words.append(None)
        elif standing == "works":
            options = sides[owner].peering_options
            words.append(None if options is None else options.allow_dns_resolution_from_remote_vpc)
    attachments = network.transit_gateway_vpc_attachments.values()
    for mine in (one for one in attachments if one.vpc_id == vpc_id):
        for other in (one for one in attachments if one.vpc_id == owner):
            if mine.transit_gateway_id == other.transit_gateway_id:
                gateway = network.transit_gateways.get(mine.transit_gateway_id or "")
                support = [one.options.dns_support for one in (mine, other, gateway) if one is not None]
                known = all(one in ("enable", "disable") for one in support)
                words.append(all(one == "enable" for one in support) if known else None)
    if not any(word is None or word for word in words):
        return False
    for vpc in (vpc_id, owner):
        for attribute in ("enableDnsSupport", "enableDnsHostnames"):
            value = network.vpc_attribute(vpc, attribute)[0]
            if value is False:
                return False
            words.append(value)
    return None if None in words else True


def is_ec2_private(domain: str) -> bool:
    """Whether instances' private names are in this domain: ``ec2.internal``, ``eu-west-1.compute.internal`` (N165)."""
    return domain == "ec2.internal" or _is_region_of(domain, "compute.internal")


def is_ec2_public(domain: str) -> bool:
    """Whether instances' public names are in this domain: ``compute-1.amazonaws.com`` and the like (N170)."""
    return domain == "compute-1.amazonaws.com" or _is_region_of(
        domain, "compute.amazonaws.com", "compute.amazonaws.com.cn"
    )


def _is_region_of(domain: str, *parents: str) -> bool:
    label, _, rest = domain.partition(".")
    return rest in parents and re.fullmatch(r"[a-z0-9-]+", label) is not None


def _ec2_address(name: str, prefix: str, is_domain: Callable[[str], bool]) -> int | None:
    """The address in an EC2 name: ``ip-10-0-1-5.ec2.internal``, ``ec2-203-0-113-5.compute-1.amazonaws.com``."""
    label, _, rest = name.partition(".")
    if not label.startswith(f"{prefix}-") or not is_domain(rest):
        return None
    try:
        return parse_address(label.removeprefix(f"{prefix}-").replace("-", "."))
    except ValueError:
        return None


def dual_stack(name: str) -> bool:
    """Whether a name of an AWS service has IPv6 addresses too, by its form (P14, P25, P36).

    >>> [dual_stack(name) for name in ("logs.us-east-1.api.aws", "logs.us-east-1.amazonaws.com")]
    [True, False]
    """
    return name.endswith((".aws", ".aws.com")) or "dualstack" in name.split(".") or "amazonwebservices" in name


def public_answer(network: Network | None, name: str, pins: Mapping[str, IntervalSet]) -> Resolution:
    """A public name: a set of addresses, one of which is the answer (DESIGN, selector ``host:``; N166, N172)."""
    if name in pins:
        return Resolution(name, pins[name], hops=(dns_hop(name, name, "declared in reachsim.toml"),))
    address = _ec2_address(name, "ec2", is_ec2_public)
    if address is not None:
        hop = dns_hop(name, name, f"{format_address(address)}, an EC2 public name")
        return Resolution(name, IntervalSet.single(address), hops=(hop,))
    balancer = balancer_answer(network, name) if network is not None else None
    if balancer is not None:
        return balancer
    if ".vpc-lattice-" in name and re.search(VPC_LATTICE_NAME, name):
        detail = f"{name} is a service of VPC Lattice, whose service networks are not modelled"
        return Resolution(name, gaps=(Gap("UNMODELLED_COMPONENT", "vpc-lattice", detail),))
    found = special_answer(name) or customers_answer(name)
    if found is not None:
        return found
    suffix, region, is_aws = services.service_of_host(name)
    families = V4 | V6 if dual_stack(name) else V4
    ours = network.all_vpc_addresses if network is not None else EMPTY
    listed = network.aws_addresses if network is not None else EMPTY
    if is_aws and suffix in GATEWAY_SERVICES and network is not None and region is not None:
        known = network.service_prefix_list(suffix, region)
        if known is not None:
            hop = dns_hop(name, name, f"public addresses of {suffix} in {region} (its prefix list)")
            if known.isdisjoint(V6):  # the list of IPv6 addresses is another, and not there (N138)
                known = known | PUBLIC & V6 - listed - ours
            return Resolution(name, known & families, True, suffix, region, hops=(hop,), both=dual_stack(name))
    own = network.own_public_addresses if network is not None else EMPTY
    addresses = PUBLIC - listed - ours - own
    if suffix in GATEWAY_SERVICES and network is not None and region is None:  # a bucket of whatever Region
        addresses = addresses | network.service_addresses(suffix)
    if is_aws and "s3-website" in name and network is not None and region is not None:  # not told whether listed
        addresses = addresses | (network.service_prefix_list("s3", region) or EMPTY)
    if is_aws:
        where = f" in {region}" if region else ""
        hop = dns_hop(name, name, f"a public address of {suffix or 'an AWS service'}{where}")
        named = suffix or "aws"
        return Resolution(name, addresses & families, True, named, region, hops=(hop,), both=dual_stack(name))
    hop = dns_hop(name, name, "some public address, not known offline")
    return Resolution(name, addresses, True, hops=(hop,))
