"""Forms that public templates have and that ours did not: paraphrased from AWS quickstarts and tools' own examples."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from reachsim.api import Reach, load
from reachsim.errors import QuestionError, SnapshotError
from reachsim.importers import ImportReport, import_cloudformation

VPC = """
  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true}}
  A: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Table: {Type: 'AWS::EC2::RouteTable', Properties: {VpcId: !Ref Vpc}}
  Group: {Type: 'AWS::EC2::SecurityGroup', Properties: {GroupDescription: g, VpcId: !Ref Vpc}}
"""
IN_A = "VpcConfig: {SubnetIds: [!Ref A], SecurityGroupIds: [!Ref Group]}"
SAM = f"Transform: AWS::Serverless-2016-10-31\nResources:{VPC}"


def run(text: str, tmp_path: Path, **options: Any) -> tuple[Reach, ImportReport]:
    source = tmp_path / "templates" / "template.yaml"
    source.parent.mkdir(exist_ok=True)
    source.write_text(text, encoding="utf-8")
    options = {"region": "us-east-1", "account": "111111111111"} | options
    report = import_cloudformation(source, tmp_path / "out", **options)
    return load(tmp_path / "out"), report


# --- SAM --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [
    "CodeUri: src/, Handler: a.b, Runtime: python3.12",
    "Handler: a.b, Runtime: python3.12",
    "CodeUri: !Sub '${AWS::StackName}/x.zip', Handler: a.b, Runtime: python3.12",
    "PackageType: Image",
    "PackageType: Image, ImageUri: hello:latest",
    "InlineCode: 'x', Handler: a.b, Runtime: python3.12",
    "CodeUri: {Bucket: b, Key: k}, Handler: a.b, Runtime: python3.12",
])  # fmt: skip
def test_a_function_of_sam_has_its_code_anywhere(code: str, tmp_path: Path) -> None:
    function = f"  Job: {{Type: 'AWS::Serverless::Function', Properties: {{FunctionName: job, {code}, {IN_A}}}}}\n"
    reach, _ = run(SAM + function, tmp_path)
    (function_made,) = reach.network.functions.values()
    assert function_made.vpc_config.subnet_ids == ("subnet-A",)


def test_sam_takes_code_from_globals_and_aliases_from_parameters(tmp_path: Path) -> None:
    head = (
        "Globals: {Function: {CodeUri: ./app, Handler: a.b, Runtime: python3.12}}\n"
        "Parameters: {Stage: {Type: String}}\nResources:"
    )
    job = f"  Job: {{Type: 'AWS::Serverless::Function', Properties: {{AutoPublishAlias: !Ref Stage, {IN_A}}}}}\n"
    text = SAM.replace("Resources:", head) + job
    reach, report = run(text, tmp_path)
    assert "without a value: Stage;" in report.warnings[0]
    values = tmp_path / "parameters.json"
    values.write_text('{"Stage": "prod"}')
    given, report = run(text, tmp_path, parameters=values, overwrite=True)
    assert not any("without a value" in told for told in report.warnings)
    for one in (reach, given):
        assert [name for _, name in one.network.functions] == ["Job"]


def test_applications_of_sam_are_stacks_and_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", lambda *_: pytest.fail("AWS was asked"))
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "app.yaml").write_text(
        "Resources: {Own: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.7.0.0/16}}}"
    )
    known = "{ApplicationId: 'arn:aws:serverlessrepo:us-east-1:1:applications/x', SemanticVersion: 1.0.0}"
    stacks = "".join(
        f"  {name}: {{Type: 'AWS::Serverless::Application', Properties: {{Location: {location}}}}}\n"
        for name, location in (("Local", "./app.yaml"), ("Known", known))
    )
    reach, report = run(SAM + stacks, tmp_path)
    assert "vpc-Local-Own" in reach.network.vpcs
    assert [one.file for one in report.ignored] == ["Known (AWS::CloudFormation::Stack)"]
    assert logging.getLogger("samtranslator").handlers  # nothing of it is printed
    assert capfd.readouterr().err == ""


def test_what_sam_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"template that SAM translates, found .*Job.*Runtime"):
        run(SAM + "  Job: {Type: 'AWS::Serverless::Function', Properties: {Handler: a.b}}\n", tmp_path)


# --- functions --------------------------------------------------------------------------------------------------------


def test_functions_within_functions(tmp_path: Path) -> None:
    text = f"""
Transform: AWS::LanguageExtensions
Parameters: {{BlockA: {{Type: String, Default: 10.0.7.0/24}}}}
Resources:{VPC}
  B:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: {{Ref: !Sub ["Block${{X}}", {{X: A}}]}}
      Tags: [{{Key: Name, Value: {{"Fn::Sub": {{"Fn::Transform": {{Name: Anything}}}}}}}}]
"""
    reach, _ = run(text, tmp_path)
    assert reach.network.subnets["subnet-B"].cidr_block == "10.0.7.0/24"


def test_an_id_of_the_stack_is_taken_apart_as_templates_do(tmp_path: Path) -> None:
    """The last part of the UUID that AWS ends it with makes names unique (CDK, Serverless)."""
    name = "!Sub ['app-${End}', {End: !Select [4, !Split ['-', !Select [2, !Split ['/', !Ref 'AWS::StackId']]]]}]"
    run(f"Resources:\n  R: {{Type: 'AWS::ECR::Repository', Properties: {{RepositoryName: {name}}}}}", tmp_path)
    held = json.loads((tmp_path / "out/111111111111/us-east-1/ecr/describe-repositories.json").read_text())
    assert [one["repositoryName"] for one in held["repositories"]] == ["app-000000000000"]


@pytest.mark.parametrize("live", [False, True])
def test_a_zone_beyond_those_that_are_known_is_a_further_one(live: bool, tmp_path: Path) -> None:
    """Several Regions have more than three (AWS Global Infrastructure), a live snapshot shows those in use."""
    options: dict[str, Any] = {}
    if live:
        run(f"Resources:{VPC}".replace("10.0.1.0/24", "10.0.1.0/24, AvailabilityZone: us-east-1f"), tmp_path)
        (tmp_path / "out").rename(tmp_path / "live")
        options = {"onto": tmp_path / "live"}
    subnets = "".join(
        f"  S{n}: {{Type: 'AWS::EC2::Subnet', Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.0.10{n}.0/24, "
        f"AvailabilityZone: !Select [{n}, !GetAZs '']}}}}\n"
        for n in range(6)
    )
    text = f"Resources:{VPC}" if not live else (
        "Resources:\n  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}\n"
    )  # fmt: skip
    reach, _ = run(text + subnets, tmp_path, **options)
    zones = [reach.network.subnets[f"subnet-S{n}"].availability_zone for n in range(6)]
    assert len(set(zones)) == 6
    assert {zone[:-1] for zone in zones} == {"us-east-1"}
    assert zones[0] == ("us-east-1f" if live else "us-east-1a")


@pytest.mark.parametrize(("beginning", "told"), [(b"PK\x03\x04", "an archive"), (b"\x1f\x8b", "an archive")])
def test_an_archive_is_no_template(beginning: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "template.zip").write_bytes(beginning + b"\x00\xff")
    with pytest.raises(SnapshotError, match=told):
        import_cloudformation(tmp_path / "template.zip", tmp_path / "out", region="us-east-1")


def test_a_template_in_utf_16_is_read(tmp_path: Path) -> None:
    """As PowerShell's ``>`` writes the output of ``cdk synth``."""
    (tmp_path / "template.yaml").write_bytes(f"Resources:{VPC}".encode("utf-16"))
    import_cloudformation(tmp_path / "template.yaml", tmp_path / "out", region="us-east-1", account="111111111111")
    assert load(tmp_path / "out").network.vpcs.keys() == {"vpc-Vpc"}


# --- values -----------------------------------------------------------------------------------------------------------


def test_subnets_that_overlap_are_refused_with_their_lines(tmp_path: Path) -> None:
    other = "  B: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/22}}\n"
    with pytest.raises(SnapshotError, match=r"template.yaml:3#A.cidr_block: .*10.0.1.0/24 of subnet-A within 10.0.0.0"):
        run(f"Resources:{VPC}{other}", tmp_path)


@pytest.mark.parametrize(("more", "refused"), [
    ("", True),
    ("  More: {Type: 'AWS::EC2::VPCCidrBlock', Properties: {VpcId: !Ref Vpc, CidrBlock: 100.64.0.0/16}}\n", False),
    ("  More: {Type: 'AWS::EC2::VPCCidrBlock', Properties: {VpcId: !Ref Vpc, CidrBlock: !ImportValue x}}\n", False),
    ("  More: {Type: 'AWS::EC2::VPCCidrBlock', Properties: {VpcId: !Ref Vpc, CidrBlock: 100.65.0.0/16}}\n", True),
])  # fmt: skip
def test_a_subnet_outside_its_vpc_is_refused(more: str, refused: bool, tmp_path: Path) -> None:
    other = "  B: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 100.64.1.0/24}}\n"
    if not refused:
        reach, _ = run(f"Resources:{VPC}{other}{more}", tmp_path)
        assert reach.network.subnets["subnet-B"].cidr_block == "100.64.1.0/24"
        return
    with pytest.raises(SnapshotError, match=r"B.cidr_block: expected a block within 10.0.0.0/16.* of vpc-Vpc, found"):
        run(f"Resources:{VPC}{other}{more}", tmp_path)


PRIVATE_BUILD = """
  Rules: {Type: 'AWS::EC2::SecurityGroup', Properties: {GroupDescription: e, VpcId: !Ref Vpc, SecurityGroupIngress: [
    {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: %s}]}}
  Point: {Type: 'AWS::EC2::VPCEndpoint', Properties: {VpcEndpointType: Interface, VpcId: !Ref Vpc, SubnetIds: [!Ref A],
    PrivateDnsEnabled: true, SecurityGroupIds: [!Ref Rules], ServiceName: com.amazonaws.us-east-1.ecr.api}}
  App: {Type: 'AWS::CodeBuild::Project', Properties: {Name: app, ServiceRole: 'arn:aws:iam::111111111111:role/r',
    Source: {Type: NO_SOURCE, BuildSpec: x}, Artifacts: {Type: NO_ARTIFACTS},
    Environment: {Type: LINUX_CONTAINER, ComputeType: BUILD_GENERAL1_SMALL, Image: 'aws/codebuild/standard:7.0'},
    VpcConfig: {VpcId: !Ref Vpc, Subnets: [!Ref A], SecurityGroupIds: [!Ref Group]}}}
"""


@pytest.mark.parametrize(("block", "rule", "outcome"), [
    ("10.0.1.0/24", "10.0.0.0/24", "blocked"),
    ("10.0.1.0/24", "10.0.1.0/24", "allowed"),
    ("!ImportValue a", "10.0.0.0/24", "unknown"),
    ("!ImportValue a", "10.0.3.0/24", "unknown"),
    ("!ImportValue a", "10.0.9.0/24", "blocked"),
    ("!ImportValue a", "172.16.0.0/12", "blocked"),
    ("!ImportValue a", "10.0.0.0/16", "allowed"),
    ("!ImportValue a", "10.0.0.0/8", "allowed"),
])  # fmt: skip
def test_a_rule_on_part_of_a_vpc_is_open_for_a_subnet_of_unknown_block(
    block: str, rule: str, outcome: str, tmp_path: Path
) -> None:
    """Amazon VPC User Guide, "Subnet CIDR blocks": it is a part of the VPC's block and overlaps no other subnet's."""
    other = "  B: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.9.0/24}}\n"
    text = f"Resources:{VPC.replace('10.0.1.0/24', block)}{other}{PRIVATE_BUILD % rule}"
    verdict = run(text, tmp_path)[0].simulate("codebuild:app", "ecr.api", protocol="tcp", port=443)
    assert verdict.outcome == outcome
    assert ("PLANNED_VALUE_UNKNOWN" in {one.code for one in verdict.assumptions}) == (outcome == "unknown")


@pytest.mark.parametrize(("rule", "outcome"), [("10.255.0.0/16", "unknown"), ("0.0.0.0/0", "allowed")])
def test_a_vpc_of_unknown_block_may_have_any_private_one(rule: str, outcome: str, tmp_path: Path) -> None:
    text = f"Resources:{VPC.replace('10.0.1.0/24', '!ImportValue a').replace('10.0.0.0/16', '!ImportValue b')}"
    verdict = run(text + PRIVATE_BUILD % rule, tmp_path)[0].simulate("codebuild:app", "ecr.api", protocol="tcp")
    assert verdict.outcome == outcome


@pytest.mark.parametrize(("destination", "told"), [("10.0.3.0/24", True), ("10.9.0.0/16", False)])
def test_a_route_for_part_of_a_vpc_is_open_for_a_subnet_of_unknown_block(
    destination: str, told: bool, tmp_path: Path
) -> None:
    text = f"""Resources:{VPC.replace("10.0.1.0/24", "!ImportValue a")}
  Inner: {{Type: 'AWS::EC2::Route', Properties: {{RouteTableId: !Ref Table, DestinationCidrBlock: {destination},
    NetworkInterfaceId: eni-1}}}}
"""
    notes = run(text, tmp_path)[0].network.snapshot.manifest.planned
    assert any(note.component == "rtb-Table" and "cidr_block of A" in note.detail for note in notes) == told


@pytest.mark.parametrize(("attached", "outcome"), [(True, "allowed"), (False, "blocked")])
def test_a_regional_nat_gateway_has_a_way_out_of_its_own(attached: bool, outcome: str, tmp_path: Path) -> None:
    """Amazon VPC User Guide, "Regional NAT gateways …": no public subnet; its route table leads to the gateway."""
    text = f"""Resources:{VPC}{PRIVATE_BUILD % "10.0.9.0/24"}
  Joined: {{Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {{RouteTableId: !Ref Table, SubnetId: !Ref A}}}}
  Nat: {{Type: 'AWS::EC2::NatGateway', Properties: {{VpcId: !Ref Vpc, AvailabilityMode: regional}}}}
  Out: {{Type: 'AWS::EC2::Route', Properties: {{RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0,
    NatGatewayId: !Ref Nat}}}}
"""
    if attached:
        text += """
  Way: {Type: 'AWS::EC2::InternetGateway'}
  Door: {Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Way}}
"""
    verdict = run(text, tmp_path)[0].simulate("codebuild:app", "internet", protocol="tcp", port=443)
    assert verdict.outcome == outcome


ATTACHED = """
  Hub: {Type: 'AWS::EC2::TransitGateway'}
  Joined: {Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {RouteTableId: !Ref Table, SubnetId: !Ref A}}
  B: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24%s}}
  To: {Type: 'AWS::EC2::TransitGatewayVpcAttachment', Properties: {VpcId: !Ref Vpc, SubnetIds: [!Ref B],
    TransitGatewayId: !Ref Hub}}
  Over: {Type: 'AWS::EC2::Route', Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0,
    TransitGatewayId: !Ref Hub}}
"""


@pytest.mark.parametrize(("ours", "theirs", "outcome"), [
    ("a", "b", "blocked"), ("a", "", "unknown"), ("", "a", "unknown"), ("", "", "unknown"),
])  # fmt: skip
def test_a_transit_gateway_may_serve_the_zone_that_aws_has_yet_to_pick(
    ours: str, theirs: str, outcome: str, tmp_path: Path
) -> None:
    """Amazon VPC Transit Gateways guide, "Transit gateway VPC attachments": it serves the zones of its subnets."""
    mine, other = (f", AvailabilityZone: us-east-1{zone}" if zone else "" for zone in (ours, theirs))
    vpc = VPC.replace("10.0.1.0/24", f"10.0.1.0/24{mine}")
    text = f"Resources:{vpc}{PRIVATE_BUILD % '10.0.9.0/24'}{ATTACHED % other}"
    verdict = run(text, tmp_path)[0].simulate("codebuild:app", "internet", protocol="tcp", port=443)
    codes = {one.code for one in verdict.blocked_by}
    assert (verdict.outcome, "TGW_ROUTE_AZ_RESTRICTION" in codes) == (outcome, outcome == "blocked")


BALANCED = """
  B: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24%s}}
  Web: {Type: 'AWS::EC2::Instance', Properties: {ImageId: ami-1, SubnetId: !Ref B, SecurityGroupIds: [!Ref Any]}}
  Any: {Type: 'AWS::EC2::SecurityGroup', Properties: {GroupDescription: g, VpcId: !Ref Vpc, SecurityGroupIngress: [
    {IpProtocol: '-1', CidrIp: 0.0.0.0/0}]}}
  Way: {Type: 'AWS::EC2::InternetGateway'}
  Door: {Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Way}}
  Joined: {Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {RouteTableId: !Ref Table, SubnetId: !Ref A}}
  Out: {Type: 'AWS::EC2::Route', Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0,
    GatewayId: !Ref Way}}
  Lb: {Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: {Name: lb, Type: network, Subnets: [!Ref A]}}
  Pool: {Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: {Protocol: TCP, Port: 443, VpcId: !Ref Vpc,
    TargetType: instance, Targets: [{Id: !Ref Web}]}}
  Ear: {Type: 'AWS::ElasticLoadBalancingV2::Listener', Properties: {LoadBalancerArn: !Ref Lb, Port: 443, Protocol: TCP,
    DefaultActions: [{Type: forward, TargetGroupArn: !Ref Pool}]}}
"""


@pytest.mark.parametrize(("ours", "theirs", "outcome"), [
    ("a", "a", "allowed"), ("a", "b", "blocked"), ("a", "", "unknown"), ("", "", "unknown"),
])  # fmt: skip
def test_a_load_balancer_may_send_to_the_zone_that_aws_has_yet_to_pick(
    ours: str, theirs: str, outcome: str, tmp_path: Path
) -> None:
    """Elastic Load Balancing User Guide, "How Elastic Load Balancing works": to targets in the zones of its subnets."""
    mine, other = (f", AvailabilityZone: us-east-1{zone}" if zone else "" for zone in (ours, theirs))
    vpc = VPC.replace("10.0.1.0/24", f"10.0.1.0/24{mine}")
    reach, _ = run(f"Resources:{vpc}{BALANCED % other}", tmp_path)
    (made,) = reach.network.load_balancers.values()
    assert reach.simulate("internet", f"host:{made.dns_name}", protocol="tcp", port=443).outcome == outcome


def test_a_group_of_a_vpc_that_nothing_tells_is_not_in_the_default_one(tmp_path: Path) -> None:
    text = "Resources:\n  G: {Type: 'AWS::EC2::SecurityGroup', Properties: {GroupDescription: g%s}}\n"
    call = tmp_path / "live" / "111111111111" / "us-east-1" / "ec2"
    call.mkdir(parents=True)
    default = {"VpcId": "vpc-d", "CidrBlock": "172.31.0.0/16", "IsDefault": True}
    (call / "describe-vpcs.json").write_text(json.dumps({"Vpcs": [default]}))
    (call / "describe-security-groups.json").write_text('{"SecurityGroups": []}')
    for given, vpc_id in (("", "vpc-d"), (", VpcId: !ImportValue vpc", "vpc-unknown")):
        reach, _ = run(text % given, tmp_path, onto=tmp_path / "live", overwrite=True)
        assert reach.network.security_groups["sg-G"].vpc_id == vpc_id


def test_blocks_are_written_as_aws_keeps_them(tmp_path: Path) -> None:
    """AWS cuts off the host part of blocks: 10.100.119.0/21 is 10.100.112.0/21."""
    text = (
        f"Resources:{VPC}".replace("10.0.1.0/24", "10.0.1.77/24")
        + """
  Rule:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Group, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.9.9.9/8}
  Gate: {Type: 'AWS::EC2::VPNGateway', Properties: {Type: ipsec.1}}
  Route:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 10.9.9.9/8, GatewayId: !Ref Gate}
"""
    )
    reach, _ = run(text, tmp_path)
    assert reach.network.subnets["subnet-A"].cidr_block == "10.0.1.0/24"
    (rule,) = reach.network.security_groups["sg-Group"].ip_permissions
    assert [one.cidr_ip for one in rule.ip_ranges] == ["10.0.0.0/8"]
    routes = reach.network.route_tables["rtb-Table"].routes
    assert [one.destination_cidr_block for one in routes] == ["10.0.0.0/16", "10.0.0.0/8"]


def test_a_nat_instance_on_an_interface_of_its_own_does_not_check_destinations(tmp_path: Path) -> None:
    reach, _ = run(f"""
Resources:{VPC}
  Eni: {{Type: 'AWS::EC2::NetworkInterface', Properties: {{SubnetId: !Ref A, GroupSet: ['']}}}}
  Nat:
    Type: AWS::EC2::Instance
    Properties: {{SourceDestCheck: false, NetworkInterfaces: [{{NetworkInterfaceId: !Ref Eni, DeviceIndex: '0'}}]}}
""", tmp_path)  # fmt: skip
    assert reach.network.network_interfaces["eni-Eni"].source_dest_check is False
    assert [one.group_id for one in reach.network.network_interfaces["eni-Eni"].groups] == ["sg-Vpc-default"]


def test_what_is_in_a_vpc_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    reach, _ = run(
        """
Resources:
  Eni: {Type: 'AWS::EC2::NetworkInterface', Properties: {SubnetId: subnet-0a1b2c3d}}
  Own: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: subnet-0a1b2c3d}}
  Default: {Type: 'AWS::EC2::Instance', Properties: {ImageId: ami-0}}
""",
        tmp_path,
    )
    for one in ("eni-Eni", "i-Own", "i-Default"):
        assert reach.simulate(one, "ip:10.0.0.9", protocol="tcp", port=443).outcome == "unknown"


def test_a_private_zone_and_a_record_that_names_its_zone_by_the_domain(tmp_path: Path) -> None:
    reach, _ = run(f"""
Resources:{VPC}
  Zone:
    Type: AWS::Route53::HostedZone
    Properties: {{Name: corp.example, VPCs: [{{VPCId: !Ref Vpc, VPCRegion: !Ref 'AWS::Region'}}]}}
  Record:
    Type: AWS::Route53::RecordSet
    Properties: {{HostedZoneName: corp.example., Name: db.corp.example, Type: A, TTL: 60, ResourceRecords: [10.0.1.9]}}
  Client: {{Type: 'AWS::EC2::Instance', Properties: {{SubnetId: !Ref A, SecurityGroupIds: [!Ref Group]}}}}
  Db:
    Type: AWS::EC2::Instance
    Properties: {{SubnetId: !Ref A, SecurityGroupIds: [!Ref Open], PrivateIpAddress: 10.0.1.9}}
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: o
      VpcId: !Ref Vpc
      SecurityGroupIngress: {{IpProtocol: '-1', SourceSecurityGroupId: !Ref Group}}
""", tmp_path)  # fmt: skip
    found = reach.simulate("i-Client", "host:db.corp.example", protocol="tcp", port=5432)
    assert (found.outcome, found.route) == ("allowed", "private")


PUBLIC = f"""
Resources:{VPC}
  Assoc: {{Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {{SubnetId: !Ref A, RouteTableId: !Ref Table}}}}
  Gate: {{Type: 'AWS::EC2::InternetGateway'}}
  GateInVpc: {{Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {{VpcId: !Ref Vpc, InternetGatewayId: !Ref Gate}}}}
  Out:
    Type: AWS::EC2::Route
    Properties: {{RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gate}}
  Host: {{Type: 'AWS::EC2::Instance', Properties: {{SubnetId: !Ref A, SecurityGroupIds: [!Ref Group]}}}}
"""


def test_an_association_names_an_address_by_its_ref(tmp_path: Path) -> None:
    text = (
        PUBLIC
        + """
  Address: {Type: 'AWS::EC2::EIP', Properties: {Domain: vpc}}
  Bound: {Type: 'AWS::EC2::EIPAssociation', Properties: {InstanceId: !Ref Host, EIP: !Ref Address}}
"""
    )
    reach, _ = run(text, tmp_path)
    assert reach.simulate("i-Host", "internet", protocol="tcp", port=443).outcome == "allowed"


def test_an_association_of_an_address_that_nothing_tells_leaves_it_open(tmp_path: Path) -> None:
    text = (
        PUBLIC
        + """
  Bound: {Type: 'AWS::EC2::EIPAssociation', Properties: {InstanceId: !Ref Host, EIP: !ImportValue address}}
"""
    )
    reach, _ = run(text, tmp_path)
    assert reach.simulate("i-Host", "internet", protocol="tcp", port=443).outcome == "unknown"


def test_an_empty_list_of_egress_rules_leaves_awss_own(tmp_path: Path) -> None:
    text = PUBLIC.replace("GroupDescription: g,", "GroupDescription: g, SecurityGroupEgress: [],")
    reach, _ = run(text + "  Address: {Type: 'AWS::EC2::EIP', Properties: {InstanceId: !Ref Host}}\n", tmp_path)
    assert reach.simulate("i-Host", "internet", protocol="tcp", port=443).outcome == "allowed"


PROPAGATED = {
    "a virtual private gateway": """
  Gate: {Type: 'AWS::EC2::VPNGateway', Properties: {Type: ipsec.1}}
  GateInVpc: {Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {VpcId: !Ref Vpc, VpnGatewayId: !Ref Gate}}
  Learned:
    Type: AWS::EC2::VPNGatewayRoutePropagation
    Properties: {RouteTableIds: [!Ref Table], VpnGatewayId: !Ref Gate}
""",
    "a VPN of a transit gateway": """
  Tgw: {Type: 'AWS::EC2::TransitGateway', Properties: {Description: x}}
  Attached:
    Type: AWS::EC2::TransitGatewayAttachment
    Properties: {TransitGatewayId: !Ref Tgw, VpcId: !Ref Vpc, SubnetIds: [!Ref A]}
  Out:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, TransitGatewayId: !Ref Tgw}
  There: {Type: 'AWS::EC2::CustomerGateway', Properties: {Type: ipsec.1, BgpAsn: 65000, IpAddress: 203.0.113.9}}
  Vpn:
    Type: AWS::EC2::VPNConnection
    Properties: {Type: ipsec.1, CustomerGatewayId: !Ref There, TransitGatewayId: !Ref Tgw}
""",
    "a route server": """
  Learned: {Type: 'AWS::EC2::RouteServerPropagation', Properties: {RouteServerId: rs-0, RouteTableId: !Ref Table}}
""",
}


@pytest.mark.parametrize("what", PROPAGATED)
def test_routes_that_are_learned_are_not_known_before(what: str, tmp_path: Path) -> None:
    inside = PUBLIC[PUBLIC.index("  Gate:") : PUBLIC.index("  Host:")]
    reach, report = run(PUBLIC.replace(inside, "") + PROPAGATED[what], tmp_path)
    assert reach.simulate("i-Host", "ip:192.168.1.1", protocol="tcp", port=443).outcome == "unknown"
    assert not [one for one in report.warnings if "known only after apply" in one]


# --- nested stacks ----------------------------------------------------------------------------------------------------

PARENT = f"""
Resources:{VPC}
  Assoc: {{Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {{SubnetId: !Ref A, RouteTableId: !Ref Table}}}}
  Job:
    Type: AWS::Lambda::Function
    Properties: {{FunctionName: job, Code: {{ZipFile: x}}, Role: "arn:aws:iam::111111111111:role/x", {IN_A}}}
  Inner: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: WHERE, Parameters: {{X: GIVEN}}}}}}
"""
WAY_OUT = """
Parameters: {X: {Type: String}}
Resources:
  Out:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref X, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: nat-0}
"""


@pytest.mark.parametrize("form", ["../inner.yaml", "link.yaml"])
def test_no_template_is_read_outside_the_folder(form: str, tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(WAY_OUT)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "link.yaml").symlink_to(tmp_path / "inner.yaml")
    text = PARENT.replace("WHERE", form).replace("GIVEN", "!Ref Table")
    with pytest.raises(SnapshotError, match="/Resources/Inner/TemplateURL: expected a template in templates"):
        run(text, tmp_path)
    reach, _ = run(text, tmp_path, template_root=tmp_path)
    assert len(reach.network.route_tables["rtb-Table"].routes) == 2


def test_an_address_names_the_file_below_the_root_that_it_ends_with(tmp_path: Path) -> None:
    """``…/submodules/vpc/templates/vpc.yaml``, as quickstarts have it, although ``templates/vpc.yaml`` is there."""
    for folder, text in (("submodules/vpc/templates", WAY_OUT), ("templates", "Resources: {}")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "vpc.yaml").write_text(text)
    url = "https://bucket.s3.amazonaws.com/quickstart-x/submodules/vpc/templates/vpc.yaml"
    reach, _ = run(PARENT.replace("WHERE", url).replace("GIVEN", "!Ref Table"), tmp_path, template_root=tmp_path)
    assert len(reach.network.route_tables["rtb-Table"].routes) == 2


@pytest.mark.parametrize(("given", "outcome"), [
    ("!Ref Table", "unknown"), ("!Join [',', [!Ref Group, !Ref Table]]", "unknown"), ("!Ref A", "blocked"),
    ("!Ref Vpc", "blocked"), ("hello", "blocked"),
])  # fmt: skip
def test_what_a_stack_without_a_file_is_handed_is_open(given: str, outcome: str, tmp_path: Path) -> None:
    reach, _ = run(PARENT.replace("WHERE", "https://b.s3.amazonaws.com/net.yaml").replace("GIVEN", given), tmp_path)
    assert reach.simulate("lambda:job", "internet", protocol="tcp", port=443).outcome == outcome


def test_a_subnet_of_the_main_table_may_get_another_one(tmp_path: Path) -> None:
    text = PARENT.replace("  Assoc", "  Unused", 1).replace(
        "SubnetId: !Ref A, RouteTableId", "SubnetId: !Ref B, RouteTableId"
    )
    text += "  B: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24}}\n"
    reach, _ = run(text.replace("WHERE", "net.yaml").replace("GIVEN", "!Ref A"), tmp_path)
    assert reach.simulate("lambda:job", "internet", protocol="tcp", port=443).outcome == "unknown"


def test_transforms_of_aws_that_only_add_are_listed(tmp_path: Path) -> None:
    _, report = run(f"Transform: ['AWS::CodeDeployBlueGreen']\nResources:{VPC}", tmp_path)
    assert [one.file for one in report.ignored] == ["Transform AWS::CodeDeployBlueGreen"]
    assert json.loads((tmp_path / "out/snapshot.json").read_text())["unsupported"]


@pytest.mark.parametrize("told", ["by its metadata", "by the list of assets"])
def test_the_cdk_names_the_template_of_a_nested_stack(told: str, tmp_path: Path) -> None:
    """The TemplateURL has but the asset's hash: https://s3.REGION.amazonaws.com/cdk-…-assets-…/HASH.json."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "AppNet.nested.template.json").write_text(json.dumps({"Resources": {"Out": {
        "Type": "AWS::EC2::Route", "Properties": {"RouteTableId": {"Ref": "X"}, "NatGatewayId": "nat-0",
                                                  "DestinationCidrBlock": "0.0.0.0/0"}}},
        "Parameters": {"X": {"Type": "String"}}}))  # fmt: skip
    text = PARENT.replace("WHERE", "!Sub 'https://s3.${AWS::Region}.amazonaws.com/cdk-assets/0a1b.json'")
    text = text.replace("GIVEN", "!Ref Table")
    if told == "by its metadata":
        metadata = "{'aws:asset:path': AppNet.nested.template.json, 'aws:asset:property': TemplateURL}"
        text = text.replace("Stack', Properties", f"Stack', Metadata: {metadata}, Properties")
    else:
        assets = {"version": "55.0.0", "files": {"0a1b": {"source": {"path": "AppNet.nested.template.json"}}}}
        (folder / "App.assets.json").write_text(json.dumps(assets))
    reach, report = run(text, tmp_path)
    assert len(reach.network.route_tables["rtb-Table"].routes) == 2
    assert not report.ignored


# --- several stacks ---------------------------------------------------------------------------------------------------


def test_a_stack_over_another_finds_its_exports_and_makes_none_of_its_ids(tmp_path: Path) -> None:
    first = f"Resources:{VPC}Outputs: {{Net: {{Value: !Ref Vpc, Export: {{Name: !Sub '${{AWS::StackName}}-net'}}}}}}\n"
    (tmp_path / "first.yaml").write_text(first)
    (tmp_path / "values.yaml").write_text("'AWS::StackName': network")
    import_cloudformation(tmp_path / "first.yaml", tmp_path / "first", region="us-east-1", account="111111111111",
                          parameters=tmp_path / "values.yaml")  # fmt: skip
    second = f"""
Resources:{VPC}
  C:
    Type: AWS::EC2::Subnet
    Properties: {{VpcId: !ImportValue network-net, CidrBlock: 10.0.9.0/24}}
"""
    reach, _ = run(second, tmp_path, onto=tmp_path / "first")
    assert reach.network.vpcs.keys() == {"vpc-Vpc", "vpc-Vpc-2"}
    assert reach.network.subnets["subnet-C"].vpc_id == "vpc-Vpc"
    assert reach.network.subnets["subnet-A-2"].vpc_id == "vpc-Vpc-2"
    manifest = json.loads((tmp_path / "out/snapshot.json").read_text())
    assert manifest["declared"]["vpc-Vpc"] == f"{tmp_path}/first.yaml:2"
    assert manifest["declared"]["vpc-Vpc-2"] == f"{tmp_path}/templates/template.yaml:3"
    assert manifest["alone"] is True


def test_route_tables_that_nothing_tells_may_learn_routes(tmp_path: Path) -> None:
    inside = PUBLIC[PUBLIC.index("  Gate:") : PUBLIC.index("  Host:")]
    learned = """
  Learned:
    Type: AWS::EC2::VPNGatewayRoutePropagation
    Properties: {RouteTableIds: !Split [',', !ImportValue tables], VpnGatewayId: vgw-0}
"""
    reach, _ = run(PUBLIC.replace(inside, "") + learned, tmp_path)
    assert reach.simulate("i-Host", "ip:192.168.1.1", protocol="tcp", port=443).outcome == "unknown"


def test_a_group_of_records_is_its_records(tmp_path: Path) -> None:
    _, report = run(f"""
Resources:{VPC}
  Zone: {{Type: 'AWS::Route53::HostedZone', Properties: {{Name: corp.example, VPCs: [{{VPCId: !Ref Vpc}}]}}}}
  Records:
    Type: AWS::Route53::RecordSetGroup
    Properties:
      HostedZoneId: !Ref Zone
      RecordSets: [{{Name: db.corp.example, Type: A, TTL: 60, ResourceRecords: [10.0.1.9]}}]
""", tmp_path)  # fmt: skip
    assert not report.ignored


@pytest.mark.parametrize(("named", "outcome"), [("!Ref Group", "allowed"), ("another", "blocked")])
def test_a_project_writes_to_a_log_group_that_is_made_with_it(named: str, outcome: str, tmp_path: Path) -> None:
    """The CDK grants but streams and events on a project's log group, which is there before the first build."""
    reach, _ = run(f"""
Resources:
  Group: {{Type: 'AWS::Logs::LogGroup'}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: codebuild.amazonaws.com}}}}
      Policies:
        - PolicyName: logs
          PolicyDocument:
            Statement: {{Effect: Allow, Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*'}}
  Job:
    Type: AWS::CodeBuild::Project
    Properties:
      Name: job
      ServiceRole: !GetAtt Role.Arn
      Artifacts: {{Type: NO_ARTIFACTS}}
      Environment: {{Type: LINUX_CONTAINER, Image: 'aws/codebuild/standard:7.0', ComputeType: BUILD_GENERAL1_SMALL}}
      Source: {{Type: NO_SOURCE, BuildSpec: "{{version: 0.2, phases: {{build: {{commands: [ls]}}}}}}"}}
      LogsConfig: {{CloudWatchLogs: {{Status: ENABLED, GroupName: {named}}}}}
""", tmp_path)  # fmt: skip
    assert [one.outcome for one in reach.check().steps if one.step == "logs"] == [outcome]


# --- the CDK's and others' forms of what AWS makes by itself ----------------------------------------------------------

RESTRICTED = """
  Restrict:
    Type: Custom::VpcRestrictDefaultSG
    Properties:
      ServiceToken: !Sub 'arn:aws:lambda:us-east-1:${AWS::AccountId}:function:handler'
      DefaultSecurityGroupId: !GetAtt Vpc.DefaultSecurityGroup
      Account: !Ref AWS::AccountId
"""


@pytest.mark.parametrize("six", [False, True])
def test_the_cdk_takes_the_rules_of_the_default_group(six: bool, tmp_path: Path) -> None:
    """Its handler revokes the rule for the group itself and the one to 0.0.0.0/0, not the one to ::/0."""
    block = (
        "  Six: {Type: 'AWS::EC2::VPCCidrBlock', Properties: {VpcId: !Ref Vpc, AmazonProvidedIpv6CidrBlock: true}}\n"
    )
    reach, report = run("Resources:" + VPC + RESTRICTED + (block if six else ""), tmp_path)
    group = reach.network.security_groups["sg-Vpc-default"]
    assert group.ip_permissions == ()
    assert [one.cidr_ipv6 for rule in group.ip_permissions_egress for one in rule.ipv6_ranges] == ["::/0"] * six
    assert [one.cidr_ip for rule in group.ip_permissions_egress for one in rule.ip_ranges] == []
    assert report.ignored == ()
    assert any("is taken to be the CDK's" in one for one in report.warnings)


def test_a_private_namespace_is_a_zone_that_answers_what_is_registered(tmp_path: Path) -> None:
    own = """
  Namespace: {Type: 'AWS::ServiceDiscovery::PrivateDnsNamespace', Properties: {Name: svc.local, Vpc: !Ref Vpc}}
  Zone:
    Type: AWS::Route53::RecordSet
    Properties: {HostedZoneId: !GetAtt Namespace.HostedZoneId, Name: a.svc.local, Type: A, ResourceRecords: [10.0.1.9]}
"""
    reach, _ = run("Resources:" + VPC + own, tmp_path)
    assert reach.simulate("subnet-A", "host:web.svc.local", protocol="tcp", port=80).outcome == "unknown"
    assert reach.simulate("subnet-A", "host:web.other.local", protocol="tcp", port=80).outcome == "blocked"


NET = f"""
Resources:{VPC}
  Gateway: {{Type: 'AWS::EC2::InternetGateway'}}
  Attached: {{Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {{VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}}}
Outputs:
  StackName: {{Value: !Ref AWS::StackName}}
  Table: {{Value: !Ref Table, Export: {{Name: !Sub '${{AWS::StackName}}-Table'}}}}
  Gateway: {{Value: !Ref Gateway, Export: {{Name: !Sub '${{AWS::StackName}}-Gateway'}}}}
"""
ROUTE = """
Parameters: {Net: {Type: String}}
Resources:
  Out:
    Type: AWS::EC2::Route
    Properties:
      DestinationCidrBlock: 0.0.0.0/0
      RouteTableId: {'Fn::ImportValue': !Sub '${Net}-Table'}
      GatewayId: {'Fn::ImportValue': !Sub '${Net}-Gateway'}
"""


@pytest.mark.parametrize("named", ["!GetAtt Net.Outputs.StackName", "!Sub '${AWS::StackName}-Net'"])
def test_stacks_nested_side_by_side_import_what_the_others_export(named: str, tmp_path: Path) -> None:
    """The design of cfn-modules: a stack is handed its neighbour's name, and imports by it."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "net.yaml").write_text(NET, encoding="utf-8")
    (folder / "route.yaml").write_text(ROUTE, encoding="utf-8")
    parent = f"""
Resources:
  Route:
    Type: AWS::CloudFormation::Stack
    DependsOn: Net
    Properties: {{TemplateURL: route.yaml, Parameters: {{Net: {named}}}}}
  Net: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: net.yaml}}}}
"""
    reach, report = run(parent, tmp_path)
    assert {one.gateway_id for one in reach.network.route_tables["rtb-Net-Table"].routes} == {
        "local",
        "igw-Net-Gateway",
    }
    assert report.warnings == ()


def test_stacks_that_import_from_each_other_are_a_cycle(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    for own, other in (("a", "b"), ("b", "a")):
        output = f"Outputs: {{X: {{Value: !ImportValue {other}, Export: {{Name: {own}}}}}}}"
        (folder / f"{own}.yaml").write_text(f"Resources:{VPC}\n{output}\n", encoding="utf-8")
    parent = "Resources:\n" + "".join(
        f"  {name.upper()}: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: {name}.yaml}}}}\n"
        for name in "ab"
    )
    with pytest.raises(SnapshotError, match="a cycle: b → a → b"):
        run(parent, tmp_path)


# --- a template within a cloud assembly of the CDK --------------------------------------------------------------------


def assembly(folder: Path, environment: str) -> Path:
    """A cloud assembly of one stack, whose role may write to one log group of a concrete account."""
    folder.mkdir()
    stack = {"type": "aws:cloudformation:stack", "environment": environment,
             "properties": {"templateFile": "App.template.json"}}  # fmt: skip
    artifacts = {"App": stack, "App.assets": {"type": "cdk:asset-manifest", "properties": {"file": "App.assets.json"}}}
    (folder / "manifest.json").write_text(json.dumps({"version": "48.0.0", "artifacts": artifacts}))
    policy = {"Statement": [{"Effect": "Allow", "Action": "logs:*",
                             "Resource": "arn:aws:logs:eu-west-1:222222222222:log-group:*"}]}  # fmt: skip
    (folder / "App.template.json").write_text(json.dumps({"Resources": {
        "Own": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.7.0.0/16"}},
        "Allow": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}},
    }}))  # fmt: skip
    return folder


def test_the_assembly_tells_account_and_region(tmp_path: Path) -> None:
    source = assembly(tmp_path / "cdk.out", "aws://222222222222/eu-west-1") / "App.template.json"
    report = import_cloudformation(source, tmp_path / "out")
    assert (report.accounts, report.regions, report.warnings) == (("222222222222",), ("eu-west-1",), ())
    other = import_cloudformation(source, tmp_path / "other", account="111111111111", region="us-east-1")
    assert (other.accounts, other.regions) == (("111111111111",), ("us-east-1",))


def test_a_stand_in_for_the_account_says_whom_the_template_names(tmp_path: Path) -> None:
    source = assembly(tmp_path / "cdk.out", "aws://unknown-account/unknown-region") / "App.template.json"
    with pytest.raises(QuestionError, match="--region"):
        import_cloudformation(source, tmp_path / "out")
    report = import_cloudformation(source, tmp_path / "out", region="eu-west-1")
    assert "what the template names of 222222222222 for another account's" in report.warnings[0]


@pytest.mark.parametrize("named", ["", "manifest.json"])
def test_an_assembly_lists_its_templates(named: str, tmp_path: Path) -> None:
    folder = assembly(tmp_path / "cdk.out", "")
    with pytest.raises(SnapshotError, match=r"cloud assembly of the CDK: name one of its templates, App\.template"):
        import_cloudformation(folder / named if named else folder, tmp_path / "out", region="eu-west-1")


# --- targets that a service or an Auto Scaling group registers --------------------------------------------------------

FRONT = f"""
Resources:{VPC}
  Gate: {{Type: 'AWS::EC2::InternetGateway'}}
  Attached: {{Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {{VpcId: !Ref Vpc, InternetGatewayId: !Ref Gate}}}}
  Out:
    Type: AWS::EC2::Route
    Properties: {{RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gate}}
  InTable: {{Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {{SubnetId: !Ref A, RouteTableId: !Ref Table}}}}
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: anyone
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}}]
  Front:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {{Scheme: internet-facing, Name: front, Subnets: [!Ref A], SecurityGroups: [!Ref Open]}}
  Old:
    Type: AWS::ElasticLoadBalancing::LoadBalancer
    Properties:
      LoadBalancerName: old
      Scheme: internet-facing
      Subnets: [!Ref A]
      SecurityGroups: [!Ref Open]
      Listeners: [{{LoadBalancerPort: '80', InstancePort: '80', Protocol: HTTP}}]
  Web: {{Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: {{Port: 80, Protocol: HTTP, VpcId: !Ref Vpc}}}}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Front
      Port: 80
      Protocol: HTTP
      DefaultActions: [{{Type: forward, TargetGroupArn: !Ref Web}}]
"""
SERVICE = "  App: {Type: 'AWS::ECS::Service', Properties: {TaskDefinition: app, LoadBalancers: [%s]}}\n"
SCALED = "  App: {Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: {MaxSize: '2', MinSize: '1', %s}}\n"


@pytest.mark.parametrize(("members", "node"), [
    (SERVICE % "{TargetGroupArn: !Ref Web, ContainerName: app, ContainerPort: 80}", "eni-front-1"),
    (SERVICE % "{TargetGroupArn: !ImportValue web, ContainerName: app, ContainerPort: 80}", "eni-front-1"),
    (SERVICE % "{LoadBalancerName: !Ref Old, ContainerName: app, ContainerPort: 80}", "eni-old-1"),
    (SCALED % "TargetGroupARNs: [!Ref Web]", "eni-front-1"),
    (SCALED % "TrafficSources: [{Identifier: !Ref Web, Type: elbv2}]", "eni-front-1"),
    (SCALED % "TrafficSources: [{Identifier: !Ref Old, Type: elb}]", "eni-old-1"),
    (SCALED % "LoadBalancerNames: [!Ref Old]", "eni-old-1"),
])  # fmt: skip
def test_what_a_service_registers_is_not_known_before_it_runs(members: str, node: str, tmp_path: Path) -> None:
    """Found by the templates of AWS CDK's ``ApplicationLoadBalancedFargateService``, a load balancer for everyone."""
    reach, _ = run(FRONT + members, tmp_path)
    assert reach.simulate("internet", node, protocol="tcp", port=80).outcome == "unknown"


@pytest.mark.parametrize("node", ["eni-front-1", "eni-old-1"])
def test_a_balancer_without_targets_leads_nowhere(node: str, tmp_path: Path) -> None:
    reach, _ = run(FRONT, tmp_path)
    assert reach.simulate("internet", node, protocol="tcp", port=80).outcome == "blocked"


def test_a_nat_gateway_may_be_given_as_any_gateway(tmp_path: Path) -> None:
    text = f"""
Resources:{VPC}
  Nat: {{Type: 'AWS::EC2::NatGateway', Properties: {{SubnetId: !Ref A, ConnectivityType: private}}}}
  Route:
    Type: AWS::EC2::Route
    Properties: {{RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Nat}}
"""
    reach, _ = run(text, tmp_path)
    assert [one.nat_gateway_id for one in reach.network.route_tables["rtb-Table"].routes] == [None, "nat-Nat"]


def test_that_a_separate_egress_rule_replaces_awss_own_is_said(tmp_path: Path) -> None:
    """AWS CloudFormation documents it for the group's own property only ("AWS::EC2::SecurityGroup")."""
    rule = "{GroupId: !Ref Group, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}"
    instances = "".join(
        f"  {name}: {{Type: 'AWS::EC2::Instance', Properties: {{SubnetId: !Ref A, "
        f"SecurityGroupIds: [!Ref {group}]}}}}\n"
        for name, group in (("One", "Group"), ("Two", "Other"))
    )
    other = "{GroupDescription: o, VpcId: !Ref Vpc, SecurityGroupIngress: [{IpProtocol: -1, CidrIp: 10.0.0.0/16}]}"
    text = (
        f"Resources:{VPC}{instances}  Other: {{Type: 'AWS::EC2::SecurityGroup', Properties: {other}}}\n"
        f"  Out: {{Type: 'AWS::EC2::SecurityGroupEgress', Properties: {rule}}}\n"
    )
    reach, _ = run(text, tmp_path)
    verdict = reach.simulate("i-One", "i-Two", protocol="tcp", port=8080)
    assert verdict.outcome == "blocked"
    assert ("PLANNED_TAKEN", "sg-Group") in {(one.code, one.component) for one in verdict.assumptions}
    assert "sg-Other" not in {one.component for one in verdict.assumptions}


@pytest.mark.parametrize(("asked", "outcome"), [
    ("ip:10.0.0.77", "unknown"),  # the other instance may get it
    ("ip:10.0.1.77", "unknown"),  # the database may have it
    ("ip:10.0.2.77", "blocked"),
    ("ip:10.0.1.0/24", "unknown"),
])  # fmt: skip
def test_an_address_that_nobody_has_yet_may_be_picked(asked: str, outcome: str, tmp_path: Path) -> None:
    text = """
Resources:
  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}
  A: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  B: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  C: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24}}
  I: {Type: 'AWS::EC2::Instance', Properties: {ImageId: ami-1, SubnetId: !Ref A}}
  J: {Type: 'AWS::EC2::Instance', Properties: {ImageId: ami-1, SubnetId: !Ref A}}
  Nets: {Type: 'AWS::RDS::DBSubnetGroup', Properties: {DBSubnetGroupDescription: d, SubnetIds: [!Ref B]}}
  Db: {Type: 'AWS::RDS::DBInstance', Properties: {Engine: mysql, DBSubnetGroupName: !Ref Nets}}
"""
    reach, _ = run(text, tmp_path)
    assert reach.simulate("i-I", asked, protocol="tcp", port=443).outcome == outcome


@pytest.mark.parametrize(("name", "outcome"), [
    ("j", "allowed"), ("db", "unknown"), ("www", "unknown"), ("x.wild", "unknown"), ("none", "blocked"),
])  # fmt: skip
def test_a_record_of_which_nothing_tells_the_answer_leaves_its_own_name_open(
    name: str, outcome: str, tmp_path: Path
) -> None:
    record = "Type: 'AWS::Route53::RecordSet', Properties: {HostedZoneId: !Ref Zone, TTL: '60'"
    text = f"""
Parameters: {{Db: {{Type: String}}}}
Resources:{VPC}
  J: {{Type: 'AWS::EC2::Instance', Properties: {{ImageId: ami-1, SubnetId: !Ref A, SecurityGroupIds: [!Ref Open]}}}}
  Open: {{Type: 'AWS::EC2::SecurityGroup', Properties: {{GroupDescription: o, VpcId: !Ref Vpc,
    SecurityGroupIngress: [{{IpProtocol: '-1', CidrIp: 10.0.0.0/16}}]}}}}
  Job: {{Type: 'AWS::Lambda::Function', Properties: {{FunctionName: job, {IN_A}}}}}
  Zone: {{Type: 'AWS::Route53::HostedZone', Properties: {{Name: corp.internal, VPCs: [{{VPCId: !Ref Vpc}}]}}}}
  R1: {{{record}, Name: j.corp.internal, Type: A, ResourceRecords: [!GetAtt J.PrivateIp]}}}}
  R2: {{{record}, Name: db.corp.internal, Type: A, ResourceRecords: [!Ref Db]}}}}
  R3: {{{record}, Name: www.corp.internal, Type: CNAME, ResourceRecords: [db.corp.internal]}}}}
  R4: {{{record}, Name: '*.wild.corp.internal', Type: A, ResourceRecords: [!Ref Db]}}}}
"""
    text = text.replace("SubnetId: !Ref A,", "SubnetId: !Ref A, PrivateIpAddress: 10.0.1.50,")
    reach, _ = run(text, tmp_path)
    assert reach.simulate("lambda:job", f"host:{name}.corp.internal", protocol="tcp", port=443).outcome == outcome


def test_an_interface_in_a_subnet_of_ipv6_alone_has_no_ipv4_address(tmp_path: Path) -> None:
    block = "Ipv6CidrBlock: !Select [0, !Cidr [!Select [0, !GetAtt Vpc.Ipv6CidrBlocks], 4, 64]]"
    text = f"""
Resources:{VPC}
  Six: {{Type: 'AWS::EC2::VPCCidrBlock', Properties: {{VpcId: !Ref Vpc, AmazonProvidedIpv6CidrBlock: true}}}}
  N: {{Type: 'AWS::EC2::Subnet', Properties: {{VpcId: !Ref Vpc, Ipv6Native: true, {block},
    AssignIpv6AddressOnCreation: true}}}}
  I: {{Type: 'AWS::EC2::Instance', Properties: {{ImageId: ami-1, SubnetId: !Ref N, SecurityGroupIds: [!Ref Group]}}}}
"""
    reach, report = run(text, tmp_path)
    assert reach.simulate("i-I", "internet", protocol="tcp", port=443).outcome == "blocked"
    assert not any("address" in one for one in report.warnings)
