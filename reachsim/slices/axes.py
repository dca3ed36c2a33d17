"""The axes of the matrix: addresses of interfaces in order, grouped by likeness.

A *node* is one address of one interface. Nodes of one subnet and atom (`reachsim.slices.atoms`), with the same security
groups and switches, form a *class*, and get the same answers. Security groups bound atoms more finely than networks do,
so there are two kinds of atoms.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from reachsim.addresses import AMAZON_LOCAL, V4, V6_BASE
from reachsim.evidence import Gap
from reachsim.forwarding import Ground
from reachsim.forwarding.delivery import SSH, carries, carries_git
from reachsim.forwarding.ground import missing, unseen
from reachsim.forwarding.group_references import tells_groups
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.edges import edges
from reachsim.model.interfaces import Interface
from reachsim.model.load_balancing import files_of_nodes_behind
from reachsim.model.network import Network, subnet_addresses
from reachsim.slices.atoms import Atoms, Bools, Numbers
from reachsim.slices.kinds import GroupSet, Kinds, Place, Plain, Receiving, Traits, plain_interfaces, receiving_of
from reachsim.sources import client_ports_of

MOST_IN_A_SPAN: Final = 16
"""Addresses in a row that are told apart one by one; an interface with more of them stands for itself."""
NO_ATOM: Final = -1
"""Of classes for the point path."""
ADDRESS_BITS: Final = 32
Named = TypeVar("Named")


class Axes:
    """The axes of a network's matrix for one service.

    Classes have numbers, by atom. What is known of each is in columns: ``atom_of``, ``net_atom_of`` and, as numbers of
    ``places``, ``sets`` and ``traits``, ``place_of``, ``set_of`` and ``traits_of``. Interfaces (``names``) of the same
    classes share an end: ``members`` are the interfaces of each, ``classes_of`` its classes, by which ends are sorted.
    ``with_ipv6`` are the interfaces that have addresses besides IPv4.
    """

    def __init__(
        self, ground: Ground, service: int, group_sets: Iterable[IntervalSet], net_sets: Iterable[IntervalSet]
    ) -> None:
        network = ground.network
        self.ground, self.service = ground, service
        self.names = tuple(network.network_interfaces)
        self.overlapping = _overlapping(network)
        self._planned = bool(network.snapshot.manifest.planned)  # values that AWS has yet to pick: for the point path
        self._reserved = AMAZON_LOCAL | IntervalSet.of((number, number) for number in _resolvers(network))
        self._plain: dict[Place, IntervalSet] = {}
        kinds = Kinds()
        plain = self._plain_nodes(kinds)
        others = self._others(plain)
        interfaces = [network.interfaces[self.names[index]] for index in others]
        numbers_of = [_numbers(one.addresses) for one in interfaces]
        self.with_ipv6 = {index for index, one in zip(others, interfaces, strict=True) if not one.addresses <= V4}
        self._cut(list(net_sets), group_sets, plain.addresses, list(itertools.chain.from_iterable(numbers_of)))
        codes = plain.kinds * self.atoms.count + self.atoms.of_v4(plain.addresses)
        ends: dict[tuple[int, ...], list[int]] = {
            (code,): members for code, members in _grouped(codes, plain.interfaces)
        }
        seen: set[tuple[str, int]] = set()
        for index, interface, numbers in zip(others, interfaces, numbers_of, strict=True):
            nodes = self._nodes(interface, numbers, kinds, odd=self._is_odd(interface, numbers, seen))
            ends.setdefault(tuple(kind * self.atoms.count + atom for kind, atom in nodes), []).append(index)
        self._sort(kinds, ends)

    def _cut(
        self, net_sets: list[IntervalSet], group_sets: Iterable[IntervalSet], v4: Numbers, others: list[int]
    ) -> None:
        v4 = np.concatenate([v4, np.array([number for number in others if number < V6_BASE], np.int64)])
        v6 = [number for number in others if number >= V6_BASE]
        if not (len(v4) or v6):
            v4 = np.zeros(1, np.int64)
        self.net_atoms = Atoms(net_sets, v4, v6)
        singles = [IntervalSet.single(number) for number in others] if self.overlapping else []
        self.atoms = Atoms([*net_sets, *group_sets, *singles], v4, v6)

    def _sort(self, kinds: Kinds, ends: dict[tuple[int, ...], list[int]]) -> None:
        """Put the classes and ends in order. ``ends``: by the classes of each, a kind and an atom in one number."""
        codes = np.unique(np.array([code for mine in ends for code in mine], np.int64))
        kind, atom = np.divmod(codes, self.atoms.count)
        self.places, place = _sorted(kinds.places, lambda one: one)
        self.sets, groups = _sorted(kinds.sets, lambda one: one)
        self.traits, traits = _sorted(kinds.traits, lambda one: one.order)
        parts = kinds.parts[kind]
        columns = atom, place[parts[:, 0]], groups[parts[:, 1]], traits[parts[:, 2]]
        order = np.lexsort(columns[::-1])
        self.atom_of, self.place_of, self.set_of, self.traits_of = (column[order] for column in columns)
        of_atom: Numbers = np.array([self.net_atoms.of(low) for low in self.atoms.lows], np.int64)
        odd = self.of_traits(lambda one: one.kind == "odd", np.bool_)
        self.net_atom_of = np.where(odd, NO_ATOM, of_atom[self.atom_of])
        self.count = len(codes)
        position = dict(zip(codes[order].tolist(), range(len(codes)), strict=True))
        placed = sorted((tuple([position[code] for code in mine]), members) for mine, members in ends.items())
        self.classes_of = [mine for mine, _ in placed]
        self.members = [sorted(members) for _, members in placed]

    def of_traits(self, told: Callable[[Traits], object], kind: npt.DTypeLike) -> npt.NDArray[Any]:
        """By class, what is told of its traits."""
        return np.array([told(one) for one in self.traits], kind)[self.traits_of]

    def client_ports(self, position: int) -> IntervalSet:
        """The ports by which the class at a position asks."""
        found: IntervalSet = self.traits[self.traits_of[position]].client_ports
        return found

    def row(self, addresses: IntervalSet) -> Bools:
        """The classes in a set whose edges are bounds."""
        return self.atoms.row(addresses)[self.atom_of]

    def _plain_nodes(self, kinds: Kinds) -> Plain:
        """The interfaces that their records tell all about, at addresses that are nothing but theirs; none where
        interfaces of two VPCs may share an address.
        """
        plain = plain_interfaces(self.ground.network, kinds)
        place = kinds.parts[plain.kinds, 0]
        spans = [
            (_at(number, low), _at(number, high)) for number, one in enumerate(kinds.places)
            for low, high in (self._plain_addresses(one) & V4).spans
        ]  # fmt: skip
        inside = _within(_at(place, plain.addresses), spans)
        alike = not (self.overlapping or self._planned)
        return plain.where(inside & self._is_single(plain, place, list(kinds.places)) & alike)

    def _is_single(self, plain: Plain, place: Numbers, places: list[Place]) -> Bools:
        """Which plain interfaces share their address in their subnet with no other."""
        network = self.ground.network
        subnets: dict[str, int] = {}
        number_of: Numbers = np.array([subnets.setdefault(one.subnet_id, len(subnets)) for one in places], np.int64)
        others = (network.interfaces[self.names[index]] for index in self._others(plain))
        taken = [
            _at(subnets[one.subnet_id], number) for one in others if one.subnet_id in subnets
            for number in _numbers(one.addresses & V4)
        ]  # fmt: skip
        mine = _at(number_of[place], plain.addresses)
        every = np.concatenate([mine, np.array(taken, np.int64)])
        _, place_of, counts = np.unique(every, return_inverse=True, return_counts=True)
        found: Bools = counts[place_of[: len(mine)]] == 1
        return found

    def _others(self, plain: Plain) -> list[int]:
        found: list[int] = np.setdiff1d(np.arange(len(self.names)), plain.interfaces, assume_unique=True).tolist()
        return found

    def _unlisted(self, vpc_id: str) -> bool:
        """Whether the files that list what is in a VPC are missing: what else is there is not known then."""
        return bool(self.ground.lacks_for_vpc(vpc_id, "describe-subnets", "describe-network-interfaces"))

    def _plain_addresses(self, place: Place) -> IntervalSet:
        """The addresses of a subnet that are nothing but those of interfaces; none where it is not known whole."""
        network, (subnet_id, vpc_id) = self.ground.network, place
        subnet = network.subnets.get(subnet_id)
        if subnet is None or subnet.vpc_id != vpc_id or vpc_id not in network.vpcs or self._unlisted(vpc_id):
            return EMPTY
        if subnet_id in self.ground.told(edges):
            return EMPTY  # who reaches whom there takes more than routes
        return subnet_addresses(subnet) - self._reserved

    def _is_odd(self, interface: Interface, numbers: Sequence[int], seen: set[tuple[str, int]]) -> bool:
        """Whether all that an interface asks and is asked is for the point path."""
        subnet_id, place = interface.subnet_id, Place(interface.subnet_id, interface.vpc_id)
        if place not in self._plain:
            self._plain[place] = self._plain_addresses(place)
        plain = self._plain[place]
        odd = self._planned or not numbers or (len(numbers) > 1 and interface.addresses.size != len(numbers))
        for number in numbers:
            odd = odd or number not in plain or (subnet_id, number) in seen
            seen.add((subnet_id, number))
        return odd

    def _nodes(self, interface: Interface, numbers: Sequence[int], kinds: Kinds, *, odd: bool) -> list[tuple[int, int]]:
        """The nodes of an interface: (kind, atom) of each. An odd one has a single one, wherever it is."""
        alone = interface.id if odd or len(numbers) > 1 or self.overlapping else ""
        ports, outward = client_ports_of(self.ground.network, interface), _outward(interface)
        place = Place(interface.subnet_id, interface.vpc_id)
        groups = GroupSet(interface.groups, interface.vpc_id)
        if odd:
            number = numbers[0] if numbers else 0
            traits = Traits("odd", alone, ports, Receiving(other=True), outward, _version(number))
            return [(kinds.number(place, groups, traits), self.atoms.of(number) if numbers else 0)]
        receiving = receiving_at(self.ground, interface, self.service)
        return [
            (
                kinds.number(place, groups, Traits(
                    interface.kind, f"{alone}/{number}" if alone else "", ports, receiving, outward, _version(number)
                )),
                self.atoms.of(number),
            )
            for number in numbers
        ]  # fmt: skip


def _at(place: Any, number: Any) -> Any:
    """An IPv4 address in one of several places, as one number."""
    return place << ADDRESS_BITS | number


def _within(numbers: Numbers, spans: Sequence[tuple[int, int]]) -> Bools:
    """Which numbers are in some spans, which are in order."""
    lows, highs = np.array(spans, np.int64).reshape(-1, 2).T
    found: Bools = np.append(-1, highs)[np.searchsorted(lows, numbers, side="right")] >= numbers
    return found


def _grouped(keys: Numbers, values: Numbers) -> Iterator[tuple[int, list[int]]]:
    """The values of each key, in the order in which they come."""
    order = np.argsort(keys, kind="stable")
    ordered, mine = keys[order], values[order].tolist()
    starts = np.flatnonzero(np.diff(ordered, prepend=-1)).tolist()
    for low, high in itertools.pairwise([*starts, len(mine)]):
        yield int(ordered[low]), mine[low:high]


def _sorted(numbers: Mapping[Named, int], key: Callable[[Named], Any]) -> tuple[tuple[Named, ...], Numbers]:
    """What is numbered in order, and the new number by the old one."""
    found = tuple(sorted(numbers, key=key))
    place = np.empty(len(found), np.int64)
    place[[numbers[one] for one in found]] = np.arange(len(found))
    return found, place


def _numbers(addresses: IntervalSet) -> list[int]:
    """The first addresses of each span."""
    return [number for low, high in addresses.spans for number in range(low, min(high + 1, low + MOST_IN_A_SPAN))]


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
            record = network.network_interfaces.get(interface.id)
            return receiving_of(None if record is None else record.interface_type)
        lacking = ground.lacks_for_vpc(interface.vpc_id, "describe-vpc-endpoints")
        what = "the endpoint of an interface"
        gap = missing(lacking, interface.vpc_id, what) if lacking else unseen(interface.vpc_id, what)
        return Receiving(gaps=(gap,))
    if files_of_nodes_behind(network, endpoint) is not None or ground.told(tells_groups):
        return Receiving(other=True)  # over a transit gateway it knows no groups, near by it does (N89)
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
