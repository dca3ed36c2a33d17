"""Places that still name a resource by its old id after it was re-created under a new one.

The older snapshot is read with the new id in it, so that such a place looks as if it had changed, when what changed is
the resource: re-created, and not followed there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from reachsim.changes.pairs import Place, place
from reachsim.changes.renaming import Renaming
from reachsim.changes.tree import MISSING, Atom, canonical
from reachsim.changes.words import subject


def stale(atoms: Collection[Atom], renaming: Renaming) -> dict[Place, str]:
    """Place of a difference → the new id of the resource that is still called by its old one there."""
    if not renaming.ids:
        return {}
    removed = {(atom.file, atom.path[:-1], canonical(atom.before)): atom for atom in atoms if atom.after is MISSING}
    found: dict[Place, str] = {}
    for atom in atoms:
        if atom.after is MISSING:
            continue
        text = canonical(atom.after)
        renamed = renaming.text(text)
        if renamed == text:
            continue
        old = next((one for one in renaming.ids if one in text), "")
        other = removed.get((atom.file, atom.path[:-1], renamed)) if atom.before is MISSING else None
        if old and (other is not None or (atom.before is not MISSING and canonical(atom.before) == renamed)):
            found[place(atom)] = renaming.ids[old]
            if other is not None:
                found[place(other)] = renaming.ids[old]
    return found


def describe_stale(atoms: Iterable[Atom], old: str) -> str:
    """Where the old id stayed: ``re-created under a new id; sg-1 (egress rule …) still names sg-0``."""
    found: dict[str, None] = {}
    for atom in atoms:
        if atom.after is not MISSING:
            kind, key = subject(atom)
            inside = next((f" ({_NAMED[part]})" for part in reversed(atom.path) if part in _NAMED), "")
            found[f"{kind.replace('-', ' ')} {key}{inside}"] = None
    return f"re-created under a new id; still named {old} by {', '.join(found)}"


_NAMED = {
    "IpPermissions": "ingress rule", "IpPermissionsEgress": "egress rule", "Routes": "route",
    "Statement": "policy statement", "vpcConfig": "vpcConfig", "Associations": "association",
    "ResourceRecordSets": "record",
}  # fmt: skip
