"""Whole architectures of pipelines, each in both languages, with the verdicts that it must give.

What each must answer is told here, from what the declarations say. `tests.importers.designs` writes them as a template
and as a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.importers.designs import ACCOUNT, LANGUAGES, REGION, Design, EndpointEntry, Get, arn

SERVICES = ("git-codecommit", "codecommit", "ecr.api", "ecr.dkr", "logs")
EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ALL = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
Answer = tuple[str, str, str, str]
"""Source, destination, outcome and route, over HTTPS."""
CASES: dict[str, tuple[Callable[[Design], None], str, Sequence[Answer]]] = {}
"""What the design is -> (how, check's overall, single answers)."""


def case(what: str, overall: str, *answers: Answer) -> Callable[[Callable[[Design], None]], Callable[[Design], None]]:
    def kept(make: Callable[[Design], None]) -> Callable[[Design], None]:
        CASES[what] = (make, overall, answers)
        return make

    return kept


# --- parts ------------------------------------------------------------------------------------------------------------


def vpc(design: Design, name: str, block: int, *, subnets: Sequence[str] = ("A", "B"), **more: object) -> None:
    """A VPC ``10.BLOCK.0.0/16`` with private subnets that share a route table."""
    design.add(name, "EC2::VPC", CidrBlock=f"10.{block}.0.0/16", EnableDnsSupport=True, EnableDnsHostnames=True, **more)
    design.add(f"{name}Table", "EC2::RouteTable", VpcId=Get(name))
    for number, letter in enumerate(subnets):
        subnet(design, name, letter, f"10.{block}.{number}.0/24", f"{name}Table")


def subnet(design: Design, vpc_name: str, letter: str, block: str, table: str) -> None:
    name = f"{vpc_name}{letter}"
    zone = f"{REGION}{letter[-1].lower()}"
    design.add(name, "EC2::Subnet", VpcId=Get(vpc_name), CidrBlock=block, AvailabilityZone=zone)
    design.add(f"{name}InTable", "EC2::SubnetRouteTableAssociation", SubnetId=Get(name), RouteTableId=Get(table))


def group(design: Design, name: str, vpc_name: str, egress: Sequence[object] = (ALL,)) -> None:
    design.add(name, "EC2::SecurityGroup", GroupDescription=name, VpcId=Get(vpc_name), SecurityGroupEgress=[*egress],
               SecurityGroupIngress=[])  # fmt: skip


def https_from(design: Design, name: str, to: str, source: str | None = None, block: str = "") -> None:
    more = {"SourceSecurityGroupId": Get(source, "GroupId")} if source else {"CidrIp": block}
    design.add(name, "EC2::SecurityGroupIngress", GroupId=Get(to, "GroupId"), IpProtocol="tcp", FromPort=443,
               ToPort=443, **more)  # fmt: skip


def endpoints(design: Design, vpc_name: str, subnets: Sequence[str], groups: str, *,
              services: Sequence[str] = SERVICES, s3: bool = True) -> None:  # fmt: skip
    for service in services:
        label = "".join(part.capitalize() for part in service.replace("-", ".").split("."))
        design.add(f"{label}In{vpc_name}", "EC2::VPCEndpoint", VpcId=Get(vpc_name), VpcEndpointType="Interface",
                   ServiceName=f"com.amazonaws.{REGION}.{service}", PrivateDnsEnabled=True,
                   SubnetIds=[Get(one) for one in subnets], SecurityGroupIds=[Get(groups, "GroupId")])  # fmt: skip
    if s3:
        design.add(f"S3In{vpc_name}", "EC2::VPCEndpoint", VpcId=Get(vpc_name), VpcEndpointType="Gateway",
                   ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[Get(f"{vpc_name}Table")])  # fmt: skip


def role(design: Design, name: str = "Role") -> None:
    services = ["codebuild.amazonaws.com", "codepipeline.amazonaws.com", "ecs-tasks.amazonaws.com"]
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}]}
    design.add(name, "IAM::Role", RoleName=name.lower(), AssumeRolePolicyDocument=trust, Policies=[
        {"PolicyName": "all", "PolicyDocument": EVERYTHING},
    ])  # fmt: skip


def project(design: Design, name: str, subnets: Sequence[str] = (), vpc_name: str = "Vpc", groups: str = "BuildGroup",
            fleet: str = "") -> None:  # fmt: skip
    more: dict[str, object] = {}
    if subnets:
        more["VpcConfig"] = {"VpcId": Get(vpc_name), "Subnets": [Get(one) for one in subnets],
                             "SecurityGroupIds": [Get(groups, "GroupId")]}  # fmt: skip
    environment: dict[str, object] = {"Type": "LINUX_CONTAINER", "Image": "aws/codebuild/standard:7.0",
                                      "ComputeType": "BUILD_GENERAL1_SMALL", "PrivilegedMode": True}  # fmt: skip
    if fleet:
        environment["Fleet"] = {"FleetArn": Get(fleet, "Arn", "arn")}
    design.add(f"{name.capitalize()}Project", "CodeBuild::Project", Name=name, ServiceRole=arn("Role"),
               Artifacts={"Type": "NO_ARTIFACTS"}, Environment=environment, Source={
                   "Type": "CODECOMMIT", "BuildSpec": "buildspec.yml",
                   "Location": f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/app",
               }, **more)  # fmt: skip


def repositories(design: Design) -> None:
    design.add("Code", "CodeCommit::Repository", RepositoryName="app")
    design.add("Images", "ECR::Repository", RepositoryName="app")


def pipeline(design: Design) -> None:
    """Everything in one VPC, endpoints for what builds need and no way out."""
    vpc(design, "Vpc", 0)
    group(design, "BuildGroup", "Vpc")
    group(design, "EndpointGroup", "Vpc")
    https_from(design, "Admit", "EndpointGroup", "BuildGroup")
    endpoints(design, "Vpc", ("VpcA", "VpcB"), "EndpointGroup")
    repositories(design)
    role(design)
    project(design, "app", ("VpcA", "VpcB"))


def way_out(design: Design, vpc_name: str, block: int, table: str) -> None:
    """A public subnet with a NAT gateway, to which a route table leads."""
    design.add("Igw", "EC2::InternetGateway")
    design.add("IgwInVpc", "EC2::VPCGatewayAttachment", VpcId=Get(vpc_name), InternetGatewayId=Get("Igw"))
    design.add("Public", "EC2::RouteTable", VpcId=Get(vpc_name))
    design.add("PublicOut", "EC2::Route", RouteTableId=Get("Public"), DestinationCidrBlock="0.0.0.0/0",
               GatewayId=Get("Igw"))  # fmt: skip
    subnet(design, vpc_name, "PublicA", f"10.{block}.100.0/24", "Public")
    design.add("NatAddress", "EC2::EIP", Domain="vpc")
    design.add("Nat", "EC2::NatGateway", SubnetId=Get(f"{vpc_name}PublicA"),
               AllocationId=Get("NatAddress", "AllocationId"))  # fmt: skip
    design.add("Out", "EC2::Route", RouteTableId=Get(table), DestinationCidrBlock="0.0.0.0/0", NatGatewayId=Get("Nat"))


def joined(design: Design, *vpcs: str) -> None:
    """A transit gateway with its default route table, to which these VPCs are attached."""
    design.add("Tgw", "EC2::TransitGateway", DefaultRouteTableAssociation="enable",
               DefaultRouteTablePropagation="enable")  # fmt: skip
    for name in vpcs:
        design.add(f"{name}Attached", "EC2::TransitGatewayVpcAttachment", TransitGatewayId=Get("Tgw"), VpcId=Get(name),
                   SubnetIds=[Get(f"{name}A"), Get(f"{name}B")])  # fmt: skip


def to_transit(design: Design, name: str, table: str, block: str) -> None:
    design.add(name, "EC2::Route", RouteTableId=Get(table), DestinationCidrBlock=block, TransitGatewayId=Get("Tgw"))


# --- architectures ----------------------------------------------------------------------------------------------------

BUILD = "codebuild:app"


@case("endpoints and no way out", "private-and-working", (BUILD, "internet", "blocked", "none"),
      (BUILD, "ecr.dkr", "allowed", "private"), (BUILD, "s3", "allowed", "private"))  # fmt: skip
def one_vpc(design: Design) -> None:
    pipeline(design)


@case("a NAT gateway", "leaking", (BUILD, "internet", "allowed", "internet"), (BUILD, "sts", "allowed", "aws-public"),
      (BUILD, "logs", "allowed", "private"))  # fmt: skip
def nat(design: Design) -> None:
    pipeline(design)
    way_out(design, "Vpc", 0, "VpcTable")


@case("a NAT gateway that the build's group closes", "private-and-working", (BUILD, "internet", "blocked", "none"),
      (BUILD, "ecr.api", "allowed", "private"))  # fmt: skip
def closed_group(design: Design) -> None:
    pipeline(design)
    way_out(design, "Vpc", 0, "VpcTable")
    own = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/16"}
    s3 = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "DestinationPrefixListId": "pl-6da54004"}
    group(design, "BuildGroup", "Vpc", [own, s3])


@case("a NAT gateway for another tier only", "private-and-working", (BUILD, "internet", "blocked", "none"))
def other_tier(design: Design) -> None:
    pipeline(design)
    design.add("Apps", "EC2::RouteTable", VpcId=Get("Vpc"))
    subnet(design, "Vpc", "AppsA", "10.0.50.0/24", "Apps")
    way_out(design, "Vpc", 0, "Apps")


@case("egress by another VPC's NAT gateway behind a transit gateway", "leaking",
      (BUILD, "internet", "allowed", "internet"), (BUILD, "ecr.dkr", "allowed", "private"))  # fmt: skip
def egress_vpc(design: Design) -> None:
    pipeline(design)
    vpc(design, "Egress", 9)
    joined(design, "Vpc", "Egress")
    way_out(design, "Egress", 9, "EgressTable")
    to_transit(design, "ToEgress", "VpcTable", "0.0.0.0/0")
    to_transit(design, "BackFromNat", "Public", "10.0.0.0/16")
    to_transit(design, "BackFromEgress", "EgressTable", "10.0.0.0/16")
    design.add("OutOfTgw", "EC2::TransitGatewayRoute", DestinationCidrBlock="0.0.0.0/0",
               TransitGatewayRouteTableId=Get("Tgw", "AssociationDefaultRouteTableId",
                                              "association_default_route_table_id"),
               TransitGatewayAttachmentId=Get("EgressAttached"))  # fmt: skip


@case("egress by another VPC that has no way back", "private-and-working", (BUILD, "internet", "blocked", "none"))
def egress_without_return(design: Design) -> None:
    egress_vpc(design)
    del design.held["BackFromNat"]


@case("endpoints of a hub VPC, found by shared zones", "private-and-working", (BUILD, "ecr.api", "allowed", "private"),
      (BUILD, "internet", "blocked", "none"))  # fmt: skip
def hub(design: Design) -> None:
    vpc(design, "Vpc", 0)
    vpc(design, "Hub", 1)
    joined(design, "Vpc", "Hub")
    to_transit(design, "ToHub", "VpcTable", "10.1.0.0/16")
    to_transit(design, "ToSpoke", "HubTable", "10.0.0.0/16")
    group(design, "BuildGroup", "Vpc")
    group(design, "EndpointGroup", "Hub")
    https_from(design, "Admit", "EndpointGroup", block="10.0.0.0/16")
    endpoints(design, "Hub", ("HubA", "HubB"), "EndpointGroup", s3=False)
    names = {"EcrApi": "api.ecr", "EcrDkr": "dkr.ecr", "Logs": "logs", "GitCodecommit": "git-codecommit",
             "Codecommit": "codecommit"}  # fmt: skip
    for label, name in names.items():
        design.held[f"{label}InHub"][1]["PrivateDnsEnabled"] = False
        zone = f"{name}.{REGION}.amazonaws.com"
        design.add(f"{label}Zone", "Route53::HostedZone", Name=zone, VPCs=[
            {"VPCId": Get("Vpc"), "VPCRegion": REGION}, {"VPCId": Get("Hub"), "VPCRegion": REGION},
        ])  # fmt: skip
        own = f"{ACCOUNT}.{zone}" if label == "EcrDkr" else zone
        target = {"DNSName": EndpointEntry(f"{label}InHub", 1), "HostedZoneId": EndpointEntry(f"{label}InHub", 0)}
        design.add(f"{label}Name", "Route53::RecordSet", HostedZoneId=Get(f"{label}Zone"), Name=own, Type="A",
                   AliasTarget=target)  # fmt: skip
    design.add("S3", "EC2::VPCEndpoint", VpcId=Get("Vpc"), ServiceName=f"com.amazonaws.{REGION}.s3",
               RouteTableIds=[Get("VpcTable")])  # fmt: skip
    repositories(design)
    role(design)
    project(design, "app", ("VpcA", "VpcB"))


@case("IPv6 by an egress-only gateway", "leaking", (BUILD, "internet", "allowed", "internet"))
def ipv6(design: Design) -> None:
    pipeline(design)
    design.add("Six", "EC2::VPCCidrBlock", VpcId=Get("Vpc"), AmazonProvidedIpv6CidrBlock=True)
    for number, letter in enumerate("AB"):
        design.held[f"Vpc{letter}"][1].update(AssignIpv6AddressOnCreation=True,
                                              Ipv6CidrBlock=f"2001:db8:ff00:{number}::/64")  # fmt: skip
    design.add("Eigw", "EC2::EgressOnlyInternetGateway", VpcId=Get("Vpc"))
    design.add("SixOut", "EC2::Route", RouteTableId=Get("VpcTable"), DestinationIpv6CidrBlock="::/0",
               EgressOnlyInternetGatewayId=Get("Eigw"))  # fmt: skip
    everything = {"IpProtocol": "-1", "CidrIpv6": "::/0"}
    group(design, "BuildGroup", "Vpc", [ALL, everything])


@case("a tier of a peered VPC holds the endpoints' names, but peering leads no further", "private-but-failing",
      (BUILD, "internet", "blocked", "none"), (BUILD, "logs", "blocked", "none"))  # fmt: skip
def peered(design: Design) -> None:
    pipeline(design)
    for name in list(design.held):
        if name.endswith("InVpc") and design.held[name][0] == "AWS::EC2::VPCEndpoint":
            del design.held[name]
    vpc(design, "Shared", 5)
    design.add("Peering", "EC2::VPCPeeringConnection", VpcId=Get("Vpc"), PeerVpcId=Get("Shared"))
    design.add("ToShared", "EC2::Route", RouteTableId=Get("VpcTable"), DestinationCidrBlock="10.5.0.0/16",
               VpcPeeringConnectionId=Get("Peering"))  # fmt: skip
    design.add("ToBuilds", "EC2::Route", RouteTableId=Get("SharedTable"), DestinationCidrBlock="10.0.0.0/16",
               VpcPeeringConnectionId=Get("Peering"))  # fmt: skip
    group(design, "SharedGroup", "Shared")
    endpoints(design, "Shared", ("SharedA", "SharedB"), "SharedGroup")


@case("several projects, one of them on AWS's own network", "leaking", (BUILD, "internet", "blocked", "none"),
      ("codebuild:lint", "internet", "allowed", "internet"),
      ("codebuild:image", "ecr.dkr", "allowed", "private"))  # fmt: skip
def several(design: Design) -> None:
    pipeline(design)
    project(design, "image", ("VpcA",))
    project(design, "lint")


@case("a reserved-capacity fleet in the VPC", "private-and-working", ("codebuild:app", "internet", "blocked", "none"),
      ("codebuild:app", "logs", "allowed", "private"))  # fmt: skip
def fleet(design: Design) -> None:
    pipeline(design)
    design.add("Fleet", "CodeBuild::Fleet", Name="builders", BaseCapacity=1, ComputeType="BUILD_GENERAL1_SMALL",
               EnvironmentType="LINUX_CONTAINER", FleetServiceRole=arn("Role"), OverflowBehavior="QUEUE",
               FleetVpcConfig={"VpcId": Get("Vpc"), "Subnets": [Get("VpcA")],
                               "SecurityGroupIds": [Get("BuildGroup", "GroupId")]})  # fmt: skip
    project(design, "app", fleet="Fleet")


WEB = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/app:latest"


@case("CodePipeline that deploys to ECS in the same VPC", "private-and-working",
      ("ecs:apps/web", "ecr.dkr", "allowed", "private"), ("ecs:apps/web", "internet", "blocked", "none"))  # fmt: skip
def deploy(design: Design) -> None:
    pipeline(design)
    group(design, "WebGroup", "Vpc")
    https_from(design, "AdmitWeb", "EndpointGroup", "WebGroup")
    design.add("Apps", "ECS::Cluster", ClusterName="apps")
    design.add("Task", "ECS::TaskDefinition", Family="web", NetworkMode="awsvpc", ExecutionRoleArn=arn("Role"),
               TaskRoleArn=arn("Role"), ContainerDefinitions=[{"Name": "web", "Image": WEB}])  # fmt: skip
    design.add("Web", "ECS::Service", ServiceName="web", Cluster=Get("Apps"), LaunchType="FARGATE",
               TaskDefinition=Get("Task", "", "arn"), NetworkConfiguration={"AwsvpcConfiguration": {
                   "AssignPublicIp": "DISABLED", "Subnets": [Get("VpcA"), Get("VpcB")],
                   "SecurityGroups": [Get("WebGroup", "GroupId")],
               }})  # fmt: skip
    design.add("Artifacts", "S3::Bucket", BucketName="app-artifacts")
    source = {"Category": "Source", "Owner": "AWS", "Provider": "CodeCommit", "Version": "1"}
    build = {"Category": "Build", "Owner": "AWS", "Provider": "CodeBuild", "Version": "1"}
    ship = {"Category": "Deploy", "Owner": "AWS", "Provider": "ECS", "Version": "1"}
    design.add("Pipeline", "CodePipeline::Pipeline", Name="app", RoleArn=arn("Role"),
               ArtifactStore={"Type": "S3", "Location": Get("Artifacts")}, Stages=[
        {"Name": "Source", "Actions": [{"Name": "code", "ActionTypeId": source, "OutputArtifacts": [{"Name": "src"}],
                                        "Configuration": {"RepositoryName": "app", "BranchName": "main"}}]},
        {"Name": "Build", "Actions": [{"Name": "image", "ActionTypeId": build, "InputArtifacts": [{"Name": "src"}],
                                       "OutputArtifacts": [{"Name": "out"}], "Configuration": {"ProjectName": "app"}}]},
        {"Name": "Deploy", "Actions": [{"Name": "web", "ActionTypeId": ship, "InputArtifacts": [{"Name": "out"}],
                                        "Configuration": {"ClusterName": "apps", "ServiceName": "web"}}]},
    ])  # fmt: skip


@case("a network ACL that admits replies on high ports only", "private-and-working",
      (BUILD, "ecr.api", "allowed", "private"))  # fmt: skip
def acl(design: Design) -> None:
    pipeline(design)
    design.add("Acl", "EC2::NetworkAcl", VpcId=Get("Vpc"))
    rules = (("Out", True, 443, 443), ("Replies", False, 1024, 65535), ("In", False, 443, 443),
             ("Answers", True, 1024, 65535))  # fmt: skip
    for name, egress, low, high in rules:
        design.add(f"Acl{name}", "EC2::NetworkAclEntry", NetworkAclId=Get("Acl"), Egress=egress, Protocol="6",
                   RuleAction="allow", RuleNumber=100 if egress == (low == 443) else 110, CidrBlock="0.0.0.0/0",
                   PortRange={"From": low, "To": high})  # fmt: skip
    for letter in "AB":
        design.add(f"Acl{letter}", "EC2::SubnetNetworkAclAssociation", SubnetId=Get(f"Vpc{letter}"),
                   NetworkAclId=Get("Acl"))  # fmt: skip


@case("endpoints in one zone, and a network ACL around the other", "private-but-failing",
      (BUILD, "logs", "intermittent", "private"))  # fmt: skip
def half_closed(design: Design) -> None:
    pipeline(design)
    design.add("Acl", "EC2::NetworkAcl", VpcId=Get("Vpc"))
    design.add("AclB", "EC2::SubnetNetworkAclAssociation", SubnetId=Get("VpcB"), NetworkAclId=Get("Acl"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", CASES)
def test_an_architecture(what: str, language: str, tmp_path: Path) -> None:
    make, overall, answers = CASES[what]
    design = Design()
    make(design)
    reach = design.imported(language, tmp_path)
    for source, target, outcome, route in answers:
        found = reach.simulate(source, target, protocol="tcp", port=443)
        assert (target, found.outcome, found.route) == (target, outcome, route)
    check = reach.check()
    assert check.overall == overall, [one for one in check.findings if one.severity != "info"]
