"""The package runs nothing that it reads: no pickle, no eval, no programs, no unsafe YAML; no HTTP but boto3's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "reachsim"
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = frozenset({
    "pickle", "cPickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "ctypes", "cffi", "code", "codeop",
    "pty", "subprocess", "socket", "ssl", "http", "urllib.request", "urllib3", "requests", "httpx", "ftplib", "smtplib",
    "telnetlib", "xmlrpc", "webbrowser", "tarfile", "runpy", "multiprocessing", "yaml",
})  # fmt: skip
"""Not to be imported anywhere in the package."""
BUILTINS = frozenset({"eval", "exec", "compile", "__import__", "breakpoint", "input"})
METHODS = frozenset({"system", "popen", "execv", "execve", "spawnl", "spawnv", "extractall", "extract",
                     "unpack_archive", "full_load", "unsafe_load"})  # fmt: skip


def faults(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"import {one.name}" for one in names if forbidden(one.name))
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from (f"from {module}" for _ in names[:1] if forbidden(module))
                yield from (f"from {module} import {one.name}" for one in names if forbidden(f"{module}.{one.name}"))
            case ast.Call(func=ast.Name(id=name)) if name in BUILTINS:
                yield f"{name}() in line {node.lineno}"
            case ast.Call(func=ast.Attribute(attr=name)) if name in METHODS:
                yield f".{name}() in line {node.lineno}"
            case ast.Call(func=ast.Name(id="YAML") | ast.Attribute(attr="YAML"), keywords=keywords):
                kinds = [one.value for one in keywords if one.arg == "typ"]
                if not kinds or not isinstance(kinds[0], ast.Constant) or kinds[0].value not in ("safe", "rt"):
                    yield f"YAML without a safe type in line {node.lineno}"
            case _:
                pass


def forbidden(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in MODULES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_that_is_read_is_run(path: Path) -> None:
    found = list(faults(ast.parse(path.read_text(encoding="utf-8"))))
    assert found == []


def test_what_is_forbidden_is_found() -> None:
    lines = [
        "import pickle",
        "from urllib import request",
        "eval('1')",
        "os.system('x')",
        "YAML()",
        "YAML(typ='unsafe')",
    ]
    assert len(list(faults(ast.parse("\n".join(lines))))) == len(lines)


CLOSED = {
    "collect/plan.py": "queries that stand in the table of calls", "engine.py": "four protocols",
    "forwarding/__init__.py": "kinds of places", "model/decode.py": "types of records",
    "pipeline/grammars.py": "names of grammars", "plot/fonts.py": "families of fonts that are installed",
    "report/pages.py": "names of files that ship with the package",
}  # fmt: skip
"""Modules with a cache that keeps all it is asked for, and what that is: nothing that stands in a file."""


BOUNDLESS = {"cache", "functools.cache", "lru_cache(maxsize=None)", "lru_cache(None)"}


def boundless(tree: ast.AST) -> Iterator[str]:
    """Functions of modules whose cache grows with every argument that is new; those of a network end with it."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name, args=args, decorator_list=decorators) if args.args or args.vararg:
                if BOUNDLESS & {*map(ast.unparse, decorators)}:
                    yield name
            case _:
                pass


def test_no_cache_grows_with_what_is_read() -> None:
    found = {path.relative_to(PACKAGE).as_posix() for path in FILES if [*boundless(ast.parse(path.read_text("utf-8")))]}
    assert found == CLOSED.keys()


def test_a_cache_without_bounds_is_found() -> None:
    text = "@cache\ndef a(x): pass\n@cache\ndef b(): pass\n@lru_cache(maxsize=None)\ndef c(x): pass"
    assert [*boundless(ast.parse(text))] == ["a", "c"]
