"""What a user adds to the package's tables: tools of their own, mirrors of package indexes and registries, and values
of environment variables.

A mirror stands in for an index or registry wherever the build's files name none: there the tool asks what its machine
is configured with, which no file of the build shows. Where a file names a host, that host is asked. **Source:** DESIGN,
"contacts": the knowledge is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Protocol, cast

import msgspec

from reachsim.errors import QuestionError
from reachsim.pipeline import knowledge
from reachsim.pipeline.records import Confidence, Destination, Kind

_HOST: Final = r"(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9-]+(?::\d{1,5})?"


class Described(Protocol):
    """A tool as reachsim.toml describes it (``[[tool]]``)."""

    @property
    def program(self) -> str: ...
    @property
    def hosts(self) -> tuple[str, ...]: ...
    @property
    def arguments(self) -> str: ...
    @property
    def confidence(self) -> str: ...
    @property
    def kind(self) -> str: ...


class Own(msgspec.Struct, frozen=True):
    """The user's tools by program, (host, port) of the mirrors by package index or registry, and values of variables,
    which go before those that the files give, as a project's do.
    """

    tools: dict[str, tuple[knowledge.Tool, ...]] = {}
    mirrors: dict[str, tuple[str, int]] = {}
    variables: dict[str, str] = {}

    def reached(self, program: str, arguments: str) -> list[Destination] | None:
        """What one of the user's tools contacts; None if the program is none of them."""
        rows = self.tools.get(program)
        return None if rows is None else knowledge.reached(rows, arguments)

    def mirrored(self, found: Destination) -> Destination:
        """The destination, or the mirror in its place."""
        place = self.mirrors.get(found.index)
        if place is None:
            return found
        return msgspec.structs.replace(found, host=place[0], port=place[1], index="", confidence=_sure(found))


def _sure(found: Destination) -> Confidence:
    """A mirror serves what lies behind a redirect as well, so only a branch makes it less than certain."""
    return "possible" if found.confidence == "possible" else "certain"


def own_knowledge(
    tools: Iterable[Described], mirrors: Mapping[str, str], variables: Mapping[str, str] | None = None
) -> Own:
    """Read what reachsim.toml says. Raises QuestionError for a host, pattern or index that is none.

    >>> own_knowledge([], {"npm": "https://npm.corp.example/"}).mirrors
    {'npm': ('npm.corp.example', 443)}
    """
    found: dict[str, tuple[knowledge.Tool, ...]] = {}
    for tool in tools:
        found[tool.program] = (*found.get(tool.program, ()), _tool(tool))
    return Own(found, {name: _mirror(name, place) for name, place in mirrors.items()}, dict(variables or {}))


def _tool(tool: Described) -> knowledge.Tool:
    where = f"reachsim.toml, [[tool]] {tool.program!r}"
    try:
        re.compile(tool.arguments)
    except re.error as error:
        raise QuestionError(f"{where}: arguments is no regular expression: {error}", "BAD_CONFIG") from error
    for one in tool.hosts:
        if one not in knowledge.indexes() and not re.fullmatch(_HOST, one.lower()):
            raise QuestionError(f"{where}: {one!r} is neither a host name nor a package index", "BAD_CONFIG")
    sure, kind = cast(Confidence, tool.confidence), cast(Kind, tool.kind)
    return knowledge.Tool(tool.program, tool.arguments, tool.hosts, sure, kind, "reachsim.toml")


def _mirror(name: str, place: str) -> tuple[str, int]:
    where = f"reachsim.toml, [mirrors] {name!r}"
    if name not in knowledge.indexes() and not re.fullmatch(_HOST, name):
        ids = ", ".join(sorted(knowledge.indexes()))
        raise QuestionError(f"{where}: no registry's host name, and no package index of that name: {ids}", "BAD_CONFIG")
    match = re.fullmatch(r"(?:(https?)://)?([^/:\s]+)(?::(\d{1,5}))?(?:/\S*)?", place.lower())
    if match is None or not re.fullmatch(_HOST, match[2]) or not 0 < int(match[3] or 443) < 65536:
        raise QuestionError(f"{where}: {place!r} is no URL or host name", "BAD_CONFIG")
    return match[2], int(match[3] or (80 if match[1] == "http" else 443))
