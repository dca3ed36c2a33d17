"""Networks of several accounts and Regions with all features: an account, a Region, a file or a page is withheld."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from reachsim import Reach, load_files
from reachsim.errors import QuestionError, SnapshotError
from tests.property.networks import network
from tests.property.said import SURFACES, UNKNOWN, Question, Words
from tests.property.test_metamorphic import REFUSED, Files, questions

TOPICS: Final = (
    "accounts",
    "regions",
    "hubs",
    "everything",
    "inspection",
    "overlap",
    "translation",
    "references",
    "lists",
)
ASKED: Final = tuple(name for name in SURFACES if name != "trace")
"""`tests.property.test_metamorphic` asks single questions."""


def homes(files: Files) -> Iterator[tuple[str, Files]]:
    """(what was done, what is left): every account's Region left out or refused as a whole, where there are several."""
    every = sorted({"/".join(path.split("/")[:2]) for path in files if path.count("/") > 1})
    for home in every if len(every) > 1 else ():
        yield f"{home} gone", {path: data for path, data in files.items() if not path.startswith(f"{home}/")}
        yield f"{home} refused", {path: REFUSED if path.startswith(f"{home}/") else files[path] for path in files}


def single(files: Files) -> Iterator[tuple[str, Files]]:
    """Every file left out, refused by AWS, left out as the manifest tells, or cut off after a page."""
    for path in sorted(files):
        rest = {name: data for name, data in files.items() if name != path}
        yield f"{path} gone", rest
        yield f"{path} refused", {**files, path: REFUSED}
        call = {"file": path, "outcome": "refused", "code": "AccessDeniedException"}
        manifest = {"tool": "reachsim", "started": "2026-01-01T00:00:00Z", "formatVersion": 1, "complete": True,
                    "calls": [call], "files": {}}  # fmt: skip
        yield f"{path} denied", {**rest, "snapshot.json": json.dumps(manifest).encode()}
        document = json.loads(files[path])
        key = next((key for key, value in document.items() if isinstance(value, list)), None)
        if key is not None:
            page = {**document, key: document[key][: len(document[key]) // 2], "NextToken": "more"}
            yield f"{path} cut", {**files, path: json.dumps(page).encode()}


def trials(topic: str, seed: int, *, whole_homes: bool) -> Iterator[tuple[str, Files]]:
    yield from (homes if whole_homes else single)(network(topic, seed).files())


def every(first: int = 7_100_000) -> Iterator[tuple[str, int, str, Files]]:
    """(topic, seed, what was done, what is left), without end."""
    for seed in itertools.count(first):
        for topic, whole_homes in itertools.product(TOPICS, (True, False)):
            for what, held in trials(topic, seed, whole_homes=whole_homes):
                yield topic, seed, what, held


@lru_cache(maxsize=1)
def case(topic: str, seed: int) -> tuple[Reach, list[Question]]:
    """The whole network, and what is asked of it."""
    draft = network(topic, seed)
    asked = questions(draft)
    return load_files(draft.files()), asked


@lru_cache(maxsize=len(ASKED))
def whole(topic: str, seed: int, surface: str) -> Words:
    """What a command says of the whole network."""
    return SURFACES[surface](*case(topic, seed), str)


def complaints(topic: str, seed: int, held: Files) -> list[str]:
    """What a command says now that it must not: another word than before that is not "not known"."""
    _, asked = case(topic, seed)
    try:
        less = load_files(held)
    except SnapshotError:
        return []
    found = []
    for surface in ASKED:
        try:
            after = SURFACES[surface](less, asked, str)
        except QuestionError:  # who is asked about is not there any more
            continue
        before = whole(topic, seed, surface)
        found += [f"{surface} {key}: {before.get(key)} -> {word}" for key, word in after.items()
                  if not _may_be_said(surface, key, word, before)]  # fmt: skip
    return found


def _may_be_said(surface: str, key: str, word: str, before: Words) -> bool:
    """Of the modes of a pair one may be known; findings go with what is seen; the words of names may be several."""
    if before.get(key) == word or UNKNOWN in word.split():
        return True
    return surface == "check" and ": finding " in key
