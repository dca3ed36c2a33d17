"""Which AWS APIs Terraform's resources and data sources are read and made by, as far as their types tell.

Types of the table alone are told; a resource that ``count``, ``for_each`` or another provider's region may keep away is
``likely`` only, as are all where a plan is made or carried out by itself: of what is there the one asks, and the other
of what changes. **Source:** terraform-provider-aws, ``names/data/names_data.hcl`` (``resource_prefix`` by service);
Terraform, "Command: plan" (refreshing), "Command: apply" (saved plan mode).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reachsim import services
from reachsim.pipeline.records import Confidence, Destination

_SERVICES: Final = {
    "acm": "acm", "api_gateway": "apigateway", "apigatewayv2": "apigateway",
    "appautoscaling": "application-autoscaling", "appsync": "appsync", "athena": "athena",
    "autoscaling": "autoscaling", "backup": "backup", "batch": "batch",
    "caller_identity": "sts", "cloudformation": "cloudformation", "cloudtrail": "cloudtrail",
    "cloudwatch": "monitoring", "cloudwatch_event": "events", "cloudwatch_log": "logs",
    "cloudwatch_query_definition": "logs",
    "codeartifact": "codeartifact.api", "codebuild": "codebuild", "codecommit": "codecommit",
    "codedeploy": "codedeploy", "codepipeline": "codepipeline", "cognito_identity_pool": "cognito-identity",
    "cognito_user_pool": "cognito-idp", "datasync": "datasync", "db": "rds", "rds": "rds", "dynamodb": "dynamodb",
    "ecr": "ecr.api", "ecs": "ecs", "efs": "elasticfilesystem", "eks": "eks", "elasticache": "elasticache",
    "elasticsearch": "es", "opensearch": "es", "glue": "glue", "guardduty": "guardduty", "iam": "iam",
    "imagebuilder": "imagebuilder", "kinesis_stream": "kinesis-streams", "kms": "kms", "lambda": "lambda",
    "alb": "elasticloadbalancing", "elb": "elasticloadbalancing", "lb": "elasticloadbalancing",
    "lbs": "elasticloadbalancing", "launch_configuration": "autoscaling", "mq": "mq", "msk": "kafka",
    "networkfirewall": "network-firewall", "organizations": "organizations", "ram": "ram", "redshift": "redshift",
    "route53": "route53", "route53_resolver": "route53resolver", "s3": "s3", "scheduler": "scheduler",
    "secretsmanager": "secretsmanager", "service_discovery": "servicediscovery", "sfn": "states", "sns": "sns",
    "sqs": "sqs", "ssm": "ssm", "synthetics": "synthetics", "transfer": "transfer", "xray": "xray",
    **dict.fromkeys((
        "ami", "availability_zone", "availability_zones", "customer_gateway", "default", "ebs", "ec2", "egress", "eip",
        "eips", "flow_log", "instance", "instances", "internet_gateway", "key_pair", "launch_template", "main_route",
        "nat_gateway", "nat_gateways", "network_acl", "network_acls", "network_interface", "network_interfaces",
        "placement_group", "prefix_list", "regions", "route", "route_table", "route_tables", "security_group",
        "security_groups", "spot", "subnet", "subnets", "volume_attachment", "vpc", "vpcs", "vpn",
    ), "ec2"),
    **dict.fromkeys((
        "eks_cluster_auth", "iam_policy_document", "s3_access", "s3_account", "s3_directory", "s3_bucket_object_lambda",
        "kms_secrets", "default_tags", "vpc_peering", "route53_profiles",
    ), ""),
}  # fmt: skip
"""By what a type begins with behind ``aws_``, the longest counting: the service; "" where it is none or several."""
_OPENS: Final = re.compile(r'(?m)^[ \t]*(resource|data)[ \t]+"aws_(\w+)"[ \t]+"[\w-]+"[ \t]*\{')
_MAY_STAY_AWAY: Final = re.compile(r"(?m)^[ \t]*(?:count|for_each|provider)[ \t]*=")
_REGION: Final = re.compile(r"(?m)^[ \t]*region[ \t]*=")


def service_of(kind: str) -> str:
    """The service that a type's API is of, "" if the table does not tell.

    >>> service_of("cloudwatch_log_group"), service_of("sqs_queue"), service_of("quantum_leap")
    ('logs', 'sqs', '')
    """
    words = kind.split("_")
    starts = ("_".join(words[:many]) for many in range(len(words), 0, -1))
    return next((_SERVICES[start] for start in starts if start in _SERVICES), "")


def apis(text: str, region: str, *, applied: bool) -> Iterator[Destination]:
    """The APIs of a configuration's own resources and data sources.

    Args:
        text: all of its ``.tf`` files, without comments.
        region: that of its AWS provider.
        applied: whether all of it is read or made: by an apply that plans and refreshes for itself.
    """
    found: dict[str, Confidence] = {}
    if re.search(r"\bendpoints[ \t]*\{", text):
        return  # of the provider: LocalStack's, say
    starts = list(_OPENS.finditer(text))
    for number, start in enumerate(starts):
        service = service_of(start[2])
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        closed = text.find("\n}", start.end(), end)
        body = text[start.end() : closed if closed >= 0 else end]
        if not service or _REGION.search(body):
            continue
        # of a text of several lines, which may hold a brace, the end is not known, nor what a comment takes away
        sure = applied and "<<" not in body and "/*" not in text and not _MAY_STAY_AWAY.search(body)
        if sure or service not in found:
            found[service] = "certain" if sure else "likely"
    for service, confidence in found.items():
        yield Destination(services.host(service, region, ""), 443, "aws", confidence, "run", service)
