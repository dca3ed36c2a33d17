"""The commands that programs in Python, JavaScript, Ruby, Perl and PHP run, as far as their texts write them out.

In Python a command may be put together of texts, lists and names that are set once; what else goes into it is unknown.
Elsewhere only a command that is one text is read.
**Source:** Python documentation, "subprocess" and "os.system"; Node.js documentation, "Child process"; Ruby, Perl and
PHP documentation: ``system``, ``exec``, ``shell_exec``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from msgspec import Struct

from reachsim.pipeline.call import quoted
from reachsim.pipeline.python_calls import parsed
from reachsim.pipeline.variables import unknown

MAX_COMMANDS: Final = 200
"""Commands of one program that are read."""
_MODULES: Final = {
    "subprocess": ("run", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput"),
    "os": ("system", "popen"),
}
_SYSTEM: Final = re.compile(
    r"(?:(?<![\w.$>:])|\b(?:child_process|cp|shell|Kernel)\.)"
    r"(?:execSync|exec|system|shell_exec|passthru|popen)(?:\(|[ ])\s{0,20}"
    r"(?:\"(?P<double>[^\"\\\n]{1,2000})\"|'(?P<single>[^'\\\n]{1,2000})'|`(?P<ticks>[^`\\]{1,2000})`)"
)


class Ran(Struct, frozen=True):
    """A command as a shell text, and the line of the program that runs it."""

    text: str
    line: int


def ran(language: str, text: str) -> list[Ran]:
    """The commands that a program runs, in the order of its text."""
    if language == "node" and not re.search(r"child_process|shelljs", text):
        return []
    found = _of_python(text) if language == "python" else _of_others(text)
    return list(islice(found, MAX_COMMANDS))


def _of_others(text: str) -> Iterator[Ran]:
    for match in _SYSTEM.finditer(text):
        command = match["double"] or match["single"] or match["ticks"]
        command = re.sub(r"[$#]\{[^{}]{0,200}\}", unknown("value"), command)
        yield Ran(command, text.count("\n", 0, match.start()) + 1)


def _of_python(text: str) -> Iterator[Ran]:
    tree = parsed(text)
    if tree is None or not any(name in text for name in _MODULES):
        return
    aliases, values = _aliases(tree), _values(tree)
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and one.args and _runs(one.func, aliases)]
    for call in sorted(calls, key=lambda one: one.lineno):
        command = _command(call.args[0], values)
        if command is None:
            continue
        place = next((_text(one.value, values) for one in call.keywords if one.arg == "cwd"), None)
        yield Ran(f"cd {quoted(place)} && {command}" if place else command, call.lineno)


def _aliases(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Under which names the program has the modules' functions (``"": names``) and the modules: name -> functions."""
    found: dict[str, tuple[str, ...]] = dict(_MODULES)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.asname: _MODULES[one.name] for one in node.names if one.asname and one.name in _MODULES}
        elif isinstance(node, ast.ImportFrom) and node.module in _MODULES:
            names = tuple(one.asname or one.name for one in node.names if one.name in _MODULES[node.module])
            found[""] = (*found.get("", ()), *names)
    return found


def _runs(function: ast.expr, aliases: Mapping[str, tuple[str, ...]]) -> bool:
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr in aliases.get(function.value.id, ())
    return isinstance(function, ast.Name) and function.id in aliases.get("", ())


def _values(tree: ast.Module) -> dict[str, ast.expr]:
    """What the names stand for that are set once."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.AugAssign | ast.For | ast.arg | ast.NamedExpr):
            name = node.arg if isinstance(node, ast.arg) else getattr(node.target, "id", "")
            found.setdefault(name, []).extend([ast.Constant(None)] * 2)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _command(node: ast.expr, values: Mapping[str, ast.expr], depth: int = 0) -> str | None:
    """The shell's text for the first argument of a call: a text, a list of words, or a text that is parted."""
    if depth > _DEEP:
        return None
    if isinstance(node, ast.Name) and node.id in values:
        return _command(values[node.id], values, depth + 1)
    if isinstance(node, ast.List | ast.Tuple):
        words = [_text(one, values) or unknown("word") for one in node.elts]
        return " ".join(map(quoted, words)) if words and "\ue000" not in words[0] else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        apart = isinstance(node.func.value, ast.Name) and node.func.value.id == "shlex" and node.args
        return _text(node.args[0] if apart else node.func.value, values)
    return _text(node, values)


def _text(node: ast.expr, values: Mapping[str, ast.expr], depth: int = 0) -> str | None:
    """A text as far as it is written, with marks for what is not; None if nothing of it is."""
    if depth > _DEEP:
        return None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name) and node.id in values:
        return _text(values[node.id], values, depth + 1)
    if isinstance(node, ast.JoinedStr):
        parts = [one.value if isinstance(one, ast.FormattedValue) else one for one in node.values]
        return "".join(_text(one, values, depth + 1) or unknown(_name(one)) for one in parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [_text(one, values, depth + 1) for one in (node.left, node.right)]
        return None if sides == [None, None] else "".join(one or unknown("value") for one in sides)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        left = _text(node.left, values, depth + 1)
        return None if left is None else re.sub(r"%[sdr]", unknown("value"), left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        left = _text(node.func.value, values, depth + 1)
        return None if left is None else re.sub(r"\{[^{}]{0,100}\}", unknown("value"), left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Path", "str") and node.args:
        return _text(node.args[0], values, depth + 1)
    return None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else "value"


_DEEP: Final = 30
