"""The Clojure CLI: libraries of deps.edn from Maven Central, Clojars and Git, those of the aliases that are named.

**Source:** Clojure, "Deps and CLI Reference": ``:mvn/repos`` (central and clojars by default), ``:git/url`` and libs
such as io.github.OWNER/NAME, "Command line execution" (``-A``, ``-X``, ``-M``, ``-T`` and their aliases, ``-P``).
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Call, Outcome
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Confidence, Found

MAX_TEXT: Final = 100_000
_HOSTS: Final = {"io.github": "github.com", "com.github": "github.com", "io.gitlab": "gitlab.com",
                 "com.gitlab": "gitlab.com", "io.bitbucket": "bitbucket.org", "org.bitbucket": "bitbucket.org",
                 "ht.sr": "git.sr.ht"}  # fmt: skip
_GIT_LIBRARY: Final = re.compile(
    r"(?<![\w./-])((?:io|com|org|ht)\.\w{2,9})\.[\w-]{1,99}/[\w.-]{1,99}\s{1,9}\{[^{}]{0,300}?:(?:git/)?(?:sha|tag)\b"
)
_PASSIVE: Final = ("--version", "-version", "-Sdescribe", "--help", "-h", "-?", "-Sverbose")


def clojure(call: Call) -> Outcome:
    """clojure and clj: what resolving the project's libraries contacts."""
    if any(word in _PASSIVE for word in call.words):
        return Outcome((), None)
    text = re.sub(r"(?m);[^\n]*$", "", (call.read("deps.edn") or "")[:MAX_TEXT])
    given = next((call.words[at + 1] for at, word in enumerate(call.words[:-1]) if word == "-Sdeps"), "")
    named = [one for word in call.words if re.match(r"-[AXMT]:", word) for one in word[3:].split(":")]
    aliases = _within(text, "aliases")
    parts = [_within(text, "deps"), given] if not any(word.startswith("-T") for word in call.words) else [given]
    parts += [_within(aliases, one) for one in named]
    sure: Confidence = "likely" if call.cached(".m2", ".gitlibs", ".cpcache") else "certain"
    whole = "\n".join(parts)
    found: list[Found] = [*knowledge.index("clojars", sure)[:1]]  # Clojure itself is a library, too
    if re.search(r"\bmvn/version\b", whole.replace("org.clojure/clojure {:mvn/version", "")):
        found.append(knowledge.index("clojars", "likely")[1])
    for url in re.findall(r":url\s{1,9}\"((?:https?|s3)://[^\s\"]{1,300})\"", _within(text, "mvn/repos") + given):
        found += urls.destination(url, "package", sure)
    for url in re.findall(r":git/url\s{1,9}\"([^\s\"]{1,300})\"", whole):
        found += git_found(call, url, confidence=sure)
    for prefix in _GIT_LIBRARY.findall(whole):
        if prefix in _HOSTS:
            found += urls.git_destination(f"https://{_HOSTS[prefix]}/x", sure)
    return Outcome(tuple(dict.fromkeys(found)), None)


def _within(text: str, key: str) -> str:
    """What a map holds under a keyword, braces and all; "" if it has none."""
    match = re.search(rf"(?<![\w:/-]):{re.escape(key)}(?![\w/-])\s*+\{{", text)
    depth = 0
    for at in range(match.end() - 1, len(text)) if match else ():
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0 and match:
            return text[match.end() - 1 : at + 1]
    return ""
