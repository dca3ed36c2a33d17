"""Ids, names and ARNs of resources that AWS has not made yet, and the attributes that references ask for.

A symbolic id is AWS's prefix and the resource's own address: ``aws_subnet.build["a"]`` in module ``net`` becomes
``subnet-net-build-a``. It takes part in verdicts like a real one. Same source, same ids.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from itertools import count
from typing import Any, Final

from reachsim.importers.planned.resource import Resource, Values
from reachsim.services import dns_suffix, partition_of

PREFIXES: Final = {
    "aws_vpc": "vpc", "aws_default_vpc": "vpc", "aws_subnet": "subnet", "aws_default_subnet": "subnet",
    "aws_route_table": "rtb", "aws_default_route_table": "rtb",
    "aws_network_acl": "acl", "aws_default_network_acl": "acl", "aws_security_group": "sg",
    "aws_default_security_group": "sg", "aws_internet_gateway": "igw", "aws_egress_only_internet_gateway": "eigw",
    "aws_nat_gateway": "nat", "aws_eip": "eipalloc", "aws_vpc_endpoint": "vpce", "aws_vpc_peering_connection": "pcx",
    "aws_ec2_transit_gateway": "tgw", "aws_ec2_transit_gateway_vpc_attachment": "tgw-attach",
    "aws_ec2_transit_gateway_peering_attachment": "tgw-attach", "aws_ec2_transit_gateway_route_table": "tgw-rtb",
    "aws_ec2_managed_prefix_list": "pl", "aws_instance": "i", "aws_network_interface": "eni",
    "aws_vpc_dhcp_options": "dopt", "aws_vpn_gateway": "vgw", "aws_vpn_connection": "vpn",
    "aws_customer_gateway": "cgw", "aws_route53_resolver_rule": "rslvr-rr",
    "aws_route53_resolver_rule_association": "rslvr-rrassoc", "aws_route53_resolver_endpoint": "rslvr-in",
    "aws_route53_zone": "Z", "aws_vpc_block_public_access_exclusion": "vpcbpa-exclude",
    "aws_vpc_endpoint_service": "vpce-svc", "aws_ec2_carrier_gateway": "cagw",
    "aws_route53_resolver_firewall_domain_list": "rslvr-fdl", "aws_route53_resolver_firewall_rule_group": "rslvr-frg",
    "aws_route53_resolver_firewall_rule_group_association": "rslvr-frgassoc", "aws_launch_template": "lt",
    "aws_service_discovery_private_dns_namespace": "ns",
}  # fmt: skip
"""Kinds whose id AWS makes up."""

NAMED: Final = {
    "aws_s3_bucket": ("bucket", "bucket_prefix"), "aws_iam_role": ("name", "name_prefix"),
    "aws_iam_policy": ("name", "name_prefix"), "aws_iam_user": ("name",), "aws_iam_group": ("name",),
    "aws_iam_saml_provider": ("name",),
    "aws_iam_instance_profile": ("name", "name_prefix"),
    "aws_codebuild_project": ("name",), "aws_codebuild_fleet": ("name",), "aws_ecr_repository": ("name",),
    "aws_ecrpublic_repository": ("repository_name",), "aws_codecommit_repository": ("repository_name",),
    "aws_cloudwatch_log_group": ("name", "name_prefix"), "aws_codepipeline": ("name",),
    "aws_ecs_cluster": ("name",), "aws_ecs_service": ("name",), "aws_ecs_task_definition": ("family",),
    "aws_lambda_function": ("function_name",), "aws_kms_key": ("key_id",), "aws_secretsmanager_secret": ("name",),
    "aws_ssm_parameter": ("name",), "aws_sns_topic": ("name",), "aws_sqs_queue": ("name",),
    "aws_dynamodb_table": ("name",), "aws_lb": ("name", "name_prefix"), "aws_elb": ("name", "name_prefix"),
    "aws_lb_target_group": ("name", "name_prefix"), "aws_networkfirewall_firewall": ("name",),
    "aws_networkfirewall_firewall_policy": ("name",), "aws_networkfirewall_rule_group": ("name",),
    "aws_codestarconnections_connection": ("name",), "aws_codeconnections_connection": ("name",),
}  # fmt: skip
"""Kinds whose id is their name: the attributes that hold it, or its beginning."""

_ARNS: Final = {
    "aws_s3_bucket": "s3:::{name}", "aws_iam_role": "iam::{account}:role{path}{name}",
    "aws_iam_policy": "iam::{account}:policy{path}{name}", "aws_iam_user": "iam::{account}:user{path}{name}",
    "aws_iam_group": "iam::{account}:group{path}{name}",
    "aws_iam_openid_connect_provider": "iam::{account}:oidc-provider/{url}",
    "aws_iam_saml_provider": "iam::{account}:saml-provider/{name}",
    "aws_iam_instance_profile": "iam::{account}:instance-profile{path}{name}",
    "aws_codebuild_project": "codebuild:{region}:{account}:project/{name}",
    "aws_codebuild_fleet": "codebuild:{region}:{account}:fleet/{name}:00000000-0000-0000-0000-000000000000",
    "aws_ecr_repository": "ecr:{region}:{account}:repository/{name}",
    "aws_ecrpublic_repository": "ecr-public::{account}:repository/{name}",
    "aws_codecommit_repository": "codecommit:{region}:{account}:{name}",
    "aws_cloudwatch_log_group": "logs:{region}:{account}:log-group:{name}",
    "aws_codepipeline": "codepipeline:{region}:{account}:{name}",
    "aws_codestarconnections_connection": "codestar-connections:{region}:{account}:connection/{name}",
    "aws_codeconnections_connection": "codeconnections:{region}:{account}:connection/{name}",
    "aws_ecs_cluster": "ecs:{region}:{account}:cluster/{name}",
    "aws_ecs_task_definition": "ecs:{region}:{account}:task-definition/{name}:1",
    "aws_lambda_function": "lambda:{region}:{account}:function:{name}",
    "aws_kms_key": "kms:{region}:{account}:key/{name}", "aws_sns_topic": "sns:{region}:{account}:{name}",
    "aws_sqs_queue": "sqs:{region}:{account}:{name}", "aws_dynamodb_table": "dynamodb:{region}:{account}:table/{name}",
    "aws_secretsmanager_secret": "secretsmanager:{region}:{account}:secret:{name}-000000",
    "aws_ssm_parameter": "ssm:{region}:{account}:parameter/{name}",
    "aws_vpc": "ec2:{region}:{account}:vpc/{name}", "aws_subnet": "ec2:{region}:{account}:subnet/{name}",
    "aws_security_group": "ec2:{region}:{account}:security-group/{name}",
    "aws_vpc_endpoint": "ec2:{region}:{account}:vpc-endpoint/{name}",
    "aws_instance": "ec2:{region}:{account}:instance/{name}",
    "aws_network_interface": "ec2:{region}:{account}:network-interface/{name}",
    "aws_lb": "elasticloadbalancing:{region}:{account}:loadbalancer/{ending}",
    "aws_lb_listener": "elasticloadbalancing:{region}:{account}:listener/app/{name}/0000000000000000/0000000000000000",
    "aws_lb_target_group": "elasticloadbalancing:{region}:{account}:targetgroup/{name}/0000000000000000",
    "aws_networkfirewall_firewall": "network-firewall:{region}:{account}:firewall/{name}",
    "aws_networkfirewall_firewall_policy": "network-firewall:{region}:{account}:firewall-policy/{name}",
    "aws_networkfirewall_rule_group": "network-firewall:{region}:{account}:{type}-rulegroup/{name}",
}  # fmt: skip
_ARN_IDS: Final = frozenset({"aws_codebuild_project", "aws_codebuild_fleet", "aws_iam_policy", "aws_ecs_cluster",
                             "aws_sns_topic", "aws_lb", "aws_lb_listener", "aws_lb_target_group",
                             "aws_networkfirewall_firewall",
                             "aws_networkfirewall_firewall_policy", "aws_networkfirewall_rule_group",
                             "aws_iam_openid_connect_provider", "aws_iam_saml_provider",
                             "aws_codestarconnections_connection", "aws_codeconnections_connection"})  # fmt: skip
"""Kinds whose Terraform ``id`` is the ARN, although `Resource.id` is the name."""


def slug(address: str) -> str:
    """An address as the end of an id.

    >>> slug('module.net[0].aws_subnet.build["ap-northeast-1a"]'), slug("Network/BuildSubnetA")
    ('net-0-build-ap-northeast-1a', 'Network-BuildSubnetA')
    """
    parts = re.findall(r"(?:[^.\[]|\[[^\]]*\]?)+", address)
    kept = [part for part in parts if part != "module" and not re.match(r"(?:data$|aws_|awscc_)", part)]
    return re.sub(r"[^0-9A-Za-z]+", "-", "-".join(kept)).strip("-") or "x"


def declared_as(kind: str, id: str) -> str:
    """What a manifest calls a resource: by its id of AWS's, or by a name with its kind."""
    return f"{kind}/{id}" if kind in NAMED else id


def file_of(place: str) -> str:
    """The file of a place, ``FILE`` or ``FILE:LINE``."""
    file, colon, line = place.rpartition(":")
    return file if colon and line.isdecimal() else place


def of_other_files(declared: Mapping[str, str], files: Container[str]) -> frozenset[str]:
    """What a snapshot's manifest declares in other files than these: their ids are taken."""
    return frozenset(name for name, place in declared.items() if file_of(place) not in files)


def name_resources(resources: Iterable[Resource], others: Container[str] = ()) -> None:
    """Give every resource without an id a symbolic one, no two the same, and none of the ``others``."""
    resources = list(resources)
    taken = {one.id for one in resources if one.id}
    for one in resources:
        if one.id:
            continue
        if one.kind in NAMED:
            one.id = _own_name(one)
            if not one.text(NAMED[one.kind][0]) and declared_as(one.kind, one.id) in others:
                one.id = next(f"{one.id}-{n}" for n in count(2) if declared_as(one.kind, f"{one.id}-{n}") not in others)
            continue
        prefix = PREFIXES.get(one.kind, one.kind.removeprefix("aws_").replace("_", "-"))
        made = f"{prefix}{'' if prefix == 'Z' else '-'}{slug(one.address)}"
        if prefix == "Z":
            made = re.sub(r"[^0-9A-Za-z]", "", made)
        base, number = made, 1
        while made in taken or made in others:
            number += 1
            made = f"{base}-{number}" if prefix != "Z" else f"{base}{number}"
        taken.add(made)
        one.id = made


def _own_name(one: Resource) -> str:
    exact, *beginnings = NAMED[one.kind]
    name = one.text(exact)
    if name:
        return name
    beginning = one.text(*beginnings) if beginnings else ""
    made = f"{beginning}{slug(one.address)}"
    return made.lower() if one.kind in ("aws_s3_bucket", "aws_ecr_repository") else made


def arn(one: Resource) -> str:
    """The ARN that AWS gives the resource, "" for a kind that is not in the table."""
    held = one.text("arn")
    if held:
        return held
    template = _ARNS.get(one.kind)
    if template is None or ("{url}" in template and not one.text("url")):
        return ""
    account, region = one.home
    path = one.text("path") or "/"
    name = one.id.lstrip("/") if one.kind == "aws_ssm_parameter" else one.id
    filled = template.format(
        name=name, account=account, region=region, path=path, type=one.text("type").lower() or "stateful",
        ending=balancer_ending(one), url=one.text("url").removeprefix("https://"),
    )  # fmt: skip
    return f"arn:{partition_of(region)}:{filled}"


def attribute(one: Resource, name: str) -> Any:
    """What a reference to an attribute yields; None if nothing tells."""
    value = one.values.get(name)
    if value not in (None, "", []):
        return value
    computed = _computed(one).get(name)
    if computed is not None:
        return computed
    if name in ("id", "name", "key_name"):
        named = one.kind in NAMED or name == "id"
        return (arn(one) if name == "id" and one.kind in _ARN_IDS else one.id) if named else None
    if name == "arn":
        return arn(one) or None
    if NAMED.get(one.kind, ("",))[0] == name:
        return one.id
    return None


def balancer_ending(one: Resource) -> str:
    """How a load balancer's ARN ends, which its interfaces' descriptions repeat: ``app/NAME/0000000000000000``."""
    kind = {"network": "net", "gateway": "gwy"}.get(one.text("load_balancer_type"), "app")
    return f"{kind}/{one.id}/0000000000000000"


def short(one: Resource) -> str:
    """A resource's id without its prefix: ids of what AWS makes with it end so."""
    return one.id.partition("-")[2]


def endpoint_names(endpoint: str, service_name: str, region: str) -> list[str]:
    """The first DNS name that AWS gives an interface endpoint."""
    suffix = service_name.rpartition(f".{region}.")[2] or service_name
    label = ".".join(reversed(suffix.split("."))) if suffix.startswith("ecr.") else suffix
    return [f"{endpoint}.{label}.{region}.vpce.{dns_suffix(region)}"]


def firewall_endpoints(one: Resource) -> dict[str, str]:
    """The endpoint that a Network Firewall has in each of its subnets, by subnet."""
    subnets = [str(block["subnet_id"]) for block in one.blocks("subnet_mapping") if block.get("subnet_id")]
    return {subnet: f"vpce-{one.id}-{number}" for number, subnet in enumerate(subnets, start=1)}


def _computed(one: Resource) -> Values:
    account, region = one.home
    suffix = dns_suffix(region)
    match one.kind:
        case "aws_vpc" | "aws_default_vpc":
            main = f"rtb-{short(one)}-main"
            return {
                "main_route_table_id": main, "default_route_table_id": main, "owner_id": account,
                "default_network_acl_id": f"acl-{short(one)}-default",
                "default_security_group_id": f"sg-{short(one)}-default",
            }  # fmt: skip
        case "aws_default_security_group" | "aws_default_network_acl" | "aws_default_route_table":
            return {"owner_id": account}
        case "aws_security_group":
            return {"name": one.id, "owner_id": account}
        case "aws_eip":
            return {"allocation_id": one.id}
        case "aws_instance":
            return {"primary_network_interface_id": f"eni-{one.id}"}
        case "aws_nat_gateway":
            return {"network_interface_id": f"eni-{one.id}"}
        case "aws_vpc_endpoint":
            names = endpoint_names(one.id, one.text("service_name"), region)
            enis = [f"eni-{one.id}-{n}" for n in range(1, len(one.texts("subnet_ids")) + 1)]
            name = one.text("service_name").rpartition(".")[2]
            return {
                "dns_entry": [{"dns_name": one_name, "hosted_zone_id": "Z7HUB22UULQXV"} for one_name in names],
                "network_interface_ids": enis, "prefix_list_id": f"pl-{name}",
            }  # fmt: skip
        case "aws_ec2_transit_gateway":
            table = f"tgw-rtb-{one.id.removeprefix('tgw-')}-default"
            return {"association_default_route_table_id": table, "propagation_default_route_table_id": table,
                    "owner_id": account}  # fmt: skip
        case "aws_ecr_repository":
            url = f"{account}.dkr.ecr.{region}.{suffix}/{one.id}"
            return {"repository_url": url, "registry_id": account}
        case "aws_codecommit_repository":
            return {"clone_url_http": f"https://git-codecommit.{region}.{suffix}/v1/repos/{one.id}",
                    "repository_name": one.id}  # fmt: skip
        case "aws_s3_bucket":
            return {"bucket": one.id, "bucket_domain_name": f"{one.id}.s3.{suffix}",
                    "bucket_regional_domain_name": f"{one.id}.s3.{region}.{suffix}"}  # fmt: skip
        case "aws_route53_zone":
            return {"zone_id": one.id}
        case "aws_service_discovery_private_dns_namespace":
            return {"hosted_zone": f"Z{slug(one.id)}"}
        case "aws_lb" | "aws_elb":
            inside = "internal-" if one.flag("internal") else ""
            zone = f"elb.{region}" if one.text("load_balancer_type") == "network" else f"{region}.elb"
            return {"dns_name": f"{inside}{one.id}-0000000000.{zone}.{suffix}".lower(), "name": one.id,
                    "zone_id": f"Z{slug(one.id)}", "arn_suffix": balancer_ending(one)}  # fmt: skip
        case "aws_networkfirewall_firewall":
            return {"firewall_endpoints": firewall_endpoints(one)}
        case "aws_iam_instance_profile" | "aws_iam_role":
            return {"unique_id": one.id}
    return {}
