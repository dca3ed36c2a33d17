"""Actions of pipelines, and rules of their stages' conditions, that run on compute which CodePipeline manages: builds
without a CodeBuild project of their own.

Without subnets in its configuration such an action runs outside every VPC, as a project without a VPC configuration
does. With subnets it is asked how it stands to the internet; what its commands need is not judged. **Source:**
CodePipeline User Guide, action structure references "Commands", "EKS" (both with ``Subnets`` and ``SecurityGroupIds``),
"ECRBuildAndPublish", "InspectorScan" (without): "This action uses CodePipeline managed CodeBuild compute"; rule
structure reference, "Commands" (without), "LambdaInvoke".

Beside them stand the functions that a pipeline invokes, whose own code runs with what the pipeline hands over.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from reachsim.check.findings import OF_PIPELINE, finding_of
from reachsim.check.service_plane import pipelines
from reachsim.forwarding import Ground
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.verdict import Finding, PipelineStep
from reachsim.workloads import find_project

_PROVIDERS: Final = ("Commands", "ECRBuildAndPublish", "EKS", "InspectorScan")


class _Work(Struct, frozen=True):
    """What an action does, or a rule of a condition."""

    name: str
    provider: str
    configuration: Mapping[str, str]


def _work_of(stage: aws.PipelineStage) -> Iterator[_Work]:
    for action in stage.actions:
        yield _Work(action.name, action.action_type_id.provider, action.configuration)
    for rule in stage.rules:
        yield _Work(rule.name, rule.rule_type_id.provider, rule.configuration)


def with_managed_compute(ground: Ground) -> tuple[Ground, tuple[str, ...]]:
    """The ground with such actions as projects of their own, and their selectors; the same ground if there are none."""
    made = {}
    for home, pipeline in pipelines(ground.network):
        for stage in pipeline.stages:
            for work in _work_of(stage):
                if work.provider in _PROVIDERS:
                    name = f"{pipeline.name}{OF_PIPELINE}{stage.name}/{work.name}"
                    made[home, name] = _as_project(ground.network, name, work)
    if not made:
        return ground, ()
    network = copy.copy(ground.network)
    network.projects = {**network.projects, **made}
    return Ground(network, ground.appliances), tuple(f"codebuild:{name}" for _, name in made)


def _as_project(network: Network, name: str, work: _Work) -> aws.Project:
    kind = work.configuration.get("EnvironmentType") or "LINUX_CONTAINER"
    return aws.Project(
        name=name, source=aws.ProjectSource(type="CODEPIPELINE"), environment=aws.ProjectEnvironment(type=kind),
        vpc_config=_vpc_config(network, work),
    )  # fmt: skip


def _vpc_config(network: Network, work: _Work) -> aws.VpcConfig | None:
    """What the action's configuration says; an EKS action that says nothing may run in the VPC of its cluster."""
    subnets, groups = (
        tuple(re.findall(r"[^\s,\[\]\"']+", work.configuration.get(key, ""))) for key in ("Subnets", "SecurityGroupIds")
    )
    known = (network.subnets[one].vpc_id for one in subnets if one in network.subnets)
    vpc = work.configuration.get("VpcId") or next(known, "")
    if subnets and groups:
        return aws.VpcConfig(vpc_id=vpc, subnets=subnets, security_group_ids=groups)
    if work.provider == "EKS" or subnets or vpc:
        cluster = f"the VPC of the cluster {work.configuration.get('ClusterName', '')}".rstrip()
        return aws.VpcConfig(vpc_id=vpc or cluster)
    return None


def invoked_functions(network: Network) -> Iterator[Finding]:
    """Lambda functions that pipelines invoke and that run outside every VPC, with open internet ("AWS Lambda invoke
    action reference"; Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC").
    """
    for home, pipeline in pipelines(network):
        for stage in pipeline.stages:
            for work in _work_of(stage):
                name = work.configuration.get("FunctionName", "").rsplit(":function:", 1)[-1].split(":")[0]
                function = network.functions.get((home, name))
                if work.provider != "Lambda" or function is None:
                    continue
                if function.vpc_config is None or not function.vpc_config.subnet_ids:
                    place = f"{pipeline.name}/{stage.name}/{work.name}"
                    title = f"the action {place} invokes lambda:{name}, which runs outside every VPC"
                    yield finding_of("PIPELINE_COMPUTE_NOT_IN_VPC", "low", place, title, [f"lambda:{name}"],
                                     "Give the function a VPC configuration with private subnets.")  # fmt: skip


def judged_inside(ground: Ground, sources: tuple[str, ...]) -> list[PipelineStep]:
    """A step for each action in a VPC, as what its commands need is not judged."""
    found = ((one, find_project(ground.network, one.partition(":")[2])) for one in sources)
    inside = [one for one, held in found if held is not None and held[1].vpc_config is not None]
    return [PipelineStep(one.partition(":")[2], "run", "unknown", "none") for one in inside]
