"""Changes that make sense together only: a VPC that came or went, with all that came or went in it.

A subnet cannot be undone without its VPC, nor an endpoint without its subnets: as one step they can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reachsim.changes import Change
from reachsim.changes.tree import MISSING, Atom


def bundles(changes: Iterable[Change]) -> dict[str, tuple[Change, ...]]:
    """Id of the change that a bundle is called by → all changes in it; most stand alone."""
    changes = list(changes)
    vpcs = {(one.component, _came(one)): one.id for one in changes if one.kind == "vpc" and one.is_whole}
    found: dict[str, list[Change]] = {}
    for change in changes:
        name = vpcs.get((_vpc_of(change), _came(change)), change.id) if change.is_whole else change.id
        found.setdefault(name, []).append(change)
    return {name: tuple(some) for name, some in found.items()}


def _came(change: Change) -> bool:
    return any(atom.before is MISSING for atom in change.atoms if len(atom.path) <= 2)


def _vpc_of(change: Change) -> str:
    if change.kind == "vpc":
        return change.component
    return next((vpc for atom in change.atoms if (vpc := _named(atom))), "")


def _named(atom: Atom) -> str:
    node = atom.before if atom.after is MISSING else atom.after
    if not isinstance(node, Mapping) or len(atom.path) != 2:
        return ""
    inside = node.get("Instances") or {}
    for one in (node, *(inside.values() if isinstance(inside, Mapping) else ())):
        attached = one.get("Attachments")
        vpc = one.get("VpcId") or next(iter(attached if isinstance(attached, Mapping) else ()), "")
        if isinstance(vpc, str) and vpc:
            return vpc
    return ""
