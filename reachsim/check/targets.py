"""What of a pipeline, beside its CodeCommit repositories, a role of its account may hand to whoever assumes it: images,
artifacts, its builds, its clients, and further permissions of its own.

**Source:** DESIGN, "check" (exposed: a policy lets someone outside use a pipeline resource); Service Authorization
Reference of Amazon ECR, Amazon S3, AWS CodeBuild, AWS IAM and AWS Systems Manager; IAM User Guide, "Grant a user
permissions to pass a role to an AWS service"; CodeBuild API Reference, "StartBuild" (a caller may bring a buildspec).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from reachsim import services
from reachsim.check.needs import Need
from reachsim.check.participants import service_role
from reachsim.check.resources import buckets_in_use, repositories_in_use
from reachsim.model.network import Network
from reachsim.policy.glob import Glob
from reachsim.selectors import parse_selector
from reachsim.workloads import find_project

_OF_IMAGES: Final = (services.ECR_READ, services.ECR_WRITE)
_OF_OBJECTS: Final = ("s3:GetObject", "s3:PutObject")
_OF_PROJECTS: Final = ("codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:UpdateProject")
_OF_ROLES: Final = ("iam:UpdateAssumeRolePolicy",)
_OF_ITSELF: Final = ("iam:PutRolePolicy", "iam:AttachRolePolicy")
_OF_INSTANCES: Final = ("ssm:StartSession", "ssm:SendCommand")
_PASSED: Final = ("iam:PassRole",)


class Target(Struct, frozen=True):
    """A resource, the account that it is in, and the actions that hand it over, each alone; ``also`` is (action,
    resource) that is needed besides, ``file`` that of the policy of its own, "" if it has none, ``within`` a pattern of
    many such resources, of which nothing is open where nothing is of the pattern, or ""."""

    resource: str
    account: str
    actions: tuple[str, ...]
    also: tuple[str, str] | None = None
    file: str = ""
    within: str = ""


def targets(network: Network, needs: Sequence[Need], sources: Sequence[str]) -> list[Target]:
    """What somebody outside may get at by a role, once each."""
    found = (
        *_images(network, needs),
        *_objects(network, needs),
        *_builds(network, sources),
        *_clients(network, sources),
    )
    return list(dict.fromkeys(found))


def of_itself(role: str) -> Target:
    """That a role may give itself whatever it likes."""
    return Target(role, role.split(":")[4], _OF_ITSELF)


def _images(network: Network, needs: Sequence[Need]) -> Iterator[Target]:
    """The repositories that requests name; those of the registry that fit, where it is not told which."""
    asked = dict.fromkeys(str(request["resource"]) for need in needs for request in need.named)
    for home, names in repositories_in_use(network, needs):
        start = f"arn:{services.partition_of(home[1])}:ecr:{home[1]}:{home[0]}:repository/"
        mine = [Glob.parse(arn) for arn in asked if arn.startswith(start)]
        for name in names:
            if any(glob.matches(start + name) for glob in mine):
                path = network.path(home, "ecr", "get-repository-policy", name)
                yield Target(start + name, home[0], _OF_IMAGES, file=path, within=f"{start}*")


def _objects(network: Network, needs: Sequence[Need]) -> Iterator[Target]:
    for bucket, account, arn in buckets_in_use(network, needs):
        path = network.path((account, "global"), "s3api", "get-bucket-policy", bucket)
        yield Target(f"{arn}/*", account, _OF_OBJECTS, file=path)


def _builds(network: Network, sources: Sequence[str]) -> Iterator[Target]:
    """Projects, whose builds do what they are told, and their roles, with which further projects may be made."""
    for source in sources:
        selector = parse_selector(source)
        project = find_project(network, selector.value) if selector.kind == "codebuild" else None
        if project is None:
            continue
        (account, region), record = project
        start = f"arn:{services.partition_of(region)}:codebuild:{region}:{account}:project/"
        yield Target(start + record.name, account, _OF_PROJECTS)
        role = service_role(network, source)
        if ":role/" in role and role.split(":")[4] == account:
            yield Target(role, account, _OF_ROLES)
            yield Target(role, account, _PASSED, ("codebuild:CreateProject", f"{start}any"))


def _clients(network: Network, sources: Sequence[str]) -> Iterator[Target]:
    for source in sources:
        if source in network.instances:
            account, region = network.home_of(source)
            arn = f"arn:{services.partition_of(region)}:ec2:{region}:{account}:instance/{source}"
            yield Target(arn, account, _OF_INSTANCES)
