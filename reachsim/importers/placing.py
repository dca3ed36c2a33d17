"""Which account and Region each part of a dump goes to: what its folders say, else what its records say by majority.

Per scope (one account folder, or all that lies in none) there is one account: records of other owners stay with it,
as a describe call also answers with what others share. In a folder that names no Region every record goes to the
Region that it tells, the others to the one that most records tell. Nothing is guessed: without any evidence of a
Region the import fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reachsim.errors import Fault, SnapshotError
from reachsim.importers import places
from reachsim.importers.dump import TOP, shown
from reachsim.importers.parts import Part
from reachsim.importers.places import Record
from reachsim.importers.tree import Document, Ignored, Place


def place(parts: Sequence[Part]) -> tuple[list[tuple[Place, Part]], list[Ignored], list[str]]:
    """Every part with its place, what has none, and warnings.

    Raises:
        SnapshotError: Nothing tells the Region of a folder that isn't named after one.
    """
    placed: list[tuple[Place, Part]] = []
    ignored: list[Ignored] = []
    warnings: list[str] = []
    for scope in sorted({part.file.scope for part in parts}):
        inside = [part for part in parts if part.file.scope == scope]
        account = scope if places.is_account(scope) else _account(inside, scope, warnings)
        warnings += _strangers(inside)
        known = sorted({part.region for part in inside if part.region})
        flat = [part for part in inside if part.region is None]
        for part in [*(part for part in inside if part.region), *_split(flat, known, ignored, warnings)]:
            placed.append(((account, part.region or ""), part))
    return placed, ignored, warnings


def records(parts: Iterable[Part], keys: Iterable[str] | None = None) -> list[Record]:
    """The records in the lists of some parts, in order; a bare string is taken for the name of a service."""
    return [
        record if isinstance(record, dict) else {"ServiceName": record}
        for part in parts
        for key, values in part.document.items()
        if isinstance(values, list) and (keys is None or key in keys)
        for record in values
    ]


def _account(parts: Sequence[Part], scope: str, warnings: list[str]) -> str:
    """The account that most records name; those that nobody can share count before all others."""
    where = f"accounts/{shown(scope)}" if scope else TOP
    owners = Counter(filter(None, map(places.owner_of, records(parts))))
    sure = Counter(filter(None, map(places.owner_of, records(parts, places.NOT_SHARED))))
    account = places.NO_ACCOUNT
    for votes in (owners, sure):
        account = places.most_common(Counter({o: n for o, n in votes.items() if places.is_account(o)})) or account
    if account == places.NO_ACCOUNT:
        warnings.append(f"{where} does not tell its account: {account} stands for it")
    others = ", ".join(f"{shown(owner)[:40]} ({count})" for owner, count in sorted(owners.items()) if owner != account)
    if others:
        warnings.append(
            f"{where} is taken for account {account}; records that name other owners stay with it: {others}"
        )
    return account


def _strangers(parts: Iterable[Part]) -> Iterator[str]:
    """A warning per file whose records say that they lie in another Region than the folder says."""
    for part in parts:
        if part.region is None:
            continue
        others = Counter(
            region for one in records([part]) if (region := places.own_region(one)) not in (None, part.region)
        )
        if others:
            told = ", ".join(f"{region} ({count})" for region, count in sorted(others.items(), key=str))
            yield f"{part.file.name}: records of another Region than the folder's: {told}"


def _split(flat: Sequence[Part], known: Sequence[str], ignored: list[Ignored], warnings: list[str]) -> Iterator[Part]:
    """Give parts without a Region theirs, cutting up those whose records lie in several.

    Args:
        known: The Regions that have folders of their own in the same scope.
    """
    told = places.regions_of(records(flat))
    votes = Counter(region for region in told if region)
    majority = places.most_common(votes) or (known[0] if len(known) == 1 else None)
    if majority is None:
        if told or not known:
            _no_region(flat)
        ignored += (Ignored(part.file.name, "holds no record and lies in no Region's folder") for part in flat)
        return
    if len(votes) > 1:
        counted = ", ".join(f"{region} ({count})" for region, count in sorted(votes.items()))
        unsure = sum(region is None for region in told)
        warnings.append(
            f"one folder holds records of several Regions: {counted}; {unsure} that tell none go to {majority}"
        )
    regions = iter(told)
    for part in flat:
        yield from _cut(part, majority, regions)


def _no_region(flat: Sequence[Part]) -> None:
    if flat:
        folder = flat[0].file.name.rpartition("/")[0] or "."
        expected = "a folder named after the Region, or records with a zone, ARN or service name that tell it"
        raise SnapshotError(Fault(folder, "", expected, "neither"))


def _cut(part: Part, majority: str, regions: Iterator[str | None]) -> Iterator[Part]:
    """Share out a part's records; all else stays with the majority's. Takes one of ``regions`` per record.

    A Region gets no list that is empty only because all its records lie elsewhere: "none" is more than the dump says.
    """
    documents: dict[str, Document] = {}
    rest: Document = {}
    for key, values in part.document.items():
        if not isinstance(values, list) or not values:
            rest[key] = values
            continue
        for value in values:
            documents.setdefault(next(regions) or majority, {}).setdefault(key, []).append(value)
    if documents.get(majority) or not documents:
        mine = documents.pop(majority, {}) | rest
        yield replace(part, region=majority, document={key: mine[key] for key in part.document if key in mine})
    for region, document in sorted(documents.items()):
        yield replace(part, region=region, document=document)
