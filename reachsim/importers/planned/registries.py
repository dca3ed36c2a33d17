"""ECR: repositories, registries and pull-through caches, private and public.

**Source:** Amazon ECR API Reference; Terraform's and CloudFormation's documentation of the attributes.
"""

from __future__ import annotations

import json

from reachsim.importers.planned.documents import named_file
from reachsim.importers.planned.encryption import repository_encryption
from reachsim.importers.planned.resource import Resource, Values, blocks_of, text_of
from reachsim.importers.planned.symbols import arn, attribute
from reachsim.importers.planned.world import World


def image_repository(world: World, one: Resource) -> None:
    world.add(one.home, "ecr/describe-repositories", {
        "repositoryArn": arn(one), "registryId": one.home[0], "repositoryName": one.id,
        "repositoryUri": str(attribute(one, "repository_url")),
        "imageTagMutability": one.text("image_tag_mutability") or "MUTABLE",
        "encryptionConfiguration": repository_encryption(one),
    })  # fmt: skip
    if one.open("encryption_configuration"):
        world.undecided(one, "encryption_configuration", arn(one), ways=("block",))
    call = f"ecr/get-repository-policy/{named_file(one.id)}"
    if world.document(one.home, call) is None and (one.new or world.alone):
        world.put(one.home, call, {"Error": {"Code": "RepositoryPolicyNotFoundException"}})


def image_repository_policy(world: World, one: Resource) -> None:
    """A repository's policy; one of a repository that nothing tells may be any repository's."""
    name = one.text("repository") or text_of(one.before, "repository")
    call = "ecr/get-repository-policy"
    policy = one.values.get("policy") if one.action != "delete" else None
    if one.action == "delete" and name:
        world.put(one.home, f"{call}/{named_file(name)}", {"Error": {"Code": "RepositoryPolicyNotFoundException"}})
    elif policy and name:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        held = {"registryId": one.home[0], "repositoryName": name, "policyText": text}
        world.put(one.home, f"{call}/{named_file(name)}", held)
    else:
        told = "the policy is known only after apply: what it allows is unknown"
        world.warnings.append(
            f"{one.address}: {told}" if name else f"{one.address}: which repository's it is is not told"
        )
        listed = world.rows(one.home, "ecr/describe-repositories")
        for repository in [name] if name else [str(held["repositoryName"]) for held in listed]:
            world.leave_open(one.home, f"{call}/{named_file(repository)}")


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
        world.leave_open(one.home, "ecr/get-registry-policy")
        detail = f"the policy of the registry, {one.address}, is known only after apply"
        world.note(f"registry {one.home[0]}", "PLANNED_POLICY_UNKNOWN", detail, "block")


def public_repository(world: World, one: Resource) -> None:
    call, place = "ecr-public/describe-repositories", (one.home[0], "global")
    held = world.document(place, call) or {"repositories": []}
    held["repositories"].append({"repositoryName": one.id, "repositoryArn": arn(one), "registryId": one.home[0]})
    world.put(place, call, held)


def account_setting(world: World, one: Resource) -> None:
    """Which actions the registry's policy is asked about."""
    if one.text("name") == "REGISTRY_POLICY_SCOPE":
        call = "ecr/get-account-setting/REGISTRY_POLICY_SCOPE"
        world.put(one.home, call, {"name": one.text("name"), "value": one.text("value")})


def replication(world: World, one: Resource) -> None:
    """The accounts and Regions that the registry copies images to."""
    call = "ecr/describe-registry"
    if one.open("replication_configuration"):
        world.warnings.append(f"{one.address}: where images are copied to is known only after apply")
        world.leave_open(one.home, call)
        return
    rules = [rule for block in one.blocks("replication_configuration") for rule in _both(block, "rule")]
    made = [{"destinations": [
        {"region": text_of(to, "region"), "registryId": text_of(to, "registry_id")} for to in _both(rule, "destination")
    ]} for rule in rules]  # fmt: skip
    configuration = {"rules": [] if one.action == "delete" else made}
    world.put(one.home, call, {"registryId": one.home[0], "replicationConfiguration": configuration})


def _both(values: Values, name: str) -> list[Values]:
    """Nested blocks, by Terraform's name or CloudFormation's."""
    return [*blocks_of(values, name), *blocks_of(values, f"{name}s")]


def creation_template(world: World, one: Resource) -> None:
    """A repository creation template; which repositories one is for whose prefix nothing tells is open."""
    call, key = "ecr/describe-repository-creation-templates", "repositoryCreationTemplates"
    prefix = one.text("prefix") or text_of(one.before, "prefix")
    held = world.document(one.home, call)
    if one.open("prefix", "applied_for") or (held is None and not world.alone):
        world.drop(one.home, call)
        return
    held = held or {key: []}
    held[key] = [other for other in held[key] if other.get("prefix") != prefix]
    if one.action != "delete":
        held[key].append({"prefix": prefix, "appliedFor": one.texts("applied_for")})
    world.put(one.home, call, held)
