"""Lists what is wrong or risky in a policy document, each with its JSON pointer.

Three severities: a *fault* is what AWS refuses to store or what cannot be judged; a *finding* is stored but does not do
what it seems to; a *warning* is worth a look. The rules stand in `lint_grammar` (faults, mostly), `lint_sizes`,
`lint_risks`, `lint_trust` (roles), `lint_reference` and `lint_keys` (what AWS's tables say), `lint_never` (what no
request matches) and `lint_checks` (what else IAM Access Analyzer tells); here they are put to the places of a document.

AWS pages: "Grammar of the IAM JSON policy language" (fact 76), "Control access to VPC endpoints using endpoint
policies" (facts 20, 23, 24), "Resource" (fact 32), and those that the rules name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from .statements import KINDS, Kind

Severity = Literal["fault", "finding", "warning"]
ENDPOINT_KINDS: Final = ("endpoint", "gateway-endpoint", "interface-endpoint")
LINT_KINDS: Final = (*KINDS, *ENDPOINT_KINDS[1:], "trust")
GRAMMAR: Final = "IAM User Guide, Grammar of the IAM JSON policy language"
"""What a document can be linted as: a kind of policy, or one kind of endpoint, or a role's trust policy."""


class Issue(NamedTuple):
    """One thing that is wrong; ``rule`` is a stable code, ``source`` the AWS page or fact it rests on."""

    severity: Severity
    rule: str
    pointer: str
    message: str
    source: str


class Place(NamedTuple):
    """A value in the document and where it stands."""

    value: Any
    pointer: str

    def child(self, key: str | int) -> Place:
        """The value under a key or index that is there."""
        return Place(self.value[key], f"{self.pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")

    def items(self) -> Iterator[Place]:
        """The entries of a list, or the value itself: AWS takes one entry for a list of one (fact 77)."""
        if not isinstance(self.value, list):
            yield self
            return
        for index in range(len(self.value)):
            yield self.child(index)

    def texts(self) -> Iterator[Place]:
        """The entries that are texts."""
        return (one for one in self.items() if isinstance(one.value, str))


class Subject(NamedTuple):
    """A statement as the rules see it, with what they need to know about the whole document."""

    place: Place
    kind: Kind
    endpoint: Literal["", "endpoint", "gateway-endpoint", "interface-endpoint"]
    trust: bool
    version: str

    @property
    def fields(self) -> Mapping[str, Any]:
        fields: Mapping[str, Any] = self.place.value
        return fields

    def under(self, *names: str) -> Iterator[Place]:
        """The elements of these names that the statement has."""
        return (self.place.child(name) for name in names if name in self.fields)

    def texts(self, *names: str) -> Iterator[Place]:
        """The texts in these elements."""
        return (one for element in self.under(*names) for one in element.texts())

    def conditions(self) -> Iterator[tuple[str, str, Place]]:
        """(operator as written, key as written, the values) of each condition that has the shape of one."""
        for block in self.under("Condition"):
            if isinstance(block.value, dict):
                for operator in block.value:
                    keys = block.child(operator)
                    if isinstance(keys.value, dict):
                        yield from ((operator, key, keys.child(key)) for key in keys.value)


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys were written twice."""

    repeated: tuple[str, ...] = ()


def lint(document: object, kind: str | None = None) -> tuple[Issue, ...]:
    """What is wrong or risky in a policy document.

    Args:
        document: the JSON text of the document, or the object it stands for.
        kind: one of `LINT_KINDS`; None: what `guess` says.

    Returns:
        The issues in the order of the document.

    Raises:
        ValueError: ``kind`` is not known.

    >>> lint('{"Statement": {"Effect": "Allow", "Action": "s3:*"}}', "identity")[0].message
    'expected Resource or NotResource, found neither'
    """
    from . import lint_checks, lint_grammar, lint_keys, lint_never, lint_reference, lint_risks, lint_sizes, lint_trust

    if kind is not None and kind not in LINT_KINDS:
        raise ValueError(f"a policy is linted as one of {', '.join(LINT_KINDS)}, not as {kind!r}")
    if isinstance(document, str):
        try:
            top = json.loads(document, object_pairs_hook=_pairs)
        except (ValueError, RecursionError) as error:
            return (Issue("fault", "NOT_JSON", "", f"not JSON: {error}", GRAMMAR),)
        text = document
    else:
        top, text = document, json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=str)
    whole = Place(top, "")
    found = [*_repeated(whole), *lint_grammar.on_document(whole)]
    found += lint_sizes.on_document(top, text, kind or guess(top))
    for subject in subjects(top, kind or guess(top)):
        found += lint_grammar.on_statement(subject)
        if isinstance(subject.place.value, dict):
            found += lint_risks.on_statement(subject)
            found += lint_reference.on_statement(subject)
            found += lint_keys.on_statement(subject)
            found += lint_never.on_statement(subject)
            found += lint_checks.on_statement(subject)
            found += lint_trust.on_statement(subject) if subject.trust else ()
    found += lint_risks.on_document(top, kind or guess(top))
    found += lint_never.on_document(top, kind or guess(top))
    found += lint_checks.on_document(top)
    return tuple(dict.fromkeys(found))


def guess(top: object) -> str:
    """What a document is taken for: without Principal an identity policy, else an endpoint policy; but where no
    statement has a Resource, a role's trust policy or, with other actions than its, the policy of a resource."""
    statements = top.get("Statement") if isinstance(top, dict) else None
    listed = [one for one in (statements if isinstance(statements, list) else [statements]) if isinstance(one, dict)]
    if not any("Principal" in one or "NotPrincipal" in one for one in listed):
        return "identity"
    if any("Resource" in one or "NotResource" in one for one in listed):
        return "endpoint"
    actions = [action for one in listed for action in Place(one.get("Action", ""), "").texts()]
    return "trust" if all(one.value.lower().startswith("sts:") for one in actions) else "resource"


def subjects(top: object, kind: str) -> Iterator[Subject]:
    """The statements of a document."""
    if not isinstance(top, dict) or "Statement" not in top:
        return
    version = top.get("Version", "2008-10-17")
    endpoint = next((one for one in ENDPOINT_KINDS if one == kind), "")
    plain: Any = "resource" if kind == "trust" else "endpoint" if endpoint else kind
    for place in Place(top, "").child("Statement").items():
        text = version if isinstance(version, str) else ""
        yield Subject(place, plain, endpoint, kind == "trust", text)  # type: ignore[arg-type]


def _pairs(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        found.repeated = tuple(sorted(key for key, count in Counter(keys).items() if count > 1))
    return found


def _repeated(whole: Place) -> Iterator[Issue]:
    waiting = [whole]
    while waiting:
        place = waiting.pop()
        if isinstance(place.value, dict):
            for key in getattr(place.value, "repeated", ()):
                pointer = place.child(key).pointer
                message = f"the key {key!r} stands here more than once; only the last one counts"
                yield Issue("fault", "REPEATED_KEY", pointer, message, GRAMMAR)
            waiting += [place.child(key) for key in place.value]
        elif isinstance(place.value, list):
            waiting += place.items()
