"""Files that commands decode only when a question touches them: what would stop such a command, `validate` tells.

**Source:** the calls of `Network.read` and `Network.read_collection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from reachsim.errors import Fault, SnapshotError
from reachsim.model import firewall_policies, firewalls, records
from reachsim.model.decode import decode, decode_collection, fault
from reachsim.snapshot import Snapshot

LATER: Final[Mapping[str, tuple[str, type[Any]]]] = {
    "codebuild/batch-get-report-groups": ("reportGroups", records.ReportGroup),
    "codebuild/list-projects": ("", records.ProjectNames),
    "codecommit/batch-get-repositories": ("repositories", records.SourceRepository),
    "codedeploy/batch-get-deployment-groups": ("deploymentGroupsInfo", records.DeploymentGroup),
    "codepipeline/get-pipeline": ("", records.PipelineAnswer),
    "codepipeline/list-pipelines": ("pipelines", records.PipelineName),
    "ec2/describe-availability-zones": ("AvailabilityZones", records.AvailabilityZone),
    "ec2/describe-managed-prefix-lists": ("PrefixLists", records.ManagedPrefixList),
    "ec2/describe-vpc-attribute": ("", records.VpcAttribute),
    "ec2/describe-vpc-block-public-access-exclusions": (
        "VpcBlockPublicAccessExclusions", records.VpcBlockPublicAccessExclusion,
    ),
    "ec2/describe-vpc-block-public-access-options": ("", records.DescribeVpcBlockPublicAccessOptions),
    "ec2/get-managed-prefix-list-entries": ("Entries", records.PrefixListEntry),
    "ecr/describe-pull-through-cache-rules": ("pullThroughCacheRules", records.PullThroughCacheRule),
    "ecr/describe-registry": ("", records.DescribedRegistry),
    "ecr/describe-repositories": ("repositories", records.Repository),
    "ecr/describe-repository-creation-templates": (
        "repositoryCreationTemplates", records.RepositoryCreationTemplate,
    ),
    "ecr/get-account-setting": ("", records.AccountSetting),
    "ecr-public/describe-repositories": ("repositories", records.PublicRepository),
    "ecs/describe-container-instances": ("containerInstances", records.ContainerInstance),
    "efs/describe-mount-targets": ("MountTargets", records.MountTarget),
    "elbv2/describe-rules": ("Rules", records.ListenerRule),
    "iam/get-account-authorization-details": ("", records.AccountAuthorizationDetails),
    "kms/describe-key": ("", records.DescribeKey),
    "kms/list-aliases": ("Aliases", records.KeyAlias),
    "kms/list-grants": ("Grants", records.KeyGrant),
    "logs/describe-account-policies": ("accountPolicies", records.LogsAccountPolicy),
    "logs/describe-log-groups": ("logGroups", records.LogGroup),
    "logs/describe-subscription-filters": ("subscriptionFilters", records.SubscriptionFilter),
    "network-firewall/list-firewalls": ("Firewalls", firewalls.ListedFirewall),
    "network-firewall/describe-firewall": ("", firewalls.DescribeFirewall),
    "network-firewall/describe-firewall-policy": ("", firewall_policies.DescribeFirewallPolicy),
    "network-firewall/describe-rule-group": ("", firewall_policies.DescribeRuleGroup),
    "organizations/describe-organization": ("", records.DescribeOrganization),
    "organizations/list-accounts": ("", records.ListAccounts),
    "route53/get-hosted-zone": ("", records.HostedZoneDetail),
    "route53/list-hosted-zones": ("HostedZones", records.HostedZone),
    "route53/list-hosted-zones-by-vpc": ("HostedZoneSummaries", records.HostedZoneSummary),
    "route53/list-resource-record-sets": ("ResourceRecordSets", records.ResourceRecordSet),
    "route53profiles/list-profile-associations": ("ProfileAssociations", records.ProfileAssociation),
    "route53profiles/list-profile-resource-associations": (
        "ProfileResourceAssociations", records.ProfileResourceAssociation,
    ),
    "route53resolver/get-firewall-config": ("", records.FirewallConfigAnswer),
    "route53resolver/list-firewall-domains": ("", records.FirewallDomains),
    "route53resolver/list-firewall-rules": ("FirewallRules", records.FirewallRule),
    "route53resolver/list-resolver-endpoint-ip-addresses": ("IpAddresses", records.ResolverEndpointIpAddress),
    "s3api/get-bucket-acl": ("", records.BucketAcl),
    "s3api/get-bucket-encryption": ("", records.BucketEncryption),
    "s3api/get-bucket-location": ("", records.BucketLocation),
    "s3api/get-bucket-replication": ("", records.BucketReplication),
    "s3api/get-public-access-block": ("", records.PublicAccessBlock),
    "s3api/list-buckets": ("Buckets", records.Bucket),
    "secretsmanager/list-secrets": ("SecretList", records.Secret),
    "ssm/describe-parameters": ("Parameters", records.Parameter),
}  # fmt: skip
"""Call → the key of its list ("": the answer is one record), and what it is decoded as."""


def fault_of(snapshot: Snapshot, path: str, call: str) -> Fault | None:
    """The first thing in a file that would stop whoever decodes it later; None if nothing would."""
    if call not in LATER or snapshot.status(path) != "ok":
        return None
    key, kind = LATER[call]
    try:
        data = snapshot.read(path)
        if key:
            decode_collection(data, key, kind)
        else:
            decode(data, kind)
    except msgspec.MsgspecError as error:
        return fault(path, error)
    except SnapshotError as error:
        return error.faults[0]
    return None
