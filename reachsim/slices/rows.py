"""Rows of the matrix: classes of senders to every class, network and security groups together.

Four rows say what holds for each cell: whether every client port works surely or perhaps, and whether some does. From
them come the two modalities and the outcome (DESIGN, "Verdicts": the client's port is chance's choice).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from reachsim.forwarding import Ground
from reachsim.slices.axes import Axes, Bools, Numbers, Small
from reachsim.slices.bounds import group_sets, net_sets
from reachsim.slices.doubts import Doubts
from reachsim.slices.groups import Groups, Out
from reachsim.slices.net import Net

_BITS: Final[Small] = np.array([128 >> bit for bit in range(8)], np.uint8)
"""By place in a byte, as `numpy.packbits` has them."""


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


class Spread(NamedTuple):
    """Rows of the network, with what holds of the receivers whoever asks: [from spot, to class].

    ``place``: the row of each sender. ``some`` is the very array of ``every`` where no client port fares worse than
    another. The others are None where they make no difference: ``told`` where nothing about the network or the receiver
    is in doubt. ``known`` is per atom.
    """

    place: Numbers
    every: Bools
    some: Bools
    told: Bools | None
    lost: Bools | None
    other: Bools | None
    reached: Bools | None
    known: Bools

    def by_class(self) -> Spread:
        """A row for each sender."""

        def of(rows: Bools | None) -> Bools | None:
            return None if rows is None else rows[self.place]

        every = self.every[self.place]
        some = every if self.some is self.every else self.some[self.place]
        return self._replace(
            every=every, some=some, told=of(self.told), lost=of(self.lost), other=of(self.other),
            reached=of(self.reached), known=self.known[self.place],
        )  # fmt: skip


class Rows:
    """Rows of the matrix of a network at one port."""

    def __init__(self, ground: Ground, protocol: int, port: int) -> None:
        self.ground = ground
        service = (protocol << 16) | port
        self.axes = Axes(ground, service, group_sets(ground), net_sets(ground))
        self.doubts = Doubts()
        self.groups = Groups(ground, self.axes, self.doubts, service)
        self.net = Net(ground, self.axes, self.doubts, protocol, port)
        classes = self.axes.classes
        self._arrives = np.array([not one.receiving.blocked for one in classes], np.bool_)
        self._told = np.array([not one.receiving.gaps for one in classes], np.bool_)
        self._other = _if_any(np.array([one.receiving.other for one in classes], np.bool_))
        self._odd = _if_any(np.array([one.kind == "odd" for one in classes], np.bool_))
        self._version = np.array([one.version for one in classes], np.int64)
        self._mixed = len(set(self._version)) > 1
        self._kind: Numbers = np.array([self.doubts.number(one.receiving.gaps) for one in classes], np.int64)
        self._in_gaps = self.groups.gaps[self.groups.set_of]
        self._everybody = _if_any(self.groups.everybody[self.groups.set_of])

    def silent(self, position: int) -> bool:
        """Whether the class at a position never asks for anything."""
        return self.axes.classes[position].kind == "endpoint"

    def beyond(self, position: int) -> bool:
        """Whether what the class at a position asks for is all for the point path."""
        return self.axes.classes[position].kind in ("odd", "load-balancer")

    def cells(self, positions: Sequence[int]) -> Cells:
        """The rows of classes with the same client ports that are neither `silent` nor `beyond`."""
        spread = self._spread(positions)
        outs = [self.groups.out(self.axes.classes[p].groups, self.axes.classes[p].vpc_id) for p in positions]
        known = spread.told is None and spread.lost is None and spread.other is None and self._everybody is None
        if known and self._odd is None and self._other is None and all(out.doubts is None for out in outs):
            return self._sure(positions, spread, outs)
        return self._doubtful(positions, spread.by_class(), outs)

    def _sure(self, positions: Sequence[int], spread: Spread, outs: Sequence[Out]) -> Cells:
        """Cells of which nothing is in doubt, computed with a bit for each."""
        passed = np.array([out.bits for out in outs])
        passed &= self._admitted(positions, spread)
        every = np.packbits(spread.every, axis=1)[spread.place]
        every &= passed
        some = every
        if spread.some is not spread.every:
            some = np.packbits(spread.some, axis=1)[spread.place]
            some &= passed
        count = len(self.axes.classes)
        found = np.unpackbits(every, axis=1, count=count).view(np.bool_)
        found_some = found if some is every else np.unpackbits(some, axis=1, count=count).view(np.bool_)
        return Cells(found, found, found_some, found_some, None)

    def _doubtful(self, positions: Sequence[int], spread: Spread, outs: Sequence[Out]) -> Cells:
        out_maybe = np.array([out.maybe for out in outs])
        admitted = self._lets_in(positions, spread.known)
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
        lost = np.zeros(every.shape, np.bool_) if spread.lost is None else spread.lost & out_maybe & ~other
        return Cells(every & sure, every | lost, some & sure, some | lost, other)

    def why(self, position: int) -> tuple[Numbers, ...]:
        """Why cells of the class at a position are not known: numbers of `reachsim.slices.doubts`."""
        one = self.axes.classes[position]
        spots = self.net.spot_of[[position]]
        found = self.net.rows(spots, one.client_ports)
        out = self.groups.out(one.groups, one.vpc_id)
        settled = self._lets_in([position], found.known)[0]
        lost = np.zeros(len(settled), np.bool_)
        if found.lost is not None:
            lost = self.net.spread(spots, found.lost, near=False)[0]
        mine = np.zeros(len(lost), np.int64) if out.doubts is None else out.doubts
        doubts = (mine, np.where(settled | lost, 0, self._in_gaps), np.where(lost, 0, self._kind))
        return (*(each[0] for each in found.doubts), *doubts)

    def order(self) -> list[int]:
        """Positions such that rows that share most follow each other."""
        classes = self.axes.classes
        return sorted(range(len(classes)), key=lambda p: (classes[p].client_ports.spans, self.net.spot_of[p], p))

    def _for_the_point_path(self, spread: Spread, out_maybe: Bools, passed: Bools) -> Bools:
        other = np.zeros(passed.shape, np.bool_) if spread.other is None else spread.other & out_maybe
        if self._other is not None and spread.reached is not None:
            other = other | (self._other & spread.reached & passed)
        return other if self._odd is None else other | self._odd

    def _spread(self, positions: Sequence[int]) -> Spread:
        net = self.net
        spots, first, place = np.unique(net.spot_of[list(positions)], return_index=True, return_inverse=True)
        found = net.rows(spots, self.axes.classes[positions[0]].client_ports)
        mine = (self._version == self._version[np.array(positions)[first]][:, None]) if self._mixed else None

        def of_version(rows: Bools) -> Bools:
            return rows if mine is None else rows & mine

        def spread(rows: Bools, *, near: bool) -> Bools:
            return of_version(net.spread(spots, rows, near=near))

        every = some = of_version(found.every & self._arrives)
        if found.some is not found.every and not np.array_equal(found.every, found.some):
            some = of_version(found.some & self._arrives)
        told = None if self._told.all() else np.broadcast_to(self._told, every.shape)
        if found.lost is not None or any(doubt.any() for doubt in found.doubts):
            sure = np.ones(every.shape, np.bool_)
            if found.lost is not None:
                sure = ~net.spread(spots, found.lost, near=False)
            for doubt in found.doubts:
                sure &= doubt == 0
            told = of_version(sure) & self._told
        lost = None if found.lost is None else spread(found.lost & found.asked, near=False)
        other = None if found.other is None else of_version(found.other)
        reached = None
        if self._other is not None:
            reached = spread(found.asked if found.lost is None else found.asked & ~found.lost, near=True)
        return Spread(place, every, some, told, lost, other, reached, found.known)

    def _lets_in(self, positions: Sequence[int], known: Bools) -> Bools:
        """By sender, whom its address or its groups get past the groups of receivers; ``known`` per sender and atom."""
        found = np.array([self.groups.admitting(self.axes.classes[position].atom) for position in positions])
        for number, position in enumerate(positions):
            found[number, self._naming(position, known[number])] = True
        return found

    def _admitted(self, positions: Sequence[int], spread: Spread) -> Small:
        """The same as bits."""
        found = np.array([self.groups.admitting_bits(self.axes.classes[position].atom) for position in positions])
        for number, position in enumerate(positions):
            named = self._naming(position, spread.known[spread.place[number]])
            if len(named):
                np.bitwise_or.at(found[number], named >> 3, _BITS[named & 7])
        return found

    def _naming(self, position: int, known: Bools) -> Numbers:
        """The classes whose groups name one of a sender's and that know it."""
        named = self.groups.naming(self.axes.classes[position].groups)
        return named[self.net.knowing(self.net.spot_of[position], known, named)] if len(named) else named


def _if_any(row: Bools) -> Bools | None:
    return row if row.any() else None
