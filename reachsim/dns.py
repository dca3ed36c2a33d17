"""What a name resolves to, as seen from a VPC: hosted zones, endpoint names, resolver rules, then the public
internet.

The most specific zone wins, a private zone that lacks the name answers "no such name" without asking further, and a
public name resolves even where no packet could follow. Public answers are not in a snapshot, so a public name stands
for a set of addresses.

**Source:** "Understanding Amazon DNS" (VPC User Guide; facts N160 to N162), "Considerations when working with a
private hosted zone" and "How VPC Resolver determines whether the domain name in a query matches any rules" (Route 53;
N163 to N167), "Access AWS services through AWS PrivateLink" (N142 to N147).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from reachsim import services
from reachsim.addresses import PUBLIC, V4, V6, format_address, format_set, parse_address
from reachsim.evidence import Assumption, Block, Gap, Hop
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model import records as aws
from reachsim.model.network import Network

GATEWAY_SERVICES = ("s3", "dynamodb")
"""Services with gateway endpoints, which take every name of the service in their Region."""
EC2_PRIVATE = re.compile(r"ec2\.internal|[a-z0-9-]+\.compute\.internal")
EC2_PUBLIC = re.compile(r"compute-1\.amazonaws\.com|[a-z0-9-]+\.compute\.amazonaws\.com(\.cn)?")
"""The domains of instances' names, private and public ("Amazon EC2 instance hostname types")."""
MAX_ALIASES = 8
"""CNAME and alias steps followed before a name counts as circular."""


class Reason(NamedTuple):
    """Why a name did not lead to an endpoint: a code, the component that would have to change, one sentence."""

    code: str
    component: str
    detail: str


class Resolution(msgspec.Struct, frozen=True):
    """The answer for one name.

    ``addresses`` are the answer; with ``public`` they are a set of which the true answer is some unknown member.
    ``service`` and ``region`` name the AWS service that a public name belongs to. ``reason`` says why an AWS
    service's name did not lead to an endpoint of the VPC. With ``blocks`` there is no answer; with ``gaps`` it is not
    known.
    """

    name: str
    addresses: IntervalSet = EMPTY
    public: bool = False
    service: str | None = None
    region: str | None = None
    endpoint_id: str | None = None
    hops: tuple[Hop, ...] = ()
    blocks: tuple[Block, ...] = ()
    gaps: tuple[Gap, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    reason: Reason | None = None

    def noting(self, *hops: Hop) -> Resolution:
        return msgspec.structs.replace(self, hops=hops + self.hops)


class Zone(NamedTuple):
    """A private zone that the VPC's resolver answers from: a hosted zone's, or an endpoint's own."""

    name: str
    kind: Literal["hosted-zone", "endpoint"]
    id: str


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
    return _public(network, name.rstrip(".").lower(), pins or {})


# --- the resolver itself --------------------------------------------------------------------------------------------


def _resolver(network: Network, vpc_id: str) -> tuple[tuple[Gap, ...], tuple[Assumption, ...], Block | None]:
    """Whether the VPC's clients ask the Amazon resolver, and whether it answers (N160, N161)."""
    gaps: list[Gap] = []
    assumptions: list[Assumption] = []
    _dhcp(network, vpc_id, gaps, assumptions)
    support, path = network.vpc_attribute(vpc_id, "enableDnsSupport")
    if support is None:
        _default(network, path, vpc_id, "enableDnsSupport is true", gaps, assumptions)
    if support is False:
        detail = f"{network.label(vpc_id)} has enableDnsSupport off: its resolver answers nothing"
        block = Block(
            "DNS_SUPPORT_DISABLED", vpc_id, None, vpc_id, "request", "egress", "name-not-found", detail, None, path
        )
        return (), (), block
    home = network.home_of(vpc_id)
    firewalls = network.path(home, "route53resolver", "list-firewall-rule-group-associations")
    if network.unknown(firewalls):
        _default(network, firewalls, vpc_id, "no DNS Firewall rule group is associated", gaps, assumptions)
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


def _default(
    network: Network, path: str, component: str, what: str, gaps: list[Gap], assumptions: list[Assumption]
) -> None:
    if network.assume_defaults:
        assumptions.append(Assumption("ASSUMED_DEFAULT", component, f"{what} ({path} is not in the snapshot)", "leak"))
    else:
        gaps.append(Gap("UNKNOWN_RESOURCE", component, f"whether {what} is not in the snapshot ({path})", (path,)))


def _dhcp(network: Network, vpc_id: str, gaps: list[Gap], assumptions: list[Assumption]) -> None:
    vpc = network.vpcs.get(vpc_id)
    home = network.home_of(vpc_id)
    path = network.path(home, "ec2", "describe-dhcp-options")
    options = network.dhcp_options.get(vpc.dhcp_options_id or "") if vpc else None
    if options is None:
        lacking = network.unknown(path)
        if lacking or network.assume_defaults:
            _default(network, path, vpc_id, "AmazonProvidedDNS is the name server", gaps, assumptions)
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


# --- looking up -----------------------------------------------------------------------------------------------------


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
        found = _endpoint_answer(
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


def _dns_hop(component: str, name: str, detail: str, rule: str | None = None, source: str | None = None) -> Hop:
    return Hop(component, "dns", "request", rule, f"{name}: {detail}", source)


def _below(name: str, zone: str) -> bool:
    return name == zone or name.endswith("." + zone)


def _zones(network: Network, vpc_id: str, name: str) -> tuple[list[Zone], tuple[Gap, ...], tuple[Assumption, ...]]:
    """Private zones of the VPC that could answer the name, most specific first."""
    found = _endpoint_zones(network, vpc_id, name)
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
                _default(network, path, vpc_id, "there is no private hosted zone", gaps, assumptions)
            continue
        for zone in network.read_collection(path, "HostedZones", aws.HostedZone):
            zone_name = zone.name.rstrip(".").lower()
            if not zone.config.private_zone or not _below(name, zone_name):
                continue
            zone_id = zone.id.rsplit("/", 1)[-1]
            associated, lacking = _association(network, home, zone_id, vpc_id)
            if lacking:
                gaps.append(Gap("UNKNOWN_RESOURCE", zone_id, f"the VPCs of private zone {zone_name}", lacking))
            elif associated:
                found.append(Zone(zone_name, "hosted-zone", f"{account}/{zone_id}"))
    if found and not gaps:
        hostnames, path = network.vpc_attribute(vpc_id, "enableDnsHostnames")
        if hostnames is None:
            _default(network, path, vpc_id, "enableDnsHostnames is true", gaps, assumptions)
        elif not hostnames:  # both attributes must be on for private names to be answered (N142, N162)
            found = []
    return sorted(found, key=lambda zone: (-len(zone.name), zone.kind, zone.id)), tuple(gaps), tuple(assumptions)


def _association(network: Network, home: tuple[str, str], zone_id: str, vpc_id: str) -> tuple[bool, tuple[str, ...]]:
    path = network.path(home, "route53", "get-hosted-zone", zone_id)
    detail = network.read(path, aws.HostedZoneDetail)
    if detail is None:
        return False, network.unknown(path) or (path,)
    return any(vpc.vpc_id == vpc_id for vpc in detail.vpcs), ()


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


def _endpoint_zones(network: Network, vpc_id: str, name: str) -> list[Zone]:
    found = []
    for endpoint_id, endpoint in sorted(network.vpc_endpoints.items()):
        if endpoint.vpc_id != vpc_id or not _answers_privately(endpoint):
            continue
        for private in private_names(network, endpoint)[0]:
            if _answers(private, name):
                found.append(Zone(private.removeprefix("*."), "endpoint", endpoint_id))
    return list(dict.fromkeys(found))


def _answers(private: str, name: str) -> bool:
    """Whether a private name is the name asked for, or a wildcard above it (N144)."""
    base = private.removeprefix("*.")
    return name == private or (private != base and name != base and _below(name, base))


def _answers_privately(endpoint: aws.VpcEndpoint) -> bool:
    """Whether the endpoint's private DNS answers clients in the VPC (N142, N146)."""
    if endpoint.vpc_endpoint_type != "Interface" or not endpoint.private_dns_enabled:
        return False
    if endpoint.dns_options.private_dns_only_for_inbound_resolver_endpoint:
        return False
    return endpoint.state.lower() in ("available", "partial")


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
        _default(network, path, vpc_id, "no resolver rule is associated", gaps, assumptions)
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
        elif rule.domain_name == "." or _below(name, rule.domain_name.rstrip(".").lower()):
            matching.append(rule)
    best = max(matching, key=lambda rule: len(rule.domain_name.rstrip(".")), default=None)
    if best is None or best.rule_type.upper() in ("SYSTEM", "RECURSIVE"):
        return None, tuple(gaps), tuple(assumptions)
    return best, tuple(gaps), tuple(assumptions)


# --- answers --------------------------------------------------------------------------------------------------------


def _endpoint_answer(network: Network, name: str, endpoint: aws.VpcEndpoint, how: str, zone: str = "") -> Resolution:
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
    hop = _dns_hop(endpoint_id, name, f"{', '.join(format_set(addresses))}, {how}", source=network.source(endpoint_id))
    known_service = services.suffix_of_service_name(endpoint.service_name)
    suffix, region = known_service if known_service else (None, None)
    return Resolution(
        name, addresses, service=suffix, region=region, endpoint_id=endpoint_id, hops=(hop,), assumptions=assumptions
    )


def _zone_name(network: Network, subnet_id: str) -> str | None:
    subnet = network.subnets.get(subnet_id)
    return subnet.availability_zone if subnet else None


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
                return found.noting(_dns_hop(zone_id, name, f"alias of {target}, {how}", source=path))
            addresses = addresses | found.addresses
        else:
            addresses = addresses | _addresses(record)
    hop = _dns_hop(zone_id, name, f"{', '.join(format_set(addresses))}, {how}", source=path)
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
    vpce = _vpce_name(network, name)
    if vpce is not None:
        return vpce
    own = _ec2_answer(network, vpc_id, name)
    if own is not None:
        return own
    found = _public(network, name, pins)
    if found.service is None and not name.endswith(
        (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".ecr.aws")
    ):
        return found
    reason = why_public(network, vpc_id, found)
    if reason is None:
        return found
    why = _dns_hop(reason.component, name, reason.detail, reason.code)
    return msgspec.structs.replace(found, reason=reason, hops=(why, *found.hops))


def _vpce_name(network: Network, name: str) -> Resolution | None:
    """``vpce-…`` names resolve everywhere, to private addresses (N143)."""
    if not name.startswith("vpce-") and ".vpce-" not in name:
        return None
    for endpoint in network.vpc_endpoints.values():
        for entry in endpoint.dns_entries:
            listed = (entry.dns_name or "").rstrip(".").lower()
            base = listed.removeprefix("*.")
            if listed and (name == base or (listed != base and _below(name, base))):
                return _endpoint_answer(network, name, endpoint, "the endpoint's own name", _zone_of_name(base))
    detail = f"{name} names an endpoint that is not in the snapshot"
    return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, detail),))


def _zone_of_name(listed: str) -> str:
    """The zone in a zonal name: ``vpce-0ab-xyz-us-east-1a.…`` → ``us-east-1a``; nothing for the Regional name."""
    label = listed.split(".")[0]
    parts = label.split("-")
    return "-".join(parts[3:]) if len(parts) > 4 else ""


def _ec2_answer(network: Network, vpc_id: str, name: str) -> Resolution | None:
    """The answer for an instance's own name; its public name is its private address within the VPC (N170)."""
    public = _ec2_address(name, "ec2", EC2_PUBLIC)
    if public is not None:
        interface, private = network.public_addresses.get(public, (None, 0))
        if interface is not None and interface.vpc_id == vpc_id:
            hop = _dns_hop(vpc_id, name, f"{format_address(private)}, as an EC2 public name within the VPC")
            return Resolution(name, IntervalSet.single(private), hops=(hop,))
        if interface is not None and interface.vpc_id in _linked_vpcs(network, vpc_id, peered=True):
            detail = f"whether the peering with {network.label(interface.vpc_id)} makes {name} private is not evaluated"
            return Resolution(name, gaps=(Gap("UNMODELLED_COMPONENT", interface.vpc_id, detail),))
        return None
    if not EC2_PRIVATE.fullmatch(name.partition(".")[2]):
        return None
    private_address = _ec2_address(name, "ip", EC2_PRIVATE)
    if private_address is not None:
        hop = _dns_hop(vpc_id, name, "an EC2 private name")
        return Resolution(name, IntervalSet.single(private_address), hops=(hop,))
    instance = network.instances.get(name.partition(".")[0])
    first = instance.network_interfaces[0].network_interface_id if instance and instance.network_interfaces else None
    interface = network.interfaces.get(first or "")
    if interface is not None and interface.addresses & V4:
        address = interface.addresses.first
        hop = _dns_hop(vpc_id, name, f"{format_address(address)}, the instance's resource name")
        return Resolution(name, IntervalSet.single(address), hops=(hop,))
    detail = f"{name} is an EC2 name, and no instance of the snapshot has it"
    return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, detail),))


def _ec2_address(name: str, prefix: str, domain: re.Pattern[str]) -> int | None:
    """The address in an EC2 name: ``ip-10-0-1-5.ec2.internal``, ``ec2-203-0-113-5.compute-1.amazonaws.com``."""
    label, _, rest = name.partition(".")
    if not label.startswith(f"{prefix}-") or not domain.fullmatch(rest):
        return None
    try:
        return parse_address(label.removeprefix(f"{prefix}-").replace("-", "."))
    except ValueError:
        return None


def _public(network: Network | None, name: str, pins: Mapping[str, IntervalSet]) -> Resolution:
    """A public name: a set of addresses, one of which is the answer (DESIGN, selector ``host:``; N166, N172)."""
    if name in pins:
        return Resolution(name, pins[name], hops=(_dns_hop(name, name, "declared in reachsim.toml"),))
    address = _ec2_address(name, "ec2", EC2_PUBLIC)
    if address is not None:
        hop = _dns_hop(name, name, f"{format_address(address)}, an EC2 public name")
        return Resolution(name, IntervalSet.single(address), hops=(hop,))
    suffix, region, is_aws = services.service_of_host(name)
    ours = network.all_vpc_addresses if network is not None else EMPTY
    listed = network.aws_addresses if network is not None else EMPTY
    if is_aws and suffix in GATEWAY_SERVICES and network is not None and region is not None:
        known = network.service_prefix_list(suffix, region)
        if known is not None:
            hop = _dns_hop(name, name, f"public addresses of {suffix} in {region} (its prefix list)")
            return Resolution(name, known, True, suffix, region, hops=(hop,))
    own = network.own_public_addresses if network is not None else EMPTY
    addresses = PUBLIC - listed - ours - own
    if is_aws:
        where = f" in {region}" if region else ""
        hop = _dns_hop(name, name, f"a public address of {suffix or 'an AWS service'}{where}")
        return Resolution(name, addresses & V4, True, suffix or "aws", region, hops=(hop,))
    hop = _dns_hop(name, name, "some public address, not known offline")
    return Resolution(name, addresses, True, hops=(hop,))


# --- why not the endpoint -------------------------------------------------------------------------------------------


def why_public(network: Network, vpc_id: str, found: Resolution) -> Reason | None:
    """Why an AWS service's name resolved to public addresses in this VPC, as a cause that can be mended."""
    region = network.home_of(vpc_id)[1]
    suffix = found.service
    zone = _zone_elsewhere(network, vpc_id, found.name)
    if zone is not None:
        return zone
    if suffix == "ecr-public.api" or found.name.endswith(".ecr.aws"):
        detail = f"{found.name} is ECR Public, which no endpoint serves"
        return Reason("DNS_NAME_NOT_COVERED_BY_ENDPOINT", vpc_id, detail)
    if found.region is not None and found.region != region:
        detail = f"{found.name} is in {found.region}; the endpoints of {vpc_id} serve {region}"
        return Reason("CROSS_REGION_NOT_VIA_ENDPOINT", vpc_id, detail)
    if suffix in (None, "aws"):
        return None
    interfaces, gateways = _endpoints_for(network, vpc_id, suffix or "", region)
    for endpoint in interfaces:
        return _why_not(network, vpc_id, endpoint, found.name, suffix or "")
    if gateways:
        endpoint = gateways[0]
        label = network.label(endpoint.vpc_endpoint_id)
        detail = f"{label} is not in the route table of the subnet"
        return Reason("VPCE_ROUTE_TABLE_NOT_ASSOCIATED", endpoint.vpc_endpoint_id, detail)
    shared = _endpoint_of_a_neighbour(network, vpc_id, suffix or "", region)
    if shared is not None:
        where = f"{network.label(shared.vpc_endpoint_id)} in {network.label(shared.vpc_id or '')}"
        detail = f"no private zone of {network.label(vpc_id)} leads {found.name} to {where}, so it resolves publicly"
        return Reason("DNS_RESOLVES_TO_PUBLIC_ADDRESS", shared.vpc_endpoint_id, detail)
    names = services.private_dns_names(suffix or "", region)
    if suffix not in GATEWAY_SERVICES and not any(_answers(name, found.name) for name in names):
        detail = f"an endpoint for {suffix} answers {', '.join(names)}, not {found.name}"
        return Reason("DNS_NAME_NOT_COVERED_BY_ENDPOINT", vpc_id, detail)
    detail = f"{network.label(vpc_id)} has no endpoint for {suffix}, so {found.name} resolves to a public address"
    return Reason("VPCE_MISSING_FOR_SERVICE", vpc_id, detail)


def _endpoint_of_a_neighbour(network: Network, vpc_id: str, suffix: str, region: str) -> aws.VpcEndpoint | None:
    """An interface endpoint for the service in a VPC that this one is linked to: shared, if names led to it (S16)."""
    linked = _linked_vpcs(network, vpc_id)
    for other in sorted(linked):
        interfaces, _ = _endpoints_for(network, other, suffix, region)
        if interfaces:
            return interfaces[0]
    return None


def _linked_vpcs(network: Network, vpc_id: str, *, peered: bool = False) -> set[str]:
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


def _endpoints_for(
    network: Network, vpc_id: str, suffix: str, region: str
) -> tuple[list[aws.VpcEndpoint], list[aws.VpcEndpoint]]:
    mine = [
        endpoint
        for _, endpoint in sorted(network.vpc_endpoints.items())
        if endpoint.vpc_id == vpc_id and services.suffix_of_service_name(endpoint.service_name) == (suffix, region)
    ]
    interfaces = [one for one in mine if one.vpc_endpoint_type == "Interface"]
    gateways = [one for one in mine if one.vpc_endpoint_type == "Gateway"]
    return ([], gateways) if gateways else (interfaces, [])


def _why_not(network: Network, vpc_id: str, endpoint: aws.VpcEndpoint, name: str, suffix: str) -> Reason:
    label = network.label(endpoint.vpc_endpoint_id)
    if endpoint.private_dns_enabled and endpoint.dns_options.private_dns_only_for_inbound_resolver_endpoint:
        detail = f"{label} answers private names for inbound resolvers only, so {name} stays public in the VPC"
        return Reason("DNS_RESOLVES_TO_PUBLIC_ADDRESS", endpoint.vpc_endpoint_id, detail)
    if not endpoint.private_dns_enabled:
        code = "DNS_RESOLVES_TO_PUBLIC_ADDRESS" if suffix == "s3" else "DNS_PRIVATE_DNS_DISABLED"
        return Reason(code, endpoint.vpc_endpoint_id, f"private DNS of {label} is off, so {name} resolves publicly")
    hostnames, _ = network.vpc_attribute(vpc_id, "enableDnsHostnames")
    if hostnames is False:
        what = f"enableDnsHostnames of {network.label(vpc_id)} is off"
        detail = f"{what}, so the private DNS of {label} does not answer {name}"
        return Reason("DNS_HOSTNAMES_DISABLED", vpc_id, detail)
    names = ", ".join(private_names(network, endpoint)[0]) or "no name"
    detail = f"{label} answers {names}, not {name}"
    return Reason("DNS_NAME_NOT_COVERED_BY_ENDPOINT", endpoint.vpc_endpoint_id, detail)


def _zone_elsewhere(network: Network, vpc_id: str, name: str) -> Reason | None:
    """A private zone that would answer the name, but is associated with other VPCs only (S16)."""
    for account in network.snapshot.accounts():
        home = (account, "global")
        for zone in network.read_collection(
            network.path(home, "route53", "list-hosted-zones"), "HostedZones", aws.HostedZone
        ):
            zone_name = zone.name.rstrip(".").lower()
            if zone.config.private_zone and _below(name, zone_name):
                zone_id = zone.id.rsplit("/", 1)[-1]
                associated, lacking = _association(network, home, zone_id, vpc_id)
                if not associated and not lacking:
                    detail = f"private zone {zone_id} ({zone_name}) is not associated with {network.label(vpc_id)}"
                    return Reason("DNS_ZONE_NOT_ASSOCIATED", zone_id, detail)
    return None
