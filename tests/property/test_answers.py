"""Answers shared between interfaces of one class are those that each gets by itself, byte for byte."""

from __future__ import annotations

import itertools
import json

import pytest

from reachsim import load_files
from reachsim.answers import Answers
from tests.property.networks import TOPICS, network

SEEDS = range(5000, 5006)


@pytest.mark.parametrize("topic", TOPICS)
def test_shared_answers_are_those_of_each_by_itself(topic: str) -> None:
    shared = 0
    for seed in SEEDS:
        draft = network(topic, seed)
        crowd(draft)
        reach = load_files(draft.files())
        answers = Answers(reach)
        names = sorted(reach.network.interfaces)
        draft.rng.shuffle(names)
        pairs = list(itertools.permutations(names[:9], 2)) + [(name, "internet") for name in names[:9]]
        for source, destination in pairs:
            for arguments in ({"protocol": "tcp", "port": 443}, {}):
                alone = reach.simulate(source, destination, **arguments).to_json("q")  # type: ignore[arg-type]
                text = json.dumps(alone, ensure_ascii=False, separators=(",", ":"))
                assert answers.answer("q", source, destination, arguments) == text
        shared += 2 * len(pairs) - len(answers._kept)
    assert shared > 0


def crowd(draft: object) -> None:
    """Give each place neighbours that may be of one class, with and without a Name tag."""
    for site in draft.sites:  # type: ignore[attr-defined]
        for place in site.v4_places:
            for host in (101, 102, 130):
                name = f"{site.index}x{place.number}x{host}"
                interface = site.net.interface(place.id, place.v4(host), [site.groups[0]], name=name)
                site.net[interface]["TagSet"] = [{"Key": "Name", "Value": name}] if host < 130 else []
