"""Imports run one way, and what is slow to import is imported only where it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "reachsim"

# Which of its siblings a part may import; a part is a module or a package directly under reachsim/. A new one gets a
# row here. "Everything below" is spelled out, so that the table can be read as the map of the house.
VALUES = {"shown", "digits", "errors", "codes", "intervals", "addresses", "packets", "evidence"}
ENGINE = VALUES | {"transitions", "engine"}
FACTS = VALUES | {"pages", "snapshot", "model"}
WAYS = FACTS | {"dns", "filters", "routing", "services"}
ASKED = {"selectors", "sources", "destinations"}
ANSWERS = WAYS | ENGINE | ASKED | {"graph", "policy", "pipeline", "verdict", "simulate", "check"}
LATER = ANSWERS | {"diagnose", "explain", "diff", "fix", "asserts", "patch", "changes"}
MAY_IMPORT = {
    "shown": set(),
    "digits": set(),
    "toml": set(),
    "pages": set(),
    "errors": set(),
    "codes": {"errors"},
    "intervals": {"errors"},
    "addresses": {"errors", "intervals"},
    "packets": {"errors", "intervals", "addresses"},
    "evidence": {"errors", "codes", "packets"},
    "transitions": VALUES,
    "engine": ENGINE,
    "policy": set(),
    "archive": {"errors", "snapshot"},
    "snapshot": VALUES | {"archive", "pages"},
    "patch": VALUES | {"inputs", "snapshot"},
    "changes": FACTS,
    "edits": FACTS | {"patch"},
    "model": FACTS,
    "dns": WAYS,
    "filters": WAYS,
    "routing": WAYS,
    "services": WAYS,
    "workloads": WAYS,
    "selectors": WAYS,
    "ways_in": WAYS | {"forwarding"},
    "sources": WAYS | {"forwarding", "selectors", "ways_in", "workloads"},
    "destinations": WAYS | {"selectors", "sources"},
    "pipeline": WAYS | {"nesting", "toml"},
    "graph": WAYS | ENGINE | {"classes", "forwarding", "simulate", "templates"},
    "verdict": VALUES | {"policy"},
    "simulate": (ANSWERS - {"check"})
    | {"forwarding", "list_owners", "readings", "scenarios", "stand_ins", "policy_layers"},
    "check": ANSWERS | {"forwarding", "workloads", "policy_layers", "config", "scenarios"},
    "diagnose": ANSWERS | {"forwarding", "workloads"},
    "explain": LATER,
    "diff": LATER | {"classes", "forwarding", "readings", "scenarios", "policy_layers", "config", "workloads"},
    "fix": LATER | {"edits", "forwarding", "policy_layers", "config", "workloads"},
    "asserts": LATER,
    "calls": set(),
    "role_calls": {"calls"},
    "files": {"errors"},
    "inputs": {"errors"},
    "nesting": set(),
    "config": VALUES | {"inputs", "toml"},
    "classes": WAYS | {"forwarding"},
    "answers": ANSWERS | {"api", "classes", "templates"},
    "templates": set(),
    "forwarding": WAYS | ENGINE | {"evidence"},
    "fleet_proxy": WAYS | ENGINE | {"forwarding"},
    "service_hosts": WAYS,
    "names": WAYS | ENGINE | ASKED | {"forwarding", "workloads", "resolver_paths", "service_hosts"},
    "refused": WAYS | ENGINE | {"forwarding", "workloads"},
    "resolver_paths": WAYS | ENGINE | ASKED | {"forwarding", "workloads"},
    "scenarios": WAYS
    | ENGINE
    | ASKED
    | {"apart", "forwarding", "workloads", "fleet_proxy", "refused", "resolver_paths"},
    "readings": WAYS | ENGINE | {"forwarding", "scenarios"},
    "list_owners": WAYS | ENGINE | {"forwarding", "readings"},
    "stand_ins": WAYS | ENGINE | {"classes", "forwarding", "readings"},
    "apart": FACTS | {"forwarding", "routing"},
    "policy_layers": WAYS | ENGINE | {"forwarding", "scenarios", "policy", "verdict"},
    "api": ANSWERS
    | {
        "address_map",
        "config",
        "diagnose",
        "diff",
        "edits",
        "fix",
        "forwarding",
        "names",
        "patch",
        "report",
        "scenarios",
        "selections",
        "verify",
    },
    "verify": (ANSWERS - {"check"}) | {"forwarding", "inputs", "scenarios"},
    "slices": ANSWERS | {"forwarding", "scenarios", "refused", "files"},
    "redact": set(),
    "importers": FACTS | {"calls", "files", "inputs", "nesting", "redact", "role_calls", "services"},
    "collect": FACTS | {"calls", "files", "policy", "redact", "role_calls", "services"},
    "report": LATER | {"address_map", "calls", "config", "names", "routemap", "verify"},
    "address_map": WAYS,
    "plot": LATER | {"address_map", "files", "report", "routemap"},
    "selections": {"errors"},
    "export": {"errors", "report"},
    "routemap": {"verdict"},
}
OUTERMOST = {"cli", "__main__", "__init__"}
SLOW = {
    "boto3": {"collect"},
    "botocore": {"collect"},
    "matplotlib": {"api", "diff", "plot", "report", "verdict"},
    "jinja2": {"report"},
    "pandas": {"report", "verdict"},
    "networkx": {"api", "export", "graph", "plot", "report"},
    "numpy": {"plot", "report", "slices"},
    "pyarrow": {"export", "slices", "verify"},
    "distributed": {"slices"},
}
HEAVY = {"slices": "numpy"}
"""Parts that need a slow library throughout; they are imported as it is, only inside functions."""

FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imported(path: Path) -> tuple[tuple[str, bool], ...]:
    """Every module that a file imports, absolute, and whether it does so while it is itself being imported."""
    package = ".".join(path.relative_to(PACKAGE.parent).parts[:-1])

    def walk(node: ast.AST, at_import: bool) -> Iterator[tuple[str, bool]]:
        match node:
            case ast.Import(names=names):
                yield from ((name.name, at_import) for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = resolve_name("." * level + (module or ""), package)
                yield from ((f"{base}.{name.name}", at_import) for name in names)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                at_import = False
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                at_import = False
        for child in ast.iter_child_nodes(node):
            yield from walk(child, at_import)

    return tuple(walk(ast.parse(path.read_text(encoding="utf-8")), True))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    part = part_of(path)
    siblings = {name.split(".")[1] for name, _ in imported(path) if name.startswith("reachsim.")} - {part}
    siblings = {name for name in siblings if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()}
    if part in OUTERMOST:
        allowed = set(MAY_IMPORT) | ({"cli"} if part == "__main__" else set())
    else:
        assert part in MAY_IMPORT, f"give reachsim/{part} its row in {Path(__file__).name}"
        allowed = MAY_IMPORT[part]
    assert siblings <= allowed, f"{part} must not import {', '.join(sorted(siblings - allowed))}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_slow_libraries_are_imported_inside_functions_of_their_own_modules(path: Path) -> None:
    for name, at_import in imported(path):
        top = name.split(".")[0]
        if top in SLOW:
            assert part_of(path) in SLOW[top], f"{top} is imported only in {', '.join(sorted(SLOW[top]))}"
            assert not at_import or HEAVY.get(part_of(path)) == top, f"{top} is imported only inside functions"
        part = ".".join(name.split(".")[1:2])
        if name.startswith("reachsim.") and part in HEAVY and part_of(path) != part:
            assert not at_import, f"reachsim.{part} is imported only inside functions"


def test_importing_reachsim_loads_no_slow_library() -> None:
    slow = ["boto3", "botocore", "matplotlib", "networkx", "numpy", "rich", "click", "jinja2", "pandas"]
    code = f"import sys, reachsim; print(*[name for name in {slow!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
