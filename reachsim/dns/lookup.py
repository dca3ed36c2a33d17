"""Looking a name up: the VPC's resolver, its rules and zones, in their order.

**Source:** "Understanding Amazon DNS" (VPC User Guide; facts N160 to N162), "Considerations when working with a
private hosted zone" and "How VPC Resolver determines whether the domain name in a query matches any rules" (Route 53;
N163 to N167).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from reachsim import services
from reachsim.addresses import V4, format_address, format_set, parse_address
from reachsim.dns.causes import association, why_public
from reachsim.dns.names import (
    EC2_PRIVATE,
    ec2_answer,
    endpoint_answer,
    endpoint_zones,
    public_answer,
    vpce_name,
)
from reachsim.dns.resolution import Resolution, Zone, below, default, dns_hop
from reachsim.evidence import Assumption, Block, Gap
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model import records as aws
from reachsim.model.network import Network

MAX_ALIASES = 8
"""CNAME and alias steps followed before a name counts as circular."""


def resolve(network: Network, vpc_id: str, name: str, pins: Mapping[str, IntervalSet] | None = None) -> Resolution:
    """Resolve a name as the VPC's resolver would.

    ``pins`` are names whose public addresses the user has declared (``reachsim.toml``, ``[hosts]``).
    """
    wanted = name.rstrip(".").lower()
    gaps, assumptions, block = _resolver(network, vpc_id)
    if block is not None:
        return Resolution(wanted, blocks=(block,))
    if gaps:
        return Resolution(wanted, gaps=gaps, assumptions=assumptions)
    found = _lookup(network, vpc_id, wanted, pins or {}, MAX_ALIASES)
    return msgspec.structs.replace(found, assumptions=assumptions + found.assumptions)


def resolve_outside(
    name: str, pins: Mapping[str, IntervalSet] | None = None, network: Network | None = None
) -> Resolution:
    """Resolve a name as somebody outside every VPC would: publicly."""
    return public_answer(network, name.rstrip(".").lower(), pins or {})


def _resolver(network: Network, vpc_id: str) -> tuple[tuple[Gap, ...], tuple[Assumption, ...], Block | None]:
    """Whether the VPC's clients ask the Amazon resolver, and whether it answers (N160, N161)."""
    gaps: list[Gap] = []
    assumptions: list[Assumption] = []
    _dhcp(network, vpc_id, gaps, assumptions)
    support, path = network.vpc_attribute(vpc_id, "enableDnsSupport")
    if support is None:
        default(network, path, vpc_id, "enableDnsSupport is true", gaps, assumptions)
    if support is False:
        detail = f"{network.label(vpc_id)} has enableDnsSupport off: its resolver answers nothing"
        block = Block(
            "DNS_SUPPORT_DISABLED", vpc_id, None, vpc_id, "request", "egress", "name-not-found", detail, None, path
        )
        return (), (), block
    home = network.home_of(vpc_id)
    firewalls = network.path(home, "route53resolver", "list-firewall-rule-group-associations")
    if network.unknown(firewalls):
        default(network, firewalls, vpc_id, "no DNS Firewall rule group is associated", gaps, assumptions)
    for one in network.read_collection(firewalls, "FirewallRuleGroupAssociations", aws.FirewallRuleGroupAssociation):
        if one.vpc_id == vpc_id:
            detail = f"DNS Firewall rule group {one.firewall_rule_group_id} is associated and not evaluated"
            gaps.append(Gap("UNMODELLED_COMPONENT", one.firewall_rule_group_id or vpc_id, detail, can_hide="block"))
    profiles = network.path(home, "route53profiles", "list-profile-associations")
    for profile in network.read_collection(profiles, "ProfileAssociations", aws.ProfileAssociation):
        if profile.resource_id == vpc_id:
            detail = f"Route 53 Profile {profile.profile_id} is associated and not evaluated"
            gaps.append(Gap("UNMODELLED_COMPONENT", profile.profile_id or vpc_id, detail))
    return tuple(gaps), tuple(assumptions), None


def _dhcp(network: Network, vpc_id: str, gaps: list[Gap], assumptions: list[Assumption]) -> None:
    vpc = network.vpcs.get(vpc_id)
    home = network.home_of(vpc_id)
    path = network.path(home, "ec2", "describe-dhcp-options")
    options = network.dhcp_options.get(vpc.dhcp_options_id or "") if vpc else None
    if options is None:
        lacking = network.unknown(path)
        if lacking or network.assume_defaults:
            default(network, path, vpc_id, "AmazonProvidedDNS is the name server", gaps, assumptions)
        else:
            where = vpc.dhcp_options_id if vpc and vpc.dhcp_options_id else vpc_id
            detail = f"the DHCP options {where} of {vpc_id} are not in the snapshot: the name servers are not known"
            gaps.append(Gap("DNS_CUSTOM_RESOLVER_UNKNOWN", where, detail))
        return
    servers = [
        value.value for one in options.dhcp_configurations if one.key == "domain-name-servers" for value in one.values
    ]
    own = {"amazonprovideddns", "169.254.169.253", "fd00:ec2::253", *_plus_two(network, vpc_id)}
    if not any(server.lower() in own for server in servers):
        named = ", ".join(servers) or "none at all"
        detail = f"{options.dhcp_options_id} names other name servers ({named}): what they answer is not known"
        gaps.append(Gap("DNS_CUSTOM_RESOLVER_UNKNOWN", options.dhcp_options_id, detail))


def _plus_two(network: Network, vpc_id: str) -> list[str]:
    blocks = [block.block.first for block in network.vpc_blocks(vpc_id) if block.block <= V4]
    return [format_address(blocks[0] + 2)] if blocks else []


def _lookup(network: Network, vpc_id: str, name: str, pins: Mapping[str, IntervalSet], left: int) -> Resolution:
    if left == 0:
        detail = f"{name} leads through more than {MAX_ALIASES} aliases"
        return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, detail),))
    zones, gaps, assumptions = _zones(network, vpc_id, name)
    rule, rule_gaps, rule_assumptions = _forwarding_rule(network, vpc_id, name)
    gaps, assumptions = gaps + rule_gaps, assumptions + rule_assumptions
    if gaps:
        return Resolution(name, gaps=gaps, assumptions=assumptions)
    zone = zones[0] if zones else None
    if rule is not None and len(rule.domain_name.rstrip(".")) >= _longest_of_our_own(name, zone):
        detail = f"resolver rule {rule.id} forwards {rule.domain_name} to other name servers: their answer is not known"
        gap = Gap("DNS_FORWARDED_UNKNOWN", rule.id, detail)
        return Resolution(name, gaps=(gap,), assumptions=assumptions)
    if zone is None:
        found = _without_zone(network, vpc_id, name, pins)
    elif len(zones) > 1 and zones[1].name == zone.name:
        both = f"{zone.id} and {zones[1].id}"
        gap = Gap("DNS_CONFLICTING_ZONES", zone.id, f"{both} both answer for {zone.name}: which one does is not known")
        found = Resolution(name, gaps=(gap,))
    elif zone.kind == "endpoint":
        found = endpoint_answer(
            network, name, network.vpc_endpoints[zone.id], f"private DNS of {network.label(zone.id)}"
        )
    else:
        found = _zone_answer(network, vpc_id, name, zone, pins, left)
    return msgspec.structs.replace(found, assumptions=assumptions + found.assumptions)


def _longest_of_our_own(name: str, zone: Zone | None) -> int:
    """Length of the name that the resolver itself answers for: a private zone's, or an autodefined rule's (N165)."""
    domain = name.partition(".")[2]
    automatic = len(domain) if EC2_PRIVATE.fullmatch(domain) else -1
    return max(automatic, len(zone.name) if zone is not None else -1)


def _zones(network: Network, vpc_id: str, name: str) -> tuple[list[Zone], tuple[Gap, ...], tuple[Assumption, ...]]:
    """Private zones of the VPC that could answer the name, most specific first."""
    found = endpoint_zones(network, vpc_id, name)
    gaps: list[Gap] = []
    assumptions: list[Assumption] = []
    for path in network.lacks(network.home_of(vpc_id), "describe-vpc-endpoints"):  # no default: any name could be one's
        detail = f"whether an endpoint of {network.label(vpc_id)} answers {name} is not in the snapshot ({path})"
        gaps.append(Gap("UNKNOWN_RESOURCE", vpc_id, detail, (path,)))
    for account in network.snapshot.accounts():
        home = (account, "global")
        path = network.path(home, "route53", "list-hosted-zones")
        if network.unknown(path):
            if account == network.home_of(vpc_id)[0]:
                default(network, path, vpc_id, "there is no private hosted zone", gaps, assumptions)
            continue
        for zone in network.read_collection(path, "HostedZones", aws.HostedZone):
            zone_name = zone.name.rstrip(".").lower()
            if not zone.config.private_zone or not below(name, zone_name):
                continue
            zone_id = zone.id.rsplit("/", 1)[-1]
            associated, lacking = association(network, home, zone_id, vpc_id)
            if lacking:
                gaps.append(Gap("UNKNOWN_RESOURCE", zone_id, f"the VPCs of private zone {zone_name}", lacking))
            elif associated:
                found.append(Zone(zone_name, "hosted-zone", f"{account}/{zone_id}"))
    if found and not gaps:
        hostnames, path = network.vpc_attribute(vpc_id, "enableDnsHostnames")
        if hostnames is None:
            default(network, path, vpc_id, "enableDnsHostnames is true", gaps, assumptions)
        elif not hostnames:  # both attributes must be on for private names to be answered (N142, N162)
            found = []
    return sorted(found, key=lambda zone: (-len(zone.name), zone.kind, zone.id)), tuple(gaps), tuple(assumptions)


def _forwarding_rule(
    network: Network, vpc_id: str, name: str
) -> tuple[aws.ResolverRule | None, tuple[Gap, ...], tuple[Assumption, ...]]:
    """The most specific rule of the VPC for the name if it forwards (N164, N165)."""
    gaps: list[Gap] = []
    assumptions: list[Assumption] = []
    home = network.home_of(vpc_id)
    rules_path = network.path(home, "route53resolver", "list-resolver-rules")
    associations_path = network.path(home, "route53resolver", "list-resolver-rule-associations")
    for path in network.unknown(rules_path, associations_path):
        default(network, path, vpc_id, "no resolver rule is associated", gaps, assumptions)
    rules = {r.id: r for r in network.read_collection(rules_path, "ResolverRules", aws.ResolverRule)}
    associated = [
        one.resolver_rule_id
        for one in network.read_collection(associations_path, "ResolverRuleAssociations", aws.ResolverRuleAssociation)
        if one.vpc_id == vpc_id
    ]
    matching: list[aws.ResolverRule] = []
    for rule_id in associated:
        rule = rules.get(rule_id)
        if rule is None:
            gaps.append(Gap("UNKNOWN_RESOURCE", rule_id, f"resolver rule {rule_id} is not in the snapshot"))
        elif rule.domain_name == "." or below(name, rule.domain_name.rstrip(".").lower()):
            matching.append(rule)
    best = max(matching, key=lambda rule: len(rule.domain_name.rstrip(".")), default=None)
    if best is None or best.rule_type.upper() in ("SYSTEM", "RECURSIVE"):
        return None, tuple(gaps), tuple(assumptions)
    return best, tuple(gaps), tuple(assumptions)


def _zone_answer(
    network: Network, vpc_id: str, name: str, zone: Zone, pins: Mapping[str, IntervalSet], left: int
) -> Resolution:
    """A private hosted zone's answer; without a record there is none, and nobody else is asked (N163)."""
    account, zone_id = zone.id.split("/")
    path = network.path((account, "global"), "route53", "list-resource-record-sets", zone_id)
    if network.snapshot.status(path) != "ok":
        return Resolution(
            name, gaps=(Gap("UNKNOWN_RESOURCE", zone_id, f"the records of private zone {zone.name}", (path,)),)
        )
    records = network.read_collection(path, "ResourceRecordSets", aws.ResourceRecordSet)
    matching = _matching_records(records, name)
    how = f"private hosted zone {zone_id} ({zone.name})"
    if not matching:
        detail = f"{how} answers for {name} and has no record of it: no such name"
        block = Block(
            "DNS_ZONE_SHADOWS_NAME", zone_id, None, vpc_id, "request", "egress", "name-not-found", detail, None, path
        )
        return Resolution(name, blocks=(block,))
    addresses = EMPTY
    for record in matching:
        target = _alias(record)
        if target is not None:
            found = _lookup(network, vpc_id, target.rstrip(".").lower(), pins, left - 1)
            if found.blocks or found.gaps or found.public or len(matching) == 1:
                return found.noting(dns_hop(zone_id, name, f"alias of {target}, {how}", source=path))
            addresses = addresses | found.addresses
        else:
            addresses = addresses | _addresses(record)
    hop = dns_hop(zone_id, name, f"{', '.join(format_set(addresses))}, {how}", source=path)
    endpoint = _endpoint_with(network, addresses)
    known = services.suffix_of_service_name(endpoint.service_name) if endpoint else None
    suffix, region = known if known else (None, None)
    endpoint_id = endpoint.vpc_endpoint_id if endpoint else None
    return Resolution(name, addresses, service=suffix, region=region, endpoint_id=endpoint_id, hops=(hop,))


def _endpoint_with(network: Network, addresses: IntervalSet) -> aws.VpcEndpoint | None:
    for interface_id, endpoint in network.endpoint_of_interface.items():
        interface = network.interfaces.get(interface_id)
        if interface is not None and interface.addresses and interface.addresses <= addresses:
            return endpoint
    return None


def _matching_records(records: tuple[aws.ResourceRecordSet, ...], name: str) -> list[aws.ResourceRecordSet]:
    """Address and alias records of the name, else of the closest wildcard."""
    by_name: dict[str, list[aws.ResourceRecordSet]] = {}
    for record in records:
        if record.type in ("A", "AAAA", "CNAME"):
            by_name.setdefault(record.name.rstrip(".").lower().replace("\\052", "*"), []).append(record)
    if name in by_name:
        return by_name[name]
    labels = name.split(".")
    for cut in range(1, len(labels)):
        wildcard = ".".join(["*", *labels[cut:]])
        if wildcard in by_name:
            return by_name[wildcard]
    return []


def _alias(record: aws.ResourceRecordSet) -> str | None:
    if record.alias_target is not None:
        return record.alias_target.dns_name
    return record.resource_records[0].value if record.type == "CNAME" and record.resource_records else None


def _addresses(record: aws.ResourceRecordSet) -> IntervalSet:
    return IntervalSet.of((number, number) for number in (parse_address(one.value) for one in record.resource_records))


def _without_zone(network: Network, vpc_id: str, name: str, pins: Mapping[str, IntervalSet]) -> Resolution:
    """A name that no private zone answers: an endpoint's own name, an EC2 name, or a public one."""
    vpce = vpce_name(network, name)
    if vpce is not None:
        return vpce
    own = ec2_answer(network, vpc_id, name)
    if own is not None:
        return own
    found = public_answer(network, name, pins)
    if not found.public or found.gaps:
        return found
    if found.service is None and not name.endswith(
        (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".ecr.aws")
    ):
        return found
    reason = why_public(network, vpc_id, found)
    if reason is None:
        return found
    why = dns_hop(reason.component, name, reason.detail, reason.code)
    return msgspec.structs.replace(found, reason=reason, hops=(why, *found.hops))
