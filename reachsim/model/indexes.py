"""Indexes of a network's tables, made when they are first asked for, and shared by networks with the same tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

Index = TypeVar("Index")


def index(*tables: str) -> Callable[[Callable[[Any], Index]], cached_property[Index]]:
    """A cached property of a network that is made of these tables and nothing else.

    A network that was made beside another one (``beside``) takes the other's if all of these tables are the other's.
    """

    def cached(make: Callable[[Any], Index]) -> cached_property[Index]:
        def found(network: Any) -> Index:
            other = network.beside
            if other is not None and all(getattr(network, one) is getattr(other, one) for one in tables):
                shared: Index = getattr(other, make.__name__)
                return shared
            return make(network)

        found.__name__, found.__doc__ = make.__name__, make.__doc__
        found.tables = tables  # type: ignore[attr-defined]
        return cached_property(found)

    return cached
