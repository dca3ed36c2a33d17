"""A random network under construction, and what its parts are drawn from."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.build import Build

ON_PREMISES = "192.168.0.0/16"
OVERLAPPING = "100.64.0.0/16"
"""A block that several VPCs may have, each of them behind a private NAT gateway."""
PORTS = ((443, 443), (22, 22), (53, 53), (1024, 65535), (32768, 60999), (0, 65535), (1024, 40000))
BLOCKS = (
    "0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.1.0/24", "10.1.0.0/16", "52.216.0.0/15",
    "203.0.113.0/24", "198.51.100.0/24", "10.0.2.8/29", ON_PREMISES,
)  # fmt: skip
BLOCKS_V6 = (
    "::/0", "::/0", "2600:1f18::/32", "2600:1f18::/56", "2600:1f18:0:100::/56", "2600:1f18:0:1::/64",
    "2600:1f18:0:2::8/125", "2001:db8::/32",
)  # fmt: skip
ICMP = ((-1, -1), (8, -1), (8, 0), (0, -1), (3, 4), (13, 0))
ICMPV6 = ((-1, -1), (128, -1), (128, 0), (129, -1), (2, 0))
LISTS = (
    ("203.0.113.0/24", "10.1.0.0/16"),
    ("203.0.113.0/24", "203.0.113.128/25", ON_PREMISES),
    ("10.0.0.0/8", "52.216.0.0/16"),
    ("2001:db8::/32", "2600:1f18:0:100::/56"),
)


@dataclass
class Place:
    """A subnet: its number in its VPC, its own route table if it has one, and its blocks. No ``cidr``: IPv6 only."""

    id: str
    number: int
    zone: str
    table: str | None
    cidr: str | None
    cidr_v6: str | None

    def v4(self, host: int) -> str:
        assert self.cidr is not None
        return f"{self.cidr.rpartition('.')[0]}.{host}"

    def v6(self, host: int) -> str:
        assert self.cidr_v6 is not None
        return f"{self.cidr_v6.removesuffix('/64')}{host:x}"


@dataclass
class Site:
    """A VPC."""

    net: Build
    id: str
    index: int
    ipv6: bool
    groups: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    interfaces: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    """What a route of it can sensibly point to."""
    more_tables: list[str] = field(default_factory=list)
    """Tables of its regional NAT gateways."""

    @property
    def cidr(self) -> str:
        return f"10.{self.index}.0.0/16"

    @property
    def cidr_v6(self) -> str:
        return f"2600:1f18:0:{self.index}00::/56"

    @property
    def tables(self) -> list[str]:
        """Its route tables that some subnet uses."""
        own = [place.table or self.net.main_table(self.id) for place in self.places]
        return list(dict.fromkeys(own)) + self.more_tables

    @property
    def overlaps(self) -> bool:
        return OVERLAPPING in [one["CidrBlock"] for one in self.net[self.id]["CidrBlockAssociationSet"]]

    @property
    def v4_places(self) -> list[Place]:
        """Its subnets that have IPv4."""
        return [place for place in self.places if place.cidr]


@dataclass
class Draft:
    """A network under construction."""

    rng: random.Random
    features: frozenset[str]
    builds: list[Build]
    sites: list[Site] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    def has(self, feature: str) -> bool:
        return self.rng.random() < (0.9 if feature in self.features else 0.08)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    @property
    def has_project(self) -> bool:
        return bool(self.builds[0]._lists["codebuild/batch-get-projects"])

    @property
    def interfaces(self) -> list[str]:
        return [eni for site in self.sites for eni in site.interfaces]

    def files(self) -> dict[str, bytes]:
        return {path: data for build in self.builds for path, data in build.files().items()}
