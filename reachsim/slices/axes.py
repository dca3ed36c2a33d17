"""The axes of the matrix: addresses of interfaces in order, cut where any rule names an address, grouped by likeness.

A *node* is one address of one interface. Between two bounds (ends of the blocks that anything names) no rule tells
addresses apart: an *atom*. Nodes of one subnet and atom, with the same security groups and switches, form a *class*,
and get the same answers. Security groups bound atoms more finely than networks do, so there are two kinds of atoms.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from reachsim.addresses import AMAZON_LOCAL, V6_BASE
from reachsim.evidence import Gap
from reachsim.forwarding import Ground
from reachsim.forwarding.delivery import SSH, carries, carries_git
from reachsim.forwarding.ground import missing, unseen
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.model.load_balancing import nodes_behind
from reachsim.model.network import Network, subnet_addresses
from reachsim.sources import client_ports_of

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Small = npt.NDArray[np.uint8]
MOST_IN_A_SPAN = 16
"""Addresses in a row that are told apart one by one; an interface with more of them stands for itself."""


class Receiving(NamedTuple):
    """What becomes of a request that has reached an interface: surely nothing, not known, or for the point path."""

    blocked: bool = False
    gaps: tuple[Gap, ...] = ()
    other: bool = False


class Class(NamedTuple):
    """Nodes that get the same answers. ``alone`` names an interface that is like no other; ``outward`` is what an
    internet gateway goes by: whether there is a public address, and the interface's switches.
    """

    net_atom: int
    atom: int
    subnet_id: str
    vpc_id: str
    groups: tuple[str, ...]
    kind: str
    client_ports: IntervalSet
    receiving: Receiving
    alone: str
    version: int
    outward: tuple[bool, bool, bool]


class Atoms:
    """Positions of addresses between bounds."""

    def __init__(self, sets: Iterable[IntervalSet], used: Sequence[int]) -> None:
        spans = {span for one in set(sets) for span in one.spans}
        bounds = sorted({edge for low, high in spans for edge in (low, high + 1)})
        places, atoms = np.unique(_places(bounds, used), return_inverse=True)
        self._bounds = bounds
        self._index = {place: index for index, place in enumerate(places.tolist())}
        self._lows = [bounds[place - 1] if place else 0 for place in self._index]
        self._of: dict[int, int] = dict(zip(used, atoms.tolist(), strict=True))
        self.count = len(places)

    def of(self, address: int) -> int:
        """The atom of an address in use."""
        return self._of[address]

    def slices(self, addresses: IntervalSet) -> list[tuple[int, int]]:
        """The atoms in a set whose edges are bounds, as half-open ranges."""
        lows = self._lows
        found = []
        for low, high in addresses.spans:
            start, end = bisect_left(lows, low), bisect_right(lows, high)
            if start < end:
                found.append((start, end))
        return found

    def cut(self, addresses: IntervalSet) -> list[int]:
        """The atoms that a set holds only part of."""
        edges = [edge for low, high in addresses.spans for edge in (low, high + 1)]
        places = (bisect_right(self._bounds, edge) for edge in edges if not self._is_bound(edge))
        return [self._index[place] for place in places if place in self._index]

    def _is_bound(self, edge: int) -> bool:
        place = bisect_left(self._bounds, edge)
        return place < len(self._bounds) and self._bounds[place] == edge

    def row(self, addresses: IntervalSet) -> Bools:
        """The atoms in a set, as a row."""
        row = np.zeros(self.count, np.bool_)
        for start, end in self.slices(addresses):
            row[start:end] = True
        return row


class Axes:
    """The axes of a network's matrix for one service.

    ``classes`` are sorted by atom. Interfaces of the same classes share an end: ``members`` are the interfaces of each,
    ``classes_of`` its classes, by which ends are sorted.
    """

    def __init__(
        self, ground: Ground, service: int, group_sets: Iterable[IntervalSet], net_sets: Iterable[IntervalSet]
    ) -> None:
        network = ground.network
        self.ground, self.service = ground, service
        self.interfaces = tuple(network.interfaces.values())
        net_sets = list(net_sets)
        numbers_of = [_numbers(one.addresses) for one in self.interfaces]
        used = list(dict.fromkeys(itertools.chain.from_iterable(numbers_of)))
        self.net_atoms = Atoms(net_sets, used)
        self.overlapping = _overlapping(network)
        singles = [IntervalSet.single(number) for number in used] if self.overlapping else []
        self.atoms = Atoms([*net_sets, *group_sets, *singles], used)
        self._resolvers = IntervalSet.of((number, number) for number in _resolvers(network))
        self._plain: dict[tuple[str, str], IntervalSet] = {}
        self._seen: set[tuple[str, int]] = set()
        alike: dict[Hashable, list[int]] = {}
        ends: dict[tuple[Class, ...], list[int]] = {}
        for index, interface in enumerate(self.interfaces):
            numbers = numbers_of[index]
            odd = self._is_odd(interface, numbers)
            likeness: Hashable = index
            if not odd and len(numbers) == 1 and not self.overlapping:
                likeness = (self._likeness(interface), self.net_atoms.of(numbers[0]), self.atoms.of(numbers[0]))
            members = alike.get(likeness)
            if members is None:
                members = alike[likeness] = ends.setdefault(self._classes_of(interface, numbers, odd=odd), [])
            members.append(index)
        self.classes = sorted({one for mine in ends for one in mine},
                              key=lambda one: (one.atom, one.subnet_id, one.groups, one.kind, one.alone,
                                               one.client_ports.spans, str(one.receiving), one.outward))  # fmt: skip
        position = {one: index for index, one in enumerate(self.classes)}
        placed = sorted((tuple(position[one] for one in mine), members) for mine, members in ends.items())
        self.classes_of = [mine for mine, _ in placed]
        self.members = [each for _, each in placed]
        self.atom_of = np.array([one.atom for one in self.classes], np.int64)

    def row(self, addresses: IntervalSet) -> Bools:
        """The classes in a set whose edges are bounds."""
        return self.atoms.row(addresses)[self.atom_of]

    def _unlisted(self, vpc_id: str) -> bool:
        """Whether the files that list what is in a VPC are missing: what else is there is not known then."""
        return bool(self.ground.lacks_for_vpc(vpc_id, "describe-subnets", "describe-network-interfaces"))

    def _plain_addresses(self, subnet_id: str, vpc_id: str) -> IntervalSet:
        """The addresses of a subnet that are nothing but those of interfaces; none where it is not known whole."""
        network = self.ground.network
        subnet = network.subnets.get(subnet_id)
        if subnet is None or subnet.vpc_id != vpc_id or vpc_id not in network.vpcs or self._unlisted(vpc_id):
            return EMPTY
        return subnet_addresses(subnet) - AMAZON_LOCAL - self._resolvers

    def _is_odd(self, interface: Interface, numbers: Sequence[int]) -> bool:
        """Whether all that an interface asks and is asked is for the point path."""
        subnet_id, place = interface.subnet_id, (interface.subnet_id, interface.vpc_id)
        if place not in self._plain:
            self._plain[place] = self._plain_addresses(*place)
        plain = self._plain[place]
        odd = not numbers or (len(numbers) > 1 and interface.addresses.size != len(numbers))
        for number in numbers:
            odd = odd or number not in plain or (subnet_id, number) in self._seen
            self._seen.add((subnet_id, number))
        return odd

    def _likeness(self, interface: Interface) -> Hashable:
        """All of an interface that its classes go by, its addresses apart."""
        network = self.ground.network
        endpoint = network.endpoint_of_interface.get(interface.id)
        return (
            interface.subnet_id, interface.vpc_id, interface.groups, interface.kind,
            client_ports_of(network, interface), endpoint and endpoint.vpc_endpoint_id, *_outward(interface),
        )  # fmt: skip

    def _classes_of(self, interface: Interface, numbers: Sequence[int], *, odd: bool) -> tuple[Class, ...]:
        alone = interface.id if odd or len(numbers) > 1 or self.overlapping else ""
        ports, outward = client_ports_of(self.ground.network, interface), _outward(interface)
        if odd:
            number = numbers[0] if numbers else 0
            atom = self.atoms.of(number) if numbers else 0
            where = (interface.subnet_id, interface.vpc_id, interface.groups)
            receiving = Receiving(other=True)
            return (Class(-1, atom, *where, "odd", ports, receiving, alone, _version(number), outward),)
        receiving = receiving_at(self.ground, interface, self.service)
        return tuple(
            Class(
                self.net_atoms.of(number), self.atoms.of(number), interface.subnet_id, interface.vpc_id,
                interface.groups, interface.kind, ports, receiving, f"{alone}/{number}" if alone else "",
                _version(number), outward,
            )
            for number in numbers
        )  # fmt: skip


def _numbers(addresses: IntervalSet) -> list[int]:
    """The first addresses of each span."""
    return [number for low, high in addresses.spans for number in range(low, min(high + 1, low + MOST_IN_A_SPAN))]


def _places(bounds: Sequence[int], numbers: Sequence[int]) -> Numbers:
    """Between which bounds numbers lie: how many bounds are no greater than each."""
    small = bisect_left(bounds, V6_BASE)
    kept: Numbers = np.array([min(number, V6_BASE) for number in numbers], np.int64)
    places = np.searchsorted(np.array(bounds[:small], np.int64), kept, side="right")
    for place in np.flatnonzero(kept == V6_BASE).tolist():
        places[place] = bisect_right(bounds, numbers[place])
    return places


def _version(number: int) -> int:
    return 4 if number < V6_BASE else 6


def _outward(interface: Interface) -> tuple[bool, bool, bool]:
    return bool(interface.public), interface.source_dest_check, interface.deny_all_igw_traffic


def receiving_at(ground: Ground, interface: Interface, service: int) -> Receiving:
    """What `reachsim.forwarding.delivery` does with a request at this kind of interface."""
    network = ground.network
    if interface.kind in ("nat", "gateway-load-balancer"):
        return Receiving(blocked=True)
    if interface.kind == "load-balancer":
        return Receiving(other=True)
    endpoint = network.endpoint_of_interface.get(interface.id)
    if endpoint is None:
        if interface.kind != "endpoint":
            return Receiving()
        lacking = ground.lacks_for_vpc(interface.vpc_id, "describe-vpc-endpoints")
        what = "the endpoint of an interface"
        gap = missing(lacking, interface.vpc_id, what) if lacking else unseen(interface.vpc_id, what)
        return Receiving(gaps=(gap,))
    if nodes_behind(network, endpoint) is not None:
        return Receiving(other=True)
    state = endpoint.state
    gaps: tuple[Gap, ...] = ()
    if state == "partial":
        gaps += (Gap("ENDPOINT_PARTIAL", "", "only partly available", can_hide="block"),)
    elif state.standing("available") == "unknown":
        gaps += (Gap("UNMODELLED_COMPONENT", "", "in a state whose meaning is not known"),)
    if service in SSH and carries_git(endpoint):
        gaps += (Gap("GIT_SSH_NOT_VIA_ENDPOINT", "", "SSH is not documented", can_hide="block"),)
    if endpoint.vpc_endpoint_type != "Interface":
        gaps += (Gap("UNMODELLED_COMPONENT", "", endpoint.vpc_endpoint_type or ""),)
    blocked = not carries(endpoint, service >> 16) or (state != "partial" and state.standing("available") == "does-not")
    return Receiving(blocked, gaps)


def _overlapping(network: Network) -> bool:
    """Whether any address is of two VPCs: groups named by rules then stand for addresses, not for members."""
    spans = sorted(span for vpc_id in network.vpcs for span in network.vpc_addresses(vpc_id).spans)
    return any(left[1] >= right[0] for left, right in itertools.pairwise(spans))


def _resolvers(network: Network) -> frozenset[int]:
    """The addresses at which some VPC's own resolver answers: base plus two."""
    blocks = ([one.block.first for one in network.vpc_blocks(vpc_id)] for vpc_id in network.vpcs)
    first = (next((low for low in mine if low < V6_BASE), None) for mine in blocks)
    return frozenset(low + 2 for low in first if low is not None)
