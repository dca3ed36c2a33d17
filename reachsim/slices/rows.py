"""Rows of the matrix: classes of senders to every class, network and security groups together.

Four rows say what holds for each cell: whether every client port works surely or perhaps, and whether some does. From
them come the two modalities and the outcome (DESIGN, "Verdicts": the client's port is chance's choice).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reachsim.forwarding import Ground
from reachsim.slices.axes import Axes, Bools, Numbers
from reachsim.slices.bounds import group_sets, net_sets
from reachsim.slices.doubts import Doubts
from reachsim.slices.groups import Groups
from reachsim.slices.net import Net


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
    """Rows of the network, per class, with what holds of the receivers whoever asks: [from, to].

    ``some`` is the very array of ``every`` where no client port fares worse than another. The others are None where
    they make no difference: ``told`` where nothing about the network or the receiver is in doubt.
    """

    every: Bools
    some: Bools
    told: Bools | None
    lost: Bools | None
    other: Bools | None
    asked: Bools | None
    known: Bools | None


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
        self._to = np.maximum(self.net.spot_of, 0)
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
        out_maybe = np.array([out.maybe for out in outs])
        admitted = self._lets_in(positions, spread.known)
        passed = out_maybe & admitted
        if self._everybody is not None:
            passed |= out_maybe & self._everybody
        every = spread.every & passed
        some = every if spread.some is spread.every else spread.some & passed
        clean = self._everybody is None and spread.told is None and all(out.sure is out.maybe for out in outs)
        if clean and spread.lost is None and spread.other is None and self._odd is None and self._other is None:
            return Cells(every, every, some, some, None)
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
        found = self.net.rows(self.net.spot_of[[position]], one.client_ports)
        out = self.groups.out(one.groups, one.vpc_id)
        lost, known = found.lost[0][self._to], found.known[:, self._to]
        settled = lost | self._lets_in([position], known)[0]
        mine = np.zeros(len(lost), np.int64) if out.doubts is None else out.doubts
        doubts = (mine, np.where(settled, 0, self._in_gaps), np.where(lost, 0, self._kind))
        return (*(each[0][self._to] for each in found.doubts), *doubts)

    def order(self) -> list[int]:
        """Positions such that rows that share most follow each other."""
        classes = self.axes.classes
        return sorted(range(len(classes)), key=lambda p: (classes[p].client_ports.spans, self.net.spot_of[p], p))

    def _for_the_point_path(self, spread: Spread, out_maybe: Bools, passed: Bools) -> Bools:
        other = np.zeros(passed.shape, np.bool_) if spread.other is None else spread.other & out_maybe
        if self._other is not None and spread.asked is not None:
            other = other | (self._other & spread.asked & passed)
        return other if self._odd is None else other | self._odd

    def _spread(self, positions: Sequence[int]) -> Spread:
        spots, place = np.unique(self.net.spot_of[list(positions)], return_inverse=True)
        found = self.net.rows(spots, self.axes.classes[positions[0]].client_ports)
        mine = (self._version == self._version[list(positions)][:, None]) if self._mixed else None

        def per_class(rows: Bools) -> Bools:
            spread = rows.take(self._to, axis=1)[place]
            return spread if mine is None else spread & mine

        reached = found.asked & ~found.lost
        every = per_class(reached & found.every) & self._arrives
        some = every
        if not np.array_equal(found.every, found.some):
            some = per_class(reached & found.some) & self._arrives
        told = None if self._told.all() else np.broadcast_to(self._told, every.shape)
        if found.lost.any() or any(doubt.any() for doubt in found.doubts):
            sure = ~found.lost
            for doubt in found.doubts:
                sure &= doubt == 0
            told = per_class(sure) & self._told
        return Spread(
            every, some, told, per_class(found.lost & found.asked) if found.lost.any() else None,
            per_class(found.other) if found.other.any() else None,
            None if self._other is None else per_class(reached),
            per_class(found.known) if any(self.groups.names(self.axes.classes[p].groups) for p in positions) else None,
        )  # fmt: skip

    def _lets_in(self, positions: Sequence[int], known: Bools | None) -> Bools:
        kept: dict[int, Bools] = {}
        found = np.empty((len(positions), len(self.axes.classes)), np.bool_)
        for number, position in enumerate(positions):
            one = self.axes.classes[position]
            if one.atom not in kept:
                kept[one.atom] = self.groups.admitting(one.atom)
            named = self.groups.naming(one.groups)
            found[number] = kept[one.atom]
            if named is not None and known is not None:
                found[number] |= named & known[number]
        return found


def _if_any(row: Bools) -> Bools | None:
    return row if row.any() else None
