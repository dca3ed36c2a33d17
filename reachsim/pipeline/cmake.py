"""Programs that write makefiles: what a project's CMakeLists.txt fetches while it is configured; Autotools' scripts.

**Source:** CMake documentation, "FetchContent" (declared content is fetched when the project is configured) and
"ExternalProject" (when it is built); GNU Autoconf manual, "Running configure Scripts".
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from reachsim.pipeline import urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Found, Gap
from reachsim.pipeline.variables import shown


def cmake(call: Call) -> Outcome:
    given = arguments(call.words, ["S", "B", "G", "T", "C", "P", "E", "preset", "target", "j", "config", "parallel"])
    if given.has("build", "install", "E", "version", "help"):
        return Outcome((), None)
    _generated(call, given.last("B") or ".")
    folder = given.last("S") or (given.rest[0] if given.rest else ".")
    lists = call.read(f"{folder}/CMakeLists.txt")
    found: list[Found] = []
    if lists is None:
        found.append(
            Gap(call.command.text, f"what CMakeLists.txt of {shown(folder)} fetches; it is not in the context")
        )
    text = _read(call, folder, lists or "")
    for block in re.findall(r"(?:FetchContent_Declare|ExternalProject_Add)\s*\(([^)]{0,4000})\)", text, re.IGNORECASE):
        for url in re.findall(r"\bGIT_REPOSITORY\s+\"?(\S+?)\"?(?=\s|$)", block):
            found += git_found(call, url)
        for url in re.findall(r"\bURL\s+\"?(https?://[^\s\"]+)", block):
            found += urls.fetched(url)
    return Outcome(tuple(dict.fromkeys(found)), None)


def _read(call: Call, folder: str, lists: str) -> str:
    """A project's CMakeLists.txt with what it includes and the folders that it adds, without comments."""
    texts: list[str] = []
    seen: set[str] = set()
    queue = [(folder, lists)]
    while queue and len(seen) < _MAX_FILES:
        place, text = queue.pop(0)
        text = re.sub(r"#.*", "", text)
        texts.append(text)
        for kind, name in re.findall(r"\b(include|add_subdirectory)\s*\(\s*\"?([^\s\")]{1,300})", text, re.IGNORECASE):
            name = re.sub(r"\$\{(?:CMAKE_SOURCE_DIR|PROJECT_SOURCE_DIR)\}", folder, name)
            name = name.replace("${CMAKE_CURRENT_SOURCE_DIR}", place).replace("${CMAKE_CURRENT_LIST_DIR}", place)
            inner = name if name.startswith(("/", folder + "/")) else posixpath.join(place, name)
            file = inner if kind.lower() == "include" else posixpath.join(inner, "CMakeLists.txt")
            found = call.read(file) if call.path(file) not in seen else None
            seen.add(call.path(file))
            if found is not None:
                queue.append((place if kind.lower() == "include" else inner, found))
    return "\n".join(texts)


_MAX_FILES: Final = 100


def configure(call: Call) -> Outcome:
    """``./configure``, ``./config`` and their like of sources that are not in these files: they look at the machine."""
    _generated(call, ".")
    return Outcome((), None)


def _generated(call: Call, folder: str) -> None:
    """The makefiles in a folder are what a program writes."""
    call.configure("makefile.generated", f"{call.setting('makefile.generated') or ''}{call.path(folder)}\n")


def is_generated(call: Call, folder: str) -> bool:
    """Whether a program writes the makefile of a folder, or of one that it lies in, or would: its ``configure``."""
    path = call.path(folder)
    if call.exists(f"{path}/configure"):
        return True
    places = (call.setting("makefile.generated") or "").splitlines()
    return any(path == one or path.startswith(one.rstrip("/") + "/") for one in places)
