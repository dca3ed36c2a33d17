"""Loose files of ``aws … > file.json``, turned into a snapshot: SOURCE is a folder, however it is arranged.

`reachsim.importers.answers` tells the call of each file. Its account and Region are, in this order: folders on the way
that are called so; the owners, zones and ARNs that most of its records name; the account and Region of most other
files. A call about global services (IAM, S3, Route 53) goes to ``global``. Two files that answer the same call are put
together.

Secrets are left out (`reachsim.redact`). Nothing is assumed: a call that is in no file is unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from reachsim.calls import path
from reachsim.errors import Fault, SnapshotError
from reachsim.files import write_tree
from reachsim.importers import places
from reachsim.importers.answers import Answer, identify, operation_of
from reachsim.importers.dump import Found, find_loose, keep_apart, shown
from reachsim.importers.loose import read_loose
from reachsim.importers.tree import Answers, Document, Ignored, ImportReport, merge, snapshot_files
from reachsim.redact import redactor
from reachsim.snapshot import there_is_none

_ENDINGS: Final = ("", ".json", ".jsonl", ".log", ".ndjson", ".out", ".txt", ".yaml", ".yml")
"""How people's names for redirected answers end; of what does not end in ``.json`` nobody says that it is one."""
_PAGING: Final = ("NextToken", "nextToken", "NextMarker", "Marker", "IsTruncated")
_ARN: Final = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]*):(\d{12}):")


class _Read(msgspec.Struct, frozen=True):
    """One file and what it answers."""

    file: Found
    answer: Answer
    document: Document


def import_awscli(source: Path, out: Path, *, overwrite: bool = False) -> ImportReport:
    """Write a snapshot from loose answers of the AWS CLI.

    Args:
        source: The folder that holds the files, at whatever depth, or one file.
        out: The snapshot's folder, to be made.
        overwrite: Replace ``out`` if it exists.

    Returns:
        What was written, what was left out and why, and what a person should know.

    Raises:
        SnapshotError: A file cannot be read, or nothing tells the Region; nothing was written.
        QuestionError: ``out`` exists already, holds the source, or cannot be written.
    """
    found, ignored = find_loose(source, _ENDINGS)
    keep_apart(source, out)
    read, unknown, said = _read_all(found, source)
    if not read:
        raise SnapshotError(Fault(shown(str(source)), "", "answers of the AWS CLI", f"{len(found)} other files"))
    read, several = _in_their_regions(read)
    answers, warnings, unplaced = _collect(read)
    files = snapshot_files(answers, imported_from="awscli", derived=(), assume_defaults=False)
    write_tree(out, files, overwrite=overwrite)
    return ImportReport(
        out=out,
        accounts=tuple(sorted({account for account, _ in answers})),
        regions=tuple(sorted({region for _, region in answers if region != "global"})),
        files=tuple(files),
        ignored=(*ignored, *unknown, *unplaced),
        warnings=(*said, *several, *warnings),
    )


def _read_all(found: Iterable[Found], source: Path) -> tuple[list[_Read], list[Ignored], list[str]]:
    read: list[_Read] = []
    ignored: list[Ignored] = []
    faults: list[Fault] = []
    warnings: list[str] = []
    for file in found:
        operation = operation_of(file)
        try:
            loose = read_loose(file, operation)
        except SnapshotError as error:
            if file.path.suffix.lower() == ".json" or file.path == source.resolve():
                faults += error.faults
            else:
                ignored.append(Ignored(file.name, f"no answer of the AWS CLI: {error.faults[0].found}"))
            continue
        if loose.ignored:
            ignored.append(Ignored(file.name, loose.ignored))
        if loose.warning:
            warnings.append(loose.warning)
        refusal = loose.refusal
        for document in (refusal.document,) if refusal else loose.documents:
            answer = identify(file, document, refusal.operation if refusal else None)
            if isinstance(answer, str):
                ignored.append(Ignored(file.name, f"{refusal.why}; {answer}" if refusal else shown(answer)))
            else:
                read.append(_Read(file, answer, document))
                if refusal and not there_is_none(refusal.code):
                    call = f"{answer.call.service} {answer.call.operation}"
                    warnings.append(f"{file.name} {refusal.why}: {call} counts as not known")
    if faults:
        raise SnapshotError(*faults)
    return read, ignored, warnings


# --- account and Region ---------------------------------------------------------------------------------------------


def _collect(read: Sequence[_Read]) -> tuple[Answers, list[str], list[Ignored]]:
    """Every answer in its place, without secrets; warnings; and what has no place."""
    clean = redactor()
    account = _majority(vote for one in read for vote in _accounts(one)) or places.NO_ACCOUNT
    told = _told_regions(read)
    votes: dict[str, list[str]] = {}
    for one, regions in zip(read, told, strict=True):
        votes.setdefault(_account(one, account), []).extend((*regions, *filter(None, (one.file.region,))))
    several = len({mine for mine in votes if places.is_account(mine)}) > 1
    unplaced: list[Ignored] = []
    region = _majority(vote for some in votes.values() for vote in some)
    warnings = [] if account != places.NO_ACCOUNT else [f"no file tells its account: {account} stands for it"]
    answers: Answers = {}
    origin: dict[str, str] = {}
    paged: dict[str, str] = {}
    ended: set[str] = set()
    for one, regions in zip(read, told, strict=True):
        call = one.answer.call
        mine = _account(one, account)
        if several_owners := _several_owners(one):
            warnings.append(f"{one.file.name} holds records of several accounts: {several_owners}; all go to {mine}")
        where = one.file.region or _majority(regions) or _majority(votes[mine]) or region
        if _says_none(one) and (
            (several and not one.file.scope)
            or (call.scope == "region" and not one.file.region and len(set(votes[mine])) > 1)
        ):
            unplaced.append(
                Ignored(one.file.name, "says that there is none, and nothing tells in which Region or account")
            )
            continue
        if where is None and call.scope == "region":
            expected = "a folder named after the Region, or records with a zone, ARN or service name that tell it"
            raise SnapshotError(Fault(one.file.name, "", expected, "neither, here or in another file"))
        target = path(mine, where or "", call.service, call.operation, _file_name(one.answer))
        held, folder, rest = target.split("/", 2)
        document = answers.setdefault((held, folder), {}).setdefault(rest.removesuffix(".json"), {})
        if _outweighed(document, one.document):
            continue
        first = origin.setdefault(target, one.file.name)
        if first != one.file.name and "Error" not in one.document:
            warnings.append(f"{first} and {one.file.name} both answer {call.service} {call.operation}: put together")
        if _goes_on(one.document):
            paged.setdefault(target, one.file.name)
        else:
            ended.add(target)
        merge(document, clean(one.document))
    for target, name in paged.items():
        if target in ended:  # its last page is there too
            held, folder, rest = target.split("/", 2)
            document = answers[held, folder][rest.removesuffix(".json")]
            for token in _PAGING:
                document.pop(token, None)
        else:
            warnings.append(f"{name} is one page of several: it counts as not known")
    return answers, warnings, unplaced


def _says_none(one: _Read) -> bool:
    """Whether an answer lists nothing: it cannot tell which account and Region that is true of."""
    return one.answer.name is None and one.document.get(one.answer.call.key) == []


def _outweighed(document: Document, more: Document) -> bool:
    """Whether an error adds nothing to what is there: errors make way for an answer, "there is none" for a refusal."""
    if document and "Error" in more:
        if "Error" in document and not there_is_none(str(more["Error"].get("Code"))):
            document.update(more)
        return True
    document.pop("Error", None)
    return False


def _goes_on(document: Document) -> bool:
    """Whether more pages follow; a last page of Route 53 or IAM repeats the marker that it was asked with."""
    if "IsTruncated" in document:
        return document["IsTruncated"] is True
    return any(isinstance(document.get(token), str) and document[token] for token in _PAGING)


def _file_name(answer: Answer) -> str | None:
    return None if answer.name is None else answer.name + answer.call.suffix


def _account(one: _Read, others: str) -> str:
    return one.file.scope or _majority(_accounts(one)) or others


def _several_owners(one: _Read) -> str:
    """The accounts that the records of one answer belong to, if it is put together from those of several."""
    if one.file.scope or one.answer.call.key not in places.NOT_SHARED:
        return ""
    owners = Counter(owner for record in _records(one) if (owner := places.owner_of(record)))
    return ", ".join(f"{owner} ({count})" for owner, count in sorted(owners.items())) if len(owners) > 1 else ""


def _records(one: _Read) -> list[Mapping[str, Any]]:
    value = one.document.get(one.answer.call.key)
    return [record for record in value if isinstance(record, dict)] if isinstance(value, list) else []


def _accounts(one: _Read) -> Iterator[str]:
    """Accounts that a file's records name, each as often as they do; those that nobody shares count alone if any do."""
    if one.answer.call.service == "sts" and places.is_account(str(one.document.get("Account"))):
        yield str(one.document["Account"])
        return
    owners = [owner for record in _records(one) if (owner := places.owner_of(record)) and places.is_account(owner)]
    yield from owners or (match[2] for match in _ARN.finditer(_text(one)))


def _regions_of_records(read: Sequence[_Read]) -> list[list[str | None]]:
    """The Region that each record of each answer tells; of one that only names a VPC, the VPC's by what others say."""
    records = [[] if one.answer.call.scope == "global" else _records(one) for one in read]
    regions = iter(places.regions_of(record for some in records for record in some))
    return [list(islice(regions, len(some))) for some in records]


def _in_their_regions(read: Sequence[_Read]) -> tuple[list[_Read], list[str]]:
    """The answers, each of one Region: what somebody has put together from several is shared out by its records."""
    found: list[_Read] = []
    warnings: list[str] = []
    for one, regions in zip(read, _regions_of_records(read), strict=True):
        counted = Counter(filter(None, regions))
        most = places.most_common(counted)
        if one.file.region or len(counted) < 2 or len(regions) != len(one.document[one.answer.call.key]):
            found.append(one)
            continue
        told = ", ".join(f"{region} ({count})" for region, count in sorted(counted.items()))
        warnings.append(f"{one.file.name} holds records of several Regions: {told}; those that tell none go to {most}")
        for region in sorted(counted):
            records = zip(_records(one), regions, strict=True)
            mine = [record for record, where in records if (where or most) == region]
            document = one.document | {one.answer.call.key: mine}
            found.append(_Read(replace(one.file, region=region), one.answer, document))
    return found, warnings


def _told_regions(read: Sequence[_Read]) -> list[list[str]]:
    """The Regions that each answer tells, by its records or else by the ARNs in it."""
    found = []
    for one, regions in zip(read, _regions_of_records(read), strict=True):
        told = [region for region in regions if region]
        if not told and one.answer.call.scope != "global":
            told = [match[1] for match in _ARN.finditer(_text(one)) if places.is_region(match[1])]
        found.append(told)
    return found


def _text(one: _Read) -> str:
    return msgspec.json.encode(one.document).decode()


def _majority(votes: Iterable[str]) -> str | None:
    return places.most_common(Counter(votes))
