"""Judges a document where some keys of the request have one of several values: what it says of all of them alike.

Each key is tried with every value that it may have. Addresses are cut at the borders of the blocks that the document
names, and one of each piece is tried; an account that is not known is tried as every account that the document names
and as one that it does not. If the answers differ, the answer is "unknown".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import product
from typing import Final

from reachsim import policy
from reachsim.addresses import format_address, parse_block
from reachsim.intervals import IntervalSet
from reachsim.policy.conditions import Condition
from reachsim.policy.judge import GRANTING_KINDS
from reachsim.policy.request import OpenContext
from reachsim.policy.stand_ins import OTHER_ACCOUNT
from reachsim.policy.statements import Kind
from reachsim.policy.variables import Variable
from reachsim.policy_layers.asked import Asked
from reachsim.policy_layers.callers import Choices
from reachsim.policy_layers.keys import OWNER_KEYS

_ADDRESS_OPERATORS: Final = frozenset({"IpAddress", "NotIpAddress", "Null"})
_ACCOUNT_OPERATORS: Final = frozenset({"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "Null"})
_MOST_TRIALS: Final = 200


def judge(held: policy.Document, asked: Asked, kind: Kind, **how: bool) -> policy.Judgement:
    """What a document says about a request, whichever of their values its keys have."""
    judged = policy.judge(held, asked.request, kind, **how)
    if judged.effect != "unknown":
        return judged
    open_keys = _open_keys(held, asked)
    trials = 1
    for values in open_keys.values():
        trials *= len(values)
    if not open_keys or trials > _MOST_TRIALS:
        return judged
    answers = [
        policy.judge(held, _with(asked.request, dict(zip(open_keys, values, strict=True))), kind, **how)
        for values in product(*open_keys.values())
    ]
    effects = {answer.effect for answer in answers}
    if effects == {"none", "deny"} and kind not in GRANTING_KINDS:
        return next(answer for answer in answers if answer.effect == "none")  # a ceiling that blocks either way
    return answers[0] if len(effects) == 1 else judged


def _keys_of(held: policy.Document) -> set[str]:
    """The keys, in lower case, that a document asks about."""
    conditions = [one for statement in held.statements for one in statement.conditions]
    templates = [value.template for one in conditions for value in one.values]
    templates += [
        pattern.template for one in held.statements for element in one.resources for pattern in element.patterns
    ]
    variables = {part.key for template in templates for part in template.parts if isinstance(part, Variable)}
    return variables | {one.lookup for one in conditions}


def _open_keys(held: policy.Document, asked: Asked) -> Choices:
    """The keys that have one of several values, with one value for each way in which the document can take them."""
    named = _keys_of(held)
    found: Choices = {key: values for key, values in asked.choices.items() if key.lower() in named}
    tests = [one for statement in held.statements for one in statement.conditions]
    if asked.addresses and asked.address_key.lower() in named:
        pieces = _pieces(asked.addresses, [one for one in tests if one.lookup == asked.address_key.lower()])
        if pieces:
            found[asked.address_key] = tuple(format_address(piece.first) for piece in pieces)
    owner_keys = {key.lower() for key in OWNER_KEYS}
    if asked.not_owners is not None and named & owner_keys:
        owners = _owners(asked.not_owners, [one for one in tests if one.lookup in owner_keys])
        if owners:
            found[OWNER_KEYS[0]] = owners
    return found


def _pieces(addresses: IntervalSet, tests: Iterable[Condition]) -> list[IntervalSet]:
    """Addresses cut where the tests may tell them apart; none if some tests tell them apart elsewhere."""
    tests = list(tests)
    if any(one.operator.name not in _ADDRESS_OPERATORS for one in tests):
        return []
    pieces = [addresses]
    for block in _blocks(tests):
        pieces = [cut for piece in pieces for cut in (piece & block, piece - block) if cut]
        if len(pieces) > _MOST_TRIALS:
            return []
    return pieces


def _blocks(tests: Iterable[Condition]) -> Iterator[IntervalSet]:
    for condition in tests:
        for value in condition.values:
            with suppress(ValueError):
                yield parse_block(value.template.text)


def _owners(not_owners: frozenset[str], tests: Iterable[Condition]) -> tuple[str, ...]:
    """Accounts that stand for all that may own the resource; none if the tests hold anything but plain accounts."""
    tests = list(tests)
    texts = {value.template.text for one in tests if one.operator.name != "Null" for value in one.values}
    if any(one.operator.name not in _ACCOUNT_OPERATORS for one in tests) or not all(map(policy.is_account, texts)):
        return ()
    return (*sorted(texts - not_owners), OTHER_ACCOUNT)


def _with(request: policy.Request, keys: dict[str, str | None]) -> policy.Request:
    """The request with these values of keys; None for one that is absent."""
    if OWNER_KEYS[0] in keys:
        keys = keys | {key: keys[OWNER_KEYS[0]] for key in OWNER_KEYS if key in request.context}
    folded = {key.lower() for key in keys}
    context = {key: value for key, value in request.context.items() if key.lower() not in folded}
    context |= {key: value for key, value in keys.items() if value is not None}
    absent = request.keys.absent if isinstance(request.keys, OpenContext) else frozenset()
    return policy.Request(
        request.principal, request.action, request.resource_arn, request.resource_account, context,
        request.wildcard_only_action, absent | {key.lower() for key, value in keys.items() if value is None},
    )  # fmt: skip
