"""What templates and plans declare beside the things themselves and that leads to them: rules of listeners, services of
AWS that lead the internet in, interfaces within instances, routes that are learned.

**Source:** the pages that each test names, or those of the modules tested.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reachsim import Reach, load
from reachsim.importers import import_terraform
from reachsim.workloads import on_fargate
from tests.importers.test_public_templates import run
from tests.plans import PlanJson, Ref

NETWORK = """
Resources:
  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true}}
  A: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, AvailabilityZone: us-east-1a, CidrBlock: 10.0.1.0/24}}
  Pub:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, AvailabilityZone: us-east-1a, CidrBlock: 10.0.2.0/24, MapPublicIpOnLaunch: true}
  Gate: {Type: 'AWS::EC2::InternetGateway'}
  GateInVpc: {Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gate}}
  Table: {Type: 'AWS::EC2::RouteTable', Properties: {VpcId: !Ref Vpc}}
  Out:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gate}
  PubTable: {Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {SubnetId: !Ref Pub, RouteTableId: !Ref Table}}
  Inner:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: g
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/16}]
"""

# --- load balancers ---------------------------------------------------------------------------------------------------

CLIENT = """
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: dev
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: 'codecommit:*', Resource: '*'}]
  Profile: {Type: 'AWS::IAM::InstanceProfile', Properties: {Roles: [!Ref Role]}}
  Client:
    Type: AWS::EC2::Instance
    Properties: {ImageId: ami-1, SubnetId: !Ref A, SecurityGroupIds: [!Ref Inner], IamInstanceProfile: !Ref Profile}
  Balanced:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: g
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}]
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Scheme: SCHEME, Subnets: [!Ref Pub], SecurityGroups: [!Ref Balanced]}
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {Port: 80, Protocol: HTTP, VpcId: !Ref Vpc, Targets: [{Id: !Ref Client}]}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: {LoadBalancerArn: !Ref Balancer, Port: 80, Protocol: HTTP, DefaultActions: [DEFAULT]}
"""
FORWARD = "{Type: forward, TargetGroupArn: !Ref Group}"
NOT_FOUND = "{Type: fixed-response, FixedResponseConfig: {StatusCode: '404'}}"
RULE = f"""
  Rule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 1
      Conditions: [{{Field: path-pattern, Values: ['/app/*']}}]
      Actions: [{FORWARD}]
"""


def overall(text: str, tmp_path: Path) -> str:
    reach, _ = run(text, tmp_path)
    return reach.check(sources=["i-Client"]).overall


def balanced(scheme: str, default: str) -> str:
    return NETWORK + CLIENT.replace("SCHEME", scheme).replace("DEFAULT", default)


@pytest.mark.parametrize(("scheme", "default", "rule", "exposed"), [
    ("internet-facing", FORWARD, "", True), ("internet-facing", NOT_FOUND, RULE, True),
    ("internet-facing", NOT_FOUND, "", False), ("internal", NOT_FOUND, RULE, False),
])  # fmt: skip
def test_a_rule_of_a_listener_leads_to_its_target_group(
    scheme: str, default: str, rule: str, exposed: bool, tmp_path: Path
) -> None:
    """It was private, as a listener's default action alone was read; TargetGroup has LoadBalancerArns for both."""
    assert (overall(balanced(scheme, default) + rule, tmp_path) == "exposed") is exposed


def test_the_arn_of_a_listener_tells_its_load_balancer_s_name_and_id(tmp_path: Path) -> None:
    """As the CDK takes it apart for metrics: listener/app/NAME/ID/ID ("Listeners" in the service authorization
    reference)."""
    part = "!Select [3, !Split ['/', !Ref Listener]]"
    named = f"Properties: {{RepositoryName: !Sub ['r-${{X}}', {{X: {part}}}]}}"
    run(f"{balanced('internal', FORWARD)}  Named: {{Type: 'AWS::ECR::Repository', {named}}}\n", tmp_path)
    held = json.loads((tmp_path / "out/111111111111/us-east-1/ecr/describe-repositories.json").read_text())
    assert [one["repositoryName"] for one in held["repositories"]] == ["r-0000000000000000"]


def test_a_plan_s_rule_of_a_listener_tells_its_load_balancer(tmp_path: Path) -> None:
    plan = PlanJson()
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    plan.add("aws_subnet.a", vpc_id=Ref("aws_vpc.v.id"), cidr_block="10.0.1.0/24", availability_zone="us-east-1a")
    plan.add("aws_lb.l", name="l", load_balancer_type="application", subnets=Ref("aws_subnet.a.id"))
    plan.add("aws_lb_target_group.t", name="t", port=80, protocol="HTTP", vpc_id=Ref("aws_vpc.v.id"))
    answer = {"type": "fixed-response"}
    plan.add("aws_lb_listener.h", load_balancer_arn=Ref("aws_lb.l.arn"), port=80, protocol="HTTP",
             default_action=[answer])  # fmt: skip
    action = {"type": "forward", "target_group_arn": Ref("aws_lb_target_group.t.arn")}
    plan.add("aws_lb_listener_rule.r", listener_arn=Ref("aws_lb_listener.h.arn"), more={"action": [action]})
    plan.write(tmp_path / "plan.json")
    import_terraform(tmp_path / "plan.json", tmp_path / "out")
    (group,) = load(tmp_path / "out").network.target_groups.values()
    assert [one.rpartition("/")[0].rpartition(":")[2] for one in group.load_balancer_arns] == ["loadbalancer/app/l"]


# --- services of AWS that lead in -------------------------------------------------------------------------------------

ACCELERATED = """
  Ends:
    Type: AWS::GlobalAccelerator::EndpointGroup
    Properties:
      ListenerArn: arn:aws:globalaccelerator::111111111111:accelerator/a/listener/l
      EndpointGroupRegion: us-east-1
      EndpointConfigurations: [{EndpointId: !Ref END}]
"""
ORIGIN = """
  Origin:
    Type: AWS::CloudFront::VpcOrigin
    Properties: {VpcOriginEndpointConfig: {Arn: !Ref Balancer, Name: o, OriginProtocolPolicy: http-only}}
"""


@pytest.mark.parametrize("more", [ACCELERATED.replace("END", "Balancer"), ORIGIN])
def test_what_aws_leads_to_an_internal_load_balancer_is_not_private(more: str, tmp_path: Path) -> None:
    assert overall(balanced("internal", FORWARD) + more, tmp_path) == "undecided"


def test_an_accelerator_may_lead_to_an_instance(tmp_path: Path) -> None:
    host = "\n  Host: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: !Ref A, SecurityGroupIds: [!Ref Inner]}}"
    text = NETWORK.replace("10.0.0.0/16}]", "0.0.0.0/0}]") + host
    assert run(text, tmp_path)[0].simulate("internet", "i-Host", protocol="tcp", port=80).outcome == "blocked"
    reach, _ = run(text + ACCELERATED.replace("END", "Host"), tmp_path, overwrite=True)
    assert reach.simulate("internet", "i-Host", protocol="tcp", port=80).outcome == "unknown"


TUNNEL = """
  Tunnel: {Type: 'AWS::EC2::InstanceConnectEndpoint', Properties: {SubnetId: !Ref A, SecurityGroupIds: [!Ref Inner]}}
"""


@pytest.mark.parametrize(("port", "told"), [(22, ["eni-ec2-instance-connect-endpoint-Tunnel"]), (80, [])])
def test_an_instance_connect_endpoint_leads_to_the_client(port: int, told: list[str], tmp_path: Path) -> None:
    network = NETWORK.replace("FromPort: 80, ToPort: 80", f"FromPort: {port}, ToPort: {port}")
    reach, _ = run(network + CLIENT + TUNNEL, tmp_path)
    check = reach.check(sources=["i-Client"])
    assert [one.component for one in check.findings if one.id == "INSTANCE_CONNECT_LEADS_IN"] == told
    assert not [one for one in check.assumptions if one.component == "Tunnel"]


def test_a_plan_s_instance_connect_endpoint_has_the_default_group(tmp_path: Path) -> None:
    plan = PlanJson()
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16")
    plan.add("aws_subnet.a", vpc_id=Ref("aws_vpc.v.id"), cidr_block="10.0.1.0/24", availability_zone="us-east-1a")
    plan.add("aws_ec2_instance_connect_endpoint.e", subnet_id=Ref("aws_subnet.a.id"))
    plan.write(tmp_path / "plan.json")
    import_terraform(tmp_path / "plan.json", tmp_path / "out")
    (interface,) = load(tmp_path / "out").network.network_interfaces.values()
    assert interface.interface_type == "ec2_instance_connect_endpoint"
    network = load(tmp_path / "out").network
    assert [network.security_groups[one.group_id].group_name for one in interface.groups] == ["default"]


def test_that_a_rest_api_is_linked_to_a_load_balancer_is_told(tmp_path: Path) -> None:
    link = "\n  Link: {Type: 'AWS::ApiGateway::VpcLink', Properties: {Name: l, TargetArns: [!Ref Balancer]}}\n"
    reach, _ = run(balanced("internal", FORWARD) + link, tmp_path)
    told = [one for one in reach.check(sources=["i-Client"]).assumptions if one.component == "Link"]
    assert [one.code for one in told] == ["PLANNED_LEFT_OUT"]


# --- interfaces within instances --------------------------------------------------------------------------------------

TWO = (
    NETWORK
    + """
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: g
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}]
  Host:
    Type: AWS::EC2::Instance
    Properties:
      NetworkInterfaces:
        - {DeviceIndex: '1', SubnetId: !Ref Pub, GroupSet: [!Ref Open]}
        - DeviceIndex: '0'
          SubnetId: !Ref A
          GroupSet: [!Ref Inner]
          PrivateIpAddresses:
            - {PrivateIpAddress: 10.0.1.78, Primary: false}
            - {PrivateIpAddress: 10.0.1.77, Primary: true}
  Other: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: !Ref A, SecurityGroupIds: [!Ref Inner]}}
"""
)


def test_every_interface_within_an_instance_is_there(tmp_path: Path) -> None:
    """All but the first were passed over."""
    reach, _ = run(TWO, tmp_path)
    held = [reach.network.interfaces[one.network_interface_id]
            for one in reach.network.instances["i-Host"].network_interfaces]  # fmt: skip
    assert [one.subnet_id for one in held] == ["subnet-A", "subnet-Pub"]
    assert reach.network.primary_interfaces["i-Host"].subnet_id == "subnet-A"
    assert reach.simulate("i-Other", "i-Host", protocol="tcp", port=22).outcome != "blocked"
    assert reach.simulate("i-Other", "ip:10.0.1.77", protocol="tcp", port=80).outcome == "allowed"
    first = next(one for one in reach.network.network_interfaces.values() if one.subnet_id == "subnet-A")
    assert first.private_ip_address is not None


def test_no_public_address_comes_with_one_of_several_interfaces(tmp_path: Path) -> None:
    """EC2 User Guide, "Assign a public IPv4 address at launch": only to an instance with a single interface."""
    reach, _ = run(TWO.replace("DeviceIndex: '1'", "DeviceIndex: '-1'"), tmp_path)
    assert reach.simulate("internet", "i-Host", protocol="tcp", port=22).outcome == "blocked"


SIX = """
Resources:
  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}
  Blocks: {Type: 'AWS::EC2::VPCCidrBlock', Properties: {VpcId: !Ref Vpc, AmazonProvidedIpv6CidrBlock: true}}
  Gate: {Type: 'AWS::EC2::InternetGateway'}
  GateInVpc: {Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gate}}
  Table: {Type: 'AWS::EC2::RouteTable', Properties: {VpcId: !Ref Vpc}}
  Out:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Table, DestinationIpv6CidrBlock: '::/0', GatewayId: !Ref Gate}
  A:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.0.1.0/24
      Ipv6CidrBlock: !Select [0, !Cidr [!Select [0, !GetAtt Vpc.Ipv6CidrBlocks], 4, 64]]
      AssignIpv6AddressOnCreation: GIVES
  OfA: {Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {SubnetId: !Ref A, RouteTableId: !Ref Table}}
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: g
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIpv6: '::/0'}]
"""
FACE = "  Face: {Type: 'AWS::EC2::NetworkInterface', Properties: {SubnetId: !Ref A, GroupSet: [!Ref Open]MORE}}\n"
HOST = """
  Host:
    Type: AWS::EC2::Instance
    Properties: {NetworkInterfaces: [{DeviceIndex: '0', SubnetId: !Ref A, GroupSet: [!Ref Open]MORE}]}
"""


@pytest.mark.parametrize(("gives", "more", "outcome"), [
    ("true", "", "allowed"), ("false", ", Ipv6AddressCount: 1", "allowed"), ("false", "", "blocked"),
    ("false", ", Ipv6Addresses: [{Ipv6Address: '2001:db8:ff00::77'}]", "allowed"),
])  # fmt: skip
@pytest.mark.parametrize(("declared", "asked"), [(FACE, "eni-Face"), (HOST, "i-Host")])
def test_an_interface_has_the_ipv6_addresses_that_it_is_given(
    declared: str, asked: str, gives: str, more: str, outcome: str, tmp_path: Path
) -> None:
    reach, _ = run(SIX.replace("GIVES", gives) + declared.replace("MORE", more), tmp_path)
    assert reach.simulate("internet", asked, protocol="tcp", port=22).outcome == outcome


# --- endpoints --------------------------------------------------------------------------------------------------------


def with_both(tmp_path: Path, **told: object) -> Reach:
    """A gateway endpoint for S3, and an interface endpoint whose group admits nobody."""
    plan = PlanJson()
    plan.add("aws_vpc.v", cidr_block="10.0.0.0/16", enable_dns_hostnames=True, enable_dns_support=True)
    plan.add("aws_subnet.a", vpc_id=Ref("aws_vpc.v.id"), cidr_block="10.0.1.0/24")
    out = {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
    plan.add("aws_security_group.open", name="open", vpc_id=Ref("aws_vpc.v.id"), egress=[out])
    plan.add("aws_security_group.shut", name="shut", vpc_id=Ref("aws_vpc.v.id"))
    plan.add("aws_instance.i", ami="ami-1", subnet_id=Ref("aws_subnet.a.id"),
             vpc_security_group_ids=Ref("aws_security_group.open.id"))  # fmt: skip
    plan.add("aws_route_table.t", vpc_id=Ref("aws_vpc.v.id"))
    plan.add("aws_route_table_association.a", subnet_id=Ref("aws_subnet.a.id"),
             route_table_id=Ref("aws_route_table.t.id"))  # fmt: skip
    name = "com.amazonaws.us-east-1.s3"
    plan.add("aws_vpc_endpoint.gateway", vpc_id=Ref("aws_vpc.v.id"), service_name=name,
             route_table_ids=Ref("aws_route_table.t.id"))  # fmt: skip
    plan.add("aws_vpc_endpoint.inner", vpc_id=Ref("aws_vpc.v.id"), service_name=name, private_dns_enabled=True,
             vpc_endpoint_type="Interface", subnet_ids=Ref("aws_subnet.a.id"),
             security_group_ids=Ref("aws_security_group.shut.id"), **told)  # fmt: skip
    plan.write(tmp_path / "plan.json")
    import_terraform(tmp_path / "plan.json", tmp_path / "out")
    return load(tmp_path / "out")


INBOUND = "private_dns_only_for_inbound_resolver_endpoint"


@pytest.mark.parametrize(("told", "outcome"), [
    ({"dns_options": [{INBOUND: True}]}, "allowed"), ({"dns_options": [{INBOUND: False}]}, "blocked"),
    ({"dns_options": [{INBOUND: None}]}, "blocked"), ({}, "allowed"),
])  # fmt: skip
def test_private_dns_may_be_for_inbound_resolvers_alone(told: dict[str, object], outcome: str, tmp_path: Path) -> None:
    """N146: it is so by default beside a gateway endpoint (hashicorp/terraform-provider-aws#46404); a block of
    Terraform's without it says that it is not."""
    assert with_both(tmp_path, **told).simulate("i-i", "s3", protocol="tcp", port=443).outcome == outcome


@pytest.mark.parametrize(("words", "inbound"), [
    ("OnlyInboundResolver", True), ("AllResolvers", False), ("NotSpecified", None),
])  # fmt: skip
def test_cloudformation_has_words_for_it(words: str, inbound: bool | None, tmp_path: Path) -> None:
    """Template reference, "AWS::EC2::VPCEndpoint DnsOptionsSpecification"."""
    inner = f"""
  Inner:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      ServiceName: com.amazonaws.us-east-1.s3
      VpcEndpointType: Interface
      PrivateDnsEnabled: true
      SubnetIds: [!Ref A]
      DnsOptions: {{PrivateDnsOnlyForInboundResolverEndpoint: {words}}}
"""
    reach, _ = run(NETWORK.replace("  Inner:", "  Group:") + inner, tmp_path)
    (made,) = reach.network.vpc_endpoints.values()
    assert made.dns_options.private_dns_only_for_inbound_resolver_endpoint is inbound


# --- routes that are learned ------------------------------------------------------------------------------------------

VPN = """
  Private: {Type: 'AWS::EC2::VPNGateway', Properties: {Type: ipsec.1}}
  PrivateInVpc: {Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {VpcId: !Ref Vpc, VpnGatewayId: !Ref Private}}
  Learned:
    Type: AWS::EC2::VPNGatewayRoutePropagation
    Properties: {RouteTableIds: [!Ref Table], VpnGatewayId: !Ref Private}
"""


def test_a_route_that_is_learned_may_lead_past_a_default_route_to_a_gateway(tmp_path: Path) -> None:
    """ "Route priority": the most specific route decides. What the internet gateway drops was said to be blocked."""
    host = "  Host: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: !Ref Pub, SecurityGroupIds: [!Ref Inner]}}\n"
    question = ("i-Host", "ip:192.168.10.5")
    assert run(NETWORK + host, tmp_path)[0].simulate(*question, protocol="tcp", port=443).outcome == "blocked"
    reach, _ = run(NETWORK + host + VPN, tmp_path, overwrite=True)
    assert reach.simulate(*question, protocol="tcp", port=443).outcome == "unknown"
    few = "10.0.0.0/16}]\n      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/16}]"
    shut = NETWORK.replace("10.0.0.0/16}]", few)
    reach, _ = run(shut + host + VPN, tmp_path, overwrite=True)
    assert reach.simulate(*question, protocol="tcp", port=443).outcome == "blocked"  # whatever route it takes


# --- pipelines --------------------------------------------------------------------------------------------------------

PIPELINE = """
Resources:
  Pipe:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: rel
      RoleArn: arn:aws:iam::111111111111:role/pipe
      ArtifactStore: {Type: S3, Location: arts}
      Stages:
        - Name: Build
          BeforeEntry:
            Conditions:
              - Result: FAIL
                Rules:
                  - Name: ask
                    RuleTypeId: {Category: Rule, Owner: AWS, Provider: Commands, Version: '1'}
                    Commands: ['curl https://example.com']
          Actions:
            - Name: b
              Region: eu-west-1
              ActionTypeId: {Category: Build, Owner: AWS, Provider: CodeBuild, Version: '1'}
              Configuration: {ProjectName: app}
"""


def test_pipelines_keep_the_conditions_of_their_stages_and_the_regions_of_their_actions(tmp_path: Path) -> None:
    reach, _ = run(PIPELINE, tmp_path)
    check = reach.check()
    assert any("eu-west-1/codebuild" in one for one in check.missing)
    found = [one.component for one in check.findings if one.id == "PIPELINE_COMPUTE_NOT_IN_VPC"]
    assert found == ["rel/Build/ask"]


# --- buckets ----------------------------------------------------------------------------------------------------------


def test_copies_of_a_bucket_s_objects_elsewhere_are_told(tmp_path: Path) -> None:
    copied = """
Resources:
  Own: {Type: 'AWS::S3::Bucket', Properties: {BucketName: own}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: arts
      ReplicationConfiguration: {Role: r, Rules: [{Status: Enabled, Destination: {Bucket: 'arn:aws:s3:::WHERE'}}]}
"""
    for where, told in (("theirs", ["Bucket (aws_s3_bucket)"]), ("own", [])):
        _, report = run(copied.replace("WHERE", where), tmp_path, overwrite=True)
        assert [one.file for one in report.ignored] == told


# --- what changes the defaults, and names -----------------------------------------------------------------------------


def joined(tmp_path: Path, *more: str) -> Reach:
    """Two VPCs at a transit gateway with its default tables."""
    plan, gateway = PlanJson(), Ref("aws_ec2_transit_gateway.t.id")
    plan.add("aws_ec2_transit_gateway.t", default_route_table_association="enable",
             default_route_table_propagation="enable")  # fmt: skip
    out = {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
    for number, name in enumerate(("v", "w")):
        plan.add(f"aws_vpc.{name}", cidr_block=f"10.{number}.0.0/16")
        plan.add(f"aws_subnet.{name}", vpc_id=Ref(f"aws_vpc.{name}.id"), cidr_block=f"10.{number}.1.0/24",
                 availability_zone="us-east-1a")  # fmt: skip
        plan.add(f"aws_security_group.{name}", name=name, vpc_id=Ref(f"aws_vpc.{name}.id"), egress=[out], ingress=[out])
        plan.add(f"aws_instance.{name}", ami="ami-1", subnet_id=Ref(f"aws_subnet.{name}.id"),
                 vpc_security_group_ids=Ref(f"aws_security_group.{name}.id"))  # fmt: skip
        plan.add(f"aws_ec2_transit_gateway_vpc_attachment.{name}", vpc_id=Ref(f"aws_vpc.{name}.id"),
                 transit_gateway_id=gateway, subnet_ids=Ref(f"aws_subnet.{name}.id"))  # fmt: skip
        plan.add(f"aws_route.{name}", route_table_id=Ref(f"aws_vpc.{name}.main_route_table_id"),
                 destination_cidr_block="10.0.0.0/8", transit_gateway_id=gateway)  # fmt: skip
    for kind in more:
        plan.add("aws_ec2_transit_gateway_route_table.x", transit_gateway_id=gateway)
        plan.add(f"aws_ec2_transit_gateway_default_route_table_{kind}.x", transit_gateway_id=gateway,
                 transit_gateway_route_table_id=Ref("aws_ec2_transit_gateway_route_table.x.id"))  # fmt: skip
    plan.write(tmp_path / "plan.json")
    import_terraform(tmp_path / "plan.json", tmp_path / "out")
    return load(tmp_path / "out")


@pytest.mark.parametrize(("more", "outcome"), [
    ((), "allowed"), (("association",), "unknown"), (("propagation",), "unknown"),
])  # fmt: skip
def test_another_default_table_of_a_transit_gateway_leaves_open_which_attachments_take(
    more: tuple[str, ...], outcome: str, tmp_path: Path
) -> None:
    """Provider hashicorp/aws, aws_ec2_transit_gateway_default_route_table_association: attachments name the gateway
    alone, so that nothing tells which of them come first."""
    assert joined(tmp_path, *more).simulate("i-v", "i-w", protocol="tcp", port=443).outcome == outcome


def test_what_a_profile_of_route_53_brings_leaves_names_open(tmp_path: Path) -> None:
    host = "  Host: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: !Ref Pub, SecurityGroupIds: [!Ref Inner]}}\n"
    profile = """
  Profile:
    Type: AWS::Route53Profiles::ProfileAssociation
    Properties: {Name: p, ProfileId: rp-1, ResourceId: !Ref Vpc}
"""
    question = ("i-Host", "host:example.com")
    assert run(NETWORK + host, tmp_path)[0].simulate(*question, protocol="tcp", port=443).outcome == "allowed"
    reach, report = run(NETWORK + host + profile, tmp_path, overwrite=True)
    assert reach.simulate(*question, protocol="tcp", port=443).outcome == "unknown"
    assert [one.file for one in report.ignored] == ["Profile (aws_route53profiles_association)"]


# --- blocks of a pool, batches, clusters, rules by a name -------------------------------------------------------------


@pytest.mark.parametrize("second", [False, True])
def test_the_internet_is_in_no_vpc_whatever_block_a_pool_gives(second: bool, tmp_path: Path) -> None:
    """Addresses of IPAM are known only later: it left open what gets out by a default route."""
    pool = "Ipv4IpamPoolId: ipam-pool-1, Ipv4NetmaskLength: 16"
    text = f"""
Resources:
  Vpc: {{Type: 'AWS::EC2::VPC', Properties: {{{"CidrBlock: 10.0.0.0/16" if second else pool}}}}}
  A: {{Type: 'AWS::EC2::Subnet', Properties: {{VpcId: !Ref Vpc, AvailabilityZone: us-east-1a}}}}
  Gate: {{Type: 'AWS::EC2::InternetGateway'}}
  GateInVpc: {{Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {{VpcId: !Ref Vpc, InternetGatewayId: !Ref Gate}}}}
  Table: {{Type: 'AWS::EC2::RouteTable', Properties: {{VpcId: !Ref Vpc}}}}
  Out:
    Type: AWS::EC2::Route
    Properties: {{RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gate}}
  OfA: {{Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {{SubnetId: !Ref A, RouteTableId: !Ref Table}}}}
  Group: {{Type: 'AWS::EC2::SecurityGroup', Properties: {{GroupDescription: g, VpcId: !Ref Vpc}}}}
  Host:
    Type: AWS::EC2::Instance
    Properties:
      NetworkInterfaces:
        - {{DeviceIndex: '0', SubnetId: !Ref A, GroupSet: [!Ref Group], AssociatePublicIpAddress: true}}
"""
    if second:
        text += f"  More: {{Type: 'AWS::EC2::VPCCidrBlock', Properties: {{VpcId: !Ref Vpc, {pool}}}}}\n"
    reach, _ = run(text, tmp_path)
    assert reach.simulate("i-Host", "internet", protocol="tcp", port=443).outcome == "allowed"
    assert reach.simulate("i-Host", "ip:10.77.0.9", protocol="tcp", port=443).outcome == "unknown"


BATCH = """
Resources:
  Build:
    Type: AWS::CodeBuild::Project
    Properties:
      Name: app
      ServiceRole: arn:aws:iam::111111111111:role/build
      Artifacts: {Type: NO_ARTIFACTS}
      Source: {Type: NO_SOURCE, BuildSpec: 'version: 0.2'}
      Environment: {Type: LINUX_CONTAINER, ComputeType: BUILD_GENERAL1_SMALL, Image: 'aws/codebuild/standard:7.0'}
      BuildBatchConfig: {ServiceRole: 'arn:aws:iam::111111111111:role/batch'}
"""


def test_a_project_keeps_the_role_of_its_batches(tmp_path: Path) -> None:
    (project,) = run(BATCH, tmp_path)[0].network.projects.values()
    assert project.build_batch_config is not None
    assert project.build_batch_config.service_role == "arn:aws:iam::111111111111:role/batch"


CLUSTER = """
Resources:
  Cluster: {Type: 'AWS::ECS::Cluster', Properties: {ClusterName: c, CapacityProviders: [FARGATE]OWN}}
  Service: {Type: 'AWS::ECS::Service', Properties: {ServiceName: s, Cluster: !Ref Cluster, TaskDefinition: t:1}}
"""
BESIDE = """
  Beside:
    Type: AWS::ECS::ClusterCapacityProviderAssociations
    Properties:
      Cluster: !Ref Cluster
      CapacityProviders: [FARGATE]
      DefaultCapacityProviderStrategy: [{CapacityProvider: FARGATE}]
"""


@pytest.mark.parametrize(("own", "beside", "fargate"), [
    ("", "", False), (", DefaultCapacityProviderStrategy: [{CapacityProvider: FARGATE}]", "", True),
    ("", BESIDE, True),
])  # fmt: skip
def test_a_service_takes_the_strategy_of_its_cluster(own: str, beside: str, fargate: bool, tmp_path: Path) -> None:
    """ECS API reference, "CreateService": without a launch type or strategy the cluster's default one."""
    reach, _ = run(CLUSTER.replace("OWN", own) + beside, tmp_path)
    ((service,),) = reach.network.ecs_services.values()
    assert on_fargate(service) is fargate


def test_a_rule_by_the_name_of_a_group_leaves_the_group_open(tmp_path: Path) -> None:
    """Template reference, "AWS::EC2::SecurityGroup Ingress": SourceSecurityGroupName, of default VPCs."""
    named = (
        NETWORK.replace("CidrIp: 10.0.0.0/16}]", "SourceSecurityGroupName: default}]")
        + """
  Host: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: !Ref A, SecurityGroupIds: [!Ref Inner]}}
  Other: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: !Ref A, SecurityGroupIds: [!Ref Inner]}}
"""
    )
    reach, _ = run(named, tmp_path)
    assert reach.simulate("i-Other", "i-Host", protocol="tcp", port=80).outcome == "unknown"


# --- values that a parameter without one tells ------------------------------------------------------------------------

UNTOLD = "Parameters: {P: {Type: String}, N: {Type: Number}}" + NETWORK
HERE = "Host: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: !Ref Pub, SecurityGroupIds: [!Ref Inner]}}"
THERE = "Other: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: !Ref A, SecurityGroupIds: [!Ref Inner]}}"
SERVICE = (
    "Task: {Type: 'AWS::ECS::Service', Properties: {ServiceName: s, Cluster: c, LaunchType: FARGATE,"
    " NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref Pub], SecurityGroups: [GROUP],"
    " AssignPublicIp: PUBLIC}}}}"
)
ACL = (
    HERE,
    "Acl: {Type: 'AWS::EC2::NetworkAcl', Properties: {VpcId: !Ref Vpc}}",
    "OfPub: {Type: 'AWS::EC2::SubnetNetworkAclAssociation', Properties: {SubnetId: !Ref Pub, NetworkAclId: !Ref Acl}}",
    "Outward: {Type: 'AWS::EC2::NetworkAclEntry', Properties: {NetworkAclId: !Ref Acl, Egress: true, RuleNumber: 1,"
    " Protocol: -1, RuleAction: allow, CidrBlock: 0.0.0.0/0}}",
    "Inward: {Type: 'AWS::EC2::NetworkAclEntry', Properties: {NetworkAclId: !Ref Acl, RuleNumber: 1, Protocol: 6,"
    " RuleAction: allow, CidrBlock: 0.0.0.0/0, PortRange: {From: !Ref N, To: 65535}}}",
)
RULES = (
    HERE,
    "Rule: {Type: 'AWS::Route53Resolver::ResolverRule', Properties: {RuleType: KIND, DomainName: DOMAIN,"
    " ResolverEndpointId: rslvr-out-1, TargetIps: [{Ip: 10.9.0.2, Port: '53'}]}}",
    "Ruled: {Type: 'AWS::Route53Resolver::ResolverRuleAssociation', Properties: {ResolverRuleId: !Ref Rule,"
    " VPCId: WHERE}}",
)
OUT, IN, NAME = ("i-Host", "internet", 443), ("i-Other", "i-Host", 22), ("i-Host", "host:example.com", 443)


def launched(groups: str, subnet: str = "SubnetId: !Ref Pub, ") -> tuple[str, ...]:
    """An instance by a launch template."""
    return (
        f"Made: {{Type: 'AWS::EC2::LaunchTemplate', Properties: {{LaunchTemplateData: {{{groups}}}}}}}",
        f"Host: {{Type: 'AWS::EC2::Instance', Properties: {{{subnet}LaunchTemplate: {{LaunchTemplateId: !Ref Made,"
        " Version: '1'}}}",
    )


def ruled(kind: str, domain: str, where: str) -> tuple[str, ...]:
    return tuple(one.replace("KIND", kind).replace("DOMAIN", domain).replace("WHERE", where) for one in RULES)


@pytest.mark.parametrize(("parts", "question"), [
    ((SERVICE.replace("GROUP", "!Ref P").replace("PUBLIC", "ENABLED"),), ("ecs:c/s", "internet", 443)),
    ((SERVICE.replace("GROUP", "!Ref Inner").replace("PUBLIC", "!Ref P"),), ("ecs:c/s", "internet", 443)),
    ((HERE.replace("SubnetId: !Ref Pub, SecurityGroupIds: [!Ref Inner]",
                   "NetworkInterfaces: [{DeviceIndex: '0', SubnetId: !Ref Pub, GroupSet: [!Ref P]}]"), THERE), IN),
    ((*launched("SecurityGroupIds: [!Ref P]"), THERE), IN),
    ((*launched("NetworkInterfaces: [{DeviceIndex: 0, SubnetId: !Ref Pub, Groups: [!Ref P]}]", ""), THERE), IN),
    (ACL, OUT),
    (ruled("FORWARD", "!Ref P", "!Ref Vpc"), NAME), (ruled("!Ref P", "example.com", "!Ref Vpc"), NAME),
    (ruled("FORWARD", "example.com", "!Ref P"), NAME),
])  # fmt: skip
def test_what_a_parameter_without_a_value_tells_is_not_taken_for_nothing(
    parts: tuple[str, ...], question: tuple[str, str, int], tmp_path: Path
) -> None:
    """Under the names that CloudFormation has for them it was passed over: allowed or blocked."""
    reach, _ = run(UNTOLD + "".join(f"  {one}\n" for one in parts), tmp_path)
    source, target, port = question
    assert reach.simulate(source, target, protocol="tcp", port=port).outcome == "unknown"


def test_whether_a_subnet_gives_public_addresses_may_be_untold(tmp_path: Path) -> None:
    text = f"{UNTOLD.replace('MapPublicIpOnLaunch: true', 'MapPublicIpOnLaunch: !Ref P')}  {HERE}\n"
    reach, _ = run(text, tmp_path)
    assert reach.simulate(*OUT[:2], protocol="tcp", port=443).outcome == "unknown"


@pytest.mark.parametrize(("old", "new"), [
    ("Scheme: internet-facing", "Scheme: !Ref P"), ("TargetGroupArn: !Ref Group}]\n", "TargetGroupArn: !Ref P}]\n"),
])  # fmt: skip
def test_whom_a_load_balancer_faces_or_a_rule_sends_to_may_be_untold(old: str, new: str, tmp_path: Path) -> None:
    text = balanced("internet-facing", NOT_FOUND) + RULE
    assert old in text
    assert overall("Parameters: {P: {Type: String}}" + text.replace(old, new), tmp_path) == "undecided"


@pytest.mark.parametrize("old", [
    "ProjectName: app", "Provider: CodeBuild", "Location: arts", "Actions:\n            - Name: b",
])  # fmt: skip
def test_what_a_pipeline_runs_may_be_untold(old: str, tmp_path: Path) -> None:
    text = PIPELINE.replace("              Region: eu-west-1\n", "")
    new = f"{old.partition(':')[0]}: !Ref P"
    if "Name: b" in old:
        text, new = text[: text.index("          Actions:")] + "          Actions: !Ref P\n", ""
    text = "Parameters: {P: {Type: String}}" + text.replace(old, new)
    reach, _ = run(text, tmp_path)
    assert any("codepipeline/get-pipeline/rel" in one for one in reach.check().missing)


def test_a_buildspec_that_is_untold_is_not_taken_for_none(tmp_path: Path) -> None:
    text = "Parameters: {P: {Type: String}}" + BATCH.replace("'version: 0.2'", "!Ref P")
    reach, _ = run(text, tmp_path)
    assert {one.step: one.outcome for one in reach.check().steps} == {
        "provisioning": "unknown", "login": "unknown", "pull": "unknown", "run": "unknown", "push": "unknown",
        "logs": "unknown",
    }  # fmt: skip
