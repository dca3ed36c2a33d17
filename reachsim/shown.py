"""Values that notebooks show: what they look like is made by `reachsim.report.notebook`, imported when it is needed."""

from __future__ import annotations

from importlib import import_module

import msgspec


class Shown(msgspec.Struct, frozen=True):
    """A value with a display of its own: HTML, and text where there is none."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        found: dict[str, str] = import_module("reachsim.report.notebook").bundle(self)
        return found

    def _repr_html_(self) -> str:
        text: str = import_module("reachsim.report.notebook").show(self)
        return text
