"""Selectors by name, for people who type: ``reach.codebuild["app-build"]`` is ``"codebuild:app-build"``.

Every selection is a mapping of names to selectors, so that notebooks complete the names with the Tab key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from reachsim.errors import QuestionError


class Selections(Mapping[str, str]):
    """Names → selectors. A name that is not there is a QuestionError that lists the ones that look like it.

    >>> Selections("codebuild", {"app-build": "codebuild:app-build"})["app-build"]
    'codebuild:app-build'
    """

    def __init__(self, kind: str, selectors: Mapping[str, str]) -> None:
        self.kind = kind
        self._selectors = dict(sorted(selectors.items()))

    def __getitem__(self, name: str) -> str:
        try:
            return self._selectors[name]
        except KeyError:
            import difflib  # only on the way to an error message

            near = difflib.get_close_matches(str(name), self._selectors, n=3) or list(self._selectors)[:3]
            hint = f"; there are {', '.join(near)}" if near else "; the snapshot holds none"
            raise QuestionError(f"no {self.kind} {name!r}{hint}", "UNKNOWN_SELECTOR") from None

    def __contains__(self, name: object) -> bool:
        return name in self._selectors

    def __iter__(self) -> Iterator[str]:
        return iter(self._selectors)

    def __len__(self) -> int:
        return len(self._selectors)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._selectors)

    def _repr_html_(self) -> str:
        text: str = import_module("reachsim.report.notebook").show_names(self.kind, self)
        return text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kind}: {', '.join(self._selectors) or 'none'})"
