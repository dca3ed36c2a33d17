"""Reads a policy document into frozen records, or says exactly where it cannot be judged.

AWS rule (facts 76, 77; IAM User Guide, "Grammar of the IAM JSON policy language", read in the 2026 text): a single
entry and a list of one are the same; booleans and numbers in conditions may be unquoted. Judged as given, with a note
(see `remarks`), is what AWS would not store but has a meaning; a `PolicyError` is raised for what has none: wrong
JSON types, a repeated key, no or another Effect, neither Action nor NotAction, an unknown condition operator.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from . import remarks
from .conditions import Condition, condition, read_operator
from .glob import Glob
from .principals import PrincipalElement, is_known_entry
from .statements import Document, Element, Note, Pattern, Statement
from .variables import Template

_VERSIONS: Final = ("2012-10-17", "2008-10-17")
_DOCUMENT_KEYS: Final = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS: Final = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_PRINCIPAL_TYPES: Final = ("AWS", "Service", "Federated")


class PolicyError(ValueError):
    """A policy or case cannot be judged; ``pointer`` is the JSON pointer of the place, ``message`` what is wrong."""

    def __init__(self, pointer: str, message: str) -> None:
        self.pointer = pointer
        self.message = message
        super().__init__(f"{pointer or '/'}: {message}")

    def under(self, prefix: str) -> PolicyError:
        """The same error, seen from the document that holds this one at ``prefix``."""
        return PolicyError(prefix + self.pointer, self.message)


def parse(document: Mapping[str, object] | str) -> Document:
    """Read a policy document.

    Args:
        document: the document as JSON text, or as the object that JSON text stands for.

    Returns:
        The document ready to be judged any number of times.

    Raises:
        PolicyError: the document cannot be judged; the pointer says where.

    >>> parse('{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}').statements[0].label
    '0'
    """
    given = _from_text(document) if isinstance(document, str) else document
    top = _object(given, "")
    version = _text(top.get("Version", _VERSIONS[1]), "/Version")
    notes = [Note(f"unknown element {key} ignored") for key in top if key not in _DOCUMENT_KEYS]
    if version not in _VERSIONS:
        notes.append(Note(f"unknown Version {version}: variables are taken as plain text"))
    if "Statement" not in top:
        notes.append(Note("the policy has no Statement"))
    statements = tuple(_statements(top.get("Statement", []), version, notes))
    notes += remarks.on_labels(statements)
    notes += remarks.on_size(len(document if isinstance(document, str) else _as_text(top)))
    return Document(version, statements, tuple(notes))


class _Twice(dict[str, object]):
    """An object of JSON text in which a key stands twice; of its values the last is kept."""

    key: str


def _from_text(text: str) -> object:
    repeated: list[_Twice] = []

    def read(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        twice = _Twice(found)
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                twice.key = key
                break
            seen.add(key)
        repeated.append(twice)
        return twice

    try:
        given: object = json.loads(text, object_pairs_hook=read, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise PolicyError("", f"not JSON: {error}") from error
    for at, twice in _twice(given, "") if repeated else ():
        raise PolicyError(f"{at}/{_escaped(twice.key)}", "this key stands here more than once")
    return given


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


def _twice(given: object, at: str) -> Iterator[tuple[str, _Twice]]:
    """The objects with a repeated key, and where they are."""
    if isinstance(given, _Twice):
        yield at, given
    if isinstance(given, dict):
        for key, held in given.items():
            yield from _twice(held, f"{at}/{_escaped(key)}")
    elif isinstance(given, list):
        for index, held in enumerate(given):
            yield from _twice(held, f"{at}/{index}")


def _as_text(top: Mapping[str, object]) -> str:
    """The shortest JSON text of the document; what is not JSON in it was refused or is ignored anyway."""
    return json.dumps(dict(top), separators=(",", ":"), default=str)


def _statements(given: object, version: str, notes: list[Note]) -> Iterator[Statement]:
    listed = given if isinstance(given, list) else [given]
    for index, item in enumerate(listed):
        at = f"/Statement/{index}" if listed is given else "/Statement"
        fields = _object(item, at)
        statement = _statement(index, fields, version, at)
        notes += _principal_notes(fields, statement.label)
        notes += [
            Note(f"statement {statement.label}: unknown element {key} ignored")
            for key in fields
            if key not in _STATEMENT_KEYS
        ]
        notes += remarks.on_statement(statement)
        yield statement


def _statement(index: int, fields: Mapping[str, object], version: str, at: str) -> Statement:
    effect = fields.get("Effect")
    if effect != "Allow" and effect != "Deny":
        raise PolicyError(f"{at}/Effect", f'expected "Allow" or "Deny", found {_shown(fields, "Effect")}')
    if "Action" not in fields and "NotAction" not in fields:
        raise PolicyError(at, "expected Action or NotAction, found neither")
    return Statement(
        index,
        _text(fields.get("Sid", ""), f"{at}/Sid"),
        "Allow" if effect == "Allow" else "Deny",
        principals=tuple(_principals(fields, at)),
        actions=tuple(_actions(fields, at)),
        resources=tuple(_resources(fields, version, at)),
        conditions=tuple(_conditions(fields.get("Condition", {}), version, f"{at}/Condition")),
    )


def _actions(fields: Mapping[str, object], at: str) -> Iterator[Element]:
    names: tuple[Literal["Action", "NotAction"], ...] = ("Action", "NotAction")
    for name in names:
        if name in fields:
            texts = _texts(fields[name], f"{at}/{name}")
            yield Element(name, tuple(Pattern(Template(text, (text,)), Glob.parse(text.lower())) for text in texts))


def _resources(fields: Mapping[str, object], version: str, at: str) -> Iterator[Element]:
    names: tuple[Literal["Resource", "NotResource"], ...] = ("Resource", "NotResource")
    for name in names:
        if name in fields:
            templates = [Template.of_resource(text, version) for text in _texts(fields[name], f"{at}/{name}")]
            yield Element(name, tuple(_pattern(template) for template in templates))


def _pattern(template: Template) -> Pattern:
    return Pattern(template, None if template.fixed is None else Glob.of(template.fixed))


def _principals(fields: Mapping[str, object], at: str) -> Iterator[PrincipalElement]:
    names: tuple[Literal["Principal", "NotPrincipal"], ...] = ("Principal", "NotPrincipal")
    for name in names:
        if name in fields:
            yield PrincipalElement.of(name, _principal_entries(fields[name], f"{at}/{name}"))


def _principal_entries(given: object, at: str) -> dict[str, tuple[str, ...]]:
    if isinstance(given, str):
        return {"AWS": (given,)}
    return {kind: tuple(_texts(entries, f"{at}/{kind}")) for kind, entries in _object(given, at).items()}


def _principal_notes(fields: Mapping[str, object], label: str) -> Iterator[Note]:
    for name in ("Principal", "NotPrincipal"):
        for kind, entries in _principal_entries(fields.get(name, {}), name).items():
            if kind not in _PRINCIPAL_TYPES:
                yield Note(f"statement {label}: {name} type {kind} is not modelled and names nobody")
            for entry in entries if kind == "AWS" else ():
                if not is_known_entry(entry):
                    yield Note(f"statement {label}: {name} {entry} names no caller")
        if isinstance(fields.get(name), str) and fields[name] != "*":
            yield Note(f'statement {label}: {name} is a text other than "*": taken as {{"AWS": …}}')


def _conditions(given: object, version: str, at: str) -> Iterator[Condition]:
    for written, keys in _object(given, at).items():
        place = f"{at}/{_escaped(written)}"
        if read_operator(written) is None:
            raise PolicyError(place, f"unknown condition operator {written!r}")
        for key, values in _object(keys, place).items():
            found = condition(written, key, _values(values, f"{place}/{_escaped(key)}"), version)
            if found is not None:
                yield found


def _values(given: object, at: str) -> Iterator[str]:
    for item in given if isinstance(given, list) else [given]:
        if isinstance(item, str):
            yield item
        elif isinstance(item, bool | int | float):
            yield json.dumps(item)
        else:
            raise PolicyError(at, f"expected text, a number or a boolean, found {_type(item)}")


def _texts(given: object, at: str) -> Iterator[str]:
    if not isinstance(given, list):
        yield _text(given, at)
        return
    for index, item in enumerate(given):
        yield _text(item, f"{at}/{index}")


def _text(given: object, at: str) -> str:
    if not isinstance(given, str):
        raise PolicyError(at, f"expected text, found {_type(given)}")
    return given


def _object(given: object, at: str) -> Mapping[str, object]:
    if not isinstance(given, Mapping):
        raise PolicyError(at, f"expected an object, found {_type(given)}")
    for key in given:
        if not isinstance(key, str):
            raise PolicyError(at, f"expected text as key, found {_type(key)}")
    return given


def _shown(fields: Mapping[str, object], key: str) -> str:
    return repr(fields[key]) if key in fields else "nothing"


def _type(given: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", int: "a number", float: "a number"}
    return "null" if given is None else names.get(type(given), type(given).__name__)


def _escaped(key: str) -> str:
    """The key as one part of an RFC 6901 pointer."""
    return key.replace("~", "~0").replace("/", "~1")
