"""Which name servers the clients of a VPC ask, and whether the VPC's own resolver answers.

**Source:** "Understanding Amazon DNS", "DHCP option sets", "DHCP option set concepts" (VPC User Guide: own name servers
beside AmazonProvidedDNS "might cause unexpected behavior"; without a set, instances on the Nitro System ask
169.254.169.253 and those on Xen nobody; facts N160, N161). Clients ask the name servers in the order of the list.
"""

from __future__ import annotations

from reachsim.addresses import format_address, parse_address
from reachsim.dns.resolution import Asking, Noted, no_such_name
from reachsim.evidence import Block

AMAZON = {"amazonprovideddns", "169.254.169.253", "fd00:ec2::253"}
NO_OPTIONS = "default"
"""Stands where a VPC has no set of DHCP options (API_AssociateDhcpOptions)."""


def other_servers(asking: Asking, noted: Noted) -> tuple[str, tuple[str, ...]]:
    """(DHCP options, name servers) of the VPC if the first of the servers is not its own resolver, else ("", ()).

    The resolver as the first of several was taken to answer every query (N160).
    """
    network, vpc_id = asking.network, asking.vpc_id
    vpc = network.vpcs.get(vpc_id)
    if vpc is not None and vpc.dhcp_options_id == NO_OPTIONS:
        detail = f"{asking.label} has no DHCP options: clients were taken to ask its resolver, as on the Nitro System"
        noted.take("DHCP_OPTIONS_NONE", vpc_id, detail, "block")
        return "", ()
    path = network.path(asking.home, "ec2", "describe-dhcp-options")
    options = network.dhcp_options.get(vpc.dhcp_options_id or "") if vpc else None
    if options is None:
        if network.unknown(path) or network.assume_defaults:
            noted.default(network, path, vpc_id, "AmazonProvidedDNS is the name server")
        else:
            where = vpc.dhcp_options_id if vpc and vpc.dhcp_options_id else vpc_id
            detail = f"the DHCP options {where} of {vpc_id} are not in the snapshot: the name servers are not known"
            noted.lack("DNS_CUSTOM_RESOLVER_UNKNOWN", where, detail)
        return "", ()
    servers = tuple(
        value.value for one in options.dhcp_configurations if one.key == "domain-name-servers" for value in one.values
    )
    within = asking.network.resolver_address(asking.vpc_id)
    own = AMAZON if within is None else AMAZON | {format_address(within)}
    if servers and servers[0].lower() in own:
        others = [server for server in servers if server.lower() not in own]
        if others:
            detail = f"{options.dhcp_options_id} names {', '.join(others)} after the resolver of {vpc_id}"
            noted.take("DNS_SERVERS_MIXED", options.dhcp_options_id, detail, "leak")
        return "", ()
    return options.dhcp_options_id, servers or ("none at all",)


def address_of(server: str) -> int | None:
    """The address that a name server is listed by."""
    try:
        return parse_address(server)
    except ValueError:
        return None


def answers_at_all(asking: Asking, noted: Noted) -> Block | None:
    """Nothing if the VPC's resolver answers queries, else why not (N161)."""
    network, vpc_id = asking.network, asking.vpc_id
    support, path = network.vpc_attribute(vpc_id, "enableDnsSupport")
    if support is None:
        noted.default(network, path, vpc_id, "enableDnsSupport is true")
    if support is not False:
        return None
    detail = f"{asking.label} has enableDnsSupport off: its resolver answers nothing"
    return no_such_name("DNS_SUPPORT_DISABLED", vpc_id, vpc_id, detail, path)
