"""What can send and receive in a VPC, in one shape: real network interfaces and the virtual ones of CodeBuild."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from functools import cached_property
from typing import Literal

import msgspec

from reachsim.addresses import V4, V6_BASE
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.decode import garbage_collector_paused
from reachsim.model.records import NetworkInterface, Subnet

Kind = Literal["interface", "virtual", "public", "any", "endpoint", "nat", "load-balancer", "gateway-load-balancer"]

_KINDS: dict[str, Kind] = {
    "vpc_endpoint": "endpoint",
    "gateway_load_balancer_endpoint": "gateway-load-balancer",
    "nat_gateway": "nat",
    "natGateway": "nat",
    "network_load_balancer": "load-balancer",
    "gateway_load_balancer": "load-balancer",
    "load_balancer": "load-balancer",
}


class Interface(msgspec.Struct, frozen=True):
    """One network interface, real or virtual.

    ``addresses`` are its own private addresses (IPv4 and IPv6, delegated prefixes included), ``public`` pairs a
    private IPv4 address with the public one that an internet gateway translates it to (fact N33). A ``virtual``
    interface is one that CodeBuild creates when a build starts: it gets some free address of its subnet and never a
    public one (N32, N212); a ``public`` one is a Fargate task's that gets one. An ``any`` interface stands for
    whatever could be in a subnet.
    """

    id: str
    vpc_id: str
    subnet_id: str
    groups: tuple[str, ...]
    addresses: IntervalSet
    public: tuple[tuple[int, int], ...] = ()
    source_dest_check: bool = True
    deny_all_igw_traffic: bool = False
    kind: Kind = "interface"
    instance_id: str | None = None

    @property
    def public_addresses(self) -> IntervalSet:
        return IntervalSet.of((public, public) for _, public in self.public)

    @property
    def is_build(self) -> bool:
        """Whether CodeBuild makes it for a build."""
        return self.kind == "virtual" and self.id.startswith("codebuild:")


class Interfaces(Mapping[str, Interface]):
    """Interfaces by id, in the order of their records; each is made when it is first asked for.

    ``listed`` are the ids that an endpoint or a NAT gateway lists: their records may not tell all.

    Args:
        records: what describe-network-interfaces says.
        endpoints: ids that an endpoint lists as its own, though their record may not tell.
        nats: ids that a NAT gateway lists.
    """

    def __init__(
        self, records: Mapping[str, NetworkInterface], endpoints: frozenset[str], nats: frozenset[str]
    ) -> None:
        self._records, self._endpoints, self._nats = records, endpoints, nats
        self.listed = frozenset((*endpoints, *nats))
        self._made: dict[str, Interface] = {}
        self._ordered: dict[str, Interface] | None = None

    def __getitem__(self, name: str) -> Interface:
        made = self._made.get(name)
        if made is None:
            made = interface_of(self._records[name])
            if name in self._endpoints and made.kind == "interface":
                made = msgspec.structs.replace(made, kind="endpoint")
            if name in self._nats:
                made = msgspec.structs.replace(made, kind="nat")
            self._made[name] = made
        return made

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kinds of those that are no plain interfaces, by id."""
        found: dict[str, Kind] = dict.fromkeys(self._endpoints & self._records.keys(), "endpoint")
        found |= {name: _kind(record) for name, record in self._records.items()
                  if record.interface_type in _KINDS or (record.description or "").startswith("ELB ")}  # fmt: skip
        return found | dict.fromkeys(self._nats & self._records.keys(), "nat")

    def __contains__(self, name: object) -> bool:
        return name in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def values(self) -> ValuesView[Interface]:
        return self._all().values()

    def items(self) -> ItemsView[str, Interface]:
        return self._all().items()

    def _all(self) -> dict[str, Interface]:
        if self._ordered is None:
            with garbage_collector_paused():
                self._ordered = {name: self[name] for name in self._records}
        return self._ordered


def plain_address(record: NetworkInterface) -> int | None:
    """The private IPv4 address of what is nothing but a network interface with that one address and no public one; None
    of any other. Of two such records `interface_of` makes interfaces that differ in the fields that these differ in.
    """
    listed = record.private_ip_addresses
    if len(listed) != 1 or record.ipv6_addresses or record.ipv4_prefixes or record.ipv6_prefixes:
        return None
    if record.association is not None or listed[0].association is not None or _kind(record) != "interface":
        return None
    number = listed[0].private_ip_address.number
    return number if number < V6_BASE else None


def interface_of(record: NetworkInterface) -> Interface:
    """The interface that a ``describe-network-interfaces`` record describes."""
    groups = tuple([group.group_id for group in record.groups])
    listed, attachment = record.private_ip_addresses, record.attachment
    number = plain_address(record)
    if number is not None:  # as most are
        return Interface(
            record.network_interface_id, record.vpc_id or "", record.subnet_id or "", groups,
            IntervalSet.single(number), (), record.source_dest_check, record.deny_all_igw_traffic,
            "interface", attachment.instance_id if attachment else None,
        )  # fmt: skip
    own = record.private_ip_address
    pairs = [  # the primary one's public address stands in both places
        (one.private_ip_address, one.association or (record.association if one.private_ip_address == own else None))
        for one in listed
    ]
    if not pairs and own is not None:
        pairs = [(own, record.association)]
    spans = [(private.number, private.number) for private, _ in pairs]
    spans += [(one.ipv6_address.number, one.ipv6_address.number) for one in record.ipv6_addresses]
    blocks = [one.ipv4_prefix.block for one in record.ipv4_prefixes]
    blocks += [one.ipv6_prefix.block for one in record.ipv6_prefixes]
    return Interface(
        id=record.network_interface_id,
        vpc_id=record.vpc_id or "",
        subnet_id=record.subnet_id or "",
        groups=groups,
        addresses=IntervalSet.union_of([IntervalSet.of(spans), *blocks]),
        public=tuple(
            (private.number, association.public_ip.number)
            for private, association in pairs
            if association is not None and association.public_ip is not None
        ),
        source_dest_check=record.source_dest_check,
        deny_all_igw_traffic=record.deny_all_igw_traffic,
        kind=_kind(record),
        instance_id=attachment.instance_id if attachment else None,
    )


def virtual_interface(subnet: Subnet, groups: tuple[str, ...], name: str, kind: Kind = "virtual") -> Interface:
    """An interface that could be in a subnet, at any of its assignable addresses.

    AWS keeps the first four addresses and the last of a subnet's IPv4 block ("Subnet CIDR blocks"). CodeBuild asks
    for no IPv6 address, so a ``virtual`` interface has none unless its subnet gives one to every new interface
    (``AssignIpv6AddressOnCreation``, EC2 API reference).
    """
    addresses = assignable(subnet)
    if kind == "virtual" and not subnet.assign_ipv6_address_on_creation:
        addresses = addresses & V4
    return Interface(
        id=name, vpc_id=subnet.vpc_id, subnet_id=subnet.subnet_id, groups=groups, addresses=addresses, kind=kind
    )


def assignable(subnet: Subnet) -> IntervalSet:
    """Addresses of a subnet that an interface may get."""
    usable = EMPTY
    blocks = [subnet.cidr_block.block] if subnet.cidr_block else []
    blocks += [
        one.ipv6_cidr_block.block
        for one in subnet.ipv6_cidr_block_association_set
        if not one.ipv6_cidr_block_state.state.gone
    ]
    for block in blocks:
        low, high = block.spans[0]
        usable = usable | IntervalSet.span(low + 4, high - 1)
    return usable


def _kind(record: NetworkInterface) -> Kind:
    if (record.description or "").startswith("ELB "):
        return "load-balancer"
    return _KINDS.get(record.interface_type or "interface", "interface")
