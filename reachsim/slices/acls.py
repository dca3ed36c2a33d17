"""Network ACLs as rows over atoms: which addresses each lets through, for the service and for replies to client ports.

**Source:** `reachsim.filters` (the first rule that names a packet decides).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from reachsim.evidence import Direction
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.model.records import NetworkAclEntry
from reachsim.packets import protocol_services
from reachsim.slices.atoms import Atoms, Bools, Numbers


class OfAtoms(NamedTuple):
    """What each network ACL does with the addresses of some atoms: [atom, ACL]."""

    ingress: Bools
    egress: Bools


class Planes:
    """Rows of all network ACLs, [ACL, atom], by direction. The last two let all through: none, and one not known."""

    def __init__(self, ingress: Bools, egress: Bools) -> None:
        self.ingress, self.egress = ingress, egress
        self._columns = OfAtoms(np.ascontiguousarray(ingress.T), np.ascontiguousarray(egress.T))

    def of_atoms(self, atoms: Numbers) -> OfAtoms:
        return OfAtoms(self._columns.ingress[atoms], self._columns.egress[atoms])


class Acls:
    """The network ACLs of a network, for one service and the client ports that ask for it.

    ``request`` judges requests; ``replies`` judge replies, one for each set of client ports that no ACL tells apart.
    Network ACLs with the same entries share a number: ``index`` has that of each.
    """

    def __init__(self, ground: Ground, atoms: Atoms, protocol: int, port: int, clients: Iterable[IntervalSet]) -> None:
        self.ground, self.atoms = ground, atoms
        first = first_alike(ground.network)
        self.names = tuple(dict.fromkeys(first.values()))
        number = {name: position for position, name in enumerate(self.names)}
        self.index = {name: number[alike] for name, alike in first.items()}
        self.none, self.unknown = len(self.names), len(self.names) + 1
        self.request = self._planes((protocol << 16) | port)
        self.replies: list[Planes] = []
        self._ports: dict[IntervalSet, tuple[int, ...]] = {}
        self._by_ports(protocol, tuple(dict.fromkeys(clients)))

    def ports(self, client_ports: IntervalSet) -> tuple[int, ...]:
        """Which of the ``replies`` a client's ports may get."""
        return self._ports[client_ports]

    def _by_ports(self, protocol: int, clients: tuple[IntervalSet, ...]) -> None:
        edges = {edge for one in clients for low, high in one.spans for edge in (low, high + 1)}
        mine = protocol_services(protocol)
        for name in self.names:
            for direction in _DIRECTIONS:
                for rule in self.ground.acl_rules(name, direction):
                    part = (rule.services & mine).shift(-(protocol << 16))
                    edges.update(edge for low, high in part.spans for edge in (low, high + 1))
        known: dict[tuple[bytes, bytes], int] = {}
        number_of: dict[int, int] = {}
        for low in sorted(edges):
            if any(low in one for one in clients):
                planes = self._planes((protocol << 16) | low)
                key = (planes.ingress.tobytes(), planes.egress.tobytes())
                if key not in known:
                    known[key] = len(self.replies)
                    self.replies.append(planes)
                number_of[low] = known[key]
        for one in clients:
            self._ports[one] = tuple(sorted({number for low, number in number_of.items() if low in one}))

    def _planes(self, service: int) -> Planes:
        return Planes(*(self._plane(service, direction) for direction in _DIRECTIONS))

    def _plane(self, service: int, direction: Direction) -> Bools:
        plane = np.ones((len(self.names) + 2, self.atoms.count), np.bool_)
        for position, name in enumerate(self.names):
            for rule in reversed(self.ground.acl_rules(name, direction)):
                if service in rule.services:
                    for start, end in self.atoms.slices(rule.peers):
                        plane[position, start:end] = rule.allow
        return plane


def first_alike(network: Network) -> dict[str, str]:
    """Of each network ACL the first with the same entries."""
    first: dict[tuple[NetworkAclEntry, ...], str] = {}
    return {name: first.setdefault(acl.entries, name) for name, acl in network.network_acls.items()}


_DIRECTIONS: tuple[Direction, Direction] = ("ingress", "egress")
