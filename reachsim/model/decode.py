"""From a snapshot's bytes to typed records, with one clear fault per file.

Only the fields that reachsim uses are decoded, straight into their types; the cyclic garbage collector rests
meanwhile (the records have no cycles, and it would cost more than the parsing: engine fact sheet, section 5).
"""

from __future__ import annotations

import codecs
import gc
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, Generic, TypeVar

import msgspec

from reachsim.addresses import Address, Cidr
from reachsim.errors import Fault
from reachsim.model.states import State
from reachsim.pages import PageEnd

Record = TypeVar("Record")

_SHORT, _SPACE = 200, b" \t\r\n"
"""Much of what an account could have it has none of: an empty list is told without the types of its records."""
_NULL_MEMBER = r"Expected `(?:array|object)`, got `null` - at `\$\.[^.`]+\.(?:[^`]*\.)?(?P<key>[^.`\[\]]+)`$"
_LACKED = r"Object missing required field `(?P<key>[^`]*)`"
_EXPECTED = r"Expected (?P<expected>.*?), got (?P<found>.*)"


@contextmanager
def garbage_collector_paused() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def decode(data: bytes, kind: type[Record]) -> Record:
    """Decode JSON into a record. Raises msgspec.MsgspecError (see `fault`)."""
    record: Record = _decode(_decoder(kind), data)  # type: ignore[arg-type]
    return record


def _decode(decoder: msgspec.json.Decoder[Any], data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        return _without_nulls(decoder.type, data, error)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(f"the byte 0x{error.object[error.start]:02x} in a text") from None
    except RecursionError:
        raise msgspec.DecodeError("brackets nested too deeply") from None
    except msgspec.DecodeError as error:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise msgspec.DecodeError("UTF-16") from None
        raise error


def _without_nulls(kind: Any, data: bytes, refused: msgspec.ValidationError) -> Any:
    """The records where a list or object that may not be null counts as one that is not there: SDKs print those that an
    answer lacks as null, which the AWS CLI leaves out. Raises the error as it was if a record needs what is null.
    """
    document, blamed, error = None, dict[str, msgspec.ValidationError](), refused
    while (null := re.search(_NULL_MEMBER, str(error))) and null["key"] not in blamed:
        blamed[null["key"]] = error
        document = _without(null["key"], msgspec.json.decode(data) if document is None else document)
        try:
            return msgspec.convert(document, kind, dec_hook=_from_text)
        except msgspec.ValidationError as next_error:
            error = next_error
    lacked = re.match(_LACKED, str(error))
    raise blamed.get(lacked["key"], error) if lacked else error


def _without(key: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_without(key, each) for each in value]
    if isinstance(value, dict):
        return {name: _without(key, each) for name, each in value.items() if not (each is None and name == key)}
    return value


class Collection(msgspec.Struct, Generic[Record], frozen=True):
    """The records of an answer, and whether it goes on in another one."""

    records: tuple[Record, ...]
    goes_on: bool


def decode_collection(data: bytes, key: str, kind: type[Record]) -> Collection[Record] | None:
    """The records under ``key``; None if the file holds an ``Error`` instead. Raises msgspec.MsgspecError."""
    if len(data) < _SHORT and data.translate(None, _SPACE) == b'{"%b":[]}' % key.encode():
        return Collection((), goes_on=False)
    answer = _decode(_answer_decoder(key, kind), data)  # type: ignore[arg-type]
    if answer.items is not msgspec.UNSET:
        return Collection(answer.items, answer.goes_on)
    if answer.error is not msgspec.UNSET:
        return None
    raise msgspec.ValidationError(f"Expected an object with the key {key}, got one without it")


def fault(file: str, error: msgspec.MsgspecError) -> Fault:
    """The error as a fault with a JSON pointer."""
    what, placed, path = str(error).removesuffix("`").rpartition(" - at `$")
    if not placed:
        what, path = str(error), ""
    pointer = "".join(f"/{part}" for part in re.findall(r"[^.\[\]]+", path))
    worded = re.fullmatch(_EXPECTED, what.replace("`", ""))
    if worded:
        return Fault(file, pointer, worded["expected"], worded["found"])
    if not isinstance(error, msgspec.ValidationError):
        return Fault(file, pointer, "complete JSON in UTF-8", what)
    missing = re.fullmatch(r"Object missing required field (.*)", what.replace("`", ""))
    return Fault(file, pointer, f"the key {missing[1]}" if missing else "another value", "none" if missing else what)


def _from_text(kind: type, value: Any) -> Any:
    if kind not in _MAKERS:
        raise NotImplementedError(f"no way to decode {kind}")
    name, make = _MAKERS[kind]
    if isinstance(value, str):
        try:
            return make(value)
        except ValueError:
            raise ValueError(f"Expected {name}, got {value!r}") from None
    if kind is State and value is None:
        return State("")
    raise ValueError(f"Expected {name}, got {_WORDS.get(type(value), type(value).__name__)}")


_WORDS = {dict: "object", list: "array", type(None): "null"}
_MAKERS: dict[type, tuple[str, Callable[[str], Address | Cidr | State]]] = {
    Address: ("an IP address", lru_cache(maxsize=256)(Address)),  # AWS tells an interface's primary address twice
    Cidr: ("a CIDR block", lru_cache(maxsize=4096)(Cidr)),
    State: ("str", lru_cache(maxsize=1024)(State)),  # a million records share a dozen of them
}
"""What texts are made into: by kind, what is expected of them, and how it is made."""


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=_from_text)


@cache
def _answer_decoder(key: str, kind: Any) -> msgspec.json.Decoder[Any]:
    answer = msgspec.defstruct(
        "Answer",
        [("items", tuple[kind, ...] | msgspec.UnsetType, msgspec.UNSET), ("error", Any, msgspec.UNSET)],
        bases=(PageEnd,),
        rename={"items": key, "error": "Error"},
        frozen=True,
    )
    return _decoder(answer)
