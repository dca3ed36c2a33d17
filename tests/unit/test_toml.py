"""TOML is read as the standard library reads it, within bounds."""

from __future__ import annotations

import tomllib

import pytest

from reachsim import toml
from tests.patience import within


def test_documents_read_as_they_are() -> None:
    text = 'a.b.c = 1\n[x.y]\nz = "1.2.3"\n[[many]]\nd = 2026-11-26\n'
    assert toml.loads(text) == tomllib.loads(text)


@pytest.mark.parametrize("text", [
    "a" + ".1" * 20_000 + " = 1",
    "[" + "a." * 20_000 + "b]", "x = {" + "a . " * 20_000 + "b = 1}", "x = " + "[" * 50_000,
    "x", 'x = "', "a" * 100_000, "a." * 99 + "b" * 100_000, "a " * 50_000,
])  # fmt: skip
def test_what_nests_too_deeply_or_is_no_toml_is_a_value_error_at_once(text: str) -> None:
    with within(1), pytest.raises(ValueError, match=r"."):
        toml.loads(text)
