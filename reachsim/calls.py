"""The files of a snapshot: one row per read-only AWS call, and a shell loop that makes them with the AWS CLI alone.

Service and operation are the AWS CLI's own words: ``aws SERVICE OPERATION ARGS`` prints what belongs into the file. A
per-resource call makes one file per thing asked about; `NAMES` says where the names come from.

`shell_loop` leaves out calls about AWS Organizations that only its management account may make, calls that go two lists
deep (ECS services and what they run, deployment groups, rules of listeners), answers that hold secrets (Lambda,
pipelines), and details of buckets and public repositories that no verdict needs.

**Source:** DESIGN, "Snapshot format" and "What a verdict needs"; botocore 1.44 service models (operations, keys); AWS's
Service Authorization Reference (IAM actions); facts, "API → response key → fields", N189, N214, N216, P59, P81.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

Scope = Literal["region", "global"]


class Call(msgspec.Struct, frozen=True):
    """One read-only call.

    ``scope`` tells the folder: the Region's, or ``global``. ``per`` is the kind of thing asked about where there is one
    file for each, else None. ``key`` is the response's key that holds the answer, "" where the response itself is the
    answer. ``args`` are AWS CLI options with ``{name}`` (the thing asked about), ``{names}`` (all of them at once),
    ``{account}``, ``{region}``. ``suffix`` follows the name in the file's name. ``names`` is the kind that ``{names}``
    stands for, ``batch`` how many of them AWS takes in one call.
    """

    service: str
    operation: str
    scope: Scope
    per: str | None
    key: str
    iam: str
    args: str = ""
    suffix: str = ""
    names: str | None = None
    batch: int = 0


class NameSource(msgspec.Struct, frozen=True):
    """Where the names of a kind of thing come from: a call and a JMESPath over its answer, or a fixed list."""

    service: str = ""
    operation: str = ""
    query: str = ""
    fixed: tuple[str, ...] = ()


NAMES: Final[Mapping[str, NameSource]] = MappingProxyType(
    {
        "account-setting": NameSource(fixed=("REGISTRY_POLICY_SCOPE",)),
        "application": NameSource("codedeploy", "list-applications", "applications[]"),
        "bucket": NameSource("s3api", "list-buckets", "Buckets[].Name"),
        "classic-load-balancer": NameSource(
            "elb", "describe-load-balancers", "LoadBalancerDescriptions[].LoadBalancerName"
        ),
        "cluster": NameSource("ecs", "list-clusters", "clusterArns[]"),
        "container-instance": NameSource(
            "ecs", "list-container-instances", "containerInstanceArns[]"
        ),  # of one cluster
        "deployment-group": NameSource(
            "codedeploy", "list-deployment-groups", "deploymentGroups[]"
        ),  # of one application
        "dns-domain-list": NameSource("route53resolver", "list-firewall-domain-lists", "FirewallDomainLists[].Id"),
        "dns-rule-group": NameSource("route53resolver", "list-firewall-rule-groups", "FirewallRuleGroups[].Id"),
        "file-system": NameSource("efs", "describe-file-systems", "FileSystems[].FileSystemId"),
        "firewall": NameSource("network-firewall", "list-firewalls", "Firewalls[].FirewallArn"),
        "firewall-policy": NameSource("network-firewall", "list-firewall-policies", "FirewallPolicies[].Arn"),
        "firewall-rule-group": NameSource("network-firewall", "list-rule-groups", "RuleGroups[].Arn"),
        "fleet": NameSource("codebuild", "list-fleets", "fleets[]"),
        "key": NameSource("kms", "list-keys", "Keys[].KeyId"),
        "listener": NameSource("elbv2", "describe-listeners", "Listeners[].ListenerArn"),
        "log-group": NameSource(
            "logs", "describe-log-groups", "logGroups[?starts_with(logGroupName,'/aws/codebuild/')].logGroupName"
        ),
        "load-balancer": NameSource("elbv2", "describe-load-balancers", "LoadBalancers[].LoadBalancerArn"),
        "organization-policy": NameSource("organizations", "list-policies", "Policies[].Id"),
        "organization-target": NameSource("organizations", "list-parents", "Parents[].Id"),  # and the account itself
        "pipeline": NameSource("codepipeline", "list-pipelines", "pipelines[].name"),
        "policy-type": NameSource(fixed=("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")),
        "prefix-list": NameSource("ec2", "describe-managed-prefix-lists", "PrefixLists[].PrefixListId"),
        "profile": NameSource("route53profiles", "list-profile-associations", "ProfileAssociations[].ProfileId"),
        "project": NameSource("codebuild", "list-projects", "projects[]"),
        "public-repository": NameSource("ecr-public", "describe-repositories", "repositories[].repositoryName"),
        "report-group": NameSource("codebuild", "list-report-groups", "reportGroups[]"),
        "repository": NameSource("ecr", "describe-repositories", "repositories[].repositoryName"),
        "resolver-endpoint": NameSource("route53resolver", "list-resolver-endpoints", "ResolverEndpoints[].Id"),
        "service": NameSource("ecs", "list-services", "serviceArns[]"),  # of one cluster
        "source-repository": NameSource("codecommit", "list-repositories", "repositories[].repositoryName"),
        "task-definition": NameSource(
            "ecs", "describe-services", "services[].[taskDefinition, taskSets[].taskDefinition][][]"
        ),
        "target-group": NameSource("elbv2", "describe-target-groups", "TargetGroups[].TargetGroupArn"),
        "tgw-route-table": NameSource(
            "ec2", "describe-transit-gateway-route-tables", "TransitGatewayRouteTables[].TransitGatewayRouteTableId"
        ),
        "vpc": NameSource("ec2", "describe-vpcs", "Vpcs[].VpcId"),
        "vpc.attribute": NameSource("ec2", "describe-vpcs", "Vpcs[].VpcId"),
        "zone": NameSource("route53", "list-hosted-zones", "HostedZones[?Config.PrivateZone].Id"),
    }
)
"""Kind -> where its names come from. Hosted zone ids come as ``/hostedzone/Z…``; `path` drops that."""

# EC2 calls without arguments: "operation key". The IAM action is the operation's name.
_EC2: Final = """
    describe-addresses Addresses
    describe-availability-zones AvailabilityZones
    describe-carrier-gateways CarrierGateways
    describe-dhcp-options DhcpOptions
    describe-egress-only-internet-gateways EgressOnlyInternetGateways
    describe-internet-gateways InternetGateways
    describe-managed-prefix-lists PrefixLists
    describe-nat-gateways NatGateways
    describe-network-acls NetworkAcls
    describe-prefix-lists PrefixLists
    describe-route-tables RouteTables
    describe-security-group-rules SecurityGroupRules
    describe-security-group-vpc-associations SecurityGroupVpcAssociations
    describe-security-groups SecurityGroups
    describe-subnets Subnets
    describe-transit-gateway-attachments TransitGatewayAttachments
    describe-transit-gateway-peering-attachments TransitGatewayPeeringAttachments
    describe-transit-gateway-route-tables TransitGatewayRouteTables
    describe-transit-gateway-vpc-attachments TransitGatewayVpcAttachments
    describe-transit-gateways TransitGateways
    describe-vpc-block-public-access-exclusions VpcBlockPublicAccessExclusions
    describe-vpc-block-public-access-options VpcBlockPublicAccessOptions
    describe-vpc-endpoint-associations VpcEndpointAssociations
    describe-vpc-endpoint-service-configurations ServiceConfigurations
    describe-vpc-endpoint-services ServiceDetails
    describe-vpc-endpoints VpcEndpoints
    describe-vpc-peering-connections VpcPeeringConnections
    describe-vpcs Vpcs
    describe-vpn-connections VpnConnections
    describe-vpn-gateways VpnGateways
    get-managed-resource-visibility Visibility
"""

_EFS: Final = "elasticfilesystem:"
_ELB: Final = "elasticloadbalancing:"
_TGW_TABLE: Final = "--transit-gateway-route-table-id {name}"


def _network() -> Iterable[Call]:
    for line in _EC2.strip().splitlines():
        operation, key = line.split()
        yield _row("ec2", operation, key)
    # Without the option, what AWS manages may be left out (N214).
    for operation, key in (
        ("describe-instances", "Reservations"),
        ("describe-network-interfaces", "NetworkInterfaces"),
    ):
        yield _row("ec2", operation, key, args="--include-managed-resources")
    for attribute in ("enableDnsHostnames", "enableDnsSupport"):
        yield _row(
            "ec2",
            "describe-vpc-attribute",
            attribute[0].upper() + attribute[1:],
            per="vpc.attribute",
            args=f"--attribute {attribute} --vpc-id {{name}}",
            suffix="." + attribute,
        )
    yield _row("ec2", "describe-stale-security-groups", "StaleSecurityGroupSet", per="vpc", args="--vpc-id {name}")
    yield _row("ec2", "get-managed-prefix-list-entries", "Entries", per="prefix-list", args="--prefix-list-id {name}")
    yield _row(
        "ec2",
        "search-transit-gateway-routes",
        "Routes",
        per="tgw-route-table",
        args=f"--filters Name=state,Values=active,blackhole {_TGW_TABLE}",  # the call demands a filter (N189)
    )
    yield _row(
        "ec2", "get-transit-gateway-route-table-associations", "Associations", per="tgw-route-table", args=_TGW_TABLE
    )
    yield _row(
        "ec2",
        "get-transit-gateway-route-table-propagations",
        "TransitGatewayRouteTablePropagations",
        per="tgw-route-table",
        args=_TGW_TABLE,
    )


def _pipeline() -> Iterable[Call]:
    yield _row("codebuild", "list-projects", "projects")
    yield _row("codebuild", "batch-get-projects", "projects", args="--names {names}", names="project", batch=100)
    yield _row("codebuild", "list-fleets", "fleets")
    yield _row("codebuild", "batch-get-fleets", "fleets", args="--names {names}", names="fleet", batch=100)
    yield _row("codebuild", "list-report-groups", "reportGroups")
    yield _row("codebuild", "batch-get-report-groups", "reportGroups", args="--report-group-arns {names}",
               names="report-group", batch=100)  # fmt: skip
    yield _row("codecommit", "list-repositories", "repositories")
    yield _row(
        "codecommit",
        "batch-get-repositories",
        "repositories",
        args="--repository-names {names}",
        names="source-repository",
        batch=25,
    )
    yield _row("codepipeline", "list-pipelines", "pipelines")
    yield _row("codepipeline", "get-pipeline", "pipeline", per="pipeline", args="--name {name}")
    yield _row("ecr", "describe-repositories", "repositories")
    yield _row("ecr", "describe-pull-through-cache-rules", "pullThroughCacheRules")
    yield _row("ecr", "describe-repository-creation-templates", "repositoryCreationTemplates")
    yield _row("ecr", "describe-registry", "replicationConfiguration")
    yield _row("ecr", "get-registry-policy", "policyText")
    yield _row("ecr", "get-account-setting", "value", per="account-setting", args="--name {name}")
    yield _row("ecr", "get-repository-policy", "policyText", per="repository", args="--repository-name {name}")
    # ECR Public has its API in us-east-1 only (P27); its files are the account's, not a Region's.
    yield _row("ecr-public", "describe-repositories", "repositories", scope="global", args="--region us-east-1")
    yield _row(
        "ecr-public",
        "get-repository-policy",
        "policyText",
        scope="global",
        per="public-repository",
        args="--region us-east-1 --repository-name {name}",
    )
    yield _row("logs", "describe-log-groups", "logGroups")
    yield _row("logs", "describe-resource-policies", "resourcePolicies")
    yield _row("logs", "describe-account-policies", "accountPolicies", args="--policy-type SUBSCRIPTION_FILTER_POLICY")
    yield _row(
        "logs",
        "describe-subscription-filters",
        "subscriptionFilters",
        per="log-group",
        args="--log-group-name {name}",
    )


def _keys_and_secrets() -> Iterable[Call]:
    yield _row("kms", "list-keys", "Keys")
    yield _row("kms", "list-aliases", "Aliases")
    yield _row("kms", "describe-key", "KeyMetadata", per="key", args="--key-id {name}")
    yield _row("kms", "get-key-policy", "Policy", per="key", args="--policy-name default --key-id {name}")
    yield _row("kms", "list-grants", "Grants", per="key", args="--key-id {name}")
    yield _row("secretsmanager", "list-secrets", "SecretList")
    yield _row("ssm", "describe-parameters", "Parameters")


def _compute() -> Iterable[Call]:
    yield _row("lambda", "list-functions", "Functions")
    yield _row("ecs", "list-clusters", "clusterArns")
    yield _row("ecs", "list-services", "serviceArns", per="cluster", args="--cluster {name}")
    yield _row(
        "ecs",
        "describe-services",
        "services",
        per="cluster",
        args="--services {names} --cluster {name}",
        names="service",
        batch=10,
    )
    yield _row("ecs", "describe-task-definition", "taskDefinition", per="task-definition",
               args="--task-definition {name}")  # fmt: skip
    yield _row("ecs", "list-container-instances", "containerInstanceArns", per="cluster", args="--cluster {name}")
    yield _row(
        "ecs",
        "describe-container-instances",
        "containerInstances",
        per="cluster",
        args="--container-instances {names} --cluster {name}",
        names="container-instance",
        batch=100,
    )
    yield _row("codedeploy", "list-applications", "applications")
    yield _row("codedeploy", "list-deployment-groups", "deploymentGroups", per="application",
               args="--application-name {name}")  # fmt: skip
    yield _row(
        "codedeploy",
        "batch-get-deployment-groups",
        "deploymentGroupsInfo",
        per="application",
        args="--deployment-group-names {names} --application-name {name}",
        names="deployment-group",
        batch=100,
    )


def _file_systems() -> Iterable[Call]:
    yield _row("efs", "describe-file-systems", "FileSystems", iam=_EFS + "DescribeFileSystems")
    for operation, key, action in (
        ("describe-mount-targets", "MountTargets", "DescribeMountTargets"),
        ("describe-file-system-policy", "Policy", "DescribeFileSystemPolicy"),
    ):
        iam, args = _EFS + action, "--file-system-id {name}"
        yield _row("efs", operation, key, per="file-system", iam=iam, args=args)


def _names_and_firewalls() -> Iterable[Call]:
    for operation, key in (
        ("list-resolver-rules", "ResolverRules"),
        ("list-resolver-rule-associations", "ResolverRuleAssociations"),
        ("list-resolver-endpoints", "ResolverEndpoints"),
        ("list-firewall-rule-group-associations", "FirewallRuleGroupAssociations"),
        ("list-firewall-domain-lists", "FirewallDomainLists"),
        ("list-firewall-rule-groups", "FirewallRuleGroups"),
    ):
        yield _row("route53resolver", operation, key)
    for operation, key, per, option in (
        ("list-resolver-endpoint-ip-addresses", "IpAddresses", "resolver-endpoint", "--resolver-endpoint-id"),
        ("list-firewall-rules", "FirewallRules", "dns-rule-group", "--firewall-rule-group-id"),
        ("list-firewall-domains", "Domains", "dns-domain-list", "--firewall-domain-list-id"),
        ("get-firewall-config", "FirewallConfig", "vpc", "--resource-id"),
        ("get-resolver-config", "ResolverConfig", "vpc", "--resource-id"),
    ):
        yield _row("route53resolver", operation, key, per=per, args=option + " {name}")
    yield _row("route53profiles", "list-profile-associations", "ProfileAssociations")
    yield _row(
        "route53profiles",
        "list-profile-resource-associations",
        "ProfileResourceAssociations",
        per="profile",
        args="--profile-id {name}",
    )
    for operation, key in (
        ("list-firewalls", "Firewalls"),
        ("list-firewall-policies", "FirewallPolicies"),
        ("list-rule-groups", "RuleGroups"),
    ):
        yield _row("network-firewall", operation, key)
    for operation, key, per, option in (
        ("describe-firewall", "Firewall", "firewall", "--firewall-arn"),
        ("describe-firewall-policy", "FirewallPolicy", "firewall-policy", "--firewall-policy-arn"),
        ("describe-rule-group", "RuleGroup", "firewall-rule-group", "--rule-group-arn"),
    ):
        yield _row("network-firewall", operation, key, per=per, args=option + " {name}")
    yield _row(
        "vpc-lattice", "list-service-network-vpc-associations", "items", per="vpc", args="--vpc-identifier {name}"
    )


def _balancing() -> Iterable[Call]:
    yield _row("elbv2", "describe-load-balancers", "LoadBalancers", iam=_ELB + "DescribeLoadBalancers")
    yield _row("elbv2", "describe-target-groups", "TargetGroups", iam=_ELB + "DescribeTargetGroups")
    for operation, key, per, action in (
        ("describe-load-balancer-attributes", "Attributes", "load-balancer", "DescribeLoadBalancerAttributes"),
        ("describe-listeners", "Listeners", "load-balancer", "DescribeListeners"),
        ("describe-rules", "Rules", "listener", "DescribeRules"),
        ("describe-target-group-attributes", "Attributes", "target-group", "DescribeTargetGroupAttributes"),
        ("describe-target-health", "TargetHealthDescriptions", "target-group", "DescribeTargetHealth"),
    ):
        yield _row("elbv2", operation, key, per=per, iam=_ELB + action, args=f"--{per}-arn {{name}}")
    yield _row("elb", "describe-load-balancers", "LoadBalancerDescriptions", iam=_ELB + "DescribeLoadBalancers")
    yield _row(
        "elb",
        "describe-load-balancer-attributes",
        "LoadBalancerAttributes",
        per="classic-load-balancer",
        iam=_ELB + "DescribeLoadBalancerAttributes",
        args="--load-balancer-name {name}",
    )
    yield _row("directconnect", "describe-direct-connect-gateways", "directConnectGateways")


def _of_accounts() -> Iterable[Call]:
    yield _row("iam", "get-account-authorization-details", "", scope="global")
    yield _row("sts", "get-caller-identity", "", scope="global")
    yield _row("route53", "list-hosted-zones", "HostedZones", scope="global")
    yield _row(
        "route53",
        "list-hosted-zones-by-vpc",
        "HostedZoneSummaries",
        scope="global",
        per="vpc",
        iam="route53:ListHostedZonesByVPC",
        args="--vpc-region {region} --vpc-id {name}",
    )
    yield _row("route53", "get-hosted-zone", "HostedZone", scope="global", per="zone", args="--id {name}")
    yield _row(
        "route53",
        "list-resource-record-sets",
        "ResourceRecordSets",
        scope="global",
        per="zone",
        args="--hosted-zone-id {name}",
    )
    yield _row("s3api", "list-buckets", "Buckets", scope="global", iam="s3:ListAllMyBuckets")
    for operation, key, action in (
        ("get-bucket-policy", "Policy", "GetBucketPolicy"),
        ("get-bucket-policy-status", "PolicyStatus", "GetBucketPolicyStatus"),
        ("get-public-access-block", "PublicAccessBlockConfiguration", "GetBucketPublicAccessBlock"),
        ("get-bucket-encryption", "ServerSideEncryptionConfiguration", "GetEncryptionConfiguration"),
        ("get-bucket-acl", "Grants", "GetBucketAcl"),
        ("get-bucket-location", "LocationConstraint", "GetBucketLocation"),
        ("get-bucket-replication", "ReplicationConfiguration", "GetReplicationConfiguration"),
    ):
        yield _row("s3api", operation, key, scope="global", per="bucket", iam="s3:" + action, args="--bucket {name}")
    yield _row(
        "s3control",
        "get-public-access-block",
        "PublicAccessBlockConfiguration",
        scope="global",
        iam="s3:GetAccountPublicAccessBlock",
        args="--account-id {account}",
    )
    yield _row("organizations", "describe-organization", "Organization", scope="global")
    for operation, key, per, args in (
        ("list-policies", "Policies", "policy-type", "--filter {name}"),
        ("list-parents", "Parents", "organization-target", "--child-id {name}"),
        ("describe-policy", "Policy", "organization-policy", "--policy-id {name}"),
    ):
        yield _row("organizations", operation, key, scope="global", per=per, args=args)
    for kind in NAMES["policy-type"].fixed:
        yield _row(
            "organizations",
            "list-policies-for-target",
            "Policies",
            scope="global",
            per="organization-target",
            args=f"--filter {kind} --target-id {{name}}",
            suffix="." + kind,
        )


def _row(
    service: str,
    operation: str,
    key: str,
    *,
    scope: Scope = "region",
    per: str | None = None,
    iam: str = "",
    args: str = "",
    suffix: str = "",
    names: str | None = None,
    batch: int = 0,
) -> Call:
    """A row; unless given, the IAM action is the service's word and the operation in CamelCase."""
    action = iam or f"{service}:{''.join(word.capitalize() for word in operation.split('-'))}"
    return Call(service, operation, scope, per, key, action, args, suffix, names, batch)


CALLS: Final[tuple[Call, ...]] = (
    *_network(),
    *_pipeline(),
    *_keys_and_secrets(),
    *_compute(),
    *_file_systems(),
    *_names_and_firewalls(),
    *_balancing(),
    *_of_accounts(),
)
"""The table, in the order in which to ask: lists before what asks about their members."""

_GLOBAL: Final = frozenset(call.service for call in CALLS if call.scope == "global")
# Rows that the shell loop leaves out, for the reasons in the module's docstring.
_NOT_LOOPED: Final = frozenset(
    {
        "codedeploy/batch-get-deployment-groups",
        "codedeploy/list-applications",
        "codedeploy/list-deployment-groups",
        "codepipeline/get-pipeline",
        "ecr-public/get-repository-policy",
        "ecs/describe-container-instances",
        "ecs/describe-services",
        "ecs/describe-task-definition",
        "ecs/list-clusters",
        "ecs/list-container-instances",
        "ecs/list-services",
        "elbv2/describe-rules",
        "lambda/list-functions",
        "organizations/describe-policy",
        "organizations/list-parents",
        "organizations/list-policies",
        "organizations/list-policies-for-target",
        "s3api/get-bucket-policy-status",
        "vpc-lattice/list-service-network-vpc-associations",
    }
)


_NOT_IN_A_NAME: Final = str.maketrans({"/": "%2F", "\\": "%5C", "\0": "%00"})


def path(account: str, region: str, service: str, operation: str, name: str | None = None) -> str:
    """The place of a call's answer inside a snapshot.

    Args: the account's id, the Region (not used where the service's files are in ``global``), the AWS CLI's words, and
    for per-resource files the name of the thing asked about (for describe-vpc-attribute: ``VPC.ATTRIBUTE``). What no
    file's name may hold is written as in a URL.

    >>> path("111111111111", "us-east-1", "ec2", "describe-vpcs")
    '111111111111/us-east-1/ec2/describe-vpcs.json'
    >>> path("111111111111", "us-east-1", "route53", "get-hosted-zone", "/hostedzone/Z123")
    '111111111111/global/route53/get-hosted-zone/Z123.json'
    >>> path("111111111111", "us-east-1", "ecr", "get-repository-policy", "team/app")
    '111111111111/us-east-1/ecr/get-repository-policy/team%2Fapp.json'
    """
    place = f"{account}/{'global' if service in _GLOBAL else region}/{service}/{operation}"
    if name is None:
        return place + ".json"
    return f"{place}/{name.removeprefix('/hostedzone/').translate(_NOT_IN_A_NAME)}.json"


_HEAD: Final = r"""#!/bin/sh
# sh capture.sh DIRECTORY: the caller's account and Region into a snapshot, with the AWS CLI alone.
set -fu
dir=${1:?directory}
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region)}}
export AWS_REGION="$region" AWS_DEFAULT_REGION="$region" # the AWS CLI's first version knows the second one only
account=$(aws sts get-caller-identity --query Account --output text) || exit 2
nothing='{}'
[ "$region" ] && err=$(mktemp) || exit 2
trap 'rm -f "$err"' EXIT
save() { # FILE SERVICE OPERATION OPTION...: one call, one file; a refusal is a file too
  file=$dir/$account/$1.json; shift; mkdir -p "${file%/*}"
  if body=$(aws "$@" --output json 2>"$err" </dev/null); then
    printf '%s\n' "${body:-$nothing}" | redact "$1"
  else
    code=$(sed -n 's/.*An error occurred (\([A-Za-z0-9._-]*\)) when calling.*/\1/p' "$err" | head -n 1)
    [ "$code" ] || printf '%s\n' "not collected: $1 $2: $(grep . "$err" | tail -n 1)" >&2
    printf '{"Error": {"Code": "%s"}}\n' "${code:-NotCollected}"
  fi >"$file.tmp" && mv "$file.tmp" "$file"
}
redact() { # SERVICE: secrets stay out (plain-text variables of builds, pre-shared keys of VPN connections)
  awk -v service="$1" '
    service == "codebuild" && /"(value|resource)": / {
      held = $0; getline
      if (!/"type": "(PARAMETER_STORE|SECRETS_MANAGER)"/) sub(/: ".*"/, ": \"\"", held)
      print held }
    /"(CustomerGatewayConfiguration|PreSharedKey)": / { sub(/: ".*"/, ": \"\"") }
    { print }'
}
names() { # SERVICE OPERATION QUERY: one a line
  aws "$1" "$2" --query "$3" --output text 2>/dev/null </dev/null | tr '\t' '\n' | grep -vx None
}
plain() { # FOLDER SERVICE OPERATION...: calls without options
  folder=$1 service=$2; shift 2
  for operation; do save "$folder/$service/$operation" "$service" "$operation"; done
}
"""
_EACH: Final = r"""while read -r folder service operation suffix from list query options; do # one file per name
  for name in $(names "$from" "$list" "$query"); do
    file=$(printf %s "$name" | sed 's|^/hostedzone/||; s|/|%2F|g')${suffix#-}
    save "$folder/$service/$operation/$file" "$service" "$operation" $options "$name"
  done
done <<END
"""


def shell_loop() -> str:
    """A POSIX shell script that fills a snapshot directory with the AWS CLI alone.

    It takes the caller's credentials and Region and asks every call of the table but those that the module's docstring
    names. A refusal becomes ``{"Error": {"Code": …}}``, a failure of another kind the code ``NotCollected``, and what
    the AWS CLI said goes to standard error (an older one lacks some options). If there are more names than a batch call
    takes, its file is left out. One run is one account and Region; run it again with another Region and the same
    directory for the next. Needs aws, awk, sed and mktemp.
    """
    calls = [call for call in CALLS if f"{call.service}/{call.operation}" not in _NOT_LOOPED]
    return _HEAD + "".join((*_plain(calls), *_optioned(calls), _EACH, *_each(calls), "END\n"))


def _folder(call: Call) -> str:
    return "global" if call.scope == "global" else "$region"


def _plain(calls: Iterable[Call]) -> Iterable[str]:
    groups: dict[tuple[str, str], list[str]] = {}
    for call in calls:
        if call.per is None and not call.args:
            groups.setdefault((_folder(call), call.service), []).append(call.operation)
    for (folder, service), operations in groups.items():
        line = f"plain {folder} {service} {' '.join(operations)}"
        yield " \\\n".join(textwrap.wrap(line, 112, subsequent_indent="  ", break_on_hyphens=False)) + "\n"


def _optioned(calls: Iterable[Call]) -> Iterable[str]:
    """Single calls with options, calls per fixed name, and batch calls (without names there is nothing to ask)."""
    for call in calls:
        command = f"{call.service} {call.operation}"
        file = f"{_folder(call)}/{call.service}/{call.operation}"
        fixed = NAMES[call.per].fixed if call.per else ()
        if call.names:
            source = NAMES[call.names]
            options = call.args.format(names='"$@"')
            yield f"set -- $(names {source.service} {source.operation} '{source.query}')\n"
            yield f'[ $# -eq 0 ] || [ $# -gt {call.batch} ] || save "{file}" {command} {options}\n'
        elif call.per is None and call.args:
            yield f'save "{file}" {command} {call.args.format(account="$account", region="$region")}\n'
        for name in fixed:
            yield f'save "{file}/{name}" {command} {call.args.format(name=name)}\n'


def _each(calls: Iterable[Call]) -> Iterable[str]:
    for call in calls:
        source = NAMES.get(call.per or "")
        if source and source.operation:
            options = call.args.format(region="$region", name="").strip()
            yield (
                f"{_folder(call)} {call.service} {call.operation} {call.suffix or '-'} "
                f"{source.service} {source.operation} {source.query} {options}\n"
            )
