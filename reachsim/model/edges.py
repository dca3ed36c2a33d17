"""Subnets outside of a Region's own zones: in Local Zones, in Wavelength Zones, on Outposts.

**Source:** "Subnets in AWS Local Zones", "Subnets in AWS Wavelength" (VPC User Guide); "Outposts Rack Intra-VPC
routing" (AWS Outposts High Availability Design). Which kind a zone is of is told by its name: ``us-west-2-lax-1a``,
``us-east-1-wl1-bos-wlz-1``; by its id, ``usw2-lax1-az1`` or ``use1-wl1-bos-wlz1``, where that is all that is known.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from msgspec import Struct

from reachsim.model.network import Network
from reachsim.model.records import Subnet

EdgeKind = Literal["local-zone", "wavelength-zone", "outpost"]
_FARTHER_ZONE: Final = r"[a-z]{2}(-[a-z]+)+-\d+-[a-z0-9-]+"
_FARTHER_ID: Final = r"[a-z]+\d+-([a-z0-9]+-)+(az|wlz)\d+"


class Edge(Struct, frozen=True):
    """Where a subnet is: the kind, and the zone's name or the Outpost's ARN."""

    kind: EdgeKind
    name: str


def edge_of(subnet: Subnet | None) -> Edge | None:
    """The edge that a subnet is at; None in a Region's own zones.

    >>> edge_of(Subnet("subnet-1", "vpc-1", availability_zone="us-west-2-lax-1a", ipv6_native=True)).kind
    'local-zone'
    """
    if subnet is None:
        return None
    if subnet.outpost_arn:
        return Edge("outpost", subnet.outpost_arn)
    zone, known = subnet.availability_zone or "", subnet.availability_zone_id or ""
    if not zone and re.fullmatch(_FARTHER_ID, known):  # of what is planned by the zone's id
        return Edge("wavelength-zone" if "-wlz" in known else "local-zone", known)
    if zone.count("-") < 3 or not re.fullmatch(_FARTHER_ZONE, zone):
        return None
    return Edge("wavelength-zone" if "-wlz-" in zone else "local-zone", zone)


def edges(network: Network) -> dict[str, Edge]:
    """By subnet, those that are at an edge."""
    found = ((name, edge_of(subnet)) for name, subnet in network.subnets.items())
    return {name: edge for name, edge in found if edge is not None}


_APART: Final = {"wavelength-zone": "Wavelength Zones", "outpost": "Outposts"}


def kept_apart(here: Edge | None, there: Edge | None) -> str:
    """Why the local route does not join subnets of one VPC at two edges, or "".

    "EC2 instances that are in different Wavelength Zones in the same VPC are not allowed to communicate with each
    other"; "Outposts-to-Outposts traffic routing through the Region is blocked".
    """
    if here is None or there is None or here == there or here.kind != there.kind or here.kind not in _APART:
        return ""
    return (
        f"{here.name} and {there.name} are different {_APART[here.kind]}, between which no local route carries traffic"
    )
