"""ECS services with their tasks, and Lambda functions.

**Source:** API references of Amazon ECS and AWS Lambda; Terraform's and CloudFormation's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reachsim.importers.planned.balancers import registering
from reachsim.importers.planned.conditional import source_of
from reachsim.importers.planned.defaults import UNSEEN_GROUP, default_groups
from reachsim.importers.planned.documents import document_of, named_file
from reachsim.importers.planned.identities import role_arn_of
from reachsim.importers.planned.resource import Resource, blocks_of, flag_of, listed, text_of
from reachsim.importers.planned.symbols import arn
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.services import partition_of


def cluster(world: World, one: Resource) -> None:
    document = world.document(one.home, "ecs/list-clusters")
    if document is not None and arn(one) not in document["clusterArns"]:
        document["clusterArns"].append(arn(one))
        world.put(one.home, f"ecs/describe-services/{named_file(arn(one))}", {"services": [], "failures": []})
    cluster_strategy(world, one)


def cluster_strategy(world: World, one: Resource) -> None:
    """The strategy of a cluster's services that tell neither one nor a launch type, of itself or beside it."""
    name = one.text("cluster_name").rpartition("/")[2] or one.id
    for block in one.blocks("default_capacity_provider_strategy"):
        world.strategies.setdefault(name, []).append(text_of(block, "capacity_provider"))


def service(world: World, one: Resource) -> None:
    held = one.text("cluster") or "default"
    account, region = one.home
    named = held if held.startswith("arn:") else f"arn:{partition_of(region)}:ecs:{region}:{account}:cluster/{held}"
    made: Document = {
        "serviceName": one.id, "clusterArn": named, "launchType": one.text("launch_type") or "EC2",
        "taskDefinition": one.text("task_definition"),
    }  # fmt: skip
    providers = [text_of(block, "capacity_provider") for block in one.blocks("capacity_provider_strategy")]
    if not providers and not one.text("launch_type"):
        providers = world.strategies.get(held.rpartition("/")[2], [])
    if providers:
        made.pop("launchType")
        made["capacityProviderStrategy"] = [{"capacityProvider": provider} for provider in providers]
    for block in one.blocks("network_configuration"):
        if one.open("network_configuration.assign_public_ip"):
            world.undecided(one, "assign_public_ip", source_of(one), ways=("leak", "block"))
        public = text_of(block, "assign_public_ip").upper() in ("ENABLED", "TRUE") or flag_of(block, "assign_public_ip")
        made["networkConfiguration"] = {"awsvpcConfiguration": {
            "subnets": (subnets := listed(one, block, "subnets", "network_configuration.subnets", "subnet-unknown")),
            "securityGroups": listed(
                one, block, "security_groups", "network_configuration.security_groups", UNSEEN_GROUP
            ) or default_groups(world, world.vpc_of(subnets, "vpc-unknown")),
            "assignPublicIp": "ENABLED" if public else "DISABLED",
        }}  # fmt: skip
    registering(world, one)
    clusters = world.document(one.home, "ecs/list-clusters")
    if clusters is not None and named not in clusters["clusterArns"]:
        clusters["clusterArns"].append(named)
    call = f"ecs/describe-services/{named_file(named)}"
    document = world.document(one.home, call) or {"services": [], "failures": []}
    document["services"] = [other for other in document["services"] if other["serviceName"] != one.id]
    document["services"].append(made)
    world.put(one.home, call, document)


def task_definition(world: World, one: Resource) -> None:
    made: Document = {"taskDefinitionArn": arn(one), "family": one.id}
    for name, key in (("task_role_arn", "taskRoleArn"), ("execution_role_arn", "executionRoleArn"),
                      ("network_mode", "networkMode")):  # fmt: skip
        if one.text(name):
            made[key] = one.text(name)
    named = one.texts("named_images")
    if named:
        told = f"its containers are known only after apply; taken to run images of {', '.join(named)}, which it names"
        world.presume(one.address, f"{one.address}: {told}")
    made["containerDefinitions"] = list(_containers(one))
    world.put(one.home, f"ecs/describe-task-definition/{named_file(arn(one))}", {"taskDefinition": made})


def _containers(one: Resource) -> Iterator[Document]:
    """Name, image, secrets and log of each container; the image is "" where nothing tells it.

    Terraform holds them as the text of a JSON list in the API's words, which is known only as a whole.
    """
    held = one.values.get("container_definitions")
    if isinstance(held, str):
        held = document_of(held)
    if not isinstance(held, list):  # repositories that the text names; there may be more containers
        for image in one.texts("named_images"):
            yield {"name": "", "image": image}
        yield {"name": "", "image": ""}
        return
    for each in held:
        if not isinstance(each, dict):
            continue
        made: Document = {"name": text_of(each, "name"), "image": text_of(each, "image")}
        made["secrets"] = _secrets(each, "secrets")
        files = (*blocks_of(each, "environmentFiles"), *blocks_of(each, "environment_files"))
        made["environmentFiles"] = [{"type": text_of(one, "type"), "value": text_of(one, "value")} for one in files]
        for own in (*blocks_of(each, "repositoryCredentials"), *blocks_of(each, "repository_credentials"))[:1]:
            made["repositoryCredentials"] = {
                "credentialsParameter": text_of(own, "credentialsParameter", "credentials_parameter"),
            }  # fmt: skip
        for log in (*blocks_of(each, "logConfiguration"), *blocks_of(each, "log_configuration"))[:1]:
            told = log.get("options")
            options = {str(key): str(value) for key, value in told.items()} if isinstance(told, dict) else {}
            made["logConfiguration"] = {
                "logDriver": text_of(log, "logDriver", "log_driver"), "options": options,
                "secretOptions": _secrets(log, "secretOptions", "secret_options"),
            }  # fmt: skip
        yield made


def _secrets(block: Mapping[str, Any], *names: str) -> list[Document]:
    held = (secret for name in names for secret in blocks_of(block, name))
    return [{"name": text_of(one, "name"), "valueFrom": text_of(one, "valueFrom", "value_from")} for one in held]


def function(world: World, one: Resource) -> None:
    made: Document = {
        "FunctionName": one.id,
        "FunctionArn": arn(one),
        "Role": role_arn_of(world, one, one.text("role")),
    }
    for block in one.blocks("vpc_config"):
        subnets = listed(one, block, "subnet_ids", "vpc_config.subnet_ids", "subnet-unknown")
        vpc_id = text_of(block, "vpc_id") or world.vpc_of(subnets, "vpc-unknown")
        if subnets:
            made["VpcConfig"] = {
                "SubnetIds": subnets, "VpcId": vpc_id,
                "SecurityGroupIds": listed(
                    one, block, "security_group_ids", "vpc_config.security_group_ids", UNSEEN_GROUP
                ) or default_groups(world, vpc_id),
                "Ipv6AllowedForDualStack": flag_of(block, "ipv6_allowed_for_dual_stack"),
            }  # fmt: skip
    for home, held in world.each("lambda/list-functions"):  # one that leaves its VPC keeps nothing of it
        if held["FunctionName"] == one.id and home == one.home and "VpcConfig" not in made:
            held.pop("VpcConfig", None)
    world.add(one.home, "lambda/list-functions", made)
