"""Statements that let a needed request through where a policy lacks an allow: of endpoints, roles, repositories.

**Source:** ECR User Guide, "Amazon ECR interface VPC endpoints" (layer downloads are signed by ECR, so their statement
has no condition; fact 27); CodeBuild User Guide, "Use CodeBuild with Amazon VPC" (permissions for interfaces) and
"Amazon ECR sample" (what a repository's policy grants to CodeBuild), "Cross-service confused deputy prevention" (the
conditions of a service role's trust policy).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reachsim import services
from reachsim.check.participants import service_role
from reachsim.check.provisioning import DESCRIBE, INTERFACE
from reachsim.check.service_plane import Repository, repository_of
from reachsim.fix.faults import Fault
from reachsim.fix.places import Start
from reachsim.fix.steps import AddInlinePolicy, AddPolicyStatement, AddTrustStatement, Step
from reachsim.fix.taken import Steps
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.policy_layers.asked import bucket_of, owner_of_bucket
from reachsim.policy_layers.identities import identity_of
from reachsim.selectors import parse_selector
from reachsim.simulate import simulate
from reachsim.workloads import find_project

ENI_ACTIONS = tuple(sorted({*DESCRIBE, *INTERFACE} - {"ec2:CreateNetworkInterfacePermission"}))
"""What a service role needs on any resource; the permission is granted for the project's own subnets alone."""


def refused(ground: Ground, fault: Fault, layer: str) -> list[dict[str, Any]]:
    """The requests of a fault that one layer refuses."""
    question = fault.verdict.question if fault.verdict else None
    if question is None:
        return []
    found = []
    for request in fault.requests:
        verdict = simulate(
            ground, fault.source, question.destination, protocol=question.protocol, port=question.port,
            requests=[request], layers=("network", layer),
        )  # fmt: skip
        if verdict.layers.get(layer) in ("blocked", "intermittent"):
            found.append(dict(request))
    return found


def _by_resource(requests: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Resource → the actions asked on it."""
    found: dict[str, list[str]] = {}
    for request in requests:
        resource = str(request["resource"])
        if ":secretsmanager:" in resource and resource.endswith("*") and not resource.endswith(":*"):
            resource = f"{resource[:-1]}-??????"  # what Secrets Manager adds to a secret's name
        actions = found.setdefault(resource, [])
        actions += [action for action in [str(request["action"])] if action not in actions]
    return found


def _one(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


_S3_READS: Final = ("s3:Get", "s3:List", "s3:Head")


def endpoint_statement(ground: Ground, fault: Fault, start: Start) -> Iterator[Steps]:
    """A statement for each resource of refused requests, for the account's own principals where they sign.

    What is written to a bucket may reach the account alone that the snapshot tells to own it, else the own one: a
    bucket's name is no proof that it is one's own, and would let data out.
    """
    assert fault.block is not None
    steps: list[Step] = []
    for resource, actions in _by_resource(refused(ground, fault, "endpoint-policy")).items():
        layers = "starport-layer-bucket" in bucket_of(resource)
        statement: dict[str, Any] = {
            "Sid": "EcrLayers" if layers else f"Pipeline{len(steps) + 1}", "Effect": "Allow", "Principal": "*",
            "Action": _one(actions), "Resource": resource,
        }  # fmt: skip
        if not layers:
            keys = {"aws:PrincipalAccount": start.account}
            if (bucket := bucket_of(resource)) and any(not action.startswith(_S3_READS) for action in actions):
                owner = owner_of_bucket(ground.network, bucket, start.account).account
                keys["aws:ResourceAccount"] = owner or start.account
            statement["Condition"] = {"StringEquals": keys}
        steps.append(AddPolicyStatement(fault.block.component, json.dumps(statement)))
    if steps:
        yield tuple(steps)


def role_policy(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """An inline policy for what a role may not do for want of an allow."""
    block = fault.block
    assert block is not None
    if block.rule is not None or not block.component.startswith("arn:"):
        return
    if block.code == "ROLE_CANNOT_CREATE_ENI":
        yield from _interfaces(ground, fault, block.component)
        return
    asked = _by_resource(refused(ground, fault, "identity-policy"))
    if fault.destination == "provisioning":
        repository = environment_repository(ground, fault.source)
        asked = {"*": ["ecr:GetAuthorizationToken"], repository.arn: list(services.ECR_PULL)} if repository else {}
    statements = [
        {"Effect": "Allow", "Action": _one(actions), "Resource": resource,
         **_binding(ground, fault, block.component, actions)}
        for resource, actions in asked.items()
    ]  # fmt: skip
    if statements:
        name = f"reachsim-{fault.destination.removeprefix('host:').replace('.', '-')}"
        yield (_inline(block.component, name, statements),)


_NETWORK_KEYS: Final = frozenset({"aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip", "aws:sourceip"})


def _binding(ground: Ground, fault: Fault, arn: str, actions: Sequence[str]) -> dict[str, Any]:
    """A condition on the endpoints of the way, where what allows these actions now is bound to a network, too."""
    held, _ = identity_of(ground.network, arn.split(":")[4], arn)
    bound = any(
        one.lookup in _NETWORK_KEYS
        for policy in (held.documents if held is not None else ()) for action in actions
        for finding in policy.relevant(action.lower()).allows for one in finding.statement.conditions
    )  # fmt: skip
    hops = [hop for path in (fault.verdict.paths if fault.verdict else ()) for hop in path.hops]
    crossed = sorted({hop.component for hop in hops if hop.type == "vpc-endpoint"})
    return {"Condition": {"StringEquals": {"aws:SourceVpce": _one(crossed)}}} if bound and crossed else {}


def _inline(principal: str, name: str, statements: Sequence[Mapping[str, Any]]) -> AddInlinePolicy:
    return AddInlinePolicy(principal, name, json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def _interfaces(ground: Ground, fault: Fault, role: str) -> Iterator[Steps]:
    """What a build in a VPC needs: interfaces for CodeBuild alone, in the project's own subnets alone."""
    found = find_project(ground.network, parse_selector(fault.source).value)
    config = found[1].vpc_config if found else None
    if found is None or config is None:
        return
    account, region = found[0]
    where = f"arn:{services.partition_of(region)}:ec2:{region}:{account}"
    subnets = [f"{where}:subnet/{one}" for one in config.subnets]
    permission = {
        "Effect": "Allow", "Action": "ec2:CreateNetworkInterfacePermission",
        "Resource": f"{where}:network-interface/*",
        "Condition": {"StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
                      "ArnEquals": {"ec2:Subnet": subnets}},
    }  # fmt: skip
    describing = {"Effect": "Allow", "Action": list(ENI_ACTIONS), "Resource": "*"}
    yield (_inline(role, "reachsim-network-interfaces", [describing, permission]),)


def repository_statement(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """What a repository's policy has to grant: to CodeBuild for a project's own image, to a role of another account."""
    block = fault.block
    assert block is not None
    if fault.destination == "provisioning":
        repository = environment_repository(ground, fault.source)
        found = find_project(ground.network, parse_selector(fault.source).value)
        if repository is None or found is None or not _is_held(ground.network, repository):
            return
        (account, region), project = found
        if project.environment.image_pull_credentials_type == "SERVICE_ROLE":
            yield (_grant(repository.arn, {"AWS": project.service_role}, {}),)
            return
        source = f"arn:{services.partition_of(region)}:codebuild:{region}:{account}:project/{project.name}"
        condition = {"StringEquals": {"aws:SourceAccount": account, "aws:SourceArn": source}}
        yield (_grant(repository.arn, {"Service": "codebuild.amazonaws.com"}, {"Condition": condition}),)
        return
    role = service_role(ground.network, fault.source)
    for resource in _by_resource(refused(ground, fault, "resource-policy")):
        parts = resource.split(":", 5)
        if role and len(parts) == 6 and parts[2] == "ecr" and "*" not in resource:
            repository = Repository(parts[4], parts[3], parts[5].removeprefix("repository/"))
            if _is_held(ground.network, repository):
                yield (_grant(resource, {"AWS": role}, {}),)


def _grant(repository: str, principal: Mapping[str, Any], more: Mapping[str, Any]) -> AddPolicyStatement:
    sid = "CodeBuildAccess" if "Service" in principal else "Pipeline"
    statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": list(services.ECR_PULL), **more}
    return AddPolicyStatement(repository, json.dumps(statement))


def trust_statement(ground: Ground, fault: Fault) -> Iterator[Steps]:
    """Trust of a service role in CodeBuild, for this project alone; against a deny it does nothing, which shows."""
    block = fault.block
    found = find_project(ground.network, parse_selector(fault.source).value)
    if block is None or found is None:
        return
    (account, region), project = found
    source = f"arn:{services.partition_of(region)}:codebuild:{region}:{account}:project/{project.name}"
    yield (AddTrustStatement(block.component, trust_in("CodeBuild", account, source)),)


def trust_in(service: str, account: str, source: str) -> str:
    """A statement of a trust policy for a service (``CodeBuild``) on behalf of one of its resources (an ARN) alone."""
    return json.dumps({
        "Sid": f"{service}AssumesIt", "Effect": "Allow", "Principal": {"Service": f"{service.lower()}.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account, "aws:SourceArn": source}},
    })  # fmt: skip


def environment_repository(ground: Ground, source: str) -> Repository | None:
    """The private repository that holds the image of a project's build environment."""
    found = find_project(ground.network, parse_selector(source).value)
    return repository_of(found[1].environment.image or "") if found else None


def _is_held(network: Network, repository: Repository) -> bool:
    """Whether the snapshot knows the repository's policy, or that it has none: then its account is one's own."""
    path = network.path((repository.account, repository.region), "ecr", "get-repository-policy", repository.name)
    return network.snapshot.status(path) in ("ok", "absent")
