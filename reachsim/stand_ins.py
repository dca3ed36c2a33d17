"""Addresses that AWS has yet to pick: what a question comes to has to hold for every one that it could pick.

What is read from a plan or template has an address that stands for the one that AWS will pick of the subnet's. Where
something tells addresses of that subnet apart (a rule for a part of it, a route), a question about such an interface is
asked again with an address of each such part. If the answers differ, none of them is known to be the true one.

**Source:** "Subnet CIDR blocks" (VPC User Guide: the first four addresses and the last are reserved); EC2 API,
CreateNetworkInterface (PrivateIpAddress: "If you don't specify an IPv4 address, Amazon EC2 selects one for you from the
subnet's IPv4 CIDR range").
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence

import msgspec

from reachsim.addresses import V4, format_address
from reachsim.classes import Classes
from reachsim.evidence import Gap
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model.interfaces import virtual_interface
from reachsim.packets import DESTINATION, SOURCE
from reachsim.readings import MOST_READINGS, Agreed, Found

CODE = "PLANNED_ADDRESS"


class StandIn(msgspec.Struct, frozen=True):
    """The interface, the address that stands for its true one, and one of each other part of the subnet."""

    component: str
    address: int
    others: tuple[int, ...]


def holding(
    ground: Ground, agreed: Agreed, walk: Callable[[Ground], Found], signature: Callable[[Found], Hashable]
) -> Agreed:
    """What a question comes to, left open where it would be another with another address.

    Args:
        agreed: what it comes to with the addresses that stand for the true ones.
        walk: the question, for a ground.
        signature: what makes two answers the same.
    """
    mine = [one for one in ground.worked_out(stand_ins) if _concerns(one, agreed.found)]
    wanted = signature(agreed.found) if mine else None
    for picked in _picks(mine):
        other = _with(ground, picked)
        if other is None or signature(walk(other)) != wanted:
            gaps = tuple(_gap(ground, one, address) for one, address in picked if address != one.address)
            left = tuple(msgspec.structs.replace(one, flows=(), gaps=(*one.gaps, *gaps)) for one in agreed.found)
            return Agreed(left, (left,))
    return agreed


def _picks(found: Sequence[StandIn]) -> Iterator[tuple[tuple[StandIn, int], ...]]:
    """Which addresses AWS may pick: of all interfaces together, or of one at a time if that would be too many."""
    sizes = 1
    for one in found:
        sizes *= len(one.others) + 1
    if sizes <= MOST_READINGS:
        yield from itertools.islice(
            itertools.product(*([(one, address) for address in (one.address, *one.others)] for one in found)), 1, None
        )
        return
    for one in found:
        yield from (((one, address),) for address in one.others)


def _concerns(one: StandIn, found: Found) -> bool:
    """Whether a question is about the interface, or its way goes by it."""
    return any(
        one.address in flow.box[SOURCE] or one.address in flow.box[DESTINATION]
        or any(hop.component == one.component for hop in flow.hops)
        for scenario in found for flow in scenario.flows
    )  # fmt: skip


def _gap(ground: Ground, one: StandIn, address: int) -> Gap:
    label, at, instead = ground.network.label(one.component), format_address(one.address), format_address(address)
    return Gap(CODE, one.component, f"AWS has yet to pick the address of {label}: with {instead} in place of {at} the "
               "answer would be another")  # fmt: skip


def stand_ins(ground: Ground) -> tuple[StandIn, ...]:
    """The addresses that stand for others which the rules of the network tell apart from them."""
    network = ground.network
    planned = {note.component for note in network.snapshot.manifest.planned if note.code == CODE}
    named = {name for component in planned for name in (component, *network.names_by_instance.get(component, ()))}
    places = [
        (name, network.interfaces[name].subnet_id, network.interfaces[name].addresses & V4)
        for name in sorted(named) if name in network.interfaces
    ]  # fmt: skip
    gateways = [network.nat_gateways[name] for name in sorted(planned) if name in network.nat_gateways]
    places += [
        (one.nat_gateway_id, one.subnet_id, IntervalSet.single(address.private_ip.number))
        for one in gateways if one.subnet_id
        for address in one.nat_gateway_addresses[:1] if address.private_ip is not None
    ]  # fmt: skip
    if not places:
        return ()
    bounds = Classes(ground).bounds
    found = []
    for name, subnet_id, drawn in places:
        subnet = network.subnets.get(subnet_id)
        if not drawn.is_single or subnet is None or not _alone(ground, drawn.first):
            continue
        held = IntervalSet.union_of(one.addresses for one in network.interfaces_in(subnet.subnet_id))
        free = virtual_interface(subnet, (), subnet.subnet_id, "any").addresses & V4 - held
        others = tuple(_one_of_each(free, bounds, drawn.first))
        if others:
            found.append(StandIn(name, drawn.first, others))
    return tuple(found)


def _alone(ground: Ground, address: int) -> bool:
    """Whether no other interface has the address, in a VPC with the same block."""
    return sum(address in one.addresses for one in ground.network.interfaces.values()) <= 1


def _one_of_each(free: IntervalSet, bounds: Sequence[int], drawn: int) -> Iterator[int]:
    """A free address of each part that the bounds make, but for the one that the drawn address is in."""
    seen = {_part(bounds, drawn)}
    for low, high in free.spans:
        for start in (low, *(bound for bound in bounds if low < bound <= high)):
            part = _part(bounds, start)
            if part not in seen:
                seen.add(part)
                yield start


def _part(bounds: Sequence[int], address: int) -> int:
    return bisect_right(bounds, address)


def _with(ground: Ground, picked: Sequence[tuple[StandIn, int]]) -> Ground | None:
    """The ground in which addresses that are not those picked are these; made once for all questions."""
    key = ("picked", tuple((one.component, address) for one, address in picked if address != one.address))
    return ground.kept(key, lambda: ground.with_files(_edited(ground, picked)))


def _edited(ground: Ground, picked: Sequence[tuple[StandIn, int]]) -> dict[str, bytes]:
    """The files in which addresses stand that are not those picked, with these."""
    files: dict[str, bytes] = {}
    snapshot = ground.network.snapshot
    for path in snapshot.paths:
        data = before = snapshot.read(path)
        for one, address in picked:
            data = data.replace(f'"{format_address(one.address)}"'.encode(), f'"{format_address(address)}"'.encode())
        if data != before:
            files[path] = data
    return files
