"""Which lines of a Python program run whenever the program does, but for its branches.

These are the module's own, and those of functions that such lines name or decorate; methods count as named by any
object. **Source:** Python Language Reference, "Execution model".
"""

from __future__ import annotations

import ast
import warnings

MAX_LINES = 5_000


def parsed(text: str) -> ast.Module | None:
    """A program's tree; None if it is no Python, or too long."""
    if text.count("\n") > MAX_LINES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a script of others, whose characters they repeat
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def running_lines(text: str) -> frozenset[int] | None:
    """The lines that run when the program is started as a script; None if it is no Python that can be read.

    >>> sorted(running_lines("def a():\\n    b()\\ndef b():\\n    x()\\ndef c():\\n    x()\\na()\\n"))
    [1, 2, 3, 4, 5, 7]
    """
    tree = parsed(text)
    if tree is None:
        return None
    bodies: dict[str, list[ast.AST]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            bodies.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ClassDef):
            bodies.setdefault(node.name, []).extend(one for one in node.body if getattr(one, "name", "") == "__init__")
    lines: set[int] = set()
    seen: set[int] = set()
    queue: list[ast.AST] = [tree]
    while queue:
        node = queue.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for name in _ran(node, lines):
            queue += bodies.get(name, [])
    return frozenset(lines)


def _ran(node: ast.AST, lines: set[int]) -> list[str]:
    """The names that a body uses; its lines are added, those of functions within it only if they are decorated."""
    names: list[str] = []
    inner = list(ast.iter_child_nodes(node))
    while inner:
        one = inner.pop()
        line = getattr(one, "lineno", None)
        if line is not None:
            lines.add(line)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            names += [one.name] if one.decorator_list else []
            inner += one.decorator_list
            continue
        if isinstance(one, ast.Name):
            names.append(one.id)
        elif isinstance(one, ast.Attribute):
            names.append(one.attr)
        inner += ast.iter_child_nodes(one)
    return names
