"""sbt: the repositories of its own, those that a build adds, and the ones that a user's file puts in place of all.

**Source:** sbt Reference Manual, "Resolvers", "Proxy Repositories" (``~/.sbt/repositories``,
``sbt.override.build.repos``), "Publishing"; sbt-github-packages README (maven.pkg.github.com).
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.pipeline import knowledge
from reachsim.pipeline.call import Call, Outcome
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Destination, Found

_AT: Final = re.compile(
    r"\b(?:at|url\(|MavenRepository\(\s{0,5}\"[^\"\n]{0,100}\",)\s{0,5}\"(https?://[^\"\s]{1,300})\""
)
_PUBLISHED: Final = re.compile(r"\bpublishTo\s{0,5}:=\s{0,5}(?:\{[^{}]{0,1000}\}|[^\n]{0,500})")
_KNOWN: Final = {
    r"\bResolver\.sonatype\w{0,10}Repos?\(|\bResolver\.sonatypeCentralSnapshots\b": "oss.sonatype.org",
    r"\bResolver\.typesafe\w{0,10}Repo\(": "repo.typesafe.com",
    r"\bResolver\.githubPackages\(": "maven.pkg.github.com",
    r"\bResolver\.jcenterRepo\b": "jcenter.bintray.com",
}
"""Resolvers that are named without a URL."""
MAX_BUILD: Final = 200_000
"""Characters of a build that are looked at."""


def sbt(call: Call) -> Outcome:
    """What ``sbt`` asks: a resolver of the build's own is asked for what the ones before it do not have."""
    words = " ".join(call.words)
    own: list[Found] = list(knowledge.tool("sbt", words, call.variables))
    if not own:
        return Outcome((), None)
    sure: Confidence = "likely" if call.cached(".ivy2", ".sbt", "coursier") else "certain"
    options = " ".join([words, *(call.env(name) or "" for name in ("SBT_OPTS", "JAVA_OPTS", "JAVA_TOOL_OPTIONS"))])
    named = re.search(r"-Dsbt\.repository\.config=(\S+)", options)
    listed = call.read(named[1] if named else "/root/.sbt/repositories") or ""
    proxies = re.findall(r"(?m)^[ \t]*[\w.-]+[ \t]*:[ \t]*(https?://[^\s,]+)", listed)
    found: list[Found] = [one for url in proxies for one in index_at(url, "maven", sure)]
    if re.search(r"-Dsbt\.override\.build\.repos=true", options):
        return Outcome(tuple(dict.fromkeys(found if proxies else own)), None)
    found += own if not proxies or re.search(r"(?m)^[ \t]*maven-central[ \t]*$", listed) else []
    files = [path for folder in (".", "project") for path in call.machine.files_in(call.path(folder))]
    text = "\n".join(call.read(path) or "" for path in files if path.endswith((".sbt", ".scala")))
    text = re.sub(r"(?m)(?:^|(?<=\s))//.*$", "", text[:MAX_BUILD])
    if re.search(r"\bpublish(?:Signed)?\b", words):
        found += [one for part in _PUBLISHED.findall(text) for url in _AT.findall(part)
                  for one in index_at(url, "maven", "certain")]  # fmt: skip
    text = _PUBLISHED.sub("", text)
    found += [one for url in dict.fromkeys(_AT.findall(text)) for one in index_at(url, "maven", "likely")]
    found += [Destination(host, 443, "package", "likely") for known, host in _KNOWN.items() if re.search(known, text)]
    return Outcome(tuple(dict.fromkeys(found)), None)
