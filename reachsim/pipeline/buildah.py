"""buildah's working containers: made of an image by ``from``, worked in by ``run``, ``add`` and ``copy``, kept by
``commit``. What buildah shares with Docker (build, pull, push, login) is read as Docker's.

**Source:** buildah-from(1) (the container's name), buildah-run(1), buildah-add(1), buildah-commit(1).
"""

from __future__ import annotations

from typing import Final

from reachsim.pipeline import image, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.docker import docker, is_local, keep_local, pushed, remote
from reachsim.pipeline.records import ContainerRun, Found, Gap
from reachsim.pipeline.variables import is_known, shown, unknown

_FROM: Final = ["name", "authfile", "creds", "pull-policy", "platform", "arch", "os", "v", "volume", "cidfile",
                "format", "network", "isolation", "cap-add", "cap-drop", "m", "memory", "security-opt",
                "ulimit"]  # fmt: skip
_RUN: Final = ["mount", "v", "volume", "u", "user", "workingdir", "network", "isolation", "e", "env", "hostname",
               "runtime", "cap-add", "cap-drop", "runtime-flag"]  # fmt: skip
_ADD: Final = ["chown", "chmod", "checksum", "contextdir", "from", "ignorefile", "retry", "retry-delay", "authfile",
               "creds"]  # fmt: skip
_COMMIT: Final = ["authfile", "creds", "format", "f", "iidfile", "sign-by", "cert-dir", "reference-time", "timestamp",
                  "manifest"]  # fmt: skip


def buildah(call: Call) -> Outcome:
    """buildah by its words."""
    outer = arguments(call.words, ["root", "runroot", "storage-driver", "storage-opt", "log-level"], stop=True)
    word, words = (outer.rest[0], outer.rest[1:]) if outer.rest else ("", [])
    match word:
        case "from":
            return _from(call, words)
        case "run":
            return _run(call, words)
        case "add" | "copy":
            rest = arguments(words, _ADD).rest[1:]
            return Outcome(tuple(one for text in rest if "://" in text for one in urls.destination(text)), "")
        case "commit":
            return _commit(call, words)
        case _:
            return docker(call)


def _from(call: Call, words: list[str]) -> Outcome:
    given = arguments(words, _FROM)
    text = given.rest[0] if given.rest else ""
    name = remote(text)
    last = image.parse(name).path.rsplit("/", 1)[-1] if name and is_known(name) else ""
    container = given.last("name") or (f"{last}-working-container" if last else unknown("container"))
    call.configure(f"buildah.container {container}", name)
    there = not name or name == "scratch" or is_local(call.machine.settings, name)
    found = () if there or given.has("pull-never") or given.last("pull") in ("false", "never") else image.pulls(name)
    return Outcome(tuple(found), container + "\n")


def _run(call: Call, words: list[str]) -> Outcome:
    given = arguments(words, _RUN, stop=True)
    if not given.rest:
        return Outcome((), None)
    container, *inside = given.rest
    inside = inside[1:] if inside[:1] == ["--"] else inside
    base = call.setting(f"buildah.container {container}")
    if base is None:
        gap = Gap(call.command.text, f"which image the container {shown(container)} is made of")
        return Outcome((gap, *([ContainerRun("", tuple(inside))] if inside else [])), None)
    if given.last("network") == "none" or not inside:
        return Outcome((), None)
    return Outcome((ContainerRun(base, tuple(inside)),), None)


def _commit(call: Call, words: list[str]) -> Outcome:
    rest = arguments(words, _COMMIT).rest
    found: list[Found] = []
    for name in rest[1:2]:
        if name.startswith("docker://"):
            found += pushed(call, remote(name))
        elif remote(name):
            keep_local(call, name)
    return Outcome(tuple(found), "")
