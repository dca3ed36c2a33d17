"""What actions of CodePipeline ask of other services in the name of a role, by provider.

Only what every run of an action asks is here. **Source:** CodePipeline User Guide, "Manage the CodePipeline service
role" (the permissions by provider), action structure references, "Add permissions to the CodePipeline service role"
and "Tutorial: Use full clone with a CodeCommit pipeline source" (``codecommit:GetRepository``); Developer Tools
console, "Connections rename"; Service Authorization Reference (the resources of each action).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from reachsim import services
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.workloads import task_definition_of

_TASKS: Final = "ecs-tasks.amazonaws.com"
_STACKS: Final = "cloudformation.amazonaws.com"


class Wish(Struct, frozen=True):
    """One request: an action, the ARN of its resource, condition keys of its own, and what will do in its place.
    ``unseen_policy``: the resource's own policy, which no snapshot holds, commonly allows it."""

    action: str
    resource: str
    context: Mapping[str, Any] = {}
    or_else: str = ""
    unseen_policy: bool = False


def wishes(network: Network, home: Home, action: aws.PipelineAction) -> tuple[Wish, ...]:
    """What an action asks that runs in an account and Region; nothing of providers that are not known here."""
    kind = action.action_type_id
    asks = _ASKS.get((kind.category, kind.provider)) if kind.owner == "AWS" else None
    return tuple(asks(network, home, action)) if asks is not None else ()


def is_judged(action: aws.PipelineAction) -> bool:
    """Whether it is known what an action asks, if anything: an approval may notify nobody."""
    kind = action.action_type_id
    asks = kind.category != "Approval" or bool(action.configuration.get("NotificationArn"))
    return kind.owner == "AWS" and asks and (kind.category, kind.provider) in _ASKS


def is_unheard(action: aws.PipelineAction) -> bool:
    """Whether it is an action of AWS's of which it is not known what it asks. What deployments need is told elsewhere,
    compute that CodePipeline manages is judged by its network."""
    kind = action.action_type_id
    return (kind.owner == "AWS" and kind.category not in ("Deploy", "Approval", "Compute")
            and kind.provider not in ("ECRBuildAndPublish", "InspectorScan")
            and (kind.category, kind.provider) not in _ASKS)  # fmt: skip


def _arn(home: Home, service: str, rest: str) -> str:
    return f"arn:{services.partition_of(home[1])}:{service}:{home[1]}:{home[0]}:{rest}"


def _named(action: aws.PipelineAction, key: str) -> str:
    """What an action's configuration names; anything where that is not told or a variable of the pipeline."""
    told = action.configuration.get(key) or "*"
    return "*" if "#{" in told else told


def _codecommit(_: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    repository = _arn(home, "codecommit", _named(action, "RepositoryName"))
    whole = action.configuration.get("OutputArtifactFormat") == "CODEBUILD_CLONE_REF"
    more = ("GetRepository",) if whole else ("UploadArchive", "GetUploadArchiveStatus")
    for name in ("GetBranch", "GetCommit", *more):
        yield Wish(f"codecommit:{name}", repository)


def _connection(_: Network, __: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    """A connection has to be used by the prefix that its ARN has; whether the other one will do is not documented."""
    arn = action.configuration.get("ConnectionArn", "")
    prefix = arn.split(":")[2] if arn.count(":") > 4 else ""
    other = {"codeconnections": "codestar-connections", "codestar-connections": "codeconnections"}.get(prefix)
    if other is not None:
        yield Wish(f"{prefix}:UseConnection", arn, or_else=f"{other}:UseConnection")


def _s3_source(_: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    bucket = f"arn:{services.partition_of(home[1])}:s3:::{_named(action, 'S3Bucket')}"
    yield Wish("s3:GetBucketVersioning", bucket)
    for name in ("GetObject", "GetObjectVersion"):
        yield Wish(f"s3:{name}", f"{bucket}/{_named(action, 'S3ObjectKey')}")


def _ecr_source(_: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    yield Wish("ecr:DescribeImages", _arn(home, "ecr", f"repository/{_named(action, 'RepositoryName')}"))


def _codebuild(_: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    project = _arn(home, "codebuild", f"project/{_named(action, 'ProjectName')}")
    batch = action.configuration.get("BatchEnabled") == "true"
    for name in ("StartBuildBatch", "BatchGetBuildBatches") if batch else ("StartBuild", "BatchGetBuilds"):
        yield Wish(f"codebuild:{name}", project)


def _lambda(_: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    function = _named(action, "FunctionName").rsplit(":function:", 1)[-1]
    yield Wish("lambda:InvokeFunction", _arn(home, "lambda", f"function:{function}"))


def _step_functions(_: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    """Action structure reference, "AWS Step Functions", "Service role policy permissions"; executions are named after
    their state machine."""
    machine = action.configuration.get("StateMachineArn", "")
    if ":stateMachine:" not in machine or "#{" in machine:
        machine = _arn(home, "states", "stateMachine:*")
    name = machine.split(":stateMachine:", 1)[1].split(":")[0]
    yield Wish("states:DescribeStateMachine", machine)
    yield Wish("states:StartExecution", machine)
    yield Wish("states:DescribeExecution", f"{machine.split(':stateMachine:', 1)[0]}:execution:{name}:*")


def _approval(_: Network, __: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    """The notification of a manual approval, where there is one ("Grant Amazon SNS permissions to a CodePipeline
    service role")."""
    topic = action.configuration.get("NotificationArn", "")
    if topic.startswith("arn:") and "#{" not in topic:
        yield Wish("sns:Publish", topic, unseen_policy=True)


def _s3_deploy(_: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    yield Wish("s3:PutObject", f"arn:{services.partition_of(home[1])}:s3:::{_named(action, 'BucketName')}/*")


def _ecs(network: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    cluster, service = _named(action, "ClusterName"), _named(action, "ServiceName")
    arn = _arn(home, "ecs", f"service/{cluster}/{service}")
    context = {"ecs:cluster": _arn(home, "ecs", f"cluster/{cluster}")}
    yield Wish("ecs:DescribeServices", arn, context)
    yield Wish("ecs:UpdateService", arn, context)
    yield Wish("ecs:DescribeTaskDefinition", "*")
    record = next(
        (
            one
            for (place, held), records in network.ecs_services.items()
            if place == home and held.rsplit("/", 1)[-1] == cluster
            for one in records
            if one.service_name == service
        ),
        None,
    )
    task = task_definition_of(network, home, record) if record is not None else None
    yield Wish("ecs:RegisterTaskDefinition", _arn(home, "ecs", "task-definition/*"))
    for role in dict.fromkeys((task.execution_role_arn, task.task_role_arn) if task is not None else ()):
        if role:
            yield Wish("iam:PassRole", role, {"iam:PassedToService": _TASKS})


def _codedeploy(_: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    application, group = _named(action, "ApplicationName"), _named(action, "DeploymentGroupName")
    for name in ("CreateDeployment", "GetDeployment"):
        yield Wish(f"codedeploy:{name}", _arn(home, "codedeploy", f"deploymentgroup:{application}/{group}"))
    yield Wish("codedeploy:RegisterApplicationRevision", _arn(home, "codedeploy", f"application:{application}"))
    yield Wish("codedeploy:GetDeploymentConfig", _arn(home, "codedeploy", "deploymentconfig:*"))


def _codedeploy_to_ecs(network: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    yield from _codedeploy(network, home, action)
    yield Wish("ecs:RegisterTaskDefinition", _arn(home, "ecs", "task-definition/*"))


def _cloudformation(_: Network, home: Home, action: aws.PipelineAction) -> Iterator[Wish]:
    stack = _arn(home, "cloudformation", f"stack/{_named(action, 'StackName')}/*")
    mode = action.configuration.get("ActionMode", "")
    for name in _STACK_CALLS.get(mode, ()):
        first = "cloudformation:CreateStack" if name == "UpdateStack" else ""  # whether the stack is there is not known
        yield Wish(f"cloudformation:{name}", stack, or_else=first)
    role = action.configuration.get("RoleArn", "")
    if mode in ("CREATE_UPDATE", "CHANGE_SET_REPLACE", "REPLACE_ON_FAILURE", "DELETE_ONLY") and ":role/" in role:
        yield Wish("iam:PassRole", role, {"iam:PassedToService": _STACKS})


_STACK_CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "CREATE_UPDATE": ("DescribeStacks", "UpdateStack"),
    "REPLACE_ON_FAILURE": ("DescribeStacks", "UpdateStack"),
    "CHANGE_SET_REPLACE": ("DescribeStacks", "CreateChangeSet", "DescribeChangeSet"),
    "CHANGE_SET_EXECUTE": ("DescribeStacks", "ExecuteChangeSet"),
    "DELETE_ONLY": ("DescribeStacks", "DeleteStack"),
}
_ASKS: Final[Mapping[tuple[str, str], Callable[[Network, Home, aws.PipelineAction], Iterator[Wish]]]] = {
    ("Source", "CodeCommit"): _codecommit, ("Source", "CodeStarSourceConnection"): _connection,
    ("Source", "S3"): _s3_source, ("Source", "ECR"): _ecr_source, ("Build", "CodeBuild"): _codebuild,
    ("Test", "CodeBuild"): _codebuild, ("Invoke", "Lambda"): _lambda, ("Deploy", "S3"): _s3_deploy,
    ("Deploy", "ECS"): _ecs, ("Deploy", "CodeDeployToECS"): _codedeploy_to_ecs,
    ("Deploy", "CodeDeploy"): _codedeploy, ("Deploy", "CloudFormation"): _cloudformation,
    ("Approval", "Manual"): _approval, ("Invoke", "StepFunctions"): _step_functions,
}  # fmt: skip
"""By category and provider."""
