"""Programs in Python, R, Julia and JavaScript, as far as single calls in their texts tell what they fetch.

``inline.csv`` has a row per kind of call: the language, a pattern of the call, a pattern that must stand beside it, the
targets as in ``tools.csv``, and the variable that names another server. Calls that are handed a URL, and clients of
AWS's SDKs, need no row. A program of which more than its text decides (a condition, a function that may never be
called) is less sure.
**Source:** the column ``source``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Final, cast

from msgspec import Struct
from msgspec.structs import replace

from reachsim.pipeline import knowledge, program_commands, python_calls, sdk_clients, urls
from reachsim.pipeline.call import Call
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Destination, Found, Kind, Script, weaker

LONGEST: Final = 200_000
"""Characters of a program that are looked at."""
MAX_CALLS: Final = 300
"""Calls of one program that are looked at."""


class _Row(Struct, frozen=True):
    pattern: re.Pattern[str]
    beside: re.Pattern[str]
    targets: tuple[str, ...]
    variable: str
    confidence: Confidence
    kind: Kind


@cache
def _table() -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for row in knowledge.rows("inline.csv"):
        one = _Row(re.compile(row["pattern"]), re.compile(row["beside"]), tuple(row["targets"].split(";")),
                   row["variable"], cast(Confidence, row["confidence"]), cast(Kind, row["kind"]))  # fmt: skip
        found.setdefault(row["language"], []).append(one)
    return found


_COMMENT: Final = {"node": r"(?m)^[ \t]*//.*$", "php": r"(?m)^[ \t]*//.*$"}
_BRANCHES: Final = re.compile(r"\b(?:if|unless|for|while|try|tryCatch|def|function|lambda|catch|except)\b")
_URL: Final = (
    r"[fF]?[\"'`](https?://(?:[^\s\"'`{}$/]{1,200}/[^\s\"'`{}$]{0,400}(?=[\"'`{$])|[^\s\"'`{}$/]{1,200}(?=[\"'`])))"
)
_WITHIN: Final = r"[fF]?[\"'`]\$?\{(?:self\.)?(?P<within>[A-Za-z_]\w{0,60})\}"
"""A text that begins with a name's value."""
_PLACE: Final = rf"(?:{_URL}|{_WITHIN}|(?P<name>[A-Za-z_]\w{{0,60}})\b(?![.(]))"
_HANDED: Final = (
    r"\(\s{0,20}(?:[\"'](?:GET|POST|PUT|PATCH|DELETE|HEAD)[\"']\s{0,5},\s{0,20})?(?:url\s{0,5}=\s{0,5})?"
    r"(?:URI(?:\.parse)?\(\s{0,5})?"
)
_OPENS: Final = re.compile(
    r"(?:\b(?:urlopen|urlretrieve|Request|wget\.download|read_csv|read_json|download\.file|source|download_file"
    r"|load_state_dict_from_url|download_url_to_file|fetch|axios(?:\.\w{1,8})?|URI\.open|Net::HTTP\.get\w*|file_get_contents|readfile|fopen|curl_init|Pkg\.(?:add|develop|clone)(?:\(PackageSpec)?"
    r"|(?:requests|httpx|session|https?|require\([\"']https?[\"']\)|got|Downloads|HTTP)\.(?:get|post|put|patch|delete|head|request|download|stream))"
    rf"{_HANDED}|\b(?:getprint|getstore|copy)[ (]\s{{0,5}}){_PLACE}"
)
"""A call that is handed a URL, or a name that stands for one. The URL of a text that is put together counts as far as
it is written, if its host is."""


_REACHES: Final = re.compile(
    r"https?:|\b(?:requests|httpx|urllib\.request|urllib3|aiohttp|socket|subprocess|axios|HTTP|Downloads)\.\w+\("
    r"|\b(?:boto3|aws-sdk)\b|@aws-sdk/|\bAws(?:::|\\)|\b(?:fetch|copy|system|exec|execSync|spawn|curl_init)\(|\b(?:from_pretrained|load_model|load_dataset)\(\s{0,20}[A-Za-z_]|download\w{0,40}[(.]|install\w{0,40}\(|\bPkg\."
)


def fetched(call: Call, language: str, text: str, *, whole: bool, file: str = "") -> list[Found]:
    """What a program's calls fetch, and the commands that it runs. ``whole`` says that it is all that runs, as behind
    ``-c``; of a file some parts may not run: what is indented is only possible.
    """
    text = _code(language, text)
    branches = whole and _BRANCHES.search(text) is not None
    runs = python_calls.running_lines(text) if language == "python" and not whole else None
    found: list[Found] = []
    for match, reached in _calls(call, language, text):
        sure: Confidence = "likely" if branches else "certain" if whole else _of_line(text, match.start(), runs)
        found += [_weakened(one, sure) for one in reached]
    for one in program_commands.ran(language, text):
        level = "likely" if branches else "certain" if whole else _of_line(text, _start(text, one.line), runs)
        found.append(Script(one.text, file, one.line if file else 0, confidence=level))
    return list(dict.fromkeys(found))


def leaves_open(call: Call, language: str, text: str) -> bool:
    """Whether a program may reach for more than its calls that are known."""
    text = _code(language, text)
    spans = sorted(match.span() for match, _ in _calls(call, language, text))
    parts, place = [], 0
    for first, last in spans:
        parts.append(text[place:first])
        place = max(place, last)
    return _REACHES.search(" ".join([*parts, text[place:]])) is not None


def _code(language: str, text: str) -> str:
    return re.sub(_COMMENT.get(language, r"(?m)^[ \t]*#.*$"), "", text[:LONGEST])


def _calls(call: Call, language: str, text: str) -> Iterator[tuple[re.Match[str], list[Found]]]:
    """The calls that fetch, each with what it contacts."""
    offline = any(call.env(name) in ("1", "true", "True") for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    for row in _table().get(language, ()):
        if row.variable == "HF_ENDPOINT" and offline:
            continue
        match = row.pattern.search(text)
        if match and row.beside.search(text):
            for target in row.targets:
                yield match, _reached(call, row, target)
    for match in islice(_OPENS.finditer(text), MAX_CALLS):
        url = match[1] or _named(match["name"] or match["within"], text)
        if url:
            yield match, urls.fetched(url)
    for match in _of_clients(text):
        url = match[1] or _named(match["name"] or match["within"], text)
        if url:
            yield match, urls.fetched(url)
    for match, service in sdk_clients.asked(call, language, text):
        yield match, [service]


def _of_clients(text: str) -> Iterator[re.Match[str]]:
    """The requests of sessions and browsers that a program makes, by the names that it gives them."""
    made = [match[1] or match[2] for match in islice(_CLIENT.finditer(text), MAX_CLIENTS)]
    if made:
        either = "|".join([*sorted({re.escape(one) for one in made if one}), _NAMELESS])
        asks = rf"(?<![\w.])(?:{either})\.(?:get|post|put|patch|delete|head|request|goto){_HANDED}{_PLACE}"
        yield from islice(re.compile(asks).finditer(text), MAX_CALLS)


MAX_CLIENTS: Final = 20
_NAMELESS: Final = r"requests\.[sS]ession\(\)|httpx\.Client\(\)|urllib3\.PoolManager\(\)"
"""A client that is asked where it is made."""
_CLIENT: Final = re.compile(
    r"(?:(?<![\w.])([\w.]{1,60})\s{0,5}(?::\s{0,5}[\w.]{1,60}\s{0,5})?=\s{0,5}(?:await\s{1,5})?)?"
    r"(?:requests\.[sS]ession|httpx\.(?:Async)?Client|aiohttp\.ClientSession|urllib3\.PoolManager|webdriver\.[A-Z]\w{1,20}"
    r"|\w{1,30}\.new_?[pP]age)\((?:[^()\n]{0,200}\)\s{1,5}as\s{1,5}(\w{1,60}))?"
)


def _named(name: str, text: str, depth: int = 0) -> str | None:
    """The URL that a name stands for, where the program sets it once, or what it begins with."""
    values = re.findall(
        rf"(?m)(?<![\w.]){name}\s{{0,5}}(?::\s{{0,5}}\w{{1,20}}\s{{0,5}})?=\s{{0,5}}({_URL}|{_WITHIN}|([A-Za-z_]\w{{0,60}})\s{{0,5}}\+|\S)",
        text,
    )
    if len(values) != 1:
        return None
    _, url, within, added = values[0]
    other = within or added
    return url or (_named(other, text, depth + 1) if other and depth < _DEEPEST else None)


_DEEPEST: Final = 4


def _reached(call: Call, row: _Row, target: str) -> list[Found]:
    if target not in knowledge.indexes():
        return [Destination(target, 443, row.kind, row.confidence)]
    named = call.env(row.variable) if row.variable else None
    if named and "://" not in named:
        named = f"https://{named}"
    return index_at(named, target, row.confidence)


def _start(text: str, line: int) -> int:
    """Where a line begins, its indentation behind it."""
    lines = text.split("\n")[:line]
    return len("\n".join(lines)) - len(lines[-1].lstrip()) if lines else 0


def _of_line(text: str, at: int, runs: frozenset[int] | None) -> Confidence:
    """A call of a file: at the left edge it runs whenever the file does, unless an earlier line ends it, and so it does
    in what lines there call.
    """
    if runs is not None:
        return "likely" if text.count("\n", 0, at) + 1 in runs else "possible"
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return "possible" if line[:1].isspace() else "likely"


def _weakened(one: Found, sure: Confidence) -> Found:
    if not isinstance(one, Destination):
        return one
    return replace(one, confidence=weaker(one.confidence, sure))
