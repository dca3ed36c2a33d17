"""Two differences that are one change: a rule whose ports were changed, an entry of a network ACL under another number,
a policy statement under another Sid.

AWS's answers name none of them: a rule of other ports is another rule, an entry is told apart by its number and a
statement by its Sid. Taken together, they are told in fewer words, and undone together.

**Source:** EC2 API, "ModifySecurityGroupRules", "ReplaceNetworkAclEntry".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from reachsim.changes.tree import MISSING, PEERS, Atom, canonical, statement_form

Place = tuple[str, ...]
"""A file and a path in it."""
Role = tuple[object, ...]
_ENTRIES: Final = ("inbound", "outbound")
_RULES: Final = ("IpPermissions", "IpPermissionsEgress")


def pairs(atoms: Iterable[Atom]) -> dict[Place, Place]:
    """Place of what was added → place of what was removed instead."""
    removed: dict[Role, list[Atom]] = {}
    added: dict[Role, list[Atom]] = {}
    for atom in atoms:
        role = _role(atom)
        if role is not None and (atom.before is MISSING) != (atom.after is MISSING):
            (added if atom.before is MISSING else removed).setdefault(role, []).append(atom)
    found = {}
    for role, new in added.items():
        old = removed.get(role, [])
        if len(old) == len(new) and (len(new) == 1 or role[0] != "rules"):
            for one, other in zip(sorted(old, key=_number), sorted(new, key=_number), strict=True):
                if _meet(one.before, other.after):
                    found[place(other)] = place(one)
    return found


def place(atom: Atom) -> Place:
    return (atom.file, *atom.path)


def _role(atom: Atom) -> Role | None:
    """What two differences of one change have in common."""
    section = atom.path[-2] if len(atom.path) > 2 else ""
    node = atom.before if atom.after is MISSING else atom.after
    if section == "Entries" and atom.path[-1].startswith(_ENTRIES) and isinstance(node, Mapping):
        said = json.dumps({key: one for key, one in node.items() if key != "RuleNumber"}, sort_keys=True)
        return (section, atom.file, atom.path[:-1], said)
    if section in _RULES and isinstance(node, Mapping):
        peer = json.dumps([_peers(node, key, field) for key, field in PEERS])
        return ("rules", atom.file, atom.path[:-1], node.get("IpProtocol"), peer)
    if section == "Statement" and isinstance(node, Mapping):
        said = canonical(statement_form({key: one for key, one in node.items() if key != "Sid"}))
        return (section, atom.file, atom.path[:-1], said)
    return None


def _peers(rule: Mapping[str, Any], key: str, field: str) -> list[Any]:
    return [one.get(field) for one in rule.get(key) or () if isinstance(one, Mapping)]


def _number(atom: Atom) -> int:
    node = atom.before if atom.after is MISSING else atom.after
    number = node.get("RuleNumber")
    return number if isinstance(number, int) else 0


def _meet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rules have a port in common; two entries or statements that say the same always belong together."""
    if "RuleNumber" in one or "Effect" in one or None in (one.get("FromPort"), other.get("FromPort")):
        return True
    return bool(one["FromPort"] <= other["ToPort"] and other["FromPort"] <= one["ToPort"])
