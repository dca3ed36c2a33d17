"""AWS Config's records of resources, turned back into what the services' own APIs answer.

`KINDS` has the types that Config records in the API's own members (`config_spelling`), `config_declared` those that
stand in CloudFormation's form; some types have been recorded in both. `UNREAD` says what stays undecided for types
that could matter and are not read.

**Source:** AWS Config Developer Guide, "Supported Resource Types", "Components of a configuration item";
awslabs/aws-config-resource-schema; EC2, IAM, CodeBuild, Network Firewall, Elastic Load Balancing API references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from reachsim.importers import config_declared
from reachsim.importers.config_declared import DECLARED, Fact, Item, listed
from reachsim.importers.config_spelling import Record, api, decoded, members, objects, opened, without_null


class Kind(NamedTuple):
    """How a resource type is stored: call (``service/operation``), the answer's key, and the form of its records."""

    call: str
    key: str
    form: str = "api"


KINDS: Final[Mapping[str, Kind]] = {
    "AWS::CodeBuild::Project": Kind("codebuild/batch-get-projects", "projects", "project"),
    "AWS::CodePipeline::Pipeline": Kind("codepipeline/list-pipelines", "pipelines", "pipeline"),
    "AWS::EC2::DHCPOptions": Kind("ec2/describe-dhcp-options", "DhcpOptions"),
    "AWS::EC2::EIP": Kind("ec2/describe-addresses", "Addresses"),
    "AWS::EC2::EgressOnlyInternetGateway": Kind(
        "ec2/describe-egress-only-internet-gateways", "EgressOnlyInternetGateways"
    ),
    "AWS::EC2::Instance": Kind("ec2/describe-instances", "Reservations", "instance"),
    "AWS::EC2::InternetGateway": Kind("ec2/describe-internet-gateways", "InternetGateways"),
    "AWS::EC2::NatGateway": Kind("ec2/describe-nat-gateways", "NatGateways"),
    "AWS::EC2::NetworkAcl": Kind("ec2/describe-network-acls", "NetworkAcls"),
    "AWS::EC2::NetworkInterface": Kind("ec2/describe-network-interfaces", "NetworkInterfaces"),
    "AWS::EC2::PrefixList": Kind("ec2/describe-managed-prefix-lists", "PrefixLists"),
    "AWS::EC2::RouteTable": Kind("ec2/describe-route-tables", "RouteTables"),
    "AWS::EC2::SecurityGroup": Kind("ec2/describe-security-groups", "SecurityGroups"),
    "AWS::EC2::Subnet": Kind("ec2/describe-subnets", "Subnets"),
    "AWS::EC2::TransitGateway": Kind("ec2/describe-transit-gateways", "TransitGateways"),
    "AWS::EC2::VPC": Kind("ec2/describe-vpcs", "Vpcs"),
    "AWS::EC2::VPCEndpoint": Kind("ec2/describe-vpc-endpoints", "VpcEndpoints"),
    "AWS::EC2::VPCPeeringConnection": Kind("ec2/describe-vpc-peering-connections", "VpcPeeringConnections"),
    "AWS::EC2::VPNConnection": Kind("ec2/describe-vpn-connections", "VpnConnections"),
    "AWS::EC2::VPNGateway": Kind("ec2/describe-vpn-gateways", "VpnGateways"),
    "AWS::ElasticLoadBalancing::LoadBalancer": Kind(
        "elb/describe-load-balancers", "LoadBalancerDescriptions", "classic"
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Kind("elbv2/describe-load-balancers", "LoadBalancers", "balancer"),
    "AWS::IAM::Group": Kind("iam/get-account-authorization-details", "GroupDetailList"),
    "AWS::IAM::Policy": Kind("iam/get-account-authorization-details", "Policies"),
    "AWS::IAM::Role": Kind("iam/get-account-authorization-details", "RoleDetailList"),
    "AWS::IAM::User": Kind("iam/get-account-authorization-details", "UserDetailList"),
    "AWS::KMS::Key": Kind("kms/list-keys", "Keys", "key"),
    "AWS::Lambda::Function": Kind("lambda/list-functions", "Functions"),
    "AWS::NetworkFirewall::Firewall": Kind("network-firewall/list-firewalls", "Firewalls", "firewall"),
    "AWS::NetworkFirewall::FirewallPolicy": Kind(
        "network-firewall/list-firewall-policies", "FirewallPolicies", "firewall"
    ),
    "AWS::NetworkFirewall::RuleGroup": Kind("network-firewall/list-rule-groups", "RuleGroups", "firewall"),
    "AWS::S3::AccountPublicAccessBlock": Kind("s3control/get-public-access-block", "", "account block"),
    "AWS::S3::Bucket": Kind("s3api/get-bucket-policy", "Policy", "bucket"),
}  # fmt: skip
"""Resource type -> where its records go."""

UNREAD: Final[Mapping[str, str]] = {
    "AWS::EC2::ClientVpnEndpoint": "what clients of Client VPN reach",
    "AWS::EC2::IPAM": "",
    "AWS::EC2::TransitGatewayConnect": "routes to transit gateways by Connect attachments",
    "AWS::EC2::TransitGatewayMulticastDomain": "multicast",
    "AWS::EC2::VPCEndpointService": "names of and ways to your own endpoint services",
    "AWS::ECS::TaskDefinition": "which images and roles ECS services use",
    "AWS::ECS::TaskSet": "which subnets and security groups task sets use",
    "AWS::NetworkManager::TransitGatewayPeering": "routes to core networks",
    "AWS::Route53Profiles::Profile": "names in VPCs with that profile",
    "AWS::S3::AccessPoint": "policies of access points",
    "AWS::S3::MultiRegionAccessPoint": "policies of access points",
    "AWS::SecretsManager::ResourcePolicy": "policies of secrets",
}
"""Resource type -> what cannot be decided although Config has records that might tell."""

_TOLD_ELSEWHERE: Final = frozenset(
    {
        "AWS::EC2::EIPAssociation", "AWS::EC2::InstanceConnectEndpoint", "AWS::EC2::SubnetCidrBlock",
        "AWS::EC2::SubnetNetworkAclAssociation", "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::VPNConnectionRoute", "AWS::IAM::InstanceProfile",
    }
)  # fmt: skip
"""Types whose content stands in other records too: of the subnet, interface, route table, network ACL, gateway, role.
"""

_FIREWALL: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "Firewalls": ("describe-firewall", "Firewall", "FirewallArn", "FirewallName"),
    "FirewallPolicies": (
        "describe-firewall-policy", "FirewallPolicyResponse", "FirewallPolicyArn", "FirewallPolicyName",
    ),
    "RuleGroups": ("describe-rule-group", "RuleGroupResponse", "RuleGroupArn", "RuleGroupName"),
}  # fmt: skip
_BLOCKS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def lists_of(kind: str) -> tuple[str, ...] | None:
    """The lists in which every resource of a type stands; None for a type that is not read.

    >>> lists_of("AWS::EC2::VPC"), lists_of("AWS::EC2::Volume")
    (('ec2/describe-vpcs',), None)
    """
    if kind in KINDS:
        found = KINDS[kind]
        return () if found.form == "bucket" else (found.call, *_MORE_LISTS.get(found.form, ()))
    return DECLARED[kind][1] if kind in DECLARED else None


_MORE_LISTS: Final[Mapping[str, tuple[str, ...]]] = {"project": ("codebuild/list-projects",)}


def unread(kind: str, count: int) -> str | None:
    """A sentence about records that are not used; None where other records tell the same."""
    if kind in _TOLD_ELSEWHERE:
        return None
    said = f"{count} records of {kind} are not used"
    return f"{said}: {what} cannot be decided" if (what := UNREAD.get(kind)) else said


def facts_of(kind: str, item: Item) -> Iterator[Fact]:
    """The answers that a configuration item of a known type gives.

    >>> rule = {"ipRanges": ["0.0.0.0/0"], "ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}]}
    >>> group = Item("111122223333", "eu-west-1", "sg-1", {"groupId": "sg-1", "ipPermissions": [rule]}, {})
    >>> next(facts_of("AWS::EC2::SecurityGroup", group)).document
    {'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [{'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]}]}
    """
    if kind not in KINDS or (kind in DECLARED and _is_declared(item.configuration)):
        yield from config_declared.facts(kind, item)
        return
    found, held = KINDS[kind], item.configuration
    match found.form:
        case "project":
            record = _project(held)
            yield listed(found.call, found.key, record)
            yield Fact("codebuild/list-projects", None, {"projects": [str(record.get("name"))]})
        case "pipeline":
            document = without_null(held)
            name = str(decoded(document.get("pipeline")).get("name"))
            yield listed(found.call, found.key, {"name": name})
            yield Fact("codepipeline/get-pipeline", name, document)
        case "instance":
            yield listed(found.call, found.key, {"Instances": [members(held)], "OwnerId": item.account})
        case "firewall":
            yield from _firewall(found, members(held))
        case "account block":
            block = members(held)
            yield Fact(found.call, None, {"PublicAccessBlockConfiguration": {one: block.get(one) for one in _BLOCKS}})
        case "bucket":
            yield from _bucket(item)
        case "classic":
            yield listed(found.call, found.key, members(held))
            attributes = members(decoded(item.more.get("LoadBalancerAttributes")))
            if attributes:
                name = str(held.get("loadBalancerName"))
                yield Fact("elb/describe-load-balancer-attributes", name, {"LoadBalancerAttributes": attributes})
        case "balancer":
            yield listed(found.call, found.key, members(held))
            pairs = api(objects(opened(item.more.get("LoadBalancerAttributes"))))
            if pairs:
                arn = str(held.get("loadBalancerArn"))
                yield Fact("elbv2/describe-load-balancer-attributes", arn, {"Attributes": pairs})
        case "key":
            yield from _key(found, members(held), item.more)
        case _:
            yield listed(found.call, found.key, members(held))


def _is_declared(configuration: Record) -> bool:
    """Whether a record of a type that was recorded in both forms is in CloudFormation's."""
    return any(key[:1].isupper() for key in configuration)


def _project(held: Record) -> Record:
    """A CodeBuild project: Config keeps its source and artifacts as lists of one, spells ``buildSpec`` with a large S
    and the time in the queue with a small T, and its subnets may be objects.
    """
    record: Record = without_null(held)
    for key in ("source", "artifacts"):
        match record.get(key):
            case [dict() as only]:
                record[key] = only
            case []:
                del record[key]
    if isinstance(record.get("source"), dict):
        record["source"] = _source(record["source"])
    if "secondarySources" in record:
        record["secondarySources"] = [_source(one) for one in objects(record["secondarySources"])]
    if "queuedtimeoutInMinutes" in record:
        record["queuedTimeoutInMinutes"] = record.pop("queuedtimeoutInMinutes")
    vpc = record.get("vpcConfig")
    if isinstance(vpc, dict) and isinstance(vpc.get("subnets"), list):
        subnets = [one.get("subnet") if isinstance(one, dict) else one for one in vpc["subnets"]]
        record["vpcConfig"] = vpc | {"subnets": subnets}
    return record


def _source(source: Record) -> Record:
    return {("buildspec" if key == "buildSpec" else key): held for key, held in source.items()}


def _firewall(kind: Kind, document: Record) -> Iterator[Fact]:
    operation, response, arn_key, name_key = _FIREWALL[kind.key]
    described = decoded(document.get(response))
    arn, name = described.get(arn_key), described.get(name_key)
    if isinstance(arn, str):
        keys = (arn_key, name_key) if kind.key == "Firewalls" else ("Arn", "Name")
        yield listed(kind.call, kind.key, dict(zip(keys, (arn, name), strict=True)))
        yield Fact(f"network-firewall/{operation}", arn, document)


def _key(kind: Kind, metadata: Record, more: Record) -> Iterator[Fact]:
    """A KMS key; its policy stands in the supplementary configuration, aliases and grants are not recorded."""
    key = metadata.get("KeyId")
    if isinstance(key, str):
        yield listed(kind.call, kind.key, {"KeyId": key, "KeyArn": metadata.get("Arn")})
        yield Fact("kms/describe-key", key, {"KeyMetadata": metadata})
        if isinstance(more.get("Policy"), str):
            yield Fact("kms/get-key-policy", key, {"Policy": more["Policy"]})


def _bucket(item: Item) -> Iterator[Fact]:
    region = {"LocationConstraint": None if item.region == "us-east-1" else item.region}
    yield Fact("s3api/get-bucket-location", item.name, region)
    if "BucketPolicy" in item.more:
        policy = decoded(item.more["BucketPolicy"]).get("policyText")
        document = {"Policy": policy} if isinstance(policy, str) else {"Error": {"Code": "NoSuchBucketPolicy"}}
        yield Fact("s3api/get-bucket-policy", item.name, document)
    block = api(decoded(item.more.get("PublicAccessBlockConfiguration")))
    if block:
        yield Fact("s3api/get-public-access-block", item.name, {"PublicAccessBlockConfiguration": block})
    acl = decoded(item.more.get("AccessControlList"))
    if isinstance(acl.get("grantList"), list):
        grants = [_grant(one) for one in objects(acl["grantList"])]
        yield Fact("s3api/get-bucket-acl", item.name, {"Owner": _canonical(acl.get("owner")), "Grants": grants})
    encryption = api(decoded(item.more.get("ServerSideEncryptionConfiguration")))
    if encryption:
        yield Fact("s3api/get-bucket-encryption", item.name, {"ServerSideEncryptionConfiguration": encryption})


def _grant(grant: Record) -> Record:
    """A grant of an access control list: a group stands by its name, an account as an object with its id."""
    grantee, permission = grant.get("grantee"), str(grant.get("permission"))
    group = f"http://acs.amazonaws.com/groups/{_GROUPS.get(str(grantee), f'global/{grantee}')}"
    who = {"Type": "Group", "URI": group} if isinstance(grantee, str) else {"Type": "CanonicalUser"}
    return {
        "Grantee": who | (_canonical(grantee) if isinstance(grantee, dict) else {}),
        "Permission": re.sub(r"(?<=[a-z])(?=[A-Z])", "_", permission).upper(),
    }


_GROUPS: Final = {"LogDelivery": "s3/LogDelivery"}


def _canonical(held: Any) -> Record:
    identity = held.get("id") if isinstance(held, dict) else None
    return {"ID": identity} if isinstance(identity, str) else {}
