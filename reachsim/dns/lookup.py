"""Looking a name up: who is asked, then the VPC's firewall, rules and zones, in their order.

**Source:** "Understanding Amazon DNS" (VPC User Guide; facts N160 to N162), "Considerations when working with a
private hosted zone" and "How VPC Resolver determines whether the domain name in a query matches any rules" (Route 53;
N163 to N167). An endpoint's private DNS is a private hosted zone like any other (API_CreateVpcEndpoint,
PrivateDnsEnabled: "whether to associate a private hosted zone with the specified VPC"): a rule of its name beats it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from reachsim.dns.causes import why_public, zone_elsewhere
from reachsim.dns.firewall import screened
from reachsim.dns.names import ec2_answer, endpoint_answer, public_answer, vpce_name
from reachsim.dns.profiles import Brought, brought
from reachsim.dns.resolution import (
    MAX_STEPS,
    Asking,
    Carries,
    Noted,
    Resolution,
    Zone,
    dns_hop,
    no_such_name,
    plain,
    without,
)
from reachsim.dns.resolver import answers_at_all, other_servers
from reachsim.dns.rules import Rules, autodefined, rules_for
from reachsim.dns.zones import zones_for
from reachsim.evidence import Gap
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network

AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".ecr.aws")


def resolve(
    network: Network,
    vpc_id: str,
    name: str,
    pins: Mapping[str, IntervalSet] | None = None,
    carries: Carries | None = None,
) -> Resolution:
    """Resolve a name as the VPC's clients would.

    ``pins`` are names whose public addresses the user has declared (``reachsim.toml``, ``[hosts]``). ``carries`` tells
    what becomes of queries to other name servers; without it their answers are not known.
    """
    asking = Asking(network, vpc_id, pins or {}, carries)
    wanted = plain(name)
    noted = Noted()
    options, servers = other_servers(asking, noted)
    if servers:
        from reachsim.dns.forwarders import by_servers  # few VPCs ask other servers than their own

        found = by_servers(asking, wanted, options, servers, of_vpc)
        return msgspec.structs.replace(found.assuming(*noted.assumptions), without_dns64=True)
    if noted.gaps:
        return noted.unknown(wanted)
    return of_vpc(asking, wanted).assuming(*noted.assumptions)


def resolve_outside(
    name: str, pins: Mapping[str, IntervalSet] | None = None, network: Network | None = None
) -> Resolution:
    """Resolve a name as somebody outside every VPC would: publicly. An endpoint's own name has private addresses."""
    own = vpce_name(network, plain(name)) if network is not None else None
    return own or public_answer(network, plain(name), pins or {})


def of_vpc(asking: Asking, name: str) -> Resolution:
    """What the VPC's own resolver answers."""
    noted = Noted()
    block = answers_at_all(asking, noted)
    if block is not None:
        return without(_answered(asking, name, Noted()), block)
    if noted.gaps:
        return noted.unknown(name)
    return _answered(asking, name, noted)


def _answered(asking: Asking, name: str, noted: Noted) -> Resolution:
    """What a resolver that answers queries says."""
    asking = msgspec.structs.replace(asking, trail=asking.trail or (asking.vpc_id,))
    profiles = brought(asking, noted)
    if noted.gaps:  # what it brings could go before anything else
        return noted.unknown(name)
    found = _lookup(asking, name, profiles)
    found = screened(asking, name, found, profiles, noted, lambda there, other: _lookup(there, other, profiles))
    found = found.assuming(*noted.assumptions)
    if found.blocks or not noted.gaps:
        return found
    return msgspec.structs.replace(found, gaps=tuple(dict.fromkeys((*noted.gaps, *found.gaps))))


def _lookup(asking: Asking, name: str, profiles: Brought) -> Resolution:
    """The answer by rules and zones, before DNS Firewall."""
    if asking.left <= 0:
        detail = f"{name} leads through more than {MAX_STEPS} aliases"
        return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, detail),))
    noted = Noted()
    zones = zones_for(asking, name, profiles, noted)
    rules = rules_for(asking, name, profiles, noted)
    if noted.gaps:
        return noted.unknown(name)
    zone = zones[0] if zones else None
    own = max(autodefined(name), len(zone.name) if zone is not None else -1)
    if rules.forwards and rules.length >= own:
        found = _by_rule(asking, name, rules, zone)
    elif zone is None:
        found = _without_zone(asking, name, rules)
    else:
        found = _by_zone(asking, name, zones, profiles, noted)
    return found.assuming(*noted.assumptions)


def _by_rule(asking: Asking, name: str, rules: Rules, zone: Zone | None) -> Resolution:
    rule = rules.best
    assert rule is not None
    if zone is not None and len(zone.name) == rules.length and zone.rank != rules.rank:
        detail = f"{rule.id} and {zone.id} both are for {zone.name}, one of them by a Route 53 Profile"
        return Resolution(name, gaps=(Gap("DNS_PROFILE_PRECEDENCE", rule.id, detail),))
    from reachsim.dns.forwarders import forwarded

    return forwarded(asking, name, rule, of_vpc)


def _by_zone(asking: Asking, name: str, zones: list[Zone], profiles: Brought, noted: Noted) -> Resolution:
    network, zone = asking.network, zones[0]
    rivals = [one for one in zones[1:] if one.name == zone.name]
    same = next((one for one in rivals if one.rank == zone.rank), None)
    if same is not None:
        detail = f"{zone.id} and {same.id} both answer for {zone.name}: which one does is not known"
        return Resolution(name, gaps=(Gap("DNS_CONFLICTING_ZONES", zone.id, detail),))
    if rivals:
        detail = f"{zone.id} was taken before {rivals[0].id}, as the VPC's own zones go before a profile's"
        noted.take("DNS_PROFILE_PRECEDENCE", zone.id, detail, "leak")
    if zone.kind == "endpoint":
        how = f"private DNS of {network.label(zone.id)}"
        return endpoint_answer(network, name, network.vpc_endpoints[zone.id], how)
    from reachsim.dns.records import zone_answer  # many networks have no private zone

    return zone_answer(asking, name, zone, lambda there, target: _lookup(there, target, profiles))


def _without_zone(asking: Asking, name: str, rules: Rules) -> Resolution:
    """A name that no private zone answers: an endpoint's own name, an EC2 name, or a public one."""
    network, vpc_id = asking.network, asking.vpc_id
    own = vpce_name(network, name) or ec2_answer(network, vpc_id, name)
    if own is not None:
        return own
    found = public_answer(network, name, asking.pins)
    if found.blocks:
        return _unless_elsewhere(asking, name, found)
    if not found.public or found.gaps:
        return found
    if found.service is None and rules.delegating:
        rule = rules.delegating[0]
        detail = f"rule {rule.id} delegates names whose name servers are {rule.delegation_record or rule.domain_name}; "
        detail += f"whether {name} is one of them is not known offline"
        return Resolution(name, gaps=(Gap("DNS_FORWARDED_UNKNOWN", rule.id, detail),))
    if found.service is None and not name.endswith(AWS_DOMAINS):
        return found
    reason = why_public(network, vpc_id, found)
    if reason is None:
        return found
    why = dns_hop(reason.component, name, reason.detail, reason.code)
    return msgspec.structs.replace(found, reason=reason, hops=(why, *found.hops))


def _unless_elsewhere(asking: Asking, name: str, found: Resolution) -> Resolution:
    """No such name, because the private zone that has it is associated with other VPCs only (S16)."""
    zone = zone_elsewhere(asking.network, asking.vpc_id, name)
    if zone is None:
        return found
    block = no_such_name(zone.code, zone.component, asking.vpc_id, f"{zone.detail}; public DNS has no such name")
    return msgspec.structs.replace(found, blocks=(block,))
