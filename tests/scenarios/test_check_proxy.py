"""What goes by a proxy that the build's own files set, and what NO_PROXY lets past it."""

from __future__ import annotations

import pytest

from reachsim import load_files
from reachsim.verdict import Check, PipelineStep
from tests.scenarios.pipelines import Pipeline

HEAD = "version: 0.2\nenv:\n  variables:\n    HTTPS_PROXY: http://10.10.30.9:3128\n"
BUILD = "phases:\n  build:\n    commands:\n      - aws logs describe-log-groups\n"


def judged(buildspec: str) -> tuple[Check, PipelineStep]:
    found = load_files(Pipeline().files() | {"code/p1/buildspec.yml": buildspec.encode()}).check()
    return found, next(step for step in found.steps if step.step == "run")


@pytest.mark.parametrize(("exempt", "own_way"), [
    ("", False),
    ("    NO_PROXY: 169.254.169.254,example.com\n", False),
    ("    NO_PROXY: 169.254.169.254,.amazonaws.com\n", True),
    ("    no_proxy: logs.ap-northeast-1.amazonaws.com\n", True),
    ('    NO_PROXY: "*"\n', True),
])  # fmt: skip
def test_a_service_goes_its_own_way_only_where_no_proxy_names_it(exempt: str, own_way: bool) -> None:
    """The build's role may not describe log groups: on its own way it is refused, a proxy's is not known."""
    _, step = judged(HEAD + exempt + BUILD)
    assert ("IDENTITY_POLICY_DENY" in {block.code for block in step.blocked_by}) is own_way


def test_a_buildspec_that_codebuild_refuses_is_not_called_working() -> None:
    found, step = judged("version: 0.2\nphases:\n  build:\n    - curl https://x.example.com\n")
    assert (step.outcome, found.overall) == ("unknown", "undecided")
