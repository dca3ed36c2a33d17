"""conda, mamba and micromamba: the channels that an installation asks, and an environment's pip packages.

**Source:** conda documentation, "Managing channels" (``-c`` goes first, the defaults follow unless they are overridden
or left out of .condarc), "Creating an environment from an environment.yml file", "conda run"; conda-forge/miniforge
README (conda-forge stands in the defaults' place).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.records import Confidence, Found, Gap
from reachsim.pipeline.variables import is_known
from reachsim.pipeline.yaml import load

_VALUED: Final = ["n", "name", "p", "prefix", "c", "channel", "f", "file", "revision", "solver", "subdir", "platform"]
_ASKS: Final = ("install", "create", "update", "upgrade", "search")


def conda(call: Call) -> Outcome:
    given = arguments(call.words, _VALUED)
    words = list(given.rest)
    in_environment = words[:1] == ["env"]
    word = words[1] if in_environment and len(words) > 1 else words[0] if words else ""
    if word == "config":
        _configured(call, given)
        return Outcome((), "")
    if word not in _ASKS or given.has("offline", "dry-run", "help") or given.has("use-local"):
        return Outcome((), None)
    names = given.all("f", "file")
    if in_environment and not names:
        names = ["environment.yml"]
    channels, found = list(given.all("c", "channel")), []
    for name in names:
        document: Any = load(call.read(name) or "") if is_known(name) else None
        if isinstance(document, dict):
            listed = document.get("channels")
            channels += [str(one) for one in listed] if isinstance(listed, list) else []
            found += _pip(document.get("dependencies"))
        elif name.endswith((".yml", ".yaml")):
            found.append(Gap(call.command.text, f"{name} is not in the context, or names no channels"))
    return Outcome(tuple(dict.fromkeys([*_of_channels(call, given, channels), *found])), "")


def pixi(call: Call) -> Outcome:
    """pixi: the channels of its manifest, and PyPI where packages come from there."""
    given = arguments(call.words, ["e", "environment", "manifest-path", "c", "channel", "s", "spec", "f", "feature"],
                      stop=True)  # fmt: skip
    word = given.rest[0] if given.rest else ""
    if word not in ("install", "i", "add", "update", "upgrade", "lock", "run", "r", "shell", "global", "exec", "x"):
        return Outcome((), None)
    text = call.first(given.last("manifest-path") or "pixi.toml", "pixi.toml", "pyproject.toml") or ""
    listed = re.search(r"(?m)^[ \t]*+channels[ \t]*+=[ \t]*+\[([^\]]{0,2000})\]", text)
    channels = [*given.all("c", "channel"), *re.findall(r"[\"']([^\"']{1,300})[\"']", listed[1] if listed else "")]
    found: list[Found] = []
    sure: Confidence = "certain" if word in ("install", "i") else "likely"
    for one in dict.fromkeys(channels or ["conda-forge"]):
        found += urls.destination(one, "package", sure) if "://" in one else knowledge.index("conda", sure)
    if re.search(r"(?m)^[ \t]*+\[(?:[\w-]++\.)*+pypi-dependencies\b", text):
        found += knowledge.index("pypi", "likely")
    return Outcome(tuple(dict.fromkeys(found)), None)


def _configured(call: Call, given: Arguments) -> None:
    words = list(call.words)
    for option, name in pairwise(words):
        if option in ("--add", "--append", "--prepend") and name == "channels":
            added = words[words.index(option) + 2 : words.index(option) + 3]
            call.configure("conda.channels", " ".join([call.setting("conda.channels") or "", *added]).strip())
    if given.has("remove") and "defaults" in words:
        call.configure("conda.no-defaults", "yes")


def _of_channels(call: Call, given: Arguments, channels: list[str]) -> list[Found]:
    file: Any = load(call.first("/root/.condarc", ".condarc") or "")
    listed = file.get("channels") if isinstance(file, dict) else None
    kept = [str(one) for one in listed] if isinstance(listed, list) else []
    named = [*channels, *(call.setting("conda.channels") or "").split(), *kept]
    found: list[Found] = []
    sure: Confidence = "likely" if call.cached("conda", "/pkgs") else "certain"
    for one in named:
        if "://" in one:
            found += urls.destination(one, "package", sure)
        elif one in ("defaults", "main", "r", "anaconda"):
            found += knowledge.index("conda-defaults", sure)
        elif one != "nodefaults":
            found += knowledge.index("conda", sure)
    without = given.has("override-channels") or "nodefaults" in named or kept or call.setting("conda.no-defaults")
    forge = re.search(r"(?:^|/)condaforge/", call.machine.image) or call.setting("conda.base") == "conda-forge"
    if forge and not without and "defaults" not in named:
        return [*found, *knowledge.index("conda", sure)]
    if call.program != "conda" and not named:
        return [*found, *knowledge.index("conda", "likely")]
    if call.program == "conda" and not without and "defaults" not in named:
        # Miniforge has conda-forge in the place of the defaults; which of them is installed shows in the image alone.
        surely = re.search(r"(?:^|/)continuumio/", call.machine.image) or call.setting("conda.base") == "defaults"
        found += knowledge.index("conda-defaults", sure if surely else "likely")
    return found


def _pip(listed: Any) -> list[Found]:
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and one.get("pip"):
            found: list[Found] = list(knowledge.index("pypi"))
            for line in one["pip"] if isinstance(one["pip"], list) else []:
                url = re.search(r"(?:git\+)?https?://\S+", str(line))
                found += urls.destination(url[0].removeprefix("git+")) if url else []
            return found
    return []
