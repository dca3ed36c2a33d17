"""Deno: the modules that a program, its import map and its lock file name: JSR, npm, and URLs.

**Source:** Deno documentation, "Modules and dependencies", "deno install", "Environment variables" (``JSR_URL``,
``NPM_CONFIG_REGISTRY``); denoland/deno, cli/args.
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.pipeline import urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.index_urls import index_at
from reachsim.pipeline.records import Confidence, Found, Gap

_FETCHES: Final = ("install", "i", "cache", "add", "run", "test", "task", "compile", "bundle", "check", "bench",
                   "serve", "x", "outdated", "update", "publish", "eval", "vendor")  # fmt: skip
_FILES: Final = ("deno.json", "deno.jsonc", "import_map.json", "deps.ts")
_MODULE: Final = r"[\"'](jsr:|npm:|https?://[^\s\"']{1,300})"
_NAMED: Final = re.compile(rf"\b(?:from|import)\s{{0,9}}\(?\s{{0,9}}{_MODULE}")


def deno(call: Call) -> Outcome:
    given = arguments(call.words, ["config", "c", "import-map", "lock", "o", "output", "target", "cert", "L", "n",
                                   "name", "root", "log-level"])  # fmt: skip
    word, rest = (given.rest[0], given.rest[1:]) if given.rest else ("", [])
    if word not in _FETCHES and not re.search(r"\.[cm]?[jt]sx?$", word):
        return Outcome((), None)
    if given.has("cached-only", "no-remote") or call.env("DENO_NO_REMOTE"):
        return Outcome((), None)
    asked: Confidence = "certain" if word in ("install", "i", "cache", "add") else "likely"
    if word == "add":
        rest = [one if ":" in one else f"jsr:{one}" for one in rest]
    named = [*rest, *(one for one in (given.last("import-map"), given.last("config", "c")) if one)]
    modules: list[str] = []
    for name in (*_FILES, *(one for one in named if "://" not in one)):
        text = re.sub(r"(?m)^[ \t]*//.*$", "", call.read(name) or "")
        modules += re.findall(_MODULE if ".json" in name else _NAMED, text)
    modules += [match[1] for one in rest if (match := re.match(r"(jsr:|npm:|https?://\S+)", one))]
    if (call.json("package.json") or {}).get("dependencies"):
        modules.append("npm:")
    found: list[Found] = []
    for one in dict.fromkeys(modules):
        if one == "jsr:":
            found += index_at(call.env("JSR_URL"), "jsr", asked)
        elif one == "npm:":
            found += index_at(call.env("NPM_CONFIG_REGISTRY"), "npm", asked)
        else:
            found += urls.destination(one, "package", "certain" if one in rest else asked)
    if word == "task" or given.has("allow-net", "allow-all", "A", "N"):  # without, a program has no network
        found.append(Gap(call.command.text, "a deno program; of it only what it writes out is read"))
    return Outcome(tuple(dict.fromkeys(found)), None)
