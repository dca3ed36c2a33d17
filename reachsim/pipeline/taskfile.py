"""``task NAME…``: the commands of a Taskfile.

Dependencies, calls of other tasks, variables (also those of a command's output), included Taskfiles and loops over
lists are read; templates that do more than name a variable are not known.
**Source:** Task documentation, "Schema Reference", "Usage" (file names, dependencies, includes, ``for``).
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, Final

from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Found, Gap, Script
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.variables import filled, shown, unknown
from reachsim.pipeline.yaml import load

_FILES: Final = ("Taskfile.yml", "taskfile.yml", "Taskfile.yaml", "taskfile.yaml", "Taskfile.dist.yml",
                 "taskfile.dist.yml", "Taskfile.dist.yaml", "taskfile.dist.yaml")  # fmt: skip
_MAX_TASKS: Final = 500
_PASSIVE: Final = ("list", "l", "list-all", "a", "version", "help", "h", "init", "i", "summary", "dry", "n", "status")
_Vars = dict[str, Any]


def task(call: Call) -> Outcome:
    """The scripts that task runs, in order; each is a shell of its own."""
    rest, _, behind = " ".join(("", *call.words, "")).partition(" -- ")
    given = arguments(rest.split(), ["d", "dir", "t", "taskfile", "o", "output", "C", "concurrency", "I", "interval"])
    if given.has(*_PASSIVE):
        return Outcome((), None)
    named = given.last("t", "taskfile")
    folder = given.last("d", "dir") or (posixpath.dirname(named) if named else ".")
    place = named or next((one for name in _FILES if call.exists(one := posixpath.join(folder, name))), "")
    runner = _Runner(call)
    if not place or not runner.read(place, folder, "", 0):
        return Outcome((Gap(call.command.text, "there is no Taskfile in the context that can be read"),), None)
    settings = {name: value for name, _, value in (word.partition("=") for word in given.rest if "=" in word)}
    settings["CLI_ARGS"] = behind.strip()
    for name in [word for word in given.rest if "=" not in word] or ["default"]:
        runner.run(name, settings, 0)
    return Outcome(tuple(dict.fromkeys(runner.found)), None)


class _Runner:
    def __init__(self, call: Call) -> None:
        self.call = call
        self.found: list[Found] = []
        self.tasks: dict[str, tuple[Any, str, str, _Vars, str]] = {}  # task, folder, file, variables, prefix
        self.done: set[tuple[str, str]] = set()

    def read(self, place: str, folder: str, prefix: str, depth: int) -> bool:
        """Add the tasks of a file and of those that it includes, under the names that these get."""
        text = self.call.read(place)
        document = load(text) if text is not None else None
        if not isinstance(document, dict) or depth > 8:
            return False
        variables: _Vars = {**table(document, "vars"), **table(document, "env")}
        for name, one in table(document, "tasks").items():
            self.tasks[prefix + name] = (one, folder, place, variables, prefix)
            for other in listing(table(one).get("aliases")):
                self.tasks[f"{prefix}{other}"] = self.tasks[prefix + name]
        for name, one in table(document, "includes").items():
            path = one if isinstance(one, str) else str(table(one).get("taskfile", ""))
            inner = posixpath.normpath(posixpath.join(posixpath.dirname(place), path))
            if not inner.endswith((".yml", ".yaml")):
                inner = next((f"{inner}/{file}" for file in _FILES if self.call.exists(f"{inner}/{file}")), inner)
            where = posixpath.join(folder, str(table(one).get("dir", "")))
            start = prefix if table(one).get("flatten") else f"{prefix}{name}:"
            there = "://" not in path and self.read(inner, where, start, depth + 1)
            if not there and not table(one).get("optional"):
                self.found.append(Gap(shown(path), "an included Taskfile that is not in the context"))
        return True

    def run(self, name: str, given: _Vars, depth: int) -> None:
        key = (name, repr(sorted(given.items(), key=str)))
        if key in self.done or depth > 40 or len(self.done) > _MAX_TASKS:
            return
        self.done.add(key)
        if name not in self.tasks:
            self.found.append(Gap(self.call.command.text, f"the Taskfile has no task {shown(name)}"))
            return
        body, folder, file, variables, prefix = self.tasks[name]
        if not isinstance(body, dict):
            body = {"cmds": body if isinstance(body, list) else [body]}
        known = {**variables, **table(body, "vars"), **table(body, "env"), **given, "TASK": name}
        where = posixpath.join(folder, str(body.get("dir") or "")) or "."
        for one in listing(body.get("deps")):
            if isinstance(one, str):
                self.run(_name(one, prefix), {}, depth + 1)
            elif isinstance(one, dict):
                self._step(one, known, where, file, prefix, depth)
        commands = body.get("cmds", body.get("cmd"))
        for one in commands if isinstance(commands, list) else [commands]:
            if isinstance(one, str):
                self._command(one, known, where, file)
            elif isinstance(one, dict):
                self._step(one, known, where, file, prefix, depth)

    def _step(self, one: dict[str, Any], known: _Vars, where: str, file: str, prefix: str, depth: int) -> None:
        looped = one.get("for")
        items = looped if isinstance(looped, list) else [unknown("ITEM")] if looped else [None]
        for item in items[:100]:
            inner = known if item is None else {**known, "ITEM": str(item)}
            command = one.get("cmd", one.get("defer"))
            other = one.get("task") or table(one, "defer").get("task")
            if isinstance(other, str):
                given = {key: _filled(value, inner) for key, value in table(one, "vars").items()}
                self.run(_name(str(_filled(other, inner)), prefix), given, depth + 1)
            elif isinstance(command, str):
                self._command(command, inner, where, file)

    def _command(self, text: str, known: _Vars, where: str, file: str) -> None:
        """A command, the variables that it names before it: those of a command's output are asked for by it."""
        path = self.call.machine.context_path(self.call.path(file)) or file
        source = self.call.read(file) or ""
        first = text.strip().split("\n")[0]
        line = next((number for number, row in enumerate(source.split("\n"), 1) if first and first in row), 1)
        asked = {name: str(value["sh"]) for name, value in known.items() if isinstance(value, dict) and "sh" in value}
        dynamic = [f"{name}=$({_template(made)}); " for name, made in asked.items() if f".{name}" in text]
        plain = {name: str(_filled(value, known)) for name, value in known.items() if isinstance(value, str)}
        self.found.append(Script("".join(dynamic) + _template(text), path, line, tuple(plain.items()),
                                 directory=self.call.path(where)))  # fmt: skip


def _name(text: str, prefix: str) -> str:
    return text.removeprefix(":") if text.startswith(":") else prefix + text


_NAMED: Final = re.compile(r"\{\{-?\s*\.(\w+)\s*-?\}\}")
_OTHER: Final = re.compile(r"\{\{[^{}]*\}\}")


def _template(text: str) -> str:
    """``{{.NAME}}`` as the shell's ``${NAME}``; any other template is not known."""
    return _OTHER.sub(unknown("template"), _NAMED.sub(r"${\1}", text))


def _filled(value: Any, known: _Vars) -> Any:
    if not isinstance(value, str):
        return value
    for _ in range(5):
        if "{{" not in value:
            break
        longer = filled(_NAMED, lambda match: _plain(known.get(match[1]), match[0]), value)
        value = unknown("value") if longer is None else longer
    return _OTHER.sub(unknown("template"), value)


def _plain(value: Any, written: str) -> str:
    return value if isinstance(value, str) and written not in value else unknown(written.strip("{} .-"))
