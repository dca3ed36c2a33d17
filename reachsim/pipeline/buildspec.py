"""A buildspec, with the line of everything in it.

**Source:** CodeBuild User Guide, "Build specification reference" and "Batch build buildspec reference". Which YAML
dialect CodeBuild reads isn't documented; all scalars are taken as they are written. ``commands`` items that YAML reads
as mappings or lists (``echo "a: b"`` without quotes around the whole) are taken back to their text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from reachsim.errors import QuestionError
from reachsim.pipeline import yaml
from reachsim.pipeline.context import text_of

PHASES: Final = ("install", "pre_build", "build", "post_build")
"""The phases that CodeBuild runs, in order; it knows no others."""
_KEYS: Final = ("run-as", "on-failure", "runtime-versions", "commands", "finally", "<<")
"""The keys of a phase (Build specification reference, "Buildspec syntax")."""
MAX_COMMANDS: Final = 50_000


class Entry(Struct, frozen=True):
    """A named value with its line."""

    name: str
    value: str
    line: int


class Phase(Struct, frozen=True):
    """One phase: its commands and those of ``finally``, each with its line, and the runtimes that install names."""

    name: str
    commands: tuple[tuple[str, int], ...]
    last: tuple[tuple[str, int], ...]
    runtimes: tuple[Entry, ...]


class Member(Struct, frozen=True):
    """One build of a batch, as far as it differs: another buildspec, other variables, what it runs on elsewhere: a
    fleet, or Lambda, which is in no VPC ("" if it names neither)."""

    buildspec: str | None
    variables: tuple[tuple[str, str], ...]
    elsewhere: str = ""


class Buildspec(Struct, frozen=True):
    """What this package reads of a buildspec."""

    version: str
    shell: str
    variables: tuple[Entry, ...]
    parameters: tuple[Entry, ...]
    secrets: tuple[Entry, ...]
    phases: tuple[Phase, ...]
    artifacts: Entry | None
    cache_paths: tuple[str, ...]
    reports: tuple[Entry, ...]
    batch: tuple[Member, ...]
    refused: tuple[Entry, ...]
    """Phases that are no tables: their name, what was found there, and the line."""
    unheard: tuple[Entry, ...]
    """What of the phases is not read: phase and key, why, and the line."""


@lru_cache(maxsize=16)  # a fix and a comparison judge one pipeline many times
def parse(data: bytes, name: str = "buildspec.yml") -> Buildspec:
    """Read a buildspec. Raises QuestionError, one line, if it is none."""
    text = text_of(data)
    if text is None:
        raise QuestionError(f"{name}: expected a buildspec (YAML text), found a binary file", "BAD_BUILDSPEC")
    root = yaml.compose(text, name)
    if not yaml.is_mapping(root):
        found = "an empty file" if root is None else "a list" if yaml.is_sequence(root) else "plain text"
        raise QuestionError(f"{name}: expected a buildspec (version, phases), found {found}", "BAD_BUILDSPEC")
    top = dict(yaml.entries(root))
    phases = top.get("phases")
    if not yaml.is_mapping(phases) and not yaml.is_mapping(top.get("batch")):
        keys = ", ".join(list(top)[:5])
        raise QuestionError(
            f"{name}: expected a buildspec with phases, found a table of {keys or 'nothing'}", "BAD_BUILDSPEC"
        )
    env = _table(top.get("env"))
    version = yaml.scalar(top.get("version")) or "0.2"
    old = _table(top.get("environment_variables")) if version == "0.1" else {}  # what 0.2 renamed to env and variables
    return Buildspec(
        version,
        yaml.scalar(env.get("shell")),
        _entries(env.get("variables") or old.get("plaintext")),
        _entries(env.get("parameter-store")),
        _entries(env.get("secrets-manager")),
        tuple(_phases(_table(phases), text)),
        _entry("artifacts", top.get("artifacts")),
        tuple(yaml.scalar(one) for one in _items(_table(top.get("cache")).get("paths"))),
        tuple(Entry(key, "", yaml.line_of(one)) for key, one in _table(top.get("reports")).items()),
        tuple(_members(_table(top.get("batch")))),
        tuple(_refused(_table(phases))),
        (*_unknown_version(top.get("version")), *_unheard(phases)),
    )  # fmt: skip


def _table(node: Any) -> dict[str, Any]:
    return dict(yaml.entries(node)) if yaml.is_mapping(node) else {}


def _items(node: Any) -> list[Any]:
    return list(node.value) if yaml.is_sequence(node) else [node] if yaml.scalar(node) else []


def _entry(key: str, node: Any) -> Entry | None:
    return Entry(key, "", max(1, yaml.line_of(node) - 1)) if yaml.is_mapping(node) or yaml.is_sequence(node) else None


def _entries(node: Any) -> tuple[Entry, ...]:
    return tuple(Entry(key, yaml.scalar(value), yaml.line_of(value)) for key, value in _table(node).items() if key)


def _phases(table: dict[str, Any], text: str) -> list[Phase]:
    found = []
    left = [MAX_COMMANDS]
    for name in PHASES:
        if yaml.is_mapping(table.get(name)):
            phase = _table(table[name])
            found.append(
                Phase(name, tuple(_commands(phase.get("commands"), text, left)),
                      tuple(_commands(phase.get("finally"), text, left)), _entries(phase.get("runtime-versions")))
            )  # fmt: skip
    return found


def _refused(table: dict[str, Any]) -> list[Entry]:
    """Phases that CodeBuild refuses (YAML_FILE_ERROR): a list or a text where the table with ``commands`` belongs."""
    return [
        Entry(name, "a list" if yaml.is_sequence(node) else "a text", yaml.line_of(node))
        for name, node in table.items()
        if name in PHASES and not yaml.is_mapping(node) and _items(node)
    ]


def _unknown_version(node: Any) -> list[Entry]:
    """A version that is none of the reference's two; who leaves it out or writes 0.20 means 0.2."""
    version = "a list or a table" if yaml.is_mapping(node) or yaml.is_sequence(node) else yaml.scalar(node)
    if not version or re.fullmatch(r"0\.[12]0*", version):
        return []
    return [Entry(f"version: {version[:40]}", "CodeBuild has 0.1 and 0.2 alone; read as 0.2", yaml.line_of(node))]


def _unheard(phases: Any) -> Iterator[Entry]:
    """Keys of phases that the reference does not have, phases named nearly as one, and what is given twice: commands
    under them are not told to run. A phase of any other name is one that somebody has put aside.
    """
    table = _table(phases)
    for name, line in yaml.given_twice(phases):
        yield Entry(f"phases: {name}", "given twice: only the last is read", line)
    for name, node in table.items():
        if name not in PHASES and _meant(name, PHASES):
            yield Entry(f"phases: {name}", _no_key(_meant(name, PHASES)), yaml.line_of(node))
        if name not in PHASES:
            continue
        for key, line in yaml.given_twice(node):
            yield Entry(f"phases: {name}: {key}", "given twice: only the last is read", line)
        for key, value in _table(node).items():
            if key not in _KEYS:
                yield Entry(f"phases: {name}: {key}", _no_key(_meant(key, _KEYS)), yaml.line_of(value))


def _no_key(meant: str) -> str:
    return "no key of a buildspec" + (f", {meant} is" if meant else "") + ": nothing in it is read"


def _meant(name: str, known: tuple[str, ...]) -> str:
    """The key that a name differs from in its case, or by a sign alone."""
    return next((one for one in known if re.sub(r"\W|_", "", name).lower() == re.sub(r"\W|_", "", one)), "")


def _commands(node: Any, text: str, left: list[int], depth: int = 0) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for one in _items(node):
        left[0] -= 1
        if left[0] < 0:
            break
        if yaml.is_sequence(one) and not one.flow_style and depth < 3:
            found += _commands(one, text, left, depth + 1)  # an alias of a list of commands
        elif yaml.is_mapping(one) or yaml.is_sequence(one):
            found.append((yaml.source_text(one, text), yaml.line_of(one)))
        elif yaml.scalar(one).strip():
            found.append((yaml.scalar(one), yaml.line_of(one)))
    return found


def _members(batch: dict[str, Any]) -> list[Member]:
    """The builds of a batch that differ from the plain build in what they run."""
    found = []
    for kind in ("build-graph", "build-list"):
        for one in _items(batch.get(kind)):
            table = _table(one)
            variables = {entry.name: entry.value for entry in _entries(_table(table.get("env")).get("variables"))}
            other = yaml.scalar(table.get("buildspec")) or None
            found.append(Member(other, tuple(variables.items()), _elsewhere(_table(table.get("env")))))
    matrix = _table(batch.get("build-matrix"))
    dynamic = _table(matrix.get("dynamic"))
    found += [Member(None, (), _elsewhere(_table(_table(matrix.get(one)).get("env")))) for one in ("static", "dynamic")]
    for name, node in _table(_table(dynamic.get("env")).get("variables")).items():
        found += [Member(None, ((name, yaml.scalar(one)),)) for one in _items(node)]
    found += [Member(yaml.scalar(one), ()) for one in _items(dynamic.get("buildspec"))]
    return [one for one in dict.fromkeys(found) if one.buildspec or one.variables or one.elsewhere][:50]


def _elsewhere(environment: dict[str, Any]) -> str:
    """What an ``env`` of a batch names that takes its builds to another network than the project's."""
    fleets, kinds = ([yaml.scalar(one) for one in _items(environment.get(key))] for key in ("fleet", "type"))
    named = [f"fleet: {one}" for one in fleets if one] + [f"type: {one}" for one in kinds if "LAMBDA" in one]
    return named[0] if named else ""
