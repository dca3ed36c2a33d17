"""AWS Config's view of accounts, turned into a snapshot: configuration snapshots and histories that Config has
delivered (also ``.json.gz``), the answers of ``aws configservice`` (batch-get-resource-config,
get-resource-config-history, select-resource-config), or an aggregator's; one file, or a folder of them.

A query has to select ``configuration``, which ``SELECT *`` leaves out. Of several records of a resource the newest
counts; a resource whose newest record says that it was deleted is gone. Of several configuration snapshots of an
account and Region the newest counts, as an older one holds what was deleted since.

A list is written only where the source holds a record of that kind, for what Config does not record it does not
mention. So "there is none" is never said, but for a bucket's policy. A list that cannot be whole (pages that are not
there, a history, records without content) goes on in another page: it counts as not known. Config cannot hold DNS
attributes, Block Public Access of single VPCs and the like: the manifest says that AWS's defaults are assumed for
these. Every file is marked ``derived``.

**Source:** AWS Config Developer Guide, "Components of a configuration item", "Viewing configuration history",
"Querying the Current Configuration State of AWS Resources" (limitations); `config_items`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from reachsim.calls import path
from reachsim.errors import Fault, SnapshotError
from reachsim.files import write_tree
from reachsim.importers import config_edges, places
from reachsim.importers.config_declared import Item
from reachsim.importers.config_items import facts_of, lists_of, unread
from reachsim.importers.config_sources import Recorded, newest, read_source
from reachsim.importers.config_spelling import decoded
from reachsim.importers.dump import keep_apart, shown
from reachsim.importers.tree import Answers, Document, ImportReport, snapshot_files
from reachsim.redact import redactor

_GONE: Final = ("ResourceDeleted", "ResourceDeletedNotRecorded")
_QUERY: Final = (
    "SELECT accountId, awsRegion, resourceId, resourceName, resourceType, configuration, supplementaryConfiguration"
)


def import_config(source: Path, out: Path, *, overwrite: bool = False) -> ImportReport:
    """Write a snapshot from AWS Config's records.

    Args:
        source: A file of configuration items, or a folder of such files.
        out: The snapshot's folder, to be made.
        overwrite: Replace ``out`` if it exists.

    Returns:
        What was written, what was left out and why, and what a person should know.

    Raises:
        SnapshotError: A file cannot be read, or holds no item that can be used; nothing was written.
        QuestionError: ``out`` exists already, holds the source, or cannot be written.
    """
    keep_apart(source, out)
    found, ignored, warnings = read_source(source)
    answers, said = _answers(newest(found))
    if not answers:
        raise SnapshotError(Fault(shown(str(source)), "", "configuration items of AWS Config", "none that can be used"))
    files = snapshot_files(answers, imported_from="config", derived=_paths(answers))
    write_tree(out, files, overwrite=overwrite)
    return ImportReport(
        out=out,
        accounts=tuple(sorted({account for account, _ in answers})),
        regions=tuple(sorted({region for _, region in answers if region != "global"})),
        files=tuple(files),
        derived=tuple(sorted(_paths(answers))),
        ignored=tuple(ignored),
        warnings=(*warnings, *said),
    )


def _answers(records: Sequence[Recorded]) -> tuple[Answers, list[str]]:
    clean = redactor()
    answers: Answers = {}
    unknown: Counter[str] = Counter()
    bare: Counter[str] = Counter()
    whole: dict[tuple[str, str, str], bool] = {}
    for record in records:
        kind = str(record.item.get("resourceType"))
        lists = lists_of(kind)
        if lists is None:
            unknown[shown(kind[:80])] += 1
            continue
        status = str(record.item.get("configurationItemStatus"))
        if status in _GONE:
            continue
        item = _item(record)
        empty = status == "ResourceNotRecorded" or not item.configuration
        for call in lists:
            place = _place(item, call, record)
            key = (*place, call)
            whole[key] = whole.get(key, False) or record.whole
            if empty:
                answers.setdefault(place, {}).setdefault(call, {})["NextToken"] = "not recorded"
        if empty:
            bare[kind] += 1
            continue
        for fact in facts_of(kind, item):
            place = _place(item, fact.call, record)
            service, operation = fact.call.split("/")
            target = path(item.account, item.region, service, operation, fact.name).split("/", 2)[2]
            _put(answers.setdefault(place, {}).setdefault(target.removesuffix(".json"), {}), clean(fact.document))
    _refuse_bare(records, bare)
    warnings = [said for kind, count in sorted(unknown.items()) if (said := unread(kind, count))]
    warnings += [
        f"{count} records of {kind} have no configuration: its list counts as not known"
        for kind, count in sorted(bare.items())
    ]
    for account, folder, call in sorted(key for key, held in whole.items() if not held):
        answers[account, folder].setdefault(call, {})["NextToken"] = "more"
        warnings.append(f"{account}/{folder}: only part of {call.replace('/', ' ')} is there: it counts as not known")
    warnings += config_edges.complete(answers)
    return {place: held for place, held in answers.items() if held}, warnings


def _put(into: Document, more: Document) -> None:
    """Add a part to an answer: records to a list, else a member that is not there yet."""
    for key, value in more.items():
        if isinstance(value, list) and isinstance(into.get(key), list):
            into[key].extend(value)
        else:
            into.setdefault(key, value)


def _refuse_bare(records: Sequence[Recorded], bare: Mapping[str, int]) -> None:
    usable = [one for one in records if lists_of(str(one.item.get("resourceType"))) is not None]
    if usable and bare and not any(decoded(one.item.get("configuration")) for one in usable):
        expected = f"configuration items with their configuration ({_QUERY})"
        raise SnapshotError(Fault(usable[0].file, usable[0].pointer, expected, "items without (SELECT * has none)"))


def _item(record: Recorded) -> Item:
    held = record.item
    account = str(held.get("awsAccountId") or held.get("accountId"))
    if not places.is_account(account):
        expected = f"configuration items with awsAccountId or accountId ({_QUERY})"
        raise SnapshotError(Fault(record.file, record.pointer, expected, shown(account[:40])))
    return Item(
        account=account,
        region=str(held.get("awsRegion")),
        name=str(held.get("resourceName") or held.get("resourceId")),
        configuration=decoded(held.get("configuration")),
        more=decoded(held.get("supplementaryConfiguration")),
    )


def _place(item: Item, call: str, record: Recorded) -> tuple[str, str]:
    account, folder, _ = path(item.account, item.region, *call.split("/")).split("/", 2)
    if folder != "global" and not places.is_region(folder):
        expected = f"configuration items with awsRegion ({_QUERY})"
        raise SnapshotError(Fault(record.file, record.pointer, expected, shown(item.region[:40])))
    return account, folder


def _paths(answers: Answers) -> set[str]:
    return {f"{account}/{region}/{call}.json" for (account, region), held in answers.items() for call in held}
