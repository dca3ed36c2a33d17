"""asdf and mise: tools in the versions that a command or ``.tool-versions`` names, and where each comes from.

**Source:** asdf documentation, "Plugins" (cloned), ``.tool-versions``; asdf-nodejs (ASDF_NODE_BUILD_MIRROR_URL, else
nodejs.org); mise, src/config/settings (node.mirror_url) and documentation, "Registry"; ruby-build and python-build.
"""

from __future__ import annotations

import re
from typing import Final

from reachsim.pipeline import knowledge, tasks, urls
from reachsim.pipeline.call import Call, Outcome
from reachsim.pipeline.records import Destination, Found

_INDEXES: Final = {"nodejs": "node-releases", "node": "node-releases", "ruby": "ruby-releases",
                   "python": "python-releases", "golang": "go-downloads", "go": "go-downloads", "rust": "rust",
                   "terraform": "terraform-releases", "packer": "terraform-releases",
                   "vault": "terraform-releases"}  # fmt: skip
_HOSTS: Final = {"kubectl": "dl.k8s.io", "helm": "get.helm.sh", "deno": "dl.deno.land", "java": "api.adoptium.net"}
_FILES: Final = (".tool-versions", "mise.toml", ".mise.toml", "/root/.tool-versions")


_COMMANDS: Final = frozenset(["install", "i", "use", "u", "x", "exec", "upgrade", "up", "activate", "env", "e", "ls",
                              "list", "trust", "plugins", "p", "settings", "set", "unset", "which", "where", "current",
                              "doctor", "cache", "config", "cfg", "latest", "ls-remote", "outdated", "prune",
                              "reshim", "self-update", "shell", "sync", "tasks", "t", "uninstall", "version", "watch",
                              "generate", "link", "fmt", "alias", "a", "bin-paths", "completion", "deactivate",
                              "en", "implode", "registry", "search", "tool"])  # fmt: skip
"""Commands of mise's own; another word names a task."""


def asdf(call: Call) -> Outcome:
    words = [word for word in call.words if not word.startswith("-")]
    plugin = words[:2] == ["plugin", "add"] or words[:1] == ["plugin-add"]
    if plugin:
        named = next((word for word in words if "://" in word), "")
        found = urls.git_destination(
            named or "https://github.com/asdf-vm/asdf-plugins", "certain" if named else "likely"
        )
        return Outcome(tuple(found), "")
    if words[:1] != ["install"]:
        return Outcome((), None)
    return Outcome(tuple(_installed(call, words[1:2])), "")


def mise(call: Call) -> Outcome:
    words = [word for word in call.words if not word.startswith("-")]
    if words[:1] in (["run"], ["r"]) and len(words) > 1:
        of_task = tasks.named(call, "mise", words[1], words[2:]) or [tasks.absent(call, words[1])]
        return Outcome((*_installed(call, [], precompiled=True), *of_task), None)
    task = tasks.named(call, "mise", words[0], words[1:]) if words else None
    if task is not None and words[0] not in _COMMANDS:
        return Outcome(tuple(task), None)
    if words[:1] not in (["install"], ["i"], ["use"], ["u"], ["x"], ["exec"], ["upgrade"], ["up"]):
        return Outcome((), None)
    if "--" in call.words:
        words = [word for word in call.words[: call.words.index("--")] if not word.startswith("-")]
    named = [word.split("@")[0] for word in words[1:] if "@" in word or words[0] in ("install", "i", "use", "u")]
    versions = Destination("mise-versions.jdx.dev", 443, "download", "likely")
    return Outcome((versions, *_installed(call, named, precompiled=True)), "")


def _installed(call: Call, names: list[str], *, precompiled: bool = False) -> list[Found]:
    """Where tools come from; without names, those that the version files list."""
    texts = [] if names else [call.read(name) or "" for name in _FILES]
    listed = [one for text in texts for one in re.findall(r"(?m)^[ \t]*([\w-]+)[ \t=]+[\w\"']", text)]
    found: list[Found] = []
    for name in names or listed:
        if name == "python" and precompiled:
            found.append(Destination("github.com", 443, "download", "likely"))
        elif name in _INDEXES:
            found += knowledge.index(_INDEXES[name], "likely")
        elif name in _HOSTS:
            found.append(Destination(_HOSTS[name], 443, "download", "likely"))
        else:
            found.append(Destination("github.com", 443, "download", "likely" if precompiled else "possible"))
    return list(dict.fromkeys(found)) or [Destination("github.com", 443, "download", "possible")]
