"""The network between subnets as rows: whether and how each place reaches every other, security groups apart.

A *spot* is a subnet and an atom of addresses in it: all that network ACLs and routes can tell apart. Most of what
becomes of a spot's traffic depends on its *origin* alone: where its ways start, its network ACL and its atom.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from reachsim.addresses import V4, V6
from reachsim.evidence import Gap
from reachsim.forwarding import Ground
from reachsim.forwarding.ground import missing, unseen
from reachsim.intervals import IntervalSet
from reachsim.packets import protocol_services
from reachsim.refused import at_subnet, may_pass_on
from reachsim.slices.acls import Acls, Planes
from reachsim.slices.atoms import Bools, Numbers
from reachsim.slices.axes import NO_ATOM, Axes
from reachsim.slices.doubts import Doubts
from reachsim.slices.starts import Start
from reachsim.slices.ways import OTHER, STRAIGHT, Gate, State, Walker, Way, Ways

ANYWHERE: Final = -2
"""Where a way ends that does not deliver."""
MOST_KEPT: Final = 16
"""Atoms whose replies are kept at once; senders of one atom follow each other and share them."""


class Row(NamedTuple):
    """From some spots to every spot: [from, to].

    ``every`` and ``some``: the request gets there and is answered, to each or any of the client's ports; one and the
    same array where no port fares worse. ``asked``: the request gets past its own filters on the way, ``lost``: nobody
    knows what then becomes of it, ``lost_every`` and ``lost_some``: of that what all or any of the client's ports could
    get an answer to past their own filter; ``known``: the receiver knows the sender's groups; these per atom
    (`Net.spread`).
    ``other``: for the point path to say. ``doubts``: numbers of `reachsim.slices.doubts`, empty where the whole network
    between subnets is known, else also [from, to].
    """

    every: Bools
    some: Bools
    asked: Bools
    lost: Bools | None
    lost_every: Bools | None
    lost_some: Bools | None
    known: Bools
    other: Bools | None
    doubts: tuple[Numbers, ...]


class Asking(NamedTuple):
    """Requests of some spots to every atom. ``to``: the VPC in which each ends, ``exempt``: the subnet of which it is
    in already, or -1; ``other``, ``to`` and ``exempt`` are None where they make no difference.
    """

    asked: Bools
    lost: Bools | None
    known: Bools
    other: Bools | None
    to: npt.NDArray[np.int32] | None
    exempt: npt.NDArray[np.int32] | None
    crossed: tuple[npt.NDArray[np.int32], ...]


class Answering(NamedTuple):
    """Replies of every spot to a spot's atom, up to the filter of the spot's own subnet, and whom it admits.

    ``every`` and ``some``: of the ``ports`` together, one and the same array where all are equal.
    """

    entered: Bools
    ports: tuple[Bools, ...]
    every: Bools
    some: Bools
    gone: Bools | None
    other: Bools | None
    exempt: npt.NDArray[np.int32] | None
    doubts: tuple[Numbers, ...]


class Net:
    """The rows between the spots of a network's interfaces, for one service."""

    def __init__(self, ground: Ground, axes: Axes, doubts: Doubts, protocol: int, port: int) -> None:
        network = ground.network
        self.axes, self.doubts = axes, doubts
        clients = tuple(dict.fromkeys(one.client_ports for one in axes.traits))
        self.acls = Acls(ground, axes.net_atoms, protocol, port, clients)
        places = self._number_spots()
        subnets = [axes.places[place].subnet_id for place in places]
        vpcs = {name: number for number, name in enumerate(network.vpcs)}
        self._subnets = {name: number for number, name in enumerate(subnets)}
        vpc_of: Numbers = np.array([vpcs[network.subnets[subnet].vpc_id] for subnet in subnets], np.int64)
        self._vpc = vpc_of[self._subnet]
        acls = [network.network_acl_of(subnet) for subnet in subnets]
        acl_of: Numbers = np.array(
            [self.acls.unknown if acl is None else self.acls.index[acl.network_acl_id] for acl in acls], np.int64
        )
        self._acl = acl_of[self._subnet]
        gaps = [_no_acl(ground, subnet) if acl is None else () for subnet, acl in zip(subnets, acls, strict=True)]
        self._acl_gap = np.array([doubts.number(one) for one in gaps], np.int64)[self._subnet]
        self._places()
        self._kept: dict[tuple[int, int, tuple[int, ...]], Answering] = {}
        service = protocol_services(protocol, IntervalSet.single(port))
        self._walk(Walker(ground, service, IntervalSet.union_of(clients), subnets), vpcs)
        self.shut: dict[int, Bools] = {}
        """By version: of each spot, whether its network ACL lets nobody in, or no answer out."""
        if self._lost is not None:
            open_ = [acl is None or may_pass_on(ground, one) for one, acl in zip(subnets, acls, strict=True)]
            self._passed_on: Bools = np.array(open_, np.bool_)[self._subnet]
            for version, family in ((4, V4), (6, V6)):
                shut = [any(at_subnet(ground, one, service, family)) for one in subnets]
                self.shut[version] = np.array(shut, np.bool_)[self._subnet]

    def _number_spots(self) -> list[int]:
        """Number spots and their subnets in the order of the classes; returns the place of each subnet."""
        axes = self.axes
        plain = np.flatnonzero(axes.net_atom_of != NO_ATOM)
        atom, place = axes.net_atom_of[plain], axes.place_of[plain]
        first, number = _numbered(place * axes.net_atoms.count + atom)
        self.spot_of: Numbers = np.full(axes.count, -1, np.int64)
        self.spot_of[plain] = number
        self._atom: Numbers = atom[first]
        places, self._subnet = _numbered(place[first])
        self.count = len(first)
        found: list[int] = place[first][places].tolist()
        return found

    def _places(self) -> None:
        """Which spots each subnet has, and which VPC is at each atom."""
        order = np.argsort(self._subnet, kind="stable")
        bounds = np.searchsorted(self._subnet[order], np.arange(len(self._subnets) + 1))
        self._inside = [order[low:high] for low, high in itertools.pairwise(bounds.tolist())]
        self._vpc_of_atom = np.full(self.axes.net_atoms.count, ANYWHERE, np.int64)
        self._vpc_of_atom[self._atom] = self._vpc
        self._apart = bool((self._vpc_of_atom[self._atom] == self._vpc).all())
        """Whether no atom is of two VPCs."""

    # --- ways -------------------------------------------------------------------------------------------------------

    def _walk(self, walker: Walker, vpcs: dict[str, int]) -> None:
        starts: dict[Start, int] = {}
        first: list[str] = []
        start_of: dict[str, int] = {}
        for subnet in self._subnets:
            start = walker.starts.of(subnet)
            if start not in starts:
                starts[start] = len(starts)
                first.append(subnet)
            start_of[subnet] = starts[start]
        number: Numbers = np.array([start_of[subnet] for subnet in self._subnets], np.int64)
        self._number_origins(number[self._subnet])
        self._ways: dict[Way, int] = {OTHER: 0, STRAIGHT: 1}
        self._there = self._paint(walker.out_of(subnet, "request") for subnet in first)
        back = self._paint(walker.out_of(subnet, "response") for subnet in first)
        gates = list(dict.fromkeys(way.gate for way in self._ways if way.gate is not None))
        self._there_on = self._paint(walker.beyond(gate, "request") for gate in gates)
        back_on = self._paint(walker.beyond(gate, "response") for gate in gates)
        self._back, self._back_on = np.ascontiguousarray(back.T), np.ascontiguousarray(back_on.T)
        self._tabulate({gate: number for number, gate in enumerate(gates)}, vpcs)

    def _number_origins(self, start: Numbers) -> None:
        code = (start * (self.acls.unknown + 1) + self._acl) * self.axes.net_atoms.count + self._atom
        first, self._origin = _numbered(code)
        self._starts, self._acls, self._atoms = start[first], self._acl[first], self._atom[first]

    def _paint(self, rows: Iterable[Ways]) -> npt.NDArray[np.int32]:
        atoms = self.axes.net_atoms
        painted = []
        for ways in rows:
            row = np.zeros(atoms.count, np.int32)
            for addresses, way in ways:
                number = self._ways.setdefault(way, len(self._ways))
                for start, end in atoms.slices(addresses):
                    row[start:end] = number
            for addresses, _ in ways:
                row[atoms.cut(addresses)] = 0
            painted.append(row)
        return np.array(painted, np.int32).reshape(len(painted), atoms.count)

    def _tabulate(self, gates: dict[Gate, int], vpcs: dict[str, int]) -> None:
        ways = list(self._ways)
        state = np.array([way.state for way in ways], np.int8)
        self._leads, self._ends = state != int(State.BLOCKED), state == int(State.OPEN)
        self._lost, self._unwalked = _if_any(state == int(State.LOST)), state == int(State.OTHER)
        self._gap: Numbers = np.array([self.doubts.number(way.gaps) for way in ways], np.int64)
        self._to = np.array([vpcs.get(way.vpc, -1) for way in ways], np.int32)
        self._exempt = np.array([self._subnets.get(way.exempt, -1) for way in ways], np.int32)
        self._knows: Bools = np.array([way.known for way in ways], np.bool_)
        self._gate: Numbers = np.array([-1 if way.gate is None else gates[way.gate] for way in ways], np.int64)
        self._doubtful = bool(self._gap.any() or self._acl_gap.any())
        self._request = self._slots(ways, self.acls.request)
        self._replies = [self._slots(ways, planes) for planes in self.acls.replies]

    def _slots(self, ways: list[Way], planes: Planes) -> tuple[list[Numbers], list[Numbers]]:
        """By direction: rows [way] of numbers of ACLs that it crosses, as many as needed; those that let all through
        are left out, and ``none`` stands where a way has no more.
        """
        found = []
        for plane, filters in ((planes.ingress, [w.ingress for w in ways]), (planes.egress, [w.egress for w in ways])):
            open_: Bools = np.array(plane.all(axis=1))
            numbers = [[n for name in names if not open_[n := self.acls.index[name]]] for names in filters]
            rows = np.full((max(map(len, numbers), default=0), len(ways)), self.acls.none, np.int64)
            for way, mine in enumerate(numbers):
                rows[: len(mine), way] = mine
            found.append(list(rows))
        return found[0], found[1]

    # --- rows -------------------------------------------------------------------------------------------------------

    def rows(self, spots: Numbers, client_ports: IntervalSet) -> Row:
        """From each of some spots, by a client with these ports, to every spot."""
        ask = self._ask(spots)
        keys = list(zip(self._atom[spots].tolist(), self._vpc[spots].tolist(), strict=True))
        kinds = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        back = [self._answering(*key, client_ports) for key in kinds]
        place = np.array([kinds[key] for key in keys], np.int64)
        exempt = None if ask.exempt is None else self._wide(ask.exempt) == self._subnet
        home = self._home(spots, back, place)
        entered = _each([one.entered for one in back], place)
        if exempt is not None:
            entered = entered | exempt
        reached = ask.asked if ask.lost is None else ask.asked & ~ask.lost
        every, some = self._answered(spots, client_ports, reached, back, place, home)
        other = self._other(spots, ask, back, place)
        both = some is every
        every &= entered
        every[self._near(spots)] = True
        if both:
            some = every
        else:
            some &= entered
            some[self._near(spots)] = True
        doubts = self._doubts(spots, ask, back, place, exempt, home) if self._doubtful else ()
        answerable: tuple[Bools | None, Bools | None] = (None, None)
        if ask.lost is not None:
            answerable = self._answerable(spots, client_ports, ask.lost)
        return Row(every, some, ask.asked, ask.lost, answerable[0], answerable[1], ask.known, other, doubts)

    def spread(self, spots: Numbers, rows: Bools, *, near: bool) -> Bools:
        """Rows per atom as rows per spot; ``near`` is what holds within each spot's own subnet."""
        found = self._wide(rows)
        found[self._near(spots)] = near
        return found

    def knowing(self, spots: Numbers, known: Bools, place: Numbers, receivers: Numbers) -> Bools:
        """Which receiving spots know the groups of senders, pair by pair: ``place`` is each sender's among some spots
        and the rows of ``known``.
        """
        found: Bools = known[place, self._atom[receivers]] | (self._subnet[receivers] == self._subnet[spots[place]])
        return found

    def _wide(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return rows.take(self._atom, axis=1)

    def _near(self, spots: Numbers) -> tuple[Numbers, Numbers]:
        """Index of the cells within one subnet."""
        near = [self._inside[number] for number in self._subnet[spots].tolist()]
        return np.repeat(np.arange(len(near)), [len(one) for one in near]), np.concatenate(near)

    def _ask(self, spots: Numbers) -> Asking:
        origins, place = np.unique(self._origin[spots], return_inverse=True)
        request, every_atom = self.acls.request, np.arange(self.axes.net_atoms.count)
        ways = self._there[self._starts[origins]]
        gates = self._gate[ways]
        onward = gates >= 0
        more = np.where(onward, self._there_on[gates, every_atom], 1) if onward.any() else None
        last = ways if more is None else np.where(onward, more, ways)
        asked = request.egress[self._acls[origins]] & self._leads[last]
        known = self._knows[ways]
        into = request.of_atoms(self._atoms[origins]).ingress
        crossed = (ways,) if more is None else (ways, more)
        for each in crossed:
            for slot in self._request[0]:
                asked &= np.take_along_axis(into, slot[each], 1)
            for slot in self._request[1]:
                asked &= request.egress[slot[each], every_atom]
        if more is not None:
            known = known & self._knows[more]
        to = np.where(self._ends[last], self._to[last], ANYWHERE)
        other = self._unwalked[last]
        if self._apart:
            other |= (to != self._vpc_of_atom) & (to != ANYWHERE) & (self._vpc_of_atom != ANYWHERE)
        exempt = self._exempt[last]
        return Asking(
            asked[place], None if self._lost is None else _if_any(self._lost[last][place]), known[place],
            other[place] if other.any() else None, None if self._apart else to[place],
            exempt[place] if (exempt >= 0).any() else None,
            tuple(each[place] for each in crossed) if self._doubtful else (),
        )  # fmt: skip

    def _answering(self, atom: int, vpc: int, client_ports: IntervalSet) -> Answering:
        key = (atom, vpc, self.acls.ports(client_ports))
        if key not in self._kept:
            if len(self._kept) == MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._answers_to(atom, vpc, client_ports)
        return self._kept[key]

    def _answers_to(self, atom: int, vpc: int, client_ports: IntervalSet) -> Answering:
        """Per start first, then per origin, then per spot."""
        starts, origin = self._starts, self._origin
        ways = self._back[atom]
        gates = self._gate[ways]
        onward = gates >= 0
        more = np.where(onward, self._back_on[atom, np.maximum(gates, 0)], 1) if onward.any() else None
        last = ways if more is None else np.where(onward, more, ways)
        crossed = (ways,) if more is None else (ways, more)
        leaving = self._leads[last]
        found = []
        for number in self.acls.ports(client_ports):
            reply, (ingress, egress) = self.acls.replies[number], self._replies[number]
            to_us = reply.of_atoms(np.array([atom])).egress[0]
            sent = leaving.copy()
            for each in crossed:
                for slot in egress:
                    sent &= to_us[slot[each]]
            passed = sent[starts] & to_us[self._acls]
            for each in crossed:
                for slot in ingress:
                    passed &= reply.ingress[slot[each][starts], self._atoms]
            found.append(passed[origin])
        every = some = found[0]
        if not all(np.array_equal(every, one) for one in found[1:]):
            every, some = np.logical_and.reduce(found), np.logical_or.reduce(found)
        gone = None if self._lost is None else _if_any(self._lost[last])
        other = self._unwalked[last] | (self._ends[last] & (self._to[last] != vpc))
        exempt = self._exempt[last]
        start = starts[origin]
        return Answering(
            self.acls.request.of_atoms(np.array([atom])).ingress[0][self._acl], tuple(found), every, some,
            None if gone is None else gone[start], other[start] if other.any() else None,
            exempt[start] if (exempt >= 0).any() else None,
            tuple(self._gap[each][start] for each in crossed) if self._doubtful else (),
        )  # fmt: skip

    def _answered(
        self, spots: Numbers, client_ports: IntervalSet, reached: Bools, back: list[Answering], place: Numbers,
        home: Bools | None,
    ) -> tuple[Bools, Bools]:  # fmt: skip
        """The replies to requests that get there, past the filter of the spot's own subnet too: (every, some)."""
        acl = self._acl[spots]
        own = [self.acls.replies[number].ingress[acl] for number in self.acls.ports(client_ports)]
        if home is None and all(np.array_equal(own[0], one) for one in own[1:]):
            wide = self._wide(own[0] & reached)
            every = wide & _each([one.every for one in back], place)
            if all(one.some is one.every for one in back):
                return every, every
            return every, wide & _each([one.some for one in back], place)
        wide = self._wide(reached)
        every, some = wide, np.zeros(wide.shape, np.bool_)
        for number, mine in enumerate(own):
            passed = self._wide(mine) if home is None else self._wide(mine) | home
            passed &= _each([one.ports[number] for one in back], place)
            some |= passed & wide
            every = every & passed
        return every, some

    def _answerable(self, spots: Numbers, client_ports: IntervalSet, lost: Bools) -> tuple[Bools, Bools]:
        """Of requests that nobody knows the end of, those whose replies the filter of the spot's own subnet lets pass,
        or does not see: (for every client port, for some).
        """
        acl, passed_on = self._acl[spots], self._passed_on[spots][:, None]
        own = [self.acls.replies[number].ingress[acl] | passed_on for number in self.acls.ports(client_ports)]
        return lost & np.logical_and.reduce(own), lost & np.logical_or.reduce(own)

    def _home(self, spots: Numbers, back: list[Answering], place: Numbers) -> Bools | None:
        """Replies that the filter of the spot's own subnet does not see: they are there already, or lost before where
        something might pass them on there.
        """
        if all(one.gone is None and one.exempt is None for one in back):
            return None
        none = np.full(self._subnet.shape, -1)
        exempt = _each([none if one.exempt is None else one.exempt for one in back], place)
        gone = _each([none >= 0 if one.gone is None else one.gone for one in back], place)
        if self._lost is not None:
            gone = gone & self._passed_on[spots][:, None]
        home: Bools = gone | (exempt == self._subnet[spots][:, None])
        home[self._near(spots)] = True
        return home

    def _other(self, spots: Numbers, ask: Asking, back: list[Answering], place: Numbers) -> Bools | None:
        """Cells for the point path: ways of other kinds, and such as end in another VPC than the receiver's."""
        answered = all(one.other is None for one in back)
        if answered and ask.other is None and ask.to is None:
            return None
        found = np.zeros((len(spots), self.count), np.bool_)
        if not answered:
            found |= _each([found[0] if one.other is None else one.other for one in back], place)
            if ask.lost is not None:
                found &= ~self._wide(ask.lost)
        if ask.other is not None:
            found |= self._wide(ask.other)
        if ask.to is not None:
            to = self._wide(ask.to)
            found |= (to != self._vpc) & (to != ANYWHERE)
        found[self._near(spots)] = False
        return _if_any(found)

    def _doubts(
        self, spots: Numbers, ask: Asking, back: list[Answering], place: Numbers, exempt: Bools | None,
        home: Bools | None,
    ) -> tuple[Numbers, ...]:  # fmt: skip
        """Of the request's ways and the receiver's filter, then of the reply's ways and the sender's filter."""
        near = self._near(spots)
        there = [self._wide(self._gap[each]) for each in ask.crossed]
        there.append(np.broadcast_to(self._acl_gap, there[0].shape).copy())
        if exempt is not None:
            there[-1][exempt] = 0
        most = max(len(one.doubts) for one in back)
        nothing = np.zeros(self.count, np.int64)
        replies = [
            np.array([one.doubts[number] if number < len(one.doubts) else nothing for one in back])[place]
            for number in range(most)
        ]
        replies.append(np.broadcast_to(self._acl_gap[spots][:, None], there[0].shape).copy())
        if home is not None:
            replies[-1][home] = 0
        if ask.lost is not None:
            lost = self.spread(spots, ask.lost, near=False)
            for one in (there[-1], *replies):
                one[lost] = 0
        for one in (*there, *replies):
            one[near] = 0
        return (*there, *replies)


def _numbered(values: Numbers) -> tuple[Numbers, Numbers]:
    """(where each value comes first, in that order; of each value the number of its first)."""
    _, first, place = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    return first[order], number[place]


def _each(rows: Sequence[npt.NDArray[Any]], place: Numbers) -> npt.NDArray[Any]:
    """One of the rows for each place; the row itself where there is only one."""
    return rows[0] if len(rows) == 1 else np.array(rows)[place]


def _if_any(rows: Bools) -> Bools | None:
    return rows if rows.any() else None


def _no_acl(ground: Ground, subnet_id: str) -> tuple[Gap, ...]:
    vpc_id = ground.network.subnets[subnet_id].vpc_id
    lacking = ground.lacks_for_vpc(vpc_id, "describe-network-acls")
    what = "the network ACL of a subnet"
    return (missing(lacking, vpc_id, what) if lacking else unseen(vpc_id, what),)
