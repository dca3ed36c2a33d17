"""Environment variables that a pipeline hands to the build that it starts, in place of the project's own.

**Source:** CodePipeline User Guide, action structure reference "AWS CodeBuild" (EnvironmentVariables).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Check
from tests.scenarios.pipelines import Pipeline
from tests.scenarios.test_check_service_plane import stage

PARAMETER = {"name": "TOKEN", "value": "/app/token", "type": "PARAMETER_STORE"}
PLAIN = {"name": "TOKEN", "value": "", "type": "PLAINTEXT"}


def handing(*runs: Any, own: list[dict[str, str]] | None = None, source: str = "CODEPIPELINE") -> Check:
    """The check of a project that a pipeline runs once for each of these texts or lists."""
    net = Pipeline()
    net["p1"]["environment"]["environmentVariables"] = own or []
    net["p1"]["source"] = {"type": source}
    texts = [run if isinstance(run, str) else json.dumps(run) for run in runs]
    stages = [stage(f"B{n}", "Build", "CodeBuild", ProjectName="p1", EnvironmentVariables=text)
              for n, text in enumerate(texts)]  # fmt: skip
    net.put("codepipeline/get-pipeline/rel", {"pipeline": {"name": "rel", "stages": stages}})
    return load_files(net.files()).check()


def broken(check: Check) -> set[str]:
    return {one.step for one in check.steps if one.outcome == "blocked"}


@pytest.mark.parametrize("kind", ["PARAMETER_STORE", "SECRETS_MANAGER"])
def test_a_secret_that_a_pipeline_names_needs_a_way(kind: str) -> None:
    check = handing([PARAMETER | {"type": kind}])
    assert set(broken(check)) == {"environment"}
    assert check.overall == "private-but-failing"


def test_plain_values_need_none() -> None:
    check = handing([PLAIN, {"name": "COMMIT", "value": "#{SourceVariables.CommitId}"}])
    assert check.overall == "private-and-working"


def test_what_a_pipeline_hands_over_stands_in_place_of_the_projects_own() -> None:
    assert handing([PLAIN], own=[PARAMETER]).overall == "private-and-working"
    assert set(broken(handing([PLAIN], [], own=[PARAMETER]))) == {"environment"}


def test_a_project_with_a_source_of_its_own_may_run_without_a_pipeline() -> None:
    assert "environment" in broken(handing([PLAIN], own=[PARAMETER], source="NO_SOURCE"))


@pytest.mark.parametrize("text", ["", "[planted", "{}"])
def test_variables_that_are_not_told_leave_it_open(text: str) -> None:
    check = handing(text)
    assert check.overall == "undecided"
    assert [one.step for one in check.steps if one.outcome == "unknown"] == ["environment"]


def test_a_proxy_that_a_pipeline_hands_over_counts() -> None:
    assert handing([{"name": "HTTPS_PROXY", "value": "http://10.0.9.9:3128"}]).overall == "undecided"


@pytest.mark.parametrize(
    ("webhook", "runs"),
    [
        ({"filterGroups": [[{"type": "EVENT", "pattern": "WORKFLOW_JOB_QUEUED"}]]}, True),
        ({"buildType": "RUNNER_BUILDKITE_BUILD"}, True),
        ({"filterGroups": [[{"type": "EVENT", "pattern": "PUSH, PULL_REQUEST_MERGED"}]], "buildType": "BUILD"}, False),
        ({"filterGroups": [[{"type": "WORKFLOW_NAME", "pattern": "WORKFLOW_JOB_QUEUED"}]]}, False),
        ({}, False),
    ],
)
def test_what_a_runner_runs_is_not_known(webhook: dict[str, Any], runs: bool) -> None:
    """CodeBuild User Guide, "Self-hosted GitHub Actions runners in AWS CodeBuild", "Buildkite runner"."""
    net = Pipeline()
    net["p1"]["webhook"] = webhook
    check = load_files(net.files()).check()
    assert check.overall == ("undecided" if runs else "private-and-working")
    assert ("unknown" in {one.outcome for one in check.steps if one.step == "run"}) is runs
