"""Names, order, pages and halves of blocks are no configuration, under every command and of several accounts.

`tests.property.test_metamorphic` asks the engine; here what `trace`, `matrix`, `check` (with its findings), `names`,
`verify` and `export` say of a random network is laid beside what they say of the same one written otherwise, and `diff`
must see no difference that matters.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

import pytest

from reachsim import load_files
from reachsim.collect import aliases
from reachsim.collect.anonymize import anonymize
from reachsim.snapshot import Snapshot
from tests.property.networks import TOPICS, network
from tests.property.said import SURFACES, Name, Question, renaming
from tests.property.test_metamorphic import SPLITS, Files, halved, ids, questions, renamed, shuffled
from tests.renamed import PREFIXES, selector

KEY = b"key"
SEEDS = range(7_000_000, 7_000_001)
Written = tuple[str, Files, list[Question], Name]
"""How a snapshot is written otherwise, its files, the questions in its words, and the other names of ids."""


def otherwise(files: Files, asked: list[Question], named: list[str], luck: random.Random) -> Iterator[Written]:
    other, new = renamed(files, named)
    yield "renamed", other, [(new.get(a, a), new.get(b, b), more) for a, b, more in asked], renaming(new)
    mixed = {path: json.dumps(shuffled(json.loads(data), luck)).encode() for path, data in reversed(files.items())}
    yield "shuffled", mixed, asked, str
    for operation in SPLITS:
        yield f"halved {operation}", halved(files, operation), asked, str
    alias = aliases.Aliases(KEY)
    put = _selectors(alias)
    yield "anonymized", anonymize(Snapshot.of(files), KEY).files, [(put(a), put(b), more) for a, b, more in asked], put


def _selectors(alias: aliases.Aliases) -> Callable[[str], str]:
    return lambda text: " → ".join(selector(one, alias) for one in text.split(" → "))


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_written_otherwise_is_said_to_be_the_same(
    topic: str, surface: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliases, "_WORDS", aliases._WORDS | PREFIXES)
    says, words = SURFACES[surface], 0
    for seed in SEEDS:
        draft = network(topic, seed)
        files, asked = draft.files(), questions(draft)
        reach = load_files(files)
        plain = says(reach, asked, str)
        for what, other, again, name in otherwise(files, asked, ids(draft), random.Random(seed)):
            said = plain if name is str else says(reach, asked, name)
            assert says(load_files(other), again, str) == said, (what, seed)
            words += len(said)
    assert words > 0


@pytest.mark.parametrize("topic", ["accounts", "regions", "overlap", "everything"])
def test_a_difference_in_writing_makes_no_difference(topic: str) -> None:
    draft = network(topic, SEEDS[0])
    files = draft.files()
    reach, luck = load_files(files), random.Random(topic)
    for what, other, _, _ in otherwise(files, questions(draft), ids(draft), luck):
        if what == "shuffled" or what.startswith("halved"):
            found = reach.diff(load_files(other))
            assert [one for one in found.cells if one.newly_allowed or one.newly_blocked or one.moved] == [], what
            assert (found.appeared, found.gone) == ((), ()), what
