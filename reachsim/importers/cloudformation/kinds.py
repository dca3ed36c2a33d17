"""CloudFormation's types and properties in the words of `reachsim.importers.planned`: Terraform's.

A property is its name in snake_case unless a row says otherwise. Policy documents keep their keys.

**Source:** AWS CloudFormation User Guide, "Resource and property types reference".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from reachsim.importers.cloudformation.intrinsics import Unknown
from reachsim.importers.planned.resource import Values

Row = tuple[str, Mapping[str, str]]
_RAW: Final = re.compile(
    r".*PolicyDocument|.*PolicyText|Policy|KeyPolicy|Configuration|Metadata|UserData|RuleGroup|FirewallPolicy"
)

TYPES: Final[Mapping[str, Row]] = {
    "EC2::VPC": ("aws_vpc", {}),
    "EC2::VPCCidrBlock": ("aws_vpc_ipv4_cidr_block_association", {
        "amazon_provided_ipv6_cidr_block": "assign_generated_ipv6_cidr_block"}),
    "EC2::Subnet": ("aws_subnet", {}),
    "EC2::SubnetCidrBlock": ("aws_subnet_cidr", {}),
    "EC2::InternetGateway": ("aws_internet_gateway", {}),
    "EC2::VPCGatewayAttachment": ("aws_internet_gateway_attachment", {}),
    "EC2::EgressOnlyInternetGateway": ("aws_egress_only_internet_gateway", {}),
    "EC2::CarrierGateway": ("aws_ec2_carrier_gateway", {}),
    "EC2::EIP": ("aws_eip", {"instance_id": "instance"}),
    "EC2::EIPAssociation": ("aws_eip_association", {}),
    "EC2::NatGateway": ("aws_nat_gateway", {"private_ip_address": "private_ip"}),
    "EC2::RouteTable": ("aws_route_table", {}),
    "EC2::Route": ("aws_route", {"egress_only_internet_gateway_id": "egress_only_gateway_id"}),
    "EC2::SubnetRouteTableAssociation": ("aws_route_table_association", {}),
    "EC2::GatewayRouteTableAssociation": ("aws_route_table_association", {}),
    "EC2::VPNGatewayRoutePropagation": ("aws_vpn_gateway_route_propagation", {}),
    "EC2::NetworkAcl": ("aws_network_acl", {}),
    "EC2::NetworkAclEntry": ("aws_network_acl_rule", {}),
    "EC2::SubnetNetworkAclAssociation": ("aws_network_acl_association", {}),
    "EC2::SecurityGroup": ("aws_security_group", {
        "group_name": "name", "security_group_ingress": "ingress", "security_group_egress": "egress"}),
    "EC2::SecurityGroupIngress": ("aws_vpc_security_group_ingress_rule", {"group_id": "security_group_id"}),
    "EC2::SecurityGroupEgress": ("aws_vpc_security_group_egress_rule", {"group_id": "security_group_id"}),
    "EC2::PrefixList": ("aws_ec2_managed_prefix_list", {"prefix_list_name": "name", "entries": "entry"}),
    "EC2::DHCPOptions": ("aws_vpc_dhcp_options", {}),
    "EC2::VPCDHCPOptionsAssociation": ("aws_vpc_dhcp_options_association", {}),
    "EC2::VPCEndpoint": ("aws_vpc_endpoint", {"policy_document": "policy"}),
    "EC2::VPCPeeringConnection": ("aws_vpc_peering_connection", {}),
    "EC2::TransitGateway": ("aws_ec2_transit_gateway", {}),
    "EC2::TransitGatewayAttachment": ("aws_ec2_transit_gateway_vpc_attachment", {}),
    "EC2::TransitGatewayVpcAttachment": ("aws_ec2_transit_gateway_vpc_attachment", {}),
    "EC2::TransitGatewayPeeringAttachment": ("aws_ec2_transit_gateway_peering_attachment", {}),
    "EC2::TransitGatewayRouteTable": ("aws_ec2_transit_gateway_route_table", {}),
    "EC2::TransitGatewayRouteTableAssociation": ("aws_ec2_transit_gateway_route_table_association", {}),
    "EC2::TransitGatewayRouteTablePropagation": ("aws_ec2_transit_gateway_route_table_propagation", {}),
    "EC2::TransitGatewayRoute": ("aws_ec2_transit_gateway_route", {}),
    "EC2::VPNGateway": ("aws_vpn_gateway", {}),
    "EC2::VPNConnection": ("aws_vpn_connection", {}),
    "EC2::VPNConnectionRoute": ("aws_vpn_connection_route", {}),
    "EC2::CustomerGateway": ("aws_customer_gateway", {}),
    "EC2::VPCBlockPublicAccessOptions": ("aws_vpc_block_public_access_options", {}),
    "EC2::VPCBlockPublicAccessExclusion": ("aws_vpc_block_public_access_exclusion", {}),
    "EC2::InstanceConnectEndpoint": ("aws_ec2_instance_connect_endpoint", {}),
    "EC2::NetworkInterface": ("aws_network_interface", {
        "group_set": "security_groups", "private_ip_address": "private_ip"}),
    "EC2::NetworkInterfaceAttachment": ("aws_network_interface_attachment", {}),
    "EC2::Instance": ("aws_instance", {
        "security_group_ids": "vpc_security_group_ids", "private_ip_address": "private_ip",
        "network_interfaces": "network_interface"}),
    "EC2::SecurityGroupVpcAssociation": ("aws_vpc_security_group_vpc_association", {}),
    "Route53::HostedZone": ("aws_route53_zone", {"vpcs": "vpc"}),
    "Route53::RecordSet": ("aws_route53_record", {}),
    "Route53Resolver::ResolverRule": ("aws_route53_resolver_rule", {"target_ips": "target_ip"}),
    "Route53Resolver::ResolverRuleAssociation": ("aws_route53_resolver_rule_association", {}),
    "Route53Resolver::ResolverEndpoint": ("aws_route53_resolver_endpoint", {"ip_addresses": "ip_address"}),
    "Route53Resolver::FirewallRuleGroupAssociation": ("aws_route53_resolver_firewall_rule_group_association", {}),
    "Route53Profiles::ProfileAssociation": ("aws_route53profiles_association", {}),
    "ServiceDiscovery::PrivateDnsNamespace": ("aws_service_discovery_private_dns_namespace", {}),
    "CodeBuild::Project": ("aws_codebuild_project", {"visibility": "project_visibility"}),
    "CodeBuild::Fleet": ("aws_codebuild_fleet", {"fleet_vpc_config": "vpc_config"}),
    "CodeCommit::Repository": ("aws_codecommit_repository", {}),
    "CodePipeline::Pipeline": ("aws_codepipeline", {"stages": "stage"}),
    "ECR::Repository": ("aws_ecr_repository", {"repository_name": "name"}),
    "ECR::PublicRepository": ("aws_ecrpublic_repository", {}),
    "ECR::RegistryPolicy": ("aws_ecr_registry_policy", {"policy_text": "policy"}),
    "ECR::PullThroughCacheRule": ("aws_ecr_pull_through_cache_rule", {}),
    "ECR::ReplicationConfiguration": ("aws_ecr_replication_configuration", {}),
    "ECR::RepositoryCreationTemplate": ("aws_ecr_repository_creation_template", {}),
    "S3::Bucket": ("aws_s3_bucket", {"bucket_name": "bucket", "access_control": "acl"}),
    "S3::BucketPolicy": ("aws_s3_bucket_policy", {"policy_document": "policy"}),
    "Logs::LogGroup": ("aws_cloudwatch_log_group", {"log_group_name": "name"}),
    "ECS::Cluster": ("aws_ecs_cluster", {"cluster_name": "name"}),
    "ECS::ClusterCapacityProviderAssociations": ("aws_ecs_cluster_capacity_providers", {"cluster": "cluster_name"}),
    "ECS::Service": ("aws_ecs_service", {"service_name": "name", "load_balancers": "load_balancer"}),
    "ECS::TaskDefinition": ("aws_ecs_task_definition", {}),
    "Lambda::Function": ("aws_lambda_function", {}),
    "IAM::Role": ("aws_iam_role", {
        "role_name": "name", "assume_role_policy_document": "assume_role_policy", "policies": "inline_policy"}),
    "IAM::Policy": ("aws_iam_role_policy", {"policy_name": "name", "policy_document": "policy"}),
    "IAM::RolePolicy": ("aws_iam_role_policy", {
        "policy_name": "name", "policy_document": "policy", "role_name": "role"}),
    "IAM::ManagedPolicy": ("aws_iam_policy", {"managed_policy_name": "name", "policy_document": "policy"}),
    "IAM::InstanceProfile": ("aws_iam_instance_profile", {"instance_profile_name": "name"}),
    "IAM::OIDCProvider": ("aws_iam_openid_connect_provider", {}), "IAM::SAMLProvider": ("aws_iam_saml_provider", {}),
    "IAM::User": ("aws_iam_user", {"user_name": "name", "policies": "inline_policy"}),
    "IAM::Group": ("aws_iam_group", {"group_name": "name", "policies": "inline_policy"}),
    "IAM::GroupPolicy": ("aws_iam_group_policy", {
        "policy_name": "name", "policy_document": "policy", "group_name": "group"}),
    "IAM::UserToGroupAddition": ("aws_iam_group_membership", {"group_name": "group"}),
    "IAM::UserPolicy": ("aws_iam_user_policy", {
        "policy_name": "name", "policy_document": "policy", "user_name": "user"}),
    "KMS::Key": ("aws_kms_key", {"key_policy": "policy"}), "KMS::Alias": ("aws_kms_alias", {"alias_name": "name"}),
    "SNS::Topic": ("aws_sns_topic", {"topic_name": "name"}),
    "SQS::Queue": ("aws_sqs_queue", {"queue_name": "name"}),
    "DynamoDB::Table": ("aws_dynamodb_table", {"table_name": "name"}),
    "CodeStarConnections::Connection": ("aws_codestarconnections_connection", {}),
    "CodeConnections::Connection": ("aws_codeconnections_connection", {}),
    "SecretsManager::Secret": ("aws_secretsmanager_secret", {}), "SSM::Parameter": ("aws_ssm_parameter", {}),
    "ElasticLoadBalancingV2::LoadBalancer": ("aws_lb", {
        "type": "load_balancer_type", "subnet_mappings": "subnet_mapping"}),
    "ElasticLoadBalancingV2::TargetGroup": ("aws_lb_target_group", {}),
    "ElasticLoadBalancingV2::Listener": ("aws_lb_listener", {}),
    "ElasticLoadBalancingV2::ListenerRule": ("aws_lb_listener_rule", {}),
    "ElasticLoadBalancing::LoadBalancer": ("aws_elb", {"load_balancer_name": "name"}),
    "NetworkFirewall::Firewall": ("aws_networkfirewall_firewall", {
        "firewall_name": "name", "subnet_mappings": "subnet_mapping"}),
    "NetworkFirewall::FirewallPolicy": ("aws_networkfirewall_firewall_policy", {"firewall_policy_name": "name"}),
    "NetworkFirewall::RuleGroup": ("aws_networkfirewall_rule_group", {"rule_group_name": "name"}),
    "Route53Resolver::FirewallDomainList": ("aws_route53_resolver_firewall_domain_list", {}),
    "Route53Resolver::FirewallRuleGroup": ("aws_route53_resolver_firewall_rule_group", {}),
    "GlobalAccelerator::EndpointGroup": ("aws_globalaccelerator_endpoint_group", {}),
    "CloudFront::VpcOrigin": ("aws_cloudfront_vpc_origin", {}),
    "AutoScaling::AutoScalingGroup": ("aws_autoscaling_group", {"traffic_sources": "traffic_source"}),
    "EC2::LaunchTemplate": ("aws_launch_template", {}),
}  # fmt: skip
"""Type (without ``AWS::``) -> kind, and properties that are called otherwise."""

ATTRIBUTES: Final[Mapping[str, str]] = {
    "Arn": "arn", "AllocationId": "id", "GroupId": "id", "VpcId": "vpc_id", "SubnetId": "id", "RouteTableId": "id",
    "NetworkAclId": "id", "InternetGatewayId": "id", "NatGatewayId": "id", "InstanceId": "id", "Id": "id",
    "PrefixListId": "id", "TransitGatewayRouteTableId": "id", "TransitGatewayAttachmentId": "id", "VPNGatewayId": "id",
    "DefaultSecurityGroup": "default_security_group_id", "DefaultNetworkAcl": "default_network_acl_id",
    "PrivateIp": "private_ip", "PublicIp": "public_ip", "PrimaryPrivateIpAddress": "private_ip",
    "RepositoryUri": "repository_url", "CloneUrlHttp": "clone_url_http", "DomainName": "bucket_domain_name",
    "RegionalDomainName": "bucket_regional_domain_name", "DnsEntries": "dns_entry", "Name": "id",
    "NetworkInterfaceIds": "network_interface_ids", "ResolverRuleId": "id", "ResolverEndpointId": "id",
    "DhcpOptionsId": "id", "PolicyArn": "arn", "FunctionName": "id", "AvailabilityZone": "availability_zone",
    "CidrBlock": "cidr_block", "RepositoryName": "id", "DNSName": "dns_name", "CanonicalHostedZoneID": "zone_id",
    "CanonicalHostedZoneName": "dns_name", "HostedZoneId": "hosted_zone",
    "LoadBalancerArn": "arn", "ListenerArn": "arn", "TargetGroupArn": "arn", "FirewallArn": "arn",
    "FirewallPolicyArn": "arn", "RuleGroupArn": "arn", "LaunchTemplateId": "id",
    "TaskDefinitionArn": "arn", "TopicArn": "arn", "ConnectionArn": "arn", "QueueUrl": "id",
}  # fmt: skip
"""What Fn::GetAtt calls an attribute -> what `planned.attribute` calls it."""
REFS_TO_ARN: Final = frozenset({
    "aws_iam_policy", "aws_ecs_service", "aws_ecs_task_definition", "aws_sns_topic", "aws_secretsmanager_secret",
    "aws_lb", "aws_codebuild_fleet", "aws_lb_target_group", "aws_lb_listener", "aws_networkfirewall_firewall",
    "aws_networkfirewall_firewall_policy", "aws_networkfirewall_rule_group", "aws_iam_openid_connect_provider",
    "aws_iam_saml_provider", "aws_codestarconnections_connection", "aws_codeconnections_connection",
})  # fmt: skip
"""Kinds whose Ref is the ARN."""


def kind_of_type(name: str) -> str:
    """The kind of a type; one of its own for types that are not in the table.

    >>> kind_of_type("AWS::EC2::Subnet"), kind_of_type("AWS::RDS::DBInstance"), kind_of_type("Custom::Thing")
    ('aws_subnet', 'aws_rds_dbinstance', 'custom_thing')
    """
    plain = name.removeprefix("AWS::")
    if plain in TYPES:
        return TYPES[plain][0]
    words = plain.replace("::", "_").lower()
    return f"aws_{words}" if name.startswith("AWS::") else words


def snake(text: str) -> str:
    """
    >>> snake("EnableDnsSupport"), snake("VPCId"), snake("Ipv6CidrBlock"), snake("S3Logs"), snake("CloudWatchLogs")
    ('enable_dns_support', 'vpc_id', 'ipv6_cidr_block', 's3_logs', 'cloud_watch_logs')
    >>> snake("VPCs"), snake("TargetGroupARNs"), snake("PrivateIPv4Address"), snake("IPSets")
    ('vpcs', 'target_group_arns', 'private_ipv4_address', 'ip_sets')
    """
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text.replace("IPv", "Ipv"))
    return re.sub(r"(?<=[A-Z])(?=[A-Z](?!s(?:[A-Z]|$))[a-z])", "_", text).lower()


def translate(name: str, properties: Mapping[str, Any]) -> tuple[Values, set[str]]:
    """(a resource's values in our words, the attributes that nothing tells)."""
    plain = name.removeprefix("AWS::")
    renamed = TYPES.get(plain, ("", {}))[1]
    unknown: set[str] = set()
    values: Values = {}
    for key, held in properties.items():
        own = renamed.get(snake(key), snake(key))
        made = _converted(held, key, own, unknown)
        if made is not None:
            values[own] = made
    if isinstance(values.get("tags"), list):
        values["tags"] = {
            one["key"]: one["value"]
            for one in values["tags"]
            if isinstance(one, dict) and "key" in one and "value" in one
        }
    special = _SPECIAL.get(plain)
    if special is not None:
        special(values)
    return values, {_in_our_words(at, _PATHS.get(plain, {})) for at in unknown}


def _in_our_words(at: str, names: Mapping[str, str]) -> str:
    """Where an attribute that nothing tells is once it was moved.

    >>> _in_our_words("port_range.from", {"port_range.from": "from_port"})
    'from_port'
    """
    for old, new in names.items():
        if at == old or at.startswith(f"{old}."):
            return f"{new}{at.removeprefix(old)}"
    return at


def _converted(held: Any, key: str, at: str, unknown: set[str]) -> Any:
    if key == "Configuration" and isinstance(held, dict):  # of an action of a pipeline: a map with names of its own
        found = {name: one for name, one in held.items() if not any(True for _ in _unknowns(one))}
        unknown |= {f"{at}.{name}" for name in held if name not in found}
        return found
    if _RAW.fullmatch(key):
        if any(True for _ in _unknowns(held)):
            unknown.add(at)
            return None
        return held
    match held:
        case Unknown():
            unknown.add(at)
            return None
        case dict():
            found = {}
            for name, one in held.items():
                made = _converted(one, name, f"{at}.{snake(name)}", unknown)
                if made is not None:
                    found[snake(name)] = made
            return found
        case list():
            listed = [_converted(one, key, f"{at}.part", unknown) for one in held]
            return [one for one in listed if one is not None]
    return held


def _unknowns(value: Any) -> Iterator[Unknown]:
    match value:
        case Unknown():
            yield value
        case dict():
            for one in value.values():
                yield from _unknowns(one)
        case list():
            for one in value:
                yield from _unknowns(one)


# --- types whose properties are arranged otherwise --------------------------------------------------------------------


def _move(values: Values, **names: str) -> None:
    for old, new in names.items():
        if old in values:
            values[new] = values.pop(old)


def _rule(values: Values) -> None:
    _move(values, cidr_ip="cidr_ipv4")
    for way in ("source", "destination"):
        _move(values, **{f"{way}_security_group_id": "referenced_security_group_id",
                         f"{way}_prefix_list_id": "prefix_list_id"})  # fmt: skip
    owner = values.get("source_security_group_owner_id")
    if owner and values.get("referenced_security_group_id"):
        values["referenced_security_group_id"] = f"{owner}/{values['referenced_security_group_id']}"


def _group(values: Values) -> None:
    for name in ("ingress", "egress"):
        held = values.get(name)
        if isinstance(held, dict):
            values[name] = held = [held]
        for rule in held or []:
            if isinstance(rule, dict):
                _rule(rule)


def _acl_entry(values: Values) -> None:
    ports, icmp = values.pop("port_range", None) or {}, values.pop("icmp", None) or {}
    for source, names in (
        (ports, {"from": "from_port", "to": "to_port"}),
        (icmp, {"type": "icmp_type", "code": "icmp_code"}),
    ):
        for old, new in names.items():
            if old in source:
                values[new] = source[old]


def _instance(values: Values) -> None:
    for one in values.get("network_interface") or []:
        if isinstance(one, dict):
            _move(one, group_set="security_groups", private_ip_address="private_ip")


def _balancer(values: Values) -> None:
    values["internal"] = values.get("scheme") == "internal"


def _peering(values: Values) -> None:
    values["auto_accept"] = "peer_owner_id" not in values or "peer_role_arn" in values  # CloudFormation accepts its own


def _transit(values: Values) -> None:
    options = values.pop("options", None)
    if isinstance(options, dict):
        values.update(options)


def record(values: Values) -> None:
    """A record set, alone or one of a group."""
    _move(values, hosted_zone_id="zone_id", resource_records="records")
    alias = values.pop("alias_target", None)
    if isinstance(alias, dict):
        _move(alias, dns_name="name", hosted_zone_id="zone_id")
        values["alias"] = [alias]
    if isinstance(values.get("records"), str):
        values["records"] = [values["records"]]


def _project(values: Values) -> None:
    for name in ("source", "secondary_sources"):
        for one in values[name] if isinstance(values.get(name), list) else [values.get(name)]:
            if isinstance(one, dict):
                _move(one, build_spec="buildspec")
    environment = values.get("environment")
    if isinstance(environment, dict):
        _move(environment, environment_variables="environment_variable")
    logs = values.get("logs_config")
    if isinstance(logs, dict):
        _move(logs, cloud_watch_logs="cloudwatch_logs")


def _pipeline(values: Values) -> None:
    stores = values.pop("artifact_stores", None)
    if isinstance(stores, list):
        values["artifact_store"] = [
            {**one["artifact_store"], "region": one.get("region")} for one in stores
            if isinstance(one, dict) and isinstance(one.get("artifact_store"), dict)
        ]  # fmt: skip
    for stage in values.get("stage") or []:
        if not isinstance(stage, dict):
            continue
        _move(stage, actions="action")
        for action in stage.get("action") or []:
            if isinstance(action, dict):
                action.update(action.pop("action_type_id", None) or {})
                for name in ("input_artifacts", "output_artifacts"):
                    held = action.get(name) or []
                    action[name] = [one["name"] for one in held if isinstance(one, dict) and "name" in one]


def _service(values: Values) -> None:
    held = values.get("network_configuration")
    if isinstance(held, dict) and isinstance(held.get("awsvpc_configuration"), dict):
        values["network_configuration"] = held["awsvpc_configuration"]


def _role(values: Values) -> None:
    for one in values.get("inline_policy") or []:
        if isinstance(one, dict):
            _move(one, policy_name="name", policy_document="policy")


def _zone(values: Values) -> None:
    vpcs = values.get("vpc")
    for one in vpcs if isinstance(vpcs, list) else [vpcs]:
        if isinstance(one, dict):
            _move(one, vpcid="vpc_id", vpcregion="vpc_region")


def _bucket(values: Values) -> None:
    block = values.pop("public_access_block_configuration", None)
    if isinstance(block, dict):
        values["public_access_block"] = block
    if isinstance(values.get("acl"), str):
        values["acl"] = snake(values["acl"]).replace("_", "-")


_PATHS: Final[Mapping[str, Mapping[str, str]]] = {
    "EC2::NetworkAclEntry": {"port_range.from": "from_port", "port_range.to": "to_port", "port_range": "from_port",
                             "icmp.type": "icmp_type", "icmp.code": "icmp_code", "icmp": "icmp_type"},
    "EC2::Instance": {"network_interface.part.group_set": "vpc_security_group_ids"},
    "EC2::LaunchTemplate": {"launch_template_data.security_group_ids": "vpc_security_group_ids",
                            "launch_template_data.network_interfaces.part.groups": "vpc_security_group_ids",
                            "launch_template_data.iam_instance_profile": "iam_instance_profile",
                            "launch_template_data.network_interfaces": "network_interfaces"},
    "ECS::Service": {"network_configuration.awsvpc_configuration": "network_configuration"},
    "ElasticLoadBalancingV2::LoadBalancer": {"scheme": "internal"},
    "ElasticLoadBalancing::LoadBalancer": {"scheme": "internal"},
    "CodeBuild::Project": {"source.build_spec": "source.buildspec"},
    "Route53::RecordSet": {"hosted_zone_id": "zone_id", "resource_records": "records", "alias_target": "alias"},
}  # fmt: skip
"""Where attributes are that `_SPECIAL` moves, so that what nothing tells of them is found."""
_SPECIAL: Final[Mapping[str, Callable[[Values], None]]] = {
    "EC2::SecurityGroup": _group, "EC2::SecurityGroupIngress": _rule, "EC2::SecurityGroupEgress": _rule,
    "EC2::NetworkAclEntry": _acl_entry, "EC2::Instance": _instance, "EC2::VPCPeeringConnection": _peering,
    "EC2::TransitGateway": _transit, "EC2::TransitGatewayAttachment": _transit,
    "EC2::TransitGatewayVpcAttachment": _transit, "Route53::RecordSet": record, "CodeBuild::Project": _project,
    "CodePipeline::Pipeline": _pipeline, "ECS::Service": _service, "IAM::Role": _role,
    "IAM::User": _role, "IAM::Group": _role,
    "Route53::HostedZone": _zone, "S3::Bucket": _bucket,
    "ElasticLoadBalancingV2::LoadBalancer": _balancer, "ElasticLoadBalancing::LoadBalancer": _balancer,
}  # fmt: skip
