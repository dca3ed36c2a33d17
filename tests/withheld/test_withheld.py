"""A share of what ``python -m tests.withheld`` tries: no answer turns round when the snapshot tells less."""

from __future__ import annotations

import itertools

import pytest

from tests.withheld import fields, files, generated, values, words
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
    share = list(itertools.islice(values.trials(kinds=(kind,)), 5, None, 241))
    assert len(share) > 10
    assert [(name, what, found) for name, what, held in share if (found := values.complaints(name, what, held))] == []


def test_a_field_that_is_left_out_turns_no_answer_round() -> None:
    share = list(itertools.islice(fields.trials(), 7, None, 97))
    assert len(share) > 10
    assert [(name, path, field, found) for name, path, field, held in share
            if (found := fields.complaints(name, path, held))] == []  # fmt: skip


def test_a_word_that_nobody_knows_turns_no_answer_round() -> None:
    share = list(itertools.islice(words.trials(), 5, None, 23))
    assert len(share) > 5
    assert [(name, path, what, found) for name, path, what, held in share
            if (found := words.complaints(name, path, held))] == []  # fmt: skip


@pytest.mark.parametrize(("topic", "first"), [("everything", 3), ("hubs", 7), ("inspection", 11), ("edge", 5)])
def test_a_word_that_nobody_knows_in_a_network_of_all_features(topic: str, first: int) -> None:
    share = list(itertools.islice(words.of_generated(topic, 7_100_020), first, None, 13))
    assert len(share) > 1
    assert [(what, found) for what, held in share if (found := generated.complaints(topic, 7_100_020, held))] == []


@pytest.mark.parametrize("topic", ["accounts", "regions"])
def test_an_account_or_region_that_is_not_there_turns_no_answer_round(topic: str) -> None:
    share = list(generated.trials(topic, 7_100_000, whole_homes=True))
    assert len(share) > 2
    assert [(what, found) for what, held in share if (found := generated.complaints(topic, 7_100_000, held))] == []


@pytest.mark.parametrize(("topic", "first"), [("everything", 4), ("translation", 9), ("regions", 2), ("lists", 0)])
def test_a_withheld_file_of_a_network_of_all_features_turns_no_answer_round(topic: str, first: int) -> None:
    trials = generated.trials(topic, 7_100_010, whole_homes=False)
    share = list(itertools.islice(trials, first, None, 19))
    assert len(share) > 2
    assert [(what, found) for what, held in share if (found := generated.complaints(topic, 7_100_010, held))] == []


def test_a_rejected_record_is_not_held_against_a_snapshot_that_lacks_what_blocks_public_access() -> None:
    """VPC Flow Logs, "Flow log record examples": a REJECT may be of VPC Block Public Access, here where it is on."""
    operations = ("describe-vpc-block-public-access-options", "describe-vpc-endpoints")
    for seed in (7_100_000, 7_100_010):
        trials = [held for what, held in generated.trials("everything", seed, whole_homes=False)
                  if any(f"/{one}.json refused" in what for one in operations)]  # fmt: skip
        assert len(trials) == 2
        assert [generated.complaints("everything", seed, held) for held in trials] == [[], []]


def test_a_file_that_is_left_out_is_felt() -> None:
    """The comparison itself: what is whole has no complaints, and a turned word is one."""
    name, path, _, held, _ = next(files.trials())
    assert files.complaints(name, path, dict(files.shipped(name)), "check") == []
    worse = files.shipped("leaky-pipeline")
    assert files.complaints(name, path, dict(worse), "check") != []
    assert held.keys() != files.shipped(name).keys()
