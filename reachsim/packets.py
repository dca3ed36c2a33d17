"""Exact sets of packets: canonical unions of products of integer sets.

A packet is a point in `DIMENSIONS`: source and destination address (places on the address line), service (what the
destination filters on, see below), up to three ephemeral ports (the client's own, and one for each NAT gateway that
picks a new one) and a number for what AWS picks by itself on the way. AWS filters match (peer address, protocol,
destination port or ICMP type/code) and routes match the destination address, so every set that occurs is a finite
union of products, and stays one under union, intersection, difference and projection.

A *service* is one integer: ``protocol << 16 | detail``. The detail is the destination port (TCP, UDP), ``type << 8 |
code`` (ICMP, ICMPv6), and a filler for all other protocols, of which every set holds all values or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Final

from msgspec import Struct

from reachsim.intervals import EMPTY, IntervalSet

DIMENSIONS: Final = ("source", "destination", "service", "client_port", "nat_port", "second_nat_port", "choice")
SOURCE, DESTINATION, SERVICE, CLIENT_PORT, NAT_PORT, SECOND_NAT_PORT, CHOICE = range(7)

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
PORTS: Final = IntervalSet.span(0, 65535)
ALL_SERVICES: Final = IntervalSet.span(0, (256 << 16) - 1)
CHOICES: Final = IntervalSet.span(0, 65535)
"""Numbers of the dimension ``choice``: a point where AWS picks one of n ways splits them into n nearly equal spans."""
_spans = attrgetter("spans")

Box = tuple[IntervalSet, ...]
"""A product: one non-empty set per dimension."""


@lru_cache(maxsize=4096)
def protocol_services(protocol: int, ports: IntervalSet = PORTS) -> IntervalSet:
    """All services of an IP protocol with the given details.

    Args:
        protocol: IP protocol number, 0 to 255.
        ports: details, 0 to 65535 each: ports (TCP, UDP) or ICMP ``type << 8 | code``; all of them if not given.

    >>> [Service.of(one) for one in protocol_services(TCP, IntervalSet.single(443))]
    [Service(protocol=6, detail=443)]
    """
    return ports.shift(protocol << 16)


def icmp_services(protocol: int, kind: int, code: int) -> IntervalSet:
    """ICMP services by type and code; -1 stands for all (EC2 IpPermission, facts N92 and N110).

    Args:
        protocol: `ICMP` or `ICMPV6`.
        kind: the type, 0 to 255; with -1 the code does not count.
        code: 0 to 255, or -1.

    >>> icmp_services(ICMP, 8, -1).size
    256
    """
    if kind < 0:
        return protocol_services(protocol)
    codes = IntervalSet.span(0, 255) if code < 0 else IntervalSet.single(code)
    return protocol_services(protocol, codes.shift(kind << 8))


class Service(Struct, frozen=True):
    """One service, taken apart: the IP protocol's number and the detail (see the module)."""

    protocol: int
    detail: int

    @classmethod
    def of(cls, service: int) -> Service:
        return cls(service >> 16, service & 0xFFFF)


# A set over the dimensions from some depth on: a function from the first of them to sets over the rest, kept as
# disjoint classes with different values, in order. At the last dimension it is the interval set itself.
_Node = tuple[tuple[IntervalSet, "_Node"], ...] | IntervalSet


class PacketSet:
    """A set of packets (or, after `project`, of what is left of them).

    Build one with `empty`, `box`, `union_of` or the operators ``| & -``; sets over different numbers of dimensions do
    not mix (ValueError). Canonical, so ``==`` and ``hash`` mean the same set.

    >>> web = PacketSet.box((IntervalSet.single(1), IntervalSet.single(2), IntervalSet.span(80, 90)))
    >>> (web - web).is_empty, (web | web) == web
    (True, True)
    """

    __slots__ = ("_node", "dimensions")

    def __init__(self, node: _Node, dimensions: int) -> None:
        self._node = node
        self.dimensions = dimensions

    @staticmethod
    def empty(dimensions: int) -> PacketSet:
        """The set without packets over so many dimensions (one or more)."""
        return PacketSet(_nothing(dimensions), dimensions)

    @staticmethod
    def box(box: Box) -> PacketSet:
        """One product. Empty if any factor is."""
        if not all(map(_spans, box)):
            return PacketSet.empty(len(box))
        node: _Node = box[-1]
        for factor in reversed(box[:-1]):
            node = ((factor, node),)
        return PacketSet(node, len(box))

    @staticmethod
    def union_of(boxes: Iterable[Box], dimensions: int) -> PacketSet:
        """The union of products; merged pairwise, so that many small ones stay cheap.

        >>> one, two = IntervalSet.single(1), IntervalSet.single(2)
        >>> list(PacketSet.union_of([(two, one), (one, one)], 2).boxes())
        [(IntervalSet([(1, 2)]), IntervalSet([(1, 1)]))]
        """
        sets = [PacketSet.box(box) for box in boxes]
        while len(sets) > 1:
            sets = [sets[i] | sets[i + 1] if i + 1 < len(sets) else sets[i] for i in range(0, len(sets), 2)]
        return sets[0] if sets else PacketSet.empty(dimensions)

    def __or__(self, other: PacketSet) -> PacketSet:
        dimensions = self._same(other)
        return PacketSet(_combine(self._node, other._node, _union), dimensions)

    def __and__(self, other: PacketSet) -> PacketSet:
        dimensions = self._same(other)
        return PacketSet(_combine(self._node, other._node, _intersection), dimensions)

    def __sub__(self, other: PacketSet) -> PacketSet:
        dimensions = self._same(other)
        return PacketSet(_combine(self._node, other._node, _difference), dimensions)

    def __le__(self, other: PacketSet) -> bool:
        return (self - other).is_empty

    @property
    def is_empty(self) -> bool:
        return not self._node

    def __bool__(self) -> bool:
        return not self.is_empty

    def project(self, dropped: int) -> PacketSet:
        """The set of what remains when dimension ``dropped`` is forgotten (there exists a value for it).

        Raises ValueError for the only dimension.

        >>> one, two = IntervalSet.single(1), IntervalSet.single(2)
        >>> PacketSet.box((one, two)).project(0).witness()
        (2,)
        """
        return PacketSet(_project(self._node, dropped, self.dimensions), self.dimensions - 1)

    def boxes(self) -> Iterator[Box]:
        """Disjoint products that together are the set, in canonical order."""
        return _boxes(self._node)

    def witness(self) -> tuple[int, ...]:
        """The first packet of the set, one integer per dimension. Raises ValueError for the empty set."""
        for box in self.boxes():
            return tuple(factor.first for factor in box)
        raise ValueError("the empty set has no witness")

    def __contains__(self, packet: tuple[int, ...]) -> bool:
        node = self._node
        for value in packet[:-1]:
            assert not isinstance(node, IntervalSet)
            node = next((rest for factor, rest in node if value in factor), EMPTY)
            if not node:
                return False
        return isinstance(node, IntervalSet) and packet[-1] in node

    def _same(self, other: PacketSet) -> int:
        if self.dimensions != other.dimensions:
            raise ValueError(f"sets over {self.dimensions} and {other.dimensions} dimensions do not mix")
        return self.dimensions

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PacketSet) and self.dimensions == other.dimensions and self._node == other._node

    def __hash__(self) -> int:
        return hash(self._node)

    def __repr__(self) -> str:
        return f"PacketSet({list(self.boxes())})"


def _nothing(dimensions: int) -> _Node:
    return EMPTY if dimensions == 1 else ()


Operation = Callable[["_Node", "_Node"], "_Node"]


def _union(left: _Node, right: _Node) -> _Node:
    if not left or not right:
        return left or right
    if isinstance(left, IntervalSet) and isinstance(right, IntervalSet):
        return left | right
    return _combine(left, right, _union)


def _intersection(left: _Node, right: _Node) -> _Node:
    if not left or not right:
        return left and right
    if isinstance(left, IntervalSet) and isinstance(right, IntervalSet):
        return left & right
    return _combine(left, right, _intersection)


def _difference(left: _Node, right: _Node) -> _Node:
    if not left or not right:
        return left
    if isinstance(left, IntervalSet) and isinstance(right, IntervalSet):
        return left - right
    return _combine(left, right, _difference)


def _combine(left: _Node, right: _Node, operation: Operation) -> _Node:
    """Apply a set operation class by class, and bring the result into canonical form."""
    if isinstance(left, IntervalSet) or isinstance(right, IntervalSet):
        return operation(left, right)
    if left == right:
        return _on_equals(left, operation)
    parts: list[tuple[IntervalSet, _Node]] = []
    only_right = [factor for factor, _ in right]
    for factor, rest in left:
        outside = factor
        for k, (other, other_rest) in enumerate(right):
            shared = factor & other
            if shared:
                parts.append((shared, operation(rest, other_rest)))
                outside = outside - other
                only_right[k] = only_right[k] - factor
        if outside and operation is not _intersection:
            parts.append((outside, rest))
    if operation is _union:
        parts.extend((factor, rest) for factor, (_, rest) in zip(only_right, right, strict=True) if factor)
    return _merge(parts)


def _on_equals(node: _Node, operation: Operation) -> _Node:
    """``x | x`` and ``x & x`` are ``x``; ``x - x`` is nothing."""
    if operation is not _difference:
        return node
    return EMPTY if isinstance(node, IntervalSet) else ()


def _merge(parts: Iterable[tuple[IntervalSet, _Node]]) -> _Node:
    by_rest: dict[_Node, list[IntervalSet]] = {}
    for factor, rest in parts:
        if rest:
            by_rest.setdefault(rest, []).append(factor)
    classes = [
        (factors[0] if len(factors) == 1 else IntervalSet.union_of(factors), rest) for rest, factors in by_rest.items()
    ]
    return tuple(sorted(classes, key=lambda one: one[0].spans))


def _project(node: _Node, dropped: int, dimensions: int) -> _Node:
    if isinstance(node, IntervalSet):
        raise ValueError("the only dimension cannot be dropped")
    if len(node) == 1:
        factor, rest = node[0]
        if dropped == 0:
            return rest
        return factor if dimensions == 2 else ((factor, _project(rest, dropped - 1, dimensions - 1)),)
    if dropped == 0:
        found = _nothing(dimensions - 1)
        for _, rest in node:
            found = _union(found, rest)
        return found
    if dimensions == 2:
        return IntervalSet.union_of(factor for factor, _ in node)
    return _merge((factor, _project(rest, dropped - 1, dimensions - 1)) for factor, rest in node)


def _boxes(node: _Node) -> Iterator[Box]:
    if isinstance(node, IntervalSet):
        if node:
            yield (node,)
        return
    for factor, rest in node:
        for box in _boxes(rest):
            yield (factor, *box)
