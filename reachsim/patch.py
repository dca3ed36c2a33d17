"""Patch files: changes to a snapshot's files as RFC 6902 operations.

    {"format": 1, "why": "…", "edits": [{"file": "<account>/<region>/ec2/describe-route-tables.json",
                                         "patch": [RFC 6902 operations]}]}

An operation on the whole document (path ``""``) makes a file that was not there (``add``) or takes one away
(``remove``). A build's file (``code/…``) is one string, so operations on it are on the whole of it. Applying makes a
new `Snapshot` and leaves the old one as it is; whoever loads the new one gets the same validation as from any other.

**Source:** DESIGN, "Patch file"; RFC 6902 (JSON Patch), RFC 6901 (JSON Pointer).
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, get_args

import msgspec

from reachsim.errors import Fault, SnapshotError
from reachsim.inputs import read_input
from reachsim.snapshot import Snapshot

Json = Any
Verb = Literal["add", "remove", "replace", "move", "copy", "test"]

_VERBS: Final[tuple[str, ...]] = get_args(Verb)
_MISSING: Final = object()
BUILD_FILES: Final = "code/"
MOST_LEVELS: Final = 64
"""How deep a value may be nested."""
MOST_BYTES: Final = 255
"""How long a file's name may be on most file systems."""


class Operation(msgspec.Struct, frozen=True):
    """One operation of RFC 6902. ``path`` and ``source`` (written ``from``) are JSON pointers."""

    op: Verb
    path: str
    value: Json = None
    source: str | None = None

    def to_json(self) -> dict[str, Json]:
        found: dict[str, Json] = {"op": self.op, "path": self.path}
        if self.source is not None:
            found["from"] = self.source
        if self.op in ("add", "replace", "test"):
            found["value"] = self.value
        return found


class Edit(msgspec.Struct, frozen=True):
    """The operations on one file, in order."""

    file: str
    operations: tuple[Operation, ...]


class Patch(msgspec.Struct, frozen=True):
    """Edits of a snapshot's files, and why they are made."""

    edits: tuple[Edit, ...] = ()
    why: str = ""

    def to_json(self) -> dict[str, Json]:
        """The patch file's object."""
        edits = [{"file": one.file, "patch": [each.to_json() for each in one.operations]} for one in self.edits]
        return {"format": 1, "why": self.why, "edits": edits}


# --- reading --------------------------------------------------------------------------------------------------------


def read_patch(data: bytes | str | Mapping[str, Json], name: str = "patch") -> Patch:
    """A patch from a patch file's text or its object. Raises SnapshotError with the JSON pointer of what is wrong.

    >>> patch = read_patch('{"format": 1, "edits": [{"file": "a.json", "patch": [{"op": "remove", "path": "/x"}]}]}')
    >>> patch.edits[0].operations[0].op
    'remove'
    """
    if isinstance(data, bytes | str):
        try:
            document = json.loads(data, parse_constant=_no_constant, parse_float=_finite)
        except (ValueError, RecursionError) as error:
            _wrong(name, "", "a patch file in JSON", str(error))
    else:
        document = data
    if not isinstance(document, Mapping):
        _wrong(name, "", "an object with format, why and edits", _kind(document))
    if document.get("format") != 1 or isinstance(document.get("format"), bool):
        _wrong(name, "/format", "format 1", _shown(document.get("format", _MISSING)))
    why = document.get("why", "")
    if not isinstance(why, str):
        _wrong(name, "/why", "text", _kind(why))
    edits = document.get("edits", _MISSING)
    if not isinstance(edits, list):
        _wrong(name, "/edits", "a list of edits", _kind(edits))
    return Patch(tuple(_read_edit(name, f"/edits/{n}", one) for n, one in enumerate(edits)), why)


def read_patch_file(path: Path) -> Patch:
    """A patch from a file. Raises SnapshotError if it cannot be read, or holds none."""
    return read_patch(read_input(path), str(path))


def _read_edit(name: str, at: str, edit: Json) -> Edit:
    if not isinstance(edit, dict):
        _wrong(name, at, "an object with file and patch", _kind(edit))
    file, operations = edit.get("file", _MISSING), edit.get("patch", _MISSING)
    if not isinstance(file, str) or not _is_within(file):
        _wrong(name, f"{at}/file", "a file's path within the snapshot", _shown(file))
    if not isinstance(operations, list):
        _wrong(name, f"{at}/patch", "a list of RFC 6902 operations", _kind(operations))
    return Edit(file, tuple(_read_operation(name, f"{at}/patch/{n}", one) for n, one in enumerate(operations)))


def _is_within(file: str) -> bool:
    """Whether a path names a file within a snapshot, spelled the one way that the snapshot spells it."""
    parts = file.split("/")
    plain = all(part not in ("", ".", "..") and len(part.encode(errors="replace")) <= MOST_BYTES for part in parts)
    return plain and "\\" not in file and min(file) >= " " and parts[0][1:2] != ":"


def _read_operation(name: str, at: str, found: Json) -> Operation:
    if not isinstance(found, dict):
        _wrong(name, at, "an operation", _kind(found))
    op = found.get("op", _MISSING)
    if op not in _VERBS:
        _wrong(name, f"{at}/op", f"one of {', '.join(_VERBS)}", _shown(op))
    path = _read_pointer(name, f"{at}/path", found.get("path", _MISSING))
    source = _read_pointer(name, f"{at}/from", found.get("from", _MISSING)) if op in ("move", "copy") else None
    if op in ("add", "replace", "test") and "value" not in found:
        _wrong(name, f"{at}/value", "a value", "none")
    if _is_deep(found.get("value")):
        _wrong(name, f"{at}/value", f"a value of at most {MOST_LEVELS} levels", "a deeper one")
    if op == "move" and source is not None and path.startswith(f"{source}/"):
        _wrong(name, f"{at}/path", "a place outside what is moved", path)
    return Operation(op, path, found.get("value"), source)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text}, which is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_constant(text)


def _is_deep(value: Json) -> bool:
    """Whether a value has more levels than an answer of AWS ever has."""
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [each for one in level if isinstance(one, dict | list)
                 for each in (one.values() if isinstance(one, dict) else one)]  # fmt: skip
    return bool(level)


def _read_pointer(name: str, at: str, pointer: Json) -> str:
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        _wrong(name, at, 'a JSON pointer, "" or beginning with "/"', _shown(pointer))
    parts = pointer.replace("~0", "").replace("~1", "")
    if "~" in parts:
        _wrong(name, at, 'a JSON pointer with "~" written ~0 and "/" written ~1', pointer)
    return pointer


# --- applying -------------------------------------------------------------------------------------------------------


def apply(snapshot: Snapshot, patch: Patch) -> Snapshot:
    """The snapshot with the edits made. Raises SnapshotError (file, pointer, expected, found) for one that cannot be.

    Files that no edit names keep their bytes.
    """
    documents: dict[str, Json] = {}
    for edit in patch.edits:
        if edit.file not in documents:
            documents[edit.file] = _load(snapshot, edit.file)
        for operation in edit.operations:
            documents[edit.file] = operate(documents[edit.file], operation, edit.file)
    written = {path: _encoded(path, one) for path, one in documents.items() if one is not _MISSING}
    gone = [path for path, one in documents.items() if one is _MISSING]
    _keep_apart(snapshot, written, gone)
    return snapshot.edited(written | _manifest(snapshot, written, gone), gone)


def _keep_apart(snapshot: Snapshot, written: Iterable[str], gone: Iterable[str]) -> None:
    """Raises SnapshotError if a new file would be where a folder is, or below a file."""
    written = [path for path in written if not snapshot.holds(path)]
    if not written:
        return
    files = ({*snapshot.paths} - {*gone}) | {*written}
    folders = {folder for path in files for folder in _folders(path)}
    for path in written:
        if path in folders:
            _wrong(path, "", "a path that no folder has", "a folder of the snapshot")
        if above := next((one for one in _folders(path) if one in files), None):
            _wrong(path, "", "a path below folders", f"{above}, which is a file")


def _folders(path: str) -> list[str]:
    return [path[:at] for at, letter in enumerate(path) if letter == "/"]


def _manifest(snapshot: Snapshot, written: Mapping[str, bytes], gone: Iterable[str]) -> dict[str, bytes]:
    """The manifest with the sums of the edited files, if it holds any: what a patch did is no damage."""
    name = "snapshot.json"
    document = _load(snapshot, name)
    if name in written or document is _MISSING or not isinstance(sums := document.get("files"), dict):
        return {}
    kept = {path: one for path, one in sums.items() if path not in set(gone)}
    kept |= {path: hashlib.sha256(data).hexdigest() for path, data in written.items()}
    return {name: to_bytes({**document, "files": dict(sorted(kept.items()))})}


def _encoded(path: str, document: Json) -> bytes:
    if path.startswith(BUILD_FILES) and not isinstance(document, str):
        _wrong(path, "", "the text of a build's file", _kind(document))
    try:
        return document.encode() if path.startswith(BUILD_FILES) else to_bytes(document)
    except UnicodeEncodeError as error:
        _wrong(path, "", "characters of Unicode", f"half a surrogate pair, U+{ord(error.object[error.start]):04X}")


def to_bytes(document: Json) -> bytes:
    """A document as the AWS CLI prints it: four spaces, characters as they are. It is never text as a whole."""
    data = io.BytesIO()
    with io.TextIOWrapper(data, encoding="utf-8", newline="") as text:
        json.dump(document, text, indent=4, ensure_ascii=False)
        text.write("\n")
        text.flush()
        return data.getvalue()


def _load(snapshot: Snapshot, file: str) -> Json:
    if not snapshot.holds(file):
        return _MISSING
    data = snapshot.read(file)
    if file.startswith(BUILD_FILES):
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            _wrong(file, "", "text in UTF-8", str(error))
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        _wrong(file, "", "JSON", str(error))


def operate(document: Json, operation: Operation, file: str = "") -> Json:
    """The document after one operation; the given one is left as it is. Raises SnapshotError.

    >>> operate({"a": [1, 3]}, Operation("add", "/a/1", 2))
    {'a': [1, 2, 3]}
    """
    match operation.op:
        case "add":
            return _put(document, operation.path, copy.deepcopy(operation.value), file, replace=False)
        case "replace":
            _get(document, operation.path, file)
            return _put(document, operation.path, copy.deepcopy(operation.value), file, replace=True)
        case "remove":
            _get(document, operation.path, file)
            return _take(document, operation.path, file)
        case "test":
            found = _get(document, operation.path, file)
            if not _same(found, operation.value):
                _wrong(file, operation.path, _shown(operation.value), _shown(found))
            return document
    source = operation.source or ""
    value = copy.deepcopy(_get(document, source, file))
    if operation.op == "move":
        document = _take(document, source, file)
    return _put(document, operation.path, value, file, replace=False)


def _same(one: Json, other: Json) -> bool:
    """Equal as JSON: true is not 1."""
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _tokens(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _get(document: Json, pointer: str, file: str) -> Json:
    if document is _MISSING:
        _wrong(file, pointer, "a file", "none")
    here = document
    for token in _tokens(pointer):
        if isinstance(here, dict) and token in here:
            here = here[token]
        elif isinstance(here, list) and _is_index(token) and int(token) < len(here):
            here = here[int(token)]
        else:
            _wrong(file, pointer, "a value there", "none")
    return here


def _is_index(token: str) -> bool:
    return token.isascii() and token.isdigit() and len(token) < 10 and (token == "0" or not token.startswith("0"))


def _put(document: Json, pointer: str, value: Json, file: str, *, replace: bool) -> Json:
    if not pointer:
        return value
    if document is _MISSING:
        _wrong(file, pointer, "a file", "none")
    *above, last = _tokens(pointer)
    made, here = _copied(document, above, pointer, file)
    if isinstance(here, dict):
        here[last] = value
    elif isinstance(here, list) and replace and _is_index(last):
        here[int(last)] = value
    elif isinstance(here, list) and (last == "-" or (_is_index(last) and int(last) <= len(here))):
        here.insert(len(here) if last == "-" else int(last), value)
    else:
        _wrong(file, pointer, "a place for the value", "none")
    return made


def _take(document: Json, pointer: str, file: str) -> Json:
    if not pointer:
        return _MISSING
    *above, last = _tokens(pointer)
    made, here = _copied(document, above, pointer, file)
    del here[int(last) if isinstance(here, list) else last]
    return made


def _copied(document: Json, tokens: Sequence[str], pointer: str, file: str) -> tuple[Json, Json]:
    """(the document with the containers along the way copied, the last of them)."""
    made = here = copy.copy(document)
    for token in tokens:
        key: Any = token
        if isinstance(here, list) and _is_index(token) and int(token) < len(here):
            key = int(token)
        elif not isinstance(here, dict) or token not in here:
            _wrong(file, pointer, "a place for the value", "none")
        here[key] = copy.copy(here[key])
        here = here[key]
    return made, here


def _wrong(file: str, pointer: str, expected: str, found: str) -> NoReturn:
    raise SnapshotError(Fault(file, pointer, expected, found))


def _kind(value: Json) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return "none" if value is _MISSING else "null" if value is None else names.get(type(value), type(value).__name__)


def _shown(value: Json) -> str:
    if value is _MISSING:
        return "none"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


# --- making ---------------------------------------------------------------------------------------------------------


def patch_between(before: Snapshot, after: Mapping[str, Json], why: str = "") -> Patch:
    """The patch that turns files of a snapshot into the given documents (None: the file goes); others stay."""
    edits = []
    for file, document in sorted(after.items()):
        known = _load(before, file)
        if document is None:
            operations: tuple[Operation, ...] = () if known is _MISSING else (Operation("remove", ""),)
        elif known is _MISSING:
            operations = (Operation("add", "", document),)
        else:
            operations = tuple(operations_between(known, document))
        if operations:
            edits.append(Edit(file, operations))
    return Patch(tuple(edits), why)


def operations_between(before: Json, after: Json, pointer: str = "") -> Iterator[Operation]:
    """Operations that turn one document into the other, as small as the structure allows.

    >>> [one.to_json() for one in operations_between({"a": [1, 2]}, {"a": [1, 2, 3]})]
    [{'op': 'add', 'path': '/a/2', 'value': 3}]
    """
    if _same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before:
            if key not in after:
                yield Operation("remove", f"{pointer}/{_escaped(key)}")
        for key, value in after.items():
            at = f"{pointer}/{_escaped(key)}"
            if key in before:
                yield from operations_between(before[key], value, at)
            else:
                yield Operation("add", at, value)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _operations_on_list(before, after, pointer)
    else:
        yield Operation("replace", pointer, after)


def _operations_on_list(before: list[Json], after: list[Json], pointer: str) -> Iterator[Operation]:
    """Elements that stay are found by their text; replaced ones are compared one by one. From the end, so that indexes
    hold.
    """
    texts = [[json.dumps(one, sort_keys=True) for one in rows] for rows in (before, after)]
    for tag, low, high, new_low, new_high in reversed(
        SequenceMatcher(None, texts[0], texts[1], autojunk=False).get_opcodes()
    ):
        shared = min(high - low, new_high - new_low) if tag != "equal" else 0
        for index in range(high - 1, low + shared - 1, -1):
            if tag != "equal":
                yield Operation("remove", f"{pointer}/{index}")
        for index in range(new_high - 1, new_low + shared - 1, -1):
            if tag != "equal":
                yield Operation("add", f"{pointer}/{low + shared}", after[index])
        for offset in range(shared):
            yield from operations_between(before[low + offset], after[new_low + offset], f"{pointer}/{low + offset}")


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
