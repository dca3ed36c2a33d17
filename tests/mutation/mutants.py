"""The mutants of a module: its source with one small change each, found in its syntax tree.

Not changed are annotations and names for types, docstrings, ``assert`` (there for the type checker) and the texts of
``raise`` and of f-strings (words for people, which other tests compare whole).
"""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple


class Mutant(NamedTuple):
    """One change: in which function, the lines as they were and are now, and how many like it stand before it there.

    ``line`` and ``end`` (from 1) are the statement's, without its body; ``source`` is the whole module with the change.
    """

    function: str
    was: str
    now: str
    nth: int
    line: int
    end: int
    source: str

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What tells it from the others of its module, wherever the function stands."""
        return self.function, self.was, self.now, self.nth


COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.Pow: ast.Mult,
}  # fmt: skip
TYPE = re.compile(r"_?[A-Z][A-Za-z]*[a-z][A-Za-z]*")
"""How names for types are spelt, which constants are not."""
NAMES = {
    "any": "all", "all": "any", "min": "max", "max": "min", "bisect_left": "bisect_right",
    "bisect_right": "bisect_left", "startswith": "endswith", "endswith": "startswith", "lower": "upper",
    "partition": "rpartition", "split": "rsplit", "every": "either", "either": "every",
}  # fmt: skip


def mutants(source: str) -> list[Mutant]:
    """All mutants of a module's source, in the order of the source."""
    lines = source.encode().splitlines(keepends=True)
    before = Counter[tuple[str, str, str]]()
    found = []
    for function, statement, node, new in _changes(ast.parse(source)):
        text = ast.unparse(new)
        changed = _replaced(lines, node, f"({text})" if isinstance(node, ast.expr) else text)
        first, last = node.lineno, node.end_lineno or node.lineno
        was = _told(lines[first - 1 : last])
        now = _told(changed[first - 1 : first])
        like = (function, was, now)
        end = last if hasattr(statement, "body") else statement.end_lineno or last
        found.append(Mutant(*like, before[like], statement.lineno, end, b"".join(changed).decode()))
        before[like] += 1
    return found


def _told(lines: list[bytes]) -> str:
    return " ".join(line.decode().strip() for line in lines)


def _replaced(lines: list[bytes], node: ast.stmt | ast.expr, text: str) -> list[bytes]:
    """The lines with one node, which may go over several, replaced by a text on its first line."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
    return [*lines[:first], head + text.encode() + tail, *lines[last + 1 :]]


Change = tuple[str, ast.stmt, ast.stmt | ast.expr, ast.AST]
"""(function, the statement that it is in, what is replaced, by what)."""


def _changes(tree: ast.Module) -> Iterator[Change]:
    yield from _of_body(tree.body, "")


def _of_body(body: list[ast.stmt], function: str) -> Iterator[Change]:
    for statement in body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef):
            name = f"{function}.{statement.name}".removeprefix(".")
            if isinstance(statement, ast.FunctionDef):
                for default in [*statement.args.defaults, *statement.args.kw_defaults]:
                    if default is not None:
                        yield from _of_expression(default, function, statement)
            yield from _of_body(statement.body, name)
        elif not isinstance(statement, ast.Assert | ast.Raise | ast.Import | ast.ImportFrom):
            yield from _of_statement(statement, function)


def _of_statement(statement: ast.stmt, function: str) -> Iterator[Change]:
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Assign(targets=[ast.Name(id="__slots__" | "__all__")]):
            return  # a docstring, names
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp()) if TYPE.fullmatch(name):
            return
        case ast.Expr() | ast.AugAssign():
            if function:
                yield function, statement, statement, ast.Pass()
        case ast.Break():
            yield function, statement, statement, ast.Continue()
        case ast.Continue():
            yield function, statement, statement, ast.Break()
    if isinstance(statement, ast.AugAssign) and type(statement.op) in OPERATIONS:
        changed = copy.copy(statement)
        changed.op = OPERATIONS[type(statement.op)]()
        yield function, statement, statement, changed
    if isinstance(statement, ast.If | ast.While):
        yield from _negated(statement.test, function, statement)
    for field, value in ast.iter_fields(statement):
        if field == "annotation":
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.expr):
                yield from _of_expression(one, function, statement)
            elif isinstance(one, ast.stmt):
                yield from _of_body([one], function)
            elif isinstance(one, ast.ExceptHandler):
                yield from _of_body(one.body, function)
            elif isinstance(one, ast.match_case):
                if one.guard is not None:
                    yield from _negated(one.guard, function, statement)
                    yield from _of_expression(one.guard, function, statement)
                yield from _of_body(one.body, function)


def _negated(test: ast.expr, function: str, statement: ast.stmt) -> Iterator[Change]:
    if not isinstance(test, ast.Compare | ast.UnaryOp):
        yield function, statement, test, ast.UnaryOp(ast.Not(), test)


def _of_expression(node: ast.expr, function: str, statement: ast.stmt) -> Iterator[Change]:
    for new in _instead(node):
        yield function, statement, node, new
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.comprehension):
            yield from _of_expression(child.iter, function, statement)
            for test in child.ifs:
                yield function, statement, test, ast.Constant(True)
                yield from _negated(test, function, statement)
                yield from _of_expression(test, function, statement)
        elif isinstance(child, ast.keyword):
            yield from _of_expression(child.value, function, statement)
        elif isinstance(child, ast.expr) and not isinstance(node, ast.JoinedStr):
            yield from _of_expression(child, function, statement)


def _instead(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(left=left, ops=[*ops], comparators=others):
            for place, one in enumerate(ops):
                for other in COMPARISONS[type(one)]:
                    yield ast.Compare(left, [*ops[:place], other(), *ops[place + 1 :]], others)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for place in range(len(values)):
                rest = [*values[:place], *values[place + 1 :]]
                yield ast.BoolOp(op, rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right):
            if type(op) in OPERATIONS:
                yield ast.BinOp(left, OPERATIONS[type(op)](), right)
            if isinstance(op, ast.Sub | ast.BitOr | ast.BitAnd):
                yield left
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Constant(value=str(value)):
            yield ast.Constant(f"{value}X")
        case ast.Name(id=name) if name in NAMES:
            yield ast.Name(NAMES[name])
        case ast.Attribute(value=value, attr=name) if name in NAMES:
            yield ast.Attribute(value, NAMES[name])
