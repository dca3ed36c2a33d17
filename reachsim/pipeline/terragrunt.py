"""Terragrunt: the modules that its units name, the state that it configures, and Terraform in every unit.

**Source:** Terragrunt documentation, "terraform block: source" (Terraform's module sources, ``tfr://``), "remote_state
block", "Auto-init", "run-all" and "run --all", "find_in_parent_folders".
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from reachsim.pipeline import deploy, knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Found, Gap, Script
from reachsim.pipeline.variables import is_known

_VALUED: Final = ["terragrunt-working-dir", "working-dir", "terragrunt-config", "config", "terragrunt-parallelism",
                  "parallelism", "var", "var-file", "target", "out", "lock-timeout", "terragrunt-source", "source",
                  "queue-include-dir", "queue-exclude-dir", "terragrunt-include-dir", "terragrunt-exclude-dir",
                  "terragrunt-log-level", "log-level", "terragrunt-iam-role", "terragrunt-tfpath"]  # fmt: skip
_PARENTS: Final = ("root.hcl", "terragrunt.hcl")
_OPENS: Final = ("init", "plan", "apply", "destroy", "import", "refresh", "output", "state", "validate", "show",
                 "get", "providers")  # fmt: skip
MAX_UNITS: Final = 50
_SOURCE: Final = re.compile(r"(?s)\bterraform\s*\{[^{}]{0,2000}?\bsource\s*=\s*\"([^\"]+)\"")
_STATE: Final = re.compile(
    r"(?s)\bremote_state\s*\{.{0,2000}?\bbackend\s*=\s*\"(\w+)\".{0,2000}?\bconfig\s*=\s*\{([^{}]{0,3000})\}"
)


def terragrunt(call: Call) -> Outcome:
    given = arguments([re.sub("^-(?=[a-z]{2})", "--", one) for one in call.words], _VALUED)
    words = [one for one in given.rest if one not in ("run", "stack", "--")]
    every = "run-all" in words or given.has("all", "a") or given.rest[:1] == ["stack"]
    words = [one for one in words if one not in ("run-all", "run")]
    word = re.sub("-all$", "", words[0]) if words else ""
    every = every or (bool(words) and words[0].endswith("-all"))
    if word not in _OPENS:
        return Outcome((), None)
    home = call.path(given.last("terragrunt-working-dir", "working-dir") or ".")
    units = _units(call, home) if every else [home]
    found: list[Found] = list(knowledge.tool("terragrunt", "run"))
    read = 0
    for unit in units[:MAX_UNITS]:
        texts = [text for name in ("terragrunt.hcl", "terragrunt.stack.hcl")
                 if (text := call.machine.read(posixpath.join(unit, name))) is not None]  # fmt: skip
        read += len(texts)
        found += _unit(call, unit, _plain("\n".join(texts)), word)
    if not read:
        found.append(Gap(call.command.text, "which modules and state it uses: no terragrunt.hcl is in the context"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def _units(call: Call, home: str) -> list[str]:
    """The folders at and below one that have a ``terragrunt.hcl``."""
    inside = call.machine.context_path(home) or "."
    start = "" if inside == "." else f"{inside}/"
    held = [one for one in call.machine.context if one.startswith(start)]
    folders = [posixpath.dirname(one.removeprefix(start)) for one in held if posixpath.basename(one) == _PARENTS[1]]
    return [posixpath.normpath(posixpath.join(home, one)) for one in folders]


def _plain(text: str) -> str:
    return re.sub(r"(?m)^[ \t]*(?:#|//).*$", "", text)


def _unit(call: Call, unit: str, text: str, word: str) -> list[Found]:
    """What one unit fetches and opens, and Terraform where its configuration is in the context."""
    source = _SOURCE.search(text)
    state = _STATE.search(text) or _STATE.search(_parent(call, unit) if "find_in_parent_folders" in text else "")
    found: list[Found] = []
    if state is not None and state[1] == "s3":
        found += deploy.backend(call, f'backend "s3" {{{state[2]}}}', [])
    place = source[1] if source else "."
    local = is_known(place) and place.startswith((".", "/")) and "${" not in place
    if source and not local:
        found += _fetched(call, place)
        return found
    folder = posixpath.normpath(posixpath.join(unit, place.replace("//", "/")))
    if call.machine.glob(f"{folder}/*.tf"):
        run = "" if word in ("init", "get", "validate", "show") else f" && terraform {word}"
        found.append(Script(f"terraform init{run}", directory=folder))
    return found


def _parent(call: Call, unit: str) -> str:
    """The nearest file above a unit that it may include."""
    folder = posixpath.dirname(unit)
    while folder not in ("", "/"):
        for name in _PARENTS:
            text = call.machine.read(posixpath.join(folder, name))
            if text is not None:
                return _plain(text)
        folder = posixpath.dirname(folder)
    return ""


def _fetched(call: Call, source: str) -> list[Found]:
    if source.startswith("tfr://"):
        host = source.removeprefix("tfr://").split("/")[0]
        public = [*knowledge.index("terraform")[:1], *urls.destination("https://github.com/", "download", "likely")]
        return urls.destination(f"https://{host}", "package") if host else public
    if "${" in source:
        found = deploy.modules(call, f'module "m" {{ source = "{re.sub(r"[$].*", "", source)}" }}')
        return found or [Gap(call.command.text, f"which module it uses: {source}")]
    return deploy.modules(call, f'module "m" {{ source = "{source}" }}')
