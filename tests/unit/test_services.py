"""Host names of AWS services, checked against botocore and against published API answers."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from reachsim import services
from reachsim.services import (
    SERVICES,
    dns_suffix,
    host,
    partition_of,
    private_dns_names,
    service,
    service_of_host,
    suffix_of_service_name,
)

ACCOUNT = "111111111111"
REGIONS = ("us-east-1", "ap-northeast-1", "cn-north-1", "us-gov-west-1")
# Endpoint service suffix -> the SDK's service whose ordinary host it is.
SDK = {
    "application-autoscaling": "application-autoscaling",
    "athena": "athena",
    "autoscaling": "autoscaling",
    "bedrock-runtime": "bedrock-runtime",
    "cloudformation": "cloudformation",
    "cloudtrail": "cloudtrail",
    "codeartifact.api": "codeartifact",
    "codebuild": "codebuild",
    "codecommit": "codecommit",
    "codeconnections.api": "codeconnections",
    "codedeploy": "codedeploy",
    "codepipeline": "codepipeline",
    "codestar-connections.api": "codestar-connections",
    "config": "config",
    "dynamodb": "dynamodb",
    "dynamodb-streams": "dynamodbstreams",
    "ec2": "ec2",
    "ecr.api": "ecr",
    "ecs": "ecs",
    "eks": "eks",
    "eks-auth": "eks-auth",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "events": "events",
    "iam": "iam",
    "kinesis-firehose": "firehose",
    "kinesis-streams": "kinesis",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "network-firewall": "network-firewall",
    "organizations": "organizations",
    "rds": "rds",
    "route53": "route53",
    "s3": "s3",
    "sagemaker.api": "sagemaker",
    "sagemaker.runtime": "sagemaker-runtime",
    "secretsmanager": "secretsmanager",
    "servicediscovery": "servicediscovery",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "states": "stepfunctions",
    "sts": "sts",
    "tagging": "resourcegroupstaggingapi",
    "xray": "xray",
}
# PrivateDnsName of DescribeVpcEndpointServices in us-east-1, from batfish/batfish (Apache License 2.0),
# networks "vpc-endpoint-interface"; without those whose service is not in the table.
PUBLISHED = {
    "codeartifact.api": "codeartifact.us-east-1.amazonaws.com",
    "codeartifact.repositories": "*.d.codeartifact.us-east-1.amazonaws.com",
    "codebuild": "codebuild.us-east-1.amazonaws.com",
    "codebuild-fips": "codebuild-fips.us-east-1.amazonaws.com",
    "codecommit": "codecommit.us-east-1.amazonaws.com",
    "codecommit-fips": "codecommit-fips.us-east-1.amazonaws.com",
    "codepipeline": "codepipeline.us-east-1.amazonaws.com",
    "ec2": "ec2.us-east-1.amazonaws.com",
    "ec2messages": "ec2messages.us-east-1.amazonaws.com",
    "ecr.api": "api.ecr.us-east-1.amazonaws.com",
    "ecr.dkr": "*.dkr.ecr.us-east-1.amazonaws.com",
    "ecs": "ecs.us-east-1.amazonaws.com",
    "ecs-agent": "ecs-a.us-east-1.amazonaws.com",
    "ecs-telemetry": "ecs-t.us-east-1.amazonaws.com",
    "elasticfilesystem": "elasticfilesystem.us-east-1.amazonaws.com",
    "events": "events.us-east-1.amazonaws.com",
    "execute-api": "*.execute-api.us-east-1.amazonaws.com",
    "git-codecommit": "git-codecommit.us-east-1.amazonaws.com",
    "git-codecommit-fips": "git-codecommit-fips.us-east-1.amazonaws.com",
    "kinesis-firehose": "firehose.us-east-1.amazonaws.com",
    "kinesis-streams": "kinesis.us-east-1.amazonaws.com",
    "kms": "kms.us-east-1.amazonaws.com",
    "logs": "logs.us-east-1.amazonaws.com",
    "monitoring": "monitoring.us-east-1.amazonaws.com",
    "sagemaker.api": "api.sagemaker.us-east-1.amazonaws.com",
    "sagemaker.runtime": "runtime.sagemaker.us-east-1.amazonaws.com",
    "secretsmanager": "secretsmanager.us-east-1.amazonaws.com",
    "sns": "sns.us-east-1.amazonaws.com",
    "sqs": "sqs.us-east-1.amazonaws.com",
    "ssm": "ssm.us-east-1.amazonaws.com",
    "ssmmessages": "ssmmessages.us-east-1.amazonaws.com",
    "states": "states.us-east-1.amazonaws.com",
    "sts": "sts.us-east-1.amazonaws.com",
    "transfer.server": "*.server.transfer.us-east-1.amazonaws.com",
}


@cache
def loader() -> Any:
    return pytest.importorskip("botocore.session").get_session().get_component("data_loader")


@cache
def sdk_host(name: str, region: str) -> str:
    """What the SDK would contact, by the service's endpoint rule set."""
    provider = pytest.importorskip("botocore.endpoint_provider").EndpointProvider
    rules = loader().load_service_model(name, "endpoint-rule-set-1")
    given = {"Region": region, "UseFIPS": False, "UseDualStack": False, "UseGlobalEndpoint": False}
    known = {key: value for key, value in given.items() if key in rules["parameters"]}
    url = provider(rules, loader().load_data("partitions")).resolve_endpoint(**known).url
    return str(url).removeprefix("https://")


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("suffix", SDK)
def test_hosts_are_those_the_sdk_contacts(suffix: str, region: str) -> None:
    assert host(suffix, region, ACCOUNT) == sdk_host(SDK[suffix], region)


def test_ecr_public_has_its_api_in_one_region() -> None:
    assert host("ecr-public.api", "ap-northeast-1", ACCOUNT) == sdk_host("ecr-public", "us-east-1")


def test_partitions_are_those_of_the_sdk() -> None:
    partitions = loader().load_data("partitions")["partitions"]
    assert {part.name for part in services._PARTITIONS} == {part["id"] for part in partitions}
    for part in partitions:
        for region in part["regions"]:
            if region.endswith("-global"):
                continue
            assert (partition_of(region), dns_suffix(region)) == (part["id"], part["outputs"]["dnsSuffix"])
            assert services._fill("{dual_domain}", region) == part["outputs"]["dualStackDnsSuffix"]


def test_an_unknown_region_counts_as_the_ordinary_partition() -> None:
    assert (partition_of("mars-north-1"), dns_suffix("mars-north-1")) == ("aws", "amazonaws.com")


@pytest.mark.parametrize(("suffix", "name"), PUBLISHED.items())
def test_private_dns_names_are_those_published(suffix: str, name: str) -> None:
    assert private_dns_names(suffix, "us-east-1") == (name,)


def test_private_dns_of_s3_covers_buckets_access_points_and_control() -> None:
    assert private_dns_names("s3", "cn-north-1") == (
        "s3.cn-north-1.amazonaws.com.cn",
        "*.s3.cn-north-1.amazonaws.com.cn",
        "s3-accesspoint.cn-north-1.amazonaws.com.cn",
        "*.s3-accesspoint.cn-north-1.amazonaws.com.cn",
        "s3-control.cn-north-1.amazonaws.com.cn",
        "*.s3-control.cn-north-1.amazonaws.com.cn",
    )


def test_an_unknown_suffix_follows_the_default_pattern() -> None:
    assert service("newthing") is None
    assert host("newthing", "cn-north-1", ACCOUNT) == "newthing.cn-north-1.amazonaws.com.cn"
    assert private_dns_names("newthing", "us-east-1") == ("newthing.us-east-1.amazonaws.com",)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("suffix", SERVICES)
def test_the_ordinary_name_is_covered_by_private_dns_and_found_again(suffix: str, region: str) -> None:
    name = host(suffix, region, ACCOUNT)
    assert any(
        name.endswith(pattern.removeprefix("*")) if pattern.startswith("*.") else name == pattern
        for pattern in private_dns_names(suffix, region)
    )
    found, where, aws = service_of_host(name)
    assert (found, aws) == (suffix, True)
    assert where in (region, "us-east-1")


@pytest.mark.parametrize("suffix", SERVICES)
def test_a_row_is_filled(suffix: str) -> None:
    row = SERVICES[suffix]
    assert row.suffix == suffix
    assert row.iam_prefix
    assert row.ports
    assert row.private_dns
    assert row.source in ("sample", "botocore", "docs", "cdk")


def test_gateways_exist_for_s3_and_dynamodb_only() -> None:
    assert [row.suffix for row in SERVICES.values() if row.gateway] == ["dynamodb", "s3", "s3express"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("com.amazonaws.us-east-1.ecr.dkr", ("ecr.dkr", "us-east-1")),
        ("com.amazonaws.us-east-1.git-codecommit-fips", ("git-codecommit-fips", "us-east-1")),
        ("com.amazonaws.us-gov-west-1.s3", ("s3", "us-gov-west-1")),
        ("com.amazonaws.cn-north-1.s3", ("s3", "cn-north-1")),
        ("cn.com.amazonaws.cn-north-1.s3", ("s3", "cn-north-1")),
        ("cn.com.amazonaws.cn-northwest-1.transcribe.cn", ("transcribe", "cn-northwest-1")),
        ("eu.amazonaws.eusc-de-east-1.ecr.api", ("ecr.api", "eusc-de-east-1")),
        ("gov.ic.c2s.us-iso-east-1.ecr.api", ("ecr.api", "us-iso-east-1")),
        ("gov.sgov.sc2s.us-isob-east-1.ecr.dkr", ("ecr.dkr", "us-isob-east-1")),
        ("gov.ic.hci.csp.us-isof-south-1.ebs", ("ebs", "us-isof-south-1")),
        ("uk.adc-e.cloud.eu-isoe-west-1.execute-api", ("execute-api", "eu-isoe-west-1")),
        ("aws.api.us-east-1.bcm-data-exports", ("bcm-data-exports", "us-east-1")),
        ("aws.sagemaker.us-east-1.notebook", ("notebook", "us-east-1")),
        ("com.amazonaws.iam", ("iam", "")),
        ("com.amazonaws.s3-global.accesspoint", ("s3-global.accesspoint", "")),
        ("aws.api.global.codecatalyst", ("codecatalyst", "")),
        ("com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0", None),
        ("cn.com.amazonaws.vpce.cn-north-1.vpce-svc-0123456789abcdef0", None),
        ("com.example.us-east-1.s3", None),
        ("com.amazonaws.us-east-1", None),
        ("com.amazonaws.nowhere.s3", None),
        ("", None),
    ],
)
def test_endpoint_service_names(name: str, expected: tuple[str, str] | None) -> None:
    assert suffix_of_service_name(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("api.ecr.us-east-1.amazonaws.com", ("ecr.api", "us-east-1")),
        ("API.ECR.us-east-1.AmazonAWS.com.", ("ecr.api", "us-east-1")),
        ("ecr.us-east-1.amazonaws.com", ("ecr.api", "us-east-1")),
        ("ecr-fips.us-east-1.amazonaws.com", ("ecr.api", "us-east-1")),
        ("api.ecr-fips.us-gov-west-1.amazonaws.com", ("ecr.api", "us-gov-west-1")),
        ("ecr.us-east-1.api.aws", ("ecr.api", "us-east-1")),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", ("ecr.dkr", "cn-north-1")),
        ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", ("ecr.dkr", "us-east-1")),
        ("123456789012.dkr-ecr.us-east-1.on.aws", ("ecr.dkr", "us-east-1")),
        ("public.ecr.aws", (None, None)),
        ("ecr-public.aws.com", (None, None)),
        ("api.ecr-public.us-east-1.amazonaws.com", ("ecr-public.api", "us-east-1")),
        ("ecr-public.us-east-1.api.aws", ("ecr-public.api", "us-east-1")),
        ("s3.us-east-1.amazonaws.com", ("s3", "us-east-1")),
        ("bucket.s3.us-east-1.amazonaws.com", ("s3", "us-east-1")),
        ("bucket.with.dots.s3.us-east-1.amazonaws.com", ("s3", "us-east-1")),
        ("prod-ap-northeast-1-starport-layer-bucket.s3.ap-northeast-1.amazonaws.com", ("s3", "ap-northeast-1")),
        ("s3-us-west-2.amazonaws.com", ("s3", "us-west-2")),
        ("bucket.s3-us-west-2.amazonaws.com", ("s3", "us-west-2")),
        ("s3-fips-us-gov-west-1.amazonaws.com", ("s3", "us-gov-west-1")),
        ("s3-external-1.amazonaws.com", ("s3", "us-east-1")),
        ("bucket.s3.amazonaws.com", ("s3", None)),
        ("s3.amazonaws.com", ("s3", None)),
        ("bucket.s3.dualstack.eu-west-1.amazonaws.com", ("s3", "eu-west-1")),
        ("s3-fips.dualstack.us-east-1.amazonaws.com", ("s3", "us-east-1")),
        ("name-111111111111.s3-accesspoint.us-east-1.amazonaws.com", ("s3", "us-east-1")),
        ("111111111111.s3-control.us-east-1.amazonaws.com", ("s3", "us-east-1")),
        ("bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", ("s3express", "us-east-1")),
        ("bucket.s3-accelerate.amazonaws.com", (None, None)),
        ("bucket.s3-accelerate.dualstack.amazonaws.com", (None, None)),
        ("bucket.s3-website-us-east-1.amazonaws.com", (None, "us-east-1")),
        ("bucket.s3-website.eu-central-1.amazonaws.com", (None, "eu-central-1")),
        ("alias.accesspoint.s3-global.amazonaws.com", ("s3-global.accesspoint", None)),
        ("sts.amazonaws.com", ("sts", None)),
        ("sts.us-east-1.amazonaws.com", ("sts", "us-east-1")),
        ("sts-fips.us-east-1.amazonaws.com", ("sts-fips", "us-east-1")),
        ("iam.amazonaws.com", ("iam", None)),
        ("iam.us-gov.amazonaws.com", ("iam", None)),
        ("dynamodb.us-east-1.amazonaws.com", ("dynamodb", "us-east-1")),
        ("111111111111.ddb.us-east-1.amazonaws.com", ("dynamodb", "us-east-1")),
        ("git-codecommit.eu-west-1.amazonaws.com", ("git-codecommit", "eu-west-1")),
        ("logs.us-east-1.api.aws", ("logs", "us-east-1")),
        ("logs.eusc-de-east-1.amazonaws.eu", ("logs", "eusc-de-east-1")),
        ("logs.us-iso-east-1.c2s.ic.gov", ("logs", "us-iso-east-1")),
        ("ecs-a-12.us-east-1.amazonaws.com", ("ecs-agent", "us-east-1")),
        ("mine-111111111111.d.codeartifact.us-east-1.amazonaws.com", ("codeartifact.repositories", "us-east-1")),
        ("abc123.execute-api.us-east-1.amazonaws.com", ("execute-api", "us-east-1")),
        ("us-east-1.queue.amazonaws.com", ("sqs", "us-east-1")),
        ("codecatalyst.global.api.aws", ("codecatalyst", None)),
        ("newthing.us-east-1.amazonaws.com", ("newthing", "us-east-1")),
        ("api.pricing.us-east-1.amazonaws.com", (None, "us-east-1")),
    ],
)
def test_public_hosts_of_services(name: str, expected: tuple[str | None, str | None]) -> None:
    assert service_of_host(name) == (*expected, True)


@pytest.mark.parametrize(
    "name",
    [
        "vpce-0a1-b2c.ecr.us-east-1.vpce.amazonaws.com",
        "bucket.vpce-0a1-b2c.s3.us-east-1.vpce.amazonaws.com",
        "vpce.amazonaws.com",
        "web-1.us-east-1.elb.amazonaws.com",
        "net-1.elb.us-east-1.amazonaws.com",
        "db.abc.us-east-1.rds.amazonaws.com",
        "db.abc.rds.cn-north-1.amazonaws.com.cn",
        "ec2-203-0-113-9.us-west-2.compute.amazonaws.com",
        "ec2-203-0-113-9.compute-1.amazonaws.com",
        "search-x.us-east-1.es.amazonaws.com",
        "ABC.gr7.us-east-1.eks.amazonaws.com",
        "fs-1.efs.us-east-1.amazonaws.com",
        "d111111abcdef8.cloudfront.net",
        "abc.lambda-url.us-east-1.on.aws",
        "s3.cn-north-1.amazonaws.com",
        "s3-nowhere-1.amazonaws.com",
        "us-east-1.amazonaws.com",
        "notamazonaws.com",
        "amazonaws.com",
        ".amazonaws.com",
        "api.ecr.us-east-1.amazonaws.com.example.com",
        "github.com",
        "",
    ],
)
def test_names_that_are_not_a_service_of_aws(name: str) -> None:
    assert service_of_host(name) == (None, None, False)
