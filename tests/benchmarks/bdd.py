"""The network as binary decision diagrams to measure against: one per class each way, and one AND a pair.

A class's diagram out holds its own address, the addresses that its groups and network ACL let it ask, and the client
ports that its network ACL lets replies come back to; its diagram in, the same of those who ask it. Their AND is empty
exactly where nothing gets through. Routes are given for free: which pairs have a way both ways is known beforehand.
Network ACLs of the subnets that transit gateways stand in let all through in what `organization` makes.
"""

from __future__ import annotations

from typing import Any

from reachsim.model.interfaces import Interface
from tests.benchmarks.plain import NO_WAY, REPLIES, Groups, Plain, Spans

WIDTH = {"s": 32, "d": 32, "p": 16}


class Diagrams:
    """Diagrams of CUDD, or of dd's own Python where CUDD is not installed (``engine`` says which)."""

    def __init__(self, plain: Plain, ends: list[Interface]) -> None:
        try:
            from dd import cudd as engine
        except ImportError:
            from dd import autoref as engine
        self.engine = engine.__name__
        self.plain, self.ends = plain, ends
        self.manager: Any = engine.BDD()
        self.manager.configure(reordering=False)
        self.manager.declare(*(f"{axis}{bit}" for axis, width in WIDTH.items() for bit in range(width)))
        self._spans: dict[tuple[str, int, int], Any] = {}
        self._sets: dict[tuple[str, tuple[tuple[int, int], ...]], Any] = {}
        self._members: dict[str, list[int]] = {}
        for one in plain.network.interfaces.values():
            for group in one.groups:
                self._members.setdefault(group, []).append(one.addresses.first)
        self.none = self.manager.false
        self.out = [self._out(one) for one in ends]
        self.into = [self._into(one) for one in ends]

    def connected(self) -> list[list[int]]:
        """By end: the ends to which there is a way, and from which there is one back."""
        return [[target for target, theirs in enumerate(self.ends) if self._has_way(mine, theirs)]
                for mine in self.ends]  # fmt: skip

    def open(self, source: int, target: int) -> bool:
        """Whether some client port gets through, there and back."""
        return bool((self.out[source] & self.into[target]) != self.none)

    def _has_way(self, mine: Interface, theirs: Interface) -> bool:
        if mine.kind == "endpoint" or theirs.kind == "nat":
            return False
        if mine.subnet_id == theirs.subnet_id:
            return True
        way, plain = NO_WAY, self.plain
        there = plain._way(mine, theirs.vpc_id, theirs.addresses.first, theirs.subnet_id)
        back = plain._way(theirs, mine.vpc_id, mine.addresses.first, mine.subnet_id)
        return there != way and back != way

    def _out(self, one: Interface) -> Any:
        asked = self._groups(one.groups, self.plain.egress, "d")
        return self._at("s", one) & asked & self._acl(one, "d", egress=True)

    def _into(self, one: Interface) -> Any:
        asked = self._groups(one.groups, self.plain.ingress, "s")
        return self._at("d", one) & asked & self._acl(one, "s", egress=False)

    def _acl(self, one: Interface, peer: str, *, egress: bool) -> Any:
        """The network ACL of a class's subnet for requests one way and replies the other; none within the subnet."""
        acl = self.plain.acl_of[one.subnet_id]
        block = self.plain.network.subnets[one.subnet_id].cidr_block
        near = list(block.block.spans) if block is not None else []
        there = self._entries(acl, peer, egress, (self.plain.port, self.plain.port), ports=False)
        back = self._entries(acl, peer, not egress, REPLIES, ports=True)
        return self._union(peer, near) & self._range("p", *REPLIES) | there & back

    def _entries(self, acl: str, peer: str, egress: bool, asked: tuple[int, int], *, ports: bool) -> Any:
        passed = self.none
        for start, end, first, last, allow in reversed(self.plain.acls[acl, egress]):
            low, high = max(first, asked[0]), min(last, asked[1])
            if low > high:
                continue
            named = self._range(peer, start, end)
            if ports:
                named &= self._range("p", low, high)
            passed = passed | named if allow else passed & ~named
        return passed

    def _groups(self, names: tuple[str, ...], rules: dict[str, Groups], axis: str) -> Any:
        if not names:
            return self.manager.true
        mine = [rules[name] for name in names]
        spans = [span for one in mine for span in one.spans]
        spans += [(number, number) for one in mine for group in one.groups for number in self._members.get(group, ())]
        return self._union(axis, spans)

    def _at(self, axis: str, one: Interface) -> Any:
        return self._range(axis, one.addresses.first, one.addresses.first)

    def _union(self, axis: str, spans: Spans) -> Any:
        key = (axis, tuple(sorted(set(spans))))
        if key not in self._sets:
            found = self.none
            for low, high in key[1]:
                found |= self._range(axis, low, high)
            self._sets[key] = found
        return self._sets[key]

    def _range(self, axis: str, low: int, high: int) -> Any:
        if (axis, low, high) not in self._spans:
            self._spans[axis, low, high] = self._at_least(axis, low) & ~self._at_least(axis, high + 1)
        return self._spans[axis, low, high]

    def _at_least(self, axis: str, number: int) -> Any:
        width = WIDTH[axis]
        if number >> width:
            return self.none
        found = self.manager.true
        for bit in reversed(range(width)):
            variable = self.manager.var(f"{axis}{bit}")
            found = variable & found if number >> (width - 1 - bit) & 1 else variable | found
        return found
