"""Every numbered fact about AWS's network (``network_facts.tsv``) has a test that fails if the engine breaks it.

Columns: the fact; where it comes from (R read in AWS's documentation, B in its API models, E in Reachability Analyzer's
explanation codes, M from memory, I inferred); what it says; for M and I the code of the assumption or block by which a
verdict shows that it rests on it, or after ``=`` why there is nothing to assume; the tests.
"""

from __future__ import annotations

import ast
import csv
from functools import cache
from pathlib import Path

import pytest

from reachsim.codes import CODES

TESTS = Path(__file__).parent


def facts() -> list[dict[str, str]]:
    with (TESTS / "network_facts.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


FACTS = facts()


@cache
def existing() -> dict[str, str]:
    """Source of every test function, by name."""
    found = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[node.name] = "".join(lines[node.lineno - 1 : node.end_lineno])
    return found


def test_facts_are_numbered_once_and_in_order() -> None:
    numbers = [int(one["fact"].removeprefix("N")) for one in FACTS]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 170


def test_each_fact_says_where_it_comes_from() -> None:
    assert [one["fact"] for one in FACTS if not one["marks"] or set(one["marks"]) - set("RBEMI")] == []


@pytest.mark.parametrize("fact", FACTS, ids=[one["fact"] for one in FACTS])
def test_each_fact_has_a_test_that_exists(fact: dict[str, str]) -> None:
    named = fact["tests"].split()
    assert named
    assert not [name for name in named if name not in existing()]


@pytest.mark.parametrize("fact", FACTS, ids=[one["fact"] for one in FACTS])
def test_what_is_not_sure_is_shown(fact: dict[str, str]) -> None:
    unsure = set(fact["marks"]) & {"M", "I"}
    assert fact["shown"] or not unsure
    if fact["shown"].startswith("="):
        return
    everything = "".join(existing().values()) + "".join(
        path.read_text(encoding="utf-8") for path in (TESTS / "scenarios").glob("*.py")
    )
    for code in fact["shown"].split():
        assert code in CODES
        assert f'"{code}"' in everything, f"no test expects {code}"


def test_every_test_named_after_a_fact_is_in_the_table() -> None:
    """So that a fact's new test is not forgotten."""
    listed = {name for one in FACTS for name in one["tests"].split()}
    named = {
        name for name in existing() if any(part[:1] == "n" and part[1:].isdigit() for part in name.split("_")[1:3])
    }
    assert named - listed == set()
