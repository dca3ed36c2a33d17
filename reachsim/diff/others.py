"""Everybody else: what stands in the VPCs and is no part of a pipeline, against the internet and each other.

A comparison asks about every network interface that a change can touch. Interfaces that nothing tells apart in either
snapshot (`reachsim.classes`) get the same answers, so that one of them is asked for all; where they are few, each is
told by itself if that answer changed. Where even one of each kind makes too many pairs, the pairs are left out and the
comparison says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from reachsim.classes import Classes
from reachsim.diff.cells import Asked
from reachsim.diff.touching import Touching
from reachsim.forwarding import Ground
from reachsim.model.interfaces import Interface
from reachsim.model.network import Network
from reachsim.workloads import placings

MOST_QUESTIONS: Final = 2500
"""Questions worth putting."""
MOST_TOLD: Final = 1000
"""Questions worth telling one by one."""
_FEW: Final = 64
"""Questions that are sooner put than those are found that get the same answers."""
_SENDS: Final = ("interface",)
_RECEIVES: Final = ("interface", "load-balancer", "gateway-load-balancer")

Alike = tuple[tuple[str, ...], tuple[str, ...]]
"""(other sources, other destinations): every pair of these and of what is asked about gets the same answer."""


class Others(NamedTuple):
    """What to ask. ``left_out`` says in words what is not asked, as it is too much. ``each`` are the questions that a
    question stands for, where all are to be told if its answer changed; else ``alike`` names them.
    """

    questions: tuple[Asked, ...] = ()
    alike: Mapping[Asked, Alike] = {}
    each: Mapping[Asked, tuple[Asked, ...]] = {}
    compared: int = 0
    skipped: int = 0
    left_out: str = ""
    internet_left_out: bool = False


def others(
    before: Ground, after: Ground, touching: Touching, asked: Mapping[Asked, object], *, every: bool = False
) -> Others:  # fmt: skip
    """The questions about whom no question of the pipeline's is about.

    Args:
        before, after: The two snapshots.
        touching: Which changes can touch whom.
        asked: Questions that are put already.
        every: Ask about all, also those whom no change can touch, how they stand to the internet.
    """
    ends = _Ends(before, after)
    touched = touching.any_of(ends.interfaces) | {one for one in ends.workloads if touching.end(one)}
    wary = frozenset(ends.all) if every else touched
    compared = len(touched), len(ends.all) - len(touched)
    if not wary:
        return Others((), {}, {}, *compared)
    most = max(MOST_TOLD, MOST_QUESTIONS)
    if len(wary) > most and ends.least_kinds(wary) - len(asked) > most:
        return _nothing(wary, compared)
    pairs = _count_pairs(len(touched), len(ends.all))
    left = f"{pairs} pairs of network interfaces"
    served = frozenset(one.source for one in asked)
    single = [(end,) for end in ends.all if end in wary]
    outward = [one for one in _outward(single, ends) if one not in asked]
    if len(outward) + pairs <= MOST_TOLD:
        kinds = ends.grouped(touched, touching.components)
        each = _each(_pairs([(end,) for end in ends.all], ends, touched, served), kinds)
        return Others((*outward, *each), {}, each, *compared)
    least_pairs = _count_pairs(min(1, len(touched)), ends.least_kinds(ends.all))
    if len(outward) <= min(_FEW, MOST_TOLD) and least_pairs > MOST_QUESTIONS:
        return Others(tuple(outward), {}, {}, *compared, left)
    kinds = ends.grouped(touched, touching.components)
    outward = [one for one in _outward([kind for kind in kinds if kind[0] in wary], ends) if one not in asked]
    if len(outward) + _count_pairs(sum(one[0] in touched for one in kinds), len(kinds)) <= MOST_QUESTIONS:
        questions = (*outward, *_pairs(kinds, ends, touched, served))
        return Others(questions, _alike(questions, kinds), {}, *compared)
    if len(outward) > MOST_TOLD:
        return _nothing(wary, compared)
    return Others(tuple(outward), _alike(outward, kinds), {}, *compared, left)


def _nothing(wary: Collection[str], compared: tuple[int, int]) -> Others:
    left = f"{len(wary)} network interfaces, to each other and the internet"
    return Others((), {}, {}, 0, compared[1], left, internet_left_out=True)


Kinds = Sequence[tuple[str, ...]]
"""Ends that nothing tells apart, the one that is asked about first."""


class _Ends:
    """Everything with an interface in either snapshot, as selectors: an instance by its own id if it has just one."""

    def __init__(self, before: Ground, after: Ground) -> None:
        self._grounds = (before, after)
        older, newer = (one.network for one in self._grounds)
        same = older.interfaces is newer.interfaces and older.instances is newer.instances
        named = _named(older)
        self._sides = (named, named if same else _named(newer))
        endpoints = [vpce for ground in self._grounds for vpce in ground.network.vpc_endpoints.values()
                     if vpce.vpc_endpoint_type == "Interface"]  # fmt: skip
        self.endpoints = tuple(dict.fromkeys(one.vpc_endpoint_id for one in endpoints))
        self.interfaces = {**self._sides[0], **self._sides[1]}
        """End → the interface's id."""
        self.workloads = tuple(dict.fromkeys(name for ground in self._grounds for name in _workloads(ground)))
        self.all = (*self.interfaces, *self.workloads)

    def sends(self, end: str) -> bool:
        return end not in self.interfaces or self._last(end).kind in _SENDS

    def receives(self, end: str) -> bool:
        return end in self.interfaces

    def least_kinds(self, ends: Iterable[str]) -> int:
        """How many kinds some ends are of at the least: in different subnets they are of different ones."""
        older, newer = ((one, ground.network.network_interfaces)
                        for one, ground in zip(self._sides, self._grounds, strict=True))  # fmt: skip
        return max(
            len({records[named[end]].subnet_id for end in ends if end in named}) for named, records in (older, newer)
        )

    def _at(self, side: int, end: str) -> Interface | None:
        name = self._sides[side].get(end)
        return None if name is None else self._grounds[side].network.interfaces[name]

    def _last(self, end: str) -> Interface:
        """An end's interface in the newer snapshot, or else in the older one."""
        found = self._at(1, end) or self._at(0, end)
        if found is None:
            raise KeyError(end)
        return found

    @cached_property
    def _of_instance(self) -> Counter[str | None]:
        return Counter(self._last(end).instance_id for end in self.interfaces)

    def _shares_instance(self, one: Interface) -> bool:
        return one.id in self.interfaces and one.instance_id is not None and self._of_instance[one.instance_id] > 1

    def grouped(self, touched: frozenset[str], changed: Collection[str]) -> Kinds:
        """Ends by kind; one that changed itself (``changed``: ids of components) stands alone, as does an interface of
        an instance with several. Within a subnet no network ACL is passed, so it counts which one it is.
        """
        classes = [Classes(ground) for ground in self._grounds]
        found: dict[object, list[str]] = {}
        for end in self.all:
            sides = [self._at(side, end) for side in (0, 1)]
            kinds = [None if one is None else known.of(one) for one, known in zip(sides, classes, strict=True)]
            alone = any(one is not None and kind is None for one, kind in zip(sides, kinds, strict=True))
            here = [one for one in sides if one is not None]
            alone = alone or end in changed or any(one.id in changed or self._shares_instance(one) for one in here)
            subnets = [one.subnet_id if one is not None else "" for one in sides]
            key = end if alone or end not in self.interfaces else (end in touched, *kinds, *subnets)
            found.setdefault(key, []).append(end)
        return [tuple(some) for some in found.values()]


def _named(network: Network) -> dict[str, str]:
    """End → the interface that it is, or has."""
    special, records = network.interfaces.kinds, network.network_interfaces
    mine = [name for name in records if name not in special or special[name] in _RECEIVES]
    if not network.instances:
        return dict(zip(mine, mine, strict=True))
    owners = [one.instance_id if (one := records[name].attachment) is not None else None for name in mine]
    many = Counter(owners)
    return {owner if owner in network.instances and many[owner] == 1 else name: name
            for name, owner in zip(mine, owners, strict=True)}  # fmt: skip


def _workloads(ground: Ground) -> Iterator[str]:
    network = ground.network
    yield from (f"lambda:{name}" for (_, name), one in network.functions.items()
                if one.vpc_config is not None and one.vpc_config.subnet_ids)  # fmt: skip
    for (_, cluster), services in network.ecs_services.items():
        for one in services:
            if placings(one):
                yield f"ecs:{cluster.rsplit('/', 1)[-1]}/{one.service_name}"


def _outward(kinds: Kinds, ends: _Ends) -> Iterator[Asked]:
    for first, *_ in kinds:
        if ends.sends(first):
            yield Asked(first, "internet", packets_only=True)
        if ends.receives(first):
            yield Asked("internet", first, packets_only=True)


def _count_pairs(near: int, every: int) -> int:
    """How many pairs there are with so many of all of them."""
    return near * (2 * every - near)


def _pairs(kinds: Kinds, ends: _Ends, touched: frozenset[str], served: frozenset[str]) -> Iterator[Asked]:
    """``served``: those who are asked about the services behind the endpoints."""
    for kind in kinds:
        if not ends.sends(kind[0]):
            continue
        targets = [other[-1] for other in kinds if ends.receives(other[0])]  # of one kind: two different ones
        targets += ends.endpoints if kind[0] in touched and kind[0] not in served else ()
        for target in targets:
            if target != kind[0] and (kind[0] in touched or target in touched):
                yield Asked(kind[0], target, packets_only=True)


def _each(questions: Iterable[Asked], kinds: Kinds) -> Mapping[Asked, tuple[Asked, ...]]:
    """One question of each kind → all of its kind: the first two of a kind stand for any two."""
    first = {end: number for number, kind in enumerate(kinds) for end in kind}
    found: dict[tuple[object, object], list[Asked]] = {}
    for one in questions:
        key = (first.get(one.source, one.source), first.get(one.destination, one.destination))
        found.setdefault(key, []).append(one)
    return {some[0]: tuple(some) for some in found.values()}


def _alike(questions: Sequence[Asked], kinds: Kinds) -> Mapping[Asked, Alike]:
    of_end = {end: kind for kind in kinds if len(kind) > 1 for end in kind}
    found: dict[Asked, Alike] = {}
    for one in questions:
        rest = [tuple(end for end in of_end.get(name, ()) if end != name) for name in (one.source, one.destination)]
        if any(rest):
            found[one] = rest[0], rest[1]
    return found
