"""The last step: ECS services that pull the pipeline's image from their own subnets.

A service takes part if a pipeline's stage deploys it, or if its task definition runs an image from a repository that a
build is seen to push to, or may: nothing may tell the image. Tasks on instances are left to the instance's
agent, which pulls by the instance's own interface; only Fargate's tasks pull by theirs.

**Source:** pipeline-services fact sheet, P61i; Amazon ECS Developer Guide, "Fargate task networking" (platform 1.4.0
and later: image, logs and secrets by the task's interface), "Task execution IAM role" (which permission what needs; the
token for ECR is asked for by an interface of Fargate's own), "Using the awslogs log driver", "Use task-level or
container environment files"; CodePipeline User Guide, action structure references "Amazon ECS" and "ECS and CodeDeploy
blue-green"; distribution/reference grammar of images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final

from msgspec.structs import replace

from reachsim import digits, services
from reachsim.check.needs import Need, in_bucket
from reachsim.check.role_requests import not_assumed, role_request, service_request
from reachsim.check.service_plane import pipelines, repository_of
from reachsim.evidence import Assumption
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy_layers import Answer, described, judge_elsewhere
from reachsim.verdict import worst
from reachsim.workloads import on_fargate, task_definition_name, task_definition_of

_TOKEN: Final = "ecr:GetAuthorizationToken"
_TASKS: Final = "ecs-tasks.amazonaws.com"
_SECRETS: Final = {
    "ssm": ("ssm", "ssm:GetParameters"), "secretsmanager": ("secretsmanager", "secretsmanager:GetSecretValue"),
}  # fmt: skip


def deployments(network: Network, needs: Sequence[Need]) -> list[str]:
    """Selectors of the services that run what the pipeline builds (``needs``: those of its builds)."""
    named = {name for _, pipeline in pipelines(network) for name in _deployed(pipeline)}
    pushed = _pushed(needs)
    found = []
    for (home, cluster), records in sorted(network.ecs_services.items()):
        short = cluster.rsplit("/", 1)[-1]
        for record in records:
            images = _images(network, home, record)
            repositories = {one.arn for one in map(repository_of, images) if one is not None}
            if (short, record.service_name) in named or repositories & pushed or (pushed and "" in images):
                found.append(f"ecs:{short}/{record.service_name}")
    return found


def unseen_deployments(network: Network, needs: Sequence[Need]) -> tuple[str | Assumption, ...]:
    """What leaves it open whether more services run what the pipeline builds: files by name, as AWS did not answer or
    told no more than that a cluster is there; an assumption for an account whose clusters nobody asked for.
    """
    served = {
        (cluster.rsplit("/", 1)[-1], one.service_name)
        for (_, cluster), records in network.ecs_services.items() for one in records
    }  # fmt: skip
    unseen = {
        network.path(home, "ecs", "describe-services", cluster)
        for home, pipeline in pipelines(network) for cluster, service in _deployed(pipeline)
        if (cluster, service) not in served
    }  # fmt: skip
    others = [
        Assumption("DEPLOYMENT_NOT_JUDGED", f"{pipeline.name}/{stage.name}/{action.name}", what, "block")
        for _, pipeline in pipelines(network) for stage in pipeline.stages for action in stage.actions
        if (what := _not_judged(network, action))
    ]  # fmt: skip
    if not _pushed(needs):
        return (*sorted(unseen), *others)
    described = {(home, cluster.rsplit("/", 1)[-1]) for home, cluster in network.ecs_services}
    clusters = [(home, arn.rsplit("/", 1)[-1]) for home, arn in network.ecs_clusters]
    unseen |= {network.path(home, "ecs", "describe-services", one) for home, one in clusters
               if (home, one) not in described}  # fmt: skip
    lists = {network.path(home, "ecs", "list-clusters"): home for home in network.homes}
    unseen |= {path for path in lists if network.snapshot.status(path) in ("refused", "partial")}
    taken = [
        Assumption("DEPLOYMENTS_UNSEEN", "/".join(home), f"{path} is not in the snapshot", "block")
        for path, home in lists.items() if network.snapshot.status(path) == "missing"
    ]  # fmt: skip
    return (*sorted(unseen), *others, *taken)


def _not_judged(network: Network, action: aws.PipelineAction) -> str:
    """Why what an action deploys to is not judged; nothing where it is, or where CodePipeline writes to a bucket."""
    kind = action.action_type_id
    if kind.category != "Deploy" or kind.owner != "AWS" or kind.provider in ("S3", "EKS"):
        return ""
    if kind.provider not in ("ECS", "CodeDeployToECS"):
        return f"what {kind.provider} deploys to is not judged"
    cluster, service = (action.configuration.get(key) for key in ("ClusterName", "ServiceName"))
    held = (one for (_, arn), records in network.ecs_services.items() if arn.rsplit("/", 1)[-1] == cluster
            for one in records if one.service_name == service)  # fmt: skip
    return "" if all(map(on_fargate, held)) else f"{service} runs on instances of its own, which are not judged"


def _pushed(needs: Sequence[Need]) -> set[str]:
    requests = [request for need in needs for request in need.requests]
    return {str(request["resource"]) for request in requests if request["action"] == services.ECR_WRITE}


def _deployed(pipeline: aws.Pipeline) -> Iterator[tuple[str, str]]:
    for stage in pipeline.stages:
        for action in stage.actions:
            if action.action_type_id.category == "Deploy" and action.action_type_id.provider == "ECS":
                yield action.configuration.get("ClusterName", ""), action.configuration.get("ServiceName", "")


def deploy_needs(network: Network, home: Home, record: aws.EcsService) -> tuple[Need, ...]:
    """What a task needs before it runs: the image, its log stream, the secrets that it names."""
    if not on_fargate(record):
        return ()
    task = task_definition_of(network, home, record)
    if task is None:
        (path,) = unseen_task(network, home, record)
        return (Need("deploy", "", place=f"the image that {record.service_name} runs is not known ({path})"),)
    role = {"principal": task.execution_role_arn} if task.execution_role_arn else {}
    needs: list[Need] = []
    for container in task.container_definitions:
        needs += _image_needs(home, container.image, role)
        needs += _log_needs(network, home, container.log_configuration, role)
        for file in container.environment_files:
            needs += _file_needs(home, file.value, role)
        named = [one.value_from for one in container.secrets]
        named += [one.value_from for one in (container.log_configuration or aws.ContainerLogs()).secret_options]
        for value in named:
            needs += _secret_needs(home, value, role)
        if container.repository_credentials is not None:
            needs += _secret_needs(home, container.repository_credentials.credentials_parameter, role, "secretsmanager")
    return tuple(need for index, need in enumerate(needs) if need not in needs[:index])


def unseen_task(network: Network, home: Home, record: aws.EcsService) -> tuple[str, ...]:
    """The file that would tell what a service on Fargate runs, if it does not."""
    if not on_fargate(record) or task_definition_of(network, home, record) is not None:
        return ()
    name = task_definition_name(record).rsplit("/", 1)[-1]
    return (network.path(home, "ecs", "describe-task-definition", *([name] if name else [])),)


def start_of(network: Network, home: Home, record: aws.EcsService) -> Answer:
    """What policies say before a task on Fargate runs anything: whether Amazon ECS may assume its roles, and whether it
    gets the token by which it pulls a private image of ECR. Raises SnapshotError for a policy that cannot be judged.
    """
    task = task_definition_of(network, home, record) if on_fargate(record) else None
    if task is None:
        return Answer()
    roles = dict.fromkeys(role for role in (task.execution_role_arn, task.task_role_arn) if role)
    answers = [*(trusts_tasks(network, home, role) for role in roles), _token(network, home, task)]
    outcome = worst([one.outcome for one in answers])
    return Answer(outcome, *(tuple(dict.fromkeys(chain(*some))) for some in (
        (one.blocks for one in answers), (one.missing for one in answers), (one.assumptions for one in answers),
    )))  # fmt: skip


def trusts_tasks(network: Network, home: Home, role: str) -> Answer:
    """Whether the trust policy of a role lets Amazon ECS assume it for a task; one that the snapshot lists without its
    trust policy, which AWS always tells, is taken to. **Source:** Amazon ECS Developer Guide, "Task execution IAM role"
    (``ecs-tasks.amazonaws.com``, and the keys that a trust policy may ask for).
    """
    held = described(network, home[0], role) if ":role/" in role else None
    if held is None or not held.trust:
        return Answer()
    partition = services.partition_of(home[1])
    source = f"arn:{partition}:ecs:{home[1]}:{home[0]}:task/any/any"
    request = service_request(network, _TASKS, "sts:AssumeRole", role, home[0], home, source)
    answer = judge_elsewhere(network, request, None)
    rest = ", so no task starts"
    return replace(answer, blocks=tuple(not_assumed(network, one, role, _TASKS, rest) for one in answer.blocks))


def _token(network: Network, home: Home, task: aws.TaskDefinition) -> Answer:
    """What is said to the token, which an interface of Fargate's own asks for in the execution role's name, without the
    keys of the VPC.
    """
    role = task.execution_role_arn
    if not role or not any(repository_of(one.image) for one in task.container_definitions):
        return Answer()
    request = role_request(network, role, _TOKEN, "*", home[0], home[1], wildcard=True)
    return judge_elsewhere(network, request, role, resource=False)


def _image_needs(home: Home, image: str, role: dict[str, Any]) -> Iterator[Need]:
    if not image:
        yield Need("deploy", "", place="the image of a container is not known")
        return
    repository = repository_of(image)
    if repository is None:
        yield from _of_registry(image)
        return
    if repository.region != home[1]:
        for host in (f"api.ecr.{repository.region}", f"{repository.account}.dkr.ecr.{repository.region}"):
            yield Need("deploy", f"host:{host}.{services.dns_suffix(repository.region)}", place=f"image {image}")
        return
    yield Need("deploy", "ecr.api", place=f"image {image}")
    pull = tuple({"action": action, "resource": repository.arn, **role} for action in services.ECR_DOWNLOAD)
    registry = image.split("/", 1)[0]
    host = registry if registry != services.host("ecr.dkr", home[1], home[0]) else ""
    yield Need("deploy", "ecr.dkr", pull, place=f"image {image}", host=host)
    yield in_bucket("deploy", home, services.layer_objects(home[1]), ("s3:GetObject",), f"image {image}")


def _of_registry(image: str) -> Iterator[Need]:
    """The registry of an image that is in no private repository of ECR, by the name and port in front of it."""
    from reachsim.pipeline.image import DOCKER_HUB, parse  # costs the parsers, which few services need

    host, _, port = parse(image).host.partition(":")
    name = "registry-1.docker.io" if host == DOCKER_HUB else host
    yield Need("deploy", f"host:{name}", port=digits.port(port, 443), place=f"image {image}")


def _log_needs(network: Network, home: Home, logs: aws.ContainerLogs | None, role: dict[str, Any]) -> Iterator[Need]:
    """What the log driver asks of CloudWatch Logs before a container runs: a stream, and the group where it is told to
    make it and the list of groups lacks it; without being told, there has to be one.
    """
    if logs is None or logs.log_driver != "awslogs":
        return
    group, region = logs.options.get("awslogs-group", "*"), logs.options.get("awslogs-region") or home[1]
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    listed = network.path((home[0], region), "logs", "describe-log-groups")
    there = {one.log_group_name for one in network.read_collection(listed, "logGroups", aws.LogGroup)}
    if network.snapshot.status(listed) == "ok" and group not in there and group != "*":
        if logs.options.get("awslogs-create-group") == "true":
            actions.insert(0, "logs:CreateLogGroup")
        else:
            yield Need("deploy", "", place=f"log group {group}: {listed} lacks it, and the task does not make it")
    resource = f"arn:{services.partition_of(region)}:logs:{region}:{home[0]}:log-group:{group}:*"
    destination = "logs" if region == home[1] else f"host:{services.host('logs', region, home[0])}"
    requests = tuple({"action": one, "resource": resource, **role} for one in actions)
    yield Need("deploy", destination, requests, place=f"log group {group}")


def _file_needs(home: Home, arn: str, role: dict[str, Any]) -> Iterator[Need]:
    """A file of environment variables in a bucket, by the ARN of its object."""
    bucket, _, key = arn.partition(":::")[2].partition("/")
    if bucket and key:
        found = in_bucket("deploy", home, arn, ("s3:GetObject",), f"environment file {arn}")
        located = {"action": "s3:GetBucketLocation", "resource": arn[: -len(key) - 1]}
        requests = tuple({**one, **role} for one in (*found.requests, located))
        yield replace(found, requests=requests)
    else:
        yield Need("deploy", "", place=f"which environment file {arn or 'it is'} is not told")


def _secret_needs(home: Home, value: str, role: dict[str, Any], sort: str = "ssm") -> Iterator[Need]:
    """A parameter or, with ``sort`` secretsmanager, a secret by name, or either by ARN (a secret's with a JSON key,
    version stage and id behind it).
    """
    if not value:
        yield Need("deploy", "", place="which secret it is, is not told")
        return
    arn = value if value.startswith("arn:") else ""
    kind = arn.split(":")[2] if arn.count(":") >= 5 else sort
    if kind in _SECRETS:
        service, action = _SECRETS[kind]
        head = f"arn:{services.partition_of(home[1])}:{kind}:{home[1]}:{home[0]}"
        if not arn and kind == "secretsmanager":
            resource = f"{head}:secret:{value}*"
        elif not arn:
            resource = f"{head}:parameter/{value.removeprefix('/')}"
        else:
            resource = ":".join(arn.split(":")[:7]) if kind == "secretsmanager" else arn
        region = arn.split(":")[3] if arn else home[1]
        destination = service if region in (home[1], "") else f"host:{services.host(service, region, home[0])}"
        yield Need("deploy", destination, ({"action": action, "resource": resource, **role},), place=f"secret {value}")


def _images(network: Network, home: Home, record: aws.EcsService) -> list[str]:
    task = task_definition_of(network, home, record)
    return [one.image for one in task.container_definitions] if task is not None else [""]
