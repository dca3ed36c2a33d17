"""gem and bundler: which servers they ask, and whether they ask any.

**Source:** RubyGems, "Command Reference"; Bundler, "Gemfiles", "bundle config" (mirrors).
"""

from __future__ import annotations

import re

from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Destination, Found
from reachsim.pipeline.variables import expand


def gem(call: Call) -> Outcome:
    given = arguments(call.words, ["v", "version", "s", "source", "i", "install-dir", "n", "bindir", "p"])
    word = given.rest[0] if given.rest else ""
    if word == "sources":
        added = given.last("a", "add")
        if added or given.has("a", "add"):
            call.configure("gem.source", added or (given.rest[1] if len(given.rest) > 1 else ""))
        return Outcome((), "")
    if word not in ("install", "update", "fetch", "push", "i") or given.has("local", "l"):
        return Outcome((), None)
    if given.rest[1:] and all(one.endswith(".gem") for one in given.rest[1:]) and word != "push":
        return Outcome((), None)
    source = given.last("s", "source") or call.setting("gem.source")
    return Outcome(tuple(index_at(source, "rubygems", "certain")), None)


def bundle(call: Call) -> Outcome:
    plain = [word for word in call.words if not word.startswith("-")]
    if plain[:1] == ["config"]:
        match = re.search(r"(?<!\S)mirror\.\S+\s+(\S+)", " ".join(plain))
        if match:
            call.configure("bundle.mirror", match[1])
        return Outcome((), "")
    if plain and plain[0] not in ("install", "update", "package", "cache", "add", "lock", "check"):
        return Outcome((), None)
    if plain[:1] == ["check"] or "--local" in call.words:
        return Outcome((), None, None)
    text = call.read(call.env("BUNDLE_GEMFILE") or "Gemfile")
    if text is None:
        return Outcome(tuple(index_at(call.setting("bundle.mirror"), "rubygems", "certain")), "")
    text = re.sub(r"^[ \t]*#.*$", "", text, flags=re.MULTILINE)
    found: list[Found] = []
    lock = call.read(f"{call.env('BUNDLE_GEMFILE') or 'Gemfile'}.lock") or ""
    locked = re.findall(r"(?m)^GIT\n[ ]{1,9}remote: (\S{1,300})", lock)
    for url in locked or re.findall(r"\bgit:?+\s*+(?:=>)?+\s*+[\"']([^\s\"']++)[\"']", text):
        found += git_found(call, url)
    if not locked and re.search(r"\bgithub:\s*[\"']|:github\s*=>", text):
        found.append(Destination("github.com", 443, "git"))
    if not re.search(r"^[ \t]*(gem|gemspec)\b", text, re.MULTILINE):
        return Outcome(tuple(found), "")
    cached = call.has_folder("vendor/cache")
    sure: Confidence = "likely" if cached or call.cached("vendor/bundle", ".bundle", "/gems") else "certain"
    mirror = call.setting("bundle.mirror") or next(
        (value for name, value in call.variables.items() if name.startswith("BUNDLE_MIRROR__")), None
    )
    kept = call.first(".bundle/config", "/usr/local/bundle/config", "/root/.bundle/config") or ""
    written = re.search(r"(?mi)^BUNDLE_MIRROR__(?:ALL|HTTPS://RUBYGEMS__ORG/?):\s*[\"']?([^\s\"']+)", kept)
    mirror = mirror or (expand(written[1], call.variables) if written else None)
    for url in re.findall(r"^[ \t]*+source\s*+\(?+\s*+[\"']([^\s\"']++)[\"']", text, re.MULTILINE) or [None]:
        parsed = urls.parse(url) if url else None
        default = parsed is None or parsed.host in knowledge.index_hosts("rubygems")
        found += index_at(mirror if default else url, "rubygems", sure)
    return Outcome(tuple(dict.fromkeys(found)), "")
