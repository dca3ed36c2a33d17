"""Tasks that a project names in TOML: those of pixi, PDM, Hatch, Rye, mise, Poe the Poet, cargo-make and Pipenv.

A task is a text, a list of texts, or a table with such and with the tasks that it depends on; an entry of a list may
be the name of another task. What it calls in Python is not read.
**Source:** pixi documentation, "Advanced tasks"; PDM, "Scripts"; Hatch, "Environment > Scripts"; mise, "TOML tasks",
"File tasks"; Poe the Poet, "Task types"; cargo-make README, "Tasks, Dependencies and Aliases"; Pipenv, "Custom script
shortcuts".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, Final

from reachsim import toml
from reachsim.pipeline.call import Call, Outcome, quoted
from reachsim.pipeline.records import Found, Gap, Script
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.variables import shown

MAX_TASKS: Final = 200
_TABLES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "pixi": (("pixi.toml", "tasks"), ("pixi.toml", "feature.*.tasks"), ("pyproject.toml", "tool.pixi.tasks"),
             ("pyproject.toml", "tool.pixi.feature.*.tasks")),
    "pdm": (("pyproject.toml", "tool.pdm.scripts"),),
    "hatch": (("pyproject.toml", "tool.hatch.envs.*.scripts"), ("hatch.toml", "envs.*.scripts")),
    "rye": (("pyproject.toml", "tool.rye.scripts"),), "pipenv": (("Pipfile", "scripts"),),
    "mise": (("mise.toml", "tasks"), (".mise.toml", "tasks")),
    "poe": (("pyproject.toml", "tool.poe.tasks"), ("poe_tasks.toml", "tasks")),
    "cargo-make": (("Makefile.toml", "tasks"),),
}  # fmt: skip
"""By program, the files and the tables in them; ``*`` stands for each table."""
_FOLDERS: Final = ("mise-tasks", ".mise-tasks", "mise/tasks", ".mise/tasks", ".config/mise/tasks")
_TEXTS: Final = ("cmd", "shell", "run", "script", "command")
_NEEDS: Final = ("depends", "depends-on", "depends_on", "dependencies", "deps", "wait_for", "depends_post", "run_task")
_LISTS: Final = ("composite", "sequence", "run", "script", "pre", "post")


def named(call: Call, program: str, name: str, rest: list[str]) -> list[Found] | None:
    """What a task runs, in order; None where the project has none of this name."""
    tasks = _Tasks(call, program)
    name = name.rsplit(":", 1)[-1] if program == "hatch" and name not in tasks.bodies else name
    if name not in tasks.bodies:
        return None
    tasks.run(name, rest)
    return tasks.found


def poe(call: Call) -> Outcome:
    """``poe TASK`` and ``makers TASK``; without a name, cargo-make runs ``default``."""
    words = [word for word in call.words if not word.startswith("-")]
    program = "poe" if call.program == "poe" else "cargo-make"
    name = words[0] if words else "default" if program == "cargo-make" else ""
    if not name:
        return Outcome((), None)
    return Outcome(tuple(named(call, program, name, words[1:]) or [absent(call, name)]), None)


def absent(call: Call, name: str) -> Gap:
    """That the task cannot be read."""
    return Gap(call.command.text, f"the files of the context have no task {shown(name)}")


class _Tasks:
    """The tasks of one project, and what those that ran have run."""

    def __init__(self, call: Call, program: str) -> None:
        self.call = call
        self.bodies: dict[str, tuple[Any, str]] = {}
        self.found: list[Found] = []
        self.running: list[str] = []
        self.done = 0
        for file, path in _TABLES.get(program, ()):
            for one in _at(_document(call, file), path.split(".")):
                self.bodies = {key: (body, file) for key, body in one.items()} | self.bodies
        for folder in _FOLDERS if program == "mise" else ():
            for place in call.machine.files_in(call.path(folder)):
                self.bodies.setdefault(posixpath.basename(place).split(".")[0], ([quoted(place)], folder))

    def run(self, name: str, rest: list[str]) -> None:
        body, file = self.bodies[name]
        self.done += 1
        if name in self.running or self.done > MAX_TASKS:
            return
        self.running.append(name)
        for other in [one for key in _NEEDS for one in _names(table(body).get(key))]:
            if other in self.bodies:
                self.run(other, [])
        for text, may_name in _commands(body):
            first = text.split()[0] if text.split() else ""
            if may_name and first in self.bodies and first != name:
                self.run(first, text.split()[1:])
            elif first:
                self._command(text, rest, body, file)
        if "call" in table(body) or re.fullmatch(r"[\w.]+:\w+(?:\(.*\))?", str(table(body).get("script", ""))):
            self.found.append(Gap(self.call.command.text, f"the task {shown(name)} calls a Python program"))
        self.running.pop()

    def _command(self, text: str, rest: list[str], body: Any, file: str) -> None:
        source = self.call.read(file) or ""
        first = text.strip().split("\n")[0]
        line = next((number for number, row in enumerate(source.split("\n"), 1) if first and first in row), 1)
        place = self.call.machine.context_path(self.call.path(file)) or file
        folder = next((str(table(body)[key]) for key in ("cwd", "dir", "working_dir") if key in table(body)), "")
        variables = tuple((key, str(value)) for key, value in table(body, "env").items() if isinstance(value, str))
        text = text.replace("{args}", "").replace("{args:", "{") if "{args" in text else text
        self.found.append(Script(" ".join([text, *map(quoted, rest)]), place if source else "", line, variables,
                                 directory=self.call.path(folder) if folder else None))  # fmt: skip


def _document(call: Call, file: str) -> dict[str, Any]:
    try:
        return toml.loads(call.read(file) or "")
    except ValueError:
        return {}


def _at(value: object, path: list[str]) -> Iterator[dict[str, Any]]:
    """The tables at the end of a path."""
    if not path:
        yield table(value)
        return
    for key in table(value) if path[0] == "*" else path[:1]:
        if key in table(value):
            yield from _at(table(value)[key], path[1:])


def _names(value: object) -> list[str]:
    """The tasks that a list names: texts, or tables with a name."""
    listed = value if isinstance(value, list) else [value]
    found = [
        one if isinstance(one, str) else str(table(one).get("task") or table(one).get("name") or "") for one in listed
    ]
    return [one.split()[0] for one in found if one.split()]


def _commands(body: object) -> Iterator[tuple[str, bool]]:
    """The texts that a task runs, each with whether it may be another task's name."""
    if isinstance(body, str):
        yield body, True
        return
    if isinstance(body, list):
        yield from ((one, True) for one in body if isinstance(one, str))
        return
    whole = table(body)
    if isinstance(whole.get("command"), str) and isinstance(whole.get("args"), list):  # cargo-make
        yield " ".join([whole["command"], *(quoted(str(one)) for one in whole["args"])]), False
        return
    for key in _LISTS:
        if isinstance(whole.get(key), list):
            yield from ((one, True) for one in whole[key] if isinstance(one, str))
    for key in _TEXTS:
        if isinstance(whole.get(key), str):
            yield whole[key], False
    if isinstance(whole.get("cmd"), list):
        yield " ".join(quoted(str(one)) for one in listing(whole["cmd"])), False
