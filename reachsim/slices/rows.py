"""Rows of the matrix: classes of senders to every class, network and security groups together.

Four rows say what holds for each cell: whether every client port works surely or perhaps, and whether some does. From
them come the two modalities and the outcome (DESIGN, "Verdicts": the client's port is chance's choice).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reachsim.forwarding import Ground
from reachsim.refused import KINDS
from reachsim.slices.atoms import Bools, Numbers, Small
from reachsim.slices.axes import Axes
from reachsim.slices.bounds import group_sets, net_sets
from reachsim.slices.counting import BITS
from reachsim.slices.doubts import Doubts
from reachsim.slices.groups import Groups, Out
from reachsim.slices.net import Net, Row


class Cells(NamedTuple):
    """Of some classes of senders, [from, to]: what holds surely and perhaps, and which cells the point path has to
    answer. Where nothing is in doubt, perhaps is the very array of surely.
    """

    every: Bools
    every_perhaps: Bools
    some: Bools
    some_perhaps: Bools
    other: Bools | None

    @property
    def clean(self) -> bool:
        return self.every is self.every_perhaps

    def best(self) -> Cells:
        """One row: the asker may pick any of the senders, and what works from one of them works."""

        def any_of(row: Bools) -> Bools:
            return np.array(row.any(axis=0, keepdims=True))

        every, some = any_of(self.every), any_of(self.some)
        other = None if self.other is None else any_of(self.other)
        if self.clean:
            return Cells(every, every, some, some, other)
        return Cells(every, any_of(self.every_perhaps), some, any_of(self.some_perhaps), other)


class Bits(NamedTuple):
    """Of some classes of senders, [from, to] with a bit for each: what holds, where nothing is in doubt. ``some`` is
    the very array of ``every`` where no client port fares worse than another. ``place``: the row of each sender.
    """

    every: Small
    some: Small
    place: Numbers


class Spread(NamedTuple):
    """Rows of the network with what holds of the receivers whoever asks: [from class, to class].

    ``some`` is the very array of ``every`` where no client port fares worse than another. The others are None where
    they make no difference: ``told`` where nothing about the network or the receiver is in doubt.
    """

    every: Bools
    some: Bools
    told: Bools | None
    lost: tuple[Bools, Bools] | None
    other: Bools | None
    reached: Bools | None


class Reach(NamedTuple):
    """Rows of the network from the spots of some classes of senders. ``place``: the row of each sender."""

    spots: Numbers
    place: Numbers
    row: Row


class Rows:
    """Rows of the matrix of a network at one port."""

    def __init__(self, ground: Ground, protocol: int, port: int) -> None:
        self.ground = ground
        service = (protocol << 16) | port
        self.axes = Axes(ground, service, group_sets(ground, service), net_sets(ground))
        self.doubts = Doubts()
        self.groups = Groups(ground, self.axes, self.doubts, service)
        self.net = Net(ground, self.axes, self.doubts, protocol, port)
        of_traits = self.axes.of_traits
        self._to_spot: Numbers = np.maximum(self.net.spot_of, 0)
        self._arrives: Bools = of_traits(lambda one: not one.receiving.blocked, np.bool_)
        self._told: Bools = of_traits(lambda one: not one.receiving.gaps, np.bool_)
        self._other = _if_any(of_traits(lambda one: one.receiving.other, np.bool_))
        self._odd = _if_any(of_traits(lambda one: one.kind == "odd", np.bool_))
        self._version: Numbers = of_traits(lambda one: one.version, np.int64)
        self._arrives_by_version = {
            version: np.packbits(self._arrives & (self._version == version)) for version in set(self._version.tolist())
        }
        self._kind: Numbers = of_traits(lambda one: self.doubts.number(one.receiving.gaps), np.int64)
        self._in_gaps = self.groups.gaps[self.axes.set_of]
        self._refusing = self.groups.nobody[self.axes.set_of] & of_traits(lambda one: one.kind in KINDS, np.bool_)
        if self.net.shut:
            six, four = (self.net.shut[version][self._to_spot] for version in (6, 4))
            shut = np.where(self._version == 6, six, four) & (self.net.spot_of >= 0)
            self._refusing |= shut & of_traits(lambda one: one.kind in KINDS, np.bool_)
        self._everybody = _if_any(self.groups.everybody[self.axes.set_of])
        doubted = (self._odd, self._other, self._everybody)
        self._plain = bool(self._told.all()) and all(one is None for one in doubted)
        """Whether nothing about any receiver is in doubt."""

        self.silent: Bools = of_traits(lambda one: one.kind == "endpoint", np.bool_)
        """The classes that never ask for anything."""
        self.beyond: Bools = of_traits(lambda one: one.kind in ("odd", "load-balancer"), np.bool_)
        """The classes of which all that they ask for is for the point path."""

    def cells(self, positions: Sequence[int]) -> Cells:
        """The rows of classes with the same client ports that are neither `silent` nor `beyond`."""
        reach = self._reach(positions)
        bits = self._sure(positions, reach)
        if bits is None:
            return self._doubtful(positions, reach, self._outs(positions))
        every = some = self.unpacked(bits.every[bits.place])
        if bits.some is not bits.every:
            some = self.unpacked(bits.some[bits.place])
        return Cells(every, every, some, some, None)

    def bits(self, positions: Sequence[int]) -> Bits | None:
        """The same rows with a bit for each cell; None if any is in doubt."""
        return self._sure(positions, self._reach(positions)) if self._plain else None

    def unpacked(self, rows: Small) -> Bools:
        """Rows of bits, a byte for each."""
        return np.unpackbits(rows, axis=1, count=self.axes.count).view(np.bool_)

    def _outs(self, positions: Sequence[int]) -> list[Out]:
        return [self.groups.out(number) for number in self.axes.set_of[positions].tolist()]

    def _reach(self, positions: Sequence[int]) -> Reach:
        spots, place = np.unique(self.net.spot_of[positions], return_inverse=True)
        return Reach(spots, place, self.net.rows(spots, self.axes.client_ports(positions[0])))

    def _sure(self, positions: Sequence[int], reach: Reach) -> Bits | None:
        row = reach.row
        if not self._plain or row.lost is not None or row.other is not None or any(one.any() for one in row.doubts):
            return None
        first_spots, kind = self._kinds_of_spots(reach)
        first, place = self._distinct(positions, kind[reach.place])
        senders, mine = [positions[one] for one in first.tolist()], kind[reach.place[first]]
        outs = self._outs(senders)
        if any(out.doubts is not None for out in outs):
            return None
        passed = np.array([out.bits for out in outs])
        passed &= self._admitted(senders, reach._replace(place=reach.place[first]))
        passed &= self._arriving(senders)
        rows = row.every[first_spots], row.some[first_spots]
        every = passed & self._packed(rows[0])[mine]
        if row.some is row.every or np.array_equal(*rows):
            return Bits(every, every, place)
        return Bits(every, passed & self._packed(rows[1])[mine], place)

    def _kinds_of_spots(self, reach: Reach) -> tuple[Numbers, Numbers]:
        """(rows of spots that are all different, the number of its like among them by row of a spot). Subnets of one
        kind in a VPC are mostly alike.
        """
        row = reach.row
        rows = [row.every, self.net.spread(reach.spots, row.known, near=True)]
        if row.some is not row.every:
            rows.append(row.some)
        told = np.packbits(np.concatenate(rows, axis=1), axis=1)
        first: dict[bytes, int] = {}
        kind = np.array([first.setdefault(one.tobytes(), len(first)) for one in told], np.int64)
        return np.unique(kind, return_index=True)[1], kind

    def _distinct(self, positions: Sequence[int], spots: Numbers) -> tuple[Numbers, Numbers]:
        """(senders of which no two have the same groups, atom and kind of spot, the number of its like among them by
        sender).
        """
        axes = self.axes
        code = axes.set_of[positions] * axes.atoms.count + axes.atom_of[positions]
        code = (code * 2 + (self._version[positions] == 6)) * (spots.max() + 1) + spots
        _, first, place = np.unique(code, return_index=True, return_inverse=True)
        return first, place

    def _packed(self, rows: Bools) -> Small:
        """Rows per spot as bits per class."""
        return np.packbits(rows.take(self._to_spot, axis=1), axis=1)

    def _arriving(self, positions: Sequence[int]) -> Small:
        """The receivers of each sender's version at which a request may arrive."""
        if len(self._arrives_by_version) == 1:
            (arriving,) = self._arrives_by_version.values()
            return arriving
        return np.array([self._arrives_by_version[version] for version in self._version[positions].tolist()])

    def _doubtful(self, positions: Sequence[int], reach: Reach, outs: Sequence[Out]) -> Cells:
        spread = self._spread(positions, reach)
        out_maybe = np.array([out.maybe for out in outs])
        admitted = self._lets_in(positions, reach)
        passed = out_maybe & admitted
        if self._everybody is not None:
            passed |= out_maybe & self._everybody
        every = spread.every & passed
        some = every if spread.some is spread.every else spread.some & passed
        clean = self._everybody is None and spread.told is None and all(out.sure is out.maybe for out in outs)
        other = self._for_the_point_path(spread, out_maybe, passed)
        every, some = every & ~other, some & ~other
        if clean and spread.lost is None:
            return Cells(every, every, some, some, other)
        sure = np.array([out.sure for out in outs]) & admitted
        if spread.told is not None:
            sure &= spread.told
        every_lost = some_lost = np.zeros(every.shape, np.bool_)
        if spread.lost is not None:
            may = out_maybe & ~other & ~self._refusing
            every_lost, some_lost = (one & may for one in spread.lost)
        return Cells(every & sure, every | every_lost, some & sure, some | some_lost, other)

    def why(self, position: int) -> tuple[Numbers, ...]:
        """Why cells of the class at a position are not known: numbers of `reachsim.slices.doubts`."""
        reach = self._reach([position])
        (out,) = self._outs([position])
        settled = self._lets_in([position], reach)[0]
        lost = np.zeros(len(settled), np.bool_)
        if reach.row.lost is not None:
            lost = self.net.spread(reach.spots, reach.row.lost, near=False)[0][self._to_spot]
        mine = np.zeros(len(lost), np.int64) if out.doubts is None else out.doubts
        doubts = (mine, np.where(settled | lost, 0, self._in_gaps), np.where(lost, 0, self._kind))
        return (*(each[0][self._to_spot] for each in reach.row.doubts), *doubts)

    def order(self) -> Numbers:
        """Positions such that rows that share most follow each other."""
        ports = sorted({one.client_ports.spans for one in self.axes.traits})
        by_ports = self.axes.of_traits(lambda one: ports.index(one.client_ports.spans), np.int64)
        return np.lexsort((self.net.spot_of, by_ports))

    def _for_the_point_path(self, spread: Spread, out_maybe: Bools, passed: Bools) -> Bools:
        other = np.zeros(passed.shape, np.bool_) if spread.other is None else spread.other & out_maybe
        if self._other is not None and spread.reached is not None:
            other = other | (self._other & spread.reached & passed)
        return other if self._odd is None else other | self._odd

    def _spread(self, positions: Sequence[int], reach: Reach) -> Spread:
        net, (spots, place, found) = self.net, reach
        of_version = self._version == self._version[positions][:, None]

        def wide(rows: Bools) -> Bools:
            """Rows per spot as rows per class, of a sender's own version."""
            each: Bools = rows[place[:, None], self._to_spot]
            each &= of_version
            return each

        def spread(rows: Bools, *, near: bool) -> Bools:
            return wide(net.spread(spots, rows, near=near))

        every = some = wide(found.every) & self._arrives
        if found.some is not found.every and not np.array_equal(found.every, found.some):
            some = wide(found.some) & self._arrives
        told = None if self._told.all() else np.broadcast_to(self._told, every.shape)
        if found.lost is not None or any(doubt.any() for doubt in found.doubts):
            sure = np.ones(found.every.shape, np.bool_)
            if found.lost is not None:
                sure = ~net.spread(spots, found.lost, near=False)
            for doubt in found.doubts:
                sure &= doubt == 0
            told = wide(sure) & self._told
        lost = None
        if found.lost_every is not None and found.lost_some is not None:
            both = found.lost_every, found.lost_some
            lost = spread(both[0] & found.asked, near=False), spread(both[1] & found.asked, near=False)
        other = None if found.other is None else wide(found.other)
        reached = None
        if self._other is not None:
            reached = spread(found.asked if found.lost is None else found.asked & ~found.lost, near=True)
        return Spread(every, some, told, lost, other, reached)

    def _lets_in(self, positions: Sequence[int], reach: Reach) -> Bools:
        """By sender, whom its address or its groups get past the groups of receivers."""
        return self.unpacked(self._admitted(positions, reach))

    def _admitted(self, positions: Sequence[int], reach: Reach) -> Small:
        """The same as bits."""
        found = np.array([self.groups.admitting_bits(atom) for atom in self.axes.atom_of[positions].tolist()])
        named = [self.groups.naming(number) for number in self.axes.set_of[positions].tolist()]
        sender = np.repeat(np.arange(len(named)), [len(one) for one in named])
        receiver = np.concatenate(named)
        knows = self.net.knowing(reach.spots, reach.row.known, reach.place[sender], self._to_spot[receiver])
        sender, receiver = sender[knows], receiver[knows]
        np.bitwise_or.at(found, (sender, receiver >> 3), BITS[receiver & 7])
        return found


def _if_any(row: Bools) -> Bools | None:
    return row if row.any() else None
