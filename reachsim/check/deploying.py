"""Whether those who carry out a pipeline's deployments get what these need.

They are no sources of the matrix: what they could reach besides is their own affair, but what they fetch leaves by the
way that it takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from reachsim.check.answers import Answers, answers_to
from reachsim.check.assumed import untold
from reachsim.check.deployments import Deployment, deployments, start_of, unseen_deployments
from reachsim.check.findings import finding_of
from reachsim.check.judged import Judged, cell_of, wants_of
from reachsim.check.needs import Need
from reachsim.check.outcome import THROUGH
from reachsim.check.steps import settled, steps_of
from reachsim.evidence import Block
from reachsim.forwarding import Ground
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network
from reachsim.policy_layers import Answer
from reachsim.verdict import Finding, PipelineStep, worst


def judge_deployments(ground: Ground, needs: Sequence[Need], pins: Mapping[str, IntervalSet]) -> list[Judged]:
    """Judge each of those who carry out a deployment, and what leaves open whether there are more (``needs``: those of
    the pipeline's builds). Raises SnapshotError for a policy that cannot be judged.
    """
    found = [_judged(ground, one, pins) for one in deployments(ground.network, needs)]
    return [*found, _further(ground.network, needs)]


def _judged(ground: Ground, one: Deployment, pins: Mapping[str, IntervalSet]) -> Judged:
    answers = answers_to(ground, one.source, (*one.needs, *one.or_else), pins)
    needs = _in_whose_name(one, answers)
    further = [cell_of(one.source, key[0], verdict, needed=True) for key, verdict in answers.all_cells]
    start = start_of(ground.network, one.service)
    steps = [_with_start(step, start) for step in steps_of(one.source, needs, answers)]
    refused = [_refused_task(ground.network, one.service, block) for block in start.blocks]
    unsure = start.outcome == "unknown"
    return Judged([], further, steps, needs, [step.outcome for step in steps], refused,
                  wants_of(one.source, needs, answers), (*one.missing, *(start.missing if unsure else ())),
                  (*untold(one.source, needs), *(start.assumptions if unsure else ())))  # fmt: skip


def _in_whose_name(one: Deployment, answers: Answers) -> tuple[Need, ...]:
    """The needs in the name in which they fare worse, if at all; with one that nothing tells where one name would do
    and another would not."""
    if not one.or_else:
        return one.needs
    mine, other = settled(one.needs, answers), settled(one.or_else, answers)
    if mine == other:
        return one.or_else
    better = one.needs if worst((mine, other)) == other else one.or_else
    why = "AWS does not document whether the instance's role or the task's execution role pulls"
    return (*better, Need("deploy", "", place=f"{why} the images of {one.service}, and one of them may not"))


def _with_start(step: PipelineStep, start: Answer) -> PipelineStep:
    """The step of a deployment with what is said before its task runs anything."""
    outcome = worst((step.outcome, start.outcome))
    blocks = (*start.blocks, *step.blocked_by)
    route = step.route if outcome in THROUGH else "none"
    return replace(step, outcome=outcome, blocked_by=blocks, route=route)


def _refused_task(network: Network, service: str, block: Block) -> Finding:
    title = f"{network.label(block.component)} keeps tasks of {service} from starting: {block.detail}"
    return finding_of(block.code, "high", block.component, title, [f"deploy: {block.code}; {block.detail}"])


def _further(network: Network, needs: Sequence[Need]) -> Judged:
    """What leaves open whether more runs the image; a step that nobody can judge if a file would tell."""
    unseen = unseen_deployments(network, needs)
    missing = tuple(one for one in unseen if isinstance(one, str))
    return Judged([], [], [], (), ["unknown"] if missing else [], [], (), missing,
                  tuple(one for one in unseen if not isinstance(one, str)))  # fmt: skip
