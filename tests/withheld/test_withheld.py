"""A share of what ``python -m tests.withheld`` tries: no answer turns round when the snapshot tells less."""

from __future__ import annotations

import itertools

import pytest

from tests.withheld import fields, files, values
from tests.withheld.surfaces import PLAIN

EACH = {"diff": 101, "whatif": 101, "fix": 251}
"""Those that take their time are tried less often here."""


@pytest.mark.parametrize("surface", PLAIN)
def test_a_withheld_file_makes_answers_unknown_or_leaves_them(surface: str) -> None:
    mine = (one for one in files.trials() if one[4] == surface)
    share = list(itertools.islice(mine, 3, None, EACH.get(surface, 67)))
    assert len(share) > 2
    assert [
        (name, path, what, found) for name, path, what, held, _ in share
        if (found := files.complaints(name, path, held, surface))
    ] == []  # fmt: skip


@pytest.mark.parametrize("kind", values.KINDS)
def test_a_value_that_is_gone_or_nonsense_makes_no_answer_better(kind: str) -> None:
    mine = (one for one in values.trials() if one[1].endswith(f" {kind}"))
    share = list(itertools.islice(mine, 5, None, 241))
    assert len(share) > 10
    assert [(name, what, found) for name, what, held in share if (found := values.complaints(name, what, held))] == []


def test_a_field_that_is_left_out_turns_no_answer_round() -> None:
    share = list(itertools.islice(fields.trials(), 7, None, 97))
    assert len(share) > 10
    assert [(name, path, field, found) for name, path, field, held in share
            if (found := fields.complaints(name, path, held))] == []  # fmt: skip


def test_a_file_that_is_left_out_is_felt() -> None:
    """The comparison itself: what is whole has no complaints, and a turned word is one."""
    name, path, _, held, _ = next(files.trials())
    assert files.complaints(name, path, dict(files.shipped(name)), "check") == []
    worse = files.shipped("leaky-pipeline")
    assert files.complaints(name, path, dict(worse), "check") != []
    assert held.keys() != files.shipped(name).keys()
