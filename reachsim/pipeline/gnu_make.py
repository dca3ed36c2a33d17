"""``make``: the recipes of its targets, as scripts.

**Source:** GNU make manual, "How to Run make" and "Syntax of Conditionals".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from itertools import groupby

from reachsim.pipeline import makefile
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.cmake import is_generated
from reachsim.pipeline.records import Choice, Found, Gap, Script
from reachsim.pipeline.variables import expand, shown, unknown


def make(call: Call) -> Outcome:
    """What make runs, with the makefile's variables."""
    given = arguments(call.words, ["C", "directory", "f", "file", "makefile", "j", "o", "I", "l"])
    if given.has("v", "version", "h", "help") and not given.rest:
        return Outcome((), None)
    folder = given.last("C", "directory") or "."
    names = given.all("f", "file", "makefile") or ["GNUmakefile", "makefile", "Makefile"]
    place = next((one for name in names if call.read(one := posixpath.join(folder, name)) is not None), "")
    text = call.read(place) if place else None
    if text is None:
        return Outcome(
            () if is_generated(call, folder) else (Gap(call.command.text, "there is no makefile in the context"),), None
        )
    targets = [word for word in given.rest if "=" not in word]
    settings = dict(word.split("=", 1) for word in given.rest if "=" in word)
    if given.has("e", "environment-overrides"):
        settings = call.variables | settings

    def included(word: str) -> list[tuple[str, str]]:
        paths = call.machine.glob(call.path(posixpath.join(folder, word))) if "*" in word else []
        paths = paths or [call.path(posixpath.join(folder, word))]
        return [(path, text) for path in paths if (text := call.machine.read(path)) is not None]

    settings |= {"CURDIR": call.path(folder), "MAKEFILE_LIST": place}
    found, missing, variables = makefile.recipes(text, targets, settings, included, call.variables)
    plain = {name: value for name, value in call.variables.items() if name not in settings}
    base = _valued(plain | {"MAKE": "make"}, variables)
    named = dict.fromkeys(["MAKE", *map(_plain, variables)])
    mentioned: dict[str, list[str]] = {}
    for name, value in variables.items():
        for one in re.findall(r"\$[({]([\w.-]+)[)}]", value):
            mentioned.setdefault(one, []).append(name)
    seen: dict[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = {}

    def values(own: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """The variables as a target sees them, whose own go before the makefile's and change those that name them."""
        if own not in seen:
            changed = {name: value for name, value in own if name not in settings}
            queue = list(changed)
            while queue:
                for name in mentioned.get(queue.pop(), ()):
                    if name not in changed and name not in settings:
                        changed[name] = variables[name]
                        queue.append(name)
            merged = _valued(base, changed) if changed else base
            names = [*named, *(name for name in map(_plain, changed) if name not in named)]
            seen[own] = tuple((name, merged[name]) for name in names)
        return seen[own]

    def script(one: makefile.Line) -> Script:
        file = call.machine.context_path(one.file or call.path(place)) or place
        return Script(one.text, file, one.line, values(one.own), directory=call.path(folder))

    scripts = [one for recipe in found for one in _recipe(recipe.commands, script)]
    gaps = [Gap(call.command.text, f"the makefile has no plain rule for {shown(name)}") for name in missing]
    return Outcome((*scripts, *gaps), None)


def _recipe(lines: Sequence[makefile.Line], script: Callable[[makefile.Line], Script], depth: int = 0) -> list[Found]:
    """The lines of a recipe, those in branches of one conditional as a choice of them."""
    found: list[Found] = []
    for _, group in groupby(lines, lambda one: one.within[depth].conditional if len(one.within) > depth else 0):
        together = list(group)
        if len(together[0].within) <= depth:
            found += map(script, together)
            continue
        arms: dict[int, list[makefile.Line]] = {}
        for one in together:
            arms.setdefault(one.within[depth].number, []).append(one)
        walked = tuple((tuple(_recipe(arm, script, depth + 1)), True) for arm in arms.values())
        found.append(Choice(walked, len(arms) == together[0].within[depth].of))
    return found


def _plain(name: str) -> str:
    """A variable of make by a name that the shell can have."""
    return re.sub(r"[.-]", "_", name)


def _valued(before: dict[str, str], variables: dict[str, str]) -> dict[str, str]:
    """The values known before, and those of a makefile's variables, with what they name filled in."""
    merged = dict(before)
    names = {name: _plain(name) for name in variables}
    for name, value in variables.items():
        merged[names[name]] = re.sub(r"\$[({]([\w.-]+)[)}]", r"${\1}", value)
    for _ in range(4):
        for name in names.values():
            if "$" in merged[name]:
                short = len(merged[name]) <= makefile.MAX_OWN // 2
                merged[name] = expand(merged[name], merged) if short else unknown(name)
    return merged
