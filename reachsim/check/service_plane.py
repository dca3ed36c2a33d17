"""What AWS's own side of the pipeline does, which no VPC setting can confine: the pull of a build environment's image,
CodePipeline's traffic, a pull-through cache that asks its upstream registry.

**Source:** pipeline-services fact sheet, P4, P10, P12, P57, P58; CodeBuild User Guide, "Docker images provided by
CodeBuild", "Private registry with AWS Secrets Manager sample" and "Amazon ECR sample" (whose credentials pull, and
whom the repository must trust); Amazon ECR User Guide, "Pull through cache" and "Interface VPC endpoints".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from reachsim import policy, services
from reachsim.check.findings import finding_of
from reachsim.check.needs import Need
from reachsim.evidence import Block
from reachsim.model import records as aws
from reachsim.model.network import Home, Network
from reachsim.policy_layers import document, identity_of
from reachsim.verdict import Finding

PULL: Final = "ecr:BatchGetImage"
_ECR_IMAGE: Final = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.[a-z.]+/([^:@]+)")


class Repository(NamedTuple):
    """A private repository that an image reference names."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        return f"arn:{services.partition_of(self.region)}:ecr:{self.region}:{self.account}:repository/{self.name}"


def repository_of(image: str) -> Repository | None:
    """The private ECR repository that an image comes from, if it is one.

    >>> repository_of("111122223333.dkr.ecr.us-east-1.amazonaws.com/base/go:1")
    Repository(account='111122223333', region='us-east-1', name='base/go')
    """
    match = _ECR_IMAGE.match(image)
    return Repository(match[1], match[2], match[3]) if match else None


# --- the image of the build environment -------------------------------------------------------------------------------


def environment_image(project: aws.Project) -> Iterator[Finding]:
    """That CodeBuild pulls a project's own image outside the VPC; nothing for the images that CodeBuild provides."""
    image = project.environment.image or ""
    if not image or image.startswith("aws/codebuild/"):
        return
    selector, repository = f"codebuild:{project.name}", repository_of(image)
    whose = "ECR" if repository is not None else "a registry on the internet"
    title = f"CodeBuild pulls the image of {selector} from {whose} by itself, not through the VPC"
    yield finding_of("SERVICE_PLANE_PULL_NOT_VIA_VPC", "info" if repository else "low", selector, title, [image])


def pull_refused(network: Network, home: Home, project: aws.Project) -> Block | None:
    """What the policies say against the pull of the environment's image, if anything surely does (SC15).

    With credentials of CodeBuild the repository's policy has to trust ``codebuild.amazonaws.com``; with those of the
    service role the role's policies count, and a repository of another account has to let it in.
    """
    repository = repository_of(project.environment.image or "")
    if repository is None:
        return None
    path = network.path((repository.account, repository.region), "ecr", "get-repository-policy", repository.name)
    status = network.snapshot.status(path)
    record = network.read(path, aws.ResourcePolicy) if status == "ok" else None
    held = document(record.text, path) if record is not None and record.text else None
    if held is None and status != "absent":
        return None
    if project.environment.image_pull_credentials_type == "SERVICE_ROLE":
        return _refused_role(network, home, project, repository, held)
    caller = policy.Principal.parse("codebuild.amazonaws.com")
    said = _says(held, caller, home, project, repository)
    if said in ("allow", "unknown"):
        return None
    detail = f"the policy of {repository.name} does not let codebuild.amazonaws.com pull the image of {project.name}"
    if said == "deny":
        detail = f"the policy of {repository.name} denies CodeBuild's own pull, which comes by no VPC endpoint"
    return Block("RESOURCE_POLICY_DENY", repository.name, None, None, "request", "egress", "403", detail)


def _refused_role(
    network: Network, home: Home, project: aws.Project, repository: Repository, held: policy.Document | None
) -> Block | None:
    role = project.service_role or ""
    known, _ = identity_of(network, home[0], role)
    if known is None:
        return None
    caller = policy.Principal.parse(role)
    resource = _says(held, caller, home, project, repository)
    request = _request(caller, home, project, repository)
    own: set[str] = {policy.judge(one, request, "identity").effect for one in known.documents}
    own |= {"unknown"} if known.unseen else set()
    admitted = resource in ("allow", "unknown")
    if resource == "deny" or (not admitted and repository.account != home[0]):
        code, component = "RESOURCE_POLICY_DENY", repository.name
        detail = f"the policy of {repository.name} does not let {role} pull the image of {project.name}"
    elif "deny" not in own and (own & {"allow", "unknown"} or (admitted and repository.account == home[0])):
        return None
    else:
        code, component, detail = "IDENTITY_POLICY_DENY", role, f"{role} may not {PULL} on {repository.arn}"
    return Block(code, component, None, None, "request", "egress", "403", detail)


def _says(
    held: policy.Document | None, caller: policy.Principal, home: Home, project: aws.Project, repository: Repository
) -> str:
    if held is None:
        return "none"
    return policy.judge(held, _request(caller, home, project, repository), "resource").effect


def _request(caller: policy.Principal, home: Home, project: aws.Project, repository: Repository) -> policy.Request:
    """The pull as the repository's policy sees it: from CodeBuild's own network, by no endpoint."""
    service = caller.kind == "service"
    arn = f"arn:{services.partition_of(home[1])}:codebuild:{home[1]}:{home[0]}:project/{project.name}"
    context: dict[str, Any] = {
        "aws:SecureTransport": "true", "aws:PrincipalIsAWSService": "true" if service else "false",
        "aws:ResourceAccount": repository.account, "aws:RequestedRegion": repository.region,
    }  # fmt: skip
    if service:
        context |= {"aws:PrincipalServiceName": caller.text, "aws:SourceArn": arn, "aws:SourceAccount": home[0]}
    else:
        context |= {"aws:PrincipalArn": caller.text, "aws:PrincipalAccount": home[0]}
    absent = frozenset(("aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp"))
    return policy.Request(caller, PULL, repository.arn, repository.account, context, absent=absent)


# --- CodePipeline -----------------------------------------------------------------------------------------------------


def pipelines(network: Network) -> Iterator[tuple[Home, aws.Pipeline]]:
    """Every pipeline of CodePipeline in the snapshot."""
    for home in network.homes:
        for _, path in network.snapshot.children(*home, "codepipeline", "get-pipeline"):
            answer = network.read(path, aws.PipelineAnswer)
            if answer is not None:
                yield home, answer.pipeline


def pipeline_findings(network: Network) -> Iterator[Finding]:
    """That CodePipeline fetches from CodeCommit and hands on artifacts by itself (P12)."""
    for _, pipeline in pipelines(network):
        actions = [(stage, action) for stage in pipeline.stages for action in stage.actions]
        lines = [
            f"stage {stage.name}, action {action.name}: CodeCommit "
            f"{action.configuration.get('RepositoryName', 'repository')}"
            for stage, action in actions if action.action_type_id.provider == "CodeCommit"
        ]  # fmt: skip
        if lines:
            title = f"the pipeline {pipeline.name} fetches its source from CodeCommit by itself, not through any VPC"
            yield finding_of("SERVICE_PLANE_TRAFFIC_NOT_VIA_VPC", "info", pipeline.name, title, lines)


# --- pull-through caches ----------------------------------------------------------------------------------------------


class Cached(NamedTuple):
    """What pull-through caches add: needs of first pulls, and what to know about images that are cached."""

    needs: tuple[Need, ...]
    findings: tuple[Finding, ...]


def pulled_through(network: Network, source: str, needs: Sequence[Need]) -> Cached:
    """What becomes of pulls from repositories under a pull-through cache's prefix.

    AWS rule (P10): the first pull of an image through an ECR interface endpoint needs a way to the internet, later
    ones do not; ECR itself asks the upstream registry again, at most once a day.
    """
    more: list[Need] = []
    findings: list[Finding] = []
    for need in needs:
        for arn in dict.fromkeys(str(one["resource"]) for one in need.requests if one["action"] == PULL):
            rule = _rule(network, arn)
            if rule is None:
                continue
            region, account, name = arn.split(":", 5)[3], arn.split(":", 5)[4], arn.split("repository/", 1)[-1]
            path = network.path((account, region), "ecr", "describe-repositories")
            upstream = (rule.upstream_registry_url or "the upstream registry").removeprefix("https://").split("/")[0]
            held = {one.repository_name for one in network.read_collection(path, "repositories", aws.Repository)}
            if network.snapshot.status(path) != "ok":
                place = f"{need.place}: whether {name} is cached is not known ({path})"
                more.append(Need(need.step, "", place=place))
            elif name in held:
                title = f"{name} is a pull-through cache: ECR itself asks {upstream} for newer images"
                line = f"{source} → {name}: cached from {upstream}; ECR looks there again at most once a day"
                findings.append(finding_of("UPSTREAM_REDIRECT_NEEDS_INTERNET", "info", name, title, [line]))
            else:
                requests = tuple({"action": f"ecr:{action}", "resource": arn}
                                 for action in ("BatchImportUpstreamImage", "CreateRepository"))  # fmt: skip
                more.append(Need(need.step, need.destination, requests, place=need.place))
                more.append(Need(need.step, f"host:{upstream}", place=f"{need.place}: first pull of {name}"))
                title = f"the first pull of {name} through its cache needs a way to {upstream}"
                line = f"{source} → {name}: no such repository yet, so nothing is cached"
                findings.append(finding_of("UPSTREAM_REDIRECT_NEEDS_INTERNET", "low", name, title, [line]))
    return Cached(tuple(more), tuple(findings))


def _rule(network: Network, arn: str) -> aws.PullThroughCacheRule | None:
    """The rule with the longest prefix of a repository's name."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or "*" in arn or not parts[5].startswith("repository/"):
        return None
    name = parts[5].removeprefix("repository/")
    path = network.path((parts[4], parts[3]), "ecr", "describe-pull-through-cache-rules")
    rules = network.read_collection(path, "pullThroughCacheRules", aws.PullThroughCacheRule)
    fitting = [one for one in rules if name.startswith(f"{one.ecr_repository_prefix.rstrip('/')}/")]
    return max(fitting, key=lambda one: len(one.ecr_repository_prefix), default=None)
