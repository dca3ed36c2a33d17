"""``reachsim policy allows``, ``compare`` and ``narrow``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reachsim.cli import group

OWN, OTHER = "111122223333", "444455556666"
ANYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
OWN_ONLY = {**ANYTHING, "Sid": "Own", "Condition": {"StringEquals": {"aws:PrincipalAccount": OWN}}}
File = Callable[..., str]


def run(*arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(group, ["policy", *arguments], input=text)


@pytest.fixture
def file(tmp_path: Path) -> File:
    def write(*statements: dict[str, Any]) -> str:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
        return str(path)

    return write


def replayed(held: str, request: dict[str, Any]) -> str:
    """What `policy evaluate` says of a witness under the endpoint policy in a file, all others allowing everything."""
    document = json.loads(Path(held).read_text(encoding="utf-8"))
    open_to_all = {"Statement": ANYTHING}
    case = {"request": request, "identityPolicies": [open_to_all], "resourcePolicy": open_to_all,
            "vpcEndpointPolicies": [document]}  # fmt: skip
    return str(json.loads(run("evaluate", text=json.dumps(case)).stdout)["decision"])


def test_the_default_endpoint_policy_lets_everybody_write_to_every_bucket(file: File) -> None:
    result = run("allows", file(ANYTHING), "--account", OWN, "--organization", "o-own", "--service", "s3")
    assert result.exit_code == 0
    first, *_ = result.stdout.splitlines()
    assert first == (
        "all: own account, own organization, another account, anonymous → resources of own account, own organization, "
        "another account, by statement 0"
    )


def test_rows_come_with_requests_that_evaluate_as_claimed(file: File) -> None:
    held = file(OWN_ONLY, {**ANYTHING, "Sid": "Layers", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::l/*"})
    result = run("allows", held, "--account", OWN, "--service", "s3", "--format", "json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["exact"]) == (0, True)
    assert [(row["statement"], row["callers"]) for row in answer["rows"]] == [
        ("Own", ["own account"]),
        ("Layers", ["own account", "another account", "anonymous"]),
    ]
    assert {replayed(held, row["witness"]) for row in answer["rows"]} == {"Allowed"}


def test_from_outside(file: File) -> None:
    bound = {**ANYTHING, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}
    asked = ("--account", OWN, "--outside", "--resource", "arn:aws:s3:::b/*")
    assert run("allows", file(ANYTHING, bound), *asked).stdout == "nothing passes\n"
    assert "AWS service → resources of own account" in run("allows", file(ANYTHING), *asked).stdout
    assert run("allows", file(ANYTHING), "--account", OWN, "--outside").exit_code == 2
    assert run("allows", file(ANYTHING), *asked, "--service", "s3").exit_code == 2


def test_what_may_be_missing_from_a_table_is_said(file: File) -> None:
    mixed = {"IpAddress": {"k:k": "10.0.0.0/8"}, "StringLike": {"k:k": "10.*"}}
    result = run("allows", file({**ANYTHING, "Condition": mixed}), "--account", OWN)
    assert result.exit_code == 3
    assert "rows may be missing" in result.stdout


@pytest.mark.parametrize(
    ("newer", "older", "code", "words"),
    [
        (OWN_ONLY, ANYTHING, 0, "no\n"),
        (ANYTHING, OWN_ONLY, 1, "yes, for instance "),
        ({**ANYTHING, "Resource": "arn:aws:s3:::${aws:username}/*"},
         {**ANYTHING, "Resource": "arn:aws:s3:::ann/*"}, 1, "yes, for instance "),
        ({**ANYTHING, "Condition": {"StringLike": {"s3:prefix": "${aws:PrincipalTag/t}"}}},
         {**ANYTHING, "Condition": {"StringEquals": {"s3:prefix": "${aws:PrincipalTag/t}"}}}, 0, "no\n"),
        ({**ANYTHING, "Condition": {"StringLike": {"s3:prefix": "${aws:PrincipalTag/t}?"}}},
         {**ANYTHING, "Condition": {"StringLike": {"s3:prefix": "${aws:PrincipalTag/t}?*"}}}, 3, "undecided; perhaps "),
    ],
)  # fmt: skip
def test_compare(file: File, newer: dict[str, Any], older: dict[str, Any], code: int, words: str) -> None:
    arguments = ("compare", file(newer), file(older), "--account", OWN, "--service", "s3")
    result = run(*arguments)
    assert (result.exit_code, result.stdout.startswith(words)) == (code, True)
    answer = json.loads(run(*arguments, "--format", "json").stdout)
    assert answer["more"] is {0: False, 1: True, 3: None}[code]
    if code == 1:
        decisions = [replayed(arguments[i], answer["witness"]) for i in (1, 2)]
        assert decisions == ["Allowed", "ImplicitlyDenied"]


def test_narrow_writes_a_policy_that_passes_its_requests_and_no_others() -> None:
    def line(action: str, arn: str) -> dict[str, Any]:
        role = f"arn:aws:iam::{OWN}:role/build"
        return {"request": {"principal": f"arn:aws:sts::{OWN}:assumed-role/build/s", "action": action,
                            "resource": {"arn": arn}, "context": {"aws:PrincipalArn": role}}}  # fmt: skip

    needed = line("s3:GetObject", "arn:aws:s3:::b/k")
    for options in (["--gateway"], []):
        written = json.loads(run("narrow", *options, text=json.dumps(needed) + "\n\n").stdout)
        decided = [
            json.loads(
                run("evaluate", text=json.dumps({**one, "identityPolicies": [{"Statement": ANYTHING}],
                                                 "vpcEndpointPolicies": [written]})).stdout
            )["decision"]
            for one in (needed, line("s3:PutObject", "arn:aws:s3:::b/k"), line("s3:GetObject", "arn:aws:s3:::c/k"))
        ]  # fmt: skip
        assert decided == ["Allowed", "ImplicitlyDenied", "ImplicitlyDenied"]


@pytest.mark.parametrize("text", ["x", "[]", '{"request": {}}', '{"request": NaN}'])
def test_a_line_that_is_no_request_is_one_clear_error(text: str) -> None:
    result = run("narrow", text=text)
    assert result.exit_code == 2
    assert "line 1: expected a request" in result.stderr


def test_an_account_has_twelve_digits(file: File) -> None:
    result = run("allows", file(ANYTHING), "--account", OTHER[:7])
    assert (result.exit_code, "twelve digits" in result.stderr) == (2, True)


def test_names_that_cannot_be_meant(file: File) -> None:
    open_to_all = file(ANYTHING)
    for option, value in (("--resource", "bucket"), ("--resource", "*"), ("--organization", "111122223333")):
        result = run("allows", open_to_all, "--account", OWN, option, value)
        assert result.exit_code == 2
        assert repr(value) in result.stderr
    assert run("allows", open_to_all, "--account", OWN, "--service", "S3").stdout.startswith("all: own account")
    unknown = run("allows", open_to_all, "--account", OWN, "--service", "s33")
    assert unknown.stdout.splitlines()[-1] == "no service 's33' is known here; is its name spelt so?"


def test_a_document_that_cannot_be_judged_is_one_clear_error(file: File) -> None:
    result = run("compare", file({"Effect": "Maybe"}), file(ANYTHING), "--account", OWN)
    assert result.exit_code == 2
    assert '/Statement/0/Effect: expected "Allow" or "Deny", found' in result.stderr
