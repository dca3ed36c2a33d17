"""The private pipeline, built in moto by the same API calls that would build it in AWS."""

from __future__ import annotations

import json
from typing import Any

REGION = "ap-northeast-1"
PLANTED = "planted-s3cr3t"
SERVICES = ("git-codecommit", "codecommit", "ecr.api", "ecr.dkr", "logs", "sts", "secretsmanager")


def build(session: Any) -> dict[str, str]:
    """Build it; returns the ids that tests need. Secrets are planted where a capture could trip over them."""
    ec2 = session.client("ec2")
    made: dict[str, str] = {}
    vpc = made["vpc"] = ec2.create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    dhcp = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS"]}])
    ec2.associate_dhcp_options(DhcpOptionsId=dhcp["DhcpOptions"]["DhcpOptionsId"], VpcId=vpc)
    subnets = {}
    for name, block, zone in (("build-a", "10.10.1.0/24", "a"), ("build-c", "10.10.2.0/24", "c"),
                              ("endpoint-a", "10.10.11.0/24", "a"), ("endpoint-c", "10.10.12.0/24", "c")):  # fmt: skip
        answer = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=REGION + zone)
        subnets[name] = answer["Subnet"]["SubnetId"]
    ec2.create_tags(
        Resources=[subnets["build-a"]],
        Tags=[{"Key": "Name", "Value": "ビルド用"}, {"Key": "db-password", "Value": PLANTED}],
    )
    builds, endpoints = made["builds"], made["endpoints"] = _groups(ec2, vpc)
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[tables[0]["RouteTableId"]]
    )
    for service in SERVICES:
        ec2.create_vpc_endpoint(
            VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.{service}", VpcEndpointType="Interface",
            SubnetIds=[subnets["endpoint-a"], subnets["endpoint-c"]], SecurityGroupIds=[endpoints],
            PrivateDnsEnabled=True,
        )  # fmt: skip
    ec2.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, UserData=f"#!/bin/sh\nexport TOKEN={PLANTED}\n",
        NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnets["build-a"], "Groups": [builds]}],
    )  # fmt: skip
    _pipeline(session, vpc, [subnets["build-a"], subnets["build-c"]], builds)
    return made


def _groups(ec2: Any, vpc: str) -> tuple[str, str]:
    builds, endpoints = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("app-build", "vpc-endpoints")
    )
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=builds, IpPermissions=everything)
    lists = ec2.describe_managed_prefix_lists()["PrefixLists"]
    s3 = next(one["PrefixListId"] for one in lists if one["PrefixListName"] == f"com.amazonaws.{REGION}.s3")
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    ec2.authorize_security_group_egress(
        GroupId=builds,
        IpPermissions=[https | {"UserIdGroupPairs": [{"GroupId": endpoints}], "PrefixListIds": [{"PrefixListId": s3}]}],
    )
    ec2.authorize_security_group_ingress(
        GroupId=endpoints, IpPermissions=[https | {"UserIdGroupPairs": [{"GroupId": builds}]}]
    )
    return builds, endpoints


def _pipeline(session: Any, vpc: str, subnets: list[str], group: str) -> None:
    codebuild = {"Service": "codebuild.amazonaws.com"}
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": codebuild, "Action": "sts:AssumeRole"}],
    }
    iam = session.client("iam")
    role = iam.create_role(RoleName="codebuild-app", Path="/service-role/", AssumeRolePolicyDocument=json.dumps(trust))
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="codebuild-app", PolicyName="all", PolicyDocument=json.dumps(allow))
    session.client("codecommit").create_repository(repositoryName="app")
    session.client("codebuild").create_project(
        name="app-build",
        source={"type": "CODECOMMIT", "location": f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/app"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [
                {"name": "API_KEY", "value": PLANTED, "type": "PLAINTEXT"},
                {"name": "NO_TYPE", "value": PLANTED},
                {"name": "DB", "value": "app/db", "type": "SECRETS_MANAGER"},
            ],
        },
        serviceRole=role["Role"]["Arn"],
        vpcConfig={"vpcId": vpc, "subnets": subnets, "securityGroupIds": [group]},
    )  # fmt: skip
    ecr = session.client("ecr")
    for name in ("app", "base/golang"):
        ecr.create_repository(repositoryName=name)
    ecr.set_repository_policy(
        repositoryName="base/golang",
        policyText=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Sid": "Pull", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "ecr:BatchGetImage"}]}),
    )  # fmt: skip
    s3 = session.client("s3")
    for bucket in ("app-artifacts", "no-policy"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(
        Bucket="app-artifacts",
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::app-artifacts/*",
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}),
    )  # fmt: skip
    session.client("logs").create_log_group(logGroupName="/aws/codebuild/app-build")
