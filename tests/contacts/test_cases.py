"""Whole builds and what they contact: one folder per case, its ``expected.json`` written by hand.

``contacts`` has every host with the surest word that some row of it bears, and no host may be missing or too many;
``docker-hub-pull`` and ``docker-hub-login`` stand for Docker Hub's hosts. ``unresolved`` has a piece of the text or the
reason of every gap; an empty list means that there is none. ``rows`` are parts of rows that must be there, ``absent``
of rows that must not. ``own`` is what reachsim.toml says of tools and mirrors. ``error`` is a part of the one-line
error. ``project`` is the CodeBuild project that runs the build, in account 111111111111 and ap-northeast-1. ``{npm}``
and the like are the ids of package indexes, in the build's own files too; ``{pypi}`` in ``contacts`` means all hosts of
the index, ``{terraform#1}`` one of them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reachsim.config import Config
from reachsim.errors import QuestionError
from reachsim.pipeline import knowledge
from reachsim.pipeline.contacts import contacts_of
from reachsim.pipeline.own import Own, own_knowledge
from reachsim.pipeline.project import Owned, find
from reachsim.pipeline.records import ORDER, Contacts
from reachsim.snapshot import Snapshot

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/expected.json"))
HUB = ("auth.docker.io", "registry-1.docker.io")
HUB_BLOBS = (
    "production.cloudflare.docker.com",
    "production.cloudfront.docker.com",
    "docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com",
)
INDEX = re.compile(r"\{([a-z0-9-]+)(?:#(\d))?\}")


def filled(text: str) -> str:
    """A text with the ids of package indexes replaced by their first, or that, host."""

    def host(match: re.Match[str]) -> str:
        rows = knowledge.indexes().get(match[1])
        return rows[int(match[2] or 0)].host if rows else match[0]

    return INDEX.sub(host, text)


def files_of(case: Path) -> dict[str, bytes]:
    found = {}
    for path in case.rglob("*"):
        if path.is_file() and path.name != "expected.json":
            data = path.read_bytes()
            found[path.relative_to(case).as_posix()] = data if b"\0" in data else filled(data.decode()).encode()
    return found


def hosts(expected: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, word in expected.items():
        match = INDEX.fullmatch(name)
        if name.startswith("docker-hub-"):
            found |= dict.fromkeys(HUB, word)
            if name == "docker-hub-pull":
                found |= dict.fromkeys(HUB_BLOBS, "likely" if word == "certain" else word)
        elif match and match[1] in knowledge.indexes():
            rows = knowledge.indexes()[match[1]]
            for row in [rows[int(match[2])]] if match[2] else rows:
                found[row.host] = word if match[2] else max(word, row.confidence, key=lambda one: ORDER[one])  # type: ignore[index]
        else:
            found[name] = word
    return found


def surest(found: Contacts) -> dict[str, str]:
    words: dict[str, str] = {}
    for row in sorted(found.contacts, key=lambda one: -ORDER[one.confidence]):
        words[row.host] = row.confidence
    return words


def project_of(expected: dict[str, Any]) -> Owned | None:
    if "project" not in expected:
        return None
    answer = json.dumps({"projects": [expected["project"]]}).encode()
    snapshot = Snapshot.of({"111111111111/ap-northeast-1/codebuild/batch-get-projects.json": answer})
    return find(snapshot, expected["project"]["name"])


def own_of(expected: dict[str, Any]) -> Own:
    table = msgspec.convert(expected.get("own", {}), Config)
    return own_knowledge(table.tool, {name: filled(place) for name, place in table.mirrors.items()})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_contacts(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    files = files_of(case)
    if "error" in expected:
        with pytest.raises(QuestionError, match=re.escape(expected["error"])) as caught:
            contacts_of(files["buildspec.yml"], files)
        assert "\n" not in str(caught.value)
        return
    found = contacts_of(files["buildspec.yml"], files, project_of(expected), own=own_of(expected))
    assert surest(found) == hosts(expected["contacts"])
    gaps = [f"{one.text} | {one.why}" for one in found.unresolved]
    for piece in expected["unresolved"]:
        assert any(piece in gap for gap in gaps), f"no gap says {piece!r}: {gaps}"
    for gap in gaps:
        assert any(piece in gap for piece in expected["unresolved"]), f"a gap that nobody expects: {gap}"
    rows = [row.to_json() for row in found.contacts]
    for part in expected.get("rows", []):
        wanted = {key: filled(value) if isinstance(value, str) else value for key, value in part.items()}
        assert any(all(row.get(key) == value for key, value in wanted.items()) for row in rows), wanted
    for part in expected.get("absent", []):
        assert not any(all(row.get(key) == value for key, value in part.items()) for row in rows), part


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60
