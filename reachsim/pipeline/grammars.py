"""Parsers of tree-sitter's grammars, without the packages' own modules: those read highlighting queries that nothing
here asks for, and what they import takes longer than a parse.
"""

from __future__ import annotations

from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser


@cache
def parser(package: str) -> Parser:
    """The parser of a grammar's package. Raises ModuleNotFoundError if it is not installed."""
    from tree_sitter import Language, Parser

    found = PathFinder.find_spec(package)
    places = found.submodule_search_locations if found is not None else None
    binding = PathFinder.find_spec("_binding", places) if places is not None else None
    if binding is None or binding.loader is None:
        raise ModuleNotFoundError(f"the grammar {package} is not installed", name=package)
    module = module_from_spec(binding)
    binding.loader.exec_module(module)
    return Parser(Language(module.language()))
