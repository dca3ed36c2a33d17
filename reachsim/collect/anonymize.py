"""A snapshot that can be shown to others: same form, same verdicts up to renaming, without names, ids and public
addresses.

Every text changes unless AWS's service model calls it a word of an enumeration or its key is known to hold AWS's
words. So what a model does not know is renamed rather than kept. Policy documents are renamed inside: actions,
operators and service principals stay. Left out: ``code/`` (so verdicts are those of the snapshot without it),
buildspecs inside projects, descriptions of things that no rule reads, and files that the format does not name.

**Source:** `aliases` (what the other names are like); botocore's service models (enumerations).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from reachsim.codes import CODES
from reachsim.collect.aliases import Aliases
from reachsim.collect.shapes import output_shape
from reachsim.snapshot import Planned, Snapshot

MANIFEST: Final = "snapshot.json"
# Keys, in lower case, whose values are AWS's words although the models call them plain strings.
_KEPT_LIST: Final = """
    action architecture availabilityzone availabilityzoneid availabilityzones code defaultversionid effect
    hostnametype igwblockmode imagepullcredentialstype interfacetype internetgatewayblockmode ipprotocol keyword
    notaction operation operator parentzoneid parentzonename peeringstatus platform platformdetails platformfamily
    privatednspreference protocol provider qtype recordtype resourcetype ruleaction scheme sourcetype state statename
    status tenancy type usageoperation version virtualizationtype zoneid zonename zonetype
"""
_KEPT: Final = frozenset(_KEPT_LIST.split())
_ACTIONS: Final = frozenset(
    {"actions", "statefuldefaultactions", "statelessdefaultactions", "statelessfragmentdefaultactions"}
)
"""Keys of Network Firewall's actions: AWS's own begin with ``aws:``, others are somebody's."""
_POLICIES: Final = frozenset(
    {"assumerolepolicydocument", "content", "document", "policy", "policydocument", "policytext", "resourcepolicy"}
)
_CONDITIONS: Final = frozenset(
    {
        "aws:epochtime", "aws:multifactorauthage", "aws:principaltype", "s3:authtype", "s3:max-keys",
        "s3:signatureversion", "s3:tlsversion", "s3:x-amz-acl", "s3:x-amz-server-side-encryption",
        "s3:x-amz-storage-class",
    }
)  # fmt: skip
"""Condition keys, in lower case, whose values are AWS's words, or numbers that name nobody."""
_EMPTIED: Final = frozenset(
    {"buildspec", "comment", "repositorydescription", "sourceidentifier", "customergatewayconfiguration"}
)
_PORTS: Final = ("port", "ports", "definition", "settings", "rulesstring")
"""How keys end, in lower case, whose texts may hold ports: those of Network Firewall, health checks."""
_INSIDE: Final = re.compile(r"\?|\*[^\W_]")
"""A wildcard that may stand for a part of a word."""
_CONTEXTS: Final = frozenset({"encryptioncontextequals", "encryptioncontextsubset"})
_CONTEXT_KEYS: Final = frozenset({"parameter_arn", "secretarn", "secretversionid"})
"""Keys, in lower case, of the encryption contexts that services give; others of theirs begin with ``aws:``."""
_TAGS: Final = frozenset({"tags", "tagset", "taglist"})
_ATTRIBUTES: Final = frozenset({"attributes", "dhcpconfigurations", "loadbalancerattributes", "additionalattributes"})


class Anonymized(NamedTuple):
    """The files of the renamed snapshot, its manifest first; how many of what are left out; and how many texts and
    keys of policies may match otherwise than before (`aliases`, "Not kept").
    """

    files: dict[str, bytes]
    left_out: dict[str, int]
    patterns: int


def anonymize(snapshot: Snapshot, key: bytes) -> Anonymized:
    """The renamed snapshot, and what it lacks.

    Args:
        snapshot: What to rename.
        key: Decides the new names; the same key renames another snapshot of the same account alike.

    Raises:
        SnapshotError: A file cannot be read.
    """
    aliases = Aliases(key)
    renamer = _Renamer(aliases)
    files = dict(sorted(_files(snapshot, renamer)))
    manifest = {MANIFEST: _encoded(_manifest(snapshot, aliases, files))}
    left_out = _unnamed(snapshot) | dict(sorted(renamer.emptied.items()))
    return Anonymized(manifest | files, left_out, renamer.patterns)


def _unnamed(snapshot: Snapshot) -> dict[str, int]:
    """Files that are no answers of AWS's: those below ``code/``, and those that the format does not name."""
    named = {MANIFEST, *(path for path, _ in snapshot.named())}
    others = [path for path in snapshot.paths if path not in named]
    code = sum(path.startswith("code/") for path in others)
    found = {"files in code/": code, "files that the format does not name": len(others) - code}
    return {what: count for what, count in found.items() if count}


def _files(snapshot: Snapshot, renamer: _Renamer) -> Iterator[tuple[str, bytes]]:
    for path, match in snapshot.named():
        try:
            document = json.loads(snapshot.read(path))
        except (ValueError, RecursionError) as error:
            snapshot.fail(path, "", "JSON in UTF-8", str(error))
        if not (isinstance(document, dict) and "Error" in document):
            shape = output_shape(match["service"], match["rest"].split("/")[0])
            document = renamer.value(document, shape, "")
        yield renamed_path(path, renamer.aliases), _encoded(document)


def renamed_path(path: str, aliases: Aliases) -> str:
    """A file's path under the new names; service, operation and Region stay."""
    account, region, service, operation, *name = path.removesuffix(".json").split("/")
    renamed = [aliases.text(one.replace("%2F", "/")).replace("/", "%2F") for one in name]
    return "/".join((aliases.account(account), region, service, operation, *renamed)) + ".json"


def _encoded(document: Any) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


class _Renamer:
    """Walks documents beside their models."""

    def __init__(self, aliases: Aliases) -> None:
        self.aliases = aliases
        self.emptied: Counter[str] = Counter()
        """How often a text was left out, by its key."""
        self.patterns = 0
        """How many texts of policies hold a wildcard inside a word, or compare a tag with a number."""

    def value(self, value: Any, shape: Any, key: str) -> Any:
        """The renamed value that stands under a key (lower case); ``shape`` is its model or None."""
        kind = shape.type_name if shape is not None else ""
        match value:
            case dict() if key in _POLICIES and "Statement" in value:
                return self._policy(value)
            case dict() if key in _TAGS:
                return {self.aliases.tag_key(one): self.aliases.text(str(held)) for one, held in value.items()}
            case {"owner": "Custom"} if key == "actiontypeid":
                return value | {
                    one: self.aliases.text(str(value[one])) for one in ("provider", "version") if one in value
                }
            case dict():
                return {
                    one if _is_of_a_service(one, key) else self._key(one, kind): self.value(
                        held, _member(shape, kind, one), "" if kind == "map" else one.lower()
                    )
                    for one, held in value.items()
                }
            case list() if key in _TAGS:
                return [self._tag(one) for one in value]
            case list() if key in _ATTRIBUTES:
                return [self._attribute(one, key) for one in value]
            case list():
                return [self.value(one, shape.member if kind == "list" else None, key) for one in value]
            case str():
                return self._string(value, shape, kind, key)
        return value

    def _string(self, text: str, shape: Any, kind: str, key: str) -> str:
        if kind == "timestamp" or key in _KEPT or (kind == "string" and shape.enum):
            return text
        if key in _ACTIONS and text.startswith("aws:"):
            return text
        if key in _EMPTIED and not (key == "buildspec" and "\n" not in text):
            self.emptied[f"texts of the key {key}"] += bool(text)
            return ""
        if key in _POLICIES and text.lstrip().startswith("{"):
            try:
                return json.dumps(self._policy(json.loads(text)))
            except (ValueError, RecursionError):
                return self.aliases.text(text)
        return self.aliases.setting(text) if key.endswith(_PORTS) else self.aliases.text(text)

    def _key(self, key: str, kind: str) -> str:
        """Keys of a structure are AWS's; those of a map are somebody's."""
        return self.aliases.text(key) if kind == "map" else key

    def _tag(self, tag: Any) -> Any:
        if not isinstance(tag, dict):
            return tag
        return {
            one: self.aliases.tag_key(held) if one.lower() == "key" else self.aliases.text(str(held))
            for one, held in tag.items()
        }

    def _attribute(self, attribute: Any, key: str) -> Any:
        """Settings with a name of AWS's and a value that may be anybody's."""
        if not isinstance(attribute, dict):
            return self.value(attribute, None, key)
        return {
            one: held if one.lower() == "key" or _is_number(held) else self.value(held, None, one.lower())
            for one, held in attribute.items()
        }

    # --- policies ---

    def _policy(self, document: Any) -> Any:
        if not isinstance(document, dict):
            return self.value(document, None, "")
        statements = document.get("Statement", [])
        renamed = [self._statement(one) for one in (statements if isinstance(statements, list) else [statements])]
        rest = {one: self.value(held, None, one.lower()) for one, held in document.items() if one != "Statement"}
        return {**rest, "Statement": renamed if isinstance(statements, list) else renamed[0]}

    def _statement(self, statement: Any) -> Any:
        if not isinstance(statement, dict):
            return self.value(statement, None, "")
        named = (held for element, held in statement.items() if element not in ("Action", "NotAction", "Effect", "Sid"))
        self.patterns += sum(_INSIDE.search(text) is not None for text in _texts(list(named)))
        return {element: self._element(element, held) for element, held in statement.items()}

    def _element(self, element: str, value: Any) -> Any:
        match element:
            case "Action" | "NotAction" | "Effect":
                return value
            case "Condition" if isinstance(value, dict):
                return {operator: self._condition(operator, keys) for operator, keys in value.items()}
            case "Principal" | "NotPrincipal" if isinstance(value, dict):
                return {kind: held if kind == "Service" else self.value(held, None, "") for kind, held in value.items()}
        return self.value(value, None, "")

    def _condition(self, operator: str, keys: Any) -> Any:
        """The keys and values of one operator; numbers, dates and truth values name nobody."""
        if not isinstance(keys, dict):
            return keys
        name = operator.rpartition(":")[2]
        self.patterns += sum("/" in one for one in keys) if name.startswith("Numeric") else 0
        kept = name.startswith(("Bool", "Date", "Null", "Numeric"))
        return {
            self.aliases.condition_key(one): held if kept or one.lower() in _CONDITIONS else self.value(held, None, "")
            for one, held in keys.items()
        }


def _is_of_a_service(key: str, under: str) -> bool:
    """Whether a key of a map is one that AWS's services write into encryption contexts."""
    folded = key.lower()
    return under in _CONTEXTS and (folded in _CONTEXT_KEYS or folded.startswith("aws:"))


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and value.isdigit() and len(value) < 6


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    match value:
        case str():
            yield value
        case dict() | list():
            for one in value.values() if isinstance(value, dict) else value:
                yield from _texts(one)


def _member(shape: Any, kind: str, key: str) -> Any:
    if kind == "structure":
        return shape.members.get(key)
    return shape.value if kind == "map" else None


_ASPECTS: Final = frozenset({"zone", "interfaces", "ingress", "egress", "registry"})
"""What a note of a plan is about, beside the id of a component."""
_SOURCES: Final = ("codebuild", "ecs", "lambda")


def _planned(note: Planned, aliases: Aliases) -> dict[str, Any]:
    """A note of a plan or template under the new names; its words name what that declares: the code's stand in."""
    stay = note.code == "PLANNED_STEP_UNKNOWN"  # the step stands behind its source
    words = []
    for number, word in enumerate(note.component.split(" ")):
        kind, colon, name = word.partition(":")
        if word in _ASPECTS or (stay and number):
            words.append(word)
        else:
            words.append(f"{kind}:{aliases.text(name)}" if colon and kind in _SOURCES else aliases.text(word))
    return {"component": " ".join(words), "code": note.code, "detail": CODES[note.code].text,
            "canHide": note.can_hide, "onlyTo": note.only_to}  # fmt: skip


def _manifest(snapshot: Snapshot, aliases: Aliases, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The manifest under the new names: outcomes stay, sums are those of the new files."""
    given: dict[str, Any] = {}
    if snapshot.holds(MANIFEST):
        given = msgspec.json.decode(snapshot.read(MANIFEST))
    kept = ("formatVersion", "tool", "started", "finished", "complete", "assumeDefaults", "importedFrom", "regions",
            "alone")  # fmt: skip
    calls = [
        {one: held for one, held in call.items() if one != "file"} | {"file": renamed_path(call["file"], aliases)}
        for call in given.get("calls", ())
        if isinstance(call, dict) and str(call.get("file", "")).count("/") >= 3
    ]
    return {
        "formatVersion": 1,
        **{key: given[key] for key in kept if key in given},
        "anonymized": True,
        "accounts": sorted({path.split("/")[0] for path in files}),
        "planned": [_planned(note, aliases) for note in snapshot.manifest.planned],
        "calls": calls,
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in files.items()},
    }
