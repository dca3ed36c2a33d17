"""Breaks bytes: at random, by words that parsers care about, and, of JSON, value by value. Everything from one seed."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

LARGEST = 100_000
STRETCHED = 0.25
"""The share of inputs that are stretched."""
WORDS = (
    b"{", b"}", b"[", b"]", b'"', b"'", b"\\", b"\n", b"\r\n", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"${",
    b"$(", b"`", b"<<EOF\n", b"<<-'X'\n", b"&&", b"||", b";", b"|", b">", b"#", b"&a", b"*a", b"!!python/object:x",
    b"!Sub ", b"!If [", b"Fn::", b"Ref", b"%2F", b"../", b"/", b":", b",", b"-", b"0", b"-1", b"65536", b"9" * 20,
    b"1e999", b"NaN", b"null", b"true", b"[]", b"{}", b"0.0.0.0/0", b"::/0", b"010.1.1.1", b"10.0.0.0/33", b"arn:aws:",
    b"*", b"?", b"\x1b[2J", "\u202e".encode(), "東京".encode(), b"FROM ", b"RUN ", b"ARG ", b"COPY --from=", b"eval ",
    b"for i in 1 2; do ", b"while :; do ", b"done", b"case x in ", b"esac", b"function f() { f; }; f", b"$((1<<99))",
    b"${x:=y}", b"${!x}", b"(((", "²".encode(), ":²/".encode(), " ² ".encode(), b":" + b"9" * 5000,
    b" " + b"9" * 5000 + b" ", "\ue000!installer 99\ue001".encode(),
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1 << 70, 1.5, "", "x", "*", "0.0.0.0/0", "\0", "\ud800", [], {}, [[]], [None], {"": None},
    "9" * 400, "a" * 5000, ["x"] * 300, "²", "9" * 5000, "a\\b/../c", "\u202e=1", [{"a": [[]]}], {"type": {}},
)  # fmt: skip
PIECES = ("a", "/", ":", ".", "-", "*", "1")


def broken(data: bytes, others: list[bytes], luck: random.Random) -> bytes:
    """The data, broken a few times, with pieces of the others, now and then stretched; at most `LARGEST` bytes."""
    if luck.random() < 0.6:
        data = _json(data, luck) or data
    for _ in range(luck.choice((0, 1, 1, 2, 4, 16))):
        data = _once(data, others, luck)
    return stretched(data, luck)[:LARGEST] if luck.random() < STRETCHED else data[:LARGEST]


def stretched(data: bytes, luck: random.Random) -> bytes:
    """The data with one piece of it (some bytes, a word of it or a whole line) again and again, until it is large.

    What costs more than its length shows only there, and only within what is well-formed around it: JSON stays JSON
    where the piece is of one of its texts, or an entry of one of its lists.
    """
    most = luck.randrange(LARGEST // 2, LARGEST)
    if luck.random() < 0.5:
        found = _stretched_json(data, most, luck)
        if found is not None:
            return found
    data = data[:LARGEST]
    places = [0, *(found.end() for found in luck.choice(UNITS).finditer(data))]
    first = luck.randrange(len(places))
    begin, end = places[first], places[min(len(places) - 1, first + luck.choice((1, 1, 2)))]
    piece = data[begin:end] or b"x"
    return data[:end] + piece * ((most - len(data)) // len(piece)) + data[end:]


UNITS = tuple(re.compile(one, re.DOTALL) for one in (rb".", rb".{1,4}", rb"\w+|\W+", rb"[^\n]*\n|[^\n]+"))


def _stretched_json(data: bytes, most: int, luck: random.Random) -> bytes | None:
    """The same JSON with a piece of one of its texts, an entry of one of its lists, or keys of an object, repeated."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    places = [(holder, key) for holder, key in _places(document) if isinstance(holder[key], str | list | dict)]
    if not places:
        return None
    holder, key = luck.choice(places)
    value, room = holder[key], most - len(data)
    if isinstance(value, str):
        begin = luck.randrange(len(value) + 1)
        piece = value[begin : begin + luck.choice((1, 1, 2, 5, 20, 200))] or "x"
        holder[key] = value[:begin] + piece * (room // len(piece)) + value[begin:]
    elif isinstance(value, list):
        piece = luck.choice(value) if value else {}
        value.extend([piece] * (room // (len(json.dumps(piece)) + 2)))
    else:
        name, piece = luck.choice(list(value.items())) if value else ("x", {})
        value |= {f"{name}{number}": piece for number in range(room // (len(json.dumps({name: piece})) + 6))}
    return json.dumps(document).encode()


def _once(data: bytes, others: list[bytes], luck: random.Random) -> bytes:
    at = luck.randrange(len(data) + 1)
    end = min(len(data), at + luck.choice((1, 1, 2, 8, 64, 1000)))
    match luck.randrange(9):
        case 0:
            return data[:at] + data[end:]
        case 1 | 2:
            return data[:at] + luck.choice(WORDS) + data[at:]
        case 3:
            return data[:at] + luck.choice(WORDS) + data[end:]
        case 4:
            return data[:at] + data[at:end] * luck.choice((2, 3, 50)) + data[end:]
        case 5:
            return data[:at] + bytes([luck.randrange(256)]) + data[at + 1 :]
        case 6:
            return data[:at]
        case 7:
            return data[:at] + luck.choice(WORDS) * luck.choice((10, 300, 5000)) + data[at:]
        case _:
            other = luck.choice(others)
            begin = luck.randrange(len(other) + 1)
            return data[:at] + other[begin : begin + luck.choice((8, 100, 2000))] + data[at:]


def _json(data: bytes, luck: random.Random) -> bytes | None:
    """The same JSON with some value, key or length changed; None where it is no JSON."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    for _ in range(luck.choice((1, 1, 2, 3))):
        places = list(_places(document))
        if not places:
            return None
        _change(*luck.choice(places), places, luck)
    try:
        return json.dumps(document, ensure_ascii=luck.random() < 0.5).encode("utf-8", "surrogatepass")
    except ValueError:  # a piece was put into itself
        return None


def _change(holder: Any, key: Any, places: list[tuple[Any, Any]], luck: random.Random) -> None:
    match luck.randrange(6):
        case 0 if isinstance(holder, dict):
            holder[luck.choice(("", "Error", "X", key * 2, key.lower()))] = holder.pop(key)
        case 1:
            del holder[key]
        case 2 if isinstance(holder, list):
            holder.extend([holder[key]] * luck.choice((1, 100)))
        case 3:
            other, name = luck.choice(places)
            if name in other if isinstance(other, dict) else name < len(other):
                holder[key] = json.loads(json.dumps(other[name]))
        case 4 if isinstance(holder[key], str):
            holder[key] = holder[key].replace(luck.choice(PIECES), luck.choice(("", "$", "${", "*", "9")))
        case _:
            holder[key] = copy.deepcopy(luck.choice(VALUES))  # another change may be made within it


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    stack = [value]
    while stack:
        one = stack.pop()
        for key in list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ():
            yield one, key
            if isinstance(one[key], dict | list):
                stack.append(one[key])
