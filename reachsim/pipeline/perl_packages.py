"""cpanm: the mirrors of CPAN that it is handed, else the one and the index that it asks by itself (``tools.csv``).

**Source:** App::cpanminus documentation: ``--mirror`` (several: each is asked until one has the file),
``--mirror-only``, ``--from``, ``PERL_CPANM_OPT``.
"""

from __future__ import annotations

import shlex
from typing import Final

from msgspec.structs import replace

from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Confidence, Found, weaker

_VALUED: Final = ["mirror", "from", "M", "l", "local-lib", "L", "local-lib-contained", "cpanfile", "metacpan",
                  "with-feature", "without-feature", "save-dists", "configure-timeout", "build-timeout", "test-timeout",
                  "format"]  # fmt: skip


def cpanm(call: Call) -> Outcome:
    """What ``cpanm`` asks, and the archives and repositories that are named by URLs."""
    words = [*_options(call), *call.words]
    given = arguments(words, _VALUED)
    only = given.last("from", "M")
    mirrors = [only] if only else given.all("mirror")
    found: list[Found] = []
    named = [one for one in given.rest if "://" in one or one.startswith("git@")]
    for one in named:
        found += git_found(call, one) if ".git" in one or one.startswith("git") else urls.fetched(one, "package")
    if given.rest and len(named) == len(given.rest):
        return Outcome(tuple(dict.fromkeys([*found, *_default(call, "likely")])), None)
    if not mirrors:
        return Outcome(tuple(dict.fromkeys([*found, *knowledge.tool("cpanm", " ".join(words), call.variables)])), None)
    for number, url in enumerate(mirrors):
        found += urls.destination(url, "package", "likely" if number else "certain")
    if not only and not given.has("mirror-only"):
        found += _default(call, "certain")
    return Outcome(tuple(dict.fromkeys(found)), None)


def _options(call: Call) -> list[str]:
    try:
        return shlex.split(call.env("PERL_CPANM_OPT") or "")
    except ValueError:
        return []


def _default(call: Call, sure: Confidence) -> list[Found]:
    """The index of packages, which tells where in a mirror a module lies."""
    return [replace(one, confidence=weaker(one.confidence, sure))
            for one in knowledge.tool("cpanm", "X", call.variables) if "cpanmetadb" in one.host]  # fmt: skip
