"""Security groups as rows over classes: whom a sender's groups let it ask, and whose groups let a sender in.

**Source:** `reachsim.forwarding.filtering` (all groups of an interface together decide; a rule that names a group
stands for its members, as far as they are known where the rule is).
"""

from __future__ import annotations

import itertools
from typing import Final, NamedTuple

import numpy as np

from reachsim.evidence import Direction, Gap
from reachsim.filters import Rule
from reachsim.forwarding import Context, Ground
from reachsim.forwarding.filtering import resolve, unknown_groups
from reachsim.forwarding.ground import Origin, missing, unseen
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.interfaces import Interface
from reachsim.slices.atoms import Bools, Numbers, Small
from reachsim.slices.axes import Axes
from reachsim.slices.doubts import Doubts

MOST_KEPT: Final = 256
"""Rows kept at once; senders of one VPC follow each other and share them."""
NOBODY: Final = Context(Origin("interface", "nobody"))


class Out(NamedTuple):
    """Which classes a sender's groups surely let it ask, which perhaps, and why that is not known."""

    sure: Bools
    maybe: Bools
    doubts: Numbers | None
    bits: Small
    """What is perhaps so, packed."""


class Asked(NamedTuple):
    """The same as addresses, sets of groups, and addresses that are in doubt."""

    addresses: IntervalSet
    members: list[int]
    doubted: list[tuple[IntervalSet, Gap]]


class In(NamedTuple):
    """Whom the groups of a receiver admit: atoms, groups, everybody perhaps, or nobody whoever asks."""

    addresses: IntervalSet
    groups: frozenset[str]
    everybody: bool
    gaps: tuple[Gap, ...]
    nobody: bool = False


class Groups:
    """The security groups of the classes, for one service. Numbers are those of the axes' sets of groups."""

    def __init__(self, ground: Ground, axes: Axes, doubts: Doubts, service: int) -> None:
        self.ground, self.axes, self.doubts, self.service = ground, axes, doubts, service
        self._out: dict[int, Out] = {}
        self._rows: dict[IntervalSet, Bools] = {}
        self._to: dict[IntervalSet, Out] = {}
        self._asked: dict[int, IntervalSet | None] = {}
        self._named: dict[int, Numbers] = {}
        admitted = [self._admits(*one) for one in axes.sets]
        self.everybody: Bools = np.array([one.everybody for one in admitted], np.bool_)
        self.gaps: Numbers = np.array([doubts.number(one.gaps) for one in admitted], np.int64)
        self.nobody: Bools = np.array([one.nobody for one in admitted], np.bool_)
        spans = [(*span, number) for number, one in enumerate(admitted) for span in axes.atoms.slices(one.addresses)]
        table = np.array(spans, np.int64).reshape(-1, 3)
        self._low, self._high, self._set = table[:, 0], table[:, 1], table[:, 2]
        self._naming: dict[str, list[int]] = {}
        for number, one in enumerate(admitted):
            for group in one.groups:
                self._naming.setdefault(group, []).append(number)
        self._carriers: dict[str, list[int]] = {}
        for number, each in enumerate(axes.sets):
            for group in each.groups:
                self._carriers.setdefault(group, []).append(number)
        self._asked_by = [self._lets_ask(*one) for one in axes.sets]
        self._bits: dict[int, Small] = {}
        order = np.argsort(axes.set_of, kind="stable")
        bounds = np.searchsorted(axes.set_of[order], np.arange(len(axes.sets) + 1)).tolist()
        self._of_set = [order[low:high] for low, high in itertools.pairwise(bounds)]

    def admitting(self, atom: int) -> Bools:
        """Per class: whether its groups admit the addresses of an atom."""
        sets = np.zeros(len(self.axes.sets), np.bool_)
        sets[self._set[(self._low <= atom) & (atom < self._high)]] = True
        return sets[self.axes.set_of]

    def admitting_bits(self, atom: int) -> Small:
        """The same, packed."""
        if atom not in self._bits:
            if len(self._bits) == MOST_KEPT:
                self._bits.clear()
            self._bits[atom] = np.packbits(self.admitting(atom))
        return self._bits[atom]

    def naming(self, number: int) -> Numbers:
        """The classes whose groups name one of the sender's, whose members they admit."""
        if number not in self._named:
            named = [one for group in self.axes.sets[number].groups for one in self._naming.get(group, ())]
            self._named[number] = np.concatenate([self._of_set[one] for one in named]) if named else _NONE
        return self._named[number]

    def out(self, number: int) -> Out:
        """Whom the groups let ask."""
        if number not in self._out:
            if len(self._out) == MOST_KEPT:
                self._out.clear()
            self._out[number] = self._lets_out(self._asked_by[number])
        return self._out[number]

    def asked(self, number: int) -> IntervalSet | None:
        """The addresses that the groups let ask; None where that is not known."""
        if number not in self._asked:
            self._asked[number] = self._addresses_asked(*self.axes.sets[number])
        return self._asked[number]

    def _addresses_asked(self, groups: tuple[str, ...], vpc_id: str) -> IntervalSet | None:
        ground, interface = self.ground, Interface("a sender", vpc_id, "", groups, EMPTY)
        if not groups:
            return _ALL
        if unknown_groups(ground, interface):
            return None
        found = [
            resolve(ground, NOBODY, interface, rule, "egress")
            for group in groups for rule in ground.group_rules_at(group, "egress", self.service)
        ]  # fmt: skip
        if any(doubts for _, doubts in found):
            return None
        return IntervalSet.union_of(rule.peers for rule, _ in found)

    def _rules(self, group: str, direction: Direction) -> tuple[Rule, ...]:
        if group not in self.ground.network.security_groups:
            return ()
        return self.ground.group_rules_at(group, direction, self.service)

    def _lets_ask(self, groups: tuple[str, ...], vpc_id: str) -> Asked:
        if not groups:
            return Asked(_ALL, [], [])
        ground, interface = self.ground, Interface("a sender", vpc_id, "", groups, EMPTY)
        asked: list[IntervalSet] = []
        members: list[int] = []
        doubted: list[tuple[IntervalSet, Gap]] = []
        for group in groups:
            for rule in self._rules(group, "egress"):
                resolved, doubts = resolve(ground, NOBODY, interface, rule, "egress")
                if rule.group is not None and resolved.peers and not self.axes.overlapping:
                    near = ground.peered_vpcs(vpc_id)
                    carriers = self._carriers.get(rule.group, [])
                    members += [one for one in carriers if self.axes.sets[one].vpc_id in near]
                else:
                    asked.append(resolved.peers)
                doubted += [(peers.peers, gap) for peers, gap in doubts]
        doubted += [(_ALL, gap) for gap in unknown_groups(ground, interface)]
        return Asked(asked[0] if len(asked) == 1 else IntervalSet.union_of(asked), members, doubted)

    def _lets_out(self, asked: Asked) -> Out:
        out = self._to_addresses(asked.addresses)
        if not asked.members and not asked.doubted:
            return out
        sure = out.sure.copy()
        for number in asked.members:
            sure[self._of_set[number]] = True
        return self._with_doubts(sure, asked.doubted)

    def _to_addresses(self, addresses: IntervalSet) -> Out:
        """Nothing but these addresses; one row for all whose groups name the same."""
        if addresses not in self._to:
            if len(self._to) == MOST_KEPT:
                self._to.clear()
            sure = self._row(addresses)
            self._to[addresses] = Out(sure, sure, None, np.packbits(sure))
        return self._to[addresses]

    def _with_doubts(self, sure: Bools, doubted: list[tuple[IntervalSet, Gap]]) -> Out:
        if not doubted:
            return Out(sure, sure, None, np.packbits(sure))
        gaps = list(dict.fromkeys(gap for _, gap in doubted))
        held = np.zeros(len(sure), np.int64)  # one bit per gap, for as many as there are bits
        for addresses, gap in doubted:
            held[self._row(addresses) & ~sure] |= 1 << min(gaps.index(gap), 62)
        sets, place = np.unique(held, return_inverse=True)
        numbers = [
            self.doubts.number(gap for index, gap in enumerate(gaps) if int(one) >> min(index, 62) & 1) for one in sets
        ]
        maybe = sure | (held != 0)
        return Out(sure, maybe, np.array(numbers, np.int64)[place], np.packbits(maybe))

    def _row(self, addresses: IntervalSet) -> Bools:
        if addresses not in self._rows:
            if len(self._rows) == MOST_KEPT:
                self._rows.clear()
            self._rows[addresses] = self.axes.row(addresses)
        return self._rows[addresses]

    def _admits(self, groups: tuple[str, ...], vpc_id: str) -> In:
        if not groups:
            return In(_ALL, frozenset(), False, ())
        ground = self.ground
        peers: list[IntervalSet] = []
        named: set[str] = set()
        gaps = tuple(unknown_groups(ground, Interface("a receiver", vpc_id, "", groups, EMPTY)))
        for group in groups:
            for rule in self._rules(group, "ingress"):
                if rule.missing:
                    gaps += (missing(rule.missing, rule.owner, "a prefix list"),)
                elif rule.unread:
                    gaps += (unseen(rule.owner, rule.unread),)
                elif rule.group is None or rule.group_peer is None:
                    peers.append(rule.peers)
                elif not rule.group_peer.peering_stale:  # a stale reference matches nothing (N90)
                    named.add(rule.group)
        return In(IntervalSet.union_of(peers), frozenset(named), bool(gaps), gaps, not (peers or named or gaps))


_ALL = IntervalSet.span(0, 1 << 200)
_NONE: Final[Numbers] = np.zeros(0, np.int64)
