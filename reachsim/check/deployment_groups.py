"""Deploy actions of CodePipeline, and what the deployment groups of CodeDeploy name: instances or an ECS service.

The agent on an instance polls CodeDeploy and fetches the revision from the pipeline's artifact bucket by the instance's
role; where the VPC has an endpoint for the agent, that role needs the permissions that the agent then signs for.

**Source:** CodeDeploy User Guide, "Use CodeDeploy with Amazon Virtual Private Cloud", "Create an IAM instance profile
for your Amazon EC2 instances", "Tagging instances for deployment groups in CodeDeploy" (tags of one list are
alternatives, each list of a set has to match); API_DeploymentGroupInfo; Amazon EC2 Auto Scaling User Guide, "Tag Auto
Scaling groups and instances" (``aws:autoscaling:groupName``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from reachsim import services
from reachsim.check.findings import OF_PIPELINE
from reachsim.check.needs import Need, in_bucket
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home

_BY_GROUP: Final = ("CodeDeploy", "CodeDeployToECS")
_BY_CODEPIPELINE: Final = ("S3", "EKS")
_AGENT: Final = "codedeploy-commands-secure"
_COMMANDS: Final = ("PollHostCommand", "GetDeploymentSpecification", "PutHostCommandAcknowledgement",
                    "PutHostCommandComplete")  # fmt: skip


class DeployAction(Struct, frozen=True):
    """An action of AWS's that deploys, and where it does: the account of its role and its Region.

    ``file`` tells the deployment group that it names ("" if it names none), ``group`` is that group; ``lacking``:
    whether the file is missing.
    """

    place: Home
    pipeline: aws.Pipeline
    stage: str
    record: aws.PipelineAction
    file: str = ""
    group: aws.DeploymentGroup | None = None
    lacking: bool = False

    @property
    def name(self) -> str:
        return f"{self.pipeline.name}/{self.stage}/{self.record.name}"

    @property
    def provider(self) -> str:
        return self.record.action_type_id.provider

    @property
    def not_judged(self) -> str:
        """Why what it deploys to is not judged; "" where it is, or where CodePipeline writes to a bucket."""
        group = self.group
        if self.provider in ("ECS", *_BY_CODEPIPELINE) or self.lacking:
            return ""
        if not self.file:
            return f"what {self.provider} deploys to is not judged"
        if group is not None and group.compute_platform == "Lambda":
            return "what CodeDeploy deploys to is a function"
        if group is not None and (group.on_premises_instance_tag_filters or group.on_premises_tag_set is not None):
            return "CodeDeploy deploys to machines outside AWS"
        return ""


class Carrier(Struct, frozen=True):
    """Who carries out a deployment of CodeDeploy: an instance, or the action itself where none is told."""

    source: str
    needs: tuple[Need, ...]
    missing: tuple[str, ...] = ()


def deploy_actions(network: Network) -> list[DeployAction]:
    """Every action of AWS's in the pipelines that deploys."""
    return [
        _located(network, home, pipeline, stage.name, one)
        for home, pipeline in network.pipelines for stage in pipeline.stages for one in stage.actions
        if one.action_type_id.category == "Deploy" and one.action_type_id.owner == "AWS"
    ]  # fmt: skip


def _located(
    network: Network, home: Home, pipeline: aws.Pipeline, stage: str, record: aws.PipelineAction
) -> DeployAction:
    parts = (record.role_arn or "").split(":")
    place = (parts[4] if len(parts) > 5 else home[0], record.region or home[1])
    application = record.configuration.get("ApplicationName", "")
    if record.action_type_id.provider not in _BY_GROUP or not application or "#{" in application:
        return DeployAction(place, pipeline, stage, record)
    file = network.path(place, "codedeploy", "batch-get-deployment-groups", application)
    name = record.configuration.get("DeploymentGroupName", "")
    held = network.read_collection(file, "deploymentGroupsInfo", aws.DeploymentGroup)
    group = next((one for one in held if one.deployment_group_name == name), None)
    return DeployAction(place, pipeline, stage, record, file, group, not network.snapshot.known(file))


def group_deployments(network: Network, action: DeployAction) -> Iterator[Carrier]:
    """What the instances need that an action deploys to by a deployment group."""
    group = action.group
    if not action.file or action.lacking or action.not_judged or (group is not None and group.ecs_services):
        return
    instances = _matched(network, action.place, group) if group is not None else []
    if not instances:
        name = action.record.configuration.get("DeploymentGroupName", "")
        why = f"no running instance is known that {name} deploys to" if group else f"{action.file} lacks {name}"
        described = network.path(action.place, "ec2", "describe-instances")
        source = f"{action.pipeline.name}{OF_PIPELINE}{action.stage}/{action.record.name}"
        yield Carrier(source, (Need("deploy", "", place=why),), network.unknown(described) if group else ())
    for one in instances:
        yield Carrier(one.instance_id, (*_agent_needs(network, action, one), *without_role(one)))


def _matched(network: Network, place: Home, group: aws.DeploymentGroup) -> list[aws.Instance]:
    names = {f"aws:autoscaling:groupName={one.name}" for one in group.auto_scaling_groups}
    lists = group.ec2_tag_set.ec2_tag_set_list if group.ec2_tag_set is not None else ()
    found = []
    for name, one in sorted(network.instances.items()):
        if one.state.name != "running" or network.home_of(name) != place:
            continue
        tagged = _hits(one, group.ec2_tag_filters) or (bool(lists) and all(_hits(one, each) for each in lists))
        if tagged or names & {f"{tag.key}={tag.value}" for tag in one.tags}:
            found.append(one)
    return found


def _hits(instance: aws.Instance, filters: Sequence[aws.TagFilter]) -> bool:
    return any(_fits(each, tag) for each in filters for tag in instance.tags)


def _fits(each: aws.TagFilter, tag: aws.Tag) -> bool:
    by_key = each.type == "VALUE_ONLY" or tag.key == (each.key or "")
    by_value = each.type == "KEY_ONLY" or tag.value == (each.value or "")
    return by_key and by_value


def without_role(instance: aws.Instance) -> tuple[Need, ...]:
    """That it is not known in whose name an instance without a role asks, such as by keys of a user that it holds."""
    why = f"{instance.instance_id} has no instance profile: in whose name its agent asks is not known"
    return () if instance.iam_instance_profile is not None else (Need("deploy", "", place=why),)


def _agent_needs(network: Network, action: DeployAction, instance: aws.Instance) -> Iterator[Need]:
    place = f"CodeDeploy's agent, for {action.name}"
    served = {services.suffix_of_service_name(one.service_name) for one in network.vpc_endpoints.values()
              if one.vpc_id == instance.vpc_id}  # fmt: skip
    signs = any(one is not None and one[0] == _AGENT for one in served)
    requests = tuple({"action": f"{_AGENT}:{one}", "resource": "*"} for one in _COMMANDS) if signs else ()
    yield Need("deploy", _AGENT, requests, place=place)
    yield Need("deploy", "codedeploy", place=place)
    stores = action.pipeline.artifact_stores or {}
    store = stores.get(action.place[1]) or action.pipeline.artifact_store
    if store is None or not store.location:
        yield Need("deploy", "", place=f"the artifact bucket of {action.pipeline.name} is not told")
    else:
        objects = f"arn:{services.partition_of(action.place[1])}:s3:::{store.location}/*"
        yield in_bucket("deploy", action.place, objects, ("s3:GetObject",), f"revision of {action.name}")
