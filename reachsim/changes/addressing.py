"""Differences in the addresses of one thing, however many records say them: its interfaces, its Elastic IPs, itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reachsim.changes.tree import MISSING, Atom, Json, restore
from reachsim.changes.words import describe

_PRIVATE: Final = ("PrivateIpAddress", "PrivateIp")
_PUBLIC: Final = ("PublicIp", "PublicIpAddress", "CarrierIp")
_FOLLOWS: Final = frozenset({
    "AllocationId", "AssociationId", "PublicDnsName", "PrivateDnsName", "IpOwnerId", "Primary", "IsPrimary", "Status",
    "Domain", "PublicIpv4Pool", "NetworkBorderGroup", "NetworkInterfaceOwnerId", "NetworkInterfaceId", "InstanceId",
    "PublicIpSource", "PtrRecord",
})  # fmt: skip
"""Fields that change with an address, or name what it is attached to."""


def describe_addresses(atoms: Iterable[Atom]) -> str:
    """What changed: ``private address: 10.0.0.4 → 10.0.0.9; public address: none → 203.0.113.5``."""
    sides: dict[str, tuple[dict[str, None], dict[str, None]]] = {"private": ({}, {}), "public": ({}, {})}
    rest: dict[str, None] = {}
    for atom in atoms:
        found = [list(_addresses(atom.path[-1], restore(one))) for one in (atom.before, atom.after)]
        for side, some in enumerate(found):
            for kind, address in some:
                sides[kind][side][address] = None
        if not any(found) and _FOLLOWS.isdisjoint(atom.path[2:]):
            rest[describe(atom)] = None
    told = [f"{kind} address: {_listed(old, new)} → {_listed(new, old)}" for kind, (old, new) in sides.items()
            if old.keys() != new.keys()]  # fmt: skip
    return "; ".join((*told, *rest)) or "how its addresses are allocated"


def _addresses(name: str, value: Json) -> Iterator[tuple[str, str]]:
    """(private or public, address) in a field or a record."""
    if value is MISSING:
        return
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _addresses(key, one)
    elif isinstance(value, list):
        for one in value:
            yield from _addresses(name, one)
    elif value and name in _PRIVATE:
        yield "private", str(value)
    elif value and name in _PUBLIC:
        yield "public", str(value)


def _listed(mine: Iterable[str], other: Iterable[str]) -> str:
    return ", ".join(one for one in mine if one not in other) or "none"
