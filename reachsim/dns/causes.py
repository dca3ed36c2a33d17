"""Why a service's name led to its public addresses and not to an endpoint, as something that can be mended.

**Source:** own-codes.md, "Causes".
"""

from __future__ import annotations

from reachsim import services
from reachsim.dns.names import GATEWAY_SERVICES, linked_vpcs, private_names
from reachsim.dns.resolution import Reason, Resolution, answers
from reachsim.dns.zones import elsewhere
from reachsim.model import records as aws
from reachsim.model.network import Network


def why_public(network: Network, vpc_id: str, found: Resolution) -> Reason | None:
    """Why an AWS service's name resolved to public addresses in this VPC, as a cause that can be mended."""
    region = network.home_of(vpc_id)[1]
    suffix = found.service
    zone = zone_elsewhere(network, vpc_id, found.name)
    if zone is not None:
        return zone
    if suffix == "ecr-public.api" or found.name.endswith(".ecr.aws"):
        detail = f"{found.name} is ECR Public, which no endpoint serves"
        return Reason("DNS_NAME_NOT_COVERED_BY_ENDPOINT", vpc_id, detail)
    if found.region is not None and found.region != region:
        for endpoint in endpoints_for(network, vpc_id, suffix or "", found.region)[0]:
            return _why_not(network, vpc_id, endpoint, found.name, suffix or "")
        detail = f"{found.name} is in {found.region}; the endpoints of {vpc_id} serve {region}"
        return Reason("CROSS_REGION_NOT_VIA_ENDPOINT", vpc_id, detail)
    if suffix in (None, "aws"):
        return None
    interfaces, gateways = endpoints_for(network, vpc_id, suffix or "", region)
    if not interfaces and not gateways:  # the endpoint of the ordinary name does not answer the FIPS name
        interfaces, _ = endpoints_for(network, vpc_id, (suffix or "").removesuffix("-fips"), region)
    for endpoint in interfaces:
        return _why_not(network, vpc_id, endpoint, found.name, suffix or "")
    if gateways:
        endpoint = gateways[0]
        label = network.label(endpoint.vpc_endpoint_id)
        if found.region is None:
            detail = f"{found.name} does not tell its Region, and {label} takes only what is in {region}"
            return Reason("DNS_NAME_NOT_COVERED_BY_ENDPOINT", endpoint.vpc_endpoint_id, detail)
        detail = f"{label} is not in the route table of the subnet"
        return Reason("VPCE_ROUTE_TABLE_NOT_ASSOCIATED", endpoint.vpc_endpoint_id, detail)
    shared = _endpoint_of_a_neighbour(network, vpc_id, suffix or "", region)
    if shared is not None:
        where = f"{network.label(shared.vpc_endpoint_id)} in {network.label(shared.vpc_id or '')}"
        detail = f"no private zone of {network.label(vpc_id)} leads {found.name} to {where}, so it resolves publicly"
        return Reason("DNS_RESOLVES_TO_PUBLIC_ADDRESS", shared.vpc_endpoint_id, detail)
    names = services.private_dns_names(suffix or "", region)
    if suffix not in GATEWAY_SERVICES and not any(answers(name, found.name) for name in names):
        detail = f"an endpoint for {suffix} answers {', '.join(names)}, not {found.name}"
        return Reason("DNS_NAME_NOT_COVERED_BY_ENDPOINT", vpc_id, detail)
    detail = f"{network.label(vpc_id)} has no endpoint for {suffix}, so {found.name} resolves to a public address"
    return Reason("VPCE_MISSING_FOR_SERVICE", vpc_id, detail)


def _endpoint_of_a_neighbour(network: Network, vpc_id: str, suffix: str, region: str) -> aws.VpcEndpoint | None:
    """An interface endpoint for the service in a VPC that this one is linked to: shared, if names led to it (S16)."""
    linked = linked_vpcs(network, vpc_id)
    for other in sorted(linked):
        interfaces, _ = endpoints_for(network, other, suffix, region)
        if interfaces:
            return interfaces[0]
    return None


def endpoints_for(
    network: Network, vpc_id: str, suffix: str, region: str
) -> tuple[list[aws.VpcEndpoint], list[aws.VpcEndpoint]]:
    """(interface, gateway) endpoints of the VPC for a service in a Region, cross-Region and global ones too (N151)."""
    wanted = ((suffix, region), (suffix, ""))
    mine = [
        endpoint
        for endpoint in network.endpoints_by_vpc.get(vpc_id, ())
        if services.suffix_of_service_name(endpoint.service_name) in wanted
    ]
    interfaces = [one for one in mine if one.vpc_endpoint_type == "Interface"]
    interfaces.sort(key=lambda one: one.state not in ("available", "partial"))  # what works tells more
    gateways = [one for one in mine if one.vpc_endpoint_type == "Gateway"]
    return ([], gateways) if gateways else (interfaces, [])


def _why_not(network: Network, vpc_id: str, endpoint: aws.VpcEndpoint, name: str, suffix: str) -> Reason:
    label = network.label(endpoint.vpc_endpoint_id)
    if endpoint.state not in ("available", "partial"):
        detail = f"{label} is {endpoint.state}, so its private DNS does not answer {name}"
        return Reason("BAD_STATE", endpoint.vpc_endpoint_id, detail)
    if endpoint.private_dns_enabled and endpoint.dns_options.private_dns_only_for_inbound_resolver_endpoint:
        detail = f"{label} answers private names for inbound resolvers only, so {name} stays public in the VPC"
        return Reason("DNS_RESOLVES_TO_PUBLIC_ADDRESS", endpoint.vpc_endpoint_id, detail)
    covered = any(answers(one, name) for one in private_names(network, endpoint)[0])
    if not endpoint.private_dns_enabled and covered:
        code = "DNS_RESOLVES_TO_PUBLIC_ADDRESS" if suffix == "s3" else "DNS_PRIVATE_DNS_DISABLED"
        return Reason(code, endpoint.vpc_endpoint_id, f"private DNS of {label} is off, so {name} resolves publicly")
    hostnames, _ = network.vpc_attribute(vpc_id, "enableDnsHostnames")
    if hostnames is False and covered:
        what = f"enableDnsHostnames of {network.label(vpc_id)} is off"
        detail = f"{what}, so the private DNS of {label} does not answer {name}"
        return Reason("DNS_HOSTNAMES_DISABLED", vpc_id, detail)
    names = ", ".join(private_names(network, endpoint)[0]) or "no name"
    detail = f"{label} answers {names}, not {name}"
    return Reason("DNS_NAME_NOT_COVERED_BY_ENDPOINT", endpoint.vpc_endpoint_id, detail)


def zone_elsewhere(network: Network, vpc_id: str, name: str) -> Reason | None:
    """A private zone that would answer the name, but is associated with other VPCs only (S16)."""
    found = elsewhere(network, vpc_id, name)
    if found is None:
        return None
    zone_id, zone_name = found
    detail = f"private zone {zone_id} ({zone_name}) is not associated with {network.label(vpc_id)}"
    return Reason("DNS_ZONE_NOT_ASSOCIATED", zone_id, detail)
