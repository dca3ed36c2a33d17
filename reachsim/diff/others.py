"""Everybody else: what stands in the VPCs and is no part of a pipeline, against the internet and each other.

A comparison asks about every network interface that a change can touch, by itself where they are few. Where they are
many, interfaces that nothing tells apart in either snapshot (`reachsim.classes`) share the answer of one of them; and
where even those make too many pairs, the pairs are left out and the comparison says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from reachsim.classes import Classes
from reachsim.diff.cells import Asked
from reachsim.diff.touching import Touching
from reachsim.forwarding import Ground
from reachsim.model.interfaces import Interface
from reachsim.workloads import placings

MOST_QUESTIONS: Final = 1000
"""Questions worth putting one by one."""
_SENDS: Final = ("interface",)
_RECEIVES: Final = ("interface", "load-balancer", "gateway-load-balancer")

Alike = tuple[tuple[str, ...], tuple[str, ...]]
"""(other sources, other destinations): every pair of these and of what is asked about gets the same answer."""


class Others(NamedTuple):
    """What to ask. ``left_out`` says in words what is not asked, as it is too much."""

    questions: tuple[Asked, ...] = ()
    alike: Mapping[Asked, Alike] = {}
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
    touched = frozenset(end for end in ends.all if touching.end(end))
    wary = frozenset(ends.all) if every else touched
    skipped = len(ends.all) - len(touched)
    for grouped in (False, True):
        kinds = ends.grouped(touched) if grouped else [(end,) for end in ends.all]
        outward = [one for one in _outward(kinds, ends, wary) if one not in asked]
        pairs = _count_pairs(kinds, touched)
        if len(outward) + pairs <= MOST_QUESTIONS:
            served = frozenset(one.source for one in asked)
            questions = [*outward, *_pairs(kinds, ends, touched, served)]
            return Others(tuple(questions), _alike(questions, kinds), len(touched), skipped)
    if len(outward) > MOST_QUESTIONS:
        left = f"{len(wary)} network interfaces, to each other and the internet"
        return Others((), {}, 0, skipped, left, internet_left_out=True)
    left = f"{pairs} pairs of network interfaces"
    return Others(tuple(outward), _alike(outward, kinds), len(touched), skipped, left)


Kinds = Sequence[tuple[str, ...]]
"""Ends that nothing tells apart, the one that is asked about first."""


class _Ends:
    """Everything with an interface in either snapshot, as selectors: an instance by its own id if it has just one."""

    def __init__(self, before: Ground, after: Ground) -> None:
        self._grounds = (before, after)
        self._sides = [dict(_named(ground)) for ground in self._grounds]
        endpoints = [vpce for ground in self._grounds for vpce in ground.network.vpc_endpoints.values()
                     if vpce.vpc_endpoint_type == "Interface"]  # fmt: skip
        self.endpoints = tuple(dict.fromkeys(one.vpc_endpoint_id for one in endpoints))
        self.interfaces: dict[str, Interface] = {**self._sides[0], **self._sides[1]}
        self.workloads = tuple(dict.fromkeys(name for ground in self._grounds for name in _workloads(ground)))
        self.all = (*self.interfaces, *self.workloads)

    def sends(self, end: str) -> bool:
        return end not in self.interfaces or self.interfaces[end].kind in _SENDS

    def receives(self, end: str) -> bool:
        return end in self.interfaces

    def grouped(self, touched: frozenset[str]) -> Kinds:
        classes = [Classes(ground) for ground in self._grounds]
        found: dict[object, list[str]] = {}
        for end in self.all:
            sides = [side.get(end) for side in self._sides]
            kinds = [None if one is None else known.of(one) for one, known in zip(sides, classes, strict=True)]
            alone = any(one is not None and kind is None for one, kind in zip(sides, kinds, strict=True))
            key = end if alone or end not in self.interfaces else (end in touched, *kinds)
            found.setdefault(key, []).append(end)
        return [tuple(some) for some in found.values()]


def _named(ground: Ground) -> Iterator[tuple[str, Interface]]:
    network = ground.network
    mine = [one for one in network.interfaces.values() if one.kind in _RECEIVES]
    many: dict[str, int] = {}
    for one in mine:
        many[one.instance_id or ""] = many.get(one.instance_id or "", 0) + 1
    for one in mine:
        instance = one.instance_id or ""
        yield instance if instance in network.instances and many[instance] == 1 else one.id, one


def _workloads(ground: Ground) -> Iterator[str]:
    network = ground.network
    yield from (f"lambda:{name}" for (_, name), one in network.functions.items()
                if one.vpc_config is not None and one.vpc_config.subnet_ids)  # fmt: skip
    for (_, cluster), services in network.ecs_services.items():
        for one in services:
            if placings(one):
                yield f"ecs:{cluster.rsplit('/', 1)[-1]}/{one.service_name}"


def _outward(kinds: Kinds, ends: _Ends, touched: frozenset[str]) -> Iterator[Asked]:
    for first in (kind[0] for kind in kinds if kind[0] in touched):
        if ends.sends(first):
            yield Asked(first, "internet", packets_only=True)
        if ends.receives(first):
            yield Asked("internet", first, packets_only=True)


def _count_pairs(kinds: Kinds, touched: frozenset[str]) -> int:
    near = sum(one[0] in touched for one in kinds)
    return near * (2 * len(kinds) - near)


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


def _alike(questions: Sequence[Asked], kinds: Kinds) -> Mapping[Asked, Alike]:
    of_end = {end: kind for kind in kinds if len(kind) > 1 for end in kind}
    found: dict[Asked, Alike] = {}
    for one in questions:
        rest = [tuple(end for end in of_end.get(name, ()) if end != name) for name in (one.source, one.destination)]
        if any(rest):
            found[one] = rest[0], rest[1]
    return found
