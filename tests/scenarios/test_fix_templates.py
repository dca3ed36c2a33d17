"""What fix proposes as CloudFormation passes cfn-lint without an error; its commands are what a shell reads."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reachsim import load_files
from reachsim.fix import awscli, cloudformation
from tests.scenarios.test_fix import FAILING, no_endpoints

NAMES = ("an endpoint that failed, and no host names", "a default route that a private gateway propagates",
         "SC05 S3 endpoint not in the table", "SC08 no way back", "SC09 S3 forgotten",
         "SC16d another account's repository", "no outbound rule")  # fmt: skip
_ID = re.compile(r'"(sg|vpc|subnet|rtb|acl|pl|vpce)-([a-z0-9-]+)"')


def as_aws_writes(template: str) -> str:
    """The scenarios' ids in the form that AWS gives ids."""
    return _ID.sub(lambda one: f'"{one[1]}-{hashlib.sha256(one[2].encode()).hexdigest()[:17]}"', template)


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forms")
    made = [FAILING[name][0]() for name in NAMES]
    for number, one in enumerate([*made, no_endpoints()]):
        reach = load_files(one if isinstance(one, dict) else one.files())
        plan = reach.fix()
        template = as_aws_writes(cloudformation.render(plan.steps, plan.policies))
        (folder / f"{number}.json").write_text(template, encoding="utf-8")
        commands = awscli.render(reach.network, plan.steps, plan.policies)
        (folder / f"{number}.sh").write_text(commands, encoding="utf-8")
    return folder


def test_templates_pass_cfn_lint(forms: Path) -> None:
    files = sorted(str(one) for one in forms.glob("*.json"))
    code = "from cfnlint.runner import main; main()"
    found = subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_commands_for_another_account_say_so() -> None:
    made = FAILING["SC16d another account's repository"][0]()
    assert isinstance(made, dict)
    reach = load_files(made)
    plan = reach.fix()
    commands = awscli.render(reach.network, plan.steps, plan.policies)
    assert "# in ap-northeast-1 of 222222222222:\naws ecr set-repository-policy" in commands


def test_commands_are_what_a_shell_reads(forms: Path) -> None:
    for one in forms.glob("*.sh"):
        found = subprocess.run(["bash", "-n", str(one)], capture_output=True, text=True, check=False)
        assert (found.returncode, found.stderr) == (0, "")
