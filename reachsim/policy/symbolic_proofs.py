"""Proves that requests pass although policy variables leave it open: tries values for the variables, one by one.

A cell in which a variable leaves something open stands for requests that pass and others that do not. Here the variable
gets a value, and what it stands in (a resource, the value of another key) is filled with that value; whether the
request then passes is judged by `judge`. A request that passes is a proof; that none does proves nothing.

AWS rule: ``aws:username`` is the name of a user without its path, and nobody but users has it (IAM User Guide,
"Variables and tags").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .conditions import Condition, Quantifier
from .glob import Literal
from .principals import Principal
from .request import Request
from .statements import Statement
from .symbolic_cells import SIGNED_KEYS, Caller, Cell
from .symbolic_space import Space
from .symbolic_values import KeyValue
from .variables import Context, Pieces, Template, Variable

_SOME_NAMES = ("x", "xyz")
_NOBODY = ("anonymous", "AWS service")


def filled(space: Space, cell: Cell, place: int) -> Iterator[Request]:
    """Requests like those of a cell, in which the variables of one statement have values."""
    statement = space.statements[place]
    for name in _SOME_NAMES:
        for caller in _callers(cell, name):
            keys: dict[str, KeyValue] = {**caller.keys, **cell.target.keys, **cell.keys, **space.fixed}
            if caller.principal.kind == "user":
                keys["aws:username"] = caller.principal.name
            for key in sorted(_open_keys(statement)):
                if keys.get(key) is None and _may_have(caller, key):
                    keys[key] = name
            for condition in statement.conditions:
                if condition.lookup in cell.keys and condition.quantifier is Quantifier.ONE:
                    value = _value_for(condition, _present(keys))
                    keys |= {condition.lookup: value} if value is not None else {}
            for resource in _resources(statement, cell, _present(keys)):
                yield from _request(space, cell._replace(caller=caller), keys, resource)


def _callers(cell: Cell, name: str) -> Iterator[Caller]:
    """The caller of a cell, and a user of the same account."""
    yield cell.caller
    account, kind = cell.caller.principal.account, cell.caller.principal.kind
    if account and (kind != "user" or name != _SOME_NAMES[0]):
        arn = f"{':'.join(str(cell.caller.keys['aws:principalarn']).split(':')[:5])}:user/{name}"
        keys = {**cell.caller.keys, "aws:principalarn": arn, "aws:principaltype": "User"}
        yield Caller(cell.caller.of, Principal.parse(arn), keys)


def _may_have(caller: Caller, key: str) -> bool:
    return key != "aws:username" and not (caller.of in _NOBODY and key.startswith(SIGNED_KEYS))


def _present(keys: Mapping[str, KeyValue]) -> Context:
    return {key: value for key, value in keys.items() if value is not None}


def _templates(statement: Statement) -> Iterator[Template]:
    for element in statement.resources:
        yield from (pattern.template for pattern in element.patterns)
    for condition in statement.conditions:
        yield from (value.template for value in condition.values)


def _open_keys(statement: Statement) -> set[str]:
    """The keys that variables of a statement stand for."""
    return {part.key for one in _templates(statement) for part in one.parts if isinstance(part, Variable)}


def _value_for(condition: Condition, context: Context) -> str | None:
    """A value for the key of a condition that fits the first of its values with a variable; None if there is none."""
    for value in condition.values:
        if value.template.fixed is None:
            pieces = value.template.fill(context)
            return _text(pieces) if isinstance(pieces, tuple) else None
    return None


def _resources(statement: Statement, cell: Cell, context: Context) -> Iterator[str]:
    """The resource of the cell, and those that resources with variables stand for."""
    yield cell.target.resource
    if not cell.target.wildcard_only:
        for element in statement.resources:
            for pattern in element.patterns:
                pieces = pattern.template.fill(context) if pattern.glob is None else None
                if isinstance(pieces, tuple):
                    yield _text(pieces)


def _text(pieces: Pieces) -> str:
    """A text that the pieces match."""
    return "".join(
        one.text if isinstance(one, Literal) else one.replace("*", _SOME_NAMES[0]).replace("?", _SOME_NAMES[0])
        for one in pieces
    )


def _request(space: Space, cell: Cell, keys: Mapping[str, KeyValue], resource: str) -> Iterator[Request]:
    """The request, if its resource can belong to an owner of the cell."""
    parts = resource.split(":")
    owner = parts[4] if len(parts) > 5 and parts[4] else cell.target.owner
    if not cell.target.wildcard_only and owner != cell.target.owner:
        return
    if space.resources and not space.within(resource):
        return
    yield space.request(cell._replace(target=cell.target._replace(resource=resource), keys=keys))
