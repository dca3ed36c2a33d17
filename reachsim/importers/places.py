"""Which account and Region a record of an AWS answer belongs to, read from the record itself.

An answer does not say who asked. What a record says of itself: its Availability Zone or ARN, then the VPC it lies
in, then the name of its service. **Not** evidence, for these may lie elsewhere: the two ends of a peering
connection, the other side of a Direct Connect association, the owner of a transit gateway attachment's resource.

A describe call answers with what others share with the account too (subnets through AWS RAM, for one), so the
account is whatever most records say that nobody can share, and only without any of these what most of all records
say.

**Source:** AWS general reference, "Amazon Resource Names (ARNs)"; EC2 user guide, "Regions and Zones" (a Local Zone
is named after its parent Region: ``us-west-2-lax-1a``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Record = Mapping[str, Any]

NO_ACCOUNT = "000000000000"
"""Stands for the account where the data doesn't tell."""
NOT_SHARED = frozenset({"DBInstances", "DomainStatusList", "LoadBalancers", "NetworkInterfaces", "Reservations",
                        "TargetGroups", "VpcEndpoints"})  # fmt: skip
"""Keys whose records always belong to the account that asked."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)?-(?:central|(?:north|south)(?:east|west)?|east|west)-[0-9]{1,2}")
_ARN_FIELDS = (
    "ARN",
    "DBInstanceArn",
    "ListenerArn",
    "LoadBalancerArn",
    "PrefixListArn",
    "SecurityGroupArn",
    "SubnetArn",
    "TargetGroupArn",
    "TransitGatewayArn",
)
_NAME_FIELDS = ("ServiceName", "PrefixListName", "PrivateDnsName", "DNSName", "DnsName")


def is_account(text: str) -> bool:
    """Whether a text is an account id: twelve digits."""
    return _ACCOUNT.fullmatch(text) is not None


def is_region(text: str) -> bool:
    """Whether a text has the form of a Region's name, with a point of the compass; no list of Regions is kept.

    >>> is_region("ap-northeast-1"), is_region("us-gov-west-1"), is_region("us-west-2a"), is_region("aws-dump-2")
    (True, True, False, False)
    """
    return _REGION.fullmatch(text) is not None


def named_in(text: str) -> tuple[str, str | None]:
    """(the account, the Region) that the name of a folder or file holds; "" and None for none or several.

    >>> named_in("prod-111122223333-eu-west-1"), named_in("eu-west-1_us-east-1"), named_in("app-prod-1")
    (('111122223333', 'eu-west-1'), ('', None), ('', None))
    """
    accounts = set(re.findall(r"(?<![0-9a-f])[0-9]{12}(?![0-9a-f])", text))
    regions = set(re.findall(rf"(?<![a-z0-9]){_REGION.pattern}(?![a-z0-9])", text.lower()))
    return accounts.pop() if len(accounts) == 1 else "", regions.pop() if len(regions) == 1 else None


def region_of_zone(zone: object) -> str | None:
    """The Region of an Availability Zone, Local Zone or Wavelength Zone, by its name.

    >>> region_of_zone("us-east-2b"), region_of_zone("us-west-2-lax-1a"), region_of_zone("usw2-az1")
    ('us-east-2', 'us-west-2', None)
    """
    match = _REGION.match(zone) if isinstance(zone, str) else None
    return match[0] if match and not zone[match.end() : match.end() + 1].isdigit() else None  # type: ignore[index]


def region_in_name(name: object) -> str | None:
    """The Region that is one label of a service's or host's name.

    >>> region_in_name("com.amazonaws.us-east-1.s3"), region_in_name("com.amazonaws.global.cloudfront")
    ('us-east-1', None)
    """
    return next((label for label in name.split(".") if is_region(label)), None) if isinstance(name, str) else None


def own_region(record: Record) -> str | None:
    """The Region that a record gives for itself by zone or ARN; None if it doesn't."""
    record = next(iter(_records(record.get("Instances"))), record)  # a reservation lies where its instances do
    placement = record.get("Placement")
    zones = record.get("AvailabilityZones")
    first = zones[0] if isinstance(zones, list) and zones else None
    candidates = [
        record.get("RegionName"),
        record.get("AvailabilityZone"),
        placement.get("AvailabilityZone") if isinstance(placement, dict) else None,
        record.get("NetworkBorderGroup"),
        *(_arn_part(record, field, 3) for field in _ARN_FIELDS),
        first.get("ZoneName") if isinstance(first, dict) else first,
    ]
    return next(filter(None, map(region_of_zone, candidates)), None)


def named_region(record: Record) -> str | None:
    """The Region in the names that a record bears: weaker, as an endpoint may serve another Region's service."""
    if record.get("ServiceRegion"):
        return None
    return next(filter(None, (region_in_name(record.get(field)) for field in _NAME_FIELDS)), None)


def vpc_of(record: Record) -> str | None:
    """The VPC that a record is, lies in, or is attached to."""
    attached = (one.get("VpcId") for key in ("Attachments", "VpcAttachments") for one in _records(record.get(key)))
    resource = record.get("ResourceId") if record.get("ResourceType") == "vpc" else None
    candidates = (record.get("VpcId"), *attached, resource)
    return next((vpc for vpc in candidates if isinstance(vpc, str) and vpc), None)


def regions_of(records: Iterable[Record]) -> list[str | None]:
    """The Region of each record, in order: its own, else that of its VPC, else the one in its names."""
    records = list(records)
    own = [own_region(record) for record in records]
    votes: dict[str, Counter[str]] = {}
    for record, region in zip(records, own, strict=True):
        if region and (vpc := vpc_of(record)):
            votes.setdefault(vpc, Counter())[region] += 1
    of_vpc = {vpc: region for vpc, counted in votes.items() if (region := most_common(counted))}
    return [
        region or of_vpc.get(vpc_of(record) or "") or named_region(record)
        for record, region in zip(records, own, strict=True)
    ]


def owner_of(record: Record) -> str | None:
    """The owner that a record names, as it stands there: normally twelve digits; None if it names none."""
    owner = record.get("OwnerId")
    if isinstance(owner, str) and owner:
        return owner
    return next(filter(None, (_arn_part(record, field, 4) for field in _ARN_FIELDS)), None)


def most_common(votes: Counter[str]) -> str | None:
    """The winner; of several equals the one that sorts first, so that the same input gives the same answer."""
    return min(votes, key=lambda name: (-votes[name], name)) if votes else None


def _records(value: object) -> list[Record]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _arn_part(record: Record, field: str, index: int) -> str | None:
    """Part 3 (Region) or 4 (account) of ``arn:partition:service:region:account:resource``."""
    arn = record.get(field)
    parts = arn.split(":", 5) if isinstance(arn, str) else []
    return parts[index] if len(parts) == 6 and parts[0] == "arn" else None
