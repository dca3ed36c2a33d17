"""Pages made of templates: what goes in is escaped and cleaned, and a page names its own script and style."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reachsim.report.columns import clean
from reachsim.report.words import Labels, named

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def part(name: str) -> str:
    """A template, style or script that ships with the package."""
    return files("reachsim.report").joinpath("templates", name).read_text(encoding="utf-8")


def environment(network: Labels, words: Mapping[str, str]) -> Environment:
    """Jinja as all our templates use it: everything is escaped, and cleaned of control characters. Imports jinja2.

    Args:
        network: Knows the names of resources.
        words: The page's own words, which templates know as ``t``.
    """
    from jinja2 import Environment, FunctionLoader

    found = Environment(loader=FunctionLoader(part), autoescape=True, trim_blocks=True, lstrip_blocks=True,
                        finalize=_finalize)  # fmt: skip
    found.filters["label"] = lambda name: clean(network.label(str(name)))
    found.filters["named"] = lambda name: named(network, str(name))
    found.globals["t"] = words
    return found


def _finalize(value: Any) -> Any:
    return clean(value) if type(value) is str else value


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy of a page that has this style, this script, and asks nothing of the network."""
    return (
        f"default-src 'none'; style-src '{_sum(style)}'; script-src '{_sum(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _sum(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
