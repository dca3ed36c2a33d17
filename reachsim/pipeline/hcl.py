"""HCL as far as a build's files use it: blocks with labels, and values that are strings, lists and tables of them.

A name stands for the variable of that name. Conditions that compare two values are worked out; whatever else needs
HCL's operators, functions or loops is an unknown value. **Source:** HCL Native Syntax Specification (structural
elements, conditional operator, template and heredoc expressions); Docker, "Bake standard library functions" (equal,
notequal, concat, split), "User-defined functions".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from reachsim.pipeline.variables import is_known, look_up, unknown

MAX_HCL: Final = 1 << 16
DEEPEST: Final = 30
MAX_CALLS: Final = 500
"""Of its file's functions, in one attribute."""

Value: TypeAlias = "str | list[Value] | dict[str, Value]"

_TOKEN: Final = re.compile(
    r"[ \t\r]+|\#[^\n]*|//[^\n]*|/\*(?s:.*?)(?:\*/|\Z)"
    r"|(?P<token><<-?(?P<mark>\w+)\r?(?=\n)(?s:.*?)(?:\n[ \t]*(?P=mark)(?!\w)|\Z)"
    r'|"(?>[^"\\$]+|\\.|\$\{(?:[^{}"]|"[^"\\]*")*+\}|\$)*+"|[\w.-]+|[=!]=|\n|.)'
)
_OPENS: Final = {"{": "}", "[": "]", "(": ")"}
_SIGN: Final = re.compile(r"[=!]=")


class Block(Struct, frozen=True):
    """A block: ``target "app" { … }`` has the kind ``target`` and the label ``app``; its attributes are unread."""

    kind: str
    label: str
    attributes: dict[str, list[str]]

    def values(self, variables: Mapping[str, str], functions: Mapping[str, Block] | None = None) -> dict[str, Value]:
        """The attributes with their variables filled in, and what the file's own functions stand for."""
        known = functions or {}
        return {
            name: _value(_called(tokens, known, [MAX_CALLS]), variables) for name, tokens in self.attributes.items()
        }


def blocks(text: str) -> list[Block]:
    """The blocks at a file's top level. Raises ValueError if the text is too large.

    >>> [one.values({"V": "1"}) for one in blocks('target "a" { tags = ["x:${V}"] }')]
    [{'tags': ['x:1']}]
    """
    if len(text) > MAX_HCL:
        raise ValueError("too large")
    tokens = [match["token"] for match in _TOKEN.finditer(text) if match["token"]]
    found, at = [], 0
    while at < len(tokens):
        words = []
        while at < len(tokens) and re.match(r'[\w"]', tokens[at]):
            words.append(tokens[at].strip('"'))
            at += 1
        if words and tokens[at : at + 1] == ["{"]:
            end = _end(tokens, at)
            found.append(Block(words[0], words[1] if len(words) > 1 else "", dict(_pairs(tokens[at + 1 : end - 1]))))
            at = end
        else:
            at += 1
    return found


def _end(tokens: list[str], start: int) -> int:
    """The place behind the bracket that closes the one at ``start``."""
    waiting: list[str] = []
    for at in range(start, len(tokens)):
        if tokens[at] in _OPENS:
            waiting.append(_OPENS[tokens[at]])
        elif waiting and tokens[at] == waiting[-1]:
            waiting.pop()
        if not waiting:
            return at + 1
    return len(tokens)


def _parts(tokens: list[str], ends: Collection[str]) -> Iterator[list[str]]:
    """The tokens between separators that stand in no bracket."""
    part: list[str] = []
    at = 0
    while at < len(tokens):
        stop = _end(tokens, at) if tokens[at] in _OPENS else at + 1
        if tokens[at] in ends:
            yield part
            part = []
        else:
            part += tokens[at:stop]
        at = stop
    yield part


def _pairs(tokens: list[str]) -> Iterator[tuple[str, list[str]]]:
    for part in _parts(tokens, "\n,"):
        if len(part) > 2 and part[1] in ("=", ":"):
            yield part[0].strip('"'), part[2:]


def _called(tokens: list[str], functions: Mapping[str, Block], left: list[int]) -> list[str]:
    """An expression with each call of a function put in its place: its result, the arguments instead of the names."""
    found: list[str] = []
    at = 0
    while at < len(tokens):
        block = functions.get(tokens[at]) if tokens[at + 1 : at + 2] == ["("] and left[0] else None
        if block is None:
            found.append(tokens[at])
            at += 1
            continue
        left[0] -= 1
        end = _end(tokens, at + 1)
        given = [[one for one in part if one != "\n"] for part in _parts(tokens[at + 2 : end - 1], ",")]
        names = [one for one in block.attributes.get("params", []) if re.fullmatch(r"\w+", one)]
        bound = dict(zip(names, given, strict=False))
        result = [one for token in block.attributes.get("result", []) for one in _bound(token, bound)]
        inner = _called(result, functions, left)
        found += inner if end - at == len(tokens) else ["(", *inner, ")"]
        at = end
    return found


def _bound(token: str, bound: Mapping[str, list[str]]) -> list[str]:
    """A token of a function's result: a name is its argument, also within a text."""
    if not token.startswith('"'):
        return bound.get(token, [token])
    for name, given in bound.items():
        if len(given) == 1:
            text = given[0][1:-1] if given[0].startswith('"') else f"${{{given[0]}}}"
            token = token.replace(f"${{{name}}}", text)
        if len(token) > MAX_HCL:
            return ["too_long"]  # a name that nothing sets: unknown
    return [token]


def _value(tokens: list[str], variables: Mapping[str, str], depth: int = 0) -> Value:
    tokens = tokens if depth < DEEPEST else []
    first = tokens[0] if tokens else ""
    if first in ("[", "{") and _end(tokens, 0) == len(tokens):
        if first == "{":
            pairs = _pairs(tokens[1:-1])
            return {_filled(name, variables): _value(rest, variables, depth + 1) for name, rest in pairs}
        parts = ([one for one in part if one != "\n"] for part in _parts(tokens[1:-1], ","))
        return [_value(part, variables, depth + 1) for part in parts if part]
    if first == "(" and _end(tokens, 0) == len(tokens):
        return _value([one for one in tokens[1:-1] if one != "\n"], variables, depth + 1)
    if tokens[1:2] == ["("] and first in ("concat", "split") and _end(tokens, 1) == len(tokens):
        trimmed = [_trimmed(one) for one in _parts(tokens[2:-1], ",")]
        return _listed(first, [_value(one, variables, depth + 1) for one in trimmed if one])
    if len(tokens) != 1:
        chosen = _chosen(tokens, variables, depth)
        return unknown(" ".join(tokens).strip()[:80]) if chosen is None else chosen
    if first.startswith("<<"):
        return _filled(first.partition("\n")[2].rpartition("\n")[0] + "\n", variables)
    if first.startswith('"'):
        return _filled(re.sub(r'\\(["\\])', r"\1", first[1:-1]), variables)
    return first if re.fullmatch(r"[\d.]+|true|false|null", first) else look_up(first, variables)


def _trimmed(tokens: list[str]) -> list[str]:
    """Without the ends of lines before and behind it."""
    inner = [at for at, one in enumerate(tokens) if one != "\n"]
    return tokens[inner[0] : inner[-1] + 1] if inner else []


def _listed(name: str, values: list[Value]) -> list[Value]:
    """``concat(LIST, …)`` and ``split(SEPARATOR, TEXT)``; what is no list in it is an unknown entry."""
    if name == "concat":
        return [inner for one in values for inner in (one if isinstance(one, list) else [unknown(name)])]
    separator, *texts = values
    if len(texts) == 1 and isinstance(separator, str) and isinstance(texts[0], str) and separator:
        return [*texts[0].split(separator)]
    return [unknown(name)]


def _chosen(tokens: list[str], variables: Mapping[str, str], depth: int) -> Value | None:
    """The value of ``CONDITION ? VALUE : VALUE``; None if it is none, or its condition is not decided."""
    asked, *rest = list(_parts(tokens, "?"))
    branches = list(_parts(rest[0], ":")) if len(rest) == 1 else []
    if len(branches) != 2:
        return None
    holds = _holds(asked, variables, depth + 1)
    return None if holds is None else _value([one for one in branches[not holds] if one != "\n"], variables, depth + 1)


def _holds(tokens: list[str], variables: Mapping[str, str], depth: int) -> bool | None:
    """Whether a comparison of two values holds; None if that is not known.

    >>> _holds(["V", "!=", '""'], {"V": "1"}, 0), _holds(["equal", "(", "V", ",", '"2"', ")"], {"V": "1"}, 0)
    (True, False)
    """
    if tokens[:1] == ["("] and _end(tokens, 0) == len(tokens):
        return _holds(tokens[1:-1], variables, depth + 1) if depth < DEEPEST else None
    if tokens[:1] in (["equal"], ["notequal"]) and _end(tokens, 1) == len(tokens):
        sides, same = list(_parts(tokens[2:-1], ",")), tokens[0] == "equal"
    else:
        signs = [one for one in tokens if _SIGN.fullmatch(one)]
        sides, same = list(_parts(tokens, signs)), signs[:1] == ["=="]
    values = [_value(side, variables, depth + 1) for side in sides]
    if len(values) == 1 and values[0] in ("true", "false"):
        return values[0] == "true"
    if len(values) != 2 or not all(isinstance(one, str) and is_known(one) for one in values):
        return None
    return (values[0] == values[1]) == same


def _filled(text: str, variables: Mapping[str, str]) -> str:
    """A template with its variables; ``$${`` is no variable, and what is not worked out within braces is unknown."""

    def value(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        tokens = [one["token"] for one in _TOKEN.finditer(match[1]) if one["token"]]
        found = _value(tokens, variables, DEEPEST - 3)
        return found if isinstance(found, str) else unknown(match[1])

    return re.sub(r"\$?\$\{([^{}]*)\}", value, text)
