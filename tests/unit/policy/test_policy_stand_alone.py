"""The package stands alone, and its examples run."""

from __future__ import annotations

import ast
import doctest
import importlib
import sys
from pathlib import Path

import pytest

from reachsim import policy

FILES = sorted(Path(policy.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_imports_only_the_standard_library_and_itself(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert all(alias.name.partition(".")[0] in sys.stdlib_module_names for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1 or (
                node.level == 0 and (node.module or "").partition(".")[0] in sys.stdlib_module_names
            )


@pytest.mark.parametrize("name", [f"reachsim.policy.{file.stem}".removesuffix(".__init__") for file in FILES])
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_everything_public_is_there() -> None:
    assert all(hasattr(policy, name) for name in policy.__all__)
