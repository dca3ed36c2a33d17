"""The last step: who carries out what a pipeline deploys, and what that needs.

A service of Amazon ECS takes part if a pipeline's stage deploys it, by itself or by a deployment group of CodeDeploy,
or if its task definition runs an image from a repository that a build is seen to push to, or may: nothing may tell the
image. On Fargate a task pulls by its own interface, on instances the container instance does by its own, whatever the
network mode.

**Source:** pipeline-services fact sheet, P61i; Amazon ECS Developer Guide, "Fargate task networking" (platform 1.4.0
and later: image, logs and secrets by the task's interface), "Task execution IAM role" (the token for ECR is asked for
by an interface of Fargate's own), "Amazon ECS interface VPC endpoints" and "Amazon ECS container instance IAM role"
(what the agent of an instance asks); Amazon ECR User Guide, "Using Amazon ECR images with Amazon ECS" (the role by
launch type); CodePipeline User Guide, action structure references "Amazon ECS" and "ECS and CodeDeploy blue-green".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from reachsim import services
from reachsim.check.deployment_groups import DeployAction, deploy_actions, group_deployments, without_role
from reachsim.check.needs import Need
from reachsim.check.role_requests import not_assumed, role_request, service_request
from reachsim.check.service_plane import repository_of
from reachsim.check.tasks import TOKEN, task_needs
from reachsim.evidence import Assumption
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy_layers import Answer, described, judge_elsewhere
from reachsim.selectors import parse_selector
from reachsim.verdict import worst
from reachsim.workloads import find_service, on_fargate, task_definition_name, task_definition_of

_TASKS: Final = "ecs-tasks.amazonaws.com"


class Deployment(Struct, frozen=True):
    """What carries out a deployment: ``source`` asks for the ``needs``; where AWS does not document in whose name,
    ``or_else`` are the same in another's. ``service`` is the ECS service whose tasks it starts, "" for CodeDeploy's
    agent; ``missing`` are files that leave open what is needed."""

    source: str
    needs: tuple[Need, ...]
    or_else: tuple[Need, ...] = ()
    service: str = ""
    missing: tuple[str, ...] = ()


def deployments(network: Network, needs: Sequence[Need]) -> list[Deployment]:
    """What runs what the pipeline builds (``needs``: those of its builds), one of each place that carries it out."""
    found = [one for service in deployed_services(network, needs) for one in _of_service(network, service)]
    for action in deploy_actions(network):
        found += [Deployment(one.source, one.needs, missing=one.missing) for one in group_deployments(network, action)]
    return found


def deployed_services(network: Network, needs: Sequence[Need]) -> list[str]:
    """Selectors of the ECS services that run what the pipeline builds."""
    named = {each for action in deploy_actions(network) for each in _deployed(action)}
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
    """What leaves it open whether more runs what the pipeline builds: files by name, as AWS did not answer or told no
    more than that a cluster is there; an assumption for an account whose clusters nobody asked for, and for what is not
    judged.
    """
    served = {
        (cluster.rsplit("/", 1)[-1], one.service_name)
        for (_, cluster), records in network.ecs_services.items() for one in records
    }  # fmt: skip
    actions = deploy_actions(network)
    unseen = {
        network.path(action.place, "ecs", "describe-services", cluster)
        for action in actions for cluster, service in _deployed(action)
        if (cluster, service) not in served
    }  # fmt: skip
    unseen |= {action.file for action in actions if action.lacking}
    others = [Assumption("DEPLOYMENT_NOT_JUDGED", action.name, why, "block")
              for action in actions if (why := action.not_judged)]  # fmt: skip
    others += [Assumption("DEPLOYMENT_NOT_JUDGED", one, "its tasks run outside AWS", "block")
               for one in deployed_services(network, needs) if _runs_outside(network, one)]  # fmt: skip
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


def _pushed(needs: Sequence[Need]) -> set[str]:
    requests = [request for need in needs for request in need.named]
    return {str(request["resource"]) for request in requests if request["action"] == services.ECR_WRITE}


def _deployed(action: DeployAction) -> tuple[tuple[str, str], ...]:
    """(cluster, service) of what an action deploys to."""
    told = action.record.configuration
    if action.provider == "ECS":
        return ((told.get("ClusterName", ""), told.get("ServiceName", "")),)
    group = action.group
    return tuple((one.cluster_name or "", one.service_name or "") for one in (group.ecs_services if group else ()))


def _images(network: Network, home: Home, record: aws.EcsService) -> list[str]:
    task = task_definition_of(network, home, record)
    return [one.image for one in task.container_definitions] if task is not None else [""]


# --- services of Amazon ECS -------------------------------------------------------------------------------------------


def _found(network: Network, service: str) -> tuple[Home, aws.EcsService] | None:
    return find_service(network, *parse_selector(service).value.split("/", 1))


def _runs_outside(network: Network, service: str) -> bool:
    found = _found(network, service)
    return found is not None and found[1].launch_type == "EXTERNAL"


def _of_service(network: Network, service: str) -> Iterator[Deployment]:
    """What a task of a service needs before it runs: the image, its log stream, the secrets that it names."""
    found = _found(network, service)
    if found is None or _runs_outside(network, service):
        return
    home, record = found
    task = task_definition_of(network, home, record)
    if task is None:
        name = task_definition_name(record).rsplit("/", 1)[-1]
        path = network.path(home, "ecs", "describe-task-definition", *([name] if name else []))
        need = Need("deploy", "", place=f"the image that {record.service_name} runs is not known ({path})")
        yield Deployment(service, (need,), service=service, missing=(path,))
        return
    execution = {"principal": task.execution_role_arn} if task.execution_role_arn else {}
    named = task_needs(network, home, task, execution, asks_token=not on_fargate(record))
    if on_fargate(record):
        yield Deployment(service, named, service=service)
        return
    by_host = task_needs(network, home, task, {}, asks_token=True)
    cluster = service.removeprefix("ecs:").split("/", 1)[0]
    agent = _agent_needs(home, cluster)
    path = network.path(home, "ecs", "describe-container-instances", cluster)
    held = network.read_collection(path, "containerInstances", aws.ContainerInstance)
    active = sorted({one.ec2_instance_id for one in held if one.ec2_instance_id and one.status == "ACTIVE"})
    if not active:
        known = network.snapshot.status(path) == "ok"
        why = f"cluster {cluster} has no container instance" if known else f"what {service} runs on ({path})"
        need = Need("deploy", "", place=f"{why}: who pulls the image is not known")
        yield Deployment(service, (need,), service=service, missing=() if known else (path,))
    for name in active:
        instance = network.instances.get(name)
        if instance is None:
            place = network.path(home, "ec2", "describe-instances")
            need = Need("deploy", "", place=f"the container instance {name} of {service} is not in the snapshot")
            yield Deployment(service, (need,), service=service, missing=network.unknown(place))
        elif instance.state.name == "running":
            asked = (*agent, *without_role(instance))
            other = (*asked, *named) if execution else ()
            yield Deployment(name, (*asked, *by_host), other, service)


def _agent_needs(home: Home, cluster: str) -> tuple[Need, ...]:
    """What the agent of a container instance asks before it hears of a task."""
    head = f"arn:{services.partition_of(home[1])}:ecs:{home[1]}:{home[0]}"
    poll = {"action": "ecs:Poll", "resource": f"{head}:container-instance/{cluster}/*",
            "context": {"ecs:cluster": f"{head}:cluster/{cluster}"}}  # fmt: skip
    place = f"agent of cluster {cluster}"
    discover = {"action": "ecs:DiscoverPollEndpoint", "resource": "*"}
    asked: dict[str, tuple[dict[str, Any], ...]] = {"ecs": (discover,), "ecs-agent": (poll,), "ecs-telemetry": ()}
    return tuple(Need("deploy", service, requests, place=place) for service, requests in asked.items())


def start_of(network: Network, service: str) -> Answer:
    """What policies say before a task runs anything: whether Amazon ECS may assume its roles, and whether on Fargate it
    gets the token by which it pulls a private image of ECR. Raises SnapshotError for a policy that cannot be judged.
    """
    found = _found(network, service) if service else None
    task = task_definition_of(network, *found) if found is not None else None
    if found is None or task is None:
        return Answer()
    home, record = found
    roles = dict.fromkeys(role for role in (task.execution_role_arn, task.task_role_arn) if role)
    answers = [*(trusts_tasks(network, home, role) for role in roles)]
    answers += [_token(network, home, task)] if on_fargate(record) else []
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
    request = role_request(network, role, TOKEN, "*", home[0], home[1], wildcard=True)
    return judge_elsewhere(network, request, role, resource=False)
