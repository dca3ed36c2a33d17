"""AWS services by endpoint service suffix: their host names, what private DNS covers, and which name is whose.

The suffix is the end of an endpoint service's name: ``ecr.dkr`` in ``com.amazonaws.us-east-1.ecr.dkr``. It is not
always the host's first label (``ecs-agent`` answers at ``ecs-a.R``) nor the IAM prefix (``monitoring`` is
``cloudwatch``). A service that the table lacks follows the SDKs' default pattern ``SUFFIX.R.S`` (R the Region,
S the partition's DNS suffix). Nothing here says that a name answers: a snapshot's own ``DnsEntries`` and
``PrivateDnsNames`` go before the names of this table, which stand in where it lacks them (facts N144, P15).

**Source:** botocore 1.44 (partitions.json and endpoint rule sets: hosts, Regions, suffixes); the answers of
DescribeVpcEndpointServices for us-east-1 published by Batfish and for us-west-2 by eksctl (private DNS names); aws-cdk
``vpc-endpoint.ts`` (prefixes of endpoint service names); AWS, "AWS PrivateLink for Amazon S3"; facts P13 to P39.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import msgspec


class Service(msgspec.Struct, frozen=True):
    """One service of the table.

    ``host`` is the ordinary Regional name, ``private_dns`` the names that an interface endpoint answers while its
    private DNS is on ("*." stands for one or more labels). Both are templates with ``{region}``, ``{suffix_domain}``
    (the partition's DNS suffix), ``{dual_domain}`` (its dual-stack suffix) and, in ``host``, ``{account}``. ``gateway``
    says that gateway endpoints exist too; ``ports`` are TCP; ``source`` is where the names were read: ``sample`` (a
    published API answer), ``botocore``, ``docs``, ``cdk`` (the suffix only; the names follow the default pattern).
    """

    suffix: str
    host: str
    private_dns: tuple[str, ...]
    iam_prefix: str
    gateway: bool
    ports: tuple[int, ...]
    source: str


class _Partition(msgspec.Struct, frozen=True):
    name: str
    regions: str  # regular expression
    suffix: str
    dual: str


ECR_DOWNLOAD: Final = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""What a pull asks for ("AWS managed policies for Amazon ECR", AmazonEC2ContainerRegistryPullOnly)."""
ECR_READ, ECR_WRITE = ECR_DOWNLOAD[0], "ecr:PutImage"
"""The request that asks for an image, and the one that puts it there."""
ECR_PULL: Final = ("ecr:BatchCheckLayerAvailability", *ECR_DOWNLOAD)
ECR_PUSH: Final = (
    "ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", ECR_WRITE,
    "ecr:UploadLayerPart",
)  # fmt: skip
"""What AWS has one allow for pulls and pushes ("IAM permissions for pushing an image", Amazon ECR User Guide)."""
BEARER_TOKEN: Final = "sts:GetServiceBearerToken"
"""A permission without a call of its own, which goes to no endpoint of AWS STS (IAM User Guide, "Service bearer
tokens")."""

# Facts P13; botocore partitions.json. The first is the SDKs' choice for a Region that no expression matches.
_PARTITIONS: Final = (
    _Partition("aws", r"(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+", "amazonaws.com", "api.aws"),
    _Partition("aws-cn", r"cn-[a-z]+-\d+", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    _Partition("aws-us-gov", r"us-gov-[a-z]+-\d+", "amazonaws.com", "api.aws"),
    _Partition("aws-eusc", r"eusc-de-[a-z]+-\d+", "amazonaws.eu", "api.amazonwebservices.eu"),
    _Partition("aws-iso", r"us-iso-[a-z]+-\d+", "c2s.ic.gov", "api.aws.ic.gov"),
    _Partition("aws-iso-b", r"us-isob-[a-z]+-\d+", "sc2s.sgov.gov", "api.aws.scloud"),
    _Partition("aws-iso-e", r"eu-isoe-[a-z]+-\d+", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    _Partition("aws-iso-f", r"us-isof-[a-z]+-\d+", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
)

_TAIL: Final = ".{region}.{suffix_domain}"

# Names by the default pattern, private DNS equal to the ordinary name: "suffix" or "suffix=IAM prefix".
_PLAIN_SAMPLES: Final = """
    access-analyzer acm-pca application-autoscaling athena autoscaling autoscaling-plans cassandra clouddirectory
    cloudformation cloudtrail codebuild codebuild-fips=codebuild codecommit codecommit-fips=codecommit codepipeline
    config dataexchange datasync ebs ec2 ec2messages ecs elasticbeanstalk elasticfilesystem
    elasticfilesystem-fips=elasticfilesystem elasticloadbalancing elasticmapreduce events git-codecommit=codecommit
    git-codecommit-fips=codecommit glue kms license-manager logs monitoring=cloudwatch rds-data rekognition
    secretsmanager servicecatalog sns sqs ssm ssmmessages states storagegateway sts synthetics transfer workspaces
"""
_PLAIN_CDK: Final = """
    backup batch bedrock-runtime=bedrock codedeploy codedeploy-commands-secure eks guardduty-data=guardduty
    imagebuilder inspector2 kms-fips=kms lambda network-firewall ram rds redshift redshift-data securityhub
    servicediscovery sqs-fips=sqs ssm-fips=ssm sts-fips=sts sync-states=states tagging=tag vpc-lattice wafv2 xray
"""
_PLAIN_BOTOCORE: Final = """
    account aco-automation agreement-marketplace=aws-marketplace aiops airflow amplify amplifybackend
    amplifyuibuilder aoss apigateway app-integrations appconfig appconfigdata=appconfig appfabric appflow
    application-cost-profiler applicationinsights appmesh apprunner appstream2=appstream appsync aps
    arc-zonal-shift artifact auditmanager b2bi backup-gateway bedrock bedrock-agent=bedrock
    bedrock-agent-runtime=bedrock bedrock-agentcore bedrock-agentcore-control=bedrock-agentcore
    bedrock-data-automation=bedrock bedrock-data-automation-runtime=bedrock billingconductor braket cases ce
    chatbot chime cleanrooms cleanrooms-ml cloud9 cloudcontrolapi cloudhsm cloudhsmv2=cloudhsm cloudsearch
    cloudsearchdomain=cloudsearch cloudtrail-data codeguru-profiler codeguru-reviewer codeguru-security
    codestar-notifications cognito-identity cognito-idp cognito-sync comprehend comprehendmedical
    compute-optimizer connect connect-campaigns contact-lens=connect controlcatalog controltower
    cost-optimization-hub cur data-signer=signer databrew datapipeline dax deadline
    deployment-marketplace=aws-marketplace devicefarm devops-guru directconnect discovery dlm dms docdb-elastic
    drs ds ds-data ec2-instance-connect elasticache elemental-inference email=ses emr-containers emr-serverless
    end-user-messaging entityresolution es eventsv2=events evs fis fms forecast forecastquery=forecast
    frauddetector fsx gamelift geo glacier globalaccelerator grafana greengrass groundstation guardduty health
    healthlake identity-chime=chime identitystore inspector inspector-scan internetmonitor iot iotfleetwise
    iotsitewise iotthingsgraph iottwinmaker ivs ivschat ivsrealtime=ivs kafka kafkaconnect kendra kinesisanalytics
    kinesisvideo lakeformation launchwizard license-manager-linux-subscriptions license-manager-user-subscriptions
    lightsail lookoutequipment m2 machinelearning macie2 mail-manager=ses managedblockchain
    managedblockchain-query marketplacecommerceanalytics media-pipelines-chime=chime mediaconnect mediaconvert
    medialive mediapackage mediapackage-vod mediapackagev2 mediastore medical-imaging meetings-chime=chime
    memory-db=memorydb messaging-chime=chime mgh mgn migrationhub-config=mgh migrationhub-orchestrator
    migrationhub-strategy models-v2-lex=lex mq mturk-requester neptune-db networkmonitor nova-act oam
    observabilityadmin odb oidc=sso-oauth omics osis outposts pca-connector-ad pca-connector-scep pcs personalize
    personalize-events=personalize personalize-runtime=personalize pi pinpoint=mobiletargeting pipes polly profile
    proton quicksight rbin redshift-serverless refactor-spaces reporting-marketplace=aws-marketplace repostspace
    resiliencehub resource-explorer-2 resource-groups rolesanywhere route53-recovery-cluster
    route53-recovery-readiness route53domains route53profiles route53resolver rtbfabric rum runtime-v2-lex=lex
    s3-outposts s3tables sagemaker-geospatial scheduler schemas scn securitylake serverlessrepo
    servicecatalog-appregistry=servicecatalog servicequotas shield signer sms-voice snow-device-management
    snowball social-messaging ssm-contacts ssm-guiconnect ssm-incidents ssm-quicksetup ssm-sap sso support
    supportapp swf tax textract thinclient timestream-influxdb transcribe translate trustedadvisor
    verifiedpermissions voice-chime=chime voiceid waf-regional wellarchitected wisdom workdocs workmail
    workmailmessageflow workspaces-web
"""

# (suffix, host, private DNS names, IAM prefix, source). The name "=" is the host itself.
_SPECIAL: Final[tuple[tuple[str, str, tuple[str, ...], str, str], ...]] = (
    ("codeartifact.api", "codeartifact" + _TAIL, ("=",), "codeartifact", "sample"),
    # A domain's host is DOMAIN-ACCOUNT.d.codeartifact.R.S; "domain" stands for any.
    ("codeartifact.repositories", "domain-{account}.d.codeartifact" + _TAIL, ("*.d.codeartifact" + _TAIL,),
     "codeartifact", "sample"),
    ("codeconnections.api", "codeconnections" + _TAIL, ("=",), "codeconnections", "botocore"),
    ("codestar-connections.api", "codestar-connections" + _TAIL, ("=",), "codestar-connections", "botocore"),
    ("dynamodb", "dynamodb" + _TAIL, ("=",), "dynamodb", "botocore"),
    ("dynamodb-streams", "streams.dynamodb" + _TAIL, ("=",), "dynamodb", "botocore"),
    ("ecr-public.api", "api.ecr-public.us-east-1.amazonaws.com", ("=",), "ecr-public", "botocore"),  # P27
    ("ecr.api", "api.ecr" + _TAIL, ("=",), "ecr", "sample"),
    ("ecr.dkr", "{account}.dkr.ecr" + _TAIL, ("*.dkr.ecr" + _TAIL,), "ecr", "sample"),
    ("ecs-agent", "ecs-a" + _TAIL, ("=",), "ecs", "sample"),
    ("ecs-telemetry", "ecs-t" + _TAIL, ("=",), "ecs", "sample"),
    ("eks-auth", "eks-auth.{region}.{dual_domain}", ("=",), "eks-auth", "botocore"),
    # An API's host is ID.execute-api.R.S; "api-id" stands for any.
    ("execute-api", "api-id.execute-api" + _TAIL, ("*.execute-api" + _TAIL,), "execute-api", "sample"),
    ("kinesis-firehose", "firehose" + _TAIL, ("=",), "firehose", "sample"),
    ("kinesis-streams", "kinesis" + _TAIL, ("=",), "kinesis", "sample"),
    # N145: the names below these three as well; not dual-stack, FIPS, website, dash-Region and legacy global names.
    ("s3", "s3" + _TAIL,
     ("=", "*.s3" + _TAIL, "s3-accesspoint" + _TAIL, "*.s3-accesspoint" + _TAIL, "s3-control" + _TAIL,
      "*.s3-control" + _TAIL),
     "s3", "docs"),
    ("s3express", "s3express-control" + _TAIL, ("=",), "s3express", "cdk"),
    ("sagemaker.api", "api.sagemaker" + _TAIL, ("=",), "sagemaker", "sample"),
    ("sagemaker.runtime", "runtime.sagemaker" + _TAIL, ("=",), "sagemaker", "sample"),
    ("transfer.server", "server-id.server.transfer" + _TAIL, ("*.server.transfer" + _TAIL,), "transfer", "sample"),
)  # fmt: skip

_GATEWAY: Final = ("dynamodb", "s3", "s3express")
# P17: S3 and DynamoDB also answer plain HTTP. Amazon Keyspaces speaks CQL.
_PORTS: Final = {"cassandra": (9142,), "dynamodb": (443, 80), "s3": (443, 80)}


CODEARTIFACT_ACCOUNTS: Final = {
    "us-east-1": "193858265520", "us-east-2": "250872398865", "us-west-2": "787052242323",
    "eu-west-1": "438097961670", "eu-west-2": "247805302724", "eu-west-3": "762466490029",
    "eu-north-1": "611884512288", "eu-south-1": "484130244270", "eu-central-1": "769407342218",
    "ap-northeast-1": "660291247815",
}  # fmt: skip
"""By Region the account in the name of the bucket that holds CodeArtifact's assets (CodeArtifact User Guide, "Create
the Amazon S3 gateway endpoint")."""


def _services() -> Iterable[Service]:
    def make(suffix: str, host: str, names: tuple[str, ...], iam: str, source: str) -> Service:
        private = tuple(host if name == "=" else name for name in names)
        return Service(suffix, host, private, iam, suffix in _GATEWAY, _PORTS.get(suffix, (443,)), source)

    for source, words in (("sample", _PLAIN_SAMPLES), ("cdk", _PLAIN_CDK), ("botocore", _PLAIN_BOTOCORE)):
        for word in words.split():
            suffix, _, iam = word.partition("=")
            yield make(suffix, suffix + _TAIL, ("=",), iam or suffix, source)
    for row in _SPECIAL:
        yield make(*row)


SERVICES: Final[Mapping[str, Service]] = MappingProxyType(
    {service.suffix: service for service in sorted(_services(), key=lambda service: service.suffix)}
)
"""The table, by suffix, sorted."""

# Services with one endpoint per partition: suffix -> partition -> host (botocore endpoint rule sets).
_GLOBAL_HOSTS: Final = {
    "iam": {
        "aws": "iam.amazonaws.com",
        "aws-cn": "iam.cn-north-1.amazonaws.com.cn",
        "aws-us-gov": "iam.us-gov.amazonaws.com",
    },
    "organizations": {
        "aws": "organizations.us-east-1.amazonaws.com",
        "aws-cn": "organizations.cn-northwest-1.amazonaws.com.cn",
        "aws-us-gov": "organizations.us-gov-west-1.amazonaws.com",
    },
    "route53": {
        "aws": "route53.amazonaws.com",
        "aws-cn": "route53.amazonaws.com.cn",
        "aws-us-gov": "route53.us-gov.amazonaws.com",
    },
    "s3-global.accesspoint": {"aws": "accesspoint.s3-global.amazonaws.com"},
    "savingsplans": {"aws": "savingsplans.amazonaws.com"},
}

# What stands before the Region in an endpoint service's name (P15, aws-cdk vpc-endpoint.ts), longest first.
_SERVICE_NAME_PREFIXES: Final = (
    "cn.com.amazonaws.",
    "gov.ic.hci.csp.",
    "gov.sgov.sc2s.",
    "uk.adc-e.cloud.",
    "aws.sagemaker.",
    "com.amazonaws.",
    "eu.amazonaws.",
    "gov.ic.c2s.",
    "aws.api.",
)
_GLOBAL_SERVICE_NAMES: Final = {
    "com.amazonaws.iam": "iam",
    "com.amazonaws.route53": "route53",
    "com.amazonaws.s3-global.accesspoint": "s3-global.accesspoint",
    "com.amazonaws.savingsplans": "savingsplans",
    "aws.api.global.codecatalyst": "codecatalyst",
}

# What stands before the Region in a host -> suffix, where the two differ. Forms that private DNS does not cover
# (ecr.R.S, FIPS, dual-stack) are the service's names all the same.
_BY_PREFIX: Final = {
    "api.ecr": "ecr.api",
    "api.ecr-fips": "ecr.api",
    "api.ecr-public": "ecr-public.api",
    "api.sagemaker": "sagemaker.api",
    "codeartifact": "codeartifact.api",
    "codeconnections": "codeconnections.api",
    "codestar-connections": "codestar-connections.api",
    "dkr.ecr": "ecr.dkr",
    "dynamodb-fips": "dynamodb",
    "ecr": "ecr.api",
    "ecr-fips": "ecr.api",
    "ecr-public": "ecr-public.api",
    "ecs-a": "ecs-agent",
    "ecs-t": "ecs-telemetry",
    "firehose": "kinesis-firehose",
    "kinesis": "kinesis-streams",
    "queue": "sqs",
    "runtime.sagemaker": "sagemaker.runtime",
    "s3express-control": "s3express",
    "streams.dynamodb": "dynamodb-streams",
}
# Any labels may stand before these.
_BY_WILDCARD: Final = {
    "d.codeartifact": "codeartifact.repositories",
    "ddb": "dynamodb",  # account-based endpoints
    "dkr.ecr": "ecr.dkr",
    "dkr.ecr-fips": "ecr.dkr",
    "execute-api": "execute-api",
    "server.transfer": "transfer.server",
}
# Other hosts with two labels that botocore's rule sets generate; their endpoint service is not in the table.
_TWO_LABEL_HOSTS: Final = """
    a2i-runtime.sagemaker admin.wickr api.detective api.iotdeviceadvisor api.iotwireless api.mediatailor api.pricing
    api.tunneling.iot catalog.marketplace controlplane.payment-cryptography data-ats.iot data.jobs.iot data.mediastore
    data.qapps dataplane.payment-cryptography edge.sagemaker entitlement.marketplace featurestore-runtime.sagemaker
    gateway-runtime.sagemaker inferencerouter-runtime.sagemaker ingest.timestream maps.geo metering.marketplace
    metrics.sagemaker models.lex participant.connect places.geo portal.sso query.timestream routes.geo runtime.lex
    sms-voice.pinpoint
"""
_S3_LABELS: Final = ("s3", "s3-fips", "s3-accesspoint", "s3-accesspoint-fips", "s3-control", "s3-control-fips")
_ECR_PUBLIC_HOSTS: Final = ("public.ecr.aws", "ecr-public.aws.com")
_DOMAINS: Final = sorted({domain for part in _PARTITIONS for domain in (part.suffix, part.dual)}, key=len, reverse=True)

_MOST_LABELS: Final = max(name.count(".") + 1 for name in _BY_WILDCARD)

Owner = tuple[str | None, str | None, bool]
_NOT_AWS: Final[Owner] = (None, None, False)


@lru_cache(maxsize=256)
def _partition(region: str) -> _Partition | None:
    return next((part for part in _PARTITIONS if re.fullmatch(part.regions, region)), None)


def partition_of(region: str) -> str:
    """The partition of a Region. A Region that fits no partition counts as ``aws``, as in the SDKs.

    >>> partition_of("cn-north-1")
    'aws-cn'
    """
    return (_partition(region) or _PARTITIONS[0]).name


def dns_suffix(region: str) -> str:
    """The DNS suffix of ordinary service names in a Region's partition.

    >>> dns_suffix("cn-north-1")
    'amazonaws.com.cn'
    """
    return (_partition(region) or _PARTITIONS[0]).suffix


def dual_suffix(region: str) -> str:
    """The DNS suffix of dual-stack service names in a Region's partition (P13)."""
    return (_partition(region) or _PARTITIONS[0]).dual


def service(suffix: str) -> Service | None:
    """The table's row for an endpoint service suffix; None where the default pattern applies."""
    return SERVICES.get(suffix)


def is_known(suffix: str) -> bool:
    """Whether a service's host name is known, not only made by the default pattern."""
    return suffix in SERVICES or suffix in _GLOBAL_HOSTS


def _fill(template: str, region: str, account: str = "") -> str:
    part = _partition(region) or _PARTITIONS[0]
    return template.format(region=region, account=account, suffix_domain=part.suffix, dual_domain=part.dual)


def host(suffix: str, region: str, account: str) -> str:
    """The ordinary Regional host name of a service, for a client of ``account`` (12 digits).

    Where hosts are per resource, a word stands for the resource: ``domain-ACCOUNT.d.codeartifact…``. Global services
    give their partition's one host, ECR Public the only one it has (us-east-1).

    >>> host("ecr.dkr", "ap-northeast-1", "111111111111")
    '111111111111.dkr.ecr.ap-northeast-1.amazonaws.com'
    """
    fixed = _GLOBAL_HOSTS.get(suffix, {}).get(partition_of(region))
    if fixed:
        return fixed
    known = SERVICES.get(suffix)
    return _fill(known.host if known else suffix + _TAIL, region, account)


def layer_bucket(region: str) -> str:
    """The bucket that ECR's registries of a Region send clients to for layers (facts P5, P6)."""
    return f"prod-{region}-starport-layer-bucket"


def layer_objects(region: str) -> str:
    """The ARN of everything in a Region's bucket of layers."""
    return f"arn:{partition_of(region)}:s3:::{layer_bucket(region)}/*"


def private_dns_names(suffix: str, region: str) -> tuple[str, ...]:
    """The names that an interface endpoint answers while its private DNS is on ("*.x": any name below x).

    An assumption where the snapshot holds ``DnsEntries`` or ``PrivateDnsNames``; use those first.

    >>> private_dns_names("ecr.dkr", "us-east-1")
    ('*.dkr.ecr.us-east-1.amazonaws.com',)
    """
    known = SERVICES.get(suffix)
    if suffix in _GLOBAL_HOSTS or known is None:
        return (host(suffix, region, ""),)
    return tuple(_fill(name, region) for name in known.private_dns)


def suffix_of_service_name(service_name: str) -> tuple[str, str] | None:
    """(suffix, Region) of an endpoint's ``ServiceName``; None if the service isn't AWS's own.

    The Region is "" for AWS's global endpoint services (``com.amazonaws.iam``). Services that customers and partners
    offer (``com.amazonaws.vpce.R.vpce-svc-…``, Marketplace names) give None. In China a name may end in ``.cn``
    (``cn.com.amazonaws.cn-north-1.transcribe.cn``), which is no part of the suffix.

    >>> suffix_of_service_name("cn.com.amazonaws.cn-north-1.ecr.dkr")
    ('ecr.dkr', 'cn-north-1')
    >>> suffix_of_service_name("com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0")
    """
    fixed = _GLOBAL_SERVICE_NAMES.get(service_name)
    if fixed:
        return fixed, ""
    for prefix in _SERVICE_NAME_PREFIXES:
        if service_name.startswith(prefix):
            region, dot, suffix = service_name.removeprefix(prefix).partition(".")
            if dot and suffix and _partition(region):
                return suffix.removesuffix(".cn") if region.startswith("cn-") else suffix, region
    return None


def service_of_host(host: str) -> Owner:
    """(suffix, Region, is it AWS's?) of a DNS name, judged by its form alone.

    The third is True for the public host names of AWS services, whether or not an endpoint service is known for them:
    suffix is None if none is (``public.ecr.aws``, S3 websites, S3 Transfer Acceleration). Region is None if the name
    doesn't tell it (``sts.amazonaws.com``, ``bucket.s3.amazonaws.com``). Names of customers' resources that live under
    AWS's domains (load balancers, databases, instances, function URLs, CloudFront) and endpoints' own ``vpce-…`` names
    give (None, None, False), and so does every name that isn't recognised. Whether an endpoint's private DNS covers a
    name is another question: see `private_dns_names`.

    >>> service_of_host("123456789012.dkr.ecr.us-east-1.amazonaws.com")
    ('ecr.dkr', 'us-east-1', True)
    >>> service_of_host("web-1.us-east-1.elb.amazonaws.com")
    (None, None, False)
    """
    name = host.lower().rstrip(".")
    if name in _ECR_PUBLIC_HOSTS:
        return None, None, True
    for domain in _DOMAINS:
        if name.endswith("." + domain):
            return _below(name.removesuffix("." + domain).split("."), domain)
    for domain in ("on.aws", "on.amazonwebservices.com.cn", "on.amazonwebservices.eu"):  # P25: dual-stack registries
        if name.endswith("." + domain):
            labels = name.removesuffix("." + domain).split(".")
            if len(labels) == 3 and labels[1] in ("dkr-ecr", "dkr-ecr-fips") and _partition(labels[2]):
                return "ecr.dkr", labels[2], True
    return _NOT_AWS


def _below(labels: list[str], domain: str) -> Owner:
    """The owner of the name whose labels stand before one of AWS's domains."""
    if not all(labels):
        return _NOT_AWS
    *head, last = labels
    part = _partition(last)
    if part and domain in (part.suffix, part.dual):
        return _regional(head, last)
    if last == "s3" or (last == "dualstack" and head[-1:] == ["s3"]):  # P36: legacy global names
        return "s3", None, True
    if last.startswith("s3-"):
        return _s3_dash(last.removeprefix("s3-"))
    if last == "dualstack" and head[-1:] == ["s3-accelerate"]:
        return None, None, True
    if last == "queue" and len(head) == 1 and _partition(head[0]):  # legacy names of SQS, Region first
        return "sqs", head[0], True
    if last in ("us-gov", "global") and len(head) == 1:
        return head[0], None, True
    if not head and domain in {p.suffix for p in _PARTITIONS} and last != "vpce":
        return _BY_PREFIX.get(last, last), None, True
    return _NOT_AWS


def _s3_dash(rest: str) -> Owner:
    """S3 names whose Region is joined by a dash: ``s3-R``, ``s3-fips-R``, ``s3-website-R`` and the named ones."""
    if rest == "external-1":
        return "s3", "us-east-1", True
    if rest == "accelerate":  # P37: edge addresses, not in the Region's prefix list
        return None, None, True
    if rest == "global":
        return "s3-global.accesspoint", None, True
    website = rest.startswith("website-")
    region = rest.removeprefix("website-").removeprefix("fips-")
    return (None if website else "s3", region, True) if _partition(region) else _NOT_AWS


def _regional(head: list[str], region: str) -> Owner:
    """The owner of a name whose last label before the domain is a Region."""
    if not head:
        return _NOT_AWS
    prefix = ".".join(head)
    family = head[-2] if head[-1] == "dualstack" and len(head) > 1 else head[-1]
    if family in _S3_LABELS:
        return "s3", region, True
    if family.startswith("s3express-"):
        return "s3express", region, True
    if family == "s3-website" or prefix in _TWO_LABEL_HOSTS.split():
        return None, region, True
    if prefix in _BY_PREFIX:
        return _BY_PREFIX[prefix], region, True
    for start in range(max(1, len(head) - _MOST_LABELS), len(head)):
        wildcard = ".".join(head[start:])
        if wildcard in _BY_WILDCARD:
            return _BY_WILDCARD[wildcard], region, True
    if len(head) > 1:
        return _NOT_AWS
    numbered = re.fullmatch(r"(ecs-[at])-\d+", prefix)  # the hosts that ecs DiscoverPollEndpoint names
    return (_BY_PREFIX[numbered[1]] if numbered else prefix), region, True


def is_codeartifact_bucket(bucket: str) -> bool:
    """Whether a bucket is the one that holds a Region's assets of CodeArtifact.

    >>> is_codeartifact_bucket("assets-193858265520-us-east-1"), is_codeartifact_bucket("assets-111122223333-us-east-1")
    (True, False)
    """
    head, account, region = (*bucket.split("-", 2), "", "")[:3]
    return head == "assets" and bool(account) and CODEARTIFACT_ACCOUNTS.get(region) == account
