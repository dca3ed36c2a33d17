"""What changed in the configuration between two snapshots: by resource, in AWS's words, each change on its own.

Files that are equal byte for byte are skipped; of the rest the order of lists, volatile fields (time stamps, counters)
and files that say again what others say count for nothing. Resources re-created under new ids are matched by their
role first (`reachsim.changes.roles`), so that only what really differs is a change. Any of the changes can be undone:
`Comparison.without` is the newer snapshot without some of them, which is how `reachsim.diff` finds causes.

**Source:** DESIGN, "diff"; issue "Two snapshots".
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from reachsim.changes.addressing import describe_addresses
from reachsim.changes.grouping import Grouping
from reachsim.changes.renaming import Renaming
from reachsim.changes.roles import matches
from reachsim.changes.staying import describe_stale
from reachsim.changes.tree import (
    MIRRORS,
    MISSING,
    ORDERED,
    Atom,
    Node,
    differences,
    grow,
    put,
    restore,
)
from reachsim.changes.versions import trees
from reachsim.changes.words import (
    blackholes,
    describe,
    describe_membership,
    describe_pair,
    is_policy,
    kind_of,
    named_besides,
    operation_of,
    subject,
)
from reachsim.model.decode import garbage_collector_paused
from reachsim.model.network import Network
from reachsim.snapshot import Snapshot

__all__ = ["Change", "Comparison", "compare"]


class Change(msgspec.Struct, frozen=True):
    """One change of the configuration: what was done to which resource.

    ``kind`` is AWS's resource word, ``component`` the resource's id, ``files`` where it shows. The causes of a
    reachability change name it by its ``id`` (``c1``, …).
    """

    id: str
    kind: str
    component: str
    text: str
    files: tuple[str, ...]
    atoms: tuple[Atom, ...]

    @property
    def is_policy(self) -> bool:
        return any(is_policy(atom) for atom in self.atoms)

    @property
    def is_whole(self) -> bool:
        """Whether a resource, or a file, was made or went away."""
        return any(len(atom.path) <= 2 and MISSING in (atom.before, atom.after) for atom in self.atoms)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "kind": self.kind, "component": self.component, "text": self.text, "files": list(self.files),
        }  # fmt: skip


class Comparison:
    """Two snapshots, the older one with the newer one's ids where a resource was re-created, and what changed."""

    def __init__(self, before: Snapshot, after: Snapshot, renaming: Renaming) -> None:
        self.names = {**renaming.accounts, **renaming.regions, **renaming.ids}
        self._renaming = renaming
        self.before, self.after = renaming.snapshot(before), after
        self._trees: dict[str, Node] = {}
        self.changes = tuple(self._find())

    def _find(self) -> Iterator[Change]:
        atoms: list[Atom] = []
        for file in sorted({*self.before.paths, *self.after.paths} - {"snapshot.json"}):
            atoms += self._differences(file)
        groups: dict[tuple[str, ...], list[Atom]] = {}
        grouping = Grouping(atoms, self._trees, self._renaming)
        old_names = {new: old for old, new in self._renaming.ids.items()}
        for atom in atoms:
            groups.setdefault(grouping.of(atom), []).append(atom)
        for number, (key, found) in enumerate(sorted(groups.items(), key=lambda one: _rank(*one)), 1):
            change = _change(f"c{number}", key, found, old_names)
            yield msgspec.structs.replace(change, text=self._refusal(found[0]) or change.text)

    def _refusal(self, atom: Atom) -> str:
        """That a call was answered on one side only, which says nothing about what it asked for."""
        refused = [one.status(atom.file) == "refused" for one in (self.before, self.after)]
        if refused[0] == refused[1]:
            return ""
        return "refused in the newer snapshot" if refused[1] else "refused in the older snapshot, now answered"

    def _differences(self, file: str) -> list[Atom]:
        operation, _ = operation_of(file)
        if operation in MIRRORS or self.after.alike(self.before, file):
            return []
        data = [one.read(file) if one.holds(file) else None for one in (self.before, self.after)]
        with garbage_collector_paused():
            before, after = _trees(file, data, operation)
        self._trees[file] = after
        if isinstance(before, dict) and isinstance(after, dict) and ("Error" in before) != ("Error" in after):
            return [Atom(file, (), before, after)]
        return list(differences(file, before, after, ordered=operation.startswith(ORDERED)))

    def without(self, undone: Iterable[Change]) -> Snapshot:
        """The newer snapshot with these changes undone."""
        made: dict[str, Node] = {}
        for change in undone:
            for atom in change.atoms:
                made[atom.file] = put(made.get(atom.file, self._trees[atom.file]), atom.path, atom.before)
        gone = [file for file, tree in made.items() if tree is MISSING]
        kept = {file: _bytes(tree) for file, tree in made.items() if tree is not MISSING}
        return self.after.edited(kept, gone)

    def only(self, made: Collection[Change]) -> Snapshot:
        """The older snapshot with these changes made."""
        return self.without([one for one in self.changes if one not in made])


def compare(before: Network, after: Network) -> Comparison:
    """What changed from one snapshot to the other."""
    return Comparison(before.snapshot, after.snapshot, matches(before, after))


def _trees(file: str, data: Sequence[bytes | None], operation: str) -> tuple[Node, ...]:
    """The trees of a file's two contents, or what it holds where that is no document."""
    plain = not file.endswith(".json") or operation == file
    if not plain and None not in data and not operation.startswith(ORDERED):
        with suppress(ValueError, RecursionError):
            return trees(data[0] or b"", data[1] or b"", operation)
    documents = [one if plain else _document(one) for one in data]
    return tuple(
        _tree(held, document, operation, documents[1 - side])
        for side, (held, document) in enumerate(zip(data, documents, strict=True))
    )


def _tree(data: bytes | None, document: Any, operation: str, beside: Any) -> Node:
    if data is None:
        return MISSING
    try:
        return data if document is data else grow(document, operation, beside)
    except (ValueError, RecursionError):
        return data


def _document(data: bytes | None) -> Any:
    """A file's document; the file as it is if it holds none."""
    try:
        return data if data is None else _decoded(data)
    except (ValueError, RecursionError):
        return data


def _decoded(data: bytes) -> Any:
    """A file's document. Raises ValueError, RecursionError."""
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:  # it is strict, where others may have written the file
        return json.loads(data)


def _bytes(tree: Node) -> bytes:
    return tree if isinstance(tree, bytes) else msgspec.json.encode(restore(tree))


# --- telling --------------------------------------------------------------------------------------------------------

_ORDER = ("vpc", "subnet", "route-table", "network-acl", "security-group", "vpc-endpoint", "nat-gateway",
          "internet-gateway", "codebuild-project", "instance", "network-interface")  # fmt: skip


def _rank(group: tuple[str, ...], atoms: list[Atom]) -> tuple[int, str, str]:
    kind, key = subject(_leader(group, atoms))
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), key, json.dumps([one.path for one in atoms]))


def _leader(group: tuple[str, ...], atoms: list[Atom]) -> Atom:
    """The difference that a group is told by: of an interface's and its owner's, the owner's."""
    below = ("network-interface", "elastic-ip")
    return min(
        atoms,
        key=lambda one: (
            subject(one)[1] != group[1],
            subject(one)[0] in below,
            len(one.path) < 2,
            len(one.path),
            subject(one)[0] == "route-table",
        ),
    )


def _change(number: str, group: tuple[str, ...], atoms: list[Atom], old_names: Mapping[str, str]) -> Change:
    leader = _leader(group, atoms)
    kind, key = subject(leader)
    files = tuple(dict.fromkeys(atom.file for atom in atoms))
    if group[0] in ("route-table of subnet", "network-acl of subnet"):
        kind = group[0].partition(" ")[0]
        old = [atom.path[1] for atom in atoms if atom.after is MISSING]
        new = [atom.path[1] for atom in atoms if atom.before is MISSING]
        what = "main table" if group[1].startswith("main ") else group[1]
        none = "the main one" if kind == "route-table" and what == group[1] else "none"
        text = f"{what}: {kind.replace('-', ' ')} {', '.join(old) or none} → {', '.join(new) or none}"
        return Change(number, kind, (new or old or [key])[0], text, files, tuple(atoms))
    if group[0] == "endpoint association":
        word = "dissociated from" if any(atom.after is MISSING for atom in atoms) else "associated with"
        return Change(number, "vpc-endpoint", group[1], f"{word} route table {group[2]}", files, tuple(atoms))
    if group[0] == "pair":
        removed, added = sorted(atoms, key=lambda one: one.before is MISSING)
        return Change(number, kind, key, describe_pair(removed, added), files, tuple(atoms))
    if group[0] == "stale":
        text = describe_stale(atoms, old_names[group[1]])
        return Change(number, kind_of(group[1]) or kind, group[1], text, files, tuple(atoms))
    if group[0] == "network":
        owner = kind_of(group[1]) if group[1].startswith(("vpce-", "nat-")) else ""
        return Change(number, owner or kind, group[1] if owner else key, describe_addresses(atoms), files, tuple(atoms))
    if group[0] == "groups":
        return Change(number, kind, key, describe_membership(atoms), files, tuple(atoms))
    whole = len(leader.path) == 2 and MISSING in (leader.before, leader.after)
    told = [leader] if whole else [atom for atom in atoms if subject(atom) == (kind, key)]
    texts = list(dict.fromkeys(describe(atom) for atom in told))
    if group[0] == "prefix-list" and len(texts) > 3:
        texts = [*texts[:3], f"and {len(texts) - 3} more"]
    if whole and kind == "security-group":
        texts += named_besides(atoms, key)
    texts += blackholes(atoms, key)
    return Change(number, kind, key, "; ".join(texts), files, tuple(atoms))
