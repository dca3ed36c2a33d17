"""Swift Package Manager: the repositories that ``Package.swift`` and ``Package.resolved`` name, which it clones.

**Source:** Swift Package Manager documentation, "Resolving and updating dependencies" (most commands resolve first),
PackageDescription (``.package(url:)``, ``.binaryTarget(url:)``); Package.resolved (``location``, ``repositoryURL``).
"""

from __future__ import annotations

import re

from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Confidence, Found, Gap
from reachsim.pipeline.texts import without


def swift(call: Call) -> Outcome:
    given = arguments(call.words, ["package-path", "build-path", "scratch-path", "c", "configuration", "product",
                                   "target", "Xswiftc", "Xlinker", "Xcc", "j", "jobs", "triple", "sdk"])  # fmt: skip
    operation = " ".join(given.rest[: 2 if given.rest[:1] == ["package"] else 1])
    if not knowledge.tool("swift", operation) or given.has("help", "h", "show-bin-path"):
        return Outcome((), None)
    folder = given.last("package-path") or "."
    manifest = call.read(f"{folder}/Package.swift")
    if manifest is None:
        gap = Gap(call.command.text, "Package.swift is not in the context: which repositories it names")
        return Outcome((*knowledge.tool("swift", operation), gap), None)
    text = re.sub(r"(?m)(?<!:)//.*$", "", without(manifest, "/*", "*/"))
    sure: Confidence = "likely" if call.cached(".build", "org.swift.swiftpm") else "certain"
    found: list[Found] = []
    for url in re.findall(r"\.[pP]ackage\s*\((?:\s*name\s*:\s*\"[^\"]*\"\s*,)?\s*url\s*:\s*\"([^\"]+)\"", text):
        found += git_found(call, url, confidence=sure)
    for url in re.findall(r"\.binaryTarget\s*\([^()]{0,300}\burl\s*:\s*\"([^\"]+)\"", text):
        found += urls.destination(url, "download", sure)
    if found:
        pins = call.read(f"{folder}/Package.resolved") or ""
        for url in re.findall(r"\"(?:location|repositoryURL)\"\s*:\s*\"([^\"]+)\"", pins):
            found += git_found(call, url, confidence=sure)
    return Outcome(tuple(dict.fromkeys(found)), None)
