"""What an attribute is expected to hold: which kinds of resource it names, and which of their attributes.

**Source:** documentation of Terraform's provider for AWS, kind by kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from reachsim.importers.planned.resource import CIDR_BLOCKS
from reachsim.importers.planned.symbols import PREFIXES
from reachsim.importers.terraform.expressions import flat_of, longest

_GROUPS: Final = ("aws_security_group", "aws_default_security_group")
_SUBNETS: Final = ("aws_subnet", "aws_default_subnet")
_TABLES: Final = ("aws_route_table", "aws_default_route_table", "aws_vpc")
_ACLS: Final = ("aws_network_acl", "aws_default_network_acl", "aws_vpc")
_BALANCERS: Final = ("aws_lb", "aws_alb")
_TARGETS: Final = ("aws_lb_target_group", "aws_alb_target_group")
EXPECTED: Final[Mapping[str, tuple[str, ...]]] = {
    "vpc_id": ("aws_vpc", "aws_default_vpc", *_SUBNETS), "peer_vpc_id": ("aws_vpc", "aws_default_vpc"),
    "subnet_id": _SUBNETS, "subnet_ids": _SUBNETS, "subnets": _SUBNETS,
    "security_group_id": _GROUPS, "security_group_ids": _GROUPS, "security_groups": _GROUPS,
    "vpc_security_group_ids": _GROUPS, "source_security_group_id": _GROUPS, "referenced_security_group_id": _GROUPS,
    "route_table_id": _TABLES, "route_table_ids": _TABLES, "default_route_table_id": ("aws_vpc", "aws_default_vpc"),
    "network_acl_id": _ACLS, "default_network_acl_id": ("aws_vpc", "aws_default_vpc", "aws_default_network_acl"),
    "internet_gateway_id": ("aws_internet_gateway",),
    "gateway_id": ("aws_internet_gateway", "aws_vpn_gateway", "aws_vpc_endpoint"),
    "nat_gateway_id": ("aws_nat_gateway",),
    "egress_only_gateway_id": ("aws_egress_only_internet_gateway",), "allocation_id": ("aws_eip",),
    "transit_gateway_id": ("aws_ec2_transit_gateway",), "peer_transit_gateway_id": ("aws_ec2_transit_gateway",),
    "transit_gateway_attachment_id": (
        "aws_ec2_transit_gateway_vpc_attachment", "aws_ec2_transit_gateway_peering_attachment", "aws_vpn_connection",
    ),
    "transit_gateway_route_table_id": ("aws_ec2_transit_gateway_route_table", "aws_ec2_transit_gateway"),
    "vpc_peering_connection_id": ("aws_vpc_peering_connection", "aws_vpc_peering_connection_accepter"),
    "vpc_endpoint_id": ("aws_vpc_endpoint",), "network_interface_id": ("aws_network_interface", "aws_instance"),
    "destination_prefix_list_id": ("aws_ec2_managed_prefix_list", "aws_vpc_endpoint", "aws_prefix_list"),
    "prefix_list_ids": ("aws_ec2_managed_prefix_list", "aws_vpc_endpoint", "aws_prefix_list"),
    "prefix_list_id": ("aws_ec2_managed_prefix_list", "aws_vpc_endpoint", "aws_prefix_list"),
    "instance": ("aws_instance",), "instance_id": ("aws_instance",), "vpn_gateway_id": ("aws_vpn_gateway",),
    "vpn_connection_id": ("aws_vpn_connection",), "customer_gateway_id": ("aws_customer_gateway",),
    "dhcp_options_id": ("aws_vpc_dhcp_options",), "propagating_vgws": ("aws_vpn_gateway",),
    "zone_id": ("aws_route53_zone", "aws_vpc_endpoint", "aws_lb"), "role": ("aws_iam_role",),
    "roles": ("aws_iam_role",), "service_role": ("aws_iam_role",), "role_arn": ("aws_iam_role",),
    "task_role_arn": ("aws_iam_role",), "execution_role_arn": ("aws_iam_role",), "policy_arn": ("aws_iam_policy",),
    "user": ("aws_iam_user",), "users": ("aws_iam_user",), "group": ("aws_iam_group",), "groups": ("aws_iam_group",),
    "permissions_boundary": ("aws_iam_policy",), "iam_instance_profile": ("aws_iam_instance_profile",),
    "bucket": ("aws_s3_bucket", "aws_s3_bucket_public_access_block", "aws_s3_bucket_policy"),
    "repository": ("aws_ecr_repository",), "fleet_arn": ("aws_codebuild_fleet",), "cluster": ("aws_ecs_cluster",),
    "task_definition": ("aws_ecs_task_definition",), "load_balancer_arn": _BALANCERS, "load_balancers": ("aws_elb",),
    "target_group_arn": _TARGETS, "target_group_arns": _TARGETS, "lb_target_group_arn": _TARGETS,
    "target_id": ("aws_instance", "aws_lambda_function", *_BALANCERS), "elb": ("aws_elb",),
    "instances": ("aws_instance",), "firewall_policy_arn": ("aws_networkfirewall_firewall_policy",),
    "resource_arn": ("aws_networkfirewall_rule_group",),
    "firewall_rule_group_id": ("aws_route53_resolver_firewall_rule_group",),
    "firewall_domain_list_id": ("aws_route53_resolver_firewall_domain_list",),
}  # fmt: skip
"""Attribute -> kinds of resource that it names."""
_OTHER_GATEWAYS: Final = ("nat-", "tgw-", "pcx-", "eigw-", "cagw-")
_OF_SUBNETS: Final = ("subnet_id", "subnet_ids", "subnets")
MANY: Final = frozenset({
    "subnet_ids", "subnets", "security_group_ids", "security_groups", "vpc_security_group_ids", "route_table_ids",
    "prefix_list_ids", "propagating_vgws", "cidr_blocks", "ipv6_cidr_blocks", "private_ips", "records", "roles",
    "users", "groups", "managed_policy_arns", "domain_name_servers", "instances", "target_group_arns", "load_balancers",
    "identifiers", "values", "resources", "not_resources", "input_artifacts", "output_artifacts", "ipv6_addresses",
})  # fmt: skip
ONLY: Final[Mapping[str, tuple[str, ...]]] = {
    "policy": ("json", "minified_json", "policy"),
    "assume_role_policy": ("json", "minified_json", "assume_role_policy"),
    "service_name": ("service_name",), "cidr_block": ("cidr_block", "cidr", "secondary_cidr_blocks"),
    "ipv6_cidr_block": (),
    "buildspec": (), "container_definitions": (), "name": ("name", "dns_name", "fqdn", "domain_name", "id"),
    "bucket_prefix": (), "name_prefix": (), "description": (), "tags": (), "tags_all": (),
}  # fmt: skip
"""Attributes that take a reference's value as it is only if it is of these: others are put together from parts."""
_ARN: Final = frozenset({"service_role", "role_arn", "task_role_arn", "execution_role_arn", "policy_arn", "fleet_arn",
                         "permissions_boundary", "task_definition", "managed_policy_arns", "load_balancer_arn",
                         "target_group_arn", "target_group_arns", "lb_target_group_arn", "firewall_policy_arn",
                         "resource_arn"})  # fmt: skip
WHOLE: Final = frozenset({
    "aws_codecommit_repository", "aws_ecr_repository", "aws_iam_role", "aws_iam_user", "aws_codebuild_project",
    "aws_iam_openid_connect_provider", "aws_iam_saml_provider",
    "aws_kms_key", "aws_sns_topic", "aws_sqs_queue", "aws_lambda_function", "aws_codepipeline",
})  # fmt: skip
"""Kinds whose ARN stands in policies as it is."""
_DEFAULTS: Final = {
    ("aws_vpc", "route_table_id"): "main_route_table_id",
    ("aws_vpc", "default_route_table_id"): "default_route_table_id",
    ("aws_vpc", "network_acl_id"): "default_network_acl_id", ("aws_subnet", "vpc_id"): "vpc_id",
    ("aws_vpc", "default_network_acl_id"): "default_network_acl_id",
    ("aws_vpc_endpoint", "prefix_list_ids"): "prefix_list_id",
    ("aws_vpc_endpoint", "destination_prefix_list_id"): "prefix_list_id",
    ("aws_vpc_endpoint", "prefix_list_id"): "prefix_list_id",
    ("aws_ec2_transit_gateway", "transit_gateway_route_table_id"): "association_default_route_table_id",
    ("aws_instance", "network_interface_id"): "primary_network_interface_id",
}  # fmt: skip


_BLOCK: Final = re.compile(r"[0-9a-fA-F.:]{2,45}/\d{1,3}")


def named_as(name: str, values: Iterable[Any]) -> list[Any]:
    """Of the values of references those that the attribute may hold: where it names resources by AWS's ids, no number
    and no flag that only picks among them; where it holds blocks of addresses, nothing that has no length.
    """
    found = [value for value in values if value not in (None, "")]
    if CIDR_BLOCKS.fullmatch(name):
        return [value for value in flat_of(found) if isinstance(value, str) and _BLOCK.fullmatch(value)]
    prefixes = {PREFIXES.get(kind, "") for kind in EXPECTED.get(name, ("",))}
    if prefixes & {"", "Z"}:
        return [value for value in found if not isinstance(value, bool)] if name in EXPECTED else found
    if name not in ("vpc_id", "peer_vpc_id", *_OF_SUBNETS):
        prefixes = (prefixes - {"vpc", "subnet"}) | {"vpce", "eni", "rtb", "acl"}
    beginnings = tuple(f"{prefix}-" for prefix in prefixes)
    flat = [value for value in flat_of(found) if isinstance(value, str) and value.startswith(beginnings)]
    return list(dict.fromkeys(flat))


def other_gateways(values: Iterable[Any]) -> list[Any]:
    """Of the values of references the gateways that have an attribute of their own: AWS takes
    ``gateway_id = aws_nat_gateway.a.id``, too, and shows it as the NAT gateway's route.
    """
    flat = flat_of(list(values))
    return list(dict.fromkeys(one for one in flat if isinstance(one, str) and one.startswith(_OTHER_GATEWAYS)))


def whole_arns(references: Sequence[str]) -> bool:
    """Whether a list in a policy can only be of these ARNs as they are: nobody writes ``/*`` behind a role's."""
    kept = longest(references)
    return all(one.split(".")[0] in WHOLE and one.endswith(".arn") for one in kept)


def default_attribute(kind: str, name: str) -> str:
    """The attribute meant by a reference that names a resource of this kind as a whole."""
    if (kind, name) in _DEFAULTS:
        return _DEFAULTS[kind, name]
    if name in _ARN:
        return "arn"
    if name in ("cidr_blocks", "cidr_block"):
        return "cidr_block"
    return "private_ip" if name in ("records", "private_ips") else "id"


WAYS: Final = frozenset({
    "gateway_id", "nat_gateway_id", "egress_only_gateway_id", "transit_gateway_id", "vpc_endpoint_id",
    "vpc_peering_connection_id", "carrier_gateway_id", "local_gateway_id", "core_network_arn",
})  # fmt: skip
"""Attributes of a route, of which one is given."""
_EITHER: Final[Mapping[tuple[str, str], Iterable[str]]] = {
    ("aws_security_group_rule", "source_security_group_id"): ("cidr_blocks", "ipv6_cidr_blocks", "self"),
    ("aws_route", "network_interface_id"): WAYS, ("aws_route", "instance_id"): WAYS,
}  # fmt: skip
"""Computed attributes, and those that cannot be given beside them (documentation of the provider)."""
_OF_ENDPOINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "route_table_ids": ("Gateway",), "security_group_ids": ("Interface", "Resource", "ServiceNetwork"),
    "subnet_ids": ("Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
}  # fmt: skip
"""Attributes of an endpoint that are for these types alone."""


def stands_for_none(kind: str, name: str, values: Mapping[str, Any], unknown: Any) -> bool:
    """Whether an attribute is unknown but for the provider's own sake, as another is given in its place."""
    if kind == "aws_vpc_endpoint" and name in _OF_ENDPOINTS and "vpc_endpoint_type" in values:
        return (values["vpc_endpoint_type"] or "Gateway") not in _OF_ENDPOINTS[name]
    others = _EITHER.get((kind, name), ())
    opened = unknown if isinstance(unknown, dict) else {}
    return any(values.get(other) not in (None, False, []) or opened.get(other) for other in others)
