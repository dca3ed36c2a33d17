"""AWS Config's view of accounts, turned into a snapshot: a configuration snapshot that Config has delivered (also
``.json.gz``), the answers of ``aws configservice`` (batch-get-resource-config, get-resource-config-history,
select-resource-config with ``SELECT *``), or an aggregator's; one file, or a folder of them.

A list is written only where the source holds a record of that kind, for what Config does not record it does not
mention. So "there is none" is never said, but for a bucket's policy. Config cannot hold DNS attributes, Block Public
Access and the like: the manifest says that AWS's defaults are assumed for these. Every file is marked ``derived``.

**Source:** AWS Config Developer Guide, "Components of a configuration item", "Viewing configuration history";
`config_items`.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from reachsim.calls import path
from reachsim.errors import Fault, QuestionError, SnapshotError
from reachsim.files import write_tree
from reachsim.importers import places
from reachsim.importers.config_items import KINDS, decoded, record_of
from reachsim.importers.dump import MAX_BYTES, find_loose, read_json, shown
from reachsim.importers.tree import Answers, Ignored, ImportReport, snapshot_files
from reachsim.redact import redactor

_LISTS: Final = ("configurationItems", "baseConfigurationItems", "BaseConfigurationItems", "Results", "results")
_DELETED: Final = ("ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded")


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
    found, ignored = find_loose(source)
    packed = list(_packed(source))
    if source.resolve().is_relative_to(out.resolve()):
        raise QuestionError(f"{shown(str(out))} holds the source: write the snapshot elsewhere", "TARGET_EXISTS")
    unknown: dict[str, int] = {}
    answers: Answers = {}
    for name, document in [*((one.name, read_json(one)) for one in found), *packed]:
        items = _items(document)
        if not items:
            ignored.append(Ignored(name, "holds no configuration items"))
        for item in items:
            _add(answers, item, name, unknown)
    if not answers:
        raise SnapshotError(Fault(shown(str(source)), "", "configuration items of AWS Config", "none that can be used"))
    files = snapshot_files(answers, imported_from="config", derived=_paths(answers))
    write_tree(out, files, overwrite=overwrite)
    packed_names = {name for name, _ in packed}
    return ImportReport(
        out=out,
        accounts=tuple(sorted({account for account, _ in answers})),
        regions=tuple(sorted({region for _, region in answers if region != "global"})),
        files=tuple(files),
        derived=tuple(sorted(_paths(answers))),
        ignored=tuple(one for one in ignored if one.file not in packed_names),
        warnings=tuple(f"{count} records of {kind} are not used" for kind, count in sorted(unknown.items())),
    )


def _packed(source: Path) -> Iterator[tuple[str, Any]]:
    """The ``.json.gz`` files that Config delivers."""
    files = [source] if source.is_file() else sorted(one for one in source.rglob("*.json.gz") if one.is_file())
    for file in files:
        if file.name.endswith(".json.gz"):
            name = shown(file.relative_to(source).as_posix() if source.is_dir() else file.name)
            try:
                with gzip.open(file) as opened:
                    data = opened.read(MAX_BYTES + 1)
                if len(data) > MAX_BYTES:
                    raise SnapshotError(Fault(name, "", f"at most {MAX_BYTES} bytes", "more"))
                yield name, msgspec.json.decode(data)
            except (OSError, EOFError, zlib.error, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                raise SnapshotError(Fault(name, "", "a JSON object, compressed", shown(str(error)))) from error


def _items(document: Any) -> list[Mapping[str, Any]]:
    records = document
    if isinstance(document, dict):
        records = next((document[key] for key in _LISTS if isinstance(document.get(key), list)), [])
    return [item for record in records if (item := decoded(record))]


def _add(answers: Answers, item: Mapping[str, Any], file: str, unknown: dict[str, int]) -> None:
    kind = KINDS.get(str(item.get("resourceType")))
    status = str(item.get("configurationItemStatus"))
    if kind is None:
        name = shown(str(item.get("resourceType"))[:80])
        unknown[name] = unknown.get(name, 0) + 1
        return
    if status in _DELETED:
        return
    account, region = str(item.get("awsAccountId") or item.get("accountId")), str(item.get("awsRegion"))
    if not places.is_account(account):
        raise SnapshotError(
            Fault(file, "", "configuration items with awsAccountId (SELECT * has it)", shown(account[:40]))
        )
    service, operation = kind.call.split("/")
    bucket = _bucket(item) if kind.form == "bucket" else None
    target = path(account, region, service, operation, bucket)
    held, folder, rest = target.split("/", 2)
    if folder != "global" and not places.is_region(folder):
        raise SnapshotError(Fault(file, "", "configuration items with awsRegion (SELECT * has it)", shown(region[:40])))
    record = record_of(item, kind)
    if record is None:
        return
    record = redactor()(record)
    call = rest.removesuffix(".json")
    documents = answers.setdefault((held, folder), {})
    if bucket is not None:
        documents[call] = record
    else:
        documents.setdefault(call, {}).setdefault(kind.key, []).append(record)


def _bucket(item: Mapping[str, Any]) -> str:
    return str(item.get("resourceName") or item.get("resourceId"))


def _paths(answers: Answers) -> set[str]:
    return {f"{account}/{region}/{call}.json" for (account, region), held in answers.items() for call in held}
