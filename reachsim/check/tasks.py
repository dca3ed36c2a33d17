"""What a task of Amazon ECS needs before its containers run: images, log streams, secrets, environment files.

**Source:** Amazon ECS Developer Guide, "Task execution IAM role" (which permission what needs), "Using the awslogs log
driver", "Use private registry authentication", "Use task-level or container environment files"; distribution/reference
grammar of images.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from reachsim import digits, services
from reachsim.check.needs import Need, in_bucket
from reachsim.check.service_plane import repository_of
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home

TOKEN: Final = "ecr:GetAuthorizationToken"
_SECRETS: Final = {
    "ssm": ("ssm", "ssm:GetParameters"), "secretsmanager": ("secretsmanager", "secretsmanager:GetSecretValue"),
}  # fmt: skip


def task_needs(
    network: Network, home: Home, task: aws.TaskDefinition, role: dict[str, Any], *, asks_token: bool
) -> tuple[Need, ...]:
    """What the containers of a task need, asked for in the name of ``role`` ({}: of whoever runs it).

    ``asks_token``: whether the token for ECR is asked for on the same way. Secrets, files of variables and credentials
    of registries are always asked for in the name of the execution role, if there is one.
    """
    named = {"principal": task.execution_role_arn} if task.execution_role_arn else role
    needs: list[Need] = []
    for container in task.container_definitions:
        needs += _image_needs(home, container.image, role, asks_token=asks_token)
        needs += _log_needs(network, home, container.log_configuration, role)
        for file in container.environment_files:
            needs += _file_needs(home, file.value, named)
        values = [one.value_from for one in container.secrets]
        values += [one.value_from for one in (container.log_configuration or aws.ContainerLogs()).secret_options]
        for value in values:
            needs += _secret_needs(home, value, named)
        if container.repository_credentials is not None:
            secret = container.repository_credentials.credentials_parameter
            needs += _secret_needs(home, secret, named, "secretsmanager")
    return tuple(need for index, need in enumerate(needs) if need not in needs[:index])


def _image_needs(home: Home, image: str, role: dict[str, Any], *, asks_token: bool) -> Iterator[Need]:
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
    token = ({"action": TOKEN, "resource": "*", **role},) if asks_token else ()
    yield Need("deploy", "ecr.api", token, place=f"image {image}")
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
