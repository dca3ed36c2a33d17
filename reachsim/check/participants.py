"""Who takes part in a pipeline: every CodeBuild project, and the instances that push to CodeCommit.

**Source:** DESIGN, "check": sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from reachsim import policy, services
from reachsim.check.service_plane import pipelines
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy_layers import Identity, iam_details, identity_of, lists_profiles, profile_role
from reachsim.selectors import parse_selector
from reachsim.workloads import find_project


def pipeline_sources(network: Network) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(selectors of every project and client, files without which more there may be: one that lacks a project which
    list-projects names is no whole one, and of a capture that goes on there may be more anywhere).

    Where one Region's projects are known, another's are asked for only if the snapshot holds VPCs of it.
    """
    projects = [f"codebuild:{name}" for _, name in sorted(network.projects)]
    lacking = [
        path
        for home in network.homes
        for path in network.unknown(network.path(home, "codebuild", "batch-get-projects"))
        if (not projects or not network.lacks(home, "describe-vpcs")) and _listed(network, home) != ()
    ]
    lacking += [
        network.path(home, "codebuild", "batch-get-projects")
        for home in network.homes
        if any((home, name) not in network.projects for name in _listed(network, home) or ())
    ]
    lacking += [
        path
        for home in network.homes
        for path in network.lacks(home, "describe-instances")  # who pushes is an instance
        if not network.lacks(home, "describe-vpcs")
    ]
    lacking += [network.path(home, "codebuild", "batch-get-projects") for home in _not_yet_asked(network)]
    lacking += _run_elsewhere(network)
    return (*dict.fromkeys(projects), *_clients(network)), tuple(dict.fromkeys(lacking))


def _listed(network: Network, home: Home) -> tuple[str, ...] | None:
    """The projects that list-projects names; None if it is not there, or not whole."""
    path = network.path(home, "codebuild", "list-projects")
    listed = network.read(path, aws.ProjectNames)
    return listed.projects if listed is not None and (listed.projects or network.lists_all(path)) else None


def _run_elsewhere(network: Network) -> Iterator[str]:
    """Files without which pipelines are not whole: those of pipelines that are listed alone, and those of projects that
    an action runs and that are not told, maybe in its own Region or the account of its role (CodePipeline User Guide,
    "Add a cross-Region action", "Create a pipeline that uses resources from another account").
    """
    for home, pipeline in pipelines(network):
        for action in (action for stage in pipeline.stages for action in stage.actions):
            name = action.configuration.get("ProjectName")
            role = (action.role_arn or "").split(":")
            place = (role[4] if len(role) > 5 else home[0], action.region or home[1])
            if name and action.action_type_id.provider == "CodeBuild" and (place, name) not in network.projects:
                yield network.path(place, "codebuild", "batch-get-projects")
    for home in network.homes:
        listed = network.path(home, "codepipeline", "list-pipelines")
        for one in network.read_collection(listed, "pipelines", aws.PipelineName):
            path = network.path(home, "codepipeline", "get-pipeline", one.name)
            if network.snapshot.status(path) != "ok":
                yield path


def _not_yet_asked(network: Network) -> list[Home]:
    """Accounts and Regions of which a capture that has not come to its end holds nothing."""
    manifest = network.snapshot.manifest
    asked = product(manifest.accounts, manifest.regions)
    return [] if manifest.complete else [home for home in asked if home not in network.homes]


def _clients(network: Network) -> list[str]:
    """Instances whose role may use Git on CodeCommit; without IAM in the snapshot those that stand near the
    pipeline. AWS lists terminated ones for a while, which run no more.
    """
    found = []
    for instance_id, instance in sorted(network.instances.items()):
        if instance.state.name in ("shutting-down", "terminated"):
            continue
        home = network.home_of(instance_id)
        account = home[0]
        role = _role(network, instance, account)
        told = not (role.missing or role.unseen) if role is not None else _has_no_role(network, instance, account)
        may = role is not None and _may_use_git(role, home)
        may = may or bool(network.planned("PLANNED_STEP_UNKNOWN", f"{instance_id} git-push"))
        if may or (not told and instance.state.name == "running" and _near_pipeline(network, instance)):
            found.append(instance_id)
    return found


def _has_no_role(network: Network, instance: aws.Instance, account: str) -> bool:
    """Whether an instance whose role the snapshot does not hold is known to have none."""
    profile = instance.iam_instance_profile
    if profile is None:
        return iam_details(network, account)[0] is not None
    return bool(profile.arn) and lists_profiles(network, account)


def _near_pipeline(network: Network, instance: aws.Instance) -> bool:
    for endpoint in network.endpoints_by_vpc.get(instance.vpc_id, ()):
        known = services.suffix_of_service_name(endpoint.service_name)
        if known is not None and known[0] == "git-codecommit":
            return True
    subnets = {s for project in network.projects.values() if project.vpc_config for s in project.vpc_config.subnets}
    return instance.subnet_id in subnets


def _role(network: Network, instance: aws.Instance, account: str) -> Identity | None:
    """The role in whose name the instance calls, if the snapshot holds it."""
    profile = instance.iam_instance_profile.arn if instance.iam_instance_profile else None
    arn = profile_role(network, account, profile) if profile else None
    return identity_of(network, account, arn)[0] if arn else None


def _may_use_git(role: Identity, home: Home) -> bool:
    if any(":iam::aws:" in arn and "CodeCommit" in arn for arn in role.attached):
        return True
    return any(_allows_git(document, role.arn, home) for document in role.documents)


def _allows_git(document: policy.Document, role: str, home: Home) -> bool:
    account, region = home
    anything = f"arn:{services.partition_of(region)}:codecommit:*:{account}:*"
    open_keys = dict.fromkeys(("aws:SourceVpce", "aws:SourceVpc", "aws:SourceIp", "aws:VpcSourceIp"), policy.UNKNOWN)
    for action in ("codecommit:GitPush", "codecommit:GitPull"):
        request = policy.Request(policy.Principal.parse(role), action, anything, account, dict(open_keys))
        if policy.may_allow(document, request, "identity"):
            return True
    return False


def service_role(network: Network, source: str) -> str:
    """The service role of the CodeBuild project that a selector names; "" for any other selector, or without one."""
    selector = parse_selector(source)
    found = find_project(network, selector.value) if selector.kind == "codebuild" else None
    return (found[1].service_role or "") if found is not None else ""
