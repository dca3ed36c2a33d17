"""CodeCommit, CodeBuild, CodePipeline, ECR, S3, CloudWatch Logs, ECS, Lambda and IAM, as their APIs print them.

**Source:** API references of the services; Terraform's and CloudFormation's documentation of the attributes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reachsim.importers.planned.balancers import registering
from reachsim.importers.planned.conditional import source_of
from reachsim.importers.planned.encryption import bucket_encryption, key_of, repository_encryption
from reachsim.importers.planned.network import UNSEEN_GROUP, default_groups
from reachsim.importers.planned.resource import (
    Home,
    Resource,
    Values,
    blocks_of,
    flag_of,
    listed,
    number_of,
    text_of,
    texts_of,
)
from reachsim.importers.planned.symbols import arn, attribute
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.services import dns_suffix, partition_of

_DETAILS: Final = "iam/get-account-authorization-details"
_CAMEL: Final = {
    "compute_type": "computeType", "image": "image", "type": "type",
    "image_pull_credentials_type": "imagePullCredentialsType",
}  # fmt: skip


def _per(name: str) -> str:
    return name.replace("/", "%2F")


def _document(value: object) -> Any | None:
    """A policy as JSON, whether it comes as a text or as an object."""
    if isinstance(value, str) and value.strip():
        try:
            return json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


# --- CodeBuild --------------------------------------------------------------------------------------------------------


_OF_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "provisioning": (
        "environment.image",
        "environment.image_pull_credentials_type",
        "environment.registry_credential",
        "vpc_config",
    ),
    "source": ("source.type", "source.location", "secondary_sources"),
    "logs": ("logs_config",),
    "artifacts": ("artifacts", "secondary_artifacts"),
    "cache": ("cache",),
}
"""Steps of a build, and the attributes of a project that decide them."""


def project(world: World, one: Resource) -> None:
    environment = (one.blocks("environment") or [{}])[0]
    logs = (one.blocks("logs_config") or [{}])[0]
    record: Document = {
        "name": one.id, "arn": arn(one), "source": _source((one.blocks("source") or [{}])[0]),
        "secondarySources": [_source(block) for block in one.blocks("secondary_sources")],
        "artifacts": _artifacts((one.blocks("artifacts") or [{}])[0]),
        "secondaryArtifacts": [_artifacts(block) for block in one.blocks("secondary_artifacts")],
        "cache": _cache((one.blocks("cache") or [{}])[0]), "environment": _environment(environment),
        "serviceRole": _role_arn(world, one, one.text("service_role")), "tags": [],
        "logsConfig": {
            "cloudWatchLogs": _logs((blocks_of(logs, "cloudwatch_logs") or [{}])[0], "ENABLED"),
            "s3Logs": _logs((blocks_of(logs, "s3_logs") or [{}])[0], "DISABLED"),
        },
        "fileSystemLocations": [
            {"type": text_of(block, "type") or "EFS", "location": text_of(block, "location"),
             "mountPoint": text_of(block, "mount_point"), "identifier": text_of(block, "identifier")}
            for block in one.blocks("file_system_locations")
        ],
        "projectVisibility": one.text("project_visibility") or "PRIVATE",
    }  # fmt: skip
    for name, key in (("encryption_key", "encryptionKey"), ("source_version", "sourceVersion")):
        if one.text(name):
            record[key] = one.text(name)
    vpc = one.blocks("vpc_config")
    if vpc:
        subnets = listed(one, vpc[0], "subnets", "vpc_config.subnets", "subnet-unknown")
        vpc_id = text_of(vpc[0], "vpc_id") or _vpc_of(world, subnets)
        groups = listed(one, vpc[0], "security_group_ids", "vpc_config.security_group_ids", UNSEEN_GROUP)
        record["vpcConfig"] = {"vpcId": vpc_id, "subnets": subnets, "securityGroupIds": groups}
        if any(at.startswith("vpc_config.") for at in one.unknown):
            world.undecided(one, "part of vpc_config", f"codebuild:{one.id}")
    elif "vpc_config" in one.unknown:
        record["vpcConfig"] = {"vpcId": "vpc-unknown", "subnets": ["subnet-unknown"], "securityGroupIds": []}
        world.undecided(one, "vpc_config", f"codebuild:{one.id}")
    for step, names in _OF_STEPS.items():
        for name in one.open(*names):
            world.undecided_step(one, name, f"codebuild:{one.id}", step)
    if one.open("encryption_key") and record["artifacts"]["type"] == "S3":
        world.undecided_step(one, "encryption_key", f"codebuild:{one.id}", "artifacts")
    if one.open("environment.fleet", "environment.compute_type"):
        for way in ("leak", "block"):
            detail = f"the fleet of {one.address} is known only after apply"
            world.note(f"codebuild:{one.id}", "PLANNED_VALUE_UNKNOWN", detail, way)
    if not record["serviceRole"]:
        record["serviceRole"] = f"arn:aws:iam::{one.home[0]}:role/unknown-of-{one.id}"
    for home, held in world.each("codebuild/batch-get-projects"):
        if held["name"] == one.id and home == one.home and "vpcConfig" not in record:
            held.pop("vpcConfig", None)
    world.add(one.home, "codebuild/batch-get-projects", record)


def _role_arn(world: World, one: Resource, named: str) -> str:
    """A role's ARN; CodeBuild takes its name, too."""
    if not named or re.fullmatch(r"arn:[a-z-]+:iam::\d{12}:role/.+", named):
        return named
    if named.startswith("arn:"):
        world.warnings.append(f"{one.address}: {named!r} is no role's ARN: what the role may do is unknown")
        return ""
    name = named.rpartition("/")[2]
    for _, held in world.each(_DETAILS):
        if held["RoleName"] == name:
            return str(held["Arn"])
    return f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:role/{named.lstrip('/')}"


def _vpc_of(world: World, subnets: list[str]) -> str:
    return next((str(held["VpcId"]) for one in subnets if (held := world.get(one)) is not None), "vpc-unknown")


def _source(block: Values) -> Document:
    made: Document = {"type": text_of(block, "type") or "NO_SOURCE"}
    for name in ("location", "buildspec", "source_identifier"):
        value = text_of(block, name)
        if value:
            made["sourceIdentifier" if name == "source_identifier" else name] = value
    for inner in blocks_of(block, "git_submodules_config"):
        made["gitSubmodulesConfig"] = {"fetchSubmodules": flag_of(inner, "fetch_submodules")}
    return made


def _artifacts(block: Values) -> Document:
    made: Document = {"type": text_of(block, "type") or "NO_ARTIFACTS"}
    for name, key in (("location", "location"), ("name", "name"), ("path", "path"), ("packaging", "packaging"),
                      ("artifact_identifier", "artifactIdentifier")):  # fmt: skip
        if text_of(block, name):
            made[key] = text_of(block, name)
    return made


def _cache(block: Values) -> Document:
    made: Document = {"type": text_of(block, "type") or "NO_CACHE"}
    if text_of(block, "location"):
        made["location"] = text_of(block, "location")
    if texts_of(block, "modes"):
        made["modes"] = texts_of(block, "modes")
    return made


def _environment(block: Values) -> Document:
    made: Document = {key: text_of(block, name) for name, key in _CAMEL.items() if text_of(block, name)}
    made.setdefault("type", "LINUX_CONTAINER")
    made.setdefault("imagePullCredentialsType", "CODEBUILD")
    made["privilegedMode"] = flag_of(block, "privileged_mode")
    made["environmentVariables"] = [
        {"name": text_of(one, "name"), "type": kind, "value": "" if kind == "PLAINTEXT" else text_of(one, "value")}
        for one in blocks_of(block, "environment_variable")
        for kind in (text_of(one, "type") or "PLAINTEXT",)
    ]  # fmt: skip
    for fleet in blocks_of(block, "fleet"):
        made["fleet"] = {"fleetArn": text_of(fleet, "fleet_arn")}
    for credential in blocks_of(block, "registry_credential"):
        made["registryCredential"] = {
            "credential": text_of(credential, "credential"), "credentialProvider": "SECRETS_MANAGER",
        }  # fmt: skip
    for server in blocks_of(block, "docker_server"):
        made["dockerServer"] = {"computeType": text_of(server, "compute_type"),
                                "securityGroupIds": texts_of(server, "security_group_ids")}  # fmt: skip
    return made


def _logs(block: Values, default: str) -> Document:
    made: Document = {"status": text_of(block, "status") or default}
    for name, key in (("group_name", "groupName"), ("stream_name", "streamName"), ("location", "location")):
        if text_of(block, name):
            made[key] = text_of(block, name)
    return made


def fleet(world: World, one: Resource) -> None:
    made: Document = {
        "name": one.id, "arn": arn(one), "overflowBehavior": one.text("overflow_behavior") or "QUEUE",
        "baseCapacity": number_of(one.values, "base_capacity") or 1, "computeType": one.text("compute_type"),
        "environmentType": one.text("environment_type"), "fleetServiceRole": one.text("fleet_service_role"),
    }  # fmt: skip
    for block in one.blocks("vpc_config"):
        made["vpcConfig"] = {
            "vpcId": text_of(block, "vpc_id") or "vpc-unknown",
            "subnets": listed(one, block, "subnets", "vpc_config.subnets", "subnet-unknown"),
            "securityGroupIds": listed(one, block, "security_group_ids", "vpc_config.security_group_ids", UNSEEN_GROUP),
        }  # fmt: skip
    for block in one.blocks("fleet_proxy_configuration"):
        rules = blocks_of(block, "ordered_proxy_rules")
        made["proxyConfiguration"] = {
            "defaultBehavior": text_of(block, "default_behavior"),
            "orderedProxyRules": [
                {key: text_of(rule, key) for key in ("type", "effect")} | {"entities": texts_of(rule, "entities")}
                for rule in rules
            ],
        }  # fmt: skip
    world.add(one.home, "codebuild/batch-get-fleets", made)


# --- repositories, buckets, logs --------------------------------------------------------------------------------------


def source_repository(world: World, one: Resource) -> None:
    region, suffix = one.home[1], dns_suffix(one.home[1])
    world.add(one.home, "codecommit/batch-get-repositories", {
        "accountId": one.home[0], "repositoryName": one.id, "Arn": arn(one),
        "cloneUrlHttp": f"https://git-codecommit.{region}.{suffix}/v1/repos/{one.id}", **key_of(one),
    })  # fmt: skip
    if one.open("kms_key_id"):
        world.undecided(one, "kms_key_id", arn(one), ways=("block",))


def image_repository(world: World, one: Resource) -> None:
    world.add(one.home, "ecr/describe-repositories", {
        "repositoryArn": arn(one), "registryId": one.home[0], "repositoryName": one.id,
        "repositoryUri": str(attribute(one, "repository_url")),
        "imageTagMutability": one.text("image_tag_mutability") or "MUTABLE",
        "encryptionConfiguration": repository_encryption(one),
    })  # fmt: skip
    if one.open("encryption_configuration"):
        world.undecided(one, "encryption_configuration", arn(one), ways=("block",))
    call = f"ecr/get-repository-policy/{_per(one.id)}"
    if world.document(one.home, call) is None and (one.new or world.alone):
        world.put(one.home, call, {"Error": {"Code": "RepositoryPolicyNotFoundException"}})


def image_repository_policy(world: World, one: Resource) -> None:
    name = one.text("repository") or text_of(one.before, "repository")
    call = f"ecr/get-repository-policy/{_per(name)}"
    policy = one.values.get("policy") if one.action != "delete" else None
    if one.action == "delete":
        world.put(one.home, call, {"Error": {"Code": "RepositoryPolicyNotFoundException"}})
    elif policy and name:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        world.put(one.home, call, {"registryId": one.home[0], "repositoryName": name, "policyText": text})
    else:
        world.warnings.append(f"{one.address}: the policy is known only after apply: what it allows is unknown")
        world.drop(one.home, call)


def cache_rule(world: World, one: Resource) -> None:
    world.add(one.home, "ecr/describe-pull-through-cache-rules", {
        "ecrRepositoryPrefix": one.text("ecr_repository_prefix"),
        "upstreamRegistryUrl": one.text("upstream_registry_url"),
        "registryId": one.home[0],
    })  # fmt: skip


def registry_policy(world: World, one: Resource) -> None:
    policy = one.values.get("policy")
    if policy:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        world.put(one.home, "ecr/get-registry-policy", {"registryId": one.home[0], "policyText": text})
    elif one.open("policy"):
        world.warnings.append(f"{one.address}: the policy is known only after apply: what it allows is unknown")
        detail = f"the policy of the registry, {one.address}, is known only after apply"
        world.note(f"registry {one.home[0]}", "PLANNED_POLICY_UNKNOWN", detail, "block")


def public_repository(world: World, one: Resource) -> None:
    call, place = "ecr-public/describe-repositories", (one.home[0], "global")
    held = world.document(place, call) or {"repositories": []}
    held["repositories"].append({"repositoryName": one.id, "repositoryArn": arn(one), "registryId": one.home[0]})
    world.put(place, call, held)


def bucket(world: World, one: Resource) -> None:
    place = (one.home[0], "global")
    world.add(one.home, "s3api/list-buckets", {"Name": one.id, "BucketRegion": one.home[1]})
    if one.new or world.alone:
        world.put(place, f"s3api/get-bucket-policy/{one.id}", {"Error": {"Code": "NoSuchBucketPolicy"}})
        location = None if one.home[1] == "us-east-1" else one.home[1]
        world.put(place, f"s3api/get-bucket-location/{one.id}", {"LocationConstraint": location})
        _block_public(world, place, one.id, dict.fromkeys(_BLOCKS, True))
    bucket_encryption(world, one)
    if one.values.get("policy"):
        bucket_policy(world, one)


_BLOCKS: Final = {
    "block_public_acls": "BlockPublicAcls", "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy", "restrict_public_buckets": "RestrictPublicBuckets",
}  # fmt: skip


def _block_public(world: World, place: Home, name: str, values: Values) -> None:
    """New buckets block public access (S3 since April 2023)."""
    configuration = {key: flag_of(values, attribute_) for attribute_, key in _BLOCKS.items()}
    document = {"PublicAccessBlockConfiguration": configuration}
    world.put(place, f"s3api/get-public-access-block/{name}", document)


def bucket_policy(world: World, one: Resource) -> None:
    name = one.text("bucket") or text_of(one.before, "bucket")
    place, call = (one.home[0], "global"), f"s3api/get-bucket-policy/{name}"
    policy = one.values.get("policy")
    if one.action == "delete":
        world.put(place, call, {"Error": {"Code": "NoSuchBucketPolicy"}})
    elif policy and name:
        world.put(place, call, {"Policy": policy if isinstance(policy, str) else json.dumps(policy)})
    else:
        world.warnings.append(f"{one.address}: the policy is known only after apply: what it allows is unknown")
        world.drop(place, call)


def bucket_public_access(world: World, one: Resource) -> None:
    if one.action == "delete":
        _block_public(world, (one.home[0], "global"), text_of(one.before, "bucket"), {})
    else:
        _block_public(world, (one.home[0], "global"), one.text("bucket"), one.values)


def account_public_access(world: World, one: Resource) -> None:
    configuration = {key: one.flag(attribute_) for attribute_, key in _BLOCKS.items()}
    document = {"PublicAccessBlockConfiguration": configuration}
    world.put((one.home[0], "global"), "s3control/get-public-access-block", document)


def log_group(world: World, one: Resource) -> None:
    world.add(one.home, "logs/describe-log-groups", {
        "logGroupName": one.id, "arn": f"{arn(one)}:*", **key_of(one),
    })  # fmt: skip
    if one.open("kms_key_id"):
        world.undecided(one, "kms_key_id", arn(one), ways=("block",))


# --- CodePipeline, ECS, Lambda ----------------------------------------------------------------------------------------


def code_pipeline(world: World, one: Resource) -> None:
    world.add(one.home, "codepipeline/list-pipelines", {"name": one.id})
    stages = []
    for stage in one.blocks("stage"):
        actions = []
        for action in blocks_of(stage, "action"):
            held = action.get("configuration")
            configuration = {str(k): v for k, v in held.items() if isinstance(v, str)} if isinstance(held, dict) else {}
            for name in ("EnvironmentVariables", "OAuthToken", "UserParameters", "ParameterOverrides"):
                if name in configuration:
                    configuration[name] = ""
            actions.append({
                "name": text_of(action, "name"), "runOrder": number_of(action, "run_order") or 1,
                "actionTypeId": {
                    "category": text_of(action, "category"), "owner": text_of(action, "owner"),
                    "provider": text_of(action, "provider"), "version": text_of(action, "version") or "1",
                },
                "configuration": configuration,
                "inputArtifacts": [{"name": name} for name in texts_of(action, "input_artifacts")],
                "outputArtifacts": [{"name": name} for name in texts_of(action, "output_artifacts")],
            })  # fmt: skip
        stages.append({"name": text_of(stage, "name"), "actions": actions})
    made: Document = {"name": one.id, "roleArn": one.text("role_arn"), "stages": stages, "version": 1}
    for block in one.blocks("artifact_store")[:1]:
        made["artifactStore"] = {"type": text_of(block, "type") or "S3", "location": text_of(block, "location")}
    world.put(one.home, f"codepipeline/get-pipeline/{_per(one.id)}", {"pipeline": made})


def cluster(world: World, one: Resource) -> None:
    document = world.document(one.home, "ecs/list-clusters")
    if document is not None and arn(one) not in document["clusterArns"]:
        document["clusterArns"].append(arn(one))
        world.put(one.home, f"ecs/describe-services/{_per(arn(one))}", {"services": [], "failures": []})


def service(world: World, one: Resource) -> None:
    held = one.text("cluster") or "default"
    account, region = one.home
    named = held if held.startswith("arn:") else f"arn:{partition_of(region)}:ecs:{region}:{account}:cluster/{held}"
    made: Document = {
        "serviceName": one.id, "clusterArn": named, "launchType": one.text("launch_type") or "EC2",
        "taskDefinition": one.text("task_definition"),
    }  # fmt: skip
    strategy = one.blocks("capacity_provider_strategy")
    if strategy:
        made.pop("launchType")
        made["capacityProviderStrategy"] = [
            {"capacityProvider": text_of(block, "capacity_provider")} for block in strategy
        ]
    for block in one.blocks("network_configuration"):
        if one.open("network_configuration.assign_public_ip"):
            world.undecided(one, "assign_public_ip", source_of(one), ways=("leak", "block"))
        public = text_of(block, "assign_public_ip").upper() in ("ENABLED", "TRUE") or flag_of(block, "assign_public_ip")
        made["networkConfiguration"] = {"awsvpcConfiguration": {
            "subnets": (subnets := listed(one, block, "subnets", "network_configuration.subnets", "subnet-unknown")),
            "securityGroups": listed(
                one, block, "security_groups", "network_configuration.security_groups", UNSEEN_GROUP
            ) or default_groups(world, _vpc_of(world, subnets)),
            "assignPublicIp": "ENABLED" if public else "DISABLED",
        }}  # fmt: skip
    registering(world, one)
    clusters = world.document(one.home, "ecs/list-clusters")
    if clusters is not None and named not in clusters["clusterArns"]:
        clusters["clusterArns"].append(named)
    call = f"ecs/describe-services/{_per(named)}"
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
    world.put(one.home, f"ecs/describe-task-definition/{_per(arn(one))}", {"taskDefinition": made})


def _containers(one: Resource) -> Iterator[Document]:
    """Name, image, secrets and log of each container; the image is "" where nothing tells it.

    Terraform holds them as the text of a JSON list in the API's words, which is known only as a whole.
    """
    held = one.values.get("container_definitions")
    if isinstance(held, str):
        held = _document(held)
    if not isinstance(held, list):  # repositories that the text names; there may be more containers
        for image in one.texts("named_images"):
            yield {"name": "", "image": image}
        yield {"name": "", "image": ""}
        return
    for each in held:
        if not isinstance(each, dict):
            continue
        made: Document = {"name": text_of(each, "name"), "image": text_of(each, "image")}
        made["secrets"] = [
            {"name": text_of(secret, "name"), "valueFrom": text_of(secret, "valueFrom", "value_from")}
            for secret in blocks_of(each, "secrets")
        ]
        for log in (*blocks_of(each, "logConfiguration"), *blocks_of(each, "log_configuration"))[:1]:
            told = log.get("options")
            options = {str(key): str(value) for key, value in told.items()} if isinstance(told, dict) else {}
            made["logConfiguration"] = {"logDriver": text_of(log, "logDriver", "log_driver"), "options": options}
        yield made


def function(world: World, one: Resource) -> None:
    made: Document = {"FunctionName": one.id, "FunctionArn": arn(one), "Role": _role_arn(world, one, one.text("role"))}
    for block in one.blocks("vpc_config"):
        subnets = listed(one, block, "subnet_ids", "vpc_config.subnet_ids", "subnet-unknown")
        vpc_id = text_of(block, "vpc_id") or _vpc_of(world, subnets)
        if subnets:
            made["VpcConfig"] = {
                "SubnetIds": subnets, "VpcId": vpc_id,
                "SecurityGroupIds": listed(
                    one, block, "security_group_ids", "vpc_config.security_group_ids", UNSEEN_GROUP
                ) or default_groups(world, vpc_id),
                "Ipv6AllowedForDualStack": flag_of(block, "ipv6_allowed_for_dual_stack"),
            }  # fmt: skip
    world.add(one.home, "lambda/list-functions", made)


# --- IAM --------------------------------------------------------------------------------------------------------------


def role(world: World, one: Resource) -> None:
    record = world.add(one.home, _DETAILS, {
        "RoleName": one.id, "Path": one.text("path") or "/", "Arn": arn(one),
        "AssumeRolePolicyDocument": _document(one.values.get("assume_role_policy")) or {"Statement": []},
    })  # fmt: skip
    for key in ("RolePolicyList", "AttachedManagedPolicies", "InstanceProfileList", "Tags"):
        record.setdefault(key, [])
    boundary = one.text("permissions_boundary")
    if boundary:
        record["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    for block in one.blocks("inline_policy"):
        if text_of(block, "name") or block.get("policy"):
            _inline(world, one, record, text_of(block, "name") or "inline", block.get("policy"))
    for policy in one.texts("managed_policy_arns"):
        _attach_policy(record, policy)
    if one.open("managed_policy_arns"):
        _unseen(world, one, record, "managed policies")
    if one.open("inline_policy"):
        _unseen(world, one, record, "inline policies")
    if one.open("permissions_boundary"):
        unseen = f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:policy/known-after-apply/boundary-of-{one.id}"
        record["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": unseen}
    if one.open("assume_role_policy"):
        world.note(record["Arn"], "PLANNED_POLICY_UNKNOWN",
                   f"the trust policy of {one.address} is known only after apply", "block")  # fmt: skip


def _role(world: World, named: str) -> Document | None:
    return world.get_in(_DETAILS, named.rpartition("/")[2]) if named else None


def _inline(world: World, one: Resource, record: Document, name: str, policy: object) -> None:
    document = _document(policy)
    record["RolePolicyList"] = [held for held in record["RolePolicyList"] if held["PolicyName"] != name]
    if one.action == "delete":
        return
    if document is None:
        _unseen(world, one, record, name)
    else:
        record["RolePolicyList"].append({"PolicyName": name, "PolicyDocument": document})


def _unseen(world: World, one: Resource, record: Document, name: str) -> None:
    """A policy that nothing tells stands as an attached one that the answer does not hold: what it allows is open.

    Its name is the address that declares it, so that verdicts name it.
    """
    world.warnings.append(f"{one.address}: the policy is known only after apply: what it allows is unknown")
    declared = re.sub(r"[^0-9A-Za-z_.-]+", "-", one.address).strip("-")
    path = f"known-after-apply/{declared}" + (f"/{name}" if name not in ("", one.text("name")) else "")
    _attach_policy(record, f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:policy/{path.replace(' ', '-')}")


def _attach_policy(record: Document, policy: str) -> None:
    if all(held["PolicyArn"] != policy for held in record["AttachedManagedPolicies"]):
        record["AttachedManagedPolicies"].append({"PolicyName": policy.rpartition("/")[2], "PolicyArn": policy})


def user(world: World, one: Resource) -> None:
    details = world.document((one.home[0], "global"), _DETAILS)
    if details is not None:
        held = details.setdefault("UserDetailList", [])
        held[:] = [other for other in held if other.get("UserName") != one.id]
        held.append({
            "UserName": one.id, "Path": one.text("path") or "/", "UserPolicyList": [], "GroupList": [],
            "Arn": f"arn:{partition_of(one.home[1])}:iam::{one.home[0]}:user{one.text('path') or '/'}{one.id}",
            "AttachedManagedPolicies": [],
        })  # fmt: skip


def user_policy(world: World, one: Resource) -> None:
    """A policy of a user, attached or inline."""
    details = world.document((one.home[0], "global"), _DETAILS) or {}
    for held in details.get("UserDetailList", []):
        if held.get("UserName") not in one.texts("user", "users"):
            continue
        document = _document(one.values.get("policy"))
        if one.text("policy_arn"):
            _attach_policy(held, one.text("policy_arn"))
        elif document is not None:
            name = one.text("name") or one.id
            held["UserPolicyList"].append({"PolicyName": name, "PolicyDocument": document})
        else:
            _unseen(world, one, held, one.text("name"))


def role_policy(world: World, one: Resource) -> None:
    for named in one.texts("role", "roles") or texts_of(one.before, "role"):
        record = _role(world, named)
        name = one.text("name", "name_prefix") or text_of(one.before, "name") or one.id
        if record is not None:
            _inline(world, one, record, name, one.values.get("policy"))


def role_attachment(world: World, one: Resource) -> None:
    policy = one.text("policy_arn") or text_of(one.before, "policy_arn")
    for named in one.texts("role", "roles") or texts_of(one.before, "role"):
        record = _role(world, named)
        if record is None:
            continue
        if one.action == "delete":
            record["AttachedManagedPolicies"] = [
                held for held in record["AttachedManagedPolicies"] if held["PolicyArn"] != policy
            ]
        elif policy:
            _attach_policy(record, policy)
        else:
            _unseen(world, one, record, "attached")


def managed_policy(world: World, one: Resource) -> None:
    document = _document(one.values.get("policy"))
    held = world.document((one.home[0], "global"), _DETAILS)
    if held is None:
        return
    policies = held.setdefault("Policies", [])
    policies[:] = [other for other in policies if other.get("Arn") != arn(one)]
    if document is None:
        world.warnings.append(f"{one.address}: the policy is known only after apply: what it allows is unknown")
    else:
        policies.append({
            "PolicyName": one.id, "Arn": arn(one), "Path": one.text("path") or "/", "DefaultVersionId": "v1",
            "PolicyVersionList": [{"Document": document, "VersionId": "v1", "IsDefaultVersion": True}],
        })  # fmt: skip
    for named in one.texts("roles"):
        record = _role(world, named)
        if record is not None:
            _attach_policy(record, arn(one))


def instance_profile(world: World, one: Resource) -> None:
    for named in one.texts("role", "roles"):
        record = _role(world, named)
        if record is not None:
            listed = record["InstanceProfileList"]
            listed[:] = [held for held in listed if held.get("InstanceProfileName") != one.id]
            listed.append({
                "InstanceProfileName": one.id, "Path": one.text("path") or "/", "Arn": arn(one),
                "Roles": [{"RoleName": record["RoleName"], "Arn": record["Arn"]}],
            })  # fmt: skip
