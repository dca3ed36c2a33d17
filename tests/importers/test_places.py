"""Findings about what a plan or template declares point at the line that declares it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from reachsim.api import load
from reachsim.cli import group
from reachsim.importers import import_cloudformation, import_terraform
from reachsim.report.sarif import render_sarif
from tests.plans import PlanJson, Ref

OUTER = """Transform: AWS::LanguageExtensions
Mappings: {Zones: {us-east-1: {Names: [A, B]}}}
Resources:
  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}
  Gate: {Type: 'AWS::EC2::InternetGateway'}
  In: {Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gate}}
  Net:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: ./inner.yaml, Parameters: {Vpc: !Ref Vpc, Gate: !Ref Gate}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: ec2.amazonaws.com}}
      Policies:
        - PolicyName: git
          PolicyDocument: {Statement: {Effect: Allow, Action: 'codecommit:*', Resource: '*'}}
  Profile: {Type: 'AWS::IAM::InstanceProfile', Properties: {Roles: [!Ref Role]}}
  Fn::ForEach::Hosts:
    - Name
    - !FindInMap [Zones, !Ref 'AWS::Region', Names]
    - Group${Name}:
        Type: AWS::EC2::SecurityGroup
        Properties:
          GroupDescription: g
          VpcId: !Ref Vpc
          SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}]
      Host${Name}:
        Type: AWS::EC2::Instance
        Properties:
          IamInstanceProfile: !Ref Profile
          NetworkInterfaces:
            - DeviceIndex: '0'
              AssociatePublicIpAddress: true
              SubnetId: !GetAtt Net.Outputs.Subnet
              GroupSet: [!Ref {'Fn::Sub': 'Group${Name}'}]
"""
INNER = """Parameters: {Vpc: {Type: String}, Gate: {Type: String}}
Resources:
  A: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Table: {Type: 'AWS::EC2::RouteTable', Properties: {VpcId: !Ref Vpc}}
  Assoc: {Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {SubnetId: !Ref A, RouteTableId: !Ref Table}}
  Out:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gate}
Outputs: {Subnet: {Value: !Ref A}}
"""


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "outer.yaml").write_text(OUTER)
    (tmp_path / "inner.yaml").write_text(INNER)
    monkeypatch.chdir(tmp_path)
    import_cloudformation(Path("outer.yaml"), Path("out"), region="us-east-1", account="111111111111")
    return Path("out")


def declared(snapshot: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((snapshot / "snapshot.json").read_text())["declared"]
    return found


def line(text: str, beginning: str) -> int:
    return next(n for n, one in enumerate(text.splitlines(), start=1) if one.strip("- ").startswith(beginning))


@pytest.mark.parametrize(("component", "file", "beginning"), [
    ("vpc-Vpc", "outer.yaml", "Vpc:"), ("i-HostA", "outer.yaml", "Host${Name}:"),
    ("i-HostB", "outer.yaml", "Host${Name}:"), ("sg-GroupB", "outer.yaml", "Group${Name}:"),
    ("rtb-Net-Table", "inner.yaml", "Table:"),
])  # fmt: skip
def test_the_line_of_a_template(component: str, file: str, beginning: str, template: Path) -> None:
    text = {"outer.yaml": OUTER, "inner.yaml": INNER}[file]
    assert declared(template)[component] == f"{file}:{line(text, beginning)}"


def test_findings_point_at_the_line_of_a_loop(template: Path) -> None:
    reach = load(template)
    results = json.loads(render_sarif(reach.check(), reach.network))["runs"][0]["results"]
    (place,) = {
        (one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
         one["locations"][0]["physicalLocation"]["region"]["startLine"])
        for one in results if one["ruleId"] == "INTERFACE_EXPOSED"
    }  # fmt: skip
    assert place == ("outer.yaml", line(OUTER, "Host${Name}:"))


@pytest.mark.parametrize(("days", "status"), [(1, True), (-1, False)])
def test_a_finding_of_a_template_is_accepted_until_its_day(days: int, status: bool, template: Path) -> None:
    until = date.today() + timedelta(days=days)
    Path("reachsim.toml").write_text(
        f'[[accept]]\nid = "INTERFACE_EXPOSED"\ncomponent = "i-HostA"\nreason = "wanted"\nuntil = {until}\n'
    )
    told = CliRunner().invoke(group, ["check", str(template), "--format", "sarif"])
    results = json.loads(told.stdout)["runs"][0]["results"]
    accepted = [one["properties"]["component"] for one in results if "suppressions" in one]
    assert accepted == (["i-HostA"] if status else [])


SAM = """Transform: AWS::Serverless-2016-10-31
Resources:
  Other: {Type: 'AWS::SNS::Topic'}
  Job:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, Runtime: python3.12, InlineCode: x}
"""


def test_what_sam_makes_is_declared_with_what_it_makes_it_of(tmp_path: Path) -> None:
    (tmp_path / "sam.yaml").write_text(SAM)
    import_cloudformation(tmp_path / "sam.yaml", tmp_path / "out", region="us-east-1")
    assert declared(tmp_path / "out")["aws_iam_role/JobRole"].endswith(f"sam.yaml:{line(SAM, 'Job:')}")


MAIN = """# resource "aws_vpc" "v" { in words only
module "net" {
  source = "./modules/net"
}

module "far" {
  source  = "registry/vpc/aws"
}

  resource "aws_vpc" "v" {
  cidr_block = "10.0.0.0/16"
}
"""
NET = """variable "x" {}
resource "aws_vpc" "v" {
}
"""


def test_the_line_of_terraforms_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = PlanJson()
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    plan.add("aws_vpc.v", module="module.net", index="a", cidr_block="10.1.0.0/16")
    plan.add("aws_vpc.v", module='module.far["x"]', cidr_block="10.2.0.0/16")
    plan.add("aws_subnet.s", vpc_id=Ref("aws_vpc.v.id"), cidr_block="10.0.1.0/24")
    far = 'module "far"'
    document = plan.json()
    calls = document["configuration"]["root_module"]["module_calls"]
    calls["net"]["source"], calls["far"]["source"] = "./modules/net", "registry/vpc/aws"
    (tmp_path / "modules/net").mkdir(parents=True)
    (tmp_path / "main.tf").write_text(MAIN)
    (tmp_path / "modules/net/vpc.tf").write_text(NET)
    (tmp_path / "plan.json").write_text(json.dumps(document))
    monkeypatch.chdir(tmp_path)
    import_terraform(Path("plan.json"), Path("out"))
    assert declared(Path("out")) == {
        "subnet-s": "plan.json",
        "vpc-v": f"main.tf:{line(MAIN, 'resource')}",
        "vpc-net-v-a": f"modules/net/vpc.tf:{line(NET, 'resource')}",
        "vpc-far-x-v": f"main.tf:{line(MAIN, far)}",
    }
