"""The recipes that ``make TARGET`` runs.

Rules, pattern rules, prerequisites, variables, ``define`` with ``call``, conditionals and included makefiles are read,
functions as far as `make_functions` works them out.
**Source:** GNU Make Manual, "Rules", "How to Use Variables", "Including Other Makefiles", "Recipe Echoing", "Defining
and Redefining Pattern Rules", "Canned Recipes", "The call Function", "Syntax of Conditionals", "Variables from the
Environment".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from reachsim.pipeline.make_functions import Functions, has_function
from reachsim.pipeline.variables import filled, is_known, unknown

_RULE: Final = re.compile(r"^([^\s#:=][^#:=]*+)::?(?!=)\s*+([^=;#]*+)(?:;(.*)|#.*)?$")
_VARIABLE: Final = re.compile(r"^[ \t]*(?:export\s+|override\s+)*([\w.-]+)\s*(\?=|:=|::=|\+=|=|!=)\s*(.*)$")


_OWN: Final = re.compile(
    r"^([^\s#:=][^#:=]*+)::?[ \t]*+(?:(?:export|override|private)[ \t]++)*([\w.-]++)[ \t]*+(?:[?:+]|::)?=[ \t]*+(.*)$"
)
"""A variable of a target, and of what it needs."""
_DEFINE: Final = re.compile(r"(?:export[ \t]++|override[ \t]++)*define[ \t]++([\w.-]++)[ \t]*+:?=?[ \t]*+$")
_INCLUDE: Final = re.compile(r"^ *[-s]?include\s+(.+)$")
MAX_INCLUDED: Final = 50
MAX_OWN: Final = 2000
"""Characters of a variable's value that is put into its next one."""
MAX_ARGUMENTS: Final = 100
"""Of a call; further ones are not filled in."""
Included = Callable[[str], list[tuple[str, str]]]
"""What gives (name, text) of the makefiles that a word of an ``include`` names."""


class Arm(Struct, frozen=True):
    """A branch of a conditional that the files do not decide; ``of``: how many there are, 0 if none may be taken."""

    conditional: int
    number: int
    of: int


class Line(Struct, frozen=True):
    """A command of a recipe, where it stands ("": the first makefile), the branches around it, and the variables of
    its target.
    """

    text: str
    line: int
    file: str
    within: tuple[Arm, ...]
    own: tuple[tuple[str, str], ...] = ()


class Recipe(Struct, frozen=True):
    """The commands of one target."""

    target: str
    commands: tuple[Line, ...]


def _nothing(_word: str) -> list[tuple[str, str]]:
    return []


def recipes(
    text: str,
    targets: list[str],
    given: dict[str, str],
    included: Included = _nothing,
    environment: Mapping[str, str] | None = None,
) -> tuple[list[Recipe], list[str], dict[str, str]]:
    """(the recipes in the order in which make runs them, targets that are not there, make's variables).

    >>> [one.target for one in recipes("all: a\\n\\techo 1\\na:\\n\\techo 2\\n", [], {})[0]]
    ['a', 'all']
    """
    rules: _Rules = {}
    variables: dict[str, str] = {}
    own: dict[str, dict[str, str]] = {}
    at_once: list[_AtOnce] = []
    queue, seen = [("", text)], {""}
    while queue:  # what is included last comes last: a rule may stand anywhere
        name, one = queue.pop(0)
        for word in _read(one, name, rules, variables, {**(environment or {}), **given}, own, at_once):
            for other, content in included(_named(word, variables)):
                if other not in seen and len(seen) < MAX_INCLUDED:
                    seen.add(other)
                    queue.append((other, content))
    functions = Functions(variables | given)
    variables = functions.variables
    rules = _expanded(rules, functions)
    wanted = targets or [next((name for name in rules if not name.startswith(".")), "all")]
    found: list[Recipe] = []
    missing: list[str] = []
    visited: set[str] = set()
    written: list[str] = []

    def visit(name: str, depth: int, inherited: tuple[tuple[str, str], ...] = ()) -> None:
        if name in visited or depth > 50:
            return
        visited.add(name)
        rule, stem = _rule_of(name, rules)
        if rule is None:
            if depth == 0:
                missing.append(name)
            return
        prerequisites, commands = rule
        here = tuple((dict(inherited) | own.get(name, {})).items())
        for one in prerequisites:
            visit(one.replace("%", stem), depth + 1, here)
        written.extend(command for command, *_ in commands)
        lines = [
            Line(
                _shell(functions.worked_out(one), name, stem),
                line,
                file,
                tuple(Arm(at.number, arm, at.arms) for at, arm in within),
                here,
            )
            for command, line, file, within in commands
            for one in _canned(command, variables)
        ]
        found.append(Recipe(name, tuple(lines)))

    for name in wanted:
        visit(name, 0)
    used = _used(written, variables)
    first = [
        Line(
            _shell(functions.worked_out(command), ""),
            line,
            file,
            (*(Arm(at.number, arm, at.arms) for at, arm in within), *(() if sure else (Arm(-line, 1, 0),))),
        )
        for name, value, line, file, within in at_once
        if name not in used
        for command, sure in _commands(value)
    ]
    return [Recipe("", tuple(first)), *found] if first else found, missing, variables


def _used(texts: list[str], variables: dict[str, str]) -> set[str]:
    """The variables that these recipes name, and those that their values name."""
    seen: set[str] = set()
    plain = {re.sub(r"[.-]", "_", name): name for name in variables}
    while texts:
        names = {plain.get(name, name) for text in texts for name in re.findall(r"\$[({]([\w.-]++)[)}]", text)} - seen
        seen |= names
        texts = [variables[name] for name in names if name in variables]
    return seen


def _commands(value: str) -> list[tuple[str, bool]]:
    """What a value that is worked out at once runs: each ``$(shell …)``, and whether no function chooses among them.

    >>> _commands("$(strip $(shell date)) $(if $(X),$(shell id))")
    [('date', True), ('id', False)]
    """
    found: list[tuple[str, bool]] = []
    opened: list[tuple[int, str]] = []
    for match in re.finditer(r"\$?\((?:(\w++)[ \t])?|\)", value):
        if match[0] != ")":
            opened.append((match.start(), (match[1] or "") if match[0].startswith("$") else ""))
        elif opened:
            start, function = opened.pop()
            if function == "shell":
                around = {one for _, one in opened[-50:]}
                if "shell" not in around:
                    command = value[start + len("$(shell ") : match.start()]
                    found.append((command, not around & {"if", "or", "and", "foreach", "call"}))
    return found


def _rule_of(name: str, rules: _Rules) -> tuple[tuple[list[str], list[_Line]] | None, str]:
    """(the rule for a target, what stands for ``%``): its own, else the pattern rule with the shortest stem."""
    own = rules.get(name)
    fitting = [
        (name[len(start) : len(name) - len(end)], rule)
        for pattern, rule in rules.items() if pattern.count("%") == 1 and rule[1]
        for start, _, end in [pattern.partition("%")]
        if name.startswith(start) and name.endswith(end) and len(name) > len(start) + len(end)
    ]  # fmt: skip
    if (own is not None and own[1]) or not fitting:
        return own, ""
    stem, rule = min(fitting, key=lambda one: len(one[0]))
    return ([*(own[0] if own else []), *rule[0]], rule[1]), stem


_CALL: Final = re.compile(r"\$\(call[ \t]++([\w.-]++)[ \t]*+,?([^()]*+(?:\([^()]*+\)[^()]*+)*+)\)")


def _canned(command: str, variables: dict[str, str]) -> list[str]:
    """A recipe line with the canned recipes that it names or calls in their place."""
    plain = command.lstrip("@-+ \t")
    named = _NAMED.fullmatch(plain.strip())
    if named and "\n" in variables.get(named[1], ""):
        return variables[named[1]].split("\n")

    def body_of(match: re.Match[str]) -> str:
        body = variables.get(match[1], "")
        for number, value in enumerate(match[2].split(",")[:MAX_ARGUMENTS], 1):
            stripped = value.strip()
            own = re.compile(rf"\$[({{]{number}[)}}]|\${number}")
            body = _bounded(filled(own, lambda _, stripped=stripped: stripped, body))  # type: ignore[misc]
        return body

    return _bounded(filled(_CALL, body_of, command)).split("\n") if "$(call" in command else [command]


def _read(
    text: str,
    file: str,
    rules: _Rules,
    variables: dict[str, str],
    outer: Mapping[str, str],
    own: dict[str, dict[str, str]],
    at_once: list[_AtOnce],
) -> list[str]:
    """Add a makefile's rules, its variables, those of targets and those worked out at once; the words of its
    ``include`` lines are the answer. ``outer`` are variables from outside of it.
    """
    included: list[str] = []
    current: list[str] = []
    around: list[_Conditional] = []
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        start = number + 1
        line = lines[number]
        while line.endswith("\\") and number + 1 < len(lines):
            number += 1
            line += "\n" + lines[number]
        number += 1
        if _conditional(line, start, around, variables, outer) or any(one.now is False for one in around):
            continue
        within = tuple((one, one.arm) for one in around if one.now is None)
        define = _DEFINE.match(line)
        if define:
            body = []
            while number < len(lines) and lines[number].strip() != "endef":
                body.append(lines[number].lstrip("\t"))
                number += 1
            number += 1
            variables[define[1]] = "\n".join(body)
            continue
        if line.startswith("\t"):
            for name in current:
                rules[name][1].append((line[1:], start, file, within))
            continue
        flat = line.replace("\\\n", " ")
        include = _INCLUDE.match(flat)
        if include:
            included += include[1].split(" #")[0].split()
            continue
        variable = _VARIABLE.match(flat)
        if variable and not flat.startswith("\t"):
            name, operator, value = variable[1], variable[2], variable[3].split(" #")[0].strip()
            before = variables.get(name, "")
            if f"$({name})" in value or f"${{{name}}}" in value:  # of itself, as it stands before
                before = before if len(before) <= MAX_OWN else unknown(name)
                value = value.replace(f"$({name})", before).replace(f"${{{name}}}", before)
            if operator == "!=":
                value = f"$(shell {value})"
            if operator in (":=", "::=", "!=") and "$(shell " in value:
                at_once.append((name, value, start, file, within))
            if operator == "+=":
                value = f"{before} {value}".strip()
            if operator != "?=" or (name not in variables and name not in outer):
                variables[name] = value
            continue
        special = _OWN.match(flat)
        if special:
            for name in special[1].split():
                own.setdefault(name, {})[special[2]] = special[3].split(" #")[0].strip()
            continue
        rule = _RULE.match(flat)
        if rule:
            current = list(dict.fromkeys(rule[1].split()))
            needs = rule[2].split()
            for name in current:
                old = rules.get(name)
                rules[name] = ([*old[0], *needs], old[1]) if old else (needs, [])
                if rule[3]:
                    rules[name][1].append((rule[3], start, file, within))
        elif flat.strip() and not flat.lstrip().startswith("#"):
            current = []
    return included


_Line = tuple[str, int, str, tuple[tuple["_Conditional", int], ...]]
_AtOnce = tuple[str, str, int, str, tuple[tuple["_Conditional", int], ...]]
_Rules = dict[str, tuple[list[str], list[_Line]]]
_NAMED: Final = re.compile(r"\$[({]([\w.-]+)[)}]")


class _Conditional:
    """An ``if…`` that is being read: whether its present branch is taken (None: not told), and whether one was."""

    def __init__(self, now: bool | None, number: int) -> None:
        self.now = now
        self.taken = now
        self.number = number
        self.arm = 1
        self.arms = 0

    def turn(self, holds: bool | None) -> None:
        """``else``, with a condition of its own or none."""
        before = self.taken
        self.arm += 1
        self.now = False if before else holds if before is False else None if holds is not False else False
        self.taken = True if before or self.now else before if holds is False else None


_UNAME: Final = re.compile(r"\$\(shell uname(?: -s)?(?: 2>[^()]{0,60})?\)")
"""What ``make`` runs on is Linux; Windows alone sets OS."""
_IF: Final = re.compile(r"^ *(?P<else>else\b *)?(?P<word>ifn?eq|ifn?def)\b\s*(?P<rest>.*)$")
_SIDES: Final = re.compile(r"\(([^,]*),(.*)\)|\"([^\"]*)\"\s*\"([^\"]*)\"|'([^']*)'\s*'([^']*)'")


def _conditional(
    line: str, number: int, around: list[_Conditional], variables: dict[str, str], outer: Mapping[str, str]
) -> bool:
    """Whether a line is one of a conditional; ``around`` holds those that are open, each by its line's number."""
    plain = line.split("#")[0].strip(" ")
    match = _IF.match(plain)
    if match and (around or not match["else"]):
        holds = _holds(match["word"], match["rest"].strip(), variables, outer)
        if match["else"]:
            around[-1].turn(holds)
        else:
            around.append(_Conditional(holds, number))
    elif around and plain == "else":
        around[-1].turn(True)
        around[-1].arms = around[-1].arm
    elif around and plain == "endif":
        around.pop()
    else:
        return False
    return True


def _holds(word: str, rest: str, variables: dict[str, str], outer: Mapping[str, str]) -> bool | None:
    """Whether a condition holds; None where a variable that no file sets may come from outside."""
    known = {"OS": ""} | {name: value for name, value in outer.items() if is_known(value)}
    if word in ("ifdef", "ifndef"):
        value = variables.get(rest, outer.get(rest))
        return None if value is None or not re.fullmatch(r"[\w.-]+", rest) else (value != "") == (word == "ifdef")
    sides = _SIDES.match(rest)
    if sides is None:
        return None
    values = (_named(side.strip(), {**known, **variables}) for side in sides.groups() if side is not None)
    one, other = (_UNAME.sub("Linux", value) for value in values)
    return None if "$" in one + other else (one == other) == (word == "ifeq")


def _bounded(text: str | None) -> str:
    """A text, or the mark of one that grew too long."""
    return unknown("value") if text is None else text


def _named(text: str, variables: dict[str, str]) -> str:
    """A text with the plain variables in it filled in."""
    for _ in range(5):
        if "$" not in text or len(text) > 10_000:
            break
        text = _bounded(filled(_NAMED, lambda match: variables.get(match[1], match[0]), text))
    return text


def _expanded(rules: _Rules, functions: Functions) -> _Rules:
    """The rules with the plain variables in targets and prerequisites filled in."""

    def words(text: str) -> list[str]:
        return _named(functions.worked_out(text) if has_function(text) else text, functions.variables).split()

    filled = {id(some): some for some, _ in rules.values()}  # what many targets of a line share is filled in once
    needed = {key: words(" ".join(some)) for key, some in filled.items()}
    found: _Rules = {}
    for target, (prerequisites, commands) in rules.items():
        needs = needed[id(prerequisites)]
        for name in words(target):
            old = found.get(name)
            found[name] = ([*old[0], *needs], [*old[1], *commands]) if old else (needs, [*commands])
    return found


def _shell(command: str, target: str, stem: str = "") -> str:
    """A recipe line as the shell gets it: ``$(NAME)`` is make's variable, ``$$`` a dollar."""
    command = command.lstrip("@-+ \t")
    command = re.sub(r"\$\$", "\ue003", command)
    command = command.replace("$@", target).replace("$*", stem) if stem else command.replace("$@", target)
    command = re.sub(r"\$\(shell\s++", "\ue003(", command)
    command = re.sub(r"\$[({]([\w.-]+)[)}]", lambda m: "${" + re.sub(r"[.-]", "_", m[1]) + "}", command)
    return command.replace("\ue003", "$")
