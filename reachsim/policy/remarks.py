"""Says what AWS would not store, or leaves open, in a document that can be judged all the same, and how it is judged.

AWS rules (facts 20, 24-26, 44, 76; IAM User Guide, "Grammar"; AWS PrivateLink Guide, "Control access to VPC endpoints
using endpoint policies").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from .conditions import Condition
from .statements import KINDS, PRINCIPAL_KINDS, Kind, Note, Statement

_CALLER_KINDS: Final[frozenset[Kind]] = frozenset(KINDS) - PRINCIPAL_KINDS
# A resource policy may leave Resource out: it applies to what it is attached to (role trust policies always do).
_RESOURCE_KINDS: Final[frozenset[Kind]] = frozenset(KINDS) - {"resource"}
_ENDPOINT: Final[frozenset[Kind]] = frozenset({"endpoint"})
_ENDPOINT_POLICY_SIZE: Final = 20_480


def on_statement(statement: Statement) -> Iterator[Note]:
    """The notes on one statement."""
    name = f"statement {statement.label}"
    if not statement.principals:
        yield Note(f"{name} has no Principal: taken to apply to everyone", PRINCIPAL_KINDS)
    else:
        yield Note(f"{name} has a Principal, which is ignored in this kind of policy", _CALLER_KINDS)
        yield from _on_endpoint_principals(statement, name)
    if not statement.resources:
        yield Note(f"{name} has no Resource: taken to apply to every resource", _RESOURCE_KINDS)
    for elements in (statement.principals, statement.actions, statement.resources):
        if len(elements) > 1:
            yield Note(f"{name} has both {elements[0].name} and {elements[1].name}: taken to need both to match")
    for element in (*statement.actions, *statement.resources):
        if not element.patterns:
            yield Note(f"{name} has an empty {element.name}")
    for condition in statement.conditions:
        yield from _on_condition(condition, name)


def on_size(size: int) -> Iterator[Note]:
    """The note on a document of that many characters, if it is too long for an endpoint policy."""
    if size > _ENDPOINT_POLICY_SIZE:
        yield Note(
            f"the policy has {size} characters; an endpoint policy has at most {_ENDPOINT_POLICY_SIZE}", _ENDPOINT
        )


def on_labels(statements: tuple[Statement, ...]) -> Iterator[Note]:
    """The notes on Sids that occur twice."""
    counts = Counter(statement.sid for statement in statements if statement.sid)
    for sid in sorted(sid for sid, count in counts.items() if count > 1):
        yield Note(f"the Sid {sid} occurs more than once")


def _on_endpoint_principals(statement: Statement, name: str) -> Iterator[Note]:
    for element in statement.principals:
        if element.name == "NotPrincipal":
            continue
        if element.accounts:
            yield Note(
                f"{name} names an account: taken as the whole account on an interface endpoint (AWS's text leaves it "
                "open), as the root user alone on a gateway endpoint",
                _ENDPOINT,
            )
        if element.names:
            yield Note(
                f"{name} names users, roles or sessions: on a gateway endpoint AWS documents only Principal * with a "
                "condition on aws:PrincipalArn",
                _ENDPOINT,
                gateway_only=True,
            )


def _on_condition(condition: Condition, name: str) -> Iterator[Note]:
    for value in condition.values:
        fixed = value.template.fixed
        if fixed is not None and value.test is None:
            yield Note(
                f"{name}: {value.template.text!r} is not {condition.operator.expects}, so {condition.written} "
                "matches it with nothing"
            )
