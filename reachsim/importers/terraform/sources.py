"""Where Terraform's configuration declares what a plan holds, as ``FILE:LINE``: a plan's JSON does not tell.

The files of the root module lie where the plan was made, as a rule beside its JSON, and a module that is called by a
local path lies there. Of any other module the call is pointed at. A file that declares nothing of the plan is no source
of it. Only the lines that begin a block are looked at.

**Source:** HashiCorp, Terraform language, "Files and Directories", "Module Sources" (local paths begin with ``./`` or
``../``); "JSON Output Format", "Configuration Representation".
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from reachsim.importers.terraform.addresses import labels_of
from reachsim.importers.terraform.plan import Instance, Plan

_BLOCK: Final = re.compile(
    r'^[ \t]*(?:resource[ \t]+"([^"\n]+)"[ \t]+"([^"\n]+)"|module[ \t]+"([^"\n]+)")', re.MULTILINE
)
_ENDINGS: Final = (".tf", ".tofu")
_MOST_FILES: Final = 500
_MOST_BYTES: Final = 1 << 20

Blocks = Mapping[tuple[str, str], str]
"""(kind or "module", name) -> the place of its block."""


class Sources:
    """Looks places up, each folder read once."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._root = folder
        self._configuration = plan.configuration
        self._read: dict[str, Blocks] = {}

    def place(self, one: Instance) -> str:
        """Where the block of an instance, or the call of its module, begins; "" if no file here tells."""
        folder = self._root
        config: Mapping[str, Any] = self._configuration
        for label in labels_of(one.module):
            call = (config.get("module_calls") or {}).get(label) or {}
            source = call.get("source")
            if not isinstance(source, str) or not source.startswith(("./", "../")):
                return self._blocks(folder).get(("module", label), "")
            folder, config = Path(os.path.normpath(folder / source)), call.get("module") or {}
        return self._blocks(folder).get((one.kind, one.name), "")

    def _blocks(self, folder: Path) -> Blocks:
        if str(folder) not in self._read:
            self._read[str(folder)] = blocks_in(folder)
        return self._read[str(folder)]


def blocks_in(folder: Path) -> Blocks:
    """The blocks that the configuration files of a folder begin; nothing of files that cannot be read."""
    found: dict[tuple[str, str], str] = {}
    try:
        files = sorted(one for one in folder.iterdir() if one.name.endswith(_ENDINGS))[:_MOST_FILES]
    except OSError:
        return found
    for file in files:
        try:
            text = file.read_text("utf-8-sig") if file.stat().st_size <= _MOST_BYTES else ""
        except (OSError, UnicodeError):  # a place is a help, not a part of the answer
            continue
        line, last = 1, 0
        for match in _BLOCK.finditer(text):
            line += text.count("\n", last, match.start(0))
            last = match.start(0)
            key = ("module", match[3]) if match[3] else (match[1], match[2])
            found.setdefault(key, f"{file}:{line}")
    return found
