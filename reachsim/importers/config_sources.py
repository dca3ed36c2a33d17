"""The files of an import from AWS Config: reading them, and which of several records of a resource counts.

**Source:** AWS Config Developer Guide, "Viewing the AWS Config configuration snapshot" (names of files, their fields);
AWS Config API reference, SelectResourceConfig, BatchGetResourceConfig, GetResourceConfigHistory.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from reachsim.errors import Fault, SnapshotError
from reachsim.importers.config_spelling import decoded
from reachsim.importers.dump import MAX_BYTES, Found, find_loose, read_values, shown, values_of
from reachsim.importers.tree import Ignored

_LISTS: Final = ("configurationItems", "baseConfigurationItems", "BaseConfigurationItems", "Results", "results")
_ASKED_BY_NAME: Final = ("baseConfigurationItems", "BaseConfigurationItems")
_UNPROCESSED: Final = ("unprocessedResourceKeys", "UnprocessedResourceIdentifiers")
_TAKEN: Final = re.compile(r"_ConfigSnapshot_(\d{8}T\d{6}Z)_")
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Recorded(NamedTuple):
    """A configuration item and where it stands. ``whole``: its file holds every resource of the item's type;
    ``snapshot`` is the id of the configuration snapshot that it is part of, ``taken`` when that was made.
    """

    item: Mapping[str, Any]
    file: str
    pointer: str
    whole: bool = True
    snapshot: str = ""
    taken: str = ""

    @property
    def home(self) -> tuple[str, str]:
        return str(self.item.get("awsAccountId") or self.item.get("accountId")), str(self.item.get("awsRegion"))


def read_source(source: Path) -> tuple[list[Recorded], list[Ignored], list[str]]:
    """Every configuration item of a file or folder; what holds none; warnings about files.

    Raises:
        SnapshotError: A file cannot be read, or is a query's answer that does not select the configuration.
    """
    found, ignored = find_loose(source)
    packed = _packed(source)
    records: list[Recorded] = []
    warnings: list[str] = []
    faults: list[Fault] = []
    for file in sorted([*found, *packed], key=lambda one: one.name):
        try:
            held = list(_records(file, warnings))
        except SnapshotError as error:
            faults += error.faults
            continue
        if not held:
            ignored.append(Ignored(file.name, "holds no configuration items"))
        records += held
    if faults:
        raise SnapshotError(*faults)
    names = {one.name for one in packed}
    return records, [one for one in ignored if one.file not in names or "holds no" in one.why], warnings


def newest(records: Iterable[Recorded]) -> list[Recorded]:
    """The newest record of each resource, in the order in which the resources come first.

    Of several configuration snapshots of an account and Region only the newest one counts.
    """
    records = list(records)
    latest: dict[tuple[str, str], tuple[str, str]] = {}
    for one in records:
        if one.snapshot:
            mark = (one.taken, one.snapshot)
            latest[one.home] = max(latest.get(one.home, mark), mark)
    kept: dict[tuple[str, ...], Recorded] = {}
    for one in records:
        if one.snapshot and latest[one.home] != (one.taken, one.snapshot):
            continue
        name = one.item.get("resourceId") or one.item.get("arn") or f"{one.file}#{one.pointer}"
        key = (*one.home, str(one.item.get("resourceType")), str(name))
        if key not in kept or _captured(kept[key]) <= _captured(one):
            kept[key] = one._replace(whole=one.whole or (key in kept and kept[key].whole))
        elif one.whole:
            kept[key] = kept[key]._replace(whole=True)
    return list(kept.values())


def _captured(record: Recorded) -> datetime:
    """When the item was captured: ISO 8601, or seconds since 1970 as the AWS CLI's first version prints times."""
    value = record.item.get("configurationItemCaptureTime")
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, ValueError, OSError):
            return _NEVER
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return _NEVER
    return time if time.tzinfo else time.replace(tzinfo=UTC)


# --- files ------------------------------------------------------------------------------------------------------------


def _packed(source: Path) -> list[Found]:
    """The ``.json.gz`` files that Config delivers."""
    where = Path(os.path.realpath(source))
    files = [where] if where.is_file() else sorted(where.rglob("*.json.gz"))
    return [
        Found(file, shown(file.relative_to(where if where.is_dir() else where.parent).as_posix()), "", None)
        for file in files
        if file.name.endswith(".json.gz") and file.is_file() and file.resolve().is_relative_to(where)
    ]


def _values(file: Found) -> list[Any]:
    if not file.path.name.endswith(".gz"):
        return read_values(file)
    try:
        with gzip.open(file.path) as opened:
            data = opened.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SnapshotError(Fault(file.name, "", "a JSON object, compressed", shown(str(error)))) from error
    if len(data) > MAX_BYTES:
        raise SnapshotError(Fault(file.name, "", f"at most {MAX_BYTES} bytes", "more"))
    return values_of(file.name, data)


def _records(file: Found, warnings: list[str]) -> Iterator[Recorded]:
    values = _values(file)
    pages = [value for value in values if isinstance(value, dict) and any(key in value for key in _LISTS)]
    goes_on = bool(pages) and bool(pages[-1].get("NextToken") or pages[-1].get("nextToken"))
    if goes_on:
        warnings.append(f"{file.name} is one page of several")
    unprocessed = next((key for page in pages for key in _UNPROCESSED if page.get(key)), "")
    if unprocessed:
        warnings.append(f"{file.name} names resources that AWS Config did not look up ({unprocessed})")
    if any(key in page for page in pages for key in _ASKED_BY_NAME):
        warnings.append(f"{file.name} holds the resources that somebody asked for by name: there may be others")
    history = "_ConfigHistory_" in file.name
    for number, value in enumerate(values):
        prefix = f"/{number}" if len(values) > 1 else ""
        key, records = _items(value)
        _check_query(file, value)
        items = [(index, item) for index, one in enumerate(records) if (item := decoded(one))]
        one_resource = key == "configurationItems" and not value.get("fileVersion") and _of_one_resource(items)
        changes = history or one_resource
        alone = isinstance(value, dict) and not key and len(values) == 1
        if changes:
            warnings.append(f"{file.name} is a history: it holds what has changed, not everything")
        elif alone and items:
            warnings.append(f"{file.name} is about one resource: it tells of no other")
        snapshot = str(value.get("configSnapshotId") or "") if isinstance(value, dict) and not history else ""
        taken = match[1] if (match := _TAKEN.search(file.path.name)) else ""
        if snapshot and not taken:
            times = (_captured(Recorded(item, "", "")) for _, item in items)
            taken = max(times, default=_NEVER).strftime("%Y%m%dT%H%M%SZ")
        for index, item in items:
            pointer = f"{prefix}/{key}/{index}" if key else f"{prefix}/{index}"
            yield Recorded(item, file.name, pointer, not (goes_on or unprocessed or changes or alone), snapshot, taken)


def _items(document: Any) -> tuple[str, list[Any]]:
    """The key and the records of a document; a bare record is a list of one."""
    if isinstance(document, list):
        return "", document
    if not isinstance(document, dict):
        return "", []
    key = next((one for one in _LISTS if isinstance(document.get(one), list)), "")
    if key:
        return key, document[key]
    single = document.get("ConfigurationItem") or document.get("configurationItem") or document  # or a notification's
    return "", [single] if isinstance(single, dict) and "resourceType" in single else []


def _of_one_resource(items: list[tuple[int, dict[str, Any]]]) -> bool:
    names = {item.get("resourceId") for _, item in items}
    return len(names) == 1 and None not in names


def _check_query(file: Found, document: Any) -> None:
    info = document.get("QueryInfo") if isinstance(document, dict) else None
    fields = info.get("SelectFields") if isinstance(info, dict) else None
    names = [str(one.get("Name")) for one in fields if isinstance(one, dict)] if isinstance(fields, list) else []
    if names and "configuration" not in names:
        expected = "a query that selects accountId, awsRegion, resourceId, resourceType and configuration as a whole"
        found = ", ".join(names)[:120]
        raise SnapshotError(Fault(file.name, "/QueryInfo/SelectFields", expected, shown(found)))
