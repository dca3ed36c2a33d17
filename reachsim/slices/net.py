"""The network between subnets as rows: whether and how each place reaches every other, security groups apart.

A *spot* is a subnet and an atom of addresses in it: all that network ACLs and routes can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from reachsim.evidence import Gap
from reachsim.forwarding import Ground
from reachsim.forwarding.ground import missing, unseen
from reachsim.intervals import IntervalSet
from reachsim.packets import protocol_services
from reachsim.slices.acls import Acls, Planes
from reachsim.slices.axes import Axes, Bools, Numbers
from reachsim.slices.doubts import Doubts
from reachsim.slices.ways import OTHER, STRAIGHT, Gate, Start, State, Walker, Way, Ways


class Row(NamedTuple):
    """From some spots to every spot.

    ``asked``: the request gets past its own filters on the way. ``lost``: nobody knows what then becomes of it.
    ``other``: for the point path to say. ``every`` and ``some``: it is delivered and answered, to each or any of the
    client's ports. ``known``: the receiver knows the sender's groups. ``doubts``: numbers of `reachsim.slices.doubts`,
    empty where the whole network between subnets is known.
    """

    asked: Bools
    lost: Bools
    other: Bools
    every: Bools
    some: Bools
    known: Bools
    doubts: tuple[Numbers, ...]


class Net:
    """The rows between the spots of a network's interfaces, for one service."""

    def __init__(self, ground: Ground, axes: Axes, doubts: Doubts, protocol: int, port: int) -> None:
        network = ground.network
        self.axes, self.doubts = axes, doubts
        clients = tuple(dict.fromkeys(one.client_ports for one in axes.classes))
        self.acls = Acls(ground, axes.net_atoms, protocol, port, clients)
        spots: dict[tuple[str, int], int] = {}
        numbers = [
            -1 if one.kind == "odd" else spots.setdefault((one.subnet_id, one.net_atom), len(spots))
            for one in axes.classes
        ]
        self.spot_of: Numbers = np.array(numbers, np.int64)
        self.spots = tuple(spots)
        self._atom: Numbers = np.array([atom for _, atom in spots], np.int64)
        subnets = list(dict.fromkeys(subnet for subnet, _ in spots))
        vpcs = {name: number for number, name in enumerate(network.vpcs)}
        self._subnets = {name: number for number, name in enumerate(subnets)}
        self._subnet: Numbers = np.array([self._subnets[subnet] for subnet, _ in spots], np.int64)
        self._vpc: Numbers = np.array([vpcs[network.subnets[subnet].vpc_id] for subnet, _ in spots], np.int64)
        acls = {subnet: network.network_acl_of(subnet) for subnet in subnets}
        self._acl_of = {
            subnet: self.acls.unknown if acl is None else self.acls.index[acl.network_acl_id]
            for subnet, acl in acls.items()
        }
        self._acl: Numbers = np.array([self._acl_of[subnet] for subnet, _ in spots], np.int64)
        gaps = {subnet: doubts.number(_no_acl(ground, subnet) if acl is None else ()) for subnet, acl in acls.items()}
        self._acl_gap: Numbers = np.array([gaps[subnet] for subnet, _ in spots], np.int64)
        service = protocol_services(protocol, IntervalSet.single(port))
        self._walk(Walker(ground, service, IntervalSet.union_of(clients), subnets), vpcs)

    # --- ways -------------------------------------------------------------------------------------------------------

    def _walk(self, walker: Walker, vpcs: dict[str, int]) -> None:
        starts: dict[Start, int] = {}
        first: list[str] = []
        start_of: dict[str, int] = {}
        for subnet in self._subnets:
            start = walker.start_of(subnet)
            if start not in starts:
                starts[start] = len(starts)
                first.append(subnet)
            start_of[subnet] = starts[start]
        self._start: Numbers = np.array([start_of[subnet] for subnet, _ in self.spots], np.int64)
        self._start_acl: Numbers = np.array([self._acl_of[subnet] for subnet in first], np.int64)
        self._ways: dict[Way, int] = {OTHER: 0, STRAIGHT: 1}
        self._there = self._paint(walker.out_of(subnet, "request") for subnet in first)
        back = self._paint(walker.out_of(subnet, "response") for subnet in first)
        gates = list(dict.fromkeys(way.gate for way in self._ways if way.gate is not None))
        self._there_on = self._paint(walker.beyond(gate, "request") for gate in gates)
        back_on = self._paint(walker.beyond(gate, "response") for gate in gates)
        self._back, self._back_on = np.ascontiguousarray(back.T), np.ascontiguousarray(back_on.T)
        self._tabulate({gate: number for number, gate in enumerate(gates)}, vpcs)

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
        self._state = np.array([way.state for way in ways], np.int8)
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
        """From each of some spots, by a client with these ports, to every spot: [from, to]."""
        same = self._subnet == self._subnet[spots][:, None]
        asked, lost, other, exempt, known, doubts = self._ask(spots, same)
        into = self.acls.request.of_atoms(self._atom[spots]).ingress
        every, some, other_back, doubts_back = self._answer(spots, same, client_ports)
        entered = into[:, self._acl] | exempt
        other |= other_back & ~lost
        if not self._doubtful:
            return Row(asked, lost, other, every & entered, some & entered, known, ())
        doubts += (np.where(exempt | lost, 0, self._acl_gap),)
        doubts += tuple(np.where(lost, 0, one) for one in doubts_back)
        return Row(asked, lost, other, every & entered, some & entered, known, doubts)

    def _ask(self, spots: Numbers, same: Bools) -> tuple[Bools, Bools, Bools, Bools, Bools, tuple[Numbers, ...]]:
        """The request: (asked, lost, other, exempt, known, doubts), per atom first and then per spot."""
        request, every_atom = self.acls.request, np.arange(self.axes.net_atoms.count)
        ways = self._there[self._start[spots]]
        gates = self._gate[ways]
        onward = gates >= 0
        more = np.where(onward, self._there_on[gates, every_atom], 1) if onward.any() else None
        last = ways if more is None else np.where(onward, more, ways)
        state = self._state[last]
        asked = request.egress[self._acl[spots]] & (state != State.BLOCKED)
        known = self._knows[ways]
        into = request.of_atoms(self._atom[spots]).ingress
        for crossed in (ways,) if more is None else (ways, more):
            for slot in self._request[0]:
                asked &= np.take_along_axis(into, slot[crossed], 1)
            for slot in self._request[1]:
                asked &= request.egress[slot[crossed], every_atom]
        if more is not None:
            known = known & self._knows[more]
        atoms = self._atom
        lost = (state == State.LOST)[:, atoms] & ~same
        wrong = (self._to[last][:, atoms] != self._vpc) & (state == State.OPEN)[:, atoms]
        other = ((state == State.OTHER)[:, atoms] | wrong) & ~same
        exempt = (self._exempt[last][:, atoms] == self._subnet) | same
        doubts: tuple[Numbers, ...] = ()
        if self._doubtful:
            doubts = tuple(self._doubts(crossed, atoms, same) for crossed in (ways, more))
        return asked[:, atoms] | same, lost, other, exempt, known[:, atoms] | same, doubts

    def _answer(
        self, spots: Numbers, same: Bools, client_ports: IntervalSet
    ) -> tuple[Bools, Bools, Bools, tuple[Numbers, ...]]:
        """The response: (every, some, other, doubts), per start first and then per spot."""
        here, starts = self._atom[spots], self._start
        ways = self._back[here]
        gates = self._gate[ways]
        onward = gates >= 0
        more = None
        if onward.any():
            more = np.where(onward, np.take_along_axis(self._back_on[here], np.maximum(gates, 0), 1), 1)
        last = ways if more is None else np.where(onward, more, ways)
        state = self._state[last]
        gone = state == State.LOST
        wrong = (state == State.OPEN) & (self._to[last] != self._vpc[spots][:, None])
        other = ((state == State.OTHER) | wrong)[:, starts] & ~same
        home = (gone | (self._exempt[last] == self._subnet[spots][:, None]))[:, starts] | same
        every, some = np.ones(same.shape, np.bool_), np.zeros(same.shape, np.bool_)
        for number in self.acls.ports(client_ports):
            reply, (ingress, egress) = self.acls.replies[number], self._replies[number]
            to_us = reply.of_atoms(here).egress
            sent = to_us[:, self._start_acl] & (state != State.BLOCKED)
            for crossed in (ways,) if more is None else (ways, more):
                for slot in egress:
                    sent &= np.take_along_axis(to_us, slot[crossed], 1)
            passed = sent[:, starts]
            for crossed in (ways,) if more is None else (ways, more):
                for slot in ingress:
                    passed &= reply.ingress[slot[crossed][:, starts], self._atom]
            passed = (passed | same) & (reply.ingress[self._acl[spots]][:, self._atom] | home)
            every &= passed
            some |= passed
        if not self._doubtful:
            return every, some, other, ()
        doubts = tuple(self._doubts(crossed, starts, same) for crossed in (ways, more))
        return every, some, other, (*doubts, np.where(home, 0, self._acl_gap[spots][:, None]))

    def _doubts(self, crossed: npt.NDArray[Any] | None, place: Numbers, same: Bools) -> Numbers:
        if crossed is None:
            return np.zeros(same.shape, np.int64)
        return np.where(same, 0, self._gap[crossed][:, place])


def _no_acl(ground: Ground, subnet_id: str) -> tuple[Gap, ...]:
    vpc_id = ground.network.subnets[subnet_id].vpc_id
    lacking = ground.lacks_for_vpc(vpc_id, "describe-network-acls")
    what = "the network ACL of a subnet"
    return (missing(lacking, vpc_id, what) if lacking else unseen(vpc_id, what),)
