"""What a call that brought no answer makes undecidable, in a few words for the table at the end of a capture.

**Source:** DESIGN, "What a verdict needs".
"""

from __future__ import annotations

from typing import Final

_EVERY: Final = "every verdict about a VPC"
_NAMES: Final = "every verdict about a name (endpoints, services, hosts)"
_TRANSIT: Final = "routes to transit gateways"
_IGW: Final = "routes to internet and egress-only gateways"
_PIPELINE: Final = "check: which projects there are, their steps"

_OF_EC2: Final = {
    **dict.fromkeys(
        ("vpcs", "subnets", "route-tables", "network-acls", "security-groups", "network-interfaces"), _EVERY
    ),
    "internet-gateways": _IGW,
    "egress-only-internet-gateways": _IGW,
    "vpc-block-public-access-options": _IGW,
    "vpc-block-public-access-exclusions": _IGW,
    "nat-gateways": "routes to NAT gateways",
    "vpc-peering-connections": "routes to peering connections",
    "vpn-gateways": "routes to virtual private gateways",
    "vpn-connections": "routes learned from VPN connections",
    "vpc-endpoints": "routes to endpoints, and " + _NAMES,
    "dhcp-options": _NAMES,
    "vpc-attribute": _NAMES,
    "prefix-lists": "rules and routes with AWS's own prefix lists",
    "managed-prefix-lists": "rules and routes with prefix lists",
    "availability-zones": "transit gateways from subnets in Local Zones",
    "instances": "sources named i-…, and the pipeline's clients",
    "addresses": "public addresses that interfaces do not tell",
    "security-group-rules": "which rule of a security group decides, by its id",
    "vpc-endpoint-associations": "names of endpoints for resources and service networks",
    "vpc-endpoint-service-configurations": "what stands behind endpoints for your own endpoint services",
    "vpc-endpoint-services": "private DNS names of endpoints that do not list them",
}
_OTHER: Final = {
    "ec2/get-managed-prefix-list-entries": "rules and routes with that prefix list",
    "ec2/search-transit-gateway-routes": _TRANSIT,
    "ec2/get-transit-gateway-route-table-associations": _TRANSIT,
    "ec2/get-transit-gateway-route-table-propagations": _TRANSIT,
    "codebuild/list-projects": _PIPELINE,
    "codebuild/batch-get-projects": _PIPELINE,
    "codebuild/list-fleets": "projects on reserved-capacity fleets",
    "codebuild/batch-get-fleets": "projects on reserved-capacity fleets",
    "iam/get-account-authorization-details": "identity policies; which instances are clients of CodeCommit",
    "route53/list-hosted-zones": _NAMES,
    "route53/get-hosted-zone": "names in that hosted zone",
    "route53/list-resource-record-sets": "names in that hosted zone",
    "route53resolver/list-resolver-rules": _NAMES,
    "route53resolver/list-resolver-rule-associations": _NAMES,
    "route53resolver/list-firewall-rule-group-associations": _NAMES,
    "route53resolver/list-firewall-rules": "names in VPCs with that DNS Firewall rule group",
    "route53resolver/list-firewall-domains": "names that DNS Firewall rules with that list are for",
    "route53resolver/list-resolver-endpoints": "names that resolver rules forward to a VPC",
    "route53profiles/list-profile-resource-associations": "every name in VPCs with that profile",
    "codecommit/list-repositories": "destinations named codecommit:…",
    "codecommit/batch-get-repositories": "which KMS keys repositories need",
    "codepipeline/list-pipelines": "where CodePipeline hands projects their source",
    "codepipeline/get-pipeline": "where that pipeline hands projects their source",
    "ecr/describe-repositories": "destinations named ecr:…; which images are the account's own",
    "ecr/describe-pull-through-cache-rules": "which images come from another registry",
    "ecr/describe-repository-creation-templates": "whether a push to a repository that is not there makes it",
    "ecr-public/describe-repositories": "which public images are the account's own",
    "ecr-public/get-repository-policy": "resource policy of that public repository",
    "ecr/get-account-setting": "which actions the registry's policy covers",
    "kms/list-keys": "policies of KMS keys",
    "kms/list-aliases": "which KMS key an alias stands for",
    "kms/describe-key": "whether that KMS key is enabled",
    "kms/get-key-policy": "what is encrypted with that KMS key, and whom its policy lets use it",
    "kms/list-grants": "what is encrypted with that KMS key, and whom grants let use it",
    "secretsmanager/list-secrets": "which KMS keys secrets need",
    "ssm/describe-parameters": "which KMS keys parameters need",
    "s3api/get-bucket-encryption": "which KMS key that bucket needs",
    "logs/describe-log-groups": "destinations named logs:…",
    "logs/describe-subscription-filters": "whether events of that log group go to other accounts",
    "logs/describe-account-policies": "whether log events go to other accounts",
    "route53resolver/list-firewall-domain-lists": "names that AWS's own domain lists may block",
    "route53resolver/list-resolver-endpoint-ip-addresses": "names that resolver rules forward to that endpoint",
    "route53resolver/get-firewall-config": "whether names resolve while DNS Firewall does not answer",
    "route53profiles/list-profile-associations": _NAMES,
    "route53/list-hosted-zones-by-vpc": "names in hosted zones of other accounts",
    "codebuild/list-report-groups": "buckets that test reports are exported to",
    "codebuild/batch-get-report-groups": "buckets that test reports are exported to",
    "ecr/get-repository-policy": "resource policy of that repository",
    "ecr/get-registry-policy": "resource policy of the registry",
    "ecr/describe-registry": "whether the registry copies images to other accounts",
    "s3api/list-buckets": "resource policies of buckets",
    "s3api/get-bucket-acl": "whether everyone may use that bucket",
    "s3api/get-bucket-replication": "whether that bucket's objects are copied to other accounts",
    "s3api/get-bucket-policy": "resource policy of that bucket",
    "s3api/get-bucket-location": "destinations named s3:… of buckets in another Region",
    "s3api/get-public-access-block": "whether that bucket may be public",
    "s3control/get-public-access-block": "whether buckets may be public",
    "organizations/describe-organization": "policies that name the organization",
    "lambda/list-functions": "sources named lambda:…",
    "efs/describe-file-systems": "whether builds reach the file systems that they mount",
    "efs/describe-mount-targets": "whether builds reach that file system",
    "efs/describe-file-system-policy": "whether builds may mount that file system",
    "ecs/list-clusters": "sources named ecs:…",
    "ecs/list-services": "sources named ecs:… in that cluster",
    "ecs/describe-services": "sources named ecs:… in that cluster",
    "ecs/list-container-instances": "whether services that run on instances can be deployed",
    "ecs/describe-container-instances": "whether services that run on instances can be deployed",
    "codedeploy/list-applications": "what pipelines deploy to by CodeDeploy",
    "codedeploy/list-deployment-groups": "what pipelines deploy to by CodeDeploy",
    "codedeploy/batch-get-deployment-groups": "what pipelines deploy to by CodeDeploy",
    "ecs/describe-task-definition": "which image a service runs, and what its tasks need before they start",
}


def consequence(service: str, operation: str) -> str:
    """What cannot be decided without the answer of a call; "" where no verdict needs it yet.

    >>> consequence("ec2", "describe-nat-gateways")
    'routes to NAT gateways'
    >>> consequence("ec2", "describe-stale-security-groups")
    ''
    """
    if service == "ec2" and "transit-gateway" in operation:
        return _TRANSIT
    if service in ("elb", "elbv2"):
        return "ways to and through load balancers, and their names"
    if service == "network-firewall":
        return "routes through Network Firewall"
    if service == "organizations" and operation != "describe-organization":
        return "service and resource control policies"
    return _OTHER.get(f"{service}/{operation}") or (
        _OF_EC2.get(operation.removeprefix("describe-"), "") if service == "ec2" else ""
    )
