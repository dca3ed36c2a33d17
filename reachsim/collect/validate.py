"""Whether a snapshot is what it says: every file against AWS's service models, its policies, and the manifest's sums.

Faults are what would mislead a verdict: values of another type than AWS's, keys that stand twice in an object, pages
that are missing, policies that AWS would not have stored, files that are not what the manifest says, and whatever keeps
the other commands from loading the snapshot (ids that stand twice, subnets that overlap, ranges of ports that end
before they begin). Warnings are what may be in order: members and words that the models do not know, times that are
none, records that stand twice, calls that the table does not list. Files that the format does not name are listed, and
ignored.

**Source:** DESIGN, "Snapshot format", and "policy evaluate" (what AWS would not store is an error here); `shapes`.
"""

from __future__ import annotations

import codecs
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec

from reachsim import policy
from reachsim.calls import CALLS, Call
from reachsim.collect.later import fault_of
from reachsim.collect.shapes import Level, differences, escaped, is_time, kind_of, output_shape
from reachsim.errors import Fault, SnapshotError
from reachsim.model.decode import garbage_collector_paused
from reachsim.model.network import Network
from reachsim.policy.statements import Kind
from reachsim.snapshot import Snapshot, open_snapshot

MANIFEST: Final = "snapshot.json"
_PAGING: Final = ("NextToken", "nextToken", "NextMarker", "Marker")
_CALLS: Final[Mapping[str, tuple[Call, ...]]] = {
    f"{one.service}/{one.operation}": tuple(
        call for call in CALLS if (call.service, call.operation) == (one.service, one.operation)
    )
    for one in CALLS
}
# Where policy documents stand: keys down to them ("*" = every record), and the kind.
_POLICIES: Final[Mapping[str, tuple[tuple[str, Kind], ...]]] = {
    "ec2/describe-vpc-endpoints": (("VpcEndpoints/*/PolicyDocument", "endpoint"),),
    "ecr/get-repository-policy": (("policyText", "resource"),),
    "ecr/get-registry-policy": (("policyText", "resource"),),
    "ecr-public/get-repository-policy": (("policyText", "resource"),),
    "s3api/get-bucket-policy": (("Policy", "resource"),),
    "logs/describe-resource-policies": (("resourcePolicies/*/policyDocument", "resource"),),
    "iam/get-account-authorization-details": (
        ("UserDetailList/*/UserPolicyList/*/PolicyDocument", "identity"),
        ("GroupDetailList/*/GroupPolicyList/*/PolicyDocument", "identity"),
        ("RoleDetailList/*/RolePolicyList/*/PolicyDocument", "identity"),
        ("RoleDetailList/*/AssumeRolePolicyDocument", "resource"),
        ("Policies/*/PolicyVersionList/*/Document", "identity"),
    ),
}
# Remarks that do not say that AWS refuses the document.
_OPEN: Final = ("leaves it", "documents only", "matches it with nothing", "is ignored in this kind", "has no Resource")


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with one place of one file."""

    level: Level
    file: str
    pointer: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{'error' if self.level == 'fault' else self.level}: {self.fault}"

    @property
    def fault(self) -> Fault:
        return Fault(self.file, self.pointer, self.expected, self.found)


class Validation(msgspec.Struct, frozen=True):
    """All that was found. ``ignored`` are files that the format does not name; ``checked`` counts the others."""

    checked: int
    problems: tuple[Problem, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def faults(self) -> int:
        return sum(one.level == "fault" for one in self.problems)

    @property
    def exit_code(self) -> int:
        return 2 if self.faults else 0


def validate_at(path: str, told: Callable[[str], None] = lambda _: None) -> Validation:
    """Check the snapshot at a path; one whose manifest cannot be read is checked without it besides.

    Args:
        path: A snapshot's folder or zip.
        told: Is given the name of each file before it is checked.

    Raises:
        SnapshotError: There is no snapshot.
    """
    try:
        return validate(open_snapshot(path), told)
    except SnapshotError as error:
        if any(one.file != MANIFEST for one in error.faults):
            raise
        found = validate(open_snapshot(path, manifest=False), told)
        faults = [Problem("fault", one.file, one.pointer, one.expected, one.found) for one in error.faults]
        return msgspec.structs.replace(found, problems=(*faults, *found.problems))


def validate(snapshot: Snapshot, told: Callable[[str], None] = lambda _: None) -> Validation:
    """Check every file of a snapshot; all problems, by file, in the order in which they stand there.

    Args:
        snapshot: As `reachsim.snapshot.open_snapshot` gives it. Its manifest has been read already.
        told: Is given the name of each file before it is checked.
    """
    with garbage_collector_paused():
        return _validate(snapshot, told)


def _validate(snapshot: Snapshot, told: Callable[[str], None]) -> Validation:
    named = {path: (match["region"], match["service"], match["rest"]) for path, match in snapshot.named()}
    problems: list[Problem] = [*_manifest(snapshot)]
    for path, (region, service, rest) in named.items():
        told(path)
        problems += _name(path, region, service, rest)
        problems += _file(snapshot, path, service, rest)
    problems = _with_loading(snapshot, problems)
    ignored = [
        path for path in snapshot.paths if path not in named and path != MANIFEST and not path.startswith("code/")
    ]
    return Validation(len(named), tuple(problems), tuple(ignored))


def _with_loading(snapshot: Snapshot, problems: list[Problem]) -> list[Problem]:
    """The problems, and those that stop other commands, now or at a question, where no fault tells them yet."""
    found = [fault for path, call in _calls_of(snapshot) if (fault := fault_of(snapshot, path, call)) is not None]
    try:
        Network(snapshot)
    except SnapshotError as error:
        found += error.faults
    told = {one.file for one in problems if one.level == "fault"}
    untold = {(one.file, one.pointer): one for one in found if one.file not in told}
    raised = [
        msgspec.structs.replace(one, level="fault") if untold.pop((one.file, one.pointer), None) else one
        for one in problems
    ]
    return raised + [Problem("fault", one.file, one.pointer, one.expected, one.found) for one in untold.values()]


def _calls_of(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for path, match in snapshot.named():
        yield path, f"{match['service']}/{match['rest'].partition('/')[0]}"


def _name(path: str, region: str, service: str, rest: str) -> Iterator[Problem]:
    """What is wrong with a file's name: reachsim does not find such files, however good they are."""
    operation, slash, _ = rest.partition("/")
    calls = _CALLS.get(f"{service}/{operation}")
    if output_shape(service, operation) is None:
        yield Problem("warning", path, "", "a call of the AWS CLI", f"no such call: {service} {operation}")
    elif calls is None:
        yield Problem("warning", path, "", "a call that reachsim reads", f"{service} {operation}")
    elif bool(slash) != (calls[0].per is not None):
        expected = f"one file {operation}.json" if slash else f"{operation}/NAME.json, one file per thing"
        yield Problem("warning", path, "", expected, f"{rest}.json")
    elif (region == "global") != (calls[0].scope == "global"):
        expected = "the folder global" if calls[0].scope == "global" else "a Region's folder"
        yield Problem("warning", path, "", expected, region)


def _file(snapshot: Snapshot, path: str, service: str, rest: str) -> Iterator[Problem]:
    """What is wrong with a file's content."""
    operation = rest.partition("/")[0]
    try:
        document, twice = _read(snapshot.read(path))
    except SnapshotError as error:
        yield from (Problem("fault", path, one.pointer, one.expected, one.found) for one in error.faults)
        return
    except (ValueError, RecursionError) as error:
        yield Problem("fault", path, "", "JSON in UTF-8", _no_json(snapshot.read(path), error))
        return
    for pointer in twice:
        yield Problem("fault", path, pointer, "a key that stands once in its object", "the same key again")
    if isinstance(document, dict) and "Error" in document:
        yield from _error(document, path)
        if len(document) > 1:
            besides = ", ".join(key for key in document if key != "Error")
            yield Problem("warning", path, "", "an error or an answer", f"an error, and besides it {besides[:80]}")
        return
    shape = output_shape(service, operation)
    if shape is None:
        return
    for level, pointer, expected, found in differences(document, shape):
        if pointer.removeprefix("/") not in _PAGING or level == "fault":
            yield Problem(level, path, pointer, expected, found)
    if isinstance(document, dict):
        yield from _twice_listed(document, path)
        call = f"{service}/{operation}"
        yield from _completeness(document, path, [one.key for one in _CALLS.get(call, ()) if one.key])
        for keys, kind in _POLICIES.get(call, ()):
            for pointer, one in _at(document, keys.split("/"), ""):
                yield from _policy(one, kind, path, pointer)


def _no_json(data: bytes, error: Exception) -> str:
    """What a file holds that is no JSON, in words that tell what to do where that is known."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16, as PowerShell's > writes it (Out-File -Encoding utf8 does not)"
    if not data.strip():
        return "an empty file"
    if isinstance(error, RecursionError):
        return "objects and lists within one another, too deep to be read"
    return "a number of too many digits" if "int_max_str_digits" in str(error) else str(error)


class _Twice(dict[str, Any]):
    """An object that names a key twice; of such, readers of JSON keep one or the other."""

    keys_again: tuple[str, ...] = ()


def _read(data: bytes) -> tuple[Any, list[str]]:
    """The document, and the pointers of keys that stand twice in an object. Raises ValueError, RecursionError.

    What is written anew comes out as it was, only if no key was lost on the way; else it is read slowly, key by key.
    """
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        known = msgspec.json.decode(data)
        if msgspec.json.encode(known) == msgspec.json.format(data, indent=-1):
            return known, []
    some: list[_Twice] = []

    def built(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        marked = _Twice(found)
        counts = Counter(key for key, _ in pairs)
        marked.keys_again = tuple(key for key, count in counts.items() if count > 1)
        some.append(marked)
        return marked

    document = json.loads(data.decode("utf-8"), object_pairs_hook=built, parse_constant=_no_number)
    return document, list(_marks(document, "")) if some else []


def _no_number(word: str) -> Any:
    raise ValueError(f"{word}, which is no JSON")


def _marks(value: Any, pointer: str) -> Iterator[str]:
    if isinstance(value, _Twice):
        yield from (f"{pointer}/{escaped(key)}" for key in value.keys_again)
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _marks(one, f"{pointer}/{escaped(str(key))}")


def _error(document: Mapping[str, Any], path: str) -> Iterator[Problem]:
    error = document["Error"]
    if not isinstance(error, dict) or not isinstance(error.get("Code"), str):
        yield Problem("fault", path, "/Error", 'an object with AWS\'s "Code"', kind_of(error))


def _completeness(document: Mapping[str, Any], path: str, keys: list[str]) -> Iterator[Problem]:
    for token in _PAGING:
        if document.get(token):
            yield Problem("fault", path, f"/{token}", "all pages in one file", "one page of several")
    if keys and not any(key in document for key in keys):
        expected = " or ".join(map(repr, keys))
        yield Problem("warning", path, "", f"the key {expected}", ", ".join(document)[:80] or "an empty object")


def _twice_listed(document: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """Records of a list that stand there more than once, word by word; names AWS may repeat, records it does not."""
    for key, records in document.items():
        seen: dict[bytes, str] = {}
        for index, record in enumerate(records if isinstance(records, list) else ()):
            if not isinstance(record, dict):
                continue
            pointer = f"/{escaped(key)}/{index}"
            first = seen.setdefault(_sum(record), pointer)
            if first != pointer:
                yield Problem("warning", path, pointer, "a record that stands once in its list", f"the one of {first}")


def _sum(record: object) -> bytes:
    """Of a record, the same for the same: 16 bytes, since a file may hold millions."""
    try:
        written = msgspec.json.encode(record, order="sorted")
    except (UnicodeEncodeError, OverflowError):  # half a surrogate pair; a number of more than 64 bits
        written = json.dumps(record, sort_keys=True).encode()
    return hashlib.blake2b(written, digest_size=16).digest()


# --- policies -------------------------------------------------------------------------------------------------------


def _at(value: Any, keys: list[str], pointer: str) -> Iterator[tuple[str, Any]]:
    """Every value under a path of keys, with its pointer."""
    if not keys:
        yield pointer, value
    elif keys[0] == "*":
        for index, one in enumerate(value if isinstance(value, list) else ()):
            yield from _at(one, keys[1:], f"{pointer}/{index}")
    elif isinstance(value, dict) and keys[0] in value:
        yield from _at(value[keys[0]], keys[1:], f"{pointer}/{escaped(keys[0])}")


def _policy(document: Any, kind: Kind, path: str, pointer: str) -> Iterator[Problem]:
    if not isinstance(document, str | dict) or not document:
        return  # differences has said so, or there is none
    try:
        parsed = policy.parse(document)
    except policy.PolicyError as error:
        place = pointer if isinstance(document, str) else pointer + error.pointer
        yield Problem("fault", path, place, "a policy document", f"{error.pointer} {error.message}".strip())
        return
    for note in parsed.notes:
        if kind in note.kinds and not note.gateway_only:
            level: Level = "warning" if any(words in note.text for words in _OPEN) else "fault"
            yield Problem(level, path, pointer, "a policy document that AWS stores", note.text)


# --- manifest -------------------------------------------------------------------------------------------------------


def _manifest(snapshot: Snapshot) -> Iterator[Problem]:
    if not snapshot.holds(MANIFEST):
        return
    manifest = msgspec.json.decode(snapshot.read(MANIFEST))
    if manifest.get("complete") is False:
        yield Problem("warning", MANIFEST, "/complete", "a finished capture", "one that was interrupted")
    for moment in ("started", "finished"):
        if manifest.get(moment) is not None and not is_time(manifest[moment]):
            yield Problem("warning", MANIFEST, f"/{moment}", "a time", kind_of(manifest[moment]))
    calls = manifest.get("calls", [])
    if not isinstance(calls, list):
        yield Problem("fault", MANIFEST, "/calls", "a list of calls", kind_of(calls))
    for index, call in enumerate(calls if isinstance(calls, list) else ()):
        if not (isinstance(call, dict) and isinstance(call.get("file"), str) and isinstance(call.get("outcome"), str)):
            yield Problem("fault", MANIFEST, f"/calls/{index}", "a call with file and outcome", kind_of(call))
    files = manifest.get("files", {})
    if not isinstance(files, dict):
        yield Problem("fault", MANIFEST, "/files", "an object of sums by file", kind_of(files))
        return
    for path, known in files.items():
        place = f"/files/{escaped(path)}"
        if not snapshot.holds(path):
            yield Problem("fault", MANIFEST, place, "the file", "none")
        elif hashlib.sha256(snapshot.read(path)).hexdigest() != known:
            yield Problem("fault", path, "", "the content that its sum in snapshot.json stands for", "another")
    for path, _ in snapshot.named():
        if path not in files:
            yield Problem("warning", path, "", "a file that snapshot.json lists", "one that it does not")
