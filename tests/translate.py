"""A shipped snapshot's resources as declarations: the names, attributes and links that a Terraform user would write.

`declared` yields (kind, label, id, attributes), Terraform's words for all of them; an attribute that names another
resource is a `Link`. What AWS fills in by itself (local routes, default network ACL, endpoint interfaces, default
policies) is left out, so that the importers have to. `tests/plans.py` and `tests/importers` write plans, states and
templates from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

Record = dict[str, Any]
SNAPSHOTS = Path(__file__).resolve().parent.parent / "snapshots"
REGION = "ap-northeast-1"
TARGETS = {
    "GatewayId": "gateway_id",
    "NatGatewayId": "nat_gateway_id",
    "VpcPeeringConnectionId": "vpc_peering_connection_id",
}
FULL = [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]


class Link(NamedTuple):
    """An attribute of another resource: its label and the attribute."""

    label: str
    attribute: str = "id"


class Declared(NamedTuple):
    kind: str
    label: str
    id: str
    values: Record


def account_of(name: str) -> str:
    return next(one.name for one in (SNAPSHOTS / name).iterdir() if one.name.isdigit())


def read(name: str, call: str, place: str = REGION) -> Any:
    return json.loads((SNAPSHOTS / name / account_of(name) / place / f"{call}.json").read_text(encoding="utf-8"))


def declared(name: str) -> list[Declared]:
    """Every resource of a shipped snapshot."""
    return list(_Translation(name).all())


class _Translation:
    def __init__(self, name: str) -> None:
        self.name = name
        self.labels: dict[str, str] = {}

    def rows(self, operation: str) -> list[Record]:
        return list(next(iter(read(self.name, f"ec2/{operation}").values())))

    def link(self, id: str, attribute: str = "id") -> Any:
        return Link(self.labels[id], attribute) if id in self.labels else id

    def links(self, value: Any) -> Any:
        """A policy with its ids as links: for emitters that can write them."""
        return value

    def make(self, kind: str, label: str, id: str, **values: Any) -> Declared:
        self.labels[id] = label
        return Declared(kind, label, id, values)

    def all(self) -> Iterator[Declared]:
        yield from self._network()
        yield from self._filters()
        yield from self._endpoints()
        yield from self._machines()
        yield from self._pipeline()
        yield from self._identities()

    def _tag(self, record: Record) -> str:
        return next((one["Value"] for one in record.get("Tags", []) if one["Key"] == "Name"), "")

    def _network(self) -> Iterator[Declared]:
        vpc = self.rows("describe-vpcs")[0]
        yield self.make(
            "aws_vpc",
            "main",
            vpc["VpcId"],
            cidr_block=vpc["CidrBlock"],
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": self._tag(vpc)},
        )
        for number, subnet in enumerate(self.rows("describe-subnets")):
            yield self.make(
                "aws_subnet",
                f"subnet_{number}",
                subnet["SubnetId"],
                vpc_id=Link("main"),
                cidr_block=subnet["CidrBlock"],
                availability_zone=subnet["AvailabilityZone"],
                map_public_ip_on_launch=subnet["MapPublicIpOnLaunch"],
                tags={"Name": self._tag(subnet)},
            )
        for number, igw in enumerate(self.rows("describe-internet-gateways")):
            yield self.make("aws_internet_gateway", f"igw_{number}", igw["InternetGatewayId"], vpc_id=Link("main"))
        for number, nat in enumerate(self.rows("describe-nat-gateways")):
            held = nat["NatGatewayAddresses"][0]
            yield self.make("aws_eip", f"nat_{number}", held["AllocationId"], domain="vpc")
            yield self.make(
                "aws_nat_gateway",
                f"nat_{number}_gateway",
                nat["NatGatewayId"],
                subnet_id=self.link(nat["SubnetId"]),
                allocation_id=self.link(held["AllocationId"]),
                connectivity_type="public",
                private_ip=held["PrivateIp"],
            )
        number = 0
        for table in self.rows("describe-route-tables"):
            if any(one.get("Main") for one in table["Associations"]):
                continue
            label = f"table_{number}"
            number += 1
            yield self.make(
                "aws_route_table", label, table["RouteTableId"], vpc_id=Link("main"), tags={"Name": self._tag(table)}
            )
            for place, route in enumerate(table["Routes"]):
                target = next((key for key in TARGETS if route.get(key)), "")
                if route.get("GatewayId") == "local" or route.get("GatewayId", "").startswith("vpce-"):
                    continue
                yield self.make(
                    "aws_route",
                    f"{label}_route_{place}",
                    f"r-{label}-{place}",
                    route_table_id=Link(label),
                    destination_cidr_block=route["DestinationCidrBlock"],
                    **{TARGETS[target]: self.link(route[target])},
                )
            for held in table["Associations"]:
                yield self.make(
                    "aws_route_table_association",
                    f"of_{self.labels[held['SubnetId']]}",
                    held["RouteTableAssociationId"],
                    route_table_id=Link(label),
                    subnet_id=self.link(held["SubnetId"]),
                )

    def _filters(self) -> Iterator[Declared]:
        groups = self.rows("describe-security-groups")
        for group in groups:
            self.labels[group["GroupId"]] = f"group_{group['GroupName'].replace('-', '_')}"
        for group in groups:
            label = self.labels[group["GroupId"]]
            if group["GroupName"] == "default":
                if not group["IpPermissions"] and not group["IpPermissionsEgress"]:
                    yield Declared("aws_default_security_group", label, group["GroupId"], {"vpc_id": Link("main")})
                continue
            yield Declared(
                "aws_security_group",
                label,
                group["GroupId"],
                {
                    "name": group["GroupName"],
                    "description": group["Description"],
                    "vpc_id": Link("main"),
                    "tags": {"Name": self._tag(group)},
                },
            )
            for way, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
                for place, rule in enumerate(group[key]):
                    yield from self._rules(label, way, place, rule)
        for number, acl in enumerate(one for one in self.rows("describe-network-acls") if not one["IsDefault"]):
            yield self.make(
                "aws_network_acl",
                f"acl_{number}",
                acl["NetworkAclId"],
                vpc_id=Link("main"),
                subnet_ids=[self.link(one["SubnetId"]) for one in acl["Associations"]],
                ingress=[_entry(one) for one in acl["Entries"] if not one["Egress"] and one["RuleNumber"] < 32767],
                egress=[_entry(one) for one in acl["Entries"] if one["Egress"] and one["RuleNumber"] < 32767],
                tags={"Name": self._tag(acl)},
            )

    def _rules(self, label: str, way: str, place: int, rule: Record) -> Iterator[Declared]:
        ports = {} if rule["IpProtocol"] == "-1" else {"from_port": rule["FromPort"], "to_port": rule["ToPort"]}
        peers = [
            *(("cidr_ipv4", one["CidrIp"]) for one in rule["IpRanges"]),
            *(("prefix_list_id", one["PrefixListId"]) for one in rule["PrefixListIds"]),
            *(("referenced_security_group_id", self.link(one["GroupId"])) for one in rule["UserIdGroupPairs"]),
        ]
        for number, (key, peer) in enumerate(peers):
            yield self.make(
                f"aws_vpc_security_group_{way}_rule",
                f"{label}_{way}_{place}_{number}",
                f"sgr-{label}-{way}-{place}-{number}",
                security_group_id=Link(label),
                ip_protocol=rule["IpProtocol"],
                **{key: peer},
                **ports,
            )

    def _endpoints(self) -> Iterator[Declared]:
        for one in self.rows("describe-vpc-endpoints"):
            service = one["ServiceName"].split(f".{REGION}.")[1]
            values: Record = {
                "vpc_id": Link("main"),
                "service_name": one["ServiceName"],
                "vpc_endpoint_type": one["VpcEndpointType"],
                "tags": {"Name": self._tag(one)},
            }
            if json.loads(one["PolicyDocument"])["Statement"] != FULL:
                values["policy"] = one["PolicyDocument"]
            if one["VpcEndpointType"] == "Gateway":
                values["route_table_ids"] = [self.link(table) for table in one["RouteTableIds"]]
            else:
                values |= {
                    "subnet_ids": [self.link(subnet) for subnet in one["SubnetIds"]],
                    "security_group_ids": [self.link(group["GroupId"]) for group in one["Groups"]],
                    "private_dns_enabled": one["PrivateDnsEnabled"],
                }
            yield self.make(
                "aws_vpc_endpoint",
                f"endpoint_{service.replace('.', '_').replace('-', '_')}",
                one["VpcEndpointId"],
                **values,
            )

    def _machines(self) -> Iterator[Declared]:
        for reservation in self.rows("describe-instances"):
            one = reservation["Instances"][0]
            held = one["NetworkInterfaces"][0]
            yield self.make(
                "aws_instance",
                "client",
                one["InstanceId"],
                ami="ami-0",
                instance_type="t3.micro",
                subnet_id=self.link(one["SubnetId"]),
                private_ip=one["PrivateIpAddress"],
                vpc_security_group_ids=[self.link(group["GroupId"]) for group in held["Groups"]],
                associate_public_ip_address="Association" in held,
                iam_instance_profile=one["IamInstanceProfile"]["Arn"].rpartition("/")[2],
                tags={"Name": self._tag(one)},
            )

    def _pipeline(self) -> Iterator[Declared]:
        account = account_of(self.name)
        for one in read(self.name, "codecommit/batch-get-repositories")["repositories"]:
            label = f"source_{one['repositoryName']}"
            yield self.make("aws_codecommit_repository", label, label, repository_name=one["repositoryName"])
        for one in read(self.name, "ecr/describe-repositories")["repositories"]:
            name = one["repositoryName"]
            label = f"image_{re.sub('[^a-z]', '_', name)}"
            yield self.make("aws_ecr_repository", label, label, name=name)
            policy = read(self.name, f"ecr/get-repository-policy/{name.replace('/', '%2F')}").get("policyText")
            if policy:
                yield self.make(
                    "aws_ecr_repository_policy", f"{label}_policy", f"{label}-policy", repository=name, policy=policy
                )
        for one in read(self.name, "logs/describe-log-groups")["logGroups"]:
            label = f"logs_{one['logGroupName'].rpartition('/')[2].replace('-', '_')}"
            yield self.make("aws_cloudwatch_log_group", label, label, name=one["logGroupName"])
        for one in read(self.name, "s3api/list-buckets", "global")["Buckets"]:
            yield self.make("aws_s3_bucket", "artifacts", "artifacts", bucket=one["Name"])
            policy = read(self.name, f"s3api/get-bucket-policy/{one['Name']}", "global").get("Policy")
            if policy:
                yield self.make(
                    "aws_s3_bucket_policy", "artifacts_policy", "artifacts-policy", bucket=one["Name"], policy=policy
                )
            block = read(self.name, f"s3api/get-public-access-block/{one['Name']}", "global")
            configuration = block.get("PublicAccessBlockConfiguration", {})
            yield self.make(
                "aws_s3_bucket_public_access_block",
                "artifacts_block",
                "artifacts-block",
                bucket=one["Name"],
                **{_snake(key): value for key, value in configuration.items()},
            )
        for one in read(self.name, "codebuild/batch-get-projects")["projects"]:
            environment = one["environment"]
            values: Record = {
                "name": one["name"],
                "service_role": one["serviceRole"],
                "source": [
                    {key: one["source"][key] for key in ("type", "location", "buildspec") if key in one["source"]}
                ],
                "artifacts": [
                    {
                        key: one["artifacts"][key]
                        for key in ("type", "location", "name", "packaging")
                        if key in one["artifacts"]
                    }
                ],
                "cache": [{"type": one["cache"]["type"]}],
                "environment": [
                    {
                        "type": environment["type"],
                        "image": environment["image"],
                        "compute_type": environment["computeType"],
                        "privileged_mode": environment["privilegedMode"],
                        "image_pull_credentials_type": environment["imagePullCredentialsType"],
                        "environment_variable": [
                            {"name": held["name"], "type": held["type"], "value": "prod"}
                            for held in environment["environmentVariables"]
                        ],
                    }
                ],
            }
            if one.get("vpcConfig"):
                held = one["vpcConfig"]
                values["vpc_config"] = [
                    {
                        "vpc_id": Link("main"),
                        "subnets": [self.link(subnet) for subnet in held["subnets"]],
                        "security_group_ids": [self.link(group) for group in held["securityGroupIds"]],
                    }
                ]
            label = f"project_{one['name'].replace('-', '_')}"
            yield self.make(
                "aws_codebuild_project", label, f"arn:aws:codebuild:{REGION}:{account}:project/{one['name']}", **values
            )

    def _identities(self) -> Iterator[Declared]:
        details = read(self.name, "iam/get-account-authorization-details", "global")
        for one in details["Policies"]:
            label = f"policy_{one['PolicyName'].replace('-', '_')}"
            yield self.make(
                "aws_iam_policy",
                label,
                one["Arn"],
                name=one["PolicyName"],
                path=one["Path"],
                policy=one["PolicyVersionList"][0]["Document"],
            )
        for one in details["RoleDetailList"]:
            role = one["RoleName"]
            label = f"role_{role.replace('-', '_')}"
            yield self.make(
                "aws_iam_role",
                label,
                label,
                name=role,
                path=one["Path"],
                assume_role_policy=one["AssumeRolePolicyDocument"],
            )
            for held in one["RolePolicyList"]:
                yield self.make(
                    "aws_iam_role_policy",
                    f"{label}_inline",
                    f"{label}-inline",
                    role=role,
                    name=held["PolicyName"],
                    policy=held["PolicyDocument"],
                )
            for number, held in enumerate(one["AttachedManagedPolicies"]):
                yield self.make(
                    "aws_iam_role_policy_attachment",
                    f"{label}_attached_{number}",
                    f"{label}-a-{number}",
                    role=role,
                    policy_arn=held["PolicyArn"],
                )
            for held in one["InstanceProfileList"]:
                yield self.make(
                    "aws_iam_instance_profile",
                    f"{label}_profile",
                    f"{label}-profile",
                    name=held["InstanceProfileName"],
                    role=role,
                )
        for one in details["UserDetailList"]:
            label = f"user_{one['UserName'].replace('-', '_')}"
            yield self.make("aws_iam_user", label, label, name=one["UserName"])
            for number, held in enumerate(one["AttachedManagedPolicies"]):
                yield self.make(
                    "aws_iam_user_policy_attachment",
                    f"{label}_attached_{number}",
                    f"{label}-a-{number}",
                    user=one["UserName"],
                    policy_arn=held["PolicyArn"],
                )


def _entry(one: Record) -> Record:
    ports = one.get("PortRange", {"From": 0, "To": 0})
    return {
        "rule_no": one["RuleNumber"],
        "action": one["RuleAction"],
        "protocol": one["Protocol"],
        "cidr_block": one["CidrBlock"],
        "from_port": ports["From"],
        "to_port": ports["To"],
    }


def _snake(text: str) -> str:
    """
    >>> _snake("BlockPublicAcls")
    'block_public_acls'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", text).lower()
