"""AWS Config's records of types that it keeps in CloudFormation's form, turned into the APIs' answers.

Config reads these types by CloudFormation's own handlers, so a record has the properties and return values of the
resource type. What a type does not say is left out, and so unknown: the routes, associations and propagations of
transit gateway route tables, records of hosted zones, which endpoint belongs to a firewall, health of targets.

A state that the form does not have is not written: what Config records as existing counts as in working order.

**Source:** AWS CloudFormation, "AWS resource and property types reference"; awslabs/aws-config-resource-schema; API
references of the services (members of the answers).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from reachsim.importers.config_spelling import Record, decoded, objects, without_null
from reachsim.services import partition_of


class Item(NamedTuple):
    """A configuration item: whose it is, what it is called, its configuration, and the supplementary one."""

    account: str
    region: str
    name: str
    configuration: Record
    more: Record


class Fact(NamedTuple):
    """A part of an answer: call (``service/operation``), the name of the thing asked about, content."""

    call: str
    name: str | None
    document: Record


def listed(call: str, key: str, record: Mapping[str, Any]) -> Fact:
    """One record of a list."""
    return Fact(call, None, {key: [without_null(dict(record))]})


def renamed(record: Mapping[str, Any], **names: str) -> Record:
    """The members of a record that are named here and there, by their name in the API: ``Api="Property"``."""
    return {api: record[name] for api, name in names.items() if record.get(name) is not None}


def same(record: Mapping[str, Any], names: str) -> Record:
    """The members that the API calls as CloudFormation does."""
    return {name: record[name] for name in names.split() if record.get(name) is not None}


def _text(policy: Any) -> str:
    return policy if isinstance(policy, str) else msgspec.json.encode(policy).decode()


# --- EC2 --------------------------------------------------------------------------------------------------------------


def transit_gateway(item: Item) -> Iterator[Fact]:
    held = item.configuration
    options = same(
        held,
        "AmazonSideAsn AssociationDefaultRouteTableId AutoAcceptSharedAttachments DefaultRouteTableAssociation "
        "DefaultRouteTablePropagation DnsSupport MulticastSupport PropagationDefaultRouteTableId "
        "SecurityGroupReferencingSupport TransitGatewayCidrBlocks VpnEcmpSupport",
    )
    record = renamed(held, TransitGatewayId="Id", Description="Description", Tags="Tags")
    yield listed(
        "ec2/describe-transit-gateways",
        "TransitGateways",
        record | {"State": "available", "OwnerId": item.account, "Options": options},
    )


def transit_gateway_attachment(item: Item) -> Iterator[Fact]:
    record = renamed(item.configuration, TransitGatewayAttachmentId="Id")
    record |= same(item.configuration, "TransitGatewayId VpcId SubnetIds Options Tags") | {"State": "available"}
    yield listed("ec2/describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments", record)


def transit_gateway_route_table(item: Item) -> Iterator[Fact]:
    record = renamed(item.configuration, TransitGatewayRouteTableId="Id")
    record |= same(item.configuration, "TransitGatewayId Tags") | {"State": "available"}
    yield listed("ec2/describe-transit-gateway-route-tables", "TransitGatewayRouteTables", record)


def prefix_list(item: Item) -> Iterator[Fact]:
    held = item.configuration
    record = same(held, "PrefixListId PrefixListName AddressFamily MaxEntries OwnerId Tags")
    record |= renamed(held, PrefixListArn="Arn") | {"State": "create-complete"}
    yield listed("ec2/describe-managed-prefix-lists", "PrefixLists", record)
    if isinstance(held.get("Entries"), list):
        entries = [same(one, "Cidr Description") for one in objects(held["Entries"])]
        yield Fact("ec2/get-managed-prefix-list-entries", str(held.get("PrefixListId")), {"Entries": entries})


_DHCP: Final = {
    "DomainName": "domain-name",
    "DomainNameServers": "domain-name-servers",
    "NtpServers": "ntp-servers",
    "NetbiosNameServers": "netbios-name-servers",
    "NetbiosNodeType": "netbios-node-type",
}


def dhcp_options(item: Item) -> Iterator[Fact]:
    configured = [
        {"Key": key, "Values": [{"Value": str(one)} for one in (value if isinstance(value, list) else [value])]}
        for name, key in _DHCP.items()
        if (value := item.configuration.get(name)) not in (None, [])
    ]
    record = same(item.configuration, "DhcpOptionsId Tags")
    yield listed(
        "ec2/describe-dhcp-options",
        "DhcpOptions",
        record | {"OwnerId": item.account, "DhcpConfigurations": configured},
    )


def block_public_access(item: Item) -> Iterator[Fact]:
    options = same(item.configuration, "InternetGatewayBlockMode ExclusionsAllowed")
    document = {"VpcBlockPublicAccessOptions": options | {"State": "update-complete"}}
    yield Fact("ec2/describe-vpc-block-public-access-options", None, document)


def block_public_access_exclusion(item: Item) -> Iterator[Fact]:
    held = item.configuration
    kind, name = ("subnet", held["SubnetId"]) if held.get("SubnetId") else ("vpc", held.get("VpcId"))
    arn = f"arn:{partition_of(item.region)}:ec2:{item.region}:{item.account}:{kind}/{name}"
    record = same(held, "ExclusionId InternetGatewayExclusionMode Tags")
    yield listed(
        "ec2/describe-vpc-block-public-access-exclusions",
        "VpcBlockPublicAccessExclusions",
        record | {"ResourceArn": arn, "State": "create-complete"},
    )


def carrier_gateway(item: Item) -> Iterator[Fact]:
    record = same(item.configuration, "CarrierGatewayId VpcId State OwnerId Tags")
    yield listed("ec2/describe-carrier-gateways", "CarrierGateways", record)


def security_group_vpc(item: Item) -> Iterator[Fact]:
    record = same(item.configuration, "GroupId VpcId VpcOwnerId State StateReason")
    yield listed("ec2/describe-security-group-vpc-associations", "SecurityGroupVpcAssociations", record)


# --- names ------------------------------------------------------------------------------------------------------------


def hosted_zone(item: Item) -> Iterator[Fact]:
    """A zone with VPCs is private; which they are is left open where the item does not tell them as Config does."""
    held = item.configuration
    zone, given = str(held.get("Id", "")).removeprefix("/hostedzone/"), held.get("VPCs")
    vpcs = objects(given)
    damaged = given is not None and (not isinstance(given, list) or len(vpcs) < len(given))
    name = str(held.get("Name", ""))
    comment = held.get("HostedZoneConfig")
    record = {
        "Id": f"/hostedzone/{zone}",
        "Name": name if name.endswith(".") else name + ".",
        "CallerReference": "",
        "Config": (comment if isinstance(comment, dict) else {}) | {"PrivateZone": bool(vpcs) or damaged},
    }
    yield listed("route53/list-hosted-zones", "HostedZones", record)
    if vpcs and not damaged:
        detail = {"HostedZone": record, "VPCs": [same(one, "VPCRegion VPCId") for one in vpcs]}
        yield Fact("route53/get-hosted-zone", zone, detail)


def resolver_rule(item: Item) -> Iterator[Fact]:
    held = item.configuration
    record = renamed(held, Id="ResolverRuleId") | same(held, "Arn DomainName RuleType Name ResolverEndpointId")
    record |= {"OwnerId": item.account, "Status": "COMPLETE"}
    targets = [
        one | {"Port": int(one["Port"])} if str(one.get("Port")).isdecimal() else one
        for one in objects(held.get("TargetIps"))
    ]
    if targets:
        record["TargetIps"] = targets
    yield listed("route53resolver/list-resolver-rules", "ResolverRules", record)


def resolver_rule_association(item: Item) -> Iterator[Fact]:
    record = renamed(item.configuration, Id="ResolverRuleAssociationId")
    record |= same(item.configuration, "ResolverRuleId Name VPCId") | {"Status": "COMPLETE"}
    yield listed("route53resolver/list-resolver-rule-associations", "ResolverRuleAssociations", record)


def resolver_endpoint(item: Item) -> Iterator[Fact]:
    held = item.configuration
    record = renamed(held, Id="ResolverEndpointId") | same(held, "Arn Name Direction HostVPCId SecurityGroupIds")
    yield listed("route53resolver/list-resolver-endpoints", "ResolverEndpoints", record | {"Status": "OPERATIONAL"})
    addresses = [same(one, "SubnetId Ip Ipv6") for one in objects(held.get("IpAddresses"))]
    if addresses:
        endpoint = str(held.get("ResolverEndpointId"))
        yield Fact("route53resolver/list-resolver-endpoint-ip-addresses", endpoint, {"IpAddresses": addresses})


def dns_rule_group_association(item: Item) -> Iterator[Fact]:
    record = same(
        item.configuration,
        "Id Arn FirewallRuleGroupId VpcId Name Priority MutationProtection ManagedOwnerName Status StatusMessage",
    )
    call = "route53resolver/list-firewall-rule-group-associations"
    yield listed(call, "FirewallRuleGroupAssociations", record)


def dns_rule_group(item: Item) -> Iterator[Fact]:
    held = item.configuration
    yield listed(
        "route53resolver/list-firewall-rule-groups", "FirewallRuleGroups", same(held, "Id Arn Name OwnerId ShareStatus")
    )
    if isinstance(held.get("FirewallRules"), list):
        group = str(held.get("Id"))
        rules = [without_null(one) | {"FirewallRuleGroupId": group} for one in objects(held["FirewallRules"])]
        yield Fact("route53resolver/list-firewall-rules", group, {"FirewallRules": rules})


def dns_domain_list(item: Item) -> Iterator[Fact]:
    held = item.configuration
    record = same(held, "Id Arn Name ManagedOwnerName")
    yield listed("route53resolver/list-firewall-domain-lists", "FirewallDomainLists", record)
    if isinstance(held.get("Domains"), list):
        document = {"Domains": [one for one in held["Domains"] if isinstance(one, str)]}
        yield Fact("route53resolver/list-firewall-domains", str(held.get("Id")), document)


def profile_association(item: Item) -> Iterator[Fact]:
    record = same(item.configuration, "Id Name ProfileId ResourceId") | {"Status": "COMPLETE"}
    yield listed("route53profiles/list-profile-associations", "ProfileAssociations", record)


# --- load balancing ---------------------------------------------------------------------------------------------------


def listener(item: Item) -> Iterator[Fact]:
    held = item.configuration
    record = same(held, "ListenerArn LoadBalancerArn Port Protocol Certificates SslPolicy DefaultActions AlpnPolicy")
    yield Fact("elbv2/describe-listeners", str(held.get("LoadBalancerArn")), {"Listeners": [without_null(record)]})


def target_group(item: Item) -> Iterator[Fact]:
    held = item.configuration
    record = same(
        held, "TargetGroupArn TargetGroupName Protocol Port VpcId TargetType IpAddressType LoadBalancerArns"
    ) | renamed(held, TargetGroupName="Name")
    yield listed("elbv2/describe-target-groups", "TargetGroups", record)


# --- pipelines --------------------------------------------------------------------------------------------------------


def repository(item: Item) -> Iterator[Fact]:
    held = item.configuration
    name = str(held.get("RepositoryName"))
    record = renamed(
        held, repositoryName="RepositoryName", repositoryArn="Arn", repositoryUri="RepositoryUri",
        imageTagMutability="ImageTagMutability",
    )  # fmt: skip
    if isinstance(held.get("EncryptionConfiguration"), dict):
        record["encryptionConfiguration"] = renamed(
            held["EncryptionConfiguration"], encryptionType="EncryptionType", kmsKey="KmsKey"
        )
    yield listed("ecr/describe-repositories", "repositories", record | {"registryId": item.account})
    if held.get("RepositoryPolicyText"):
        document = {
            "registryId": item.account,
            "repositoryName": name,
            "policyText": _text(held["RepositoryPolicyText"]),
        }
        yield Fact("ecr/get-repository-policy", name, document)


def public_repository(item: Item) -> Iterator[Fact]:
    record = renamed(item.configuration, repositoryName="RepositoryName", repositoryArn="Arn")
    yield listed("ecr-public/describe-repositories", "repositories", record | {"registryId": item.account})


def registry_policy(item: Item) -> Iterator[Fact]:
    if item.configuration.get("PolicyText"):
        document = {"registryId": item.account, "policyText": _text(item.configuration["PolicyText"])}
        yield Fact("ecr/get-registry-policy", None, document)


def pull_through_rule(item: Item) -> Iterator[Fact]:
    record = renamed(
        item.configuration, ecrRepositoryPrefix="EcrRepositoryPrefix", upstreamRegistryUrl="UpstreamRegistryUrl"
    )
    yield listed("ecr/describe-pull-through-cache-rules", "pullThroughCacheRules", record)


def ecs_cluster(item: Item) -> Iterator[Fact]:
    arn = item.configuration.get("Arn")
    if isinstance(arn, str):
        yield Fact("ecs/list-clusters", None, {"clusterArns": [arn]})


def ecs_service(item: Item) -> Iterator[Fact]:
    held = item.configuration
    record = renamed(
        held, serviceArn="ServiceArn", serviceName="ServiceName", launchType="LaunchType", desiredCount="DesiredCount",
        taskDefinition="TaskDefinition", platformVersion="PlatformVersion", schedulingStrategy="SchedulingStrategy",
    )  # fmt: skip
    cluster = str(held.get("Cluster") or "default")
    if cluster.startswith("arn:"):
        record["clusterArn"] = cluster
    network = decoded(decoded(held.get("NetworkConfiguration")).get("AwsvpcConfiguration"))
    if network:
        placed = renamed(network, subnets="Subnets", securityGroups="SecurityGroups", assignPublicIp="AssignPublicIp")
        record["networkConfiguration"] = {"awsvpcConfiguration": placed}
    strategy = objects(held.get("CapacityProviderStrategy"))
    if strategy:
        record["capacityProviderStrategy"] = [
            renamed(one, capacityProvider="CapacityProvider", weight="Weight", base="Base") for one in strategy
        ]
    yield Fact("ecs/describe-services", cluster, {"services": [record]})


Converter = Callable[[Item], Iterator[Fact]]
DECLARED: Final[Mapping[str, tuple[Converter, tuple[str, ...]]]] = {
    "AWS::EC2::CarrierGateway": (carrier_gateway, ("ec2/describe-carrier-gateways",)),
    "AWS::EC2::DHCPOptions": (dhcp_options, ("ec2/describe-dhcp-options",)),
    "AWS::EC2::PrefixList": (prefix_list, ("ec2/describe-managed-prefix-lists",)),
    "AWS::EC2::SecurityGroupVpcAssociation": (security_group_vpc, ("ec2/describe-security-group-vpc-associations",)),
    "AWS::EC2::TransitGateway": (transit_gateway, ("ec2/describe-transit-gateways",)),
    "AWS::EC2::TransitGatewayAttachment": (
        transit_gateway_attachment,
        ("ec2/describe-transit-gateway-vpc-attachments",),
    ),
    "AWS::EC2::TransitGatewayRouteTable": (
        transit_gateway_route_table,
        ("ec2/describe-transit-gateway-route-tables",),
    ),
    "AWS::EC2::VPCBlockPublicAccessExclusion": (
        block_public_access_exclusion,
        ("ec2/describe-vpc-block-public-access-exclusions",),
    ),
    "AWS::EC2::VPCBlockPublicAccessOptions": (
        block_public_access,
        ("ec2/describe-vpc-block-public-access-options",),
    ),
    "AWS::ECR::PublicRepository": (public_repository, ("ecr-public/describe-repositories",)),
    "AWS::ECR::PullThroughCacheRule": (pull_through_rule, ("ecr/describe-pull-through-cache-rules",)),
    "AWS::ECR::RegistryPolicy": (registry_policy, ("ecr/get-registry-policy",)),
    "AWS::ECR::Repository": (repository, ("ecr/describe-repositories",)),
    "AWS::ECS::Cluster": (ecs_cluster, ("ecs/list-clusters",)),
    "AWS::ECS::Service": (ecs_service, ()),
    "AWS::ElasticLoadBalancingV2::Listener": (listener, ()),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (target_group, ("elbv2/describe-target-groups",)),
    "AWS::Route53::HostedZone": (hosted_zone, ("route53/list-hosted-zones",)),
    "AWS::Route53Profiles::ProfileAssociation": (profile_association, ("route53profiles/list-profile-associations",)),
    "AWS::Route53Resolver::FirewallDomainList": (dns_domain_list, ("route53resolver/list-firewall-domain-lists",)),
    "AWS::Route53Resolver::FirewallRuleGroup": (dns_rule_group, ("route53resolver/list-firewall-rule-groups",)),
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": (
        dns_rule_group_association,
        ("route53resolver/list-firewall-rule-group-associations",),
    ),
    "AWS::Route53Resolver::ResolverEndpoint": (resolver_endpoint, ("route53resolver/list-resolver-endpoints",)),
    "AWS::Route53Resolver::ResolverRule": (resolver_rule, ("route53resolver/list-resolver-rules",)),
    "AWS::Route53Resolver::ResolverRuleAssociation": (
        resolver_rule_association,
        ("route53resolver/list-resolver-rule-associations",),
    ),
}
"""Resource type -> how its records become answers, and the lists that they stand in."""


def facts(kind: str, item: Item) -> Iterator[Fact]:
    """The answers that a record in CloudFormation's form gives."""
    convert, _ = DECLARED[kind]
    return convert(item)
