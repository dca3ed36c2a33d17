"""Private zones that a VPC's resolver answers from: hosted zones of any account, endpoints' own zones, profiles'.

**Source:** "Considerations when working with a private hosted zone", "Associating an Amazon VPC and a private hosted
zone that you created with different AWS accounts" (Route 53 Developer Guide); API reference ListHostedZonesByVPC
(zones of other accounts and of AWS's services are listed too); facts N142, N162, N163, N173.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reachsim.dns.joined import found_file
from reachsim.dns.names import endpoint_zones, names_unseen
from reachsim.dns.profiles import Brought
from reachsim.dns.resolution import Asking, Noted, Zone, below, plain
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home


def zones_for(asking: Asking, name: str, profiles: Brought, noted: Noted) -> list[Zone]:
    """Private zones of the VPC that could answer the name, most specific first, the VPC's own before a profile's."""
    network, vpc_id = asking.network, asking.vpc_id
    for component in (vpc_id, *(f"{vpc_id} {one}" for one in _and_above(name))):
        for detail in network.planned("PLANNED_NAMES_UNKNOWN", component):
            noted.lack("PLANNED_NAMES_UNKNOWN", vpc_id, detail)
    found = endpoint_zones(asking, name, profiles.endpoints, noted)
    names_unseen(asking, name, noted)
    for path in network.lacks(asking.home, "describe-vpc-endpoints"):  # no default: any name could be one's
        detail = f"whether an endpoint of {asking.label} answers {name} is not in the snapshot ({path})"
        noted.lack("UNKNOWN_RESOURCE", vpc_id, detail, (path,))
    found += _hosted(asking, name, profiles, noted)
    if found and not noted.gaps:
        hostnames, path = network.vpc_attribute(vpc_id, "enableDnsHostnames")
        if hostnames is None:
            noted.default(network, path, vpc_id, "enableDnsHostnames is true")
        elif not hostnames:  # both attributes must be on for private names to be answered (N142, N162)
            return []
    return sorted(found, key=lambda zone: (-len(zone.name), zone.rank, zone.kind, zone.id))


MOST_LABELS: Final = 127


def _and_above(name: str) -> Iterator[str]:
    """The name and every name above it. A name of DNS has at most 127 labels: longer ones are nobody's zone."""
    labels = name.split(".")[-MOST_LABELS:]
    return (".".join(labels[start:]) for start in range(len(labels)))


def _hosted(asking: Asking, name: str, profiles: Brought, noted: Noted) -> list[Zone]:
    network, vpc_id = asking.network, asking.vpc_id
    mine = (asking.home[0], "global")
    summaries = _by_vpc(network, mine, vpc_id)
    listed = network.path(mine, "route53", "list-hosted-zones")
    if network.unknown(listed) and summaries is None:
        noted.default(network, listed, vpc_id, "there is no private hosted zone")
    found: list[Zone] = []
    seen: set[str] = set()
    for home, zone in _all_zones(network):
        zone_id, zone_name = _short(zone.id), plain(zone.name)
        seen.add(zone_id)
        if zone.config.private_zone is False or not below(name, zone_name):
            continue
        rank = profiles.zones.get(zone_id)
        associated, lacking = association(network, home, zone_id, vpc_id)
        if lacking and summaries is not None:
            associated, lacking = zone_id in summaries, ()
        if associated:
            found.append(Zone(zone_name, "hosted-zone", f"{home[0]}/{zone_id}"))
        elif lacking:
            noted.lack("UNKNOWN_RESOURCE", zone_id, f"the VPCs of private zone {zone_name}", lacking)
        elif rank is not None:
            found.append(Zone(zone_name, "hosted-zone", f"{home[0]}/{zone_id}", rank))
    found += _unlisted(asking, name, summaries or {}, seen, noted)
    found += _of_profiles(asking, name, profiles, seen | set(summaries or ()), noted)
    return found


def _all_zones(network: Network) -> Iterator[tuple[Home, aws.HostedZone]]:
    for account in network.snapshot.accounts():
        home = (account, "global")
        path = network.path(home, "route53", "list-hosted-zones")
        for zone in network.read_collection(path, "HostedZones", aws.HostedZone):
            yield home, zone


def _by_vpc(network: Network, home: Home, vpc_id: str) -> dict[str, aws.HostedZoneSummary] | None:
    """The zones that list-hosted-zones-by-vpc says are associated with the VPC; None without that file."""
    path = network.path(home, "route53", "list-hosted-zones-by-vpc", vpc_id)
    if network.snapshot.status(path) != "ok":
        return None
    summaries = network.read_collection(path, "HostedZoneSummaries", aws.HostedZoneSummary)
    return {_short(one.hosted_zone_id): one for one in summaries}


def _unlisted(
    asking: Asking, name: str, summaries: dict[str, aws.HostedZoneSummary], seen: set[str], noted: Noted
) -> list[Zone]:
    """Zones of accounts that the snapshot does not hold, or of AWS's services, associated with the VPC."""
    found: list[Zone] = []
    named = [(zone_id, one) for zone_id, one in sorted(summaries.items()) if zone_id not in seen]
    named = [(zone_id, one) for zone_id, one in named if below(name, plain(one.name))]
    own = {zone.name for zone in endpoint_zones(asking, name, {}, Noted())} if named else set()
    for zone_id, one in named:
        zone_name = plain(one.name)
        if one.owner.owning_account is not None:
            found.append(Zone(zone_name, "hosted-zone", f"{one.owner.owning_account}/{zone_id}"))
        elif zone_name.removeprefix("*.") not in own:  # an endpoint's own zone is told by the endpoint
            service = one.owner.owning_service or "a service of AWS"
            detail = f"{name} is answered by zone {zone_id} ({zone_name}) of {service}, which cannot be read"
            noted.lack("UNKNOWN_RESOURCE", zone_id, detail)
    return found


def _of_profiles(asking: Asking, name: str, profiles: Brought, seen: set[str], noted: Noted) -> list[Zone]:
    """Zones that a profile brings and no account's list of zones holds; their own files may tell."""
    network = asking.network
    found: list[Zone] = []
    for zone_id, rank in sorted(profiles.zones.items()):
        if zone_id in seen:
            continue
        path = found_file(network, (asking.home[0], "global"), "route53", "get-hosted-zone", zone_id)
        detail = network.read(path, aws.HostedZoneDetail)
        if detail is None:
            text = f"a Route 53 Profile brings private zone {zone_id}, which is not in the snapshot ({path})"
            noted.lack("DNS_PROFILE_UNSEEN", zone_id, text, (path,))
        elif below(name, plain(detail.hosted_zone.name)):
            account = path.partition("/")[0]
            found.append(Zone(plain(detail.hosted_zone.name), "hosted-zone", f"{account}/{zone_id}", rank))
    return found


def association(network: Network, home: Home, zone_id: str, vpc_id: str) -> tuple[bool, tuple[str, ...]]:
    """(whether a hosted zone is associated with the VPC itself, the file that does not tell)."""
    path = network.path(home, "route53", "get-hosted-zone", zone_id)
    detail = network.read(path, aws.HostedZoneDetail)
    if detail is None:
        return False, network.unknown(path) or (path,)
    if isinstance(detail.vpcs, aws.NotThere) and detail.hosted_zone.config.private_zone:
        return False, (path,)  # of a public one AWS prints none ("GetHostedZone")
    return any(vpc.vpc_id == vpc_id for vpc in detail.vpcs), ()


def elsewhere(network: Network, vpc_id: str, name: str) -> tuple[str, str] | None:
    """(id, name) of a private zone that would answer the name, but is associated with other VPCs only (S16)."""
    for home, zone in _all_zones(network):
        zone_id, zone_name = _short(zone.id), plain(zone.name)
        if zone.config.private_zone and below(name, zone_name):
            associated, lacking = association(network, home, zone_id, vpc_id)
            if not associated and not lacking:
                return zone_id, zone_name
    return None


def _short(zone_id: str) -> str:
    return zone_id.rsplit("/", 1)[-1]
