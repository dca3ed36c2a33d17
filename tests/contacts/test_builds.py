"""Small builds, and the hosts that each contacts: the files ``builds/*.txt``, written by hand.

A build begins with ``=== name``. Its buildspec's commands follow, one a line (``#block``: all of them are one command),
then its other files, each behind ``--- path``. ``@@`` has every host: no other may be found. ``~host`` is not certain,
the rest must be at least likely. ``hub`` stands for a pull from Docker Hub, ``{pypi}`` for the hosts of a
package index. Each line ``!! text`` is a piece of a gap that must be told, and no other gap may be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from reachsim.pipeline import knowledge
from reachsim.pipeline.contacts import contacts_of
from tests.contacts.test_cases import HUB, HUB_BLOBS, INDEX, filled, surest


class Build(NamedTuple):
    name: str
    files: dict[str, bytes]
    hosts: dict[str, bool]
    gaps: list[str]


def builds(text: str) -> Iterator[Build]:
    for part in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        name, _, body = part.partition("\n")
        body, _, expected = body.rpartition("\n@@")
        commands, *rest = re.split(r"^--- (\S+)\n", body + "\n", flags=re.MULTILINE)
        files = {path: filled(content).encode() for path, content in zip(rest[::2], rest[1::2], strict=True)}
        first, _, block = commands.partition("\n")
        listed = [block] if first == "#block" else commands.split("\n")
        spec = {"version": 0.2, "phases": {"build": {"commands": [filled(one) for one in listed if one.strip()]}}}
        files.setdefault("buildspec.yml", json.dumps(spec).encode())
        hosts, *gaps = expected.rstrip("\n").split("\n!!")
        yield Build(name.strip(), files, dict(named(hosts)), [one.strip() for one in gaps])


def named(words: str) -> Iterator[tuple[str, bool]]:
    """(host, whether it must be at least likely; else it must not be certain)."""
    for word in words.split():
        name, sure = word.removeprefix("~"), not word.startswith("~")
        match = INDEX.fullmatch(name)
        if name == "hub":
            yield from ((host, sure) for host in (*HUB, *HUB_BLOBS))
        elif match and match[1] in knowledge.indexes():
            rows = knowledge.indexes()[match[1]]
            yield from ((one.host, sure) for one in ([rows[int(match[2])]] if match[2] else rows))
        else:
            yield name, sure


BUILDS = [one for path in sorted(Path(__file__).parent.glob("builds/*.txt")) for one in builds(path.read_text("utf-8"))]


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.name)
def test_build(build: Build) -> None:
    found = contacts_of(build.files["buildspec.yml"], build.files)
    words = surest(found)
    gaps = [f"{one.text} | {one.why}" for one in found.unresolved]
    assert set(words) == set(build.hosts), gaps
    assert [host for host, sure in build.hosts.items() if sure and words[host] == "possible"] == []
    assert [host for host, sure in build.hosts.items() if not sure and words[host] == "certain"] == []
    for piece in build.gaps:
        assert any(piece in gap for gap in gaps), f"no gap says {piece!r}: {gaps}"
    for gap in gaps:
        assert any(piece in gap for piece in build.gaps), f"a gap that nobody expects: {gap}"


def test_names_are_unique() -> None:
    assert len({one.name for one in BUILDS}) == len(BUILDS) > 0
