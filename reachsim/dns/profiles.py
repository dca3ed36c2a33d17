"""What Route 53 Profiles bring to a VPC: private hosted zones, resolver rules, DNS Firewall rule groups, endpoints.

Where the VPC has a zone or rule of the same name itself, its own goes first; that order is an assumption, as is the
order of several profiles by priority.

**Source:** "What are Amazon Route 53 Profiles?", "Updating the priority of a Route 53 Profile association with a VPC"
(Route 53 Developer Guide); API reference ListProfileAssociations, ListProfileResourceAssociations; fact N173.
"""

from __future__ import annotations

import msgspec

from reachsim.dns.joined import found_file, resource_of
from reachsim.dns.resolution import Asking, Noted
from reachsim.model import records as aws


class Group(msgspec.Struct, frozen=True, order=True):
    """A DNS Firewall rule group, with its priority among those of the same profile."""

    priority: int
    id: str


class Brought(msgspec.Struct, frozen=True):
    """What the profiles of a VPC bring, by id, each with the profile's rank (1 = the first one asked)."""

    zones: dict[str, int]
    rules: dict[str, int]
    endpoints: dict[str, int]
    groups: tuple[tuple[Group, ...], ...]
    """Rule groups by profile, each profile's in their order."""


class _Priority(msgspec.Struct, frozen=True):
    priority: int | None = None


def brought(asking: Asking, noted: Noted) -> Brought:
    """What profiles bring to a VPC; a profile whose resources are not in the snapshot is noted as a gap.

    The list of associations itself is not asked for where nothing tells of a profile: DESIGN's table does not name it.
    """
    network = asking.network
    path = network.path(asking.home, "route53profiles", "list-profile-associations")
    told = network.snapshot.status(path) != "missing"
    told = told or any(network.snapshot.children(*asking.home, "route53profiles", "list-profile-resource-associations"))
    if told and network.unknown(path):
        noted.default(network, path, asking.vpc_id, f"no Route 53 Profile is associated with {asking.vpc_id}")
    associated = [
        one
        for one in network.read_collection(path, "ProfileAssociations", aws.ProfileAssociation)
        if one.resource_id == asking.vpc_id and _counts(noted, one.profile_id or "", one.status)
    ]
    made = Brought({}, {}, {}, ())
    groups: list[tuple[Group, ...]] = []
    ordered = sorted(associated, key=lambda one: (one.priority or 0, one.profile_id or ""))
    for rank, one in enumerate(ordered, start=1):
        groups.append(_add(asking, noted, made, one.profile_id or "", rank))
    return msgspec.structs.replace(made, groups=tuple(groups))


def _add(asking: Asking, noted: Noted, made: Brought, profile: str, rank: int) -> tuple[Group, ...]:
    """Add one profile's resources; returns its rule groups."""
    network = asking.network
    operation = "list-profile-resource-associations"
    path = found_file(network, asking.home, "route53profiles", operation, profile)
    if network.snapshot.status(path) != "ok":
        detail = f"Route 53 Profile {profile} is associated, and what it brings is not in the snapshot ({path})"
        noted.lack("DNS_PROFILE_UNSEEN", profile or asking.vpc_id, detail, (path,))
        return ()
    groups: list[Group] = []
    for one in network.read_collection(path, "ProfileResourceAssociations", aws.ProfileResourceAssociation):
        if not _counts(noted, profile, one.status):
            continue
        kind, resource = _kind(one.resource_arn), resource_of(one.resource_arn)
        if kind == "firewall-rule-group":
            groups.append(Group(_priority(one.resource_properties), resource))
        elif kind == "hostedzone":
            made.zones.setdefault(resource, rank)
        elif kind == "resolver-rule":
            made.rules.setdefault(resource, rank)
        elif kind == "vpc-endpoint":
            made.endpoints.setdefault(resource, rank)
        elif kind != "resolver-query-log-config":
            detail = f"Route 53 Profile {profile} brings {one.resource_arn}, which is not modelled"
            noted.lack("DNS_PROFILE_UNSEEN", profile, detail)
    return tuple(sorted(groups))


def _counts(noted: Noted, profile: str, status: str | None) -> bool:
    """Whether an association counts; that it may or may not be in force is noted."""
    state = (status or "COMPLETE").upper()
    what = f"an association of Route 53 Profile {profile} is {state}"
    if state == "FAILED":  # whether it was its making or its ending
        noted.take("STATE_CHANGING", profile, f"{what}: it was taken to have ended", "leak")
    elif state == "UPDATING":
        noted.take("STATE_CHANGING", profile, f"{what}: it was taken as it stands", "leak")
    elif state not in ("COMPLETE", "DELETED"):
        noted.lack("DNS_PROFILE_UNSEEN", profile, f"{what} and may not be in force")
    return state not in ("FAILED", "DELETED")


def _kind(arn: str) -> str:
    return arn.rsplit(":", 1)[-1].partition("/")[0]


def _priority(properties: str | None) -> int:
    try:
        return msgspec.json.decode(properties or "{}", type=_Priority).priority or 0
    except msgspec.MsgspecError:
        return 0
