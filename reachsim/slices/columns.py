"""Endpoints and the internet as targets of the matrix: what stands behind the ends.

An interface endpoint is the ends of its interfaces, of which a client gets any. Which gateway endpoint was meant
matters only to what crosses it (`reachsim.slices.gateways`). The rest, such as the internet, is for the point path.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from reachsim.addresses import NAT64, PUBLIC, V4
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.slices.atoms import Numbers, Small
from reachsim.slices.axes import Axes
from reachsim.slices.gateways import Found, Gateways
from reachsim.slices.groups import Groups

Cell = tuple[int, int, int, int]
"""``every``, ``some``, ``route`` and ``missing``, by number."""
NO_ROUTE: Final = 255
MOST_KEPT: Final = 1024
"""Answers kept at once; senders that get the same follow each other."""


class Row(Protocol):
    """What is known of one end and all others, by number."""

    @property
    def every(self) -> Small: ...
    @property
    def some(self) -> Small: ...
    @property
    def route(self) -> Small: ...
    @property
    def missing(self) -> npt.NDArray[np.int32]: ...


class Columns:
    """The columns of a matrix.

    Args:
        names: the endpoints and the internet, as selectors.
        ends: the end of each interface, by id.
        point: asks the point path about an end and a column.
        numbered: what the point path says, by number.
        together: the number of the files that several numbers of missing files stand for.
    """

    def __init__(
        self, ground: Ground, names: Sequence[str], ends: Mapping[str, int], gateways: Gateways, senders: Senders,
        point: Callable[[int, int], Cell], numbered: Callable[[Found], Cell], together: Callable[[Iterable[int]], int],
    ) -> None:  # fmt: skip
        self.names, self.gateways, self.senders = names, gateways, senders
        self._said: dict[tuple[Hashable, int], Cell] = {}
        self._crossed: dict[tuple[Hashable, IntervalSet], list[tuple[list[int], Cell]]] = {}
        self._point, self._numbered, self._together = point, numbered, together
        planned = ground.network.snapshot.manifest.planned  # what AWS has yet to pick is for the point path
        self.behind = [None if planned else interfaces_behind(ground.network, name, ends) for name in names]
        self._inner = [number for number, mine in enumerate(self.behind) if mine is not None]
        behind = [mine for mine in self.behind if mine is not None]
        self._targets: Numbers = np.array([end for mine in behind for end in mine], np.int64)
        self._starts: Numbers = np.cumsum([0, *map(len, behind)], dtype=np.int64)[:-1]
        self._place = {name: number for number, name in enumerate(names)}
        self._alike: dict[IntervalSet, list[int]] = {}
        for number, name in enumerate(names):
            if name in gateways and not planned:
                self._alike.setdefault(gateways.addresses(name), []).append(number)
        kept = {number for mine in self._alike.values() for number in mine} | set(self._inner)
        self._rest = [number for number in range(len(names)) if number not in kept]

    def of(self, end: int, source: str, found: Row, *, only_v4: bool) -> npt.NDArray[np.int64]:
        """Of an end whose first interface is the source: [every, some, route, missing; column]."""
        cells = np.zeros((4, len(self.names)), np.int64)
        if only_v4:
            self._fill_inner(end, found, cells)
        for number in self._rest if only_v4 else (*self._rest, *self._inner):
            cells[:, number] = self._outside(end, number)
        for addresses, numbers in self._alike.items():
            for places, cell in self._through_gateways(end, source, addresses, numbers):
                cells[:, places] = np.array(cell)[:, None]
        return cells

    def _outside(self, end: int, number: int) -> Cell:
        """The answer to an end from a column for the point path."""
        if self.names[number] != "internet":
            return self._point(end, number)
        key = (self.senders.kind(end, PUBLIC | NAT64), number)
        if key not in self._said:
            if len(self._said) == MOST_KEPT:
                self._said.clear()
            self._said[key] = self._point(end, number)
        return self._said[key]

    def _through_gateways(
        self, end: int, source: str, addresses: IntervalSet, numbers: list[int]
    ) -> list[tuple[list[int], Cell]]:
        """The answers to an end from the gateway endpoints of a service, those that nobody crosses first."""
        key = (self.senders.kind(end, addresses), addresses)
        if key not in self._crossed:
            if len(self._crossed) == MOST_KEPT:
                self._crossed.clear()
            otherwise, crossed = self.gateways.answers(source, addresses)
            self._crossed[key] = [(numbers, self._numbered(otherwise))]
            self._crossed[key] += [
                ([self._place[name]], self._numbered(said)) for name, said in crossed.items() if name in self._place
            ]
        return self._crossed[key]

    def _fill_inner(self, end: int, found: Row, cells: npt.NDArray[np.int64]) -> None:
        if not self._inner:
            return
        every, some, route = found.every[self._targets], found.some[self._targets], found.route[self._targets]
        lowest, highest = np.minimum.reduceat(every, self._starts), np.maximum.reduceat(some, self._starts)
        one_way = np.maximum.reduceat(route, self._starts)
        other_way = np.minimum.reduceat(np.where(route == 0, NO_ROUTE, route), self._starts)
        cells[:3, self._inner] = lowest, highest, one_way
        plain = (one_way == 0) | (one_way == other_way)
        plain &= ~np.logical_or.reduceat((every == 1) | (some == 1), self._starts)
        for place in np.flatnonzero(~plain):
            cells[:, self._inner[place]] = self._inner_cell(end, found, self._inner[place])

    def _inner_cell(self, end: int, found: Row, number: int) -> Cell:
        targets = list(self.behind[number] or ())
        every, some = found.every[targets], found.some[targets]
        routes = {int(one) for one in found.route[targets]} - {0}
        if len(routes) > 1 or ((every == 1) & (some == 2)).any():
            return self._point(end, number)
        unknown = every.min() == 1 or (every.min() == 0 and some.max() == 1)
        open_ = [target for target in targets if found.every[target] == 1 or found.some[target] == 1]
        missing = self._together(int(found.missing[target]) for target in open_) if unknown else 0
        return int(every.min()), int(some.max()), 0 if unknown else max(routes, default=0), missing


class Senders:
    """Which ends get the same answers from what is outside of every VPC, so that one of them is asked for all."""

    def __init__(self, ground: Ground, axes: Axes, groups: Groups) -> None:
        self.axes, self.groups = axes, groups
        routes = [route for table in ground.network.route_tables.values() for route in table.routes]
        by_interface = any(route.network_interface_id or route.instance_id for route in routes)
        self._apart = by_interface or bool(ground.appliances) or bool(ground.firewalls)
        """Whether something on a way out may tell senders apart that routes and network ACLs do not."""

    def kind(self, end: int, addresses: IntervalSet) -> Hashable:
        """A key that ends share if nothing between them and some addresses tells them apart."""
        positions = self.axes.classes_of[end]
        axes, position = self.axes, positions[0]
        one = axes.traits[axes.traits_of[position]]
        if self._apart or len(positions) > 1 or one.alone or one.kind != "interface":
            return end
        asked = self.groups.asked(int(axes.set_of[position]))
        if asked is None:
            return end
        place = axes.places[axes.place_of[position]]
        return axes.net_atom_of[position], place.subnet_id, one.client_ports, one.outward, asked & addresses


def interfaces_behind(network: Network, name: str, ends: Mapping[str, int]) -> tuple[int, ...] | None:
    """The ends of an interface endpoint's interfaces; None for what is to be asked of the point path."""
    endpoint = network.vpc_endpoints.get(name)
    if endpoint is None or endpoint.vpc_endpoint_type == "Gateway":
        return None
    found = [network.interfaces[one] for one in endpoint.network_interface_ids if one in network.interfaces]
    all_there = found and len(found) == len(endpoint.network_interface_ids)
    if not all_there or any(one.addresses.size != 1 or not one.addresses <= V4 for one in found):
        return None
    return tuple(ends[one.id] for one in found)
