"""CodeCommit, CodeBuild, CodePipeline and CloudWatch Logs, as their APIs print them.

**Source:** API references of the services; Terraform's and CloudFormation's documentation of the attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reachsim.importers.planned.defaults import UNSEEN_GROUP
from reachsim.importers.planned.documents import named_file
from reachsim.importers.planned.encryption import key_of
from reachsim.importers.planned.identities import role_arn_of
from reachsim.importers.planned.resource import (
    Resource,
    Values,
    blocks_of,
    flag_of,
    listed,
    number_of,
    text_of,
    texts_of,
)
from reachsim.importers.planned.symbols import arn
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document
from reachsim.redact import redactor
from reachsim.services import dns_suffix

_CAMEL: Final = {
    "compute_type": "computeType", "image": "image", "type": "type",
    "image_pull_credentials_type": "imagePullCredentialsType",
}  # fmt: skip
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
_OF_BUILDSPECS: Final = ("login", "pull", "run", "push")
"""Steps of a build that its buildspec decides."""


def project(world: World, one: Resource) -> None:
    environment = (one.blocks("environment") or [{}])[0]
    logs = (one.blocks("logs_config") or [{}])[0]
    record: Document = {
        "name": one.id, "arn": arn(one), "source": _source((one.blocks("source") or [{}])[0]),
        "secondarySources": [_source(block) for block in one.blocks("secondary_sources")],
        "artifacts": _artifacts((one.blocks("artifacts") or [{}])[0]),
        "secondaryArtifacts": [_artifacts(block) for block in one.blocks("secondary_artifacts")],
        "cache": _cache((one.blocks("cache") or [{}])[0]), "environment": _environment(environment),
        "serviceRole": role_arn_of(world, one, one.text("service_role")), "tags": [],
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
    for block in one.blocks("build_batch_config"):
        record["buildBatchConfig"] = {"serviceRole": role_arn_of(world, one, text_of(block, "service_role"))}
    for block in one.blocks("triggers"):
        groups = block.get("filter_groups")
        record["webhook"] = _webhook(block, groups if isinstance(groups, list) else [])
    vpc = one.blocks("vpc_config")
    if vpc:
        subnets = listed(one, vpc[0], "subnets", "vpc_config.subnets", "subnet-unknown")
        vpc_id = text_of(vpc[0], "vpc_id") or world.vpc_of(subnets, "vpc-unknown")
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
    for step in _OF_BUILDSPECS if one.open("source.buildspec") else ():
        world.undecided_step(one, "source.buildspec", f"codebuild:{one.id}", step)
    if one.open("encryption_key") and record["artifacts"]["type"] == "S3":
        world.undecided_step(one, "encryption_key", f"codebuild:{one.id}", "artifacts")
    if one.open("project_visibility"):
        world.presume(f"codebuild:{one.id}", f"{one.address} is taken to be private: its visibility is not told")
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


def webhook(world: World, one: Resource) -> None:
    """What starts a project's builds, which Terraform declares apart."""
    groups = [blocks_of(group, "filter") for group in one.blocks("filter_group")]
    for home, held in world.each("codebuild/batch-get-projects"):
        if home == one.home and held["name"] == one.text("project_name"):
            held["webhook"] = _webhook(one.values, groups)


def _webhook(block: Values, groups: list[Any]) -> Document:
    filters = [[{"type": text_of(each, "type"), "pattern": text_of(each, "pattern")} for each in group
                if isinstance(each, dict)] for group in groups if isinstance(group, list)]  # fmt: skip
    return {"filterGroups": filters, "buildType": text_of(block, "build_type") or "BUILD"}


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
        {"name": text_of(one, "name"), "type": kind,
         "value": "" if kind == "PLAINTEXT" else text_of(one, "value")}
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


def source_repository(world: World, one: Resource) -> None:
    region, suffix = one.home[1], dns_suffix(one.home[1])
    world.add(one.home, "codecommit/batch-get-repositories", {
        "accountId": one.home[0], "repositoryName": one.id, "Arn": arn(one),
        "cloneUrlHttp": f"https://git-codecommit.{region}.{suffix}/v1/repos/{one.id}", **key_of(one),
    })  # fmt: skip
    if one.open("kms_key_id"):
        world.undecided(one, "kms_key_id", arn(one), ways=("block",))


def log_group(world: World, one: Resource) -> None:
    world.add(one.home, "logs/describe-log-groups", {
        "logGroupName": one.id, "arn": f"{arn(one)}:*", **key_of(one),
    })  # fmt: skip
    if one.open("kms_key_id"):
        world.undecided(one, "kms_key_id", arn(one), ways=("block",))


_OF_ACTIONS: Final = {"role_arn": "roleArn", "region": "region"}
_CONDITIONS: Final = {"before_entry": "beforeEntry", "on_success": "onSuccess", "on_failure": "onFailure"}


def code_pipeline(world: World, one: Resource) -> None:
    world.add(one.home, "codepipeline/list-pipelines", {"name": one.id})
    untold = any(at.endswith(("configuration.EnvironmentVariables", ".configuration")) for at in one.unknown)
    stages = []
    for stage in one.blocks("stage"):
        actions = []
        for action in blocks_of(stage, "action"):
            held = action.get("configuration")
            configuration = {str(k): v for k, v in held.items() if isinstance(v, str)} if isinstance(held, dict) else {}
            configuration = redactor()(configuration)
            if untold and "ProjectName" in configuration:
                configuration.setdefault("EnvironmentVariables", "")
            actions.append({
                "name": text_of(action, "name"), "runOrder": number_of(action, "run_order") or 1,
                "actionTypeId": {
                    "category": text_of(action, "category"), "owner": text_of(action, "owner"),
                    "provider": text_of(action, "provider"), "version": text_of(action, "version") or "1",
                },
                "configuration": configuration,
                "inputArtifacts": [{"name": name} for name in texts_of(action, "input_artifacts")],
                "outputArtifacts": [{"name": name} for name in texts_of(action, "output_artifacts")],
                **{key: text_of(action, name) for name, key in _OF_ACTIONS.items() if text_of(action, name)},
            })  # fmt: skip
        stages.append({"name": text_of(stage, "name"), "actions": actions, **_conditions(stage)})
    made: Document = {"name": one.id, "roleArn": one.text("role_arn"), "stages": stages, "version": 1}
    for block in one.blocks("artifact_store"):
        store: Document = {"type": text_of(block, "type") or "S3", "location": text_of(block, "location")}
        for key in blocks_of(block, "encryption_key"):
            store["encryptionKey"] = {"id": text_of(key, "id"), "type": "KMS"}
        if text_of(block, "region"):
            made.setdefault("artifactStores", {})[text_of(block, "region")] = store
        else:
            made.setdefault("artifactStore", store)
    call = f"codepipeline/get-pipeline/{named_file(one.id)}"
    world.put(one.home, call, {"pipeline": made})
    if any(_decides(at) for at in one.unknown):
        world.warnings.append(f"{one.address}: which projects it runs, or its bucket, is known only after apply")
        world.dropped.append((one.home, call))


def _decides(at: str) -> bool:
    """Whether what nothing tells of a pipeline is what it runs, or where its artifacts are."""
    parts = [part for part in at.split(".") if part != "part" and not part.isdigit()]
    return parts[-1] in ("ProjectName", "provider", "location") or parts in (
        ["stage"], ["stage", "action"], ["stage", "actions"], ["stage", "action", "configuration"],
        ["stage", "actions", "configuration"], ["artifact_store"],
    )  # fmt: skip


def _conditions(stage: Values) -> Document:
    """Conditions of a stage with the rules that they have. Terraform's blocks are in the singular."""
    made: Document = {}
    for name, key in _CONDITIONS.items():
        conditions = [
            {"rules": [_rule(rule) for rule in _either(held, "rules", "rule")]}
            for side in blocks_of(stage, name) for held in _either(side, "conditions", "condition")
        ]  # fmt: skip
        if conditions:
            made[key] = {"conditions": conditions}
    return made


def _rule(block: Values) -> Document:
    kind = next(iter(blocks_of(block, "rule_type_id")), {})
    held = block.get("configuration")
    configuration = {str(k): v for k, v in held.items() if isinstance(v, str)} if isinstance(held, dict) else {}
    return {
        "name": text_of(block, "name"), "configuration": redactor()(configuration),
        "ruleTypeId": {"category": text_of(kind, "category") or "Rule", "owner": text_of(kind, "owner") or "AWS",
                       "provider": text_of(kind, "provider"), "version": text_of(kind, "version") or "1"},
    }  # fmt: skip


def _either(block: Values, *names: str) -> list[Values]:
    return [held for name in names for held in blocks_of(block, name)]
