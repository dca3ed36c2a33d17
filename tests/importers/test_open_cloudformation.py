"""What a template leaves open is unknown in every verdict that it decides, and is named by its logical id.

Each case edits the private pipeline of ``tests/data/cloudformation/private.yaml``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reachsim.api import Reach, load
from reachsim.errors import SnapshotError, UnsupportedError
from reachsim.importers import import_cloudformation

PRIVATE = (Path(__file__).parents[1] / "data/cloudformation/private.yaml").read_text(encoding="utf-8")
MAYBE = (
    "Conditions:\n",
    '  Open: {Type: "AWS::SSM::Parameter::Value<String>", Default: /net/open}\n'
    'Conditions:\n  Maybe: !Equals [!Ref Open, "yes"]\n',
)
THING = (
    "  Vpc:\n    Type",
    '  Thing: {Type: "Custom::Thing", Properties: {ServiceToken: "arn:aws:sns:x"}}\n  Vpc:\n    Type',
)
RULE = "{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: !GetAtt Vpc.CidrBlock}"
INGRESS = f"      SecurityGroupIngress:\n        - {RULE}"
GROUP = "Properties: {GroupDescription: builds, VpcId: !Ref Vpc}"
BUILD = "codebuild:app"


def edited(*changes: tuple[str, str]) -> str:
    text = PRIVATE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def imported(text: str, tmp_path: Path, parameters: dict[str, str] | None = None) -> Reach:
    source = tmp_path / "stack.yaml"
    source.write_text(text, encoding="utf-8")
    values = None
    if parameters is not None:
        values = tmp_path / "parameters.json"
        values.write_text(json.dumps(parameters), encoding="utf-8")
    import_cloudformation(source, tmp_path / "out", region="eu-west-1", account="111111111111", parameters=values)
    return load(tmp_path / "out")


def on_condition(logical_id: str, kind: str) -> tuple[str, str]:
    declared = f"  {logical_id}:\n    Type: AWS::EC2::{kind}\n"
    return declared, f"{declared}    Condition: Maybe\n"


MAYBE_EGRESS = ', SecurityGroupEgress: !If [Maybe, [{IpProtocol: "-1", CidrIp: 0.0.0.0/0}], []]}'
OPEN = {
    "condition of a NAT gateway": (
        (MAYBE, ('  Nat: !Equals [!Ref WithNat, "yes"]', "  Nat: !Condition Maybe")), "internet", "NatGateway",
    ),
    "condition of an endpoint": ((MAYBE, on_condition("S3", "VPCEndpoint")), "s3", "S3"),
    "condition of an association": (
        (MAYBE, on_condition("TableA", "SubnetRouteTableAssociation")), "s3", "TableA",
    ),
    "condition in ingress": (
        (MAYBE, (INGRESS, f"      SecurityGroupIngress: !If [Maybe, [{RULE}], !Ref AWS::NoValue]")),
        "logs", "EndpointGroup",
    ),
    "condition in egress": ((MAYBE, (GROUP, GROUP[:-1] + MAYBE_EGRESS)), "logs", "BuildGroup"),
    "dynamic reference": (
        (("CidrIp: !GetAtt Vpc.CidrBlock", 'CidrIp: "{{resolve:ssm:/net/cidr}}"'),), "logs", "EndpointGroup",
    ),
    "port": ((THING, ("ToPort: 443, CidrIp", "ToPort: !GetAtt Thing.Port, CidrIp")), "logs", "EndpointGroup"),
    "protocol": ((THING, (RULE, RULE.replace("tcp", "!GetAtt Thing.Kind"))), "logs", "EndpointGroup"),
    "import": (
        (("      RouteTableIds: [!Ref Table]", '      RouteTableIds: !Split [",", !ImportValue net-tables]'),),
        "s3", "S3",
    ),
}  # fmt: skip
OPEN |= {
    f"{kind} that is given a {what}": (
        (("  Vpc:\n    Type", f"  Odd: {{Type: {kind}, Properties: {{It: {given}}}}}\n  Vpc:\n    Type"),), "internet",
        "what Odd adds to",
    )
    for kind in ("Custom::Odd", "AWS::CloudFormation::CustomResource", "Acme::Net::Ways::MODULE")
    for what, given in (("route table", "[!Ref Table]"), ("text of route tables", '!Sub "x,${Table}"'))
}  # fmt: skip


@pytest.mark.parametrize(("changes", "destination", "named"), OPEN.values(), ids=OPEN)
def test_what_is_open_is_unknown(
    changes: tuple[tuple[str, str], ...], destination: str, named: str, tmp_path: Path
) -> None:
    reach = imported(edited(*changes), tmp_path)
    verdict = reach.simulate(BUILD, destination, protocol="tcp", port=443)
    assert (verdict.outcome, verdict.route) == ("unknown", "none")
    assert any(named in one.detail for one in verdict.assumptions)
    assert reach.check().overall == "undecided"


def test_what_is_open_leaves_the_rest_decided(tmp_path: Path) -> None:
    """A way out on a condition that nothing tells is no word about the endpoints."""
    reach = imported(edited(MAYBE, ('  Nat: !Equals [!Ref WithNat, "yes"]', "  Nat: !Condition Maybe")), tmp_path)
    assert {one.outcome for one in reach.check().steps} == {"allowed"}
    assert reach.simulate(BUILD, "logs", protocol="tcp", port=443).outcome == "allowed"


def test_values_of_custom_resources_are_not_taken_for_ids(tmp_path: Path) -> None:
    block = ("CidrBlock: !Select [0, !Cidr [!Ref Network, 4, 8]]", "CidrBlock: !Ref Thing")
    zone = ("AvailabilityZone: !Select [0, !GetAZs", "AvailabilityZone: !Select [!GetAtt Thing.Number, !GetAZs")
    reach = imported(edited(THING, block, zone), tmp_path)
    assert reach.network.subnets["subnet-BuildA"].cidr_block != "custom-thing-Thing"
    codes = {(one.code, one.component) for one in reach.simulate(BUILD, "internet").assumptions}
    assert ("PLANNED_ADDRESS", "subnet-BuildA") in codes or reach.check().overall == "private-and-working"


def test_loops_run_over_the_values_that_are_given(tmp_path: Path) -> None:
    start, end = PRIVATE.index("  GitEndpoint:"), PRIVATE.index("  Artifacts:\n")
    loop = (
        "  Fn::ForEach::Endpoints:\n    - Service\n    - !Ref Services\n"
        '    - "Endpoint&{Service}":\n        Type: AWS::EC2::VPCEndpoint\n'
        "        Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, PrivateDnsEnabled: true,\n"
        "          SubnetIds: [!Ref BuildA, !Ref BuildB], SecurityGroupIds: [!Ref EndpointGroup],\n"
        '          ServiceName: !Sub "com.amazonaws.${AWS::Region}.${Service}"}\n'
    )
    text = (PRIVATE[:start] + loop + PRIVATE[end:]).replace(
        ', Condition: {StringEquals: {"aws:SourceVpce": !Ref GitEndpoint}}', ""
    )
    text = text.replace("Parameters:\n", "Transform: AWS::LanguageExtensions\nParameters:\n", 1)
    text = text.replace("  WithNat:", "  Services: {Type: CommaDelimitedList, Default: logs}\n  WithNat:", 1)
    reach = imported(text, tmp_path, {"Services": "git-codecommit, ecr.api, ecr.dkr, logs"})
    assert reach.check().overall == "private-and-working"


def test_an_include_is_refused_in_one_line(tmp_path: Path) -> None:
    include = "  Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://x/y}}\n  Vpc:\n    Type"
    with pytest.raises(UnsupportedError, match=r"stack.yaml uses Fn::Transform AWS::Include.*Processed"):
        imported(edited(("  Vpc:\n    Type", include)), tmp_path)


def test_a_block_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    text = edited(("CidrIp: !GetAtt Vpc.CidrBlock", "CidrIp: 10.0.0.0/33"))
    line = text.splitlines().index("  EndpointGroup:") + 1
    with pytest.raises(SnapshotError, match=rf"stack.yaml:{line}.*EndpointGroup.*a CIDR block.*10.0.0.0/33"):
        imported(text, tmp_path)
    assert not (tmp_path / "out").exists()


def test_exports_tell_what_imports_stand_for(tmp_path: Path) -> None:
    source = tmp_path / "stack.yaml"
    split = '      RouteTableIds: !Split [",", !ImportValue net-tables]'
    source.write_text(edited(("      RouteTableIds: [!Ref Table]", split)), encoding="utf-8")
    exports = tmp_path / "exports.json"
    exports.write_text(json.dumps({"Exports": [{"Name": "net-tables", "Value": "rtb-Table"}]}), encoding="utf-8")
    import_cloudformation(source, tmp_path / "out", region="eu-west-1", account="111111111111", exports=exports)
    assert load(tmp_path / "out").check().overall == "private-and-working"
    exports.write_text('{"Stacks": []}', encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"exports\.json.*the answer of list-exports"):
        import_cloudformation(source, tmp_path / "again", region="eu-west-1", exports=exports)


@pytest.mark.parametrize("account", [None, "111111111111"])
def test_the_own_account_is_not_ecrs_though_the_template_names_none(account: str | None, tmp_path: Path) -> None:
    """Layer downloads are signed by ECR's own account (fact 27), which no placeholder of ours may stand for."""
    anyone = '            Principal: "*"\n'
    own = anyone + '            Condition: {StringEquals: {"aws:PrincipalAccount": !Ref "AWS::AccountId"}}\n'
    (tmp_path / "stack.yaml").write_text(edited((anyone, own)), encoding="utf-8")
    import_cloudformation(tmp_path / "stack.yaml", tmp_path / "out", region="eu-west-1", account=account)
    check = load(tmp_path / "out").check()
    (pull,) = (step for step in check.steps if step.step == "pull")
    assert pull.outcome == "blocked"
    assert {block.code for block in pull.blocked_by} == {"VPCE_POLICY_SERVICE_BUCKET_MISSING"}


ELSEWHERE = "!ImportValue elsewhere"
ROLE_OF_BUILDS = "    Type: AWS::IAM::Role\n    Properties:\n"
TRUST = "        Statement: [{Effect: Allow, Principal: {Service: codebuild.amazonaws.com}, Action: sts:AssumeRole}]\n"


def beside(text: str) -> tuple[str, str]:
    """Another resource."""
    return "  Vpc:\n    Type", f"  Other: {text}\n  Vpc:\n    Type"


OPEN_ATTRIBUTES = {
    "image": (('Image: !FindInMap [Images, !Ref "AWS::Region", Build]', f"Image: {ELSEWHERE}"), "provisioning"),
    "source": (("Location: !GetAtt Source.CloneUrlHttp", f"Location: {ELSEWHERE}"), "source"),
    "artifacts": (("{Type: S3, Location: !Ref Artifacts}", f"{{Type: S3, Location: {ELSEWHERE}}}"), "artifacts"),
    "cache": (
        ("      Artifacts: {", f"      Cache: {{Type: S3, Location: {ELSEWHERE}}}\n      Artifacts: {{"), "cache",
    ),
    "key": (("      Artifacts: {", f"      EncryptionKey: {ELSEWHERE}\n      Artifacts: {{"), "artifacts"),
    "fleet": (
        ("        Type: LINUX", f"        Fleet: {{FleetArn: {ELSEWHERE}}}\n        Type: LINUX"), "source",
    ),
    "subnets": (("Subnets: [!Ref BuildA, !Ref BuildB]\n", f'Subnets: !Split [",", {ELSEWHERE}]\n'), "provisioning"),
    "managed policies": ((ROLE_OF_BUILDS, f"{ROLE_OF_BUILDS}      ManagedPolicyArns: [{ELSEWHERE}]\n"), "source"),
    "boundary": ((ROLE_OF_BUILDS, f"{ROLE_OF_BUILDS}      PermissionsBoundary: {ELSEWHERE}\n"), "source"),
    "trust": ((TRUST, TRUST.replace("sts:AssumeRole", ELSEWHERE)), "provisioning"),
    "private DNS": (("PrivateDnsEnabled: true", f"PrivateDnsEnabled: {ELSEWHERE}"), "source"),
    "service": (('ServiceName: !Sub "com.amazonaws.${AWS::Region}.logs"', f"ServiceName: {ELSEWHERE}"), "logs"),
    "DNS support": (("EnableDnsSupport: true", f"EnableDnsSupport: {ELSEWHERE}"), "source"),
    "DNS host names": (("EnableDnsHostnames: true", f"EnableDnsHostnames: {ELSEWHERE}"), "source"),
    "DHCP options": (beside("{Type: AWS::EC2::VPCDHCPOptionsAssociation, Properties: {VpcId: !Ref Vpc, DhcpOptionsId: "
                            f"{ELSEWHERE}}}}}"), "source"),
    "zone": (beside(f"{{Type: AWS::Route53::HostedZone, Properties: {{Name: {ELSEWHERE}, VPCs: [{{VPCId: !Ref Vpc, "
                    'VPCRegion: !Ref "AWS::Region"}]}}'), "source"),
    "file system": (("      Artifacts: {", "      FileSystemLocations: [{Type: EFS, Identifier: x, MountPoint: /mnt, "
                     'Location: "fs-1.efs.eu-west-1.amazonaws.com:/"}]\n      Artifacts: {'), "environment"),
    "registry": (beside(f"{{Type: AWS::ECR::RegistryPolicy, Properties: {{PolicyText: {ELSEWHERE}}}}}"), "pull"),
    "DNS Firewall": (beside("{Type: AWS::Route53Resolver::FirewallRuleGroupAssociation, Properties: {VpcId: !Ref Vpc, "
                            f"Priority: 101, FirewallRuleGroupId: {ELSEWHERE}}}}}"), "source"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "step"), OPEN_ATTRIBUTES.values(), ids=OPEN_ATTRIBUTES)
def test_a_step_that_an_open_attribute_decides_neither_works_nor_fails(
    change: tuple[str, str], step: str, tmp_path: Path
) -> None:
    check = imported(edited(change), tmp_path).check()
    assert {one.step: one.outcome for one in check.steps}[step] == "unknown"
    assert check.overall == "undecided"
    assert any(one.code.startswith(("PLANNED_", "UNKNOWN_RESOURCE")) for one in check.assumptions)


SOURCE = "Source: {Type: CODECOMMIT, Location: !GetAtt Source.CloneUrlHttp"


@pytest.mark.parametrize(("profile", "outcome"), [(ELSEWHERE, "unknown"), ("made-elsewhere", "unknown"), (None, None)])
def test_an_instance_whose_role_nothing_tells_may_be_a_client(
    profile: str | None, outcome: str | None, tmp_path: Path
) -> None:
    named = f", IamInstanceProfile: {profile}" if profile else ""
    client = beside(f"{{Type: AWS::EC2::Instance, Properties: {{ImageId: ami-1, SubnetId: !Ref BuildA{named}}}}}")
    check = imported(edited(client), tmp_path).check()
    assert {one.step: one.outcome for one in check.steps}.get("git-push") == outcome


FILES = ', BuildSpec: "version: 0.2\\nphases: {build: {commands: [ls]}}\\nartifacts: {files: [app]}\\n"'
OF_KEY = "ServerSideEncryptionByDefault: {SSEAlgorithm: aws:kms, KMSMasterKeyID: !GetAtt Key.Arn}"
MAY_USE = "              - {Effect: Allow, Action: kms:GenerateDataKey, Resource: !GetAtt Key.Arn}\n"
NOBODY = "{Version: 2012-10-17, Statement: []}"


@pytest.mark.parametrize(
    ("key", "may_use", "outcome"),
    [
        ("{Type: AWS::KMS::Key}", MAY_USE, "allowed"),
        ("{Type: AWS::KMS::Key}", "", "blocked"),
        (f"{{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {NOBODY}}}}}", MAY_USE, "blocked"),
        ("{Type: AWS::KMS::Key, Properties: {Enabled: false}}", MAY_USE, "blocked"),
        (f"{{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {ELSEWHERE}}}}}", MAY_USE, "unknown"),
    ],
)
def test_the_key_of_the_artifacts_has_to_admit_the_build(key: str, may_use: str, outcome: str, tmp_path: Path) -> None:
    """A declared key has the default policy unless told otherwise (KMS Developer Guide, "Default key policy")."""
    bucket = '{BucketName: !Sub "artifacts-${AWS::AccountId}-${AWS::Region}"'
    encrypted = f"{bucket}, BucketEncryption: {{ServerSideEncryptionConfiguration: [{{{OF_KEY}}}]}}"
    last = 'Action: "s3:*", Resource: [!GetAtt Artifacts.Arn, !Sub "${Artifacts.Arn}/*"]}\n'
    declared = ("  Vpc:\n    Type", f"  Key: {key}\n  Vpc:\n    Type")
    named = ("      Artifacts: {", "      EncryptionKey: !GetAtt Key.Arn\n      Artifacts: {")
    changes = (declared, named, (SOURCE, SOURCE + FILES), (bucket, encrypted), (last, last + may_use))
    check = imported(edited(*changes), tmp_path).check()
    assert {step.step: step.outcome for step in check.steps}["artifacts"] == outcome


TASK = """  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: app
      NetworkMode: awsvpc
      ContainerDefinitions:
        - Name: app
          Image: IMAGE
          Secrets: [{Name: KEY, ValueFrom: "arn:aws:ssm:eu-west-1:111111111111:parameter/key"}]
          Environment: [{Name: A, Value: planted}]
          LogConfiguration: {LogDriver: awslogs, Options: {awslogs-group: /app, awslogs-region: !Ref "AWS::Region"}}
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: app
      Cluster: apps
      LaunchType: FARGATE
      TaskDefinition: !Ref Task
      NetworkConfiguration:
        AwsvpcConfiguration: {Subnets: [!Ref BuildA], SecurityGroups: [!GetAtt BuildGroup.GroupId]}
  Vpc:
    Type"""
PUSH = (
    ', BuildSpec: "version: 0.2\\nphases: {build: {commands: '
    '[docker push 111111111111.dkr.ecr.eu-west-1.amazonaws.com/app]}}\\n"'
)


@pytest.mark.parametrize(
    ("image", "outcome"),
    [
        ("111111111111.dkr.ecr.eu-west-1.amazonaws.com/app:latest", "blocked"),
        ('!Sub "${Image.RepositoryUri}:latest"', "blocked"),
        ("!ImportValue image", "blocked"),
        ('"{{resolve:ssm:/image}}"', "blocked"),
        ("nginx", None),
    ],
)
def test_the_service_that_may_run_the_image_is_part_of_the_pipeline(
    image: str, outcome: str | None, tmp_path: Path
) -> None:
    """Its secret's parameter has no endpoint in the VPC, so no task starts (P61i)."""
    task = ("  Vpc:\n    Type", TASK.replace("IMAGE", image))
    check = imported(edited((SOURCE, SOURCE + PUSH), task), tmp_path).check()
    assert {step.step: step.outcome for step in check.steps}.get("deploy") == outcome
    (held,) = (tmp_path / "out").rglob("describe-task-definition/*.json")
    (container,) = json.loads(held.read_text())["taskDefinition"]["containerDefinitions"]
    assert container["logConfiguration"]["options"] == {"awslogs-group": "/app", "awslogs-region": "eu-west-1"}
    assert container["secrets"] == [{"name": "KEY", "valueFrom": "arn:aws:ssm:eu-west-1:111111111111:parameter/key"}]
    assert "planted" not in held.read_text()


ROLE = ("      ServiceRole: !GetAtt Role.Arn", "      ServiceRole: arn:aws:iam::111111111111:role/made-elsewhere")


def test_a_role_that_the_template_does_not_declare_may_trust_codebuild(tmp_path: Path) -> None:
    """A template is not all that the account has."""
    check = imported(edited(ROLE), tmp_path).check()
    outcomes = {one.step: one.outcome for one in check.steps}
    assert outcomes["provisioning"] == outcomes["pull"] == "unknown"
    assert check.overall == "undecided"
    assert not [one for one in check.findings if one.id == "ROLE_DOES_NOT_TRUST_CODEBUILD"]


def test_a_route_whose_target_is_open_decides_nothing_about_other_destinations(tmp_path: Path) -> None:
    route = (
        "  Route: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 192.168.0.0/16, "
        "TransitGatewayId: !ImportValue core}}\n  Vpc:\n    Type"
    )
    reach = imported(edited(("  Vpc:\n    Type", route)), tmp_path)
    assert reach.simulate(BUILD, "ip:192.168.7.7").outcome == "unknown"
    assert reach.simulate(BUILD, "internet").outcome == "blocked"
    assert reach.check().overall == "undecided"  # whether it leads to a network behind a private gateway is not known


def test_a_vpn_connection_of_an_open_gateway_is_told(tmp_path: Path) -> None:
    connection = (
        "  Vpn: {Type: AWS::EC2::VPNConnection, Properties: {Type: ipsec.1, CustomerGatewayId: cgw-1, "
        "TransitGatewayId: !ImportValue core}}\n  Hub: {Type: AWS::EC2::TransitGateway}\n  Attached: {Type: "
        "AWS::EC2::TransitGatewayVpcAttachment, Properties: {TransitGatewayId: !Ref Hub, VpcId: !Ref Vpc, SubnetIds: "
        "[!Ref BuildA]}}\n  Route: {Type: AWS::EC2::Route, DependsOn: Attached, Properties: {RouteTableId: !Ref Table, "
        "DestinationCidrBlock: 192.168.0.0/16, TransitGatewayId: !Ref Hub}}\n  Vpc:\n    Type"
    )
    verdict = imported(edited(("  Vpc:\n    Type", connection)), tmp_path).simulate(BUILD, "ip:192.168.7.7")
    assert verdict.outcome == "unknown"
    assert any("the gateway of Vpn" in one.detail for one in verdict.assumptions)


PUSHED = "docker push 111111111111.dkr.ecr.eu-west-1.amazonaws.com/app"
PUSHES = f', BuildSpec: "version: 0.2\\nphases: {{build: {{commands: [{PUSHED}]}}}}\\n"'
LOGS_MAY = (
    "{Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: logs.eu-west-1.amazonaws.com}, "
    'Action: "kms:*", Resource: "*"}]}'
)
ALL_OF_KMS = (
    "              - {Effect: Allow, Action: [kms:Encrypt, kms:Decrypt, kms:ReEncrypt*, kms:GenerateDataKey*, "
    "kms:DescribeKey], Resource: !GetAtt Key.Arn}\n"
)


@pytest.mark.parametrize(
    ("where", "key", "may_use", "step", "outcome"),
    [
        ("ecr", "{Type: AWS::KMS::Key}", "", "push", "allowed"),
        ("ecr", f"{{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {NOBODY}}}}}", "", "push", "allowed"),
        ("ecr", "{Type: AWS::KMS::Key, Properties: {Enabled: false}}", "", "push", "blocked"),
        ("ecr", None, "", "push", "unknown"),
        ("logs", f"{{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {LOGS_MAY}}}}}", "", "logs", "allowed"),
        ("logs", "{Type: AWS::KMS::Key}", "", "logs", "unknown"),
        ("logs", "{Type: AWS::KMS::Key, Properties: {Enabled: false}}", "", "logs", "unknown"),
        ("codecommit", "{Type: AWS::KMS::Key}", ALL_OF_KMS, "source", "allowed"),
        ("codecommit", "{Type: AWS::KMS::Key}", "", "source", "blocked"),
        ("codecommit", None, "", "source", "unknown"),
    ],
)
def test_keys_of_repositories_and_log_groups_are_judged_as_those_of_a_capture(
    where: str, key: str | None, may_use: str, step: str, outcome: str, tmp_path: Path
) -> None:
    """ECR asks KMS by grants of its own, CloudWatch Logs as itself, CodeCommit for the caller (facts of the services'
    guides, as `policy_layers.encryption` names them)."""
    named = "!GetAtt Key.Arn" if key else ELSEWHERE
    images, source = ("AWS::ECR::Repository, Properties: {RepositoryName: app",
                      "AWS::CodeCommit::Repository, Properties: {RepositoryName: app")  # fmt: skip
    group = f"{{Type: AWS::Logs::LogGroup, Properties: {{LogGroupName: /aws/codebuild/app, KmsKeyId: {named}}}}}"
    changes = {
        "ecr": (images, f"{images}, EncryptionConfiguration: {{EncryptionType: KMS, KmsKey: {named}}}"),
        "codecommit": (source, f"{source}, KmsKeyId: {named}"),
        "logs": beside(group),
    }[where]
    last = 'Action: "s3:*", Resource: [!GetAtt Artifacts.Arn, !Sub "${Artifacts.Arn}/*"]}\n'
    declared = ("  Vpc:\n    Type", f"  Key: {key}\n  Vpc:\n    Type") if key else ("  Vpc:\n", "  Vpc:\n")
    check = imported(edited(changes, declared, (SOURCE, SOURCE + PUSHES), (last, last + may_use)), tmp_path).check()
    assert {one.step: one.outcome for one in check.steps}[step] == outcome


# --- what is written once and meant twice -----------------------------------------------------------------------------


def test_merged_keys_count_and_own_ones_go_before_them(tmp_path: Path) -> None:
    """YAML's ``<<``, which the AWS CLI writes out before it deploys."""
    text = """
Base: &base {VpcId: !Ref Vpc, GroupDescription: g}
Open: &open {SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}]}
Resources:
  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}
  A: {Type: 'AWS::EC2::SecurityGroup', Properties: {<<: [*base, *open], GroupName: a}}
  B: {Type: 'AWS::EC2::SecurityGroup', Properties: {SecurityGroupIngress: [], <<: *open, VpcId: !Ref Vpc}}
"""
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    report = import_cloudformation(tmp_path / "t.yaml", tmp_path / "out", region="eu-west-1", account="111111111111")
    groups = load(tmp_path / "out").network.security_groups
    assert [rule.from_port for rule in groups["sg-A"].ip_permissions] == [22]
    assert groups["sg-B"].ip_permissions == ()
    assert report.warnings == ()


@pytest.mark.parametrize("place", ["resource", "properties", "rule"])
def test_an_include_beside_other_keys_is_refused(place: str, tmp_path: Path) -> None:
    """It may add any property: a rule of a group, the policy of an endpoint."""
    include = "'Fn::Transform': {Name: 'AWS::Include', Parameters: {Location: 's3://b/k'}}"
    at = {name: f"{include}, " if name == place else "" for name in ("resource", "properties", "rule")}
    rule = f"SecurityGroupIngress: [{{{at['rule']}IpProtocol: tcp, FromPort: 1, ToPort: 2}}]"
    group = f"{{Type: 'AWS::EC2::SecurityGroup', {at['resource']}Properties: {{{at['properties']}{rule}}}}}"
    (tmp_path / "t.yaml").write_text(f"Resources:\n  A: {group}\n", encoding="utf-8")
    with pytest.raises(UnsupportedError, match="uses Fn::Transform AWS::Include, which runs in AWS only"):
        import_cloudformation(tmp_path / "t.yaml", tmp_path / "out", region="eu-west-1")


@pytest.mark.parametrize(("text", "told"), [
    ("Resources: {}", "expected a CloudFormation template with Resources"),
    ("Resources:\n  A: {{ name }}", "expected keys that are texts, found line 2"),
    ("Resources: {A: {Type: 'AWS::EC2::VPC', Properties: [1]}}", "/Resources/A/Properties: expected an object"),
])  # fmt: skip
def test_what_is_no_template_is_told(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SnapshotError, match=told):
        import_cloudformation(tmp_path / "t.yaml", tmp_path / "out", region="eu-west-1")
