"""What a private hosted zone answers: its records, wildcards, aliases, and delegations to other name servers.

Without a record of the name there is no such name, and nobody else is asked (N163). A record of any type makes the name
exist, so that no wildcard stands in for it. Where a longer name makes a name in between exist (an empty non-terminal),
RFC 4592 lets no wildcard above it answer; that Route 53 does the same is not documented, so the answer is unknown then.

**Source:** "Supported DNS record types", "Using an asterisk (*) in the names of hosted zones and records",
"Considerations when working with a private hosted zone" (Route 53 Developer Guide); RFC 4592; fact N163.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from reachsim import services
from reachsim.addresses import V4, V6, format_set, parse_address
from reachsim.dns.resolution import Asking, Resolution, Zone, below, dns_hop, no_such_name, plain
from reachsim.evidence import Gap
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model import records as aws
from reachsim.model.network import Network

Follow = Callable[[Asking, str], Resolution]
_ADDRESS_TYPES = ("A", "AAAA", "CNAME")


def zone_answer(asking: Asking, name: str, zone: Zone, follow: Follow) -> Resolution:
    """The answer of a private hosted zone; ``follow`` looks up the name that a record points to."""
    network = asking.network
    account, zone_id = zone.id.split("/")
    path = network.path((account, "global"), "route53", "list-resource-record-sets", zone_id)
    if network.snapshot.status(path) != "ok":
        lacking = Gap("UNKNOWN_RESOURCE", zone_id, f"the records of private zone {zone.name}", (path,))
        return Resolution(name, gaps=(lacking,))
    how = f"private hosted zone {zone_id} ({zone.name})"
    records = network.read_collection(path, "ResourceRecordSets", aws.ResourceRecordSet)
    match = matching_records(records, name, zone.name)
    if match.delegated:
        detail = f"{how} delegates {match.delegated} to other name servers: their answer is not known"
        return Resolution(name, gaps=(Gap("DNS_FORWARDED_UNKNOWN", zone_id, detail),))
    if match.unsure:
        detail = f"{how} has a wildcard for {name} and longer names between them: which one decides is not documented"
        return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", zone_id, detail),))
    if not match.records:
        what = "has no address record of it" if match.exists else "has no record of it: no such name"
        detail = f"{how} answers for {name} and {what}"
        return Resolution(name, blocks=(no_such_name("DNS_ZONE_SHADOWS_NAME", zone_id, asking.vpc_id, detail, path),))
    nearest = nearest_records(match.records, asking.home[1])
    if nearest is None:
        detail = f"{how} answers for {name} by the place of the query: which of the records is not told offline"
        return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", zone_id, detail),))
    return _of_records(asking, name, nearest, zone_id, how, path, follow)


def _of_records(
    asking: Asking, name: str, matching: tuple[aws.ResourceRecordSet, ...], zone_id: str, how: str, path: str,
    follow: Follow,
) -> Resolution:  # fmt: skip
    addresses = EMPTY
    chain: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    public: Resolution | None = None
    for record in matching:
        target = _target(record)
        if target is None:
            addresses = addresses | _addresses(asking.network, path, record)
            continue
        found = follow(msgspec.structs.replace(asking, left=asking.left - 1), plain(target))
        if record.alias_target is None:
            found = msgspec.structs.replace(found, chain=(plain(target), *found.chain))
        else:  # an alias answers queries of its own type only
            family = V6 if record.type == "AAAA" else V4
            aliased = (plain(target), *found.aliases)
            found = msgspec.structs.replace(found, addresses=found.addresses & family, aliases=aliased)
        if found.blocks or found.gaps or found.public or len(matching) == 1:
            found = found.noting(dns_hop(zone_id, name, f"alias of {target}, {how}", source=path))
            others = [one for one in matching if one is not record]
            if not found.public or any(_target(one) != target for one in others):
                return found
            public = found if public is None else _both(public, found)
            continue
        addresses = addresses | found.addresses
        chain, aliases = chain + found.chain, aliases + found.aliases
    if public is not None:
        return public
    hop = dns_hop(zone_id, name, f"{', '.join(format_set(addresses))}, {how}", source=path)
    endpoint = _endpoint_with(asking.network, addresses)
    known = services.suffix_of_service_name(endpoint.service_name) if endpoint else None
    suffix, region = known if known else (None, None)
    endpoint_id = endpoint.vpc_endpoint_id if endpoint else None
    return Resolution(
        name, addresses, service=suffix, region=region, endpoint_id=endpoint_id, hops=(hop,), chain=chain,
        aliases=aliases,
    )  # fmt: skip


def _both(one: Resolution, other: Resolution) -> Resolution:
    """The answers of two alias records of one target, A and AAAA."""
    return msgspec.structs.replace(one, addresses=one.addresses | other.addresses)


def _endpoint_with(network: Network, addresses: IntervalSet) -> aws.VpcEndpoint | None:
    for interface_id, endpoint in network.endpoint_of_interface.items():
        interface = network.interfaces.get(interface_id)
        if interface is not None and interface.addresses and interface.addresses <= addresses:
            return endpoint
    return None


class Match(Struct, frozen=True):
    """What a zone holds of a name: records that lead to addresses, whether the name exists at all, the delegated name
    above it, and whether it is not documented which wildcard answers.
    """

    records: tuple[aws.ResourceRecordSet, ...] = ()
    exists: bool = False
    delegated: str = ""
    unsure: bool = False


def matching_records(records: tuple[aws.ResourceRecordSet, ...], name: str, zone: str) -> Match:
    """The records of the name, else of the closest wildcard."""
    by_name: dict[str, list[aws.ResourceRecordSet]] = {}
    for record in records:
        by_name.setdefault(plain(record.name).replace("\\052", "*"), []).append(record)
    for owner, held in by_name.items():
        if owner != zone and below(name, owner) and any(record.type == "NS" for record in held):
            return Match(delegated=owner)
    if name in by_name:
        return Match(_leading(by_name[name]), exists=True)
    labels = name.split(".")
    between = any(below(owner, name) for owner in by_name if not owner.startswith("*."))
    for cut in range(1, len(labels)):
        parent = ".".join(labels[cut:])
        if not below(parent, zone):
            break
        wildcard = by_name.get(f"*.{parent}")
        if wildcard is not None:
            return Match(unsure=True) if between else Match(_leading(wildcard), exists=True)
        between = between or (parent != zone and any(below(owner, parent) for owner in by_name))
    return Match()


def _leading(records: list[aws.ResourceRecordSet]) -> tuple[aws.ResourceRecordSet, ...]:
    """Records that lead to addresses, without those that wait for others of their type to fail, which never do."""
    found = [record for record in records if record.type in _ADDRESS_TYPES]
    lasting = [one for one in found if _always_healthy(one)]
    preferred = {one.type for one in lasting if one.weight or one.failover == "PRIMARY"}
    return tuple(
        one for one in found if one.type not in preferred or not (one.weight == 0 or one.failover == "SECONDARY")
    )


def nearest_records(
    records: tuple[aws.ResourceRecordSet, ...], region: str
) -> tuple[aws.ResourceRecordSet, ...] | None:  # fmt: skip
    """The records that may answer a query from a VPC of a Region; None if which of them does is not known.

    **Source:** "Latency-based routing in private hosted zones" (the record of the Region itself answers, or the closest
    one; an unhealthy one gives way to the next), "Geolocation routing in private hosted zones", "Geoproximity routing
    in private hosted zones" (by the Region of the VPC; which places belong to which is not published).
    """
    found = [record for record in records if not record.by_place]
    for kind in dict.fromkeys(record.type for record in records if record.by_place):
        placed = [record for record in records if record.by_place and record.type == kind]
        own = [record for record in placed if record.region == region]
        if own and all(map(_always_healthy, own)):
            found += own
        elif own or (_alike(placed) and any(record.answers_everywhere for record in placed)):
            found += placed  # whose health is chance
        else:
            return None
    return tuple(found)


def _alike(records: list[aws.ResourceRecordSet]) -> bool:
    return len({(record.resource_records, record.alias_target) for record in records}) == 1


def _always_healthy(record: aws.ResourceRecordSet) -> bool:
    """Whether nobody looks at its health: then it counts as healthy ("How Amazon Route 53 chooses records")."""
    alias = record.alias_target
    return record.health_check_id is None and not (alias is not None and alias.evaluate_target_health)


def _target(record: aws.ResourceRecordSet) -> str | None:
    if record.alias_target is not None:
        return record.alias_target.dns_name
    return record.resource_records[0].value if record.type == "CNAME" and record.resource_records else None


def _addresses(network: Network, path: str, record: aws.ResourceRecordSet) -> IntervalSet:
    """The addresses of a record. Raises SnapshotError for a value that is none."""
    numbers = []
    for one in record.resource_records:
        try:
            numbers.append(parse_address(one.value))
        except ValueError:
            network.snapshot.fail(path, "", f"an address in the {record.type} record of {record.name}", one.value)
    return IntervalSet.of((number, number) for number in numbers)
