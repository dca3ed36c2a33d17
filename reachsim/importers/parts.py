"""The content of a dump's files, sorted by the API call that it answers and checked for its outer form.

Only the outer form is checked (lists of objects, ids that name files): the rest is `reachsim.model`'s business when
the snapshot is used. Pre-shared keys of VPN connections end here, since a snapshot stores no secrets.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from reachsim.errors import Fault, SnapshotError
from reachsim.importers.dump import Found, kind_of, read_json, shown
from reachsim.importers.keys import CALLS_BY_FILE, KEYS_BY_FILE, STRINGS, STRUCTURES, WRAPPED, call_of
from reachsim.importers.tree import Document, Ignored, is_name

_PRE_SHARED_KEY = re.compile(r"(<pre_shared_key>).*?(</pre_shared_key>|\Z)", re.DOTALL)
_PAGING = ("NextToken", "NextMarker", "Marker", "nextToken")


@dataclass(frozen=True, slots=True)
class Part:
    """What one file holds of one call's answer. ``region`` is None until the folder or the records have told."""

    file: Found
    call: str
    document: Document
    region: str | None


def read_parts(found: Iterable[Found]) -> tuple[list[Part], list[Ignored], list[str]]:
    """Read every file: the parts, what was left out and why, and warnings.

    Raises:
        SnapshotError: With the first fault of each faulty file.
    """
    parts: list[Part] = []
    ignored: list[Ignored] = []
    warnings: list[str] = []
    faults: list[Fault] = []
    for file in found:
        try:
            parts += _parts(file, ignored, warnings)
        except SnapshotError as error:
            faults += error.faults
    if faults:
        raise SnapshotError(*faults)
    return parts, ignored, warnings


def name_of(value: object) -> str | None:
    """What a file about a resource is called: the id or, of a load balancer's or target group's ARN, the name in it.

    >>> name_of("arn:aws:elasticloadbalancing:us-east-2:123456789012:loadbalancer/net/front/6f57a43b75d8f2c1")
    'front'
    """
    if isinstance(value, str) and value.startswith("arn:"):
        sections = value.split("/")
        value = sections[-2] if len(sections) >= 3 else None
    return value if is_name(value) else None


def _parts(file: Found, ignored: list[Ignored], warnings: list[str]) -> list[Part]:
    """One part per call. What surrounds a single answer (``ResponseMetadata``, say) stays with it."""
    stem = file.path.stem
    content = read_json(file)
    if isinstance(content, list):
        content = {KEYS_BY_FILE.get(stem, stem): content}
    calls = {key: call for key in content if (call := call_of(stem, key))}
    if not calls:
        keys = shown(", ".join(content))[:200] or "none"
        ignored.append(Ignored(file.name, f"holds no answer that we know; its keys: {keys}"))
        return []
    for key in calls:
        _check(file, key, content[key])
    if "PrefixLists" in calls and any("Cidrs" not in one for one in content["PrefixLists"]):
        calls["PrefixLists"] = CALLS_BY_FILE["ManagedPrefixLists", "PrefixLists"]
    if any(isinstance(content.get(key), str) and content[key] for key in _PAGING):
        warnings.append(f"{file.name} is one page of several: records are missing")
    documents: dict[str, Document] = defaultdict(dict)
    only = next(iter(calls.values())) if len(set(calls.values())) == 1 and not calls.keys() & WRAPPED.keys() else None
    for key, value in content.items():
        if call := calls.get(key, only):
            documents[call][key] = value
        else:
            ignored.append(Ignored(f"{file.name}#/{shown(key)[:80]}", "belongs to no answer that we know"))
    return [
        Part(file, call, _no_secrets(file, document, warnings), file.region) for call, document in documents.items()
    ]


def _check(file: Found, key: str, value: object) -> None:
    """Raise unless the value is what the API has there: a list of objects, or of strings, or one object."""
    item, kind = (str, "a string") if key in STRINGS else (dict, "an object")
    if key in STRUCTURES:
        if not isinstance(value, dict):
            raise SnapshotError(Fault(file.name, f"/{key}", "an object", kind_of(value)))
        return
    if not isinstance(value, list):
        raise SnapshotError(Fault(file.name, f"/{key}", "a list", kind_of(value)))
    for index, one in enumerate(value):
        if not isinstance(one, item):
            raise SnapshotError(Fault(file.name, f"/{key}/{index}", kind, kind_of(one)))
        if key in WRAPPED and isinstance(one, dict):
            _check_wrapped(file, key, index, one)


def _check_wrapped(file: Found, key: str, index: int, record: Document) -> None:
    wrapped, pointer = WRAPPED[key], f"/{key}/{index}"
    name = record.get(wrapped.name)
    if name_of(name) is None:
        found = shown(repr(name)[:80]) if isinstance(name, str) else kind_of(name) if name is not None else "nothing"
        raise SnapshotError(Fault(file.name, f"{pointer}/{wrapped.name}", "the resource's id or ARN", found))
    content = record.get(wrapped.content, [record] if wrapped.flat else None)
    if not isinstance(content, list):
        found = "nothing" if content is None else kind_of(content)
        raise SnapshotError(Fault(file.name, f"{pointer}/{wrapped.content}", "a list", found))
    for inner, one in enumerate(content):
        if not isinstance(one, dict):
            raise SnapshotError(Fault(file.name, f"{pointer}/{wrapped.content}/{inner}", "an object", kind_of(one)))


def _no_secrets(file: Found, document: Document, warnings: list[str]) -> Document:
    """The same answer with the pre-shared keys of VPN connections emptied."""
    if "VpnConnections" not in document:
        return document
    cleaned = [_no_pre_shared_keys(one) for one in document["VpnConnections"]]
    if cleaned != document["VpnConnections"]:
        warnings.append(f"{file.name}: the pre-shared keys of VPN connections were left out")
    return document | {"VpnConnections": cleaned}


def _no_pre_shared_keys(connection: Document) -> Document:
    changed: Document = {}
    text, options = connection.get("CustomerGatewayConfiguration"), connection.get("Options")
    if isinstance(text, str):
        changed["CustomerGatewayConfiguration"] = _PRE_SHARED_KEY.sub(r"\1\2", text)
    tunnels = options.get("TunnelOptions") if isinstance(options, dict) else None
    if isinstance(options, dict) and isinstance(tunnels, list):
        emptied = [
            one | {"PreSharedKey": ""} if isinstance(one, dict) and "PreSharedKey" in one else one for one in tunnels
        ]
        changed["Options"] = options | {"TunnelOptions": emptied}
    return connection | changed
