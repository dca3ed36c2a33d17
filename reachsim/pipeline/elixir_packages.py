"""mix: Hex, the assets' tools that Phoenix fetches, archives by their URLs, and the tasks that mix.exs puts together.

**Source:** Mix documentation ("mix do", "Aliases", "mix archive.install"); Hex documentation; the documentation of the
packages esbuild (``mix esbuild.install``: the npm registry) and tailwind (``mix tailwind.install``: GitHub releases).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reachsim.pipeline import declared, knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments, quoted
from reachsim.pipeline.records import Found, Gap, Script
from reachsim.pipeline.variables import shown

_DEEPEST: Final = 5
_TAILWIND: Final = "https://github.com/tailwindlabs/tailwindcss/releases/download/"
_OF_HEX: Final = ("deps.get", "local.hex", "local.rebar", "archive.install hex", "hex.publish", "deps.update")
_OWN: Final = frozenset(
    ["app", "archive", "clean", "cmd", "compile", "coveralls", "credo", "deps", "dialyzer", "distillery", "do", "docs",
     "doctor", "ecto", "esbuild", "escript", "eval", "format", "gettext", "help", "hex", "iex", "loadconfig", "local",
     "new", "phx", "profile", "release", "run", "sass", "sentry", "sobelow", "tailwind", "test", "xref"]
)  # fmt: skip
"""First parts of the tasks of Mix, Hex, Phoenix, Ecto and of checkers: the rest are the project's own."""


def mix(call: Call) -> Outcome:
    """What the tasks contact that a command names, or an alias of mix.exs."""
    text = " ".join(call.words[1:] if call.words[:1] == ("do",) else call.words)
    tasks = re.split(r",\s|\s\+\s", text) if call.words[:1] == ("do",) else [text]
    found = [one for task in tasks for one in _of_task(call, task.strip(), call.read("mix.exs") or "", 0)]
    return Outcome(tuple(dict.fromkeys(found)), None)


def _of_task(call: Call, task: str, project: str, depth: int) -> Iterator[Found]:
    name = next((word for word in task.split() if not word.startswith("-")), "")
    alias = re.search(rf"(?:\"{re.escape(name)}\"|\b{re.escape(name)}):\s*\[([^\[\]]*)\]", project) if name else None
    if alias and depth < _DEEPEST:
        for one in re.findall(r"\"([^\"\n]+)\"", alias[1]):
            yield from _of_task(call, one, "" if one.split()[0] == name else project, depth + 1)
        return
    if task.startswith(_OF_HEX):
        yield from knowledge.index("hex")
        yield from declared.sources(call, "mix", "certain")[0] if name.startswith("deps.") else ()
    elif name == "esbuild.install":
        yield from knowledge.index("npm", "likely")
    elif name == "tailwind.install":
        yield from (*urls.destination(_TAILWIND, confidence="likely"), *urls.redirects(_TAILWIND, "likely"))
    elif name == "cmd":
        given = arguments(task.split()[1:], ["cd", "app"], stop=True)
        folder = given.last("cd")
        yield Script((f"cd {quoted(folder)} && " if folder else "") + " ".join(given.rest))
    elif name in ("archive.install", "escript.install"):
        yield from (one for word in task.split() if "://" in word for one in urls.fetched(word))
    elif name and name.split(".")[0] not in _OWN:
        yield Gap(call.command.text, f"what the task {shown(name)} of the project contacts is not known")
