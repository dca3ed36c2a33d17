"""README's recipes for CI do what they are said to do: their steps are run here as a runner would, on a template and on
moto's server. What only a runner has (its actions, the installation) is left out.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.collect import gaps
from tests.unit.collect.conftest import SIGNED_IN
from tests.unit.collect.pipeline import REGION
from tests.unit.collect.server import front

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "tests/data/cloudformation/private.yaml"
READMES = ["README.md", "README.ja.md"]


def recipes(readme: str) -> list[Any]:
    return [yaml.safe_load(one) for one in re.findall(r"```yaml\n(.*?)```", (ROOT / readme).read_text(), re.DOTALL)]


def workflow(readme: str, name: str) -> list[dict[str, Any]]:
    (found,) = (one for one in recipes(readme) if isinstance(one, dict) and one.get("name") == name)
    (job,) = found["jobs"].values()
    return [step for step in job["steps"] if "run" in step and not step["run"].startswith("pip ")]


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """A PATH on which ``reachsim`` is the code under test."""
    programs = tmp_path / "bin"
    programs.mkdir(exist_ok=True)
    command = programs / "reachsim"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m reachsim "$@"\n')
    command.chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {**own, "PATH": path, "PYTHONPATH": str(ROOT), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), **more}


def run(steps: list[dict[str, Any]], folder: Path, env: dict[str, str]) -> list[int]:
    """Exit codes of the steps as a runner goes through them: after a failure only those that run always."""
    codes: list[int] = []
    for step in steps:
        if not any(codes) or step.get("if") == "always()":
            line = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
            done = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, check=False)
            codes.append(done.returncode)
            assert "Traceback" not in done.stderr
    return codes


def work(tmp_path: Path, template: str) -> Path:
    folder = tmp_path / "work"
    (folder / "parameters").mkdir(parents=True)
    (folder / "pipeline.yaml").write_text(template)
    parameter = {"ParameterKey": "Network", "ParameterValue": "10.9.0.0/16"}
    (folder / "parameters/prod.json").write_text(json.dumps([parameter]))
    return folder


def leaking(template: str) -> str:
    """The project outside every VPC."""
    cut = template.index("      VpcConfig:\n        VpcId: !Ref Vpc\n        Subnets: [!Ref BuildA, !Ref BuildB]")
    return template[:cut] + template[template.index("Outputs:") :]


@pytest.mark.parametrize("readme", READMES)
def test_a_change_that_leaks_fails_the_review_and_its_reasons_are_uploaded(readme: str, tmp_path: Path) -> None:
    folder = work(tmp_path, leaking(TEMPLATE.read_text()))
    codes = run(workflow(readme, "reachsim"), folder, environment(tmp_path))
    assert codes[:2] == [0, 1]
    sarif = json.loads((folder / "reachsim.sarif").read_text())
    results = sarif["runs"][0]["results"]
    assert "CODEBUILD_NOT_IN_VPC" in {one["ruleId"] for one in results}
    assert "reachsim: leaking" in (tmp_path / "summary").read_text()
    assert "10.9.0.0/16" in next((folder / "planned").rglob("describe-vpcs.json")).read_text()


@pytest.mark.parametrize("readme", READMES)
def test_the_hook_before_every_commit(readme: str, tmp_path: Path) -> None:
    (hook,) = (repo["hooks"][0] for one in recipes(readme) if isinstance(one, dict) for repo in one.get("repos", []))
    assert all(re.match(hook["files"], name) for name in ("pipeline.yaml", "buildspec.yml", "Dockerfile"))
    folder = work(tmp_path, leaking(TEMPLATE.read_text()))
    env = environment(tmp_path)
    for code in (1, 1):  # the second time over what the first has written
        done = subprocess.run(
            shlex.split(hook["entry"]), cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == code
        assert "CODEBUILD_NOT_IN_VPC" in done.stdout


@pytest.mark.parametrize("readme", READMES)
def test_two_nights(readme: str, moto_server: tuple[str, int], tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    steps = workflow(readme, "nightly")
    with front(moto_server, gaps.answer, gaps.mend) as one:
        env = environment(tmp_path, AWS_ENDPOINT_URL=one.url, AWS_REGION=REGION, **SIGNED_IN)
        assert run(steps, folder, env) == [0, 0, 0]
        assert run(steps, folder, env) == [0, 0, 0]
    assert [path.name for path in folder.iterdir()] == ["yesterday"]
    kept = sorted(path.name for path in (folder / "yesterday").iterdir())
    assert run(steps, folder, environment(tmp_path, AWS_REGION=REGION))[0] == 2  # a night without credentials
    assert sorted(path.name for path in (folder / "yesterday").iterdir()) == kept
    shutil.rmtree(folder)
