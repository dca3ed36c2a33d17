"""Kinds of interfaces: all that answers go by, addresses apart.

Most interfaces have one private address, no public one and nothing else about them; these are told apart by a few
fields of their records, and no `reachsim.model.interfaces.Interface` is made of each.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np

from reachsim.evidence import Gap
from reachsim.forwarding.delivery import takes_requests
from reachsim.intervals import IntervalSet
from reachsim.model.interfaces import plain_address
from reachsim.model.network import Network
from reachsim.slices.atoms import Bools, Numbers
from reachsim.sources import ports_behind


class Place(NamedTuple):
    """A subnet, and the VPC that the interface itself says it is in."""

    subnet_id: str
    vpc_id: str


class GroupSet(NamedTuple):
    """The security groups of an interface, seen from its VPC."""

    groups: tuple[str, ...]
    vpc_id: str


class Receiving(NamedTuple):
    """What becomes of a request that has reached an interface: surely nothing, not known, or for the point path."""

    blocked: bool = False
    gaps: tuple[Gap, ...] = ()
    other: bool = False


def receiving_of(interface_type: str | None) -> Receiving:
    """The same at an interface that is nothing but one, by its type."""
    takes = takes_requests(interface_type)
    if takes is None:
        return Receiving(gaps=(Gap("UNMODELLED_COMPONENT", "", interface_type or "", can_hide="block"),))
    return Receiving(blocked=not takes)


class Traits(NamedTuple):
    """The rest. ``alone`` names an interface that is like no other; ``outward`` is what an internet gateway goes by:
    whether there is a public address, and the interface's switches.
    """

    kind: str
    alone: str
    client_ports: IntervalSet
    receiving: Receiving
    outward: tuple[bool, bool, bool]
    version: int

    @property
    def order(self) -> Hashable:
        return self.kind, self.alone, self.client_ports.spans, str(self.receiving), self.outward, self.version


class Kinds:
    """Kinds by number, and the numbers of what they consist of."""

    def __init__(self) -> None:
        self.places: dict[Place, int] = {}
        self.sets: dict[GroupSet, int] = {}
        self.traits: dict[Traits, int] = {}
        self._numbers: dict[tuple[int, int, int], int] = {}

    def number(self, place: Place, groups: GroupSet, traits: Traits) -> int:
        key = (
            self.places.setdefault(place, len(self.places)), self.sets.setdefault(groups, len(self.sets)),
            self.traits.setdefault(traits, len(self.traits)),
        )  # fmt: skip
        return self._numbers.setdefault(key, len(self._numbers))

    @property
    def parts(self) -> Numbers:
        """Of each kind the numbers of its place, its set of groups and its traits: [kind, part]."""
        return np.array(list(self._numbers), np.int64).reshape(-1, 3)


class Plain(NamedTuple):
    """Interfaces with one address each: their numbers among all, and of each its kind and its address."""

    interfaces: Numbers
    kinds: Numbers
    addresses: Numbers

    def where(self, wanted: Bools) -> Plain:
        return Plain(*(column[wanted] for column in self))


def plain_interfaces(network: Network, kinds: Kinds) -> Plain:
    """The interfaces that their records tell all about, in order."""
    known: dict[Hashable, int] = {}
    listed, instances = network.interfaces.listed, network.instances
    found = []
    for index, (name, record) in enumerate(network.network_interfaces.items()):
        address = plain_address(record)
        if address is None or name in listed:
            continue
        attachment = record.attachment
        instance = None if attachment is None else instances.get(attachment.instance_id or "")
        key = (
            record.subnet_id, record.vpc_id, record.groups, record.source_dest_check, record.deny_all_igw_traffic,
            record.interface_type, None if instance is None else instance.platform or "",
        )  # fmt: skip
        kind = known.get(key)
        if kind is None:
            vpc_id, ports = record.vpc_id or "", ports_behind(instance)
            switches = record.source_dest_check, record.deny_all_igw_traffic
            kind = known[key] = kinds.number(
                Place(record.subnet_id or "", vpc_id), GroupSet(tuple([one.group_id for one in record.groups]), vpc_id),
                Traits("interface", "", ports, receiving_of(record.interface_type), (False, *switches), 4),
            )  # fmt: skip
        found.append((index, kind, address))
    return Plain(*np.array(found, np.int64).reshape(-1, 3).T)
