"""Parsers of tree-sitter's grammars, without the packages' own modules: those read highlighting queries that nothing
here asks for, and what they import takes longer than a parse.
"""

from __future__ import annotations

from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from time import process_time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_SHORT: Final = 1 << 10
"""Bytes whose mistakes cost little, so that nobody needs to look at the clock."""
_PIECE: Final = 1 << 16
"""Bytes that the parser is handed at once."""


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


def root_of(package: str, source: bytes) -> Node | None:
    """The root of a text's tree; None if it takes the parser too long, which searches its way past every mistake: a
    hundred times what texts without mistakes take. Nodes have no text of their own: it lies in ``source``.
    """
    reader = parser(package)
    if len(source) <= _SHORT:
        return reader.parse(source).root_node
    latest = process_time() + 0.1 + len(source) / 100_000
    try:
        tree = reader.parse(
            lambda at, _: source[at : at + _PIECE], progress_callback=lambda *_: process_time() > latest
        )
    except ValueError:
        reader.reset()  # else it would go on with this text
        return None
    return tree.root_node
