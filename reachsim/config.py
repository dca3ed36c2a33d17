"""``reachsim.toml``: what a team says once about its pipeline, so that nobody has to type it each time.

Which projects and clients take part, where their code is, which addresses a name stands for, what an appliance does,
what must hold (``[[expect]]``), which findings are accepted until when (``[[accept]]``), what its own tools contact
(``[[tool]]``, ``[mirrors]``), and what its projects' environment variables hold, whose values no snapshot keeps
(``[variables]``). **Source:** DESIGN, "reachsim.toml".
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from reachsim import toml
from reachsim.addresses import parse_block
from reachsim.errors import Fault, SnapshotError
from reachsim.inputs import read_input
from reachsim.intervals import IntervalSet

MOST_CONFIG = 16 << 20
NAME = "reachsim.toml"


class Pipeline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes part; empty lists mean: found by themselves."""

    projects: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must hold between two selectors. ``outcome`` or ``route`` may be left out."""

    source: str = msgspec.field(name="from")
    to: str
    outcome: Literal["allowed", "blocked", "intermittent", "unknown"] | None = None
    route: Literal["private", "aws-public", "internet", "on-premises", "mixed", "none"] | None = None
    protocol: str | int | None = None
    port: int | None = None


class Accept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finding that the team lives with. Past ``until`` it stands again."""

    id: str
    reason: str
    component: str | None = None
    until: date | None = None


class Appliance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a middlebox does: ``forward`` passes packets on unchanged, ``nat`` translates their source."""

    component: str
    does: Literal["forward", "nat"]


class Tool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a program that builds run contacts: ``hosts`` are host names, with a port or without, or package indexes by
    id, wherever ``arguments``, a regular expression, is found in what follows the program's name.
    """

    program: str
    hosts: tuple[str, ...]
    arguments: str = ""
    confidence: Literal["certain", "likely", "possible"] = "certain"
    kind: Literal["registry", "package", "git", "download", "aws"] = "download"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. ``folder`` is where it stands; relative paths in it start there."""

    snapshot: str | None = None
    pipeline: Pipeline = Pipeline()
    code: dict[str, str] = {}
    hosts: dict[str, tuple[str, ...]] = {}
    expect: tuple[Expect, ...] = ()
    accept: tuple[Accept, ...] = ()
    appliance: tuple[Appliance, ...] = ()
    tool: tuple[Tool, ...] = ()
    mirrors: dict[str, str] = {}
    variables: dict[str, str | dict[str, str]] = {}
    folder: Path = Path()

    @property
    def sources(self) -> tuple[str, ...]:
        """The selectors of the pipeline's projects and clients."""
        return (*(f"codebuild:{name}" for name in self.pipeline.projects), *self.pipeline.clients)

    @property
    def folders(self) -> dict[str, Path]:
        """Where the files of projects' builds are."""
        return {name: self.folder / place for name, place in self.code.items()}

    @property
    def pins(self) -> dict[str, IntervalSet]:
        """Names with the addresses that the file gives them."""
        return {name.rstrip(".").lower(): _addresses(blocks) for name, blocks in self.hosts.items()}

    @property
    def appliances(self) -> dict[str, str]:
        return {one.component: one.does for one in self.appliance}

    def variables_of(self, project: str | None) -> dict[str, str]:
        """Environment variables of a project: those of all projects, and before them its own."""
        own = self.variables.get(project) if project is not None else None
        of_all = {name: value for name, value in self.variables.items() if isinstance(value, str)}
        return of_all | (own if isinstance(own, dict) else {})

    def accepted(self, finding_id: str, component: str, today: date) -> Accept | None:
        """The entry that accepts a finding today, if there is one."""
        for one in self.accept:
            if (
                one.id == finding_id
                and one.component in (None, component)
                and (one.until is None or today <= one.until)
            ):
                return one
        return None


def _addresses(blocks: tuple[str, ...]) -> IntervalSet:
    return IntervalSet.union_of(parse_block(block) for block in blocks)


def read_config(path: Path) -> Config:
    """Read a configuration file. Raises SnapshotError naming the file, the place and what was expected."""
    try:
        data = toml.loads(read_input(path, MOST_CONFIG).decode().replace("\r\n", "\n").replace("\r", "\n"))
    except ValueError as error:
        raise SnapshotError(Fault(str(path), "", "TOML in UTF-8", str(error))) from error
    if "folder" in data:
        raise SnapshotError(Fault(str(path), "/folder", "no such key", "one"))
    try:
        config = msgspec.convert(data, Config)
    except msgspec.ValidationError as error:
        raise SnapshotError(_fault(path, error)) from error
    for name, blocks in config.hosts.items():
        for index, block in enumerate(blocks):
            try:
                parse_block(block)
            except ValueError as error:
                raise SnapshotError(Fault(str(path), f"/hosts/{name}/{index}", "an address or block", block)) from error
    _check_accepted(path, config)
    return msgspec.structs.replace(config, folder=path.parent)


def _check_accepted(path: Path, config: Config) -> None:
    """Raise SnapshotError for an acceptance that names no code: it would accept nothing without a word."""
    if not config.accept:
        return
    from difflib import get_close_matches

    from reachsim.codes import CODES

    for number, one in enumerate(config.accept):
        if one.id not in CODES:
            near = get_close_matches(one.id, CODES, 1)
            found = f"{one.id!r}" + (f" ({near[0]}?)" if near else "")
            raise SnapshotError(Fault(str(path), f"/accept/{number}/id", "the code of a finding", found))


def _fault(path: Path, error: msgspec.ValidationError) -> Fault:
    what, _, place = str(error).partition(" - at `$")
    pointer = place.rstrip("`").replace("[...]", "").replace("[", "/").replace("]", "").replace(".", "/")
    return Fault(str(path), pointer, "what the documentation of reachsim.toml says", what)


def find_config(snapshot: str | None, chosen: Path | None = None) -> Config:
    """The configuration that holds: the chosen file, else the one beside the snapshot, else the one here, else none.

    Raises SnapshotError, also where something else has the name of one: what it says is not passed over.
    """
    if chosen is not None:
        return read_config(chosen)
    beside = [Path(snapshot).absolute().parent / NAME] if snapshot is not None else []
    for path in (*beside, Path(NAME)):
        if path.is_file():
            return read_config(path)
        if os.path.lexists(path):
            raise SnapshotError(Fault(str(path), "", "a file of settings", _in_place_of_a_file(path)))
    return Config()


def _in_place_of_a_file(path: Path) -> str:
    if not path.exists():
        return "a symbolic link to nothing"
    return "a folder" if path.is_dir() else "a pipe, socket or device"


def snapshot_of(config: Config, given: str | None) -> str | None:
    """The snapshot to open: the given one, else the configuration's."""
    if given is not None or config.snapshot is None:
        return given
    return str(config.folder / config.snapshot)


__all__ = ["NAME", "Accept", "Appliance", "Config", "Expect", "Tool", "find_config", "read_config", "snapshot_of"]
