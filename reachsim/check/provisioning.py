"""Whether a build starts: CodeBuild pulls the environment's image and makes network interfaces in the VPC by itself,
and only policies can keep it from that, the trust policy of the service role among them, or a VPC that another
account shares.

**Source:** CodeBuild User Guide, "Allow CodeBuild access to AWS services required to create a VPC network interface",
"Use AWS CodeBuild with Amazon Virtual Private Cloud" (limitations of VPCs),
"Allow CodeBuild to interact with other AWS services" (the trust policy), "Cross-service confused deputy prevention",
"Batch builds in AWS CodeBuild" (the role that
starts builds), "Run builds on reserved capacity fleets" (the fleet's role),
"Private registry with AWS Secrets Manager sample" and "Amazon ECR sample" (whose credentials pull, and whom the
repository must trust); Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2";
pipeline-services fact sheet, P47, P48.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from reachsim import policy, services
from reachsim.check.findings import finding_of
from reachsim.check.role_requests import not_assumed, role_request, service_request
from reachsim.check.service_plane import pipelines, repository_of
from reachsim.codes import CODES
from reachsim.evidence import Assumption, Block
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy_layers import Answer, described, judge_elsewhere
from reachsim.verdict import Finding, Outcome, PipelineStep, worst
from reachsim.workloads import fleet_of

DESCRIBE: Final = ("ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups",
                   "ec2:DescribeSubnets", "ec2:DescribeVpcs")  # fmt: skip
INTERFACE: Final = ("ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface")
_CODEBUILD: Final = "codebuild.amazonaws.com"
_TOKEN: Final = "ecr:GetAuthorizationToken"
_NEW: Final = "eni-00000000000000000"
"""Stands for an interface that is yet to be made."""


class Start(Struct, frozen=True):
    """The step with the files that would settle it, and why it is not settled."""

    step: PipelineStep
    missing: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


def provisioning(network: Network, home: Home, project: aws.Project) -> Start:
    """Whether a build of a project starts. Raises SnapshotError for a policy that cannot be judged (S24, SC15)."""
    _, fleet = fleet_of(network, project)
    own, others = project.service_role or "", fleet.fleet_service_role or "" if fleet is not None else ""
    taken = _assumed(network, home, project, own)
    before = [taken, _pull(network, home, project), *_batch(network, home, project)]
    if fleet is not None and fleet.vpc_config is not None and others:
        before.append(_assumed(network, home, project, others, "for the fleet"))
    made = _asked(network, home, own, project.vpc_config)
    theirs = _asked(network, home, others, fleet.vpc_config if fleet is not None else None)
    answers = [*before, *(one.answer for one in (*made, *theirs))]
    shared = _shared(network, home, project)
    outcome = "blocked" if shared else worst([*(one.outcome for one in before), _wherever(made), _wherever(theirs)])
    refused = (*_refused(project, own, made), *_refused(project, others, theirs))
    blocks = (*(block for one in before for block in one.blocks), *shared, *refused)
    step = PipelineStep(project.name, "provisioning", outcome, "none", service_side=True, blocked_by=blocks)
    if outcome != "unknown":
        return Start(step, (), taken.assumptions if outcome == "allowed" else ())
    missing = dict.fromkeys(path for answer in answers for path in answer.missing)
    why = dict.fromkeys(note for answer in answers if answer.outcome == "unknown" for note in answer.assumptions)
    return Start(step, tuple(missing), tuple(why))


class _Asked(Struct, frozen=True):
    """A request for a build in a subnet, or wherever it is (""), and what policies say to it."""

    subnet_id: str
    request: policy.Request
    answer: Answer


def _asked(network: Network, home: Home, role: str, config: aws.VpcConfig | None) -> list[_Asked]:
    """What policies say to the network interfaces that a role makes for builds in a VPC."""
    return [_Asked(subnet_id, request, judge_elsewhere(network, request, role, resource=False))
            for subnet_id, request in _interface_requests(network, home, role, config)]  # fmt: skip


def _wherever(made: Sequence[_Asked]) -> Outcome:
    """What becomes of the requests, in whichever subnet chance puts the build (DESIGN, "Verdicts")."""
    subnets = dict.fromkeys(one.subnet_id for one in made if one.subnet_id)
    always = worst([one.answer.outcome for one in made if not one.subnet_id])
    each = [worst([one.answer.outcome for one in made if one.subnet_id == subnet]) for subnet in subnets]
    if {"allowed", "blocked"} <= set(each):
        return worst([always, "intermittent"])
    return worst([always, "unknown" if "unknown" in each else worst(each)])


# --- the role ---------------------------------------------------------------------------------------------------------


def _assumed(
    network: Network, home: Home, project: aws.Project, role: str, purpose: str = "for this project"
) -> Answer:
    """What the trust policy of a role says to CodeBuild, which assumes it for the project's builds.

    A role that the snapshot lists without its trust policy, which AWS always tells, is taken to trust CodeBuild.
    """
    if not role.startswith("arn:") or ":role/" not in role:
        return Answer()
    held = described(network, home[0], role)
    if held is not None and not held.trust:
        detail = f"the trust policy of {role} is not in {held.path}; taken to let CodeBuild assume the role"
        return Answer(assumptions=(Assumption("UNKNOWN_RESOURCE", role, detail, "block"),))
    source = _arn(home, project) if role == project.service_role else ""  # else it is not documented which it is
    request = service_request(network, _CODEBUILD, "sts:AssumeRole", role, home[0], home, source)
    answer = judge_elsewhere(network, request, None)
    rest = f" {purpose}, so no build starts"
    blocks = tuple(_untrusted(not_assumed(network, block, role, _CODEBUILD, rest), role) for block in answer.blocks)
    return msgspec.structs.replace(answer, blocks=blocks)


def _batch(network: Network, home: Home, project: aws.Project) -> Iterator[Answer]:
    """What policies say to the role that starts the builds of a batch, where a project is built in batches: CodeBuild
    assumes it, and it needs ``codebuild:StartBuild`` (User Guide, "Batch build service role").
    """
    role = (project.build_batch_config.service_role if project.build_batch_config is not None else None) or ""
    if ":role/" not in role or not _in_batches(network, home, project):
        return
    yield _assumed(network, home, project, role, "for a batch")
    request = role_request(network, role, "codebuild:StartBuild", _arn(home, project), home[0], home[1])
    yield judge_elsewhere(network, request, role, resource=False)


def _in_batches(network: Network, home: Home, project: aws.Project) -> bool:
    """Whether builds of a project with a batch configuration run in batches: not if pipelines alone run it, and none
    says so (``BatchEnabled``), nor if its webhook starts single builds.
    """
    if project.source.type == "CODEPIPELINE":
        return any(
            action.configuration.get("ProjectName") == project.name
            and action.configuration.get("BatchEnabled") == "true"
            for place, pipeline in pipelines(network) if place[0] == home[0]
            for stage in pipeline.stages for action in stage.actions
        )  # fmt: skip
    return project.webhook is None or project.webhook.build_type == "BUILD_BATCH"


def _untrusted(block: Block, role: str) -> Block:
    mine = block.code == "RESOURCE_POLICY_DENY" and block.component == role
    return msgspec.structs.replace(block, code="ROLE_DOES_NOT_TRUST_CODEBUILD") if mine else block


def _arn(home: Home, project: aws.Project) -> str:
    return f"arn:{services.partition_of(home[1])}:codebuild:{home[1]}:{home[0]}:project/{project.name}"


def refused_start(network: Network, start: Start) -> Iterator[Finding]:
    """A finding for everything that keeps builds from starting, whatever else is open."""
    for block in start.step.blocked_by:
        known = CODES.get(block.cause or block.code)
        rule = f", statement {block.rule}" if block.rule is not None else ""
        kept = "some builds" if start.step.outcome == "intermittent" else "builds"
        title = f"{network.label(block.component)}{rule} keeps {kept} of {start.step.project} from starting: "
        if block.code == "ROLE_DOES_NOT_TRUST_CODEBUILD":
            title = f"CodeBuild cannot assume {block.component}, a service role of {start.step.project}"
        else:
            title += block.detail
        evidence = [f"provisioning: {block.code} at {block.component}{rule}; {block.detail}"]
        yield finding_of(block.code, "high", block.component, title, evidence, known.remedy if known else "")


# --- the image --------------------------------------------------------------------------------------------------------


def _pull(network: Network, home: Home, project: aws.Project) -> Answer:
    """What policies say to the pull of the environment's image.

    With credentials of CodeBuild the repository's policy has to trust ``codebuild.amazonaws.com``; with those of the
    service role the role's policies count, for ECR's token too, and a repository of another account has to let it in.
    For a private registry that is not ECR's the service role reads a secret.
    """
    repository = repository_of(project.environment.image or "")
    if repository is None:
        return _credential(network, home, project)
    owner, region = repository.account, repository.region
    by_role = project.environment.image_pull_credentials_type == "SERVICE_ROLE" and bool(project.service_role)
    role = project.service_role if by_role else None
    actions = [_TOKEN, *services.ECR_DOWNLOAD] if role else list(services.ECR_DOWNLOAD)
    answers = []
    for action in actions:
        token = action == _TOKEN
        if role:
            asked = "*" if token else repository.arn
            request = role_request(network, role, action, asked, home[0] if token else owner, region, wildcard=token)
        else:
            source = _arn(home, project)
            request = service_request(network, _CODEBUILD, action, repository.arn, owner, home, source, region)
        answers.append(judge_elsewhere(network, request, role, resource=not token))
    return _joined(project, actions, answers, role)


def _credential(network: Network, home: Home, project: aws.Project) -> Answer:
    """What policies say to the service role's look at the secret with which it asks a private registry."""
    credential, role = project.environment.registry_credential, project.service_role
    if credential is None or not credential.credential or not role:
        return Answer()
    from reachsim.pipeline.project import secret  # costs the parsers, which few projects need

    [asked] = secret(home[1], home[0], credential.credential).requests
    owner = asked.resource.split(":")[4] or home[0]
    request = role_request(network, role, asked.action, asked.resource, owner, home[1])
    return _joined(project, (asked.action,), [judge_elsewhere(network, request, role)], role)


def _joined(project: aws.Project, actions: Sequence[str], answers: Sequence[Answer], role: str | None) -> Answer:
    """One answer of those to several requests for the image, each rule that refuses some told once."""
    blocks: dict[tuple[str, str, str | int | None], Block] = {}
    for action, answer in zip(actions, answers, strict=True):
        for block in answer.blocks:
            blocks.setdefault((block.code, block.component, block.rule), _unpulled(block, project, action, role))
    outcome = worst({answer.outcome for answer in answers})
    return Answer(
        outcome, tuple(blocks.values()), tuple(dict.fromkeys(path for answer in answers for path in answer.missing)),
        tuple(dict.fromkeys(note for answer in answers for note in answer.assumptions)),
    )  # fmt: skip


def _unpulled(block: Block, project: aws.Project, action: str, role: str | None) -> Block:
    who = role or _CODEBUILD
    detail = f"{who} may not {action} to pull {project.environment.image}, the build image: {block.detail}"
    cause = "BUILD_IMAGE_PULL_REFUSED" if block.code == "RESOURCE_POLICY_DENY" and role is None else block.cause
    return msgspec.structs.replace(block, detail=detail, cause=cause)


# --- the network interfaces -------------------------------------------------------------------------------------------


def _shared(network: Network, home: Home, project: aws.Project) -> tuple[Block, ...]:
    """CodeBuild makes no interfaces in a VPC that another account shares (N152)."""
    config = project.vpc_config
    vpc = network.vpcs.get(config.vpc_id or "") if config is not None and config.subnets else None
    if vpc is None or vpc.owner_id in (None, home[0]):
        return ()
    detail = f"{network.label(vpc.vpc_id)} belongs to account {vpc.owner_id}: CodeBuild does not support shared VPCs"
    return (Block("CODEBUILD_SHARED_VPC", vpc.vpc_id, None, None, "request", "egress", "refused", detail),)


def _interface_requests(
    network: Network, home: Home, role: str, config: aws.VpcConfig | None
) -> Iterator[tuple[str, policy.Request]]:
    """Every request that a role, a project's or its fleet's, makes of EC2 for a build in a VPC, with the subnet that
    chance may pick for it, or "" where that makes no difference.
    """
    if config is None or not config.subnets or not role:
        return
    account, region = home
    here = {"ec2:Region": region}
    for action in DESCRIBE:
        yield "", role_request(network, role, action, "*", account, region, here, wildcard=True)
    place = f"arn:{services.partition_of(region)}:ec2:{region}"
    for subnet_id in config.subnets:
        subnet = network.subnets.get(subnet_id)
        owner = subnet.owner_id if subnet is not None and subnet.owner_id else account
        arn = f"{place}:{owner}:subnet/{subnet_id}"
        where = here | {"ec2:Vpc": f"{place}:{owner}:vpc/{config.vpc_id}"}
        if subnet is not None and subnet.availability_zone:
            where["ec2:AvailabilityZone"] = subnet.availability_zone
        interface = where | {"ec2:Subnet": arn}
        for action in INTERFACE:
            service = {"ec2:AuthorizedService": "codebuild.amazonaws.com"} if action.endswith("Permission") else {}
            asked = f"{place}:{account}:network-interface/{_NEW}"
            yield subnet_id, role_request(network, role, action, asked, account, region, interface | service)
        yield subnet_id, role_request(network, role, INTERFACE[0], arn, owner, region, where)
        for group in config.security_group_ids:
            asked = f"{place}:{owner}:security-group/{group}"
            yield subnet_id, role_request(network, role, INTERFACE[0], asked, owner, region, where)


def _refused(project: aws.Project, role: str, made: Sequence[_Asked]) -> Iterator[Block]:
    """One block for each policy that refuses requests for interfaces, naming all of them, and the subnets if some are
    left.
    """
    refused: dict[tuple[str, str, str | int | None], list[tuple[_Asked, Block]]] = {}
    for one in made:
        for block in one.answer.blocks:
            refused.setdefault((block.code, block.component, block.rule), []).append((one, block))
    every = {one.subnet_id for one in made if one.subnet_id}
    for (code, component, rule), blocks in refused.items():
        actions = ", ".join(dict.fromkeys(one.request.action for one, _ in blocks))
        here = dict.fromkeys(one.subnet_id for one, _ in blocks)
        where = "its VPC" if "" in here or set(here) == every else ", ".join(here)
        detail = f"{role} may not {actions}, so no build of {project.name} starts in {where}"
        if code == "IDENTITY_POLICY_DENY":
            code = "ROLE_CANNOT_CREATE_ENI"
        else:
            detail = f"{detail}: {blocks[0][1].detail}"
        yield Block(code, component, rule, None, "request", "egress", "403", detail)
