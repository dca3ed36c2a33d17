"""``just RECIPE…``: the commands of a justfile.

Dependencies, parameters, assignments, backticks, imports and recipes with a first line ``#!`` are read; functions and
conditional expressions are not known, a value that the environment sets is.
**Source:** just manual, "Recipe Parameters", "Dependencies", "Shebang Recipes", "Imports", "Command Evaluation Using
Backticks", "Functions" (``env_var``).
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from msgspec import Struct

from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Found, Gap, Script
from reachsim.pipeline.variables import MAX_VALUE, is_known, shown, unknown

MAX_RECIPES: Final = 200
MAX_DEPTH: Final = 8
_NAMES: Final = ("justfile", "Justfile", ".justfile", "JUSTFILE")
_PASSIVE: Final = ("l", "list", "summary", "dump", "evaluate", "show", "s", "fmt", "version", "V", "help", "h",
                   "dry-run", "n", "init", "edit", "e", "groups", "variables", "usage")  # fmt: skip
_HEADER: Final = re.compile(r"@?([A-Za-z_][\w-]*+)((?:[ \t](?:'[^'\n]*+'|\"[^\"\n]*+\"|[^:'\"\n])*+)?):(?!=)([^\n]*)")
_SET: Final = re.compile(r"(?:export[ \t]+)?([A-Za-z_][\w-]*)[ \t]*:=[ \t]*([^\n]*)")
_PIECE: Final = re.compile(r"\"((?:[^\"\\]|\\.)*+)\"|'([^']*+)'|`([^`]*+)`|([A-Za-z_][\w-]*+)(\()?")


class _Recipe(Struct):
    parameters: list[tuple[str, str | None, bool]]  # name, default, whether it takes the rest
    needs: list[str]
    lines: list[str]
    line: int
    file: str


class _Just:
    def __init__(self, call: Call) -> None:
        self.call = call
        self.recipes: dict[str, _Recipe] = {}
        self.values: dict[str, str] = {}
        self.exported: list[str] = []
        self.aliases: dict[str, str] = {}
        self.found: list[Found] = []
        self.done: set[tuple[str, ...]] = set()
        self.first = ""
        self.read_files: set[str] = set()
        self.known: dict[str, str] = {}  # values that were worked out; one that is being worked out is unknown

    def read(self, place: str, depth: int = 0) -> bool:
        text = self.call.read(place)
        path = self.call.path(place)
        if path in self.read_files:
            return True
        if text is None or depth > MAX_DEPTH:
            return False
        self.read_files.add(path)
        recipe: _Recipe | None = None
        file = self.call.machine.context_path(self.call.path(place)) or place
        for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
            if line[:1] in (" ", "\t"):
                if recipe is not None:
                    recipe.lines.append(line)
            elif line.strip():
                recipe = self._line(line, number, file, place, depth)
            elif recipe is not None:
                recipe.lines.append("")
        return True

    def _line(self, line: str, number: int, file: str, place: str, depth: int) -> _Recipe | None:
        other = re.match(r"(import|mod)\??[ \t]+['\"]?([^'\"\n]+)['\"]?", line)
        alias = re.match(r"alias[ \t]+([\w-]+)[ \t]*:=[ \t]*([\w-]+)", line)
        value = _SET.match(line)
        if line.startswith(("#", "set ", "[")):
            return None
        if other is not None:
            path = posixpath.join(posixpath.dirname(place), other[2].strip())
            if not self.read(path, depth + 1) and "?" not in line.split()[0]:
                self.found.append(Gap(shown(line), "an imported justfile that is not in the context"))
        elif alias is not None:
            self.aliases[alias[1]] = alias[2]
        elif value is not None:
            self.values.setdefault(value[1], value[2])
            self.exported += [value[1]] if line.startswith("export") else []
        else:
            header = _HEADER.match(line)
            if header is not None:
                one = _Recipe(_parameters(header[2]), _needs(header[3]), [], number, file)
                self.first = self.first or header[1]
                return self.recipes.setdefault(header[1], one)
        return None

    def run(self, words: list[str], depth: int = 0) -> list[str]:
        """Run the recipe that the first word names with the words behind it that it takes; the others."""
        if not words:
            return []
        name, rest = self.aliases.get(words[0], words[0]), words[1:]
        recipe = self.recipes.get(name)
        if recipe is None:
            self.found.append(Gap(self.call.command.text, f"the justfile has no recipe {shown(name)}"))
            return []
        given: dict[str, str] = {}
        for parameter, default, takes_rest in recipe.parameters:
            if takes_rest:
                given[parameter], rest = " ".join(rest) or self._value(default or "''", {}), []
            elif rest:
                given[parameter], rest = rest[0], rest[1:]
            else:
                given[parameter] = self._value(default, given) if default is not None else unknown(parameter)
        key = (name, *given.values())
        if key not in self.done and depth < 20 and len(self.done) < MAX_RECIPES:
            self.done.add(key)
            split = recipe.needs.index("&&") if "&&" in recipe.needs else len(recipe.needs)
            for one in recipe.needs[:split]:
                self.run([self._filled(word, given) for word in one.split()], depth + 1)
            self._body(recipe, given)
            for one in recipe.needs[split + 1 :]:
                self.run([self._filled(word, given) for word in one.split()], depth + 1)
        return rest

    def _body(self, recipe: _Recipe, given: dict[str, str]) -> None:
        variables = tuple((name, self._value(self.values[name], {})) for name in self.exported)
        indent = min((len(one) - len(one.lstrip()) for one in recipe.lines if one.strip()), default=0)
        lines = [one[indent:] for one in recipe.lines]
        text = "\n".join(lines).strip("\n")
        if text.startswith("#!"):
            first, _, rest = text.partition("\n")
            named = [posixpath.basename(one) for one in first[2:].split() if not one.startswith("-")]
            program = next((one for one in named if one != "env"), "sh")
            if not program.endswith("sh"):
                rest = f"{program} - <<'JUST_BODY'\n{rest}\nJUST_BODY"
            self._script(rest, recipe, recipe.line + 2, given, variables)
            return
        number = recipe.line
        for one in re.split(r"(?<!\\)\n", text):
            self._script(one.strip().lstrip("@-"), recipe, number + 1, given, variables)
            number += one.count("\n") + 1

    def _script(
        self, text: str, recipe: _Recipe, line: int, given: dict[str, str], variables: tuple[tuple[str, str], ...]
    ) -> None:
        if text.strip() and not text.startswith("#"):
            self.found.append(Script(self._filled(text, given), recipe.file, line, variables))

    def _filled(self, text: str, given: dict[str, str]) -> str:
        """A text with its ``{{EXPRESSION}}`` filled in."""
        whole = re.sub(r"\{\{(?!\{)([^{}]*)\}\}", lambda match: self._value(match[1], given), text)
        return whole if len(whole) <= MAX_VALUE else unknown("value")

    def _value(self, written: str, given: dict[str, str], depth: int = 0) -> str:
        """The value of an expression: texts, names and backticks, joined by ``+`` and ``/``."""
        written = written.partition(" #")[0].strip()
        function = re.fullmatch(r"env(?:_var|_var_or_default)?\([ ]?['\"](\w{1,100})['\"](?:,([^\n]+))?\)", written)
        if function:
            default = self._value(function[2], given, depth + 1) if function[2] and depth < 8 else unknown(function[1])
            return self.call.env(function[1]) or default
        found = ""
        place = 0
        for match in _PIECE.finditer(written):
            between = written[place : match.start()].strip()
            place = match.end()
            if between not in ("", "+", "/") or match[5] or depth > 8:
                return unknown(match[4] or "value")
            found += "/" if between == "/" else ""
            if match[3] is not None:
                found += f"$({match[3]})"
            elif match[4] is not None:
                found += given[match[4]] if match[4] in given else self._named(match[4], depth)
            else:
                found += match[1] if match[1] is not None else match[2]
        return found if not written[place:].strip() and len(found) <= MAX_VALUE else unknown("value")

    def _named(self, name: str, depth: int) -> str:
        if name not in self.known:
            self.known[name] = unknown(name)
            if name in self.values:
                self.known[name] = self._value(self.values[name], {}, depth + 1)
        return self.known[name]


def just(call: Call) -> Outcome:
    """The scripts that just runs, in order; each line is a shell of its own."""
    given = arguments(
        call.words, ["f", "justfile", "d", "working-directory", "shell", "dotenv-path", "color"], stop=True
    )
    if given.has(*_PASSIVE):
        return Outcome((), None)
    place = given.last("f", "justfile") or next((one for one in _NAMES if call.exists(one)), "")
    runner = _Just(call)
    if not place or not runner.read(place):
        return Outcome((Gap(call.command.text, "there is no justfile in the context that can be read"),), None)
    rest = list(given.rest)
    while rest and re.match(r"[\w-]+=", rest[0]):
        name, _, value = rest.pop(0).partition("=")
        runner.values[name] = f"'{value}'" if is_known(value) else f"'{unknown(name)}'"
    rest = rest or [runner.first]
    folder = given.last("d", "working-directory") or posixpath.dirname(place)
    while rest and rest[0]:
        rest = runner.run(rest)
    there = call.path(folder or ".")
    found = [Script(one.text, one.file, one.line, one.variables, directory=there) if isinstance(one, Script) else one
             for one in runner.found]  # fmt: skip
    return Outcome(tuple(dict.fromkeys(found)), None)


def _parameters(text: str) -> list[tuple[str, str | None, bool]]:
    found = []
    for match in re.finditer(
        r"([*+]?)\$?([A-Za-z_][\w-]*+)(?:\s{0,9}=\s{0,9}(\"[^\"]*+\"|'[^']*+'|`[^`]*+`|[\w-]++))?", text
    ):
        found.append((match[2], match[3], bool(match[1])))
    return found


def _needs(text: str) -> list[str]:
    """The recipes that go before, and behind ``&&`` those that follow; each with its arguments."""
    found = re.findall(r"\(([^()]{0,300})\)|(&&)|([A-Za-z_][\w-]*)", text.partition(" #")[0])
    return [" ".join(re.sub(r"['\"]", "", inner).split()) or both or name for inner, both, name in found]
