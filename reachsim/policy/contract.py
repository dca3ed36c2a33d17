"""Reads and writes the JSON of ``reachsim policy evaluate``: one case in, one answer out.

A case holds ``name``, ``request`` and the policies under ``identityPolicies``, ``boundary``, ``sessionPolicy``,
``scps``, ``rcps``, ``resourcePolicy``, ``vpcEndpointPolicies`` and ``s3BlockPublicAccess``; null or absent means that
none is attached, ``[]`` that an empty one is; unknown keys are ignored. It decides nothing itself: what cannot be
judged becomes an ``error`` with the JSON pointer of the place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from .document import PolicyError, parse
from .evaluate import Decision, evaluate
from .layers import Policies
from .principals import Principal, is_account
from .reference import has_resource_types
from .request import Request
from .statements import Document
from .variables import ContextValue

_Item = TypeVar("_Item")

_KEYS: Final = (
    "name", "request", "identityPolicies", "boundary", "sessionPolicy", "scps", "rcps", "resourcePolicy",
    "vpcEndpointPolicies", "s3BlockPublicAccess",
)  # fmt: skip


def evaluate_json(case: Mapping[str, object]) -> dict[str, object]:
    """Decide one case.

    Args:
        case: the object of one input line.

    Returns:
        ``{"name", "decision", "blockedBy", "decidedBy", "notes"}``, or ``{"name", "error"}`` if the case cannot be
        judged.

    >>> evaluate_json({"name": "n", "request": None})["error"]
    '/request: expected an object, found null'
    """
    name = case.get("name") if isinstance(case, Mapping) else None
    try:
        fields = _object(case, "")
        decision = evaluate(read_request(fields), read_policies(fields))
    except PolicyError as error:
        return {"name": name, "error": str(error)}
    return {"name": name, **_answer(decision, _mistyped(fields))}


def read_request(case: Mapping[str, object]) -> Request:
    """The request of a case. Raises PolicyError if it cannot be judged.

    A resource without ``accountId`` belongs to the account in its ARN or, if that names none, to the caller's. Without
    ``wildcardOnlyAction``, that an action on ``*`` has no resource types is what AWS's reference says.
    """
    fields = _object(_object(case, "").get("request"), "/request")
    resource = _object(fields.get("resource"), "/request/resource")
    principal = _principal(fields.get("principal"))
    action, arn = _text(fields.get("action"), "/request/action"), _text(resource.get("arn"), "/request/resource/arn")
    on_nothing = _flag(fields.get("wildcardOnlyAction"), "/request/wildcardOnlyAction")
    if on_nothing is None:
        on_nothing = arn == "*" and has_resource_types(action) is False
    return Request(
        principal=principal,
        action=action,
        resource_arn=arn,
        resource_account=_owner(resource, principal),
        context=_context(fields.get("context")),
        wildcard_only_action=on_nothing,
    )


def read_policies(case: Mapping[str, object]) -> Policies:
    """The policies of a case. Raises PolicyError if one cannot be judged."""

    def documents(key: str) -> tuple[Document, ...] | None:
        return _optional(case.get(key), lambda given: _list(given, f"/{key}", _document))

    def levels(key: str) -> tuple[tuple[Document, ...], ...] | None:
        return _optional(
            case.get(key), lambda given: _list(given, f"/{key}", lambda level, at: _list(level, at, _document))
        )

    def document(key: str) -> Document | None:
        return _optional(case.get(key), lambda given: _document(given, f"/{key}"))

    return Policies(
        identity=documents("identityPolicies"),
        boundary=documents("boundary"),
        session=document("sessionPolicy"),
        scps=levels("scps"),
        rcps=levels("rcps"),
        resource=document("resourcePolicy"),
        endpoint=documents("vpcEndpointPolicies"),
        s3_block_public_access=_flag(case.get("s3BlockPublicAccess"), "/s3BlockPublicAccess"),
    )


def _mistyped(case: Mapping[str, object]) -> list[str]:
    """Notes on keys that are ignored but look like one that is not."""
    unknown = [key for key in case if key not in _KEYS]
    if not unknown:
        return []
    from difflib import get_close_matches  # few cases have such a key

    folded = {key.lower(): key for key in _KEYS}
    near = {key: get_close_matches(key.lower(), folded, 1, 0.8) for key in unknown}
    return [f"the key {key!r} is ignored; perhaps {folded[one[0]]} is meant" for key, one in near.items() if one]


def _answer(decision: Decision, notes: list[str]) -> dict[str, object]:
    return {
        "decision": decision.decision,
        "blockedBy": list(decision.blocked_by),
        "decidedBy": [
            {"policy": one.policy, "statement": one.statement, "effect": one.effect, "why": one.why}
            for one in decision.decided_by
        ],
        "notes": [*decision.notes, *notes],
    }


def _principal(given: object) -> Principal:
    try:
        return Principal.parse(given if isinstance(given, str) else _object(given, "/request/principal"))
    except PolicyError:
        raise
    except ValueError as error:
        raise PolicyError("/request/principal", str(error)) from error


def _owner(resource: Mapping[str, object], caller: Principal) -> str:
    if resource.get("accountId") is not None:
        return _text(resource["accountId"], "/request/resource/accountId")
    parts = _text(resource.get("arn"), "/request/resource/arn").split(":", 5)
    return parts[4] if len(parts) == 6 and is_account(parts[4]) else caller.account


def _context(given: object) -> dict[str, ContextValue]:
    if given is None:
        return {}
    return {key: _context_value(value, f"/request/context/{key}") for key, value in _object(given, "").items()}


def _context_value(given: object, at: str) -> ContextValue:
    if isinstance(given, list):
        return _list(given, at, _context_text)
    return _context_text(given, at)


def _context_text(given: object, at: str) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int | float):
        return str(given)
    return _text(given, at)


def _document(given: object, at: str) -> Document:
    try:
        return parse(_object(given, ""))
    except PolicyError as error:
        raise error.under(at) from error


def _optional(given: object, read: Callable[[object], _Item]) -> _Item | None:
    return None if given is None else read(given)


def _list(given: object, at: str, read: Callable[[object, str], _Item]) -> tuple[_Item, ...]:
    if not isinstance(given, list):
        raise PolicyError(at, "expected a list")
    return tuple(read(item, f"{at}/{index}") for index, item in enumerate(given))


def _object(given: object, at: str) -> Mapping[str, object]:
    if not isinstance(given, Mapping):
        raise PolicyError(at, f"expected an object, found {'null' if given is None else type(given).__name__}")
    return given


def _text(given: object, at: str) -> str:
    if not isinstance(given, str):
        raise PolicyError(at, f"expected text, found {'null' if given is None else type(given).__name__}")
    return given


def _flag(given: object, at: str) -> bool | None:
    if given is not None and not isinstance(given, bool):
        raise PolicyError(at, "expected true, false or null")
    return given
