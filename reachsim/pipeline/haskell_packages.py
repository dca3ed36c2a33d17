"""cabal and Stack: Hackage, and the repositories that a project's file names beside it.

**Source:** Cabal documentation, "Package sources: source-repository-package" (cabal clones it when it builds),
"Repositories"; Stack documentation, "Project-specific configuration: extra-deps" (``git``, ``github``, URLs of
archives), "Snapshot location".
"""

from __future__ import annotations

import re
from typing import Any, Final

from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Confidence, Found
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.yaml import load

_BUILDS: Final = re.compile(r"(?:(?:v2|new|v1)-)?(?:build|install|test|run|bench|fetch|repl|haddock|freeze)")
_STANZA: Final = re.compile(
    r"(?m)^(source-repository-package|repository[ \t]+\S+)[ \t]*\n((?:[ \t]+\S.*\n?|[ \t]*\n)*)"
)
_PROJECT: Final = ("cabal.project", "cabal.project.local", "cabal.project.freeze")


def cabal(call: Call) -> Outcome:
    given = arguments(call.words, ["project-file", "w", "with-compiler", "j", "flags", "f", "builddir", "installdir"])
    word = given.rest[0] if given.rest else ""
    found: list[Found] = list(knowledge.tool("cabal", " ".join(given.rest), call.variables))
    named = given.last("project-file")
    text = "\n".join(call.read(name) or "" for name in ((named,) if named else _PROJECT))
    sure: Confidence = "likely" if call.cached("dist-newstyle", ".cabal") else "certain"
    for kind, body in _STANZA.findall(re.sub(r"(?m)^[ \t]*--.*$", "", text)):
        place = re.search(r"(?m)^[ \t]+(?:location|url):[ \t]*(\S+)", body)
        if place and kind.startswith("source") and _BUILDS.fullmatch(word):
            found += git_found(call, place[1], confidence=sure)
        elif place and kind.startswith("repository") and word.endswith("update"):
            found += urls.destination(place[1], "package")
    return Outcome(tuple(dict.fromkeys(found)), None)


def stack(call: Call) -> Outcome:
    given = arguments(call.words, ["stack-yaml", "resolver", "snapshot", "local-bin-path", "flag", "j", "jobs"])
    found: list[Found] = list(knowledge.tool("stack", " ".join(given.rest), call.variables))
    if not found:
        return Outcome((), None)
    name = given.last("stack-yaml") or call.env("STACK_YAML") or "stack.yaml"
    settings: Any = load(call.read(name) or "")
    sure: Confidence = "likely" if call.cached(".stack") else "certain"
    for one in listing(table(settings).get("extra-deps")):
        place = table(one).get("git") or table(one).get("archive") or table(one).get("url") or one
        if table(one).get("github"):
            found += urls.destination("https://github.com/", "download", sure)
        elif table(one).get("git"):
            found += git_found(call, str(place), confidence=sure)
        elif isinstance(place, str) and "://" in place:
            found += urls.destination(place, "download", sure)
    snapshot = table(settings).get("snapshot") or table(settings).get("resolver")
    if isinstance(snapshot, str) and "://" in snapshot:
        found += urls.destination(snapshot, "download", sure)
    return Outcome(tuple(dict.fromkeys(found)), None)
