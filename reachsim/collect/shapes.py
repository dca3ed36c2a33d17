"""What AWS's service models say about an answer: the walk that finds every place where a file and the model differ.

The models ship with botocore, so they are as new as the user's boto3. They are no oracle: members that they do not
know and words that are not in their enumerations are warnings, since AWS answers with words that its models lack (the
model says ``Available``, the answer ``available``). No member of an answer is required there; completeness is the
manifest's business.

**Source:** botocore's service models; AWS CLI user guide (times as text, bytes in base64, policy documents of IAM
decoded).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final, Literal, NamedTuple

Level = Literal["fault", "warning"]
_ALSO: Final = {"AttachmentStatus": ("available",)}
"""Words that AWS answers with besides those of a model's enumeration: an internet gateway is attached if available."""
SDK_NAMES: Final = {"s3api": "s3"}
"""The AWS CLI's word -> botocore's, where they differ."""
Fits = Callable[[Any], bool]


class Difference(NamedTuple):
    """Where a value is not what the model says; ``pointer`` is an RFC 6901 JSON pointer."""

    level: Level
    pointer: str
    expected: str
    found: str


def output_shape(service: str, operation: str) -> Any:
    """The model of a call's answer; None if there is no such call."""
    found = _operations(service).get(operation)
    return None if found is None else found.output_shape


def differences(
    value: Any, shape: Any, pointer: str = "", known: dict[str, Fits] | None = None
) -> Iterator[Difference]:
    """Every difference between a decoded answer and its model, depth first.

    Args:
        value: Decoded JSON.
        shape: botocore's model of it.
        pointer: Where the value stands.
        known: What `fitting` has made of models of this service already.
    """
    known = {} if known is None else known
    if value is None:
        if getattr(shape, "name", "") == "BucketLocationConstraint":
            return  # how AWS answers where a bucket is in us-east-1
        if pointer:  # the AWS CLI leaves absent members out, but AWS itself may say null
            yield Difference("warning", pointer, _expected(shape), "null")
        else:
            yield Difference("fault", pointer, _expected(shape), "null")
        return
    if getattr(shape, "is_document_type", False):
        return
    match shape.type_name:
        case "structure":
            yield from _structure(value, shape, pointer, known)
        case "list" if isinstance(value, list):
            fits = fitting(shape.member, known)
            for index, one in enumerate(value):
                if not fits(one):
                    yield from differences(one, shape.member, f"{pointer}/{index}", known)
        case "map" if isinstance(value, dict):
            for key, one in value.items():
                yield from differences(one, shape.value, f"{pointer}/{escaped(key)}", known)
        case _:
            yield from _scalar(value, shape, pointer)


def fitting(shape: Any, known: dict[str, Fits]) -> Fits:
    """Tells of a value whether it has no difference from a model at all, many times faster than `differences` tells
    which: nearly all records of a large file have none.

    Args:
        shape: botocore's model.
        known: What has been made of models of the same service; it is added to.
    """
    if shape.name not in known:
        known[shape.name] = _fits_document if getattr(shape, "is_document_type", False) else _fitting(shape, known)
    return known[shape.name]


def _fits_document(value: Any) -> bool:
    return value is not None


def _fitting(shape: Any, known: dict[str, Fits]) -> Fits:
    if shape.type_name == "structure":
        members: dict[str, Fits] = {}

        def structure(value: Any) -> bool:
            if not isinstance(value, dict):
                return False
            for key, one in value.items():
                fits = members.get(key)
                if fits is None:
                    if key not in shape.members:
                        return False
                    fits = members[key] = fitting(shape.members[key], known)
                if not fits(one):
                    return False
            return True

        return structure
    if shape.type_name == "list":
        inner = fitting(shape.member, known)
        return lambda value: isinstance(value, list) and all(map(inner, value))
    if shape.type_name == "map":
        inner = fitting(shape.value, known)
        return lambda value: isinstance(value, dict) and all(map(inner, value.values()))
    if shape.type_name == "timestamp":
        return lambda value: _fits(value, shape) and is_time(value)
    if shape.type_name == "string" and shape.enum:
        words = _words(shape)
        return lambda value: isinstance(value, str) and value.lower() in words
    if shape.type_name == "string" and shape.name != "policyDocumentType":
        return lambda value: isinstance(value, str)
    return lambda value: _fits(value, shape)


def _words(shape: Any) -> frozenset[str]:
    return frozenset(map(str.lower, (*shape.enum, *_ALSO.get(shape.name, ()))))


def escaped(key: str) -> str:
    """A key as part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def kind_of(value: object) -> str:
    """A JSON value's type and, if it is short, the value, for messages."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case bool():
            return str(value).lower()
        case str():
            return f"the string {value!r}" if len(value) <= 40 else "a string"
        case None:
            return "null"
    return f"the number {value}"


def _structure(value: Any, shape: Any, pointer: str, known: dict[str, Fits]) -> Iterator[Difference]:
    if not isinstance(value, dict):
        yield Difference("fault", pointer, "an object", kind_of(value))
        return
    for key, one in value.items():
        member = shape.members.get(key)
        if member is not None:
            yield from differences(one, member, f"{pointer}/{escaped(key)}", known)
        elif key != "ResponseMetadata" or pointer:
            near = next((name for name in shape.members if name.lower() == key.lower()), None)
            expected = f"{near!r}" if near else f"a member of {shape.name}"
            yield Difference("warning", f"{pointer}/{escaped(key)}", expected, "a key that the model does not know")


def _scalar(value: Any, shape: Any, pointer: str) -> Iterator[Difference]:
    if not _fits(value, shape):
        yield Difference("fault", pointer, _expected(shape), kind_of(value))
    elif shape.type_name == "timestamp" and not is_time(value):
        yield Difference("warning", pointer, _expected(shape), kind_of(value))
    elif shape.type_name == "string" and shape.enum and value.lower() not in _words(shape):
        words = shape.enum if len(shape.enum) <= 12 else [*shape.enum[:12], "…"]
        yield Difference("warning", pointer, f"one of {', '.join(words)}", kind_of(value))


def _fits(value: Any, shape: Any) -> bool:
    match shape.type_name:
        case "string" if shape.name == "policyDocumentType":
            return isinstance(value, str | dict)
        case "string" | "character" | "blob":
            return isinstance(value, str)
        case "timestamp":  # the AWS CLI's first version printed numbers
            return isinstance(value, str | int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "integer" | "long":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float" | "double":
            return isinstance(value, int | float) and not isinstance(value, bool)
    return False


def is_time(value: Any) -> bool:
    """Whether a value is a time as the AWS CLI prints it: ISO 8601 or, in its first version, seconds since 1970.

    >>> is_time("2024-03-02T07:20:00.5+09:00"), is_time(1709370000.5), is_time("yesterday"), is_time("2024-02-30")
    (True, True, False, False)
    """
    try:
        if isinstance(value, str):
            datetime.fromisoformat(value)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            return False
        else:
            datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return True


def _expected(shape: Any) -> str:
    return {
        "structure": "an object", "map": "an object", "list": "a list", "boolean": "true or false",
        "timestamp": "a time", "integer": "a whole number", "long": "a whole number", "float": "a number",
        "double": "a number",
    }.get(shape.type_name, "a string")  # fmt: skip


@cache
def _session() -> Any:
    import botocore.session

    return botocore.session.get_session()


@lru_cache(maxsize=256)
def _operations(service: str) -> dict[str, Any]:
    from botocore import xform_name
    from botocore.exceptions import UnknownServiceError

    try:
        model = _session().get_service_model(SDK_NAMES.get(service, service))
    except UnknownServiceError:
        return {}
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


@cache
def service_names() -> frozenset[str]:
    """Names of AWS services as they stand in host names, service principals and the AWS CLI."""
    return frozenset(_session().get_available_services())
