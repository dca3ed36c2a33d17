"""The shipped snapshots as CloudFormation templates: the same answers as their snapshot twins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reachsim.api import load
from reachsim.importers import import_cloudformation
from tests.importers.templates import prefix_lists, template
from tests.importers.test_terraform_twins import TWINS, answers
from tests.translate import REGION, SNAPSHOTS, account_of


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_gives_the_same_answers(name: str, tmp_path: Path) -> None:
    source, lists = tmp_path / "template.json", tmp_path / "lists.json"
    source.write_text(json.dumps(template(name), ensure_ascii=False, indent=1), encoding="utf-8")
    lists.write_text(prefix_lists(name))
    import_cloudformation(source, tmp_path / "out", region=REGION, account=account_of(name), prefix_lists=lists)
    found, expected = answers(load(tmp_path / "out"), name), answers(load(SNAPSHOTS / name), name)
    assert found == expected
