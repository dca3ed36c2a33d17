"""The shipped snapshots' resources (`tests.translate`) as CloudFormation templates."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.translate import Declared, Link, declared, read

Record = dict[str, Any]
TYPES: dict[str, tuple[str, dict[str, str]]] = {
    "aws_vpc": ("EC2::VPC", {}),
    "aws_subnet": ("EC2::Subnet", {}),
    "aws_internet_gateway": ("EC2::InternetGateway", {"vpc_id": ""}),
    "aws_eip": ("EC2::EIP", {}),
    "aws_nat_gateway": ("EC2::NatGateway", {"private_ip": "PrivateIpAddress"}),
    "aws_route_table": ("EC2::RouteTable", {}),
    "aws_route": ("EC2::Route", {}),
    "aws_route_table_association": ("EC2::SubnetRouteTableAssociation", {}),
    "aws_security_group": ("EC2::SecurityGroup", {"name": "GroupName", "description": "GroupDescription"}),
    "aws_vpc_security_group_ingress_rule": (
        "EC2::SecurityGroupIngress",
        {"security_group_id": "GroupId", "cidr_ipv4": "CidrIp", "prefix_list_id": "SourcePrefixListId",
         "referenced_security_group_id": "SourceSecurityGroupId"},
    ),
    "aws_vpc_security_group_egress_rule": (
        "EC2::SecurityGroupEgress",
        {"security_group_id": "GroupId", "cidr_ipv4": "CidrIp", "prefix_list_id": "DestinationPrefixListId",
         "referenced_security_group_id": "DestinationSecurityGroupId"},
    ),
    "aws_vpc_endpoint": ("EC2::VPCEndpoint", {"policy": "PolicyDocument"}),
    "aws_instance": (
        "EC2::Instance",
        {"vpc_security_group_ids": "SecurityGroupIds", "private_ip": "PrivateIpAddress", "ami": "ImageId",
         "associate_public_ip_address": ""},
    ),
    "aws_codecommit_repository": ("CodeCommit::Repository", {}),
    "aws_ecr_repository": ("ECR::Repository", {"name": "RepositoryName"}),
    "aws_cloudwatch_log_group": ("Logs::LogGroup", {"name": "LogGroupName"}),
    "aws_s3_bucket": ("S3::Bucket", {"bucket": "BucketName"}),
    "aws_s3_bucket_policy": ("S3::BucketPolicy", {"policy": "PolicyDocument"}),
    "aws_codebuild_project": ("CodeBuild::Project", {}),
    "aws_iam_policy": ("IAM::ManagedPolicy", {"name": "ManagedPolicyName", "policy": "PolicyDocument"}),
    "aws_iam_role": ("IAM::Role", {"name": "RoleName", "assume_role_policy": "AssumeRolePolicyDocument"}),
    "aws_iam_role_policy": (
        "IAM::RolePolicy", {"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"},
    ),
    "aws_iam_instance_profile": ("IAM::InstanceProfile", {"name": "InstanceProfileName", "role": "Roles"}),
    "aws_iam_user": ("IAM::User", {"name": "UserName"}),
}  # fmt: skip
WORDS = {"buildspec": "BuildSpec", "environment_variable": "EnvironmentVariables", "vpc_config": "VpcConfig"}


def pascal(name: str) -> str:
    return WORDS.get(name) or "".join(part.title() for part in name.split("_"))


def logical(label: str) -> str:
    return "".join(part.title() for part in re.split("[^0-9a-z]", label))


def template(name: str) -> Record:
    """A template that makes everything anew; every id is a function."""
    everything = declared(name)
    ids = {one.id: one for one in everything}
    by_label = {one.label: one for one in everything}
    resources: Record = {}

    def ref(one: Declared) -> Record:
        if one.kind == "aws_eip":
            return {"Fn::GetAtt": [logical(one.label), "AllocationId"]}
        if one.kind == "aws_security_group":
            return {"Fn::GetAtt": [logical(one.label), "GroupId"]}
        return {"Ref": logical(one.label)}

    def value(held: Any) -> Any:
        match held:
            case Link(label=label):
                return ref(by_label[label])
            case str() if held in ids and held.startswith(("vpce-", "sg-", "subnet-", "vpc-")):
                return ref(ids[held])
            case str():
                found = re.search(r"subnet-[0-9a-f]{17}", held)
                if found and found[0] in ids and held.startswith("arn:"):
                    return {"Fn::Sub": held.replace(found[0], f"${{{logical(ids[found[0]].label)}}}")}
                return held
            case list():
                return [value(one) for one in held]
            case dict():
                return {key: value(one) for key, one in held.items()}
        return held

    def nested(held: Any) -> Any:
        match held:
            case Link():
                return value(held)
            case list():
                return [nested(one) for one in held]
            case dict():
                return {pascal(key): nested(one) for key, one in held.items()}
        return held

    for one in everything:
        if one.kind in ("aws_network_acl", "aws_default_security_group"):
            _acl(one, resources, value)
            continue
        if one.kind in ("aws_s3_bucket_public_access_block", "aws_ecr_repository_policy"):
            _merged(one, everything, resources, value)
            continue
        if one.kind in ("aws_iam_role_policy_attachment", "aws_iam_user_policy_attachment"):
            _attached(one, everything, resources)
            continue
        kind, renamed = TYPES[one.kind]
        properties: Record = {}
        for key, held in one.values.items():
            own = renamed.get(key, pascal(key))
            if key == "tags":
                properties["Tags"] = [{"Key": k, "Value": v} for k, v in held.items()]
            elif key in ("policy", "assume_role_policy"):
                properties[own] = value(json.loads(held) if isinstance(held, str) else held)
            elif own:
                properties[own] = nested(held)
        _arrange(one, properties, resources)
        resources[logical(one.label)] = {"Type": f"AWS::{kind}", "Properties": properties}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def _arrange(one: Declared, properties: Record, resources: Record) -> None:
    if one.kind == "aws_internet_gateway":
        resources[f"{logical(one.label)}Attachment"] = {
            "Type": "AWS::EC2::VPCGatewayAttachment",
            "Properties": {"VpcId": {"Ref": "Main"}, "InternetGatewayId": {"Ref": logical(one.label)}},
        }
    if one.kind == "aws_iam_instance_profile":
        properties["Roles"] = [properties["Roles"]]
    if one.kind == "aws_codebuild_project":
        for key in ("Source", "Artifacts", "Cache", "Environment", "VpcConfig"):
            if key in properties:
                properties[key] = properties[key][0]
    if one.kind == "aws_instance" and one.values["associate_public_ip_address"]:
        properties["NetworkInterfaces"] = [{
            "DeviceIndex": "0", "AssociatePublicIpAddress": True, "SubnetId": properties.pop("SubnetId"),
            "GroupSet": properties.pop("SecurityGroupIds"), "PrivateIpAddress": properties.pop("PrivateIpAddress"),
        }]  # fmt: skip
    if one.kind == "aws_security_group" and one.label != "group_default":
        properties["SecurityGroupEgress"] = []


def _acl(one: Declared, resources: Record, value: Any) -> None:
    if one.kind != "aws_network_acl":
        return
    name = logical(one.label)
    resources[name] = {"Type": "AWS::EC2::NetworkAcl", "Properties": {"VpcId": {"Ref": "Main"}}}
    for way in ("ingress", "egress"):
        for rule in one.values[way]:
            resources[f"{name}{way.title()}{rule['rule_no']}"] = {"Type": "AWS::EC2::NetworkAclEntry", "Properties": {
                "NetworkAclId": {"Ref": name}, "RuleNumber": rule["rule_no"], "Egress": way == "egress",
                "Protocol": int(rule["protocol"]), "RuleAction": rule["action"], "CidrBlock": rule["cidr_block"],
                "PortRange": {"From": rule["from_port"], "To": rule["to_port"]},
            }}  # fmt: skip
    for number, subnet in enumerate(one.values["subnet_ids"]):
        resources[f"{name}Subnet{number}"] = {
            "Type": "AWS::EC2::SubnetNetworkAclAssociation",
            "Properties": {"NetworkAclId": {"Ref": name}, "SubnetId": value(subnet)},
        }


def _merged(one: Declared, everything: list[Declared], resources: Record, value: Any) -> None:
    """What CloudFormation writes into the resource itself."""
    key = "bucket" if "bucket" in one.values else "repository"
    owner = next(
        other for other in everything
        if other.kind in ("aws_s3_bucket", "aws_ecr_repository")
        and one.values[key] in (other.values.get("bucket"), other.values.get("name"))
    )  # fmt: skip
    properties = resources[logical(owner.label)]["Properties"]
    if key == "bucket":
        block = {pascal(name): held for name, held in one.values.items() if name != "bucket"}
        properties["PublicAccessBlockConfiguration"] = block
    else:
        properties["RepositoryPolicyText"] = value(json.loads(one.values["policy"]))


def _attached(one: Declared, everything: list[Declared], resources: Record) -> None:
    policy = next(other for other in everything if other.id == one.values["policy_arn"])
    who = "role" if "role" in one.values else "user"
    owner = next(
        other for other in everything
        if other.kind == f"aws_iam_{who}" and other.values["name"] == one.values[who]
    )  # fmt: skip
    properties = resources[logical(policy.label)]["Properties"]
    properties.setdefault(f"{who.title()}s", []).append({"Ref": logical(owner.label)})


def prefix_lists(name: str) -> str:
    return json.dumps(read(name, "ec2/describe-prefix-lists"))
