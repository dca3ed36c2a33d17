"""What runs in a container that a build starts: ``docker run IMAGE COMMAND``.

Docker Official Images for languages and distributions run the command that is given to them; tools' own images run the
tool with it (``containers.csv``: a pattern for the image's name without tag, the program, the folder it starts in). Of
any other image only its command is known, and whether its entry point runs it is not.

**Source:** Docker CLI reference, "docker container run"; the column ``source`` of the table.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from msgspec import Struct

from reachsim.pipeline import image, knowledge
from reachsim.pipeline.call import Arguments, Call
from reachsim.pipeline.records import Confidence, ContainerRun, Found, Gap
from reachsim.pipeline.variables import is_known, shown

_UNKNOWN: Final = "what the container contacts while it runs is not in these files"
_SERVERS: Final = re.compile(
    r"(?:docker\.io/library|public\.ecr\.aws/docker/library)/(postgres|mysql|mariadb|redis|mongo|memcached|rabbitmq|nginx|"
    r"httpd|registry|influxdb|zookeeper)"
)
"""Official images that, without a command, start a server: it waits to be asked and asks nobody."""


_OFFICIAL: Final = re.compile(r"docker\.io/library/|public\.ecr\.aws/docker/library/")


class Tool(Struct, frozen=True):
    """One row of ``containers.csv``."""

    image: re.Pattern[str]
    program: str
    directory: str


@cache
def _tools() -> tuple[Tool, ...]:
    return tuple(Tool(re.compile(row["image"]), row["program"], row["directory"])
                 for row in knowledge.rows("containers.csv"))  # fmt: skip


def started(call: Call, given: Arguments) -> list[Found]:
    """What a container runs. ``given`` are the options of ``docker run``, the image and the command behind them."""
    if given.last("network", "net") == "none":
        return []
    name, words = given.rest[0], given.rest[1:]
    what = f"docker run {shown(name)} {shown(' '.join(words[:2]))}".strip()
    reference = image.parse(name)
    whole = f"{reference.host}/{reference.path}"
    official = _OFFICIAL.match(whole) and knowledge.distribution(reference.host, reference.path, reference.tag)
    tool = next((one for one in _tools() if one.image.fullmatch(whole)), None)
    entry = given.last("entrypoint")
    directory = given.last("workdir", "w") or (tool.directory if tool else None)
    if entry or tool is not None:
        program = entry or (tool.program if tool is not None else "")
        return [_run(call, given, (program, *words), directory, "certain")] if program else []
    if not words:
        return [] if _SERVERS.match(whole) else [Gap(what, _UNKNOWN)]
    if official and is_known(words[0]):
        return [_run(call, given, tuple(words), directory, "certain")]
    return [_run(call, given, tuple(words), directory, "likely"), Gap(what, _UNKNOWN)]


def inside(words: list[str]) -> list[Found]:
    """``docker exec``: a command in a container of which the files may not tell what it is."""
    return [ContainerRun("", tuple(words), confidence="likely")] if words and is_known(words[0]) else []


def _run(call: Call, given: Arguments, words: tuple[str, ...], directory: str | None, sure: Confidence) -> ContainerRun:
    variables = [
        (name, value if equals else call.env(name) or "")
        for name, equals, value in (one.partition("=") for one in given.all("env", "e"))
    ]
    return ContainerRun(given.rest[0], words, tuple(variables), tuple(_mounts(call, given)), directory, sure)


def _mounts(call: Call, given: Arguments) -> list[tuple[str, str]]:
    """(path in the container, path on the machine) of ``-v`` and ``--mount``."""
    found = []
    for one in given.all("volume", "v"):
        source, colon, target = one.partition(":")
        if colon and source.startswith(("/", ".", "~")):
            found.append((target.split(":")[0].rstrip("/") or "/", call.path(source)))
    for one in given.all("mount"):
        parts = dict(part.split("=", 1) for part in one.split(",") if "=" in part)
        source, target = parts.get("source", parts.get("src", "")), parts.get("target", parts.get("dst", ""))
        if parts.get("type", "bind") == "bind" and source and target:
            found.append((target.rstrip("/") or "/", call.path(source)))
    return found
