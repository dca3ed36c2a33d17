"""Values that people look at: how is made by `reachsim.report.notebook`, imported when it is needed."""

from __future__ import annotations

from importlib import import_module

import msgspec


class Shown(msgspec.Struct, frozen=True):
    """A value with a display of its own: HTML in a notebook, and ``print``'s text as a terminal shows it."""

    def __str__(self) -> str:
        text: str = import_module("reachsim.report.notebook").plain(self)
        return text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        found: dict[str, str] = import_module("reachsim.report.notebook").bundle(self)
        return found

    def _repr_html_(self) -> str:
        text: str = import_module("reachsim.report.notebook").show(self)
        return text
