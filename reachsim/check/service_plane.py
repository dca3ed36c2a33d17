"""What AWS's own side of the pipeline does, which no VPC setting can confine: the pull of a build environment's image,
CodePipeline's traffic, a pull-through cache that asks its upstream registry.

**Source:** pipeline-services fact sheet, P4, P10, P12, P57, P58; CodeBuild User Guide, "Docker images provided by
CodeBuild"; Amazon ECR User Guide, "Pull through cache" and "Interface VPC endpoints".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from reachsim import services
from reachsim.check.findings import finding_of
from reachsim.check.needs import Need, own
from reachsim.evidence import Assumption
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.selectors import parse_selector
from reachsim.verdict import Finding
from reachsim.workloads import find_project

if TYPE_CHECKING:
    from reachsim.pipeline.records import Contacts

ROOT: Final = "ROOT"
"""The prefix of the pull-through cache rule, or creation template, for every repository that no other one covers."""
_ECR_IMAGE: Final = r"(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.[a-z.]+|on\.aws)/([^:@]+)"


class Repository(Struct, frozen=True):
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
    match = re.match(_ECR_IMAGE, image) if ".dkr" in image else None
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


_BY_DOCKER: Final = r"(?:sudo )?docker (?:image )?(?:build|push|pull|run|buildx|compose)\b"


def no_docker(project: aws.Project, contacts: Contacts) -> Iterator[Finding]:
    """That a build pulls or pushes by Docker, which CodeBuild runs in privileged mode only.

    A fault of its own, apart from what the network and policies let through, so no step is blocked by it (P62).
    """
    environment = project.environment
    if environment.privileged_mode is not False or environment.docker_server is not None:
        return
    lines = [
        f"{one.file}:{one.line} {one.command}"
        for one in contacts.contacts
        if one.step in ("pull", "push") and one.confidence == "certain" and re.match(_BY_DOCKER, one.command)
    ]
    if lines:
        title = f"codebuild:{project.name} runs Docker without privileged mode"
        yield finding_of("DOCKER_DAEMON_NOT_RUNNING", "high", f"codebuild:{project.name}", title,
                         list(dict.fromkeys(lines)))  # fmt: skip


# --- CodePipeline -----------------------------------------------------------------------------------------------------


def pipelines(network: Network) -> tuple[tuple[Home, aws.Pipeline], ...]:
    """Every pipeline of CodePipeline in the snapshot."""
    return network.pipelines


def pipeline_findings(network: Network) -> Iterator[Finding]:
    """That CodePipeline fetches from CodeCommit and hands on artifacts by itself (P12), and to whose workers.

    **Source:** CodePipeline User Guide, "Create and add a custom action in CodePipeline" (a job worker polls for jobs,
    and gets their artifacts); API Reference, "PollForThirdPartyJobs".
    """
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
        for stage, action in actions:
            kind = action.action_type_id
            if kind.owner in ("ThirdParty", "Custom") and kind.category not in ("Source", "Approval"):
                place = f"{pipeline.name}/{stage.name}/{action.name}"
                whose = (
                    f"the third party {kind.provider}" if kind.owner == "ThirdParty" else f"workers of {kind.provider}"
                )
                title = f"the action {place} is done by {whose}, outside CodePipeline"
                yield finding_of("PIPELINE_ACTION_BY_OTHERS", "low", place, title, [f"{kind.owner} {kind.provider}"])


# --- pull-through caches ----------------------------------------------------------------------------------------------


class Cached(Struct, frozen=True):
    """What repositories add that are caches or not listed: needs, what to know about cached images, assumptions."""

    needs: tuple[Need, ...]
    findings: tuple[Finding, ...]
    assumptions: tuple[Assumption, ...] = ()


def pulled_through(network: Network, source: str, needs: Sequence[Need], contacts: Contacts | None = None) -> Cached:
    """What becomes of pulls from repositories under a pull-through cache's prefix, and of what is not listed.

    AWS rule (P10): the first pull of an image through an ECR interface endpoint needs a way to the internet, later
    ones do not; ECR itself asks the upstream registry again, at most once a day.
    """
    more: list[Need] = []
    findings: list[Finding] = []
    made: list[Assumption] = []
    made_here = _made_by_the_build(network, source, contacts)
    for need in needs:
        for arn in dict.fromkeys(str(one["resource"]) for one in need.requests if one["action"] == services.ECR_WRITE):
            told = _pushed_unlisted(network, need, arn, made_here)
            more += [told] if isinstance(told, Need) else []
            made += [told] if isinstance(told, Assumption) else []
        for arn in dict.fromkeys(str(one["resource"]) for one in need.requests if one["action"] == services.ECR_READ):
            placed = _placed(arn)
            rule = _rule(network, *placed) if placed is not None else None
            if placed is None or rule is None:
                more += _not_listed(network, need, arn)
                continue
            home, name = placed
            path, held = _listed(network, home)
            upstream = (rule.upstream_registry_url or "the upstream registry").removeprefix("https://").split("/")[0]
            if network.snapshot.status(path) != "ok":
                place = f"{need.place}: whether {name} is cached is not known ({path})"
                more.append(Need(need.step, "", place=place))
            elif name in held and rule.ecr_repository_prefix == ROOT:
                continue  # a repository of its own, as far as the rules tell
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
    return Cached(tuple(more), tuple(findings), tuple(made))


def _made_by_the_build(network: Network, source: str, contacts: Contacts | None) -> set[str]:
    """The ARNs of repositories that a build makes, also of those that it makes only where they are not there."""
    found = find_project(network, parse_selector(source).value) if contacts is not None else None
    requests = [one for each in (contacts.contacts if contacts is not None and found else ()) for one in each.requests]
    home = found[0] if found is not None else ("", "")
    return {own(home, one.resource) for one in requests if one.action == "ecr:CreateRepository"}


def _pushed_unlisted(network: Network, need: Need, arn: str, made_here: set[str]) -> Need | Assumption | None:
    """A push to a repository that its account's list does not hold: the build makes it before, or ECR does by a
    repository creation template for pushes; else there is no such repository, unless somebody has made it since.

    The most specific template decides ("Repository creation templates"; API_CreateRepositoryCreationTemplate, prefix).
    """
    unlisted = _unlisted(network, arn)
    if unlisted is None:
        return None
    home, name, why = unlisted
    if arn in made_here:
        return Need(need.step, "ecr.api", ({"action": "ecr:CreateRepository", "resource": arn},), place=need.place)
    path = network.path(home, "ecr", "describe-repository-creation-templates")
    held = network.read_collection(path, "repositoryCreationTemplates", aws.RepositoryCreationTemplate)
    templates = {one.prefix: one for one in held}
    template = templates.get(_most_specific(templates, name))
    if template is not None and "CREATE_ON_PUSH" in template.applied_for:
        detail = f"{why}: a push makes it by the repository creation template {template.prefix}"
        return Assumption("REPOSITORY_MADE_ON_PUSH", name, detail, "block")
    known = network.snapshot.status(path) == "ok"
    makes = "no repository creation template is for it" if known else "whether a push makes it is not known"
    return Need(need.step, "", place=f"{need.place}: {why}, and {makes} ({path})")


def _not_listed(network: Network, need: Need, arn: str) -> Iterator[Need]:
    """A pull from a repository that its account's list does not hold: it fails, unless a pull-through cache that
    nobody read makes it of an upstream registry's, or it was made since.
    """
    unlisted = _unlisted(network, arn)
    if unlisted is None:
        return
    home, _, why = unlisted
    rules = network.path(home, "ecr", "describe-pull-through-cache-rules")
    if network.snapshot.status(rules) != "ok":
        why += f", and whether it comes through a cache is not known ({rules})"
    yield Need(need.step, "", place=f"{need.place}: {why}")


def _unlisted(network: Network, arn: str) -> tuple[Home, str, str] | None:
    """(account and Region, name, which list lacks it) of a repository that is not there; None if that isn't known."""
    placed = _placed(arn)
    if placed is None or "?" in arn:
        return None
    home, name = placed
    listed, held = _listed(network, home)
    known = network.snapshot.status(listed) == "ok"
    return (home, name, f"{listed} does not list {name}") if known and name not in held else None


def _placed(arn: str) -> tuple[Home, str] | None:
    """(account and Region, name) of one repository; None for what names several, or none."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or "*" in arn or not parts[5].startswith("repository/"):
        return None
    return (parts[4], parts[3]), parts[5].removeprefix("repository/")


def _listed(network: Network, home: Home) -> tuple[str, set[str]]:
    """The file that lists the repositories of an account and Region, and their names."""
    path = network.path(home, "ecr", "describe-repositories")
    return path, {one.repository_name for one in network.read_collection(path, "repositories", aws.Repository)}


def _rule(network: Network, home: Home, name: str) -> aws.PullThroughCacheRule | None:
    """The rule with the longest prefix of a repository's name, else the one for all that no other rule covers."""
    path = network.path(home, "ecr", "describe-pull-through-cache-rules")
    rules = network.read_collection(path, "pullThroughCacheRules", aws.PullThroughCacheRule)
    by_prefix = {one.ecr_repository_prefix: one for one in rules}
    return by_prefix.get(_most_specific(by_prefix, name))


def _most_specific(prefixes: Iterable[str], name: str) -> str:
    """The longest prefix of a repository's name, else the word for all that no other prefix covers."""
    fitting = [prefix for prefix in prefixes if name.startswith(f"{prefix.rstrip('/')}/")]
    return max(fitting, key=len, default=ROOT)
