"""The files of a project's build: given by the user, or held by the snapshot under ``code/<project>/``.

**Source:** DESIGN, "Snapshot format" and "check"; CodeBuild User Guide, "Build specification reference" (the file name
and the source field that overrides it).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reachsim.config import Config
from reachsim.errors import QuestionError
from reachsim.model.network import Network
from reachsim.workloads import find_project

if TYPE_CHECKING:
    from reachsim.pipeline.records import Contacts

DEFAULT_NAME = "buildspec.yml"


def contacts_of_project(network: Network, name: str, folders: Mapping[str, Path], config: Config) -> Contacts | None:
    """What a project's build contacts; None if neither its files nor an inline buildspec are at hand.

    The configuration tells of the user's tools and mirrors, and what the project's variables hold.

    A buildspec that the project holds and that is none keeps that build alone from being told: CodeBuild refuses it.
    Raises QuestionError if the given folder, or the buildspec in a file, is none.
    """
    held = _held(network, name)
    found = find_project(network, name)
    if found is None or (name not in folders and not held and not _is_inline(found[1].source.buildspec)):
        return None
    try:
        return _read(network, name, folders, held, config)
    except QuestionError as error:
        if _is_inline(found[1].source.buildspec) and name not in folders:
            return _unreadable(f"buildspec of {name}", str(error))
        raise QuestionError(f"codebuild:{name}: {error}", error.code) from error


def _unreadable(file: str, why: str) -> Contacts:
    from reachsim.pipeline.records import Contacts, Unresolved

    return Contacts(unresolved=(Unresolved(file, 1, "", why.removeprefix(f"{file}: "), surely=True),))


def _read(
    network: Network, name: str, folders: Mapping[str, Path], held: Mapping[str, bytes], config: Config
) -> Contacts | None:
    from reachsim.pipeline.contacts import contacts_of  # costs the parsers, which only builds at hand need
    from reachsim.pipeline.context import open_context
    from reachsim.pipeline.own import own_knowledge
    from reachsim.pipeline.project import find

    own = own_knowledge(config.tool, config.mirrors, config.variables_of(name))
    owned = find(network.snapshot, name)
    context: Mapping[str, bytes] = open_context(folders[name]) if name in folders else held
    spec = owned.project.source.buildspec or DEFAULT_NAME
    if _is_inline(spec):
        return contacts_of(spec.encode(), context, owned, f"buildspec of {name}", own)
    path = spec.removeprefix("./")
    if path.startswith(("arn:", "s3:")) or path not in context:
        if name in folders and not path.startswith(("arn:", "s3:")):
            raise QuestionError(f"--code {name}={folders[name]}: expected {path} in it, found none", "BAD_CODE")
        return None
    return contacts_of(context[path], context, owned, path, own)


def _is_inline(buildspec: str | None) -> bool:
    """Whether the project holds the buildspec itself, not its path."""
    return buildspec is not None and ("\n" in buildspec or buildspec.startswith(("version", "{")))


def _held(network: Network, name: str) -> dict[str, bytes]:
    prefix = f"code/{name}/"
    snapshot = network.snapshot
    return {path.removeprefix(prefix): snapshot.read(path) for path in snapshot.paths if path.startswith(prefix)}
