"""What goes with deleted names, policies, buckets, load balancers and services (see `removing`).

**Source:** documentation of the deletions of the provider hashicorp/aws; API references.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from reachsim.importers.planned.resource import Resource, text_of
from reachsim.importers.planned.symbols import arn
from reachsim.importers.planned.world import World
from reachsim.importers.tree import Document

# --- names ------------------------------------------------------------------------------------------------------------


def _zone(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    world.remove("route53/list-hosted-zones", f"/hostedzone/{one.id}")
    for what in ("get-hosted-zone", "list-resource-record-sets"):
        world.drop((one.home[0], "global"), f"route53/{what}/{one.id}")


def _resolver_endpoint(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    world.drop(one.home, f"route53resolver/list-resolver-endpoint-ip-addresses/{one.id}")


def _dns_rule(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    call = f"route53resolver/list-firewall-rules/{one.text('firewall_rule_group_id')}"
    document = world.document(one.home, call)
    if document is not None:
        document["FirewallRules"] = [
            held for held in document["FirewallRules"] if str(held.get("Priority")) != one.text("priority")
        ]


def _dns_config(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    document = world.document(one.home, f"route53resolver/get-firewall-config/{one.text('resource_id')}")
    if document is not None:
        document["FirewallConfig"]["FirewallFailOpen"] = "DISABLED"


# --- policies, buckets, services --------------------------------------------------------------------------------------


def _registry_policy(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    world.put(one.home, "ecr/get-registry-policy", {"Error": {"Code": "RegistryPolicyNotFoundException"}})


def _cache_rule(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    world.remove("ecr/describe-pull-through-cache-rules", one.text("ecr_repository_prefix"))


def _bucket(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    for what in ("get-bucket-policy", "get-bucket-location", "get-public-access-block", "get-bucket-acl"):
        world.drop((one.home[0], "global"), f"s3api/{what}/{one.id}")


def _account_public_access(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    none = {"Error": {"Code": "NoSuchPublicAccessBlockConfiguration"}}
    world.put((one.home[0], "global"), "s3control/get-public-access-block", none)


def _details(world: World, one: Resource) -> Document:
    return world.document((one.home[0], "global"), "iam/get-account-authorization-details") or {}


def _policy(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    details = _details(world, one)
    if "Policies" in details:
        details["Policies"] = [held for held in details["Policies"] if held.get("Arn") != arn(one)]


def _user(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    details = _details(world, one)
    if "UserDetailList" in details:
        details["UserDetailList"] = [held for held in details["UserDetailList"] if held.get("UserName") != one.id]


def _group(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    details = _details(world, one)
    if "GroupDetailList" in details:
        details["GroupDetailList"] = [held for held in details["GroupDetailList"] if held.get("GroupName") != one.id]


def _instance_profile(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    for _, record in world.each("iam/get-account-authorization-details"):
        held = record.get("InstanceProfileList", [])
        record["InstanceProfileList"] = [other for other in held if other.get("InstanceProfileName") != one.id]


def _pipeline(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    world.drop(one.home, f"codepipeline/get-pipeline/{one.id.replace('/', '%2F')}")


def _project(world: World, one: Resource, gone: Document) -> None:
    """Its name in the list that says which projects there are."""
    document = world.document(one.home, "codebuild/list-projects")
    if document is not None and "projects" in document:
        document["projects"] = [name for name in document["projects"] if name != gone.get("name", one.id)]


def _service(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    for cluster in (world.document(one.home, "ecs/list-clusters") or {}).get("clusterArns", []):
        if one.text("cluster") in (cluster, cluster.rpartition("/")[2], ""):
            document = world.document(one.home, f"ecs/describe-services/{cluster.replace('/', '%2F')}")
            if document is not None:
                held = document["services"]
                document["services"] = [other for other in held if other.get("serviceName") != one.text("name")]


def _balancer(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    name = one.text("name") or one.id
    for _, record in list(world.each("elbv2/describe-load-balancers")):
        if record.get("LoadBalancerName") == name:
            world.remove("elbv2/describe-load-balancers", str(record["LoadBalancerArn"]))
            ending = str(record["LoadBalancerArn"]).partition("loadbalancer/")[2]
            _described_as(world, f"ELB {ending}")
    for what in ("describe-listeners", "describe-load-balancer-attributes"):
        world.drop(one.home, f"elbv2/{what}/{name}")


def _classic(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    _described_as(world, f"ELB {one.id}")
    world.drop(one.home, f"elb/describe-load-balancer-attributes/{one.id}")


def _described_as(world: World, description: str) -> None:
    for _, record in list(world.each("ec2/describe-network-interfaces")):
        if record.get("Description") == description:
            world.remove("ec2/describe-network-interfaces", str(record["NetworkInterfaceId"]))


def _target_group(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    name = one.text("name") or one.id
    for _, record in list(world.each("elbv2/describe-target-groups")):
        if record.get("TargetGroupName") == name:
            world.remove("elbv2/describe-target-groups", str(record["TargetGroupArn"]))
    for what in ("describe-target-health", "describe-target-group-attributes"):
        world.drop(one.home, f"elbv2/{what}/{name}")


def _target(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    group = world.get_in("elbv2/describe-target-groups", one.text("target_group_arn")) or {}
    document = world.document(one.home, f"elbv2/describe-target-health/{group.get('TargetGroupName', '')}") or {}
    key = "TargetHealthDescriptions"
    if key in document:
        document[key] = [held for held in document[key] if held["Target"].get("Id") != one.text("target_id")]


def _listener(world: World, one: Resource, gone: Document) -> None:  # noqa: ARG001
    record = world.get_in("elbv2/describe-load-balancers", one.text("load_balancer_arn")) or {}
    document = world.document(one.home, f"elbv2/describe-listeners/{record.get('LoadBalancerName', '')}") or {}
    if "Listeners" in document:
        port = text_of(one.values, "port")
        document["Listeners"] = [held for held in document["Listeners"] if str(held.get("Port")) != port]
        _unrouted(world, str(record.get("LoadBalancerArn")), repr(document["Listeners"]), repr(one.values))


def _unrouted(world: World, balancer: str, kept: str, gone: str) -> None:
    """Target groups that the listeners which are left do not send to, nor rules of theirs."""
    for _, group in world.each("elbv2/describe-target-groups"):
        name = repr(group["TargetGroupArn"])
        if name not in kept and (name in gone or kept == "[]"):
            group["LoadBalancerArns"] = [held for held in group.get("LoadBalancerArns", []) if held != balancer]


UNDO: Final[Mapping[str, Callable[[World, Resource, Document], None]]] = {
    "aws_route53_zone": _zone, "aws_route53_resolver_endpoint": _resolver_endpoint,
    "aws_route53_resolver_firewall_rule": _dns_rule, "aws_route53_resolver_firewall_config": _dns_config,
    "aws_ecr_registry_policy": _registry_policy, "aws_ecr_pull_through_cache_rule": _cache_rule,
    "aws_s3_bucket": _bucket, "aws_s3_account_public_access_block": _account_public_access, "aws_iam_policy": _policy,
    "aws_iam_user": _user, "aws_iam_group": _group,
    "aws_iam_instance_profile": _instance_profile, "aws_codepipeline": _pipeline, "aws_ecs_service": _service,
    "aws_codebuild_project": _project,
    "aws_lb": _balancer, "aws_elb": _classic, "aws_lb_target_group": _target_group,
    "aws_lb_target_group_attachment": _target, "aws_lb_listener": _listener,
}  # fmt: skip
"""Kind -> what else goes with a deleted one."""
